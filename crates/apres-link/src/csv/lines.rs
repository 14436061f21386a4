//! Lines and cells of a CSV file, as slices of what was read.
//!
//! A file is cut in pieces at the ends of lines that are not between quotes. A quoted cell loses its outer quotes and keeps doubled ones as they are: readers
//! of names and dates skip punctuation anyway.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2_iter, memrchr};

/// The cells of a line, as ranges of it.
#[derive(Default)]
pub(crate) struct Cells<'a> {
    line: &'a [u8],
    ends: Vec<(u32, u32)>,
}

impl<'a> Cells<'a> {
    /// A cell; empty when the line is too short.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> &'a [u8] {
        let Some((start, end)) = self.ends.get(place) else { return b"" };
        unquoted(&self.line[*start as usize..*end as usize])
    }
}

/// The header and what follows it.
pub(crate) fn header(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let end = memchr(b'\n', file).unwrap_or(file.len());
    let header = trimmed(&file[..end]);
    (!header.is_empty()).then(|| (header, file.get(end + 1..).unwrap_or_default()))
}

/// Gives the cells of every line that is not empty.
pub(crate) fn rows<'a>(text: &'a [u8], delimiter: u8, scratch: &mut Cells<'_>, mut give: impl FnMut(&Cells<'a>)) {
    let mut cells = Cells { line: text, ends: std::mem::take(&mut scratch.ends) };
    cells.ends.clear();
    let has_quotes = memchr(b'"', text).is_some();
    let mut start = 0;
    let mut line_start = 0;
    let mut is_quoted = false;
    let mut quotes_from = 0;
    let end_cell = |cells: &mut Cells<'a>, start: usize, end: usize| cells.ends.push((place(start), place(end)));
    for at in memchr2_iter(delimiter, b'\n', text) {
        if has_quotes {
            is_quoted ^= memchr_iter(b'"', &text[quotes_from..at]).count() % 2 == 1;
            quotes_from = at;
            if is_quoted {
                continue;
            }
        }
        if text[at] == b'\n' {
            let end = if at > start && text[at - 1] == b'\r' { at - 1 } else { at };
            if end > line_start {
                end_cell(&mut cells, start, end);
                give(&cells);
            }
            cells.ends.clear();
            line_start = at + 1;
        } else {
            end_cell(&mut cells, start, at);
        }
        start = at + 1;
    }
    if line_start < text.len() {
        end_cell(&mut cells, start, text.len());
        give(&cells);
    }
    scratch.ends = cells.ends;
}

/// Writes a cell, between quotes when it must be.
pub(crate) fn write_cell(out: &mut Vec<u8>, cell: &[u8]) {
    if cell.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.push(b'"');
        // Doubled quotes were kept as they were read.
        out.extend_from_slice(cell);
        out.push(b'"');
    } else {
        out.extend_from_slice(cell);
    }
}

/// A file, in pieces that end with a line.
pub(crate) struct Pieces<R> {
    reader: R,
    piece_bytes: usize,
    rest: Vec<u8>,
    lines: u64,
    is_over: bool,
}

impl<R: Read> Pieces<R> {
    pub(crate) const fn new(reader: R, piece_bytes: usize) -> Self {
        Self { reader, piece_bytes, rest: Vec::new(), lines: 0, is_over: false }
    }

    /// The header, which must come first.
    pub(crate) fn header(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut rest = std::mem::take(&mut self.rest);
        while memchr(b'\n', &rest).is_none() && !self.is_over {
            self.fill(&mut rest)?;
        }
        let Some((line, body)) = header(&rest) else { return Ok(None) };
        let line = line.to_vec();
        self.rest = body.to_vec();
        Ok(Some(line))
    }

    /// Puts the next lines in `piece`; gives the number of the first one, or nothing at the end.
    pub(crate) fn next(&mut self, piece: &mut Vec<u8>) -> io::Result<Option<u64>> {
        piece.clear();
        piece.append(&mut self.rest);
        loop {
            if !self.is_over {
                self.fill(piece)?;
            }
            let end = if self.is_over { piece.len() } else { end_of_lines(piece) };
            if end > 0 {
                self.rest.extend_from_slice(&piece[end..]);
                piece.truncate(end);
                let first = self.lines;
                self.lines += memchr_iter(b'\n', piece).count() as u64;
                return Ok(Some(first));
            }
            if self.is_over {
                return Ok(None);
            }
        }
    }

    /// Reads up to a piece more.
    fn fill(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        let read = self.reader.by_ref().take(self.piece_bytes as u64).read_to_end(piece)?;
        self.is_over = read == 0;
        Ok(())
    }
}

/// The end of the last line that ends outside of quotes; zero when there is none.
fn end_of_lines(piece: &[u8]) -> usize {
    if memchr(b'"', piece).is_none() {
        return memrchr(b'\n', piece).map_or(0, |at| at + 1);
    }
    let (mut end, mut is_quoted) = (0, false);
    for at in memchr2_iter(b'"', b'\n', piece) {
        match piece[at] {
            b'"' => is_quoted = !is_quoted,
            _ if !is_quoted => end = at + 1,
            _ => {}
        }
    }
    end
}

fn unquoted(cell: &[u8]) -> &[u8] {
    match cell {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

pub(crate) fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
