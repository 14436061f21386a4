//! The cube in use: what it answers, what it refuses, and what several answers give together.

use std::collections::BTreeMap;

use super::super::ClosedCube;
use crate::catalogue::Catalogue;
use crate::counted::{Counted, CountedCell, CountedValue, Group, Standing};
use crate::keys::SetKey;
use crate::policy::Policy;
use crate::refusal::RefusalCode;
use crate::release::{Figure, Reason, Release};
use crate::request::{Dimension, Month, Request};

/// A made-up leaver: quarter of exit, type, sex, and whether in employment at six months.
type Person = (usize, usize, usize, bool);

const QUARTERS: [&str; 8] = ["2023T1", "2023T2", "2023T3", "2023T4", "2024T1", "2024T2", "2024T3", "2024T4"];
const TYPES: [&str; 3] = ["ACI", "AI", "EI"];
const SEXES: [&str; 2] = ["F", "M"];
const TABLES: [&[Dimension]; 7] = [
    &[],
    &[Dimension::Quarter],
    &[Dimension::Type],
    &[Dimension::Sex],
    &[Dimension::Type, Dimension::Quarter],
    &[Dimension::Quarter, Dimension::Sex],
    &[Dimension::Type, Dimension::Sex],
];

fn people() -> Vec<Person> {
    let mut people = Vec::new();
    for quarter in 0..8 {
        for kind in 0..3 {
            for sex in 0..2 {
                // Large and small groups; 4 women left an EI in the first quarter.
                let size = if kind == 2 { 4 + 3 * quarter } else { 40 - 12 * kind + 5 * sex + quarter };
                people.extend((0..size).map(|person| (quarter, kind, sex, person % 3 != 0)));
            }
        }
    }
    people
}

fn request(query: &str) -> Request {
    let text = format!("programme=iae&{query}");
    let pairs: Vec<_> =
        text.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    Request::from_query(&pairs).unwrap()
}

fn counted(people: &[Person], dimensions: &[Dimension]) -> Counted {
    let par: String = dimensions.iter().map(|dimension| format!("&par={}", dimension.code())).collect();
    let value = |person: &Person, dimension: &Dimension| match dimension {
        Dimension::Quarter => QUARTERS[person.0],
        Dimension::Type => TYPES[person.1],
        _ => SEXES[person.2],
    };
    let mut groups: BTreeMap<Group, (u64, u64)> = BTreeMap::new();
    for person in people {
        let group: Group = dimensions.iter().map(|dimension| (*dimension, value(person, dimension).to_owned())).collect();
        for group in [Some(Group::new()).filter(|_| !dimensions.is_empty()), Some(group)].into_iter().flatten() {
            let (all, employed) = groups.entry(group).or_default();
            (*all, *employed) = (*all + 1, *employed + u64::from(person.3));
        }
    }
    let cell = |indicator: &str, horizon, group: &Group, value| CountedCell {
        indicator: indicator.to_owned(),
        horizon,
        group: group.clone(),
        standing: Standing::Consolidated,
        value,
        key: SetKey::ZERO,
        found: None,
        found_key: SetKey::ZERO,
    };
    let mut cells = Vec::new();
    for (group, (all, employed)) in &groups {
        cells.push(cell("A-02", 0, group, CountedValue::Count(*all)));
        cells.push(cell("B-01", 6, group, CountedValue::Share { numerator: *employed, denominator: *all }));
    }
    Counted {
        request: request(&format!("du=2023T1&au=2024T4&horizon=6&indicateur=A-02&indicateur=B-01{par}")),
        lake_version: 3,
        last_month: Month::new(2026, 9).unwrap(),
        population: people.len() as u64,
        population_key: SetKey::ZERO,
        found: people.len() as u64,
        found_key: SetKey::ZERO,
        cells,
        rest: None,
    }
}

fn cube_of(people: &[Person], earlier: Option<&ClosedCube>) -> ClosedCube {
    let tables: Vec<Counted> = TABLES.iter().map(|dimensions| counted(people, dimensions)).collect();
    ClosedCube::close(&tables, &Catalogue::embedded(), &Policy::default(), earlier).unwrap()
}

fn count(release: &Release, group: &Group) -> Figure {
    release.cell("A-02", 0, group).unwrap().figure.clone()
}

