//! Numbers that people write where a NIR is expected: read, repaired, or recognised as being something else.
//!
//! A number is kept as thirteen half-bytes, so that a slip is a difference of one. What the number itself says (sex, year, month, département) is compared
//! with the row: a number that says otherwise is often that of a parent or of a spouse. Numbers of employers (NTT) and of other bodies are never used.

use crate::birth::Birth;
use crate::normalise::place::{Departement, may_be_same};

/// A NIR of thirteen characters, one by half-byte; zero is none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Number(u64);

const LENGTH: usize = 13;

/// What a cell for the NIR holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// Nothing.
    Absent,
    /// A NIR; its key was given and is right.
    Verified(Number),
    /// A NIR whose key was not given.
    Unverified(Number),
    /// A key was given and does not check: something was mistyped.
    WrongKey(Number, u8),
    /// A temporary number given by an employer.
    Temporary,
    /// Something else.
    Other,
}

impl Read {
    /// Reads a cell: spaces and punctuation between groups, small letters, 12 (cut), 13 or 15 characters.
    pub(crate) fn of(cell: &[u8]) -> Self {
        let mut kept = [0_u8; 16];
        let mut len = 0;
        for byte in cell.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
            if len == kept.len() {
                return if is_temporary(&kept) { Self::Temporary } else { Self::Other };
            }
            kept[len] = byte.to_ascii_uppercase();
            len += 1;
        }
        let written = &kept[..len];
        if written.iter().all(|byte| *byte == b'0') {
            return Self::Absent;
        }
        match written.len() {
            13 => Number::parse(written).map_or_else(|| Self::not_a_nir(written), Self::Unverified),
            14 => Number::parse(&written[..13]).map_or_else(|| Self::not_a_nir(written), |number| Self::WrongKey(number, u8::MAX)),
            15 => match (Number::parse(&written[..13]), two_digits(&written[13..])) {
                (Some(number), Some(key)) if number.key() == key => Self::Verified(number),
                (Some(number), Some(key)) => Self::WrongKey(number, key),
                _ => Self::not_a_nir(written),
            },
            // Cut by one character: the last one is not known, and zero is as good as another.
            12 => {
                Number::parse(&[written, b"0"].concat()).map_or_else(|| Self::not_a_nir(written), |number| Self::WrongKey(number, u8::MAX))
            }
            _ => Self::not_a_nir(written),
        }
    }

    /// The number, however sure.
    pub(crate) const fn number(self) -> Option<Number> {
        match self {
            Self::Verified(number) | Self::Unverified(number) | Self::WrongKey(number, _) => Some(number),
            Self::Absent | Self::Temporary | Self::Other => None,
        }
    }

    fn not_a_nir(written: &[u8]) -> Self {
        if is_temporary(written) { Self::Temporary } else { Self::Other }
    }
}

impl Number {
    /// No number.
    pub(crate) const NONE: Self = Self(0);

    /// Reads what a reference holds: thirteen characters, a key after them or not.
    pub(crate) fn of_reference(cell: &[u8]) -> Self {
        match cell.len() {
            13 | 15 => Self::parse(&cell[..LENGTH]).unwrap_or_else(|| Read::of(cell).number().unwrap_or_default()),
            0 => Self::NONE,
            _ => Read::of(cell).number().unwrap_or_default(),
        }
    }

    /// Thirteen characters that may be a NIR.
    fn parse(written: &[u8]) -> Option<Self> {
        let mut packed = 0_u64;
        for (place, byte) in written.iter().enumerate() {
            let half = match byte {
                b'0'..=b'9' => byte - b'0',
                b'A' | b'B' if place == 6 && written[5] == b'2' => byte - b'A' + 10,
                _ => return None,
            };
            packed = packed << 4 | u64::from(half);
        }
        let number = Self(packed);
        let is_sex = matches!(number.at(0), 1..=4 | 7 | 8);
        let is_month = matches!(number.month_code(), 1..=12 | 20 | 30..=42 | 50..=99);
        (written.len() == LENGTH && is_sex && is_month).then_some(number)
    }

    /// Whether there is one.
    pub(crate) const fn is_some(self) -> bool {
        self.0 != 0
    }

    /// The number as a number, to be hashed.
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// 1 for a man, 2 for a woman.
    pub(crate) const fn sex(self) -> u8 {
        if self.at(0) % 2 == 1 { 1 } else { 2 }
    }

