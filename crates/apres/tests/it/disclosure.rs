//! What the gate relies on, counted on a real lake: slices, everybody else, who of a list was found, and the keys of sets; then a padded list, whole.

use std::collections::BTreeSet;

use apres::ask::{Asker, ask};
use apres::lists;
use apres_ingest::list;
use apres_ledger::{ListConfirmation, ListSlot, NewJob, NewList, Organisation, OrganisationKind, Registration};
use apres_measure::count;
use apres_protect::{
    Catalogue, Counted, CountedCell, CountedValue, Dimension, Filter, Group, Period, Population, Quarter, RefusalCode, Request, Rest,
    Scope, SetKey,
};
use chrono::NaiveDate;

use crate::end_to_end::Synthetic;
use crate::lake::Lake;

fn question(population: Population) -> Request {
    Request {
        indicators: ["A-02", "B-01", "B-10D", "D-01"].map(str::to_owned).to_vec(),
        population,
        period: Period { from: Quarter(2023 * 4), to: Quarter(2025 * 4 + 3) },
        scope: Scope::National,
        filters: Vec::new(),
        breakdowns: Vec::new(),
        horizons: Vec::new(),
        rest: None,
    }
}

fn iae() -> Request {
    question(Population::Programme("iae".to_owned()))
}

async fn counted(lake: &Lake, request: Request) -> Counted {
    count(&lake.home.statistical, &request, &Catalogue::embedded(), &lake.home.record_keys).await.expect("counts")
}

fn keeping(dimension: Dimension, values: &[&str]) -> Filter {
    Filter { dimension, values: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn cell<'a>(cells: &'a [CountedCell], indicator: &str, horizon: u8, group: &Group) -> &'a CountedValue {
    let is_it = |cell: &&CountedCell| (cell.indicator.as_str(), cell.horizon, &cell.group) == (indicator, horizon, group);
    &cells.iter().find(is_it).unwrap_or_else(|| panic!("{indicator} at {horizon} of {group:?}")).value
}

/// Shares, counts and categories of two groups that have nobody in common.
fn added(a: &CountedValue, b: &CountedValue) -> CountedValue {
    match (a, b) {
        (CountedValue::Count(a), CountedValue::Count(b)) => CountedValue::Count(a + b),
        (CountedValue::Share { numerator: a, denominator: n }, CountedValue::Share { numerator: b, denominator: m }) => {
            CountedValue::Share { numerator: a + b, denominator: n + m }
        }
        (CountedValue::Distribution { categories: a, denominator: n }, CountedValue::Distribution { categories: b, denominator: m }) => {
            let categories = a.iter().zip(b).map(|((code, a), (_, b))| (code.clone(), a + b)).collect();
            CountedValue::Distribution { categories, denominator: n + m }
        }
        _ => panic!("not of one kind"),
    }
}

const FIGURES: [(&str, u8); 4] = [("A-02", 0), ("B-01", 6), ("B-10D", 12), ("D-01", 1)];

