//! An installation: its keys, its two zones and its ledger, made at first use under the data folder.
//!
//! What writes to the lake says so ([`Home::writing`]), and what may not have a writer beside it too ([`Home::alone`]): purges and rotations of keys.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use apres_ledger::{Ledger, password::Cost};
use apres_measure::{ProgrammeRule, programme_rules};
use apres_protect::{Catalogue, DisclosureSecret, RecordKeys};
use apres_store::{Fingerprints, Identifying, IdentifyingTable, Opposed, Pseudonymiser, Statistical};

use crate::config::Config;
use crate::cubes::Cubes;
use crate::keys::{Keys, Purpose};

/// Everything that a command works with.
pub struct Home {
    /// The configuration in force.
    pub config: Config,
    /// Pseudonyms and counts.
    pub statistical: Statistical,
    /// Identities.
    pub identifying: Identifying,
    /// The folder of keys.
    pub keys: Keys,
    /// Turns a NIR into a pseudonym; who objects has none.
    pub pseudonymiser: Pseudonymiser,
    /// Who objects, as the pseudonymiser knows it.
    pub opposed: Opposed,
    /// Numbers of people for the memory of what was said.
    pub fingerprints: Fingerprints,
    /// Accounts, lists, releases, jobs.
    pub ledger: Ledger,
    /// Gives people the keys that the noise of figures is drawn with.
    pub record_keys: RecordKeys,
    /// Definitions.
    pub catalogue: Catalogue,
    /// Programmes as rules.
    pub rules: Vec<ProgrammeRule>,
    /// The closed cubes that were read.
    pub cubes: Cubes,
}

impl Home {
    /// Opens the installation, making what is missing.
    ///
    /// # Errors
    /// When the data folder, a key, the lake or the ledger cannot be opened.
    pub async fn open(mut config: Config, cost: Cost) -> Result<Self> {
        let data = &config.data.clone();
        std::fs::create_dir_all(data).with_context(|| format!("making the data folder {}", data.display()))?;
        let keys = Keys::of(data);
        let lake = data.join("lake");
        // Every key is there, or made, before the lake is.
        let (zone, pseudonym, opposition) = (keys.ring(Purpose::Zone)?, keys.ring(Purpose::Pseudonym)?, keys.ring(Purpose::Opposition)?);
        let secret = DisclosureSecret::new(keys.ring(Purpose::Disclosure)?.newest().1.derived("noise of figures"));
        let record_keys = secret.record_keys();
        config.settings.policy = config.settings.policy.with_secret(secret);
        let identifying = Identifying::open(&lake, zone).await.with_context(|| restore("the identifying zone", &lake))?;
        let statistical = Statistical::open(&lake).await.with_context(|| restore("the statistical zone", &lake))?;
        let opposed = Opposed::nobody(opposition.newest().1.clone());
        opposed.refresh(&identifying).await.context("reading the oppositions")?;
        let pseudonymiser = Pseudonymiser::new(&pseudonym, opposed.clone());
        let ledger = match &config.settings.ledger {
            Some(address) => Ledger::open(address, cost).await,
            None => Ledger::open_file(&data.join("ledger.sqlite"), cost).await,
        };
        let ledger = ledger.context("opening the ledger: check its address in apres.toml, or restore ledger.sqlite from its last copy")?;
        let fingerprints = fingerprints(&keys, &ledger).await?;
        let catalogue = Catalogue::embedded();
        let rules = programme_rules(&catalogue);
        let cubes = Cubes::default();
        Ok(Self {
            keys,
            pseudonymiser,
            opposed,
            fingerprints,
            config,
            statistical,
            identifying,
            ledger,
            record_keys,
            catalogue,
            rules,
            cubes,
        })
    }

