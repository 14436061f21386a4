//! *Accueil*: what the service is, three doors, one national figure, how people are protected.

use apres_protect::Population;
use askama::Template;
use axum::extract::State;

use crate::ask;
use crate::bilan::{self, INDICATORS, Provenance, Sentence};
use crate::desk::{Answer, Coverage};
use crate::fault::PageFault;
use crate::frame::Frame;
use crate::french;
use crate::messages::text;
use crate::pages::{Page, page};
use crate::rights::Viewer;
use crate::said::Speaker;
use crate::selection::{Selection, usual_period};
use crate::state::ServeState;
use crate::visitor::Visitor;

/// The page.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) frame: Frame,
    /// The national figure, when it may be shown.
    pub(crate) headline: Option<(Sentence, Provenance)>,
    pub(crate) last_month: String,
    pub(crate) first_month: String,
}

/// `GET /`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let coverage = state.desk.coverage().await?;
    let headline = headline(&state, &coverage).await?;
    let frame = Frame::new(&state, &visitor, "accueil", text("page.home"));
    let (first_month, last_month) = (french::month(coverage.first_month), french::month(coverage.last_month));
    page(&HomePage { frame, headline, last_month, first_month })
}

async fn headline(state: &ServeState, coverage: &Coverage) -> Result<Option<(Sentence, Provenance)>, PageFault> {
    let Some(programme) = coverage.programmes.first() else { return Ok(None) };
    let public = Viewer::public();
    let selection = Selection::usual(Population::Programme(programme.clone()), usual_period(coverage), &public);
    match ask::ask(&*state.desk, &public, selection.request(&public, &INDICATORS, &[])).await? {
        Answer::Release(release) => {
            let period = french::period(selection.period.from, selection.period.to);
            let speaker = Speaker::new(state.desk.catalogue());
            let who = super::bilan::who(speaker, &public, &selection, &period);
            Ok(Some((bilan::sentence(speaker, &release, &who), bilan::provenance(&release, coverage.vintage.as_ref()))))
        }
        Answer::Refusal(_) => Ok(None),
    }
}
