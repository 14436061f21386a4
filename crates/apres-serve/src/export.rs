//! Files of the figures of a page: the same releases as the page, one row per figure, in four formats.
//!
//! A hidden figure has an empty value and its reason in words. Every row carries what is needed to recompute it. A workbook and a JSON file also hold whom they are
//! about, the definitions of their indicators and what each reason means; a CSV is the rows alone, for programs.

use apres_protect::{Dimension, Figure, Reason, Release, ReleasedCell};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::bilan::Answers;
use crate::desk::Answer;
use crate::fault::PageFault;
use crate::french;
use crate::messages::{say, text};
use crate::said::{Speaker, hidden_size, polished};

mod json;
mod ods;
mod xlsx;

/// The endings of the files, in the order in which they are offered.
pub const FORMATS: [&str; 4] = ["xlsx", "ods", "csv", "json"];

/// Everything that a file holds.
struct Book {
    /// Whom it is about.
    people: String,
    /// Names of the columns.
    header: Vec<String>,
    /// One row per figure.
    rows: Vec<Vec<Value>>,
    /// What is to be read beside the figures: whom they are about first.
    notes: Vec<String>,
    /// Header, then one row per indicator of the figures.
    definitions: Vec<[String; 6]>,
    /// Header, then why a figure may be hidden.
    reasons: Vec<[String; 2]>,
}

/// A value of a cell of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Number(i64),
    /// A number in tenths.
    Tenths(i64),
    Empty,
}

/// Names of the columns, in the message table under `export.<name>`.
const COLUMNS: [&str; 19] = [
    "table",
    "group",
    "indicator",
    "label",
    "horizon",
    "dimension",
    "category",
    "value",
    "unit",
    "low",
    "high",
    "numerator",
    "denominator",
    "state",
    "provisional",
    "last_month",
    "lake",
    "policy",
    "digest",
];

/// Where the identifier of the indicator stands in a row.
const INDICATOR: usize = 2;

/// The tables that may be asked for alone, and the indicators of each.
const TABLES: [(&str, &[&str]); 5] = [
    ("chiffres", &["A-02", "B-01", "B-04", "B-10", "B-12", "A-03", "A-03U"]),
    ("courbe", &["B-01"]),
    ("contrats", &["D-01"]),
    ("mois", &["B-10D"]),
    ("match", &["A-03D"]),
];

/// What a file says of itself.
pub(crate) struct Titled<'a> {
    /// Start of its name.
    pub(crate) name: &'static str,
    /// Whom its figures are about, in words.
    pub(crate) people: &'a str,
}

/// The file asked for: `export.csv` or `export.xlsx`, whole or one table.
pub(crate) fn file(
    speaker: Speaker<'_>,
    answers: &Answers,
    table: Option<&str>,
    kind: &str,
    titled: &Titled<'_>,
) -> Result<Response, PageFault> {
    let rows = rows(speaker, answers, table, titled.people).ok_or(PageFault::NotFound)?;
    let name = titled.name;
    let about = About { people: titled.people, is_perturbed: answers.own.is_perturbed() };
    answer(speaker, rows, kind, &about, &table.map_or_else(|| name.to_owned(), |table| format!("{name}-{table}")))
}

/// The file of the match report: who was found, then which share of each group was.
pub(crate) fn match_file(
    speaker: Speaker<'_>,
    release: &Release,
    compared: &[(Dimension, Release)],
    kind: &str,
    people: &str,
) -> Result<Response, PageFault> {
    let found = Named { table: text("export_table.match"), group: people };
    let mut rows = rows_of(speaker, release, release.cells(), &found, |_| true);
    let groups = Named { table: text("export_table.found_by"), group: people };
    for (_, release) in compared {
        rows.extend(rows_of(speaker, release, release.cells(), &groups, |cell| !cell.group.is_empty()));
    }
    let about = About { people, is_perturbed: release.is_perturbed() };
    answer(speaker, rows, kind, &about, "apres-appariement")
}

/// What the figures of a file are about.
struct About<'a> {
    people: &'a str,
    is_perturbed: bool,
}

