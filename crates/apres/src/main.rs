//! `apres`: the command line, the configuration and the wiring of the rooms. No rule of the domain lives here.

use std::io::{BufReader, IsTerminal, Write, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use apres_ledger::password::Cost;
use apres_protect::Period;
use apres_protect::memory::PeriodKind;
use apres_serve::Coded;
use chrono::NaiveDate;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use apres::accounts::{self, AccountCommand, JobCommand, OrganisationCommand};
use apres::commands::{IngestSource, ListAbout};
use apres::config::Config;
use apres::demo::{self, DemoPlan};
use apres::home::{self, Home, today};
use apres::keys::Purpose;
use apres::progress::Progress;
use apres::{commands, doctor, encoded, link, logs, mesureimpact, opposition, purge, review, rotation, site, source, vintage, worker};

/// Ingest and careers make and drop columns on every core: this allocator is faster at it, and gives more back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXIT_CODES: &str =
    "Exit codes: 0 done; 1 refused (a correct answer that says what to do instead); 2 a fault, ours, the machine's or of what was typed.";

/// What became of the people who left, from payroll declarations.
#[derive(Debug, Parser)]
#[command(name = "apres", version, about, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    /// Folder that holds everything the installation owns; by default `apres` in the platform's data folder (`~/.local/share/apres` on Linux).
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
        /// Writes the relational base of the same people too, under `dadeh/`.
        #[arg(long)]
        dadeh: bool,
    },
    /// Reads DSN files, folders, lots and archives (.zip, .gz), or a DADEH base, into the lake.
    Ingest {
        /// Files or folders; the address of a base with `--source dadeh`.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// What is read.
        #[arg(long, value_enum, default_value_t)]
        source: IngestSource,
        /// Only checks: prints each anomaly with its code, line and rubrique, and writes nothing. Files only.
        #[arg(long, conflicts_with = "source")]
        check: bool,
        /// Prints the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the controls that a DSN goes through, with their messages.
    Controls {
        /// Prints the list as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows what is missing, refused or unusual in the declarations, by month and by ingest.
    Quality {
        /// Only this month, written AAAA-MM.
        #[arg(long, value_parser = month)]
        month: Option<apres_protect::Month>,
        /// Prints it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Builds spells, exits and panel anew from what the lake holds.
    Spells {
        /// Writes the table `spells` alone, as Parquet, to this folder, and leaves the lake as it is.
        #[arg(long, value_name = "FOLDER")]
        only_to: Option<PathBuf>,
    },
    /// A list of participants, from its check to its report.
    #[command(subcommand)]
    List(ListCommand),
    /// Reads and checks a list without keeping anything; with a reference, finds who in the list is whom in it: both clear (CSV), or the list encoded.
    Link {
        /// List (CSV, xlsx, ods; CSV only with a reference), or an encoded one.
        #[arg(long)]
        list: PathBuf,
        /// Key of the encoded list, for a clear reference.
        #[arg(long, requires = "reference")]
        key: Option<PathBuf>,
        #[command(flatten)]
        files: link::Files,
    },
    /// Encodes a list whose names may not be sent; only codes leave.
    Encode {
        /// List (CSV, xlsx, ods).
        #[arg(long, required_unless_present = "new_key", requires_all = ["key", "out"])]
        list: Option<PathBuf>,
        /// Key shared with who links.
        #[arg(long)]
        key: Option<PathBuf>,
        /// Where the codes are written.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Draws a key and writes it there, instead of encoding.
        #[arg(long, conflicts_with_all = ["list", "key", "out"])]
        new_key: Option<PathBuf>,
    },
    /// The call file of the GIP-MDS (MESUREIMPACT), and the workbooks that come back.
    #[command(subcommand)]
    Mesureimpact(mesureimpact::Command),
    /// Asks a question written in TOML or JSON; `-` reads it from stdin.
    ///
    /// For example: indicators = ["B-01"], population = { programme = "iae" }, period = { from = "2024T1", to = "2024T4" }, scope = "national", each on its line. All keys: docs/guide/questions.md
    Ask {
        /// File of the request.
        request: PathBuf,
        /// Prints the release as CSV rather than JSON.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// Prints the release as JSON (the default).
        #[arg(long)]
        json: bool,
    },
    /// Recomputes a recorded release and compares.
    Explain {
        /// Its identifier.
        release: String,
    },
    /// Organisations: whose accounts see which establishments and territories.
    #[command(subcommand)]
    Organisation(OrganisationCommand),
    /// Accounts: who may sign in.
    #[command(subcommand)]
    Account(AccountCommand),
    /// The jobs of the site.
    #[command(subcommand)]
    Job(JobCommand),
    /// Serves the pages, with the worker inside.
    Serve {
        /// Address.
        #[arg(long, env = "APRES_LISTEN", default_value = "127.0.0.1:8600")]
        listen: String,
    },
    /// Serves the review of uncertain pairs, to this machine alone.
    Review {
        /// Address of this machine.
        #[arg(long, default_value = "127.0.0.1:8610")]
        listen: String,
    },
    /// Does the jobs that the site queues.
    Worker,
    /// A synthetic territory with its dashboard, nothing else to install.
    Demo {
        /// Address.
        #[arg(long, env = "APRES_LISTEN", default_value = "127.0.0.1:8600")]
        listen: String,
        /// People.
        #[arg(long, default_value_t = 12_000)]
        people: u32,
        /// Months.
        #[arg(long, default_value_t = 36)]
        months: u32,
        /// Seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Takes what is older than `[retention]` says, and the past versions that still hold it.
    Purge {
        /// The day to count from; today by default.
        #[arg(long)]
        today: Option<NaiveDate>,
        /// Counts, and takes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Who objects: a NIR, or surname;first names;YYYY-MM-DD, is read from stdin.
    #[command(subcommand)]
    Opposition(OppositionCommand),
    /// The version of the data that answers read, until the next civil quarter.
    #[command(subcommand)]
    Vintage(VintageCommand),
    /// The keys of the installation.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Checks a live installation and says what to fix.
    Doctor,
}

#[derive(Debug, Subcommand)]
enum OppositionCommand {
    /// Records an opposition and takes the person out of the lake.
    Add,
    /// Lists the oppositions, as keyed hashes.
    List,
    /// Strikes an opposition off.
    Remove,
}

#[derive(Debug, Subcommand)]
enum VintageCommand {
    /// Lists the vintages, the one in force first.
    List,
    /// Freezes the next vintage; once in a civil quarter.
    Freeze,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Lists the keys and their versions; no key is printed.
    List,
    /// Makes the next version of a key, brings everything under it, and deletes the older one.
    Rotate {
        /// Which.
        purpose: Purpose,
    },
}

#[derive(Debug, Subcommand)]
enum ListCommand {
    /// Deposits a list, checks it and matches it.
    Add {
        /// List (CSV, xlsx, ods).
        file: PathBuf,
        /// Organisation that deposits it.
        #[arg(long)]
        organisation: String,
        /// Programme that its people left, as a code of the catalogue, or `autre`.
        #[arg(long, default_value = apres_serve::desk::OTHER_PROGRAMME)]
        programme: String,
        /// Why the list is searched: `evaluation`, `dialogue_de_gestion` or `certification`.
        #[arg(long, value_parser = coded::<apres_serve::desk::Purpose>)]
        purpose: apres_serve::desk::Purpose,
        /// On which ground (article 6 of the GDPR): `public_interest`, `legal_obligation` or `legitimate_interest`.
        #[arg(long, value_parser = coded::<apres_serve::desk::LegalBasis>)]
        legal_basis: apres_serve::desk::LegalBasis,
        /// Quarters of exit: a civil quarter, year or two years, written 2024T1-2024T4; what fits the file by default.
        #[arg(long, value_parser = period)]
        period: Option<Period>,
    },
    /// Shows the lists of an organisation.
    Show {
        /// Organisation.
        #[arg(long)]
        organisation: String,
    },
    /// Prints the protected report of a list.
    Report {
        /// Identifier of the list.
        id: String,
    },
    /// Erases a list and prints the receipt.
    Erase {
        /// Identifier of the list.
        id: String,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let asked = EnvFilter::try_from_env("APRES_LOG").ok();
    logs::subscriber(asked, std::io::stderr, std::io::stderr().is_terminal()).init();
    let outcome = tokio::runtime::Runtime::new().context("starting the runtime").and_then(|runtime| runtime.block_on(run(cli)));
    match outcome {
        Ok(code) => code,
        // Whoever reads stopped reading (`| head`).
        Err(fault) if is_broken_pipe(&fault) => ExitCode::SUCCESS,
        Err(fault) => {
            tracing::error!("{fault:#}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(fault: &anyhow::Error) -> bool {
    let is_it = |cause: &(dyn std::error::Error + 'static)| {
        let of_json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind).or(of_json) == Some(std::io::ErrorKind::BrokenPipe)
    };
    fault.chain().any(is_it)
}

/// Whether a command makes the installation when there is none; the others have nothing to say of an empty one.
fn makes_an_installation(command: &Command) -> bool {
    matches!(
        command,
        Command::Ingest { .. }
            | Command::Serve { .. }
            | Command::Worker
            | Command::Demo { .. }
            | Command::Organisation(_)
            | Command::Account(_)
            | Command::Opposition(OppositionCommand::Add)
    )
}

/// Commands that open no installation; nothing for the others.
fn without_an_installation(command: &Command, out: &mut impl Write) -> Result<Option<ExitCode>> {
    let ended = match command {
        Command::Synth { people, months, seed, out: folder, dadeh } => {
            let plan = apres_synth::Plan { has_dadeh: *dadeh, ..apres_synth::Plan::ending_2025(*people, *months, *seed) };
            synth(&plan, folder, out)
        }
        Command::Mesureimpact(command) => mesureimpact::run(command, today(), out),
        Command::Ingest { paths, check: true, json, .. } => commands::check(paths, *json, out),
        Command::Controls { json } => commands::controls(*json, out),
        Command::Link { list, key, files } => match (&files.reference, &files.out) {
            (Some(reference), Some(pairs)) if encoded::is_encoded(list)? => {
                let (key, report, threshold) = (key.as_deref(), files.report.as_deref(), files.threshold.unwrap_or(encoded::THRESHOLD));
                encoded::link(&encoded::EncodedLink { list, reference, key, out: pairs, report, threshold })
            }
            (Some(reference), Some(pairs)) => link::run(list, reference, pairs, files),
            _ => commands::link(list, out),
        },
        Command::Encode { new_key: Some(path), .. } => encoded::new_key(path, out),
        Command::Encode { list: Some(list), key: Some(key), out: codes, .. } => {
            encoded::encode(list, key, codes.as_deref().context("say where the codes are written: --out FILE")?, out)
        }
        _ => return Ok(None),
    };
    ended.map(Some)
}

async fn run(cli: Cli) -> Result<ExitCode> {
    // The demonstration has a folder of its own: its accounts are public and its people made up.
    let data = cli.data.or_else(|| matches!(cli.command, Command::Demo { .. }).then(demo::default_data));
    let config = Config::load(data, cli.config.as_deref())?;
    let mut out = std::io::stdout();
    if let Some(ended) = without_an_installation(&cli.command, &mut out)? {
        return Ok(ended);
    }
    if let Command::Ingest { paths, source: IngestSource::Dsn, .. } = &cli.command {
        source::find(paths)?;
    }
    let is_made = config.data.join("lake").exists();
    if !is_made && makes_an_installation(&cli.command) {
        tracing::info!("a new installation is made in {}", config.data.display());
    }
    ensure!(
        is_made || makes_an_installation(&cli.command),
        "no installation in {}: give its folder with --data, or make one with `apres ingest FOLDER`",
        config.data.display()
    );
    let home = Home::open(config, Cost::Full).await?;
    match cli.command {
        Command::Synth { .. } | Command::Mesureimpact(_) | Command::Controls { .. } | Command::Link { .. } | Command::Encode { .. } => {
            unreachable!("answered above, without opening an installation")
        }
        Command::Ingest { paths, source, check: _, json } => commands::ingest(&home, &paths, source, json, &mut out).await,
        Command::Quality { month, json } => commands::quality(&home, month, json, &mut out).await,
        Command::Spells { only_to } => commands::spells(&home, only_to.as_deref(), &mut out).await,
        Command::List(ListCommand::Add { file, organisation, programme, purpose, legal_basis, period }) => {
            let about = ListAbout { programme, period, purpose, legal_basis };
            commands::list_add(&home, &file, &organisation, &about, &mut out).await
        }
        Command::Vintage(VintageCommand::List) => vintage::list(&home, &mut out).await,
        Command::Vintage(VintageCommand::Freeze) => vintage::freeze_command(&home, &mut out).await,
        Command::List(ListCommand::Show { organisation }) => commands::list_show(&home, &organisation, &mut out).await,
        Command::List(ListCommand::Report { id }) => commands::list_report(&home, &id, &mut out).await,
        Command::List(ListCommand::Erase { id }) => commands::list_erase(&home, &id, &mut out).await,
        Command::Ask { request, csv, json: _ } => commands::ask(&home, &request, csv, &mut out).await,
        Command::Explain { release } => commands::explain(&home, &release, &mut out).await,
        Command::Organisation(command) => accounts::organisation(&home, command, &mut out).await,
        Command::Account(command) => accounts::account(&home, command, &mut out).await,
        Command::Job(command) => accounts::job(&home, command, &mut out).await,
        Command::Serve { listen } => {
            demo::refuse_as_installation(&home)?;
            site::run(Arc::new(home), &listen, Vec::new()).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Review { listen } => review::run(Arc::new(home), &listen).await.map(|()| ExitCode::SUCCESS),
        Command::Worker => {
            worker::run(Arc::new(home)).await;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo { listen, people, months, seed } => {
            demo::run(home, &DemoPlan { people, months, seed }, &listen).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Purge { today, dry_run } => purge::command(&home, today.unwrap_or_else(home::today), dry_run, &mut out).await,
        Command::Opposition(OppositionCommand::Add) => opposition::add(&home, &mut BufReader::new(stdin()), today(), &mut out).await,
        Command::Opposition(OppositionCommand::List) => opposition::list(&home, &mut out).await,
        Command::Opposition(OppositionCommand::Remove) => opposition::remove(&home, &mut BufReader::new(stdin()), &mut out).await,
        Command::Keys(KeysCommand::List) => rotation::list(&home, &mut out),
        Command::Keys(KeysCommand::Rotate { purpose }) => Box::pin(rotation::rotate(&home, purpose, &mut out)).await,
        Command::Doctor => Ok(ExitCode::from(u8::from(!doctor::run(&home, &mut out).await?))),
    }
}

fn period(text: &str) -> Result<Period, String> {
    let quarters = text.split_once('-').and_then(|(from, to)| Some(Period { from: from.parse().ok()?, to: to.parse().ok()? }));
    let closed = quarters.filter(|period| PeriodKind::of(*period).is_some());
    closed.ok_or_else(|| "a period is a civil quarter, year or two years, written such as 2024T1-2024T4".to_owned())
}

/// The value of a code of a closed list, or else the codes that there are.
fn coded<T: Coded>(text: &str) -> Result<T, String> {
    let codes: Vec<&str> = T::ALL.iter().map(|value| value.code()).collect();
    T::of_code(text).ok_or_else(|| format!("expected one of: {}", codes.join(", ")))
}

fn month(text: &str) -> Result<apres_protect::Month, String> {
    apres::quality::month_of(text).ok_or_else(|| "a month is written AAAA-MM, such as 2024-08".to_owned())
}

fn synth(plan: &apres_synth::Plan, folder: &Path, out: &mut impl Write) -> Result<ExitCode> {
    ensure!(
        !folder.join("dsn").exists(),
        "{} holds a territory already, and two would be mixed: give another folder with --out, or delete this one",
        folder.display()
    );
    let step = Progress::shown().units("territory", 0);
    let summary = apres_synth::generate(plan, folder, &mut |done, total| step.of(done, total)).context("making the synthetic territory")?;
    step.done();
    serde_json::to_writer_pretty(&mut *out, &summary).context("writing the summary")?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}
