//! Cases and properties of requests.

use proptest::prelude::*;

use super::*;

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |text: &str| text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())).unwrap();
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// What a URL means, written back; or what is wrong with it.
fn check(query: &str, expected: &str) {
    let seen = match Request::from_query(&pairs(query)) {
        Ok(request) => request.to_query_string(),
        Err(fault) => format!("fault: {fault}"),
    };
    assert_eq!(seen, expected, "for {query}");
}

#[test]
fn a_url_is_put_in_order() {
    let ordered = "programme=iae&du=2024T1&au=2024T4&territoire=dep:21,25&type=ACI&type=EI&sexe=F&par=type&par=age&horizon=6&horizon=12&indicateur=B-01";
    check(ordered, ordered);
    check(
        "indicateur=B-01&horizon=12&horizon=6&horizon=6&par=age&par=type&sexe=F&type=EI&type=ACI&territoire=dep:25,21,25&au=2024T4&du=2024T1&programme=iae",
        ordered,
    );
    check("programme=iae&du=2024T1&indicateur=A-02", "programme=iae&du=2024T1&au=2024T1&territoire=national&indicateur=A-02");
    check(
        "liste=l-1&programme=iae&programme=pec&du=2024T1&territoire=siret:12345678901234&indicateur=A-03",
        "liste=l-1&du=2024T1&au=2024T1&territoire=siret:12345678901234&programme=iae&programme=pec&indicateur=A-03",
    );
}

#[test]
fn a_bad_url_names_the_key_and_repeats_nothing_of_what_was_typed() {
    let base = "programme=iae&du=2024T1&indicateur=B-01";
    let bad = |more: &str, expected: &str| check(&format!("{base}&{more}"), &format!("fault: {expected}"));
    bad("vue=carte", "a key of the question is not known");
    bad("du=2024T2", "key 'du' is given more than once");
    bad("programme=pec", "key 'programme' is given more than once");
    bad("au=2023T4", "the period ends before it starts");
    bad("au=2099T4", "the period is too long");
    bad("au=2024T5", "a quarter is written like 2024T3");
    bad("au=2024-T1", "a quarter is written like 2024T3");
    bad("territoire=dep:", "a value of 'territoire' is not accepted");
    bad("territoire=dep:20", "a value of 'territoire' is not accepted");
    bad("territoire=region:27", "a value of 'territoire' is not accepted");
    bad("territoire=siret:123", "a value of 'territoire' is not accepted");
    bad("sexe=f", "a value of 'sexe' is not accepted");
    bad("age=18-25", "a value of 'age' is not accepted");
    bad("trimestre=2024", "a value of 'trimestre' is not accepted");
    bad("type=%27", "a value of 'type' is not accepted");
    bad("par=quartier", "a value of 'par' is not accepted");
    bad("horizon=+6", "a value of 'horizon' is not accepted");
    bad("horizon=255", "a value of 'horizon' is not accepted");
    bad("horizon=", "a value of 'horizon' is not accepted");
    bad("par=programme", "the programme is chosen already, it cannot be a filter or a breakdown");
    check("du=2024T1&indicateur=B-01", "fault: key 'programme' is missing");
    check("programme=iae&indicateur=B-01", "fault: key 'du' is missing");
    check("programme=iae&du=2024T1", "fault: the list of values of 'indicateur' is empty");
    check("liste=../x&du=2024T1&indicateur=A-02", "fault: a value of 'liste' is not accepted");
}

