//! Where DSN bytes come from: files, folders, zip and gzip archives, each opened when its turn comes.
//!
//! A source is streamed in chunks; nothing is unpacked to disk and nothing is held whole in memory. Files that do not begin like a DSN are set aside and said.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use apres_ingest::dsn::Line;
use flate2::read::MultiGzDecoder;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1024 * 1024;
/// A file is recognised from its first bytes.
const SNIFF_BYTES: usize = 4096;
/// A gzip or zip member may inflate to at most this many times its archive, plus a fixed allowance: what inflates more is a trap.
const INFLATION_MAX: u64 = 2_000;
const INFLATION_ALLOWANCE_BYTES: u64 = 64 * 1024 * 1024;

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// Its size on disk.
    pub bytes: u64,
}

/// What became of a file or of an archive member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// It was read as a DSN.
    Dsn,
    /// It does not begin like a DSN.
    NotDsn,
}

/// Every file under these paths, in a stable order.
///
/// # Errors
/// When a path does not exist or a folder cannot be listed.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut queue: VecDeque<PathBuf> = paths.iter().cloned().collect();
    while let Some(path) = queue.pop_front() {
        let metadata = std::fs::metadata(&path).with_context(|| format!("reading {}: check that the path exists", path.display()))?;
        if metadata.is_dir() {
            let entries = std::fs::read_dir(&path).with_context(|| format!("listing {}", path.display()))?;
            for entry in entries {
                queue.push_back(entry.with_context(|| format!("listing {}", path.display()))?.path());
            }
        } else {
            found.push(Source { bytes: metadata.len(), path });
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Reads a source, member by member: `member` gets each member's name and its chunks' reader, `count` the bytes that were read of the file.
///
/// # Errors
/// When the file cannot be read, when it changed meanwhile, or when the archive is damaged; the members before the damage were read.
pub fn read(source: &Source, count: &dyn Fn(u64), member: impl FnMut(&str, &mut dyn Read) -> Result<()>) -> Result<()> {
    let state = || std::fs::metadata(&source.path).and_then(|metadata| Ok((metadata.len(), metadata.modified()?, metadata.ino())));
    let before = state().with_context(|| format!("opening {}", source.path.display()))?;
    read_members(source, count, member)?;
    let is_same = state().is_ok_and(|after| after == before);
    ensure!(is_same, "{} changed while it was read: read it again once it is whole", source.path.display());
    Ok(())
}

fn read_members(source: &Source, count: &dyn Fn(u64), mut member: impl FnMut(&str, &mut dyn Read) -> Result<()>) -> Result<()> {
    let name = source.path.display().to_string();
    let file = Counted { inner: File::open(&source.path).with_context(|| format!("opening {name}"))?, count };
    let limit = source.bytes.saturating_mul(INFLATION_MAX).saturating_add(INFLATION_ALLOWANCE_BYTES);
    match extension(&source.path).as_str() {
        "zip" => read_zip(file, &name, limit, member),
        "gz" => {
            let mut reader = Limited { inner: MultiGzDecoder::new(BufReader::new(file)), left: limit };
            member(&name, &mut reader)
        }
        _ => member(&name, &mut BufReader::new(file)),
    }
}

fn read_zip(file: Counted<'_>, name: &str, limit: u64, mut member: impl FnMut(&str, &mut dyn Read) -> Result<()>) -> Result<()> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).with_context(|| format!("opening the archive {name}"))?;
    for place in 0..archive.len() {
        let entry = archive.by_index(place).with_context(|| format!("reading member {place} of {name}"))?;
        if entry.is_dir() {
            continue;
        }
        let inner = entry.name().map_or_else(|_| format!("member {place}"), |inner| inner.into_owned());
        let entry_name = format!("{name}/{inner}");
        let is_gzip = extension(Path::new(&inner)) == "gz";
        let entry = Limited { inner: entry, left: limit };
        if is_gzip {
            member(&entry_name, &mut Limited { inner: MultiGzDecoder::new(entry), left: limit })?;
        } else {
            member(&entry_name, &mut { entry })?;
        }
    }
    Ok(())
}

fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

/// Gives the chunks of a reader to `push`, once its beginning was recognised as a DSN.
///
/// # Errors
/// When reading fails.
pub fn chunks(reader: &mut dyn Read, mut push: impl FnMut(&[u8])) -> io::Result<Opened> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut filled = fill(reader, &mut buffer)?;
    if !begins_like_dsn(&buffer[..filled.min(SNIFF_BYTES)]) {
        return Ok(Opened::NotDsn);
    }
    while filled > 0 {
        push(&buffer[..filled]);
        filled = fill(reader, &mut buffer)?;
    }
    Ok(Opened::Dsn)
}

fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn begins_like_dsn(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    first.is_some_and(|line| Line::parse(line).is_some() || line.starts_with(b"S10.G") || line.starts_with(b"S05.G"))
}

/// A file that tells how many bytes are read of it.
struct Counted<'c> {
    inner: File,
    count: &'c dyn Fn(u64),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        (self.count)(count as u64);
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Fails when more bytes come than any honest archive would give.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| io::Error::other("the archive inflates beyond reason"))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"S10.G00.00.001,'Logiciel'\r\nS10.G00.00.002,'Editeur'\r\n";

    /// Reads a source to its end, doing something once its first bytes were read.
    fn reading(file: &Path, meanwhile: impl Fn()) -> Result<()> {
        let source = find(&[file.to_owned()])?.remove(0);
        read(&source, &|_| {}, |_, reader| {
            reader.read_exact(&mut [0; 8])?;
            meanwhile();
            reader.read_to_end(&mut Vec::new())?;
            Ok(())
        })
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("envoi.dsn");
        std::fs::write(&file, TEXT).unwrap();
        reading(&file, || {}).unwrap();
        let append = || std::fs::write(&file, [TEXT, TEXT].concat()).unwrap();
        let cut = || std::fs::write(&file, &TEXT[..20]).unwrap();
        let replace = || {
            let other = folder.path().join("autre");
            std::fs::write(&other, TEXT).unwrap();
            std::fs::rename(other, &file).unwrap();
        };
        let delete = || std::fs::remove_file(&file).unwrap();
        for meanwhile in [&append as &dyn Fn(), &cut, &replace, &delete] {
            let fault = reading(&file, meanwhile).unwrap_err().to_string();
            assert!(fault.ends_with("envoi.dsn changed while it was read: read it again once it is whole"), "{fault}");
        }
    }
}
