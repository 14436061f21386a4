//! Every rule has its words, its evidence, and a case just under, at and above its limit.

use std::collections::BTreeSet;

use super::*;
use crate::request::{Period, Quarter};

fn request(query: &str) -> Request {
    let base = if query.contains("liste=") { "" } else { "programme=iae&" };
    let period = if query.contains("du=") { "" } else { "du=2024T1&au=2024T4&" };
    let text = format!("{base}{period}{query}");
    let pairs: Vec<_> =
        text.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    Request::from_query(&pairs).unwrap()
}

/// The code of the refusal, with its offers as queries; `admitted` when there is none.
fn judged(query: &str) -> String {
    match admit(&request(query), &Catalogue::embedded(), &Policy::default()) {
        Ok(()) => "admitted".to_owned(),
        Err(refusal) => refusal.code.code().to_owned(),
    }
}

/// For each rule: a case within its limit, one at it, one past it.
fn cases(code: &str) -> [String; 3] {
    let policy = Policy::default();
    let population = |all, found| verdict(is_described(&policy, People { all, found }));
    let cell = |people, numerator| verdict(holds(code, &policy, people, numerator));
    match code {
        "known" => [judged("indicateur=B-01"), judged("indicateur=B-01&horizon=6"), judged("indicateur=B-01&horizon=7")],
        "banding" => [judged("indicateur=A-02"), judged("indicateur=A-02&age=26_49"), judged("indicateur=A-02&age=26_49&age=50_plus")],
        "crossing" => [
            judged("indicateur=A-02&par=sexe&par=age"),
            judged("indicateur=A-02&par=sexe&par=age&par=type"),
            judged("indicateur=A-02&par=sexe&par=age&par=type&par=trimestre"),
        ],
        "geography" => [
            judged("territoire=dep:21,58&indicateur=A-02"),
            judged("territoire=dep:21,58&departement=58&indicateur=A-02"),
            judged("territoire=dep:21,58&departement=71&indicateur=A-02"),
        ],
        "period" => [
            judged("du=2024T1&au=2024T1&indicateur=A-02"),
            judged("du=2023T1&au=2024T4&indicateur=A-02"),
            judged("du=2023T1&au=2025T1&indicateur=A-02"),
        ],
        "cells" => [
            verdict(few_cells(BOOK.limits.groups_max - 1)),
            verdict(few_cells(BOOK.limits.groups_max)),
            verdict(few_cells(BOOK.limits.groups_max + 1)),
        ],
        "cohort" => [population(21, 20), population(20, 20), population(20, 19)],
        "count" => [cell(12, 0), cell(11, 0), cell(10, 0)],
        "denominator" => [cell(21, 5), cell(20, 5), cell(19, 5)],
        "guard" => [cell(30, 4), cell(30, 3), cell(30, 2)],
        _ => panic!("no case for the rule {code}"),
    }
}

fn verdict(respects: bool) -> String {
    if respects { "admitted" } else { "broken" }.to_owned()
}

fn holds(code: &str, policy: &Policy, people: u64, numerator: u64) -> bool {
    RULES.iter().find(|rule| rule.code == code).unwrap().holds_for_cell(policy, people, numerator).unwrap()
}

/// Whether a table of so many groups is admitted by that rule: the limit is moved to the table, which has 24.
fn few_cells(groups: usize) -> bool {
    let request = request("du=2023T1&au=2024T4&indicateur=A-02&par=trimestre&par=sexe");
    let catalogue = Catalogue::embedded();
    let table = question::groups(&request, &catalogue);
    assert_eq!(table, 24);
    let limits = Limits { groups_max: (BOOK.limits.groups_max + table).saturating_sub(groups), ..BOOK.limits.clone() };
    question::has_few_cells(&Asked { request: &request, catalogue: &catalogue, policy: &Policy::default(), limits: &limits })
}

#[test]
fn every_rule_has_words_evidence_and_a_case_under_at_and_above_its_limit() {
    for rule in RULES {
        let words = rule.words();
        assert!(words.title.len() > 10 && words.explanation.len() > 40 && words.next_step.len() > 20, "{} is explained", rule.code);
        assert!(!rule.evidence.is_empty(), "{} says what it needs", rule.code);
        let [within, at, past] = cases(rule.code);
        assert_eq!((within.as_str(), at.as_str()), ("admitted", "admitted"), "{}", rule.code);
        let expected = match (rule.judge, rule.consequence) {
            (Judge::Question(_), Refuse(code)) if rule.code != "cells" => code.code(),
            _ => "broken",
        };
        assert_eq!(past, expected, "{}", rule.code);
    }
}

