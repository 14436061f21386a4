//! Cell keys: what is said of made-up people, asked in many ways.
//!
//! The exact figures are known here, and so are the keys; what is checked is what an onlooker would see of them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::counted::CountedRest;
use crate::keys::{DisclosureSecret, RecordKeys};

const MONTHS: [(&str, i64, i64); 5] = [("0", 0, 0), ("1_3", 1, 3), ("4_6", 4, 6), ("7_9", 7, 9), ("10_12", 10, 12)];
const KINDS: [&str; 10] = [
    "cdi",
    "cdi_interimaire",
    "cdd_6_mois_ou_plus",
    "cdd_moins_6_mois",
    "cdd_usage",
    "interim",
    "alternance",
    "public_titulaire",
    "public_contractuel",
    "autre",
];

/// A made-up leaver.
#[derive(Debug, Clone, Copy)]
struct Leaver {
    pseudonym: u64,
    sex: &'static str,
    age: &'static str,
    is_employed: bool,
    months: i64,
    is_found: bool,
}

fn leaver(pseudonym: u64) -> Leaver {
    // Drawn by a fixed rule (splitmix64), so that the same person is always the same.
    let mut drawn = pseudonym.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    drawn ^= drawn >> 31;
    let part = |shift: u32, below: u64| (drawn >> shift) % below;
    Leaver {
        pseudonym,
        sex: ["F", "M", "M"][usize::try_from(part(8, 3)).unwrap()],
        age: ["moins_26", "26_49", "26_49", "50_plus"][usize::try_from(part(16, 4)).unwrap()],
        is_employed: part(24, 100) < 45,
        months: if part(24, 100) < 70 { i64::try_from(part(32, 13)).unwrap() } else { 0 },
        is_found: true,
    }
}

fn leavers(pseudonyms: impl Iterator<Item = u64>) -> Vec<Leaver> {
    pseudonyms.map(leaver).collect()
}

fn secret() -> DisclosureSecret {
    DisclosureSecret::new([11; 32])
}

fn policy() -> Policy {
    Policy::default().with_secret(secret())
}

fn key_of<'a>(people: impl Iterator<Item = &'a Leaver>, keys: &RecordKeys) -> SetKey {
    people.map(|person| SetKey::from_sum(keys.of_person(person.pseudonym))).sum()
}

/// What an indicator counts of people, and its key.
fn value_of(indicator: &Indicator, people: &[&Leaver], keys: &RecordKeys) -> (CountedValue, SetKey) {
    let all = people.len() as u64;
    let having = |has: &dyn Fn(&Leaver) -> bool| people.iter().filter(|person| has(person)).count() as u64;
    let key = key_of(people.iter().copied(), keys);
    let employed: Vec<&Leaver> = people.iter().copied().filter(|person| person.is_employed).collect();
    match indicator.id.as_str() {
        "A-02" => (CountedValue::Count(all), key),
        "B-01" => (share(having(&|person| person.is_employed), all), key),
        "B-12" => (share(having(&|person| person.months == 0), all), key),
        "B-10" => (CountedValue::Quartiles(people.iter().map(|person| (person.months, 1)).collect()), key),
        "B-10D" => {
            let band = |(code, low, high): (&str, i64, i64)| (code.to_owned(), having(&|person| (low..=high).contains(&person.months)));
            (CountedValue::Distribution { denominator: all, categories: MONTHS.map(band).to_vec() }, key)
        }
        "D-01" => {
            let kind = |(place, code): (usize, &&str)| {
                let has = |person: &&&Leaver| usize::try_from(person.pseudonym % 13).unwrap().saturating_sub(3) == place;
                ((*code).to_owned(), employed.iter().filter(has).count() as u64)
            };
            let categories = KINDS.iter().enumerate().map(kind).collect();
            // The key of those employed: the gate must not use it.
            (CountedValue::Distribution { denominator: employed.len() as u64, categories }, key_of(employed.iter().copied(), keys))
        }
        other => unreachable!("{other} is not asked here"),
    }
}

