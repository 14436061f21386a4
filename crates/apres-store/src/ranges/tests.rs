use datafusion::arrow::array::{ArrayRef, Int32Array, StringArray};
use deltalake::parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::part::Parts;

/// A row of `observations`, as far as these tests look: who, and the year of birth.
type Row = (i64, Option<i32>);

async fn zone() -> (TempDir, Statistical) {
    let folder = tempfile::tempdir().unwrap();
    let zone = Statistical::open(folder.path()).await.unwrap();
    (folder, zone)
}

fn batch(rows: &[Row]) -> RecordBatch {
    let schema = StatisticalTable::Observations.schema();
    let column = |name: &str| -> ArrayRef {
        match name {
            "person" => Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
            "birth_year" => Arc::new(rows.iter().map(|row| row.1).collect::<Int32Array>()),
            other => new_null_array(schema.field_with_name(other).unwrap().data_type(), rows.len()),
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

/// Writes batches in one commit.
async fn write(zone: &Statistical, batches: &[Vec<Row>]) {
    let mut writer = zone.writer(StatisticalTable::Observations).await.unwrap();
    for rows in batches {
        writer.write(batch(rows)).await.unwrap();
    }
    writer.append().await.unwrap();
}

/// The rows of a range, sorted.
fn rows_of(people: &People, range: PersonRange) -> Vec<Row> {
    let mut rows = Vec::new();
    let each = |batch: RecordBatch| -> Result<(), StoreFault> {
        let persons = batch.column_by_name("person").unwrap().as_primitive::<Int64Type>();
        let years = batch.column_by_name("birth_year").unwrap().as_primitive::<datafusion::arrow::datatypes::Int32Type>();
        rows.extend((0..batch.num_rows()).map(|row| (persons.value(row), years.is_valid(row).then(|| years.value(row)))));
        Ok(())
    };
    people.read(range, each).unwrap();
    rows.sort_unstable();
    rows
}

async fn people(zone: &Statistical) -> People {
    zone.people(StatisticalTable::Observations, &["sex", "birth_year"]).await.unwrap()
}

fn row() -> impl Strategy<Value = Row> {
    let person = prop_oneof![0..=i64::MAX, Just(0), Just(i64::MAX), Just(1 << 57), Just((1 << 57) - 1)];
    (person, proptest::option::of(1940..2010))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn ranges_share_out_everybody(commits in prop::collection::vec(prop::collection::vec(prop::collection::vec(row(), 1..40), 1..4), 1..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, zone) = zone().await;
            for batches in &commits {
                write(&zone, batches).await;
            }
            let mut expected: Vec<Row> = commits.concat().concat();
            expected.sort_unstable();
            let people = people(&zone).await;
            prop_assert_eq!(people.rows(), expected.len() as u64);
            for ranges in [1, 2, 7, 64, 100] {
                let ranges = PersonRange::split(ranges);
                let found: Vec<Row> = ranges.iter().flat_map(|range| rows_of(&people, *range)).collect();
                prop_assert_eq!(&found, &expected, "in {} ranges", ranges.len());
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_large_run_is_cut_by_ranges_and_a_range_opens_few_of_them() {
    let (folder, zone) = zone().await;
    // Spread as keyed hashes are.
    let spread = |number: i64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed()) & i64::MAX;
    let rows: Vec<Row> = (0..300_000).map(|number| (spread(number), Some(1980))).collect();
    write(&zone, &rows.chunks(50_000).map(<[Row]>::to_vec).collect::<Vec<_>>()).await;
    let files: Vec<_> =
        std::fs::read_dir(folder.path().join("statistical/observations")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let files: Vec<_> = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).collect();
    let groups = |path| SerializedFileReader::new(File::open(path).unwrap()).unwrap().metadata().num_row_groups();
    let groups: usize = files.iter().map(groups).sum();
    assert!((40..=64).contains(&groups), "{groups} row groups in {} files", files.len());
    let people = people(&zone).await;
    let one = PersonRange::split(64)[17];
    let opened: usize = people.files.iter().map(|file| file.groups.iter().filter(|group| group.people.meets(one)).count()).sum();
    assert!(opened <= 2, "{opened} row groups for one range of 64");
    assert_eq!(rows_of(&people, one).len(), rows.iter().filter(|row| one.holds(row.0)).count());
}

#[tokio::test]
async fn files_of_other_tools_and_of_older_versions_are_read() {
    let (_folder, zone) = zone().await;
    write(&zone, &[vec![(5, Some(1970))]]).await;
    // Columns that are never null, in another order, unsorted rows, and no year of birth.
    let schema = Arc::new(Schema::new(vec![Field::new("sex", DataType::Utf8, false), Field::new("person", DataType::Int64, false)]));
    let parts = Parts { table: "observations", folder: zone.folder(StatisticalTable::Observations), schema: Arc::clone(&schema) };
    let mut part = parts.next().unwrap();
    let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(vec!["F", "M", "F"])), Arc::new(Int64Array::from(vec![1 << 60, 7, 6]))];
    part.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
    let mut writer = zone.writer(StatisticalTable::Observations).await.unwrap();
    writer.add(part.finish().unwrap().unwrap());
    writer.append().await.unwrap();
    let people = people(&zone).await;
    assert_eq!(rows_of(&people, PersonRange::ALL), [(5, Some(1970)), (6, None), (7, None), (1 << 60, None)]);
    assert_eq!(rows_of(&people, PersonRange::split(64)[0]), [(5, Some(1970)), (6, None), (7, None)]);
}

#[tokio::test]
async fn a_part_that_is_dropped_leaves_no_file() {
    let (_folder, zone) = zone().await;
    let writer = zone.writer(StatisticalTable::Spells).await.unwrap();
    let folder = zone.folder(StatisticalTable::Spells);
    let files = || std::fs::read_dir(&folder).unwrap().count();
    let before = files();
    let part = writer.parts().next().unwrap();
    assert_eq!(files(), before + 1);
    drop(part);
    assert_eq!(files(), before);
    // A part without rows is none either.
    assert!(writer.parts().next().unwrap().finish().unwrap().is_none());
    assert_eq!(files(), before);
}
