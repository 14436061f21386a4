//! The [`Desk`]: everything that a page needs and that `apres-serve` may not fetch itself.
//!
//! The `apres` binary implements it; the tests and the preview use a fake. It promises plain data: figures only inside a
//! [`Release`], every other number is about the depositor's own file or about the machine. It is handed the [`Viewer`] at every
//! call and must enforce the viewer's rights again: the pages narrow questions, the desk refuses what they forgot.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use apres_protect::{Catalogue, Month, Period, Portion, Quarter, Refusal, Release, Request, Volume};
use async_trait::async_trait;

use crate::rights::Viewer;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(pub i64);

/// The answer to a question: figures, or a rule that says no and a way on.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one per question, moved a few times")]
pub enum Answer {
    /// What may be said.
    Release(Release),
    /// Why nothing is said.
    Refusal(Refusal),
}

/// What the lake covers today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Version of the lake that questions read.
    pub lake_version: u64,
    /// The vintage that questions read; none while nothing was asked yet.
    pub vintage: Option<VintageLine>,
    /// Version of the disclosure policy in force.
    pub policy_version: String,
    /// Whether the policy changes counts slightly to protect people.
    pub is_perturbed: bool,
    /// First month of DSN held.
    pub first_month: Month,
    /// Last month of DSN held.
    pub last_month: Month,
    /// First quarter with exits.
    pub first_quarter: Quarter,
    /// Last quarter whose exits are known.
    pub last_quarter: Quarter,
    /// Programmes held, by code, in the order to be shown (`iae`, `pec`, `apprentissage`).
    pub programmes: Vec<String>,
    /// Départements held, by code, sorted.
    pub departements: Vec<String>,
    /// The people in the lake are made up; every page says so.
    pub is_synthetic: bool,
}

/// A version of the data, kept until the next one replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VintageLine {
    /// Its name, after the civil quarter in which it was frozen: `2026T4`.
    pub name: String,
    /// Version of the lake.
    pub lake_version: u64,
    /// When it was frozen.
    pub frozen_at: UnixTime,
}

impl Coverage {
    /// No declaration was read yet: the months are those of the year 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last_month.0 <= 0
    }

    /// Quarters whose exits are known.
    #[must_use]
    pub fn quarters(&self) -> Period {
        Period { from: self.first_quarter, to: self.last_quarter.max(self.first_quarter) }
    }
}

/// Identifier of a deposited list; safe in a URL (letters, digits, `-`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListId(pub String);

impl fmt::Display for ListId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A file as it was sent.
pub struct ListFile {
    /// Name given by the browser, without any folder.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for ListFile {
    /// Shows the size only: the content names people.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ListFile").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Where a list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListState {
    /// Read; waits for its depositor to check the columns and confirm.
    ToCheck,
    /// Confirmed; waits for its turn.
    Queued,
    /// Being searched in the DSN.
    Matching,
    /// The report can be read.
    Ready,
    /// It broke; it will be tried again or someone must act.
    Failed,
    /// Erased; the receipt remains.
    Erased,
}

/// One line of the table of lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLine {
    /// Identifier.
    pub id: ListId,
    /// File name.
    pub name: String,
    /// When it was sent.
    pub deposited_at: UnixTime,
    /// Rows of the depositor's own file, when read.
    pub rows: Option<u64>,
    /// First and last quarter of exit in the file, when read; the list's questions cover these.
    pub period: Option<(Quarter, Quarter)>,
    /// Where it stands.
    pub state: ListState,
    /// When its content will be erased whatever happens.
    pub erase_on: Option<UnixTime>,
}

/// What a column of a list means to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Not used.
    Ignored,
    /// Social security number.
    Nir,
    /// Its key, in a column of its own.
    CleNir,
    /// Birth name.
    NomNaissance,
    /// Name in use.
    NomUsage,
    /// First name.
    Prenom,
    /// Surname and first name in one cell.
    NomPrenom,
    /// Birth date.
    DateNaissance,
    /// Sex or civility.
    Sexe,
    /// Birth place (INSEE code).
    CommuneNaissance,
    /// Date of entry into the programme.
    DateEntree,
    /// Date of exit.
    DateSortie,
    /// Declared reason of exit.
    MotifSortie,
    /// SIRET of the structure.
    Siret,
}

