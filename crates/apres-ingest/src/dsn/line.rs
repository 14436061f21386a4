//! One line of a DSN: `Sxx.Gyy.zz.aaa,'value'`.
//!
//! The sixteen first bytes are checked as two words, without a branch per byte. The value is everything between the first `,'` and the last `'`: the
//! format has no escaping, and D'ARTAGNAN keeps his apostrophe.

use std::fmt;

/// A rubrique's identifier as a number that reads as it is written: S21.G00.30.001 is `21_00_30_001`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rubrique(pub u32);

impl Rubrique {
    /// The block: S21.G00.30 is `21_00_30`.
    #[must_use]
    pub fn bloc(self) -> u32 {
        self.0 / 1000
    }

    /// The rank in the block: 1 for `.001`.
    #[must_use]
    pub fn rang(self) -> u32 {
        self.0 % 1000
    }
}

impl fmt::Display for Rubrique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bloc, rang) = (self.bloc(), self.rang());
        write!(f, "S{:02}.G{:02}.{:02}", bloc / 10_000, bloc / 100 % 100, bloc % 100)?;
        // Rank 0 stands for the block itself.
        if rang == 0 { Ok(()) } else { write!(f, ".{rang:03}") }
    }
}

impl fmt::Debug for Rubrique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A line that has the shape of a DSN line.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// Which rubrique.
    pub rubrique: Rubrique,
    /// Its value, in the file's encoding, without the apostrophes.
    pub value: &'a [u8],
}

const HEAD: u64 = u64::from_le_bytes(*b"S00.G00.");
const TAIL: u64 = u64::from_le_bytes(*b"00.000,'");
const HEAD_FIXED: u64 = u64::from_le_bytes([0xFF, 0xF0, 0xF0, 0xFF, 0xFF, 0xF0, 0xF0, 0xFF]);
const TAIL_FIXED: u64 = u64::from_le_bytes([0xF0, 0xF0, 0xFF, 0xF0, 0xF0, 0xF0, 0xFF, 0xFF]);
const SIXES: u64 = 0x0606_0606_0606_0606;
const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;

impl<'a> Line<'a> {
    /// Reads one line, given without its end of line; `None` when it does not have the shape.
    #[inline]
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (start, rest) = line.split_first_chunk::<16>()?;
        let (head, tail) = start.split_at(8);
        let head = u64::from_le_bytes(head.try_into().ok()?) ^ HEAD;
        let tail = u64::from_le_bytes(tail.try_into().ok()?) ^ TAIL;
        let is_shaped = (head & HEAD_FIXED) | (tail & TAIL_FIXED) == 0 && ((head + SIXES) | (tail + SIXES)) & HIGH == 0;
        if !is_shaped {
            return Self::parse_with_sub_rubrique(line);
        }
        let (last, value) = rest.split_last()?;
        if *last != b'\'' {
            return None;
        }
        Some(Self { rubrique: rubrique(head.to_le_bytes(), tail.to_le_bytes()), value })
    }

    /// `Sxx.Gyy.zz.aaa.bbb,'value'`: legal in the grammar, absent from the dictionaries; read as its rubrique `aaa`.
    #[cold]
    fn parse_with_sub_rubrique(line: &'a [u8]) -> Option<Self> {
        let (start, rest) = line.split_first_chunk::<20>()?;
        let is_sub = start[14] == b'.' && start[15..18].iter().all(u8::is_ascii_digit) && &start[18..20] == b",'";
        if !is_sub {
            return None;
        }
        let mut short = [0_u8; 17];
        short[..14].copy_from_slice(&start[..14]);
        short[14..].copy_from_slice(b",''");
        let rubrique = Line::parse(&short)?.rubrique;
        let (last, value) = rest.split_last()?;
        (*last == b'\'').then_some(Self { rubrique, value })
    }
}

/// What the lines of one block begin with: to know such a line is a comparison of two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefix {
    head: u64,
    tail: u64,
}

