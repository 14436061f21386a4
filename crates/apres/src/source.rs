//! Where DSN bytes come from: files, folders, zip and gzip archives, each opened when its turn comes.
//!
//! A source is streamed in chunks; nothing is unpacked to disk and nothing is held whole in memory. Files that do not begin like a DSN are set aside and said.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
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
    let mut queue: VecDeque<(PathBuf, bool)> = paths.iter().map(|path| (path.clone(), true)).collect();
    while let Some((path, is_named)) = queue.pop_front() {
        let metadata = std::fs::metadata(&path).with_context(|| format!("reading {}: check that the path exists", path.display()))?;
        if metadata.is_dir() {
            let entries = std::fs::read_dir(&path).with_context(|| format!("listing {}", path.display()))?;
            for entry in entries {
                queue.push_back((entry.with_context(|| format!("listing {}", path.display()))?.path(), false));
            }
        } else if !is_named && !metadata.is_file() {
            // A pipe or a device that lies in a folder would be waited for.
            tracing::warn!("{} is not a file: it is left out", path.display());
        } else {
            found.push(Source { bytes: metadata.len(), path });
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Reads a source, member by member: `member` gets each member's name and its chunks' reader, `count` the bytes that were read of the file. Gives what could not be read:
/// a file that cannot be opened or that changed meanwhile, an archive or members of it that are damaged; all else was read.
pub fn read(source: &Source, count: &dyn Fn(u64), member: impl FnMut(&str, &mut dyn Read) -> Result<()>) -> Vec<anyhow::Error> {
    let state = || std::fs::metadata(&source.path).and_then(|metadata| Ok((metadata.len(), metadata.modified()?, metadata.ino())));
    let opening = || format!("opening {}", source.path.display());
    let (before, file) = match state().and_then(|before| Ok((before, File::open(&source.path)?))).with_context(opening) {
        Ok(opened) => opened,
        Err(fault) => return vec![fault],
    };
    let mut faults = read_members(source, Counted { inner: file, count }, member);
    if faults.is_empty() && !state().is_ok_and(|after| after == before) {
        faults.push(anyhow!("{} changed while it was read: read it again once it is whole", source.path.display()));
    }
    faults
}

fn read_members(source: &Source, file: Counted<'_>, mut member: impl FnMut(&str, &mut dyn Read) -> Result<()>) -> Vec<anyhow::Error> {
    let name = source.path.display().to_string();
    let left = Cell::new(source.bytes.saturating_mul(INFLATION_MAX).saturating_add(INFLATION_ALLOWANCE_BYTES));
    let read = match extension(&source.path).as_str() {
        "zip" => return read_zip(file, &name, &left, member),
        "gz" => member(&name, &mut Limited { inner: MultiGzDecoder::new(BufReader::new(file)), left: &left }),
        _ => member(&name, &mut BufReader::new(file)),
    };
    read.err().into_iter().collect()
}

/// A damaged member stands in the way of none of the others.
fn read_zip(
    file: Counted<'_>,
    name: &str,
    left: &Cell<u64>,
    mut member: impl FnMut(&str, &mut dyn Read) -> Result<()>,
) -> Vec<anyhow::Error> {
    let mut archive = match zip::ZipArchive::new(BufReader::new(file)).with_context(|| format!("opening the archive {name}")) {
        Ok(archive) => archive,
        Err(fault) => return vec![fault],
    };
    let members = archive.len();
    let mut read = |place: usize| -> Result<()> {
        let entry = archive.by_index(place).with_context(|| format!("reading member {place} of {name}"))?;
        if entry.is_dir() {
            return Ok(());
        }
        let inner = entry.name().map_or_else(|_| format!("member {place}"), |inner| inner.into_owned());
        let entry_name = format!("{name}/{inner}");
        let is_gzip = extension(Path::new(&inner)) == "gz";
        let mut entry = Limited { inner: entry, left };
        if is_gzip {
            member(&entry_name, &mut Limited { inner: MultiGzDecoder::new(entry), left })
        } else {
            member(&entry_name, &mut entry)
        }
    };
    (0..members).filter_map(|place| read(place).err()).collect()
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
    let (mut filled, mut read) = fill(reader, &mut buffer);
    if !begins_like_dsn(&buffer[..filled.min(SNIFF_BYTES)]) {
        return read.map(|()| Opened::NotDsn);
    }
    while filled > 0 && read.as_ref().err().is_none_or(is_cut) {
        push(&buffer[..filled]);
        read?;
        (filled, read) = fill(reader, &mut buffer);
    }
    read.map(|()| Opened::Dsn)
}

/// What came before a cut is as it was; before a checksum that is wrong, nobody knows what is.
fn is_cut(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

/// How many bytes came, and whether more may come.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> (usize, io::Result<()>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Err(error)),
        }
    }
    (filled, Ok(()))
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

/// Fails when more bytes come than any honest archive would give, all its members together.
struct Limited<'l, R> {
    inner: R,
    left: &'l Cell<u64>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(count as u64);
        self.left.set(left.unwrap_or(0));
        left.map(|_| count).ok_or_else(|| io::Error::other("the archive inflates beyond reason"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"S10.G00.00.001,'Logiciel'\r\nS10.G00.00.002,'Editeur'\r\n";

    /// Reads a source to its end, doing something once its first bytes were read.
    fn reading(file: &Path, meanwhile: impl Fn()) -> Result<()> {
        let source = find(&[file.to_owned()])?.remove(0);
        let faults = read(&source, &|_| {}, |_, reader| {
            reader.read_exact(&mut [0; 8])?;
            meanwhile();
            reader.read_to_end(&mut Vec::new())?;
            Ok(())
        });
        faults.into_iter().next().map_or(Ok(()), Err)
    }

    /// Members that lie over each other inflate the same bytes again and again.
    #[test]
    fn the_members_of_an_archive_share_one_limit() {
        let left = Cell::new(10);
        let read = || Limited { inner: &TEXT[..6], left: &left }.read_to_end(&mut Vec::new());
        assert_eq!(read().unwrap(), 6);
        assert_eq!(read().unwrap_err().to_string(), "the archive inflates beyond reason");
        assert!(read().is_err(), "and nothing more is read");
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
