//! Lists of participants: who deposited which, on which ground, where it stands, until when.
//!
//! Only facts about the deposit are here. Rows, cells and what they name live in the identifying zone; `mapping` says what each column
//! means, by position, and is emptied by the erasure. A list belongs to an organisation: pages read with [`Ledger::list_of`].

use sqlx::any::AnyRow;

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::job::insert_job;
use crate::registry::{ListSlot, ListVerdict, Registration};
use crate::{Ledger, NewJob, Result};

codes! {
    /// Where a list stands.
    ListState, "state of a list", {
        /// Read; waits for its depositor to check the columns and confirm.
        ToCheck = "a_verifier",
        /// Confirmed; queued or being searched.
        UnderWay = "en_cours",
        /// Its report can be read.
        Ready = "prete",
        /// The search failed.
        Failed = "echec",
        /// Erased; the receipt remains.
        Erased = "effacee",
    }
}

/// A list just deposited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewList {
    /// Identifier chosen by the caller, safe in a URL.
    pub id: String,
    /// Organisation that it belongs to.
    pub organisation: String,
    /// Account that deposited it.
    pub deposited_by: String,
    /// Name shown: the file's.
    pub name: String,
    /// When its content is erased whatever happens.
    pub retention_until: i64,
}

/// What reading a list's file told about the file itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListReading {
    /// Programme that it is about, when one.
    pub programme: Option<String>,
    /// Rows of the depositor's own file.
    pub rows: Option<u64>,
    /// First quarter of exit, in the request's notation.
    pub first_quarter: Option<String>,
    /// Last quarter of exit.
    pub last_quarter: Option<String>,
    /// JSON chosen by the caller: what each column means, by position. No header, no cell.
    pub mapping: String,
}

/// What the depositor declares when confirming, as codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListConfirmation {
    /// Why the list is held.
    pub purpose: String,
    /// On which ground.
    pub legal_basis: String,
}

/// A list as last known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Identifier.
    pub id: String,
    /// Organisation that it belongs to.
    pub organisation: String,
    /// Account that deposited it.
    pub deposited_by: String,
    /// Name shown.
    pub name: String,
    /// Where it stands.
    pub state: ListState,
    /// What its file told.
    pub reading: ListReading,
    /// What was declared, once confirmed.
    pub confirmation: Option<ListConfirmation>,
    /// When it was deposited.
    pub created_at: i64,
    /// When its content is erased whatever happens.
    pub retention_until: i64,
    /// When it was erased.
    pub erased_at: Option<i64>,
    /// Proof of the erasure, to be quoted.
    pub receipt: Option<String>,
}

impl Ledger {
    /// Notes a deposit, to be checked; `false` when the identifier is taken, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database, among them an organisation that does not exist.
    pub async fn create_list(&self, list: &NewList, now: i64) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO lists (id, organisation, deposited_by, name, state, mapping, created_at, retention_until)
             VALUES ($1, $2, $3, $4, $5, '{}', $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(list.id.clone())
        .bind(list.organisation.clone())
        .bind(list.deposited_by.clone())
        .bind(list.name.clone())
        .bind(ListState::ToCheck.as_str())
        .bind(now)
        .bind(list.retention_until)
        .execute(&self.pool)
        .await
        .attempt("note a deposit")?;
        Ok(done.rows_affected() == 1)
    }

