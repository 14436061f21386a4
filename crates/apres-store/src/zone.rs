//! A zone: a folder of Delta tables, made at first use.
//!
//! Writing streams to files that nobody sees until the commit; replacing writes the new files first and swaps them in one commit. Reading registers the
//! tables of one zone, at one version each, in a query context with a bounded memory. The identifying zone cannot be opened without its keys, and its queries
//! never spill to disk: what they read is in memory or sealed.

use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::CommitBuilder;
use deltalake::kernel::{Action, Remove, StructType, Transaction};
use deltalake::logstore::object_store::local::LocalFileSystem;
use deltalake::logstore::object_store::path::Path as ObjectPath;
use deltalake::logstore::object_store::{self, ObjectStore, ObjectStoreExt};
use deltalake::logstore::{LogStoreRef, StorageConfig, logstore_for, logstore_with};
use deltalake::parquet::errors::ParquetError;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::writer::{DeltaWriter, RecordBatchWriter};
use deltalake::{DeltaTable, DeltaTableError};
use futures::{StreamExt, TryStreamExt};

use crate::keys::{KeyVersion, Keyring};
use crate::part::{self, Parts, Written};
use crate::runs::Runs;
use crate::sealed::{self, SealFault, SealedStore};
use crate::table::{IdentifyingTable, StatisticalTable, Table};

/// Memory that queries may hold before they spill to disk.
const QUERY_MEMORY_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Under this name a table says which version of the pseudonym's key its people are under; a table that says nothing was never rekeyed.
const PSEUDONYM_KEY: &str = "apres.pseudonym-key";