/// Counts people as the measuring side does.
fn count(people: &[Leaver], query: &str) -> Counted {
    let (keys, request) = (secret().record_keys(), request(query));
    let is_list = matches!(request.population, Population::List(_));
    let value = |person: &Leaver, dimension: Dimension| if dimension == Dimension::Sex { person.sex } else { person.age };
    let mut cells = Vec::new();
    for indicator in CATALOGUE.to_count(&request) {
        for horizon in indicator.horizons_for(&request) {
            for level in request.levels() {
                let mut groups: BTreeMap<Group, Vec<&Leaver>> = BTreeMap::new();
                groups.extend(request.slice().filter(|group| group.iter().map(|(one, _)| one).eq(&level)).map(|group| (group, Vec::new())));
                for person in people {
                    let group = level.iter().map(|one| (*one, request.table_value(*one, value(person, *one)))).collect();
                    groups.entry(group).or_default().push(person);
                }
                for (group, members) in groups {
                    let (value, key) = value_of(indicator, &members, &keys);
                    let found: Vec<&Leaver> = members.into_iter().filter(|person| person.is_found).collect();
                    let (found, found_key) = value_of(indicator, &found, &keys);
                    let cell = cell(&indicator.id, horizon, group, value);
                    cells.push(CountedCell { key, found: is_list.then_some(found), found_key, ..cell });
                }
            }
        }
    }
    let is_kept =
        |person: &&Leaver| request.filters.iter().all(|filter| filter.values.iter().any(|kept| kept == value(person, filter.dimension)));
    let kept = || people.iter().filter(is_kept);
    let found = || kept().filter(|person| person.is_found);
    Counted {
        population_key: key_of(kept(), &keys),
        found: found().count() as u64,
        found_key: key_of(found(), &keys),
        ..counted(query, kept().count() as u64, cells)
    }
}

fn ask(people: &[Leaver], query: &str) -> Result<Release, Refusal> {
    decide(&count(people, query), &CATALOGUE, &policy(), &[])
}

const ALL: &str = "horizon=6&indicateur=A-02&indicateur=B-01&indicateur=B-10&indicateur=B-10D&indicateur=B-12&indicateur=D-01";
const FIGURES: [(&str, u8); 6] = [("A-02", 0), ("B-01", 6), ("B-10", 12), ("B-10D", 12), ("B-12", 12), ("D-01", 6)];

fn figure<'a>(release: &'a Release, indicator: &str, horizon: u8, group: &Group) -> &'a Figure {
    &release.cell(indicator, horizon, group).unwrap().figure
}

fn total<'a>(release: &'a Release, indicator: &str, horizon: u8) -> &'a Figure {
    figure(release, indicator, horizon, &Vec::new())
}

/// Out of how many people.
fn people(figure: &Figure) -> Option<u64> {
    match figure {
        Figure::Count { value } => Some(*value),
        Figure::Rate { denominator, .. }
        | Figure::RateBelow { denominator, .. }
        | Figure::RateAbove { denominator, .. }
        | Figure::Distribution { denominator, .. }
        | Figure::Quartiles { denominator, .. } => Some(*denominator),
        Figure::Hidden { .. } => None,
    }
}

