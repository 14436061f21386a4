//! A zone: a folder of Delta tables, made at first use.
//!
//! Writing streams to files that nobody sees until the commit; replacing writes the new files first and swaps them in one commit. Reading registers the
//! tables of one zone, at one version each, in a query context with a bounded memory.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::CommitBuilder;
use deltalake::kernel::{Action, StructType, Transaction};
use deltalake::parquet::basic::{Compression, ZstdLevel};
use deltalake::parquet::file::properties::WriterProperties;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::writer::{DeltaWriter, RecordBatchWriter};
use deltalake::{DeltaTable, DeltaTableError};
use futures::TryStreamExt;

use crate::table::{IdentifyingTable, StatisticalTable, Table};

/// Memory that queries may hold before they spill to disk.
const QUERY_MEMORY_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// A data file is closed when it reaches this size.
const FILE_BYTES_TARGET: u64 = 128 * 1024 * 1024;

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

    fn delta<T: Table>(doing: &'static str, table: T) -> impl FnOnce(DeltaTableError) -> Self {
        move |source| Self::Delta { doing, table: table.name(), source: Box::new(source) }
    }
}

/// A zone of the lake.
#[derive(Debug, Clone)]
pub struct Zone<T: Table> {
    root: PathBuf,
    tables: PhantomData<T>,
}

/// The zone that knows pseudonyms only.
pub type Statistical = Zone<StatisticalTable>;
/// The zone that knows identities.
pub type Identifying = Zone<IdentifyingTable>;

impl<T: Table> Zone<T> {
    /// The zone under the lake's folder (`lake/statistical`, `lake/identifying`); its tables are made when missing.
    ///
    /// # Errors
    /// When a folder or a table cannot be made.
    pub async fn open(lake: &Path) -> Result<Self, StoreFault> {
        let zone = Self { root: lake.join(T::ZONE), tables: PhantomData };
        for table in T::ALL {
            zone.table(*table).await?;
        }
        Ok(zone)
    }

    /// The table at its latest version.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub async fn table(&self, table: T) -> Result<DeltaTable, StoreFault> {
        let folder = self.root.join(table.name());
        let fault = |source| StoreFault::Folder { table: table.name(), source };
        std::fs::create_dir_all(&folder).map_err(fault)?;
        let url = deltalake::ensure_table_uri(folder.to_string_lossy()).map_err(StoreFault::delta("naming", table))?;
        if is_unmade(&folder).map_err(fault)? {
            return self.create(table, url.as_str()).await;
        }
        deltalake::open_table(url).await.map_err(StoreFault::delta("opening", table))
    }

    async fn create(&self, table: T, url: &str) -> Result<DeltaTable, StoreFault> {
        let schema: StructType = table.schema().as_ref().try_into_kernel().expect("the columns are of kinds that Delta knows");
        deltalake::operations::create::CreateBuilder::new()
            .with_location(url)
            .with_table_name(table.name())
            .with_columns(schema.fields().cloned())
            .with_partition_columns(table.partition())
            .with_save_mode(SaveMode::Ignore)
            .await
            .map_err(StoreFault::delta("making", table))
    }

    /// The latest version of a table.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn version(&self, table: T) -> Result<u64, StoreFault> {
        Ok(self.table(table).await?.version().unwrap_or(0))
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

    /// A writer that streams batches to files and commits them at the end.
    ///
    /// # Errors
    /// When the table cannot be opened.
    pub async fn writer(&self, table: T) -> Result<Writer<T>, StoreFault> {
        let delta = self.table(table).await?;
        let fault = StoreFault::delta("writing", table);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_truncate_length(Some(64))
            .build();
        let writer = RecordBatchWriter::for_table(&delta)
            .map_err(fault)?
            .with_writer_properties(properties)
            .with_target_file_size(FILE_BYTES_TARGET);
        Ok(Writer { table, delta, writer, rows: 0, notes: Vec::new() })
    }

    /// Deletes the files of a partition that no version in force names any more: what was erased is gone, not hidden.
    ///
    /// # Errors
    /// When the files cannot be deleted.
    pub fn purge(&self, table: T, partition: &str) -> Result<(), StoreFault> {
        let column = table.partition().unwrap_or_default();
        let folder = self.root.join(table.name()).join(format!("{column}={partition}"));
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
        for entry in std::fs::read_dir(self.root.join(table.name())).map_err(fault)? {
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
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(QUERY_MEMORY_BYTES_MAX)))
            .build_arc()
            .map_err(StoreFault::query("preparing the query engine"))?;
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
    delta: DeltaTable,
    writer: RecordBatchWriter,
    rows: u64,
    notes: Vec<Transaction>,
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
        self.writer.write(batch).await.map_err(StoreFault::delta("writing", self.table))
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
        if self.rows == 0 {
            return Ok(self.delta.version().unwrap_or(0));
        }
        let version = self.writer.flush_and_commit(&mut self.delta).await.map_err(StoreFault::delta("committing to", self.table))?;
        Ok(version)
    }

    /// Puts what was written in the place of the partition (or of the whole table when `None`), in one commit; gives the version.
    ///
    /// # Errors
    /// When the commit fails; then the table is as it was.
    pub async fn replace(mut self, partition: Option<&str>) -> Result<u64, StoreFault> {
        let fault = |source| StoreFault::delta("replacing", self.table)(source);
        let added = self.writer.flush().await.map_err(fault)?;
        let mut actions: Vec<Action> = added.into_iter().map(Action::Add).collect();
        actions.extend(self.notes.drain(..).map(Action::Txn));
        let column = self.table.partition();
        let files: Vec<_> = self.delta.get_active_add_actions_by_predicate(None).try_collect().await.map_err(fault)?;
        for file in files {
            let value = column.and_then(|column| file.partition_values_map().get(column).cloned().flatten());
            if partition.is_none() || value.as_deref() == partition {
                actions.push(Action::Remove(file.remove_action(true)));
            }
        }
        let operation =
            DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: column.map(|c| vec![c.to_owned()]), predicate: None };
        let snapshot = self.delta.snapshot().map_err(fault)?;
        let committed =
            CommitBuilder::default().with_actions(actions).build(Some(snapshot), self.delta.log_store(), operation).await.map_err(fault)?;
        Ok(committed.version())
    }
}
