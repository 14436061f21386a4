use datafusion::arrow::array::{Array, ArrayRef, Int32Array, Int64Array, StringArray};
use deltalake::parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::zone::Statistical;

/// A row, as far as these tests look: source, who (nobody is somebody too), year of birth.
type Row = (&'static str, Option<i64>, i32);

const LISTS: [&str; 3] = ["dsn", "one", "two"];

async fn zone() -> (TempDir, Statistical) {
    let folder = tempfile::tempdir().unwrap();
    let zone = Statistical::open(folder.path()).await.unwrap();
    (folder, zone)
}

fn batch(table: StatisticalTable, rows: &[Row]) -> RecordBatch {
    let schema = table.schema();
    let column = |name: &str| -> ArrayRef {
        match name {
            "source" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0))),
            "person" => Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
            "birth_year" => Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.2))),
            other => new_null_array(schema.field_with_name(other).unwrap().data_type(), rows.len()),
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

async fn write(zone: &Statistical, table: StatisticalTable, rows: &[Row]) {
    let mut writer = zone.writer(table).await.unwrap();
    writer.write(batch(table, rows)).await.unwrap();
    writer.append().await.unwrap();
}

/// The rows of a table, sorted.
async fn rows_of(zone: &Statistical, table: StatisticalTable) -> Vec<Row> {
    let sql = format!(
        "SELECT {} AS source, person, birth_year FROM {}",
        if table.partition().is_some() { "source" } else { "'dsn'" },
        table.name()
    );
    let context = zone.context_of(&[(table, None)]).await.unwrap();
    let mut rows = Vec::new();
    for batch in context.sql(&sql).await.unwrap().collect().await.unwrap() {
        let sources = crate::opposition::texts(&batch, "source");
        let people = batch.column(1).as_primitive::<Int64Type>();
        let years = batch.column(2).as_primitive::<datafusion::arrow::datatypes::Int32Type>();
        rows.extend((0..batch.num_rows()).map(|row| {
            let source = LISTS.iter().find(|list| **list == sources.value(row)).unwrap();
            (*source, people.is_valid(row).then(|| people.value(row)), years.value(row))
        }));
    }
    rows.sort_unstable();
    rows
}

/// The data files of a table in force.
async fn files_of(zone: &Statistical, table: StatisticalTable) -> Vec<PathBuf> {
    let files = zone.files_at(table, zone.version(table).await.unwrap(), None).await.unwrap().unwrap();
    files.iter().map(|file| zone.folder(table).join(file)).collect()
}

fn row() -> impl Strategy<Value = Row> {
    (prop::sample::select(&LISTS[..]), proptest::option::weighted(0.9, 0_i64..12), 1940..1944)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn other_rows_come_in_the_place_of_those_of_some_people(
        commits in prop::collection::vec(prop::collection::vec(row(), 1..30), 1..4),
        people in prop::collection::btree_set(0_u64..12, 0..6),
        new in prop::collection::vec(row(), 0..10),
        of_dsn_alone in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let table = StatisticalTable::Exits;
            let (_folder, zone) = zone().await;
            for rows in &commits {
                write(&zone, table, rows).await;
            }
            let is_left_out = |row: &Row| {
                row.1.is_some_and(|person| people.contains(&person.cast_unsigned())) && (!of_dsn_alone || row.0 == "dsn")
            };
            let mut expected: Vec<Row> = commits.concat().into_iter().filter(|row| !is_left_out(row)).chain(new.clone()).collect();
            expected.sort_unstable();
            let mut writer = zone.writer(table).await.unwrap();
            writer.write(batch(table, &new)).await.unwrap();
            writer.leave_out(&PersonSet::new(people.clone()), of_dsn_alone.then_some("dsn")).await.unwrap();
            writer.exchange().await.unwrap();
            prop_assert_eq!(rows_of(&zone, table).await, expected);
            Ok(())
        })?;
    }
}

/// Fifty thousand people in one run: the row groups where nobody is left out are the same bytes as before.
#[tokio::test]
async fn neighbours_are_copied_as_they_lie() {
    let table = StatisticalTable::Observations;
    let (_folder, zone) = zone().await;
    let spread = |place: i64| place.wrapping_mul(0x1E37_79B9_7F4A_7C15) & i64::MAX;
    let rows: Vec<Row> = (0..50_000).map(|place| ("dsn", Some(spread(place)), 1950)).collect();
    write(&zone, table, &rows).await;
    let before = files_of(&zone, table).await;
    let gone = spread(17);
    let mut writer = zone.writer(table).await.unwrap();
    writer.leave_out(&PersonSet::new([gone.cast_unsigned(), 3]), None).await.unwrap();
    writer.exchange().await.unwrap();
    let after = files_of(&zone, table).await;
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    let mut expected: Vec<Row> = rows.into_iter().filter(|row| row.1 != Some(gone)).collect();
    expected.sort_unstable();
    assert_eq!(rows_of(&zone, table).await, expected);

    let chunks = |path: &PathBuf| -> Vec<Vec<u8>> {
        let bytes = std::fs::read(path).unwrap();
        let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        let groups = reader.metadata().row_groups();
        groups
            .iter()
            .map(|group| {
                let person = group.column(0).byte_range();
                let range = usize::try_from(person.0).unwrap()..usize::try_from(person.0 + person.1).unwrap();
                bytes[range].to_vec()
            })
            .collect()
    };
    let (before, after) = (chunks(&before[0]), chunks(&after[0]));
    assert!(before.len() > 5, "{} row groups", before.len());
    assert_eq!(before.len(), after.len());
    assert_eq!(before.iter().zip(&after).filter(|(before, after)| before != after).count(), 1);
}

#[tokio::test]
async fn nobody_left_out_and_nothing_written_is_no_version() {
    let table = StatisticalTable::Observations;
    let (_folder, zone) = zone().await;
    write(&zone, table, &[("dsn", Some(5), 1950), ("dsn", None, 1951)]).await;
    let before = (zone.version(table).await.unwrap(), files_of(&zone, table).await);
    let mut writer = zone.writer(table).await.unwrap();
    writer.leave_out(&PersonSet::new([4, 6]), None).await.unwrap();
    assert_eq!(writer.exchange().await.unwrap(), before.0);
    assert_eq!((zone.version(table).await.unwrap(), files_of(&zone, table).await), before);
    let mut writer = zone.writer(table).await.unwrap();
    writer.leave_out(&PersonSet::new([5]), None).await.unwrap();
    writer.exchange().await.unwrap();
    assert_eq!(rows_of(&zone, table).await, [("dsn", None, 1951)]);
}
