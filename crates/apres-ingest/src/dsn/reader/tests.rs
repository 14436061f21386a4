use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use proptest::prelude::*;

use crate::dsn::norme::{self, Annee};
use crate::dsn::tests::{CONTRACT, HEAD, Journal, PAY, PERSON, RETIREMENT, individual, read, send};
use crate::dsn::{RemarkCode, Report, Rubrique, Tally};

/// The codes, rubriques and lines of a report's remarks.
fn told(report: &Report) -> Vec<(RemarkCode, String, u64)> {
    report.remarks.iter().map(|r| (r.code, r.rubrique.map_or(String::new(), |r| r.to_string()), r.line)).collect()
}

/// What a monthly declaration with this body gives: whether it stands, and the remarks.
fn check(body: &str) -> (bool, Vec<(RemarkCode, String, u64)>) {
    let (_, report) = read(send(&[body]).as_bytes(), 997);
    (report.declarations["01"] == Tally { accepted: 1, refused: 0 }, told(&report))
}

fn whole() -> String {
    format!("{HEAD}{}", individual())
}

#[test]
fn structure_of_the_norm_is_kept_or_the_declaration_refused() {
    let whole = whole();
    let moved = |rubriques: &str, before: &str| whole.replacen(rubriques, "", 1).replacen(before, &format!("{rubriques}{before}"), 1);
    let cases = [
        ("block out of order", moved(RETIREMENT, "S21.G00.40.001"), RemarkCode::CstOrphanBloc, "S21.G00.71.002"),
        ("sibling out of order", format!("{whole}S21.G00.40.001,'01012024'\n"), RemarkCode::CstOrder, "S21.G00.40.001"),
        ("rubrique out of order", moved("S21.G00.40.008,'99'\n", "S21.G00.40.007"), RemarkCode::CstOrder, "S21.G00.40.007"),
        (
            "rubrique repeated",
            whole.replace("S21.G00.40.008,'99'\n", "S21.G00.40.008,'99'\nS21.G00.40.008,'61'\n"),
            RemarkCode::CstRepeated,
            "S21.G00.40.008",
        ),
        (
            "too many ends",
            whole.replace(RETIREMENT, &format!("{}{RETIREMENT}", "S21.G00.62.001,'15032024'\nS21.G00.62.002,'031'\n".repeat(2))),
            RemarkCode::CstTooMany,
            "S21.G00.62.001",
        ),
        (
            "forbidden rubrique",
            whole.replace("S20.G00.05.007", "S20.G00.05.006,'010320241'\nS20.G00.05.007"),
            RemarkCode::CstForbidden,
            "S20.G00.05.006",
        ),
        (
            "block of another nature",
            whole.replace(RETIREMENT, &format!("S21.G00.45.002,'00001'\n{RETIREMENT}")),
            RemarkCode::CstForeignBloc,
            "S21.G00.45.002",
        ),
        ("child without parent", whole.replace("S21.G00.50.", "S21.G00.99."), RemarkCode::CstOrphanBloc, "S21.G00.51.001"),
        ("no contract", whole.replace(CONTRACT, "").replace(RETIREMENT, ""), RemarkCode::CstMissing, "S21.G00.40"),
        ("no establishment", whole.replace("S21.G00.11.", "S21.G00.99."), RemarkCode::CstMissing, "S21.G00.11"),
        ("no birth date", whole.replace("S21.G00.30.006,'00001999'\n", ""), RemarkCode::CstMissing, "S21.G00.30.006"),
        ("unreadable start", whole.replace("40.001,'01012024'", "40.001,'31022024'"), RemarkCode::CstMissing, "S21.G00.40.001"),
        ("blank name", whole.replace("D'ARTAGNAN", "   "), RemarkCode::CstMissing, "S21.G00.30.002"),
    ];
    for (case, body, code, rubrique) in cases {
        let (is_accepted, told) = check(&body);
        assert!(!is_accepted && told.iter().any(|(own, on, _)| *own == code && on == rubrique), "{case}: {told:?}");
    }
}

