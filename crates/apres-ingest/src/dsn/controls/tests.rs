//! Every row of the table has a case in `cases.txt`, and every rubrique of the syntax is tried with what it refuses.
//!
//! One sound send is changed, rubrique by rubrique, into one that breaks a control and one that does not.

use std::fmt::Write as _;

use super::*;
use crate::dsn::{Line, Reader, Report, Sink, Verdict};

const CASES: &str = include_str!("cases.txt");

/// A send without anything to remark.
const SOUND: &str = "
S10.00 001=LOGICIEL 002=EDITEUR 005=02 006=P25V01 007=01 008=01
S10.01 001=000000125 002=00013 003=EMETTEUR
S10.02 001=02 002=SERVICE_PAIE 004=paie@exemple.invalid 005=0199000000
S20.05 001=01 002=01 003=11 004=1 005=01032024 007=05042024 008=01 010=01
06 001=000000125 002=00013 003=4711D
11 001=00013 002=4711D 004=21000 005=DIJON 022=1505
30 001=2990148856012 002=D'ARTAGNAN 004=ANNE 005=02 006=14011999 007=CAHORS 009=21000 010=DIJON 013=01 014=46 015=FR
40 001=01012024 002=06 003=04 004=552a 006=Caissier 007=01 008=99 009=00001 011=10 012=151.67 013=151.67 014=10 016=99 017=1505 018=200 \
019=00000012500013 020=200 024=99 026=99 036=03 037=03 039=200 040=853AA
71 002=RUAA
50 001=31032024 002=1500.00 003=01 004=1400.00 006=0.00 007=13 009=0.00 013=1500.00
51 001=01032024 002=31032024 010=00001 011=001 013=1800.50
51 001=01032024 002=31032024 010=00001 011=003 013=1800.50
51 001=01032024 002=31032024 010=00001 011=010 013=1800.50
51 001=01032024 002=31032024 010=00001 011=002 013=1800.50
53 001=01 002=151.67 003=10
85 001=00000013300017 002=5610A 004=21000 005=DIJON 010=01 011=21231
";

/// Blocks in the order of the norm.
const ORDER: [&str; 23] = [
    "S10.00", "S10.01", "S10.02", "S20.05", "06", "11", "30", "31", "40", "41", "45", "60", "62", "63", "65", "71", "50", "51", "53", "52",
    "58", "86", "85",
];

struct Ignore;

impl Sink for Ignore {
    fn declaration_begin(&mut self, _: &EnTete) {}
    fn individu(&mut self, _: &EnTete, _: &Arbre) {}
    fn lieu(&mut self, _: &EnTete, _: &LieuTravail, _: &[u8]) {}
    fn declaration_end(&mut self, _: &EnTete, _: Verdict, _: u64) {}
    fn send_end(&mut self, _: Verdict) {}
}

/// Blocks by name, each with its rubriques.
#[derive(Clone)]
struct Text(Vec<(String, Vec<(u32, String)>)>);

impl Text {
    fn sound() -> Self {
        Self(SOUND.lines().filter(|line| !line.is_empty()).map(block).collect())
    }

    fn changed(changes: &str) -> Self {
        let mut text = Self::sound();
        let mut words = changes.split([' ', '\t']).peekable();
        while let Some(word) = words.next() {
            if let Some(kind) = word.strip_prefix('+') {
                let mut own = vec![];
                while let Some(word) = words.next_if(|word| word.len() > 3 && word.as_bytes()[3] == b'=') {
                    own.push(word);
                }
                text.add(block(&format!("{kind} {}", own.join(" "))));
            } else if let Some(kind) = word.strip_prefix('-') {
                text.remove(kind);
            } else {
                text.change(word);
            }
        }
        text
    }

    /// After the blocks of its kind and what hangs on them.
    fn add(&mut self, block: (String, Vec<(u32, String)>)) {
        let order = |kind: &str| ORDER.iter().position(|own| *own == kind).unwrap_or(ORDER.len());
        let last = match block.0.as_str() {
            "30" => order("86"),
            "40" => order("71"),
            "50" | "51" => order("58"),
            kind => order(kind),
        };
        let place = self.0.iter().rposition(|(kind, _)| order(kind) <= last).map_or(0, |place| place + 1);
        self.0.insert(place, block);
    }