#[test]
fn the_page_of_a_filter_says_what_the_breakdown_says() {
    for first in [0, 5_000, 9_000] {
        let people = leavers(first..first + 260);
        let by_sex = ask(&people, &format!("par=sexe&{ALL}")).unwrap();
        let by_both = ask(&people, &format!("par=sexe&par=age&{ALL}")).unwrap();
        for sex in ["F", "M"] {
            let page = ask(&people, &format!("sexe={sex}&{ALL}")).unwrap();
            let broken = ask(&people, &format!("sexe={sex}&par=age&{ALL}")).unwrap();
            let women = vec![(Dimension::Sex, sex.to_owned())];
            for (indicator, horizon) in FIGURES {
                assert_eq!(total(&page, indicator, horizon), figure(&by_sex, indicator, horizon, &women), "{indicator}");
                for age in ["moins_26", "26_49", "50_plus"] {
                    let young = vec![(Dimension::AgeBand, age.to_owned())];
                    let both = [women.clone(), young.clone()].concat();
                    assert_eq!(figure(&broken, indicator, horizon, &young), figure(&by_both, indicator, horizon, &both), "{indicator}");
                }
            }
            assert_eq!(page.population(), people_of(&page, "A-02", 0));
        }
        // A list of the same people, found in the DSN, is the same set.
        let list = ask(&people, &format!("liste=l&{ALL}")).unwrap();
        let programme = ask(&people, ALL).unwrap();
        for (indicator, horizon) in FIGURES {
            assert_eq!(total(&list, indicator, horizon), total(&programme, indicator, horizon), "{indicator}");
        }
    }
}

fn people_of(release: &Release, indicator: &str, horizon: u8) -> Option<u64> {
    people(total(release, indicator, horizon))
}

#[test]
fn one_set_of_people_has_one_size() {
    for first in (0..50).map(|wave| wave * 1_000) {
        let release = ask(&leavers(first..first + 300), ALL).unwrap();
        let sizes = ["A-02", "B-01", "B-10", "B-10D", "B-12"].map(|id| {
            people_of(
                &release,
                id,
                if id == "A-02" {
                    0
                } else if id == "B-01" {
                    6
                } else {
                    12
                },
            )
        });
        assert!(sizes.iter().all(|size| *size == sizes[0] && size.is_some()), "{sizes:?}");
        assert_eq!(release.population(), sizes[0]);
        let Figure::Rate { numerator, .. } = total(&release, "B-01", 6) else { panic!("a rate on 300 people") };
        assert_eq!(people_of(&release, "D-01", 6), *numerator, "those employed are one number");
        // A category that a share counts is the share.
        let Figure::Distribution { categories, .. } = total(&release, "B-10D", 12) else { panic!("bands of 300 people") };
        assert_eq!(&categories[0].1, total(&release, "B-12", 12));
    }
}

/// Made-up figures of one total by its exact counts, under many keys.
fn draws(indicator: &str, horizon: u8, value: &CountedValue) -> Vec<Figure> {
    let keys = secret().record_keys();
    let of = |seed: u64| {
        let key = SetKey::from_sum(keys.of_person(seed));
        let cell = CountedCell { key, ..cell(indicator, horizon, Vec::new(), value.clone()) };
        let table = Counted { population_key: key, found_key: key, ..counted(&format!("indicateur={indicator}"), 500, vec![cell]) };
        let release = decide(&table, &CATALOGUE, &policy(), &[]).unwrap();
        release.cells()[0].figure.clone()
    };
    (0..400).map(of).collect()
}

#[test]
fn a_count_is_said_from_11_on_once_perturbed() {
    let said = |exact: u64| draws("A-02", 0, &CountedValue::Count(exact)).iter().filter_map(people).collect::<Vec<_>>();
    // Noise of 3 at most: 7 never reaches 11, 8 sometimes does, 13 sometimes does not, 14 always does.
    assert_eq!(said(0).len(), 0);
    assert_eq!(said(7).len(), 0);
    assert!((1..100).contains(&said(8).len()), "{}", said(8).len());
    assert!((100..300).contains(&said(10).len()) && (200..390).contains(&said(11).len()) && said(13).len() < 400);
    assert_eq!(said(14).len(), 400);
    for exact in [8, 10, 11, 13, 14, 50] {
        assert!(said(exact).iter().all(|said| *said >= 11 && said.abs_diff(exact) <= 3), "{exact}");
    }
    // Nothing of the exact count is left but its neighbourhood.
    let mut seen = said(50);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [47, 48, 49, 50, 51, 52, 53]);
}

