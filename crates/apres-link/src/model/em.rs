//! Expectation–maximisation over rows: who is whom, and what two records of one person look like, each learned from the other.
//!
//! For one row, either nobody of the reference is the person or one is; the others are strangers, relatives or namesakes, whose expected number at each
//! pattern is the background against which a candidate stands out. Several records of one person in the reference are one candidate.

use crate::compare::{DATE, FIELDS, LEVELS, LIEU, NIR, NOM, POSTCODE, PRENOM, Pattern, SEX, date, nom, prenom};
use crate::model::chance::{Chance, groups};
use crate::model::defaults::{
    RELATIVES_BY_DATE, RELATIVES_BY_PRENOM, TWINS_BY_NIR, TWINS_BY_SEX, Table, WEIGHT, relatives, same_person, strangers,
};
use crate::model::frequencies::as_f64;
use crate::parallel;

const ROUNDS_MAX: usize = 60;
/// Parts in which pairs are summed.
const PARTS: usize = 8;
/// Below this change of the share of matched rows, it is learned.
const SETTLED: f64 = 1e-6;
/// Rounds in which only what one person's records look like is learned: were namesakes learned with the defaults of places, these, which are loose, would
/// take them for people whose place of birth was mistyped.
const ROUNDS_OF_SAME: usize = 6;
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
    /// The same, were people of one surname born anywhere: those of one place are relatives as often as not.
    pub(crate) scattered: f32,
}

/// A distinct pattern, and what else of the rows that have it changes what is expected.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// The pattern.
    pub(crate) pattern: Pattern,
    /// Sex: married names make surnames of women differ more.
    pub(crate) sex: u8,
    /// 0, 1 or 2: whether the birth date is ordinary, the first of a month, the first of a year.
    pub(crate) birth: u8,
    /// Born abroad or not: where a namesake was born differs.
    pub(crate) is_abroad: bool,
    /// How frequent the row's surname and first name are together, in [`NAME_CLASSES`]: frequent names have more namesakes.
    pub(crate) names: u8,
}

/// Classes of frequency of a surname and a first name together.
pub(crate) const NAME_CLASSES: usize = NAMESAKES_LIMITS.len() + 1;
/// Expected people of one surname and first name from which a class begins.
pub(crate) const NAMESAKES_LIMITS: [f64; 5] = [0.3, 1.0, 3.0, 10.0, 30.0];

/// What is known of the rows of a list as a whole.
pub(crate) struct Rows {
    /// How many there are in each class of frequency of names.
    pub(crate) by_names: [u64; NAME_CLASSES],
    /// The share of them that have no birth date.
    pub(crate) undated: f64,
}

/// What was learned.
#[derive(Clone)]
pub(crate) struct Parameters {
    /// Two records of one person, by field and level.
    pub(crate) same: Table,
    /// The same for surnames, by sex.
    pub(crate) same_nom: [[f64; LEVELS]; 3],
    /// The same for dates, by kind of date.
    pub(crate) same_date: [[f64; LEVELS]; 3],
    /// Places of birth of namesakes, for people born in France and abroad.
    namesakes_lieu: [[f64; LEVELS]; 2],
    /// Where namesakes live.
    namesakes_postcode: [f64; LEVELS],
    relatives: Table,
    /// Sexes of twins.
    twins_sex: [f64; LEVELS],
    /// Expected relatives of a row that is nobody's, by how dates then first names compare.
    pub(crate) relatives_at: [[f64; LEVELS]; LEVELS],
    /// Expected namesakes of a row beyond chance, by frequency of its names and how dates compare.
    pub(crate) namesakes_at: [[f64; LEVELS]; NAME_CLASSES],
    /// Share of rows that are someone of the reference.
    pub(crate) share: f64,
    /// The same by frequency of their names: who bears frequent names may more often be taken for someone else.
    pub(crate) share_by_names: [f64; NAME_CLASSES],
    /// Rounds that it took.
    pub(crate) rounds: usize,
}

