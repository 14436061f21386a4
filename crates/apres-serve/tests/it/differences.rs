//! An onlooker with a browser: what one page, one file, or the pages of each value of a filter give by subtraction.

use std::collections::{BTreeMap, BTreeSet};

use apres_protect::{Counted, CountedCell, CountedValue, decide};
use apres_serve::Desk as _;
use axum::http::StatusCode;
use scraper::Html;

use crate::client::{Client, list};
use crate::fake::people;

/// A row of an exported file, by the name of its columns.
type Row = BTreeMap<String, String>;

async fn file(client: &mut Client, path: &str) -> Option<Vec<Row>> {
    let answer = client.get(path).await;
    if answer.status != StatusCode::OK {
        return None;
    }
    let mut lines = answer.body.trim_start_matches('\u{feff}').lines().map(|line| line.split(';').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    Some(lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect())
}

/// People, numerator and denominator of an indicator at a horizon for a population; nothing when it is not said.
fn said(rows: &[Row], population: &str, indicator: &str, months: &str) -> Option<(String, u64)> {
    let is_it = |row: &&Row| {
        (row["population"].contains(population), row["indicateur"].as_str(), row["mois_apres_sortie"].as_str()) == (true, indicator, months)
            && row["groupe"].is_empty()
    };
    let row = rows.iter().find(is_it)?;
    Some((row["numerateur"].clone(), row["effectif"].parse().ok()?))
}

/// What the population of the own rows says, and no other.
const OWN: &str = "personnes sorties";
const HORIZONS: [&str; 7] = ["1", "3", "6", "9", "12", "18", "24"];

#[tokio::test]
async fn a_page_never_shows_a_wider_total_beside_its_own_people() {
    let mut client = Client::signed_in("presque").await;
    // One quarter of PEC: the rest of the région is about a dozen people.
    let narrow = "programme=pec&de=2024T2&a=2024T2";
    let page = client.get(&format!("/bilan?{narrow}")).await.body;
    assert!(page.contains("Pas de comparaison avec «\u{a0}PEC, reste de la région Bourgogne-Franche-Comté\u{a0}»"));
    let rows = file(&mut client, &format!("/bilan/export.csv?{narrow}")).await.unwrap();
    assert!(said(&rows, OWN, "B-01", "6").is_some());
    assert!(rows.iter().all(|row| row["population"].contains(OWN)), "nothing to subtract from in the file either");
    // Everybody since 2023: the rest is shown, and is the rest.
    let wide = "programme=iae&de=2023T1&a=2025T4";
    assert!(client.get(&format!("/bilan?{wide}")).await.body.contains("sans les personnes ci-dessus"));
    let rows = file(&mut client, &format!("/bilan/export.csv?{wide}")).await.unwrap();
    let asked = client.desk.asked.lock().unwrap().iter().filter(|(viewer, _)| viewer.is_signed_in()).count();
    assert!(asked > 0);
    for months in HORIZONS {
        let Some((_, others)) = said(&rows, "reste de la région", "B-01", months) else { continue };
        let (_, own) = said(&rows, OWN, "B-01", months).unwrap();
        assert!(others >= 20 && others < own, "{months}: 89 alone, not the région, is smaller than the four others");
    }
}

#[tokio::test]
async fn exact_pages_of_each_value_of_a_filter_say_no_more_than_the_table() {
    for (organisation, period) in [("chantier", "de=2024T1&a=2024T4"), ("chantier", "de=2024T1&a=2025T2"), ("ddets", "de=2024T1&a=2024T1")]
    {
        let mut client = Client::signed_in(organisation).await;
        client.be_exact();
        for (key, values) in [("sexe", &["F", "M"][..]), ("age", &["moins_26", "26_49", "50_plus"][..])] {
            let everybody = file(&mut client, &format!("/bilan/export.csv?programme=iae&{period}&par={key}")).await;
            let Some(everybody) = everybody else { continue };
            let mut pages = Vec::new();
            for value in values {
                pages.push(file(&mut client, &format!("/bilan/export.csv?programme=iae&{period}&{key}={value}")).await);
            }
            for months in HORIZONS {
                let Some((_, total)) = said(&everybody, OWN, "B-01", months) else { continue };
                let shown: Vec<_> = pages.iter().map(|page| page.as_ref().and_then(|rows| said(rows, OWN, "B-01", months))).collect();
                let known: u64 = shown.iter().flatten().map(|(_, people)| people).sum();
                assert!(known <= total, "{organisation} {key} {months}");
                let hidden = shown.iter().filter(|figure| figure.is_none()).count();
                let left = total - known;
                assert!(
                    hidden != 1 || left == 0 || left >= 20,
                    "{organisation} {key} m{months}: {left} people are one page's by difference"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_page_of_a_filter_and_the_line_of_the_table_are_one_figure() {
    let mut client = Client::signed_in("ddets").await;
    let period = "programme=iae&de=2024T1&a=2024T4";
    for (key, values) in
        [("sexe", [("F", "Femmes"), ("M", "Hommes")]), ("age", [("moins_26", "Moins de 26 ans"), ("50_plus", "50 ans et plus")])]
    {
        let table = file(&mut client, &format!("/bilan/export.csv?{period}&par={key}")).await.unwrap();
        for (value, label) in values {
            let page = file(&mut client, &format!("/bilan/export.csv?{period}&{key}={value}")).await.unwrap();
            let line = |rows: &[Row], is_total: bool, indicator: &str| {
                let is_it = |row: &&Row| {
                    let group = if is_total { row["groupe"].is_empty() } else { row["groupe"] == label };
                    group
                        && row["indicateur"] == indicator
                        && ["0", "6"].contains(&row["mois_apres_sortie"].as_str())
                        && row["population"].contains(OWN)
                };
                let row = rows.iter().find(is_it).unwrap_or_else(|| panic!("{indicator} of {label}"));
                ["valeur", "numerateur", "effectif", "borne_basse", "borne_haute"].map(|column| row[column].clone())
            };
            for indicator in ["A-02", "B-01", "B-04"] {
                assert_eq!(line(&page, true, indicator), line(&table, false, indicator), "{indicator} of {label}");
            }
        }
    }
}

#[tokio::test]
async fn a_match_report_shows_no_total_that_its_leavers_could_be_taken_from() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("liste.csv", &list(60)).await;
    client
        .post("/listes/liste-1/confirmer", "programme=iae&periode=2025T1-2025T4&finalite=evaluation&base=public_interest&information=oui")
        .await;
    for _ in 0..3 {
        client.get("/listes/liste-1/suivi").await;
    }
    let rows = file(&mut client, "/listes/liste-1/rapport/export.csv?tableau=match").await.unwrap();
    let people: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row["tableau"] == "Appariement")
        .map(|row| row["effectif"].as_str())
        .filter(|people| !people.is_empty())
        .collect();
    assert_eq!(people.len(), 1, "every share of the report is out of the same people: {people:?}");
    let body = client.get("/listes/liste-1/rapport").await.body;
    assert!(body.contains("Lignes inutilisables"));
}

/// Every exact count behind an answer: people, numerators, categories.
fn exact_counts(counted: &Counted) -> BTreeSet<u64> {
    let of = |cell: &CountedCell| match &cell.value {
        CountedValue::Count(people) => vec![*people],
        CountedValue::Share { numerator, denominator } => vec![*numerator, *denominator],
        CountedValue::Distribution { denominator, categories } => {
            categories.iter().map(|(_, people)| *people).chain([*denominator]).collect()
        }
        CountedValue::Quartiles(values) => vec![values.people()],
    };
    let rest = counted.rest.iter().flat_map(|rest| rest.cells.iter().flat_map(of).chain([rest.population]));
    counted.cells.iter().flat_map(of).chain([counted.population, counted.found]).chain(rest).collect()
}

/// Every whole number of a text, read as a visitor does: thousands are set apart by a thin space.
fn numbers(text: &str) -> BTreeSet<u64> {
    let joined = text.replace(['\u{202f}', '\u{a0}'], "");
    joined.split(|letter: char| !letter.is_alphanumeric()).filter_map(|word| word.parse().ok()).collect()
}

/// Every number of the JSON of a release.
fn said_numbers(value: &serde_json::Value) -> BTreeSet<u64> {
    match value {
        serde_json::Value::Number(number) => number.as_u64().into_iter().collect(),
        serde_json::Value::Array(values) => values.iter().flat_map(said_numbers).collect(),
        serde_json::Value::Object(values) => values.values().flat_map(said_numbers).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test]
async fn an_exact_count_that_noise_changed_is_on_no_page_and_in_no_file() {
    let everybody = people::everybody();
    let mut looked_for = 0;
    for (organisation, query) in
        [("ddets", "de=2023T1&a=2025T4"), ("ddets", "de=2024T1&a=2024T4&sexe=F&par=age"), ("chantier", "de=2023T1&a=2025T4&par=type")]
    {
        let mut client = Client::signed_in(organisation).await;
        let mut shown = BTreeSet::new();
        let page = client.get(&format!("/bilan?programme=iae&{query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let text: Vec<String> = Html::parse_document(&page.body).root_element().text().map(str::to_owned).collect();
        shown.extend(numbers(&text.join(" ")));
        shown.extend(numbers(&client.get(&format!("/bilan/export.csv?programme=iae&{query}")).await.body));
        let asked = client.desk.asked.lock().unwrap().clone();
        let (mut exact, mut said) = (BTreeSet::new(), BTreeSet::new());
        for (_, request) in &asked {
            let counted = people::count(request, client.desk.catalogue(), &everybody, 0);
            let release = decide(&counted, client.desk.catalogue(), &people::policy(), &[]);
            exact.extend(exact_counts(&counted));
            said.extend(release.iter().flat_map(|release| said_numbers(&serde_json::from_str(&release.to_json()).unwrap())));
        }
        // Larger than a percentage, and no year.
        let hidden: BTreeSet<u64> =
            exact.difference(&said).copied().filter(|count| *count > 100 && !(2000..2100).contains(count)).collect();
        looked_for += hidden.len();
        let leaked: Vec<&u64> = hidden.intersection(&shown).collect();
        assert!(leaked.is_empty(), "{organisation} {query}: {leaked:?}");
        assert!(said.iter().any(|count| *count > 100 && shown.contains(count)), "the page shows what is said");
    }
    assert!(looked_for > 20, "only {looked_for} exact counts to look for");
}