#[test]
fn a_rate_stands_on_20_people_as_they_are_said_to_be() {
    let of = |numerator, denominator| draws("B-01", 6, &share(numerator, denominator));
    assert!(of(8, 16).iter().all(|figure| *figure == Figure::Hidden { reason: Reason::Small }));
    for denominator in [17, 19, 20, 22] {
        let said = of(8, denominator).iter().filter_map(people).collect::<Vec<_>>();
        assert!(!said.is_empty() && said.len() < 400 && said.iter().all(|people| *people >= 20), "{denominator}");
    }
    assert!(of(12, 23).iter().all(|figure| people(figure) >= Some(20)));
}

#[test]
fn a_rate_never_contradicts_the_numbers_beside_it() {
    for (numerator, denominator) in [(45, 90), (30, 60), (95, 110), (12, 300), (999, 1_100), (20, 41)] {
        let mut shown = 0;
        for figure in draws("B-01", 6, &share(numerator, denominator)) {
            let Figure::Rate { percent, denominator, numerator, low, high } = figure else { continue };
            assert!(low <= percent && percent <= high);
            let Some(numerator) = numerator else { continue };
            shown += 1;
            let step = if denominator < 50 { 5 } else { 1 };
            assert!(numerator <= denominator && (numerator * 100).abs_diff(u64::from(percent) * denominator) * 2 <= step * denominator);
        }
        assert!(shown > 100, "{numerator}/{denominator}: {shown}");
    }
}

#[test]
fn nobody_and_everybody_stay_bounds_or_become_something_else() {
    // Zero is never moved: a rate of nobody is always a bound, which leaves room for more people than the noise can hide.
    for figure in draws("B-01", 6, &share(0, 60)) {
        let Figure::RateBelow { percent, denominator } = figure else { panic!("{figure:?}") };
        assert!(u64::from(percent) * denominator >= 5 * 100, "{percent} of {denominator}");
    }
    // Of everybody the two draws differ: often a bound, never « 100 % ».
    let all = draws("B-01", 6, &share(60, 60));
    let bounds = all.iter().filter(|figure| matches!(figure, Figure::RateAbove { .. })).count();
    assert!((200..400).contains(&bounds), "{bounds}");
    // Just under, at and above 3: a true 0 and a true 6 are never taken for one another.
    let below =
        |numerator| draws("B-01", 6, &share(numerator, 200)).iter().filter(|figure| matches!(figure, Figure::RateBelow { .. })).count();
    assert_eq!(below(0), 400);
    assert!(
        below(2) > below(3) && below(3) > below(5) && below(5) > 0 && below(6) == 0,
        "{} {} {} {}",
        below(2),
        below(3),
        below(5),
        below(6)
    );
}

#[test]
fn an_interval_is_wider_than_for_exact_counts_and_tells_only_a_class_of_the_noise() {
    let said = |release: Result<Release, Refusal>| match total(&release.unwrap(), "B-01", 6) {
        Figure::Rate { percent, low, high, denominator, .. } => (*percent, *denominator, high - low),
        figure => panic!("{figure:?}"),
    };
    let people = leavers(0..120);
    let table = count(&people, "horizon=6&indicateur=B-01");
    let (_, _, wide) = said(decide(&table, &CATALOGUE, &policy(), &[]));
    let (_, _, narrow) = said(decide(&table, &CATALOGUE, &exact(), &[]));
    assert!(wide > narrow, "{wide} points, {narrow} for exact counts");
    let stronger = Policy::parse("[noise]\ndeviation_max = 7\nvariance = 4.0").unwrap().with_secret(secret());
    let (percent, denominator, width) = said(decide(&table, &CATALOGUE, &stronger, &[]));
    let interval = |told_deviation| {
        let (low, high) = figure::interval(percent, figure::Writing { step: 1, told_deviation }, denominator);
        high - low
    };
    assert_eq!(width, interval(2), "a variance of 4 is told as one of 2 is");
}

