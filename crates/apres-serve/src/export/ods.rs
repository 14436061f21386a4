//! An OpenDocument workbook: figures, notes, definitions, reasons.
//!
//! The format is a zip of three small texts. What is written here is the part of OpenDocument 1.3 that tables need: strings, numbers, a bold header.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter, result::ZipError};

use super::{Book, Value};
use crate::messages::text;

/// Media type of the file; its first member repeats it, not compressed, so that the file is recognised.
pub(super) const MEDIA_TYPE: &str = "application/vnd.oasis.opendocument.spreadsheet";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content office:version=\"1.3\" \
                    xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
                    xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" \
                    xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\"><office:automatic-styles>\
                    <style:style style:name=\"titre\" style:family=\"table-cell\"><style:text-properties fo:font-weight=\"bold\"/></style:style>\
                    </office:automatic-styles><office:body><office:spreadsheet>";
const FOOT: &str = "</office:spreadsheet></office:body></office:document-content>";
const MANIFEST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest manifest:version=\"1.3\" \
                        xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" \
                        manifest:version=\"1.3\" manifest:media-type=\"application/vnd.oasis.opendocument.spreadsheet\"/><manifest:file-entry \
                        manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>";

pub(super) fn workbook(book: &Book) -> Result<Vec<u8>, ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content, options) in
        [("mimetype", MEDIA_TYPE, stored), ("content.xml", content(book).as_str(), deflated), ("META-INF/manifest.xml", MANIFEST, deflated)]
    {
        archive.start_file(name, options)?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn content(book: &Book) -> String {
    let words = |words: &str| Value::text(words);
    let figures = std::iter::once(book.header.iter().map(|name| words(name)).collect()).chain(book.rows.iter().cloned());
    let notes = book.notes.iter().map(|note| vec![words(note)]);
    let definitions = book.definitions.iter().map(|row| row.iter().map(|cell| words(cell)).collect());
    let reasons = book.reasons.iter().map(|row| row.iter().map(|cell| words(cell)).collect());
    let mut content = HEAD.to_owned();
    sheet(&mut content, text("export.sheet"), figures, true);
    sheet(&mut content, text("export.notes_sheet"), notes, false);
    sheet(&mut content, text("export.definitions_sheet"), definitions, true);
    sheet(&mut content, text("export.reasons_sheet"), reasons, true);
    content.push_str(FOOT);
    content
}

fn sheet(content: &mut String, name: &str, rows: impl Iterator<Item = Vec<Value>>, has_header: bool) {
    written(write!(content, "<table:table table:name=\"{}\">", escaped(name)));
    for (line, row) in rows.enumerate() {
        content.push_str("<table:table-row>");
        let style = if has_header && line == 0 { " table:style-name=\"titre\"" } else { "" };
        row.iter().for_each(|value| cell(content, value, style));
        content.push_str("</table:table-row>");
    }
    content.push_str("</table:table>");
}

fn cell(content: &mut String, value: &Value, style: &str) {
    let number = |content: &mut String, number: &str| {
        written(write!(
            content,
            "<table:table-cell{style} office:value-type=\"float\" office:value=\"{number}\"><text:p>{number}</text:p></table:table-cell>"
        ));
    };
    match value {
        Value::Text(words) => {
            let words = escaped(words);
            written(write!(content, "<table:table-cell{style} office:value-type=\"string\"><text:p>{words}</text:p></table:table-cell>"));
        }
        Value::Number(value) => number(content, &value.to_string()),
        Value::Tenths(tenths) => number(content, &super::decimal(*tenths)),
        Value::Empty => content.push_str("<table:table-cell/>"),
    }
}

fn written(outcome: std::fmt::Result) {
    outcome.expect("writing to a String cannot fail");
}

/// A text within XML: markup is written out, and characters that XML does not hold are left out.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => escaped.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_someone_wrote_is_never_markup() {
        assert_eq!(escaped("<a href=\"x\"> & \u{1}\u{ffff}b"), "&lt;a href=&quot;x&quot;&gt; &amp; b");
    }
}
