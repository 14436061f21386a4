//! A DADEH base in PostgreSQL in, the records of the DSN reader out.
//!
//! [`Base`] reads the base in one transaction, in the order of establishments and months, and gives each month of each establishment to a
//! [`Sink`](apres_ingest::dsn::Sink) as if a declaration had been read: there is one way into the lake. Memory holds a few thousand rows, whatever the size of
//! the base. How months are rebuilt from a view that keeps one row per contract is told in `docs/guide/dadeh.md`. Nothing is written to the base.

mod base;
mod month;
mod records;

pub use base::{Base, BaseFault, Read};
