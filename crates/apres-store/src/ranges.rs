//! The rows of a range of people, read straight from the files of a table, from any thread.
//!
//! Row groups that hold nobody of the range are not opened. Nothing relies on the order in which rows were written: it only makes this fast.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch, new_null_array};
use datafusion::arrow::compute::{filter_record_batch, is_not_null};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use deltalake::parquet::arrow::ProjectionMask;
use deltalake::parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter,
};
use deltalake::parquet::file::metadata::RowGroupMetaData;
use deltalake::parquet::file::statistics::Statistics;
use futures::TryStreamExt;

use crate::part::fault;
use crate::table::{StatisticalTable, Table};
use crate::zone::{Statistical, StoreFault};

#[cfg(test)]
mod tests;

/// Rows of a batch, at most.
const BATCH_ROWS_MAX: usize = 16_384;
/// Texts of which nearly every row has its own: a dictionary of them would be larger than they are.
const OWN_TEXTS: [&str; 4] = ["numero", "utilisateur", "ancien_numero", "identite"];

/// People whose pseudonyms lie between two bounds, included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonRange {
    first: i64,
    last: i64,
}

impl PersonRange {
    /// Everybody.
    pub const ALL: Self = Self { first: 0, last: i64::MAX };

    /// Everybody, in this many ranges of one width; rounded up to a power of two.
    #[must_use]
    pub fn split(ranges: u64) -> Vec<Self> {
        let bits = ranges.clamp(1, 1 << 20).next_power_of_two().trailing_zeros();
        let width = 1_u64 << (63 - bits);
        let bound = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        (0..1_u64 << bits).map(|place| Self { first: bound(place * width), last: bound(place * width + (width - 1)) }).collect()
    }

    /// The first and the last pseudonym.
    #[must_use]
    pub fn bounds(self) -> (u64, u64) {
        (self.first.unsigned_abs(), self.last.unsigned_abs())
    }

    /// The first pseudonym of the range, and how many bits tell its people apart.
    #[must_use]
    pub fn origin(self) -> (u64, u32) {
        let width = self.last.abs_diff(self.first);
        (self.first.unsigned_abs(), u64::BITS - width.leading_zeros())
    }

    fn holds(self, person: i64) -> bool {
        self.first <= person && person <= self.last
    }
}

/// Some people, to be looked up; clones share them.
#[derive(Debug, Clone, Default)]
pub struct PersonSet(Arc<[i64]>);

impl PersonSet {
    /// These people, in any order.
    #[must_use]
    pub fn new(people: impl IntoIterator<Item = u64>) -> Self {
        let mut people: Vec<i64> = people.into_iter().map(u64::cast_signed).collect();
        people.sort_unstable();
        people.dedup();
        Self(people.into())
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn holds(&self, person: i64) -> bool {
        self.0.binary_search(&person).is_ok()
    }

    /// Whether somebody may be of the range.
    pub(crate) fn meets(&self, range: PersonRange) -> bool {
        self.0.get(self.0.partition_point(|person| *person < range.first)).is_some_and(|person| *person <= range.last)
    }

    /// Which rows of a column are of these people.
    fn rows(&self, people: &Int64Array) -> BooleanArray {
        let mut last = (None, false);
        let mut holds = |person: Option<i64>| {
            if last.0 != person {
                last = (person, person.is_some_and(|person| self.holds(person)));
            }
            Some(last.1)
        };
        people.iter().map(&mut holds).collect()
    }
}

/// The files of a table of people, at one version.
pub struct People {
    table: &'static str,
    files: Vec<PeopleFile>,
    columns: Vec<Field>,
}

struct PeopleFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    groups: Vec<Group>,
}

/// What the rows of a row group lie between.
struct Group {
    people: PersonRange,
    /// Days that begin months, in days since 1970-01-01.
    months: std::ops::RangeInclusive<i32>,
}

