//! The review as a reviewer, and as anybody else, meets it.

mod fake;

use apres_ledger::{AuditFilter, Verdict};
use fake::{Site, reviewer};

#[tokio::test]
async fn nobody_sees_a_pair_without_being_a_reviewer() {
    let site = Site::open().await;
    for path in ["/", "/listes/liste", "/listes/liste/paires/1", "/listes/liste/motifs/p1"] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/connexion")), "{path}");
        assert!(!answer.body.contains("LEFEBVRE"));
    }
    for email in ["structure@exemple.fr", "admin@exemple.fr", "financeur@exemple.fr"] {
        let answer = site.sign_in(email).await;
        assert_eq!(answer.status, 403, "{email} has a password and no entitlement");
        assert_eq!(answer.cookie, None);
    }
    let told = site.ledger.audit(&AuditFilter::default(), 50).await.unwrap();
    assert_eq!(told.iter().filter(|entry| entry.event.action == "review_sign_in" && entry.event.outcome == "refused").count(), 3);
}

#[tokio::test]
async fn a_session_of_the_site_opens_nothing_here() {
    let site = Site::open().await;
    site.ledger.create_session("a-session-of-the-site", r#"{"account":"relecteur"}"#, 10_000).await.unwrap();
    let answer = site.with_cookie("apres_relecture=a-session-of-the-site").get("/").await;
    assert_eq!(answer.status, 303);
    let reviewing = reviewer().await;
    let answer = reviewing.get("/").await;
    assert_eq!(answer.status, 200);
    reviewing.ledger.disable_account("relecteur", true).await.unwrap();
    assert_eq!(reviewing.get("/").await.status, 303, "an open session ends with the account");
}

#[tokio::test]
async fn a_pair_is_shown_side_by_side_and_the_view_is_logged() {
    let site = reviewer().await;
    let answer = site.get("/listes/liste/paires/1").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("LEFE<mark>B</mark>VRE"), "{}", answer.body);
    assert!(answer.body.contains("identique, rare (1 personne sur 41\u{202f}000)") && answer.body.contains("+15,2"));
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.body.contains("style=\"") && !answer.body.contains("onclick"), "the policy would not apply it");
    let last = &site.ledger.audit(&AuditFilter::default(), 1).await.unwrap()[0].event;
    assert_eq!((last.account.as_str(), last.action.as_str(), last.subject.as_str()), ("relecteur", "review_view", "liste/1"));
    assert_eq!(site.get("/listes/liste/paires/99").await.status, 404);
    assert_eq!(site.get("/listes/autre/paires/1").await.status, 404);
}

#[tokio::test]
async fn in_blind_mode_no_score_and_no_weight_is_shown() {
    let site = reviewer().await;
    for query in ["aveugle=1", "echantillon=1"] {
        let body = site.get(&format!("/listes/liste/paires/1?{query}")).await.body;
        assert!(body.contains("Est-ce la même personne"));
        for score in ["62,0", "+15,2", "Pourquoi", "rl-waterfall", "motifs/"] {
            assert!(!body.contains(score), "{query} shows {score}");
        }
    }
}

#[tokio::test]
async fn decisions_lead_on_are_undone_and_are_all_logged() {
    let site = reviewer().await;
    let answer = site.post("/listes/liste/paires/1", "verdict=meme&geste=g1").await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/listes/liste/paires/2")));
    let answer = site.post("/listes/liste/paires/1", "verdict=meme&geste=g1").await;
    assert_eq!(answer.status, 303, "a form sent twice");
    assert_eq!(site.ledger.decisions("liste").await.unwrap().len(), 1);
    assert!(site.get("/listes/liste").await.body.contains("sur 4"));
    let answer = site.post("/listes/liste/annuler", "").await;
    assert_eq!(answer.location.as_deref(), Some("/listes/liste/paires/1"));
    assert!(site.ledger.decisions("liste").await.unwrap().is_empty());
    let actions: Vec<String> =
        site.ledger.audit(&AuditFilter::default(), 50).await.unwrap().into_iter().map(|entry| entry.event.action).collect();
    assert!(actions.contains(&"review_decide".to_owned()) && actions.contains(&"review_undo".to_owned()));
    assert_eq!(site.post("/listes/liste/paires/1", "verdict=peut-etre&geste=g2").await.status, 400);
    assert_eq!(site.post("/listes/liste/paires/99", "verdict=meme&geste=g3").await.status, 404);
}

