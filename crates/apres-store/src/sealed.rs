//! Objects sealed at rest: an object store that encrypts what it writes and authenticates what it reads.
//!
//! A sealed object is a header and chunks of 64 KiB, each encrypted with AES-256-GCM under a key that is derived for this object alone (from the zone's key and a
//! random salt). A chunk is bound to its place, to being the last one or not (the STREAM construction), to the header and to the object's path within the zone: what was
//! altered, cut short, lengthened, reordered or moved does not open. Sizes that callers see are those of the plain object. The names of objects, their sizes and
//! their dates are not hidden. Format and choice: `docs/decisions/0008-sealed-identifying-zone.md`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use deltalake::logstore::object_store::path::Path;
use deltalake::logstore::object_store::{
    self, CopyMode, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart,
};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::keys::{Key, KeyVersion, Keyring};

/// First bytes of a sealed object; the last digit is the format's.
const MAGIC: &[u8; 8] = b"APRSEAL1";
/// Bytes that say which version of the key sealed an object.
pub(crate) const START_BYTES: u64 = 12;
const KEY_ID_BYTES: usize = 8;
const SALT_BYTES: usize = 32;
/// Magic, version of the key (little-endian), identifier of the key, salt.
const HEADER_BYTES: usize = MAGIC.len() + 4 + KEY_ID_BYTES + SALT_BYTES;
/// Plain bytes of a chunk.
const CHUNK_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = MAX_TAG_LEN;
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
/// Chunks read at once.
const CHUNKS_READ_MAX: u64 = 64;
/// An object that is replaced while it is read is read anew.
const READS_MAX: u32 = 4;

/// Why a sealed object does not open.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// The object has no seal.
    #[error(
        "{path} is not sealed: the lake is older than the sealing of its identifying zone; set the folder `lake` aside and ingest again"
    )]
    NotSealed {
        /// Within the zone.
        path: String,
    },
    /// The key's version is not held.
    #[error("{path} is sealed with version {version} of the zone's key, which the folder `keys` does not hold: restore it from its copy")]
    Version {
        /// Within the zone.
        path: String,
        /// The version asked for.
        version: KeyVersion,
    },
    /// The key is not the one that sealed.
    #[error("{path} was sealed with another key than version {version} in the folder `keys`: restore the key that this lake was made with")]
    Key {
        /// Within the zone.
        path: String,
        /// The version asked for.
        version: KeyVersion,
    },
    /// The bytes are not those that were sealed at this place.
    #[error("{path} was altered, cut short or moved since it was sealed: restore the zone from its copy")]
    Altered {
        /// Within the zone.
        path: String,
    },
    /// An object of another place was asked for.
    #[error("an object outside of the zone was asked for")]
    Outside,
    /// The system's source of chance does not answer.
    #[error("drawing the salt of {path}")]
    Chance {
        /// Within the zone.
        path: String,
    },
}

impl From<SealFault> for object_store::Error {
    fn from(fault: SealFault) -> Self {
        Self::Generic { store: "sealed", source: Box::new(fault) }
    }
}

fn header(version: KeyVersion, key: &Key, salt: &[u8; SALT_BYTES]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&version.to_le_bytes());
    header.extend_from_slice(&key_id(key));
    header.extend_from_slice(salt);
    header
}

/// Tells a wrong key from altered bytes, and tells nothing of the key.
fn key_id(key: &Key) -> [u8; KEY_ID_BYTES] {
    key.hash(b"seal-id:", b"").as_bytes()[..KEY_ID_BYTES].try_into().expect("a hash has 32 bytes")
}

/// The cipher of one object, bound to its header and its path.
struct Cipher {
    key: LessSafeKey,
    bound: Vec<u8>,
    path: String,
}

impl Cipher {
    fn new(key: &Key, header: &[u8], path: &str) -> Self {
        let own = key.hash(b"seal-object:", &header[HEADER_BYTES - SALT_BYTES..HEADER_BYTES]);
        let key = UnboundKey::new(&AES_256_GCM, own.as_bytes()).expect("the key has the length of the algorithm");
        let bound = [&header[..HEADER_BYTES], path.as_bytes()].concat();
        Self { key: LessSafeKey::new(key), bound, path: path.to_owned() }
    }

