//! From the bytes of a file to a sheet: what kind of file it is, its header, its rows with the line that each had.
//!
//! The content decides, not the name of the file. A file that is not a table is refused whole with the reason; a table is always read, and what was
//! left out of it (titles, totals, blank lines, cells too long) is said.

use std::fmt;

use serde::Serialize;

use super::{Cell, DateFormat, header, text, workbook};

/// Size of a file, in bytes.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Size of a spreadsheet once inflated, in bytes: a small file may hold a very large one.
pub const INFLATED_BYTES_MAX: u64 = 512 << 20;
/// Rows of a list. The largest files seen have 200,000 (the "accrochage" of certifications).
pub const ROWS_MAX: usize = 300_000;
/// Columns of a list.
pub const COLUMNS_MAX: usize = 200;
/// Characters of a cell; what is longer is cut, and said.
pub const CELL_CHARS_MAX: usize = 1_000;
/// Cells of a list, empty ones included up to the last that is not: what a process can hold.
pub const CELLS_MAX: usize = 20_000_000;
/// Bytes of text of a list: a spreadsheet can repeat a long text without growing.
pub const TEXT_BYTES_MAX: usize = 256 << 20;
/// Rows, from the first that is not blank, among which the header is searched.
pub const HEADER_SEARCH_ROWS_MAX: usize = 40;

/// A list as the file holds it.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The names of the columns; letters (`A`, `B`…) where the file gives none.
    pub header: Vec<String>,
    /// The rows, none longer than the header.
    pub rows: Vec<Row>,
    /// What was recognised of the file.
    pub recognised: Recognised,
    /// The lines left out, in order; blank lines are only counted in [`Recognised`].
    pub dropped: Vec<Dropped>,
}

/// A row with the line where it starts in the file (1-based, as editors and spreadsheets count).
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The line in the file.
    pub line: u32,
    /// The cells up to the last that is not empty.
    pub cells: Vec<Cell>,
}

impl Row {
    /// The cell of a column; empty beyond the end of the row.
    #[must_use]
    pub fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

/// What was recognised of a file, to be said to its depositor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recognised {
    /// Text or spreadsheet.
    pub kind: FileKind,
    /// The encoding of a text file.
    pub encoding: Option<Encoding>,
    /// The separator of a text file; `None` with a single column, or in a spreadsheet.
    pub separator: Option<Separator>,
    /// The name of the sheet read, in a spreadsheet.
    pub sheet: Option<String>,
    /// The other sheets that are not empty, and that were not read.
    pub other_sheets: Vec<String>,
    /// The line of the header; `None` when the file has none.
    pub header_line: Option<u32>,
    /// None of the header's names is known: only its look says that it is not a person.
    pub header_is_assumed: bool,
    /// For each column, how its dates are written, when most of its cells are dates.
    pub date_formats: Vec<Option<DateFormat>>,
    /// Blank lines dropped between the first line that is not blank and the last.
    pub blank_lines: u64,
    /// Cells cut at [`CELL_CHARS_MAX`].
    pub cells_cut: u64,
    /// Whether the name of the file announces another kind than the content.
    pub name_disagrees: bool,
}

/// The kinds of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Text with separators.
    Csv,
    /// Excel since 2007.
    Xlsx,
    /// `LibreOffice`, `OpenOffice`.
    Ods,
}

/// The encodings of a text file that are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// No letter with an accent at all: any of the others.
    Ascii,
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark, as Excel writes it.
    Utf8Bom,
    /// UTF-16, little-endian ("Unicode text" of Excel).
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// Windows-1252.
    Windows1252,
    /// ISO-8859-1: Windows-1252 without any of the characters that it adds.
    Latin1,
}

/// The separators that are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// Tabulation.
    Tab,
    /// `|`
    Pipe,
}

/// A line left out of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The line in the file.
    pub line: u32,
    /// Why.
    pub reason: DropReason,
}

/// Why a line was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// A title above the header.
    Title,
    /// The header again (page breaks of an export).
    RepeatedHeader,
    /// A total.
    Total,
    /// A remark below the table.
    Footnote,
}

/// What a file that is not a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Foreign {
    /// PDF.
    Pdf,
    /// An image.
    Image,
    /// A web page, often under the name `.xls`.
    Html,
    /// XML.
    Xml,
    /// JSON.
    Json,
    /// A DSN file: to be given to the DSN ingest.
    Dsn,
    /// An archive or a document that is no spreadsheet.
    Archive,
    /// Anything else that is not text.
    Binary,
}

