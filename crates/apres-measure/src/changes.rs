//! Change blocks: old keys into new ones, old terms into the months that they held (docs/methods/measure.md §1.1 to §1.3).
//!
//! Everything a person was ever declared under is in hand at once, so that a change found today corrects the months of five years without a trace of the order
//! in which they came. Nothing here reads the lake, and nothing is guessed but transfers (motif 100 or 998), which the norm lets employers declare
//! without a change block.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::{Day, Month};
use crate::contract::{ContractKey, Spell, Terms};
use crate::spells::{Fin, Observation, later_end};

#[cfg(test)]
mod tests;

/// How far back a change reaches, from its main declared month.
pub(crate) const CHANGE_MONTHS_MAX: i32 = 60;

/// Old values of one field that are tried together; more of them in one month is no change but noise.
const OLD_VALUES_MAX: usize = 8;

/// An old key that is a new one since this date; no date for what is known without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename<K> {
    /// The key that is no more.
    pub old: K,
    /// The key that stands for it.
    pub new: K,
    /// Since when.
    pub date: Option<Day>,
    /// Main month of the declaration that tells it: of two that say since the same day, the later one corrects.
    pub declared: Option<Month>,
}

/// What of renames is the more recent.
type Age = (Option<Day>, Option<Month>);

impl<K> Rename<K> {
    fn age(&self) -> Age {
        (self.date, self.declared)
    }
}

/// What one block 41 says of the contract above it, as declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContractChange {
    /// The contract, under its new key.
    pub contract: ContractKey,
    /// Main declared month.
    pub month: Month,
    /// Date of the change (41.001).
    pub date: Day,
    /// Since when the oldest old value held (41.028).
    pub depth: Option<Day>,
    /// Old SIRET (41.012).
    pub old_siret: Option<u64>,
    /// Old number (41.014).
    pub old_numero: Option<u32>,
    /// Old start date (41.021).
    pub old_date_debut: Option<Day>,
    /// Old terms.
    pub old_terms: OldTerms,
}

/// Old values of the terms that careers use; `None` when the block is silent on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OldTerms {
    /// 41.004.
    pub nature: Option<u8>,
    /// 41.005.
    pub dispositif: Option<u8>,
    /// 41.049, 99 meaning none.
    pub complement_dispositif: Option<u8>,
    /// 41.016.
    pub motif_recours: Option<u8>,
    /// 41.008.
    pub modalite_temps: Option<u8>,
    /// 41.007 over 41.022, in thousandths.
    pub quotite_permille: Option<u16>,
}

/// Whether a change is recent enough for its declaration to be heard.
#[must_use]
pub fn is_heard(date: Day, declared: Month) -> bool {
    date >= declared.plus(-CHANGE_MONTHS_MAX).first_day()
}

/// What every old key finally is.
///
/// A rename to itself is dropped; of several new keys for one old, the most recent date stands, then the latest declared, then the smallest key; a cycle loses its oldest renames,
/// by date, then as declared; paths are followed to their end. The order of the renames changes nothing.
#[must_use]
pub fn resolve<K: Copy + Ord>(renames: &[Rename<K>]) -> BTreeMap<K, K> {
    let mut next: BTreeMap<K, (Age, Reverse<K>)> = BTreeMap::new();
    for rename in renames.iter().filter(|rename| rename.old != rename.new) {
        let found = (rename.age(), Reverse(rename.new));
        let kept = next.entry(rename.old).or_insert(found);
        *kept = found.max(*kept);
    }
    break_cycles(&mut next);
    let end = |old: &K| {
        let mut key = *old;
        while let Some((_, Reverse(new))) = next.get(&key) {
            key = *new;
        }
        key
    };
    next.keys().map(|old| (*old, end(old))).collect()
}

/// Takes the oldest renames out of each cycle. Each key has one rename at most, so that cycles do not touch.
fn break_cycles<K: Copy + Ord>(next: &mut BTreeMap<K, (Age, Reverse<K>)>) {
    let mut done: BTreeSet<K> = BTreeSet::new();
    let mut dropped: Vec<K> = Vec::new();
    for start in next.keys() {
        let mut path: Vec<K> = Vec::new();
        let mut key = *start;
        while let Some((_, Reverse(new))) = next.get(&key)
            && done.insert(key)
        {
            path.push(key);
            key = *new;
        }
        let Some(from) = path.iter().position(|passed| *passed == key) else { continue };
        let cycle = &path[from..];
        let oldest = cycle.iter().map(|key| next[key].0).min();
        dropped.extend(cycle.iter().filter(|key| Some(next[*key].0) == oldest));
    }
    for key in dropped {
        next.remove(&key);
    }
}

