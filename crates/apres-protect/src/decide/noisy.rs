//! Deciding with cell keys: every count is perturbed first, and each figure is then judged on what it has become.
//!
//! A set of people has one size and one figure for each question, wherever it is asked, so nothing is hidden for another's sake: what two figures give together is noise. What is
//! said is a function of perturbed counts only, that a threshold is passed included. Rules, sources and limits: `docs/methods/cell-keys.md`.

use std::collections::BTreeMap;

use super::figure::{Portion, Writing, guard_bound, interval, round_mean, round_percent};
use super::table::size;
use super::{Place, Question, is_provisional, place, says_numerator};
use crate::catalogue::{Indicator, Measure};
use crate::counted::{CountedCell, CountedValue, Standing, Values};
use crate::keys::{Counting, Perturber, SetKey};
use crate::policy::Policy;
use crate::release::{Figure, Reason, ReleasedCell};

/// Every cell, by indicator and horizon, in their first order within.
pub(super) fn protect(question: &Question<'_>, cells: &[CountedCell]) -> Vec<ReleasedCell> {
    let to_count = question.catalogue.to_count(question.request);
    let judge = Judge { policy: question.policy, perturber: question.policy.noise.perturber() };
    let mut ordered: Vec<(&Indicator, &CountedCell)> = Vec::with_capacity(cells.len());
    // What was counted without need does not leave.
    ordered.extend(cells.iter().filter_map(|cell| Some((*to_count.iter().find(|one| one.id == cell.indicator)?, cell))));
    ordered.sort_by(|(_, a), (_, b)| (&a.indicator, a.horizon).cmp(&(&b.indicator, b.horizon)));
    // What serves as evidence needs none: the catalogue was checked for that.
    let plain = ordered.iter().map(|(indicator, cell)| indicator.evidence.is_empty().then(|| judge.figure(indicator, cell, &[])));
    let plain: Vec<Option<Figure>> = plain.collect();
    let is_evidence = |indicator: &Indicator| to_count.iter().any(|other| other.evidence.contains(&indicator.id));
    let evidence = ordered.iter().zip(&plain).filter(|((indicator, _), _)| is_evidence(indicator));
    let evidence: BTreeMap<Place<'_>, Evidence<'_>> = evidence
        .filter_map(|((_, cell), figure)| Some((place(cell), Evidence { cell, says_numerator: says_numerator(figure.as_ref()?) })))
        .collect();
    let with_evidence = |indicator: &Indicator, cell: &CountedCell| {
        let known = indicator.evidence.iter().map(|id| evidence.get(&(id.as_str(), cell.horizon, &cell.group)).copied());
        let known: Option<Vec<Evidence<'_>>> = known.collect();
        known.map_or(Figure::Hidden { reason: Reason::WouldRevealAnother }, |known| judge.figure(indicator, cell, &known))
    };
    let release = |((indicator, cell), plain): ((&Indicator, &CountedCell), Option<Figure>)| ReleasedCell {
        indicator: cell.indicator.clone(),
        horizon: cell.horizon,
        group: cell.group.clone(),
        provisional: is_provisional(cell.standing),
        figure: plain.unwrap_or_else(|| with_evidence(indicator, cell)),
    };
    ordered.into_iter().zip(plain).map(release).collect()
}

/// A share on which other figures depend.
#[derive(Clone, Copy)]
struct Evidence<'a> {
    cell: &'a CountedCell,
    /// Whether what is said of it has its numerator.
    says_numerator: bool,
}

/// Perturbs a cell and judges it.
struct Judge<'a> {
    policy: &'a Policy,
    perturber: Perturber<'a>,
}

/// A figure with the people whom it is out of: the set that makes its keys, and how many they are said to be.
#[derive(Clone, Copy)]
struct Side<'a> {
    value: &'a CountedValue,
    set: SetKey,
    people: u64,
}

/// What is said, and what the thresholds count when that is something else: in a list, those who were found.
#[derive(Clone, Copy)]
struct Sides<'a> {
    said: Side<'a>,
    found: Option<Side<'a>>,
}

impl<'a> Sides<'a> {
    /// What the thresholds count.
    fn basis(self) -> Side<'a> {
        self.found.unwrap_or(self.said)
    }
}

