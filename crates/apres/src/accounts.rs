//! `apres organisation`, `apres account` and `apres job`: what an operator sets up before others can sign in.
//!
//! A password is read from stdin, never from an argument: arguments are seen by every user of the machine and kept in histories.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use apres_ledger::password::{self, Cost};
use apres_ledger::{Account, JobState, NewAccount, Organisation, OrganisationKind, Role};
use clap::{Subcommand, ValueEnum};

use crate::home::{Home, now, random, random_id};

/// Fewer characters can be guessed.
const PASSWORD_CHARS_MIN: usize = 12;
/// Jobs that `apres job list` shows.
const JOBS_SHOWN: u32 = 50;

/// What can be done with organisations.
#[derive(Debug, Subcommand)]
pub enum OrganisationCommand {
    /// Adds an organisation, or replaces the one that has this identifier.
    Save {
        /// Identifier, such as `cd-59`.
        id: String,
        /// Name shown.
        #[arg(long)]
        name: String,
        /// What it does.
        #[arg(long)]
        kind: Kind,
        /// An establishment of its own (14 digits); may be given several times.
        #[arg(long)]
        siret: Vec<String>,
        /// A territory that it may see (01 … 95, 2A, 2B, 971 …); may be given several times.
        #[arg(long)]
        departement: Vec<String>,
    },
    /// Lists the organisations.
    List,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Adds an account; its password is read from stdin.
    Add {
        /// Address that signs in.
        email: String,
        /// Name shown.
        #[arg(long)]
        name: String,
        /// Organisation, made before with `apres organisation save`.
        #[arg(long)]
        organisation: String,
        /// For the review of uncertain pairs (`apres review`), and nothing else: the account sees nothing of the site.
        #[arg(long)]
        reviewer: bool,
    },
    /// Lists the accounts.
    List,
    /// Gives an account another password, read from stdin.
    Password {
        /// Its address.
        email: String,
    },
    /// Bars an account from signing in; its open sessions end.
    Disable {
        /// Its address.
        email: String,
    },
    /// Lets a barred account sign in again.
    Enable {
        /// Its address.
        email: String,
    },
}

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Lists the latest jobs.
    List,
    /// Queues a failed job again.
    Retry {
        /// Its identifier.
        id: String,
    },
}

/// The kinds of organisation, as they are written on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// Runs a programme.
    Structure,
    /// Funds or prescribes.
    Financeur,
    /// Runs this installation.
    Operateur,
}

impl Kind {
    fn stored(self) -> OrganisationKind {
        match self {
            Self::Structure => OrganisationKind::Structure,
            Self::Financeur => OrganisationKind::Financeur,
            Self::Operateur => OrganisationKind::Operateur,
        }
    }
}

/// What the accounts of an organisation may do.
fn role_of(kind: OrganisationKind) -> Role {
    match kind {
        OrganisationKind::Structure => Role::Structure,
        OrganisationKind::Financeur => Role::Financeur,
        OrganisationKind::Operateur => Role::Admin,
    }
}

