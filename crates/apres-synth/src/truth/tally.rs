//! Counts of leavers by population, period and group, and the cells that they make (`measure.md` §6).
//!
//! Tallies of two territories add up, so nothing is kept per person. Quartiles come from exact counts, by nearest rank. Cells come out in the
//! order population, period, group, indicator, horizon.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::calendar::{Day, Quarter};
use crate::contract::Window;
use crate::people::Person;
use crate::truth::exits::Exit;
use crate::truth::panel::{Career, HORIZONS, KINDS, Left, Seen};
use crate::truth::{age_band, sex};

/// Quarters of exit, bounds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period {
    pub(crate) from: Quarter,
    pub(crate) to: Quarter,
}

/// How a list row was, or was not, found.
pub(crate) const STATUSES: [&str; 5] = ["ambigu", "identite", "inutilisable", "nir", "non_trouve"];

/// A leaver, ready to be counted.
pub(crate) struct Leaver {
    groups: Vec<(&'static str, String)>,
    /// Place of the status in [`STATUSES`], for a list row.
    status: Option<usize>,
    is_known: bool,
    observable: [bool; 7],
    seen: [Seen; 7],
    months_worked: usize,
}

impl Leaver {
    pub(crate) fn of_exit(person: &Person, career: &Career<'_>, exit: &Exit, window: Window) -> Self {
        let left = Left { programme: exit.programme, siret: Some(&exit.siret) };
        let mut groups = groups_of(exit.t0, Some(sex(person)), Some(person.birth.year()));
        groups.push(("type", exit.kind.to_owned()));
        groups.push(("departement", exit.departement.clone()));
        Self::seen_from(career, left, exit.t0, window, groups)
    }

    fn seen_from(career: &Career<'_>, left: Left<'_>, t0: Day, window: Window, groups: Vec<(&'static str, String)>) -> Self {
        let observable = HORIZONS.map(|months| t0.quarter().last_month().plus(months) <= window.last);
        let mut seen = [Seen::default(); 7];
        for (place, months) in HORIZONS.iter().enumerate().filter(|(place, _)| observable[*place]) {
            seen[place] = career.seen(left, t0, *months);
        }
        Self { groups, status: None, is_known: true, observable, seen, months_worked: career.months_worked(left, t0) }
    }

    /// A row of a list whose person was found.
    pub(crate) fn of_found_row(status: &str, person: &Person, career: &Career<'_>, programme: &str, t0: Day, window: Window) -> Self {
        let groups = groups_of(t0, Some(sex(person)), Some(person.birth.year()));
        let left = Left { programme, siret: None };
        let leaver = Self::seen_from(career, left, t0, window, groups);
        Self { status: status_place(status), ..leaver }
    }

    /// A row of a list whose person was not found: known to have no job when the NIR is verified, unknown otherwise.
    pub(crate) fn of_lost_row(
        status: &str,
        is_known: bool,
        t0: Day,
        sex: Option<&'static str>,
        birth_year: Option<i32>,
        window: Window,
    ) -> Self {
        let observable = HORIZONS.map(|months| t0.quarter().last_month().plus(months) <= window.last);
        Self {
            groups: groups_of(t0, sex, birth_year),
            status: status_place(status),
            is_known,
            observable,
            seen: [Seen::default(); 7],
            months_worked: 0,
        }
    }
}

fn status_place(status: &str) -> Option<usize> {
    STATUSES.iter().position(|known| *known == status)
}

fn groups_of(t0: Day, sex: Option<&'static str>, birth_year: Option<i32>) -> Vec<(&'static str, String)> {
    let band = birth_year.map_or("inconnu", |year| age_band(t0.year() - year));
    vec![("quarter", t0.quarter().name()), ("sex", sex.unwrap_or("inconnu").to_owned()), ("age_band", band.to_owned())]
}

/// Where a count belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    population: String,
    period: Period,
    /// Dimension and value; both empty for a total.
    group: (String, String),
}

#[derive(Debug, Clone, Copy, Default)]
struct AtHorizon {
    pending: u64,
    observable: u64,
    employed_day: u64,
    employed_month: u64,
    durable: u64,
    kinds: [u64; 10],
}

#[derive(Debug, Clone, Default)]
struct Tally {
    leavers: u64,
    statuses: [u64; 5],
    horizons: [AtHorizon; 7],
    /// Leavers known and observable at twelve months, by number of months worked.
    months: [u64; 13],
}

/// Counts by place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tallies(BTreeMap<Place, Tally>);

impl Tallies {
    /// Counts a leaver in the total and in each of its groups.
    pub(crate) fn add(&mut self, population: &str, period: Period, leaver: &Leaver) {
        self.tally(population, period, ("", "")).add(leaver);
        for (dimension, value) in &leaver.groups {
            self.tally(population, period, (dimension, value)).add(leaver);
        }
    }

