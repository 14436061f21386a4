//! The URL form of a request: short French keys, repeated for several values.
//!
//! `programme=iae&du=2024T1&au=2024T4&territoire=dep:21&type=ACI&sexe=F&par=type&horizon=6&indicateur=B-01`. Without `liste`, the one
//! `programme` is the population; with `liste`, `programme` is a filter. No accepted value needs escaping.

use super::{Dimension, Filter, Period, Population, Request, RequestFault, Rest, Scope};

impl Request {
    /// Keys and values of the canonical form, in a fixed order.
    #[must_use]
    pub fn to_query(&self) -> Vec<(String, String)> {
        let request = self.sorted();
        let mut pairs = Vec::new();
        let mut push = |key: &str, value: String| pairs.push((key.to_owned(), value));
        match &request.population {
            Population::Programme(id) => push("programme", id.clone()),
            Population::List(id) => push("liste", id.clone()),
        }
        push("du", request.period.from.to_string());
        push("au", request.period.to.to_string());
        push("territoire", write_territory(&request.scope));
        match &request.rest {
            None => {}
            Some(Rest::Scope(wider)) => push("reste", write_territory(wider)),
            Some(Rest::Others(dimension)) => push("reste", dimension.code().to_owned()),
        }
        for filter in &request.filters {
            for value in &filter.values {
                push(filter.dimension.code(), value.clone());
            }
        }
        for dimension in &request.breakdowns {
            push("par", dimension.code().to_owned());
        }
        for months in &request.horizons {
            push("horizon", months.to_string());
        }
        for id in &request.indicators {
            push("indicateur", id.clone());
        }
        pairs
    }

    /// [`Self::to_query`] joined by `=` and `&`; no value of a canonical request needs escaping.
    #[must_use]
    pub fn to_query_string(&self) -> String {
        let parts: Vec<_> = self.to_query().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        parts.join("&")
    }

    /// The canonical request of decoded keys and values, in any order. `territoire` defaults to `national`, `au` to `du`.
    ///
    /// # Errors
    /// A [`RequestFault`] that names the key at fault; unknown keys are refused, so take the page's own keys away first.
    pub fn from_query(pairs: &[(String, String)]) -> Result<Self, RequestFault> {
        let mut read = Read::default();
        for (key, value) in pairs {
            read.take(key, value)?;
        }
        read.finish()
    }
}

/// What was read so far.
#[derive(Default)]
struct Read<'a> {
    list: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    territory: Option<&'a str>,
    rest: Option<&'a str>,
    filters: Vec<Filter>,
    breakdowns: Vec<Dimension>,
    horizons: Vec<u8>,
    indicators: Vec<String>,
}

impl<'a> Read<'a> {
    fn take(&mut self, key: &str, value: &'a str) -> Result<(), RequestFault> {
        match key {
            "liste" => set_once(&mut self.list, "liste", value),
            "du" => set_once(&mut self.from, "du", value),
            "au" => set_once(&mut self.to, "au", value),
            "territoire" => set_once(&mut self.territory, "territoire", value),
            "reste" => set_once(&mut self.rest, "reste", value),
            "par" => {
                self.breakdowns.push(Dimension::from_code(value).ok_or(RequestFault::BadValue("par"))?);
                Ok(())
            }
            "horizon" => {
                let is_plain = value.len() <= 3 && value.bytes().all(|byte| byte.is_ascii_digit());
                let months = value.parse().ok().filter(|_| is_plain).ok_or(RequestFault::BadValue("horizon"))?;
                self.horizons.push(months);
                Ok(())
            }
            "indicateur" => {
                self.indicators.push(value.to_owned());
                Ok(())
            }
            _ => {
                let dimension = Dimension::from_code(key).ok_or(RequestFault::UnknownKey)?;
                self.keep(dimension, value);
                Ok(())
            }
        }
    }

    fn keep(&mut self, dimension: Dimension, value: &str) {
        match self.filters.iter_mut().find(|filter| filter.dimension == dimension) {
            Some(filter) => filter.values.push(value.to_owned()),
            None => self.filters.push(Filter { dimension, values: vec![value.to_owned()] }),
        }
    }

    fn finish(mut self) -> Result<Request, RequestFault> {
        let population = match self.list {
            Some(id) => Population::List(id.to_owned()),
            None => self.take_programme()?,
        };
        let from = self.from.ok_or(RequestFault::MissingKey("du"))?.parse()?;
        let to = self.to.map_or(Ok(from), str::parse)?;
        let request = Request {
            indicators: self.indicators,
            population,
            period: Period { from, to },
            scope: parse_territory(self.territory.unwrap_or("national"))?,
            filters: self.filters,
            breakdowns: self.breakdowns,
            horizons: self.horizons,
            rest: self.rest.map(parse_rest).transpose()?,
        };
        request.canonical()
    }

    fn take_programme(&mut self) -> Result<Population, RequestFault> {
        let position = self.filters.iter().position(|filter| filter.dimension == Dimension::Programme);
        let filter = self.filters.swap_remove(position.ok_or(RequestFault::MissingKey("programme"))?);
        match <[String; 1]>::try_from(filter.values) {
            Ok([id]) => Ok(Population::Programme(id)),
            Err(_) => Err(RequestFault::RepeatedKey("programme")),
        }
    }
}

fn set_once<'a>(slot: &mut Option<&'a str>, key: &'static str, value: &'a str) -> Result<(), RequestFault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(RequestFault::RepeatedKey(key)),
    }
}

fn write_territory(scope: &Scope) -> String {
    match scope {
        Scope::National => "national".to_owned(),
        Scope::Departements(codes) => format!("dep:{}", codes.join(",")),
        Scope::Structures(sirets) => format!("siret:{}", sirets.join(",")),
    }
}

fn parse_rest(text: &str) -> Result<Rest, RequestFault> {
    match Dimension::from_code(text) {
        Some(dimension) => Ok(Rest::Others(dimension)),
        None => parse_territory(text).map(Rest::Scope).map_err(|_| RequestFault::BadValue("reste")),
    }
}

fn parse_territory(text: &str) -> Result<Scope, RequestFault> {
    let values = |list: &str| list.split(',').map(str::to_owned).collect();
    match text.split_once(':') {
        None if text == "national" => Ok(Scope::National),
        Some(("dep", codes)) => Ok(Scope::Departements(values(codes))),
        Some(("siret", sirets)) => Ok(Scope::Structures(values(sirets))),
        _ => Err(RequestFault::BadValue("territoire")),
    }
}
