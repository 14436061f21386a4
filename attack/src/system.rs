//! Readings as a system of sums: people who cannot be told apart by what is asked are one unknown.

use std::collections::{BTreeMap, BTreeSet};

use crate::released::{Group, Quantity, Reading, Said};

/// The truth, to keep the score: people of each quantity and group.
pub type Truth = BTreeMap<(Quantity, Group), u64>;

/// Sums of unknowns, each with what is said of it.
#[derive(Debug, Clone)]
pub(crate) struct System {
    /// Possible values of each dimension.
    dimensions: BTreeMap<String, Vec<String>>,
    /// Each outcome doubles the unknowns: one at a time.
    outcome: Option<Quantity>,
    /// Sum of unknowns, and what is said of it; a sum may come several times.
    pub(crate) sums: Vec<(Vec<usize>, Said)>,
    pub(crate) unknowns: usize,
}

impl System {
    /// The system of what is read about everybody, and about one outcome.
    pub(crate) fn new(readings: &[Reading], outcome: Option<&Quantity>) -> Self {
        let mut dimensions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (dimension, value) in readings.iter().flat_map(|reading| &reading.group) {
            dimensions.entry(dimension.clone()).or_default().extend(value.split('+').map(str::to_owned));
        }
        let dimensions: BTreeMap<String, Vec<String>> =
            dimensions.into_iter().map(|(dimension, values)| (dimension, values.into_iter().collect())).collect();
        let groups: usize = dimensions.values().map(Vec::len).product();
        let unknowns = if outcome.is_some() { 2 * groups } else { groups };
        let mut system = Self { dimensions, outcome: outcome.cloned(), sums: Vec::new(), unknowns };
        for reading in readings {
            if let Some(sum) = system.sum(&reading.quantity, &reading.group) {
                system.sums.push((sum, reading.said));
            }
        }
        system
    }

    /// The unknowns of a group, for a quantity that the system is about.
    pub(crate) fn sum(&self, quantity: &Quantity, group: &Group) -> Option<Vec<usize>> {
        let is_about = *quantity == Quantity::Leavers || self.outcome.as_ref() == Some(quantity);
        if !is_about {
            return None;
        }
        let mut places = vec![0];
        for (dimension, values) in &self.dimensions {
            let kept: Vec<usize> = match group.get(dimension) {
                Some(joined) => joined.split('+').map(|value| values.iter().position(|known| known == value)).collect::<Option<_>>()?,
                None => (0..values.len()).collect(),
            };
            places = places.iter().flat_map(|place| kept.iter().map(move |value| place * values.len() + value)).collect();
        }
        Some(match (&self.outcome, quantity) {
            (None, _) => places,
            (Some(_), Quantity::Leavers) => places.iter().flat_map(|place| [2 * place, 2 * place + 1]).collect(),
            (Some(_), Quantity::With(..)) => places.iter().map(|place| 2 * place).collect(),
        })
    }

    /// Those of a group who have not the outcome.
    pub(crate) fn without(&self, group: &Group) -> Option<Vec<usize>> {
        let everybody = self.sum(&Quantity::Leavers, group)?;
        self.outcome.as_ref().map(|_| everybody.into_iter().filter(|unknown| unknown % 2 == 1).collect())
    }
}
