//! From one version of the pseudonym's key to the next: the same people, tables and spells, other pseudonyms.
//!
//! The identities say who is behind a pseudonym, so both pseudonyms of everyone (and both numbers of each whole identity) can be computed; the correspondence is in memory only. Each table is rewritten in one
//! commit that says which version of the key it is under, the identities last. Killed midway, it is run again: tables that are done are known and left alone.
//! A pseudonym that no identity explains is carried on as a keyed hash of itself, which nobody can trace back either.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;

use crate::identities::Identities;
use crate::keys::{Key, KeyVersion, Keyring};
use crate::opposition::{collect, texts};
use crate::pseudonym::{first_63_bits, identity_under, nir_under, ntt_under, whole_identity};
use crate::table::{IdentifyingTable, StatisticalTable, Table};
use crate::zone::{Identifying, Statistical, StoreFault, Zone};

/// A rotation of the pseudonym's key.
pub struct Rekeying<'z> {
    statistical: &'z Statistical,
    identifying: &'z Identifying,
    version: KeyVersion,
    new: Key,
    becomes: Correspondence,
}

/// The new number of each old one.
#[derive(Default)]
struct Correspondence {
    people: HashMap<i64, i64>,
    identities: HashMap<i64, i64>,
}

/// Columns that hold pseudonyms.
const PEOPLE: [&str; 3] = ["person", "becomes", "ancienne_person"];
/// Columns that hold whole identities as numbers.
const IDENTITIES: [&str; 2] = ["identite", "ancienne_identite"];

impl<'z> Rekeying<'z> {
    /// From the oldest version of the keyring to the newest.
    ///
    /// # Errors
    /// When the identities cannot be read.
    pub async fn open(statistical: &'z Statistical, identifying: &'z Identifying, keys: &Keyring) -> Result<Self, StoreFault> {
        let ((_, old), (version, new)) = (keys.oldest(), keys.newest());
        let becomes = correspondence(identifying, old, new).await?;
        Ok(Self { statistical, identifying, version, new: new.clone(), becomes })
    }

    /// Rewrites every table that is not done yet; gives how many were.
    ///
    /// # Errors
    /// When a table cannot be read or written; running it again finishes the work.
    pub async fn run(&self) -> Result<u64, StoreFault> {
        let mut rewritten = 0;
        for table in StatisticalTable::ALL {
            rewritten += u64::from(self.statistical_table(*table).await?);
        }
        for table in [IdentifyingTable::Reviews, IdentifyingTable::Participants, IdentifyingTable::Identities] {
            rewritten += u64::from(self.rewrite(self.identifying, table).await?);
        }
        Ok(rewritten)
    }

    /// Rewrites one table; `false` when it was done already.
    ///
    /// # Errors
    /// When it cannot be read or written; then it is as it was.
    pub async fn statistical_table(&self, table: StatisticalTable) -> Result<bool, StoreFault> {
        self.rewrite(self.statistical, table).await
    }

    async fn rewrite<T: Table>(&self, zone: &Zone<T>, table: T) -> Result<bool, StoreFault> {
        let schema = table.schema();
        let holds_people = schema.fields().iter().any(|field| PEOPLE.contains(&field.name().as_str()));
        if !holds_people || zone.pseudonym_version(table).await? == Some(self.version) {
            return Ok(false);
        }
        let context: SessionContext = zone.context_of(&[(table, None)]).await?;
        let sql = format!("SELECT * FROM {}", table.name());
        zone.rewrite_each(table, &context, &sql, Some(self.version), |batch| self.batch(&batch)).await?;
        Ok(true)
    }

    /// The batch with the other pseudonyms.
    fn batch(&self, batch: &RecordBatch) -> RecordBatch {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
            let becomes = match field.name().as_str() {
                name if IDENTITIES.contains(&name) => &self.becomes.identities,
                name if PEOPLE.contains(&name) => &self.becomes.people,
                _ => return Arc::clone(column),
            };
            let numbers = column.as_primitive::<Int64Type>().iter().map(|number| number.map(|number| self.of(becomes, number)));
            Arc::new(numbers.collect::<Int64Array>()) as ArrayRef
        });
        RecordBatch::try_new(Arc::clone(&schema), columns.collect()).expect("the columns keep their kinds")
    }

    fn of(&self, becomes: &HashMap<i64, i64>, number: i64) -> i64 {
        becomes.get(&number).copied().unwrap_or_else(|| long(first_63_bits(self.new.hash(b"was:", &number.to_le_bytes()))))
    }
}

/// Whether the pseudonyms of the identities are those of a key of the ring; a zone without identities answers to any.
///
/// # Errors
/// When the identities cannot be read.
pub async fn answers_to(identifying: &Identifying, keys: &Keyring) -> Result<bool, StoreFault> {
    let context = identifying.context_of(&[(IdentifyingTable::Identities, None)]).await?;
    let batches = collect(&context, "SELECT person, nir FROM identities WHERE nir IS NOT NULL LIMIT 1").await?;
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(true) };
    let (person, nirs) = (batch.column(0).as_primitive::<Int64Type>().value(0), texts(batch, "nir"));
    let answers = |key: &Key| long(nir_under(key, nirs.value(0).as_bytes())) == person;
    Ok(answers(keys.newest().1) || answers(keys.oldest().1))
}

/// What the identities tell of each old number.
async fn correspondence(identifying: &Identifying, old: &Key, new: &Key) -> Result<Correspondence, StoreFault> {
    let mut becomes = Correspondence::default();
    let mut identities = Identities::open(identifying).await?;
    while let Some(batch) = identities.next().await? {
        for known in batch.iter() {
            let (nir, ntt) = (known.nir.as_bytes(), known.ntt.as_bytes());
            if !nir.is_empty() {
                becomes.people.insert(long(nir_under(old, nir)), long(nir_under(new, nir)));
            }
            if !ntt.is_empty() {
                becomes.people.insert(long(ntt_under(old, ntt)), long(ntt_under(new, ntt)));
            }
            if let Some(whole) = whole_identity(known.nom_famille, known.prenoms, known.date_naissance) {
                let whole = whole.as_bytes();
                becomes.identities.insert(long(identity_under(old, whole)), long(identity_under(new, whole)));
            }
        }
    }
    Ok(becomes)
}

/// A pseudonym as Delta knows it.
fn long(person: u64) -> i64 {
    i64::try_from(person).expect("a pseudonym has 63 bits")
}
