//! *MESUREIMPACT*: the call file sent to the GIP-MDS, and the seven workbooks that come back.
//!
//! A call file names people by NIR alone, with the day of their exit and up to twenty values by which the figures are broken down. It is made from a
//! list ([`call_file`]), written, read and checked line by line ([`lint()`]); the workbooks are read into one figure per row ([`read_returned`]). No finding holds a
//! value: a code and a line are enough to find it. French texts are in `codes.csv`.

mod call;
mod code;
mod cohort;
mod lint;
mod returned;

#[cfg(test)]
mod tests;

pub use call::{CallFault, CallFile, CallLine, Header, PARTNER_VALUES, file_name, read_call};
pub use code::{Code, Level};
pub use cohort::{COHORT_MIN, Left, Made, call_file};
pub use lint::{CohortUnder, Finding, Lint, lint};
pub use returned::{Axis, Figure, Measure, Returned, ReturnedCode, ReturnedFault, ReturnedRemark, Workbook, read_returned};