/// Sums over pairs, by distinct pattern.
struct Sums {
    same: Vec<f64>,
    relatives: Vec<f64>,
    namesakes: Vec<f64>,
    /// Rows that are someone's, by frequency of their names.
    matched: [f64; NAME_CLASSES],
}

impl Sums {
    fn none(kinds: usize) -> Self {
        let none = || vec![0.0; kinds];
        Self { same: none(), relatives: none(), namesakes: none(), matched: [0.0; NAME_CLASSES] }
    }

    fn add(&mut self, more: &Self) {
        let add = |into: &mut [f64], from: &[f64]| into.iter_mut().zip(from).for_each(|(into, from)| *into += from);
        add(&mut self.same, &more.same);
        add(&mut self.relatives, &more.relatives);
        add(&mut self.namesakes, &more.namesakes);
        add(&mut self.matched, &more.matched);
    }
}

impl Parameters {
    fn start() -> Self {
        let same = same_person();
        let mut relatives_at = [[0.0; LEVELS]; LEVELS];
        for (day, expected) in RELATIVES_BY_DATE {
            for (name, share) in RELATIVES_BY_PRENOM {
                let may_be = matches!(day, date::YEAR | date::NEAR | date::DIFFERENT) || name > prenom::SECOND_DIFFERS;
                relatives_at[usize::from(day)][usize::from(name)] = if may_be { expected * share } else { 0.0 };
            }
            relatives_at[usize::from(day)][0] = expected;
        }
        relatives_at[0] = std::array::from_fn(|name| relatives_at.iter().map(|names| names[name]).sum());
        Self {
            same_nom: [same[NOM]; 3],
            same_date: [same[DATE]; 3],
            namesakes_lieu: [strangers()[LIEU]; 2],
            namesakes_postcode: strangers()[POSTCODE],
            twins_sex: TWINS_BY_SEX,
            same,
            relatives: relatives(),
            relatives_at,
            namesakes_at: [[NAMESAKES; LEVELS]; NAME_CLASSES],
            share: 0.5,
            share_by_names: [0.5; NAME_CLASSES],
            rounds: 0,
        }
    }

    /// Learns from the candidates, sorted by row and person.
    pub(crate) fn learn(pairs: &[Pair], kinds: &[Kind], chance: &Chance, rows: &Rows) -> Self {
        let mut parameters = Self::start();
        let defaults = parameters.clone();
        // From far above, so that the few rounds that it takes to come down are those of the common case, where such namesakes are rare.
        parameters.namesakes_at = [[NAMESAKES * 10.0; LEVELS]; NAME_CLASSES];
        for round in 1..=ROUNDS_MAX {
            let weights = parameters.weights(kinds, chance);
            let sums = expected(pairs, kinds, &weights);
            let matched: f64 = sums.matched.iter().sum();
            let share = (matched + SHARE_WEIGHT / 2.0) / (as_f64(rows.by_names.iter().sum()) + SHARE_WEIGHT);
            let is_settled = (share - parameters.share).abs() < SETTLED;
            parameters.share = share.clamp(1e-4, 0.9999);
            // The whole is what a class has when its rows are few.
            parameters.share_by_names = std::array::from_fn(|class| {
                let share =
                    (sums.matched[class] + BACKGROUND_WEIGHT * parameters.share) / (as_f64(rows.by_names[class]) + BACKGROUND_WEIGHT);
                share.clamp(1e-4, 0.9999)
            });
            parameters.update_same(kinds, &sums, &defaults);
            if round > ROUNDS_OF_SAME {
                parameters.update_background(kinds, &sums, &defaults, rows);
            }
            parameters.rounds = round;
            if is_settled && round > 2 * ROUNDS_OF_SAME {
                break;
            }
        }
        parameters
    }

