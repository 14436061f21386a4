//! What was said is remembered: a question, or a list, that differs from an earlier one by a few people is not answered.
//!
//! The rules are those of `apres_protect::memory`; this is where people become numbers and numbers become sketches. docs/methods/memory.md says what is
//! kept, for how long, and what does not follow from it.

use anyhow::{Context, Result};
use apres_ingest::list::Participant;
use apres_ledger::{Asked, AuditEvent, ListVerdict, Population as Noted, QuestionAlert, QuestionDay, RegisteredList};
use apres_link::Match;
use apres_measure::people_at;
use apres_protect::memory::{ListPrint, Sketch, is_near};
use apres_protect::{Population, Quarter, Request};
use chrono::Datelike;

use crate::ask::Asker;
use crate::cubes;
use crate::home::{Home, now};
use crate::vintage::{self, day_of};

/// Fewest people found that are asked beside the usual number is drawn below this, so that the limit itself tells nothing of one person.
const BLUR: u32 = 5;

/// What the memory says of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    population: String,
    /// Noted, to be kept or taken back; it was not when it had been told before.
    is_noted: bool,
    /// It may not be answered.
    pub(crate) is_near: bool,
}

/// Questions that are looked up in a closed cube begin with this: the cube was closed against all of them together, so they are not compared with one another.
const CLOSED: &str = "cube:";

/// Who is asked about, whatever is asked of them.
fn question_of(home: &Home, request: &Request) -> String {
    let indicators = Vec::new();
    let question = Request { indicators, breakdowns: Vec::new(), horizons: Vec::new(), rest: None, ..request.clone() }.digest();
    if cubes::programme_of(home, request).is_some() { format!("{CLOSED}{question}") } else { question }
}

/// The version of the panel that answers a request: that of the vintage in force; a list that was placed since is read where it was placed.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub(crate) async fn version_of(home: &Home, request: &Request) -> Result<u64> {
    let frozen = vintage::current(home).await?.lake_version;
    let Population::List(id) = &request.population else { return Ok(frozen) };
    let placed = home.ledger.registered_list(id).await.context("reading a registered list")?.and_then(|list| list.lake_version);
    Ok(placed.map_or(frozen, |placed| placed.max(frozen)))
}

/// Notes that somebody asks about these people, then compares them with all those that their organisation was told about. Takes the same time whatever it finds.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub(crate) async fn judge(home: &Home, asker: &Asker, request: &Request, lake_version: u64) -> Result<Judged> {
    let question = question_of(home, request);
    let id = format!("{question}@{lake_version}");
    let is_closed = is_closed(home, request).await?;
    if home.ledger.is_told(&id, &asker.organisation).await.context("looking for a population")? {
        // Compared when it was first told, and with every one since.
        return Ok(Judged { population: id, is_noted: false, is_near: is_closed });
    }
    let known = home.ledger.population(&id).await.context("looking for a population")?;
    let noted = match known {
        Some(known) => known,
        None => {
            let sketch = sketch_of(home, request, lake_version).await?.to_string();
            Noted { id: id.clone(), question: question.clone(), lake_version, sketch }
        }
    };
    home.ledger.note_population(&noted, &asker.organisation, &asker.account, now()).await.context("noting a population")?;
    let sketch: Sketch = noted.sketch.parse().context("reading a population")?;
    let mut others = home.ledger.other_populations(&asker.organisation, &question).await.context("reading the populations")?;
    others.retain(|other| !(question.starts_with(CLOSED) && other.question.starts_with(CLOSED)));
    let near = tokio::task::spawn_blocking(move || near_ones(&sketch, &others)).await.context("comparing populations")??;
    Ok(Judged { population: id, is_noted: true, is_near: near > 0 || is_closed })
}

/// How many of these populations are too close; all of them are compared, whatever the first ones say.
fn near_ones(sketch: &Sketch, others: &[Noted]) -> Result<usize> {
    let is_near = |other: &Noted| -> Result<bool> { Ok(is_near(sketch, &other.sketch.parse().context("reading a population")?)) };
    others.iter().map(is_near).try_fold(0, |near, other| Ok(near + usize::from(other?)))
}

/// A list that was not accepted is not told about.
async fn is_closed(home: &Home, request: &Request) -> Result<bool> {
    let Population::List(list) = &request.population else { return Ok(false) };
    let registered = home.ledger.registered_list(list).await.context("reading a registered list")?;
    Ok(registered.is_none_or(|registered| registered.verdict != ListVerdict::Accepted))
}

async fn sketch_of(home: &Home, request: &Request, lake_version: u64) -> Result<Sketch> {
    let people = people_at(&home.statistical, request, lake_version).await.context("finding whom a question is about")?;
    let fingerprints = home.fingerprints.clone();
    let sketch = tokio::task::spawn_blocking(move || Sketch::of(people.into_iter().map(|person| fingerprints.of_person(person))));
    sketch.await.context("sketching a population")
}

/// The question was answered: its people are remembered.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) async fn keep(home: &Home, asker: &Asker, request: &Request, judged: &Judged) -> Result<()> {
    if judged.is_noted {
        home.ledger.keep_population(&judged.population, &asker.organisation).await.context("remembering a population")?;
    }
    if let Population::List(list) = &request.population {
        home.ledger.note_list_said(list, now()).await.context("remembering a list")?;
    }
    Ok(())
}

