//! The quality of the declarations: facts of the lake, month by month, and of the reports that the ledger keeps, ingest by ingest.
//!
//! Exact counts come in; what goes out, to the pages and to `apres quality`, is the same and is protected: contracts are counted over the whole lake only, and a
//! few of them are not counted at all. A report written by an older version is read for what it has.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context, Result};
use apres_ledger as ledger;
use apres_measure::quality::{self as facts, ABSENT_PERCENT, MonthQuality, VOLUME_PERCENT};
use apres_measure::{MeasureFault, SILENT_MONTHS};
use apres_protect::{Month, Policy, Portion, Volume, change_percent};
use apres_serve::Coded as _;
use apres_serve::UnixTime;
use apres_serve::desk::{Alert, IngestDetail, IngestLine, Quality, QualityMonth, QualityRules, RemarkLine, RemarkPlace, Tally, WorkState};
use apres_store::StatisticalTable;
use serde::{Deserialize, Serialize};

use crate::home::Home;

/// Places of remarks that a page shows.
const PLACES_SHOWN_MAX: usize = 50;
/// Ingests that `apres quality` prints.
const INGESTS_SHOWN_MAX: u32 = 50;

/// Reads the state of the declarations, as it may be shown.
///
/// # Errors
/// When the lake cannot be read.
pub async fn read(home: &Home) -> Result<Quality, MeasureFault> {
    Ok(read_all(home).await?.0)
}

/// The same, with the declarations received for months after the latest complete one.
async fn read_all(home: &Home) -> Result<(Quality, BTreeMap<String, u64>), MeasureFault> {
    let lake_version = home.statistical.version(StatisticalTable::Panel).await?;
    let exact = Box::pin(facts::quality(&home.statistical)).await?;
    let beyond = exact.beyond.iter().map(|(month, count)| (Month(month.0).to_string(), *count)).collect();
    Ok((shown(&exact, lake_version, &home.config.settings.policy), beyond))
}

/// Exact facts as they may be shown.
fn shown(exact: &facts::Quality, lake_version: u64, policy: &Policy) -> Quality {
    let mut months: Vec<QualityMonth> = Vec::with_capacity(exact.months.len());
    for month in &exact.months {
        let of_month = shown_month(month, months.last(), policy);
        months.push(of_month);
    }
    let (inferred, ends) = exact.ends();
    let rules = QualityRules {
        volume_percent: VOLUME_PERCENT,
        absent_percent: ABSENT_PERCENT,
        silent_months: u32::try_from(SILENT_MONTHS).unwrap_or_default(),
    };
    Quality { lake_version, months, inferred: Portion::of(inferred, ends, policy), rules }
}

fn shown_month(exact: &MonthQuality, before: Option<&QualityMonth>, policy: &Policy) -> QualityMonth {
    let contracts = Volume::of(exact.contracts, policy);
    let ends = exact.ends_inferred + exact.ends_declared;
    QualityMonth {
        month: Month(exact.month.0),
        received: exact.received.iter().map(|(kind, count)| (format!("{kind:02}"), *count)).collect(),
        replaced: exact.replaced,
        establishments: exact.establishments,
        establishments_change: before.and_then(|before| change_percent(before.establishments, exact.establishments)),
        without_contract: exact.without_contract,
        incomplete: exact.incomplete,
        fractions_missing: exact.fractions_missing,
        silent: exact.silent,
        newly_silent: exact.newly_silent,
        contracts,
        contracts_change: before.and_then(|before| contracts.change_since(before.contracts)),
        inferred: exact.is_settled.then(|| Portion::of(exact.ends_inferred, ends, policy)),
        alerts: exact.alerts.iter().map(|alert| said(*alert)).collect(),
    }
}

fn said(alert: facts::Alert) -> Alert {
    match alert {
        facts::Alert::Absent => Alert::Absent,
        facts::Alert::Low => Alert::Low,
        facts::Alert::High => Alert::High,
        facts::Alert::Incomplete => Alert::Incomplete,
        facts::Alert::Silent => Alert::Silent,
    }
}

