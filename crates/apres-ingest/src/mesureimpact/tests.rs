use chrono::NaiveDate;
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook as Xlsx};

use super::{
    Axis, CallFault, CallFile, CallLine, Code, Header, Level, Measure, ReturnedCode, ReturnedFault, Workbook, call_file, file_name, lint,
    read_call, read_returned,
};
use crate::{Nir, list};

const NAME: &str = "GIPP3242_PIQDISB3_P2501115.txt";
const HEADER: &str = "000|GIPP3242_PIQDISB3_P2501115.txt|INCLUSION|MESUREIMPACT|15112025|01052025|5";
const SIRET: &str = "00001234500021";

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// A number that no one can hold: birthplaces 856 of département 48 do not exist.
fn nir(order: u32) -> String {
    format!("2990148856{order:03}")
}

fn person(order: u32) -> String {
    format!("100||{}|||||{SIRET}|31032025;ACI;8401;;;;;;;;;;;;;;;;;", nir(order))
}

/// A header and five people of one cohort.
fn clean() -> Vec<String> {
    std::iter::once(HEADER.to_owned()).chain((1..=5).map(person)).collect()
}

fn found(text: &str, name: &str) -> Vec<(u64, Code)> {
    lint(text.as_bytes(), name).findings.iter().map(|finding| (finding.line, finding.code)).collect()
}

/// The clean file with one of its lines changed.
fn with(line: usize, change: impl Fn(&str) -> String) -> String {
    let mut lines = clean();
    lines[line - 1] = change(&lines[line - 1]);
    lines.join("\n") + "\n"
}

#[test]
fn a_clean_file_has_no_finding() {
    assert_eq!(found(&with(1, str::to_owned), NAME), []);
    let long = "GIPP3242.PIQDISB3.P2501115.MESUREIMPACT.INCLUSION.txt";
    assert_eq!(found(&with(1, |line| line.replace(NAME, long)), long), []);
}

/// What one change makes the check find, on which line.
fn cases() -> Vec<(Code, u64, String)> {
    let on_second = |from: &str, to: &str| with(2, |line| line.replacen(from, to, 1));
    let in_header = |from: &str, to: &str| with(1, |line| line.replacen(from, to, 1));
    let whole = clean().join("\n");
    vec![
        (Code::M01, 0, String::new()),
        (Code::M03, 0, format!("\u{feff}{whole}\n")),
        (Code::M04, 3, with(3, |line| format!("{line}\r"))),
        (Code::M05, 6, whole),
        (Code::M06, 7, with(6, |line| format!("{line}\n"))),
        (Code::E01, 1, in_header("000|", "100|")),
        (Code::E02, 1, in_header("|01052025", "")),
        (Code::E03, 1, in_header("PIQDISB3", "PIQDISB4")),
        (Code::E04, 1, in_header("P2501115", "P2501116")),
        (Code::E05, 1, in_header("INCLUSION", "EXCLUSION")),
        (Code::E06, 1, in_header("MESUREIMPACT", "MESURE")),
        (Code::E07, 1, in_header("15112025", "31112025")),
        (Code::E08, 1, in_header("01052025", "02052025")),
        (Code::E09, 1, in_header("|5", "|6")),
        (Code::E10, 1, in_header("15112025", "16112025")),
        (Code::L01, 2, on_second("100|", "200|")),
        (Code::L02, 2, on_second("||||", "|||")),
        (Code::L03, 2, on_second(&nir(1), "")),
        (Code::L04, 2, on_second(&nir(1), &format!("{}42", nir(1)))),
        (Code::L05, 2, on_second(&nir(1), "2991348856001")),
        (Code::L06, 3, with(3, |line| line.replace(&nir(2), &nir(1)))),
        (Code::L07, 2, on_second("|||||0", "|DUPONT||||0")),
        (Code::L08, 2, on_second("|||||0", "||||12345678|0")),
        (Code::L09, 2, on_second(SIRET, "0000123450002")),
        (Code::L10, 2, on_second(SIRET, "00001234500022")),
        (Code::L11, 2, on_second("|||||0", "||||000012346|0")),
        (Code::L12, 2, on_second(";;", ";")),
        (Code::L13, 2, on_second("31032025;", ";")),
        (Code::L14, 2, on_second("31032025", "31/03/25")),
        (Code::L15, 2, on_second("31032025", "16112025")),
        (Code::L16, 2, on_second(";ACI;", ";;")),
        (Code::L17, 2, on_second("8401", "Lyon")),
        (Code::L18, 2, on_second("8401;;", "8401;x;")),
        (Code::L19, 2, on_second("ACI", "ACI ")),
        (Code::L20, 2, on_second("100||", "100|A-1|")),
        (Code::C01, 2, on_second("8401", "8402")),
    ]
}

