//! The desk behind the pages: answers, lists and the state of the machine.
//!
//! Every call checks the viewer's rights again. Only `ask` gives figures, and only as releases.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use apres_ingest::list::{self, DateFormat, Encoding, ListFault, Separator};
use apres_ledger as ledger;
use apres_ledger::{AuditEvent, JobState, ListSlot, NewJob, NewList, Registration};
use apres_measure::{Extent, extent_at};
use apres_protect::memory::PeriodKind;
use apres_protect::{Catalogue, Method, Month, Period, Population, Quarter, Refusal, RefusalCode, Request};
use apres_serve::desk::{
    AlertLine, Column, ConfirmRefusal, Confirmation, Coverage, DepositRefusal, Field, HealthCheck, IngestDetail, IngestLine, JobLine,
    KnownErrors, LegalBasis, ListCheck, ListFile, ListId, ListLine, ListState, ListTemplate, MissingField, PeriodChoice, Progress, Purpose,
    Quality, Receipt, Recognised, RowError, Slot, VintageLine, WorkState,
};
use apres_serve::rights::permits;
use apres_serve::{Answer, Coded, Desk, DeskFault, UnixTime, Viewer};
use apres_store::StatisticalTable;
use async_trait::async_trait;

use crate::ask::{self, Asker};
use crate::home::{Home, now, random_id, today};
use crate::{demo, lists, quality, vintage, worker};

/// Row errors shown on the check page.
const ERRORS_SHOWN_MAX: usize = 200;
/// Alerts shown on the administration page.
const ALERTS_SHOWN_MAX: u32 = 50;
const DAY_SECONDS: i64 = 86_400;
/// Jobs among which the last searches are looked for.
const JOBS_LOOKED_AT: u32 = 50;

/// The desk of an installation.
pub struct HomeDesk {
    home: Arc<Home>,
    is_synthetic: bool,
    extent: Mutex<Option<Arc<Extent>>>,
    /// Held while it is read, so that visitors who come together wait for one reading.
    quality: tokio::sync::Mutex<Option<Arc<Quality>>>,
}

type Desked<T> = Result<T, DeskFault>;

/// Turns a fault into the desk's, saying what was attempted.
fn broken<E: Into<anyhow::Error>>(attempt: &'static str) -> impl FnOnce(E) -> DeskFault {
    move |source| {
        let source: anyhow::Error = source.into();
        DeskFault::Broken { attempt, source: source.into() }
    }
}

impl HomeDesk {
    /// The desk of this installation; `is_synthetic` is said on every page.
    #[must_use]
    pub fn new(home: Arc<Home>, is_synthetic: bool) -> Self {
        Self { home, is_synthetic, extent: Mutex::new(None), quality: tokio::sync::Mutex::new(None) }
    }

    /// What the vintage in force covers, read again when it changed.
    async fn extent(&self) -> Desked<Arc<Extent>> {
        let version = vintage::version_to_read(&self.home).await.map_err(broken("reading the vintage in force"))?;
        let held = self.extent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held.filter(|held| held.lake_version == version) {
            return Ok(held);
        }
        let read = Arc::new(extent_at(&self.home.statistical, version).await.map_err(broken("reading what the lake covers"))?);
        *self.extent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
        Ok(read)
    }

