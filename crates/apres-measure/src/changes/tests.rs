use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

use super::{ContractChange, OldTerms, Rename, is_heard, resolve};
use crate::absences::Absence;
use crate::calendar::Day;
use crate::contract::ContractKey;
use crate::made_up::{any_terms, assert_same_lines, change, day, lines_of, month, observations};
use crate::spells::{Fin, Observation, careers_of};

/// Renames written `a>b 2024-03-01 2024-04` (since when, declared for which month), resolved: `a=b`.
#[track_caller]
fn check_resolve(renames: &str, expected: &str) {
    let read = |line: &str| {
        let mut words = line.split(' ');
        let (old, new) = words.next().unwrap().split_once('>').unwrap();
        Rename { old: old.to_owned(), new: new.to_owned(), date: words.next().map(day), declared: words.next().map(month) }
    };
    let owned: Vec<Rename<String>> = lines_of(renames).map(read).collect();
    let borrowed: Vec<Rename<&str>> =
        owned.iter().map(|rename| Rename { old: &*rename.old, new: &*rename.new, date: rename.date, declared: rename.declared }).collect();
    let seen: Vec<String> = resolve(&borrowed).iter().map(|(old, new)| format!("{old}={new}")).collect();
    assert_eq!(seen.join(" "), expected);
}

#[test]
fn a_path_is_followed_to_its_end() {
    check_resolve("a>b 2024-01-01\nb>c 2024-02-01\nc>d 2024-03-01\nx>b 2020-01-01", "a=d b=d c=d x=d");
}

#[test]
fn a_rename_to_itself_is_nothing() {
    check_resolve("a>a 2024-01-01\na>b 2023-01-01\nc>c 2024-01-01", "a=b");
}

#[test]
fn of_several_new_keys_the_most_recent_stands_then_the_smallest() {
    check_resolve("a>b 2024-01-01\na>c 2024-02-01\na>d", "a=c");
    check_resolve("a>c 2024-02-01\na>b 2024-02-01", "a=b");
    check_resolve("a>c\na>b", "a=b");
    check_resolve("a>b 2024-02-01 2024-03\na>c 2024-02-01 2024-04\na>d 2024-01-01 2024-06", "a=c");
}

#[test]
fn a_cycle_loses_its_oldest_rename() {
    check_resolve("a>b 2024-01-01\nb>a 2024-02-01", "b=a");
    check_resolve("a>b 2024-01-01\nb>c 2024-03-01\nc>a 2024-02-01\nx>c 2024-01-01", "b=a c=a x=a");
    check_resolve("a>b 2024-01-01\nb>a 2024-02-01\na>b 2024-03-01", "a=b");
}

#[test]
fn two_that_exchange_their_keys_stay_two() {
    check_resolve("a>b 2024-01-01\nb>a 2024-01-01\nx>a 2024-01-01", "x=a");
    check_resolve("a>b 2024-01-01 2024-02\nb>a 2024-01-01 2024-02", "");
    check_resolve("a>b 2024-01-01 2024-02\nb>a 2024-01-01 2024-03\nx>a 2024-01-01", "b=a x=a");
}

#[test]
fn a_change_is_heard_for_sixty_months() {
    for (date, heard) in [("2024-06-30", true), ("2019-06-01", true), ("2019-05-31", false), ("2019-05-01", false)] {
        assert_eq!(is_heard(day(date), month("2024-06")), heard, "{date}");
    }
}

/// The careers of what is declared and what change blocks say, a line per spell, then per month.
#[track_caller]
fn check(declared: &str, changes: &str, expected: &str) {
    let changes: Vec<ContractChange> = lines_of(changes).map(change).collect();
    let careers = careers_of(&mut observations(declared), &changes, &[], month("2024-12"));
    let mut seen = String::new();
    for spell in &careers.spells {
        let ContractKey { siret, numero, date_debut, .. } = spell.contract;
        let end = spell.date_fin.map(|end| end.to_string()).unwrap_or_default();
        let to = spell.transfer_siret.map(|siret| format!(" to {siret}")).unwrap_or_default();
        write!(seen, "{siret} n{numero} {date_debut}..{end} {}{to}:", spell.end_status.id()).unwrap();
        for row in careers.months.iter().filter(|row| row.contract == spell.contract) {
            write!(seen, " {}@{}", row.month, row.siret_declarant).unwrap();
        }
        seen.push('\n');
    }
    assert_same_lines(&seen, expected);
}

