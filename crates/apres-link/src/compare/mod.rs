//! A pair of people becomes a pattern: for each field, an ordered level of agreement, four bits each.
//!
//! Level zero is always "one side says nothing", and weighs nothing. The patterns are all that the model knows of a pair, besides which of the row's names
//! agreed, so that its frequency can be looked up. Thresholds are those of the literature on Jaro–Winkler (.94, .88, .82), not fitted to a file.

pub(crate) mod text;

use crate::birth::Birth;
use crate::normalise::name::PARTICLES;
use crate::normalise::place::{departement_of_postcode, may_be_same};
use crate::person::{EXTRAS_MAX, Person};
use crate::word::Word;
use text::{is_one_slip, jaro_winkler};

/// Fields of an identity.
pub(crate) const NOM: usize = 0;
pub(crate) const PRENOM: usize = 1;
pub(crate) const DATE: usize = 2;
pub(crate) const SEX: usize = 3;
pub(crate) const LIEU: usize = 4;
pub(crate) const POSTCODE: usize = 5;
pub(crate) const NIR: usize = 6;
/// The first of the other columns.
pub(crate) const EXTRA: usize = 7;
/// All of them.
pub(crate) const FIELDS: usize = EXTRA + EXTRAS_MAX;
/// Levels that a field may have, zero included.
pub(crate) const LEVELS: usize = 13;

/// Levels of the surname.
pub(crate) mod nom {
    pub(crate) const BOTH: u8 = 1;
    pub(crate) const EXACT: u8 = 2;
    pub(crate) const USAGE_DIFFERS: u8 = 3;
    pub(crate) const CROSSED: u8 = 4;
    pub(crate) const SLIP: u8 = 5;
    pub(crate) const PART: u8 = 6;
    pub(crate) const CLOSE: u8 = 7;
    pub(crate) const FAR: u8 = 8;
    pub(crate) const DIFFERENT: u8 = 9;
    pub(crate) const SWAPPED: u8 = 10;
    /// The reference knows a surname at birth and one in use, and the row says neither.
    pub(crate) const NEITHER: u8 = 11;
}

/// Levels of the first names.
pub(crate) mod prenom {
    pub(crate) const BOTH: u8 = 1;
    pub(crate) const EXACT: u8 = 2;
    pub(crate) const SECOND_DIFFERS: u8 = 3;
    pub(crate) const SLIP: u8 = 4;
    pub(crate) const AMONG: u8 = 5;
    pub(crate) const CLOSE: u8 = 6;
    pub(crate) const START: u8 = 7;
    pub(crate) const FAR: u8 = 8;
    pub(crate) const DIFFERENT: u8 = 9;
    pub(crate) const SWAPPED: u8 = 10;
    /// One side tells several first names, and that of the other is none of them.
    pub(crate) const NONE_OF_THEM: u8 = 11;
}

/// Levels of the birth date.
pub(crate) mod date {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const SWAPPED: u8 = 2;
    pub(crate) const SLIP: u8 = 3;
    pub(crate) const YEAR_OFF: u8 = 4;
    pub(crate) const MONTH: u8 = 5;
    pub(crate) const DAY: u8 = 6;
    pub(crate) const FIRST: u8 = 7;
    pub(crate) const YEAR: u8 = 8;
    pub(crate) const NEAR: u8 = 9;
    pub(crate) const DIFFERENT: u8 = 10;
    pub(crate) const PARTIAL: u8 = 11;
}

/// Levels of the place of birth.
pub(crate) mod lieu {
    pub(crate) const COMMUNE: u8 = 1;
    pub(crate) const CLOSE: u8 = 2;
    pub(crate) const DEPARTEMENT: u8 = 3;
    pub(crate) const COMMUNE_DIFFERS: u8 = 4;
    pub(crate) const DEPARTEMENT_DIFFERS: u8 = 5;
    pub(crate) const RESIDENCE: u8 = 6;
    pub(crate) const DIFFERENT: u8 = 7;
    /// The two départements differ, and a commune is not known.
    pub(crate) const ONLY_DEPARTEMENT_DIFFERS: u8 = 8;
}

