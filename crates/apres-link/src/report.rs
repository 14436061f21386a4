//! How good the matching is, said without knowing the truth.
//!
//! Probabilities that mean what they say give the precision of what is accepted and the recall of what was a candidate; people found by names and people found by
//! dates are two captures of the same population, and tell how many neither found. A clerical sample, when there is one, corrects both.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::assign::Wish;
use crate::blocking::family;
use crate::compare::EXTRA;
use crate::linker::{Options, Unusable};
use crate::model::em::{Pair, Parameters};
use crate::model::frequencies::{Counts, as_f64};

/// A figure and the interval that holds it 95 times in a hundred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// What is estimated of the pairs kept.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Estimates {
    /// Pairs at or above it are accepted.
    pub accept_from: f64,
    /// Pairs below it are rejected; those between are for a person to look at.
    pub reject_below: f64,
    /// Accepted pairs.
    pub accepted: u64,
    /// Pairs for a person to look at.
    pub to_review: u64,
    /// Right pairs among those accepted.
    pub precision: Estimate,
    /// Accepted right pairs among all rows that are someone of the reference.
    pub recall: Estimate,
    /// Right pairs that no key found, estimated.
    pub never_candidates: f64,
    /// The same two at one half.
    pub precision_at_half: Estimate,
    /// The same two at one half.
    pub recall_at_half: Estimate,
    /// Chosen pairs by tenth of probability.
    pub histogram: [u64; 10],
}

/// Figures of a matching. All exact: for the depositor they go through the gate.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Rows of the list.
    pub rows: u64,
    /// Rows that were not searched, by reason.
    pub unusable: BTreeMap<Unusable, u64>,
    /// Records of the reference.
    pub records: u64,
    /// Pairs that were compared.
    pub compared: u64,
    /// Share of the rows that are someone of the reference, as learned.
    pub share_in_reference: f64,
    /// Rounds of learning.
    pub rounds: u64,
    /// What was learned of two records of one person: for each field the share of its levels, in the order of the method's tables.
    pub same_person: Vec<Vec<f64>>,
    /// Expected namesakes of a row beyond chance, by level of the date.
    pub namesakes: Vec<f64>,
    /// Expected relatives of a row, by level of the date.
    pub relatives: Vec<f64>,
    /// What is estimated.
    #[serde(flatten)]
    pub estimates: Estimates,
}

impl Report {
    pub(crate) fn new(
        unusable: &[Option<Unusable>],
        counts: &Counts,
        compared: usize,
        parameters: &Parameters,
        estimates: Estimates,
    ) -> Self {
        let mut reasons = BTreeMap::new();
        unusable.iter().flatten().for_each(|reason| *reasons.entry(*reason).or_default() += 1);
        Self {
            rows: unusable.len() as u64,
            unusable: reasons,
            records: counts.records(),
            compared: compared as u64,
            share_in_reference: parameters.share,
            rounds: parameters.rounds as u64,
            same_person: parameters.same[..EXTRA].iter().map(|field| field.to_vec()).collect(),
            namesakes: parameters.namesakes_at.to_vec(),
            relatives: parameters.relatives_at.iter().map(|names| names[1..].iter().sum()).collect(),
            estimates,
        }
    }
}

impl Estimates {
    pub(crate) fn of(wishes: &[Wish], chosen: &[usize], pairs: &[Pair], options: &Options) -> Self {
        let mut kept: Vec<f64> = chosen.iter().map(|place| wishes[*place].probability).collect();
        kept.sort_by(|one, other| other.total_cmp(one));
        let accept_from = options.threshold.unwrap_or_else(|| accept_from(&kept, options.target_precision));
        // What is rejected would cost, all of it, as much recall as the errors that the target allows.
        let reject_below = reject_below(&kept, 1.0 - options.target_precision).min(accept_from);
        let never_candidates = never_candidates(wishes, pairs);
        let all = wishes.iter().map(|wish| wish.probability).sum::<f64>() + never_candidates;
        let accepted: Vec<f64> = kept.iter().copied().filter(|probability| *probability >= accept_from).collect();
        let at_half: Vec<f64> = kept.iter().copied().filter(|probability| *probability >= 0.5).collect();
        let mut histogram = [0; 10];
        for probability in &kept {
            let tenth = (1..10).filter(|tenth| *probability >= f64::from(*tenth) / 10.0).count();
            histogram[tenth] += 1;
        }
        Self {
            accept_from,
            reject_below,
            accepted: accepted.len() as u64,
            to_review: kept.iter().filter(|probability| (reject_below..accept_from).contains(*probability)).count() as u64,
            precision: precision(&accepted),
            recall: recall(&accepted, all),
            never_candidates,
            precision_at_half: precision(&at_half),
            recall_at_half: recall(&at_half, all),
            histogram,
        }
    }
}

/// The least probability such that the mean of those above is the target.
fn accept_from(kept: &[f64], target: f64) -> f64 {
    let mut sum = 0.0;
    let mut limit = 1.0;
    for (count, probability) in (1_u64..).zip(kept) {
        sum += probability;
        if sum / as_f64(count) < target {
            break;
        }
        limit = *probability;
    }
    limit
}

/// The largest probability such that the right pairs below it are at most this share of all.
fn reject_below(kept: &[f64], share: f64) -> f64 {
    let all: f64 = kept.iter().sum();
    let mut lost = 0.0;
    for probability in kept.iter().rev() {
        lost += probability;
        if lost > share * all {
            return *probability;
        }
    }
    0.0
}

fn precision(kept: &[f64]) -> Estimate {
    let count = as_f64(kept.len() as u64).max(1.0);
    around(kept.iter().sum::<f64>() / count, variance(kept) / (count * count), count)
}

fn recall(kept: &[f64], all: f64) -> Estimate {
    let all = all.max(1.0);
    let found: f64 = kept.iter().sum();
    around((found / all).min(1.0), (variance(kept) + (all - found).max(0.0)) / (all * all), all)
}

fn variance(kept: &[f64]) -> f64 {
    kept.iter().map(|probability| probability * (1.0 - probability)).sum()
}

/// Two standard deviations on each side, and what one error more or less would change.
fn around(value: f64, variance: f64, count: f64) -> Estimate {
    let margin = 1.96 * variance.sqrt() + 1.0 / count;
    Estimate { value, low: (value - margin).max(0.0), high: (value + margin).min(1.0) }
}

/// Right pairs that neither the keys of dates nor those of names found: Chapman's estimator on two captures.
///
/// The two are not independent (who is badly written is so everywhere), so this is a lower bound.
fn never_candidates(wishes: &[Wish], pairs: &[Pair]) -> f64 {
    let (mut by_birth, mut by_names, mut by_both, mut by_any) = (0.0, 0.0, 0.0, 0.0);
    for wish in wishes {
        let families = pairs[wish.pair as usize].families;
        let (is_birth, is_names) = (families & family::BIRTH != 0, families & family::NAMES != 0);
        by_any += wish.probability;
        by_birth += if is_birth { wish.probability } else { 0.0 };
        by_names += if is_names { wish.probability } else { 0.0 };
        by_both += if is_birth && is_names { wish.probability } else { 0.0 };
    }
    let all = (by_birth + 1.0) * (by_names + 1.0) / (by_both + 1.0) - 1.0;
    (all - by_any).max(0.0)
}
