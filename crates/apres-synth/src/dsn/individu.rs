//! The blocks of one individual: 30, then contracts with their 41, 60, 62, 65, 70, 71, then payments 50 to 58, bases 78 to 81, seniority 86.
//!
//! The order of blocks and rubriques is that of the norm. Amounts are plausible, and the hours written are exactly those of
//! [`Contract::hours_in`]. Which contracts are declared, and whether a declaration is faulty on purpose, is decided by the caller.

use crate::calendar::{Day, Month};
use crate::contract::{Contract, FULL_TIME, Window};
use crate::dsn::changes::{Changes, Told};
use crate::dsn::text::{Text, latin1};
use crate::employers::{Employer, EmployerKind, Market};
use crate::names::{JOBS, STREETS, plain_upper, upper};
use crate::people::Person;
use crate::places::birthplace;

/// The occupation of drivers, which the norm wants with a complement.
const DRIVER: &str = "643a";

/// What is wrong, on purpose, in a declaration that another one replaces or that is only a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// The first individual is missing.
    MissesFirst,
    /// Hours and pay are doubled.
    DoublesHours,
    /// Every contract ends on the last day of the month.
    EndsAll,
    /// Contracts start ten days too early.
    StartsEarly,
}

/// How an individual is known in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Nir,
    Ntt,
    Both,
}

/// The texts of a person that do not change from month to month.
pub(crate) struct PersonText {
    plain: NameText,
    accented: NameText,
    street: Vec<u8>,
}

struct NameText {
    surname: Vec<u8>,
    usage: Option<Vec<u8>>,
    first_name: Vec<u8>,
}

impl PersonText {
    pub(crate) fn new(person: &Person) -> Self {
        let names = |write: fn(&str) -> String| NameText {
            surname: latin1(&write(&person.surname)),
            usage: person.usage.map(|usage| latin1(&write(usage))),
            first_name: latin1(&write(person.first_name)),
        };
        let street = STREETS[person.index as usize % STREETS.len()];
        Self { plain: names(plain_upper), accented: names(upper), street: latin1(&format!("{} {street}", person.index % 180 + 1)) }
    }
}

/// What the blocks of a declaration need besides the contracts.
pub(crate) struct Context<'a> {
    pub(crate) market: &'a Market,
    pub(crate) people: &'a [Person],
    pub(crate) texts: &'a [PersonText],
    pub(crate) window: Window,
    pub(crate) has_change_blocks: bool,
    pub(crate) changes: &'a Changes,
}

impl Context<'_> {
    /// What a declaration of this month says of the contract.
    fn told(&self, contract: &Contract, month: Month) -> Told {
        self.changes.told(contract, contract.numero(&self.market.employers[contract.employer as usize]), month)
    }
}

/// One individual of a monthly declaration, with all their contracts.
pub(crate) fn write_monthly(text: &mut Text, context: &Context<'_>, contracts: &[&Contract], month: Month, identity: Identity, flaw: Flaw) {
    let Some(first) = contracts.first() else { return };
    let employer = &context.market.employers[first.employer as usize];
    write_individu(text, context, contracts, month, identity, Wants::Everything);
    context.changes.write_individu(text, first.person, first.employer, month);
    for contract in contracts {
        write_contrat(text, context, contract, employer, month, flaw, true);
        write_changement(text, context, contract, month);
        context.changes.write_contrat(text, contract, month);
        write_absences_and_end(text, context, contract, month, flaw);
        write_affiliations(text, month);
    }
    write_versement(text, context, contracts, employer, month, flaw);
    for contract in contracts {
        write_anciennete(text, context, contract, month);
    }
}

