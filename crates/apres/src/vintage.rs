//! `apres vintage`: the version of the lake that answers read, frozen once in a civil quarter.
//!
//! What is ingested, corrected or objected to meanwhile waits for the next one, which replaces every figure at once: two answers of one quarter never differ
//! by what one person became. docs/decisions/0013 says what oppositions, purges and rotations do to it.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use apres_ledger::{AuditEvent, Vintage};
use apres_measure::extent;
use apres_protect::{Month, Quarter};
use apres_store::StatisticalTable;

use crate::home::{Home, now};

const REFUSED: u8 = 1;
const DAY_SECONDS: i64 = 86_400;

/// Why a vintage is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The first question.
    First,
    /// A civil quarter began.
    Quarter,
    /// The version of the one before cannot be kept: the pseudonym's key was rotated.
    Rotation,
    /// The version of the one before cannot be kept: it held rows that were too old.
    Purge,
}

impl Why {
    const fn code(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Quarter => "quarter",
            Self::Rotation => "rotation",
            Self::Purge => "purge",
        }
    }
}

/// The civil quarter of a time.
fn quarter_of(time: i64) -> Quarter {
    let day = chrono::DateTime::from_timestamp(time, 0).unwrap_or_default().date_naive();
    Quarter::from_date(chrono::Datelike::year(&day), chrono::Datelike::month(&day)).unwrap_or(Quarter(0))
}

/// The vintage in force; the first question freezes the first one.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub async fn current(home: &Home) -> Result<Vintage> {
    loop {
        if let Some(vintage) = home.ledger.vintage().await.context("reading the vintage in force")? {
            return Ok(vintage);
        }
        // Two first questions at once: one freezes, both read what it froze.
        freeze(home, Why::First, now()).await?;
    }
}

/// The version of the panel that answers read today; nothing is frozen by looking.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub async fn version_to_read(home: &Home) -> Result<u64> {
    match home.ledger.vintage().await.context("reading the vintage in force")? {
        Some(vintage) => Ok(vintage.lake_version),
        None => Ok(home.statistical.version(StatisticalTable::Panel).await?),
    }
}

/// Freezes the vintage of the quarter in which `now` lies; nothing when there is one already, or when the lake holds nothing new.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub async fn renew(home: &Home, now: i64) -> Result<Option<Vintage>> {
    let Some(before) = home.ledger.vintage().await.context("reading the vintage in force")? else { return Ok(None) };
    let version = home.statistical.version(StatisticalTable::Panel).await?;
    if quarter_of(now) <= quarter_of(before.frozen_at) || version == before.lake_version {
        return Ok(None);
    }
    freeze(home, Why::Quarter, now).await
}

/// Puts another vintage in the place of one whose version could not be kept; nothing when none was frozen yet.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub async fn replace(home: &Home, why: Why, now: i64) -> Result<Option<Vintage>> {
    if home.ledger.vintage().await.context("reading the vintage in force")?.is_none() {
        return Ok(None);
    }
    freeze(home, why, now).await
}

async fn freeze(home: &Home, why: Why, now: i64) -> Result<Option<Vintage>> {
    let quarter = quarter_of(now).to_string();
    let seen = extent(&home.statistical).await.context("reading what the lake covers")?;
    let names = home.ledger.vintages().await.context("reading the vintages")?;
    let earlier = names.iter().filter(|vintage| vintage.id.split('-').next() == Some(quarter.as_str())).count();
    let id = if earlier == 0 { quarter } else { format!("{quarter}-{}", earlier + 1) };
    let vintage = Vintage {
        id,
        lake_version: seen.lake_version,
        last_month: i64::from(seen.last_month),
        frozen_at: now,
        reason: why.code().to_owned(),
    };
    if !home.ledger.freeze_vintage(&vintage).await.context("freezing a vintage")? {
        return Ok(None);
    }
    let event = AuditEvent {
        account: "command".to_owned(),
        organisation: "command".to_owned(),
        action: "freeze_vintage".to_owned(),
        subject: vintage.id.clone(),
        request_digest: None,
        outcome: vintage.reason.clone(),
    };
    home.ledger.append_audit(&event, now).await.context("writing the audit")?;
    tracing::info!(vintage.id, "vintage frozen");
    Ok(Some(vintage))
}

/// `apres vintage list`.
///
/// # Errors
/// When the ledger does not answer.
pub async fn list(home: &Home, out: &mut impl Write) -> Result<ExitCode> {
    for (place, vintage) in home.ledger.vintages().await.context("reading the vintages")?.iter().enumerate() {
        let frozen = chrono::DateTime::from_timestamp(vintage.frozen_at, 0).unwrap_or_default().date_naive();
        let state = if place == 0 { "in force" } else { "past" };
        let month = Month(i32::try_from(vintage.last_month).unwrap_or_default());
        writeln!(out, "{}\tversion {}\tup to {month}\tfrozen {frozen}\t{}\t{state}", vintage.id, vintage.lake_version, vintage.reason)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `apres vintage freeze`: once in a civil quarter.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub async fn freeze_command(home: &Home, out: &mut impl Write) -> Result<ExitCode> {
    let before = home.ledger.vintage().await.context("reading the vintage in force")?;
    let frozen = match &before {
        None => freeze(home, Why::First, now()).await?,
        Some(_) => renew(home, now()).await?,
    };
    match (frozen, before) {
        (Some(vintage), _) => {
            writeln!(out, "{}\tversion {}", vintage.id, vintage.lake_version)?;
            Ok(ExitCode::SUCCESS)
        }
        (None, before) => {
            let next = before.map_or(0, |before| quarter_of(before.frozen_at).0 + 1);
            let opens = Quarter(next).first_month();
            tracing::warn!(
                "one vintage in a civil quarter, and only of a lake that has moved: two of them close together would tell who was corrected or objected in between; \
                 the next one may be frozen from {opens} on"
            );
            Ok(ExitCode::from(REFUSED))
        }
    }
}

/// The time until which a purge keeps past versions of the panel: that of the vintage in force, in milliseconds since 1970.
///
/// # Errors
/// When the ledger does not answer.
pub async fn kept_since(home: &Home) -> Result<Option<i64>> {
    let vintage = home.ledger.vintage().await.context("reading the vintage in force")?;
    Ok(vintage.map(|vintage| vintage.frozen_at * 1000))
}

/// The civil day of a time, counted from 1970.
#[must_use]
pub fn day_of(time: i64) -> i64 {
    time.div_euclid(DAY_SECONDS)
}