#[test]
fn every_kind_of_error_is_found_on_its_line() {
    let cases = cases();
    for (code, line, text) in &cases {
        let found = found(text, NAME);
        assert!(found.contains(&(*line, *code)), "{code:?} is not found on line {line}: {found:?}");
    }
    let latin1: Vec<u8> = with(2, |line| line.replacen("ACI", "É", 1)).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(lint(&latin1, NAME).findings[0].code, Code::M02);
    let tried: Vec<Code> = cases.iter().map(|(code, ..)| *code).chain([Code::M02]).collect();
    assert!(Code::ALL.iter().all(|code| tried.contains(code)), "a code of the table has no case");
}

#[test]
fn one_file_with_every_error_of_a_line_tells_them_all() {
    let mut lines = clean();
    let header = lines[0].clone();
    let broken: Vec<String> = cases()
        .into_iter()
        .filter(|(code, ..)| code.as_str().starts_with('L') && *code != Code::L06)
        .map(|(_, line, text)| text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap().to_owned())
        .collect();
    lines.extend(broken);
    lines.push(person(1));
    lines[0] = header.replace("|5", &format!("|{}", lines.len() - 1));
    let found = found(&(lines.join("\n") + "\n"), NAME);
    for code in Code::ALL.iter().filter(|code| code.as_str().starts_with('L')) {
        assert!(found.iter().any(|(_, own)| own == code), "{code:?}");
    }
    assert!(!found.iter().any(|(_, code)| *code == Code::E09));
}

#[test]
fn the_table_says_each_code_once_with_a_message_and_a_remedy() {
    let table: Vec<&str> = include_str!("codes.csv").lines().skip(1).map(|line| &line[..3]).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(table, codes);
    for code in Code::ALL {
        assert!(code.message().ends_with('.') && code.remedy().ends_with('.'), "{code:?}");
    }
    assert_eq!((Code::L10.level(), Code::L09.level()), (Level::Avertissement, Level::Bloquant));
}

#[test]
fn a_cohort_is_told_without_its_size() {
    let checked = lint(with(2, |line| line.replace("8401", "8402")).as_bytes(), NAME);
    let cohorts: Vec<(&str, u64)> = checked.cohorts_under.iter().map(|under| (under.cohort.as_str(), under.first_line)).collect();
    assert_eq!(cohorts, [("F · 2025T1 · ACI · 8401", 3), ("F · 2025T1 · ACI · 8402", 2)]);
}

#[test]
fn what_stops_a_file_stops_its_reading() {
    let Err(CallFault::Lint(found)) = read_call(with(2, |line| line.replace("ACI", "")).as_bytes(), NAME) else { panic!("it was read") };
    assert!(found.findings.iter().any(|finding| finding.code == Code::L16));
    let only_warned = with(2, |line| line.replace("|||||0", "|DUPONT||||0"));
    assert_eq!(read_call(only_warned.as_bytes(), NAME).unwrap().lines.len(), 5);
}

