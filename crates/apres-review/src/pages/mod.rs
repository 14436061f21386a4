//! The pages, and what they share.

pub(crate) mod list;
pub(crate) mod lists;
pub(crate) mod pair;
pub(crate) mod pattern;
pub(crate) mod sign_in;

use std::collections::{BTreeMap, BTreeSet};

use apres_ledger::{AuditEvent, Decision, Verdict};
use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::desk::{PairLine, ReviewList, Zone};
use crate::estimate::sample;
use crate::fault::PageFault;
use crate::messages::text;
use crate::session::Reviewer;
use crate::state::ReviewState;

/// A page as an answer.
pub(crate) fn page(template: &impl Template) -> Result<Response, PageFault> {
    Ok(Html(template.render()?).into_response())
}

/// How the pairs are gone through: kept in the address, so that it survives a reload.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Way {
    /// Scores and weights are hidden.
    aveugle: u8,
    /// The pairs of the sample only, rather than those to be reviewed.
    echantillon: u8,
}

impl Way {
    pub(crate) fn is_blind(self) -> bool {
        // A sample that is judged with the scores in view measures the scores.
        self.aveugle == 1 || self.is_sample()
    }

    pub(crate) fn is_sample(self) -> bool {
        self.echantillon == 1
    }

    /// The end of an address that goes on in the same way.
    pub(crate) fn query(self) -> &'static str {
        match (self.is_sample(), self.is_blind()) {
            (true, _) => "?echantillon=1",
            (false, true) => "?aveugle=1",
            (false, false) => "",
        }
    }
}

/// A list with its pairs and what was decided.
pub(crate) struct Opened {
    pub(crate) list: ReviewList,
    pub(crate) pairs: Vec<PairLine>,
    pub(crate) decisions: BTreeMap<u64, Decision>,
    pub(crate) sample: BTreeSet<u64>,
}

impl Opened {
    pub(crate) async fn read(state: &ReviewState, id: &str) -> Result<Self, PageFault> {
        let list = state.desk.lists().await?.into_iter().find(|list| list.id == id).ok_or(PageFault::NotFound)?;
        let pairs = state.desk.pairs(id).await?;
        let decisions = state.ledger.decisions(id).await?;
        let sample = sample(id, &pairs);
        Ok(Self { list, pairs, decisions, sample })
    }

    /// The pairs that are gone through this way.
    pub(crate) fn walked(&self, way: Way) -> impl Iterator<Item = &PairLine> {
        let is_walked = move |pair: &&PairLine| if way.is_sample() { self.sample.contains(&pair.id) } else { pair.zone == Zone::Review };
        self.pairs.iter().filter(is_walked)
    }

    pub(crate) fn is_decided(&self, pair: &PairLine) -> bool {
        self.decisions.contains_key(&pair.id)
    }

    /// The next pair without a decision after this one, from the start again at the end.
    pub(crate) fn next(&self, way: Way, after: u64) -> Option<u64> {
        let waiting = || self.walked(way).filter(|pair| !self.is_decided(pair)).map(|pair| pair.id);
        waiting().find(|pair| *pair > after).or_else(|| waiting().next())
    }

    /// The pairs of a pattern that wait for a decision.
    pub(crate) fn of_pattern<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = &'a PairLine> {
        self.walked(Way::default()).filter(move |pair| pair.pattern == pattern && !self.is_decided(pair))
    }

    pub(crate) fn progress(&self, way: Way) -> Progress {
        let (mut done, mut total) = (0, 0);
        for pair in self.walked(way) {
            total += 1;
            done += u64::from(self.is_decided(pair));
        }
        Progress { done, total }
    }

    pub(crate) fn verdicts(&self) -> BTreeMap<u64, Verdict> {
        self.decisions.iter().map(|(pair, decision)| (*pair, decision.verdict)).collect()
    }
}

/// How far one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) total: u64,
}

impl Progress {
    pub(crate) fn left(self) -> u64 {
        self.total - self.done
    }
}

/// The word of a verdict.
pub(crate) fn verdict_word(verdict: Verdict) -> String {
    text(&format!("verdict.{}", verdict.as_str())).to_owned()
}

/// Writes in the audit trail, before what it tells is done or shown.
pub(crate) async fn note(state: &ReviewState, reviewer: &Reviewer, action: &str, subject: String, outcome: &str) -> Result<(), PageFault> {
    let event = AuditEvent {
        account: reviewer.account.clone(),
        organisation: reviewer.organisation.clone(),
        action: action.to_owned(),
        subject,
        request_digest: None,
        outcome: outcome.to_owned(),
    };
    state.ledger.append_audit(&event, state.now()).await?;
    Ok(())
}
