//! Record keys and the keys of sets: what makes noise the same wherever the same people are counted.
//!
//! A record key is a keyed hash of one person; the key of a set is the sum of its people's. Nobody who lacks the secret can compute either, and
//! neither is ever written, printed or compared with a figure.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;

/// The secret of the noise: 32 bytes with no other use. Its `Debug` is masked.
#[derive(Clone, PartialEq, Eq)]
pub struct DisclosureSecret([u8; 32]);

impl DisclosureSecret {
    /// The secret from its bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Gives people their record keys.
    #[must_use]
    pub fn record_keys(&self) -> RecordKeys {
        RecordKeys { hasher: SipHasher24::new_with_key(self.half(0)) }
    }

    /// Hashes the key of a set with what is counted of it.
    pub(super) fn cell_hasher(&self) -> SipHasher24 {
        SipHasher24::new_with_key(self.half(1))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Records and cells are hashed under keys of their own.
    fn half(&self, which: usize) -> &[u8; 16] {
        self.0[16 * which..16 * (which + 1)].try_into().expect("half of 32 bytes")
    }
}

impl fmt::Debug for DisclosureSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisclosureSecret(****)")
    }
}

/// Gives people their record keys: SipHash-2-4 under the secret.
#[derive(Clone)]
pub struct RecordKeys {
    hasher: SipHasher24,
}

impl RecordKeys {
    /// The record key of a person, by pseudonym.
    #[must_use]
    pub fn of_person(&self, pseudonym: u64) -> u64 {
        let mut hasher = self.hasher;
        hasher.write(b"p");
        hasher.write(&pseudonym.to_le_bytes());
        hasher.finish()
    }

    /// The record key of a row of a list in which nobody was recognised, by all that is known of the row.
    ///
    /// Two rows alike have the same key, and so has the same row in another deposit of the list.
    #[must_use]
    pub fn of_row<'a>(&self, row: impl Iterator<Item = Option<&'a str>>) -> u64 {
        let mut hasher = self.hasher;
        hasher.write(b"r");
        for known in row {
            hasher.write(known.unwrap_or_default().as_bytes());
            // No text holds these bytes: what is not known is not what is empty.
            hasher.write(&[if known.is_some() { 0xfe } else { 0xff }]);
        }
        hasher.finish()
    }
}

impl fmt::Debug for RecordKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKeys(****)")
    }
}

/// The key of a set of people: the sum of their record keys, modulo 2⁶⁴. Its `Debug` is masked.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SetKey(u64);

impl SetKey {
    /// The key of nobody.
    pub const ZERO: Self = Self(0);

    /// From the sum of the record keys of the people.
    #[must_use]
    pub fn from_sum(sum: u64) -> Self {
        Self(sum)
    }

    /// The key of two sets that have nobody in common.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    pub(super) fn bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

impl std::iter::Sum for SetKey {
    fn sum<I: Iterator<Item = Self>>(keys: I) -> Self {
        keys.fold(Self::ZERO, Self::and)
    }
}

impl fmt::Debug for SetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetKey(****)")
    }
}
