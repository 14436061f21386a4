//! The only way to ask: a [`Request`] made of closed lists.
//!
//! A request has one canonical form and one digest; the URL of a page, an export, the audit log and a recorded release all carry it.
//! It says nothing of who asks: rights are applied by narrowing its [`Scope`] before it is counted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::sha256_hex;

mod query;
#[cfg(test)]
mod tests;

/// Longest period that may be asked, in quarters.
pub const PERIOD_QUARTERS_MAX: i32 = 80;
/// Most values in one list of a request (scope, filter, indicators).
pub const REQUEST_VALUES_MAX: usize = 1000;
/// Largest horizon that a request may name, in months.
pub const HORIZON_MONTHS_MAX: u8 = 120;
/// Years that a month or a quarter may belong to.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A civil month, counted as `year * 12 + (month - 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub i32);

impl Month {
    /// The month numbered 1 to 12 of a year; `None` for any other number.
    #[must_use]
    pub fn new(year: i32, month: u32) -> Option<Self> {
        let index = i32::try_from(month.checked_sub(1)?).ok()?;
        (YEARS.contains(&year) && index < 12).then_some(Self(year * 12 + index))
    }

    /// Civil year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// Number of the month in its year, 1 to 12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.0.rem_euclid(12).unsigned_abs() + 1
    }

    /// The quarter that holds the month.
    #[must_use]
    pub fn quarter(self) -> Quarter {
        Quarter(self.0.div_euclid(3))
    }

    /// The month that comes `months` later (earlier when negative).
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for Month {
    type Err = RequestFault;

    fn from_str(text: &str) -> Result<Self, RequestFault> {
        parse_pair(text, '-', 2).and_then(|(year, month)| Self::new(year, month)).ok_or(RequestFault::BadMonth)
    }
}

/// A civil quarter of exit, counted as `year * 4 + (quarter - 1)`; written `2024T3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter(pub i32);

impl Quarter {
    /// The quarter numbered 1 to 4 of a year; `None` for any other number.
    #[must_use]
    pub fn new(year: i32, quarter: u32) -> Option<Self> {
        let index = i32::try_from(quarter.checked_sub(1)?).ok()?;
        (YEARS.contains(&year) && index < 4).then_some(Self(year * 4 + index))
    }

    /// The quarter that holds a day of this year and month (1 to 12); `None` for any other month.
    #[must_use]
    pub fn from_date(year: i32, month: u32) -> Option<Self> {
        Month::new(year, month).map(Month::quarter)
    }

    /// Civil year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.div_euclid(4)
    }

    /// Number of the quarter in its year, 1 to 4.
    #[must_use]
    pub fn quarter(self) -> u32 {
        self.0.rem_euclid(4).unsigned_abs() + 1
    }

    /// First of its three months.
    #[must_use]
    pub fn first_month(self) -> Month {
        Month(self.0.saturating_mul(3))
    }

    /// Last of its three months.
    #[must_use]
    pub fn last_month(self) -> Month {
        self.first_month().plus(2)
    }

    /// The quarter that comes `quarters` later (earlier when negative).
    #[must_use]
    pub fn plus(self, quarters: i32) -> Self {
        Self(self.0.saturating_add(quarters))
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}T{}", self.year(), self.quarter())
    }
}

impl FromStr for Quarter {
    type Err = RequestFault;

    fn from_str(text: &str) -> Result<Self, RequestFault> {
        parse_pair(text, 'T', 1).and_then(|(year, quarter)| Self::new(year, quarter)).ok_or(RequestFault::BadQuarter)
    }
}

impl Serialize for Quarter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quarter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Four digits, a mark, then `width` digits.
fn parse_pair(text: &str, mark: char, width: usize) -> Option<(i32, u32)> {
    let (year, rest) = text.split_once(mark)?;
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(rest, width) {
        return None;
    }
    Some((year.parse().ok()?, rest.parse().ok()?))
}

/// Quarters of exit, both bounds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First quarter.
    pub from: Quarter,
    /// Last quarter.
    pub to: Quarter,
}

impl Period {
    /// Number of quarters, 0 when the bounds are reversed.
    #[must_use]
    pub fn quarter_count(self) -> i32 {
        self.to.0.saturating_sub(self.from.0).saturating_add(1).max(0)
    }

    /// Whether a quarter lies in the period.
    #[must_use]
    pub fn contains(self, quarter: Quarter) -> bool {
        self.from <= quarter && quarter <= self.to
    }

