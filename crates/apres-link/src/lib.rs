//! Who in a list is whom in the DSN.
//!
//! The list is indexed and the reference (the identities of the identifying zone) is streamed once: memory grows with the list, not with the reference. A row is matched
//! on its NIR, then on its exact normalised identity; several people for one identity make it ambiguous, and an empty key never matches.

mod matching;
mod reference;

#[cfg(test)]
mod tests;

pub use matching::{Candidate, Index, Match, MatchStatus, Report};
pub use reference::{Known, LinkFault, link};