#[test]
fn absences_that_one_can_do_without_are_remarked_once_and_refuse_nothing() {
    let thin = [PERSON, &CONTRACT.replace("S21.G00.40.003,'04'\n", "")].concat();
    let expected = [
        (RemarkCode::CstAbsent, "S21.G00.40.003".to_owned(), 35),
        (RemarkCode::CstAbsent, "S21.G00.71".to_owned(), 35),
        (RemarkCode::CstAbsent, "S21.G00.50".to_owned(), 28),
    ];
    assert_eq!(check(&format!("{HEAD}{thin}")), (true, expected.to_vec()));
    assert_eq!(check(&format!("{HEAD}{}", thin.repeat(3))), (true, expected.to_vec()));
}

#[test]
fn lot_says_its_absences_once() {
    let one = send(&[&[HEAD, PERSON, CONTRACT].concat()]);
    let lot = format!("S05.G51.00.001,'V01R02'\nS05.G51.00.006,'2'\n{one}{one}S95.G51.00.001,'1'\nS95.G51.00.002,'2'\n{one}");
    let (_, report) = read(lot.as_bytes(), 777);
    assert_eq!(report.declarations["01"], Tally { accepted: 3, refused: 0 });
    let absences = report.remark_counts.iter().map(|((code, rubrique), count)| (*code, rubrique.map(|r| r.0), *count));
    // Once in the lot, once in the send that follows it.
    assert_eq!(absences.collect::<Vec<_>>(), [21_00_50_000, 21_00_71_000].map(|bloc| (RemarkCode::CstAbsent, Some(bloc), 2)));
}

#[test]
fn what_the_norm_does_not_know_is_left_out_without_loss() {
    let downstream = "S21.G00.11.110,'48099'\nS21.G00.11.112,'5710'\nS21.G00.11.904,'X'\nS21.G00.80.003,'X'\n";
    let (is_accepted, told) = check(&[HEAD, downstream, &individual()].concat());
    assert!(is_accepted && told.is_empty(), "{told:?}");
    // In the middle of a contract, the contract goes on.
    let odd = CONTRACT.replace("S21.G00.40.009", "S21.G00.40.099,'X'\nS21.G00.77.001,'X'\nS33.G00.01.001,'X'\nS21.G00.40.009");
    let (is_accepted, told) = check(&[HEAD, PERSON, &odd, RETIREMENT, PAY].concat());
    let unknown = |rubrique: &str, line| (RemarkCode::CstUnknown, rubrique.to_owned(), line);
    let expected = vec![unknown("S21.G00.40.099", 42), unknown("S21.G00.77.001", 43), unknown("S33.G00.01.001", 44)];
    assert_eq!((is_accepted, told), (true, expected));
}

#[test]
fn what_follows_an_orphan_is_read() {
    let body = whole().replace("S21.G00.40.009,", "S21.G00.53.001,'01'\nS21.G00.53.002,'1.00'\nS21.G00.40.009,");
    let (is_accepted, told) = check(&body);
    assert!(!is_accepted);
    // The line after the orphan begins a contract, without its start.
    let expected = [
        (RemarkCode::CstMissing, "S21.G00.40.009".to_owned(), 35),
        (RemarkCode::CstOrphanBloc, "S21.G00.53.001".to_owned(), 42),
        (RemarkCode::CstMissing, "S21.G00.40.001".to_owned(), 44),
    ];
    assert!(expected.iter().all(|remark| told.contains(remark)), "{told:?}");
}

#[test]
fn unknown_rubriques_do_not_fill_the_memory() {
    let mut text = String::from(HEAD);
    for number in 0..9_999 {
        writeln!(text, "S4{}.G{:02}.{:02}.001,'X'", number / 1000, number / 10 % 100, number % 10).expect("a string takes text");
    }
    let (_, report) = read(send(&[&text]).as_bytes(), 997);
    assert!(report.remark_counts.len() < 70, "{}", report.remark_counts.len());
}