    /// Counts a row that cannot be used: it has a status, perhaps a sex, and no exit, so neither a quarter nor an age.
    pub(crate) fn add_unusable(&mut self, population: &str, period: Period, sex: Option<&str>) {
        let groups = [("", ""), ("quarter", ""), ("sex", sex.unwrap_or("inconnu")), ("age_band", "inconnu")];
        if let Some(place) = status_place("inutilisable") {
            for group in groups {
                self.tally(population, period, group).statuses[place] += 1;
            }
        }
    }

    fn tally(&mut self, population: &str, period: Period, group: (&str, &str)) -> &mut Tally {
        let group = (group.0.to_owned(), group.1.to_owned());
        self.0.entry(Place { population: population.to_owned(), period, group }).or_default()
    }

    /// Adds the counts of others.
    pub(crate) fn merge(&mut self, others: Self) {
        for (place, tally) in others.0 {
            self.0.entry(place).or_default().merge(&tally);
        }
    }

    /// Every cell, in a stable order.
    pub(crate) fn cells(&self) -> Vec<Value> {
        self.0.iter().flat_map(|(place, tally)| tally.cells(place)).collect()
    }

    /// Numerator and denominator of one share over a whole population; for tests.
    #[cfg(test)]
    pub(crate) fn share(&self, population: &str, group: (&str, &str), months: i32, what: fn(&Horizon) -> u64) -> (u64, u64) {
        let place = HORIZONS.iter().position(|own| *own == months).unwrap_or(0);
        self.0
            .iter()
            .filter(|(own, _)| own.population == population && own.period.from != own.period.to)
            .filter(|(own, _)| own.group.0 == group.0 && own.group.1 == group.1)
            .map(|(_, tally)| {
                let own = &tally.horizons[place];
                let horizon = Horizon { employed_day: own.employed_day, durable: own.durable, kinds: own.kinds };
                (what(&horizon), own.observable)
            })
            .fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1))
    }
}

/// What tests look at.
#[cfg(test)]
pub(crate) struct Horizon {
    pub(crate) employed_day: u64,
    pub(crate) durable: u64,
    pub(crate) kinds: [u64; 10],
}

