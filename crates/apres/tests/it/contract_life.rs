//! What happens to contracts: a few lines of DSN in, the rows of the table `spells` out.
//!
//! A case is written in short lines, one declaration each: the months, the establishment, what the declaration says of itself, and after `|` each
//! contract as *who number start nature*, then `key=value` words and blocks such as `41@2024-03-01/numero:C0`. The establishments are letters, with a
//! digit for another one of the same employer, and the people first names; nobody holds their numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::lake::Lake;

/// Ingests files of declarations, one after the other, and compares the table `spells`.
async fn check(files: &[&str], expected: &str) {
    let lake = lake_of(files).await;
    assert_lines(&spells(&lake).await, expected);
}

/// The same whatever the order of the files.
async fn check_in_any_order(files: &[&str], expected: &str) {
    let reversed: Vec<&str> = files.iter().rev().copied().collect();
    check(files, expected).await;
    check(&reversed, expected).await;
}

/// Compares a query over the lake, a row a line.
async fn check_query(files: &[&str], sql: &str, expected: &str) {
    let lake = lake_of(files).await;
    let rows: Vec<String> = lake.rows(sql).await.iter().map(|row| row.join(" ")).collect();
    assert_lines(&rows.join("\n"), expected);
}

fn assert_lines(found: &str, expected: &str) {
    let lines =
        |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect::<String>();
    let (found, expected) = (lines(found), lines(expected));
    assert!(found == expected, "found\n{found}\nexpected\n{expected}");
}

async fn lake_of(files: &[&str]) -> Lake {
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
    lake
}

/// The table as text: person, establishment, number, start, end, status, reason, last month, the user establishment and the transfer when there is one.
async fn spells(lake: &Lake) -> String {
    let sql = "SELECT person, siret, numero, date_debut, date_fin, end_status, motif_fin, last_month, utilisateur, transfer_siret FROM spells ORDER BY siret, numero, date_debut, last_month";
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    let mut text = String::new();
    for row in lake.rows(sql).await {
        let [person, siret, numero, debut, fin, status, motif, last_month, utilisateur, transfer] = row.as_slice() else {
            panic!("ten columns")
        };
        let next = people.len() + 1;
        let person = people.entry(person.clone()).or_insert(next);
        let or_dash = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
        write!(text, "p{person} {} {numero} {debut} {} {status} {} {}", letter(siret), or_dash(fin), or_dash(motif), &last_month[..7])
            .expect("a string takes text");
        if !utilisateur.is_empty() {
            write!(text, " user={utilisateur}").expect("a string takes text");
        }
        if !transfer.is_empty() {
            write!(text, " to={}", letter(transfer)).expect("a string takes text");
        }
        text.push('\n');
    }
    text
}

/// The establishment of a letter: a SIREN of a range that was never attributed, and its only establishment, or the one of a digit (`E2`).
fn siret(place: &str) -> String {
    let letter = place.bytes().next().expect("an establishment has a letter");
    let establishment = place.get(1..).filter(|digit| !digit.is_empty()).unwrap_or("1");
    format!("0000001{letter:02}000{establishment}1")
}

fn letter(siret: &str) -> String {
    let letter = char::from(siret[7..9].parse::<u8>().expect("two digits"));
    match &siret[12..13] {
        "1" => letter.to_string(),
        establishment => format!("{letter}{establishment}"),
    }
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
    let nature = value("nature", "01");
    // What the norm forbids in an event, and in a sick leave.
    let is_forbidden = |rubrique: &str| match nature.as_str() {
        "01" => false,
        "04" => matches!(rubrique, "S20.G00.05.008" | "S21.G00.30.005" | "S21.G00.40.007"),
        _ => rubrique == "S20.G00.05.008",
    };
    let mut text = String::new();
    let mut put = |rubrique: &str, value: &str| {
        if !is_forbidden(rubrique) {
            write!(text, "{rubrique},'{value}'\r\n").expect("a string takes text");
        }
    };
    put("S20.G00.05.001", &nature);
    put("S20.G00.05.002", &value("type", "01"));
    put("S20.G00.05.003", &value("fraction", "11"));
    put("S20.G00.05.004", &value("ordre", "1"));
    if nature == "01" {
        put("S20.G00.05.005", &format!("01{:02}{:04}", month % 12 + 1, month / 12));
    }
    put("S20.G00.05.007", &civil(&value("le", &usual_day)));
    // `champ=-` says none.
    if said.get("champ") != Some(&"-") {
        put("S20.G00.05.008", &value("champ", "01"));
    }
    put("S21.G00.06.001", &siret[..9]);
    put("S21.G00.11.001", &siret[9..]);
    for contrat in contrats.split(';').filter(|contrat| !contrat.trim().is_empty()) {
        put_individu(&mut put, contrat);
    }
    text
}

