//! What the measuring side hands over: exact counts with the evidence that the rules need.
//!
//! A [`Counted`] table is microdata's last form before the gate; it implements neither `Serialize` nor `Display`, so that it cannot
//! be shown by mistake.

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
    /// Quartiles of a whole-number measure (months, centimes), by the nearest-rank method.
    Quartiles {
        /// Observable.
        denominator: u64,
        /// 25th percentile.
        p25: i64,
        /// Median.
        median: i64,
        /// 75th percentile.
        p75: i64,
        /// Sum of the values, for the mean.
        sum: i64,
    },
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
    /// The same figure over those of them who were found in the DSN, for a list; nothing for leavers seen in the DSN, who all were.
    ///
    /// Rows that were never found may be invented by the depositor, who then knows all about them: they never help a figure past
    /// a threshold.
    pub found: Option<CountedValue>,
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
    /// Those of them who were found in the DSN: all of them, except in a list.
    pub found: u64,
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
    /// One total for each indicator and horizon of the question.
    pub cells: Vec<CountedCell>,
}
