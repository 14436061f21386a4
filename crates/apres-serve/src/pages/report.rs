//! The report of a list: who was found, then the *bilan* of the list.

use apres_protect::{Dimension, Period, Population, RefusalCode, Release};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};

use crate::ask;
use crate::bilan::{
    Bilan, FOUND_BY_INDICATORS, Figured, MATCH_INDICATORS, Number, RefusalView, Table, Words, found_by, match_report, notes_of, refusal,
};
use crate::desk::{Answer, Coverage, DeskFault, ListId, ListLine, ListState, Slot};
use crate::export;
use crate::filters::{Filters, Scene};
use crate::frame::Frame;
use crate::french;
use crate::messages::{say, text};
use crate::pages::bilan::{filters_in_words, people_of, status};
use crate::pages::lists::{Line, address, line, programme_of};
use crate::pages::{Page, page};
use crate::said::Speaker;
use crate::selection::{Around, Params, Selection, breakdowns_for, usual_period};
use crate::state::ServeState;
use crate::visitor::Visitor;

/// Who was found.
pub(crate) struct Match {
    pub(crate) numbers: Vec<Number>,
    /// What is to be read under them.
    pub(crate) notes: Vec<&'static str>,
    /// Why there are fewer people than rows.
    pub(crate) fewer: Option<String>,
    pub(crate) ways: Result<Figured, String>,
    /// Whether those who were found are like the others, one table a dimension; only what may be said.
    pub(crate) biases: Vec<Table>,
}

/// The dimensions by which those who were found are compared with the others.
const COMPARED_BY: [Dimension; 4] = [Dimension::Sex, Dimension::AgeBand, Dimension::Quarter, Dimension::Departement];

/// Asks, for each dimension, which share of each group was found. A dimension of one group tells nothing.
async fn compared(state: &ServeState, visitor: &Visitor, matching: &Selection) -> Result<Vec<(Dimension, Release)>, DeskFault> {
    let mut releases = Vec::new();
    for dimension in COMPARED_BY {
        let request = matching.request(&visitor.viewer, &FOUND_BY_INDICATORS, &[dimension]);
        if let Answer::Release(release) = ask::ask(&*state.desk, &visitor.viewer, request).await? {
            releases.push((dimension, release));
        }
    }
    Ok(releases)
}

/// The tables of these releases that hold more than their total.
fn biases(speaker: Speaker<'_>, compared: &[(Dimension, Release)]) -> Vec<Table> {
    let tables = compared.iter().map(|(dimension, release)| found_by(speaker, release, *dimension));
    tables.filter(|table| table.rows.len() + table.folded.len() > 1).collect()
}

/// The page.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct ReportPage {
    pub(crate) frame: Frame,
    pub(crate) line: Line,
    /// The programme and the period that it was registered for.
    pub(crate) about: String,
    /// Whose list it is; empty for the operator's.
    pub(crate) organisation: String,
    pub(crate) found: Result<Match, RefusalView>,
    pub(crate) filters: Filters,
    pub(crate) outcome: Result<Bilan, RefusalView>,
    pub(crate) path: String,
}

/// A list, what it was registered for, and its quarters of exit.
struct Held {
    list: ListLine,
    slot: Option<Slot>,
    quarters: Period,
}

impl Held {
    async fn read(state: &ServeState, visitor: &Visitor, list: ListLine, coverage: &Coverage) -> Result<Self, DeskFault> {
        let slot = state.desk.slot(&visitor.viewer, &list.id).await?;
        let of_file = || list.period.map_or_else(|| usual_period(coverage), |(from, to)| Period { from, to: to.max(from) });
        let quarters = slot.as_ref().map_or_else(of_file, |slot| slot.period);
        Ok(Self { list, slot, quarters })
    }

