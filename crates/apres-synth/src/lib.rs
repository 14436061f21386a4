//! A seeded synthetic France: people, employers, contracts, programmes and exits, with the truth kept.
//!
//! [`generate`] writes DSN files as employers would have sent them, lists of participants as users have them, and beside them what a correct
//! reading must find. Same plan, same bytes, whatever the number of threads; no real person, NIR or SIREN is in it. It reads no clock and does
//! not know how the other rooms work.

mod calendar;
mod contract;
mod dadeh;
mod draw;
mod dsn;
mod employers;
mod life;
mod lists;
mod names;
mod people;
mod places;
mod plan;
mod territory;
mod truth;

#[cfg(test)]
mod tests;

pub use people::Shares;
pub use plan::{Plan, Summary, SynthFault, generate};
