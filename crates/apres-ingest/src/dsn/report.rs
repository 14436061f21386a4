//! What a reading gave: counts by kind and the first remarks.

use std::collections::BTreeMap;

use super::{Remark, RemarkCode, Rubrique};

/// Remarks kept in full; the others are only counted.
const REMARKS_KEPT_MAX: usize = 1_000;

/// Declarations of one nature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted.
    pub accepted: u64,
    /// Refused whole, alone or with their send.
    pub refused: u64,
}

/// Counts and remarks of one or several files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines read.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Sends of the real kind accepted.
    pub sends: u64,
    /// Sends refused whole.
    pub sends_refused: u64,
    /// Test sends (`S10.G00.00.005` = 01), ignored.
    pub sends_test: u64,
    /// Lots (S05).
    pub lots: u64,
    /// Declarations by nature.
    pub declarations: BTreeMap<String, Tally>,
    /// Monthly declarations by main month (`year * 12 + month - 1`, 0 when unreadable) and type.
    pub monthly: BTreeMap<(i32, String), Tally>,
    /// Monthly declarations without individuals (types 02 and 05).
    pub neant: u64,
    /// Individuals in accepted declarations.
    pub individus: u64,
    /// Contracts in accepted declarations.
    pub contrats: u64,
    /// Remarks counted by code and rubrique.
    pub remark_counts: BTreeMap<(RemarkCode, Option<Rubrique>), u64>,
    /// The first remarks.
    pub remarks: Vec<Remark>,
}

impl Report {
    /// Adds a remark.
    pub fn remark(&mut self, remark: Remark) {
        *self.remark_counts.entry((remark.code, remark.rubrique)).or_default() += 1;
        if self.remarks.len() < REMARKS_KEPT_MAX {
            self.remarks.push(remark);
        }
    }

    /// Adds the counts of another report; the files' order does not matter but for the remarks kept.
    pub fn absorb(&mut self, other: &Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.sends += other.sends;
        self.sends_refused += other.sends_refused;
        self.sends_test += other.sends_test;
        self.lots += other.lots;
        self.neant += other.neant;
        self.individus += other.individus;
        self.contrats += other.contrats;
        for (nature, tally) in &other.declarations {
            let mine = self.declarations.entry(nature.clone()).or_default();
            mine.accepted += tally.accepted;
            mine.refused += tally.refused;
        }
        for (key, tally) in &other.monthly {
            let mine = self.monthly.entry(key.clone()).or_default();
            mine.accepted += tally.accepted;
            mine.refused += tally.refused;
        }
        for (key, count) in &other.remark_counts {
            *self.remark_counts.entry(*key).or_default() += count;
        }
        let room = REMARKS_KEPT_MAX.saturating_sub(self.remarks.len());
        self.remarks.extend(other.remarks.iter().take(room));
    }

    /// Declarations accepted, all natures.
    #[must_use]
    pub fn declarations_accepted(&self) -> u64 {
        self.declarations.values().map(|tally| tally.accepted).sum()
    }
}
