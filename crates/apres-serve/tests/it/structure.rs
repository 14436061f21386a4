//! The skeleton that every page must have, read from the HTML itself.

use scraper::{ElementRef, Html, Selector};

use crate::client::{Client, list};
use crate::fake::{UNUSABLE, quality};

fn all<'a>(document: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let found = Selector::parse(selector).unwrap();
    document.select(&found).collect()
}

fn check(name: &str, body: &str) {
    let document = Html::parse_document(body);
    let count = |selector: &str| all(&document, selector).len();
    assert!(body.starts_with("<!doctype html>"), "{name}");
    assert_eq!(count("html[lang=fr]"), 1, "{name}: language");
    assert_eq!(count("h1"), 1, "{name}: one h1");
    assert_eq!(count("main#contenu"), 1, "{name}: one main");
    assert_eq!(count(".fr-skiplinks a[href='#contenu']"), 1, "{name}: skip link");
    let title: String = all(&document, "title").first().unwrap().text().collect();
    assert!(title.ends_with(" — APRES") && title.len() > 12, "{name}: title {title}");
    check_ids(name, &document);
    check_fields(name, &document);
    check_tables(name, &document);
    check_headings(name, &document);
    check_policy(name, &document);
    assert!(!body.contains("«»") && !body.contains("{{"), "{name}: an unfilled text");
}

fn check_ids(name: &str, document: &Html) {
    let mut ids: Vec<&str> = all(document, "[id]").iter().filter_map(|element| element.attr("id")).collect();
    ids.sort_unstable();
    let twice: Vec<_> = ids.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{name}: {twice:?}");
    for (attribute, selector) in
        [("aria-labelledby", "[aria-labelledby]"), ("aria-describedby", "[aria-describedby]"), ("for", "label[for]")]
    {
        for element in all(document, selector) {
            for id in element.attr(attribute).unwrap().split_whitespace() {
                assert!(ids.binary_search(&id).is_ok(), "{name}: {attribute} names '{id}', which is not there");
            }
        }
    }
    for link in all(document, "a[href^='#']") {
        let id = link.attr("href").unwrap().trim_start_matches('#');
        assert!(ids.binary_search(&id).is_ok(), "{name}: a link leads to '#{id}', which is not there");
    }
}

fn check_fields(name: &str, document: &Html) {
    let labelled: Vec<&str> = all(document, "label").iter().filter_map(|label| label.attr("for")).collect();
    for field in all(document, "input:not([type=hidden]), select, textarea, progress") {
        let id = field.attr("id").unwrap_or("");
        assert!(labelled.contains(&id), "{name}: a field without label, '{id}'");
    }
    for group in all(document, "fieldset") {
        assert!(group.select(&Selector::parse("legend").unwrap()).next().is_some(), "{name}: a fieldset without legend");
    }
}

fn check_tables(name: &str, document: &Html) {
    for table in all(document, "table") {
        let inside = |selector: &str| table.select(&Selector::parse(selector).unwrap()).count();
        assert_eq!(inside("caption"), 1, "{name}: a table without caption");
        assert!(inside("thead th[scope=col]") > 0 && inside("th:not([scope])") == 0, "{name}: headers without scope");
        assert_eq!(inside("tbody tr"), inside("tbody th[scope=row]"), "{name}: rows without header");
    }
    for image in all(document, "svg") {
        let named = ["title", "desc"].iter().all(|part| image.select(&Selector::parse(part).unwrap()).next().is_some());
        assert!(named && image.attr("role") == Some("img"), "{name}: a chart without words");
    }
}

/// No level is skipped.
fn check_headings(name: &str, document: &Html) {
    let mut last = 0;
    for heading in all(document, "h1, h2, h3, h4") {
        let level: i32 = heading.value().name()[1..].parse().unwrap();
        assert!(level <= last + 1, "{name}: h{level} after h{last}");
        last = level;
    }
}