/// All of the tail but the rank's three digits.
const TAIL_BUT_RANG: u64 = u64::from_le_bytes([0xFF, 0xFF, 0xFF, 0, 0, 0, 0xFF, 0xFF]);

impl Prefix {
    /// Begins no line.
    pub(super) const NONE: Self = Self { head: 0, tail: 0 };

    /// The prefix of a well-shaped line; that of none when the line is too short.
    pub(super) fn of(line: &[u8]) -> Self {
        words(line).map_or(Self::NONE, |(head, tail, _)| Self { head, tail: tail & TAIL_BUT_RANG })
    }

    /// The line that these bytes begin with, when it is a plain one of the same block: of ordinary length, whole, and of printable ASCII. `None` for any other.
    ///
    /// The first byte that is not printable ASCII is looked for, eight at a time: it is the end of the line, or the line is not plain.
    #[inline]
    pub(super) fn plain_line(self, bytes: &[u8]) -> Option<PlainLine<'_>> {
        let (head, tail, rest) = words(bytes)?;
        let digits = (tail ^ TAIL) & !TAIL_BUT_RANG;
        let other_block = (head ^ self.head) | (tail & TAIL_BUT_RANG ^ self.tail);
        let other_than_digits = (digits | (digits + (SIXES & !TAIL_BUT_RANG))) & HIGH & !TAIL_BUT_RANG;
        if other_block | other_than_digits != 0 {
            return None;
        }
        let end = plain_bytes(rest)?;
        let end_bytes = match rest.get(end..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\n', ..]) => 1,
            _ => return None,
        };
        let (last, value) = rest[..end].split_last()?;
        if *last != b'\'' {
            return None;
        }
        let [.., hundreds, tens, units, _, _] = digits.to_le_bytes();
        let rang = u32::from(hundreds) * 100 + u32::from(tens) * 10 + u32::from(units);
        Some(PlainLine { rang, value, bytes: 16 + end + end_bytes })
    }
}

/// A line that simply goes on with the block of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlainLine<'a> {
    /// Rank of the rubrique in the block.
    pub(super) rang: u32,
    /// Its value, printable ASCII.
    pub(super) value: &'a [u8],
    /// Length of the line with its end.
    pub(super) bytes: usize,
}

/// Values are looked at this far: the line then stays within the norm's limit, which those who count characters check.
const PLAIN_VALUE_BYTES_MAX: usize = 232;

/// How many bytes of printable ASCII come first; `None` when that cannot be told from whole words, or when there are more than a line holds.
#[inline]
fn plain_bytes(bytes: &[u8]) -> Option<usize> {
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    const SPACES: u64 = 0x2020_2020_2020_2020;
    let mut seen = 0;
    while seen < PLAIN_VALUE_BYTES_MAX {
        let word = u64::from_le_bytes(*bytes.get(seen..)?.first_chunk::<8>()?);
        // The high bit of a byte is set when it is beyond ASCII or, by the borrow of the subtraction, when it is below the space. A borrow only spoils bytes
        // that come later.
        let odd = (word | word.wrapping_sub(SPACES)) & HIGHS;
        if odd != 0 {
            return Some(seen + odd.trailing_zeros() as usize / 8);
        }
        seen += 8;
    }
    None
}

/// The sixteen first bytes as two words, and the rest.
#[inline]
fn words(line: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (start, rest) = line.split_first_chunk::<16>()?;
    let (head, tail) = start.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*head), u64::from_le_bytes(*tail.first_chunk()?), rest))
}

#[inline]
fn rubrique(head: [u8; 8], tail: [u8; 8]) -> Rubrique {
    let two = |tens: u8, units: u8| u32::from(tens) * 10 + u32::from(units);
    let bloc = (two(head[1], head[2]) * 100 + two(head[5], head[6])) * 100 + two(tail[0], tail[1]);
    Rubrique(bloc * 1000 + u32::from(tail[3]) * 100 + two(tail[4], tail[5]))
}