/// How a file was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// `csv`, `xlsx`, `ods`, `xml`; known layouts have a code of their own (`emplois_export`).
    pub format: String,
    /// `utf-8`, `windows-1252`; none for a workbook.
    pub encoding: Option<String>,
    /// The separator of a text file.
    pub separator: Option<char>,
    /// How dates are written, as said to the reader: `jj/mm/aaaa`.
    pub date_format: Option<String>,
    /// Lines above the header that were skipped.
    pub title_lines: u64,
}

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Position in the file, from 0.
    pub index: usize,
    /// Header as written.
    pub header: String,
    /// Up to three values as written; those of a NIR column masked by the desk.
    pub samples: Vec<String>,
    /// What we take it for.
    pub field: Field,
    /// The guess is certain enough not to ask.
    pub is_certain: bool,
}

/// A field that no column gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingField {
    /// Which.
    pub field: Field,
    /// Without it nothing can be done: the list cannot be confirmed.
    pub is_blocking: bool,
}

/// Something wrong in a row of the depositor's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Line in the file, from 1.
    pub line: u64,
    /// Header of the column.
    pub column: String,
    /// Cell as written; a NIR is masked by the desk.
    pub cell: String,
    /// What is wrong (`exit_before_entry`), explained by the message table under `row_error.<code>`.
    pub code: String,
    /// What to do (`check_dates`), under `row_fix.<code>`.
    pub fix: String,
    /// The row is searched all the same, without what is wrong.
    pub is_kept: bool,
}

/// Everything that the check page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCheck {
    /// The list.
    pub line: ListLine,
    /// How the file was understood.
    pub recognised: Recognised,
    /// Its columns, in the file's order.
    pub columns: Vec<Column>,
    /// What is missing.
    pub missing: Vec<MissingField>,
    /// Rows read (the depositor's own file).
    pub rows_read: u64,
    /// Rows that are searched.
    pub rows_ok: u64,
    /// Rows that repeat another, or the same person's earlier exit: left out.
    pub rows_dropped: u64,
    /// Rows that are left out until they are corrected.
    pub rows_with_errors: u64,
    /// The first errors, by line.
    pub errors: Vec<RowError>,
    /// Errors not listed.
    pub errors_left_off: u64,
    /// The periods for which the list may be registered, the latest first; none when no closed period holds enough of its rows.
    pub periods: Vec<PeriodChoice>,
    /// Fewest rows of a period.
    pub period_rows_min: u64,
}

/// A period for which a list may be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodChoice {
    /// A civil quarter, a civil year or two.
    pub period: Period,
    /// Rows of the depositor's own file whose exit lies in it.
    pub rows: u64,
    /// It is proposed first: the shortest that holds the whole file, or else the one that holds most of it.
    pub is_usual: bool,
}

/// Why the depositor holds the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To know and improve one's own action.
    Evaluation,
    /// To account for it to those who fund it.
    DialogueDeGestion,
    /// To renew a certification.
    Certification,
}

/// On which ground (article 6 of the GDPR).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegalBasis {
    /// Task carried out in the public interest (6.1.e).
    PublicInterest,
    /// Legal obligation (6.1.c).
    LegalObligation,
    /// Legitimate interest (6.1.f).
    LegitimateInterest,
}

/// The code of a programme that the catalogue does not hold.
pub const OTHER_PROGRAMME: &str = "autre";

/// What a list was registered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Programme that its people left, as a code of the catalogue, or [`OTHER_PROGRAMME`].
    pub programme: String,
    /// The quarters of exit that it is about.
    pub period: Period,
}

/// Why a list is not registered; it still waits to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmRefusal {
    /// The organisation has a list for this programme and period.
    SlotTaken,
    /// The period is none of those offered.
    NoSuchPeriod,
}

/// What the depositor declares when confirming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Programme that the people left, as a code of the catalogue; [`OTHER_PROGRAMME`] for any other.
    pub programme: String,
    /// The quarters of exit that the list is about, one of the periods offered.
    pub period: Period,
    /// Why.
    pub purpose: Purpose,
    /// On which ground.
    pub legal_basis: LegalBasis,
}

/// Work on a confirmed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The list.
    pub line: ListLine,
    /// How long the last searches took, when there were some.
    pub usual_seconds: Option<u64>,
    /// What is being done, when it has begun.
    pub step: Option<SearchStep>,
}

/// What is being done with a confirmed list, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchStep {
    /// The file is read again.
    Reading,
    /// People are sought among those declared, of whom this share, in hundredths, has been looked at.
    Searching(u8),
    /// Exits and careers are placed.
    Placing,
    /// The list is compared with the others.
    Comparing,
}

impl SearchStep {
    /// How many there are.
    pub const COUNT: u8 = 4;

