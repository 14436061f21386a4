//! Numbers for hashes: what a reference of millions is looked up in.
//!
//! Most look-ups find nothing, so a bitmap that fits in the cache is asked first (two bits of one word for each hash); only what it lets through
//! reaches the table. The table is filled once, from the list, and only read afterwards.

use crate::word::mix;

/// A number for each of the hashes added, in the order of their first addition.
pub(crate) struct Keyed {
    bitmap: Vec<u64>,
    bitmap_shift: u32,
    slots: Vec<(u64, u32)>,
    slots_mask: usize,
    len: u32,
}

/// A slot that holds nothing: no hash is zero, because [`Keyed::add`] moves it.
const FREE: u64 = 0;

impl Keyed {
    /// Room for about this many hashes.
    pub(crate) fn with_room(expected: usize) -> Self {
        let slots = (expected.max(8) * 2).next_power_of_two();
        // Sixteen bits a hash: about one look-up in a hundred is let through for nothing.
        let words = (slots / 8).next_power_of_two().max(2);
        Self {
            bitmap: vec![0; words],
            bitmap_shift: 64 - words.trailing_zeros(),
            slots: vec![(FREE, 0); slots],
            slots_mask: slots - 1,
            len: 0,
        }
    }

    /// Hashes added.
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }

    /// The number of a hash, which is given one if it has none.
    pub(crate) fn add(&mut self, hash: u64) -> usize {
        let hash = hash.max(1);
        if (self.len as usize) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let word = self.bitmap_word(hash);
        self.bitmap[word] |= bits(hash);
        let mut at = self.slot(hash);
        loop {
            match self.slots[at] {
                (FREE, _) => {
                    self.slots[at] = (hash, self.len);
                    self.len += 1;
                    return self.len as usize - 1;
                }
                (held, number) if held == hash => return number as usize,
                _ => at = (at + 1) & self.slots_mask,
            }
        }
    }

    /// The number of a hash, if it was added.
    #[inline]
    pub(crate) fn find(&self, hash: u64) -> Option<usize> {
        let hash = hash.max(1);
        let bits = bits(hash);
        if self.bitmap[self.bitmap_word(hash)] & bits != bits {
            return None;
        }
        let mut at = self.slot(hash);
        loop {
            match self.slots[at] {
                (FREE, _) => return None,
                (held, number) if held == hash => return Some(number as usize),
                _ => at = (at + 1) & self.slots_mask,
            }
        }
    }

    #[inline]
    fn bitmap_word(&self, hash: u64) -> usize {
        usize::try_from(hash >> self.bitmap_shift).unwrap_or(0)
    }

    #[inline]
    fn slot(&self, hash: u64) -> usize {
        usize::try_from((hash >> 12) & (self.slots_mask as u64)).unwrap_or(0)
    }

    fn grow(&mut self) {
        let mut larger = Self::with_room(self.slots.len());
        let mut held: Vec<(u64, u32)> = self.slots.iter().copied().filter(|(hash, _)| *hash != FREE).collect();
        held.sort_unstable_by_key(|(_, number)| *number);
        for (hash, _) in held {
            larger.add(hash);
        }
        *self = larger;
    }
}

fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63)
}

/// A hash of parts under a tag, so that what is of one kind never meets what is of another.
#[inline]
pub(crate) fn tagged(tag: u64, left: u64, right: u64) -> u64 {
    mix(left ^ tag.wrapping_mul(0xa076_1d64_78bd_642f), right.wrapping_add(tag))
}
