//! From a counted table to a closed cube: its variables, what is in its cells, which are hidden, and what is said of each indicator.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Figures;
use super::outcomes::{Outcomes, Reading};
use super::{CellKey, ClosedCube, Cube, CubeFault, Facts, Pattern, PrimaryRules, TOTAL, Variable, places};
use crate::catalogue::Catalogue;
use crate::counted::{Counted, Group};
use crate::decide::rate;
use crate::memory::PeriodKind;
use crate::policy::Policy;
use crate::release::{Figure, Reason};
use crate::request::{Dimension, Period, Quarter, Scope};
use crate::rules;

/// Name of the variable of outcomes.
const OUTCOME: &str = "outcome";

/// Tables that cannot be made into a cube; nothing of them may be published.
#[derive(Debug, thiserror::Error)]
pub enum CloseFault {
    /// A table of some people only.
    #[error("the table of a closed cube is that of a whole programme, without filter nor comparison")]
    NotWhole,
    /// Nothing that counts the leavers.
    #[error("the table of a closed cube holds no count of the leavers")]
    NoLeavers,
    /// Fewer people than may be described.
    #[error("the population of a closed cube is below the smallest cohort")]
    TooFew,
    /// It cannot be closed.
    #[error("closing a cube")]
    Cube(#[from] CubeFault),
}

impl ClosedCube {
    /// The dimensions by which the table of a cube is split.
    pub const DIMENSIONS: [Dimension; 6] =
        [Dimension::Type, Dimension::Quarter, Dimension::Departement, Dimension::Sex, Dimension::AgeBand, Dimension::Structure];

    /// Closes the table of one programme, exactly counted by as many of [`Self::DIMENSIONS`] as there are: every figure of the cube is a sum of its groups.
    /// `together` are the territories of several départements or structures that are asked about as one. `earlier` is the cube of the release before.
    ///
    /// # Errors
    /// A [`CloseFault`] when nothing may be published.
    pub fn close(
        table: &Counted,
        together: &[Scope],
        catalogue: &Catalogue,
        policy: &Policy,
        earlier: Option<&Self>,
    ) -> Result<Self, CloseFault> {
        let is_whole = table.request.scope == Scope::National && table.request.filters.is_empty() && table.request.rest.is_none();
        if !is_whole {
            return Err(CloseFault::NotWhole);
        }
        if table.population < policy.cohort_min || table.found < policy.cohort_min {
            return Err(CloseFault::TooFew);
        }
        let outcomes = Outcomes::of(table, catalogue);
        let leavers = outcomes.readings.iter().find(|(_, reading)| **reading == Reading::Leavers);
        let leavers = leavers.map(|(series, _)| series.clone()).ok_or(CloseFault::NoLeavers)?;
        let crossings = crossings(policy, &table.request.dimensions());
        let partitions: Vec<_> = outcomes.splits.iter().map(|split| split.partition.clone()).collect();
        let mut variables = variables(&outcomes, table.request.period, &table.request.dimensions(), together);
        let sums = sums(&outcomes, &variables, &crossings);
        variables.push(Variable::partitions(OUTCOME, &partitions));
        let cube = Cube::of_cells(variables.clone(), cells(&sums, variables.last().expect("one was pushed")));
        let before = earlier.map(|earlier| earlier.pattern_in(&variables));
        let pattern = cube.close(&PrimaryRules::people(policy.count_min, policy.plausible_min), before.as_ref())?;
        let figures = figures(&cube, &pattern, &outcomes, policy);
        Ok(Self {
            base: crate::request::Request { breakdowns: Vec::new(), ..table.request.clone() },
            lake_version: table.lake_version,
            last_month: table.last_month,
            policy_version: policy.identity(),
            cohort_min: policy.cohort_min,
            leavers,
            variables,
            crossings,
            figures,
            pattern,
        })
    }
}

/// What may be crossed in a cube: the crossings that may be asked, and a structure by quarter and type, each with all its margins.
fn crossings(policy: &Policy, known: &[Dimension]) -> BTreeSet<Vec<Dimension>> {
    let is_asked = |crossing: &&Vec<Dimension>| crossing.len() <= policy.dimensions_max && !crossing.contains(&Dimension::Programme);
    let own = rules::crossings().iter().filter(is_asked).cloned();
    let of_structures = vec![Dimension::Type, Dimension::Quarter, Dimension::Structure];
    let mut crossings = BTreeSet::new();
    for mut crossing in own.chain([of_structures]) {
        crossing.retain(|dimension| known.contains(dimension));
        let chosen = |mask: usize| crossing.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, own)| *own).collect();
        crossings.extend((0..1_usize << crossing.len()).map(chosen));
    }
    crossings
}