/// Levels of the NIR.
pub(crate) mod nir {
    pub(crate) const SAME: u8 = 1;
    pub(crate) const REPAIRED: u8 = 2;
    pub(crate) const SLIP: u8 = 3;
    pub(crate) const TWO_SLIPS: u8 = 4;
    pub(crate) const DIFFERENT: u8 = 5;
    /// The row's number says another sex or birth than the row: it is someone else's.
    pub(crate) const NOT_OWN: u8 = 6;
}

/// Levels of everything else.
pub(crate) mod other {
    pub(crate) const SAME: u8 = 1;
    pub(crate) const CLOSE: u8 = 2;
    pub(crate) const FAR: u8 = 3;
    pub(crate) const DIFFERENT: u8 = 4;
}

/// The levels of a pair, and which of the row's surnames agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(u64);

impl Pattern {
    const DETAILS: usize = 4 * FIELDS;

    /// A pattern of these levels.
    #[cfg(test)]
    pub(crate) fn of_levels(levels: &[(usize, u8)]) -> Self {
        let mut pattern = Self::default();
        levels.iter().for_each(|(field, level)| pattern.set(*field, *level));
        pattern
    }

    /// Level of a field, as a place in a table.
    pub(crate) const fn level(self, field: usize) -> usize {
        self.grade(field) as usize
    }

    /// Level of a field, to be compared with the constants of the fields.
    pub(crate) const fn grade(self, field: usize) -> u8 {
        (self.0 >> (4 * field) & 0xf) as u8
    }

    /// Levels of all fields, in their order.
    #[must_use]
    pub fn levels(self) -> [usize; FIELDS] {
        std::array::from_fn(|field| self.level(field))
    }

    /// All the levels, to be hashed.
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// Which surname of the row agreed.
    pub(crate) const fn nom(self) -> usize {
        (self.0 >> Self::DETAILS & 0x3) as usize
    }

    /// The same pattern, where this field says nothing.
    pub(crate) const fn without(self, field: usize) -> Self {
        Self(self.0 & !(0xf << (4 * field)))
    }

    /// The levels alone: pairs of one key agree in the same way in every field.
    #[must_use]
    pub fn key(self) -> String {
        format!("{:014x}", self.0 & ((1 << Self::DETAILS) - 1))
    }

    const fn set(&mut self, field: usize, level: u8) {
        self.0 |= (level as u64) << (4 * field);
    }

    const fn set_nom(&mut self, nom: usize) {
        self.0 |= ((nom & 0x3) as u64) << Self::DETAILS;
    }
}

/// Compares a row of the list with a person of the reference.
pub(crate) fn compare(row: &Person, person: &Person, extras: usize) -> Pattern {
    let mut pattern = Pattern::default();
    let (nom_level, nom_place) = compare_noms(row, person);
    let prenom_level = compare_prenoms(row, person);
    if nom_level >= nom::CLOSE && prenom_level >= prenom::CLOSE && are_names_swapped(row, person) {
        pattern.set(NOM, nom::SWAPPED);
        pattern.set(PRENOM, prenom::SWAPPED);
    } else {
        pattern.set(NOM, nom_level);
        pattern.set(PRENOM, prenom_level);
        pattern.set_nom(nom_place);
    }
    pattern.set(DATE, compare_births(row.birth, person.birth));
    pattern.set(SEX, if row.sex == 0 || person.sex == 0 { 0 } else { 1 + u8::from(row.sex != person.sex) });
    pattern.set(LIEU, compare_lieux(row, person));
    pattern.set(POSTCODE, compare_postcodes(row.postcode, person.postcode));
    pattern.set(NIR, compare_nirs(row, person));
    for place in 0..extras {
        pattern.set(EXTRA + place, compare_words(&row.extras[place], &person.extras[place]));
    }
    pattern
}