/// A report as kept by the ledger; what an older or a failed ingest did not write is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeptReport {
    fault: Option<String>,
    files: u64,
    not_dsn: Vec<String>,
    unreadable: Vec<KeptUnreadable>,
    sends: u64,
    sends_refused: u64,
    sends_test: u64,
    declarations: BTreeMap<String, KeptTally>,
    monthly: Vec<KeptMonth>,
    already_known: u64,
    contrats: u64,
    remark_counts: Vec<KeptRemark>,
    remarks: Vec<KeptPlace>,
}

/// A file or an archive member that could not be read to its end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeptUnreadable {
    reason: String,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct KeptTally {
    accepted: u64,
    refused: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeptMonth {
    month: String,
    kind: String,
    #[serde(flatten)]
    tally: KeptTally,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeptRemark {
    code: String,
    message: Option<String>,
    blocking: bool,
    rubrique: Option<String>,
    count: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeptPlace {
    file: String,
    line: u64,
    code: String,
    rubrique: Option<String>,
}

impl KeptReport {
    fn of(ingest: &ledger::Ingest) -> Self {
        serde_json::from_str(&ingest.report).unwrap_or_else(|fault| {
            tracing::error!(ingest.id = %ingest.id, "the report of an ingest cannot be read: {fault}");
            Self::default()
        })
    }

    /// Why the ingest failed, or what of it is missing.
    fn problem(&self) -> Option<String> {
        let reasons: Vec<&str> = self.unreadable.iter().map(|unread| unread.reason.as_str()).collect();
        self.fault.clone().or_else(|| (!reasons.is_empty()).then(|| reasons.join("; ")))
    }

    fn line(&self, ingest: &ledger::Ingest) -> IngestLine {
        let months: Vec<Month> = self.monthly.iter().filter_map(|of_month| month_of(&of_month.month)).collect();
        IngestLine {
            id: ingest.id.clone(),
            months: months.iter().min().copied().zip(months.iter().max().copied()),
            ingested_at: UnixTime(ingest.started_at),
            files: self.files,
            declarations: self.declarations.values().map(|tally| tally.accepted).sum(),
            refused: self.declarations.values().map(|tally| tally.refused).sum(),
            remarks: self.remark_counts.iter().map(|remark| remark.count).sum(),
            state: match ingest.state {
                ledger::IngestState::Running => WorkState::Running,
                ledger::IngestState::Done => WorkState::Done,
                ledger::IngestState::Failed => WorkState::Failed,
            },
        }
    }
}

/// A month written `2024-08`; `None` for anything else.
#[must_use]
pub fn month_of(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2))?;
    Month::new(year.parse().ok()?, month.parse().ok()?)
}

/// An ingest in a line.
#[must_use]
pub fn line(ingest: &ledger::Ingest) -> IngestLine {
    KeptReport::of(ingest).line(ingest)
}

/// An ingest in full.
#[must_use]
pub fn detail(ingest: &ledger::Ingest, policy: &Policy) -> IngestDetail {
    let report = KeptReport::of(ingest);
    let mut kinds: BTreeMap<String, Tally> = BTreeMap::new();
    let mut months: BTreeMap<Option<Month>, Tally> = BTreeMap::new();
    for of_month in &report.monthly {
        add(kinds.entry(of_month.kind.clone()).or_default(), of_month.tally);
        add(months.entry(month_of(&of_month.month)).or_default(), of_month.tally);
    }
    let tally = |kept: &KeptTally| Tally { accepted: kept.accepted, refused: kept.refused };
    let (line, problem) = (report.line(ingest), report.problem());
    let mut remarks: Vec<RemarkLine> = report.remark_counts.into_iter().map(remark_line).collect();
    remarks.sort_by(|left, right| right.is_blocking.cmp(&left.is_blocking).then(right.count.cmp(&left.count)));
    let places = report.remarks.into_iter().take(PLACES_SHOWN_MAX);
    IngestDetail {
        line,
        finished_at: ingest.finished_at.map(UnixTime),
        problem,
        not_dsn: report.not_dsn,
        sends: Tally { accepted: report.sends, refused: report.sends_refused },
        sends_test: report.sends_test,
        already_known: report.already_known,
        natures: report.declarations.iter().map(|(nature, kept)| (nature.clone(), tally(kept))).collect(),
        kinds,
        months,
        contracts: Volume::of(report.contrats, policy),
        remarks,
        places: places.map(|KeptPlace { file, line, code, rubrique }| RemarkPlace { file, line, code, rubrique }).collect(),
    }
}

fn add(tally: &mut Tally, kept: KeptTally) {
    tally.accepted += kept.accepted;
    tally.refused += kept.refused;
}

fn remark_line(kept: KeptRemark) -> RemarkLine {
    let KeptRemark { code, message, blocking, rubrique, count } = kept;
    RemarkLine { code, message, is_blocking: blocking, rubrique, count }
}

/// What `apres quality --json` prints; `docs/methods/quality.md` says what each fact is.
#[derive(Debug, Serialize)]
pub struct QualityJson {
    lake_version: u64,
    rules: RulesJson,
    inferred_ends: PortionJson,
    months: Vec<MonthJson>,
    /// Declarations by month after the latest complete one.
    months_beyond: BTreeMap<String, u64>,
    ingests: Vec<IngestJson>,
}

#[derive(Debug, Serialize)]
struct RulesJson {
    volume_percent: u64,
    absent_percent: u64,
    silent_months: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum VolumeJson {
    Count(u64),
    Few,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum PortionJson {
    Percent(u8),
    Below(u8),
    Above(u8),
    Few,
}

#[derive(Debug, Serialize)]
struct MonthJson {
    month: String,
    received: BTreeMap<String, u64>,
    replaced: u64,
    establishments: u64,
    establishments_change_percent: Option<i64>,
    establishments_without_contract: u64,
    establishments_incomplete: u64,
    fractions_missing: u64,
    establishments_silent: u64,
    establishments_newly_silent: u64,
    contracts: VolumeJson,
    contracts_change_percent: Option<i64>,
    inferred_ends: Option<PortionJson>,
    alerts: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct IngestJson {
    id: String,
    state: &'static str,
    started_at: i64,
    finished_at: Option<i64>,
    problem: Option<String>,
    files: u64,
    sends: TallyJson,
    already_known: u64,
    by_nature: BTreeMap<String, TallyJson>,
    by_type: BTreeMap<String, TallyJson>,
    by_month: BTreeMap<String, TallyJson>,
    contracts: VolumeJson,
    remarks: Vec<RemarkJson>,
}

#[derive(Debug, Serialize)]
struct TallyJson {
    accepted: u64,
    refused: u64,
}

#[derive(Debug, Serialize)]
struct RemarkJson {
    code: String,
    blocking: bool,
    rubrique: Option<String>,
    count: u64,
}

impl From<Volume> for VolumeJson {
    fn from(volume: Volume) -> Self {
        match volume {
            Volume::Shown(count) => Self::Count(count),
            Volume::Few => Self::Few,
        }
    }
}

impl From<Portion> for PortionJson {
    fn from(portion: Portion) -> Self {
        match portion {
            Portion::Percent(percent) => Self::Percent(percent),
            Portion::Below(percent) => Self::Below(percent),
            Portion::Above(percent) => Self::Above(percent),
            Portion::Few => Self::Few,
        }
    }
}

impl From<Tally> for TallyJson {
    fn from(tally: Tally) -> Self {
        Self { accepted: tally.accepted, refused: tally.refused }
    }
}

impl From<QualityMonth> for MonthJson {
    fn from(month: QualityMonth) -> Self {
        Self {
            month: month.month.to_string(),
            received: month.received,
            replaced: month.replaced,
            establishments: month.establishments,
            establishments_change_percent: month.establishments_change,
            establishments_without_contract: month.without_contract,
            establishments_incomplete: month.incomplete,
            fractions_missing: month.fractions_missing,
            establishments_silent: month.silent,
            establishments_newly_silent: month.newly_silent,
            contracts: month.contracts.into(),
            contracts_change_percent: month.contracts_change,
            inferred_ends: month.inferred.map(PortionJson::from),
            alerts: month.alerts.iter().map(|alert| alert.code()).collect(),
        }
    }
}

impl From<IngestDetail> for IngestJson {
    fn from(detail: IngestDetail) -> Self {
        let remark =
            |line: RemarkLine| RemarkJson { code: line.code, blocking: line.is_blocking, rubrique: line.rubrique, count: line.count };
        let coded = |tallies: BTreeMap<String, Tally>| tallies.into_iter().map(|(code, tally)| (code, tally.into())).collect();
        let month = |month: Option<Month>| month.map(|month| month.to_string()).unwrap_or_default();
        Self {
            id: detail.line.id,
            state: detail.line.state.code(),
            started_at: detail.line.ingested_at.0,
            finished_at: detail.finished_at.map(|time| time.0),
            problem: detail.problem,
            files: detail.line.files,
            sends: detail.sends.into(),
            already_known: detail.already_known,
            by_nature: coded(detail.natures),
            by_type: coded(detail.kinds),
            by_month: detail.months.into_iter().map(|(of, tally)| (month(of), tally.into())).collect(),
            contracts: detail.contracts.into(),
            remarks: detail.remarks.into_iter().map(remark).collect(),
        }
    }
}

/// Everything that `apres quality` prints: all months and the latest ingests, or those of one month.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub async fn gather(home: &Home, month: Option<Month>) -> Result<QualityJson> {
    let (shown, mut beyond) = read_all(home).await.context("reading the state of the declarations")?;
    let Quality { lake_version, months, inferred, rules } = shown;
    beyond.retain(|of, _| month.is_none_or(|month| *of == month.to_string()));
    let ingests = home.ledger.ingests(INGESTS_SHOWN_MAX).await.context("reading the ingests")?;
    let details = ingests.iter().map(|ingest| detail(ingest, &home.config.settings.policy));
    let is_asked = |detail: &IngestDetail| month.is_none_or(|month| detail.months.contains_key(&Some(month)));
    Ok(QualityJson {
        lake_version,
        rules: RulesJson { volume_percent: rules.volume_percent, absent_percent: rules.absent_percent, silent_months: rules.silent_months },
        inferred_ends: inferred.into(),
        months: months.into_iter().filter(|of| month.is_none_or(|month| of.month == month)).map(MonthJson::from).collect(),
        months_beyond: beyond,
        ingests: details.filter(is_asked).map(IngestJson::from).collect(),
    })
}

impl QualityJson {
    /// There is no month to speak of.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.months.is_empty() && self.months_beyond.is_empty()
    }
}

impl std::fmt::Display for VolumeJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => f.pad(&count.to_string()),
            Self::Few => f.pad("few"),
        }
    }
}

