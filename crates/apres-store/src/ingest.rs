//! Writing an ingest: parts as they come, the declarations last.
//!
//! Observations are joined to declarations by (declaration, part), and the declarations are committed after everything else: an ingest that is killed leaves
//! rows that no declaration names, and running it again gives the same lake.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;

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
    declarations: Writer<StatisticalTable>,
    identities: Writer<IdentifyingTable>,
    rows: Vec<DeclarationRow>,
    written_identities: HashSet<u64>,
    written_aliases: HashSet<u64>,
}

impl IngestWriter {
    /// Opens the tables.
    ///
    /// # Errors
    /// When a table cannot be opened.
    pub async fn open(statistical: &Statistical, identifying: &Identifying) -> Result<Self, StoreFault> {
        let known_aliases = column(statistical.context().await?, "SELECT person FROM aliases").await?;
        Ok(Self {
            observations: statistical.writer(StatisticalTable::Observations).await?,
            persons: statistical.writer(StatisticalTable::Persons).await?,
            aliases: statistical.writer(StatisticalTable::Aliases).await?,
            declarations: statistical.writer(StatisticalTable::Declarations).await?,
            identities: identifying.writer(IdentifyingTable::Identities).await?,
            rows: Vec::new(),
            written_identities: HashSet::new(),
            written_aliases: known_aliases,
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
        rows.aliases.retain(|(from, _)| self.written_aliases.insert(*from));
        self.observations.write(columns::observations(&rows)).await?;
        self.persons.write(columns::persons(&rows.persons)).await?;
        self.aliases.write(columns::aliases(&rows.aliases)).await?;
        self.identities.write(columns::identities(&rows)).await?;
        self.rows.append(&mut rows.declarations);
        Ok(())
    }

    /// Commits everything, the declarations last.
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
        // An identity that is known is not looked at again: what goes with it must be there before.
        self.persons.append().await?;
        self.aliases.append().await?;
        self.identities.append().await?;
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
         row_number() OVER (PARTITION BY siret, month, fraction, champ ORDER BY constituted DESC, ordre DESC, declaration DESC, part) AS rank
  FROM declarations WHERE nature = '01'
) WHERE rank = 1";

/// The values of a query's only column.
async fn column(context: datafusion::prelude::SessionContext, sql: &'static str) -> Result<HashSet<u64>, StoreFault> {
    let fault = || StoreFault::query("reading what the lake holds");
    let batches: Vec<RecordBatch> = context.sql(sql).await.map_err(fault())?.collect().await.map_err(fault())?;
    let mut values = HashSet::new();
    for batch in batches {
        let longs = batch.column(0).as_primitive::<Int64Type>();
        values.extend((0..longs.len()).filter(|place| longs.is_valid(*place)).map(|place| u64::try_from(longs.value(place)).unwrap_or(0)));
    }
    Ok(values)
}
