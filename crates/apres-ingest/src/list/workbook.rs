//! Spreadsheets: xlsx through calamine, cell by cell; ods by a reader of our own.
//!
//! Two things are not left to the library. The size once inflated is measured before anything is opened. And `ods` is read here, because
//! calamine 0.38 expands repeated cells before it counts them and does not come back from a table that is cut short (delete it when that is fixed).

use std::io::{BufRead, BufReader, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader as _, SheetVisible, Xlsx};
use chrono::NaiveDate;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::sheet::{COLUMNS_MAX, FileKind, Foreign, Grid, INFLATED_BYTES_MAX, ListFault, ROWS_MAX, Recognised, Row, Sheet};
use super::{Cell, header};

/// Sheets of a workbook that are looked at.
const SHEETS_MAX: usize = 40;
/// Blanks that one `text:s` may stand for.
const BLANKS_MAX: usize = 100;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

pub(super) fn read(bytes: &[u8]) -> Result<Sheet, ListFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ListFault::Damaged)?;
    let kind = kind(&archive)?;
    check_inflated(&mut archive)?;
    let grids = match kind {
        FileKind::Ods => ods_grids(&mut archive)?,
        // A parser of others' formats may meet a case that its authors did not think of; content never makes us fail.
        _ => catch_unwind(AssertUnwindSafe(|| xlsx_grids(bytes))).map_err(|_| ListFault::Damaged)??,
    };
    choose(grids, kind)
}

/// The rows of every sheet of a workbook of Excel, for tables that are no list.
pub(crate) fn workbook_rows(bytes: &[u8]) -> Result<Vec<Vec<Row>>, ListFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ListFault::Damaged)?;
    check_inflated(&mut archive)?;
    Ok(xlsx_grids(bytes)?.into_iter().map(|named| named.grid.rows).collect())
}

fn kind(archive: &Archive<'_>) -> Result<FileKind, ListFault> {
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("xl/workbook.xml") {
        Ok(FileKind::Xlsx)
    } else if has("xl/workbook.bin") {
        Err(ListFault::OldExcel)
    } else if has("content.xml") && has("META-INF/manifest.xml") {
        Ok(FileKind::Ods)
    } else {
        Err(ListFault::NotATable(Foreign::Archive))
    }
}

/// Inflates everything once, counting: sizes announced by an archive may lie.
fn check_inflated(archive: &mut Archive<'_>) -> Result<(), ListFault> {
    let mut left = INFLATED_BYTES_MAX;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|_| ListFault::Damaged)?;
        let inflated = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|_| ListFault::Damaged)?;
        left = left.checked_sub(inflated).ok_or(ListFault::TooLargeInflated)?;
    }
    Ok(())
}

struct NamedGrid {
    name: String,
    is_visible: bool,
    grid: Grid,
}

/// The sheet whose header has the most fields that we know; the first of them when several have as many.
fn choose(mut grids: Vec<NamedGrid>, kind: FileKind) -> Result<Sheet, ListFault> {
    grids.retain(|named| !named.grid.rows.is_empty());
    if grids.iter().any(|named| named.is_visible) {
        grids.retain(|named| named.is_visible);
    }
    let score = |named: &NamedGrid| header::fields_recognised(&named.grid);
    let best = grids.iter().map(score).max().ok_or(ListFault::Empty)?;
    let place = grids.iter().position(|named| score(named) == best).ok_or(ListFault::Empty)?;
    let chosen = grids.remove(place);
    let recognised = Recognised {
        kind,
        encoding: None,
        separator: None,
        sheet: Some(chosen.name),
        other_sheets: grids.into_iter().map(|named| named.name).collect(),
        header_line: None,
        header_is_assumed: false,
        date_formats: Vec::new(),
        blank_lines: 0,
        cells_cut: 0,
        name_disagrees: false,
    };
    header::sheet(chosen.grid, recognised)
}