/// `who number start nature`, then words and blocks.
fn put_individu(put: &mut impl FnMut(&str, &str), contrat: &str) {
    let words: Vec<&str> = contrat.split_whitespace().collect();
    let [who, numero, debut, nature, others @ ..] = words.as_slice() else { panic!("a contract is who, number, start, nature") };
    let (blocs, others): (Vec<&str>, Vec<&str>) = others.iter().partition(|word| word.contains('@'));
    let said: BTreeMap<&str, &str> = others.iter().map(|word| word.split_once('=').expect("key=value")).collect();
    let (has_nir, has_ntt) = (!who.starts_with("ntt:"), who.contains("ntt"));
    // `ana+ntt` has a temporary number beside her NIR, `ana+ntt:bob` that of somebody else.
    let (name, other) = who.trim_start_matches("ntt:").split_once("+ntt").unwrap_or((who.trim_start_matches("ntt:"), ""));
    let of_ntt = other.strip_prefix(':').unwrap_or(name);
    if has_nir {
        put("S21.G00.30.001", &nir(name));
    }
    put("S21.G00.30.002", said.get("nom").unwrap_or(&"PERSONNE"));
    put("S21.G00.30.004", &said.get("prenom").unwrap_or(&name).to_uppercase());
    put("S21.G00.30.005", said.get("sexe").unwrap_or(&"02"));
    put("S21.G00.30.006", &said.get("naissance").map_or("00001990".to_owned(), |day| civil(day)));
    if has_ntt {
        put("S21.G00.30.020", &format!("2000000100PASS{:08}", order(of_ntt)));
    }
    put_blocs(put, &blocs, "31");
    put("S21.G00.40.001", &civil(debut));
    put("S21.G00.40.007", nature);
    let rubriques = [
        ("008", said.get("dispositif").map(|code| (*code).to_owned())),
        ("009", Some((*numero).to_owned())),
        ("010", said.get("prevue").map(|day| civil(day))),
        ("011", said.get("unite").map(|code| (*code).to_owned())),
        ("012", said.get("reference").map(|hours| (*hours).to_owned())),
        ("013", said.get("quotite").map(|hours| (*hours).to_owned())),
        ("046", said.get("user").map(|user| (*user).to_owned())),
        ("073", said.get("complement").map(|code| (*code).to_owned())),
    ];
    for (rank, value) in rubriques {
        if let Some(value) = value {
            put(&format!("S21.G00.40.{rank}"), &value);
        }
    }
    put_blocs(put, &blocs, "41");
    put_blocs(put, &blocs, "60");
    if let Some((day, motif)) = said.get("fin").and_then(|fin| fin.split_once('/')) {
        put("S21.G00.62.001", &civil(day));
        put("S21.G00.62.002", motif);
        if let Some(day) = said.get("travaille") {
            put("S21.G00.62.006", &civil(day));
        }
    }
    put_blocs(put, &blocs, "65");
    put_pay(put, numero, &said);
}

fn order(name: &str) -> u32 {
    name.bytes().fold(0_u32, |sum, letter| (sum * 31 + u32::from(letter)) % 900) + 1
}

fn nir(name: &str) -> String {
    format!("2900199999{:03}", order(name))
}

/// Blocks of one number: `31@day/nir:bob/prenoms:ANNA`, `41@day/siret:E/numero:C0`, `60@01/last day worked/expected end/return`, `65@501/from/to`.
fn put_blocs(put: &mut impl FnMut(&str, &str), blocs: &[&str], number: &str) {
    for bloc in blocs.iter().filter_map(|bloc| bloc.strip_prefix(number)?.strip_prefix('@')) {
        let parts: Vec<&str> = bloc.split('/').collect();
        match number {
            "60" | "65" => {
                let ranks: &[&str] = if number == "60" { &["001", "002", "003", "010"] } else { &["001", "002", "003"] };
                for (rank, part) in ranks.iter().zip(&parts) {
                    let is_day = part.len() == 10;
                    put(&format!("S21.G00.{number}.{rank}"), &if is_day { civil(part) } else { (*part).to_owned() });
                }
            }
            _ => put_changement(put, number, &parts),
        }
    }
}

/// A block 31 or 41, its rubriques in the order of the norm.
fn put_changement(put: &mut impl FnMut(&str, &str), number: &str, parts: &[&str]) {
    let mut rubriques = vec![("001", civil(parts[0]))];
    for part in &parts[1..] {
        let (key, value) = part.split_once(':').expect("key:value");
        rubriques.push(match key {
            "nir" => ("008", nir(value)),
            "nom" => ("009", value.to_owned()),
            "prenom" => ("010", value.to_uppercase()),
            "naissance" => ("011", civil(value)),
            "nature" => ("004", value.to_owned()),
            "dispositif" => ("005", value.to_owned()),
            "quotite" => ("007", value.to_owned()),
            "siret" => ("012", siret(value)),
            "numero" => ("014", value.to_owned()),
            "debut" => ("021", civil(value)),
            "depuis" => ("028", civil(value)),
            "complement" => ("049", value.to_owned()),
            other => panic!("{other} is not an old value of these cases"),
        });
    }
    rubriques.sort();
    for (rank, value) in rubriques {
        put(&format!("S21.G00.{number}.{rank}"), &value);
    }
}

