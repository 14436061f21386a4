//! Which column is what: by the words of its header, then by its content.
//!
//! The guess is only a proposal. [`Mapping`] is a plain map that a person may change; [`columns`] and [`Mapping::missing`] say again, after each change,
//! what each column looks like and what cannot be done. An exit date is never guessed from content alone: a wrong one would change every figure silently.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::date::{self, ColumnDates, Pivot};
use super::field::{FieldInfo, fields};
use super::{Cell, DateFormat, Field, Sheet, person};
use crate::identity::normalised;
use crate::{Nir, NirFault};

/// Rows from which the content of a column is judged.
const SAMPLE_ROWS_MAX: usize = 2_000;
/// Samples shown for a column.
const SAMPLES: usize = 3;
/// Share of the filled cells, in percent, from which a content names a column without its header.
const CONTENT_PERCENT_MIN: u64 = 60;
/// Birth years of a column of dates that no header names are mostly before this one.
const BIRTH_YEAR_MEDIAN_MAX: i32 = 2008;
/// Words of a header beyond those of the field.
const EXTRA_WORDS_MAX: usize = 3;

/// Which column (0-based) holds which field. Two fields may share a column; a column out of the sheet is as good as none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping {
    /// The map, free to change.
    pub columns: BTreeMap<Field, usize>,
}

impl Mapping {
    /// The column of a field.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns.get(&field).copied()
    }

    /// The first field that a column holds.
    #[must_use]
    pub fn field(&self, column: usize) -> Option<Field> {
        self.columns.iter().find(|(_, mapped)| **mapped == column).map(|(field, _)| *field)
    }

    /// What is missing and what that costs, worst first.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let has = |field: Field| self.columns.contains_key(&field);
        let has_nom = has(Field::NomNaissance) || has(Field::NomUsage) || has(Field::NomPrenom);
        let has_prenom = has(Field::Prenom) || has(Field::NomPrenom);
        let mut lacking = Vec::new();
        if !has_nom {
            lacking.push(Field::NomNaissance);
        }
        if !has_prenom {
            lacking.push(Field::Prenom);
        }
        if !has(Field::DateNaissance) {
            lacking.push(Field::DateNaissance);
        }
        let mut missing = Vec::new();
        match (has(Field::Nir), lacking.is_empty()) {
            (false, false) => {
                lacking.insert(0, Field::Nir);
                missing.push(Missing { fields: lacking, consequence: Consequence::NobodyCanBeFound });
            }
            (false, true) => missing.push(Missing { fields: vec![Field::Nir], consequence: Consequence::OnlyByIdentity }),
            (true, false) => missing.push(Missing { fields: lacking, consequence: Consequence::OnlyByNir }),
            (true, true) => {}
        }
        if !has(Field::DateSortie) {
            missing.push(Missing { fields: vec![Field::DateSortie], consequence: Consequence::NoHorizon });
        }
        missing.sort_by_key(|missing| missing.consequence);
        missing
    }
}

/// Fields that no column holds, and what that costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The fields, in the order of the pages.
    pub fields: Vec<Field>,
    /// What cannot be done.
    pub consequence: Consequence,
}

/// What a missing field costs, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// Neither a NIR, nor a surname with a first name and a birth date: nobody can be found.
    NobodyCanBeFound,
    /// No exit date: nothing can be counted from the exit.
    NoHorizon,
    /// No NIR: people are searched by identity only, fewer are found, and who is not found stays unknown.
    OnlyByIdentity,
    /// No whole identity: a row whose NIR is missing or wrong is lost.
    OnlyByNir,
}

/// A column as it is shown to be confirmed.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    /// The field that it holds under the mapping.
    pub field: Option<Field>,
    /// The first three values that differ, as the depositor wrote them.
    pub samples: Vec<String>,
    /// Cells that are not empty, in the whole column.
    pub filled: u64,
    /// How its dates are written, when most of its cells are dates.
    pub date_format: Option<DateFormat>,
    /// Whether most cells are not what the field expects (a column called "NIR" without one NIR).
    pub disagrees: bool,
}

impl std::fmt::Debug for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Column").field("name", &self.name).field("field", &self.field).field("filled", &self.filled).finish_non_exhaustive()
    }
}

