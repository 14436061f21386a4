//! Precision and recall from a sample that people judged.
//!
//! Pairs are cut into strata by probability; of each, so many are drawn by a hash of their number, which nobody chooses and which is the same on every machine.
//! What is found in a stratum holds for all of it (Horvitz and Thompson); a stratum that nobody judged keeps what the model says. Pairs that could not be told are left
//! out. Formulas and limits: `docs/methods/review.md`.

use std::collections::{BTreeMap, BTreeSet};

use apres_ledger::Verdict;

use crate::desk::{PairLine, Zone};

/// Lower bounds of the strata, in ten-thousandths, and how many pairs are drawn of each.
const STRATA: [(u32, usize); 6] = [(0, 30), (2_000, 40), (5_000, 40), (8_000, 40), (9_500, 40), (9_900, 30)];
/// Two-sided 95 %.
const NORMAL_95: f64 = 1.96;

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Estimated.
    pub value: f64,
    /// Lower end of the interval at 95 %.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What the judged sample tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Of the pairs taken as found, the share that are one person.
    pub precision: Share,
    /// Of the pairs that are one person, the share taken as found: among the candidates.
    pub recall: Share,
    /// Pairs judged.
    pub judged: u64,
    /// Pairs drawn.
    pub drawn: u64,
}

/// The pairs of the sample of a list.
#[must_use]
pub fn sample(list: &str, pairs: &[PairLine]) -> BTreeSet<u64> {
    let mut drawn = BTreeSet::new();
    for (stratum, (_, quota)) in STRATA.iter().enumerate() {
        for is_accepted in [false, true] {
            let mut of_it: Vec<(u64, u64)> =
                pairs.iter().filter(|pair| key(pair) == (stratum, is_accepted)).map(|pair| (hash(list, pair.id), pair.id)).collect();
            of_it.sort_unstable();
            drawn.extend(of_it.iter().take(*quota).map(|(_, id)| *id));
        }
    }
    drawn
}

/// The stratum of a pair.
fn key(pair: &PairLine) -> (usize, bool) {
    let stratum = STRATA.iter().rposition(|(low, _)| pair.probability >= *low).unwrap_or(0);
    (stratum, pair.zone == Zone::Accept)
}