#[test]
fn the_months_of_the_old_key_belong_to_the_new_one() {
    check(
        "2024-10 01 2024-01-10 siret=300001
         2024-11 01 2024-01-10 siret=300001 end=2024-11-30/100
         2024-12 01 2024-01-10 siret=400001",
        "2024-12 2024-01-10 siret=400001 at=2024-12-01 old_siret=300001",
        "400001 n1 2024-01-10.. open: 2024-10@300001 2024-11@300001 2024-12@400001",
    );
}

#[test]
fn a_day_of_both_keys_has_the_terms_of_the_new_one() {
    let declared = "2024-12 01 2024-01-10 siret=400001 modalite=10
                    2024-12 01 2024-01-10 siret=300001 modalite=20 hours=10.00 end=2024-12-10/100";
    let change = change("2024-12 2024-01-10 siret=400001 at=2024-12-11 old_siret=300001");
    let careers = careers_of(&mut observations(declared), &[change], &[], month("2024-12"));
    assert_eq!(careers.spells.len(), 1);
    assert_eq!((careers.spells[0].terms.modalite_temps, careers.spells[0].hours_centi), (Some(10), 1000));
    assert_eq!(careers.spells[0].date_fin, None);
}

/// What names no contract of the person changes none; the combination with most old values stands.
#[test]
fn combinations_of_old_values() {
    let declared = "2024-10 01 2024-01-10 siret=300001 numero=1
                    2024-10 01 2024-01-10 siret=300001 numero=2
                    2024-12 01 2024-01-10 siret=300002 numero=2";
    let blocks = "2024-12 2024-01-10 siret=300002 numero=2 at=2024-12-01 old_siret=300001
                  2024-12 2024-01-10 siret=300002 numero=2 at=2024-12-01 old_numero=1";
    let expected = "300001 n2 2024-01-10.. open: 2024-10@300001
                    300002 n2 2024-01-10.. open: 2024-10@300001 2024-12@300002";
    check(declared, blocks, expected);
    let unknown = "2024-12 2024-01-10 siret=300002 numero=2 at=2024-12-01 old_siret=500001 old_numero=1";
    let expected = "300001 n1 2024-01-10.. open: 2024-10@300001
                    300001 n2 2024-01-10.. open: 2024-10@300001
                    300002 n2 2024-01-10.. open: 2024-12@300002";
    check(declared, unknown, expected);
}

#[test]
fn an_end_declared_by_mistake_and_cancelled_is_no_transfer() {
    let declared = "2024-10 01 2024-01-10 siret=300001 end=2024-10-31/100
                    2024-11 01 2024-01-10 siret=300001 end=2024-10-31/099
                    2024-11 01 2024-01-10 siret=300002";
    let expected = "300001 n1 2024-01-10.. open: 2024-10@300001 2024-11@300001
                    300002 n1 2024-01-10.. open: 2024-11@300002";
    check(declared, "", expected);
}

/// Two contracts of the employer begin on the same day elsewhere: the number tells, and nothing else does.
#[test]
fn an_unnamed_transfer_needs_one_answer() {
    let declared = |left: u32| {
        format!(
            "2024-10 01 2024-01-10 siret=300001 numero={left} end=2024-10-31/100
             2024-11 01 2024-01-10 siret=300002 numero=1
             2024-11 01 2024-01-10 siret=300003 numero=2"
        )
    };
    let one = "300002 n1 2024-01-10.. open: 2024-10@300001 2024-11@300002\n300003 n2 2024-01-10.. open: 2024-11@300003";
    check(&declared(1), "", one);
    let none = "300001 n3 2024-01-10..2024-10-31 declared: 2024-10@300001
                300002 n1 2024-01-10.. open: 2024-11@300002
                300003 n2 2024-01-10.. open: 2024-11@300003";
    check(&declared(3), "", none);
}