fn answer(speaker: Speaker<'_>, rows: Vec<Vec<Value>>, kind: &str, about: &About<'_>, name: &str) -> Result<Response, PageFault> {
    let book = Book::new(speaker, rows, about);
    let extension = kind.strip_prefix("export.").unwrap_or_default();
    let (content, media_type) = match extension {
        "csv" => (csv_lines(&book.header, book.rows.iter().map(|row| row.iter().map(Value::csv).collect())), "text/csv; charset=utf-8"),
        "xlsx" => (xlsx::workbook(&book)?, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "ods" => (ods::workbook(&book)?, ods::MEDIA_TYPE),
        "json" => (json::document(&book), "application/json"),
        _ => return Err(PageFault::NotFound),
    };
    let disposition = format!("attachment; filename=\"{name}.{extension}\"");
    Ok(([(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], content).into_response())
}

impl Book {
    fn new(speaker: Speaker<'_>, rows: Vec<Vec<Value>>, about: &About<'_>) -> Self {
        let is_in = |id: &str| rows.iter().any(|row| row.get(INDICATOR) == Some(&Value::text(id)));
        let titles =
            ["indicator", "label", "who", "what", "formula", "version"].map(|name| text(&format!("export_definition.{name}")).to_owned());
        let definitions = speaker.catalogue().indicators().iter().filter(|indicator| is_in(&indicator.id)).map(|indicator| {
            let texts =
                [&indicator.name, &indicator.denominator_text, &indicator.numerator_text, &indicator.formula].map(|words| polished(words));
            let [name, who, what, formula] = texts;
            [indicator.id.clone(), name, who, what, formula, indicator.version.clone()]
        });
        let definitions = std::iter::once(titles).chain(definitions).collect();
        let reasons = Reason::ALL.map(|reason| {
            let label = speaker.catalogue().reason_label(reason);
            [polished(&label.label), polished(&label.text)]
        });
        let titles = ["reason", "meaning"].map(|name| text(&format!("export_definition.{name}")).to_owned());
        let reasons = std::iter::once(titles).chain(reasons).collect();
        Self { people: about.people.to_owned(), header: header(), notes: notes_about(about), definitions, reasons, rows }
    }
}

/// Which table of the page and which group of people a row is about.
struct Named<'a> {
    table: &'a str,
    group: &'a str,
}

/// The rows of all the tables, or of one; none when there is no such table.
fn rows(speaker: Speaker<'_>, answers: &Answers, table: Option<&str>, people: &str) -> Option<Vec<Vec<Value>>> {
    let mut rows = Vec::new();
    if table != Some("repartition") {
        let indicators = table.map(|table| TABLES.iter().find(|(name, _)| *name == table).map(|(_, ids)| *ids));
        if indicators == Some(None) {
            return None;
        }
        let is_kept = |cell: &ReleasedCell| indicators.flatten().is_none_or(|ids| ids.contains(&cell.indicator.as_str()));
        let own = Named { table: text("export_table.main"), group: people };
        let release = &answers.own;
        rows.extend(rows_of(speaker, release, release.cells(), &own, is_kept));
        if let Some((name, cells)) = answers.reference() {
            rows.extend(rows_of(speaker, release, cells, &Named { group: name, ..own }, is_kept));
        }
    }
    if table.is_none_or(|table| table == "repartition")
        && let Answer::Release(release) = &answers.breakdown
    {
        let named = Named { table: text("export_table.breakdown"), group: people };
        rows.extend(rows_of(speaker, release, release.cells(), &named, |cell| !cell.group.is_empty()));
    }
    Some(rows)
}

fn rows_of(
    speaker: Speaker<'_>,
    release: &Release,
    cells: &[ReleasedCell],
    named: &Named<'_>,
    is_kept: impl Fn(&ReleasedCell) -> bool,
) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for cell in cells.iter().filter(|cell| is_kept(cell)) {
        let hidden = hidden_size(cells, &cell.group);
        match hidden.map_or(&cell.figure, |size| &size.figure) {
            Figure::Distribution { categories, .. } => {
                for (code, figure) in categories {
                    let category = speaker.category(&cell.indicator, code);
                    rows.push(row(speaker, release, named, cell, &category, figure));
                }
            }
            Figure::Quartiles { .. } => {
                rows.push(row(speaker, release, named, cell, text("export.median"), &cell.figure));
                rows.extend(mean(&cell.figure).map(|numbers| row_of(speaker, release, named, cell, text("export.mean"), numbers)));
            }
            figure => rows.push(row(speaker, release, named, cell, "", figure)),
        }
    }
    rows
}

fn row(speaker: Speaker<'_>, release: &Release, named: &Named<'_>, cell: &ReleasedCell, category: &str, figure: &Figure) -> Vec<Value> {
    row_of(speaker, release, named, cell, category, numbers(speaker, figure))
}

fn row_of(
    speaker: Speaker<'_>,
    release: &Release,
    named: &Named<'_>,
    cell: &ReleasedCell,
    category: &str,
    numbers: [Value; 7],
) -> Vec<Value> {
    let label = speaker.catalogue().indicator(&cell.indicator).map_or_else(String::new, |indicator| polished(&indicator.name));
    let dimension: Vec<String> = cell.group.iter().map(|(dimension, value)| speaker.value(*dimension, value)).collect();
    let provisional =
        if hidden_size(release.cells(), &cell.group).unwrap_or(cell).provisional { text("export.yes") } else { text("export.no") };
    let mut row = vec![
        Value::text(named.table),
        Value::text(named.group),
        Value::text(&cell.indicator),
        Value::text(&label),
        Value::Number(i64::from(cell.horizon)),
        Value::text(&dimension.join(", ")),
        Value::text(category),
    ];
    row.extend(numbers);
    row.extend([
        Value::text(provisional),
        Value::text(&release.last_month().to_string()),
        Value::count(release.lake_version()),
        Value::text(release.policy_version()),
        Value::text(release.digest()),
    ]);
    row
}