/// Pay and hours: `brut=`, `heures=` and `absence=` (with `mesure=` for their unit), `supplementaires=`.
fn put_pay(put: &mut impl FnMut(&str, &str), numero: &str, said: &BTreeMap<&str, &str>) {
    let keys = ["brut", "heures", "absence", "supplementaires"];
    if !keys.iter().any(|key| said.contains_key(key)) {
        return;
    }
    put("S21.G00.50.001", "28022024");
    let mut put_remuneration = |kind: &str, hours: Option<&str>| {
        put("S21.G00.51.010", numero);
        put("S21.G00.51.011", kind);
        if let Some(hours) = hours {
            put("S21.G00.51.012", hours);
        }
        put("S21.G00.51.013", said.get("brut").unwrap_or(&"0.00"));
    };
    put_remuneration("001", None);
    if let Some(hours) = said.get("supplementaires") {
        put_remuneration("017", Some(hours));
    }
    put_remuneration("002", None);
    for (key, kind) in [("heures", "01"), ("absence", "02")] {
        if let Some(hours) = said.get(key) {
            put("S21.G00.53.001", kind);
            put("S21.G00.53.002", hours);
            if let Some(unit) = Some(*said.get("mesure").unwrap_or(&"10")).filter(|unit| *unit != "-") {
                put("S21.G00.53.003", unit);
            }
        }
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

#[tokio::test]
async fn employer_change_by_change_block() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01";
    let after = "2024-03 F | ana C1 2024-01-15 01 41@2024-03-01/siret:E
                 2024-04 F | ana C1 2024-01-15 01";
    check_in_any_order(&[before, after], "p1 F C1 2024-01-15 - open - 2024-04").await;
}

/// The end that the old employer declared is no end: the contract goes on.
#[tokio::test]
async fn employer_change_with_a_transfer_end() {
    let before = "2024-01 E | ana C1 2024-01-15 01 ; bob C2 2024-01-15 01
                  2024-02 E | ana C1 2024-01-15 01 fin=2024-02-29/100 ; bob C2 2024-01-15 01 fin=2024-02-29/998";
    let after = "2024-03..2024-06 F | ana C1 2024-01-15 01 41@2024-03-01/siret:E ; bob C2 2024-01-15 01 41@2024-03-01/siret:E";
    check_in_any_order(&[before, after], "p1 F C1 2024-01-15 - open - 2024-06\np2 F C2 2024-01-15 - open - 2024-06").await;
}

/// The old establishment pays what it owes after the transfer.
#[tokio::test]
async fn employer_change_in_the_middle_of_a_month() {
    let before = "2024-02 E | ana C1 2024-01-15 01 fin=2024-02-14/100 heures=70.00 brut=800.00
                  2024-03 E | ana C1 2024-01-15 01 brut=50.00";
    let after = "2024-02..2024-03 F | ana C1 2024-01-15 01 41@2024-02-15/siret:E heures=80.00 brut=1000.00";
    check_in_any_order(&[before, after], "p1 F C1 2024-01-15 - open - 2024-03").await;
    let sql = "SELECT siret_declarant, month, hours_centi, gross_centimes FROM months ORDER BY month";
    let expected = "00000017000011 2024-02-01 15000 180000\n00000017000011 2024-03-01 8000 105000";
    check_query(&[before, after], sql, expected).await;
}

/// Back and forth: the latest word stands, whatever was said before.
#[tokio::test]
async fn employer_change_there_and_back() {
    let away = "2024-01 E | ana C1 2024-01-15 01 fin=2024-01-31/100
                2024-02 F | ana C1 2024-01-15 01 41@2024-02-01/siret:E fin=2024-02-29/100";
    let back = "2024-03 E | ana C1 2024-01-15 01 41@2024-03-01/siret:F";
    check_in_any_order(&[away, back], "p1 E C1 2024-01-15 - open - 2024-03").await;
}

#[tokio::test]
async fn contract_number_change() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01";
    let after = "2024-03..2024-07 E | ana 00042 2024-01-15 01 41@2024-03-01/numero:C1";
    check_in_any_order(&[before, after], "p1 E 00042 2024-01-15 - open - 2024-07").await;
}

/// Software writes the old number in its own case.
#[tokio::test]
async fn contract_number_change_in_another_case() {
    let before = "2024-01..2024-02 E | ana c1a 2024-01-15 01";
    let after = "2024-03 E | ana 00042 2024-01-15 01 41@2024-03-01/numero:C1A";
    check_in_any_order(&[before, after], "p1 E 00042 2024-01-15 - open - 2024-03").await;
}

/// A chain of renames leads to its end.
#[tokio::test]
async fn contract_number_changed_twice() {
    let file = "2024-01 E | ana C1 2024-01-15 01
                2024-02 E | ana C2 2024-01-15 01 41@2024-02-01/numero:C1
                2024-03 E | ana C3 2024-01-15 01 41@2024-03-01/numero:C2";
    check(&[file], "p1 E C3 2024-01-15 - open - 2024-03").await;
}

/// An end declared under the old number remains one: only a transfer is none.
#[tokio::test]
async fn contract_number_change_after_the_end() {
    let file = "2024-01 E | ana C1 2024-01-15 01 fin=2024-01-31/059
                2024-02 E | ana C2 2024-01-15 01 41@2024-02-01/numero:C1";
    check(&[file], "p1 E C2 2024-01-15 2024-01-31 declared 059 2024-02").await;
}

#[tokio::test]
async fn start_date_change() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01";
    let after = "2024-03 E | ana C1 2024-01-08 01 41@2024-01-08/debut:2024-01-15";
    check_in_any_order(&[before, after], "p1 E C1 2024-01-08 - open - 2024-03").await;
}

/// The block names a day on which no contract of the person began: nothing is known of the old one.
#[tokio::test]
async fn wrong_start_date_change() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01";
    let after = "2024-03..2024-05 E | ana C1 2024-01-08 01 41@2024-01-08/debut:2024-01-16";
    let expected = "p1 E C1 2024-01-08 - open - 2024-05\np1 E C1 2024-01-15 2024-02-29 inferred - 2024-02";
    check_in_any_order(&[before, after], expected).await;
}

#[tokio::test]
async fn number_and_start_date_change_in_one_block() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01";
    let after = "2024-03 E | ana C2 2024-01-08 01 41@2024-03-01/numero:C1/debut:2024-01-15";
    check_in_any_order(&[before, after], "p1 E C2 2024-01-08 - open - 2024-03").await;
}

/// Each block of a day carries a part of the change: only together do they name a contract.
#[tokio::test]
async fn number_start_date_and_employer_change_in_several_blocks() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01 ; ana C9 2023-01-01 01";
    let after = "2024-03 F | ana C2 2024-01-08 01 41@2024-03-01/numero:C1 41@2024-03-01/debut:2024-01-15 41@2024-03-01/siret:E
                 2024-03 E | ana C9 2023-01-01 01";
    check_in_any_order(&[before, after], "p1 E C9 2023-01-01 - open - 2024-03\np1 F C2 2024-01-08 - open - 2024-03").await;
}

/// Blocks of two days: the earlier one is read with the old values of the later.
#[tokio::test]
async fn number_and_start_date_change_on_two_days() {
    let before = "2024-01 E | ana C1 2024-01-15 01";
    let after = "2024-03 E | ana C2 2024-01-08 01 41@2024-02-01/debut:2024-01-15 41@2024-03-01/numero:C1";
    check_in_any_order(&[before, after], "p1 E C2 2024-01-08 - open - 2024-03").await;
}

