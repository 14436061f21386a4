use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Careers, Observation, build_spells};
use crate::calendar::Day;
use crate::contract::{ContractKey, EndStatus};
use crate::made_up::{any_terms, assert_same_lines, day, month, observations};
use crate::spells::Fin;

/// Builds the spells of some observations and compares them with what a reader expects, a line per spell:
/// `person siret numero start..end status [motif], first month..last month, hours, gross pay of the last month`.
#[track_caller]
fn check(lake_last_month: &str, declared: &str, expected: &str) -> Careers {
    let careers = build_spells(&observations(declared), month(lake_last_month));
    let mut seen = String::new();
    for spell in &careers.spells {
        let ContractKey { person, siret, numero, date_debut } = spell.contract;
        let end = spell.date_fin.map(|end| end.to_string()).unwrap_or_default();
        let motif = spell.motif_fin.map(|motif| format!(" {motif:03}")).unwrap_or_default();
        let status = spell.end_status.id();
        let (first, last) = (spell.first_month, spell.last_month);
        let (hours, gross) = (spell.hours_centi, spell.last_gross_cents);
        writeln!(seen, "p{person} {siret} n{numero} {date_debut}..{end} {status}{motif}, {first}..{last}, {hours} ch, {gross} c").unwrap();
    }
    assert_same_lines(&seen, expected);
    careers
}

#[test]
fn a_plain_cdi_stays_open() {
    check(
        "2024-03",
        "2024-01 01 2024-01-08 hours=120.00 gross=1500.00
         2024-02 01 2024-01-08 hours=151.67 gross=1800.00
         2024-03 01 2024-01-08 hours=151.67 gross=1810.00",
        "p1 900001 n1 2024-01-08.. open, 2024-01..2024-03, 42334 ch, 181000 c",
    );
}

#[test]
fn a_plain_cdd_that_disappears_ends_on_its_expected_day() {
    let declared = "2024-01 02 2024-01-08 expected=2024-02-16
                    2024-02 02 2024-01-08 expected=2024-02-16";
    check("2024-04", declared, "p1 900001 n1 2024-01-08.. open, 2024-01..2024-02, 0 ch, 0 c");
    check("2024-05", declared, "p1 900001 n1 2024-01-08..2024-02-16 inferred, 2024-01..2024-02, 0 ch, 0 c");
}

#[test]
fn an_expected_end_outside_the_last_month_says_nothing_of_the_end() {
    for expected in ["", "expected=2024-01-31", "expected=2024-03-01", "expected=2023-02-10"] {
        check(
            "2024-05",
            &format!("2024-02 02 2024-01-08 {expected}"),
            "p1 900001 n1 2024-01-08..2024-02-29 inferred, 2024-02..2024-02, 0 ch, 0 c",
        );
    }
    for (expected, end) in [("2024-02-01", "2024-02-01"), ("2024-02-29", "2024-02-29")] {
        check(
            "2024-05",
            &format!("2024-02 02 2024-01-08 expected={expected}"),
            &format!("p1 900001 n1 2024-01-08..{end} inferred, 2024-02..2024-02, 0 ch, 0 c"),
        );
    }
}

#[test]
fn an_interim_mission_ends_as_declared() {
    check(
        "2024-01",
        "2024-01 03 2024-01-10 expected=2024-01-12 utilisateur=77 hours=21.00 end=2024-01-12/031",
        "p1 900001 n1 2024-01-10..2024-01-12 declared 031, 2024-01..2024-01, 2100 ch, 0 c",
    );
}

#[test]
fn an_end_block_ends_early_or_late() {
    check(
        "2024-02",
        "2024-01 02 2024-01-08 expected=2024-06-30
         2024-02 02 2024-01-08 expected=2024-06-30 end=2024-02-14/037",
        "p1 900001 n1 2024-01-08..2024-02-14 declared 037, 2024-01..2024-02, 0 ch, 0 c",
    );
    check(
        "2024-02",
        "2024-02 02 2024-01-08 expected=2024-01-31 end=2024-02-14/031",
        "p1 900001 n1 2024-01-08..2024-02-14 declared 031, 2024-02..2024-02, 0 ch, 0 c",
    );
}

