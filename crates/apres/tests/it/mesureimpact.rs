//! The call file as the command writes it from a synthetic list, checked by the command that checks.

use std::path::Path;
use std::process::ExitCode;

use apres::mesureimpact::{Command, run};
use chrono::NaiveDate;
use rust_xlsxwriter::{Format, Workbook};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 11, 15).expect("a day")
}

fn list(folder: &Path, people: u32) -> std::path::PathBuf {
    let mut text = String::from("NIR;Date de sortie;SIRET;Type de structure;ZE2020\n");
    for order in 1..=people {
        text += &format!("2990148856{order:03};15/02/2025;00001234500021;ACI;8401\n");
    }
    let path = folder.join("sorties.csv");
    std::fs::write(&path, text).expect("a list");
    path
}

#[test]
fn a_call_file_is_written_private_checked_and_never_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = Command::Write { list: list(folder.path(), 7), out: folder.path().to_path_buf(), sent: None, month: None };
    let mut printed = Vec::new();
    assert_eq!(run(&write, today(), &mut printed).expect("a file"), ExitCode::SUCCESS);
    assert!(String::from_utf8_lossy(&printed).starts_with("people\t7\n"));
    let file = folder.path().join("GIPP3242_PIQDISB3_P2501115.txt");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("the file").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let mut printed = Vec::new();
    assert_eq!(run(&Command::Lint { file, json: true }, today(), &mut printed).expect("a check"), ExitCode::SUCCESS);
    let report: serde_json::Value = serde_json::from_slice(&printed).expect("JSON");
    assert_eq!((&report["people"], &report["blocked"], &report["findings"]), (&7.into(), &false.into(), &serde_json::json!([])));
    assert!(run(&write, today(), &mut Vec::new()).is_err(), "a file that was sent is not written over");
}

#[test]
fn a_file_that_may_not_go_is_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("appel.txt");
    for people in [7, 4] {
        let write = Command::Write { list: list(folder.path(), people), out: out.clone(), sent: None, month: None };
        let mut printed = Vec::new();
        assert_eq!(run(&write, today(), &mut printed).expect("an answer"), ExitCode::from(1));
        let printed = String::from_utf8(printed).expect("text");
        assert!(printed.contains("E03") && !printed.contains("2990148856"), "{printed}");
        assert!(!out.exists());
    }
}

#[test]
fn a_file_that_is_no_returned_workbook_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = Command::Read { files: vec![list(folder.path(), 1)], json: true, csv: false };
    assert!(run(&read, today(), &mut Vec::new()).is_err());
}

#[test]
fn a_returned_workbook_is_printed_one_figure_per_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("04. Type de SIAE et Sexe.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 4, 1, 4, "Nbre personne en emploi", &Format::new()).expect("a header");
    sheet.merge_range(0, 5, 1, 5, "Taux personnes en emploi", &Format::new()).expect("a header");
    for (at, name) in (0_u16..).zip(["Sortie en IAE", "Sorties en emploi", "Type de SIAE", "Sexe"]) {
        sheet.write(1, at, name).expect("a header");
    }
    for (at, value) in (0_u16..).zip(["2024T3", "3 mois", "ACI"]) {
        sheet.merge_range(2, at, 3, at, value, &Format::new()).expect("a merged cell");
    }
    for (line, sex) in [(2, "F"), (3, "M")] {
        sheet.write(line, 3, sex).expect("a sex");
    }
    sheet.write(2, 4, 30).expect("a figure");
    sheet.write(2, 5, "30 %").expect("a share");
    sheet.write(3, 4, "s").expect("a hidden figure");
    sheet.write(3, 5, "s").expect("a hidden figure");
    book.save(&file).expect("a workbook");
    let mut printed = Vec::new();
    let read = Command::Read { files: vec![file], json: false, csv: true };
    assert_eq!(run(&read, today(), &mut printed).expect("figures"), ExitCode::SUCCESS);
    assert_eq!(
        String::from_utf8(printed).expect("text"),
        "classeur;sortie;delai_mois;axe_1;valeur_1;axe_2;valeur_2;mesure;valeur;statut\n\
         type_siae_sexe;2024T3;3;type_siae;ACI;sexe;F;personnes_en_emploi;30;donnee\n\
         type_siae_sexe;2024T3;3;type_siae;ACI;sexe;F;taux_en_emploi;0.3;donnee\n\
         type_siae_sexe;2024T3;3;type_siae;ACI;sexe;M;personnes_en_emploi;;masquee\n\
         type_siae_sexe;2024T3;3;type_siae;ACI;sexe;M;taux_en_emploi;;masquee\n"
    );
}
