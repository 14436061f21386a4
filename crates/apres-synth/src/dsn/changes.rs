//! Keys and terms that change while a contract goes on, as employers declare them: old values first, then the new ones with blocks 31 and 41.
//!
//! The career does not change: a contract stays one contract, whose final keys and terms are those of the truth. Before the month of a change the declarations tell the old
//! value. A change that is forgotten (no block) is one after which the last value stands anyway. Which contracts and people change is drawn here, from
//! streams of their own, so that a plan without changes gives the bytes that it gave before.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::calendar::{Day, Month};
use crate::contract::{Contract, FULL_TIME};
use crate::draw::{Draw, Stream};
use crate::dsn::text::{Text, latin1};
use crate::names::{SURNAMES, upper};
use crate::territory::Territory;

#[cfg(test)]
mod tests;

/// What a contract was before a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Old {
    Numero(String),
    Debut(Day),
    Quotite(i64),
    Dispositif(&'static str),
    /// None before a complement was declared at all.
    Complement(Option<&'static str>),
}

impl Old {
    fn kind(&self) -> &'static str {
        match self {
            Self::Numero(_) => "numero",
            Self::Debut(_) => "date_debut",
            Self::Quotite(_) => "quotite",
            Self::Dispositif(_) => "dispositif",
            Self::Complement(_) => "complement",
        }
    }

    fn value(&self) -> String {
        match self {
            Self::Numero(numero) => numero.clone(),
            Self::Debut(day) => day.iso(),
            Self::Quotite(hours) => format!("{}.{:02}", hours / 100, hours % 100),
            Self::Dispositif(code) => (*code).to_owned(),
            Self::Complement(code) => code.unwrap_or("99").to_owned(),
        }
    }
}

/// A change of a contract, told for the first time in `month`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) month: Month,
    /// The day from which the new value holds.
    pub(crate) date: Day,
    pub(crate) old: Old,
    /// No block tells it.
    pub(crate) is_forgotten: bool,
    /// Told in a block of its own although it comes with another one.
    pub(crate) is_apart: bool,
}

/// A change of who a person is said to be by one employer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonChange {
    pub(crate) month: Month,
    pub(crate) date: Day,
    pub(crate) old_nir: Option<String>,
    pub(crate) old_surname: Option<String>,
    pub(crate) is_forgotten: bool,
}

/// What a declaration of a month says of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) numero: String,
    pub(crate) date_debut: Day,
    pub(crate) quotite: i64,
    pub(crate) dispositif: &'static str,
    pub(crate) complement: Option<&'static str>,
}

impl Told {
    pub(crate) fn is_part_time(&self) -> bool {
        self.quotite < FULL_TIME
    }
}

/// The changes of a territory.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// By person, establishment and sequence; in the order of time.
    contracts: BTreeMap<(u32, u32, u32), Vec<Change>>,
    /// By person and establishment.
    people: BTreeMap<(u32, u32), PersonChange>,
}

impl Changes {
    /// Draws the changes of so many contracts, people and establishments out of a thousand.
    pub(crate) fn draw(territory: &Territory, seed: u64, permille: u32) -> Self {
        let mut changes = Self::default();
        if permille == 0 {
            return changes;
        }
        for (place, _) in territory.people.iter().enumerate() {
            let person = u32::try_from(place).unwrap_or(u32::MAX);
            let mut draw = Draw::new(seed, Stream::Changes, 1 << 40 | u64::from(territory.people[place].index));
            for contract in territory.contracts_of(place) {
                changes.renumber(territory, seed, permille, contract);
                if draw.below(1000) < permille {
                    changes.draw_contract(territory, &mut draw, contract);
                }
            }
            if draw.below(1000) < permille {
                changes.draw_person(territory, &mut draw, person);
            }
        }
        for own in changes.contracts.values_mut() {
            own.sort_by_key(|change| change.month);
        }
        changes
    }

    /// Establishments change their payroll software in January: who stays gets another number.
    fn renumber(&mut self, territory: &Territory, seed: u64, permille: u32, contract: &Contract) {
        let number = 1 << 41 | u64::from(territory.cell) << 20 | u64::from(contract.employer);
        let mut draw = Draw::new(seed, Stream::Changes, number);
        let is_drawn = draw.below(1000) < permille;
        let januaries: Vec<Month> =
            (territory.window.first.0 + 1..=territory.window.last.0).map(Month).filter(|month| month.number() == 1).collect();
        if !is_drawn || januaries.is_empty() || is_transferred(contract) {
            return;
        }
        let month = *draw.pick(&januaries);
        if !is_known_before(territory, contract, month) {
            return;
        }
        let old = Old::Numero(format!("P{}", contract.numero(&territory.market.employers[contract.employer as usize])));
        self.add(contract, Change { month, date: month.first_day(), old, is_forgotten: false, is_apart: false });
    }

