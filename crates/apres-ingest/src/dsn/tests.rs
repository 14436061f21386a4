//! One `check` for the reader: DSN text in, what the sink was told and the remarks out.

use std::fmt::Write as _;

use super::*;

/// Writes down the calls that it gets, without any identity.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Journal {
    pub(super) text: String,
    pub(super) kept_sends: Vec<Vec<(u64, usize)>>,
    open: Vec<(u64, usize)>,
    individus: usize,
}

impl Sink for Journal {
    fn declaration_begin(&mut self, head: &EnTete) {
        self.individus = 0;
        let nature = head.declaration.nature.unwrap_or_default();
        writeln!(self.text, "declaration {} siret {:?}", nature.as_str(), head.siret).expect("a string takes text");
    }
    fn individu(&mut self, _: &EnTete, arbre: &Arbre) {
        self.individus += 1;
        writeln!(
            self.text,
            "  individu line {} contrats {} fins {:?} versements {} remunerations {:?} activites {:?}",
            arbre.line,
            arbre.contrats.len(),
            arbre.fins.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
            arbre.versements.len(),
            arbre.remunerations.iter().map(|(place, r)| (*place, r.montant.map(|m| m.0))).collect::<Vec<_>>(),
            arbre.activites.iter().map(|(place, a)| (*place, a.mesure.map(|m| m.0))).collect::<Vec<_>>(),
        )
        .expect("a string takes text");
    }
    fn lieu(&mut self, _: &EnTete, lieu: &LieuTravail, bytes: &[u8]) {
        writeln!(self.text, "  lieu {}", lieu.identifiant.map_or(String::new(), |id| String::from_utf8_lossy(id.of(bytes)).into_owned()))
            .expect("a string takes text");
    }
    fn declaration_end(&mut self, _: &EnTete, verdict: Verdict, digest: u64) {
        writeln!(self.text, "  end {verdict:?}").expect("a string takes text");
        if verdict == Verdict::Accepted {
            self.open.push((digest, self.individus));
        }
    }
    fn send_end(&mut self, verdict: Verdict) {
        writeln!(self.text, "send {verdict:?}").expect("a string takes text");
        let open = std::mem::take(&mut self.open);
        if verdict == Verdict::Accepted {
            self.kept_sends.push(open);
        }
    }
}

/// Reads a text without the controls of its content, which have tests of their own.
pub(super) fn read(text: &[u8], chunk: usize) -> (Journal, Report) {
    let mut journal = Journal::default();
    let mut reader = Reader::of_structure();
    for part in text.chunks(chunk) {
        reader.push(part, &mut journal);
    }
    let report = reader.finish(&mut journal);
    (journal, report)
}

/// A send around these declarations, with exact totals.
pub(super) fn send(declarations: &[&str]) -> String {
    let body = declarations.concat();
    let lines = ENVOI.lines().count() + body.lines().count() + 2;
    format!("{ENVOI}{body}S90.G00.90.001,'{lines}'\nS90.G00.90.002,'{}'\n", declarations.len())
}

const ENVOI: &str = "\
S10.G00.00.001,'L'
S10.G00.00.002,'E'
S10.G00.00.005,'02'
S10.G00.00.006,'P25V01'
S10.G00.00.007,'01'
S10.G00.00.008,'01'
S10.G00.01.001,'123456789'
S10.G00.01.002,'00012'
S10.G00.01.003,'X'
S10.G00.02.001,'01'
S10.G00.02.002,'X'
S10.G00.02.004,'x@exemple.invalid'
S10.G00.02.005,'0199000000'
";

