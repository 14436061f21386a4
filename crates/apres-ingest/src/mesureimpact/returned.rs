//! The workbooks that come back: seven tables with a header of two rows and merged cells, read into one figure per row.
//!
//! Columns are found by their names, on whichever of the two rows these stand. A merged cell is worth its value on every row that it covers. A figure that is
//! not a number is hidden or not given: it is kept and said, never read as zero.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::list::{Cell, ListFault, Row, workbook_rows};

/// Rows among which the header is searched.
const HEADER_SEARCH_ROWS_MAX: usize = 20;

/// One of the seven workbooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Workbook {
    /// 01, geography and sex.
    GeographieSexe,
    /// 02, geography and nature of the contract.
    GeographieNatureContrat,
    /// 03, geography and sector.
    GeographieSecteur,
    /// 04, type of structure and sex.
    TypeSiaeSexe,
    /// 05, type of structure and nature of the contract.
    TypeSiaeNatureContrat,
    /// 06, type of structure and sector.
    TypeSiaeSecteur,
    /// 07, type of structure and geography.
    TypeSiaeGeographie,
}

/// What figures are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Employment zone.
    ZoneEmploi,
    /// Type of structure.
    TypeSiae,
    /// Sex.
    Sexe,
    /// Nature of the contract.
    NatureContrat,
    /// Sector of activity.
    SecteurActivite,
}

/// What a figure tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// People in employment.
    PersonnesEnEmploi,
    /// People without.
    PersonnesSansEmploi,
    /// Share of people in employment.
    TauxEnEmploi,
    /// Median of the days worked.
    JoursTravaillesMedian,
    /// Median of the contracts.
    ContratsMedian,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Sortie,
    Delai,
    Axis(Axis),
    Measure(Measure),
}

/// Names of the columns, as [`key`] gives them; the first words are enough.
const NAMES: [(&str, Column); 15] = [
    ("sortie en iae", Column::Sortie),
    ("trimestre de sortie", Column::Sortie),
    ("sorties en emploi", Column::Delai),
    ("delai apres la sortie", Column::Delai),
    ("zone d emploi", Column::Axis(Axis::ZoneEmploi)),
    ("critere geographique", Column::Axis(Axis::ZoneEmploi)),
    ("type de siae", Column::Axis(Axis::TypeSiae)),
    ("sexe", Column::Axis(Axis::Sexe)),
    ("nature de contrat", Column::Axis(Axis::NatureContrat)),
    ("secteur d activite", Column::Axis(Axis::SecteurActivite)),
    ("nbre personne en emploi", Column::Measure(Measure::PersonnesEnEmploi)),
    ("nbre personne sans emploi", Column::Measure(Measure::PersonnesSansEmploi)),
    ("taux personnes en emploi", Column::Measure(Measure::TauxEnEmploi)),
    ("nbre de jours median travailles", Column::Measure(Measure::JoursTravaillesMedian)),
    ("nbre contrats median", Column::Measure(Measure::ContratsMedian)),
];

/// The two axes of each workbook.
const AXES: [(Workbook, [Axis; 2]); 7] = [
    (Workbook::GeographieSexe, [Axis::ZoneEmploi, Axis::Sexe]),
    (Workbook::GeographieNatureContrat, [Axis::ZoneEmploi, Axis::NatureContrat]),
    (Workbook::GeographieSecteur, [Axis::ZoneEmploi, Axis::SecteurActivite]),
    (Workbook::TypeSiaeSexe, [Axis::TypeSiae, Axis::Sexe]),
    (Workbook::TypeSiaeNatureContrat, [Axis::TypeSiae, Axis::NatureContrat]),
    (Workbook::TypeSiaeSecteur, [Axis::TypeSiae, Axis::SecteurActivite]),
    (Workbook::TypeSiaeGeographie, [Axis::TypeSiae, Axis::ZoneEmploi]),
];

/// A figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Quarter of exit, as written.
    pub sortie: String,
    /// Months after the exit.
    pub delai_mois: u32,
    /// Values of the workbook's two axes, in its order.
    pub valeurs: [String; 2],
    /// What it tells.
    pub mesure: Measure,
    /// The figure; none when the workbook hides it or does not give it.
    pub valeur: Option<f64>,
}

