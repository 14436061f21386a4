//! An Excel workbook: figures, notes, definitions, reasons.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::{Book, Value};
use crate::messages::text;

/// Width of a column of sentences, in characters.
const SENTENCE_WIDTH: u32 = 60;

pub(super) fn workbook(book: &Book) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet().set_name(text("export.sheet"))?;
    for (column, name) in (0_u16..).zip(&book.header) {
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    for (line, row) in (1_u32..).zip(&book.rows) {
        for (column, value) in (0_u16..).zip(row) {
            write(sheet, line, column, value)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?.autofit();
    let notes = workbook.add_worksheet().set_name(text("export.notes_sheet"))?;
    notes.set_column_width(0, 110)?;
    for (line, note) in (0_u32..).zip(&book.notes) {
        notes.write_string(line, 0, note)?;
    }
    table(workbook.add_worksheet().set_name(text("export.definitions_sheet"))?, &book.definitions, &bold)?;
    table(workbook.add_worksheet().set_name(text("export.reasons_sheet"))?, &book.reasons, &bold)?;
    workbook.save_to_buffer()
}

fn table<const N: usize>(sheet: &mut Worksheet, rows: &[[String; N]], bold: &Format) -> Result<(), XlsxError> {
    for (line, row) in (0_u32..).zip(rows) {
        for (column, words) in (0_u16..).zip(row) {
            match line {
                0 => sheet.write_string_with_format(line, column, words, bold)?,
                _ => sheet.write_string(line, column, words)?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?.set_column_range_width(1, 4, SENTENCE_WIDTH)?;
    Ok(())
}

/// Counts of people, months and percents are far below the 53 bits that a spreadsheet keeps exactly.
fn float(number: i64) -> f64 {
    i32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn write(sheet: &mut Worksheet, line: u32, column: u16, value: &Value) -> Result<(), XlsxError> {
    match value {
        Value::Text(content) => sheet.write_string(line, column, content)?,
        Value::Number(number) => sheet.write_number(line, column, float(*number))?,
        Value::Tenths(tenths) => sheet.write_number(line, column, float(*tenths) / 10.0)?,
        Value::Empty => sheet,
    };
    Ok(())
}
