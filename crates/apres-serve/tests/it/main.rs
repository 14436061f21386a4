//! The pages through their router, over a fake desk and a real ledger.

#![expect(clippy::unwrap_used, reason = "a test stops where it breaks")]

mod access;
mod bilan;
mod client;
mod differences;
mod fake;
mod lists;
mod quality;
mod secret;
mod structure;