/// What is odd in a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnedCode {
    /// A row without a quarter, a delay or an axis: left out.
    IncompleteRow,
    /// A delay without a number of months: its rows are left out.
    Delay,
    /// A figure that is not a number.
    HiddenFigure,
    /// A share that is neither between 0 and 1 nor a percentage.
    Share,
}

/// Something odd, and on which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReturnedRemark {
    /// Line of the sheet, from 1.
    pub line: u32,
    /// What.
    pub code: ReturnedCode,
}

/// A workbook read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Returned {
    /// Which one.
    pub classeur: Workbook,
    /// Its axes.
    pub axes: [Axis; 2],
    /// Its figures, in the order of the sheet.
    pub figures: Vec<Figure>,
    /// What is odd.
    pub remarks: Vec<ReturnedRemark>,
}

/// Why a workbook cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnedFault {
    /// Not a workbook that can be opened.
    #[error(transparent)]
    File(#[from] ListFault),
    /// No sheet has the columns of one of the seven workbooks.
    #[error("no sheet has the columns of one of the seven workbooks")]
    NotReturned,
}

/// Reads one of the seven workbooks.
///
/// # Errors
/// When it is not a workbook, or not one of the seven.
pub fn read_returned(bytes: &[u8]) -> Result<Returned, ReturnedFault> {
    // A parser of others' formats may meet a case that its authors did not think of; content never makes us fail.
    let sheets = catch_unwind(AssertUnwindSafe(|| workbook_rows(bytes))).map_err(|_| ListFault::Damaged)??;
    sheets.iter().find_map(|rows| read_sheet(rows)).ok_or(ReturnedFault::NotReturned)
}

/// A header found: which column is what, and the first row below it.
struct Header {
    columns: Vec<(usize, Column)>,
    workbook: Workbook,
    axes: [Axis; 2],
    below: usize,
}

fn read_sheet(rows: &[Row]) -> Option<Returned> {
    let header = (0..rows.len().min(HEADER_SEARCH_ROWS_MAX)).find_map(|place| header(rows, place))?;
    let mut sheet = Sheet { header: &header, held: Vec::new(), figures: Vec::new(), bare_shares: Vec::new(), remarks: Vec::new() };
    for row in &rows[header.below..] {
        sheet.row(row);
    }
    sheet.settle_shares();
    Some(Returned { classeur: header.workbook, axes: header.axes, figures: sheet.figures, remarks: sheet.remarks })
}

/// The header that begins at this row, over two rows or one.
fn header(rows: &[Row], place: usize) -> Option<Header> {
    let (first, second) = (&rows[place], rows.get(place + 1));
    let width = first.cells.len().max(second.map_or(0, |row| row.cells.len()));
    let mut columns = Vec::new();
    let mut is_on_second = false;
    for at in 0..width {
        if let Some(column) = named(first.cell(at)) {
            columns.push((at, column));
        } else if let Some(column) = second.and_then(|row| named(row.cell(at))) {
            columns.push((at, column));
            is_on_second = true;
        }
    }
    let axes: Vec<Axis> =
        columns.iter().filter_map(|(_, column)| if let Column::Axis(axis) = column { Some(*axis) } else { None }).collect();
    let (workbook, axes) = *AXES.iter().find(|(_, known)| axes.len() == 2 && known.iter().all(|axis| axes.contains(axis)))?;
    let has = |wanted: Column| columns.iter().any(|(_, column)| *column == wanted);
    let is_whole = has(Column::Sortie) && has(Column::Delai) && has(Column::Measure(Measure::PersonnesEnEmploi));
    is_whole.then_some(Header { columns, workbook, axes, below: place + 1 + usize::from(is_on_second) })
}

fn named(cell: &Cell) -> Option<Column> {
    let key = key(&cell.text());
    NAMES.iter().find(|(name, _)| key.starts_with(name)).map(|(_, column)| *column)
}

