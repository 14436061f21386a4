//! Jobs: long work asked for by a page or a command, done by a worker.
//!
//! Two workers never hold the same attempt of a job. A worker that was believed dead and comes back has lost its claim: what it then reports is
//! ignored. Kind, subject, step and message are for the operator: codes and identifiers, never a person.

use sqlx::any::AnyRow;
use sqlx::{Any, Executor};

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

codes! {
    /// Where a job stands.
    JobState, "state of a job", {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker has it.
        Running = "running",
        /// Done.
        Done = "done",
        /// Failed; someone must act.
        Failed = "failed",
    }
}

/// A job to queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Identifier chosen by the caller; the same one again is the same job.
    pub id: String,
    /// What to do (`match_list`, `ingest`).
    pub kind: String,
    /// To what: a list's identifier, a month.
    pub subject: String,
}

/// A job as last known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Identifier.
    pub id: String,
    /// What to do.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// Where it stands.
    pub state: JobState,
    /// What the worker is at.
    pub progress: Progress,
    /// Result or reason of the failure; empty until then.
    pub message: String,
    /// How many times it was started.
    pub attempt: u64,
    /// When it was queued.
    pub created_at: i64,
    /// When the last attempt began.
    pub started_at: Option<i64>,
    /// When it last changed.
    pub touched_at: i64,
    /// When it was done or failed.
    pub finished_at: Option<i64>,
}

/// How far a job is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The step, as a code of the message table.
    pub step: String,
    /// Units done in this step.
    pub done: u64,
    /// Units of this step; 0 when unknown.
    pub total: u64,
}

/// One attempt at a job, held by one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The job.
    pub id: String,
    /// What to do.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// Which attempt, from 1.
    pub attempt: u64,
}