/// Places, then the other dimensions.
fn variables(outcomes: &Outcomes<'_>, period: Period, known: &[Dimension], together: &[Scope]) -> Vec<Variable> {
    let groups: BTreeSet<&Group> = outcomes.leavers.keys().copied().collect();
    let mut variables = vec![places::variable(&groups, together)];
    for &dimension in known.iter().filter(|dimension| !places::DIMENSIONS.contains(dimension)) {
        let own = |group: &&Group| group.iter().find(|(of, _)| *of == dimension).map(|(_, value)| value.clone());
        variables.push(match dimension {
            Dimension::Quarter => quarters(period),
            _ => Variable::new(dimension.code(), groups.iter().filter_map(own).collect::<BTreeSet<String>>()),
        });
    }
    variables
}

/// People of a cell of leavers.
struct Sums {
    leavers: u64,
    /// By way of splitting them: people of each part; none when some cannot be seen yet.
    parts: Vec<Option<Vec<u64>>>,
}

/// The dimensions that a cell of leavers is about.
pub(super) fn dimensions_of(variables: &[Variable], key: &[usize]) -> Vec<Dimension> {
    let of = |(variable, &node): (&Variable, &usize)| match (variable.name(), node) {
        (_, 0) => Vec::new(),
        (places::PLACE, node) => places::dimensions(variable.code(node)),
        (name, _) => Dimension::from_code(name).into_iter().collect(),
    };
    let mut dimensions: Vec<Dimension> = variables.iter().zip(key).flat_map(of).collect();
    dimensions.sort_unstable();
    dimensions
}

/// Every cell of leavers that the crossings allow, those of nobody too.
fn sums(outcomes: &Outcomes<'_>, variables: &[Variable], crossings: &BTreeSet<Vec<Dimension>>) -> BTreeMap<CellKey, Sums> {
    let mut keys: Vec<CellKey> = vec![Vec::new()];
    for variable in variables {
        let with = |key: &CellKey| {
            (0..variable.node_count())
                .map(|node| [key.as_slice(), &[node]].concat())
                .filter(|key| crossings.contains(&dimensions_of(variables, key)))
                .collect::<Vec<_>>()
        };
        keys = keys.iter().flat_map(with).collect();
    }
    let nothing = || Sums { leavers: 0, parts: outcomes.splits.iter().map(|split| Some(vec![0; split.partition.parts.len()])).collect() };
    let mut sums: BTreeMap<CellKey, Sums> = keys.into_iter().map(|key| (key, nothing())).collect();
    for (group, people) in &outcomes.leavers {
        let value = |variable: &Variable| match variable.name() {
            places::PLACE => places::leaf(group),
            name => group.iter().find(|(own, _)| own.code() == name).map(|(_, value)| value.clone()).unwrap_or_default(),
        };
        let mut holding: Vec<CellKey> = vec![Vec::new()];
        for variable in variables {
            let leaf = variable.node(&value(variable)).expect("the leaves are those of the groups");
            let nodes: Vec<usize> = (0..variable.node_count()).filter(|&node| variable.holds(node, leaf)).collect();
            holding = holding.iter().flat_map(|key| nodes.iter().map(move |node| [key.as_slice(), &[*node]].concat())).collect();
        }
        for key in holding {
            let Some(sum) = sums.get_mut(&key) else { continue };
            sum.leavers += people;
            for (split, held) in outcomes.splits.iter().zip(&mut sum.parts) {
                match split.people.get(group) {
                    Some(parts) => held.iter_mut().for_each(|held| held.iter_mut().zip(parts).for_each(|(held, part)| *held += part)),
                    None => *held = None,
                }
            }
        }
    }
    sums
}

/// The cells of the cube: each cell of leavers, and each outcome of it that can be seen.
fn cells(sums: &BTreeMap<CellKey, Sums>, outcome: &Variable) -> BTreeMap<CellKey, Facts> {
    let mut cells = BTreeMap::new();
    for (key, sum) in sums {
        let cell = |node: usize| [key.as_slice(), &[node]].concat();
        cells.insert(cell(0), Facts { people: sum.leavers, amounts: None });
        for node in 1..outcome.node_count() {
            let (split, parts) = outcome.parts_of(node);
            if let Some(held) = &sum.parts[split] {
                let people = parts.iter().map(|&part| held[part]).sum();
                cells.insert(cell(node), Facts { people, amounts: None });
            }
        }
    }
    cells
}

