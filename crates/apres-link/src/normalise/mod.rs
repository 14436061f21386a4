//! From bytes as people wrote them to capitals without accents: what every comparison starts from.
//!
//! Text may be UTF-8 (composed or not), Windows-1252, or UTF-8 read as Windows-1252 and written again; all give the same letters.
//! What is said here holds for names and places alike; what is proper to either is in [`name`] and [`place`].

pub(crate) mod name;
pub(crate) mod phonetic;
pub(crate) mod place;

use unicode_normalization::UnicodeNormalization;

/// Bytes of a cell that are looked at: nobody's name is longer.
const CELL_BYTES_MAX: usize = 120;
/// Words of a cell that are looked at.
pub(crate) const WORDS_MAX: usize = 12;

/// What stands between the parts of a cell that are said apart: parentheses, slashes, commas.
pub(crate) const BREAK: &[u8] = b"|";

/// A cell in capitals, as words. Letters and digits are kept; anything else separates.
pub(crate) struct Folded {
    bytes: [u8; CELL_BYTES_MAX + 8],
    len: usize,
    ends: [u8; WORDS_MAX],
    words: usize,
}

impl Folded {
    /// Nothing yet: one value serves for many cells.
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; CELL_BYTES_MAX + 8], len: 0, ends: [0; WORDS_MAX], words: 0 }
    }

    /// Reads a cell in the place of the one before.
    pub(crate) fn read(&mut self, cell: &[u8]) {
        (self.len, self.words) = (0, 0);
        let cell = &cell[..cell.len().min(CELL_BYTES_MAX)];
        let mut word_start = 0;
        for (at, byte) in cell.iter().enumerate() {
            match CLASSES[usize::from(*byte)] {
                NOT_ASCII => return self.read_beyond_ascii(&cell[at..], word_start),
                SEPARATOR => word_start = self.end_word(word_start),
                BREAKING => {
                    word_start = self.end_word(word_start);
                    self.push(b'|');
                    word_start = self.end_word(word_start);
                }
                capital => self.push(capital),
            }
        }
        self.end_word(word_start);
    }

    /// The words, in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &[u8]> + Clone {
        (0..self.words).map(|place| self.word(place))
    }

    fn word(&self, place: usize) -> &[u8] {
        let start = if place == 0 { 0 } else { usize::from(self.ends[place - 1]) };
        &self.bytes[start..usize::from(self.ends[place])]
    }

    fn push(&mut self, byte: u8) {
        if self.len < CELL_BYTES_MAX {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
    }

    /// Ends the word begun at `start`, if it has a letter; gives where the next one begins.
    fn end_word(&mut self, start: usize) -> usize {
        if self.len > start {
            if self.words == WORDS_MAX {
                self.len = start;
            } else {
                self.ends[self.words] = u8::try_from(self.len).unwrap_or(u8::MAX);
                self.words += 1;
            }
        }
        self.len
    }

    #[cold]
    fn read_beyond_ascii(&mut self, cell: &[u8], mut word_start: usize) {
        for letter in decoded(cell).nfkd() {
            match letter {
                'œ' | 'Œ' => b"OE".iter().for_each(|byte| self.push(*byte)),
                'æ' | 'Æ' => b"AE".iter().for_each(|byte| self.push(*byte)),
                'ß' => b"SS".iter().for_each(|byte| self.push(*byte)),
                'þ' | 'Þ' => b"TH".iter().for_each(|byte| self.push(*byte)),
                'ø' | 'Ø' => self.push(b'O'),
                'ł' | 'Ł' => self.push(b'L'),
                'đ' | 'Đ' | 'ð' | 'Ð' => self.push(b'D'),
                'ı' => self.push(b'I'),
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
                _ if unicode_normalization::char::is_combining_mark(letter) => {}
                _ => match u8::try_from(letter).map_or(SEPARATOR, |byte| CLASSES[usize::from(byte)]) {
                    SEPARATOR | NOT_ASCII => word_start = self.end_word(word_start),
                    BREAKING => {
                        word_start = self.end_word(word_start);
                        self.push(b'|');
                        word_start = self.end_word(word_start);
                    }
                    capital => self.push(capital),
                },
            }
        }
        self.end_word(word_start);
    }
}

/// The text of a cell: UTF-8, or Windows-1252 byte by byte, and what was encoded twice put right.
fn decoded(cell: &[u8]) -> String {
    let text = match std::str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        // Cut in the middle of a letter by the limit on cells.
        Err(fault) if fault.error_len().is_none() => String::from_utf8_lossy(&cell[..fault.valid_up_to()]).into_owned(),
        Err(_) => cell.iter().map(|byte| windows_1252(*byte)).collect(),
    };
    if text.contains(['Ã', 'Å']) { once_encoded(&text) } else { text }
}

/// `Ã©` is the `é` of UTF-8 read as Windows-1252; a pair that is no such letter is left as it is.
fn once_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let pair = letters.peek().and_then(|next| Some([of_windows_1252(letter)?, of_windows_1252(*next)?]));
        match pair.as_ref().and_then(|pair| std::str::from_utf8(pair).ok()).filter(|_| matches!(letter, 'Ã' | 'Å')) {
            Some(once) if !once.is_ascii() => {
                out.push_str(once);
                letters.next();
            }
            _ => out.push(letter),
        }
    }
    out
}

fn of_windows_1252(letter: char) -> Option<u8> {
    (0x80..=0xff).find(|byte| windows_1252(*byte) == letter)
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x8a => 'Š',
        0x8c => 'Œ',
        0x8e => 'Ž',
        0x91 | 0x92 => '\'',
        0x9a => 'š',
        0x9c => 'œ',
        0x9e => 'ž',
        0x9f => 'Ÿ',
        _ => char::from(byte),
    }
}

const SEPARATOR: u8 = b' ';
const BREAKING: u8 = b'|';
const NOT_ASCII: u8 = 0;

/// What each byte becomes.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [SEPARATOR; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'a'..=b'z' => byte - b'a' + b'A',
            b'A'..=b'Z' | b'0'..=b'9' => byte,
            b'(' | b')' | b'/' | b',' | b';' => BREAKING,
            0x80..=0xff => NOT_ASCII,
            _ => SEPARATOR,
        };
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

#[cfg(test)]
mod tests;
