//! The catalogue: indicators, programmes and their French words, as data from `indicateurs/*.toml`.
//!
//! Whatever a [`Catalogue`] holds was checked when it was read: every expression names known columns with the right types, every
//! breakdown, horizon and category makes sense. It counts nothing; the measuring side compiles its expressions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::request::{Dimension, Population, Request};

mod column;
mod expr;
mod load;
#[cfg(test)]
mod tests;

pub use column::{Column, ColumnKind};
pub use expr::{Comparison, EXPR_BYTES_MAX, EXPR_DEPTH_MAX, Expr, ExprFault, ExprFaultKind, Row};
pub use load::CatalogueFault;

/// How an indicator is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Measure {
    /// Distinct people of the denominator.
    Count,
    /// People of the denominator for whom the numerator is true.
    Share,
    /// People of the denominator by category of a column.
    Distribution {
        /// A text or number column.
        column: Column,
        /// In display order; together they cover what the column can hold.
        categories: Vec<Category>,
    },
    /// Quartiles of a number column over the denominator.
    Quartiles {
        /// A number column.
        column: Column,
        /// French unit (« mois »).
        unit: String,
    },
}

/// A category of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Code in counted tables and releases; for a text column, the column's value.
    pub code: String,
    /// French label.
    pub label: String,
    /// For a number column, the smallest and largest value of the band, both included.
    pub band: Option<(i64, i64)>,
}

/// Kind of population that an indicator can be asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PopulationKind {
    /// Leavers of a programme, seen in the DSN.
    Programme,
    /// People of a deposited list.
    List,
}

impl Population {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> PopulationKind {
        match self {
            Self::Programme(_) => PopulationKind::Programme,
            Self::List(_) => PopulationKind::List,
        }
    }
}

/// A change of definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Version that it made.
    pub version: String,
    /// Day, `2026-11-23`.
    pub date: String,
    /// What changed and why, in French.
    pub text: String,
}

/// A checked definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Indicator {
    /// Identifier (`B-01`).
    pub id: String,
    /// French name.
    pub name: String,
    /// The question that it answers.
    pub question: String,
    /// Who is counted, in French.
    pub denominator_text: String,
    /// What counts, in French; empty for a count.
    pub numerator_text: String,
    /// The formula in words.
    pub formula: String,
    /// What to keep in mind when reading it.
    pub caveats: Vec<String>,
    /// Where the definition comes from.
    pub source: String,
    /// Version of the definition.
    pub version: String,
    /// Its changes, oldest first.
    pub changes: Vec<Change>,
    /// An example with a few made-up people.
    pub example: String,
    /// How it is measured.
    pub measure: Measure,
    /// Who is counted.
    pub denominator: Expr,
    /// What counts; for a share only.
    pub numerator: Option<Expr>,
    /// Horizons in months, ascending; `[0]` for an indicator on the exit itself.
    pub horizons: Vec<u8>,
    /// Dimensions by which it may be split or filtered.
    pub breakdowns: Vec<Dimension>,
    /// Populations of which it may be asked.
    pub populations: Vec<PopulationKind>,
    /// Shares that must be counted with it, for the same cells, for the gate to decide (see `docs/methods/gate.md` §7).
    pub evidence: Vec<String>,
    /// For a distribution, shares of the same people whose numerator is some of its categories: they are decided together (§7).
    pub shares: Vec<LinkedShare>,
}

/// A share whose numerator is the sum of some categories of a distribution over the same people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedShare {
    /// The share.
    pub id: String,
    /// Codes of the categories.
    pub categories: Vec<String>,
}

impl Indicator {
    /// The horizons at which a request asks for it: its only one whatever is asked, otherwise those asked among its own (all when
    /// none is asked).
    #[must_use]
    pub fn horizons_for(&self, request: &Request) -> Vec<u8> {
        if request.horizons.is_empty() || self.horizons.len() == 1 {
            return self.horizons.clone();
        }
        self.horizons.iter().copied().filter(|months| request.horizons.contains(months)).collect()
    }