/// Nothing that the content policy would block.
fn check_policy(name: &str, document: &Html) {
    assert!(all(document, "style, [style], script:not([src])").is_empty(), "{name}: inline style or script");
    for element in document.root_element().descendent_elements() {
        let handler = element.value().attrs().find(|(attribute, _)| attribute.starts_with("on"));
        assert!(handler.is_none(), "{name}: {handler:?}");
        for attribute in ["src", "href", "action"] {
            let address = element.attr(attribute).unwrap_or("/");
            let is_ours = address.starts_with(['/', '#', '?']) && !address.starts_with("//");
            assert!(is_ours, "{name}: {attribute}={address}");
        }
    }
}

#[tokio::test]
async fn public_pages_are_well_built() {
    let mut client = Client::new().await;
    for path in [
        "/",
        "/connexion",
        "/definitions",
        "/secret",
        "/secret?caches=a3.b3.t1&flou=oui&ecart=20",
        "/accessibilite",
        "/mentions-legales",
        "/nulle-part",
    ] {
        check(path, &client.get(path).await.body);
    }
    check("refused sign-in", &client.post("/connexion", "email=a%40b.fr&mot_de_passe=c").await.body);
    check("cross-site", &{
        let request = axum::http::Request::post("/connexion").body(axum::body::Body::empty()).unwrap();
        client.send(request).await.body
    });
}

#[tokio::test]
async fn pages_of_each_role_are_well_built() {
    for organisation in ["chantier", "petite", "ddets", "exploitant"] {
        let mut client = Client::signed_in(organisation).await;
        for path in [
            "/",
            "/bilan",
            "/bilan?par=age&sexe=F",
            "/bilan?programme=pec&de=x",
            "/bilan?par=departement",
            "/bilan?sexe=F&age=50_plus&type=EI",
            "/listes",
            "/listes/deposer",
            "/administration",
            "/erreurs-connues",
        ] {
            check(&format!("{path} for {organisation}"), &client.get(path).await.body);
        }
    }
}

#[tokio::test]
async fn pages_about_the_declarations_are_well_built() {
    let mut client = Client::signed_in("exploitant").await;
    for lectures in 0..4 {
        let path = format!("/administration/lectures/lecture-{lectures}");
        check(&path, &client.get(&path).await.body);
    }
    for state in [quality::quality(), quality::one_small_month(), quality::nothing()] {
        *client.desk.quality.lock().unwrap() = state;
        for path in ["/administration/qualite", "/administration/qualite?mois=tous", "/erreurs-connues", "/bilan"] {
            check(path, &client.get(path).await.body);
        }
    }
}

#[tokio::test]
async fn pages_of_a_list_are_well_built() {
    let mut client = Client::signed_in("chantier").await;
    check("empty deposit", &client.deposit("", "").await.body);
    client.deposit("liste.csv", &list(60)).await;
    client.deposit("autre.csv", "A;B\r\n1;2\r\n").await;
    check("blocked check", &client.get("/listes/liste-2/verifier").await.body);
    client.deposit(UNUSABLE, &list(30)).await;
    check("check without a usable row", &client.get("/listes/liste-3/verifier").await.body);
    check("check", &client.get("/listes/liste-1/verifier").await.body);
    check("incomplete confirmation", &client.post("/listes/liste-1/confirmer", "").await.body);
    client
        .post("/listes/liste-1/confirmer", "programme=iae&periode=2025T1-2025T4&finalite=evaluation&base=public_interest&information=oui")
        .await;
    check("progress", &client.get("/listes/liste-1/suivi").await.body);
    client.get("/listes/liste-1/suivi").await;
    client.get("/listes/liste-1/suivi").await;
    check("report", &client.get("/listes/liste-1/rapport").await.body);
    check("lists", &client.get("/listes").await.body);
    check("erase", &client.get("/listes/liste-1/effacer").await.body);
    client.post("/listes/liste-1/effacer", "").await;
    check("receipt", &client.get("/listes/liste-1/recu").await.body);
    check("lists with an erased one", &client.get("/listes").await.body);
    check(
        "wrong state",
        &client
            .post(
                "/listes/liste-1/confirmer",
                "programme=iae&periode=2025T1-2025T4&finalite=evaluation&base=public_interest&information=oui",
            )
            .await
            .body,
    );
}
