//! What a *bilan* says, from real releases of made-up people.

use axum::http::StatusCode;
use scraper::{Html, Selector};

use crate::client::Client;

fn texts(body: &str, selector: &str) -> Vec<String> {
    let document = Html::parse_document(body);
    let found = Selector::parse(selector).unwrap();
    document.select(&found).map(|element| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test]
async fn the_sentence_the_numbers_and_their_origin_are_there() {
    let body = Client::signed_in("chantier").await.get("/bilan").await.body;
    let sentence = texts(&body, ".ap-sentence").remove(0);
    assert!(sentence.starts_with("Six mois après leur sortie,"), "{sentence}");
    assert!(sentence.contains("emploi salarié") && sentence.contains("personnes sur"), "{sentence}");
    assert_eq!(texts(&body, ".ap-number").len(), 5);
    assert_eq!(texts(&body, ".ap-number a[href^='/definitions#']").len(), 5);
    assert!(texts(&body, ".ap-freshness").remove(0).contains("août 2026"));
    assert!(texts(&body, ".ap-provenance").remove(0).contains("1 042"));
    assert!(texts(&body, "[role=status]").remove(0).contains("Résultat à jour"));
    assert_eq!(texts(&body, "svg[role=img] title").len(), 4, "two charts shown, each at two widths");
    let recent = Client::signed_in("chantier").await.get("/bilan?periode=2025T1-2025T4").await.body;
    assert!(texts(&recent, "#table-courbe td").contains(&"en attente".to_owned()), "months not seen yet are said");
}

#[tokio::test]
async fn hidden_figures_are_words_with_their_reason() {
    let body = Client::signed_in("ddets").await.get("/bilan?type=ACI&par=age&periode=2024T1-2024T4").await.body;
    let hidden = texts(&body, ".ap-hidden-words");
    assert!(hidden.iter().any(|words| words.starts_with("Secret\u{a0}: ") || words.starts_with("Secret : ")), "{hidden:?}");
    assert!(hidden.iter().any(|words| words.contains("trop peu de personnes")), "{hidden:?}");
    for cell in texts(&body, "td") {
        assert!(!["", "-", "—", "–"].contains(&cell.as_str()), "an empty cell or a dash says nothing");
    }
}

#[tokio::test]
async fn the_sentence_repeats_the_filters() {
    let body = Client::signed_in("ddets").await.get("/bilan?type=ACI&sexe=F&lieu=d21").await.body;
    let sentence = texts(&body, ".ap-sentence").remove(0);
    assert!(sentence.contains("femmes") && sentence.contains("Côte-d’Or"), "{sentence}");
    let title = texts(&body, "title").remove(0);
    assert!(title.contains("Femmes") && title.contains("IAE"), "{title}");
    assert_eq!(texts(&body, ".ap-current .fr-tag").len(), 3);
}

#[tokio::test]
async fn the_sentence_and_the_status_are_french_and_agree_with_the_numbers() {
    let body = Client::signed_in("ddets").await.get("/bilan?type=ACI&sexe=F").await.body;
    let sentence = texts(&body, ".ap-sentence").remove(0);
    assert!(!sentence.contains(", (") && sentence.contains(" (") && sentence.contains("), "), "{sentence}");
    let shown = texts(&body, ".ap-number-value").remove(0);
    let status = texts(&body, "[role=status]").join(" ");
    assert!(status.contains(&format!("{shown} sortants")), "{status} beside {shown}");
}

#[tokio::test]
async fn a_refusal_says_the_rule_and_offers_a_way_on_that_works() {
    let mut client = Client::signed_in("petite").await;
    let refused = client.get("/bilan").await;
    assert_eq!(refused.status, StatusCode::OK);
    assert!(refused.body.contains("Trop peu de personnes"));
    assert!(texts(&refused.body, ".ap-number").is_empty());
    let document = Html::parse_document(&refused.body);
    let links = Selector::parse(".fr-alert a").unwrap();
    let offers: Vec<String> = document.select(&links).filter_map(|link| link.attr("href")).map(str::to_owned).collect();
    assert!(!offers.is_empty());
    for offer in offers {
        assert_eq!(client.get(&offer).await.status, StatusCode::OK, "{offer}");
    }
    let export = client.get("/bilan/export.csv?sexe=F").await;
    assert_eq!(export.status, StatusCode::SEE_OTHER, "no figure leaves by the side door");
    let page = client.get(export.location()).await.body;
    assert!(page.contains("Trop peu de personnes") && page.contains("À essayer plutôt"), "the refusal has a next step");
}

#[tokio::test]
async fn the_widest_question_refused_has_a_way_on_too() {
    let mut client = Client::signed_in("petite").await;
    let body = client.get("/bilan?programme=iae&de=2024T1&a=2025T4").await.body;
    assert!(body.contains("Trop peu de personnes"), "{body}");
    let ways = offers(&body);
    assert!(ways.contains(&"/listes/deposer".to_owned()) && ways.contains(&"/secret".to_owned()), "{ways:?}");
    for way in ways {
        assert_eq!(client.get(&way).await.status, StatusCode::OK, "{way}");
    }
}

/// Addresses that a refusal offers.
fn offers(body: &str) -> Vec<String> {
    let links = Selector::parse(".fr-alert a").unwrap();
    Html::parse_document(body).select(&links).filter_map(|link| link.attr("href")).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_is_offered_instead_is_another_question_within_the_data() {
    let mut client = Client::signed_in("petite").await;
    for period in ["de=2026T1&a=2026T2", "de=2023T1&a=2026T2", "de=2023T1&a=2023T1", "de=2026T2&a=2026T2"] {
        for filters in ["", "&sexe=F", "&sexe=F&age=50_plus"] {
            let asked = format!("/bilan?programme=iae&{period}{filters}&par=sexe");
            let body = client.get(&asked).await.body;
            let offered = offers(&body);
            for (index, offer) in offered.iter().enumerate() {
                let is_repeated = offered[..index].contains(offer);
                assert!(*offer != asked && !is_repeated, "{asked}: {offered:?}");
                let page = client.get(offer).await.body;
                assert_eq!(texts(&page, ".ap-filters .fr-error-text li"), Vec::<String>::new(), "{offer} is within the data");
            }
        }
    }
}

#[tokio::test]
async fn an_address_with_nonsense_still_gives_a_page_and_says_what_was_ignored() {
    let mut client = Client::signed_in("chantier").await;
    let body = client.get("/bilan?sexe=X&de=hier&inconnu=%3Cscript%3E&a=2031T1").await.body;
    let notices = texts(&body, ".ap-filters .fr-error-text li");
    assert_eq!(notices.len(), 4, "{notices:?}");
    assert!(!body.contains("<script>"), "what was typed is never repeated");
    let reversed = client.get("/bilan?de=2025T2&a=2024T3").await.body;
    assert!(texts(&reversed, ".fr-error-text").remove(0).contains("échangés"));
}

#[tokio::test]
async fn exports_say_the_same_as_the_page() {
    let mut client = Client::signed_in("ddets").await;
    let body = client.get("/bilan").await.body;
    let share = texts(&body, ".ap-number--first .ap-number-value").remove(0);
    let percent = share.trim_end_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
    let file = client.get("/bilan/export.csv?tableau=chiffres").await.body;
    let rows: Vec<Vec<&str>> = file.lines().map(|line| line.split(';').collect()).collect();
    let row = rows.iter().find(|row| row[2] == "B-01" && row[4] == "6").unwrap();
    assert_eq!((row[7], row[8]), (percent.as_str(), "%"), "{row:?}");
    assert!(client.get("/bilan/export.csv").await.body.lines().count() > 60);
    // The mean has a line of its own beside the median, in half months, and the page says it too.
    let mut has_half = false;
    for periode in ["2023T1-2023T4", "2024T1-2024T4", "2025T1-2025T4", "2023T1-2024T4", "2024T1-2024T1", "2024T2-2024T2", "2024T3-2024T3"] {
        let file = client.get(&format!("/bilan/export.csv?periode={periode}&tableau=chiffres")).await.body;
        let worked = |category: &str| file.lines().find(|line| line.contains(";B-10;") && line.contains(category)).map(str::to_owned);
        let Some((median, mean)) = worked(";médiane;").zip(worked(";moyenne;")) else { continue };
        let value = |line: &str| line.split(';').nth(7).expect("a value").to_owned();
        assert!(!value(&median).contains(','), "{median}");
        has_half |= value(&mean).ends_with(",5");
        let said = format!("en moyenne\u{a0}: {}\u{a0}mois", value(&mean));
        assert!(client.get(&format!("/bilan?periode={periode}")).await.body.contains(&said), "{said}");
    }
    assert!(has_half, "one of these means is not whole");
    let links = Selector::parse("a[href*='tableau=']").unwrap();
    let offered: Vec<String> = Html::parse_document(&body).select(&links).filter_map(|link| link.attr("href")).map(str::to_owned).collect();
    let codes: Vec<&str> = offered.iter().filter_map(|href| href.split_once("tableau=")).map(|(_, code)| code).collect();
    assert_eq!(codes, ["chiffres", "courbe", "contrats", "mois", "repartition"]);
    for (href, code) in offered.iter().zip(codes) {
        let file = client.get(href).await;
        let name = file.headers[axum::http::header::CONTENT_DISPOSITION].to_str().unwrap().to_owned();
        assert_eq!(name, format!("attachment; filename=\"apres-bilan-{code}.csv\""));
        assert!(file.body.lines().count() > 1, "{href}");
    }
    for unknown in ["contracts", "months"] {
        assert_eq!(client.get(&format!("/bilan/export.csv?tableau={unknown}")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(client.get("/bilan/export.csv?tableau=rien").await.status, StatusCode::NOT_FOUND);
    for workbook in ["xlsx", "ods"] {
        assert!(client.get(&format!("/bilan/export.{workbook}")).await.body.starts_with("PK"), "{workbook}");
    }
    let json: serde_json::Value = serde_json::from_str(&client.get("/bilan/export.json?tableau=chiffres").await.body).unwrap();
    let figures = json["chiffres"].as_array().unwrap();
    let figure = figures.iter().find(|figure| figure["indicateur"] == "B-01" && figure["mois_apres_sortie"] == 6).unwrap();
    assert_eq!((figure["valeur"].to_string(), &figure["unite"]), (percent, &serde_json::json!("%")));
    assert!(figure["version_donnees"].is_number() && figure["version_regles"].is_string() && figure["empreinte_reponse"].is_string());
    assert!(json["population"].as_str().unwrap().contains("insertion par l’activité économique"));
    let defined: Vec<&str> = json["definitions"].as_array().unwrap().iter().map(|row| row["indicateur"].as_str().unwrap()).collect();
    assert!(defined.contains(&"B-01") && !defined.contains(&"D-01"), "the definitions of its indicators: {defined:?}");
    assert_eq!(json["raisons"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_page_and_its_exports_say_whom_they_are_about() {
    for (organisation, name) in [("chantier", "Chantier des Trois Rivières"), ("ddets", "DDETS de la Côte-d’Or et du Doubs")] {
        let mut client = Client::signed_in(organisation).await;
        let query = "?programme=iae&de=2024T1&a=2024T4&sexe=M";
        let about = texts(&client.get(&format!("/bilan{query}")).await.body, "main .ap-muted").remove(0);
        assert!(about.starts_with(name) && about.contains("de janvier à décembre 2024"), "{about}");
        let file = client.get(&format!("/bilan/export.csv{query}")).await.body;
        let people: Vec<&str> = file.lines().skip(1).filter_map(|line| line.split(';').nth(1)).collect();
        assert!(!people.contains(&"Votre sélection"));
        for words in [name, "insertion par l’activité économique", "de janvier à décembre 2024", "hommes"] {
            assert!(people[0].contains(words), "{}", people[0]);
        }
        assert!(!people[0].ends_with(','), "{}", people[0]);
    }
    let operator = Client::signed_in("exploitant").await.get("/bilan").await.body;
    assert!(!texts(&operator, "main .ap-muted").remove(0).contains("Exploitant"), "the operator reads about everybody");
}

#[tokio::test]
async fn that_counts_are_changed_is_said_when_they_are() {
    let mut client = Client::signed_in("chantier").await;
    let is_said = |body: &str| body.contains("légèrement modifié");
    let is_explained = |body: &str| body.contains("id=\"bruit\"");
    assert!(is_said(&client.get("/bilan").await.body) && is_explained(&client.get("/definitions").await.body));
    client.be_exact();
    assert!(!is_said(&client.get("/bilan").await.body) && !is_explained(&client.get("/definitions").await.body));
}

#[tokio::test]
async fn definitions_are_the_same_in_words_and_in_json() {
    let mut client = Client::new().await;
    let json = client.get("/definitions.json").await.body;
    let body = client.get("/definitions").await.body;
    for id in ["A-02", "A-03", "B-01", "B-04", "B-10", "B-10D", "B-12", "D-01"] {
        assert!(json.contains(&format!("\"{id}\"")), "{id}");
        assert!(body.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[tokio::test]
async fn health_is_for_machines() {
    assert_eq!(Client::new().await.get("/sante").await.body, r#"{"ok":true,"parts":{"lake":true,"ledger":true,"worker":true}}"#);
}

#[tokio::test]
async fn a_curve_without_a_point_is_a_reason_in_words_with_its_table() {
    let mut client = Client::signed_in("chantier").await;
    client.be_exact();
    let body = client.get("/bilan?programme=iae&de=2024T2&a=2024T2&sexe=M").await.body;
    let curve = texts(&body, "section[aria-labelledby=courbe]").remove(0);
    assert!(curve.contains("La courbe n’est pas tracée") && curve.contains("un chiffre qui doit rester caché"), "{curve}");
    assert!(!curve.contains("bande claire"), "nothing is drawn, nothing is explained: {curve}");
    assert_eq!(texts(&body, "section[aria-labelledby=courbe] svg"), Vec::<String>::new());
    assert!(!texts(&body, "#table-courbe td").is_empty(), "the table stays");
}
