//! Participants' lists: the bytes of a file in; a sheet, a mapping of its columns, participants and errors out.
//!
//! Three steps, each of which a person can look at and correct: [`read()`] (what is in the file), [`guess()`] (which column is what),
//! [`check()`] (who is in it, and what is wrong, cell by cell). What was recognised, dropped or not understood is always said, as codes:
//! the French texts are elsewhere. Nothing here looks for anyone in the DSN.

mod cell;
mod check;
mod date;
mod field;
mod guess;
mod header;
mod nom;
mod participant;
mod person;
mod sheet;
mod text;
mod workbook;

#[cfg(test)]
mod tests;

pub use cell::Cell;
pub use check::check;
pub use date::DateFormat;
pub use field::{Field, FieldInfo, NeededFor, fields};
pub use guess::{Column, Consequence, Mapping, Missing, columns, guess};
pub use participant::{Checked, DateReading, FixCode, Level, Participant, RowError, RowErrorCode, Sexe};
pub use sheet::{
    CELL_CHARS_MAX, CELLS_MAX, COLUMNS_MAX, DropReason, Dropped, Encoding, FILE_BYTES_MAX, FileKind, Foreign, HEADER_SEARCH_ROWS_MAX,
    INFLATED_BYTES_MAX, ListFault, ROWS_MAX, Recognised, Row, Separator, Sheet, TEXT_BYTES_MAX, read,
};
pub(crate) use workbook::workbook_rows;
