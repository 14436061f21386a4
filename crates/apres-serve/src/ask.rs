//! Asking the questions of a *bilan*: the main one, the one to compare with, the breakdown.
//!
//! Every question is narrowed to the viewer's rights here before it reaches the desk.

use apres_protect::{Dimension, Refusal, Release, Request};

use crate::bilan::{Answers, BREAKDOWN_INDICATORS, INDICATORS, REFERENCE_INDICATORS};
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

/// The main question of a selection.
pub(crate) async fn main_answer(desk: &dyn Desk, viewer: &Viewer, selection: &Selection) -> Result<Answer, DeskFault> {
    ask(desk, viewer, selection.request(&INDICATORS, &[])).await
}

/// The breakdown of a selection.
pub(crate) async fn breakdown_answer(desk: &dyn Desk, viewer: &Viewer, selection: &Selection) -> Result<Answer, DeskFault> {
    let dimensions: [Dimension; 1] = [selection.breakdown];
    ask(desk, viewer, selection.request(&BREAKDOWN_INDICATORS, &dimensions)).await
}

/// The comparable group, when there is one and it may be shown; a reference question is not narrowed, anybody may ask it.
pub(crate) async fn reference(desk: &dyn Desk, viewer: &Viewer, selection: &Selection) -> Result<Option<(String, Release)>, DeskFault> {
    let speaker = Speaker::new(desk.catalogue());
    let Some((request, name)) = selection.reference_request(speaker, viewer, &REFERENCE_INDICATORS) else { return Ok(None) };
    match desk.ask(viewer, &request).await? {
        Answer::Release(release) => Ok(Some((name, release))),
        Answer::Refusal(_) => Ok(None),
    }
}

/// All the answers of a page, or the refusal of the main question.
pub(crate) async fn answers(desk: &dyn Desk, viewer: &Viewer, selection: &Selection) -> Result<Result<Answers, Refusal>, DeskFault> {
    let own = match main_answer(desk, viewer, selection).await? {
        Answer::Release(release) => release,
        Answer::Refusal(refusal) => return Ok(Err(refusal)),
    };
    let (reference, breakdown) = tokio::try_join!(reference(desk, viewer, selection), breakdown_answer(desk, viewer, selection))?;
    Ok(Ok(Answers { own, reference, breakdown }))
}
