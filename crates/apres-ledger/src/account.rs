//! Accounts, and signing in.
//!
//! A wrong address and a wrong password cost the same time and give the same answer, and both count towards the same wait, so that nobody
//! learns who has an account. Attempts are counted before the password is verified: many at once do not get more guesses.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::Fields;
use crate::{Ledger, Result, digest, password};

/// Failures in a row after which the next attempt waits [`WAIT_SECONDS`].
pub const FAILURES_BEFORE_WAIT: i64 = 5;
/// The wait after a few failures.
pub const WAIT_SECONDS: i64 = 60;
/// Failures in a row after which each attempt waits [`LONG_WAIT_SECONDS`].
pub const FAILURES_BEFORE_LONG_WAIT: i64 = 10;
/// The wait after many failures.
pub const LONG_WAIT_SECONDS: i64 = 900;

codes! {
    /// What an account may do.
    Role, "role", {
        /// Reads what became of those who left its establishments; deposits lists.
        Structure = "structure",
        /// Reads its territories.
        Financeur = "financeur",
        /// Runs the installation.
        Admin = "admin",
        /// Reviews uncertain pairs in the identifying zone; sees nothing of the site.
        Relecteur = "relecteur",
    }
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Identifier chosen by the caller.
    pub id: String,
    /// Address in lower case.
    pub email: String,
    /// Name shown.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// Identifier of its organisation.
    pub organisation: String,
    /// It may no longer sign in, and its open sessions must be refused.
    pub is_disabled: bool,
}

/// An account to create.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Identifier, new.
    pub id: String,
    /// Address; stored trimmed and in lower case.
    pub email: String,
    /// Name shown.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// Identifier of its organisation, which exists.
    pub organisation: String,
    /// Made by [`password::hash`] on a blocking thread.
    pub password_hash: String,
}

/// What came of an attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// The password is the account's.
    Accepted(Account),
    /// Unknown address, wrong password or disabled account: the three are not told apart.
    Refused,
    /// Too many failures on this address, with or without an account: try again at this time.
    Wait {
        /// Unix seconds.
        until: i64,
    },
}

