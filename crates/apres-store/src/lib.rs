//! The lake: Delta tables in two zones, what goes into them and how they are read.
//!
//! The *statistical* zone knows a person as a keyed pseudonym; the *identifying* zone holds the NIR, the names and the births. They are two types, so that
//! code which is handed a [`Statistical`] zone cannot name a table of the other. Nothing is ever rewritten in place: a table grows by versions. The identifying zone is
//! sealed: what it writes to disk opens with its key alone.

mod batcher;
mod columns;
mod contrat;
mod exchange;
mod fingerprint;
mod history;
mod identities;
mod ingest;
mod keys;
pub mod opposition;
mod part;
mod pseudonym;
mod ranges;
pub mod rekey;
pub mod retention;
mod rows;
mod runs;
mod sealed;
mod table;
mod zone;

#[cfg(test)]
mod tests;

pub use batcher::{Batcher, Known};
pub use fingerprint::Fingerprints;
pub use identities::{Identities, IdentityBatch, KnownIdentity};
pub use ingest::{IngestOutcome, IngestWriter};
pub use keys::{Key, KeyVersion, Keyring};
pub use opposition::Opposed;
pub use part::{Part, Parts, Written};
pub use pseudonym::Pseudonymiser;
pub use ranges::{People, PersonRange, PersonSet};
pub use rows::{AbsenceRow, ChangeRow, DeclarationRow, IdentityRow, ObservationRow, PersonRow, Rows};
pub use sealed::SealFault;
pub use table::{IdentifyingTable, StatisticalTable, Table};
pub use zone::{Identifying, Statistical, StoreFault, Writer, Zone};

pub use datafusion;
