//! The noise table: for each count, the chances of each deviation.
//!
//! Among all the laws on the deviations that a count allows (never below zero, never onto a withheld small count), of mean zero and of the wanted variance, the one of
//! maximum entropy: `p(v) ∝ exp(a·v + b·v²)`, with `a` and `b` by Newton's method. Its source and its limits are in `docs/methods/cell-keys.md` §3.

/// Largest deviation that may be asked.
const DEVIATION_MAX: u8 = 50;
/// Steps after which a law that is still not found does not exist.
const STEPS_MAX: usize = 200;
/// How near the mean and the variance must come.
const NEAR: f64 = 1e-12;

/// What the noise is made with. None of it is ever shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    /// Largest deviation.
    pub(super) deviation_max: u8,
    /// Variance of the deviations.
    pub(super) variance: f64,
    /// No count is moved onto one of the first so many above zero.
    pub(super) withheld_max: u8,
    /// Deviations are the less likely the larger they are, on each side.
    pub(super) is_monotone: bool,
}

/// A noise table that does not exist, without the values that ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoiseFault {
    /// No deviation, too large a one, or a variance that is no number.
    #[error("the noise needs a 'deviation_max' between 1 and 50 and a 'variance' above zero")]
    OutOfRange,
    /// The variance is too large for the deviations, or too small for the counts withheld; at the bounds the law has two values only.
    #[error("no noise table: 'variance' must be below 'deviation_max', and above (withheld_max + 1)² / 4 rounded down")]
    Degenerate,
    /// No law has all the properties together.
    #[error("no noise table: no law has this variance and decreases on each side; correct 'variance' or leave out 'is_monotone'")]
    NotMonotone,
}

/// The laws of the deviations of the counts 1, 2, …; the last one holds for all larger counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    laws: Vec<Law>,
}

/// The chances of the deviations of one count.
#[derive(Debug, Clone, PartialEq)]
struct Law {
    deviations: Vec<i64>,
    chances: Vec<f64>,
    /// Sums of the chances up to and with each deviation.
    cumulated: Vec<f64>,
}

impl Table {
    /// The table of a shape.
    ///
    /// # Errors
    /// A [`NoiseFault`] when there is none, or when it would be degenerate.
    pub(super) fn new(shape: Shape) -> Result<Self, NoiseFault> {
        if !(1..=DEVIATION_MAX).contains(&shape.deviation_max) || !shape.variance.is_finite() || shape.variance <= 0.0 {
            return Err(NoiseFault::OutOfRange);
        }
        let withheld = shape.withheld_max;
        // A count that may only fall to zero or rise past the withheld ones has this variance at least.
        let least = (1..=withheld).map(|count| f64::from(count) * f64::from(withheld + 1 - count)).fold(0.0, f64::max);
        if shape.variance <= least || shape.variance >= f64::from(shape.deviation_max) {
            return Err(NoiseFault::Degenerate);
        }
        let laws = (1..=i64::from(shape.deviation_max) + i64::from(withheld) + 1).map(|count| Law::of(count, shape));
        Ok(Self { laws: laws.collect::<Result<_, _>>()? })
    }

    /// The deviation of a count at a place between 0 and 1. Nobody stays nobody.
    #[must_use]
    pub(crate) fn deviation(&self, count: u64, place: f64) -> i64 {
        let Some(above_one) = count.checked_sub(1) else { return 0 };
        let last = self.laws.len() - 1;
        let law = &self.laws[usize::try_from(above_one).unwrap_or(last).min(last)];
        let position = law.cumulated.iter().position(|&sum| place < sum).unwrap_or(law.deviations.len() - 1);
        law.deviations[position]
    }
}

impl Law {
    fn of(count: i64, shape: Shape) -> Result<Self, NoiseFault> {
        let largest = i64::from(shape.deviation_max);
        let is_allowed = |deviation: &i64| !(1..=i64::from(shape.withheld_max)).contains(&(count + deviation));
        let deviations: Vec<i64> = (-largest.min(count)..=largest).filter(is_allowed).collect();
        let mut ties: Vec<Vec<usize>> = (0..deviations.len()).map(|position| vec![position]).collect();
        loop {
            let chances = chances(&deviations, &ties, shape.variance).ok_or(if shape.is_monotone {
                NoiseFault::NotMonotone
            } else {
                NoiseFault::Degenerate
            })?;
            let disorder = shape.is_monotone.then(|| first_disorder(&deviations, &ties, &chances)).flatten();
            let Some(first) = disorder else {
                let cumulated = chances.iter().scan(0.0, |sum, chance| {
                    *sum += chance;
                    Some(*sum)
                });
                let cumulated = cumulated.collect();
                return Ok(Self { deviations, chances, cumulated });
            };
            // Two neighbours in the wrong order share one chance: what the constraint between them comes to when it binds.
            let second = ties.remove(first + 1);
            ties[first].extend(second);
        }
    }
}

