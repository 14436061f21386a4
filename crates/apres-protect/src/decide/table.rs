//! One indicator at one horizon: a total, its groups, their categories, and what must be hidden together.
//!
//! First each cell is judged alone (too small, nobody, no evidence); then every sum that an onlooker can write (a total and its
//! groups, a group and its sub-groups, a denominator and its categories, a category across groups) is protected until nothing changes.
//! Marks only ever go from said to hidden, so this ends, and ties are settled by position, so it ends the same way every time.

use std::collections::{BTreeMap, BTreeSet};

use super::combination::{Equation, determined};
use super::figure;
use super::remainder::{Mark, Part, Step, hides_smallness, next_step, smallest_said};
use crate::catalogue::{Indicator, Measure};
use crate::counted::{CountedCell, CountedValue, Group, Standing};
use crate::policy::Policy;
use crate::release::{Figure, Reason, ReleasedCell};
use crate::request::Dimension;

/// The cells of one indicator at one horizon.
pub(super) struct Table<'a> {
    entries: Vec<Entry<'a>>,
    families: Vec<Family>,
    policy: &'a Policy,
    /// Smallest number of people that a cell of this measure may be about.
    size_min: u64,
    links: Vec<Link<'a>>,
    /// Links and groups whose share must be hidden for a category's sake.
    exposed: BTreeSet<(usize, &'a Group)>,
}

/// A share of the same people whose numerator is the sum of some categories.
pub(super) struct Link<'a> {
    /// Positions of the categories.
    pub(super) categories: Vec<usize>,
    /// Groups where the share is said; a bound does not count as said.
    pub(super) said: BTreeSet<&'a Group>,
}

/// Most hidden figures of a table whose sums are combined.
const COMBINED_FIGURES_MAX: usize = 5000;

/// A figure of the table: a cell, and one of its categories or its number of people.
type Key = (usize, Option<usize>);

/// A cell on its way.
struct Entry<'a> {
    cell: &'a CountedCell,
    /// What the thresholds count: the figure, or in a list the figure of those who were found.
    basis: &'a CountedValue,
    /// What is known of its number of people.
    size: Mark,
    /// Why there is nobody, for [`Mark::Nobody`].
    nobody: Reason,
    /// The rate is hidden to protect another's, though the number of people is not at stake.
    is_rate_hidden: bool,
    is_numerator_said: bool,
    categories: Vec<Mark>,
    /// Whether « small » would say too much.
    is_vague: bool,
    are_categories_vague: bool,
}

/// A cell and the cells that add up to it.
struct Family {
    total: usize,
    parts: Vec<usize>,
}

impl<'a> Table<'a> {
    /// `said` holds the groups whose evidence is said, when the indicator needs evidence.
    pub(super) fn new(indicator: &Indicator, cells: &[&'a CountedCell], policy: &'a Policy, said: Option<&BTreeSet<Group>>) -> Self {
        let size_min = match indicator.measure {
            Measure::Count => policy.count_min,
            Measure::Share | Measure::Distribution { .. } => policy.denominator_min,
            Measure::Quartiles { .. } => policy.median_min,
        };
        let is_crowded =
            |people: u64, found: u64| u128::from(people - found) * 100 > u128::from(people) * u128::from(policy.never_found_max_percent);
        let first_mark = |cell: &CountedCell, basis: &CountedValue| match (size(&cell.value), size(basis)) {
            _ if cell.standing == Standing::Pending => Mark::Nobody,
            // Nobody in a group that depends on an outcome tells the outcome of everybody.
            (0, _) if indicator.measure != Measure::Count && !indicator.is_conditional() => Mark::Nobody,
            (_, found) if found < size_min => Mark::Small,
            (people, found) if is_crowded(people, found) => Mark::Covert,
            _ if said.is_some_and(|groups| !groups.contains(&cell.group)) => Mark::Covert,
            _ => Mark::Said,
        };
        let tells_outcome = indicator.tells_outcome();
        let entry = |cell: &'a CountedCell| {
            let basis = cell.found.as_ref().filter(|_| tells_outcome).unwrap_or(&cell.value);
            Entry::new(cell, basis, first_mark(cell, basis), policy)
        };
        let entries: Vec<_> = cells.iter().map(|cell| entry(cell)).collect();
        let families = families(&entries);
        Self { entries, families, policy, size_min, links: Vec::new(), exposed: BTreeSet::new() }
    }

