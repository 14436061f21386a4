//! Declared but not working: the days on which sick leaves (60) and other suspensions (65) keep a person away (docs/methods/measure.md §1.4).
//!
//! Declarations repeat an absence each month that it covers, and correct it later: for one block and start, the latest stands. A suspended contract is in force, so this
//! changes no spell; it is told beside the months.

use crate::calendar::{Day, Month};
use crate::contract::ContractKey;
use crate::spells::MonthRow;

#[cfg(test)]
mod tests;

/// A block 60 or 65 of a contract, in one main month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absence {
    /// Which contract, as finally known.
    pub contract: ContractKey,
    /// Block 60 rather than 65.
    pub is_sick_leave: bool,
    /// First day not worked.
    pub first: Day,
    /// Main declared month.
    pub month: Month,
    /// Reason (60.001, 65.001).
    pub motif: u16,
    /// Last day not worked, when known.
    pub last: Option<Day>,
}

impl Absence {
    fn is_cancelled(&self) -> bool {
        self.motif == if self.is_sick_leave { 99 } else { 998 }
    }

    /// Part time for therapy, pensions, paid leave and reduced time are worked.
    fn is_away(&self) -> bool {
        let is_worked =
            if self.is_sick_leave { matches!(self.motif, 15..=18) } else { matches!(self.motif, 112 | 114 | 116 | 200 | 642 | 645 | 647) };
        !is_worked && !self.is_cancelled()
    }
}

/// Tells each month how many of its days are suspended.
pub(crate) fn suspend(months: &mut [MonthRow], absences: &[Absence]) {
    let mut sorted = absences.to_vec();
    sorted
        .sort_by_key(|absence| (absence.contract, absence.is_sick_leave, absence.first, absence.month, !absence.is_cancelled(), *absence));
    let same = |left: &Absence, right: &Absence| {
        (left.contract, left.is_sick_leave, left.first) == (right.contract, right.is_sick_leave, right.first)
    };
    let standing: Vec<Absence> = sorted.chunk_by(same).filter_map(|told| told.last()).filter(|stands| stands.is_away()).copied().collect();
    for absent in standing.chunk_by(|left, right| left.contract == right.contract) {
        let from = months.partition_point(|row| row.contract < absent[0].contract);
        for row in months[from..].iter_mut().take_while(|row| row.contract == absent[0].contract) {
            row.days_suspended = days_in(row.month, absent).min(row.days_active);
        }
    }
}

/// Days of a month that one of these covers.
fn days_in(month: Month, absent: &[Absence]) -> u8 {
    let covers =
        |day: i32| absent.iter().any(|absence| absence.first.0 <= day && day <= absence.last.unwrap_or_else(|| absence.month.last_day()).0);
    let days = (month.first_day().0..=month.last_day().0).filter(|day| covers(*day)).count();
    u8::try_from(days).expect("a month has at most 31 days")
}
