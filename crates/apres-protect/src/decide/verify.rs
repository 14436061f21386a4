//! What the gate relies on, and what it guarantees, asserted on both sides.
//!
//! A failure here is a fault of ours: nothing leaves. Messages name rules, never figures.

use std::collections::BTreeSet;

use crate::catalogue::{Catalogue, Measure};
use crate::counted::{Counted, CountedCell, CountedValue};
use crate::policy::Policy;
use crate::release::{Content, Figure};

/// Asserts that a counted table does not contradict itself nor the catalogue.
pub(super) fn check_counted(counted: &Counted, catalogue: &Catalogue) {
    let mut seen = BTreeSet::new();
    for cell in &counted.cells {
        assert!(seen.insert((&cell.indicator, cell.horizon, &cell.group)), "a counted cell is given once");
        let is_split = cell.group.iter().all(|(dimension, _)| counted.request.breakdowns.contains(dimension));
        assert!(is_split && cell.group.windows(2).all(|pair| pair[0].0 < pair[1].0), "a group follows the request's breakdowns");
        let indicator = catalogue.indicator(&cell.indicator);
        let measure = &indicator.expect("a counted indicator is in the catalogue").measure;
        assert!(is_of(cell, measure), "a counted value is of its indicator's kind");
        match &cell.value {
            CountedValue::Share { numerator, denominator } => assert!(numerator <= denominator, "a numerator is within its denominator"),
            CountedValue::Distribution { denominator, categories } => {
                let people: u64 = categories.iter().map(|(_, people)| people).sum();
                assert!(people == *denominator, "the categories of a distribution add up to its denominator");
            }
            CountedValue::Count(_) | CountedValue::Quartiles { .. } => {}
        }
    }
}

fn is_of(cell: &CountedCell, measure: &Measure) -> bool {
    match (&cell.value, measure) {
        (CountedValue::Count(_), Measure::Count)
        | (CountedValue::Share { .. }, Measure::Share)
        | (CountedValue::Quartiles { .. }, Measure::Quartiles { .. }) => true,
        (CountedValue::Distribution { categories: counted, .. }, Measure::Distribution { categories, .. }) => {
            counted.iter().map(|(code, _)| code).eq(categories.iter().map(|category| &category.code))
        }
        _ => false,
    }
}

/// Asserts that nothing in a release-to-be breaks the policy.
pub(super) fn check_content(content: &Content, policy: &Policy) {
    assert!(content.population.is_none_or(|people| people >= policy.cohort_min), "a described population reaches the smallest cohort");
    for cell in &content.cells {
        check_figure(&cell.figure, policy);
    }
}

fn check_figure(figure: &Figure, policy: &Policy) {
    match figure {
        Figure::Count { value } => assert!(*value >= policy.count_min, "a count reaches the smallest that may be shown"),
        Figure::Rate { percent, denominator, numerator, low, high } => {
            assert!(*denominator >= policy.denominator_min, "a rate stands on enough people");
            assert!((1..=99).contains(percent), "a rate is neither 0 nor 100 %");
            assert!(low <= percent && percent <= high && *high <= 100, "an interval holds its rate");
            assert!(*denominator >= policy.round_5_below || percent.is_multiple_of(5), "a rate on few people is rounded to 5 points");
            let holds = |people: u64| people >= policy.count_min && denominator - people >= policy.count_min;
            assert!(numerator.is_none_or(holds), "a numerator and its complement may both be said");
        }
        Figure::RateBelow { percent, denominator } => {
            assert!(*denominator >= policy.denominator_min, "a rate stands on enough people");
            let highest = denominator * u64::from(*percent);
            assert!(highest > 100 * (policy.guard_min - 1), "a bound does not pin the count");
        }
        Figure::RateAbove { percent, denominator } => {
            assert!(*denominator >= policy.denominator_min, "a rate stands on enough people");
            let highest = denominator * u64::from(100 - percent);
            assert!(highest > 100 * (policy.guard_min - 1), "a bound does not pin the count");
        }
        Figure::Distribution { denominator, categories } => {
            assert!(*denominator >= policy.denominator_min, "a distribution stands on enough people");
            let hidden = categories.iter().filter(|(_, figure)| matches!(figure, Figure::Hidden { .. })).count();
            assert!(hidden != 1, "a hidden category is never alone");
            for (_, figure) in categories {
                let is_flat =
                    matches!(figure, Figure::Rate { .. } | Figure::RateBelow { .. } | Figure::RateAbove { .. } | Figure::Hidden { .. });
                assert!(is_flat, "a category is a rate or hidden");
                check_figure(figure, policy);
            }
        }
        Figure::Quartiles { denominator, p25, p75, .. } => {
            assert!(*denominator >= policy.median_min, "a median stands on enough people");
            let has_quartiles = p25.is_some() || p75.is_some();
            assert!(!has_quartiles || *denominator >= policy.quartile_min, "quartiles stand on enough people");
        }
        Figure::Hidden { .. } => {}
    }
}
