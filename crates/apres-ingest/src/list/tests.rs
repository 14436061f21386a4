//! The corpus: what lists really look like. Every person is made up.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::NaiveDate;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;
use crate::Nir;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day")
}

/// A made-up NIR with its key.
fn nir15(thirteen: &str) -> String {
    format!("{thirteen}{:02}", Nir::parse_dsn(thirteen.as_bytes()).expect("well formed").key())
}

/// All that a list gives, as text: what was recognised, the mapping, the persons, the errors.
fn told(bytes: &[u8], file_name: &str) -> String {
    match read(bytes, file_name) {
        Ok(sheet) => told_under(&sheet, &guess(&sheet)),
        Err(fault) => format!("refused: {}", fault.code()),
    }
}

fn told_under(sheet: &Sheet, mapping: &Mapping) -> String {
    let recognised = &sheet.recognised;
    let mut out = format!(
        "{:?} {} {} header {}",
        recognised.kind,
        named(recognised.encoding),
        named(recognised.separator),
        named(recognised.header_line)
    );
    if recognised.header_is_assumed {
        out.push_str(" by its look");
    }
    for dropped in &sheet.dropped {
        write!(out, ", {:?} {}", dropped.reason, dropped.line).expect("text");
    }
    if recognised.blank_lines > 0 {
        write!(out, ", {} blank", recognised.blank_lines).expect("text");
    }
    out.push('\n');
    let mapped: Vec<String> =
        mapping.columns.iter().map(|(field, column)| format!("{}={}", field.info().code, sheet.header[*column])).collect();
    writeln!(out, "{}", mapped.join(" ")).expect("text");
    for missing in mapping.missing() {
        writeln!(out, "missing: {:?}", missing.consequence).expect("text");
    }
    out + &told_checked(sheet, &check(sheet, mapping, today()))
}

fn told_checked(sheet: &Sheet, checked: &Checked) -> String {
    let mut out = String::new();
    for row in &checked.rows {
        let names = [&row.nom_naissance, &row.nom_usage, &row.prenoms].map(String::as_str).join("/");
        let nir = match (row.nir, row.nir_verified) {
            (None, _) => "no nir",
            (Some(_), true) => "nir+key",
            (Some(_), false) => "nir",
        };
        let usable = if row.usable { "" } else { " UNUSABLE" };
        writeln!(out, "{}: {names} {} {nir} exit {}{usable}", row.line, named(row.naissance), named(row.date_sortie)).expect("text");
    }
    for error in &checked.errors {
        let other = error.other_line.map_or(String::new(), |line| format!(" see {line}"));
        let level = if error.level == Level::Blocking { "!" } else { "?" };
        writeln!(out, "{level} {} {:?} [{}]{other}", error.line, error.code, error.column_name(sheet)).expect("text");
    }
    out
}

fn named<T: std::fmt::Debug>(value: Option<T>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:?}"))
}

/// Compares without the margins that make the cases readable.
#[track_caller]
fn case(bytes: &[u8], file_name: &str, expected: &str) {
    let lines = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&told(bytes, file_name)), lines(expected));
}