#[test]
fn whoever_joins_without_the_outcome_changes_the_numerator_s_draw() {
    // Adding someone who is not employed leaves the number of those employed; keyed by them, it would always be said the same, and that alone would tell.
    let (mut rate, mut contracts, mut trials) = (0, 0, 0);
    for first in (0..300).map(|wave| wave * 500) {
        let people = leavers(first..first + 150);
        let Some(joining) = (first + 150..).map(leaver).find(|person| !person.is_employed) else { unreachable!() };
        let more = [people.clone(), vec![joining]].concat();
        let (before, after) = (ask(&people, ALL).unwrap(), ask(&more, ALL).unwrap());
        let employed = |release: &Release| match total(release, "B-01", 6) {
            Figure::Rate { numerator, .. } => *numerator,
            _ => None,
        };
        trials += 1;
        rate += u32::from(employed(&before) != employed(&after));
        let kinds = |release: &Release| total(release, "D-01", 6).clone();
        contracts += u32::from(kinds(&before) != kinds(&after));
    }
    // Two draws of the default noise differ four times out of five.
    assert!(rate * 10 > trials * 7, "{rate} of {trials}");
    assert!(contracts * 10 > trials * 7, "{contracts} of {trials}");
}

#[test]
fn evidence_hides_what_would_undo_a_bound() {
    // All but two employed: the number of those employed is not said, so neither are their contracts.
    let people: Vec<_> = leavers(0..120).into_iter().enumerate().map(|(place, one)| Leaver { is_employed: place > 1, ..one }).collect();
    let release = ask(&people, ALL).unwrap();
    assert!(!matches!(total(&release, "B-01", 6), Figure::Rate { numerator: Some(_), .. }));
    assert_eq!(*total(&release, "D-01", 6), Figure::Hidden { reason: Reason::WouldRevealAnother });
}

#[test]
fn what_is_pending_or_empty_is_not_noise() {
    let said = |standing, value| {
        let cell = CountedCell { standing, ..cell("B-01", 6, Vec::new(), value) };
        let release = decide(&counted("indicateur=B-01", 100, vec![cell]), &CATALOGUE, &policy(), &[]).unwrap();
        words(&release.cells()[0].figure)
    };
    assert_eq!(said(Standing::Pending, share(0, 0)), "pending");
    assert_eq!(said(Standing::Consolidated, share(0, 0)), "nobody");
    assert!(said(Standing::Consolidated, share(40, 100)).contains('%'));
}

#[test]
fn a_cohort_is_as_large_as_it_is_said_to_be() {
    let refused = |people: u64| {
        let waves = (0..200).map(|wave| wave * 1_000);
        let is_refused = |first: u64| ask(&leavers(first..first + people), "indicateur=A-02").is_err();
        waves.filter(|first| is_refused(*first)).count()
    };
    assert_eq!((refused(16), refused(23)), (200, 0));
    let near = [17, 19, 20, 22].map(refused);
    assert!(near.windows(2).all(|pair| pair[0] > pair[1]) && near[0] < 200 && near[3] > 0, "{near:?}");
}

