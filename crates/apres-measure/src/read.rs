//! What the lake holds of the people of a range: observations, changes and absences of the declarations that stand, side by side.
//!
//! A range is read column by column and sorted by person as places in its batches; rows become values when their person's turn comes. Texts become small
//! numbers that have the order of the texts, whatever the order of the rows. People who are finally somebody else, or whom somebody else is, wait until
//! every range was read.

use std::collections::HashMap;

use apres_store::datafusion::arrow::array::{Array, AsArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array};
use apres_store::datafusion::arrow::compute::take_record_batch;
use apres_store::{People, PersonRange, Statistical, StatisticalTable, StoreFault};
use rustc_hash::FxHashSet;

use crate::absences::Absence;
use crate::build::{MeasureFault, NOBODY, sex};
use crate::calendar::{Day, Month};
use crate::changes::{ContractChange, OldTerms};
use crate::columns::{self, Columns};
use crate::contract::{Ascii, ContractKey, Terms, siren_of};
use crate::output::NO_MONTH;
use crate::panel::{Leaver, Sex};
use crate::people::KnownAs;
use crate::spells::{Fin, Observation};
use crate::standing::Standing;

/// Rows of observations in a range, about, as long as ranges are few; and at most.
const RANGE_ROWS: std::ops::RangeInclusive<u64> = 100_000..=2_000_000;
/// More ranges than this cut row groups in pieces ([`apres_store::PersonRange`]): each is then read several times.
const RANGES_USUAL_MAX: u64 = 64;

const OBSERVATION_COLUMNS: [&str; 24] = [
    "declaration",
    "part",
    "siret",
    "numero",
    "date_debut",
    "month",
    "nature",
    "dispositif",
    "complement_dispositif",
    "motif_recours",
    "modalite_temps",
    "date_fin_previsionnelle",
    "date_fin",
    "motif_fin",
    "quotite_permille",
    "ape",
    "departement",
    "commune",
    "hours_centi",
    "gross_centimes",
    "utilisateur",
    "dernier_jour_travaille",
    "hours_unpaid_centi",
    "hours_extra_centi",
];

const CHANGE_COLUMNS: [&str; 17] = [
    "declaration",
    "part",
    "siret",
    "numero",
    "date_debut",
    "month",
    "date_modification",
    "ancien_siret",
    "ancien_numero",
    "ancienne_date_debut",
    "profondeur",
    "ancienne_nature",
    "ancien_dispositif",
    "ancien_complement_dispositif",
    "ancien_motif_recours",
    "ancienne_modalite_temps",
    "ancienne_quotite_permille",
];

const ABSENCE_COLUMNS: [&str; 10] =
    ["declaration", "part", "siret", "numero", "date_debut", "month", "bloc", "motif", "premier_jour", "dernier_jour"];

const PERSON_COLUMNS: [&str; 2] = ["sex", "birth_year"];

/// The tables that a build reads, at one version each.
pub(crate) struct Declared {
    observations: People,
    changes: People,
    absences: People,
    persons: People,
    standing: Standing,
    known: KnownAs,
    /// Who is finally somebody else, and whom somebody else is.
    moved: FxHashSet<u64>,
}

/// Rows of people who are to be joined across ranges.
#[derive(Default)]
pub(crate) struct Later {
    observations: Vec<RecordBatch>,
    changes: Vec<RecordBatch>,
    absences: Vec<RecordBatch>,
    persons: Vec<RecordBatch>,
}

impl Later {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.observations.append(&mut other.observations);
        self.changes.append(&mut other.changes);
        self.absences.append(&mut other.absences);
        self.persons.append(&mut other.persons);
    }
}

impl Declared {
    pub(crate) async fn open(lake: &Statistical, standing: Standing, known: KnownAs) -> Result<Self, MeasureFault> {
        Ok(Self {
            observations: lake.people(StatisticalTable::Observations, &OBSERVATION_COLUMNS).await?,
            changes: lake.people(StatisticalTable::Changes, &CHANGE_COLUMNS).await?,
            absences: lake.people(StatisticalTable::Absences, &ABSENCE_COLUMNS).await?,
            persons: lake.people(StatisticalTable::Persons, &PERSON_COLUMNS).await?,
            standing,
            moved: known.moved(),
            known,
        })
    }