    /// Its quarters in order.
    pub fn quarters(self) -> impl Iterator<Item = Quarter> {
        (self.from.0..=self.to.0).map(Quarter)
    }
}

/// Whose exits are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// People recognised in the DSN as leaving a programme (`iae`, `pec`, `apprentissage`).
    Programme(String),
    /// People of a deposited list, by the list's identifier.
    List(String),
}

/// Where the exits took place; rights narrow it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole territory that the lake holds.
    National,
    /// Some départements, by code (`21`, `2A`, `971`).
    Departements(Vec<String>),
    /// Some structures, by SIRET.
    Structures(Vec<String>),
}

/// A variable by which figures may be split or filtered; one banding per variable, never another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Programme: `iae`, `pec`, `apprentissage`.
    Programme,
    /// Kind of structure within the programme: `ACI`, `AI`, `EI`, `ETTI`.
    Type,
    /// Quarter of exit.
    Quarter,
    /// Département of the structure that was left.
    Departement,
    /// `F`, `M`.
    Sex,
    /// `moins_26`, `26_49`, `50_plus`.
    AgeBand,
    /// Establishment that was left, by SIRET. Nobody asks by it: a closed cube counts by it for the scopes of structures.
    Structure,
}

impl Dimension {
    /// Every dimension that may be asked, in the order in which requests list them.
    pub const ALL: [Self; 6] = [Self::Programme, Self::Type, Self::Quarter, Self::Departement, Self::Sex, Self::AgeBand];

    /// French code, used in URLs and in the catalogue.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Type => "type",
            Self::Quarter => "trimestre",
            Self::Departement => "departement",
            Self::Sex => "sexe",
            Self::AgeBand => "age",
            Self::Structure => "structure",
        }
    }

    /// The dimension of a French code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.code() == code)
    }

    /// Its values in order, where the norm closes the list; the catalogue closes those of programmes and types
    /// ([`crate::Catalogue::values`]), quarters and départements have a shape only.
    #[must_use]
    pub fn values(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Sex => Some(&["F", "M", "inconnu"]),
            Self::AgeBand => Some(&["moins_26", "26_49", "50_plus", "inconnu"]),
            Self::Programme | Self::Type | Self::Quarter | Self::Departement | Self::Structure => None,
        }
    }

    /// Whether a text has the shape of one of its values.
    #[must_use]
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::Sex | Self::AgeBand => self.values().is_some_and(|values| values.contains(&value)),
            Self::Quarter => value.parse::<Quarter>().is_ok(),
            Self::Departement => value == "inconnu" || is_departement(value),
            Self::Programme | Self::Type => is_code(value, 32),
            Self::Structure => is_siret(value),
        }
    }
}

/// Keep only the leavers whose dimension has one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The dimension.
    pub dimension: Dimension,
    /// The accepted values, sorted.
    pub values: Vec<String>,
}

/// Whom the people of a question are compared with: everybody else of a wider question.
///
/// Never the wider question itself, which gives away, less the question's own figures, those of a few others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// Those who left anywhere else in this wider scope.
    Scope(Scope),
    /// Those of the same scope who have another value of this dimension, which the question filters: other types of structure, other
    /// départements.
    Others(Dimension),
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Indicator identifiers of the catalogue (`B-01`), sorted.
    pub indicators: Vec<String>,
    /// Whose exits.
    pub population: Population,
    /// Quarters of exit.
    pub period: Period,
    /// Where.
    pub scope: Scope,
    /// Filters, sorted by dimension.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Breakdown dimensions, sorted, three at most.
    #[serde(default)]
    pub breakdowns: Vec<Dimension>,
    /// Horizons in months after the exit; empty means each indicator's own.
    #[serde(default)]
    pub horizons: Vec<u8>,
    /// Whom to compare with; a question that compares is not broken down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
}

