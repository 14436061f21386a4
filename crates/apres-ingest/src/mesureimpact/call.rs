//! The call file: its records, how they are written, and how they are read back.
//!
//! One header and one line per person, in UTF-8, each ended by LF, fields between bars, the values of the partner between semicolons.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::lint::{Lint, lint};
use crate::Nir;

/// Values of the partner on each line: day of exit, type of structure, employment zone, and seventeen that are left empty.
pub const PARTNER_VALUES: usize = 20;
/// Who calls.
pub(super) const PARTNER: &str = "INCLUSION";
/// What for.
pub(super) const SERVICE: &str = "MESUREIMPACT";

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Name of the file.
    pub file_name: String,
    /// Day of sending.
    pub sent: NaiveDate,
    /// First day of the month of reference.
    pub reference_month: NaiveDate,
}

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct CallLine {
    /// Code of the structure, often empty.
    pub code_structure: String,
    /// NIR, without its key.
    pub nir: Nir,
    /// SIRET of the structure left, fourteen digits.
    pub siret: String,
    /// Day of exit.
    pub date_sortie: NaiveDate,
    /// Type of structure.
    pub type_structure: String,
    /// Employment zone (ZE2020), or a neutral value.
    pub zone_emploi: String,
}

impl fmt::Debug for CallLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallLine(***)")
    }
}

/// A call file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFile {
    /// Its header.
    pub header: Header,
    /// Its people.
    pub lines: Vec<CallLine>,
}

/// Why a call file cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallFault {
    /// The check found what stops it.
    #[error("the call file has {} findings, some of which stop it", .0.findings.len())]
    Lint(Box<Lint>),
}

/// The name of a file sent on this day.
#[must_use]
pub fn file_name(sent: NaiveDate) -> String {
    format!("GIPP3242_PIQDISB3_P{}.txt", day_of_name(sent))
}

/// How a name tells the day: two digits of the year, a zero, month and day.
pub(super) fn day_of_name(day: NaiveDate) -> String {
    format!("{:02}0{:02}{:02}", day.year().rem_euclid(100), day.month(), day.day())
}

impl CallFile {
    /// The text of the file.
    #[must_use]
    pub fn write(&self) -> String {
        let Header { file_name, sent, reference_month } = &self.header;
        let count = self.lines.len();
        let mut text = format!("000|{file_name}|{PARTNER}|{SERVICE}|{}|{}|{count}\n", compact(*sent), compact(*reference_month));
        for line in &self.lines {
            let CallLine { code_structure, nir, siret, date_sortie, type_structure, zone_emploi } = line;
            text += &format!("100|{code_structure}|{}|||||{siret}|{};{type_structure};{zone_emploi}", nir.expose(), compact(*date_sortie));
            text += &";".repeat(PARTNER_VALUES - 3);
            text.push('\n');
        }
        text
    }
}

fn compact(day: NaiveDate) -> String {
    format!("{:02}{:02}{:04}", day.day(), day.month(), day.year())
}

/// Reads `JJMMAAAA`.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    if text.len() != 8 || !text.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text[from..to].parse::<u32>().ok();
    let year = i32::try_from(part(4, 8)?).ok().filter(|year| (1900..2100).contains(year))?;
    NaiveDate::from_ymd_opt(year, part(2, 4)?, part(0, 2)?)
}

/// Reads a call file that nothing stops.
///
/// # Errors
/// Gives the whole check when a finding stops the file.
pub fn read_call(bytes: &[u8], name: &str) -> Result<CallFile, CallFault> {
    let checked = lint(bytes, name);
    let refused = |checked: Lint| CallFault::Lint(Box::new(checked));
    if checked.is_blocked() {
        return Err(refused(checked));
    }
    let read = std::str::from_utf8(bytes).ok().and_then(|text| {
        let mut lines = text.lines();
        let header = header(lines.next()?)?;
        let lines = lines.map(line).collect::<Option<Vec<_>>>()?;
        Some(CallFile { header, lines })
    });
    read.ok_or_else(|| refused(checked))
}

fn header(text: &str) -> Option<Header> {
    let fields: Vec<&str> = text.split('|').collect();
    let [_, file_name, _, _, sent, month, _] = fields[..] else { return None };
    Some(Header { file_name: file_name.to_owned(), sent: day(sent)?, reference_month: day(month)? })
}

fn line(text: &str) -> Option<CallLine> {
    let fields: Vec<&str> = text.split('|').collect();
    let [_, code_structure, nir, _, _, _, _, siret, partner] = fields[..] else { return None };
    let mut values = partner.split(';');
    let (date_sortie, type_structure, zone_emploi) = (values.next()?, values.next()?, values.next()?);
    Some(CallLine {
        code_structure: code_structure.to_owned(),
        nir: Nir::parse_dsn(nir.as_bytes()).ok()?,
        siret: siret.to_owned(),
        date_sortie: day(date_sortie)?,
        type_structure: type_structure.to_owned(),
        zone_emploi: zone_emploi.to_owned(),
    })
}
