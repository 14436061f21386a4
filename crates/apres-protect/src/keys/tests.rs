//! The table against its definition and against another program's; keys against the ways in which people are counted again.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn shape(deviation_max: u8, variance: f64, withheld_max: u8, is_monotone: bool) -> Shape {
    Shape { deviation_max, variance, withheld_max, is_monotone }
}

fn fault(deviation_max: u8, variance: f64, withheld_max: u8, is_monotone: bool) -> Option<NoiseFault> {
    Table::new(shape(deviation_max, variance, withheld_max, is_monotone)).err()
}

fn noise() -> Noise {
    Noise::default().with_secret(DisclosureSecret::new([7; 32]))
}

/// A shape that has a table.
fn any_shape() -> impl Strategy<Value = Shape> {
    (0..=4_u8, 1..20_u8, 0.02..0.98_f64).prop_map(|(withheld_max, more, place)| {
        let least = f64::from((withheld_max + 1) * (withheld_max + 1) / 4);
        let deviation_max = (withheld_max + 1) * (withheld_max + 1) / 4 + more;
        shape(deviation_max, least + place * (f64::from(deviation_max) - least), withheld_max, false)
    })
}

proptest! {
    #[test]
    fn a_law_has_its_mean_its_variance_and_its_bounds(shape in any_shape()) {
        let table = Table::new(shape).unwrap();
        for count in 1..=table.len() + 2 {
            let law = table.law(count);
            let moment = |power: i32| law.iter().map(|(v, p)| p * f64::from(i32::try_from(*v).unwrap()).powi(power)).sum::<f64>();
            prop_assert!((moment(0) - 1.0).abs() < 1e-12 && moment(1).abs() < 1e-9, "{count}: {} {}", moment(0), moment(1));
            prop_assert!((moment(2) - shape.variance).abs() < 1e-9 * shape.variance.max(1.0), "{count}: {}", moment(2));
            for (deviation, chance) in &law {
                let noisy = i64::try_from(count).unwrap() + deviation;
                prop_assert!(*chance >= 0.0 && deviation.unsigned_abs() <= u64::from(shape.deviation_max));
                prop_assert!(noisy == 0 || noisy > i64::from(shape.withheld_max), "{count} becomes {noisy}");
            }
        }
    }

    /// No other law of this mean and variance is more open: moving a little of it along what keeps both always closes it.
    #[test]
    fn a_law_has_the_largest_entropy(shape in any_shape(), directions in proptest::collection::vec(-1.0..1.0_f64, 61)) {
        let law = Table::new(shape).unwrap().law(99);
        let entropy = |chances: &[f64]| -chances.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        let values: Vec<f64> = law.iter().map(|(v, _)| f64::from(i32::try_from(*v).unwrap())).collect();
        let chances: Vec<f64> = law.iter().map(|(_, p)| *p).collect();
        // Takes out of a direction what would change the sum, the mean or the variance (Gram-Schmidt).
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let without = |mut vector: Vec<f64>, basis: &[Vec<f64>]| {
            for unit in basis {
                let part = dot(&vector, unit);
                vector.iter_mut().zip(unit).for_each(|(value, unit)| *value -= part * unit);
            }
            vector
        };
        for power in 0..3 {
            let vector = without(values.iter().map(|v| v.powi(power)).collect(), &basis);
            let length = dot(&vector, &vector).sqrt();
            prop_assume!(length > 1e-6);
            basis.push(vector.iter().map(|value| value / length).collect());
        }
        let direction = without(directions[..values.len()].to_vec(), &basis);
        prop_assume!(dot(&direction, &direction) > 1e-3);
        // As far as no chance falls below zero.
        let reach = direction.iter().zip(&chances).filter(|(d, _)| d.abs() > 0.0).map(|(d, p)| p / d.abs()).fold(f64::MAX, f64::min);
        for sign in [-0.5, 0.5] {
            let moved: Vec<f64> = chances.iter().zip(&direction).map(|(p, d)| p + sign * reach * d).collect();
            prop_assert!(entropy(&moved) <= entropy(&chances) + 1e-12);
        }
    }
}

