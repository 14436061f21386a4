//! `apres ingest`: files into the lake, in parallel by file, then the careers.
//!
//! Each worker reads one file at a time and hands batches of rows to the writer through a short queue: memory is bounded by the number of workers, not by
//! the files. Whatever happens before the last commit leaves the lake as it was.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use apres_ingest::dsn::{Reader, Remark, Report, Tally};
use apres_measure::{Built, is_behind};
use apres_store::opposition;
use apres_store::{Batcher, IngestOutcome, IngestWriter, Known, Pseudonymiser, Rows};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::home::{Home, now, random, random_id, today};
use crate::lists;
use crate::progress::Progress;
use crate::source::{self, Opened, Source};

/// Batches that may wait for the writer.
const BATCHES_WAITING_MAX: usize = 2;
/// How often it is told how much was read, at least.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Remarks listed in a report.
const REMARKS_LISTED_MAX: usize = 200;

/// What an ingest did.
#[derive(Debug, Clone, Serialize)]
pub struct IngestReport {
    /// Files and archive members read as DSN.
    pub files: u64,
    /// Files that are not DSN, by name.
    pub not_dsn: Vec<String>,
    /// Files and archives that could not be read to their end; what stands before the damage was read.
    pub unreadable: Vec<Unreadable>,
    /// Bytes read, once inflated.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// Lots recognised.
    pub lots: u64,
    /// Sends accepted.
    pub sends: u64,
    /// Sends refused whole.
    pub sends_refused: u64,
    /// Test sends ignored.
    pub sends_test: u64,
    /// Declarations by nature: accepted and refused.
    pub declarations: BTreeMap<String, Counted>,
    /// Monthly declarations by main month and type.
    pub monthly: Vec<MonthlyCount>,
    /// Monthly declarations without individuals.
    pub neant: u64,
    /// Individuals in accepted declarations.
    pub individus: u64,
    /// Contracts in accepted declarations.
    pub contrats: u64,
    /// Declarations that the lake held already.
    pub already_known: u64,
    /// What was added.
    pub added: IngestOutcome,
    /// Spells, exits and panel rows after the build; absent when nothing was new.
    pub built: Option<BuiltReport>,
    /// Remarks counted by code and rubrique.
    pub remark_counts: Vec<RemarkCount>,
    /// The first remarks.
    pub remarks: Vec<ListedRemark>,
}

/// A file that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unreadable {
    /// Which file.
    pub file: String,
    /// What stood in the way.
    pub reason: String,
}

impl Unreadable {
    pub(crate) fn of(source: &Source, fault: &anyhow::Error) -> Self {
        Self { file: source.path.display().to_string(), reason: format!("{fault:#}") }
    }
}

/// Declarations of a nature.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Counted {
    /// Accepted.
    pub accepted: u64,
    /// Refused whole.
    pub refused: u64,
}

/// Monthly declarations of a main month and a type.
#[derive(Debug, Clone, Serialize)]
pub struct MonthlyCount {
    /// `2024-08`; empty when it could not be read.
    pub month: String,
    /// S20.G00.05.002.
    pub kind: String,
    /// Accepted.
    pub accepted: u64,
    /// Refused whole.
    pub refused: u64,
}

/// What the build gave.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BuiltReport {
    /// Contracts.
    pub spells: u64,
    /// Exits.
    pub exits: u64,
    /// Version of the lake that answers read.
    pub lake_version: u64,
    /// How many people were gone through again; absent when everybody was.
    pub people: Option<u64>,
}

/// How often a remark was made.
#[derive(Debug, Clone, Serialize)]
pub struct RemarkCount {
    /// Code.
    pub code: String,
    /// Whether it refuses the declaration or the send.
    pub blocking: bool,
    /// Rubrique, when there is one.
    pub rubrique: Option<String>,
    /// How often.
    pub count: u64,
}

/// A remark and where it was made.
#[derive(Debug, Clone, Serialize)]
pub struct ListedRemark {
    /// File or archive member.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Code.
    pub code: String,
    /// Rubrique, when there is one.
    pub rubrique: Option<String>,
    /// What may be shown of the value, when there is one.
    pub value: Option<String>,
    /// What is wrong and what to do.
    pub message: &'static str,
}

/// What the workers gathered.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) report: Report,
    files: u64,
    not_dsn: Vec<String>,
    unreadable: Vec<Unreadable>,
    pub(crate) already_known: u64,
    remarks: Vec<(String, Remark)>,
    /// Counts that no declaration's line can bear, by code.
    pub(crate) set_aside: Vec<(&'static str, u64)>,
}

