//! Who objects, and what it takes out of the lake.
//!
//! An opposition is a keyed hash of a NIR (or of a temporary number), under a key of its own: it outlives the rotations of the pseudonym's key, and joins with nothing else.
//! Who objects gets no pseudonym any more ([`crate::Pseudonymiser`]), and [`withdraw`] takes what the lake already held of them out of it, the identity last: a
//! withdrawal that is interrupted is found again and finished. Spells and panel follow at the next build.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{Datelike, NaiveDate};
use datafusion::arrow::array::{ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type};
use datafusion::prelude::SessionContext;

use crate::identities::{Identities, KnownIdentity};
use crate::keys::Key;
use crate::pseudonym::first_63_bits;
use crate::table::{IdentifyingTable, StatisticalTable, Table};
use crate::zone::{Identifying, Statistical, StoreFault};

/// Days from the Common Era origin to 1970-01-01.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;

/// Who objects, as known to this program; clones share what they know.
#[derive(Debug, Clone)]
pub struct Opposed {
    key: Key,
    known: Arc<RwLock<HashSet<u64>>>,
}

/// An opposition on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opposition {
    /// Keyed hash.
    pub opposed: u64,
    /// Day on which it was recorded.
    pub since: NaiveDate,
}

impl Opposed {
    /// Nobody yet, under the key of oppositions.
    #[must_use]
    pub fn nobody(key: Key) -> Self {
        Self { key, known: Arc::default() }
    }

    /// Reads the oppositions on record.
    ///
    /// # Errors
    /// When the identifying zone cannot be read.
    pub async fn refresh(&self, identifying: &Identifying) -> Result<(), StoreFault> {
        let read = oppositions(identifying).await?.into_iter().map(|opposition| opposition.opposed).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// The opposition of a NIR.
    #[must_use]
    pub fn of_nir(&self, nir: &[u8]) -> u64 {
        first_63_bits(self.key.hash(b"opposed-nir:", nir))
    }

    /// The opposition of a temporary number.
    #[must_use]
    pub fn of_ntt(&self, ntt: &[u8]) -> u64 {
        first_63_bits(self.key.hash(b"opposed-ntt:", ntt))
    }

    /// Whether the holder of a NIR objects.
    #[must_use]
    pub fn has_nir(&self, nir: &[u8]) -> bool {
        self.has(|| self.of_nir(nir))
    }

    /// Whether the holder of a temporary number objects.
    #[must_use]
    pub fn has_ntt(&self, ntt: &[u8]) -> bool {
        self.has(|| self.of_ntt(ntt))
    }

    fn has(&self, opposed: impl FnOnce() -> u64) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        !known.is_empty() && known.contains(&opposed())
    }

    fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// The oppositions on record, oldest first.
///
/// # Errors
/// When the identifying zone cannot be read.
pub async fn oppositions(identifying: &Identifying) -> Result<Vec<Opposition>, StoreFault> {
    let context = identifying.context_of(&[(IdentifyingTable::Oppositions, None)]).await?;
    let batches =
        collect(&context, "SELECT opposed, min(since) AS since FROM oppositions GROUP BY opposed ORDER BY since, opposed").await?;
    let mut found = Vec::new();
    for batch in &batches {
        let (opposed, since) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Date32Type>());
        found.extend((0..batch.num_rows()).map(|row| Opposition {
            opposed: u64::try_from(opposed.value(row)).unwrap_or_default(),
            since: NaiveDate::from_num_days_from_ce_opt(since.value(row) + EPOCH_DAYS_FROM_CE).unwrap_or_default(),
        }));
    }
    Ok(found)
}

