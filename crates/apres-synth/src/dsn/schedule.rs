//! Which declarations are deposited, when, and what goes wrong on the way.
//!
//! Each establishment declares every month of the window from its first contract on. A few declarations are late, replaced, cut in fractions,
//! empty, doubled by a test send or by an event. What is deposited last is always true. Nothing is written here.

use crate::calendar::{Day, Month};
use crate::contract::{Contract, Window};
use crate::draw::{Draw, Stream};
use crate::dsn::individu::Flaw;

/// What a deposit holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A monthly declaration of the contracts of the month.
    Monthly { kind: &'static str, flaw: Flaw },
    /// A monthly declaration of someone who never worked there.
    Ghost { person: u32 },
    /// A fin de contrat (07) or an arrêt (04) about one contract.
    Event { contract: usize, is_end: bool, end: Day },
}

/// A declaration to be written.
#[derive(Debug, Clone)]
pub(crate) struct Deposit {
    pub(crate) employer: u32,
    pub(crate) month: Month,
    pub(crate) content: Content,
    /// Fraction and number of fractions.
    pub(crate) fraction: (u32, u32),
    pub(crate) order: u64,
    pub(crate) constitution: Day,
    pub(crate) is_test: bool,
}

/// The deposits of one month's folder.
#[derive(Default)]
pub(crate) struct Folder {
    /// The usual ones, by establishment.
    pub(crate) usual: Vec<Deposit>,
    /// Those that come on their own: late, replacing, events.
    pub(crate) apart: Vec<Deposit>,
}

/// What the schedule of a territory needs to know.
pub(crate) struct Staff<'a> {
    pub(crate) seed: u64,
    pub(crate) cell: u32,
    pub(crate) window: Window,
    pub(crate) people: u32,
    pub(crate) contracts: &'a [Contract],
    /// Contracts of each establishment.
    pub(crate) by_employer: &'a [Vec<usize>],
    /// Establishments that declare in two fractions.
    pub(crate) fractioned: &'a [u32],
}

/// The folders of a territory, first month first.
pub(crate) fn plan(staff: &Staff<'_>) -> Vec<Folder> {
    let months = usize::try_from(staff.window.last.0 - staff.window.first.0 + 1).unwrap_or(1);
    let mut folders: Vec<Folder> = std::iter::repeat_with(Folder::default).take(months).collect();
    for (employer, own) in (0_u32..).zip(staff.by_employer) {
        let Some(opening) = own.iter().map(|&place| staff.contracts[place].declared_from.month()).min() else { continue };
        for month in (opening.max(staff.window.first).0..=staff.window.last.0).map(Month) {
            plan_month(staff, &mut folders, employer, month);
        }
    }
    folders
}

fn plan_month(staff: &Staff<'_>, folders: &mut [Folder], employer: u32, month: Month) {
    let number = u64::from(staff.cell) << 34 | u64::from(employer) << 14 | u64::try_from(month.0 - staff.window.first.0).unwrap_or(0);
    let mut draw = Draw::new(staff.seed, Stream::Declarations, number);
    let present: Vec<usize> =
        staff.by_employer[employer as usize].iter().copied().filter(|&place| staff.contracts[place].is_declared_in(month)).collect();
    let is_fractioned = staff.fractioned.contains(&employer);
    let parts = if is_fractioned { 2 } else { 1 };
    for part in 1..=parts {
        let has_people = present.iter().any(|&place| parts == 1 || staff.contracts[place].person % 2 + 1 == part);
        let base = Deposit {
            employer,
            month,
            content: Content::Monthly { kind: if has_people { "01" } else { "02" }, flaw: Flaw::None },
            fraction: (part, parts),
            order: u64::from(employer % 50) + 1,
            constitution: month.plus(1).first_day().plus(draw.between(2, 13)),
            is_test: false,
        };
        plan_monthly(staff, folders, &mut draw, base, has_people);
    }
    plan_events(staff, folders, &mut draw, &present, month);
}

