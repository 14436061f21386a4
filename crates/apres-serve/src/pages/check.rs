//! The check of a list: how the file was understood, its columns corrected by menus, its errors, and the confirmation.

use std::collections::BTreeMap;

use apres_protect::Period;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use crate::codes::Coded as _;
use crate::desk::{
    ConfirmRefusal, Confirmation, Field, LegalBasis, ListCheck, ListId, ListState, OTHER_PROGRAMME, PeriodChoice, Purpose, RowError,
};
use crate::export;
use crate::fault::PageFault;
use crate::form::Form;
use crate::frame::Frame;
use crate::french;
use crate::messages::{knows, say, text, word};
use crate::pages::lists::{address, download};
use crate::pages::{Page, page, page_with};
use crate::said::Speaker;
use crate::state::ServeState;
use crate::visitor::Visitor;

/// A choice of a menu or of a group of radio buttons.
pub(crate) struct Choice {
    pub(crate) code: &'static str,
    pub(crate) label: &'static str,
    pub(crate) is_chosen: bool,
}

/// A column to check.
pub(crate) struct Column {
    pub(crate) index: usize,
    pub(crate) header: String,
    pub(crate) samples: Vec<String>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) is_doubtful: bool,
}

/// An error in a row.
pub(crate) struct Wrong {
    pub(crate) line: String,
    pub(crate) column: String,
    pub(crate) cell: String,
    pub(crate) what: String,
    pub(crate) fix: String,
    pub(crate) consequence: &'static str,
}

/// Something that the form lacks: the field's identifier and the sentence.
pub(crate) struct Problem {
    pub(crate) field: &'static str,
    pub(crate) sentence: &'static str,
}

/// The page.
#[derive(Template)]
#[template(path = "check.html")]
pub(crate) struct CheckPage {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) columns: Vec<Column>,
    pub(crate) missing: Vec<&'static str>,
    pub(crate) blocking: Vec<&'static str>,
    pub(crate) rows_read: String,
    pub(crate) rows_ok: String,
    /// At least one row can be searched.
    pub(crate) has_usable_rows: bool,
    /// What is left out, in words.
    pub(crate) left_out: Vec<String>,
    pub(crate) has_errors: bool,
    pub(crate) errors: Vec<Wrong>,
    pub(crate) errors_left_off: Option<String>,
    pub(crate) purposes: Vec<Choice>,
    pub(crate) bases: Vec<Choice>,
    pub(crate) is_informed: bool,
    pub(crate) programmes: Vec<MenuChoice>,
    pub(crate) periods: Vec<MenuChoice>,
    pub(crate) period_rows_min: String,
    pub(crate) problems: Vec<Problem>,
}

/// A choice of a menu whose words are not in the message table.
pub(crate) struct MenuChoice {
    pub(crate) code: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

impl CheckPage {
    /// The sentence about a field, when it is wrong.
    pub(crate) fn problem(&self, field: &str) -> Option<&'static str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.sentence)
    }

    /// The search may be started.
    pub(crate) fn is_searchable(&self) -> bool {
        self.blocking.is_empty() && self.has_usable_rows && !self.periods.is_empty()
    }

    /// Everything is there but enough people who left within one period.
    pub(crate) fn is_too_short(&self) -> bool {
        self.blocking.is_empty() && self.has_usable_rows && self.periods.is_empty()
    }
}

type Fields = BTreeMap<String, String>;

/// `GET /listes/{id}/verifier`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let id = ListId(id);
    let found = state.desk.list(&visitor.viewer, &id).await?;
    if found.state != ListState::ToCheck {
        return Ok(Redirect::to(&address(&found)).into_response());
    }
    let check = state.desk.check(&visitor.viewer, &id).await?;
    page(&check_page(&state, &visitor, check, &Fields::new(), Vec::new()))
}

/// `POST /listes/{id}/colonnes`: the meaning of each column, `c0=nir&c1=…`.
pub(crate) async fn correct(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>, Form(fields): Form<Fields>) -> Page {
    let read = |(name, value): (&String, &String)| Some((name.strip_prefix('c')?.parse().ok()?, Field::of_code(value)?));
    let mapping: Option<Vec<(usize, Field)>> = fields.iter().map(read).collect();
    let id = ListId(id);
    state.desk.correct(&visitor.viewer, &id, &mapping.ok_or(PageFault::Unreadable)?).await?;
    Ok(Redirect::to(&format!("/listes/{id}/verifier")).into_response())
}

