//! Pairs made with known parameters, which must be found.

use super::{Kind, Pair, Parameters};
use crate::compare::{DATE, LEVELS, LIEU, NOM, PRENOM, Pattern, SEX};
use crate::model::chance::Chance;
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
const ROWS: u32 = 6000;
const RECORDS: f64 = 200.0;

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
    RECORDS * APART.iter().map(share).product::<f64>()
}

#[test]
fn the_parameters_that_made_the_data_are_found() {
    let mut chances = Chances(7);
    let (mut pairs, mut kinds): (Vec<Pair>, Vec<Kind>) = (Vec::new(), Vec::new());
    for row in 0..ROWS {
        let is_matched = chances.next() < SHARE;
        let mut patterns: Vec<Pattern> = is_matched.then(|| chances.pattern(&SAME)).into_iter().collect();
        patterns.extend((0..200).map(|_| chances.pattern(&APART)));
        for (person, pattern) in patterns.into_iter().enumerate() {
            let place = kinds.iter().position(|kind| kind.pattern == pattern).unwrap_or_else(|| {
                kinds.push(Kind { pattern, sex: 0, birth: 0, is_abroad: false });
                kinds.len() - 1
            });
            let strangers = expected_strangers(pattern);
            #[expect(clippy::cast_possible_truncation, reason = "as the linker does")]
            let strangers = strangers as f32;
            let pattern = u32::try_from(place).expect("few patterns");
            pairs.push(Pair { row, pattern, person: u64::from(row) << 16 | person as u64, record: 0, families: 0, strangers });
        }
    }
    let learned = Parameters::learn(&pairs, &kinds, &Chance::learn(&[], &[], &[], 0), ROWS as usize, 0.0);
    assert!((learned.share - SHARE).abs() < 0.02, "share {}", learned.share);
    for (field, levels) in SAME {
        for (level, share) in levels {
            let found = learned.same[field][usize::from(*level)];
            // Four standard deviations of a share among 2,100 matched rows, and what the defaults weigh.
            assert!((found - share).abs() < 0.045, "field {field} level {level}: {found} for {share}");
        }
        assert!((learned.same[field][1..LEVELS].iter().sum::<f64>() - 1.0).abs() < 0.25, "field {field} sums to one in each of its groups");
    }
    assert!(learned.namesakes_at.iter().sum::<f64>() < 0.05, "no namesake beyond chance was made");
}