/// A contract that ran at the other establishment before is another one.
#[test]
fn a_transfer_leads_to_no_contract_that_was_already_there() {
    let declared = "2024-09 01 2024-01-10 siret=300002
                    2024-10 01 2024-01-10 siret=300001 end=2024-10-31/100
                    2024-11 01 2024-01-10 siret=300002";
    let expected = "300001 n1 2024-01-10..2024-10-31 declared: 2024-10@300001
                    300002 n1 2024-01-10.. open: 2024-09@300002 2024-11@300002";
    check(declared, "", expected);
}

/// The terms by month: nature and dispositif.
#[track_caller]
fn check_terms(declared: &str, changes: &str, expected: &str) {
    let changes: Vec<ContractChange> = lines_of(changes).map(change).collect();
    let careers = careers_of(&mut observations(declared), &changes, &[], month("2024-12"));
    let show = |code: Option<u8>| code.map_or("--".to_owned(), |code| format!("{code:02}"));
    let seen: Vec<String> = careers
        .months
        .iter()
        .map(|row| format!("{} {} {}", row.month, show(row.terms.nature), show(row.terms.complement_dispositif)))
        .collect();
    assert_same_lines(&seen.join("\n"), expected);
}

/// Old value k holds from the date before to the day before its own; the value of the contract from the last date on.
#[test]
fn old_terms_hold_between_their_dates() {
    let declared = "2024-06 02 2024-01-10\n2024-07 02 2024-01-10\n2024-08 02 2024-01-10\n2024-09 02 2024-01-10\n2024-10 01 2024-01-10";
    let changes = "2024-10 2024-01-10 at=2024-09-10 old_nature=92
                   2024-10 2024-01-10 at=2024-08-01 old_nature=07 depth=2024-07-01";
    check_terms(declared, changes, "2024-06 02 --\n2024-07 07 --\n2024-08 92 --\n2024-09 01 --\n2024-10 01 --");
}

/// Without a depth, the first value holds from the month of the first date.
#[test]
fn old_terms_without_a_depth() {
    let declared = "2024-07 02 2024-01-10\n2024-08 02 2024-01-10\n2024-09 01 2024-01-10";
    check_terms(declared, "2024-09 2024-01-10 at=2024-08-31 old_nature=92", "2024-07 02 --\n2024-08 01 --\n2024-09 01 --");
    check_terms(declared, "2024-09 2024-01-10 at=2024-09-01 old_nature=92", "2024-07 02 --\n2024-08 02 --\n2024-09 01 --");
}

#[test]
fn no_complement_is_written_99() {
    let declared = "2024-08 02 2024-01-10 complement=2\n2024-09 02 2024-01-10 complement=2";
    let changes = "2024-09 2024-01-10 at=2024-09-01 old_complement=99 depth=2024-08-01";
    check_terms(declared, changes, "2024-08 02 --\n2024-09 02 02");
}

#[test]
fn the_later_declaration_speaks_last_and_renames_do_not_matter() {
    let declared = "2024-07 02 2024-01-10 siret=300001\n2024-08 01 2024-01-10 siret=300002\n2024-09 01 2024-01-10 siret=300002";
    let changes = "2024-08 2024-01-10 siret=300002 at=2024-08-01 old_siret=300001
                   2024-09 2024-01-10 siret=300002 at=2024-09-01 old_nature=92 depth=2024-07-01
                   2024-08 2024-01-10 siret=300002 at=2024-08-01 old_nature=07 depth=2024-07-01";
    check_terms(declared, changes, "2024-07 92 --\n2024-08 92 --\n2024-09 01 --");
}

fn any_key() -> impl Strategy<Value = ContractKey> {
    (select(&[300_001_u64, 300_002, 400_001][..]), 1..4_u32, 0..2_i32).prop_map(|(siret, numero, start)| ContractKey {
        person: 1,
        siret,
        numero,
        date_debut: day("2024-01-01").plus_days(start),
    })
}

fn any_observation() -> impl Strategy<Value = Observation> {
    let fin = (0..300_i32, select(&[31_u16, 99, 100, 998][..]));
    (any_key(), 0..8_i32, any_terms(), proptest::option::weighted(0.3, fin), -500..5_000_i64).prop_map(
        |(contract, declared, terms, fin, hours_centi)| Observation {
            contract,
            declared_as: contract,
            month: month("2024-01").plus(declared),
            terms,
            fin: fin.map(|(days, motif)| Fin { date: contract.date_debut.plus_days(days), motif, dernier_jour_travaille: None }),
            hours_centi,
            gross_cents: hours_centi * 12,
            hours_unpaid_centi: 0,
            hours_extra_centi: 0,
        },
    )
}

