//! A data file of a table, written from any thread, without the engine.
//!
//! It is streamed to disk and named by nobody until a [`Writer`](crate::Writer) commits it; one that is dropped before it is finished takes its file away.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use deltalake::kernel::Add;
use deltalake::parquet::arrow::ArrowWriter;
use deltalake::parquet::basic::{Compression, Encoding, ZstdLevel};
use deltalake::parquet::errors::ParquetError;
use deltalake::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use deltalake::parquet::schema::types::ColumnPath;
use serde_json::json;

use crate::table::{StatisticalTable, Table};
use crate::zone::StoreFault;

/// A data file is closed when it reaches this size,
pub(crate) const FILE_BYTES_TARGET: usize = 128 * 1024 * 1024;
/// and one of careers at this one: when the rows of a few people change, it is written again.
pub(crate) const CAREER_FILE_BYTES_TARGET: usize = 8 * 1024 * 1024;
/// Rows of a row group, at most: readers share out row groups among their threads.
const GROUP_ROWS_MAX: usize = 65_536;
/// Columns whose values hardly repeat: looking each up in a dictionary would be work for nothing.
const OWN_VALUES: [&str; 7] = ["person", "declaration", "numero", "hours_centi", "gross_centimes", "identite", "version"];

/// Columns of the careers in which neighbours are alike or near: the difference is written.
const NEIGHBOURS: [&str; 10] = [
    "person",
    "date_debut",
    "month",
    "date_fin",
    "first_month",
    "last_month",
    "hours_centi",
    "gross_centimes",
    "hours_unpaid_centi",
    "hours_extra_centi",
];
/// Columns of the careers by which rows are sorted or searched: others say nothing of the row groups that hold a value.
const BOUNDED: [&str; 5] = ["person", "month", "first_month", "last_month", "date_fin"];

/// How the data files of spells and months are written: as many rows as declarations have, so as fast as they come.
fn career_properties() -> WriterPropertiesBuilder {
    let common = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_statistics_enabled(EnabledStatistics::None)
        // Row groups that are copied have none, and a file has them all or none.
        .set_offset_index_disabled(true)
        .set_statistics_truncate_length(Some(64));
    let by_difference = |properties: WriterPropertiesBuilder, column: &&str| {
        let column = ColumnPath::from(*column);
        properties.set_column_dictionary_enabled(column.clone(), false).set_column_encoding(column, Encoding::DELTA_BINARY_PACKED)
    };
    let common = NEIGHBOURS.iter().fold(common, by_difference);
    BOUNDED
        .iter()
        .fold(common, |properties, column| properties.set_column_statistics_enabled(ColumnPath::from(*column), EnabledStatistics::Chunk))
}

/// How the data files of a table are written.
pub(crate) fn properties_of(table: &str) -> WriterProperties {
    let is_of_careers = table == StatisticalTable::Spells.name() || table == StatisticalTable::Months.name();
    if is_of_careers { career_properties().build() } else { properties().build() }
}

/// How every other data file is written.
pub(crate) fn properties() -> WriterPropertiesBuilder {
    let common = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // Row groups that are copied have none, and a file has them all or none.
        .set_offset_index_disabled(true)
        .set_statistics_truncate_length(Some(64));
    OWN_VALUES.iter().fold(common, |properties, column| properties.set_column_dictionary_enabled(ColumnPath::from(*column), false))
}

/// Where new data files of a table are made.
#[derive(Debug, Clone)]
pub struct Parts {
    pub(crate) table: &'static str,
    pub(crate) folder: PathBuf,
    pub(crate) schema: SchemaRef,
}

impl Parts {
    /// Files of a table's columns that are for no table: they are made in this folder.
    #[must_use]
    pub fn outside(table: StatisticalTable, folder: &Path) -> Self {
        Self { table: table.name(), folder: folder.to_owned(), schema: table.schema() }
    }

