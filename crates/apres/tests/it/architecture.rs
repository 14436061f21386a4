//! Which room may use which, and what a room must never reach.
//!
//! The tables below are the only place where this is written as code; `ARCHITECTURE.md` says why. They are compared with what cargo itself
//! resolves, so an edge added to a manifest shows here before anyone has used it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::workspace;

/// What a room may use of ours, and what it must never reach, by itself or through others.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const ENGINE: [&str; 6] = ["arrow", "ballista", "datafusion", "deltalake", "object_store", "parquet"];

/// The rooms. A crate that is not here fails the test: give it a row, with a decision that says why it exists.
const ROOMS: &[Room] = &[
    Room {
        name: "apres-ingest",
        may_use: &[],
        never: &["arrow", "axum", "ballista", "datafusion", "deltalake", "object_store", "parquet", "sqlx", "tokio"],
    },
    Room {
        name: "apres-protect",
        may_use: &[],
        never: &[
            "arrow",
            "async-trait",
            "axum",
            "ballista",
            "chrono",
            "datafusion",
            "deltalake",
            "futures",
            "getrandom",
            "object_store",
            "parquet",
            "rand",
            "sqlx",
            "time",
            "tokio",
        ],
    },
    Room {
        name: "apres-ledger",
        may_use: &[],
        never: &["arrow", "axum", "ballista", "datafusion", "deltalake", "object_store", "parquet", "tower"],
    },
    Room {
        name: "apres-dadeh",
        may_use: &["apres-ingest"],
        never: &["arrow", "axum", "ballista", "datafusion", "deltalake", "object_store", "parquet", "tower"],
    },
    Room { name: "apres-store", may_use: &["apres-ingest"], never: &["axum", "sqlx"] },
    Room {
        name: "apres-link",
        may_use: &["apres-ingest"],
        never: &["arrow", "axum", "ballista", "datafusion", "deltalake", "object_store", "parquet", "sqlx", "tokio"],
    },
    Room { name: "apres-measure", may_use: &["apres-protect", "apres-store"], never: &["axum", "sqlx"] },
    Room { name: "apres-review", may_use: &["apres-ledger"], never: &ENGINE },
    Room { name: "apres-serve", may_use: &["apres-ledger", "apres-protect"], never: &ENGINE },
    Room {
        name: "apres-synth",
        may_use: &["apres-ingest"],
        never: &["arrow", "axum", "datafusion", "deltalake", "parquet", "sqlx", "tokio"],
    },
    Room {
        name: "apres",
        may_use: &[
            "apres-dadeh",
            "apres-ingest",
            "apres-ledger",
            "apres-link",
            "apres-measure",
            "apres-protect",
            "apres-review",
            "apres-serve",
            "apres-store",
            "apres-synth",
        ],
        never: &[],
    },
];

/// What the tests of any room may use besides: made-up people.
const TESTS_MAY_USE: &str = "apres-synth";

/// Packages of the workspace, and who uses whom.
struct Packages {
    ours: BTreeSet<String>,
    names: BTreeMap<String, String>,
    /// Package identifier to the identifiers it uses in what it ships, its build scripts apart.
    uses: BTreeMap<String, Vec<String>>,
    /// Name of a package of ours to the names of ours in its manifest, and whether only its tests use them.
    edges: BTreeMap<String, Vec<(String, bool)>>,
}

/// Read once for all tests of this file.
static PACKAGES: LazyLock<Packages> = LazyLock::new(packages);

#[test]
fn every_room_has_a_row_and_every_row_a_room() {
    let rows: BTreeSet<String> = ROOMS.iter().map(|room| room.name.to_owned()).collect();
    assert_eq!(PACKAGES.ours, rows, "the table of rooms and the workspace differ");
}

#[test]
fn rooms_use_only_the_rooms_they_may() {
    let mut forbidden = Vec::new();
    for room in ROOMS {
        for (used, is_for_tests) in &PACKAGES.edges[room.name] {
            let may = room.may_use.contains(&used.as_str()) || (*is_for_tests && used == TESTS_MAY_USE);
            if !may {
                forbidden.push(format!("{} uses {used}", room.name));
            }
        }
    }
    assert!(forbidden.is_empty(), "edges that the table does not allow: {forbidden:#?}");
}

