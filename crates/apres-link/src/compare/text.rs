//! How close two short words are: one slip apart, or the similarity of Jaro and Winkler.
//!
//! Words have at most 23 bytes, so the letters already taken are bits of a number and nothing is allocated.
//! Source: Winkler, "String comparator metrics and enhanced decision rules in the Fellegi–Sunter model", 1990.

use crate::word::Word;

/// Weight of each common letter at the beginning, and how many count.
const PREFIX_WEIGHT: f32 = 0.1;
const PREFIX_MAX: usize = 4;

/// Whether one letter added, removed or replaced, or two neighbours swapped, makes one word of the other. Equal words are.
pub(crate) fn is_one_slip(left: &Word, right: &Word) -> bool {
    let (short, long) = if left.len() <= right.len() { (left.bytes(), right.bytes()) } else { (right.bytes(), left.bytes()) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[start..], &long[start..]);
    if short.len() < long.len() {
        return short == &long[1..];
    }
    match (short, long) {
        ([], []) => true,
        ([a, b, rest @ ..], [c, d, other @ ..]) if a == d && b == c => rest == other || short[1..] == long[1..],
        _ => short[1..] == long[1..],
    }
}

/// Similarity of Jaro and Winkler, from 0 to 1.
pub(crate) fn jaro_winkler(left: &Word, right: &Word) -> f32 {
    let (left, right) = (left.bytes(), right.bytes());
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    let window = (left.len().max(right.len()) / 2).saturating_sub(1);
    let (mut taken_left, mut taken_right) = (0_u32, 0_u32);
    for (place, letter) in left.iter().enumerate() {
        let from = place.saturating_sub(window);
        let to = (place + window + 1).min(right.len());
        if let Some(found) = (from..to).find(|at| taken_right & (1 << at) == 0 && right[*at] == *letter) {
            taken_left |= 1 << place;
            taken_right |= 1 << found;
        }
    }
    let common = taken_left.count_ones();
    if common == 0 {
        return 0.0;
    }
    let mut moved = 0_u32;
    let (mut rest_left, mut rest_right) = (taken_left, taken_right);
    while rest_left != 0 {
        let (at_left, at_right) = (rest_left.trailing_zeros(), rest_right.trailing_zeros());
        moved += u32::from(left[at_left as usize] != right[at_right as usize]);
        rest_left &= rest_left - 1;
        rest_right &= rest_right - 1;
    }
    let share = |total: usize| small(common) / f32::from(u16::try_from(total).unwrap_or(u16::MAX));
    let jaro = (share(left.len()) + share(right.len()) + (small(common) - small(moved / 2)) / small(common)) / 3.0;
    let prefix = left.iter().zip(right).take(PREFIX_MAX).take_while(|(a, b)| a == b).count();
    jaro + PREFIX_WEIGHT * f32::from(u16::try_from(prefix).unwrap_or(0)) * (1.0 - jaro)
}

fn small(count: u32) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
