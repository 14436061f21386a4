//! The thresholds of the gate, as data.
//!
//! They are doctrines of producers, not law, so an installation may change them in its configuration; a [`Policy`] that was parsed
//! is coherent and has no threshold at zero. Its identity, carried by every release, changes with any threshold.

use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;

/// Thresholds; see `docs/methods/gate.md` for the source of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Version of the policy, chosen by whoever changes it.
    pub version: String,
    /// Fewest people in a population that may be described.
    pub cohort_min: u64,
    /// Smallest count that may be shown.
    pub count_min: u64,
    /// Smallest denominator of a rate.
    pub denominator_min: u64,
    /// Fewest people on each side of a rate; below, only a bound is given.
    pub guard_min: u64,
    /// Rates are rounded to 5 points below this denominator, to 1 point from it on.
    pub round_5_below: u64,
    /// Fewest people for a median.
    pub median_min: u64,
    /// Fewest people for the first and third quartiles.
    pub quartile_min: u64,
    /// Fewest values that a hidden count must still be able to take, seen from outside.
    pub plausible_min: u64,
    /// Most dimensions in one request, filters and breakdowns together.
    pub dimensions_max: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "1".to_owned(),
            cohort_min: 20,
            count_min: 11,
            denominator_min: 20,
            guard_min: 3,
            round_5_below: 50,
            median_min: 20,
            quartile_min: 40,
            plausible_min: 5,
            dimensions_max: 3,
        }
    }
}

/// A policy that cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFault {
    /// Not TOML, or a key that does not exist.
    #[error("reading the disclosure policy")]
    Unreadable(#[source] toml::de::Error),
    /// A threshold of zero lets everything through.
    #[error("threshold '{0}' of the disclosure policy must not be zero")]
    Zero(&'static str),
    /// Two thresholds contradict one another.
    #[error("disclosure policy: '{lower}' must not exceed {upper}")]
    Incoherent {
        /// The threshold that is too high.
        lower: &'static str,
        /// What it is measured against.
        upper: &'static str,
    },
    /// Nothing says which policy it is.
    #[error("the disclosure policy needs a short 'version'")]
    NoVersion,
}

impl Policy {
    /// Reads and checks a policy in TOML; absent keys keep their default.
    ///
    /// # Errors
    /// A [`PolicyFault`] that names the key to correct.
    pub fn parse(text: &str) -> Result<Self, PolicyFault> {
        let policy: Self = toml::from_str(text).map_err(PolicyFault::Unreadable)?;
        policy.check()?;
        Ok(policy)
    }

    /// Checks thresholds against zero and against one another.
    ///
    /// # Errors
    /// A [`PolicyFault`] that names the key to correct.
    pub fn check(&self) -> Result<(), PolicyFault> {
        let thresholds = [
            ("cohort_min", self.cohort_min),
            ("count_min", self.count_min),
            ("denominator_min", self.denominator_min),
            ("guard_min", self.guard_min),
            ("round_5_below", self.round_5_below),
            ("median_min", self.median_min),
            ("quartile_min", self.quartile_min),
            ("plausible_min", self.plausible_min),
            ("dimensions_max", self.dimensions_max as u64),
        ];
        if let Some((name, _)) = thresholds.into_iter().find(|(_, value)| *value == 0) {
            return Err(PolicyFault::Zero(name));
        }
        let at_most = |lower, low: u64, upper, high: u64| {
            if low <= high { Ok(()) } else { Err(PolicyFault::Incoherent { lower, upper }) }
        };
        at_most("count_min", self.count_min, "'denominator_min'", self.denominator_min)?;
        at_most("guard_min", self.guard_min, "'count_min'", self.count_min)?;
        at_most("guard_min", self.guard_min.saturating_mul(2), "half of 'denominator_min'", self.denominator_min)?;
        at_most("median_min", self.median_min, "'quartile_min'", self.quartile_min)?;
        at_most("plausible_min", self.plausible_min, "'count_min'", self.count_min)?;
        if self.version.is_empty() || self.version.len() > 40 || self.version.chars().any(char::is_control) {
            return Err(PolicyFault::NoVersion);
        }
        Ok(())
    }

    /// The version with the start of a digest of the thresholds, so that two policies never share a name.
    #[must_use]
    pub fn identity(&self) -> String {
        let json = serde_json::to_vec(self).expect("a policy has text keys only");
        format!("{}+{}", self.version, &sha256_hex(&json)[..8])
    }
}

#[cfg(test)]
mod tests;
