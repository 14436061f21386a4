//! *Mes listes*: the table, the deposit, the state of the work, the erasure and its receipt.

use apres_protect::Period;
use askama::Template;
use axum::Json;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::codes::Coded as _;
use crate::desk::{DeskFault, ListFile, ListId, ListLine, ListState, OTHER_PROGRAMME, Progress, Receipt, SearchStep, Slot};
use crate::fault::PageFault;
use crate::frame::Frame;
use crate::french;
use crate::messages::{say, text};
use crate::pages::{Page, page, page_with};
use crate::said::Speaker;
use crate::state::ServeState;
use crate::visitor::Visitor;

/// One line of the table, in words.
pub(crate) struct Line {
    pub(crate) id: String,
    /// As shown.
    pub(crate) name: String,
    /// As it was sent, when what is shown is shorter.
    pub(crate) whole_name: Option<String>,
    pub(crate) rows: String,
    pub(crate) programme: String,
    pub(crate) period: String,
    pub(crate) deposited: String,
    pub(crate) state: &'static str,
    /// Class of the badge.
    pub(crate) badge: &'static str,
    pub(crate) erase_on: String,
    pub(crate) action: &'static str,
    pub(crate) is_erased: bool,
}

/// The table of lists.
#[derive(Template)]
#[template(path = "lists.html")]
pub(crate) struct ListsPage {
    pub(crate) frame: Frame,
    pub(crate) lines: Vec<Line>,
}

/// The deposit form.
#[derive(Template)]
#[template(path = "deposit.html")]
pub(crate) struct DepositPage {
    pub(crate) frame: Frame,
    pub(crate) problem: String,
    pub(crate) megabytes_max: usize,
    pub(crate) has_example: bool,
}

/// The state of the work.
#[derive(Template)]
#[template(path = "progress.html")]
pub(crate) struct ProgressPage {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) words: String,
    pub(crate) usual: Option<String>,
    pub(crate) done: Option<u8>,
    pub(crate) has_failed: bool,
}

/// The question before an erasure.
#[derive(Template)]
#[template(path = "erase.html")]
pub(crate) struct ErasePage {
    pub(crate) frame: Frame,
    pub(crate) line: Line,
}

/// The receipt of an erasure.
#[derive(Template)]
#[template(path = "receipt.html")]
pub(crate) struct ReceiptPage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) rows: String,
    pub(crate) deposited: String,
    pub(crate) erased: String,
    pub(crate) proof: String,
}

/// `GET /listes`.
pub(crate) async fn index(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let speaker = Speaker::new(state.desk.catalogue());
    let mut lines = Vec::new();
    for found in state.desk.lists(&visitor.viewer).await? {
        let slot = state.desk.slot(&visitor.viewer, &found.id).await?;
        lines.push(line(speaker, &found, slot.as_ref()));
    }
    let frame = Frame::new(&state, &visitor, "listes", text("page.lists"));
    page(&ListsPage { frame, lines })
}

/// `GET /listes/deposer`.
pub(crate) async fn deposit(State(state): State<ServeState>, visitor: Visitor) -> Page {
    page(&deposit_page(&state, &visitor, "").await?)
}

async fn deposit_page(state: &ServeState, visitor: &Visitor, problem: &str) -> Result<DepositPage, DeskFault> {
    let title = if problem.is_empty() { text("page.deposit") } else { text("page.deposit_error") };
    Ok(DepositPage {
        frame: Frame::new(state, visitor, "listes", title),
        problem: problem.to_owned(),
        megabytes_max: state.config.upload_bytes_max / (1024 * 1024),
        has_example: state.desk.list_example().await?.is_some(),
    })
}

/// `POST /listes/deposer`.
pub(crate) async fn submit(State(state): State<ServeState>, visitor: Visitor, multipart: Multipart) -> Page {
    let Some(file) = read_file(multipart).await? else {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &deposit_page(&state, &visitor, text("deposit.missing")).await?);
    };
    match state.desk.submit_list(&visitor.viewer, file).await? {
        Ok(id) => Ok(Redirect::to(&format!("/listes/{id}/verifier")).into_response()),
        Err(refusal) => {
            let problem = text(&format!("deposit.{}", refusal.code()));
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &deposit_page(&state, &visitor, problem).await?)
        }
    }
}

