//! A classifying variable of a cube: its leaves, its total, and the groups of leaves that are published besides.

use crate::field::{add, inverse, multiply, negate};

/// A vector over coordinates, sorted by coordinate, without zeros.
pub(super) type Sparse = Vec<(u32, u64)>;

/// A classifying variable, whose first node is the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    name: String,
    nodes: Vec<Node>,
    /// Nodes of each level of its hierarchies, finest first; a level covers every leaf once.
    levels: Vec<Vec<usize>>,
    leaves: usize,
    /// The leaves are properties that people may have together, each with those who have it not; see [`Variable::properties`].
    is_joint: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
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
        let variable = Self { name: name.into(), nodes, levels: vec![(1..=count).collect()], leaves: count, is_joint: false };
        assert!(variable.has_distinct_codes(), "each code of a variable is given once");
        variable
    }

    /// Several yes-or-no properties of the same people, each crossed with the other variables but never with one another: for each, a node of
    /// those who have it (`code`) and one of those who have not (`!code`).
    ///
    /// # Panics
    /// When a code is given twice.
    #[must_use]
    pub fn properties<S: Into<String>>(name: impl Into<String>, codes: impl IntoIterator<Item = S>) -> Self {
        // Leaf 0 stands for everybody and the others for the properties: a sum of people is a whole combination of these.
        let codes: Vec<String> = codes.into_iter().map(Into::into).collect();
        let total = Node { code: TOTAL.to_owned(), leaves: vec![0] };
        let pair = |(position, code): (usize, &String)| {
            let without = Node { code: format!("!{code}"), leaves: vec![0, position + 1] };
            [Node { code: code.clone(), leaves: vec![position + 1] }, without]
        };
        let nodes: Vec<Node> = std::iter::once(total).chain(codes.iter().enumerate().flat_map(pair)).collect();
        let levels = (0..codes.len()).map(|position| vec![1 + 2 * position, 2 + 2 * position]).collect();
        let variable = Self { name: name.into(), nodes, levels, leaves: codes.len() + 1, is_joint: true };
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
        self.is_joint
    }

    pub(super) fn leaf_count(&self) -> usize {
        self.leaves
    }

    /// Whether a node holds all the leaves of another.
    pub(super) fn holds(&self, node: usize, other: usize) -> bool {
        if self.is_joint {
            return node == 0 || node == other;
        }
        self.nodes[other].leaves.iter().all(|leaf| self.nodes[node].leaves.binary_search(leaf).is_ok())
    }

    pub(super) fn leaves_of(&self, node: usize) -> &[usize] {
        &self.nodes[node].leaves
    }

    /// Every way in which a node is the sum of nodes of one level.
    pub(super) fn splits(&self) -> Vec<Split> {
        if self.is_joint {
            return self.levels.iter().map(|parts| Split { parent: 0, parts: parts.clone() }).collect();
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

    /// A node over leaves; who has a property not is everybody less who has it.
    fn vector(&self, node: usize) -> Sparse {
        let place = |leaf: usize| u32::try_from(leaf).expect("a variable has fewer leaves");
        match self.nodes[node].leaves[..] {
            [everybody, property] if self.is_joint => vec![(place(everybody), 1), (place(property), negate(1))],
            _ => self.nodes[node].leaves.iter().map(|&leaf| (place(leaf), 1)).collect(),
        }
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
