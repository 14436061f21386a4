//! The NIR: thirteen characters that must never be shown.
//!
//! [`Nir::parse`] is the only way in; it accepts what the norm accepts (month 01–12, 20, 30–42, 50–99; Corsica) and checks the key when one
//! is given. The type has no `Display` and its `Debug` is masked; code that really needs the characters asks for them by name.

use std::fmt;

#[cfg(test)]
mod tests;

/// A syntactically valid NIR or NIA, without its key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nir([u8; 13]);

/// Why a text is not a NIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NirFault {
    /// Not thirteen or fifteen characters once spaces are removed.
    #[error("a NIR has 13 characters, or 15 with its key")]
    Length,
    /// A character, sex, month or département that no NIR has.
    #[error("not a NIR")]
    Syntax,
    /// The two last digits do not check.
    #[error("the key of the NIR does not check")]
    Key,
}

impl Nir {
    /// Reads thirteen characters as the DSN writes them.
    ///
    /// # Errors
    /// Says whether the length or the syntax is wrong.
    pub fn parse_dsn(value: &[u8]) -> Result<Self, NirFault> {
        let digits: [u8; 13] = value.try_into().map_err(|_| NirFault::Length)?;
        let nir = Self(digits);
        if nir.is_well_formed() { Ok(nir) } else { Err(NirFault::Syntax) }
    }

    /// Reads a NIR as people write it: spaces, dots and dashes between groups, lower case `2a`, thirteen characters or fifteen with the key.
    /// The flag tells whether a key was given (and checked).
    ///
    /// # Errors
    /// Says whether the length, the syntax or the key is wrong.
    pub fn parse(text: &str) -> Result<(Self, bool), NirFault> {
        let kept: Vec<u8> = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '.' | '-' | '\''))
            .map(|c| if c.is_ascii() { (c as u8).to_ascii_uppercase() } else { b'?' })
            .collect();
        match kept.len() {
            13 => Ok((Self::parse_dsn(&kept)?, false)),
            15 => {
                let nir = Self::parse_dsn(&kept[..13])?;
                let given = std::str::from_utf8(&kept[13..]).ok().and_then(|k| k.parse::<u8>().ok());
                if given == Some(nir.key()) { Ok((nir, true)) } else { Err(NirFault::Key) }
            }
            _ => Err(NirFault::Length),
        }
    }

    /// The two-digit key: 97 − (number mod 97), with 2A read as 19 and 2B as 18 in the département.
    #[must_use]
    pub fn key(&self) -> u8 {
        let digits = match &self.0[5..7] {
            b"2A" => [b'1', b'9'],
            b"2B" => [b'1', b'8'],
            other => [other[0], other[1]],
        };
        let number = self.0[..5].iter().chain(&digits).chain(&self.0[7..]).fold(0_u64, |total, digit| total * 10 + u64::from(digit - b'0'));
        u8::try_from(97 - number % 97).expect("a remainder of 97 fits in a byte")
    }

    /// The thirteen characters, for the identifying zone and the pseudonym only.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits and the letters A or B")
    }

    /// `true` for a man (1, 3, 7), `false` for a woman (2, 4, 8).
    #[must_use]
    pub fn is_male(&self) -> bool {
        matches!(self.0[0], b'1' | b'3' | b'7')
    }

    /// The two last digits of the year of birth, as the NIR writes them.
    #[must_use]
    pub fn birth_year_of_century(&self) -> u8 {
        (self.0[1] - b'0') * 10 + (self.0[2] - b'0')
    }

    /// The month of birth, `None` when the NIR holds one of the codes for an unknown month (20, 30–42, 50–99).
    #[must_use]
    pub fn birth_month(&self) -> Option<u8> {
        let month = (self.0[3] - b'0') * 10 + (self.0[4] - b'0');
        (1..=12).contains(&month).then_some(month)
    }

    fn is_well_formed(&self) -> bool {
        let all_digits_but_corsica =
            self.0.iter().enumerate().all(|(place, c)| c.is_ascii_digit() || (place == 6 && self.0[5] == b'2' && matches!(c, b'A' | b'B')));
        if !all_digits_but_corsica {
            return false;
        }
        let month = (self.0[3] - b'0') * 10 + (self.0[4] - b'0');
        let is_month = matches!(month, 1..=12 | 20 | 30..=42 | 50..=99);
        let is_forbidden_filler = self.0[1..].iter().all(|c| *c == b'9');
        matches!(self.0[0], b'1' | b'2' | b'3' | b'4' | b'7' | b'8') && is_month && !is_forbidden_filler
    }
}

impl fmt::Debug for Nir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nir(*************)")
    }
}