/// The question was refused: nothing was said of its people.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) async fn take_back(home: &Home, asker: &Asker, judged: &Judged) -> Result<()> {
    if judged.is_noted {
        home.ledger.take_back_population(&judged.population, &asker.organisation).await.context("forgetting a population")?;
    }
    Ok(())
}

/// Whether an account, or its organisation, may still be answered anew today.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) async fn is_within_budget(home: &Home, asker: &Asker) -> Result<bool> {
    let budget = home.config.settings.budget;
    let today =
        home.ledger.question_day(day_of(now()), &asker.organisation, &asker.account).await.context("reading the questions of the day")?;
    let is_within = today.account.counted < budget.account_tables_max && today.organisation.counted < budget.organisation_tables_max;
    if !is_within {
        raise(home, asker, "budget").await?;
    }
    Ok(is_within)
}

/// Counts a question, and raises an alert when there are many like it.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) async fn count(home: &Home, asker: &Asker, asked: Asked) -> Result<()> {
    let today: QuestionDay =
        home.ledger.count_question(day_of(now()), &asker.organisation, &asker.account, asked).await.context("counting a question")?;
    let budget = home.config.settings.budget;
    if today.account.near >= budget.alert_near {
        raise(home, asker, "near").await?;
    }
    if today.account.refused >= budget.alert_refused {
        raise(home, asker, "refused").await?;
    }
    Ok(())
}

/// Raises an alert once a day, in the audit too.
async fn raise(home: &Home, asker: &Asker, kind: &str) -> Result<()> {
    let at = now();
    let alert = QuestionAlert {
        day: day_of(at),
        organisation: asker.organisation.clone(),
        account: asker.account.clone(),
        kind: kind.to_owned(),
        raised_at: at,
    };
    if home.ledger.raise_alert(&alert).await.context("raising an alert")? {
        tracing::warn!(alert.kind, organisation.id = asker.organisation, account.id = asker.account, "questions that look like probing");
        let event = AuditEvent {
            account: asker.account.clone(),
            organisation: asker.organisation.clone(),
            action: "alert".to_owned(),
            subject: String::new(),
            request_digest: None,
            outcome: kind.to_owned(),
        };
        home.ledger.append_audit(&event, at).await.context("writing the audit")?;
    }
    Ok(())
}

/// The print of a list: who is written in it and who was found, by quarter of exit. Rows that are not searched leave no print.
#[must_use]
pub(crate) fn print_of(home: &Home, rows: &[Participant], matches: &[Match]) -> ListPrint {
    let mut print = ListPrint::default();
    let mut seen = std::collections::BTreeSet::new();
    for found in matches {
        let row = &rows[found.row];
        let Some(quarter) = row.date_sortie.and_then(|date| Quarter::from_date(date.year(), date.month())) else { continue };
        let Some(number) = number_of(home, row) else { continue };
        let person = found.person.map(|person| home.fingerprints.of_person(person));
        // Two rows of one person are one person.
        if seen.insert(number) && person.is_none_or(|person| seen.insert(person)) {
            print.add(quarter, number, person);
        }
    }
    print
}

/// The number of who is written in a row: by NIR, or else by identity.
fn number_of(home: &Home, row: &Participant) -> Option<u64> {
    if let Some(nir) = row.nir {
        return Some(home.fingerprints.of_row(nir.expose().as_bytes()));
    }
    row.identity_keys().first().map(|key| home.fingerprints.of_row(key.expose().as_bytes()))
}

/// Writes the print of a list and judges it against every other one; the list may only be reported on when it is accepted. A second call changes nothing.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) async fn judge_list(home: &Home, list: &str, print: &ListPrint, lake_version: u64) -> Result<()> {
    let text = serde_json::to_string(print).context("writing the print of a list")?;
    let Some(registered) = home.ledger.registered_list(list).await.context("reading a registered list")? else { return Ok(()) };
    home.ledger.save_list_print(list, &text, lake_version).await.context("writing the print of a list")?;
    let others = home.ledger.other_registered_lists(list).await.context("reading the registered lists")?;
    let verdict = verdict_on(home, print, &registered, &text, &others)?;
    if home.ledger.judge_list(list, verdict).await.context("judging a list")? {
        // The cause is for the operator: the depositor reads the same words whatever it is.
        let event = AuditEvent {
            organisation: registered.organisation,
            action: "judge_list".to_owned(),
            subject: list.to_owned(),
            outcome: verdict.as_str().to_owned(),
            ..AuditEvent::default()
        };
        home.ledger.append_audit(&event, now()).await.context("writing the audit")?;
    }
    Ok(())
}

fn verdict_on(home: &Home, print: &ListPrint, own: &RegisteredList, text: &str, others: &[RegisteredList]) -> Result<ListVerdict> {
    let blur = home.fingerprints.draw(text.as_bytes(), BLUR);
    let mut verdict = ListVerdict::Accepted;
    // All of them are compared, whatever the first ones say.
    for other in others {
        let earlier: ListPrint = serde_json::from_str(&other.print).context("reading the print of a list")?;
        let is_in_its_place = other.is_erased && other.organisation == own.organisation && other.slot == own.slot;
        let of_this = match print.near(&earlier, blur) {
            Some(near) => near.code().parse().context("a verdict without a code")?,
            None if is_in_its_place && !print.is_same(&earlier) => ListVerdict::Replaces,
            None => ListVerdict::Accepted,
        };
        if verdict == ListVerdict::Accepted {
            verdict = of_this;
        }
    }
    Ok(verdict)
}
