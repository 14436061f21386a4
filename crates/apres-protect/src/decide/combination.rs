//! Combined sums: which hidden figures the sums of a table, taken all together, determine exactly.
//!
//! Each sum is one linear equation between hidden figures. A figure is determined when it is the same in every solution, that is when
//! it is zero in every solution of the equations without their known parts. One such solution is drawn at large, modulo a large prime,
//! with free values that depend on their position only: a figure that is zero in it is taken as determined. An error of that test
//! (less than one in 10^15 for each figure) would only hide more. It looks for exact values; intervals are not its matter.

use std::collections::BTreeMap;

use crate::field::{PRIME, add, inverse, multiply, negate};

/// A sum of hidden figures: position of each and its coefficient, every other figure of the sum being known.
pub(super) type Equation = Vec<(usize, i8)>;

/// The figures, among `count`, that the equations determine.
pub(super) fn determined(equations: &[Equation], count: usize) -> Vec<usize> {
    let pivots = eliminate(equations);
    let mut solution: Vec<u64> = (0..count).map(scattered).collect();
    // Each pivot row gives its first figure from later ones.
    for (&first, row) in pivots.iter().rev() {
        let others = row[1..].iter().fold(0, |sum, &(figure, coefficient)| add(sum, multiply(coefficient, solution[figure])));
        solution[first] = negate(others);
    }
    (0..count).filter(|&figure| solution[figure] == 0).collect()
}

/// Rows in echelon form by their first figure, whose coefficient is 1.
fn eliminate(equations: &[Equation]) -> BTreeMap<usize, Vec<(usize, u64)>> {
    let mut rows: Vec<Vec<(usize, u64)>> = equations.iter().map(Vec::as_slice).map(reduced).collect();
    rows.sort_by_key(Vec::len);
    let mut pivots: BTreeMap<usize, Vec<(usize, u64)>> = BTreeMap::new();
    for mut row in rows {
        while let Some(&(first, coefficient)) = row.first() {
            let Some(pivot) = pivots.get(&first) else {
                let unit = inverse(coefficient);
                row.iter_mut().for_each(|(_, value)| *value = multiply(*value, unit));
                pivots.insert(first, row);
                break;
            };
            row = subtract(&row, pivot, coefficient);
        }
    }
    pivots
}

fn reduced(equation: &[(usize, i8)]) -> Vec<(usize, u64)> {
    let mut row: Vec<(usize, u64)> = Vec::with_capacity(equation.len());
    let mut sorted = equation.to_vec();
    sorted.sort_unstable();
    for (figure, coefficient) in sorted {
        let size = u64::from(coefficient.unsigned_abs());
        row.push((figure, if coefficient < 0 { negate(size) } else { size }));
    }
    row.retain(|(_, coefficient)| *coefficient != 0);
    row
}

/// `row` less `factor` times `pivot`.
fn subtract(row: &[(usize, u64)], pivot: &[(usize, u64)], factor: u64) -> Vec<(usize, u64)> {
    let mut result = Vec::with_capacity(row.len() + pivot.len());
    let factor = negate(factor);
    let (mut left, mut right) = (row.iter().peekable(), pivot.iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (None, None) => return result,
            (Some(a), Some(b)) if a.0 == b.0 => (a.0, add(a.1, multiply(b.1, factor)), true, true),
            (Some(a), b) if b.is_none_or(|b| a.0 < b.0) => (a.0, a.1, true, false),
            (_, Some(b)) => (b.0, multiply(b.1, factor), false, true),
            (Some(a), None) => (a.0, a.1, true, false),
        };
        let (figure, coefficient, takes_left, takes_right) = next;
        if takes_left {
            left.next();
        }
        if takes_right {
            right.next();
        }
        if coefficient != 0 {
            result.push((figure, coefficient));
        }
    }
}

/// A value for a free figure that depends on its position only, never zero (the finaliser of `SplitMix64`).
fn scattered(position: usize) -> u64 {
    let mut value = (position as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (value ^ (value >> 31)) % (PRIME - 1) + 1
}
