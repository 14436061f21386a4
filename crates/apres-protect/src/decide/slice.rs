//! The slice of a decided table that a filtered question is answered with.
//!
//! A filter hides nothing by itself: whoever asks for women, for men and for everybody has the table by sex. So a filtered question is
//! counted and decided as that table, and only the part that it keeps is released.

use crate::counted::Group;
use crate::release::ReleasedCell;
use crate::request::Request;

/// The cells of the request: its total, then its groups. Without a filter, every cell.
pub(super) fn of(cells: Vec<ReleasedCell>, request: &Request) -> Vec<ReleasedCell> {
    if request.filters.is_empty() {
        return cells;
    }
    let total = request.slice();
    let is_kept = |cell: &ReleasedCell| {
        request.filters.iter().all(|filter| {
            let value = cell.group.iter().find(|(dimension, _)| *dimension == filter.dimension);
            value.is_some_and(|(dimension, value)| filter.values.iter().any(|kept| request.table_value(*dimension, kept) == *value))
        })
    };
    let finest = request.dimensions().len();
    let mut sliced = Vec::new();
    for cell in cells.into_iter().filter(is_kept) {
        let group: Group = cell.group.iter().filter(|(dimension, _)| request.breakdowns.contains(dimension)).cloned().collect();
        if Some(&cell.group) == total.as_ref() {
            sliced.push(ReleasedCell { group: Group::new(), ..cell.clone() });
        }
        if cell.group.len() == finest && !group.is_empty() {
            sliced.push(ReleasedCell { group, ..cell });
        }
    }
    let rank = |cell: &ReleasedCell| (cell.horizon, !cell.group.is_empty());
    sliced.sort_by(|a, b| (&a.indicator, rank(a)).cmp(&(&b.indicator, rank(b))));
    sliced
}
