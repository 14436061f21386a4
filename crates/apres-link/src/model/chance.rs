//! How probable a pattern is between a row and a stranger.
//!
//! Where the two agree exactly, what counts is how frequent the row's own value is; where they are only alike, a sample of pairs of strangers tells, by
//! frequency of the row's name, because a frequent name has more neighbours. Birthplace and residence are counted together: they go together.

use crate::birth::Kind;
use crate::compare::{
    DATE, EXTRA, FIELDS, LEVELS, LIEU, NIR, NOM, POSTCODE, PRENOM, Pattern, SEX, compare, date, lieu, nir, nom, other, prenom,
};
use crate::model::defaults::{Table, same_person, strangers};
use crate::model::frequencies::{RowShares, as_f64};
use crate::parallel;
use crate::person::Person;

/// Pairs of the sample that are compared.
const PAIRS: usize = 160_000;
/// How many pairs the default table weighs.
const DEFAULT_WEIGHT: f64 = 1000.0;
/// How many pairs of strangers the whole weighs beside a class of frequency.
const CLASS_WEIGHT: f64 = 8000.0;
/// Classes of frequency of a name.
pub(crate) const CLASSES: usize = 4;
/// Beyond this ratio of likelihoods, two records of the sample are taken for one person and left out.
const SURE: f64 = 1e5;

/// Where two people live, given how their places of birth compare.
type Together = [[f64; 4]; 3];

/// What strangers have in common.
pub(crate) struct Chance {
    levels: Table,
    noms: [[f64; LEVELS]; CLASSES],
    prenoms: [[f64; LEVELS]; CLASSES],
    nom_bounds: [f64; CLASSES - 1],
    prenom_bounds: [f64; CLASSES - 1],
    mean_departement: f64,
    both_have_usage: f64,
    usage_is_same: f64,
    both_have_second: f64,
    second_is_same: f64,
    together: Together,
}

/// Counts over the pairs of the sample.
#[derive(Clone)]
struct Tally {
    levels: Table,
    noms: [[f64; LEVELS]; CLASSES],
    prenoms: [[f64; LEVELS]; CLASSES],
    pairs: f64,
    both_have_usage: f64,
    usage_is_same: f64,
    both_have_second: f64,
    second_is_same: f64,
    together: Together,
}

impl Chance {
    /// Learns from rows of the list, their shares, and a sample of the reference.
    pub(crate) fn learn(rows: &[Person], shares: &[RowShares], sample: &[Person], extras: usize) -> Self {
        let nom_bounds = quartiles(shares.iter().map(|share| share.noms[0]));
        let prenom_bounds = quartiles(shares.iter().map(|share| share.prenoms[0]));
        let a_record = (PAIRS / sample.len().max(1)).max(1).min(rows.len());
        let (same, apart) = (same_person(), strangers());
        let tally = parallel::fold(sample.len(), Tally::new, |tally, place| {
            for turn in 0..a_record {
                let at = (place * 7919 + turn * rows.len().div_ceil(a_record)) % rows.len();
                let (row, person) = (&rows[at], &sample[place]);
                let pattern = compare(row, person, extras);
                if likelihood_ratio(pattern, &same, &apart) < SURE {
                    let classes = (class_of(shares[at].noms[0], &nom_bounds), class_of(shares[at].prenoms[0], &prenom_bounds));
                    tally.add(row, person, pattern, classes);
                }
            }
        });
        let tally = tally.iter().fold(Tally::new(), Tally::merge);
        let known = shares.iter().filter(|share| share.departement > 0.0);
        let mean_departement = mean(known.map(|share| share.departement)).max(1e-6);
        Self::of(&tally, nom_bounds, prenom_bounds, mean_departement)
    }

