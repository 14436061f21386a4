//! The ledger: accounts, organisations, sessions, jobs, lists, releases, ingests and the audit trail.
//!
//! It promises one SQL path for SQLite and PostgreSQL, `Ok(None)` for what does not exist, and no clock and no chance of its own: times are
//! unix seconds and salts are bytes, both given by the caller. It never holds a NIR, a birth date, or a name or a cell taken from a list.

mod account;
mod audit;
mod budget;
mod code;
mod cube;
mod digest;
mod fault;
mod fields;
mod ingest;
mod job;
mod ledger;
mod list;
mod organisation;
pub mod password;
mod population;
mod registry;
mod release;
mod review;
mod session;
mod vintage;

pub use account::{Account, FAILURES_BEFORE_LONG_WAIT, FAILURES_BEFORE_WAIT, LONG_WAIT_SECONDS, NewAccount, Role, SignIn, WAIT_SECONDS};
pub use audit::{AuditEntry, AuditEvent, AuditFilter};
pub use budget::{Asked, QuestionAlert, QuestionDay, Questions};
pub use code::UnknownCode;
pub use cube::KeptCube;
pub use fault::LedgerFault;
pub use ingest::{Ingest, IngestState};
pub use job::{Claim, Job, JobState, NewJob, Progress};
pub use ledger::Ledger;
pub use list::{List, ListConfirmation, ListReading, ListState, NewList};
pub use organisation::{Organisation, OrganisationKind};
pub use password::Cost;
pub use population::Population;
pub use registry::{ListSlot, ListVerdict, RegisteredList, Registration};
pub use release::{NewRelease, ReleaseRecord};
pub use review::{Decision, NewDecision, Verdict};
pub use vintage::Vintage;

/// What the ledger's functions return.
pub type Result<T> = std::result::Result<T, LedgerFault>;

#[cfg(test)]
mod tests;
