//! The true answers, computed from the true careers by the words of `docs/methods/measure.md`.
//!
//! This is a second, independent reading of the definitions: it shares no code with the measuring crate. Exits and panels are made person by
//! person; tallies are kept by territory and added. Files have a stable order.

pub(crate) mod exits;
pub(crate) mod panel;
pub(crate) mod tally;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::calendar::Quarter;
use crate::contract::{Contract, Window};
use crate::dsn::changes::Changes;
use crate::employers::Market;
use crate::people::Person;
use crate::territory::Territory;
use crate::truth::exits::{Exit, PROGRAMMES};
use crate::truth::panel::Career;
use crate::truth::tally::{Leaver, Period, Tallies};

/// What is kept of a territory once its DSN files are written.
#[derive(Default)]
pub(crate) struct Truth {
    pub(crate) careers: String,
    pub(crate) exits: String,
    pub(crate) people: String,
    /// Empty without changes.
    pub(crate) changes: String,
    pub(crate) tallies: Tallies,
    pub(crate) exit_count: u64,
}

/// Header of `careers.csv`.
pub(crate) const CAREERS_HEADER: &str = "person,nir,siret,numero,date_debut,date_fin,end_status,nature,dispositif,complement,motif_recours,\
date_fin_previsionnelle,first_month,last_month,quotite,moved_from_siret,motif_fin\n";
/// Header of `exits.csv`.
pub(crate) const EXITS_HEADER: &str = "person,programme,siret,numero,type,departement,entry,t0,quarter,sex,age_band\n";
/// Header of `people.csv`.
pub(crate) const PEOPLE_HEADER: &str = "person,nir,nom_famille,nom_usage,prenom,date_naissance,sexe,in_dsn,ntt_until\n";

/// The truth of one territory.
pub(crate) fn of(territory: &Territory, changes: Option<&Changes>) -> Truth {
    let mut truth = Truth { changes: changes.map(|changes| changes.rows(territory)).unwrap_or_default(), ..Truth::default() };
    for (place, person) in territory.people.iter().enumerate() {
        let career = Career::new(territory.contracts_of(place), &territory.market, territory.window);
        write_person(&mut truth.people, territory, place);
        write_career(&mut truth.careers, person, &career, &territory.market);
        for programme in &PROGRAMMES {
            let exits = exits::find(&career, programme);
            truth.exit_count += exits.len() as u64;
            for exit in &exits {
                write_exit(&mut truth.exits, person, exit, programme.id);
            }
            tally_person(&mut truth.tallies, person, &career, programme.id, &exits, territory.window);
        }
    }
    truth
}

/// Counts a person's exits: the latest of all, and the latest of each quarter.
fn tally_person(tallies: &mut Tallies, person: &Person, career: &Career<'_>, programme: &str, exits: &[Exit], window: Window) {
    let Some(latest) = exits.iter().max_by_key(|exit| exit.t0) else { return };
    let whole = Period { from: window.first.quarter(), to: window.last.quarter() };
    tallies.add(programme, whole, &Leaver::of_exit(person, career, latest, window));
    let mut quarters: Vec<Quarter> = exits.iter().map(|exit| exit.t0.quarter()).collect();
    quarters.dedup();
    for quarter in quarters {
        if let Some(exit) = exits.iter().filter(|exit| exit.t0.quarter() == quarter).max_by_key(|exit| exit.t0) {
            tallies.add(programme, Period { from: quarter, to: quarter }, &Leaver::of_exit(person, career, exit, window));
        }
    }
}

/// `F` or `M`.
pub(crate) fn sex(person: &Person) -> &'static str {
    if person.is_male { "M" } else { "F" }
}

/// Band of the year of exit minus the year of birth.
pub(crate) fn age_band(age: i32) -> &'static str {
    match age {
        ..26 => "moins_26",
        26..50 => "26_49",
        _ => "50_plus",
    }
}

fn write_person(out: &mut String, territory: &Territory, place: usize) {
    let person = &territory.people[place];
    let is_seen = !territory.contracts_of(place).is_empty();
    let ntt_until = territory.nir_months[place].map(|month| month.plus(-1).name()).unwrap_or_default();
    let _ = writeln!(
        out,
        "{},{},{},{},{},{},{},{is_seen},{ntt_until}",
        person.index,
        person.nir.expose(),
        person.surname,
        person.usage.unwrap_or_default(),
        person.first_name,
        person.birth.iso(),
        sex(person),
    );
}

/// A transferred contract is one, under the establishment that it went to, since the first month of the one that it left.
fn write_career(out: &mut String, person: &Person, career: &Career<'_>, market: &Market) {
    let goes_on = |old: &Contract, new: &Contract| {
        new.moved_from == Some(old.employer) && new.date_debut == old.date_debut && old.date_fin.plus(1) == new.declared_from
    };
    for spell in &career.spells {
        let contract = spell.contract;
        if career.spells.iter().any(|next| goes_on(contract, next.contract)) {
            continue;
        }
        let left = career.spells.iter().find(|before| goes_on(before.contract, contract));
        let declared_from = left.map_or(contract.declared_from, |before| before.contract.declared_from);
        let fin = spell.end.day().map(crate::calendar::Day::iso).unwrap_or_default();
        let expected = spell.expected.map(crate::calendar::Day::iso).unwrap_or_default();
        let motif_fin = if spell.end.status() == "declared" { contract.motif_fin } else { "" };
        let moved_from = contract.moved_from.map(|old| market.employers[old as usize].siret.as_str()).unwrap_or_default();
        let _ = writeln!(
            out,
            "{},{},{},{},{},{fin},{},{},{},{},{},{expected},{},{},{}.{:02},{moved_from},{motif_fin}",
            person.index,
            person.nir.expose(),
            spell.siret,
            spell.numero,
            contract.date_debut.iso(),
            spell.end.status(),
            contract.nature,
            contract.dispositif,
            contract.complement.unwrap_or_default(),
            contract.motif_recours.unwrap_or_default(),
            declared_from.month().max(career.window.first).name(),
            spell.last_month.name(),
            contract.quotite / 100,
            contract.quotite % 100,
        );
    }
}

fn write_exit(out: &mut String, person: &Person, exit: &Exit, programme: &str) {
    let _ = writeln!(
        out,
        "{},{programme},{},{},{},{},{},{},{},{},{}",
        person.index,
        exit.siret,
        exit.numero,
        exit.kind,
        exit.departement,
        exit.entry.iso(),
        exit.t0.iso(),
        exit.t0.quarter().name(),
        sex(person),
        age_band(exit.t0.year() - person.birth.year()),
    );
}
