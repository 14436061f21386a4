//! How numbers, months, quarters and days are written in French.
//!
//! Pure functions; thousands and the percent sign take a narrow no-break space. Nothing here rounds a figure: that was done by the policy.

use apres_protect::memory::PeriodKind;
use apres_protect::{Month, Period, Quarter};

use crate::desk::UnixTime;
use crate::messages::{say, text};

/// Narrow no-break space, before `%` and between thousands.
pub const THIN: char = '\u{202f}';

/// `12 345`.
#[must_use]
pub fn integer(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(THIN);
        }
        grouped.push(digit);
    }
    grouped
}

/// `-3` as `−3`, `12345` as `12 345`.
#[must_use]
pub fn signed(value: i64) -> String {
    let grouped = integer(value.unsigned_abs());
    if value < 0 { format!("\u{2212}{grouped}") } else { grouped }
}

/// Tenths as `4,5`, or `4` when there are none.
#[must_use]
pub fn tenths(value: i64) -> String {
    let whole = signed(value / 10);
    match value.unsigned_abs() % 10 {
        0 => whole,
        tenth if value < 0 && value > -10 => format!("\u{2212}{whole},{tenth}"),
        tenth => format!("{whole},{tenth}"),
    }
}

/// Characters of a file name that a page shows.
const NAME_CHARS_MAX: usize = 48;
/// Characters kept at its end: the extension and what is before it.
const NAME_END_CHARS: usize = 14;

/// A file name that fits a page: a long one loses its middle, never its extension.
#[must_use]
pub fn file_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    let (begin, end) = (NAME_CHARS_MAX - NAME_END_CHARS - 1, letters.len() - NAME_END_CHARS);
    let begin: String = letters[..begin].iter().collect();
    format!("{}…{}", begin.trim_end(), letters[end..].iter().collect::<String>().trim_start())
}

/// The same words, the first letter a capital.
#[must_use]
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `42 %`.
#[must_use]
pub fn percent(value: u8) -> String {
    format!("{value}{THIN}%")
}

/// `+12 %`, `−28 %`, `stable`.
#[must_use]
pub fn change(percent: i64) -> String {
    match percent {
        0 => text("change.none").to_owned(),
        1.. => format!("+{}{THIN}%", signed(percent)),
        _ => format!("{}{THIN}%", signed(percent)),
    }
}

/// `de mars 2024`, `d’août 2024`.
#[must_use]
pub fn of_month(month: Month) -> String {
    let name = self::month(month);
    say(if name.starts_with(['a', 'o']) { "month_of.vowel" } else { "month_of.consonant" }, &[("month", &name)])
}

/// `août 2026`.
#[must_use]
pub fn month(month: Month) -> String {
    format!("{} {}", month_name(month.0.rem_euclid(12)), month.year())
}

/// `3e trimestre 2024`, in full.
#[must_use]
pub fn quarter(quarter: Quarter) -> String {
    let key = if quarter.quarter() == 1 { "quarter.first" } else { "quarter.other" };
    say(key, &[("n", &quarter.quarter().to_string()), ("year", &quarter.year().to_string())])
}

/// `Année 2024`, `Années 2023 et 2024`, `3e trimestre 2024`: a period of the closed list.
#[must_use]
pub fn closed_period(period: Period) -> String {
    let (first, last) = (period.from.year().to_string(), period.to.year().to_string());
    match PeriodKind::of(period) {
        Some(PeriodKind::Year) => say("period.year", &[("year", &first)]),
        Some(PeriodKind::TwoYears) => say("period.two_years", &[("first", &first), ("last", &last)]),
        Some(PeriodKind::Quarter) | None => quarter(period.from),
    }
}

/// `de janvier à décembre 2024`, or with both years when they differ.
#[must_use]
pub fn period(from: Quarter, to: Quarter) -> String {
    let (first, last) = (from.first_month(), to.last_month());
    let start = if first.year() == last.year() { month_name(first.0.rem_euclid(12)).to_owned() } else { month(first) };
    let vowel = start.starts_with(['a', 'o']);
    let key = if vowel { "period.vowel" } else { "period.consonant" };
    say(key, &[("from", &start), ("to", &month(last))])
}

/// `23 novembre 2026`, in Paris.
#[must_use]
pub fn day(time: UnixTime) -> String {
    let civil = Civil::in_paris(time);
    let rank = if civil.day == 1 { text("day.first").to_owned() } else { civil.day.to_string() };
    format!("{rank} {} {}", month_name(civil.month - 1), civil.year)
}

/// `23 novembre 2026 à 19 h 48`, in Paris.
#[must_use]
pub fn moment(time: UnixTime) -> String {
    let civil = Civil::in_paris(time);
    let minute = format!("{:02}", civil.minute);
    say("day.moment", &[("day", &day(time)), ("hour", &civil.hour.to_string()), ("minute", &minute)])
}

/// `12 s`, `3 min`: a length of time, roughly.
#[must_use]
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..=89 => say("duration.seconds", &[("n", &seconds.max(1).to_string())]),
        _ => say("duration.minutes", &[("n", &seconds.div_ceil(60).to_string())]),
    }
}

