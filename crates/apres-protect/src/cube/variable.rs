//! A classifying variable of a cube: its leaves, its total, and the groups of leaves that are published besides.

use serde::{Deserialize, Serialize};

use crate::field::{add, inverse, multiply, negate};

/// A vector over coordinates, sorted by coordinate, without zeros.
pub(super) type Sparse = Vec<(u32, u64)>;

/// A classifying variable, whose first node is the total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    name: String,
    nodes: Vec<Node>,
    /// Nodes of each level of its hierarchies, finest first; a level covers every leaf once.
    levels: Vec<Vec<usize>>,
    leaves: usize,
    /// The leaves are parts of several partitions of the same people, here one after the other; see [`Variable::partitions`]. None for other variables.
    joint: Vec<Vec<usize>>,
}

/// A way of splitting people: everybody is in one part, and some parts taken together are published too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Partition {
    /// Codes of the parts.
    pub parts: Vec<String>,
    /// Code of each union, and of its parts.
    pub unions: Vec<(String, Vec<String>)>,
}

impl Partition {
    /// Those who have a property (`code`), and those who have it not (`!code`).
    #[must_use]
    pub fn property(code: &str) -> Self {
        Self { parts: vec![code.to_owned(), without(code)], unions: Vec::new() }
    }
}

/// Code of those who have a property not.
pub(super) fn without(code: &str) -> String {
    format!("!{code}")
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Node {
    code: String,
    /// Positions of its leaves, sorted.
    leaves: Vec<usize>,
}

/// A node and nodes that add up to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) parent: usize,
    pub(super) parts: Vec<usize>,
}

/// Code of the total.
pub const TOTAL: &str = "";

impl Variable {
    /// A variable with these leaves and their total.
    ///
    /// # Panics
    /// When it has no leaf, or one twice.
    #[must_use]
    pub fn new<S: Into<String>>(name: impl Into<String>, leaves: impl IntoIterator<Item = S>) -> Self {
        let codes: Vec<String> = leaves.into_iter().map(Into::into).collect();
        assert!(!codes.is_empty(), "a variable has a leaf at least");
        let total = Node { code: TOTAL.to_owned(), leaves: (0..codes.len()).collect() };
        let count = codes.len();
        let leaf = |(position, code)| Node { code, leaves: vec![position] };
        let nodes: Vec<Node> = std::iter::once(total).chain(codes.into_iter().enumerate().map(leaf)).collect();
        let variable = Self { name: name.into(), nodes, levels: vec![(1..=count).collect()], leaves: count, joint: Vec::new() };
        assert!(variable.has_distinct_codes(), "each code of a variable is given once");
        variable
    }

    /// Several ways of splitting the same people, each crossed with the other variables but never with one another: for each, a node for every
    /// part and for every union of parts that is published besides.
    ///
    /// # Panics
    /// When a code is given twice, or a union names no part.
    #[must_use]
    pub fn partitions(name: impl Into<String>, partitions: &[Partition]) -> Self {
        let mut variable = Self { name: name.into(), nodes: Vec::new(), levels: Vec::new(), leaves: 0, joint: Vec::new() };
        variable.nodes.push(Node { code: TOTAL.to_owned(), leaves: Vec::new() });
        for partition in partitions {
            let parts: Vec<usize> = (variable.leaves..variable.leaves + partition.parts.len()).collect();
            let level = |from: usize| (from..from + parts.len()).collect();
            variable.levels.push(level(variable.nodes.len()));
            let part = |(code, leaf): (&String, &usize)| Node { code: code.clone(), leaves: vec![*leaf] };
            variable.nodes.extend(partition.parts.iter().zip(&parts).map(part));
            for (code, codes) in &partition.unions {
                let place = |code: &String| partition.parts.iter().position(|part| part == code).expect("a union has known parts");
                let mut leaves: Vec<usize> = codes.iter().map(|code| parts[place(code)]).collect();
                leaves.sort_unstable();
                assert!(!leaves.is_empty(), "a union has a part at least");
                variable.nodes.push(Node { code: code.clone(), leaves });
            }
            variable.leaves += parts.len();
            variable.joint.push(parts);
        }
        assert!(variable.has_distinct_codes(), "each code of a variable is given once");
        variable
    }

    fn has_distinct_codes(&self) -> bool {
        self.nodes.iter().map(|node| &node.code).collect::<std::collections::BTreeSet<_>>().len() == self.nodes.len()
    }

