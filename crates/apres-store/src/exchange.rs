//! Other rows in the place of those of some people, without touching the rows of anybody else.
//!
//! Delta names whole files: those that hold nobody of these people stay, the others are written again without them. In such a file, row groups that hold nobody of
//! them are copied as they lie, so that the work follows the people and their neighbours, not the table. Nothing relies on how rows are laid out; that they are sorted by
//! person only makes neighbours few.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch, new_null_array};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{Int64Type, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use deltalake::kernel::{Action, Remove};
use deltalake::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use deltalake::parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, ArrowWriter, compute_leaves};
use deltalake::parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReader};
use deltalake::parquet::column::writer::ColumnCloseResult;
use deltalake::parquet::file::metadata::RowGroupMetaData;
use deltalake::parquet::file::writer::SerializedFileWriter;
use deltalake::protocol::SaveMode;
use futures::TryStreamExt;
use tokio::task::JoinSet;

use crate::part::{Written, fault, name, properties_of};
use crate::ranges::{PersonSet, range_of};
use crate::table::{StatisticalTable, Table};
use crate::zone::{StoreFault, Writer};

#[cfg(test)]
mod tests;

/// A data file in force.
struct Held {
    path: PathBuf,
    /// Its folder within that of the table, with a final slash, or nothing.
    folder: String,
    partition: HashMap<String, Option<String>>,
    remove: Remove,
}

/// Files that give way, and those that come in their place.
#[derive(Default)]
struct Exchanged {
    gone: Vec<Remove>,
    come: Vec<Written>,
}

impl Writer<StatisticalTable> {
    /// Leaves these people out of the table, or of one partition of it. Nothing is visible before [`Self::exchange`].
    ///
    /// # Errors
    /// When a file cannot be read or written; then the table is as it was.
    pub async fn leave_out(&mut self, people: &PersonSet, partition: Option<&str>) -> Result<(), StoreFault> {
        let (table, schema) = (self.table(), own_columns(self.table()));
        let files: Arc<[Held]> = self.held(partition).await?.into();
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(files.len()) {
            let (people, files, next, schema, root) =
                (people.clone(), Arc::clone(&files), Arc::clone(&next), Arc::clone(&schema), self.parts().folder);
            workers.spawn_blocking(move || {
                let mut exchanged = Exchanged::default();
                while let Some(held) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let rewriting = Rewriting { table: table.name(), root: &root, schema: &schema, people: &people };
                    rewriting.file(held, &mut exchanged)?;
                }
                Ok::<_, StoreFault>(exchanged)
            });
        }
        while let Some(ended) = workers.join_next().await {
            let exchanged = ended.map_err(|_| StoreFault::Stopped)??;
            exchanged.come.into_iter().for_each(|written| self.add(written));
            self.gone.extend(exchanged.gone);
        }
        Ok(())
    }

    /// Puts what was written in the place of what was left out, in one commit, with what was noted; gives the version.
    ///
    /// # Errors
    /// When the commit fails; then the table is as it was.
    pub async fn exchange(mut self) -> Result<u64, StoreFault> {
        let before = self.version();
        let mut actions = self.flush().await?;
        actions.extend(self.gone.drain(..).map(Action::Remove));
        actions.extend(self.notes.drain(..).map(Action::Txn));
        if actions.is_empty() {
            return Ok(before);
        }
        self.commit(actions, SaveMode::Overwrite).await
    }

    async fn held(&mut self, partition: Option<&str>) -> Result<Vec<Held>, StoreFault> {
        let (table, root) = (self.table(), self.parts().folder);
        let delta = self.delta();
        let files: Vec<_> = delta
            .get_active_add_actions_by_predicate(None)
            .try_collect()
            .await
            .map_err(StoreFault::delta("reading the files of", table))?;
        let column = table.partition().unwrap_or_default();
        let held = files.iter().map(|file| {
            let (path, partition) = (file.path(), file.partition_values_map());
            let folder = path.rfind('/').map_or("", |end| &path[..=end]).to_owned();
            Held { path: root.join(path.as_ref()), folder, partition, remove: file.remove_action(true) }
        });
        let is_asked = |held: &Held| partition.is_none() || held.partition.get(column).cloned().flatten().as_deref() == partition;
        Ok(held.filter(is_asked).collect())
    }
}

/// The columns that the files of a table hold: all but the one that their folder tells.
fn own_columns(table: StatisticalTable) -> SchemaRef {
    let schema = table.schema();
    let fields = schema.fields().iter().filter(|field| Some(field.name().as_str()) != table.partition());
    Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()))
}

/// Leaving people out of files.
struct Rewriting<'r> {
    table: &'static str,
    root: &'r Path,
    schema: &'r SchemaRef,
    people: &'r PersonSet,
}

/// A file being read: its metadata, and which of its row groups may hold someone.
struct Read {
    file: File,
    metadata: ArrowReaderMetadata,
}

