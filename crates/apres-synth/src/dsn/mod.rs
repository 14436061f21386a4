//! DSN files of one territory: declarations from contracts, sends from declarations, files from sends.
//!
//! Everything the norm counts or orders is counted and ordered here. Files are written month after month with one reused buffer, so memory does
//! not grow with the number of months. What happens to each declaration is decided by [`schedule`].

pub(crate) mod changes;
mod individu;
mod schedule;
mod text;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::calendar::Month;
use crate::contract::Contract;
use crate::draw::{Draw, Stream};
use crate::dsn::changes::Changes;
use crate::dsn::individu::{Context, Flaw, Identity, PersonText};
use crate::dsn::schedule::{Content, Deposit, Folder, Staff};
use crate::dsn::text::Text;
use crate::employers::{Employer, EmployerKind};
use crate::places::commune;
use crate::territory::Territory;

/// How files are cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) seed: u64,
    pub(crate) sends_per_file: u32,
    pub(crate) has_change_blocks: bool,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) files: u64,
    pub(crate) declarations: u64,
    pub(crate) bytes: u64,
}

/// Writes the files of a territory under `root`, in one folder per month; `progress` is called after each month.
pub(crate) fn write(territory: &Territory, changes: &Changes, cut: &Cut, root: &Path, progress: &mut dyn FnMut()) -> io::Result<Written> {
    let texts: Vec<PersonText> = territory.people.iter().map(PersonText::new).collect();
    let by_employer = by_employer(territory);
    let writer = Writer {
        territory,
        cut,
        by_employer: &by_employer,
        context: Context {
            market: &territory.market,
            people: &territory.people,
            texts: &texts,
            window: territory.window,
            has_change_blocks: cut.has_change_blocks,
            changes,
        },
    };
    let staff = Staff {
        seed: cut.seed,
        cell: territory.cell,
        window: territory.window,
        people: u32::try_from(territory.people.len()).unwrap_or(1),
        contracts: &territory.contracts,
        by_employer: &by_employer,
        fractioned: &fractioned(territory, &by_employer),
    };
    let mut written = Written::default();
    let mut text = Text::default();
    for (folder, month) in schedule::plan(&staff).iter().zip((territory.window.first.0..).map(Month)) {
        writer.write_folder(folder, month, root, &mut text, &mut written)?;
        progress();
    }
    Ok(written)
}

/// The contracts of each establishment, by person.
pub(crate) fn by_employer(territory: &Territory) -> Vec<Vec<usize>> {
    let mut lists = vec![Vec::new(); territory.market.employers.len()];
    for (place, contract) in territory.contracts.iter().enumerate() {
        lists[contract.employer as usize].push(place);
    }
    lists
}

/// The two largest establishments declare in two fractions.
pub(crate) fn fractioned(territory: &Territory, by_employer: &[Vec<usize>]) -> Vec<u32> {
    let mut sizes: Vec<(usize, u32)> = (0_u32..)
        .zip(by_employer)
        .filter(|(place, _)| territory.market.employers[*place as usize].kind == EmployerKind::Ordinary)
        .map(|(place, own)| (own.len(), place))
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes.into_iter().take(2).filter(|(size, _)| *size >= 20).map(|(_, place)| place).collect()
}

struct Writer<'a> {
    territory: &'a Territory,
    cut: &'a Cut,
    by_employer: &'a [Vec<usize>],
    context: Context<'a>,
}

/// How the sends of a file are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One send per declaration, one after another.
    Sends,
    /// One send with several declarations where the norm allows it.
    Grouped,
    /// A lot, as the receiving platform makes them.
    Lot,
}