    /// A new file; it counts once a writer of the table is given it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn next(&self) -> Result<Part, StoreFault> {
        Part::create(self.table, &self.folder, SchemaRef::clone(&self.schema))
    }
}

/// A data file being written.
pub struct Part {
    table: &'static str,
    name: String,
    path: PathBuf,
    /// None once it is finished.
    writer: Option<ArrowWriter<BufWriter<File>>>,
    rows: u64,
}

/// A data file that is whole on disk and waits for its commit.
#[derive(Debug)]
pub struct Written(pub(crate) Add, u64);

impl Written {
    /// How many rows the file holds.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.1
    }

    /// The same file, as one of a partition.
    pub(crate) fn of_partition(mut self, values: HashMap<String, Option<String>>) -> Self {
        self.0.partition_values = values;
        self
    }

    /// Puts a file on disk for good.
    pub(crate) fn whole(table: &'static str, file: BufWriter<File>, name: String, rows: u64) -> Result<Self, StoreFault> {
        let io = |source| StoreFault::Folder { table, source };
        let file = file.into_inner().map_err(|error| io(error.into_error()))?;
        file.sync_all().map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        let modified = metadata.modified().map_err(io)?.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let stats = json!({ "numRecords": rows, "minValues": {}, "maxValues": {}, "nullCount": {} });
        Ok(Self(
            Add {
                path: name,
                size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
                modification_time: i64::try_from(modified).unwrap_or(i64::MAX),
                data_change: true,
                stats: Some(stats.to_string()),
                ..Add::default()
            },
            rows,
        ))
    }
}

/// A name for a data file that no other file has.
pub(crate) fn name() -> Result<String, StoreFault> {
    Ok(format!("part-00000-{}-c000.zstd.parquet", unique()?))
}

impl Part {
    fn create(table: &'static str, folder: &Path, schema: SchemaRef) -> Result<Self, StoreFault> {
        let name = name()?;
        let path = folder.join(&name);
        let file = File::create_new(&path).map_err(|source| StoreFault::Folder { table, source })?;
        let writer = ArrowWriter::try_new(BufWriter::new(file), schema, Some(properties_of(table))).map_err(fault(table))?;
        Ok(Self { table, name, path, writer: Some(writer), rows: 0 })
    }

    /// Writes a batch of the table's columns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreFault> {
        self.rows += batch.num_rows() as u64;
        self.writer().write(batch).map_err(fault(self.table))
    }

    /// Ends the row group: what follows is read apart from what came before.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn cut(&mut self) -> Result<(), StoreFault> {
        self.writer().flush().map_err(fault(self.table))
    }

    /// Whether the next rows are for another file.
    pub fn is_full(&mut self) -> bool {
        let is_of_careers = self.table == StatisticalTable::Spells.name() || self.table == StatisticalTable::Months.name();
        self.writer().bytes_written() >= if is_of_careers { CAREER_FILE_BYTES_TARGET } else { FILE_BYTES_TARGET }
    }

    /// Makes the file whole, on disk for good. One without rows is none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<Option<Written>, StoreFault> {
        let Some(writer) = self.writer.take().filter(|_| self.rows > 0) else { return Ok(None) };
        let file = writer.into_inner().map_err(fault(self.table))?;
        let written = Written::whole(self.table, file, std::mem::take(&mut self.name), self.rows)?;
        self.path.clear();
        Ok(Some(written))
    }

    fn writer(&mut self) -> &mut ArrowWriter<BufWriter<File>> {
        self.writer.as_mut().unwrap_or_else(|| unreachable!("a finished part is consumed"))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            drop(self.writer.take());
            // Nobody names it: left behind, it is waste that the next purge takes away.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(crate) fn fault(table: &'static str) -> impl Fn(ParquetError) -> StoreFault {
    move |source| StoreFault::Parquet { table, source: Box::new(source) }
}

/// A name that no other file has.
fn unique() -> Result<String, StoreFault> {
    let mut bytes = [0u8; 16];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes).map_err(|_| StoreFault::Random)?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}