    fn draw_contract(&mut self, territory: &Territory, draw: &mut Draw, contract: &Contract) {
        let months: Vec<Month> = (territory.window.first.0..=territory.window.last.0)
            .map(Month)
            .filter(|month| is_known_before(territory, contract, *month))
            .collect();
        if months.is_empty() || is_transferred(contract) {
            return;
        }
        let month = *draw.pick(&months);
        let is_insertion = contract.dispositif == "71" && contract.complement.is_some();
        let is_first_change = !self.contracts.contains_key(&key(contract));
        match draw.below(6) {
            0 | 1 if is_first_change => self.draw_keys(territory, draw, contract, month),
            2 if is_insertion => self.draw_scheme(draw, contract, month),
            _ => self.draw_quotite(draw, contract, month),
        }
    }

    /// Number, start date, or both, in one block or in two.
    fn draw_keys(&mut self, territory: &Territory, draw: &mut Draw, contract: &Contract, month: Month) {
        let what = draw.below(4);
        let date = if draw.chance(0.5) { month.first_day() } else { month.first_day().plus(draw.between(0, 20)) };
        let change = |old: Old, is_apart: bool| Change { month, date, old, is_forgotten: false, is_apart };
        if what != 1 {
            let numero = contract.numero(&territory.market.employers[contract.employer as usize]);
            self.add(contract, change(Old::Numero(format!("X{numero}")), false));
        }
        if what != 0 {
            let (_, _, day) = contract.date_debut.ymd();
            let days = draw.between(1, 9);
            let old = contract.date_debut.plus(if day > 10 { -days } else { days });
            self.add(contract, change(Old::Debut(old), what == 3));
        }
    }

    /// The contract was of insertion all along; one of the two rubriques that say so came late.
    fn draw_scheme(&mut self, draw: &mut Draw, contract: &Contract, month: Month) {
        let date = month.first_day();
        let is_forgotten = draw.chance(0.3);
        let old = if draw.chance(0.5) { Old::Dispositif("99") } else { Old::Complement(None) };
        self.add(contract, Change { month, date, old, is_forgotten, is_apart: false });
    }

    /// Another working time before; told in its month, or months later.
    fn draw_quotite(&mut self, draw: &mut Draw, contract: &Contract, month: Month) {
        let choices: Vec<i64> = [7800, 10_400, 12_133, FULL_TIME].into_iter().filter(|hours| *hours != contract.quotite).collect();
        let date = match draw.below(3) {
            0 => month.first_day(),
            1 => month.first_day().plus(draw.between(1, 20)),
            _ => month.plus(-draw.between(1, 3)).first_day().max(contract.date_debut.plus(1)),
        };
        let change = Change { month, date, old: Old::Quotite(*draw.pick(&choices)), is_forgotten: draw.chance(0.25), is_apart: false };
        self.add(contract, change);
    }

    fn draw_person(&mut self, territory: &Territory, draw: &mut Draw, person: u32) {
        let contracts = territory.contracts_of(person as usize);
        // A transfer names the old establishment under the number of the new one: with both changed, no one could follow.
        if contracts.is_empty() || contracts.iter().any(is_transferred) || territory.nir_months[person as usize].is_some() {
            return;
        }
        let employer = draw.pick(contracts).employer;
        let here = |month: Month| contracts.iter().any(|contract| contract.employer == employer && contract.is_declared_in(month));
        let first = (territory.window.first.0..=territory.window.last.0).map(Month).find(|month| here(*month));
        let Some(first) = first else { return };
        let later: Vec<Month> = (first.0 + 1..=territory.window.last.0).map(Month).filter(|month| here(*month)).collect();
        if later.is_empty() {
            return;
        }
        let month = *draw.pick(&later);
        let own = &territory.people[person as usize];
        let what = draw.below(3);
        let old_nir = (what != 1).then(|| format!("{}{}", if own.is_male { '7' } else { '8' }, &own.nir.expose()[1..]));
        let surname = *draw.pick(&SURNAMES);
        let old_surname = (what != 0 && upper(surname) != upper(&own.surname)).then(|| upper(surname));
        if old_nir.is_none() && old_surname.is_none() {
            return;
        }
        let is_forgotten = old_nir.is_none() && draw.chance(0.3);
        self.people.insert((person, employer), PersonChange { month, date: month.first_day(), old_nir, old_surname, is_forgotten });
    }

    fn add(&mut self, contract: &Contract, change: Change) {
        self.contracts.entry(key(contract)).or_default().push(change);
    }

    /// What a declaration of this month says of the contract.
    pub(crate) fn told(&self, contract: &Contract, numero: String, month: Month) -> Told {
        let mut told = Told {
            numero,
            date_debut: contract.date_debut,
            quotite: contract.quotite,
            dispositif: contract.dispositif,
            complement: contract.complement,
        };
        // From the latest change to the earliest: the value before the first one to come stands.
        for change in self.of(contract).iter().rev().filter(|change| change.month > month) {
            match &change.old {
                Old::Numero(old) => told.numero.clone_from(old),
                Old::Debut(old) => told.date_debut = *old,
                Old::Quotite(old) => told.quotite = *old,
                Old::Dispositif(old) => told.dispositif = old,
                Old::Complement(old) => told.complement = *old,
            }
        }
        told
    }

    fn of(&self, contract: &Contract) -> &[Change] {
        self.contracts.get(&key(contract)).map_or(&[], Vec::as_slice)
    }