    /// `Insertion par l’activité économique, sorties de janvier à décembre 2025`.
    fn about(&self, speaker: Speaker<'_>) -> String {
        let period = french::period(self.quarters.from, self.quarters.to);
        match &self.slot {
            Some(slot) => say("report.about", &[("programme", &programme_of(speaker, slot)), ("period", &period)]),
            None => say("report.about_period", &[("period", &period)]),
        }
    }

    /// `de l’insertion par l’activité économique, `, or nothing when the programme is not known.
    fn of_programme(&self, speaker: Speaker<'_>) -> String {
        let known = self.slot.as_ref().and_then(|slot| speaker.catalogue().programme(&slot.programme));
        known.map_or_else(String::new, |programme| {
            say("report.programme", &[("programme", text(&format!("programme_of.{}", programme.id)))])
        })
    }

    /// `de la liste « sorties.csv », sorties de l’insertion par l’activité économique, de janvier à décembre 2025 (femmes),`.
    fn who(&self, speaker: Speaker<'_>, selection: &Selection) -> String {
        let programme = self.of_programme(speaker);
        let (name, period) = (french::file_name(&self.list.name), french::period(selection.period.from, selection.period.to));
        let filters = filters_in_words(speaker, selection);
        say("sentence.who_list", &[("list", &name), ("programme", &programme), ("period", &period), ("filters", &filters)])
    }

    /// Why there are fewer people than rows.
    fn fewer(&self, is_perturbed: bool) -> Option<String> {
        let rows = french::integer(self.list.rows?);
        let period = french::period(self.quarters.from, self.quarters.to);
        let why = say("report.rows", &[("rows", &rows), ("period", &period)]);
        Some(if is_perturbed { format!("{why} {}", text("report.perturbed")) } else { why })
    }
}

fn selected(state: &ServeState, visitor: &Visitor, held: &Held, coverage: &Coverage, params: &Params) -> (Selection, Vec<String>) {
    let population = Population::List(held.list.id.0.clone());
    let held = held.quarters;
    let usual = Selection::usual(population, held, &visitor.viewer);
    let around = Around { catalogue: state.desk.catalogue(), coverage, viewer: &visitor.viewer };
    let (selection, notices) = Selection::read(usual, params, &around);
    (selection.within(held), notices)
}

/// Too few of the whole list were found for anything to be said, or the list is too close to another one: the words are the same, so that neither who was found nor
/// what others deposited can be told from them. Another period would not help, another list may.
fn few_found() -> RefusalView {
    let ways = [("report.few_longer", "/listes/deposer"), ("report.few_number", "/listes/modele")];
    RefusalView {
        title: text("report.few_title").to_owned(),
        rule: text("report.few_rule").to_owned(),
        why: text("refusal.cohort_too_small").to_owned(),
        offers: Vec::new(),
        nothing_near: "",
        ways: ways.map(|(key, href)| (text(key).to_owned(), href.to_owned())).to_vec(),
    }
}

