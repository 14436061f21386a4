//! `make bench`: closing fifty linked tables of ten thousand cells, on one core.
//!
//! Figures are printed, never asserted: a benchmark that fails on a busy machine teaches nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use apres_protect::cube::{CellKey, Cube, Facts, PrimaryRules, Variable};

const ROUNDS: usize = 5;
const PEOPLE: u64 = 40_000;

fn main() {
    let cube = cube(PEOPLE);
    let cells = cube.cells().count();
    let rules = PrimaryRules::people(11, 5);
    let plain = PrimaryRules { plausible_min: 0, protect_from_insiders: false, ..rules.clone() };
    for (name, rules) in [("closed cube", &rules), ("  exact values only", &plain)] {
        let mut best = Duration::MAX;
        let mut hidden = (0, 0);
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let pattern = cube.close(rules, None).expect("the cube can be closed");
            best = best.min(began.elapsed());
            hidden = (pattern.primary.len(), pattern.secondary.len());
        }
        println!(
            "{name:<20} {:>8.0} ms for {cells} cells of {} tables: {} hidden for what they are, {} for others",
            best.as_secs_f64() * 1000.0,
            tables().len(),
            hidden.0,
            hidden.1
        );
    }
}

/// Fifty crossings, up to three of seven variables.
fn tables() -> Vec<Vec<usize>> {
    let mut tables = Vec::new();
    for a in 0..VARIABLES.len() {
        for b in a + 1..VARIABLES.len() {
            tables.push(vec![a, b]);
            tables.extend((b + 1..VARIABLES.len()).map(|c| vec![a, b, c]));
        }
    }
    tables.truncate(50);
    tables
}

/// Name and leaves of each variable; the first has groups of four as well.
const VARIABLES: [(&str, usize); 7] =
    [("departement", 24), ("trimestre", 8), ("type", 5), ("age", 6), ("sexe", 2), ("duree", 4), ("situation", 4)];

fn variables() -> Vec<Variable> {
    let leaf = |name: &str, position: usize| format!("{name}{position}");
    let mut made: Vec<Variable> =
        VARIABLES.iter().map(|(name, leaves)| Variable::new(*name, (0..*leaves).map(|position| leaf(name, position)))).collect();
    let (name, leaves) = VARIABLES[0];
    let codes: Vec<String> = (0..leaves).map(|position| leaf(name, position)).collect();
    let groups: Vec<(String, Vec<&str>)> =
        codes.chunks(4).enumerate().map(|(group, codes)| (format!("region{group}"), codes.iter().map(String::as_str).collect())).collect();
    let groups: Vec<(&str, &[&str])> = groups.iter().map(|(code, leaves)| (code.as_str(), leaves.as_slice())).collect();
    made[0] = made[0].clone().with_level(&groups);
    made
}

/// Made-up people, skewed so that there are large and small cells.
fn cube(people: u64) -> Cube {
    let variables = variables();
    let tables = tables();
    let mut counts: BTreeMap<CellKey, u64> = BTreeMap::new();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |leaves: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let leaves_wide = leaves as u64;
        // The smaller of two draws: the first leaves are the most frequent.
        let pair = [(state >> 33) % leaves_wide, (state >> 11) % leaves_wide];
        usize::try_from(pair[0].min(pair[1])).expect("a leaf is small")
    };
    for _ in 0..people {
        let leaves: Vec<usize> = VARIABLES.iter().map(|(_, leaves)| draw(*leaves)).collect();
        for table in &tables {
            for mask in 0..1_usize << table.len() {
                let mut key = vec![0; VARIABLES.len()];
                for (bit, &variable) in table.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1) {
                    let _ = bit;
                    key[variable] = 1 + leaves[variable];
                }
                // A group of four départements comes after the leaves.
                let mut keys = vec![key.clone()];
                if key[0] > 0 {
                    key[0] = 1 + VARIABLES[0].1 + leaves[0] / 4;
                    keys.push(key);
                }
                for key in keys {
                    *counts.entry(key).or_default() += 1;
                }
            }
        }
    }
    // A cell that several tables share was counted once for each.
    let shared = |key: &CellKey| {
        tables.iter().filter(|table| key.iter().enumerate().all(|(variable, node)| *node == 0 || table.contains(&variable))).count() as u64
    };
    Cube::new(variables, &tables, |key| Facts { people: counts.get(key).copied().unwrap_or_default() / shared(key), amounts: None })
}
