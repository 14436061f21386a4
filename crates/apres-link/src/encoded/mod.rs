//! Linkage of people whose names may not be sent: each side encodes its own rows under a key that both hold, and only codes are compared.
//!
//! It promises that an encoded row holds no clear text and nothing made of a NIR, that the same row under the same key gives the same code on every machine (the
//! format has a version, and a test holds its bytes), and that a row without a surname, a first name or a whole birth date is never searched. It does not promise
//! anonymity: whoever holds the key can try names, and codes that keep similarities can be attacked (`docs/methods/encoded-linkage.md`).

mod compare;
mod encoder;
mod filter;
mod key;
mod matching;
mod model;
mod record;
mod traits;

#[cfg(test)]
mod tests;

pub use encoder::{Encoder, Hardening};
pub use key::{EncodingKey, KeyFault};
pub use matching::{EncodedIndex, EncodedPair, EncodedReport};
pub use record::{COLUMNS, Encoded, RecordFault};
pub use traits::{Missing, Traits};