#[test]
fn a_list_becomes_a_file_that_the_check_accepts() {
    let mut csv = String::from("NIR;Date de sortie;SIRET;Type de SIAE;Zone d'emploi\n");
    let mut add =
        |order: u32, exit: &str, structure: &str, zone: &str| csv += &format!("{};{exit};{SIRET};{structure};{zone}\n", nir(order));
    (1..=6).for_each(|order| add(order, "15/02/2025", "ACI", "8401"));
    (7..=9).for_each(|order| add(order, "20/03/2025", "ACI", "8402"));
    (10..=12).for_each(|order| add(order, "20/03/2025", "EI", "8401"));
    (13..=14).for_each(|order| add(order, "20/06/2025", "EI", "8401"));
    add(15, "", "EI", "8401");
    add(16, "20/03/2025", "EI", "");
    let sheet = list::read(csv.as_bytes(), "sorties.csv").unwrap();
    let sent = day(2025, 11, 15);
    let checked = list::check(&sheet, &list::guess(&sheet), sent);
    let made = call_file(&sheet, &checked, sent, day(2025, 5, 1));
    assert_eq!(made.file.lines.len(), 12);
    assert_eq!((made.left.neutral, made.left.too_few, made.left.without_exit, made.left.without_place), (6, 2, 1, 1));
    let neutral =
        made.file.lines.iter().filter(|line| line.type_structure == "SIAE_NEUTRE_T20251_F" && line.zone_emploi == "ZE_NEUTRE_T20251_F");
    assert_eq!(neutral.count(), 6);
    let text = made.file.write();
    assert_eq!(found(&text, &file_name(sent)), []);
    assert_eq!(read_call(text.as_bytes(), &file_name(sent)).unwrap(), made.file);
}

/// An exit taken back, and a contract that goes on in insertion, are not called for, by number or by words.
#[test]
fn who_has_not_left_insertion_is_not_called() {
    let mut csv = String::from("NIR;Date de sortie;SIRET;Type de SIAE;Zone d'emploi;Motif de sortie;Catégorie de sortie\n");
    let said = [
        ("2", ""),
        ("96", ""),
        ("CDI Inclusion", "Emploi durable"),
        ("CDD dans une autre structure IAE", ""),
        ("Décès", "Retrait des sorties constatées"),
        ("1", "Emploi durable"),
        ("", ""),
        ("12", ""),
        ("29", "Autres sorties"),
        ("CDI", ""),
    ];
    for (order, (reason, category)) in (1..).zip(said) {
        csv += &format!("{};15/02/2025;{SIRET};ACI;8401;{reason};{category}\n", nir(order));
    }
    let sheet = list::read(csv.as_bytes(), "sorties.csv").unwrap();
    let sent = day(2025, 11, 15);
    let made = call_file(&sheet, &list::check(&sheet, &list::guess(&sheet), sent), sent, day(2025, 5, 1));
    assert_eq!((made.left.not_called, made.file.lines.len()), (5, 5));
    assert!(made.file.lines.iter().all(|line| line.nir.expose() >= nir(6).as_str()));
}

