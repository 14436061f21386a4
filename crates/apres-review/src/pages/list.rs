//! A list: how far its review is, its patterns, and what the sample tells.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::desk::Zone;
use crate::estimate::{Share, estimate};
use crate::fault::PageFault;
use crate::pages::{Opened, Progress, Way, note, page};
use crate::session::Reviewer;
use crate::state::ReviewState;
use crate::waterfall::percent;

/// Patterns with fewer waiting pairs are gone through one by one.
const PATTERN_PAIRS_MIN: usize = 2;
/// Judged pairs below which a precision would say more than is known.
const JUDGED_MIN: u64 = 20;
/// Patterns shown.
const PATTERNS_MAX: usize = 30;

struct PatternLine {
    pattern: String,
    words: String,
    waiting: usize,
    probability: String,
}

struct Estimated {
    precision: String,
    recall: String,
    judged: u64,
    drawn: u64,
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    name: String,
    id: String,
    title: String,
    organisation: String,
    accepted: usize,
    rejected: usize,
    progress: Progress,
    sample: Progress,
    next: Option<u64>,
    next_sample: Option<u64>,
    patterns: Vec<PatternLine>,
    estimated: Option<Estimated>,
    judged_min: u64,
    has_decisions: bool,
}

/// `GET /listes/{list}`.
pub(crate) async fn show(State(state): State<ReviewState>, reviewer: Reviewer, Path(id): Path<String>) -> Result<Response, PageFault> {
    let opened = Opened::read(&state, &id).await?;
    note(&state, &reviewer, "review_list", id.clone(), "shown").await?;
    let in_zone = |zone| opened.pairs.iter().filter(|pair| pair.zone == zone).count();
    let sample_way = Way { echantillon: 1, ..Way::default() };
    let told = estimate(&id, &opened.pairs, &opened.verdicts()).filter(|told| told.judged >= JUDGED_MIN);
    page(&ListPage {
        name: reviewer.name,
        title: opened.list.name.clone(),
        organisation: opened.list.organisation.clone(),
        accepted: in_zone(Zone::Accept),
        rejected: in_zone(Zone::Reject),
        progress: opened.progress(Way::default()),
        sample: opened.progress(sample_way),
        next: opened.next(Way::default(), 0),
        next_sample: opened.next(sample_way, 0),
        patterns: patterns(&state, &opened).await?,
        estimated: told.map(|told| Estimated {
            precision: interval(&told.precision),
            recall: interval(&told.recall),
            judged: told.judged,
            drawn: told.drawn,
        }),
        judged_min: JUDGED_MIN,
        has_decisions: !opened.decisions.is_empty(),
        id,
    })
}

/// The patterns that wait, the most frequent first, in the words of one of their pairs.
async fn patterns(state: &ReviewState, opened: &Opened) -> Result<Vec<PatternLine>, PageFault> {
    let mut waiting: BTreeMap<&str, (usize, u64, u64)> = BTreeMap::new();
    for pair in opened.walked(Way::default()).filter(|pair| !opened.is_decided(pair)) {
        let (count, _, sum) = waiting.entry(&pair.pattern).or_insert((0, pair.id, 0));
        *count += 1;
        *sum += u64::from(pair.probability);
    }
    let mut ranked: Vec<_> = waiting.into_iter().filter(|(_, (count, ..))| *count >= PATTERN_PAIRS_MIN).collect();
    ranked.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(b.0)));
    let mut lines = Vec::new();
    for (pattern, (count, first, sum)) in ranked.into_iter().take(PATTERNS_MAX) {
        let Some(pair) = state.desk.pair(&opened.list.id, first).await? else { continue };
        let mean = u32::try_from(sum / count as u64).unwrap_or_default();
        lines.push(PatternLine {
            pattern: pattern.to_owned(),
            words: crate::waterfall::sentence(&pair.weights),
            waiting: count,
            probability: percent(mean),
        });
    }
    Ok(lines)
}

fn interval(share: &Share) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is between 0 and 1")]
    let in_words = |value: f64| percent((value * 10_000.0).round() as u32);
    format!("{} [{} ; {}]", in_words(share.value), in_words(share.low), in_words(share.high))
}

/// `POST /listes/{list}/annuler`.
pub(crate) async fn undo(State(state): State<ReviewState>, reviewer: Reviewer, Path(id): Path<String>) -> Result<Response, PageFault> {
    Opened::read(&state, &id).await?;
    note(&state, &reviewer, "review_undo", id.clone(), "asked").await?;
    let undone = state.ledger.undo_decision(&id, &reviewer.account, state.now()).await?;
    for pair in &undone {
        note(&state, &reviewer, "review_undo", format!("{id}/{pair}"), "done").await?;
    }
    let back = match undone.as_slice() {
        [pair] => format!("/listes/{id}/paires/{pair}"),
        _ => format!("/listes/{id}"),
    };
    Ok(Redirect::to(&back).into_response())
}

/// `POST /listes/{list}/placer`.
pub(crate) async fn place(State(state): State<ReviewState>, reviewer: Reviewer, Path(id): Path<String>) -> Result<Response, PageFault> {
    Opened::read(&state, &id).await?;
    note(&state, &reviewer, "review_place", id.clone(), "asked").await?;
    state.desk.place_again(&id).await?;
    note(&state, &reviewer, "review_place", id.clone(), "done").await?;
    Ok(Redirect::to(&format!("/listes/{id}")).into_response())
}
