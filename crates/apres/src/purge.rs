//! `apres purge`: what is too old goes, and the past versions that still held it.
//!
//! The day is an argument, so that a test moves the clock and an operator sees beforehand what a date will take. What is purged is told as counts of rows. `docs/guide/privacy.md`
//! says what is kept and for how long.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use apres_ledger::AuditEvent;
use apres_protect::Month;
use apres_store::retention::{Aged, Purge, Retention};
use apres_store::{IdentifyingTable, StatisticalTable, Table};
use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::Serialize;

use crate::home::{Home, now};
use crate::progress::Progress;
use crate::{ingest, lists, vintage, worker};

/// Days for which counters of questions and alerts are kept.
const DAYS_COUNTED: i64 = 365;
/// Rounds of a purge; one is the rule.
const ROUNDS_MAX: u32 = 4;
/// A file of the data folder that is there from before what figures were made of goes until the versions that held it are gone: a purge that is run again knows that it has to finish.
const UNFINISHED: &str = "purge.unfinished";

/// What a purge took, or would take.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Purged {
    /// Lists whose time is over, and files that waited too long to be checked.
    pub lists: u64,
    /// Rows that are too old.
    pub aged: Aged,
    /// Files of past versions deleted, by table.
    pub files: BTreeMap<&'static str, u64>,
}

/// `apres purge`.
///
/// # Errors
/// When someone writes to the lake, or when it cannot be read or written; running it again finishes the work.
pub async fn command(home: &Home, today: NaiveDate, is_dry: bool, out: &mut impl Write) -> Result<ExitCode> {
    let purged = Box::pin(run(home, today, is_dry)).await?;
    serde_json::to_writer_pretty(&mut *out, &purged).context("writing what was purged")?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

/// Purges as of a day; a dry run counts and changes nothing.
///
/// # Errors
/// When someone writes to the lake, or when it cannot be read or written; running it again finishes the work.
pub async fn run(home: &Home, today: NaiveDate, is_dry: bool) -> Result<Purged> {
    let kept = home.config.settings.retention;
    let retention = Retention { today, raw_months: kept.raw_months, spells_months: kept.spells_months };
    let lists = erase_lists(home, &retention, is_dry).await?;
    let _alone = home.alone()?;
    if is_dry {
        return Ok(Purged { lists, aged: count(home, retention).await?.1, files: BTreeMap::new() });
    }
    let unfinished = home.config.data.join(UNFINISHED);
    let mut reaches_figures = is_unfinished(home);
    // Who objects goes, and what was counted is what careers are built of: an ingest or an earlier purge may have been interrupted.
    ingest::catch_up(home, &Progress::hidden()).await?;
    // What is built from what is left may show more: a contract that was declared under two numbers goes one number after the other.
    let mut aged = Aged::default();
    for _ in 0..ROUNDS_MAX {
        let (purge, left) = count(home, retention).await?;
        if left.is_nothing() {
            break;
        }
        if left.reaches_figures() {
            reaches_figures = true;
            std::fs::write(&unfinished, "").with_context(|| format!("writing {}", unfinished.display()))?;
        }
        purge.run(&left).await.context("leaving out what is too old")?;
        ingest::build(home, &Progress::hidden()).await?;
        aged = aged.and(&left);
    }
    if home.config.settings.vintage.every_quarter {
        // The version of a quarter that is over holds who objected meanwhile.
        vintage::renew(home, today.and_time(NaiveTime::MIN).and_utc().timestamp()).await?;
    }
    let files = forget(home, &retention, reaches_figures).await?;
    if reaches_figures {
        // The version that answers read held what was too old: it is gone, and another one takes its place.
        vintage::replace(home, vintage::Why::Purge, now()).await?;
        if unfinished.exists() {
            std::fs::remove_file(&unfinished).with_context(|| format!("removing {}", unfinished.display()))?;
        }
    }
    forget_memory(home, &retention).await?;
    let purged = Purged { lists, aged, files };
    audit(home, today, &purged).await?;
    Ok(purged)
}

/// Whether a purge was interrupted after it began to take out what figures are made of.
#[must_use]
pub fn is_unfinished(home: &Home) -> bool {
    home.config.data.join(UNFINISHED).exists()
}

async fn count(home: &Home, retention: Retention) -> Result<(Purge<'_>, Aged)> {
    let purge = Purge::open(&home.statistical, &home.identifying, retention).await.context("looking for what is too old")?;
    let aged = purge.count().await.context("counting what is too old")?;
    Ok((purge, aged))
}

/// Past versions of the panel are kept since the vintage in force, which answers read, and as long as what is raw where there is none, to explain a figure again;
/// unless they hold something that is too old. Those before the vintage in force hold who objected meanwhile. Nothing reads the past of the other tables.
async fn forget(home: &Home, retention: &Retention, reaches_figures: bool) -> Result<BTreeMap<&'static str, u64>> {
    let mut files = BTreeMap::new();
    let raw = retention.raw_limit().and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let limit = vintage::kept_since(home).await?.unwrap_or(raw);
    for table in StatisticalTable::ALL {
        let is_explained = *table == StatisticalTable::Panel && !reaches_figures;
        let deleted = home.statistical.forget(*table, is_explained.then_some(limit)).await;
        files.insert(table.name(), deleted.with_context(|| format!("forgetting the past of {}", table.name()))?);
    }
    for table in IdentifyingTable::ALL {
        let deleted = home.identifying.forget(*table, None).await;
        files.insert(table.name(), deleted.with_context(|| format!("forgetting the past of {}", table.name()))?);
    }
    Ok(files)
}

/// What is remembered of lists whose people have left the lake, and counters of questions of another year.
async fn forget_memory(home: &Home, retention: &Retention) -> Result<()> {
    let oldest = Month::new(retention.today.year(), retention.today.month()).unwrap_or(Month(0));
    let months = i32::try_from(retention.spells_months).unwrap_or(i32::MAX);
    let quarter = oldest.plus(months.saturating_neg()).quarter().to_string();
    home.ledger.forget_registered_lists(&quarter).await.context("forgetting the lists of long ago")?;
    let today = retention.today.and_time(NaiveTime::MIN).and_utc().timestamp();
    home.ledger.purge_questions(vintage::day_of(today) - DAYS_COUNTED).await.context("forgetting the questions of long ago")?;
    Ok(())
}

/// Lists at the end of their time, and deposits that nobody confirmed within the time of what is raw.
async fn erase_lists(home: &Home, retention: &Retention, is_dry: bool) -> Result<u64> {
    let at = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp();
    let mut expired = home.ledger.lists_to_erase(at(retention.today)).await.context("looking for lists to erase")?;
    let waiting = home.ledger.lists_waiting_since(at(retention.raw_limit())).await.context("looking for deposits that wait")?;
    expired.extend(waiting);
    let mut ids: Vec<String> = expired.into_iter().map(|list| list.id).collect();
    ids.sort();
    ids.dedup();
    if !is_dry {
        for id in &ids {
            lists::erase_for_good(home, id, worker::RETENTION_RECEIPT).await?;
        }
    }
    Ok(ids.len() as u64)
}

async fn audit(home: &Home, today: NaiveDate, purged: &Purged) -> Result<()> {
    let event = AuditEvent {
        account: "command".to_owned(),
        organisation: "command".to_owned(),
        action: "purge".to_owned(),
        subject: today.to_string(),
        request_digest: None,
        outcome: serde_json::to_string(&purged.aged).context("writing what was purged")?,
    };
    home.ledger.append_audit(&event, now()).await.context("writing the audit")?;
    Ok(())
}
