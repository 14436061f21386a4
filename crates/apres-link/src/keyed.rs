//! Numbers for hashes: what a reference of millions is looked up in.
//!
//! Most look-ups find nothing, so a bitmap that fits in the cache is asked first (two bits of one word for each hash); only what it lets through
//! reaches the table. The table is filled once, from the list, and only read afterwards.

use crate::word::mix;

/// A number for each of the hashes added, in the order of their first addition.
pub(crate) struct Keyed {
    bitmap: Vec<u64>,
    bitmap_shift: u32,
    /// The high half of a hash, and its number: the low half has chosen the slot.
    slots: Vec<(u32, u32)>,
    slots_mask: usize,
    /// The hashes, by number.
    hashes: Vec<u64>,
}

/// The number of a slot that holds nothing.
const FREE: u32 = u32::MAX;

impl Keyed {
    /// Room for about this many hashes.
    pub(crate) fn with_room(expected: usize) -> Self {
        let slots = (expected.max(32) * 2).next_power_of_two();
        // Eight to sixteen bits a hash: a few look-ups in a hundred are let through for nothing.
        let words = slots / 16;
        Self {
            bitmap: vec![0; words],
            bitmap_shift: 64 - words.trailing_zeros(),
            slots: vec![(0, FREE); slots],
            slots_mask: slots - 1,
            hashes: Vec::new(),
        }
    }

    /// Hashes added.
    pub(crate) const fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The number of a hash, which is given one if it has none.
    pub(crate) fn add(&mut self, hash: u64) -> usize {
        if self.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let word = self.bitmap_word(hash);
        self.bitmap[word] |= bits(hash);
        let mut at = self.slot(hash);
        loop {
            match self.slots[at] {
                (_, FREE) => {
                    self.slots[at] = (high(hash), u32::try_from(self.len()).unwrap_or(FREE));
                    self.hashes.push(hash);
                    return self.len() - 1;
                }
                (held, number) if held == high(hash) => return number as usize,
                _ => at = (at + 1) & self.slots_mask,
            }
        }
    }

    /// Leaves out the hashes that were surely not added: most of them.
    ///
    /// What is read for one never decides whether the next one is read: the memory is waited for once, not once a hash.
    #[inline]
    pub(crate) fn keep_likely<T: Copy>(&self, held: &mut Vec<T>, hash_of: impl Fn(&T) -> u64) {
        keep(held, |one| {
            let hash = hash_of(one);
            self.bitmap[self.bitmap_word(hash)] & bits(hash) == bits(hash)
        });
        keep(held, |one| self.slots[self.slot(hash_of(one))].1 != FREE);
    }

    /// The number of a hash, if it was added.
    #[inline]
    pub(crate) fn find(&self, hash: u64) -> Option<usize> {
        let mut at = self.slot(hash);
        loop {
            match self.slots[at] {
                (_, FREE) => return None,
                (held, number) if held == high(hash) => return Some(number as usize),
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
        usize::try_from(hash & (self.slots_mask as u64)).unwrap_or(0)
    }

    fn grow(&mut self) {
        let mut larger = Self::with_room(self.slots.len());
        for hash in &self.hashes {
            larger.add(*hash);
        }
        *self = larger;
    }
}

/// Keeps some, in order, without a branch.
#[inline]
fn keep<T: Copy>(held: &mut Vec<T>, is_kept: impl Fn(&T) -> bool) {
    let mut kept = 0;
    for place in 0..held.len() {
        let one = held[place];
        held[kept] = one;
        kept += usize::from(is_kept(&one));
    }
    held.truncate(kept);
}

/// What a slot keeps of a hash: with its place, more than enough not to take one for another.
fn high(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(0)
}

/// Two bits of a word of the bitmap, from the middle of a hash: its ends choose the word and the slot.
fn bits(hash: u64) -> u64 {
    1 << (hash >> 26 & 63) | 1 << (hash >> 20 & 63)
}

/// A hash of parts under a tag, so that what is of one kind never meets what is of another.
#[inline]
pub(crate) fn tagged(tag: u64, left: u64, right: u64) -> u64 {
    mix(left ^ tag.wrapping_mul(0xa076_1d64_78bd_642f), right.wrapping_add(tag))
}

#[cfg(test)]
mod tests {
    use super::{Keyed, tagged};

    #[test]
    fn what_was_added_is_kept_in_order_and_little_else_is() {
        let mut keyed = Keyed::with_room(1000);
        let hashes: Vec<u64> = (0..4000).map(|number| tagged(3, number, 0)).collect();
        hashes.iter().step_by(4).for_each(|hash| _ = keyed.add(*hash));
        let mut kept = hashes.clone();
        keyed.keep_likely(&mut kept, |hash| *hash);
        assert!(kept.len() < 1200, "{} are kept for 1,000 that were added", kept.len());
        kept.retain(|hash| keyed.find(*hash).is_some());
        assert_eq!(kept, hashes.iter().copied().step_by(4).collect::<Vec<_>>());
    }
}
