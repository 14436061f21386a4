//! A reading of the files by the words of the norm: with the blocks of change followed, the contracts found are those of the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::people::Shares;
use crate::plan::{Plan, generate};

/// A contract as declared: SIRET, NIR, number, start.
type Key = [String; 4];

/// A monthly declaration as it is told apart: SIRET, month, fraction.
type Slot = [String; 3];

#[derive(Default, Clone)]
struct Declared {
    /// Day of constitution as aaaammjj, order.
    rank: (String, u64),
    keys: Vec<Key>,
    /// Old values beside the new key.
    moves: Vec<(Key, Key)>,
    /// SIRET, old NIR, new NIR.
    people: Vec<[String; 3]>,
    /// Places of the rubriques 41 and 31 met.
    rubriques: BTreeMap<String, u64>,
}

fn lines(folder: &Path) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for month in std::fs::read_dir(folder.join("dsn")).unwrap() {
        paths.extend(std::fs::read_dir(month.unwrap().path()).unwrap().map(|file| file.unwrap().path()));
    }
    paths.sort();
    let mut lines = Vec::new();
    for path in paths {
        let text: String = std::fs::read(path).unwrap().iter().map(|byte| char::from(*byte)).collect();
        lines.extend(text.lines().map(|line| {
            let (code, value) = line.split_once(",'").unwrap();
            (code.to_owned(), value.trim_end_matches('\'').to_owned())
        }));
    }
    lines
}

/// The monthly declarations that stand.
fn standing(folder: &Path) -> BTreeMap<Slot, Declared> {
    let mut standing: BTreeMap<Slot, Declared> = BTreeMap::new();
    let mut reader = Reader::default();
    for (code, value) in lines(folder) {
        if code == "S20.G00.05.001" || code == "S90.G00.90.001" {
            reader.end(&mut standing);
        }
        reader.take(&code, value);
    }
    standing
}

#[derive(Default)]
struct Reader {
    is_test: bool,
    nature: String,
    slot: Slot,
    declared: Declared,
    nir: String,
    last: String,
    contract: Option<Key>,
    old: [Option<String>; 3],
}

impl Reader {
    fn take(&mut self, code: &str, value: String) {
        if code.starts_with("S21.G00.41.0") || code.starts_with("S21.G00.31.0") {
            *self.declared.rubriques.entry(code[4..].to_owned()).or_default() += 1;
        }
        match code {
            "S10.G00.00.005" => self.is_test = value == "01",
            "S20.G00.05.001" => self.nature = value,
            "S20.G00.05.003" => self.slot[2] = value,
            "S20.G00.05.004" => self.declared.rank.1 = value.parse().unwrap(),
            "S20.G00.05.005" => self.slot[1] = value,
            "S20.G00.05.007" => self.declared.rank.0 = format!("{}{}{}", &value[4..], &value[2..4], &value[..2]),
            "S21.G00.06.001" => self.slot[0] = value,
            "S21.G00.11.001" => self.slot[0] += &value,
            "S21.G00.30.001" => {
                self.end_contract();
                self.nir = value;
            }
            // No number just before: only an NTT is known.
            "S21.G00.30.002" if self.last != "S21.G00.30.001" => {
                self.end_contract();
                self.nir.clear();
            }
            "S21.G00.31.008" => self.declared.people.push([self.slot[0].clone(), value, self.nir.clone()]),
            "S21.G00.40.001" => {
                self.end_contract();
                self.contract = Some([self.slot[0].clone(), self.nir.clone(), String::new(), value]);
            }
            "S21.G00.40.009" => self.contract.as_mut().unwrap()[2] = value,
            "S21.G00.41.012" => self.old[0] = Some(value),
            "S21.G00.41.014" => self.old[1] = Some(value),
            "S21.G00.41.021" => self.old[2] = Some(value),
            _ => {}
        }
        code.clone_into(&mut self.last);
    }

    fn end_contract(&mut self) {
        let Some(key) = self.contract.take() else { return };
        let [siret, numero, debut] = std::mem::take(&mut self.old);
        if siret.is_some() || numero.is_some() || debut.is_some() {
            let old = [siret.unwrap_or(key[0].clone()), key[1].clone(), numero.unwrap_or(key[2].clone()), debut.unwrap_or(key[3].clone())];
            self.declared.moves.push((old, key.clone()));
        }
        self.declared.keys.push(key);
    }

    fn end(&mut self, standing: &mut BTreeMap<Slot, Declared>) {
        self.end_contract();
        let declared = std::mem::take(&mut self.declared);
        let slot = self.slot.clone();
        self.slot = Slot::default();
        if self.is_test || self.nature != "01" || slot[0].is_empty() {
            return;
        }
        let known = standing.entry(slot).or_default();
        if declared.rank >= known.rank {
            *known = declared;
        }
    }
}