/// Why a file is refused whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// No byte, or blanks only.
    #[error("the file is empty")]
    Empty,
    /// A header and no row, or titles only.
    #[error("the file has no row below its header")]
    NoRow,
    /// More than [`FILE_BYTES_MAX`].
    #[error("the file has more than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// More than [`INFLATED_BYTES_MAX`] once inflated.
    #[error("the spreadsheet has more than {INFLATED_BYTES_MAX} bytes once inflated")]
    TooLargeInflated,
    /// More than [`ROWS_MAX`].
    #[error("the file has more than {ROWS_MAX} rows")]
    TooManyRows,
    /// More than [`CELLS_MAX`], or more than [`TEXT_BYTES_MAX`].
    #[error("the file has more than {CELLS_MAX} cells or {TEXT_BYTES_MAX} bytes of text")]
    TooManyCells,
    /// More than [`COLUMNS_MAX`].
    #[error("the file has more than {COLUMNS_MAX} columns")]
    TooManyColumns,
    /// A workbook of Excel before 2007 (`.xls`).
    #[error("the file is a workbook of Excel before 2007")]
    OldExcel,
    /// A workbook behind a password.
    #[error("the workbook is encrypted")]
    Encrypted,
    /// A spreadsheet that cannot be opened.
    #[error("the spreadsheet is damaged")]
    Damaged,
    /// Another kind of file.
    #[error("the file is not a table but {0:?}")]
    NotATable(Foreign),
}

impl ListFault {
    /// The stable code of the fault, under which the French message and the way on are found.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoRow => "no_row",
            Self::TooLarge => "too_large",
            Self::TooLargeInflated => "too_large_inflated",
            Self::TooManyRows => "too_many_rows",
            Self::TooManyCells => "too_many_cells",
            Self::TooManyColumns => "too_many_columns",
            Self::OldExcel => "old_excel",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::NotATable(Foreign::Dsn) => "is_a_dsn",
            Self::NotATable(_) => "not_a_table",
        }
    }
}

/// The rows of a file before its header is found; every row has its own length.
#[derive(Default)]
pub(super) struct Grid {
    pub(super) rows: Vec<Row>,
    pub(super) blank_lines: u64,
    pub(super) cells_cut: u64,
    /// Blank lines since the last row: they count once a row follows.
    blank_lines_pending: u64,
    cells: usize,
    text_bytes: usize,
}

impl Grid {
    /// Counts blank lines.
    pub(super) fn blank(&mut self, lines: u32) {
        self.blank_lines_pending += u64::from(lines);
    }

    /// Adds a row; blank ones are counted, trailing empty cells are dropped.
    pub(super) fn push(&mut self, line: u32, mut cells: Vec<Cell>) -> Result<(), ListFault> {
        let width = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        cells.truncate(width);
        if cells.is_empty() {
            self.blank(1);
            return Ok(());
        }
        if width > COLUMNS_MAX {
            return Err(ListFault::TooManyColumns);
        }
        if self.rows.len() >= ROWS_MAX + HEADER_SEARCH_ROWS_MAX {
            return Err(ListFault::TooManyRows);
        }
        self.cells_cut += cells.iter_mut().map(|cell| u64::from(cell.cut(CELL_CHARS_MAX))).sum::<u64>();
        self.cells += cells.len();
        self.text_bytes += cells.iter().map(Cell::text_bytes).sum::<usize>();
        if self.cells > CELLS_MAX || self.text_bytes > TEXT_BYTES_MAX {
            return Err(ListFault::TooManyCells);
        }
        cells.shrink_to_fit();
        self.blank_lines += if self.rows.is_empty() { 0 } else { self.blank_lines_pending };
        self.blank_lines_pending = 0;
        self.rows.push(Row { line, cells });
        Ok(())
    }
}

/// Reads a file: text with separators, xlsx or ods, whatever its name says.
///
/// # Errors
/// Says why the file is not a table that can be read, or is larger than the limits.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Sheet, ListFault> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ListFault::TooLarge);
    }
    let mut sheet = match nature(bytes)? {
        Nature::Text => text::read(bytes)?,
        Nature::Zip => workbook::read(bytes)?,
    };
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    sheet.recognised.name_disagrees = match sheet.recognised.kind {
        FileKind::Csv => !matches!(extension.as_str(), "csv" | "txt" | "tsv" | "tab" | ""),
        FileKind::Xlsx => !matches!(extension.as_str(), "xlsx" | "xlsm" | ""),
        FileKind::Ods => !matches!(extension.as_str(), "ods" | ""),
    };
    header::date_formats(&mut sheet);
    Ok(sheet)
}

enum Nature {
    Text,
    Zip,
}

/// Tells texts and zips from what cannot be read, by the first bytes.
fn nature(bytes: &[u8]) -> Result<Nature, ListFault> {
    const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    let foreign = |what| Err(ListFault::NotATable(what));
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Nature::Zip);
    }
    if bytes.starts_with(COMPOUND_FILE) {
        // A workbook behind a password is a compound file with this stream, its name in UTF-16.
        let name: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
        let is_encrypted = memchr::memmem::find(bytes, &name).is_some();
        return Err(if is_encrypted { ListFault::Encrypted } else { ListFault::OldExcel });
    }
    if bytes.starts_with(b"%PDF") {
        return foreign(Foreign::Pdf);
    }
    if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8\xff") || bytes.starts_with(b"GIF8") {
        return foreign(Foreign::Image);
    }
    if bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"7z\xbc\xaf") || bytes.starts_with(b"Rar!") || bytes.starts_with(b"PK\x05\x06")
    {
        return foreign(Foreign::Archive);
    }
    Ok(Nature::Text)
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
