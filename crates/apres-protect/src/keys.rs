//! Cell keys: small noise on every count, the same wherever the same people are counted for the same thing.
//!
//! A set of people and what is counted of it make a *cell key*; the cell key chooses a deviation in the noise table. The set is the one that is counted *out of*, never the
//! people who have the property: see `docs/methods/cell-keys.md`, with the source and the limits. Nothing here decides what may be said.

use std::fmt;
use std::hash::Hasher;

use serde::Deserialize;
use siphasher::sip::SipHasher24;

use crate::digest::sha256_hex;

pub mod ons;
mod record;
mod table;
#[cfg(test)]
mod tests;

pub use record::{DisclosureSecret, RecordKeys, SetKey};
pub use table::NoiseFault;
use table::{Shape, Table};

/// The floor of the noise: below, it must be accepted in writing.
const DEVIATION_FLOOR: u8 = 3;
const VARIANCE_FLOOR: f64 = 2.0;

/// `[policy.noise]` of the configuration.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    deviation_max: u8,
    variance: f64,
    withheld_max: u8,
    is_monotone: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { deviation_max: DEVIATION_FLOOR, variance: VARIANCE_FLOOR, withheld_max: 0, is_monotone: false }
    }
}

/// The noise of a policy: a table that was checked when the configuration was read, and the secret of the installation.
///
/// Its parameters are never shown: it has no `Serialize` and a masked `Debug`.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "Settings")]
pub struct Noise {
    shape: Shape,
    table: Table,
    secret: Option<DisclosureSecret>,
}

impl TryFrom<Settings> for Noise {
    type Error = NoiseFault;

    fn try_from(settings: Settings) -> Result<Self, NoiseFault> {
        let Settings { deviation_max, variance, withheld_max, is_monotone } = settings;
        let shape = Shape { deviation_max, variance, withheld_max, is_monotone };
        Ok(Self { shape, table: Table::new(shape)?, secret: None })
    }
}

impl Default for Noise {
    fn default() -> Self {
        Self::try_from(Settings::default()).expect("the default noise has a table")
    }
}

impl fmt::Debug for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Noise(****)")
    }
}

/// What is counted of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting<'a> {
    /// The people of the set, whatever the indicator and the horizon: one set has one size.
    Everybody,
    /// Those who have the property of a share.
    Numerator { share: &'a str, horizon: u8 },
    /// Those of a category of a distribution.
    Category { distribution: &'a str, horizon: u8, code: &'a str },
    /// The rank of a quartile, or the sum behind a mean.
    Rank { indicator: &'a str, horizon: u8, quarter: u8 },
}

impl Noise {
    /// With the secret of the installation, without which nothing is perturbed.
    #[must_use]
    pub(crate) fn with_secret(self, secret: DisclosureSecret) -> Self {
        Self { secret: Some(secret), ..self }
    }

    /// Whether it protects less than the floor.
    pub(crate) fn is_weaker(&self) -> bool {
        self.shape.deviation_max < DEVIATION_FLOOR || self.shape.variance < VARIANCE_FLOOR
    }

    /// What tells two noises apart to the holder of the secret only: a digest of the parameters alone could be tried out.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        let secret = self.secret.as_ref()?;
        let Shape { deviation_max, variance, withheld_max, is_monotone } = self.shape;
        let shape = [deviation_max, withheld_max, u8::from(is_monotone)];
        Some(sha256_hex(&[&b"noise:"[..], secret.bytes(), &shape, &variance.to_bits().to_le_bytes()].concat()))
    }

    /// A standard deviation that may be told: that of the noise, rounded up to a whole number that is 2 at least.
    ///
    /// What is said of the precision of a figure is computed with this, so that it tells no more of the noise than a class.
    pub(crate) fn told_deviation(&self) -> u8 {
        (2..u8::MAX).find(|&told| f64::from(told) * f64::from(told) >= self.shape.variance).unwrap_or(u8::MAX)
    }

    /// Perturbs with the secret.
    ///
    /// # Panics
    /// When the installation has given no secret: a fault of ours, and nothing must leave.
    pub(crate) fn perturber(&self) -> Perturber<'_> {
        let secret = self.secret.as_ref().expect("the policy was given the secret of the installation");
        Perturber { table: &self.table, hasher: secret.cell_hasher() }
    }
}

/// Perturbs counts.
#[derive(Clone, Copy)]
pub(crate) struct Perturber<'a> {
    table: &'a Table,
    hasher: SipHasher24,
}

impl Perturber<'_> {
    /// A count of people of a set, as it may be known.
    #[must_use]
    pub(crate) fn count(&self, exact: u64, set: SetKey, counting: Counting<'_>) -> u64 {
        exact.saturating_add_signed(self.deviation(exact, set, counting))
    }

    /// The deviation of a count of people of a set.
    #[must_use]
    pub(crate) fn deviation(&self, exact: u64, set: SetKey, counting: Counting<'_>) -> i64 {
        self.table.deviation(exact, place(self.key(set, counting)))
    }

    /// The cell key: the mixing keeps the key of two sets together from being the sum of theirs.
    fn key(&self, set: SetKey, counting: Counting<'_>) -> u64 {
        let mut hasher = self.hasher;
        let mut write = |kind: u8, name: &str, horizon: u8, part: &[u8]| {
            hasher.write(&set.bytes());
            hasher.write(&[kind, horizon]);
            hasher.write(name.as_bytes());
            // No name holds this byte.
            hasher.write(&[0xff]);
            hasher.write(part);
        };
        match counting {
            Counting::Everybody => write(b'e', "", 0, &[]),
            Counting::Numerator { share, horizon } => write(b'n', share, horizon, &[]),
            Counting::Category { distribution, horizon, code } => write(b'c', distribution, horizon, code.as_bytes()),
            Counting::Rank { indicator, horizon, quarter } => write(b'r', indicator, horizon, &[quarter]),
        }
        hasher.finish()
    }
}

/// Where a key stands between 0 and 1.
fn place(key: u64) -> f64 {
    let first = u32::try_from(key >> 32).expect("32 bits");
    (f64::from(first) + 0.5) / (f64::from(u32::MAX) + 1.0)
}