    /// The state of the declarations, read again when the version of the lake changed.
    async fn declarations(&self) -> Desked<Arc<Quality>> {
        let version = self.home.statistical.version(StatisticalTable::Panel).await.map_err(broken("reading the lake's version"))?;
        let mut held = self.quality.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.lake_version == version) {
            return Ok(Arc::clone(held));
        }
        let read = Arc::new(quality::read(&self.home).await.map_err(broken("reading the state of the declarations"))?);
        *held = Some(Arc::clone(&read));
        Ok(read)
    }

    /// A list of the viewer's organisation.
    async fn own(&self, viewer: &Viewer, id: &ListId) -> Desked<ledger::List> {
        if !viewer.is_signed_in() {
            return Err(DeskFault::NotAllowed);
        }
        let found = self.home.ledger.list_of(&viewer.organisation, &id.0).await.map_err(broken("reading a list"))?;
        found.ok_or(DeskFault::NotFound)
    }

    async fn line(&self, list: &ledger::List) -> Desked<ListLine> {
        let job = self.home.ledger.latest_job("match_list", &list.id).await.map_err(broken("reading a job"))?;
        let quarter = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Quarter>().ok());
        Ok(ListLine {
            id: ListId(list.id.clone()),
            name: list.name.clone(),
            deposited_at: UnixTime(list.created_at),
            rows: list.reading.rows,
            period: quarter(&list.reading.first_quarter).zip(quarter(&list.reading.last_quarter)),
            state: match (list.state, job.map(|job| job.state)) {
                (ledger::ListState::ToCheck, _) => ListState::ToCheck,
                (ledger::ListState::UnderWay, Some(JobState::Queued)) => ListState::Queued,
                // Its workers died one after the other.
                (ledger::ListState::UnderWay, Some(JobState::Failed)) => ListState::Failed,
                (ledger::ListState::UnderWay, _) => ListState::Matching,
                (ledger::ListState::Ready, _) => ListState::Ready,
                (ledger::ListState::Failed, _) => ListState::Failed,
                (ledger::ListState::Erased, _) => ListState::Erased,
            },
            erase_on: list.erased_at.is_none().then_some(UnixTime(list.retention_until)),
        })
    }

    async fn audit(&self, viewer: &Viewer, action: &str, subject: &str, outcome: &str) -> Desked<String> {
        let event = AuditEvent {
            account: viewer.account.clone(),
            organisation: viewer.organisation.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            request_digest: None,
            outcome: outcome.to_owned(),
        };
        Ok(self.home.ledger.append_audit(&event, now()).await.map_err(broken("writing the audit"))?.digest)
    }

    async fn owns(&self, viewer: &Viewer, request: &Request) -> Desked<bool> {
        match &request.population {
            Population::List(id) => {
                let found = self.home.ledger.list_of(&viewer.organisation, id).await.map_err(broken("reading a list"))?;
                Ok(found.is_some_and(|list| list.state != ledger::ListState::Erased))
            }
            Population::Programme(_) => Ok(true),
        }
    }
}

#[async_trait]
impl Desk for HomeDesk {
    async fn coverage(&self) -> Desked<Coverage> {
        let extent = self.extent().await?;
        let (first, last) = extent.quarters.unwrap_or((extent.first_month / 3, extent.last_month / 3));
        let order = self.home.catalogue.programmes().iter().map(|programme| programme.id.clone());
        let vintage = self.home.ledger.vintage().await.map_err(broken("reading the vintage in force"))?;
        Ok(Coverage {
            lake_version: extent.lake_version,
            vintage: vintage.map(|vintage| VintageLine {
                name: vintage.id,
                lake_version: vintage.lake_version,
                frozen_at: UnixTime(vintage.frozen_at),
            }),
            policy_version: self.home.config.settings.policy.identity(),
            is_perturbed: self.home.config.settings.policy.method == Method::CellKeys,
            first_month: Month(extent.first_month),
            last_month: Month(extent.last_month),
            first_quarter: Quarter(first),
            last_quarter: Quarter(last),
            programmes: order.filter(|id| extent.programmes.contains(id)).collect(),
            departements: extent.departements.iter().cloned().collect(),
            is_synthetic: self.is_synthetic,
        })
    }

    fn catalogue(&self) -> &Catalogue {
        &self.home.catalogue
    }

    async fn ask(&self, viewer: &Viewer, request: &Request) -> Desked<Answer> {
        if !permits(viewer, request) || !self.owns(viewer, request).await? {
            return Ok(Answer::Refusal(Refusal { code: RefusalCode::OutOfScope, try_instead: Vec::new() }));
        }
        let asker = Asker { account: viewer.account.clone(), organisation: viewer.organisation.clone() };
        match ask::ask(&self.home, &asker, request).await.map_err(broken("answering a question"))? {
            Ok(release) => Ok(Answer::Release(release)),
            Err(refusal) => Ok(Answer::Refusal(refusal)),
        }
    }

