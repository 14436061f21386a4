//! Where each leaver is, so many months after the exit (docs/methods/measure.md §2, §4, §5).
//!
//! One exit and the whole career of the person give one row per horizon: all that the catalogue of indicators counts is a column of it. Rows are given
//! for horizons that cannot be seen yet too, and say so (`observable`): it is for the counting to leave them out.
//! Nothing is counted here.

use std::cmp::Reverse;

use crate::calendar::{Day, Month, Quarter};
use crate::chains::sequence_days;
use crate::contract::{Ascii, Kind, Spell, Terms, siren_of};
use crate::exits::Exit;
use crate::spells::MonthRow;

#[cfg(test)]
mod tests;

/// The horizons of the panel, in months: the exit itself, then those that are published.
pub const HORIZONS: [u8; 8] = [0, 1, 3, 6, 9, 12, 18, 24];

/// The furthest horizon that a row can be asked for.
pub(crate) const HORIZON_MONTHS_MAX: u8 = 63;

/// Months by which a late declaration may still change a figure (C8).
const CONSOLIDATION_MONTHS: i32 = 3;

/// Sex, as the declaration or the list gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// Woman.
    F,
    /// Man.
    M,
    /// Not given.
    Inconnu,
}

impl Sex {
    /// The word written in the panel.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::M => "M",
            Self::Inconnu => "inconnu",
        }
    }
}

/// Age at the exit, in years of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeBand {
    /// Under 26.
    Moins26,
    /// 26 to 49.
    De26A49,
    /// 50 and over.
    Plus50,
    /// Year of birth not given.
    Inconnu,
}

impl AgeBand {
    /// The band of a person born in `birth_year` who leaves in `exit_year`.
    #[must_use]
    pub fn of(exit_year: i32, birth_year: Option<i32>) -> Self {
        match birth_year.map(|birth_year| exit_year - birth_year) {
            None => Self::Inconnu,
            Some(..=25) => Self::Moins26,
            Some(26..=49) => Self::De26A49,
            Some(50..) => Self::Plus50,
        }
    }

    /// The word written in the panel.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Moins26 => "moins_26",
            Self::De26A49 => "26_49",
            Self::Plus50 => "50_plus",
            Self::Inconnu => "inconnu",
        }
    }
}

/// How the person was found in the declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchStatus {
    /// The exit itself comes from the declarations.
    Dsn,
    /// By NIR.
    Nir,
    /// By identity.
    Identite,
    /// Several people answer: none is chosen.
    Ambigu,
    /// Nobody answers.
    NonTrouve,
    /// The row does not say enough to search.
    Inutilisable,
}

impl MatchStatus {
    /// The word written in the panel.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Dsn => "dsn",
            Self::Nir => "nir",
            Self::Identite => "identite",
            Self::Ambigu => "ambigu",
            Self::NonTrouve => "non_trouve",
            Self::Inutilisable => "inutilisable",
        }
    }

    /// Whether one person was found.
    #[must_use]
    pub const fn is_matched(self) -> bool {
        matches!(self, Self::Dsn | Self::Nir | Self::Identite)
    }
}

/// The person of an exit, apart from their career.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaver {
    /// Sex.
    pub sex: Sex,
    /// Year of birth.
    pub birth_year: Option<i32>,
    /// How they were found.
    pub match_status: MatchStatus,
    /// Whether the list gives a NIR with a correct key.
    pub nir_is_verified: bool,
}

impl Leaver {
    /// Whether the list says enough to search.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.match_status != MatchStatus::Inutilisable
    }

    /// Whether having no job in the declarations means having none: the person was found, or would have been under this NIR (C9).
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.match_status.is_matched() || (self.is_usable() && self.nir_is_verified)
    }
}

/// The spells of one person, and what several of them tell together.
#[derive(Debug)]
pub struct Career<'s> {
    spells: &'s [Spell],
    months: &'s [MonthRow],
    sequence_days: Vec<i32>,
}

impl<'s> Career<'s> {
    /// The career of one person; both slices are empty for one who was not found.
    ///
    /// # Panics
    ///
    /// When the slices are not sorted by contract, then month.
    #[must_use]
    pub fn new(spells: &'s [Spell], months: &'s [MonthRow]) -> Self {
        assert!(
            spells.is_sorted_by_key(|spell| spell.contract) && months.is_sorted_by_key(|row| (row.contract, row.month)),
            "a career must be sorted by contract, then month"
        );
        Self { spells, months, sequence_days: sequence_days(spells) }
    }

