//! The check of a list: participants, and what is wrong, cell by cell.
//!
//! Each row is read alone; then the rows are compared: a NIR that two persons share, the same row twice, the same person with two exits.
//! A doubtful value is never used silently: it is left out with an error, and the row is kept. Nothing is looked for outside of the list.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};

use super::date::{self, AGE_YEARS_MIN, ColumnDates, DateFault, Pivot};
use super::guess::is_nir_like;
use super::participant::{Checked, DateReading, Level, Participant, RowError, RowErrorCode, Sexe};
use super::person::{self, NirCell};
use super::{Cell, Field, Mapping, Row, Sheet, nom};
use crate::Nir;
use crate::identity::{self, IdentityKey, normalised};

/// Beyond this age a birth date is taken for a filler or a typing error.
const AGE_YEARS_MAX: i32 = 100;

/// Checks the rows of a sheet under a mapping, as of a day.
#[must_use]
pub fn check(sheet: &Sheet, mapping: &Mapping, today: NaiveDate) -> Checked {
    let reader = Reader::new(sheet, mapping, today);
    let (exact, repeated) = without_exact_duplicates(sheet, mapping);
    let mut drafts: Vec<Draft> = exact.iter().map(|row| reader.row(row)).collect();
    separate_shared_nirs(&mut drafts, mapping);
    for draft in &mut drafts {
        draft.settle();
    }
    let later = later_rows(&drafts);
    let mut checked =
        Checked { read: sheet.rows.len() as u64, dates: reader.readings(), duplicates: repeated.len() as u64, ..Checked::default() };
    checked.errors = repeated;
    for (place, draft) in drafts.iter().enumerate() {
        let Some(winner) = later[place] else { continue };
        let (code, count) = if drafts[winner].participant.date_sortie == draft.participant.date_sortie {
            (RowErrorCode::DuplicateRow, &mut checked.duplicates)
        } else {
            (RowErrorCode::SamePersonLaterExit, &mut checked.superseded)
        };
        *count += 1;
        let cell = mapping.column(Field::DateSortie).map_or("", |_| draft.exit_cell.as_str()).to_owned();
        checked.errors.push(RowError {
            line: draft.participant.line,
            column: mapping.column(Field::DateSortie),
            field: Some(Field::DateSortie),
            code,
            level: Level::Warning,
            other_line: Some(drafts[winner].participant.line),
            cell,
        });
    }
    for (draft, later) in drafts.into_iter().zip(later) {
        if later.is_none() {
            checked.errors.extend(draft.errors);
            checked.rows.push(draft.participant);
        }
    }
    checked.errors.sort_by_key(|error| (error.line, error.column, error.code));
    checked
}

/// A row on its way to a participant.
struct Draft {
    participant: Participant,
    errors: Vec<RowError>,
    /// The exit as written, for what is said of duplicates.
    exit_cell: String,
}

impl Draft {
    /// Decides whether the person can be searched, and with that how grave the errors are.
    fn settle(&mut self) {
        let participant = &mut self.participant;
        participant.usable = participant.nir.is_some() || !participant.identity_keys().is_empty();
        if !participant.usable {
            let code = RowErrorCode::Unusable;
            let error = RowError {
                line: participant.line,
                column: None,
                field: None,
                code,
                level: Level::Blocking,
                other_line: None,
                cell: String::new(),
            };
            self.errors.push(error);
        }
        for error in &mut self.errors {
            error.level = level(error.code, participant.usable);
        }
    }

    /// Whether the NIR tells the same year and month of birth, and the same sex, as far as they are known; `None` when the birth date is not.
    fn nir_fits(&self) -> Option<bool> {
        let (nir, birth) = (self.participant.nir?, self.participant.naissance?);
        let sex_fits = self.participant.sexe.is_none_or(|sexe| (sexe == Sexe::Homme) == nir.is_male());
        Some(sex_fits && birth_fits(nir, birth))
    }
}

