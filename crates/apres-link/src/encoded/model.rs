//! Fellegi and Sunter's weights, learned without labels, with one choice a row.
//!
//! How often strangers agree is learned from random pairs; how often a person's two rows agree, by expectation and maximisation from defaults that weigh as
//! forty pairs. All candidates of a row *and nobody* share one probability. A frequent name counts less: its frequency is that of its code in the reference.

use super::compare::{DATE_LEVELS, LIEU_LEVELS, Levels, NOM_LEVELS, PRENOM_LEVELS};

/// Steps of the learning.
const STEPS: usize = 15;
/// The defaults weigh as this many pairs.
const PRIOR_PAIRS: f64 = 40.0;
/// A share is never below this: what was not seen is rare, not impossible.
const SHARE_MIN: f64 = 1e-7;

/// Shares of the levels of each field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    nom: [f64; NOM_LEVELS],
    prenom: [f64; PRENOM_LEVELS],
    date: [f64; DATE_LEVELS],
    lieu: [f64; LIEU_LEVELS],
}

/// A pair that may be one person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) row: u32,
    pub(super) reference: u32,
    pub(super) levels: Levels,
}

/// What is counted while the reference goes by.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Rows of the reference.
    pub(super) reference: u32,
    /// Random pairs.
    pub(super) drawn: u32,
    /// Those whose year or day of birth agrees, and their levels.
    pub(super) comparable: u32,
    pub(super) nom: [u32; NOM_LEVELS],
    pub(super) prenom: [u32; PRENOM_LEVELS],
    pub(super) date: [u32; DATE_LEVELS],
    pub(super) lieu: [u32; LIEU_LEVELS],
}

impl Counts {
    pub(super) fn draw(&mut self, levels: Option<&Levels>) {
        self.drawn += 1;
        let Some(levels) = levels else { return };
        self.comparable += 1;
        self.nom[usize::from(levels.nom)] += 1;
        self.prenom[usize::from(levels.prenom)] += 1;
        self.date[usize::from(levels.date)] += 1;
        self.lieu[usize::from(levels.lieu)] += 1;
    }

    /// The share of pairs of strangers whose names can be compared.
    fn comparable_share(&self) -> f64 {
        (f64::from(self.comparable) + 1.0) / (f64::from(self.drawn) + 40.0)
    }
}

/// Two rows of one person, before anything is learned.
const DEFAULT_SAME: Shares = Shares {
    nom: [0.88, 0.05, 0.03, 0.01, 0.02, 0.01],
    prenom: [0.87, 0.05, 0.04, 0.02, 0.02],
    date: [0.96, 0.01, 0.01, 0.015, 0.005],
    lieu: [0.40, 0.08, 0.10, 0.42],
};

/// Rows of two strangers who share the year or the day of birth, before anything is counted.
const DEFAULT_STRANGERS: Shares = Shares {
    nom: [0.0008, 0.0005, 0.002, 0.02, 0.976, 0.0007],
    prenom: [0.008, 0.008, 0.006, 0.03, 0.948],
    date: [0.003, 0.003, 0.15, 0.12, 0.724],
    lieu: [0.01, 0.03, 0.55, 0.41],
};

/// Probability of each candidate, and what was learned.
pub(super) struct Fitted {
    pub(super) probabilities: Vec<f64>,
}

/// How often the names of a list are met in the reference, by row and place.
pub(super) struct Frequencies {
    pub(super) nom: Vec<[u32; 2]>,
    pub(super) prenom: Vec<[u32; 2]>,
}

/// Learns from the candidates, in the order of rows.
pub(super) fn fit(candidates: &[Candidate], rows: u32, counts: &Counts, frequencies: &Frequencies) -> Fitted {
    let strangers = Shares::counted(counts);
    let chance = Chance { strangers, counts, frequencies, comparable: counts.comparable_share() };
    let mut same = DEFAULT_SAME;
    let mut share_found = 0.5;
    let mut probabilities = vec![0.0; candidates.len()];
    for _ in 0..STEPS {
        expect(candidates, &same, &chance, share_found, &mut probabilities);
        let found: f64 = probabilities.iter().sum();
        same = Shares::learned(candidates, &probabilities);
        share_found = ((found + 1.0) / (f64::from(rows) + 2.0)).clamp(0.001, 0.999);
    }
    Fitted { probabilities }
}

