//! `apres mesureimpact`: the call file of the GIP-MDS written and checked, its workbooks read. No installation is needed.
//!
//! A call file holds NIRs: it is written readable by its owner only, and only when the check would let it go.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use apres_ingest::list;
use apres_ingest::mesureimpact::{self, Code, Level, Lint, Returned};
use chrono::{Datelike, NaiveDate};
use clap::Subcommand;

const REFUSED: u8 = 1;

/// What can be done with a call file and with what comes back.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes the call file of a list (CSV, xlsx, ods).
    Write {
        /// List with a NIR, an exit date, a SIRET, a type of structure and an employment zone (ZE2020) on each row.
        #[arg(long)]
        list: PathBuf,
        /// Where to write; in a folder, the file takes the name that its header tells.
        #[arg(long)]
        out: PathBuf,
        /// Day of sending (aaaa-mm-jj); today by default.
        #[arg(long)]
        sent: Option<NaiveDate>,
        /// A day of the month of reference (aaaa-mm-jj); the month of sending by default.
        #[arg(long)]
        month: Option<NaiveDate>,
    },
    /// Checks a call file line by line.
    Lint {
        /// Call file.
        file: PathBuf,
        /// Prints the findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Reads returned workbooks into one figure per row.
    Read {
        /// Workbooks (xlsx).
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Prints JSON.
        #[arg(long, conflicts_with = "csv")]
        json: bool,
        /// Prints CSV (the default).
        #[arg(long)]
        csv: bool,
    },
}

/// Runs one of the commands; `today` is the civil day.
///
/// # Errors
/// When a file cannot be read or written.
pub fn run(command: &Command, today: NaiveDate, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        Command::Write { list, out: to, sent, month } => {
            let sent = sent.unwrap_or(today);
            write(list, to, sent, first_of_month(month.unwrap_or(sent)), today, out)
        }
        Command::Lint { file, json } => lint(file, *json, out),
        Command::Read { files, json, csv: _ } => read(files, *json, out),
    }
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn write(from: &Path, to: &Path, sent: NaiveDate, month: NaiveDate, today: NaiveDate, out: &mut impl Write) -> Result<ExitCode> {
    let bytes = std::fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    let sheet = list::read(&bytes, &name_of(from)).with_context(|| format!("reading the list {}", from.display()))?;
    let checked = list::check(&sheet, &list::guess(&sheet), today);
    let mut made = mesureimpact::call_file(&sheet, &checked, sent, month);
    let path = if to.is_dir() { to.join(&made.file.header.file_name) } else { to.to_path_buf() };
    made.file.header.file_name = name_of(&path);
    let text = made.file.write();
    let found = mesureimpact::lint(text.as_bytes(), &name_of(&path));
    let left = made.left;
    let counts = [
        ("people", made.file.lines.len() as u64),
        ("neutral", left.neutral),
        ("without_nir", left.without_nir),
        ("without_exit", left.without_exit),
        ("not_called", left.not_called),
        ("without_place", left.without_place),
        ("too_few", left.too_few),
    ];
    for (name, count) in counts {
        writeln!(out, "{name}\t{count}")?;
    }
    if made.file.lines.is_empty() || found.is_blocked() {
        print_findings(&found, out)?;
        tracing::warn!(
            "nothing was written: {}",
            if made.file.lines.is_empty() { "no one can be called" } else { "the check stops the file" }
        );
        return Ok(ExitCode::from(REFUSED));
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(&path).with_context(|| format!("writing {}: it must not exist yet", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn lint(file: &Path, is_json: bool, out: &mut impl Write) -> Result<ExitCode> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let found = mesureimpact::lint(&bytes, &name_of(file));
    if is_json {
        let findings: Vec<_> = found.findings.iter().map(|finding| finding_json(finding.line, finding.code)).collect();
        let report = serde_json::json!({
            "people": found.people, "blocked": found.is_blocked(), "findings": findings, "cohorts_under": found.cohorts_under,
        });
        serde_json::to_writer_pretty(&mut *out, &report).context("writing the findings")?;
        writeln!(out)?;
    } else {
        print_findings(&found, out)?;
    }
    Ok(ExitCode::from(if found.is_blocked() { REFUSED } else { 0 }))
}

fn finding_json(line: u64, code: Code) -> serde_json::Value {
    serde_json::json!({
        "line": line, "code": code.as_str(), "level": code.level(), "message": code.message(), "remedy": code.remedy(),
    })
}

fn print_findings(found: &Lint, out: &mut impl Write) -> Result<()> {
    for finding in &found.findings {
        let code = finding.code;
        let level = if code.level() == Level::Bloquant { "bloquant" } else { "avertissement" };
        writeln!(out, "{}\t{}\t{level}\t{}\t{}", finding.line, code.as_str(), code.message(), code.remedy())?;
    }
    for under in &found.cohorts_under {
        writeln!(out, "{}\tC01\tcohorte\t{}", under.first_line, under.cohort)?;
    }
    Ok(())
}

fn read(files: &[PathBuf], is_json: bool, out: &mut impl Write) -> Result<ExitCode> {
    let mut read = Vec::new();
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        match mesureimpact::read_returned(&bytes) {
            Ok(returned) => {
                if !returned.remarks.is_empty() {
                    tracing::warn!("{}: {} cells are hidden or odd; --json lists them", file.display(), returned.remarks.len());
                }
                read.push((name_of(file), returned));
            }
            Err(fault) => {
                tracing::warn!("{}: {fault}", file.display());
                code = ExitCode::from(REFUSED);
            }
        }
    }
    if read.is_empty() {
        bail!("none of the files is a returned workbook");
    }
    if is_json {
        let all: Vec<_> = read.iter().map(|(file, returned)| serde_json::json!({ "file": file, "workbook": returned })).collect();
        serde_json::to_writer_pretty(&mut *out, &all).context("writing the figures")?;
        writeln!(out)?;
    } else {
        write_csv(&read, out)?;
    }
    Ok(code)
}

/// One figure per row; a hidden one is written as hidden.
fn write_csv(read: &[(String, Returned)], out: &mut impl Write) -> Result<()> {
    let mut csv = csv::WriterBuilder::new().delimiter(b';').from_writer(out);
    csv.write_record(["classeur", "sortie", "delai_mois", "axe_1", "valeur_1", "axe_2", "valeur_2", "mesure", "valeur", "statut"])?;
    for (_, returned) in read {
        let [first, second] = returned.axes.map(word);
        let classeur = word(returned.classeur);
        for figure in &returned.figures {
            let [one, two] = &figure.valeurs;
            let valeur = figure.valeur.map(|valeur| valeur.to_string()).unwrap_or_default();
            let statut = if figure.valeur.is_some() { "donnee" } else { "masquee" };
            let (delai, mesure) = (figure.delai_mois.to_string(), word(figure.mesure));
            csv.write_record([&classeur, &figure.sortie, &delai, &first, one, &second, two, &mesure, &valeur, statut])?;
        }
    }
    csv.flush().context("writing the figures")
}

/// The word under which a value is serialised.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