/// Two contracts that exchange their numbers stay two.
#[tokio::test]
async fn contract_numbers_exchanged() {
    let file = "2024-01 E | ana C1 2024-01-15 01 ; ana C2 2024-01-15 02 prevue=2024-12-31
                2024-02 E | ana C2 2024-01-15 01 41@2024-02-01/numero:C1 ; ana C1 2024-01-15 02 prevue=2024-12-31 41@2024-02-01/numero:C2";
    check(&[file], "p1 E C1 2024-01-15 - open - 2024-02\np1 E C2 2024-01-15 - open - 2024-02").await;
}

/// One old contract claimed by two new ones: by the later.
#[tokio::test]
async fn contract_split_in_two() {
    let file = "2024-01 E | ana C1 2024-01-15 01
                2024-02 E | ana C2 2024-01-15 01 41@2024-02-01/numero:C1 ; ana C3 2024-01-15 01 41@2024-02-15/numero:C1";
    check_query(&[file], "SELECT numero, CAST(first_month AS VARCHAR) FROM spells ORDER BY numero", "C2 2024-02-01\nC3 2024-01-01").await;
}

/// A change of sixty months ago is heard, one of sixty-one is not.
#[tokio::test]
async fn change_five_years_and_one_month_back() {
    let before = "2024-01..2024-02 E | ana C1 2019-01-15 01 ; bob C3 2019-01-15 01";
    let after = "2024-06 E | ana C2 2019-01-15 01 41@2019-06-01/numero:C1 ; bob C4 2019-01-15 01 41@2019-05-01/numero:C3";
    let expected = "p1 E C2 2019-01-15 - open - 2024-06
                    p2 E C3 2019-01-15 2024-02-29 inferred - 2024-02
                    p2 E C4 2019-01-15 - open - 2024-06";
    check_in_any_order(&[before, after], expected).await;
}

/// A change that a later declaration of the same month takes back was never said.
#[tokio::test]
async fn change_block_of_a_replaced_declaration() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01
                  2024-03 E | ana C2 2024-03-01 01 41@2024-03-01/numero:C1/debut:2024-01-15";
    let replaced = "2024-03 E type=03 ordre=2 | ana C2 2024-03-01 01";
    let expected = "p1 E C1 2024-01-15 - open - 2024-02\np1 E C2 2024-03-01 - open - 2024-03";
    check_in_any_order(&[before, replaced], expected).await;
}

#[tokio::test]
async fn nir_change() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01
                  2024-01 F          | ana C2 2023-01-01 02 fin=2024-01-10/031";
    let after = "2024-03 E | eve C1 2024-01-15 01 31@2024-03-01/nir:ana ; bob C9 2024-01-01 01";
    let expected = "p1 E C1 2024-01-15 - open - 2024-03
                    p2 E C9 2024-01-01 - open - 2024-03
                    p1 F C2 2023-01-01 2024-01-10 declared 031 2024-01";
    check_in_any_order(&[before, after], expected).await;
}

/// The wrong number was somebody's, who still works under it elsewhere: they stay two.
#[tokio::test]
async fn nir_change_from_the_number_of_somebody_else() {
    let before = "2024-01..2024-02 E | ana C1 2024-01-15 01
                  2024-01..2024-04 F | ana C2 2023-01-01 01";
    let after = "2024-03..2024-04 E | eve C1 2024-01-15 01 31@2024-03-01/nir:ana";
    let expected = "p1 E C1 2024-01-15 - open - 2024-04\np2 F C2 2023-01-01 - open - 2024-04";
    check_in_any_order(&[before, after], expected).await;
}

/// A person without NIR, declared again with one, the number left out: the identity tells.
#[tokio::test]
async fn person_without_nir_declared_again_with_the_same_identity() {
    let before = "2024-01..2024-02 E | ntt:ana C1 2024-01-15 01 naissance=1990-03-12 ; ntt:bea C2 2024-01-15 01 naissance=1990-03-12
                  2024-01..2024-02 E | ntt:cia C3 2024-01-15 01 naissance=1990-03-12 ; ntt:dea C4 2024-01-15 01 naissance=1990-03-12
                  2024-01..2024-02 F | ntt:fia C5 2024-01-15 01 naissance=1990-03-12 ; ntt:gia C6 2024-01-15 01";
    let before = &before.replacen("2024-02 E | ntt:cia", "2024-02 E champ=02 | ntt:cia", 1);
    let after = "2024-03 E | eve C1 2024-01-15 01 prenom=ana naissance=1990-03-12 ; bob C2 2024-01-15 01 prenom=bea naissance=1990-03-13
                 2024-03 E champ=02 | max C3 2024-01-15 01 prenom=cia naissance=1990-03-13 31@2024-03-01/naissance:1990-03-12
                 2024-03 E champ=03 | lou C4 2024-01-15 01 prenom=dea nom=AUTRE naissance=1990-03-13 31@2024-03-01/naissance:1990-03-12 31@2024-03-01/nom:PERSONNE
                 2024-03 G | zoe C5 2024-01-15 01 prenom=fia naissance=1990-03-12
                 2024-03 F | ugo C6 2024-01-15 01 prenom=gia";
    let people = "SELECT numero, count(DISTINCT person), count(*) FROM spells GROUP BY numero ORDER BY numero";
    // Another birth date, another establishment, a birth date that is not whole: two people.
    let expected = "C1 1 1\nC2 2 2\nC3 1 1\nC4 1 1\nC5 2 2\nC6 2 2";
    check_query(&[before, after], people, expected).await;
    check_query(&[after, before], people, expected).await;
}