fn windows_1252(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

fn utf_16_le(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

const SMALL: &str = "Nom;Prénom;Né(e) le;Date de sortie\nLe Goff;Hélène;12/03/1985;31/08/2024\nMartin;Paul;01/12/1999;15/09/2024\n";

const SMALL_TOLD: &str = "nom_usage=Nom prenom=Prénom date_naissance=Né(e) le date_sortie=Date de sortie
    missing: OnlyByIdentity
    2: /Le Goff/Hélène 1985-03-12 no nir exit 2024-08-31
    3: /Martin/Paul 1999-12-01 no nir exit 2024-09-15";

#[test]
fn encodings_are_recognised_and_said() {
    let with_bom = [b"\xef\xbb\xbf", SMALL.as_bytes()].concat();
    let without_bom: Vec<u8> = SMALL.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, encoding) in [
        (SMALL.as_bytes().to_vec(), "Utf8"),
        (with_bom, "Utf8Bom"),
        (windows_1252(SMALL), "Latin1"),
        (utf_16_le(SMALL), "Utf16Le"),
        (without_bom, "Utf16Be"),
    ] {
        case(&bytes, "liste.csv", &format!("Csv {encoding} Semicolon header 1\n{SMALL_TOLD}"));
    }
    let apostrophe = windows_1252(&SMALL.replace("Le Goff", "L’Hœur"));
    assert!(told(&apostrophe, "liste.csv").starts_with("Csv Windows1252"));
    assert!(told(&apostrophe, "liste.csv").contains("L’Hœur"));
}

#[test]
fn utf8_with_one_broken_byte_stays_utf8() {
    let mut bytes = SMALL.repeat(3).into_bytes();
    bytes.extend(b"Dur\xe9and;Ann\xc3\xa9;01/02/1990;01/09/2024\n");
    let text = told(&bytes, "liste.csv");
    assert!(text.starts_with("Csv Utf8 ") && text.contains("Hélène") && text.contains("NameDamaged [Nom]"), "{text}");
}

#[test]
fn separators_are_recognised_and_said() {
    for (separator, name) in [(";", "Semicolon"), (",", "Comma"), ("\t", "Tab"), ("|", "Pipe")] {
        case(SMALL.replace(';', separator).as_bytes(), "liste.csv", &format!("Csv Utf8 {name} header 1\n{SMALL_TOLD}"));
    }
    let announced = format!("sep=,\r\n{}", SMALL.replace(';', ",").replace('\n', "\r\n"));
    assert!(told(announced.as_bytes(), "liste.csv").starts_with("Csv Utf8 Comma header 2"));
    assert!(told(SMALL.replace('\n', "\r").as_bytes(), "liste.csv").contains("3: /Martin/Paul"));
}

#[test]
fn quoted_cells_keep_the_lines_right() {
    case(
        "Nom,Prénom,Adresse,DDN,Sortie\n\"MARTIN\",\"Paul\",\"1, rue \"\"du Bac\"\"\nBâtiment B\",01/12/1999,15/09/2024\nDURAND,Anne,\"12 rue,02/02/1990,16/09/2024\nPETIT,Luc,,03/03/1991,17/09/2024\n"
            .as_bytes(),
        "liste.csv",
        "Csv Utf8 Comma header 1
        nom_usage=Nom prenom=Prénom date_naissance=DDN date_sortie=Sortie
        missing: OnlyByIdentity
        2: /MARTIN/Paul 1999-12-01 no nir exit 2024-09-15
        4: /DURAND/Anne 1990-02-02 no nir exit 2024-09-16
        5: /PETIT/Luc 1991-03-03 no nir exit 2024-09-17",
    );
}

#[test]
fn titles_blank_lines_totals_and_remarks_are_dropped_and_said() {
    case(
        "Bilan des sorties 2024\n;;;\nStructure : Les Ateliers\n\nNom;Prénom;Né le;Sortie\nMARTIN;Paul;01/12/1999;15/09/2024\n;;;\nDURAND;Anne;02/02/1990;16/09/2024\nNom;Prénom;Né le;Sortie\nTOTAL;TOTO;03/03/1991;17/09/2024\nTotal;2;;\nÉdité le 3 octobre\n\n"
            .as_bytes(),
        "liste.csv",
        "Csv Utf8 Semicolon header 5, Title 1, Title 3, RepeatedHeader 9, Total 11, Footnote 12, 3 blank
        nom_usage=Nom prenom=Prénom date_naissance=Né le date_sortie=Sortie
        missing: OnlyByIdentity
        6: /MARTIN/Paul 1999-12-01 no nir exit 2024-09-15
        8: /DURAND/Anne 1990-02-02 no nir exit 2024-09-16
        10: /TOTAL/TOTO 1991-03-03 no nir exit 2024-09-17",
    );
}

#[test]
fn a_file_without_header_is_mapped_by_content() {
    case(
        format!("MARTIN;Paul;{};12/1999\nDURAND;Anne;{};02/1990\n", nir15("1991248856012"), nir15("2900248856034")).as_bytes(),
        "liste.csv",
        "Csv Ascii Semicolon header -
        nir=C
        missing: NoHorizon
        missing: OnlyByNir
        1: // - nir+key exit -
        2: // - nir+key exit -",
    );
}

/// A header of which no name is known is no person; a row that may be one stays one.
#[test]
fn a_header_that_is_not_recognised_is_not_a_person() {
    let header_of = |first: &str| {
        let rows = "MARTIN;Paul;01/12/1999\nDURAND;Anne;02/02/1990\nPETIT;Jeanne;03/03/1991\n";
        let sheet = read(format!("{first}\n{rows}").as_bytes(), "liste.csv").expect("a table");
        (sheet.recognised.header_line, sheet.recognised.header_is_assumed, sheet.rows.len())
    };
    for header in ["c1;c2;c3", "Colonne 1;Colonne 2;Colonne 3", "champ_01;champ_02;champ_03", "rubrique;autre;divers", "X1;Y1;Z1"] {
        assert_eq!(header_of(header), (Some(1), true, 3), "{header}");
    }
    for person in ["LEROY;Ana;4", "LEROY;Ana;0612345678", "LEROY;12 rue du Bac;c3", "LEROY;ana3@x.fr;c3", "c1;c1;c1"] {
        assert_eq!(header_of(person), (None, false, 4), "{person}");
    }
    assert_eq!(header_of("LEROY;Ana;12/12/1980"), (None, false, 4), "a date makes a person");
    assert_eq!(header_of("Nom;c2;c3"), (Some(1), false, 3), "one known name is enough to know");
}

#[test]
fn the_extranet_iae_names() {
    case(
        format!(
            "salarie_id;salarie_nir;salarie_agrement;salarie_nom_usage;salarie_prenom;salarie_date_naissance;salarie_rci_libelle;contrat_mesure_disp_code;contrat_date_embauche;contrat_date_fin_contrat;contrat_date_sortie_definitive;contrat_motif_sortie_id\n\
             12;{};999992312345;MARTIN;PAUL;01/12/1999;M.;ACI_DC;01/09/2023;31/08/2024;15/09/2024;4\n",
            nir15("1991248856012")
        )
        .as_bytes(),
        "export.csv",
        "Csv Ascii Semicolon header 1
        nir=salarie_nir nom_usage=salarie_nom_usage prenom=salarie_prenom date_naissance=salarie_date_naissance sexe=salarie_rci_libelle date_entree=contrat_date_embauche date_sortie=contrat_date_sortie_definitive motif_sortie=contrat_motif_sortie_id
        2: /MARTIN/PAUL 1999-12-01 nir+key exit 2024-09-15",
    );
}

#[test]
fn the_fiche_salarie_names_and_its_ntt() {
    case(
        b"passIae;civilite;nomUsage;nomNaissance;prenom;dateNaissance;codeComInsee;passDateDeb;passDateFin;salarieNIR\n999992312345;M;MARTIN;;PAUL;01/12/1999;48856;01/01/2023;31/12/2024;1356000000X7712\n999992312346;MME;;DURAND;ANNE;02/02/1990;2A004;01/01/2023;31/12/2024;\n",
        "fiches.csv",
        "Csv Ascii Semicolon header 1
        nir=salarieNIR nom_naissance=nomNaissance nom_usage=nomUsage prenom=prenom date_naissance=dateNaissance sexe=civilite commune_naissance=codeComInsee
        missing: NoHorizon
        2: /MARTIN/PAUL 1999-12-01 no nir exit -
        3: DURAND//ANNE 1990-02-02 no nir exit -
        ? 2 NirIsNtt [salarieNIR]",
    );
}

#[test]
fn les_emplois_export_has_no_nir() {
    case(
        "Civilité candidat;Nom candidat;Prénom candidat;Email candidat;Date de naissance candidat;Ville candidat;Nom structure employeur;Type employeur;Date de début d'embauche;Date de fin d'embauche;Numéro PASS IAE;Date début PASS IAE;Date fin PASS IAE\nM;MARTIN;Paul;p@exemple.fr;01/12/1999;Paris;LES ATELIERS;ACI;01/09/2023;31/08/2024;999992312345;01/09/2023;31/08/2025\n"
            .as_bytes(),
        "candidatures.csv",
        "Csv Utf8 Semicolon header 1
        nom_usage=Nom candidat prenom=Prénom candidat date_naissance=Date de naissance candidat sexe=Civilité candidat date_entree=Date de début d'embauche date_sortie=Date de fin d'embauche
        missing: OnlyByIdentity
        2: /MARTIN/Paul 1999-12-01 no nir exit 2024-08-31",
    );
}

#[test]
fn the_caf_contact_file_names_its_holder_not_the_person() {
    case(
        b"MATRICULE;ROLE PERSONNE;TYPE PERSONNE;NUMERO DEMANDE RSA;DATE DEMANDE RSA;NOM RESPONSABLE DOSSIER;PRENOM RESPONSABLE DOSSIER\n1234567;DEM;A;1;01/02/2024;MARTIN;PAUL\n1234567;CJT;A;1;01/02/2024;MARTIN;PAUL\n",
        "contacts.csv",
        "Csv Ascii Semicolon header 1
        date_entree=DATE DEMANDE RSA
        missing: NobodyCanBeFound
        missing: NoHorizon
        2: // - no nir exit - UNUSABLE
        3: // - no nir exit - UNUSABLE
        ! 2 Unusable []
        ! 3 Unusable []",
    );
}

#[test]
fn the_county_software_export() {
    case(
        "\u{feff}Civilité;Prénom bénéficiaire;Nom bénéficiaire;Adresses Mails;N° Téléphones;Date de Naissance;CP Ville;N° CAF;ID Iodas;Référent;Role\nMonsieur;Paul;MARTIN;;0102030405;01/12/1999;75001 PARIS;1234567;12;Mme DUVAL;DEM\n"
            .as_bytes(),
        "usagers.csv",
        "Csv Utf8Bom Semicolon header 1
        nom_usage=Nom bénéficiaire prenom=Prénom bénéficiaire date_naissance=Date de Naissance sexe=Civilité
        missing: NoHorizon
        missing: OnlyByIdentity
        2: /MARTIN/Paul 1999-12-01 no nir exit -",
    );
}

#[test]
fn the_headers_that_people_write() {
    for (header, field) in [
        ("N° sécu", "nir"),
        ("Numéro de sécurité sociale", "nir"),
        ("N° de Sécurité Sociale (15 chiffres)", "nir"),
        ("NIR (avec clé)", "nir"),
        ("N° SS", "nir"),
        ("individu_nir", "nir"),
        ("Nom d’usage", "nom_usage"),
        ("NOM MARITAL", "nom_usage"),
        ("Nom de jeune fille", "nom_naissance"),
        ("nomNaissance", "nom_naissance"),
        ("NOM DE FAMILLE", "nom_naissance"),
        ("Prénoms", "prenom"),
        ("prénom1", "prenom"),
        ("Prénom 1", "prenom"),
        ("Nom et prénom", "nom_prenom"),
        ("NOM Prénom du bénéficiaire", "nom_prenom"),
        ("Salarié", "nom_prenom"),
        ("Né(e) le", "date_naissance"),
        ("Née le :", "date_naissance"),
        ("DDN", "date_naissance"),
        ("Date naissance", "date_naissance"),
        ("dateNaissance", "date_naissance"),
        ("Sexe (H/F)", "sexe"),
        ("M./Mme", "sexe"),
        ("Lieu de naissance", "commune_naissance"),
        ("Date d'entrée dans l'action", "date_entree"),
        ("Entré(e) le", "date_entree"),
        ("accompagnementCEJ dateFinReelle", "date_sortie"),
        ("Sorti(e) le", "date_sortie"),
        ("Date de sortie du parcours", "date_sortie"),
        ("Date fin d'accompagnement", "date_sortie"),
        ("Date d'obtention", "date_sortie"),
        ("DTCLORSA", "date_sortie"),
        ("Motif de sortie", "motif_sortie"),
        ("SIRET de la structure", "siret"),
        ("Nom de la structure", "-"),
        ("Prénom référent", "-"),
        ("Date fin PASS IAE", "-"),
        ("dateFinPrevue", "-"),
        ("Date de naissance conjoint", "-"),
        ("Téléphone", "-"),
        ("Commune", "-"),
    ] {
        let sheet = read(format!("{header};Divers\n;x\n").as_bytes(), "liste.csv").expect("a table");
        let guessed = guess(&sheet).field(0).map_or("-", |field| field.info().code);
        assert_eq!(guessed, field, "{header}");
    }
}

#[test]
fn the_nirs_that_people_write() {
    let key = nir15("1991248856012");
    let spaced = format!("{} {} {} {} {} {} {}", &key[..1], &key[1..3], &key[3..5], &key[5..7], &key[7..10], &key[10..13], &key[13..]);
    let corsican = nir15("199122A856012").to_lowercase();
    let ntt40 = format!("1356000000{}", "A".repeat(30));
    let wrong_key = format!("19912488560{}{}", "12", if key.ends_with("01") { "02" } else { "01" });
    for (cell, expected) in [
        (key.as_str(), "nir+key"),
        (spaced.as_str(), "nir+key"),
        (corsican.as_str(), "nir+key"),
        ("1991248856012", "nir"),
        ("'1991248856012", "nir"),
        ("’1.99.12.48.856.012", "nir"),
        ("=\"1991248856012\"", "nir"),
        ("1,991248856012E+12", "nir"),
        ("1,99128E+12", "NirPrecisionLost"),
        ("1.99128E+14", "NirPrecisionLost"),
        ("199124885601", "NirLength"),
        ("1999948856012", "nir"), // month 97: a NIR of someone whose month is not known
        ("1991548856012", "NirSyntax"),
        ("9991248856012", "NirSyntax"),
        (wrong_key.as_str(), "NirKey"),
        ("13560000001", "NirIsNtt"),
        (ntt40.as_str(), "NirIsNtt"),
        ("inconnu", "no nir"),
        ("0000000000000", "no nir"),
        ("-", "no nir"),
        ("en cours", "NirLength"),
    ] {
        let list = format!("NIR;Nom;Prénom;DDN;Sortie\n{cell};MARTIN;Paul;01/12/1999;01/09/2024\n");
        let sheet = read(list.as_bytes(), "liste.csv").expect("a table");
        let mut mapping = guess(&sheet);
        mapping.columns.insert(Field::Nir, 0);
        let checked = check(&sheet, &mapping, today());
        let person = &checked.rows[0];
        let code = checked.errors.iter().map(|error| error.code).find(|code| !matches!(code, RowErrorCode::NirBirthMismatch));
        let found = match (code, person.nir, person.nir_verified) {
            (Some(code), None, _) => format!("{code:?}"),
            (None, Some(_), true) => "nir+key".to_owned(),
            (None, Some(_), false) => "nir".to_owned(),
            (code, ..) => code.map_or("no nir".to_owned(), |code| format!("unexpected {code:?}")),
        };
        assert_eq!(found, expected, "{cell}");
    }
}

#[test]
fn the_key_in_a_column_of_its_own() {
    let key = nir15("1991248856012")[13..].to_owned();
    let list = format!("N° Sécu;Clé;Sortie\n1991248856012;{key};01/09/2024\n1991248856013;{key};01/09/2024\n");
    case(
        list.as_bytes(),
        "liste.csv",
        "Csv Utf8 Semicolon header 1
        nir=N° Sécu cle_nir=Clé date_sortie=Sortie
        missing: OnlyByNir
        2: // - nir+key exit 2024-09-01
        3: // - no nir exit 2024-09-01 UNUSABLE
        ! 3 Unusable []
        ! 3 NirKey [N° Sécu]",
    );
}

#[test]
fn a_shifted_row_is_told_and_not_used() {
    let nirs = ["1991248856012", "1991248856013", "1991248856014", "1991248856015"].map(nir15);
    let list = format!(
        "NIR;Nom;Prénom;Observations;Sortie\n{};MARTIN;Paul;;01/09/2024\n{};DURAND;Luc;;01/09/2024\n;{};PETIT;Jean;01/09/2024\n{};MOREAU;Guy;;01/09/2024\n",
        nirs[0], nirs[1], nirs[2], nirs[3]
    );
    let text = told(list.as_bytes(), "liste.csv");
    assert!(text.contains("! 4 NirInOtherColumn [Nom]") && text.contains("! 4 Unusable"), "{text}");
}

#[test]
fn a_whole_column_of_nirs_under_another_header_is_found() {
    let list =
        format!("N° dossier;NIR;Identifiant;Sortie\n1;;{};01/09/2024\n2;;{};01/09/2024\n", nir15("1991248856012"), nir15("2900248856034"));
    let sheet = read(list.as_bytes(), "liste.csv").expect("a table");
    let mut mapping = guess(&sheet);
    assert_eq!(mapping.column(Field::Nir), Some(1));
    let before = check(&sheet, &mapping, today());
    assert!(before.errors.iter().any(|error| error.code == RowErrorCode::NirInOtherColumn && error.column_name(&sheet) == "Identifiant"));
    mapping.columns.insert(Field::Nir, 2);
    assert_eq!(check(&sheet, &mapping, today()).usable(), 2);
}

#[test]
fn an_msa_number_is_a_nir() {
    let list = format!("N° MSA;Sortie\n{};01/09/2024\n", nir15("1991248856012"));
    assert!(told(list.as_bytes(), "liste.csv").contains("2: // - nir+key"));
}

#[test]
fn the_dates_that_people_write() {
    use DateFormat as Format;
    for (cells, expected, format) in [
        (&["12/03/1985", "31/12/1999"][..], &["1985-03-12", "1999-12-31"][..], Format::DayMonthYear),
        (&["12.03.1985"], &["1985-03-12"], Format::DayMonthYear),
        (&["1/3/1985 00:00:00"], &["1985-03-01"], Format::DayMonthYear),
        (
            &["1985-03-12", "1985-03-12T00:00:00Z", "1985-03-12 00:00:00.000"],
            &["1985-03-12", "1985-03-12", "1985-03-12"],
            Format::YearMonthDay,
        ),
        (&["12-03-85", "12/03/05", "12/03/13"], &["1985-03-12", "2005-03-12", "1913-03-12"], Format::DayMonthShortYear),
        (&["03/04/1985", "03/31/1985"], &["1985-03-04", "1985-03-31"], Format::MonthDayYear),
        (&["19850312"], &["1985-03-12"], Format::CompactYearMonthDay),
        (&["12031985", "1031985"], &["1985-03-12", "1985-03-01"], Format::CompactDayMonthYear),
        (&["31118", "31118.5"], &["1985-03-12", "1985-03-12"], Format::SpreadsheetSerial),
        (
            &["12 mars 1985", "1er août 1985", "mardi 12 mars 1985", "12-févr.-85", "3 juil. 1985"],
            &["1985-03-12", "1985-08-01", "1985-03-12", "1985-02-12", "1985-07-03"],
            Format::MonthName,
        ),
    ] {
        let cells: Vec<Cell> = cells.iter().map(|cell| Cell::from_text(cell)).collect();
        let pivot = date::Pivot::birth(today());
        let column = date::column_dates(cells.iter(), pivot);
        assert_eq!(column.formats.first().map(|(format, _)| *format), Some(format));
        let read: Vec<String> =
            cells.iter().map(|cell| date::parse(cell, column.order, pivot).map_or("-".to_owned(), |(date, _)| date.to_string())).collect();
        assert_eq!(read, expected);
    }
}

#[test]
fn what_is_not_a_date() {
    use date::DateFault::{Incomplete, Unreadable};
    for (cell, fault) in [
        ("1985", Incomplete),
        ("00/00/1985", Incomplete),
        ("00/03/1985", Incomplete),
        ("99/03/1985", Incomplete),
        ("03/1985", Incomplete),
        ("mars 1985", Incomplete),
        ("xx/xx/1985", Incomplete),
        ("31/02/1985", Unreadable),
        ("12/03/0085", Unreadable),
        ("12/03/85/01", Unreadable),
        ("hier", Unreadable),
        ("123", Unreadable),
        ("75056", Unreadable),
        ("0102030405", Unreadable),
    ] {
        let read = date::parse(&Cell::from_text(cell), date::Order::DayFirst, date::Pivot::birth(today()));
        assert_eq!(read.map(|(date, _)| date), Err(fault), "{cell}");
    }
}

#[test]
fn a_short_year_is_a_birth_or_a_recent_day() {
    let text = told("Nom;Prénom;DDN;Entrée;Sortie\nMARTIN;Paul;01/12/62;01/09/23;31/08/24\n".as_bytes(), "liste.csv");
    assert!(text.contains("2: /MARTIN/Paul 1962-12-01 no nir exit 2024-08-31"), "{text}");
}

#[test]
fn a_column_with_both_orders_is_said() {
    let sheet =
        read("Nom;Prénom;DDN;Sortie\nMARTIN;Paul;25/12/1990;01/09/2024\nDURAND;Anne;12/25/1990;01/09/2024\n".as_bytes(), "liste.csv")
            .expect("a table");
    let checked = check(&sheet, &guess(&sheet), today());
    assert!(checked.dates[0].is_mixed);
    assert!(told_checked(&sheet, &checked).contains("! 3 BirthUnreadable [DDN]"));
}

#[test]
fn wrong_days() {
    case(
        "NOM;PRENOM;DATE NAISSANCE;ENTREE;SORTIE\n\
         MARTIN;Paul;01/12/1999;01/09/2024;31/08/2024\n\
         DURAND;Anne;02/02/1990;01/09/2024;31/12/2026\n\
         PETIT;Luc;03/03/1991;01/09/2024;\n\
         MOREAU;Guy;01/01/1900;01/09/2023;31/08/2024\n\
         SIMON;Eve;05/05/2020;01/09/2023;31/08/2024\n\
         LAURENT;Léa;1995;01/09/2023;31/08/2024\n\
         ROUX;Zoé;06/06/1996;bientôt;fin août\n"
            .as_bytes(),
        "liste.csv",
        "Csv Utf8 Semicolon header 1
        nom_usage=NOM prenom=PRENOM date_naissance=DATE NAISSANCE date_entree=ENTREE date_sortie=SORTIE
        missing: OnlyByIdentity
        2: /MARTIN/Paul 1999-12-01 no nir exit -
        3: /DURAND/Anne 1990-02-02 no nir exit -
        4: /PETIT/Luc 1991-03-03 no nir exit -
        5: /MOREAU/Guy - no nir exit 2024-08-31 UNUSABLE
        6: /SIMON/Eve - no nir exit 2024-08-31 UNUSABLE
        7: /LAURENT/Léa - no nir exit 2024-08-31 UNUSABLE
        8: /ROUX/Zoé 1996-06-06 no nir exit -
        ! 2 ExitBeforeEntry [SORTIE]
        ! 3 ExitInFuture [SORTIE]
        ? 4 ExitMissing [SORTIE]
        ! 5 Unusable []
        ! 5 BirthImplausible [DATE NAISSANCE]
        ! 6 Unusable []
        ! 6 BirthImplausible [DATE NAISSANCE]
        ! 7 Unusable []
        ! 7 BirthIncomplete [DATE NAISSANCE]
        ? 8 EntryUnreadable [ENTREE]
        ! 8 ExitUnreadable [SORTIE]",
    );
}

#[test]
fn the_same_person_once_at_the_latest_exit() {
    let (paul, anne) = (nir15("1991248856012"), nir15("2900248856034"));
    case(
        format!(
            "NIR;Nom;Prénom;DDN;Sortie;Salaire\n\
             {paul};MARTIN;Paul;01/12/1999;31/08/2023;1\n\
             {paul};MARTIN;PAUL;01/12/1999;31/08/2024;2\n\
             ;Martin;Paul;01/12/1999;;3\n\
             {anne};DURAND;Anne;02/02/1990;15/09/2024;4\n\
             {anne};DURAND;Anne;02/02/1990;15/09/2024;5\n\
             ;PETIT;Luc;03/03/1991;;6\n\
             ;PETIT;LUC;03/03/1991;01/09/2024;7\n"
        )
        .as_bytes(),
        "liste.csv",
        "Csv Utf8 Semicolon header 1
        nir=NIR nom_usage=Nom prenom=Prénom date_naissance=DDN date_sortie=Sortie
        3: /MARTIN/PAUL 1999-12-01 nir+key exit 2024-08-31
        5: /DURAND/Anne 1990-02-02 nir+key exit 2024-09-15
        8: /PETIT/LUC 1991-03-03 no nir exit 2024-09-01
        ? 2 SamePersonLaterExit [Sortie] see 3
        ? 4 SamePersonLaterExit [Sortie] see 3
        ? 6 DuplicateRow [] see 5
        ? 7 SamePersonLaterExit [Sortie] see 8",
    );
}

#[test]
fn a_couple_with_one_nir_is_two_persons() {
    case(
        format!("N° dossier;NIR;Nom;Prénom;DDN;Sexe;Sortie\n77;{0};MARTIN;Paul;01/12/1999;M;31/08/2024\n77;{0};MARTIN;Anne;02/02/1998;F;31/08/2024\n", nir15("1991248856012")).as_bytes(),
        "liste.csv",
        "Csv Utf8 Semicolon header 1
        nir=NIR nom_usage=Nom prenom=Prénom date_naissance=DDN sexe=Sexe date_sortie=Sortie
        2: /MARTIN/Paul 1999-12-01 nir+key exit 2024-08-31
        3: /MARTIN/Anne 1998-02-02 no nir exit 2024-08-31
        ? 2 NirShared [NIR] see 3
        ? 3 NirShared [NIR] see 2
        ? 3 NirSexMismatch [NIR]
        ? 3 NirBirthMismatch [NIR]",
    );
}

#[test]
fn namesakes_with_two_nirs_are_two_persons() {
    let list = format!(
        "NIR;Nom;Prénom;DDN;Sortie\n{};MARTIN;Paul;01/12/1999;31/08/2023\n{};MARTIN;Paul;01/12/1999;31/08/2024\n",
        nir15("1991248856012"),
        nir15("1991248856077")
    );
    let sheet = read(list.as_bytes(), "liste.csv").expect("a table");
    assert_eq!(check(&sheet, &guess(&sheet), today()).rows.len(), 2);
}

#[test]
fn names_in_one_cell() {
    for (cell, header, nom, prenoms, certain) in [
        ("DUPONT Jean-Pierre", "Nom Prénom", "DUPONT", "Jean-Pierre", true),
        ("Jean-Pierre DUPONT", "Nom Prénom", "DUPONT", "Jean-Pierre", true),
        ("Mme DE LA TOUR Anne Marie", "Nom et prénom", "DE LA TOUR", "Anne Marie", true),
        ("M. DUPONT Jean", "Bénéficiaire", "DUPONT", "Jean", true),
        ("Dupont, Jean", "Identité", "Dupont", "Jean", true),
        ("DUPONT JEAN", "Nom Prénom", "DUPONT", "JEAN", true),
        ("Jean Dupont", "Prénom Nom", "Dupont", "Jean", true),
        ("EL AMRANI FATIMA", "Nom Prénom", "EL AMRANI", "FATIMA", true),
        ("DA SILVA MARIA JOSE", "Nom Prénom", "DA SILVA", "MARIA JOSE", false),
    ] {
        let sheet = read(format!("{header};DDN;Sortie\n\"{cell}\";01/12/1999;01/09/2024\n").as_bytes(), "liste.csv").expect("a table");
        let checked = check(&sheet, &guess(&sheet), today());
        let person = &checked.rows[0];
        assert_eq!((person.nom_usage.as_str(), person.prenoms.as_str(), person.nom_prenom.is_none()), (nom, prenoms, certain), "{cell}");
        assert!(person.usable);
    }
}

#[test]
fn every_split_of_a_doubtful_name_is_tried() {
    let sheet = read("Nom Prénom;DDN;Sortie\nGARCIA LOPEZ MARIA;01/12/1999;01/09/2024\n".as_bytes(), "liste.csv").expect("a table");
    let keys = check(&sheet, &guess(&sheet), today()).rows[0].identity_keys();
    let right = crate::identity::IdentityKey::new("García-López", "María", NaiveDate::from_ymd_opt(1999, 12, 1)).expect("whole");
    assert!(keys.contains(&right));
}

#[test]
fn identity_needs_its_three_parts() {
    for row in [
        "MARTIN;;01/12/1999",
        ";Paul;01/12/1999",
        "MARTIN;Paul;",
        "MARTIN;P.;01/12/1999",
        "INCONNU;Paul;01/12/1999",
        "MARTIN;???;01/12/1999",
    ] {
        let text = told(format!("Nom;Prénom;DDN;Sortie\n{row};01/09/2024\n").as_bytes(), "liste.csv");
        assert!(text.contains("! 2 Unusable"), "{row}\n{text}");
    }
}

#[test]
fn sex_and_siret_are_read_or_told() {
    let sheet = read(
        b"Nom;Sexe;SIRET;NIR;Sortie\nA;Mme;356 000 000 00048;2900248856034;01/09/2024\nB;?;12345;1900248856034;01/09/2024\nC;autre;;1900248856035;01/09/2024\n",
        "liste.csv",
    )
    .expect("a table");
    let checked = check(&sheet, &guess(&sheet), today());
    assert_eq!((checked.rows[0].sexe, checked.rows[0].siret.as_deref()), (Some(Sexe::Femme), Some("35600000000048")));
    let codes: Vec<(u32, RowErrorCode)> = checked.errors.iter().map(|error| (error.line, error.code)).collect();
    assert_eq!(codes, [(3, RowErrorCode::SiretInvalid), (4, RowErrorCode::SexUnreadable)]);
}

#[test]
fn sizes_19_and_21() {
    for people in [19_u32, 21] {
        let rows: String = (0..people)
            .map(|n| format!("NOM{};Paul;{:02}/12/1999;01/09/2024\n", char::from(b'A' + u8::try_from(n).expect("small")), n + 1))
            .collect();
        let sheet = read(format!("Nom;Prénom;DDN;Sortie\n{rows}").as_bytes(), "liste.csv").expect("a table");
        let checked = check(&sheet, &guess(&sheet), today());
        assert_eq!((checked.read, checked.usable(), checked.followed()), (u64::from(people), u64::from(people), u64::from(people)));
    }
}

#[test]
fn what_is_missing_is_said_again_after_a_correction() {
    let sheet = read(b"X;Y;Z\nMARTIN;Paul;01/12/1985\nDURAND;Anne;02/02/1990\n", "liste.csv").expect("a table");
    let mut mapping = guess(&sheet);
    assert_eq!(mapping.field(2), Some(Field::DateNaissance));
    assert_eq!(mapping.missing()[0].consequence, Consequence::NobodyCanBeFound);
    mapping.columns.extend([(Field::NomUsage, 0), (Field::Prenom, 1)]);
    let left: Vec<Consequence> = mapping.missing().iter().map(|missing| missing.consequence).collect();
    assert_eq!(left, [Consequence::NoHorizon, Consequence::OnlyByIdentity]);
    let shown = columns(&sheet, &mapping);
    assert_eq!(shown[0].samples, ["MARTIN", "DURAND"]);
    assert_eq!(shown[2].date_format, Some(DateFormat::DayMonthYear));
    assert_eq!(check(&sheet, &mapping, today()).usable(), 2);
    mapping.columns.insert(Field::Nir, 99);
    assert_eq!(check(&sheet, &mapping, today()).usable(), 2);
}

#[test]
fn refused_whole() {
    for (bytes, code) in [
        (&b""[..], "empty"),
        (b"  \r\n \n", "empty"),
        (b"Nom;Prenom\n", "no_row"),
        (b"%PDF-1.7", "not_a_table"),
        (b"<html><table>", "not_a_table"),
        (b"<?xml version='1.0'?><flux/>", "not_a_table"),
        (b"{\"a\": 1}", "not_a_table"),
        (b"S10.G00.00.001,'x'\nS10.G00.00.002,'y'\n", "is_a_dsn"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 workbook", "old_excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", "encrypted"),
        (b"PK\x03\x04 no archive", "damaged"),
        (b"\x01\x02\x03\x04\x05\x06", "not_a_table"),
    ] {
        assert_eq!(told(bytes, "liste.csv"), format!("refused: {code}"), "{code}");
    }
    let wide = format!("Nom{}\n", ";x".repeat(COLUMNS_MAX));
    assert_eq!(told(wide.as_bytes(), "liste.csv"), "refused: too_many_columns");
    let long = format!("Nom;Prenom\n{}", "a;b\n".repeat(ROWS_MAX + 1));
    assert_eq!(told(long.as_bytes(), "liste.csv"), "refused: too_many_rows");
}

#[test]
fn a_long_cell_is_cut_and_said() {
    let sheet = read(format!("Nom;Observations\nMARTIN;{}\n", "é".repeat(CELL_CHARS_MAX + 5)).as_bytes(), "liste.csv").expect("a table");
    assert_eq!((sheet.recognised.cells_cut, sheet.rows[0].cell(1).text().chars().count()), (1, CELL_CHARS_MAX));
}

fn xlsx(fill: impl FnOnce(&mut Workbook) -> Result<(), rust_xlsxwriter::XlsxError>) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook).expect("a workbook");
    workbook.save_to_buffer().expect("a workbook")
}