#[test]
fn rows_never_found_help_nobody_past_a_threshold() {
    // 12 people found, and rows invented to reach 20.
    let padded = |found: u64, invented: u64, first: u64| {
        let one = |place: u64| Leaver {
            is_found: place < found,
            is_employed: place < found && leaver(first + place).is_employed,
            ..leaver(first + place)
        };
        (0..found + invented).map(one).collect::<Vec<_>>()
    };
    for first in (0..50).map(|wave| wave * 1_000) {
        assert!(ask(&padded(12, 60, first), &format!("liste=l&{ALL}")).is_err());
        // More rows never found than found: what became of them is not said.
        let release = ask(&padded(40, 60, first), &format!("liste=l&{ALL}")).unwrap();
        assert_eq!(*total(&release, "B-01", 6), Figure::Hidden { reason: Reason::WouldRevealAnother });
        assert!(people_of(&release, "A-02", 0).is_some(), "who is searched is no outcome");
        // All those found are employed: the rows invented do not make a rate of it.
        let all: Vec<_> = padded(60, 20, first).into_iter().map(|one| Leaver { is_employed: one.is_found, ..one }).collect();
        let figure = total(&ask(&all, &format!("liste=l&{ALL}")).unwrap(), "B-01", 6).clone();
        let bounded = ask(&all[..60], &format!("liste=l&{ALL}")).unwrap();
        let is_guarded = matches!(total(&bounded, "B-01", 6), Figure::RateAbove { .. });
        assert!(!is_guarded || figure == Figure::Hidden { reason: Reason::WouldRevealAnother }, "{figure:?}");
    }
}

#[test]
fn a_list_near_fifty_people_is_always_decided() {
    // The noise may take those who are said below 50 and leave those who were found above.
    for first in (0..400).map(|wave| wave * 1_000) {
        for (rows, found) in [(49, 48), (50, 49), (51, 48), (52, 50)] {
            let one = |place: u64| Leaver { is_found: place < found, ..leaver(first + place) };
            let release = ask(&(0..rows).map(one).collect::<Vec<_>>(), &format!("liste=l&{ALL}")).unwrap();
            if let Figure::Rate { percent, denominator, .. } = total(&release, "B-01", 6) {
                assert!(*denominator >= 50 || percent % 5 == 0, "{percent} % of {denominator}");
            }
        }
    }
}

/// Every number of a JSON text.
fn numbers(value: &serde_json::Value) -> Vec<u64> {
    match value {
        serde_json::Value::Number(number) => number.as_u64().into_iter().collect(),
        serde_json::Value::Array(values) => values.iter().flat_map(numbers).collect(),
        serde_json::Value::Object(values) => values.values().flat_map(numbers).collect(),
        _ => Vec::new(),
    }
}

fn alone_of(people: &[Leaver]) -> Release {
    ask(people, "indicateur=A-02&indicateur=B-01&horizon=6").unwrap()
}

#[test]
fn everybody_else_is_decided_apart() {
    let (ours, theirs) = (leavers(0..200), leavers(500..900));
    let query = "departement=35&indicateur=A-02&indicateur=B-01&horizon=6";
    let rest = |people: &[Leaver]| {
        let counted = count(people, "indicateur=A-02&indicateur=B-01&horizon=6");
        CountedRest { population: counted.population, population_key: counted.population_key, cells: counted.cells }
    };
    let ask = |rest: Option<CountedRest>| {
        let mut table = count(&ours, "indicateur=A-02&indicateur=B-01&horizon=6");
        for cell in &mut table.cells {
            cell.group = vec![(Dimension::Departement, "35".to_owned())];
        }
        let table = Counted { request: request(&format!("{query}&reste=departement")), rest, ..table };
        decide(&table, &CATALOGUE, &policy(), &[]).unwrap()
    };
    let (alone, beside) = (ask(None), ask(Some(rest(&theirs))));
    assert_eq!(alone.cells(), beside.cells(), "the own figures never change for a comparison");
    let theirs_alone = alone_of(&theirs);
    assert_eq!(beside.rest().unwrap(), theirs_alone.cells());
    assert_eq!(ask(Some(rest(&leavers(500..512)))).rest(), None, "too few");
}

