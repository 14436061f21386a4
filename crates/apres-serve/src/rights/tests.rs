use apres_protect::{Filter, Period, Quarter};

use super::*;

fn request(scope: Scope) -> Request {
    let quarter = Quarter(2025 * 4);
    Request {
        indicators: vec!["B-01".into()],
        population: Population::Programme("iae".into()),
        period: Period { from: quarter, to: quarter },
        scope,
        filters: Vec::new(),
        breakdowns: Vec::new(),
        horizons: Vec::new(),
        rest: None,
    }
}

fn owned(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn departements(codes: &[&str]) -> Scope {
    Scope::Departements(owned(codes))
}

fn structures(codes: &[&str]) -> Scope {
    Scope::Structures(owned(codes))
}

fn viewer(rights: Rights) -> Viewer {
    Viewer { account: "a".into(), organisation: "o".into(), rights, ..Viewer::public() }
}

fn structure() -> Viewer {
    viewer(Rights::Structure { sirets: owned(&["1", "2"]), departement: Some("21".into()) })
}

fn financeur() -> Viewer {
    viewer(Rights::Financeur { departements: owned(&["21", "25"]) })
}

/// What a question becomes; nothing when it is refused.
#[track_caller]
fn check(viewer: &Viewer, asked: Scope, expected: impl Into<Option<Scope>>) {
    let expected = expected.into();
    let narrowed = narrow(viewer, Request { breakdowns: vec![Dimension::Sex], ..request(asked) });
    match (&narrowed, &expected) {
        (Ok(narrowed), Some(scope)) => {
            assert_eq!(narrowed.scope, *scope);
            assert!(permits(viewer, narrowed), "what was narrowed is permitted");
        }
        (Err(refusal), None) => {
            assert_eq!(refusal.code, RefusalCode::OutOfScope);
            for offer in &refusal.try_instead {
                assert!(permits(viewer, offer), "an offer is within the rights");
            }
        }
        _ => panic!("{narrowed:?}, expected {expected:?}"),
    }
}

#[test]
fn a_structure_sees_its_own_establishments() {
    let own = structures(&["1", "2"]);
    check(&structure(), Scope::National, Some(own.clone()));
    check(&structure(), departements(&["21"]), Some(own.clone()));
    check(&structure(), structures(&["1"]), Some(structures(&["1"])));
    check(&structure(), structures(&["1", "9"]), Some(structures(&["1"])));
    check(&structure(), structures(&["9"]), None);
    check(&structure(), structures(&[]), None);
}

#[test]
fn a_funder_sees_its_departements_and_no_structure_alone() {
    check(&financeur(), Scope::National, Some(departements(&["21", "25"])));
    check(&financeur(), departements(&["25", "75"]), Some(departements(&["25"])));
    check(&financeur(), departements(&["75"]), None);
    check(&financeur(), structures(&["1"]), None);
}

#[test]
fn the_operator_sees_everything_and_a_visitor_nothing_broken_down() {
    for scope in [Scope::National, departements(&["75"]), structures(&["9"])] {
        check(&viewer(Rights::Admin), scope.clone(), Some(scope.clone()));
        check(&Viewer::public(), scope, None);
    }
}

#[test]
fn an_account_without_any_right_sees_nothing() {
    for rights in [Rights::Structure { sirets: Vec::new(), departement: None }, Rights::Financeur { departements: Vec::new() }] {
        for scope in [Scope::National, departements(&["21"]), structures(&["1"])] {
            check(&viewer(rights.clone()), scope, None);
        }
    }
}

#[test]
fn a_reference_question_is_wide_and_not_broken_down() {
    let brittany = departements(&["22", "29", "35", "56"]);
    assert!(is_reference(&request(Scope::National)));
    assert!(!is_reference(&request(brittany.clone())), "a région, less a viewer's own, would give away the few others");
    let compared = |scope, wider| Request { rest: Some(Rest::Scope(wider)), ..request(scope) };
    let burgundy = departements(&["21", "25", "39", "58", "70", "71", "89", "90"]);
    assert!(permits(&financeur(), &compared(departements(&["21"]), burgundy)));
    assert!(permits(&financeur(), &compared(departements(&["21"]), Scope::National)));
    assert!(!permits(&financeur(), &compared(departements(&["21"]), departements(&["21", "39"]))), "one département by difference");
    assert!(!permits(&financeur(), &compared(departements(&["21"]), structures(&["1"]))));
    assert!(!permits(&financeur(), &compared(departements(&["39"]), brittany)), "whose own is not theirs");
    assert!(!is_reference(&request(departements(&["22", "29", "35"]))), "a part of a région");
    assert!(!is_reference(&request(departements(&["22", "22", "29", "35"]))), "one counted twice");
    assert!(!is_reference(&request(structures(&["1"]))));
    assert!(!is_reference(&Request { breakdowns: vec![Dimension::Departement], ..request(Scope::National) }));
    let by_place = Filter { dimension: Dimension::Departement, values: vec!["21".into()] };
    assert!(!is_reference(&Request { filters: vec![by_place], ..request(Scope::National) }), "a place by the back door");
    assert!(!is_reference(&Request { population: Population::List("x".into()), ..request(Scope::National) }));
}

#[test]
fn the_desk_is_told_no_for_what_narrowing_did_not_pass() {
    let broken_down = |scope| Request { breakdowns: vec![Dimension::Sex], ..request(scope) };
    assert!(!permits(&structure(), &broken_down(Scope::National)));
    assert!(!permits(&structure(), &broken_down(structures(&["1", "9"]))));
    assert!(!permits(&financeur(), &broken_down(departements(&["21", "75"]))));
    assert!(!permits(&financeur(), &broken_down(structures(&["1"]))));
    assert!(permits(&structure(), &request(Scope::National)), "to compare with");
}

#[test]
fn a_list_needs_somebody() {
    let list = Request { population: Population::List("liste-1".into()), ..request(structures(&["9"])) };
    assert_eq!(narrow(&structure(), list.clone()).unwrap().scope, Scope::National, "a list carries its own people");
    assert!(narrow(&Viewer::public(), list.clone()).is_err());
    assert!(!permits(&Viewer::public(), &list));
}