#[test]
fn a_table_that_would_be_degenerate_is_refused() {
    // Between the two bounds and not at them.
    for (deviation_max, least, withheld_max) in [(3, 0.0, 0), (5, 1.0, 1), (5, 2.0, 2), (8, 4.0, 3), (8, 6.0, 4), (12, 9.0, 5)] {
        let most = f64::from(deviation_max);
        assert_eq!(fault(deviation_max, most, withheld_max, false), Some(NoiseFault::Degenerate), "{deviation_max} {withheld_max}");
        assert_eq!(fault(deviation_max, most - 0.01, withheld_max, false), None, "{deviation_max} {withheld_max}");
        assert_eq!(fault(deviation_max, least + 0.01, withheld_max, false), None, "{deviation_max} {withheld_max}");
        let expected = if withheld_max == 0 { NoiseFault::OutOfRange } else { NoiseFault::Degenerate };
        assert_eq!(fault(deviation_max, least, withheld_max, false), Some(expected), "{deviation_max} {withheld_max}");
    }
    assert_eq!(fault(5, 2.0, 4, false), Some(NoiseFault::Degenerate));
    assert_eq!(fault(10, 12.0, 4, false), Some(NoiseFault::Degenerate));
    for (deviation_max, variance) in [(0, 1.0), (51, 1.0), (3, 0.0), (3, -1.0), (3, f64::NAN), (3, f64::INFINITY)] {
        assert_eq!(fault(deviation_max, variance, 0, false), Some(NoiseFault::OutOfRange));
    }
}

#[test]
fn larger_deviations_are_less_likely_when_it_is_asked() {
    // For deviations of 2 at most, a count of 1 becomes 0 and 1 as often at best, and 2 and 3: (3, 3, 1, 1) ÷ 8, of variance 1. (The R package ptable, whose tables are
    // monotone, says the same: a variance of 0.9 is feasible, 1 is not quite.)
    assert_eq!(fault(2, 1.01, 0, true), Some(NoiseFault::NotMonotone));
    for (shape, counts) in [(shape(2, 0.9, 0, true), 4), (shape(7, 4.0, 2, true), 11), (shape(5, 3.0, 2, true), 9)] {
        let table = Table::new(shape).unwrap();
        let free = Table::new(Shape { is_monotone: false, ..shape }).unwrap();
        let mut changed = Vec::new();
        for count in 1..counts {
            let law = table.law(count);
            let sides: [Vec<f64>; 2] = [
                law.iter().rev().filter(|(v, _)| *v <= 0).map(|(_, p)| *p).collect(),
                law.iter().filter(|(v, _)| *v >= 0).map(|(_, p)| *p).collect(),
            ];
            assert!(sides.iter().all(|side| side.windows(2).all(|pair| pair[0] >= pair[1] - 1e-11)), "{count}: {law:?}");
            let variance: f64 = law.iter().map(|(v, p)| p * f64::from(i32::try_from(*v * *v).unwrap())).sum();
            assert!((variance - shape.variance).abs() < 1e-9);
            let far = law.iter().zip(free.law(count)).map(|((_, a), (_, b))| (a - b).abs()).fold(0.0, f64::max);
            changed.extend((far > 1e-9).then_some(count));
        }
        // With deviations of 7 at most, a variance of 4 and 2 counts withheld, the published table of τ-Argus leaves the free law for the counts 4 and 5, and for these only.
        if shape.deviation_max == 7 {
            assert_eq!(changed, [4, 5]);
        }
    }
}

/// Lines of a file as values by column.
fn lines(text: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines.map(|line| header.iter().copied().zip(line.split(',')).collect()).collect()
}

