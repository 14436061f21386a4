//! The only way to ask: a [`Request`] made of closed lists.
//!
//! A request has one canonical form and one digest; the URL of a page, an export, the audit log and a recorded release all carry it.
//! It says nothing of who asks: rights are applied by narrowing its [`Scope`] before it is counted.

use serde::{Deserialize, Serialize};

/// A civil month, counted as `year * 12 + (month - 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub i32);

/// A civil quarter of exit, counted as `year * 4 + (quarter - 1)`; written `2024T3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter(pub i32);

/// Quarters of exit, both bounds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First quarter.
    pub from: Quarter,
    /// Last quarter.
    pub to: Quarter,
}

/// Whose exits are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// People recognised in the DSN as leaving a programme (`iae`, `pec`, `apprentissage`).
    Programme(String),
    /// People of a deposited list, by the list's identifier.
    List(String),
}

/// Where the exits took place; rights narrow it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole territory that the lake holds.
    National,
    /// Some départements, by code (`21`, `2A`, `971`).
    Departements(Vec<String>),
    /// Some structures, by SIRET.
    Structures(Vec<String>),
}

/// A variable by which figures may be split or filtered; one banding per variable, never another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Programme: `iae`, `pec`, `apprentissage`.
    Programme,
    /// Kind of structure within the programme: `ACI`, `AI`, `EI`, `ETTI`.
    Type,
    /// Quarter of exit.
    Quarter,
    /// Département of the structure that was left.
    Departement,
    /// `F`, `M`.
    Sex,
    /// `moins_26`, `26_49`, `50_plus`.
    AgeBand,
}

/// Keep only the leavers whose dimension has one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Filter {
    /// The dimension.
    pub dimension: Dimension,
    /// The accepted values, sorted.
    pub values: Vec<String>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// Indicator identifiers of the catalogue (`B-01`), sorted.
    pub indicators: Vec<String>,
    /// Whose exits.
    pub population: Population,
    /// Quarters of exit.
    pub period: Period,
    /// Where.
    pub scope: Scope,
    /// Filters, sorted by dimension.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Breakdown dimensions, sorted, three at most.
    #[serde(default)]
    pub breakdowns: Vec<Dimension>,
    /// Horizons in months after the exit; empty means each indicator's own.
    #[serde(default)]
    pub horizons: Vec<u8>,
}