    /// For each distinct pattern: the odds that a row is someone times its probability if both are one person, the expected relatives and namesakes that show it.
    pub(crate) fn weights(&self, kinds: &[Kind], chance: &Chance) -> Vec<[f64; 3]> {
        let blocks = parallel::fold(kinds.len(), Vec::new, |weights, place| {
            let kind = kinds[place];
            let same = self.prior_odds(kind) * self.of_same(kind);
            weights.push([same, self.of_relatives(kind.pattern, chance), self.of_namesakes(kind, chance)]);
        });
        blocks.concat()
    }

    /// How much more likely a row is someone of the reference than nobody, before any candidate is compared.
    pub(crate) fn prior_odds(&self, kind: Kind) -> f64 {
        let share = self.share_by_names[usize::from(kind.names)];
        share / (1.0 - share)
    }

    /// The factor of a field, were both one person.
    pub(crate) fn same_at(&self, field: usize, kind: Kind) -> f64 {
        match (field, kind.pattern.level(field)) {
            (_, 0) => 1.0,
            (PRENOM, level) if level == usize::from(prenom::SWAPPED) => 1.0,
            (NOM, level) => self.same_nom[usize::from(kind.sex)][level],
            (DATE, level) => self.same_date[usize::from(kind.birth)][level],
            (_, level) => self.same[field][level],
        }
    }

    fn of_same(&self, kind: Kind) -> f64 {
        (0..FIELDS).map(|field| self.same_at(field, kind)).product()
    }

    fn of_relatives(&self, pattern: Pattern, chance: &Chance) -> f64 {
        let are_twins = pattern.grade(DATE) == date::EXACT;
        let at = |field: usize| match (field, pattern.level(field)) {
            (_, 0) => 1.0,
            // Twins are born in one place: it is written twice as that of one person is.
            (LIEU, level) if are_twins => self.same[LIEU][level],
            (SEX, level) if are_twins => self.twins_sex[level],
            (_, level) => self.relatives[field][level],
        };
        let own: f64 = [NOM, SEX, LIEU, POSTCODE].into_iter().map(at).product();
        let of_nir = match pattern.level(NIR) {
            0 => 1.0,
            // Twins are entered in the register one after the other.
            level if are_twins => TWINS_BY_NIR[level],
            level => self.relatives[NIR][level],
        };
        of_nir * own * self.relatives_at[pattern.level(DATE)][pattern.level(PRENOM)] * of_extras(pattern, chance)
    }

    fn of_namesakes(&self, kind: Kind, chance: &Chance) -> f64 {
        let pattern = kind.pattern;
        if !is_namesake(pattern) {
            return 0.0;
        }
        // Who has the same first name has the same sex.
        let of_prenom = if pattern.grade(PRENOM) == prenom::SWAPPED { 1.0 } else { self.same[PRENOM][pattern.level(PRENOM)] };
        let names = self.same[NOM][pattern.level(NOM)] * of_prenom * self.same_at(SEX, kind);
        let of_postcode = match pattern.level(POSTCODE) {
            0 => 1.0,
            level => self.namesakes_postcode[level],
        };
        let others = of_postcode * chance.of_nir(pattern);
        let of_lieu = match pattern.level(LIEU) {
            0 => 1.0,
            level => self.namesakes_lieu[usize::from(kind.is_abroad)][level],
        };
        of_lieu * self.namesakes_at[usize::from(kind.names)][pattern.level(DATE)] * names * others * of_extras(pattern, chance)
    }

