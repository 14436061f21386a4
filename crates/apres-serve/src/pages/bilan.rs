//! *Bilan des sorties*: what became of the people who left, within the viewer's rights.

use apres_protect::Population;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};

use crate::ask;
use crate::bilan::{Bilan, RefusalView, Words};
use crate::desk::Coverage;
use crate::export;
use crate::filters::{Filters, Scene};
use crate::frame::Frame;
use crate::french;
use crate::messages::{say, text};
use crate::pages::{Page, page};
use crate::rights::{Rights, Viewer};
use crate::said::Speaker;
use crate::selection::{Around, Params, Place, Selection, breakdowns_for, usual_period};
use crate::state::ServeState;
use crate::visitor::Visitor;

const PATH: &str = "/bilan";

/// The page.
#[derive(Template)]
#[template(path = "bilan.html")]
pub(crate) struct BilanPage {
    pub(crate) frame: Frame,
    /// Whose exits, when and where, in words.
    pub(crate) about: String,
    pub(crate) filters: Filters,
    pub(crate) outcome: Result<Bilan, RefusalView>,
}

/// The page while there is nothing to ask about.
#[derive(Template)]
#[template(path = "bilan_empty.html")]
pub(crate) struct EmptyPage {
    pub(crate) frame: Frame,
    /// What lacks.
    pub(crate) words: &'static str,
}

/// The selection of the page opened without parameters.
fn usual(visitor: &Visitor, coverage: &Coverage) -> Selection {
    let programme = coverage.programmes.first().cloned().unwrap_or_default();
    Selection::usual(Population::Programme(programme), usual_period(coverage), &visitor.viewer)
}

/// The selection of an address and what was not applied of it.
fn selected(state: &ServeState, visitor: &Visitor, coverage: &Coverage, params: &Params) -> (Selection, Vec<String>) {
    let around = Around { catalogue: state.desk.catalogue(), coverage, viewer: &visitor.viewer };
    Selection::read(usual(visitor, coverage), params, &around)
}

/// `GET /bilan`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor, Query(params): Query<Params>) -> Page {
    let coverage = state.desk.coverage().await?;
    if coverage.programmes.is_empty() {
        let words = text(if coverage.is_empty() { "empty.no_declaration" } else { "empty.no_exit" });
        return page(&EmptyPage { frame: Frame::new(&state, &visitor, "bilan", text("page.bilan")), words });
    }
    let (selection, notices) = selected(&state, &visitor, &coverage, &params);
    let viewer = &visitor.viewer;
    let speaker = Speaker::new(state.desk.catalogue());
    let period = french::period(selection.period.from, selection.period.to);
    let who = who(speaker, viewer, &selection, &period);
    let own = if matches!(viewer.rights, Rights::Structure { .. }) { "chart.own_structure" } else { "chart.own" };
    let dimensions = breakdowns_for(viewer, &selection.population);
    let known = state.desk.known_errors(viewer).await?;
    let quarters = coverage.quarters();
    let words = Words {
        speaker,
        selection: &selection,
        usual: &usual(&visitor, &coverage),
        path: PATH,
        own: text(own),
        who: &who,
        dimensions: &dimensions,
        held: quarters,
        known: &known,
        vintage: coverage.vintage.as_ref(),
    };
    let outcome = ask::outcome(&*state.desk, viewer, &words).await?;
    let status = status(&outcome, &period);
    let scene = Scene { speaker, coverage: &coverage, viewer, selection: &selection, path: PATH, quarters };
    let filters = scene.filters(notices, status);
    let title = title(speaker, &selection, &period);
    let frame = Frame::new(&state, &visitor, "bilan", &title);
    page(&BilanPage { frame, about: about(speaker, viewer, &selection, &period), filters, outcome })
}

