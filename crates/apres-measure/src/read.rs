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
use crate::build::MeasureFault;
use crate::calendar::{Day, Month};
use crate::changes::{ContractChange, OldTerms};
use crate::columns::{self, Columns};
use crate::contract::{ContractKey, siren_of};
use crate::output::NO_MONTH;
use crate::panel::Leaver;
use crate::people::KnownAs;
use crate::seen::{self, Crowd};
use crate::since::Touched;
use crate::spells::Observation;
use crate::standing::Standing;

/// Rows of observations in a range, about, as long as ranges are few; and at most.
const RANGE_ROWS: std::ops::RangeInclusive<u64> = 100_000..=2_000_000;
/// More ranges than this cut row groups in pieces ([`apres_store::PersonRange`]): each is then read several times.
const RANGES_USUAL_MAX: u64 = 64;

/// Every file is read in one turn.
const ALL_FILES: (usize, usize) = (0, 1);

const OBSERVATION_COLUMNS: [&str; 26] = [
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
    "sex",
    "birth_year",
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

/// What a reading is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Spells, months, exits and panel.
    Everything,
    /// Spells alone.
    Spells,
}

/// The tables that a build reads, at one version each.
pub(crate) struct Declared {
    observations: People,
    changes: People,
    /// What tells of months, not of spells: none when spells alone are asked for.
    absences: Option<People>,
    standing: Standing,
    known: KnownAs,
    /// Who is finally somebody else, and whom somebody else is.
    moved: FxHashSet<u64>,
    /// The only people to be read, when it is not everybody.
    touched: Option<Touched>,
}

/// Rows of people who are to be joined across ranges.
#[derive(Default)]
pub(crate) struct Later {
    observations: Vec<RecordBatch>,
    changes: Vec<RecordBatch>,
    absences: Vec<RecordBatch>,
}

impl Later {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.observations.append(&mut other.observations);
        self.changes.append(&mut other.changes);
        self.absences.append(&mut other.absences);
    }
}

/// Takes the rows of a batch of whom it is told who they finally are.
type Take<'t> = dyn FnMut(&RecordBatch, &dyn Fn(usize) -> Option<u64>) + 't;