    /// Decides with shares whose numerators are sums of categories.
    ///
    /// Where such a share is said and its numerator is a single category, that category is known: it is said.
    pub(super) fn with_links(mut self, links: Vec<Link<'a>>) -> Self {
        for link in &links {
            for entry in self.entries.iter_mut().filter(|entry| entry.says_categories() && link.said.contains(&entry.cell.group)) {
                for side in link.sides(entry.categories.len()) {
                    if let [only] = side[..] {
                        entry.categories[only] = Mark::Said;
                    }
                }
            }
        }
        self.links = links;
        self
    }

    /// Hides the shares of these groups beforehand.
    pub(super) fn without_rates(mut self, groups: &BTreeSet<&Group>) -> Self {
        for entry in self.entries.iter_mut().filter(|entry| groups.contains(&entry.cell.group)) {
            entry.is_rate_hidden = true;
        }
        self
    }

    /// The cells, each with what may be said, in their first order.
    pub(super) fn protect(self) -> Vec<ReleasedCell> {
        self.protect_linked().0
    }

    /// The same, and the links and groups whose share must be hidden.
    pub(super) fn protect_linked(mut self) -> (Vec<ReleasedCell>, BTreeSet<(usize, &'a Group)>) {
        while self.protect_sizes() | self.protect_guards() | self.protect_categories() | self.protect_links() || self.protect_combinations()
        {
        }
        while self.protect_numerators() {}
        self.blur_reasons();
        (self.entries.iter().map(|entry| entry.release(self.policy)).collect(), self.exposed)
    }

    /// Shares whose numerator is a sum of categories: a numerator that is said is the total of a sum; one that is not must not be
    /// worked out from the categories.
    fn protect_links(&mut self) -> bool {
        let (threshold, plausible_min) = (self.policy.count_min, self.policy.plausible_min);
        let mut changed = false;
        for (position, link) in self.links.iter().enumerate() {
            for entry in self.entries.iter_mut().filter(|entry| entry.says_categories()) {
                let group = &entry.cell.group;
                for side in link.sides(entry.categories.len()) {
                    while entry.says_categories() {
                        let is_said = link.said.contains(group) && !self.exposed.contains(&(position, group));
                        let parts: Vec<Part> = side.iter().map(|&category| entry.category_part(category)).collect();
                        let has_hidden = parts.iter().any(|part| part.mark.is_hidden());
                        // A share that is only bounded tells its numerator within two people: it is a total all the same, but has nothing to hide.
                        let step = match next_step(&parts, threshold, plausible_min) {
                            _ if !is_said && !has_hidden => Step::Hide(smallest_said(&parts).expect("no part is hidden")),
                            Step::HideTotal if !is_said => Step::Safe,
                            step => step,
                        };
                        match step {
                            Step::Safe => break,
                            Step::Hide(part) => entry.categories[side[part]] = Mark::Shield,
                            Step::HideTotal => drop(self.exposed.insert((position, group))),
                        }
                        changed = true;
                    }
                }
            }
        }
        changed
    }

    /// Numbers of people: a total and its groups.
    fn protect_sizes(&mut self) -> bool {
        let mut changed = false;
        for family in &self.families {
            while self.entries[family.total].size == Mark::Said {
                let parts = family.sizes(&self.entries);
                let hide = match next_step(&parts, self.size_min, self.policy.plausible_min) {
                    Step::Safe => break,
                    Step::Hide(position) => family.parts[position],
                    Step::HideTotal => family.total,
                };
                self.entries[hide].size = Mark::Shield;
                changed = true;
            }
        }
        changed
    }

    /// Shares with nearly nobody or nearly everybody: the other groups and the total must not give the exact count.
    fn protect_guards(&mut self) -> bool {
        let mut changed = false;
        for family in &self.families {
            while let Some(hide) = self.next_rate_to_hide(family) {
                self.entries[hide].is_rate_hidden = true;
                changed = true;
            }
        }
        changed
    }

    /// The rate to hide next so that the remainder of a total's numerator is neither one group's nor nearly nobody's or everybody's.
    fn next_rate_to_hide(&self, family: &Family) -> Option<usize> {
        let total = &self.entries[family.total];
        if !total.says_rate() || total.is_guarded(self.policy) {
            return None;
        }
        let present = || family.parts.iter().copied().filter(|&part| self.entries[part].size != Mark::Nobody);
        let is_open = |part: &usize| self.entries[*part].says_rate() && !self.entries[*part].is_guarded(self.policy);
        let unknown: Vec<usize> = present().filter(|part| !is_open(part)).collect();
        if unknown.is_empty() {
            return None;
        }
        let sum = |of: fn(&CountedValue) -> u64| unknown.iter().map(|&part| of(self.entries[part].basis)).sum::<u64>();
        let is_some_hidden = unknown.iter().any(|&part| !self.entries[part].says_rate());
        let is_all = unknown.len() == present().count();
        let is_remainder_sayable = is_all || !figure::is_guarded((sum(numerator), sum(size)), self.policy);
        if unknown.len() >= 2 && is_some_hidden && is_remainder_sayable {
            return None;
        }
        let smallest = |parts: Vec<usize>| parts.into_iter().min_by_key(|&part| (size(self.entries[part].basis), part));
        let open = smallest(present().filter(is_open).collect());
        let guarded = || smallest(unknown.iter().copied().filter(|&part| self.entries[part].says_rate()).collect());
        Some(open.or_else(guarded).unwrap_or(family.total))
    }

    /// Categories: within each cell, then each category across the groups of a total.
    fn protect_categories(&mut self) -> bool {
        let (threshold, plausible_min) = (self.policy.count_min, self.policy.plausible_min);
        let mut changed = false;
        for entry in &mut self.entries {
            while entry.says_categories() {
                match next_step(&entry.category_parts(), threshold, plausible_min) {
                    Step::Safe => break,
                    Step::Hide(position) => entry.categories[position] = Mark::Shield,
                    Step::HideTotal => entry.size = Mark::Shield,
                }
                changed = true;
            }
        }
        for family in &self.families {
            for category in 0..self.entries[family.total].categories.len() {
                while self.entries[family.total].category_mark(category) == Mark::Said {
                    let parts = family.categories(&self.entries, category);
                    let hide = match next_step(&parts, threshold, plausible_min) {
                        Step::Safe => break,
                        Step::Hide(position) => family.parts[position],
                        Step::HideTotal => family.total,
                    };
                    self.entries[hide].categories[category] = Mark::Shield;
                    changed = true;
                }
            }
        }
        changed
    }

    /// All the sums together: a hidden figure that they determine takes one more with it.
    ///
    /// Past [`COMBINED_FIGURES_MAX`] hidden figures the search would take too long: categories are then left out, then everything,
    /// and the single sums alone protect.
    fn protect_combinations(&mut self) -> bool {
        for with_categories in [true, false] {
            let hidden = self.hidden_figures(with_categories);
            if hidden.is_empty() || hidden.len() > COMBINED_FIGURES_MAX {
                continue;
            }
            let sums = self.sums(with_categories);
            let position: BTreeMap<Key, usize> = hidden.iter().copied().zip(0..).collect();
            let equation = |(total, parts): &(Key, Vec<Key>)| -> Equation {
                let parts = parts.iter().filter_map(|part| position.get(part)).map(|&part| (part, 1));
                parts.chain(position.get(total).map(|&total| (total, -1))).collect()
            };
            let equations: Vec<Equation> = sums.iter().map(equation).filter(|equation| !equation.is_empty()).collect();
            let is_sensitive = |key: &Key| matches!(self.mark(*key), Mark::Small | Mark::Covert);
            let known = determined(&equations, hidden.len()).into_iter().map(|known| hidden[known]);
            let Some(first) = known.into_iter().find(is_sensitive) else { return false };
            return self.hide_beside(first, &sums);
        }
        false
    }

    /// Hides the smallest figure said in a sum that holds `key`, or else the smallest said at all; false when none is: then what is known is
    /// that nobody can be there (a group with nobody, at a horizon that is not seen yet).
    fn hide_beside(&mut self, key: Key, sums: &[(Key, Vec<Key>)]) -> bool {
        let is_said = |other: &Key| self.mark(*other) == Mark::Said;
        let smallest = |keys: &mut dyn Iterator<Item = Key>| keys.filter(is_said).min_by_key(|&other| (self.people(other), other));
        let around = || sums.iter().filter(|(total, parts)| *total == key || parts.contains(&key));
        let beside = smallest(&mut around().flat_map(|(_, parts)| parts.iter().copied()));
        let above = || smallest(&mut around().map(|(total, _)| *total));
        let anywhere = || smallest(&mut sums.iter().flat_map(|(total, parts)| parts.iter().chain([total]).copied()));
        let Some((entry, category)) = beside.or_else(above).or_else(anywhere) else { return false };
        match category {
            Some(category) => self.entries[entry].categories[category] = Mark::Shield,
            None => self.entries[entry].size = Mark::Shield,
        }
        true
    }

    fn mark(&self, (entry, category): Key) -> Mark {
        category.map_or(self.entries[entry].size, |category| self.entries[entry].category_mark(category))
    }

    fn people(&self, (entry, category): Key) -> u64 {
        let entry = &self.entries[entry];
        category.map_or(size(entry.basis), |category| entry.category_people(category))
    }

    fn keys(&self, entry: usize, with_categories: bool) -> impl Iterator<Item = Key> + use<> {
        let categories = if with_categories { self.entries[entry].categories.len() } else { 0 };
        std::iter::once((entry, None)).chain((0..categories).map(move |category| (entry, Some(category))))
    }

    fn hidden_figures(&self, with_categories: bool) -> Vec<Key> {
        let keys = (0..self.entries.len()).flat_map(|entry| self.keys(entry, with_categories));
        keys.filter(|key| self.mark(*key).is_hidden()).collect()
    }

    /// Every sum of the table: a total and the figures that add up to it.
    fn sums(&self, with_categories: bool) -> Vec<(Key, Vec<Key>)> {
        let mut sums = Vec::new();
        for family in &self.families {
            for (_, category) in self.keys(family.total, with_categories) {
                sums.push(((family.total, category), family.parts.iter().map(|&part| (part, category)).collect()));
            }
        }
        for entry in (0..self.entries.len()).filter(|&entry| with_categories && !self.entries[entry].categories.is_empty()) {
            sums.push(((entry, None), self.keys(entry, true).skip(1).collect()));
            for (position, link) in self.links.iter().enumerate() {
                let group = &self.entries[entry].cell.group;
                let is_said = link.said.contains(group) && !self.exposed.contains(&(position, group));
                if is_said && self.entries[entry].says_categories() {
                    // The numerator is known, as the number of people is: what is left is that the hidden parts have a known sum.
                    sums.push(((entry, None), link.categories.iter().map(|&category| (entry, Some(category))).collect()));
                }
            }
        }
        sums
    }

    /// Numerators: the only unsaid one among groups would be the total's less the others'.
    fn protect_numerators(&mut self) -> bool {
        let mut changed = false;
        for family in &self.families {
            if !self.entries[family.total].is_numerator_shown() {
                continue;
            }
            let present: Vec<usize> = family.parts.iter().copied().filter(|&part| self.entries[part].size != Mark::Nobody).collect();
            let (shown, unsaid): (Vec<_>, Vec<_>) = present.into_iter().partition(|&part| self.entries[part].is_numerator_shown());
            if unsaid.len() != 1 {
                continue;
            }
            let smallest = shown.into_iter().min_by_key(|&part| (numerator(self.entries[part].basis), part));
            self.entries[smallest.unwrap_or(family.total)].is_numerator_said = false;
            changed = true;
        }
        changed
    }

    /// Gives all the hidden parts of a sum the same reason where « small » would narrow them too much.
    fn blur_reasons(&mut self) {
        let mut vague: Vec<usize> = Vec::new();
        let mut vague_categories: Vec<usize> = Vec::new();
        let count_min = self.policy.count_min;
        for family in &self.families {
            let total = &self.entries[family.total];
            if total.size == Mark::Said && hides_smallness(&family.sizes(&self.entries), size(total.basis), self.size_min) {
                vague.extend(&family.parts);
            }
            for category in 0..total.categories.len() {
                let parts = family.categories(&self.entries, category);
                if total.category_mark(category) == Mark::Said && hides_smallness(&parts, total.category_people(category), count_min) {
                    vague_categories.extend(&family.parts);
                }
            }
        }
        for (position, entry) in self.entries.iter().enumerate() {
            let is_said = |(position, link): &(usize, &Link<'_>)| {
                link.said.contains(&entry.cell.group) && !self.exposed.contains(&(*position, &entry.cell.group))
            };
            let said = self.links.iter().enumerate().filter(is_said);
            let sides = said.flat_map(|(_, link)| link.sides(entry.categories.len()));
            let sums = sides.chain([(0..entry.categories.len()).collect()]);
            let is_narrow = |sum: Vec<usize>| {
                let parts: Vec<Part> = sum.into_iter().map(|category| entry.category_part(category)).collect();
                hides_smallness(&parts, parts.iter().map(|part| part.value).sum(), count_min)
            };
            if entry.says_categories() && sums.into_iter().any(is_narrow) {
                vague_categories.push(position);
            }
        }
        for position in vague {
            self.entries[position].is_vague = true;
        }
        for position in vague_categories {
            self.entries[position].are_categories_vague = true;
        }
    }
}

impl Family {
    fn sizes(&self, entries: &[Entry<'_>]) -> Vec<Part> {
        let part = |&part: &usize| Part { value: size(entries[part].basis), mark: entries[part].size };
        self.parts.iter().map(part).collect()
    }

    fn categories(&self, entries: &[Entry<'_>], category: usize) -> Vec<Part> {
        let part = |&part: &usize| Part { value: entries[part].category_people(category), mark: entries[part].category_mark(category) };
        self.parts.iter().map(part).collect()
    }
}

impl<'a> Entry<'a> {
    fn new(cell: &'a CountedCell, basis: &'a CountedValue, mark: Mark, policy: &Policy) -> Self {
        let category_mark = |people: u64| {
            if people < policy.count_min { Mark::Small } else { Mark::Said }
        };
        let categories = match basis {
            CountedValue::Distribution { categories, .. } => categories.iter().map(|(_, people)| category_mark(*people)).collect(),
            _ => Vec::new(),
        };
        let rate = match (portion(&cell.value), portion(basis)) {
            (Some(said), Some(basis)) if mark == Mark::Said => Some(figure::rate(said, basis, policy)),
            _ => None,
        };
        Self {
            cell,
            basis,
            size: mark,
            nobody: if cell.standing == Standing::Pending { Reason::NotObservableYet } else { Reason::NoData },
            is_rate_hidden: matches!(rate, Some(Figure::Hidden { .. })),
            is_numerator_said: rate.is_some_and(|rate| super::says_numerator(&rate)),
            categories,
            is_vague: false,
            are_categories_vague: false,
        }
    }

    fn says_rate(&self) -> bool {
        self.size == Mark::Said && !self.is_rate_hidden && matches!(self.cell.value, CountedValue::Share { .. })
    }

    fn is_guarded(&self, policy: &Policy) -> bool {
        figure::is_guarded((numerator(self.basis), size(self.basis)), policy)
    }

    fn is_numerator_shown(&self) -> bool {
        self.says_rate() && self.is_numerator_said
    }

    fn says_categories(&self) -> bool {
        self.size == Mark::Said && !self.categories.is_empty()
    }

    /// What is known of a category, given what is known of the cell.
    fn category_mark(&self, category: usize) -> Mark {
        match self.size {
            Mark::Said => self.categories[category],
            Mark::Nobody => Mark::Nobody,
            Mark::Small | Mark::Shield | Mark::Covert => Mark::Covert,
        }
    }

    fn category_people(&self, category: usize) -> u64 {
        match self.basis {
            CountedValue::Distribution { categories, .. } => categories[category].1,
            _ => 0,
        }
    }

    fn category_part(&self, category: usize) -> Part {
        Part { value: self.category_people(category), mark: self.categories[category] }
    }

    fn category_parts(&self) -> Vec<Part> {
        (0..self.categories.len()).map(|category| self.category_part(category)).collect()
    }

    fn release(&self, policy: &Policy) -> ReleasedCell {
        ReleasedCell {
            indicator: self.cell.indicator.clone(),
            horizon: self.cell.horizon,
            group: self.cell.group.clone(),
            provisional: super::is_provisional(self.cell.standing),
            figure: self.figure(policy),
        }
    }

    fn figure(&self, policy: &Policy) -> Figure {
        match self.size {
            Mark::Said if self.is_rate_hidden => Figure::Hidden { reason: Reason::WouldRevealAnother },
            Mark::Said => self.said_figure(policy),
            Mark::Nobody => Figure::Hidden { reason: self.nobody },
            mark => hidden(mark, self.is_vague),
        }
    }

    fn said_figure(&self, policy: &Policy) -> Figure {
        let said_of = size(self.basis);
        match &self.cell.value {
            CountedValue::Count(people) => Figure::Count { value: *people },
            CountedValue::Share { numerator, denominator } => {
                match figure::rate((*numerator, *denominator), portion(self.basis).expect("a share of the same people"), policy) {
                    Figure::Rate { percent, denominator, low, high, .. } if !self.is_numerator_said => {
                        Figure::Rate { percent, denominator, numerator: None, low, high }
                    }
                    figure => figure,
                }
            }
            CountedValue::Distribution { denominator, categories } => {
                let figure = |position: usize, people: u64| match self.categories[position] {
                    Mark::Said => figure::rate((people, *denominator), (self.category_people(position), said_of), policy),
                    mark => hidden(mark, self.are_categories_vague),
                };
                let released = categories.iter().enumerate().map(|(position, (code, people))| (code.clone(), figure(position, *people)));
                Figure::Distribution { denominator: *denominator, categories: released.collect() }
            }
            CountedValue::Quartiles(values) => {
                let [p25, median, p75] = [1, 2, 3].map(|quarter| values.at_quartile(quarter, 0));
                let has_quartiles = said_of >= policy.quartile_min;
                let mean = figure::round_mean(values.sum(), values.people());
                // A mean that is the value of most people says that nearly all of them have it. Beside exact counts it takes twice as many people: over 41, it
                // left a hidden band of months with four values out of eleven.
                let is_telling = p25 == p75 && mean == 10 * p25;
                Figure::Quartiles {
                    denominator: values.people(),
                    p25: has_quartiles.then_some(p25),
                    median,
                    p75: has_quartiles.then_some(p75),
                    mean_tenths: (said_of >= 2 * policy.mean_min && !is_telling).then_some(mean),
                }
            }
        }
    }
}

impl Link<'_> {
    /// The categories of the numerator, and the others.
    fn sides(&self, categories: usize) -> [Vec<usize>; 2] {
        let (own, others) = (0..categories).partition(|category| self.categories.contains(category));
        [own, others]
    }
}

fn hidden(mark: Mark, is_vague: bool) -> Figure {
    let is_small = mark == Mark::Small && !is_vague;
    Figure::Hidden { reason: if is_small { Reason::Small } else { Reason::WouldRevealAnother } }
}

/// People that a value is about.
pub(super) fn size(value: &CountedValue) -> u64 {
    match value {
        CountedValue::Count(people) => *people,
        CountedValue::Share { denominator, .. } | CountedValue::Distribution { denominator, .. } => *denominator,
        CountedValue::Quartiles(values) => values.people(),
    }
}

fn numerator(value: &CountedValue) -> u64 {
    portion(value).map_or(0, |(numerator, _)| numerator)
}

fn portion(value: &CountedValue) -> Option<figure::Portion> {
    match value {
        CountedValue::Share { numerator, denominator } => Some((*numerator, *denominator)),
        _ => None,
    }
}

/// Every cell with, for each finer level of the table, the cells of that level that add up to it.
fn families(entries: &[Entry<'_>]) -> Vec<Family> {
    let positions: BTreeMap<&Group, usize> = entries.iter().enumerate().map(|(position, entry)| (&entry.cell.group, position)).collect();
    let level = |group: &Group| group.iter().map(|(dimension, _)| *dimension).collect::<Vec<Dimension>>();
    let levels: BTreeSet<Vec<Dimension>> = entries.iter().map(|entry| level(&entry.cell.group)).collect();
    let mut families: BTreeMap<(usize, Vec<Dimension>), Vec<usize>> = BTreeMap::new();
    for (position, entry) in entries.iter().enumerate() {
        let own = level(&entry.cell.group);
        for coarser in levels.iter().filter(|coarser| coarser.len() < own.len()) {
            let group: Group = entry.cell.group.iter().filter(|(dimension, _)| coarser.contains(dimension)).cloned().collect();
            if let Some(&total) = positions.get(&group).filter(|_| level(&group) == *coarser) {
                families.entry((total, own.clone())).or_default().push(position);
            }
        }
    }
    families.into_iter().map(|((total, _), parts)| Family { total, parts }).collect()
}