    fn of(tally: &Tally, nom_bounds: [f64; CLASSES - 1], prenom_bounds: [f64; CLASSES - 1], mean_departement: f64) -> Self {
        let defaults = strangers();
        let mut levels = [[0.0; LEVELS]; FIELDS];
        for (field, shares) in levels.iter_mut().enumerate() {
            for group in groups(field) {
                let total: f64 = group.iter().map(|level| tally.levels[field][*level]).sum();
                for level in group {
                    shares[level] = (tally.levels[field][level] + DEFAULT_WEIGHT * defaults[field][level]) / (total + DEFAULT_WEIGHT);
                }
            }
        }
        let by_class = |counts: &[[f64; LEVELS]; CLASSES], whole: &[f64; LEVELS]| {
            counts.map(|class| {
                let total: f64 = class[1..].iter().sum();
                let mut shares = [0.0; LEVELS];
                for level in 1..LEVELS {
                    shares[level] = (class[level] + CLASS_WEIGHT * whole[level]) / (total + CLASS_WEIGHT);
                }
                shares
            })
        };
        let share = |count: f64, total: f64, default: f64| (count + 50.0 * default) / (total + 50.0);
        Self {
            noms: by_class(&tally.noms, &levels[NOM]),
            prenoms: by_class(&tally.prenoms, &levels[PRENOM]),
            levels,
            nom_bounds,
            prenom_bounds,
            mean_departement,
            both_have_usage: share(tally.both_have_usage, tally.pairs, 0.01),
            usage_is_same: share(tally.usage_is_same, tally.both_have_usage, 0.001),
            both_have_second: share(tally.both_have_second, tally.pairs, 0.1),
            second_is_same: share(tally.second_is_same, tally.both_have_second, 0.02),
            together: ratios(&tally.together, 20.0),
        }
    }

    /// The probability of a pattern between a row of these shares and a stranger.
    pub(crate) fn of_pattern(&self, pattern: Pattern, shares: &RowShares) -> f64 {
        let mut chance = self.of_names(pattern, shares) * self.of_date(pattern, shares);
        let affinity = |of_place: f64| if is_nom(pattern) { of_place } else { 1.0 };
        let of_departement = if shares.departement > 0.0 { shares.departement / self.mean_departement } else { 1.0 };
        chance *= match pattern.grade(LIEU) {
            lieu::COMMUNE => (shares.commune * affinity(shares.commune_affinity)).min(0.9),
            level @ (lieu::DEPARTEMENT | lieu::COMMUNE_DIFFERS) => {
                (self.of_level(LIEU, usize::from(level)) * of_departement * affinity(shares.departement_affinity)).min(0.9)
            }
            level => self.of_level(LIEU, usize::from(level)),
        };
        chance *= match pattern.level(POSTCODE) {
            1 => shares.postcode,
            level => self.of_level(POSTCODE, level),
        };
        chance *= self.of_together(pattern);
        chance *= self.of_level(SEX, pattern.level(SEX)) * self.of_nir(pattern);
        for (place, share) in shares.extras.iter().enumerate() {
            chance *= match pattern.grade(EXTRA + place) {
                other::SAME => *share,
                level => self.of_level(EXTRA + place, usize::from(level)),
            };
        }
        chance.max(1e-30)
    }

    /// How much of that probability is due to people of one surname being born in one place.
    pub(crate) fn of_gathering(pattern: Pattern, shares: &RowShares) -> f64 {
        match pattern.grade(LIEU) {
            lieu::COMMUNE if is_nom(pattern) => shares.commune_affinity,
            lieu::DEPARTEMENT | lieu::COMMUNE_DIFFERS if is_nom(pattern) => shares.departement_affinity,
            _ => 1.0,
        }
    }

    /// Ten characters of a NIR say the sex, the month and the commune of birth: between people who share them, only three are left to differ; between
    /// people of one month and other communes, or unknown ones, six.
    pub(crate) fn of_nir(&self, pattern: Pattern) -> f64 {
        let is_month = matches!(pattern.grade(DATE), date::EXACT | date::MONTH | date::FIRST);
        match (pattern.grade(NIR), is_month, pattern.grade(LIEU)) {
            (level @ nir::SAME..=nir::TWO_SLIPS, true, lieu::COMMUNE) => by_free_digits(level, 3.0),
            (level @ nir::SAME..=nir::TWO_SLIPS, true, _) => by_free_digits(level, 6.0),
            (level, ..) => self.of_level(NIR, usize::from(level)),
        }
    }

