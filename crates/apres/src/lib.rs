//! The wiring of the rooms, as a library so that the integration tests run what the binary runs.

pub mod accounts;
pub mod ask;
pub mod check;
pub mod commands;
pub mod config;
pub mod dadeh;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod encoded;
pub mod home;
pub mod ingest;
pub mod keys;
pub mod lists;
pub mod mesureimpact;
pub mod opposition;
pub mod pairs;
pub mod progress;
pub mod purge;
pub mod quality;
pub mod reference;
pub mod review;
pub mod rotation;
pub mod site;
pub mod source;
pub mod worker;