/// `GET /bilan/export.csv` and `/bilan/export.xlsx`.
pub(crate) async fn export(
    State(state): State<ServeState>,
    visitor: Visitor,
    Path(kind): Path<String>,
    Query(params): Query<Params>,
) -> Page {
    let coverage = state.desk.coverage().await?;
    let mut params = params;
    let table = params.remove("tableau");
    let (selection, _) = selected(&state, &visitor, &coverage, &params);
    let speaker = Speaker::new(state.desk.catalogue());
    match ask::answers(&*state.desk, &visitor.viewer, &selection).await? {
        Ok(answers) => {
            let period = french::period(selection.period.from, selection.period.to);
            let who = who(speaker, &visitor.viewer, &selection, &period);
            let people = people_of(&visitor.viewer, who.trim_end_matches(','));
            export::file(speaker, &answers, table.as_deref(), &kind, &export::Titled { name: "apres-bilan", people: &people })
        }
        // The page of the same question says the refusal, its reason and what to try.
        Err(_) => Ok(Redirect::to(&format!("{PATH}{}", selection.query())).into_response()),
    }
}

/// `sorties de l'insertion par l'activité économique, dans votre structure, de janvier à décembre 2025 (femmes)`.
pub(crate) fn who(speaker: Speaker<'_>, viewer: &Viewer, selection: &Selection, period: &str) -> String {
    let Population::Programme(code) = &selection.population else { return String::new() };
    let place = match (&selection.place, &viewer.rights) {
        (Place::All, Rights::Structure { .. }) => text("place.structure").to_owned(),
        (Place::All, Rights::Financeur { .. }) => text("place.territory").to_owned(),
        (Place::All, Rights::Admin | Rights::Public) => text("place.france").to_owned(),
        (Place::Structure(siret), _) => say("place.establishment", &[("siret", &french::siret(siret))]),
        (place, _) => say("place.named", &[("place", &place.name(speaker).unwrap_or_default())]),
    };
    let programme = text(&format!("programme_of.{code}"));
    let filters = filters_in_words(speaker, selection);
    say("sentence.who_programme", &[("programme", programme), ("place", &place), ("period", period), ("filters", &filters)])
}

/// `Chantier des Trois Rivières : personnes sorties de …`: whom an exported file is about.
pub(crate) fn people_of(viewer: &Viewer, who: &str) -> String {
    match viewer.named_organisation() {
        Some(organisation) => say("export.about_of", &[("organisation", organisation), ("who", who)]),
        None => say("export.about", &[("who", who)]),
    }
}

/// The filters between brackets, after a space, when there are some.
pub(crate) fn filters_in_words(speaker: Speaker<'_>, selection: &Selection) -> String {
    let filters: Vec<String> = selection.people_filters(speaker);
    if filters.is_empty() { String::new() } else { say("sentence.with_filters", &[("filters", &filters.join(", "))]) }
}

/// What the page says was done, for those who do not see it change.
pub(crate) fn status(outcome: &Result<Bilan, RefusalView>, period: &str) -> String {
    match outcome {
        Err(_) => text("status.refused").to_owned(),
        Ok(bilan) if bilan.population.is_empty() => say("status.shown_without_count", &[("period", period)]),
        Ok(bilan) => say("status.shown", &[("people", &bilan.population), ("period", period)]),
    }
}

/// Whose exits, of what and when: a printed page is not anonymous.
fn about(speaker: Speaker<'_>, viewer: &Viewer, selection: &Selection, period: &str) -> String {
    let Population::Programme(code) = &selection.population else { return String::new() };
    let programme = speaker.programme(code);
    match viewer.named_organisation() {
        Some(organisation) => say("page.about_of", &[("organisation", organisation), ("programme", &programme), ("period", period)]),
        None => say("page.about", &[("programme", &programme), ("period", period)]),
    }
}

/// The title repeats the filters, so that two tabs can be told apart.
fn title(speaker: Speaker<'_>, selection: &Selection, period: &str) -> String {
    let mut parts = vec![speaker.population(&selection.population), period.to_owned()];
    parts.extend(selection.tags(speaker).into_iter().map(|(label, _)| label));
    say("page.bilan_title", &[("filters", &parts.join(", "))])
}
