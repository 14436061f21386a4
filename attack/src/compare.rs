//! Two releases in time: what the answers to the same questions, before and after, tell of those who objected in between.
//!
//! The attacker is told who they are, with all that a table is broken down by: at worst, a structure knows who left it and who wrote to object. It looks for
//! which groups moved, and for what became of them: their outcome leaves the numerators of every group that they were in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::crawl::Asked;
use crate::menus::Menus;
use crate::released::{Group, Quantity, Reading, Said};

/// A number that was said before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Whose.
    pub quantity: Quantity,
    /// Of which group.
    pub group: Group,
    /// After less before.
    pub by: f64,
    /// How far that may be from the truth, as a variance.
    pub variance: f64,
}

/// Noise of one count, as a variance: about that of the default policy.
const NOISE_VARIANCE: f64 = 2.0;

/// What was said of the same numbers twice, the ones that did not move too.
#[must_use]
pub fn changes(before: &[Reading], after: &[Reading]) -> Vec<Change> {
    let of = |readings: &[Reading]| {
        let known = readings.iter().filter_map(|reading| Some(((reading.quantity.clone(), reading.group.clone()), middle(reading.said)?)));
        known.collect::<BTreeMap<_, _>>()
    };
    let (before, after) = (of(before), of(after));
    let mut changes = Vec::new();
    for ((quantity, group), (value, width)) in before {
        let Some((later, later_width)) = after.get(&(quantity.clone(), group.clone())) else { continue };
        let variance = 2.0 * NOISE_VARIANCE + (width * width + later_width * later_width) / 12.0;
        changes.push(Change { quantity, group, by: later - value, variance });
    }
    changes
}

/// The middle of what is said, and how wide it is.
fn middle(said: Said) -> Option<(f64, f64)> {
    match said {
        Said::About { value, .. } => Some((value, 0.0)),
        Said::Between { low, high } => Some((f64::midpoint(low, high), high - low)),
        Said::Hidden => None,
    }
}

/// The values, by dimension, that nobody who objected had: something is said of their group, before and after, and all of it is the same. The answers are
/// to the same questions, in the same order.
#[must_use]
pub fn cleared(before: &[Asked], after: &[Asked], menus: &Menus) -> BTreeSet<(String, String)> {
    let mut cleared = BTreeSet::new();
    for (one, other) in before.iter().zip(after).filter(|(one, other)| one.question == other.question) {
        let (one_by_group, other_by_group) = (by_group(one), by_group(other));
        for (group, figures) in one_by_group {
            let is_said = figures.iter().any(|figure| figure["kind"] != "hidden");
            if is_said && other_by_group.get(group) == Some(&figures) {
                cleared.insert((one.question.by.clone(), menus.value_of(&one.question.by, group)));
            }
        }
    }
    cleared
}

fn by_group(asked: &Asked) -> BTreeMap<&str, Vec<&Value>> {
    let mut groups: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in asked.rows.iter().flatten().filter(|row| !row.group.is_empty()) {
        groups.entry(&row.group).or_default().push(&row.figure);
    }
    groups
}

/// For each person, how likely an outcome looks: least squares of the changes of its numerators over those who left each group, drawn to a half as people
/// of whom nothing is known are.
#[must_use]
pub fn outcomes(changes: &[Change], outcome: &Quantity, people: &[Group]) -> Vec<f64> {
    let size = people.len();
    let (mut matrix, mut known) = (vec![vec![0.0; size]; size], vec![0.0; size]);
    for change in changes.iter().filter(|change| change.quantity == *outcome) {
        let is_in = |person: &Group| change.group.iter().all(|(dimension, value)| is_of(person, dimension, value));
        let inside: Vec<usize> = (0..size).filter(|place| is_in(&people[*place])).collect();
        for &one in &inside {
            known[one] -= change.by / change.variance;
            inside.iter().for_each(|&other| matrix[one][other] += 1.0 / change.variance);
        }
    }
    for place in 0..size {
        matrix[place][place] += 4.0;
        known[place] += 2.0;
    }
    solved(matrix, known)
}

fn is_of(person: &Group, dimension: &str, value: &str) -> bool {
    person.get(dimension).is_some_and(|own| value.split('+').any(|part| part == own))
}

/// The solution of a positive definite system, by elimination.
fn solved(mut matrix: Vec<Vec<f64>>, mut known: Vec<f64>) -> Vec<f64> {
    let size = known.len();
    for lead in 0..size {
        for row in 0..size {
            let factor = if row == lead { 0.0 } else { matrix[row][lead] / matrix[lead][lead] };
            if factor != 0.0 {
                let leading = matrix[lead].clone();
                matrix[row].iter_mut().zip(&leading).for_each(|(cell, other)| *cell -= factor * other);
                known[row] -= factor * known[lead];
            }
        }
    }
    (0..size).map(|place| known[place] / matrix[place][place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_counts_before_and_after_tell_what_became_of_somebody() {
        let outcome = Quantity::With("B-01".to_owned(), 6);
        let group = |value: &str| Group::from([("sexe".to_owned(), value.to_owned())]);
        let of = |quantity: &Quantity, value: &str, people: f64| Reading {
            quantity: quantity.clone(),
            group: group(value),
            said: Said::About { value: people, off_max: 0.0 },
        };
        let before = [of(&Quantity::Leavers, "F", 40.0), of(&outcome, "F", 20.0), of(&Quantity::Leavers, "M", 50.0)];
        let after = [of(&Quantity::Leavers, "F", 39.0), of(&outcome, "F", 19.0), of(&Quantity::Leavers, "M", 50.0)];
        let changes = changes(&before, &after);
        let found = outcomes(&changes, &outcome, &[group("F"), group("M")]);
        assert!(found[0] > 0.5, "{found:?}");
        assert!((found[1] - 0.5).abs() < 1e-9, "nothing is said of the other: {found:?}");
    }
}
