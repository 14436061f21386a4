//! Uncertain pairs, from a list to its figures: kept sealed, decided, placed again, undone, and gone with the list.

use std::sync::Arc;

use apres::config::LinkSettings;
use apres::review::HomeReview;
use apres::{lists, pairs};
use apres_ledger::{NewDecision, Verdict};
use apres_review::ReviewDesk;

use crate::lake::Lake;
use crate::privacy::{WHO, assert_nowhere, ingest, matched, reopened};

/// A person of the declarations, with typing errors in both names.
const DOUBTFUL: &str = "Nom;Prénom;Date de naissance;Date de sortie\nPERSONE;Margueritte;12/03/1990;31/03/2024\n";

/// A lake where nothing short of certainty is accepted and everything is looked at.
async fn doubtful() -> Lake {
    let mut lake = Lake::new().await;
    lake.home.config.settings.link = LinkSettings { target_precision: 0.99, accept_min: 0.999_999_9, review_min: 1e-9 };
    ingest(
        &lake,
        &[&format!("2024-01..2024-09 E | {WHO} C1 2024-01-15 01 naissance=1990-03-12 ; bernadette C2 2024-01-15 01 naissance=1991-07-30")],
    )
    .await;
    matched(&lake, "doute", DOUBTFUL).await;
    lake
}

async fn status(lake: &Lake) -> String {
    let found = lake.identifying_rows("SELECT match_status FROM participants WHERE list = 'doute'").await;
    let told = lake.rows("SELECT match_status, CAST(person IS NOT NULL AS VARCHAR) FROM exits WHERE source = 'doute'").await;
    assert_eq!((found.len(), told.len()), (1, 1));
    assert_eq!(found[0][0], told[0][0], "both zones say the same");
    assert_eq!(told[0][1] == "true", found[0][0] == "identite");
    found[0][0].clone()
}

/// The pair of the row with the person who is truly theirs.
async fn true_pair(lake: &Lake) -> u64 {
    let kept = pairs::read(&lake.home.identifying, "doute").await.expect("the pairs");
    let own = kept.iter().find(|pair| pair.declared[2].eq_ignore_ascii_case(WHO)).expect("the person is a candidate");
    assert!(!own.weights.is_empty() && own.pattern.len() == 14);
    own.pair
}

async fn decide(lake: &Lake, pair: u64, verdict: Verdict) {
    let decision = NewDecision {
        list: "doute".to_owned(),
        pairs: vec![pair],
        verdict,
        account: "relecteur".to_owned(),
        batch: format!("geste-{}", verdict.as_str()),
        is_blind: false,
    };
    assert!(lake.home.ledger.decide_pairs(&decision, 10).await.expect("a decision"));
    lists::place_again(&lake.home, "doute").await.expect("the exits placed again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_said_to_be_one_person_is_followed_until_it_is_undone() {
    let lake = doubtful().await;
    assert_eq!(status(&lake).await, "ambigu");
    let pair = true_pair(&lake).await;
    decide(&lake, pair, Verdict::Same).await;
    assert_eq!(status(&lake).await, "identite");
    let placed = lake.rows("SELECT DISTINCT matched FROM panel WHERE source = 'doute'").await;
    assert_eq!(placed, [["true"]], "the panel follows");
    lake.home.ledger.undo_decision("doute", "relecteur", 20).await.expect("undone");
    lists::place_again(&lake.home, "doute").await.expect("the exits placed again");
    assert_eq!(status(&lake).await, "ambigu");
    for kept in pairs::read(&lake.home.identifying, "doute").await.expect("the pairs") {
        let decision = NewDecision {
            list: "doute".to_owned(),
            pairs: vec![kept.pair],
            verdict: Verdict::Different,
            account: "relecteur".to_owned(),
            batch: format!("geste-{}", kept.pair),
            is_blind: true,
        };
        assert!(lake.home.ledger.decide_pairs(&decision, 30).await.expect("a decision"));
    }
    lists::place_again(&lake.home, "doute").await.expect("the exits placed again");
    assert_eq!(status(&lake).await, "non_trouve");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_sees_both_sides_and_no_number_and_nothing_is_left_after_the_erasure() {
    let lake = doubtful().await;
    let data = lake.home.config.data.clone();
    let pair = true_pair(&lake).await;
    let desk = HomeReview::new(Arc::new(reopened(&data).await.expect("an installation")));
    let shown = desk.pair("doute", pair).await.expect("an answer").expect("a pair");
    assert_eq!((shown.ours.nom.as_str(), shown.theirs.nom.as_str()), ("PERSONE", "PERSONNE"));
    assert_eq!(shown.theirs.naissance, "12/03/1990");
    assert!(desk.pair("doute", 999).await.expect("an answer").is_none());
    assert!(desk.pairs("autre").await.expect("an answer").is_empty());
    assert_eq!(desk.lists().await.expect("the lists").len(), 1);
    // Names are in no file that can be read: not in the statistical zone, not in the ledger, not in the table of pairs.
    assert_nowhere(&data, &["PERSONE", "PERSONNE", "Margueritte", &WHO.to_uppercase()]);

    decide(&lake, pair, Verdict::Same).await;
    lists::erase_for_good(&lake.home, "doute", "receipt").await.expect("erased");
    assert!(pairs::read(&lake.home.identifying, "doute").await.expect("the pairs").is_empty());
    assert!(lake.home.ledger.decisions("doute").await.expect("the decisions").is_empty());
    assert!(!data.join("lake/identifying/reviews/list=doute").exists(), "gone, not hidden");
    assert!(desk.lists().await.expect("the lists").is_empty());
    assert!(lists::place_again(&lake.home, "doute").await.is_err(), "an erased list is placed no more");
}
