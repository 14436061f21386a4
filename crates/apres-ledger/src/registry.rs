//! The registry of lists: one per organisation, programme and period, and what is remembered of each once it is erased.
//!
//! The print is a text made by `apres-protect`, from which nobody can be named. A list of which something was said stays registered after its erasure; one of
//! which nothing was said leaves nothing behind.

use sqlx::any::AnyRow;

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

codes! {
    /// What was decided of a list when it was compared with the others.
    ListVerdict, "verdict on a list", {
        /// Not compared yet.
        Pending = "pending",
        /// Its report may be made.
        Accepted = "accepted",
        /// Nearly the same rows as another list.
        NearRows = "near_rows",
        /// Nearly the same people found as in another list.
        NearFound = "near_found",
        /// Other people than those of a list that was erased, for the same programme and period.
        Replaces = "replaces",
    }
}

/// What a list is about: there is one list for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSlot {
    /// Programme, as a code.
    pub programme: String,
    /// First quarter of exit, in the request's notation.
    pub first_quarter: String,
    /// Last quarter of exit.
    pub last_quarter: String,
}

/// What became of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// The list is registered and its search queued.
    Registered,
    /// The organisation has a list for the same programme and period.
    SlotTaken,
    /// The list was not waiting to be confirmed.
    NotWaiting,
}

/// A registered list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredList {
    /// Identifier of the list.
    pub list: String,
    /// Organisation.
    pub organisation: String,
    /// What it is about.
    pub slot: ListSlot,
    /// Its print; empty until it was searched.
    pub print: String,
    /// What was decided.
    pub verdict: ListVerdict,
    /// First version of the panel that holds it.
    pub lake_version: Option<u64>,
    /// When something was first said of it.
    pub said_at: Option<i64>,
    /// Whether it was erased; it leaves its place to the same people only.
    pub is_erased: bool,
}

impl Ledger {
    /// A registered list.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn registered_list(&self, list: &str) -> Result<Option<RegisteredList>> {
        sqlx::query("SELECT * FROM registered_lists WHERE list = $1")
            .bind(list.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read a registered list")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// Writes the print of a list before it is compared: of two lists that are searched at the same moment, at least one sees the other. `false` when it was
    /// judged already.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn save_list_print(&self, list: &str, print: &str, lake_version: u64) -> Result<bool> {
        let attempt = "write the print of a list";
        let done = sqlx::query("UPDATE registered_lists SET print = $2, lake_version = $3 WHERE list = $1 AND verdict = 'pending'")
            .bind(list.to_owned())
            .bind(print.to_owned())
            .bind(stored_count(lake_version, attempt)?)
            .execute(&self.pool)
            .await
            .attempt(attempt)?;
        Ok(done.rows_affected() == 1)
    }

    /// The other lists to compare a list with, of every organisation: those accepted, and those being searched.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn other_registered_lists(&self, list: &str) -> Result<Vec<RegisteredList>> {
        sqlx::query("SELECT * FROM registered_lists WHERE list <> $1 AND verdict IN ('pending', 'accepted') AND print <> '' ORDER BY list")
            .bind(list.to_owned())
            .fetch_all(&self.pool)
            .await
            .attempt("read the registered lists")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Writes what was decided of a list; `false` when it was decided before, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn judge_list(&self, list: &str, verdict: ListVerdict) -> Result<bool> {
        let done = sqlx::query("UPDATE registered_lists SET verdict = $2 WHERE list = $1 AND verdict = 'pending'")
            .bind(list.to_owned())
            .bind(verdict.as_str())
            .execute(&self.pool)
            .await
            .attempt("judge a list")?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that something was said of a list.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn note_list_said(&self, list: &str, now: i64) -> Result<()> {
        sqlx::query("UPDATE registered_lists SET said_at = $2 WHERE list = $1 AND said_at IS NULL")
            .bind(list.to_owned())
            .bind(now)
            .execute(&self.pool)
            .await
            .attempt("note that a list was told about")?;
        Ok(())
    }

    /// Forgets the lists whose last exit is before this quarter (in the request's notation, which sorts); how many.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn forget_registered_lists(&self, before: &str) -> Result<u64> {
        let done = sqlx::query("DELETE FROM registered_lists WHERE last_quarter < $1")
            .bind(before.to_owned())
            .execute(&self.pool)
            .await
            .attempt("forget the lists of long ago")?;
        Ok(done.rows_affected())
    }
}

fn from_row(row: &AnyRow) -> Result<RegisteredList> {
    let fields = Fields::new(row, "read a registered list");
    Ok(RegisteredList {
        list: fields.text("list")?,
        organisation: fields.text("organisation")?,
        slot: ListSlot {
            programme: fields.text("programme")?,
            first_quarter: fields.text("first_quarter")?,
            last_quarter: fields.text("last_quarter")?,
        },
        print: fields.text("print")?,
        verdict: fields.code("verdict")?,
        lake_version: fields.optional_count("lake_version")?,
        said_at: fields.optional_time("said_at")?,
        is_erased: fields.fact("erased")?,
    })
}