/// One declaration and what may happen to it.
fn plan_monthly(staff: &Staff<'_>, folders: &mut [Folder], draw: &mut Draw, base: Deposit, has_people: bool) {
    let place = usize::try_from(base.month.0 - staff.window.first.0).unwrap_or(0);
    let left = folders.len() - 1 - place;
    let fate = draw.unit();
    if draw.chance(0.004) && has_people {
        let content = Content::Monthly { kind: "01", flaw: *draw.pick(&[Flaw::StartsEarly, Flaw::EndsAll]) };
        folders[place].usual.push(Deposit { content, is_test: true, order: base.order + 120, ..base.clone() });
    }
    if fate < 0.015 && left > 0 {
        let delay = 1 + draw.below(u32::try_from(left.min(3)).unwrap_or(1)) as usize;
        let constitution = base.constitution.plus_months(i32::try_from(delay).unwrap_or(1));
        folders[place + delay].apart.push(Deposit { constitution, ..base });
    } else if fate < 0.045 && has_people {
        plan_replacement(folders, draw, &base, place, left);
    } else if !has_people && fate < 0.20 && base.fraction.1 == 1 {
        let ghost = Content::Ghost { person: draw.below(staff.people) };
        folders[place].usual.push(Deposit { content: ghost, ..base.clone() });
        let kind = Content::Monthly { kind: "05", flaw: Flaw::None };
        folders[place].apart.push(Deposit { content: kind, order: base.order + 60, constitution: base.constitution.plus(1), ..base });
    } else {
        folders[place].usual.push(base);
    }
}

/// A faulty declaration and the one that replaces it: in the same file, in another one, or a month later.
fn plan_replacement(folders: &mut [Folder], draw: &mut Draw, base: &Deposit, place: usize, left: usize) {
    let flaw = *draw.pick(&[Flaw::MissesFirst, Flaw::DoublesHours, Flaw::EndsAll, Flaw::StartsEarly]);
    let original = Deposit { content: Content::Monthly { kind: "01", flaw }, ..base.clone() };
    folders[place].usual.push(original);
    let replacing = Deposit { content: Content::Monthly { kind: "03", flaw: Flaw::None }, order: base.order + 60, ..base.clone() };
    match draw.below(3) {
        0 => {
            let constitution = replacing.constitution.plus(draw.between(0, 1));
            folders[place].usual.push(Deposit { constitution, ..replacing });
        }
        1 if left > 0 => {
            let constitution = replacing.constitution.plus_months(1);
            folders[place + 1].apart.push(Deposit { constitution, order: replacing.order % 60 + 1, ..replacing });
        }
        _ => {
            let constitution = replacing.constitution.plus(1);
            folders[place].apart.push(Deposit { constitution, ..replacing });
        }
    }
}

/// Events tell early what the monthly declaration will repeat; some of them are wrong.
fn plan_events(staff: &Staff<'_>, folders: &mut [Folder], draw: &mut Draw, present: &[usize], month: Month) {
    let place = usize::try_from(month.0 - staff.window.first.0).unwrap_or(0);
    for &contract in present {
        let own = &staff.contracts[contract];
        let ends = own.date_fin.month() == month && own.nature != "03" && own.nature != "50" && !own.is_silent && own.motif_fin != "100";
        let stops = own.suspension.is_some_and(|suspension| suspension.is_leave && suspension.from.month() == month);
        let end = own.date_fin.plus(-draw.between(0, 2)).max(own.date_debut);
        let is_drawn = draw.chance(if stops { 0.08 } else { 0.02 });
        if !is_drawn || !(ends || stops) {
            continue;
        }
        folders[place].apart.push(Deposit {
            employer: own.employer,
            month,
            content: Content::Event { contract, is_end: ends, end },
            fraction: (1, 1),
            order: 1_000_000 + contract as u64,
            constitution: own.date_fin.min(month.last_day()),
            is_test: false,
        });
    }
}