impl Writer<'_> {
    fn write_folder(&self, folder: &Folder, month: Month, root: &Path, text: &mut Text, written: &mut Written) -> io::Result<()> {
        let path = root.join(month.name());
        std::fs::create_dir_all(&path)?;
        let size = self.cut.sends_per_file.max(1) as usize;
        for (series, deposits) in [("c", &folder.usual), ("r", &folder.apart)] {
            for (number, part) in (1_u32..).zip(deposits.chunks(size)) {
                let form = self.draw_form(month, series, number);
                text.clear();
                self.write_file(part, form, month, number, text);
                let name = format!("{series}{:04}-{number:03}.dsn", self.territory.cell);
                File::create(path.join(name))?.write_all(text.bytes())?;
                written.files += 1;
                written.declarations += part.len() as u64;
                written.bytes += text.bytes().len() as u64;
            }
        }
        Ok(())
    }

    fn draw_form(&self, month: Month, series: &str, number: u32) -> Form {
        if series == "r" {
            return Form::Sends;
        }
        let place = u64::try_from(month.0).unwrap_or(0);
        let stream = 1 << 55 | u64::from(self.territory.cell) << 34 | place << 12 | u64::from(number);
        let mut draw = Draw::new(self.cut.seed, Stream::Declarations, stream);
        [Form::Sends, Form::Grouped, Form::Lot][draw.weighted(&[0.6, 0.3, 0.1])]
    }

    fn write_file(&self, deposits: &[Deposit], form: Form, month: Month, number: u32, text: &mut Text) {
        if form == Form::Lot {
            open_lot(text, deposits.len(), month, self.territory.cell, number);
        }
        let mut rest = deposits;
        while let Some(first) = rest.first() {
            let length = if form == Form::Grouped { groupable(rest) } else { 1 };
            let (send, next) = rest.split_at(length);
            self.write_send(send, first, form, text);
            rest = next;
        }
        if form == Form::Lot {
            close_lot(text, deposits.len(), month, self.territory.cell, number);
        }
    }

    fn write_send(&self, deposits: &[Deposit], first: &Deposit, form: Form, text: &mut Text) {
        text.start_send();
        let is_empty = deposits.iter().all(|deposit| matches!(deposit.content, Content::Monthly { kind: "02" | "05", .. }));
        write_envoi(text, self.territory, first, is_empty, form == Form::Lot);
        for (rank, deposit) in (1_u64..).zip(deposits) {
            self.write_declaration(deposit, rank, form == Form::Lot, text);
        }
        let total = text.rubriques() + 2;
        text.put_number("S90.G00.90.001", total);
        text.put_number("S90.G00.90.002", deposits.len() as u64);
    }

    fn write_declaration(&self, deposit: &Deposit, rank: u64, is_lot: bool, text: &mut Text) {
        let employer = &self.territory.market.employers[deposit.employer as usize];
        write_header(text, deposit);
        if is_lot {
            text.put_number("S20.G00.96.902", rank);
        }
        let people = self.headcount(deposit);
        match deposit.content {
            Content::Event { is_end: false, .. } => write_establishment_of_arret(text, employer),
            Content::Event { is_end: true, .. } => write_establishment(text, employer, deposit.month, people, true, is_lot),
            Content::Monthly { .. } | Content::Ghost { .. } => write_establishment(text, employer, deposit.month, people, false, is_lot),
        }
        match deposit.content {
            Content::Monthly { flaw, .. } => self.write_staff(deposit, flaw, text),
            Content::Ghost { person } => self.write_ghost(deposit, person, text),
            Content::Event { contract, is_end, end } => {
                let contract = &self.territory.contracts[contract];
                individu::write_event(text, &self.context, contract, deposit.month, is_end, end);
                if is_end {
                    self.write_places(&[contract], text);
                }
            }
        }
    }

    fn headcount(&self, deposit: &Deposit) -> u64 {
        self.present(deposit).len() as u64
    }

    /// The contracts that a monthly declaration holds.
    fn present(&self, deposit: &Deposit) -> Vec<&Contract> {
        let (part, parts) = deposit.fraction;
        self.by_employer[deposit.employer as usize]
            .iter()
            .map(|&place| &self.territory.contracts[place])
            .filter(|contract| contract.is_declared_in(deposit.month))
            .filter(|contract| parts == 1 || contract.person % parts + 1 == part)
            .collect()
    }

    fn write_staff(&self, deposit: &Deposit, flaw: Flaw, text: &mut Text) {
        let contracts = self.present(deposit);
        let mut written = Vec::new();
        let people: Vec<&[&Contract]> = contracts.chunk_by(|one, other| one.person == other.person).collect();
        let skipped = usize::from(flaw == Flaw::MissesFirst && people.len() > 1);
        for own in people.into_iter().skip(skipped) {
            let identity = self.identity(own[0].person, deposit.month);
            individu::write_monthly(text, &self.context, own, deposit.month, identity, flaw);
            written.extend_from_slice(own);
        }
        self.write_places(&written, text);
    }

    fn identity(&self, person: u32, month: Month) -> Identity {
        match self.territory.nir_months[person as usize] {
            Some(known) if month < known => Identity::Ntt,
            Some(known) if month == known => Identity::Both,
            _ => Identity::Nir,
        }
    }

    /// Someone declared by mistake, whom a declaration without individuals will remove.
    fn write_ghost(&self, deposit: &Deposit, person: u32, text: &mut Text) {
        let Some(model) = self.territory.contracts.first() else { return };
        let ghost = Contract {
            person,
            employer: deposit.employer,
            sequence: 999,
            date_debut: deposit.month.first_day().plus(3),
            declared_from: deposit.month.first_day().plus(3),
            date_fin: deposit.month.last_day().plus(400),
            expected: Vec::new(),
            nature: "01",
            dispositif: "99",
            complement: None,
            motif_recours: None,
            is_silent: false,
            mistaken_end: None,
            user: None,
            suspension: None,
            moved_from: None,
            ..model.clone()
        };
        individu::write_monthly(text, &self.context, &[&ghost], deposit.month, Identity::Nir, Flaw::None);
    }

    /// Blocks 85: every place of work that is not the establishment itself, once.
    fn write_places(&self, contracts: &[&Contract], text: &mut Text) {
        let mut users: Vec<u32> = contracts.iter().filter_map(|contract| contract.user).collect();
        users.sort_unstable();
        users.dedup();
        for user in users {
            let place = &self.territory.market.employers[user as usize];
            text.put("S21.G00.85.001", &place.siret);
            text.put("S21.G00.85.002", place.ape);
            text.put("S21.G00.85.003", &place.street);
            text.put("S21.G00.85.004", place.postal);
            text.put("S21.G00.85.005", place.town);
            text.put("S21.G00.85.010", "01");
            text.put("S21.G00.85.011", commune(place.postal));
        }
    }
}

