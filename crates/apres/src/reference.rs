//! Streams the identities of the identifying zone past the people of a list.
//!
//! The identities are columns of a sealed table, to which an ingest adds those that are new; batches go to as many passes as there are cores, and nothing is
//! held but the candidates. What is found does not depend on the order of batches.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use apres_ingest::identity::Identity;
use apres_ingest::list::{Participant, Sexe};
use apres_link::review::{Limits, Proposal, propose};
use apres_link::{Candidate, Explained, Index, Linker, Match, Options, Pass, Quality, Record};
use apres_store::datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use apres_store::datafusion::arrow::compute::cast;
use apres_store::datafusion::arrow::datatypes::{DataType, Int64Type};
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Identifying, IdentifyingTable, Statistical, StoreFault};
use chrono::NaiveDate;
use futures::StreamExt;
use tokio::sync::mpsc;

use crate::config::LinkSettings;

/// What was found for a list.
pub struct Found {
    /// Row by row.
    pub matches: Vec<Match>,
    /// The candidates that are kept for the review, by row.
    pub pairs: Vec<FoundPair>,
    /// How good it is, in the model's own estimate.
    pub quality: Quality,
}

/// A row and a person who may be it, as declared.
pub struct FoundPair {
    /// The candidate and its zone.
    pub proposal: Proposal,
    /// Why.
    pub explained: Explained,
    /// The identity.
    version: i64,
    /// Who was declared.
    pub declared: Declared,
}

/// An identity as declared; what is not known is empty.
#[derive(Clone, Default)]
pub struct Declared {
    /// Surname at birth.
    pub nom_famille: String,
    /// Surname in use.
    pub nom_usage: String,
    /// First names.
    pub prenoms: String,
    /// `AAAA-MM-JJ`.
    pub date_naissance: String,
    /// Code of the norm.
    pub sexe: String,
}

/// Batches that wait for a pass.
const WAITING_MAX: usize = 8;
/// Columns of the identities, after the pseudonym and the version.
const COLUMNS: [&str; 6] = ["nir", "nom_famille", "nom_usage", "prenoms", "date_naissance", "sexe"];

/// Matches the rows of a list with the people of the lake; `told` hears which share of them was looked at, in hundredths.
///
/// # Errors
/// When the lake cannot be read.
pub async fn link(
    rows: &[Participant],
    identifying: &Identifying,
    statistical: &Statistical,
    settings: &LinkSettings,
    told: &(dyn Fn(u8) + Sync),
) -> Result<Found, StoreFault> {
    let people = statistical.context().await?;
    let becoming = Arc::new(becoming(&people).await?);
    let fault = || StoreFault::query("reading the identities");
    let identities = identifying.context_of(&[(IdentifyingTable::Identities, None)]).await?;
    let total = identities.table("identities").await.map_err(fault())?.count().await.map_err(fault())?;
    let sql = format!("SELECT version, person, {} FROM identities", COLUMNS.join(", "));
    let mut stream = identities.sql(&sql).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let (rows_searched, settings) = (rows.to_vec(), settings.clone());
    let searching = tokio::task::spawn_blocking(move || search(&rows_searched, receiver, &becoming, &settings));
    let mut seen = 0;
    told(0);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(fault())?;
        seen += batch.num_rows();
        told(u8::try_from(seen.saturating_mul(100) / total.max(1)).unwrap_or(100));
        // Nobody listens any more when a pass failed: its panic is told below.
        if sender.send(batch).await.is_err() {
            break;
        }
    }
    drop(sender);
    let (matches, mut pairs, quality) = searching.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
    tell(&identities, &mut pairs).await?;
    Ok(Found { matches, pairs, quality })
}

/// Reads batches until there are none, on every core, and decides.
fn search(
    rows: &[Participant],
    receiver: mpsc::Receiver<RecordBatch>,
    becoming: &HashMap<u64, u64>,
    settings: &LinkSettings,
) -> (Vec<Match>, Vec<FoundPair>, Quality) {
    let written: Vec<Written> = rows.iter().map(Written::of).collect();
    let linker = Linker::new(written.iter().map(Written::record), 0);
    let receiver = Mutex::new(receiver);
    let exact = Mutex::new(Index::new(rows));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let passes: Vec<Pass<'_>> = std::thread::scope(|scope| {
        let read = || {
            let mut pass = linker.pass();
            loop {
                let batch = receiver.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                let Some(batch) = batch else { return pass };
                let identities = Columns::of(&batch);
                identities.each(becoming, |version, person, texts| pass.see(&version.to_le_bytes(), Some(person), &record(texts)));
                let mut exact = exact.lock().unwrap_or_else(PoisonError::into_inner);
                identities.each(becoming, |_, person, texts| exact.see(&candidate(person, texts)));
            }
        };
        let reading: Vec<_> = (0..cores).map(|_| scope.spawn(read)).collect();
        reading.into_iter().map(|read| read.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let options = Options { target_precision: settings.target_precision, ..Options::default() };
    let linked = linker.finish(passes, &options);
    let limits = Limits { accept_min: settings.accept_min, review_min: settings.review_min, ..Limits::default() };
    let exact = exact.into_inner().unwrap_or_else(PoisonError::into_inner).decide();
    let (matches, proposals) = propose(&exact, &linked, &limits);
    let pairs = proposals.into_iter().map(|proposal| {
        let version = linked.id(&proposal.candidate).try_into().map_or(0, i64::from_le_bytes);
        FoundPair { proposal, explained: linked.explain(&proposal.candidate), version, declared: Declared::default() }
    });
    (matches, pairs.collect(), linked.report)
}

/// The cells of a row, as the linker reads them.
struct Written {
    nir: String,
    nom: String,
    nom_usage: String,
    prenoms: String,
    sexe: &'static str,
    naissance: String,
    commune: String,
}

impl Written {
    fn of(row: &Participant) -> Self {
        // A surname that stands alone in the column of the surname in use is the only one known.
        let (nom, usage) = if row.nom_naissance.is_empty() { (&row.nom_usage, "") } else { (&row.nom_naissance, row.nom_usage.as_str()) };
        Self {
            nir: row.nir.map(|nir| nir.expose().to_owned()).unwrap_or_default(),
            nom: nom.clone(),
            nom_usage: usage.to_owned(),
            prenoms: row.prenoms.clone(),
            sexe: match row.sexe {
                Some(Sexe::Femme) => "2",
                Some(Sexe::Homme) => "1",
                None => "",
            },
            naissance: row.naissance.map(|day| day.to_string()).unwrap_or_default(),
            commune: row.commune_naissance.clone().unwrap_or_default(),
        }
    }

    fn record(&self) -> Record<'_> {
        Record {
            nir: self.nir.as_bytes(),
            nom: self.nom.as_bytes(),
            nom_usage: self.nom_usage.as_bytes(),
            prenoms: self.prenoms.as_bytes(),
            sexe: self.sexe.as_bytes(),
            date_naissance: self.naissance.as_bytes(),
            commune_naissance: self.commune.as_bytes(),
            ..Record::default()
        }
    }
}

