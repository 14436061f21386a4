//! Streams the identities of the identifying zone past the people of a list.

use std::collections::HashMap;

use apres_ingest::identity::Identity;
use apres_ingest::list::Participant;
use apres_link::{Candidate, Index, Match};
use apres_store::datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use apres_store::datafusion::arrow::compute::cast;
use apres_store::datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Identifying, Statistical, StoreFault};
use chrono::NaiveDate;
use futures::StreamExt;

/// What the statistical zone knows of matched people: sex and year of birth by pseudonym.
pub type Known = HashMap<u64, (String, Option<i32>)>;

/// Matches the rows of a list with the people of the lake; gives what is known of those found.
///
/// # Errors
/// When the lake cannot be read.
pub async fn link(rows: &[Participant], identifying: &Identifying, statistical: &Statistical) -> Result<(Vec<Match>, Known), StoreFault> {
    let people = statistical.context().await?;
    let becoming = becoming(&people).await?;
    let mut index = Index::new(rows);
    let fault = || StoreFault::query("reading the identities");
    let identities = identifying.context().await?;
    let sql = "SELECT person, nir, nom_famille, nom_usage, prenoms, date_naissance FROM identities";
    let mut stream = identities.sql(sql).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
    while let Some(batch) = stream.next().await {
        see(&mut index, &batch.map_err(fault())?, &becoming);
    }
    let matches = index.decide();
    let known = known(&people, &matches).await?;
    Ok((matches, known))
}

fn see(index: &mut Index, batch: &RecordBatch, becoming: &HashMap<u64, u64>) {
    let texts = ["nir", "nom_famille", "nom_usage", "prenoms", "date_naissance"].map(|name| text(batch, name));
    let people = batch.column(0).as_primitive::<Int64Type>();
    for row in 0..batch.num_rows() {
        let [nir, nom, usage, prenoms, birth] = texts.each_ref().map(|column| if column.is_valid(row) { column.value(row) } else { "" });
        let person = u64::try_from(people.value(row)).unwrap_or_default();
        let identity =
            Identity { nom_naissance: nom, nom_usage: usage, prenoms, naissance: NaiveDate::parse_from_str(birth, "%Y-%m-%d").ok() };
        index.see(&Candidate { person: becoming.get(&person).copied().unwrap_or(person), nir, identity });
    }
}

fn text(batch: &RecordBatch, name: &str) -> StringArray {
    let column = batch.column_by_name(name).unwrap_or_else(|| unreachable!("the query selects {name}"));
    cast(column, &DataType::Utf8).unwrap_or_else(|_| unreachable!("{name} is a text")).as_string::<i32>().clone()
}

/// Pseudonyms that finally are another one.
async fn becoming(people: &SessionContext) -> Result<HashMap<u64, u64>, StoreFault> {
    let fault = || StoreFault::query("reading who pseudonyms are");
    let sql = "SELECT person, becomes FROM known_as WHERE siren IS NULL";
    let batches = people.sql(sql).await.map_err(fault())?.collect().await.map_err(fault())?;
    let mut becoming = HashMap::new();
    for batch in &batches {
        let (from, to) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Int64Type>());
        let pair = |row: usize| (u64::try_from(from.value(row)).unwrap_or_default(), u64::try_from(to.value(row)).unwrap_or_default());
        becoming.extend((0..batch.num_rows()).map(pair));
    }
    Ok(becoming)
}

async fn known(people: &SessionContext, matches: &[Match]) -> Result<Known, StoreFault> {
    let fault = || StoreFault::query("reading what is known of the people found");
    let wanted: std::collections::HashSet<u64> = matches.iter().filter_map(|found| found.person).collect();
    let sql = "SELECT person, max(sex) AS sex, min(birth_year) AS birth_year FROM persons GROUP BY person";
    let mut stream = people.sql(sql).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
    let mut known = Known::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(fault())?;
        let sexes = text(&batch, "sex");
        let (ids, births) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(2).as_primitive::<Int32Type>());
        for row in 0..batch.num_rows() {
            let person = u64::try_from(ids.value(row)).unwrap_or_default();
            if wanted.contains(&person) {
                let sex = if sexes.is_valid(row) { sexes.value(row).to_owned() } else { String::new() };
                known.insert(person, (sex, births.is_valid(row).then(|| births.value(row))));
            }
        }
    }
    Ok(known)
}
