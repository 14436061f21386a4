//! The worker: takes jobs from the ledger and does them.
//!
//! A job may be killed at any moment and run again: it replaces what it writes. A worker says every few seconds that it lives; the jobs of one that went
//! silent are queued again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use apres_ingest::list;
use apres_ledger::{Claim, Job, JobState, Ledger, ListState, Progress};
use apres_protect::{Period, Quarter};
use apres_serve::desk::SearchStep;
use tokio::sync::watch;

use crate::home::{Home, now, today};
use crate::lists;

/// How often the worker looks for a job.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How often a worker says that it lives.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// How often progress is written, at most.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// A worker that said nothing for this long is presumed dead.
const SILENT_SECONDS_MAX: i64 = 30;
/// A job is tried this many times.
const ATTEMPTS_MAX: u64 = 3;
/// Receipt of a list that was erased because its time was over.
pub const RETENTION_RECEIPT: &str = "retention";

/// Does jobs for ever.
pub async fn run(home: Arc<Home>) {
    loop {
        match once(&home).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(LOOK_EVERY).await,
            Err(fault) => {
                tracing::error!("looking for a job: {fault:#}");
                tokio::time::sleep(LOOK_EVERY * 10).await;
            }
        }
    }
}

/// Does one job if there is one.
///
/// # Errors
/// When the ledger does not answer. A job that fails is recorded as failed.
pub async fn once(home: &Home) -> Result<bool> {
    home.ledger.requeue_stale_jobs(now() - SILENT_SECONDS_MAX, ATTEMPTS_MAX, now()).await.context("looking for dead workers")?;
    let Some(claim) = home.ledger.claim_job(now()).await.context("claiming a job")? else { return Ok(false) };
    tracing::info!(job.id = claim.id, "job begins");
    let beat = tokio::spawn(beat(home.ledger.clone(), claim.clone()));
    let outcome = match claim.kind.as_str() {
        "match_list" => match_list(home, &claim).await,
        other => Err(anyhow::anyhow!("no job is called {other}")),
    };
    beat.abort();
    match outcome {
        Ok(()) => {
            home.ledger.finish_job(&claim, "", now()).await.context("recording the job")?;
            tracing::info!(job.id = claim.id, "job done");
        }
        Err(fault) => {
            tracing::error!(job.id = claim.id, "job failed: {fault:#}");
            // A worker that was believed dead has lost the job: its list is another one's.
            if home.ledger.fail_job(&claim, &format!("{fault:#}"), now()).await.context("recording the failure")? {
                home.ledger.move_list(&claim.subject, ListState::UnderWay, ListState::Failed).await.context("recording the failure")?;
            }
        }
    }
    Ok(true)
}

/// Says that the worker lives, until the job is over or lost.
async fn beat(ledger: Ledger, claim: Claim) {
    loop {
        tokio::time::sleep(BEAT_EVERY).await;
        match ledger.touch_job(&claim, now()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => tracing::warn!(job.id = claim.id, "saying that the worker lives: {fault}"),
        }
    }
}

/// Writes how far a search is, as often as a page may ask, until it is over.
async fn tell_progress(ledger: Ledger, claim: Claim, mut told: watch::Receiver<SearchStep>) {
    loop {
        let step = *told.borrow_and_update();
        let done = if let SearchStep::Searching(hundredths) = step { u64::from(hundredths) } else { 0 };
        let total = if matches!(step, SearchStep::Searching(_)) { 100 } else { 0 };
        let progress = Progress { step: step.code().to_owned(), done, total };
        if let Err(fault) = ledger.progress_job(&claim, &progress, now()).await {
            tracing::warn!(job.id = claim.id, "noting the progress: {fault}");
        }
        if told.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(TELL_EVERY).await;
    }
}

/// The step that was written, as pages show it.
#[must_use]
pub fn step_of(progress: &Progress) -> Option<SearchStep> {
    let hundredths = u8::try_from(progress.done.min(100)).unwrap_or(100);
    [SearchStep::Reading, SearchStep::Searching(hundredths), SearchStep::Placing, SearchStep::Comparing]
        .into_iter()
        .find(|step| step.code() == progress.step)
}