    /// Whether its figures tell what became of people after the exit, and not only who left or who was found.
    #[must_use]
    pub fn tells_outcome(&self) -> bool {
        let measured = match &self.measure {
            Measure::Distribution { column, .. } | Measure::Quartiles { column, .. } => Some(*column),
            Measure::Count | Measure::Share => None,
        };
        let numerator = self.numerator.iter().flat_map(Expr::columns);
        self.denominator.columns().into_iter().chain(numerator).chain(measured).any(Column::is_outcome)
    }

    /// Whether being in the denominator already tells what became of the person.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.denominator.columns().into_iter().any(Column::is_outcome)
    }
}

/// A kind of structure within a programme, and the presence below which leaving is no exit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeType {
    /// Code (`ACI`), the value of the `type` dimension.
    pub code: String,
    /// French name.
    pub name: String,
    /// Values of 40.073 that make it; none for the type of all the others, which comes last.
    #[serde(default)]
    pub complements: Vec<String>,
    /// Fewest days from entry to exit, both included.
    #[serde(default)]
    pub days_min: Option<u32>,
    /// Fewest paid hours.
    #[serde(default)]
    pub hours_min: Option<u32>,
}

/// A programme whose leavers the DSN shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Identifier (`iae`).
    pub id: String,
    /// French name.
    pub name: String,
    /// French short name.
    pub short_name: String,
    /// A spell belongs when its complement (40.073) is one of these…
    #[serde(default)]
    pub complements: Vec<String>,
    /// … or its dispositif (40.008) one of these.
    #[serde(default)]
    pub dispositifs: Vec<String>,
    /// Longest gap, in days, that does not end a *parcours*.
    pub gap_days: u32,
    /// Its types; the last is that of all the others.
    pub types: Vec<ProgrammeType>,
}

impl Programme {
    /// Whether a spell of this dispositif and complement belongs to the programme.
    #[must_use]
    pub fn has_spell(&self, dispositif: Option<&str>, complement: Option<&str>) -> bool {
        let holds = |codes: &[String], code: Option<&str>| code.is_some_and(|code| codes.iter().any(|known| known == code));
        holds(&self.dispositifs, dispositif) || holds(&self.complements, complement)
    }

    /// The type of structure of a spell of the programme.
    #[must_use]
    pub fn type_of(&self, complement: Option<&str>) -> &ProgrammeType {
        let named = self.types.iter().find(|kind| kind.complements.iter().any(|known| Some(known.as_str()) == complement));
        named.unwrap_or_else(|| self.types.last().expect("a checked programme has types"))
    }
}

/// A code and its French words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The code.
    pub code: String,
    /// A short label.
    pub label: String,
    /// A sentence, when the label is not enough.
    #[serde(default)]
    pub text: String,
}

/// A checked catalogue: everything in it may be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Catalogue {
    indicators: Vec<Indicator>,
    programmes: Vec<Programme>,
    labels: BTreeMap<String, Vec<Label>>,
}

impl Catalogue {
    /// The catalogue that the binary was built with.
    #[must_use]
    pub fn embedded() -> Self {
        Self::parse(load::EMBEDDED).expect("the embedded catalogue is checked by the tests")
    }