    async fn lists(&self, viewer: &Viewer) -> Desked<Vec<ListLine>> {
        if !viewer.is_signed_in() {
            return Err(DeskFault::NotAllowed);
        }
        let lists = self.home.ledger.lists_of(&viewer.organisation).await.map_err(broken("reading the lists"))?;
        let mut lines = Vec::new();
        for list in &lists {
            lines.push(self.line(list).await?);
        }
        Ok(lines)
    }

    async fn list(&self, viewer: &Viewer, id: &ListId) -> Desked<ListLine> {
        let list = self.own(viewer, id).await?;
        self.line(&list).await
    }

    async fn slot(&self, viewer: &Viewer, id: &ListId) -> Desked<Option<Slot>> {
        let list = self.own(viewer, id).await?;
        let found = self.home.ledger.registered_list(&list.id).await.map_err(broken("reading a registered list"))?;
        let slot = |slot: ListSlot| {
            let period = Period { from: slot.first_quarter.parse().ok()?, to: slot.last_quarter.parse().ok()? };
            Some(Slot { programme: slot.programme, period })
        };
        Ok(found.and_then(|found| slot(found.slot)))
    }

    async fn submit_list(&self, viewer: &Viewer, file: ListFile) -> Desked<Result<ListId, DepositRefusal>> {
        if !viewer.is_signed_in() {
            return Err(DeskFault::NotAllowed);
        }
        match deposit(&self.home, &viewer.organisation, &viewer.account, &file.name, file.bytes).await.map_err(broken("taking a list"))? {
            Ok(id) => {
                self.audit(viewer, "deposit_list", &id, "done").await?;
                Ok(Ok(ListId(id)))
            }
            Err(fault) => {
                self.audit(viewer, "deposit_list", "", fault.code()).await?;
                Ok(Err(refusal_of(fault)))
            }
        }
    }

    async fn check(&self, viewer: &Viewer, id: &ListId) -> Desked<ListCheck> {
        let list = self.own(viewer, id).await?;
        if list.state != ledger::ListState::ToCheck {
            return Err(DeskFault::WrongState);
        }
        let line = self.line(&list).await?;
        let home = Arc::clone(&self.home);
        let read = tokio::task::spawn_blocking(move || check_of(&home, &list, line));
        read.await.map_err(broken("waiting for the check"))?.map_err(broken("checking a list"))
    }

    async fn correct(&self, viewer: &Viewer, id: &ListId, mapping: &[(usize, Field)]) -> Desked<()> {
        let list = self.own(viewer, id).await?;
        if list.state != ledger::ListState::ToCheck {
            return Err(DeskFault::WrongState);
        }
        let mut corrected = list::Mapping::default();
        for (column, field) in mapping {
            if let Some(field) = theirs_to_ours(*field) {
                corrected.columns.entry(field).or_insert(*column);
            }
        }
        record_reading(&self.home, &list.id, &list.name, Some(corrected)).await.map_err(broken("correcting the columns"))
    }

    async fn confirm(&self, viewer: &Viewer, id: &ListId, confirmation: Confirmation) -> Desked<Result<(), ConfirmRefusal>> {
        let list = self.own(viewer, id).await?;
        let check = self.check(viewer, id).await?;
        if check.missing.iter().any(|missing| missing.is_blocking) {
            return Err(DeskFault::WrongState);
        }
        if !check.periods.iter().any(|offered| offered.period == confirmation.period) {
            return Ok(Err(ConfirmRefusal::NoSuchPeriod));
        }
        let said = self::confirmation(confirmation.purpose, confirmation.legal_basis);
        let slot = slot_of(&confirmation.programme, confirmation.period);
        let outcome = confirm(&self.home, &list.id, &said, &slot).await.map_err(broken("confirming a list"))?;
        let (code, answer) = match outcome {
            Registration::Registered => ("done", Ok(Ok(()))),
            Registration::SlotTaken => ("slot_taken", Ok(Err(ConfirmRefusal::SlotTaken))),
            Registration::NotWaiting => ("wrong_state", Err(DeskFault::WrongState)),
        };
        self.audit(viewer, "confirm_list", &list.id, code).await?;
        answer
    }

