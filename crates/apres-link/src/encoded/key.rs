//! The key that both sides share.
//!
//! It is 32 bytes, written as 64 hexadecimal digits. It never shows itself: what names a key is its identifier, which tells nothing of it.

use std::fmt;

use ring::hmac;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// Not 64 hexadecimal digits.
    #[error("the key is not 64 hexadecimal digits: make one with `apres encode --new-key FILE`")]
    Form,
    /// Every byte is the same.
    #[error("the key is not random: make one with `apres encode --new-key FILE`")]
    Weak,
}

/// The key of an encoding, ready to authenticate.
pub struct EncodingKey {
    hmac: hmac::Key,
    id: String,
}

impl EncodingKey {
    /// Reads the 64 digits of a key file; spaces and ends of lines around them do not count.
    ///
    /// # Errors
    /// When the text is not a key, or one that nobody drew at random.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let digits = text.trim();
        let mut bytes = [0; KEY_BYTES];
        if digits.len() != 2 * KEY_BYTES || !digits.is_ascii() {
            return Err(KeyFault::Form);
        }
        for (byte, place) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&digits[place..place + 2], 16).map_err(|_| KeyFault::Form)?;
        }
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(KeyFault::Weak);
        }
        Ok(Self::new(&bytes))
    }

    /// The key made of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        let mut key = Self { hmac: hmac::Key::new(hmac::HMAC_SHA256, bytes), id: String::new() };
        key.id = key.tag("cle")[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        key
    }

    /// What names the key: two files can be compared when theirs is the same.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The authentication tag of a message of this version of the format.
    pub(super) fn tag(&self, message: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hmac);
        context.update(b"apres-encode/1|");
        context.update(message.as_bytes());
        context.sign().as_ref().try_into().expect("a tag of SHA-256 has 32 bytes")
    }
}

impl fmt::Debug for EncodingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodingKey({})", self.id)
    }
}
