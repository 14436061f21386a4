//! What the gate relies on, and what it guarantees, asserted on both sides.
//!
//! A failure here is a fault of ours: nothing leaves. Messages name rules, never figures.

use std::collections::BTreeMap;

use super::table::size;
use super::{Place, place};
use crate::catalogue::{Catalogue, Measure};
use crate::counted::{Counted, CountedCell, CountedRest, CountedValue};
use crate::policy::{Method, Policy};
use crate::release::{Content, Figure};
use crate::request::Request;

/// Asserts that a counted table does not contradict itself, its question nor the catalogue.
pub(super) fn check_counted(counted: &Counted, request: &Request, catalogue: &Catalogue) {
    assert!(counted.found <= counted.population, "those who were found are among the people");
    let dimensions = request.dimensions();
    for cell in &counted.cells {
        let is_split = cell.group.iter().all(|(dimension, _)| dimensions.contains(dimension));
        assert!(is_split && cell.group.windows(2).all(|pair| pair[0].0 < pair[1].0), "a group follows the request's dimensions");
    }
    check_cells(&counted.cells, catalogue);
    assert!(request.rest.is_some() || counted.rest.is_none(), "whom to compare with is counted when it is asked");
}

/// Asserts the same of whom to compare with.
pub(super) fn check_rest(rest: &CountedRest, catalogue: &Catalogue) {
    assert!(rest.cells.iter().all(|cell| cell.group.is_empty()), "whom to compare with is not broken down");
    check_cells(&rest.cells, catalogue);
}

fn check_cells(cells: &[CountedCell], catalogue: &Catalogue) {
    // Cells are counted nearly in this order, so that sorting them is cheap.
    let seen: BTreeMap<Place<'_>, &CountedCell> = cells.iter().map(|cell| (place(cell), cell)).collect();
    assert!(seen.len() == cells.len(), "a counted cell is given once");
    for cell in cells {
        let indicator = catalogue.indicator(&cell.indicator).expect("a counted indicator is in the catalogue");
        assert!(is_of(&cell.value, &indicator.measure), "a counted value is of its indicator's kind");
        check_value(&cell.value);
        if let Some(found) = &cell.found {
            assert!(is_of(found, &indicator.measure), "a counted value is of its indicator's kind");
            check_value(found);
            assert!(size(found) <= size(&cell.value), "those who were found are among the people");
        }
        for linked in &indicator.shares {
            if let Some(share) = seen.get(&(linked.id.as_str(), cell.horizon, &cell.group)) {
                assert!(is_sum(&share.value, &cell.value, &linked.categories), "a linked share is the sum of its categories");
            }
        }
    }
}

fn check_value(value: &CountedValue) {
    match value {
        CountedValue::Share { numerator, denominator } => assert!(numerator <= denominator, "a numerator is within its denominator"),
        CountedValue::Distribution { denominator, categories } => {
            let people: u64 = categories.iter().map(|(_, people)| people).sum();
            assert!(people == *denominator, "the categories of a distribution add up to its denominator");
        }
        CountedValue::Count(_) | CountedValue::Quartiles(_) => {}
    }
}

fn is_sum(share: &CountedValue, distribution: &CountedValue, codes: &[String]) -> bool {
    match (share, distribution) {
        (CountedValue::Share { numerator, denominator }, CountedValue::Distribution { denominator: people, categories }) => {
            let sum: u64 = categories.iter().filter(|(code, _)| codes.contains(code)).map(|(_, people)| people).sum();
            (sum, people) == (*numerator, denominator)
        }
        _ => false,
    }
}

fn is_of(value: &CountedValue, measure: &Measure) -> bool {
    match (value, measure) {
        (CountedValue::Count(_), Measure::Count)
        | (CountedValue::Share { .. }, Measure::Share)
        | (CountedValue::Quartiles(_), Measure::Quartiles { .. }) => true,
        (CountedValue::Distribution { categories: counted, .. }, Measure::Distribution { categories, .. }) => {
            counted.iter().map(|(code, _)| code).eq(categories.iter().map(|category| &category.code))
        }
        _ => false,
    }
}

/// Asserts that nothing in a release-to-be breaks the policy.
pub(super) fn check_content(content: &Content, policy: &Policy) {
    assert!(content.population.is_none_or(|people| people >= policy.cohort_min), "a described population reaches the smallest cohort");
    for cell in content.cells.iter().chain(content.rest.iter().flatten()) {
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
            assert!(policy.method == Method::CellKeys || hidden != 1, "a hidden category is never alone beside exact ones");
            for (_, figure) in categories {
                let is_flat =
                    matches!(figure, Figure::Rate { .. } | Figure::RateBelow { .. } | Figure::RateAbove { .. } | Figure::Hidden { .. });
                assert!(is_flat, "a category is a rate or hidden");
                check_figure(figure, policy);
            }
        }
        Figure::Quartiles { denominator, p25, p75, mean_tenths, .. } => {
            assert!(*denominator >= policy.median_min, "a median stands on enough people");
            let has_quartiles = p25.is_some() || p75.is_some();
            assert!(!has_quartiles || *denominator >= policy.quartile_min, "quartiles stand on enough people");
            let is_vague = |tenths: i64| tenths % 5 == 0 && *denominator >= policy.mean_min;
            assert!(mean_tenths.is_none_or(is_vague), "a mean stands on enough people, and is rounded to half a unit");
        }
        Figure::Hidden { .. } => {}
    }
}
