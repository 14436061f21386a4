//! An installation: its keys, its two zones and its ledger, made at first use under the data folder.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use apres_ledger::{Ledger, password::Cost};
use apres_measure::{ProgrammeRule, programme_rules};
use apres_protect::Catalogue;
use apres_store::{Identifying, Key, Pseudonymiser, Statistical, Zone};

use crate::config::Config;

/// Everything that a command works with.
pub struct Home {
    /// The configuration in force.
    pub config: Config,
    /// Pseudonyms and counts.
    pub statistical: Statistical,
    /// Identities.
    pub identifying: Identifying,
    /// Turns a NIR into a pseudonym.
    pub pseudonymiser: Pseudonymiser,
    /// Accounts, lists, releases, jobs.
    pub ledger: Ledger,
    /// Definitions.
    pub catalogue: Catalogue,
    /// Programmes as rules.
    pub rules: Vec<ProgrammeRule>,
}

impl Home {
    /// Opens the installation, making what is missing.
    ///
    /// # Errors
    /// When the data folder, a key, the lake or the ledger cannot be opened.
    pub async fn open(config: Config, cost: Cost) -> Result<Self> {
        let data = &config.data;
        std::fs::create_dir_all(data).with_context(|| format!("making the data folder {}", data.display()))?;
        let key = key(&data.join("keys").join("identifying.key"))?;
        let lake = data.join("lake");
        let statistical = Zone::open(&lake).await.context("opening the statistical zone")?;
        let identifying = Zone::open(&lake).await.context("opening the identifying zone")?;
        let ledger = match &config.settings.ledger {
            Some(address) => Ledger::open(address, cost).await,
            None => Ledger::open_file(&data.join("ledger.sqlite"), cost).await,
        };
        let ledger = ledger.context("opening the ledger")?;
        let catalogue = Catalogue::embedded();
        let rules = programme_rules(&catalogue);
        Ok(Self { pseudonymiser: Pseudonymiser::new(key), config, statistical, identifying, ledger, catalogue, rules })
    }
}

/// Seconds since 1970-01-01: the only place where the clock is read, with [`today`].
#[expect(clippy::disallowed_methods, reason = "the clock enters here and is passed as an argument from here on")]
pub fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

/// The civil day of [`now`], in UTC.
pub fn today() -> chrono::NaiveDate {
    chrono::DateTime::from_timestamp(now(), 0).map(|time| time.date_naive()).unwrap_or_default()
}

/// Random bytes from the operating system, for keys, salts and identifiers.
///
/// # Errors
/// When the system gives none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("reading random bytes from the system")?;
    Ok(bytes)
}

/// An identifier of 16 hexadecimal digits.
///
/// # Errors
/// When the system gives no random bytes.
pub fn random_id() -> Result<String> {
    Ok(random::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads a key, or makes it at first use, readable by its owner only.
fn key(path: &Path) -> Result<Key> {
    if let Ok(text) = std::fs::read_to_string(path) {
        return Key::from_hex(&text).with_context(|| format!("reading the key {}: 64 hexadecimal digits are expected", path.display()));
    }
    let folder = path.parent().context("a key file has a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let key = Key::new(random()?);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("writing the key {}", path.display()))?;
    file.write_all(key.to_hex().as_bytes()).with_context(|| format!("writing the key {}", path.display()))?;
    Ok(key)
}
