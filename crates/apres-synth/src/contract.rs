//! A contract as it truly is, and what of it can be observed month after month.
//!
//! The simulation makes contracts; the DSN writer and the truth both read them, and agree because hours, pay, numbers and the end that can be
//! seen are computed here once. Nothing here draws chance.

use crate::calendar::{Day, Month};
use crate::employers::Employer;

/// The months that a plan covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) first: Month,
    pub(crate) last: Month,
}

impl Window {
    pub(crate) fn first_day(self) -> Day {
        self.first.first_day()
    }

    pub(crate) fn last_day(self) -> Day {
        self.last.last_day()
    }
}

/// A period without work inside a contract.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suspension {
    pub(crate) from: Day,
    pub(crate) to: Day,
    /// A sick leave (block 60) rather than another suspension (block 65).
    pub(crate) is_leave: bool,
    pub(crate) motif: &'static str,
}

/// A contract.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    /// Place of the person in its territory.
    pub(crate) person: u32,
    /// Place of the establishment in its territory.
    pub(crate) employer: u32,
    /// Number of the contract among those of the person.
    pub(crate) sequence: u32,
    pub(crate) date_debut: Day,
    /// First day under this SIRET: the start, or the day of a transfer.
    pub(crate) declared_from: Day,
    /// The true last day; beyond the window for a contract that goes on.
    pub(crate) date_fin: Day,
    /// Expected ends, each with the month from which it is declared.
    pub(crate) expected: Vec<(Month, Day)>,
    pub(crate) nature: &'static str,
    pub(crate) dispositif: &'static str,
    pub(crate) complement: Option<&'static str>,
    pub(crate) motif_recours: Option<&'static str>,
    /// Monthly hours, in hundredths.
    pub(crate) quotite: i64,
    /// Gross pay of an hour, in centimes.
    pub(crate) hourly_pay: i64,
    pub(crate) motif_fin: &'static str,
    /// The end is never declared.
    pub(crate) is_silent: bool,
    /// Month in which an end is declared by mistake; the next month cancels it.
    pub(crate) mistaken_end: Option<Month>,
    /// Establishment where a mission takes place.
    pub(crate) user: Option<u32>,
    pub(crate) suspension: Option<Suspension>,
    /// Establishment left by a transfer.
    pub(crate) moved_from: Option<u32>,
    /// Place in the table of job titles.
    pub(crate) job: u8,
}

/// What can be known of the end of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Declared(Day),
    Inferred(Day),
    Open,
}

impl End {
    pub(crate) fn day(self) -> Option<Day> {
        match self {
            Self::Declared(day) | Self::Inferred(day) => Some(day),
            Self::Open => None,
        }
    }

    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Declared(_) => "declared",
            Self::Inferred(_) => "inferred",
            Self::Open => "open",
        }
    }
}

/// Hours of a full-time month, in hundredths.
pub(crate) const FULL_TIME: i64 = 15_167;

impl Contract {
    /// Is declared in `month`.
    pub(crate) fn is_declared_in(&self, month: Month) -> bool {
        self.declared_from <= month.last_day() && self.date_fin >= month.first_day()
    }

    /// The latest month of the window in which it is declared.
    pub(crate) fn last_month(&self, window: Window) -> Month {
        self.date_fin.month().min(window.last)
    }

    /// The end as the definitions find it.
    pub(crate) fn end(&self, window: Window) -> End {
        if self.date_fin > window.last_day() {
            End::Open
        } else if self.is_silent {
            let last = self.date_fin.month();
            match self.expected_in(last) {
                Some(expected) if expected.month() == last => End::Inferred(expected),
                _ => End::Inferred(last.last_day()),
            }
        } else {
            End::Declared(self.date_fin)
        }
    }

    /// `40.010` as declared in `month`.
    pub(crate) fn expected_in(&self, month: Month) -> Option<Day> {
        self.expected.iter().rev().find(|(from, _)| *from <= month).or(self.expected.first()).map(|(_, day)| *day)
    }

    /// Whether leaving out the end would lead to the same end.
    pub(crate) fn may_be_silent(&self, window: Window) -> bool {
        let last = self.date_fin.month();
        let inferred = match self.expected_in(last) {
            Some(expected) if expected.month() == last => expected,
            _ => last.last_day(),
        };
        inferred == self.date_fin && last.plus(4) <= window.last
    }

    /// First and last day of work in `month`, ends included.
    pub(crate) fn period_in(&self, month: Month) -> (Day, Day) {
        (self.declared_from.max(month.first_day()), self.date_fin.min(month.last_day()))
    }

    /// Paid hours of `month`, in hundredths: the monthly hours in proportion to the days neither outside the contract nor suspended.
    pub(crate) fn hours_in(&self, month: Month) -> i64 {
        let (from, to) = self.period_in(month);
        let mut days = to.0 - from.0 + 1;
        if let Some(suspension) = self.suspension {
            let absent = suspension.to.min(to).0 - suspension.from.max(from).0 + 1;
            days -= absent.clamp(0, days);
        }
        self.quotite * i64::from(days) / i64::from(month.length())
    }

    /// Gross pay of `month`, in centimes.
    pub(crate) fn gross_in(&self, month: Month) -> i64 {
        self.hours_in(month) * self.hourly_pay / 100
    }

    /// Monthly hours and modality tell a part-time job.
    pub(crate) fn is_part_time(&self) -> bool {
        self.quotite < FULL_TIME
    }

    /// The number of the contract; firms number in different ways.
    pub(crate) fn numero(&self, employer: &Employer) -> String {
        let (year, month, _) = self.date_debut.ymd();
        match employer.firm % 4 {
            0 => format!("{:05}", self.sequence),
            1 => format!("M{year}{:06}", self.person * 7 + self.sequence),
            2 => format!("{year}/{month:02}-{:04}", self.sequence),
            _ => format!("C{:07}.{:03}", self.person, self.sequence),
        }
    }
}
