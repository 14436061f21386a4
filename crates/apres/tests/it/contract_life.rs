//! What happens to contracts: a few lines of DSN in, the rows of the table `spells` out.
//!
//! A case is written in short lines, one declaration each: the months, the establishment, what the declaration says of itself, and after `|` each
//! contract as *who number start nature*. The establishments are letters and the people first names; nobody holds their numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::lake::Lake;

/// Ingests files of declarations, one after the other, and compares the table `spells`.
async fn check(files: &[&str], expected: &str) {
    let lake = Lake::new().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (place, text) in files.iter().enumerate() {
        let path = folder.path().join(format!("{place}.dsn"));
        std::fs::write(&path, send(text)).expect("a file");
        let report = lake.ingest(&[path]).await;
        assert_eq!((report.sends, report.sends_refused), (1, 0), "file {place}: {:?}", report.remark_counts);
        let refused: u64 = report.declarations.values().map(|counted| counted.refused).sum();
        // These declarations hold only what a career needs: controls have much to say of them, and nothing that blocks.
        let blocking: Vec<_> = report.remark_counts.iter().filter(|count| count.blocking).collect();
        assert_eq!((refused, blocking.len()), (0, 0), "file {place}: {blocking:?}");
    }
    let found = spells(&lake).await;
    let expected: String = expected.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
    assert!(found == expected, "found\n{found}\nexpected\n{expected}");
}

/// The table as text: person, establishment, number, start, end, status, reason, last month, and the user establishment when there is one.
async fn spells(lake: &Lake) -> String {
    let sql = "SELECT person, siret, numero, date_debut, date_fin, end_status, motif_fin, last_month, utilisateur FROM spells ORDER BY siret, numero, date_debut, last_month";
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    let mut text = String::new();
    for row in lake.rows(sql).await {
        let [person, siret, numero, debut, fin, status, motif, last_month, utilisateur] = row.as_slice() else { panic!("nine columns") };
        let next = people.len() + 1;
        let person = people.entry(person.clone()).or_insert(next);
        let or_dash = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
        write!(text, "p{person} {} {numero} {debut} {} {status} {} {}", letter(siret), or_dash(fin), or_dash(motif), &last_month[..7])
            .expect("a string takes text");
        if !utilisateur.is_empty() {
            write!(text, " user={utilisateur}").expect("a string takes text");
        }
        text.push('\n');
    }
    text
}

/// The establishment of a letter: a SIREN of a range that was never attributed, and its only establishment.
fn siret(letter: &str) -> String {
    let letter = letter.bytes().next().expect("an establishment has a letter");
    format!("0000001{letter:02}00011")
}

fn letter(siret: &str) -> char {
    char::from(siret[7..9].parse::<u8>().expect("two digits"))
}

/// One send with these declarations, with exact totals.
pub(crate) fn send(text: &str) -> String {
    let declarations: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(declarations).collect();
    let head = "S10.G00.00.001,'CASES'\r\nS10.G00.00.005,'02'\r\nS10.G00.00.006,'P25V01'\r\nS10.G00.01.001,'000000100'\r\n";
    let body = declarations.concat();
    let rubriques = head.lines().count() + body.lines().count() + 2;
    format!("{head}{body}S90.G00.90.001,'{rubriques}'\r\nS90.G00.90.002,'{}'\r\n", declarations.len())
}

/// The declarations of a line, one for each of its months.
fn declarations(line: &str) -> Vec<String> {
    let (about, contrats) = line.split_once('|').unwrap_or((line, ""));
    let mut words = about.split_whitespace();
    let (months, establishment) = (words.next().expect("months"), words.next().expect("an establishment"));
    let said: BTreeMap<&str, &str> = words.map(|word| word.split_once('=').expect("key=value")).collect();
    let (from, to) = months.split_once("..").unwrap_or((months, months));
    (month_index(from)..=month_index(to)).map(|month| declaration(month, establishment, &said, contrats)).collect()
}

