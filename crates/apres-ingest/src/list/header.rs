//! Where the table starts and ends in a file: its header, titles above, totals and remarks below.
//!
//! Nothing is dropped that might be a person: a line with a NIR or a date is always a row.

use super::date::{self, Pivot};
use super::guess::{is_nir_like, recognised_fields};
use super::sheet::{DropReason, Dropped, Grid, HEADER_SEARCH_ROWS_MAX, ListFault, ROWS_MAX, Recognised, Row, Sheet};
use super::{Cell, DateFormat};
use crate::identity::normalised;

/// First words of a line that adds up the others.
const TOTALS: &[&str] = &["TOTAL", "TOTAUX", "SOUS TOTAL", "MOYENNE", "NOMBRE DE", "NOMBRE TOTAL", "EFFECTIF", "SOMME", "ENSEMBLE", "NB"];

/// Share of the cells of a column that must be dates for it to be one, in percent.
const DATE_SHARE_PERCENT_MIN: u64 = 50;

/// The largest number of fields that the header of a grid may have.
pub(super) fn fields_recognised(grid: &Grid) -> usize {
    grid.rows.iter().take(HEADER_SEARCH_ROWS_MAX).filter(|row| !has_person(row)).map(recognised).max().unwrap_or(0)
}

/// Makes a sheet of a grid.
pub(super) fn sheet(grid: Grid, mut recognised: Recognised) -> Result<Sheet, ListFault> {
    recognised.blank_lines = grid.blank_lines;
    recognised.cells_cut = grid.cells_cut;
    let mut rows = grid.rows;
    if rows.is_empty() {
        return Err(ListFault::Empty);
    }
    let mut dropped = Vec::new();
    let mut names: Vec<Cell> = Vec::new();
    if let Some((place, is_assumed)) = header_place(&rows) {
        recognised.header_is_assumed = is_assumed;
        dropped.extend(rows[..place].iter().map(|row| Dropped { line: row.line, reason: DropReason::Title }));
        recognised.header_line = Some(rows[place].line);
        let below = rows.split_off(place + 1);
        names = rows.pop().map(|row| row.cells).unwrap_or_default();
        rows = below;
    }
    drop_foreign_lines(&mut rows, &names, &mut dropped);
    if rows.is_empty() {
        return Err(ListFault::NoRow);
    }
    if rows.len() > ROWS_MAX {
        return Err(ListFault::TooManyRows);
    }
    dropped.sort_by_key(|dropped| dropped.line);
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0).max(names.len());
    let header = (0..width).map(|column| column_name(names.get(column).unwrap_or(&Cell::Empty), column)).collect();
    Ok(Sheet { header, rows, recognised, dropped })
}

/// Fills in how the dates of each column are written.
pub(super) fn date_formats(sheet: &mut Sheet) {
    // The year of the century does not change the format; any pivot does.
    let pivot = Pivot { year_max: 2050 };
    let formats = (0..sheet.header.len()).map(|column| {
        let dates = date::column_dates(sheet.rows.iter().map(|row| row.cell(column)), pivot);
        let is_dates = dates.read > 0 && dates.read * 100 >= dates.filled * DATE_SHARE_PERCENT_MIN;
        dates.formats.first().map(|(format, _)| *format).filter(|format| is_dates && *format != DateFormat::SpreadsheetSerial)
    });
    sheet.recognised.date_formats = formats.collect();
}

/// The row that names the columns, and whether only its look says so: the one with the most known fields, else a first row of words above rows of persons.
fn header_place(rows: &[Row]) -> Option<(usize, bool)> {
    let searched = &rows[..rows.len().min(HEADER_SEARCH_ROWS_MAX)];
    let scores: Vec<usize> = searched.iter().map(|row| if has_person(row) { 0 } else { recognised(row) }).collect();
    let best = scores.iter().copied().max().unwrap_or(0);
    if best > 0 {
        return scores.iter().position(|score| *score == best).map(|place| (place, false));
    }
    let width = searched.iter().map(filled).max().unwrap_or(0);
    let first = searched.iter().position(|row| filled(row) * 2 > width)?;
    let is_above_persons = searched[first + 1..].iter().any(has_person);
    (looks_like_names(&searched[first], &searched[first + 1..]) && is_above_persons).then_some((first, true))
}

