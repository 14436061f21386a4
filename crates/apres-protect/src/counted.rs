//! What the measuring side hands over: exact counts with the evidence that the rules need.
//!
//! A [`Counted`] table is microdata's last form before the gate; it implements neither `Serialize` nor `Display`, so that it cannot
//! be shown by mistake.

use std::collections::BTreeMap;

use crate::keys::SetKey;
use crate::request::{Dimension, Month, Request};

/// The values of the breakdown dimensions of a cell, in the request's order; empty for the total.
pub type Group = Vec<(Dimension, String)>;

/// Whether a horizon could be seen in full for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Every declaration that counts has had time to arrive (three months more were seen).
    Consolidated,
    /// The month was seen, late declarations may still come.
    Provisional,
    /// The horizon lies beyond the last month seen for these leavers: *en attente*, never a failure.
    Pending,
}

/// An exact figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountedValue {
    /// Distinct people.
    Count(u64),
    /// People who have the property, out of those observable.
    Share {
        /// Have it.
        numerator: u64,
        /// Observable.
        denominator: u64,
    },
    /// People by category (catalogue order), out of the denominator.
    Distribution {
        /// Observable.
        denominator: u64,
        /// Category code and people.
        categories: Vec<(String, u64)>,
    },
    /// A whole-number measure (months, centimes), for its quartiles and its mean.
    Quartiles(Values),
}

/// How many people have each value of a whole-number measure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    people: BTreeMap<i64, u64>,
}

impl Values {
    /// People, over whom the quartiles are taken.
    #[must_use]
    pub fn people(&self) -> u64 {
        self.people.values().sum()
    }

    /// The value at rank ⌈quarter · people ÷ 4⌉ (the nearest-rank method), or so many ranks further, within those there are; 0 for nobody.
    #[must_use]
    pub fn at_quartile(&self, quarter: u8, further: i64) -> i64 {
        let people = self.people();
        let nearest = (u64::from(quarter) * people).div_ceil(4);
        let rank = nearest.saturating_add_signed(further).min(people).max(1);
        let mut before = 0;
        let found = self.people.iter().find(|(_, people)| {
            before += **people;
            before >= rank
        });
        found.map_or(0, |(value, _)| *value)
    }

    /// Sum of the values, for the mean.
    ///
    /// # Panics
    /// When it exceeds what an `i64` holds: no measure of people comes near.
    #[must_use]
    pub fn sum(&self) -> i64 {
        let sum: i128 = self.people.iter().map(|(value, people)| i128::from(*value) * i128::from(*people)).sum();
        i64::try_from(sum).expect("a sum over people fits")
    }

    /// The values of these people and of others.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        self.people.iter().chain(&others.people).map(|(value, people)| (*value, *people)).collect()
    }

    /// The smallest and the largest value; zeros for nobody.
    #[must_use]
    pub fn ends(&self) -> (i64, i64) {
        let end = |value: Option<(&i64, &u64)>| value.map_or(0, |(value, _)| *value);
        (end(self.people.first_key_value()), end(self.people.last_key_value()))
    }
}

impl FromIterator<(i64, u64)> for Values {
    /// Values with the number of people who have each; one given twice adds up.
    fn from_iter<I: IntoIterator<Item = (i64, u64)>>(values: I) -> Self {
        let mut people: BTreeMap<i64, u64> = BTreeMap::new();
        for (value, number) in values.into_iter().filter(|(_, number)| *number > 0) {
            *people.entry(value).or_default() += number;
        }
        Self { people }
    }
}

/// One exact cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedCell {
    /// Indicator identifier.
    pub indicator: String,
    /// Months after the exit; 0 for indicators on the exit itself.
    pub horizon: u8,
    /// Which group.
    pub group: Group,
    /// Seen in full, provisionally, or not yet.
    pub standing: Standing,
    /// The figure, over the leavers who are observable at this horizon.
    pub value: CountedValue,
    /// Key of the people whom the figure is out of: the denominator, or those counted. For an indicator whose denominator tells an outcome, the gate takes that of the
    /// share which is its evidence: whoever joins without the outcome must change it as well.
    pub key: SetKey,
    /// The same figure over those of them who were found in the DSN, for a list; nothing for leavers seen in the DSN, who all were.
    ///
    /// Rows that were never found may be invented by the depositor, who then knows all about them: they never help a figure past
    /// a threshold.
    pub found: Option<CountedValue>,
    /// Key of the people whom `found` is out of.
    pub found_key: SetKey,
}

/// Everything counted for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The question, in canonical form.
    pub request: Request,
    /// Version of the lake that was read.
    pub lake_version: u64,
    /// Last month of DSN seen.
    pub last_month: Month,
    /// Distinct leavers in the whole (unsplit) population of the request.
    pub population: u64,
    /// Their key.
    pub population_key: SetKey,
    /// Those of them who were found in the DSN: all of them, except in a list.
    pub found: u64,
    /// Their key.
    pub found_key: SetKey,
    /// Cells: for each indicator and horizon, the total first, then the groups in order.
    ///
    /// They are those of the *unfiltered* table, split by the request's filters as by its breakdowns ([`Request::levels`]): a filter
    /// keeps a slice of a table, and the table is decided whole.
    pub cells: Vec<CountedCell>,
    /// Whom the people of the question are compared with, when the request names them.
    pub rest: Option<CountedRest>,
}

/// Everybody of a wider question but the question's own people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedRest {
    /// Distinct leavers.
    pub population: u64,
    /// Their key.
    pub population_key: SetKey,
    /// One total for each indicator and horizon of the question.
    pub cells: Vec<CountedCell>,
}