/// Titles, a NIR as a number, a real date, a serial without format, a text date, a total; and a sheet of notes before it.
fn workbook() -> Vec<u8> {
    xlsx(|workbook| {
        workbook.add_worksheet().set_name("Lisez-moi")?.write(0, 0, "Notice de la structure")?;
        let sheet = workbook.add_worksheet().set_name("Sorties")?;
        sheet.write(0, 0, "Sorties 2024")?;
        for (column, name) in (0_u16..).zip(["N° sécu", "NOM", "Prénom", "Né(e) le", "Sortie"]) {
            sheet.write(3, column, name)?;
        }
        let day = Format::new().set_num_format("dd/mm/yyyy");
        let whole = nir15("1991248856012").parse::<f64>().expect("digits");
        sheet.write(4, 0, whole)?;
        sheet.write(4, 1, "MARTIN")?;
        sheet.write(4, 2, "Paul")?;
        sheet.write_with_format(4, 3, &ExcelDateTime::from_ymd(1999, 12, 1)?, &day)?;
        sheet.write(4, 4, 45_535)?;
        sheet.write(6, 0, "'2 90 02 48 856 034")?;
        sheet.write(6, 1, "DURAND")?;
        sheet.write(6, 2, "Anne")?;
        sheet.write(6, 3, "02/02/1990")?;
        sheet.write_with_format(6, 4, &ExcelDateTime::from_ymd(2024, 9, 15)?, &day)?;
        sheet.write(7, 0, "Total")?;
        sheet.write(7, 1, 2)?;
        Ok(())
    })
}