/// The individual of an event declaration: arrêt (04) or fin de contrat (07).
pub(crate) fn write_event(text: &mut Text, context: &Context<'_>, contract: &Contract, month: Month, is_end: bool, end: Day) {
    let employer = &context.market.employers[contract.employer as usize];
    if !is_end {
        write_individu(text, context, &[contract], month, Identity::Nir, Wants::Identity);
        let told = context.told(contract, month);
        text.put_date("S21.G00.40.001", told.date_debut);
        text.put("S21.G00.40.009", &told.numero);
        text.put("S21.G00.40.019", &employer.siret);
        if let Some(suspension) = contract.suspension {
            text.put("S21.G00.60.001", suspension.motif);
            text.put_date("S21.G00.60.002", suspension.from.plus(-1));
            text.put_date("S21.G00.60.003", suspension.to);
            text.put("S21.G00.60.004", "02");
        }
        return;
    }
    write_individu(text, context, &[contract], month, Identity::Nir, Wants::Civil);
    write_contrat(text, context, contract, employer, month, Flaw::None, false);
    text.put_date("S21.G00.62.001", end);
    text.put("S21.G00.62.002", contract.motif_fin);
    text.put_date("S21.G00.62.006", end);
    text.put("S21.G00.62.008", "02");
    text.put("S21.G00.62.016", "02");
    text.put_date("S21.G00.62.020", month.first_day());
    text.put("S21.G00.63.001", "90");
    write_affiliations(text, month);
    text.put_date("S21.G00.50.001", month.last_day());
    text.put("S21.G00.50.020", "01");
    for kind in ["001", "002", "010"] {
        write_remuneration(text, context, contract, month, kind, contract.gross_in(month));
    }
    write_anciennete(text, context, contract, month);
}

/// How much of an individual the nature of the declaration takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// An arrêt: who it is.
    Identity,
    /// A fin de contrat: where they live and were born.
    Civil,
    /// A monthly declaration.
    Everything,
}

fn write_individu(text: &mut Text, context: &Context<'_>, contracts: &[&Contract], month: Month, identity: Identity, wants: Wants) {
    let Some(contract) = contracts.first() else { return };
    let person = &context.people[contract.person as usize];
    let own = &context.texts[contract.person as usize];
    let employer = &context.market.employers[contract.employer as usize];
    let names = if employer.writes_plain { &own.plain } else { &own.accented };
    let (old_nir, old_surname) = context.changes.old_identity(contract.person, contract.employer, month);
    if identity != Identity::Ntt {
        text.put("S21.G00.30.001", old_nir.unwrap_or(person.nir.expose()));
    }
    match old_surname {
        Some(old) => text.put_bytes("S21.G00.30.002", &latin1(old)),
        None => text.put_bytes("S21.G00.30.002", &names.surname),
    }
    if let Some(usage) = &names.usage {
        text.put_bytes("S21.G00.30.003", usage);
    }
    text.put_bytes("S21.G00.30.004", &names.first_name);
    if wants != Wants::Identity {
        text.put("S21.G00.30.005", if person.is_male { "01" } else { "02" });
    }
    text.put_date("S21.G00.30.006", person.birth);
    if wants != Wants::Identity {
        text.put("S21.G00.30.007", birthplace(person.birth_departement()));
        text.put_bytes("S21.G00.30.008", &own.street);
        text.put("S21.G00.30.009", employer.postal);
        text.put("S21.G00.30.010", employer.town);
        text.put("S21.G00.30.013", "01");
        text.put("S21.G00.30.014", person.birth_departement());
        text.put("S21.G00.30.015", "FR");
    }
    text.put_number("S21.G00.30.019", u64::from(contract.person) + 1);
    if identity != Identity::Nir {
        text.put("S21.G00.30.020", &ntt(person, employer));
    }
    if wants == Wants::Everything {
        text.put("S21.G00.30.024", if person.is_low_degree { "02" } else { "03" });
        if contracts.iter().any(|contract| matches!(context.told(contract, month).dispositif, "64" | "65" | "81")) {
            text.put("S21.G00.30.025", "03");
        }
    }
}

/// The temporary number: sex, SIREN of the employer, the employer's own identifier.
pub(crate) fn ntt(person: &Person, employer: &Employer) -> String {
    format!("{}{}S{:08}", if person.is_male { 1 } else { 2 }, &employer.siret[..9], person.index)
}

