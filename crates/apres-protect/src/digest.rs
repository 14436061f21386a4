//! SHA-256 in hexadecimal, the one fingerprint of requests, policies and releases.
//!
//! It tells that two contents are the same; it does not tell who wrote them.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// 64 lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}
