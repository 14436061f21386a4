//! Exits of the programmes, from the spells of one person (`measure.md` §3).
//!
//! A chain of programme spells ends with an exit when all its spells are ended and the gap after the last one has been seen. The order of
//! exits is that of time.

use crate::calendar::Day;
use crate::truth::panel::{Career, Spell};

/// A programme: which spells belong to it, and what ends a *parcours*.
pub(crate) struct Programme {
    pub(crate) id: &'static str,
    pub(crate) owns: fn(&Spell<'_>) -> bool,
}

/// Days without a programme spell that end a *parcours*, in every programme.
const GAP_DAYS: i32 = 60;
/// Days from entry to exit under which a stay in an ACI or an EI is no *parcours*.
const STAY_DAYS_MIN: i32 = 81;
/// Paid hours, in hundredths, under which a stay in an AI or an ETTI is no *parcours*.
const HOURS_MIN: i64 = 15_000;

pub(crate) const PROGRAMMES: [Programme; 3] = [
    Programme { id: "iae", owns: |spell| spell.is_insertion() },
    Programme { id: "pec", owns: |spell| matches!(spell.contract.dispositif, "41" | "42") },
    Programme { id: "apprentissage", owns: |spell| matches!(spell.contract.dispositif, "64" | "65" | "81") },
];

/// The programme of this name.
pub(crate) fn programme(id: &str) -> Option<&'static Programme> {
    PROGRAMMES.iter().find(|programme| programme.id == id)
}

/// An exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) programme: &'static str,
    pub(crate) siret: String,
    pub(crate) numero: String,
    pub(crate) kind: &'static str,
    pub(crate) departement: String,
    pub(crate) entry: Day,
    pub(crate) t0: Day,
}

/// The exits of one person from one programme, in time order.
pub(crate) fn find(career: &Career<'_>, programme: &Programme) -> Vec<Exit> {
    let mut own: Vec<&Spell<'_>> = career.spells.iter().filter(|spell| (programme.owns)(spell)).collect();
    own.sort_by_key(|spell| spell.contract.date_debut);
    let mut exits = Vec::new();
    let mut chain: Vec<&Spell<'_>> = Vec::new();
    for spell in own {
        let joins = chain.is_empty() || latest_end(&chain).is_none_or(|end| spell.contract.date_debut <= end.plus(GAP_DAYS));
        if !joins {
            exits.extend(close(career, programme.id, &chain));
            chain.clear();
        }
        chain.push(spell);
    }
    exits.extend(close(career, programme.id, &chain));
    exits
}

/// None when a spell of the chain is open.
fn latest_end(chain: &[&Spell<'_>]) -> Option<Day> {
    chain.iter().map(|spell| spell.end.day()).collect::<Option<Vec<Day>>>()?.into_iter().max()
}

/// The exit at the end of a chain, if there is one.
fn close(career: &Career<'_>, programme: &'static str, chain: &[&Spell<'_>]) -> Option<Exit> {
    let t0 = latest_end(chain)?;
    if t0.plus(GAP_DAYS) > career.window.last_day() {
        return None;
    }
    let entry = chain.iter().map(|spell| spell.contract.date_debut).min()?;
    let last = chain.iter().filter(|spell| spell.end.day() == Some(t0)).min_by(|one, other| {
        let by_start = other.contract.date_debut.cmp(&one.contract.date_debut);
        by_start.then_with(|| (one.siret, &one.numero).cmp(&(other.siret, &other.numero)))
    })?;
    let kind = kind_of(programme, last);
    let is_long_enough = match kind {
        "ACI" | "EI" | "autre" => t0.0 - entry.0 + 1 >= STAY_DAYS_MIN,
        "AI" | "ETTI" => chain.iter().map(|spell| spell.hours(career.window)).sum::<i64>() >= HOURS_MIN,
        _ => true,
    };
    is_long_enough.then(|| Exit {
        programme,
        siret: last.siret.to_owned(),
        numero: last.numero.clone(),
        kind,
        departement: last.departement.to_owned(),
        entry,
        t0,
    })
}

fn kind_of(programme: &str, spell: &Spell<'_>) -> &'static str {
    match (programme, spell.contract.complement) {
        ("pec", _) => "PEC",
        ("apprentissage", _) => "apprentissage",
        (_, Some("02" | "06")) => "ACI",
        (_, Some("03")) => "AI",
        (_, Some("04" | "07")) => "EI",
        (_, Some("05")) => "ETTI",
        _ => "autre",
    }
}