    /// Everybody, in ranges that fit in memory.
    pub(crate) fn ranges(&self) -> Vec<PersonRange> {
        let rows = self.observations.rows();
        let usual = rows.div_ceil(*RANGE_ROWS.start()).min(RANGES_USUAL_MAX);
        PersonRange::split(usual.max(rows.div_ceil(*RANGE_ROWS.end())))
    }

    /// The people of a range; rows of those who have to wait go to `later`.
    pub(crate) fn range(&self, range: PersonRange, later: &mut Later) -> Result<RangeRows, StoreFault> {
        let mut rows = RangeRows::default();
        self.gather(&self.observations, range, &mut rows.observations, &mut later.observations)?;
        self.gather(&self.changes, range, &mut rows.changes, &mut later.changes)?;
        self.gather(&self.absences, range, &mut rows.absences, &mut later.absences)?;
        let persons = &mut rows.leavers;
        self.persons.read(range, |batch| {
            let later = &mut later.persons;
            self.add_persons(&batch, |person| !self.moved.contains(&person), persons);
            let people = Columns(&batch).longs("person");
            put_off(&batch, |row| self.moved.contains(&pseudonym(&people, row)), later)
        })?;
        rows.sort();
        Ok(rows)
    }

    /// Those who had to wait, as who they finally are.
    pub(crate) fn later(&self, later: &Later) -> RangeRows {
        let mut rows = RangeRows::default();
        self.join(&later.observations, &mut rows.observations);
        self.join(&later.changes, &mut rows.changes);
        self.join(&later.absences, &mut rows.absences);
        for batch in &later.persons {
            self.add_persons(batch, |_| true, &mut rows.leavers);
        }
        rows.sort();
        rows
    }

    fn gather<B: Decoded>(
        &self,
        table: &People,
        range: PersonRange,
        pile: &mut Pile<B>,
        later: &mut Vec<RecordBatch>,
    ) -> Result<(), StoreFault> {
        table.read(range, |batch| {
            let (people, declarations, parts) =
                (Columns(&batch).longs("person"), Columns(&batch).longs("declaration"), Columns(&batch).longs("part"));
            let stands = |row: usize| self.standing.holds(declarations.value(row), parts.value(row));
            let waits = |row: usize| !self.moved.is_empty() && self.moved.contains(&pseudonym(&people, row));
            let place = u32::try_from(pile.batches.len()).unwrap_or(u32::MAX);
            let here = rows_of(&batch).filter(|(_, row)| stands(*row) && !waits(*row));
            pile.order.extend(here.map(|(number, row)| (pseudonym(&people, row), place, number)));
            pile.batches.push(B::of(&batch));
            put_off(&batch, |row| waits(row) && stands(row), later)
        })
    }

    fn join<B: Decoded>(&self, batches: &[RecordBatch], pile: &mut Pile<B>) {
        for (place, batch) in (0..).zip(batches) {
            let (people, decoded) = (Columns(batch).longs("person"), B::of(batch));
            let who = |row: usize| self.known.who(pseudonym(&people, row), decoded.key().siret.value(row).map_or(0, siren_of));
            pile.order.extend(rows_of(batch).map(|(number, row)| (who(row), place, number)));
            pile.batches.push(decoded);
        }
    }

    fn add_persons(&self, batch: &RecordBatch, is_here: impl Fn(u64) -> bool, leavers: &mut Vec<(u64, Leaver)>) {
        let (people, sexes, years) =
            (Columns(batch).longs("person"), Understood::of(batch, "sex", |text| Some(sex(Some(text)))), Columns(batch).ints("birth_year"));
        for row in 0..batch.num_rows() {
            let person = pseudonym(&people, row);
            if is_here(person) {
                let birth_year = years.is_valid(row).then(|| years.value(row));
                leavers.push((person, Leaver { sex: sexes.value(row).unwrap_or(Sex::Inconnu), birth_year, ..NOBODY }));
            }
        }
    }
}

