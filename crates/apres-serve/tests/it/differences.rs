//! An onlooker with a browser: what one page, one file, or the pages of each value of a filter give by subtraction.

use std::collections::BTreeMap;

use axum::http::StatusCode;

use crate::client::{Client, list};

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
async fn the_pages_of_each_value_of_a_filter_say_no_more_than_the_table() {
    for (organisation, period) in [("chantier", "de=2024T1&a=2024T4"), ("chantier", "de=2024T1&a=2025T2"), ("ddets", "de=2024T1&a=2024T1")]
    {
        let mut client = Client::signed_in(organisation).await;
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
    let people: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row["effectif"].as_str()).filter(|people| !people.is_empty()).collect();
    assert_eq!(people.len(), 1, "every share of the report is out of the same people: {people:?}");
    let body = client.get("/listes/liste-1/rapport").await.body;
    assert!(body.contains("Lignes inutilisables"));
}