    /// Reads and checks a catalogue from its files: name (for errors) and content of each.
    ///
    /// # Errors
    /// A [`CatalogueFault`] that names the file, the indicator and what to correct.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, CatalogueFault> {
        load::parse(files)
    }

    /// The indicators, sorted by identifier.
    #[must_use]
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// One indicator.
    #[must_use]
    pub fn indicator(&self, id: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.id == id)
    }

    /// The programmes, in catalogue order.
    #[must_use]
    pub fn programmes(&self) -> &[Programme] {
        &self.programmes
    }

    /// One programme.
    #[must_use]
    pub fn programme(&self, id: &str) -> Option<&Programme> {
        self.programmes.iter().find(|programme| programme.id == id)
    }

    /// What must be counted to answer a request: its indicators and the evidence that the gate needs with them, sorted.
    #[must_use]
    pub fn to_count(&self, request: &Request) -> Vec<&Indicator> {
        let asked = |id: &String| request.indicators.contains(id);
        let is_evidence = |id: &String| self.indicators.iter().any(|indicator| asked(&indicator.id) && indicator.evidence.contains(id));
        let needed = |id: &String| asked(id) || is_evidence(id);
        // A distribution and its shares are counted together even when only one is asked: two questions must hide the same figures.
        let links = |indicator: &Indicator, id: &String| indicator.shares.iter().any(|share| share.id == *id);
        let is_linked = |indicator: &Indicator| {
            indicator.shares.iter().any(|share| needed(&share.id))
                || self.indicators.iter().any(|other| {
                    let is_used = needed(&other.id) || other.shares.iter().any(|share| needed(&share.id));
                    is_used && links(other, &indicator.id)
                })
        };
        self.indicators.iter().filter(|indicator| needed(&indicator.id) || is_linked(indicator)).collect()
    }

    /// The values of a dimension with their French labels, in order; `None` when its list is open (quarters, départements).
    ///
    /// Types are those of every programme, without repetition.
    #[must_use]
    pub fn values(&self, dimension: Dimension) -> Option<Vec<(&str, &str)>> {
        match dimension {
            Dimension::Quarter | Dimension::Departement | Dimension::Structure => None,
            Dimension::Programme => {
                Some(self.programmes.iter().map(|programme| (programme.id.as_str(), programme.name.as_str())).collect())
            }
            Dimension::Type => {
                let mut values: Vec<(&str, &str)> = Vec::new();
                for kind in self.programmes.iter().flat_map(|programme| &programme.types) {
                    if values.iter().all(|(code, _)| *code != kind.code) {
                        values.push((&kind.code, &kind.name));
                    }
                }
                Some(values)
            }
            Dimension::Sex | Dimension::AgeBand => {
                Some(self.list(dimension.code()).iter().map(|label| (label.code.as_str(), label.label.as_str())).collect())
            }
        }
    }

    /// French name of a dimension (« Sexe »).
    #[must_use]
    pub fn dimension_label(&self, dimension: Dimension) -> &str {
        self.label("dimension", dimension.code()).map_or(dimension.code(), |label| &label.label)
    }

    /// French label of a value of a dimension; the value itself when its list is open or does not hold it.
    #[must_use]
    pub fn value_label<'a>(&'a self, dimension: Dimension, value: &'a str) -> &'a str {
        let values = self.values(dimension).unwrap_or_default();
        values.into_iter().find(|(code, _)| *code == value).map_or(value, |(_, label)| label)
    }

    /// French label of a category of a distribution (`contract_kind`, `match_status` by their column).
    #[must_use]
    pub fn category_label<'a>(&'a self, column: Column, code: &'a str) -> &'a str {
        self.label(column.name(), code).map_or(code, |label| &label.label)
    }

    /// French words for a hidden figure.
    #[must_use]
    pub fn reason_label(&self, reason: crate::Reason) -> &Label {
        self.label("reason", reason.code()).expect("the loader checked that every reason has words")
    }

    /// French words for a refusal: a title, and a sentence that says the rule.
    #[must_use]
    pub fn refusal_label(&self, code: crate::RefusalCode) -> &Label {
        self.label("refusal", code.code()).expect("the loader checked that every refusal has words")
    }

    fn list(&self, name: &str) -> &[Label] {
        self.labels.get(name).map_or(&[], Vec::as_slice)
    }

    fn label(&self, list: &str, code: &str) -> Option<&Label> {
        self.list(list).iter().find(|label| label.code == code)
    }
}
