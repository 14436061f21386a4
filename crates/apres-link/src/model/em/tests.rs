//! Pairs made with known parameters, which must be found.

use super::{Kind, NAME_CLASSES, Pair, Parameters, Rows, expected, expected_of, odds};
use crate::compare::{DATE, LIEU, NOM, POSTCODE, PRENOM, Pattern, SEX, date, prenom};
use crate::model::chance::{Chance, groups};
use crate::model::frequencies::as_f64;
use crate::word::mix;

/// Two records of one person: unlike the defaults.
const SAME: [(usize, &[(u8, f64)]); 5] = [
    (NOM, &[(2, 0.50), (4, 0.30), (5, 0.15), (9, 0.05)]),
    (PRENOM, &[(2, 0.60), (4, 0.20), (6, 0.15), (9, 0.05)]),
    (DATE, &[(1, 0.80), (2, 0.10), (3, 0.05), (8, 0.05)]),
    (SEX, &[(1, 0.97), (2, 0.03)]),
    (LIEU, &[(1, 0.70), (4, 0.20), (7, 0.10)]),
];
/// Two strangers.
const APART: [(usize, &[(u8, f64)]); 5] = [
    (NOM, &[(2, 0.001), (4, 0.001), (5, 0.003), (9, 0.995)]),
    (PRENOM, &[(2, 0.01), (4, 0.01), (6, 0.02), (9, 0.96)]),
    (DATE, &[(1, 0.001), (2, 0.001), (3, 0.003), (8, 0.995)]),
    (SEX, &[(1, 0.5), (2, 0.5)]),
    (LIEU, &[(1, 0.02), (4, 0.05), (7, 0.93)]),
];
const SHARE: f64 = 0.35;
const ROWS: u32 = 4000;
const RECORDS: u32 = 60;

struct Chances(u64);

impl Chances {
    fn next(&mut self) -> f64 {
        self.0 = mix(self.0, 0x5bd1_e995);
        f64::from(u32::try_from(self.0 >> 32).expect("half of it")) / f64::from(u32::MAX)
    }

    fn level(&mut self, levels: &[(u8, f64)]) -> u8 {
        let mut left = self.next();
        levels
            .iter()
            .find(|(_, share)| {
                left -= share;
                left <= 0.0
            })
            .or(levels.last())
            .expect("a level")
            .0
    }

    fn pattern(&mut self, fields: &[(usize, &[(u8, f64)])]) -> Pattern {
        let levels: Vec<(usize, u8)> = fields.iter().map(|(field, levels)| (*field, self.level(levels))).collect();
        Pattern::of_levels(&levels)
    }
}

fn expected_strangers(pattern: Pattern) -> f64 {
    let share = |(field, levels): &(usize, &[(u8, f64)])| {
        levels.iter().find(|(level, _)| usize::from(*level) == pattern.level(*field)).map_or(1.0, |(_, share)| *share)
    };
    f64::from(RECORDS) * APART.iter().map(share).product::<f64>()
}

#[test]
fn the_parameters_that_made_the_data_are_found() {
    let mut chances = Chances(7);
    let (mut pairs, mut kinds): (Vec<Pair>, Vec<Kind>) = (Vec::new(), Vec::new());
    for row in 0..ROWS {
        let is_matched = chances.next() < SHARE;
        let mut patterns: Vec<Pattern> = is_matched.then(|| chances.pattern(&SAME)).into_iter().collect();
        patterns.extend((0..RECORDS).map(|_| chances.pattern(&APART)));
        for (person, pattern) in patterns.into_iter().enumerate() {
            let place = kinds.iter().position(|kind| kind.pattern == pattern).unwrap_or_else(|| {
                kinds.push(Kind { pattern, sex: 0, birth: 0, is_abroad: false, names: 0 });
                kinds.len() - 1
            });
            let strangers = expected_strangers(pattern);
            #[expect(clippy::cast_possible_truncation, reason = "as the linker does")]
            let strangers = strangers as f32;
            let pattern = u32::try_from(place).expect("few patterns");
            pairs.push(Pair {
                row,
                pattern,
                person: u64::from(row) << 16 | person as u64,
                record: 0,
                families: 0,
                strangers,
                scattered: strangers,
            });
        }
    }
    let learned = Parameters::learn(
        &pairs,
        &kinds,
        &Chance::learn(&[], &[], &[], 0),
        &Rows { by_names: [u64::from(ROWS), 0, 0, 0, 0, 0], undated: 0.0 },
    );
    assert!((learned.share - SHARE).abs() < 0.02, "share {}", learned.share);
    for (field, levels) in SAME {
        for (level, share) in levels {
            let found = learned.same[field][usize::from(*level)];
            // Four standard deviations of a share among 1,400 matched rows, and what the defaults weigh.
            assert!((found - share).abs() < 0.065, "field {field} level {level}: {found} for {share}");
        }
        for group in groups(field) {
            let sum: f64 = group.iter().map(|level| learned.same[field][*level]).sum();
            assert!((sum - 1.0).abs() < 1e-9, "field {field}: the shares of a group sum to {sum}");
        }
    }
    assert!(learned.namesakes_at[0].iter().sum::<f64>() < 0.05, "no namesake beyond chance was made");
}