/// A fault of the lake.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The folder cannot be made or named.
    #[error("making the folder of the {table} table")]
    Folder {
        /// Which table.
        table: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A lake of an earlier version.
    #[error("the {table} table lacks columns, being older than this program: set the folder `lake` aside and ingest again")]
    Older {
        /// Which table.
        table: &'static str,
    },
    /// A Delta operation failed.
    #[error("{doing} the {table} table")]
    Delta {
        /// What was attempted.
        doing: &'static str,
        /// On which table.
        table: &'static str,
        /// Why.
        #[source]
        source: Box<DeltaTableError>,
    },
    /// An object of a zone cannot be read, written or deleted.
    #[error("{doing}")]
    Object {
        /// What was attempted.
        doing: &'static str,
        /// Why.
        #[source]
        source: Box<object_store::Error>,
    },
    /// A sealed object does not open.
    #[error("opening a sealed object")]
    Seal(#[from] SealFault),
    /// A data file cannot be read or written.
    #[error("reading or writing a file of the {table} table")]
    Parquet {
        /// Of which table.
        table: &'static str,
        /// Why.
        #[source]
        source: Box<ParquetError>,
    },
    /// A thread stopped before its end.
    #[error("a thread stopped before its end")]
    Stopped,
    /// The system gives no random number.
    #[error("asking the system for a random number")]
    Random,
    /// A query failed.
    #[error("{doing}")]
    Query {
        /// What was attempted.
        doing: &'static str,
        /// Why.
        #[source]
        source: Box<DataFusionError>,
    },
}

impl StoreFault {
    /// Wraps a query's fault.
    pub fn query(doing: &'static str) -> impl FnOnce(DataFusionError) -> Self {
        move |source| Self::Query { doing, source: Box::new(source) }
    }

    pub(crate) fn object(doing: &'static str) -> impl FnOnce(object_store::Error) -> Self {
        move |source| Self::Object { doing, source: Box::new(source) }
    }

    pub(crate) fn delta<T: Table>(doing: &'static str, table: T) -> impl FnOnce(DeltaTableError) -> Self {
        move |source| Self::Delta { doing, table: table.name(), source: Box::new(source) }
    }
}

/// A zone of the lake.
#[derive(Debug, Clone)]
pub struct Zone<T: Table> {
    root: PathBuf,
    keys: Option<Arc<Keyring>>,
    tables: PhantomData<T>,
}

/// The zone that knows pseudonyms only.
pub type Statistical = Zone<StatisticalTable>;
/// The zone that knows identities.
pub type Identifying = Zone<IdentifyingTable>;

impl Statistical {
    /// The zone under the lake's folder (`lake/statistical`); its tables are made when missing.
    ///
    /// # Errors
    /// When a folder or a table cannot be made.
    pub async fn open(lake: &Path) -> Result<Self, StoreFault> {
        Self::prepare(lake, None).await
    }
}

impl Identifying {
    /// The zone under the lake's folder (`lake/identifying`), sealed with these keys; its tables are made when missing.
    ///
    /// # Errors
    /// When a folder or a table cannot be made, or when the keys are not those of the zone.
    pub async fn open(lake: &Path, keys: Keyring) -> Result<Self, StoreFault> {
        Self::prepare(lake, Some(Arc::new(keys))).await
    }

    fn keys(&self) -> &Keyring {
        self.keys.as_ref().expect("the identifying zone is opened with its keys")
    }

    /// The version of the key that seals what is written.
    #[must_use]
    pub fn key_version(&self) -> KeyVersion {
        self.keys().newest().0
    }

    /// Bytes sealed for a file at this place of the zone (`folder/name`).
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreFault> {
        Ok(sealed::seal(self.keys(), place, plain)?)
    }

    /// The bytes that were sealed for this place of the zone.
    ///
    /// # Errors
    /// When they were altered, moved, or sealed with another key.
    pub fn unseal(&self, place: &str, bytes: Vec<u8>) -> Result<Vec<u8>, StoreFault> {
        Ok(sealed::unseal(self.keys(), place, bytes)?)
    }

    /// The folder of the zone.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How many objects of the zone are not sealed.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub async fn unsealed(&self) -> Result<u64, StoreFault> {
        Ok(self.versions().await?.iter().filter(|(_, version)| version.is_none()).count() as u64)
    }

    /// The objects of the zone, and the version of the key that sealed each.
    async fn versions(&self) -> Result<Vec<(ObjectPath, Option<KeyVersion>)>, StoreFault> {
        let fault = || StoreFault::object("looking at the seals of the identifying zone");
        let local = LocalFileSystem::new();
        let listed: Vec<_> = local.list(Some(&self.object_root()?)).try_collect().await.map_err(fault())?;
        let mut versions = Vec::new();
        for object in listed {
            let start = match object.size {
                0 => None,
                size => Some(local.get_range(&object.location, 0..size.min(sealed::START_BYTES)).await.map_err(fault())?),
            };
            versions.push((object.location, start.and_then(|start| sealed::sealed_version(&start))));
        }
        Ok(versions)
    }

    /// Seals with the newest key every object that an older one sealed, one by one; gives how many. Killed midway, it is run again: each object says
    /// which key opens it.
    ///
    /// # Errors
    /// When an object cannot be read or replaced; then no key may be deleted.
    pub async fn reseal(&self) -> Result<u64, StoreFault> {
        let fault = || StoreFault::object("sealing the identifying zone anew");
        let (newest, _) = self.keys().newest();
        let store = self.store()?;
        let mut resealed = 0;
        for (location, version) in self.versions().await? {
            if version != Some(newest) {
                let plain = store.get(&location).await.map_err(fault())?.bytes().await.map_err(fault())?;
                store.put(&location, plain.into()).await.map_err(fault())?;
                resealed += 1;
            }
        }
        Ok(resealed)
    }
}

impl<T: Table> Zone<T> {
    async fn prepare(lake: &Path, keys: Option<Arc<Keyring>>) -> Result<Self, StoreFault> {
        let root = lake.join(T::ZONE);
        let fault = |source| StoreFault::Folder { table: T::ZONE, source };
        std::fs::create_dir_all(&root).map_err(fault)?;
        let root = root.canonicalize().map_err(fault)?;
        let zone = Self { root, keys, tables: PhantomData };
        for table in T::ALL {
            zone.table(*table).await?;
        }
        Ok(zone)
    }

    fn object_root(&self) -> Result<ObjectPath, StoreFault> {
        ObjectPath::from_absolute_path(&self.root).map_err(|source| StoreFault::object("naming the zone")(source.into()))
    }

    pub(crate) fn folder(&self, table: T) -> PathBuf {
        self.root.join(table.name())
    }

