//! Progress of long work, on stderr: a bar on a terminal, nothing but the steps elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a step that goes on is drawn again.
const TICK: Duration = Duration::from_millis(120);

/// Makes steps.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    is_shown: bool,
}

/// One step of the work.
#[derive(Clone)]
pub struct Step {
    bar: ProgressBar,
    name: &'static str,
    is_terminal: bool,
    is_shown: bool,
}

impl Progress {
    /// Shown on stderr.
    #[must_use]
    pub fn shown() -> Self {
        Self { is_shown: true }
    }

    /// Not shown.
    #[must_use]
    pub fn hidden() -> Self {
        Self { is_shown: false }
    }

    /// A step whose length is not known.
    #[must_use]
    pub fn step(self, name: &'static str) -> Step {
        self.with(name, ProgressBar::no_length(), "{spinner} {prefix:<12} {human_pos} {elapsed}")
    }

    /// A step counted in units.
    #[must_use]
    pub fn units(self, name: &'static str, total: u64) -> Step {
        self.with(name, ProgressBar::new(total), "{spinner} {prefix:<12} {bar:30} {percent:>3} % {eta}")
    }

    /// A step counted in bytes.
    #[must_use]
    pub fn bytes(self, name: &'static str, total: u64) -> Step {
        self.with(name, ProgressBar::new(total), "{spinner} {prefix:<12} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
    }

    fn with(self, name: &'static str, bar: ProgressBar, template: &str) -> Step {
        let is_terminal = std::io::stderr().is_terminal();
        bar.set_draw_target(if self.is_shown && is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name);
        if self.is_shown && is_terminal {
            // Work that counts nothing is seen to go on.
            bar.enable_steady_tick(TICK);
        }
        Step { bar, name, is_terminal, is_shown: self.is_shown }
    }
}

impl Step {
    /// How far the step is.
    pub fn at(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// How far the step is, when its length is learned on the way.
    pub fn of(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// The step is over.
    pub fn done(self) {
        let elapsed = self.bar.elapsed();
        self.bar.finish_and_clear();
        if self.is_shown {
            let mark = if self.is_terminal { "✓" } else { "done" };
            tracing::info!(duration_ms = elapsed.as_millis(), "{mark} {}", self.name);
        }
    }
}
