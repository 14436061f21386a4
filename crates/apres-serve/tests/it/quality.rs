//! What the pages say of the declarations: what is remarkable, what it changes, and nothing about a few contracts.

use axum::http::StatusCode;
use scraper::{Html, Selector};

use crate::client::Client;
use crate::fake::quality;

fn texts(body: &str, selector: &str) -> Vec<String> {
    let document = Html::parse_document(body);
    let found = Selector::parse(selector).unwrap();
    let words = |parts: Vec<&str>| parts.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    document.select(&found).map(|element| words(element.text().collect())).collect()
}

#[tokio::test]
async fn the_operator_sees_every_month_and_what_calls_for_care() {
    let mut client = Client::signed_in("exploitant").await;
    let recent = client.get("/administration/qualite").await.body;
    assert_eq!(texts(&recent, ".ap-lead"), ["3 mois sur 56 demandent attention, de janvier 2022 à août 2026."]);
    let cares = texts(&recent, ".ap-cares > div");
    assert_eq!(cares.len(), 3, "{cares:?}");
    assert!(cares[0].starts_with("mars 2026 Établissements incomplets : 6 400 sur "), "{cares:?}");
    assert!(cares[1].contains("contrats −38 % et établissements −28 %"), "{cares:?}");
    assert_eq!(texts(&recent, "[aria-label='Qualité mois par mois'] tbody tr").len(), 13);
    assert!(texts(&recent, "main a").contains(&"Voir aussi les 43 mois précédents".to_owned()));
    let all = client.get("/administration/qualite?mois=tous").await.body;
    let rows = texts(&all, "[aria-label='Qualité mois par mois'] tbody tr");
    assert_eq!(rows.len(), 56);
    assert!(rows.iter().any(|row| row.starts_with("février 2023 aucune") && row.ends_with("rien reçu")), "{rows:?}");
    assert!(rows[0].contains("à venir"), "the inferred ends of the last month: {}", rows[0]);
}

#[tokio::test]
async fn every_chart_has_the_same_numbers_in_a_table() {
    let body = Client::signed_in("exploitant").await.get("/administration/qualite").await.body;
    assert_eq!(texts(&body, "svg[role=img] title").len(), 6, "three charts, each at two widths");
    for id in ["contrats", "silencieux", "fins"] {
        let rows = texts(&body, &format!("#table-{id} tbody tr"));
        assert_eq!(rows.len(), 13, "{id}");
        let drawn = texts(&body, &format!("#qualite-{id}-wide-d")).remove(0);
        for row in rows {
            let value = row.splitn(3, ' ').nth(2).unwrap();
            assert!(drawn.contains(value), "{id}: {value} is not in {drawn}");
        }
    }
}

#[tokio::test]
async fn a_chart_without_anything_to_draw_is_a_sentence() {
    let mut client = Client::signed_in("exploitant").await;
    client.desk.quality.lock().unwrap().months.iter_mut().for_each(|month| month.silent = 0);
    let body = client.get("/administration/qualite").await.body;
    assert_eq!(texts(&body, "svg[role=img] title").len(), 4, "two charts are left");
    assert!(body.contains("Aucun, pendant tous les mois montrés."));
}

#[tokio::test]
async fn a_few_contracts_are_never_counted() {
    let mut client = Client::signed_in("exploitant").await;
    *client.desk.quality.lock().unwrap() = quality::one_small_month();
    let body = client.get("/administration/qualite").await.body;
    let row = texts(&body, "[aria-label='Qualité mois par mois'] tbody tr").remove(0);
    assert!(row.contains("moins de 11") && row.contains("trop peu de fins") && row.contains("non comparé"), "{row}");
    assert!(!texts(&body, "td").contains(&"7".to_owned()), "the count itself");
}