#[test]
fn a_workbook_with_titles_numbers_and_dates() {
    let bytes = workbook();
    case(
        &bytes,
        "liste.csv",
        "Xlsx - - header 4, Title 1, Total 8, 3 blank
        nir=N° sécu nom_usage=NOM prenom=Prénom date_naissance=Né(e) le date_sortie=Sortie
        5: /MARTIN/Paul 1999-12-01 nir+key exit 2024-08-31
        7: /DURAND/Anne 1990-02-02 nir exit 2024-09-15",
    );
    let recognised = read(&bytes, "liste.csv").expect("a table").recognised;
    assert_eq!(
        (recognised.sheet.as_deref(), recognised.other_sheets, recognised.name_disagrees),
        (Some("Sorties"), vec!["Lisez-moi".to_owned()], true)
    );
}

#[test]
fn a_cell_far_away_does_not_fill_the_memory() {
    let bytes = xlsx(|workbook| {
        let sheet = workbook.add_worksheet();
        sheet.write(0, 0, "Nom")?;
        sheet.write(0, 1, "DDN")?;
        sheet.write(1, 0, "MARTIN")?;
        sheet.write(1_048_575, 1, "x")?;
        Ok(())
    });
    assert_eq!(read(&bytes, "liste.xlsx").expect("a table").rows.len(), 2);
    let wide = xlsx(|workbook| workbook.add_worksheet().write(0, 16_383, "x").map(drop));
    assert_eq!(told(&wide, "liste.xlsx"), "refused: too_many_columns");
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        writer.write_all(content).expect("a content");
    }
    writer.finish().expect("an archive").into_inner()
}

