//! `make bench`: reading (tokenise, type and control) on one core beside a bare newline scan of the same bytes, on files of this crate's own making.
//!
//! It stands here because the reader must not know the generator. Figures are printed, never asserted: a benchmark that fails on a busy machine teaches
//! nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::time::{Duration, Instant};

use apres_ingest::dsn::{Arbre, EnTete, LieuTravail, Reader, Sink, Verdict};
use apres_synth::Plan;

/// What is read, in memory.
const BYTES_MAX: usize = 500_000_000;
/// People who make a little more than that in 36 months.
const PEOPLE: u32 = 6_500;
/// The reader and the scan take turns; the best of each is kept, which other programs on the machine disturb least.
const ROUNDS: usize = 7;
const CHUNK_BYTES: usize = 1 << 20;

/// Takes everything and keeps nothing.
struct Nothing;

impl Sink for Nothing {
    fn declaration_begin(&mut self, _: &EnTete) {}
    fn individu(&mut self, _: &EnTete, _: &Arbre) {}
    fn lieu(&mut self, _: &EnTete, _: &LieuTravail, _: &[u8]) {}
    fn declaration_end(&mut self, _: &EnTete, _: Verdict, _: u64) {}
    fn send_end(&mut self, _: Verdict) {}
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let plan = Plan::ending_2025(PEOPLE, 36, 1);
    apres_synth::generate(&plan, folder.path(), &mut |_, _| {}).expect("the files can be made");
    let text = whole(&folder.path().join("dsn"));
    drop(folder);

    let (mut read, mut scanned) = (Duration::MAX, Duration::MAX);
    let mut lines = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut reader = Reader::new();
        for chunk in text.chunks(CHUNK_BYTES) {
            reader.push(chunk, &mut Nothing);
        }
        lines = reader.finish(&mut Nothing).lines;
        read = read.min(began.elapsed());
        let began = Instant::now();
        let newlines = memchr::memchr_iter(b'\n', &text).count();
        scanned = scanned.min(began.elapsed());
        assert_eq!(lines, newlines as u64, "the reader and the scan see the same lines");
    }
    println!("read      {:>6.2} GB/s on one core: tokenised, typed, controlled; {} bytes, {lines} lines", rate(&text, read), text.len());
    println!(
        "newlines  {:>6.2} GB/s on one core: a bare scan, {:.1} times faster",
        rate(&text, scanned),
        rate(&text, scanned) / rate(&text, read)
    );
}

/// The files one after the other, as many as fit.
fn whole(folder: &Path) -> Vec<u8> {
    let mut folders = vec![folder.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder was just made") {
            let path = entry.expect("the folder was just made").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut text = Vec::new();
    for file in files {
        if text.len() < BYTES_MAX {
            text.append(&mut std::fs::read(file).expect("the file was just made"));
        }
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn rate(text: &[u8], elapsed: Duration) -> f64 {
    text.len() as f64 / 1e9 / elapsed.as_secs_f64()
}
