//! Who may open what, and what protects every answer.

use std::sync::Arc;

use apres_protect::{Population, Scope};
use apres_serve::Config;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::client::{Client, credentials, list};
use crate::fake::accounts::PASSWORD;
use crate::fake::people::SIRET;

const PUBLIC: [&str; 8] =
    ["/", "/connexion", "/definitions", "/definitions.json", "/secret", "/accessibilite", "/mentions-legales", "/sante"];

const OPERATOR: [&str; 3] = ["/administration", "/administration/qualite", "/administration/lectures/lecture-1"];

const MEMBERS: [&str; 16] = [
    "/bilan",
    "/erreurs-connues",
    "/bilan/export.csv",
    "/bilan/export.xlsx",
    "/listes",
    "/listes/deposer",
    "/listes/modele",
    "/listes/exemple",
    "/listes/liste-1",
    "/listes/liste-1/verifier",
    "/listes/liste-1/erreurs.csv",
    "/listes/liste-1/suivi",
    "/listes/liste-1/suivi.json",
    "/listes/liste-1/rapport",
    "/listes/liste-1/effacer",
    "/listes/liste-1/recu",
];

const FORMS: [&str; 5] =
    ["/deconnexion", "/listes/deposer", "/listes/liste-1/colonnes", "/listes/liste-1/confirmer", "/listes/liste-1/effacer"];

#[tokio::test]
async fn every_page_that_is_not_public_needs_somebody() {
    let mut client = Client::new().await;
    for path in PUBLIC {
        assert_eq!(client.get(path).await.status, StatusCode::OK, "{path}");
    }
    for path in MEMBERS.into_iter().chain(OPERATOR) {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.location(), format!("/connexion?suite={path}"));
    }
    for path in FORMS {
        let answer = client.post(path, "").await;
        assert!(answer.location().starts_with("/connexion?suite="), "{path}: {}", answer.status);
    }
    assert_eq!(client.get("/nulle-part").await.status, StatusCode::NOT_FOUND);
    let asked = client.desk.asked.lock().unwrap();
    assert!(asked.iter().all(|(viewer, request)| !viewer.is_signed_in() && request.scope == Scope::National), "only the national figure");
}