/// The levels of a pattern, by field.
type Levels<'a> = &'a [(usize, u8)];

/// Rows made of patterns: for each, how many rows have these candidates, and the class of frequency of their names.
fn rows_of_patterns(made: &[(u32, u8, &[Levels])]) -> (Vec<Pair>, Vec<Kind>, Rows) {
    let (mut pairs, mut kinds): (Vec<Pair>, Vec<Kind>) = (Vec::new(), Vec::new());
    let mut rows = Rows { by_names: [0; NAME_CLASSES], undated: 0.0 };
    let mut row = 0;
    for (count, names, candidates) in made {
        rows.by_names[usize::from(*names)] += u64::from(*count);
        let first = kinds.len();
        kinds.extend(candidates.iter().map(|levels| Kind {
            pattern: Pattern::of_levels(levels),
            sex: 1,
            birth: 0,
            is_abroad: false,
            names: *names,
        }));
        for _ in 0..*count {
            for place in 0..candidates.len() {
                let pattern = u32::try_from(first + place).expect("few patterns");
                let person = u64::from(row) << 16 | place as u64;
                pairs.push(Pair { row, pattern, person, record: 0, families: 0, strangers: 1e-4, scattered: 1e-4 });
            }
            row += 1;
        }
    }
    (pairs, kinds, rows)
}

const ALIKE: Levels<'_> = &[(NOM, 2), (PRENOM, 2), (DATE, 1), (SEX, 1), (LIEU, 1), (POSTCODE, 1)];
const TWIN: Levels<'_> = &[(NOM, 2), (PRENOM, 9), (DATE, 1), (SEX, 1), (LIEU, 1), (POSTCODE, 3)];
const NAMESAKE: Levels<'_> = &[(NOM, 2), (PRENOM, 2), (DATE, 1), (SEX, 1), (LIEU, 7), (POSTCODE, 3)];

#[test]
fn twins_are_learned_beside_right_pairs_too() {
    let (pairs, kinds, rows) = rows_of_patterns(&[(1100, 0, &[ALIKE]), (100, 0, &[ALIKE, TWIN]), (500, 0, &[]), (30, 0, &[TWIN])]);
    let chance = Chance::learn(&[], &[], &[], 0);
    let learned = Parameters::learn(&pairs, &kinds, &chance, &rows);
    let twins = learned.relatives_at[usize::from(date::EXACT)][usize::from(prenom::DIFFERENT)];
    // 130 of 1,730 rows; the 30 that have nobody else leave little doubt when 100 others show what twins are.
    assert!((0.055..0.085).contains(&twins), "expected twins of a row: {twins}");
    let alone = odds(pairs.last().expect("a pair"), &learned.weights(&kinds, &chance));
    assert!(alone < 0.3, "odds of a twin whose row has nobody else: {alone}");
}

#[test]
fn frequent_names_have_their_own_share_and_their_own_namesakes() {
    let (pairs, kinds, rows) =
        rows_of_patterns(&[(1600, 0, &[ALIKE]), (400, 0, &[]), (60, 4, &[ALIKE]), (240, 4, &[]), (60, 4, &[NAMESAKE])]);
    let learned = Parameters::learn(&pairs, &kinds, &Chance::learn(&[], &[], &[], 0), &rows);
    assert!((learned.share - 1660.0 / 2360.0).abs() < 0.02, "share {}", learned.share);
    assert!((learned.share_by_names[0] - 0.8).abs() < 0.02, "share of rare names {}", learned.share_by_names[0]);
    assert!((learned.share_by_names[4] - 60.0 / 360.0).abs() < 0.06, "share of frequent names {}", learned.share_by_names[4]);
    let [rare, .., frequent, most] = learned.namesakes_at.map(|days| days[usize::from(date::EXACT)]);
    assert!(rare < 0.01 && frequent > 0.12, "namesakes {rare} and {frequent}");
    assert!((most - frequent).abs() < 1e-9, "a class without rows is believed to be as the one before");
}

#[test]
fn sums_by_parts_are_those_of_the_whole() {
    let (pairs, kinds, _) = rows_of_patterns(&[(37, 0, &[ALIKE, TWIN, NAMESAKE]), (41, 2, &[TWIN]), (5, 1, &[NAMESAKE, TWIN])]);
    let weights: Vec<[f64; 3]> = kinds.iter().enumerate().map(|(place, _)| [1e-4 * as_f64(place as u64 + 1), 2e-4, 3e-5]).collect();
    for count in [0, 1, 3, 40, pairs.len()] {
        let (parts, whole) = (expected(&pairs[..count], &kinds, &weights), expected_of(&pairs[..count], &kinds, &weights));
        for (part, all) in [(&parts.same, &whole.same), (&parts.relatives, &whole.relatives), (&parts.namesakes, &whole.namesakes)] {
            assert!(part.iter().zip(all).all(|(part, all)| (part - all).abs() < 1e-9), "{count} pairs");
        }
        assert!(parts.matched.iter().zip(&whole.matched).all(|(part, all)| (part - all).abs() < 1e-9), "{count} pairs");
    }
}