    /// The same with a level of groups, each with its leaves; a variable may have several, nested or not.
    ///
    /// # Panics
    /// When the groups do not cover every leaf once, or a code is known already.
    #[must_use]
    pub fn with_level(mut self, groups: &[(&str, &[&str])]) -> Self {
        let mut level = Vec::new();
        let mut covered: Vec<usize> = Vec::new();
        for (code, leaves) in groups {
            assert!(self.node(code).is_none(), "each code of a variable is given once");
            let leaf =
                |code: &&str| self.levels[0].iter().position(|&node| self.nodes[node].code == *code).expect("a group has known leaves");
            let mut leaves: Vec<usize> = leaves.iter().map(leaf).collect();
            leaves.sort_unstable();
            covered.extend(&leaves);
            level.push(self.nodes.len());
            self.nodes.push(Node { code: (*code).to_owned(), leaves });
        }
        covered.sort_unstable();
        assert!(covered.iter().copied().eq(0..self.leaves), "a level covers every leaf once");
        self.levels.push(level);
        self
    }

    /// The same with a node that holds these leaves, by position, and is part of no level; nothing changes when the code is known or there is no leaf.
    pub(super) fn with_node(mut self, code: String, mut leaves: Vec<usize>) -> Self {
        leaves.sort_unstable();
        leaves.dedup();
        if self.node(&code).is_none() && !leaves.is_empty() {
            self.nodes.push(Node { code, leaves });
        }
        self
    }

    /// The same with these nodes as a level, when they cover every leaf once.
    pub(super) fn with_level_of(mut self, codes: &std::collections::BTreeSet<String>) -> Self {
        let level: Vec<usize> = (1..self.nodes.len()).filter(|&node| codes.contains(&self.nodes[node].code)).collect();
        let held: usize = level.iter().map(|&node| self.nodes[node].leaves.len()).sum();
        let covered: std::collections::BTreeSet<usize> = level.iter().flat_map(|&node| self.nodes[node].leaves.iter().copied()).collect();
        if held == self.leaves && covered.len() == self.leaves && !self.levels.contains(&level) {
            self.levels.push(level);
        }
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Position of the node of this code; [`TOTAL`] is the first.
    #[must_use]
    pub fn node(&self, code: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.code == code)
    }

