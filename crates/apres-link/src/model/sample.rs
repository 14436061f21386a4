//! A sample of the reference, kept while it streams: the records whose hash is smallest.
//!
//! Which records those are depends on what they hold, not on their order nor on which core read them. Compared with rows of the list, they tell what is
//! seen between two strangers.

use crate::person::Person;

/// Records kept.
const KEPT: usize = 1500;

/// The sample so far.
pub(crate) struct Sample {
    held: Vec<(u64, Person)>,
    limit: u64,
}

impl Sample {
    /// No record yet.
    pub(crate) const fn new() -> Self {
        Self { held: Vec::new(), limit: u64::MAX }
    }

    /// Shows a record, under a hash that is its own.
    #[inline]
    pub(crate) fn see(&mut self, hash: u64, person: &Person) {
        if hash < self.limit {
            self.held.push((hash, person.clone()));
            if self.held.len() >= 2 * KEPT {
                self.cut();
            }
        }
    }

    /// Adds the sample of another pass.
    pub(crate) fn merge(&mut self, other: Self) {
        self.held.extend(other.held);
    }

    /// The records, in the order of their hashes.
    pub(crate) fn finish(mut self) -> Vec<Person> {
        self.cut();
        self.held.into_iter().map(|(_, person)| person).collect()
    }

    fn cut(&mut self) {
        self.held.sort_by_key(|(hash, _)| *hash);
        self.held.truncate(KEPT);
        if self.held.len() == KEPT {
            self.limit = self.held.last().map_or(u64::MAX, |(hash, _)| *hash);
        }
    }
}
