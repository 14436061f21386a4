//! The pages of APRES: HTTP, accessible French pages, charts and exports.
//!
//! It shows releases and cannot name microdata: whatever it shows comes through the [`Desk`], which the binary implements. Pages are
//! structs with templates, work without script, and run under a strict content policy.

mod ask;
mod assets;
mod bilan;
pub mod charts;
mod codes;
pub mod desk;
mod export;
mod fault;
mod filters;
mod form;
mod frame;
pub mod french;
mod messages;
mod offers;
mod pages;
mod parts;
pub mod rights;
mod routes;
mod said;
mod security;
mod selection;
mod session;
mod state;
pub mod territory;
mod toy;
mod visitor;

pub use codes::Coded;
pub use desk::{Answer, Desk, DeskFault, UnixTime};
pub use export::FORMATS;
pub use rights::{Rights, Viewer};
pub use routes::{paths, router, serve};
pub use state::{Clock, Config, DemoAccount, ServeState};