/// A title without accents, signs or capitals: `Zone d’emploi` is `zone d emploi`.
pub(super) fn key(text: &str) -> String {
    let is_mark = |c: char| ('\u{300}'..'\u{370}').contains(&c);
    let spaced: String =
        text.nfkd().filter(|c| !is_mark(*c)).map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Sheet<'h> {
    header: &'h Header,
    /// Values of the merged cells, by place among the columns.
    held: Vec<String>,
    figures: Vec<Figure>,
    /// Shares written without a sign: the place of the figure, and its line.
    bare_shares: Vec<(usize, u32)>,
    remarks: Vec<ReturnedRemark>,
}

impl Sheet<'_> {
    /// Shares without a sign are percentages when one of the workbook is above 1; the others could not tell.
    fn settle_shares(&mut self) {
        let is_above_one = |figure: &Figure| figure.valeur.is_some_and(|share| share > 1.0);
        let are_percentages = self.bare_shares.iter().any(|(place, _)| is_above_one(&self.figures[*place]));
        for (place, line) in &self.bare_shares {
            let figure = &mut self.figures[*place];
            figure.valeur = figure.valeur.map(|share| if are_percentages { share / 100.0 } else { share });
            if is_above_one(figure) {
                figure.valeur = None;
                self.remarks.push(ReturnedRemark { line: *line, code: ReturnedCode::Share });
            }
        }
    }

    fn row(&mut self, row: &Row) {
        let dimensions: Vec<(usize, Column)> =
            self.header.columns.iter().copied().filter(|(_, column)| !matches!(column, Column::Measure(_))).collect();
        self.hold(row, &dimensions);
        let value = |wanted: Column| -> &str {
            let place = dimensions.iter().position(|(_, column)| *column == wanted);
            place.and_then(|place| self.held.get(place)).map_or("", String::as_str)
        };
        let (sortie, delai) = (value(Column::Sortie), value(Column::Delai));
        let valeurs = self.header.axes.map(|axis| value(Column::Axis(axis)).to_owned());
        if sortie.is_empty() || delai.is_empty() || valeurs.iter().any(String::is_empty) {
            self.remarks.push(ReturnedRemark { line: row.line, code: ReturnedCode::IncompleteRow });
            return;
        }
        let digits: String = delai.chars().filter(char::is_ascii_digit).collect();
        let Ok(delai_mois) = digits.parse() else {
            self.remarks.push(ReturnedRemark { line: row.line, code: ReturnedCode::Delay });
            return;
        };
        let sortie = sortie.to_owned();
        for (at, column) in &self.header.columns {
            let Column::Measure(mesure) = *column else { continue };
            let read = number(row.cell(*at));
            if read.is_none() {
                self.remarks.push(ReturnedRemark { line: row.line, code: ReturnedCode::HiddenFigure });
            }
            if let (Measure::TauxEnEmploi, Some((_, false))) = (mesure, read) {
                self.bare_shares.push((self.figures.len(), row.line));
            }
            let valeur = read.map(|(number, is_percent)| if is_percent { number / 100.0 } else { number });
            self.figures.push(Figure { sortie: sortie.clone(), delai_mois, valeurs: valeurs.clone(), mesure, valeur });
        }
    }

    /// A new value closes those on its right: a merged cell never reaches over a change on its left. The last dimension is never merged.
    fn hold(&mut self, row: &Row, dimensions: &[(usize, Column)]) {
        self.held.resize(dimensions.len(), String::new());
        for (place, (at, _)) in dimensions.iter().enumerate() {
            let cell = row.cell(*at);
            let is_last = place + 1 == dimensions.len();
            if cell.is_empty() && !is_last {
                continue;
            }
            for right in &mut self.held[place..] {
                right.clear();
            }
            self.held[place] = cell.text().into_owned();
        }
    }
}

/// The number in a cell, and whether it says itself that it is a percentage.
fn number(cell: &Cell) -> Option<(f64, bool)> {
    let (number, is_percent) = match cell {
        Cell::Number(number) => (*number, false),
        Cell::Text(text) => {
            let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().replace(',', ".");
            (bare.trim_end_matches('%').parse().ok()?, bare.ends_with('%'))
        }
        Cell::Empty | Cell::Date(_) => return None,
    };
    (number.is_finite() && number >= 0.0).then_some((number, is_percent))
}