/// Nature, dispositif and complement by month; the spell has those of its last month.
#[tokio::test]
async fn auxiliary_data_change() {
    let before = "2024-01..2024-03 E | ana C1 2024-01-15 02 dispositif=71 complement=02";
    let after = "2024-04 E | ana C1 2024-01-15 01 dispositif=99 41@2024-03-01/nature:02/depuis:2024-01-15 41@2024-04-01/dispositif:71/depuis:2024-02-01 \
                 41@2024-02-15/complement:99/depuis:2024-01-15 41@2024-03-10/complement:03";
    let expected = "2024-01-01 02 71
                    2024-02-01 02 71 03
                    2024-03-01 01 71
                    2024-04-01 01 99";
    let sql = "SELECT month, nature, dispositif, complement_dispositif FROM months ORDER BY month";
    check_query(&[before, after], sql, expected).await;
    check_query(&[after, before], sql, expected).await;
    check(&[before, after], "p1 E C1 2024-01-15 - open - 2024-04").await;
}

/// What is corrected twice is as the later declaration says.
#[tokio::test]
async fn working_time_changed_in_the_past() {
    let before = "2024-01..2024-03 E | ana C1 2024-01-15 01 reference=151.67 quotite=151.67";
    let after = "2024-04 E | ana C1 2024-01-15 01 reference=151.67 quotite=75.84 41@2024-02-01/quotite:151.67/depuis:2024-01-15
                 2024-05 E | ana C1 2024-01-15 01 reference=151.67 quotite=75.84 41@2024-03-01/quotite:121.34/depuis:2024-02-01";
    let sql = "SELECT month, quotite_permille FROM months ORDER BY month";
    let expected = "2024-01-01 1000\n2024-02-01 800\n2024-03-01 500\n2024-04-01 500\n2024-05-01 500";
    check_query(&[after, before], sql, expected).await;
}

/// Without a change block, the same first day at another establishment of the employer tells the transfer.
#[tokio::test]
async fn transfer_without_a_change_block() {
    let before = "2024-02 E | ana C1 2023-01-15 01 fin=2024-02-29/100 ; bea C2 2023-01-15 01 fin=2024-02-29/100
                  2024-02 E champ=02 | cia C3 2023-01-15 01 fin=2024-02-29/998 ; dea C4 2023-01-15 01 fin=2024-02-29/100";
    let after = "2024-03 E2 | ana C1 2023-01-15 01 ; cia N3 2024-03-01 01
                 2024-03 F | bea C2 2023-01-15 01 ; dea N4 2024-03-01 01 41@2024-03-01/siret:E";
    let expected = "p1 E C2 2023-01-15 2024-02-29 declared 100 2024-02
                    p2 E C3 2023-01-15 2024-02-29 declared 998 2024-02 to=E2
                    p3 E C4 2023-01-15 2024-02-29 declared 100 2024-02 to=F
                    p4 E2 C1 2023-01-15 - open - 2024-03
                    p2 E2 N3 2024-03-01 - open - 2024-03
                    p1 F C2 2023-01-15 - open - 2024-03
                    p3 F N4 2024-03-01 - open - 2024-03";
    check_in_any_order(&[before, after], expected).await;
}

/// Whatever the way in which it is declared, a transfer is no exit from the programme.
#[tokio::test]
async fn transfer_is_not_an_exit() {
    let terms = "02 complement=02 prevue=2025-12-31";
    let cases = [
        ["ana", "C1 2024-01-15", terms, "41@2024-07-01/siret:E"],
        ["bea", "C1 2024-01-15", terms, ""],
        ["cia", "N1 2024-07-01", terms, ""],
        ["dea", "N1 2024-07-01", "02", ""],
    ];
    let all = |write: &dyn Fn([&str; 4]) -> String| cases.map(write).join(" ; ");
    let before = all(&|[who, ..]| format!("{who} C1 2024-01-15 {terms}"));
    let ends = all(&|[who, ..]| format!("{who} C1 2024-01-15 {terms} fin=2024-06-30/100"));
    let after = all(&|[who, key, terms, block]| format!("{who} {key} {terms} {block}"));
    let left = all(&|[who, key, terms, _]| format!("{who} {key} {terms} fin=2024-09-30/031"));
    let file = format!(
        "2024-01..2024-05 E | {before} ; eve C1 2024-01-15 {terms}
         2024-06 E | {ends} ; eve C1 2024-01-15 {terms} fin=2024-06-30/100
         2024-07..2024-08 E2 | {after}
         2024-09 E2 | {left}
         2024-10..2025-03 E2 | bob C2 2024-10-01 01"
    );
    let sql = "SELECT date_entree, date_sortie, motif, count(*) FROM exits WHERE programme = 'iae' GROUP BY date_entree, date_sortie, motif ORDER BY date_sortie";
    // The last one goes nowhere that is known.
    check_query(&[&file], sql, "2024-01-15 2024-06-30 100 1\n2024-01-15 2024-09-30 031 4").await;
}

/// Negative hours and pay of a later month add up; days are seven hours; unit 40 is none.
#[tokio::test]
async fn corrections_of_hours_and_pay_add_up() {
    let file = "2024-01 E | ana C1 2024-01-15 01 heures=151.67 brut=1800.00 supplementaires=4.00
                2024-02 E | ana C1 2024-01-15 01 heures=-21.67 absence=14.00 brut=-250.10
                2024-03 E | ana C1 2024-01-15 01 unite=20 heures=10.00 mesure=-
                2024-04 E | ana C1 2024-01-15 01 heures=30.00 mesure=40";
    let sql = "SELECT month, hours_centi, hours_unpaid_centi, hours_extra_centi, gross_centimes FROM months ORDER BY month";
    let expected = "2024-01-01 15167 0 400 180000
                    2024-02-01 -2167 1400 0 -25010
                    2024-03-01 7000 0 0 0
                    2024-04-01 0 0 0 0";
    check_query(&[file], sql, expected).await;
    check_query(&[file], "SELECT hours_centi FROM spells", "20000").await;
}

