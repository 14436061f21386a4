//! Why the ledger could not do what was asked.
//!
//! Each fault says what was being attempted and keeps its cause. None repeats a stored value: an address or a name may be in it.

use crate::code::UnknownCode;

/// The database or its content failed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// The database refused or could not be reached.
    #[error("{attempt} in the ledger")]
    Database {
        /// What was being attempted.
        attempt: &'static str,
        /// The driver's reason.
        #[source]
        source: sqlx::Error,
    },
    /// A stored JSON text cannot be read.
    #[error("{attempt}: stored JSON is damaged")]
    Json {
        /// What was being attempted.
        attempt: &'static str,
        /// Where it breaks.
        #[source]
        source: serde_json::Error,
    },
    /// A stored code is not one of ours.
    #[error("{attempt}: a stored code is not known")]
    Code {
        /// What was being attempted.
        attempt: &'static str,
        /// Which.
        #[source]
        source: UnknownCode,
    },
    /// A stored count is negative or a count given does not fit the database.
    #[error("{attempt}: a count is out of range")]
    Count {
        /// What was being attempted.
        attempt: &'static str,
        /// Which way.
        #[source]
        source: std::num::TryFromIntError,
    },
    /// A password could not be hashed, or a stored hash cannot be read.
    #[error("{attempt}: {reason}")]
    Password {
        /// What was being attempted.
        attempt: &'static str,
        /// The hashing library's reason; it quotes neither the password nor the hash.
        reason: String,
    },
    /// The work was dropped because the program is stopping.
    #[error("{attempt}: the work was interrupted")]
    Interrupted {
        /// What was being attempted.
        attempt: &'static str,
        /// Why.
        #[source]
        source: tokio::task::JoinError,
    },
    /// The ledger was written by a newer program.
    #[error("the ledger is at version {found} and this program knows {known}: use a newer program")]
    Newer {
        /// Version found.
        found: i64,
        /// Last version known.
        known: i64,
    },
    /// The address of the database is not usable.
    #[error("the ledger's address must be sqlite://FILE or postgres://…")]
    Address,
}

/// Names what was being attempted.
pub(crate) trait Attempt<T> {
    /// Turns the cause into a fault that says what was being attempted.
    fn attempt(self, attempt: &'static str) -> Result<T, LedgerFault>;
}

impl<T> Attempt<T> for Result<T, sqlx::Error> {
    fn attempt(self, attempt: &'static str) -> Result<T, LedgerFault> {
        self.map_err(|source| LedgerFault::Database { attempt, source })
    }
}

impl<T> Attempt<T> for Result<T, serde_json::Error> {
    fn attempt(self, attempt: &'static str) -> Result<T, LedgerFault> {
        self.map_err(|source| LedgerFault::Json { attempt, source })
    }
}

impl<T> Attempt<T> for Result<T, UnknownCode> {
    fn attempt(self, attempt: &'static str) -> Result<T, LedgerFault> {
        self.map_err(|source| LedgerFault::Code { attempt, source })
    }
}

impl<T> Attempt<T> for Result<T, std::num::TryFromIntError> {
    fn attempt(self, attempt: &'static str) -> Result<T, LedgerFault> {
        self.map_err(|source| LedgerFault::Count { attempt, source })
    }
}

impl<T> Attempt<T> for Result<T, tokio::task::JoinError> {
    fn attempt(self, attempt: &'static str) -> Result<T, LedgerFault> {
        self.map_err(|source| LedgerFault::Interrupted { attempt, source })
    }
}