#[test]
fn anomaly_of_the_head_refuses_the_send() {
    let text = send(&[&whole(), &whole()]);
    let cases = [
        (text.replace("S10.G00.00.005,'02'\n", ""), "S10.G00.00.005"),
        (text.replace("S10.G00.01.002,'00012'\n", "S10.G00.01.002,'00012'\nS10.G00.01.002,'00012'\n"), "S10.G00.01.002"),
        (text.replace("S10.G00.02.005,", "S21.G00.06.001,"), "S21.G00.06.001"),
    ];
    for (text, rubrique) in cases {
        let lines = text.lines().count();
        let total = text.find("S90.G00.90.001,'").expect("a total");
        let text = format!("{}S90.G00.90.001,'{lines}'\nS90.G00.90.002,'2'\n", &text[..total]);
        let (journal, report) = read(text.as_bytes(), 997);
        assert_eq!((report.sends, report.sends_refused, journal.kept_sends.len()), (0, 1, 0), "{rubrique}");
        assert!(told(&report).iter().any(|(code, on, _)| code.is_blocking() && on == rubrique), "{rubrique}: {:?}", told(&report));
        assert!(report.remark_counts.keys().all(|(code, _)| *code != RemarkCode::CstTotalRubriques));
    }
}

#[test]
fn norm_that_is_not_known_borrows_the_nearest_and_says_so_once_per_send() {
    let repeated = whole().replace("S21.G00.40.008,'99'\n", "S21.G00.40.008,'99'\nS21.G00.40.008,'61'\n");
    for version in ["P22V01", "P27V01"] {
        let text = send(&[&whole(), &repeated]).replace("P25V01", version);
        let (_, report) = read(text.as_bytes(), 997);
        assert_eq!(report.declarations["01"], Tally { accepted: 2, refused: 0 });
        let codes: Vec<_> = told(&report).into_iter().map(|(code, on, _)| (code, on)).collect();
        let near = (RemarkCode::NormeNearest, "S10.G00.00.006".to_owned());
        assert_eq!(codes, [near, (RemarkCode::CstNearestNorm, "S21.G00.40.008".to_owned())]);
    }
    // What careers need refuses whatever the norm.
    let text = send(&[&whole().replace("S21.G00.40.009,'00001'\n", "")]).replace("P25V01", "P22V01");
    assert_eq!(read(text.as_bytes(), 997).1.declarations["01"].refused, 1);
}

#[test]
fn rules_and_codes_are_those_of_the_year() {
    let body =
        whole().replace("40.008,'99'", "40.008,'83'").replace("S21.G00.71.002,'RUAA'\n", "S21.G00.71.002,'RUAA'\nS21.G00.71.003,'X'\n");
    for (version, expected) in [
        ("P24V01", vec![RemarkCode::CslCode]),
        ("P25V01", vec![RemarkCode::CslCode, RemarkCode::CstOtherNorm]),
        ("P26V01", vec![RemarkCode::CstOtherNorm]),
    ] {
        let (_, report) = read(send(&[&body]).replace("P25V01", version).as_bytes(), 997);
        assert_eq!(told(&report).into_iter().map(|(code, ..)| code).collect::<Vec<_>>(), expected, "{version}");
        assert_eq!(report.declarations["01"].accepted, 1);
    }
    // A usage published for P25 only is not held against a declaration of another year.
    let forbidden = whole().replace("S20.G00.05.007", "S20.G00.05.006,'010320241'\nS20.G00.05.007");
    let (_, report) = read(send(&[&forbidden]).replace("P25V01", "P26V01").as_bytes(), 997);
    assert_eq!((report.declarations["01"].accepted, told(&report)[0].0), (1, RemarkCode::CstNearestNorm));
}

mod encodings {
    use super::*;
    use crate::dsn::{Arbre, EnTete, LieuTravail, Reader, Sink, Verdict};

    /// Keeps the surnames.
    #[derive(Default)]
    struct Names(Vec<Vec<u8>>);

    impl Sink for Names {
        fn declaration_begin(&mut self, _: &EnTete) {}
        fn individu(&mut self, _: &EnTete, arbre: &Arbre) {
            self.0.extend(arbre.individu.nom_famille.map(|nom| nom.of(&arbre.bytes).to_vec()));
        }
        fn lieu(&mut self, _: &EnTete, _: &LieuTravail, _: &[u8]) {}
        fn declaration_end(&mut self, _: &EnTete, _: Verdict, _: u64) {}
        fn send_end(&mut self, _: Verdict) {}
    }

