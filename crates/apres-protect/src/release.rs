//! What may be said: [`Release`], made only by [`crate::decide()`].

use serde::{Deserialize, Serialize};

use crate::counted::Group;
use crate::digest::sha256_hex;
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

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Small, Self::WouldRevealAnother, Self::NotObservableYet, Self::NoData];

    /// Stable code, the same as in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::WouldRevealAnother => "would_reveal_another",
            Self::NotObservableYet => "not_observable_yet",
            Self::NoData => "no_data",
        }
    }
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
        /// Mean in tenths of the unit, rounded to half a unit, when enough people whose values differ.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean_tenths: Option<i64>,
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

/// Figures that may be shown, with what is needed to recompute them. Only [`crate::decide()`] makes one.
///
/// It has no public maker and is not `Deserialize`; both of these fail to compile:
///
/// ```compile_fail,E0277
/// let forged: apres_protect::Release = serde_json::from_str("{}").unwrap();
/// ```
///
/// ```compile_fail,E0451
/// fn forge(genuine: apres_protect::Release) -> apres_protect::Release {
///     apres_protect::Release { lake_version: 0, ..genuine }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Release {
    request: Request,
    lake_version: u64,
    policy_version: String,
    last_month: Month,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_perturbed: bool,
    population: Option<u64>,
    cells: Vec<ReleasedCell>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<Vec<ReleasedCell>>,
    digest: String,
}

/// All of a release but its digest, in the order in which it is digested.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Content {
    pub(crate) request: Request,
    pub(crate) lake_version: u64,
    pub(crate) policy_version: String,
    pub(crate) last_month: Month,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_perturbed: bool,
    pub(crate) population: Option<u64>,
    pub(crate) cells: Vec<ReleasedCell>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rest: Option<Vec<ReleasedCell>>,
}

/// A recorded release, before its digest is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    request: Request,
    lake_version: u64,
    policy_version: String,
    last_month: Month,
    #[serde(default)]
    is_perturbed: bool,
    population: Option<u64>,
    cells: Vec<ReleasedCell>,
    #[serde(default)]
    rest: Option<Vec<ReleasedCell>>,
    digest: String,
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

impl Content {
    /// The release of this content: the gate's last step.
    pub(crate) fn seal(self) -> Release {
        let json = serde_json::to_vec(&self).expect("a release has text keys only");
        let Self { request, lake_version, policy_version, last_month, is_perturbed, population, cells, rest } = self;
        Release { request, lake_version, policy_version, last_month, is_perturbed, population, cells, rest, digest: sha256_hex(&json) }
    }
}

impl Release {
    /// Reads back a release that [`Self::to_json`] wrote, and checks its digest.
    ///
    /// The digest shows damage and careless edits, not forgery: who may write recorded releases is the ledger's matter.
    ///
    /// # Errors
    /// [`ReleaseFault::Unreadable`] when it is not a release, [`ReleaseFault::Altered`] when its content changed.
    pub fn read(json: &str) -> Result<Self, ReleaseFault> {
        let Recorded { request, lake_version, policy_version, last_month, is_perturbed, population, cells, rest, digest } =
            serde_json::from_str(json).map_err(ReleaseFault::Unreadable)?;
        let release = Content { request, lake_version, policy_version, last_month, is_perturbed, population, cells, rest }.seal();
        if release.digest == digest { Ok(release) } else { Err(ReleaseFault::Altered) }
    }

    /// The release as JSON, the form in which it is recorded.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a release has text keys only")
    }

    /// Short identifier: the first sixteen digits of the digest.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.digest[..16]
    }

    /// SHA-256 of the content's JSON, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The question, in canonical form.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Version of the lake that was counted.
    #[must_use]
    pub fn lake_version(&self) -> u64 {
        self.lake_version
    }

    /// Identity of the policy that decided.
    #[must_use]
    pub fn policy_version(&self) -> &str {
        &self.policy_version
    }

    /// Last month of DSN seen.
    #[must_use]
    pub fn last_month(&self) -> Month {
        self.last_month
    }

    /// Whether counts were slightly changed to protect people, so that parts need not add up to their total.
    #[must_use]
    pub fn is_perturbed(&self) -> bool {
        self.is_perturbed
    }

    /// Leavers in the whole population of the request, when that may be said.
    #[must_use]
    pub fn population(&self) -> Option<u64> {
        self.population
    }

    /// Every cell: by indicator and horizon, the total first, then the groups.
    #[must_use]
    pub fn cells(&self) -> &[ReleasedCell] {
        &self.cells
    }

    /// The same totals for whom the question is compared with; nothing when it names nobody, or when they may not be shown.
    #[must_use]
    pub fn rest(&self) -> Option<&[ReleasedCell]> {
        self.rest.as_deref()
    }

    /// One cell; the total has an empty group.
    #[must_use]
    pub fn cell(&self, indicator: &str, horizon: u8, group: &Group) -> Option<&ReleasedCell> {
        self.cells.iter().find(|cell| cell.indicator == indicator && cell.horizon == horizon && cell.group == *group)
    }
}
