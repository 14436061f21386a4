//! Someone who reads what is published of a cube and computes: other coordinates (combinations of leaves), another prime, other code.

use std::collections::BTreeSet;

use super::super::{CellKey, Cube, Pattern, Zeros};

const PRIME: u64 = 1_000_000_007;

pub(super) struct Onlooker {
    keys: Vec<CellKey>,
    hidden: BTreeSet<CellKey>,
    targets: BTreeSet<CellKey>,
    rows: Vec<Vec<u64>>,
    /// Reduced rows of what is published, by first column.
    echelon: Vec<(usize, Vec<u64>)>,
}

impl Onlooker {
    pub(super) fn new(cube: &Cube, pattern: &Pattern, zeros: Zeros) -> Self {
        let keys: Vec<CellKey> = cube.cells().map(|(key, _)| key.clone()).collect();
        let leaves: Vec<usize> = cube.variables().iter().map(|variable| variable.leaf_count()).collect();
        let places: usize = leaves.iter().product();
        let digits = |mut place: usize| {
            let mut digits: Vec<usize> = leaves
                .iter()
                .rev()
                .map(|count| {
                    let digit = place % count;
                    place /= count;
                    digit
                })
                .collect();
            digits.reverse();
            digits
        };
        let all: Vec<Vec<usize>> = (0..places).map(digits).collect();
        let is_in = |key: &CellKey, digits: &[usize]| {
            key.iter().zip(digits).enumerate().all(|(variable, (node, digit))| cube.variables()[variable].leaves_of(*node).contains(digit))
        };
        let empty: Vec<&CellKey> =
            cube.cells().filter(|(_, facts)| facts.people == 0 && zeros == Zeros::Said).map(|(key, _)| key).collect();
        let possible: Vec<&Vec<usize>> = all.iter().filter(|digits| !empty.iter().any(|key| is_in(key, digits))).collect();
        let row = |key: &CellKey| possible.iter().map(|digits| u64::from(is_in(key, digits))).collect();
        let rows: Vec<Vec<u64>> = keys.iter().map(row).collect();
        let hidden: BTreeSet<CellKey> = keys.iter().filter(|key| pattern.hides(key)).cloned().collect();
        let mut onlooker = Self { keys, hidden, targets: pattern.primary.clone(), rows, echelon: Vec::new() };
        for position in 0..onlooker.keys.len() {
            if !onlooker.hidden.contains(&onlooker.keys[position]) {
                onlooker.learn(onlooker.rows[position].clone());
            }
        }
        onlooker
    }

    /// Cells hidden for what they are that sums and differences of the published ones give.
    pub(super) fn recomputed(&self) -> Vec<CellKey> {
        let is_given = |position: &usize| self.reduced(self.rows[*position].clone()).iter().all(|value| *value == 0);
        (0..self.keys.len())
            .filter(|position| self.targets.contains(&self.keys[*position]))
            .filter(is_given)
            .map(|position| self.keys[position].clone())
            .collect()
    }

    /// The same for someone who knows one hidden cell, that cell apart.
    pub(super) fn recomputed_knowing(&self, known: &CellKey) -> Vec<CellKey> {
        let position = self.keys.iter().position(|key| key == known).unwrap();
        let mut insider = Self {
            keys: self.keys.clone(),
            hidden: self.hidden.clone(),
            targets: self.targets.clone(),
            rows: self.rows.clone(),
            echelon: self.echelon.clone(),
        };
        insider.learn(self.rows[position].clone());
        insider
            .recomputed()
            .into_iter()
            .filter(|key| self.rows[self.keys.iter().position(|other| other == key).unwrap()] != self.rows[position])
            .collect()
    }

    /// Whether a sum of cells is given.
    pub(super) fn gives_sum(&self, cells: &[CellKey]) -> bool {
        let mut sum = vec![0; self.rows[0].len()];
        for cell in cells {
            let position = self.keys.iter().position(|key| key == cell).unwrap();
            sum.iter_mut().zip(&self.rows[position]).for_each(|(sum, value)| *sum = (*sum + value) % PRIME);
        }
        self.reduced(sum).iter().all(|value| *value == 0)
    }

    fn learn(&mut self, row: Vec<u64>) {
        let mut row = self.reduced(row);
        let Some(first) = row.iter().position(|value| *value != 0) else { return };
        let unit = power(row[first], PRIME - 2);
        row.iter_mut().for_each(|value| *value = *value * unit % PRIME);
        self.echelon.push((first, row));
    }

    fn reduced(&self, mut row: Vec<u64>) -> Vec<u64> {
        for (first, known) in &self.echelon {
            let factor = row[*first];
            if factor != 0 {
                row.iter_mut().zip(known).for_each(|(value, other)| *value = (*value + (PRIME - factor) * other) % PRIME);
            }
        }
        row
    }
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}