    /// The code of its words.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Searching(_) => "searching",
            Self::Placing => "placing",
            Self::Comparing => "comparing",
        }
    }

    /// Its place, from 1.
    #[must_use]
    pub const fn place(self) -> u8 {
        match self {
            Self::Reading => 1,
            Self::Searching(_) => 2,
            Self::Placing => 3,
            Self::Comparing => 4,
        }
    }

    /// How far the whole is, in hundredths. The search counts for most of it.
    #[must_use]
    pub const fn hundredths(self) -> u8 {
        match self {
            Self::Reading => 5,
            Self::Searching(hundredths) => 10 + if hundredths > 100 { 60 } else { hundredths / 5 * 3 },
            Self::Placing => 75,
            Self::Comparing => 90,
        }
    }
}

/// Proof that a list was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The list.
    pub id: ListId,
    /// File name.
    pub name: String,
    /// Rows that the file had.
    pub rows: u64,
    /// When it was sent.
    pub deposited_at: UnixTime,
    /// When it was erased.
    pub erased_at: UnixTime,
    /// Digest of the audit entry, to be quoted.
    pub proof: String,
}

/// A file that cannot become a list; nothing of it is kept. Its text is in the message table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepositRefusal {
    /// No content.
    Empty,
    /// Not a table that we can read.
    NotATable,
    /// Protected by a password.
    Encrypted,
    /// More rows than accepted.
    TooManyRows,
    /// No line looks like a header.
    NoHeader,
    /// Nothing stands below the header.
    NoRow,
}

/// A template that can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListTemplate {
    /// File name with its extension.
    pub file_name: String,
    /// Media type.
    pub media_type: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// State of a job or of an ingest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkState {
    /// Waits.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Failed; will be tried again, or someone must act.
    Failed,
}

/// Files read into the lake together (administration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestLine {
    /// Identifier; safe in a URL.
    pub id: String,
    /// First and last main month of the monthly declarations, when there were some.
    pub months: Option<(Month, Month)>,
    /// When it was begun.
    pub ingested_at: UnixTime,
    /// Files read.
    pub files: u64,
    /// Declarations accepted.
    pub declarations: u64,
    /// Declarations refused whole.
    pub refused: u64,
    /// Remarks on the data.
    pub remarks: u64,
    /// Where it stands.
    pub state: WorkState,
}

/// Accepted and refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted.
    pub accepted: u64,
    /// Refused whole, alone or with their send.
    pub refused: u64,
}

/// A remark, counted over an ingest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemarkLine {
    /// Its code; `remark.<code>` and `remark_fix.<code>` in the message table when it is one of ours.
    pub code: String,
    /// The control's own message, when it has one.
    pub message: Option<String>,
    /// It refuses the declaration or the send.
    pub is_blocking: bool,
    /// Rubrique, when there is one.
    pub rubrique: Option<String>,
    /// How often.
    pub count: u64,
}

/// Where a remark was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemarkPlace {
    /// File or archive member.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Code.
    pub code: String,
    /// Rubrique, when there is one.
    pub rubrique: Option<String>,
}

/// What an ingest read, refused and remarked (administration). It quotes no content of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestDetail {
    /// The ingest.
    pub line: IngestLine,
    /// When it ended.
    pub finished_at: Option<UnixTime>,
    /// Why it failed.
    pub problem: Option<String>,
    /// Files that are not DSN, by name.
    pub not_dsn: Vec<String>,
    /// Sends accepted and refused.
    pub sends: Tally,
    /// Test sends, ignored.
    pub sends_test: u64,
    /// Declarations that the lake held already.
    pub already_known: u64,
    /// Declarations by nature (S20.G00.05.001).
    pub natures: BTreeMap<String, Tally>,
    /// Monthly declarations by type (S20.G00.05.002).
    pub kinds: BTreeMap<String, Tally>,
    /// Monthly declarations by main month; nothing is the month that could not be read.
    pub months: BTreeMap<Option<Month>, Tally>,
    /// Contracts read.
    pub contracts: Volume,
    /// Remarks by code and rubrique, blocking ones first, the most frequent first.
    pub remarks: Vec<RemarkLine>,
    /// The first places.
    pub places: Vec<RemarkPlace>,
}

/// What is remarkable about a month of declarations; defined in `docs/methods/quality.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alert {
    /// Nothing was received.
    Absent,
    /// Far fewer establishments or contracts than the month before.
    Low,
    /// Far more.
    High,
    /// Many establishments lack a fraction.
    Incomplete,
    /// Many establishments are silent.
    Silent,
}