    async fn alerts(&self, viewer: &Viewer) -> Desked<Vec<AlertLine>> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        let alerts = self.home.ledger.alerts(ALERTS_SHOWN_MAX).await.map_err(broken("reading the alerts"))?;
        let organisations = self.home.ledger.organisations().await.map_err(broken("reading the organisations"))?;
        let named = |id: String| organisations.iter().find(|known| known.id == id).map_or(id.clone(), |known| known.name.clone());
        let line = |alert: ledger::QuestionAlert| AlertLine {
            at: UnixTime(alert.raised_at),
            organisation: named(alert.organisation),
            account: alert.account,
            kind: alert.kind,
        };
        Ok(alerts.into_iter().map(line).collect())
    }

    async fn progress(&self, viewer: &Viewer, id: &ListId) -> Desked<Progress> {
        let list = self.own(viewer, id).await?;
        let job = self.home.ledger.latest_job("match_list", &list.id).await.map_err(broken("reading a job"))?;
        let jobs = self.home.ledger.jobs(JOBS_LOOKED_AT).await.map_err(broken("reading the jobs"))?;
        Ok(Progress {
            line: self.line(&list).await?,
            usual_seconds: worker::usual_seconds(&jobs),
            step: job.and_then(|job| worker::step_of(&job.progress)),
        })
    }

    async fn erase(&self, viewer: &Viewer, id: &ListId) -> Desked<Receipt> {
        let list = self.own(viewer, id).await?;
        if list.state != ledger::ListState::Erased {
            lists::erase(&self.home, &list.id).await.map_err(broken("erasing a list"))?;
            let proof = self.audit(viewer, "erase_list", &list.id, "done").await?;
            lists::erase_for_good(&self.home, &list.id, &proof).await.map_err(broken("erasing a list"))?;
        }
        self.receipt(viewer, id).await
    }

    async fn receipt(&self, viewer: &Viewer, id: &ListId) -> Desked<Receipt> {
        let list = self.own(viewer, id).await?;
        let (Some(erased_at), Some(proof)) = (list.erased_at, list.receipt) else { return Err(DeskFault::WrongState) };
        Ok(Receipt {
            id: ListId(list.id),
            name: list.name,
            rows: list.reading.rows.unwrap_or_default(),
            deposited_at: UnixTime(list.created_at),
            erased_at: UnixTime(erased_at),
            proof,
        })
    }

    async fn list_template(&self) -> Desked<ListTemplate> {
        Ok(ListTemplate {
            file_name: "modele-liste-apres.csv".to_owned(),
            media_type: "text/csv; charset=utf-8".to_owned(),
            bytes: include_bytes!("../modele-liste.csv").to_vec(),
        })
    }

    async fn list_example(&self) -> Desked<Option<ListTemplate>> {
        if !self.is_synthetic {
            return Ok(None);
        }
        let bytes = std::fs::read(demo::example(&self.home)).map_err(broken("reading the example of a list"))?;
        Ok(Some(ListTemplate { file_name: demo::EXAMPLE.to_owned(), media_type: "text/csv; charset=iso-8859-1".to_owned(), bytes }))
    }

    async fn ingests(&self, viewer: &Viewer) -> Desked<Vec<IngestLine>> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        let ingests = self.home.ledger.ingests(50).await.map_err(broken("reading the ingests"))?;
        Ok(ingests.iter().map(quality::line).collect())
    }

    async fn ingest(&self, viewer: &Viewer, id: &str) -> Desked<IngestDetail> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        let found = self.home.ledger.ingest(id).await.map_err(broken("reading an ingest"))?;
        found.map(|ingest| quality::detail(&ingest, &self.home.config.settings.policy)).ok_or(DeskFault::NotFound)
    }

    async fn quality(&self, viewer: &Viewer) -> Desked<Quality> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        Ok(Quality::clone(&*self.declarations().await?))
    }

    async fn known_errors(&self, viewer: &Viewer) -> Desked<KnownErrors> {
        if !viewer.is_signed_in() {
            return Err(DeskFault::NotAllowed);
        }
        Ok(KnownErrors::from(&*self.declarations().await?))
    }

    async fn jobs(&self, viewer: &Viewer) -> Desked<Vec<JobLine>> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        let jobs = self.home.ledger.jobs(100).await.map_err(broken("reading the jobs"))?;
        Ok(jobs.into_iter().map(job_line).collect())
    }

    async fn health(&self) -> Vec<HealthCheck> {
        let ledger = self.home.ledger.ping().await.is_ok();
        let lake = self.home.statistical.version(StatisticalTable::Panel).await.is_ok();
        vec![HealthCheck { name: "ledger".to_owned(), is_ok: ledger }, HealthCheck { name: "lake".to_owned(), is_ok: lake }]
    }
}