fn write_contrat(
    text: &mut Text,
    context: &Context<'_>,
    contract: &Contract,
    employer: &Employer,
    month: Month,
    flaw: Flaw,
    is_monthly: bool,
) {
    let (label, pcs, statut) = JOBS[contract.job as usize % JOBS.len()];
    let shift = if flaw == Flaw::StartsEarly { -10 } else { 0 };
    let told = context.told(contract, month);
    text.put_date("S21.G00.40.001", told.date_debut.plus(shift));
    text.put("S21.G00.40.002", statut);
    text.put("S21.G00.40.003", "04");
    text.put("S21.G00.40.004", pcs);
    if pcs == DRIVER {
        text.put("S21.G00.40.005", "L643");
    }
    text.put_bytes("S21.G00.40.006", &latin1(label));
    text.put("S21.G00.40.007", contract.nature);
    text.put("S21.G00.40.008", told.dispositif);
    text.put("S21.G00.40.009", &told.numero);
    if let Some(expected) = contract.expected_in(month) {
        text.put_date("S21.G00.40.010", expected);
    }
    text.put("S21.G00.40.011", "10");
    text.put_hundredths("S21.G00.40.012", FULL_TIME);
    text.put_hundredths("S21.G00.40.013", told.quotite);
    text.put("S21.G00.40.014", if told.is_part_time() { "20" } else { "10" });
    text.put("S21.G00.40.016", "99");
    text.put("S21.G00.40.017", employer.idcc);
    text.put("S21.G00.40.018", "200");
    let user = contract.user.map(|user| context.market.employers[user as usize].siret.as_str());
    text.put("S21.G00.40.019", user.unwrap_or(&employer.siret));
    text.put("S21.G00.40.020", "200");
    if let Some(motif) = contract.motif_recours {
        text.put("S21.G00.40.021", motif);
    }
    text.put("S21.G00.40.024", "99");
    text.put("S21.G00.40.026", if contract.nature == "50" { "01" } else { "99" });
    text.put("S21.G00.40.036", "03");
    text.put("S21.G00.40.037", "03");
    if is_monthly {
        text.put("S21.G00.40.039", "200");
        text.put("S21.G00.40.040", "853AA");
        text.put("S21.G00.40.043", "1.42");
    }
    if let Some(user) = user {
        text.put("S21.G00.40.046", user);
    }
    if let (true, Some(complement)) = (is_monthly, told.complement) {
        text.put("S21.G00.40.073", complement);
    }
    if is_monthly && month.year() >= 2026 && contract.complement == Some("03") {
        text.put("S21.G00.40.074", "06");
    }
}

/// The month of a transfer names the establishment left.
fn write_changement(text: &mut Text, context: &Context<'_>, contract: &Contract, month: Month) {
    let Some(old) = contract.moved_from else { return };
    if context.has_change_blocks && contract.declared_from.month() == month {
        text.put_date("S21.G00.41.001", contract.declared_from);
        text.put("S21.G00.41.012", &context.market.employers[old as usize].siret);
    }
}

fn write_absences_and_end(text: &mut Text, context: &Context<'_>, contract: &Contract, month: Month, flaw: Flaw) {
    let suspension = contract.suspension.filter(|own| own.from <= month.last_day() && own.to >= month.first_day());
    if let Some(leave) = suspension.filter(|own| own.is_leave) {
        text.put("S21.G00.60.001", leave.motif);
        text.put_date("S21.G00.60.002", leave.from.plus(-1));
        text.put_date("S21.G00.60.003", leave.to);
        if leave.to < month.last_day() {
            text.put_date("S21.G00.60.010", leave.to.plus(1));
            text.put("S21.G00.60.011", "01");
        }
    }
    write_fin(text, context, contract, month, flaw);
    if let Some(other) = suspension.filter(|own| !own.is_leave) {
        text.put("S21.G00.65.001", other.motif);
        text.put_date("S21.G00.65.002", other.from);
        text.put_date("S21.G00.65.003", other.to);
    }
}