#[tokio::test]
async fn known_errors_say_what_happened_and_what_it_changes() {
    let body = Client::signed_in("chantier").await.get("/erreurs-connues").await.body;
    assert_eq!(texts(&body, ".ap-lead"), ["3 mois de déclarations sur 56 sont à lire avec prudence, de janvier 2022 à août 2026."]);
    let troubles = texts(&body, ".ap-troubles li");
    assert_eq!(troubles.len(), 3);
    assert!(troubles[0].starts_with("mars 2026 Déclarations reçues en partie pour 5 % des établissements attendus."), "{troubles:?}");
    assert!(
        troubles[1].starts_with("août 2025 Contrats en baisse de 38 % par rapport au mois précédent. Des contrats manquent"),
        "{troubles:?}"
    );
    assert!(troubles[1].contains("Pas de déclaration de 28 % des établissements attendus."), "{troubles:?}");
    assert!(troubles[2].starts_with("février 2023 Aucune déclaration reçue."), "{troubles:?}");
    assert!(body.contains("18\u{202f}% des fins de contrat"));
    assert!(body.contains("de juin 2026 à août 2026"), "the three last months are provisional");
    assert!(texts(&body, "details summary").contains(&"Taux d’emploi salarié".to_owned()), "the limits of the definitions");
    for count in ["122\u{202f}060", "33\u{202f}907", "7\u{202f}212", "6\u{202f}400"] {
        assert!(!body.contains(count), "a count is for the operator only: {count}");
    }
}

#[tokio::test]
async fn nothing_received_and_nothing_wrong_are_said() {
    let mut client = Client::signed_in("exploitant").await;
    *client.desk.quality.lock().unwrap() = quality::nothing();
    assert!(client.get("/administration/qualite").await.body.contains("Aucune déclaration mensuelle n’a été reçue"));
    assert!(client.get("/erreurs-connues").await.body.contains("Aucune déclaration n’a encore été reçue"));
    *client.desk.quality.lock().unwrap() = quality::one_small_month();
    let body = client.get("/erreurs-connues").await.body;
    assert!(
        body.contains("Rien d’anormal n’est connu dans le seul mois") && body.contains("Aucun\u{a0}: chaque mois a été reçu"),
        "{body}"
    );
    assert!(body.contains("Il y a trop peu de fins de contrat"));
}

#[tokio::test]
async fn an_ingest_says_what_was_refused_and_what_to_do() {
    let mut client = Client::signed_in("exploitant").await;
    let list = client.get("/administration").await.body;
    let document = Html::parse_document(&list);
    let links = Selector::parse("a[href^='/administration/lectures/']").unwrap();
    let links: Vec<String> = document.select(&links).map(|link| link.attr("href").unwrap().to_owned()).collect();
    assert_eq!(links.len(), 4);
    let body = client.get(&links[1]).await.body;
    let rows = texts(&body, "[aria-label='Refus et remarques'] tbody tr");
    assert_eq!(rows.len(), 4);
    assert!(
        rows[0].starts_with("CCH-11 refus Un envoi ne peut pas contenir une déclaration et son annulation :"),
        "the control's own words: {rows:?}"
    );
    assert!(rows[1].contains("Une rubrique obligatoire manque.") && rows[1].contains("À corriger par l’émetteur"), "{rows:?}");
    assert!(rows[2].contains("remarque") && rows[2].contains("Rien à faire") && rows[2].ends_with("1 180"), "{rows:?}");
    assert!(rows[3].contains("code_inconnu"), "a code without words is shown itself");
    assert!(client.get(&links[0]).await.body.contains("toutes les déclarations ont été acceptées sans remarque"));
    assert!(client.get(&links[3]).await.body.contains("no space left on device"), "a failed one says why");
}

#[tokio::test]
async fn a_bilan_says_when_a_month_that_it_looks_at_calls_for_care() {
    let mut client = Client::signed_in("chantier").await;
    let beside = |body: &str| texts(body, ".ap-freshness").remove(0);
    let both = beside(&client.get("/bilan?de=2025T1&a=2025T2").await.body);
    assert!(both.contains("2 ont des déclarations incomplètes ou inhabituelles, le dernier étant mars 2026."), "{both}");
    let one = beside(&client.get("/bilan?de=2026T1&a=2026T1").await.body);
    assert!(one.contains("incomplètes ou inhabituelles : mars 2026."), "{one}");
    *client.desk.quality.lock().unwrap() = quality::one_small_month();
    let none = client.get("/bilan?de=2025T1&a=2025T2").await;
    assert_eq!(none.status, StatusCode::OK);
    assert!(!beside(&none.body).contains("inhabituelles"));
}
