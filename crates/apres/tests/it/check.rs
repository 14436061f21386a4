//! `apres ingest --check` and `apres controls`, run as a user runs them.

use std::path::Path;
use std::process::{Command, Output};

const SOUND: &str = "S10.G00.00.001,'L'
S10.G00.00.002,'E'
S10.G00.00.005,'02'
S10.G00.00.006,'P25V01'
S10.G00.00.007,'01'
S10.G00.00.008,'01'
S10.G00.01.001,'000000125'
S10.G00.01.002,'00013'
S10.G00.01.003,'X'
S10.G00.02.001,'01'
S10.G00.02.002,'X'
S10.G00.02.004,'x@exemple.invalid'
S10.G00.02.005,'0199000000'
S20.G00.05.001,'01'
S20.G00.05.002,'01'
S20.G00.05.003,'11'
S20.G00.05.004,'1'
S20.G00.05.005,'01032024'
S20.G00.05.007,'05042024'
S20.G00.05.008,'01'
S20.G00.05.010,'01'
S21.G00.06.001,'000000125'
S21.G00.06.003,'6202A'
S21.G00.11.001,'00013'
S21.G00.11.002,'6202A'
S21.G00.11.004,'21000'
S21.G00.11.005,'DIJON'
S21.G00.11.022,'1486'
S21.G00.30.001,'2990148856012'
S21.G00.30.002,'D'ARTAGNAN'
S21.G00.30.004,'ANNE'
S21.G00.30.006,'14011999'
S21.G00.30.007,'MENDE'
S21.G00.30.009,'21000'
S21.G00.30.010,'DIJON'
S21.G00.30.013,'01'
S21.G00.30.014,'48'
S21.G00.30.015,'FR'
S21.G00.40.001,'01012024'
S21.G00.40.002,'06'
S21.G00.40.003,'04'
S21.G00.40.004,'561b'
S21.G00.40.006,'X'
S21.G00.40.007,'01'
S21.G00.40.008,'99'
S21.G00.40.009,'00001'
S21.G00.40.011,'10'
S21.G00.40.012,'151.67'
S21.G00.40.013,'151.67'
S21.G00.40.014,'10'
S21.G00.40.016,'99'
S21.G00.40.017,'1486'
S21.G00.40.018,'200'
S21.G00.40.019,'00000012500013'
S21.G00.40.020,'200'
S21.G00.40.024,'99'
S21.G00.40.026,'99'
S21.G00.40.036,'01'
S21.G00.40.037,'01'
S21.G00.40.039,'200'
S21.G00.40.040,'853AA'
S21.G00.71.002,'RUAA'
S21.G00.50.001,'31032024'
S21.G00.50.002,'1500.00'
S21.G00.50.004,'1400.00'
S21.G00.50.006,'0.00'
S21.G00.50.007,'13'
S21.G00.50.009,'0.00'
S21.G00.50.013,'1500.00'
S21.G00.51.001,'01032024'
S21.G00.51.002,'31032024'
S21.G00.51.010,'00001'
S21.G00.51.011,'001'
S21.G00.51.013,'1800.50'
S21.G00.51.001,'01032024'
S21.G00.51.002,'31032024'
S21.G00.51.010,'00001'
S21.G00.51.011,'002'
S21.G00.51.013,'1800.50'
S21.G00.53.001,'01'
S21.G00.53.002,'151.67'
S21.G00.53.003,'10'
S21.G00.51.001,'01032024'
S21.G00.51.002,'31032024'
S21.G00.51.010,'00001'
S21.G00.51.011,'003'
S21.G00.51.013,'1800.50'
S21.G00.51.001,'01032024'
S21.G00.51.002,'31032024'
S21.G00.51.010,'00001'
S21.G00.51.011,'010'
S21.G00.51.013,'1800.50'
S90.G00.90.001,'94'
S90.G00.90.002,'1'
";

/// The line of the sound text that begins so, from 1.
fn line_of(rubrique: &str) -> Option<u64> {
    let place = SOUND.lines().position(|line| line.starts_with(rubrique)).expect("a line of the text");
    u64::try_from(place + 1).ok()
}

/// Runs the program on this text with a data folder that does not exist, and checks that it still does not.
fn check(folder: &Path, text: &str, others: &[&str]) -> Output {
    let (file, data) = (folder.join("envoi.dsn"), folder.join("data"));
    std::fs::write(&file, text).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_apres"))
        .arg("--data")
        .arg(&data)
        .args(["ingest", "--check"])
        .args(others)
        .arg(&file)
        .output()
        .expect("the program runs");
    assert!(!data.exists(), "a check writes nothing");
    output
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("JSON on stdout")
}