/// A suspended contract is in force; the months tell the days. What comes later corrects what was said.
#[tokio::test]
async fn suspended_worker() {
    let before = "2024-01 E | ana C1 2024-01-15 01 60@01/2024-01-20/2024-01-31
                  2024-02 E | ana C1 2024-01-15 01 60@01/2024-01-20/2024-02-10 65@501/2024-02-20/2024-03-05
                  2024-03 E | ana C1 2024-01-15 01 60@01/2024-01-20/2024-02-10/2024-02-06 65@501/2024-02-20/2024-03-05 65@200/2024-03-10/2024-03-31
                  2024-04 E | ana C1 2024-01-15 01 65@602/2024-04-01/2024-04-30";
    let cancelled = "2024-05 E | ana C1 2024-01-15 01 65@998/2024-04-01/2024-04-30 60@15/2024-05-02/2024-05-31";
    let sql = "SELECT month, days, days_suspended FROM months ORDER BY month";
    let expected = "2024-01-01 17 11\n2024-02-01 29 15\n2024-03-01 31 5\n2024-04-01 30 30";
    check_query(&[before], sql, expected).await;
    let expected = "2024-01-01 17 11\n2024-02-01 29 15\n2024-03-01 31 5\n2024-04-01 30 0\n2024-05-01 31 0";
    check_query(&[cancelled, before], sql, expected).await;
    check(&[before, cancelled], "p1 E C1 2024-01-15 - open - 2024-05").await;
}

/// A month is complete when all its fractions are there; the careers do not wait for it.
#[tokio::test]
async fn fractions_of_a_month() {
    let file = "2024-01 E fraction=12 | ana C1 2024-01-15 01
                2024-02 E fraction=12 | ana C1 2024-01-15 01
                2024-02 E fraction=22 | bob C2 2024-01-15 01
                2024-02 E fraction=22 type=03 ordre=2 | bob C2 2024-01-15 01 ; eve C3 2024-02-01 01
                2024-03 E | ana C1 2024-01-15 01
                2024-03 F type=02";
    let sql = "SELECT siret, month, fractions_expected, fractions_received, is_complete, declarations, contrats FROM completeness ORDER BY siret, month";
    let expected = "00000016900011 2024-01-01 2 1 false 1 1
                    00000016900011 2024-02-01 2 2 true 2 3
                    00000016900011 2024-03-01 1 1 true 1 1
                    00000017000011 2024-03-01 1 1 true 1 0";
    check_query(&[file], sql, expected).await;
}

/// Replacements, fractions, changes of all kinds, a late month, people who get a NIR: some two years of a small world.
const SMALL_WORLD: &str = "
    2024-01..2024-03 E | ntt:ana C1 2023-06-01 02 complement=02 prevue=2025-01-31 heures=100.00 brut=1200.00
    2024-04 E | ana+ntt C1 2023-06-01 02 complement=02 prevue=2025-01-31 heures=100.00 brut=1200.00
    2024-05..2024-06 E | ana C1B 2023-06-01 02 complement=02 prevue=2025-01-31 41@2024-05-01/numero:C1 heures=90.00 brut=1100.00
    2024-06 E type=03 ordre=2 | ana C1B 2023-06-01 02 complement=02 prevue=2025-01-31 heures=95.00 brut=1150.00 60@01/2024-06-10/2024-06-20
    2024-06 E type=03 ordre=3 le=2024-07-03 | ana C1B 2023-06-01 02 complement=02 prevue=2025-01-31 fin=2024-06-30/059
    2024-07 E | ana C1B 2023-06-01 02 complement=02 prevue=2025-01-31 fin=2024-07-31/100 heures=-5.00 brut=-60.00
    2024-08 E2 | ana C1B 2023-06-01 02 complement=02 prevue=2025-01-31 41@2024-08-01/siret:E
    2024-09 E2 | ana C1B 2023-06-01 02 complement=02 prevue=2025-01-31 fin=2024-09-30/031
    2024-10..2025-06 F fraction=12 | ana N1 2024-10-07 01 heures=151.67 brut=1900.00
    2024-10..2025-06 F fraction=22 | bob N2 2024-01-01 01 dispositif=41
    2024-02 F fraction=22 le=2024-09-20 | bob N2 2024-01-01 01 dispositif=41
    2025-01 F fraction=22 type=03 ordre=2 | bob N2 2024-01-01 01 41@2024-12-01/dispositif:41/depuis:2024-02-01
    2024-01..2024-06 G | eve M1 2024-01-15 01 ; max M2 2024-01-15 01 fin=2024-06-30/998
    2024-07..2024-12 G2 | lou M3 2024-01-08 01 31@2024-07-01/nir:eve 41@2024-07-01/siret:G 41@2024-07-01/numero:M1 41@2024-07-05/debut:2024-01-15 ; max M4 2024-07-01 01
    2024-07 G2 type=03 ordre=4 | lou M3 2024-01-08 01 31@2024-07-01/nir:eve 41@2024-07-01/siret:G 41@2024-07-01/numero:M1 41@2024-07-05/debut:2024-01-15 ; max M4 2024-07-01 01
    2024-03 G type=05 ordre=2
    2024-05 H | ada+ntt:zoe Z1 2024-02-01 01 naissance=1991-02-03
    2024-05 H type=03 ordre=2 | ugo Z1 2024-02-01 01 prenom=zoe naissance=1991-02-03
    2024-05 I | ada Z2 2024-02-01 01 sexe=01 naissance=1971-02-03
    2024-06 I | ada Z2 2024-02-01 01 naissance=1973-02-03
    2024-02..2024-03 H | ntt:zoe Z1 2024-02-01 01 naissance=1991-02-03 65@501/2024-02-20/2024-03-10
    2024-04 H | ugo Z1 2024-02-01 01 prenom=zoe naissance=1991-02-03
    2024-06..2025-03 H | ugo Z1 2024-02-01 01 prenom=zoe naissance=1991-02-03";

