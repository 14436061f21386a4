//! The closed cube: linked tables whose cells are hidden once, all together, so that what is published never gives a hidden cell.
//!
//! A [`Cube`] knows its variables, its tables and what is exactly in every cell. [`Cube::close`] hides the cells that the primary rules name, then as
//! many others as it takes, by Gaussian elimination over all tables at once. It works on counts of people as on sums of amounts, and reads no microdata.
//! `docs/methods/closed-cube.md` gives the definition, the sources and the limits.

use std::collections::{BTreeMap, BTreeSet};

mod answer;
mod closing;
mod gauss;
mod kept;
mod outcomes;
mod places;
mod primary;
mod singleton;
#[cfg(test)]
mod tests;
mod variable;

pub use answer::ClosedCube;
pub use closing::CloseFault;
pub use kept::KeptFault;
pub use primary::{Amounts, Dominance, Facts, PrimaryRules, Zeros};
pub use variable::{Partition, TOTAL, Variable};

use gauss::Outcome;
use variable::Sparse;

/// A cell: a node of each variable, in the order of the variables.
pub type CellKey = Vec<usize>;

/// Most combinations of leaves that are told apart when empty cells are published.
const COMBINATIONS_MAX: usize = 200_000;
/// Most times that the elimination is made again for contributors who know their own cell.
const ROUNDS_MAX: usize = 12;

/// Linked tables over the same people.
#[derive(Debug, Clone)]
pub struct Cube {
    variables: Vec<Variable>,
    /// Every cell of every table, once.
    cells: BTreeMap<CellKey, Facts>,
}

/// What is hidden of a cube.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    /// Cells hidden for what they are.
    pub primary: BTreeSet<CellKey>,
    /// Cells hidden so that no other can be computed.
    pub secondary: BTreeSet<CellKey>,
}

impl Pattern {
    /// Whether a cell is hidden.
    #[must_use]
    pub fn hides(&self, key: &CellKey) -> bool {
        self.primary.contains(key) || self.secondary.contains(key)
    }
}

/// A cube that cannot be closed; nothing of it may be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CubeFault {
    /// Too many combinations of leaves to tell empty ones apart.
    #[error(
        "the combinations of the cube cannot be told apart, so its empty cells cannot be published: protect them, or use fewer variables"
    )]
    TooManyCombinations,
    /// Contributors who know their own cell still find another.
    #[error("the cube could not be closed against those who know their own cell")]
    NotClosed,
}

impl Cube {
    /// A cube of these tables, each a list of variables that are crossed with all their margins; `facts` says what is in a cell.
    ///
    /// # Panics
    /// When a table names a variable that does not exist.
    #[must_use]
    pub fn new(variables: Vec<Variable>, tables: &[Vec<usize>], mut facts: impl FnMut(&CellKey) -> Facts) -> Self {
        let mut cells = BTreeMap::new();
        for table in tables {
            assert!(table.iter().all(|&variable| variable < variables.len()), "a table names known variables");
            for key in crossing(&variables, table) {
                cells.entry(key).or_insert_with_key(|key| facts(key));
            }
        }
        Self { variables, cells }
    }

    /// A cube of these cells: all that will ever be published, and all that is hidden of the same tables.
    pub(crate) fn of_cells(variables: Vec<Variable>, cells: BTreeMap<CellKey, Facts>) -> Self {
        Self { variables, cells }
    }

    /// The variables.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// What is in a cell.
    #[must_use]
    pub fn facts(&self, key: &CellKey) -> Option<&Facts> {
        self.cells.get(key)
    }

    /// Every cell, in order.
    pub fn cells(&self) -> impl Iterator<Item = (&CellKey, &Facts)> {
        self.cells.iter()
    }