    /// How much more often than if they were independent places of birth and residences compare so.
    pub(crate) fn of_together(&self, pattern: Pattern) -> f64 {
        together_place(pattern).map_or(1.0, |(place, residence)| self.together[place][residence])
    }

    /// The share of strangers at a level of a field; one when nothing is said.
    pub(crate) const fn of_level(&self, field: usize, level: usize) -> f64 {
        if level == 0 { 1.0 } else { self.levels[field][level] }
    }

    /// A date that may stand for an unknown one is met by every date of its month, or of its year.
    fn of_date(&self, pattern: Pattern, shares: &RowShares) -> f64 {
        let of_level = |level: u8| self.of_level(DATE, usize::from(level));
        let of_month = of_level(date::MONTH) + of_level(date::FIRST);
        match (pattern.grade(DATE), shares.birth) {
            (date::EXACT, _) => shares.date,
            (date::FIRST, Some(Kind::FirstOfYear)) => of_month + of_level(date::DAY) / 2.0 + of_level(date::YEAR),
            (date::FIRST, Some(Kind::FirstOfMonth)) => of_month,
            (level, _) => of_level(level),
        }
    }

    fn of_names(&self, pattern: Pattern, shares: &RowShares) -> f64 {
        let (nom_level, prenom_level) = (pattern.grade(NOM), pattern.grade(PRENOM));
        let of_nom = match nom_level {
            0 => 1.0,
            nom::BOTH => shares.noms[0] * self.both_have_usage * self.usage_is_same,
            nom::EXACT => shares.noms[0] * (1.0 - self.both_have_usage),
            nom::USAGE_DIFFERS => shares.noms[0] * self.both_have_usage,
            nom::CROSSED => shares.any_noms[pattern.nom()],
            nom::SWAPPED => self.levels[NOM][usize::from(nom::SWAPPED)],
            level => self.noms[class_of(shares.noms[0], &self.nom_bounds)][usize::from(level)],
        };
        let of_prenom = match prenom_level {
            0 | prenom::SWAPPED => 1.0,
            prenom::BOTH => shares.prenoms[0] * self.both_have_second * self.second_is_same,
            prenom::EXACT => shares.prenoms[0] * (1.0 - self.both_have_second),
            prenom::SECOND_DIFFERS => shares.prenoms[0] * self.both_have_second,
            level => self.prenoms[class_of(shares.prenoms[0], &self.prenom_bounds)][usize::from(level)],
        };
        let are_both_exact =
            (nom::BOTH..=nom::USAGE_DIFFERS).contains(&nom_level) && (prenom::BOTH..=prenom::SECOND_DIFFERS).contains(&prenom_level);
        of_nom * of_prenom * if are_both_exact { shares.affinity } else { 1.0 }
    }
}

impl Tally {
    fn new() -> Self {
        Self {
            levels: [[0.0; LEVELS]; FIELDS],
            noms: [[0.0; LEVELS]; CLASSES],
            prenoms: [[0.0; LEVELS]; CLASSES],
            pairs: 0.0,
            both_have_usage: 0.0,
            usage_is_same: 0.0,
            both_have_second: 0.0,
            second_is_same: 0.0,
            together: [[0.0; 4]; 3],
        }
    }

    fn add(&mut self, row: &Person, person: &Person, pattern: Pattern, (nom_class, prenom_class): (usize, usize)) {
        for field in 0..FIELDS {
            self.levels[field][pattern.level(field)] += 1.0;
        }
        self.noms[nom_class][pattern.level(NOM)] += 1.0;
        self.prenoms[prenom_class][pattern.level(PRENOM)] += 1.0;
        self.pairs += 1.0;
        if let (Some(usage), Some(other)) = (row.usage_noms().first(), person.usage_noms().first()) {
            self.both_have_usage += 1.0;
            self.usage_is_same += f64::from(u8::from(usage == other));
        }
        if let (Some(second), Some(other)) = (row.prenoms.all().get(1), person.prenoms.all().get(1)) {
            self.both_have_second += 1.0;
            self.second_is_same += f64::from(u8::from(second == other));
        }
        if let Some((place, residence)) = together_place(pattern) {
            self.together[place][residence] += 1.0;
        }
    }

