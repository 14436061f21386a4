//! Text files: encoding, separator, records.
//!
//! The records are cut here rather than by the `csv` crate for two reasons: every row keeps the line on which it starts, blank lines included; and a quote
//! that is never closed costs one row, not the rest of the file.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::sheet::{Encoding, FileKind, Foreign, Grid, ListFault, Recognised, Separator, Sheet};
use super::{Cell, header};

/// Lines that one quoted cell may span; beyond, its quote is taken for a character.
const QUOTED_LINES_MAX: usize = 40;
/// Records on which the separator is guessed.
const SEPARATOR_RECORDS_MAX: usize = 60;
/// Bytes on which UTF-16 without a mark is guessed.
const UTF16_SAMPLE_BYTES: usize = 4_096;

const SEPARATORS: [Separator; 4] = [Separator::Semicolon, Separator::Tab, Separator::Comma, Separator::Pipe];

impl Separator {
    fn char(self) -> char {
        match self {
            Self::Semicolon => ';',
            Self::Comma => ',',
            Self::Tab => '\t',
            Self::Pipe => '|',
        }
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Sheet, ListFault> {
    let (decoded, encoding) = decoded(bytes);
    if decoded.trim().is_empty() {
        return Err(ListFault::Empty);
    }
    if let Some(foreign) = foreign(&decoded) {
        return Err(ListFault::NotATable(foreign));
    }
    let text = with_line_feeds(&decoded);
    let (announced, skipped_lines, body) = announced_separator(&text);
    let separator = announced.or_else(|| guessed_separator(body));
    let mut grid = Grid::default();
    for record in Records::new(body, separator, skipped_lines) {
        grid.push(record.line, record.cells)?;
    }
    let recognised = Recognised {
        kind: FileKind::Csv,
        encoding: Some(encoding),
        separator,
        sheet: None,
        other_sheets: Vec::new(),
        header_line: None,
        header_is_assumed: false,
        date_formats: Vec::new(),
        blank_lines: 0,
        cells_cut: 0,
        name_disagrees: false,
    };
    header::sheet(grid, recognised)
}

/// The text and its encoding. Bytes that no encoding explains become U+FFFD, never a refusal.
fn decoded(bytes: &[u8]) -> (Cow<'_, str>, Encoding) {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return (String::from_utf8_lossy(rest), Encoding::Utf8Bom);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return (UTF_16LE.decode_without_bom_handling(rest).0, Encoding::Utf16Le);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return (UTF_16BE.decode_without_bom_handling(rest).0, Encoding::Utf16Be);
    }
    let sample = &bytes[..bytes.len().min(UTF16_SAMPLE_BYTES)];
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    // Latin letters in UTF-16 have one zero byte in two; half of that is enough, since names may hold other letters.
    if zeros(1) * 4 > sample.len() && zeros(0) == 0 {
        return (UTF_16LE.decode_without_bom_handling(bytes).0, Encoding::Utf16Le);
    }
    if zeros(0) * 4 > sample.len() && zeros(1) == 0 {
        return (UTF_16BE.decode_without_bom_handling(bytes).0, Encoding::Utf16Be);
    }
    if bytes.is_ascii() {
        return (String::from_utf8_lossy(bytes), Encoding::Ascii);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), Encoding::Utf8);
    }
    let lossy = String::from_utf8_lossy(bytes);
    let broken = lossy.chars().filter(|c| *c == '\u{fffd}').count();
    let accented = lossy.chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count();
    if accented > 4 * broken {
        // UTF-8 cut or damaged in a few places: reading all of it as Windows-1252 would spoil every accent.
        return (lossy, Encoding::Utf8);
    }
    let is_latin1 = !bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
    let encoding = if is_latin1 { Encoding::Latin1 } else { Encoding::Windows1252 };
    (WINDOWS_1252.decode_without_bom_handling(bytes).0, encoding)
}

/// Texts that are not tables, and bytes that are not texts.
fn foreign(text: &str) -> Option<Foreign> {
    let start: String = text.trim_start().chars().take(64).collect::<String>().to_ascii_lowercase();
    if start.starts_with("<html") || start.starts_with("<!doctype html") || start.starts_with("<table") || start.starts_with("<meta") {
        return Some(Foreign::Html);
    }
    if start.starts_with("<?xml") || start.starts_with("<!--") {
        return Some(Foreign::Xml);
    }
    if start.starts_with("{\"") || start.starts_with("[{") || start.starts_with("{\n") || start.starts_with("{ ") {
        return Some(Foreign::Json);
    }
    if ["s10.g00.", "s20.g00.", "s05.g51."].iter().any(|first| start.starts_with(first)) {
        return Some(Foreign::Dsn);
    }
    let sample = text.chars().take(4_096);
    let (mut chars, mut controls) = (0_usize, 0_usize);
    for c in sample {
        chars += 1;
        controls += usize::from(c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}'));
    }
    (controls * 20 > chars).then_some(Foreign::Binary)
}

fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// `sep=;`, the first line that Excel understands.
fn announced_separator(text: &str) -> (Option<Separator>, u32, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let announced = first.trim_end_matches(' ').trim_matches('"').strip_prefix("sep=");
    let separator = announced.and_then(|sign| SEPARATORS.into_iter().find(|separator| sign == separator.char().to_string()));
    if separator.is_some() { (separator, 1, rest) } else { (None, 0, text) }
}

/// The separator under which most of the first records have the same number of cells.
fn guessed_separator(text: &str) -> Option<Separator> {
    let score = |separator: Separator| {
        let widths: Vec<usize> = Records::new(text, Some(separator), 0)
            .map(|record| record.cells.len())
            .filter(|width| *width > 1)
            .take(SEPARATOR_RECORDS_MAX)
            .collect();
        widths.iter().map(|width| (width - 1) * widths.iter().filter(|other| *other == width).count()).max().unwrap_or(0)
    };
    let scored = SEPARATORS.map(|separator| (score(separator), separator));
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    // On a tie the first of the list wins: the semicolon is what French spreadsheets write.
    scored.into_iter().find(|(score, _)| *score == best && best > 0).map(|(_, separator)| separator)
}

struct Record {
    line: u32,
    cells: Vec<Cell>,
}

/// Cuts a text whose lines end with line feeds into records.
struct Records<'a> {
    rest: &'a str,
    separator: char,
    line: u32,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: Option<Separator>, skipped_lines: u32) -> Self {
        // Without a separator, a character that no line holds makes one cell of each.
        Self { rest: text, separator: separator.map_or('\n', Separator::char), line: skipped_lines + 1 }
    }

    /// The next cell, and whether it is the last of its record.
    fn cell(&mut self) -> (Cell, bool) {
        let start = self.rest.trim_start_matches(' ');
        if let Some(quoted) = start.strip_prefix('"').and_then(|inner| quoted(inner, self.separator)) {
            self.line += quoted.lines;
            self.rest = quoted.rest;
            let is_last = self.skip_end();
            return (Cell::from_text(&quoted.text), is_last);
        }
        let end = self.rest.find([self.separator, '\n']).unwrap_or(self.rest.len());
        let cell = Cell::from_text(&self.rest[..end]);
        self.rest = &self.rest[end..];
        let is_last = self.skip_end();
        (cell, is_last)
    }

    /// Steps over the separator or the end of line that `rest` starts with.
    fn skip_end(&mut self) -> bool {
        match self.rest.chars().next() {
            Some('\n') => {
                self.rest = &self.rest[1..];
                self.line = self.line.saturating_add(1);
                true
            }
            Some(separator) => {
                self.rest = &self.rest[separator.len_utf8()..];
                false
            }
            None => true,
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let mut cells = Vec::new();
        loop {
            let (cell, is_last) = self.cell();
            cells.push(cell);
            if is_last {
                return Some(Record { line, cells });
            }
        }
    }
}

struct Quoted<'a> {
    text: Cow<'a, str>,
    lines: u32,
    rest: &'a str,
}

/// The cell that a quote opens, up to a quote that a separator, an end of line or the end of the text follows; `None` when none closes it near enough.
fn quoted(inner: &str, separator: char) -> Option<Quoted<'_>> {
    let mut at = 0;
    let mut lines = 0;
    loop {
        let found = at + inner[at..].find(['"', '\n'])?;
        if inner[found..].starts_with('\n') {
            lines += 1;
            at = found + 1;
            if lines > QUOTED_LINES_MAX {
                return None;
            }
            continue;
        }
        let after = &inner[found + 1..];
        if after.starts_with('"') {
            at = found + 2;
            continue;
        }
        let rest = after.trim_start_matches(' ');
        if rest.is_empty() || rest.starts_with(['\n', separator]) {
            let raw = &inner[..found];
            let text = if raw.contains("\"\"") { Cow::Owned(raw.replace("\"\"", "\"")) } else { Cow::Borrowed(raw) };
            return Some(Quoted { text, lines: u32::try_from(lines).ok()?, rest });
        }
        at = found + 1;
    }
}