/// What strangers do.
struct Chance<'a> {
    strangers: Shares,
    counts: &'a Counts,
    frequencies: &'a Frequencies,
    comparable: f64,
}

impl Chance<'_> {
    /// The probability that a stranger of the reference agrees this way with the row.
    fn of(&self, candidate: &Candidate) -> f64 {
        let (levels, row) = (&candidate.levels, candidate.row as usize);
        let nom = match levels.nom {
            0 | 5 => self.frequency(self.frequencies.nom[row][usize::from(levels.nom_slot)], self.strangers.nom[0]),
            level => self.strangers.nom[usize::from(level)],
        };
        let prenom = match levels.prenom {
            0 | 1 if levels.nom != 5 => {
                self.frequency(self.frequencies.prenom[row][usize::from(levels.prenom_slot)], self.strangers.prenom[0])
            }
            level => self.strangers.prenom[usize::from(level)],
        };
        self.comparable * nom * prenom * self.strangers.date[usize::from(levels.date)] * self.strangers.lieu[usize::from(levels.lieu)]
    }

    /// The frequency of a name among those born in the same year, drawn towards the mean.
    fn frequency(&self, met: u32, mean: f64) -> f64 {
        let comparable = f64::from(self.counts.reference) * self.comparable;
        ((f64::from(met) + 0.5) / (comparable + 0.5 / mean)).clamp(SHARE_MIN, 1.0)
    }
}

/// The candidates of each row and nobody share one.
fn expect(candidates: &[Candidate], same: &Shares, chance: &Chance<'_>, share_found: f64, probabilities: &mut [f64]) {
    let people = f64::from(chance.counts.reference.max(1));
    let mut from = 0;
    for group in candidates.chunk_by(|a, b| a.row == b.row) {
        let weights = &mut probabilities[from..from + group.len()];
        let mut total = 1.0 - share_found;
        for (weight, candidate) in weights.iter_mut().zip(group) {
            *weight = share_found * same.of(&candidate.levels) / (people * chance.of(candidate));
            total += *weight;
        }
        weights.iter_mut().for_each(|weight| *weight /= total);
        from += group.len();
    }
}

impl Shares {
    fn counted(counts: &Counts) -> Self {
        Self {
            nom: shares(counts.nom.map(f64::from), &DEFAULT_STRANGERS.nom),
            prenom: shares(counts.prenom.map(f64::from), &DEFAULT_STRANGERS.prenom),
            date: shares(counts.date.map(f64::from), &DEFAULT_STRANGERS.date),
            lieu: shares(counts.lieu.map(f64::from), &DEFAULT_STRANGERS.lieu),
        }
    }

    fn learned(candidates: &[Candidate], probabilities: &[f64]) -> Self {
        let mut sums = Self { nom: [0.0; NOM_LEVELS], prenom: [0.0; PRENOM_LEVELS], date: [0.0; DATE_LEVELS], lieu: [0.0; LIEU_LEVELS] };
        for (candidate, probability) in candidates.iter().zip(probabilities) {
            let levels = &candidate.levels;
            sums.nom[usize::from(levels.nom)] += probability;
            sums.prenom[usize::from(levels.prenom)] += probability;
            sums.date[usize::from(levels.date)] += probability;
            sums.lieu[usize::from(levels.lieu)] += probability;
        }
        Self {
            nom: shares(sums.nom, &DEFAULT_SAME.nom),
            prenom: shares(sums.prenom, &DEFAULT_SAME.prenom),
            date: shares(sums.date, &DEFAULT_SAME.date),
            lieu: shares(sums.lieu, &DEFAULT_SAME.lieu),
        }
    }

    /// The probability that two rows of one person agree this way.
    fn of(&self, levels: &Levels) -> f64 {
        self.nom[usize::from(levels.nom)]
            * self.prenom[usize::from(levels.prenom)]
            * self.date[usize::from(levels.date)]
            * self.lieu[usize::from(levels.lieu)]
    }
}

/// Shares of what was counted, with the defaults as so many pairs more.
fn shares<const L: usize>(counted: [f64; L], default: &[f64; L]) -> [f64; L] {
    let total: f64 = counted.iter().sum::<f64>() + PRIOR_PAIRS;
    let mut shares = [0.0; L];
    for (share, (count, default)) in shares.iter_mut().zip(counted.iter().zip(default)) {
        *share = ((count + PRIOR_PAIRS * default) / total).max(SHARE_MIN);
    }
    shares
}
