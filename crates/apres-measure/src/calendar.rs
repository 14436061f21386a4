//! Civil days, months and quarters.
//!
//! A [`Day`] counts from 1970-01-01 as Arrow's `Date32` does, a [`Month`] from the year 0: both are compared and added as integers, and
//! cannot be taken for one another. Conversions follow the proleptic Gregorian calendar (chrono) and saturate at its ends instead of
//! failing. No clock is read here.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};

#[cfg(test)]
mod tests;

/// A civil day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// A civil month: twelve times the year, plus the month from 0 to 11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

/// A civil quarter: four times the year, plus the quarter from 0 to 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter(pub i32);

impl Day {
    /// A day after every other, the end of what has no end.
    pub const MAX: Self = Self(i32::MAX);

    /// The day of a year, a month from 1 to 12 and a day of that month, or nothing when there is no such day.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self::from)
    }

    /// The day `days` later, or earlier when negative; no day is after [`Day::MAX`].
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The same day of the month `months` later, or the last day of that month when it is shorter (31/08 + 6 months → 28/02).
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        self.civil().checked_add_months(Months::new(months)).map_or(Self::MAX, Self::from)
    }

    /// Days from `earlier` to this one, both included.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0).saturating_add(1)
    }

    /// The month that holds this day.
    #[must_use]
    pub fn month(self) -> Month {
        let civil = self.civil();
        Month(civil.year() * 12 + civil.month0().cast_signed())
    }

    fn civil(self) -> NaiveDate {
        let beyond = if self.0 < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
        NaiveDate::from_epoch_days(self.0).unwrap_or(beyond)
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date.to_epoch_days())
    }
}

impl fmt::Display for Day {
    /// `2024-08-31`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.civil().fmt(f)
    }
}

impl Month {
    /// The month of a year, from 1 to 12.
    #[must_use]
    pub const fn new(year: i32, month: i32) -> Self {
        Self(year * 12 + month - 1)
    }

    /// The month `months` later, or earlier when negative.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// The year that holds this month.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// The first day of this month.
    #[must_use]
    pub fn first_day(self) -> Day {
        let month = self.0.rem_euclid(12).cast_unsigned() + 1;
        let beyond = if self.0 < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
        NaiveDate::from_ymd_opt(self.year(), month, 1).unwrap_or(beyond).into()
    }

    /// The last day of this month.
    #[must_use]
    pub fn last_day(self) -> Day {
        self.plus(1).first_day().plus_days(-1)
    }

    /// The quarter that holds this month.
    #[must_use]
    pub const fn quarter(self) -> Quarter {
        Quarter(self.0.div_euclid(3))
    }
}

impl fmt::Display for Month {
    /// `2024-08`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.0.rem_euclid(12) + 1)
    }
}

impl Quarter {
    /// The last of the three months of this quarter.
    #[must_use]
    pub const fn last_month(self) -> Month {
        Month(self.0 * 3 + 2)
    }
}

impl fmt::Display for Quarter {
    /// `2024T3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}T{}", self.0.div_euclid(4), self.0.rem_euclid(4) + 1)
    }
}
