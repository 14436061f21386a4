//! An onlooker who subtracts: other code than the gate's, on tables counted from made-up people.
//!
//! He knows every rule, reads every figure of one release, and tries every sum that he can write in one line (a total less all of
//! its groups but one, at any two levels of the table), then all of them together. He does not combine several releases.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A made-up leaver.
#[derive(Debug, Clone, Copy)]
struct Person {
    kind: usize,
    sex: usize,
    age: usize,
    is_employed: bool,
    contract: usize,
}

const KINDS: [&str; 4] = ["ACI", "AI", "EI", "ETTI"];
const SEXES: [&str; 2] = ["F", "M"];
const AGES: [&str; 3] = ["26_49", "50_plus", "moins_26"];

fn any_people() -> impl Strategy<Value = Vec<Person>> {
    // Skewed, so that tables have large and small cells; the share in employment goes from nobody to everybody.
    let person = |employed_percent: u32| {
        (0..16_usize, 0..5_usize, 0..9_usize, 0..100_u32, 0..20_usize).prop_map(move |(kind, sex, age, draw, contract)| Person {
            kind: [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3][kind],
            sex: usize::from(sex > 2),
            age: [0, 0, 0, 0, 0, 0, 1, 1, 2][age],
            is_employed: draw < employed_percent,
            contract: contract.min(9),
        })
    };
    (20..240_usize, 0..=100_u32).prop_flat_map(move |(people, percent)| proptest::collection::vec(person(percent), people))
}

fn value_of(person: &Person, dimension: Dimension) -> (Dimension, String) {
    let value = match dimension {
        Dimension::Type => KINDS[person.kind],
        Dimension::Sex => SEXES[person.sex],
        _ => AGES[person.age],
    };
    (dimension, value.to_owned())
}

/// Counts the people at the levels given, for the four kinds of measure.
fn count(people: &[Person], breakdowns: &[Dimension], levels: &[Vec<Dimension>]) -> Counted {
    let mut groups: BTreeMap<(usize, Group), Vec<&Person>> = BTreeMap::new();
    for person in people {
        for level in levels {
            let group = level.iter().map(|&dimension| value_of(person, dimension)).collect();
            groups.entry((level.len(), group)).or_default().push(person);
        }
    }
    let mut cells = Vec::new();
    for ((_, group), members) in groups {
        let leavers = members.len() as u64;
        let employed: Vec<_> = members.iter().filter(|person| person.is_employed).collect();
        let mut contracts = [0; 10];
        employed.iter().for_each(|person| contracts[person.contract] += 1);
        cells.push(cell("A-02", 0, group.clone(), CountedValue::Count(leavers)));
        cells.push(cell("B-01", 6, group.clone(), share(employed.len() as u64, leavers)));
        cells.push(cell("D-01", 6, group.clone(), kinds(&contracts)));
        cells.push(cell("B-10", 12, group, quartiles(&[(0, leavers / 3), (3, leavers - leavers / 3)])));
    }
    let par: Vec<_> = breakdowns.iter().map(|dimension| format!("par={}&", dimension.code())).collect();
    let query = format!("{}horizon=6&indicateur=A-02&indicateur=B-01&indicateur=D-01&indicateur=B-10", par.concat());
    counted(&query, people.len() as u64, cells)
}

/// A table that is shown, when a case fails, by its counts only.
#[derive(Clone)]
struct Made(Counted);

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for cell in &self.0.cells {
            let values: Vec<_> = cell.group.iter().map(|(_, value)| value.as_str()).collect();
            write!(f, "{} {}: {:?}; ", cell.indicator, values.join(" "), cell.value)?;
        }
        Ok(())
    }
}

