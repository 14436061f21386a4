//! Expectation–maximisation over rows: who is whom, and what two records of one person look like, each learned from the other.
//!
//! For one row, either nobody of the reference is the person or one is; the others are strangers, relatives or namesakes, whose expected number at each
//! pattern is the background against which a candidate stands out. Several records of one person in the reference are one candidate.

use crate::compare::{DATE, FIELDS, LEVELS, LIEU, NIR, NOM, POSTCODE, PRENOM, Pattern, SEX, nom, prenom};
use crate::model::chance::{Chance, Together, groups, ratios, together_place};
use crate::model::defaults::{RELATIVES_BY_DATE, RELATIVES_BY_PRENOM, Table, WEIGHT, relatives, same_person};
use crate::model::frequencies::as_f64;

const ROUNDS_MAX: usize = 40;
/// Below this change of the share of matched rows, it is learned.
const SETTLED: f64 = 1e-5;
/// How many rows the defaults of the background weigh.
const BACKGROUND_WEIGHT: f64 = 30.0;
/// Expected namesakes of a row that are not there by chance, at any one level of the date, before the data speak.
const NAMESAKES: f64 = 0.0005;
/// How many rows the default share of matched rows weighs.
const SHARE_WEIGHT: f64 = 4.0;

/// A candidate of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// The row.
    pub(crate) row: u32,
    /// The distinct pattern.
    pub(crate) pattern: u32,
    /// The person of the reference; records of one person follow one another.
    pub(crate) person: u64,
    /// The record of the reference.
    pub(crate) record: u32,
    /// What the keys that found it are made of.
    pub(crate) families: u8,
    /// Expected number of strangers of this pattern in the reference.
    pub(crate) strangers: f32,
}

/// A distinct pattern, and the sex of the rows that have it: married names make surnames of women differ more.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) pattern: Pattern,
    pub(crate) sex: u8,
}

/// What was learned.
#[derive(Clone)]
pub(crate) struct Parameters {
    /// Two records of one person, by field and level.
    pub(crate) same: Table,
    /// The same for surnames, by sex.
    pub(crate) same_nom: [[f64; LEVELS]; 3],
    together: Together,
    relatives: Table,
    /// Expected relatives of a row, by how dates then first names compare.
    pub(crate) relatives_at: [[f64; LEVELS]; LEVELS],
    /// Expected namesakes of a row beyond chance, by how dates compare.
    pub(crate) namesakes_at: [f64; LEVELS],
    /// Share of rows that are someone of the reference.
    pub(crate) share: f64,
    /// Rounds that it took.
    pub(crate) rounds: usize,
}

/// Sums over pairs, by distinct pattern.
struct Sums {
    same: Vec<f64>,
    relatives: Vec<f64>,
    namesakes: Vec<f64>,
}

impl Parameters {
    fn start() -> Self {
        let same = same_person();
        let mut relatives_at = [[0.0; LEVELS]; LEVELS];
        for (day, expected) in RELATIVES_BY_DATE {
            for (name, share) in RELATIVES_BY_PRENOM {
                relatives_at[usize::from(day)][usize::from(name)] = expected * share;
            }
            relatives_at[usize::from(day)][0] = expected;
        }
        relatives_at[0] = std::array::from_fn(|name| relatives_at.iter().map(|names| names[name]).sum());
        Self {
            same_nom: [same[NOM]; 3],
            same,
            together: [[1.0; 4]; 3],
            relatives: relatives(),
            relatives_at,
            namesakes_at: [NAMESAKES; LEVELS],
            share: 0.5,
            rounds: 0,
        }
    }

    /// Learns from the candidates, sorted by row and person.
    pub(crate) fn learn(pairs: &[Pair], kinds: &[Kind], chance: &Chance, rows: usize) -> Self {
        let mut parameters = Self::start();
        let defaults = parameters.clone();
        for round in 1..=ROUNDS_MAX {
            let weights = parameters.weights(kinds, chance);
            let (sums, matched) = expected(pairs, &weights, parameters.share);
            let share = (matched + SHARE_WEIGHT / 2.0) / (as_f64(rows as u64) + SHARE_WEIGHT);
            let is_settled = (share - parameters.share).abs() < SETTLED;
            parameters.share = share.clamp(1e-4, 0.9999);
            parameters.update(kinds, &sums, &defaults, rows);
            parameters.rounds = round;
            if is_settled && round > 3 {
                break;
            }
        }
        parameters
    }

