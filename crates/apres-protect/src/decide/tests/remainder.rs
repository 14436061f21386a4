//! The remainder rule on its own.

use proptest::prelude::*;

use crate::decide::remainder::{Mark, Part, Step, next_step};

/// Applies the rule until it is safe, on counts with a threshold of 11.
fn settle(values: &[u64]) -> (Vec<Part>, bool) {
    let mark = |value: u64| if value < 11 { Mark::Small } else { Mark::Said };
    let mut parts: Vec<_> = values.iter().map(|&value| Part { value, mark: mark(value) }).collect();
    loop {
        match next_step(&parts, 11, 5) {
            Step::Safe => return (parts, true),
            Step::Hide(position) => parts[position].mark = Mark::Shield,
            Step::HideTotal => return (parts, false),
        }
    }
}

proptest! {
    /// Every possible table that would look the same is written out: a small part takes five values or more among them.
    #[test]
    fn a_small_part_keeps_five_possible_values(values in proptest::collection::vec(0..40_u64, 2..5)) {
        let (parts, is_total_said) = settle(&values);
        let hidden: Vec<Part> = parts.iter().copied().filter(|part| part.mark.is_hidden()).collect();
        // With no part said, the gate blurs the marks instead.
        if is_total_said && !hidden.is_empty() && hidden.len() < parts.len() {
            let remainder: u64 = hidden.iter().map(|part| part.value).sum();
            prop_assert!(hidden.len() >= 2 && remainder >= 11);
            for (position, part) in hidden.iter().enumerate().filter(|(_, part)| part.mark == Mark::Small) {
                let others: Vec<Mark> = hidden.iter().enumerate().filter(|(other, _)| *other != position).map(|(_, part)| part.mark).collect();
                let possible = (0..11).filter(|value| *value <= remainder && is_possible(&others, remainder - value)).count();
                prop_assert!(possible >= 5, "{part:?} of {parts:?} has {possible}");
            }
        }
    }
}

/// Whether parts with these marks can add up to `sum`, by trying.
fn is_possible(marks: &[Mark], sum: u64) -> bool {
    let Some((first, rest)) = marks.split_first() else {
        return sum == 0;
    };
    let values = if *first == Mark::Small { 0..=sum.min(10) } else { 11..=sum };
    values.into_iter().any(|value| is_possible(rest, sum - value))
}
