//! A few thousand made-up leavers, counted exactly as a request asks.
//!
//! It stands for the measuring side in the tests and the preview of the pages; its careers are drawn by a fixed rule, so that the same
//! request always gives the same table.

use std::collections::BTreeMap;

use apres_protect::{
    Catalogue, Counted, CountedCell, CountedRest, CountedValue, Dimension, DisclosureSecret, Filter, Group, Indicator, Measure, Month,
    Policy, Population, Quarter, Request, Rest, Scope, SetKey, Standing,
};

/// Last month of declarations in the fake lake.
pub(crate) const LAST_MONTH: Month = Month(2026 * 12 + 7);
/// First and last quarter of exit.
pub(crate) const QUARTERS: (Quarter, Quarter) = (Quarter(2023 * 4), Quarter(2026 * 4 + 1));
/// The establishment of the fake structure.
pub(crate) const SIRET: &str = "00000000100012";
/// A small one, where little can be said.
pub(crate) const SMALL_SIRET: &str = "00000000100020";

/// The policy of the fake installation, with its secret.
pub(crate) fn policy() -> Policy {
    Policy::default().with_secret(secret())
}

fn secret() -> DisclosureSecret {
    DisclosureSecret::new([23; 32])
}

/// Somebody who left.
pub(crate) struct Person {
    /// Record key.
    key: SetKey,
    programme: &'static str,
    kind: &'static str,
    quarter: Quarter,
    departement: &'static str,
    siret: &'static str,
    sex: &'static str,
    age: &'static str,
    /// First and last month of employment after the exit, and its kind of contract.
    job: Option<(u8, u8, &'static str)>,
    /// How a list finds this person.
    way: &'static str,
}

const DEPARTEMENTS: [&str; 10] = ["21", "21", "21", "25", "39", "71", "89", "35", "22", "29"];
const KINDS: [&str; 6] = ["ACI", "ACI", "ACI", "AI", "EI", "ETTI"];
const CONTRACTS: [&str; 12] = [
    "cdi",
    "cdi",
    "cdi",
    "cdd_6_mois_ou_plus",
    "cdd_6_mois_ou_plus",
    "cdd_moins_6_mois",
    "cdd_moins_6_mois",
    "interim",
    "interim",
    "interim",
    "alternance",
    "public_contractuel",
];
const AGES: [&str; 5] = ["moins_26", "26_49", "26_49", "26_49", "50_plus"];
const WAYS: [&str; 12] = ["nir", "nir", "nir", "nir", "nir", "nir", "nir", "identite", "identite", "ambigu", "non_trouve", "inutilisable"];

/// A number drawn from a seed, between 0 and `below`.
fn draw(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).expect("31 bits fit") % below
}

/// The made-up leavers.
pub(crate) fn everybody() -> Vec<Person> {
    let mut seed = 20_261_123;
    let keys = secret().record_keys();
    (0..9_000).map(|pseudonym| person(&mut seed, SetKey::from_sum(keys.of_person(pseudonym)))).collect()
}

fn person(seed: &mut u64, key: SetKey) -> Person {
    let seed = &mut *seed;
    let quarters = usize::try_from(QUARTERS.1.0 - QUARTERS.0.0 + 1).expect("positive");
    let programme = if draw(seed, 5) == 0 { "pec" } else { "iae" };
    let kind = if programme == "pec" { "PEC" } else { KINDS[draw(seed, KINDS.len())] };
    let works = draw(seed, 100) < if kind == "ETTI" { 70 } else { 55 };
    let start = 1 + u8::try_from(draw(seed, 10)).expect("small");
    let end = start.saturating_add(u8::try_from(draw(seed, 30)).expect("small"));
    let house = draw(seed, 40);
    Person {
        key,
        programme,
        kind: if house < 2 { "ACI" } else { kind },
        quarter: Quarter(QUARTERS.0.0 + i32::try_from(draw(seed, quarters)).expect("small")),
        departement: if house < 2 { "21" } else { DEPARTEMENTS[draw(seed, DEPARTEMENTS.len())] },
        siret: if house == 0 || (house == 1 && draw(seed, 6) > 0) {
            SIRET
        } else if house == 1 {
            SMALL_SIRET
        } else {
            "00000000200010"
        },
        sex: if draw(seed, 100) < 44 { "F" } else { "M" },
        age: AGES[draw(seed, AGES.len())],
        job: works.then(|| (start, end, CONTRACTS[draw(seed, CONTRACTS.len())])),
        way: WAYS[draw(seed, WAYS.len())],
    }
}