/// The first of two neighbours of which the one nearer to zero is less likely.
fn first_disorder(deviations: &[i64], ties: &[Vec<usize>], chances: &[f64]) -> Option<usize> {
    (0..ties.len() - 1).find(|&first| {
        let (left, right) = (ties[first][0], ties[first + 1][0]);
        let is_rising = deviations[right] <= 0;
        let (near, far) = if is_rising { (right, left) } else { (left, right) };
        chances[near] < chances[far] - NEAR
    })
}

/// The chances of maximum entropy of mean zero and of this variance, where the deviations of one tie have the same; `None` when no step comes near enough.
///
/// Minimises the convex `ln Σ exp(a·v + b·v²) − b·variance`, whose gradient is the mean and the excess of variance.
fn chances(deviations: &[i64], ties: &[Vec<usize>], variance: f64) -> Option<Vec<f64>> {
    // A deviation is small, so it is exact as an `f64`.
    let values: Vec<f64> = deviations.iter().map(|&deviation| i32::try_from(deviation).map(f64::from)).collect::<Result<_, _>>().ok()?;
    let features: Vec<(f64, f64)> = features(&values, ties);
    let at = |a: f64, b: f64| -> (Vec<f64>, f64) {
        let exponents: Vec<f64> = features.iter().map(|(one, two)| a * one + b * two).collect();
        let highest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = exponents.iter().map(|exponent| (exponent - highest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        (weights.iter().map(|weight| weight / sum).collect(), highest + sum.ln() - b * variance)
    };
    // From about a normal law of this variance, and never so narrow a one that only one deviation is left.
    let (mut a, mut b) = (0.0, -(0.5 / variance).min(1.0));
    for _ in 0..STEPS_MAX {
        let (chances, height) = at(a, b);
        let moment =
            |of: &dyn Fn(&(f64, f64)) -> f64| chances.iter().zip(&features).map(|(chance, feature)| chance * of(feature)).sum::<f64>();
        let (mean, square) = (moment(&|feature| feature.0), moment(&|feature| feature.1));
        if mean.abs() < NEAR && (square - variance).abs() < NEAR * variance.max(1.0) {
            return Some(chances);
        }
        let (first, cross, second) = (
            moment(&|feature| feature.0 * feature.0) - mean * mean,
            moment(&|feature| feature.0 * feature.1) - mean * square,
            moment(&|feature| feature.1 * feature.1) - square * square,
        );
        let determinant = first * second - cross * cross;
        let (step_a, step_b) =
            ((second * mean - cross * (square - variance)) / determinant, (first * (square - variance) - cross * mean) / determinant);
        let mut reach = 1.0;
        // Shorter steps while the whole one climbs; a hair of climbing is rounding.
        while at(a - reach * step_a, b - reach * step_b).1 > height + NEAR && reach > NEAR {
            reach /= 2.0;
        }
        (a, b) = (a - reach * step_a, b - reach * step_b);
        if !(a.is_finite() && b.is_finite()) {
            return None;
        }
    }
    None
}

/// Each deviation and its square, or their means over its tie.
fn features(values: &[f64], ties: &[Vec<usize>]) -> Vec<(f64, f64)> {
    let mut features = vec![(0.0, 0.0); values.len()];
    for tie in ties {
        let share = 1.0 / tie.iter().map(|_| 1.0).sum::<f64>();
        let mean = |of: &dyn Fn(f64) -> f64| tie.iter().map(|&position| of(values[position])).sum::<f64>() * share;
        let feature = (mean(&|value| value), mean(&|value| value * value));
        for &position in tie {
            features[position] = feature;
        }
    }
    features
}

#[cfg(test)]
impl Table {
    /// The deviations of a count with their chances.
    pub(super) fn law(&self, count: usize) -> Vec<(i64, f64)> {
        let law = &self.laws[(count - 1).min(self.laws.len() - 1)];
        law.deviations.iter().copied().zip(law.chances.iter().copied()).collect()
    }

    /// How many counts have a law of their own.
    pub(super) fn len(&self) -> usize {
        self.laws.len()
    }
}