    /// The NIR and the surname that an employer declared before a change; none from its month on.
    pub(crate) fn old_identity(&self, person: u32, employer: u32, month: Month) -> (Option<&str>, Option<&str>) {
        let change = self.people.get(&(person, employer)).filter(|change| month < change.month);
        change.map_or((None, None), |change| (change.old_nir.as_deref(), change.old_surname.as_deref()))
    }

    /// Block 31 of the month of a change.
    pub(crate) fn write_individu(&self, text: &mut Text, person: u32, employer: u32, month: Month) {
        let Some(change) = self.people.get(&(person, employer)).filter(|change| change.month == month && !change.is_forgotten) else {
            return;
        };
        text.put_date("S21.G00.31.001", change.date);
        if let Some(nir) = &change.old_nir {
            text.put("S21.G00.31.008", nir);
        }
        if let Some(surname) = &change.old_surname {
            text.put_bytes("S21.G00.31.009", &latin1(surname));
        }
    }

    /// Blocks 41 of the month of a change: keys together unless they are told apart, each modality in a block of its own.
    pub(crate) fn write_contrat(&self, text: &mut Text, contract: &Contract, month: Month) {
        let own: Vec<&Change> = self.of(contract).iter().filter(|change| change.month == month && !change.is_forgotten).collect();
        let mut date_of_block = None;
        for change in own.iter().filter(|change| matches!(change.old, Old::Numero(_) | Old::Debut(_))) {
            if date_of_block != Some(change.date) || change.is_apart {
                text.put_date("S21.G00.41.001", change.date);
                date_of_block = Some(change.date);
            }
            match &change.old {
                Old::Numero(old) => text.put("S21.G00.41.014", old),
                Old::Debut(old) => text.put_date("S21.G00.41.021", *old),
                _ => {}
            }
        }
        for change in own {
            write_modality(text, contract, change);
        }
    }

    /// The changes as rows of `truth/changes.csv`.
    pub(crate) fn rows(&self, territory: &Territory) -> String {
        let mut out = String::new();
        for ((person, employer), change) in &self.people {
            let (index, siret) = (territory.people[*person as usize].index, &territory.market.employers[*employer as usize].siret);
            let values = [("nir", &change.old_nir), ("nom_famille", &change.old_surname)];
            for (kind, old) in values.into_iter().filter_map(|(kind, old)| Some((kind, old.as_deref()?))) {
                let _ =
                    writeln!(out, "{index},{siret},,,{kind},{},{},{old},{}", change.month.name(), change.date.iso(), change.is_forgotten);
            }
        }
        for contract in &territory.contracts {
            let employer = &territory.market.employers[contract.employer as usize];
            let index = territory.people[contract.person as usize].index;
            for change in self.of(contract) {
                let key = format!("{index},{},{},{}", employer.siret, contract.numero(employer), contract.date_debut.iso());
                let (kind, old) = (change.old.kind(), change.old.value());
                let _ = writeln!(out, "{key},{kind},{},{},{old},{}", change.month.name(), change.date.iso(), change.is_forgotten);
            }
        }
        out
    }
}

/// Header of `changes.csv`; the keys are the final ones.
pub(crate) const CHANGES_HEADER: &str = "person,siret,numero,date_debut,kind,month,date,old,is_forgotten\n";

fn key(contract: &Contract) -> (u32, u32, u32) {
    (contract.person, contract.employer, contract.sequence)
}

/// Both sides of a transfer keep what they say.
fn is_transferred(contract: &Contract) -> bool {
    contract.moved_from.is_some() || contract.motif_fin == "100"
}

/// Whether the contract is declared in this month and was in the one before.
fn is_known_before(territory: &Territory, contract: &Contract, month: Month) -> bool {
    let before = month.plus(-1);
    before >= territory.window.first && contract.is_declared_in(before) && contract.is_declared_in(month)
}

/// The old value of one modality, and since when it had to be counted again when the change is told late.
fn write_modality(text: &mut Text, contract: &Contract, change: &Change) {
    let mut block = |put: &dyn Fn(&mut Text)| {
        text.put_date("S21.G00.41.001", change.date);
        put(text);
    };
    let depth = change.date.month().first_day().max(contract.date_debut);
    let put_depth = |text: &mut Text| {
        if change.date.month() < change.month {
            text.put_date("S21.G00.41.028", depth);
        }
    };
    match &change.old {
        Old::Quotite(old) => {
            block(&|text| {
                text.put_hundredths("S21.G00.41.007", *old);
                put_depth(text);
            });
            if (*old < FULL_TIME) != contract.is_part_time() {
                block(&|text| {
                    text.put("S21.G00.41.008", if *old < FULL_TIME { "20" } else { "10" });
                    put_depth(text);
                });
            }
        }
        Old::Dispositif(old) => block(&|text| text.put("S21.G00.41.005", old)),
        Old::Complement(old) => block(&|text| text.put("S21.G00.41.049", old.unwrap_or("99"))),
        Old::Numero(_) | Old::Debut(_) => {}
    }
}