    /// Code of a node.
    #[must_use]
    pub fn code(&self, node: usize) -> &str {
        &self.nodes[node].code
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn is_joint(&self) -> bool {
        !self.joint.is_empty()
    }

    pub(super) fn leaf_count(&self) -> usize {
        self.leaves
    }

    /// Whether a node holds all the leaves of another.
    pub(super) fn holds(&self, node: usize, other: usize) -> bool {
        if node == 0 {
            return true;
        }
        if self.is_joint() && other == 0 {
            return false;
        }
        self.nodes[other].leaves.iter().all(|leaf| self.nodes[node].leaves.binary_search(leaf).is_ok())
    }

    /// For each node, those that hold it, itself among them.
    pub(super) fn holders(&self) -> Vec<Vec<usize>> {
        let of = |node: usize| (0..self.nodes.len()).filter(|&outer| outer == node || self.holds(outer, node)).collect();
        (0..self.nodes.len()).map(of).collect()
    }

    pub(super) fn leaves_of(&self, node: usize) -> &[usize] {
        &self.nodes[node].leaves
    }

    /// The partition that holds a node of [`Variable::partitions`], and the positions of its parts there.
    pub(super) fn parts_of(&self, node: usize) -> (usize, Vec<usize>) {
        let leaves = &self.nodes[node].leaves;
        let held = |parts: &Vec<usize>| leaves.iter().map(|leaf| parts.iter().position(|part| part == leaf)).collect::<Option<Vec<_>>>();
        let found = self.joint.iter().enumerate().find_map(|(position, parts)| held(parts).map(|held| (position, held)));
        found.expect("a node is made of parts of one partition")
    }

    /// The splits of each node.
    pub(super) fn splits_by_parent(&self) -> Vec<Vec<Split>> {
        let mut by_parent = vec![Vec::new(); self.nodes.len()];
        self.splits().into_iter().for_each(|split| by_parent[split.parent].push(split));
        by_parent
    }

    /// Every way in which a node is the sum of nodes of one level.
    fn splits(&self) -> Vec<Split> {
        if self.is_joint() {
            return self.levels.iter().flat_map(|parts| self.joint_splits(parts)).collect();
        }
        let mut splits = Vec::new();
        for level in &self.levels {
            for parent in 0..self.nodes.len() {
                let parts: Vec<usize> = level.iter().copied().filter(|&part| part != parent && self.holds(parent, part)).collect();
                let leaves: usize = parts.iter().map(|&part| self.nodes[part].leaves.len()).sum();
                if !parts.is_empty() && leaves == self.nodes[parent].leaves.len() {
                    splits.push(Split { parent, parts });
                }
            }
        }
        splits
    }

    /// Every way in which everybody, or a union of parts, is the sum of parts and of unions of one partition.
    fn joint_splits(&self, parts: &[usize]) -> Vec<Split> {
        let (first, last) = (parts[0], parts[parts.len() - 1]);
        let leaf = |node: usize| self.nodes[node].leaves[0];
        let of_this = |node: &usize| (leaf(first)..=leaf(last)).contains(&leaf(*node));
        let unions: Vec<usize> = (last + 1..self.nodes.len()).take_while(of_this).collect();
        let mut splits = vec![Split { parent: 0, parts: parts.to_vec() }];
        for &union in &unions {
            let (inside, outside): (Vec<usize>, Vec<usize>) = parts.iter().partition(|&&part| self.holds(union, part));
            splits.push(Split { parent: union, parts: inside });
            splits.push(Split { parent: 0, parts: [vec![union], outside].concat() });
        }
        splits
    }

    /// A node over coordinates of its own kind: leaves, or for partitions everybody and all parts but the last of each, which is everybody less the others.
    fn vector(&self, node: usize) -> Sparse {
        let place = |leaf: usize| u32::try_from(leaf).expect("a variable has fewer leaves");
        if !self.is_joint() {
            return self.nodes[node].leaves.iter().map(|&leaf| (place(leaf), 1)).collect();
        }
        // Everybody is coordinate 0 and part `p` coordinate `p + 1`.
        if node == 0 {
            return vec![(0, 1)];
        }
        let mut vector = Sparse::new();
        for &leaf in &self.nodes[node].leaves {
            let parts = self.joint.iter().find(|parts| parts.contains(&leaf)).expect("a leaf is part of a partition");
            let (last, others) = parts.split_last().expect("a partition has a part");
            let part = if leaf == *last {
                others.iter().fold(vec![(0, 1)], |rest, &other| less(&rest, 1, &vec![(place(other + 1), 1)]))
            } else {
                vec![(place(leaf + 1), 1)]
            };
            vector = less(&vector, negate(1), &part);
        }
        vector
    }

    /// Each node as a combination of a few independent ones, the total first among these.
    ///
    /// A node that is chosen is its own coordinate, so that most cells of a cube have one only. `weights` (people of each node) decides
    /// which are chosen: the largest, which will be published first.
    pub(super) fn coordinates(&self, weights: &[u64]) -> Vec<Sparse> {
        let mut order: Vec<usize> = (1..self.nodes.len()).collect();
        order.sort_by_key(|&node| (std::cmp::Reverse(weights[node]), node));
        let mut basis = Basis::default();
        let mut found = vec![Sparse::new(); self.nodes.len()];
        for node in std::iter::once(0).chain(order) {
            found[node] = basis.express(self.vector(node));
        }
        found
    }
}

/// Independent sets of leaves, reduced, each with what it is of the coordinates.
#[derive(Default)]
struct Basis {
    /// First leaf, vector over leaves with 1 there, vector over coordinates.
    rows: Vec<(u32, Sparse, Sparse)>,
}

impl Basis {
    /// A node in coordinates; it becomes one when it depends on none.
    fn express(&mut self, mut rest: Sparse) -> Sparse {
        let mut said = Sparse::new();
        for (first, vector, coordinates) in &self.rows {
            let Ok(place) = rest.binary_search_by_key(first, |entry| entry.0) else { continue };
            let factor = rest[place].1;
            rest = less(&rest, factor, vector);
            said = less(&said, negate(factor), coordinates);
        }
        let Some(&(first, lead)) = rest.first() else { return said };
        // `rest` is the set less `said`: a new coordinate stands for the set.
        let own = u32::try_from(self.rows.len()).expect("a variable has fewer leaves");
        let unit = inverse(lead);
        rest.iter_mut().for_each(|(_, value)| *value = multiply(*value, unit));
        let coordinates = less(&vec![(own, 1)], 1, &said);
        let coordinates = coordinates.into_iter().map(|(place, value)| (place, multiply(value, unit))).collect();
        self.rows.push((first, rest, coordinates));
        vec![(own, 1)]
    }
}

/// `vector` less `factor` times `other`.
pub(super) fn less(vector: &Sparse, factor: u64, other: &Sparse) -> Sparse {
    let factor = negate(factor);
    let mut result = Sparse::with_capacity(vector.len() + other.len());
    let (mut left, mut right) = (0, 0);
    while left < vector.len() || right < other.len() {
        let ahead = |place: usize, of: &Sparse| of.get(place).map_or(u32::MAX, |entry| entry.0);
        let coordinate = ahead(left, vector).min(ahead(right, other));
        let mut value = 0;
        if ahead(left, vector) == coordinate {
            value = vector[left].1;
            left += 1;
        }
        if ahead(right, other) == coordinate {
            value = add(value, multiply(other[right].1, factor));
            right += 1;
        }
        if value != 0 {
            result.push((coordinate, value));
        }
    }
    result
}