impl Ledger {
    /// Creates an account; `false` when its identifier or its address is taken, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database, among them an organisation that does not exist.
    pub async fn create_account(&self, account: &NewAccount, now: i64) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO accounts (id, email, display_name, role, organisation, password_hash, disabled, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT DO NOTHING",
        )
        .bind(account.id.clone())
        .bind(normalised(&account.email))
        .bind(account.display_name.clone())
        .bind(account.role.as_str().to_owned())
        .bind(account.organisation.clone())
        .bind(account.password_hash.clone())
        .bind(now)
        .execute(&self.pool)
        .await
        .attempt("create an account")?;
        Ok(done.rows_affected() == 1)
    }

    /// Signs in: counts the attempt, verifies the password on a blocking thread, and forgets the failures when it is right.
    ///
    /// # Errors
    ///
    /// A fault of the database or of the stored hash.
    pub async fn authenticate(&self, email: &str, password: &str, now: i64) -> Result<SignIn> {
        let attempt = "sign in";
        let email = normalised(email);
        let email_digest = digest::of_parts(&["sign-in", &email]);
        if let Some(until) = self.count_attempt(&email_digest, now).await? {
            return Ok(SignIn::Wait { until });
        }
        let row = sqlx::query("SELECT id, email, display_name, role, organisation, disabled, password_hash FROM accounts WHERE email = $1")
            .bind(email)
            .fetch_optional(&self.pool)
            .await
            .attempt(attempt)?;
        let stored_hash = match &row {
            Some(row) => row.try_get("password_hash").attempt(attempt)?,
            None => self.dummy_hash.to_string(),
        };
        let password = password.to_owned();
        let is_right = tokio::task::spawn_blocking(move || password::verify(&password, &stored_hash)).await.attempt(attempt)??;
        let account = row.as_ref().map(from_row).transpose()?;
        match account {
            Some(account) if is_right && !account.is_disabled => {
                self.forget_attempts(&email_digest).await?;
                Ok(SignIn::Accepted(account))
            }
            _ => Ok(SignIn::Refused),
        }
    }

    /// An account by its identifier; read it at each request, so that a disabled account loses its open sessions.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn account(&self, id: &str) -> Result<Option<Account>> {
        sqlx::query("SELECT id, email, display_name, role, organisation, disabled FROM accounts WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read an account")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// All accounts, by address.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        sqlx::query("SELECT id, email, display_name, role, organisation, disabled FROM accounts ORDER BY email")
            .fetch_all(&self.pool)
            .await
            .attempt("list accounts")?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Replaces a password; `false` when the account does not exist.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn change_password(&self, account: &str, password_hash: &str) -> Result<bool> {
        let done = sqlx::query("UPDATE accounts SET password_hash = $2 WHERE id = $1")
            .bind(account.to_owned())
            .bind(password_hash.to_owned())
            .execute(&self.pool)
            .await
            .attempt("change a password")?;
        Ok(done.rows_affected() == 1)
    }

    /// Disables an account or enables it again; `false` when it does not exist.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn disable_account(&self, account: &str, is_disabled: bool) -> Result<bool> {
        let done = sqlx::query("UPDATE accounts SET disabled = $2 WHERE id = $1")
            .bind(account.to_owned())
            .bind(i64::from(is_disabled))
            .execute(&self.pool)
            .await
            .attempt("disable an account")?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets failures whose wait was over before `before`; the number of addresses forgotten.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn purge_attempts(&self, before: i64) -> Result<u64> {
        let done = sqlx::query("DELETE FROM sign_in_attempts WHERE last_at < $1 AND wait_until < $1")
            .bind(before)
            .execute(&self.pool)
            .await
            .attempt("purge sign-in attempts")?;
        Ok(done.rows_affected())
    }

    /// Counts an attempt as a failure until it succeeds; the end of the wait when there is one, and then nothing is counted.
    async fn count_attempt(&self, email_digest: &str, now: i64) -> Result<Option<i64>> {
        let attempt = "count a sign-in attempt";
        let counted = sqlx::query(
            "INSERT INTO sign_in_attempts (email_digest, failures, wait_until, last_at) VALUES ($1, 1, 0, $2)
             ON CONFLICT (email_digest) DO UPDATE SET
                 failures = sign_in_attempts.failures + 1,
                 wait_until = CASE
                     WHEN sign_in_attempts.failures + 1 >= $3 THEN $4
                     WHEN sign_in_attempts.failures + 1 >= $5 THEN $6
                     ELSE 0 END,
                 last_at = excluded.last_at
             WHERE sign_in_attempts.wait_until <= excluded.last_at",
        )
        .bind(email_digest.to_owned())
        .bind(now)
        .bind(FAILURES_BEFORE_LONG_WAIT)
        .bind(now + LONG_WAIT_SECONDS)
        .bind(FAILURES_BEFORE_WAIT)
        .bind(now + WAIT_SECONDS)
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        if counted.rows_affected() == 1 {
            return Ok(None);
        }
        let row = sqlx::query("SELECT wait_until FROM sign_in_attempts WHERE email_digest = $1")
            .bind(email_digest.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt(attempt)?;
        // A success in between forgets the wait; the visitor then tries again at once.
        let until: Option<i64> = row.map(|row| row.try_get("wait_until")).transpose().attempt(attempt)?;
        Ok(Some(until.unwrap_or(now)))
    }

    async fn forget_attempts(&self, email_digest: &str) -> Result<()> {
        sqlx::query("DELETE FROM sign_in_attempts WHERE email_digest = $1")
            .bind(email_digest.to_owned())
            .execute(&self.pool)
            .await
            .attempt("forget sign-in failures")?;
        Ok(())
    }
}

fn normalised(email: &str) -> String {
    email.trim().to_lowercase()
}

fn from_row(row: &AnyRow) -> Result<Account> {
    let fields = Fields::new(row, "read an account");
    Ok(Account {
        id: fields.text("id")?,
        email: fields.text("email")?,
        display_name: fields.text("display_name")?,
        role: fields.code("role")?,
        organisation: fields.text("organisation")?,
        is_disabled: fields.fact("disabled")?,
    })
}
