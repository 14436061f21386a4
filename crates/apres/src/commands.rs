//! The commands that print: data on stdout, talk on stderr; a refusal exits 1.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use apres_ingest::list::{self, Checked, Recognised, Sheet};
use apres_ledger::{ListState, Registration};
use apres_protect::{Figure, Month, Period, Population, Quarter, Refusal, Release, Request, Scope, Words, rule_of};
use apres_serve::desk::{LegalBasis, OTHER_PROGRAMME, Purpose};

use crate::ask::{self, Asker};
use crate::desk::{confirm, confirmation, deposit, slot_of, usual_period};
use crate::home::{Home, today};
use crate::progress::Progress;
use crate::{check, dadeh, ingest, lists, quality, worker};

const REFUSED: u8 = 1;
/// Most errors of a list that are told one by one.
const ERRORS_TOLD_MAX: usize = 20;

/// What `apres ingest` reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum IngestSource {
    /// DSN files, folders, lots and archives.
    #[default]
    Dsn,
    /// A PostgreSQL base in the DADEH schema.
    Dadeh,
}

/// `apres ingest`.
///
/// # Errors
/// When a path or the base cannot be read or the lake cannot be written.
pub async fn ingest(home: &Home, paths: &[PathBuf], source: IngestSource, is_json: bool, out: &mut impl Write) -> Result<ExitCode> {
    let report = match source {
        IngestSource::Dsn => ingest::run(home, paths, &Progress::shown()).await?,
        IngestSource::Dadeh => {
            let [address] = paths else { bail!("one base at a time: apres ingest --source dadeh postgres://user@host/base") };
            dadeh::run(home, &address.to_string_lossy(), &Progress::shown()).await?
        }
    };
    if is_json {
        serde_json::to_writer_pretty(&mut *out, &report).context("writing the report")?;
        writeln!(out)?;
    } else {
        ingest::print(&report, out)?;
    }
    if matches!(source, IngestSource::Dsn) && report.files == 0 {
        tracing::warn!("no DSN was read: a DSN begins with a line such as S10.G00.00.001,'Logiciel'");
        return Ok(ExitCode::from(REFUSED));
    }
    let is_anything_refused =
        report.sends_refused > 0 || !report.unreadable.is_empty() || report.declarations.values().any(|counted| counted.refused > 0);
    Ok(ExitCode::from(if is_anything_refused { REFUSED } else { 0 }))
}

/// `apres ingest --check`.
///
/// # Errors
/// When a path cannot be read.
pub fn check(paths: &[PathBuf], is_json: bool, out: &mut impl Write) -> Result<ExitCode> {
    let report = check::run(paths)?;
    if is_json {
        serde_json::to_writer_pretty(&mut *out, &report).context("writing the report")?;
        writeln!(out)?;
    } else {
        check::print(&report, out)?;
    }
    let is_bad = report.files.is_empty() || report.is_anything_refused();
    Ok(ExitCode::from(if is_bad { REFUSED } else { 0 }))
}