/// Whether a row without a known field may be the names of columns: words, or letters and a number (`c1`, `Colonne 2`), all different. What is found again below in
/// its own column is a value.
fn looks_like_names(row: &Row, below: &[Row]) -> bool {
    if has_person(row) {
        return false;
    }
    let mut seen: Vec<String> = Vec::new();
    row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).all(|(column, cell)| {
        let text = cell.text();
        let is_name = matches!(cell, Cell::Text(_)) && (!has_digit(cell) || is_numbered(&text));
        let is_found_below = has_digit(cell) && below.iter().any(|row| row.cell(column) == cell);
        let is_new = !has_digit(cell) || !seen.iter().any(|other| *other == text);
        seen.push(text.into_owned());
        is_name && is_new && !is_found_below
    })
}

/// `c1`, `Colonne 2`, `champ_03`: letters, then a number.
fn is_numbered(text: &str) -> bool {
    let name = text.trim().trim_end_matches(|letter: char| letter.is_ascii_digit());
    name.starts_with(char::is_alphabetic) && name.chars().all(|letter| letter.is_alphabetic() || matches!(letter, ' ' | '_' | '-' | '.'))
}

/// Removes what is not a person: the header again, totals, and remarks below the last row of the table.
fn drop_foreign_lines(rows: &mut Vec<Row>, names: &[Cell], dropped: &mut Vec<Dropped>) {
    let width = rows.iter().map(filled).max().unwrap_or(0);
    let last_of_table = rows.iter().rposition(|row| filled(row) >= 2);
    let mut place = 0;
    rows.retain(|row| {
        let is_below = last_of_table.is_some_and(|last| place > last);
        place += 1;
        let reason = if !names.is_empty() && row.cells == names {
            DropReason::RepeatedHeader
        } else if has_person(row) {
            return true;
        } else if is_total(row) && filled(row) * 2 <= width.max(4) {
            DropReason::Total
        } else if is_below && width >= 3 {
            DropReason::Footnote
        } else {
            return true;
        };
        dropped.push(Dropped { line: row.line, reason });
        false
    });
}

fn is_total(row: &Row) -> bool {
    let Some(first) = row.cells.iter().find(|cell| !cell.is_empty()) else { return false };
    let words = normalised(&first.text());
    TOTALS.iter().any(|total| words == *total || words.strip_prefix(total).is_some_and(|rest| rest.starts_with(' ')))
}

/// Whether a row holds a NIR or a date: it is then neither a header nor a total.
fn has_person(row: &Row) -> bool {
    let pivot = Pivot { year_max: 2050 };
    row.cells.iter().any(|cell| {
        let is_date = match cell {
            Cell::Number(_) => false,
            _ => date::parse(cell, date::Order::DayFirst, pivot).is_ok() || date::parse(cell, date::Order::MonthFirst, pivot).is_ok(),
        };
        is_date || is_nir_like(cell)
    })
}

fn recognised(row: &Row) -> usize {
    let texts = row.cells.iter().map(|cell| if let Cell::Text(text) = cell { text.as_str() } else { "" });
    recognised_fields(texts)
}

fn filled(row: &Row) -> usize {
    row.cells.iter().filter(|cell| !cell.is_empty()).count()
}

fn has_digit(cell: &Cell) -> bool {
    cell.text().bytes().any(|byte| byte.is_ascii_digit())
}

/// The name of a column on one line; its letter, as in a spreadsheet, when it has none.
fn column_name(cell: &Cell, column: usize) -> String {
    if cell.is_empty() {
        return letters(column);
    }
    cell.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `A` … `Z`, `AA`…
fn letters(column: usize) -> String {
    let letter = |place: usize| char::from(b'A' + u8::try_from(place % 26).unwrap_or(0));
    if column < 26 { letter(column).to_string() } else { format!("{}{}", letter(column / 26 - 1), letter(column)) }
}