fn month_index(month: &str) -> i32 {
    let (year, month) = month.split_once('-').expect("a month is written 2024-03");
    year.parse::<i32>().expect("a year") * 12 + month.parse::<i32>().expect("a month") - 1
}

fn declaration(month: i32, establishment: &str, said: &BTreeMap<&str, &str>, contrats: &str) -> String {
    let siret = siret(establishment);
    let usual_day = format!("{:04}-{:02}-05", (month + 1) / 12, (month + 1) % 12 + 1);
    let value = |key: &str, usual: &str| said.get(key).copied().unwrap_or(usual).to_owned();
    let mut text = String::new();
    let mut put = |rubrique: &str, value: &str| write!(text, "{rubrique},'{value}'\r\n").expect("a string takes text");
    put("S20.G00.05.001", "01");
    put("S20.G00.05.002", &value("type", "01"));
    put("S20.G00.05.003", &value("fraction", "11"));
    put("S20.G00.05.004", &value("ordre", "1"));
    put("S20.G00.05.005", &format!("01{:02}{:04}", month % 12 + 1, month / 12));
    put("S20.G00.05.007", &civil(&value("le", &usual_day)));
    put("S20.G00.05.008", &value("champ", "01"));
    put("S21.G00.06.001", &siret[..9]);
    put("S21.G00.11.001", &siret[9..]);
    for contrat in contrats.split(';').filter(|contrat| !contrat.trim().is_empty()) {
        put_individu(&mut put, contrat);
    }
    text
}

/// `who number start nature`, then `prevue=`, `user=` and `fin=day/motif`.
fn put_individu(put: &mut impl FnMut(&str, &str), contrat: &str) {
    let words: Vec<&str> = contrat.split_whitespace().collect();
    let [who, numero, debut, nature, others @ ..] = words.as_slice() else { panic!("a contract is who, number, start, nature") };
    let (has_nir, has_ntt) = (!who.starts_with("ntt:"), who.starts_with("ntt:") || who.ends_with("+ntt"));
    let name = who.trim_start_matches("ntt:").trim_end_matches("+ntt");
    let order = name.bytes().fold(0_u32, |sum, letter| (sum * 31 + u32::from(letter)) % 900) + 1;
    if has_nir {
        put("S21.G00.30.001", &format!("2900199999{order:03}"));
    }
    put("S21.G00.30.002", "PERSONNE");
    put("S21.G00.30.004", &name.to_uppercase());
    put("S21.G00.30.005", "02");
    put("S21.G00.30.006", "00001990");
    if has_ntt {
        put("S21.G00.30.020", &format!("2000000100PASS{order:08}"));
    }
    let said: BTreeMap<&str, &str> = others.iter().map(|word| word.split_once('=').expect("key=value")).collect();
    put("S21.G00.40.001", &civil(debut));
    put("S21.G00.40.007", nature);
    put("S21.G00.40.009", numero);
    if let Some(prevue) = said.get("prevue") {
        put("S21.G00.40.010", &civil(prevue));
    }
    if let Some(user) = said.get("user") {
        put("S21.G00.40.046", user);
    }
    if let Some((day, motif)) = said.get("fin").and_then(|fin| fin.split_once('/')) {
        put("S21.G00.62.001", &civil(day));
        put("S21.G00.62.002", motif);
    }
}

/// `2024-03-31` as the norm writes it.
fn civil(day: &str) -> String {
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, day] = parts.as_slice() else { panic!("a day is written 2024-03-31") };
    format!("{day}{month}{year}")
}

#[tokio::test]
async fn plain_cdi() {
    check(&["2024-01..2024-04 E | ana C1 2024-01-15 01"], "p1 E C1 2024-01-15 - open - 2024-04").await;
}

#[tokio::test]
async fn plain_cdd() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 02 prevue=2024-03-31
                2024-03 E            | ana C1 2024-01-15 02 prevue=2024-03-31 fin=2024-03-31/031
                2024-04 E            | bob C2 2024-01-01 01";
    check(&[file], "p1 E C1 2024-01-15 2024-03-31 declared 031 2024-03\np2 E C2 2024-01-01 - open - 2024-04").await;
}

