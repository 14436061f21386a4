//! One territory: its people, its employers, and all their contracts, made from the plan alone.
//!
//! Territories do not know each other, so they can be made in any order, on any thread, and made again when something of them is needed. What is
//! derived here (the month in which each NIR becomes known) is shared by the DSN writer and nothing else.

use crate::calendar::Month;
use crate::contract::{Contract, Window};
use crate::draw::{Draw, Stream};
use crate::employers::{self, Market};
use crate::life;
use crate::people::{self, Path, Person, Shares};

/// A territory.
pub(crate) struct Territory {
    pub(crate) cell: u32,
    pub(crate) window: Window,
    pub(crate) people: Vec<Person>,
    pub(crate) market: Market,
    /// Contracts by person, then by start.
    pub(crate) contracts: Vec<Contract>,
    /// Place of the first contract of each person, and one more.
    pub(crate) starts: Vec<usize>,
    /// For the few people first declared under an NTT: the month in which NIR and NTT come together.
    pub(crate) nir_months: Vec<Option<Month>>,
}

/// What a territory is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) seed: u64,
    pub(crate) cell: u32,
    pub(crate) first_person: u32,
    pub(crate) people: u32,
    pub(crate) window: Window,
    pub(crate) shares: Shares,
}

impl Territory {
    pub(crate) fn new(recipe: &Recipe) -> Self {
        let Recipe { seed, cell, first_person, people: count, window, shares } = *recipe;
        let months = u32::try_from(window.last.0 - window.first.0 + 1).unwrap_or(1);
        let people = people::generate(seed, first_person, count, window.first.year() + 1, &shares);
        let market = employers::generate(seed, cell, count, shares.iae, months);
        let mut contracts = Vec::new();
        let mut starts = vec![0];
        let mut nir_months = Vec::with_capacity(people.len());
        for (place, person) in (0_u32..).zip(&people) {
            let mut draw = Draw::new(seed, Stream::Life, u64::from(person.index));
            let own = life::live(person, place, &market, window, &mut draw);
            nir_months.push(nir_month(person, &own, window));
            contracts.extend(own);
            starts.push(contracts.len());
        }
        Self { cell, window, people, market, contracts, starts, nir_months }
    }

    /// The contracts of one person.
    pub(crate) fn contracts_of(&self, person: usize) -> &[Contract] {
        &self.contracts[self.starts[person]..self.starts[person + 1]]
    }
}

/// The month in which a person's NIR is first declared, beside the NTT; none for those whose NIR was always known. The same employer must declare
/// the person, alone, from the first month to that one.
fn nir_month(person: &Person, contracts: &[Contract], window: Window) -> Option<Month> {
    let first = contracts.first().filter(|_| person.ntt_months > 0 && person.path != Path::Apprentissage)?;
    let opening = first.declared_from.month().max(window.first);
    let known = opening.plus(person.ntt_months);
    let is_there = known <= first.last_month(window);
    let is_alone = contracts[1..].iter().all(|other| other.declared_from.month().max(window.first) > known);
    (is_there && is_alone && opening > window.first).then_some(known)
}