    /// For each distinct pattern: its probability if both are one person, the expected relatives and namesakes that show it.
    pub(crate) fn weights(&self, kinds: &[Kind], chance: &Chance) -> Vec<[f64; 3]> {
        kinds
            .iter()
            .map(|kind| [self.of_same(*kind), self.of_relatives(kind.pattern, chance), self.of_namesakes(kind.pattern, chance)])
            .collect()
    }

    /// The factor of a field, were both one person.
    pub(crate) fn same_at(&self, field: usize, level: usize, sex: u8) -> f64 {
        match (field, level) {
            (_, 0) => 1.0,
            (PRENOM, level) if level == usize::from(prenom::SWAPPED) => 1.0,
            (NOM, level) => self.same_nom[usize::from(sex)][level],
            _ => self.same[field][level],
        }
    }

    fn of_same(&self, kind: Kind) -> f64 {
        let fields: f64 = (0..FIELDS).map(|field| self.same_at(field, kind.pattern.level(field), kind.sex)).product();
        fields * together_place(kind.pattern).map_or(1.0, |(place, residence)| self.together[place][residence])
    }

    fn of_relatives(&self, pattern: Pattern, chance: &Chance) -> f64 {
        let at = |field: usize| match pattern.level(field) {
            0 => 1.0,
            level => self.relatives[field][level],
        };
        let own: f64 = [NOM, SEX, LIEU, POSTCODE, NIR].into_iter().map(at).product();
        own * self.relatives_at[pattern.level(DATE)][pattern.level(PRENOM)] * of_extras(pattern, chance)
    }

    fn of_namesakes(&self, pattern: Pattern, chance: &Chance) -> f64 {
        if !is_namesake(pattern) {
            return 0.0;
        }
        let at = |field: usize| chance.of_level(field, pattern.level(field));
        let names = self.same[NOM][pattern.level(NOM)] * self.same[PRENOM][pattern.level(PRENOM)];
        let others: f64 = [SEX, LIEU, POSTCODE, NIR].into_iter().map(at).product();
        self.namesakes_at[pattern.level(DATE)] * names * others * of_extras(pattern, chance)
    }

    fn update(&mut self, kinds: &[Kind], sums: &Sums, defaults: &Self, rows: usize) {
        let mut same_nom = [[0.0; LEVELS]; 3];
        let mut same = [[0.0; LEVELS]; FIELDS];
        let mut related = [[0.0; LEVELS]; FIELDS];
        let mut relatives_at = [[0.0; LEVELS]; LEVELS];
        let mut namesakes_at = [0.0; LEVELS];
        let mut together = [[0.0; 4]; 3];
        for (place, kind) in kinds.iter().enumerate() {
            let (is_same, is_relative) = (sums.same[place], sums.relatives[place]);
            for field in 0..FIELDS {
                let level = kind.pattern.level(field);
                same[field][level] += is_same;
                related[field][level] += is_relative;
            }
            same_nom[usize::from(kind.sex)][kind.pattern.level(NOM)] += is_same;
            relatives_at[kind.pattern.level(DATE)][kind.pattern.level(PRENOM)] += is_relative;
            namesakes_at[kind.pattern.level(DATE)] += sums.namesakes[place];
            if let Some((birth, residence)) = together_place(kind.pattern) {
                together[birth][residence] += is_same;
            }
        }
        for field in 0..FIELDS {
            self.same[field] = blended(field, &same[field], &defaults.same[field]);
            self.relatives[field] = blended(field, &related[field], &defaults.relatives[field]);
        }
        for (sex, counts) in same_nom.iter().enumerate() {
            // The whole is what a sex has when its rows are few.
            self.same_nom[sex] = blended(NOM, counts, &self.same[NOM]);
        }
        self.together = ratios(&together, 50.0);
        let per_row = |sum: f64, default: f64| (sum + BACKGROUND_WEIGHT * default) / (as_f64(rows as u64) + BACKGROUND_WEIGHT);
        for day in 0..LEVELS {
            self.namesakes_at[day] = per_row(namesakes_at[day], defaults.namesakes_at[day]);
            for name in 0..LEVELS {
                self.relatives_at[day][name] = per_row(relatives_at[day][name], defaults.relatives_at[day][name]);
            }
        }
    }
}

