//! The thresholds of the gate, as data.
//!
//! They are doctrines of producers, not law, so an installation may change them in its configuration; a [`Policy`] that was parsed
//! or checked is coherent, has no threshold at zero, and none below the floor unless it says so. Its identity, carried by every release, changes with any threshold.

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
    /// Fewest people for a mean.
    pub mean_min: u64,
    /// Fewest values that a hidden count must still be able to take, seen from outside.
    pub plausible_min: u64,
    /// Most dimensions in one request, filters and breakdowns together.
    pub dimensions_max: usize,
    /// Largest share, in percent, of a figure's people who were searched by a well-formed NIR and never found.
    pub never_found_max_percent: u64,
    /// Says, in writing, that thresholds below the floor are wanted.
    pub accept_lower_thresholds: bool,
}

/// A threshold, and the limit past which it must be accepted in writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Its key.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
    /// The floor of the key, or its ceiling when `is_ceiling`.
    pub limit: u64,
    /// A larger value protects less.
    pub is_ceiling: bool,
}

impl Threshold {
    /// Whether it protects less than the limit.
    #[must_use]
    pub fn is_weaker(&self) -> bool {
        if self.is_ceiling { self.value > self.limit } else { self.value < self.limit }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "3".to_owned(),
            cohort_min: 20,
            count_min: 11,
            denominator_min: 20,
            guard_min: 3,
            round_5_below: 50,
            median_min: 20,
            quartile_min: 40,
            mean_min: 40,
            plausible_min: 5,
            dimensions_max: 3,
            never_found_max_percent: 50,
            accept_lower_thresholds: false,
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
    /// A threshold protects less than the floor, and nothing says that this is wanted.
    #[error(
        "threshold '{name}' of the disclosure policy is weaker than {limit}: correct it, or write 'accept_lower_thresholds = true' beside it"
    )]
    TooWeak {
        /// The threshold.
        name: &'static str,
        /// Its floor or ceiling.
        limit: u64,
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

    /// Every threshold with its floor or ceiling, in the order of the documentation.
    #[must_use]
    pub fn thresholds(&self) -> Vec<Threshold> {
        let floor = |name, value, limit| Threshold { name, value, limit, is_ceiling: false };
        let ceiling = |name, value, limit| Threshold { name, value, limit, is_ceiling: true };
        vec![
            floor("cohort_min", self.cohort_min, 20),
            floor("count_min", self.count_min, 11),
            floor("denominator_min", self.denominator_min, 20),
            floor("guard_min", self.guard_min, 3),
            floor("round_5_below", self.round_5_below, 50),
            floor("median_min", self.median_min, 20),
            floor("quartile_min", self.quartile_min, 40),
            floor("mean_min", self.mean_min, 40),
            floor("plausible_min", self.plausible_min, 5),
            ceiling("dimensions_max", self.dimensions_max as u64, 3),
            ceiling("never_found_max_percent", self.never_found_max_percent, 50),
        ]
    }

    /// The thresholds that protect less than the floor.
    #[must_use]
    pub fn weaker(&self) -> Vec<Threshold> {
        self.thresholds().into_iter().filter(Threshold::is_weaker).collect()
    }

    /// Checks thresholds against zero, against one another and against the floor.
    ///
    /// # Errors
    /// A [`PolicyFault`] that names the key to correct.
    pub fn check(&self) -> Result<(), PolicyFault> {
        if let Some(zero) = self.thresholds().into_iter().find(|threshold| threshold.value == 0 && !threshold.is_ceiling) {
            return Err(PolicyFault::Zero(zero.name));
        }
        if self.dimensions_max == 0 {
            return Err(PolicyFault::Zero("dimensions_max"));
        }
        let at_most = |lower, low: u64, upper, high: u64| {
            if low <= high { Ok(()) } else { Err(PolicyFault::Incoherent { lower, upper }) }
        };
        at_most("count_min", self.count_min, "'denominator_min'", self.denominator_min)?;
        at_most("guard_min", self.guard_min, "'count_min'", self.count_min)?;
        at_most("guard_min", self.guard_min.saturating_mul(2), "half of 'denominator_min'", self.denominator_min)?;
        at_most("median_min", self.median_min, "'quartile_min'", self.quartile_min)?;
        at_most("median_min", self.median_min, "'mean_min'", self.mean_min)?;
        at_most("plausible_min", self.plausible_min, "'count_min'", self.count_min)?;
        at_most("never_found_max_percent", self.never_found_max_percent, "100", 100)?;
        if let Some(weak) = self.weaker().first().filter(|_| !self.accept_lower_thresholds) {
            return Err(PolicyFault::TooWeak { name: weak.name, limit: weak.limit });
        }
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