    fn merge(mut self, other: &Self) -> Self {
        let add = |into: &mut [f64], from: &[f64]| into.iter_mut().zip(from).for_each(|(into, from)| *into += from);
        self.levels.iter_mut().zip(&other.levels).for_each(|(into, from)| add(into, from));
        self.noms.iter_mut().zip(&other.noms).for_each(|(into, from)| add(into, from));
        self.prenoms.iter_mut().zip(&other.prenoms).for_each(|(into, from)| add(into, from));
        self.together.iter_mut().zip(&other.together).for_each(|(into, from)| add(into, from));
        self.pairs += other.pairs;
        self.both_have_usage += other.both_have_usage;
        self.usage_is_same += other.usage_is_same;
        self.both_have_second += other.both_have_second;
        self.second_is_same += other.second_is_same;
        self
    }
}

/// Whether the surname of the row is that of the other.
fn is_nom(pattern: Pattern) -> bool {
    (nom::BOTH..=nom::USAGE_DIFFERS).contains(&pattern.grade(NOM))
}

/// The levels of a field that share a total: a place compared by communes and one compared by départements are two questions.
pub(crate) fn groups(field: usize) -> Vec<Vec<usize>> {
    if field != LIEU {
        return vec![(1..LEVELS).collect()];
    }
    let is_departement = |level: &usize| [lieu::DEPARTEMENT, lieu::ONLY_DEPARTEMENT_DIFFERS].map(usize::from).contains(level);
    let (departements, communes) = (1..LEVELS).partition(is_departement);
    vec![communes, departements]
}

/// The chance that numbers with this many free digits differ on none, one or two of them.
fn by_free_digits(level: u8, digits: f64) -> f64 {
    let all = 10_f64.powf(-digits);
    match level {
        nir::SAME => all,
        nir::REPAIRED | nir::SLIP => all * 9.0 * digits,
        _ => all * 81.0 * digits * (digits - 1.0) / 2.0,
    }
}

/// Where a pattern stands in the table of places of birth and residences, when it tells both.
fn together_place(pattern: Pattern) -> Option<(usize, usize)> {
    let residence = pattern.level(POSTCODE);
    let place = match pattern.grade(LIEU) {
        0 => return None,
        lieu::COMMUNE | lieu::CLOSE => 0,
        lieu::DEPARTEMENT | lieu::COMMUNE_DIFFERS => 1,
        _ => 2,
    };
    (residence != 0).then_some((place, residence))
}

/// How much more often each pair of levels is met than if the two were independent, `weight` pairs of independent ones being added.
fn ratios(counts: &Together, weight: f64) -> Together {
    let total: f64 = counts.iter().flatten().sum();
    let of_place = counts.map(|places| places.iter().sum::<f64>());
    let of_residence: [f64; 4] = std::array::from_fn(|residence| counts.iter().map(|places| places[residence]).sum());
    let mut ratios = *counts;
    for (place, residences) in ratios.iter_mut().enumerate() {
        for (residence, ratio) in residences.iter_mut().enumerate() {
            let expected = of_place[place] * of_residence[residence] / total.max(1.0);
            *ratio = (*ratio + weight) / (expected + weight);
        }
    }
    ratios
}

/// The ratio of the likelihoods of a pattern, by two tables.
fn likelihood_ratio(pattern: Pattern, same: &Table, apart: &Table) -> f64 {
    (0..FIELDS)
        .map(|field| (field, pattern.level(field)))
        .filter(|(_, level)| *level != 0)
        .map(|(field, level)| (same[field][level] + 1e-9) / (apart[field][level] + 1e-9))
        .product()
}

fn class_of(share: f64, bounds: &[f64; CLASSES - 1]) -> usize {
    bounds.iter().filter(|bound| share > **bound).count()
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; CLASSES - 1] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    std::array::from_fn(|place| values.get(values.len() * (place + 1) / CLASSES).copied().unwrap_or(0.0))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    sum / as_f64(count.max(1))
}
