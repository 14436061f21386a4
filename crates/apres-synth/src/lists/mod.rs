//! Lists of participants as users have them, and who is truly behind each row.
//!
//! Seven lists are drawn from the leavers of the first territory: clean, without NIR, in a workbook, dirty, too short, long enough but with too few known, and large. Beside each list a
//! truth file says row by row what a correct reading finds. The figures of each list join the tallies under its name.

mod dirt;
mod files;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::calendar::{Day, Quarter};
use crate::draw::{Draw, Stream};
use crate::lists::files::{Format, Sheet};
use crate::names::plain_upper;
use crate::people::{self, PEOPLE_MAX, Person, Shares};
use crate::plan::SynthFault;
use crate::territory::Territory;
use crate::truth::exits::{self, PROGRAMMES};
use crate::truth::panel::Career;
use crate::truth::tally::{Leaver, Period, Tallies};

/// How many people of the declarations have each name and day of birth.
#[derive(Default)]
pub(crate) struct Identities(HashMap<u64, u32>);

impl Identities {
    pub(crate) fn add(&mut self, identities: &[u64]) {
        for identity in identities {
            *self.0.entry(*identity).or_default() += 1;
        }
    }

    fn count(&self, person: &Person) -> u32 {
        self.0.get(&identity(person)).copied().unwrap_or(0)
    }
}

/// The identities of the people of a territory who are in its declarations.
pub(crate) fn identities(territory: &Territory) -> Vec<u64> {
    let seen = territory.people.iter().enumerate().filter(|(place, _)| !territory.contracts_of(*place).is_empty());
    seen.map(|(_, person)| identity(person)).collect()
}

fn identity(person: &Person) -> u64 {
    let mut hasher = DefaultHasher::new();
    (plain_upper(&person.surname), plain_upper(person.first_name), person.birth).hash(&mut hasher);
    hasher.finish()
}

/// What a correct reading finds in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Nir,
    Identite,
    Ambigu,
    NonTrouve,
    Inutilisable,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nir => "nir",
            Self::Identite => "identite",
            Self::Ambigu => "ambigu",
            Self::NonTrouve => "non_trouve",
            Self::Inutilisable => "inutilisable",
        }
    }
}

/// How a row writes the NIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Thirteen characters and the key.
    WithKey,
    /// Thirteen characters.
    WithoutKey,
    /// Not at all, or in a way that cannot be read.
    Not,
}

/// A leaver as a list may hold one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) person: &'a Person,
    /// Place in the territory; none for someone who is in no declaration.
    pub(crate) place: Option<usize>,
    pub(crate) entry: Day,
    pub(crate) exit: Day,
}

/// A row of a list.
pub(crate) struct Row {
    pub(crate) cells: Vec<String>,
    pub(crate) status: Status,
    /// The true person, even when the row does not allow to find them.
    pub(crate) person: u32,
    pub(crate) place: Option<usize>,
    pub(crate) is_nir_verified: bool,
    pub(crate) sex: Option<&'static str>,
    pub(crate) birth: Day,
    pub(crate) exit: Day,
    pub(crate) note: &'static str,
}

/// Someone to put in lists, with the structure left.
struct Candidate<'a> {
    entry: Entry<'a>,
    siret: String,
    kind: &'static str,
}

/// Writes the lists and their truth, and counts their people; returns how many lists were written.
pub(crate) fn write(
    territory: &Territory,
    seed: u64,
    identities: &Identities,
    out: &Path,
    tallies: &mut Tallies,
) -> Result<u64, SynthFault> {
    let mut draw = Draw::new(seed, Stream::Lists, 0);
    let candidates = candidates(territory);
    let strangers = people::generate(seed, PEOPLE_MAX - 400, 400, 2024, &Shares::default());
    let mut met = HashSet::new();
    let mut strangers = strangers.iter().filter(|stranger| identities.count(stranger) == 0 && met.insert(identity(stranger)));
    let mut builder = Builder { identities, draw: &mut draw };
    let sheets = builder.sheets(&candidates, &mut strangers, territory);
    for sheet in &sheets {
        files::write(sheet, out)?;
        tally(sheet, territory, tallies);
    }
    files::write_index(&sheets, out)?;
    Ok(sheets.len() as u64)
}