/// An error on who the person is costs the row only when nothing else tells it.
fn level(code: RowErrorCode, is_usable: bool) -> Level {
    use RowErrorCode as Code;
    match code {
        Code::Unusable | Code::ExitUnreadable | Code::ExitBeforeEntry | Code::ExitInFuture => Level::Blocking,
        Code::NirLength
        | Code::NirSyntax
        | Code::NirKey
        | Code::NirIsNtt
        | Code::NirPrecisionLost
        | Code::NirInOtherColumn
        | Code::NirShared
        | Code::BirthUnreadable
        | Code::BirthIncomplete
        | Code::BirthImplausible => {
            if is_usable {
                Level::Warning
            } else {
                Level::Blocking
            }
        }
        Code::NirSexMismatch
        | Code::NirBirthMismatch
        | Code::NameSplitUncertain
        | Code::NameDamaged
        | Code::SexUnreadable
        | Code::EntryUnreadable
        | Code::ExitMissing
        | Code::SiretInvalid
        | Code::DuplicateRow
        | Code::SamePersonLaterExit => Level::Warning,
    }
}

fn birth_fits(nir: Nir, birth: NaiveDate) -> bool {
    let year_fits = i32::from(nir.birth_year_of_century()) == birth.year().rem_euclid(100);
    year_fits && nir.birth_month().is_none_or(|month| u32::from(month) == birth.month())
}

/// Reads rows one by one, with what their columns tell together.
struct Reader<'a> {
    sheet: &'a Sheet,
    mapping: &'a Mapping,
    today: NaiveDate,
    dates: BTreeMap<Field, (ColumnDates, Pivot)>,
    is_surname_first: bool,
}

impl<'a> Reader<'a> {
    fn new(sheet: &'a Sheet, mapping: &'a Mapping, today: NaiveDate) -> Self {
        let fields = [
            (Field::DateNaissance, Pivot::birth(today)),
            (Field::DateEntree, Pivot::recent(today)),
            (Field::DateSortie, Pivot::recent(today)),
        ];
        let dates = fields.into_iter().filter_map(|(field, pivot)| {
            let column = mapping.column(field)?;
            let read = date::column_dates(sheet.rows.iter().map(|row| row.cell(column)), pivot);
            Some((field, (read, pivot)))
        });
        let joined_header = mapping.column(Field::NomPrenom).and_then(|column| sheet.header.get(column)).map(|name| normalised(name));
        let is_surname_first = !joined_header.is_some_and(|name| name.starts_with("PRENOM"));
        Self { sheet, mapping, today, dates: dates.collect(), is_surname_first }
    }

    fn readings(&self) -> Vec<DateReading> {
        let reading = |(field, (dates, pivot)): (&Field, &(ColumnDates, Pivot))| DateReading {
            field: *field,
            formats: dates.formats.clone(),
            filled: dates.filled,
            read: dates.read,
            is_mixed: dates.is_mixed,
            short_year_max: pivot.year_max,
        };
        self.dates.iter().map(reading).collect()
    }

    fn row(&self, row: &Row) -> Draft {
        let participant = Participant {
            line: row.line,
            nir: None,
            nir_verified: false,
            nom_naissance: self.name(row, Field::NomNaissance),
            nom_usage: self.name(row, Field::NomUsage),
            prenoms: self.name(row, Field::Prenom),
            nom_prenom: None,
            naissance: None,
            sexe: None,
            commune_naissance: self.text(row, Field::CommuneNaissance),
            date_entree: None,
            date_sortie: None,
            motif: self.text(row, Field::MotifSortie),
            siret: None,
            usable: false,
        };
        let mut draft = Draft { participant, errors: Vec::new(), exit_cell: self.cell(row, Field::DateSortie).text().into_owned() };
        self.read_sexe_and_siret(row, &mut draft);
        self.read_names(row, &mut draft);
        self.read_dates(row, &mut draft);
        self.read_nir(row, &mut draft);
        draft
    }