impl Person {
    fn value(&self, dimension: Dimension) -> String {
        match dimension {
            Dimension::Programme => self.programme.to_owned(),
            Dimension::Type => self.kind.to_owned(),
            Dimension::Quarter => self.quarter.to_string(),
            Dimension::Departement => self.departement.to_owned(),
            Dimension::Sex => self.sex.to_owned(),
            Dimension::AgeBand => self.age.to_owned(),
            Dimension::Structure => self.siret.to_owned(),
        }
    }

    fn is_found(&self) -> bool {
        matches!(self.way, "nir" | "identite")
    }

    fn works_at(&self, month: u8) -> bool {
        self.job.is_some_and(|(start, end, _)| (start..=end).contains(&month))
    }

    fn is_durable(&self) -> bool {
        matches!(self.job, Some((_, _, "cdi" | "cdd_6_mois_ou_plus")))
    }

    fn months_worked(&self) -> i64 {
        i64::try_from((1..=12).filter(|month| self.works_at(*month)).count()).expect("at most 12")
    }

    fn is_observable(&self, month: u8) -> bool {
        self.quarter.last_month().plus(i32::from(month)) <= LAST_MONTH
    }
}

/// Counts a request; a list is the first `rows` people.
pub(crate) fn count(request: &Request, catalogue: &Catalogue, people: &[Person], rows: usize) -> Counted {
    let is_list = matches!(request.population, Population::List(_));
    let covered: Vec<&Person> = match &request.population {
        Population::List(_) => people.iter().take(rows).collect(),
        Population::Programme(programme) => people
            .iter()
            .filter(|person| person.programme == programme && request.period.contains(person.quarter))
            .filter(|person| in_scope(person, &request.scope))
            .collect(),
    };
    let kept: Vec<&Person> = covered.iter().copied().filter(|person| passes(person, request)).collect();
    let mut cells = Vec::new();
    for indicator in catalogue.to_count(request) {
        for horizon in indicator.horizons_for(request) {
            for level in request.levels() {
                for (group, members) in groups(&covered, request, &level) {
                    cells.push(cell(indicator, horizon, group, &members, is_list));
                }
            }
        }
    }
    let number = |people: usize| u64::try_from(people).expect("fits");
    let found: Vec<&Person> = kept.iter().copied().filter(|person| !is_list || person.is_found()).collect();
    Counted {
        request: request.clone(),
        lake_version: 1_042,
        last_month: LAST_MONTH,
        population: number(kept.len()),
        population_key: key_of(&kept),
        found: number(found.len()),
        found_key: key_of(&found),
        cells,
        rest: request.rest.as_ref().map(|rest| count_rest(request, rest, catalogue, people)),
    }
}

fn count_rest(request: &Request, rest: &Rest, catalogue: &Catalogue, people: &[Person]) -> CountedRest {
    let is_other = |person: &Person| match rest {
        Rest::Scope(wider) => in_scope(person, wider) && !in_scope(person, &request.scope) && passes(person, request),
        Rest::Others(dimension) => {
            let (others, same): (Vec<_>, Vec<_>) = request.filters.iter().partition(|filter| filter.dimension == *dimension);
            let has = |filter: &&Filter| filter.values.contains(&person.value(filter.dimension));
            in_scope(person, &request.scope) && same.iter().all(has) && !others.iter().any(has)
        }
    };
    let is_covered = |person: &&Person| {
        request.population == Population::Programme(person.programme.to_owned()) && request.period.contains(person.quarter)
    };
    let others: Vec<&Person> = people.iter().filter(is_covered).filter(|person| is_other(person)).collect();
    let mut cells = Vec::new();
    for indicator in catalogue.to_count(request) {
        cells.extend(indicator.horizons_for(request).into_iter().map(|horizon| cell(indicator, horizon, Group::new(), &others, false)));
    }
    CountedRest { population: u64::try_from(others.len()).expect("fits"), population_key: key_of(&others), cells }
}

fn key_of(people: &[&Person]) -> SetKey {
    people.iter().map(|person| person.key).sum()
}