/// Keeps these rows for later.
fn put_off(batch: &RecordBatch, waits: impl Fn(usize) -> bool, later: &mut Vec<RecordBatch>) -> Result<(), StoreFault> {
    let rows: Vec<u32> = rows_of(batch).filter(|(_, row)| waits(*row)).map(|(number, _)| number).collect();
    if !rows.is_empty() {
        let taken = take_record_batch(batch, &UInt32Array::from(rows));
        later.push(taken.map_err(|error| StoreFault::query("putting rows aside")(error.into()))?);
    }
    Ok(())
}

/// The rows of a batch, as they are kept and as they are read.
fn rows_of(batch: &RecordBatch) -> impl Iterator<Item = (u32, usize)> {
    (0..).zip(0..batch.num_rows())
}

/// A row: who it is of, then where it is.
type Place = (u64, u32, u32);

/// Rows of one table, in the order of their people.
pub(crate) struct Pile<B> {
    batches: Vec<B>,
    order: Vec<Place>,
}

impl<B> Default for Pile<B> {
    fn default() -> Self {
        Self { batches: Vec::new(), order: Vec::new() }
    }
}

impl<B> Pile<B> {
    /// The rows of each person, in increasing order of people.
    pub(crate) fn people(&self) -> impl Iterator<Item = &[Place]> {
        self.order.chunk_by(|left, right| left.0 == right.0)
    }

    /// The rows of one person; people are asked for in increasing order, `from` being where the last search ended.
    fn of(&self, who: u64, from: &mut usize) -> &[Place] {
        let begin = *from + self.order[*from..].iter().take_while(|place| place.0 < who).count();
        let end = begin + self.order[begin..].iter().take_while(|place| place.0 == who).count();
        *from = end;
        &self.order[begin..end]
    }
}

/// All that is declared of the people of a range.
#[derive(Default)]
pub(crate) struct RangeRows {
    pub(crate) observations: Pile<ObservationColumns>,
    changes: Pile<ChangeColumns>,
    absences: Pile<AbsenceColumns>,
    leavers: Vec<(u64, Leaver)>,
}

/// Where the reading of a range has come to.
#[derive(Default)]
pub(crate) struct Progress {
    changes: usize,
    absences: usize,
    leavers: usize,
}

impl RangeRows {
    fn sort(&mut self) {
        // Batches are sorted already: the sort finds their runs and merges them.
        self.observations.order.sort_by_key(|place| place.0);
        self.changes.order.sort_by_key(|place| place.0);
        self.absences.order.sort_by_key(|place| place.0);
        self.leavers.sort_by_key(|(person, _)| *person);
    }

    /// Puts a person together; people come in increasing order.
    pub(crate) fn person(&self, observed: &[Place], progress: &mut Progress, person: &mut Person) -> (u64, Leaver) {
        let who = observed[0].0;
        person.clear();
        for (_, batch, row) in observed {
            self.observations.batches[*batch as usize].add_to(person, who, *row as usize);
        }
        for (_, batch, row) in self.changes.of(who, &mut progress.changes) {
            self.changes.batches[*batch as usize].add_to(person, who, *row as usize);
        }
        for (_, batch, row) in self.absences.of(who, &mut progress.absences) {
            self.absences.batches[*batch as usize].add_to(person, who, *row as usize);
        }
        person.settle();
        (who, self.leaver(who, &mut progress.leavers))
    }

    /// What the versions of a person's identity say together.
    fn leaver(&self, who: u64, from: &mut usize) -> Leaver {
        while self.leavers.get(*from).is_some_and(|(person, _)| *person < who) {
            *from += 1;
        }
        let told = self.leavers[*from..].iter().take_while(|(person, _)| *person == who).map(|(_, leaver)| leaver);
        told.fold(NOBODY, |one, other| Leaver {
            sex: match (one.sex, other.sex) {
                (Sex::M, _) | (_, Sex::M) => Sex::M,
                (Sex::F, _) | (_, Sex::F) => Sex::F,
                _ => Sex::Inconnu,
            },
            birth_year: one.birth_year.into_iter().chain(other.birth_year).min(),
            ..one
        })
    }
}

/// Texts of one person, as numbers.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// The texts by their number; sorted once [`Texts::sort`] was called.
    pub(crate) all: Vec<String>,
    /// Their numbers, once they are many.
    places: HashMap<String, u32>,
    last: usize,
}

/// So few texts are compared one by one.
const TEXTS_COMPARED: usize = 16;

