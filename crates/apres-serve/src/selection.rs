//! What the reader selected on a *bilan*: the filters of the page, read from the address and written back to it.
//!
//! A selection becomes a [`Request`]; nothing else asks questions. Values that no closed list holds are ignored and reported, so
//! that an old or mistyped address still gives a page.

use std::collections::BTreeMap;

use apres_protect::memory::PeriodKind;
use apres_protect::{Catalogue, Dimension, Filter, Period, Population, Quarter, Request, Rest, Scope};

use crate::desk::Coverage;
use crate::french;
use crate::messages::{say, text};
use crate::rights::{Rights, Viewer};
use crate::said::Speaker;
use crate::territory;

/// Parameters of an address, as given.
pub(crate) type Params = BTreeMap<String, String>;

/// Where, within the viewer's rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// All that the viewer may see.
    All,
    /// One région, by code.
    Region(String),
    /// Some départements, by code; more than one only when it comes from an offer.
    Departements(Vec<String>),
    /// One establishment, by SIRET.
    Structure(String),
}

/// What an address is read against.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The closed lists.
    pub(crate) catalogue: &'a Catalogue,
    /// What the lake holds.
    pub(crate) coverage: &'a Coverage,
    /// Who asks.
    pub(crate) viewer: &'a Viewer,
}

/// The filters of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Programme or list.
    pub(crate) population: Population,
    /// Quarters of exit.
    pub(crate) period: Period,
    /// Where.
    pub(crate) place: Place,
    /// Kind of structure.
    pub(crate) kind: Option<String>,
    /// Sex.
    pub(crate) sex: Option<String>,
    /// Age band.
    pub(crate) age: Option<String>,
    /// Dimension of the breakdown table.
    pub(crate) breakdown: Dimension,
}

/// The kinds of structure of a programme, offered as a filter: none when there is only one.
#[must_use]
pub(crate) fn kinds_of<'a>(catalogue: &'a Catalogue, population: &Population) -> Vec<&'a str> {
    let Population::Programme(programme) = population else { return Vec::new() };
    let types = catalogue.programme(programme).map_or(&[][..], |programme| &programme.types);
    if types.len() > 1 { types.iter().map(|kind| kind.code.as_str()).collect() } else { Vec::new() }
}

const SEXES: [&str; 2] = ["F", "M"];
const AGES: [&str; 3] = ["moins_26", "26_49", "50_plus"];

/// The breakdowns that a viewer may choose.
#[must_use]
pub(crate) fn breakdowns_for(viewer: &Viewer, population: &Population) -> Vec<Dimension> {
    let is_list = matches!(population, Population::List(_));
    let is_structure = matches!(viewer.rights, Rights::Structure { .. });
    let mut allowed = vec![Dimension::Sex, Dimension::AgeBand, Dimension::Quarter];
    if !is_structure && !is_list {
        allowed.insert(0, Dimension::Type);
        allowed.push(Dimension::Departement);
    }
    allowed
}

/// The last civil year whose twelve months after were all seen; the last such quarter when the lake is younger.
#[must_use]
pub(crate) fn usual_period(coverage: &Coverage) -> Period {
    let seen = Quarter((coverage.last_month.0 - 12 - 2).div_euclid(3));
    let to = seen.clamp(coverage.first_quarter, coverage.last_quarter.max(coverage.first_quarter));
    let years = PeriodKind::Year.within(Period { from: coverage.first_quarter, to });
    years.last().unwrap_or(Period { from: to, to })
}

/// The period of the closed list that is shown for one that is not: the shortest that holds it, or else the longest that it holds, the latest one.
fn closed(period: Period, held: Period) -> Period {
    if PeriodKind::of(period).is_some() {
        return period;
    }
    let is_held = |candidate: &Period| held.from <= candidate.from && candidate.to <= held.to;
    let around = PeriodKind::ALL.into_iter().flat_map(|kind| kind.around(period)).find(is_held);
    let within = || PeriodKind::ALL.into_iter().rev().find_map(|kind| kind.within(period).last());
    around.or_else(within).unwrap_or(period)
}

impl Selection {
    /// The selection of a page opened without parameters.
    #[must_use]
    pub(crate) fn usual(population: Population, period: Period, viewer: &Viewer) -> Self {
        let breakdown = breakdowns_for(viewer, &population)[0];
        Self { population, period, place: Place::All, kind: None, sex: None, age: None, breakdown }
    }