    /// A file whose individuals have these surnames: what they are read as, and the remarks.
    fn check(mark: &[u8], surnames: &[&[u8]]) -> (Vec<String>, Vec<RemarkCode>) {
        let people: String = surnames.iter().map(|_| individual()).collect();
        let text = send(&[&format!("{HEAD}{people}")]);
        let mut bytes = mark.to_vec();
        for (place, part) in text.split("D'ARTAGNAN").enumerate() {
            bytes.extend(place.checked_sub(1).map_or(&[][..], |place| surnames[place]));
            bytes.extend(part.as_bytes());
        }
        let (mut reader, mut names) = (Reader::of_structure(), Names::default());
        bytes.chunks(13).for_each(|chunk| reader.push(chunk, &mut names));
        let report = reader.finish(&mut names);
        let names = names.0.into_iter().map(|name| String::from_utf8(name).expect("blocks get UTF-8")).collect();
        (names, report.remarks.iter().map(|remark| remark.code).collect())
    }

    #[test]
    fn each_is_recognised_and_names_are_the_same() {
        let wanted = vec!["LEF\u{c8}VRE".to_owned(), "P\u{c9}CHEUR".to_owned()];
        let latin1: [&[u8]; 2] = [b"LEF\xc8VRE", b"P\xc9CHEUR"];
        let utf8 = ["LEF\u{c8}VRE".as_bytes(), "P\u{c9}CHEUR".as_bytes()];
        assert_eq!(check(b"", &latin1), (wanted.clone(), vec![]));
        assert_eq!(check(b"", &utf8), (wanted.clone(), vec![RemarkCode::EncodingUtf8]));
        assert_eq!(check(b"\xef\xbb\xbf", &utf8), (wanted, vec![RemarkCode::EncodingUtf8]));
        let windows: [&[u8]; 2] = [b"C\x8cUR", b"\x8eI\x8eEK"];
        let wanted = vec!["C\u{152}UR".to_owned(), "\u{17d}I\u{17d}EK".to_owned()];
        assert_eq!(check(b"", &windows), (wanted, vec![RemarkCode::EncodingWindows]));
    }

    #[test]
    fn mixed_file_is_said_and_read_as_well_as_can_be() {
        let mixed: [&[u8]; 3] = ["LEF\u{c8}VRE".as_bytes(), b"LEF\xc8VRE", b"LEF\xc8VRE"];
        let (names, codes) = check(b"", &mixed);
        assert_eq!(names, vec!["LEF\u{c8}VRE"; 3]);
        assert_eq!(codes, [RemarkCode::EncodingUtf8, RemarkCode::EncodingMixed]);
        // Once known to be ISO-8859-1, two odd letters are two odd letters.
        assert_eq!(check(b"", &[b"LEF\xc8VRE", b"\xc3\xa9"]).0[1], "\u{c3}\u{a9}");
    }
}

#[test]
fn control_characters_are_no_value() {
    for odd in ["\0", "\u{1}", "\t"] {
        let (is_accepted, told) = check(&whole().replace("40.017,'1486'", &format!("40.017,'14{odd}6'")));
        assert_eq!((is_accepted, told), (true, vec![(RemarkCode::CslSyntax, "S21.G00.40.017".to_owned(), 48)]));
        assert!(!check(&whole().replace("D'ARTAGNAN", &format!("D{odd}"))).0);
    }
}

#[test]
fn line_without_end_costs_nothing_and_one_remark() {
    let one = send(&[&whole()]);
    for long in [5_000, 3_000_000] {
        let text = [one.as_bytes(), &vec![b'9'; long], b"\n", one.as_bytes()].concat();
        let expected = read(&text, 1 << 22);
        assert_eq!((expected.1.sends, expected.1.remark_counts.len()), (2, 1));
        for chunk in [1_000, 65_536, 1 << 20] {
            assert_eq!(read(&text, chunk), expected, "chunk of {chunk}");
        }
    }
    let returns_only = one.replace('\n', "\r");
    let (journal, report) = read(returns_only.as_bytes(), 100);
    assert_eq!((journal.kept_sends.len(), report.lines, report.sends), (0, 1, 0));
    assert_eq!(told(&report)[0].0, RemarkCode::LineUnreadable);
}

#[test]
fn individual_without_end_is_cut_and_refused() {
    let pay = "S21.G00.52.001,'011'\nS21.G00.52.002,'1.00'\nS21.G00.52.006,'00001'\n".repeat(80_000);
    let (is_accepted, told) = check(&[&whole(), pay.as_str(), &individual()].concat());
    assert_eq!(told.iter().map(|(code, ..)| *code).collect::<Vec<_>>(), [RemarkCode::CstTooLong]);
    assert!(!is_accepted);
}

