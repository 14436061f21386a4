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
    let links = Selector::parse(".fr-alert:not(.ap-notices) a").unwrap();
    let offered: Vec<String> = document.select(&links).filter_map(|link| link.attr("href")).map(str::to_owned).collect();
    assert!(!offered.is_empty());
    for offer in offered {
        assert_eq!(client.get(&offer).await.status, StatusCode::OK, "{offer}");
    }
    let export = client.get("/bilan/export.csv?sexe=F").await;
    assert_eq!(export.status, StatusCode::SEE_OTHER, "no figure leaves by the side door");
    let page = client.get(export.location()).await.body;
    assert!(page.contains("Trop peu de personnes") && !offers(&page).is_empty(), "the refusal has a next step");
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

/// An address by hand, an old link, another structure's: the page says which criterion was not applied and what it shows, in the same words whether the value does
/// not exist or is somebody else's.
#[tokio::test]
async fn a_criterion_that_is_not_applied_is_said_in_words_before_the_figures() {
    let mut client = Client::signed_in("chantier").await;
    let said = |name: &str| {
        format!(
            "Critère «\u{a0}{name}\u{a0}»\u{a0}: la valeur demandée n’existe pas, ou n’est pas dans vos droits. Elle n’est pas appliquée."
        )
    };
    for (query, name) in [
        ("programme=zzz", "programme"),
        ("programme=apprentissage", "programme"),
        ("sexe=X", "sexe"),
        ("age=12", "âge"),
        ("type=EITI9", "type de structure"),
        ("programme=pec&type=ACI", "type de structure"),
        ("lieu=s00000000200010", "territoire ou établissement"),
        ("lieu=s99999999999999", "territoire ou établissement"),
        ("lieu=d25", "territoire ou établissement"),
        ("lieu=r53", "territoire ou établissement"),
        ("lieu=x", "territoire ou établissement"),
        ("periode=hier", "période"),
        ("par=departement", "répartition"),
    ] {
        let answer = client.get(&format!("/bilan?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        let document = Html::parse_document(&answer.body);
        let notices: Vec<String> =
            document.select(&Selector::parse(".ap-notices[role=status] li").unwrap()).map(|element| element.text().collect()).collect();
        assert_eq!(notices, [said(name)], "{query}");
        let asked = texts(&answer.body, ".ap-notices").remove(0);
        assert!(asked.contains("La question posée est donc"), "{asked}");
    }
    for (query, words) in [
        ("periode=2030T1-2030T4", "Aucune donnée sur cette période"),
        ("periode=2024T1-2024T2", "Les périodes sont un trimestre, une année civile ou deux"),
    ] {
        let notice = texts(&client.get(&format!("/bilan?{query}")).await.body, ".ap-notices[role=status]").remove(0);
        assert!(notice.contains(words) && notice.contains("de janvier à décembre 2024, sans filtre."), "{query}: {notice}");
    }
    let none = client.get("/bilan?sexe=F").await.body;
    assert_eq!(texts(&none, ".ap-notices"), Vec::<String>::new(), "nothing is said when everything is applied");
}

/// Whatever refuses, what is offered is answered: the page asked it first.
#[tokio::test]
async fn every_offer_of_a_refusal_leads_to_figures() {
    let (mut refused, mut followed, mut without) = (0, 0, 0);
    for organisation in ["petite", "chantier", "ddets"] {
        let mut client = Client::signed_in(organisation).await;
        for query in [
            "programme=pec",
            "sexe=F&age=50_plus",
            "type=ETTI",
            "type=EI&sexe=F&age=moins_26",
            "programme=pec&sexe=F&de=2023T1&a=2024T4",
            "periode=2026T2-2026T2",
            "programme=pec&sexe=F&age=50_plus&periode=2023T1-2023T1",
        ] {
            let body = client.get(&format!("/bilan?{query}")).await.body;
            if texts(&body, ".ap-number").len() == 5 {
                continue;
            }
            refused += 1;
            let alert = texts(&body, ".fr-alert--warning:not(.ap-notices)").remove(0);
            let links: Vec<String> = offers(&body);
            if !alert.contains("À essayer plutôt") {
                assert!(alert.contains("aucune ne peut recevoir de réponse") && alert.contains("Pour continuer"), "{query}: {alert}");
                assert!(links.contains(&"/listes/deposer".to_owned()), "{query}: {links:?}");
                without += 1;
                continue;
            }
            assert!((1..=3).contains(&links.len()), "{organisation} {query}: {links:?}");
            for (link, label) in links.iter().zip(texts(&body, ".fr-alert--warning:not(.ap-notices) li")) {
                let page = client.get(link).await.body;
                assert_eq!(texts(&page, ".ap-number").len(), 5, "{organisation} {query}: {label} {link}");
                let has_size =
                    ["moins de 50 personnes", "entre 50 et 100 personnes", "entre 100 et 500 personnes", "500 personnes ou plus"]
                        .iter()
                        .any(|size| label.ends_with(size));
                assert!(has_size || !label.contains("personnes"), "{label}");
                followed += 1;
            }
        }
    }
    assert!(refused > 4 && followed > 4 && without > 0, "{refused} refused, {followed} followed, {without} without an offer");
}

/// The same questions are tried after a refusal, whatever they answer.
#[tokio::test]
async fn a_refusal_costs_the_same_whatever_is_found() {
    let mut counts = Vec::new();
    for organisation in ["petite", "chantier"] {
        for query in ["sexe=F&age=50_plus", "sexe=M&age=50_plus", "sexe=F&age=moins_26", "sexe=M&age=moins_26"] {
            let mut client = Client::signed_in(organisation).await;
            let body = client.get(&format!("/bilan?programme=pec&periode=2024T1-2024T1&{query}")).await.body;
            assert!(body.contains("Trop peu de personnes"), "{organisation} {query}");
            counts.push(client.desk.asked.lock().unwrap().len());
        }
    }
    assert!(counts.iter().all(|count| *count == counts[0] && *count == 5), "{counts:?}");
}

#[tokio::test]
async fn an_installation_without_a_declaration_says_so() {
    let mut client = Client::signed_in("exploitant").await;
    client.desk.is_new.store(true, std::sync::atomic::Ordering::Relaxed);
    for path in ["/", "/bilan", "/administration", "/listes", "/definitions"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.body.contains("janvier 0") && !answer.body.contains("trimestre 0"), "{path}");
    }
    for path in ["/", "/bilan"] {
        assert!(client.get(path).await.body.contains("Aucune déclaration d’employeur n’a encore été lue"), "{path}");
    }
    let page = client.get("/bilan").await.body;
    assert!(texts(&page, ".ap-filters").is_empty() && page.contains("href=\"/administration\""), "no filter of nothing, and a way on");
    assert_eq!(client.desk.asked.lock().unwrap().len(), 0, "nothing is asked of nothing");
}

/// A size that is hidden beside a figure that is not, or that has no data, would tell what is hidden.
#[tokio::test]
async fn nothing_is_told_of_a_group_whose_size_is_hidden() {
    let mut hidden = 0;
    for (organisation, is_exact) in [("ddets", false), ("ddets", true), ("chantier", false), ("petite", false)] {
        let mut client = Client::signed_in(organisation).await;
        if is_exact {
            client.be_exact();
        }
        for query in
            ["par=departement", "par=age&sexe=F", "par=trimestre", "programme=pec&par=age", "type=EI&par=age&periode=2024T1-2024T1"]
        {
            let file = client.get(&format!("/bilan/export.csv?{query}")).await;
            if file.status != StatusCode::OK {
                continue;
            }
            let lines: Vec<Vec<&str>> = file.body.lines().skip(1).map(|line| line.split(';').collect()).collect();
            for size in lines.iter().filter(|row| row[2] == "A-02" && !row[5].is_empty() && row[7].is_empty()) {
                hidden += 1;
                for row in lines.iter().filter(|row| row[5] == size[5]) {
                    assert_eq!((row[7], row[13], row[14]), ("", size[13], size[14]), "{organisation} {query}: {row:?}");
                }
            }
            let page = client.get(&format!("/bilan?{query}")).await.body;
            for row in Html::parse_document(&page).select(&Selector::parse("#table-repartition tbody tr").unwrap()) {
                let cells: Vec<String> = row.select(&Selector::parse("td").unwrap()).map(|cell| cell.text().collect()).collect();
                let is_words = !cells[0].contains(|letter: char| letter.is_ascii_digit());
                assert!(!is_words || cells.iter().all(|cell| *cell == cells[0]), "{organisation} {query}: {cells:?}");
            }
        }
    }
    assert!(hidden > 3, "{hidden} groups have a hidden size");
}

/// The reason beside a figure is the one that is explained in the same file.
#[tokio::test]
async fn the_state_of_a_hidden_figure_is_found_among_the_reasons() {
    let mut client = Client::signed_in("ddets").await;
    let file = client.get("/bilan/export.json?type=ACI&par=age&periode=2025T1-2025T4").await.body;
    let json: serde_json::Value = serde_json::from_str(&file).unwrap();
    let reasons: Vec<&str> = json["raisons"].as_array().unwrap().iter().map(|row| row["etat"].as_str().unwrap()).collect();
    let mut joined = 0;
    for figure in json["chiffres"].as_array().unwrap().iter().filter(|figure| figure["valeur"].is_null() && figure["effectif"].is_null()) {
        let state = figure["etat"].as_str().unwrap();
        assert!(reasons.contains(&state), "{state}: {reasons:?}");
        joined += 1;
    }
    assert!(joined > 0);
}

/// Addresses that a refusal offers.
fn offers(body: &str) -> Vec<String> {
    let links = Selector::parse(".fr-alert:not(.ap-notices) a").unwrap();
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
                assert_eq!(texts(&page, ".ap-notices li"), Vec::<String>::new(), "{offer} is within the data");
            }
        }
    }
}

#[tokio::test]
async fn an_address_with_nonsense_still_gives_a_page_and_says_what_was_ignored() {
    let mut client = Client::signed_in("chantier").await;
    let body = client.get("/bilan?sexe=X&de=hier&inconnu=%3Cscript%3E&a=2031T1").await.body;
    let notices = texts(&body, ".ap-notices li");
    assert_eq!(notices.len(), 4, "{notices:?}");
    assert!(!body.contains("<script>"), "what was typed is never repeated");
    let reversed = client.get("/bilan?de=2025T2&a=2024T3").await.body;
    assert!(texts(&reversed, ".ap-notices").remove(0).contains("échangés"));
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