fn xlsx_grids(bytes: &[u8]) -> Result<Vec<NamedGrid>, ListFault> {
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| ListFault::Damaged)?;
    let sheets: Vec<_> = workbook
        .sheets_metadata()
        .iter()
        .take(SHEETS_MAX)
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect();
    let mut grids = Vec::new();
    for (name, is_visible) in sheets {
        // A chart sheet has no cells; it is not a reason to refuse the file.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else { continue };
        let mut grid = Grid::default();
        let mut row: Vec<Cell> = Vec::new();
        let mut line = 1;
        while let Some(found) = cells.next_cell().map_err(|_| ListFault::Damaged)? {
            let (at_row, at_column) = found.get_position();
            let cell = xlsx_cell(found.get_value());
            if cell.is_empty() {
                continue;
            }
            if at_row + 1 != line {
                grid.push(line, std::mem::take(&mut row))?;
                grid.blank((at_row + 1).saturating_sub(line + 1));
                line = at_row + 1;
            }
            let column = usize::try_from(at_column).map_err(|_| ListFault::TooManyColumns)?;
            if column >= COLUMNS_MAX {
                return Err(ListFault::TooManyColumns);
            }
            if row.len() <= column {
                row.resize(column + 1, Cell::Empty);
            }
            row[column] = cell;
        }
        grid.push(line, row)?;
        grids.push(NamedGrid { name, is_visible, grid });
    }
    Ok(grids)
}

fn xlsx_cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::from_text(&number.to_string()),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) => Cell::from_text(text),
        DataRef::SharedString(text) => Cell::from_text(text),
        DataRef::Bool(is_true) => Cell::from_text(if *is_true { "1" } else { "0" }),
        DataRef::DateTime(moment) if moment.is_datetime() && moment.as_f64() >= 1.0 => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day)).map_or(Cell::Number(moment.as_f64()), Cell::Date)
        }
        DataRef::DateTime(moment) => Cell::Number(moment.as_f64()),
        DataRef::DateTimeIso(text) => iso_cell(text),
        DataRef::DurationIso(text) => Cell::from_text(text),
        DataRef::Error(error) => Cell::from_text(&error.to_string()),
    }
}

fn iso_cell(text: &str) -> Cell {
    let day = text.get(..10).and_then(|day| day.parse::<NaiveDate>().ok());
    day.map_or_else(|| Cell::from_text(text), Cell::Date)
}

fn ods_grids(archive: &mut Archive<'_>) -> Result<Vec<NamedGrid>, ListFault> {
    let mut manifest = Vec::new();
    archive.by_name("META-INF/manifest.xml").map_err(|_| ListFault::Damaged)?.read_to_end(&mut manifest).map_err(|_| ListFault::Damaged)?;
    if memchr::memmem::find(&manifest, b"encryption-data").is_some() {
        return Err(ListFault::Encrypted);
    }
    let content = archive.by_name("content.xml").map_err(|_| ListFault::Damaged)?;
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(content));
    reader.config_mut().expand_empty_elements = true;
    Ods { reader, buffer: Vec::new() }.grids()
}

/// A pull parser of `content.xml`, which stops at the first limit that it meets.
struct Ods<R: BufRead> {
    reader: quick_xml::Reader<R>,
    buffer: Vec<u8>,
}

/// The events of `content.xml` that matter.
enum OdsEvent {
    Table(String),
    TableEnd,
    Row(u32),
    RowEnd,
    Cell(OdsCell),
    CellEnd,
    Paragraph,
    Blanks(usize),
    NoteStart,
    NoteEnd,
    Text(String),
    Other,
    End,
}

#[derive(Default)]
struct OdsCell {
    repeated: usize,
    value: Option<Cell>,
}

impl<R: BufRead> Ods<R> {
    fn grids(mut self) -> Result<Vec<NamedGrid>, ListFault> {
        let mut grids = Vec::new();
        loop {
            match self.next()? {
                OdsEvent::Table(name) => {
                    let grid = self.table()?;
                    if grids.len() < SHEETS_MAX {
                        grids.push(NamedGrid { name, is_visible: true, grid });
                    }
                }
                OdsEvent::End => return Ok(grids),
                _ => {}
            }
        }
    }

    fn table(&mut self) -> Result<Grid, ListFault> {
        let mut grid = Grid::default();
        let mut line: u32 = 1;
        loop {
            match self.next()? {
                OdsEvent::Row(repeated) => {
                    let cells = self.row()?;
                    if cells.iter().all(Cell::is_empty) {
                        grid.blank(repeated);
                    } else {
                        for copy in 0..repeated.min(u32::try_from(ROWS_MAX * 2).unwrap_or(u32::MAX)) {
                            grid.push(line.saturating_add(copy), cells.clone())?;
                        }
                    }
                    line = line.saturating_add(repeated);
                }
                OdsEvent::TableEnd => return Ok(grid),
                OdsEvent::End => return Err(ListFault::Damaged),
                _ => {}
            }
        }
    }

