//! A group of people as 192 bytes: the sums of the odd powers of their numbers.
//!
//! This is the syndrome of an error-correcting code (BCH), as `PinSketch` uses it for set reconciliation (Dodis, Ostrovsky, Reyzin and Smith, 2008). The sum of
//! two sketches is that of the people who are in one group and not in the other, and tells how many they are when they are fewer than
//! [`SKETCH_PEOPLE_MAX`]. That is all: 24 equations on the numbers of a group do not tell who is in it, unless all but 24 are known already.

use std::fmt;
use std::str::FromStr;

use super::field::{Multiples, product};

/// A difference of fewer people than this is counted exactly.
pub const SKETCH_PEOPLE_MAX: u32 = 24;
const POWERS: usize = SKETCH_PEOPLE_MAX as usize;
const DIGITS: usize = 16;

/// A group of people, each given by a number that only the holder of a secret can compute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sketch([u64; POWERS]);

/// A text that is not a sketch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sketch is {} hexadecimal digits", POWERS * DIGITS)]
pub struct SketchFault;

impl Default for Sketch {
    fn default() -> Self {
        Self([0; POWERS])
    }
}

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sketch(***)")
    }
}

impl Sketch {
    /// The group of these people; whoever comes twice must be given once.
    #[must_use]
    pub fn of(people: impl IntoIterator<Item = u64>) -> Self {
        let mut sketch = Self::default();
        for person in people {
            sketch.add(person);
        }
        sketch
    }

    /// Adds somebody who is not in the group.
    pub fn add(&mut self, person: u64) {
        // Zero has no powers.
        let number = person.max(1);
        let square = Multiples::of(product(number, number));
        let mut power = number;
        for sum in &mut self.0 {
            *sum ^= power;
            power = square.times(power);
        }
    }

    /// The people who are in one of the two groups and not in both; everybody when the groups have nobody in common.
    #[must_use]
    pub fn combined(&self, other: &Self) -> Self {
        let mut sums = self.0;
        for (sum, added) in sums.iter_mut().zip(other.0) {
            *sum ^= added;
        }
        Self(sums)
    }

    /// How many people are in one of the two groups and not in both; `None` when they are [`SKETCH_PEOPLE_MAX`] or more.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<u32> {
        self.combined(other).people()
    }

    /// How many people are in the group; `None` when they are [`SKETCH_PEOPLE_MAX`] or more (but once in 2⁶⁴).
    #[must_use]
    pub fn people(&self) -> Option<u32> {
        let people = shortest_recurrence(&self.all_powers());
        u32::try_from(people).ok().filter(|people| *people < SKETCH_PEOPLE_MAX)
    }

    /// The sums of the powers 1, 2, 3…: those of even powers are squares of earlier ones.
    fn all_powers(&self) -> [u64; 2 * POWERS] {
        let mut sums = [0; 2 * POWERS];
        for power in 1..=2 * POWERS {
            sums[power - 1] = if power % 2 == 1 { self.0[power / 2] } else { product(sums[power / 2 - 1], sums[power / 2 - 1]) };
        }
        sums
    }
}

/// The length of the shortest recurrence that a sequence follows (Berlekamp and Massey, without division): that of the sums of the powers of n
/// different numbers is n. It takes the same number of products whatever the sequence.
fn shortest_recurrence(sequence: &[u64; 2 * POWERS]) -> usize {
    const TERMS: usize = 2 * POWERS + 1;
    let mut current = [0_u64; TERMS];
    let mut before = [0_u64; TERMS];
    current[0] = 1;
    before[0] = 1;
    let (mut length, mut discrepancy_before) = (0, 1);
    for place in 0..sequence.len() {
        before.copy_within(0..TERMS - 1, 1);
        before[0] = 0;
        let discrepancy = (0..=place).fold(0, |sum, back| sum ^ product(current[back], sequence[place - back]));
        let (kept, changed) = (Multiples::of(discrepancy_before), Multiples::of(discrepancy));
        let mut next = [0; TERMS];
        // No term beyond these was ever set.
        for term in 0..=place + 1 {
            next[term] = kept.times(current[term]) ^ changed.times(before[term]);
        }
        if discrepancy != 0 && 2 * length <= place {
            length = place + 1 - length;
            before = current;
            discrepancy_before = discrepancy;
        }
        if discrepancy != 0 {
            current = next;
        }
    }
    length
}

impl fmt::Display for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|sum| write!(f, "{sum:016x}"))
    }
}

impl FromStr for Sketch {
    type Err = SketchFault;

    fn from_str(text: &str) -> Result<Self, SketchFault> {
        if text.len() != POWERS * DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(SketchFault);
        }
        let mut sums = [0; POWERS];
        for (place, sum) in sums.iter_mut().enumerate() {
            *sum = u64::from_str_radix(&text[place * DIGITS..(place + 1) * DIGITS], 16).map_err(|_| SketchFault)?;
        }
        Ok(Self(sums))
    }
}

impl serde::Serialize for Sketch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Sketch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
