//! A list from its deposit to its receipt, and what is refused on the way.

use apres_serve::Config;
use axum::http::{StatusCode, header};

use crate::client::{Client, list};
use crate::fake::UNUSABLE;

const CONFIRMED: &str = "programme=iae&periode=2025T1-2025T4&finalite=evaluation&base=public_interest&information=oui";

async fn ready(rows: usize) -> Client {
    let mut client = Client::signed_in("chantier").await;
    assert_eq!(client.deposit("sorties 2025.csv", &list(rows)).await.location(), "/listes/liste-1/verifier");
    assert_eq!(client.post("/listes/liste-1/confirmer", CONFIRMED).await.location(), "/listes/liste-1/suivi");
    for _ in 0..3 {
        client.get("/listes/liste-1/suivi").await;
    }
    client
}

#[tokio::test]
async fn a_list_goes_from_deposit_to_report() {
    let mut client = ready(60).await;
    assert_eq!(client.get("/listes/liste-1").await.location(), "/listes/liste-1/rapport");
    let report = client.get("/listes/liste-1/rapport").await;
    assert_eq!(report.status, StatusCode::OK);
    assert!(report.body.contains("sorties 2025.csv") && report.body.contains("par Chantier des Trois Rivières"));
    assert!(report.body.contains("Retrouvées par leur NIR"));
    for table in ["", "?tableau=match", "?tableau=courbe", "?tableau=repartition"] {
        let file = client.get(&format!("/listes/liste-1/rapport/export.csv{table}")).await;
        assert_eq!(file.status, StatusCode::OK, "{table}");
        assert!(file.body.starts_with("\u{feff}tableau;population;indicateur"));
        let people = "Chantier des Trois Rivières\u{a0}: personnes de la liste «\u{a0}sorties 2025.csv\u{a0}», sorties ";
        assert!(file.body.contains(people) && !file.body.contains("Votre"), "{table}");
        assert!(file.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    }
    let found = client.get("/listes/liste-1/rapport/export.csv?tableau=match").await.body;
    assert!(report.body.contains("ressemblent-elles aux autres"));
    assert!(found.contains("\r\nPart retrouvée par groupe;"), "every table of the page is in a file");
    assert_eq!(client.get("/listes/liste-1/rapport/export.xlsx").await.status, StatusCode::OK);
    assert_eq!(client.get("/listes/liste-1/rapport/export.exe").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_report_says_of_what_and_of_when_it_speaks() {
    let mut client = ready(60).await;
    let report = client.get("/listes/liste-1/rapport").await.body;
    let title = report.split("<title>").nth(1).unwrap().split("</title>").next().unwrap().to_owned();
    let about = "Insertion par l’activité économique, sorties de janvier à décembre 2025";
    assert!(title.contains("sorties 2025.csv") && title.contains(about), "{title}");
    assert!(report.contains(&format!("<strong>{about}</strong>")));
    let sentence = report.split("ap-sentence").nth(1).unwrap().split("</p>").next().unwrap().to_owned();
    assert!(sentence.contains("sorties de l’insertion par l’activité économique, de janvier à décembre 2025,"), "{sentence}");
    let why = "Votre fichier a 60 lignes\u{202f}; le nombre de personnes est souvent plus petit. Ne sont comptées que les sorties de janvier à décembre 2025";
    assert!(report.contains(why) && report.contains("chaque effectif est légèrement modifié"));
    client.deposit("autre.csv", &list(30)).await;
    let lists = client.get("/listes").await.body;
    assert!(lists.contains(r#"<td data-label="Dispositif">Insertion par l’activité économique</td>"#), "{lists}");
    assert!(lists.contains(r#"<td data-label="Sorties">de janvier à décembre 2025</td>"#));
    assert!(lists.contains(r#"<td data-label="Dispositif">à choisir</td>"#), "the one that was not confirmed");
    client.be_exact();
    assert!(!client.get("/listes/liste-1/rapport").await.body.contains("De plus, chaque effectif"), "not said when it is not so");
}

#[tokio::test]
async fn a_long_file_name_keeps_its_extension_and_its_whole_in_reach() {
    let mut client = Client::signed_in("chantier").await;
    let name = format!("{}.csv", "sorties_du_chantier_des_trois_rivieres".repeat(3));
    client.deposit(&name, &list(30)).await;
    for path in ["/listes", "/listes/liste-1/verifier", "/listes/liste-1/effacer"] {
        let body = client.get(path).await.body;
        let shown = body.replace(&format!("title=\"{name}\""), "");
        assert!(shown.contains('…') && shown.contains("_rivieres.csv"), "{path}");
        assert!(!shown.contains(&name), "{path}: the whole name is only a tooltip");
    }
    assert!(client.get("/listes").await.body.contains(&format!("title=\"{name}\"")));
}

#[tokio::test]
async fn a_check_says_which_line_was_read_as_titles() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("liste.csv", &format!("c1;c2\r\n{}", "1;2\r\n".repeat(25))).await;
    assert!(client.get("/listes/liste-1/verifier").await.body.contains("<dt>Titres des colonnes</dt><dd>ligne 1</dd>"));
    client.deposit("liste.csv", &format!("A;B\r\n{}", "1;2\r\n".repeat(25))).await;
    assert!(client.get("/listes/liste-2/verifier").await.body.contains("<dt>Titres des colonnes</dt><dd>aucun"), "letters are ours");
}

#[tokio::test]
async fn a_form_that_is_refused_gives_the_focus_to_what_is_wrong() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("liste.csv", &list(30)).await;
    let refused = client.post("/listes/liste-1/confirmer", "finalite=evaluation").await.body;
    assert!(refused.contains(r#"id="a-corriger" tabindex="-1" autofocus"#));
    assert!(!client.get("/listes/liste-1/verifier").await.body.contains("autofocus"));
    assert!(client.deposit("vide.csv", "").await.body.contains(r#"id="erreur" tabindex="-1" autofocus"#));
}

#[tokio::test]
async fn a_search_says_its_step_and_how_far_it_is() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("liste.csv", &list(60)).await;
    client.post("/listes/liste-1/confirmer", CONFIRMED).await;
    let page = client.get("/listes/liste-1/suivi").await.body;
    assert!(page.contains("Étape 2 sur 4\u{a0}: recherche") && page.contains(r#"value="40" max="100""#), "{page}");
    assert!(page.contains("Les dernières recherches ont pris"));
    let told: serde_json::Value = serde_json::from_str(&client.get("/listes/liste-1/suivi.json").await.body).unwrap();
    assert_eq!((told["state"].as_str(), told["done"].as_u64()), (Some("matching"), Some(40)), "{told}");
}

#[tokio::test]
async fn the_way_of_matching_has_its_heading_even_when_it_is_hidden() {
    let mut hidden = 0;
    for rows in [22, 26, 30, 34, 60] {
        let mut client = ready(rows).await;
        client.be_exact();
        let body = client.get("/listes/liste-1/rapport").await.body;
        let is_found = body.contains("tableau=match");
        hidden += usize::from(is_found && !body.contains("table-match"));
        assert_eq!(body.contains(">Par quelle voie ont-elles été retrouvées"), is_found, "{rows} rows");
    }
    assert!(hidden > 0, "one of these lists hides it");
}

#[tokio::test]
async fn a_short_list_is_refused_with_its_reason() {
    let mut client = ready(20).await;
    let report = client.get("/listes/liste-1/rapport").await;
    assert_eq!(report.status, StatusCode::OK, "a refusal is an answer");
    assert!(report.body.contains("si assez de personnes la distinguent de toute autre liste"), "both causes, always");
    assert_eq!(report.body.matches("Trop peu de personnes").count(), 1, "said once");
    assert!(!report.body.contains("Le bilan de cette liste"), "nothing below it");
    for table in ["", "?tableau=match", "?tableau=courbe"] {
        let export = client.get(&format!("/listes/liste-1/rapport/export.csv{table}")).await;
        assert_eq!(export.status, StatusCode::SEE_OTHER, "{table}");
        assert!(client.get(export.location()).await.body.contains("Trop peu de personnes"), "{table}");
    }
}

#[tokio::test]
async fn a_list_without_twenty_exits_in_a_period_is_told_to_pool_several() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("trimestre.csv", &list(19)).await;
    let page = client.get("/listes/liste-1/verifier").await;
    let refused = client.post("/listes/liste-1/confirmer", CONFIRMED).await;
    assert_eq!((page.status, refused.status), (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY));
    for body in [page.body, refused.body] {
        assert!(body.contains("Trop peu de sorties pour une même période") && body.contains("au moins 20 personnes"));
        assert!(body.contains("jusqu’à deux années civiles") && body.contains("href=\"/listes/deposer\""), "the way on");
        assert!(!body.contains("Lancer la recherche"));
    }
}

#[tokio::test]
async fn there_is_one_list_for_a_programme_and_a_period() {
    let mut client = Client::signed_in("chantier").await;
    for name in ["une.csv", "autre.csv"] {
        client.deposit(name, &list(30)).await;
    }
    assert_eq!(client.post("/listes/liste-1/confirmer", CONFIRMED).await.status, StatusCode::SEE_OTHER);
    let taken = client.post("/listes/liste-2/confirmer", CONFIRMED).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("Votre organisation a déjà une liste pour ce dispositif et cette période"));
    assert!(taken.body.contains("value=\"iae\" selected"), "what was chosen is kept");
    for other in [CONFIRMED.replace("2025T1-2025T4", "2026T1-2026T1"), CONFIRMED.replace("2025T1-2025T4", "x")] {
        assert!(client.post("/listes/liste-2/confirmer", &other).await.body.contains("Choisissez une des périodes proposées"));
    }
    assert_eq!(
        client.post("/listes/liste-2/confirmer", &CONFIRMED.replace("iae", "nimporte")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let other = CONFIRMED.replace("programme=iae", "programme=autre");
    assert_eq!(client.post("/listes/liste-2/confirmer", &other).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_demonstration_offers_a_list_to_try() {
    let mut client = Client::signed_in("chantier").await;
    assert!(!client.get("/listes/deposer").await.body.contains("/listes/exemple"), "an installation has none");
    assert_eq!(client.get("/listes/exemple").await.status, StatusCode::NOT_FOUND);
    *client.desk.example.lock().unwrap() = Some(list(40));
    assert!(client.get("/listes/deposer").await.body.contains("href=\"/listes/exemple\""));
    let file = client.get("/listes/exemple").await;
    assert_eq!(file.body, list(40));
    assert!(file.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
}

#[tokio::test]
async fn confirming_needs_a_purpose_a_basis_and_information() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("liste.csv", &list(30)).await;
    let answer = client.post("/listes/liste-1/confirmer", "finalite=evaluation").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("href=\"#base\"")
            && answer.body.contains("href=\"#information\"")
            && !answer.body.contains("href=\"#finalite\"")
    );
    assert!(answer.body.contains("value=\"evaluation\" checked"), "what was chosen is kept");
    assert_eq!(client.post("/listes/liste-1/confirmer", CONFIRMED).await.status, StatusCode::SEE_OTHER);
    assert_eq!(client.post("/listes/liste-1/confirmer", CONFIRMED).await.status, StatusCode::CONFLICT, "confirmed already");
}

#[tokio::test]
async fn a_list_without_a_usable_row_is_never_searched() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit(UNUSABLE, &list(30)).await;
    let page = client.get("/listes/liste-1/verifier").await;
    let refused = client.post("/listes/liste-1/confirmer", CONFIRMED).await;
    assert_eq!((page.status, refused.status), (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY));
    for body in [page.body, refused.body] {
        assert!(body.contains("Aucune ligne n’est utilisable") && body.contains("fr-alert--error"));
        assert!(body.contains("href=\"/listes/deposer\">déposez-le"), "the way on");
        assert!(!body.contains("Lancer la recherche") && !body.contains("Vous pouvez continuer"));
    }
    assert_eq!(client.get("/listes/liste-1").await.location(), "/listes/liste-1/verifier", "nothing was started");
}

#[tokio::test]
async fn what_is_wrong_in_a_row_is_said_in_french_with_what_it_costs() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("liste.csv", &list(30)).await;
    for path in ["/listes/liste-1/verifier", "/listes/liste-1/erreurs.csv"] {
        let body = client.get(path).await.body;
        for words in ["Cette date de naissance n’est pas lisible.", "Ligne cherchée", "Ligne écartée", "Cette case n’est pas comprise."]
        {
            assert!(body.contains(words), "{path}: {words}");
        }
        for code in ["birth_unreadable", "manquant", "completer"] {
            assert!(!body.contains(code), "{path}: {code}");
        }
    }
    assert!(client.get("/listes/liste-1/verifier").await.body.contains("seront cherchées, 2 écartées faute de correction"));
}

#[tokio::test]
async fn columns_are_corrected_by_menus() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("liste.csv", &format!("A;B\r\n{}", "1;2\r\n".repeat(25))).await;
    assert!(client.get("/listes/liste-1/verifier").await.body.contains("La recherche ne peut pas être lancée"));
    assert_eq!(client.post("/listes/liste-1/colonnes", "c0=nir&c1=date_sortie").await.status, StatusCode::SEE_OTHER);
    let page = client.get("/listes/liste-1/verifier").await.body;
    assert!(!page.contains("La recherche ne peut pas être lancée"));
    assert!(page.contains("value=\"date_sortie\" selected"));
    for wrong in ["c0=secret", "x=nir", "c=nir", "c0"] {
        assert_eq!(client.post("/listes/liste-1/colonnes", wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn a_deposit_without_a_readable_file_says_why() {
    let mut client = Client::signed_in("chantier").await;
    let empty = client.deposit("vide.csv", "").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("Ce fichier est vide."));
    let none = client.deposit("", "").await;
    assert!(none.body.contains("Choisissez un fichier"));
    assert_eq!(client.post("/listes/deposer", "fichier=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused() {
    let mut client = Client::with(Config { upload_bytes_max: 1024 * 1024, ..Config::default() }).await;
    client.sign_in("chantier").await;
    let answer = client.deposit("grosse.csv", &"x".repeat(1024 * 1024 + 17 * 1024)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("La limite est de 1\u{202f}Mo"));
    assert_eq!(client.deposit("juste.csv", &"x".repeat(1024 * 1024)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn erasing_leaves_a_receipt_and_nothing_else() {
    let mut client = ready(60).await;
    assert_eq!(client.get("/listes/liste-1/effacer").await.status, StatusCode::OK);
    assert_eq!(client.post("/listes/liste-1/effacer", "").await.location(), "/listes/liste-1/recu");
    assert!(client.get("/listes/liste-1/recu").await.body.contains("3f9a0c51d2b7e846"));
    for page in ["", "/rapport", "/verifier", "/suivi"] {
        assert_eq!(client.get(&format!("/listes/liste-1{page}")).await.location(), "/listes/liste-1/recu", "{page}");
    }
    assert_eq!(client.post("/listes/liste-1/effacer", "").await.location(), "/listes/liste-1/recu", "erasing twice changes nothing");
}

#[tokio::test]
async fn what_the_depositor_wrote_is_never_markup() {
    let mut client = Client::signed_in("chantier").await;
    client.deposit("<script>x</script>.csv", "<b>Nom</b>;Date de sortie\r\n<img src=x>;01/01/2025\r\n").await;
    for path in ["/listes", "/listes/liste-1/verifier", "/listes/liste-1/effacer"] {
        let body = client.get(path).await.body;
        assert!(!body.contains("<script>x") && !body.contains("<b>Nom") && !body.contains("<img"), "{path}");
    }
}