    /// The département or 99; zero in what the number does not say.
    pub(crate) const fn departement(self) -> Departement {
        let (tens, ones) = (self.at(5) as Departement, self.at(6) as Departement);
        match (tens, ones) {
            (2, 10) => 201,
            (2, 11) => 202,
            (9, 7 | 8) => 90 * 10 + ones * 10 + self.at(7) as Departement,
            _ => tens * 10 + ones,
        }
    }

    /// Whether the number says the sex, year, month and département that a row says; what a row does not say is not counted against it.
    pub(crate) fn agrees_with(self, sex: u8, birth: Birth, departement: Departement) -> bool {
        let month = self.month_code();
        let is_month = month > 12 || birth.month == 0 || u16::from(month) == u16::from(birth.month) || month == birth.day;
        let is_year = birth.year == 0 || u16::from(self.year_code()) == birth.year % 100;
        let is_place = departement == 0 || self.departement() == 0 || may_be_same(self.departement(), departement);
        let is_sex = sex == 0 || sex == self.sex();
        // One disagreement may be an error of the row; the number of someone else disagrees on more.
        let wrong = [is_month, is_year, is_place, is_sex].iter().filter(|is_right| !**is_right).count();
        let is_dated = birth.year != 0;
        wrong <= usize::from(is_dated) && (is_year || is_month)
    }

    /// How many characters differ, two neighbours swapped counting for one; 3 stands for more.
    pub(crate) fn edits(self, other: Self) -> u8 {
        let differing = self.0 ^ other.0;
        let places = (0..LENGTH).filter(|place| differing >> (4 * place) & 0xf != 0);
        let mut edits = 0_u8;
        let mut last_swapped = None;
        for place in places {
            if last_swapped == Some(place) {
                continue;
            }
            let pair = |number: Self| (number.0 >> (4 * place) & 0xf, number.0 >> (4 * place + 4) & 0xf);
            let ((low, high), (other_low, other_high)) = (pair(self), pair(other));
            if low == other_high && high == other_low {
                last_swapped = Some(place + 1);
            }
            edits += 1;
            if edits > 2 {
                return 3;
            }
        }
        edits
    }

    /// The numbers one slip away that a key would check: a character replaced, or two neighbours swapped.
    pub(crate) fn repaired(self, key: u8) -> impl Iterator<Item = Self> {
        let replaced = (0..LENGTH).flat_map(move |place| (0..10).map(move |digit| (place, digit))).map(move |(place, digit)| {
            let shift = 4 * place;
            Self(self.0 & !(0xf << shift) | digit << shift)
        });
        let swapped = (0..LENGTH - 1).map(move |place| {
            let shift = 4 * place;
            let pair = self.0 >> shift & 0xff;
            Self(self.0 & !(0xff << shift) | (pair >> 4 | (pair & 0xf) << 4) << shift)
        });
        let is_number =
            |number: &Self| matches!(number.at(0), 1..=4 | 7 | 8) && (0..LENGTH).all(|place| number.at(place) < 10 || place == 6);
        replaced.chain(swapped).filter(move |number| *number != self && is_number(number) && number.key() == key)
    }

    /// The key: 97 − (number mod 97), with 2A read as 19 and 2B as 18.
    fn key(self) -> u8 {
        let number = (0..LENGTH).fold(0_u64, |total, place| {
            let digit = match (place, self.at(6)) {
                (5, 10 | 11) => 1,
                (6, 10) => 9,
                (6, 11) => 8,
                _ => u64::from(self.at(place)),
            };
            total * 10 + digit
        });
        u8::try_from(97 - number % 97).unwrap_or(0)
    }

    const fn year_code(self) -> u8 {
        self.at(1) * 10 + self.at(2)
    }

    const fn month_code(self) -> u8 {
        self.at(3) * 10 + self.at(4)
    }

    /// The character at a place, first to last.
    const fn at(self, place: usize) -> u8 {
        (self.0 >> (4 * (LENGTH - 1 - place)) & 0xf) as u8
    }
}

fn two_digits(written: &[u8]) -> Option<u8> {
    std::str::from_utf8(written).ok()?.parse().ok()
}

/// An NTT: sex, the SIREN of the employer, and characters of its own.
fn is_temporary(written: &[u8]) -> bool {
    let has_shape = written.len() >= 11 && matches!(written[0], b'1' | b'2') && written[1..10].iter().all(u8::is_ascii_digit);
    has_shape && {
        let sum: u32 = written[1..10]
            .iter()
            .rev()
            .enumerate()
            .map(|(place, byte)| u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 })
            .map(|doubled| doubled / 10 + doubled % 10)
            .sum();
        sum.is_multiple_of(10)
    }
}

#[cfg(test)]
mod tests;
