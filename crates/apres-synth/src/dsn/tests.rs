use std::collections::HashMap;
use std::path::{Path, PathBuf};

use apres_ingest::Nir;
use apres_ingest::dsn::{Arbre, EnTete, LieuTravail, Reader, Report, Sink, Verdict};

use crate::calendar::Month;
use crate::contract::Window;
use crate::dsn::changes::Changes;
use crate::dsn::{Cut, write};
use crate::people::Shares;
use crate::territory::{Recipe, Territory};

/// Blocks of a declaration in the only order that the norm allows, children after parents.
const ORDER: [&str; 25] = [
    "S20.G00.05",
    "S20.G00.07",
    "S20.G00.96",
    "S21.G00.06",
    "S21.G00.11",
    "S21.G00.15",
    "S21.G00.20",
    "S21.G00.22",
    "S21.G00.23",
    "S21.G00.30",
    "S21.G00.31",
    "S21.G00.40",
    "S21.G00.41",
    "S21.G00.60",
    "S21.G00.62",
    "S21.G00.63",
    "S21.G00.65",
    "S21.G00.70",
    "S21.G00.71",
    "S21.G00.50",
    "S21.G00.51",
    "S21.G00.53",
    "S21.G00.52",
    "S21.G00.58",
    "S21.G00.78",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for month in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(month.unwrap().path()).unwrap() {
            found.push(file.unwrap().path());
        }
    }
    found.sort();
    found
}

