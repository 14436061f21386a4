//! The cube in use: what it answers, what it refuses, and what several answers give together.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::ClosedCube;
use crate::catalogue::{Catalogue, Measure};
use crate::counted::{Counted, CountedCell, CountedValue, Group, Standing};
use crate::keys::SetKey;
use crate::policy::Policy;
use crate::refusal::RefusalCode;
use crate::release::{Figure, Reason, Release};
use crate::request::{Dimension, Month, Request, Scope};

const QUARTERS: [&str; 8] = ["2023T1", "2023T2", "2023T3", "2023T4", "2024T1", "2024T2", "2024T3", "2024T4"];
const TYPES: [&str; 3] = ["ACI", "AI", "EI"];
const SEXES: [&str; 2] = ["F", "M"];
/// One structure of each type, and a second one of the last.
const STRUCTURES: [&str; 4] = ["11111111100011", "22222222200022", "33333333300033", "44444444400044"];
const KINDS: [&str; 3] = ["cdi", "interim", "autre"];
const DIMENSIONS: [Dimension; 4] = [Dimension::Type, Dimension::Quarter, Dimension::Sex, Dimension::Structure];

/// A dimension and the values that are kept of it.
type Kept<'a> = (Dimension, Vec<&'a str>);
/// What is kept of several dimensions.
type Values<'a> = Vec<Kept<'a>>;
/// Whether somebody is in a category, of this code or this band.
type Belongs = dyn Fn(&Person, &str, Option<(i64, i64)>) -> bool;

/// A made-up leaver.
#[derive(Debug, Clone)]
struct Person {
    quarter: usize,
    structure: usize,
    sex: usize,
    /// Kind of contract at six months, when in employment.
    contract: Option<usize>,
    months: i64,
}

impl Person {
    fn value(&self, dimension: Dimension) -> &'static str {
        match dimension {
            Dimension::Quarter => QUARTERS[self.quarter],
            Dimension::Type => TYPES[self.structure.min(2)],
            Dimension::Structure => STRUCTURES[self.structure],
            _ => SEXES[self.sex],
        }
    }

    /// Whether twelve months after the exit can be seen: those of the last two quarters cannot.
    fn is_seen(&self) -> bool {
        self.quarter < 6
    }
}

