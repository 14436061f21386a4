//! The plan of a synthetic France, and its making.
//!
//! Territories are made one by one, each on whichever thread is free; what they leave behind is put in files in their own order, so the bytes do
//! not depend on the threads. Memory holds a few territories at a time, whatever the size of the plan.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;

use serde::Serialize;

use crate::calendar::{Month, Quarter};
use crate::contract::Window;
use crate::dadeh;
use crate::dsn::changes::{CHANGES_HEADER, Changes};
use crate::dsn::{self, Cut, Written};
use crate::lists::{self, Identities};
use crate::people::{PEOPLE_MAX, Shares};
use crate::territory::{Recipe, Territory};
use crate::truth::tally::Tallies;
use crate::truth::{self, Truth};

/// What to make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Number of people.
    pub people: u32,
    /// Number of months declared.
    pub months: u32,
    /// Every draw comes from it.
    pub seed: u64,
    /// Year and month of the first declarations.
    pub first_month: (i32, u32),
    /// How many people go through each programme.
    pub shares: Shares,
    /// People who share employers; a plan is cut into territories of about this size.
    pub territory_people: u32,
    /// Declarations per file.
    pub sends_per_file: u32,
    /// Write blocks 41 at transfers; the true answers are the same without.
    pub has_change_blocks: bool,
    /// Contracts, people and establishments, out of a thousand, whose keys or terms change while a contract goes on.
    pub changes_permille: u32,
    /// Also write the relational base of the same people, under `dadeh/`.
    pub has_dadeh: bool,
    /// Threads to use; the bytes do not depend on it.
    pub threads: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            people: 40_000,
            months: 36,
            seed: 1,
            first_month: (2023, 1),
            shares: Shares::default(),
            territory_people: 8000,
            sends_per_file: 30,
            has_change_blocks: true,
            changes_permille: 0,
            has_dadeh: false,
            threads: 2,
        }
    }
}

impl Plan {
    /// A plan that ends with December 2025, or begins in January 2023 when it is longer than 36 months.
    #[must_use]
    pub fn ending_2025(people: u32, months: u32, seed: u64) -> Self {
        let last = Month::new(2025, 12);
        let first = last.plus(1 - i32::try_from(months.clamp(1, 36)).unwrap_or(36));
        let first_month = (first.year(), first.number().unsigned_abs());
        Self { people, months, seed, first_month, ..Self::default() }
    }

    pub(crate) fn window(&self) -> Window {
        let first = Month::new(self.first_month.0, self.first_month.1);
        Window { first, last: first.plus(i32::try_from(self.months).unwrap_or(1) - 1) }
    }

    fn cells(&self) -> u32 {
        self.people.div_ceil(self.territory_people.max(1)).max(1)
    }

    /// People are spread evenly over the territories.
    pub(crate) fn recipe(&self, cell: u32) -> Recipe {
        let bound = |cell: u32| u32::try_from(u64::from(self.people) * u64::from(cell) / u64::from(self.cells())).unwrap_or(u32::MAX);
        Recipe {
            seed: self.seed,
            cell,
            first_person: bound(cell),
            people: bound(cell + 1) - bound(cell),
            window: self.window(),
            shares: self.shares,
        }
    }

    fn check(&self) -> Result<(), SynthFault> {
        let (year, month) = self.first_month;
        if self.people < 100 || self.people > PEOPLE_MAX - 1000 {
            return Err(SynthFault::Plan("people must lie between 100 and 2252744"));
        }
        if self.changes_permille > 1000 {
            return Err(SynthFault::Plan("changes are counted out of a thousand"));
        }
        if self.months == 0 || self.months > 240 || !(2015..=2040).contains(&year) || !(1..=12).contains(&month) {
            return Err(SynthFault::Plan("months must lie between 1 and 240, from a month of 2015 to 2040"));
        }
        if self.territory_people < 100 {
            return Err(SynthFault::Plan("a territory needs at least 100 people"));
        }
        Ok(())
    }
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// People simulated.
    pub people: u64,
    /// Contracts seen in the window.
    pub contracts: u64,
    /// Exits from the programmes.
    pub exits: u64,
    /// DSN files written.
    pub files: u64,
    /// Declarations in them, tests and events included.
    pub declarations: u64,
    /// Bytes of DSN text.
    pub bytes: u64,
    /// Lists of participants written.
    pub lists: u64,
}