    /// Gross pay of a contract in a month, in centimes; 0 when the month does not declare it.
    fn gross_cents(&self, spell: &Spell, month: Month) -> i64 {
        self.months
            .binary_search_by_key(&(spell.contract, month), |row| (row.contract, row.month))
            .map_or(0, |found| self.months[found].gross_cents)
    }
}

/// One exit at one horizon (measure.md §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanelRow<'r> {
    /// Pseudonym; none when the row of the list was not matched.
    pub person: Option<u64>,
    /// Programme left, empty when there is none.
    pub programme: &'r str,
    /// Type of the structure left, empty when unknown.
    pub structure_type: &'r str,
    /// SIRET of the structure left.
    pub structure: Option<u64>,
    /// Département of the structure left.
    pub departement: Option<Ascii<3>>,
    /// Day of the exit; none for a row of a list that cannot be used.
    pub exit_date: Option<Day>,
    /// Quarter of the exit.
    pub quarter: Option<Quarter>,
    /// Sex.
    pub sex: Sex,
    /// Age at the exit.
    pub age_band: AgeBand,
    /// Found in the declarations.
    pub matched: bool,
    /// The list says enough to search.
    pub usable: bool,
    /// How the person was found.
    pub match_status: MatchStatus,
    /// No job in the declarations means no job.
    pub known: bool,
    /// Months after the exit.
    pub horizon: u8,
    /// The whole quarter of the exit can be seen at this horizon.
    pub observable: bool,
    /// And late declarations are in.
    pub consolidated: bool,
    /// An employment spell is active on the day.
    pub employed_day: bool,
    /// An employment spell is active on a day of the month.
    pub employed_month: bool,
    /// An insertion spell is active on the day.
    pub insertion_day: bool,
    /// Kind of the main job on the day.
    pub contract_kind: Option<Kind>,
    /// The main job is durable.
    pub durable: bool,
    /// The main job is not full time.
    pub part_time: bool,
    /// The main job is at the SIREN of the structure left.
    pub same_employer: bool,
    /// Months with a day of employment, from the one after the exit to that of the horizon.
    pub months_worked: u8,
}

/// Adds one row per horizon for an exit.
///
/// # Panics
///
/// When a horizon is further than 63 months.
pub fn place<'r>(
    exit: &Exit<'r>,
    leaver: &Leaver,
    career: &Career<'_>,
    lake_last_month: Month,
    horizons: &[u8],
    rows: &mut Vec<PanelRow<'r>>,
) {
    let exit_month = exit.date.month();
    let employed_months = employed_months(exit, career.spells);
    let at_exit = PanelRow {
        person: exit.person,
        structure_type: exit.structure_type,
        structure: exit.structure,
        departement: exit.departement,
        exit_date: Some(exit.date),
        quarter: Some(exit_month.quarter()),
        age_band: AgeBand::of(exit_month.year(), leaver.birth_year),
        ..PanelRow::unplaced(leaver, exit.programme.map_or("", |programme| &programme.id))
    };
    for &horizon in horizons {
        assert!(horizon <= HORIZON_MONTHS_MAX, "a horizon is at most {HORIZON_MONTHS_MAX} months");
        let day = exit.date.plus_months(u32::from(horizon));
        let main_job = main_job(exit, career, day);
        let sequence_days = main_job.map_or(0, |index| career.sequence_days[index]);
        let terms = main_job.map(|index| &career.spells[index].terms);
        let siren = main_job.map(|index| career.spells[index].contract.siren());
        rows.push(PanelRow {
            horizon,
            observable: horizon == 0 || is_observable(exit.date, horizon, lake_last_month),
            consolidated: is_consolidated(exit.date, horizon, lake_last_month),
            employed_day: main_job.is_some(),
            employed_month: employed_months >> horizon & 1 == 1,
            insertion_day: is_in_insertion(career.spells, day),
            contract_kind: terms.map(|terms| terms.kind(sequence_days)),
            durable: terms.is_some_and(|terms| terms.is_durable(sequence_days)),
            part_time: terms.is_some_and(Terms::is_part_time),
            same_employer: siren.is_some() && siren == exit.structure.map(siren_of),
            months_worked: months_worked(employed_months, horizon),
            ..at_exit
        });
    }
}

