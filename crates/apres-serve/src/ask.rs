//! Asking the questions of a *bilan*: the main one, the one to compare with, the breakdown.
//!
//! Every question is narrowed to the viewer's rights here before it reaches the desk.

use apres_protect::{Dimension, Refusal, Request};

use crate::bilan::{Answers, BREAKDOWN_INDICATORS, INDICATORS};
use crate::desk::{Answer, Desk, DeskFault};
use crate::rights::{Viewer, narrow};
use crate::said::Speaker;
use crate::selection::Selection;

/// Asks one question within the viewer's rights.
pub(crate) async fn ask(desk: &dyn Desk, viewer: &Viewer, request: Request) -> Result<Answer, DeskFault> {
    match narrow(viewer, request) {
        Ok(narrowed) => desk.ask(viewer, &narrowed).await,
        Err(refusal) => Ok(Answer::Refusal(refusal)),
    }
}

/// The main question of a selection, with whom to compare when there is somebody.
pub(crate) async fn main_answer(desk: &dyn Desk, viewer: &Viewer, selection: &Selection) -> Result<Answer, DeskFault> {
    let rest = selection.rest(Speaker::new(desk.catalogue()), viewer).map(|(rest, _)| rest);
    ask(desk, viewer, Request { rest, ..selection.request(viewer, &INDICATORS, &[]) }).await
}

/// The breakdown of a selection.
pub(crate) async fn breakdown_answer(desk: &dyn Desk, viewer: &Viewer, selection: &Selection) -> Result<Answer, DeskFault> {
    let dimensions: [Dimension; 1] = [selection.breakdown];
    ask(desk, viewer, selection.request(viewer, &BREAKDOWN_INDICATORS, &dimensions)).await
}

/// All the answers of a page, or the refusal of the main question.
pub(crate) async fn answers(desk: &dyn Desk, viewer: &Viewer, selection: &Selection) -> Result<Result<Answers, Refusal>, DeskFault> {
    let own = match main_answer(desk, viewer, selection).await? {
        Answer::Release(release) => release,
        Answer::Refusal(refusal) => return Ok(Err(refusal)),
    };
    let breakdown = breakdown_answer(desk, viewer, selection).await?;
    let compared = selection.rest(Speaker::new(desk.catalogue()), viewer).map(|(_, name)| name);
    Ok(Ok(Answers { own, compared, breakdown }))
}
