//! The identities of the identifying zone, read one batch after the other.
//!
//! For the few who look someone up by who they are; the linkage has its own reader.

use datafusion::arrow::array::{Array, AsArray, Int64Array, StringArray};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use crate::opposition::texts;
use crate::table::IdentifyingTable;
use crate::zone::{Identifying, StoreFault};

/// A stream of identities.
pub struct Identities(SendableRecordBatchStream);

/// Some of the identities.
pub struct IdentityBatch {
    versions: Int64Array,
    people: Int64Array,
    texts: [StringArray; 6],
}

/// An identity under which a person was declared; what is not known is empty.
#[derive(Clone, Copy)]
pub struct KnownIdentity<'a> {
    /// Fingerprint.
    pub version: i64,
    /// Pseudonym.
    pub person: i64,
    /// NIR or NIA.
    pub nir: &'a str,
    /// Temporary number.
    pub ntt: &'a str,
    /// Surname at birth.
    pub nom_famille: &'a str,
    /// Surname in use.
    pub nom_usage: &'a str,
    /// First names.
    pub prenoms: &'a str,
    /// `AAAA-MM-JJ`, with 00 for what is not known.
    pub date_naissance: &'a str,
}

impl Identities {
    /// Begins to read.
    ///
    /// # Errors
    /// When the zone cannot be read.
    pub async fn open(identifying: &Identifying) -> Result<Self, StoreFault> {
        let context = identifying.context_of(&[(IdentifyingTable::Identities, None)]).await?;
        let fault = || StoreFault::query("reading the identities");
        let sql = "SELECT version, person, nir, ntt, nom_famille, nom_usage, prenoms, date_naissance FROM identities";
        Ok(Self(context.sql(sql).await.map_err(fault())?.execute_stream().await.map_err(fault())?))
    }

    /// The next ones; `None` at the end.
    ///
    /// # Errors
    /// When the zone cannot be read.
    pub async fn next(&mut self) -> Result<Option<IdentityBatch>, StoreFault> {
        let Some(batch) = self.0.next().await else { return Ok(None) };
        let batch = batch.map_err(StoreFault::query("reading the identities"))?;
        let columns = ["nir", "ntt", "nom_famille", "nom_usage", "prenoms", "date_naissance"];
        Ok(Some(IdentityBatch {
            versions: batch.column(0).as_primitive::<Int64Type>().clone(),
            people: batch.column(1).as_primitive::<Int64Type>().clone(),
            texts: columns.map(|name| texts(&batch, name)),
        }))
    }
}

impl IdentityBatch {
    /// Each identity.
    pub fn iter(&self) -> impl Iterator<Item = KnownIdentity<'_>> {
        (0..self.people.len()).map(|row| {
            let [nir, ntt, nom_famille, nom_usage, prenoms, date_naissance] =
                self.texts.each_ref().map(|column| if column.is_valid(row) { column.value(row) } else { "" });
            let (version, person) = (self.versions.value(row), self.people.value(row));
            KnownIdentity { version, person, nir, ntt, nom_famille, nom_usage, prenoms, date_naissance }
        })
    }
}