fn write_fin(text: &mut Text, context: &Context<'_>, contract: &Contract, month: Month, flaw: Flaw) {
    let is_last = contract.date_fin.month() == month && contract.date_fin <= context.window.last_day();
    let (day, motif) = if is_last && !contract.is_silent {
        (contract.date_fin, contract.motif_fin)
    } else if contract.mistaken_end == Some(month) {
        (month.last_day(), usual_motif(contract.nature))
    } else if contract.mistaken_end.map(|mistaken| mistaken.plus(1)) == Some(month) {
        (month.plus(-1).last_day(), "099")
    } else if flaw == Flaw::EndsAll {
        (month.last_day(), usual_motif(contract.nature))
    } else {
        return;
    };
    text.put_date("S21.G00.62.001", day);
    text.put("S21.G00.62.002", motif);
    let is_usage = contract.motif_recours == Some("05");
    if (contract.nature == "03" || is_usage) && motif != "099" {
        text.put_date("S21.G00.62.006", day);
    }
    if is_usage && motif != "099" {
        text.put("S21.G00.62.017", "02");
    }
}

/// A reason of end that the norm allows for this nature of contract.
fn usual_motif(nature: &str) -> &'static str {
    if matches!(nature, "02" | "10" | "60" | "92") { "031" } else { "059" }
}

fn write_affiliations(text: &mut Text, month: Month) {
    text.put("S21.G00.70.012", "1");
    text.put("S21.G00.70.013", "1");
    text.put("S21.G00.71.002", "RUAA");
    if month.year() <= 2024 {
        text.put("S21.G00.71.003", "0ABC01AA");
    }
}

fn hours_of(contract: &Contract, month: Month, flaw: Flaw) -> i64 {
    contract.hours_in(month) * if flaw == Flaw::DoublesHours { 2 } else { 1 }
}

fn gross_of(contract: &Contract, month: Month, flaw: Flaw) -> i64 {
    contract.gross_in(month) * if flaw == Flaw::DoublesHours { 2 } else { 1 }
}

fn write_versement(text: &mut Text, context: &Context<'_>, contracts: &[&Contract], employer: &Employer, month: Month, flaw: Flaw) {
    let gross: i64 = contracts.iter().map(|contract| gross_of(contract, month, flaw)).sum();
    let taxable = gross * 81 / 100;
    text.put_date("S21.G00.50.001", month.last_day());
    text.put_hundredths("S21.G00.50.002", taxable);
    text.put("S21.G00.50.003", "01");
    text.put_hundredths("S21.G00.50.004", gross * 78 / 100);
    text.put("S21.G00.50.006", "0.00");
    text.put("S21.G00.50.007", "13");
    text.put("S21.G00.50.009", "0.00");
    text.put_hundredths("S21.G00.50.013", taxable);
    for contract in contracts {
        write_pay(text, context, contract, month, flaw);
    }
    write_primes(text, context, contracts, month);
    write_net_social(text, month, gross);
    write_bases(text, contracts, employer, month, gross);
}

/// The four remunerations that the norm wants for each contract, with the hours under the second.
fn write_pay(text: &mut Text, context: &Context<'_>, contract: &Contract, month: Month, flaw: Flaw) {
    let gross = gross_of(contract, month, flaw);
    let (from, to) = contract.period_in(month);
    let is_new_place = month.year() >= 2026;
    for kind in ["001", "002", "003", "010"] {
        write_remuneration(text, context, contract, month, kind, gross);
        if kind == "002" {
            write_activite(text, "01", hours_of(contract, month, flaw), "10");
            let absence = contract.quotite * i64::from(to.0 - from.0 + 1) / i64::from(month.length()) - contract.hours_in(month);
            if absence > 0 {
                write_activite(text, "02", absence, "10");
            }
        }
        if (kind == "002" && !is_new_place) || (kind == "001" && is_new_place) {
            write_activite(text, "01", i64::from(to.0 - from.0 + 1) * 100, "40");
        }
    }
}

fn write_remuneration(text: &mut Text, context: &Context<'_>, contract: &Contract, month: Month, kind: &str, amount: i64) {
    let (from, to) = contract.period_in(month);
    text.put_date("S21.G00.51.001", from);
    text.put_date("S21.G00.51.002", to);
    text.put("S21.G00.51.010", &context.told(contract, month).numero);
    text.put("S21.G00.51.011", kind);
    text.put_hundredths("S21.G00.51.013", amount);
}

