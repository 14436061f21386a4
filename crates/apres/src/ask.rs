//! One question, from the request to the release: admitted, compared with earlier ones, counted, decided, recorded.
//!
//! Questions are counted on the vintage in force. The same question on the same vintage under the same policy is answered from the record; whatever is said was
//! recorded first.

use anyhow::{Context, Result, bail};
use apres_ledger::{Asked, AuditEvent, NewRelease, ReleaseRecord};
use apres_protect::{Population, Refusal, RefusalCode, Release, Request, admit, decide};

use crate::cubes;
use crate::home::{Home, now};
use crate::memory::{self, Judged};

/// In whose name a question is asked; what the audit keeps.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    /// Account, empty for the public.
    pub account: String,
    /// Organisation, empty for the public.
    pub organisation: String,
}

impl Asker {
    /// Whoever runs a command: not the public, whose questions are remembered apart.
    #[must_use]
    pub fn command() -> Self {
        Self { account: "command".to_owned(), organisation: "command".to_owned() }
    }
}

/// Answers a question.
///
/// A refusal that depends on the data is made in one way and after the same work, whatever its cause: the people of the question are found, compared with those of
/// earlier questions and counted before anything is decided.
///
/// # Errors
/// When the lake or the ledger does not answer. A refusal is an answer.
pub async fn ask(home: &Home, asker: &Asker, request: &Request) -> Result<Result<Release, Refusal>> {
    let policy = &home.config.settings.policy;
    if let Err(refusal) = admit(request, &home.catalogue, policy) {
        return refused(home, asker, request, refusal, "refused").await;
    }
    let request = request.canonical().context("reading the request")?;
    let lake_version = memory::version_of(home, &request).await?;
    let recorded =
        home.ledger.find_release(&request.digest(), lake_version, &policy.identity()).await.context("looking for a past answer")?;
    if recorded.is_none() && !memory::is_within_budget(home, asker).await? {
        let refusal = Refusal { code: RefusalCode::BudgetSpent, try_instead: Vec::new() };
        return refused(home, asker, &request, refusal, "budget").await;
    }
    let judged = memory::judge(home, asker, &request, lake_version).await?;
    let answer = answer(home, asker, &request, &judged, recorded, lake_version).await;
    if !matches!(answer, Ok(Ok(_))) {
        memory::take_back(home, asker, &judged).await?;
    }
    answer
}

/// From the record, or counted and decided; remembered before it is returned.
async fn answer(
    home: &Home,
    asker: &Asker,
    request: &Request,
    judged: &Judged,
    recorded: Option<ReleaseRecord>,
    lake_version: u64,
) -> Result<Result<Release, Refusal>> {
    if let Some(record) = recorded.filter(|_| !judged.is_near) {
        let release = Release::read(&record.release)
            .context("reading a past answer: if someone wrote to the ledger by hand, restore it from its last copy")?;
        memory::keep(home, asker, request, judged).await?;
        note(home, asker, request, Some(&release), "released").await?;
        return Ok(Ok(release));
    }
    let decided = match cubes::programme_of(home, request) {
        Some(programme) => looked_up(home, programme, request, judged, lake_version).await?,
        None => counted(home, request, judged, lake_version).await?,
    };
    match decided {
        Ok(_) if judged.is_near => bail!("a question that is too close to an earlier one was decided all the same: nothing of it is said"),
        Ok(release) => {
            record(home, asker, request, &release).await?;
            memory::keep(home, asker, request, judged).await?;
            memory::count(home, asker, Asked::Counted).await?;
            note(home, asker, request, Some(&release), "released").await?;
            Ok(Ok(release))
        }
        Err(refusal) => refused(home, asker, request, refusal, if judged.is_near { "near" } else { "refused" }).await,
    }
}

/// Counted and decided.
async fn counted(home: &Home, request: &Request, judged: &Judged, lake_version: u64) -> Result<Result<Release, Refusal>> {
    let mut counted = apres_measure::count_at(&home.statistical, request.clone(), &home.catalogue, lake_version, &home.record_keys)
        .await
        .context("counting")?;
    if judged.is_near {
        // Refused as a population that is too small is, by the same rule: one cannot be told from the other.
        counted.population = 0;
    }
    Ok(decide(&counted, &home.catalogue, &home.config.settings.policy, &[]))
}

/// Looked up in the closed cube of its programme.
async fn looked_up(
    home: &Home,
    programme: &str,
    request: &Request,
    judged: &Judged,
    lake_version: u64,
) -> Result<Result<Release, Refusal>> {
    Ok(match cubes::of(home, programme, lake_version).await? {
        Some(cube) if judged.is_near => Err(cube.too_small(request)),
        Some(cube) => cube.answer(request, &home.catalogue),
        None => Err(Refusal { code: RefusalCode::CohortTooSmall, try_instead: Vec::new() }),
    })
}

/// Counts and notes a refusal. The outcome says the cause, to the operator alone.
async fn refused(home: &Home, asker: &Asker, request: &Request, refusal: Refusal, outcome: &str) -> Result<Result<Release, Refusal>> {
    memory::count(home, asker, if outcome == "near" { Asked::Near } else { Asked::Refused }).await?;
    note(home, asker, request, None, outcome).await?;
    Ok(Err(refusal))
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
    let record =
        home.ledger.release(id).await.context("reading the record")?.with_context(|| {
            format!("no release {id}: its identifier is the first sixteen digits of the `digest` that `apres ask` prints")
        })?;
    let release = Release::read(&record.release).with_context(|| {
        format!("reading the recorded release {id}: if someone wrote to the ledger by hand, restore it from its last copy")
    })?;
    let request: Request = serde_json::from_str(&record.request).context("reading the recorded request")?;
    let again = recomputed(home, &request, &record, &release).await?;
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

/// The same question decided again, at the version of the lake that the release read.
async fn recomputed(home: &Home, request: &Request, record: &ReleaseRecord, release: &Release) -> Result<Option<Release>> {
    let purged = || format!("counting again on version {} of the lake, unless `apres purge` has taken it since", record.lake_version);
    if let Some(programme) = cubes::programme_of(home, request) {
        let cube = cubes::again(home, programme, record.lake_version, &record.policy_version, release.last_month());
        return Ok(cube.await.with_context(purged)?.and_then(|cube| cube.answer(request, &home.catalogue).ok()));
    }
    let counting = apres_measure::count_at(&home.statistical, request.clone(), &home.catalogue, record.lake_version, &home.record_keys);
    let mut counted = counting.await.with_context(purged)?;
    // The last month seen is told of the lake as it was: later declarations do not change the past answer.
    counted.last_month = release.last_month();
    Ok(decide(&counted, &home.catalogue, &home.config.settings.policy, &[]).ok())
}
