//! Who in a list is whom in the DSN.
//!
//! Pure: no lake, no file, no clock. The list is indexed and the reference (people as their employers declared them) is streamed past it once: memory grows with the list, not with the reference. A row is matched
//! on its NIR, then on its exact normalised identity; several people for one identity make it ambiguous, and an empty key never matches.

pub mod encoded;
mod matching;

#[cfg(test)]
mod tests;

pub use matching::{Candidate, Index, Match, MatchStatus, Report};
