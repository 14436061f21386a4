//! Who left a programme, when, and from where (docs/methods/measure.md §3).
//!
//! The spells of a person under a programme are chained into *parcours*; one that has ended for good, and lasted long enough, is an exit. All the
//! exits of a person are given: that only the latest counts depends on what is asked, and is settled where the question is.
//! Exits that come from a list are made by the caller, with [`ExitSource::List`].

use std::cmp::Reverse;

use crate::calendar::{Day, Month};
use crate::chains::first_chain_length;
use crate::contract::{Ascii, Spell, Terms};

#[cfg(test)]
mod tests;

/// A programme: which spells belong to it and when they make an exit. One row of `indicateurs/programmes.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammeRule {
    /// Its id, such as `iae`.
    pub id: String,
    /// Spells with one of these complements (40.073) belong to it,
    pub complements: Vec<u8>,
    /// and so do spells with one of these dispositifs (40.008).
    pub dispositifs: Vec<u8>,
    /// A spell that starts at most this many days after the latest end continues the *parcours*.
    pub gap_days: i32,
    /// The type of a structure by the complement of its spells; the first that applies.
    pub structure_types: Vec<(Vec<u8>, StructureType)>,
    /// The type of the structure of any other spell.
    pub otherwise: StructureType,
}

/// A type of structure, and how long one must have been there to count as leaving it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureType {
    /// Its id, such as `ACI`.
    pub id: String,
    /// What a *parcours* that ends there must have lasted.
    pub minimum: Minimum,
}

/// The least *parcours* that makes an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minimum {
    /// Any.
    None,
    /// So many days from entry to exit, both included.
    Days(i32),
    /// So many paid hours, in hundredths.
    HoursCenti(i64),
}

impl ProgrammeRule {
    /// Whether a spell under these terms belongs to the programme.
    #[must_use]
    pub fn includes(&self, terms: &Terms) -> bool {
        let listed = |codes: &[u8], code: Option<u8>| code.is_some_and(|code| codes.contains(&code));
        listed(&self.complements, terms.complement_dispositif) || listed(&self.dispositifs, terms.dispositif)
    }

    /// The type of the structure that employs under these terms.
    #[must_use]
    pub fn structure_type(&self, terms: &Terms) -> &StructureType {
        self.structure_types
            .iter()
            .find(|(complements, _)| terms.complement_dispositif.is_some_and(|code| complements.contains(&code)))
            .map_or(&self.otherwise, |(_, structure_type)| structure_type)
    }
}

/// Where an exit comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitSource {
    /// Found in the declarations.
    Dsn,
    /// A row of a list.
    List,
}

/// A person who left a programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit<'r> {
    /// Pseudonym; none for a row of a list that was not matched.
    pub person: Option<u64>,
    /// The programme left; none for a list that names none.
    pub programme: Option<&'r ProgrammeRule>,
    /// Type of the structure left, empty when unknown.
    pub structure_type: &'r str,
    /// SIRET of the structure left.
    pub structure: Option<u64>,
    /// Département of the structure left.
    pub departement: Option<Ascii<3>>,
    /// First day of the *parcours*.
    pub entry: Option<Day>,
    /// Last day of the *parcours*, t0.
    pub date: Day,
    /// Paid hours of the *parcours*, in hundredths.
    pub hours_centi: i64,
    /// Reason of the last end, when it was declared.
    pub motif_fin: Option<u16>,
    /// Where the exit comes from.
    pub source: ExitSource,
}

/// Adds the exits of one person, by programme, then date.
pub fn find_exits<'r>(spells: &[Spell], programmes: &'r [ProgrammeRule], lake_last_month: Month, exits: &mut Vec<Exit<'r>>) {
    let horizon = lake_last_month.last_day();
    let is_of_one = |programme: &&ProgrammeRule| spells.iter().any(|spell| programme.includes(&spell.terms));
    for programme in programmes.iter().filter(is_of_one) {
        let own = spells_of(programme, spells);
        let mut rest = own.as_slice();
        while !rest.is_empty() {
            let length = first_chain_length(rest.iter().copied(), programme.gap_days);
            let (parcours, others) = rest.split_at(length);
            exits.extend(exit_of(parcours, programme, horizon));
            rest = others;
        }
    }
}

/// The spells of a programme, by start: those under its terms, and those that go on from one of them by a transfer.
fn spells_of<'s>(programme: &ProgrammeRule, spells: &'s [Spell]) -> Vec<&'s Spell> {
    let mut sorted: Vec<&Spell> = spells.iter().filter(|spell| !spell.is_void()).collect();
    sorted.sort_unstable_by_key(|spell| (spell.contract.date_debut, spell.contract));
    let mut own: Vec<&Spell> = Vec::new();
    for spell in sorted {
        let goes_on = |before: &&Spell| {
            let starts_next = before.date_fin.map(|end| end.plus_days(1)) == Some(spell.contract.date_debut);
            starts_next && before.transfer_siret == Some(spell.contract.siret) && before.contract.person == spell.contract.person
        };
        if programme.includes(&spell.terms) || own.iter().any(goes_on) {
            own.push(spell);
        }
    }
    own
}

/// The exit that ends a *parcours*, when it has ended for good by the last day seen and lasted long enough.
fn exit_of<'r>(parcours: &[&Spell], programme: &'r ProgrammeRule, last_day_seen: Day) -> Option<Exit<'r>> {
    let entry = parcours.first()?.contract.date_debut;
    let last = parcours.iter().max_by_key(|spell| {
        let contract = &spell.contract;
        (spell.end_or_max(), contract.date_debut, Reverse((contract.siret, contract.numero)))
    })?;
    let date = last.date_fin?;
    if date.plus_days(programme.gap_days) > last_day_seen {
        return None;
    }
    let structure_type = programme.structure_type(&last.terms);
    let hours_centi = parcours.iter().map(|spell| spell.hours_centi).sum();
    let is_long_enough = match structure_type.minimum {
        Minimum::None => true,
        Minimum::Days(days) => date.days_since(entry) >= days,
        Minimum::HoursCenti(hours) => hours_centi >= hours,
    };
    is_long_enough.then_some(Exit {
        person: Some(last.contract.person),
        programme: Some(programme),
        structure_type: &structure_type.id,
        structure: Some(last.contract.siret),
        departement: last.terms.departement,
        entry: Some(entry),
        date,
        hours_centi,
        motif_fin: last.motif_fin,
        source: ExitSource::Dsn,
    })
}