/// The expected end of a contract that is still declared is no end.
#[tokio::test]
async fn plain_cdd_not_yet_over() {
    check(&["2024-01..2024-02 E | ana C1 2024-01-15 02 prevue=2024-06-30"], "p1 E C1 2024-01-15 - open - 2024-02").await;
}

#[tokio::test]
async fn interim_mission() {
    let file = "2024-01 E | ana M1 2024-01-08 03 prevue=2024-01-12 user=USINE fin=2024-01-12/031 ; ana M2 2024-01-22 03 prevue=2024-02-02 user=DEPOT
                2024-02 E | ana M2 2024-01-22 03 prevue=2024-02-02 user=DEPOT fin=2024-02-02/031";
    let expected = "p1 E M1 2024-01-08 2024-01-12 declared 031 2024-01 user=USINE
                    p1 E M2 2024-01-22 2024-02-02 declared 031 2024-02 user=DEPOT";
    check(&[file], expected).await;
}

#[tokio::test]
async fn end_block() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 01
                2024-03 E          | ana C1 2024-01-15 01 fin=2024-03-12/059";
    check(&[file], "p1 E C1 2024-01-15 2024-03-12 declared 059 2024-03").await;
}

/// What is paid after the end does not open the contract again, and the end stands.
#[tokio::test]
async fn end_block_then_pay_of_a_later_month() {
    let file = "2024-01 E | ana C1 2024-01-15 01 fin=2024-01-31/059
                2024-02 E | ana C1 2024-01-15 01";
    check(&[file], "p1 E C1 2024-01-15 2024-01-31 declared 059 2024-02").await;
}

#[tokio::test]
async fn end_block_corrected_the_month_after() {
    let file = "2024-01 E | ana C1 2024-01-15 01 fin=2024-01-31/059
                2024-02 E | ana C1 2024-01-15 01 fin=2024-02-10/031";
    check(&[file], "p1 E C1 2024-01-15 2024-02-10 declared 031 2024-02").await;
}

#[tokio::test]
async fn contract_closed_by_silence_of_an_establishment_that_declares() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 01 ; bob C2 2024-01-01 01
                2024-03..2024-05 E | bob C2 2024-01-01 01";
    check(&[file], "p1 E C1 2024-01-15 2024-02-29 inferred - 2024-02\np2 E C2 2024-01-01 - open - 2024-05").await;
}

/// Two silent months are not three.
#[tokio::test]
async fn contract_not_closed_by_two_months_of_silence() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 01 ; bob C2 2024-01-01 01
                2024-03..2024-04 E | bob C2 2024-01-01 01";
    check(&[file], "p1 E C1 2024-01-15 - open - 2024-02\np2 E C2 2024-01-01 - open - 2024-04").await;
}

#[tokio::test]
async fn contract_closed_by_silence_of_its_establishment() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 01
                2024-01..2024-05 F | bob C2 2024-01-01 01";
    check(&[file], "p1 E C1 2024-01-15 2024-02-29 inferred - 2024-02\np2 F C2 2024-01-01 - open - 2024-05").await;
}

/// The expected end is the end when it lies in the last month declared, and only then.
#[tokio::test]
async fn contract_closed_by_silence_at_its_expected_end() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 02 prevue=2024-02-16 ; bob C2 2024-01-15 02 prevue=2024-06-30
                2024-03..2024-05 E | eve C3 2024-03-01 01";
    let expected = "p1 E C1 2024-01-15 2024-02-16 inferred - 2024-02
                    p2 E C2 2024-01-15 2024-02-29 inferred - 2024-02
                    p3 E C3 2024-03-01 - open - 2024-05";
    check(&[file], expected).await;
}