    /// Reads an address over the usual selection; what is not understood, or not the viewer's to ask, is not applied, each with a sentence. The sentence is the same
    /// for both.
    #[must_use]
    pub(crate) fn read(usual: Self, params: &Params, around: &Around<'_>) -> (Self, Vec<String>) {
        let mut selection = usual;
        let mut notices = Vec::new();
        for (name, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
            if !selection.set(name, value, around) {
                notices.push(not_applied(name));
            }
        }
        let kinds = kinds_of(around.catalogue, &selection.population);
        if selection.kind.as_ref().is_some_and(|kind| !kinds.contains(&kind.as_str())) {
            selection.kind = None;
            notices.push(not_applied("type"));
        }
        selection.mend_period(around.coverage, &mut notices);
        (selection, notices)
    }

    /// Applies one parameter; false when its value is in no closed list.
    fn set(&mut self, name: &str, value: &str, around: &Around<'_>) -> bool {
        let kept = |list: &[&str]| list.contains(&value).then(|| value.to_owned());
        let is_list = matches!(self.population, Population::List(_));
        match name {
            "programme" if !is_list && around.coverage.programmes.iter().any(|code| code == value) => {
                self.population = Population::Programme(value.to_owned());
                true
            }
            "type" if !is_list => {
                let known = around.catalogue.values(Dimension::Type).unwrap_or_default();
                self.kind = known.iter().any(|(code, _)| *code == value).then(|| value.to_owned());
                self.kind.is_some()
            }
            "sexe" => {
                self.sex = kept(&SEXES);
                self.sex.is_some()
            }
            "age" => {
                self.age = kept(&AGES);
                self.age.is_some()
            }
            "periode" => {
                let bounds = value.split_once('-').and_then(|(from, to)| Some(Period { from: from.parse().ok()?, to: to.parse().ok()? }));
                bounds.map(|period| self.period = period).is_some()
            }
            "de" => value.parse().map(|quarter| self.period.from = quarter).is_ok(),
            "a" => value.parse().map(|quarter| self.period.to = quarter).is_ok(),
            "lieu" if !is_list => {
                Place::read(value).filter(|place| place.is_within(around.viewer)).map(|place| self.place = place).is_some()
            }
            "par" => {
                let allowed = breakdowns_for(around.viewer, &self.population);
                let found = Dimension::from_code(value).filter(|dimension| allowed.contains(dimension));
                found.map(|dimension| self.breakdown = dimension).is_some()
            }
            _ => false,
        }
    }

    fn mend_period(&mut self, coverage: &Coverage, notices: &mut Vec<String>) {
        if self.period.from > self.period.to {
            self.period = Period { from: self.period.to, to: self.period.from };
            notices.push(text("filter.reversed").to_owned());
        }
        if matches!(self.population, Population::List(_)) {
            return;
        }
        let held = coverage.quarters();
        if self.period.to < held.from || self.period.from > held.to {
            self.period = usual_period(coverage);
            let (known, shown) = (french::period(held.from, held.to), french::period(self.period.from, self.period.to));
            notices.push(say("filter.outside", &[("known", &known), ("shown", &shown)]));
            return;
        }
        let clipped = Period { from: self.period.from.max(held.from), to: self.period.to.min(held.to) };
        let closed = closed(clipped, held);
        if closed != self.period {
            self.period = closed;
            let key = if closed == clipped { "filter.clipped" } else { "filter.closed" };
            notices.push(say(key, &[("period", &french::period(closed.from, closed.to))]));
        }
    }

    /// The question that these filters ask, before the viewer's rights cut it.
    #[must_use]
    pub(crate) fn request(&self, viewer: &Viewer, indicators: &[&str], breakdowns: &[Dimension]) -> Request {
        let is_part = self.is_part_of_territory(viewer);
        let scope = match &self.place {
            Place::All => Scope::National,
            Place::Departements(_) if is_part => Scope::National,
            Place::Region(code) => territory::region(code).map_or(Scope::National, |region| Scope::Departements(region.codes())),
            Place::Departements(codes) => Scope::Departements(codes.clone()),
            Place::Structure(siret) => Scope::Structures(vec![siret.clone()]),
        };
        let mut sorted: Vec<String> = indicators.iter().map(|id| (*id).to_owned()).collect();
        sorted.sort();
        Request {
            indicators: sorted,
            population: self.population.clone(),
            period: self.period,
            scope,
            filters: self.filters(is_part),
            breakdowns: breakdowns.to_vec(),
            horizons: Vec::new(),
            rest: None,
        }
    }

