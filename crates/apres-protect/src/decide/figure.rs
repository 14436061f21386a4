//! How a figure that may be said is said: rounding, intervals, bounds.
//!
//! Percentages are computed in whole numbers. The interval is a function of the rounded percentage and the denominator only, so that it
//! tells nothing more than they do.

use crate::policy::Policy;
use crate::release::{Figure, Reason};

/// 97.5 % quantile of the normal law, for a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// How many have it, out of how many.
pub(crate) type Portion = (u64, u64);

/// How a share is written once nothing else is at stake.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    /// Rates are multiples of so many points.
    pub(super) step: u8,
    /// Standard deviation of the noise on a count, as it may be told; 0 for exact counts.
    pub(super) told_deviation: u8,
}

/// A share as it may be said when nothing else is at stake: a rate, or only a bound when nearly nobody or nearly everybody has it.
///
/// `basis` is the same share of the people whom the thresholds count: all of them, or in a list those who were found. When nearly
/// none or nearly all of these have it and the others blur it, neither a rate nor a bound may be said.
pub(crate) fn rate((numerator, denominator): Portion, basis: Portion, policy: &Policy) -> Figure {
    let others = denominator - numerator;
    let step = if basis.1 < policy.round_5_below { 5 } else { 1 };
    let percent = round_percent(numerator, denominator, step);
    let bound = guard_bound(denominator, policy.guard_min);
    let writing = Writing { step, told_deviation: 0 };
    let below = Figure::RateBelow { percent: bound, denominator };
    let above = Figure::RateAbove { percent: 100 - bound, denominator };
    if is_guarded(basis, policy) {
        // Only the people of the basis may decide what is said: where others are added to the guarded side, nothing is.
        return match (basis.0 < policy.guard_min, numerator == basis.0, others == basis.1 - basis.0) {
            (true, true, _) => below,
            (false, _, true) => above,
            _ => Figure::Hidden { reason: Reason::WouldRevealAnother },
        };
    }
    // Rounding to 0 or 100 would also say « nobody » or « everybody ».
    match percent {
        0 => return below,
        100 => return above,
        _ => {}
    }
    let (low, high) = interval(percent, writing, denominator);
    let may_say = basis.0 >= policy.count_min && basis.1 - basis.0 >= policy.count_min;
    Figure::Rate { percent, denominator, numerator: may_say.then_some(numerator), low, high }
}

/// Whether a share has too few people on one side to be more than bounded.
pub(crate) fn is_guarded((numerator, denominator): Portion, policy: &Policy) -> bool {
    numerator < policy.guard_min || denominator - numerator < policy.guard_min
}

/// The mean of whole numbers in tenths of their unit, rounded to half a unit (halves upwards).
///
/// Half a unit over the people of a mean leaves their sum open by more than what one person can have: `docs/methods/gate.md` §4.
pub(super) fn round_mean(sum: i64, people: u64) -> i64 {
    let (sum, people) = (i128::from(sum), i128::from(people));
    let halves = (4 * sum + people).div_euclid(2 * people);
    i64::try_from(5 * halves).expect("a mean is within its values")
}

/// Percentage rounded to the nearest multiple of `step`, halves upwards.
pub(super) fn round_percent(numerator: u64, denominator: u64, step: u8) -> u8 {
    assert!(0 < denominator && numerator <= denominator, "a share has people, and no more than all of them");
    let (numerator, denominator, wide_step) = (u128::from(numerator), u128::from(denominator), u128::from(step));
    let steps = (200 * numerator + denominator * wide_step) / (2 * denominator * wide_step);
    u8::try_from(steps * wide_step).expect("a share is at most 100 %")
}

/// `guard_min` people in percent, rounded up to the next 5 points: every count below `guard_min` lies below it.
pub(super) fn guard_bound(denominator: u64, guard_min: u64) -> u8 {
    let fives = (u128::from(guard_min) * 20).div_ceil(u128::from(denominator)).max(1);
    u8::try_from(fives * 5).expect("the policy keeps the guard below half of the denominator")
}

/// 95 % interval in whole percent, outwards: Wilson's, widened by the noise and by what the rounding of the percentage may have taken away.
///
/// The noise of a ratio of two counts of deviation `d` has about the variance `d²·(1 + p²)/n²`. Source: Wilson (1927), score interval; `docs/methods/gate.md` §4 for the
/// rounding, `docs/methods/cell-keys.md` §6 for the noise.
pub(super) fn interval(percent: u8, writing: Writing, denominator: u64) -> (u8, u8) {
    let half_step = f64::from(writing.step) / 2.0;
    let lowest = (f64::from(percent) - half_step).max(0.0) / 100.0;
    let highest = (f64::from(percent) + half_step).min(100.0) / 100.0;
    let (low, _) = wilson(lowest, writing.told_deviation, denominator);
    let (_, high) = wilson(highest, writing.told_deviation, denominator);
    let (low, rate, high) = (low * 100.0, f64::from(percent), high * 100.0);
    assert!(low <= rate && rate <= high, "an interval holds its rate");
    // It is narrow, so whole points are looked for from the rate outwards.
    let below = (0..=percent).rev().find(|&point| f64::from(point) <= low);
    let above = (percent..=100).find(|&point| f64::from(point) >= high);
    (below.unwrap_or(0), above.unwrap_or(100))
}

fn wilson(share: f64, told_deviation: u8, denominator: u64) -> (f64, f64) {
    // Beyond four thousand million people the interval no longer changes.
    let n = f64::from(u32::try_from(denominator).unwrap_or(u32::MAX));
    let spread = Z * Z / n;
    let centre = (share + spread / 2.0) / (1.0 + spread);
    let half = (Z / (1.0 + spread)) * (share * (1.0 - share) / n + spread / (4.0 * n)).sqrt();
    let noise = Z * f64::from(told_deviation) / n * (1.0 + share * share).sqrt();
    let half = half.hypot(noise);
    (centre - half, centre + half)
}
