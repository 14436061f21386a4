//! The questions that are offered instead of a refused one.
//!
//! They say nothing of how many people are missing, nor promise enough; whether they may be asked is judged again.

use super::{BOOK, question};
use crate::catalogue::Catalogue;
use crate::policy::Policy;
use crate::request::{Dimension, Month, Period, Population, Quarter, Request};

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

/// The shortest closed period that ends with the one asked and holds it, or else the longest there is.
fn with_closed_period(request: Request) -> Request {
    let lengths = &BOOK.limits.period_quarters;
    let asked = request.period.quarter_count();
    let is_closed = lengths.contains(&asked) || matches!(request.population, Population::List(_));
    let length = lengths.iter().copied().filter(|length| *length >= asked).min().or_else(|| lengths.iter().copied().max());
    match length {
        Some(length) if !is_closed => {
            let period = Period { from: request.period.to.plus(1 - length), to: request.period.to };
            Request { period, ..request }
        }
        _ => request,
    }
}

/// Questions of the same kind about more people: longer closed periods, to the end of the year when it is over, then no filter.
pub(crate) fn wider(request: &Request, last_month: Month) -> Vec<Request> {
    let asked = request.period;
    let to = year_end(asked.to, last_month);
    let mut questions: Vec<Request> = Vec::new();
    for length in BOOK.limits.period_quarters.iter().filter(|length| **length > asked.quarter_count()) {
        let period = Period { from: to.plus(1 - length), to };
        let question = Request { period, rest: None, ..request.clone() };
        if period.from <= asked.from && question.canonical().is_ok() {
            questions.push(question);
        }
    }
    if !request.filters.is_empty() {
        questions.push(Request { filters: Vec::new(), rest: None, ..request.clone() });
    }
    questions
}

/// The last quarter of the year, unless it is not over.
fn year_end(quarter: Quarter, last_month: Month) -> Quarter {
    let last = Quarter(quarter.year() * 4 + 3);
    if last.last_month() <= last_month { last } else { quarter }
}
