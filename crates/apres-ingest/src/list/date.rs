//! Dates as people and software write them.
//!
//! The order of day and month is decided once for a column, never for a cell: `03/04/2024` alone says nothing. A year of two digits is read in the
//! century that fits the field (a birth, or a recent day). A date with an unknown day or month is not a date.

use chrono::{Datelike, Days, NaiveDate};
use serde::Serialize;

use super::Cell;

/// How the dates of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFormat {
    /// `12/03/1985`, `12-03-1985`, `12.03.1985`.
    DayMonthYear,
    /// `12/03/85`.
    DayMonthShortYear,
    /// `03/12/1985`, said by other cells of the column.
    MonthDayYear,
    /// `1985-03-12`, with or without a time.
    YearMonthDay,
    /// `19850312`.
    CompactYearMonthDay,
    /// `12031985`.
    CompactDayMonthYear,
    /// `12 mars 1985`.
    MonthName,
    /// `31118`: days since 30/12/1899.
    SpreadsheetSerial,
    /// A date cell of a spreadsheet.
    SpreadsheetDate,
}

/// Which of the two first numbers of `03/12/1985` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

/// The years in which a year of two digits may fall: the latest one that is not after `year_max`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pivot {
    pub(super) year_max: i32,
}

/// Participants are at least this old: a birth year of two digits is read so.
pub(super) const AGE_YEARS_MIN: i32 = 14;

/// How far ahead the entry or the exit of a programme may be planned.
const PLANNED_YEARS_MAX: i32 = 10;

impl Pivot {
    pub(super) fn birth(today: NaiveDate) -> Self {
        Self { year_max: today.year() - AGE_YEARS_MIN }
    }

    pub(super) fn recent(today: NaiveDate) -> Self {
        Self { year_max: today.year() + PLANNED_YEARS_MAX }
    }

    fn year(self, short: i32) -> i32 {
        let century = self.year_max.div_euclid(100) * 100;
        if century + short <= self.year_max { century + short } else { century - 100 + short }
    }
}

/// Why a cell is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateFault {
    Unreadable,
    /// The day or the month is missing or zero.
    Incomplete,
}

/// What the cells of a column, taken together, say of its dates.
#[derive(Debug, Clone)]
pub(super) struct ColumnDates {
    pub(super) order: Order,
    /// Both orders are certain, in different cells.
    pub(super) is_mixed: bool,
    pub(super) filled: u64,
    pub(super) read: u64,
    /// The most frequent format first.
    pub(super) formats: Vec<(DateFormat, u64)>,
    /// The middle of the years read, to tell births from recent days.
    pub(super) year_median: Option<i32>,
}

/// Reads the dates of a column; `pivot` only matters for years of two digits.
pub(super) fn column_dates<'a>(cells: impl Iterator<Item = &'a Cell> + Clone, pivot: Pivot) -> ColumnDates {
    let (mut day_first, mut month_first) = (0_u64, 0_u64);
    for cell in cells.clone() {
        if let Cell::Text(text) = cell
            && let Some(Shape::Numbers { first, second, .. }) = shape(text)
        {
            day_first += u64::from(first > 12 && second <= 12);
            month_first += u64::from(second > 12 && first <= 12);
        }
    }
    let order = if month_first > 0 && day_first == 0 { Order::MonthFirst } else { Order::DayFirst };
    let mut filled = 0;
    let mut years = Vec::new();
    let mut formats: Vec<(DateFormat, u64)> = Vec::new();
    for cell in cells.filter(|cell| !cell.is_empty()) {
        filled += 1;
        let Ok((date, format)) = parse(cell, order, pivot) else { continue };
        years.push(date.year());
        match formats.iter_mut().find(|(known, _)| *known == format) {
            Some((_, count)) => *count += 1,
            None => formats.push((format, 1)),
        }
    }
    formats.sort_by_key(|(format, count)| (std::cmp::Reverse(*count), *format));
    years.sort_unstable();
    let read = formats.iter().map(|(_, count)| count).sum();
    ColumnDates {
        order,
        is_mixed: day_first > 0 && month_first > 0,
        filled,
        read,
        formats,
        year_median: years.get(years.len() / 2).copied(),
    }
}

