//! The audit trail: who did what, when, with what outcome.
//!
//! Entries are only appended, and each carries the digest of the one before: changing or removing one in the middle shows. Old entries are
//! purged from the start only. An entry holds codes, identifiers and digests; never a person, a criterion or a figure.

use sqlx::any::AnyRow;

use crate::fault::Attempt as _;
use crate::fields::Fields;
use crate::{Ledger, Result, digest};

/// Something that was done or refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditEvent {
    /// Account; empty for the public or the machine.
    pub account: String,
    /// Organisation; empty for the public or the machine.
    pub organisation: String,
    /// What was done, as a code (`sign_in`, `ask`, `erase_list`).
    pub action: String,
    /// To what: an identifier.
    pub subject: String,
    /// Digest of the request, for a question.
    pub request_digest: Option<String>,
    /// What came of it, as a code (`done`, `refused`, a refusal's code).
    pub outcome: String,
}

/// An event in the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Place in the trail, from 1.
    pub sequence: i64,
    /// When.
    pub at: i64,
    /// What.
    pub event: AuditEvent,
    /// Digest of the entry before; empty for the first.
    pub previous: String,
    /// Digest of this entry; may be quoted as a proof.
    pub digest: String,
}

/// Which entries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those of this organisation.
    pub organisation: Option<String>,
    /// Only those before this place, to read on from a page.
    pub before: Option<i64>,
}

impl Ledger {
    /// Appends an event and returns its entry.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn append_audit(&self, event: &AuditEvent, now: i64) -> Result<AuditEntry> {
        loop {
            let entry = entry_after(self.last_audit().await?, event, now);
            if self.insert_audit(&entry).await? {
                return Ok(entry);
            }
            // Somebody else took that place: each turn of the loop is an entry written.
        }
    }

    /// Entries, latest first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn audit(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditEntry>> {
        sqlx::query("SELECT * FROM audit WHERE (organisation = $1 OR $2 = 0) AND sequence < $3 ORDER BY sequence DESC LIMIT $4")
            .bind(filter.organisation.clone().unwrap_or_default())
            .bind(i64::from(filter.organisation.is_some()))
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .attempt("list the audit trail")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// The place of the first entry that is not what was written, or does not follow the one before; `None` when the trail is sound.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn broken_audit(&self) -> Result<Option<i64>> {
        const PAGE: i64 = 1000;
        let mut last: Option<AuditEntry> = None;
        loop {
            let after = last.as_ref().map_or(0, |entry| entry.sequence);
            let rows = sqlx::query("SELECT * FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2")
                .bind(after)
                .bind(PAGE)
                .fetch_all(&self.pool)
                .await
                .attempt("verify the audit trail")?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in &rows {
                let entry = from_row(row)?;
                let follows = last.as_ref().is_none_or(|last| entry.sequence == last.sequence + 1 && entry.previous == last.digest);
                if !follows || entry.digest != digest_of(&entry) {
                    return Ok(Some(entry.sequence));
                }
                last = Some(entry);
            }
        }
    }

    /// Forgets the entries older than `before`, except the last of the trail, so that the next one has something to follow; their number.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn purge_audit(&self, before: i64) -> Result<u64> {
        // Up to the first recent entry, not by time alone: a clock set back must not open a hole.
        let done = sqlx::query(
            "DELETE FROM audit WHERE sequence < COALESCE((SELECT MIN(sequence) FROM audit WHERE at >= $1), (SELECT MAX(sequence) FROM audit))",
        )
        .bind(before)
        .execute(&self.pool)
        .await
        .attempt("purge the audit trail")?;
        Ok(done.rows_affected())
    }

    async fn last_audit(&self) -> Result<Option<AuditEntry>> {
        Ok(self.audit(&AuditFilter::default(), 1).await?.pop())
    }

    async fn insert_audit(&self, entry: &AuditEntry) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO audit (sequence, at, account, organisation, action, subject, request_digest, outcome, previous, digest)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        )
        .bind(entry.sequence)
        .bind(entry.at)
        .bind(entry.event.account.clone())
        .bind(entry.event.organisation.clone())
        .bind(entry.event.action.clone())
        .bind(entry.event.subject.clone())
        .bind(entry.event.request_digest.clone())
        .bind(entry.event.outcome.clone())
        .bind(entry.previous.clone())
        .bind(entry.digest.clone())
        .execute(&self.pool)
        .await
        .attempt("append to the audit trail")?;
        Ok(done.rows_affected() == 1)
    }
}

fn entry_after(last: Option<AuditEntry>, event: &AuditEvent, now: i64) -> AuditEntry {
    let (sequence, previous) = last.map_or((1, String::new()), |last| (last.sequence + 1, last.digest));
    let mut entry = AuditEntry { sequence, at: now, event: event.clone(), previous, digest: String::new() };
    entry.digest = digest_of(&entry);
    entry
}

fn digest_of(entry: &AuditEntry) -> String {
    let event = &entry.event;
    let has_request = if event.request_digest.is_some() { "1" } else { "0" };
    digest::of_parts(&[
        "audit",
        &entry.previous,
        &entry.sequence.to_string(),
        &entry.at.to_string(),
        &event.account,
        &event.organisation,
        &event.action,
        &event.subject,
        has_request,
        event.request_digest.as_deref().unwrap_or_default(),
        &event.outcome,
    ])
}

fn from_row(row: &AnyRow) -> Result<AuditEntry> {
    let fields = Fields::new(row, "read the audit trail");
    Ok(AuditEntry {
        sequence: fields.time("sequence")?,
        at: fields.time("at")?,
        event: AuditEvent {
            account: fields.text("account")?,
            organisation: fields.text("organisation")?,
            action: fields.text("action")?,
            subject: fields.text("subject")?,
            request_digest: fields.optional_text("request_digest")?,
            outcome: fields.text("outcome")?,
        },
        previous: fields.text("previous")?,
        digest: fields.text("digest")?,
    })
}