fn in_scope(person: &Person, scope: &Scope) -> bool {
    match scope {
        Scope::National => true,
        Scope::Departements(codes) => codes.iter().any(|code| code == person.departement),
        Scope::Structures(sirets) => sirets.iter().any(|siret| siret == person.siret),
    }
}

fn passes(person: &Person, request: &Request) -> bool {
    request.filters.iter().all(|filter| filter.values.contains(&person.value(filter.dimension)))
}

/// The groups of a level and their people; the total that is asked is there even when it holds nobody.
fn groups<'a>(people: &[&'a Person], request: &Request, level: &[Dimension]) -> BTreeMap<Group, Vec<&'a Person>> {
    let mut groups: BTreeMap<Group, Vec<&Person>> = BTreeMap::new();
    let asked = request.slice().filter(|asked| asked.iter().map(|(dimension, _)| dimension).eq(level));
    groups.extend(asked.map(|asked| (asked, Vec::new())));
    for &person in people {
        let value = |dimension: &Dimension| (*dimension, request.table_value(*dimension, &person.value(*dimension)));
        groups.entry(level.iter().map(value).collect()).or_default().push(person);
    }
    groups
}

fn cell(indicator: &Indicator, horizon: u8, group: Group, people: &[&Person], is_list: bool) -> CountedCell {
    // A row that cannot be used is counted apart.
    let is_counted = |person: &&Person| !is_list || (person.way == "inutilisable") == (indicator.id == "A-03U");
    let people: Vec<&Person> = people.iter().copied().filter(is_counted).collect();
    let observable: Vec<&Person> = people.iter().copied().filter(|person| person.is_observable(horizon)).collect();
    let is_pending = observable.is_empty() && !people.is_empty();
    let is_young = observable.iter().any(|person| !person.is_observable(horizon.saturating_add(3)));
    let standing = match (is_pending, is_young && horizon > 0) {
        (true, _) => Standing::Pending,
        (false, true) => Standing::Provisional,
        (false, false) => Standing::Consolidated,
    };
    let found: Vec<&Person> = observable.iter().copied().filter(|person| person.is_found()).collect();
    CountedCell {
        indicator: indicator.id.clone(),
        horizon,
        group,
        standing,
        value: value(indicator, horizon, &observable),
        key: key_of(&observable),
        found: is_list.then(|| value(indicator, horizon, &found)),
        found_key: key_of(&found),
    }
}

fn value(indicator: &Indicator, horizon: u8, people: &[&Person]) -> CountedValue {
    let total = |kept: &dyn Fn(&Person) -> bool| u64::try_from(people.iter().filter(|person| kept(person)).count()).expect("fits");
    let denominator = total(&|_| true);
    match (&indicator.measure, indicator.id.as_str()) {
        (Measure::Count, "A-03U") => CountedValue::Count(total(&|person| person.way == "inutilisable")),
        (Measure::Count, _) => CountedValue::Count(denominator),
        (Measure::Share, "A-03") => {
            let usable = total(&|person| person.way != "inutilisable");
            CountedValue::Share { numerator: total(&|person| matches!(person.way, "nir" | "identite")), denominator: usable }
        }
        (Measure::Share, id) => {
            let numerator = total(&|person| match id {
                "B-04" => person.works_at(horizon) && person.is_durable(),
                "B-12" => person.months_worked() == 0,
                _ => person.works_at(horizon),
            });
            CountedValue::Share { numerator, denominator }
        }
        (Measure::Quartiles { .. }, _) => CountedValue::Quartiles(people.iter().map(|person| (person.months_worked(), 1)).collect()),
        (Measure::Distribution { categories, .. }, id) => {
            let code_of = |person: &Person| category(person, id, horizon);
            let counted =
                categories.iter().map(|category| (category.code.clone(), total(&|person| code_of(person) == Some(category.code.as_str()))));
            let categories: Vec<(String, u64)> = counted.collect();
            let denominator = categories.iter().map(|(_, count)| count).sum();
            CountedValue::Distribution { denominator, categories }
        }
    }
}

fn category(person: &Person, indicator: &str, horizon: u8) -> Option<&'static str> {
    match indicator {
        "A-03D" => Some(person.way),
        "B-10D" => Some(match person.months_worked() {
            0 => "0",
            1..=3 => "1_3",
            4..=6 => "4_6",
            7..=9 => "7_9",
            _ => "10_12",
        }),
        _ => person.job.filter(|_| person.works_at(horizon)).map(|(_, _, kind)| kind),
    }
}