/// `POST /listes/{id}/confirmer`.
pub(crate) async fn confirm(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>, Form(fields): Form<Fields>) -> Page {
    let chosen = |name: &str| fields.get(name).map_or("", String::as_str);
    let (purpose, legal_basis) = (Purpose::of_code(chosen("finalite")), LegalBasis::of_code(chosen("base")));
    let is_informed = chosen("information") == "oui";
    let programme = programme_of(&state, chosen("programme"));
    let period = period_of(chosen("periode"));
    let id = ListId(id);
    let is_waiting = state.desk.list(&visitor.viewer, &id).await?.state == ListState::ToCheck;
    if is_waiting {
        let check = state.desk.check(&visitor.viewer, &id).await?;
        if check.rows_ok == 0 || check.periods.is_empty() {
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &check_page(&state, &visitor, check, &fields, Vec::new()));
        }
    }
    let mut problems: Vec<Problem> = Vec::new();
    if let (Some(purpose), Some(legal_basis), Some(programme), Some(period), true) =
        (purpose, legal_basis, programme.clone(), period, is_informed)
    {
        let confirmation = Confirmation { programme, period, purpose, legal_basis };
        match state.desk.confirm(&visitor.viewer, &id, confirmation).await? {
            Ok(()) => return Ok(Redirect::to(&format!("/listes/{id}/suivi")).into_response()),
            Err(ConfirmRefusal::SlotTaken) => problems.push(Problem { field: "periode", sentence: text("form.slot_taken") }),
            Err(ConfirmRefusal::NoSuchPeriod) => problems.push(Problem { field: "periode", sentence: text("form.period_missing") }),
        }
    }
    let wrong = [
        (programme.is_none(), "programme", "form.programme_missing"),
        (period.is_none(), "periode", "form.period_missing"),
        (purpose.is_none(), "finalite", "form.purpose_missing"),
        (legal_basis.is_none(), "base", "form.basis_missing"),
        (!is_informed, "information", "form.informed_missing"),
    ];
    problems.extend(wrong.iter().filter(|(is_wrong, _, _)| *is_wrong).map(|(_, field, key)| Problem { field, sentence: text(key) }));
    let check = state.desk.check(&visitor.viewer, &id).await?;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &check_page(&state, &visitor, check, &fields, problems))
}

/// A programme of the catalogue, or any other one.
fn programme_of(state: &ServeState, code: &str) -> Option<String> {
    let is_known = code == OTHER_PROGRAMME || state.desk.catalogue().programme(code).is_some();
    is_known.then(|| code.to_owned())
}

/// `2024T1-2024T4`.
fn period_of(code: &str) -> Option<Period> {
    let (from, to) = code.split_once('-')?;
    Some(Period { from: from.parse().ok()?, to: to.parse().ok()? })
}

fn period_code(period: Period) -> String {
    format!("{}-{}", period.from, period.to)
}

fn programmes(state: &ServeState, chosen: &str) -> Vec<MenuChoice> {
    let speaker = Speaker::new(state.desk.catalogue());
    let known = state.desk.catalogue().programmes().iter().map(|programme| (programme.id.clone(), speaker.programme(&programme.id)));
    let other = (OTHER_PROGRAMME.to_owned(), text("form.other_programme").to_owned());
    known.chain([other]).map(|(code, label)| MenuChoice { is_chosen: code == chosen, code, label }).collect()
}

/// The periods offered; the usual one is chosen until the depositor chooses another.
fn periods(check: &ListCheck, chosen: &str) -> Vec<MenuChoice> {
    let choice = |offered: &PeriodChoice| {
        let code = period_code(offered.period);
        let period = french::period(offered.period.from, offered.period.to);
        let label = say("check.period", &[("period", &period), ("rows", &french::integer(offered.rows))]);
        MenuChoice { is_chosen: if chosen.is_empty() { offered.is_usual } else { code == chosen }, code, label }
    };
    check.periods.iter().map(choice).collect()
}

/// `GET /listes/{id}/erreurs.csv`: the rows to correct, for the depositor's own use.
pub(crate) async fn errors(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let check = state.desk.check(&visitor.viewer, &ListId(id)).await?;
    let header =
        ["error.line", "error.column", "error.cell", "error.what", "error.fix", "error.consequence"].map(|key| text(key).to_owned());
    let lines = check.errors.iter().map(wrong).map(|wrong| {
        [wrong.line, wrong.column, wrong.cell, wrong.what, wrong.fix, wrong.consequence.to_owned()]
            .iter()
            .map(|content| export::quoted(content))
            .collect()
    });
    Ok(download("lignes-a-corriger.csv", "text/csv; charset=utf-8".to_owned(), export::csv_lines(&header, lines)))
}