    fn update_same(&mut self, kinds: &[Kind], sums: &Sums, defaults: &Self) {
        let mut same = [[0.0; LEVELS]; FIELDS];
        let (mut same_nom, mut same_date) = ([[0.0; LEVELS]; 3], [[0.0; LEVELS]; 3]);
        for (kind, is_same) in kinds.iter().zip(&sums.same) {
            for (field, counts) in same.iter_mut().enumerate() {
                counts[kind.pattern.level(field)] += is_same;
            }
            same_nom[usize::from(kind.sex)][kind.pattern.level(NOM)] += is_same;
            same_date[usize::from(kind.birth)][kind.pattern.level(DATE)] += is_same;
        }
        for (field, counts) in same.iter().enumerate() {
            self.same[field] = blended(field, counts, &defaults.same[field]);
        }
        // The whole is what a sex, or a kind of date, has when its rows are few.
        self.same_nom = same_nom.map(|counts| blended(NOM, &counts, &self.same[NOM]));
        self.same_date = same_date.map(|counts| blended(DATE, &counts, &self.same[DATE]));
    }

    fn update_background(&mut self, kinds: &[Kind], sums: &Sums, defaults: &Self, rows: &Rows) {
        let mut related = [[0.0; LEVELS]; FIELDS];
        let mut relatives_at = [[0.0; LEVELS]; LEVELS];
        let mut namesakes_at = [[0.0; LEVELS]; NAME_CLASSES];
        let mut namesakes_lieu = [[0.0; LEVELS]; 2];
        let (mut namesakes_postcode, mut twins_sex) = ([0.0; LEVELS], [0.0; LEVELS]);
        let unmatched: [f64; NAME_CLASSES] = std::array::from_fn(|class| (as_f64(rows.by_names[class]) - sums.matched[class]).max(0.0));
        for (kind, (is_relative, is_namesake)) in kinds.iter().zip(sums.relatives.iter().zip(&sums.namesakes)) {
            let are_twins = kind.pattern.grade(DATE) == date::EXACT;
            for (field, counts) in related.iter_mut().enumerate() {
                let counts = if field == SEX && are_twins { &mut twins_sex } else { counts };
                // Where twins are born says nothing of brothers and sisters.
                counts[kind.pattern.level(field)] += if field == LIEU && are_twins { 0.0 } else { *is_relative };
            }
            relatives_at[kind.pattern.level(DATE)][kind.pattern.level(PRENOM)] += is_relative;
            namesakes_at[usize::from(kind.names)][kind.pattern.level(DATE)] += is_namesake;
            namesakes_lieu[usize::from(kind.is_abroad)][kind.pattern.level(LIEU)] += is_namesake;
            namesakes_postcode[kind.pattern.level(POSTCODE)] += is_namesake;
        }
        for (field, counts) in related.iter().enumerate() {
            self.relatives[field] = blended(field, counts, &defaults.relatives[field]);
        }
        for (abroad, counts) in namesakes_lieu.iter().enumerate() {
            self.namesakes_lieu[abroad] = blended(LIEU, counts, &defaults.namesakes_lieu[abroad]);
        }
        self.namesakes_postcode = blended(POSTCODE, &namesakes_postcode, &defaults.namesakes_postcode);
        self.twins_sex = blended(SEX, &twins_sex, &defaults.twins_sex);
        for day in 0..LEVELS {
            let dated = if day == 0 { rows.undated } else { 1.0 - rows.undated };
            let per_row = |sum: f64, among: f64, default: f64| (sum + BACKGROUND_WEIGHT * default) / (among * dated + BACKGROUND_WEIGHT);
            // Frequent names have no fewer namesakes than rarer ones: these are what is believed of them when their rows are few.
            let mut believed = defaults.namesakes_at[0][day];
            for (class, sums) in namesakes_at.iter().enumerate() {
                believed = per_row(sums[day], unmatched[class], believed);
                self.namesakes_at[class][day] = believed;
            }
            let all = as_f64(rows.by_names.iter().sum());
            let names = self.relatives_at[day].iter_mut().zip(relatives_at[day].iter().zip(&defaults.relatives_at[day]));
            // What is excluded stays so: twins do not share a first name.
            for (expected, (sum, default)) in names.filter(|(_, (_, default))| **default > 0.0) {
                *expected = per_row(*sum, all, *default);
            }
        }
    }
}

