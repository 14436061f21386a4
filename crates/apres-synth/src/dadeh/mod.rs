//! The same people as a relational base: one row per contract, as last known, and what was paid month after month.
//!
//! It holds what the declarations that stand tell of people, contracts, pay, hours, sick leaves and suspensions, and nothing of how they came: no replaced
//! declaration, no test, no event, no temporary number. Identifiers of rows depend on the plan alone, not on the threads.

mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::calendar::{Day, Month};
use crate::contract::{Contract, End, FULL_TIME};
use crate::dadeh::table::{Rows, SCHEMA, header};
use crate::employers::{Employer, EmployerKind};
use crate::names::{JOBS, upper};
use crate::people::Person;
use crate::territory::Territory;

/// The tables, each after those that it refers to.
pub(crate) const TABLES: [&str; 10] = [
    "ddadtassure",
    "ddadtemployeur",
    "ddadtemployeur_assure",
    "ddadtcontrat",
    "ddadtversement",
    "ddadtrem_brute_ss",
    "ddadtrem_brute_ac",
    "ddadtactivite",
    "ddadtarret_trav",
    "ddadtsuspension_contrat",
];

/// The end of a contract that has none.
const OPEN_END: &str = "2999-12-31";

/// The files of the base being written.
pub(crate) struct Files {
    files: Vec<BufWriter<File>>,
}

impl Files {
    /// Makes the folder, the schema, the script that loads all, and the headers.
    pub(crate) fn create(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("schema.sql"), SCHEMA)?;
        let mut script = String::from("-- Run from this folder: psql -v ON_ERROR_STOP=1 -f load.sql URL\n\\i schema.sql\n");
        let mut files = Vec::new();
        for table in TABLES {
            script += &format!("\\copy dadeh.{table} FROM '{table}.csv' WITH (FORMAT csv, HEADER true)\n");
            let mut file = BufWriter::new(File::create(folder.join(format!("{table}.csv")))?);
            file.write_all(header(table).as_bytes())?;
            files.push(file);
        }
        std::fs::write(folder.join("load.sql"), script)?;
        Ok(Self { files })
    }

    /// Adds the rows of a territory.
    pub(crate) fn add(&mut self, base: &Base) -> io::Result<()> {
        for (file, rows) in self.files.iter_mut().zip(base.tables()) {
            file.write_all(rows.text().as_bytes())?;
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.files.iter_mut().try_for_each(BufWriter::flush)
    }
}

/// The rows of one territory.
#[derive(Default)]
pub(crate) struct Base {
    assures: Rows,
    employeurs: Rows,
    liens: Rows,
    contrats: Rows,
    versements: Rows,
    bruts_ss: Rows,
    bruts_ac: Rows,
    activites: Rows,
    arrets: Rows,
    suspensions: Rows,
}

impl Base {
    /// In the order of [`TABLES`].
    fn tables(&self) -> [&Rows; 10] {
        [
            &self.assures,
            &self.employeurs,
            &self.liens,
            &self.contrats,
            &self.versements,
            &self.bruts_ss,
            &self.bruts_ac,
            &self.activites,
            &self.arrets,
            &self.suspensions,
        ]
    }
}

/// The rows of a territory; `fraction` gives the fraction in which an establishment declares a person.
pub(crate) fn of(territory: &Territory, fraction: &dyn Fn(u32, u32) -> u32) -> Base {
    let mut maker = Maker { territory, fraction, base: Base::default(), liens: BTreeMap::new() };
    for (place, person) in (0_u32..).zip(&territory.people) {
        maker.person(place, person);
    }
    maker.employers();
    maker.base
}

struct Maker<'a> {
    territory: &'a Territory,
    fraction: &'a dyn Fn(u32, u32) -> u32,
    base: Base,
    /// Identifier of the link between an establishment and a person, and their last month.
    liens: BTreeMap<(u32, u32), (u64, Month)>,
}

/// The day on which a month's declarations are taken into the base.
fn taken_in(month: Month) -> Day {
    month.plus(1).first_day().plus(19)
}

