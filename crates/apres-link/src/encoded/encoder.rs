//! Encoding a person under a key.
//!
//! Each pair of letters sets bits of its field's filter, at positions that only the key's holder can compute. Names are encoded twice, salted by the year of birth
//! and by the day: the same name of two people born apart gives unrelated codes, so that a frequent name does not show as a frequent code. An error in the year
//! leaves the other code to compare. A second name that is not there is replaced by noise, and so are missing blocking codes: a row does not tell how many it has.

use rustc_hash::FxHashMap;

use super::filter::Filter;
use super::key::EncodingKey;
use super::record::{BLOCKS, Encoded, Names};
use super::traits::{Missing, Normal, Traits, VALUES, grams, skeleton, start};

/// Bits that a gram sets in the filter of a name, a place, or a part of a date.
const POSITIONS: usize = 8;

/// How filters are hardened against whoever holds them without the key. The format's version says [`Hardening::CHOSEN`]; the others are for measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardening {
    /// Names are salted by the year and by the day of birth.
    pub is_salted: bool,
    /// The halves of each name's filter are folded over each other.
    pub is_folded: bool,
    /// Bits flipped at random, in thousandths.
    pub flips_permille: u32,
}

impl Hardening {
    /// What the format does.
    pub const CHOSEN: Self = Self { is_salted: true, is_folded: false, flips_permille: 0 };
}

/// Encodes people under one key; what a gram sets is computed once.
pub struct Encoder<'k> {
    key: &'k EncodingKey,
    hardening: Hardening,
    known: FxHashMap<(Field, u32, [char; 2]), [u16; POSITIONS]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Field {
    /// Surnames and first names share it: swapped ones can be compared.
    Nom,
    Lieu,
}

impl Field {
    const fn word(self) -> &'static str {
        match self {
            Self::Nom => "nom",
            Self::Lieu => "lieu",
        }
    }
}

impl<'k> Encoder<'k> {
    /// An encoder as the format says.
    #[must_use]
    pub fn new(key: &'k EncodingKey) -> Self {
        Self::hardened(key, Hardening::CHOSEN)
    }

    /// An encoder with another hardening than the format's: to measure what it costs.
    #[must_use]
    pub fn hardened(key: &'k EncodingKey, hardening: Hardening) -> Self {
        Self { key, hardening, known: FxHashMap::default() }
    }

    /// The code of a person; `id` names the row and feeds the noise.
    ///
    /// # Errors
    /// What is missing for the person to be searched at all.
    pub fn encode(&mut self, id: &str, traits: &Traits<'_>) -> Result<Encoded, Missing> {
        let normal = Normal::of(traits)?;
        let (year, day) = if self.hardening.is_salted { (normal.year(), normal.day()) } else { (String::new(), String::new()) };
        let salted = |salt: &str, kind: &str| format!("{kind}:{salt}");
        let (by_year, by_day) = (salted(&year, "annee"), salted(&day, "jour"));
        let codes = (salt_code(1, &year), salt_code(2, &day));
        Ok(Encoded {
            id: id.to_owned(),
            blocks: self.blocks(id, &normal),
            noms_by_year: self.names(&normal.noms, &by_year, codes.0, ("nom", id)),
            noms_by_day: self.names(&normal.noms, &by_day, codes.1, ("nom", id)),
            prenoms_by_year: self.names(&normal.prenoms, &by_year, codes.0, ("prenom", id)),
            prenoms_by_day: self.names(&normal.prenoms, &by_day, codes.1, ("prenom", id)),
            naissance: self.date(&normal),
            lieu: self.place(&normal, &by_year, codes.0),
        })
    }

    fn names(&mut self, values: &[String], salt: &str, code: u32, (field, id): (&str, &str)) -> Names {
        let mut filters = [Filter::EMPTY; VALUES];
        for (place, filter) in filters.iter_mut().enumerate() {
            match values.get(place) {
                Some(value) => {
                    for gram in grams(value) {
                        filter.set_all(&self.positions(Field::Nom, salt, code, gram));
                    }
                }
                None => *filter = self.noise(&format!("{field}|{salt}|{id}")),
            }
            *filter = self.harden(*filter, &format!("{field}|{salt}|{place}|{id}"));
        }
        filters
    }

    fn place(&mut self, normal: &Normal, salt: &str, code: u32) -> Option<Filter<4>> {
        let mut filter = Filter::EMPTY;
        if !normal.commune.is_empty() {
            for gram in grams(&normal.commune) {
                filter.set_all(&self.positions(Field::Lieu, salt, code, gram));
            }
        }
        if !normal.departement.is_empty() {
            // It says as much as the name of a commune does: as many bits.
            for turn in 0..4 {
                filter.set_all(&wide(&self.key.tag(&format!("departement|{salt}|{}|{turn}", normal.departement)))[..POSITIONS]);
            }
        }
        (filter != Filter::EMPTY).then_some(filter)
    }