fn compare_noms(row: &Person, person: &Person) -> (u8, usize) {
    let (Some(first), Some(other_first)) = (row.noms.first(), person.noms.first()) else { return (0, 0) };
    let (usages, other_usages) = (row.usage_noms(), person.usage_noms());
    if first == other_first && !row.birth_noms().is_empty() {
        let level = match (usages.first().or(row.birth_noms().get(1)), other_usages.first()) {
            (Some(usage), Some(other)) if usage == other => nom::BOTH,
            (Some(usage), Some(other)) if jaro_winkler(usage, other) < 0.88 => nom::USAGE_DIFFERS,
            _ => nom::EXACT,
        };
        return (level, 0);
    }
    let variants =
        || row.noms.all().iter().enumerate().flat_map(|(place, mine)| person.noms.all().iter().map(move |other| (place, mine, other)));
    if let Some((place, ..)) = variants().find(|(_, mine, other)| mine == other) {
        return (nom::CROSSED, place);
    }
    let mut best = (nom::DIFFERENT, 0);
    for (place, mine, other) in variants() {
        let level = grade(mine, other);
        if level < best.0 {
            best = (level, place);
        }
    }
    if best.0 == nom::SLIP {
        return best;
    }
    if is_part(row, person) || is_part(person, row) {
        return (nom::PART, 0);
    }
    if best.0 > nom::CLOSE {
        let others = &person.nom_sounds[..person.noms.all().len()];
        if row.nom_sounds[..row.noms.all().len()].iter().any(|sound| others.contains(sound)) {
            return (nom::CLOSE, 0);
        }
    }
    if best.0 == nom::DIFFERENT && !other_usages.is_empty() { (nom::NEITHER, 0) } else { best }
}

/// Grades two surnames by their letters alone.
fn grade(mine: &Word, other: &Word) -> u8 {
    if mine.len().min(other.len()) >= 3 && is_one_slip(mine, other) {
        return nom::SLIP;
    }
    match jaro_winkler(mine, other) {
        near if near >= 0.94 => nom::SLIP,
        near if near >= 0.88 => nom::CLOSE,
        near if near >= 0.82 => nom::FAR,
        _ => nom::DIFFERENT,
    }
}

/// Whether a surname of one is a part, the beginning or the end of a surname of the other.
fn is_part(one: &Person, other: &Person) -> bool {
    let others = || other.noms.all().iter().chain(other.parts.all());
    // A surname cut by a form, or one whose particle was left out.
    let is_beginning = |short: &Word, long: &Word| short.len() >= 6 && long.bytes().starts_with(short.bytes());
    let is_without_particle = |short: &Word, long: &Word| {
        short.len() >= 4 && long.bytes().strip_suffix(short.bytes()).is_some_and(|particle| PARTICLES.contains(&particle))
    };
    one.parts.all().iter().any(|part| others().any(|word| word == part))
        || one.noms.all().iter().any(|short| {
            let mut longer = other.noms.all().iter().filter(|long| long.len() > short.len());
            longer.any(|long| is_beginning(short, long) || is_without_particle(short, long))
        })
}

fn compare_prenoms(row: &Person, person: &Person) -> u8 {
    let (mine, others) = (row.prenoms.all(), person.prenoms.all());
    let ([first, ..], [other_first, ..]) = (mine, others) else { return 0 };
    if first == other_first {
        let level = match (&mine[1..], &others[1..]) {
            ([], _) | (_, []) => prenom::EXACT,
            (mine, others) if mine.iter().any(|name| others.contains(name)) => prenom::BOTH,
            ([second, ..], [other, ..]) if second.bytes()[0] != other.bytes()[0] => prenom::SECOND_DIFFERS,
            _ => prenom::EXACT,
        };
        return level;
    }
    let is_glued = |glued: &Word, word: &Word| !glued.is_empty() && (glued == word || is_one_slip(glued, word));
    if (first.len().min(other_first.len()) >= 3 && is_one_slip(first, other_first))
        || is_glued(&row.glued, other_first)
        || is_glued(&person.glued, first)
    {
        return prenom::SLIP;
    }
    if mine.iter().any(|name| name.len() > 1 && others.contains(name)) {
        return prenom::AMONG;
    }
    let near = jaro_winkler(first, other_first);
    if near >= 0.88 || row.prenom_sound == person.prenom_sound || have_same_skeleton(first, other_first) {
        return prenom::CLOSE;
    }
    if is_start(first, mine, other_first, others) || is_start(other_first, others, first, mine) {
        return prenom::START;
    }
    let different = if mine.len() > 1 || others.len() > 1 { prenom::NONE_OF_THEM } else { prenom::DIFFERENT };
    if near >= 0.82 { prenom::FAR } else { different }
}