    fn remove(&mut self, kind: &str) {
        match kind.split_once('#') {
            None => self.0.retain(|(own, _)| own != kind),
            Some((kind, rank)) => {
                let place = self.place(kind, rank.parse().expect("a rank"));
                self.0.remove(place);
            }
        }
    }

    fn place(&self, kind: &str, rank: usize) -> usize {
        let mut all = self.0.iter().enumerate().filter(|(_, (own, _))| own == kind);
        all.nth(rank - 1).expect("the block is there").0
    }

    fn change(&mut self, word: &str) {
        let (name, value) = word.split_once('=').map_or((word.trim_end_matches('-'), None), |(name, value)| (name, Some(value)));
        let (kind, rang) = name.rsplit_once('.').expect("block.rank");
        let (kind, rank) = kind.split_once('#').map_or((kind, 1), |(kind, rank)| (kind, rank.parse().expect("a rank")));
        if !self.0.iter().any(|(own, _)| own == kind) {
            self.add((kind.to_owned(), vec![]));
        }
        let rang: u32 = rang.parse().expect("a rank");
        let place = self.place(kind, rank);
        let rubriques = &mut self.0[place].1;
        rubriques.retain(|(own, _)| *own != rang);
        if let Some(value) = value {
            rubriques.push((rang, spoken(value)));
            rubriques.sort_by_key(|(rang, _)| *rang);
        }
    }

    fn lines(&self) -> Vec<String> {
        let full = |kind: &str| match kind.split_once('.') {
            Some((head, bloc)) => format!("{head}.G00.{bloc}"),
            None => format!("S21.G00.{kind}"),
        };
        self.0.iter().flat_map(|(kind, own)| own.iter().map(move |(rang, value)| format!("{}.{rang:03},'{value}'\n", full(kind)))).collect()
    }

    fn read(&self) -> Report {
        let mut text = self.lines().concat();
        let total = self.lines().len() + 2;
        write!(text, "S90.G00.90.001,'{total}'\nS90.G00.90.002,'1'\n").expect("a string takes text");
        let bytes: Vec<u8> = text.chars().map(|letter| u8::try_from(letter).expect("Latin-1")).collect();
        let mut reader = Reader::new();
        reader.push(&bytes, &mut Ignore);
        reader.finish(&mut Ignore)
    }
}

fn block(line: &str) -> (String, Vec<(u32, String)>) {
    let mut words = line.split(' ');
    let kind = words.next().expect("a block").to_owned();
    let rubriques = words.map(|word| word.split_once('=').expect("rank=value"));
    (kind, rubriques.map(|(rang, value)| (rang.parse().expect("a rank"), spoken(value))).collect())
}

/// In cases, an underscore stands for a blank.
fn spoken(value: &str) -> String {
    value.replace('_', " ")
}

/// The remarks that say this control.
fn said(report: &Report, rubrique: &str, code: &str) -> Vec<Remark> {
    let is_it =
        |remark: &&Remark| remark.code.row().code == code && remark.rubrique.map(|own| own.to_string()).as_deref() == Some(rubrique);
    report.remarks.iter().filter(is_it).copied().collect()
}

#[test]
fn a_sound_send_has_nothing_to_remark() {
    let report = Text::sound().read();
    assert_eq!((report.remarks, report.individus), (vec![], 1));
}

