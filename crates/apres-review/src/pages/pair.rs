//! A pair, side by side.

use apres_ledger::{NewDecision, Verdict};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::desk::Face;
use crate::diff::{Span, diff};
use crate::fault::PageFault;
use crate::messages::text;
use crate::pages::{Opened, Progress, Way, note, page, verdict_word};
use crate::security::Form;
use crate::session::Reviewer;
use crate::state::ReviewState;
use crate::waterfall::{Waterfall, waterfall};

/// A line of the two columns.
pub(crate) struct Trait {
    pub(crate) field: String,
    pub(crate) ours: Vec<Span>,
    pub(crate) theirs: Vec<Span>,
}

/// The lines of a pair: those that one side has at least.
pub(crate) fn traits(ours: &Face, theirs: &Face) -> Vec<Trait> {
    let lines = [
        ("nom", &ours.nom, &theirs.nom),
        ("nom_usage", &ours.nom_usage, &theirs.nom_usage),
        ("prenoms", &ours.prenoms, &theirs.prenoms),
        ("naissance", &ours.naissance, &theirs.naissance),
        ("sexe", &ours.sexe, &theirs.sexe),
        ("lieu", &ours.lieu, &theirs.lieu),
    ];
    let is_said = |(_, ours, theirs): &(&str, &String, &String)| !ours.is_empty() || !theirs.is_empty();
    let drawn = lines.into_iter().filter(is_said).map(|(field, ours, theirs)| {
        // What one side does not say is not a difference of letters.
        let is_compared = !ours.is_empty() && !theirs.is_empty();
        let (mut left, mut right) = diff(ours, theirs);
        left.iter_mut().chain(&mut right).for_each(|span| span.is_changed &= is_compared);
        Trait { field: text(&format!("trait.{field}")).to_owned(), ours: left, theirs: right }
    });
    drawn.collect()
}

#[derive(Template)]
#[template(path = "pair.html")]
struct PairPage {
    name: String,
    list: String,
    title: String,
    pair: u64,
    traits: Vec<Trait>,
    drawn: Option<Waterfall>,
    query: &'static str,
    way: Way,
    progress: Progress,
    decided: Option<String>,
    rivals: Vec<u64>,
    alike: usize,
    pattern: String,
    next: Option<u64>,
    batch: String,
}

/// `GET /listes/{list}/paires/{pair}`.
pub(crate) async fn show(
    State(state): State<ReviewState>,
    reviewer: Reviewer,
    Path((id, number)): Path<(String, u64)>,
    Query(way): Query<Way>,
) -> Result<Response, PageFault> {
    let opened = Opened::read(&state, &id).await?;
    // The trail is written first: what it does not tell is not shown.
    note(&state, &reviewer, "review_view", format!("{id}/{number}"), if way.is_blind() { "blind" } else { "shown" }).await?;
    let pair = state.desk.pair(&id, number).await?.ok_or(PageFault::NotFound)?;
    let line = &pair.line;
    let rivals = opened.pairs.iter().filter(|other| other.row == line.row && other.id != number).map(|other| other.id).collect();
    page(&PairPage {
        name: reviewer.name,
        title: opened.list.name.clone(),
        pair: number,
        traits: traits(&pair.ours, &pair.theirs),
        drawn: (!way.is_blind()).then(|| waterfall(&pair)),
        query: way.query(),
        way,
        progress: opened.progress(way),
        decided: opened.decisions.get(&number).map(|decision| verdict_word(decision.verdict)),
        rivals,
        alike: opened.of_pattern(&line.pattern).filter(|other| other.id != number).count(),
        pattern: line.pattern.clone(),
        next: opened.next(way, number).filter(|next| *next != number),
        batch: (state.draw)().ok_or_else(|| PageFault::Broken("the system gives no random number".into()))?,
        list: id,
    })
}

#[derive(Deserialize)]
pub(crate) struct Fields {
    verdict: String,
    geste: String,
}

/// `POST /listes/{list}/paires/{pair}`.
pub(crate) async fn decide(
    State(state): State<ReviewState>,
    reviewer: Reviewer,
    Path((id, number)): Path<(String, u64)>,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageFault> {
    let verdict: Verdict = fields.verdict.parse().map_err(|_| PageFault::Unreadable)?;
    let opened = Opened::read(&state, &id).await?;
    if !opened.pairs.iter().any(|pair| pair.id == number) {
        return Err(PageFault::NotFound);
    }
    note(&state, &reviewer, "review_decide", format!("{id}/{number}"), verdict.as_str()).await?;
    let decision = NewDecision {
        list: id.clone(),
        pairs: vec![number],
        verdict,
        account: reviewer.account,
        batch: fields.geste,
        is_blind: way.is_blind(),
    };
    state.ledger.decide_pairs(&decision, state.now()).await?;
    let opened = Opened::read(&state, &id).await?;
    let next = match opened.next(way, number) {
        Some(next) => format!("/listes/{id}/paires/{next}{}", way.query()),
        None => format!("/listes/{id}"),
    };
    Ok(Redirect::to(&next).into_response())
}