/// A question that has not the shape of one. It never repeats what was typed, which may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// A month that is not `2024-03`.
    #[error("a month is written like 2024-03")]
    BadMonth,
    /// A quarter that is not `2024T3`.
    #[error("a quarter is written like 2024T3")]
    BadQuarter,
    /// A key of the URL that no request has.
    #[error("a key of the question is not known")]
    UnknownKey,
    /// A key that must be there.
    #[error("key '{0}' is missing")]
    MissingKey(&'static str),
    /// A key that may be given once only.
    #[error("key '{0}' is given more than once")]
    RepeatedKey(&'static str),
    /// A value that the key does not accept.
    #[error("a value of '{0}' is not accepted")]
    BadValue(&'static str),
    /// A list (scope or filter) with nothing in it.
    #[error("the list of values of '{0}' is empty")]
    EmptyList(&'static str),
    /// A list longer than [`REQUEST_VALUES_MAX`].
    #[error("the list of values of '{0}' is too long")]
    TooManyValues(&'static str),
    /// The last quarter is before the first.
    #[error("the period ends before it starts")]
    PeriodReversed,
    /// More than [`PERIOD_QUARTERS_MAX`] quarters.
    #[error("the period is too long")]
    PeriodTooLong,
    /// Two filters on one dimension.
    #[error("dimension '{0}' is filtered twice")]
    RepeatedFilter(&'static str),
    /// A comparison that is broken down, of a list, or with nobody else.
    #[error("'reste' compares the leavers of a programme, not broken down, with those of a wider question")]
    BadRest,
    /// A filter or a breakdown by structure: a question names some in its scope.
    #[error("the structures of a question are its scope, not a filter or a breakdown")]
    StructureDimension,
    /// A programme's leavers filtered or split by programme.
    #[error("the programme is chosen already, it cannot be a filter or a breakdown")]
    RedundantProgramme,
}

impl Request {
    /// The one form of this question: lists sorted and without repetition, every value of an accepted shape.
    ///
    /// Whether the catalogue knows what is asked is [`crate::admit`]'s matter.
    ///
    /// # Errors
    /// A [`RequestFault`] that names the key at fault.
    pub fn canonical(&self) -> Result<Self, RequestFault> {
        let request = self.sorted();
        request.check_period()?;
        request.check_population()?;
        if request.dimensions().contains(&Dimension::Structure) {
            return Err(RequestFault::StructureDimension);
        }
        request.check_scope()?;
        request.check_filters()?;
        request.check_rest()?;
        check_list("indicateur", &request.indicators, |value| is_code(value, 16))?;
        if request.horizons.iter().any(|&months| months > HORIZON_MONTHS_MAX) {
            return Err(RequestFault::BadValue("horizon"));
        }
        Ok(request)
    }

    /// SHA-256 of the canonical JSON, in hexadecimal; equal for two ways of writing the same question.
    #[must_use]
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(&self.sorted()).expect("a request has text keys only");
        sha256_hex(&json)
    }

    /// The values that the request keeps for a dimension; `None` when it does not filter by it.
    #[must_use]
    pub fn filter(&self, dimension: Dimension) -> Option<&[String]> {
        self.filters.iter().find(|filter| filter.dimension == dimension).map(|filter| filter.values.as_slice())
    }

    /// Every dimension that the request filters or splits by, once each: what the limit on crossings counts.
    #[must_use]
    pub fn dimensions(&self) -> Vec<Dimension> {
        let mut dimensions: Vec<_> = self.filters.iter().map(|filter| filter.dimension).collect();
        dimensions.extend(&self.breakdowns);
        dimensions.sort_unstable();
        dimensions.dedup();
        dimensions
    }

    /// The levels of the table that answers the request, each a list of dimensions: the total, then the breakdown; with filters, every
    /// crossing of what is filtered and broken down, since the figures of a slice are decided with those around it.
    #[must_use]
    pub fn levels(&self) -> Vec<Vec<Dimension>> {
        let dimensions = self.dimensions();
        if self.filters.is_empty() {
            let mut levels = vec![Vec::new()];
            levels.extend((!dimensions.is_empty()).then_some(dimensions));
            return levels;
        }
        let chosen = |mask: usize| dimensions.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, d)| *d).collect();
        let mut levels: Vec<Vec<Dimension>> = (0..1_usize << dimensions.len()).map(chosen).collect();
        levels.sort_by_key(Vec::len);
        levels
    }

    /// The group of the table that the filters keep; none when several values are kept of a dimension that is broken down: the answer
    /// then has groups and no total.
    #[must_use]
    pub fn slice(&self) -> Option<Vec<(Dimension, String)>> {
        let value = |filter: &Filter| self.is_joined(filter).then(|| (filter.dimension, filter.values.join("+")));
        self.filters.iter().map(value).collect()
    }

    /// Whether the values that a filter keeps are one value of the table.
    fn is_joined(&self, filter: &Filter) -> bool {
        filter.values.len() == 1 || !self.breakdowns.contains(&filter.dimension)
    }

    /// What a leaver's value of a dimension is called in the table of the request: the values that a filter keeps are one value, unless
    /// they are broken down.
    #[must_use]
    pub fn table_value(&self, dimension: Dimension, value: &str) -> String {
        match self.filters.iter().find(|filter| filter.dimension == dimension) {
            Some(filter) if self.is_joined(filter) && filter.values.iter().any(|kept| kept == value) => filter.values.join("+"),
            _ => value.to_owned(),
        }
    }

    fn sorted(&self) -> Self {
        let mut request = self.clone();
        sort_once(&mut request.indicators);
        sort_once(&mut request.breakdowns);
        sort_once(&mut request.horizons);
        match &mut request.scope {
            Scope::National => {}
            Scope::Departements(values) | Scope::Structures(values) => sort_once(values),
        }
        if let Some(Rest::Scope(Scope::Departements(values) | Scope::Structures(values))) = &mut request.rest {
            sort_once(values);
        }
        for filter in &mut request.filters {
            sort_once(&mut filter.values);
        }
        request.filters.sort_by(|a, b| (a.dimension, &a.values).cmp(&(b.dimension, &b.values)));
        request
    }

    fn check_period(&self) -> Result<(), RequestFault> {
        if [self.period.from, self.period.to].iter().any(|quarter| !YEARS.contains(&quarter.year())) {
            return Err(RequestFault::BadQuarter);
        }
        match self.period.quarter_count() {
            0 => Err(RequestFault::PeriodReversed),
            count if count > PERIOD_QUARTERS_MAX => Err(RequestFault::PeriodTooLong),
            _ => Ok(()),
        }
    }

    fn check_population(&self) -> Result<(), RequestFault> {
        match &self.population {
            Population::List(id) if is_code(id, 64) => Ok(()),
            Population::List(_) => Err(RequestFault::BadValue("liste")),
            Population::Programme(id) if !is_code(id, 32) => Err(RequestFault::BadValue("programme")),
            Population::Programme(_) if self.dimensions().contains(&Dimension::Programme) => Err(RequestFault::RedundantProgramme),
            Population::Programme(_) => Ok(()),
        }
    }

    fn check_scope(&self) -> Result<(), RequestFault> {
        check_scope("territoire", &self.scope)
    }

    fn check_rest(&self) -> Result<(), RequestFault> {
        let is_plain = self.breakdowns.is_empty() && matches!(self.population, Population::Programme(_));
        match &self.rest {
            None => Ok(()),
            Some(Rest::Scope(wider)) if is_plain && *wider != self.scope && self.scope != Scope::National => check_scope("reste", wider),
            Some(Rest::Others(dimension)) if is_plain && self.filter(*dimension).is_some() => Ok(()),
            Some(_) => Err(RequestFault::BadRest),
        }
    }

    fn check_filters(&self) -> Result<(), RequestFault> {
        for pair in self.filters.windows(2) {
            if pair[0].dimension == pair[1].dimension {
                return Err(RequestFault::RepeatedFilter(pair[0].dimension.code()));
            }
        }
        for filter in &self.filters {
            check_list(filter.dimension.code(), &filter.values, |value| filter.dimension.accepts(value))?;
        }
        Ok(())
    }
}

fn check_scope(key: &'static str, scope: &Scope) -> Result<(), RequestFault> {
    match scope {
        Scope::National => Ok(()),
        Scope::Departements(values) => check_list(key, values, is_departement),
        Scope::Structures(values) => check_list(key, values, is_siret),
    }
}

fn sort_once<T: Ord>(values: &mut Vec<T>) {
    values.sort_unstable();
    values.dedup();
}

fn check_list(key: &'static str, values: &[String], accepts: impl Fn(&str) -> bool) -> Result<(), RequestFault> {
    if values.is_empty() {
        return Err(RequestFault::EmptyList(key));
    }
    if values.len() > REQUEST_VALUES_MAX {
        return Err(RequestFault::TooManyValues(key));
    }
    if values.iter().all(|value| accepts(value)) { Ok(()) } else { Err(RequestFault::BadValue(key)) }
}

/// ASCII letters, digits, `-` and `_`: needs no escaping in a URL.
fn is_code(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn is_departement(text: &str) -> bool {
    match text.as_bytes() {
        [b'2', b'A' | b'B'] => true,
        [b'0'..=b'9', b'0'..=b'9'] => text != "00" && text != "20",
        [b'9', b'7' | b'8', b'0'..=b'9'] => true,
        _ => false,
    }
}

fn is_siret(text: &str) -> bool {
    text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit())
}
