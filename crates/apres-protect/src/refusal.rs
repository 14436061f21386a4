//! A correct answer that the asker will not like, with a way on.

use serde::{Deserialize, Serialize};

/// Stable code of a refusal; the pages hold its French text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// Fewer people than the smallest cohort that may be described, or than make the difference with a group that was described before: the two are never
    /// told apart.
    CohortTooSmall,
    /// More dimensions than the policy allows, or a crossing that is not in the list.
    CrossingNotAllowed,
    /// The indicator does not exist, or not for this population, horizon or breakdown.
    UnknownQuestion,
    /// The scope is outside the asker's rights.
    OutOfScope,
    /// As many different questions as a day allows were answered.
    BudgetSpent,
    /// A filter joins values of a dimension, which makes another banding of it.
    OtherBanding,
    /// The territory is chosen within, or beside, another one.
    GeographyNotNested,
    /// The period is neither a quarter, nor a year, nor two.
    PeriodNotClosed,
    /// The table would have too many groups.
    TooManyCells,
    /// The closed cube does not hold the question.
    NotInCube,
}

impl RefusalCode {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::CohortTooSmall,
        Self::CrossingNotAllowed,
        Self::UnknownQuestion,
        Self::OutOfScope,
        Self::BudgetSpent,
        Self::OtherBanding,
        Self::GeographyNotNested,
        Self::PeriodNotClosed,
        Self::TooManyCells,
        Self::NotInCube,
    ];

    /// Stable code, the same as in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::CohortTooSmall => "cohort_too_small",
            Self::CrossingNotAllowed => "crossing_not_allowed",
            Self::UnknownQuestion => "unknown_question",
            Self::OutOfScope => "out_of_scope",
            Self::BudgetSpent => "budget_spent",
            Self::OtherBanding => "other_banding",
            Self::GeographyNotNested => "geography_not_nested",
            Self::PeriodNotClosed => "period_not_closed",
            Self::TooManyCells => "too_many_cells",
            Self::NotInCube => "not_in_cube",
        }
    }
}

/// Why nothing is said, and what would work instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which rule.
    pub code: RefusalCode,
    /// A wider question of the same kind that may be tried next.
    pub try_instead: Vec<crate::Request>,
}
