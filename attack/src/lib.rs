//! The attacker: whoever reads everything that was released, and computes.
//!
//! It is written apart from the gate that it attacks and uses nothing of it: it reads releases as their public JSON, knows the rules (they are public)
//! and at worst the largest noise, and tries to find the counts that are hidden. Of a running program it knows an address and accounts: it reads what is said to
//! them over HTTP. The truth is given to it only to keep the score. What each attack does, and what it may find at most, is in `docs/methods/attacker.md`.

mod average;
mod bounds;
pub mod channel;
mod closure;
pub mod combine;
pub mod compare;
pub mod crawl;
mod insider;
mod menus;
mod released;
mod score;
mod site;
mod system;

pub use menus::Menus;
pub use released::{Group, Knowledge, Quantity, Reading, ReadingFault, Said, read_release};
pub use score::{Gate, Report, Scored, attack, table};
pub use site::{Account, Answer, SiteFault};
pub use system::Truth;