#[test]
fn every_text_is_that_of_a_rule_and_every_refusal_but_three_has_its_rule() {
    let of_texts: BTreeSet<&str> = BOOK.rules.iter().map(|words| words.code.as_str()).collect();
    assert_eq!(of_texts, RULES.iter().map(|rule| rule.code).collect());
    assert_eq!(of_texts.len(), BOOK.rules.len(), "each text is given once");
    let without: Vec<RefusalCode> = RefusalCode::ALL.into_iter().filter(|code| rule_of(*code).is_none()).collect();
    assert_eq!(
        without,
        [RefusalCode::OutOfScope, RefusalCode::BudgetSpent, RefusalCode::NotInCube],
        "rights, the budget and the closed cube are not rules on a question"
    );
}

#[test]
fn a_rule_on_the_question_needs_nothing_that_is_counted() {
    for rule in RULES {
        let is_before = matches!(rule.judge, Judge::Question(_));
        let needs_none = rule.evidence.iter().all(|evidence| matches!(evidence, Question | Catalogued));
        assert_eq!(is_before, needs_none, "{}", rule.code);
    }
}

#[test]
fn what_the_rules_on_cells_say_is_what_the_gate_does() {
    let policy = Policy::default();
    for people in 1..60 {
        for numerator in 0..=people {
            let is_bound = crate::decide::is_guarded((numerator, people), &policy);
            assert_eq!(holds("guard", &policy, people, numerator), !is_bound, "{numerator} of {people}");
        }
    }
}

#[test]
fn a_filter_does_not_pass_where_the_table_would_not() {
    // The question is judged unfiltered: what is filtered counts as what is broken down.
    assert_eq!(judged("indicateur=A-02&par=sexe&par=age&type=ACI"), "admitted");
    assert_eq!(judged("indicateur=A-02&par=sexe&par=age&par=trimestre&type=ACI"), "crossing_not_allowed");
}

#[test]
fn territories_are_nested() {
    assert_eq!(judged("territoire=siret:73282932000074&par=departement&indicateur=A-02"), "geography_not_nested");
    assert_eq!(judged("territoire=siret:73282932000074&indicateur=A-02"), "admitted");
}

#[test]
fn a_list_has_the_period_of_its_own_people() {
    assert_eq!(judged("liste=l&du=2024T1&au=2024T3&indicateur=A-02"), "admitted");
}

#[test]
fn what_is_offered_is_admitted_and_is_something_else() {
    let catalogue = Catalogue::embedded();
    let policy = Policy::default();
    for query in [
        "indicateur=B-01&indicateur=X-99",
        "indicateur=A-02&age=26_49&age=50_plus",
        "indicateur=A-02&par=sexe&par=age&par=type&par=trimestre",
        "indicateur=A-02&par=sexe&par=age&par=trimestre&type=ACI",
        "territoire=dep:21&departement=71&indicateur=A-02",
        "du=2024T1&au=2024T3&indicateur=A-02",
        "du=2024T1&au=2024T3&indicateur=A-02&age=26_49&age=50_plus",
    ] {
        let asked = request(query);
        let refusal = admit(&asked, &catalogue, &policy).unwrap_err();
        assert!(!refusal.try_instead.is_empty(), "{query} is offered nothing");
        for offer in &refusal.try_instead {
            assert_eq!(admit(offer, &catalogue, &policy), Ok(()), "{query}");
            assert_ne!(*offer, asked.canonical().unwrap(), "{query}");
        }
    }
}

#[test]
fn the_nearest_closed_period_that_holds_the_one_asked_is_offered() {
    let quarter = |year, quarter| Quarter::new(year, quarter).unwrap();
    let offered = |query: &str| {
        let refusal = admit(&request(&format!("{query}&indicateur=A-02")), &Catalogue::embedded(), &Policy::default()).unwrap_err();
        refusal.try_instead[0].period
    };
    assert_eq!(offered("du=2024T1&au=2024T3"), Period { from: quarter(2024, 1), to: quarter(2024, 4) });
    assert_eq!(offered("du=2023T4&au=2024T3"), Period { from: quarter(2023, 1), to: quarter(2024, 4) }, "four quarters of two years");
    assert_eq!(
        offered("du=2021T2&au=2024T3"),
        Period { from: quarter(2022, 1), to: quarter(2023, 4) },
        "none holds so many: the latest within"
    );
}