/// Whether a first name is an initial, initials or a short form of the other.
fn is_start(short: &Word, shorts: &[Word], long: &Word, longs: &[Word]) -> bool {
    let initial = |word: Option<&Word>| word.and_then(|word| word.bytes().first().copied());
    match short.bytes() {
        [one] => initial(Some(long)) == Some(*one) && shorts.get(1).is_none_or(|next| longs.get(1).is_none_or(|other| next == other)),
        [one, two] if initial(Some(long)) == Some(*one) && initial(longs.get(1)) == Some(*two) => true,
        short => {
            short.len() < long.len()
                && short.len() >= 2
                && (long.bytes().starts_with(short) || (short.len() >= 4 && long.bytes().ends_with(short)))
        }
    }
}

/// MOHAMED, MUHAMMAD and MOHAMMED, YOUSSEF and YUSUF: the same consonants, however the vowels are written.
fn have_same_skeleton(one: &Word, other: &Word) -> bool {
    one.bytes().first() == other.bytes().first() && {
        let skeleton = skeleton(one);
        skeleton.len() >= 3 && skeleton == self::skeleton(other)
    }
}

/// The first letter and the consonants, doubles and the silent H left out, one letter for those that are said alike.
fn skeleton(word: &Word) -> Word {
    let letters = word.bytes();
    let mut kept = Word::EMPTY;
    for (place, letter) in letters.iter().enumerate() {
        let next = letters.get(place + 1);
        let sound = match letter {
            b'C' if matches!(next, Some(b'E' | b'I' | b'Y')) => b'S',
            b'Z' => b'S',
            b'C' | b'Q' => b'K',
            b'W' => b'V',
            other => *other,
        };
        let is_kept = place == 0 || !(matches!(sound, b'A' | b'E' | b'I' | b'O' | b'U' | b'Y' | b'H') || letters[place - 1] == *letter);
        if is_kept {
            kept.push(&[sound]);
        }
    }
    kept
}

/// Whether the surname of one is a first name of the other, and the reverse.
fn are_names_swapped(row: &Person, person: &Person) -> bool {
    let is_close =
        |one: &Word, other: &Word| one == other || (one.len() >= 4 && (is_one_slip(one, other) || jaro_winkler(one, other) >= 0.92));
    let in_place_of_nom = || row.noms.first().into_iter().chain(row.parts.first());
    let in_place_of_prenom = || row.prenoms.all().iter().filter(|word| word.len() >= 3).chain([&row.glued]);
    let (mut prenoms, mut noms) =
        (person.prenoms.first().into_iter().chain([&person.glued]), person.noms.all().iter().chain(person.parts.all()));
    prenoms.any(|prenom| in_place_of_nom().any(|word| is_close(word, prenom)))
        && noms.any(|nom| in_place_of_prenom().any(|word| is_close(word, nom)))
}

fn compare_births(mine: Birth, other: Birth) -> u8 {
    if !mine.is_known() || !other.is_known() {
        return 0;
    }
    if !mine.is_whole() || !other.is_whole() {
        let may_be = |one: u8, two: u8| one == 0 || two == 0 || one == two;
        let is_same = mine.year == other.year && may_be(mine.month, other.month) && may_be(mine.day, other.day);
        return if is_same { date::PARTIAL } else { of_years(mine, other) };
    }
    if mine == other {
        return date::EXACT;
    }
    let is_day = (mine.month, mine.day) == (other.month, other.day);
    if mine.year == other.year && (mine.month, mine.day) == (other.day, other.month) {
        return date::SWAPPED;
    }
    if is_day && matches!(mine.year.abs_diff(other.year), 1 | 10) {
        return date::YEAR_OFF;
    }
    let is_first = |birth: Birth| birth.day == 1;
    if mine.year == other.year && (is_first(mine) || is_first(other)) {
        let (first, whole) = if is_first(mine) { (mine, other) } else { (other, mine) };
        if first.month == whole.month || first.month == 1 {
            return date::FIRST;
        }
    }
    if is_digit_slip(mine, other) {
        return date::SLIP;
    }
    match (mine.year == other.year, mine.month == other.month, mine.day == other.day) {
        (true, true, _) => date::MONTH,
        (true, _, true) | (_, true, true) => date::DAY,
        _ => of_years(mine, other),
    }
}

