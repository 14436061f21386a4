//! How many questions an account and its organisation asked in a day, and the alerts that this raised.
//!
//! Counters only: which questions is in the audit. Limits are the caller's.

use sqlx::any::AnyRow;

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::Fields;
use crate::{Ledger, Result};

codes! {
    /// What is counted of a question.
    Asked, "kind of a counted question", {
        /// It was counted and answered anew.
        Counted = "counted",
        /// It was refused.
        Refused = "refused",
        /// It was refused for being near an earlier one; counted among the refused too.
        Near = "near",
    }
}

/// Questions of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Questions {
    /// Counted and answered anew.
    pub counted: u64,
    /// Refused.
    pub refused: u64,
    /// Refused for being near an earlier one.
    pub near: u64,
}

/// Questions of a day, of an account and of its whole organisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuestionDay {
    /// Of the account.
    pub account: Questions,
    /// Of the organisation.
    pub organisation: Questions,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionAlert {
    /// Day, since 1970.
    pub day: i64,
    /// Organisation; empty for the public.
    pub organisation: String,
    /// Account; empty for the public.
    pub account: String,
    /// What was seen, as a code (`near`, `refused`, `budget`).
    pub kind: String,
    /// When.
    pub raised_at: i64,
}

impl Ledger {
    /// Counts a question.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn count_question(&self, day: i64, organisation: &str, account: &str, asked: Asked) -> Result<QuestionDay> {
        let one = |is_counted: bool| i64::from(is_counted);
        sqlx::query(
            "INSERT INTO question_days (day, organisation, account, counted, refused, near) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (day, organisation, account) DO UPDATE SET counted = question_days.counted + excluded.counted,
                 refused = question_days.refused + excluded.refused, near = question_days.near + excluded.near",
        )
        .bind(day)
        .bind(organisation.to_owned())
        .bind(account.to_owned())
        .bind(one(asked == Asked::Counted))
        .bind(one(asked != Asked::Counted))
        .bind(one(asked == Asked::Near))
        .execute(&self.pool)
        .await
        .attempt("count a question")?;
        self.question_day(day, organisation, account).await
    }

    /// What was counted so far in a day.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn question_day(&self, day: i64, organisation: &str, account: &str) -> Result<QuestionDay> {
        let attempt = "read the questions of a day";
        let rows = sqlx::query("SELECT account, counted, refused, near FROM question_days WHERE day = $1 AND organisation = $2")
            .bind(day)
            .bind(organisation.to_owned())
            .fetch_all(&self.pool)
            .await
            .attempt(attempt)?;
        let mut seen = QuestionDay::default();
        for row in &rows {
            let fields = Fields::new(row, attempt);
            let of_row = Questions { counted: fields.count("counted")?, refused: fields.count("refused")?, near: fields.count("near")? };
            if fields.text("account")? == account {
                seen.account = of_row;
            }
            seen.organisation.counted += of_row.counted;
            seen.organisation.refused += of_row.refused;
            seen.organisation.near += of_row.near;
        }
        Ok(seen)
    }

    /// Raises an alert; `false` when it was raised that day.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn raise_alert(&self, alert: &QuestionAlert) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO alerts (day, organisation, account, kind, raised_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(alert.day)
        .bind(alert.organisation.clone())
        .bind(alert.account.clone())
        .bind(alert.kind.clone())
        .bind(alert.raised_at)
        .execute(&self.pool)
        .await
        .attempt("raise an alert")?;
        Ok(done.rows_affected() == 1)
    }

    /// The latest alerts, latest first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn alerts(&self, limit: u32) -> Result<Vec<QuestionAlert>> {
        sqlx::query("SELECT * FROM alerts ORDER BY raised_at DESC, organisation, account, kind LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .attempt("list the alerts")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Forgets the counters and the alerts of the days before this one; how many rows.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn purge_questions(&self, before: i64) -> Result<u64> {
        let attempt = "purge the questions of past days";
        let mut purged = 0;
        for statement in ["DELETE FROM question_days WHERE day < $1", "DELETE FROM alerts WHERE day < $1"] {
            purged += sqlx::query(statement).bind(before).execute(&self.pool).await.attempt(attempt)?.rows_affected();
        }
        Ok(purged)
    }
}

fn from_row(row: &AnyRow) -> Result<QuestionAlert> {
    let fields = Fields::new(row, "read an alert");
    Ok(QuestionAlert {
        day: fields.time("day")?,
        organisation: fields.text("organisation")?,
        account: fields.text("account")?,
        kind: fields.text("kind")?,
        raised_at: fields.time("raised_at")?,
    })
}