#[tokio::test]
async fn contract_reopened_by_a_new_declaration() {
    let silent = "2024-01..2024-02 E | ana C1 2024-01-15 01
                  2024-01..2024-05 F | bob C2 2024-01-01 01";
    let again = "2024-06 E | ana C1 2024-01-15 01
                 2024-06 F | bob C2 2024-01-01 01";
    check(&[silent, again], "p1 E C1 2024-01-15 - open - 2024-06\np2 F C2 2024-01-01 - open - 2024-06").await;
}

#[tokio::test]
async fn user_establishment_change() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 08 user=USINE
                2024-03 E          | ana C1 2024-01-15 08 user=DEPOT";
    check(&[file], "p1 E C1 2024-01-15 - open - 2024-03 user=DEPOT").await;
}

#[tokio::test]
async fn person_without_nir_who_gets_one() {
    let before = "2024-01..2024-02 E | ntt:ana C1 2024-01-15 01
                  2024-01 F          | ntt:ana C2 2024-01-02 02 fin=2024-01-10/031";
    let after = "2024-03 E | ana+ntt C1 2024-01-15 01
                 2024-03 G | ana C3 2024-03-01 02 ; bob C4 2024-01-01 01";
    let before_only = "p1 E C1 2024-01-15 - open - 2024-02\np1 F C2 2024-01-02 2024-01-10 declared 031 2024-01";
    check(&[before], before_only).await;
    let expected = "p1 E C1 2024-01-15 - open - 2024-03
                    p1 F C2 2024-01-02 2024-01-10 declared 031 2024-01
                    p1 G C3 2024-03-01 - open - 2024-03
                    p2 G C4 2024-01-01 - open - 2024-03";
    check(&[before, after], expected).await;
    check(&[after, before], expected).await;
}

#[tokio::test]
async fn end_cancelled_by_099() {
    let file = "2024-01 E | ana C1 2024-01-15 01 fin=2024-01-31/059
                2024-02 E | ana C1 2024-01-15 01 fin=2024-01-31/099
                2024-03 E | ana C1 2024-01-15 01";
    check(&[file], "p1 E C1 2024-01-15 - open - 2024-03").await;
}

#[tokio::test]
async fn end_declared_again_after_099() {
    let file = "2024-01 E | ana C1 2024-01-15 01 fin=2024-01-31/059
                2024-02 E | ana C1 2024-01-15 01 fin=2024-01-31/099
                2024-03 E | ana C1 2024-01-15 01 fin=2024-03-20/059";
    check(&[file], "p1 E C1 2024-01-15 2024-03-20 declared 059 2024-03").await;
}

/// A cancelled end leaves the contract to silence like any other.
#[tokio::test]
async fn end_cancelled_by_099_then_silence() {
    let file = "2024-01 E          | ana C1 2024-01-15 01 fin=2024-01-31/059
                2024-02 E          | ana C1 2024-01-15 01 fin=2024-01-31/099
                2024-03..2024-05 E | bob C2 2024-03-01 01";
    check(&[file], "p1 E C1 2024-01-15 2024-02-29 inferred - 2024-02\np2 E C2 2024-03-01 - open - 2024-05").await;
}

#[tokio::test]
async fn annule_et_remplace_replaces_the_whole_month() {
    let first = "2024-01 E | ana C1 2024-01-15 01 fin=2024-01-20/059 ; bob C2 2024-01-01 01";
    let second = "2024-01 E type=03 ordre=2 | ana C1 2024-01-15 01 ; eve C3 2024-01-10 02 prevue=2024-06-30";
    let expected = "p1 E C1 2024-01-15 - open - 2024-01\np2 E C3 2024-01-10 - open - 2024-01";
    check(&[first, second], expected).await;
    check(&[second, first], expected).await;
}

#[tokio::test]
async fn annule_et_remplace_of_a_lower_order_does_not() {
    let first = "2024-01 E ordre=3 | ana C1 2024-01-15 01";
    let second = "2024-01 E type=03 ordre=2 | bob C2 2024-01-01 01";
    let expected = "p1 E C1 2024-01-15 - open - 2024-01";
    check(&[first, second], expected).await;
    check(&[second, first], expected).await;
}