/// Takes a file: reads it, keeps it for the check, notes the list.
///
/// # Errors
/// When it cannot be kept or noted. A file that is not a list is refused, and nothing of it is kept.
pub async fn deposit(
    home: &Home,
    organisation: &str,
    account: &str,
    name: &str,
    bytes: Vec<u8>,
) -> anyhow::Result<Result<String, ListFault>> {
    let file_name = name.to_owned();
    let (bytes, read) = tokio::task::spawn_blocking(move || {
        let read = list::read(&bytes, &file_name).map(drop);
        (bytes, read)
    })
    .await
    .context("waiting for the reading")?;
    if let Err(fault) = read {
        return Ok(Err(fault));
    }
    let id = random_id()?;
    // Noted before it is kept: a file that no list names would never be erased.
    let new = NewList {
        id: id.clone(),
        organisation: organisation.to_owned(),
        deposited_by: account.to_owned(),
        name: name.to_owned(),
        retention_until: now() + home.config.settings.list_retention_days * DAY_SECONDS,
    };
    home.ledger.create_list(&new, now()).await.context("noting the list")?;
    lists::keep(home, &id, &bytes)?;
    record_reading(home, &id, name, None).await?;
    Ok(Ok(id))
}

/// Notes what the file says under a mapping (the guessed one by default): rows, quarters of exit.
async fn record_reading(home: &Home, id: &str, name: &str, mapping: Option<list::Mapping>) -> anyhow::Result<()> {
    let sheet = lists::sheet(home, id, name)?;
    let mapping = mapping.unwrap_or_else(|| list::guess(&sheet));
    let checked = list::check(&sheet, &mapping, today());
    let exits = checked.rows.iter().filter_map(|row| row.date_sortie);
    let quarters: Vec<Quarter> = exits.filter_map(quarter_of).collect();
    let reading = ledger::ListReading {
        programme: None,
        rows: Some(checked.read),
        first_quarter: quarters.iter().min().map(ToString::to_string),
        last_quarter: quarters.iter().max().map(ToString::to_string),
        mapping: serde_json::to_string(&mapping).context("writing the columns")?,
    };
    home.ledger.save_list_reading(id, &reading).await.context("noting what the file says")?;
    Ok(())
}

fn quarter_of(date: chrono::NaiveDate) -> Option<Quarter> {
    use chrono::Datelike;
    Quarter::from_date(date.year(), date.month())
}

/// What a list is registered for.
#[must_use]
pub fn slot_of(programme: &str, period: Period) -> ListSlot {
    ListSlot { programme: programme.to_owned(), first_quarter: period.from.to_string(), last_quarter: period.to.to_string() }
}

