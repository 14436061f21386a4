//! Asking the questions of a *bilan*: the main one, the one to compare with, the breakdown.
//!
//! Every question is narrowed to the viewer's rights here before it reaches the desk.

use apres_protect::{Dimension, Refusal, Request};

use crate::bilan::{Answers, BREAKDOWN_INDICATORS, Bilan, INDICATORS, RefusalView, Words, build, refusal};
use crate::desk::{Answer, Desk, DeskFault};
use crate::offers::{self, Refused};
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

/// What a page shows: the *bilan* of its selection, or a refusal with what would be answered instead.
pub(crate) async fn outcome(desk: &dyn Desk, viewer: &Viewer, words: &Words<'_>) -> Result<Result<Bilan, RefusalView>, DeskFault> {
    match answers(desk, viewer, words.selection).await? {
        Ok(answers) => {
            let offers = match &answers.breakdown {
                Answer::Release(_) => Vec::new(),
                Answer::Refusal(refused) => offers::tried(desk, viewer, (refused, Refused::Breakdown), words).await?,
            };
            Ok(Ok(build(&answers, &offers, words)))
        }
        Err(refused) => {
            let offers = offers::tried(desk, viewer, (&refused, Refused::Main), words).await?;
            Ok(Err(refusal(&refused, &offers, words)))
        }
    }
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
