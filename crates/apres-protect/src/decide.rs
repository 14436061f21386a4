//! The gate: which exact figures may be said, how precisely, and which must be hidden to protect others.
//!
//! [`decide`] is the only maker of a [`Release`]; the same counted table, catalogue and policy always give the same one. Its rules, their
//! sources and their limits are in `docs/methods/gate.md`; the policy says by which of two methods: noise on every count (`noisy`), or exact figures and others hidden for their
//! sake (`table`). It does not compare a question with those answered before: that is [`crate::memory`]'s matter, before anything is counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Catalogue, Indicator, Measure};
use crate::counted::{Counted, CountedCell, Group, Standing};
use crate::keys::{Counting, SetKey};
use crate::policy::{Method, Policy};
use crate::refusal::{Refusal, RefusalCode};
use crate::release::{Content, Figure, Release, ReleasedCell};
use crate::request::{Population, Request};

mod combination;
mod comparison;
mod figure;
mod noisy;
mod remainder;
mod slice;
mod table;
#[cfg(test)]
mod tests;
mod verify;

#[cfg(test)]
pub(crate) use figure::is_guarded;
pub(crate) use figure::rate;

use table::{Link, Table};

/// Decides what may be said of a counted table.
///
/// The measuring side must have counted [`Catalogue::to_count`] of the request at [`Request::levels`]: an indicator whose evidence is
/// missing is hidden. `earlier` holds the releases already made to the same organisation, and nothing is decided by it: whether two questions are too close
/// is told by their people ([`crate::memory`]), not by their figures.
///
/// # Errors
/// A [`Refusal`] when the question is not admitted ([`crate::admit`]) or when the population, or those of it who were found, is below the
/// policy's smallest cohort.
///
/// # Panics
/// When the counted table contradicts itself (a numerator above its denominator, a cell given twice, a value of another kind than its
/// indicator's), or when a figure about to be released breaks the policy: both are faults of ours, and nothing must leave.
pub fn decide(counted: &Counted, catalogue: &Catalogue, policy: &Policy, earlier: &[Release]) -> Result<Release, Refusal> {
    let _seam_for_differencing = earlier;
    crate::rules::admit(&counted.request, catalogue, policy)?;
    let request = counted.request.canonical().expect("an admitted request has a canonical form");
    let question = Question { request: &request, catalogue, policy };
    let all = question.people(counted.population, counted.population_key);
    let people = crate::rules::People { all, found: question.people(counted.found, counted.found_key) };
    if !crate::rules::is_described(policy, people) {
        let try_instead = crate::rules::wider(&request, counted.last_month);
        return Err(Refusal { code: RefusalCode::CohortTooSmall, try_instead });
    }
    verify::check_counted(counted, &request, catalogue);

    let mut cells = slice::of(question.protect(&counted.cells), &request);
    let rest = counted.rest.as_ref().and_then(|rest| comparison::rest(&question, &counted.cells, &cells, rest));
    let is_asked = |cell: &ReleasedCell| request.indicators.contains(&cell.indicator);
    let population = described_population(all, &cells, &question);
    cells.retain(is_asked);
    let rest = rest.map(|mut cells| {
        cells.retain(is_asked);
        cells
    });
    let content = Content {
        lake_version: counted.lake_version,
        policy_version: policy.identity(),
        last_month: counted.last_month,
        is_perturbed: policy.method == Method::CellKeys,
        population,
        cells,
        rest,
        request,
    };
    verify::check_content(&content, policy);
    Ok(content.seal())
}

/// What a table is decided with.
struct Question<'a> {
    request: &'a Request,
    catalogue: &'a Catalogue,
    policy: &'a Policy,
}

/// How many people the question is about, when that tells nothing more than its figures.
///
/// A list's population has its unusable rows, so that, less its leavers, it would tell how many they are; a slice's is a figure of a
/// table, and goes with it.
fn described_population(population: u64, cells: &[ReleasedCell], question: &Question<'_>) -> Option<u64> {
    let is_count = |cell: &ReleasedCell| question.catalogue.indicator(&cell.indicator).is_some_and(|found| found.measure == Measure::Count);
    let mut totals = cells.iter().filter(|cell| cell.group.is_empty() && is_count(cell)).peekable();
    let may_be_said = matches!(question.request.population, Population::Programme(_))
        && (question.request.filters.is_empty() || totals.peek().is_some())
        && totals.all(|cell| !matches!(cell.figure, Figure::Hidden { .. }));
    may_be_said.then_some(population)
}

/// An indicator, a horizon and a group.
type Place<'a> = (&'a str, u8, &'a Group);

fn place(cell: &CountedCell) -> Place<'_> {
    (&cell.indicator, cell.horizon, &cell.group)
}

type Tables<'a> = BTreeMap<(&'a str, u8), Vec<&'a CountedCell>>;
type Protected<'a> = BTreeMap<(&'a str, u8), Vec<ReleasedCell>>;