/// Reads these paths into the lake and brings spells, exits and panel up to date.
///
/// # Errors
/// When a path cannot be read or the lake cannot be written; then nothing was added.
pub async fn run(home: &Home, paths: &[PathBuf], progress: &Progress) -> Result<IngestReport> {
    let sources = source::find(paths)?;
    recorded(home, read_and_build(home, sources, progress)).await
}

/// Notes an ingest in the ledger, whatever becomes of it.
pub(crate) async fn recorded(home: &Home, reading: impl Future<Output = Result<IngestReport>> + Send) -> Result<IngestReport> {
    let _writing = home.writing().await?;
    let id = random_id()?;
    home.ledger.start_ingest(&id, now()).await.context("recording the ingest")?;
    match Box::pin(reading).await {
        Ok(report) => {
            let json = serde_json::to_string(&report).context("writing the ingest's report")?;
            home.ledger.finish_ingest(&id, report.added.lake_version, &json, now()).await.context("recording the ingest")?;
            Ok(report)
        }
        Err(fault) => {
            let json = serde_json::json!({ "fault": format!("{fault:#}") }).to_string();
            home.ledger.fail_ingest(&id, &json, now()).await.context("recording the ingest")?;
            Err(fault)
        }
    }
}

async fn read_and_build(home: &Home, sources: Vec<Source>, progress: &Progress) -> Result<IngestReport> {
    let (gathered, added) = Box::pin(read(home, sources, progress)).await?;
    built(home, gathered, added, progress).await
}

/// Brings the careers up to date, and says all that was done.
pub(crate) async fn built(home: &Home, gathered: Gathered, added: IngestOutcome, progress: &Progress) -> Result<IngestReport> {
    let built = catch_up(home, progress).await?;
    Ok(report(gathered, added, built))
}

/// Takes out who objects, and brings the careers up to date when they are behind. Not only when something was added: someone may have objected, and an earlier ingest
/// or purge may have been killed before its careers were built.
///
/// # Errors
/// When the lake cannot be read or written.
pub(crate) async fn catch_up(home: &Home, progress: &Progress) -> Result<Option<Built>> {
    withdraw(home).await?;
    let is_behind = is_behind(&home.statistical).await.context("looking at the careers")?;
    if is_behind { careers(home, progress, false).await.map(Some) } else { Ok(None) }
}

async fn withdraw(home: &Home) -> Result<()> {
    opposition::withdraw(&home.statistical, &home.identifying, &home.opposed, today()).await.context("taking out who objects")?;
    Ok(())
}

/// Reads these sources into the lake without building the careers, for the benchmark.
///
/// # Errors
/// When a source cannot be read or the lake cannot be written.
pub async fn read_only(home: &Home, sources: Vec<Source>, progress: &Progress) -> Result<IngestOutcome> {
    Ok(Box::pin(read(home, sources, progress)).await?.1)
}

/// Builds spells, exits and panel anew.
///
/// # Errors
/// When the lake cannot be read or written.
pub async fn build(home: &Home, progress: &Progress) -> Result<Built> {
    withdraw(home).await?;
    careers(home, progress, true).await
}

async fn careers(home: &Home, progress: &Progress, is_anew: bool) -> Result<Built> {
    let step = progress.step("careers");
    let (lake, rules) = (&home.statistical, &home.rules);
    let built = if is_anew {
        Box::pin(apres_measure::build(lake, rules, |people| step.at(people))).await
    } else {
        Box::pin(apres_measure::update(lake, rules, |people| step.at(people))).await
    };
    let built = built.context("building the careers")?;
    step.done();
    // A list erased while its exits were being placed would come back with the panel.
    lists::sweep(home).await?;
    Ok(built)
}