#[test]
fn a_sound_file_exits_with_zero_and_lists_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = check(folder.path(), SOUND, &["--json"]);
    let report = json(&output);
    assert_eq!(
        (output.status.code(), report["declarations_accepted"].as_u64(), report["counts"].as_array()),
        (Some(0), Some(1), Some(&vec![]))
    );
    let declaration = &report["files"][0]["sends"][0]["declarations"][0];
    assert_eq!((declaration["siret"].as_str(), declaration["month"].as_str()), (Some("00000012500013"), Some("2024-03")));
    assert_eq!((declaration["verdict"].as_str(), declaration["line"].as_u64()), (Some("accepted"), line_of("S20.G00.05.001")));
}

#[test]
fn what_does_not_block_is_listed_with_its_line_and_masked() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = SOUND
        .replace("14011999", "14011998")
        .replace("'00000012500013'", "'00000012500014'")
        .replace("'00013'\nS21.G00.11.002", "'00014'\nS21.G00.11.002");
    let output = check(folder.path(), &text, &["--json"]);
    let report = json(&output);
    let anomalies = report["files"][0]["sends"][0]["declarations"][0]["anomalies"].as_array().expect("a list").clone();
    let told: Vec<_> = anomalies.iter().map(|own| (own["code"].as_str(), own["line"].as_u64(), own["value"].as_str())).collect();
    assert_eq!(
        told,
        [(Some("CSL-12"), line_of("S21.G00.11.001"), Some("00014")), (Some("CCH-11"), line_of("S21.G00.30.006"), Some("********")),]
    );
    assert!(anomalies.iter().all(|own| own["blocking"] == false && own["blocking_in_norm"] == true));
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8(check(folder.path(), &text, &[]).stdout).expect("UTF-8");
    assert!(shown.contains("CCH-11") && shown.contains("non bloquant ici") && shown.contains("S21.G00.30.006"), "{shown}");
    for secret in ["2990148856012", "ARTAGNAN", "14011998"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// What stands before the damage of a file is checked and listed.
#[test]
fn a_file_that_is_cut_is_checked_up_to_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("envoi.dsn.gz");
    let mut archive = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut archive, SOUND.as_bytes()).expect("its bytes");
    let whole = archive.finish().expect("an archive");
    std::fs::write(&path, &whole[..whole.len() - 12]).expect("a file that is cut");
    let output =
        Command::new(env!("CARGO_BIN_EXE_apres")).args(["ingest", "--check", "--json"]).arg(&path).output().expect("the program runs");
    let report = json(&output);
    assert_eq!((output.status.code(), report["unreadable"].as_array().map(Vec::len)), (Some(1), Some(1)));
    let declaration = &report["files"][0]["sends"][0]["declarations"][0];
    assert_eq!(declaration["siret"].as_str(), Some("00000012500013"), "{report}");
}

#[test]
fn what_blocks_exits_with_one_and_what_fails_with_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = SOUND.replace("S21.G00.51.010,'00001'\nS21.G00.51.011,'010'", "S21.G00.51.010,'AUTRE'\nS21.G00.51.011,'010'");
    let output = check(folder.path(), &text, &["--json"]);
    let report = json(&output);
    assert_eq!(
        (output.status.code(), report["declarations_refused"].as_u64(), report["sends_refused"].as_u64()),
        (Some(1), Some(1), Some(0))
    );
    let output = check(folder.path(), &SOUND.replace("'94'", "'40'"), &["--json"]);
    let report = json(&output);
    assert_eq!((output.status.code(), report["sends_refused"].as_u64()), (Some(1), Some(1)));
    assert_eq!(report["files"][0]["sends"][0]["anomalies"][0]["code"].as_str(), Some("CST-11"));
    let missing = Command::new(env!("CARGO_BIN_EXE_apres"))
        .args(["ingest", "--check"])
        .arg(folder.path().join("nowhere.dsn"))
        .output()
        .expect("the program runs");
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn the_list_of_controls_comes_from_the_table() {
    let output = Command::new(env!("CARGO_BIN_EXE_apres")).args(["controls", "--json"]).output().expect("the program runs");
    let table = include_str!("../../../../norme/controles.csv");
    assert_eq!(json(&output).as_array().map(Vec::len), Some(table.lines().count() - 1));
}
