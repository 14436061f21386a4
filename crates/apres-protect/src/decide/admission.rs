//! Rules that need no counting, and the questions that are offered instead of a refused one.
//!
//! They are evaluated before counting, on the request alone, so that a refusal here says nothing about the data.

use crate::catalogue::{Catalogue, Indicator, Programme};
use crate::policy::Policy;
use crate::refusal::{Refusal, RefusalCode};
use crate::request::{Dimension, Month, PERIOD_QUARTERS_MAX, Period, Population, Quarter, Request};

/// Checks a request against the catalogue and the limit on crossings, without counting.
///
/// # Errors
/// [`RefusalCode::UnknownQuestion`] when an indicator, programme, type, horizon or breakdown does not exist for this population;
/// [`RefusalCode::CrossingNotAllowed`] when filters and breakdowns together name more than `dimensions_max` dimensions. Both offer
/// what is left of the question when that is admitted.
pub fn admit(request: &Request, catalogue: &Catalogue, policy: &Policy) -> Result<(), Refusal> {
    let unknown = |try_instead| Refusal { code: RefusalCode::UnknownQuestion, try_instead };
    let Ok(request) = request.canonical() else {
        return Err(unknown(Vec::new()));
    };
    let fits = |request: &Request| request.dimensions().len() <= policy.dimensions_max;
    if !is_known(&request, catalogue) {
        let nearest = nearest_known(&request, catalogue);
        return Err(unknown(nearest.into_iter().filter(|nearest| is_known(nearest, catalogue) && fits(nearest)).collect()));
    }
    if fits(&request) {
        return Ok(());
    }
    let mut fewer_breakdowns = request.clone();
    while !fits(&fewer_breakdowns) && fewer_breakdowns.breakdowns.pop().is_some() {}
    let no_filter = Request { filters: Vec::new(), rest: None, ..request };
    let try_instead = [fewer_breakdowns, no_filter].into_iter().filter(fits).collect();
    Err(Refusal { code: RefusalCode::CrossingNotAllowed, try_instead })
}

fn is_known(request: &Request, catalogue: &Catalogue) -> bool {
    let programme = match &request.population {
        Population::List(_) => None,
        Population::Programme(id) => match catalogue.programme(id) {
            Some(programme) => Some(programme),
            None => return false,
        },
    };
    let values_exist =
        request.filters.iter().all(|filter| filter.values.iter().all(|value| is_value(filter.dimension, value, programme, catalogue)));
    values_exist && request.indicators.iter().all(|id| catalogue.indicator(id).is_some_and(|indicator| answers(indicator, request)))
}

/// Whether an indicator exists for the population, dimensions and horizons of a request.
fn answers(indicator: &Indicator, request: &Request) -> bool {
    let is_fixed = indicator.horizons.len() == 1;
    indicator.populations.contains(&request.population.kind())
        && request.dimensions().iter().all(|dimension| indicator.breakdowns.contains(dimension))
        && (is_fixed || request.horizons.iter().all(|months| indicator.horizons.contains(months)))
}

fn is_value(dimension: Dimension, value: &str, programme: Option<&Programme>, catalogue: &Catalogue) -> bool {
    match (dimension, programme) {
        (Dimension::Type, Some(programme)) => programme.types.iter().any(|kind| kind.code == value),
        _ => catalogue.values(dimension).is_none_or(|values| values.iter().any(|(code, _)| *code == value)),
    }
}

/// What is left of a question without the indicators that cannot answer it.
fn nearest_known(request: &Request, catalogue: &Catalogue) -> Option<Request> {
    let mut nearest = request.clone();
    nearest.indicators.retain(|id| catalogue.indicator(id).is_some_and(|indicator| answers(indicator, request)));
    let is_smaller = nearest.indicators.len() < request.indicators.len();
    (is_smaller && !nearest.indicators.is_empty()).then_some(nearest)
}

/// Questions of the same kind about more people: previous quarters pooled (as many again, then whole years), then no filter.
///
/// They say nothing of how many people are missing, nor promise enough.
pub(super) fn wider(request: &Request, last_month: Month) -> Vec<Request> {
    let asked = request.period;
    let doubled = Period { from: asked.from.plus(-asked.quarter_count()), to: asked.to };
    let periods = [doubled, whole_years(asked, last_month), whole_years(doubled, last_month)];
    let mut questions: Vec<Request> = Vec::new();
    for period in periods {
        let question = Request { period, rest: None, ..request.clone() };
        let is_wider = period.quarter_count() > asked.quarter_count() && period.quarter_count() <= PERIOD_QUARTERS_MAX;
        if is_wider && question.canonical().is_ok() && !questions.contains(&question) {
            questions.push(question);
        }
    }
    questions.sort_by_key(|question| question.period.quarter_count());
    if !request.filters.is_empty() {
        questions.push(Request { filters: Vec::new(), rest: None, ..request.clone() });
    }
    questions
}

/// The civil years that a period touches; a year still running stays at the period's end.
fn whole_years(period: Period, last_month: Month) -> Period {
    let first = Quarter(period.from.year() * 4);
    let last = Quarter(period.to.year() * 4 + 3);
    Period { from: first, to: if last.last_month() <= last_month { last } else { period.to } }
}