    fn nonce(index: u64, is_last: bool) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&index.to_be_bytes());
        nonce[NONCE_LEN - 1] = u8::from(is_last);
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&self, index: u64, is_last: bool, plain: &[u8], out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(plain);
        let tag = self
            .key
            .seal_in_place_separate_tag(Self::nonce(index, is_last), Aad::from(&self.bound), &mut out[from..])
            .expect("a chunk is far below what one nonce may encrypt");
        out.extend_from_slice(tag.as_ref());
    }

    fn open<'c>(&self, index: u64, is_last: bool, chunk: &'c mut [u8]) -> Result<&'c [u8], SealFault> {
        self.key
            .open_in_place(Self::nonce(index, is_last), Aad::from(&self.bound), chunk)
            .map(|plain| &*plain)
            .map_err(|_| SealFault::Altered { path: self.path.clone() })
    }
}

/// Seals an object piece by piece. The last full chunk waits until it is known whether more follows.
struct Sealer {
    cipher: Cipher,
    index: u64,
    waiting: Vec<u8>,
    out: Vec<u8>,
}

impl Sealer {
    fn new(keys: &Keyring, path: &str) -> Result<Self, SealFault> {
        let mut salt = [0; SALT_BYTES];
        SystemRandom::new().fill(&mut salt).map_err(|_| SealFault::Chance { path: path.to_owned() })?;
        let (version, key) = keys.newest();
        let out = header(version, key, &salt);
        Ok(Self { cipher: Cipher::new(key, &out, path), index: 0, waiting: Vec::new(), out })
    }

    fn push(&mut self, mut plain: &[u8]) {
        while self.waiting.len() + plain.len() > CHUNK_BYTES {
            let taken = CHUNK_BYTES - self.waiting.len();
            self.waiting.extend_from_slice(&plain[..taken]);
            plain = &plain[taken..];
            self.chunk(false);
        }
        self.waiting.extend_from_slice(plain);
    }

    fn chunk(&mut self, is_last: bool) {
        self.cipher.seal(self.index, is_last, &self.waiting, &mut self.out);
        self.index += 1;
        self.waiting.clear();
    }

    /// What can be written already.
    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn finish(&mut self) -> Vec<u8> {
        self.chunk(true);
        self.take()
    }
}

/// The sealed form of these bytes at this path of the zone.
pub(crate) fn seal(keys: &Keyring, path: &str, plain: &[u8]) -> Result<Vec<u8>, SealFault> {
    let mut sealer = Sealer::new(keys, path)?;
    sealer.push(plain);
    Ok(sealer.finish())
}

/// The bytes that were sealed at this path of the zone.
pub(crate) fn unseal(keys: &Keyring, path: &str, mut sealed: Vec<u8>) -> Result<Vec<u8>, SealFault> {
    let cipher = cipher(keys, path, &sealed)?;
    let body = &mut sealed[HEADER_BYTES..];
    let count = body.len().div_ceil(SEALED_CHUNK_BYTES).max(1);
    let mut plain = Vec::with_capacity(body.len());
    let mut chunks = body.chunks_mut(SEALED_CHUNK_BYTES);
    for index in 0..count {
        let chunk = chunks.next().unwrap_or_default();
        plain.extend_from_slice(cipher.open(index as u64, index + 1 == count, chunk)?);
    }
    Ok(plain)
}

/// The version of the key that sealed an object; `None` when it is not sealed.
pub(crate) fn sealed_version(start: &[u8]) -> Option<KeyVersion> {
    let rest = start.strip_prefix(MAGIC.as_slice())?;
    Some(KeyVersion::from_le_bytes(rest.get(..4)?.try_into().ok()?))
}

fn cipher(keys: &Keyring, path: &str, start: &[u8]) -> Result<Cipher, SealFault> {
    let version = sealed_version(start).ok_or_else(|| SealFault::NotSealed { path: path.to_owned() })?;
    if start.len() < HEADER_BYTES {
        return Err(SealFault::Altered { path: path.to_owned() });
    }
    let key = keys.get(version).ok_or_else(|| SealFault::Version { path: path.to_owned(), version })?;
    let id = &start[MAGIC.len() + 4..MAGIC.len() + 4 + KEY_ID_BYTES];
    if id != key_id(key) {
        return Err(SealFault::Key { path: path.to_owned(), version });
    }
    Ok(Cipher::new(key, start, path))
}