fn any_table() -> impl Strategy<Value = Made> {
    let dimensions = proptest::sample::subsequence(vec![Dimension::Type, Dimension::Sex, Dimension::AgeBand], 0..=3);
    (any_people(), dimensions, any::<bool>()).prop_map(|(people, breakdowns, has_margins)| {
        let subset = |mask: usize| breakdowns.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, d)| *d).collect();
        let all = (1 << breakdowns.len()) - 1;
        let levels: Vec<Vec<Dimension>> = (0..=all).filter(|mask| has_margins || *mask == 0 || *mask == all).map(subset).collect();
        Made(count(&people, &breakdowns, &levels))
    })
}

/// What one reads in a release about a quantity of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    Exactly(u64),
    Small,
    Hidden,
}

/// Exact people of each group for one quantity, and what is seen of them.
type Quantity = BTreeMap<Group, (u64, Seen)>;

fn seen_size(figure: &Figure) -> Seen {
    match figure {
        Figure::Count { value } => Seen::Exactly(*value),
        Figure::Rate { denominator, .. }
        | Figure::RateBelow { denominator, .. }
        | Figure::RateAbove { denominator, .. }
        | Figure::Distribution { denominator, .. }
        | Figure::Quartiles { denominator, .. } => Seen::Exactly(*denominator),
        Figure::Hidden { reason: Reason::Small } => Seen::Small,
        Figure::Hidden { .. } => Seen::Hidden,
    }
}

fn seen_category(figure: &Figure, category: usize, exact: u64) -> Seen {
    match figure {
        // The worst case: a rate on a known denominator may give the count away.
        Figure::Distribution { categories, .. } => match &categories[category].1 {
            Figure::Hidden { reason: Reason::Small } => Seen::Small,
            Figure::Hidden { .. } => Seen::Hidden,
            _ => Seen::Exactly(exact),
        },
        _ => Seen::Hidden,
    }
}

fn quantities(counted: &Counted, release: &Release) -> Vec<(String, Quantity)> {
    let mut all: BTreeMap<String, Quantity> = BTreeMap::new();
    for exact in &counted.cells {
        let figure = &release.cell(&exact.indicator, exact.horizon, &exact.group).unwrap().figure;
        let mut add = |name: String, people: u64, seen: Seen| {
            if let Seen::Exactly(said) = seen {
                assert_eq!(said, people, "what is said is true");
            }
            all.entry(name).or_default().insert(exact.group.clone(), (people, seen));
        };
        add(exact.indicator.clone(), table::size(&exact.value), seen_size(figure));
        match &exact.value {
            CountedValue::Distribution { categories, .. } => {
                for (position, (code, people)) in categories.iter().enumerate() {
                    add(format!("{} {code}", exact.indicator), *people, seen_category(figure, position, *people));
                }
            }
            CountedValue::Share { numerator, .. } => {
                let seen = if let Figure::Rate { numerator: Some(_), .. } = figure { Seen::Exactly(*numerator) } else { Seen::Hidden };
                add("numerator".to_owned(), *numerator, seen);
                let seen = if let Figure::Rate { .. } = figure { Seen::Exactly(*numerator) } else { Seen::Hidden };
                add("numerator by its rate".to_owned(), *numerator, seen);
            }
            CountedValue::Count(_) | CountedValue::Quartiles(_) => {}
        }
    }
    all.into_iter().collect()
}

/// Every total with the groups of a finer level that add up to it.
fn sums(quantity: &Quantity) -> Vec<(&Group, Vec<&Group>)> {
    let level = |group: &Group| group.iter().map(|(dimension, _)| *dimension).collect::<Vec<_>>();
    let mut sums = Vec::new();
    for total in quantity.keys() {
        let mut finer: BTreeMap<Vec<Dimension>, Vec<&Group>> = BTreeMap::new();
        for group in quantity.keys().filter(|group| group.len() > total.len() && total.iter().all(|value| group.contains(value))) {
            finer.entry(level(group)).or_default().push(group);
        }
        sums.extend(finer.into_values().map(|groups| (total, groups)));
    }
    sums
}