impl Tally {
    fn add(&mut self, leaver: &Leaver) {
        self.leavers += 1;
        if let Some(place) = leaver.status {
            self.statuses[place] += 1;
        }
        if !leaver.is_known {
            return;
        }
        for ((own, seen), is_observable) in self.horizons.iter_mut().zip(&leaver.seen).zip(leaver.observable) {
            own.add(seen, is_observable);
        }
        if leaver.observable[4] {
            self.months[leaver.months_worked] += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.leavers += other.leavers;
        add_each(&mut self.statuses, &other.statuses);
        add_each(&mut self.months, &other.months);
        for (own, more) in self.horizons.iter_mut().zip(&other.horizons) {
            own.pending += more.pending;
            own.observable += more.observable;
            own.employed_day += more.employed_day;
            own.employed_month += more.employed_month;
            own.durable += more.durable;
            add_each(&mut own.kinds, &more.kinds);
        }
    }

    fn cells(&self, place: &Place) -> Vec<Value> {
        let is_list = self.statuses.iter().any(|count| *count > 0);
        let mut cells = vec![place.cell("A-02", 0, json!({ "count": self.leavers, "pending": 0 }))];
        if is_list {
            cells.extend(self.list_cells(place));
        }
        // Rows that cannot be used have no exit, so nobody to look at on any horizon.
        if self.leavers == 0 {
            return cells;
        }
        for (own, months) in self.horizons.iter().zip(HORIZONS) {
            cells.extend(own.cells(place, months));
        }
        cells.extend(self.year_cells(place));
        cells
    }

    fn list_cells(&self, place: &Place) -> Vec<Value> {
        let count = |status: &str| status_place(status).map_or(0, |own| self.statuses[own]);
        let categories: Map<String, Value> = STATUSES
            .iter()
            .zip(self.statuses)
            .filter(|(status, count)| *count > 0 && **status != "inutilisable")
            .map(|(status, count)| ((*status).to_owned(), json!(count)))
            .collect();
        vec![
            place.cell("A-03", 0, json!({ "numerator": count("nir") + count("identite"), "denominator": self.leavers, "pending": 0 })),
            place.cell("A-03D", 0, json!({ "categories": categories, "count": self.leavers, "pending": 0 })),
            place.cell("A-03U", 0, json!({ "count": count("inutilisable"), "pending": 0 })),
        ]
    }

    /// The indicators that look at a whole year.
    fn year_cells(&self, place: &Place) -> Vec<Value> {
        let pending = self.horizons[4].pending;
        let count: u64 = self.months.iter().sum();
        let sum: u64 = (0_u64..).zip(self.months).map(|(months, people)| months * people).sum();
        let bands = [("0", 0..1), ("1_3", 1..4), ("4_6", 4..7), ("7_9", 7..10), ("10_12", 10..13)];
        let categories: Map<String, Value> =
            bands.into_iter().map(|(name, months)| (name.to_owned(), json!(self.months[months].iter().sum::<u64>()))).collect();
        let mut quartiles = json!({ "count": count, "sum": sum, "pending": pending });
        if count > 0 {
            quartiles["p25"] = json!(self.rank(count, 1));
            quartiles["median"] = json!(self.rank(count, 2));
            quartiles["p75"] = json!(self.rank(count, 3));
        }
        vec![
            place.cell("B-10", 12, quartiles),
            place.cell("B-10D", 12, json!({ "categories": categories, "count": count, "pending": pending })),
            place.cell("B-12", 12, json!({ "numerator": self.months[0], "denominator": count, "pending": pending })),
        ]
    }

    /// The value of rank ⌈quarters·n/4⌉ in increasing order.
    fn rank(&self, count: u64, quarters: u64) -> usize {
        let rank = (quarters * count).div_ceil(4);
        let mut before = 0;
        for (months, people) in self.months.iter().enumerate() {
            before += people;
            if before >= rank {
                return months;
            }
        }
        12
    }
}

impl AtHorizon {
    fn add(&mut self, seen: &Seen, is_observable: bool) {
        if !is_observable {
            self.pending += 1;
            return;
        }
        self.observable += 1;
        self.employed_day += u64::from(seen.is_employed_day);
        self.employed_month += u64::from(seen.is_employed_month);
        self.durable += u64::from(seen.is_durable);
        if let Some(kind) = seen.kind {
            self.kinds[kind] += 1;
        }
    }

    fn cells(&self, place: &Place, months: i32) -> Vec<Value> {
        let share = |numerator: u64| json!({ "numerator": numerator, "denominator": self.observable, "pending": self.pending });
        let categories: Map<String, Value> =
            KINDS.iter().zip(self.kinds).filter(|(_, count)| *count > 0).map(|(kind, count)| ((*kind).to_owned(), json!(count))).collect();
        vec![
            place.cell("B-01", months, share(self.employed_day)),
            place.cell("B-04", months, share(self.durable)),
            place.cell("B-02", months, share(self.employed_month)),
            place.cell("D-01", months, json!({ "categories": categories, "count": self.employed_day, "pending": self.pending })),
        ]
    }
}

impl Place {
    fn cell(&self, indicator: &str, horizon: i32, values: Value) -> Value {
        let mut group = Map::new();
        if !self.group.0.is_empty() {
            group.insert(self.group.0.clone(), json!(self.group.1));
        }
        let mut cell = Map::new();
        cell.insert("indicator".to_owned(), json!(indicator));
        cell.insert("horizon".to_owned(), json!(horizon));
        cell.insert("population".to_owned(), json!(self.population));
        cell.insert("period".to_owned(), json!({ "from": self.period.from.name(), "to": self.period.to.name() }));
        cell.insert("group".to_owned(), Value::Object(group));
        if let Value::Object(values) = values {
            cell.extend(values);
        }
        Value::Object(cell)
    }
}

fn add_each(own: &mut [u64], more: &[u64]) {
    for (sum, count) in own.iter_mut().zip(more) {
        *sum += count;
    }
}
