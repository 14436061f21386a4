//! The score: what each attack found of the truth, beside what may be found at most.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::released::{Group, Quantity, Reading, Said};
use crate::system::{System, Truth};
use crate::{average, bounds, closure, insider};

/// A number of people that is worth finding.
#[derive(Debug, Clone)]
struct Target {
    quantity: Quantity,
    group: Group,
    /// Of those who have not the outcome.
    is_without: bool,
    people: u64,
}

/// What an attack found, and how many it tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scored {
    /// Found.
    pub found: usize,
    /// Tried.
    pub tried: usize,
}

impl Scored {
    fn note(&mut self, is_found: bool) {
        self.tried += 1;
        self.found += usize::from(is_found);
    }

    /// Found out of tried, in percent; none tried is none found.
    #[must_use]
    pub fn percent(self) -> f64 {
        let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if self.tried == 0 { 0.0 } else { 100.0 * count(self.found) / count(self.tried) }
    }
}

/// What all attacks found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Small counts that differences give exactly.
    pub closure: Scored,
    /// Small counts for which the solver found no bounds: what the attacker takes for known is then wrong, and its score worth nothing.
    pub unsolved: usize,
    /// Small counts of which one value only is possible.
    pub bounds_exact: Scored,
    /// Small counts of which three values at most are possible.
    pub bounds_narrow: Scored,
    /// Values that are possible for half of the small counts, at most.
    pub width_median: u64,
    /// Small counts that averaging gives exactly, once rounded.
    pub average: Scored,
    /// The same for whoever always says the most frequent small count.
    pub chance: Scored,
    /// Sizes that one insider finds, and three.
    pub insiders: [Scored; 2],
    /// Outcomes of the last one that those who know all the others read.
    pub last_one: Scored,
    /// Median distance of a count of fifty or more from the truth, in percent.
    pub error_percent: f64,
    /// Counts that are said and are exactly the truth.
    pub exact_said: Scored,
}

/// A limit that a report must keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// What is limited.
    pub name: &'static str,
    /// What was found.
    pub found: f64,
    /// The most that may be.
    pub limit: f64,
}

impl Gate {
    /// Whether the limit is kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.found <= self.limit
    }
}

impl Report {
    /// Every gate.
    #[must_use]
    pub fn gates(&self) -> Vec<Gate> {
        let exact = u32::try_from(self.closure_found_if_exact().max(self.bounds_exact.found)).unwrap_or(u32::MAX);
        vec![
            Gate { name: "small counts without bounds", found: f64::from(u32::try_from(self.unsolved).unwrap_or(u32::MAX)), limit: 0.0 },
            Gate { name: "small counts recovered exactly", found: f64::from(exact), limit: 0.0 },
            Gate { name: "small counts within 2, in percent", found: self.bounds_narrow.percent(), limit: 5.0 },
            Gate { name: "averaging, points above chance", found: self.average.percent() - self.chance.percent(), limit: 20.0 },
            Gate { name: "median error of counts from 50 on, in percent", found: self.error_percent, limit: 3.0 },
        ]
    }

    /// Differences prove something only where what is said is exact; elsewhere a right value among the wrong ones is chance, which averaging measures.
    fn closure_found_if_exact(&self) -> usize {
        if self.exact_said.found == self.exact_said.tried { self.closure.found } else { 0 }
    }
}

/// Largest count that is worth finding.
const SMALL_MAX: u64 = 10;

/// Attacks what is read with everything, `targets_max` small counts at most for each outcome; `truth` only keeps the score.
#[must_use]
pub fn attack(readings: &[Reading], truth: &Truth, targets_max: usize) -> Report {
    let mut report = Report::default();
    let mut widths: Vec<u64> = Vec::new();
    let mut small: BTreeMap<u64, usize> = BTreeMap::new();
    let outcomes: std::collections::BTreeSet<&Quantity> =
        truth.keys().map(|(quantity, _)| quantity).filter(|quantity| **quantity != Quantity::Leavers).collect();
    let mut systems: Vec<Option<&Quantity>> = outcomes.into_iter().map(Some).collect();
    if systems.is_empty() {
        systems.push(None);
    }
    for outcome in systems {
        let system = System::new(readings, outcome);
        let closed = closure::Closure::new(&system);
        let people = average::estimate(&system);
        for target in targets(truth, outcome, targets_max) {
            let sum = if target.is_without { system.without(&target.group) } else { system.sum(&target.quantity, &target.group) };
            let Some(sum) = sum else { continue };
            *small.entry(target.people).or_default() += 1;
            report.closure.note(closed.value(&sum).is_some_and(|value| is_near(value, target.people)));
            let estimated: f64 = sum.iter().map(|&unknown| people[unknown]).sum();
            report.average.note(is_near(estimated.round(), target.people));
            match bounds::bounds(&system, &sum, 0) {
                Some((low, high)) => {
                    report.bounds_exact.note(low == high && low == target.people);
                    report.bounds_narrow.note(high.saturating_sub(low) <= 2 && (low..=high).contains(&target.people));
                    widths.push(high.saturating_sub(low));
                }
                None => report.unsolved += 1,
            }
            for (position, known) in [1, 3].into_iter().enumerate() {
                if target.people > known {
                    report.insiders[position].note(insider::finds_size(&system, &sum, known, target.people));
                }
            }
        }
        last_ones(&mut report, &system, truth, outcome, targets_max);
    }
    let tried = small.values().sum();
    report.chance = Scored { found: small.values().copied().max().unwrap_or_default(), tried };
    widths.sort_unstable();
    report.width_median = widths.get(widths.len() / 2).copied().unwrap_or_default();
    said(&mut report, readings, truth);
    report
}

