//! The closed list of periods: a civil quarter, a civil year, two civil years.
//!
//! Free periods are differences waiting to be taken: the four quarters to June less the four quarters to March are two quarters that nobody would be
//! told alone. Two periods of the closed list are one within the other, or apart, or differ by a whole year at least.

use crate::request::{Period, Quarter};

/// Quarters in a year.
const YEAR: i32 = 4;

/// A period that may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// A civil quarter.
    Quarter,
    /// A civil year.
    Year,
    /// Two civil years that follow one another.
    TwoYears,
}

impl PeriodKind {
    /// Every kind, the shortest first.
    pub const ALL: [Self; 3] = [Self::Quarter, Self::Year, Self::TwoYears];

    /// The kind of a period; none when it is not of the closed list.
    #[must_use]
    pub fn of(period: Period) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| period.quarter_count() == kind.quarters() && period.from.0.rem_euclid(kind.step()) == 0)
    }

    /// The periods of this kind that lie within another one, the first one first.
    pub fn within(self, held: Period) -> impl Iterator<Item = Period> {
        held.quarters()
            .filter(move |from| from.0.rem_euclid(self.step()) == 0)
            .map(move |from| self.starting(from))
            .filter(move |period| period.to <= held.to)
    }

    /// The periods of this kind that hold a whole other one, the earliest first.
    pub fn around(self, held: Period) -> impl Iterator<Item = Period> {
        let earliest = held.to.0.saturating_sub(self.quarters() - 1);
        (earliest..=held.from.0).map(Quarter).filter(move |from| from.0.rem_euclid(self.step()) == 0).map(move |from| self.starting(from))
    }

    fn starting(self, from: Quarter) -> Period {
        Period { from, to: from.plus(self.quarters() - 1) }
    }

    fn quarters(self) -> i32 {
        match self {
            Self::Quarter => 1,
            Self::Year => YEAR,
            Self::TwoYears => 2 * YEAR,
        }
    }

    /// Every how many quarters one begins.
    fn step(self) -> i32 {
        if self == Self::Quarter { 1 } else { YEAR }
    }
}
