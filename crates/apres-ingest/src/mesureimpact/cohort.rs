//! Cohorts, and the making of a call file from a list.
//!
//! A cohort is the people of one sex who left in one quarter a structure of one type in one employment zone. Those of fewer than five are put together, by
//! quarter and sex, under neutral values; those that stay under five are left out. Who is left out is counted, never named.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::call::{CallFile, CallLine, Header, file_name};
use crate::Nir;
use crate::list::{Checked, Sheet};

/// People under which a cohort is not sent.
pub const COHORT_MIN: u64 = 5;

/// Headers that name the type of structure, without accents or signs, in lower case.
const STRUCTURE_HEADERS: [&str; 6] =
    ["type structure emplois", "type structure", "type de structure", "type de siae", "type siae", "dispositif"];
/// Headers that name the employment zone.
const ZONE_HEADERS: [&str; 5] = ["ze2020", "zone d emploi", "zone emploi", "code zone emploi", "ze"];

/// Headers that name the category of the exit.
const CATEGORY_HEADERS: [&str; 5] = ["categorie de sortie", "categorie sortie", "categorie de la sortie", "rcs libelle", "categorie"];
/// Exits that the partner does not call for, as reason (the ASP's number or its words) or as category: who goes on in insertion has not left it, and an exit taken back is none.
const NOT_CALLED: [&str; 7] = [
    "2",
    "02",
    "cdd dans une autre structure iae",
    "96",
    "cdi inclusion",
    "retrait des sorties constatees",
    "retraits des sorties constatees",
];

/// What people are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cohort {
    quarter: i32,
    is_male: bool,
    structure: String,
    zone: String,
}

impl Cohort {
    pub(super) fn new(nir: Nir, sortie: NaiveDate, structure: &str, zone: &str) -> Self {
        let quarter = sortie.year() * 4 + i32::try_from(sortie.month0() / 3).unwrap_or(0);
        Self { quarter, is_male: nir.is_male(), structure: structure.to_owned(), zone: zone.to_owned() }
    }

    fn of(line: &CallLine) -> Self {
        Self::new(line.nir, line.date_sortie, &line.type_structure, &line.zone_emploi)
    }

    fn sex(&self) -> char {
        if self.is_male { 'M' } else { 'F' }
    }

    /// Quarter and sex, as the neutral values tell them.
    fn neutral(&self) -> String {
        format!("T{}{}_{}", self.quarter.div_euclid(4), self.quarter.rem_euclid(4) + 1, self.sex())
    }
}

impl fmt::Display for Cohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, quarter) = (self.quarter.div_euclid(4), self.quarter.rem_euclid(4) + 1);
        write!(f, "{} · {year}T{quarter} · {} · {}", self.sex(), self.structure, self.zone)
    }
}

/// A call file made from a list, and who is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub file: CallFile,
    /// Who is not in it, and who is under a neutral value.
    pub left: Left,
}

/// People of the list, counted by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Without a NIR that can be trusted.
    pub without_nir: u64,
    /// Without an exit that can be counted from.
    pub without_exit: u64,
    /// With an exit that the partner does not call for: taken back, or into another insertion contract.
    pub not_called: u64,
    /// Without the SIRET, the type of structure or the employment zone.
    pub without_place: u64,
    /// In the file, under the neutral values of their quarter and sex.
    pub neutral: u64,
    /// In a cohort that stays under five even so.
    pub too_few: u64,
}

/// Makes the call file of a list, as sent on a day for a month of reference.
#[must_use]
pub fn call_file(sheet: &Sheet, checked: &Checked, sent: NaiveDate, reference_month: NaiveDate) -> Made {
    let (structure, zone) = (column(sheet, &STRUCTURE_HEADERS), column(sheet, &ZONE_HEADERS));
    let category = column(sheet, &CATEGORY_HEADERS);
    let mut left = Left::default();
    let mut lines = Vec::new();
    for participant in &checked.rows {
        let Some(nir) = participant.nir else {
            left.without_nir += 1;
            continue;
        };
        let Some(date_sortie) = participant.date_sortie.filter(|day| *day <= sent) else {
            left.without_exit += 1;
            continue;
        };
        let row = sheet.rows.binary_search_by_key(&participant.line, |row| row.line).ok().map(|place| &sheet.rows[place]);
        let value = |column: Option<usize>| row.zip(column).map(|(row, column)| row.cell(column).text().into_owned()).unwrap_or_default();
        let reason = participant.motif.clone().unwrap_or_default();
        if [reason, value(category)].iter().any(|said| NOT_CALLED.contains(&super::returned::key(said).as_str())) {
            left.not_called += 1;
            continue;
        }
        let (type_structure, zone_emploi) = (plain(&value(structure)), plain(&value(zone)));
        let is_zone = zone_emploi.len() == 4 && zone_emploi.bytes().all(|c| c.is_ascii_digit());
        let Some(siret) = participant.siret.clone().filter(|_| is_zone && !type_structure.is_empty()) else {
            left.without_place += 1;
            continue;
        };
        lines.push(CallLine { code_structure: String::new(), nir, siret, date_sortie, type_structure, zone_emploi });
    }
    group(&mut lines, &mut left);
    Made { file: CallFile { header: Header { file_name: file_name(sent), sent, reference_month }, lines }, left }
}

/// Puts small cohorts together, and leaves out those that stay small.
fn group(lines: &mut Vec<CallLine>, left: &mut Left) {
    let sizes = sizes(lines);
    for line in lines.iter_mut() {
        let cohort = Cohort::of(line);
        if sizes[&cohort] < COHORT_MIN {
            line.type_structure = format!("SIAE_NEUTRE_{}", cohort.neutral());
            line.zone_emploi = format!("ZE_NEUTRE_{}", cohort.neutral());
        }
    }
    let sizes = self::sizes(lines);
    let before = lines.len() as u64;
    lines.retain(|line| sizes[&Cohort::of(line)] >= COHORT_MIN);
    left.too_few = before - lines.len() as u64;
    left.neutral = lines.iter().map(|line| u64::from(line.zone_emploi.starts_with("ZE_NEUTRE_"))).sum();
}

fn sizes(lines: &[CallLine]) -> BTreeMap<Cohort, u64> {
    let mut sizes = BTreeMap::new();
    for line in lines {
        *sizes.entry(Cohort::of(line)).or_default() += 1;
    }
    sizes
}

fn column(sheet: &Sheet, names: &[&str]) -> Option<usize> {
    let headers: Vec<String> = sheet.header.iter().map(|header| super::returned::key(header)).collect();
    names.iter().find_map(|name| headers.iter().position(|header| header == name))
}

/// A value without the signs that the file uses between values.
fn plain(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, '|' | ';') && !c.is_control()).collect::<String>().trim().to_owned()
}