#[test]
fn what_the_rules_on_cells_say_is_done_with_perturbed_counts() {
    let (policy, keys) = (policy(), secret().record_keys());
    let perturber = policy.noise.perturber();
    let holds = |code: &str, people, numerator| {
        let rule = crate::RULES.iter().find(|rule| rule.code == code).unwrap();
        rule.holds_for_cell(&policy, people, numerator).unwrap()
    };
    for exact in 6..60_u64 {
        for employed in (0..=exact).step_by(2) {
            let key = SetKey::from_sum(keys.of_person(exact * 100 + employed));
            let of = |indicator, horizon, value| CountedCell { key, ..cell(indicator, horizon, Vec::new(), value) };
            let cells = vec![of("A-02", 0, CountedValue::Count(exact)), of("B-01", 6, share(employed, exact))];
            let release = decide(&counted("horizon=6&indicateur=A-02&indicateur=B-01", 500, cells), &CATALOGUE, &policy, &[]).unwrap();
            let people = perturber.count(exact, key, Counting::Everybody);
            let numerator = perturber.count(employed, key, Counting::Numerator { share: "B-01", horizon: 6 }).min(people);
            assert_eq!(matches!(total(&release, "A-02", 0), Figure::Count { .. }), holds("count", people, 0), "{people}");
            let is_rate = match total(&release, "B-01", 6) {
                Figure::Hidden { reason: Reason::Small } => None,
                said => Some(matches!(said, Figure::Rate { .. })),
            };
            let expected = holds("denominator", people, numerator).then(|| holds("guard", people, numerator));
            assert_eq!(is_rate, expected, "{numerator} of {people}");
        }
    }
}

#[test]
fn a_mean_is_of_a_sum_moved_by_some_times_the_largest_value() {
    let mut moved = 0;
    for said in draws("B-10", 12, &quartiles(&[(0, 20), (12, 25)])) {
        let Figure::Quartiles { denominator, mean_tenths: Some(mean), .. } = said else { panic!("{said:?}") };
        let of_sum_moved = |times: i64| figure::round_mean(25 * 12 + times * 12, denominator);
        assert!((-3..=3).any(|times| of_sum_moved(times) == mean), "{mean} of {denominator}");
        moved += u32::from(mean != of_sum_moved(0));
    }
    assert!(moved > 100, "{moved} of 400");
}

