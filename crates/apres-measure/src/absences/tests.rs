use super::{Absence, suspend};

use crate::made_up::{day, lines_of, month, month_row, observation};

/// Absences written `month block motif first..last`; the days suspended of January to March 2024, all of them worked otherwise.
#[track_caller]
fn check(absences: &str, expected: [u8; 3]) {
    let contract = observation("2024-01 01 2023-01-01").contract;
    let read = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [declared, block, motif, days] = words[..] else { panic!("month, block, motif, days") };
        let (first, last) = days.split_once("..").unwrap();
        Absence {
            contract,
            is_sick_leave: block == "60",
            first: day(first),
            month: month(declared),
            motif: motif.parse().unwrap(),
            last: (!last.is_empty()).then(|| day(last)),
        }
    };
    let mut absences: Vec<Absence> = lines_of(absences).map(read).collect();
    for _ in 0..2 {
        let mut months: Vec<_> = ["2024-01", "2024-02", "2024-03"].map(|declared| month_row(contract, declared, 0)).into();
        months.iter_mut().for_each(|row| row.days_active = 29);
        suspend(&mut months, &absences);
        assert_eq!(months.iter().map(|row| row.days_suspended).collect::<Vec<_>>(), expected);
        absences.reverse();
    }
}

#[test]
fn an_absence_over_two_months() {
    check("2024-01 60 01 2024-01-30..2024-02-02", [2, 2, 0]);
}

#[test]
fn two_absences_on_one_day_are_one_day() {
    check("2024-01 60 01 2024-01-01..2024-01-10\n2024-01 65 501 2024-01-06..2024-01-15", [15, 0, 0]);
}

#[test]
fn an_absence_without_an_end_lasts_to_the_end_of_its_month() {
    check("2024-01 65 501 2024-01-20..\n2024-02 65 501 2024-01-20..", [12, 29, 0]);
}

#[test]
fn the_latest_month_corrects_the_end() {
    check("2024-01 60 01 2024-01-20..2024-03-31\n2024-02 60 01 2024-01-20..2024-02-04", [12, 4, 0]);
    check("2024-01 60 01 2024-01-20..2024-01-22\n2024-02 60 03 2024-01-20..2024-02-04", [12, 4, 0]);
}

#[test]
fn a_cancelled_absence_never_was_unless_it_is_said_again() {
    check("2024-01 60 01 2024-01-20..2024-01-31\n2024-02 60 99 2024-01-20..2024-01-31", [0, 0, 0]);
    check(
        "2024-01 65 501 2024-01-20..2024-01-31\n2024-02 65 998 2024-01-20..2024-01-31\n2024-02 65 632 2024-01-20..2024-02-02",
        [12, 2, 0],
    );
    check("2024-01 65 501 2024-01-20..2024-01-31\n2024-02 60 99 2024-01-20..2024-01-31", [12, 0, 0]);
}

#[test]
fn what_is_worked_or_paid_leave_is_not_suspended() {
    for worked in ["60 15", "60 18", "65 200", "65 112", "65 647"] {
        check(&format!("2024-01 {worked} 2024-01-01..2024-01-31"), [0, 0, 0]);
    }
}

#[test]
fn no_more_days_than_the_contract_has() {
    check("2024-01 65 501 2024-01-01..2024-01-31", [29, 0, 0]);
}
