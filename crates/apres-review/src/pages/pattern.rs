//! The pairs of one pattern, and one decision for all of them.

use apres_ledger::{NewDecision, Verdict};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::fault::PageFault;
use crate::pages::pair::{Trait, traits};
use crate::pages::{Opened, note, page};
use crate::security::Form;
use crate::session::Reviewer;
use crate::state::ReviewState;
use crate::waterfall::{percent, sentence};

/// Pairs shown before the decision.
const SHOWN_MAX: usize = 10;

struct Example {
    pair: u64,
    traits: Vec<Trait>,
    probability: String,
}

#[derive(Template)]
#[template(path = "pattern.html")]
struct PatternPage {
    name: String,
    list: String,
    title: String,
    pattern: String,
    words: String,
    examples: Vec<Example>,
    /// The pairs that the decision is about: those that were counted here, and no other.
    numbers: String,
    count: usize,
    batch: String,
}

/// `GET /listes/{list}/motifs/{pattern}`.
pub(crate) async fn show(
    State(state): State<ReviewState>,
    reviewer: Reviewer,
    Path((id, pattern)): Path<(String, String)>,
) -> Result<Response, PageFault> {
    let opened = Opened::read(&state, &id).await?;
    let pairs: Vec<u64> = opened.of_pattern(&pattern).map(|pair| pair.id).collect();
    let (mut examples, mut words) = (Vec::new(), String::new());
    for number in pairs.iter().take(SHOWN_MAX) {
        note(&state, &reviewer, "review_view", format!("{id}/{number}"), "shown").await?;
        let pair = state.desk.pair(&id, *number).await?.ok_or(PageFault::NotFound)?;
        words = sentence(&pair.weights);
        examples.push(Example { pair: *number, traits: traits(&pair.ours, &pair.theirs), probability: percent(pair.line.probability) });
    }
    if pairs.is_empty() {
        return Err(PageFault::NotFound);
    }
    page(&PatternPage {
        name: reviewer.name,
        title: opened.list.name.clone(),
        words,
        examples,
        numbers: pairs.iter().map(u64::to_string).collect::<Vec<_>>().join(","),
        count: pairs.len(),
        batch: (state.draw)().ok_or_else(|| PageFault::Broken("the system gives no random number".into()))?,
        list: id,
        pattern,
    })
}

#[derive(Deserialize)]
pub(crate) struct Fields {
    verdict: String,
    paires: String,
    geste: String,
}

/// `POST /listes/{list}/motifs/{pattern}`.
pub(crate) async fn decide(
    State(state): State<ReviewState>,
    reviewer: Reviewer,
    Path((id, pattern)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageFault> {
    let verdict: Verdict = fields.verdict.parse().map_err(|_| PageFault::Unreadable)?;
    let opened = Opened::read(&state, &id).await?;
    let numbers: Result<Vec<u64>, _> = fields.paires.split(',').map(str::parse::<u64>).collect();
    let numbers = numbers.map_err(|_| PageFault::Unreadable)?;
    // Decided meanwhile, or of another pattern: the decision is not about them.
    let waiting: Vec<u64> = opened.of_pattern(&pattern).map(|pair| pair.id).filter(|pair| numbers.contains(pair)).collect();
    for number in &waiting {
        note(&state, &reviewer, "review_decide", format!("{id}/{number}"), verdict.as_str()).await?;
    }
    let decision =
        NewDecision { list: id.clone(), pairs: waiting, verdict, account: reviewer.account, batch: fields.geste, is_blind: false };
    state.ledger.decide_pairs(&decision, state.now()).await?;
    Ok(Redirect::to(&format!("/listes/{id}")).into_response())
}
