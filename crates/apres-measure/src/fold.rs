//! Range after range of people, from what was declared to spells, months, exits and panel, on every core.
//!
//! Threads share nothing but what they read. Each writes the spells and the months that it finds to files of its own; exits and the panel, which are few, go
//! to the one who commits. Nothing is visible before that commit.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use apres_store::datafusion::arrow::array::RecordBatch;
use apres_store::{Part, Parts, PersonRange, StoreFault, Written};
use tokio::sync::mpsc;

use crate::build::ListExits;
use crate::calendar::Month;
use crate::contract::Spell;
use crate::exits::{Exit, ProgrammeRule, find_exits};
use crate::output;
use crate::panel::{Career, HORIZONS, Leaver, PanelRow, place};
use crate::read::{Declared, Later, Person, Progress, RangeRows, Wanted};
use crate::spells::{Careers, MonthRow, careers_of};

/// Rows gathered before they are written: a row group of the months.
const ROWS_BEFORE_WRITE: usize = 16_000;
/// Rows of a row group of the spells, about: when those of a person change, so much is written again.
const SPELLS_OF_GROUP: usize = 8_000;

/// What every thread reads.
pub(crate) struct Shared {
    pub(crate) rules: Vec<ProgrammeRule>,
    pub(crate) last_month: Month,
    pub(crate) lists: ListExits,
    pub(crate) on_lists: HashMap<u64, Vec<usize>>,
    pub(crate) declared: Declared,
    pub(crate) ranges: Vec<PersonRange>,
    pub(crate) turns: Turns,
    pub(crate) wanted: Wanted,
}

/// Who does which range.
#[derive(Default)]
pub(crate) struct Turns {
    next: AtomicUsize,
    is_over: AtomicBool,
}

impl Turns {
    fn take(&self) -> usize {
        if self.is_over.load(Ordering::Relaxed) { usize::MAX } else { self.next.fetch_add(1, Ordering::Relaxed) }
    }

    /// Nobody begins another range: one failed.
    fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// What goes to the one who commits.
pub(crate) enum Found {
    /// People gone through.
    People(u64),
    /// Rows of the table `exits`.
    Exits(RecordBatch),
    /// Rows of the table `panel`.
    Panel(RecordBatch),
}

/// What a thread has done.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) spells: Vec<Written>,
    pub(crate) months: Vec<Written>,
    pub(crate) later: Later,
    /// Exits of lists that have their rows of the panel.
    pub(crate) placed: Vec<usize>,
    /// People gone through.
    pub(crate) people: u64,
}

impl Done {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.spells.append(&mut other.spells);
        self.months.append(&mut other.months);
        self.later.append(other.later);
        self.placed.append(&mut other.placed);
        self.people += other.people;
    }
}

/// The files of one table, one after the other.
struct Files {
    parts: Parts,
    open: Option<Part>,
    written: Vec<Written>,
    group_rows: usize,
    rows: usize,
}

