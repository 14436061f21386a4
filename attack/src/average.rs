//! Averaging: the numbers of people, none below zero, that are nearest to everything that is said (non-negative least squares).
//!
//! Source: Asghar and Kaafar (2020), *Averaging attacks on bounded noise-based disclosure control algorithms*.

use crate::released::Said;
use crate::system::System;

/// Rounds of coordinate descent; it has long converged on tables of some hundred unknowns.
const ROUNDS: usize = 400;

/// The estimated unknowns.
pub(crate) fn estimate(system: &System) -> Vec<f64> {
    let mut sums: Vec<(&[usize], f64, f64)> = Vec::new();
    for (sum, said) in &system.sums {
        match said {
            Said::About { value, .. } => sums.push((sum, *value, 1.0)),
            // A number between two bounds is most likely halfway, but one learns less from it the farther they are apart.
            Said::Between { low, high } => sums.push((sum, f64::midpoint(*low, *high), 1.0 / (1.0 + (high - low) / 4.0))),
            Said::Hidden => {}
        }
    }
    let mut of_unknown: Vec<Vec<usize>> = vec![Vec::new(); system.unknowns];
    for (position, (sum, ..)) in sums.iter().enumerate() {
        sum.iter().for_each(|&unknown| of_unknown[unknown].push(position));
    }
    let mut people = vec![0.0; system.unknowns];
    let mut residue: Vec<f64> = sums.iter().map(|(_, value, _)| *value).collect();
    for _ in 0..ROUNDS {
        for unknown in 0..system.unknowns {
            let (mut pull, mut weight) = (0.0, 0.0);
            for &position in &of_unknown[unknown] {
                pull += sums[position].2 * residue[position];
                weight += sums[position].2;
            }
            if weight == 0.0 {
                continue;
            }
            let next = f64::max(people[unknown] + pull / weight, 0.0);
            let step = next - people[unknown];
            people[unknown] = next;
            of_unknown[unknown].iter().for_each(|&position| residue[position] -= step);
        }
    }
    people
}
