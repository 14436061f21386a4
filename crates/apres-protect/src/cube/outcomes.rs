//! What became of the leavers of a cube, as ways of splitting them: read in counted tables, and in which nodes each indicator is told.

use std::collections::{BTreeMap, BTreeSet};

use super::variable::{Partition, TOTAL, without};
use crate::catalogue::{Catalogue, Indicator, Measure};
use crate::counted::{Counted, CountedCell, CountedValue, Group, Standing};

/// Horizons at which a distribution over those who have a share is told: it has many parts, and each horizon is a table of its own.
const CONDITIONAL_AT: [u8; 2] = [6, 12];

/// An indicator at a horizon.
pub(super) type Series = (String, u8);

/// How an indicator is told from the nodes of the variable of outcomes, by their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// The leavers themselves.
    Leavers,
    /// Those who have it, those who have it not.
    Share { with: String, without: String },
    /// Out of whom, then each category.
    Distribution { base: String, categories: Vec<(String, String)> },
}

/// One way of splitting leavers, with how many are in each part.
pub(super) struct Split<'a> {
    pub(super) partition: Partition,
    /// People of each part, by group; a group of whom some cannot be seen yet is not there.
    pub(super) people: BTreeMap<&'a Group, Vec<u64>>,
}

/// Every outcome that a cube holds.
pub(super) struct Outcomes<'a> {
    /// By finest group.
    pub(super) leavers: BTreeMap<&'a Group, u64>,
    pub(super) splits: Vec<Split<'a>>,
    pub(super) readings: BTreeMap<Series, Reading>,
}

/// Cells by indicator and horizon, then by group.
type Cells<'a> = BTreeMap<(&'a str, u8), BTreeMap<&'a Group, &'a CountedCell>>;

impl<'a> Outcomes<'a> {
    /// Reads the table of a cube, at its finest groups. Shares of all leavers and distributions over them are told; so is a distribution over those who have the share that is its
    /// evidence. Quartiles are not, nor anything else that is counted on some of the leavers only.
    pub(super) fn of(table: &'a Counted, catalogue: &Catalogue) -> Self {
        let finest = table.request.dimensions().len();
        let mut cells = Cells::new();
        for cell in table.cells.iter().filter(|cell| cell.group.len() == finest) {
            cells.entry((cell.indicator.as_str(), cell.horizon)).or_default().insert(&cell.group, cell);
        }
        let known = |id: &str| catalogue.indicator(id);
        let is_count = |id: &str| known(id).is_some_and(|indicator| indicator.measure == Measure::Count);
        let leavers = match cells.iter().find(|((id, _), _)| is_count(id)) {
            Some((_, counted)) => counted.iter().map(|(group, cell)| (*group, size(&cell.value))).collect(),
            None => BTreeMap::new(),
        };
        let mut outcomes = Self { leavers, splits: Vec::new(), readings: BTreeMap::new() };
        let mut told: BTreeSet<(String, u8)> = BTreeSet::new();
        // Distributions first: they hold some of the shares.
        for (&(id, horizon), own) in &cells {
            let Some(indicator) = known(id) else { continue };
            match &indicator.measure {
                Measure::Distribution { .. } if !indicator.is_conditional() => {
                    told.extend(outcomes.add_distribution(indicator, horizon, own));
                }
                Measure::Distribution { .. } => {
                    if CONDITIONAL_AT.contains(&horizon)
                        && let [evidence] = indicator.evidence.as_slice()
                        && let Some(share) = cells.get(&(evidence.as_str(), horizon))
                        && !told.contains(&(evidence.clone(), horizon))
                    {
                        told.extend(outcomes.add_conditional(indicator, horizon, own, (evidence, share)));
                    }
                }
                Measure::Count => {
                    outcomes.readings.insert((id.to_owned(), horizon), Reading::Leavers);
                }
                Measure::Share | Measure::Quartiles { .. } => {}
            }
        }
        for (&(id, horizon), own) in &cells {
            let is_share = known(id).is_some_and(|indicator| indicator.measure == Measure::Share && !indicator.is_conditional());
            if is_share && !told.contains(&(id.to_owned(), horizon)) {
                outcomes.add_share(id, horizon, own);
            }
        }
        outcomes
    }

    fn add_share(&mut self, id: &str, horizon: u8, cells: &BTreeMap<&'a Group, &'a CountedCell>) {
        let code = code(id, horizon);
        let parts = |cell: &CountedCell| match cell.value {
            CountedValue::Share { numerator, denominator } => Some(vec![numerator, denominator - numerator]),
            _ => None,
        };
        let people = self.reached(cells, parts);
        self.readings.insert((id.to_owned(), horizon), Reading::Share { with: code.clone(), without: without(&code) });
        self.splits.push(Split { partition: Partition::property(&code), people });
    }