/// The contracts that a reader finds who follows every block.
fn contracts(standing: &BTreeMap<Slot, Declared>) -> BTreeSet<Key> {
    let people: BTreeMap<(String, String), String> = standing
        .values()
        .flat_map(|declared| &declared.people)
        .map(|[siret, old, new]| ((siret.clone(), old.clone()), new.clone()))
        .collect();
    let now = |key: &Key| -> Key {
        let nir = people.get(&(key[0].clone(), key[1].clone())).unwrap_or(&key[1]).clone();
        [key[0].clone(), nir, key[2].clone(), key[3].clone()]
    };
    let moves: BTreeMap<Key, Key> = standing.values().flat_map(|declared| &declared.moves).map(|(old, new)| (now(old), now(new))).collect();
    let last = |key: Key| std::iter::successors(Some(key), |key| moves.get(key).cloned()).last().unwrap();
    standing.values().flat_map(|declared| &declared.keys).map(|key| last(now(key))).collect()
}

fn truth(folder: &Path) -> BTreeSet<Key> {
    let text = std::fs::read_to_string(folder.join("truth/careers.csv")).unwrap();
    let compact = |day: &str| format!("{}{}{}", &day[8..], &day[5..7], &day[..4]);
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        [fields[2].to_owned(), fields[1].to_owned(), fields[3].to_owned(), compact(fields[4])]
    };
    text.lines().skip(1).map(row).collect()
}

fn plan(changes_permille: u32) -> Plan {
    Plan { changes_permille, shares: Shares { iae: 0.3, pec: 0.05, apprentissage: 0.05 }, ..Plan::ending_2025(2500, 26, 17) }
}

#[test]
fn who_follows_the_blocks_finds_the_contracts_of_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    generate(&plan(250), folder.path(), &mut |_, _| {}).unwrap();
    let standing = standing(folder.path());
    let mut rubriques: BTreeMap<String, u64> = BTreeMap::new();
    for (code, count) in standing.values().flat_map(|declared| &declared.rubriques) {
        *rubriques.entry(code.clone()).or_default() += count;
    }
    for code in
        ["G00.31.008", "G00.31.009", "G00.41.005", "G00.41.007", "G00.41.012", "G00.41.014", "G00.41.021", "G00.41.028", "G00.41.049"]
    {
        assert!(rubriques.get(code).is_some_and(|count| *count > 0), "no {code}: {rubriques:?}");
    }
    let (found, truth) = (contracts(&standing), truth(folder.path()));
    // The few people first declared under an NTT have no NIR to be found by in their first months.
    let found: BTreeSet<Key> = found.into_iter().filter(|key| !key[1].is_empty()).collect();
    let missing = truth.difference(&found).count();
    let invented = found.difference(&truth).count();
    assert_eq!((missing, invented), (0, 0), "of {} contracts", truth.len());
}

#[test]
fn without_the_blocks_there_would_be_more_contracts() {
    let folder = tempfile::tempdir().unwrap();
    generate(&plan(250), folder.path(), &mut |_, _| {}).unwrap();
    let standing = standing(folder.path());
    let declared: BTreeSet<&Key> = standing.values().flat_map(|declared| &declared.keys).collect();
    assert!(declared.len() > truth(folder.path()).len() * 11 / 10, "{} declared", declared.len());
    let changes = std::fs::read_to_string(folder.path().join("truth/changes.csv")).unwrap();
    for kind in ["nir", "nom_famille", "numero", "date_debut", "quotite", "dispositif", "complement"] {
        assert!(changes.lines().any(|line| line.split(',').nth(4) == Some(kind)), "no change of {kind}");
    }
    // What would lose the thread is never forgotten.
    let is_key = |line: &str| matches!(line.split(',').nth(4), Some("nir" | "numero" | "date_debut"));
    assert!(changes.lines().filter(|line| line.ends_with(",true")).all(|line| !is_key(line)));
    assert!(changes.lines().any(|line| line.ends_with(",true")));
}

#[test]
fn a_plan_without_changes_tells_none() {
    let folder = tempfile::tempdir().unwrap();
    generate(&plan(0), folder.path(), &mut |_, _| {}).unwrap();
    let told = lines(folder.path());
    assert!(told.iter().all(|(code, _)| !code.starts_with("S21.G00.31") && !code.starts_with("S21.G00.41.014")));
    assert!(!folder.path().join("truth/changes.csv").exists());
}
