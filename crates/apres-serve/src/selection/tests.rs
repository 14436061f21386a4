use apres_protect::Month;

use super::*;

fn coverage() -> Coverage {
    Coverage {
        lake_version: 1,
        vintage: None,
        policy_version: "1".into(),
        is_perturbed: true,
        first_month: Month(2022 * 12),
        last_month: Month(2026 * 12 + 7),
        first_quarter: Quarter(2023 * 4),
        last_quarter: Quarter(2026 * 4 + 1),
        programmes: vec!["iae".into(), "pec".into()],
        departements: vec!["21".into(), "25".into()],
        is_synthetic: true,
    }
}

fn financeur() -> Viewer {
    Viewer { rights: Rights::Financeur { departements: vec!["21".into(), "25".into()] }, ..Viewer::public() }
}

fn read(query: &[(&str, &str)]) -> (Selection, Vec<String>) {
    let (catalogue, coverage, viewer) = (Catalogue::embedded(), coverage(), financeur());
    let usual = Selection::usual(Population::Programme("iae".into()), usual_period(&coverage), &viewer);
    let params = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Selection::read(usual, &params, &Around { catalogue: &catalogue, coverage: &coverage, viewer: &viewer })
}

#[test]
fn the_usual_period_is_the_last_year_whose_twelve_months_were_seen() {
    let period = usual_period(&coverage());
    assert_eq!((period.from.to_string(), period.to.to_string()), ("2024T1".into(), "2024T4".into()));
    assert!(period.to.last_month().plus(12) <= coverage().last_month);
    assert!(period.to.plus(4).last_month().plus(12) > coverage().last_month, "and not a year later");
    let young = Coverage { last_month: Month(2023 * 12 + 3), ..coverage() };
    assert_eq!(usual_period(&young).from, young.first_quarter, "a young lake shows what it has");
}

#[test]
fn an_address_is_read_back_as_it_was_written() {
    let query = [("a", "2024T4"), ("age", "50_plus"), ("de", "2024T1"), ("lieu", "d21"), ("par", "sexe"), ("sexe", "F"), ("type", "ACI")];
    let (selection, notices) = read(&query);
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(selection.query(), "?programme=iae&lieu=d21&de=2024T1&a=2024T4&type=ACI&sexe=F&age=50_plus&par=sexe");
    let pairs = selection.pairs();
    let written: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(read(&written).0, selection);
}

#[test]
fn removing_a_tag_removes_that_filter_only() {
    let (selection, _) = read(&[("sexe", "F"), ("age", "50_plus"), ("lieu", "d21")]);
    let catalogue = Catalogue::embedded();
    let tags = selection.tags(Speaker::new(&catalogue));
    let labels: Vec<&str> = tags.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["Territoire\u{a0}: Côte-d’Or (21)", "Sexe\u{a0}: Femmes", "Âge\u{a0}: 50 ans et plus"]);
    assert_eq!(tags[1].1, Selection { sex: None, ..selection.clone() });
}

#[test]
fn a_type_of_another_programme_is_dropped() {
    let (selection, notices) = read(&[("programme", "pec"), ("type", "ACI")]);
    assert_eq!((selection.kind, notices.len()), (None, 1));
}

#[test]
fn a_selection_is_compared_with_everybody_else_never_with_a_wider_total() {
    let catalogue = Catalogue::embedded();
    let speaker = Speaker::new(&catalogue);
    let rest = |selection: &Selection, rights: Rights| selection.rest(speaker, &Viewer { rights, ..Viewer::public() });
    let funder = |codes: &[&str]| Rights::Financeur { departements: codes.iter().map(|code| (*code).to_owned()).collect() };
    let burgundy = || Rest::Scope(Scope::Departements(territory::region("27").unwrap().codes()));
    let (selection, _) = read(&[("type", "ACI"), ("sexe", "F")]);
    assert_eq!(rest(&selection, funder(&["21", "25"])), Some((burgundy(), "ACI, reste de la région Bourgogne-Franche-Comté".into())));
    assert_eq!(rest(&selection, funder(&["21", "75"])), Some((Rest::Scope(Scope::National), "ACI, reste de la France".into())));
    assert_eq!(rest(&selection, Rights::Admin), Some((Rest::Others(Dimension::Type), "IAE, autres types de structure".into())));
    let structure = Rights::Structure { sirets: vec!["1".into()], departement: Some("21".into()) };
    assert_eq!(rest(&selection, structure).map(|(rest, _)| rest), Some(burgundy()));
    let everything = Selection { kind: None, ..selection };
    assert_eq!(rest(&everything, Rights::Admin), None, "the whole country has nothing to compare with");
}

