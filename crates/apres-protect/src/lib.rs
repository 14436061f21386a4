//! The gate: a counted table and a policy in, a [`Release`] or a [`Refusal`] out.
//!
//! Nothing that APRES shows was counted here, and nothing that was not decided here is shown: `Release` has private fields and
//! two makers, [`decide()`] and, where a dataset is published as a closed cube, [`cube::ClosedCube::answer`]. The crate is pure: no clock, no randomness, no input or output, no query engine.

pub mod catalogue;
mod counted;
pub mod cube;
mod decide;
mod digest;
mod field;
pub mod keys;
pub mod memory;
mod policy;
mod refusal;
mod release;
mod request;
mod rules;
mod volume;

pub use catalogue::{Catalogue, CatalogueFault, Category, Column, Expr, Indicator, Measure, PopulationKind, Programme, ProgrammeType};
pub use counted::{Counted, CountedCell, CountedRest, CountedValue, Group, Standing, Values};
pub use decide::decide;
pub use keys::{DisclosureSecret, Noise, NoiseFault, RecordKeys, SetKey};
pub use policy::{Method, Policy, PolicyFault, Threshold};
pub use refusal::{Refusal, RefusalCode};
pub use release::{Figure, Reason, Release, ReleaseFault, ReleasedCell};
pub use request::{
    Dimension, Filter, HORIZON_MONTHS_MAX, Month, PERIOD_QUARTERS_MAX, Period, Population, Quarter, REQUEST_VALUES_MAX, Request,
    RequestFault, Rest, Scope,
};
pub use rules::{Consequence, Evidence, RULES, Rule, SizeBand, Words, admit, rule_of};
pub use volume::{Portion, Volume, change_percent};
