//! Totals over the whole lake, as they may be written on a page about the quality of the data.
//!
//! Contracts and individuals are counted there, so the thresholds of the policy hold as well: a small count is a word, a share is a percentage or a bound. These
//! are no releases: they answer no request, and nothing narrower than the whole lake may be made into one.

use crate::decide::rate;
use crate::policy::Policy;
use crate::release::Figure;

/// How many contracts or individuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volume {
    /// The count.
    Shown(u64),
    /// Fewer than the policy lets say, none included.
    Few,
}

impl Volume {
    /// A count as it may be shown.
    #[must_use]
    pub fn of(count: u64, policy: &Policy) -> Self {
        if count < policy.count_min { Self::Few } else { Self::Shown(count) }
    }

    /// The change since an earlier volume, in whole percent, halves upwards. It is computed on what is shown, so it tells nothing more; `None` when either is
    /// not shown.
    #[must_use]
    pub fn change_since(self, earlier: Self) -> Option<i64> {
        match (earlier, self) {
            (Self::Shown(before), Self::Shown(now)) => change_percent(before, now),
            _ => None,
        }
    }
}

/// From one count to another, in whole percent, halves upwards; `None` from nothing.
#[must_use]
pub fn change_percent(before: u64, now: u64) -> Option<i64> {
    let (before, now) = (i128::from(before), i128::from(now));
    let doubled = (before > 0).then(|| (200 * (now - before) + before).div_euclid(2 * before))?;
    i64::try_from(doubled).ok()
}

/// Which share of the contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portion {
    /// In percent.
    Percent(u8),
    /// Less than this percentage.
    Below(u8),
    /// More than this percentage.
    Above(u8),
    /// Out of too few to say.
    Few,
}

impl Portion {
    /// A share as the gate would say it: see `docs/methods/gate.md` §4.
    ///
    /// # Panics
    /// When there are more in the share than in all.
    #[must_use]
    pub fn of(numerator: u64, denominator: u64, policy: &Policy) -> Self {
        assert!(numerator <= denominator, "a share is no more than all");
        if denominator < policy.denominator_min {
            return Self::Few;
        }
        match rate((numerator, denominator), (numerator, denominator), policy) {
            Figure::Rate { percent, .. } => Self::Percent(percent),
            Figure::RateBelow { percent, .. } => Self::Below(percent),
            Figure::RateAbove { percent, .. } => Self::Above(percent),
            Figure::Count { .. } | Figure::Distribution { .. } | Figure::Quartiles { .. } | Figure::Hidden { .. } => Self::Few,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_said_from_the_threshold_on() {
        let policy = Policy::default();
        let said = [0, 1, 10, 11, 12].map(|count| Volume::of(count, &policy));
        assert_eq!(said, [Volume::Few, Volume::Few, Volume::Few, Volume::Shown(11), Volume::Shown(12)]);
    }

    #[test]
    fn a_change_needs_both_volumes() {
        assert_eq!(Volume::Shown(75).change_since(Volume::Shown(100)), Some(-25));
        assert_eq!(Volume::Few.change_since(Volume::Shown(100)), None);
        assert_eq!(Volume::Shown(100).change_since(Volume::Few), None);
    }

    #[test]
    fn a_change_is_rounded_to_the_nearest_percent() {
        assert_eq!(change_percent(0, 5), None);
        assert_eq!(change_percent(3, 4), Some(33));
        assert_eq!(change_percent(3, 2), Some(-33));
        assert_eq!(change_percent(200, 201), Some(1), "a half goes upwards");
        assert_eq!(change_percent(200, 199), Some(0), "a half goes upwards");
        assert_eq!(change_percent(u64::MAX, u64::MAX), Some(0));
    }

    #[test]
    fn a_share_follows_the_gate() {
        let policy = Policy::default();
        assert_eq!(Portion::of(5, 19, &policy), Portion::Few);
        assert_eq!(Portion::of(0, 20, &policy), Portion::Below(15));
        assert_eq!(Portion::of(5, 20, &policy), Portion::Percent(25));
        assert_eq!(Portion::of(33, 100, &policy), Portion::Percent(33));
        assert_eq!(Portion::of(99, 100, &policy), Portion::Above(95));
    }
}
