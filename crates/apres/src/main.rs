//! `apres`: the command line, the configuration and the wiring of the rooms. No rule of the domain lives here.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use apres_ledger::password::Cost;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use apres::config::Config;
use apres::home::Home;
use apres::ingest;
use apres::progress::Progress;

/// What became of the people who left, from payroll declarations.
#[derive(Debug, Parser)]
#[command(name = "apres", version, about, max_term_width = 100)]
struct Cli {
    /// Folder that holds everything the installation owns.
    #[arg(long, env = "APRES_DATA", global = true)]
    data: Option<PathBuf>,
    /// Configuration file; `apres.toml` in the data folder by default.
    #[arg(long, env = "APRES_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes synthetic DSN files, lists and their truth.
    Synth {
        /// People.
        #[arg(long, default_value_t = 20_000)]
        people: u32,
        /// Months.
        #[arg(long, default_value_t = 36)]
        months: u32,
        /// Seed: the same seed gives the same bytes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Reads DSN files, folders, lots and archives (.zip, .gz) into the lake.
    Ingest {
        /// Files or folders.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Prints the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Builds spells, exits and panel anew from what the lake holds.
    Spells,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("APRES_LOG").unwrap_or_else(|_| EnvFilter::new("warn,apres=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).init();
    let outcome = tokio::runtime::Runtime::new().context("starting the runtime").and_then(|runtime| runtime.block_on(run(cli)));
    match outcome {
        Ok(code) => code,
        Err(fault) => {
            tracing::error!("{fault:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let config = Config::load(cli.data, cli.config.as_deref())?;
    match cli.command {
        Command::Synth { people, months, seed, out } => {
            let progress = Progress::shown();
            let plan = apres_synth::Plan::ending_2025(people, months, seed);
            let step = progress.units("synthetic France", 0);
            let summary = apres_synth::generate(&plan, &out, &mut |done, total| step.of(done, total)).context("making the synthetic territory")?;
            step.done();
            let mut stdout = std::io::stdout().lock();
            serde_json::to_writer_pretty(&mut stdout, &summary).context("writing the summary")?;
            writeln!(stdout)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Ingest { paths, json } => {
            let home = Home::open(config, Cost::Full).await?;
            let report = ingest::run(&home, &paths, &Progress::shown()).await?;
            let mut out = std::io::stdout().lock();
            if json {
                serde_json::to_writer_pretty(&mut out, &report).context("writing the report")?;
                writeln!(out)?;
            } else {
                ingest::print(&report, &mut out)?;
            }
            let is_anything_refused = report.sends_refused > 0 || report.declarations.values().any(|counted| counted.refused > 0);
            Ok(ExitCode::from(u8::from(is_anything_refused)))
        }
        Command::Spells => {
            let home = Home::open(config, Cost::Full).await?;
            let built = ingest::build(&home, &Progress::shown()).await?;
            writeln!(std::io::stdout(), "{} contracts, {} exits (lake version {})", built.spells, built.exits, built.lake_version)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
