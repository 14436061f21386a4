//! The method and the thresholds of the gate, as data.
//!
//! They are doctrines of producers, not law, so an installation may change them in its configuration; a [`Policy`] that was parsed
//! or checked is coherent, has no threshold at zero, and none below the floor unless it says so. Its identity, carried by every release, changes with any of them, and
//! tells nothing of the noise.

use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;
use crate::keys::{DisclosureSecret, Noise};

/// How figures are protected: one method for all that an installation releases, for figures protected in two ways give one another away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Small noise on every count: `docs/methods/cell-keys.md`.
    #[default]
    CellKeys,
    /// Exact figures, and others hidden for their sake: `docs/methods/gate.md` §6.
    ClosedCube,
}

/// Thresholds; see `docs/methods/gate.md` for the source of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Version of the policy, chosen by whoever changes it.
    pub version: String,
    /// How figures are protected.
    pub method: Method,
    /// The noise of [`Method::CellKeys`]; it is written nowhere.
    #[serde(skip_serializing)]
    pub noise: Noise,
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
            version: "4".to_owned(),
            method: Method::CellKeys,
            noise: Noise::default(),
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
    /// The noise protects less than the floor, and nothing says that this is wanted. Its parameters are not repeated.
    #[error(
        "the noise of the disclosure policy is weaker than the default: correct it, or write 'accept_lower_thresholds = true' in [policy]"
    )]
    WeakNoise,
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

    /// Whether the noise is in use, and protects less than the floor.
    #[must_use]
    pub fn is_noise_weak(&self) -> bool {
        self.method == Method::CellKeys && self.noise.is_weaker()
    }

    /// The policy of an installation with this secret; [`Method::CellKeys`] decides nothing without.
    #[must_use]
    pub fn with_secret(self, secret: DisclosureSecret) -> Self {
        Self { noise: self.noise.with_secret(secret), ..self }
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
        if self.is_noise_weak() && !self.accept_lower_thresholds {
            return Err(PolicyFault::WeakNoise);
        }
        if self.version.is_empty() || self.version.len() > 40 || self.version.chars().any(char::is_control) {
            return Err(PolicyFault::NoVersion);
        }
        Ok(())
    }

    /// The version with the start of a digest of all that decides, so that two policies never share a name.
    ///
    /// The noise counts in it by a fingerprint that only the secret of the installation makes: whoever tries all the parameters finds nothing.
    #[must_use]
    pub fn identity(&self) -> String {
        let mut content = serde_json::to_vec(self).expect("a policy has text keys only");
        if self.method == Method::CellKeys {
            content.extend(self.noise.fingerprint().into_iter().flat_map(String::into_bytes));
        }
        format!("{}+{}", self.version, &sha256_hex(&content)[..8])
    }
}

#[cfg(test)]
mod tests;