/// A declaration without a champ is total: one that says so replaces it.
#[tokio::test]
async fn a_missing_champ_is_total() {
    let first = "2024-01 E champ=- | ana C1 2024-01-02 01";
    let again = "2024-01 E type=03 ordre=2 | bob C2 2024-01-02 01";
    check_in_any_order(&[first, again], "p1 E C2 2024-01-02 - open - 2024-01").await;
}

/// Blocks that say since the first day of the contract, as software does: the later declaration corrects the earlier one.
#[tokio::test]
async fn of_changes_since_one_day_the_later_declared_stands() {
    let there_and_back = "2024-01 E | ana CAAAA 2023-01-02 01
                          2024-02 E | ana CBBBB 2023-01-02 01 41@2023-01-02/numero:CAAAA
                          2024-03 E | ana CAAAA 2023-01-02 01 41@2023-01-02/numero:CBBBB";
    check(&[there_and_back], "p1 E CAAAA 2023-01-02 - open - 2024-03").await;
    let split = "2024-01 E | ana C1 2023-01-02 01
                 2024-02 E | ana C2 2023-01-02 01 41@2023-01-02/numero:C1
                 2024-03 E | ana C3 2023-01-02 01 41@2023-01-02/numero:C1
                 2024-04..2024-08 E | ana C3 2023-01-02 01";
    check_query(&[split], "SELECT numero, count(*) FROM months GROUP BY numero ORDER BY numero", "C2 1\nC3 7").await;
    let nirs = "2024-01 E | ana C1 2023-01-02 01
                2024-02 E | bob C1 2023-01-02 01 31@2023-01-02/nir:ana
                2024-03 E | ana C1 2023-01-02 01 31@2023-01-02/nir:bob";
    check(&[nirs], "p1 E C1 2023-01-02 - open - 2024-03").await;
    // Two contracts that exchange their numbers stay two.
    let exchange = "2024-01 E | ana C1 2023-01-02 01 ; ana C2 2023-01-02 02
                    2024-02 E | ana C2 2023-01-02 01 41@2023-01-02/numero:C1 ; ana C1 2023-01-02 02 41@2023-01-02/numero:C2";
    check_query(&[exchange], "SELECT numero, count(*) FROM months GROUP BY numero ORDER BY numero", "C1 2\nC2 2").await;
}

/// A wrong NIR beside a temporary number, in a declaration that was replaced, makes nobody somebody else.
#[tokio::test]
async fn a_replaced_declaration_says_nothing_of_who_is_who() {
    let wrong = "2024-01 E | ntt:ana C1 2024-01-02 01
                 2024-02 E | bob+ntt:ana C1 2024-01-02 01
                 2024-02 F | bob X1 2023-01-02 01 ; cleo Y1 2023-01-02 01";
    let taken_back = "2024-02 E type=03 ordre=2 | ntt:ana C1 2024-01-02 01";
    let two = "p1 E C1 2024-01-02 - open - 2024-02
               p2 F X1 2023-01-02 - open - 2024-02
               p3 F Y1 2023-01-02 - open - 2024-02";
    check_in_any_order(&[wrong, taken_back], two).await;
    let corrected = "2024-02 E type=03 ordre=2 | cleo+ntt:ana C1 2024-01-02 01";
    check_in_any_order(&[wrong, corrected], &two.replace("p3", "p1")).await;
    check_in_any_order(&[wrong], &two.replace("p2", "p1").replace("p3", "p2")).await;
}

/// Nor does an identity that was corrected, of the one or of the other, nor a former one.
#[tokio::test]
async fn a_replaced_identity_is_nobodys() {
    let (anne, other) = ("prenom=anne naissance=1990-03-12", "prenom=marie naissance=1980-02-01");
    let of_ntt = |is_replaced: bool| {
        let first = format!("2024-01 E | ntt:ana C1 2024-01-02 01 {anne}");
        let again = format!("2024-01 E type=03 ordre=2 | ntt:ana C1 2024-01-02 01 {other}");
        if is_replaced { vec![first, again] } else { vec![first] }
    };
    let of_nir = format!("2024-02 E | bob C2 2024-02-01 01 {anne}");
    let one = "p1 E C1 2024-01-02 - open - 2024-01
               p1 E C2 2024-02-01 - open - 2024-02";
    let two = &one.replace("p1 E C2", "p2 E C2");
    let texts = |lines: &[String]| lines.join("\n");
    check_in_any_order(&[&texts(&of_ntt(false)), &of_nir], one).await;
    check_in_any_order(&[&texts(&of_ntt(true)), &of_nir], two).await;
    let corrected = format!("2024-02 E type=03 ordre=2 | bob C2 2024-02-01 01 {other}");
    check_in_any_order(&[&texts(&of_ntt(false)), &of_nir, &corrected], two).await;
    let former = format!("2024-02 E | bob C2 2024-02-01 01 {other} 31@2024-02-01/prenom:anne/naissance:1990-03-12");
    check_in_any_order(&[&texts(&of_ntt(false)), &former], one).await;
    check_in_any_order(&[&texts(&of_ntt(false)), &former, &corrected], two).await;
}

