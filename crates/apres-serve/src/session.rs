//! Sessions kept in the ledger.
//!
//! A session holds the identifier of an account and nothing else; rights are read again at every request. The cookie's random
//! identifier is the ledger's token.

use std::sync::Arc;

use apres_ledger::{Ledger, LedgerFault};
use async_trait::async_trait;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::{Duration, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, SessionStore};
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::state::{Clock, ServeState};

/// A session ends twelve hours after the sign-in, whatever happens.
const SESSION_HOURS: i64 = 12;
/// Draws of a session token before giving up; a collision of 128 random bits does not happen twice.
const DRAWS_MAX: usize = 3;

/// The ledger as a session store.
#[derive(Clone)]
pub(crate) struct LedgerSessions {
    ledger: Ledger,
    clock: Clock,
}

impl std::fmt::Debug for LedgerSessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LedgerSessions").finish_non_exhaustive()
    }
}

/// The layer that reads and writes the cookie.
pub(crate) fn layer(state: &ServeState) -> SessionManagerLayer<LedgerSessions> {
    let store = LedgerSessions { ledger: state.ledger.clone(), clock: Arc::clone(&state.clock) };
    SessionManagerLayer::new(store)
        .with_name("apres")
        .with_path("/")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.config.secure_cookies)
        .with_expiry(Expiry::OnInactivity(Duration::hours(SESSION_HOURS)))
}

fn failed(fault: &LedgerFault) -> session_store::Error {
    tracing::error!(error = fault as &dyn std::error::Error, "the session store failed");
    session_store::Error::Backend(fault.to_string())
}

fn content(record: &Record) -> session_store::Result<String> {
    serde_json::to_string(&record.data).map_err(|fault| session_store::Error::Encode(fault.to_string()))
}

#[async_trait]
impl SessionStore for LedgerSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let written = content(record)?;
        for _ in 0..DRAWS_MAX {
            let token = record.id.to_string();
            if self.ledger.create_session(&token, &written, record.expiry_date.unix_timestamp()).await.map_err(|fault| failed(&fault))? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(session_store::Error::Backend("no free session token".to_owned()))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let written = content(record)?;
        // A session that was deleted meanwhile stays deleted: signing out wins over a request under way.
        self.ledger
            .save_session(&record.id.to_string(), &written, record.expiry_date.unix_timestamp())
            .await
            .map_err(|fault| failed(&fault))?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = (self.clock)();
        let Some((written, expires_at)) = self.ledger.session(&id.to_string(), now.0).await.map_err(|fault| failed(&fault))? else {
            return Ok(None);
        };
        let data = serde_json::from_str(&written).map_err(|fault| session_store::Error::Decode(fault.to_string()))?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp(expires_at).map_err(|fault| session_store::Error::Decode(fault.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.ledger.delete_session(&id.to_string()).await.map_err(|fault| failed(&fault))
    }
}