/// Registers a list, freezes it and queues its search, unless it was not waiting for it or another list has its place.
///
/// # Errors
/// When the ledger does not answer.
pub async fn confirm(home: &Home, id: &str, said: &ledger::ListConfirmation, slot: &ListSlot) -> anyhow::Result<Registration> {
    let search = NewJob { id: format!("match-{id}"), kind: "match_list".to_owned(), subject: id.to_owned() };
    home.ledger.confirm_list(id, said, slot, &search, now()).await.context("confirming the list")
}

/// The period that a deposited file is proposed for; none when no closed period holds enough of its rows.
///
/// # Errors
/// When the file cannot be read again.
pub fn usual_period(home: &Home, id: &str, name: &str) -> anyhow::Result<Option<Period>> {
    let sheet = lists::sheet(home, id, name)?;
    let checked = list::check(&sheet, &list::guess(&sheet), today());
    Ok(periods_of(&checked, home.config.settings.policy.cohort_min)
        .into_iter()
        .find(|offered| offered.is_usual)
        .map(|offered| offered.period))
}

/// The closed periods that hold enough rows of a file, the latest first.
fn periods_of(checked: &list::Checked, rows_min: u64) -> Vec<PeriodChoice> {
    let exits: Vec<Quarter> =
        checked.rows.iter().filter(|row| row.usable).filter_map(|row| row.date_sortie).filter_map(quarter_of).collect();
    let (Some(first), Some(last)) = (exits.iter().min(), exits.iter().max()) else { return Vec::new() };
    // Two years may begin or end a year beyond the exits.
    let around = Period { from: Quarter(first.year() * 4 - 4), to: Quarter(last.year() * 4 + 7) };
    let mut offered: Vec<PeriodChoice> = Vec::new();
    for period in PeriodKind::ALL.into_iter().flat_map(|kind| kind.within(around)) {
        let rows = exits.iter().filter(|quarter| period.contains(**quarter)).count() as u64;
        // Two years of which one holds nobody say less than the other one alone.
        let is_longer_for_nothing =
            offered.iter().any(|shorter| shorter.rows == rows && period.from <= shorter.period.from && shorter.period.to <= period.to);
        if rows >= rows_min && !is_longer_for_nothing {
            offered.push(PeriodChoice { period, rows, is_usual: false });
        }
    }
    let most = offered.iter().map(|choice| choice.rows).max().unwrap_or_default();
    if let Some(usual) = offered.iter_mut().filter(|choice| choice.rows == most).min_by_key(|choice| choice.period.quarter_count()) {
        usual.is_usual = true;
    }
    offered.sort_by_key(|choice| std::cmp::Reverse((choice.period.to, choice.period.quarter_count())));
    offered
}

fn check_of(home: &Home, list: &ledger::List, line: ListLine) -> anyhow::Result<ListCheck> {
    let sheet = lists::sheet(home, &list.id, &list.name)?;
    let mapping = lists::mapping(&sheet, Some(&list.reading.mapping))?;
    let checked = list::check(&sheet, &mapping, today());
    // The lines that are searched: the very ones that the match report then counts, but for two lines found to be one person.
    let kept: BTreeSet<u32> = checked.rows.iter().filter(|row| row.usable && row.date_sortie.is_some()).map(|row| row.line).collect();
    let shown = checked.errors.iter().take(ERRORS_SHOWN_MAX).map(|error| RowError {
        line: u64::from(error.line),
        column: masked(None, error.column_name(&sheet)),
        cell: masked(error.field, &error.cell),
        code: word(&error.code),
        fix: word(&error.code.fix()),
        is_kept: kept.contains(&error.line),
    });
    let (rows_ok, rows_dropped) = (kept.len() as u64, checked.duplicates + checked.superseded);
    Ok(ListCheck {
        recognised: recognised(&sheet.recognised),
        columns: columns(&sheet, &mapping),
        missing: missing(&mapping),
        rows_read: checked.read,
        rows_ok,
        rows_dropped,
        rows_with_errors: checked.read.saturating_sub(rows_ok + rows_dropped),
        errors: shown.collect(),
        errors_left_off: checked.errors.len().saturating_sub(ERRORS_SHOWN_MAX) as u64,
        periods: periods_of(&checked, home.config.settings.policy.cohort_min),
        period_rows_min: home.config.settings.policy.cohort_min,
        line,
    })
}

