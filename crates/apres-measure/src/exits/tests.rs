use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Exit, find_exits};
use crate::calendar::{Day, Month};
use crate::contract::Spell;
use crate::made_up::{any_spells, assert_same_lines, day, month, programmes, spells};

fn exits_of<'r>(spells: &[Spell], programmes: &'r [super::ProgrammeRule], lake: Month) -> Vec<Exit<'r>> {
    let mut exits = vec![];
    find_exits(spells, programmes, lake, &mut exits);
    exits
}

/// The exits of one person, a line each: `programme type siret entry..exit hours`.
#[track_caller]
fn check(lake_last_month: &str, lines: &str, expected: &str) {
    let programmes = programmes();
    let mut seen = String::new();
    for exit in exits_of(&spells(lines), &programmes, month(lake_last_month)) {
        let programme = &exit.programme.unwrap().id;
        let (structure_type, siret) = (exit.structure_type, exit.structure.unwrap());
        let (entry, date, hours) = (exit.entry.unwrap(), exit.date, exit.hours_centi);
        writeln!(seen, "{programme} {structure_type} {siret} {entry}..{date} {hours} ch").unwrap();
    }
    assert_same_lines(&seen, expected);
}

#[test]
fn the_exit_is_the_real_end_of_the_last_contract() {
    // The prototype took the expected end of the contract that started last.
    check(
        "2024-12",
        "02 2023-09-01..2024-05-31 dispositif=71 complement=02 numero=1
         02 2024-02-01..2024-03-15 dispositif=71 complement=02 numero=2 expected=2024-08-31",
        "iae ACI 900001 2023-09-01..2024-05-31 0 ch",
    );
}

#[test]
fn a_gap_of_sixty_days_continues_and_sixty_one_leaves() {
    let first = "02 2024-01-01..2024-03-31 complement=02 numero=1";
    check("2024-12", &format!("{first}\n02 2024-05-30..2024-08-31 complement=02 numero=2"), "iae ACI 900001 2024-01-01..2024-08-31 0 ch");
    check(
        "2024-12",
        &format!("{first}\n02 2024-05-31..2024-08-31 complement=02 numero=2"),
        "iae ACI 900001 2024-01-01..2024-03-31 0 ch
         iae ACI 900001 2024-05-31..2024-08-31 0 ch",
    );
}

#[test]
fn going_from_one_structure_to_another_is_no_exit() {
    check(
        "2024-12",
        "02 2024-01-01..2024-03-31 complement=02 siret=300001 departement=59
         02 2024-04-15..2024-08-31 complement=04 siret=400001 departement=62",
        "iae EI 400001 2024-01-01..2024-08-31 0 ch",
    );
}

#[test]
fn an_exit_is_seen_once_the_gap_has_passed() {
    let ended = "02 2024-01-01..2024-06-01 complement=02";
    check("2024-06", ended, "");
    check("2024-07", ended, "iae ACI 900001 2024-01-01..2024-06-01 0 ch");
    let ended_a_day_later = "02 2024-01-01..2024-06-02 complement=02";
    check("2024-07", ended_a_day_later, "");
    check("2024-08", ended_a_day_later, "iae ACI 900001 2024-01-01..2024-06-02 0 ch");
}

#[test]
fn whoever_is_still_there_has_not_left() {
    check("2024-12", "02 2024-01-01.. complement=02 expected=2024-03-31", "");
    check(
        "2024-12",
        "02 2024-01-01.. complement=02 numero=1
         02 2024-02-01..2024-03-31 complement=02 numero=2",
        "",
    );
    check("2024-12", "02 2024-01-01..2025-03-31 complement=02", "");
    check(
        "2024-12",
        "02 2023-01-01..2023-06-30 complement=02 numero=1
         02 2024-02-01.. complement=02 numero=2",
        "iae ACI 900001 2023-01-01..2023-06-30 0 ch",
    );
}

#[test]
fn the_minimum_of_81_days_counts_both_ends() {
    for complement in ["02", "04", "06", "07"] {
        check("2024-12", &format!("02 2024-01-01..2024-03-20 complement={complement}"), "");
        let kind = if ["02", "06"].contains(&complement) { "ACI" } else { "EI" };
        check(
            "2024-12",
            &format!("02 2024-01-01..2024-03-21 complement={complement}"),
            &format!("iae {kind} 900001 2024-01-01..2024-03-21 0 ch"),
        );
    }
    check("2024-12", "02 2024-01-01..2024-03-20 dispositif=71", "");
    check("2024-12", "02 2024-01-01..2024-03-21 dispositif=71", "iae autre 900001 2024-01-01..2024-03-21 0 ch");
}

#[test]
fn the_minimum_of_150_hours_adds_up_the_parcours() {
    for (complement, kind) in [("03", "AI"), ("05", "ETTI")] {
        let lines = |hours: &str| {
            format!(
                "03 2024-01-01..2024-01-31 complement={complement} numero=1 hours=100.00
                 03 2024-02-05..2024-02-09 complement={complement} numero=2 hours={hours}"
            )
        };
        check("2024-12", &lines("49.99"), "");
        check("2024-12", &lines("50.00"), &format!("iae {kind} 900001 2024-01-01..2024-02-09 15000 ch"));
    }
}