/// Why nothing could be made.
#[derive(Debug, thiserror::Error)]
pub enum SynthFault {
    /// The plan is out of bounds.
    #[error("the plan cannot be followed: {0}")]
    Plan(&'static str),
    /// A file could not be written.
    #[error("could not write under {path}")]
    Write {
        /// Folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A workbook could not be written.
    #[error("could not write the workbook {path}")]
    Workbook {
        /// The workbook.
        path: PathBuf,
        /// What the writer said.
        #[source]
        source: rust_xlsxwriter::XlsxError,
    },
}

impl SynthFault {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }
}

/// What a territory leaves behind.
struct Outcome {
    truth: Truth,
    dadeh: Option<dadeh::Base>,
    written: Written,
    identities: Vec<u64>,
    people: u64,
    contracts: u64,
}

enum Message {
    Step,
    Done(u32, Result<Box<Outcome>, SynthFault>),
}

/// Writes DSN files, lists and truth under `out`; `progress` is told how many territory-months are done, and of how many.
///
/// # Errors
/// When the plan is out of bounds or a file cannot be written.
pub fn generate(plan: &Plan, out: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Summary, SynthFault> {
    plan.check()?;
    let total = u64::from(plan.cells()) * u64::from(plan.months);
    progress(0, total);
    let mut collector = Collector::new(plan, out)?;
    let next = AtomicU32::new(0);
    let is_stopped = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            let sender = sender.clone();
            let (next, is_stopped) = (&next, &is_stopped);
            scope.spawn(move || work(plan, out, next, is_stopped, &sender));
        }
        drop(sender);
        let result = collect(&receiver, &mut collector, total, progress);
        is_stopped.store(true, Ordering::Relaxed);
        result
    })?;
    collector.finish(plan, out)
}

/// Makes territories until there is none left.
fn work(plan: &Plan, out: &Path, next: &AtomicU32, is_stopped: &AtomicBool, sender: &mpsc::Sender<Message>) {
    loop {
        let cell = next.fetch_add(1, Ordering::Relaxed);
        if cell >= plan.cells() || is_stopped.load(Ordering::Relaxed) {
            return;
        }
        let outcome = make_territory(plan, cell, out, &mut || {
            let _ = sender.send(Message::Step);
        });
        if sender.send(Message::Done(cell, outcome.map(Box::new))).is_err() {
            return;
        }
    }
}

fn make_territory(plan: &Plan, cell: u32, out: &Path, step: &mut dyn FnMut()) -> Result<Outcome, SynthFault> {
    let territory = Territory::new(&plan.recipe(cell));
    let cut = Cut { seed: plan.seed, sends_per_file: plan.sends_per_file, has_change_blocks: plan.has_change_blocks };
    let root = out.join("dsn");
    let changes = Changes::draw(&territory, plan.seed, plan.changes_permille);
    let written = dsn::write(&territory, &changes, &cut, &root, step).map_err(SynthFault::write(&root))?;
    Ok(Outcome {
        truth: truth::of(&territory, (plan.changes_permille > 0).then_some(&changes)),
        dadeh: plan.has_dadeh.then(|| relational(&territory)),
        written,
        identities: lists::identities(&territory),
        people: territory.people.len() as u64,
        contracts: territory.contracts.len() as u64,
    })
}

/// The relational base of a territory, cut in the same fractions as its declarations.
fn relational(territory: &Territory) -> dadeh::Base {
    let fractioned = dsn::fractioned(territory, &dsn::by_employer(territory));
    dadeh::of(territory, &|employer, person| if fractioned.contains(&employer) { (person % 2 + 1) * 10 + 2 } else { 11 })
}

/// Takes outcomes as they come and hands them on in the order of the territories.
fn collect(
    receiver: &mpsc::Receiver<Message>,
    collector: &mut Collector,
    total: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), SynthFault> {
    let mut done = 0;
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for message in receiver {
        match message {
            Message::Step => {
                done += 1;
                progress(done, total);
            }
            Message::Done(cell, outcome) => {
                waiting.insert(cell, outcome?);
                while let Some(outcome) = waiting.remove(&next) {
                    collector.take(*outcome)?;
                    next += 1;
                }
            }
        }
    }
    Ok(())
}

/// The truth files being written.
struct Collector {
    folder: PathBuf,
    careers: BufWriter<File>,
    exits: BufWriter<File>,
    people: BufWriter<File>,
    changes: Option<BufWriter<File>>,
    dadeh: Option<(PathBuf, dadeh::Files)>,
    tallies: Tallies,
    identities: Identities,
    summary: Summary,
}