#[test]
fn toml_and_json_take_no_unknown_key() {
    let toml_text = r#"
        indicators = ["B-01"]
        population = { programme = "iae" }
        period = { from = "2024T1", to = "2024T4" }
        scope = { departements = ["21"] }
        breakdowns = ["age_band", "type"]
        filters = [{ dimension = "sex", values = ["F"] }]
    "#;
    let request: Request = toml::from_str(toml_text).unwrap();
    assert_eq!(request.to_query_string(), "programme=iae&du=2024T1&au=2024T4&territoire=dep:21&sexe=F&par=type&par=age&indicateur=B-01");
    let json = serde_json::to_string(&request).unwrap();
    assert!(json.contains(r#""period":{"from":"2024T1","to":"2024T4"}"#), "{json}");
    assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
    for (known, unknown) in [("indicators", "indicator"), ("\"from\"", "\"form\""), ("\"values\"", "\"value\"")] {
        assert!(serde_json::from_str::<Request>(&json.replace(known, unknown)).is_err());
        let added = json.replacen(known, &format!("{unknown}: [], {known}").replace("\"\"", "\""), 1);
        assert!(serde_json::from_str::<Request>(&added).is_err());
    }
    assert!(serde_json::from_str::<Request>(&json.replace("2024T4", "2024Q4")).is_err());
}

#[test]
fn a_filter_is_given_once_and_not_empty() {
    let mut request = Request::from_query(&pairs("programme=iae&du=2024T1&sexe=F&indicateur=B-01")).unwrap();
    request.filters.push(Filter { dimension: Dimension::Sex, values: vec!["M".to_owned()] });
    assert_eq!(request.canonical(), Err(RequestFault::RepeatedFilter("sexe")));
    request.filters.pop();
    request.filters[0].values.clear();
    assert_eq!(request.canonical(), Err(RequestFault::EmptyList("sexe")));
    request.filters.clear();
    request.scope = Scope::Departements(vec!["21".to_owned(); 2000]);
    assert_eq!(request.canonical().unwrap().scope, Scope::Departements(vec!["21".to_owned()]));
    request.scope = Scope::Structures((0..1001).map(|number| format!("{number:014}")).collect());
    assert_eq!(request.canonical(), Err(RequestFault::TooManyValues("territoire")));
}

#[test]
fn months_and_quarters_are_civil() {
    assert_eq!(Quarter::new(2024, 3), Some(Quarter(2024 * 4 + 2)));
    assert_eq!(Quarter::from_date(2024, 9), "2024T3".parse().ok());
    assert_eq!(Quarter::from_date(2024, 13), None);
    assert_eq!(Quarter::from_date(2024, 0), None);
    let quarter: Quarter = "2024T3".parse().unwrap();
    assert_eq!((quarter.first_month().to_string(), quarter.last_month().to_string()), ("2024-07".to_owned(), "2024-09".to_owned()));
    assert_eq!("2024-08".parse::<Month>().unwrap().quarter(), quarter);
    assert_eq!(quarter.plus(2).to_string(), "2025T1");
    assert_eq!(quarter.first_month().plus(-7).to_string(), "2023-12");
    for bad in ["2024t3", "24T3", "2024T0", "2024T5", "2024T33", "+024T3", "1800T1", "", "T"] {
        assert!(bad.parse::<Quarter>().is_err(), "{bad}");
    }
    for bad in ["2024-13", "2024-00", "2024-3", "2024-003", "2024/03"] {
        assert!(bad.parse::<Month>().is_err(), "{bad}");
    }
}

#[test]
fn the_digest_does_not_change_from_one_version_to_the_next() {
    let request = Request::from_query(&pairs("programme=iae&du=2024T1&au=2024T4&par=type&horizon=6&indicateur=B-01")).unwrap();
    assert_eq!(request.digest(), "53c395ef3afcb616b36af840330ef7da4fa3ec92a185d5aa268dbbe395c66070");
}

#[test]
fn a_comparison_is_with_everybody_else_of_a_wider_question() {
    let read = |query: &str| Request::from_query(&pairs(&format!("programme=iae&du=2024T1&indicateur=B-01&{query}"))).map(|read| read.rest);
    let departements = |codes: &[&str]| Scope::Departements(codes.iter().map(|code| (*code).to_owned()).collect());
    assert_eq!(read("territoire=dep:2A&reste=dep:2B,2A"), Ok(Some(Rest::Scope(departements(&["2A", "2B"])))));
    assert_eq!(read("territoire=dep:2A&reste=national"), Ok(Some(Rest::Scope(Scope::National))));
    assert_eq!(read("type=ACI&reste=type"), Ok(Some(Rest::Others(Dimension::Type))));
    for wrong in ["reste=national", "territoire=dep:2A&reste=dep:2A", "reste=type", "territoire=dep:2A&par=sexe&reste=national"] {
        assert_eq!(read(wrong), Err(RequestFault::BadRest), "{wrong}");
    }
    assert_eq!(read("territoire=dep:2A&reste=dep:00"), Err(RequestFault::BadValue("reste")));
}

#[test]
fn a_filtered_question_is_counted_as_the_whole_table() {
    let levels = |query: &str| {
        let request = Request::from_query(&pairs(&format!("programme=iae&du=2024T1&indicateur=B-01&{query}"))).unwrap();
        let level = |level: Vec<Dimension>| level.into_iter().map(Dimension::code).collect::<Vec<_>>().join("x");
        request.levels().into_iter().map(level).collect::<Vec<_>>().join(" | ")
    };
    assert_eq!(levels("horizon=6"), "");
    assert_eq!(levels("par=type&par=sexe"), " | typexsexe");
    assert_eq!(levels("sexe=F"), " | sexe");
    assert_eq!(levels("sexe=F&par=age"), " | sexe | age | sexexage");
    assert_eq!(levels("sexe=F&par=sexe"), " | sexe");
    let several = Request::from_query(&pairs("programme=iae&du=2024T1&indicateur=B-01&age=26_49&age=50_plus")).unwrap();
    let named = |value: &str| several.table_value(Dimension::AgeBand, value);
    assert_eq!([named("26_49"), named("50_plus"), named("moins_26")], ["26_49+50_plus", "26_49+50_plus", "moins_26"]);
    assert_eq!(several.slice(), Some(vec![(Dimension::AgeBand, "26_49+50_plus".to_owned())]));
    let both = Request::from_query(&pairs("programme=iae&du=2024T1&indicateur=B-01&age=26_49&age=50_plus&par=age")).unwrap();
    assert_eq!((both.table_value(Dimension::AgeBand, "26_49").as_str(), both.slice()), ("26_49", None));
}

fn any_request() -> impl Strategy<Value = Request> {
    let subset = |values: &'static [&'static str]| {
        proptest::sample::subsequence(values, 1..=values.len())
            .prop_shuffle()
            .prop_map(|values| values.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let population = prop_oneof![
        proptest::sample::select(vec!["iae", "pec"]).prop_map(|id| Population::Programme(id.to_owned())),
        "[a-z0-9-]{1,20}".prop_map(Population::List),
    ];
    let scope = prop_oneof![
        Just(Scope::National),
        subset(&["01", "21", "2A", "2B", "971", "988"]).prop_map(Scope::Departements),
        subset(&["12345678901234", "00000000000001"]).prop_map(Scope::Structures),
    ];
    let filters = (
        proptest::option::of(subset(&["iae", "pec"])),
        proptest::option::of(subset(&["ACI", "AI", "EI"])),
        proptest::option::of(subset(&["2024T1", "2024T2"])),
        proptest::option::of(subset(&["F", "M", "inconnu"])),
    );
    let breakdowns = proptest::sample::subsequence(Dimension::ALL.to_vec(), 0..=4).prop_shuffle();
    let horizons = proptest::collection::vec(0..=HORIZON_MONTHS_MAX, 0..4);
    let period = (7900..8100_i32, 0..PERIOD_QUARTERS_MAX);
    let rest = proptest::option::of(prop_oneof![
        Just(Rest::Others(Dimension::Type)),
        Just(Rest::Scope(Scope::National)),
        subset(&["2A", "2B"]).prop_map(|codes| Rest::Scope(Scope::Departements(codes))),
    ]);
    (subset(&["A-02", "B-01", "B-10D"]), population, period, scope, filters, (breakdowns, rest), horizons).prop_map(
        |(indicators, population, (from, more), scope, (programme, kind, quarter, sex), (mut breakdowns, rest), horizons)| {
            let is_programme = matches!(population, Population::Programme(_));
            if is_programme {
                breakdowns.retain(|dimension| *dimension != Dimension::Programme);
            }
            let filters = [
                (Dimension::Sex, sex),
                (Dimension::Quarter, quarter),
                (Dimension::Type, kind),
                (Dimension::Programme, programme.filter(|_| !is_programme)),
            ];
            let filter = |(dimension, values): (Dimension, Option<Vec<String>>)| values.map(|values| Filter { dimension, values });
            let period = Period { from: Quarter(from), to: Quarter(from + more) };
            let filters: Vec<Filter> = filters.into_iter().filter_map(filter).collect();
            let rest = match rest {
                _ if !is_programme || !breakdowns.is_empty() => None,
                Some(Rest::Scope(wider)) if scope == Scope::National || wider == scope => None,
                Some(Rest::Others(_)) if filters.iter().all(|filter| filter.dimension != Dimension::Type) => None,
                rest => rest,
            };
            Request { indicators, population, period, scope, filters, breakdowns, horizons, rest }
        },
    )
}

proptest! {
    #[test]
    fn the_canonical_form_is_stable_and_survives_the_url_and_json(request in any_request()) {
        let canonical = request.canonical().unwrap();
        prop_assert_eq!(&canonical.canonical().unwrap(), &canonical);
        prop_assert_eq!(canonical.digest(), request.digest());
        prop_assert_eq!(canonical.to_query(), request.to_query());
        let mut query = request.to_query();
        prop_assert_eq!(&Request::from_query(&query).unwrap(), &canonical);
        query.reverse();
        prop_assert_eq!(&Request::from_query(&query).unwrap(), &canonical);
        prop_assert_eq!(&Request::from_query(&pairs(&request.to_query_string())).unwrap(), &canonical);
        let json = serde_json::to_string(&canonical).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Request>(&json).unwrap(), &canonical);
    }

    #[test]
    fn two_questions_have_two_digests(one in any_request(), other in any_request()) {
        prop_assert_eq!(one.canonical() == other.canonical(), one.digest() == other.digest());
        prop_assert_eq!(one.canonical() == other.canonical(), one.to_query_string() == other.to_query_string());
    }

    #[test]
    fn any_text_is_read_without_panic(query in proptest::collection::vec(("[a-z]{0,12}|du|au|par|horizon|territoire|liste", ".{0,24}"), 0..8)) {
        let _ = Request::from_query(&query);
    }
}