#[test]
fn a_category_of_nobody_is_never_said() {
    let categories = MONTHS.map(|(code, ..)| (code.to_owned(), if code == "4_6" { 0 } else { 25 })).to_vec();
    for said in draws("B-10D", 12, &CountedValue::Distribution { denominator: 100, categories }) {
        let Figure::Distribution { categories, .. } = said else { panic!("{said:?}") };
        let hidden: Vec<_> = categories.iter().filter(|(_, said)| *said == Figure::Hidden { reason: Reason::Small }).collect();
        assert!(hidden.len() == 1 && hidden[0].0 == "4_6", "{hidden:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// A release holds what is said and nothing else: no exact count where noise was added, no key, no parameter.
    #[test]
    fn an_exact_count_that_noise_changed_is_nowhere(first in 0..1_000_000_u64, size in 2_000..2_500_u64) {
        let table = count(&leavers(first..first + size), &format!("par=sexe&{ALL}"));
        let release = decide(&table, &CATALOGUE, &policy(), &[]).unwrap();
        let json = release.to_json();
        let written = numbers(&serde_json::from_str(&json).unwrap());
        for cell in &table.cells {
            let exact = table::size(&cell.value);
            let said = people(figure(&release, &cell.indicator, cell.horizon, &cell.group)).unwrap();
            prop_assert!(said.abs_diff(exact) <= 3);
            // Nothing else is so large as all of them, or all the men.
            prop_assert!(exact < 1_200 || said == exact || !written.contains(&exact), "{exact} of {}", cell.indicator);
        }
        for word in ["key", "noise", "deviation", "variance", "exact"] {
            prop_assert!(!json.contains(word), "{word}");
        }
        prop_assert_eq!(&Release::read(&json).unwrap(), &release);
    }

    /// Whatever is shared between the cells of a table to decide it fast changes none of them.
    #[test]
    fn a_cell_says_in_its_table_what_it_says_alone(first in 0..1_000_000_u64, size in 20..900_u64, lost in 0..10_u64, turn in 0..200_usize) {
        // Of a list some were never found, and of either some horizons are pending.
        let is_found = |person: &Leaver| lost == 0 || person.pseudonym % 10 >= lost;
        let people: Vec<_> = leavers(first..first + size).into_iter().map(|one| Leaver { is_found: is_found(&one), ..one }).collect();
        for query in ["par=sexe&par=age", "liste=l&par=sexe", "sexe=F&par=age"].map(|by| format!("{by}&{ALL}")) {
            let mut table = count(&people, &query);
            let Ok(whole) = decide(&table, &CATALOGUE, &policy(), &[]) else { continue };
            let turn = turn % table.cells.len();
            table.cells.rotate_left(turn);
            let turned = decide(&table, &CATALOGUE, &policy(), &[]).unwrap();
            for cell in &table.cells {
                let evidence = |other: &&CountedCell| other.indicator == "B-01" && cell.indicator == "D-01" && other.group == cell.group;
                let beside = table.cells.iter().filter(evidence).cloned();
                let alone = Counted { cells: beside.chain([cell.clone()]).collect(), ..table.clone() };
                let alone = decide(&alone, &CATALOGUE, &policy(), &[]).unwrap();
                for said in alone.cells() {
                    prop_assert_eq!(whole.cell(&said.indicator, said.horizon, &said.group), Some(said));
                    prop_assert_eq!(turned.cell(&said.indicator, said.horizon, &said.group), Some(said), "whatever the order of the cells");
                }
            }
        }
    }

    #[test]
    fn what_is_said_is_useful(first in 0..1_000_000_u64) {
        let table = count(&leavers(first..first + 2_000), &format!("par=sexe&par=age&{ALL}"));
        let release = decide(&table, &CATALOGUE, &policy(), &[]).unwrap();
        let mut errors = Vec::new();
        for cell in table.cells.iter().filter(|cell| table::size(&cell.value) >= 50) {
            let exact = table::size(&cell.value);
            let said = people(figure(&release, &cell.indicator, cell.horizon, &cell.group)).unwrap();
            errors.push(f64::from(u32::try_from(said.abs_diff(exact)).unwrap()) / f64::from(u32::try_from(exact).unwrap()));
        }
        errors.sort_by(f64::total_cmp);
        prop_assert!(errors[errors.len() / 2] <= 0.03, "median relative error {}", errors[errors.len() / 2]);
    }

    /// Quartiles stay in order and near: at most three ranks away, and never outside the values.
    #[test]
    fn quartiles_are_those_of_ranks_nearby(first in 0..1_000_000_u64, size in 20..400_u64) {
        let people = leavers(first..first + size);
        let Ok(release) = ask(&people, ALL) else { return Ok(()) };
        let Figure::Quartiles { p25, median, p75, mean_tenths, .. } = total(&release, "B-10", 12) else { return Ok(()) };
        let mut sorted: Vec<i64> = people.iter().map(|person| person.months).collect();
        sorted.sort_unstable();
        let near = |quarter: usize, value: i64| {
            let rank = (quarter * sorted.len()).div_ceil(4);
            (rank.saturating_sub(3).max(1)..=(rank + 3).min(sorted.len())).any(|rank| sorted[rank - 1] == value)
        };
        prop_assert!(near(2, *median));
        prop_assert!(p25.is_none_or(|value| value <= *median && near(1, value)) && p75.is_none_or(|value| value >= *median && near(3, value)));
        prop_assert!(mean_tenths.is_none_or(|tenths| (0..=120).contains(&tenths) && tenths % 5 == 0));
    }
}

#[test]
#[should_panic(expected = "the policy was given the secret of the installation")]
fn without_a_secret_nothing_leaves() {
    let _ = decide(&count(&leavers(0..50), "indicateur=A-02"), &CATALOGUE, &Policy::default(), &[]);
}
