//! The rules on the question alone, each true of a question that respects it.

use super::Asked;
use crate::catalogue::{Catalogue, Indicator, Programme};
use crate::memory::PeriodKind;
use crate::request::{Dimension, Population, Request, Rest, Scope};

/// Its indicators, programme, values and horizons exist, for this population and these dimensions.
pub(super) fn is_known(asked: &Asked<'_>) -> bool {
    let (request, catalogue) = (asked.request, asked.catalogue);
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
pub(super) fn answers(indicator: &Indicator, request: &Request) -> bool {
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

/// No filter joins values of a dimension: that would be another banding of it.
pub(super) fn has_one_banding(asked: &Asked<'_>) -> bool {
    asked.request.filters.iter().all(|filter| filter.values.len() == 1 || asked.request.breakdowns.contains(&filter.dimension))
}

/// Few dimensions, filters included, and a crossing of the list.
pub(super) fn is_crossing_allowed(asked: &Asked<'_>) -> bool {
    let dimensions = asked.request.dimensions();
    let is_listed = |crossing: &Vec<Dimension>| dimensions.iter().all(|dimension| crossing.contains(dimension));
    // A policy that allows more dimensions than the list knows accepted that in writing.
    let is_beyond = dimensions.len() > asked.limits.crossings.iter().map(Vec::len).max().unwrap_or_default();
    dimensions.len() <= asked.policy.dimensions_max && (is_beyond || asked.limits.crossings.iter().any(is_listed))
}

/// A département is not chosen within some structures, nor outside those of the territory; a wider territory holds the question's.
pub(super) fn is_nested(asked: &Asked<'_>) -> bool {
    let request = asked.request;
    let kept = request.filter(Dimension::Departement).unwrap_or_default();
    let is_inside = match &request.scope {
        Scope::National => true,
        Scope::Departements(held) => kept.iter().all(|code| held.contains(code)),
        Scope::Structures(_) => !request.dimensions().contains(&Dimension::Departement),
    };
    let holds = match (&request.rest, &request.scope) {
        (Some(Rest::Scope(Scope::Departements(wider))), Scope::Departements(own)) => own.iter().all(|code| wider.contains(code)),
        (Some(Rest::Scope(Scope::Structures(wider))), Scope::Structures(own)) => own.iter().all(|siret| wider.contains(siret)),
        (Some(Rest::Scope(Scope::Structures(_))), _) => false,
        _ => true,
    };
    is_inside && holds
}

/// A civil quarter, a civil year or two; quarters are not chosen again by a filter. A list has the period of its own people, which is settled when it is
/// deposited.
pub(super) fn is_period_closed(asked: &Asked<'_>) -> bool {
    match asked.request.population {
        Population::List(_) => true,
        Population::Programme(_) => PeriodKind::of(asked.request.period).is_some(),
    }
}

/// The table has few groups, as far as its dimensions are known before counting.
pub(super) fn has_few_cells(asked: &Asked<'_>) -> bool {
    groups(asked.request, asked.catalogue) <= asked.limits.groups_max
}

/// Most groups that the breakdowns of a request can have.
pub(super) fn groups(request: &Request, catalogue: &Catalogue) -> usize {
    /// Départements of France, overseas included.
    const DEPARTEMENTS: usize = 101;
    let values = |dimension: &Dimension| match dimension {
        Dimension::Quarter => usize::try_from(request.period.quarter_count()).unwrap_or(usize::MAX),
        Dimension::Departement => match &request.scope {
            Scope::Departements(codes) => codes.len(),
            Scope::National | Scope::Structures(_) => DEPARTEMENTS,
        },
        _ => catalogue.values(*dimension).map_or(1, |values| values.len()),
    };
    request.breakdowns.iter().map(values).fold(1, usize::saturating_mul)
}
