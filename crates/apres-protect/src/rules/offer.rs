//! The questions that are offered instead of a refused one.
//!
//! They say nothing of how many people are missing, nor promise enough; whether they may be asked is judged again.

use super::{BOOK, question};
use crate::catalogue::Catalogue;
use crate::memory::PeriodKind;
use crate::policy::Policy;
use crate::request::{Dimension, Month, Period, Population, Request};

/// The nearest questions to one that breaks a rule, as much like it as can be: mended first, then with less and less.
pub(super) fn nearest(request: &Request, catalogue: &Catalogue, policy: &Policy) -> Vec<Request> {
    let mended = with_closed_period(with_one_banding(with_known_indicators(request, catalogue)));
    let mut fewer = mended.clone();
    while has_too_many(&fewer, catalogue, policy) && fewer.breakdowns.pop().is_some() {}
    let no_filter = Request { filters: Vec::new(), rest: None, ..mended.clone() };
    let not_here = |dimension: &Dimension| *dimension != Dimension::Departement;
    let mut elsewhere = fewer.clone();
    elsewhere.breakdowns.retain(not_here);
    elsewhere.filters.retain(|filter| not_here(&filter.dimension));
    elsewhere.rest = None;
    vec![mended, fewer, no_filter, elsewhere]
}

fn has_too_many(request: &Request, catalogue: &Catalogue, policy: &Policy) -> bool {
    request.dimensions().len() > policy.dimensions_max || question::groups(request, catalogue) > BOOK.limits.groups_max
}

/// What is left of a question without the indicators that cannot answer it.
fn with_known_indicators(request: &Request, catalogue: &Catalogue) -> Request {
    let mut nearest = request.clone();
    nearest.indicators.retain(|id| catalogue.indicator(id).is_some_and(|indicator| question::answers(indicator, request)));
    if nearest.indicators.is_empty() {
        return request.clone();
    }
    nearest
}

/// A dimension of which several values were joined is broken down instead.
fn with_one_banding(mut request: Request) -> Request {
    let joined: Vec<Dimension> = request.filters.iter().filter(|filter| filter.values.len() > 1).map(|filter| filter.dimension).collect();
    request.breakdowns.extend(joined);
    request.breakdowns.sort_unstable();
    request.breakdowns.dedup();
    if !request.breakdowns.is_empty() {
        request.rest = None;
    }
    request
}

/// The shortest closed period that holds the one asked, or else the latest of the longest that it holds.
fn with_closed_period(request: Request) -> Request {
    let asked = request.period;
    if PeriodKind::of(asked).is_some() || matches!(request.population, Population::List(_)) {
        return request;
    }
    let around = PeriodKind::ALL.into_iter().flat_map(|kind| kind.around(asked)).next();
    let within = || PeriodKind::ALL.into_iter().rev().find_map(|kind| kind.within(asked).last());
    Request { period: around.or_else(within).unwrap_or(asked), ..request }
}

/// Questions of the same kind about more people: longer closed periods (of two that are over the earlier one, whose horizons are seen further), then no filter.
pub(crate) fn wider(request: &Request, last_month: Month) -> Vec<Request> {
    let asked = request.period;
    let mut questions: Vec<Request> = Vec::new();
    for kind in PeriodKind::ALL.into_iter().filter(|kind| PeriodKind::of(asked).is_none_or(|own| *kind > own)) {
        let is_over = |period: &Period| period.to.last_month() <= last_month;
        let longer = kind.around(asked).find(is_over).or_else(|| kind.around(asked).next());
        let question = longer.filter(|period| *period != asked).map(|period| Request { period, rest: None, ..request.clone() });
        questions.extend(question.filter(|question| question.canonical().is_ok()));
    }
    if !request.filters.is_empty() {
        questions.push(Request { filters: Vec::new(), rest: None, ..request.clone() });
    }
    questions
}