fn ods(table: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

const ODS_TABLE: &str = r#"<table:table table:name="Feuille1"><table:table-column/>
    <table:table-row><table:table-cell><text:p>Nom</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Pr&#233;nom</text:p><office:annotation><text:p>une note</text:p></office:annotation></table:table-cell><table:table-cell><text:p>DDN</text:p></table:table-cell><table:table-cell><text:p>Sortie</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16380"/></table:table-row>
    <table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
    <table:table-row><table:table-cell office:value-type="string"><text:p>MARTIN<text:s text:c="999999999"/>&amp;<text:span> Cie</text:span></text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Paul</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="1999-12-01T00:00:00"><text:p>01/12/99</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="45535"><text:p>45535</text:p></table:table-cell></table:table-row>
    <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>"#;

#[test]
fn an_ods_with_repeated_cells() {
    let text = told(&ods(ODS_TABLE), "liste.ods");
    assert!(text.starts_with("Ods - - header 1, 2 blank"), "{text}");
    assert!(text.contains("4: /MARTIN") && text.contains("& Cie/Paul 1999-12-01 no nir exit 2024-08-31"), "{text}");
}

#[test]
fn an_ods_that_would_fill_the_memory_is_refused() {
    let wide = r#"<table:table><table:table-row><table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>"#;
    assert_eq!(told(&ods(wide), "liste.ods"), "refused: too_many_columns");
    let long = r#"<table:table><table:table-row table:number-rows-repeated="4000000000"><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>"#;
    assert_eq!(told(&ods(long), "liste.ods"), "refused: too_many_rows");
    assert_eq!(told(&ods("<table:table><table:table-row>"), "liste.ods"), "refused: damaged");
    let locked = zipped(&[("META-INF/manifest.xml", b"<manifest:encryption-data/>"), ("content.xml", b"...")]);
    assert_eq!(told(&locked, "liste.ods"), "refused: encrypted");
    assert_eq!(told(&zipped(&[("photo.jpg", b"x")]), "liste.xlsx"), "refused: not_a_table");
}

#[test]
fn every_field_has_one_line_and_a_code_of_its_own() {
    let mut codes: Vec<&str> = fields().iter().map(|info| info.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 13);
    for info in fields() {
        assert_eq!(info.field.info().code, info.code);
        for header in info.headers {
            let plain = header.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ' ');
            assert!(plain, "{header}");
        }
    }
}