/// The order starts again each civil month: the day comes first.
#[tokio::test]
async fn annule_et_remplace_of_an_earlier_day_does_not() {
    let first = "2024-01 E ordre=1 le=2024-02-04 | ana C1 2024-01-15 01";
    let second = "2024-01 E type=03 ordre=9 le=2024-01-30 | bob C2 2024-01-01 01";
    let expected = "p1 E C1 2024-01-15 - open - 2024-01";
    check(&[first, second], expected).await;
    check(&[second, first], expected).await;
}

#[tokio::test]
async fn annule_et_remplace_keeps_to_its_champ() {
    let file = "2024-01 E champ=02 | ana C1 2024-01-15 01
                2024-01 E champ=03 | bob C2 2024-01-01 01
                2024-01 E champ=03 type=03 ordre=2 | eve C3 2024-01-10 01";
    check(&[file], "p1 E C1 2024-01-15 - open - 2024-01\np2 E C3 2024-01-10 - open - 2024-01").await;
}

#[tokio::test]
async fn annule_et_remplace_keeps_to_its_fraction() {
    let file = "2024-01 E fraction=12 | ana C1 2024-01-15 01
                2024-01 E fraction=22 | bob C2 2024-01-01 01
                2024-01 E fraction=22 type=03 ordre=2 | eve C3 2024-01-10 01";
    check(&[file], "p1 E C1 2024-01-15 - open - 2024-01\np2 E C3 2024-01-10 - open - 2024-01").await;
}

#[tokio::test]
async fn neant_that_replaces_removes_the_month() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 01
                2024-02 E type=05 ordre=2";
    check(&[file], "p1 E C1 2024-01-15 - open - 2024-01").await;
}

/// A month that arrives last takes its place among the others.
#[tokio::test]
async fn late_declaration() {
    let on_time = "2024-01 E          | ana C1 2024-01-15 01
                   2024-03 E          | ana C1 2024-01-15 01 fin=2024-03-08/059
                   2024-04..2024-06 E | bob C2 2024-04-01 01";
    let late = "2024-02 E le=2024-05-20 | ana C1 2024-01-15 01 fin=2024-02-28/031 ; eve C3 2024-02-01 02 prevue=2024-02-15";
    let expected = "p1 E C1 2024-01-15 2024-03-08 declared 059 2024-03
                    p2 E C2 2024-04-01 - open - 2024-06
                    p3 E C3 2024-02-01 2024-02-15 inferred - 2024-02";
    check(&[on_time, late], expected).await;
    check(&[late, on_time], expected).await;
}

/// A send with a wrong total adds nothing, and is counted.
#[tokio::test]
async fn send_with_a_wrong_total_adds_nothing() {
    let lake = Lake::new().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("wrong.dsn");
    let right = send("2024-01 E | ana C1 2024-01-15 01");
    let wrong = send("2024-01 F | bob C2 2024-01-15 01").replace("S90.G00.90.002,'1'", "S90.G00.90.002,'2'");
    std::fs::write(&path, wrong.clone()).expect("a file");
    let before = lake.versions().await;
    let report = lake.ingest(std::slice::from_ref(&path)).await;
    assert_eq!((report.sends, report.sends_refused, report.declarations["01"].refused), (0, 1, 1));
    assert_eq!((report.added.declarations, report.added.observations, report.added.identities), (0, 0, 0));
    assert_eq!(lake.versions().await, before);
    std::fs::write(&path, format!("{wrong}{right}{}", wrong.replace("S90.G00.90.001,'2", "S90.G00.90.001,'1"))).expect("a file");
    let report = lake.ingest(&[path]).await;
    assert_eq!((report.sends, report.sends_refused, report.added.declarations, report.added.observations), (1, 2, 1, 1));
    assert_eq!(spells(&lake).await, "p1 E C1 2024-01-15 - open - 2024-01\n");
    assert_eq!(lake.identifying_rows("SELECT count(*) FROM identities").await, [["1"]]);
}
