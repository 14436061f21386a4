//! *Erreurs connues*: what is wrong in the data at the moment and what it changes in the figures, for everyone who is signed in.
//!
//! Everything comes from the facts of the desk and from the catalogue; no count of contracts or declarations is shown.

use apres_protect::{Month, Portion};
use askama::Template;
use axum::extract::State;

use crate::codes::Coded as _;
use crate::desk::{Alert, KnownError, KnownErrors};
use crate::frame::Frame;
use crate::french;
use crate::messages::{say, text};
use crate::pages::quality::portion;
use crate::pages::{Page, page};
use crate::said::polished;
use crate::selection::Selection;
use crate::state::ServeState;
use crate::visitor::Visitor;

/// Months after the last exit of a selection that its figures look at.
const MONTHS_AFTER_EXIT: i32 = 24;

/// A month in words: what happened and what it changes.
pub(crate) struct Trouble {
    pub(crate) month: String,
    /// What happened, what it changes.
    pub(crate) parts: Vec<(String, String)>,
}

/// What an indicator does not say.
pub(crate) struct Limits {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) caveats: Vec<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "known_errors.html")]
pub(crate) struct KnownErrorsPage {
    pub(crate) frame: Frame,
    /// The answer in a sentence; empty when no declaration was received.
    pub(crate) summary: String,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) inferred: String,
    pub(crate) provisional: String,
    pub(crate) limits: Vec<Limits>,
}

/// `GET /erreurs-connues`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let known = state.desk.known_errors(&visitor.viewer).await?;
    page(&KnownErrorsPage {
        frame: Frame::new(&state, &visitor, "erreurs", text("page.known_errors")),
        summary: summary(&known),
        troubles: known.months.iter().rev().map(|error| trouble(error, &known)).collect(),
        inferred: inferred(&known),
        provisional: provisional(&known),
        limits: limits(&state),
    })
}

fn summary(known: &KnownErrors) -> String {
    let Some((first, last)) = known.covered else { return String::new() };
    let months = known.months.len() as u64;
    let key = match months {
        0 if known.months_well == 1 => "known.summary_well_one",
        0 => "known.summary_well",
        1 => "known.summary_one",
        _ => "known.summary_some",
    };
    let all = french::integer(months + known.months_well);
    say(key, &[("n", &french::integer(months)), ("all", &all), ("first", &french::of_month(first)), ("last", &french::month(last))])
}

fn trouble(error: &KnownError, known: &KnownErrors) -> Trouble {
    let months = known.rules.silent_months.to_string();
    let effect = |alert: &Alert| say(&format!("alert_effect.{}", alert.code()), &[("months", &months)]);
    Trouble { month: french::month(error.month), parts: error.alerts.iter().map(|alert| (what(error, *alert), effect(alert))).collect() }
}

/// `Contrats en baisse de 28 %…`, or establishments when these are what changed most.
fn what(error: &KnownError, alert: Alert) -> String {
    let percent = |value: u64| format!("{}{}%", french::integer(value), french::THIN);
    let (key, value) = match alert {
        Alert::Absent => ("known_month.absent", String::new()),
        Alert::Incomplete => ("known_month.incomplete", percent(error.incomplete_percent)),
        Alert::Silent => ("known_month.silent", percent(error.silent_percent)),
        Alert::Low | Alert::High => {
            let strength =
                |change: Option<i64>| change.filter(|change| (*change < 0) == (alert == Alert::Low)).map_or(0, i64::unsigned_abs);
            let (contracts, establishments) = (strength(error.contracts_change), strength(error.establishments_change));
            let key = match (alert == Alert::Low, contracts >= establishments) {
                (_, true) if contracts == 0 => "known_month.changed",
                (true, true) => "known_month.low_contracts",
                (true, false) => "known_month.low_establishments",
                (false, true) => "known_month.high_contracts",
                (false, false) => "known_month.high_establishments",
            };
            (key, percent(contracts.max(establishments)))
        }
    };
    say(key, &[("value", &value)])
}

fn inferred(known: &KnownErrors) -> String {
    let months = known.rules.silent_months.to_string();
    let key = if known.inferred == Portion::Few { "known.inferred_few" } else { "known.inferred" };
    say(key, &[("share", &portion(known.inferred)), ("months", &months)])
}

/// The last months, whose ends may still be inferred.
fn provisional(known: &KnownErrors) -> String {
    let Some((first, last)) = known.covered else { return String::new() };
    let waiting = i32::try_from(known.rules.silent_months).unwrap_or_default();
    let from = Month(first.0.max(last.plus(1 - waiting).0));
    say("known.provisional", &[("from", &french::of_month(from)), ("to", &french::month(last)), ("months", &waiting.to_string())])
}

fn limits(state: &ServeState) -> Vec<Limits> {
    let catalogue = state.desk.catalogue();
    let with = catalogue.indicators().iter().filter(|indicator| !indicator.caveats.is_empty());
    let limits = with.map(|indicator| Limits {
        id: indicator.id.clone(),
        name: polished(&indicator.name),
        caveats: indicator.caveats.iter().map(|caveat| polished(caveat)).collect(),
    });
    limits.collect()
}

/// What stands beside the figures of a selection: a sentence when a month that they look at calls for care, otherwise nothing.
pub(crate) fn beside(known: &KnownErrors, selection: &Selection) -> Option<String> {
    let from = selection.period.from.first_month();
    let to = selection.period.to.last_month().plus(MONTHS_AFTER_EXIT);
    let months: Vec<&KnownError> = known.months.iter().filter(|error| from <= error.month && error.month <= to).collect();
    match months.as_slice() {
        [] => None,
        [only] => Some(say("known.beside_one", &[("month", &french::month(only.month))])),
        [.., last] => {
            Some(say("known.beside_some", &[("n", &french::integer(months.len() as u64)), ("month", &french::month(last.month))]))
        }
    }
}