/// Puts every observation of some people under its contract as finally known, with the terms in force in its month; gives what old keys became.
///
/// Observations come as declared, and leave sorted by contract, then month.
#[must_use]
pub(crate) fn apply(observations: &mut [Observation], changes: &[ContractChange]) -> BTreeMap<ContractKey, ContractKey> {
    let heard: Vec<ContractChange> = changes.iter().filter(|change| is_heard(change.date, change.month)).copied().collect();
    let mut renames = named_renames(observations, &heard);
    renames.extend(unnamed_transfers(observations, &heard));
    let becomes = resolve(&renames);
    for observation in observations.iter_mut() {
        let declared_as = observation.declared_as;
        observation.contract = becomes.get(&declared_as).copied().unwrap_or(declared_as);
    }
    observations.sort_by_key(|observation| (observation.contract, observation.month));
    for contract in observations.chunk_by_mut(|left, right| left.contract == right.contract) {
        forget_transfers(contract);
    }
    apply_terms(observations, &heard, &becomes);
    becomes
}

/// The renames that blocks 41 name, of contracts that were really declared.
fn named_renames(observations: &[Observation], changes: &[ContractChange]) -> Vec<Rename<ContractKey>> {
    if changes.is_empty() {
        return Vec::new();
    }
    let declared: BTreeSet<ContractKey> = observations.iter().map(|observation| observation.declared_as).collect();
    let mut sorted: Vec<&ContractChange> = changes.iter().filter(|change| declared.contains(&change.contract)).collect();
    sorted.sort_by_key(|change| (change.contract, change.month, Reverse(change.date), *change));
    let mut renames = Vec::new();
    for told in sorted.chunk_by(|left, right| (left.contract, left.month) == (right.contract, right.month)) {
        let mut old = OldValues::default();
        for of_day in told.chunk_by(|left, right| left.date == right.date) {
            old.add(of_day);
            let ContractChange { contract, month, date, .. } = *of_day[0];
            let found = old.keys_of(contract).into_iter().filter(|(_, key)| declared.contains(key)).collect::<Vec<_>>();
            let most = found.iter().map(|(count, _)| *count).max();
            let kept = found.iter().filter(|(count, _)| Some(*count) == most);
            renames.extend(kept.map(|(_, key)| Rename { old: *key, new: contract, date: Some(date), declared: Some(month) }));
        }
    }
    renames
}

/// Old values seen from the latest date back; those of the date at hand are marked.
#[derive(Default)]
struct OldValues {
    sirets: Vec<(u64, bool)>,
    numeros: Vec<(u32, bool)>,
    dates: Vec<(Day, bool)>,
}

impl OldValues {
    fn add(&mut self, of_day: &[&ContractChange]) {
        add_values(&mut self.sirets, of_day.iter().filter_map(|change| change.old_siret));
        add_values(&mut self.numeros, of_day.iter().filter_map(|change| change.old_numero));
        add_values(&mut self.dates, of_day.iter().filter_map(|change| change.old_date_debut));
    }

    /// Every key with old values in their places, one of the date at hand among them, with how many they are.
    fn keys_of(&self, contract: ContractKey) -> BTreeSet<(usize, ContractKey)> {
        let mut keys = BTreeSet::new();
        for (siret, of_siret) in with_none(&self.sirets) {
            for (numero, of_numero) in with_none(&self.numeros) {
                for (date, of_date) in with_none(&self.dates) {
                    let key = ContractKey {
                        siret: siret.unwrap_or(contract.siret),
                        numero: numero.unwrap_or(contract.numero),
                        date_debut: date.unwrap_or(contract.date_debut),
                        ..contract
                    };
                    let count = [siret.is_some(), numero.is_some(), date.is_some()].iter().filter(|is_old| **is_old).count();
                    if key != contract && (of_siret || of_numero || of_date) {
                        keys.insert((count, key));
                    }
                }
            }
        }
        keys
    }
}

fn add_values<V: Copy + PartialEq>(values: &mut Vec<(V, bool)>, of_day: impl Iterator<Item = V>) {
    values.iter_mut().for_each(|(_, is_of_day)| *is_of_day = false);
    for value in of_day {
        values.retain(|(known, _)| *known != value);
        values.push((value, true));
    }
    values.truncate(OLD_VALUES_MAX);
}