/// Every exit from insertion of the territory, in time order for each person.
fn candidates(territory: &Territory) -> Vec<Candidate<'_>> {
    let mut candidates = Vec::new();
    for (place, person) in territory.people.iter().enumerate() {
        let career = Career::new(territory.contracts_of(place), &territory.market, territory.window);
        for exit in exits::find(&career, &PROGRAMMES[0]) {
            let entry = Entry { person, place: Some(place), entry: exit.entry, exit: exit.t0 };
            candidates.push(Candidate { entry, siret: exit.siret, kind: exit.kind });
        }
    }
    candidates
}

/// Leavers of the structures of one type, largest structure first, at least `wanted` when there are as many; one row per person.
///
/// Two people of the same name and birth would be one person for whoever reads a list where one of them has no NIR: only the first is taken.
fn leavers_of<'a>(candidates: &'a [Candidate<'a>], kinds: &[&str], skip: usize, wanted: usize) -> Vec<Entry<'a>> {
    let mut by_structure: BTreeMap<&str, Vec<Entry<'a>>> = BTreeMap::new();
    for candidate in candidates.iter().filter(|candidate| kinds.contains(&candidate.kind)) {
        by_structure.entry(&candidate.siret).or_default().push(candidate.entry);
    }
    let mut structures: Vec<Vec<Entry<'a>>> = by_structure.into_values().collect();
    structures.sort_by_key(|own| std::cmp::Reverse(own.len()));
    let mut chosen: Vec<Entry<'a>> = Vec::new();
    for structure in structures.into_iter().skip(skip) {
        if chosen.len() >= wanted {
            break;
        }
        chosen.extend(structure);
    }
    let mut seen = HashSet::new();
    chosen.retain(|entry| seen.insert(identity(entry.person)));
    chosen
}

/// Makes rows whose expected status is known.
pub(crate) struct Builder<'a> {
    identities: &'a Identities,
    pub(crate) draw: &'a mut Draw,
}