/// The plain size of an object of this sealed size; `None` when no object has it.
fn plain_size(sealed: u64) -> Option<u64> {
    let body = sealed.checked_sub(HEADER_BYTES as u64)?;
    let chunks = body.div_ceil(SEALED_CHUNK_BYTES as u64).max(1);
    let last = body - (chunks - 1) * SEALED_CHUNK_BYTES as u64;
    let last_min = TAG_BYTES as u64 + u64::from(chunks > 1);
    (last >= last_min).then(|| body - chunks * TAG_BYTES as u64)
}

/// An object store whose objects are sealed. Objects are told apart by their path under `root`, so a zone may be moved as a whole.
#[derive(Clone)]
pub(crate) struct SealedStore {
    inner: Arc<dyn ObjectStore>,
    root: Path,
    keys: Arc<Keyring>,
}

impl fmt::Debug for SealedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedStore({})", self.inner)
    }
}

impl fmt::Display for SealedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed {}", self.inner)
    }
}

impl SealedStore {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, root: Path, keys: Arc<Keyring>) -> Self {
        Self { inner, root, keys }
    }

    /// The path that an object is bound to.
    fn name(&self, location: &Path) -> Result<String, SealFault> {
        let parts = location.prefix_match(&self.root).ok_or(SealFault::Outside)?;
        Ok(parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
    }

    /// Callers see plain sizes. What no sealed object can be is shown as empty: opening it says why.
    fn seen(mut meta: ObjectMeta) -> ObjectMeta {
        meta.size = plain_size(meta.size).unwrap_or(0);
        meta
    }

    async fn read(&self, location: &Path, options: &GetOptions) -> object_store::Result<GetResult> {
        let name = self.name(location)?;
        let start = GetOptions { range: Some(GetRange::Bounded(0..HEADER_BYTES as u64)), ..options.clone() };
        let first = match self.inner.get_opts(location, start).await {
            Ok(first) => first,
            // An empty file has no first byte: some stores refuse to look for it.
            Err(error) => {
                let is_empty = matches!(self.inner.head(location).await, Ok(meta) if meta.size == 0);
                return Err(if is_empty { SealFault::Altered { path: name }.into() } else { error });
            }
        };
        let (meta, attributes) = (first.meta.clone(), first.attributes.clone());
        let cipher = cipher(&self.keys, &name, &first.bytes().await?)?;
        let size = plain_size(meta.size).ok_or_else(|| SealFault::Altered { path: name.clone() })?;
        let range = match &options.range {
            None => 0..size,
            // Who asks for bytes that are not there knows the object as longer.
            Some(range) => range.as_range(size).map_err(|_| SealFault::Altered { path: name })?,
        };
        let reading = Arc::new(Reading {
            inner: Arc::clone(&self.inner),
            location: location.clone(),
            etag: meta.e_tag.clone(),
            sealed_size: meta.size,
            last_chunk: size.saturating_sub(1) / CHUNK_BYTES as u64,
            range: range.clone(),
            cipher,
        });
        let windows = reading.windows();
        let pieces = match windows.as_slice() {
            // Read now: an object that is being replaced is noticed before anything was handed over.
            [only] => futures::stream::iter([Ok(reading.piece(only.clone()).await?)]).boxed(),
            _ => futures::stream::iter(windows)
                .then(move |window| {
                    let reading = Arc::clone(&reading);
                    async move { reading.piece(window).await }
                })
                .boxed(),
        };
        Ok(GetResult { payload: GetResultPayload::Stream(pieces), meta: Self::seen(meta), range, attributes })
    }
}

/// A read under way.
struct Reading {
    inner: Arc<dyn ObjectStore>,
    location: Path,
    etag: Option<String>,
    sealed_size: u64,
    last_chunk: u64,
    range: Range<u64>,
    cipher: Cipher,
}

