//! An installation: its keys, its two zones and its ledger, made at first use under the data folder.

use std::io::{ErrorKind, Read, Write};
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
        let statistical = Zone::open(&lake).await.with_context(|| restore("the statistical zone", &lake))?;
        let identifying = Zone::open(&lake).await.with_context(|| restore("the identifying zone", &lake))?;
        let ledger = match &config.settings.ledger {
            Some(address) => Ledger::open(address, cost).await,
            None => Ledger::open_file(&data.join("ledger.sqlite"), cost).await,
        };
        let ledger = ledger.context("opening the ledger: check its address in apres.toml, or restore ledger.sqlite from its last copy")?;
        let catalogue = Catalogue::embedded();
        let rules = programme_rules(&catalogue);
        Ok(Self { pseudonymiser: Pseudonymiser::new(key), config, statistical, identifying, ledger, catalogue, rules })
    }
}

/// What was attempted on a part of the lake, and what to do when it fails.
fn restore(part: &str, lake: &Path) -> String {
    format!("opening {part}: if its files were lost or changed, restore {} from its last copy", lake.display())
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

/// Reads a key, or makes it at first use, readable by its owner only. It has its name only once it is whole: a first start may be killed, or another
/// program may make it at the same time, and then theirs is the key.
fn key(path: &Path) -> Result<Key> {
    if !path.exists() {
        let folder = path.parent().context("a key file has a folder")?;
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let draft = folder.join(format!("{}.draft", random_id()?));
        write_key(&draft, &Key::new(random()?)).with_context(|| format!("writing the key {}", path.display()))?;
        let named = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft).with_context(|| format!("writing the key {}", path.display()))?;
        match named {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("writing the key {}", path.display()));
            }
            _ => {}
        }
    }
    let advice = || format!("reading the key {}: 64 hexadecimal digits are expected, restore it from its last copy", path.display());
    let text = std::fs::read_to_string(path).with_context(advice)?;
    Key::from_hex(&text).with_context(advice)
}

fn write_key(path: &Path, key: &Key) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.to_hex().as_bytes())?;
    file.sync_all()
}
