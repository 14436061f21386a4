//! Reads the columns of a row into our types.
//!
//! One place turns what the driver gives into texts, times, counts, codes and JSON, so that each fault says what was being read.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::Result;
use crate::code::UnknownCode;
use crate::fault::Attempt as _;

/// A row and what it is being read for.
pub(crate) struct Fields<'row> {
    row: &'row AnyRow,
    attempt: &'static str,
}

impl<'row> Fields<'row> {
    /// Fields of this row.
    pub(crate) fn new(row: &'row AnyRow, attempt: &'static str) -> Self {
        Self { row, attempt }
    }

    /// A text.
    pub(crate) fn text(&self, column: &str) -> Result<String> {
        self.row.try_get(column).attempt(self.attempt)
    }

    /// A text that may be absent.
    pub(crate) fn optional_text(&self, column: &str) -> Result<Option<String>> {
        self.row.try_get(column).attempt(self.attempt)
    }

    /// A time.
    pub(crate) fn time(&self, column: &str) -> Result<i64> {
        self.row.try_get(column).attempt(self.attempt)
    }

    /// A time that may be absent.
    pub(crate) fn optional_time(&self, column: &str) -> Result<Option<i64>> {
        self.row.try_get(column).attempt(self.attempt)
    }

    /// A fact stored as 1 or 0.
    pub(crate) fn fact(&self, column: &str) -> Result<bool> {
        Ok(self.time(column)? != 0)
    }

    /// A count.
    pub(crate) fn count(&self, column: &str) -> Result<u64> {
        u64::try_from(self.time(column)?).attempt(self.attempt)
    }

    /// A count that may be absent.
    pub(crate) fn optional_count(&self, column: &str) -> Result<Option<u64>> {
        self.optional_time(column)?.map(u64::try_from).transpose().attempt(self.attempt)
    }

    /// One of our codes.
    pub(crate) fn code<T: FromStr<Err = UnknownCode>>(&self, column: &str) -> Result<T> {
        self.text(column)?.parse::<T>().attempt(self.attempt)
    }

    /// A value stored as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).attempt(self.attempt)
    }
}

/// A count as the database stores it.
pub(crate) fn stored_count(count: u64, attempt: &'static str) -> Result<i64> {
    i64::try_from(count).attempt(attempt)
}