/// The file of the form; none when no file was chosen.
async fn read_file(mut multipart: Multipart) -> Result<Option<ListFile>, PageFault> {
    while let Some(field) = multipart.next_field().await.map_err(unreadable)? {
        if field.name() != Some("fichier") {
            continue;
        }
        let name = file_name(field.file_name().unwrap_or_default());
        let bytes = field.bytes().await.map_err(unreadable)?.to_vec();
        return Ok((!name.is_empty()).then_some(ListFile { name, bytes }));
    }
    Ok(None)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives the value")]
fn unreadable(fault: MultipartError) -> PageFault {
    if fault.status() == StatusCode::PAYLOAD_TOO_LARGE { PageFault::TooBig } else { PageFault::Unreadable }
}

/// Characters of the name of a file; what is longer is cut before the extension.
const FILE_NAME_CHARS_MAX: usize = 120;
/// Characters of an extension, its point included.
const EXTENSION_CHARS_MAX: usize = 6;

/// The last part of a path, without control characters, of a length that is bounded.
fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let letters: Vec<char> = last.trim().chars().filter(|letter| !letter.is_control()).collect();
    let point = letters.iter().rposition(|letter| *letter == '.').filter(|point| letters.len() - point <= EXTENSION_CHARS_MAX);
    let (stem, extension) = letters.split_at(point.unwrap_or(letters.len()));
    stem.iter().take(FILE_NAME_CHARS_MAX - extension.len()).chain(extension).collect::<String>().trim().to_owned()
}

/// `GET /listes/{id}`: the page of the state in which the list is.
pub(crate) async fn show(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let found = state.desk.list(&visitor.viewer, &ListId(id)).await?;
    Ok(Redirect::to(&address(&found)).into_response())
}

/// `GET /listes/{id}/suivi`.
pub(crate) async fn progress(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let found = state.desk.progress(&visitor.viewer, &ListId(id)).await?;
    if !is_waiting(found.line.state) {
        return Ok(Redirect::to(&address(&found.line)).into_response());
    }
    let name = french::file_name(&found.line.name);
    let title = say("page.progress", &[("name", &name)]);
    page(&ProgressPage {
        frame: Frame::new(&state, &visitor, "listes", &title),
        id: found.line.id.to_string(),
        name,
        state: found.line.state.code(),
        words: progress_words(&found),
        usual: found.usual_seconds.map(french::duration),
        done: found.step.map(SearchStep::hundredths),
        has_failed: found.line.state == ListState::Failed,
    })
}

/// `GET /listes/{id}/suivi.json`: the same for the page's script.
pub(crate) async fn progress_json(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let found = state.desk.progress(&visitor.viewer, &ListId(id)).await?;
    let done = found.step.map(SearchStep::hundredths);
    Ok(Json(json!({ "state": found.line.state.code(), "text": progress_words(&found), "done": done })).into_response())
}

/// `GET /listes/{id}/effacer`.
pub(crate) async fn ask_erase(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let found = state.desk.list(&visitor.viewer, &ListId(id)).await?;
    if found.state == ListState::Erased {
        return Ok(Redirect::to(&address(&found)).into_response());
    }
    let slot = state.desk.slot(&visitor.viewer, &found.id).await?;
    let line = line(Speaker::new(state.desk.catalogue()), &found, slot.as_ref());
    let title = say("page.erase", &[("name", &line.name)]);
    page(&ErasePage { frame: Frame::new(&state, &visitor, "listes", &title), line })
}

/// `POST /listes/{id}/effacer`.
pub(crate) async fn erase(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let receipt = state.desk.erase(&visitor.viewer, &ListId(id)).await?;
    Ok(Redirect::to(&format!("/listes/{}/recu", receipt.id)).into_response())
}

/// `GET /listes/{id}/recu`.
pub(crate) async fn receipt(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let Receipt { name, rows, deposited_at, erased_at, proof, .. } = state.desk.receipt(&visitor.viewer, &ListId(id)).await?;
    let name = french::file_name(&name);
    let title = say("page.receipt", &[("name", &name)]);
    page(&ReceiptPage {
        frame: Frame::new(&state, &visitor, "listes", &title),
        name,
        rows: french::integer(rows),
        deposited: french::moment(deposited_at),
        erased: french::moment(erased_at),
        proof,
    })
}

