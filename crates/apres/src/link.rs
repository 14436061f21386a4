//! `apres link` with a reference: two CSV files in, pairs and a report out, without an installation.
//!
//! The matching is that of `apres-link`; files are opened and written here. Who runs it holds both files: nothing goes through the gate, and nothing of a person is logged.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, ensure};
use apres_link::Options;
use apres_link::csv::{ColumnMap, link};

/// What to match, and how.
#[derive(Debug, clap::Args)]
pub struct Files {
    /// Reference: the people to find the list's among (CSV). Without it, the list is only checked.
    #[arg(long, requires = "out")]
    pub reference: Option<PathBuf>,
    /// Where to write the pairs: `list_id,ref_id,score`.
    #[arg(long, requires = "reference")]
    pub out: Option<PathBuf>,
    /// Where to write the report, as JSON.
    #[arg(long, requires = "reference")]
    pub report: Option<PathBuf>,
    /// Columns that are not named as usual: `nom=surname,prenoms=given_name,other=suburb…`
    #[arg(long, requires = "reference", default_value = "")]
    pub map: String,
    /// Share of right pairs wanted among those accepted.
    #[arg(long, requires = "reference", default_value_t = 0.99)]
    pub target_precision: f64,
    /// Probability from which pairs are accepted, rather than the one that the target gives.
    #[arg(long, requires = "reference")]
    pub threshold: Option<f64>,
    /// Lets a person of the reference be several rows of the list.
    #[arg(long, requires = "reference")]
    pub several_rows: bool,
}

/// Matches a list with a reference.
///
/// # Errors
/// When a file cannot be read or written, or has no column to match on.
pub fn run(list: &Path, reference: &Path, pairs: &Path, files: &Files) -> Result<ExitCode> {
    let map = ColumnMap::parse(&files.map)
        .map_err(|part| anyhow!("--map: {part:?} is not ROLE=COLUMN; the roles are in docs/methods/linkage.md"))?;
    let is_share = |value: f64| (0.0..=1.0).contains(&value);
    ensure!(is_share(files.target_precision) && files.threshold.is_none_or(is_share), "a precision or a probability is between 0 and 1");
    let options = Options {
        is_exclusive: !files.several_rows,
        target_precision: files.target_precision,
        threshold: files.threshold,
        ..Options::default()
    };
    let open = |path: &Path| File::open(path).with_context(|| format!("opening {}", path.display()));
    let create = |path: &Path| File::create(path).with_context(|| format!("creating {}", path.display()));
    let mut out = BufWriter::new(create(pairs)?);
    let report = link(open(list)?, open(reference)?, &mut out, &map, &options)?;
    if let Some(path) = &files.report {
        let mut out = BufWriter::new(create(path)?);
        serde_json::to_writer_pretty(&mut out, &report)
            .and_then(|()| writeln!(out).map_err(serde_json::Error::io))
            .context("writing the report")?;
    }
    Ok(ExitCode::SUCCESS)
}