/// Reads one cell.
pub(super) fn parse(cell: &Cell, order: Order, pivot: Pivot) -> Result<(NaiveDate, DateFormat), DateFault> {
    match cell {
        Cell::Empty => Err(DateFault::Unreadable),
        Cell::Date(date) => Ok((*date, DateFormat::SpreadsheetDate)),
        Cell::Number(_) => parse_digits(cell.text().split('.').next().unwrap_or_default()),
        Cell::Text(text) => match shape(text) {
            None => Err(DateFault::Unreadable),
            Some(Shape::Incomplete) => Err(DateFault::Incomplete),
            Some(Shape::Digits(digits)) => parse_digits(&digits),
            Some(Shape::YearFirst { year, month, day }) => whole(year, month, day, DateFormat::YearMonthDay),
            Some(Shape::MonthName { day, month, year }) => whole(year.full(pivot), month, day, DateFormat::MonthName),
            Some(Shape::Numbers { first, second, year }) => {
                let (day, month) = match order {
                    Order::DayFirst => (first, second),
                    Order::MonthFirst => (second, first),
                };
                let format = match (order, year) {
                    (Order::MonthFirst, _) => DateFormat::MonthDayYear,
                    (Order::DayFirst, Year::Short(_)) => DateFormat::DayMonthShortYear,
                    (Order::DayFirst, Year::Full(_)) => DateFormat::DayMonthYear,
                };
                whole(year.full(pivot), month, day, format)
            }
        },
    }
}

#[derive(Debug, Clone, Copy)]
enum Year {
    Full(i32),
    Short(i32),
}

impl Year {
    fn full(self, pivot: Pivot) -> i32 {
        match self {
            Self::Full(year) => year,
            Self::Short(year) => pivot.year(year),
        }
    }
}

/// What a text looks like, before its order is known.
enum Shape {
    Numbers { first: u32, second: u32, year: Year },
    YearFirst { year: i32, month: u32, day: u32 },
    MonthName { day: u32, month: u32, year: Year },
    Digits(String),
    Incomplete,
}

fn shape(text: &str) -> Option<Shape> {
    const BYTES_MAX: usize = 64;
    if text.len() > BYTES_MAX || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let date = without_time(text);
    let mut parts: Vec<&str> = date.split(['/', '-', '.', ' ', ',', '\u{a0}', '\u{202f}']).filter(|part| !part.is_empty()).collect();
    if parts.len() == 4 && parts[0].chars().all(char::is_alphabetic) {
        parts.remove(0); // the day of the week
    }
    match parts[..] {
        [digits] if is_number(digits, 5..=8) => Some(Shape::Digits(digits.to_owned())),
        // A serial with the time of the day after its decimal sign.
        [digits, fraction] if is_number(digits, 5..=5) && is_number(fraction, 1..=12) => Some(Shape::Digits(digits.to_owned())),
        [year] if is_number(year, 4..=4) => Some(Shape::Incomplete),
        [month, year] if is_number(year, 4..=4) && (is_number(month, 1..=2) || month_named(month).is_some()) => Some(Shape::Incomplete),
        [year, month, day] if is_number(year, 4..=4) && is_number(month, 1..=2) && is_number(day, 1..=2) => {
            Some(Shape::YearFirst { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? })
        }
        [first, second, year] if is_number(first, 1..=2) && is_number(second, 1..=2) => {
            Some(Shape::Numbers { first: first.parse().ok()?, second: second.parse().ok()?, year: year_of(year)? })
        }
        [day, month, year] if month_named(month).is_some() => {
            let day = day.strip_suffix("er").unwrap_or(day);
            Some(Shape::MonthName { day: day.parse().ok()?, month: month_named(month)?, year: year_of(year)? })
        }
        [day, month, year] if is_unknown(day) && (is_unknown(month) || is_number(month, 1..=2)) && is_number(year, 4..=4) => {
            Some(Shape::Incomplete)
        }
        _ => None,
    }
}

