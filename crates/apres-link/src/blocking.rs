//! Which rows a person of the reference is worth comparing with: those that share a key.
//!
//! Both sides make their keys with one function; a key is never made of an empty part. A key that many rows of the list share is wide, and is left
//! out only if narrower keys, made of it and of something more, are always there too: popularity alone never loses a pair.

use crate::keyed::{Keyed, tagged};
use crate::nir::Read;
use crate::person::Person;
use crate::word::Word;

/// What a key is made of: pairs found by names and pairs found by dates are two captures of the same people.
pub(crate) mod family {
    pub(crate) const NIR: u8 = 1;
    /// A whole birth date and something else.
    pub(crate) const BIRTH: u8 = 2;
    /// Names, with less than a whole birth date or none.
    pub(crate) const NAMES: u8 = 4;
    /// Other columns.
    pub(crate) const EXTRAS: u8 = 8;
}

/// Rows beyond which a wide key is left to its narrower ones.
const WIDE_ROWS_MAX: u32 = 64;
/// First names that make keys.
const PRENOMS: usize = 3;

/// A key, and what it is made of.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    hash: u64,
    family: u8,
    is_wide: bool,
    /// Of which record, among those that are looked up together.
    pub(crate) record: u8,
}

/// Rows of the list by key.
pub(crate) struct Index {
    keys: Keyed,
    /// For each key its first link, and how many rows it has.
    heads: Vec<(u32, u32)>,
    /// Row, what the key is made of, next link.
    links: Vec<(u32, u8, u32)>,
    extras: usize,
    /// Whether the keys that stand in for wide ones are there.
    has_stand_ins: bool,
    /// Rows of the widest of the keys that may be wide.
    widest: u32,
}

const END: u32 = u32::MAX;

impl Index {
    /// Indexes the rows of a list. The keys that stand in for wide ones are made only if there are any: reading the reference is mostly looking up keys.
    pub(crate) fn new(rows: &[Person], extras: usize) -> Self {
        let index = Self::with_keys(rows, extras, false);
        if index.widest > WIDE_ROWS_MAX { Self::with_keys(rows, extras, true) } else { index }
    }

    fn with_keys(rows: &[Person], extras: usize, has_stand_ins: bool) -> Self {
        let mut index =
            Self { keys: Keyed::with_room(rows.len() * 20), heads: Vec::new(), links: Vec::new(), extras, has_stand_ins, widest: 0 };
        for (row, person) in (0_u32..).zip(rows) {
            each_key(person, extras, has_stand_ins, |key| index.add(row, key));
            if let Read::WrongKey(number, key) = person.nir_read {
                for repaired in number.repaired(key).filter(|number| number.agrees_with(person.sex, person.birth, person.departement)) {
                    index.add(row, Key { hash: tagged(1, repaired.bits(), 0), family: family::NIR, is_wide: false, record: 0 });
                }
            }
        }
        index
    }

    /// Adds the keys of a record.
    pub(crate) fn add_keys(&self, person: &Person, record: u8, keys: &mut Vec<Key>) {
        each_key(person, self.extras, self.has_stand_ins, |key| keys.push(Key { record, ..key }));
    }

    /// Leaves out the keys that no row has.
    pub(crate) fn keep_likely(&self, keys: &mut Vec<Key>) {
        self.keys.keep_likely(keys, |key| key.hash);
    }

    /// Gathers the rows that have one of the keys of a record, once each, with what the keys are made of.
    pub(crate) fn find(&self, keys: &[Key], found: &mut Vec<(u32, u8)>) {
        found.clear();
        for key in keys {
            let Some(place) = self.keys.find(key.hash) else { continue };
            let (mut link, count) = self.heads[place];
            if key.is_wide && count > WIDE_ROWS_MAX {
                continue;
            }
            while link != END {
                let (row, family, next) = self.links[link as usize];
                match found.iter_mut().find(|(known, _)| *known == row) {
                    Some((_, families)) => *families |= family,
                    None => found.push((row, family)),
                }
                link = next;
            }
        }
    }

    fn add(&mut self, row: u32, key: Key) {
        let place = self.keys.add(key.hash);
        if place == self.heads.len() {
            self.heads.push((END, 0));
        }
        let (head, count) = &mut self.heads[place];
        // The keys of a row follow one another: were this one there already, it would be the head.
        if *head != END && self.links[*head as usize].0 == row {
            return;
        }
        let link = u32::try_from(self.links.len()).unwrap_or(END);
        self.links.push((row, key.family, *head));
        (*head, *count) = (link, *count + 1);
        if key.is_wide {
            self.widest = self.widest.max(*count);
        }
    }
}

/// Every key of a person. Tags are written as numbers: they only need to differ.
fn each_key(person: &Person, extras: usize, has_stand_ins: bool, mut give: impl FnMut(Key)) {
    let mut narrow =
        |family: u8, tag: u64, left: u64, right: u64| give(Key { hash: tagged(tag, left, right), family, is_wide: false, record: 0 });
    if person.nir.is_some() {
        narrow(family::NIR, 1, person.nir.bits(), 0);
    }
    let names = NameHashes::of(person);
    let birth = person.birth;
    if birth.is_whole() {
        let whole = birth.unordered();
        for name in names.all() {
            narrow(family::BIRTH, 2, whole, *name);
        }
        let initial = |word: Option<&Word>| word.and_then(|word| word.bytes().first().copied()).map_or(0, u64::from);
        let (nom, prenom) = (initial(person.noms.first()), initial(person.prenoms.first()));
        if nom != 0 && prenom != 0 {
            // Unordered: surname and first name may be in each other's place.
            narrow(family::BIRTH, 3, whole, nom.min(prenom) << 8 | nom.max(prenom));
        }
        if person.departement != 0 {
            narrow(family::BIRTH, 4, whole, u64::from(person.departement) << 2 | u64::from(person.sex));
        }
        if person.postcode != 0 {
            narrow(family::BIRTH, 5, whole, u64::from(person.postcode));
        }
        if !person.commune.is_empty() {
            narrow(family::BIRTH, 6, whole, person.commune.hash());
        }
    }
    each_key_of_names(person, &names, has_stand_ins, &mut give);
    each_key_of_extras(person, &names, extras, &mut give);
}