fn columns(sheet: &list::Sheet, mapping: &list::Mapping) -> Vec<Column> {
    let columns = list::columns(sheet, mapping).into_iter().enumerate();
    let ours = columns.map(|(index, column)| Column {
        index,
        header: masked(None, &column.name),
        samples: column.samples.iter().map(|sample| masked(column.field, sample)).collect(),
        field: column.field.map_or(Field::Ignored, ours_to_theirs),
        is_certain: !column.disagrees,
    });
    ours.collect()
}

fn missing(mapping: &list::Mapping) -> Vec<MissingField> {
    let all = mapping.missing().into_iter().flat_map(|missing| {
        let is_blocking = matches!(missing.consequence, list::Consequence::NobodyCanBeFound | list::Consequence::NoHorizon);
        missing.fields.into_iter().map(move |field| MissingField { field: ours_to_theirs(field), is_blocking })
    });
    all.collect()
}

fn recognised(seen: &list::Recognised) -> Recognised {
    Recognised {
        format: word(&seen.kind),
        encoding: seen.encoding.map(|encoding| {
            let name = match encoding {
                Encoding::Ascii => "ascii",
                Encoding::Utf8 | Encoding::Utf8Bom => "utf-8",
                Encoding::Utf16Le | Encoding::Utf16Be => "utf-16",
                Encoding::Windows1252 => "windows-1252",
                Encoding::Latin1 => "iso-8859-1",
            };
            name.to_owned()
        }),
        separator: seen.separator.map(|separator| match separator {
            Separator::Semicolon => ';',
            Separator::Comma => ',',
            Separator::Tab => '\t',
            Separator::Pipe => '|',
        }),
        date_format: seen.date_formats.iter().flatten().next().map(|format| pattern(*format).to_owned()),
        title_lines: seen.header_line.map_or(0, |line| u64::from(line.saturating_sub(1))),
    }
}

fn pattern(format: DateFormat) -> &'static str {
    match format {
        DateFormat::DayMonthYear => "jj/mm/aaaa",
        DateFormat::DayMonthShortYear => "jj/mm/aa",
        DateFormat::MonthDayYear => "mm/jj/aaaa",
        DateFormat::YearMonthDay => "aaaa-mm-jj",
        DateFormat::CompactYearMonthDay => "aaaammjj",
        DateFormat::CompactDayMonthYear => "jjmmaaaa",
        DateFormat::MonthName => "jj mois aaaa",
        DateFormat::SpreadsheetSerial | DateFormat::SpreadsheetDate => "xlsx",
    }
}

/// A NIR is shown by its first digit only, whatever its column is taken for.
fn masked(field: Option<list::Field>, cell: &str) -> String {
    let first = if field == Some(list::Field::Nir) { cell.chars().next() } else { nir_start(cell) };
    first.map_or_else(|| cell.to_owned(), |first| format!("{first} •• •• •• ••• •••"))
}

/// The first digit of what looks like a NIR in a text: 13 or 15 digits (a letter for Corsica), or one more or less as mistyped ones have,
/// written in one piece or in groups. A SIRET is 14 digits whose check holds.
fn nir_start(text: &str) -> Option<char> {
    let is_gap = |letter: char| matches!(letter, ' ' | '.' | '-' | '_' | '\'' | '\u{a0}' | '\u{202f}' | '\t');
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, 'A' | 'B' | 'a' | 'b');
    let mut runs: Vec<Vec<char>> = vec![Vec::new()];
    for letter in text.chars().filter(|letter| !is_gap(*letter)) {
        if is_part(letter) {
            runs.last_mut()?.push(letter);
        } else {
            runs.push(Vec::new());
        }
    }
    let starts = runs.iter().filter_map(|run| {
        let from = run.iter().position(char::is_ascii_digit)?;
        let until = run.iter().rposition(char::is_ascii_digit)?;
        let digits = &run[from..=until];
        let looks_like = digits.len() >= 12 && digits.iter().filter(|letter| !letter.is_ascii_digit()).count() <= 2;
        (looks_like && !is_siret(digits)).then_some(digits[0])
    });
    starts.into_iter().next()
}

