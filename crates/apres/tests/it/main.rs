//! Tests of the whole: the rooms and their edges, and what every file owes its reader.

mod architecture;
mod check;
mod commands;
mod contract_life;
mod crash;
mod cubes;
mod dadeh;
mod disclosure;
mod end_to_end;
mod incremental;
mod lake;
mod memory;
mod mesureimpact;
mod operator;
/// The server that the ledger's tests start too.
#[path = "../../../apres-ledger/src/tests/postgres.rs"]
mod postgres;
mod privacy;
mod program;
mod quality;
mod review;
mod tidy;
mod ways_out;

use std::path::PathBuf;

/// The root of the workspace.
fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace exists")
}
