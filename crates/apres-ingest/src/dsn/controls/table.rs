//! The table of controls, `norme/controles.csv`: what help, reports and tests are made of.
//!
//! A row gives the words and the weight of a control; the function that checks it stands in the module of its level. Rows and functions are bound by
//! rubrique and code when the table is first read, and a test says whether both sides agree.

use std::sync::LazyLock;

use super::{ControlId, LEVELS};
use crate::dsn::norme::Annee;
use crate::dsn::{Code, Rubrique};

const TABLE: &str = include_str!("../../../../../norme/controles.csv");

/// A row of the table of controls.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Row {
    /// The rubrique that the control is about, or `*` for a control of every rubrique.
    pub rubrique: String,
    /// `CCH-12`: family and number in the norm, or a family and a word for the controls that the norm does not number.
    pub code: String,
    /// Whether the declaration (or the send) is refused here.
    pub is_blocking: bool,
    /// Whether it is refused at the deposit, by the norm.
    pub is_blocking_in_norm: bool,
    /// Natures of declaration it applies to, as the norm says; empty for all.
    pub natures: Vec<String>,
    /// First norm that has it, among those known here.
    pub since: Option<String>,
    /// Last norm that has it, among those known here.
    pub until: Option<String>,
    /// What is wrong and what to do, in French.
    pub message: String,
}

impl Row {
    /// Whether the control holds for this norm and this nature of declaration.
    pub(super) fn applies(&self, annee: Annee, nature: Option<Code>) -> bool {
        let is_since = self.since.as_ref().is_none_or(|first| Annee::nearest(first).0 <= annee);
        let is_until = self.until.as_ref().is_none_or(|last| annee <= Annee::nearest(last).0);
        let is_nature = self.natures.is_empty() || nature.is_none_or(|own| self.natures.iter().any(|nature| nature == own.as_str()));
        is_since && is_until && is_nature
    }
}

struct Table {
    rows: Vec<Row>,
    /// Place of each control's row, by level then by place in the level.
    places: Vec<Vec<usize>>,
}

static CONTROLS: LazyLock<Table> = LazyLock::new(|| {
    let rows: Vec<Row> = csv::Reader::from_reader(TABLE.as_bytes()).records().map(|record| row(&record.expect(WELL_FORMED))).collect();
    let place = |rubrique: u32, code: &str| {
        let rubrique = Rubrique(rubrique).to_string();
        rows.iter().position(|row| row.rubrique == rubrique && row.code == code).expect(WELL_FORMED)
    };
    let places = LEVELS.iter().map(|level| level.iter().map(|(rubrique, code)| place(*rubrique, code)).collect()).collect();
    Table { rows, places }
});

const WELL_FORMED: &str = "norme/controles.csv is part of the program and has a row for each control: a test reads it";

fn row(record: &csv::StringRecord) -> Row {
    let cell = |place: usize| record.get(place).expect(WELL_FORMED).to_owned();
    let norm = |place: usize| Some(cell(place)).filter(|text| !text.is_empty());
    Row {
        rubrique: cell(0),
        code: cell(1),
        is_blocking: cell(2) == "oui",
        is_blocking_in_norm: cell(3) == "oui",
        natures: cell(4).split_whitespace().map(str::to_owned).collect(),
        since: norm(5),
        until: norm(6),
        message: cell(7),
    }
}

/// Every row, in the table's order.
#[must_use]
pub fn rows() -> &'static [Row] {
    &CONTROLS.rows
}

/// The row of a control.
pub(in crate::dsn) fn row_of(id: ControlId) -> &'static Row {
    &CONTROLS.rows[CONTROLS.places[usize::from(id.level)][usize::from(id.place)]]
}

/// The row of this rubrique (or `*`) and code.
pub(in crate::dsn) fn row_of_key((rubrique, code): (&str, &str)) -> &'static Row {
    CONTROLS.rows.iter().find(|row| row.rubrique == rubrique && row.code == code).expect(WELL_FORMED)
}