    /// The parts of a date, alone and by two: what one error leaves, and a swap of day and month. The year and the day weigh more: names can be compared
    /// when one of them agrees.
    fn date(&self, normal: &Normal) -> Filter<16> {
        let (year, day) = (normal.year(), normal.day());
        let written = normal.naissance.format("%m%d").to_string();
        let (month, of_month) = written.split_at(2);
        let said = [
            (format!("a{year}"), 2 * POSITIONS),
            (format!("x{day}"), 2 * POSITIONS),
            (format!("a{year}x{day}"), 2 * POSITIONS),
            (format!("m{month}"), POSITIONS),
            (format!("j{of_month}"), POSITIONS),
            (format!("a{year}m{month}"), POSITIONS),
            (format!("a{year}j{of_month}"), POSITIONS),
            (format!("m{month}j{of_month}"), POSITIONS),
        ];
        let mut filter = Filter::EMPTY;
        for (part, positions) in said {
            filter.set_all(&wide(&self.key.tag(&format!("date|{part}")))[..positions]);
        }
        filter
    }

    fn positions(&mut self, field: Field, salt: &str, code: u32, gram: [char; 2]) -> [u16; POSITIONS] {
        let key = self.key;
        *self.known.entry((field, code, gram)).or_insert_with(|| {
            let tag = wide(&key.tag(&format!("{}|{salt}|{}{}", field.word(), gram[0], gram[1])));
            tag[..POSITIONS].try_into().expect("a tag gives sixteen positions")
        })
    }

    /// A filter like that of a name of seven letters or so, that no name gives.
    fn noise(&self, subject: &str) -> Filter<8> {
        let mut filter = Filter::EMPTY;
        let count = 6 + self.key.tag(&format!("bruit|{subject}"))[0] % 5;
        for turn in 0..count {
            filter.set_all(&wide(&self.key.tag(&format!("bruit|{subject}|{turn}")))[..POSITIONS]);
        }
        filter
    }

    fn harden(&self, mut filter: Filter<8>, subject: &str) -> Filter<8> {
        if self.hardening.is_folded {
            filter = filter.folded();
        }
        if self.hardening.flips_permille > 0 {
            for turn in 0..32 {
                for (place, chance) in wide(&self.key.tag(&format!("bascule|{subject}|{turn}"))).into_iter().enumerate() {
                    if u32::from(chance) * 1000 < self.hardening.flips_permille * 65_536 {
                        filter.flip(turn * 16 + place);
                    }
                }
            }
        }
        filter
    }

    /// Codes of which two that may be the same person share one. Each joins a name and a date, so that none is frequent.
    fn blocks(&self, id: &str, normal: &Normal) -> [u64; BLOCKS] {
        let (year, day) = (normal.year(), normal.day());
        let month = normal.naissance.format("%m").to_string();
        let first = &normal.prenoms[0];
        let mut said: Vec<String> = Vec::with_capacity(BLOCKS);
        for name in normal.noms.iter().chain(&normal.prenoms) {
            said.push(format!("nom-date|{name}|{year}{day}"));
        }
        for nom in &normal.noms {
            let pair = |a: &str, b: &str| if a < b { format!("{a}+{b}") } else { format!("{b}+{a}") };
            said.push(format!("noms-annee|{}|{year}", pair(&skeleton(nom), &skeleton(first))));
            said.push(format!("noms-jour|{}|{day}", pair(nom, first)));
            said.push(format!("nom-mois|{}|{year}{month}", skeleton(nom)));
            said.push(format!("nom-jour|{}|{day}", skeleton(nom)));
            said.push(format!("debuts-annee|{}+{}|{year}", start(nom, 4), start(first, 3)));
        }
        if !normal.commune.is_empty() {
            said.push(format!("commune-date|{}|{year}{day}", normal.commune));
        }
        if !normal.departement.is_empty() {
            said.push(format!("departement-date|{}|{year}{day}", normal.departement));
        }
        let mut blocks = [0; BLOCKS];
        for (turn, block) in blocks.iter_mut().enumerate() {
            let noise = || format!("bruit|{id}|{turn}");
            let tag = self.key.tag(&format!("bloc|{}", said.get(turn).cloned().unwrap_or_else(noise)));
            *block = u64::from_be_bytes(tag[..8].try_into().expect("a tag has 32 bytes"));
        }
        // In no order: which rule gave which code is not told.
        blocks.sort_unstable();
        blocks
    }
}

/// The tag as sixteen numbers.
fn wide(tag: &[u8; 32]) -> [u16; 16] {
    let mut numbers = [0; 16];
    for (number, bytes) in numbers.iter_mut().zip(tag.chunks_exact(2)) {
        *number = u16::from_be_bytes([bytes[0], bytes[1]]);
    }
    numbers
}

/// A number for a salt, to remember what grams set under it.
fn salt_code(kind: u32, digits: &str) -> u32 {
    kind * 100_000 + digits.parse().unwrap_or(0)
}