async fn number(lake: &Lake, sql: &str) -> u64 {
    lake.rows(sql).await[0][0].parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gate_relies_on_is_counted() {
    let synthetic = Synthetic::new(1300, 36, 11);
    let lake = Lake::new().await;
    lake.ingest(&[synthetic.path("dsn")]).await;
    slices_are_those_of_the_broken_down_table(&lake).await;
    everybody_else_is_everybody_else(&lake).await;
    the_keys_are_those_of_the_people(&lake).await;
    a_padded_list_is_refused(&lake, &synthetic).await;
}

async fn slices_are_those_of_the_broken_down_table(lake: &Lake) {
    let both = vec![Dimension::Sex, Dimension::AgeBand];
    let plain = counted(lake, iae()).await;
    let crossed = counted(lake, Request { breakdowns: both.clone(), ..iae() }).await;
    let by_sex = counted(lake, Request { breakdowns: vec![Dimension::Sex], ..iae() }).await;
    let women = counted(lake, Request { filters: vec![keeping(Dimension::Sex, &["F"])], ..iae() }).await;
    let request = Request { filters: vec![keeping(Dimension::Sex, &["F"])], breakdowns: vec![Dimension::AgeBand], ..iae() };
    let women_by_age = counted(lake, request).await;
    let group: Group = vec![(Dimension::Sex, "F".to_owned())];
    for (indicator, horizon) in FIGURES {
        let figure = |counted: &Counted, group: &Group| cell(&counted.cells, indicator, horizon, group).clone();
        assert_eq!(figure(&women, &Group::new()), figure(&plain, &Group::new()), "the table of a filter is not filtered");
        assert_eq!(figure(&women, &group), figure(&by_sex, &group));
        for age in ["26_49", "50_plus", "moins_26"] {
            let group: Group = vec![(Dimension::Sex, "F".to_owned()), (Dimension::AgeBand, age.to_owned())];
            assert_eq!(figure(&women_by_age, &group), figure(&crossed, &group), "{indicator} {age}");
        }
    }
    assert_eq!(*cell(&women.cells, "A-02", 0, &group), CountedValue::Count(women.population));
    assert!(0 < women.population && women.population < plain.population && women.found == women.population);
    let two = Request { filters: vec![keeping(Dimension::AgeBand, &["moins_26", "50_plus"])], ..iae() };
    let two = counted(lake, two).await;
    let joined: Group = vec![(Dimension::AgeBand, "50_plus+moins_26".to_owned())];
    assert_eq!(*cell(&two.cells, "A-02", 0, &joined), CountedValue::Count(two.population));
    let nobody = counted(lake, Request { filters: vec![keeping(Dimension::AgeBand, &["inconnu"])], ..iae() }).await;
    let unknown: Group = vec![(Dimension::AgeBand, "inconnu".to_owned())];
    assert_eq!(
        (nobody.population, cell(&nobody.cells, "A-02", 0, &unknown)),
        (0, &CountedValue::Count(0)),
        "the slice is there all the same"
    );
}

async fn everybody_else_is_everybody_else(lake: &Lake) {
    let all = "FROM panel WHERE source = 'dsn' AND programme = 'iae' AND horizon = 0";
    let place = lake.rows(&format!("SELECT departement {all} GROUP BY departement ORDER BY count(*) DESC, departement LIMIT 1")).await[0]
        [0]
    .clone();
    let own = Scope::Departements(vec![place.clone()]);
    let compared = counted(lake, Request { scope: own.clone(), rest: Some(Rest::Scope(Scope::National)), ..iae() }).await;
    let alone = counted(lake, Request { scope: own, ..iae() }).await;
    assert_eq!(compared.cells, alone.cells, "whom one compares with changes nothing of one's own");
    let rest = compared.rest.expect("whom to compare with");
    let elsewhere = number(lake, &format!("SELECT count(DISTINCT person) {all} AND departement <> '{place}'")).await;
    assert_eq!(rest.population, elsewhere);
    assert_eq!(*cell(&rest.cells, "A-02", 0, &Group::new()), CountedValue::Count(elsewhere));
    // By value of a dimension, one exit per person is kept before: the two groups add up to the whole.
    let filters = vec![keeping(Dimension::Type, &["ACI"])];
    let compared = counted(lake, Request { filters, rest: Some(Rest::Others(Dimension::Type)), ..iae() }).await;
    let rest = compared.rest.expect("the other types");
    let kept: Group = vec![(Dimension::Type, "ACI".to_owned())];
    for (indicator, horizon) in FIGURES {
        let (own, others) = (cell(&compared.cells, indicator, horizon, &kept), cell(&rest.cells, indicator, horizon, &Group::new()));
        assert_eq!(added(own, others), *cell(&compared.cells, indicator, horizon, &Group::new()), "{indicator}");
    }
}

/// The keys of sets, which the engine adds up, against the people read one by one: far more of them than a sum of 64 bits holds without wrapping.
async fn the_keys_are_those_of_the_people(lake: &Lake) {
    let covered = "panel WHERE source = 'dsn' AND programme = 'iae' AND quarter_index BETWEEN 8092 AND 8103";
    let key = |people: Vec<Vec<String>>| -> SetKey {
        assert!(people.len() > 20);
        let key = |person: &Vec<String>| lake.home.record_keys.of_person(person[0].parse().expect("a pseudonym"));
        people.iter().map(|person| SetKey::from_sum(key(person))).sum()
    };
    let by_sex = counted(lake, Request { breakdowns: vec![Dimension::Sex], ..iae() }).await;
    assert_eq!(by_sex.population_key, key(lake.rows(&format!("SELECT DISTINCT person FROM {covered}")).await));
    assert_eq!(by_sex.population_key, by_sex.found_key);
    let latest =
        format!("SELECT *, dense_rank() OVER (PARTITION BY person ORDER BY exit_date DESC, siret, type) AS recency FROM {covered}");
    let seen = "recency = 1 AND horizon = 6 AND known AND observable";
    let of = |group: &Group| {
        let is_it = |cell: &&CountedCell| (cell.indicator.as_str(), cell.horizon, &cell.group) == ("B-01", 6, group);
        by_sex.cells.iter().find(is_it).expect("a cell").key
    };
    assert_eq!(of(&Group::new()), key(lake.rows(&format!("SELECT person FROM ({latest}) WHERE {seen}")).await));
    for sex in ["F", "M"] {
        let people = lake.rows(&format!("SELECT person FROM ({latest}) WHERE {seen} AND sex = '{sex}'")).await;
        assert_eq!(of(&vec![(Dimension::Sex, sex.to_owned())]), key(people), "those without a job too");
    }
}

/// Registers a list under a programme of its own: only registered lists are told about.
async fn register(lake: &Lake, name: &str) {
    let ledger = &lake.home.ledger;
    let organisation = Organisation {
        id: "structure".to_owned(),
        name: "Structure".to_owned(),
        kind: OrganisationKind::Structure,
        sirets: Vec::new(),
        departements: Vec::new(),
    };
    ledger.save_organisation(&organisation).await.expect("an organisation");
    let list = NewList {
        id: name.to_owned(),
        organisation: organisation.id,
        deposited_by: String::new(),
        name: "liste.csv".to_owned(),
        retention_until: i64::MAX,
    };
    assert!(ledger.create_list(&list, 1).await.expect("a list"));
    let said = ListConfirmation { purpose: "suivi".to_owned(), legal_basis: "mission".to_owned() };
    let slot = ListSlot { programme: name.to_owned(), first_quarter: "2024T1".to_owned(), last_quarter: "2024T4".to_owned() };
    let search = NewJob { id: format!("match-{name}"), kind: "match_list".to_owned(), subject: name.to_owned() };
    let registered = ledger.confirm_list(name, &said, &slot, &search, 1).await.expect("a confirmation");
    assert_eq!(registered, Registration::Registered);
}

/// A list of these numbers, all out of the programme on the same day.
async fn matched(lake: &Lake, name: &str, numbers: &[String]) -> Request {
    let rows: String = numbers.iter().map(|nir| format!("{nir};30/06/2024\r\n")).collect();
    lists::keep(&lake.home, name, format!("NIR;Date de sortie\r\n{rows}").as_bytes()).expect("a deposit");
    let sheet = lists::sheet(&lake.home, name, "liste.csv").expect("a sheet");
    let mapping = lists::mapping(&sheet, None).expect("columns");
    let checked = list::check(&sheet, &mapping, NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"));
    register(lake, name).await;
    lists::match_people(&lake.home, name, &checked, &|_| {}).await.expect("a matched list");
    Request { horizons: vec![6], indicators: vec!["B-01".to_owned()], ..question(Population::List(name.to_owned())) }
}

/// 17 invented numbers with good keys beside 3 people of the declarations were a cohort of 20, whose rate told whether the last one worked.
async fn a_padded_list_is_refused(lake: &Lake, synthetic: &Synthetic) {
    let keyed = |nir: &str| format!("{nir}{:02}", 97 - nir.parse::<u64>().expect("digits") % 97);
    let declared: BTreeSet<String> = lake.rows("SELECT DISTINCT person FROM spells").await.into_iter().flatten().collect();
    let truth = synthetic.truth("people.csv");
    let numbers = truth.iter().map(|person| person["nir"].as_str()).filter(|nir| nir.parse::<u64>().is_ok());
    let is_declared = |nir: &&str| declared.contains(&lake.home.pseudonymiser.of_nir(nir.as_bytes()).expect("nobody objects").to_string());
    let real: Vec<String> = numbers.filter(is_declared).take(30).map(keyed).collect();
    let invented: Vec<String> = (0..40).map(|order| keyed(&format!("2990148856{:03}", 500 + order))).collect();
    assert_eq!(real.len(), 30);
    let list = |people: usize, padding: usize| [&real[..people], &invented[..padding]].concat();

    let padded = matched(lake, "padded", &list(3, 17)).await;
    let seen = counted(lake, padded.clone()).await;
    assert_eq!((seen.population, seen.found), (20, 3));
    assert_eq!(*cell(&seen.cells, "B-01", 6, &Group::new()), CountedValue::Share { numerator: employed(&seen), denominator: 20 });
    let answer = ask(&lake.home, &Asker::default(), &padded).await.expect("an answer");
    assert_eq!(answer.expect_err("a refusal").code, RefusalCode::CohortTooSmall);

    let honest = matched(lake, "honest", &list(30, 5)).await;
    let seen = counted(lake, honest.clone()).await;
    assert_eq!((seen.population, seen.found), (35, 30));
    let of_found = seen.cells.iter().find(|cell| cell.indicator == "B-01").and_then(|cell| cell.found.clone());
    assert_eq!(of_found, Some(CountedValue::Share { numerator: employed(&seen), denominator: 30 }), "those never found have no known job");
    let again = counted(lake, matched(lake, "again", &list(30, 5)).await).await;
    assert_eq!(
        (again.population_key, again.found_key),
        (seen.population_key, seen.found_key),
        "the same rows are the same set, found or not"
    );
    let longer = counted(lake, matched(lake, "longer", &list(30, 6)).await).await;
    assert!(longer.population_key != seen.population_key && longer.found_key == seen.found_key, "a row never found is somebody");
    ask(&lake.home, &Asker::default(), &honest).await.expect("an answer").expect("five of 35 never found are no reason to refuse");
}

fn employed(counted: &Counted) -> u64 {
    match cell(&counted.cells, "B-01", 6, &Group::new()) {
        CountedValue::Share { numerator, .. } => *numerator,
        other => panic!("not a share: {other:?}"),
    }
}