impl Ledger {
    /// Queues a job; `false` when this identifier was queued before, whatever became of it.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn enqueue_job(&self, job: &NewJob, now: i64) -> Result<bool> {
        insert_job(&self.pool, job, now).await
    }

    /// Takes the job that has waited longest; `None` when none waits.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn claim_job(&self, now: i64) -> Result<Option<Claim>> {
        let attempt = "claim a job";
        loop {
            let waiting = sqlx::query("SELECT id FROM jobs WHERE state = 'queued' ORDER BY created_at, id LIMIT 1")
                .fetch_optional(&self.pool)
                .await
                .attempt(attempt)?;
            let Some(waiting) = waiting else { return Ok(None) };
            // Read to the end, unlike `fetch_optional`: SQLite commits when the statement is over, and its refusal must be heard.
            let claimed = sqlx::query(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, started_at = $2, touched_at = $2, finished_at = NULL,
                     step = '', done = 0, total = 0, message = ''
                 WHERE id = $1 AND state = 'queued' RETURNING id, kind, subject, attempt",
            )
            .bind(Fields::new(&waiting, attempt).text("id")?)
            .bind(now)
            .fetch_all(&self.pool)
            .await
            .attempt(attempt)?;
            // None: another worker was faster, so look again; each turn of the loop is a job that someone took.
            let Some(row) = claimed.first() else { continue };
            let fields = Fields::new(row, attempt);
            return Ok(Some(Claim {
                id: fields.text("id")?,
                kind: fields.text("kind")?,
                subject: fields.text("subject")?,
                attempt: fields.count("attempt")?,
            }));
        }
    }

    /// Says how far the work is, which also shows that the worker lives; `false` when the claim is lost: stop.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn progress_job(&self, claim: &Claim, progress: &Progress, now: i64) -> Result<bool> {
        let attempt = "note the progress of a job";
        let done = sqlx::query(
            "UPDATE jobs SET step = $3, done = $4, total = $5, touched_at = $6 WHERE id = $1 AND attempt = $2 AND state = 'running'",
        )
        .bind(claim.id.clone())
        .bind(stored_count(claim.attempt, attempt)?)
        .bind(progress.step.clone())
        .bind(stored_count(progress.done, attempt)?)
        .bind(stored_count(progress.total, attempt)?)
        .bind(now)
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        Ok(done.rows_affected() == 1)
    }

    /// Says that the worker lives, and nothing of how far it is; `false` when the claim is lost.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn touch_job(&self, claim: &Claim, now: i64) -> Result<bool> {
        let attempt = "note that a worker lives";
        let done = sqlx::query("UPDATE jobs SET touched_at = $3 WHERE id = $1 AND attempt = $2 AND state = 'running'")
            .bind(claim.id.clone())
            .bind(stored_count(claim.attempt, attempt)?)
            .bind(now)
            .execute(&self.pool)
            .await
            .attempt(attempt)?;
        Ok(done.rows_affected() == 1)
    }

    /// Marks a job as done; `false` when the claim is lost, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn finish_job(&self, claim: &Claim, message: &str, now: i64) -> Result<bool> {
        self.close_job(claim, JobState::Done, message, now).await
    }

    /// Marks a job as failed; `false` when the claim is lost, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn fail_job(&self, claim: &Claim, message: &str, now: i64) -> Result<bool> {
        self.close_job(claim, JobState::Failed, message, now).await
    }

    /// Queues a failed job again; `false` when it is not a failed job.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn retry_job(&self, id: &str, now: i64) -> Result<bool> {
        let done = sqlx::query("UPDATE jobs SET state = 'queued', touched_at = $2, finished_at = NULL WHERE id = $1 AND state = 'failed'")
            .bind(id.to_owned())
            .bind(now)
            .execute(&self.pool)
            .await
            .attempt("retry a job")?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes back the jobs whose worker has said nothing since `silent_since`: queued again, or failed with the message `abandoned` after
    /// `attempts_max` attempts. Returns how many.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn requeue_stale_jobs(&self, silent_since: i64, attempts_max: u64, now: i64) -> Result<u64> {
        let attempt = "take back the jobs of dead workers";
        let done = sqlx::query(
            "UPDATE jobs SET
                 state = CASE WHEN attempt < $2 THEN 'queued' ELSE 'failed' END,
                 message = CASE WHEN attempt < $2 THEN '' ELSE 'abandoned' END,
                 finished_at = CASE WHEN attempt < $2 THEN NULL ELSE $3 END,
                 touched_at = $3
             WHERE state = 'running' AND touched_at < $1",
        )
        .bind(silent_since)
        .bind(stored_count(attempts_max, attempt)?)
        .bind(now)
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        Ok(done.rows_affected())
    }

    /// A job by its identifier.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn job(&self, id: &str) -> Result<Option<Job>> {
        sqlx::query("SELECT * FROM jobs WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read a job")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The latest job of a kind about a subject.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn latest_job(&self, kind: &str, subject: &str) -> Result<Option<Job>> {
        sqlx::query("SELECT * FROM jobs WHERE kind = $1 AND subject = $2 ORDER BY created_at DESC, id DESC LIMIT 1")
            .bind(kind.to_owned())
            .bind(subject.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read the latest job")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The jobs that changed last, latest first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<Job>> {
        sqlx::query("SELECT * FROM jobs ORDER BY touched_at DESC, id LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .attempt("list jobs")?
            .iter()
            .map(from_row)
            .collect()
    }

    async fn close_job(&self, claim: &Claim, state: JobState, message: &str, now: i64) -> Result<bool> {
        let attempt = "close a job";
        let done = sqlx::query(
            "UPDATE jobs SET state = $3, message = $4, finished_at = $5, touched_at = $5 WHERE id = $1 AND attempt = $2 AND state = 'running'",
        )
        .bind(claim.id.clone())
        .bind(stored_count(claim.attempt, attempt)?)
        .bind(state.as_str())
        .bind(message.to_owned())
        .bind(now)
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        Ok(done.rows_affected() == 1)
    }
}

/// Queues a job, within a transaction or not; `false` when this identifier was queued before.
pub(crate) async fn insert_job(executor: impl Executor<'_, Database = Any>, job: &NewJob, now: i64) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO jobs (id, kind, subject, state, step, done, total, message, attempt, created_at, touched_at)
         VALUES ($1, $2, $3, 'queued', '', 0, 0, '', 0, $4, $4) ON CONFLICT DO NOTHING",
    )
    .bind(job.id.clone())
    .bind(job.kind.clone())
    .bind(job.subject.clone())
    .bind(now)
    .execute(executor)
    .await
    .attempt("queue a job")?;
    Ok(done.rows_affected() == 1)
}

fn from_row(row: &AnyRow) -> Result<Job> {
    let fields = Fields::new(row, "read a job");
    Ok(Job {
        id: fields.text("id")?,
        kind: fields.text("kind")?,
        subject: fields.text("subject")?,
        state: fields.code("state")?,
        progress: Progress { step: fields.text("step")?, done: fields.count("done")?, total: fields.count("total")? },
        message: fields.text("message")?,
        attempt: fields.count("attempt")?,
        created_at: fields.time("created_at")?,
        started_at: fields.optional_time("started_at")?,
        touched_at: fields.time("touched_at")?,
        finished_at: fields.optional_time("finished_at")?,
    })
}
