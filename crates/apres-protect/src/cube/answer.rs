//! A closed cube in use: one programme's counted tables, closed together, and the answers that can be read in them.
//!
//! [`ClosedCube::close`] takes every table of the cube, exactly counted; [`ClosedCube::answer`] looks up a question and makes a [`Release`] of the
//! cells that it names, or refuses with questions that the cube holds. It never counts anything again: two answers come from one pattern.

use std::collections::{BTreeMap, BTreeSet};

use super::{CellKey, Cube, CubeFault, Facts, Pattern, PrimaryRules, TOTAL, Variable};
use crate::catalogue::{Catalogue, Measure};
use crate::counted::{Counted, CountedValue, Group, Standing};
use crate::decide::rate;
use crate::policy::Policy;
use crate::refusal::{Refusal, RefusalCode};
use crate::release::{Content, Figure, Reason, Release, ReleasedCell};
use crate::request::{Dimension, Month, Period, Quarter, Request, Scope};

/// Name of the variable of outcomes.
const OUTCOME: &str = "outcome";

/// Tables that cannot be made into a cube; nothing of them may be published.
#[derive(Debug, thiserror::Error)]
pub enum CloseFault {
    /// No table at all.
    #[error("a closed cube needs a table at least")]
    NoTable,
    /// Tables of different questions.
    #[error("the tables of a closed cube are of one programme, period, territory and version of the lake, without filters")]
    NotOneQuestion,
    /// Fewer people than may be described.
    #[error("the population of a closed cube is below the smallest cohort")]
    TooFew,
    /// It cannot be closed.
    #[error("closing a cube")]
    Cube(#[from] CubeFault),
}

/// What may be said of one programme, decided once for all questions.
#[derive(Debug, Clone)]
pub struct ClosedCube {
    base: Request,
    lake_version: u64,
    last_month: Month,
    policy_version: String,
    dimensions: Vec<Dimension>,
    variables: Vec<Variable>,
    crossings: BTreeSet<Vec<Dimension>>,
    /// Figures by indicator and horizon, then by node of each dimension.
    figures: BTreeMap<(String, u8), BTreeMap<CellKey, Figure>>,
    pattern: Pattern,
}

/// An indicator at a horizon that the cube holds: its cells by group.
type Series<'a> = BTreeMap<(&'a str, u8), BTreeMap<&'a Group, &'a CountedValue>>;

impl ClosedCube {
    /// Closes the tables of one programme. Each is the answer, exactly counted, to the same question with other breakdowns; together they hold
    /// every margin (a table by two dimensions comes with those by each of them). `earlier` is the cube of the release before.
    ///
    /// An indicator is in the cube at the horizons that all its leavers have reached, when it counts leavers or says which share of all of them has a
    /// property; the others (medians, distributions, indicators on some of the leavers) are not, see `docs/methods/closed-cube.md`.
    ///
    /// # Errors
    /// A [`CloseFault`] when nothing may be published.
    pub fn close(tables: &[Counted], catalogue: &Catalogue, policy: &Policy, earlier: Option<&Self>) -> Result<Self, CloseFault> {
        let base = one_question(tables)?;
        let first = tables.first().ok_or(CloseFault::NoTable)?;
        if first.population < policy.cohort_min || first.found < policy.cohort_min {
            return Err(CloseFault::TooFew);
        }
        let crossings: BTreeSet<Vec<Dimension>> = tables.iter().map(|table| table.request.dimensions()).collect();
        let dimensions: Vec<Dimension> =
            Dimension::ALL.into_iter().filter(|dimension| crossings.iter().flatten().any(|own| own == dimension)).collect();
        let series = series(tables, catalogue);
        let leavers = leavers(&series);
        let outcomes: Vec<(&str, u8)> = series.keys().copied().filter(|key| is_share(key.0, catalogue)).collect();

        let mut variables: Vec<Variable> = dimensions.iter().map(|&dimension| variable(dimension, &leavers, base.period)).collect();
        variables.push(Variable::properties(OUTCOME, outcomes.iter().map(|(id, horizon)| outcome_code(id, *horizon))));
        let outcome = variables.len() - 1;
        let crossed = |crossing: &Vec<Dimension>| {
            let position =
                |dimension: &Dimension| dimensions.iter().position(|own| own == dimension).expect("dimensions are those of the crossings");
            crossing.iter().map(position).chain([outcome]).collect::<Vec<usize>>()
        };
        let facts = |key: &CellKey| Facts { people: people(key, &variables, &dimensions, &leavers, &outcomes, &series), amounts: None };
        let cube = Cube::new(variables.clone(), &crossings.iter().map(crossed).collect::<Vec<_>>(), facts);
        let before = earlier.map(|earlier| earlier.pattern_in(&variables));
        let pattern = cube.close(&PrimaryRules::people(policy.count_min, policy.plausible_min), before.as_ref())?;
        let figures = figures(&cube, &pattern, &outcomes, &series, catalogue, policy);
        Ok(Self {
            base,
            lake_version: first.lake_version,
            last_month: first.last_month,
            policy_version: policy.identity(),
            dimensions,
            variables,
            crossings,
            figures,
            pattern,
        })
    }