fn any_file() -> impl Strategy<Value = CallFile> {
    let person = (0_u32..999, 0_i64..1500, "[A-Z]{2,4}", 1000_u32..9999, "[A-Z0-9]{0,6}");
    proptest::collection::vec(person, 1..12).prop_map(|people| {
        let sent = day(2025, 11, 15);
        let mut lines = Vec::new();
        for (at, (order, days, structure, zone, code)) in people.into_iter().enumerate() {
            // Five of each, so that no cohort is too small.
            for twin in 0..5_u32 {
                let number = format!("{}99{:02}48856{:03}", 1 + order % 2, at + 1, twin + 1);
                lines.push(CallLine {
                    code_structure: code.clone(),
                    nir: Nir::parse_dsn(number.as_bytes()).unwrap(),
                    siret: SIRET.to_owned(),
                    date_sortie: sent - chrono::Days::new(u64::try_from(days).unwrap()),
                    type_structure: structure.clone(),
                    zone_emploi: zone.to_string(),
                });
            }
        }
        CallFile { header: Header { file_name: file_name(sent), sent, reference_month: day(2025, 5, 1) }, lines }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_clean_and_reads_back(file in any_file()) {
        let text = file.write();
        prop_assert_eq!(found(&text, &file.header.file_name), []);
        prop_assert_eq!(read_call(text.as_bytes(), &file.header.file_name).unwrap(), file);
    }

    #[test]
    fn no_bytes_make_the_check_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0_usize..900) {
        let _ = lint(&bytes, NAME);
        let text = clean().join("\n");
        let mut damaged = text.as_bytes()[..cut.min(text.len())].to_vec();
        damaged.extend(&bytes);
        let checked = lint(&damaged, NAME);
        prop_assert!(checked.is_blocked());
        let _ = read_returned(&bytes);
    }
}

/// A workbook as they come: the names of the first four columns on the second row, those of the figures on the first; the first three columns merged.
fn workbook(axes: [&str; 2], measures: &[&str], rows: &[(&str, &str, &str, &str, &[&str])]) -> Vec<u8> {
    let mut book = Xlsx::new();
    let sheet = book.add_worksheet();
    for (at, name) in (0_u16..).zip(["Sortie en IAE", "Sorties en emploi", axes[0], axes[1]]) {
        sheet.write(1, at, name).unwrap();
    }
    for (at, name) in (4_u16..).zip(measures) {
        sheet.merge_range(0, at, 1, at, name, &Format::new()).unwrap();
    }
    for column in 0..3_u16 {
        merge_runs(sheet, column, rows);
    }
    for (line, (.., last, figures)) in (2_u32..).zip(rows) {
        sheet.write(line, 3, *last).unwrap();
        for (at, figure) in (4_u16..).zip(*figures) {
            match figure.parse::<f64>() {
                Ok(number) => sheet.write(line, at, number).unwrap(),
                Err(_) => sheet.write(line, at, *figure).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

/// Merges the cells of a column that follow one another with the same value, under the same values on their left.
fn merge_runs(sheet: &mut rust_xlsxwriter::Worksheet, column: u16, rows: &[(&str, &str, &str, &str, &[&str])]) {
    let left = |row: &(&str, &str, &str, &str, &[&str])| {
        [row.0, row.1, row.2].into_iter().take(usize::from(column) + 1).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut line = 2_u32;
    for run in rows.chunk_by(|one, other| left(one) == left(other)) {
        let value = left(&run[0]).pop().unwrap();
        let last = line + u32::try_from(run.len()).unwrap() - 1;
        if last > line {
            sheet.merge_range(line, column, last, column, &value, &Format::new()).unwrap();
        } else {
            sheet.write(line, column, value).unwrap();
        }
        line = last + 1;
    }
}

const FIVE: [&str; 5] = [
    "Nbre personne en emploi",
    "Nbre personne sans emploi",
    "Taux personnes en emploi",
    "Nbre de jours médian travaillés",
    "Nbre contrats médian",
];

#[test]
fn a_returned_workbook_becomes_one_figure_per_row() {
    let rows: [(&str, &str, &str, &str, &[&str]); 4] = [
        ("2024T3", "3 mois", "8401", "F", &["30", "70", "0.3", "45", "1"]),
        ("2024T3", "3 mois", "8401", "M", &["40", "60", "0.4", "50.5", "2"]),
        ("2024T3", "6 mois", "8402", "F", &["7", "s", "s", "s", "s"]),
        ("2024T4", "3 mois", "8402", "F", &["9", "1", "0.9", "60", "1"]),
    ];
    let read = read_returned(&workbook(["Zone d’emploi", "Sexe"], &FIVE, &rows)).unwrap();
    assert_eq!((read.classeur, read.axes), (Workbook::GeographieSexe, [Axis::ZoneEmploi, Axis::Sexe]));
    assert_eq!(read.figures.len(), 20);
    let told: Vec<String> = read
        .figures
        .iter()
        .filter(|figure| matches!(figure.mesure, Measure::PersonnesSansEmploi | Measure::TauxEnEmploi))
        .map(|figure| {
            let value = figure.valeur.map_or("hidden".to_owned(), |value| value.to_string());
            format!("{} +{} {} {:?} {value}", figure.sortie, figure.delai_mois, figure.valeurs.join("/"), figure.mesure)
        })
        .collect();
    assert_eq!(
        told,
        [
            "2024T3 +3 8401/F PersonnesSansEmploi 70",
            "2024T3 +3 8401/F TauxEnEmploi 0.3",
            "2024T3 +3 8401/M PersonnesSansEmploi 60",
            "2024T3 +3 8401/M TauxEnEmploi 0.4",
            "2024T3 +6 8402/F PersonnesSansEmploi hidden",
            "2024T3 +6 8402/F TauxEnEmploi hidden",
            "2024T4 +3 8402/F PersonnesSansEmploi 1",
            "2024T4 +3 8402/F TauxEnEmploi 0.9",
        ]
    );
    assert_eq!(read.remarks.iter().filter(|remark| remark.code == ReturnedCode::HiddenFigure && remark.line == 5).count(), 4);
}

#[test]
fn each_of_the_seven_is_recognised_by_its_columns() {
    let seven = [
        (Workbook::GeographieSexe, ["Zone d'emploi", "Sexe"]),
        (Workbook::GeographieNatureContrat, ["Zone d'emploi", "Nature de contrat"]),
        (Workbook::GeographieSecteur, ["Zone d'emploi", "Secteur d'activité"]),
        (Workbook::TypeSiaeSexe, ["Type de SIAE", "Sexe"]),
        (Workbook::TypeSiaeNatureContrat, ["Type de SIAE", "Nature de contrat"]),
        (Workbook::TypeSiaeSecteur, ["Type de SIAE", "Secteur d’activité"]),
        (Workbook::TypeSiaeGeographie, ["Type de SIAE", "Zone d’emploi"]),
    ];
    for (expected, axes) in seven {
        // Natures and sectors come without the medians.
        let measures = if axes[1] == "Sexe" { &FIVE[..] } else { &FIVE[..3] };
        let figures = &["30", "70", "30", "45", "1"][..measures.len()];
        let read = read_returned(&workbook(axes, measures, &[("2024T3", "12 mois", "a", "b", figures)])).unwrap();
        assert_eq!(read.classeur, expected);
        assert_eq!(read.figures.len(), measures.len());
        assert_eq!(read.figures[2].valeur, Some(0.3), "a share above 1 is a percentage");
        assert_eq!(read.figures[0].delai_mois, 12);
    }
}

#[test]
fn a_merged_cell_never_reaches_over_a_change_on_its_left() {
    let rows: [(&str, &str, &str, &str, &[&str]); 2] =
        [("2024T3", "3 mois", "ACI", "F", &["30", "70", "0.3"]), ("2024T4", "", "", "F", &["40", "60", "0.4"])];
    let read = read_returned(&workbook(["Type de SIAE", "Sexe"], &FIVE[..3], &rows)).unwrap();
    assert_eq!(read.figures.len(), 3);
    assert_eq!(read.remarks.iter().map(|remark| (remark.line, remark.code)).collect::<Vec<_>>(), [(4, ReturnedCode::IncompleteRow)]);
}

#[test]
fn another_workbook_is_refused() {
    let mut book = Xlsx::new();
    book.add_worksheet().write(0, 0, "Effectif").unwrap();
    assert_eq!(read_returned(&book.save_to_buffer().unwrap()), Err(ReturnedFault::NotReturned));
    assert!(matches!(read_returned(b"PK\x03\x04 not a workbook"), Err(ReturnedFault::File(_))));
}
