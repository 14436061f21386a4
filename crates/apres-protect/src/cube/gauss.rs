//! Which cells may be published so that no target can be computed from them: Gaussian elimination, one candidate after the other.
//!
//! Cells are vectors over coordinates. Candidates come in the order in which one would like to publish them. What is published so far
//! spans a space; a target is kept as its *residue*, what is left of it once that space is taken out. Publishing one more cell would give a
//! target away exactly when the residue of the cell is a multiple of the residue of the target: such a cell is hidden.
//!
//! Source: Langsrud (2024), *Secondary cell suppression by Gaussian elimination*; see `docs/methods/closed-cube.md`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::variable::{Sparse, less};
use crate::field::{add, inverse, multiply, negate};

/// What was decided of the candidates, and what is left of the targets.
pub(super) struct Outcome {
    /// Candidates that must not be published, in the order in which they were met.
    pub(super) hidden: Vec<usize>,
    /// The space of what is published.
    pub(super) published: Space,
    /// Residue of each target; none is empty but those that were from the start.
    pub(super) residues: Vec<Sparse>,
}

/// A space spanned by vectors in echelon form.
pub(super) struct Space {
    /// Vectors, each with 1 at its pivot and nothing at the pivots of those before.
    vectors: Vec<Sparse>,
    pivots: Vec<u32>,
    /// Which vector has its pivot at a coordinate.
    at: Vec<Option<u32>>,
    /// Sum under way, by coordinate.
    sum: Vec<u64>,
    /// How many columns use a coordinate: pivots are taken where few do.
    uses: Vec<u32>,
}

/// Publishes the candidates in their order, those that would give a target away excepted.
pub(super) fn publish(columns: &[Sparse], candidates: &[usize], targets: Vec<Sparse>, coordinates: usize) -> Outcome {
    let mut published = Space::new(coordinates, columns);
    let mut residues = targets;
    // Targets that may have something at a coordinate; what is no longer there is skipped when met.
    let mut met: Vec<Vec<u32>> = vec![Vec::new(); coordinates];
    for (target, residue) in residues.iter().enumerate() {
        note(&mut met, residue, target);
    }
    let mut hidden = Vec::new();
    for &candidate in candidates {
        let rest = published.reduce(&columns[candidate]);
        let Some(pivot) = published.pivot(&rest) else { continue };
        let beside = &met[pivot as usize];
        if beside.iter().any(|&target| is_multiple(&residues[target as usize], &rest)) {
            hidden.push(candidate);
            continue;
        }
        let vector = published.add(rest, pivot);
        for target in std::mem::take(&mut met[pivot as usize]) {
            let residue = &mut residues[target as usize];
            if let Ok(place) = residue.binary_search_by_key(&pivot, |entry| entry.0) {
                let factor = residue[place].1;
                let before = std::mem::take(residue);
                *residue = less(&before, factor, &published.vectors[vector]);
                let new: Sparse =
                    residue.iter().filter(|(place, _)| before.binary_search_by_key(place, |entry| entry.0).is_err()).copied().collect();
                note(&mut met, &new, target as usize);
            }
        }
    }
    Outcome { hidden, published, residues }
}

fn note(met: &mut [Vec<u32>], residue: &Sparse, target: usize) {
    let target = u32::try_from(target).expect("a cube has fewer targets");
    residue.iter().for_each(|(place, _)| met[*place as usize].push(target));
}

/// Whether two vectors are the same but for a factor; an empty one is a multiple of none.
fn is_multiple(a: &Sparse, b: &Sparse) -> bool {
    if a.is_empty() || a.len() != b.len() {
        return false;
    }
    let (first, other) = (a[0].1, b[0].1);
    // a = first/other · b, without dividing.
    a.iter().zip(b).all(|(x, y)| x.0 == y.0 && multiply(x.1, other) == multiply(y.1, first))
}

impl Space {
    pub(super) fn new(coordinates: usize, columns: &[Sparse]) -> Self {
        let mut uses = vec![0; coordinates];
        columns.iter().flatten().for_each(|(place, _)| uses[*place as usize] += 1);
        Self { vectors: Vec::new(), pivots: Vec::new(), at: vec![None; coordinates], sum: vec![0; coordinates], uses }
    }

    /// What is left of a vector once the space is taken out: nothing at any pivot.
    pub(super) fn reduce(&mut self, vector: &Sparse) -> Sparse {
        let mut touched: Vec<u32> = Vec::with_capacity(vector.len());
        let mut waiting: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
        for &(place, value) in vector {
            self.sum[place as usize] = value;
            touched.push(place);
            waiting.extend(self.at[place as usize].map(Reverse));
        }
        // A vector has nothing at earlier pivots, so taking them in order finishes.
        while let Some(Reverse(next)) = waiting.pop() {
            let pivot = self.pivots[next as usize];
            let factor = negate(self.sum[pivot as usize]);
            if factor == 0 {
                continue;
            }
            for position in 0..self.vectors[next as usize].len() {
                let (place, value) = self.vectors[next as usize][position];
                let before = self.sum[place as usize];
                self.sum[place as usize] = add(before, multiply(value, factor));
                if before == 0 {
                    touched.push(place);
                    waiting.extend(self.at[place as usize].filter(|&vector| vector > next).map(Reverse));
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let rest = touched.iter().map(|&place| (place, std::mem::take(&mut self.sum[place as usize])));
        rest.filter(|(_, value)| *value != 0).collect()
    }

    /// Where a reduced vector would have its pivot: the coordinate that the fewest columns use.
    fn pivot(&self, rest: &Sparse) -> Option<u32> {
        rest.iter().map(|(place, _)| *place).min_by_key(|&place| self.uses[place as usize])
    }

    /// Adds a reduced vector; gives its position.
    fn add(&mut self, mut rest: Sparse, pivot: u32) -> usize {
        let place = rest.binary_search_by_key(&pivot, |entry| entry.0).expect("a pivot is in its vector");
        let unit = inverse(rest[place].1);
        rest.iter_mut().for_each(|(_, value)| *value = multiply(*value, unit));
        self.at[pivot as usize] = Some(u32::try_from(self.vectors.len()).expect("a cube has fewer cells"));
        self.vectors.push(rest);
        self.pivots.push(pivot);
        self.vectors.len() - 1
    }
}