fn with_none<V: Copy>(values: &[(V, bool)]) -> impl Iterator<Item = (Option<V>, bool)> {
    std::iter::once((None, false)).chain(values.iter().map(|(value, is_of_day)| (Some(*value), *is_of_day)))
}

/// Whether a reason of the end says that the contract goes on elsewhere (62.002).
#[must_use]
pub(crate) const fn is_transfer(motif: u16) -> bool {
    matches!(motif, 100 | 998)
}

/// Whether the month tells of an end by a transfer.
fn ends_by_transfer(observation: &Observation) -> bool {
    observation.fin.is_some_and(|fin| is_transfer(fin.motif))
}

/// Contracts that end by a transfer and go on, since the same first day, at another establishment of the employer or at one that names the old one.
fn unnamed_transfers(observations: &[Observation], changes: &[ContractChange]) -> Vec<Rename<ContractKey>> {
    if !observations.iter().any(ends_by_transfer) {
        return Vec::new();
    }
    let declared = declared_keys(observations);
    let ends = declared.iter().filter_map(|(key, known)| Some((key, known.transfer?)));
    let renames = ends.filter_map(|(old, end)| {
        let goes_on = |(new, known): &(&ContractKey, &Declared)| {
            let is_same = (new.person, new.date_debut) == (old.person, old.date_debut) && new.siret != old.siret;
            is_same && known.first_month >= end.month() && is_linked(*old, **new, changes)
        };
        let found: Vec<ContractKey> = declared.iter().filter(goes_on).map(|(new, _)| *new).collect();
        let same_number = found.iter().find(|new| new.numero == old.numero);
        let new = same_number.or(if found.len() == 1 { found.first() } else { None })?;
        Some(Rename { old: *old, new: *new, date: Some(end.plus_days(1)), declared: None })
    });
    renames.collect()
}

/// Same employer, or the new contract names the establishment left.
fn is_linked(old: ContractKey, new: ContractKey, changes: &[ContractChange]) -> bool {
    let names_old = |change: &ContractChange| change.contract == new && change.old_siret == Some(old.siret);
    old.siren() == new.siren() || changes.iter().any(names_old)
}

/// What is known of a key as declared.
struct Declared {
    first_month: Month,
    /// Day of the end, when the end that stands is a transfer.
    transfer: Option<Day>,
}

fn declared_keys(observations: &[Observation]) -> BTreeMap<ContractKey, Declared> {
    let mut ends: BTreeMap<(ContractKey, Month), Option<Fin>> = BTreeMap::new();
    for observation in observations {
        let end = ends.entry((observation.declared_as, observation.month)).or_default();
        *end = later_end(*end, observation.fin);
    }
    let mut keys: BTreeMap<ContractKey, Declared> = BTreeMap::new();
    for ((key, month), end) in ends {
        let known = keys.entry(key).or_insert(Declared { first_month: month, transfer: None });
        if let Some(fin) = end {
            known.transfer = is_transfer(fin.motif).then_some(fin.date);
        }
    }
    keys
}

/// A transfer to another establishment that the same contract is declared at is no end.
fn forget_transfers(contract: &mut [Observation]) {
    if !contract.iter().any(ends_by_transfer) {
        return;
    }
    let declared: Vec<(Month, u64)> = contract.iter().map(|observation| (observation.month, observation.declared_as.siret)).collect();
    for observation in contract.iter_mut().filter(|observation| ends_by_transfer(observation)) {
        let goes_on = |(month, siret): &(Month, u64)| *month >= observation.month && *siret != observation.declared_as.siret;
        if declared.iter().any(goes_on) {
            observation.fin = None;
        }
    }
}

/// Marks the spells that end by a transfer and go on as another spell the day after.
pub(crate) fn mark_transfers(spells: &mut [Spell], changes: &[ContractChange], becomes: &BTreeMap<ContractKey, ContractKey>) {
    let known = |key: ContractKey| becomes.get(&key).copied().unwrap_or(key);
    let named: Vec<ContractChange> = changes
        .iter()
        .filter(|change| change.old_siret.is_some() && is_heard(change.date, change.month))
        .map(|change| ContractChange { contract: known(change.contract), ..*change })
        .collect();
    for index in 0..spells.len() {
        let spell = spells[index];
        let Some(end) = spell.date_fin.filter(|_| spell.motif_fin.is_some_and(is_transfer)) else { continue };
        let goes_on = |next: &&Spell| {
            let (old, new) = (spell.contract, next.contract);
            new.person == old.person && new.siret != old.siret && new.date_debut == end.plus_days(1) && is_linked(old, new, &named)
        };
        spells[index].transfer_siret = spells.iter().find(goes_on).map(|next| next.contract.siret);
    }
}

