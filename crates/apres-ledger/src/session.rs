//! Sessions, for the web server's store.
//!
//! A token is kept as its digest only: who reads the database cannot take a session over. The content is the caller's text.

use crate::fault::Attempt as _;
use crate::fields::Fields;
use crate::{Ledger, Result, digest};

impl Ledger {
    /// Adds a session; `false` when the token is already in use, and then nothing changes: draw another.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn create_session(&self, token: &str, content: &str, expires_at: i64) -> Result<bool> {
        let done = sqlx::query("INSERT INTO sessions (token_digest, content, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(key(token))
            .bind(content.to_owned())
            .bind(expires_at)
            .execute(&self.pool)
            .await
            .attempt("create a session")?;
        Ok(done.rows_affected() == 1)
    }

    /// Replaces a session's content and expiry; `false` when it was deleted meanwhile, and then it stays deleted.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn save_session(&self, token: &str, content: &str, expires_at: i64) -> Result<bool> {
        let done = sqlx::query("UPDATE sessions SET content = $2, expires_at = $3 WHERE token_digest = $1")
            .bind(key(token))
            .bind(content.to_owned())
            .bind(expires_at)
            .execute(&self.pool)
            .await
            .attempt("save a session")?;
        Ok(done.rows_affected() == 1)
    }

    /// Content and expiry of a session that has not expired.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn session(&self, token: &str, now: i64) -> Result<Option<(String, i64)>> {
        let attempt = "read a session";
        let row = sqlx::query("SELECT content, expires_at FROM sessions WHERE token_digest = $1 AND expires_at > $2")
            .bind(key(token))
            .bind(now)
            .fetch_optional(&self.pool)
            .await
            .attempt(attempt)?;
        let Some(row) = row else { return Ok(None) };
        let fields = Fields::new(&row, attempt);
        Ok(Some((fields.text("content")?, fields.time("expires_at")?)))
    }

    /// Deletes a session, if it exists.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn delete_session(&self, token: &str) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE token_digest = $1")
            .bind(key(token))
            .execute(&self.pool)
            .await
            .attempt("delete a session")?;
        Ok(())
    }

    /// Deletes the sessions that have expired; their number.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn purge_sessions(&self, now: i64) -> Result<u64> {
        let done =
            sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now).execute(&self.pool).await.attempt("purge sessions")?;
        Ok(done.rows_affected())
    }
}

fn key(token: &str) -> String {
    digest::of_parts(&["session", token])
}