impl std::fmt::Display for PortionJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Percent(percent) => f.pad(&format!("{percent}%")),
            Self::Below(percent) => f.pad(&format!("<{percent}%")),
            Self::Above(percent) => f.pad(&format!(">{percent}%")),
            Self::Few => f.pad("few"),
        }
    }
}

/// The months and the ingests as text, for people.
///
/// # Errors
/// When the output cannot be written.
pub fn print(quality: &QualityJson, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "month    received  replaced  establ.  silent  missing   contracts  change  inferred  to look at")?;
    for month in &quality.months {
        let received: u64 = month.received.values().sum();
        let change = month.contracts_change_percent.map_or_else(|| "n/a".to_owned(), |percent| format!("{percent:+}%"));
        let inferred = month.inferred_ends.as_ref().map_or_else(|| "not yet".to_owned(), ToString::to_string);
        writeln!(
            out,
            "{}  {received:>8}  {:>8}  {:>7}  {:>6}  {:>7}  {:>10}  {change:>6}  {inferred:>8}  {}",
            month.month,
            month.replaced,
            month.establishments,
            month.establishments_silent,
            month.fractions_missing,
            month.contracts,
            month.alerts.join(" ")
        )?;
    }
    for (month, count) in &quality.months_beyond {
        writeln!(out, "{month}  {count:>8}  after the latest complete month: sent early, or for a month that is wrong")?;
    }
    writeln!(out, "\ninferred ends, all settled months: {}", quality.inferred_ends)?;
    for ingest in &quality.ingests {
        let sum = |of: fn(&TallyJson) -> u64| ingest.by_nature.values().map(of).sum::<u64>();
        let (accepted, refused) = (sum(|tally| tally.accepted), sum(|tally| tally.refused));
        writeln!(out, "\ningest {}  {}  {} files, {accepted} declarations, {refused} refused", ingest.id, ingest.state, ingest.files)?;
        for remark in &ingest.remarks {
            let kind = if remark.blocking { "refusing" } else { "remark" };
            writeln!(out, "  {kind:<10} {:<24} {:<16} {:>8}", remark.code, remark.rubrique.as_deref().unwrap_or(""), remark.count)?;
        }
        if let Some(problem) = &ingest.problem {
            let what = if ingest.state == WorkState::Failed.code() { "failed" } else { "incomplete" };
            writeln!(out, "  {what}: {problem}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ingest(state: ledger::IngestState, report: &str) -> ledger::Ingest {
        let report = report.to_owned();
        ledger::Ingest { id: "a".to_owned(), state, lake_version: Some(1), report, started_at: 7, finished_at: Some(9) }
    }

    #[test]
    fn a_report_is_read_for_its_months_types_and_refusals() {
        let report = r#"{"files": 2, "sends": 3, "declarations": {"01": {"accepted": 5, "refused": 1}, "07": {"accepted": 2, "refused": 0}},
            "monthly": [{"month": "2024-02", "kind": "01", "accepted": 3, "refused": 0}, {"month": "2024-03", "kind": "01", "accepted": 1, "refused": 1},
                        {"month": "", "kind": "02", "accepted": 1, "refused": 0}],
            "contrats": 10,
            "remark_counts": [{"code": "b", "blocking": false, "rubrique": null, "count": 50}, {"code": "a", "blocking": true, "rubrique": "S20.G00.05.002", "count": 1}]}"#;
        let detail = detail(&ingest(ledger::IngestState::Done, report), &Policy::default());
        let month = |text| month_of(text).unwrap();
        assert_eq!(detail.line.months, Some((month("2024-02"), month("2024-03"))));
        assert_eq!((detail.line.declarations, detail.line.refused, detail.line.remarks), (7, 1, 51));
        assert_eq!(detail.kinds["01"], Tally { accepted: 4, refused: 1 });
        assert_eq!(detail.months[&None], Tally { accepted: 1, refused: 0 });
        assert_eq!(detail.contracts, Volume::Few, "ten contracts are too few to be counted");
        assert_eq!(detail.remarks[0].code, "a", "refusals first");
    }

    #[test]
    fn an_older_a_failed_and_a_damaged_report_are_read_for_what_they_have() {
        let older = line(&ingest(ledger::IngestState::Done, r#"{"declarations": {"01": {"accepted": 5, "refused": 0}}}"#));
        assert_eq!((older.months, older.declarations), (None, 5));
        let failed = detail(&ingest(ledger::IngestState::Failed, r#"{"fault": "the disk is full"}"#), &Policy::default());
        assert_eq!((failed.problem.as_deref(), failed.line.state), (Some("the disk is full"), WorkState::Failed));
        let cut = r#"{"files": 1, "unreadable": [{"file": "a.zip", "reason": "reading a.zip/1.dsn"}, {"file": "b.gz", "reason": "reading b.gz"}]}"#;
        let incomplete = detail(&ingest(ledger::IngestState::Done, cut), &Policy::default());
        assert_eq!(incomplete.problem.as_deref(), Some("reading a.zip/1.dsn; reading b.gz"));
        assert_eq!(line(&ingest(ledger::IngestState::Done, "damaged")).files, 0);
    }

    #[test]
    fn a_month_is_written_with_four_and_two_digits() {
        assert_eq!(month_of("2024-08"), Month::new(2024, 8));
        for wrong in ["", "2024", "2024-8", "2024-13", "24-08", "2024-08-01", "août"] {
            assert_eq!(month_of(wrong), None, "{wrong}");
        }
    }
}