    fn row(&mut self) -> Result<Vec<Cell>, ListFault> {
        let mut cells: Vec<Cell> = Vec::new();
        let mut empty_before = 0_usize;
        loop {
            match self.next()? {
                OdsEvent::Cell(found) => {
                    let text = self.cell_text()?;
                    let cell = found.value.unwrap_or_else(|| Cell::from_text(&text));
                    if cell.is_empty() {
                        empty_before = empty_before.saturating_add(found.repeated);
                        continue;
                    }
                    if cells.len().saturating_add(empty_before).saturating_add(found.repeated) > COLUMNS_MAX {
                        return Err(ListFault::TooManyColumns);
                    }
                    cells.resize(cells.len() + empty_before, Cell::Empty);
                    empty_before = 0;
                    cells.resize(cells.len() + found.repeated, cell);
                }
                OdsEvent::RowEnd => return Ok(cells),
                OdsEvent::End => return Err(ListFault::Damaged),
                _ => {}
            }
        }
    }

    /// The text of a cell without its notes, up to its end.
    fn cell_text(&mut self) -> Result<String, ListFault> {
        let mut text = String::new();
        let mut notes = 0_usize;
        loop {
            match self.next()? {
                OdsEvent::NoteStart => notes += 1,
                OdsEvent::NoteEnd => notes = notes.saturating_sub(1),
                OdsEvent::Paragraph if notes == 0 && !text.is_empty() => text.push('\n'),
                OdsEvent::Blanks(count) if notes == 0 => text.extend(std::iter::repeat_n(' ', count)),
                OdsEvent::Text(part) if notes == 0 => text.push_str(&part),
                OdsEvent::CellEnd => return Ok(text),
                OdsEvent::End => return Err(ListFault::Damaged),
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<OdsEvent, ListFault> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|_| ListFault::Damaged)?;
        Ok(match event {
            Event::Eof => OdsEvent::End,
            Event::Text(text) => OdsEvent::Text(text.xml10_content().into_owned()),
            Event::CData(text) => OdsEvent::Text(text.xml10_content().into_owned()),
            Event::GeneralRef(reference) => {
                let named = quick_xml::escape::resolve_xml_entity(reference.as_ref()).map(str::to_owned);
                let resolved = named.or_else(|| reference.resolve_char_ref().ok().flatten().map(String::from));
                OdsEvent::Text(resolved.unwrap_or_default())
            }
            Event::Start(element) => match element.name().as_ref() {
                "table:table" => OdsEvent::Table(attribute(&element, "table:name").unwrap_or_default()),
                "table:table-row" => OdsEvent::Row(number(&element, "table:number-rows-repeated")),
                "table:table-cell" | "table:covered-table-cell" => OdsEvent::Cell(ods_cell(&element)),
                "text:p" => OdsEvent::Paragraph,
                "text:s" => OdsEvent::Blanks(usize::try_from(number(&element, "text:c")).unwrap_or(1).min(BLANKS_MAX)),
                "text:tab" | "text:line-break" => OdsEvent::Blanks(1),
                "office:annotation" => OdsEvent::NoteStart,
                _ => OdsEvent::Other,
            },
            Event::End(element) => match element.name().as_ref() {
                "table:table" => OdsEvent::TableEnd,
                "table:table-row" => OdsEvent::RowEnd,
                "table:table-cell" | "table:covered-table-cell" => OdsEvent::CellEnd,
                "office:annotation" => OdsEvent::NoteEnd,
                _ => OdsEvent::Other,
            },
            _ => OdsEvent::Other,
        })
    }
}

/// What the attributes of a cell say; its text says the rest.
fn ods_cell(element: &BytesStart<'_>) -> OdsCell {
    let repeated = usize::try_from(number(element, "table:number-columns-repeated")).unwrap_or(1);
    let value = match attribute(element, "office:value-type").as_deref() {
        Some("float" | "percentage" | "currency") => {
            attribute(element, "office:value").and_then(|text| text.parse().ok()).map(Cell::Number)
        }
        Some("date") => attribute(element, "office:date-value").map(|text| iso_cell(&text)),
        _ => attribute(element, "office:string-value").map(|text| Cell::from_text(&text)),
    };
    OdsCell { repeated, value }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// A number of times: one when it is not said.
fn number(element: &BytesStart<'_>, name: &str) -> u32 {
    attribute(element, name).and_then(|text| text.parse().ok()).unwrap_or(1)
}
