//! Who in a list is whom in the DSN.
//!
//! Pure: no lake, no file, no clock. The list is indexed and the reference (people as their employers declared them) is streamed past it once, on every core:
//! memory grows with the list, not with the reference. A row's candidates and "nobody" compete for it, and what comes out is a probability that means
//! what it says; an empty key never matches. Method: `docs/methods/linkage.md`.

mod assign;
mod birth;
mod blocking;
mod compare;
pub mod csv;
pub mod encoded;
mod explain;
mod keyed;
mod linker;
mod matching;
mod model;
mod nir;
mod normalise;
mod parallel;
mod person;
mod report;
pub mod review;
mod word;

#[cfg(test)]
mod tests;

pub use compare::Pattern;
pub use explain::{Explained, FieldWeight};
pub use linker::{Candidate as Possible, Linked, Linker, Options, Pass, Unusable};
pub use matching::{Candidate, Index, Match, MatchStatus, Report};
pub use person::{EXTRAS_MAX, Record};
pub use report::{Estimate, Estimates, Report as Quality};