    /// Where the zone's objects are, at their absolute paths: sealed or not, as the zone is.
    pub(crate) fn store(&self) -> Result<Arc<dyn ObjectStore>, StoreFault> {
        let local: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new());
        Ok(match &self.keys {
            None => local,
            Some(keys) => Arc::new(SealedStore::new(local, self.object_root()?, Arc::clone(keys))),
        })
    }

    fn log_store(&self, table: T) -> Result<LogStoreRef, StoreFault> {
        let folder = self.folder(table);
        std::fs::create_dir_all(&folder).map_err(|source| StoreFault::Folder { table: table.name(), source })?;
        let url = deltalake::ensure_table_uri(folder.to_string_lossy()).map_err(StoreFault::delta("naming", table))?;
        let made = match self.keys {
            None => logstore_for(&url, StorageConfig::default()),
            Some(_) => logstore_with(self.store()?, &url, StorageConfig::default()),
        };
        made.map_err(StoreFault::delta("naming", table))
    }

    /// The table at its latest version.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub async fn table(&self, table: T) -> Result<DeltaTable, StoreFault> {
        let log_store = self.log_store(table)?;
        let folder = self.folder(table);
        if is_unmade(&folder).map_err(|source| StoreFault::Folder { table: table.name(), source })? {
            return self.create(table, log_store).await;
        }
        let mut delta = DeltaTable::new(log_store);
        delta.load().await.map_err(StoreFault::delta("opening", table))?;
        let columns = delta.snapshot().map_err(StoreFault::delta("opening", table))?.schema();
        if table.schema().fields().iter().any(|field| columns.field(field.name()).is_none()) {
            return Err(StoreFault::Older { table: table.name() });
        }
        Ok(delta)
    }

    async fn create(&self, table: T, log_store: LogStoreRef) -> Result<DeltaTable, StoreFault> {
        let schema: StructType = table.schema().as_ref().try_into_kernel().expect("the columns are of kinds that Delta knows");
        deltalake::operations::create::CreateBuilder::new()
            .with_log_store(log_store)
            .with_table_name(table.name())
            .with_columns(schema.fields().cloned())
            .with_partition_columns(table.partition())
            .with_save_mode(SaveMode::Ignore)
            .await
            .map_err(StoreFault::delta("making", table))
    }

    /// The version of the pseudonym's key that a table says its people are under; `None` when it was never rekeyed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn pseudonym_version(&self, table: T) -> Result<Option<KeyVersion>, StoreFault> {
        Ok(self.noted(table, None, PSEUDONYM_KEY).await?.and_then(|version| KeyVersion::try_from(version).ok()))
    }

    /// Puts the rows of a query over the zone in the place of the table's, in one commit; gives how many rows stay.
    ///
    /// # Errors
    /// When the query fails or the table cannot be written; then the table is as it was.
    pub(crate) async fn rewrite(&self, table: T, context: &SessionContext, sql: &str) -> Result<u64, StoreFault> {
        self.rewrite_each(table, context, sql, None, |batch| batch).await
    }

    /// As [`Self::rewrite`], changing each batch; says of the table, in the same commit, which version of the pseudonym's key it is under.
    pub(crate) async fn rewrite_each(
        &self,
        table: T,
        context: &SessionContext,
        sql: &str,
        pseudonym_version: Option<KeyVersion>,
        mut change: impl FnMut(RecordBatch) -> RecordBatch,
    ) -> Result<u64, StoreFault> {
        let fault = || StoreFault::query("reading the rows of a table");
        let mut stream = context.sql(sql).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
        let mut writer = self.writer(table).await?;
        while let Some(batch) = stream.next().await {
            let batch = as_table(table, &change(batch.map_err(fault())?)).map_err(fault())?;
            writer.write(batch).await?;
        }
        let rows = writer.rows();
        if let Some(version) = pseudonym_version {
            writer = writer.note(PSEUDONYM_KEY, i64::from(version));
        }
        writer.replace(None).await?;
        Ok(rows)
    }

    /// The latest version of a table.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn version(&self, table: T) -> Result<u64, StoreFault> {
        Ok(self.table(table).await?.version().unwrap_or(0))
    }

    /// How many rows a table holds, or a partition of it, as its log tells.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn rows(&self, table: T, partition: Option<&str>) -> Result<u64, StoreFault> {
        let delta = self.table(table).await?;
        let files: Vec<_> = delta
            .get_active_add_actions_by_predicate(None)
            .try_collect()
            .await
            .map_err(StoreFault::delta("counting the rows of", table))?;
        let column = table.partition().unwrap_or_default();
        let is_asked =
            |values: HashMap<String, Option<String>>| partition.is_none() || values.get(column).cloned().flatten().as_deref() == partition;
        Ok(files.iter().filter(|file| is_asked(file.partition_values_map())).map(|file| file.num_records().unwrap_or(0) as u64).sum())
    }

    /// A number that a writer noted under this name with a commit of the table (see [`Writer::note`]), as known at a version, or at the latest; `None` when
    /// it was never noted.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn noted(&self, table: T, version: Option<u64>, name: &'static str) -> Result<Option<i64>, StoreFault> {
        let fault = |source| StoreFault::delta("reading what was noted with", table)(source);
        let mut delta = self.table(table).await?;
        if let Some(version) = version {
            delta.load_version(version).await.map_err(fault)?;
        }
        delta.snapshot().map_err(fault)?.transaction_version(delta.log_store().as_ref(), name).await.map_err(fault)
    }

    /// As [`Self::noted`], several names at the latest version.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn notes<const N: usize>(&self, table: T, names: [&'static str; N]) -> Result<[Option<i64>; N], StoreFault> {
        let fault = |source| StoreFault::delta("reading what was noted with", table)(source);
        let delta = self.table(table).await?;
        let (snapshot, log) = (delta.snapshot().map_err(fault)?, delta.log_store());
        let mut notes = [None; N];
        for (note, name) in notes.iter_mut().zip(names) {
            *note = snapshot.transaction_version(log.as_ref(), name).await.map_err(fault)?;
        }
        Ok(notes)
    }

    /// The files of a table at a version, or of one partition of it; nothing when that version is no longer known.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn files_at(&self, table: T, version: u64, partition: Option<&str>) -> Result<Option<BTreeSet<String>>, StoreFault> {
        let mut delta = self.table(table).await?;
        if delta.version() != Some(version) && delta.load_version(version).await.is_err() {
            return Ok(None);
        }
        let files: Vec<_> = delta
            .get_active_add_actions_by_predicate(None)
            .try_collect()
            .await
            .map_err(StoreFault::delta("reading the files of", table))?;
        let column = table.partition().unwrap_or_default();
        let is_asked =
            |values: HashMap<String, Option<String>>| partition.is_none() || values.get(column).cloned().flatten().as_deref() == partition;
        let asked = files.iter().filter(|file| is_asked(file.partition_values_map()));
        Ok(Some(asked.map(|file| file.path().into_owned()).collect()))
    }

    /// How many files the tables name, at their latest versions, that are no longer there. A query may succeed without them: statistics answer some.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn lost(&self) -> Result<u64, StoreFault> {
        let mut lost = 0;
        for table in T::ALL {
            let delta = self.table(*table).await?;
            let named = delta.get_active_add_actions_by_predicate(None).try_collect::<Vec<_>>().await;
            let folder = self.folder(*table);
            let files = named.map_err(StoreFault::delta("reading", *table))?;
            lost += files.iter().filter(|file| !folder.join(file.path().as_ref()).exists()).count() as u64;
        }
        Ok(lost)
    }

    /// A writer that streams batches to files and commits them at the end.
    ///
    /// # Errors
    /// When the table cannot be opened.
    pub async fn writer(&self, table: T) -> Result<Writer<T>, StoreFault> {
        let delta = self.table(table).await?;
        let parts = Parts { table: table.name(), folder: self.folder(table), schema: table.schema() };
        let sink = if table.is_of_people() {
            Sink::Runs(Box::new(Runs::new(parts.clone())))
        } else {
            let writer = RecordBatchWriter::for_table(&delta).map_err(StoreFault::delta("writing", table))?;
            let writer = writer.with_writer_properties(part::properties().build()).with_target_file_size(part::FILE_BYTES_TARGET as u64);
            Sink::Engine(Box::new(writer))
        };
        Ok(Writer { table, parts, delta, sink, added: Vec::new(), gone: Vec::new(), rows: 0, notes: Vec::new() })
    }

    /// Deletes the files of a partition that no version in force names any more: what was erased is gone, not hidden.
    ///
    /// # Errors
    /// When the files cannot be deleted.
    pub fn purge(&self, table: T, partition: &str) -> Result<(), StoreFault> {
        let column = table.partition().unwrap_or_default();
        let folder = self.folder(table).join(format!("{column}={partition}"));
        match std::fs::remove_dir_all(folder) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(StoreFault::Folder { table: table.name(), source }),
        }
    }

    /// The partitions of which files lie in the table's folder, named by a version in force or not.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn partitions(&self, table: T) -> Result<BTreeSet<String>, StoreFault> {
        let Some(column) = table.partition() else { return Ok(BTreeSet::new()) };
        let fault = |source| StoreFault::Folder { table: table.name(), source };
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(self.folder(table)).map_err(fault)? {
            let name = entry.map_err(fault)?.file_name();
            let value = name.to_str().and_then(|name| name.strip_prefix(column)?.strip_prefix('='));
            found.extend(value.map(str::to_owned));
        }
        Ok(found)
    }

    /// A query context over the zone's tables at their latest versions.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn context(&self) -> Result<SessionContext, StoreFault> {
        self.context_of(&T::ALL.iter().map(|table| (*table, None)).collect::<Vec<_>>()).await
    }

    /// A query context over some tables only, each at its latest version or at a given one.
    ///
    /// # Errors
    /// When a table cannot be read at that version.
    pub async fn context_of(&self, tables: &[(T, Option<u64>)]) -> Result<SessionContext, StoreFault> {
        let mut runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(QUERY_MEMORY_BYTES_MAX)));
        if self.keys.is_some() {
            runtime = runtime.with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled));
        }
        let runtime = runtime.build_arc().map_err(StoreFault::query("preparing the query engine"))?;
        if self.keys.is_some() {
            // The engine knows the local file system already, and would read sealed objects as they lie there.
            runtime.register_object_store(ObjectStoreUrl::local_filesystem().as_ref(), self.store()?);
        }
        let context = SessionContext::new_with_config_rt(SessionConfig::new().with_information_schema(false), runtime);
        for (table, version) in tables {
            let mut delta = self.table(*table).await?;
            if let Some(version) = version {
                delta.load_version(*version).await.map_err(StoreFault::delta("reading a version of", *table))?;
            }
            delta.update_datafusion_session(&context.state()).map_err(StoreFault::delta("reading", *table))?;
            let provider = delta.table_provider().await.map_err(StoreFault::query("reading a table"))?;
            context.register_table(table.name(), provider).map_err(StoreFault::query("registering a table"))?;
        }
        Ok(context)
    }
}

