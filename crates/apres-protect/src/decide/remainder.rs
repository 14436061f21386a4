//! The remainder of a sum: what whoever sees a total and some of its parts can work out about the hidden ones.
//!
//! The total less the parts that are said is the exact sum of those that are not. That sum must not be a single part, nor be too
//! small to be said, nor leave a hidden part too few possible values. It looks at one sum at a time.

/// What is known, from outside, of one part of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Its exact value.
    Said,
    /// Below the threshold: this is what must not be worked out.
    Small,
    /// At least the threshold: hidden for another's sake.
    Shield,
    /// Nothing, and it must not be worked out.
    Covert,
    /// That it is zero, and says so.
    Nobody,
}

impl Mark {
    pub(super) fn is_hidden(self) -> bool {
        matches!(self, Self::Small | Self::Shield | Self::Covert)
    }
}

/// One part of a sum whose total is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) value: u64,
    pub(super) mark: Mark,
}

/// What must be hidden next for the hidden parts to be safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Safe,
    /// The part at this position.
    Hide(usize),
    /// The total itself, for want of parts.
    HideTotal,
}

/// Next step to protect the parts of a sum.
///
/// `threshold` is the smallest sum that may be known, `plausible_min` the fewest values that a small part must still be able to take.
pub(super) fn next_step(parts: &[Part], threshold: u64, plausible_min: u64) -> Step {
    let hidden: Vec<Part> = parts.iter().copied().filter(|part| part.mark.is_hidden()).collect();
    if hidden.is_empty() {
        return Step::Safe;
    }
    let Some(smallest) = smallest_said(parts) else {
        // The remainder is the total, which is said for itself; [`hides_smallness`] then takes away what the marks would add.
        return if hidden.len() >= 2 { Step::Safe } else { Step::HideTotal };
    };
    let remainder: u64 = hidden.iter().map(|part| part.value).sum();
    let is_sensitive = hidden.iter().any(|part| part.mark != Mark::Shield);
    let is_safe =
        hidden.len() >= 2 && (!is_sensitive || (remainder >= threshold && is_plausible(&hidden, remainder, threshold, plausible_min)));
    if is_safe { Step::Safe } else { Step::Hide(smallest) }
}

/// Whether the marks of a sum with no part said would narrow a small part too much, so that all must wear the same.
///
/// It depends on public things only (the total, how many parts), so that wearing the same mark tells nothing either.
pub(super) fn hides_smallness(parts: &[Part], total: u64, threshold: u64) -> bool {
    let present: Vec<&Part> = parts.iter().filter(|part| part.mark != Mark::Nobody).collect();
    let is_all_hidden = present.iter().all(|part| part.mark.is_hidden());
    is_all_hidden && u128::from(total) < u128::from(threshold) * present.len() as u128
}

/// The smallest part that is said, if any.
pub(super) fn smallest_said(parts: &[Part]) -> Option<usize> {
    let said = parts.iter().enumerate().filter(|(_, part)| part.mark == Mark::Said);
    said.min_by_key(|(position, part)| (part.value, *position)).map(|(position, _)| position)
}

/// Whether every part that must not be known could still take `plausible_min` values, given the remainder and the marks.
fn is_plausible(hidden: &[Part], remainder: u64, threshold: u64, plausible_min: u64) -> bool {
    let floor = |mark: Mark| if mark == Mark::Shield { threshold } else { 0 };
    let ceiling = |mark: Mark| {
        if mark == Mark::Small { threshold - 1 } else { remainder }
    };
    let floors: u64 = hidden.iter().map(|part| floor(part.mark)).sum();
    let ceilings = hidden.iter().map(|part| ceiling(part.mark)).fold(0, u64::saturating_add);
    hidden.iter().filter(|part| part.mark != Mark::Shield).all(|part| {
        let high = ceiling(part.mark).min(remainder.saturating_sub(floors));
        let low = remainder.saturating_sub(ceilings - ceiling(part.mark));
        high + 1 >= low + plausible_min
    })
}
