//! `make bench`: deciding a table of about 1,000 cells with cell keys, in milliseconds on one core.
//!
//! Figures are printed, never asserted: a benchmark that fails on a busy machine teaches nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::{Duration, Instant};

use apres_protect::{
    Catalogue, Counted, CountedCell, CountedValue, Dimension, DisclosureSecret, Group, Indicator, Measure, Month, Policy, Request, SetKey,
    Standing, decide,
};

const ROUNDS: usize = 201;
/// Ages and départements of the table.
const AGES: [&str; 3] = ["26_49", "50_plus", "moins_26"];
const DEPARTEMENTS: u64 = 82;

fn main() {
    let catalogue = Catalogue::embedded();
    let secret = DisclosureSecret::new([1; 32]);
    let policy = Policy::default().with_secret(secret.clone());
    for (name, indicators, horizons) in [
        ("1,000 rates", &["B-01"][..], "6,9,12,18"),
        ("1,000 counts, rates, bands, contracts", &["A-02", "B-01", "B-10D", "B-12", "D-01"][..], "6"),
    ] {
        let counted = table(&catalogue, &secret, indicators, horizons);
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                let release = decide(&counted, &catalogue, &policy, &[]).expect("a large cohort");
                let took = began.elapsed();
                assert_eq!(release.cells().len(), counted.cells.len());
                took
            })
            .collect();
        times.sort_unstable();
        let median = times[times.len() / 2].as_secs_f64() * 1e3;
        let fastest = times[0].as_secs_f64() * 1e3;
        println!("decide {name:<38} {:>5} cells  median {median:.3} ms, fastest {fastest:.3} ms (aim: 1 ms)", counted.cells.len());
    }
}

/// A total and its crossings by département and age.
fn table(catalogue: &Catalogue, secret: &DisclosureSecret, indicators: &[&str], horizons: &str) -> Counted {
    let mut pairs = vec![("programme", "iae"), ("du", "2024T1"), ("au", "2024T4"), ("par", "departement"), ("par", "age")];
    pairs.extend(indicators.iter().map(|id| ("indicateur", *id)));
    pairs.extend(horizons.split(',').map(|months| ("horizon", months)));
    let pairs: Vec<(String, String)> = pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let request = Request::from_query(&pairs).expect("a question");
    let per_group = indicators.len() * if indicators.len() == 1 { 4 } else { 1 };
    let departements = DEPARTEMENTS.min(1_000 / (3 * per_group as u64));
    let mut groups: Vec<Group> = vec![Vec::new()];
    for departement in 0..departements {
        let code = (Dimension::Departement, format!("{:02}", 21 + departement % 75));
        let age = |age: &&str| vec![code.clone(), (Dimension::AgeBand, (*age).to_owned())];
        groups.extend(AGES.iter().map(age));
    }
    groups.sort();
    groups.dedup();
    let keys = secret.record_keys();
    let mut cells = Vec::new();
    for indicator in catalogue.to_count(&request) {
        for horizon in indicator.horizons_for(&request) {
            cells.extend((0_u64..).zip(&groups).map(|(place, group)| CountedCell {
                indicator: indicator.id.clone(),
                horizon,
                group: group.clone(),
                standing: Standing::Consolidated,
                value: value(indicator, 30 + place % 200),
                key: SetKey::from_sum(keys.of_person(place)),
                found: None,
                found_key: SetKey::ZERO,
            }));
        }
    }
    let key = SetKey::from_sum(keys.of_person(u64::MAX));
    Counted {
        request,
        lake_version: 1,
        last_month: Month::new(2026, 9).expect("a month"),
        population: 50_000,
        population_key: key,
        found: 50_000,
        found_key: key,
        cells,
        rest: None,
    }
}

fn value(indicator: &Indicator, people: u64) -> CountedValue {
    let employed = people / 2;
    match &indicator.measure {
        Measure::Count => CountedValue::Count(people),
        Measure::Share => {
            let numerator = if indicator.id == "B-12" { people / 5 } else { employed };
            CountedValue::Share { numerator, denominator: people }
        }
        Measure::Distribution { categories, .. } => {
            let denominator = if indicator.is_conditional() { employed } else { people };
            let each = if indicator.id == "B-10D" { people / 5 } else { denominator / categories.len() as u64 };
            let rest = denominator - each * (categories.len() as u64 - 1);
            let people = |place: usize| if place + 1 == categories.len() { rest } else { each };
            let categories = categories.iter().enumerate().map(|(place, category)| (category.code.clone(), people(place)));
            CountedValue::Distribution { denominator, categories: categories.collect() }
        }
        Measure::Quartiles { .. } => CountedValue::Quartiles([(0, people - employed), (6, employed)].into_iter().collect()),
    }
}