impl Reading {
    /// The chunks to read, some at a time.
    fn windows(&self) -> Vec<Range<u64>> {
        let chunk = CHUNK_BYTES as u64;
        let first = (self.range.start / chunk).min(self.last_chunk);
        let after = (self.range.end.div_ceil(chunk)).clamp(first + 1, self.last_chunk + 1);
        let step = usize::try_from(CHUNKS_READ_MAX).unwrap_or(usize::MAX);
        (first..after).step_by(step).map(|from| from..(from + CHUNKS_READ_MAX).min(after)).collect()
    }

    /// The plain bytes of these chunks that the range asks for.
    async fn piece(&self, chunks: Range<u64>) -> object_store::Result<Bytes> {
        let place = |chunk: u64| (HEADER_BYTES as u64 + chunk * SEALED_CHUNK_BYTES as u64).min(self.sealed_size);
        let sealed = place(chunks.start)..place(chunks.end);
        let expected = sealed.end - sealed.start;
        let options = GetOptions { range: Some(GetRange::Bounded(sealed)), if_match: self.etag.clone(), ..GetOptions::default() };
        let mut buffer = Vec::from(self.inner.get_opts(&self.location, options).await?.bytes().await?);
        if buffer.len() as u64 != expected {
            return Err(SealFault::Altered { path: self.cipher.path.clone() }.into());
        }
        let mut plain = Vec::with_capacity(buffer.len());
        for (chunk, index) in buffer.chunks_mut(SEALED_CHUNK_BYTES).zip(chunks.clone()) {
            plain.extend_from_slice(self.cipher.open(index, index == self.last_chunk, chunk)?);
        }
        let from = chunks.start * CHUNK_BYTES as u64;
        let within = |at: u64| usize::try_from(at.saturating_sub(from)).unwrap_or(usize::MAX).min(plain.len());
        let asked = within(self.range.start)..within(self.range.end);
        Ok(Bytes::from(plain).slice(asked))
    }
}

#[async_trait]
impl ObjectStore for SealedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> object_store::Result<PutResult> {
        let mut sealer = Sealer::new(&self.keys, &self.name(location)?)?;
        payload.iter().for_each(|piece| sealer.push(piece));
        self.inner.put_opts(location, PutPayload::from(sealer.finish()), opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> object_store::Result<Box<dyn MultipartUpload>> {
        let sealer = Sealer::new(&self.keys, &self.name(location)?)?;
        let inner = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(SealedUpload { inner, sealer }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        if options.head {
            let mut found = self.inner.get_opts(location, options).await?;
            found.meta = Self::seen(found.meta);
            found.range = 0..found.meta.size;
            return Ok(found);
        }
        let mut reads = 1;
        loop {
            match self.read(location, &options).await {
                Err(object_store::Error::Precondition { .. }) if options.if_match.is_none() && reads < READS_MAX => reads += 1,
                outcome => return outcome,
            }
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, object_store::Result<Path>>) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix).map_ok(Self::seen).boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset).map_ok(Self::seen).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        let mut listed = self.inner.list_with_delimiter(prefix).await?;
        listed.objects = listed.objects.into_iter().map(Self::seen).collect();
        Ok(listed)
    }

    /// An object is bound to its path: the copy is sealed anew.
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        let plain = self.get(from).await?.bytes().await?;
        let mode = match options.mode {
            CopyMode::Overwrite => PutMode::Overwrite,
            CopyMode::Create => PutMode::Create,
        };
        self.put_opts(to, PutPayload::from_bytes(plain), PutOptions::from(mode)).await?;
        Ok(())
    }
}

struct SealedUpload {
    inner: Box<dyn MultipartUpload>,
    sealer: Sealer,
}

impl fmt::Debug for SealedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedUpload({:?})", self.inner)
    }
}

#[async_trait]
impl MultipartUpload for SealedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        data.iter().for_each(|piece| self.sealer.push(piece));
        self.inner.put_part(PutPayload::from(self.sealer.take()))
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        let rest = self.sealer.finish();
        self.inner.put_part(PutPayload::from(rest)).await?;
        self.inner.complete().await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.inner.abort().await
    }
}

#[cfg(test)]
mod tests;