#[test]
fn debug_shows_no_cell() {
    let sheet = read(SMALL.as_bytes(), "liste.csv").expect("a table");
    let mapping = guess(&sheet);
    let shown = format!("{sheet:?} {:?} {:?}", columns(&sheet, &mapping), check(&sheet, &mapping, today()));
    assert!(!shown.contains("Goff") && !shown.contains("1985"), "{shown}");
}

/// Cells that make trouble, for lists made at random.
fn odd_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("\"".to_owned()),
        Just("NIR".to_owned()),
        Just("Né(e) le".to_owned()),
        Just("Date de sortie".to_owned()),
        Just("Total".to_owned()),
        "[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}",
        "[0-9AB ]{11,16}",
        "[0-9],[0-9]{1,6}E\\+[0-9]{1,3}",
        "[A-Zé' -]{1,12}",
        "\\PC{0,8}",
    ]
}

fn read_and_check(bytes: &[u8]) {
    if let Ok(sheet) = read(bytes, "liste.csv") {
        let mapping = guess(&sheet);
        let _ = columns(&sheet, &mapping);
        let checked = check(&sheet, &mapping, today());
        assert_eq!(checked.read, checked.rows.len() as u64 + checked.duplicates + checked.superseded);
        for (place, field) in fields().iter().enumerate() {
            let mut changed = mapping.clone();
            changed.columns.insert(field.field, place % 7);
            let _ = check(&sheet, &changed, today());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_and_check(&bytes);
    }

    #[test]
    fn any_cells(rows in proptest::collection::vec(proptest::collection::vec(odd_cell(), 0..7), 0..12), separator in "[;,\t|]") {
        let text: String = rows.iter().map(|row| row.join(&separator) + "\n").collect();
        read_and_check(text.as_bytes());
    }

    #[test]
    fn a_changed_list(places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = SMALL.as_bytes().to_vec();
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        read_and_check(&bytes);
    }

    #[test]
    fn a_changed_ods(cut in 0_usize..2_000, places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        let mut table = ODS_TABLE.as_bytes().to_vec();
        table.truncate(cut.max(1));
        for (place, byte) in places {
            let at = place.index(table.len());
            table[at] = byte;
        }
        read_and_check(&ods(&String::from_utf8_lossy(&table)));
    }

    #[test]
    fn a_changed_xlsx(entry in 0_usize..12, places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in proptest::option::of(any::<prop::sample::Index>())) {
        let bytes = workbook();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes.as_slice())).expect("an archive");
        let mut entries = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).expect("an entry");
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut content).expect("a content");
            entries.push((file.name().expect("a name").into_owned(), content));
        }
        let count = entries.len();
        let content = &mut entries[entry % count].1;
        for (place, byte) in &places {
            let at = place.index(content.len());
            content[at] = *byte;
        }
        if let Some(cut) = cut {
            let kept = cut.index(content.len());
            content.truncate(kept);
        }
        let borrowed: Vec<(&str, &[u8])> = entries.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        read_and_check(&zipped(&borrowed));
    }
}