/// Value, unit, bounds, numerator, denominator, and the state in words.
fn numbers(speaker: Speaker<'_>, figure: &Figure) -> [Value; 7] {
    let (empty, shown) = (|| Value::Empty, || Value::text(text("export.shown")));
    let (percent, people) = (|| Value::text("%"), || Value::text(text("export.people")));
    match figure {
        Figure::Count { value } => [Value::count(*value), people(), empty(), empty(), empty(), empty(), shown()],
        Figure::Rate { percent: share, denominator, numerator, low, high } => {
            let (share, low, high) = (Value::points(*share), Value::points(*low), Value::points(*high));
            [share, percent(), low, high, numerator.map_or(Value::Empty, Value::count), Value::count(*denominator), shown()]
        }
        Figure::RateBelow { percent: bound, denominator } | Figure::RateAbove { percent: bound, denominator } => {
            let words = Value::text(&speaker.figure(figure).value);
            let is_below = matches!(figure, Figure::RateBelow { .. });
            let (low, high) = if is_below { (0, *bound) } else { (*bound, 100) };
            [empty(), percent(), Value::points(low), Value::points(high), empty(), Value::count(*denominator), words]
        }
        Figure::Quartiles { denominator, p25, median, p75, .. } => {
            let quarter = |value: &Option<i64>| value.map_or(Value::Empty, Value::Number);
            [
                Value::Number(*median),
                Value::text(text("export.months")),
                quarter(p25),
                quarter(p75),
                empty(),
                Value::count(*denominator),
                shown(),
            ]
        }
        Figure::Distribution { denominator, .. } => [empty(), empty(), empty(), empty(), empty(), Value::count(*denominator), shown()],
        Figure::Hidden { .. } => [empty(), empty(), empty(), empty(), empty(), empty(), Value::text(&speaker.figure(figure).value)],
    }
}

/// The mean beside a median, when it may be said.
fn mean(figure: &Figure) -> Option<[Value; 7]> {
    let Figure::Quartiles { denominator, mean_tenths: Some(tenths), .. } = figure else { return None };
    let empty = || Value::Empty;
    let unit = Value::text(text("export.months"));
    Some([Value::Tenths(*tenths), unit, empty(), empty(), empty(), Value::count(*denominator), Value::text(text("export.shown"))])
}

/// `12.5`.
fn decimal(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

impl Value {
    fn text(content: &str) -> Self {
        Self::Text(content.to_owned())
    }

    fn points(percent: u8) -> Self {
        Self::Number(i64::from(percent))
    }

    fn count(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Empty, Self::Number)
    }

    fn csv(&self) -> String {
        match self {
            Self::Text(content) => quoted(content),
            Self::Number(value) => value.to_string(),
            // A decimal comma and an ASCII sign, as French spreadsheets read numbers.
            Self::Tenths(value) => french::tenths(*value).replace('\u{2212}', "-"),
            Self::Empty => String::new(),
        }
    }
}

/// A text cell of a CSV file; one that a spreadsheet would take for a formula is made text.
pub(crate) fn quoted(content: &str) -> String {
    let is_formula = content.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if is_formula { format!("'{content}") } else { content.to_owned() };
    if safe.contains([';', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

/// A CSV file as French spreadsheets open it: UTF-8 with its mark, semicolons.
pub(crate) fn csv_lines(header: &[String], lines: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut content = String::from("\u{feff}");
    content.push_str(&header.join(";"));
    for line in lines {
        content.push_str("\r\n");
        content.push_str(&line.join(";"));
    }
    content.push_str("\r\n");
    content.into_bytes()
}

fn header() -> Vec<String> {
    COLUMNS.iter().map(|name| text(&format!("export.{name}")).to_owned()).collect()
}

/// What is to be read beside the figures: whom they are about first.
fn notes_about(about: &About<'_>) -> Vec<String> {
    let mut notes = vec![say("export.note_people", &[("people", about.people)])];
    let perturbed = about.is_perturbed.then_some("export.note_perturbed");
    let keys =
        ["export.note_coverage", "export.note_hidden", "export.note_range"].into_iter().chain(perturbed).chain(["export.note_digest"]);
    notes.extend(keys.map(|key| text(key).to_owned()));
    notes
}

#[cfg(test)]
mod tests {
    use super::{About, notes_about, quoted};

    #[test]
    fn the_notes_say_whom_the_figures_are_about() {
        let about = |is_perturbed| notes_about(&About { people: "Personnes sorties", is_perturbed });
        assert_eq!(about(true)[0], "De qui parlent ces chiffres\u{a0}: Personnes sorties");
        assert_eq!(about(true).len(), about(false).len() + 1, "that counts are changed is said when they are");
    }

    #[test]
    fn a_cell_is_never_a_formula_and_never_breaks_its_line() {
        assert_eq!(quoted("CDI"), "CDI");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("a;b"), "\"a;b\"");
        assert_eq!(quoted("dit \"non\""), "\"dit \"\"non\"\"\"");
    }
}
