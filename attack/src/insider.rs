//! Insiders: people of a group, or whoever knows them, who add what they know to what is said.

use crate::bounds::bounds;
use crate::system::System;

/// Whether `known` people of a hidden group, who know that they are in it, find its size.
pub(crate) fn finds_size(system: &System, sum: &[usize], known: u64, truth: u64) -> bool {
    bounds(system, sum, known.min(truth)).is_some_and(|(low, high)| low == high)
}

/// Whether someone who knows everybody of a group but one, and how many of those have the outcome, reads whether the last one has it.
pub(crate) fn reads_last_one(system: &System, with: &[usize], others_with: u64) -> bool {
    let Some((low, high)) = bounds(system, with, 0) else { return false };
    let can_be = |people: u64| (low..=high).contains(&people);
    can_be(others_with) != can_be(others_with + 1)
}