pub(super) const HEAD: &str = "\
S20.G00.05.001,'01'
S20.G00.05.002,'01'
S20.G00.05.003,'11'
S20.G00.05.004,'1'
S20.G00.05.005,'01032024'
S20.G00.05.007,'05042024'
S20.G00.05.008,'01'
S20.G00.05.010,'01'
S21.G00.06.001,'123456789'
S21.G00.06.003,'6202A'
S21.G00.06.903,'X'
S21.G00.11.001,'00012'
S21.G00.11.002,'6202A'
S21.G00.11.022,'1486'
";
pub(super) const PERSON: &str = "\
S21.G00.30.001,'2990148856012'
S21.G00.30.002,'D'ARTAGNAN'
S21.G00.30.004,'ANNE'
S21.G00.30.006,'00001999'
S21.G00.30.013,'01'
S21.G00.30.014,'48'
S21.G00.30.015,'FR'
";
pub(super) const CONTRACT: &str = "\
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
S21.G00.40.019,'12345678900012'
S21.G00.40.020,'200'
S21.G00.40.024,'99'
S21.G00.40.026,'99'
S21.G00.40.036,'01'
S21.G00.40.037,'01'
S21.G00.40.039,'200'
S21.G00.40.040,'853AA'
";
pub(super) const RETIREMENT: &str = "S21.G00.71.002,'RUAA'\n";
pub(super) const PAY: &str = "\
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
S21.G00.51.013,'-10.00'
S21.G00.53.001,'01'
S21.G00.53.002,'151.67'
S21.G00.53.003,'10'
";
/// An individual with all that the norm wants.
pub(super) fn individual() -> String {
    [PERSON, CONTRACT, RETIREMENT, PAY].concat()
}

#[test]
fn reads_the_tree_whatever_the_chunks_and_the_line_ends() {
    let end = "S21.G00.62.001,'15032024'\nS21.G00.62.002,'031'\n";
    let seniority = "S21.G00.86.001,'07'\nS21.G00.86.002,'02'\nS21.G00.86.003,'3'\nS21.G00.86.005,'00001'\n";
    let place = "S21.G00.85.001,'12345678900012'\nS21.G00.85.010,'01'\n";
    let text = send(&[&[HEAD, PERSON, CONTRACT, end, RETIREMENT, CONTRACT, RETIREMENT, PAY, seniority, place].concat()]);
    let expected = "declaration 01 siret Some(12345678900012)
  individu line 28 contrats 2 fins [0] versements 1 remunerations [(0, Some(180050)), (0, Some(-1000))] activites [(1, Some(15167))]
  lieu 12345678900012
  end Accepted
send Accepted
";
    for chunk in [1, 2, 7, 64, 100_000] {
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let (journal, report) = read(text.as_bytes(), chunk);
            assert_eq!(journal.text, expected, "chunk of {chunk}");
            assert_eq!((report.sends, report.individus, report.contrats), (1, 1, 2));
            assert_eq!(report.remarks, vec![]);
        }
    }
}

#[test]
fn fingerprint_tells_declarations_apart_and_not_chunks() {
    let other = PERSON.replace("ANNE", "ANNA");
    let text = send(&[
        &[HEAD, PERSON, CONTRACT, RETIREMENT, PAY].concat(),
        &[HEAD, &other, CONTRACT, RETIREMENT, PAY].concat(),
        &[HEAD, PERSON, CONTRACT, RETIREMENT, PAY].concat(),
    ]);
    let whole = read(text.as_bytes(), 1 << 20).0.kept_sends;
    assert_eq!(whole[0][0].0, whole[0][2].0);
    assert_ne!(whole[0][0].0, whole[0][1].0);
    for chunk in [1, 3, 50, 333] {
        assert_eq!(read(text.as_bytes(), chunk).0.kept_sends, whole, "chunk of {chunk}");
    }
}

#[test]
fn fingerprint_does_not_follow_chunks_when_a_declaration_lacks_its_nature() {
    let nameless = HEAD.replace("S20.G00.05.001,'01'\n", "");
    let text = send(&[&[HEAD, PERSON, CONTRACT].concat(), &[&nameless, PERSON, CONTRACT].concat()]).replace("002,'2'\n", "002,'1'\n");
    let whole = read(text.as_bytes(), 1 << 20).0;
    for chunk in [1, 13, 61, 200] {
        let cut = read(text.as_bytes(), chunk).0;
        assert_eq!(
            (cut.text, cut.kept_sends, cut.open),
            (whole.text.clone(), whole.kept_sends.clone(), whole.open.clone()),
            "chunk of {chunk}"
        );
    }
}

#[test]
fn wrong_total_refuses_the_send_whole() {
    let text = send(&[&[HEAD, PERSON, CONTRACT, RETIREMENT, PAY].concat()]).replace("S90.G00.90.001,'8", "S90.G00.90.001,'9");
    let (journal, report) = read(text.as_bytes(), 4096);
    assert!(journal.kept_sends.is_empty());
    assert_eq!((report.sends, report.sends_refused, report.individus), (0, 1, 0));
    assert_eq!(report.declarations["01"], Tally { accepted: 0, refused: 1 });
    assert_eq!(report.monthly.values().collect::<Vec<_>>(), [&Tally { accepted: 0, refused: 1 }]);
    assert_eq!(report.remarks[0].code, RemarkCode::CstTotalRubriques);
    assert_eq!(report.remarks[0].rubrique.map(|r| r.to_string()), Some("S90.G00.90.001".to_owned()));
}