#[test]
fn rooms_never_reach_what_they_must_not() {
    let mut forbidden = Vec::new();
    for room in ROOMS {
        let reached = PACKAGES.reached_from(room.name);
        for name in reached.iter().filter(|name| room.never.iter().any(|banned| is_of_family(name, banned))) {
            forbidden.push(format!("{} reaches {name}", room.name));
        }
    }
    assert!(forbidden.is_empty(), "{forbidden:#?}\nfind the way with: cargo tree -p ROOM -e normal -i CRATE");
}

/// `serve` cannot name microdata: not by an edge, nor by a room in between. The review shows identities: the site must not reach it either.
#[test]
fn serve_reaches_no_room_with_microdata() {
    let reached = PACKAGES.reached_from("apres-serve");
    for room in ["apres-ingest", "apres-store", "apres-link", "apres-measure", "apres-synth", "apres-review"] {
        assert!(!reached.contains(room), "apres-serve reaches {room}");
    }
}

#[test]
fn a_family_is_a_crate_and_its_parts() {
    assert!(is_of_family("arrow", "arrow") && is_of_family("arrow-schema", "arrow") && is_of_family("sqlx_core", "sqlx"));
    assert!(!is_of_family("arrows", "arrow") && !is_of_family("timeago", "time"));
}

/// The crate itself, or a part of it: `arrow-schema` is of the family of `arrow`.
fn is_of_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

impl Packages {
    /// Names of all packages that a package ships with, directly or not.
    fn reached_from(&self, package: &str) -> BTreeSet<String> {
        let start = self.names.iter().find(|(id, name)| *name == package && self.uses.contains_key(*id)).map(|(id, _)| id.clone());
        let mut waiting: Vec<String> = start.into_iter().collect();
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(id) = waiting.pop() {
            for used in self.uses.get(&id).into_iter().flatten() {
                if seen.insert(used.clone()) {
                    waiting.push(used.clone());
                }
            }
        }
        seen.iter().map(|id| self.names[id].clone()).filter(|name| name != package).collect()
    }
}

fn packages() -> Packages {
    let metadata = metadata();
    let members: BTreeSet<&str> = texts(&metadata["workspace_members"]).collect();
    let all = metadata["packages"].as_array().expect("packages are a list");
    let names: BTreeMap<String, String> = all.iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let is_ours = |package: &&Value| members.contains(package["id"].as_str().unwrap_or_default());
    let ours: BTreeSet<String> = all.iter().filter(is_ours).map(|package| text(&package["name"])).collect();
    let edges = all.iter().filter(is_ours).map(|package| (text(&package["name"]), edges_of(package, &ours))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes are a list");
    let uses = nodes.iter().map(|node| (text(&node["id"]), shipped_with(node))).collect();
    Packages { ours, names, uses, edges }
}

/// Rooms in a manifest, and whether only the tests use them.
fn edges_of(package: &Value, ours: &BTreeSet<String>) -> Vec<(String, bool)> {
    let dependencies = package["dependencies"].as_array().expect("dependencies are a list");
    dependencies
        .iter()
        .map(|dependency| (text(&dependency["name"]), dependency["kind"] == "dev"))
        .filter(|(name, _)| ours.contains(name))
        .collect()
}

/// What a package uses in what it ships.
fn shipped_with(node: &Value) -> Vec<String> {
    let dependencies = node["deps"].as_array().expect("dependencies are a list");
    let is_shipped =
        |dependency: &&Value| dependency["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()));
    dependencies.iter().filter(is_shipped).map(|dependency| text(&dependency["pkg"])).collect()
}

/// What cargo resolved for this machine; offline, because building this test already fetched it.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &host()])
        .current_dir(workspace())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().expect("cargo runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    printed.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo says its host").to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