/// The columns of a sheet under a mapping, with samples.
#[must_use]
pub fn columns(sheet: &Sheet, mapping: &Mapping) -> Vec<Column> {
    (0..sheet.header.len())
        .map(|column| {
            let mut samples: Vec<String> = Vec::new();
            for row in &sheet.rows {
                let text = row.cell(column).text();
                if !text.is_empty() && !samples.iter().any(|sample| *sample == text) {
                    samples.push(text.into_owned());
                }
                if samples.len() == SAMPLES {
                    break;
                }
            }
            let field = mapping.field(column);
            let filled = sheet.rows.iter().map(|row| u64::from(!row.cell(column).is_empty())).sum();
            Column {
                name: sheet.header[column].clone(),
                field,
                samples,
                filled,
                date_format: sheet.recognised.date_formats.get(column).copied().flatten(),
                disagrees: field.is_some_and(|field| Content::of(sheet, column).contradicts(field)),
            }
        })
        .collect()
}

/// Proposes a mapping.
#[must_use]
pub fn guess(sheet: &Sheet) -> Mapping {
    let contents: Vec<Content> = (0..sheet.header.len()).map(|column| Content::of(sheet, column)).collect();
    let mut mapping = by_header(&sheet.header, &contents);
    by_content(&contents, &mut mapping);
    let has_separate_names = mapping.columns.contains_key(&Field::Prenom)
        && (mapping.columns.contains_key(&Field::NomNaissance) || mapping.columns.contains_key(&Field::NomUsage));
    if has_separate_names {
        mapping.columns.remove(&Field::NomPrenom);
    }
    mapping
}

/// The number of different fields that the texts of a row name.
pub(super) fn recognised_fields<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    let mut found: Vec<Field> = Vec::new();
    for text in texts {
        let words = words(text);
        let best = fields().iter().filter_map(|info| Some((header_score(&words, info)?, info.field))).max_by_key(|(score, _)| *score);
        if let Some((_, field)) = best
            && !found.contains(&field)
        {
            found.push(field);
        }
    }
    found.len()
}

/// Whether a cell is written as a NIR, its key right or not.
pub(super) fn is_nir_like(cell: &Cell) -> bool {
    match cell {
        Cell::Empty | Cell::Date(_) => false,
        Cell::Number(_) | Cell::Text(_) => matches!(Nir::parse(&cell.text()), Ok(_) | Err(NirFault::Key)),
    }
}

/// The best pairs of a field and a column first; each field and each column once.
fn by_header(header: &[String], contents: &[Content]) -> Mapping {
    let mut pairs = Vec::new();
    for (column, name) in header.iter().enumerate() {
        let words = words(name);
        for info in fields() {
            if let Some(score) = header_score(&words, info)
                && !contents[column].contradicts(info.field)
            {
                pairs.push((std::cmp::Reverse(score), column, info.field));
            }
        }
    }
    pairs.sort_unstable();
    let mut mapping = Mapping::default();
    for (_, column, field) in pairs {
        if mapping.field(column).is_none() {
            mapping.columns.entry(field).or_insert(column);
        }
    }
    mapping
}

/// The share of a column, in percent, that is something.
type Share = fn(&Content) -> u64;

/// Names what the headers left without name: a NIR, a SIRET, a birth date.
fn by_content(contents: &[Content], mapping: &mut Mapping) {
    let best = |mapping: &Mapping, share: Share| {
        let free = contents.iter().enumerate().filter(|(column, _)| mapping.field(*column).is_none());
        let shares = free.map(|(column, content)| (share(content), std::cmp::Reverse(column)));
        shares.max().filter(|(share, _)| *share >= CONTENT_PERCENT_MIN).map(|(_, column)| column.0)
    };
    let candidates: [(Field, Share); 3] = [
        (Field::Nir, |content| content.nir_percent),
        (Field::Siret, |content| content.siret_percent),
        (Field::DateNaissance, |content| {
            if content.dates.year_median.is_some_and(|year| year <= BIRTH_YEAR_MEDIAN_MAX) { content.date_percent() } else { 0 }
        }),
    ];
    for (field, share) in candidates {
        if !mapping.columns.contains_key(&field)
            && let Some(column) = best(mapping, share)
        {
            mapping.columns.insert(field, column);
        }
    }
}

/// How well a header names a field: written as one of its names, or holding one with few other words.
fn header_score(words: &[String], info: &FieldInfo) -> Option<u32> {
    if words.is_empty() {
        return None;
    }
    let mut best = None;
    for (place, name) in info.headers.iter().enumerate() {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        let wanted = self::words(name);
        let score = if *words == wanted[..] {
            Some(10_000 - place)
        } else if wanted.is_empty()
            || words.len() > wanted.len() + EXTRA_WORDS_MAX
            || words.iter().any(|word| info.excluded.contains(&word.as_str()))
        {
            None
        } else {
            let extra = u32::try_from(words.len().saturating_sub(wanted.len())).unwrap_or(u32::MAX);
            let length = u32::try_from(wanted.len()).unwrap_or(0);
            let is_held = words.windows(wanted.len()).any(|window| window == wanted);
            is_held.then(|| 5_000 + 200 * length - 100 * extra.min(10) - place)
        };
        best = best.max(score);
    }
    best
}