    /// A distribution over all leavers, and the shares whose numerator is some of its categories.
    fn add_distribution(&mut self, indicator: &Indicator, horizon: u8, cells: &BTreeMap<&'a Group, &'a CountedCell>) -> Vec<Series> {
        let people = self.reached(cells, parts_of);
        let own = code(&indicator.id, horizon);
        let codes = categories(indicator);
        let part = |category: &String| format!("{own}:{category}");
        let mut partition = Partition { parts: codes.iter().map(part).collect(), unions: Vec::new() };
        let mut told = Vec::new();
        for share in &indicator.shares {
            let (inside, outside): (Vec<&String>, Vec<&String>) = codes.iter().partition(|category| share.categories.contains(category));
            let share_code = code(&share.id, horizon);
            let mut node = |code: String, categories: &[&String]| match categories {
                [alone] => part(alone),
                several => {
                    partition.unions.push((code.clone(), several.iter().map(|category| part(category)).collect()));
                    code
                }
            };
            if inside.is_empty() || outside.is_empty() {
                continue;
            }
            let (with, without) = (node(share_code.clone(), &inside), node(without(&share_code), &outside));
            self.readings.insert((share.id.clone(), horizon), Reading::Share { with, without });
            told.push((share.id.clone(), horizon));
        }
        let categories = codes.iter().map(|category| (category.clone(), part(category))).collect();
        self.readings.insert((indicator.id.clone(), horizon), Reading::Distribution { base: TOTAL.to_owned(), categories });
        self.splits.push(Split { partition, people });
        told
    }

    /// A distribution over those who have a share: its categories, and everybody else. Nothing when the two do not add up.
    fn add_conditional(
        &mut self,
        indicator: &Indicator,
        horizon: u8,
        cells: &BTreeMap<&'a Group, &'a CountedCell>,
        (evidence, share): (&str, &BTreeMap<&'a Group, &'a CountedCell>),
    ) -> Option<Series> {
        let mut people = self.reached(share, |cell| match cell.value {
            CountedValue::Share { numerator, denominator } => Some(vec![numerator, denominator - numerator]),
            _ => None,
        });
        for (group, parts) in &mut people {
            let mut categories = cells.get(group).and_then(|cell| parts_of(cell))?;
            if categories.iter().sum::<u64>() != parts[0] {
                return None;
            }
            categories.push(parts[1]);
            *parts = categories;
        }
        let (own, with) = (code(&indicator.id, horizon), code(evidence, horizon));
        let codes = categories(indicator);
        let parts: Vec<String> = codes.iter().map(|category| format!("{own}:{category}")).collect();
        let read = codes.into_iter().zip(parts.iter().cloned()).collect();
        let partition =
            Partition { unions: vec![(with.clone(), parts.clone())], parts: parts.into_iter().chain([without(&with)]).collect() };
        self.readings.insert((indicator.id.clone(), horizon), Reading::Distribution { base: with.clone(), categories: read });
        self.readings.insert((evidence.to_owned(), horizon), Reading::Share { without: without(&with), with });
        self.splits.push(Split { partition, people });
        Some((evidence.to_owned(), horizon))
    }

    /// The parts of each group whose leavers can all be seen, once and for all.
    fn reached(
        &self,
        cells: &BTreeMap<&'a Group, &'a CountedCell>,
        parts: impl Fn(&CountedCell) -> Option<Vec<u64>>,
    ) -> BTreeMap<&'a Group, Vec<u64>> {
        let everybody = |group: &Group| self.leavers.get(group).copied().unwrap_or_default();
        let is_reached = |group: &Group, cell: &CountedCell| {
            cell.standing == Standing::Consolidated && size(&cell.value) == everybody(group) && everybody(group) > 0
        };
        let of = |(group, cell): (&&'a Group, &&'a CountedCell)| Some((*group, parts(cell).filter(|_| is_reached(group, cell))?));
        cells.iter().filter_map(of).collect()
    }
}

fn code(id: &str, horizon: u8) -> String {
    format!("{id}@{horizon}")
}

fn categories(indicator: &Indicator) -> Vec<String> {
    match &indicator.measure {
        Measure::Distribution { categories, .. } => categories.iter().map(|category| category.code.clone()).collect(),
        Measure::Count | Measure::Share | Measure::Quartiles { .. } => Vec::new(),
    }
}

/// People of each category, when every counted one is in a category.
fn parts_of(cell: &CountedCell) -> Option<Vec<u64>> {
    match &cell.value {
        CountedValue::Distribution { denominator, categories } => {
            let parts: Vec<u64> = categories.iter().map(|(_, people)| *people).collect();
            (parts.iter().sum::<u64>() == *denominator).then_some(parts)
        }
        _ => None,
    }
}

fn size(value: &CountedValue) -> u64 {
    match value {
        CountedValue::Count(people) => *people,
        CountedValue::Share { denominator, .. } | CountedValue::Distribution { denominator, .. } => *denominator,
        CountedValue::Quartiles(values) => values.people(),
    }
}