impl Statistical {
    /// As [`Self::people`], but only the files that came after a version; nothing when that version is no longer known, or when rows of it are gone.
    ///
    /// # Errors
    /// When the table or one of its files cannot be opened.
    pub async fn people_since(
        &self,
        table: StatisticalTable,
        version: u64,
        columns: &[&'static str],
    ) -> Result<Option<People>, StoreFault> {
        let Some(before) = self.files_at(table, version, None).await? else { return Ok(None) };
        let mut people = self.people(table, columns).await?;
        let folder = self.folder(table);
        let before: BTreeSet<PathBuf> = before.iter().map(|file| folder.join(file)).collect();
        let now = people.files.len();
        people.files.retain(|file| !before.contains(&file.path));
        Ok((now - people.files.len() == before.len()).then_some(people))
    }

    /// The latest version of a table of people; these columns of it are read, texts as dictionaries but for those that hardly repeat.
    ///
    /// # Errors
    /// When the table or one of its files cannot be opened.
    pub async fn people(&self, table: StatisticalTable, columns: &[&'static str]) -> Result<People, StoreFault> {
        let delta = self.table(table).await?;
        let files: Vec<_> = delta
            .get_active_add_actions_by_predicate(None)
            .try_collect()
            .await
            .map_err(StoreFault::delta("reading the files of", table))?;
        let folder = self.folder(table);
        let open = |path: PathBuf| PeopleFile::open(table.name(), path);
        let files = files.iter().map(|file| open(folder.join(file.path().as_ref()))).collect::<Result<_, _>>()?;
        let schema = table.schema();
        let columns = std::iter::once("person").chain(columns.iter().copied());
        let columns = columns.map(|name| schema.field_with_name(name).unwrap_or_else(|_| unreachable!("{name} is a column")).clone());
        Ok(People { table: table.name(), files, columns: columns.collect() })
    }
}

impl People {
    /// Rows of everybody.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| u64::try_from(file.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)).sum()
    }

    /// Gives the rows of a range, batch by batch.
    ///
    /// # Errors
    /// When a file cannot be read; and the first fault of `each`.
    pub fn read<F: From<StoreFault>>(&self, range: PersonRange, mut each: impl FnMut(RecordBatch) -> Result<(), F>) -> Result<(), F> {
        for file in &self.files {
            let Some(reader) = self.reader(file, |group| group.people.meets(range))? else { continue };
            for batch in reader.build().map_err(fault(self.table))? {
                let batch = batch.map_err(|error| fault(self.table)(error.into()))?;
                let batch = range.of(&batch).and_then(|batch| self.completed(&batch)).map_err(|error| fault(self.table)(error.into()))?;
                if batch.num_rows() > 0 {
                    each(batch)?;
                }
            }
        }
        Ok(())
    }
}

impl People {
    /// Gives the rows of some people, batch by batch. In row groups that hold some, the other columns are understood for their rows only. One file in `turns` is
    /// read, from the `turn`-th on.
    ///
    /// # Errors
    /// When a file cannot be read; and the first fault of `each`.
    pub fn read_people<F: From<StoreFault>>(
        &self,
        people: &PersonSet,
        (turn, turns): (usize, usize),
        mut each: impl FnMut(RecordBatch) -> Result<(), F>,
    ) -> Result<(), F> {
        for file in self.files.iter().skip(turn).step_by(turns.max(1)) {
            let Some(reader) = self.reader(file, |group| people.meets(group.people))? else { continue };
            let (people, mask) = (people.clone(), ProjectionMask::columns(file.metadata.parquet_schema(), ["person"]));
            let is_one = ArrowPredicateFn::new(mask, move |batch| Ok(people.rows(batch.column(0).as_primitive::<Int64Type>())));
            let reader = reader.with_row_filter(RowFilter::new(vec![Box::new(is_one)]));
            for batch in reader.build().map_err(fault(self.table))? {
                let batch = batch.and_then(|batch| self.completed(&batch)).map_err(|error| fault(self.table)(error.into()))?;
                if batch.num_rows() > 0 {
                    each(batch)?;
                }
            }
        }
        Ok(())
    }

    /// Gives the rows of the row groups that may tell of one of these months (first days, since 1970-01-01), batch by batch, of one file in `turns`, from the `turn`-th on.
    ///
    /// # Errors
    /// When a file cannot be read; and the first fault of `each`.
    pub fn read_months<F: From<StoreFault>>(
        &self,
        months: &BTreeSet<i32>,
        (turn, turns): (usize, usize),
        mut each: impl FnMut(RecordBatch) -> Result<(), F>,
    ) -> Result<(), F> {
        for file in self.files.iter().skip(turn).step_by(turns.max(1)) {
            let tells = |group: &Group| !group.months.is_empty() && months.range(group.months.clone()).next().is_some();
            let Some(reader) = self.reader(file, tells)? else { continue };
            for batch in reader.build().map_err(fault(self.table))? {
                each(batch.and_then(|batch| self.completed(&batch)).map_err(|error| fault(self.table)(error.into()))?)?;
            }
        }
        Ok(())
    }

