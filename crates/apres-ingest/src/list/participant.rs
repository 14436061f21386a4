//! What the check of a list gives: participants, and errors by cell.
//!
//! A [`RowError`] keeps the cell, because it is shown to the person who wrote it; its `Debug` does not show it, because logs are for others.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use super::{DateFormat, Field, Sheet, nom};
use crate::Nir;
use crate::identity::{self, Identity, IdentityKey};

/// What a check gives.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// One person each, in the order of the file; unusable ones are there too, and say so.
    pub rows: Vec<Participant>,
    /// By line, then by column.
    pub errors: Vec<RowError>,
    /// How the dates of each field were read.
    pub dates: Vec<DateReading>,
    /// Rows of the sheet: those of `rows`, plus the duplicates, plus the superseded.
    pub read: u64,
    /// Rows dropped because they say again what another one says.
    pub duplicates: u64,
    /// Rows dropped because the same person leaves later in another one.
    pub superseded: u64,
}

impl Checked {
    /// Participants who can be searched.
    #[must_use]
    pub fn usable(&self) -> u64 {
        self.rows.iter().map(|row| u64::from(row.usable)).sum()
    }

    /// Participants who can be searched and whose exit date can be counted from.
    #[must_use]
    pub fn followed(&self) -> u64 {
        self.rows.iter().map(|row| u64::from(row.usable && row.date_sortie.is_some())).sum()
    }
}

/// A person of a list.
#[derive(Clone, PartialEq, Eq)]
pub struct Participant {
    /// The line in the file.
    pub line: u32,
    /// The NIR, when it can be trusted: well formed, its key right or not given, and not that of another row.
    pub nir: Option<Nir>,
    /// Whether the key was given, and is right.
    pub nir_verified: bool,
    /// Surname at birth, as written; empty when not known.
    pub nom_naissance: String,
    /// Surname in use, or the only surname, as written; empty when not known.
    pub nom_usage: String,
    /// First names, as written; empty when not known.
    pub prenoms: String,
    /// Surname and first names in one text, when where the surname ends is not certain: every place is tried.
    pub nom_prenom: Option<String>,
    /// Birth date, when whole and plausible.
    pub naissance: Option<NaiveDate>,
    /// Sex, from its column or the civilité; not from the NIR.
    pub sexe: Option<Sexe>,
    /// Place of birth, as written.
    pub commune_naissance: Option<String>,
    /// Day of entry.
    pub date_entree: Option<NaiveDate>,
    /// Day of exit, when it can be counted from: not in the future, not before the entry.
    pub date_sortie: Option<NaiveDate>,
    /// Reason of the exit, as written.
    pub motif: Option<String>,
    /// SIRET of the structure, when well formed.
    pub siret: Option<String>,
    /// Whether the person can be searched: a NIR, or a whole identity.
    pub usable: bool,
}

impl Participant {
    /// The identity as written.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        Identity { nom_naissance: &self.nom_naissance, nom_usage: &self.nom_usage, prenoms: &self.prenoms, naissance: self.naissance }
    }

    /// The identity keys to try, best first; none when the identity is not whole.
    #[must_use]
    pub fn identity_keys(&self) -> Vec<IdentityKey> {
        let mut keys = identity::keys(&self.identity());
        for (nom, prenoms) in self.nom_prenom.iter().flat_map(|joined| nom::all_splits(joined)) {
            let split = Identity { nom_naissance: "", nom_usage: &nom, prenoms: &prenoms, naissance: self.naissance };
            for key in identity::keys(&split) {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys
    }
}

impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut masked = f.debug_struct("Participant");
        masked
            .field("line", &self.line)
            .field("has_nir", &self.nir.is_some())
            .field("nir_verified", &self.nir_verified)
            .field("usable", &self.usable);
        masked.finish_non_exhaustive()
    }
}

/// Sex, as the norm tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sexe {
    /// A woman.
    Femme,
    /// A man.
    Homme,
}

/// How the dates of a field were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DateReading {
    /// The field.
    pub field: Field,
    /// The formats met, the most frequent first, with the number of cells.
    pub formats: Vec<(DateFormat, u64)>,
    /// Cells that are not empty.
    pub filled: u64,
    /// Cells read as a date.
    pub read: u64,
    /// Some cells are certainly day first and others certainly month first: the doubtful ones, read day first, may be wrong.
    pub is_mixed: bool,
    /// Years of two digits: the latest year that they may mean.
    pub short_year_max: i32,
}

/// Something wrong with a row.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// The line in the file.
    pub line: u32,
    /// The column (0-based), when one cell is at fault.
    pub column: Option<usize>,
    /// The field.
    pub field: Option<Field>,
    /// What is wrong.
    pub code: RowErrorCode,
    /// What it costs.
    pub level: Level,
    /// The other line concerned, for duplicates; the other column is in `column`.
    pub other_line: Option<u32>,
    /// The cell as the depositor wrote it: for them only.
    pub cell: String,
}

