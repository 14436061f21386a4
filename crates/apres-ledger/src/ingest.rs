//! Ingests: when files were read into the lake, and what came of it.
//!
//! The report is the caller's JSON; it counts files and declarations and quotes none of their content.

use sqlx::any::AnyRow;

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

codes! {
    /// Where an ingest stands.
    IngestState, "state of an ingest", {
        /// Under way, or killed and not begun again.
        Running = "running",
        /// In the lake.
        Done = "done",
        /// Nothing of it is in the lake.
        Failed = "failed",
    }
}

/// An ingest as last known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingest {
    /// Identifier chosen by the caller.
    pub id: String,
    /// Where it stands.
    pub state: IngestState,
    /// Version of the lake that it made.
    pub lake_version: Option<u64>,
    /// Report, as JSON.
    pub report: String,
    /// When it began.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
}

impl Ledger {
    /// Notes that an ingest begins; the same identifier again begins it again.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn start_ingest(&self, id: &str, now: i64) -> Result<()> {
        sqlx::query(
            "INSERT INTO ingests (id, state, report, started_at) VALUES ($1, 'running', '{}', $2)
             ON CONFLICT (id) DO UPDATE SET state = 'running', lake_version = NULL, report = '{}', started_at = excluded.started_at,
                 finished_at = NULL",
        )
        .bind(id.to_owned())
        .bind(now)
        .execute(&self.pool)
        .await
        .attempt("note the start of an ingest")?;
        Ok(())
    }

    /// Notes that an ingest is in the lake at this version; `false` when it was not under way.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn finish_ingest(&self, id: &str, lake_version: u64, report: &str, now: i64) -> Result<bool> {
        let version = stored_count(lake_version, "note the end of an ingest")?;
        self.close_ingest(id, IngestState::Done, Some(version), report, now).await
    }

    /// Notes that an ingest failed; `false` when it was not under way.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn fail_ingest(&self, id: &str, report: &str, now: i64) -> Result<bool> {
        self.close_ingest(id, IngestState::Failed, None, report, now).await
    }

    /// The latest ingests, latest first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn ingests(&self, limit: u32) -> Result<Vec<Ingest>> {
        sqlx::query("SELECT * FROM ingests ORDER BY started_at DESC, id LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .attempt("list ingests")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// An ingest; `None` when there is none of that identifier.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn ingest(&self, id: &str) -> Result<Option<Ingest>> {
        let found = sqlx::query("SELECT * FROM ingests WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read an ingest")?;
        found.as_ref().map(from_row).transpose()
    }

    async fn close_ingest(&self, id: &str, state: IngestState, version: Option<i64>, report: &str, now: i64) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE ingests SET state = $2, lake_version = $3, report = $4, finished_at = $5 WHERE id = $1 AND state = 'running'",
        )
        .bind(id.to_owned())
        .bind(state.as_str())
        .bind(version)
        .bind(report.to_owned())
        .bind(now)
        .execute(&self.pool)
        .await
        .attempt("note the end of an ingest")?;
        Ok(done.rows_affected() == 1)
    }
}

fn from_row(row: &AnyRow) -> Result<Ingest> {
    let fields = Fields::new(row, "read an ingest");
    Ok(Ingest {
        id: fields.text("id")?,
        state: fields.code("state")?,
        lake_version: fields.optional_count("lake_version")?,
        report: fields.text("report")?,
        started_at: fields.time("started_at")?,
        finished_at: fields.optional_time("finished_at")?,
    })
}