#[test]
fn a_declared_end_stands_when_the_contract_is_declared_again_without_it() {
    // A balance paid after the end repeats the contract, not its end.
    check(
        "2024-12",
        "2024-01 02 2024-01-08 end=2024-01-31/031 gross=1800.00
         2024-02 02 2024-01-08 gross=120.00",
        "p1 900001 n1 2024-01-08..2024-01-31 declared 031, 2024-01..2024-02, 0 ch, 12000 c",
    );
}

#[test]
fn a_later_end_replaces_an_earlier_one() {
    check(
        "2024-12",
        "2024-01 02 2024-01-08 end=2024-01-31/031
         2024-02 02 2024-01-08 end=2024-01-26/037",
        "p1 900001 n1 2024-01-08..2024-01-26 declared 037, 2024-01..2024-02, 0 ch, 0 c",
    );
}

#[test]
fn motif_099_cancels_the_end_declared_before() {
    let cancelled = "2024-01 01 2024-01-08 end=2024-01-31/059
                     2024-02 01 2024-01-08 end=2024-01-31/099";
    check("2024-04", cancelled, "p1 900001 n1 2024-01-08.. open, 2024-01..2024-02, 0 ch, 0 c");
    check("2024-05", cancelled, "p1 900001 n1 2024-01-08..2024-02-29 inferred, 2024-01..2024-02, 0 ch, 0 c");
    check(
        "2024-05",
        &format!("{cancelled}\n2024-04 01 2024-01-08 end=2024-04-19/059"),
        "p1 900001 n1 2024-01-08..2024-04-19 declared 059, 2024-01..2024-04, 0 ch, 0 c",
    );
    check("2024-02", "2024-02 01 2024-01-08 end=2024-01-31/099", "p1 900001 n1 2024-01-08.. open, 2024-02..2024-02, 0 ch, 0 c");
}

#[test]
fn an_end_and_its_cancellation_in_one_month_leave_the_end() {
    check(
        "2024-12",
        "2024-01 01 2024-01-08 end=2024-01-31/099
         2024-01 01 2024-01-08 end=2024-01-20/059",
        "p1 900001 n1 2024-01-08..2024-01-20 declared 059, 2024-01..2024-01, 0 ch, 0 c",
    );
}

#[test]
fn a_contract_reopens_when_it_is_declared_again() {
    let declared = "2024-01 01 2023-05-01
                    2024-02 01 2023-05-01";
    check("2024-05", declared, "p1 900001 n1 2023-05-01..2024-02-29 inferred, 2024-01..2024-02, 0 ch, 0 c");
    check("2024-06", &format!("{declared}\n2024-06 01 2023-05-01"), "p1 900001 n1 2023-05-01.. open, 2024-01..2024-06, 0 ch, 0 c");
}

#[test]
fn three_silent_months_close_a_contract_and_two_do_not() {
    let declared = "2024-01 01 2023-05-01";
    for (lake, expected) in [
        ("2024-01", "p1 900001 n1 2023-05-01.. open, 2024-01..2024-01, 0 ch, 0 c"),
        ("2024-03", "p1 900001 n1 2023-05-01.. open, 2024-01..2024-01, 0 ch, 0 c"),
        ("2024-04", "p1 900001 n1 2023-05-01..2024-01-31 inferred, 2024-01..2024-01, 0 ch, 0 c"),
        ("2025-01", "p1 900001 n1 2023-05-01..2024-01-31 inferred, 2024-01..2024-01, 0 ch, 0 c"),
    ] {
        check(lake, declared, expected);
    }
}

#[test]
fn a_month_without_a_declaration_is_no_end() {
    // An establishment that fails to declare March has not dismissed anyone.
    check(
        "2024-04",
        "2024-01 01 2023-05-01
         2024-04 01 2023-05-01",
        "p1 900001 n1 2023-05-01.. open, 2024-01..2024-04, 0 ch, 0 c",
    );
}

#[test]
fn a_suspended_contract_is_declared_with_no_hours_and_goes_on() {
    let careers = check(
        "2024-03",
        "2024-01 01 2023-05-01 hours=151.67 gross=1800.00
         2024-02 01 2023-05-01 hours=0.00 gross=0.00
         2024-03 01 2023-05-01 hours=0.00 gross=0.00",
        "p1 900001 n1 2023-05-01.. open, 2024-01..2024-03, 15167 ch, 0 c",
    );
    assert_eq!(careers.months[1].days_active, 29);
}