/// The norm's rows, to write declarations with.
struct Norm {
    trees: Vec<BTreeMap<String, String>>,
    rubriques: BTreeMap<String, Vec<BTreeMap<String, String>>>,
}

static NORM: LazyLock<Norm> = LazyLock::new(Norm::read);

impl Norm {
    fn read() -> Self {
        let table = |text: &'static str| -> Vec<BTreeMap<String, String>> {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            reader.deserialize().map(|row| row.expect("norme/ is well-formed")).collect()
        };
        let mut rubriques: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for row in table(include_str!("../../../../../norme/rubriques.csv")) {
            rubriques.entry(row["block"].clone()).or_default().push(row);
        }
        Self { trees: table(include_str!("../../../../../norme/arbre.csv")), rubriques }
    }

    /// A declaration of this nature and year; `wish` says how many of what is optional, at most the number given.
    fn write(&self, annee: Annee, nature: &str, wish: &mut dyn FnMut(usize) -> usize) -> String {
        let mut text = String::new();
        self.write_bloc(annee, nature, "S20.G00.05", wish, &mut text);
        text
    }

    fn write_bloc(&self, annee: Annee, nature: &str, bloc: &str, wish: &mut dyn FnMut(usize) -> usize, text: &mut String) {
        let usage = format!("usage_{nature}");
        let begin = text.len();
        for row in &self.rubriques[bloc] {
            let is_of_year = norme::is_of(&row["since"], &row["until"], annee);
            let is_wanted = row[&usage] == "O" || row["rubrique"] == "S21.G00.30.001" || row[&usage] == "C" && wish(1) == 1;
            if is_of_year && is_wanted {
                writeln!(text, "{},'{}'", row["rubrique"], value(row, annee, nature)).expect("a string takes text");
            }
        }
        if text.len() == begin {
            return;
        }
        for child in self.trees.iter().filter(|row| row["nature"] == nature && row["parent"] == bloc) {
            let (min, max) = (child["min"].parse::<usize>().expect("a number"), child["max"].parse().unwrap_or(2));
            for _ in 0..min + wish(max - min) {
                self.write_bloc(annee, nature, &child["block"], wish, text);
            }
        }
    }
}

/// A value that the rubrique may have.
fn value(row: &BTreeMap<String, String>, annee: Annee, nature: &str) -> String {
    let rubrique = norme::number(&row["rubrique"]);
    match rubrique {
        20_00_05_001 => return nature.to_owned(),
        20_00_05_003 => return "11".to_owned(),
        21_00_30_001 => return "2990148856012".to_owned(),
        21_00_30_006 | 21_00_31_011 => return "01031999".to_owned(),
        21_00_62_020 => return "01032024".to_owned(),
        _ => {}
    }
    let place = norme::grammaire().place(rubrique / 1000).expect("a block of the norm");
    if let Some(list) = norme::codes().of_bloc(place).list(rubrique % 1000) {
        let codes = (0..100).map(|code| format!("{code:02}")).chain((0..1000).map(|code| format!("{code:03}")));
        return codes.into_iter().find(|code| list.holds(annee, code.as_bytes())).expect("a list holds codes");
    }
    match row["nature"].as_str() {
        "Date" => "01032024".to_owned(),
        _ => "1".repeat(row["len_min"].parse().unwrap_or(1).max(2)),
    }
}

const NATURES: [&str; 7] = ["01", "04", "05", "07", "08", "09", "10"];

#[test]
fn every_nature_is_accepted_in_every_year_that_has_it() {
    for (annee, nature) in Annee::ALL.into_iter().flat_map(|annee| NATURES.map(|nature| (annee, nature))) {
        for most in [0, 1, usize::MAX] {
            let body = NORM.write(annee, nature, &mut |max| max.min(most));
            let (_, report) = read(send(&[&body]).replace("P25V01", annee.version()).as_bytes(), 997);
            if nature == "10" && annee < Annee::P26 {
                assert_eq!(report.declarations[nature].refused, 1);
                continue;
            }
            assert_eq!(report.declarations[nature], Tally { accepted: 1, refused: 0 }, "{nature} {annee:?} {most}: {:?}", told(&report));
            assert_eq!(told(&report), [], "{nature} {annee:?} {most}");
        }
    }
}

