//! Questions: every crossing of up to three variables that the menus offer, asked one after the other, and what came back.
//!
//! Large groups are asked about first, as somebody would who knows that the order matters. An export is a JSON document whose rows are figures; a
//! question that is refused is answered by a redirection to its page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::menus::Menus;
use crate::released::{Group, Knowledge, Reading, read_figure};
use crate::site::{Account, Answer, SiteFault};

/// Indicators that are read: those that are out of everybody.
const INDICATORS: [&str; 3] = ["A-02", "B-01", "B-04"];
/// Dimensions by which people may be filtered.
pub const FILTERS: [&str; 3] = ["type", "sexe", "age"];

/// A question about a programme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Programme.
    pub programme: String,
    /// `2024T1-2024T4`.
    pub period: String,
    /// `d21`; everything that the account may see when there is none.
    pub place: Option<String>,
    /// One value of some dimensions.
    pub filters: BTreeMap<String, String>,
    /// Dimension of the breakdown.
    pub by: String,
}

impl Question {
    /// The address of a page or a file of it, such as `/bilan` and `/bilan/export.json`.
    #[must_use]
    pub fn address(&self, page: &str) -> String {
        let mut address = format!("{page}?programme={}&periode={}", self.programme, self.period);
        let place = self.place.iter().map(|place| ("lieu", place));
        for (name, value) in place.chain(self.filters.iter().map(|(name, value)| (name.as_str(), value))) {
            address = format!("{address}&{name}={value}");
        }
        format!("{address}&par={}", self.by)
    }

    /// Whom it is about, whatever its breakdown.
    #[must_use]
    pub fn people(&self) -> Self {
        Self { by: String::new(), ..self.clone() }
    }
}

/// A figure of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Indicator.
    pub indicator: String,
    /// Months after the exit.
    pub horizon: u64,
    /// Words of the group; empty for everybody.
    pub group: String,
    /// Category of a distribution; empty elsewhere.
    pub category: String,
    /// About others than those of the question: the figures to compare with.
    pub is_of_others: bool,
    /// As a release writes it: kind, and what the kind has.
    pub figure: Value,
    /// Version of the data.
    pub version: u64,
}

/// What a question was answered.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// Its rows; none when it was refused.
    pub rows: Option<Vec<Row>>,
    /// Everything, to the byte.
    pub answer: Answer,
}

/// Every question about a programme and a period, those with the fewest criteria first.
#[must_use]
pub fn questions(menus: &Menus, programme: &str, period: &str) -> Vec<Question> {
    let mut filters: Vec<BTreeMap<String, String>> = vec![BTreeMap::new()];
    for name in FILTERS {
        let values: Vec<&str> = menus.values(name).collect();
        let longer: Vec<_> = filters
            .iter()
            .flat_map(|shorter| {
                values.iter().map(move |value| {
                    let mut longer = shorter.clone();
                    longer.insert(name.to_owned(), (*value).to_owned());
                    longer
                })
            })
            .collect();
        filters.extend(longer);
    }
    filters.sort_by_key(BTreeMap::len);
    let places =
        std::iter::once(None).chain(menus.values("lieu").filter(|place| place.starts_with('d')).map(|place| Some(place.to_owned())));
    let places: Vec<Option<String>> = places.collect();
    let mut questions = Vec::new();
    for filters in filters {
        for place in &places {
            let criteria = filters.len() + usize::from(place.is_some());
            for by in &menus.breakdowns {
                let is_by_filter = filters.contains_key(by) || (by == "departement" && place.is_some());
                // Three at most: a filter on the dimension of the breakdown shows the slice alone.
                if (criteria < 3 && !is_by_filter) || (criteria == 3 && is_by_filter) {
                    let (programme, period) = (programme.to_owned(), period.to_owned());
                    questions.push(Question { programme, period, place: place.clone(), filters: filters.clone(), by: by.clone() });
                    if criteria == 3 {
                        break;
                    }
                }
            }
        }
    }
    questions
}

/// Asks a question.
///
/// # Errors
/// When nothing answers, or something else than an export.
pub fn ask(account: &Account, question: &Question) -> Result<Asked, SiteFault> {
    let address = question.address("/bilan/export.json");
    let answer = account.get(&address)?;
    let rows = read_export(&address, &answer)?;
    Ok(Asked { question: question.clone(), rows, answer })
}