/// The probability of each candidate, and the background it stands against.
pub(crate) fn odds(pair: &Pair, weights: &[[f64; 3]], share: f64) -> f64 {
    let [same, relatives, namesakes] = weights[pair.pattern as usize];
    share * same / (f64::from(pair.strangers) + relatives + namesakes)
}

/// The runs of pairs that share a row.
pub(crate) fn rows_of(pairs: &[Pair]) -> impl Iterator<Item = &[Pair]> {
    pairs.chunk_by(|one, next| one.row == next.row)
}

fn expected(pairs: &[Pair], weights: &[[f64; 3]], share: f64) -> (Sums, f64) {
    let mut sums = Sums { same: vec![0.0; weights.len()], relatives: vec![0.0; weights.len()], namesakes: vec![0.0; weights.len()] };
    let mut matched = 0.0;
    let mut ratios: Vec<f64> = Vec::new();
    for candidates in rows_of(pairs) {
        ratios.clear();
        ratios.extend(candidates.iter().map(|pair| odds(pair, weights, share)));
        let mut all = 1.0 - share;
        let mut at = 0;
        for records in candidates.chunk_by(|one, next| one.person == next.person) {
            let ratios = &mut ratios[at..at + records.len()];
            let best = ratios.iter().copied().fold(0.0, f64::max);
            all += best;
            if records.len() > 1 {
                // Records of one person share what the best of them is worth.
                let total: f64 = ratios.iter().sum();
                ratios.iter_mut().for_each(|ratio| *ratio *= best / total.max(f64::MIN_POSITIVE));
            }
            at += records.len();
        }
        for (pair, ratio) in candidates.iter().zip(&ratios) {
            let place = pair.pattern as usize;
            let probability = ratio / all;
            let [_, relatives, namesakes] = weights[place];
            let background = f64::from(pair.strangers) + relatives + namesakes;
            sums.same[place] += probability;
            sums.relatives[place] += (1.0 - probability) * relatives / background;
            sums.namesakes[place] += (1.0 - probability) * namesakes / background;
            matched += probability;
        }
    }
    (sums, matched)
}

/// Shares of levels from counts, with the defaults counted as [`WEIGHT`] more.
fn blended(field: usize, counts: &[f64; LEVELS], defaults: &[f64; LEVELS]) -> [f64; LEVELS] {
    let mut shares = [0.0; LEVELS];
    for group in groups(field) {
        let is_counted = |level: &usize| field != PRENOM || *level != usize::from(prenom::SWAPPED);
        let (total, weight) = group
            .iter()
            .filter(|level| is_counted(level))
            .fold((0.0, 0.0), |(total, weight), level| (total + counts[*level], weight + WEIGHT * defaults[*level]));
        for level in group {
            shares[level] = (counts[level] + WEIGHT * defaults[level]) / (total + weight).max(f64::MIN_POSITIVE);
        }
    }
    shares
}

fn is_namesake(pattern: Pattern) -> bool {
    let (nom_level, prenom_level) = (pattern.level(NOM) as u8, pattern.level(PRENOM) as u8);
    (nom::BOTH..=nom::CROSSED).contains(&nom_level) && (prenom::BOTH..=prenom::SECOND_DIFFERS).contains(&prenom_level)
}

fn of_extras(pattern: Pattern, chance: &Chance) -> f64 {
    (crate::compare::EXTRA..FIELDS).map(|field| chance.of_level(field, pattern.level(field))).product()
}