/// How many of the next deposits one real send may hold: usual monthly ones, never two of the same establishment and month.
fn groupable(deposits: &[Deposit]) -> usize {
    let is_plain = |deposit: &Deposit| !deposit.is_test && matches!(deposit.content, Content::Monthly { kind: "01" | "02", .. });
    let mut length = 0;
    for (place, deposit) in deposits.iter().enumerate().take(6) {
        let is_seen = deposits[..place].iter().any(|other| other.employer == deposit.employer && other.fraction == deposit.fraction);
        if !is_plain(deposit) || is_seen {
            break;
        }
        length = place + 1;
    }
    length.max(1)
}

fn open_lot(text: &mut Text, objects: usize, month: Month, cell: u32, number: u32) {
    let (year, of_year, _) = month.plus(1).first_day().ymd();
    text.put_outside("S05.G51.00.001", "V01R02");
    text.put_outside("S05.G51.00.002", &lot_number(month, cell, number));
    text.put_outside("S05.G51.00.003", "01");
    text.put_outside("S05.G51.00.004", &format!("20{of_year:02}{year}"));
    text.put_outside("S05.G51.00.005", "201500");
    text.put_outside("S05.G51.00.006", &objects.to_string());
    text.put_outside("S06.G51.00.001", "DSNOK");
}

fn close_lot(text: &mut Text, objects: usize, month: Month, cell: u32, number: u32) {
    text.put_outside("S96.G51.00.001", "FINSL");
    text.put_outside("S96.G51.00.002", &objects.to_string());
    text.put_outside("S95.G51.00.001", &lot_number(month, cell, number));
    text.put_outside("S95.G51.00.002", &objects.to_string());
}

fn lot_number(month: Month, cell: u32, number: u32) -> String {
    format!("{}", i64::from(month.0) * 1_000_000 + i64::from(cell) * 1000 + i64::from(number))
}

fn norm_version(month: Month) -> &'static str {
    match month.year() {
        ..=2024 => "P24V01",
        2025 => "P25V01",
        _ => "P26V01",
    }
}

fn write_envoi(text: &mut Text, territory: &Territory, first: &Deposit, is_empty: bool, is_lot: bool) {
    let employer = &territory.market.employers[first.employer as usize];
    text.put("S10.G00.00.001", "PAIE SIMPLE");
    text.put("S10.G00.00.002", "EDITEUR DE PAIE");
    text.put("S10.G00.00.003", "12.4");
    text.put("S10.G00.00.005", if first.is_test { "01" } else { "02" });
    text.put("S10.G00.00.006", norm_version(first.month));
    text.put("S10.G00.00.007", "01");
    text.put("S10.G00.00.008", if is_empty { "02" } else { "01" });
    text.put("S10.G00.01.001", &employer.siret[..9]);
    text.put("S10.G00.01.002", &employer.siege);
    text.put("S10.G00.01.003", &employer.name);
    text.put("S10.G00.01.005", employer.postal);
    text.put("S10.G00.01.006", employer.town);
    text.put("S10.G00.02.001", "02");
    text.put("S10.G00.02.002", "SERVICE PAIE");
    text.put("S10.G00.02.004", "paie@exemple.invalid");
    text.put("S10.G00.02.005", "0199000000");
    if is_lot {
        text.put("S10.G00.95.001", "RECEPTION");
        text.put("S10.G00.95.006", "MtoM");
        let (year, month, day) = first.constitution.ymd();
        text.put("S10.G00.95.008", &format!("{year:04}{month:02}{day:02}091500"));
        text.put_number("S10.G00.95.900", first.order);
    }
}