impl Builder<'_> {
    fn sheets<'p>(
        &mut self,
        candidates: &'p [Candidate<'p>],
        strangers: &mut dyn Iterator<Item = &'p Person>,
        territory: &Territory,
    ) -> Vec<Sheet> {
        let full = ["NIR", "Nom", "Prénom", "Date de naissance", "Date d'entrée", "Date de sortie"];
        let mut sheets = Vec::new();
        let mut entries = leavers_of(candidates, &["ACI"], 0, 34);
        entries.extend(lost(strangers, &entries, 2));
        sheets.push(self.plain_sheet("chantier_nir", Format::BomSemicolon, &full, &entries, Written::WithKey, Day::slashed));
        let mut entries = leavers_of(candidates, &["EI", "ETTI"], 0, 60);
        entries.extend(lost(strangers, &entries, 4));
        let names = ["Civilité", "Nom", "Prénom", "Né(e) le", "Entrée", "Sortie"];
        sheets.push(self.plain_sheet("entreprise_sans_nir", Format::Cp1252Semicolon, &names, &entries, Written::Not, Day::slashed));
        let mut entries = leavers_of(candidates, &["AI"], 0, 50);
        entries.extend(lost(strangers, &entries, 3));
        sheets.push(self.workbook(&entries));
        let entries = leavers_of(candidates, &["ACI"], 2, 60);
        sheets.push(self.dirty_sheet(&entries, territory.window.last_day()));
        let mut entries = leavers_of(candidates, &["ACI"], 1, 19);
        entries.truncate(19);
        sheets.push(self.plain_sheet("petite_liste", Format::BomSemicolon, &full, &entries, Written::WithKey, Day::slashed));
        sheets.push(self.just_long_enough(candidates, strangers));
        sheets.push(self.large_sheet(candidates, strangers));
        sheets
    }

    /// Twenty-one people of whom four are in no declaration, as an extract of a file of households: a couple shares its number, and where the agricultural
    /// scheme pays, that number is the NIR.
    fn just_long_enough<'p>(&mut self, candidates: &'p [Candidate<'p>], strangers: &mut dyn Iterator<Item = &'p Person>) -> Sheet {
        let mut entries = leavers_of(candidates, &["ACI", "AI", "EI", "ETTI"], 0, 17);
        entries.truncate(17);
        entries.extend(lost(strangers, &entries, 4));
        let households: Vec<u32> = entries.iter().map(|entry| entry.person.index).collect();
        let row = |(place, entry): (usize, &Entry<'_>)| {
            let household = match place % 3 {
                0 => entry.person.nir.expose().to_owned(),
                _ => format!("{:07}", households[place / 2 * 2]),
            };
            let person = entry.person;
            let usage = person.usage.map(plain_upper).unwrap_or_default();
            let (surname, first_name) = (plain_upper(&person.surname), plain_upper(person.first_name));
            let cells = vec![household, person.nir_with_key(), surname, usage, first_name, person.birth.slashed(), entry.exit.slashed()];
            self.row(entry, cells, Written::WithKey, "")
        };
        let rows = entries.iter().enumerate().map(row).collect();
        let header = ["N° allocataire", "NIR", "Nom de naissance", "Nom d'usage", "Prénom", "Date de naissance", "Date de sortie"];
        Sheet::new("allocataires", Format::Utf8Tab, &header, rows)
    }

    /// A list in which all rows are written in the same way.
    fn plain_sheet(
        &mut self,
        name: &'static str,
        format: Format,
        header: &[&'static str],
        entries: &[Entry<'_>],
        nir: Written,
        date: fn(Day) -> String,
    ) -> Sheet {
        let rows = entries
            .iter()
            .map(|entry| {
                let first = match nir {
                    Written::WithKey => entry.person.nir_with_key(),
                    Written::WithoutKey => entry.person.nir.expose().to_owned(),
                    Written::Not => if entry.person.is_male { "M." } else { "Mme" }.to_owned(),
                };
                let cells = vec![
                    first,
                    entry.person.surname.to_uppercase(),
                    entry.person.first_name.to_owned(),
                    date(entry.person.birth),
                    date(entry.entry),
                    date(entry.exit),
                ];
                // Where the NIR would be stands the civility, which tells the sex.
                Row { sex: Some(crate::truth::sex(entry.person)), ..self.row(entry, cells, nir, "") }
            })
            .collect();
        Sheet::new(name, format, header, rows)
    }

    /// A workbook with titles above the header; NIRs as text or as numbers, dates as serial numbers.
    fn workbook(&mut self, entries: &[Entry<'_>]) -> Sheet {
        let header = ["N° de sécurité sociale", "NOM Prénom usuel", "Nom de naissance", "Prénom", "DDN", "Date entrée", "Date sortie"];
        let rows = entries
            .iter()
            .map(|entry| {
                let person = entry.person;
                let shown = person.usage.unwrap_or(&person.surname);
                let has_nir = self.draw.chance(0.7);
                let nir = if has_nir { Written::WithKey } else { Written::Not };
                let cells = vec![
                    if has_nir { person.nir_with_key() } else { String::new() },
                    format!("{} {}", plain_upper(shown), person.first_name),
                    person.surname.clone(),
                    person.first_name.to_owned(),
                    person.birth.spreadsheet_serial().to_string(),
                    entry.entry.spreadsheet_serial().to_string(),
                    entry.exit.spreadsheet_serial().to_string(),
                ];
                self.row(entry, cells, nir, "")
            })
            .collect();
        Sheet::new("association_classeur", Format::Workbook, &header, rows)
    }

    /// Several hundred people of all structures, as a département has them: two rows for those who left twice, some without a NIR.
    /// People who share their name and birth all have theirs: nothing else in the list would tell them apart.
    fn large_sheet<'p>(&mut self, candidates: &'p [Candidate<'p>], strangers: &mut dyn Iterator<Item = &'p Person>) -> Sheet {
        let mut entries: Vec<Entry<'p>> = candidates.iter().map(|candidate| candidate.entry).take(700).collect();
        entries.extend(lost(strangers, &entries, 45));
        let mut namesakes: HashMap<u64, HashSet<u32>> = HashMap::new();
        for entry in &entries {
            namesakes.entry(identity(entry.person)).or_default().insert(entry.person.index);
        }
        let rows = entries
            .iter()
            .map(|entry| {
                let drawn = [Written::WithKey, Written::WithoutKey, Written::Not][self.draw.weighted(&[0.6, 0.2, 0.2])];
                let person = entry.person;
                let nir = if namesakes[&identity(person)].len() > 1 { Written::WithKey } else { drawn };
                let written = match nir {
                    Written::WithKey => person.nir_with_key(),
                    Written::WithoutKey => person.nir.expose().to_owned(),
                    Written::Not => String::new(),
                };
                let cells = vec![
                    person.index.to_string(),
                    written,
                    plain_upper(&person.surname),
                    plain_upper(person.first_name),
                    person.birth.iso(),
                    entry.entry.iso(),
                    entry.exit.iso(),
                ];
                self.row(entry, cells, nir, "")
            })
            .collect();
        let header = ["MATRICULE", "NIR", "NOM", "PRENOM", "DATE NAISSANCE", "DATE ENTREE", "DATE SORTIE"];
        Sheet::new("departement", Format::Utf8Comma, &header, rows)
    }

    /// A row with a correct exit date; the status follows from how the NIR is written and from who else has the same identity.
    pub(crate) fn row(&self, entry: &Entry<'_>, cells: Vec<String>, nir: Written, note: &'static str) -> Row {
        let status = match (entry.place, nir, self.identities.count(entry.person)) {
            (None, _, _) => Status::NonTrouve,
            (Some(_), Written::WithKey | Written::WithoutKey, _) => Status::Nir,
            (Some(_), Written::Not, 1) => Status::Identite,
            _ => Status::Ambigu,
        };
        let is_sex_known = nir != Written::Not;
        Row {
            cells,
            status,
            person: entry.person.index,
            place: entry.place,
            is_nir_verified: nir == Written::WithKey,
            sex: is_sex_known.then(|| crate::truth::sex(entry.person)),
            birth: entry.person.birth,
            exit: entry.exit,
            note,
        }
    }
}

/// People who are in no declaration, with the dates of others.
fn lost<'p>(strangers: &mut dyn Iterator<Item = &'p Person>, models: &[Entry<'p>], count: usize) -> Vec<Entry<'p>> {
    strangers.take(count).zip(models).map(|(person, model)| Entry { person, place: None, ..*model }).collect()
}

/// Counts a list: each person once, at the latest exit date of the list, whatever the period.
///
/// Rows that cannot be used have no exit, so no quarter: they are told of in every period.
fn tally(sheet: &Sheet, territory: &Territory, tallies: &mut Tallies) {
    let window = territory.window;
    let whole = Period { from: window.first.quarter(), to: window.last.quarter() };
    for (place, row) in latest_rows(sheet) {
        let leaver = if let Some(place) = place {
            let career = Career::new(territory.contracts_of(place), &territory.market, window);
            Leaver::of_found_row(row.status.name(), &territory.people[place], &career, "iae", row.exit, window)
        } else {
            let is_known = row.is_nir_verified && row.status == Status::NonTrouve;
            Leaver::of_lost_row(row.status.name(), is_known, row.exit, row.sex, Some(row.birth.year()), window)
        };
        let quarter = row.exit.quarter();
        tallies.add(sheet.name, whole, &leaver);
        tallies.add(sheet.name, Period { from: quarter, to: quarter }, &leaver);
    }
    let quarters = (whole.from.0..=whole.to.0).map(|quarter| Period { from: Quarter(quarter), to: Quarter(quarter) });
    let periods: Vec<Period> = std::iter::once(whole).chain(quarters).collect();
    for row in sheet.rows.iter().filter(|row| row.status == Status::Inutilisable) {
        for period in &periods {
            tallies.add_unusable(sheet.name, *period, row.sex);
        }
    }
}

/// The usable row of each person that has the latest exit, with the person's place in the territory when they are found.
fn latest_rows(sheet: &Sheet) -> Vec<(Option<usize>, &Row)> {
    let mut latest: BTreeMap<(bool, usize), &Row> = BTreeMap::new();
    for (number, row) in sheet.rows.iter().enumerate().filter(|(_, row)| row.status != Status::Inutilisable) {
        let is_matched = matches!(row.status, Status::Nir | Status::Identite);
        let key = if is_matched { (true, row.place.unwrap_or(number)) } else { (false, number) };
        let kept = latest.entry(key).or_insert(row);
        if row.exit > kept.exit {
            *kept = row;
        }
    }
    latest.into_iter().map(|((is_matched, place), row)| (is_matched.then_some(place), row)).collect()
}