/// Quarters, and the closed periods that hold several.
fn quarters(period: Period) -> Variable {
    let leaves: Vec<Quarter> = period.quarters().collect();
    let name = |held: &[Quarter]| held.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut variable = Variable::new(Dimension::Quarter.code(), name(&leaves));
    for kind in PeriodKind::ALL.into_iter().filter(|kind| *kind != PeriodKind::Quarter) {
        let mut held: Vec<Period> = kind.within(period).collect();
        // Periods of one kind may overlap (two years that follow one another, and the next two): each level takes those that are apart.
        while !held.is_empty() {
            let mut level: Vec<Period> = Vec::new();
            held.retain(|period| {
                let is_apart = level.last().is_none_or(|last| last.to < period.from);
                if is_apart {
                    level.push(*period);
                }
                !is_apart
            });
            let within: Vec<(String, Vec<String>)> = level
                .iter()
                .map(|period| (format!("{}:{}", period.from, period.to), name(&period.quarters().collect::<Vec<_>>())))
                .collect();
            // Quarters of no period of the level are one group more: nobody asks about it.
            let is_out = |quarter: &&Quarter| level.iter().all(|period| !period.contains(**quarter));
            let rest: Vec<String> = leaves.iter().filter(is_out).map(ToString::to_string).collect();
            let other =
                (format!("!{}", level.iter().map(|period| format!("{}:{}", period.from, period.to)).collect::<Vec<_>>().join("+")), rest);
            let groups: Vec<(String, Vec<String>)> = within.into_iter().chain([other]).filter(|(_, leaves)| !leaves.is_empty()).collect();
            let borrowed: Vec<Vec<&str>> = groups.iter().map(|(_, leaves)| leaves.iter().map(String::as_str).collect()).collect();
            let named: Vec<(&str, &[&str])> =
                groups.iter().zip(&borrowed).map(|((code, _), leaves)| (code.as_str(), leaves.as_slice())).collect();
            variable = variable.with_level(&named);
        }
    }
    variable
}

/// Code of the quarters from one to another.
pub(super) fn period_code(from: &str, to: &str) -> String {
    if from == to { from.to_owned() } else { format!("{from}:{to}") }
}

/// What is said of each cell of each indicator.
fn figures(cube: &Cube, pattern: &Pattern, outcomes: &Outcomes<'_>, policy: &Policy) -> Figures {
    let outcome = cube.variables().len() - 1;
    let node = |code: &str| cube.variables()[outcome].node(code).expect("readings name nodes of the variable");
    let mut figures = Figures::new();
    for ((id, horizon), reading) in &outcomes.readings {
        let own = figures.entry((id.clone(), *horizon)).or_default();
        for (key, _) in cube.cells().filter(|(key, _)| key[outcome] == 0) {
            let seen = Seen { cube, pattern, key, policy };
            let figure = match reading {
                Reading::Leavers => seen.at(0).map(|(people, hidden)| hidden.unwrap_or(Figure::Count { value: people })),
                Reading::Share { with, without } => seen.share(0, node(with), node(without)),
                Reading::Distribution { base, categories } => {
                    let base = if base == TOTAL { 0 } else { node(base) };
                    seen.distribution(base, categories.iter().map(|(category, code)| (category, node(code))))
                }
            };
            if let Some(figure) = figure {
                own.insert(key[..outcome].to_vec(), figure);
            }
        }
    }
    figures
}

/// A cell of leavers, with what is known and hidden of its outcomes.
struct Seen<'a> {
    cube: &'a Cube,
    pattern: &'a Pattern,
    key: &'a CellKey,
    policy: &'a Policy,
}

impl Seen<'_> {
    /// People of a node of the outcomes, and why they are not said; none when they cannot be seen yet.
    fn at(&self, node: usize) -> Option<(u64, Option<Figure>)> {
        let mut key = self.key.clone();
        *key.last_mut().expect("a cell has an outcome") = node;
        let people = self.cube.facts(&key)?.people;
        let reason = if self.pattern.primary.contains(&key) { Reason::Small } else { Reason::WouldRevealAnother };
        Some((people, self.pattern.hides(&key).then_some(Figure::Hidden { reason })))
    }

    /// A share is said with its numerator: all of its three cells are published, or none is.
    fn share(&self, base: usize, with: usize, without: usize) -> Option<Figure> {
        let [(all, first), (have, second), (_, third)] = [self.at(base)?, self.at(with)?, self.at(without)?];
        Some(first.or(second).or(third).unwrap_or_else(|| self.rate(have, all)))
    }

    fn distribution<'c>(&self, base: usize, categories: impl Iterator<Item = (&'c String, usize)>) -> Option<Figure> {
        let (all, hidden) = self.at(base)?;
        // The base is a figure of the leavers: it is said when they are.
        let hidden = hidden.or(self.at(0)?.1);
        if let Some(hidden) = hidden.or((all < self.policy.denominator_min).then_some(Figure::Hidden { reason: Reason::Small })) {
            return Some(hidden);
        }
        let figure = |(category, node): (&'c String, usize)| {
            let (have, hidden) = self.at(node)?;
            Some((category.clone(), hidden.unwrap_or_else(|| self.rate(have, all))))
        };
        let categories = categories.map(figure).collect::<Option<Vec<_>>>()?;
        Some(Figure::Distribution { denominator: all, categories })
    }

    fn rate(&self, have: u64, all: u64) -> Figure {
        match all < self.policy.denominator_min {
            true => Figure::Hidden { reason: Reason::Small },
            false => rate((have, all), (have, all), self.policy),
        }
    }
}