fn write_activite(text: &mut Text, kind: &str, measure: i64, unit: &str) {
    text.put("S21.G00.53.001", kind);
    text.put_hundredths("S21.G00.53.002", measure);
    text.put("S21.G00.53.003", unit);
}

fn write_primes(text: &mut Text, context: &Context<'_>, contracts: &[&Contract], month: Month) {
    for contract in contracts {
        let amount = contract.gross_in(month) / 10;
        let kind = match contract.motif_fin {
            "032" => "012",
            "031" if contract.motif_recours != Some("05") && contract.complement.is_none() => "011",
            _ => continue,
        };
        if contract.date_fin.month() == month && !contract.is_silent && amount > 0 {
            text.put("S21.G00.52.001", kind);
            text.put_hundredths("S21.G00.52.002", amount);
            text.put("S21.G00.52.006", &context.told(contract, month).numero);
        }
    }
}

fn write_net_social(text: &mut Text, month: Month, gross: i64) {
    text.put_date("S21.G00.58.001", month.first_day());
    text.put_date("S21.G00.58.002", month.last_day());
    text.put("S21.G00.58.003", "03");
    text.put_hundredths("S21.G00.58.004", gross * 77 / 100);
}

/// Bases 02, 03, 04, 07 and 31 with what usually hangs under them.
fn write_bases(text: &mut Text, contracts: &[&Contract], employer: &Employer, month: Month, gross: i64) {
    write_base(text, "02", month, gross);
    text.put("S21.G00.79.001", "07");
    text.put_hundredths("S21.G00.79.004", 392_500);
    write_cotisation(text, "076", gross, gross * 1545 / 10_000, None);
    write_base(text, "03", month, gross);
    text.put("S21.G00.79.001", "01");
    text.put_hundredths("S21.G00.79.004", gross.min(180_180));
    write_cotisation(text, "018", gross, gross * 12 / 100, None);
    write_cotisation(text, "074", gross, gross * 7 / 100, None);
    write_cotisation(text, "100", gross, gross * 525 / 10_000, None);
    if let Some(code) = exemption(employer.kind) {
        write_cotisation(text, code, gross, gross * 20 / 100, None);
    }
    write_base(text, "04", month, gross * 9825 / 10_000);
    write_cotisation(text, "072", gross * 9825 / 10_000, gross * 953 / 10_000, Some("9.700"));
    write_base(text, "07", month, gross);
    write_cotisation(text, "040", gross, gross * 42 / 1000, None);
    if contracts.first().is_some_and(|contract| contract.nature != "03") {
        write_base(text, "31", month, 0);
        text.put("S21.G00.78.005", "1");
        text.put("S21.G00.79.001", "10");
        text.put_hundredths("S21.G00.79.004", gross);
        write_cotisation(text, "059", gross, gross * 15 / 1000, None);
    }
}

fn exemption(kind: EmployerKind) -> Option<&'static str> {
    match kind {
        EmployerKind::Aci => Some("025"),
        EmployerKind::Ai => Some("009"),
        _ => None,
    }
}

fn write_base(text: &mut Text, code: &str, month: Month, amount: i64) {
    text.put("S21.G00.78.001", code);
    text.put_date("S21.G00.78.002", month.first_day());
    text.put_date("S21.G00.78.003", month.last_day());
    text.put_hundredths("S21.G00.78.004", amount);
}

fn write_cotisation(text: &mut Text, code: &str, base: i64, amount: i64, rate: Option<&str>) {
    text.put("S21.G00.81.001", code);
    text.put_hundredths("S21.G00.81.003", base);
    text.put_hundredths("S21.G00.81.004", amount);
    if let Some(rate) = rate {
        text.put("S21.G00.81.007", rate);
    }
}

fn write_anciennete(text: &mut Text, context: &Context<'_>, contract: &Contract, month: Month) {
    let months = month.0 - contract.date_debut.month().0;
    text.put("S21.G00.86.001", "07");
    text.put("S21.G00.86.002", "02");
    text.put_number("S21.G00.86.003", u64::try_from(months).unwrap_or(0));
    text.put("S21.G00.86.005", &context.told(contract, month).numero);
}
