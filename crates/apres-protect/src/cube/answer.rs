//! A closed cube in use: what is said of one programme, decided once for all questions.
//!
//! [`ClosedCube::answer`] looks up a question and makes a [`Release`] of the cells that it names, or refuses with questions that the cube holds. It never
//! counts anything again: two answers come from one pattern.

use std::collections::{BTreeMap, BTreeSet};

use super::closing::period_code;
use super::outcomes::Series;
use super::{CellKey, Pattern, TOTAL, Variable, places};
use crate::catalogue::{Catalogue, Indicator};
use crate::counted::Group;
use crate::refusal::{Refusal, RefusalCode};
use crate::release::{Content, Figure, Reason, Release, ReleasedCell};
use crate::request::{Dimension, Month, Period, Request, Scope};
use crate::rules::wider;

/// Figures by indicator and horizon, then by node of each dimension.
pub(super) type Figures = BTreeMap<Series, BTreeMap<CellKey, Figure>>;

/// What may be said of one programme, decided once for all questions.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedCube {
    pub(super) base: Request,
    pub(super) lake_version: u64,
    pub(super) last_month: Month,
    pub(super) policy_version: String,
    pub(super) cohort_min: u64,
    /// The indicator that counts the leavers themselves.
    pub(super) leavers: Series,
    pub(super) variables: Vec<Variable>,
    pub(super) crossings: BTreeSet<Vec<Dimension>>,
    pub(super) figures: Figures,
    pub(super) pattern: Pattern,
}

/// Where a question stands in a cube.
struct Slice {
    /// The cell of all its people; none when it keeps several values of what it breaks down, and the answer then has groups and no total.
    total: Option<CellKey>,
    /// Its groups.
    groups: Vec<(Group, CellKey)>,
}

/// What is kept of each dimension.
type Kept = BTreeMap<Dimension, Vec<String>>;

impl ClosedCube {
    /// Answers a question from the cube. Nothing is said of whom it is compared with.
    ///
    /// # Errors
    /// [`RefusalCode::NotInCube`] when the cube does not hold it, [`RefusalCode::CohortTooSmall`] when it hides how many people it is about, or has
    /// fewer than a cohort; each with questions that it answers.
    pub fn answer(&self, request: &Request, catalogue: &Catalogue) -> Result<Release, Refusal> {
        let Ok(request) = request.canonical() else {
            return Err(Refusal { code: RefusalCode::NotInCube, try_instead: Vec::new() });
        };
        let Some(slice) = self.slice(&request) else {
            return Err(Refusal { code: RefusalCode::NotInCube, try_instead: self.answered(self.nearest(&request)) });
        };
        let population = slice.total.as_ref().and_then(|total| self.leavers(total));
        if slice.total.is_some() && population.is_none_or(|people| people < self.cohort_min) {
            return Err(self.too_small(&request));
        }
        let mut cells = Vec::new();
        for indicator in request.indicators.iter().filter_map(|id| catalogue.indicator(id)) {
            for horizon in indicator.horizons_for(&request) {
                let total = slice.total.iter().map(|total| (Group::new(), total));
                for (group, key) in total.chain(slice.groups.iter().map(|(group, key)| (group.clone(), key))) {
                    let figure = self.figure(indicator, horizon, key);
                    cells.push(ReleasedCell { indicator: indicator.id.clone(), horizon, group, provisional: false, figure });
                }
            }
        }
        let content = Content {
            lake_version: self.lake_version,
            policy_version: self.policy_version.clone(),
            last_month: self.last_month,
            is_perturbed: false,
            population,
            cells,
            rest: None,
            request,
        };
        Ok(content.seal())
    }

    /// The refusal of a question about too few people, with questions about more that the cube answers.
    #[must_use]
    pub fn too_small(&self, request: &Request) -> Refusal {
        let offered = wider(request, self.last_month).into_iter().chain(self.nearest(request)).collect();
        Refusal { code: RefusalCode::CohortTooSmall, try_instead: self.answered(offered) }
    }

    /// What is hidden.
    #[must_use]
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Version of the lake that it was counted on.
    #[must_use]
    pub fn lake_version(&self) -> u64 {
        self.lake_version
    }

    fn figure(&self, indicator: &Indicator, horizon: u8, key: &CellKey) -> Figure {
        let reason = match self.figures.get(&(indicator.id.clone(), horizon)) {
            Some(figures) => match figures.get(key) {
                Some(figure) => return figure.clone(),
                None if self.leavers_figure(key).is_some() => Reason::NotObservableYet,
                None => Reason::NoData,
            },
            // Quartiles, and what is counted on some of the leavers only, are no figures of the cube: beside it, they could give a hidden one.
            None => Reason::WouldRevealAnother,
        };
        Figure::Hidden { reason }
    }

    fn leavers_figure(&self, key: &CellKey) -> Option<&Figure> {
        self.figures.get(&self.leavers)?.get(key)
    }

    /// How many leavers, when the cube says it.
    fn leavers(&self, key: &CellKey) -> Option<u64> {
        match self.leavers_figure(key)? {
            Figure::Count { value } => Some(*value),
            _ => None,
        }
    }