fn declaration() -> impl Strategy<Value = (&'static str, String)> {
    (prop::sample::select(&NATURES[..6]), prop::collection::vec(0_usize..4, 1..200)).prop_map(|(nature, choices)| {
        let mut place = 0;
        let mut wish = |max: usize| {
            place += 1;
            choices[place % choices.len()].saturating_sub(1).min(max)
        };
        (nature, NORM.write(Annee::P25, nature, &mut wish))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_the_norm_allows_is_accepted_and_leaving_out_a_line_never_loses_another((nature, body) in declaration(), left_out in any::<prop::sample::Index>()) {
        let (_, report) = read(send(&[&body]).as_bytes(), 997);
        prop_assert_eq!(told(&report), []);
        prop_assert_eq!(report.declarations[nature].accepted, 1);
        let lines: Vec<&str> = body.lines().collect();
        let out = left_out.index(lines.len());
        let rest: String = lines.iter().enumerate().filter(|(place, _)| *place != out).map(|(_, line)| format!("{line}\n")).collect();
        let (_, report) = read(send(&[&rest]).as_bytes(), 997);
        // The send's totals are those of what is left: it stands, and its only declaration is accepted or refused for a rule that is told.
        prop_assert_eq!(report.declarations.values().map(|tally| tally.accepted + tally.refused).sum::<u64>(), u64::from(out != 0 || lines.len() > 1));
        let is_refused = report.declarations.values().any(|tally| tally.refused > 0);
        prop_assert_eq!(is_refused, report.remark_counts.keys().any(|(code, _)| code.is_blocking()));
    }

    #[test]
    fn cuts_change_nothing((_, body) in declaration(), odd in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), sizes in prop::collection::vec(1_usize..400, 1..20)) {
        let mut bytes = send(&[&body, &body]).repeat(2).into_bytes();
        for (place, byte) in odd {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let expected = read(&bytes, bytes.len());
        prop_assert_eq!(&read_in(&bytes, &sizes), &expected);
        prop_assert_eq!(&read(&bytes, 1), &expected);
    }

    #[test]
    fn prefix_gives_whole_sends_only((_, body) in declaration(), cut in any::<prop::sample::Index>()) {
        let one = send(&[&body, &body]);
        let text = one.repeat(3);
        let whole = read(text.as_bytes(), 997).0.kept_sends;
        let cut = cut.index(text.len());
        let (journal, report) = read(&text.as_bytes()[..cut], 997);
        // Without its last line end a send is whole all the same.
        let sends = (cut + 1) / one.len();
        prop_assert_eq!(report.sends, sends as u64);
        prop_assert_eq!(&journal.kept_sends[..], &whole[..sends]);
    }
}

#[test]
fn every_prefix_of_a_file_is_read() {
    let one = send(&[&whole()]);
    let text = one.repeat(2);
    for cut in 0..=text.len() {
        let (journal, report) = read(&text.as_bytes()[..cut], 64);
        assert_eq!((report.sends, journal.kept_sends.len()), (((cut + 1) / one.len()) as u64, (cut + 1) / one.len()), "cut at {cut}");
    }
}

/// Reads in chunks of these sizes, over and over.
fn read_in(bytes: &[u8], sizes: &[usize]) -> (Journal, Report) {
    let (mut reader, mut journal) = (super::Reader::of_structure(), Journal::default());
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let (chunk, next) = rest.split_at((*size).min(rest.len()));
        reader.push(chunk, &mut journal);
        rest = next;
        if rest.is_empty() {
            break;
        }
    }
    let report = reader.finish(&mut journal);
    (journal, report)
}

#[test]
fn downstream_rubriques_of_the_head_are_left_out() {
    let text = send(&[&whole()])
        .replace("S20.G00.05.001", "S10.G00.95.001,'X'\nS10.G00.95.900,'X'\nS20.G00.05.001")
        .replace("S90.G00.90.001,'80'", "S90.G00.90.001,'82'");
    let (_, report) = read(text.as_bytes(), 997);
    assert_eq!((report.sends, told(&report)), (1, vec![]));
    assert_eq!(Rubrique(21_00_40_000).to_string(), "S21.G00.40");
}