impl Files {
    fn new(parts: Parts, group_rows: usize) -> Self {
        Self { parts, open: None, written: Vec::new(), group_rows, rows: 0 }
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreFault> {
        let mut part = match self.open.take() {
            Some(part) => part,
            None => self.parts.next()?,
        };
        part.write(batch)?;
        self.rows += batch.num_rows();
        if self.rows >= self.group_rows {
            part.cut()?;
            self.rows = 0;
        }
        if part.is_full() {
            self.written.extend(part.finish()?);
        } else {
            self.open = Some(part);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Written>, StoreFault> {
        if let Some(part) = self.open.take() {
            self.written.extend(part.finish()?);
        }
        Ok(self.written)
    }
}

/// One thread's work.
pub(crate) struct Worker<'s> {
    shared: &'s Shared,
    sender: mpsc::Sender<Found>,
    rows: Rows<'s>,
    spells: Files,
    months: Files,
    done: Done,
}

/// Rows that wait to be written. Numbers and user establishments of contracts are places in the names.
#[derive(Default)]
struct Rows<'s> {
    numeros: Vec<String>,
    utilisateurs: Vec<String>,
    spells: Vec<Spell>,
    months: Vec<MonthRow>,
    exits: Vec<(Exit<'s>, Leaver)>,
    panel: BTreeMap<&'s str, Vec<PanelRow<'s>>>,
    people: u64,
}

impl<'s> Worker<'s> {
    pub(crate) fn new(shared: &'s Shared, sender: mpsc::Sender<Found>, spells: Parts, months: Parts) -> Self {
        let (spells, months) = (Files::new(spells, SPELLS_OF_GROUP), Files::new(months, ROWS_BEFORE_WRITE));
        Self { shared, sender, rows: Rows::default(), spells, months, done: Done::default() }
    }

    /// Does ranges until none is left.
    pub(crate) fn run(mut self) -> Result<Done, StoreFault> {
        while let Some(range) = self.shared.ranges.get(self.shared.turns.take()) {
            let folded = self.shared.declared.range(*range, &mut self.done.later).and_then(|rows| self.fold(&rows));
            if let Err(fault) = folded {
                self.shared.turns.end();
                return Err(fault);
            }
        }
        self.finish()
    }

    /// Does those who had to wait for every range.
    pub(crate) fn run_later(mut self, later: &Later) -> Result<Done, StoreFault> {
        let rows = self.shared.declared.later(later);
        self.fold(&rows)?;
        self.finish()
    }

    fn fold(&mut self, rows: &RangeRows) -> Result<(), StoreFault> {
        let (mut progress, mut person) = (Progress::default(), Person::default());
        for bin in 0..rows.crowd.bins() {
            let places = rows.crowd.sorted(bin);
            for observed in places.chunk_by(|left, right| left.0 == right.0) {
                let (who, leaver) = rows.person(bin, observed, &mut progress, &mut person);
                let careers = careers_of(&mut person.observations, &person.changes, &person.absences, self.shared.last_month);
                if self.shared.wanted == Wanted::Everything {
                    self.place(who, leaver, &careers);
                }
                self.keep(careers, &mut person);
                if self.rows.months.len() > ROWS_BEFORE_WRITE || self.rows.spells.len() > SPELLS_OF_GROUP {
                    self.write()?;
                }
            }
        }
        Ok(())
    }

    /// The exits of a person, found and given by lists, on the calendar.
    fn place(&mut self, who: u64, leaver: Leaver, careers: &Careers) {
        let (shared, rows) = (self.shared, &mut self.rows);
        rows.people += 1;
        let mut exits = Vec::new();
        find_exits(&careers.spells, &shared.rules, shared.last_month, &mut exits);
        let on_lists = shared.on_lists.get(&who).map_or(&[][..], Vec::as_slice);
        if exits.is_empty() && on_lists.is_empty() {
            return;
        }
        let career = Career::new(&careers.spells, &careers.months);
        for exit in exits {
            place(&exit, &leaver, &career, shared.last_month, &HORIZONS, rows.panel.entry("dsn").or_default());
            rows.exits.push((exit, leaver));
        }
        for &index in on_lists {
            let exit = &shared.lists.all[index];
            exit.place(&career, shared.last_month, rows.panel.entry(&exit.source).or_default());
            self.done.placed.push(index);
        }
    }

    /// Takes the careers of a person, with the names that go with them.
    fn keep(&mut self, careers: Careers, person: &mut Person) {
        let rows = &mut self.rows;
        let numeros = u32::try_from(rows.numeros.len()).unwrap_or(u32::MAX);
        let utilisateurs = rows.utilisateurs.len() as u64;
        rows.numeros.append(&mut person.numeros.all);
        rows.utilisateurs.append(&mut person.utilisateurs.all);
        rows.spells.extend(careers.spells.into_iter().map(|mut spell| {
            spell.contract.numero += numeros;
            let user = &mut spell.terms.etablissement_utilisateur;
            *user = user.map(|place| place + utilisateurs);
            spell
        }));
        if self.shared.wanted == Wanted::Everything {
            rows.months.extend(careers.months.into_iter().map(|mut row| {
                row.contract.numero += numeros;
                row
            }));
        }
    }

    fn write(&mut self) -> Result<(), StoreFault> {
        let rows = std::mem::take(&mut self.rows);
        self.done.people += rows.people;
        if !rows.spells.is_empty() {
            self.spells.write(&output::spells_batch(&rows.spells, &rows.numeros, &rows.utilisateurs))?;
        }
        if !rows.months.is_empty() {
            self.months.write(&output::months_batch(&rows.months, &rows.numeros))?;
        }
        // Who commits may be gone after a fault: it is the one that is told.
        let _ = self.sender.blocking_send(Found::People(rows.people));
        if !rows.exits.is_empty() {
            let _ = self.sender.blocking_send(Found::Exits(output::exits_batch(&rows.exits)));
        }
        for (source, panel) in rows.panel {
            let _ = self.sender.blocking_send(Found::Panel(output::panel_batch(source, &panel)));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Done, StoreFault> {
        self.write()?;
        self.done.spells = self.spells.finish()?;
        self.done.months = self.months.finish()?;
        Ok(self.done)
    }
}