impl RowError {
    /// The name of the column at fault, empty when there is none.
    #[must_use]
    pub fn column_name<'a>(&self, sheet: &'a Sheet) -> &'a str {
        self.column.and_then(|column| sheet.header.get(column)).map_or("", String::as_str)
    }
}

impl fmt::Debug for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut masked = f.debug_struct("RowError");
        masked.field("line", &self.line).field("column", &self.column).field("code", &self.code).field("level", &self.level);
        masked.finish_non_exhaustive()
    }
}

/// What an error costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The row gives no exit that can be followed until it is corrected: nobody to search, or no day to count from.
    Blocking,
    /// The row is used; something of it is not, or should be looked at.
    Warning,
}

/// What is wrong with a row. The names are stable: French messages, exports and tests refer to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowErrorCode {
    /// Neither a NIR that can be trusted, nor a surname with a first name and a birth date.
    Unusable,
    /// The NIR does not have 13 or 15 characters.
    NirLength,
    /// The text is not a NIR.
    NirSyntax,
    /// The key does not check.
    NirKey,
    /// The cell holds an NTT, the number that an employer gives while there is no NIR.
    NirIsNtt,
    /// A spreadsheet turned the NIR into `2,85018E+14`: its digits are lost.
    NirPrecisionLost,
    /// There is no NIR in its column but one in another: the row is shifted.
    NirInOtherColumn,
    /// Two persons have the same NIR; those whom it does not fit lose it.
    NirShared,
    /// The NIR is that of the other sex.
    NirSexMismatch,
    /// The NIR tells another year or month of birth.
    NirBirthMismatch,
    /// Where the surname ends in a cell that holds both is not certain.
    NameSplitUncertain,
    /// The name holds characters that a wrong encoding leaves.
    NameDamaged,
    /// The birth date is not a date.
    BirthUnreadable,
    /// The day or the month of birth is missing.
    BirthIncomplete,
    /// Younger than 14, older than 100, or born after the entry.
    BirthImplausible,
    /// The sex is not understood.
    SexUnreadable,
    /// The entry date is not a date.
    EntryUnreadable,
    /// There is no exit date.
    ExitMissing,
    /// The exit date is not a date.
    ExitUnreadable,
    /// The exit is before the entry.
    ExitBeforeEntry,
    /// The exit is after today.
    ExitInFuture,
    /// Not a SIRET.
    SiretInvalid,
    /// The row says again what another one says; it is dropped.
    DuplicateRow,
    /// The same person leaves later in another row; this one is dropped.
    SamePersonLaterExit,
}

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FixCode {
    /// Give the NIR, or the surname, the first name and the birth date.
    GiveNirOrIdentity,
    /// Copy the NIR again from the carte Vitale or the attestation.
    CopyNirAgain,
    /// Replace by the NIR, or leave empty and give the identity.
    ReplaceNttByNir,
    /// Format the column as text in the spreadsheet, and paste the NIR again.
    FormatAsText,
    /// Move the cells of the row back under their headers.
    RealignRow,
    /// Look which person the NIR belongs to.
    CheckWhoseNir,
    /// Put the surname and the first name in two columns.
    SplitNameColumns,
    /// Export again in UTF-8, or write the name again.
    FixEncoding,
    /// Write the date as dd/mm/yyyy.
    WriteDate,
    /// Give the whole birth date.
    CompleteBirth,
    /// Check the dates of the row.
    CheckDates,
    /// Give the exit date, or remove the person while they are still in the programme.
    GiveExit,
    /// Write F or M.
    WriteSex,
    /// Write the 14 digits of the SIRET.
    WriteSiret,
    /// Nothing, unless they are two persons.
    CheckSamePerson,
}

impl RowErrorCode {
    /// What to do about it.
    #[must_use]
    pub fn fix(self) -> FixCode {
        match self {
            Self::Unusable => FixCode::GiveNirOrIdentity,
            Self::NirLength | Self::NirSyntax | Self::NirKey => FixCode::CopyNirAgain,
            Self::NirIsNtt => FixCode::ReplaceNttByNir,
            Self::NirPrecisionLost => FixCode::FormatAsText,
            Self::NirInOtherColumn => FixCode::RealignRow,
            Self::NirShared | Self::NirSexMismatch | Self::NirBirthMismatch => FixCode::CheckWhoseNir,
            Self::NameSplitUncertain => FixCode::SplitNameColumns,
            Self::NameDamaged => FixCode::FixEncoding,
            Self::BirthUnreadable | Self::EntryUnreadable | Self::ExitUnreadable => FixCode::WriteDate,
            Self::BirthIncomplete => FixCode::CompleteBirth,
            Self::BirthImplausible | Self::ExitBeforeEntry | Self::ExitInFuture => FixCode::CheckDates,
            Self::SexUnreadable => FixCode::WriteSex,
            Self::ExitMissing => FixCode::GiveExit,
            Self::SiretInvalid => FixCode::WriteSiret,
            Self::DuplicateRow | Self::SamePersonLaterExit => FixCode::CheckSamePerson,
        }
    }
}
