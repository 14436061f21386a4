//! Linear bounds: the smallest and the largest that a hidden number can be, given everything that is said.

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

use crate::released::Said;
use crate::system::System;

/// Whole numbers that a sum can take; `None` when what is said contradicts itself, or the solver gives up.
pub(crate) fn bounds(system: &System, sum: &[usize], at_least: u64) -> Option<(u64, u64)> {
    let low = optimum(system, sum, at_least, OptimizationDirection::Minimize)?;
    let high = optimum(system, sum, at_least, OptimizationDirection::Maximize)?;
    // The solver is right to about 1e-7 of people; a whole number that near a bound is within it.
    Some((whole((low - 1e-4).ceil()), whole((high + 1e-4).floor())))
}

/// The largest number of people that a bound may reach where nothing is said.
const PEOPLE_MAX: f64 = 1e6;

fn optimum(system: &System, sum: &[usize], at_least: u64, direction: OptimizationDirection) -> Option<f64> {
    let mut problem = Problem::new(direction);
    let weight = |unknown: usize| if sum.contains(&unknown) { 1.0 } else { 0.0 };
    let unknowns: Vec<Variable> = (0..system.unknowns).map(|unknown| problem.add_var(weight(unknown), (0.0, PEOPLE_MAX))).collect();
    let mut seen = std::collections::BTreeSet::new();
    for (sum, said) in &system.sums {
        let (low, high) = match said {
            Said::About { value, off_max } => ((value - off_max).max(0.0), value + off_max),
            Said::Between { low, high } => (low.max(0.0), *high),
            Said::Hidden => continue,
        };
        // The same sum is said by several answers.
        if !seen.insert((sum, low.to_bits(), high.to_bits())) {
            continue;
        }
        let terms: Vec<(Variable, f64)> = sum.iter().map(|&unknown| (unknowns[unknown], 1.0)).collect();
        if high - low < 1e-9 {
            problem.add_constraint(&terms, ComparisonOp::Eq, low);
        } else {
            problem.add_constraint(&terms, ComparisonOp::Le, high);
            if low > 0.0 {
                problem.add_constraint(&terms, ComparisonOp::Ge, low);
            }
        }
    }
    if at_least > 0 {
        let terms: Vec<(Variable, f64)> = sum.iter().map(|&unknown| (unknowns[unknown], 1.0)).collect();
        problem.add_constraint(&terms, ComparisonOp::Ge, f64::from(u32::try_from(at_least).ok()?));
    }
    problem.solve().ok()?.into_solution().ok().map(|solution| solution.objective())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number between 0 and a million")]
fn whole(value: f64) -> u64 {
    value.clamp(0.0, PEOPLE_MAX) as u64
}