impl Rewriting<'_> {
    /// Leaves the people out of a file, when it holds some.
    fn file(&self, held: &Held, exchanged: &mut Exchanged) -> Result<(), StoreFault> {
        let read = self.open(&held.path)?;
        let groups = read.metadata.metadata().row_groups();
        let mut touched = vec![false; groups.len()];
        for (place, group) in groups.iter().enumerate() {
            touched[place] = self.may_hold(group) && self.holds(&read, place)?;
        }
        if touched.contains(&true) {
            exchanged.come.extend(self.rewrite(held, &read, &touched)?);
            exchanged.gone.push(held.remove.clone());
        }
        Ok(())
    }

    fn open(&self, path: &Path) -> Result<Read, StoreFault> {
        let file = File::open(path).map_err(|source| StoreFault::Folder { table: self.table, source })?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(fault(self.table))?;
        Ok(Read { file, metadata })
    }

    fn may_hold(&self, group: &RowGroupMetaData) -> bool {
        let person = group.columns().iter().position(|column| column.column_path().string() == "person");
        person.is_none_or(|person| self.people.meets(range_of(group, person)))
    }

    fn holds(&self, read: &Read, group: usize) -> Result<bool, StoreFault> {
        for batch in self.batches(read, group, Some("person"))? {
            let batch = batch.map_err(|error| fault(self.table)(error.into()))?;
            if batch.num_columns() > 0 && self.staying(&batch).is_some_and(|staying| staying.has_false()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn batches(&self, read: &Read, group: usize, column: Option<&str>) -> Result<ParquetRecordBatchReader, StoreFault> {
        let file = read.file.try_clone().map_err(|source| StoreFault::Folder { table: self.table, source })?;
        let parquet = read.metadata.parquet_schema();
        let mask = column.map_or_else(ProjectionMask::all, |column| ProjectionMask::columns(parquet, [column]));
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, read.metadata.clone());
        builder.with_projection(mask).with_row_groups(vec![group]).build().map_err(fault(self.table))
    }

    /// Which rows stay; none is said when the batch names nobody.
    fn staying(&self, batch: &RecordBatch) -> Option<BooleanArray> {
        let people = batch.column_by_name("person")?.as_primitive::<Int64Type>();
        Some(people.iter().map(|person| Some(person.is_none_or(|person| !self.people.holds(person)))).collect())
    }

    /// The file without the people; none when nothing is left of it.
    fn rewrite(&self, held: &Held, read: &Read, touched: &[bool]) -> Result<Option<Written>, StoreFault> {
        let name = format!("{}{}", held.folder, name()?);
        let path = self.root.join(&name);
        let written = self.copy(&name, &path, read, touched);
        if !matches!(written, Ok(Some(_))) {
            // Nobody names it: left behind, it is waste that the next purge takes away.
            let _ = std::fs::remove_file(&path);
        }
        Ok(written?.map(|written| written.of_partition(held.partition.clone())))
    }

    fn copy(&self, name: &str, path: &Path, read: &Read, touched: &[bool]) -> Result<Option<Written>, StoreFault> {
        let io = |source| StoreFault::Folder { table: self.table, source };
        let file = BufWriter::new(File::create_new(path).map_err(io)?);
        let writer = ArrowWriter::try_new(file, Arc::clone(self.schema), Some(properties_of(self.table))).map_err(fault(self.table))?;
        let (mut writer, groups) = writer.into_serialized_writer().map_err(fault(self.table))?;
        let metadata = read.metadata.metadata();
        // A file that is older than a column is written in today's columns.
        let is_alike = metadata.file_metadata().schema_descr().root_schema() == writer.schema_descr().root_schema();
        let mut rows = 0;
        for (place, group) in metadata.row_groups().iter().enumerate() {
            if touched[place] || !is_alike {
                rows += self.encode(&mut writer, &groups, read, place)?;
            } else {
                copy_group(&mut writer, &read.file, group).map_err(fault(self.table))?;
                rows += u64::try_from(group.num_rows()).unwrap_or(0);
            }
        }
        let file = writer.into_inner().map_err(fault(self.table))?;
        if rows == 0 {
            return Ok(None);
        }
        Written::whole(self.table, file, name.to_owned(), rows).map(Some)
    }

    /// Writes the rows of a group that stay; gives how many.
    fn encode(
        &self,
        writer: &mut SerializedFileWriter<BufWriter<File>>,
        groups: &ArrowRowGroupWriterFactory,
        read: &Read,
        group: usize,
    ) -> Result<u64, StoreFault> {
        let arrow = |error: ArrowError| fault(self.table)(error.into());
        let mut columns = groups.create_column_writers(writer.flushed_row_groups().len()).map_err(fault(self.table))?;
        let mut rows = 0;
        for batch in self.batches(read, group, None)? {
            let batch = self.completed(&batch.map_err(arrow)?).map_err(arrow)?;
            let batch = match self.staying(&batch) {
                Some(staying) => filter_record_batch(&batch, &staying).map_err(arrow)?,
                None => batch,
            };
            rows += batch.num_rows() as u64;
            let mut leaves = columns.iter_mut();
            for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
                for leaf in compute_leaves(field, column).map_err(fault(self.table))? {
                    let writer = leaves.next().unwrap_or_else(|| unreachable!("each column has its writer"));
                    writer.write(&leaf).map_err(fault(self.table))?;
                }
            }
        }
        if rows > 0 {
            let mut made = writer.next_row_group().map_err(fault(self.table))?;
            for column in columns {
                column.close().and_then(|chunk| chunk.append_to_row_group(&mut made)).map_err(fault(self.table))?;
            }
            made.close().map_err(fault(self.table))?;
        }
        Ok(rows)
    }

    /// The batch in the columns of the table; those that an older file does not have hold nothing.
    fn completed(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = self.schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
            Some(column) => datafusion::arrow::compute::cast(column, field.data_type()),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        });
        RecordBatch::try_new(Arc::clone(self.schema), columns.collect::<Result<_, _>>()?)
    }
}

/// Copies a row group as it lies.
fn copy_group(
    writer: &mut SerializedFileWriter<BufWriter<File>>,
    from: &File,
    group: &RowGroupMetaData,
) -> Result<(), deltalake::parquet::errors::ParquetError> {
    let mut copied = writer.next_row_group()?;
    for column in group.columns() {
        let close = ColumnCloseResult {
            bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
            rows_written: u64::try_from(group.num_rows()).unwrap_or(0),
            metadata: column.clone(),
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        copied.append_column(from, close)?;
    }
    copied.close().map(|_| ())
}