#[tokio::test]
async fn one_decision_holds_for_all_pairs_of_a_pattern_that_were_shown() {
    let site = reviewer().await;
    let page = site.get("/listes/liste/motifs/p2").await;
    assert!(page.body.contains("value=\"2,3,4\"") && page.body.contains("Une décision pour 3 paires"));
    // One is decided meanwhile, and a number of another pattern is slipped in.
    site.post("/listes/liste/paires/4", "verdict=doute&geste=g1").await;
    assert_eq!(site.post("/listes/liste/motifs/p2", "verdict=differentes&paires=1,2,3,4&geste=g2").await.status, 303);
    let verdicts: Vec<_> = site.ledger.decisions("liste").await.unwrap().into_iter().map(|(pair, said)| (pair, said.verdict)).collect();
    assert_eq!(verdicts, [(2, Verdict::Different), (3, Verdict::Different), (4, Verdict::Unsure)]);
    site.post("/listes/liste/annuler", "").await;
    assert_eq!(site.ledger.decisions("liste").await.unwrap().len(), 1, "the whole gesture is undone");
    assert_eq!(site.get("/listes/liste/motifs/p9").await.status, 404);
}

#[tokio::test]
async fn the_exits_are_placed_again_when_asked() {
    let site = reviewer().await;
    site.post("/listes/liste/paires/1", "verdict=meme&geste=g1").await;
    assert_eq!(site.desk.placed(), 0);
    assert_eq!(site.post("/listes/liste/placer", "").await.status, 303);
    assert_eq!(site.desk.placed(), 1);
}

#[tokio::test]
async fn another_site_and_another_host_are_refused() {
    let site = reviewer().await;
    assert_eq!(site.send("POST", "/listes/liste/placer", "", &[("sec-fetch-site", "cross-site")]).await.status, 403);
    assert_eq!(site.send("GET", "/", "", &[("host", "apres.exemple.fr")]).await.status, 403);
    assert_eq!(site.desk.placed(), 0);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let site = reviewer().await;
    assert_eq!(site.post("/deconnexion", "").await.location.as_deref(), Some("/connexion"));
    assert_eq!(site.get("/").await.status, 303);
}

#[tokio::test]
async fn other_machines_are_not_served() {
    let site = Site::open().await;
    let Ok(listener) = tokio::net::TcpListener::bind("0.0.0.0:0").await else { return };
    let fault = apres_review::serve(listener, site.state(), std::future::ready(())).await.unwrap_err();
    assert!(fault.to_string().contains("only served to this machine"));
}

/// Pages are accessible by construction: one title, labels, captions, a language.
#[tokio::test]
async fn every_page_has_one_title_and_captions() {
    let site = reviewer().await;
    for path in
        ["/", "/listes/liste", "/listes/liste/paires/1", "/listes/liste/paires/1?aveugle=1", "/listes/liste/motifs/p2", "/connexion"]
    {
        let page = scraper::Html::parse_document(&site.get(path).await.body);
        let count = |selector: &str| page.select(&scraper::Selector::parse(selector).unwrap()).count();
        assert_eq!((count("h1"), count("html[lang=fr]"), count("main")), (1, 1, 1), "{path}");
        assert_eq!(count("table"), count("table > caption"), "{path}");
        assert_eq!(count("[style]"), 0, "{path}");
        assert_eq!(count("input:not([type=hidden])"), count("label"), "{path}");
    }
}