/// `apres organisation`.
///
/// # Errors
/// When a code is malformed or the ledger does not answer.
pub async fn organisation(home: &Home, command: OrganisationCommand, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        OrganisationCommand::Save { id, name, kind, siret, departement } => {
            for siret in &siret {
                ensure!(
                    siret.len() == 14 && siret.bytes().all(|c| c.is_ascii_digit()),
                    "{siret} is not a SIRET: fourteen digits are expected"
                );
            }
            for code in &departement {
                let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|c| c.is_ascii_digit() || c == b'A' || c == b'B');
                ensure!(is_code, "{code} is not the code of a département: 01 to 95, 2A, 2B, 971 to 976 are expected");
            }
            match kind {
                Kind::Structure => ensure!(!siret.is_empty(), "a structure sees its own establishments: give at least one --siret"),
                Kind::Financeur => ensure!(!departement.is_empty(), "a financeur sees its territories: give at least one --departement"),
                Kind::Operateur => {}
            }
            let organisation = Organisation { id, name, kind: kind.stored(), sirets: siret, departements: departement };
            home.ledger.save_organisation(&organisation).await.context("saving the organisation")?;
            writeln!(out, "{}", organisation.id)?;
        }
        OrganisationCommand::List => {
            for own in home.ledger.organisations().await.context("reading the organisations")? {
                let seen = [own.sirets, own.departements].concat().join(" ");
                writeln!(out, "{}\t{}\t{}\t{seen}", own.id, own.kind.as_str(), own.name)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `apres account`.
///
/// # Errors
/// When the account or the organisation does not exist, the password is too short, or the ledger does not answer.
pub async fn account(home: &Home, command: AccountCommand, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        AccountCommand::Add { email, name, organisation, reviewer } => {
            let own = home.ledger.organisation(&organisation).await.context("reading the organisation")?;
            let own = own.with_context(|| format!("no organisation is called {organisation}: make it with `apres organisation save`"))?;
            let email = email.trim().to_lowercase();
            ensure!(email.contains('@'), "{email} is not an address");
            let password_hash = hash(read_password()?).await?;
            let is_operator = own.kind == OrganisationKind::Operateur;
            ensure!(
                !reviewer || is_operator,
                "{organisation} does not run this installation: reviewers are of the operator's organisation"
            );
            let role = if reviewer { Role::Relecteur } else { role_of(own.kind) };
            let account = NewAccount { id: random_id()?, email, display_name: name, role, organisation, password_hash };
            let is_new = home.ledger.create_account(&account, now()).await.context("making the account")?;
            ensure!(is_new, "{} has an account already: `apres account password` changes its password", account.email);
            writeln!(out, "{}\t{}", account.email, role.as_str())?;
        }
        AccountCommand::List => {
            for account in home.ledger.accounts().await.context("reading the accounts")? {
                let state = if account.is_disabled { "disabled" } else { "active" };
                writeln!(out, "{}\t{}\t{}\t{}\t{state}", account.email, account.role.as_str(), account.organisation, account.display_name)?;
            }
        }
        AccountCommand::Password { email } => {
            let account = by_email(home, &email).await?;
            let password_hash = hash(read_password()?).await?;
            home.ledger.change_password(&account.id, &password_hash).await.context("changing the password")?;
        }
        AccountCommand::Disable { email } => bar(home, &email, true).await?,
        AccountCommand::Enable { email } => bar(home, &email, false).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `apres job`.
///
/// # Errors
/// When the ledger does not answer.
pub async fn job(home: &Home, command: JobCommand, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        JobCommand::List => {
            for job in home.ledger.jobs(JOBS_SHOWN).await.context("reading the jobs")? {
                writeln!(out, "{}\t{}\t{}\t{}\t{}", job.id, job.kind, job.subject, job.state.as_str(), job.message)?;
            }
        }
        JobCommand::Retry { id } => {
            let job = home.ledger.job(&id).await.context("reading the job")?;
            let job = job.with_context(|| format!("no job {id}: `apres job list` prints the identifiers"))?;
            if job.state != JobState::Failed || !home.ledger.retry_job(&id, now()).await.context("queueing the job")? {
                tracing::warn!("job {id} has not failed: it is {}", job.state.as_str());
                return Ok(ExitCode::FAILURE);
            }
            home.ledger
                .move_list(&job.subject, apres_ledger::ListState::Failed, apres_ledger::ListState::UnderWay)
                .await
                .context("taking the list up again")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn bar(home: &Home, email: &str, is_disabled: bool) -> Result<()> {
    let account = by_email(home, email).await?;
    home.ledger.disable_account(&account.id, is_disabled).await.context("changing the account")?;
    Ok(())
}

async fn by_email(home: &Home, email: &str) -> Result<Account> {
    let email = email.trim().to_lowercase();
    let accounts = home.ledger.accounts().await.context("reading the accounts")?;
    let found = accounts.into_iter().find(|account| account.email == email);
    found.with_context(|| format!("{email} has no account: `apres account list` prints the addresses"))
}

/// The first line of stdin.
fn read_password() -> Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        tracing::info!("type the password, then Enter (it will be shown)");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("reading the password from stdin")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.chars().count() < PASSWORD_CHARS_MIN {
        bail!("the password has fewer than {PASSWORD_CHARS_MIN} characters: give a longer one on stdin");
    }
    Ok(password)
}

async fn hash(password: String) -> Result<String> {
    let salt = random()?;
    let hashed = tokio::task::spawn_blocking(move || password::hash(&password, &salt, Cost::Full)).await;
    hashed.context("waiting for the hash")?.context("hashing the password")
}
