//! *Administration*: what was ingested, the jobs, the state of the installation. For the operator only.

use askama::Template;
use axum::extract::State;

use crate::bilan::version;
use crate::codes::Coded as _;
use crate::desk::{AlertLine, IngestLine, JobLine, WorkState};
use crate::frame::Frame;
use crate::french;
use crate::messages::{say, text, word};
use crate::pages::{Page, page};
use crate::state::ServeState;
use crate::visitor::Visitor;

/// A badge: its words and its class.
pub(crate) struct Badge {
    pub(crate) words: &'static str,
    pub(crate) class: &'static str,
}

/// An ingest, in words.
pub(crate) struct Ingest {
    pub(crate) id: String,
    pub(crate) months: String,
    pub(crate) at: String,
    pub(crate) files: String,
    pub(crate) declarations: String,
    pub(crate) refused: String,
    pub(crate) remarks: String,
    pub(crate) badge: Badge,
}

/// A job, in words.
pub(crate) struct Job {
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) badge: Badge,
    pub(crate) attempts: u32,
    pub(crate) at: String,
    pub(crate) problem: String,
}

/// An alert, in words.
pub(crate) struct Probing {
    pub(crate) at: String,
    pub(crate) what: String,
    pub(crate) organisation: String,
    pub(crate) account: String,
}

/// The page.
#[derive(Template)]
#[template(path = "admin.html")]
pub(crate) struct AdminPage {
    pub(crate) frame: Frame,
    pub(crate) checks: Vec<(String, bool)>,
    pub(crate) ingests: Vec<Ingest>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) alerts: Vec<Probing>,
    pub(crate) facts: Vec<(&'static str, String)>,
}

/// `GET /administration`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let viewer = &visitor.viewer;
    let (coverage, ingests, jobs, alerts) =
        tokio::try_join!(state.desk.coverage(), state.desk.ingests(viewer), state.desk.jobs(viewer), state.desk.alerts(viewer))?;
    let checks = state.desk.health().await.into_iter().map(|check| (word("health", &check.name), check.is_ok)).collect();
    let facts = vec![
        (text("admin.last_month"), if coverage.is_empty() { text("empty.none").to_owned() } else { french::month(coverage.last_month) }),
        (text("admin.lake"), version(coverage.lake_version, coverage.vintage.as_ref())),
        (text("admin.policy"), coverage.policy_version),
    ];
    let frame = Frame::new(&state, &visitor, "administration", text("page.admin"));
    page(&AdminPage {
        frame,
        checks,
        ingests: ingests.iter().map(ingest).collect(),
        jobs: jobs.into_iter().map(job).collect(),
        alerts: alerts.into_iter().map(probing).collect(),
        facts,
    })
}

/// The badge of a state.
pub(crate) fn badge(state: WorkState) -> Badge {
    let class = match state {
        WorkState::Waiting => "ap-badge--quiet",
        WorkState::Running => "",
        WorkState::Done => "fr-badge--success",
        WorkState::Failed => "fr-badge--error",
    };
    Badge { words: text(&format!("work.{}", state.code())), class }
}

fn ingest(line: &IngestLine) -> Ingest {
    Ingest {
        id: line.id.clone(),
        months: months(line),
        at: french::moment(line.ingested_at),
        files: french::integer(line.files),
        declarations: french::integer(line.declarations),
        refused: french::integer(line.refused),
        remarks: french::integer(line.remarks),
        badge: badge(line.state),
    }
}

fn months(line: &IngestLine) -> String {
    match line.months {
        None => text("admin.no_month").to_owned(),
        Some((first, last)) if first == last => french::month(last),
        Some((first, last)) => say("admin.months", &[("first", &french::of_month(first)), ("last", &french::month(last))]),
    }
}

fn probing(line: AlertLine) -> Probing {
    let organisation = if line.organisation.is_empty() { text("probing.public").to_owned() } else { line.organisation };
    Probing { at: french::moment(line.at), what: word("probing", &line.kind), organisation, account: line.account }
}

fn job(line: JobLine) -> Job {
    Job {
        kind: word("job", &line.kind),
        subject: line.subject,
        badge: badge(line.state),
        attempts: line.attempts,
        at: french::moment(line.updated_at),
        problem: line.problem.unwrap_or_default(),
    }
}
