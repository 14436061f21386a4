//! The shapes of texts: names, contract numbers, labels, partly known dates.
//!
//! Nothing here looks beyond one value. Characters beyond ASCII are let through, but in the numbers of contracts: the table of allowed characters is only
//! known for them.

/// A name: begins with no dash, ends with neither dash nor apostrophe; blanks, dashes and apostrophes stand alone, but for one double dash; no title.
pub(super) fn is_nom(value: &[u8]) -> bool {
    let is_joint = |byte: u8| matches!(byte, b' ' | b'-' | b'\'');
    let (Some(first), Some(last)) = (value.first(), value.last()) else { return false };
    if *first == b'-' || matches!(last, b'-' | b'\'') || value.iter().any(u8::is_ascii_digit) {
        return false;
    }
    let mut doubles = 0;
    for (place, pair) in value.windows(2).enumerate() {
        if !is_joint(pair[0]) || !is_joint(pair[1]) {
            continue;
        }
        // After a double dash, a name may begin with an apostrophe.
        let is_after_double = pair == b"-'" && place > 0 && value[place - 1] == b'-';
        if !is_after_double && pair != b"--" {
            return false;
        }
        doubles += u32::from(pair == b"--");
    }
    doubles <= 1 && !has_title(value)
}

/// The titles that are written in names and do not belong there.
fn has_title(value: &[u8]) -> bool {
    let Some(space) = value.iter().position(|byte| *byte == b' ') else { return false };
    let word = &value[..space];
    matches!(word.first(), Some(b'M' | b'm'))
        && [&b"MONSIEUR"[..], b"MADAME", b"MME", b"M"].iter().any(|title| word.eq_ignore_ascii_case(title))
}

/// A contract's number: letters, digits, `-`, blank, `.`, `@`, `/`, `_` and the usual accents.
pub(super) fn is_numero(value: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b' ' | b'.' | b'@' | b'/' | b'_');
    let is_allowed =
        |letter: char| u8::try_from(letter).is_ok_and(|byte| letter.is_ascii() && is_plain(&byte)) || "àçéèêëïô".contains(letter);
    value.iter().all(is_plain) || std::str::from_utf8(value).is_ok_and(|text| text.chars().all(is_allowed))
}

/// A job's label: begins with a letter or a digit; no letter three times in a row but `i`, no sign twice but digits.
pub(super) fn is_libelle(value: &[u8]) -> bool {
    let begins = value.first().is_some_and(|first| first.is_ascii_alphanumeric() || *first >= 0x80);
    let mut run = (0, 0);
    for byte in value {
        let byte = byte | 0x20;
        run = if byte == run.0 { (byte, run.1 + 1) } else { (byte, 1) };
        let is_free = byte.is_ascii_digit() || (byte == b'i' && run.1 == 3);
        if run.1 > 2 && !is_free {
            return false;
        }
    }
    begins
}

/// A birth date of which the day or the month may be 99.
pub(super) fn is_naissance(value: &[u8]) -> bool {
    value.len() == 8 && &value[..2] != b"00" && &value[2..4] != b"00" && matches!(&value[4..6], b"18" | b"19" | b"20")
}

/// `01` to `12`.
pub(super) fn is_month(value: &[u8]) -> bool {
    matches!(value, [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2'])
}

/// `01` to `99`, `2A`, `2B`.
pub(super) fn is_departement(value: &[u8]) -> bool {
    matches!(value, b"2A" | b"2B") || (matches!(value, [b'0'..=b'9', b'0'..=b'9']) && value != b"00")
}