/// Asserts that no hidden part of a known total is the total less the known parts.
///
/// A rate may be hidden for another's sake over people enough to be described: how many they are is no secret then.
fn attack(name: &str, total: u64, parts: &[(u64, Seen)]) {
    let hidden: Vec<_> = parts.iter().filter(|(_, seen)| !matches!(seen, Seen::Exactly(_))).collect();
    let is_alone = hidden.len() == 1 && !(name == "B-01" && hidden[0].0 >= 20);
    assert!(!is_alone, "{name}: {parts:?} of {total}: one group is the total less the others");
    let small = hidden.iter().filter(|(_, seen)| *seen == Seen::Small).count();
    if small == parts.len() && name == "A-02" {
        // All are known to be below 11: together they must leave room.
        assert!(total + 5 <= 10 * small as u64 + 1, "{name}: {parts:?} of {total}: too close to the most that they can be");
    }
}

fn check_small(figure: &Figure) {
    let json = serde_json::to_value(figure).unwrap();
    let mut stack = vec![&json];
    while let Some(value) = stack.pop() {
        match value {
            serde_json::Value::Object(fields) => {
                for (key, value) in fields {
                    let is_count = ["value", "denominator", "numerator"].contains(&key.as_str());
                    let least = if key == "denominator" { 20 } else { 11 };
                    assert!(!is_count || value.is_null() || value.as_u64().unwrap() >= least, "{figure:?}");
                    stack.push(value);
                }
            }
            serde_json::Value::Array(values) => stack.extend(values),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn one_subtraction_never_gives_a_hidden_figure(Made(counted) in any_table()) {
        let release = decided(&counted).unwrap();
        prop_assert_eq!(release.cells().len(), counted.cells.len());
        release.cells().iter().for_each(|cell| check_small(&cell.figure));
        let again = Release::read(&release.to_json()).unwrap();
        prop_assert_eq!(&again, &release);
        for (name, quantity) in quantities(&counted, &release) {
            for (total, groups) in sums(&quantity) {
                if let (people, Seen::Exactly(_)) = quantity[total] {
                    let parts: Vec<_> = groups.iter().map(|group| quantity[*group]).collect();
                    attack(&name, people, &parts);
                }
            }
        }
        for cell in release.cells() {
            if let Figure::Distribution { denominator, .. } = &cell.figure {
                let exact = counted.cells.iter().find(|exact| (&exact.indicator, &exact.group) == (&cell.indicator, &cell.group)).unwrap();
                let CountedValue::Distribution { categories, .. } = &exact.value else { unreachable!() };
                let parts: Vec<_> = categories.iter().enumerate().map(|(position, (_, people))| (*people, seen_category(&cell.figure, position, *people))).collect();
                attack("categories", *denominator, &parts);
            }
        }
    }

    #[test]
    fn a_bound_is_never_made_exact_by_the_other_groups(Made(counted) in any_table()) {
        let release = decided(&counted).unwrap();
        let figure = |group: &Group| &release.cell("B-01", 6, group).unwrap().figure;
        let shares: Quantity = quantities(&counted, &release).into_iter().find(|(name, _)| name == "numerator by its rate").unwrap().1;
        for (total, groups) in sums(&shares) {
            let is_bound = |group: &Group| matches!(figure(group), Figure::RateBelow { .. } | Figure::RateAbove { .. });
            let known = groups.iter().filter(|group| matches!(figure(group), Figure::Rate { .. })).count();
            if matches!(figure(total), Figure::Rate { .. }) && groups.iter().any(|group| is_bound(group)) {
                let bounds = groups.iter().filter(|group| is_bound(group)).count();
                prop_assert!(known + bounds < groups.len(), "a bound stands beside a hidden rate");
            }
        }
    }
}

/// The groups whose people a quantity's sums, all together, leave no choice about: Gauss-Jordan elimination, written out in full.
fn solved(quantity: &Quantity) -> Vec<&Group> {
    const PRIME: i64 = 32_749;
    let unknown: Vec<&Group> = quantity.iter().filter(|(_, (_, seen))| !matches!(seen, Seen::Exactly(_))).map(|(group, _)| group).collect();
    let coefficient =
        |group: &Group, (total, parts): &(&Group, Vec<&Group>)| i64::from(parts.contains(&group)) - i64::from(*total == group);
    let mut rows: Vec<Vec<i64>> = sums(quantity).iter().map(|sum| unknown.iter().map(|group| coefficient(group, sum)).collect()).collect();
    let mut rank = 0;
    for column in 0..unknown.len() {
        let Some(pivot) = (rank..rows.len()).find(|&row| rows[row][column].rem_euclid(PRIME) != 0) else { continue };
        rows.swap(rank, pivot);
        let inverse = (1..PRIME).find(|inverse| (inverse * rows[rank][column]).rem_euclid(PRIME) == 1).unwrap();
        rows[rank].iter_mut().for_each(|value| *value = (*value * inverse).rem_euclid(PRIME));
        let pivot = rows[rank].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(position, row)| *position != rank && row[column] != 0) {
            let factor = row[column];
            row.iter_mut().zip(&pivot).for_each(|(value, other)| *value = (*value - factor * other).rem_euclid(PRIME));
        }
        rank += 1;
    }
    let alone = |row: &Vec<i64>| {
        let mut left = row.iter().enumerate().filter(|(_, value)| **value != 0);
        left.next().filter(|_| left.next().is_none()).map(|(column, _)| unknown[column])
    };
    rows.iter().take(rank).filter_map(alone).collect()
}

/// Counts by type and département, from large to small, with both margins.
fn any_grid() -> impl Strategy<Value = Made> {
    let people = (30..200_u64).prop_flat_map(|max| proptest::collection::vec(0..max, 30));
    people.prop_map(|people| {
        let mut cells: BTreeMap<(usize, Group), u64> = BTreeMap::new();
        for (position, people) in people.iter().enumerate() {
            let kind = (Dimension::Type, ["ACI", "AI", "EI", "ETTI", "autre"][position % 5].to_owned());
            let place = (Dimension::Departement, format!("{}", 30 + position / 5));
            for group in [vec![], vec![kind.clone()], vec![place.clone()], vec![kind, place]] {
                *cells.entry((group.len(), group)).or_default() += people;
            }
        }
        let cells = cells.into_iter().map(|((_, group), people)| cell("A-02", 0, group, CountedValue::Count(people)));
        Made(counted("par=type&par=departement&indicateur=A-02", people.iter().sum(), cells.collect()))
    })
}

fn check_combined(counted: &Counted) {
    for (name, quantity) in quantities(counted, &decided(counted).unwrap()) {
        let least = if name == "A-02" || name.contains(' ') { 11 } else { 20 };
        let found: Vec<_> = solved(&quantity).into_iter().filter(|group| quantity[*group].0 < least).collect();
        assert!(name.starts_with("numerator") || found.is_empty(), "{name}: {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn all_the_sums_of_a_table_together_never_give_a_small_count(Made(counted) in any_table()) {
        check_combined(&counted);
    }

    #[test]
    fn nor_those_of_a_larger_one(Made(counted) in any_grid()) {
        prop_assume!(counted.population >= 20);
        check_combined(&counted);
    }
}

#[test]
fn the_attacker_finds_what_hiding_small_counts_alone_leaves_open() {
    let group_of = |kind: &str, sex: &str| group(&[(Dimension::Type, kind), (Dimension::Sex, sex)]);
    let exact = |people: u64| (people, if people < 11 { Seen::Small } else { Seen::Exactly(people) });
    let quantity: Quantity = [
        (Vec::new(), 100),
        (group(&[(Dimension::Type, "ACI")]), 60),
        (group(&[(Dimension::Type, "EI")]), 40),
        (sex("F"), 58),
        (sex("M"), 42),
        (group_of("ACI", "F"), 55),
        (group_of("ACI", "M"), 5),
        (group_of("EI", "F"), 3),
        (group_of("EI", "M"), 37),
    ]
    .into_iter()
    .map(|(group, people)| (group, exact(people)))
    .collect();
    assert_eq!(solved(&quantity).len(), 2);
}
