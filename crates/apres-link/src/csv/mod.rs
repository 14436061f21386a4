//! Two CSV files in, pairs as CSV out.
//!
//! The reference is read once, in pieces that cores take in turn; no cell is copied. Columns are known by their names, those of the generator of synthetic problems
//! and those of usual French and English files; others are told by a map. Nothing is opened here: readers and writers are arguments.

mod columns;
mod lines;

use std::io::{self, Read, Write};
use std::sync::Mutex;

pub use columns::{ColumnMap, Role};

use crate::linker::{Linked, Linker, Options};
use crate::parallel;
use crate::person::Record;
use crate::report::Report;
use columns::Columns;
use lines::{Cells, Pieces, rows};

/// Bytes of the reference that a core takes at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Why a matching of two files could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CsvFault {
    /// A file could not be read.
    #[error("reading the {file}")]
    Read {
        /// Which.
        file: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The pairs could not be written.
    #[error("writing the pairs")]
    Write(#[source] io::Error),
    /// A file has no header.
    #[error("the {file} has no header")]
    NoHeader {
        /// Which.
        file: &'static str,
    },
    /// A column of the map is not in a file.
    #[error("the {file} has no column named {column:?}")]
    NoColumn {
        /// Which.
        file: &'static str,
        /// The column.
        column: String,
    },
    /// Neither a NIR nor a name is among the columns.
    #[error("the {file} has no column for a NIR nor for a name: say which ones they are with a map")]
    NoIdentity {
        /// Which.
        file: &'static str,
    },
}

/// A list and a reference, matched.
pub struct Matched {
    /// The identifier of each row, as written.
    pub ids: Vec<Vec<u8>>,
    /// What was found.
    pub linked: Linked,
}

/// Matches a list with a reference, both CSV with a header; writes `list_id,ref_id,score`.
///
/// # Errors
/// When a file cannot be read or written, or has no column to match on.
pub fn link(
    list: impl Read,
    reference: impl Read + Send,
    pairs: &mut impl Write,
    map: &ColumnMap,
    options: &Options,
) -> Result<Report, CsvFault> {
    let matched = read(list, reference, map, options)?;
    write(pairs, &matched).map_err(CsvFault::Write)?;
    Ok(matched.linked.report)
}

/// Matches a list with a reference, both CSV with a header.
///
/// # Errors
/// When a file cannot be read, or has no column to match on.
pub fn read(list: impl Read, reference: impl Read + Send, map: &ColumnMap, options: &Options) -> Result<Matched, CsvFault> {
    let list = whole(list)?;
    let (header, body) = lines::header(&list).ok_or(CsvFault::NoHeader { file: LIST })?;
    let columns = Columns::of(header, map, LIST)?;
    let mut ids = Vec::new();
    let mut records = Vec::new();
    rows(body, columns.delimiter(), &mut Cells::default(), |cells| {
        let line = columns.read(cells);
        ids.push(if columns.has_id() { line.id.to_vec() } else { (ids.len() + 1).to_string().into_bytes() });
        records.push(line.record);
    });
    let linker = Linker::new(records, map.others());
    let linked = stream(&linker, reference, map, options)?;
    Ok(Matched { ids, linked })
}

const LIST: &str = "list";
const REFERENCE: &str = "reference";

fn whole(mut list: impl Read) -> Result<Vec<u8>, CsvFault> {
    let mut bytes = Vec::new();
    list.read_to_end(&mut bytes).map_err(|source| CsvFault::Read { file: LIST, source })?;
    Ok(bytes)
}

/// Passes the reference on every core.
fn stream(linker: &Linker, reference: impl Read + Send, map: &ColumnMap, options: &Options) -> Result<Linked, CsvFault> {
    let fault = |source| CsvFault::Read { file: REFERENCE, source };
    let mut pieces = Pieces::new(reference, PIECE_BYTES);
    let header = pieces.header().map_err(fault)?.ok_or(CsvFault::NoHeader { file: REFERENCE })?;
    let columns = Columns::of(&header, map, REFERENCE)?;
    let pieces = Mutex::new(pieces);
    let outcomes = parallel::on_every_core(usize::MAX, || {
        let mut pass = linker.pass();
        let mut cells = Cells::default();
        let mut piece = Vec::new();
        loop {
            // A core that panicked has left the reader between two pieces.
            let first = match pieces.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next(&mut piece) {
                Ok(Some(first)) => first,
                Ok(None) => return vec![Ok(pass)],
                Err(source) => return vec![Err(source)],
            };
            let mut number = first;
            rows(&piece, columns.delimiter(), &mut cells, |cells| {
                let read = columns.read(cells);
                let own = number.to_le_bytes();
                pass.see(if columns.has_id() { read.id } else { &own }, read.person, &read.record);
                number += 1;
            });
        }
    });
    let passes = outcomes.into_iter().collect::<io::Result<Vec<_>>>().map_err(fault)?;
    Ok(linker.finish(passes, options))
}

/// What a line says.
pub(crate) struct Line<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) person: Option<u64>,
    pub(crate) record: Record<'a>,
}

fn write(out: &mut impl Write, Matched { ids, linked }: &Matched) -> io::Result<()> {
    let mut text = Vec::with_capacity(linked.candidates.len() * 32 + 32);
    text.extend_from_slice(b"list_id,ref_id,score\n");
    for candidate in &linked.candidates {
        lines::write_cell(&mut text, &ids[candidate.row as usize]);
        text.push(b',');
        lines::write_cell(&mut text, linked.id(candidate));
        writeln!(text, ",{:.6}", candidate.probability)?;
    }
    out.write_all(&text)?;
    out.flush()
}

#[cfg(test)]
mod tests;
