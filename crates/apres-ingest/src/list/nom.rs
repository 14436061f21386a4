//! A surname and first names in one cell.
//!
//! `DUPONT Jean`, `Jean DUPONT` and `DUPONT, Jean` are certain; `DA SILVA MARIA JOSE` is not, and then every place is tried at the match.

use super::Sexe;
use super::person::sexe;
use crate::identity::{normalised, without_civilite};

/// Words that a surname starts with and that never end it.
const PARTICLES: &[&str] = &[
    "DE", "DU", "DES", "LE", "LA", "LES", "D", "L", "DA", "DO", "DOS", "DI", "DEL", "EL", "AL", "BEN", "BOU", "AIT", "OULD", "VAN", "VON",
    "ST", "STE", "SAINT", "MC",
];

/// Words beyond which a cell is not a name.
const WORDS_MAX: usize = 8;

/// A cell cut in two.
pub(super) struct Split {
    pub(super) nom: String,
    pub(super) prenoms: String,
    pub(super) sexe: Option<Sexe>,
    pub(super) is_certain: bool,
}

/// Cuts a cell; `is_surname_first` is what the header says.
pub(super) fn split(cell: &str, is_surname_first: bool) -> Split {
    let bare = without_civilite(cell);
    let bare = if bare == cell { cell.strip_prefix("M ").unwrap_or(cell) } else { bare }.trim();
    let civilite = cell[..cell.len() - bare.len()].trim();
    let sexe = if civilite.is_empty() { None } else { sexe(civilite) };
    let done =
        |nom: &str, prenoms: &str, is_certain| Split { nom: nom.trim().to_owned(), prenoms: prenoms.trim().to_owned(), sexe, is_certain };
    if let Some((nom, prenoms)) = bare.split_once([',', ';']) {
        return done(nom, prenoms, true);
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    let capitals: Vec<bool> = words.iter().map(|word| is_in_capitals(word)).collect();
    let leading = capitals.iter().take_while(|is_capitals| **is_capitals).count();
    let trailing = capitals.iter().rev().take_while(|is_capitals| **is_capitals).count();
    let in_capitals = capitals.iter().filter(|is_capitals| **is_capitals).count();
    if leading == in_capitals && leading > 0 && leading < words.len() {
        return done(&words[..leading].join(" "), &words[leading..].join(" "), true);
    }
    if trailing == in_capitals && trailing > 0 && trailing < words.len() {
        let cut = words.len() - trailing;
        return done(&words[cut..].join(" "), &words[..cut].join(" "), true);
    }
    if !is_surname_first {
        let (prenoms, nom) = words.split_first().map_or(("", String::new()), |(first, rest)| (*first, rest.join(" ")));
        return done(&nom, prenoms, words.len() == 2);
    }
    let particles = words.iter().take_while(|word| PARTICLES.contains(&normalised(word).as_str())).count();
    let cut = (particles + 1).min(words.len());
    done(&words[..cut].join(" "), &words[cut..].join(" "), words.len() == cut + 1)
}

/// Every way to cut a text in a surname and first names, the shortest surname first.
pub(super) fn all_splits(joined: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = joined.split_whitespace().take(WORDS_MAX).collect();
    (1..words.len()).map(|cut| (words[..cut].join(" "), words[cut..].join(" "))).collect()
}

fn is_in_capitals(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    word.chars().filter(|c| c.is_alphabetic()).count() >= 2 && letters.all(char::is_uppercase)
}
