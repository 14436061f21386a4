//! The normalised identity: what makes two writings of a person's name and birth date the same.
//!
//! [`IdentityKey`] is an *exact* key, made the same way on both sides (a row of a list, an individual of a DSN): equal keys, same writing of the
//! identity. It promises never to be empty: no key at all when a surname, a first name or a whole birth date is missing.
//! It does not tolerate typing errors; that is the work of `apres-link`.

use std::fmt;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

#[cfg(test)]
mod tests;

/// Words that announce another surname of the same person ("DUPONT NEE MARTIN", "MARTIN EPOUSE DUPONT").
const SURNAME_MARKERS: &[&str] =
    &["NEE", "NE", "EPOUSE", "EPOUX", "EPSE", "EP", "VEUVE", "VEUF", "VVE", "DIVORCEE", "DIVORCE", "DIT", "DITE"];

/// Civilités that people write in the cell of a name.
const CIVILITES: &[&str] = &["MR", "MME", "MLLE", "MONSIEUR", "MADAME", "MADEMOISELLE"];

/// Texts that stand for "we do not know", once normalised.
const FILLERS: &[&str] = &[
    "INCONNU",
    "INCONNUE",
    "SANS NOM",
    "SANS PRENOM",
    "SN",
    "SNC",
    "SP",
    "SNP",
    "NC",
    "NR",
    "ND",
    "NA",
    "N A",
    "NEANT",
    "NULL",
    "NON RENSEIGNE",
    "NON RENSEIGNEE",
    "NON COMMUNIQUE",
    "VIDE",
    "TEST",
    "ANONYME",
    "AUCUN",
];

/// The exact, normalised identity of a person: surname, first of the first names, birth date.
///
/// It is a directly identifying text: it has no `Display`, its `Debug` is masked, and it may only be stored in the identifying zone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey(String);

impl IdentityKey {
    /// The key of a surname, first names and a birth date; `None` whenever one of them is empty once normalised.
    ///
    /// Of the surname, what follows a marker (`NEE`, `EPOUSE`, `VEUVE`…) is left out and the words are glued (`LE GOFF` = `LEGOFF`, `D'ARC` =
    /// `D ARC`). Of the first names, only the first is kept (`Jean-Pierre` = `JEAN PIERRE` = `Jean`), and an initial is no first name.
    #[must_use]
    pub fn new(nom: &str, prenoms: &str, naissance: Option<NaiveDate>) -> Option<Self> {
        let nom = surname_variants(nom).into_iter().next()?;
        Self::assemble(&nom, &first_name(prenoms)?, naissance?)
    }

    /// The characters of the key, for the identifying zone only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn assemble(nom: &str, prenom: &str, naissance: NaiveDate) -> Option<Self> {
        let is_whole = !nom.is_empty() && !prenom.is_empty();
        is_whole.then(|| Self(format!("{nom}|{prenom}|{naissance}")))
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityKey(***)")
    }
}

/// What is known of who a person is, as written; an empty text is the same as nothing.
#[derive(Clone, Copy, Default)]
pub struct Identity<'a> {
    /// Surname at birth.
    pub nom_naissance: &'a str,
    /// Surname in use, or the only surname known.
    pub nom_usage: &'a str,
    /// First names, in order.
    pub prenoms: &'a str,
    /// Birth date, when wholly known.
    pub naissance: Option<NaiveDate>,
}

impl fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(***)")
    }
}