#[test]
fn every_control_has_a_case_that_breaks_it_and_one_that_keeps_it() {
    let mut wanted: Vec<(String, &str)> =
        LEVELS.iter().flat_map(|level| level.iter()).map(|(rubrique, code)| (Rubrique(*rubrique).to_string(), *code)).collect();
    let mut lines = CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wrong = String::new();
    while let Some(name) = lines.next() {
        let (rubrique, code) = name.split_once(' ').expect("rubrique and code");
        let breaks = lines.next().and_then(|line| line.strip_prefix("  breaks ")).expect("a case that breaks");
        let keeps = lines.next().and_then(|line| line.strip_prefix("  keeps ")).expect("a case that keeps");
        let place = wanted.iter().position(|own| *own == (rubrique.to_owned(), code)).expect("a case names a control, once");
        wanted.remove(place);
        let broken = Text::changed(breaks).read();
        let row = row_of_key((rubrique, code));
        let found = said(&broken, rubrique, code);
        let is_refused = broken.declarations.values().any(|tally| tally.refused > 0);
        if found.len() != 1 || (row.is_blocking && !is_refused) {
            writeln!(wrong, "{name} not said once and right by: {breaks}\n  {:?}", broken.remarks).expect("a string takes text");
        }
        if !said(&Text::changed(keeps).read(), rubrique, code).is_empty() {
            writeln!(wrong, "{name} said by: {keeps}").expect("a string takes text");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(wanted.is_empty(), "no case for {wanted:?}");
}

#[test]
fn a_remark_is_on_the_line_of_its_rubrique_and_shows_what_may_be() {
    let text = Text::changed("40.010=31122023\t30.006=14011998\t62.001=31032024\t62.002=031");
    let report = text.read();
    let lines = text.lines();
    let seen: Vec<_> = report
        .remarks
        .iter()
        .map(|remark| {
            let line = &lines[usize::try_from(remark.line).expect("a line") - 1];
            (remark.rubrique.map(|own| own.to_string()), line[..14].to_owned(), remark.value.map(|value| value.to_string()))
        })
        .collect();
    let wanted = |rubrique: &str, value: &str| (Some(rubrique.to_owned()), rubrique.to_owned(), Some(value.to_owned()));
    assert_eq!(seen, [wanted("S21.G00.30.006", "********"), wanted("S21.G00.40.010", "31122023"), wanted("S21.G00.62.002", "031")]);
}

/// Rows of the table that no function of a level makes: those of the reader and of the syntax.
#[test]
fn the_table_has_a_row_for_each_control_and_no_other() {
    let mut unmade: Vec<(String, String)> = rows().iter().map(|row| (row.rubrique.clone(), row.code.clone())).collect();
    let count = unmade.len();
    unmade.sort();
    unmade.dedup();
    assert_eq!(unmade.len(), count, "a row stands twice");
    for (rubrique, code) in LEVELS.iter().flat_map(|level| level.iter()) {
        let own = (Rubrique(*rubrique).to_string(), (*code).to_owned());
        assert!(unmade.contains(&own), "{own:?} has no row");
        unmade.retain(|row| *row != own);
    }
    for code in RemarkCode::OF_THE_READER {
        let row = code.row();
        unmade.retain(|own| *own != (row.rubrique.clone(), row.code.clone()));
    }
    assert!(unmade.is_empty(), "no one makes {unmade:?}");
    for row in rows() {
        assert!(row.message.ends_with('.') && row.message.chars().count() < 200, "{}", row.message);
        assert!(!row.is_blocking || row.is_blocking_in_norm, "{} {} is milder in the norm", row.rubrique, row.code);
    }
}

/// What each form of the syntax refuses, tried on every rubrique of that form.
#[test]
fn every_rubrique_refuses_what_its_form_refuses() {
    let mut tried = 0;
    for record in csv::Reader::from_reader(include_str!("../../../../../norme/syntaxe.csv").as_bytes()).records() {
        let record = record.expect("a row");
        let cell = |place: usize| record.get(place).expect("a cell");
        let (len_min, len_max): (usize, usize) = (cell(2).parse().expect("a length"), cell(3).parse().expect("a length"));
        let line = format!("{},''", cell(0));
        let rubrique = Line::parse(line.as_bytes()).expect("a rubrique").rubrique;
        let long = "1".repeat(len_max + 1);
        let mut wrong: Vec<(String, &str)> = vec![(long, "CSL-00")];
        if len_min > 1 {
            wrong.push(("1".repeat(len_min - 1), "CSL-00"));
        }
        match cell(1) {
            "code" => wrong.clear(),
            "texte" | "libelle" => wrong.push((" 1".repeat(len_min), "CSL-BLANC")),
            "nom" => wrong.push(("A  B".to_owned(), "CSL-CARACTERE")),
            "numero" => wrong.push(("A+B+C".to_owned(), "CSL-11")),
            "decimal" | "decimal_signe" => wrong.push(("1".repeat(len_min), "CSL-00")),
            "date" | "date_20" | "mois" => wrong.push(("01011899".to_owned(), "CSL-00")),
            "naissance" => wrong.push(("00001999".to_owned(), "CSL-00")),
            _ => {}
        }
        for (value, code) in wrong {
            let found = FormsOfBloc::of(rubrique.bloc()).check(rubrique.rang(), value.as_bytes());
            let found = found.unwrap_or(RemarkCode::LotTotal).row();
            // What the type of the block refuses, the table need not.
            let is_typed = matches!(cell(1), "date" | "date_20" | "mois") && value.len() == 8;
            assert!(found.code == code || (is_typed && found.code == "LOT-TOTAL"), "{} {} said {}", cell(0), value.len(), found.code);
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn lists_are_those_of_the_norm_of_the_send() {
    for (norme, is_known) in [("P24V01", true), ("P25V01", false), ("P26V01", false), ("P20V01", true), ("P30V01", false)] {
        let report = Text::changed(&format!("S10.00.006={norme} 40.073=06")).read();
        assert_eq!(said(&report, "S21.G00.40.073", "CSL-LISTE").is_empty(), is_known, "{norme}");
    }
}

#[test]
fn values_that_types_refuse_are_remarked_and_masked() {
    let check = |changes: &str, rubrique: &str, code: &str, shown: &str| {
        let report = Text::changed(changes).read();
        let found = said(&report, rubrique, code);
        assert_eq!(
            found.iter().map(|own| own.value.map(|value| value.to_string())).collect::<Vec<_>>(),
            [Some(shown.to_owned())],
            "{changes}"
        );
    };
    check("40.010=31022024", "S21.G00.40.010", "CSL-00", "31022024");
    check("30.006=31021999", "S21.G00.30.006", "CSL-00", "********");
    check("30.001=2990148856", "S21.G00.30.001", "CSL-00", "**********");
    check("30.002=MME_DUPONT", "S21.G00.30.002", "CSL-CARACTERE", "**********");
    check("40.009=A+BCD 51.010-", "S21.G00.40.009", "CSL-11", "*****");
    check("53.002=12,5", "S21.G00.53.002", "CSL-00", "12,5");
    check("40.006=Un_metier_bien_long_", "S21.G00.40.006", "CSL-BLANC", "********************");
}

#[test]
fn keys_of_siren_and_siret() {
    assert!(keys::is_siren(b"000000125") && !keys::is_siren(b"000000126") && !keys::is_siren(b"00000125"));
    assert!(keys::is_siret(b"00000012500013") && !keys::is_siret(b"00000012500014") && !keys::is_siret(b"0000001250001A"));
    assert!(keys::is_siret(b"35600000000011") == keys::is_luhn(b"35600000000011"));
    assert!(!keys::is_luhn(b"35600000000010") && keys::is_siret(b"35600000000010"));
}

#[test]
fn names_that_the_norm_takes() {
    for name in ["D'ARTAGNAN", "'T HOOFT", "DUBOIS DE LA CIME--BEAUREGARD", "MARTIN-DUPONT", "MEZI\u{c8}RES", "MARCEAU", "M"] {
        let bytes: Vec<u8> = name.chars().map(|letter| u8::try_from(letter).expect("Latin-1")).collect();
        assert!(texts::is_nom(&bytes), "{name}");
    }
    for name in ["-MARTIN", "MARTIN-", "MARTIN'", "A--B--C", "A---B", "A' B", "MME DUPONT", "m dupont", "MARTIN2"] {
        assert!(!texts::is_nom(name.as_bytes()), "{name}");
    }
}

#[test]
fn month_of_a_day_ends_on_its_last_day() {
    let day = |year, month, day| Jour::new(year, month, day).expect("a day");
    assert_eq!(month_of(day(2024, 2, 10)), Some((day(2024, 2, 1), day(2024, 2, 29))));
    assert_eq!(month_of(day(2023, 12, 31)), Some((day(2023, 12, 1), day(2023, 12, 31))));
    assert_eq!(pay::NET_SINCE, day(2024, 1, 1));
}
