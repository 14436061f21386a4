//! The DSN: lines, typed blocks, declarations.
//!
//! [`Reader`] takes the bytes of a file, of a lot or of an archive member in chunks of any size and hands each individual, with all that
//! hangs on it, to a [`Sink`]. It keeps one individual in memory, whatever the size of the file, and never fails on content.

mod blocs;
mod controls;
mod line;
mod norme;
mod reader;
mod remark;
mod report;
mod sink;
mod value;

#[cfg(test)]
mod tests;

pub use blocs::*;
pub use controls::{ControlId, Row, rows as controls};
pub use line::{Line, Rubrique};
pub use reader::Reader;
pub use remark::{Remark, RemarkCode, Shown};
pub use report::{Report, Tally};
pub use sink::{Arbre, EnTete, Sink, Verdict};
pub use value::{Code, DateNaissance, Jour, Montant, Quantite, Texte};
