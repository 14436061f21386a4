//! What may be said: [`Release`], made only by [`crate::decide`].

use serde::{Deserialize, Serialize};

use crate::counted::Group;
use crate::request::{Month, Request};

/// Why a figure is hidden; each is explained in words on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Too few people.
    Small,
    /// Showing it would let another hidden figure be computed.
    WouldRevealAnother,
    /// The horizon is not observable yet.
    NotObservableYet,
    /// Nobody is in this cell.
    NoData,
}

/// A figure that may be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Figure {
    /// People.
    Count {
        /// How many.
        value: u64,
    },
    /// A share of the denominator, in whole percent as rounded by the policy.
    Rate {
        /// Percent, rounded to 1 (n >= 50) or 5 points.
        percent: u8,
        /// People out of whom.
        denominator: u64,
        /// People who have it, when that count may be said.
        numerator: Option<u64>,
        /// 95 % interval (Wilson), lower bound in percent.
        low: u8,
        /// Upper bound in percent.
        high: u8,
    },
    /// Nearly nobody: fewer than this percent.
    RateBelow {
        /// Bound in percent.
        percent: u8,
        /// People out of whom.
        denominator: u64,
    },
    /// Nearly everybody: more than this percent.
    RateAbove {
        /// Bound in percent.
        percent: u8,
        /// People out of whom.
        denominator: u64,
    },
    /// One figure per category, each a rate or hidden.
    Distribution {
        /// People out of whom.
        denominator: u64,
        /// Category code and its figure.
        categories: Vec<(String, Figure)>,
    },
    /// Quartiles.
    Quartiles {
        /// People out of whom.
        denominator: u64,
        /// 25th percentile, when enough people.
        p25: Option<i64>,
        /// Median.
        median: i64,
        /// 75th percentile, when enough people.
        p75: Option<i64>,
    },
    /// Not shown, with its reason.
    Hidden {
        /// Why.
        reason: Reason,
    },
}

/// One cell of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleasedCell {
    /// Indicator identifier.
    pub indicator: String,
    /// Months after the exit; 0 for indicators on the exit itself.
    pub horizon: u8,
    /// Which group; empty for the total.
    pub group: Group,
    /// Late declarations may still change it.
    pub provisional: bool,
    /// What may be said.
    pub figure: Figure,
}

/// Figures that may be shown, with what is needed to recompute them. Only [`crate::decide`] makes one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Release {
    pub(crate) request: Request,
    pub(crate) lake_version: u64,
    pub(crate) policy_version: String,
    pub(crate) last_month: Month,
    pub(crate) population: Option<u64>,
    pub(crate) cells: Vec<ReleasedCell>,
    pub(crate) digest: String,
}

/// A release that cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseFault {
    /// Not a release at all.
    #[error("reading a recorded release")]
    Unreadable(#[source] serde_json::Error),
    /// The content does not match its digest.
    #[error("recorded release does not match its digest")]
    Altered,
}
