//! The text of a send: rubriques one after another, counted as they are written.
//!
//! Bytes are ISO-8859-1 and lines end with CRLF. The count given by [`Text::rubriques`] is what `S90.G00.90.001` needs. Order and presence are
//! the caller's business.

use crate::calendar::Day;

/// Rubriques being written.
#[derive(Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    rubriques: u64,
}

impl Text {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.rubriques = 0;
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn rubriques(&self) -> u64 {
        self.rubriques
    }

    /// Counting starts again; the bytes stay.
    pub(crate) fn start_send(&mut self) {
        self.rubriques = 0;
    }

    fn open(&mut self, code: &str) {
        self.bytes.extend_from_slice(code.as_bytes());
        self.bytes.extend_from_slice(b",'");
        self.rubriques += 1;
    }

    fn close(&mut self) {
        self.bytes.extend_from_slice(b"'\r\n");
    }

    pub(crate) fn put(&mut self, code: &str, value: &str) {
        self.put_bytes(code, value.as_bytes());
    }

    pub(crate) fn put_bytes(&mut self, code: &str, value: &[u8]) {
        self.open(code);
        self.bytes.extend_from_slice(value);
        self.close();
    }

    pub(crate) fn put_date(&mut self, code: &str, day: Day) {
        self.put_bytes(code, &day.jjmmaaaa());
    }

    pub(crate) fn put_number(&mut self, code: &str, number: u64) {
        self.open(code);
        push_number(&mut self.bytes, number);
        self.close();
    }

    /// A number of hundredths, written with its two decimals.
    pub(crate) fn put_hundredths(&mut self, code: &str, hundredths: i64) {
        self.open(code);
        if hundredths < 0 {
            self.bytes.push(b'-');
        }
        let size = hundredths.unsigned_abs();
        push_number(&mut self.bytes, size / 100);
        self.bytes.push(b'.');
        self.bytes.push(b'0' + u8::try_from(size / 10 % 10).unwrap_or(0));
        self.bytes.push(b'0' + u8::try_from(size % 10).unwrap_or(0));
        self.close();
    }

    /// A line outside the sends, as the receiving platform adds around lots.
    pub(crate) fn put_outside(&mut self, code: &str, value: &str) {
        let kept = self.rubriques;
        self.put(code, value);
        self.rubriques = kept;
    }
}

fn push_number(bytes: &mut Vec<u8>, number: u64) {
    let mut digits = [0_u8; 20];
    let mut place = digits.len();
    let mut rest = number;
    loop {
        place -= 1;
        digits[place] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    bytes.extend_from_slice(&digits[place..]);
}

/// The bytes of a text in ISO-8859-1; the name pools hold nothing else.
pub(crate) fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}
