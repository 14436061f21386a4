//! An encoded row, and its cells in a file.
//!
//! The header of the second column is the format and its version; its cells are the identifier of the key. All codes are hexadecimal digits of a fixed length.

use std::fmt;

use super::filter::Filter;
use super::key::EncodingKey;
use super::traits::VALUES;

/// Codes by which candidates are found, in each row.
pub(super) const BLOCKS: usize = 16;

/// The columns of a file of encoded rows.
pub const COLUMNS: [&str; 9] =
    ["id", "apres_encode_1", "blocs", "noms_annee", "noms_jour", "prenoms_annee", "prenoms_jour", "naissance", "lieu"];

/// Filters of one or two names, the second perhaps noise.
pub(super) type Names = [Filter<8>; VALUES];

/// A row, encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    pub(super) id: String,
    pub(super) blocks: [u64; BLOCKS],
    pub(super) noms_by_year: Names,
    pub(super) noms_by_day: Names,
    pub(super) prenoms_by_year: Names,
    pub(super) prenoms_by_day: Names,
    pub(super) naissance: Filter<16>,
    pub(super) lieu: Option<Filter<4>>,
}

/// Why a row cannot be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// Too few or too many cells.
    #[error("a row of an encoded list has nine cells")]
    Cells,
    /// Encoded under another key.
    #[error("the row was encoded under another key: encode both sides with the same one")]
    Key,
    /// A code has another form.
    #[error("the column {0} does not hold a code of this format")]
    Code(&'static str),
}

impl Encoded {
    /// The identifier of the row.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The cells, in the order of [`COLUMNS`].
    #[must_use]
    pub fn cells(&self, key_id: &str) -> [String; 9] {
        let names = |names: &Names| names.iter().map(digits).collect::<String>();
        [
            self.id.clone(),
            key_id.to_owned(),
            self.blocks.iter().map(|block| format!("{block:016x}")).collect(),
            names(&self.noms_by_year),
            names(&self.noms_by_day),
            names(&self.prenoms_by_year),
            names(&self.prenoms_by_day),
            digits(&self.naissance),
            self.lieu.as_ref().map(digits).unwrap_or_default(),
        ]
    }

    /// Reads the cells of a row back. Without a key (a third party who compares what two sides encoded), `key_id` is that of the other side's rows.
    ///
    /// # Errors
    /// When the cells are not those of a row of this format, or were encoded under another key.
    pub fn read(cells: &[&str], key_id: &str) -> Result<Self, RecordFault> {
        let [id, key, blocks, noms_by_year, noms_by_day, prenoms_by_year, prenoms_by_day, naissance, lieu] =
            cells.try_into().map_err(|_| RecordFault::Cells)?;
        if key != key_id {
            return Err(RecordFault::Key);
        }
        let lieu = if lieu.is_empty() { None } else { Some(Filter::read(lieu).ok_or(RecordFault::Code(COLUMNS[8]))?) };
        Ok(Self {
            id: id.to_owned(),
            blocks: read_blocks(blocks).ok_or(RecordFault::Code(COLUMNS[2]))?,
            noms_by_year: read_names(noms_by_year).ok_or(RecordFault::Code(COLUMNS[3]))?,
            noms_by_day: read_names(noms_by_day).ok_or(RecordFault::Code(COLUMNS[4]))?,
            prenoms_by_year: read_names(prenoms_by_year).ok_or(RecordFault::Code(COLUMNS[5]))?,
            prenoms_by_day: read_names(prenoms_by_day).ok_or(RecordFault::Code(COLUMNS[6]))?,
            naissance: Filter::read(naissance).ok_or(RecordFault::Code(COLUMNS[7]))?,
            lieu,
        })
    }

    /// Whether a row was encoded under this key.
    #[must_use]
    pub fn is_under(cells: &[&str], key: &EncodingKey) -> bool {
        cells.get(1).is_some_and(|id| *id == key.id())
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoded(***)")
    }
}

fn digits<const W: usize>(filter: &Filter<W>) -> String {
    let mut digits = String::new();
    filter.write(&mut digits);
    digits
}

fn read_blocks(digits: &str) -> Option<[u64; BLOCKS]> {
    if digits.len() != 16 * BLOCKS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut blocks = [0; BLOCKS];
    for (block, place) in blocks.iter_mut().zip((0..).step_by(16)) {
        *block = u64::from_str_radix(&digits[place..place + 16], 16).ok()?;
    }
    Some(blocks)
}

fn read_names(digits: &str) -> Option<Names> {
    let half = digits.len() / VALUES;
    if !digits.is_ascii() {
        return None;
    }
    let (first, second) = digits.split_at(half);
    Some([Filter::read(first)?, Filter::read(second)?])
}
