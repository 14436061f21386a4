//! The questions offered instead of a refused one: each was asked before it is offered, so that a link always leads to figures.
//!
//! The same candidates are asked in the same order whatever rule refused, and all of them whatever they answer: neither what is offered nor how long it takes tells
//! more than asking them one by one would. What is answered is recorded, and following its link asks nothing anew.

use apres_protect::memory::PeriodKind;
use apres_protect::{Period, Refusal, RefusalCode, SizeBand};

use crate::ask;
use crate::bilan::Words;
use crate::desk::{Answer, Desk, DeskFault};
use crate::french;
use crate::messages::{say, text};
use crate::rights::Viewer;
use crate::selection::{Place, Selection};

/// Questions asked for a page that was refused.
const TRIES_MAX: usize = 4;
/// Questions offered.
const OFFERS_MAX: usize = 3;

/// A question that was answered, and about how many people it is, when that may be said.
pub(crate) struct Offer {
    pub(crate) selection: Selection,
    pub(crate) size: Option<SizeBand>,
}

/// Which answer of the page was refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The main one.
    Main,
    /// The breakdown: the offers are answered with theirs.
    Breakdown,
}

/// Asks the candidates and keeps the first that are answered.
pub(crate) async fn tried(
    desk: &dyn Desk,
    viewer: &Viewer,
    (refused, which): (&Refusal, Refused),
    words: &Words<'_>,
) -> Result<Vec<Offer>, DeskFault> {
    let mut offers = Vec::new();
    for selection in candidates(refused, words) {
        let answer = match which {
            Refused::Main => ask::main_answer(desk, viewer, &selection).await?,
            Refused::Breakdown => ask::breakdown_answer(desk, viewer, &selection).await?,
        };
        if let Answer::Release(release) = answer {
            offers.push(Offer { selection, size: SizeBand::of(&release) });
        }
    }
    offers.truncate(OFFERS_MAX);
    Ok(offers)
}

/// What may be asked instead, the nearest first: what the refusal names, the usual page, everybody over a longer period, one filter less. Never the selection itself,
/// never twice the same, never a period without data. None when the day's questions are spent.
fn candidates(refused: &Refusal, words: &Words<'_>) -> Vec<Selection> {
    if refused.code == RefusalCode::BudgetSpent {
        return Vec::new();
    }
    let asked = words.selection;
    let everybody = Selection { kind: None, sex: None, age: None, ..asked.clone() };
    let named = refused.try_instead.iter().map(|request| asked.of_request(request));
    let longer = longer(asked.period, words.held).map(|period| Selection { period, ..everybody.clone() });
    let fewer = asked.tags(words.speaker).into_iter().map(|(_, fewer)| fewer);
    let all = named.chain([words.usual.clone()]).chain(longer).chain(fewer).chain([everybody.clone()]);
    let mut candidates: Vec<Selection> = Vec::new();
    for candidate in all.map(|candidate| Selection { breakdown: asked.breakdown, ..candidate.within(words.held) }) {
        if candidate != *asked && !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    }
    candidates.truncate(TRIES_MAX);
    candidates
}

/// The longest closed period around this one that holds data: the latest of two.
fn longer(period: Period, held: Period) -> Option<Period> {
    let is_held = |candidate: &Period| held.from <= candidate.from && candidate.to <= held.to && *candidate != period;
    PeriodKind::ALL.into_iter().rev().find_map(|kind| kind.around(period).filter(is_held).last())
}

/// `Une période plus longue (années 2023 et 2024), sans le filtre « Sexe : Femmes » : entre 50 et 100 personnes`, and its address.
pub(crate) fn said(offer: &Offer, words: &Words<'_>) -> (String, String) {
    let changes = changes(&offer.selection, words);
    let mut what = changes.join(", ");
    if let Some(size) = offer.size {
        let size = text(match size {
            SizeBand::Under50 => "size.under_50",
            SizeBand::Under100 => "size.under_100",
            SizeBand::Under500 => "size.under_500",
            SizeBand::Over500 => "size.over_500",
        });
        what = say("offer.sized", &[("what", &what), ("size", size)]);
    }
    (french::capitalised(&what), format!("{}{}", words.path, offer.selection.query()))
}

/// What differs from the refused selection, in words.
fn changes(offered: &Selection, words: &Words<'_>) -> Vec<String> {
    let (asked, speaker) = (words.selection, words.speaker);
    let mut changes = Vec::new();
    if offered.population != asked.population {
        changes.push(say("offer.programme", &[("value", &speaker.population(&offered.population))]));
    }
    if offered.period != asked.period {
        let is_longer = offered.period.from <= asked.period.from && asked.period.to <= offered.period.to;
        let key = if is_longer { "offer.longer" } else { "offer.period" };
        changes.push(say(key, &[("period", &french::closed_period(offered.period).to_lowercase())]));
    }
    let kept: Vec<String> = offered.tags(speaker).into_iter().map(|(label, _)| label).collect();
    let left = asked.tags(speaker).into_iter().map(|(label, _)| label).filter(|label| !kept.contains(label));
    let left: Vec<String> = left.map(|label| value_of(&label).to_owned()).collect();
    match left.as_slice() {
        [] => {}
        [one] => changes.push(say("offer.without", &[("value", one)])),
        _ if kept.is_empty() => changes.push(text("offer.without_any").to_owned()),
        several => changes.push(say("offer.without_some", &[("values", &french::enumeration(several))])),
    }
    if offered.place != asked.place && offered.place != Place::All {
        changes.extend(offered.place.name(speaker).map(|place| say("offer.place", &[("value", &place)])));
    }
    changes
}

/// `Femmes` of `Sexe : Femmes`.
fn value_of(label: &str) -> &str {
    label.rsplit("\u{a0}: ").next().unwrap_or(label)
}
