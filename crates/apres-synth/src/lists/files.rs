//! Lists and their truth, as bytes.
//!
//! Each format is one that users have: separators, encodings, titles above the header, blank lines and totals. Row numbers in the truth are
//! those of the file, the first line being 1. Nothing is decided here about who is found.

use std::fmt::Write as _;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, Workbook, Worksheet, XlsxError};

use crate::lists::{Row, Status};
use crate::plan::SynthFault;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// UTF-8 with a mark, semicolons.
    BomSemicolon,
    /// Windows-1252, semicolons.
    Cp1252Semicolon,
    /// Windows-1252, semicolons, blank lines and a line of totals.
    Cp1252SemicolonTotal,
    /// UTF-8, commas.
    Utf8Comma,
    /// UTF-8, tabs.
    Utf8Tab,
    /// A workbook with titles, blank lines and a line of totals.
    Workbook,
}

/// A list.
pub(crate) struct Sheet {
    pub(crate) name: &'static str,
    format: Format,
    header: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

/// Lines above the header of the workbook.
const TITLE_LINES: u32 = 4;
/// A blank line comes after this many rows, where the format has blank lines.
const BLANK_EVERY: usize = 17;

impl Sheet {
    pub(crate) fn new(name: &'static str, format: Format, header: &[&'static str], rows: Vec<Row>) -> Self {
        Self { name, format, header: header.to_vec(), rows }
    }

    fn file_name(&self) -> String {
        format!("{}.{}", self.name, if self.format == Format::Workbook { "xlsx" } else { "csv" })
    }

    fn has_blanks(&self) -> bool {
        matches!(self.format, Format::Workbook | Format::Cp1252SemicolonTotal)
    }

    /// The line of each row, counted from 1.
    fn lines(&self) -> Vec<u32> {
        let first = if self.format == Format::Workbook { TITLE_LINES + 2 } else { 2 };
        let blanks = |place: usize| if self.has_blanks() { place / BLANK_EVERY } else { 0 };
        (0..self.rows.len()).map(|place| first + u32::try_from(place + blanks(place)).unwrap_or(0)).collect()
    }
}

/// Writes a list under `out/lists` and its truth under `out/truth/lists`.
pub(crate) fn write(sheet: &Sheet, out: &Path) -> Result<(), SynthFault> {
    let (lists, truths) = (out.join("lists"), out.join("truth").join("lists"));
    for folder in [&lists, &truths] {
        std::fs::create_dir_all(folder).map_err(SynthFault::write(folder))?;
    }
    let path = lists.join(sheet.file_name());
    if sheet.format == Format::Workbook {
        write_workbook(sheet, &path).map_err(|source| SynthFault::Workbook { path: path.clone(), source })?;
    } else {
        std::fs::write(&path, text_of(sheet)).map_err(SynthFault::write(&path))?;
    }
    let path = truths.join(format!("{}.csv", sheet.name));
    std::fs::write(&path, truth_of(sheet)).map_err(SynthFault::write(&path))
}

/// What each list is: file, encoding, separator, programme, number of rows.
pub(crate) fn write_index(sheets: &[Sheet], out: &Path) -> Result<(), SynthFault> {
    let mut text = "list,file,encoding,separator,programme,rows,unusable\n".to_owned();
    for sheet in sheets {
        let (encoding, separator) = match sheet.format {
            Format::BomSemicolon => ("utf-8-bom", "point_virgule"),
            Format::Cp1252Semicolon | Format::Cp1252SemicolonTotal => ("windows-1252", "point_virgule"),
            Format::Utf8Comma => ("utf-8", "virgule"),
            Format::Utf8Tab => ("utf-8", "tabulation"),
            Format::Workbook => ("xlsx", ""),
        };
        let unusable = sheet.rows.iter().filter(|row| row.status == Status::Inutilisable).count();
        let _ = writeln!(text, "{},{},{encoding},{separator},iae,{},{unusable}", sheet.name, sheet.file_name(), sheet.rows.len());
    }
    let path = out.join("truth").join("lists.csv");
    std::fs::write(&path, text).map_err(SynthFault::write(&path))
}

fn truth_of(sheet: &Sheet) -> String {
    let mut text = "row,status,person,nir_verified,date_sortie,note\n".to_owned();
    for (row, line) in sheet.rows.iter().zip(sheet.lines()) {
        let person = if row.place.is_some() { row.person.to_string() } else { String::new() };
        let exit = if row.status == Status::Inutilisable { String::new() } else { row.exit.iso() };
        let _ = writeln!(text, "{line},{},{person},{},{exit},{}", row.status.name(), row.is_nir_verified, row.note);
    }
    text
}

fn text_of(sheet: &Sheet) -> Vec<u8> {
    let separator = match sheet.format {
        Format::Utf8Comma => ",",
        Format::Utf8Tab => "\t",
        _ => ";",
    };
    let mut text = sheet.header.join(separator) + "\r\n";
    for (place, row) in sheet.rows.iter().enumerate() {
        if sheet.has_blanks() && place > 0 && place.is_multiple_of(BLANK_EVERY) {
            text += &";".repeat(sheet.header.len() - 1);
            text += "\r\n";
        }
        text += &row.cells.join(separator);
        text += "\r\n";
    }
    if sheet.has_blanks() {
        let _ = write!(text, "TOTAL;{};;;;;\r\n", sheet.rows.len());
    }
    match sheet.format {
        Format::BomSemicolon => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        Format::Utf8Comma | Format::Utf8Tab => text.into_bytes(),
        _ => text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect(),
    }
}

fn write_workbook(sheet: &Sheet, path: &Path) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2026, 1, 5)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let page = workbook.add_worksheet();
    page.set_name("Sorties")?;
    page.write_string(0, 0, "Association intermédiaire - suivi des sorties")?;
    page.write_string(1, 0, "Document interne, ne pas diffuser")?;
    page.write_string(2, 0, "Sorties de la période")?;
    for (column, title) in (0_u16..).zip(&sheet.header) {
        page.write_string(TITLE_LINES, column, *title)?;
    }
    let date = CellFormat::new().set_num_format("dd/mm/yyyy");
    let mut last = TITLE_LINES;
    for (row, line) in sheet.rows.iter().zip(sheet.lines()) {
        write_workbook_row(page, line - 1, row, &date)?;
        last = line - 1;
    }
    page.write_string(last + 2, 0, "Total")?;
    page.write_number(last + 2, 1, f64::from(u32::try_from(sheet.rows.len()).unwrap_or(0)))?;
    workbook.save(path)
}

/// NIRs of even people are numbers, as spreadsheets make them; those of Corsica cannot be.
fn write_workbook_row(page: &mut Worksheet, line: u32, row: &Row, date: &CellFormat) -> Result<(), XlsxError> {
    for (column, cell) in (0_u16..).zip(&row.cells) {
        match (column, cell.parse::<f64>()) {
            (_, _) if cell.is_empty() => {}
            (4.., Ok(serial)) => {
                page.write_number_with_format(line, column, serial, date)?;
            }
            (0, Ok(nir)) if row.person.is_multiple_of(2) => {
                page.write_number(line, column, nir)?;
            }
            _ => {
                page.write_string(line, column, cell)?;
            }
        }
    }
    Ok(())
}