    /// Answers a question from the cube.
    ///
    /// # Errors
    /// [`RefusalCode::NotInCube`] when the cube does not hold it, with questions that it holds.
    pub fn answer(&self, request: &Request) -> Result<Release, Refusal> {
        let Ok(request) = request.canonical() else {
            return Err(Refusal { code: RefusalCode::NotInCube, try_instead: Vec::new() });
        };
        let Some(slice) = self.slice(&request) else {
            return Err(Refusal { code: RefusalCode::NotInCube, try_instead: self.nearest(&request) });
        };
        let mut cells = Vec::new();
        for ((id, horizon), figures) in self.asked(&request) {
            for (group, key) in self.groups(&request, &slice) {
                let figure = figures.get(&key).cloned().unwrap_or(Figure::Hidden { reason: Reason::NoData });
                cells.push(ReleasedCell { indicator: id.clone(), horizon: *horizon, group, provisional: false, figure });
            }
        }
        let leavers = cells.iter().find_map(|cell| match cell.figure {
            Figure::Count { value } if cell.group.is_empty() => Some(value),
            _ => None,
        });
        let content = Content {
            lake_version: self.lake_version,
            policy_version: self.policy_version.clone(),
            last_month: self.last_month,
            is_perturbed: false,
            population: leavers,
            cells,
            rest: None,
            request,
        };
        Ok(content.seal())
    }