/// A SIRET in its groups: `123 456 789 00012`.
#[must_use]
pub fn siret(code: &str) -> String {
    if code.len() != 14 || !code.is_ascii() {
        return code.to_owned();
    }
    let groups = [&code[0..3], &code[3..6], &code[6..9], &code[9..14]];
    groups.join("\u{202f}")
}

/// `a, b et c`.
#[must_use]
pub fn enumeration(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{}{}{last}", first.join(", "), text("list.and")),
    }
}

fn month_name(index: i32) -> &'static str {
    text(&format!("month.{}", index + 1))
}

struct Civil {
    year: i64,
    month: i32,
    day: i32,
    hour: i64,
    minute: i64,
}

impl Civil {
    /// Paris is one hour ahead of UTC, two from the last Sunday of March to the last Sunday of October, at 01:00 UTC.
    fn in_paris(time: UnixTime) -> Self {
        let utc = Self::at(time.0);
        let starts = last_sunday(utc.year, 3) * 86_400 + 3_600;
        let ends = last_sunday(utc.year, 10) * 86_400 + 3_600;
        let offset = if (starts..ends).contains(&time.0) { 7_200 } else { 3_600 };
        Self::at(time.0 + offset)
    }

    /// Civil date of a day number, by the era method (Howard Hinnant, "chrono-compatible low-level date algorithms").
    fn at(seconds: i64) -> Self {
        let (days, within) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: i32::try_from(month).expect("between 1 and 12"),
            day: i32::try_from(day_of_year - (153 * shifted_month + 2) / 5 + 1).expect("between 1 and 31"),
            hour: within / 3_600,
            minute: within % 3_600 / 60,
        }
    }
}

/// Day number of the last Sunday of a month of 31 days.
fn last_sunday(year: i64, month: i64) -> i64 {
    let last = day_number(year, month, 31);
    // Day 0 was a Thursday: day 3 a Sunday.
    last - (last - 3).rem_euclid(7)
}

fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_name_loses_its_middle() {
        assert_eq!(file_name("sorties 2025.csv"), "sorties 2025.csv");
        let long = file_name(&format!("{} des sorties.xlsx", "très long ".repeat(12)));
        assert!(long.ends_with("sorties.xlsx") && long.starts_with("très long") && long.contains('…'), "{long}");
        assert!(long.chars().count() <= NAME_CHARS_MAX);
    }

    #[test]
    fn thousands_take_a_narrow_space() {
        assert_eq!(integer(0), "0");
        assert_eq!(integer(999), "999");
        assert_eq!(integer(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(signed(-1_200), "\u{2212}1\u{202f}200");
        assert_eq!([45, 120, 5, 0, -5, -25].map(tenths), ["4,5", "12", "0,5", "0", "\u{2212}0,5", "\u{2212}2,5"]);
        assert_eq!(percent(42), "42\u{202f}%");
        assert_eq!([12, 0, -1_200].map(change), ["+12\u{202f}%", "stable", "\u{2212}1\u{202f}200\u{202f}%"]);
    }

    #[test]
    fn months_and_quarters_are_written() {
        assert_eq!(month(Month(2026 * 12 + 7)), "août 2026");
        assert_eq!(of_month(Month(2026 * 12 + 7)), "d’août 2026");
        assert_eq!(of_month(Month(2026 * 12)), "de janvier 2026");
        assert_eq!(quarter(Quarter(2024 * 4 + 2)), "3e trimestre 2024");
        assert_eq!(quarter(Quarter(2024 * 4)), "1er trimestre 2024");
    }

    #[test]
    fn a_period_names_its_months_once() {
        assert_eq!(period(Quarter(2024 * 4), Quarter(2024 * 4 + 3)), "de janvier à décembre 2024");
        assert_eq!(period(Quarter(2023 * 4 + 3), Quarter(2024 * 4)), "d’octobre 2023 à mars 2024");
    }

    #[test]
    fn moments_are_said_in_paris() {
        assert_eq!(moment(UnixTime(1_795_463_280)), "23 novembre 2026 à 20\u{202f}h\u{202f}48");
        // One second before and at the spring change of 2026 (29 March, 01:00 UTC).
        assert_eq!(moment(UnixTime(1_774_745_999)), "29 mars 2026 à 1\u{202f}h\u{202f}59");
        assert_eq!(moment(UnixTime(1_774_746_000)), "29 mars 2026 à 3\u{202f}h\u{202f}00");
        assert_eq!(day(UnixTime(0)), "1er janvier 1970");
    }

    #[test]
    fn words_are_joined() {
        assert_eq!(enumeration(&["a".into(), "b".into(), "c".into()]), "a, b et c");
        assert_eq!(siret("12345678900012"), "123\u{202f}456\u{202f}789\u{202f}00012");
        assert_eq!(duration(45), "45\u{202f}s");
        assert_eq!(duration(121), "3\u{202f}min");
    }
}