/// The keys of a person as written: surname at birth first, then surname in use, and each surname announced by a marker. No key twice.
///
/// This is what the reference side (the DSN) indexes.
#[must_use]
pub fn keys_as_written(person: &Identity<'_>) -> Vec<IdentityKey> {
    let (Some(prenom), Some(naissance)) = (first_name(person.prenoms), person.naissance) else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    for nom in surname_variants(person.nom_naissance).into_iter().chain(surname_variants(person.nom_usage)) {
        if let Some(key) = IdentityKey::assemble(&nom, &prenom, naissance)
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    keys
}

/// All the keys to try for a row of a list, best first: those [`keys_as_written`], then the same with surname and first name swapped.
///
/// Only one side may swap: were both to, a swapped key would meet a swapped key, which says nothing more.
#[must_use]
pub fn keys(person: &Identity<'_>) -> Vec<IdentityKey> {
    let mut keys = keys_as_written(person);
    if keys.is_empty() {
        // An identity that is not whole as written does not become whole by the swap: an initial would pass for a surname.
        return keys;
    }
    for nom in [person.nom_naissance, person.nom_usage] {
        if let Some(key) = IdentityKey::new(person.prenoms, nom, person.naissance)
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    keys
}

/// A text in capitals without accents, where anything but a letter is a single space: `"Lœtitia d’Hérouville-Ménard"` gives
/// `LOETITIA D HEROUVILLE MENARD`.
#[must_use]
pub fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd() {
        match c {
            'œ' | 'Œ' => out.push_str("OE"),
            'æ' | 'Æ' => out.push_str("AE"),
            'ø' | 'Ø' => out.push('O'),
            'ł' | 'Ł' => out.push('L'),
            'đ' | 'Đ' | 'ð' | 'Ð' => out.push('D'),
            'ı' => out.push('I'),
            'þ' | 'Þ' => out.push_str("TH"),
            _ if c.is_alphabetic() => out.extend(c.to_uppercase()),
            _ if is_combining(c) => {}
            _ if out.is_empty() || out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a normalised text stands for nothing: empty, `INCONNU`, `X`, `XXX`…
pub(crate) fn is_filler(normalised_text: &str) -> bool {
    normalised_text.chars().all(|c| matches!(c, 'X' | ' ')) || FILLERS.contains(&normalised_text)
}

/// A name without the civilité that it starts with. `M` is one only before a full stop: `M'BAYE` and `M BAYE` are surnames.
pub(crate) fn without_civilite(text: &str) -> &str {
    let trimmed = text.trim_start();
    let end = trimmed.find([' ', '.', '\u{a0}']).unwrap_or(trimmed.len());
    let (first, rest) = trimmed.split_at(end);
    let rest = rest.trim_start_matches(['.', ' ', '\u{a0}']);
    let is_abbreviated = first.eq_ignore_ascii_case("m") && trimmed[end..].starts_with('.');
    let is_civilite = is_abbreviated || CIVILITES.iter().any(|civilite| first.eq_ignore_ascii_case(civilite));
    if is_civilite && !rest.is_empty() { rest } else { text }
}

/// The surnames that a text holds, glued, in order: before a marker, after it, and between parentheses. None is empty.
#[must_use]
pub fn surname_variants(text: &str) -> Vec<String> {
    let mut variants: Vec<String> = Vec::new();
    for part in text.split(['(', ')', '/']) {
        let words = normalised(without_civilite(part));
        let words: Vec<&str> = words.split(' ').collect();
        for surname in words.split(|word| SURNAME_MARKERS.contains(word)) {
            let spaced = surname.join(" ");
            if is_filler(&spaced) {
                continue;
            }
            let glued: String = surname.iter().copied().map(saint_in_full).collect();
            if !variants.contains(&glued) {
                variants.push(glued);
            }
        }
    }
    variants
}

/// `N'Golo` as `NGolo`: a letter before an apostrophe belongs to its word, and is no initial.
fn with_elisions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_elision = letters == 1 && matches!(c, '\'' | '’' | 'ʼ' | '`') && chars.peek().is_some_and(|next| next.is_alphabetic());
        letters = if c.is_alphabetic() { letters + 1 } else { 0 };
        if !is_elision {
            out.push(c);
        }
    }
    out
}

/// The first names of a text, word by word; initials and fillers are none.
#[must_use]
pub fn first_names(text: &str) -> Vec<String> {
    let words = normalised(&with_elisions(without_civilite(text)));
    if is_filler(&words) {
        return Vec::new();
    }
    words.split(' ').filter(|word| word.chars().count() > 1 && !is_filler(word)).map(str::to_owned).collect()
}

/// The first of the first names; an initial or a filler is none.
fn first_name(text: &str) -> Option<String> {
    let words = normalised(&with_elisions(without_civilite(text)));
    if is_filler(&words) {
        return None;
    }
    let first = words.split(' ').next()?;
    let is_initial = first.chars().count() < 2;
    (!is_initial && !is_filler(first)).then(|| first.to_owned())
}

fn saint_in_full(word: &str) -> &str {
    match word {
        "ST" => "SAINT",
        "STE" => "SAINTE",
        other => other,
    }
}

fn is_combining(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}