/// Whether a table was never made, or its making was interrupted before its first commit. A table that lost its log but not its files is neither.
fn is_unmade(folder: &Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        if entry?.file_name() != "_delta_log" {
            return Ok(false);
        }
    }
    let log = folder.join("_delta_log");
    if !log.exists() {
        return Ok(true);
    }
    // A commit that was being written has another ending until it is whole.
    let is_commit = |path: PathBuf| path.extension().is_some_and(|extension| extension == "json" || extension == "parquet");
    for entry in std::fs::read_dir(log)? {
        if is_commit(entry?.path()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Streams batches into a table.
pub struct Writer<T: Table> {
    table: T,
    parts: Parts,
    delta: DeltaTable,
    sink: Sink,
    added: Vec<Written>,
    pub(crate) gone: Vec<Remove>,
    rows: u64,
    pub(crate) notes: Vec<Transaction>,
}

/// Where batches go.
enum Sink {
    /// Files of the engine's making, sealed when the zone is.
    Engine(Box<RecordBatchWriter>),
    /// Runs by person.
    Runs(Box<Runs>),
}

impl Writer<StatisticalTable> {
    /// Where other threads may make files of this table; they count once they are handed to [`Self::add`].
    #[must_use]
    pub fn parts(&self) -> Parts {
        self.parts.clone()
    }

    pub(crate) fn delta(&self) -> &DeltaTable {
        &self.delta
    }

    pub(crate) fn table(&self) -> StatisticalTable {
        self.table
    }

    /// The version that the writer began from.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.delta.version().unwrap_or(0)
    }

    /// Takes a file that is whole.
    pub fn add(&mut self, written: Written) {
        self.added.push(written);
    }
}

impl<T: Table> Writer<T> {
    /// Writes a batch.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), StoreFault> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.rows += batch.num_rows() as u64;
        match &mut self.sink {
            Sink::Engine(writer) => writer.write(batch).await.map_err(StoreFault::delta("writing", self.table)),
            Sink::Runs(runs) => runs.write(batch),
        }
    }

    /// Rows written so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Notes a number in the commit that replaces: it is known with the rows or not at all; see [`Zone::noted`].
    #[must_use]
    pub fn note(mut self, name: &'static str, value: i64) -> Self {
        self.notes.push(Transaction::new(name, value));
        self
    }

    /// Makes what was written part of the table; gives the version. Nothing written, no new version.
    ///
    /// # Errors
    /// When the commit fails; then nothing was added.
    pub async fn append(mut self) -> Result<u64, StoreFault> {
        let before = self.delta.version().unwrap_or(0);
        let mut actions = self.flush().await?;
        actions.extend(self.notes.drain(..).map(Action::Txn));
        if actions.is_empty() {
            return Ok(before);
        }
        self.commit(actions, SaveMode::Append).await
    }

    /// Closes the files; gives what adds them to the table.
    pub(crate) async fn flush(&mut self) -> Result<Vec<Action>, StoreFault> {
        let mut actions: Vec<Action> = self.added.drain(..).map(|written| Action::Add(written.0)).collect();
        match &mut self.sink {
            Sink::Engine(writer) => {
                let added = writer.flush().await.map_err(StoreFault::delta("writing", self.table))?;
                actions.extend(added.into_iter().map(Action::Add));
            }
            Sink::Runs(runs) => actions.extend(runs.finish()?.into_iter().map(|written| Action::Add(written.0))),
        }
        Ok(actions)
    }

    pub(crate) async fn commit(self, actions: Vec<Action>, mode: SaveMode) -> Result<u64, StoreFault> {
        let fault = |source| StoreFault::delta("committing to", self.table)(source);
        let partition_by = self.table.partition().map(|column| vec![column.to_owned()]);
        let operation = DeltaOperation::Write { mode, partition_by, predicate: None };
        let snapshot = self.delta.snapshot().map_err(fault)?;
        let commit = CommitBuilder::default().with_actions(actions).build(Some(snapshot), self.delta.log_store(), operation);
        Ok(commit.await.map_err(fault)?.version())
    }

    /// Puts what was written in the place of the partition (or of the whole table when `None`), in one commit; gives the version.
    ///
    /// # Errors
    /// When the commit fails; then the table is as it was.
    pub async fn replace(mut self, partition: Option<&str>) -> Result<u64, StoreFault> {
        let fault = StoreFault::delta("replacing", self.table);
        let mut actions = self.flush().await?;
        actions.extend(self.notes.drain(..).map(Action::Txn));
        let column = self.table.partition();
        let files: Vec<_> = self.delta.get_active_add_actions_by_predicate(None).try_collect().await.map_err(fault)?;
        for file in files {
            let value = column.and_then(|column| file.partition_values_map().get(column).cloned().flatten());
            if partition.is_none() || value.as_deref() == partition {
                actions.push(Action::Remove(file.remove_action(true)));
            }
        }
        self.commit(actions, SaveMode::Overwrite).await
    }
}

/// The batch with the table's columns, in their order and kinds.
fn as_table(table: impl Table, batch: &RecordBatch) -> Result<RecordBatch, DataFusionError> {
    let schema = table.schema();
    let columns = schema.fields().iter().map(|field| {
        let column = batch.column_by_name(field.name()).ok_or_else(|| DataFusionError::Plan(format!("no column {}", field.name())))?;
        Ok(cast(column, field.data_type())?)
    });
    Ok(RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, DataFusionError>>()?)?)
}