/// `12/03/1985 00:00:00` and `1985-03-12T00:00:00Z` without their time.
fn without_time(text: &str) -> &str {
    text.match_indices([' ', 'T'])
        .find(|(at, _)| text[at + 1..].contains(':') && text[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
        .filter(|(at, _)| text[..*at].chars().any(|c| c.is_ascii_digit()) && *at >= 6)
        .map_or(text, |(at, _)| &text[..at])
}

fn is_number(text: &str, digits: std::ops::RangeInclusive<usize>) -> bool {
    digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unknown(text: &str) -> bool {
    text.chars().all(|c| matches!(c, 'x' | 'X' | '?' | '_'))
}

fn year_of(text: &str) -> Option<Year> {
    match text.len() {
        4 if is_number(text, 4..=4) => text.parse().ok().map(Year::Full),
        2 if is_number(text, 2..=2) => text.parse().ok().map(Year::Short),
        _ => None,
    }
}

fn month_named(text: &str) -> Option<u32> {
    const NAMES: [&str; 12] =
        ["JANVIER", "FEVRIER", "MARS", "AVRIL", "MAI", "JUIN", "JUILLET", "AOUT", "SEPTEMBRE", "OCTOBRE", "NOVEMBRE", "DECEMBRE"];
    let word = crate::identity::normalised(text);
    let known_prefix = match word.as_str() {
        "FEV" | "FEVR" | "AVR" | "JUIL" | "JANV" | "SEPT" | "DEC" | "OCT" | "NOV" | "JAN" | "SEP" | "AOU" => true,
        other => other.len() >= 3 && NAMES.contains(&other),
    };
    let place = NAMES.iter().position(|name| known_prefix && name.starts_with(&word))?;
    u32::try_from(place + 1).ok()
}

/// Five digits are a serial; seven or eight a date without separators, whose first zero a spreadsheet may have eaten.
///
/// Between 1900 and 2099 no eight digits are a date in both orders: the year of one would be the impossible month of the other.
fn parse_digits(digits: &str) -> Result<(NaiveDate, DateFormat), DateFault> {
    let number: u32 = digits.parse().map_err(|_| DateFault::Unreadable)?;
    match digits.len() {
        4 => Err(DateFault::Incomplete),
        5 => {
            let base = NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day of the calendar");
            let day = base.checked_add_days(Days::new(u64::from(number))).filter(|date| date.year() <= 2100);
            day.map(|date| (date, DateFormat::SpreadsheetSerial)).ok_or(DateFault::Unreadable)
        }
        7 | 8 => {
            let year_first = whole_parts(number / 10_000, number / 100 % 100, number % 100, DateFormat::CompactYearMonthDay);
            if year_first.is_ok() {
                return year_first;
            }
            let (day, month, year) = (number / 1_000_000, number / 10_000 % 100, number % 10_000);
            whole_parts(year, month, day, DateFormat::CompactDayMonthYear)
        }
        _ => Err(DateFault::Unreadable),
    }
}

fn whole_parts(year: u32, month: u32, day: u32, format: DateFormat) -> Result<(NaiveDate, DateFormat), DateFault> {
    if !(1900..2100).contains(&year) {
        return Err(DateFault::Unreadable);
    }
    whole(i32::try_from(year).map_err(|_| DateFault::Unreadable)?, month, day, format)
}

/// A day of the calendar; zero, or the 99 of the DSN, is an unknown day or month.
fn whole(year: i32, month: u32, day: u32, format: DateFormat) -> Result<(NaiveDate, DateFormat), DateFault> {
    if matches!(month, 0 | 99) || matches!(day, 0 | 99) {
        return Err(DateFault::Incomplete);
    }
    if !(1800..=2200).contains(&year) {
        return Err(DateFault::Unreadable);
    }
    NaiveDate::from_ymd_opt(year, month, day).map(|date| (date, format)).ok_or(DateFault::Unreadable)
}