    /// What is hidden.
    #[must_use]
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    fn asked<'a>(&'a self, request: &'a Request) -> impl Iterator<Item = (&'a (String, u8), &'a BTreeMap<CellKey, Figure>)> {
        let is_asked = |(id, horizon): &(String, u8)| {
            let is_fixed = self.figures.keys().filter(|(other, _)| other == id).count() == 1;
            request.indicators.contains(id) && (is_fixed || request.horizons.is_empty() || request.horizons.contains(horizon))
        };
        self.figures.iter().filter(move |(key, _)| is_asked(key))
    }

    /// The node of each dimension that the question keeps, when the cube holds it with its breakdowns.
    fn slice(&self, request: &Request) -> Option<CellKey> {
        if request.population != self.base.population || request.rest.is_some() || self.asked(request).next().is_none() {
            return None;
        }
        let mut kept: Vec<(Dimension, String)> = Vec::new();
        if request.period != self.base.period {
            kept.push((Dimension::Quarter, period_code(request.period)?));
        }
        if request.scope != self.base.scope {
            let Scope::Departements(codes) = &request.scope else { return None };
            let [code] = codes.as_slice() else { return None };
            kept.push((Dimension::Departement, code.clone()));
        }
        for filter in &request.filters {
            let [value] = filter.values.as_slice() else { return None };
            kept.push((filter.dimension, value.clone()));
        }
        let mut used: Vec<Dimension> = kept.iter().map(|(dimension, _)| *dimension).chain(request.breakdowns.iter().copied()).collect();
        used.sort_unstable();
        if used.windows(2).any(|pair| pair[0] == pair[1]) || !(used.is_empty() || self.crossings.contains(&used)) {
            return None;
        }
        let mut key = vec![0; self.dimensions.len()];
        for (dimension, value) in kept {
            let position = self.dimensions.iter().position(|own| *own == dimension)?;
            key[position] = self.variables[position].node(&value)?;
        }
        Some(key)
    }

    /// The total of the question and its groups, with where they stand in the cube.
    fn groups(&self, request: &Request, slice: &CellKey) -> Vec<(Group, CellKey)> {
        let mut groups = vec![(Group::new(), slice.clone())];
        if request.breakdowns.is_empty() {
            return groups;
        }
        let mut split = groups.clone();
        for (position, dimension) in self.dimensions.iter().enumerate().filter(|(_, dimension)| request.breakdowns.contains(dimension)) {
            let variable = &self.variables[position];
            let with = |(group, key): &(Group, CellKey)| {
                let leaf = |node: usize| {
                    let mut key = key.clone();
                    key[position] = node;
                    let own = [(*dimension, variable.code(node).to_owned())];
                    ([group.as_slice(), &own].concat(), key)
                };
                (1..=variable.leaf_count()).map(leaf).collect::<Vec<_>>()
            };
            split = split.iter().flat_map(with).collect();
        }
        groups.extend(split);
        groups
    }

    /// Questions of the same kind that the cube holds: fewer breakdowns, no filter, then the whole of it.
    fn nearest(&self, request: &Request) -> Vec<Request> {
        let mut fewer = request.clone();
        while self.slice(&fewer).is_none() && fewer.breakdowns.pop().is_some() {}
        let no_filter = Request { filters: Vec::new(), rest: None, ..request.clone() };
        let whole = Request { period: self.base.period, scope: self.base.scope.clone(), ..no_filter.clone() };
        let plain = Request { breakdowns: Vec::new(), ..whole.clone() };
        let mut offered: Vec<Request> = Vec::new();
        for question in [fewer, no_filter, whole, plain] {
            if self.slice(&question).is_some() && !offered.contains(&question) {
                offered.push(question);
            }
        }
        offered
    }

    /// The cube's own pattern, in the nodes of a later cube.
    fn pattern_in(&self, variables: &[Variable]) -> Pattern {
        let names: BTreeMap<&str, usize> =
            self.variables.iter().enumerate().map(|(position, variable)| (variable.name(), position)).collect();
        let translated = |key: &CellKey| {
            let node = |variable: &Variable| match names.get(variable.name()) {
                Some(&position) => variable.node(self.variables[position].code(key[position])),
                None => Some(0),
            };
            variables.iter().map(node).collect::<Option<CellKey>>()
        };
        let all = |keys: &BTreeSet<CellKey>| keys.iter().filter_map(translated).collect();
        Pattern { primary: all(&self.pattern.primary), secondary: all(&self.pattern.secondary) }
    }
}

/// The question that all tables share, without breakdowns.
fn one_question(tables: &[Counted]) -> Result<Request, CloseFault> {
    let first = tables.first().ok_or(CloseFault::NoTable)?;
    let bare = |table: &Counted| Request { breakdowns: Vec::new(), ..table.request.clone() };
    let is_same = |table: &Counted| {
        let is_whole = table.request.filters.is_empty() && table.request.rest.is_none();
        is_whole && bare(table) == bare(first) && (table.lake_version, table.population) == (first.lake_version, first.population)
    };
    if tables.iter().all(is_same) { Ok(bare(first)) } else { Err(CloseFault::NotOneQuestion) }
}

