//! What is encoded of a person, once normalised.
//!
//! The normal form is part of the format's version: both sides must agree on every letter. A change here is a new version.

use apres_ingest::identity::{first_names, surname_variants};
use chrono::{Datelike, NaiveDate};

/// What is known of a person, as written. There is no NIR: encoded linkage is for those who may not use it.
#[derive(Clone, Copy, Default)]
pub struct Traits<'a> {
    /// Surname at birth.
    pub nom_naissance: &'a str,
    /// Surname in use, or the only one.
    pub nom_usage: &'a str,
    /// First names, in order.
    pub prenoms: &'a str,
    /// Birth date, when whole.
    pub naissance: Option<NaiveDate>,
    /// Place of birth, its name.
    pub commune: &'a str,
    /// Département of birth, its code.
    pub departement: &'a str,
}

/// What a row lacks to be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// No surname.
    Nom,
    /// No first name.
    Prenom,
    /// No whole birth date.
    Naissance,
}

/// The normal form.
pub(super) struct Normal {
    /// One or two surnames.
    pub(super) noms: Vec<String>,
    /// One or two first names.
    pub(super) prenoms: Vec<String>,
    pub(super) naissance: NaiveDate,
    /// Empty when not known.
    pub(super) commune: String,
    /// Empty when not known.
    pub(super) departement: String,
}

/// Values of a name that are kept.
pub(super) const VALUES: usize = 2;

impl Normal {
    pub(super) fn of(traits: &Traits<'_>) -> Result<Self, Missing> {
        let mut noms = surname_variants(traits.nom_naissance);
        for nom in surname_variants(traits.nom_usage) {
            if !noms.contains(&nom) {
                noms.push(nom);
            }
        }
        noms.retain(|nom| nom.chars().count() > 1);
        noms.truncate(VALUES);
        let mut prenoms = first_names(traits.prenoms);
        prenoms.truncate(VALUES);
        let naissance = traits.naissance.ok_or(Missing::Naissance)?;
        if noms.is_empty() {
            return Err(Missing::Nom);
        }
        if prenoms.is_empty() {
            return Err(Missing::Prenom);
        }
        let commune = surname_variants(traits.commune).into_iter().next().unwrap_or_default();
        let departement = traits.departement.trim().to_uppercase();
        Ok(Self { noms, prenoms, naissance, commune, departement })
    }

    /// The year, under which names are salted.
    pub(super) fn year(&self) -> String {
        format!("{:04}", self.naissance.year())
    }

    /// Month and day in growing order, under which names are salted too: a swap of both changes nothing.
    pub(super) fn day(&self) -> String {
        let (month, day) = (self.naissance.month(), self.naissance.day());
        format!("{:02}{:02}", month.min(day), month.max(day))
    }
}

/// Pairs of neighbouring letters, the edges too.
pub(super) fn grams(word: &str) -> Vec<[char; 2]> {
    let mut grams = Vec::with_capacity(word.len() + 1);
    let mut before = '_';
    for letter in word.chars().chain(['_']) {
        grams.push([before, letter]);
        before = letter;
    }
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The consonants of a word, those that sound alike as one, after its first letter.
pub(super) fn skeleton(word: &str) -> String {
    let mut out = String::new();
    let mut last = '\0';
    for letter in word.replace("PH", "F").chars() {
        let sound = match letter {
            'C' | 'K' | 'Q' => 'K',
            'S' | 'Z' => 'S',
            'M' | 'N' => 'N',
            'D' | 'T' => 'T',
            other => other,
        };
        let is_silent = matches!(letter, 'A' | 'E' | 'I' | 'O' | 'U' | 'Y' | 'H') && !out.is_empty();
        if !is_silent && sound != last {
            out.push(sound);
        }
        last = sound;
    }
    out
}

/// The first letters of a word.
pub(super) fn start(word: &str, letters: usize) -> String {
    word.chars().take(letters).collect()
}