/// Fourteen digits whose Luhn check holds.
fn is_siret(digits: &[char]) -> bool {
    let values: Option<Vec<u32>> = digits.iter().map(|letter| letter.to_digit(10)).collect();
    let weighted = |(place, digit): (usize, u32)| if place % 2 == 0 { [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit as usize] } else { digit };
    values.is_some_and(|values| values.len() == 14 && values.into_iter().enumerate().map(weighted).sum::<u32>() % 10 == 0)
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn refusal_of(fault: ListFault) -> DepositRefusal {
    match fault {
        ListFault::Empty => DepositRefusal::Empty,
        ListFault::NoRow => DepositRefusal::NoRow,
        ListFault::TooManyRows | ListFault::TooManyCells | ListFault::TooLarge | ListFault::TooLargeInflated => DepositRefusal::TooManyRows,
        ListFault::Encrypted => DepositRefusal::Encrypted,
        ListFault::TooManyColumns | ListFault::OldExcel | ListFault::Damaged | ListFault::NotATable(_) => DepositRefusal::NotATable,
    }
}

fn ours_to_theirs(field: list::Field) -> Field {
    Field::of_code(&word(&field)).unwrap_or(Field::Ignored)
}

fn theirs_to_ours(field: Field) -> Option<list::Field> {
    serde_json::from_value(serde_json::Value::String(field.code().to_owned())).ok()
}

fn job_line(job: ledger::Job) -> JobLine {
    JobLine {
        state: match job.state {
            JobState::Queued => WorkState::Waiting,
            JobState::Running => WorkState::Running,
            JobState::Done => WorkState::Done,
            JobState::Failed => WorkState::Failed,
        },
        attempts: u32::try_from(job.attempt).unwrap_or(u32::MAX),
        updated_at: UnixTime(job.touched_at),
        problem: (job.state == JobState::Failed && !job.message.is_empty()).then_some(job.message),
        id: job.id,
        kind: job.kind,
        subject: job.subject,
    }
}

/// The purposes and grounds as the ledger keeps them, for the command line.
#[must_use]
pub fn default_confirmation() -> ledger::ListConfirmation {
    confirmation(Purpose::Evaluation, LegalBasis::PublicInterest)
}

/// Why a list is searched and on which ground, as the ledger keeps them.
#[must_use]
pub fn confirmation(purpose: Purpose, legal_basis: LegalBasis) -> ledger::ListConfirmation {
    ledger::ListConfirmation { purpose: purpose.code().to_owned(), legal_basis: legal_basis.code().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nir_is_masked_in_whatever_column_it_stands() {
        for nir in [
            "2 99 01 48 856 012 17",
            "2.99.01.48.856.012",
            "299014885601217",
            "2990148856012",
            "1 99 01 2A 856 012 55",
            "199012b856012",
            "n° 2 99 01 48 856 012 17 (Vitale)",
            "29901488560121",
        ] {
            let shown = masked(None, nir);
            assert!(shown.contains('•') && shown.chars().filter(char::is_ascii_digit).count() == 1, "{shown}");
            assert_eq!(masked(Some(list::Field::Prenom), nir), shown);
        }
        assert_eq!(masked(Some(list::Field::Nir), "2990"), "2 •• •• •• ••• •••", "a broken one too, in its own column");
        for other in ["31/02/1987", "06 12 34 56 78", "73282932000074", "Abadie", "", "12 rue du Bac, 75007"] {
            assert_eq!(masked(None, other), other);
        }
    }
}