#[test]
fn a_part_of_a_territory_is_a_slice_of_it() {
    let catalogue = Catalogue::embedded();
    let (selection, _) = read(&[("lieu", "d21")]);
    let asked = |viewer: &Viewer| selection.request(viewer, &["B-01"], &[]);
    let request = asked(&financeur());
    assert_eq!((&request.scope, request.filter(Dimension::Departement)), (&Scope::National, Some(&["21".to_owned()][..])));
    assert_eq!(selection.of_request(&request), selection, "an offer about it keeps it");
    let rest = selection.rest(Speaker::new(&catalogue), &financeur());
    assert_eq!(rest, Some((Rest::Others(Dimension::Departement), "IAE, reste de votre territoire".into())));
    let narrow = Viewer { rights: Rights::Financeur { departements: vec!["21".into()] }, ..Viewer::public() };
    assert_eq!(asked(&narrow).filters, Vec::new());
    assert_eq!(asked(&narrow).scope, Scope::Departements(vec!["21".into()]));
}

#[test]
fn a_parameter_that_is_ignored_is_named_in_french_or_not_at_all() {
    let (_, notices) = read(&[("sexe", "X"), ("couleur", "rouge")]);
    assert_eq!(
        notices,
        [
            "Un critère de l’adresse n’existe pas. Il n’est pas appliqué.",
            "Critère «\u{a0}sexe\u{a0}»\u{a0}: la valeur demandée n’existe pas, ou n’est pas dans vos droits. Elle n’est pas appliquée."
        ]
    );
}

#[test]
fn a_period_without_any_data_is_said_and_the_usual_one_is_shown() {
    for (from, to) in [("2031T1", "2031T4"), ("1999T1", "1999T4")] {
        let (selection, notices) = read(&[("de", from), ("a", to)]);
        assert_eq!(selection.period, usual_period(&coverage()));
        assert_eq!(
            notices,
            ["Aucune donnée sur cette période\u{a0}: les sorties connues vont de janvier 2023 à juin 2026. \
              Voici celles de janvier à décembre 2024."]
        );
    }
}

#[test]
fn a_period_that_is_not_of_the_closed_list_becomes_one_that_is() {
    let shown = |from: &str, to: &str| {
        let (selection, notices) = read(&[("de", from), ("a", to)]);
        (format!("{} {}", selection.period.from, selection.period.to), notices.len())
    };
    for (from, to, expected, notices) in [
        ("2024T3", "2024T3", "2024T3 2024T3", 0),
        ("2024T1", "2025T4", "2024T1 2025T4", 0),
        ("2024T2", "2024T3", "2024T1 2024T4", 1),
        ("2024T3", "2025T2", "2024T1 2025T4", 1),
        // A year still running would be told twice, with a quarter more: never.
        ("2026T1", "2026T2", "2026T2 2026T2", 1),
        ("2025T1", "2026T2", "2025T1 2025T4", 1),
        ("2023T1", "2026T2", "2024T1 2025T4", 1),
    ] {
        assert_eq!(shown(from, to), (expected.to_owned(), notices), "{from} to {to}");
    }
    assert_eq!(read(&[("periode", "2024T1-2025T4")]).0.period, Period { from: Quarter(2024 * 4), to: Quarter(2025 * 4 + 3) });
    assert_eq!(read(&[("periode", "hier")]).1.len(), 1);
}

#[test]
fn an_offer_becomes_an_address_of_the_page() {
    let (selection, _) = read(&[("lieu", "d21")]);
    let wider =
        Request { period: Period { from: Quarter(2023 * 4), to: selection.period.to }, ..selection.request(&financeur(), &["B-01"], &[]) };
    assert_eq!(selection.of_request(&wider).query(), "?programme=iae&lieu=d21&de=2023T1&a=2024T4&par=type");
}