/// Large and small groups: 4 women left the third structure in the first quarter.
fn people() -> Vec<Person> {
    let mut people = Vec::new();
    for quarter in 0..8 {
        for structure in 0..4 {
            for sex in 0..2 {
                let size = if structure > 1 { 4 + 3 * quarter } else { 40 - 12 * structure + 5 * sex + quarter };
                people.extend((0..size).map(|person| Person {
                    quarter,
                    structure,
                    sex,
                    contract: (person % 3 != 0).then_some(person % 7 % 3),
                    months: i64::try_from(person % 13).unwrap(),
                }));
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

fn values(people: &[&Person], catalogue: &Catalogue) -> Vec<(&'static str, u8, CountedValue)> {
    let count = |is: &dyn Fn(&Person) -> bool| people.iter().filter(|person| is(person)).count() as u64;
    let (all, seen) = (people.len() as u64, count(&Person::is_seen));
    let employed = count(&|person| person.contract.is_some());
    let categories = |id: &str, is_in: &Belongs| {
        let Measure::Distribution { categories, .. } = &catalogue.indicator(id).unwrap().measure else { panic!("a distribution") };
        let of = |code: &str, band| count(&|person| is_in(person, code, band));
        categories.iter().map(|category| (category.code.clone(), of(&category.code, category.band))).collect::<Vec<_>>()
    };
    let kinds = categories("D-01", &|person, code, _| person.contract.is_some_and(|kind| KINDS[kind] == code));
    let months =
        categories("B-10D", &|person, _, band| band.is_some_and(|(low, high)| person.is_seen() && (low..=high).contains(&person.months)));
    vec![
        ("A-02", 0, CountedValue::Count(all)),
        ("B-01", 6, CountedValue::Share { numerator: employed, denominator: all }),
        ("D-01", 6, CountedValue::Distribution { denominator: employed, categories: kinds }),
        ("B-10D", 12, CountedValue::Distribution { denominator: seen, categories: months }),
        ("B-12", 12, CountedValue::Share { numerator: count(&|person| person.is_seen() && person.months == 0), denominator: seen }),
        ("B-10", 12, CountedValue::Quartiles(people.iter().filter(|person| person.is_seen()).map(|person| (person.months, 1)).collect())),
    ]
}

fn counted(people: &[Person]) -> Counted {
    let asked =
        request("du=2023T1&au=2024T4&indicateur=A-02&indicateur=B-01&indicateur=B-10&indicateur=B-10D&indicateur=B-12&indicateur=D-01");
    let asked = Request { breakdowns: DIMENSIONS.to_vec(), ..asked };
    let catalogue = Catalogue::embedded();
    let mut cells = Vec::new();
    for level in asked.levels() {
        let mut groups: BTreeMap<Group, Vec<&Person>> = BTreeMap::new();
        for person in people {
            let group = level.iter().map(|dimension| (*dimension, person.value(*dimension).to_owned())).collect();
            groups.entry(group).or_default().push(person);
        }
        for (group, members) in groups {
            for (indicator, horizon, value) in values(&members, &catalogue) {
                let is_seen = |is: bool| members.iter().all(|member| member.is_seen() == is);
                let standing = if horizon < 12 || is_seen(true) || !is_seen(false) { Standing::Consolidated } else { Standing::Pending };
                let (indicator, group) = (indicator.to_owned(), group.clone());
                let (found, key, found_key) = (None, SetKey::ZERO, SetKey::ZERO);
                cells.push(CountedCell { indicator, horizon, group, standing, value, key, found, found_key });
            }
        }
    }
    Counted {
        request: asked,
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

fn pair() -> Scope {
    Scope::Structures(vec![STRUCTURES[1].to_owned(), STRUCTURES[2].to_owned()])
}

fn cube_of(people: &[Person], earlier: Option<&ClosedCube>) -> ClosedCube {
    ClosedCube::close(&counted(people), &[pair()], &Catalogue::embedded(), &Policy::default(), earlier).unwrap()
}

fn answer(cube: &ClosedCube, query: &str) -> Release {
    cube.answer(&request(query), &Catalogue::embedded()).unwrap()
}

fn refusal(cube: &ClosedCube, query: &str) -> RefusalCode {
    let refusal = cube.answer(&request(query), &Catalogue::embedded()).unwrap_err();
    for offer in &refusal.try_instead {
        cube.answer(offer, &Catalogue::embedded()).unwrap();
    }
    assert!(!refusal.try_instead.is_empty(), "{query}: a way on");
    refusal.code
}

fn figure<'a>(release: &'a Release, id: &str, horizon: u8, group: &[(Dimension, &str)]) -> &'a Figure {
    let group: Group = group.iter().map(|(dimension, value)| (*dimension, (*value).to_owned())).collect();
    &release.cell(id, horizon, &group).unwrap().figure
}

fn count(people: &[Person], is: impl Fn(&Person) -> bool) -> u64 {
    people.iter().filter(|person| is(person)).count() as u64
}

#[test]
fn it_answers_what_it_holds_and_hides_what_is_small() {
    let people = people();
    let cube = cube_of(&people, None);
    let whole = answer(&cube, "du=2023T1&au=2024T4&indicateur=A-02&indicateur=B-01&horizon=6");
    assert_eq!(*figure(&whole, "A-02", 0, &[]), Figure::Count { value: people.len() as u64 });
    assert_eq!(whole.population(), Some(people.len() as u64));
    let Figure::Rate { numerator: Some(employed), denominator, .. } = *figure(&whole, "B-01", 6, &[]) else { panic!("a rate") };
    assert_eq!((employed, denominator), (count(&people, |person| person.contract.is_some()), people.len() as u64));

    let last = answer(&cube, "du=2024T4&par=type&indicateur=A-02&indicateur=B-01");
    assert_eq!(*figure(&last, "A-02", 0, &[(Dimension::Type, "ACI")]), Figure::Count { value: 99 });
    assert_eq!(Release::read(&last.to_json()).unwrap(), last, "it is a release like another");
}

#[test]
fn a_small_group_is_refused_with_larger_ones() {
    let cube = cube_of(&people(), None);
    assert_eq!(refusal(&cube, "du=2023T1&type=EI&indicateur=A-02"), RefusalCode::CohortTooSmall, "sixteen people left an EI then");
    assert_eq!(refusal(&cube, "du=2023T1&territoire=siret:33333333300033&indicateur=A-02"), RefusalCode::CohortTooSmall, "eight people");
}

#[test]
fn a_year_is_a_figure_of_the_cube_by_quarter_or_not() {
    let people = people();
    let cube = cube_of(&people, None);
    let year = answer(&cube, "du=2024T1&au=2024T4&par=sexe&indicateur=A-02");
    let women = count(&people, |person| person.quarter >= 4 && person.sex == 0);
    assert_eq!(*figure(&year, "A-02", 0, &[(Dimension::Sex, "F")]), Figure::Count { value: women });
    let by_quarter = answer(&cube, "du=2024T1&au=2024T4&par=trimestre&indicateur=A-02");
    assert_eq!(by_quarter.cells().len(), 5, "the year and its quarters, no other");
    let of = |quarter: usize| Figure::Count { value: count(&people, |person| person.quarter == quarter) };
    assert_eq!(*figure(&by_quarter, "A-02", 0, &[(Dimension::Quarter, "2024T2")]), of(5));
}

#[test]
fn structures_are_answered_alone_or_together_as_the_cube_knows_them() {
    let people = people();
    let cube = cube_of(&people, None);
    let one = answer(&cube, "du=2024T1&au=2024T4&territoire=siret:11111111100011&par=trimestre&indicateur=A-02&indicateur=B-01");
    assert_eq!(
        *figure(&one, "A-02", 0, &[]),
        Figure::Count { value: count(&people, |person| person.quarter >= 4 && person.structure == 0) }
    );
    let both = answer(&cube, "du=2023T1&au=2024T4&territoire=siret:22222222200022,33333333300033&indicateur=A-02");
    assert_eq!(*figure(&both, "A-02", 0, &[]), Figure::Count { value: count(&people, |person| [1, 2].contains(&person.structure)) });
    assert_eq!(
        refusal(&cube, "du=2023T1&au=2024T4&territoire=siret:11111111100011,22222222200022&indicateur=A-02"),
        RefusalCode::NotInCube,
        "no account has these two together"
    );
}

#[test]
fn distributions_are_told_with_what_they_are_out_of() {
    let people = people();
    let cube = cube_of(&people, None);
    let release =
        answer(&cube, "du=2023T1&au=2023T4&indicateur=A-02&indicateur=B-12&indicateur=B-10D&indicateur=D-01&indicateur=B-10&horizon=6");
    let of_year = |is: &dyn Fn(&Person) -> bool| count(&people, |person| person.quarter < 4 && is(person));
    let Figure::Distribution { denominator, categories } = figure(&release, "D-01", 6, &[]) else { panic!("a distribution") };
    assert_eq!(*denominator, of_year(&|person| person.contract.is_some()));
    let said = |code: &str| categories.iter().find(|(own, _)| own == code).map(|(_, figure)| figure.clone()).unwrap();
    assert!(matches!(said("cdi"), Figure::Rate { numerator: Some(people), .. } if people == of_year(&|person| person.contract == Some(0))));
    assert_eq!(said("cdd_usage"), Figure::Hidden { reason: Reason::Small }, "nobody");
    let Figure::Distribution { categories, .. } = figure(&release, "B-10D", 12, &[]) else { panic!("a distribution") };
    let (Figure::Rate { numerator: none, .. }, Figure::Rate { numerator: never, .. }) =
        (&categories[0].1, figure(&release, "B-12", 12, &[]))
    else {
        panic!("two rates")
    };
    assert_eq!((*none, *never), (Some(of_year(&|person| person.months == 0)), *none), "one figure under two names");
    assert_eq!(*figure(&release, "B-10", 12, &[]), Figure::Hidden { reason: Reason::WouldRevealAnother }, "quartiles are not in the cube");
}

#[test]
fn a_horizon_that_some_have_not_reached_is_pending_for_them_only() {
    let cube = cube_of(&people(), None);
    let pending = Figure::Hidden { reason: Reason::NotObservableYet };
    for (period, is_pending) in [("du=2023T1&au=2023T4", false), ("du=2024T1", false), ("du=2024T4", true), ("du=2023T1&au=2024T4", true)] {
        let release = answer(&cube, &format!("{period}&indicateur=B-12&indicateur=B-10D"));
        for id in ["B-12", "B-10D"] {
            assert_eq!(*figure(&release, id, 12, &[]) == pending, is_pending, "{period} {id}");
        }
    }
}

#[test]
fn what_is_not_in_the_cube_is_refused_with_what_is() {
    let cube = cube_of(&people(), None);
    for query in [
        "du=2023T1&au=2024T4&par=age&indicateur=A-02",
        "du=2023T2&au=2024T1&indicateur=A-02",
        "du=2023T1&sexe=F&territoire=siret:33333333300033&indicateur=A-02",
        "du=2023T1&au=2024T4&territoire=dep:21&indicateur=A-02",
    ] {
        assert_eq!(refusal(&cube, query), RefusalCode::NotInCube, "{query}");
    }
}

#[test]
fn two_answers_come_from_one_pattern() {
    // The same cell by two ways: a filter on a breakdown, a breakdown under a filter.
    let cube = cube_of(&people(), None);
    for quarter in QUARTERS {
        let by_type = answer(&cube, &format!("du={quarter}&par=type&indicateur=A-02&indicateur=B-01&indicateur=D-01&horizon=6"));
        for kind in TYPES {
            let asked = request(&format!("du={quarter}&type={kind}&indicateur=A-02&indicateur=B-01&indicateur=D-01&horizon=6"));
            let Ok(alone) = cube.answer(&asked, &Catalogue::embedded()) else { continue };
            for (id, horizon) in [("A-02", 0), ("B-01", 6), ("D-01", 6)] {
                let within = figure(&by_type, id, horizon, &[(Dimension::Type, kind)]);
                assert_eq!(within, figure(&alone, id, horizon, &[]), "{quarter} {kind} {id}");
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
    let more = |contract| Person { quarter: 7, structure: 1, sex: 0, contract, months: 3 };
    after.extend([more(Some(0)), more(None)]);
    let changed = |later: &ClosedCube| later.pattern().secondary.symmetric_difference(&earlier.pattern().secondary).count();
    let (with, without) = (changed(&cube_of(&after, Some(&earlier))), changed(&cube_of(&after, None)));
    assert!(with <= without, "{with} cells changed, {without} without the earlier pattern");
    assert!(!earlier.pattern().secondary.is_empty(), "some cells protect others");
}

#[test]
fn a_cube_is_read_back_as_it_was_kept_or_not_at_all() {
    let cube = cube_of(&people(), None);
    let kept = cube.to_json();
    assert_eq!(ClosedCube::read(&kept).unwrap(), cube);
    let altered = kept.replacen("\"value\":99", "\"value\":98", 1);
    assert_ne!(altered, kept);
    ClosedCube::read(&altered).unwrap_err();
    ClosedCube::read("{}").unwrap_err();
}

/// Everything that some answers say of one way of splitting leavers, as sums over unknown people: computed with other code than the cube's.
struct Reader {
    /// Everybody of each combination of quarter, structure and sex, then each part of them.
    width: usize,
    echelon: Vec<(usize, Vec<u64>)>,
}

const PRIME: u64 = 1_000_000_007;
const COMBINATIONS: usize = 8 * 4 * 2;

impl Reader {
    fn new(parts: usize) -> Self {
        let mut reader = Self { width: COMBINATIONS * (1 + parts), echelon: Vec::new() };
        // Everybody is in one part.
        for place in 0..COMBINATIONS {
            let mut row = vec![0; reader.width];
            row[place] = PRIME - 1;
            (0..parts).for_each(|part| row[COMBINATIONS * (1 + part) + place] = 1);
            reader.learn(row);
        }
        reader
    }

    /// The sum of a part (or of everybody) over the people who have these values.
    fn row(&self, part: Option<usize>, group: &[Kept<'_>]) -> Vec<u64> {
        let mut row = vec![0; self.width];
        for (quarter, structure, sex) in (0..8).flat_map(|q| (0..4).flat_map(move |s| (0..2).map(move |x| (q, s, x)))) {
            let person = Person { quarter, structure, sex, contract: None, months: 0 };
            if group.iter().all(|(dimension, values)| values.contains(&person.value(*dimension))) {
                row[part.map_or(0, |part| COMBINATIONS * (1 + part)) + (quarter * 4 + structure) * 2 + sex] = 1;
            }
        }
        row
    }

    fn reduce(&self, mut row: Vec<u64>) -> Vec<u64> {
        for (first, known) in &self.echelon {
            let factor = row[*first];
            if factor != 0 {
                row.iter_mut().zip(known).for_each(|(value, known)| *value = (*value + (PRIME - factor) * known) % PRIME);
            }
        }
        row
    }

    fn learn(&mut self, row: Vec<u64>) {
        let mut row = self.reduce(row);
        let Some(first) = row.iter().position(|value| *value != 0) else { return };
        let (mut unit, mut base, mut power) = (1, row[first], PRIME - 2);
        while power > 0 {
            if power & 1 == 1 {
                unit = unit * base % PRIME;
            }
            base = base * base % PRIME;
            power >>= 1;
        }
        row.iter_mut().for_each(|value| *value = *value * unit % PRIME);
        self.echelon.push((first, row));
    }

    fn is_given(&self, row: Vec<u64>) -> bool {
        self.reduce(row).iter().all(|value| *value == 0)
    }
}

/// Questions of every kind that the cube answers, with the values that they keep.
fn questions() -> Vec<(String, Values<'static>)> {
    let mut periods: Vec<(String, Vec<&str>)> = QUARTERS.iter().map(|quarter| (format!("du={quarter}"), vec![*quarter])).collect();
    periods.push(("du=2023T1&au=2023T4".to_owned(), QUARTERS[..4].to_vec()));
    periods.push(("du=2024T1&au=2024T4".to_owned(), QUARTERS[4..].to_vec()));
    periods.push(("du=2023T1&au=2024T4".to_owned(), QUARTERS.to_vec()));
    let mut kept: Vec<(String, Option<Kept<'static>>)> = vec![(String::new(), None)];
    kept.extend(TYPES.map(|kind| (format!("&type={kind}"), Some((Dimension::Type, vec![kind])))));
    kept.extend(SEXES.map(|sex| (format!("&sexe={sex}"), Some((Dimension::Sex, vec![sex])))));
    kept.extend(STRUCTURES.map(|siret| (format!("&territoire=siret:{siret}"), Some((Dimension::Structure, vec![siret])))));
    let together = format!("&territoire=siret:{},{}", STRUCTURES[1], STRUCTURES[2]);
    kept.push((together, Some((Dimension::Structure, vec![STRUCTURES[1], STRUCTURES[2]]))));
    let mut questions = Vec::new();
    for (period, quarters) in &periods {
        for (filter, values) in &kept {
            for by in ["", "&par=type", "&par=sexe", "&par=trimestre"] {
                let values = [(Dimension::Quarter, quarters.clone())].into_iter().chain(values.clone()).collect();
                questions.push((format!("{period}{filter}{by}"), values));
            }
        }
    }
    questions
}

/// Reads every answer about one indicator; gives back what is hidden, as rows with the true count.
fn read_all(cube: &ClosedCube, people: &[Person], id: &str) -> (Reader, Vec<(String, Vec<u64>, u64)>) {
    let catalogue = Catalogue::embedded();
    let Measure::Distribution { categories, .. } = &catalogue.indicator(id).unwrap().measure else { panic!("a distribution") };
    // For the kinds of contract, a last part is those without.
    let parts: Vec<String> = categories.iter().map(|category| category.code.clone()).collect();
    let is_conditional = id == "D-01";
    let mut reader = Reader::new(parts.len() + usize::from(is_conditional));
    let mut hidden = Vec::new();
    let is_in = |person: &Person, group: &[Kept<'_>]| group.iter().all(|(dimension, values)| values.contains(&person.value(*dimension)));
    for (query, kept) in questions() {
        let Ok(release) = cube.answer(&request(&format!("{query}&indicateur=A-02&indicateur={id}&horizon=6")), &catalogue) else {
            continue;
        };
        for cell in release.cells() {
            let mut group: Values<'_> = kept.clone();
            for (dimension, value) in &cell.group {
                group.retain(|(own, _)| own != dimension);
                group.push((*dimension, vec![value.as_str()]));
            }
            let of = |part: usize| {
                count(people, |person| {
                    is_in(person, &group)
                        && match is_conditional {
                            true => person.contract.map(|kind| KINDS[kind]) == Some(parts[part].as_str()),
                            false => categories[part].band.is_some_and(|(low, high)| (low..=high).contains(&person.months)),
                        }
                })
            };
            match &cell.figure {
                Figure::Count { value } => {
                    assert_eq!(*value, count(people, |person| is_in(person, &group)), "{query}");
                    reader.learn(reader.row(None, &group));
                }
                Figure::Hidden { .. } if cell.indicator == "A-02" => {
                    hidden.push((query.clone(), reader.row(None, &group), count(people, |person| is_in(person, &group))));
                }
                Figure::Distribution { categories: said, .. } => {
                    if is_conditional {
                        let base = (0..parts.len()).map(|part| reader.row(Some(part), &group));
                        let sum = base.reduce(|mut sum, row| {
                            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                            sum
                        });
                        reader.learn(sum.unwrap());
                    }
                    for (part, (_, figure)) in said.iter().enumerate() {
                        let row = reader.row(Some(part), &group);
                        match figure {
                            Figure::Hidden { .. } => hidden.push((query.clone(), row, of(part))),
                            Figure::Rate { numerator: Some(numerator), .. } => {
                                assert_eq!(*numerator, of(part), "{query}");
                                reader.learn(row);
                            }
                            // A rate gives its numerator to whoever computes.
                            _ => reader.learn(row),
                        }
                    }
                }
                _ => {}
            }
        }
    }
    (reader, hidden)
}

fn check_nothing_is_given(people: &[Person]) {
    let cube = cube_of(people, None);
    for id in ["D-01", "B-10D"] {
        let (reader, hidden) = read_all(&cube, people, id);
        assert!(!reader.echelon.is_empty(), "something is said");
        let mut seen = BTreeSet::new();
        // A structure has one type: nobody can be in its other ones.
        let is_possible = |row: &[u64]| row.iter().any(|value| *value != 0);
        for (query, row, truth) in hidden.into_iter().filter(|(_, row, truth)| *truth < 11 && is_possible(row) && seen.insert(row.clone()))
        {
            assert!(!reader.is_given(row), "{query}: {id} gives a count of {truth}");
        }
    }
}

#[test]
fn all_answers_together_give_no_small_count() {
    check_nothing_is_given(&people());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]

    #[test]
    fn all_answers_together_give_no_small_count_of_anybody(sizes in proptest::collection::vec(prop_oneof![2 => 0..12_usize, 1 => 10..60_usize], COMBINATIONS), seed in 0..97_usize) {
        let of = |(place, size): (usize, &usize)| {
            let (quarter, structure, sex) = (place / 8, place / 2 % 4, place % 2);
            (0..*size).map(move |person| {
                let drawn = (person * 31 + place * 17 + seed) % 97;
                Person { quarter, structure, sex, contract: (drawn % 5 > 1).then_some(drawn % 3), months: i64::try_from(drawn % 13).unwrap() }
            }).collect::<Vec<_>>()
        };
        let people: Vec<Person> = sizes.iter().enumerate().flat_map(of).collect();
        prop_assume!(people.len() > 100);
        check_nothing_is_given(&people);
    }
}
