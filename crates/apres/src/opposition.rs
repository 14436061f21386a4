//! `apres opposition`: who objects to the statistics made of them.
//!
//! A NIR or an identity is read from stdin, never from an argument, that a history of commands would keep. Only a keyed hash of it is stored. What the lake holds of the
//! person is taken out at once, and figures follow at the next build; whether there was anything is not told.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use apres_ingest::Nir;
use apres_ingest::identity::{Identity, keys, keys_as_written};
use apres_ledger::AuditEvent;
use apres_store::opposition::{oppositions, record, strike, withdraw};
use apres_store::{Identifying, Identities};
use chrono::NaiveDate;

use crate::home::{Home, now};

const REFUSED: u8 = 1;
/// What the audit says acted, when it was a command.
const COMMAND: &str = "command";

/// What someone typed.
enum Said {
    Nir(Nir),
    Whole { nom: String, prenoms: String, naissance: NaiveDate },
}

/// `apres opposition add`.
///
/// # Errors
/// When stdin or the lake cannot be read, or the lake cannot be written.
pub async fn add(home: &Home, input: &mut impl BufRead, today: NaiveDate, out: &mut impl Write) -> Result<ExitCode> {
    let Some(said) = read(input)? else { return Ok(refuse_writing()) };
    let _writing = home.writing().await?;
    let Some(opposed) = opposed(home, &said).await? else { return Ok(refuse_unknown()) };
    record(&home.identifying, &home.opposed, &opposed, today).await.context("recording the opposition")?;
    withdraw(&home.statistical, &home.identifying, &home.opposed, today).await.context("taking out who objects")?;
    audit(home, "opposition_add", &opposed).await?;
    writeln!(out, "recorded; figures follow at the next build (`apres spells`, or the next `apres ingest`)")?;
    Ok(ExitCode::SUCCESS)
}

/// `apres opposition remove`.
///
/// # Errors
/// When stdin or the lake cannot be read, or the lake cannot be written.
pub async fn remove(home: &Home, input: &mut impl BufRead, out: &mut impl Write) -> Result<ExitCode> {
    let Some(said) = read(input)? else { return Ok(refuse_writing()) };
    let Said::Nir(nir) = said else {
        tracing::warn!("nothing but a keyed hash of the NIR is kept of who objects: give the NIR");
        return Ok(ExitCode::from(REFUSED));
    };
    let _writing = home.writing().await?;
    let opposed = [home.opposed.of_nir(nir.expose().as_bytes())];
    let struck = strike(&home.identifying, &home.opposed, &opposed).await.context("striking the opposition off")?;
    if struck == 0 {
        tracing::warn!("this NIR is not on record");
        return Ok(ExitCode::from(REFUSED));
    }
    audit(home, "opposition_remove", &opposed).await?;
    writeln!(out, "removed; declarations received from now on count again")?;
    Ok(ExitCode::SUCCESS)
}

/// `apres opposition list`.
///
/// # Errors
/// When the lake cannot be read.
pub async fn list(home: &Home, out: &mut impl Write) -> Result<ExitCode> {
    for opposition in oppositions(&home.identifying).await.context("reading the oppositions")? {
        writeln!(out, "{:016x}\t{}", opposition.opposed, opposition.since)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The first line that is not empty: a NIR, or `surname;first names;YYYY-MM-DD`.
fn read(input: &mut impl BufRead) -> Result<Option<Said>> {
    for line in input.lines() {
        let line = line.context("reading stdin")?;
        let line = line.trim();
        if !line.is_empty() {
            return Ok(parse(line));
        }
    }
    Ok(None)
}

fn parse(line: &str) -> Option<Said> {
    if let Ok((nir, _)) = Nir::parse(line) {
        return Some(Said::Nir(nir));
    }
    let mut parts = line.split(';').map(str::trim);
    let (nom, prenoms, naissance) = (parts.next()?, parts.next()?, parts.next()?);
    let naissance = NaiveDate::parse_from_str(naissance, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(naissance, "%d/%m/%Y")).ok()?;
    Some(Said::Whole { nom: nom.to_owned(), prenoms: prenoms.to_owned(), naissance })
}

/// What to put on record; `None` when an identity is not that of one person of the lake.
async fn opposed(home: &Home, said: &Said) -> Result<Option<Vec<u64>>> {
    match said {
        Said::Nir(nir) => Ok(Some(vec![home.opposed.of_nir(nir.expose().as_bytes())])),
        Said::Whole { nom, prenoms, naissance } => {
            let wanted = Identity { nom_naissance: nom, nom_usage: "", prenoms, naissance: Some(*naissance) };
            numbers_of(home, &home.identifying, &wanted).await
        }
    }
}

/// The numbers of the one person who answers to an identity.
async fn numbers_of(home: &Home, identifying: &Identifying, wanted: &Identity<'_>) -> Result<Option<Vec<u64>>> {
    let wanted_keys = keys(wanted);
    let mut people = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut identities = Identities::open(identifying).await.context("reading the identities")?;
    while let Some(batch) = identities.next().await.context("reading the identities")? {
        for known in batch.iter() {
            let naissance = NaiveDate::parse_from_str(known.date_naissance, "%Y-%m-%d").ok();
            let identity = Identity { nom_naissance: known.nom_famille, nom_usage: known.nom_usage, prenoms: known.prenoms, naissance };
            if naissance == wanted.naissance && keys_as_written(&identity).iter().any(|key| wanted_keys.contains(key)) {
                people.insert(known.person);
                numbers.extend((!known.nir.is_empty()).then(|| home.opposed.of_nir(known.nir.as_bytes())));
                numbers.extend((!known.ntt.is_empty()).then(|| home.opposed.of_ntt(known.ntt.as_bytes())));
            }
        }
    }
    Ok((people.len() == 1).then(|| numbers.into_iter().collect()))
}

async fn audit(home: &Home, action: &str, opposed: &[u64]) -> Result<()> {
    for opposed in opposed {
        let event = AuditEvent {
            account: COMMAND.to_owned(),
            organisation: COMMAND.to_owned(),
            action: action.to_owned(),
            subject: format!("{opposed:016x}"),
            request_digest: None,
            outcome: "done".to_owned(),
        };
        home.ledger.append_audit(&event, now()).await.context("writing the audit")?;
    }
    Ok(())
}

fn refuse_writing() -> ExitCode {
    tracing::warn!("write one line on stdin: a NIR (13 or 15 characters), or surname;first names;YYYY-MM-DD");
    ExitCode::from(REFUSED)
}

fn refuse_unknown() -> ExitCode {
    tracing::warn!("this identity is not that of one person of the lake: give the NIR");
    ExitCode::from(REFUSED)
}