/// Keys that do not need a whole birth date.
fn each_key_of_names(person: &Person, names: &NameHashes, has_stand_ins: bool, give: &mut impl FnMut(Key)) {
    let mut name = |tag: u64, left: u64, right: u64, is_wide: bool| {
        give(Key { hash: tagged(tag, left, right), family: family::NAMES, is_wide, record: 0 })
    };
    let year = u64::from(person.birth.year);
    for nom in names.noms() {
        for prenom in names.first_prenoms() {
            let both = tagged(7, *nom.min(prenom), *nom.max(prenom));
            name(7, both, 0, true);
            if has_stand_ins && year != 0 {
                name(8, both, year, false);
            }
            if has_stand_ins && person.departement != 0 {
                name(9, both, u64::from(person.departement), false);
            }
        }
    }
    let Some(prenom) = person.prenoms.first() else { return };
    let prenom_sound = person.prenom_sound.hash();
    if person.postcode != 0 {
        name(18, prenom.hash(), u64::from(person.postcode), false);
    }
    if person.departement != 0 && person.birth.is_whole() {
        let day = u64::from(person.birth.month) << 8 | u64::from(person.birth.day);
        name(19, prenom.hash(), u64::from(person.departement) << 16 | day, false);
    }
    for (nom, sound) in person.noms.all().iter().zip(&person.nom_sounds) {
        let sound = sound.hash();
        let starts = tagged(12, nom.start(4).hash(), prenom.start(3).hash());
        if person.departement != 0 {
            name(10, tagged(10, sound, prenom_sound), u64::from(person.departement), false);
            name(15, starts, u64::from(person.departement), false);
        }
        if person.postcode != 0 {
            name(16, sound, u64::from(person.postcode), false);
        }
        if year == 0 {
            continue;
        }
        name(11, tagged(11, sound, prenom_sound), year, false);
        name(12, starts, year, false);
        if person.birth.is_whole() {
            name(13, sound, year << 8 | u64::from(person.birth.month), false);
            name(14, sound, u64::from(person.birth.month) << 8 | u64::from(person.birth.day), false);
            name(17, starts, u64::from(person.birth.month) << 8 | u64::from(person.birth.day), false);
        }
    }
}

/// Keys of the other columns: two of them that agree, or one and a name, a date or a postcode.
fn each_key_of_extras(person: &Person, names: &NameHashes, extras: usize, give: &mut impl FnMut(Key)) {
    let mut key =
        |tag: u64, left: u64, right: u64| give(Key { hash: tagged(tag, left, right), family: family::EXTRAS, is_wide: false, record: 0 });
    for (tag, extra) in (100_u64..).zip(person.extras.iter().take(extras)) {
        if extra.is_empty() {
            continue;
        }
        let hash = extra.hash();
        if person.birth.is_whole() {
            key(tag, hash, person.birth.unordered());
        }
        if person.postcode != 0 {
            key(tag + 1000, hash, u64::from(person.postcode));
        }
        for name in names.all() {
            key(tag, hash, *name);
        }
        for (other_tag, other) in (200_u64..).zip(person.extras.iter().take(extras)).skip_while(|(other_tag, _)| *other_tag <= tag + 100) {
            if !other.is_empty() {
                key(tag * 1000 + other_tag, hash, other.hash());
            }
        }
    }
}

/// The hashes of a person's names, made once.
struct NameHashes {
    hashes: [u64; 12],
    noms: usize,
    firsts: usize,
    all: usize,
}

impl NameHashes {
    fn of(person: &Person) -> Self {
        let mut names = Self { hashes: [0; 12], noms: 0, firsts: 0, all: 0 };
        let mut push = |word: &Word, at: &mut usize| {
            names.hashes[*at] = word.hash();
            *at += 1;
        };
        let mut at = 0;
        person.noms.all().iter().for_each(|nom| push(nom, &mut at));
        let noms = at;
        person.prenoms.all().iter().take(2).filter(|prenom| prenom.len() > 1).for_each(|prenom| push(prenom, &mut at));
        if !person.glued.is_empty() {
            push(&person.glued, &mut at);
        }
        let firsts = at;
        person.prenoms.all().iter().take(PRENOMS).skip(2).filter(|prenom| prenom.len() > 1).for_each(|prenom| push(prenom, &mut at));
        person.parts.all().iter().for_each(|part| push(part, &mut at));
        (names.noms, names.firsts, names.all) = (noms, firsts, at);
        names
    }

    fn noms(&self) -> &[u64] {
        &self.hashes[..self.noms]
    }

    fn first_prenoms(&self) -> &[u64] {
        &self.hashes[self.noms..self.firsts]
    }

    fn all(&self) -> &[u64] {
        &self.hashes[..self.all]
    }
}
