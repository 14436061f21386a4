//! Chance, drawn from one numbered stream per person, employer or file.
//!
//! Every stream depends on the plan's seed and on its own number only, so the order in which things are simulated changes nothing. Nothing
//! here reads the machine's own randomness.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is for; two kinds never share numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Employers,
    Person,
    Life,
    Declarations,
    Lists,
    Changes,
}

/// A stream of draws.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64, stream: Stream, number: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(((stream as u64) << 56) | number);
        Self(rng)
    }

    /// From 0 to `bound` − 1; `bound` must be positive.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(bound);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = u32::try_from(high - low + 1).unwrap_or(1);
        low + i32::try_from(self.below(span)).unwrap_or(0)
    }

    /// True `share` times in one.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// From 0 (included) to 1 (excluded).
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let place = self.below(u32::try_from(choices.len()).unwrap_or(1)) as usize;
        &choices[place]
    }

    /// One of a few codes or words.
    pub(crate) fn code(&mut self, choices: &[&'static str]) -> &'static str {
        let chosen: &&'static str = self.pick(choices);
        chosen
    }

    /// The place of one weight, drawn in proportion to it.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut rest = self.unit() * total;
        for (place, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return place;
            }
        }
        weights.len().saturating_sub(1)
    }
}