impl Texts {
    fn clear(&mut self) {
        self.all.clear();
        self.places.clear();
        self.last = 0;
    }

    fn place(&mut self, text: &str) -> u32 {
        let as_number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        if self.all.get(self.last).is_some_and(|last| last == text) {
            return as_number(self.last);
        }
        if self.all.len() <= TEXTS_COMPARED {
            if let Some(found) = self.all.iter().position(|known| known == text) {
                self.last = found;
                return as_number(found);
            }
        } else if let Some(found) = self.places.get(text) {
            return *found;
        }
        self.last = self.all.len();
        self.all.push(text.to_owned());
        if self.all.len() > TEXTS_COMPARED {
            let unplaced = self.places.len()..self.all.len();
            self.places.extend(unplaced.map(|place| (self.all[place].clone(), as_number(place))));
        }
        as_number(self.last)
    }

    /// The place of a text, or of the first that differs from it by its case only.
    fn place_of_any_case(&mut self, text: &str) -> u32 {
        let fold = |text: &str| text.trim().to_uppercase();
        let folded = fold(text);
        let known = if self.all.iter().any(|known| known == text) {
            None
        } else {
            self.all.iter().filter(|known| fold(known) == folded).min().cloned()
        };
        self.place(known.as_deref().unwrap_or(text))
    }

    /// Sorts the texts; gives the new number of each old one.
    fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<(String, u32)> = std::mem::take(&mut self.all).into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut ranks = vec![0; order.len()];
        for (rank, (_, place)) in (0..).zip(&order) {
            ranks[*place as usize] = rank;
        }
        self.all = order.into_iter().map(|(text, _)| text).collect();
        ranks
    }
}

/// All that is declared of one person.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) observations: Vec<Observation>,
    pub(crate) changes: Vec<ContractChange>,
    pub(crate) absences: Vec<Absence>,
    pub(crate) numeros: Texts,
    pub(crate) utilisateurs: Texts,
}

impl Person {
    fn clear(&mut self) {
        self.observations.clear();
        self.changes.clear();
        self.absences.clear();
        self.numeros.clear();
        self.utilisateurs.clear();
    }

    /// Gives the texts their final numbers: from here on, keys have the order of what they stand for.
    fn settle(&mut self) {
        let (numeros, utilisateurs) = (self.numeros.sort(), self.utilisateurs.sort());
        let settle = |contract: &mut ContractKey| contract.numero = numeros[contract.numero as usize];
        for observation in &mut self.observations {
            settle(&mut observation.contract);
            observation.declared_as = observation.contract;
            let user = &mut observation.terms.etablissement_utilisateur;
            *user = user.map(|place| utilisateurs[usize::try_from(place).unwrap_or(0)].into());
        }
        for change in &mut self.changes {
            settle(&mut change.contract);
            change.old_numero = change.old_numero.map(|numero| numeros[numero as usize]);
        }
        for absence in &mut self.absences {
            settle(&mut absence.contract);
        }
    }
}

/// A column of texts that repeat, each understood once.
struct Understood<V> {
    keys: Int32Array,
    values: Vec<Option<V>>,
}

impl<V: Copy> Understood<V> {
    fn of(batch: &RecordBatch, name: &str, understand: impl Fn(&str) -> Option<V>) -> Self {
        let texts = Columns(batch).repeated_texts(name);
        let values = texts.values().as_string::<i32>().iter().map(|text| understand(text?)).collect();
        Self { keys: texts.keys().clone(), values }
    }

    fn value(&self, row: usize) -> Option<V> {
        if self.keys.is_null(row) { None } else { self.values[usize::try_from(self.keys.value(row)).unwrap_or(usize::MAX)] }
    }
}

/// A code of the norm as a number; absent when it is none.
fn code<N: std::str::FromStr + Copy>(batch: &RecordBatch, name: &str) -> Understood<N> {
    Understood::of(batch, name, |text| text.parse().ok())
}

fn pseudonym(people: &Int64Array, row: usize) -> u64 {
    people.value(row).cast_unsigned()
}

fn day(days: &Date32Array, row: usize) -> Option<Day> {
    days.is_valid(row).then(|| Day(days.value(row)))
}

