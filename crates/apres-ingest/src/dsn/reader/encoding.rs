//! The encoding of a file's texts, recognised as they come.
//!
//! The norm says ISO-8859-1. Values with bytes beyond ASCII tell: what is well-formed UTF-8 is UTF-8 (a text of two letters or more that is both is not one
//! that people write); bytes from 0x80 to 0x9F are nothing in ISO-8859-1, and letters in Windows-1252, which is otherwise the same. The first such value decides
//! for the file; blocks only ever get UTF-8.

use encoding_rs::WINDOWS_1252;

use crate::dsn::RemarkCode;

/// What a file's texts are written in, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Charset {
    /// Nothing but ASCII so far.
    #[default]
    Ascii,
    Latin1,
    Windows1252,
    Utf8,
}

/// Turns values into UTF-8.
#[derive(Debug, Default)]
pub(super) struct Encoding {
    charset: Charset,
    is_mixed: bool,
}

/// A text in UTF-8, and what it made known of the file.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) news: Option<RemarkCode>,
}

impl Encoding {
    /// The file begins with the mark of UTF-8.
    pub(super) fn begin_with_mark(&mut self) -> RemarkCode {
        self.charset = Charset::Utf8;
        RemarkCode::EncodingUtf8
    }

    /// A value with bytes beyond ASCII, in UTF-8.
    pub(super) fn decode(&mut self, value: &[u8]) -> Decoded {
        let as_utf8 = std::str::from_utf8(value).ok();
        let is_windows = value.iter().any(|byte| (0x80..0xA0).contains(byte));
        let (charset, code) = match (self.charset, as_utf8) {
            (Charset::Ascii, Some(_)) => (Charset::Utf8, Some(RemarkCode::EncodingUtf8)),
            (Charset::Ascii | Charset::Latin1, None) if is_windows => (Charset::Windows1252, Some(RemarkCode::EncodingWindows)),
            (Charset::Ascii, None) => (Charset::Latin1, None),
            (Charset::Utf8, None) => (Charset::Utf8, self.mixed()),
            (known, _) => (known, None),
        };
        self.charset = charset;
        let text = match as_utf8 {
            Some(text) if charset == Charset::Utf8 => text.to_owned(),
            // The same as ISO-8859-1 but for the bytes that ISO-8859-1 does not use.
            _ => WINDOWS_1252.decode_without_bom_handling(value).0.into_owned(),
        };
        Decoded { text, news: code }
    }

    fn mixed(&mut self) -> Option<RemarkCode> {
        let is_news = !std::mem::replace(&mut self.is_mixed, true);
        is_news.then_some(RemarkCode::EncodingMixed)
    }
}

/// What the bytes of a value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bytes {
    /// Printable ASCII.
    Plain,
    /// Some bytes are beyond ASCII.
    Accented,
    /// Some bytes are control characters: no value of the norm.
    Control,
}

/// Looks at the value that ends a line (without its last apostrophe), eight bytes at a time; the sixteen bytes before it are plain.
#[inline]
pub(super) fn bytes_of(line: &[u8], value_bytes: usize) -> Bytes {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const SPACES: u64 = 0x2020_2020_2020_2020;
    let mut end = line.len();
    let begin = end - value_bytes;
    let mut odd = 0;
    while end > begin {
        let Some(word) = line[..end].last_chunk::<8>() else { break };
        let word = u64::from_le_bytes(*word);
        // The high bit of a byte is set when it is beyond ASCII or, by the borrow of the subtraction, when it is below the space.
        odd |= (word | word.wrapping_sub(SPACES)) & HIGH;
        end -= 8;
    }
    if odd == 0 { Bytes::Plain } else { look_again(&line[begin..]) }
}

#[cold]
fn look_again(value: &[u8]) -> Bytes {
    if value.iter().any(|byte| *byte < b' ') {
        Bytes::Control
    } else if value.is_ascii() {
        Bytes::Plain
    } else {
        Bytes::Accented
    }
}
