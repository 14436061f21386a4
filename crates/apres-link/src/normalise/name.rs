//! Surnames and first names: their variants, their parts, and the texts that stand for nothing.
//!
//! A cell of a surname may hold several (`MARTIN NEE DURAND`, `DURAND EP MARTIN`): each is a variant, glued, so that `LE GOFF`, `Le Goff` and `LEGOFF` are
//! one. The parts of a compound surname are kept apart without its particles. Which surname is which is not settled here: comparisons cross them.

use super::{BREAK, Folded};
use crate::word::Word;

/// Words that announce another surname of the same person.
const MARKERS: [&[u8]; 15] = [
    b"NEE",
    b"NE",
    b"EPOUSE",
    b"EPOUX",
    b"EPSE",
    b"EP",
    b"VEUVE",
    b"VEUF",
    b"VVE",
    b"DIVORCEE",
    b"DIVORCE",
    b"DIT",
    b"DITE",
    b"ALIAS",
    BREAK,
];

/// Civilités that people write in the cell of a name.
const CIVILITES: [&[u8]; 6] = [b"MR", b"MME", b"MLLE", b"MONSIEUR", b"MADAME", b"MADEMOISELLE"];

/// Words that a compound surname may begin with and that say little by themselves.
pub(crate) const PARTICLES: [&[u8]; 28] = [
    b"DE", b"DU", b"DES", b"LE", b"LA", b"LES", b"L", b"D", b"DA", b"DO", b"DOS", b"DAS", b"DI", b"DEL", b"DELLA", b"EL", b"AL", b"BEN",
    b"BENT", b"BOU", b"AIT", b"OULD", b"VAN", b"VON", b"DER", b"DEN", b"SAINT", b"SAINTE",
];

/// Texts of one word that stand for "we do not know".
const FILLERS: [&[u8]; 16] = [
    b"INCONNU",
    b"INCONNUE",
    b"SN",
    b"SNC",
    b"SP",
    b"SNP",
    b"NC",
    b"NR",
    b"ND",
    b"NA",
    b"NEANT",
    b"NULL",
    b"VIDE",
    b"ANONYME",
    b"AUCUN",
    b"NAN",
];

/// The same of several words.
const LONG_FILLERS: [&[&[u8]]; 6] =
    [&[b"SANS", b"NOM"], &[b"SANS", b"PRENOM"], &[b"NON", b"RENSEIGNE"], &[b"NON", b"RENSEIGNEE"], &[b"NON", b"COMMUNIQUE"], &[b"N", b"A"]];

/// Variants of a surname that are kept.
pub(crate) const VARIANTS_MAX: usize = 4;
/// Parts of compound surnames that are kept.
pub(crate) const PARTS_MAX: usize = 4;
/// First names that are kept.
pub(crate) const PRENOMS_MAX: usize = 4;

/// A few words, in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<const MAX: usize> {
    words: [Word; MAX],
    len: u8,
}

impl<const MAX: usize> Words<MAX> {
    /// None.
    pub(crate) const EMPTY: Self = Self { words: [Word::EMPTY; MAX], len: 0 };

    /// The words.
    pub(crate) fn all(&self) -> &[Word] {
        &self.words[..usize::from(self.len)]
    }

    /// The first, if any.
    pub(crate) fn first(&self) -> Option<&Word> {
        self.all().first()
    }

    /// Adds a word that is neither empty nor there already, while there is room.
    pub(crate) fn add(&mut self, word: Word) {
        if usize::from(self.len) < MAX && !word.is_empty() && !self.all().contains(&word) {
            self.words[usize::from(self.len)] = word;
            self.len += 1;
        }
    }

    /// Forgets them.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }
}

/// Adds the surnames of a cell to `variants`, and the parts of those that are compound to `parts`.
pub(crate) fn read_surname(cell: &Folded, variants: &mut Words<VARIANTS_MAX>, parts: &mut Words<PARTS_MAX>) {
    if is_filler(cell) {
        return;
    }
    let mut glued = Word::EMPTY;
    let mut words_of_variant = 0_usize;
    let mut pending: [Word; 3] = [Word::EMPTY; 3];
    let finish =
        |glued: &mut Word, words: &mut usize, pending: &mut [Word; 3], variants: &mut Words<VARIANTS_MAX>, parts: &mut Words<PARTS_MAX>| {
            if glued.len() >= 2 && !glued.bytes().iter().all(|byte| *byte == b'X') {
                variants.add(*glued);
                if *words > 1 {
                    pending.iter().filter(|part| part.len() >= 3).for_each(|part| parts.add(*part));
                }
            }
            (*glued, *words, *pending) = (Word::EMPTY, 0, [Word::EMPTY; 3]);
        };
    for (place, word) in cell.words().enumerate() {
        if MARKERS.contains(&word) {
            finish(&mut glued, &mut words_of_variant, &mut pending, variants, parts);
            continue;
        }
        if (place == 0 && CIVILITES.contains(&word)) || word[0].is_ascii_digit() {
            continue;
        }
        let whole = in_full(word);
        glued.push(whole);
        words_of_variant += 1;
        if let Some(free) = pending.iter_mut().find(|part| part.is_empty()).filter(|_| !PARTICLES.contains(&whole)) {
            *free = Word::new(whole);
        }
    }
    finish(&mut glued, &mut words_of_variant, &mut pending, variants, parts);
}

/// Adds the first names of a cell.
pub(crate) fn read_prenoms(cell: &Folded, prenoms: &mut Words<PRENOMS_MAX>) {
    if is_filler(cell) {
        return;
    }
    for (place, word) in cell.words().enumerate() {
        let is_name = word != BREAK && !word[0].is_ascii_digit() && !word.iter().all(|byte| *byte == b'X');
        if is_name && !(place == 0 && CIVILITES.contains(&word)) {
            prenoms.add(Word::new(word));
        }
    }
}

fn is_filler(cell: &Folded) -> bool {
    let mut words = cell.words();
    let Some(first) = words.next() else { return true };
    if words.next().is_none() {
        return FILLERS.contains(&first);
    }
    LONG_FILLERS.iter().any(|filler| cell.words().eq(filler.iter().copied()))
}

fn in_full(word: &[u8]) -> &[u8] {
    match word {
        b"ST" => b"SAINT",
        b"STE" => b"SAINTE",
        other => other,
    }
}