    /// Where a question stands, when the cube holds it with its breakdowns.
    fn slice(&self, request: &Request) -> Option<Slice> {
        if request.population != self.base.population {
            return None;
        }
        let kept = self.kept(request)?;
        let mut used: Vec<Dimension> = kept.keys().copied().chain(request.breakdowns.iter().copied()).collect();
        used.sort_unstable();
        used.dedup();
        if !self.crossings.contains(&used) {
            return None;
        }
        let is_split = |dimension: &Dimension| request.breakdowns.contains(dimension);
        let mut groups: Vec<(Group, Kept)> = vec![(Group::new(), kept.clone())];
        for &dimension in &request.breakdowns {
            let values = self.values(dimension, kept.get(&dimension));
            let with = |(group, kept): &(Group, Kept)| {
                let one = |value: &String| {
                    let mut kept = kept.clone();
                    kept.insert(dimension, vec![value.clone()]);
                    ([group.as_slice(), &[(dimension, value.clone())]].concat(), kept)
                };
                values.iter().map(one).collect::<Vec<_>>()
            };
            groups = groups.iter().flat_map(with).collect();
        }
        if request.breakdowns.is_empty() {
            groups.clear();
        }
        let total = self.cell(&kept);
        let is_several = kept.iter().any(|(dimension, values)| is_split(dimension) && values.len() > 1);
        if total.is_none() && !is_several {
            return None;
        }
        // A combination of places that does not exist is no group.
        let groups = groups.into_iter().filter_map(|(group, kept)| Some((group, self.cell(&kept)?))).collect();
        Some(Slice { total, groups })
    }

    /// What a question keeps of each dimension: by its period, its territory and its filters.
    fn kept(&self, request: &Request) -> Option<Kept> {
        let mut kept = Kept::new();
        if !covers(request.period, self.base.period) {
            let held = request.period.quarters().filter(|quarter| self.base.period.contains(*quarter));
            kept.insert(Dimension::Quarter, held.map(|quarter| quarter.to_string()).collect());
        }
        match &request.scope {
            Scope::National => {}
            Scope::Departements(codes) => drop(kept.insert(Dimension::Departement, codes.clone())),
            Scope::Structures(codes) => drop(kept.insert(Dimension::Structure, codes.clone())),
        }
        for filter in &request.filters {
            match kept.get_mut(&filter.dimension) {
                Some(values) => values.retain(|value| filter.values.contains(value)),
                None => drop(kept.insert(filter.dimension, filter.values.clone())),
            }
        }
        kept.values().all(|values| !values.is_empty()).then_some(kept)
    }

    /// The values of a dimension, those kept of it when some are.
    fn values(&self, dimension: Dimension, kept: Option<&Vec<String>>) -> Vec<String> {
        let own = |variable: &Variable| -> Vec<String> { (1..=variable.leaf_count()).map(|leaf| variable.code(leaf).to_owned()).collect() };
        let values = match self.variables.iter().find(|variable| variable.name() == dimension.code()) {
            Some(variable) => own(variable),
            None => places::values(&self.variables[0], dimension),
        };
        values.into_iter().filter(|value| kept.is_none_or(|kept| kept.contains(value))).collect()
    }

    /// The cell of leavers of whom this is kept, when it is one.
    fn cell(&self, kept: &Kept) -> Option<CellKey> {
        let place = places::code(
            &kept.iter().filter(|(own, _)| places::DIMENSIONS.contains(own)).map(|(own, values)| (*own, values.as_slice())).collect(),
        );
        let node = |variable: &Variable| {
            let code = match variable.name() {
                places::PLACE => place.clone(),
                name => match kept.iter().find(|(own, _)| own.code() == name).map(|(_, values)| values.as_slice()) {
                    None => TOTAL.to_owned(),
                    Some([value]) => value.clone(),
                    Some(values) if name == Dimension::Quarter.code() => period_code(values.first()?, values.last()?),
                    Some(_) => return None,
                },
            };
            variable.node(&code)
        };
        let (_, dimensions) = self.variables.split_last()?;
        dimensions.iter().map(node).collect()
    }

    /// Questions of the same kind: fewer breakdowns, no filter, then the whole of it.
    fn nearest(&self, request: &Request) -> Vec<Request> {
        let mut fewer = Request { rest: None, ..request.clone() };
        while self.slice(&fewer).is_none() && fewer.breakdowns.pop().is_some() {}
        let no_filter = Request { filters: Vec::new(), rest: None, ..request.clone() };
        let plain = Request { breakdowns: Vec::new(), ..no_filter.clone() };
        let whole = Request { period: self.base.period, ..plain.clone() };
        let everywhere = Request { scope: self.base.scope.clone(), ..whole.clone() };
        vec![fewer, no_filter, plain, whole, everywhere]
    }

    /// Those of these questions that the cube answers, each once.
    fn answered(&self, questions: Vec<Request>) -> Vec<Request> {
        let mut offered: Vec<Request> = Vec::new();
        for question in questions {
            let total = self.slice(&question).and_then(|slice| slice.total);
            let is_described = total.and_then(|total| self.leavers(&total)).is_some_and(|people| people >= self.cohort_min);
            if is_described && !offered.contains(&question) {
                offered.push(question);
            }
        }
        offered
    }

    /// The cube's own pattern, in the nodes of a later cube.
    pub(super) fn pattern_in(&self, variables: &[Variable]) -> Pattern {
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

/// Whether a period holds all of another.
fn covers(period: Period, other: Period) -> bool {
    period.from <= other.from && other.to <= period.to
}