    fn read_sexe_and_siret(&self, row: &Row, draft: &mut Draft) {
        if let Some(text) = self.text(row, Field::Sexe) {
            draft.participant.sexe = person::sexe(&text);
            if draft.participant.sexe.is_none() {
                self.report(row, draft, Field::Sexe, RowErrorCode::SexUnreadable);
            }
        }
        if let Some(text) = self.text(row, Field::Siret) {
            draft.participant.siret = person::siret(&text);
            if draft.participant.siret.is_none() {
                self.report(row, draft, Field::Siret, RowErrorCode::SiretInvalid);
            }
        }
    }

    fn read_names(&self, row: &Row, draft: &mut Draft) {
        let joined = self.name(row, Field::NomPrenom);
        if !joined.is_empty() {
            let split = nom::split(&joined, self.is_surname_first);
            let participant = &mut draft.participant;
            participant.sexe = participant.sexe.or(split.sexe);
            let has_no_nom = participant.nom_usage.is_empty() && participant.nom_naissance.is_empty();
            if has_no_nom || participant.prenoms.is_empty() {
                participant.nom_usage = split.nom;
                participant.prenoms = split.prenoms;
                if !split.is_certain {
                    participant.nom_prenom = Some(joined);
                    self.report(row, draft, Field::NomPrenom, RowErrorCode::NameSplitUncertain);
                }
            }
        }
        for field in [Field::NomNaissance, Field::NomUsage, Field::Prenom, Field::NomPrenom] {
            if person::is_damaged(&self.name(row, field)) {
                self.report(row, draft, field, RowErrorCode::NameDamaged);
            }
        }
    }

    fn read_dates(&self, row: &Row, draft: &mut Draft) {
        let birth = self.date(row, draft, Field::DateNaissance, RowErrorCode::BirthUnreadable);
        let entry = self.date(row, draft, Field::DateEntree, RowErrorCode::EntryUnreadable);
        let exit = self.date(row, draft, Field::DateSortie, RowErrorCode::ExitUnreadable);
        if let Some(birth) = birth {
            let age_years = self.today.year() - birth.year();
            let is_plausible = (AGE_YEARS_MIN..=AGE_YEARS_MAX).contains(&age_years) && entry.is_none_or(|entry| birth < entry);
            if is_plausible {
                draft.participant.naissance = Some(birth);
            } else {
                self.report(row, draft, Field::DateNaissance, RowErrorCode::BirthImplausible);
            }
        }
        draft.participant.date_entree = entry;
        let fault = match (entry, exit) {
            _ if self.mapping.column(Field::DateSortie).is_none() => None,
            (_, None) => self.text(row, Field::DateSortie).is_none().then_some(RowErrorCode::ExitMissing),
            (_, Some(exit)) if exit > self.today => Some(RowErrorCode::ExitInFuture),
            (Some(entry), Some(exit)) if exit < entry => Some(RowErrorCode::ExitBeforeEntry),
            _ => None,
        };
        match fault {
            Some(code) => self.report(row, draft, Field::DateSortie, code),
            None => draft.participant.date_sortie = exit,
        }
    }