    /// Hides what the rules name and what would give it away; cells that `earlier` published stay published where that is possible, and
    /// cells that it hid are the first to be hidden again.
    ///
    /// # Errors
    /// A [`CubeFault`] when nothing may be published.
    pub fn close(&self, rules: &PrimaryRules, earlier: Option<&Pattern>) -> Result<Pattern, CubeFault> {
        let keys: Vec<&CellKey> = self.cells.keys().collect();
        let facts: Vec<&Facts> = self.cells.values().collect();
        let (columns, coordinates) = self.columns(&keys, rules)?;
        let is_primary: Vec<bool> = facts.iter().map(|facts| rules.hide(facts)).collect();
        let (primary, mut candidates): (Vec<usize>, Vec<usize>) = (0..keys.len()).partition(|&cell| is_primary[cell]);
        let is_earlier = |cell: usize| earlier.is_some_and(|earlier| earlier.hides(keys[cell]));
        let weight = |cell: usize| facts[cell].amounts.as_ref().map_or(facts[cell].people, |amounts| amounts.total);
        candidates.sort_by_key(|&cell| (is_earlier(cell), std::cmp::Reverse(weight(cell)), std::cmp::Reverse(cell)));

        let mut targets: Vec<Sparse> = primary.iter().map(|&cell| columns[cell].clone()).collect();
        if rules.plausible_min > 0 {
            targets.extend(self.remainders(&keys, &is_primary, &columns, rules));
        }
        let groups = match rules.protect_from_insiders {
            true => singleton::groups(&self.variables, &keys, &facts, &is_primary),
            false => Vec::new(),
        };
        for _ in 0..ROUNDS_MAX {
            let mut outcome = gauss::publish(&columns, &candidates, targets.clone(), coordinates);
            let found = singleton::exposed(&mut outcome, &columns, &primary, &groups);
            if found.is_empty() {
                let named = |cells: &[usize]| cells.iter().map(|&cell| keys[cell].clone()).collect();
                let Outcome { hidden, .. } = outcome;
                return Ok(Pattern { primary: named(&primary), secondary: named(&hidden) });
            }
            targets.extend(found);
        }
        Err(CubeFault::NotClosed)
    }

    /// Every cell as a vector, and over how many coordinates.
    fn columns(&self, keys: &[&CellKey], rules: &PrimaryRules) -> Result<(Vec<Sparse>, usize), CubeFault> {
        match rules.zeros {
            Zeros::Protected => Ok(self.interactions(keys)),
            Zeros::Said => self.combinations(keys),
        }
    }

