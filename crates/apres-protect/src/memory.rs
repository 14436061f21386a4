//! What was said before, remembered without remembering people: whether two groups of people are too close to be told apart safely.
//!
//! Whoever is answered about a group, then about the same group and one person more, reads that person's situation by subtraction. So two groups
//! must be the same, or differ by [`DIFFERENCE_MIN`] people at least. A group is kept as a [`Sketch`], from which a difference is read and nobody is
//! named; the periods that may be asked are a closed list ([`PeriodKind`]). See `docs/methods/memory.md`.

mod closed;
mod field;
mod lists;
mod sketch;
#[cfg(test)]
mod tests;

pub use closed::PeriodKind;
pub use lists::{ListPrint, NearList, QuarterPrint};
pub use sketch::{SKETCH_PEOPLE_MAX, Sketch, SketchFault};

/// Fewest people by which two groups must differ when they differ at all.
pub const DIFFERENCE_MIN: u32 = 20;

/// Whether two groups may not both be described: they differ, by fewer than [`DIFFERENCE_MIN`] people.
#[must_use]
pub fn is_near(one: &Sketch, other: &Sketch) -> bool {
    matches!(one.difference(other), Some(people) if (1..DIFFERENCE_MIN).contains(&people))
}
