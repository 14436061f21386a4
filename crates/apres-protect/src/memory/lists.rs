//! Lists of participants, compared with one another.
//!
//! A list is compared as it was written (the row of each person, found or not) and as it was found. The first tells whether two lists are nearly the same; the second,
//! whether one is another padded with people whom nobody knows, or written otherwise. Both are compared whole and over every period of the closed list: a report
//! may be read by quarter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::closed::PeriodKind;
use super::sketch::Sketch;
use super::{DIFFERENCE_MIN, is_near};
use crate::request::{Period, Quarter};

/// The people of a list who left in one quarter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarterPrint {
    /// As written: their NIR, or else their identity.
    pub rows: Sketch,
    /// Those who were found.
    pub found: Sketch,
}

/// What is remembered of a list: its people by quarter of exit, as sketches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListPrint(BTreeMap<Quarter, QuarterPrint>);

/// How a list is too close to an earlier one; for the operator, never for its depositor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NearList {
    /// Nearly the same people are written in both.
    Rows,
    /// What one has more than the other is nearly nobody who was found.
    Found,
}

impl NearList {
    /// Stable code, for the audit.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Rows => "near_rows",
            Self::Found => "near_found",
        }
    }
}

impl ListPrint {
    /// Adds a row: the number of who is written, the number of who was found.
    pub fn add(&mut self, quarter: Quarter, row: u64, found: Option<u64>) {
        let print = self.0.entry(quarter).or_default();
        print.rows.add(row);
        if let Some(found) = found {
            print.found.add(found);
        }
    }

    /// How this list is too close to an earlier one. `blur` (0 to 4, drawn from what is written) is added to the fewest people found: whoever knows that
    /// nineteen of the people that he adds are in the DSN does not learn for sure whether the twentieth is.
    #[must_use]
    pub fn near(&self, earlier: &Self, blur: u32) -> Option<NearList> {
        let whole = [(self.whole(), earlier.whole())];
        let periods = self.common_periods(earlier).into_iter().map(|period| (self.over(period), earlier.over(period)));
        let described = periods.filter(|(one, other)| is_described(one) && is_described(other));
        // All of them are compared, whatever the first one says: a refusal takes as long as an acceptance.
        whole.into_iter().chain(described).fold(None, |near, (one, other)| near.or(nearness(&one, &other, blur)))
    }

    /// Whether the same people are written in both.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.whole().rows == other.whole().rows
    }

    fn whole(&self) -> QuarterPrint {
        summed(self.0.values())
    }

    fn over(&self, period: Period) -> QuarterPrint {
        summed(self.0.range(period.from..=period.to).map(|(_, print)| print))
    }

    /// The periods of the closed list that touch one list or the other.
    fn common_periods(&self, other: &Self) -> Vec<Period> {
        let all = || self.0.keys().chain(other.0.keys());
        let (Some(first), Some(last)) = (all().min(), all().max()) else { return Vec::new() };
        let years = Period { from: Quarter(first.year() * 4), to: Quarter(last.year() * 4 + 3) };
        PeriodKind::ALL.into_iter().flat_map(|kind| kind.within(years)).collect()
    }
}

fn summed<'a>(prints: impl Iterator<Item = &'a QuarterPrint>) -> QuarterPrint {
    prints.fold(QuarterPrint::default(), |sum, print| QuarterPrint {
        rows: sum.rows.combined(&print.rows),
        found: sum.found.combined(&print.found),
    })
}

/// A group that is too small is never described: nothing can be subtracted from it.
fn is_described(print: &QuarterPrint) -> bool {
    print.rows.people().is_none_or(|people| people >= DIFFERENCE_MIN)
}

fn nearness(one: &QuarterPrint, other: &QuarterPrint, blur: u32) -> Option<NearList> {
    let is_told = |print: &QuarterPrint| print.found.people().is_none_or(|people| people >= DIFFERENCE_MIN);
    let rows = is_near(&one.rows, &other.rows);
    let is_same = one.rows == other.rows;
    let found = one.found.difference(&other.found).is_some_and(|people| people < DIFFERENCE_MIN + blur);
    match (rows, found && !is_same && is_told(one) && is_told(other)) {
        (true, _) => Some(NearList::Rows),
        (false, true) => Some(NearList::Found),
        (false, false) => None,
    }
}
