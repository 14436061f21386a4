//! The folder `keys`: one file per key and version, readable by its owner only.
//!
//! Each purpose has its own key, made at first use: sealing the identifying zone, pseudonyms, oppositions, the noise of figures, the memory of what was said. The ledger has none: it keeps no secret but hashes of passwords. A
//! file is whole or absent. Nothing but this module reads the folder, and no key is ever printed.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use apres_store::{Key, KeyVersion, Keyring};

use crate::home::random;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Purpose {
    /// Seals the identifying zone.
    Zone,
    /// Makes pseudonyms.
    Pseudonym,
    /// Recognises who objects; it is never rotated, for what it hashed is kept nowhere.
    Opposition,
    /// Draws the noise of figures; it is never rotated, for a second draw beside the first would wear both away.
    Disclosure,
    /// Recognises who was told about; it is never rotated, for what it hashed is kept nowhere.
    Memory,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Zone, Self::Pseudonym, Self::Opposition, Self::Disclosure, Self::Memory];

    /// The word in the name of the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Pseudonym => "pseudonym",
            Self::Opposition => "opposition",
            Self::Disclosure => "disclosure",
            Self::Memory => "memory",
        }
    }

    /// Whether a lake that is older than this purpose is given its first key: nothing in it was made with one. The ledger knows whether there was one.
    const fn came_later(self) -> bool {
        matches!(self, Self::Disclosure | Self::Memory)
    }
}

/// A key on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// What it is for.
    pub purpose: Purpose,
    /// Its version.
    pub version: KeyVersion,
    /// Its file.
    pub path: PathBuf,
    /// Whether its owner alone can read it.
    pub is_private: bool,
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Keys {
    folder: PathBuf,
    zone: PathBuf,
}

impl Keys {
    /// The folder of an installation; it is made with the first key.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join("keys"), zone: data.join("lake").join("identifying") }
    }

    /// The keys of a purpose, the first one made when there is none. A lake that was made with a key is never given another; nothing in a lake was made with the key of the
    /// noise, which older installations lack.
    ///
    /// # Errors
    /// When a key cannot be read or made, or when that of an existing lake is gone.
    pub fn ring(&self, purpose: Purpose) -> Result<Keyring> {
        self.take_over()?;
        if self.files_of(purpose)?.is_empty() {
            if self.zone.exists() && !purpose.came_later() {
                bail!(
                    "the {} key of this lake is not in {}: restore it from its copy; a lake older than this key is to be set aside and its files ingested again",
                    purpose.word(),
                    self.folder.display()
                );
            }
            self.make(purpose, 1)?;
        }
        let files = self.files_of(purpose)?;
        let mut ring: Option<Keyring> = None;
        for file in files {
            let key = read(&file.path)?;
            ring = Some(match ring {
                None => Keyring::new(file.version, key),
                Some(ring) => ring.with(file.version, key),
            });
        }
        ring.context("a key that was just made is gone")
    }

    /// The keys on disk, by purpose and version.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn files(&self) -> Result<Vec<KeyFile>> {
        let all = Purpose::ALL.into_iter().map(|purpose| self.files_of(purpose));
        Ok(all.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Makes the next version of a key, unless a rotation that was begun has made it already.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin_rotation(&self, purpose: Purpose) -> Result<Keyring> {
        let ring = self.ring(purpose)?;
        if ring.is_rotating() {
            return Ok(ring);
        }
        self.make(purpose, ring.newest().0 + 1)?;
        self.ring(purpose)
    }

    /// Deletes the older versions of a key, once nothing needs them any more.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn end_rotation(&self, purpose: Purpose) -> Result<()> {
        let mut files = self.files_of(purpose)?;
        files.pop();
        for file in files {
            std::fs::remove_file(&file.path).with_context(|| format!("deleting the key {}", file.path.display()))?;
        }
        sync(&self.folder)
    }

    fn path(&self, purpose: Purpose, version: KeyVersion) -> PathBuf {
        self.folder.join(format!("{}.{version}.key", purpose.word()))
    }

    fn files_of(&self, purpose: Purpose) -> Result<Vec<KeyFile>> {
        let listed = match std::fs::read_dir(&self.folder) {
            Ok(listed) => listed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("reading {}", self.folder.display())),
        };
        let mut files = Vec::new();
        for entry in listed {
            let path = entry.with_context(|| format!("reading {}", self.folder.display()))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let version = name.strip_prefix(purpose.word()).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".key")?.parse().ok());
            if let Some(version) = version {
                let mode =
                    std::fs::metadata(&path).with_context(|| format!("reading the rights of {}", path.display()))?.permissions().mode();
                files.push(KeyFile { purpose, version, path, is_private: mode & 0o077 == 0 });
            }
        }
        files.sort_by_key(|file| file.version);
        Ok(files)
    }

    /// Writes a key aside, then gives it its name: another program that makes the same one at the same time keeps the first.
    fn make(&self, purpose: Purpose, version: KeyVersion) -> Result<()> {
        let path = self.path(purpose, version);
        let doing = || format!("writing the key {}", path.display());
        std::fs::create_dir_all(&self.folder).with_context(|| format!("making {}", self.folder.display()))?;
        let aside = self.folder.join(format!(".{}", crate::home::random_id()?));
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside).with_context(doing)?;
        file.write_all(Key::new(random()?).to_hex().as_bytes()).and_then(|()| file.sync_all()).with_context(doing)?;
        let named = std::fs::hard_link(&aside, &path);
        std::fs::remove_file(&aside).with_context(doing)?;
        match named {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error).with_context(doing),
            _ => sync(&self.folder),
        }
    }

    /// The key of earlier installations was called `identifying.key`, and made the pseudonyms.
    fn take_over(&self) -> Result<()> {
        let earlier = self.folder.join("identifying.key");
        if earlier.exists() && self.files_of(Purpose::Pseudonym)?.is_empty() {
            std::fs::rename(&earlier, self.path(Purpose::Pseudonym, 1)).with_context(|| format!("renaming {}", earlier.display()))?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Key> {
    let advice = || format!("reading the key {}: 64 hexadecimal digits are expected, restore it from its last copy", path.display());
    let text = std::fs::read_to_string(path).with_context(advice)?;
    Key::from_hex(&text).with_context(advice)
}

/// A name that was given or taken away survives a power cut.
fn sync(folder: &Path) -> Result<()> {
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| format!("writing {}", folder.display()))
}
