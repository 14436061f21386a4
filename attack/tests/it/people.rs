//! Made-up leavers, and the exact tables of them.

use std::collections::BTreeMap;

use apres_attack::{Quantity, Truth};
use apres_protect::{Counted, CountedCell, CountedValue, Dimension, DisclosureSecret, Group, Month, Request, SetKey, Standing};

/// The crossings that are asked: up to three of four dimensions.
pub(crate) const TABLES: [&[Dimension]; 15] = [
    &[],
    &[Dimension::Type],
    &[Dimension::Quarter],
    &[Dimension::Sex],
    &[Dimension::AgeBand],
    &[Dimension::Type, Dimension::Quarter],
    &[Dimension::Type, Dimension::Sex],
    &[Dimension::Type, Dimension::AgeBand],
    &[Dimension::Quarter, Dimension::Sex],
    &[Dimension::Quarter, Dimension::AgeBand],
    &[Dimension::Sex, Dimension::AgeBand],
    &[Dimension::Type, Dimension::Quarter, Dimension::Sex],
    &[Dimension::Type, Dimension::Quarter, Dimension::AgeBand],
    &[Dimension::Type, Dimension::Sex, Dimension::AgeBand],
    &[Dimension::Quarter, Dimension::Sex, Dimension::AgeBand],
];

const TYPES: [&str; 4] = ["ACI", "AI", "EI", "ETTI"];
const QUARTERS: [&str; 4] = ["2024T1", "2024T2", "2024T3", "2024T4"];
const SEXES: [&str; 2] = ["F", "M"];
const AGES: [&str; 3] = ["26_49", "50_plus", "moins_26"];

/// A leaver: position of each value, and whether in employment at six months.
#[derive(Debug, Clone, Copy)]
struct Person {
    kind: usize,
    quarter: usize,
    sex: usize,
    age: usize,
    is_employed: bool,
}

pub(crate) struct People(Vec<Person>);

impl People {
    /// The same people for the same seed; skewed, so that there are large and small groups.
    pub(crate) fn made_up(size: usize, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x2545_f491_4f6c_dd1d);
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((state >> 33) % below).unwrap()
        };
        let person = |_| {
            let kind = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3][draw(16)];
            let (quarter, sex) = (draw(4), usize::from(draw(5) > 1));
            let age = [0, 0, 0, 0, 0, 0, 1, 1, 2][draw(9)];
            Person { kind, quarter, sex, age, is_employed: draw(100) < 40 + 8 * kind }
        };
        Self((0..size).map(person).collect())
    }

    fn value(person: Person, dimension: Dimension) -> &'static str {
        match dimension {
            Dimension::Type => TYPES[person.kind],
            Dimension::Quarter => QUARTERS[person.quarter],
            Dimension::Sex => SEXES[person.sex],
            _ => AGES[person.age],
        }
    }

    /// The secret of the noise.
    pub(crate) fn secret() -> DisclosureSecret {
        DisclosureSecret::new([7; 32])
    }

    /// The key of each group of a crossing.
    fn keys(&self, dimensions: &[Dimension]) -> BTreeMap<Group, SetKey> {
        let keys = Self::secret().record_keys();
        let mut sums: BTreeMap<Group, u64> = BTreeMap::new();
        for (pseudonym, person) in (0..).zip(&self.0) {
            let group: Group = dimensions.iter().map(|&dimension| (dimension, Self::value(*person, dimension).to_owned())).collect();
            let sum = sums.entry(group).or_default();
            *sum = sum.wrapping_add(keys.of_person(pseudonym));
        }
        sums.into_iter().map(|(group, sum)| (group, SetKey::from_sum(sum))).collect()
    }

    /// Leavers and those in employment, of each group of a crossing.
    fn groups(&self, dimensions: &[Dimension]) -> BTreeMap<Group, (u64, u64)> {
        let mut groups: BTreeMap<Group, (u64, u64)> = BTreeMap::new();
        for person in &self.0 {
            let group: Group = dimensions.iter().map(|&dimension| (dimension, Self::value(*person, dimension).to_owned())).collect();
            let (all, employed) = groups.entry(group).or_default();
            (*all, *employed) = (*all + 1, *employed + u64::from(person.is_employed));
        }
        groups
    }

    /// A table, exactly counted: its total, then its groups.
    pub(crate) fn count(&self, dimensions: &[Dimension]) -> Counted {
        let mut groups = self.groups(&[]);
        groups.extend(self.groups(dimensions));
        let mut keys = self.keys(&[]);
        keys.extend(self.keys(dimensions));
        let cell = |indicator: &str, horizon, group: &Group, value| CountedCell {
            indicator: indicator.to_owned(),
            horizon,
            group: group.clone(),
            standing: Standing::Consolidated,
            value,
            key: keys[group],
            found: None,
            found_key: SetKey::ZERO,
        };
        let counts = groups.iter().map(|(group, (all, _))| cell("A-02", 0, group, CountedValue::Count(*all)));
        let shares = groups
            .iter()
            .map(|(group, (all, employed))| cell("B-01", 6, group, CountedValue::Share { numerator: *employed, denominator: *all }));
        let par: String = dimensions.iter().map(|dimension| format!("&par={}", dimension.code())).collect();
        let text = format!("programme=iae&du=2024T1&au=2024T4&horizon=6&indicateur=A-02&indicateur=B-01{par}");
        let pairs: Vec<_> =
            text.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Counted {
            request: Request::from_query(&pairs).unwrap(),
            lake_version: 1,
            last_month: Month::new(2026, 9).unwrap(),
            population: self.0.len() as u64,
            population_key: keys[&Group::new()],
            found: self.0.len() as u64,
            found_key: keys[&Group::new()],
            cells: counts.chain(shares).collect(),
            rest: None,
        }
    }

    /// The truth of every table.
    pub(crate) fn truth(&self) -> Truth {
        TABLES.iter().flat_map(|dimensions| self.truth_at(dimensions)).collect()
    }

    /// The truth of one table.
    pub(crate) fn truth_at(&self, dimensions: &[Dimension]) -> Truth {
        let mut truth = Truth::new();
        for (group, (all, employed)) in self.groups(&[]).into_iter().chain(self.groups(dimensions)) {
            // As the JSON of a release names them.
            let code = |dimension: Dimension| serde_json::to_value(dimension).unwrap().as_str().unwrap().to_owned();
            let group: apres_attack::Group = group.into_iter().map(|(dimension, value)| (code(dimension), value)).collect();
            truth.insert((Quantity::Leavers, group.clone()), all);
            truth.insert((Quantity::With("B-01".to_owned(), 6), group), employed);
        }
        truth
    }
}
