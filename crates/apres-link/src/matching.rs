//! The matching itself, in memory: an index of the list, fed with the people of the reference.
//!
//! Order does not matter: a row gathers every person that answers to its NIR or to one of its identity keys, and is decided at the end.

use std::collections::{BTreeSet, HashMap};

use apres_ingest::Nir;
use apres_ingest::identity::{Identity, keys_as_written};
use apres_ingest::list::Participant;
use chrono::NaiveDate;

/// A person of the reference, under one of the identities that were declared.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Pseudonym as finally known.
    pub person: u64,
    /// NIR, thirteen characters; empty when the person only has a temporary number.
    pub nir: &'a str,
    /// The identity.
    pub identity: Identity<'a>,
}

/// How a row was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchStatus {
    /// By NIR.
    Nir,
    /// By identity, one person only.
    Identite,
    /// Several people answer to the identity, or one whose NIR is another than the row's verified one.
    Ambigu,
    /// Nobody answers.
    NonTrouve,
    /// The row does not say enough to be searched.
    Inutilisable,
}

impl MatchStatus {
    /// The word written in the lake.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Nir => "nir",
            Self::Identite => "identite",
            Self::Ambigu => "ambigu",
            Self::NonTrouve => "non_trouve",
            Self::Inutilisable => "inutilisable",
        }
    }
}

/// What was found for a row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Place of the row in the list.
    pub row: usize,
    /// How.
    pub status: MatchStatus,
    /// Who, when one person was found.
    pub person: Option<u64>,
}

/// Rows by status. Exact counts: they may only be shown after the gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Found by NIR.
    pub nir: u64,
    /// Found by identity.
    pub identite: u64,
    /// Several people.
    pub ambigu: u64,
    /// Nobody.
    pub non_trouve: u64,
    /// Not searched.
    pub inutilisable: u64,
}

impl Report {
    /// Counts matches.
    #[must_use]
    pub fn of(matches: &[Match]) -> Self {
        let mut report = Self::default();
        for found in matches {
            *match found.status {
                MatchStatus::Nir => &mut report.nir,
                MatchStatus::Identite => &mut report.identite,
                MatchStatus::Ambigu => &mut report.ambigu,
                MatchStatus::NonTrouve => &mut report.non_trouve,
                MatchStatus::Inutilisable => &mut report.inutilisable,
            } += 1;
        }
        report
    }
}

/// The list, indexed by NIR and by identity key.
pub struct Index {
    is_usable: Vec<bool>,
    /// The NIR of rows whose key is right: another NIR is another person.
    verified: Vec<Option<Nir>>,
    by_nir: HashMap<String, Vec<usize>>,
    by_key: HashMap<String, Vec<usize>>,
    births: BTreeSet<NaiveDate>,
    found_by_nir: Vec<BTreeSet<u64>>,
    found_by_key: Vec<BTreeSet<u64>>,
    /// Same identity, but both have a NIR and they differ.
    contradicted: Vec<BTreeSet<u64>>,
}

impl Index {
    /// Indexes the rows of a list.
    #[must_use]
    pub fn new(rows: &[Participant]) -> Self {
        let mut index = Self {
            is_usable: rows.iter().map(is_searched).collect(),
            verified: rows.iter().map(|row| row.nir.filter(|_| row.nir_verified)).collect(),
            by_nir: HashMap::new(),
            by_key: HashMap::new(),
            births: BTreeSet::new(),
            found_by_nir: vec![BTreeSet::new(); rows.len()],
            found_by_key: vec![BTreeSet::new(); rows.len()],
            contradicted: vec![BTreeSet::new(); rows.len()],
        };
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| is_searched(row)) {
            if let Some(nir) = row.nir {
                index.by_nir.entry(nir.expose().to_owned()).or_default().push(place);
            }
            for key in row.identity_keys() {
                index.by_key.entry(key.expose().to_owned()).or_default().push(place);
                index.births.extend(row.naissance);
            }
        }
        index
    }

    /// Shows the index a person of the reference.
    pub fn see(&mut self, candidate: &Candidate<'_>) {
        if !candidate.nir.is_empty() {
            for place in self.by_nir.get(candidate.nir).into_iter().flatten() {
                self.found_by_nir[*place].insert(candidate.person);
            }
        }
        // Most people of the reference were born on no day of the list: their keys are not even made.
        if !candidate.identity.naissance.is_some_and(|birth| self.births.contains(&birth)) {
            return;
        }
        for key in keys_as_written(&candidate.identity) {
            for place in self.by_key.get(key.expose()).into_iter().flatten() {
                self.found_by_key[*place].insert(candidate.person);
                let is_other = |nir: &Nir| !candidate.nir.is_empty() && nir.expose() != candidate.nir;
                if self.verified[*place].as_ref().is_some_and(is_other) {
                    self.contradicted[*place].insert(candidate.person);
                }
            }
        }
    }

    /// Decides every row, in the list's order.
    #[must_use]
    pub fn decide(&self) -> Vec<Match> {
        let decided = self.is_usable.iter().enumerate().map(|(row, is_usable)| {
            let only = |found: &BTreeSet<u64>| if found.len() == 1 { found.first().copied() } else { None };
            let (by_nir, by_key) = (&self.found_by_nir[row], &self.found_by_key[row]);
            let (status, person) = match (is_usable, only(by_nir), only(by_key)) {
                (false, _, _) => (MatchStatus::Inutilisable, None),
                (true, Some(person), _) => (MatchStatus::Nir, Some(person)),
                (true, None, Some(person)) if self.contradicted[row].contains(&person) => (MatchStatus::Ambigu, None),
                (true, None, Some(person)) => (MatchStatus::Identite, Some(person)),
                (true, None, None) if by_key.len() > 1 || by_nir.len() > 1 => (MatchStatus::Ambigu, None),
                (true, None, None) => (MatchStatus::NonTrouve, None),
            };
            Match { row, status, person }
        });
        decided.collect()
    }
}

/// A row is searched when it says who and when: without an exit date nothing could be said of what came after.
fn is_searched(row: &Participant) -> bool {
    row.usable && row.date_sortie.is_some()
}