fn write_header(text: &mut Text, deposit: &Deposit) {
    let (nature, kind) = match deposit.content {
        Content::Monthly { kind, .. } => ("01", kind),
        Content::Ghost { .. } => ("01", "01"),
        Content::Event { is_end: true, .. } => ("07", "01"),
        Content::Event { is_end: false, .. } => ("04", "01"),
    };
    let is_monthly = nature == "01";
    let (part, parts) = deposit.fraction;
    text.put("S20.G00.05.001", nature);
    text.put("S20.G00.05.002", kind);
    text.put_number("S20.G00.05.003", u64::from(part * 10 + parts));
    text.put_number("S20.G00.05.004", deposit.order);
    if is_monthly {
        text.put_date("S20.G00.05.005", deposit.month.first_day());
    }
    text.put_date("S20.G00.05.007", deposit.constitution);
    if is_monthly {
        text.put("S20.G00.05.008", "01");
    }
    if nature != "04" {
        text.put("S20.G00.05.010", "01");
    }
    for contact in ["01", "02"] {
        text.put("S20.G00.07.001", "SERVICE PAIE");
        text.put("S20.G00.07.002", "0199000000");
        text.put("S20.G00.07.003", "paie@exemple.invalid");
        text.put("S20.G00.07.004", contact);
    }
}

fn write_establishment(text: &mut Text, employer: &Employer, month: Month, people: u64, is_event: bool, is_lot: bool) {
    text.put("S21.G00.06.001", &employer.siret[..9]);
    text.put("S21.G00.06.002", &employer.siege);
    text.put("S21.G00.06.003", employer.ape);
    text.put("S21.G00.06.004", &employer.street);
    text.put("S21.G00.06.005", employer.postal);
    text.put("S21.G00.06.006", employer.town);
    if month.year() <= 2025 && !is_event {
        text.put_number("S21.G00.06.009", people + 3);
    }
    if is_lot {
        text.put("S21.G00.06.903", &employer.name);
    }
    text.put("S21.G00.11.001", &employer.siret[9..]);
    text.put("S21.G00.11.002", employer.ape);
    text.put("S21.G00.11.003", &employer.street);
    text.put("S21.G00.11.004", employer.postal);
    text.put("S21.G00.11.005", employer.town);
    if month.year() <= 2025 && !is_event {
        text.put_number("S21.G00.11.008", people);
    }
    text.put("S21.G00.11.017", if employer.kind == EmployerKind::Public { "02" } else { "01" });
    text.put("S21.G00.11.022", employer.idcc);
    if is_lot {
        text.put("S21.G00.11.112", if employer.kind == EmployerKind::Public { "7210" } else { "5710" });
    }
    if is_event && people == 0 {
        return;
    }
    write_contracts_and_payments(text, month, people, is_event);
}

/// An arrêt tells little of its establishment: the norm forbids the rest.
fn write_establishment_of_arret(text: &mut Text, employer: &Employer) {
    text.put("S21.G00.06.001", &employer.siret[..9]);
    text.put("S21.G00.06.002", &employer.siege);
    text.put("S21.G00.11.001", &employer.siret[9..]);
    text.put("S21.G00.11.003", &employer.street);
    text.put("S21.G00.11.004", employer.postal);
    text.put("S21.G00.11.005", employer.town);
}

/// Block 15, then for a monthly declaration a payment 20 and a bordereau 22 with its 23.
fn write_contracts_and_payments(text: &mut Text, month: Month, people: u64, is_event: bool) {
    text.put("S21.G00.15.001", "CONTRAT-PREV-1");
    text.put("S21.G00.15.002", "P0942");
    if !is_event {
        text.put("S21.G00.15.004", "01");
    }
    text.put("S21.G00.15.005", "1");
    if is_event || people == 0 {
        return;
    }
    let total = i64::try_from(people).unwrap_or(0) * 62_000;
    text.put("S21.G00.20.001", "78861779300013");
    text.put_hundredths("S21.G00.20.005", total);
    text.put_date("S21.G00.20.006", month.first_day());
    text.put_date("S21.G00.20.007", month.last_day());
    text.put("S21.G00.20.010", "05");
    text.put("S21.G00.22.001", "78861779300013");
    text.put_date("S21.G00.22.003", month.first_day());
    text.put_date("S21.G00.22.004", month.last_day());
    text.put_hundredths("S21.G00.22.005", total);
    for (code, qualifier) in [("100", "920"), ("100", "921"), ("332", "920"), ("772", "920")] {
        text.put("S21.G00.23.001", code);
        text.put("S21.G00.23.002", qualifier);
        text.put_hundredths("S21.G00.23.004", total * 3);
    }
}