/// The median duration of the searches among these jobs that are done, from the moment they were asked for.
#[must_use]
pub fn usual_seconds(jobs: &[Job]) -> Option<u64> {
    let done = jobs.iter().filter(|job| job.kind == "match_list" && job.state == JobState::Done);
    let mut durations: Vec<u64> =
        done.filter_map(|job| u64::try_from(job.finished_at? - job.created_at).ok()).map(|seconds| seconds.max(1)).collect();
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied()
}

async fn match_list(home: &Home, claim: &Claim) -> Result<()> {
    let Some(noted) = home.ledger.list(&claim.subject).await.context("reading the list")? else { bail!("the list is gone") };
    match noted.state {
        ListState::UnderWay => {}
        // Done by an earlier attempt, or erased meanwhile: nothing is left to do.
        ListState::Ready | ListState::Erased => return lists::discard_file(home, &noted.id),
        ListState::ToCheck | ListState::Failed => bail!("the list was not confirmed"),
    }
    let sheet = lists::sheet(home, &noted.id, &noted.name)?;
    let mapping = lists::mapping(&sheet, Some(&noted.reading.mapping))?;
    let mut checked = tokio::task::spawn_blocking(move || list::check(&sheet, &mapping, today())).await.context("waiting for the check")?;
    let quarter = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Quarter>().ok());
    if let Some((from, to)) = quarter(&noted.reading.first_quarter).zip(quarter(&noted.reading.last_quarter)) {
        lists::keep_period(&mut checked, Period { from, to });
    }
    let (tell, told) = watch::channel(SearchStep::Reading);
    let telling = tokio::spawn(tell_progress(home.ledger.clone(), claim.clone(), told));
    let matched = lists::match_people(home, &noted.id, &checked, &|step| {
        tell.send_replace(step);
    })
    .await;
    telling.abort();
    matched?;
    if !home.ledger.move_list(&noted.id, ListState::UnderWay, ListState::Ready).await.context("recording the list's state")? {
        let now = home.ledger.list(&noted.id).await.context("reading the list")?;
        if now.is_none_or(|list| list.state == ListState::Erased) {
            // Erased while it was matched: what was just written goes too. Ready already, another attempt was faster.
            return lists::erase(home, &noted.id).await;
        }
    }
    lists::discard_file(home, &noted.id)
}

/// Erases the lists whose time is over, and what a killed erasure left; done once an hour by `serve`.
///
/// # Errors
/// When the ledger or the lake does not answer.
pub async fn erase_expired(home: &Home) -> Result<u64> {
    let expired = home.ledger.lists_to_erase(now()).await.context("looking for lists to erase")?;
    let count = expired.len() as u64;
    for list in expired {
        lists::erase_for_good(home, &list.id, RETENTION_RECEIPT).await?;
    }
    let _writing = home.writing().await?;
    lists::sweep(home).await?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_back_as_it_was_written() {
        let written = |step: &str, done| Progress { step: step.to_owned(), done, total: 100 };
        assert_eq!(step_of(&written("searching", 37)), Some(SearchStep::Searching(37)));
        assert_eq!(step_of(&written("placing", 0)), Some(SearchStep::Placing));
        assert_eq!(step_of(&Progress::default()), None, "nothing has begun");
    }

    #[test]
    fn the_usual_duration_is_the_median_of_searches_that_ended() {
        let job = |kind: &str, state, seconds: i64| Job {
            id: String::new(),
            kind: kind.to_owned(),
            subject: String::new(),
            state,
            progress: Progress::default(),
            message: String::new(),
            attempt: 1,
            created_at: 1_000,
            started_at: Some(1_000),
            touched_at: 1_000,
            finished_at: Some(1_000 + seconds),
        };
        assert_eq!(usual_seconds(&[job("match_list", JobState::Failed, 9), job("ingest", JobState::Done, 9)]), None);
        let searches = [3, 90, 0].map(|seconds| job("match_list", JobState::Done, seconds));
        assert_eq!(usual_seconds(&searches), Some(3));
        assert_eq!(usual_seconds(&searches[2..]), Some(1), "never no time at all");
    }
}