fn permille(column: &Int32Array, row: usize) -> Option<u16> {
    if column.is_null(row) { None } else { u16::try_from(column.value(row)).ok() }
}

/// A batch whose columns are understood.
trait Decoded {
    fn of(batch: &RecordBatch) -> Self;
    /// Which contract, and when.
    fn key(&self) -> &KeyColumns;
}

/// What tells which contract, and when.
struct KeyColumns {
    siret: Understood<u64>,
    numero: StringArray,
    date_debut: Date32Array,
    months: Vec<Month>,
}

impl KeyColumns {
    fn of(batch: &RecordBatch) -> Self {
        let months = Columns(batch).days("month");
        // Neighbours are often of one month.
        let mut last = (i32::MIN, NO_MONTH);
        let mut month = |day: Option<i32>| {
            let Some(day) = day else { return NO_MONTH };
            if last.0 != day {
                last = (day, Day(day).month());
            }
            last.1
        };
        Self {
            siret: code(batch, "siret"),
            numero: Columns(batch).texts("numero"),
            date_debut: Columns(batch).days("date_debut"),
            months: months.iter().map(&mut month).collect(),
        }
    }

    fn contract(&self, row: usize, person: u64, numeros: &mut Texts) -> Option<ContractKey> {
        let (siret, date_debut) = (self.siret.value(row)?, day(&self.date_debut, row)?);
        Some(ContractKey { person, siret, numero: numeros.place(columns::text(&self.numero, row)?), date_debut })
    }
}

/// The columns of the observations.
pub(crate) struct ObservationColumns {
    key: KeyColumns,
    nature: Understood<u8>,
    dispositif: Understood<u8>,
    complement: Understood<u8>,
    motif_recours: Understood<u8>,
    modalite_temps: Understood<u8>,
    motif_fin: Understood<u16>,
    ape: Understood<Ascii<5>>,
    commune: Understood<Ascii<5>>,
    departement: Understood<Ascii<3>>,
    utilisateur: StringArray,
    date_fin_previsionnelle: Date32Array,
    date_fin: Date32Array,
    dernier_jour_travaille: Date32Array,
    quotite: Int32Array,
    amounts: [Int64Array; 4],
}

impl Decoded for ObservationColumns {
    fn of(batch: &RecordBatch) -> Self {
        Self {
            key: KeyColumns::of(batch),
            nature: code(batch, "nature"),
            dispositif: code(batch, "dispositif"),
            complement: code(batch, "complement_dispositif"),
            motif_recours: code(batch, "motif_recours"),
            modalite_temps: code(batch, "modalite_temps"),
            motif_fin: code(batch, "motif_fin"),
            ape: Understood::of(batch, "ape", Ascii::parse),
            commune: Understood::of(batch, "commune", Ascii::parse),
            departement: Understood::of(batch, "departement", Ascii::parse),
            utilisateur: Columns(batch).texts("utilisateur"),
            date_fin_previsionnelle: Columns(batch).days("date_fin_previsionnelle"),
            date_fin: Columns(batch).days("date_fin"),
            dernier_jour_travaille: Columns(batch).days("dernier_jour_travaille"),
            quotite: Columns(batch).ints("quotite_permille"),
            amounts: ["hours_centi", "gross_centimes", "hours_unpaid_centi", "hours_extra_centi"].map(|name| Columns(batch).longs(name)),
        }
    }

    fn key(&self) -> &KeyColumns {
        &self.key
    }
}

impl ObservationColumns {
    /// Adds an observation to its person; one without a whole key says nothing.
    fn add_to(&self, person: &mut Person, who: u64, row: usize) {
        let Some(contract) = self.key.contract(row, who, &mut person.numeros) else { return };
        let utilisateur = columns::text(&self.utilisateur, row).map(|text| person.utilisateurs.place(text).into());
        let [hours_centi, gross_cents, hours_unpaid_centi, hours_extra_centi] =
            self.amounts.each_ref().map(|amounts| if amounts.is_valid(row) { amounts.value(row) } else { 0 });
        let fin = |date| Fin {
            date,
            motif: self.motif_fin.value(row).unwrap_or_default(),
            dernier_jour_travaille: day(&self.dernier_jour_travaille, row),
        };
        person.observations.push(Observation {
            contract,
            declared_as: contract,
            month: self.key.months[row],
            terms: Terms {
                date_fin_previsionnelle: day(&self.date_fin_previsionnelle, row),
                nature: self.nature.value(row),
                dispositif: self.dispositif.value(row),
                complement_dispositif: self.complement.value(row),
                motif_recours: self.motif_recours.value(row),
                modalite_temps: self.modalite_temps.value(row),
                quotite_permille: permille(&self.quotite, row),
                ape: self.ape.value(row),
                commune: self.commune.value(row),
                departement: self.departement.value(row),
                etablissement_utilisateur: utilisateur,
            },
            fin: day(&self.date_fin, row).map(fin),
            hours_centi,
            gross_cents,
            hours_unpaid_centi,
            hours_extra_centi,
        });
    }
}

