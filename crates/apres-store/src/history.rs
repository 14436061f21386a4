//! Forgetting: the versions of a table before a given one, and the files that only they named.
//!
//! A table grows by versions, and what a version no longer holds is still on disk for the older ones. Forgetting them is what makes an erasure true: the log
//! before the version kept is replaced by a checkpoint, and every data file that no version kept names is deleted, those of interrupted writes too. Nobody may
//! write to the zone meanwhile, which is the caller's to ensure.

use std::collections::HashSet;

use deltalake::checkpoints::create_checkpoint;
use deltalake::logstore::object_store::path::Path;
use deltalake::logstore::object_store::{ObjectMeta, ObjectStoreExt};
use deltalake::{DeltaTable, DeltaTableError};
use futures::TryStreamExt;

use crate::table::Table;
use crate::zone::{StoreFault, Zone};

/// Digits of a version in the name of a file of the log.
const VERSION_DIGITS: usize = 20;

impl<T: Table> Zone<T> {
    /// Forgets the versions of a table that no reader asks for any more: all but the latest, or all that were already replaced at the time given (in milliseconds since
    /// 1970). Gives the number of data files deleted.
    ///
    /// # Errors
    /// When the table cannot be read or a file cannot be deleted; running it again finishes the work.
    pub async fn forget(&self, table: T, replaced_before: Option<i64>) -> Result<u64, StoreFault> {
        let fault = || StoreFault::delta("forgetting the past of", table);
        let mut delta = self.table(table).await?;
        let latest = delta.version().unwrap_or(0);
        let first = match replaced_before {
            None => latest,
            Some(time) => first_kept(&delta, time).await.map_err(fault())?,
        };
        let mut named = HashSet::new();
        for version in first..=latest {
            delta.load_version(version).await.map_err(fault())?;
            named.extend(files(&delta).await.map_err(fault())?);
            if version == first && first > 0 {
                self.keep_log_from(table, &delta, first).await?;
            }
        }
        let store = delta.object_store();
        let deleting = || StoreFault::object("deleting the files of versions that are forgotten");
        let listed: Vec<ObjectMeta> = store.list(None).try_collect().await.map_err(deleting())?;
        let mut deleted = 0;
        for object in listed {
            let is_log = object.location.parts().next().is_some_and(|part| part.as_ref() == "_delta_log");
            if !is_log && !named.contains(&object.location) {
                store.delete(&object.location).await.map_err(deleting())?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Puts a checkpoint in the place of the log before this version, which is the one loaded.
    async fn keep_log_from(&self, table: T, delta: &DeltaTable, first: u64) -> Result<(), StoreFault> {
        let store = delta.object_store();
        let deleting = || StoreFault::object("deleting the log of versions that are forgotten");
        let log = Path::from("_delta_log");
        let listed: Vec<ObjectMeta> = store.list(Some(&log)).try_collect().await.map_err(deleting())?;
        let is_checkpoint = |object: &ObjectMeta| object.location.filename().is_some_and(|name| name.contains(".checkpoint."));
        if !listed.iter().any(|object| is_checkpoint(object) && version_of(&object.location) == Some(first)) {
            create_checkpoint(delta, None).await.map_err(StoreFault::delta("keeping the state of", table))?;
        }
        for object in listed.iter().filter(|object| version_of(&object.location).is_some_and(|version| version < first)) {
            store.delete(&object.location).await.map_err(deleting())?;
        }
        Ok(())
    }
}

/// The first version that was still in force at this time.
async fn first_kept(delta: &DeltaTable, time: i64) -> Result<u64, DeltaTableError> {
    let log = Path::from("_delta_log");
    let listed: Vec<ObjectMeta> = delta.object_store().list(Some(&log)).try_collect().await?;
    let commits = listed.iter().filter(|object| object.location.extension() == Some("json"));
    let mut commits: Vec<(u64, i64)> =
        commits.filter_map(|object| Some((version_of(&object.location)?, object.last_modified.timestamp_millis()))).collect();
    commits.sort_unstable();
    let oldest = commits.first().map_or_else(|| delta.version().unwrap_or(0), |(version, _)| *version);
    Ok(commits.iter().rev().find(|(_, at)| *at <= time).map_or(oldest, |(version, _)| *version))
}

/// The data files of the version loaded.
async fn files(delta: &DeltaTable) -> Result<Vec<Path>, DeltaTableError> {
    delta.get_active_add_actions_by_predicate(None).map_ok(|file| file.object_store_path()).try_collect().await
}

/// The version in the name of a file of the log.
fn version_of(location: &Path) -> Option<u64> {
    location.filename()?.get(..VERSION_DIGITS)?.parse().ok()
}
