//! How a French name sounds: names that are written differently and said alike have the same key.
//!
//! The rules are those of French spelling (`PH` is F, `EAU` is O, `AIN` and `IN` are one nasal, final consonants are silent), kept few: the key gathers
//! candidates and grades a difference, it never decides. No source list is used.

use crate::word::Word;

/// The sound of a word, never longer than the word; empty when the word is.
pub(crate) fn sound(word: &Word) -> Word {
    let letters = without_silent_end(word.bytes());
    let mut out = Word::EMPTY;
    let mut at = 0;
    while at < letters.len() {
        let (sound, taken) = next(&letters[at..]);
        if sound != 0 && out.bytes().last() != Some(&sound) {
            out.push(&[sound]);
        }
        at += taken;
    }
    if out.is_empty() { word.start(2) } else { out }
}

/// Final letters that are not said, the first one of a word excepted.
fn without_silent_end(letters: &[u8]) -> &[u8] {
    let mut end = letters.len();
    while end > 2 && matches!(letters[end - 1], b'E' | b'S' | b'T' | b'D' | b'X' | b'Z' | b'P' | b'H') {
        end -= 1;
    }
    // HENRI and HENRY, but also ROGER and ROGE: a final ER is said like a final E.
    if end > 3 && end == letters.len() && letters.ends_with(b"ER") { &letters[..end - 1] } else { &letters[..end] }
}

/// The sound that begins a text, and how many letters make it; no sound is zero.
fn next(text: &[u8]) -> (u8, usize) {
    let at = |place: usize| text.get(place).copied().unwrap_or(0);
    let is_vowel = |letter: u8| matches!(letter, b'A' | b'E' | b'I' | b'O' | b'U' | b'Y');
    // A nasal is a vowel before N or M that no vowel follows.
    let is_nasal = |place: usize| matches!(at(place), b'N' | b'M') && !is_vowel(at(place + 1)) && at(place + 1) != at(place);
    match at(0) {
        b'E' if at(1) == b'A' && at(2) == b'U' => (b'O', 3),
        b'A' | b'E' if at(1) == b'I' && is_nasal(2) => (b'1', 3),
        b'A' if at(1) == b'U' => (b'O', 2),
        b'A' | b'E' if matches!(at(1), b'I' | b'Y') => (b'E', 2),
        b'O' if matches!(at(1), b'U') => (b'U', 2),
        b'A' | b'E' if is_nasal(1) => (b'2', 2),
        b'I' | b'Y' | b'U' if is_nasal(1) => (b'1', 2),
        b'O' if is_nasal(1) => (b'3', 2),
        b'P' if at(1) == b'H' => (b'F', 2),
        b'C' if at(1) == b'H' => (b'C', 2),
        b'S' if at(1) == b'C' && at(2) == b'H' => (b'C', 3),
        b'S' if at(1) == b'H' => (b'C', 2),
        b'C' if matches!(at(1), b'E' | b'I' | b'Y') => (b'S', 1),
        b'Q' if at(1) == b'U' => (b'K', 2),
        b'C' | b'Q' | b'K' => (b'K', 1),
        b'G' if at(1) == b'U' && matches!(at(2), b'E' | b'I' | b'Y') => (b'G', 2),
        b'G' if matches!(at(1), b'E' | b'I' | b'Y') => (b'J', 1),
        b'S' | b'Z' | b'X' => (b'S', 1),
        b'D' | b'T' => (b'T', 1),
        b'W' => (b'V', 1),
        b'Y' => (b'I', 1),
        b'H' => (0, 1),
        other => (other, 1),
    }
}
