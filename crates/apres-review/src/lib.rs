//! The review of uncertain pairs: small pages of the identifying zone, for its reviewers alone.
//!
//! They show who a row of a list may be, side by side, why the linker thinks so, and take decisions. They run in a process of their own (`apres review`), on the
//! machine itself (loopback), with accounts of a role of their own and a cookie of their own; every view and every decision is in the audit trail. They know
//! nothing of releases and are never part of the site: `docs/decisions/0015-review-of-pairs.md`.

mod desk;
mod diff;
mod estimate;
mod fault;
mod messages;
mod pages;
mod routes;
mod security;
mod session;
mod state;
mod waterfall;

pub use desk::{Face, Pair, PairLine, ReviewDesk, ReviewFault, ReviewList, Weight, Zone};
pub use diff::{Span, diff};
pub use estimate::{Estimate, Share, estimate, sample};
pub use routes::{router, serve};
pub use state::{Clock, Draw, ReviewState};
pub use waterfall::{Bar, Waterfall, waterfall};