/// The latest declaration that stands tells sex and birth year; the order of arrival does not.
#[tokio::test]
async fn a_corrected_birth_and_sex_are_heard() {
    let sql = "SELECT DISTINCT exits.sex, exits.birth_year, panel.sex, age_band FROM exits JOIN panel ON exits.person = panel.person WHERE exits.source = 'dsn'";
    let check = async |files: &[&str], expected: &str| {
        check_query(files, sql, expected).await;
        check_query(&files.iter().rev().copied().collect::<Vec<_>>(), sql, expected).await;
    };
    let others = "2023-01..2024-06 F | eve Z1 2020-01-01 01";
    let wrong = "2023-01 E | ana C1 2023-01-02 02 complement=02 sexe=01 naissance=1950-01-01";
    let right = "2023-03..2023-05 E | ana C1 2023-01-02 02 complement=02 naissance=1990-01-01
                 2023-06 E | ana C1 2023-01-02 02 complement=02 naissance=1990-01-01 fin=2023-06-30/031";
    let block = "2023-02 E | ana C1 2023-01-02 02 complement=02 naissance=1990-01-01 31@2023-02-01/naissance:1950-01-01";
    check(&[others, wrong, block, right], "F 1990 F 26_49").await;
    let replaced = "2023-01 E type=03 ordre=2 | ana C1 2023-01-02 02 complement=02 naissance=1990-01-01";
    check(&[others, wrong, right, replaced], "F 1990 F 26_49").await;
    let worse = "2023-06 E type=03 ordre=2 | ana C1 2023-01-02 02 complement=02 naissance=1950-01-01 sexe=01 fin=2023-06-30/031";
    check(&[others, replaced, right, worse], "M 1950 M 50_plus").await;
    // Of one month, the latest constituted.
    let elsewhere = "2023-06 G le=2023-07-09 | ana C2 2023-06-29 01 naissance=1991-01-01 fin=2023-06-29/059";
    check(&[others, elsewhere, right], "F 1991 F 26_49").await;
}

/// Every table that a build makes, as text; rows in the order of their text.
async fn built(lake: &Lake) -> String {
    let mut text = String::new();
    for table in ["known_as", "completeness", "spells", "months", "exits", "panel"] {
        let mut rows: Vec<String> = lake.rows(&format!("SELECT * FROM {table}")).await.iter().map(|row| row.join(" ")).collect();
        rows.sort();
        write!(text, "{table}\n{}\n", rows.join("\n")).expect("a string takes text");
    }
    text
}

/// Whatever the order of the declarations, and however they are cut into files and ingests.
#[tokio::test]
async fn any_order_and_any_cut_give_the_same_lake() {
    let lines: Vec<&str> = SMALL_WORLD.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let whole = lake_of(&[SMALL_WORLD]).await;
    let expected = built(&whole).await;
    let found = spells(&whole).await;
    assert_eq!(found.lines().count(), 8, "{found}");
    for seed in 1..=4_u64 {
        let mut dealt = lines.clone();
        let mut state = seed;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).expect("31 bits") % below
        };
        for place in (1..dealt.len()).rev() {
            dealt.swap(place, draw(place + 1));
        }
        let lake = Lake::like(&whole).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut files = Vec::new();
        while !dealt.is_empty() {
            let rest = dealt.split_off(draw(dealt.len()) + 1);
            let path = folder.path().join(format!("{}.dsn", rest.len()));
            std::fs::write(&path, send(&dealt.join("\n"))).expect("a file");
            files.push(path);
            dealt = rest;
            if dealt.is_empty() || draw(2) == 0 {
                lake.ingest(&std::mem::take(&mut files)).await;
            }
        }
        let found = built(&lake).await;
        assert!(found == expected, "seed {seed}: found\n{found}\nexpected\n{expected}");
    }
}

/// A filler instead of a NIR is nobody: two people of two firms do not become one, and who has an NTT beside it is followed under that.
#[tokio::test]
async fn a_filler_is_no_nir() {
    let file = "2024-01..2024-02 E | ana C1 2024-01-15 01 ; bob+ntt C2 2024-01-15 01
                2024-01..2024-02 F | eve C3 2024-01-15 01";
    let filler = |text: String| ["ana", "bob", "eve"].iter().fold(text, |text, who| text.replace(&nir(who), "2999999999999"));
    let (lake, folder) = (Lake::new().await, tempfile::tempdir().expect("a temporary folder"));
    let path = folder.path().join("filler.dsn");
    std::fs::write(&path, filler(send(file))).expect("a file");
    lake.ingest(&[path]).await;
    assert_eq!(spells(&lake).await.trim(), "p1 E C2 2024-01-15 - open - 2024-02");
    assert_eq!(lake.identifying_rows("SELECT nir FROM identities WHERE nir <> ''").await, Vec::<Vec<String>>::new());
}

/// Events are said again in the next monthly declaration: alone they change nothing.
#[tokio::test]
async fn events_change_no_career() {
    let monthly = "2024-01..2024-02 E | ana C1 2024-01-15 01";
    let events = "2024-02 E nature=04 | ana C1 2024-01-15 01 60@01/2024-02-05/2024-02-20
                  2024-02 E nature=07 ordre=2 | ana C1 2024-01-15 01 fin=2024-02-20/059 travaille=2024-02-20
                  2024-03 F nature=07 ordre=3 | bob C2 2024-01-15 01 fin=2024-02-20/059";
    check_in_any_order(&[monthly, events], "p1 E C1 2024-01-15 - open - 2024-02").await;
    check_query(&[monthly, events], "SELECT sum(days_suspended), max(month) FROM months", "0 2024-02-01").await;
}

/// A renewal moves the expected end of one contract; the last day worked comes with the end.
#[tokio::test]
async fn renewals_and_last_day_worked() {
    let file = "2024-01 E | ana C1 2024-01-15 02 prevue=2024-02-29
                2024-02..2024-03 E | ana C1 2024-01-15 02 prevue=2024-06-30
                2024-04 E | ana C1 2024-01-15 02 prevue=2024-09-30 fin=2024-04-20/037 travaille=2024-04-12";
    let sql = "SELECT date_fin, date_fin_previsionnelle, dernier_jour_travaille FROM spells";
    check_query(&[file], sql, "2024-04-20 2024-09-30 2024-04-12").await;
}
