//! Passwords: argon2id, in the PHC text form.
//!
//! Both functions are synchronous and slow on purpose (tens of milliseconds and 19 MiB): call them from `spawn_blocking`, never on a
//! thread that serves requests. They draw no salt: give 16 random bytes, new for each password.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::{LedgerFault, Result};

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// How much work a guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// The library's defaults for argon2id: 19 MiB, two passes, one lane.
    Full,
    /// Almost none, for tests only.
    ForTests,
}

/// Hashes a password with this salt.
///
/// # Errors
///
/// [`LedgerFault::Password`] when the password is longer than argon2 accepts.
pub fn hash(password: &str, salt: &[u8; SALT_BYTES], cost: Cost) -> Result<String> {
    let params = match cost {
        Cost::Full => Params::default(),
        Cost::ForTests => Params::new(Params::MIN_M_COST, 1, 1, None).expect("the smallest cost is valid"),
    };
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| fault("hash a password", error))
}

/// Whether the password is the one that was hashed; the cost is the one written in the hash.
///
/// # Errors
///
/// [`LedgerFault::Password`] when the hash cannot be read.
pub fn verify(password: &str, hash: &str) -> Result<bool> {
    let hash = PasswordHash::new(hash).map_err(|error| fault("read a stored password hash", error.into()))?;
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(fault("verify a password", error)),
    }
}

fn fault(attempt: &'static str, error: Error) -> LedgerFault {
    LedgerFault::Password { attempt, reason: error.to_string() }
}
