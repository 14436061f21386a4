//! *Définitions*: each indicator of the catalogue, in words; the same content in JSON.

use apres_protect::Measure;
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;

use crate::frame::Frame;
use crate::messages::{say, text};
use crate::pages::{Page, page};
use crate::said::{Speaker, polished};
use crate::state::ServeState;
use crate::visitor::Visitor;

/// One definition.
pub(crate) struct Definition {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) question: String,
    pub(crate) denominator: String,
    pub(crate) numerator: String,
    pub(crate) formula: String,
    pub(crate) caveats: Vec<String>,
    pub(crate) example: String,
    pub(crate) horizons: String,
    pub(crate) breakdowns: String,
    pub(crate) categories: String,
    pub(crate) source: String,
    pub(crate) changes: Vec<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "definitions.html")]
pub(crate) struct DefinitionsPage {
    pub(crate) frame: Frame,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) policy_version: String,
    pub(crate) is_perturbed: bool,
}

/// `GET /definitions`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let coverage = state.desk.coverage().await?;
    let speaker = Speaker::new(state.desk.catalogue());
    let definitions = state.desk.catalogue().indicators().iter().map(|indicator| definition(speaker, indicator)).collect();
    let frame = Frame::new(&state, &visitor, "definitions", text("page.definitions"));
    page(&DefinitionsPage { frame, definitions, policy_version: coverage.policy_version, is_perturbed: coverage.is_perturbed })
}

/// `GET /definitions.json`.
pub(crate) async fn json(State(state): State<ServeState>) -> Page {
    Ok(Json(state.desk.catalogue()).into_response())
}

fn definition(speaker: Speaker<'_>, indicator: &apres_protect::Indicator) -> Definition {
    let horizons: Vec<String> = indicator.horizons.iter().map(u8::to_string).collect();
    let months = crate::french::enumeration(&horizons);
    let categories = match &indicator.measure {
        Measure::Distribution { categories, .. } => {
            categories.iter().map(|category| speaker.category(&indicator.id, &category.code)).collect::<Vec<_>>().join(", ")
        }
        Measure::Count | Measure::Share | Measure::Quartiles { .. } => String::new(),
    };
    let breakdowns: Vec<String> = indicator.breakdowns.iter().map(|dimension| speaker.dimension(*dimension).to_lowercase()).collect();
    let changes = indicator.changes.iter().map(|change| {
        let values = [("version", change.version.as_str()), ("date", change.date.as_str()), ("text", change.text.as_str())];
        polished(&say("definition.change", &values))
    });
    Definition {
        id: indicator.id.clone(),
        name: polished(&indicator.name),
        question: polished(&indicator.question),
        denominator: polished(&indicator.denominator_text),
        numerator: polished(&indicator.numerator_text),
        formula: polished(&indicator.formula),
        caveats: indicator.caveats.iter().map(|caveat| polished(caveat)).collect(),
        example: polished(&indicator.example),
        horizons: if indicator.horizons == [0] {
            text("definition.at_exit").to_owned()
        } else {
            say("definition.months", &[("months", &months)])
        },
        breakdowns: breakdowns.join(", "),
        categories,
        source: polished(&indicator.source),
        changes: changes.collect(),
    }
}