async fn read(home: &Home, sources: Vec<Source>, progress: &Progress) -> Result<(Gathered, IngestOutcome)> {
    let known = Arc::new(IngestWriter::known(&home.statistical, &home.identifying).await.context("reading what the lake holds")?);
    let mut writer = IngestWriter::open(&home.statistical, &home.identifying).await.context("opening the lake for writing")?;
    let total = sources.iter().map(|source| source.bytes).sum();
    let step = progress.bytes("reading", total);
    let shared = Arc::new(Shared {
        sources,
        next: AtomicUsize::new(0),
        bytes: AtomicU64::new(0),
        known,
        pseudonymiser: home.pseudonymiser.clone(),
        next_part: AtomicU64::new(first_part()?),
        gathered: Mutex::new(Gathered::default()),
    });
    let (send, mut receive) = mpsc::channel::<Rows>(BATCHES_WAITING_MAX);
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(shared.sources.len().max(1));
    let mut handles = Vec::new();
    for _ in 0..workers {
        let (shared, send) = (Arc::clone(&shared), send.clone());
        handles.push(tokio::task::spawn_blocking(move || work(&shared, &send)));
    }
    drop(send);
    let mut failed = None;
    loop {
        // Rows may be long in coming from files that were read before: what was read is told all the same.
        let received = tokio::time::timeout(TELL_EVERY, receive.recv()).await;
        step.at(shared.bytes.load(Ordering::Relaxed).min(total));
        match received {
            Err(_) => {}
            Ok(None) => break,
            Ok(Some(rows)) => {
                if let Err(fault) = writer.write(rows).await {
                    failed = Some(fault);
                    break;
                }
            }
        }
    }
    drop(receive);
    for handle in handles {
        let outcome = handle.await.context("waiting for a reader")?;
        if failed.is_none() {
            outcome?;
        }
    }
    if let Some(fault) = failed {
        return Err(fault).context("writing to the lake");
    }
    let added = Box::pin(writer.commit()).await.context("committing the ingest")?;
    step.done();
    let shared = Arc::into_inner(shared).context("a reader is still running")?;
    Ok((shared.gathered.into_inner().unwrap_or_else(PoisonError::into_inner), added))
}

struct Shared {
    sources: Vec<Source>,
    next: AtomicUsize,
    bytes: AtomicU64,
    known: Arc<Known>,
    pseudonymiser: Pseudonymiser,
    next_part: AtomicU64,
    gathered: Mutex<Gathered>,
}

/// Parts are numbered from a random place: two ingests never share one.
pub(crate) fn first_part() -> Result<u64> {
    Ok(u64::from_le_bytes(random()?) >> 2)
}

/// One worker: takes the next file until there is none.
fn work(shared: &Shared, send: &mpsc::Sender<Rows>) -> Result<()> {
    loop {
        let place = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(source) = shared.sources.get(place) else { return Ok(()) };
        let count = |bytes| {
            shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        };
        let faults = source::read(source, &count, |name, reader| {
            let part = shared.next_part.fetch_add(1, Ordering::Relaxed);
            read_member(shared, send, name, part, reader)
        });
        if send.is_closed() {
            return Err(anyhow!("the lake's writer stopped"));
        }
        for fault in faults {
            let unreadable = Unreadable::of(source, &fault);
            tracing::warn!("{}: {}", unreadable.file, unreadable.reason);
            shared.gathered.lock().unwrap_or_else(PoisonError::into_inner).unreadable.push(unreadable);
        }
    }
}

/// One file or archive member. When it cannot be read to its end, the sends before the damage stand and the one that it cuts is refused.
fn read_member(shared: &Shared, send: &mpsc::Sender<Rows>, name: &str, part: u64, input: &mut dyn std::io::Read) -> Result<()> {
    let mut is_closed = send.is_closed();
    if is_closed {
        return Err(anyhow!("the lake's writer stopped"));
    }
    let hand_over = |rows: Rows| is_closed |= send.blocking_send(rows).is_err();
    let mut batcher = Batcher::new(Arc::clone(&shared.known), shared.pseudonymiser.clone(), part, hand_over);
    let mut reader = Reader::new();
    let opened = source::chunks(input, |chunk| reader.push(chunk, &mut batcher)).with_context(|| format!("reading {name}"));
    let report = reader.finish(&mut batcher);
    let already_known = batcher.finish();
    if is_closed {
        return Err(anyhow!("the lake's writer stopped"));
    }
    let mut gathered = shared.gathered.lock().unwrap_or_else(PoisonError::into_inner);
    if !report.remarks.is_empty() {
        gathered.remarks.extend(report.remarks.iter().map(|remark| (name.to_owned(), *remark)));
        // The same ones whichever file was read first.
        gathered.remarks.sort_by(|left, right| (&left.0, left.1.line).cmp(&(&right.0, right.1.line)));
        gathered.remarks.truncate(REMARKS_LISTED_MAX);
    }
    gathered.report.absorb(&report);
    gathered.already_known += already_known;
    match opened? {
        Opened::Dsn => gathered.files += 1,
        Opened::NotDsn => gathered.not_dsn.push(name.to_owned()),
    }
    Ok(())
}