#[test]
fn it_answers_what_it_holds_and_hides_what_is_small() {
    let people = people();
    let cube = cube_of(&people, None);
    let whole = cube.answer(&request("du=2023T1&au=2024T4&indicateur=A-02&indicateur=B-01&horizon=6")).unwrap();
    assert_eq!(count(&whole, &Group::new()), Figure::Count { value: people.len() as u64 });
    assert_eq!(whole.population(), Some(people.len() as u64));
    let Figure::Rate { numerator: Some(employed), denominator, .. } = whole.cell("B-01", 6, &Group::new()).unwrap().figure else {
        panic!("a rate with its numerator")
    };
    assert_eq!(denominator, people.len() as u64);
    assert_eq!(employed, people.iter().filter(|person| person.3).count() as u64);

    let first = cube.answer(&request("du=2023T1&type=EI&indicateur=A-02")).unwrap();
    assert_eq!(count(&first, &Group::new()), Figure::Hidden { reason: Reason::Small }, "eight people left an EI in that quarter");
    assert_eq!(Release::read(&first.to_json()).unwrap(), first, "it is a release like another");
}

#[test]
fn a_year_is_a_figure_of_the_cube() {
    let people = people();
    let year = cube_of(&people, None).answer(&request("du=2024T1&au=2024T4&par=sexe&indicateur=A-02")).unwrap();
    let women = people.iter().filter(|person| person.0 >= 4 && person.2 == 0).count() as u64;
    assert_eq!(count(&year, &vec![(Dimension::Sex, "F".to_owned())]), Figure::Count { value: women });
}

#[test]
fn what_is_not_in_the_cube_is_refused_with_what_is() {
    let cube = cube_of(&people(), None);
    for query in [
        "du=2023T1&au=2024T4&par=age&indicateur=A-02",
        "du=2023T2&au=2024T1&indicateur=A-02",
        "du=2023T1&type=EI&sexe=F&indicateur=A-02",
        "du=2023T1&au=2024T4&territoire=dep:21&indicateur=A-02",
    ] {
        let refusal = cube.answer(&request(query)).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotInCube, "{query}");
        assert!(!refusal.try_instead.is_empty(), "{query}");
        for offer in &refusal.try_instead {
            cube.answer(offer).unwrap();
        }
    }
    assert_eq!(
        cube.answer(&request("du=2023T1&indicateur=D-01")).unwrap_err().code,
        RefusalCode::NotInCube,
        "an indicator on some leavers"
    );
}

#[test]
fn two_answers_come_from_one_pattern() {
    // The same cell by two ways: a filter on a breakdown, a breakdown under a filter.
    let cube = cube_of(&people(), None);
    for quarter in QUARTERS {
        let by_type = cube.answer(&request(&format!("du={quarter}&par=type&indicateur=A-02&indicateur=B-01&horizon=6"))).unwrap();
        for kind in TYPES {
            let alone = cube.answer(&request(&format!("du={quarter}&type={kind}&indicateur=A-02&indicateur=B-01&horizon=6"))).unwrap();
            let group = vec![(Dimension::Type, kind.to_owned())];
            for (id, horizon) in [("A-02", 0), ("B-01", 6)] {
                let figure = |release: &Release, group: &Group| release.cell(id, horizon, group).unwrap().figure.clone();
                assert_eq!(figure(&by_type, &group), figure(&alone, &Group::new()), "{quarter} {kind} {id}");
            }
        }
    }
}

#[test]
fn a_later_cube_keeps_what_it_can_of_the_earlier_pattern() {
    let before = people();
    let earlier = cube_of(&before, None);
    // Two more women left an AI in the last quarter.
    let mut after = before;
    after.extend([(7, 1, 0, true), (7, 1, 0, false)]);
    let kept = |later: &ClosedCube| later.pattern().secondary.symmetric_difference(&earlier.pattern().secondary).count();
    let (with, without) = (kept(&cube_of(&after, Some(&earlier))), kept(&cube_of(&after, None)));
    assert!(with <= without, "{with} cells changed, {without} without the earlier pattern");
    assert!(!earlier.pattern().secondary.is_empty(), "some cells protect others");
}

#[test]
fn a_horizon_that_some_have_not_reached_is_not_in_the_cube() {
    let mut tables: Vec<Counted> = TABLES.iter().map(|dimensions| counted(&people(), dimensions)).collect();
    for cell in tables.iter_mut().flat_map(|table| &mut table.cells) {
        if cell.indicator == "B-01" && cell.group.iter().any(|(_, value)| value == "2024T4") {
            cell.standing = Standing::Pending;
        }
    }
    let cube = ClosedCube::close(&tables, &Catalogue::embedded(), &Policy::default(), None).unwrap();
    let asked = request("du=2023T1&au=2024T4&indicateur=B-01&horizon=6");
    assert_eq!(cube.answer(&asked).unwrap_err().code, RefusalCode::NotInCube);
}