fn is_near(value: f64, people: u64) -> bool {
    (value - count(people)).abs() < 0.01
}

fn count(people: u64) -> f64 {
    f64::from(u32::try_from(people).unwrap_or(u32::MAX))
}

/// Small counts, evenly taken.
fn targets(truth: &Truth, outcome: Option<&Quantity>, targets_max: usize) -> Vec<Target> {
    let mut all = Vec::new();
    let is_small = |people: u64| (1..=SMALL_MAX).contains(&people);
    for ((quantity, group), &people) in truth {
        let is_about = *quantity == Quantity::Leavers || Some(quantity) == outcome;
        if is_about && is_small(people) {
            all.push(Target { quantity: quantity.clone(), group: group.clone(), is_without: false, people });
        }
        let everybody = truth.get(&(Quantity::Leavers, group.clone())).copied().unwrap_or_default();
        if Some(quantity) == outcome && is_small(everybody.saturating_sub(people)) {
            all.push(Target { quantity: quantity.clone(), group: group.clone(), is_without: true, people: everybody - people });
        }
    }
    let step = all.len().div_ceil(targets_max.max(1)).max(1);
    all.into_iter().step_by(step).collect()
}

fn last_ones(report: &mut Report, system: &System, truth: &Truth, outcome: Option<&Quantity>, targets_max: usize) {
    let Some(outcome) = outcome else { return };
    let groups: Vec<(&Group, u64)> =
        truth.iter().filter(|((quantity, _), _)| quantity == outcome).map(|((_, group), people)| (group, *people)).collect();
    let step = groups.len().div_ceil((targets_max / 2).max(1)).max(1);
    for (group, people) in groups.into_iter().step_by(step) {
        let everybody = truth.get(&(Quantity::Leavers, group.clone())).copied().unwrap_or_default();
        if everybody < 2 {
            continue;
        }
        // The last one has the outcome as often as not: both are tried where there is one of each.
        if let Some(with) = system.sum(outcome, group) {
            let others = if people > 0 { people - 1 } else { people };
            report.last_one.note(insider::reads_last_one(system, &with, others));
        }
    }
}

/// How near what is said is to the truth.
fn said(report: &mut Report, readings: &[Reading], truth: &Truth) {
    let mut errors: Vec<f64> = Vec::new();
    for reading in readings {
        let Said::About { value, .. } = reading.said else { continue };
        let Some(&people) = truth.get(&(reading.quantity.clone(), reading.group.clone())) else { continue };
        report.exact_said.note(is_near(value, people));
        if people >= 50 {
            errors.push(100.0 * (value - count(people)).abs() / count(people));
        }
    }
    errors.sort_by(f64::total_cmp);
    report.error_percent = errors.get(errors.len() / 2).copied().unwrap_or_default();
}

/// The reports as a table to be read, one line for each of the releases attacked.
#[must_use]
pub fn table(reports: &[(String, Report)]) -> String {
    let mut text = String::new();
    let header =
        ["released", "differences", "one value", "within 2", "width", "averaging", "chance", "1 insider", "3", "last one", "error"];
    let line = |text: &mut String, fields: &[String]| {
        for (position, field) in fields.iter().enumerate() {
            let width = if position == 0 { 34 } else { 13 };
            let _ = if position == 0 { write!(text, "{field:<width$}") } else { write!(text, "{field:>width$}") };
        }
        text.push('\n');
    };
    line(&mut text, &header.map(str::to_owned));
    for (name, report) in reports {
        let of = |scored: Scored| format!("{}/{}", scored.found, scored.tried);
        let percent = |scored: Scored| format!("{:.0} %", scored.percent());
        line(
            &mut text,
            &[
                name.clone(),
                of(report.closure),
                of(report.bounds_exact),
                of(report.bounds_narrow),
                report.width_median.to_string(),
                percent(report.average),
                percent(report.chance),
                of(report.insiders[0]),
                of(report.insiders[1]),
                percent(report.last_one),
                format!("{:.1} %", report.error_percent),
            ],
        );
    }
    text
}
