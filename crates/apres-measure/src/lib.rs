//! From observations to counted tables: spells, exits, horizons, indicators.
//!
//! The rules are pure modules over plain slices, one person at a time ([`build_spells`], [`find_exits`], [`place()`]); [`build()`] runs them over the lake and
//! [`count()`] answers a request with exact counts, which only the gate may look at next. The definitions are `docs/methods/measure.md`.

mod absences;
mod boundary;
mod build;
mod calendar;
mod chains;
mod changes;
mod columns;
mod contract;
mod exits;
mod fold;
#[cfg(test)]
mod made_up;
mod output;
mod panel;
mod people;
pub mod quality;
mod query;
mod read;
mod record_key;
mod seen;
mod since;
mod spells;
mod standing;
mod told;

pub use absences::Absence;
pub use boundary::is_behind;
pub use build::{Built, MeasureFault, build, place_list, programme_rules, update, write_spells};
pub use calendar::{Day, Month, Quarter};
pub use changes::{ContractChange, OldTerms, Rename, is_heard, resolve};
pub use contract::{Ascii, ContractKey, EndStatus, Kind, Spell, Terms};
pub use exits::{Exit, ExitSource, Minimum, ProgrammeRule, StructureType, find_exits};
pub use output::{ListExit, list_exits_batch};
pub use panel::{AgeBand, Career, HORIZONS, Leaver, MatchStatus, PanelRow, Sex, is_consolidated, is_observable, place};
pub use query::{Extent, count, count_at, extent, extent_at, people_at};
pub use spells::{Careers, Fin, MonthRow, Observation, SILENT_MONTHS, build_spells, careers_of};
pub use told::leavers_of;