/// The texts of an identity, in the order of [`COLUMNS`]; what is not known is empty.
type Texts<'a> = [&'a str; COLUMNS.len()];

fn record<'a>([nir, nom, usage, prenoms, birth, sexe]: Texts<'a>) -> Record<'a> {
    Record {
        nir: nir.as_bytes(),
        nom: nom.as_bytes(),
        nom_usage: usage.as_bytes(),
        prenoms: prenoms.as_bytes(),
        // The norm writes 01 for a man and 02 for a woman.
        sexe: sexe.strip_prefix('0').unwrap_or(sexe).as_bytes(),
        date_naissance: birth.as_bytes(),
        ..Record::default()
    }
}

fn candidate<'a>(person: u64, [nir, nom, usage, prenoms, birth, _]: Texts<'a>) -> Candidate<'a> {
    let naissance = NaiveDate::parse_from_str(birth, "%Y-%m-%d").ok();
    Candidate { person, nir, identity: Identity { nom_naissance: nom, nom_usage: usage, prenoms, naissance } }
}

/// The columns of a batch of identities.
struct Columns<'b> {
    batch: &'b RecordBatch,
    texts: [StringArray; COLUMNS.len()],
}

impl<'b> Columns<'b> {
    fn of(batch: &'b RecordBatch) -> Self {
        Self { batch, texts: COLUMNS.map(|name| text(batch, name)) }
    }

    /// Shows each identity, under the pseudonym that the person finally has.
    fn each(&self, becoming: &HashMap<u64, u64>, mut show: impl FnMut(i64, u64, Texts<'_>)) {
        let (versions, people) = (self.batch.column(0).as_primitive::<Int64Type>(), self.batch.column(1).as_primitive::<Int64Type>());
        for row in 0..self.batch.num_rows() {
            let texts = self.texts.each_ref().map(|column| if column.is_valid(row) { column.value(row) } else { "" });
            let person = u64::try_from(people.value(row)).unwrap_or_default();
            show(versions.value(row), becoming.get(&person).copied().unwrap_or(person), texts);
        }
    }
}

/// Reads what was declared of the people of the pairs.
async fn tell(identities: &SessionContext, pairs: &mut [FoundPair]) -> Result<(), StoreFault> {
    let wanted: HashSet<i64> = pairs.iter().map(|pair| pair.version).collect();
    let fault = || StoreFault::query("reading who the people of the pairs are");
    let sql = format!("SELECT version, person, {} FROM identities", COLUMNS.join(", "));
    let mut stream = identities.sql(&sql).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
    let mut declared: HashMap<i64, Declared> = HashMap::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(fault())?;
        Columns::of(&batch).each(&HashMap::new(), |version, _, texts| {
            if wanted.contains(&version) {
                let [_, nom_famille, nom_usage, prenoms, date_naissance, sexe] = texts.map(str::to_owned);
                declared.insert(version, Declared { nom_famille, nom_usage, prenoms, date_naissance, sexe });
            }
        });
    }
    for pair in pairs {
        pair.declared = declared.get(&pair.version).cloned().unwrap_or_default();
    }
    Ok(())
}

fn text(batch: &RecordBatch, name: &str) -> StringArray {
    let column = batch.column_by_name(name).unwrap_or_else(|| unreachable!("the query selects {name}"));
    cast(column, &DataType::Utf8).unwrap_or_else(|_| unreachable!("{name} is a text")).as_string::<i32>().clone()
}

/// Pseudonyms that finally are another one.
async fn becoming(people: &SessionContext) -> Result<HashMap<u64, u64>, StoreFault> {
    let fault = || StoreFault::query("reading who pseudonyms are");
    let sql = "SELECT person, becomes FROM known_as WHERE siren IS NULL";
    let batches = people.sql(sql).await.map_err(fault())?.collect().await.map_err(fault())?;
    let mut becoming = HashMap::new();
    for batch in &batches {
        let (from, to) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Int64Type>());
        let pair = |row: usize| (u64::try_from(from.value(row)).unwrap_or_default(), u64::try_from(to.value(row)).unwrap_or_default());
        becoming.extend((0..batch.num_rows()).map(pair));
    }
    Ok(becoming)
}