/// One of the terms that a block 41 may carry an old value of.
struct Modality {
    now: fn(&Terms) -> Option<u16>,
    old: fn(&OldTerms) -> Option<u16>,
    put: fn(&mut Terms, Option<u16>),
}

/// 41.049: the contract was under no complement.
const NO_COMPLEMENT: u16 = 99;

fn narrow(value: Option<u16>) -> Option<u8> {
    value.and_then(|value| u8::try_from(value).ok())
}

const MODALITIES: [Modality; 6] = [
    Modality {
        now: |terms| terms.nature.map(u16::from),
        old: |old| old.nature.map(u16::from),
        put: |terms, value| terms.nature = narrow(value),
    },
    Modality {
        now: |terms| terms.dispositif.map(u16::from),
        old: |old| old.dispositif.map(u16::from),
        put: |terms, value| terms.dispositif = narrow(value),
    },
    Modality {
        now: |terms| terms.complement_dispositif.map(u16::from),
        old: |old| old.complement_dispositif.map(u16::from),
        put: |terms, value| terms.complement_dispositif = narrow(value.filter(|value| *value != NO_COMPLEMENT)),
    },
    Modality {
        now: |terms| terms.motif_recours.map(u16::from),
        old: |old| old.motif_recours.map(u16::from),
        put: |terms, value| terms.motif_recours = narrow(value),
    },
    Modality {
        now: |terms| terms.modalite_temps.map(u16::from),
        old: |old| old.modalite_temps.map(u16::from),
        put: |terms, value| terms.modalite_temps = narrow(value),
    },
    Modality { now: |terms| terms.quotite_permille, old: |old| old.quotite_permille, put: |terms, value| terms.quotite_permille = value },
];

/// Corrects the terms of earlier months by what later ones say of them; the latest speaks last.
fn apply_terms(observations: &mut [Observation], changes: &[ContractChange], becomes: &BTreeMap<ContractKey, ContractKey>) {
    if changes.is_empty() {
        return;
    }
    let as_declared: Vec<Observation> = observations.to_vec();
    let known = |key: ContractKey| becomes.get(&key).copied().unwrap_or(key);
    let mut sorted: Vec<&ContractChange> = changes.iter().filter(|change| change.old_terms != OldTerms::default()).collect();
    sorted.sort_by_key(|change| (change.month, change.contract, change.date, *change));
    for told in sorted.chunk_by(|left, right| (left.month, left.contract) == (right.month, right.contract)) {
        let (month, declared_as) = (told[0].month, told[0].contract);
        let contract = known(declared_as);
        let from = as_declared.partition_point(|observation| observation.contract < contract);
        let to = as_declared.partition_point(|observation| observation.contract <= contract);
        let own = as_declared[from..to].iter().filter(|seen| seen.month == month && seen.declared_as == declared_as);
        let Some(now) = own.map(|seen| seen.terms).max() else { continue };
        for modality in &MODALITIES {
            let held = intervals(told, modality, (modality.now)(&now));
            for observation in observations[from..to].iter_mut().filter(|observation| observation.month < month) {
                let day = observation.month.last_day();
                if let Some((_, _, value)) = held.iter().find(|(first, last, _)| *first <= day && day <= *last) {
                    (modality.put)(&mut observation.terms, *value);
                }
            }
        }
    }
}

/// From when to when each value of a modality held, as one declaration tells it; nothing when it is silent.
fn intervals(told: &[&ContractChange], modality: &Modality, now: Option<u16>) -> Vec<(Day, Day, Option<u16>)> {
    let mut held = Vec::new();
    let mut from = None;
    for change in told {
        let Some(value) = (modality.old)(&change.old_terms) else { continue };
        let heard = change.month.plus(-CHANGE_MONTHS_MAX).first_day();
        let first = from.unwrap_or_else(|| change.depth.unwrap_or_else(|| change.date.month().first_day()).max(heard));
        held.push((first, change.date.plus_days(-1), Some(value)));
        from = Some(change.date);
    }
    held.extend(from.map(|from| (from, told[0].month.last_day(), now)));
    held
}