/// Puts oppositions on record; those that are there already stay as they are.
///
/// # Errors
/// When the identifying zone cannot be written.
pub async fn record(identifying: &Identifying, opposed: &Opposed, new: &[u64], today: NaiveDate) -> Result<(), StoreFault> {
    let since = today.num_days_from_ce() - EPOCH_DAYS_FROM_CE;
    let known: HashSet<u64> = oppositions(identifying).await?.into_iter().map(|opposition| opposition.opposed).collect();
    let added: Vec<i64> = new.iter().filter(|value| !known.contains(value)).filter_map(|value| i64::try_from(*value).ok()).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(added.clone())), Arc::new(Date32Array::from(vec![since; added.len()]))];
    let batch = RecordBatch::try_new(IdentifyingTable::Oppositions.schema(), columns).expect("the columns are those of the table");
    let mut writer = identifying.writer(IdentifyingTable::Oppositions).await?;
    writer.write(batch).await?;
    writer.append().await?;
    opposed.refresh(identifying).await
}

/// Strikes oppositions off the record; gives how many were on it. What is declared from now on counts again; what was taken out of the lake is not put back.
///
/// # Errors
/// When the identifying zone cannot be written.
pub async fn strike(identifying: &Identifying, opposed: &Opposed, gone: &[u64]) -> Result<u64, StoreFault> {
    let on_record = oppositions(identifying).await?;
    let struck = on_record.iter().filter(|opposition| gone.contains(&opposition.opposed)).count() as u64;
    if struck > 0 {
        let list: Vec<String> = gone.iter().map(u64::to_string).collect();
        let context = identifying.context_of(&[(IdentifyingTable::Oppositions, None)]).await?;
        let sql = format!("SELECT * FROM oppositions WHERE opposed NOT IN ({})", list.join(", "));
        identifying.rewrite(IdentifyingTable::Oppositions, &context, &sql).await?;
    }
    opposed.refresh(identifying).await?;
    Ok(struck)
}

/// Takes who objects out of the lake: identities, rows of lists, observations. Gives how many people were found; run again, it finds nobody.
///
/// # Errors
/// When the lake cannot be read or written; running it again finishes the work.
pub async fn withdraw(
    statistical: &Statistical,
    identifying: &Identifying,
    opposed: &Opposed,
    today: NaiveDate,
) -> Result<u64, StoreFault> {
    opposed.refresh(identifying).await?;
    if opposed.is_empty() {
        return Ok(0);
    }
    let named = people_who_object(identifying, opposed).await?;
    if named.is_empty() {
        return Ok(0);
    }
    let people = named.len() as u64;
    will_take_out(statistical).await?;
    let context = statistical.context().await?;
    register(&context, "named", named.into_iter().collect())?;
    let gone = ids(&context, GONE).await?;
    register(&context, "gone", gone.clone())?;
    // The other numbers of who objects are opposed too, before the identities that name them are gone.
    record(identifying, opposed, &numbers_of(identifying, opposed, &gone.iter().copied().collect()).await?, today).await?;
    for (table, sql) in STATISTICAL {
        statistical.rewrite(table, &context, sql).await?;
    }
    let identities = identifying.context().await?;
    register(&identities, "gone", gone)?;
    // Somebody else's number beside theirs, in a declaration that was corrected, makes nobody else object.
    register(&identities, "theirs", versions_that_object(identifying, opposed).await?)?;
    for (table, sql) in IDENTIFYING {
        identifying.rewrite(table, &identities, sql).await?;
    }
    Ok(people)
}

/// Every pseudonym of the people named: the one that they finally are, and all that became it.
const GONE: &str = "WITH finally AS (
  SELECT person FROM named
  UNION SELECT becomes AS person FROM known_as WHERE siren IS NULL AND person IN (SELECT person FROM named)
  UNION SELECT becomes AS person FROM aliases WHERE person IN (SELECT person FROM named))
SELECT person FROM finally
UNION SELECT person FROM known_as WHERE siren IS NULL AND becomes IN (SELECT person FROM finally)
UNION SELECT person FROM aliases WHERE becomes IN (SELECT person FROM finally)";

