//! Bytes of a DSN or of a list in, typed records and remarks out.
//!
//! Reading never fails on content: what is odd becomes a remark with a code, a rubrique and a line; what is refused is refused whole and counted.
//! The crate is pure: it reads no clock, opens no file, starts no task.

#[expect(
    clippy::zero_prefixed_literal,
    clippy::inconsistent_digit_grouping,
    reason = "rubriques are written as the norm writes them: 21_00_30_001, 006"
)]
pub mod dsn;
pub mod identity;
pub mod list;
pub mod mesureimpact;
mod nir;

pub use nir::{Nir, NirFault};
