//! The comparison: a question's own people and everybody else of a wider one, decided as two groups of one table.
//!
//! With cell keys each is noise to the other, and they are decided apart. With exact figures the wider total is not released, but anybody may be shown it elsewhere, so it counts as known: what it gives with the own figures
//! must be fit to be said, and what it gives with the others must not complete the own ones. The own figures never change for a
//! comparison: whatever does not fit is left out of the others.

use super::{Question, verify};
use crate::catalogue::Measure;
use crate::counted::{CountedCell, CountedRest, CountedValue, Group, Standing};
use crate::policy::Method;
use crate::release::{Figure, Reason, ReleasedCell};
use crate::request::Dimension;

/// Names of the two groups, in a dimension that a question about a programme never has.
const OWN: &str = "own";
const REST: &str = "rest";

/// The figures of everybody else, or nothing when they are too few at any horizon that is seen.
pub(super) fn rest(
    question: &Question<'_>,
    counted: &[CountedCell],
    own: &[ReleasedCell],
    rest: &CountedRest,
) -> Option<Vec<ReleasedCell>> {
    if question.people(rest.population, rest.population_key) < question.policy.cohort_min {
        return None;
    }
    verify::check_rest(rest, question.catalogue);
    let alone = question.protect(&rest.cells);
    if alone.iter().any(|cell| is_too_few(question, cell)) {
        return None;
    }
    if question.policy.method == Method::CellKeys {
        return Some(alone);
    }
    let kept = question.request.slice()?;
    let mut linked = Vec::new();
    for theirs in &rest.cells {
        let is_same = |cell: &&CountedCell| (&cell.indicator, cell.horizon, &cell.group) == (&theirs.indicator, theirs.horizon, &kept);
        let Some(ours) = counted.iter().find(is_same) else { continue };
        let group = |name: &str| vec![(Dimension::Programme, name.to_owned())];
        let is_pending = ours.standing == Standing::Pending && theirs.standing == Standing::Pending;
        let standing = if is_pending { Standing::Pending } else { Standing::Consolidated };
        let total = sum(&ours.value, &theirs.value);
        let key = ours.key.and(theirs.key);
        linked.push(CountedCell { group: Group::new(), standing, value: total, key, found: None, ..ours.clone() });
        linked.push(CountedCell { group: group(OWN), found: None, ..ours.clone() });
        linked.push(CountedCell { group: group(REST), found: None, ..theirs.clone() });
    }
    let linked = question.protect(&linked);
    let is_named = |cell: &ReleasedCell, name: &str| cell.group.first().is_some_and(|(_, value)| value == name);
    let said = linked.iter().filter(|cell| is_named(cell, REST)).map(|cell| {
        let of = |other: &&ReleasedCell| (&other.indicator, other.horizon) == (&cell.indicator, cell.horizon);
        let beside = linked.iter().filter(|other| is_named(other, OWN)).find(of);
        let alone = own.iter().filter(|other| other.group.is_empty()).find(of);
        // What is hidden here of the own figures only protects the others; what is hidden there protects the own.
        let is_safe = beside.zip(alone).is_some_and(|(beside, alone)| says_no_more(&beside.figure, &alone.figure));
        let figure = if is_safe || is_absent(&cell.figure) { cell.figure.clone() } else { hidden() };
        ReleasedCell { group: Group::new(), figure, ..cell.clone() }
    });
    Some(said.collect())
}

/// A share or quartiles of too few people; a distribution of those in employment may be hidden alone.
fn is_too_few(question: &Question<'_>, cell: &ReleasedCell) -> bool {
    let measure = question.catalogue.indicator(&cell.indicator).map(|indicator| &indicator.measure);
    let is_judged = matches!(measure, Some(Measure::Share | Measure::Quartiles { .. } | Measure::Count));
    is_judged && matches!(cell.figure, Figure::Hidden { reason: Reason::Small })
}

fn hidden() -> Figure {
    Figure::Hidden { reason: Reason::WouldRevealAnother }
}

fn is_absent(figure: &Figure) -> bool {
    matches!(figure, Figure::Hidden { reason: Reason::NotObservableYet | Reason::NoData })
}

/// Whether of two decisions on one figure the first says nothing that the second hides.
fn says_no_more(a: &Figure, b: &Figure) -> bool {
    match (a, b) {
        (Figure::Hidden { .. }, _) => true,
        (Figure::Distribution { categories: a, .. }, Figure::Distribution { categories: b, .. }) => {
            a.iter().zip(b).all(|((_, a), (_, b))| says_no_more(a, b))
        }
        (Figure::Rate { numerator: None, .. }, Figure::Rate { .. }) => true,
        _ => a == b,
    }
}

/// The wider total.
fn sum(own: &CountedValue, rest: &CountedValue) -> CountedValue {
    match (own, rest) {
        (CountedValue::Count(a), CountedValue::Count(b)) => CountedValue::Count(a + b),
        (CountedValue::Share { numerator: a, denominator: n }, CountedValue::Share { numerator: b, denominator: m }) => {
            CountedValue::Share { numerator: a + b, denominator: n + m }
        }
        (CountedValue::Distribution { categories: a, denominator: n }, CountedValue::Distribution { categories: b, denominator: m }) => {
            let categories = a.iter().zip(b).map(|((code, a), (_, b))| (code.clone(), a + b)).collect();
            CountedValue::Distribution { denominator: n + m, categories }
        }
        (CountedValue::Quartiles(a), CountedValue::Quartiles(b)) => CountedValue::Quartiles(a.and(b)),
        _ => unreachable!("both are of their indicator's kind"),
    }
}