/// The rows of an export; none when there is a redirection instead.
///
/// # Errors
/// When it is neither.
pub fn read_export(address: &str, answer: &Answer) -> Result<Option<Vec<Row>>, SiteFault> {
    match answer.status {
        200 => rows(&answer.body).map(Some).ok_or_else(|| SiteFault::Unexpected(address.to_owned(), "no export".to_owned())),
        303 => Ok(None),
        status => Err(SiteFault::Unexpected(address.to_owned(), format!("status {status}"))),
    }
}

/// Asks `questions_max` of these questions, evenly taken, in their order.
///
/// # Errors
/// When nothing answers.
pub fn crawl(account: &Account, questions: &[Question], questions_max: usize) -> Result<Vec<Asked>, SiteFault> {
    let step = questions.len().div_ceil(questions_max.max(1)).max(1);
    // The first ones, of the fewest criteria, are asked whole: everything else is compared with them.
    let plain = questions.iter().take_while(|question| question.filters.is_empty()).count();
    let (first, others) = questions.split_at(plain);
    first.iter().chain(others.iter().step_by(step)).map(|question| ask(account, question)).collect()
}

fn rows(text: &str) -> Option<Vec<Row>> {
    let document: Value = serde_json::from_str(text).ok()?;
    let small =
        document["raisons"].as_array()?.iter().find(|reason| reason["raison"].as_str().is_some_and(|name| name.contains("trop peu")));
    let small = small.and_then(|reason| reason["explication"].as_str()).unwrap_or_default();
    let read = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        Some(Row {
            indicator: text("indicateur"),
            horizon: row["mois_apres_sortie"].as_u64()?,
            group: text("groupe"),
            category: text("categorie"),
            is_of_others: row["population"] != document["population"],
            figure: figure(row, small),
            version: row["version_donnees"].as_u64()?,
        })
    };
    document["chiffres"].as_array()?.iter().map(read).collect()
}

/// A row as the figure of a release.
fn figure(row: &Value, small: &str) -> Value {
    let (value, low, high, people) = (&row["valeur"], &row["borne_basse"], &row["borne_haute"], &row["effectif"]);
    match row["unite"].as_str() {
        Some("personnes") => serde_json::json!({ "kind": "count", "value": value }),
        Some("%") if !value.is_null() => {
            serde_json::json!({ "kind": "rate", "percent": value, "denominator": people, "numerator": row["numerateur"], "low": low, "high": high })
        }
        Some("%") if low.as_u64() == Some(0) => serde_json::json!({ "kind": "rate_below", "percent": high, "denominator": people }),
        Some("%") => serde_json::json!({ "kind": "rate_above", "percent": low, "denominator": people }),
        Some(_) => serde_json::json!({ "kind": "other", "value": value, "denominator": people }),
        None => {
            let is_small = !small.is_empty() && row["etat"] == small;
            // It should have no number; one that it has is looked at.
            let reason = if is_small { "small" } else { "other" };
            serde_json::json!({ "kind": "hidden", "reason": reason, "denominator": people, "numerator": row["numerateur"] })
        }
    }
}

/// What the answers of an account tell of numbers of people, their groups by the values of the menus: indicators of the whole and of the breakdowns, no
/// distribution. `horizon` is the one at which everybody is seen, so that every denominator is everybody.
#[must_use]
pub fn read(asked: &[Asked], menus: &Menus, horizon: u64, knowledge: Knowledge) -> Vec<(Question, bool, Reading)> {
    let mut readings = Vec::new();
    let is_read = |row: &&Row| INDICATORS.contains(&row.indicator.as_str()) && (row.horizon == 0 || row.horizon == horizon);
    for Asked { question, rows, .. } in asked {
        for row in rows.iter().flatten().filter(is_read) {
            let mut group: Group = question.filters.clone();
            group.extend(question.place.iter().map(|place| ("departement".to_owned(), place.trim_start_matches('d').to_owned())));
            if !row.group.is_empty() {
                group.insert(question.by.clone(), menus.value_of(&question.by, &row.group));
            }
            let read = read_figure(&row.indicator, row.horizon, &group, &row.figure, knowledge);
            readings.extend(read.into_iter().map(|reading| (question.clone(), row.is_of_others, reading)));
        }
    }
    readings
}

/// The numbers of people that an answer says: counts, denominators and numerators.
#[must_use]
pub fn numbers(row: &Row) -> BTreeSet<u64> {
    let said = |name: &str| row.figure[name].as_u64();
    let count = (row.figure["kind"] == "count").then(|| said("value")).flatten();
    [count, said("denominator"), said("numerator")].into_iter().flatten().collect()
}