    /// The file, its row groups that may hold someone, and the columns asked for; nothing when there is none.
    fn reader(
        &self,
        file: &PeopleFile,
        is_met: impl Fn(&Group) -> bool,
    ) -> Result<Option<ParquetRecordBatchReaderBuilder<File>>, StoreFault> {
        let groups: Vec<usize> = file.groups.iter().enumerate().filter(|(_, group)| is_met(group)).map(|(place, _)| place).collect();
        if groups.is_empty() {
            return Ok(None);
        }
        let opened = File::open(&file.path).map_err(|source| StoreFault::Folder { table: self.table, source })?;
        let mask = ProjectionMask::columns(file.metadata.parquet_schema(), self.columns.iter().map(|column| column.name().as_str()));
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(opened, file.metadata.clone());
        Ok(Some(reader.with_projection(mask).with_row_groups(groups).with_batch_size(BATCH_ROWS_MAX)))
    }

    /// Columns that the file does not have, being older than they are, hold nothing.
    fn completed(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        if batch.num_columns() == self.columns.len() {
            return Ok(batch.clone());
        }
        let (mut fields, mut arrays) = (batch.schema().fields().to_vec(), batch.columns().to_vec());
        for column in self.columns.iter().filter(|column| batch.column_by_name(column.name()).is_none()) {
            arrays.push(new_null_array(column.data_type(), batch.num_rows()));
            fields.push(Arc::new(column.clone()));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
    }
}

impl PeopleFile {
    fn open(table: &'static str, path: PathBuf) -> Result<Self, StoreFault> {
        let file = File::open(&path).map_err(|source| StoreFault::Folder { table, source })?;
        let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(fault(table))?;
        let options = ArrowReaderOptions::new().with_schema(as_read(plain.schema()));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options).map_err(fault(table))?;
        let place = |name: &str| metadata.parquet_schema().columns().iter().position(|column| column.name() == name);
        let (person, month) = (place("person"), place("month"));
        let groups = metadata.metadata().row_groups().iter().map(|group| Group {
            people: person.map_or(PersonRange::ALL, |at| range_of(group, at)),
            months: month.and_then(|at| months_of(group, at)).unwrap_or(i32::MIN..=i32::MAX),
        });
        let groups = groups.collect();
        Ok(Self { path, metadata, groups })
    }
}

impl PersonRange {
    fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// The rows of this range: a slice when the batch is sorted.
    fn of(self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let people: &Int64Array =
            batch.column_by_name("person").unwrap_or_else(|| unreachable!("it is always read")).as_primitive::<Int64Type>();
        let values = people.values();
        if people.null_count() == 0 && values.is_sorted() {
            let from = values.partition_point(|person| *person < self.first);
            let to = values.partition_point(|person| *person <= self.last);
            return Ok(batch.slice(from, to - from));
        }
        let is_known = is_not_null(people)?;
        let keep: BooleanArray =
            values.iter().zip(is_known.values()).map(|(person, is_known)| Some(is_known && self.holds(*person))).collect();
        filter_record_batch(batch, &keep)
    }
}

/// Bounds of a row group; everybody when it does not say.
pub(crate) fn range_of(group: &RowGroupMetaData, person: usize) -> PersonRange {
    match group.column(person).statistics() {
        Some(Statistics::Int64(bounds)) => match (bounds.min_opt(), bounds.max_opt()) {
            (Some(first), Some(last)) => PersonRange { first: *first, last: *last },
            _ => PersonRange::ALL,
        },
        _ => PersonRange::ALL,
    }
}

/// The first and the last month of a row group, when it says.
fn months_of(group: &RowGroupMetaData, month: usize) -> Option<std::ops::RangeInclusive<i32>> {
    match group.column(month).statistics() {
        Some(Statistics::Int32(bounds)) => Some(*bounds.min_opt()?..=*bounds.max_opt()?),
        _ => None,
    }
}

/// The schema in which a file is read: texts that repeat as dictionaries, so that each is understood once.
fn as_read(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let is_repeated = field.data_type() == &DataType::Utf8 && !OWN_TEXTS.contains(&field.name().as_str());
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        if is_repeated { field.as_ref().clone().with_data_type(kind) } else { field.as_ref().clone() }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