impl Maker<'_> {
    /// Identifiers of a territory never meet those of another one.
    fn id(&self, rank: u64) -> u64 {
        u64::from(self.territory.cell) << 28 | (rank + 1)
    }

    fn employeur_id(&self, employer: u32) -> u64 {
        self.id(u64::from(employer))
    }

    fn person(&mut self, place: u32, person: &Person) {
        let territory = self.territory;
        let contracts = territory.contracts_of(place as usize);
        let Some(last) = contracts.iter().map(|contract| contract.last_month(territory.window)).max() else { return };
        self.assure(place, person, last);
        let mut by_employer: BTreeMap<u32, Vec<&Contract>> = BTreeMap::new();
        for contract in contracts {
            by_employer.entry(contract.employer).or_default().push(contract);
        }
        for (employer, own) in by_employer {
            self.link(place, employer, &own);
        }
    }

    fn assure(&mut self, place: u32, person: &Person, last: Month) {
        let (year, month, day) = person.birth.ymd();
        let id = self.id(u64::from(place));
        self.base
            .assures
            .begin(id)
            .put("NIR")
            .put(person.nir.expose())
            .put(&upper(&person.surname))
            .put(&person.usage.map(upper).unwrap_or_default())
            .put(&upper(person.first_name))
            .put(if person.is_male { "H" } else { "F" })
            .put(&format!("{day:02}{month:02}{year:04}"))
            .put(person.birth_departement())
            .put("FR")
            .put(if person.is_low_degree { "02" } else { "03" })
            .put_day(Some(taken_in(last)));
    }

    /// A person at an establishment: the link, the contracts, and every month in which one is declared.
    fn link(&mut self, place: u32, employer: u32, contracts: &[&Contract]) {
        let window = self.territory.window;
        let months = (window.first.0..=window.last.0).map(Month);
        let declared: Vec<Month> = months.filter(|month| contracts.iter().any(|contract| contract.is_declared_in(*month))).collect();
        let (Some(first), Some(last)) = (declared.first(), declared.last()) else { return };
        let id = self.id(self.base.liens.count);
        self.liens.insert((employer, place), (id, *last));
        let (assure, employeur) = (self.id(u64::from(place)), self.employeur_id(employer));
        let row = self.base.liens.begin(id).put_number(assure).put_number(employeur);
        drop(row.put_day(Some(taken_in(*first))).put_day(Some(taken_in(*last))));
        for contract in contracts {
            self.contrat(id, contract);
        }
        for month in declared {
            let own: Vec<&Contract> = contracts.iter().copied().filter(|contract| contract.is_declared_in(month)).collect();
            self.versement(id, place, employer, month, &own);
        }
    }

    fn contrat(&mut self, lien: u64, contract: &Contract) {
        let territory = self.territory;
        let employer = &territory.market.employers[contract.employer as usize];
        let id = self.id(self.base.contrats.count);
        let last = contract.last_month(territory.window);
        let (label, pcs, statut) = JOBS[contract.job as usize % JOBS.len()];
        let user = contract.user.map(|user| territory.market.employers[user as usize].siret.as_str());
        let row = self.base.contrats.begin(id).put_number(lien).put_day(Some(contract.date_debut)).put(statut).put("04").put(pcs);
        let row = row.put(label).put(contract.nature).put(contract.dispositif).put(&contract.numero(employer));
        let row = row.put_day(contract.expected_in(last)).put("10").put_hundredths(FULL_TIME).put_hundredths(contract.quotite);
        let row = row.put(if contract.is_part_time() { "20" } else { "10" }).put("99").put(employer.idcc).put("200");
        let row = row.put(user.unwrap_or(&employer.siret)).put("200").put(contract.motif_recours.unwrap_or_default()).put("99");
        let row = row.put(if contract.nature == "50" { "01" } else { "99" }).put(user.unwrap_or_default());
        let row = row.put(contract.complement.unwrap_or_default());
        let is_usage = contract.motif_recours == Some("05");
        let row = match contract.end(territory.window) {
            End::Declared(day) => {
                let worked = (contract.nature == "03" || is_usage).then_some(day);
                row.put_day(Some(day)).put(contract.motif_fin).put_day(worked).put(if is_usage { "02" } else { "" })
            }
            End::Inferred(_) | End::Open => row.put(OPEN_END).put("").put("").put(""),
        };
        drop(row.put_day(Some(last.first_day())).put_day(Some(taken_in(last))));
        self.absences(id, contract);
    }

    /// A sick leave is known through the months that declare it; the return, when one of them was later than the last day of the leave.
    fn absences(&mut self, contrat: u64, contract: &Contract) {
        let window = self.territory.window;
        let Some(suspension) = contract.suspension else { return };
        let from = suspension.from.month().max(contract.declared_from.month()).max(window.first);
        let to = suspension.to.month().min(contract.last_month(window));
        if from > to {
            return;
        }
        if suspension.is_leave {
            let id = self.id(self.base.arrets.count);
            let is_back = suspension.to < to.last_day();
            let row = self.base.arrets.begin(id).put_number(contrat).put(suspension.motif).put_day(Some(suspension.from.plus(-1)));
            drop(row.put_day(is_back.then(|| suspension.to.plus(1))).put_day(Some(to.first_day())));
        } else {
            let id = self.id(self.base.suspensions.count);
            let row = self.base.suspensions.begin(id).put_number(contrat).put(suspension.motif);
            drop(row.put_day(Some(suspension.from)).put_day(Some(suspension.to)));
        }
    }

    fn versement(&mut self, lien: u64, place: u32, employer: u32, month: Month, contracts: &[&Contract]) {
        let id = self.id(self.base.versements.count);
        let gross: i64 = contracts.iter().map(|contract| contract.gross_in(month)).sum();
        let row = self.base.versements.begin(id).put_number(lien).put_day(Some(month.last_day())).put_hundredths(gross * 81 / 100);
        let row = row.put("01").put_hundredths(gross * 78 / 100).put(&(self.fraction)(employer, place).to_string());
        drop(row.put_day(Some(month.first_day())).put_day(Some(taken_in(month))));
        let employer = &self.territory.market.employers[employer as usize];
        for contract in contracts {
            self.pay(id, employer, month, contract);
        }
    }

    /// The gross pay twice, as the norm wants it, and the hours under the second.
    fn pay(&mut self, versement: u64, employer: &Employer, month: Month, contract: &Contract) {
        let (from, to) = contract.period_in(month);
        let (numero, gross) = (contract.numero(employer), contract.gross_in(month));
        let ss = self.id(self.base.bruts_ss.count);
        let ac = self.id(self.base.bruts_ac.count);
        for (rows, id) in [(&mut self.base.bruts_ss, ss), (&mut self.base.bruts_ac, ac)] {
            let row = rows.begin(id).put_number(versement).put(&numero);
            drop(row.put_day(Some(from)).put_day(Some(to)).put_hundredths(gross));
        }
        let days = i64::from(to.0 - from.0 + 1);
        let worked = contract.hours_in(month);
        let absence = contract.quotite * days / i64::from(month.length()) - worked;
        self.activite(ac, "01", worked, "10");
        if absence > 0 {
            self.activite(ac, "02", absence, "10");
        }
        if month.year() <= 2025 {
            self.activite(ac, "01", days * 100, "40");
        }
    }

    fn activite(&mut self, brut_ac: u64, kind: &str, measure: i64, unit: &str) {
        let id = self.id(self.base.activites.count);
        drop(self.base.activites.begin(id).put_number(brut_ac).put(kind).put_hundredths(measure).put(unit));
    }

    /// Establishments with someone to declare, as last known.
    fn employers(&mut self) {
        let mut last_months: BTreeMap<u32, Month> = BTreeMap::new();
        for ((employer, _), (_, month)) in &self.liens {
            let last = last_months.entry(*employer).or_insert(*month);
            *last = (*last).max(*month);
        }
        for (place, last) in last_months {
            let employer = &self.territory.market.employers[place as usize];
            let id = self.employeur_id(place);
            let row = self.base.employeurs.begin(id).put(&employer.siret).put(&employer.siret[..9]).put(&employer.siege);
            let row = row.put(&employer.name).put(employer.ape).put(employer.ape).put(&employer.street).put(employer.postal);
            let row = row.put(employer.town).put(if employer.kind == EmployerKind::Public { "02" } else { "01" }).put(employer.idcc);
            drop(row.put_day(Some(last.first_day())));
        }
    }
}