fn check_page(state: &ServeState, visitor: &Visitor, check: ListCheck, fields: &Fields, problems: Vec<Problem>) -> CheckPage {
    let key = if problems.is_empty() && check.rows_ok > 0 { "page.check" } else { "page.check_error" };
    let name = french::file_name(&check.line.name);
    let title = say(key, &[("name", &name)]);
    let said = |is_blocking: bool| {
        let fields = check.missing.iter().filter(move |missing| missing.is_blocking == is_blocking);
        fields.map(|missing| missing_words(missing.field)).collect()
    };
    let chosen = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (periods, period_rows_min) = (periods(&check, &chosen("periode")), french::integer(check.period_rows_min));
    CheckPage {
        frame: Frame::new(state, visitor, "listes", &title),
        id: check.line.id.to_string(),
        name,
        facts: facts(&check),
        missing: said(false),
        blocking: said(true),
        rows_read: french::integer(check.rows_read),
        rows_ok: french::integer(check.rows_ok),
        has_usable_rows: check.rows_ok > 0,
        left_out: left_out(&check),
        has_errors: !check.errors.is_empty(),
        errors: check.errors.iter().map(wrong).collect(),
        errors_left_off: (check.errors_left_off > 0).then(|| french::integer(check.errors_left_off)),
        columns: check.columns.into_iter().map(column).collect(),
        purposes: choices::<Purpose>("purpose", &chosen("finalite")),
        bases: choices::<LegalBasis>("basis", &chosen("base")),
        is_informed: chosen("information") == "oui",
        programmes: programmes(state, &chosen("programme")),
        periods,
        period_rows_min,
        problems,
    }
}

fn choices<T: crate::codes::Coded>(group: &str, chosen: &str) -> Vec<Choice> {
    let all = T::ALL.iter().map(|value| value.code());
    all.map(|code| Choice { code, label: text(&format!("{group}.{code}")), is_chosen: code == chosen }).collect()
}

fn column(found: crate::desk::Column) -> Column {
    Column {
        index: found.index,
        header: found.header,
        samples: found.samples,
        choices: choices::<Field>("field", found.field.code()),
        is_doubtful: !found.is_certain,
    }
}

fn facts(check: &ListCheck) -> Vec<(&'static str, String)> {
    let recognised = &check.recognised;
    let mut facts = vec![(text("check.format"), word("format", &recognised.format))];
    facts.extend(recognised.encoding.as_ref().map(|encoding| (text("check.encoding"), encoding.to_uppercase())));
    facts.extend(recognised.separator.map(|mark| (text("check.separator"), text(separator_key(mark)).to_owned())));
    facts.extend(recognised.date_format.as_ref().map(|format| (text("check.dates"), format.clone())));
    facts.push((text("check.header"), header(check)));
    facts
}

/// Which line was read as the names of the columns, and so as no person; a file without any has columns named by letters.
fn header(check: &ListCheck) -> String {
    let is_lettered = |column: &crate::desk::Column| column.header == letters(column.index);
    if check.recognised.title_lines == 0 && check.columns.iter().all(is_lettered) {
        return text("check.no_header").to_owned();
    }
    say("check.header_line", &[("n", &french::integer(check.recognised.title_lines + 1))])
}

/// `A` … `Z`, `AA`…: the name of a column that has none.
fn letters(column: usize) -> String {
    let letter = |place: usize| char::from(b'A' + u8::try_from(place % 26).unwrap_or(0));
    if column < 26 { letter(column).to_string() } else { format!("{}{}", letter(column / 26 - 1), letter(column)) }
}

fn separator_key(mark: char) -> &'static str {
    match mark {
        ',' => "separator.comma",
        '\t' => "separator.tab",
        '|' => "separator.pipe",
        _ => "separator.semicolon",
    }
}

fn missing_words(field: Field) -> &'static str {
    let key = format!("missing.{}", field.code());
    if knows(&key) { text(&key) } else { text("missing.other") }
}

/// `7 en double`, `21 à corriger`; nothing when every row is searched.
fn left_out(check: &ListCheck) -> Vec<String> {
    let counted = [("check.dropped", check.rows_dropped), ("check.to_correct", check.rows_with_errors)];
    counted.iter().filter(|(_, rows)| *rows > 0).map(|(key, rows)| say(key, &[("n", &french::integer(*rows))])).collect()
}

/// The words of a code; a code that has none is never shown.
fn explained(group: &str, code: &str) -> String {
    let key = format!("{group}.{code}");
    text(if knows(&key) {
        &key
    } else if group == "row_fix" {
        "row_fix.other"
    } else {
        "row_error.other"
    })
    .to_owned()
}

fn wrong(found: &RowError) -> Wrong {
    Wrong {
        line: french::integer(found.line),
        column: found.column.clone(),
        cell: found.cell.clone(),
        what: explained("row_error", &found.code),
        fix: explained("row_fix", &found.fix),
        consequence: text(if found.is_kept { "check.kept" } else { "check.left_out" }),
    }
}