#[test]
fn the_minimum_is_that_of_the_structure_left() {
    check(
        "2024-12",
        "02 2024-01-01..2024-06-30 complement=02 siret=300001 hours=100.00
         03 2024-07-01..2024-07-05 complement=05 siret=400001 hours=35.00",
        "",
    );
}

#[test]
fn an_entreprise_adaptee_is_left_for_no_programme() {
    check("2024-12", "01 2023-01-01..2024-06-30 complement=01", "");
    check("2024-12", "02 2023-01-01..2024-06-30 complement=01 dispositif=71", "iae autre 900001 2023-01-01..2024-06-30 0 ch");
}

#[test]
fn pec_and_apprentissage_have_no_minimum() {
    for (dispositif, expected) in [
        ("41", "pec PEC 900001 2024-01-08..2024-01-10 0 ch"),
        ("42", "pec PEC 900001 2024-01-08..2024-01-10 0 ch"),
        ("64", "apprentissage apprentissage 900001 2024-01-08..2024-01-10 0 ch"),
        ("65", "apprentissage apprentissage 900001 2024-01-08..2024-01-10 0 ch"),
        ("81", "apprentissage apprentissage 900001 2024-01-08..2024-01-10 0 ch"),
        ("21", ""),
        ("61", ""),
        ("99", ""),
    ] {
        check("2024-12", &format!("02 2024-01-08..2024-01-10 dispositif={dispositif}"), expected);
    }
}

#[test]
fn a_contract_under_two_programmes_leaves_both() {
    check(
        "2024-12",
        "02 2024-01-01..2024-06-30 dispositif=41 complement=02",
        "iae ACI 900001 2024-01-01..2024-06-30 0 ch
         pec PEC 900001 2024-01-01..2024-06-30 0 ch",
    );
}

#[test]
fn two_exits_of_one_person_are_both_found() {
    // Which one counts depends on the question.
    check(
        "2024-12",
        "02 2023-01-01..2023-06-30 complement=02 numero=1
         02 2024-01-01..2024-06-30 complement=02 numero=2",
        "iae ACI 900001 2023-01-01..2023-06-30 0 ch
         iae ACI 900001 2024-01-01..2024-06-30 0 ch",
    );
}

#[test]
fn the_structure_left_is_settled_tie_by_tie() {
    let first = "02 2024-01-01..2024-06-30 complement=02 siret=300002 numero=2";
    for (other, left) in [
        // the latest end,
        ("02 2024-03-01..2024-06-29 complement=04 siret=300001 numero=1", "ACI 300002"),
        // then the latest start,
        ("02 2024-01-02..2024-06-30 complement=04 siret=400001 numero=3", "EI 400001"),
        // then the smaller SIRET,
        ("02 2024-01-01..2024-06-30 complement=04 siret=300001 numero=3", "EI 300001"),
        ("02 2024-01-01..2024-06-30 complement=04 siret=300003 numero=1", "ACI 300002"),
        // then the smaller number.
        ("02 2024-01-01..2024-06-30 complement=04 siret=300002 numero=1", "EI 300002"),
        ("02 2024-01-01..2024-06-30 complement=04 siret=300002 numero=3", "ACI 300002"),
    ] {
        let expected = format!("iae {left} 2024-01-01..2024-06-30 0 ch");
        check("2024-12", &format!("{first}\n{other}"), &expected);
    }
}

#[test]
fn the_exit_says_where_it_was_and_why() {
    let programmes = programmes();
    let spells = spells("02 2024-01-01..2024-06-30 complement=02 siret=300001 departement=2A motif_fin=31 hours=700.50");
    let exits = exits_of(&spells, &programmes, month("2024-12"));
    assert_eq!(exits[0].departement.unwrap().as_str(), "2A");
    assert_eq!(exits[0].motif_fin, Some(31));
    assert_eq!(exits[0].person, Some(1));
    assert_eq!(exits[0].hours_centi, 70_050);
}

#[test]
fn a_contract_never_worked_makes_no_exit() {
    check("2024-12", "02 2024-01-08..2024-01-07 dispositif=41", "");
}

proptest! {
    /// Exits found the slow way: paint the days of the programme, widen each by the gap, and look where the paint stops.
    #[test]
    fn exits_are_where_the_paint_stops(spells in any_spells()) {
        let programmes = programmes();
        let lake = month("2024-12");
        let last_day = lake.last_day();
        let pec = &programmes[1..2];
        let mut expected = vec![];
        let first_day = day("2021-12-01").0;
        let is_in = |number: i32| {
            spells.iter().any(|spell| pec[0].includes(&spell.terms) && spell.is_active_on(Day(number)))
        };
        let painted: Vec<bool> = (first_day..last_day.0 + 1000).map(is_in).collect();
        for (index, _) in painted.iter().enumerate().filter(|(_, is_in)| **is_in) {
            let number = first_day + i32::try_from(index).unwrap();
            let ahead = painted[index + 1..].iter().take(60);
            if number + 60 <= last_day.0 && !ahead.clone().any(|is_in| *is_in) {
                expected.push(Day(number));
            }
        }
        let found: Vec<Day> = exits_of(&spells, pec, lake).iter().map(|exit| exit.date).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn an_exit_once_seen_stays(spells in any_spells()) {
        let programmes = programmes();
        let before = exits_of(&spells, &programmes, month("2024-06"));
        let after = exits_of(&spells, &programmes, month("2024-07"));
        for exit in before {
            prop_assert!(after.contains(&exit));
        }
    }
}