/// How much more likely a candidate is than nobody.
pub(crate) fn odds(pair: &Pair, weights: &[[f64; 3]]) -> f64 {
    let [same, relatives, namesakes] = weights[pair.pattern as usize];
    same / (f64::from(pair.strangers) + relatives + namesakes)
}

/// The runs of pairs that share a row.
pub(crate) fn rows_of(pairs: &[Pair]) -> impl Iterator<Item = &[Pair]> {
    pairs.chunk_by(|one, next| one.row == next.row)
}

/// Sums over all pairs: those of parts that always are the same, added in their order, whatever the number of cores.
fn expected(pairs: &[Pair], kinds: &[Kind], weights: &[[f64; 3]]) -> Sums {
    let bounds: Vec<usize> = (0..=PARTS).map(|part| start_of_row(pairs, pairs.len() * part / PARTS)).collect();
    let parts = parallel::map(PARTS, |part| expected_of(&pairs[bounds[part]..bounds[part + 1]], kinds, weights));
    let mut sums = Sums::none(kinds.len());
    parts.iter().for_each(|part| sums.add(part));
    sums
}

/// The first pair, from this one on, that begins a row.
fn start_of_row(pairs: &[Pair], from: usize) -> usize {
    let is_same_row = |place: &usize| *place > 0 && *place < pairs.len() && pairs[place - 1].row == pairs[*place].row;
    (from..).find(|place| !is_same_row(place)).unwrap_or(pairs.len())
}

fn expected_of(pairs: &[Pair], kinds: &[Kind], weights: &[[f64; 3]]) -> Sums {
    let mut sums = Sums::none(kinds.len());
    let (mut ratios, mut of_person): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    for candidates in rows_of(pairs) {
        ratios.clear();
        ratios.extend(candidates.iter().map(|pair| odds(pair, weights)));
        let mut all = 1.0;
        let mut at = 0;
        of_person.clear();
        for records in candidates.chunk_by(|one, next| one.person == next.person) {
            let ratios = &mut ratios[at..at + records.len()];
            let best = ratios.iter().copied().fold(0.0, f64::max);
            all += best;
            of_person.extend(records.iter().map(|_| best));
            if records.len() > 1 {
                // Records of one person share what the best of them is worth.
                let total: f64 = ratios.iter().sum();
                ratios.iter_mut().for_each(|ratio| *ratio *= best / total.max(f64::MIN_POSITIVE));
            }
            at += records.len();
        }
        let row_matched = ratios.iter().sum::<f64>() / all;
        for ((pair, ratio), of_person) in candidates.iter().zip(&ratios).zip(&of_person) {
            let place = pair.pattern as usize;
            let probability = ratio / all;
            let [_, relatives, namesakes] = weights[place];
            let background = f64::from(pair.strangers) + relatives + namesakes;
            sums.same[place] += probability;
            // People have relatives whether they are in the reference or not: those seen beside right candidates are the surest.
            sums.relatives[place] += (1.0 - of_person / all) * relatives / (f64::from(pair.scattered) + relatives + namesakes);
            // Those whom another source took for someone of the reference are there in rows that are nobody's only.
            sums.namesakes[place] += (1.0 - row_matched) * namesakes / background;
        }
        sums.matched[usize::from(kinds[candidates[0].pattern as usize].names)] += row_matched;
    }
    sums
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

/// A namesake's names are written with the same slips as those of the person, in each other's place too; beyond slips, they are other names.
fn is_namesake(pattern: Pattern) -> bool {
    let (of_nom, of_prenom) = (pattern.grade(NOM), pattern.grade(PRENOM));
    of_nom == nom::SWAPPED || ((1..=nom::FAR).contains(&of_nom) && (1..=prenom::FAR).contains(&of_prenom))
}

fn of_extras(pattern: Pattern, chance: &Chance) -> f64 {
    (crate::compare::EXTRA..FIELDS).map(|field| chance.of_level(field, pattern.level(field))).product()
}

#[cfg(test)]
mod tests;