fn of_years(mine: Birth, other: Birth) -> u8 {
    match (mine.year == other.year, mine.rough_days().abs_diff(other.rough_days())) {
        (true, _) => date::YEAR,
        (_, days) if days <= 6 * 372 => date::NEAR,
        _ => date::DIFFERENT,
    }
}

/// One digit replaced, or two neighbours swapped.
fn is_digit_slip(mine: Birth, other: Birth) -> bool {
    if mine.year / 100 != other.year / 100 {
        // 1999 and 2000: not a slip of the finger, but 1985 and 2085 is.
        return mine.year % 100 == other.year % 100 && (mine.month, mine.day) == (other.month, other.day);
    }
    let (mine, other) = (mine.typed(), other.typed());
    let differing: u8 = mine.iter().zip(&other).map(|(one, two)| u8::from(one != two)).sum();
    differing == 1 || (differing == 2 && (0..5).any(|at| mine[at] != other[at] && mine[at] == other[at + 1] && mine[at + 1] == other[at]))
}

fn compare_lieux(row: &Person, person: &Person) -> u8 {
    let is_departement_known = row.departement != 0 && person.departement != 0;
    let is_departement = is_departement_known && may_be_same(row.departement, person.departement);
    if row.commune.is_empty() || person.commune.is_empty() {
        return match (is_departement_known, is_departement) {
            (false, _) => 0,
            (true, true) => lieu::DEPARTEMENT,
            (true, false) => lieu::ONLY_DEPARTEMENT_DIFFERS,
        };
    }
    if row.commune == person.commune {
        return if is_departement || !is_departement_known { lieu::COMMUNE } else { lieu::DEPARTEMENT_DIFFERS };
    }
    let is_close = is_one_slip(&row.commune, &person.commune) || jaro_winkler(&row.commune, &person.commune) >= 0.92;
    if is_close && (is_departement || !is_departement_known) {
        return lieu::CLOSE;
    }
    if is_departement { lieu::COMMUNE_DIFFERS } else { lieu_differs(row, person) }
}

/// A place that differs may be where the person lives.
fn lieu_differs(row: &Person, person: &Person) -> u8 {
    let lives_in = |of: &Person| if of.postcode == 0 { 0 } else { departement_of_postcode(of.postcode) };
    let is_residence = row.departement != 0 && (row.departement == lives_in(person) || row.departement == lives_in(row));
    if is_residence { lieu::RESIDENCE } else { lieu::DIFFERENT }
}

fn compare_postcodes(mine: u32, other: u32) -> u8 {
    if mine == 0 || other == 0 {
        return 0;
    }
    match (mine == other, departement_of_postcode(mine) == departement_of_postcode(other)) {
        (true, _) => 1,
        (_, true) => 2,
        _ => 3,
    }
}

fn compare_nirs(row: &Person, person: &Person) -> u8 {
    if !row.nir.is_some() || !person.nir.is_some() {
        return 0;
    }
    match row.nir.edits(person.nir) {
        0 => nir::SAME,
        1 if matches!(row.nir_read, crate::nir::Read::WrongKey(..)) => nir::REPAIRED,
        1 => nir::SLIP,
        2 => nir::TWO_SLIPS,
        _ if row.is_nir_own => nir::DIFFERENT,
        _ => nir::NOT_OWN,
    }
}

fn compare_words(mine: &Word, other: &Word) -> u8 {
    if mine.is_empty() || other.is_empty() {
        return 0;
    }
    if mine == other {
        return other::SAME;
    }
    if mine.len().min(other.len()) >= 3 && is_one_slip(mine, other) {
        return other::CLOSE;
    }
    match jaro_winkler(mine, other) {
        near if near >= 0.92 => other::CLOSE,
        near if near >= 0.82 => other::FAR,
        _ => other::DIFFERENT,
    }
}

#[cfg(test)]
mod tests;