/// A main month of declarations, over the whole lake (administration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityMonth {
    /// Which month.
    pub month: Month,
    /// Monthly declarations received, replaced ones too, by type (S20.G00.05.002).
    pub received: BTreeMap<String, u64>,
    /// Those of them that a later one replaced.
    pub replaced: u64,
    /// Establishments with a declaration in force.
    pub establishments: u64,
    /// The change since the month before, in percent.
    pub establishments_change: Option<i64>,
    /// Those of them that declare no contract.
    pub without_contract: u64,
    /// Establishments that lack a fraction.
    pub incomplete: u64,
    /// Fractions that lack.
    pub fractions_missing: u64,
    /// Establishments that are silent.
    pub silent: u64,
    /// Those of them that declared the month before.
    pub newly_silent: u64,
    /// Contracts declared.
    pub contracts: Volume,
    /// The change since the month before, in percent.
    pub contracts_change: Option<i64>,
    /// Inferred ends among the contracts that ended in the month; nothing while contracts may still wait for theirs.
    pub inferred: Option<Portion>,
    /// What is remarkable.
    pub alerts: BTreeSet<Alert>,
}

impl QualityMonth {
    /// Declarations received, all types.
    #[must_use]
    pub fn received_all(&self) -> u64 {
        self.received.values().sum()
    }
}

/// The rules behind the facts, to be said beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QualityRules {
    /// A change of volume beyond this is remarkable, in percent.
    pub volume_percent: u64,
    /// Silent or incomplete establishments beyond this share of those expected are remarkable, in percent.
    pub absent_percent: u64,
    /// Months without declaration after which an end is inferred.
    pub silent_months: u32,
}

/// The state of the declarations, month by month, the first month first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// Version of the lake.
    pub lake_version: u64,
    /// Every month from the first received to the last.
    pub months: Vec<QualityMonth>,
    /// Inferred ends among all ends of the months in which all are known.
    pub inferred: Portion,
    /// The rules.
    pub rules: QualityRules,
}

/// A month whose figures call for care, as said to everyone who is signed in: no count of contracts or declarations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownError {
    /// Which month.
    pub month: Month,
    /// What is remarkable; never empty.
    pub alerts: BTreeSet<Alert>,
    /// The change of the number of contracts since the month before, in percent.
    pub contracts_change: Option<i64>,
    /// The change of the number of establishments.
    pub establishments_change: Option<i64>,
    /// Silent establishments out of those expected, in percent, rounded.
    pub silent_percent: u64,
    /// Establishments that lack a fraction, out of those expected, in percent, rounded.
    pub incomplete_percent: u64,
}

/// What is known to be wrong in the data at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownErrors {
    /// First and last month of declarations; nothing when there is none.
    pub covered: Option<(Month, Month)>,
    /// The months that call for care, the first one first.
    pub months: Vec<KnownError>,
    /// Months, of those covered, that call for none.
    pub months_well: u64,
    /// Inferred ends among all ends of the months in which all are known.
    pub inferred: Portion,
    /// The rules.
    pub rules: QualityRules,
}

impl From<&Quality> for KnownErrors {
    fn from(quality: &Quality) -> Self {
        let months: Vec<KnownError> = quality.months.iter().filter(|month| !month.alerts.is_empty()).map(KnownError::of).collect();
        Self {
            covered: quality.months.first().zip(quality.months.last()).map(|(first, last)| (first.month, last.month)),
            months_well: quality.months.len().abs_diff(months.len()) as u64,
            months,
            inferred: quality.inferred,
            rules: quality.rules,
        }
    }
}

impl KnownError {
    fn of(month: &QualityMonth) -> Self {
        let expected = month.establishments + month.silent;
        let percent = |count: u64| (count * 100 + expected / 2).checked_div(expected).unwrap_or_default();
        Self {
            month: month.month,
            alerts: month.alerts.clone(),
            contracts_change: month.contracts_change,
            establishments_change: month.establishments_change,
            silent_percent: percent(month.silent),
            incomplete_percent: percent(month.incomplete),
        }
    }
}

/// A job (administration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLine {
    /// Identifier.
    pub id: String,
    /// Kind (`match_list`, `ingest`), under `job.<kind>` in the message table.
    pub kind: String,
    /// What it is about: a list id, a month; never a person.
    pub subject: String,
    /// Where it stands.
    pub state: WorkState,
    /// How many times it was started.
    pub attempts: u32,
    /// When it was last touched.
    pub updated_at: UnixTime,
    /// The fault, for the person who must act.
    pub problem: Option<String>,
}

/// Questions that look like probing (administration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertLine {
    /// When.
    pub at: UnixTime,
    /// Organisation, by name; empty for the public.
    pub organisation: String,
    /// Account, by identifier; empty for the public.
    pub account: String,
    /// What was seen, under `probing.<kind>` in the message table.
    pub kind: String,
}

