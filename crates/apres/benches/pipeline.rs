//! `make bench`: tokenise and type beside a bare newline scan, and DSN files to lake with its peak memory, on synthetic files of the machine's own making.
//!
//! Figures are printed, never asserted: a benchmark that fails on a busy machine teaches nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use apres::config::{Config, Settings};
use apres::home::Home;
use apres::progress::Progress;
use apres::{ingest, source};
use apres_ingest::dsn::{Arbre, EnTete, LieuTravail, Reader, Sink, Verdict};
use apres_ledger::password::Cost;
use apres_synth::Plan;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes tokenised in memory.
const TOKENISED_BYTES_MAX: usize = 500_000_000;
const ROUNDS: usize = 5;
/// People of the synthetic files: about 1 GB.
const PEOPLE: u32 = 12_000;

/// Takes everything and keeps nothing.
struct Nothing;

impl Sink for Nothing {
    fn declaration_begin(&mut self, _: &EnTete) {}
    fn individu(&mut self, _: &EnTete, _: &Arbre) {}
    fn lieu(&mut self, _: &EnTete, _: &LieuTravail, _: &[u8]) {}
    fn declaration_end(&mut self, _: &EnTete, _: Verdict, _: u64) {}
    fn send_end(&mut self, _: Verdict) {}
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("making a folder")?;
    let files = folder.path().join("synth");
    let plan = Plan::ending_2025(PEOPLE, 36, 1);
    let began = Instant::now();
    let summary = apres_synth::generate(&plan, &files, &mut |_, _| {}).context("making the files")?;
    println!("synthetic files   {:>8.1} MB, {} files, {:.1} s", megabytes(summary.bytes), summary.files, began.elapsed().as_secs_f64());
    lake(&files.join("dsn"), &folder.path().join("data"), summary.bytes)?;
    tokenise(&files.join("dsn"))
}

fn lake(files: &Path, data: &Path, bytes: u64) -> Result<()> {
    // Linux: the high-water mark starts again from here.
    std::fs::write("/proc/self/clear_refs", "5").ok();
    let before = peak_mebibytes();
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let config = Config { data: data.to_path_buf(), settings: Settings::default() };
    let (read, built, report) = runtime.block_on(async {
        let home = Home::open(config, Cost::ForTests).await?;
        let began = Instant::now();
        let sources = source::find(&[files.to_path_buf()])?;
        let (report, read) = ingest::read_only(&home, sources, &Progress::hidden()).await.map(|report| (report, began.elapsed()))?;
        let began = Instant::now();
        ingest::build(&home, &Progress::hidden()).await?;
        Ok::<_, anyhow::Error>((read, began.elapsed(), report))
    })?;
    println!(
        "DSN -> lake       {:>8.0} MB/s on {} threads (pseudonymised, Parquet, committed)",
        megabytes(bytes) / read.as_secs_f64(),
        threads()
    );
    println!("careers           {:>8.2} M contract-months/s", millions(report.observations) / built.as_secs_f64());
    println!("peak memory       {:>8.0} MiB while reading and building ({before:.0} MiB before)", peak_mebibytes());
    Ok(())
}

fn tokenise(files: &Path) -> Result<()> {
    let mut text = Vec::new();
    for file in source::find(&[files.to_path_buf()])? {
        let mut bytes = Vec::new();
        std::fs::File::open(&file.path).context("opening a file")?.read_to_end(&mut bytes).context("reading a file")?;
        text.append(&mut bytes);
        if text.len() > TOKENISED_BYTES_MAX {
            break;
        }
    }
    let (mut typed, mut scanned) = (Duration::MAX, Duration::MAX);
    let mut lines = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut reader = Reader::new();
        for chunk in text.chunks(1 << 20) {
            reader.push(chunk, &mut Nothing);
        }
        lines = reader.finish(&mut Nothing).lines;
        typed = typed.min(began.elapsed());
        let began = Instant::now();
        let newlines = memchr::memchr_iter(b'\n', &text).count();
        scanned = scanned.min(began.elapsed());
        assert_eq!(lines, newlines as u64, "the reader and the scan see the same lines");
    }
    let rate = |elapsed: Duration| megabytes(text.len() as u64) / 1000.0 / elapsed.as_secs_f64();
    println!("tokenise + type   {:>8.2} GB/s on one core ({lines} lines)", rate(typed));
    println!("newline scan      {:>8.2} GB/s on one core, {:.1} times faster", rate(scanned), rate(scanned) / rate(typed));
    Ok(())
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn millions(count: u64) -> f64 {
    count as f64 / 1e6
}

/// The process's high-water mark, as Linux tells it; 0 elsewhere.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: f64 = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or_default();
    kibibytes / 1024.0
}
