//! From monthly observations to spells (docs/methods/measure.md §1).
//!
//! Observations of declarations that stand are folded, contract by contract, into one spell each and one row per month. The result depends
//! on neither the order of equal keys nor the way the people are shared out between calls. Replacement of declarations is settled before, in
//! the query; change blocks are by [`careers_of`]: in [`build_spells`] a person, a SIRET, a number or a start date that differs is another contract.

use crate::absences::{Absence, suspend};
use crate::calendar::{Day, Month};
use crate::changes::{ContractChange, apply, mark_transfers};
use crate::contract::{ContractKey, EndStatus, Spell, Terms};

#[cfg(test)]
mod tests;

/// Months without a declaration after which a contract is held to have ended.
pub const SILENT_MONTHS: i32 = 3;

/// The reason that cancels an end declared earlier (62.002).
const ANNULATION: u16 = 99;

/// A declared end (block 62); the order is that of the days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fin {
    /// Last day of the contract (62.001).
    pub date: Day,
    /// Reason (62.002), 0 when it cannot be read.
    pub motif: u16,
    /// Last day worked and paid as usual (62.006).
    pub dernier_jour_travaille: Option<Day>,
}

/// What one declaration of one month says of one contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Which contract, as finally known.
    pub contract: ContractKey,
    /// The key under which it was declared; that of `contract` unless a change block came later.
    pub declared_as: ContractKey,
    /// Main declared month.
    pub month: Month,
    /// Its terms.
    pub terms: Terms,
    /// Its end, when the declaration carries one.
    pub fin: Option<Fin>,
    /// Paid hours, in hundredths; negative when they correct earlier ones.
    pub hours_centi: i64,
    /// Gross pay, in centimes; negative when it corrects an earlier one.
    pub gross_cents: i64,
    /// Hours not paid or paid in part, in hundredths.
    pub hours_unpaid_centi: i64,
    /// Overtime, in hundredths.
    pub hours_extra_centi: i64,
}

impl Observation {
    /// Whether the declaration already used the key that is finally known.
    fn is_final(&self) -> bool {
        self.declared_as == self.contract
    }
}

/// One contract in one month that declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthRow {
    /// Which contract.
    pub contract: ContractKey,
    /// Main declared month.
    pub month: Month,
    /// Paid hours, in hundredths.
    pub hours_centi: i64,
    /// Gross pay, in centimes.
    pub gross_cents: i64,
    /// Days of the month on which the spell is active.
    pub days_active: u8,
    /// Days of them on which the contract is suspended.
    pub days_suspended: u8,
    /// Hours not paid or paid in part, in hundredths.
    pub hours_unpaid_centi: i64,
    /// Overtime, in hundredths.
    pub hours_extra_centi: i64,
    /// SIRET that declared it.
    pub siret_declarant: u64,
    /// The terms in force on the last day of the month.
    pub terms: Terms,
}

/// The spells of some people and their months, each sorted as the observations were.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Careers {
    /// One per contract.
    pub spells: Vec<Spell>,
    /// One per contract and declared month.
    pub months: Vec<MonthRow>,
}

/// The careers of whole people, from what was declared and what change blocks said later (docs/methods/measure.md §1).
///
/// Changes and absences name contracts as declared. No order matters.
#[must_use]
pub fn careers_of(observations: &mut [Observation], changes: &[ContractChange], absences: &[Absence], lake_last_month: Month) -> Careers {
    let becomes = apply(observations, changes);
    let mut careers = build_spells(observations, lake_last_month);
    mark_transfers(&mut careers.spells, changes, &becomes);
    let known = |key: ContractKey| becomes.get(&key).copied().unwrap_or(key);
    let absences: Vec<Absence> = absences.iter().map(|absence| Absence { contract: known(absence.contract), ..*absence }).collect();
    suspend(&mut careers.months, &absences);
    careers
}

/// Builds the spells of whole people, as known when `lake_last_month` is the latest main month of the lake.
///
/// # Panics
///
/// When the observations are not sorted by contract, then month.
#[must_use]
pub fn build_spells(observations: &[Observation], lake_last_month: Month) -> Careers {
    assert!(
        observations.is_sorted_by_key(|observation| (observation.contract, observation.month)),
        "observations must be sorted by contract, then month"
    );
    let mut careers = Careers::default();
    careers.months.reserve(observations.len());
    for declared in observations.chunk_by(|left, right| left.contract == right.contract) {
        build_spell(declared, lake_last_month, &mut careers);
    }
    careers
}

