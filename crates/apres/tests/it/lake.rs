//! An installation in a folder of its own, and its tables as text.

use std::path::{Path, PathBuf};

use apres::config::{Config, Settings};
use apres::home::Home;
use apres::ingest::{self, IngestReport};
use apres::keys::Purpose;
use apres::progress::Progress;
use apres_ledger::password::Cost;
use apres_store::datafusion::arrow::util::display::array_value_to_string;
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{IdentifyingTable, StatisticalTable, Table};
use tempfile::TempDir;

/// An installation that is gone when it is dropped.
pub(crate) struct Lake {
    pub(crate) home: Home,
    _folder: Option<TempDir>,
}

impl Lake {
    pub(crate) async fn new() -> Self {
        Self::with_key(None).await
    }

    /// An installation where people have the pseudonyms that they have in another one.
    pub(crate) async fn like(other: &Self) -> Self {
        let files = other.home.keys.files().expect("the keys");
        let newest = files.iter().rfind(|file| file.purpose == Purpose::Pseudonym).expect("a key of pseudonyms");
        Self::with_key(Some(&newest.path)).await
    }

    async fn with_key(other: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        if let Some(other) = other {
            let own = key(&data);
            std::fs::create_dir_all(own.parent().expect("a key has a folder")).expect("a folder for the key");
            std::fs::copy(other, own).expect("a copy of the key");
        }
        let home = Home::open(Config { data, settings: Settings::default() }, Cost::ForTests).await.expect("an installation");
        Self { home, _folder: Some(folder) }
    }

    /// The installation that is in this folder, which stays.
    pub(crate) async fn at(data: &Path) -> Self {
        let config = Config { data: data.to_owned(), settings: Settings::default() };
        Self { home: Home::open(config, Cost::ForTests).await.expect("an installation"), _folder: None }
    }

    /// The installation, and the folder to hold for as long as it is used.
    pub(crate) fn into_home(self) -> (Home, Option<TempDir>) {
        (self.home, self._folder)
    }

    pub(crate) async fn ingest(&self, paths: &[PathBuf]) -> IngestReport {
        ingest::run(&self.home, paths, &Progress::hidden()).await.expect("an ingest")
    }

    /// Rows of the statistical zone.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        rows(&self.home.statistical.context().await.expect("a query context"), sql).await
    }

    /// Rows of the identifying zone.
    pub(crate) async fn identifying_rows(&self, sql: &str) -> Vec<Vec<String>> {
        rows(&self.home.identifying.context().await.expect("a query context"), sql).await
    }

    /// The version of every table.
    pub(crate) async fn versions(&self) -> Vec<(&'static str, u64)> {
        let mut versions = Vec::new();
        for table in StatisticalTable::ALL {
            versions.push((table.name(), self.home.statistical.version(*table).await.expect("a version")));
        }
        for table in IdentifyingTable::ALL {
            versions.push((table.name(), self.home.identifying.version(*table).await.expect("a version")));
        }
        versions
    }
}

fn key(data: &Path) -> PathBuf {
    data.join("keys").join("pseudonym.1.key")
}

/// Every value as text, nulls as empty texts.
pub(crate) async fn rows(context: &SessionContext, sql: &str) -> Vec<Vec<String>> {
    let batches = context.sql(sql).await.expect("a query").collect().await.expect("its rows");
    let mut rows = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().map(|column| array_value_to_string(column, row).expect("a value as text"));
            rows.push(values.collect());
        }
    }
    rows
}