/// The files of a territory over fourteen months, from one norm through the next to a third.
fn contents(seed: u64, changes_permille: u32) -> Vec<Vec<u8>> {
    let window = Window { first: Month::new(2024, 12), last: Month::new(2026, 1) };
    let recipe = Recipe { seed, cell: 1, first_person: 0, people: 3000, window, shares: Shares::default() };
    let folder = tempfile::tempdir().unwrap();
    let cut = Cut { seed, sends_per_file: 7, has_change_blocks: true };
    let territory = Territory::new(&recipe);
    write(&territory, &Changes::draw(&territory, seed, changes_permille), &cut, folder.path(), &mut || {}).unwrap();
    files(folder.path()).iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// The sends of these files, each a list of code and value.
fn sends(seed: u64) -> Vec<Vec<(String, String)>> {
    sends_with(seed, 0)
}

fn sends_with(seed: u64, changes_permille: u32) -> Vec<Vec<(String, String)>> {
    let mut sends = Vec::new();
    for bytes in contents(seed, changes_permille) {
        assert!(bytes.ends_with(b"\r\n"));
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let mut send = Vec::new();
        for line in text.split_terminator("\r\n") {
            let (code, value) = line.split_once(",'").unwrap();
            let value = value.strip_suffix('\'').unwrap();
            assert!(!value.is_empty() && value.trim() == value && line.chars().count() <= 256, "{code}");
            if matches!(&code[..3], "S05" | "S06" | "S95" | "S96") {
                assert!(send.is_empty());
                continue;
            }
            send.push((code.to_owned(), value.to_owned()));
            if code == "S90.G00.90.002" {
                sends.push(std::mem::take(&mut send));
            }
        }
        assert!(send.is_empty());
    }
    sends
}

#[test]
fn totals_are_exact_and_every_kind_of_declaration_is_there() {
    let mut natures: HashMap<(String, String), u32> = HashMap::new();
    let mut grouped = 0;
    for send in sends(3) {
        let value = |code: &str| send.iter().find(|(own, _)| own == code).map(|(_, value)| value.clone()).unwrap();
        let declarations = send.iter().filter(|(code, _)| code == "S20.G00.05.001").count();
        assert_eq!(value("S90.G00.90.001"), send.len().to_string());
        assert_eq!(value("S90.G00.90.002"), declarations.to_string());
        grouped += usize::from(declarations > 1);
        let is_test = value("S10.G00.00.005") == "01";
        *natures.entry((if is_test { "test".to_owned() } else { value("S20.G00.05.001") }, value("S20.G00.05.002"))).or_default() += 1;
        let empty = send.iter().filter(|(code, value)| code == "S20.G00.05.002" && (value == "02" || value == "05")).count();
        assert_eq!(value("S10.G00.00.008") == "02", empty == declarations);
        assert!(["P24V01", "P25V01", "P26V01"].contains(&value("S10.G00.00.006").as_str()));
    }
    assert!(grouped > 0);
    for wanted in [("01", "01"), ("01", "02"), ("01", "03"), ("01", "05"), ("04", "01"), ("07", "01"), ("test", "01")] {
        let key = (wanted.0.to_owned(), wanted.1.to_owned());
        assert!(natures.contains_key(&key), "no declaration {wanted:?} in {natures:?}");
    }
}

/// Takes everything and keeps nothing.
struct Nothing;

impl Sink for Nothing {
    fn declaration_begin(&mut self, _: &EnTete) {}
    fn individu(&mut self, _: &EnTete, _: &Arbre) {}
    fn lieu(&mut self, _: &EnTete, _: &LieuTravail, _: &[u8]) {}
    fn declaration_end(&mut self, _: &EnTete, _: Verdict, _: u64) {}
    fn send_end(&mut self, _: Verdict) {}
}

#[test]
fn everything_is_read_without_a_remark() {
    let mut total = Report::default();
    for bytes in contents(6, 0) {
        let mut reader = Reader::new();
        reader.push(&bytes, &mut Nothing);
        total.absorb(&reader.finish(&mut Nothing));
    }
    assert_eq!(total.remark_counts.into_iter().collect::<Vec<_>>(), []);
    assert!(total.sends_test > 0 && total.sends_refused == 0);
    assert!(["01", "04", "07"].iter().all(|nature| total.declarations[*nature].accepted > 0));
    assert!(total.declarations.values().all(|tally| tally.refused == 0));
}

#[test]
fn nirs_pass_the_syntax_and_tell_sex_and_birth() {
    let mut count = 0;
    let mut known = String::new();
    for (code, value) in sends(4).into_iter().flatten() {
        match code.as_str() {
            "S21.G00.30.001" => {
                let nir = Nir::parse_dsn(value.as_bytes()).unwrap();
                assert!((802..=989).contains(&value[7..10].parse::<u32>().unwrap()));
                assert_ne!(&value[10..13], "000");
                assert_eq!(nir.is_male(), value.starts_with('1'));
                known = value;
                count += 1;
            }
            "S21.G00.30.006" if !known.is_empty() => {
                assert_eq!((&known[1..3], &known[3..5]), (&value[6..8], &value[2..4]));
                known.clear();
            }
            "S21.G00.30.005" if !known.is_empty() => assert_eq!(&known[..1], &value[1..]),
            _ => {}
        }
    }
    assert!(count > 1000);
}

#[test]
fn blocks_and_rubriques_come_in_the_order_of_the_norm() {
    let place = |block: &str| ORDER.iter().position(|own| *own == block);
    for send in sends(5).into_iter().chain(sends_with(5, 400)) {
        for pair in send.windows(2) {
            let (block, next) = (&pair[0].0[..10], &pair[1].0[..10]);
            if block == next {
                let is_ascending = pair[0].0 < pair[1].0;
                assert!(is_ascending || pair[1].0.ends_with(first_rubrique(next)), "{} then {}", pair[0].0, pair[1].0);
                continue;
            }
            assert!(follows(block, next) || place(block) < place(next), "{block} then {next}");
        }
        let individus = send.iter().filter(|(code, _)| code == "S21.G00.30.002").count();
        let contrats = send.iter().filter(|(code, _)| code == "S21.G00.40.001").count();
        let retraites = send.iter().filter(|(code, _)| code == "S21.G00.71.002").count();
        assert!(contrats >= individus);
        assert!(retraites >= contrats || send.iter().any(|(code, value)| code == "S20.G00.05.001" && value == "04"));
    }
}

fn first_rubrique(block: &str) -> &'static str {
    match block {
        "S21.G00.70" => "012",
        "S21.G00.71" => "002",
        _ => "001",
    }
}

/// Steps back to an earlier block, and steps through blocks that repeat.
fn follows(block: &str, next: &str) -> bool {
    match next {
        "S10.G00.01" | "S10.G00.02" | "S10.G00.95" | "S90.G00.90" => true,
        "S20.G00.05" => !matches!(block, "S10.G00.00" | "S10.G00.01"),
        "S21.G00.30" => matches!(block, "S21.G00.86" | "S21.G00.23"),
        "S21.G00.40" => matches!(block, "S21.G00.71"),
        "S21.G00.51" => matches!(block, "S21.G00.53" | "S21.G00.51"),
        "S21.G00.78" | "S21.G00.79" | "S21.G00.81" => matches!(block, "S21.G00.78" | "S21.G00.79" | "S21.G00.81" | "S21.G00.58"),
        "S21.G00.86" => matches!(block, "S21.G00.81" | "S21.G00.51" | "S21.G00.53"),
        "S21.G00.85" => matches!(block, "S21.G00.86"),
        _ => false,
    }
}