impl Declared {
    pub(crate) async fn open(
        lake: &Statistical,
        standing: Standing,
        known: KnownAs,
        touched: Option<Touched>,
        wanted: Wanted,
    ) -> Result<Self, MeasureFault> {
        let absences = match wanted {
            Wanted::Everything => Some(lake.people(StatisticalTable::Absences, &ABSENCE_COLUMNS).await?),
            Wanted::Spells => None,
        };
        Ok(Self {
            observations: lake.people(StatisticalTable::Observations, &OBSERVATION_COLUMNS).await?,
            changes: lake.people(StatisticalTable::Changes, &CHANGE_COLUMNS).await?,
            absences,
            standing,
            moved: known.moved(),
            known,
            touched,
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
        if let Some(touched) = &self.touched {
            return self.some(range, touched);
        }
        let mut rows = RangeRows::new(range, self.observations.rows() / self.ranges().len() as u64);
        self.gather(&self.observations, range, &mut later.observations, |batch, who| rows.crowd.add(batch, who, self.order(batch)))?;
        self.gather(&self.changes, range, &mut later.changes, |batch, who| rows.changes.add(batch, who))?;
        if let Some(absences) = &self.absences {
            self.gather(absences, range, &mut later.absences, |batch, who| rows.absences.add(batch, who))?;
        }
        rows.sort();
        Ok(rows)
    }

    /// Those of a range who are to be gone through again, as who they finally are, wherever their rows lie.
    fn some(&self, range: PersonRange, touched: &Touched) -> Result<RangeRows, StoreFault> {
        let people = touched.within(range.bounds());
        let mut rows = RangeRows::new(range, 0);
        if people.is_empty() {
            return Ok(rows);
        }
        let pseudonyms = touched.pseudonyms(people);
        let is_asked = |who: &u64| people.binary_search(who).is_ok();
        let read = |table: &People, take: &mut Take<'_>| {
            table.read_people(&pseudonyms, ALL_FILES, |batch| {
                let (stands, finally) = (self.stands(&batch), self.finally(&batch));
                take(&batch, &|row| if stands(row) { finally(row).filter(is_asked) } else { None });
                Ok::<_, StoreFault>(())
            })
        };
        read(&self.observations, &mut |batch, who| rows.crowd.add(batch, who, self.order(batch)))?;
        read(&self.changes, &mut |batch, who| rows.changes.add(batch, who))?;
        if let Some(absences) = &self.absences {
            read(absences, &mut |batch, who| rows.absences.add(batch, who))?;
        }
        rows.sort();
        Ok(rows)
    }

    /// Those who had to wait, as who they finally are.
    pub(crate) fn later(&self, later: &Later) -> RangeRows {
        let observations = later.observations.iter().map(|batch| batch.num_rows() as u64).sum();
        let mut rows = RangeRows::new(PersonRange::ALL, observations);
        later.observations.iter().for_each(|batch| rows.crowd.add(batch, self.finally(batch), self.order(batch)));
        later.changes.iter().for_each(|batch| rows.changes.add(batch, self.finally(batch)));
        later.absences.iter().for_each(|batch| rows.absences.add(batch, self.finally(batch)));
        rows.sort();
        rows
    }

    /// Gives the batches of a range with who each row is of, when its declaration stands; who has to wait is put off.
    fn gather(
        &self,
        table: &People,
        range: PersonRange,
        later: &mut Vec<RecordBatch>,
        mut take: impl FnMut(&RecordBatch, &dyn Fn(usize) -> Option<u64>),
    ) -> Result<(), StoreFault> {
        table.read(range, |batch| {
            let people = Columns(&batch).longs("person");
            let stands = self.stands(&batch);
            if self.moved.is_empty() {
                take(&batch, &|row| stands(row).then(|| pseudonym(&people, row)));
                return Ok(());
            }
            let waits = |row: usize| self.moved.contains(&pseudonym(&people, row));
            take(&batch, &|row| (stands(row) && !waits(row)).then(|| pseudonym(&people, row)));
            put_off(&batch, |row| waits(row) && stands(row), later)
        })
    }

    /// Whether the declaration of a row stands.
    fn stands(&self, batch: &RecordBatch) -> impl Fn(usize) -> bool {
        let (declarations, parts) = (Columns(batch).longs("declaration"), Columns(batch).longs("part"));
        move |row| self.standing.holds(declarations.value(row), parts.value(row))
    }

    /// The place of a row's declaration among those that stand.
    fn order(&self, batch: &RecordBatch) -> impl Fn(usize) -> u32 {
        let (declarations, parts) = (Columns(batch).longs("declaration"), Columns(batch).longs("part"));
        move |row| self.standing.order(declarations.value(row), parts.value(row)).unwrap_or_default()
    }

    /// Who a row is finally of.
    fn finally(&self, batch: &RecordBatch) -> impl Fn(usize) -> Option<u64> {
        let (people, sirets) = (Columns(batch).longs("person"), code::<u64>(batch, "siret"));
        move |row| Some(self.known.who(pseudonym(&people, row), sirets.value(row).map_or(0, siren_of)))
    }

    /// Whether a person is gone through.
    pub(crate) fn is_asked(&self, person: Option<u64>) -> bool {
        self.touched.as_ref().is_none_or(|touched| person.is_some_and(|person| touched.holds(person)))
    }

    /// The people who are to be gone through, when it is not everybody.
    pub(crate) fn touched(&self) -> Option<&Touched> {
        self.touched.as_ref()
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
struct Pile<B> {
    batches: Vec<B>,
    order: Vec<Place>,
}

impl<B> Default for Pile<B> {
    fn default() -> Self {
        Self { batches: Vec::new(), order: Vec::new() }
    }
}

impl<B: Decoded> Pile<B> {
    /// Takes the rows of a batch of which `who` names the person.
    fn add(&mut self, batch: &RecordBatch, who: impl Fn(usize) -> Option<u64>) {
        let place = u32::try_from(self.batches.len()).unwrap_or(u32::MAX);
        self.order.extend(rows_of(batch).filter_map(|(number, row)| Some((who(row)?, place, number))));
        self.batches.push(B::of(batch));
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
pub(crate) struct RangeRows {
    pub(crate) crowd: Crowd,
    changes: Pile<ChangeColumns>,
    absences: Pile<AbsenceColumns>,
}

/// Where the reading of a range has come to.
#[derive(Default)]
pub(crate) struct Progress {
    changes: usize,
    absences: usize,
}

impl RangeRows {
    fn new(range: PersonRange, observations: u64) -> Self {
        Self { crowd: Crowd::new(range, observations), changes: Pile::default(), absences: Pile::default() }
    }

    fn sort(&mut self) {
        // Batches are sorted already: the sort finds their runs and merges them.
        self.changes.order.sort_by_key(|place| place.0);
        self.absences.order.sort_by_key(|place| place.0);
    }

    /// Puts the person of these rows of a bin together; people come in increasing order.
    pub(crate) fn person(&self, bin: usize, observed: &[seen::Place], progress: &mut Progress, person: &mut Person) -> (u64, Leaver) {
        let who = observed[0].0;
        person.clear();
        self.crowd.add_to(person, bin, observed);
        for (_, batch, row) in self.changes.of(who, &mut progress.changes) {
            self.changes.batches[*batch as usize].add_to(person, who, *row as usize);
        }
        for (_, batch, row) in self.absences.of(who, &mut progress.absences) {
            self.absences.batches[*batch as usize].add_to(person, who, *row as usize);
        }
        person.settle();
        (who, self.crowd.leaver(bin, observed))
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

    pub(crate) fn place(&mut self, text: &str) -> u32 {
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
pub(crate) struct Understood<V> {
    keys: Int32Array,
    values: Vec<Option<V>>,
}

impl<V: Copy> Understood<V> {
    pub(crate) fn of(batch: &RecordBatch, name: &str, understand: impl Fn(&str) -> Option<V>) -> Self {
        let texts = Columns(batch).repeated_texts(name);
        let values = texts.values().as_string::<i32>().iter().map(|text| understand(text?)).collect();
        Self { keys: texts.keys().clone(), values }
    }

    pub(crate) fn value(&self, row: usize) -> Option<V> {
        if self.keys.is_null(row) { None } else { self.values[usize::try_from(self.keys.value(row)).unwrap_or(usize::MAX)] }
    }
}

/// A code of the norm as a number; absent when it is none.
pub(crate) fn code<N: std::str::FromStr + Copy>(batch: &RecordBatch, name: &str) -> Understood<N> {
    Understood::of(batch, name, |text| text.parse().ok())
}

pub(crate) fn pseudonym(people: &Int64Array, row: usize) -> u64 {
    people.value(row).cast_unsigned()
}

pub(crate) fn day(days: &Date32Array, row: usize) -> Option<Day> {
    days.is_valid(row).then(|| Day(days.value(row)))
}

pub(crate) fn permille(column: &Int32Array, row: usize) -> Option<u16> {
    if column.is_null(row) { None } else { u16::try_from(column.value(row)).ok() }
}

/// A batch whose columns are understood.
trait Decoded {
    fn of(batch: &RecordBatch) -> Self;
}

/// What tells which contract, and when.
pub(crate) struct KeyColumns {
    pub(crate) siret: Understood<u64>,
    pub(crate) numero: StringArray,
    pub(crate) date_debut: Date32Array,
    pub(crate) months: Vec<Month>,
}

impl KeyColumns {
    pub(crate) fn of(batch: &RecordBatch) -> Self {
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