    /// Replaces what the file told; `false` unless the list waits to be checked.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn save_list_reading(&self, id: &str, reading: &ListReading) -> Result<bool> {
        let attempt = "note the reading of a list";
        let rows = reading.rows.map(|rows| stored_count(rows, attempt)).transpose()?;
        let done = sqlx::query(
            "UPDATE lists SET programme = $3, row_count = $4, first_quarter = $5, last_quarter = $6, mapping = $7 WHERE id = $1 AND state = $2",
        )
        .bind(id.to_owned())
        .bind(ListState::ToCheck.as_str())
        .bind(reading.programme.clone())
        .bind(rows)
        .bind(reading.first_quarter.clone())
        .bind(reading.last_quarter.clone())
        .bind(reading.mapping.clone())
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        Ok(done.rows_affected() == 1)
    }

    /// Confirms a list for what it is about, registers it, puts it under way and queues its search, all or nothing. A second confirmation does nothing, nor
    /// does one for what another list of the organisation is about, once something was said of that one; until then the new one takes its place.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn confirm_list(
        &self,
        id: &str,
        said: &ListConfirmation,
        slot: &ListSlot,
        search: &NewJob,
        now: i64,
    ) -> Result<Registration> {
        let attempt = "confirm a list";
        let mut transaction = self.pool.begin().await.attempt(attempt)?;
        let done = sqlx::query(
            "UPDATE lists SET state = $3, purpose = $4, legal_basis = $5, programme = $6, first_quarter = $7, last_quarter = $8
             WHERE id = $1 AND state = $2",
        )
        .bind(id.to_owned())
        .bind(ListState::ToCheck.as_str())
        .bind(ListState::UnderWay.as_str())
        .bind(said.purpose.clone())
        .bind(said.legal_basis.clone())
        .bind(slot.programme.clone())
        .bind(slot.first_quarter.clone())
        .bind(slot.last_quarter.clone())
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        if done.rows_affected() != 1 {
            return Ok(Registration::NotWaiting);
        }
        sqlx::query(
            "DELETE FROM registered_lists WHERE said_at IS NULL AND programme = $2 AND first_quarter = $3 AND last_quarter = $4
             AND organisation = (SELECT organisation FROM lists WHERE id = $1)",
        )
        .bind(id.to_owned())
        .bind(slot.programme.clone())
        .bind(slot.first_quarter.clone())
        .bind(slot.last_quarter.clone())
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        let registered = sqlx::query(
            "INSERT INTO registered_lists (list, organisation, programme, first_quarter, last_quarter, print, verdict, registered_at, erased)
             SELECT id, organisation, programme, first_quarter, last_quarter, '', $2, $3, 0 FROM lists WHERE id = $1 ON CONFLICT DO NOTHING",
        )
        .bind(id.to_owned())
        .bind(ListVerdict::Pending.as_str())
        .bind(now)
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        if registered.rows_affected() != 1 {
            return Ok(Registration::SlotTaken);
        }
        insert_job(&mut *transaction, search, now).await?;
        transaction.commit().await.attempt(attempt)?;
        Ok(Registration::Registered)
    }

    /// Moves a list from one state to another; `false` when it is not in the first, and then nothing changes. Erasure is
    /// [`Ledger::erase_list`]'s, and no list comes back from it.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn move_list(&self, id: &str, from: ListState, to: ListState) -> Result<bool> {
        if from == ListState::Erased || to == ListState::Erased {
            return Ok(false);
        }
        let done = sqlx::query("UPDATE lists SET state = $3 WHERE id = $1 AND state = $2")
            .bind(id.to_owned())
            .bind(from.as_str())
            .bind(to.as_str())
            .execute(&self.pool)
            .await
            .attempt("move a list to another state")?;
        Ok(done.rows_affected() == 1)
    }

    /// Marks a list as erased and empties its mapping; erase its content first. It leaves the registry unless something was said of it. Returns the list; a
    /// second call keeps the first receipt.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn erase_list(&self, id: &str, receipt: &str, now: i64) -> Result<Option<List>> {
        let attempt = "erase a list";
        let mut transaction = self.pool.begin().await.attempt(attempt)?;
        sqlx::query("UPDATE lists SET state = $2, mapping = '{}', receipt = $3, erased_at = $4 WHERE id = $1 AND state <> $2")
            .bind(id.to_owned())
            .bind(ListState::Erased.as_str())
            .bind(receipt.to_owned())
            .bind(now)
            .execute(&mut *transaction)
            .await
            .attempt(attempt)?;
        for statement in
            ["DELETE FROM registered_lists WHERE list = $1 AND said_at IS NULL", "UPDATE registered_lists SET erased = 1 WHERE list = $1"]
        {
            sqlx::query(statement).bind(id.to_owned()).execute(&mut *transaction).await.attempt(attempt)?;
        }
        transaction.commit().await.attempt(attempt)?;
        self.list(id).await
    }

    /// A list by its identifier, whoever it belongs to: for the worker and the operator, not for a page.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn list(&self, id: &str) -> Result<Option<List>> {
        sqlx::query("SELECT * FROM lists WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read a list")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// A list by its identifier if it belongs to this organisation; another's is not told apart from none.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn list_of(&self, organisation: &str, id: &str) -> Result<Option<List>> {
        sqlx::query("SELECT * FROM lists WHERE id = $1 AND organisation = $2")
            .bind(id.to_owned())
            .bind(organisation.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read a list of an organisation")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The lists of an organisation, latest first, erased ones too.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn lists_of(&self, organisation: &str) -> Result<Vec<List>> {
        sqlx::query("SELECT * FROM lists WHERE organisation = $1 ORDER BY created_at DESC, id")
            .bind(organisation.to_owned())
            .fetch_all(&self.pool)
            .await
            .attempt("list the lists of an organisation")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// The lists deposited before this time whose file still waits for its depositor, or whose search failed; oldest first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn lists_waiting_since(&self, before: i64) -> Result<Vec<List>> {
        sqlx::query("SELECT * FROM lists WHERE created_at < $1 AND state IN ($2, $3) ORDER BY created_at, id")
            .bind(before)
            .bind(ListState::ToCheck.as_str())
            .bind(ListState::Failed.as_str())
            .fetch_all(&self.pool)
            .await
            .attempt("find the lists that wait")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// The lists whose content must be erased now, oldest first.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn lists_to_erase(&self, now: i64) -> Result<Vec<List>> {
        sqlx::query("SELECT * FROM lists WHERE retention_until <= $1 AND state <> $2 ORDER BY retention_until, id")
            .bind(now)
            .bind(ListState::Erased.as_str())
            .fetch_all(&self.pool)
            .await
            .attempt("find the lists to erase")?
            .iter()
            .map(from_row)
            .collect()
    }
}

fn from_row(row: &AnyRow) -> Result<List> {
    let fields = Fields::new(row, "read a list");
    let purpose = fields.optional_text("purpose")?;
    let legal_basis = fields.optional_text("legal_basis")?;
    Ok(List {
        id: fields.text("id")?,
        organisation: fields.text("organisation")?,
        deposited_by: fields.text("deposited_by")?,
        name: fields.text("name")?,
        state: fields.code("state")?,
        reading: ListReading {
            programme: fields.optional_text("programme")?,
            rows: fields.optional_count("row_count")?,
            first_quarter: fields.optional_text("first_quarter")?,
            last_quarter: fields.optional_text("last_quarter")?,
            mapping: fields.text("mapping")?,
        },
        confirmation: purpose.zip(legal_basis).map(|(purpose, legal_basis)| ListConfirmation { purpose, legal_basis }),
        created_at: fields.time("created_at")?,
        retention_until: fields.time("retention_until")?,
        erased_at: fields.optional_time("erased_at")?,
        receipt: fields.optional_text("receipt")?,
    })
}
