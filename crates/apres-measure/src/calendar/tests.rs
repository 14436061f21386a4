use super::{Day, Month, Quarter};
use crate::made_up::{day, month};

#[test]
fn a_month_later_is_the_same_day_or_the_last_of_the_month() {
    for (from, months, to) in [
        ("2024-08-31", 6, "2025-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2024-08-31", 1, "2024-09-30"),
        ("2024-08-30", 6, "2025-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 24, "2026-02-28"),
        ("2024-02-28", 1, "2024-03-28"),
        ("2024-12-31", 0, "2024-12-31"),
        ("2024-11-15", 3, "2025-02-15"),
    ] {
        assert_eq!(day(from).plus_months(months), day(to), "{from} + {months}");
    }
}

#[test]
fn days_agree_with_months_and_quarters() {
    for (text, months, first, last, quarter) in [
        ("2024-02-29", "2024-02", "2024-02-01", "2024-02-29", "2024T1"),
        ("2025-02-28", "2025-02", "2025-02-01", "2025-02-28", "2025T1"),
        ("2024-09-30", "2024-09", "2024-09-01", "2024-09-30", "2024T3"),
        ("2024-10-01", "2024-10", "2024-10-01", "2024-10-31", "2024T4"),
        ("1969-12-31", "1969-12", "1969-12-01", "1969-12-31", "1969T4"),
        ("1970-01-01", "1970-01", "1970-01-01", "1970-01-31", "1970T1"),
    ] {
        let month = day(text).month();
        assert_eq!(month.to_string(), months);
        assert_eq!(month.first_day().to_string(), first);
        assert_eq!(month.last_day().to_string(), last);
        assert_eq!(month.quarter().to_string(), quarter);
        assert_eq!(day(text).to_string(), text);
    }
    assert_eq!(day("1970-01-01"), Day(0));
    assert_eq!(month("2024-01"), Month(24_288));
    assert_eq!(month("2024-07").quarter().last_month(), month("2024-09"));
    assert_eq!(month("2024-12").quarter().last_month(), month("2024-12"));
    assert_eq!(month("2024-12").quarter(), Quarter(2024 * 4 + 3));
}

#[test]
fn lengths_include_both_ends() {
    assert_eq!(day("2024-01-01").days_since(day("2024-01-01")), 1);
    assert_eq!(day("2024-12-31").days_since(day("2024-01-01")), 366);
    assert_eq!(day("2024-01-01").days_since(day("2024-01-02")), 0);
}

#[test]
fn the_ends_of_time_saturate() {
    assert_eq!(Day::MAX.plus_days(60), Day::MAX);
    assert_eq!(Day::MAX.plus_months(24), Day::MAX);
    assert!(Day::MAX.month() > month("9999-12"));
    assert!(Day(i32::MIN).month() < month("0001-01"));
    assert!(Month(i32::MAX).last_day() > day("9999-12-31"));
    assert!(Month(i32::MIN).first_day() < day("0001-01-01"));
}
