//! `apres demo`: a synthetic territory, its DSN files read, its lists matched, and the site on top; nothing else to install.
//!
//! The second start finds the lake and serves at once. A start that was interrupted is taken up again: each step can be run twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use apres_ledger::{NewAccount, Organisation, OrganisationKind, Role, password};
use apres_measure::extent;
use apres_serve::DemoAccount;
use apres_store::datafusion::arrow::array::{Array, AsArray};
use apres_store::datafusion::arrow::compute::cast;
use apres_store::datafusion::arrow::datatypes::DataType;
use apres_synth::Plan;

use crate::desk::{self, deposit};
use crate::home::{Home, now, random};
use crate::progress::Progress;
use crate::{config, ingest, site, worker};

/// The password of every demonstration account: it protects nothing but made-up people.
const PASSWORD: &str = "demonstration";
/// What the lists of the demonstration are about: visitors who deposit the example choose a programme of their own.
const PROGRAMME: &str = apres_serve::desk::OTHER_PROGRAMME;
/// Written first: the folder is a demonstration's.
const BEGUN: &str = "demo-begun";
/// Written last: a lake that has it is complete.
const READY: &str = "demo-ready";
/// The list that visitors are given to try a deposit with: without numbers, as many are.
pub const EXAMPLE: &str = "entreprise_sans_nir.csv";
/// Rôle, address and organisation of the accounts, with the key of their French description.
const STRUCTURE_EMAIL: &str = "structure@demo.invalid";
const FINANCEUR_EMAIL: &str = "financeur@demo.invalid";
const ADMIN_EMAIL: &str = "admin@demo.invalid";

/// What the demonstration is made of.
#[derive(Debug, Clone)]
pub struct DemoPlan {
    /// People.
    pub people: u32,
    /// Months.
    pub months: u32,
    /// Seed.
    pub seed: u64,
}

/// Makes the demonstration when it is not made yet, and serves it.
///
/// # Errors
/// When a step fails or the address cannot be listened on.
pub async fn run(home: Home, plan: &DemoPlan, listen: &str) -> Result<()> {
    let (begun, ready) = (home.config.data.join(BEGUN), home.config.data.join(READY));
    if !begun.exists() && !ready.exists() {
        let is_in_use = extent(&home.statistical).await.context("looking at the lake")?.last_month != 0
            || !home.ledger.accounts().await.context("reading the accounts")?.is_empty();
        ensure!(!is_in_use, "{} is an installation in use: give the demonstration another folder with --data", home.config.data.display());
        std::fs::write(&begun, b"").context("noting that the demonstration begins")?;
    }
    if !ready.exists() {
        make(&home, plan).await?;
        std::fs::write(&ready, b"").context("noting that the demonstration is made")?;
    }
    let accounts = accounts(&home).await?;
    site::run(Arc::new(home), listen, accounts).await
}

/// Where the demonstration lives when no folder is given.
#[must_use]
pub fn default_data() -> PathBuf {
    let mut folder = config::default_data().into_os_string();
    folder.push("-demo");
    folder.into()
}

/// The list that visitors are given to try a deposit with.
#[must_use]
pub fn example(home: &Home) -> PathBuf {
    home.config.data.join("demo/lists").join(EXAMPLE)
}

/// Refuses to serve a demonstration as if it were an installation: the passwords of its accounts are public.
///
/// # Errors
/// When the folder is a demonstration's.
pub fn refuse_as_installation(home: &Home) -> Result<()> {
    let is_demo = [BEGUN, READY].iter().any(|mark| home.config.data.join(mark).exists());
    ensure!(!is_demo, "{} holds a demonstration: run `apres demo`, or give another folder with --data", home.config.data.display());
    Ok(())
}

async fn make(home: &Home, plan: &DemoPlan) -> Result<()> {
    let progress = Progress::shown();
    let out = home.config.data.join("demo");
    let step = progress.units("territory", 0);
    let synth = Plan::ending_2025(plan.people, plan.months, plan.seed);
    let folder = out.clone();
    let bar = step.clone();
    let made = tokio::task::spawn_blocking(move || apres_synth::generate(&synth, &folder, &mut |done, total| bar.of(done, total)));
    made.await.context("waiting for the territory")?.context("making the synthetic territory")?;
    step.done();
    ingest::run(home, &[out.join("dsn")], &progress).await?;
    let step = progress.step("lists");
    make_accounts(home).await?;
    deposit_lists(home, &out.join("lists")).await?;
    step.done();
    // The declarations are in the lake: the text is not needed any more.
    std::fs::remove_dir_all(out.join("dsn")).context("deleting the synthetic files")?;
    Ok(())
}

