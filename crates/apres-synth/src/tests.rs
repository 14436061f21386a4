//! The same bytes for the same seed, and rates that are those of the published figures.

#![expect(clippy::cast_precision_loss, reason = "rates, to be compared with targets")]

use std::path::Path;

use crate::calendar::Month;
use crate::contract::Window;
use crate::people::Shares;
use crate::plan::{Plan, generate};
use crate::territory::{Recipe, Territory};
use crate::truth;
use crate::truth::panel::KINDS;
use crate::truth::tally::{Horizon, Tallies};

fn small(seed: u64) -> Plan {
    Plan { people: 900, territory_people: 300, ..Plan::ending_2025(900, 14, seed) }
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

#[test]
fn calibration_on_fifty_thousand_leavers() {
    let window = Window { first: Month::new(2022, 1), last: Month::new(2025, 12) };
    let shares = Shares { iae: 1.0, pec: 0.0, apprentissage: 0.0 };
    let mut tallies = Tallies::default();
    let mut leavers = 0;
    let mut cell = 0;
    while leavers < 50_000 {
        let recipe = Recipe { seed: 11, cell, first_person: cell * 4000, people: 4000, window, shares };
        let truth = truth::of(&Territory::new(&recipe));
        leavers += truth.exit_count;
        tallies.merge(truth.tallies);
        cell += 1;
    }
    let mut report = String::new();
    let mut worst: f64 = 0.0;
    let mut check = |name: String, found: (u64, u64), target: f64| {
        let rate = found.0 as f64 / found.1 as f64;
        report += &format!("{name}: {rate:.3} on {}, target {target}\n", found.1);
        worst = worst.max((rate - target).abs());
    };
    let types = [
        ("ACI", [(1, 0.30), (6, 0.37), (12, 0.40)]),
        ("EI", [(1, 0.36), (6, 0.42), (12, 0.44)]),
        ("AI", [(1, 0.48), (6, 0.50), (12, 0.47)]),
        ("ETTI", [(1, 0.50), (6, 0.55), (12, 0.52)]),
    ];
    for (kind, points) in types {
        for (months, target) in points {
            check(format!("B-01 {kind} {months}"), tallies.share("iae", ("type", kind), months, |own| own.employed_day), target);
        }
    }
    for (kind, target) in [("ACI", 0.37), ("EI", 0.42), ("AI", 0.50), ("ETTI", 0.55)] {
        check(format!("B-04 {kind} 6"), tallies.share("iae", ("type", kind), 6, |own| own.durable), target * 0.45);
    }
    let employed = |kind: &'static str| {
        let group = if kind.is_empty() { ("", "") } else { ("type", kind) };
        tallies.share("iae", group, 6, |own| own.employed_day).0
    };
    let of_kind = |group: &'static str, count: fn(&Horizon) -> u64| {
        let group_key = if group.is_empty() { ("", "") } else { ("type", group) };
        (tallies.share("iae", group_key, 6, count).0, employed(group))
    };
    check("interim share".to_owned(), of_kind("", |own| own.kinds[7]), 0.25);
    check("interim share ETTI".to_owned(), of_kind("ETTI", |own| own.kinds[7]), 0.45);
    check("CDI share".to_owned(), of_kind("", |own| own.kinds[5]), 0.30);
    assert_eq!(KINDS[7], "interim");
    for place in 0..10 {
        let group = ("", "");
        let all = tallies.share("iae", group, 6, |own| own.kinds.iter().sum()).0;
        let counts = [
            tallies.share("iae", group, 6, |own| own.kinds[0]),
            tallies.share("iae", group, 6, |own| own.kinds[1]),
            tallies.share("iae", group, 6, |own| own.kinds[2]),
            tallies.share("iae", group, 6, |own| own.kinds[3]),
            tallies.share("iae", group, 6, |own| own.kinds[4]),
            tallies.share("iae", group, 6, |own| own.kinds[5]),
            tallies.share("iae", group, 6, |own| own.kinds[6]),
            tallies.share("iae", group, 6, |own| own.kinds[7]),
            tallies.share("iae", group, 6, |own| own.kinds[8]),
            tallies.share("iae", group, 6, |own| own.kinds[9]),
        ];
        report += &format!("{} {:.3}\n", KINDS[place], counts[place].0 as f64 / all as f64);
    }
    println!("{report}");
    assert!(worst <= 0.02, "{report}");
}