/// The columns of the changes of contracts.
struct ChangeColumns {
    key: KeyColumns,
    date: Date32Array,
    depth: Date32Array,
    old_siret: Understood<u64>,
    old_numero: StringArray,
    old_date_debut: Date32Array,
    /// Nature, dispositif, complément, motif de recours, modalité.
    old_codes: [Understood<u8>; 5],
    old_quotite: Int32Array,
}

impl Decoded for ChangeColumns {
    fn of(batch: &RecordBatch) -> Self {
        let names =
            ["ancienne_nature", "ancien_dispositif", "ancien_complement_dispositif", "ancien_motif_recours", "ancienne_modalite_temps"];
        Self {
            key: KeyColumns::of(batch),
            date: Columns(batch).days("date_modification"),
            depth: Columns(batch).days("profondeur"),
            old_siret: code(batch, "ancien_siret"),
            old_numero: Columns(batch).texts("ancien_numero"),
            old_date_debut: Columns(batch).days("ancienne_date_debut"),
            old_codes: names.map(|name| code(batch, name)),
            old_quotite: Columns(batch).ints("ancienne_quotite_permille"),
        }
    }

    fn key(&self) -> &KeyColumns {
        &self.key
    }
}

impl ChangeColumns {
    /// Adds a change to its person; one that names no contract is of the person, and was heard before.
    fn add_to(&self, person: &mut Person, who: u64, row: usize) {
        let (Some(contract), Some(date)) = (self.key.contract(row, who, &mut person.numeros), day(&self.date, row)) else { return };
        let [nature, dispositif, complement_dispositif, motif_recours, modalite_temps] =
            self.old_codes.each_ref().map(|codes| codes.value(row));
        person.changes.push(ContractChange {
            contract,
            month: self.key.months[row],
            date,
            depth: day(&self.depth, row),
            old_siret: self.old_siret.value(row),
            old_numero: columns::text(&self.old_numero, row).map(|text| person.numeros.place_of_any_case(text)),
            old_date_debut: day(&self.old_date_debut, row),
            old_terms: OldTerms {
                nature,
                dispositif,
                complement_dispositif,
                motif_recours,
                modalite_temps,
                quotite_permille: permille(&self.old_quotite, row),
            },
        });
    }
}

/// The columns of the absences.
struct AbsenceColumns {
    key: KeyColumns,
    is_sick_leave: Understood<bool>,
    motif: Understood<u16>,
    first: Date32Array,
    last: Date32Array,
}

impl Decoded for AbsenceColumns {
    fn of(batch: &RecordBatch) -> Self {
        Self {
            key: KeyColumns::of(batch),
            is_sick_leave: Understood::of(batch, "bloc", |text| Some(text == "60")),
            motif: code(batch, "motif"),
            first: Columns(batch).days("premier_jour"),
            last: Columns(batch).days("dernier_jour"),
        }
    }

    fn key(&self) -> &KeyColumns {
        &self.key
    }
}

impl AbsenceColumns {
    fn add_to(&self, person: &mut Person, who: u64, row: usize) {
        let (Some(contract), Some(first)) = (self.key.contract(row, who, &mut person.numeros), day(&self.first, row)) else { return };
        person.absences.push(Absence {
            contract,
            is_sick_leave: self.is_sick_leave.value(row) == Some(true),
            first,
            month: self.key.months[row],
            motif: self.motif.value(row).unwrap_or_default(),
            last: day(&self.last, row),
        });
    }
}
