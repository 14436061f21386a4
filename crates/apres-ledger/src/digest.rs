//! SHA-256 in hexadecimal, for keys that must not be readable and for the audit chain.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Digest of parts, each preceded by its length so that no two sequences of parts collide.
pub(crate) fn of_parts(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hexadecimal(&hasher.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    text
}