#[tokio::test]
async fn administration_is_for_the_operator() {
    for path in OPERATOR {
        for organisation in ["chantier", "ddets"] {
            assert_eq!(Client::signed_in(organisation).await.get(path).await.status, StatusCode::FORBIDDEN, "{path} for {organisation}");
        }
        assert_eq!(Client::signed_in("exploitant").await.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(Client::signed_in("exploitant").await.get("/administration/lectures/inconnue").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_account_whose_role_does_not_fit_its_organisation_is_nobody() {
    let mut client = Client::new().await;
    let answer = client.post("/connexion", &credentials("bancal", PASSWORD)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get("/bilan").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_read_the_same() {
    let mut client = Client::new().await;
    let wrong = client.post("/connexion", &credentials("chantier", "faux")).await;
    let unknown = client.post("/connexion", &credentials("inconnue", "faux")).await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY));
    assert_eq!(wrong.body.replace("chantier", "inconnue"), unknown.body.replace("chantier", "inconnue"));
}

#[tokio::test]
async fn repeated_failures_must_wait() {
    let mut client = Client::new().await;
    let mut last = StatusCode::OK;
    for _ in 0..8 {
        last = client.post("/connexion", &credentials("chantier", "faux")).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_session_changes_at_sign_in_and_ends_at_sign_out() {
    let mut client = Client::signed_in("chantier").await;
    let first = client.cookie.clone();
    client.sign_in("chantier").await;
    let second = client.cookie.clone();
    assert_ne!(first, second);
    client.cookie.clone_from(&first);
    assert_eq!(client.get("/bilan").await.status, StatusCode::SEE_OTHER, "the session before signing in again is gone");
    client.cookie.clone_from(&second);
    assert_eq!(client.get("/bilan").await.status, StatusCode::OK);
    assert_eq!(client.post("/deconnexion", "").await.location(), "/");
    client.cookie = second;
    assert_eq!(client.get("/bilan").await.status, StatusCode::SEE_OTHER, "signed out on the server, not only in the browser");
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites() {
    let mut client = Client::new().await;
    let answer = client.post("/connexion", &credentials("chantier", PASSWORD)).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let mut plain = Client::with(Config { secure_cookies: false, ..Config::default() }).await;
    let answer = plain.post("/connexion", &credentials("chantier", PASSWORD)).await;
    assert!(!answer.headers[header::SET_COOKIE].to_str().unwrap().contains("Secure"));
    assert!(!answer.headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
}

#[tokio::test]
async fn a_form_sent_by_another_site_is_refused() {
    let mut client = Client::signed_in("chantier").await;
    assert_eq!(client.deposit("liste.csv", &list(30)).await.status, StatusCode::SEE_OTHER);
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test"), ("x-nothing", "")] {
        for path in FORMS.into_iter().chain(["/connexion"]) {
            let request = Request::post(path).header(header::HOST, "apres.test").header(name, value).body(Body::empty()).unwrap();
            assert_eq!(client.send(request).await.status, StatusCode::FORBIDDEN, "{path} with {name}");
        }
    }
    assert_eq!(client.get("/listes/liste-1/verifier").await.status, StatusCode::OK, "nothing was done");
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let mut client = Client::signed_in("chantier").await;
    for path in ["/", "/bilan", "/bilan/export.csv", "/nulle-part", "/definitions.json", "/listes/liste-9"] {
        let answer = client.get(path).await;
        let header = |name: &str| answer.headers.get(name).unwrap_or_else(|| panic!("{name} on {path}")).to_str().unwrap();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("permissions-policy").contains("camera=()"));
        assert!(header("strict-transport-security").starts_with("max-age="));
    }
}

#[tokio::test]
async fn files_of_the_theme_are_kept_for_ever_at_an_address_of_their_own() {
    let mut client = Client::new().await;
    let home = client.get("/").await.body;
    let address = home.split('"').find(|part| part.ends_with("apres.css")).unwrap().to_owned();
    let answer = client.get(&address).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/css"));
    assert_eq!(client.get("/assets/0000/apres.css").await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get(&address.replace("apres.css", "../Cargo.toml")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn questions_are_cut_to_the_rights_of_the_viewer() {
    let mut structure = Client::signed_in("chantier").await;
    for path in ["/bilan", "/bilan?lieu=d25", "/bilan?lieu=r53", "/bilan?par=departement", "/bilan/export.csv?lieu=r53"] {
        assert_eq!(structure.get(path).await.status, StatusCode::OK, "{path}");
    }
    let foreign = structure.get("/bilan?lieu=s00000000200010").await;
    let unknown = structure.get("/bilan?lieu=s99999999999999").await;
    assert!(foreign.body.contains("n’est pas dans vos droits"), "it is said that the place is not applied");
    assert_eq!(foreign.body, unknown.body, "somebody else's establishment reads like one that does not exist");
    for (viewer, request) in structure.desk.asked.lock().unwrap().iter() {
        let is_own = request.scope == Scope::Structures(vec![SIRET.into()]);
        let is_reference = !matches!(request.scope, Scope::Structures(_)) && request.breakdowns.is_empty();
        assert!(!viewer.is_signed_in() || is_own || is_reference, "{request:?}");
    }

    let mut funder = Client::signed_in("ddets").await;
    funder.get("/bilan?lieu=d35&par=departement").await;
    funder.get("/bilan?par=departement").await;
    let asked = funder.desk.asked.lock().unwrap();
    let broken_down: Vec<_> = asked.iter().filter(|(_, request)| !request.breakdowns.is_empty()).collect();
    assert!(!broken_down.is_empty());
    for (_, request) in broken_down {
        assert_eq!(request.scope, Scope::Departements(vec!["21".into(), "25".into()]), "never the département of another");
    }
}

#[tokio::test]
async fn a_list_belongs_to_its_organisation() {
    let mut owner = Client::signed_in("chantier").await;
    owner.deposit("liste.csv", &list(40)).await;
    let mut other = Client::new().await;
    (other.router, other.desk) = (owner.router.clone(), Arc::clone(&owner.desk));
    other.sign_in("ddets").await;
    for path in ["", "/verifier", "/suivi", "/suivi.json", "/rapport", "/rapport/export.csv", "/effacer", "/recu", "/erreurs.csv"] {
        assert_eq!(other.get(&format!("/listes/liste-1{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["colonnes", "confirmer", "effacer"] {
        let form = "finalite=evaluation&base=public_interest&information=oui";
        let form = if path == "colonnes" { "c0=nir" } else { form };
        assert_eq!(other.post(&format!("/listes/liste-1/{path}"), form).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let asked = other.desk.asked.lock().unwrap();
    assert!(asked.iter().all(|(_, request)| !matches!(request.population, Population::List(_))), "nothing was counted");
}

#[tokio::test]
async fn the_header_names_the_operator_unless_it_is_the_service() {
    for (operator, times) in [("APRES", 0), ("Apres", 0), ("", 0), ("GIP Exemple", 1)] {
        let config = Config { operator: operator.into(), ..Config::default() };
        let body = Client::with(config).await.get("/").await.body;
        assert_eq!(body.matches("fr-header__operator").count(), times, "{operator}");
    }
}
