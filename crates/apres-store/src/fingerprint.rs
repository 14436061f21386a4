//! Numbers of people for the memory of what was said: keyed hashes under a secret of their own, that join with nothing else.
//!
//! They are never stored: only sums of their powers are (`apres_protect::memory`), from which they cannot be taken apart.

use crate::keys::Key;

/// Gives people their numbers.
#[derive(Debug, Clone)]
pub struct Fingerprints(Key);

impl Fingerprints {
    /// Under the key of the memory.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self(key)
    }

    /// Somebody of the lake, by pseudonym.
    #[must_use]
    pub fn of_person(&self, person: u64) -> u64 {
        self.first_bits(b"memory-person:", &person.to_le_bytes())
    }

    /// Somebody who is written in a list, by NIR or by normalised identity.
    #[must_use]
    pub fn of_row(&self, row: &[u8]) -> u64 {
        self.first_bits(b"memory-row:", row)
    }

    /// A number below `limit` drawn from a text: the same one for the same text.
    #[must_use]
    pub fn draw(&self, text: &[u8], limit: u32) -> u32 {
        let drawn = self.first_bits(b"memory-draw:", text) % u64::from(limit.max(1));
        u32::try_from(drawn).unwrap_or_default()
    }

    /// What tells this key from another one, and nothing else of it.
    #[must_use]
    pub fn mark(&self) -> String {
        format!("{:016x}", self.first_bits(b"memory-mark:", b""))
    }

    fn first_bits(&self, kind: &[u8], value: &[u8]) -> u64 {
        let hash = self.0.hash(kind, value);
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
    }
}