#[test]
fn truncated_file_refuses_its_last_send_only() {
    let good = send(&[&[HEAD, PERSON, CONTRACT, RETIREMENT, PAY].concat()]);
    let text = format!("{good}{}", &good[..good.len() / 2]);
    let (_, report) = read(text.as_bytes(), 4096);
    assert_eq!((report.sends, report.sends_refused), (1, 1));
    assert!(report.remarks.iter().any(|remark| remark.code == RemarkCode::CstNoTotal));
}

#[test]
fn structure_anomaly_refuses_that_declaration_only() {
    let no_number = CONTRACT.replace("S21.G00.40.009,'00001'\n", "");
    let text = send(&[&[HEAD, PERSON, &no_number].concat(), &[HEAD, PERSON, CONTRACT, RETIREMENT, PAY].concat()]);
    let (journal, report) = read(text.as_bytes(), 4096);
    assert_eq!(journal.kept_sends[0].len(), 1);
    assert_eq!(report.declarations["01"], Tally { accepted: 1, refused: 1 });
    assert_eq!(report.monthly.into_iter().collect::<Vec<_>>(), [((2024 * 12 + 2, "01".to_owned()), Tally { accepted: 1, refused: 1 })]);
    assert_eq!((report.individus, report.contrats), (1, 1));
    let remark = report.remarks[0];
    assert_eq!((remark.code, remark.rubrique), (RemarkCode::CstMissing, Some(Rubrique(21_00_40_009))));
}

#[test]
fn orphan_block_refuses_the_declaration() {
    let (_, report) = read(send(&[&[HEAD, CONTRACT].concat()]).as_bytes(), 4096);
    assert_eq!(report.remarks[0].code, RemarkCode::CstOrphanBloc);
    assert_eq!(report.declarations["01"].refused, 1);
}

#[test]
fn test_send_is_ignored_whole() {
    let text = send(&[&[HEAD, PERSON, CONTRACT, RETIREMENT, PAY].concat()]).replace("S10.G00.00.005,'02'", "S10.G00.00.005,'01'");
    let (journal, report) = read(text.as_bytes(), 4096);
    assert!(journal.kept_sends.is_empty());
    assert_eq!((report.sends, report.sends_refused, report.sends_test), (0, 0, 1));
}

#[test]
fn neant_is_a_declaration_without_individuals() {
    let text = send(&[&HEAD.replace("S20.G00.05.002,'01'", "S20.G00.05.002,'02'")]);
    let (journal, report) = read(text.as_bytes(), 4096);
    assert_eq!((report.neant, report.individus), (1, 0));
    assert_eq!(journal.kept_sends[0].len(), 1);
}

#[test]
fn repeated_block_without_its_first_rubrique_is_a_new_one() {
    let pay = "S21.G00.50.001,'31032024'\nS21.G00.51.010,'A1234'\nS21.G00.51.011,'001'\nS21.G00.51.013,'1.00'\nS21.G00.51.010,'A1234'\nS21.G00.51.011,'002'\nS21.G00.51.013,'2.00'\n";
    let (journal, _) = read(send(&[&[HEAD, PERSON, CONTRACT, RETIREMENT, pay].concat()]).as_bytes(), 4096);
    assert!(journal.text.contains("remunerations [(0, Some(100)), (0, Some(200))]"), "{}", journal.text);
}

#[test]
fn unknown_nature_is_refused() {
    let head = HEAD.replace("S20.G00.05.001,'01'", "S20.G00.05.001,'77'");
    let (_, report) = read(send(&[&[&head, PERSON, CONTRACT].concat()]).as_bytes(), 4096);
    assert_eq!(report.declarations["77"].refused, 1);
}