/// A part of the installation and whether it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// Stable name (`ledger`, `lake`, `worker`).
    pub name: String,
    /// It answers.
    pub is_ok: bool,
}

/// Why the desk gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    /// It does not exist, or not for this viewer: the two are not told apart.
    #[error("not found")]
    NotFound,
    /// The viewer's rights do not allow it.
    #[error("not allowed")]
    NotAllowed,
    /// The list is not in a state that allows it (confirmed twice, corrected after its erasure).
    #[error("not possible in this state")]
    WrongState,
    /// It broke.
    #[error("{attempt}")]
    Broken {
        /// What was being attempted.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Answers, lists and the state of the machine, for pages.
#[async_trait]
pub trait Desk: Send + Sync + 'static {
    /// What the lake covers today; cheap, called by every page.
    async fn coverage(&self) -> Result<Coverage, DeskFault>;

    /// The catalogue of indicators in force.
    fn catalogue(&self) -> &Catalogue;

    /// Counts, protects, records and returns. `request` was narrowed by [`crate::rights::narrow`] or is a reference question that
    /// [`crate::rights::permits`] accepts; the desk checks [`crate::rights::permits`] again, and the ownership of a list. The match
    /// report of a list is a question too (`A-02`, `A-03`, `A-03D` on [`apres_protect::Population::List`]).
    async fn ask(&self, viewer: &Viewer, request: &Request) -> Result<Answer, DeskFault>;

    /// The viewer's lists, latest first.
    async fn lists(&self, viewer: &Viewer) -> Result<Vec<ListLine>, DeskFault>;

    /// One of the viewer's lists.
    async fn list(&self, viewer: &Viewer, id: &ListId) -> Result<ListLine, DeskFault>;

    /// What one of the viewer's lists was registered for; none before its confirmation.
    async fn slot(&self, viewer: &Viewer, id: &ListId) -> Result<Option<Slot>, DeskFault>;

    /// Takes a file, reads it, guesses its columns.
    async fn submit_list(&self, viewer: &Viewer, file: ListFile) -> Result<Result<ListId, DepositRefusal>, DeskFault>;

    /// The check of a list that waits for confirmation.
    async fn check(&self, viewer: &Viewer, id: &ListId) -> Result<ListCheck, DeskFault>;

    /// Replaces the meaning of the columns (index, field) and checks again.
    async fn correct(&self, viewer: &Viewer, id: &ListId, mapping: &[(usize, Field)]) -> Result<(), DeskFault>;

    /// Registers the list for a programme and a period, freezes it and starts the search. [`DeskFault::WrongState`] when a blocking field is missing or the
    /// list was already confirmed.
    async fn confirm(&self, viewer: &Viewer, id: &ListId, confirmation: Confirmation) -> Result<Result<(), ConfirmRefusal>, DeskFault>;

    /// How far the work is.
    async fn progress(&self, viewer: &Viewer, id: &ListId) -> Result<Progress, DeskFault>;

    /// Erases a list in any state; a second call returns the same receipt.
    async fn erase(&self, viewer: &Viewer, id: &ListId) -> Result<Receipt, DeskFault>;

    /// The receipt of an erased list.
    async fn receipt(&self, viewer: &Viewer, id: &ListId) -> Result<Receipt, DeskFault>;

    /// The template to fill, with made-up people.
    async fn list_template(&self) -> Result<ListTemplate, DeskFault>;

    /// A list of people of the synthetic territory, to try a deposit with; none outside a demonstration.
    async fn list_example(&self) -> Result<Option<ListTemplate>, DeskFault>;

    /// Ingests, latest first (administration).
    async fn ingests(&self, viewer: &Viewer) -> Result<Vec<IngestLine>, DeskFault>;

    /// What an ingest read, refused and remarked (administration).
    async fn ingest(&self, viewer: &Viewer, id: &str) -> Result<IngestDetail, DeskFault>;

    /// The state of the declarations (administration).
    async fn quality(&self, viewer: &Viewer) -> Result<Quality, DeskFault>;

    /// What is known to be wrong in the data; for everyone who is signed in.
    async fn known_errors(&self, viewer: &Viewer) -> Result<KnownErrors, DeskFault>;

    /// The latest alerts on questions that look like probing, latest first (administration).
    async fn alerts(&self, viewer: &Viewer) -> Result<Vec<AlertLine>, DeskFault>;

    /// Latest jobs (administration).
    async fn jobs(&self, viewer: &Viewer) -> Result<Vec<JobLine>, DeskFault>;

    /// Whether each part answers; no secret in it, `/sante` is public.
    async fn health(&self) -> Vec<HealthCheck>;
}