impl Question<'_> {
    /// How many people a set has, as far as the method lets it be known.
    fn people(&self, exact: u64, set: SetKey) -> u64 {
        match self.policy.method {
            Method::CellKeys => self.policy.noise.perturber().count(exact, set, Counting::Everybody),
            Method::ClosedCube => exact,
        }
    }

    /// Every counted cell, with what may be said of it.
    fn protect(&self, cells: &[CountedCell]) -> Vec<ReleasedCell> {
        match self.policy.method {
            Method::CellKeys => noisy::protect(self, cells),
            Method::ClosedCube => self.suppress(cells),
        }
    }

    /// Every table of the counted cells, protected: shares that serve as evidence first, a distribution with its shares.
    fn suppress(&self, cells: &[CountedCell]) -> Vec<ReleasedCell> {
        let mut tables = Tables::new();
        for cell in cells {
            tables.entry((&cell.indicator, cell.horizon)).or_default().push(cell);
        }
        // What was counted without need does not leave.
        let to_count = self.catalogue.to_count(self.request);
        let mut released = Protected::new();
        for needs_evidence in [false, true] {
            for indicator in to_count.iter().filter(|indicator| indicator.evidence.is_empty() != needs_evidence) {
                for (key, cells) in tables.iter().filter(|(key, _)| key.0 == indicator.id) {
                    if released.contains_key(key) {
                        continue;
                    }
                    if indicator.shares.is_empty() {
                        let said = said_groups(indicator, key.1, &released);
                        let table = Table::new(indicator, cells, self.policy, said.as_ref());
                        released.insert(*key, table.protect());
                    } else {
                        self.protect_together(indicator, key.1, &tables, &mut released);
                    }
                }
            }
        }
        released.into_values().flatten().collect()
    }

    /// A distribution and the shares whose numerators are sums of its categories, until neither gives away what the other hides.
    fn protect_together<'a>(&'a self, indicator: &'a Indicator, horizon: u8, tables: &Tables<'a>, released: &mut Protected<'a>) {
        let (key, own) = tables.get_key_value(&(indicator.id.as_str(), horizon)).expect("the table is there");
        let linked = indicator.shares.iter().filter_map(|share| {
            let (key, cells) = tables.get_key_value(&(share.id.as_str(), horizon))?;
            Some((share, self.catalogue.indicator(&share.id)?, *key, cells))
        });
        let linked: Vec<_> = linked.collect();
        let said = said_groups(indicator, horizon, released);
        let mut exposed: BTreeSet<(usize, &Group)> = BTreeSet::new();
        loop {
            let mut links = Vec::new();
            for (position, (share, share_indicator, key, cells)) in linked.iter().enumerate() {
                let hidden: BTreeSet<&Group> = exposed.iter().filter(|(link, _)| *link == position).map(|(_, group)| *group).collect();
                let table = Table::new(share_indicator, cells, self.policy, said.as_ref()).without_rates(&hidden);
                let protected = table.protect();
                let is_said = |cell: &&&CountedCell| {
                    protected.iter().any(|said| said.group == cell.group && matches!(said.figure, Figure::Rate { .. }))
                };
                let said = cells.iter().filter(is_said).map(|cell| &cell.group).collect();
                links.push(Link { categories: positions(indicator, &share.categories), said });
                released.insert(*key, protected);
            }
            let (cells, more) = Table::new(indicator, own, self.policy, said.as_ref()).with_links(links).protect_linked();
            released.insert(*key, cells);
            if more.is_subset(&exposed) {
                return;
            }
            exposed.extend(more);
        }
    }
}

/// Where these categories stand in a distribution.
fn positions(indicator: &Indicator, codes: &[String]) -> Vec<usize> {
    let Measure::Distribution { categories, .. } = &indicator.measure else { return Vec::new() };
    (0..categories.len()).filter(|&position| codes.contains(&categories[position].code)).collect()
}

/// The groups whose evidence share says its numerator: `None` when the indicator needs no evidence.
fn said_groups(indicator: &Indicator, horizon: u8, released: &Protected<'_>) -> Option<BTreeSet<Group>> {
    let mut said: Option<BTreeSet<Group>> = None;
    for id in &indicator.evidence {
        let cells = released.get(&(id.as_str(), horizon)).map_or(&[][..], Vec::as_slice);
        let groups: BTreeSet<_> = cells.iter().filter(|cell| says_numerator(&cell.figure)).map(|cell| cell.group.clone()).collect();
        said = Some(match said {
            Some(before) => before.intersection(&groups).cloned().collect(),
            None => groups,
        });
    }
    said
}

fn says_numerator(figure: &Figure) -> bool {
    matches!(figure, Figure::Rate { numerator: Some(_), .. })
}

/// Whether late declarations may still change a cell.
fn is_provisional(standing: Standing) -> bool {
    standing == Standing::Provisional
}
