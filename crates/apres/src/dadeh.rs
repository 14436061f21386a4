//! `apres ingest --source dadeh`: a PostgreSQL base into the lake, by the way that the files take.
//!
//! The base is read one month of one establishment at a time and the rows are written as they come. The lake's own version ranks two readings of a base that says
//! the same day, so that the later one stands without a clock being read.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use apres_dadeh::Base;
use apres_ingest::dsn::Tally;
use apres_store::{Batcher, IngestOutcome, IngestWriter, Rows, StatisticalTable};

use crate::home::Home;
use crate::ingest::{self, Gathered, IngestReport};
use crate::progress::Progress;

/// Reads the base at this address into the lake and brings spells, exits and panel up to date.
///
/// # Errors
/// When the base cannot be read or the lake cannot be written; then nothing was added.
pub async fn run(home: &Home, address: &str, progress: &Progress) -> Result<IngestReport> {
    ingest::recorded(home, read_and_build(home, address, progress)).await
}

async fn read_and_build(home: &Home, address: &str, progress: &Progress) -> Result<IngestReport> {
    let (gathered, added) = Box::pin(read(home, address, progress)).await?;
    ingest::built(home, gathered, added, progress).await
}

async fn read(home: &Home, address: &str, progress: &Progress) -> Result<(Gathered, IngestOutcome)> {
    let mut base = Base::open(address).await.context("opening the DADEH base")?;
    let known = Arc::new(IngestWriter::standing(&home.statistical, &home.identifying).await.context("reading what the lake holds")?);
    let mut writer = IngestWriter::open(&home.statistical, &home.identifying).await.context("opening the lake for writing")?;
    let rank = home.statistical.version(StatisticalTable::Declarations).await.context("reading the lake's version")?;
    let ready = Arc::new(Mutex::new(Vec::<Rows>::new()));
    let waiting = Arc::clone(&ready);
    let take = || std::mem::take(&mut *ready.lock().unwrap_or_else(PoisonError::into_inner));
    let hand_over = move |rows: Rows| waiting.lock().unwrap_or_else(PoisonError::into_inner).push(rows);
    let mut batcher = Batcher::new(known, home.pseudonymiser.clone(), ingest::first_part()?, hand_over);
    let step = progress.units("reading the base", 0);
    while base.declaration(rank, &mut batcher).await.context("reading the DADEH base")? {
        for rows in take() {
            writer.write(rows).await.context("writing to the lake")?;
        }
        step.at(base.read().declarations);
    }
    let already_known = batcher.finish();
    for rows in take() {
        writer.write(rows).await.context("writing to the lake")?;
    }
    let added = Box::pin(writer.commit()).await.context("committing the ingest")?;
    step.done();
    Ok((gathered(base.read(), already_known), added))
}

fn gathered(read: &apres_dadeh::Read, already_known: u64) -> Gathered {
    let mut gathered = Gathered::default();
    gathered.already_known = already_known;
    gathered.report.declarations.insert("01".to_owned(), Tally { accepted: read.declarations, refused: 0 });
    for (month, count) in &read.by_month {
        gathered.report.monthly.insert((*month, "01".to_owned()), Tally { accepted: *count, refused: 0 });
    }
    gathered.report.individus = read.individus;
    gathered.report.contrats = read.contrats;
    gathered.set_aside = vec![
        ("dadeh_without_siret", read.without_siret),
        ("dadeh_without_identity", read.without_identity),
        ("dadeh_pay_without_contract", read.pay_without_contract),
    ];
    gathered
}
