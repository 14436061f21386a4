//! A person as read: every cell normalised once, in one place, without allocation.
//!
//! The same reading serves both sides, so that what is equal is equal by construction. Nothing is judged here: a cell that says nothing becomes empty,
//! and comparisons leave it out.

use crate::birth::Birth;
use crate::nir::{Number, Read};
use crate::normalise::Folded;
use crate::normalise::name::{PARTS_MAX, PRENOMS_MAX, VARIANTS_MAX, Words, read_prenoms, read_surname};
use crate::normalise::phonetic::sound;
use crate::normalise::place::{Departement, read_commune, read_departement, read_postcode};
use crate::word::Word;

/// Columns beyond those of a French identity that may take part.
pub const EXTRAS_MAX: usize = 7;

/// The cells of one record, as bytes of any encoding; what a file does not have is empty.
#[derive(Clone, Copy, Default)]
pub struct Record<'a> {
    /// NIR, with or without its key.
    pub nir: &'a [u8],
    /// Surname at birth, or the only one.
    pub nom: &'a [u8],
    /// Surname in use.
    pub nom_usage: &'a [u8],
    /// First names.
    pub prenoms: &'a [u8],
    /// Sex or civilité.
    pub sexe: &'a [u8],
    /// Birth date.
    pub date_naissance: &'a [u8],
    /// Town or country of birth.
    pub commune_naissance: &'a [u8],
    /// Département of birth.
    pub dept_naissance: &'a [u8],
    /// Postcode of residence.
    pub code_postal: &'a [u8],
    /// Other columns, in the schema's order.
    pub extras: [&'a [u8]; EXTRAS_MAX],
}

/// A person, ready to be compared.
#[derive(Clone)]
pub(crate) struct Person {
    /// Surnames, glued: those of the column of the surname first.
    pub(crate) noms: Words<VARIANTS_MAX>,
    /// How many of them come from the column of the surname in use.
    pub(crate) usage_count: u8,
    /// Parts of compound surnames.
    pub(crate) parts: Words<PARTS_MAX>,
    /// First names.
    pub(crate) prenoms: Words<PRENOMS_MAX>,
    /// The two first of them, glued; empty when there is one.
    pub(crate) glued: Word,
    /// How each surname sounds.
    pub(crate) nom_sounds: [Word; VARIANTS_MAX],
    /// How the first first name sounds.
    pub(crate) prenom_sound: Word,
    /// Birth date.
    pub(crate) birth: Birth,
    /// 1 for a man, 2 for a woman, zero when not said.
    pub(crate) sex: u8,
    /// Département of birth.
    pub(crate) departement: Departement,
    /// Town or country of birth.
    pub(crate) commune: Word,
    /// Postcode of residence.
    pub(crate) postcode: u32,
    /// NIR, right or not.
    pub(crate) nir: Number,
    /// What was read in the cell of the NIR.
    pub(crate) nir_read: Read,
    /// Whether the NIR says what the rest of the row says.
    pub(crate) is_nir_own: bool,
    /// Other columns, glued.
    pub(crate) extras: [Word; EXTRAS_MAX],
}

impl Person {
    /// Nobody yet: one value serves for many records.
    pub(crate) const fn new() -> Self {
        Self {
            noms: Words::EMPTY,
            usage_count: 0,
            parts: Words::EMPTY,
            prenoms: Words::EMPTY,
            glued: Word::EMPTY,
            nom_sounds: [Word::EMPTY; VARIANTS_MAX],
            prenom_sound: Word::EMPTY,
            birth: Birth { year: 0, month: 0, day: 0 },
            sex: 0,
            departement: 0,
            commune: Word::EMPTY,
            postcode: 0,
            nir: Number::NONE,
            nir_read: Read::Absent,
            is_nir_own: false,
            extras: [Word::EMPTY; EXTRAS_MAX],
        }
    }

    /// Reads a record in the place of the one before.
    pub(crate) fn read(&mut self, record: &Record<'_>, extras: usize, cell: &mut Folded) {
        self.read_names(record, cell);
        self.birth = Birth::read(record.date_naissance);
        self.sex = read_sex(record.sexe, cell);
        self.departement = read_departement(record.dept_naissance);
        self.commune = if record.commune_naissance.is_empty() {
            Word::EMPTY
        } else {
            cell.read(record.commune_naissance);
            read_commune(cell)
        };
        self.postcode = read_postcode(record.code_postal);
        for (extra, text) in self.extras.iter_mut().zip(record.extras).take(extras) {
            *extra = Word::EMPTY;
            if !text.is_empty() {
                cell.read(text);
                cell.words().for_each(|word| extra.push(word));
            }
        }
    }

    /// Reads the NIR of a row of a list, whose other cells must have been read: where they say nothing, it speaks for them.
    pub(crate) fn read_list_nir(&mut self, written: &[u8]) {
        self.nir_read = Read::of(written);
        self.nir = self.nir_read.number().unwrap_or_default();
        self.is_nir_own = self.nir.is_some() && self.nir.agrees_with(self.sex, self.birth, self.departement);
        if self.is_nir_own && !matches!(self.nir_read, Read::WrongKey(..)) {
            if self.sex == 0 {
                self.sex = self.nir.sex();
            }
            if self.departement == 0 {
                self.departement = self.nir.departement();
            }
        }
    }

    /// Surnames of the column of the surname.
    pub(crate) fn birth_noms(&self) -> &[Word] {
        &self.noms.all()[..self.noms.all().len() - usize::from(self.usage_count)]
    }

    /// Surnames of the column of the surname in use.
    pub(crate) fn usage_noms(&self) -> &[Word] {
        &self.noms.all()[self.birth_noms().len()..]
    }

    fn read_names(&mut self, record: &Record<'_>, cell: &mut Folded) {
        self.noms.clear();
        self.parts.clear();
        self.prenoms.clear();
        (self.glued, self.usage_count) = (Word::EMPTY, 0);
        cell.read(record.nom);
        read_surname(cell, &mut self.noms, &mut self.parts);
        if !record.nom_usage.is_empty() {
            let before = self.noms.all().len();
            cell.read(record.nom_usage);
            read_surname(cell, &mut self.noms, &mut self.parts);
            self.usage_count = u8::try_from(self.noms.all().len() - before).unwrap_or(0);
        }
        cell.read(record.prenoms);
        read_prenoms(cell, &mut self.prenoms);
        if let [first, second, ..] = self.prenoms.all() {
            self.glued = *first;
            self.glued.push(second.bytes());
        }
        for (sound_of, nom) in self.nom_sounds.iter_mut().zip(self.noms.all()) {
            *sound_of = sound(nom);
        }
        self.prenom_sound = self.prenoms.first().map_or(Word::EMPTY, sound);
    }
}

fn read_sex(written: &[u8], cell: &mut Folded) -> u8 {
    match written {
        b"" => 0,
        b"1" => 1,
        b"2" => 2,
        _ => {
            cell.read(written);
            match cell.words().next() {
                Some(b"1" | b"M" | b"MR" | b"MONSIEUR" | b"H" | b"HOMME" | b"MASCULIN" | b"MASC" | b"GARCON" | b"MALE") => 1,
                Some(
                    b"2" | b"F" | b"MME" | b"MLLE" | b"MADAME" | b"MADEMOISELLE" | b"FEMME" | b"FEMININ" | b"FEM" | b"FILLE" | b"FEMALE",
                ) => 2,
                _ => 0,
            }
        }
    }
}