    /// Whom to compare with, and their name: everybody else in the région or the country, the other types, the other départements of a
    /// funder. Never a wider total: less the own figures, it would give away the few others. A list has none.
    #[must_use]
    pub(crate) fn rest(&self, speaker: Speaker<'_>, viewer: &Viewer) -> Option<(Rest, String)> {
        let Population::Programme(programme) = &self.population else { return None };
        let what = self.kind.clone().unwrap_or_else(|| speaker.programme_short(programme));
        let named = |key: &str, place: &str| say(key, &[("programme", &what), ("place", place)]);
        if self.is_part_of_territory(viewer) {
            return Some((Rest::Others(Dimension::Departement), named("compare.territory", "")));
        }
        if matches!((&viewer.rights, &self.place), (Rights::Admin | Rights::Public, Place::All)) {
            let types = say("compare.types", &[("programme", &speaker.programme_short(programme))]);
            return self.kind.as_ref().map(|_| (Rest::Others(Dimension::Type), types));
        }
        Some(match self.region_to_compare(viewer) {
            Some(region) => (Rest::Scope(Scope::Departements(region.codes())), named("compare.region", &region.name)),
            None => (Rest::Scope(Scope::National), named("compare.national", "")),
        })
    }

    /// One département of a funder who has several: a slice of their territory, decided with the others.
    fn is_part_of_territory(&self, viewer: &Viewer) -> bool {
        match (&self.place, &viewer.rights) {
            (Place::Departements(codes), Rights::Financeur { departements }) => {
                codes.len() == 1 && departements.len() > 1 && departements.contains(&codes[0])
            }
            _ => false,
        }
    }

    /// The région around what is selected, unless the selection is itself that wide.
    fn region_to_compare(&self, viewer: &Viewer) -> Option<&'static territory::Region> {
        let one_region = |codes: &[String]| {
            let region = territory::region_of(codes.first()?)?;
            let is_inside = codes.iter().all(|code| region.departements.contains_key(code));
            (is_inside && codes.len() < region.departements.len()).then_some(region)
        };
        match (&self.place, &viewer.rights) {
            (Place::Departements(codes), _) => one_region(codes),
            (Place::Region(_), _) => None,
            (_, Rights::Structure { departement: Some(code), .. }) => territory::region_of(code),
            (Place::All, Rights::Financeur { departements }) => one_region(departements),
            _ => None,
        }
    }

    fn filters(&self, is_part_of_territory: bool) -> Vec<Filter> {
        let chosen = [(Dimension::Type, &self.kind), (Dimension::Sex, &self.sex), (Dimension::AgeBand, &self.age)];
        let filters = chosen
            .into_iter()
            .filter_map(|(dimension, value)| value.as_ref().map(|value| Filter { dimension, values: vec![value.clone()] }));
        let place = match &self.place {
            Place::Departements(codes) if is_part_of_territory => Some(Filter { dimension: Dimension::Departement, values: codes.clone() }),
            _ => None,
        };
        filters.chain(place).collect()
    }

    /// A selection that asks an offered question.
    #[must_use]
    pub(crate) fn of_request(&self, request: &Request) -> Self {
        let filter = |dimension| request.filter(dimension).and_then(|values| values.first()).cloned();
        let place = match &request.scope {
            _ if request.filter(Dimension::Departement).is_some() => {
                Place::Departements(request.filter(Dimension::Departement).unwrap_or_default().to_vec())
            }
            Scope::National => Place::All,
            // The viewer's own scope, to which everything was narrowed.
            _ if self.place == Place::All => Place::All,
            Scope::Structures(codes) if codes.len() == 1 => Place::Structure(codes[0].clone()),
            Scope::Structures(_) => Place::All,
            Scope::Departements(codes) if territory::is_whole_region(codes) => {
                territory::region_of(&codes[0]).map_or(Place::All, |region| Place::Region(region.code.clone()))
            }
            Scope::Departements(codes) => Place::Departements(codes.clone()),
        };
        Self {
            population: request.population.clone(),
            period: request.period,
            place,
            kind: filter(Dimension::Type),
            sex: filter(Dimension::Sex),
            age: filter(Dimension::AgeBand),
            breakdown: request.breakdowns.first().copied().unwrap_or(self.breakdown),
        }
    }

    /// The same selection, its period cut to these quarters, and of the closed list.
    #[must_use]
    pub(crate) fn within(self, held: Period) -> Self {
        let period = Period { from: self.period.from.clamp(held.from, held.to), to: self.period.to.clamp(held.from, held.to) };
        Self { period: closed(period, held), ..self }
    }

    /// The parameters of its address, in a fixed order.
    #[must_use]
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Population::Programme(programme) = &self.population {
            pairs.push(("programme", programme.clone()));
        }
        if let Some(code) = self.place.code() {
            pairs.push(("lieu", code));
        }
        pairs.push(("de", self.period.from.to_string()));
        pairs.push(("a", self.period.to.to_string()));
        for (name, value) in [("type", &self.kind), ("sexe", &self.sex), ("age", &self.age)] {
            pairs.extend(value.clone().map(|value| (name, value)));
        }
        pairs.push(("par", self.breakdown.code().to_owned()));
        pairs
    }

    /// `?programme=iae&…`; every value comes from a closed list of letters, digits, `_`, `-` and `.`, so none needs escaping.
    #[must_use]
    pub(crate) fn query(&self) -> String {
        let written: Vec<String> = self.pairs().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("?{}", written.join("&"))
    }

    /// The filters on people and kinds of structure, in words.
    #[must_use]
    pub(crate) fn people_filters(&self, speaker: Speaker<'_>) -> Vec<String> {
        let chosen = [(Dimension::Type, &self.kind), (Dimension::Sex, &self.sex), (Dimension::AgeBand, &self.age)];
        chosen.iter().filter_map(|(dimension, value)| value.as_ref().map(|value| speaker.value(*dimension, value).to_lowercase())).collect()
    }

    /// The filters that can be removed: what each says, and the selection without it.
    #[must_use]
    pub(crate) fn tags(&self, speaker: Speaker<'_>) -> Vec<(String, Self)> {
        let mut tags = Vec::new();
        if let Some(name) = self.place.name(speaker) {
            let key = if matches!(self.place, Place::Structure(_)) { "filter.structure" } else { "filter.territoire" };
            tags.push((say(key, &[("value", &name)]), Self { place: Place::All, ..self.clone() }));
        }
        if let Some(kind) = &self.kind {
            let name = speaker.value(Dimension::Type, kind);
            tags.push((say("filter.type", &[("value", &name)]), Self { kind: None, ..self.clone() }));
        }
        if let Some(sex) = &self.sex {
            let name = speaker.value(Dimension::Sex, sex);
            tags.push((say("filter.sexe", &[("value", &name)]), Self { sex: None, ..self.clone() }));
        }
        if let Some(age) = &self.age {
            let name = speaker.value(Dimension::AgeBand, age);
            tags.push((say("filter.age", &[("value", &name)]), Self { age: None, ..self.clone() }));
        }
        tags
    }
}