/// Every series that covers all leavers and that all of them have reached.
fn series<'a>(tables: &'a [Counted], catalogue: &Catalogue) -> Series<'a> {
    let mut series = Series::new();
    let mut left_out: BTreeSet<(&str, u8)> = BTreeSet::new();
    for cell in tables.iter().flat_map(|table| &table.cells) {
        let key = (cell.indicator.as_str(), cell.horizon);
        if cell.standing != Standing::Consolidated {
            left_out.insert(key);
        }
        series.entry(key).or_default().insert(&cell.group, &cell.value);
    }
    let everybody = tables.first().map_or(0, |table| table.population);
    series.retain(|key, cells| {
        let is_kept = is_share(key.0, catalogue) || is_count(key.0, catalogue);
        is_kept && !left_out.contains(key) && cells.get(&Group::new()).is_some_and(|total| size(total) == everybody)
    });
    series
}

fn is_share(id: &str, catalogue: &Catalogue) -> bool {
    catalogue.indicator(id).is_some_and(|indicator| indicator.measure == Measure::Share && !indicator.is_conditional())
}

fn is_count(id: &str, catalogue: &Catalogue) -> bool {
    catalogue.indicator(id).is_some_and(|indicator| indicator.measure == Measure::Count)
}

/// Leavers by group.
fn leavers<'a>(series: &Series<'a>) -> BTreeMap<&'a Group, u64> {
    series.values().next().map(|cells| cells.iter().map(|(group, value)| (*group, size(value))).collect()).unwrap_or_default()
}

fn size(value: &CountedValue) -> u64 {
    match value {
        CountedValue::Count(people) => *people,
        CountedValue::Share { denominator, .. } | CountedValue::Distribution { denominator, .. } => *denominator,
        CountedValue::Quartiles(values) => values.people(),
    }
}

fn outcome_code(id: &str, horizon: u8) -> String {
    format!("{id}@{horizon}")
}

/// A dimension as a variable: its values, and for quarters the years and the pairs of years.
fn variable(dimension: Dimension, leavers: &BTreeMap<&Group, u64>, period: Period) -> Variable {
    if dimension == Dimension::Quarter {
        return quarters(period);
    }
    let own = |group: &&&Group| group.iter().find(|(of, _)| *of == dimension).map(|(_, value)| value.clone());
    let values: BTreeSet<String> = leavers.keys().filter_map(|group| own(&group)).collect();
    Variable::new(dimension.code(), values)
}

fn quarters(period: Period) -> Variable {
    let leaves: Vec<Quarter> = period.quarters().collect();
    let mut variable = Variable::new(Dimension::Quarter.code(), leaves.iter().map(ToString::to_string));
    let levels: [fn(i32) -> i32; 3] = [|year| year, |year| year - year.rem_euclid(2), |year| year - (year + 1).rem_euclid(2)];
    for start in levels {
        let mut groups: BTreeMap<i32, Vec<Quarter>> = BTreeMap::new();
        leaves.iter().for_each(|quarter| groups.entry(start(quarter.year())).or_default().push(*quarter));
        let name = |held: &Vec<Quarter>| period_code(Period { from: held[0], to: held[held.len() - 1] });
        let named: Vec<(String, Vec<String>)> =
            groups.values().map(|held| (name(held).unwrap_or_default(), held.iter().map(ToString::to_string).collect())).collect();
        // A level with a group that is no closed period (a year under way) is not published.
        let is_new = named.iter().all(|(code, _)| code != TOTAL && variable.node(code).is_none());
        if is_new && named.len() < leaves.len() {
            let leaves: Vec<Vec<&str>> = named.iter().map(|(_, leaves)| leaves.iter().map(String::as_str).collect()).collect();
            let groups: Vec<(&str, &[&str])> =
                named.iter().zip(&leaves).map(|((code, _), leaves)| (code.as_str(), leaves.as_slice())).collect();
            variable = variable.with_level(&groups);
        }
    }
    variable
}

