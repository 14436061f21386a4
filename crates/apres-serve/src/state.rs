//! What the pages run with: the desk, the ledger, the configuration and a clock.
//!
//! It is built by the binary and cloned by reference into every handler; it holds no secret of its own.

use std::sync::Arc;

use apres_ledger::Ledger;
use tokio::sync::Semaphore;

use crate::desk::{Desk, UnixTime};

/// Tells the time; an argument so that tests own it.
pub type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

/// An account shown on the sign-in page of a demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// Address.
    pub email: String,
    /// Password, public by nature.
    pub password: String,
    /// What can be seen with it, in French.
    pub description: String,
}

/// How the pages are set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name of the operator, in the header and the legal notice.
    pub operator: String,
    /// How to reach the operator, in the legal notice: an address or a sentence; empty when not configured.
    pub contact: String,
    /// Accounts shown on the sign-in page; empty outside a demonstration.
    pub demo_accounts: Vec<DemoAccount>,
    /// Cookies are sent over HTTPS only, and browsers are told to use it.
    pub secure_cookies: bool,
    /// Largest file accepted.
    pub upload_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            operator: String::new(),
            contact: String::new(),
            demo_accounts: Vec::new(),
            secure_cookies: true,
            upload_bytes_max: 20 * 1024 * 1024,
        }
    }
}

/// What every handler is given.
#[derive(Clone)]
pub struct ServeState {
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) ledger: Ledger,
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
    /// Passwords are checked a few at a time: each check is made to be costly.
    pub(crate) sign_ins: Arc<Semaphore>,
}

const SIGN_INS_AT_ONCE: usize = 4;

impl ServeState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(desk: Arc<dyn Desk>, ledger: Ledger, config: Config, clock: Clock) -> Self {
        Self { desk, ledger, config: Arc::new(config), clock, sign_ins: Arc::new(Semaphore::new(SIGN_INS_AT_ONCE)) }
    }

    pub(crate) fn now(&self) -> UnixTime {
        (self.clock)()
    }
}
