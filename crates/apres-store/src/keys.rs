//! Secrets and their versions.
//!
//! A [`Key`] is 32 bytes with one purpose; a [`Keyring`] holds the versions of the key of one purpose. What is new is made with the newest version, and
//! what is older stays readable until a rotation is finished. Where keys are kept is the program's affair: nothing here reads or writes a file.

use std::collections::BTreeMap;
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

    /// A secret of another room, made of this key for one use of it.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> [u8; 32] {
        *self.hash(b"derived:", purpose.as_bytes()).as_bytes()
    }

    /// What only the holder of the key can compute of these texts. `kind` keeps two uses of one key apart, and ends with a colon.
    pub(crate) fn hash(&self, kind: &[u8], value: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(kind).update(value);
        hasher.finalize()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(****)")
    }
}

/// Number of a version of a key, from 1.
pub type KeyVersion = u32;

/// The versions of the key of one purpose; never empty.
#[derive(Debug, Clone)]
pub struct Keyring {
    newest: (KeyVersion, Key),
    older: BTreeMap<KeyVersion, Key>,
}

impl Keyring {
    /// From a version and its key.
    #[must_use]
    pub fn new(version: KeyVersion, key: Key) -> Self {
        Self { newest: (version, key), older: BTreeMap::new() }
    }

    /// Adds a version, newer or older.
    #[must_use]
    pub fn with(mut self, version: KeyVersion, key: Key) -> Self {
        if version > self.newest.0 {
            let (before, older) = std::mem::replace(&mut self.newest, (version, key));
            self.older.insert(before, older);
        } else {
            self.older.insert(version, key);
        }
        self
    }

    /// What is made now is made with this one.
    #[must_use]
    pub fn newest(&self) -> (KeyVersion, &Key) {
        (self.newest.0, &self.newest.1)
    }

    /// The oldest version still held; the newest one when it is alone.
    #[must_use]
    pub fn oldest(&self) -> (KeyVersion, &Key) {
        self.older.first_key_value().map_or_else(|| self.newest(), |(version, key)| (*version, key))
    }

    /// The key of a version.
    #[must_use]
    pub fn get(&self, version: KeyVersion) -> Option<&Key> {
        if version == self.newest.0 { Some(&self.newest.1) } else { self.older.get(&version) }
    }

    /// Whether an older version is still held: a rotation was begun and not finished.
    #[must_use]
    pub fn is_rotating(&self) -> bool {
        !self.older.is_empty()
    }
}