#[test]
fn another_employer_number_or_start_is_another_contract_without_a_change_block() {
    check(
        "2024-06",
        "2024-01 01 2023-05-01 siret=300001 end=2024-01-31/998
         2024-02 01 2023-05-01 siret=400001
         2024-03 01 2023-05-01 siret=400001 numero=2
         2024-06 01 2023-05-02 siret=400001 numero=2",
        "p1 300001 n1 2023-05-01..2024-01-31 declared 998, 2024-01..2024-01, 0 ch, 0 c
         p1 400001 n1 2023-05-01..2024-02-29 inferred, 2024-02..2024-02, 0 ch, 0 c
         p1 400001 n2 2023-05-01..2024-03-31 inferred, 2024-03..2024-03, 0 ch, 0 c
         p1 400001 n2 2023-05-02.. open, 2024-06..2024-06, 0 ch, 0 c",
    );
}

#[test]
fn a_person_who_gets_a_nir_has_one_spell_once_known_to_be_one_person() {
    check(
        "2024-03",
        "2024-01 02 2024-01-08
         2024-02 02 2024-01-08
         2024-03 02 2024-01-08",
        "p1 900001 n1 2024-01-08.. open, 2024-01..2024-03, 0 ch, 0 c",
    );
    check(
        "2024-04",
        "2024-01 02 2024-01-08 person=1
         2024-02 02 2024-01-08 person=2
         2024-03 02 2024-01-08 person=2",
        "p1 900001 n1 2024-01-08..2024-01-31 inferred, 2024-01..2024-01, 0 ch, 0 c
         p2 900001 n1 2024-01-08.. open, 2024-02..2024-03, 0 ch, 0 c",
    );
}

#[test]
fn the_terms_of_the_latest_month_stand() {
    let careers = check(
        "2024-02",
        "2024-01 02 2024-01-08 expected=2024-03-31 dispositif=71 complement=02 utilisateur=77 quotite=800 departement=59
         2024-02 01 2024-01-08 dispositif=99 utilisateur=78 quotite=1000 departement=62 ape=7820Z commune=62041",
        "p1 900001 n1 2024-01-08.. open, 2024-01..2024-02, 0 ch, 0 c",
    );
    let last = observations("2024-02 01 2024-01-08 dispositif=99 utilisateur=78 quotite=1000 departement=62 ape=7820Z commune=62041");
    assert_eq!(careers.spells[0].terms, last[0].terms);
}

#[test]
fn a_renewed_cdd_takes_its_new_expected_end() {
    check(
        "2024-07",
        "2024-01 02 2024-01-08 expected=2024-01-31
         2024-02 02 2024-01-08 expected=2024-04-15
         2024-03 02 2024-01-08 expected=2024-04-15
         2024-04 02 2024-01-08 expected=2024-04-15",
        "p1 900001 n1 2024-01-08..2024-04-15 inferred, 2024-01..2024-04, 0 ch, 0 c",
    );
}

#[test]
fn fractions_and_repeats_of_a_month_add_up() {
    let careers = check(
        "2024-02",
        "2024-01 02 2024-01-08 hours=50.00 gross=700.00 expected=2024-01-31
         2024-01 02 2024-01-08 hours=20.00 gross=300.00 expected=2024-04-30 end=2024-01-25/031
         2024-02 02 2024-01-08 hours=-5.00 gross=-60.00",
        "p1 900001 n1 2024-01-08..2024-01-25 declared 031, 2024-01..2024-02, 6500 ch, -6000 c",
    );
    let months: Vec<_> =
        careers.months.iter().map(|row| (row.month.to_string(), row.hours_centi, row.gross_cents, row.days_active)).collect();
    assert_eq!(months, [("2024-01".to_owned(), 7000, 100_000, 18), ("2024-02".to_owned(), -500, -6000, 0)]);
}

#[test]
fn a_contract_that_ends_before_it_starts_is_kept_and_never_active() {
    let careers = check(
        "2024-01",
        "2024-01 02 2024-01-08 end=2024-01-07/035",
        "p1 900001 n1 2024-01-08..2024-01-07 declared 035, 2024-01..2024-01, 0 ch, 0 c",
    );
    assert!(careers.spells[0].is_void());
    assert_eq!(careers.months[0].days_active, 0);
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(build_spells(&[], month("2024-01")), Careers::default());
}