/// Folds the observations of one contract into its spell and its months.
fn build_spell(declared: &[Observation], lake_last_month: Month, careers: &mut Careers) {
    let first_row = careers.months.len();
    let mut last = declared[0];
    let mut standing_end = None;
    let mut hours_centi = 0;
    for same_month in declared.chunk_by(|left, right| left.month == right.month) {
        last = merge(same_month);
        standing_end = match last.fin {
            Some(Fin { motif: ANNULATION, .. }) => None,
            Some(fin) => Some(fin),
            None => standing_end,
        };
        hours_centi += last.hours_centi;
        careers.months.push(MonthRow {
            contract: last.contract,
            month: last.month,
            hours_centi: last.hours_centi,
            gross_cents: last.gross_cents,
            days_active: 0,
            days_suspended: 0,
            hours_unpaid_centi: last.hours_unpaid_centi,
            hours_extra_centi: last.hours_extra_centi,
            siret_declarant: last.declared_as.siret,
            terms: last.terms,
        });
    }
    let (date_fin, end_status) = end_of(standing_end, &last, lake_last_month);
    let spell = Spell {
        contract: last.contract,
        date_fin,
        end_status,
        motif_fin: standing_end.map(|fin| fin.motif),
        terms: last.terms,
        first_month: declared[0].month,
        last_month: last.month,
        hours_centi,
        last_gross_cents: last.gross_cents,
        dernier_jour_travaille: standing_end.and_then(|fin| fin.dernier_jour_travaille),
        transfer_siret: None,
    };
    for row in &mut careers.months[first_row..] {
        row.days_active = spell.days_active_in(row.month);
    }
    careers.spells.push(spell);
}

/// One observation for all that a month says of a contract (fractions, a contract declared twice).
///
/// Hours and pay add up. Terms under the final key stand against those under an older one. Otherwise neither an order of deposit nor a
/// precedence exists between fractions, so the greatest terms stand, and an end stands against a cancellation of the same month, the later end
/// against the earlier: the same whatever the order of reading.
fn merge(same_month: &[Observation]) -> Observation {
    let mut merged = same_month[0];
    for other in &same_month[1..] {
        let rank = |seen: &Observation| (seen.is_final(), seen.terms, seen.declared_as);
        (merged.terms, merged.declared_as) =
            if rank(other) > rank(&merged) { (other.terms, other.declared_as) } else { (merged.terms, merged.declared_as) };
        merged.fin = later_end(merged.fin, other.fin);
        merged.hours_centi += other.hours_centi;
        merged.gross_cents += other.gross_cents;
        merged.hours_unpaid_centi += other.hours_unpaid_centi;
        merged.hours_extra_centi += other.hours_extra_centi;
    }
    merged
}

/// Of two ends of one contract in one month, the one that stands: an end against a cancellation, then the later.
pub(crate) fn later_end(one: Option<Fin>, other: Option<Fin>) -> Option<Fin> {
    std::cmp::max_by_key(one, other, |fin| fin.map(|fin| (fin.motif != ANNULATION, fin)))
}

/// The end of a spell: declared, else inferred from silence, else none.
///
/// An establishment that fell silent closes its contracts as one that goes on without them does: the latest month of an establishment is
/// never after that of the lake, so the lake's alone decides.
fn end_of(standing_end: Option<Fin>, last: &Observation, lake_last_month: Month) -> (Option<Day>, EndStatus) {
    if let Some(fin) = standing_end {
        return (Some(fin.date), EndStatus::Declared);
    }
    if lake_last_month < last.month.plus(SILENT_MONTHS) {
        return (None, EndStatus::Open);
    }
    let expected = last.terms.date_fin_previsionnelle;
    let expected_in_last_month = expected.filter(|day| day.month() == last.month);
    let inferred = expected_in_last_month.unwrap_or_else(|| last.month.last_day());
    (Some(inferred), EndStatus::Inferred)
}