impl Collector {
    fn new(plan: &Plan, out: &Path) -> Result<Self, SynthFault> {
        let folder = out.join("truth");
        std::fs::create_dir_all(&folder).map_err(SynthFault::write(&folder))?;
        let open = |name: &str, header: &str| -> Result<BufWriter<File>, SynthFault> {
            let path = folder.join(name);
            let mut file = BufWriter::new(File::create(&path).map_err(SynthFault::write(&path))?);
            file.write_all(header.as_bytes()).map_err(SynthFault::write(&path))?;
            Ok(file)
        };
        Ok(Self {
            careers: open("careers.csv", truth::CAREERS_HEADER)?,
            exits: open("exits.csv", truth::EXITS_HEADER)?,
            people: open("people.csv", truth::PEOPLE_HEADER)?,
            changes: if plan.changes_permille > 0 { Some(open("changes.csv", CHANGES_HEADER)?) } else { None },
            dadeh: if plan.has_dadeh { Some(open_dadeh(&out.join("dadeh"))?) } else { None },
            folder,
            tallies: Tallies::default(),
            identities: Identities::default(),
            summary: Summary::default(),
        })
    }

    fn take(&mut self, outcome: Outcome) -> Result<(), SynthFault> {
        let Outcome { truth, dadeh, written, identities, people, contracts } = outcome;
        for (file, text) in [(&mut self.careers, &truth.careers), (&mut self.exits, &truth.exits), (&mut self.people, &truth.people)] {
            file.write_all(text.as_bytes()).map_err(SynthFault::write(&self.folder))?;
        }
        if let Some(file) = &mut self.changes {
            file.write_all(truth.changes.as_bytes()).map_err(SynthFault::write(&self.folder))?;
        }
        if let (Some((folder, files)), Some(base)) = (&mut self.dadeh, &dadeh) {
            files.add(base).map_err(SynthFault::write(folder))?;
        }
        self.tallies.merge(truth.tallies);
        self.identities.add(&identities);
        self.summary.people += people;
        self.summary.contracts += contracts;
        self.summary.exits += truth.exit_count;
        self.summary.files += written.files;
        self.summary.declarations += written.declarations;
        self.summary.bytes += written.bytes;
        Ok(())
    }

    /// Lists come last: whether a name is shared is known once every territory has been seen.
    fn finish(mut self, plan: &Plan, out: &Path) -> Result<Summary, SynthFault> {
        for file in [&mut self.careers, &mut self.exits, &mut self.people].into_iter().chain(&mut self.changes) {
            file.flush().map_err(SynthFault::write(&self.folder))?;
        }
        if let Some((folder, files)) = &mut self.dadeh {
            files.finish().map_err(SynthFault::write(folder))?;
        }
        let territory = Territory::new(&plan.recipe(0));
        self.summary.lists = lists::write(&territory, plan.seed, &self.identities, out, &mut self.tallies)?;
        self.write_indicators(plan)?;
        let path = self.folder.join("summary.json");
        let text = serde_json::to_string_pretty(&self.summary).unwrap_or_default();
        std::fs::write(&path, text + "\n").map_err(SynthFault::write(&path))?;
        Ok(self.summary)
    }

    /// One cell a line, inside a JSON object.
    fn write_indicators(&self, plan: &Plan) -> Result<(), SynthFault> {
        let path = self.folder.join("indicators.json");
        let window = plan.window();
        let quarters: Vec<String> = (window.first.quarter().0..=window.last.quarter().0).map(|quarter| Quarter(quarter).name()).collect();
        let header = serde_json::json!({
            "seed": plan.seed, "people": plan.people, "first_month": window.first.name(), "last_month": window.last.name(), "quarters": quarters,
        });
        let mut text = format!("{{\"plan\": {header},\n\"cells\": [\n");
        for (place, cell) in self.tallies.cells().iter().enumerate() {
            text.push_str(if place == 0 { "" } else { ",\n" });
            text.push_str(&cell.to_string());
        }
        text.push_str("\n]}\n");
        std::fs::write(&path, text).map_err(SynthFault::write(&path))
    }
}

fn open_dadeh(folder: &Path) -> Result<(PathBuf, dadeh::Files), SynthFault> {
    let files = dadeh::Files::create(folder).map_err(SynthFault::write(folder))?;
    Ok((folder.to_owned(), files))
}
