//! Where people left, as one variable of a cube: types, départements, structures and the territories that are asked about as one.
//!
//! A structure has its type and its département, so these are sets of structures and not variables of their own: what is said of a type less what is said of
//! its structures must tell nothing. The leaves are the combinations that exist.

use std::collections::{BTreeMap, BTreeSet};

use super::Variable;
use crate::counted::Group;
use crate::request::{Dimension, Scope};

/// The dimensions that are one variable.
pub(super) const DIMENSIONS: [Dimension; 3] = [Dimension::Type, Dimension::Departement, Dimension::Structure];
/// Name of the variable.
pub(super) const PLACE: &str = "place";

/// What a question keeps of the places, by dimension: one value, or several that are asked about as one.
pub(super) type Kept<'a> = BTreeMap<Dimension, &'a [String]>;

/// Code of the node of what is kept; that of the total when nothing is.
pub(super) fn code(kept: &Kept<'_>) -> String {
    let one = |(dimension, values): (&Dimension, &&[String])| format!("{}={}", dimension.code(), values.join("+"));
    kept.iter().map(one).collect::<Vec<_>>().join(";")
}

/// The dimensions that a node is about.
pub(super) fn dimensions(code: &str) -> Vec<Dimension> {
    let is_named = |dimension: &Dimension| code.split(';').any(|part| part.split('=').next() == Some(dimension.code()));
    DIMENSIONS.into_iter().filter(is_named).collect()
}

/// The values of a dimension, read in the leaves.
pub(super) fn values(variable: &Variable, dimension: Dimension) -> Vec<String> {
    let of = |leaf: usize| {
        let part = variable.code(leaf).split(';').find_map(|part| part.split_once('=').filter(|(own, _)| *own == dimension.code()));
        part.map(|(_, value)| value.to_owned())
    };
    (1..=variable.leaf_count()).filter_map(of).collect::<BTreeSet<String>>().into_iter().collect()
}

/// The leaf of a group.
pub(super) fn leaf(group: &Group) -> String {
    let values: Vec<(Dimension, Vec<String>)> =
        group.iter().filter(|(own, _)| DIMENSIONS.contains(own)).map(|(own, value)| (*own, vec![value.clone()])).collect();
    code(&values.iter().map(|(own, value)| (*own, value.as_slice())).collect())
}

/// The places where these groups left, and the nodes that are asked about: a type, a département, a structure, several départements or structures together, a
/// type in each of these.
pub(super) fn variable(groups: &BTreeSet<&Group>, together: &[Scope]) -> Variable {
    let mut held: BTreeMap<String, BTreeMap<Dimension, String>> = BTreeMap::new();
    for group in groups {
        let values = group.iter().filter(|(own, _)| DIMENSIONS.contains(own)).cloned().collect();
        held.insert(leaf(group), values);
    }
    let leaves: Vec<&BTreeMap<Dimension, String>> = held.values().collect();
    let values = |dimension: Dimension| leaves.iter().filter_map(|leaf| leaf.get(&dimension).cloned()).collect::<BTreeSet<String>>();
    let alone = |dimension: Dimension| values(dimension).into_iter().map(move |value| (dimension, vec![value]));
    let mut territories: Vec<(Dimension, Vec<String>)> = alone(Dimension::Departement).chain(alone(Dimension::Structure)).collect();
    for scope in together {
        let (dimension, codes) = match scope {
            Scope::Departements(codes) => (Dimension::Departement, codes),
            Scope::Structures(codes) => (Dimension::Structure, codes),
            Scope::National => continue,
        };
        territories.push((dimension, codes.clone()));
    }
    let types: Vec<(Dimension, Vec<String>)> = alone(Dimension::Type).collect();
    let mut nodes: Vec<Vec<&(Dimension, Vec<String>)>> = types.iter().chain(&territories).map(|one| vec![one]).collect();
    nodes.extend(types.iter().flat_map(|kind| territories.iter().map(move |territory| vec![kind, territory])));

    let mut variable = Variable::new(PLACE, held.keys().cloned());
    for node in nodes {
        let kept: Kept<'_> = node.iter().map(|(dimension, values)| (*dimension, values.as_slice())).collect();
        let is_in =
            |leaf: &BTreeMap<Dimension, String>| kept.iter().all(|(own, values)| leaf.get(own).is_some_and(|value| values.contains(value)));
        let inside = leaves.iter().enumerate().filter(|(_, leaf)| is_in(leaf)).map(|(place, _)| place).collect();
        variable = variable.with_node(code(&kept), inside);
    }
    for level in [&[Dimension::Type][..], &[Dimension::Departement], &[Dimension::Structure], &[Dimension::Type, Dimension::Departement]] {
        let of = |leaf: &&BTreeMap<Dimension, String>| {
            let values: Vec<(Dimension, Vec<String>)> =
                level.iter().filter_map(|own| leaf.get(own).map(|value| (*own, vec![value.clone()]))).collect();
            code(&values.iter().map(|(own, value)| (*own, value.as_slice())).collect())
        };
        let codes: BTreeSet<String> = leaves.iter().map(of).collect();
        variable = variable.with_level_of(&codes);
    }
    variable
}