/// What stays of each table of the statistical zone. An exit of a list stays as that of someone who was not found: nobody can tell it from others.
const STATISTICAL: [(StatisticalTable, &str); 7] = [
    (
        // At some employers a number that is also somebody else's was theirs.
        StatisticalTable::Observations,
        "SELECT observations.* FROM observations LEFT JOIN (SELECT DISTINCT person, siren FROM known_as WHERE siren IS NOT NULL \
         AND becomes IN (SELECT person FROM gone)) AS here ON here.person = observations.person AND here.siren = substr(observations.siret, 1, 9) \
         WHERE here.person IS NULL AND observations.person NOT IN (SELECT person FROM gone)",
    ),
    (StatisticalTable::Absences, "SELECT * FROM absences WHERE person NOT IN (SELECT person FROM gone)"),
    (
        StatisticalTable::Changes,
        "SELECT * FROM changes WHERE person NOT IN (SELECT person FROM gone) \
         AND coalesce(ancienne_person, -1) NOT IN (SELECT person FROM gone)",
    ),
    (StatisticalTable::Persons, "SELECT * FROM persons WHERE person NOT IN (SELECT person FROM gone)"),
    (
        StatisticalTable::Exits,
        "SELECT source, CASE WHEN gone.person IS NULL THEN exits.person END AS person, programme, siret, type, departement, date_entree, date_sortie, \
         CASE WHEN gone.person IS NULL THEN motif END AS motif, CASE WHEN gone.person IS NULL THEN sex ELSE 'inconnu' END AS sex, \
         CASE WHEN gone.person IS NULL THEN birth_year END AS birth_year, matched AND gone.person IS NULL AS matched, usable, \
         CASE WHEN gone.person IS NULL THEN match_status ELSE 'non_trouve' END AS match_status, known AND gone.person IS NULL AS known \
         FROM exits LEFT JOIN gone ON exits.person = gone.person WHERE gone.person IS NULL OR source <> 'dsn'",
    ),
    (
        StatisticalTable::Aliases,
        "SELECT * FROM aliases WHERE person NOT IN (SELECT person FROM gone) AND becomes NOT IN (SELECT person FROM gone)",
    ),
    (
        StatisticalTable::KnownAs,
        "SELECT * FROM known_as WHERE person NOT IN (SELECT person FROM gone) AND becomes NOT IN (SELECT person FROM gone)",
    ),
];

/// What stays of each table of the identifying zone; the identities last, for they say whom to withdraw.
const IDENTIFYING: [(IdentifyingTable, &str); 3] = [
    (
        // Whom else a row of theirs may be speaks of them too; before the participants, who say which rows are theirs.
        IdentifyingTable::Reviews,
        "SELECT reviews.* FROM reviews LEFT JOIN gone ON reviews.person = gone.person \
         LEFT JOIN (SELECT DISTINCT participants.list, participants.line FROM participants JOIN gone ON participants.person = gone.person) AS theirs \
         ON theirs.list = reviews.list AND theirs.line = reviews.line WHERE gone.person IS NULL AND theirs.line IS NULL",
    ),
    (
        IdentifyingTable::Participants,
        "SELECT list, line, CASE WHEN gone.person IS NULL THEN nir END AS nir, nir_verified AND gone.person IS NULL AS nir_verified, \
         CASE WHEN gone.person IS NULL THEN nom_naissance END AS nom_naissance, CASE WHEN gone.person IS NULL THEN nom_usage END AS nom_usage, \
         CASE WHEN gone.person IS NULL THEN prenom END AS prenom, CASE WHEN gone.person IS NULL THEN date_naissance END AS date_naissance, \
         CASE WHEN gone.person IS NULL THEN sexe END AS sexe, date_entree, date_sortie, CASE WHEN gone.person IS NULL THEN motif END AS motif, siret, \
         usable, CASE WHEN gone.person IS NULL THEN match_status ELSE 'non_trouve' END AS match_status, \
         CASE WHEN gone.person IS NULL THEN participants.person END AS person FROM participants LEFT JOIN gone ON participants.person = gone.person",
    ),
    (
        IdentifyingTable::Identities,
        "SELECT * FROM identities WHERE person NOT IN (SELECT person FROM gone) AND version NOT IN (SELECT person FROM theirs)",
    ),
];