/// The structure with the most leavers, the département with the most leavers, and the operator.
async fn make_accounts(home: &Home) -> Result<()> {
    let siret = most(
        home,
        "SELECT siret FROM exits WHERE source = 'dsn' AND programme = 'iae' GROUP BY siret ORDER BY count(*) DESC, siret LIMIT 1",
    )
    .await?;
    let own = siret.as_ref().map(|siret| {
        format!("SELECT departement FROM exits WHERE siret = {siret} GROUP BY departement ORDER BY count(*) DESC, departement LIMIT 1")
    });
    let own_departement = match own {
        Some(sql) => most(home, &sql).await?,
        None => None,
    };
    let departement =
        most(home, "SELECT departement FROM exits WHERE source = 'dsn' AND programme = 'iae' GROUP BY departement ORDER BY count(*) DESC, departement LIMIT 1").await?;
    let texts: DemoTexts = toml::from_str(include_str!("../demo.toml")).context("reading the texts of the demonstration")?;
    let organisations = [
        (OrganisationKind::Structure, Role::Structure, STRUCTURE_EMAIL, &texts.structure, siret, own_departement),
        (OrganisationKind::Financeur, Role::Financeur, FINANCEUR_EMAIL, &texts.financeur, None, departement),
        (OrganisationKind::Operateur, Role::Admin, ADMIN_EMAIL, &texts.admin, None, None),
    ];
    for (kind, role, email, text, siret, departement) in organisations {
        let id = role.as_str().to_owned();
        let organisation = Organisation {
            id: id.clone(),
            name: text.organisation.clone(),
            kind,
            sirets: siret.into_iter().collect(),
            departements: departement.into_iter().collect(),
        };
        home.ledger.save_organisation(&organisation).await.context("making a demonstration organisation")?;
        let password_hash = password::hash(PASSWORD, &random()?, password::Cost::Full).context("hashing a password")?;
        let account = NewAccount {
            id: format!("demo-{id}"),
            email: email.to_owned(),
            display_name: text.name.clone(),
            role,
            organisation: id,
            password_hash,
        };
        home.ledger.create_account(&account, now()).await.context("making a demonstration account")?;
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct DemoTexts {
    structure: DemoText,
    financeur: DemoText,
    admin: DemoText,
}

#[derive(serde::Deserialize)]
struct DemoText {
    organisation: String,
    name: String,
    description: String,
}

async fn most(home: &Home, sql: &str) -> Result<Option<String>> {
    let context = home.statistical.context().await?;
    let batches = context.sql(sql).await.context("looking for a demonstration organisation")?.collect().await?;
    let Some(batch) = batches.first().filter(|batch| batch.num_rows() > 0) else { return Ok(None) };
    let column = cast(batch.column(0), &DataType::Utf8).context("reading a code")?;
    let column = column.as_string::<i32>();
    Ok(column.is_valid(0).then(|| column.value(0).to_owned()))
}

/// Deposits two of the synthetic lists, for the structure and for the financeur, and matches them.
async fn deposit_lists(home: &Home, lists: &Path) -> Result<()> {
    for (organisation, file) in [("structure", "chantier_nir.csv"), ("financeur", "departement.csv")] {
        if home.ledger.lists_of(organisation).await.context("reading the lists")?.iter().any(|list| list.name == file) {
            continue;
        }
        let bytes = std::fs::read(lists.join(file)).with_context(|| format!("reading the synthetic list {file}"))?;
        let account = format!("demo-{organisation}");
        if let Ok(id) = deposit(home, organisation, &account, file, bytes).await?
            && let Some(period) = desk::usual_period(home, &id, file)?
        {
            desk::confirm(home, &id, &desk::default_confirmation(), &desk::slot_of(PROGRAMME, period)).await?;
        }
    }
    while worker::once(home).await? {}
    Ok(())
}

/// The accounts as the sign-in page shows them.
async fn accounts(home: &Home) -> Result<Vec<DemoAccount>> {
    let texts: DemoTexts = toml::from_str(include_str!("../demo.toml")).context("reading the texts of the demonstration")?;
    let known = home.ledger.accounts().await.context("reading the accounts")?;
    let shown = [(STRUCTURE_EMAIL, texts.structure), (FINANCEUR_EMAIL, texts.financeur), (ADMIN_EMAIL, texts.admin)];
    let shown = shown.into_iter().filter(|(email, _)| known.iter().any(|account| account.email == *email));
    Ok(shown
        .map(|(email, text)| DemoAccount { email: email.to_owned(), password: PASSWORD.to_owned(), description: text.description })
        .collect())
}
