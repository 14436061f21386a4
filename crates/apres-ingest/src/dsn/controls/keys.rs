//! The keys of SIREN and SIRET.

/// The SIREN of La Poste, whose establishments follow a rule of their own.
const LA_POSTE: &[u8] = b"356000000";

/// Whether the last digit is the Luhn key of the others.
pub(super) fn is_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit.wrapping_sub(b'0')) * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    digits.iter().all(u8::is_ascii_digit) && sum.is_multiple_of(10)
}

/// Whether these are the fourteen digits of a SIRET with a right key; for La Poste the digits add up to a multiple of five.
pub(super) fn is_siret(digits: &[u8]) -> bool {
    let is_poste = digits.starts_with(LA_POSTE) && digits.iter().all(u8::is_ascii_digit);
    let is_poste_key = || digits.iter().map(|digit| u32::from(digit - b'0')).sum::<u32>().is_multiple_of(5);
    digits.len() == 14 && (is_luhn(digits) || (is_poste && is_poste_key()))
}

/// Whether these are the nine digits of a SIREN with a right key.
pub(super) fn is_siren(digits: &[u8]) -> bool {
    digits.len() == 9 && is_luhn(digits)
}