fn report(mut gathered: Gathered, added: IngestOutcome, built: Option<Built>) -> IngestReport {
    gathered.not_dsn.sort();
    gathered.unreadable.sort();
    let read = gathered.report;
    let remark_counts = read.remark_counts.iter().map(|((code, rubrique), count)| RemarkCount {
        code: code_text(*code),
        blocking: code.is_blocking(),
        rubrique: rubrique.map(|rubrique| rubrique.to_string()),
        count: *count,
    });
    let set_aside = gathered.set_aside.iter().filter(|(_, count)| *count > 0).map(|(code, count)| RemarkCount {
        code: (*code).to_owned(),
        blocking: false,
        rubrique: None,
        count: *count,
    });
    let remarks = gathered.remarks.into_iter().map(|(file, remark)| ListedRemark {
        file,
        line: remark.line,
        code: code_text(remark.code),
        rubrique: remark.rubrique.map(|rubrique| rubrique.to_string()),
        value: remark.value.map(|value| value.to_string()),
        message: &remark.code.row().message,
    });
    IngestReport {
        files: gathered.files,
        not_dsn: gathered.not_dsn,
        unreadable: gathered.unreadable,
        bytes: read.bytes,
        lines: read.lines,
        lots: read.lots,
        sends: read.sends,
        sends_refused: read.sends_refused,
        sends_test: read.sends_test,
        declarations: read
            .declarations
            .iter()
            .map(|(nature, t)| (nature.clone(), Counted { accepted: t.accepted, refused: t.refused }))
            .collect(),
        monthly: read.monthly.iter().map(|((month, kind), tally)| monthly(*month, kind, *tally)).collect(),
        neant: read.neant,
        individus: read.individus,
        contrats: read.contrats,
        already_known: gathered.already_known,
        added,
        built: built.map(|built| BuiltReport {
            spells: built.spells,
            exits: built.exits,
            lake_version: built.lake_version,
            people: built.people,
        }),
        remark_counts: remark_counts.chain(set_aside).collect(),
        remarks: remarks.collect(),
    }
}

fn monthly(month: i32, kind: &str, tally: Tally) -> MonthlyCount {
    let month = if month > 0 { apres_protect::Month(month).to_string() } else { String::new() };
    MonthlyCount { month, kind: kind.to_owned(), accepted: tally.accepted, refused: tally.refused }
}

fn code_text(code: apres_ingest::dsn::RemarkCode) -> String {
    code.row().code.clone()
}

/// The report as text, for people.
pub fn print(report: &IngestReport, out: &mut impl std::io::Write) -> std::io::Result<()> {
    let declarations: u64 = report.declarations.values().map(|counted| counted.accepted).sum();
    let refused: u64 = report.declarations.values().map(|counted| counted.refused).sum();
    writeln!(out, "files            {:>12}   ({} not DSN, {} lots)", report.files, report.not_dsn.len(), report.lots)?;
    writeln!(out, "sends            {:>12}   ({} refused, {} test)", report.sends, report.sends_refused, report.sends_test)?;
    writeln!(
        out,
        "declarations     {declarations:>12}   ({refused} refused, {} without individuals, {} already known)",
        report.neant, report.already_known
    )?;
    for (nature, counted) in &report.declarations {
        writeln!(out, "  nature {nature}      {:>12}   ({} refused)", counted.accepted, counted.refused)?;
    }
    writeln!(out, "individuals      {:>12}", report.individus)?;
    writeln!(out, "contracts        {:>12}", report.contrats)?;
    writeln!(out, "added            {:>12}   declarations, {} contract-months", report.added.declarations, report.added.observations)?;
    if let Some(built) = report.built {
        writeln!(out, "careers          {:>12}   contracts, {} exits (lake version {})", built.spells, built.exits, built.lake_version)?;
    }
    for remark in &report.remark_counts {
        let kind = if remark.blocking { "refusing" } else { "remark" };
        writeln!(out, "{kind:<10} {:<24} {:<16} {:>8}", remark.code, remark.rubrique.as_deref().unwrap_or(""), remark.count)?;
    }
    for unreadable in &report.unreadable {
        writeln!(out, "not read to its end: {}", unreadable.reason)?;
    }
    for name in report.not_dsn.iter().take(10) {
        writeln!(out, "not a DSN: {name}")?;
    }
    Ok(())
}