#[test]
#[should_panic(expected = "sorted")]
fn observations_out_of_order_are_a_fault() {
    let mut declared = observations("2024-01 01 2024-01-01\n2024-02 01 2024-01-01");
    declared.reverse();
    let _ = build_spells(&declared, month("2024-02"));
}

fn any_observations() -> impl Strategy<Value = Vec<Observation>> {
    let first_month = month("2024-01");
    let fin = (0..300_i32, proptest::sample::select(&[31_u16, 37, 99][..]));
    let one = (
        (1..3_u64, 0..2_u64, 1..3_u32, 0..2_i32),
        0..10_i32,
        any_terms(),
        proptest::option::weighted(0.3, fin),
        (-2000..20_000_i64, -2000..200_000_i64),
    );
    let observation = one.prop_map(move |(key, declared, terms, fin, (hours_centi, gross_cents))| {
        let (person, establishment, numero, start) = key;
        let date_debut = day("2024-01-01").plus_days(start);
        let contract = ContractKey { person, siret: 300_001 + establishment, numero, date_debut };
        Observation {
            contract,
            declared_as: contract,
            hours_unpaid_centi: 0,
            hours_extra_centi: 0,
            month: first_month.plus(declared),
            terms,
            fin: fin.map(|(days, motif)| Fin { date: date_debut.plus_days(days), motif, dernier_jour_travaille: None }),
            hours_centi,
            gross_cents,
        }
    });
    proptest::collection::vec(observation, 0..60)
}

fn sorted(mut declared: Vec<Observation>) -> Vec<Observation> {
    declared.sort_by_key(|observation| (observation.contract, observation.month));
    declared
}

proptest! {
    #[test]
    fn the_order_of_reading_changes_nothing(
        (declared, shuffled) in any_observations()
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        silent in 0..5_i32,
    ) {
        let lake = month("2024-10").plus(silent);
        prop_assert_eq!(
            build_spells(&sorted(declared), lake),
            build_spells(&sorted(shuffled), lake)
        );
    }

    #[test]
    fn people_can_be_shared_out(declared in any_observations(), silent in 0..5_i32) {
        let lake = month("2024-10").plus(silent);
        let declared = sorted(declared);
        let mut parts = Careers::default();
        for person in declared.chunk_by(|left, right| left.contract.person == right.contract.person) {
            let careers = build_spells(person, lake);
            parts.spells.extend(careers.spells);
            parts.months.extend(careers.months);
        }
        prop_assert_eq!(build_spells(&declared, lake), parts);
    }

    #[test]
    fn a_silent_month_more_changes_no_end_but_open_ones(declared in any_observations(), silent in 0..5_i32) {
        let lake = month("2024-10").plus(silent);
        let declared = sorted(declared);
        let before = build_spells(&declared, lake).spells;
        let after = build_spells(&declared, lake.plus(1)).spells;
        prop_assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            if before.end_status == EndStatus::Open {
                prop_assert!(after.end_status != EndStatus::Declared);
            } else {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn no_hour_is_lost_and_keys_are_unique(declared in any_observations()) {
        let declared = sorted(declared);
        let careers = build_spells(&declared, month("2024-12"));
        let hours: i64 = declared.iter().map(|observation| observation.hours_centi).sum();
        prop_assert_eq!(careers.spells.iter().map(|spell| spell.hours_centi).sum::<i64>(), hours);
        prop_assert_eq!(careers.months.iter().map(|row| row.hours_centi).sum::<i64>(), hours);
        let is_strictly_sorted = careers.spells.is_sorted_by(|left, right| left.contract < right.contract);
        prop_assert!(is_strictly_sorted);
        let months = careers.months.iter().map(|row| (row.contract, row.month));
        prop_assert!(months.is_sorted_by(|left, right| left < right));
    }

    #[test]
    fn an_open_spell_has_no_end_and_the_others_have_one(declared in any_observations(), silent in 0..5_i32) {
        let lake = month("2024-10").plus(silent);
        for spell in build_spells(&sorted(declared), lake).spells {
            prop_assert_eq!(spell.date_fin.is_none(), spell.end_status == EndStatus::Open);
            prop_assert_eq!(spell.motif_fin.is_some(), spell.end_status == EndStatus::Declared);
            if spell.end_status == EndStatus::Inferred {
                prop_assert_eq!(spell.date_fin.map(Day::month), Some(spell.last_month));
            }
        }
    }
}
