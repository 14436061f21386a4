//! Contributors who are alone in a hidden cell know it: what they know must not give them another one.
//!
//! For each of them, what is published is completed by the cells that they know. A target that this gives away is some combination of these
//! cells and of published ones; the target less the cells that they know is then a sum that must not be published, and becomes a target itself.

use super::CellKey;
use super::gauss::Outcome;
use super::primary::Facts;
use super::variable::{Sparse, Variable, less};
use crate::field::{inverse, multiply};

/// Hidden cells with one contributor, and the larger or smaller ones that are the same contributor's.
pub(super) fn groups(variables: &[Variable], keys: &[&CellKey], facts: &[&Facts], is_primary: &[bool]) -> Vec<Vec<usize>> {
    let alone: Vec<usize> = (0..keys.len()).filter(|&cell| is_primary[cell] && facts[cell].people == 1).collect();
    let holds = |outer: usize, inner: usize| {
        let nodes = keys[outer].iter().zip(keys[inner]);
        variables.iter().zip(nodes).all(|(variable, (outer, inner))| outer == inner || *outer == 0 || variable.holds(*outer, *inner))
    };
    let known = |&own: &usize| alone.iter().copied().filter(|&other| other == own || holds(other, own) || holds(own, other)).collect();
    let mut groups: Vec<Vec<usize>> = alone.iter().map(known).collect();
    groups.sort();
    groups.dedup();
    groups
}

/// Sums that a contributor could complete into a target with what he knows; `primary` are the first targets, cell by cell.
pub(super) fn exposed(outcome: &mut Outcome, columns: &[Sparse], primary: &[usize], groups: &[Vec<usize>]) -> Vec<Sparse> {
    let mut found = Vec::new();
    for group in groups {
        let mut known: Vec<(u32, Sparse, Sparse)> = Vec::new();
        for &cell in group {
            let rest = outcome.published.reduce(&columns[cell]);
            let (rest, said) = complete(rest, columns[cell].clone(), &known);
            if let Some(&(pivot, lead)) = rest.first() {
                let unit = inverse(lead);
                let scaled = |vector: Sparse| vector.into_iter().map(|(place, value)| (place, multiply(value, unit))).collect();
                known.push((pivot, scaled(rest), scaled(said)));
            }
        }
        let own: std::collections::BTreeSet<usize> = group.iter().copied().collect();
        for (target, residue) in outcome.residues.iter().enumerate() {
            let is_own = primary.get(target).is_some_and(|cell| own.contains(cell));
            let touches = || known.iter().any(|(pivot, _, _)| residue.binary_search_by_key(pivot, |entry| entry.0).is_ok());
            if is_own || residue.is_empty() || !touches() {
                continue;
            }
            let Some(&cell) = primary.get(target) else { continue };
            let (rest, said) = complete(residue.clone(), columns[cell].clone(), &known);
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