/// The people whose NIR or temporary number is opposed.
async fn people_who_object(identifying: &Identifying, opposed: &Opposed) -> Result<HashSet<i64>, StoreFault> {
    let mut people = HashSet::new();
    let mut identities = Identities::open(identifying).await?;
    while let Some(batch) = identities.next().await? {
        people.extend(batch.iter().filter(|known| objects(known, opposed)).map(|known| known.person));
    }
    Ok(people)
}

/// The versions of identities that hold an opposed number.
async fn versions_that_object(identifying: &Identifying, opposed: &Opposed) -> Result<Vec<i64>, StoreFault> {
    let mut versions = Vec::new();
    let mut identities = Identities::open(identifying).await?;
    while let Some(batch) = identities.next().await? {
        versions.extend(batch.iter().filter(|known| objects(known, opposed)).map(|known| known.version));
    }
    Ok(versions)
}

fn objects(known: &KnownIdentity<'_>, opposed: &Opposed) -> bool {
    let (nir, ntt) = (known.nir.as_bytes(), known.ntt.as_bytes());
    (!nir.is_empty() && opposed.has_nir(nir)) || (!ntt.is_empty() && opposed.has_ntt(ntt))
}

/// Every number under which these people are known.
async fn numbers_of(identifying: &Identifying, opposed: &Opposed, people: &HashSet<i64>) -> Result<Vec<u64>, StoreFault> {
    let mut numbers = BTreeSet::new();
    let mut identities = Identities::open(identifying).await?;
    while let Some(batch) = identities.next().await? {
        for known in batch.iter().filter(|known| people.contains(&known.person)) {
            numbers.extend((!known.nir.is_empty()).then(|| opposed.of_nir(known.nir.as_bytes())));
            numbers.extend((!known.ntt.is_empty()).then(|| opposed.of_ntt(known.ntt.as_bytes())));
        }
    }
    Ok(numbers.into_iter().collect())
}

/// How many people object of whom the lake still holds something: a withdrawal was interrupted.
///
/// # Errors
/// When the lake cannot be read.
pub async fn not_withdrawn(identifying: &Identifying, opposed: &Opposed) -> Result<u64, StoreFault> {
    opposed.refresh(identifying).await?;
    if opposed.is_empty() {
        return Ok(0);
    }
    Ok(people_who_object(identifying, opposed).await?.len() as u64)
}

/// Name of the note that rows of declarations are being taken out.
const TAKEN_OUT: &str = "taken_out";

/// Makes another version of the declarations, before rows of theirs are taken out: the careers are behind from then on, until they are built again.
pub(crate) async fn will_take_out(statistical: &Statistical) -> Result<(), StoreFault> {
    let before = statistical.noted(StatisticalTable::Declarations, None, TAKEN_OUT).await?.unwrap_or(0);
    statistical.writer(StatisticalTable::Declarations).await?.note(TAKEN_OUT, before + 1).append().await?;
    Ok(())
}

/// A table of pseudonyms for queries to join with.
pub(crate) fn register(context: &SessionContext, name: &str, mut people: Vec<i64>) -> Result<(), StoreFault> {
    people.sort_unstable();
    let column: ArrayRef = Arc::new(Int64Array::from(people));
    let batch = RecordBatch::try_from_iter([("person", column)]).expect("one column");
    context.register_batch(name, batch).map(|_| ()).map_err(StoreFault::query("naming people"))
}

/// The numbers of a query's only column.
pub(crate) async fn ids(context: &SessionContext, sql: &str) -> Result<Vec<i64>, StoreFault> {
    let batches = collect(context, sql).await?;
    Ok(batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().iter().flatten().collect::<Vec<_>>()).collect())
}

pub(crate) async fn collect(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, StoreFault> {
    let fault = || StoreFault::query("reading the lake");
    context.sql(sql).await.map_err(fault())?.collect().await.map_err(fault())
}

pub(crate) fn texts(batch: &RecordBatch, name: &str) -> StringArray {
    let column = batch.column_by_name(name).unwrap_or_else(|| unreachable!("the query selects {name}"));
    cast(column, &DataType::Utf8).unwrap_or_else(|_| unreachable!("{name} is a text")).as_string::<i32>().clone()
}