    fn read_nir(&self, row: &Row, draft: &mut Draft) {
        if self.mapping.column(Field::Nir).is_none() {
            return;
        }
        let read = person::nir(self.cell(row, Field::Nir), self.cell(row, Field::CleNir));
        if let NirCell::Read { nir, is_verified } = read {
            draft.participant.nir = Some(nir);
            draft.participant.nir_verified = is_verified;
            if draft.participant.sexe.is_some_and(|sexe| (sexe == Sexe::Homme) != nir.is_male()) {
                self.report(row, draft, Field::Nir, RowErrorCode::NirSexMismatch);
            }
            if draft.participant.naissance.is_some_and(|birth| !birth_fits(nir, birth)) {
                self.report(row, draft, Field::Nir, RowErrorCode::NirBirthMismatch);
            }
            return;
        }
        let nir_column = self.mapping.column(Field::Nir);
        let elsewhere =
            row.cells.iter().enumerate().find(|(column, cell)| Some(*column) != nir_column && is_nir_like(cell)).map(|(column, _)| column);
        match (read, elsewhere) {
            (_, Some(column)) => {
                self.report(row, draft, Field::Nir, RowErrorCode::NirInOtherColumn);
                if let Some(error) = draft.errors.last_mut() {
                    error.column = Some(column);
                    error.cell = row.cell(column).text().into_owned();
                }
            }
            (NirCell::Fault(code), None) => self.report(row, draft, Field::Nir, code),
            _ => {}
        }
    }

    fn date(&self, row: &Row, draft: &mut Draft, field: Field, unreadable: RowErrorCode) -> Option<NaiveDate> {
        let (column, pivot) = self.dates.get(&field)?;
        let cell = self.cell(row, field);
        if person::is_nothing(&cell.text()) {
            return None;
        }
        match date::parse(cell, column.order, *pivot) {
            Ok((date, _)) => Some(date),
            Err(DateFault::Incomplete) if field == Field::DateNaissance => {
                self.report(row, draft, field, RowErrorCode::BirthIncomplete);
                None
            }
            Err(_) => {
                self.report(row, draft, field, unreadable);
                None
            }
        }
    }

    fn cell<'r>(&self, row: &'r Row, field: Field) -> &'r Cell {
        self.mapping.column(field).map_or(&Cell::Empty, |column| row.cell(column))
    }

    /// The text of a field, `None` when the cell stands for nothing.
    fn text(&self, row: &Row, field: Field) -> Option<String> {
        let text = self.cell(row, field).text();
        (!person::is_nothing(&text)).then(|| text.into_owned())
    }

    fn name(&self, row: &Row, field: Field) -> String {
        self.text(row, field).unwrap_or_default()
    }

    /// Adds an error about the cell of a field. Its level is settled when the whole row is known.
    fn report(&self, row: &Row, draft: &mut Draft, field: Field, code: RowErrorCode) {
        let column = self.mapping.column(field).filter(|column| *column < self.sheet.header.len());
        let cell = self.cell(row, field).text().into_owned();
        draft.errors.push(RowError { line: row.line, column, field: Some(field), code, level: Level::Warning, other_line: None, cell });
    }
}

/// The rows without those whose mapped cells are all those of an earlier row; and what is said of these.
fn without_exact_duplicates<'a>(sheet: &'a Sheet, mapping: &Mapping) -> (Vec<&'a Row>, Vec<RowError>) {
    const WHO: [Field; 4] = [Field::Nir, Field::NomNaissance, Field::NomUsage, Field::NomPrenom];
    let mut first_lines: HashMap<Vec<String>, u32> = HashMap::new();
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for row in &sheet.rows {
        let tells_who = WHO.iter().any(|field| mapping.column(*field).is_some_and(|column| !row.cell(column).is_empty()));
        let cells: Vec<String> = mapping.columns.values().map(|column| row.cell(*column).text().into_owned()).collect();
        match first_lines.get(&cells).copied() {
            Some(first) if tells_who => errors.push(RowError {
                line: row.line,
                column: None,
                field: None,
                code: RowErrorCode::DuplicateRow,
                level: Level::Warning,
                other_line: Some(first),
                cell: String::new(),
            }),
            _ => {
                first_lines.entry(cells).or_insert(row.line);
                rows.push(row);
            }
        }
    }
    (rows, errors)
}

