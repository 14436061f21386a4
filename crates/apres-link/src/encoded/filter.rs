//! Bloom filters of fixed length, and how alike two are.

use std::fmt::Write as _;

/// A filter of `64 * W` bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Filter<const W: usize>([u64; W]);

impl<const W: usize> Filter<W> {
    pub(super) const EMPTY: Self = Self([0; W]);

    /// Sets the bit of each position, taken modulo the length.
    pub(super) fn set_all(&mut self, positions: &[u16]) {
        for position in positions {
            let bit = usize::from(*position) % (64 * W);
            self.0[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Flips the bit of this position.
    pub(super) fn flip(&mut self, position: usize) {
        let bit = position % (64 * W);
        self.0[bit / 64] ^= 1 << (bit % 64);
    }

    /// The two halves, one over the other.
    pub(super) fn folded(mut self) -> Self {
        for word in 0..W / 2 {
            self.0[word] ^= self.0[word + W / 2];
            self.0[word + W / 2] = 0;
        }
        self
    }

    /// Bits that are set.
    pub(super) fn weight(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Twice the shared bits over the bits of both, in thousandths; 0 when one has none.
    pub(super) fn dice(&self, other: &Self) -> u32 {
        let shared: u32 = self.0.iter().zip(&other.0).map(|(ours, theirs)| (ours & theirs).count_ones()).sum();
        (2000 * shared).checked_div(self.weight() + other.weight()).unwrap_or(0)
    }

    /// Appends the digits, sixteen a word.
    pub(super) fn write(&self, out: &mut String) {
        for word in self.0 {
            // Writing to a text cannot fail.
            let _ = write!(out, "{word:016x}");
        }
    }

    /// Reads what [`Self::write`] wrote.
    pub(super) fn read(digits: &str) -> Option<Self> {
        if digits.len() != 16 * W || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut filter = Self::EMPTY;
        for (word, place) in filter.0.iter_mut().zip((0..).step_by(16)) {
            *word = u64::from_str_radix(&digits[place..place + 16], 16).ok()?;
        }
        Some(filter)
    }
}
