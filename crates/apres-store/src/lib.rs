//! The lake: Delta tables in two zones, what goes into them and how they are read.
//!
//! The *statistical* zone knows a person as a keyed pseudonym; the *identifying* zone holds the NIR, the names and the births. They are two types, so that
//! code which is handed a [`Statistical`] zone cannot name a table of the other. Nothing is ever rewritten in place: a table grows by versions.

mod batcher;
mod columns;
mod contrat;
mod ingest;
mod pseudonym;
mod rows;
mod table;
mod zone;

#[cfg(test)]
mod tests;

pub use batcher::{Batcher, Known};
pub use ingest::{IngestOutcome, IngestWriter};
pub use pseudonym::{Key, Pseudonymiser};
pub use rows::{AbsenceRow, ChangeRow, DeclarationRow, IdentityRow, ObservationRow, PersonRow, Rows};
pub use table::{IdentifyingTable, StatisticalTable, Table};
pub use zone::{Identifying, Statistical, StoreFault, Writer, Zone};

pub use datafusion;