    /// Cells over products of coordinates of each variable: most have one. Every combination of leaves may hold people.
    fn interactions(&self, keys: &[&CellKey]) -> (Vec<Sparse>, usize) {
        let bases: Vec<Vec<Sparse>> =
            (0..self.variables.len()).map(|variable| self.variables[variable].coordinates(&self.weights(variable))).collect();
        let mut numbers: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            let mut terms: Vec<(Vec<u32>, u64)> = vec![(Vec::new(), 1)];
            for (basis, &node) in bases.iter().zip(*key) {
                let extend = |(places, factor): &(Vec<u32>, u64)| {
                    let place =
                        |(place, value): &(u32, u64)| ([places.as_slice(), &[*place]].concat(), crate::field::multiply(*factor, *value));
                    basis[node].iter().map(place).collect::<Vec<_>>()
                };
                terms = terms.iter().flat_map(extend).collect();
            }
            let mut column: Sparse = Vec::with_capacity(terms.len());
            for (places, value) in terms {
                let next = u32::try_from(numbers.len()).expect("a cube has fewer coordinates");
                column.push((*numbers.entry(places).or_insert(next), value));
            }
            column.sort_unstable();
            columns.push(column);
        }
        (columns, numbers.len())
    }

    /// People of each node of a variable, as far as the tables tell.
    fn weights(&self, variable: usize) -> Vec<u64> {
        let mut weights = vec![0; self.variables[variable].node_count()];
        for (key, facts) in &self.cells {
            if key.iter().enumerate().all(|(other, node)| other == variable || *node == 0) {
                weights[key[variable]] = facts.people;
            }
        }
        weights
    }

    /// Cells over the combinations of leaves that are not in an empty published cell: nobody can be in the others.
    fn combinations(&self, keys: &[&CellKey]) -> Result<(Vec<Sparse>, usize), CubeFault> {
        let leaves: Vec<usize> = self.variables.iter().map(Variable::leaf_count).collect();
        let count = leaves.iter().try_fold(1_usize, |product, leaves| product.checked_mul(*leaves));
        let can_be_told = self.variables.iter().all(|variable| !variable.is_joint());
        let count = count.filter(|count| can_be_told && *count <= COMBINATIONS_MAX).ok_or(CubeFault::TooManyCombinations)?;
        let inside = |key: &CellKey| {
            let mut places = vec![0];
            for (position, &node) in key.iter().enumerate() {
                let (held, width) = (self.variables[position].leaves_of(node), leaves[position]);
                places = places.iter().flat_map(|place| held.iter().map(move |leaf| place * width + leaf)).collect();
            }
            places.sort_unstable();
            places
        };
        let mut may_hold = vec![true; count];
        for (key, _) in self.cells.iter().filter(|(_, facts)| facts.people == 0) {
            inside(key).into_iter().for_each(|place| may_hold[place] = false);
        }
        let column = |key: &&CellKey| {
            let held = inside(key).into_iter().filter(|&place| may_hold[place]);
            held.map(|place| (u32::try_from(place).expect("there are fewer combinations"), 1)).collect()
        };
        Ok((keys.iter().map(column).collect(), count))
    }

    /// The parts of a sum that are hidden for what they are, taken together, where their sum tells too much of them.
    fn remainders(&self, keys: &[&CellKey], is_primary: &[bool], columns: &[Sparse], rules: &PrimaryRules) -> Vec<Sparse> {
        let positions: BTreeMap<&CellKey, usize> = keys.iter().enumerate().map(|(position, key)| (*key, position)).collect();
        let splits: Vec<Vec<Vec<variable::Split>>> = self.variables.iter().map(Variable::splits_by_parent).collect();
        let mut found = BTreeSet::new();
        for key in keys {
            for (variable, splits) in splits.iter().enumerate() {
                for split in &splits[key[variable]] {
                    let part = |&node: &usize| {
                        let mut part = (*key).clone();
                        part[variable] = node;
                        positions.get(&part).copied()
                    };
                    let Some(parts) = split.parts.iter().map(part).collect::<Option<Vec<usize>>>() else { continue };
                    let hidden: Vec<usize> = parts.into_iter().filter(|&part| is_primary[part]).collect();
                    let people: u64 = hidden.iter().map(|&part| self.cells[keys[part]].people).sum();
                    if hidden.len() > 1 && is_telling(people, hidden.len() as u64, rules) {
                        found.insert(hidden);
                    }
                }
            }
        }
        let sum = |cells: Vec<usize>| {
            cells.into_iter().fold(Sparse::new(), |sum, cell| variable::less(&sum, crate::field::PRIME - 1, &columns[cell]))
        };
        found.into_iter().map(sum).filter(|sum| !sum.is_empty()).collect()
    }
}

/// Whether the sum of so many small parts is a small count, or is so near the most that they can be that each has few values left.
fn is_telling(sum: u64, parts: u64, rules: &PrimaryRules) -> bool {
    let most = parts * rules.count_min.saturating_sub(1);
    sum < rules.count_min || sum + rules.plausible_min > most + 1
}

/// Every cell of a table with its margins.
fn crossing(variables: &[Variable], table: &[usize]) -> Vec<CellKey> {
    let mut keys = vec![vec![0; variables.len()]];
    for &variable in table {
        let nodes = variables[variable].node_count();
        let with = |key: &CellKey| {
            let node = |node: usize| {
                let mut key = key.clone();
                key[variable] = node;
                key
            };
            (0..nodes).map(node).collect::<Vec<_>>()
        };
        keys = keys.iter().flat_map(with).collect();
    }
    keys
}
