//! From a NIR to a person: a keyed hash, 63 bits; none for who objects.
//!
//! The key lives with the identifying zone; the statistical zone never holds it. 63 bits because Delta has no unsigned integers: the value is the same
//! number in every tool that reads the lake. A row needs a pseudonym, and who objects has none: no way of reading declarations can forget the opposition.

use apres_ingest::identity::normalised;

use crate::keys::{Key, KeyVersion, Keyring};
use crate::opposition::Opposed;

/// Gives people their pseudonyms.
#[derive(Debug, Clone)]
pub struct Pseudonymiser {
    version: KeyVersion,
    key: Key,
    opposed: Opposed,
}

impl Pseudonymiser {
    /// With the newest version of this key; who is opposed gets no pseudonym.
    #[must_use]
    pub fn new(keys: &Keyring, opposed: Opposed) -> Self {
        let (version, key) = keys.newest();
        Self { version, key: key.clone(), opposed }
    }

    /// Version of the key in use.
    #[must_use]
    pub fn version(&self) -> KeyVersion {
        self.version
    }

    /// The person behind a NIR (or NIA), as its thirteen characters; none when they object.
    #[must_use]
    pub fn of_nir(&self, nir: &[u8]) -> Option<u64> {
        (!self.opposed.has_nir(nir)).then(|| nir_under(&self.key, nir))
    }

    /// The person behind a temporary number; none when they object.
    #[must_use]
    pub fn of_ntt(&self, ntt: &[u8]) -> Option<u64> {
        (!self.opposed.has_ntt(ntt)).then(|| ntt_under(&self.key, ntt))
    }

    /// A whole identity (surname, first names, birth date), normalised, as one number: equal for equal identities, and nothing else.
    #[must_use]
    pub fn of_identity(&self, identity: &[u8]) -> u64 {
        identity_under(&self.key, identity)
    }
}

/// The pseudonym of a NIR under a key.
pub(crate) fn nir_under(key: &Key, nir: &[u8]) -> u64 {
    first_63_bits(key.hash(b"nir:", nir))
}

/// The pseudonym of a temporary number under a key.
pub(crate) fn ntt_under(key: &Key, ntt: &[u8]) -> u64 {
    first_63_bits(key.hash(b"ntt:", ntt))
}

/// The number of a whole identity under a key.
pub(crate) fn identity_under(key: &Key, identity: &[u8]) -> u64 {
    first_63_bits(key.hash(b"identity:", identity))
}

/// The first 63 bits of a hash.
pub(crate) fn first_63_bits(hash: blake3::Hash) -> u64 {
    let first: [u8; 8] = hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes");
    u64::from_le_bytes(first) >> 1
}

/// Surname at birth, first names and birth date (`AAAA-MM-JJ`), normalised; none when one is missing or the date is not whole.
pub(crate) fn whole_identity(nom_famille: &str, prenoms: &str, naissance: &str) -> Option<String> {
    let (nom, prenoms) = (normalised(nom_famille), normalised(prenoms));
    let is_whole = !naissance.is_empty() && !naissance.contains("-00");
    (is_whole && !nom.is_empty() && !prenoms.is_empty()).then(|| format!("{nom}|{prenoms}|{naissance}"))
}