/// FNV-1a, with a last stir.
fn hash(list: &str, pair: u64) -> u64 {
    let stirred = list
        .bytes()
        .chain(pair.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let stirred = (stirred ^ (stirred >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    stirred ^ (stirred >> 29)
}

/// Pairs of a stratum.
#[derive(Debug, Clone, Copy, Default)]
struct Stratum {
    pairs: f64,
    expected: f64,
    judged: f64,
    same: f64,
}

impl Stratum {
    /// Pairs that are one person, and the variance of that.
    fn matches(&self) -> (f64, f64) {
        if self.judged < 1.0 {
            let share = self.expected / self.pairs.max(1.0);
            return (self.expected, self.pairs * share * (1.0 - share));
        }
        let share = self.same / self.judged;
        // Half a pair each way: a sample that agrees wholly is not certainty.
        let cautious = (self.same + 0.5) / (self.judged + 1.0);
        let left = (1.0 - self.judged / self.pairs).max(0.0);
        (self.pairs * share, self.pairs * self.pairs * left * cautious * (1.0 - cautious) / self.judged)
    }
}

/// What the verdicts on the sample tell; `None` while nothing of it is judged.
#[must_use]
pub fn estimate(list: &str, pairs: &[PairLine], verdicts: &BTreeMap<u64, Verdict>) -> Option<Estimate> {
    let drawn = sample(list, pairs);
    let mut strata: BTreeMap<(usize, bool), Stratum> = BTreeMap::new();
    let mut judged = 0;
    for pair in pairs {
        let stratum = strata.entry(key(pair)).or_default();
        stratum.pairs += 1.0;
        stratum.expected += f64::from(pair.probability) / 10_000.0;
        if let Some(verdict) = verdicts.get(&pair.id).filter(|verdict| drawn.contains(&pair.id) && **verdict != Verdict::Unsure) {
            judged += 1;
            stratum.judged += 1.0;
            stratum.same += f64::from(u8::from(*verdict == Verdict::Same));
        }
    }
    if judged == 0 {
        return None;
    }
    let sum = |is_accepted: bool| {
        let of_it = strata.iter().filter(|((_, accepted), _)| *accepted == is_accepted).map(|(_, stratum)| stratum);
        of_it.fold((0.0, 0.0, 0.0), |(pairs, matches, variance), stratum| {
            let (more, spread) = stratum.matches();
            (pairs + stratum.pairs, matches + more, variance + spread)
        })
    };
    let (accepted, found, found_variance) = sum(true);
    let (_, missed, missed_variance) = sum(false);
    let all = (found + missed).max(f64::MIN_POSITIVE);
    let recall_variance = (missed * missed * found_variance + found * found * missed_variance) / all.powi(4);
    Some(Estimate {
        precision: share(found / accepted.max(1.0), found_variance.sqrt() / accepted.max(1.0)),
        recall: share(found / all, recall_variance.sqrt()),
        judged,
        drawn: drawn.len() as u64,
    })
}

fn share(value: f64, deviation: f64) -> Share {
    let value = value.clamp(0.0, 1.0);
    Share { value, low: (value - NORMAL_95 * deviation).max(0.0), high: (value + NORMAL_95 * deviation).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs whose truth is known: of those of probability `p`, a share that is not `p` are one person.
    fn pairs() -> (Vec<PairLine>, BTreeMap<u64, Verdict>, (f64, f64)) {
        let (mut pairs, mut truth) = (Vec::new(), BTreeMap::new());
        let (mut accepted, mut right, mut all) = (0.0, 0.0, 0.0);
        for id in 0..6_000_u64 {
            let probability = [9_990, 9_990, 9_990, 9_700, 8_500, 6_000, 3_000, 500, 100, 10][usize::try_from(id % 10).unwrap()];
            let zone = if probability >= 9_500 { Zone::Accept } else { Zone::Review };
            // The model is too sure: of a hundred, 97 of the best are one person, 80 of the good ones, 40 of the doubtful ones.
            let share = match probability {
                9_900.. => 97,
                9_500.. => 80,
                3_000.. => 40,
                _ => 1,
            };
            let is_same = hash("truth", id) % 100 < share;
            truth.insert(id, if is_same { Verdict::Same } else { Verdict::Different });
            accepted += f64::from(u8::from(zone == Zone::Accept));
            right += f64::from(u8::from(zone == Zone::Accept && is_same));
            all += f64::from(u8::from(is_same));
            pairs.push(PairLine { id, zone, pattern: String::new(), probability, row: id });
        }
        (pairs, truth, (right / accepted, right / all))
    }

    #[test]
    fn the_intervals_hold_the_truth_that_the_model_misses() {
        let (pairs, truth, (precision, recall)) = pairs();
        let model: f64 =
            pairs.iter().filter(|pair| pair.zone == Zone::Accept).map(|pair| f64::from(pair.probability) / 1e4).sum::<f64>() / 2_400.0;
        let (mut precisions, mut recalls) = (0, 0);
        for list in 0..100 {
            let told = estimate(&format!("list-{list}"), &pairs, &truth).expect("all is judged");
            precisions += i32::from((told.precision.low..=told.precision.high).contains(&precision));
            recalls += i32::from((told.recall.low..=told.recall.high).contains(&recall));
        }
        assert!(model > precision + 0.03, "the model is wrong: {model} for {precision}");
        assert!(precisions >= 88 && recalls >= 88, "of 100 samples, {precisions} and {recalls} hold the truth");
    }

    #[test]
    fn a_census_is_exact_and_nothing_judged_tells_nothing() {
        let (pairs, truth, _) = pairs();
        let few: Vec<PairLine> = pairs.into_iter().take(40).collect();
        assert_eq!(estimate("list", &few, &BTreeMap::new()), None);
        let told = estimate("list", &few, &truth).expect("all is judged");
        let accepted: Vec<_> = few.iter().filter(|pair| pair.zone == Zone::Accept).collect();
        let right = accepted.iter().filter(|pair| truth[&pair.id] == Verdict::Same).count();
        let expected = f64::from(u32::try_from(right).unwrap()) / f64::from(u32::try_from(accepted.len()).unwrap());
        assert!((told.precision.value - expected).abs() < 1e-9 && (told.precision.high - told.precision.low).abs() < 1e-9);
        assert_eq!((told.judged, told.drawn), (40, 40));
    }

    #[test]
    fn the_sample_does_not_depend_on_the_order_of_pairs() {
        let (mut pairs, ..) = pairs();
        let drawn = sample("list", &pairs);
        pairs.reverse();
        assert_eq!(drawn, sample("list", &pairs));
        assert_ne!(drawn, sample("another", &pairs));
    }
}