/// Takes a NIR away from those whom it does not fit, when rows that are not the same person have it (a couple on one file, a column filled down).
fn separate_shared_nirs(drafts: &mut [Draft], mapping: &Mapping) {
    let mut places: BTreeMap<Nir, Vec<usize>> = BTreeMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        if let Some(nir) = draft.participant.nir {
            places.entry(nir).or_default().push(place);
        }
    }
    for places in places.into_values().filter(|places| places.len() > 1) {
        let first = &drafts[places[0]].participant;
        let other = places[1..].iter().find(|place| are_two_persons(first, &drafts[**place].participant));
        let Some(&other) = other else { continue };
        let (first_line, other_line) = (first.line, drafts[other].participant.line);
        for place in places {
            let fits = drafts[place].nir_fits() == Some(true);
            let draft = &mut drafts[place];
            let line = draft.participant.line;
            draft.errors.push(RowError {
                line,
                column: mapping.column(Field::Nir),
                field: Some(Field::Nir),
                code: RowErrorCode::NirShared,
                level: Level::Warning,
                other_line: Some(if line == first_line { other_line } else { first_line }),
                cell: draft.participant.nir.map(|nir| nir.expose().to_owned()).unwrap_or_default(),
            });
            if !fits {
                draft.participant.nir = None;
                draft.participant.nir_verified = false;
            }
        }
    }
}

/// Whether two rows of one NIR are certainly not one person: another first name, and another birth date or surname.
fn are_two_persons(one: &Participant, other: &Participant) -> bool {
    let first = |participant: &Participant| normalised(&participant.prenoms).split(' ').next().unwrap_or_default().to_owned();
    let surname = |participant: &Participant| normalised(&format!("{} {}", participant.nom_naissance, participant.nom_usage));
    let (first_one, first_other) = (first(one), first(other));
    if first_one.is_empty() || first_other.is_empty() || first_one == first_other {
        return false;
    }
    match (one.naissance, other.naissance) {
        (Some(birth_one), Some(birth_other)) => birth_one != birth_other,
        _ => surname(one) != surname(other),
    }
}

/// For each row, the row of the same person that is kept instead of it: the latest exit, then the first line.
///
/// Rows with a NIR are one person when the NIR is the same; a row without one joins them, or other rows without one, by its identity,
/// unless that identity is that of two NIRs.
fn later_rows(drafts: &[Draft]) -> Vec<Option<usize>> {
    let mut persons: Vec<Vec<usize>> = Vec::new();
    let mut by_nir: HashMap<Nir, usize> = HashMap::new();
    // The only person of an identity; nobody once there are two.
    let mut by_key: HashMap<IdentityKey, Option<usize>> = HashMap::new();
    let keys = |draft: &Draft| identity::keys_as_written(&draft.participant.identity());
    for (place, draft) in drafts.iter().enumerate() {
        let Some(nir) = draft.participant.nir else { continue };
        let person = *by_nir.entry(nir).or_insert_with(|| {
            persons.push(Vec::new());
            persons.len() - 1
        });
        persons[person].push(place);
        for key in keys(draft) {
            by_key.entry(key).and_modify(|known| *known = known.filter(|known| *known == person)).or_insert(Some(person));
        }
    }
    let mut without_nir: HashMap<IdentityKey, usize> = HashMap::new();
    for (place, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.participant.nir.is_none()) {
        let keys = keys(draft);
        let with_nir = keys.iter().find_map(|key| by_key.get(key).copied().flatten());
        let person = with_nir.or_else(|| keys.iter().find_map(|key| without_nir.get(key).copied())).unwrap_or_else(|| {
            persons.push(Vec::new());
            persons.len() - 1
        });
        persons[person].push(place);
        for key in keys {
            without_nir.entry(key).or_insert(person);
        }
    }
    let mut later = vec![None; drafts.len()];
    for places in persons {
        let exit = |place: usize| (drafts[place].participant.date_sortie, std::cmp::Reverse(drafts[place].participant.line));
        let Some(kept) = places.iter().copied().max_by_key(|place| exit(*place)) else { continue };
        for place in places.into_iter().filter(|place| *place != kept) {
            later[place] = Some(kept);
        }
    }
    later
}