/// `GET /listes/{id}/rapport`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>, Query(params): Query<Params>) -> Page {
    let list = state.desk.list(&visitor.viewer, &ListId(id)).await?;
    if list.state != ListState::Ready {
        return Ok(Redirect::to(&address(&list)).into_response());
    }
    let coverage = state.desk.coverage().await?;
    let path = address(&list);
    let deposited = Held::read(&state, &visitor, list, &coverage).await?;
    let (selection, notices) = selected(&state, &visitor, &deposited, &coverage, &params);
    let viewer = &visitor.viewer;
    let speaker = Speaker::new(state.desk.catalogue());
    let who = deposited.who(speaker, &selection);
    let dimensions = breakdowns_for(viewer, &selection.population);
    let own = text("chart.own_list");
    let known = state.desk.known_errors(viewer).await?;
    let held = deposited.quarters;
    let words = Words {
        speaker,
        selection: &selection,
        usual: &Selection::usual(selection.population.clone(), held, viewer),
        path: &path,
        own,
        who: &who,
        dimensions: &dimensions,
        held,
        known: &known,
        vintage: coverage.vintage.as_ref(),
    };
    let matching = Selection { sex: None, age: None, period: held, ..selection.clone() };
    let found = match ask::ask(&*state.desk, viewer, matching.request(viewer, &MATCH_INDICATORS, &[])).await? {
        Answer::Release(release) => {
            let (numbers, ways) = match_report(speaker, &release);
            let compared = compared(&state, &visitor, &matching).await?;
            let fewer = deposited.fewer(release.is_perturbed());
            let notes = notes_of(&numbers);
            Ok(Match { numbers, notes, fewer, ways, biases: biases(speaker, &compared) })
        }
        Answer::Refusal(refused) if refused.code == RefusalCode::CohortTooSmall => Err(few_found()),
        Answer::Refusal(refused) => Err(refusal(&refused, &[], &words)),
    };
    let outcome = ask::outcome(&*state.desk, viewer, &words).await?;
    let status = status(&outcome, &french::period(selection.period.from, selection.period.to));
    let scene = Scene { speaker, coverage: &coverage, viewer, selection: &selection, path: &path, quarters: held };
    let filters = scene.filters(notices, status);
    let (about, line) = (deposited.about(speaker), line(speaker, &deposited.list, deposited.slot.as_ref()));
    let title = say("page.report", &[("name", &line.name), ("about", &about)]);
    let frame = Frame::new(&state, &visitor, "listes", &title);
    let organisation = viewer.named_organisation().unwrap_or_default().to_owned();
    page(&ReportPage { frame, line, about, organisation, found, filters, outcome, path })
}

/// Whom an exported file is about: the list by name, its quarters and the filters.
fn people(speaker: Speaker<'_>, visitor: &Visitor, deposited: &Held, selection: &Selection) -> String {
    let (list, programme) = (&deposited.list, deposited.of_programme(speaker));
    let period = french::period(selection.period.from, selection.period.to);
    let filters = filters_in_words(speaker, selection);
    let who = say("export.about_list", &[("list", &list.name), ("programme", &programme), ("period", &period), ("filters", &filters)]);
    people_of(&visitor.viewer, &who)
}

/// `GET /listes/{id}/rapport/export.csv` and `export.xlsx`.
pub(crate) async fn export(
    State(state): State<ServeState>,
    visitor: Visitor,
    Path((id, kind)): Path<(String, String)>,
    Query(params): Query<Params>,
) -> Page {
    let list = state.desk.list(&visitor.viewer, &ListId(id)).await?;
    let coverage = state.desk.coverage().await?;
    let mut params = params;
    let table = params.remove("tableau");
    let deposited = Held::read(&state, &visitor, list, &coverage).await?;
    let list = &deposited.list;
    let (selection, _) = selected(&state, &visitor, &deposited, &coverage, &params);
    let speaker = Speaker::new(state.desk.catalogue());
    if table.as_deref() == Some("match") {
        let matching = Selection { sex: None, age: None, period: deposited.quarters, ..selection };
        return match ask::ask(&*state.desk, &visitor.viewer, matching.request(&visitor.viewer, &MATCH_INDICATORS, &[])).await? {
            Answer::Release(release) => {
                let people = people(speaker, &visitor, &deposited, &matching);
                let compared = compared(&state, &visitor, &matching).await?;
                export::match_file(speaker, &release, &compared, &kind, &people)
            }
            Answer::Refusal(_) => Ok(Redirect::to(&address(list)).into_response()),
        };
    }
    match ask::answers(&*state.desk, &visitor.viewer, &selection).await? {
        Ok(answers) => {
            let people = people(speaker, &visitor, &deposited, &selection);
            export::file(speaker, &answers, table.as_deref(), &kind, &export::Titled { name: "apres-liste", people: &people })
        }
        Err(_) => Ok(Redirect::to(&format!("{}{}", address(list), selection.query())).into_response()),
    }
}