/// `apres controls`.
///
/// # Errors
/// When the list cannot be written.
pub fn controls(is_json: bool, out: &mut impl Write) -> Result<ExitCode> {
    if is_json {
        serde_json::to_writer_pretty(&mut *out, apres_ingest::dsn::controls()).context("writing the list")?;
        writeln!(out)?;
    } else {
        check::print_controls(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `apres quality`.
///
/// # Errors
/// When the lake or the ledger does not answer.
pub async fn quality(home: &Home, month: Option<Month>, is_json: bool, out: &mut impl Write) -> Result<ExitCode> {
    let gathered = quality::gather(home, month).await?;
    if is_json {
        serde_json::to_writer_pretty(&mut *out, &gathered).context("writing the quality")?;
        writeln!(out)?;
    } else {
        quality::print(&gathered, out)?;
    }
    if gathered.is_empty() {
        let advice = if month.is_some() {
            "no declaration of that month or around it: leave --month out"
        } else {
            "the lake holds no declaration: run `apres ingest FOLDER`"
        };
        tracing::warn!("{advice}");
        return Ok(ExitCode::from(REFUSED));
    }
    Ok(ExitCode::SUCCESS)
}

/// `apres spells`.
///
/// # Errors
/// When the lake cannot be read or written.
pub async fn spells(home: &Home, only_to: Option<&Path>, out: &mut impl Write) -> Result<ExitCode> {
    let _writing = home.writing().await?;
    if let Some(folder) = only_to {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let rows = apres_measure::write_spells(&home.statistical, folder).await.context("writing the spells")?;
        writeln!(out, "{rows} contracts")?;
        return Ok(ExitCode::SUCCESS);
    }
    let built = ingest::build(home, &Progress::shown()).await?;
    writeln!(out, "{} contracts, {} exits (lake version {})", built.spells, built.exits, built.lake_version)?;
    Ok(ExitCode::SUCCESS)
}

/// What a list is registered for.
#[derive(Debug, Clone)]
pub struct ListAbout {
    /// Programme that its people left.
    pub programme: String,
    /// Quarters of exit; those that the file is proposed for by default.
    pub period: Option<Period>,
    /// Why it is searched.
    pub purpose: Purpose,
    /// On which ground.
    pub legal_basis: LegalBasis,
}

/// `apres list add`.
///
/// # Errors
/// When the file cannot be read or the list cannot be matched.
pub async fn list_add(home: &Home, file: &Path, organisation: &str, about: &ListAbout, out: &mut impl Write) -> Result<ExitCode> {
    let ListAbout { programme, period, purpose, legal_basis } = about;
    check_organisation(home, organisation).await?;
    if programme != OTHER_PROGRAMME && home.catalogue.programme(programme).is_none() {
        let known: Vec<&str> = home.catalogue.programmes().iter().map(|programme| programme.id.as_str()).collect();
        tracing::warn!("{programme} is no programme of the catalogue: choose among {}, or {OTHER_PROGRAMME}", known.join(", "));
        return Ok(ExitCode::from(REFUSED));
    }
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let id = match deposit(home, organisation, "", &name, bytes).await? {
        Ok(id) => id,
        Err(refused) => {
            return Ok(not_a_list(file, &refused));
        }
    };
    let sheet = lists::sheet(home, &id, &name)?;
    let checked = list::check(&sheet, &list::guess(&sheet), today());
    tell_reading(&sheet, &checked);
    let refusal = match (*period).or(usual_period(home, &id, &name)?) {
        _ if checked.usable() == 0 => {
            Err("nobody of this list can be searched: it needs a social-security number, or names and a birth date; \
                                           `apres link --list FILE` says what each row lacks"
                .to_owned())
        }
        None => {
            Err("no civil quarter, year or two years holds enough exits of this list: put those of several quarters together".to_owned())
        }
        Some(period) => {
            let said = confirmation(*purpose, *legal_basis);
            match confirm(home, &id, &said, &slot_of(programme, period)).await? {
                Registration::Registered => Ok(period),
                Registration::SlotTaken | Registration::NotWaiting => Err(format!(
                    "{organisation} has a list for {programme} and {} already: choose another --programme or --period, or erase the one that \
                     `apres list show --organisation {organisation}` prints",
                    written(period)
                )),
            }
        }
    };
    match refusal {
        Ok(period) => tracing::info!("searched for programme {programme}, exits of {}", written(period)),
        Err(why) => {
            lists::erase_for_good(home, &id, "command").await?;
            tracing::warn!("{why}");
            return Ok(ExitCode::from(REFUSED));
        }
    }
    while worker::once(home).await? {}
    writeln!(out, "{id}")?;
    Ok(ExitCode::SUCCESS)
}

/// A period as the command line takes it.
fn written(period: Period) -> String {
    if period.from == period.to { period.from.to_string() } else { format!("{}-{}", period.from, period.to) }
}

/// Says how a list was read: format, columns, rows, then each error with its cell and its remedy.
fn tell_reading(sheet: &Sheet, checked: &Checked) {
    let mapping = list::guess(sheet);
    let columns = mapping.columns.iter().filter_map(|(field, column)| Some(format!("{} = {field:?}", sheet.header.get(*column)?)));
    let Recognised { kind, encoding, separator, sheet: name, .. } = &sheet.recognised;
    let details = [encoding.map(|own| format!("{own:?}")), separator.map(|own| format!("{own:?}")), name.clone()];
    tracing::info!("read as {kind:?} ({})", details.into_iter().flatten().collect::<Vec<_>>().join(", "));
    tracing::info!("columns: {}", columns.collect::<Vec<_>>().join(", "));
    tracing::info!(
        "{} rows read, {} to be searched, {} written twice, {} replaced by a later exit of the same person, {} errors",
        checked.read,
        checked.usable(),
        checked.duplicates,
        checked.superseded,
        checked.errors.len()
    );
    for error in checked.errors.iter().take(ERRORS_TOLD_MAX) {
        tracing::warn!("line {}, column {}: {:?}; {:?}", error.line, error.column_name(sheet), error.code, error.code.fix());
    }
    if checked.errors.len() > ERRORS_TOLD_MAX {
        tracing::warn!("{} errors more: `apres link --list FILE` prints them all", checked.errors.len() - ERRORS_TOLD_MAX);
    }
}

/// `apres list show`.
///
/// # Errors
/// When the ledger does not answer.
pub async fn list_show(home: &Home, organisation: &str, out: &mut impl Write) -> Result<ExitCode> {
    check_organisation(home, organisation).await?;
    for list in home.ledger.lists_of(organisation).await.context("reading the lists")? {
        let programme = list.reading.programme.as_deref().unwrap_or("-");
        let period = match (&list.reading.first_quarter, &list.reading.last_quarter) {
            (Some(first), Some(last)) if first == last => first.clone(),
            (Some(first), Some(last)) => format!("{first}-{last}"),
            _ => "-".to_owned(),
        };
        let rows = list.reading.rows.unwrap_or_default();
        writeln!(out, "{}\t{}\t{}\t{rows} rows\t{programme}\t{period}", list.id, list.state.as_str(), list.name)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn check_organisation(home: &Home, organisation: &str) -> Result<()> {
    if home.ledger.organisation(organisation).await.context("reading the organisation")?.is_none() {
        bail!("no organisation is called {organisation}: `apres organisation list` prints those there are");
    }
    Ok(())
}

/// Says why a file is refused.
fn not_a_list(file: &Path, refused: &list::ListFault) -> ExitCode {
    tracing::warn!("{} is not a list that can be read: {refused}", file.display());
    ExitCode::from(REFUSED)
}

/// `apres list report`.
///
/// # Errors
/// When the list does not exist or the lake does not answer.
pub async fn list_report(home: &Home, id: &str, out: &mut impl Write) -> Result<ExitCode> {
    let list = home
        .ledger
        .list(id)
        .await
        .context("reading the list")?
        .with_context(|| format!("no list {id}: `apres list show` prints the identifiers"))?;
    let next_step = match list.state {
        ListState::Ready => None,
        ListState::Erased => Some("it was erased: deposit it again"),
        ListState::ToCheck => Some("it waits to be confirmed on the site"),
        ListState::UnderWay => Some("it is being searched: run `apres worker`, or wait"),
        ListState::Failed => Some("its search failed: `apres job` says why"),
    };
    if let Some(next_step) = next_step {
        tracing::warn!("the list has no report: {next_step}");
        return Ok(ExitCode::from(REFUSED));
    }
    let quarter = |text: Option<String>| text.and_then(|text| text.parse::<Quarter>().ok()).context("the list has no exit date");
    let request = Request {
        indicators: ["A-02", "A-03", "A-03D", "A-03U", "B-01", "B-04", "B-10", "B-12", "D-01"].map(str::to_owned).to_vec(),
        population: Population::List(list.id.clone()),
        period: Period { from: quarter(list.reading.first_quarter)?, to: quarter(list.reading.last_quarter)? },
        scope: Scope::National,
        filters: Vec::new(),
        breakdowns: Vec::new(),
        horizons: Vec::new(),
        rest: None,
    };
    answer(ask::ask(home, &Asker { organisation: list.organisation, ..Asker::default() }, &request).await?, true, out)
}

/// `apres list erase`.
///
/// # Errors
/// When the list does not exist or cannot be erased.
pub async fn list_erase(home: &Home, id: &str, out: &mut impl Write) -> Result<ExitCode> {
    home.ledger
        .list(id)
        .await
        .context("reading the list")?
        .with_context(|| format!("no list {id}: `apres list show` prints the identifiers"))?;
    let erased = lists::erase_for_good(home, id, "command").await?;
    let at = erased.as_ref().and_then(|list| list.erased_at).and_then(|at| chrono::DateTime::from_timestamp(at, 0)).unwrap_or_default();
    let proof = erased.and_then(|list| list.receipt).unwrap_or_default();
    writeln!(out, "{id}\terased\t{}\t{proof}", at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))?;
    Ok(ExitCode::SUCCESS)
}

/// `apres link`: how a list would be read, row by row. Who is found is told by `apres list report`, through the gate.
///
/// # Errors
/// When the file cannot be read.
pub fn link(file: &Path, out: &mut impl Write) -> Result<ExitCode> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sheet = match list::read(&bytes, &name) {
        Ok(sheet) => sheet,
        Err(refused) => return Ok(not_a_list(file, &refused)),
    };
    let mapping = list::guess(&sheet);
    let checked = list::check(&sheet, &mapping, today());
    writeln!(
        out,
        "rows\t{}\nsearched\t{}\nduplicates\t{}\nsuperseded\t{}",
        checked.read,
        checked.usable(),
        checked.duplicates,
        checked.superseded
    )?;
    for error in &checked.errors {
        writeln!(out, "line {}\t{}\t{:?}\t{:?}", error.line, error.column_name(&sheet), error.code, error.code.fix())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `apres ask`.
///
/// # Errors
/// When the request cannot be read or the lake does not answer.
pub async fn ask(home: &Home, path: &Path, is_csv: bool, out: &mut impl Write) -> Result<ExitCode> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("reading the request from stdin")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("reading the request {}", path.display()))?;
    }
    let request: Request = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).context("reading the request as JSON")?
    } else {
        toml::from_str(&text).context("reading the request as TOML")?
    };
    answer(ask::ask(home, &Asker::command(), &request).await?, is_csv, out)
}

