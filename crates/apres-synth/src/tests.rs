//! The same bytes for the same seed.

mod calibration;

use std::path::Path;

use crate::plan::{Plan, generate};

fn small(seed: u64) -> Plan {
    Plan { people: 900, territory_people: 300, has_dadeh: true, ..Plan::ending_2025(900, 14, seed) }
}

fn digest(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in std::fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.strip_prefix(folder).unwrap().display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn same_seed_same_bytes_whatever_the_threads() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (folder, threads) in folders.iter().zip([1, 3]) {
        generate(&Plan { threads, ..small(7) }, folder.path(), &mut |_, _| {}).unwrap();
    }
    let [one, other] = folders.map(|folder| digest(folder.path()));
    assert!(one.len() > 40, "{} files", one.len());
    assert_eq!(one.len(), other.len());
    for (own, twin) in one.iter().zip(&other) {
        assert_eq!(own.0, twin.0);
        assert!(own.1 == twin.1, "{} differs", own.0);
    }
}
