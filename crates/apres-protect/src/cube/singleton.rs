//! Contributors who are alone in a hidden cell know it: what they know must not give them another one.
//!
//! For each of them, what is published is completed by the cells that they know. A target that this gives away is some combination of these
//! cells and of published ones; the target less the cells that they know is then a sum that must not be published, and becomes a target itself.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::CellKey;
use super::gauss::Outcome;
use super::primary::Facts;
use super::variable::{Sparse, Variable, less};
use crate::field::{inverse, multiply};

/// Hidden cells with one contributor, and the larger or smaller ones that are the same contributor's.
pub(super) fn groups(variables: &[Variable], keys: &[&CellKey], facts: &[&Facts], is_primary: &[bool]) -> Vec<Vec<usize>> {
    let alone: Vec<usize> = (0..keys.len()).filter(|&cell| is_primary[cell] && facts[cell].people == 1).collect();
    let cells: HashMap<&CellKey, usize> = alone.iter().map(|&cell| (keys[cell], cell)).collect();
    let holders: Vec<Vec<Vec<usize>>> = variables.iter().map(Variable::holders).collect();
    let mut known: HashMap<usize, BTreeSet<usize>> = alone.iter().map(|&own| (own, BTreeSet::from([own]))).collect();
    for &own in &alone {
        let mut outer: Vec<CellKey> = vec![Vec::with_capacity(variables.len())];
        for (holders, node) in holders.iter().zip(keys[own]) {
            outer = outer.iter().flat_map(|key| holders[*node].iter().map(move |holder| [key.as_slice(), &[*holder]].concat())).collect();
        }
        for other in outer.iter().filter_map(|key| cells.get(key)) {
            for (one, another) in [(own, *other), (*other, own)] {
                known.entry(one).or_default().insert(another);
            }
        }
    }
    let groups: BTreeSet<Vec<usize>> = known.into_values().map(|group| group.into_iter().collect()).collect();
    groups.into_iter().collect()
}

/// Sums that a contributor could complete into a target with what he knows; `primary` are the first targets, cell by cell.
pub(super) fn exposed(outcome: &mut Outcome, columns: &[Sparse], primary: &[usize], groups: &[Vec<usize>]) -> Vec<Sparse> {
    let mut touched: HashMap<u32, Vec<usize>> = HashMap::new();
    for (target, residue) in outcome.residues.iter().enumerate().take(primary.len()) {
        residue.iter().for_each(|(place, _)| touched.entry(*place).or_default().push(target));
    }
    let mut reduced: HashMap<usize, Sparse> = HashMap::new();
    let mut found = Vec::new();
    for group in groups {
        let mut known: Vec<(u32, Sparse, Sparse)> = Vec::new();
        for &cell in group {
            let rest = reduced.entry(cell).or_insert_with(|| outcome.published.reduce(&columns[cell])).clone();
            let (rest, said) = complete(rest, columns[cell].clone(), &known);
            if let Some(&(pivot, lead)) = rest.first() {
                let unit = inverse(lead);
                let scaled = |vector: Sparse| vector.into_iter().map(|(place, value)| (place, multiply(value, unit))).collect();
                known.push((pivot, scaled(rest), scaled(said)));
            }
        }
        let met: BTreeSet<usize> = known.iter().filter_map(|(pivot, _, _)| touched.get(pivot)).flatten().copied().collect();
        // What no known cell has cannot be taken out.
        let held: HashSet<u32> = known.iter().flat_map(|(_, rest, _)| rest.iter().map(|(place, _)| *place)).collect();
        let can_vanish = |target: &usize| outcome.residues[*target].iter().all(|(place, _)| held.contains(place));
        let is_other = |target: &usize| group.binary_search(&primary[*target]).is_err();
        for target in met.into_iter().filter(|target| is_other(target) && can_vanish(target)) {
            let (rest, said) = complete(outcome.residues[target].clone(), columns[primary[target]].clone(), &known);
            if rest.is_empty() && !said.is_empty() {
                found.push(said);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// A residue once what is known is taken out of it, and the same taken out of the vector itself.
fn complete(mut rest: Sparse, mut vector: Sparse, known: &[(u32, Sparse, Sparse)]) -> (Sparse, Sparse) {
    for (pivot, residue, cell) in known {
        if let Ok(place) = rest.binary_search_by_key(pivot, |entry| entry.0) {
            let factor = rest[place].1;
            rest = less(&rest, factor, residue);
            vector = less(&vector, factor, cell);
        }
    }
    (rest, vector)
}
