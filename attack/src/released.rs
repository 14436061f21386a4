//! What is read in a release: sums of people, each known exactly, roughly, or hidden with a reason.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values of the dimensions of a cell, by dimension; empty for the total. Values that are taken together are joined by `+`.
pub type Group = BTreeMap<String, String>;

/// Whose number is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// Everybody of the group.
    Leavers,
    /// Those of the group for whom an indicator is true at a horizon.
    With(String, u64),
}

/// What is said of a number of people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said {
    /// It is this one, give or take `off_max`.
    About {
        /// The number.
        value: f64,
        /// Farthest that the truth can be.
        off_max: f64,
    },
    /// It lies between these.
    Between {
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
    },
    /// Nothing.
    Hidden,
}

/// One number of people, as far as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Whose.
    pub quantity: Quantity,
    /// Of which group.
    pub group: Group,
    /// What is said.
    pub said: Said,
}

/// What the attacker knows of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knowledge {
    /// Largest noise of a count that is said; 0 where counts are exact.
    pub noise_max: u32,
    /// Smallest count that is said.
    pub count_min: u32,
    /// Smallest denominator of a rate.
    pub denominator_min: u32,
    /// Below this denominator, rates are rounded to five points.
    pub round_5_below: u32,
    /// A rate that is hidden for being small has a small denominator; otherwise it may be its numerator, or the others.
    pub is_small_of_denominator: bool,
}

impl Default for Knowledge {
    fn default() -> Self {
        Self { noise_max: 0, count_min: 11, denominator_min: 20, round_5_below: 50, is_small_of_denominator: true }
    }
}

/// What cannot be read as a release.
#[derive(Debug, thiserror::Error)]
pub enum ReadingFault {
    /// Not JSON.
    #[error("reading a release")]
    NotJson(#[source] serde_json::Error),
    /// A part that a release has is not there.
    #[error("a release has '{0}'")]
    Missing(&'static str),
}

/// Everything that a release tells about numbers of people; its filters and its départements are added to the groups of its cells. Its period is not: a
/// person who left twice is counted once in each period, so periods do not add up, and releases of different ones are attacked apart.
///
/// # Errors
/// When the text is no release.
pub fn read_release(json: &str, knowledge: Knowledge) -> Result<Vec<Reading>, ReadingFault> {
    let release: Value = serde_json::from_str(json).map_err(ReadingFault::NotJson)?;
    let request = release.get("request").ok_or(ReadingFault::Missing("request"))?;
    let base = base_group(request);
    let mut readings = Vec::new();
    for cell in release["cells"].as_array().ok_or(ReadingFault::Missing("cells"))? {
        let id = cell["indicator"].as_str().ok_or(ReadingFault::Missing("indicator"))?;
        let horizon = cell["horizon"].as_u64().ok_or(ReadingFault::Missing("horizon"))?;
        let mut group = base.clone();
        for pair in cell["group"].as_array().into_iter().flatten() {
            group.insert(pair[0].as_str().unwrap_or_default().to_owned(), pair[1].as_str().unwrap_or_default().to_owned());
        }
        readings.extend(read_figure(id, horizon, &group, &cell["figure"], knowledge));
    }
    Ok(readings)
}

/// What a figure of a group tells.
pub(crate) fn read_figure(id: &str, horizon: u64, group: &Group, figure: &Value, knowledge: Knowledge) -> Vec<Reading> {
    let of = |quantity, said| Reading { quantity, group: group.clone(), said };
    match figure["kind"].as_str().unwrap_or_default() {
        "count" => vec![of(Quantity::Leavers, about(figure["value"].as_f64(), knowledge))],
        "hidden" => vec![of(Quantity::Leavers, hidden(figure, id, knowledge))],
        "rate" | "rate_below" | "rate_above" => vec![
            of(Quantity::Leavers, about(figure["denominator"].as_f64(), knowledge)),
            of(Quantity::With(id.to_owned(), horizon), numerator(figure, knowledge)),
        ],
        _ => Vec::new(),
    }
}

/// The filters of a question, and its départements.
fn base_group(request: &Value) -> Group {
    let mut group = Group::new();
    for filter in request["filters"].as_array().into_iter().flatten() {
        let values: Vec<&str> = filter["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        group.insert(filter["dimension"].as_str().unwrap_or_default().to_owned(), values.join("+"));
    }
    let codes: Vec<&str> = request["scope"]["departements"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !codes.is_empty() {
        group.entry("departement".to_owned()).or_insert_with(|| codes.join("+"));
    }
    group
}

fn about(value: Option<f64>, knowledge: Knowledge) -> Said {
    match value {
        Some(value) => Said::About { value, off_max: f64::from(knowledge.noise_max) },
        None => Said::Hidden,
    }
}

/// A count that is hidden for being small is below the threshold, give or take the noise; so is the denominator of a rate.
fn hidden(figure: &Value, id: &str, knowledge: Knowledge) -> Said {
    let is_count = id.starts_with('A');
    if figure["reason"] != "small" || !(is_count || knowledge.is_small_of_denominator) {
        return Said::Hidden;
    }
    let least = if is_count { knowledge.count_min } else { knowledge.denominator_min };
    Said::Between { low: 0.0, high: f64::from(least - 1 + knowledge.noise_max) }
}

/// How many are behind a rate.
fn numerator(figure: &Value, knowledge: Knowledge) -> Said {
    let noise = f64::from(knowledge.noise_max);
    let Some((percent, people)) = figure["percent"].as_f64().zip(figure["denominator"].as_f64()) else { return Said::Hidden };
    if let Some(value) = figure["numerator"].as_f64() {
        return Said::About { value, off_max: noise };
    }
    let share = |percent: f64| people * percent / 100.0;
    let step = if people < f64::from(knowledge.round_5_below) { 2.5 } else { 0.5 };
    // The rate is that of what is said, so the noise of the denominator is known to be in it already.
    match figure["kind"].as_str() {
        Some("rate_below") => Said::Between { low: 0.0, high: share(percent) + noise },
        Some("rate_above") => Said::Between { low: share(percent) - noise, high: people + noise },
        _ => Said::Between { low: share(percent - step) - noise, high: share(percent + step) + noise },
    }
}
