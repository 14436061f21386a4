//! A word kept inline: at most 23 bytes of capitals and digits, compared and hashed without following a pointer.
//!
//! People are read by the million and most are dropped at once, so nothing that describes one is allocated. What is longer than
//! [`Word::BYTES_MAX`] is cut: names that agree on 23 letters are the same for our purpose.

use std::fmt;

/// A short text in capitals, without accents or separators; its `Debug` is masked because it is a piece of someone's identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word([u8; Word::BYTES_MAX + 1]);

impl Word {
    /// Bytes that are kept.
    pub(crate) const BYTES_MAX: usize = 23;
    /// Nothing.
    pub(crate) const EMPTY: Self = Self([0; Self::BYTES_MAX + 1]);

    /// The beginning of a text.
    pub(crate) fn new(text: &[u8]) -> Self {
        let mut word = Self::EMPTY;
        word.push(text);
        word
    }

    /// Adds a text, as far as there is room.
    pub(crate) fn push(&mut self, text: &[u8]) {
        let from = self.len();
        let kept = text.len().min(Self::BYTES_MAX - from);
        self.0[from..from + kept].copy_from_slice(&text[..kept]);
        self.0[Self::BYTES_MAX] += u8::try_from(kept).unwrap_or_default();
    }

    /// Number of bytes.
    pub(crate) const fn len(&self) -> usize {
        self.0[Self::BYTES_MAX] as usize
    }

    /// Whether there is nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0[Self::BYTES_MAX] == 0
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0[..self.len().min(Self::BYTES_MAX)]
    }

    /// The first `count` bytes.
    pub(crate) fn start(&self, count: usize) -> Self {
        Self::new(&self.bytes()[..count.min(self.len())])
    }

    /// A hash that is the same on every machine and in every run.
    pub(crate) fn hash(&self) -> u64 {
        let part = |at: usize| u64::from_le_bytes(self.0[at..at + 8].try_into().expect("eight bytes of twenty-four"));
        mix(mix(part(0), part(8)), part(16))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word(***)")
    }
}

/// Mixes two numbers into one: the high and low halves of a product of 128 bits.
pub(crate) fn mix(left: u64, right: u64) -> u64 {
    const KEYS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
    let product = u128::from(left ^ KEYS[0]) * u128::from(right ^ KEYS[1]);
    let bytes = product.to_le_bytes();
    let half = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes of sixteen"));
    half(0) ^ half(8).rotate_left(23)
}
