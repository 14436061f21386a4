//! The wiring of the rooms, as a library so that the integration tests run what the binary runs.

pub mod config;
pub mod home;
pub mod ingest;
pub mod lists;
pub mod progress;
pub mod source;
