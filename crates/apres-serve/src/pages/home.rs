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
use crate::messages::{say, text};
use crate::pages::{Page, page};
use crate::rights::{Rights, Viewer};
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
    /// Where a funder goes: a structure has no breakdown by type of structure.
    pub(crate) territory_href: &'static str,
    /// Why there is none.
    pub(crate) no_headline: &'static str,
    /// The months known, in words; none when nothing was read.
    pub(crate) known: Option<String>,
}

/// `GET /`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let coverage = state.desk.coverage().await?;
    let headline = headline(&state, &coverage).await?;
    let frame = Frame::new(&state, &visitor, "accueil", text("page.home"));
    let months = [("from", french::of_month(coverage.first_month)), ("to", french::month(coverage.last_month))];
    let known = (!coverage.is_empty()).then(|| say("empty.known", &months.each_ref().map(|(name, month)| (*name, month.as_str()))));
    let no_headline = text(if coverage.is_empty() { "empty.no_declaration" } else { "empty.no_figure" });
    let is_structure = matches!(visitor.viewer.rights, Rights::Structure { .. });
    let territory_href = if is_structure { "/bilan" } else { "/bilan?par=type" };
    page(&HomePage { frame, headline, territory_href, no_headline, known })
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
