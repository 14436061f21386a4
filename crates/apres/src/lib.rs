//! The wiring of the rooms, as a library so that the integration tests run what the binary runs.

pub mod accounts;
pub mod ask;
pub mod check;
pub mod commands;
pub mod config;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod home;
pub mod ingest;
pub mod lists;
pub mod progress;
pub mod quality;
pub mod site;
pub mod source;
pub mod worker;
