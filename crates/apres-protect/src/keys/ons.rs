//! The cell-key method as the Office for National Statistics publishes it, to compare ours with.
//!
//! Record keys are whole numbers below a power of two, their sum modulo it is the cell key, large counts share the rows of a table of 750, and what is below the threshold *after*
//! perturbation is withheld. APRES does not release figures this way: small keys can be tried out, and the key is the numerator's own.

use super::table::{NoiseFault, Shape, Table};

/// Counts above this share the rows of the last [`SHARED_ROWS`].
const ROWS: u64 = 750;
const SHARED_ROWS: u64 = 250;

/// A table that perturbs counts by the sum of their record keys.
#[derive(Debug, Clone)]
pub struct Ons {
    table: Table,
    /// Number of different keys.
    keys: u32,
    threshold: u64,
}

/// What is made of a count: the row, the key and the deviation are as secret as the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Perturbed {
    /// Row of the table.
    pub row: u64,
    /// Cell key.
    pub key: u32,
    /// Deviation.
    pub deviation: i64,
    /// What may be published; `None` below the threshold.
    pub published: Option<u64>,
}

impl Ons {
    /// A table with a largest deviation, a variance and small counts onto which nothing is moved, for keys below `keys`.
    ///
    /// # Errors
    /// A [`NoiseFault`] when there is no such table.
    pub fn new(deviation_max: u8, variance: f64, withheld_max: u8, keys: u32, threshold: u64) -> Result<Self, NoiseFault> {
        let shape = Shape { deviation_max, variance, withheld_max, is_monotone: false };
        Ok(Self { table: Table::new(shape)?, keys, threshold })
    }

    /// Perturbs a count whose people's record keys have this sum.
    #[must_use]
    pub fn perturb(&self, count: u64, record_keys: u64) -> Perturbed {
        let row = row(count);
        let key = u32::try_from(record_keys % u64::from(self.keys)).expect("a remainder of 32 bits");
        let deviation = self.table.deviation(row, (f64::from(key) + 0.5) / f64::from(self.keys));
        let noisy = count.saturating_add_signed(deviation);
        Perturbed { row, key, deviation, published: (noisy >= self.threshold).then_some(noisy) }
    }
}

/// The row of a count.
fn row(count: u64) -> u64 {
    if count <= ROWS { count } else { (count - 1) % SHARED_ROWS + ROWS - SHARED_ROWS + 1 }
}
