//! `apres keys`: what keys there are, and the rotation of two of them.
//!
//! A rotation makes the next version, brings everything under it, and only then deletes the older one: killed at any moment, it is run again and finishes. Nobody writes to
//! the lake meanwhile.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use apres_store::rekey::Rekeying;
use apres_store::{Identifying, IdentifyingTable, StatisticalTable, Table};

use crate::home::{Home, now};
use crate::keys::Purpose;
use crate::vintage;

const REFUSED: u8 = 1;

/// `apres keys list`.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(home: &Home, out: &mut impl Write) -> Result<ExitCode> {
    for file in home.keys.files()? {
        let state = if file.is_private { "private" } else { "OTHERS CAN READ IT" };
        writeln!(out, "{}\tversion {}\t{}\t{state}", file.purpose.word(), file.version, file.path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `apres keys rotate`.
///
/// # Errors
/// When someone writes to the lake, or when it cannot be read or written; running it again finishes the work.
pub async fn rotate(home: &Home, purpose: Purpose, out: &mut impl Write) -> Result<ExitCode> {
    let _alone = home.alone()?;
    match purpose {
        Purpose::Zone => zone(home, out).await?,
        Purpose::Pseudonym => pseudonym(home, out).await?,
        Purpose::Opposition | Purpose::Memory => {
            tracing::warn!("this key cannot be rotated: the numbers of people that it hashed are kept nowhere");
            return Ok(ExitCode::from(REFUSED));
        }
        Purpose::Disclosure => {
            tracing::warn!(
                "the key of the noise is not rotated: figures drawn a second time, beside those already released, would wear the noise away; if it was read by others, set its file aside and start again"
            );
            return Ok(ExitCode::from(REFUSED));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn zone(home: &Home, out: &mut impl Write) -> Result<()> {
    let keys = home.keys.begin_rotation(Purpose::Zone)?;
    let version = keys.newest().0;
    let identifying = Identifying::open(&home.config.data.join("lake"), keys).await.context("opening the identifying zone")?;
    let mut resealed = 0;
    loop {
        match identifying.reseal().await.context("sealing the identifying zone anew")? {
            0 => break,
            some => resealed += some,
        }
    }
    home.keys.end_rotation(Purpose::Zone)?;
    writeln!(out, "{resealed} objects sealed anew, under version {version}")?;
    Ok(())
}

async fn pseudonym(home: &Home, out: &mut impl Write) -> Result<()> {
    let keys = home.keys.begin_rotation(Purpose::Pseudonym)?;
    let rekeying = Rekeying::open(&home.statistical, &home.identifying, &keys).await.context("reading the identities")?;
    let rewritten = rekeying.run().await.context("giving the new pseudonyms")?;
    // Old and new pseudonyms side by side would tell one from the other.
    for table in StatisticalTable::ALL {
        home.statistical.forget(*table, None).await.with_context(|| format!("forgetting the past of {}", table.name()))?;
    }
    for table in IdentifyingTable::ALL {
        home.identifying.forget(*table, None).await.with_context(|| format!("forgetting the past of {}", table.name()))?;
    }
    home.keys.end_rotation(Purpose::Pseudonym)?;
    vintage::replace(home, vintage::Why::Rotation, now()).await?;
    writeln!(out, "{rewritten} tables rewritten, under version {}", keys.newest().0)?;
    Ok(())
}