fn any_change() -> impl Strategy<Value = ContractChange> {
    let old = (
        proptest::option::of(select(&[300_001_u64, 300_002, 400_001][..])),
        proptest::option::of(1..4_u32),
        proptest::option::weighted(0.3, 0..2_i32),
        proptest::option::weighted(0.3, select(&[1_u8, 2, 92][..])),
    );
    (any_key(), 0..8_i32, 0..4_i32, old).prop_map(|(contract, declared, date, (old_siret, old_numero, start, nature))| ContractChange {
        contract,
        month: month("2024-01").plus(declared),
        date: month("2024-01").plus(declared - date).first_day(),
        depth: Some(contract.date_debut),
        old_siret,
        old_numero,
        old_date_debut: start.map(|start| day("2024-01-01").plus_days(start)),
        old_terms: OldTerms { nature, ..OldTerms::default() },
    })
}

fn any_absence() -> impl Strategy<Value = Absence> {
    (any_key(), any::<bool>(), 0..200_i32, 0..8_i32, select(&[1_u16, 99, 501, 998][..]), proptest::option::of(0..40_i32)).prop_map(
        |(contract, is_sick_leave, first, declared, motif, length)| {
            let first = day("2024-01-01").plus_days(first);
            let last = length.map(|length| first.plus_days(length));
            Absence { contract, is_sick_leave, first, month: month("2024-01").plus(declared), motif, last }
        },
    )
}

type Told = (Vec<Observation>, Vec<ContractChange>, Vec<Absence>);

fn told_twice() -> impl Strategy<Value = (Told, Told)> {
    let all = (
        proptest::collection::vec(any_observation(), 0..40),
        proptest::collection::vec(any_change(), 0..8),
        proptest::collection::vec(any_absence(), 0..8),
    );
    all.prop_flat_map(|(declared, changes, absences)| {
        let shuffled = (Just(declared.clone()).prop_shuffle(), Just(changes.clone()).prop_shuffle(), Just(absences.clone()).prop_shuffle());
        (Just((declared, changes, absences)), shuffled)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_order_matters((told, shuffled) in told_twice(), silent in 0..5_i32) {
        let lake = month("2024-08").plus(silent);
        let careers = |(mut declared, changes, absences): Told| careers_of(&mut declared, &changes, &absences, lake);
        prop_assert_eq!(careers(told), careers(shuffled));
    }

    #[test]
    fn hours_are_kept_and_keys_are_unique((told, _) in told_twice()) {
        let (mut declared, changes, absences) = told;
        let hours: i64 = declared.iter().map(|observation| observation.hours_centi).sum();
        let keys: std::collections::BTreeSet<ContractKey> = declared.iter().map(|observation| observation.contract).collect();
        let careers = careers_of(&mut declared, &changes, &absences, month("2024-12"));
        prop_assert_eq!(careers.spells.iter().map(|spell| spell.hours_centi).sum::<i64>(), hours);
        prop_assert!(careers.spells.is_sorted_by(|left, right| left.contract < right.contract));
        prop_assert!(careers.spells.iter().all(|spell| keys.contains(&spell.contract)), "a spell has a key that was declared");
        prop_assert!(careers.months.iter().all(|row| row.days_suspended <= row.days_active));
    }

    #[test]
    fn what_is_resolved_is_final(links in proptest::collection::vec((0..8_u64, 0..8_u64, proptest::option::of(0..5_i32)), 0..12)) {
        let renames: Vec<Rename<u64>> = links.iter().map(|(old, new, date)| Rename { old: *old, new: *new, date: date.map(Day), declared: None }).collect();
        let reversed: Vec<Rename<u64>> = renames.iter().rev().copied().collect();
        let becomes: BTreeMap<u64, u64> = resolve(&renames);
        prop_assert_eq!(&becomes, &resolve(&reversed));
        prop_assert!(becomes.values().all(|end| !becomes.contains_key(end)));
        let again: Vec<Rename<u64>> = becomes.iter().map(|(old, new)| Rename { old: *old, new: *new, date: None, declared: None }).collect();
        prop_assert_eq!(resolve(&again), becomes);
    }
}