/// How a closed period is called: a quarter, or its years.
fn period_code(period: Period) -> Option<String> {
    if period.quarter_count() == 1 {
        return Some(period.from.to_string());
    }
    let is_whole = period.from.quarter() == 1 && period.to.quarter() == 4;
    match (is_whole, period.to.year() - period.from.year()) {
        (true, 0) => Some(period.from.year().to_string()),
        (true, 1) => Some(format!("{}-{}", period.from.year(), period.to.year())),
        _ => None,
    }
}

/// People of a cell, summed over the leaves that it holds.
fn people(
    key: &CellKey,
    variables: &[Variable],
    dimensions: &[Dimension],
    leavers: &BTreeMap<&Group, u64>,
    outcomes: &[(&str, u8)],
    series: &Series<'_>,
) -> u64 {
    let mut groups: Vec<Group> = vec![Group::new()];
    for (position, dimension) in dimensions.iter().enumerate().filter(|(position, _)| key[*position] != 0) {
        let held = variables[position].leaves_of(key[position]);
        let with = |group: &Group| {
            let leaf = |leaf: &usize| [group.as_slice(), &[(*dimension, variables[position].code(leaf + 1).to_owned())]].concat();
            held.iter().map(leaf).collect::<Vec<Group>>()
        };
        groups = groups.iter().flat_map(with).collect();
    }
    let node = key[dimensions.len()];
    let of = |group: &Group| {
        let everybody = leavers.get(group).copied().unwrap_or_default();
        if node == 0 {
            return everybody;
        }
        let have = match series.get(&outcomes[(node - 1) / 2]).and_then(|cells| cells.get(group)) {
            Some(CountedValue::Share { numerator, .. }) => *numerator,
            _ => 0,
        };
        if node % 2 == 1 { have } else { everybody - have }
    };
    groups.iter().map(of).sum()
}

/// What is said of each cell of each series.
fn figures(
    cube: &Cube,
    pattern: &Pattern,
    outcomes: &[(&str, u8)],
    series: &Series<'_>,
    catalogue: &Catalogue,
    policy: &Policy,
) -> BTreeMap<(String, u8), BTreeMap<CellKey, Figure>> {
    let outcome = cube.variables().len() - 1;
    let hidden = |key: &CellKey| {
        let reason = if pattern.primary.contains(key) { Reason::Small } else { Reason::WouldRevealAnother };
        pattern.hides(key).then_some(Figure::Hidden { reason })
    };
    let mut figures: BTreeMap<(String, u8), BTreeMap<CellKey, Figure>> = BTreeMap::new();
    for (key, facts) in cube.cells().filter(|(key, _)| key[outcome] == 0) {
        let place: CellKey = key[..outcome].to_vec();
        for (id, horizon) in series.keys().filter(|(id, _)| is_count(id, catalogue)) {
            let figure = hidden(key).unwrap_or(Figure::Count { value: facts.people });
            figures.entry(((*id).to_owned(), *horizon)).or_default().insert(place.clone(), figure);
        }
        for (position, (id, horizon)) in outcomes.iter().enumerate() {
            let (mut with, mut without) = (key.clone(), key.clone());
            (with[outcome], without[outcome]) = (1 + 2 * position, 2 + 2 * position);
            let said = || cube.facts(&with).map_or(0, |facts| facts.people);
            // A share is said with its numerator: all of its three cells are published, or none is.
            let figure = hidden(key).or_else(|| hidden(&with)).or_else(|| hidden(&without));
            let figure = figure.unwrap_or_else(|| match facts.people < policy.denominator_min {
                true => Figure::Hidden { reason: Reason::Small },
                false => rate((said(), facts.people), (said(), facts.people), policy),
            });
            figures.entry(((*id).to_owned(), *horizon)).or_default().insert(place.clone(), figure);
        }
    }
    figures
}