impl<'r> PanelRow<'r> {
    /// The only row, at horizon 0, of a row of a list that cannot be used and so gives no exit.
    #[must_use]
    pub fn unplaced(leaver: &Leaver, programme: &'r str) -> Self {
        Self {
            person: None,
            programme,
            structure_type: "",
            structure: None,
            departement: None,
            exit_date: None,
            quarter: None,
            sex: leaver.sex,
            age_band: AgeBand::Inconnu,
            matched: leaver.match_status.is_matched(),
            usable: leaver.is_usable(),
            match_status: leaver.match_status,
            known: leaver.is_known(),
            horizon: 0,
            observable: true,
            consolidated: false,
            employed_day: false,
            employed_month: false,
            insertion_day: false,
            contract_kind: None,
            durable: false,
            part_time: false,
            same_employer: false,
            months_worked: 0,
        }
    }
}

/// Whether the month of a horizon can be seen for every exit of the quarter (C8).
#[must_use]
pub fn is_observable(exit: Day, horizon: u8, lake_last_month: Month) -> bool {
    let needed = exit.month().quarter().last_month().plus(i32::from(horizon));
    needed <= lake_last_month
}

/// Whether the late declarations of that month are in as well (C8).
#[must_use]
pub fn is_consolidated(exit: Day, horizon: u8, lake_last_month: Month) -> bool {
    is_observable(exit, horizon, lake_last_month.plus(-CONSOLIDATION_MONTHS))
}

/// Whether a spell is employment for this exit (C3): in the field, not insertion, and not the programme itself going on in the structure left.
fn is_employment(spell: &Spell, exit: &Exit<'_>) -> bool {
    let is_at_structure = exit.structure == Some(spell.contract.siret);
    let is_in_programme = exit.programme.is_some_and(|programme| programme.includes(&spell.terms));
    spell.terms.is_in_field() && !spell.terms.is_insertion() && !(is_at_structure && is_in_programme)
}

fn is_in_insertion(spells: &[Spell], day: Day) -> bool {
    spells.iter().any(|spell| spell.terms.is_insertion() && spell.is_active_on(day))
}

/// The place in the career of the main job of a day (C4).
fn main_job(exit: &Exit<'_>, career: &Career<'_>, day: Day) -> Option<usize> {
    let month = day.month();
    let rank = |spell: &Spell| {
        let contract = &spell.contract;
        (
            spell.terms.is_unlimited(),
            spell.reach().days_since(contract.date_debut),
            spell.terms.quotite_permille,
            career.gross_cents(spell, month),
            Reverse((contract.date_debut, contract.siret, contract.numero)),
        )
    };
    let active = |spell: &Spell| spell.is_active_on(day) && is_employment(spell, exit);
    let spells = career.spells.iter().enumerate();
    spells.filter(|(_, spell)| active(spell)).max_by_key(|(_, spell)| rank(spell)).map(|(index, _)| index)
}

/// The months with a day of employment, as bits: bit `k` is the month that comes `k` months after that of the exit.
///
/// A union, so that two jobs in a month, or thirty missions, are one month.
fn employed_months(exit: &Exit<'_>, spells: &[Spell]) -> u64 {
    let from = exit.date.month();
    let to = from.plus(i32::from(HORIZON_MONTHS_MAX));
    let mut months = 0;
    for spell in spells.iter().filter(|spell| !spell.is_void() && is_employment(spell, exit)) {
        let first = spell.contract.date_debut.month().max(from);
        let last = spell.date_fin.map_or(to, |end| end.month().min(to));
        for month in first.0..=last.0 {
            months |= 1 << (month - from.0);
        }
    }
    months
}

fn months_worked(employed_months: u64, horizon: u8) -> u8 {
    let after_exit_to_horizon = (u64::MAX >> (63 - horizon)) & !1;
    let months = (employed_months & after_exit_to_horizon).count_ones();
    u8::try_from(months).expect("there are at most 63 months")
}
