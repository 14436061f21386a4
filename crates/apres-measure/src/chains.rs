//! Spells that follow one another: renewals, chained missions, parcours.
//!
//! A chain is a run of spells, sorted by start, in which no two are further apart than a given number of days. Sequences of fixed-term
//! contracts and of missions (docs/methods/measure.md §2, C5) are chains at one employer; a *parcours* (§3) is a chain across structures.
//! Void spells belong to no chain.

use crate::calendar::Day;
use crate::contract::Spell;

#[cfg(test)]
mod tests;

/// Days from the latest end to the next start within a sequence: at most seven days lie between them without a contract.
const SEQUENCE_START_AFTER_END_DAYS: i32 = 8;

/// What a sequence is made of; the two are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SequenceFamily {
    Mission,
    FixedTerm,
}

/// How many of these spells, sorted by start, form the first chain: each starts at most `start_after_end_days` after the latest end so far.
pub(crate) fn first_chain_length<'s>(sorted: impl Iterator<Item = &'s Spell>, start_after_end_days: i32) -> usize {
    let mut latest_end = None;
    sorted
        .take_while(|spell| {
            let joins = latest_end.is_none_or(|end: Day| spell.contract.date_debut <= end.plus_days(start_after_end_days));
            latest_end = latest_end.max(Some(spell.end_or_max()));
            joins
        })
        .count()
}

/// For each spell of one person, the length in days of the sequence that it belongs to; of itself alone when its nature forms none.
pub(crate) fn sequence_days(spells: &[Spell]) -> Vec<i32> {
    let mut days: Vec<i32> = spells.iter().map(|spell| spell.reach().days_since(spell.contract.date_debut)).collect();
    let place = |index: usize| {
        let spell = &spells[index];
        (spell.contract.siret, sequence_family(spell))
    };
    let mut order: Vec<usize> =
        (0..spells.len()).filter(|&index| !spells[index].is_void() && sequence_family(&spells[index]).is_some()).collect();
    order.sort_unstable_by_key(|&index| (place(index), spells[index].contract.date_debut));
    for same_place in order.chunk_by(|&left, &right| place(left) == place(right)) {
        let mut rest = same_place;
        while let Some(&first) = rest.first() {
            let chain = rest.iter().map(|&index| &spells[index]);
            let (sequence, others) = rest.split_at(first_chain_length(chain, SEQUENCE_START_AFTER_END_DAYS));
            let start = spells[first].contract.date_debut;
            let reach = sequence.iter().map(|&index| spells[index].reach()).max();
            for &index in sequence {
                days[index] = reach.map_or(0, |reach| reach.days_since(start));
            }
            rest = others;
        }
    }
    days
}

fn sequence_family(spell: &Spell) -> Option<SequenceFamily> {
    let terms = &spell.terms;
    match terms.nature {
        Some(3) => Some(SequenceFamily::Mission),
        Some(2 | 10 | 92) if !terms.is_usage() && !terms.is_subsidised() && !terms.is_alternance() => Some(SequenceFamily::FixedTerm),
        _ => None,
    }
}
