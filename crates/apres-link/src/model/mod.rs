//! The probability that a row and a person are one: Fellegi–Sunter levels, and a mixture in which the candidates of a row and nobody compete.
//!
//! Frequencies come from the reference, what is seen between strangers from a sample of it, and what is seen between two records of one person from
//! the data at hand by expectation–maximisation. Formulas, sources and limits: `docs/methods/linkage.md`.

pub(crate) mod chance;
pub(crate) mod defaults;
pub(crate) mod em;
pub(crate) mod frequencies;
pub(crate) mod sample;
