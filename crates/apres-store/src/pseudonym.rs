//! From a NIR to a person: a keyed hash, 63 bits.
//!
//! The key lives with the identifying zone; the statistical zone never holds it. 63 bits because Delta has no unsigned integers: the value is the same
//! number in every tool that reads the lake.

use std::fmt;

/// A secret of 32 bytes. Its `Debug` is masked.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// A key from its bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text.trim()).ok().map(|hash| Self(*hash.as_bytes()))
    }

    /// The key as 64 hexadecimal digits, for its own file only.
    #[must_use]
    pub fn to_hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(****)")
    }
}

/// Gives people their pseudonyms.
#[derive(Debug, Clone)]
pub struct Pseudonymiser {
    key: Key,
}

impl Pseudonymiser {
    /// With this key.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self { key }
    }

    /// The person behind a NIR (or NIA), as its thirteen characters.
    #[must_use]
    pub fn of_nir(&self, nir: &[u8]) -> u64 {
        self.of(b"nir:", nir)
    }

    /// The person behind a temporary number.
    #[must_use]
    pub fn of_ntt(&self, ntt: &[u8]) -> u64 {
        self.of(b"ntt:", ntt)
    }

    /// A whole identity (surname, first names, birth date), normalised, as one number: equal for equal identities, and nothing else.
    #[must_use]
    pub fn of_identity(&self, identity: &[u8]) -> u64 {
        self.of(b"identity:", identity)
    }

    fn of(&self, kind: &[u8], value: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key.0);
        hasher.update(kind).update(value);
        let hash = hasher.finalize();
        let first: [u8; 8] = hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes");
        u64::from_le_bytes(first) >> 1
    }
}
