//! Vintages: the version of the lake that every answer reads until the next one.
//!
//! The latest one is in force. A vintage is written once; when the version that it names cannot be kept (a key was rotated, rows grew too old), another one
//! replaces it, under a name of its own.

use sqlx::any::AnyRow;

use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

/// A vintage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vintage {
    /// Its name: the civil quarter in which it was frozen, `2026T4`, then `2026T4-2` when it had to be replaced.
    pub id: String,
    /// Version of the panel.
    pub lake_version: u64,
    /// Last month of declarations, `year * 12 + month - 1`.
    pub last_month: i64,
    /// When it was frozen.
    pub frozen_at: i64,
    /// Why, as a code (`first`, `quarter`, `rotation`, `purge`).
    pub reason: String,
}

impl Ledger {
    /// Freezes a vintage; `false` when there is one of that name, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn freeze_vintage(&self, vintage: &Vintage) -> Result<bool> {
        let attempt = "freeze a vintage";
        let done = sqlx::query(
            "INSERT INTO vintages (id, lake_version, last_month, frozen_at, reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(vintage.id.clone())
        .bind(stored_count(vintage.lake_version, attempt)?)
        .bind(vintage.last_month)
        .bind(vintage.frozen_at)
        .bind(vintage.reason.clone())
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        Ok(done.rows_affected() == 1)
    }

    /// Every vintage, the one in force first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn vintages(&self) -> Result<Vec<Vintage>> {
        sqlx::query("SELECT * FROM vintages ORDER BY frozen_at DESC, lake_version DESC, id DESC")
            .fetch_all(&self.pool)
            .await
            .attempt("list the vintages")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// The vintage in force; none before the first one.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn vintage(&self) -> Result<Option<Vintage>> {
        Ok(self.vintages().await?.into_iter().next())
    }
}

fn from_row(row: &AnyRow) -> Result<Vintage> {
    let fields = Fields::new(row, "read a vintage");
    Ok(Vintage {
        id: fields.text("id")?,
        lake_version: fields.count("lake_version")?,
        last_month: fields.time("last_month")?,
        frozen_at: fields.time("frozen_at")?,
        reason: fields.text("reason")?,
    })
}