#[test]
fn bad_value_is_a_remark_with_rubrique_and_line() {
    let odd = CONTRACT.replace("S21.G00.40.008,'99'", "S21.G00.40.008,''").replace("00001'\n", "00001'\nS21.G00.40.010,'31022024'\n");
    let (_, report) = read(send(&[&[HEAD, PERSON, &odd, RETIREMENT, PAY].concat()]).as_bytes(), 4096);
    let remarks: Vec<_> = report.remarks.iter().map(|r| (r.code, r.rubrique.map(|r| r.0), r.line)).collect();
    assert_eq!(remarks, vec![(RemarkCode::CstEmptyValue, Some(21_00_40_008), 41), (RemarkCode::CslSyntax, Some(21_00_40_010), 43)]);
    assert_eq!(report.declarations["01"].accepted, 1);
}

#[test]
fn lot_counts_its_groups() {
    let one = send(&[&[HEAD, PERSON, CONTRACT, RETIREMENT, PAY].concat()]);
    let lot = format!(
        "S05.G51.00.001,'V01R02'\nS05.G51.00.006,'2'\nS06.G51.00.001,'DSNOK'\n{one}{one}S96.G51.00.001,'FINSL'\nS96.G51.00.002,'2'\nS95.G51.00.001,'1'\nS95.G51.00.002,'2'\n"
    );
    let (_, report) = read(lot.as_bytes(), 777);
    assert_eq!((report.lots, report.sends, report.remarks.len()), (1, 2, 0));
    let (_, report) = read(lot.replace("S96.G51.00.002,'2'", "S96.G51.00.002,'3'").as_bytes(), 777);
    assert_eq!(report.remarks[0].code, RemarkCode::LotTotal);
}

#[test]
fn rubrique_reads_and_prints_as_the_norm_writes_it() {
    let line = Line::parse(b"S21.G00.30.001,'x'y'").expect("well-shaped");
    assert_eq!((line.rubrique, line.rubrique.to_string(), line.value), (Rubrique(21_00_30_001), "S21.G00.30.001".to_owned(), &b"x'y"[..]));
    assert_eq!(Line::parse(b"S21.G00.30.001.002,'v'").map(|l| l.rubrique.0), Some(21_00_30_001));
    for bad in [
        &b"S21.G00.30.001,'x"[..],
        b"S21.G00.30.001",
        b"S21,G00.30.001,'x'",
        b"S2A.G00.30.001,'x'",
        b"",
        b"S21.G00.30.0:1,'x'",
        b"S21.G00.30.001,'",
    ] {
        assert!(Line::parse(bad).is_none(), "{}", String::from_utf8_lossy(bad));
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Bytes as they come in values, the odd ones oftener than in files.
    fn any_byte() -> impl Strategy<Value = u8> {
        prop_oneof![8 => b' '..=b'~', 1 => any::<u8>(), 1 => prop_oneof![Just(b'\''), Just(b'\r'), Just(b'\n'), Just(0x1F), Just(0x7F), Just(0x80)]]
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000), chunk in 1_usize..300) {
            let _ = read(&bytes, chunk);
        }

        /// Whole lines take the short way; a byte at a time, none does.
        #[test]
        fn values_of_any_bytes_and_length_read_whole_are_those_read_byte_by_byte(
            values in proptest::collection::vec((0..60_usize, proptest::collection::vec(any_byte(), 0..300)), 0..6),
            end in prop_oneof![Just("\n"), Just("\r\n")],
        ) {
            let text = send(&[&[HEAD, &individual()].concat()]);
            let mut lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
            for (place, value) in values {
                let place = place % lines.len();
                let start = lines[place].iter().position(|byte| *byte == b'\'').unwrap_or(0);
                lines[place].truncate(start + 1);
                lines[place].extend(value);
                lines[place].push(b'\'');
            }
            let text: Vec<u8> = lines.into_iter().flat_map(|line| [line.as_slice(), end.as_bytes()].concat()).collect();
            prop_assert_eq!(read(&text, 1), read(&text, text.len()));
        }

        #[test]
        fn shuffled_lines_never_panic(order in Just((0..60_usize).collect::<Vec<_>>()).prop_shuffle(), chunk in 1_usize..300) {
            let text = send(&[&[HEAD, PERSON, CONTRACT].concat()]);
            let lines: Vec<_> = text.lines().collect();
            let shuffled: String = order.iter().filter_map(|place| lines.get(*place)).map(|line| format!("{line}\n")).collect();
            let (_, report) = read(shuffled.as_bytes(), chunk);
            prop_assert_eq!(report.lines, lines.len() as u64);
        }
    }
}
