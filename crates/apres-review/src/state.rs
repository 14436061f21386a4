//! What every page works with.

use std::sync::Arc;

use apres_ledger::Ledger;

use crate::desk::ReviewDesk;

/// Seconds since 1970-01-01.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
/// Thirty-two random hexadecimal digits; `None` when the system gives none.
pub type Draw = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// The state of the review.
#[derive(Clone)]
pub struct ReviewState {
    pub(crate) desk: Arc<dyn ReviewDesk>,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Clock,
    pub(crate) draw: Draw,
}

impl ReviewState {
    /// A state; time and chance are given.
    #[must_use]
    pub fn new(desk: Arc<dyn ReviewDesk>, ledger: Ledger, clock: Clock, draw: Draw) -> Self {
        Self { desk, ledger, clock, draw }
    }

    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }
}