    /// Waits until nobody is alone with the lake, checks that the keys are still those of the lake, and learns who objects by now. Hold what is given
    /// for as long as you write.
    ///
    /// # Errors
    /// When the pseudonym's key was rotated meanwhile, or its rotation was interrupted.
    pub async fn writing(&self) -> Result<LakeLock> {
        let file = self.lock_file()?;
        let locked =
            tokio::task::spawn_blocking(move || file.lock_shared().map(|()| LakeLock(file))).await.context("waiting for the lake")?;
        let locked = locked.context("waiting for the lake")?;
        self.check_zone_key()?;
        self.check_pseudonym_key().await?;
        self.opposed.refresh(&self.identifying).await.context("reading the oppositions")?;
        Ok(locked)
    }

    /// As [`Self::writing`], for what only adds a sealed file; it does not wait.
    ///
    /// # Errors
    /// When someone is alone with the lake, or the zone's key was rotated meanwhile.
    pub fn adding(&self) -> Result<LakeLock> {
        let file = self.lock_file()?;
        match file.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("the lake is being purged or a key rotated: try again in a moment"),
            Err(TryLockError::Error(error)) => return Err(error).context("taking the lake"),
        }
        let locked = LakeLock(file);
        self.check_zone_key()?;
        Ok(locked)
    }

    /// The lake to oneself, for as long as what is given is held.
    ///
    /// # Errors
    /// When someone is writing to it.
    pub fn alone(&self) -> Result<LakeLock> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(LakeLock(file)),
            Err(TryLockError::WouldBlock) => bail!("another apres program is writing to the lake: run this again when it is done"),
            Err(TryLockError::Error(error)) => Err(error).context("taking the lake"),
        }
    }

    fn lock_file(&self) -> Result<File> {
        let path = self.config.data.join("lake.lock");
        let opened = File::options().create(true).append(true).open(&path);
        opened.with_context(|| format!("opening {}", path.display()))
    }

    /// What is sealed with a key that a rotation has deleted would open no more.
    fn check_zone_key(&self) -> Result<()> {
        if self.keys.ring(Purpose::Zone)?.newest().0 != self.identifying.key_version() {
            bail!("the zone's key was rotated while this program ran: start it again");
        }
        Ok(())
    }

    /// New rows under one version of the key beside rows under another would tear people apart.
    async fn check_pseudonym_key(&self) -> Result<()> {
        let ring = self.keys.ring(Purpose::Pseudonym)?;
        let (newest, _) = ring.newest();
        let in_lake =
            self.identifying.pseudonym_version(IdentifyingTable::Identities).await.context("reading the lake's version of the key")?;
        if ring.is_rotating() {
            bail!("a rotation of the pseudonym's key was interrupted: run `apres keys rotate pseudonym` again to finish it");
        }
        if newest != self.pseudonymiser.version() {
            bail!("the pseudonym's key was rotated while this program ran: start it again");
        }
        if in_lake.is_some_and(|in_lake| in_lake != newest) {
            bail!(
                "the lake is under version {} of the pseudonym's key and the folder `keys` holds version {newest}: restore the key that goes with the lake",
                in_lake.unwrap_or_default()
            );
        }
        Ok(())
    }
}

/// A hold on the lake, let go of when dropped.
#[derive(Debug)]
pub struct LakeLock(File);

impl Drop for LakeLock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!("letting go of the lake: {error}");
        }
    }
}

/// The key of the memory, made for a ledger that remembers nothing yet; one that does needs the key that it was written with.
async fn fingerprints(keys: &Keys, ledger: &Ledger) -> Result<Fingerprints> {
    let attempt = "recognising the key of the memory";
    let is_made = keys.files()?.iter().any(|file| file.purpose == Purpose::Memory);
    let is_needed = ledger.memory_mark().await.context(attempt)?.is_some();
    if is_made || !is_needed {
        let fingerprints = Fingerprints::new(keys.ring(Purpose::Memory)?.newest().1.clone());
        if ledger.mark_memory(&fingerprints.mark()).await.context(attempt)? {
            return Ok(fingerprints);
        }
    }
    bail!("the folder `keys` does not hold the memory key that this ledger was written with: restore it from its copy");
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
    File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)).context("reading random bytes from the system")?;
    Ok(bytes)
}

/// An identifier of 16 hexadecimal digits.
///
/// # Errors
/// When the system gives no random bytes.
pub fn random_id() -> Result<String> {
    Ok(random::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