/// `GET /listes/modele`.
pub(crate) async fn template(State(state): State<ServeState>) -> Page {
    let template = state.desk.list_template().await?;
    Ok(download(&template.file_name, template.media_type, template.bytes))
}

/// `GET /listes/exemple`.
pub(crate) async fn example(State(state): State<ServeState>) -> Page {
    let example = state.desk.list_example().await?.ok_or(DeskFault::NotFound)?;
    Ok(download(&example.file_name, example.media_type, example.bytes))
}

/// A file to be saved; its name is ours, in letters, digits, `-`, `_` and `.`.
pub(crate) fn download(name: &str, media_type: String, bytes: Vec<u8>) -> Response {
    let safe: String = name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).collect();
    let disposition = format!("attachment; filename=\"{safe}\"");
    ([(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

fn is_waiting(state: ListState) -> bool {
    matches!(state, ListState::Queued | ListState::Matching | ListState::Failed)
}

/// The page of a list, by its state.
pub(crate) fn address(line: &ListLine) -> String {
    let page = match line.state {
        ListState::ToCheck => "verifier",
        ListState::Queued | ListState::Matching | ListState::Failed => "suivi",
        ListState::Ready => "rapport",
        ListState::Erased => "recu",
    };
    format!("/listes/{}/{page}", line.id)
}

fn progress_words(progress: &Progress) -> String {
    match (progress.line.state, progress.step) {
        (ListState::Matching, Some(step)) => {
            let words = text(&format!("search_step.{}", step.code()));
            let places = [("place", step.place().to_string()), ("count", SearchStep::COUNT.to_string()), ("words", words.to_owned())];
            let places = places.each_ref().map(|(name, value)| (*name, value.as_str()));
            say("progress.step", &places)
        }
        (state, _) => text(&format!("progress.{}", state.code())).to_owned(),
    }
}

/// Name of the programme that a list is about.
pub(crate) fn programme_of(speaker: Speaker<'_>, slot: &Slot) -> String {
    if slot.programme == OTHER_PROGRAMME { text("form.other_programme").to_owned() } else { speaker.programme(&slot.programme) }
}

/// A line in words; its period is the one it was registered for, or else that of its file.
pub(crate) fn line(speaker: Speaker<'_>, found: &ListLine, slot: Option<&Slot>) -> Line {
    let period = slot.map(|slot| slot.period).or(found.period.map(|(from, to)| Period { from, to }));
    let name = french::file_name(&found.name);
    let (badge, action) = match found.state {
        ListState::ToCheck => ("fr-badge--warning", "action.check"),
        ListState::Queued | ListState::Matching => ("", "action.follow"),
        ListState::Ready => ("fr-badge--success", "action.read"),
        ListState::Failed => ("fr-badge--error", "action.follow"),
        ListState::Erased => ("ap-badge--quiet", "action.receipt"),
    };
    Line {
        id: found.id.to_string(),
        whole_name: (name != found.name).then(|| found.name.clone()),
        name,
        programme: slot.map_or_else(|| text("table.unchosen").to_owned(), |slot| programme_of(speaker, slot)),
        rows: found.rows.map_or_else(|| text("table.unread").to_owned(), french::integer),
        period: period.map_or_else(|| text("table.unread").to_owned(), |period| french::period(period.from, period.to)),
        deposited: french::day(found.deposited_at),
        state: text(&format!("list_state.{}", found.state.code())),
        badge,
        erase_on: found.erase_on.map(french::day).unwrap_or_default(),
        action: text(action),
        is_erased: found.state == ListState::Erased,
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE_NAME_CHARS_MAX, file_name};

    #[test]
    fn a_file_name_has_no_folder_and_no_control_character() {
        assert_eq!(file_name("C:\\Users\\x\\liste 2025.csv"), "liste 2025.csv");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("a\r\nb.csv"), "ab.csv");
        assert_eq!(file_name(""), "");
        let long = file_name(&format!("{}.csv", "x".repeat(400)));
        assert!(long.chars().count() == FILE_NAME_CHARS_MAX && long.ends_with("x.csv"), "{long}");
        assert_eq!(file_name(&format!("a.{}", "x".repeat(400))).chars().count(), FILE_NAME_CHARS_MAX);
    }
}
