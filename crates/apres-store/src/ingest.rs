//! Writing an ingest: parts as they come, the declarations last.
//!
//! Observations are joined to declarations by (declaration, part), and the declarations are committed after everything else: an ingest that is killed leaves
//! rows that no declaration names, and running it again gives the same lake.

use std::collections::HashSet;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;

use crate::batcher::Known;
use crate::columns;
use crate::rows::{DeclarationRow, Rows};
use crate::table::{IdentifyingTable, StatisticalTable};
use crate::zone::{Identifying, Statistical, StoreFault, Writer};

/// What an ingest added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct IngestOutcome {
    /// New declarations.
    pub declarations: u64,
    /// New contract-months.
    pub observations: u64,
    /// New versions of identities.
    pub identities: u64,
    /// Version of the `declarations` table.
    pub lake_version: u64,
}

/// Writes the rows of an ingest into both zones.
pub struct IngestWriter {
    observations: Writer<StatisticalTable>,
    persons: Writer<StatisticalTable>,
    aliases: Writer<StatisticalTable>,
    changes: Writer<StatisticalTable>,
    absences: Writer<StatisticalTable>,
    declarations: Writer<StatisticalTable>,
    identities: Writer<IdentifyingTable>,
    rows: Vec<DeclarationRow>,
    written_identities: HashSet<u64>,
}

impl IngestWriter {
    /// Opens the tables.
    ///
    /// # Errors
    /// When a table cannot be opened.
    pub async fn open(statistical: &Statistical, identifying: &Identifying) -> Result<Self, StoreFault> {
        Ok(Self {
            observations: statistical.writer(StatisticalTable::Observations).await?,
            persons: statistical.writer(StatisticalTable::Persons).await?,
            aliases: statistical.writer(StatisticalTable::Aliases).await?,
            changes: statistical.writer(StatisticalTable::Changes).await?,
            absences: statistical.writer(StatisticalTable::Absences).await?,
            declarations: statistical.writer(StatisticalTable::Declarations).await?,
            identities: identifying.writer(IdentifyingTable::Identities).await?,
            rows: Vec::new(),
            written_identities: HashSet::new(),
        })
    }

    /// What the lake holds already, for the batchers.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn known(statistical: &Statistical, identifying: &Identifying) -> Result<Known, StoreFault> {
        let declarations = column(statistical.context().await?, "SELECT declaration FROM declarations").await?;
        let identities = column(identifying.context().await?, "SELECT version FROM identities").await?;
        Ok(Known::new(declarations, identities))
    }

    /// What the lake holds and still stands, for a source that tells a month again instead of replacing it: a content that was replaced since may come back.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn standing(statistical: &Statistical, identifying: &Identifying) -> Result<Known, StoreFault> {
        let declarations = column(statistical.context().await?, STANDING).await?;
        let identities = column(identifying.context().await?, "SELECT version FROM identities").await?;
        Ok(Known::new(declarations, identities))
    }

    /// Writes one batch of rows. Identities that another worker wrote already are left out.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub async fn write(&mut self, mut rows: Rows) -> Result<(), StoreFault> {
        let written = &mut self.written_identities;
        let is_new: Vec<bool> = rows.identities.iter().map(|row| written.insert(row.version)).collect();
        let mut places = is_new.iter();
        rows.identities.retain(|_| *places.next().expect("one flag per row"));
        let mut places = is_new.iter();
        rows.persons.retain(|_| *places.next().expect("identities and persons go in pairs"));
        self.observations.write(columns::observations(&rows)).await?;
        self.persons.write(columns::persons(&rows.persons)).await?;
        self.aliases.write(columns::aliases(&rows.aliases)).await?;
        self.changes.write(columns::changes(&rows)).await?;
        self.absences.write(columns::absences(&rows)).await?;
        self.identities.write(columns::identities(&rows)).await?;
        self.rows.append(&mut rows.declarations);
        Ok(())
    }

    /// Commits everything, the declarations last: what they do not name is invisible and comes again. Identities, which are kept once, are
    /// committed after the persons that go with them: the other way round, an ingest that is killed in between would lose these for good.
    ///
    /// # Errors
    /// When a commit fails; what no declaration names stays invisible.
    pub async fn commit(mut self) -> Result<IngestOutcome, StoreFault> {
        self.rows.sort_unstable_by_key(|row| (row.siret, row.month, row.fraction, row.constituted, row.ordre, row.declaration));
        let mut outcome = IngestOutcome {
            declarations: self.rows.len() as u64,
            observations: self.observations.rows(),
            identities: self.identities.rows(),
            lake_version: 0,
        };
        self.persons.append().await?;
        self.aliases.append().await?;
        self.identities.append().await?;
        self.changes.append().await?;
        self.absences.append().await?;
        self.observations.append().await?;
        self.declarations.write(columns::declarations(&self.rows)).await?;
        outcome.lake_version = self.declarations.append().await?;
        Ok(outcome)
    }
}

/// The declarations that no other one replaces: the order is the one by which careers are built.
const STANDING: &str = "
SELECT declaration FROM (
  SELECT declaration,
         row_number() OVER (PARTITION BY siret, month, fraction, coalesce(champ, '01') ORDER BY constituted DESC, ordre DESC, declaration DESC, part) AS rank
  FROM declarations WHERE nature = '01'
) WHERE rank = 1";

/// The values of a query's only column.
async fn column(context: SessionContext, sql: &'static str) -> Result<HashSet<u64>, StoreFault> {
    let batches = collect(context, sql).await?;
    Ok(batches.iter().flat_map(|batch| longs(batch, 0)).collect())
}

async fn collect(context: SessionContext, sql: &'static str) -> Result<Vec<RecordBatch>, StoreFault> {
    let fault = || StoreFault::query("reading what the lake holds");
    context.sql(sql).await.map_err(fault())?.collect().await.map_err(fault())
}

/// A column that is never null.
fn longs(batch: &RecordBatch, column: usize) -> impl Iterator<Item = u64> {
    batch.column(column).as_primitive::<Int64Type>().values().iter().map(|value| u64::try_from(*value).unwrap_or(0))
}
