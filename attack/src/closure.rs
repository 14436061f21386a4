//! Difference closure: which numbers follow exactly from those that are said, by adding and subtracting them.
//!
//! Everything that is said is taken at face value. Where counts are exact, what follows is the truth; where they are noisy, it is whatever the noise gives.

use std::collections::BTreeMap;

use crate::released::Said;
use crate::system::System;

/// A number followed by nothing but known ones: its value, when it follows.
pub(crate) struct Closure {
    /// Rows in echelon form by their first unknown, with the value of the sum.
    rows: BTreeMap<usize, (Vec<f64>, f64)>,
    unknowns: usize,
}

/// Below this, a coefficient is taken as none: coefficients are small whole numbers and their quotients.
const TINY: f64 = 1e-7;

impl Closure {
    pub(crate) fn new(system: &System) -> Self {
        let mut closure = Self { rows: BTreeMap::new(), unknowns: system.unknowns };
        let mut sums: Vec<(&Vec<usize>, f64)> = Vec::new();
        for (sum, said) in &system.sums {
            if let Said::About { value, .. } = said {
                sums.push((sum, *value));
            }
        }
        sums.sort_by_key(|(sum, _)| sum.len());
        for (sum, value) in sums {
            closure.learn(sum, value);
        }
        closure
    }

    /// The value of a sum, when it follows.
    pub(crate) fn value(&self, sum: &[usize]) -> Option<f64> {
        let (rest, value) = self.reduced(sum, 0.0);
        rest.iter().all(|coefficient| coefficient.abs() < TINY).then_some(-value)
    }

    fn learn(&mut self, sum: &[usize], value: f64) {
        let (mut rest, mut value) = self.reduced(sum, value);
        let Some(first) = rest.iter().position(|coefficient| coefficient.abs() > TINY) else { return };
        let lead = rest[first];
        rest.iter_mut().for_each(|coefficient| *coefficient /= lead);
        value /= lead;
        // The other rows lose this unknown, so that reducing takes one pass.
        for (row, known) in self.rows.values_mut() {
            let factor = row[first];
            if factor.abs() > TINY {
                row.iter_mut().zip(&rest).for_each(|(coefficient, other)| *coefficient -= factor * other);
                *known -= factor * value;
            }
        }
        self.rows.insert(first, (rest, value));
    }

    fn reduced(&self, sum: &[usize], value: f64) -> (Vec<f64>, f64) {
        let mut rest: Vec<f64> = vec![0.0; self.unknowns];
        sum.iter().for_each(|&unknown| rest[unknown] += 1.0);
        let mut value = value;
        for (first, (row, known)) in &self.rows {
            let factor = rest[*first];
            if factor.abs() > TINY {
                rest.iter_mut().zip(row).for_each(|(coefficient, other)| *coefficient -= factor * other);
                value -= factor * known;
            }
        }
        (rest, value)
    }
}
