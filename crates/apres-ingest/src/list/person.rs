//! The cells that say who a person is, one by one: NIR, sex, SIRET, names.

use super::{Cell, RowErrorCode, Sexe};
use crate::identity::{is_filler, normalised};
use crate::{Nir, NirFault};

/// What a NIR cell gives.
#[derive(Clone, Copy)]
pub(super) enum NirCell {
    Absent,
    Read { nir: Nir, is_verified: bool },
    Fault(RowErrorCode),
}

/// Reads a NIR, with the key that may stand in a cell of its own.
pub(super) fn nir(cell: &Cell, key: &Cell) -> NirCell {
    let text = cell.text();
    let written: String = text.chars().filter(|c| !is_between_groups(*c)).collect();
    if is_nothing(&text) {
        return NirCell::Absent;
    }
    let digits = match exponent(&written) {
        Some(None) => return NirCell::Fault(RowErrorCode::NirPrecisionLost),
        Some(Some(whole)) => whole,
        None => written,
    };
    let key_digits: String = key.text().chars().filter(char::is_ascii_digit).collect();
    let has_separate_key = digits.len() == 13 && matches!(key_digits.len(), 1 | 2);
    let full = if has_separate_key { format!("{digits}{key_digits:0>2}") } else { digits };
    match Nir::parse(&full) {
        Ok((nir, is_verified)) => NirCell::Read { nir, is_verified },
        Err(NirFault::Key) => NirCell::Fault(RowErrorCode::NirKey),
        Err(_) if is_ntt(&full) => NirCell::Fault(RowErrorCode::NirIsNtt),
        Err(NirFault::Length) => NirCell::Fault(RowErrorCode::NirLength),
        Err(NirFault::Syntax) => NirCell::Fault(RowErrorCode::NirSyntax),
    }
}

fn is_between_groups(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | '-' | '\'' | '’' | '/' | '_' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}')
}

/// A number that a spreadsheet wrote with an exponent: its digits when none is lost, nothing when some are.
fn exponent(written: &str) -> Option<Option<String>> {
    // The decimal point was removed with the other signs between groups: 2.85E+14 is here 285E+14.
    let (mantissa, exponent) = written.split_once(['E', 'e'])?;
    let mantissa = mantissa.replace(',', "");
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    let is_number = !mantissa.is_empty() && mantissa.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (mantissa.len() == exponent + 1).then_some(mantissa))
}

/// An NTT: sex, SIREN of the employer, and at least one character of its own; 11 to 40 in all.
///
/// Only asked of what is not a NIR: a NIR has one chance in ten to look like one.
fn is_ntt(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_shape = (11..=40).contains(&bytes.len()) && matches!(bytes[0], b'1' | b'2') && bytes[1..10].iter().all(u8::is_ascii_digit);
    has_shape && (luhn(&bytes[1..10]) || bytes.len() > 15)
}

/// The sex that a cell tells.
pub(super) fn sexe(text: &str) -> Option<Sexe> {
    match text.trim() {
        "1" => return Some(Sexe::Homme),
        "2" => return Some(Sexe::Femme),
        _ => {}
    }
    match normalised(text).as_str() {
        "M" | "MR" | "MONSIEUR" | "H" | "HOMME" | "MASCULIN" | "MASC" | "GARCON" | "MALE" => Some(Sexe::Homme),
        "F" | "MME" | "MLLE" | "MADAME" | "MADEMOISELLE" | "FEMME" | "FEMININ" | "FEM" | "FILLE" | "FEMALE" | "MMES" => Some(Sexe::Femme),
        _ => None,
    }
}

/// The fourteen digits of a SIRET, whose first zeros a spreadsheet may have eaten.
pub(super) fn siret(text: &str) -> Option<String> {
    const LA_POSTE: &[u8] = b"356000000";
    let digits: String = text.chars().filter(|c| !is_between_groups(*c)).collect();
    if !(12..=14).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = format!("{digits:0>14}");
    let sum: u32 = whole.bytes().map(|byte| u32::from(byte - b'0')).sum();
    let is_of_la_poste = whole.as_bytes().starts_with(LA_POSTE) && sum.is_multiple_of(5);
    (luhn(whole.as_bytes()) || is_of_la_poste).then_some(whole)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let doubled = u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 };
            doubled / 10 + doubled % 10
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|byte| *byte != b'0')
}

/// Whether a cell stands for nothing: empty, zeros, dashes, `NC`, `inconnu`…
pub(super) fn is_nothing(text: &str) -> bool {
    let words = normalised(text);
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0');
    !has_digit && is_filler(&words)
}

/// Whether a name holds what a wrong encoding leaves: `HÃ©lÃ¨ne`, `H?l?ne`, U+FFFD.
pub(super) fn is_damaged(name: &str) -> bool {
    let chars: Vec<char> = name.chars().collect();
    let is_twice_encoded =
        chars.windows(2).any(|pair| matches!(pair[0], 'Ã' | 'Â') && !pair[1].is_alphabetic() && !matches!(pair[1], ' ' | '-' | '\''));
    let has_question_inside =
        chars.windows(2).any(|pair| (pair[0] == '?' && pair[1].is_alphabetic()) || (pair[0].is_alphabetic() && pair[1] == '?'));
    name.contains('\u{fffd}') || is_twice_encoded || has_question_inside
}