#[test]
fn the_table_of_another_program_comes_out_key_for_key() {
    // The table that comes with cell-key-perturbation 3.1.0 (Office for National Statistics, MIT licence): deviations of 5 at most, a variance of 3, 2 counts withheld.
    let ons = ons::Ons::new(5, 3.0, 2, 256, 0).unwrap();
    let mut compared = 0;
    for line in lines(include_str!("tests/ons_table.csv")) {
        let number = |name: &str| line[name].parse::<u64>().unwrap();
        for key in number("first_ckey")..=number("last_ckey") {
            let perturbed = ons.perturb(number("pcv"), key);
            assert_eq!(perturbed.deviation.to_string(), line["pvalue"], "count {} key {key}", line["pcv"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 8 * 256);
}

/// What the program expects of a table of its records by some columns.
fn check_ons(by: &[&str], expected: &str) {
    let mut cells: BTreeMap<Vec<&str>, (u64, u64)> = BTreeMap::new();
    for record in lines(include_str!("tests/ons_records.csv")) {
        let cell = cells.entry(by.iter().map(|column| record[column]).collect()).or_default();
        *cell = (cell.0 + 1, cell.1 + record["record_key"].parse::<u64>().unwrap());
    }
    let ons = ons::Ons::new(5, 3.0, 2, 256, 0).unwrap();
    let expected = lines(expected);
    assert_eq!(expected.len(), cells.len());
    for line in expected {
        let (count, keys) = cells[&by.iter().map(|column| line[column]).collect::<Vec<_>>()];
        let ours = ons.perturb(count, keys);
        let ours = [count, u64::from(ours.key), ours.row, ours.published.unwrap()].map(|value| value.to_string());
        assert_eq!(ours, ["pre_sdc_count", "ckey", "pcv", "count"].map(|name| line[name]), "{line:?}");
    }
}

#[test]
fn the_tables_of_another_program_come_out_figure_for_figure() {
    check_ons(&["dep", "siae", "emploi6"], include_str!("tests/ons_expected_by_dep_siae_emploi6.csv"));
    check_ons(&["dep"], include_str!("tests/ons_expected_by_dep.csv"));
    check_ons(&["siae", "emploi6"], include_str!("tests/ons_expected_by_siae_emploi6.csv"));
}

#[test]
fn large_counts_share_rows_and_the_threshold_comes_after() {
    let ons = ons::Ons::new(5, 3.0, 2, 256, 10).unwrap();
    let rows = [1, 750, 751, 1000, 1001, 1250, 1251].map(|count| ons.perturb(count, 0).row);
    assert_eq!(rows, [1, 750, 501, 750, 501, 750, 501]);
    // 12 by a large negative deviation falls below 10, and 8 by a positive one rises to it.
    assert_eq!((ons.perturb(12, 0).deviation, ons.perturb(12, 0).published), (-5, None));
    assert_eq!((ons.perturb(8, 255).deviation, ons.perturb(8, 255).published), (5, Some(13)));
    assert_eq!(ons.perturb(0, 255).published, None, "nobody stays nobody");
}

#[test]
fn a_set_keeps_its_figure_and_another_set_or_question_draws_again() {
    let noise = noise();
    let perturber = noise.perturber();
    let keys = DisclosureSecret::new([7; 32]).record_keys();
    let set = |people: std::ops::Range<u64>| people.map(|person| SetKey::from_sum(keys.of_person(person))).sum::<SetKey>();
    let share = |horizon| Counting::Numerator { share: "B-01", horizon };
    let (mut moved, mut other_horizon) = (0, 0);
    for first in 0..1_000 {
        let people = set(first..first + 60);
        let backwards: SetKey = (first..first + 60).rev().map(|person| SetKey::from_sum(keys.of_person(person))).sum();
        assert_eq!(people, backwards);
        assert_eq!(people, set(first..first + 20).and(set(first + 20..first + 60)));
        let drawn = perturber.deviation(30, people, share(6));
        assert_eq!(drawn, perturber.deviation(30, backwards, share(6)));
        moved += u64::from(drawn != perturber.deviation(30, set(first..first + 61), share(6)));
        other_horizon += u64::from(drawn != perturber.deviation(30, people, share(9)));
    }
    // Two independent draws differ this often: 1 − Σ p².
    let same: f64 = Table::new(noise.shape).unwrap().law(30).iter().map(|(_, p)| p * p).sum();
    for differing in [moved, other_horizon] {
        let share = f64::from(u32::try_from(differing).unwrap()) / 1_000.0;
        assert!((share - (1.0 - same)).abs() < 0.05, "{share} of the draws differ, {} were expected", 1.0 - same);
    }
}

#[test]
fn nobody_stays_nobody_under_every_key() {
    for noise in [
        "",
        "deviation_max = 5\nvariance = 3.0\nwithheld_max = 2",
        "deviation_max = 7\nvariance = 4.0\nwithheld_max = 2\nis_monotone = true",
    ] {
        let noise = toml::from_str::<Noise>(noise).unwrap().with_secret(DisclosureSecret::new([7; 32]));
        let of = |set: u64| {
            noise.perturber().count(0, SetKey::from_sum(set), Counting::Category { distribution: "D-01", horizon: 6, code: "cdi" })
        };
        assert!((0..1_000_u64).all(|set| of(set.wrapping_mul(0x9e37_79b9_7f4a_7c15)) == 0));
    }
}

#[test]
fn counts_stay_useful() {
    let noise = noise();
    let perturber = noise.perturber();
    let keys = DisclosureSecret::new([3; 32]).record_keys();
    let mut errors: Vec<f64> = Vec::new();
    for (place, count) in (50..2_000_u64).enumerate() {
        let set = SetKey::from_sum(keys.of_person(place as u64));
        let noisy = perturber.count(count, set, Counting::Everybody);
        errors.push(f64::from(u32::try_from(noisy.abs_diff(count)).unwrap()) / f64::from(u32::try_from(count).unwrap()));
    }
    // The hardest case: counts of 50 to 100 only.
    for errors in [&mut errors.clone()[..51], &mut errors[..]] {
        errors.sort_by(f64::total_cmp);
        assert!(errors[errors.len() / 2] <= 0.03, "median relative error {}", errors[errors.len() / 2]);
    }
}

#[test]
fn the_noise_cannot_be_read_in_what_is_shown_of_it() {
    let strong: Noise = toml::from_str("deviation_max = 5\nvariance = 3.0").unwrap();
    assert_eq!(format!("{:?} {strong:?}", Noise::default()), "Noise(****) Noise(****)");
    assert_eq!((Noise::default().told_deviation(), strong.told_deviation()), (2, 2));
    assert_eq!(toml::from_str::<Noise>("deviation_max = 9\nvariance = 4.5").unwrap().told_deviation(), 3);
    let keyed = |noise: &Noise, byte| noise.clone().with_secret(DisclosureSecret::new([byte; 32])).fingerprint().unwrap();
    assert_ne!(keyed(&strong, 1), keyed(&Noise::default(), 1), "another noise is another policy");
    assert_ne!(keyed(&strong, 1), keyed(&strong, 2), "and nobody without the secret can try which");
    assert_eq!(strong.fingerprint(), None);
    assert!(!format!("{:?}", DisclosureSecret::new([0x5a; 32])).contains("5a"));
}

#[test]
fn a_noise_is_checked_when_it_is_read() {
    let told = |text: &str| toml::from_str::<Noise>(text).map(|_| ()).map_err(|fault| fault.to_string());
    assert!(told("").is_ok());
    for text in
        ["deviation_max = 5\nvariance = 2.0\nwithheld_max = 4", "variance = 3.0", "variance = 2.0\nis_monotone = true", "deviation_max = 0"]
    {
        let fault = told(text).unwrap_err();
        assert!(fault.contains("the noise needs") || fault.contains("no noise table"), "{fault}");
    }
    assert!(told("secret = 'x'").is_err());
    assert!(toml::from_str::<Noise>("deviation_max = 2\nvariance = 1.0").unwrap().is_weaker());
    assert!(!Noise::default().is_weaker());
}