impl<'a> Judge<'a> {
    /// What may be said of a cell, with its evidence.
    fn figure(&self, indicator: &Indicator, cell: &CountedCell, evidence: &[Evidence<'_>]) -> Figure {
        let hidden = |reason| Figure::Hidden { reason };
        if cell.standing == Standing::Pending {
            return hidden(Reason::NotObservableYet);
        }
        // Nobody in a group that depends on an outcome tells the outcome of everybody. Of any other group, every figure says that nobody is there: noise never
        // moves nobody, and a group that no row names is seen to be empty.
        if size(&cell.value) == 0 && !indicator.is_conditional() {
            return hidden(Reason::NoData);
        }
        let sides = self.sides(indicator, cell, evidence.first().map(|evidence| evidence.cell));
        let size_min = match indicator.measure {
            Measure::Count => self.policy.count_min,
            Measure::Share | Measure::Distribution { .. } => self.policy.denominator_min,
            Measure::Quartiles { .. } => self.policy.median_min,
        };
        let (said, basis) = (sides.said, sides.basis());
        if said.people < size_min || basis.people < size_min {
            return hidden(Reason::Small);
        }
        let never_found = u128::from(said.people.saturating_sub(basis.people));
        let is_crowded = never_found * 100 > u128::from(said.people) * u128::from(self.policy.never_found_max_percent);
        if is_crowded || evidence.iter().any(|evidence| !evidence.says_numerator) {
            return hidden(Reason::WouldRevealAnother);
        }
        match said.value {
            CountedValue::Count(_) => Figure::Count { value: said.people },
            CountedValue::Share { .. } => {
                self.rate(sides, numerator, Counting::Numerator { share: &indicator.id, horizon: cell.horizon }, 0)
            }
            CountedValue::Distribution { categories, .. } => {
                let categories = categories.iter().enumerate();
                let figures =
                    categories.map(|(position, (code, _))| (code.clone(), self.category(indicator, cell.horizon, sides, position)));
                Figure::Distribution { denominator: said.people, categories: figures.collect() }
            }
            CountedValue::Quartiles(values) => self.quartiles(&indicator.id, cell.horizon, sides, values),
        }
    }

    /// The people of a cell, perturbed.
    ///
    /// Where being counted tells an outcome, the people are the numerator of the evidence, and are drawn as such: out of all those who could have had it, so that whoever joins them
    /// without it changes the draw as well, and so that one number is one number on a page.
    fn sides<'b>(&self, indicator: &Indicator, cell: &'b CountedCell, evidence: Option<&CountedCell>) -> Sides<'b> {
        let side = |value: &'b CountedValue, set: SetKey, out_of: Option<(&CountedValue, SetKey)>| {
            let Some((share, wider)) = out_of else {
                return Side { value, set, people: self.perturber.count(size(value), set, Counting::Everybody) };
            };
            let evidence = evidence.map_or("", |evidence| &evidence.indicator);
            let counting = if numerator(share) == size(value) {
                Counting::Numerator { share: evidence, horizon: cell.horizon }
            } else {
                Counting::Category { distribution: &indicator.id, horizon: cell.horizon, code: "" }
            };
            let most = self.perturber.count(size(share), wider, Counting::Everybody);
            Side { value, set: wider, people: self.perturber.count(size(value), wider, counting).min(most) }
        };
        let conditional = evidence.filter(|_| indicator.is_conditional());
        let said = side(&cell.value, cell.key, conditional.map(|evidence| (&evidence.value, evidence.key)));
        let found = cell.found.as_ref().filter(|_| indicator.tells_outcome()).map(|found| {
            let out_of = conditional.and_then(|evidence| Some((evidence.found.as_ref()?, evidence.found_key)));
            side(found, cell.found_key, out_of)
        });
        Sides { said, found }
    }

    /// A part of the people of a cell, never more than they are.
    fn portion(&self, side: Side<'_>, part: impl Fn(&CountedValue) -> u64, counting: Counting<'_>) -> Portion {
        (self.perturber.count(part(side.value), side.set, counting).min(side.people), side.people)
    }

    /// A category: hidden when small, unless it is what a share counts, which then says as much of it.
    fn category(&self, indicator: &Indicator, horizon: u8, sides: Sides<'_>, position: usize) -> Figure {
        let CountedValue::Distribution { categories, .. } = sides.said.value else { unreachable!("the figure is a distribution") };
        let code = &categories[position].0;
        let share = indicator.shares.iter().find(|share| share.categories == [code.as_str()]);
        let counting = match share {
            Some(share) => Counting::Numerator { share: &share.id, horizon },
            None => Counting::Category { distribution: &indicator.id, horizon, code },
        };
        let part = |value: &CountedValue| match value {
            CountedValue::Distribution { categories, .. } => categories[position].1,
            _ => 0,
        };
        self.rate(sides, part, counting, if share.is_none() { self.policy.count_min } else { 0 })
    }

    /// A share of perturbed counts: hidden when fewer than `numerator_min` have it; otherwise a rate, or only a bound when nearly nobody or nearly everybody has it.
    fn rate(&self, sides: Sides<'_>, part: impl Fn(&CountedValue) -> u64 + Copy, counting: Counting<'_>, numerator_min: u64) -> Figure {
        let (guard_min, count_min) = (self.policy.guard_min, self.policy.count_min);
        let (numerator, denominator) = self.portion(sides.said, part, counting);
        // Nearly every figure has one side: the second is not drawn again.
        let (basis_numerator, basis_people) = sides.found.map_or((numerator, denominator), |found| self.portion(found, part, counting));
        if numerator.min(basis_numerator) < numerator_min {
            return Figure::Hidden { reason: Reason::Small };
        }
        let told_deviation = self.policy.noise.told_deviation();
        let bound = guard_bound(denominator, guard_min + u64::from(told_deviation)).min(50);
        let below = Figure::RateBelow { percent: bound, denominator };
        let above = Figure::RateAbove { percent: 100 - bound, denominator };
        // Only those who were found decide what is said: where others are added to the guarded side, nothing is.
        let is_blurred = |of: &dyn Fn(&CountedValue) -> u64| of(sides.said.value) > of(sides.basis().value);
        if basis_numerator < guard_min {
            return if is_blurred(&part) { Figure::Hidden { reason: Reason::WouldRevealAnother } } else { below };
        }
        if basis_people - basis_numerator < guard_min {
            let others = |value: &CountedValue| size(value) - part(value);
            return if is_blurred(&others) { Figure::Hidden { reason: Reason::WouldRevealAnother } } else { above };
        }
        let step = if basis_people.min(denominator) < self.policy.round_5_below { 5 } else { 1 };
        let percent = round_percent(numerator, denominator, step);
        // Rounding to 0 or 100 would also say « nobody » or « everybody ».
        if numerator < guard_min || percent == 0 {
            return below;
        }
        if denominator - numerator < guard_min || percent == 100 {
            return above;
        }
        let (low, high) = interval(percent, Writing { step, told_deviation }, denominator);
        let reaches = |some: u64, all: u64| some >= count_min && all - some >= count_min;
        let may_say = reaches(numerator, denominator) && reaches(basis_numerator, basis_people);
        Figure::Rate { percent, denominator, numerator: may_say.then_some(numerator), low, high }
    }

    /// Quartiles at ranks that are moved, and a mean of a sum that is.
    fn quartiles(&self, indicator: &str, horizon: u8, sides: Sides<'_>, values: &Values) -> Figure {
        let (said, basis) = (sides.said, sides.basis());
        let deviation = |quarter| self.perturber.deviation(values.people(), said.set, Counting::Rank { indicator, horizon, quarter });
        let at = |quarter| values.at_quartile(quarter, deviation(quarter));
        let median = at(2);
        let (p25, p75) = (at(1).min(median), at(3).max(median));
        let has_quartiles = basis.people.min(said.people) >= self.policy.quartile_min;
        let mean_tenths = self.mean(values, deviation(0), said.people);
        // A mean that is the value of most people says that nearly all of them have it.
        let is_telling = p25 == p75 && mean_tenths == 10 * p25;
        let has_mean = basis.people.min(said.people) >= self.policy.mean_min && !is_telling;
        Figure::Quartiles {
            denominator: said.people,
            p25: has_quartiles.then_some(p25),
            median,
            p75: has_quartiles.then_some(p75),
            mean_tenths: has_mean.then_some(mean_tenths),
        }
    }

    /// The mean in tenths: the sum, moved by as many times the largest value as one draw says, over the people as they are said; within the values.
    fn mean(&self, values: &Values, deviation: i64, people: u64) -> i64 {
        let (least, most) = values.ends();
        let sum = values.sum().saturating_add(deviation.saturating_mul(most.max(least.saturating_neg())));
        round_mean(sum, people).clamp(10 * least, 10 * most)
    }
}

/// Those of a share who have it.
fn numerator(value: &CountedValue) -> u64 {
    match value {
        CountedValue::Share { numerator, .. } => *numerator,
        _ => 0,
    }
}
