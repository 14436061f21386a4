//! Decisions of the review of uncertain pairs: who decided what on which pair of a list, and what was undone.
//!
//! A pair is a number: whom it speaks of is known in the identifying zone only. Decisions are appended; the last one that is not undone counts. They go with the
//! list: who erases it forgets them.

use std::collections::BTreeMap;

use sqlx::Row as _;

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

codes! {
    /// What a reviewer says of a pair.
    Verdict, "verdict", {
        /// Both rows are one person.
        Same = "meme",
        /// They are two.
        Different = "differentes",
        /// It cannot be told.
        Unsure = "doute",
    }
}

/// The same decision for one pair or more, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// The list.
    pub list: String,
    /// Its pairs.
    pub pairs: Vec<u64>,
    /// What is said of each.
    pub verdict: Verdict,
    /// By whom.
    pub account: String,
    /// Identifier of the gesture, chosen by the caller; the same one again is the same gesture.
    pub batch: String,
    /// Whether the scores were hidden.
    pub is_blind: bool,
}

/// The decision that counts for a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What was said.
    pub verdict: Verdict,
    /// By whom.
    pub account: String,
    /// Whether the scores were hidden.
    pub is_blind: bool,
    /// When.
    pub decided_at: i64,
}

impl Ledger {
    /// Notes a decision on pairs, all or none; `false` when the gesture was noted already or the list is erased, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database, among them a list that does not exist.
    pub async fn decide_pairs(&self, decision: &NewDecision, now: i64) -> Result<bool> {
        let attempt = "note a decision on pairs";
        let mut transaction = self.pool.begin().await.attempt(attempt)?;
        // Writes first: whoever else decides on this list waits in line.
        let open = sqlx::query("UPDATE lists SET mapping = mapping WHERE id = $1 AND erased_at IS NULL")
            .bind(decision.list.clone())
            .execute(&mut *transaction)
            .await
            .attempt(attempt)?;
        let noted = sqlx::query("SELECT COUNT(*) AS noted FROM review_decisions WHERE list = $1 AND batch = $2")
            .bind(decision.list.clone())
            .bind(decision.batch.clone())
            .fetch_one(&mut *transaction)
            .await
            .attempt(attempt)?;
        let noted: i64 = noted.try_get("noted").attempt(attempt)?;
        let is_new = open.rows_affected() == 1 && noted == 0;
        for pair in decision.pairs.iter().filter(|_| is_new) {
            sqlx::query(
                "INSERT INTO review_decisions (list, sequence, pair, verdict, account, batch, blind, decided_at)
                 SELECT $1, COALESCE(MAX(sequence), 0) + 1, $2, $3, $4, $5, $6, $7 FROM review_decisions WHERE list = $1",
            )
            .bind(decision.list.clone())
            .bind(stored_count(*pair, attempt)?)
            .bind(decision.verdict.as_str())
            .bind(decision.account.clone())
            .bind(decision.batch.clone())
            .bind(i64::from(decision.is_blind))
            .bind(now)
            .execute(&mut *transaction)
            .await
            .attempt(attempt)?;
        }
        transaction.commit().await.attempt(attempt)?;
        Ok(is_new)
    }

    /// Undoes the last gesture of this account on this list; gives the pairs that it was about, none when there is nothing to undo.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn undo_decision(&self, list: &str, account: &str, now: i64) -> Result<Vec<u64>> {
        let attempt = "undo a decision on pairs";
        let rows = sqlx::query(
            "UPDATE review_decisions SET undone_at = $3 WHERE list = $1 AND undone_at IS NULL AND batch = (
                 SELECT batch FROM review_decisions WHERE list = $1 AND account = $2 AND undone_at IS NULL ORDER BY sequence DESC LIMIT 1)
             RETURNING pair",
        )
        .bind(list.to_owned())
        .bind(account.to_owned())
        .bind(now)
        .fetch_all(&self.pool)
        .await
        .attempt(attempt)?;
        rows.iter().map(|row| Fields::new(row, attempt).count("pair")).collect()
    }

    /// The decision that counts for each pair of a list.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn decisions(&self, list: &str) -> Result<BTreeMap<u64, Decision>> {
        let rows = sqlx::query("SELECT * FROM review_decisions WHERE list = $1 AND undone_at IS NULL ORDER BY sequence")
            .bind(list.to_owned())
            .fetch_all(&self.pool)
            .await
            .attempt("read the decisions on pairs")?;
        let mut decisions = BTreeMap::new();
        for row in &rows {
            let fields = Fields::new(row, "read the decisions on pairs");
            let decision = Decision {
                verdict: fields.code("verdict")?,
                account: fields.text("account")?,
                is_blind: fields.fact("blind")?,
                decided_at: fields.time("decided_at")?,
            };
            decisions.insert(fields.count("pair")?, decision);
        }
        Ok(decisions)
    }

    /// Forgets the decisions on the pairs of a list: it is erased, or was matched anew and its pairs are others.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn forget_decisions(&self, list: &str) -> Result<u64> {
        let done = sqlx::query("DELETE FROM review_decisions WHERE list = $1")
            .bind(list.to_owned())
            .execute(&self.pool)
            .await
            .attempt("forget the decisions on pairs")?;
        Ok(done.rows_affected())
    }
}
