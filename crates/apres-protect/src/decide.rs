//! The gate: which exact figures may be said, how precisely, and which must be hidden to protect others.
//!
//! [`decide`] is the only maker of a [`Release`]; the same counted table, catalogue and policy always give the same one. Its rules, their
//! sources and their limits are in `docs/methods/gate.md`. It does not yet compare a question with those answered before.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Catalogue, Indicator};
use crate::counted::{Counted, CountedCell, Group, Standing};
use crate::policy::Policy;
use crate::refusal::{Refusal, RefusalCode};
use crate::release::{Content, Figure, Release, ReleasedCell};

mod admission;
mod combination;
mod figure;
mod remainder;
mod table;
#[cfg(test)]
mod tests;
mod verify;

pub use admission::admit;
pub(crate) use figure::rate;

use table::Table;

/// Decides what may be said of a counted table.
///
/// The measuring side must have counted [`Catalogue::to_count`] of the request: an indicator whose evidence is missing is hidden.
/// `earlier` holds the releases already made to the same organisation; it is the seam for the defence against differencing between
/// questions, which needs perturbation, and nothing is refused by it yet.
///
/// # Errors
/// A [`Refusal`] when the question is not admitted ([`admit`]) or when the population is below the policy's smallest cohort.
///
/// # Panics
/// When the counted table contradicts itself (a numerator above its denominator, a cell given twice, a value of another kind than its
/// indicator's), or when a figure about to be released breaks the policy: both are faults of ours, and nothing must leave.
pub fn decide(counted: &Counted, catalogue: &Catalogue, policy: &Policy, earlier: &[Release]) -> Result<Release, Refusal> {
    let _seam_for_differencing = earlier;
    admit(&counted.request, catalogue, policy)?;
    let request = counted.request.canonical().expect("an admitted request has a canonical form");
    if counted.population < policy.cohort_min {
        let try_instead = admission::wider(&request, counted.last_month);
        return Err(Refusal { code: RefusalCode::CohortTooSmall, try_instead });
    }
    verify::check_counted(counted, catalogue);

    let mut cells = decide_tables(counted, catalogue, policy);
    cells.retain(|cell| request.indicators.contains(&cell.indicator));
    let is_total_hidden = |cell: &ReleasedCell| {
        let is_count = catalogue.indicator(&cell.indicator).is_some_and(|indicator| indicator.measure == crate::Measure::Count);
        is_count && cell.group.is_empty() && matches!(cell.figure, Figure::Hidden { .. })
    };
    let population = Some(counted.population).filter(|_| !cells.iter().any(is_total_hidden));
    let content = Content {
        request,
        lake_version: counted.lake_version,
        policy_version: policy.identity(),
        last_month: counted.last_month,
        population,
        cells,
    };
    verify::check_content(&content, policy);
    Ok(content.seal())
}

/// Every table of the counted cells, protected: shares that serve as evidence first.
fn decide_tables(counted: &Counted, catalogue: &Catalogue, policy: &Policy) -> Vec<ReleasedCell> {
    let mut tables: BTreeMap<(&str, u8), Vec<&CountedCell>> = BTreeMap::new();
    for cell in &counted.cells {
        tables.entry((&cell.indicator, cell.horizon)).or_default().push(cell);
    }
    let to_count: BTreeMap<&str, &Indicator> =
        catalogue.to_count(&counted.request).into_iter().map(|indicator| (indicator.id.as_str(), indicator)).collect();
    let mut released: BTreeMap<(&str, u8), Vec<ReleasedCell>> = BTreeMap::new();
    for needs_evidence in [false, true] {
        for (key, cells) in &tables {
            // What was counted without need does not leave.
            let Some(indicator) = to_count.get(key.0) else {
                continue;
            };
            if indicator.evidence.is_empty() == needs_evidence {
                continue;
            }
            let said = said_groups(indicator, key.1, &released);
            let table = Table::new(indicator, cells, policy, said.as_ref());
            released.insert(*key, table.protect());
        }
    }
    released.into_values().flatten().collect()
}

/// The groups whose evidence share says its numerator: `None` when the indicator needs no evidence.
fn said_groups<'a>(
    indicator: &'a Indicator,
    horizon: u8,
    released: &'a BTreeMap<(&'a str, u8), Vec<ReleasedCell>>,
) -> Option<BTreeSet<&'a Group>> {
    let mut said: Option<BTreeSet<&Group>> = None;
    for id in &indicator.evidence {
        let cells = released.get(&(id.as_str(), horizon)).map_or(&[][..], Vec::as_slice);
        let groups: BTreeSet<_> = cells.iter().filter(|cell| says_numerator(&cell.figure)).map(|cell| &cell.group).collect();
        said = Some(match said {
            Some(before) => before.intersection(&groups).copied().collect(),
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