impl Place {
    /// Reads `r27`, `d21`, `d21.25` or `s12345678900012`, whoever asks.
    fn read(value: &str) -> Option<Self> {
        let (kind, code) = value.split_at_checked(1)?;
        match kind {
            "r" => territory::region(code).map(|region| Self::Region(region.code.clone())),
            "d" => {
                let codes: Vec<String> = code.split('.').map(str::to_owned).collect();
                codes.iter().all(|code| territory::region_of(code).is_some()).then_some(Self::Departements(codes))
            }
            "s" => (code.len() == 14 && code.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self::Structure(code.to_owned())),
            _ => None,
        }
    }

    /// The viewer may see the whole of it.
    fn is_within(&self, viewer: &Viewer) -> bool {
        match (self, &viewer.rights) {
            (Self::All, _) | (_, Rights::Admin) => true,
            (Self::Structure(siret), Rights::Structure { sirets, .. }) => sirets.contains(siret),
            (Self::Departements(codes), Rights::Financeur { departements }) => codes.iter().all(|code| departements.contains(code)),
            (Self::Region(code), Rights::Financeur { departements }) => {
                territory::region(code).is_some_and(|region| region.codes().iter().all(|code| departements.contains(code)))
            }
            _ => false,
        }
    }

    /// As written in an address; none for everything.
    #[must_use]
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Region(code) => Some(format!("r{code}")),
            Self::Departements(codes) => Some(format!("d{}", codes.join("."))),
            Self::Structure(siret) => Some(format!("s{siret}")),
        }
    }

    /// As said; none for everything.
    #[must_use]
    pub(crate) fn name(&self, speaker: Speaker<'_>) -> Option<String> {
        match self {
            Self::All => None,
            Self::Region(code) => territory::region(code).map(|region| region.name.clone()),
            Self::Departements(codes) => {
                let names: Vec<String> = codes.iter().map(|code| speaker.value(Dimension::Departement, code)).collect();
                Some(french::enumeration(&names))
            }
            Self::Structure(siret) => Some(french::siret(siret)),
        }
    }
}

/// What is said of a parameter that is not applied, whatever the reason.
fn not_applied(name: &str) -> String {
    name_shown(name).map_or_else(|| text("filter.ignored_key").to_owned(), |name| say("filter.ignored", &[("name", name)]))
}

/// The French name of a parameter when it is one of ours; what was typed is never repeated.
fn name_shown(name: &str) -> Option<&'static str> {
    let known = ["programme", "type", "sexe", "age", "de", "a", "periode", "lieu", "par"];
    known.into_iter().find(|candidate| *candidate == name).map(|name| text(&format!("parameter.{name}")))
}

#[cfg(test)]
mod tests;
