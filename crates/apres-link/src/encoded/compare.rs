//! How alike two encoded rows are, as a level a field.
//!
//! Names can only be compared when the year or the day of birth agrees: their codes are salted by these. What the date's code says of that is one of the levels.

use super::record::{Encoded, Names};
use super::traits::VALUES;

/// Levels of the surnames: equal, near, alike, some letters, nothing, surname and first name swapped.
pub(super) const NOM_LEVELS: usize = 6;
/// Levels of the first names: first ones equal, one of the other's, near, some letters, nothing.
pub(super) const PRENOM_LEVELS: usize = 5;
/// Levels of the birth date: equal, swapped, year differs, month or day differs, less.
pub(super) const DATE_LEVELS: usize = 5;
/// Levels of the place: equal, alike, other, not known.
pub(super) const LIEU_LEVELS: usize = 4;

/// Below this likeness of dates neither the year nor the day agrees, and names say nothing.
const COMPARABLE_MIN: u32 = 160;

/// The levels of a pair, and which of the list's names agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Levels {
    pub(super) nom: u8,
    pub(super) prenom: u8,
    pub(super) date: u8,
    pub(super) lieu: u8,
    /// Place of the surname of the list that agreed best.
    pub(super) nom_slot: u8,
    /// Place of the first name of the list that agreed best.
    pub(super) prenom_slot: u8,
}

/// The likeness of two names and their places, the best of all pairs.
#[derive(Clone, Copy)]
struct Best {
    likeness: u32,
    ours: u8,
    theirs: u8,
}

/// Compares a row of the list with one of the reference; `None` when nothing of their dates agrees.
pub(super) fn compare(ours: &Encoded, theirs: &Encoded) -> Option<Levels> {
    let date = ours.naissance.dice(&theirs.naissance);
    if date < COMPARABLE_MIN {
        return None;
    }
    let nom = best((&ours.noms_by_year, &ours.noms_by_day), (&theirs.noms_by_year, &theirs.noms_by_day));
    let prenom = best((&ours.prenoms_by_year, &ours.prenoms_by_day), (&theirs.prenoms_by_year, &theirs.prenoms_by_day));
    let mut levels = Levels {
        nom: nom_level(nom.likeness),
        prenom: prenom_level(prenom),
        date: date_level(date),
        lieu: lieu_level(ours, theirs),
        nom_slot: nom.ours,
        prenom_slot: prenom.ours,
    };
    if nom.likeness < SWAP_BELOW && prenom.likeness < SWAP_BELOW {
        let nom = best((&ours.noms_by_year, &ours.noms_by_day), (&theirs.prenoms_by_year, &theirs.prenoms_by_day));
        let prenom = best((&ours.prenoms_by_year, &ours.prenoms_by_day), (&theirs.noms_by_year, &theirs.noms_by_day));
        if nom.likeness > SWAP_ABOVE && prenom.likeness > SWAP_ABOVE {
            levels.nom = 5;
            levels.prenom = 0;
        }
    }
    Some(levels)
}

/// Names that are less alike than this may be swapped ones.
const SWAP_BELOW: u32 = 600;
/// Swapped names are more alike than this.
const SWAP_ABOVE: u32 = 850;

fn best(ours: (&Names, &Names), theirs: (&Names, &Names)) -> Best {
    let mut best = Best { likeness: 0, ours: 0, theirs: 0 };
    for place in 0..VALUES * VALUES {
        let (our, their) = (place / VALUES, place % VALUES);
        let likeness = ours.0[our].dice(&theirs.0[their]).max(ours.1[our].dice(&theirs.1[their]));
        if likeness > best.likeness {
            let slot = |value| u8::try_from(value).expect("there are two values");
            best = Best { likeness, ours: slot(our), theirs: slot(their) };
        }
    }
    best
}

fn nom_level(likeness: u32) -> u8 {
    match likeness {
        1000.. => 0,
        780.. => 1,
        600.. => 2,
        400.. => 3,
        _ => 4,
    }
}

fn prenom_level(best: Best) -> u8 {
    match best.likeness {
        1000.. if (best.ours, best.theirs) == (0, 0) => 0,
        1000.. => 1,
        700.. => 2,
        450.. => 3,
        _ => 4,
    }
}

fn date_level(likeness: u32) -> u8 {
    match likeness {
        1000.. => 0,
        520.. => 1,
        430.. => 2,
        310.. => 3,
        _ => 4,
    }
}

fn lieu_level(ours: &Encoded, theirs: &Encoded) -> u8 {
    let (Some(ours), Some(theirs)) = (&ours.lieu, &theirs.lieu) else { return 3 };
    match ours.dice(theirs) {
        950.. => 0,
        500.. => 1,
        _ => 2,
    }
}