/// The words of a header that tell columns apart: lower case, no accents, camel case opened, plurals and articles and the word for the person removed.
fn words(header: &str) -> Vec<String> {
    const EMPTY: &[&str] =
        &["de", "du", "des", "d", "l", "la", "le", "les", "au", "a", "en", "n", "no", "num", "numero", "of", "the", "et", "ou"];
    const PERSON: &[&str] = &[
        "salarie",
        "contrat",
        "candidat",
        "beneficiaire",
        "individu",
        "participant",
        "personne",
        "usager",
        "stagiaire",
        "jeune",
        "titulaire",
        "allocataire",
        "emi",
    ];
    let mut opened = String::with_capacity(header.len() + 8);
    let mut was_lower = false;
    for c in header.chars() {
        if c.is_uppercase() && was_lower {
            opened.push(' ');
        }
        was_lower = c.is_lowercase();
        opened.push(c);
    }
    let spaced: String = opened.split(|c: char| !c.is_alphanumeric()).map(|word| normalised_word(word) + " ").collect();
    let all: Vec<String> = spaced.split_whitespace().map(singular).collect();
    let without_articles: Vec<String> = all.iter().filter(|word| !EMPTY.contains(&word.as_str())).cloned().collect();
    let told: Vec<String> = without_articles.iter().filter(|word| !PERSON.contains(&word.as_str())).cloned().collect();
    if told.is_empty() { without_articles } else { told }
}

/// Lower case without accents; digits are kept, since `prenom2` is not `prenom`.
fn normalised_word(word: &str) -> String {
    if !word.bytes().any(|byte| byte.is_ascii_digit()) {
        return normalised(word).to_lowercase();
    }
    word.chars().map(|c| if c.is_ascii_digit() { c.to_string() } else { normalised(&c.to_string()).to_lowercase() }).collect()
}

fn singular(word: &str) -> String {
    let is_plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    if is_plural { word[..word.len() - 1].to_owned() } else { word.to_owned() }
}

/// What the cells of a column are, whatever its header says.
struct Content {
    filled: u64,
    nir_percent: u64,
    siret_percent: u64,
    /// Cells that hold a digit.
    digit_percent: u64,
    /// Cells of one or two characters.
    short_percent: u64,
    dates: ColumnDates,
}

impl Content {
    fn of(sheet: &Sheet, column: usize) -> Self {
        let cells = sheet.rows.iter().take(SAMPLE_ROWS_MAX).map(|row| row.cell(column));
        let (mut filled, mut nirs, mut sirets, mut digits, mut shorts) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
        for cell in cells.clone().filter(|cell| !cell.is_empty()) {
            filled += 1;
            digits += u64::from(cell.text().bytes().any(|byte| byte.is_ascii_digit()));
            shorts += u64::from(cell.text().len() <= 2);
            nirs += u64::from(is_nir_like(cell));
            sirets += u64::from(person::siret(&cell.text()).is_some());
        }
        let percent = |count: u64| (count * 100).checked_div(filled).unwrap_or(0);
        Self {
            filled,
            nir_percent: percent(nirs),
            siret_percent: percent(sirets),
            digit_percent: percent(digits),
            short_percent: percent(shorts),
            dates: date::column_dates(cells, Pivot { year_max: 2030 }),
        }
    }

    fn date_percent(&self) -> u64 {
        (self.dates.read * 100).checked_div(self.dates.filled).unwrap_or(0)
    }

    /// Whether the content cannot be the field: names where dates are expected, a NIR where a name is.
    fn contradicts(&self, field: Field) -> bool {
        const MANY: u64 = 70;
        if self.filled == 0 {
            return false;
        }
        match field {
            Field::DateNaissance | Field::DateEntree | Field::DateSortie => self.nir_percent >= MANY || self.digit_percent == 0,
            Field::Nir => self.nir_percent == 0 && (self.date_percent() >= MANY || self.short_percent >= MANY || self.digit_percent == 0),
            Field::CleNir => self.short_percent < MANY,
            Field::NomNaissance | Field::NomUsage | Field::Prenom | Field::NomPrenom | Field::Sexe | Field::CommuneNaissance => {
                self.nir_percent >= MANY || (self.date_percent() >= MANY && field != Field::CommuneNaissance)
            }
            Field::MotifSortie => self.nir_percent >= MANY,
            Field::Siret => self.nir_percent >= MANY || self.date_percent() >= MANY,
        }
    }
}
