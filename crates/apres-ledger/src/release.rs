//! Releases: what was said, to whom, from which version of the lake and of the policy.
//!
//! Kept as texts made and checked by `apres-protect`; nothing is decided here. A release is written once: the same identifier again only notes
//! who read it.

use sqlx::any::AnyRow;

use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

/// A release to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    /// Its content, and who it was decided for.
    pub record: ReleaseRecord,
    /// Organisation that it is shown to; empty for the public.
    pub organisation: String,
    /// Account that it is shown to; empty for the public.
    pub account: String,
}

/// A release as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRecord {
    /// Digest of the release.
    pub id: String,
    /// Digest of the request.
    pub request_digest: String,
    /// Version of the lake that was counted.
    pub lake_version: u64,
    /// Version of the disclosure policy.
    pub policy_version: String,
    /// The request in its canonical form.
    pub request: String,
    /// The release with its digest.
    pub release: String,
    /// The list that it is about.
    pub list: Option<String>,
    /// When it was first recorded.
    pub recorded_at: i64,
}

impl Ledger {
    /// Records a release and that this organisation was shown it; `false` when it was recorded before and is unchanged.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn record_release(&self, release: &NewRelease, now: i64) -> Result<bool> {
        let attempt = "record a release";
        let record = &release.record;
        let mut transaction = self.pool.begin().await.attempt(attempt)?;
        let written = sqlx::query(
            "INSERT INTO releases (id, request_digest, lake_version, policy_version, request, release, list, recorded_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .bind(record.id.clone())
        .bind(record.request_digest.clone())
        .bind(stored_count(record.lake_version, attempt)?)
        .bind(record.policy_version.clone())
        .bind(record.request.clone())
        .bind(record.release.clone())
        .bind(record.list.clone())
        .bind(record.recorded_at)
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        sqlx::query(
            "INSERT INTO release_readings (release, organisation, account, read_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (release, organisation) DO UPDATE SET account = excluded.account, read_at = excluded.read_at",
        )
        .bind(record.id.clone())
        .bind(release.organisation.clone())
        .bind(release.account.clone())
        .bind(now)
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        transaction.commit().await.attempt(attempt)?;
        Ok(written.rows_affected() == 1)
    }

    /// A release by its digest.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn release(&self, id: &str) -> Result<Option<ReleaseRecord>> {
        sqlx::query("SELECT * FROM releases WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read a release")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The release that answers this request from this version of the lake under this policy, if it was asked before.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn find_release(&self, request_digest: &str, lake_version: u64, policy_version: &str) -> Result<Option<ReleaseRecord>> {
        let attempt = "find a release";
        sqlx::query(
            "SELECT * FROM releases WHERE request_digest = $1 AND lake_version = $2 AND policy_version = $3
             ORDER BY recorded_at, id LIMIT 1",
        )
        .bind(request_digest.to_owned())
        .bind(stored_count(lake_version, attempt)?)
        .bind(policy_version.to_owned())
        .fetch_optional(&self.pool)
        .await
        .attempt(attempt)?
        .map(|row| from_row(&row))
        .transpose()
    }

    /// The releases that an organisation was shown last, latest first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn recent_releases(&self, organisation: &str, limit: u32) -> Result<Vec<ReleaseRecord>> {
        sqlx::query(
            "SELECT releases.* FROM releases JOIN release_readings ON release_readings.release = releases.id
             WHERE release_readings.organisation = $1 ORDER BY release_readings.read_at DESC, releases.id LIMIT $2",
        )
        .bind(organisation.to_owned())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .attempt("list the releases shown to an organisation")?
        .iter()
        .map(from_row)
        .collect()
    }
}

fn from_row(row: &AnyRow) -> Result<ReleaseRecord> {
    let fields = Fields::new(row, "read a release");
    Ok(ReleaseRecord {
        id: fields.text("id")?,
        request_digest: fields.text("request_digest")?,
        lake_version: fields.count("lake_version")?,
        policy_version: fields.text("policy_version")?,
        request: fields.text("request")?,
        release: fields.text("release")?,
        list: fields.optional_text("list")?,
        recorded_at: fields.time("recorded_at")?,
    })
}
