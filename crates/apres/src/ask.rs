//! One question, from the request to the release: admitted, counted, decided, recorded.
//!
//! The same question on the same lake under the same policy is answered from the record; whatever is said was recorded first.

use anyhow::{Context, Result};
use apres_ledger::{AuditEvent, NewRelease, ReleaseRecord};
use apres_protect::{Population, Refusal, Release, Request, admit, decide};
use apres_store::StatisticalTable;

use crate::home::{Home, now};

/// In whose name a question is asked; what the audit keeps.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    /// Account, empty for the public.
    pub account: String,
    /// Organisation, empty for the public.
    pub organisation: String,
}

/// Answers a question.
///
/// # Errors
/// When the lake or the ledger does not answer. A refusal is an answer.
pub async fn ask(home: &Home, asker: &Asker, request: &Request) -> Result<Result<Release, Refusal>> {
    let policy = &home.config.settings.policy;
    if let Err(refusal) = admit(request, &home.catalogue, policy) {
        note(home, asker, request, None, "refused").await?;
        return Ok(Err(refusal));
    }
    let request = request.canonical().context("reading the request")?;
    let lake_version = home.statistical.version(StatisticalTable::Panel).await?;
    let recorded =
        home.ledger.find_release(&request.digest(), lake_version, &policy.identity()).await.context("looking for a past answer")?;
    if let Some(record) = recorded {
        let release = Release::read(&record.release)
            .context("reading a past answer: if someone wrote to the ledger by hand, restore it from its last copy")?;
        note(home, asker, &request, Some(&release), "released").await?;
        return Ok(Ok(release));
    }
    let counted = apres_measure::count(&home.statistical, &request, &home.catalogue, &home.record_keys).await.context("counting")?;
    match decide(&counted, &home.catalogue, policy, &[]) {
        Ok(release) => {
            record(home, asker, &request, &release).await?;
            note(home, asker, &request, Some(&release), "released").await?;
            Ok(Ok(release))
        }
        Err(refusal) => {
            note(home, asker, &request, None, "refused").await?;
            Ok(Err(refusal))
        }
    }
}

async fn record(home: &Home, asker: &Asker, request: &Request, release: &Release) -> Result<()> {
    let list = match &request.population {
        Population::List(id) => Some(id.clone()),
        Population::Programme(_) => None,
    };
    let record = ReleaseRecord {
        id: release.id().to_owned(),
        request_digest: request.digest(),
        lake_version: release.lake_version(),
        policy_version: release.policy_version().to_owned(),
        request: serde_json::to_string(request).context("writing the request")?,
        release: release.to_json(),
        list,
        recorded_at: now(),
    };
    let new = NewRelease { record, organisation: asker.organisation.clone(), account: asker.account.clone() };
    home.ledger.record_release(&new, now()).await.context("recording the answer")?;
    Ok(())
}

async fn note(home: &Home, asker: &Asker, request: &Request, release: Option<&Release>, outcome: &str) -> Result<()> {
    let event = AuditEvent {
        account: asker.account.clone(),
        organisation: asker.organisation.clone(),
        action: "ask".to_owned(),
        subject: release.map(|release| release.id().to_owned()).unwrap_or_default(),
        request_digest: Some(request.digest()),
        outcome: outcome.to_owned(),
    };
    home.ledger.append_audit(&event, now()).await.context("writing the audit")?;
    Ok(())
}

/// What recomputing a recorded release gives.
#[derive(Debug, serde::Serialize)]
pub struct Explanation {
    /// The release.
    pub release: String,
    /// The question.
    pub request: Request,
    /// Version of the lake that it read.
    pub lake_version: u64,
    /// Policy that decided.
    pub policy_version: String,
    /// Who is counted and who is not, in words, by indicator.
    pub counted: Vec<(String, String)>,
    /// Whether recomputing gives the same bytes.
    pub is_same: bool,
}

/// Recomputes a recorded release from the version of the lake that it read, and compares.
///
/// # Errors
/// When the release does not exist, or the lake no longer holds that version.
pub async fn explain(home: &Home, id: &str) -> Result<Explanation> {
    // Exports write the whole fingerprint, of which the identifier is the beginning.
    let id = id.get(..16).filter(|_| id.len() == 64).unwrap_or(id);
    let record = home
        .ledger
        .release(id)
        .await
        .context("reading the record")?
        .with_context(|| format!("no release {id}: `apres ask --json` prints the id of each"))?;
    let release = Release::read(&record.release).with_context(|| {
        format!("reading the recorded release {id}: if someone wrote to the ledger by hand, restore it from its last copy")
    })?;
    let request: Request = serde_json::from_str(&record.request).context("reading the recorded request")?;
    let counting = apres_measure::count_at(&home.statistical, request.clone(), &home.catalogue, record.lake_version, &home.record_keys);
    let mut counted = counting.await.with_context(|| {
        format!("counting again on version {} of the lake, unless `apres purge` has taken it since", record.lake_version)
    })?;
    // The last month seen is told of the lake as it was: later declarations do not change the past answer.
    counted.last_month = release.last_month();
    let again = decide(&counted, &home.catalogue, &home.config.settings.policy, &[]).ok();
    let texts = home.catalogue.to_count(&request);
    Ok(Explanation {
        release: id.to_owned(),
        lake_version: record.lake_version,
        policy_version: record.policy_version,
        counted: texts.iter().map(|indicator| (indicator.id.clone(), indicator.denominator_text.clone())).collect(),
        is_same: again.is_some_and(|again| again.to_json() == release.to_json()),
        request,
    })
}