/// `apres explain`.
///
/// # Errors
/// When the release does not exist or the lake does not answer.
pub async fn explain(home: &Home, id: &str, out: &mut impl Write) -> Result<ExitCode> {
    let explanation = ask::explain(home, id).await?;
    serde_json::to_writer_pretty(&mut *out, &explanation).context("writing the explanation")?;
    writeln!(out)?;
    if explanation.is_same {
        return Ok(ExitCode::SUCCESS);
    }
    tracing::warn!("what is recorded and what is computed are not the same: the record, the definitions or the policy changed since");
    Ok(ExitCode::from(REFUSED))
}

fn answer(answer: Result<Release, Refusal>, is_csv: bool, out: &mut impl Write) -> Result<ExitCode> {
    match answer {
        Ok(release) if is_csv => write_csv(&release, out)?,
        Ok(release) => writeln!(out, "{}", release.to_json())?,
        Err(refusal) => {
            serde_json::to_writer_pretty(&mut *out, &refusal).context("writing the refusal")?;
            writeln!(out)?;
            if let Some(rule) = rule_of(refusal.code) {
                let Words { title, explanation, next_step, .. } = rule.words();
                tracing::warn!("refused ({title}): {explanation} {next_step}");
            }
            return Ok(ExitCode::from(REFUSED));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_csv(release: &Release, out: &mut impl Write) -> Result<()> {
    writeln!(out, "indicator;horizon;group;category;figure;value;denominator;low;high;provisional")?;
    for cell in release.cells() {
        let group: Vec<String> = cell.group.iter().map(|(dimension, value)| format!("{}={value}", dimension.code())).collect();
        let head = format!("{};{};{}", cell.indicator, cell.horizon, group.join(","));
        match &cell.figure {
            Figure::Distribution { categories, .. } => {
                for (category, figure) in categories {
                    writeln!(out, "{head};{category};{};{}", figure_columns(figure), cell.provisional)?;
                }
            }
            figure => {
                writeln!(out, "{head};;{};{}", figure_columns(figure), cell.provisional)?;
                if let Figure::Quartiles { denominator, mean_tenths: Some(tenths), .. } = figure {
                    writeln!(out, "{head};;mean;{}.{};{denominator};;;{}", tenths / 10, tenths % 10, cell.provisional)?;
                }
            }
        }
    }
    Ok(())
}

/// Kind, value, denominator, low, high.
fn figure_columns(figure: &Figure) -> String {
    match figure {
        Figure::Count { value } => format!("count;{value};;;"),
        Figure::Rate { percent, denominator, low, high, .. } => format!("rate;{percent};{denominator};{low};{high}"),
        Figure::RateBelow { percent, denominator } => format!("rate_below;{percent};{denominator};;"),
        Figure::RateAbove { percent, denominator } => format!("rate_above;{percent};{denominator};;"),
        Figure::Distribution { denominator, .. } => format!("distribution;;{denominator};;"),
        Figure::Quartiles { denominator, median, p25, p75, .. } => {
            let bound = |value: &Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
            format!("median;{median};{denominator};{};{}", bound(p25), bound(p75))
        }
        Figure::Hidden { reason } => format!("hidden:{};;;;", reason.code()),
    }
}
