//! A participants' list, from its deposit to its erasure.
//!
//! The file waits in the identifying zone until its depositor has checked it; then its people are matched, their rows kept in the identifying zone, their exits
//! (pseudonyms only) placed in the statistical one, and the file deleted. Each step can be run twice.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use apres_ingest::Nir;
use apres_ingest::list::{self, Checked, Mapping, Participant, Sexe, Sheet};
use apres_ledger::{List, ListState};
use apres_link::{Match, MatchStatus};
use apres_measure::{Leaver, ListExit, leavers_of, list_exits_batch, place_list};
use apres_protect::{Period, Quarter};
use apres_serve::desk::SearchStep;
use apres_store::datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray};
use apres_store::datafusion::arrow::compute::cast;
use apres_store::datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type};
use apres_store::datafusion::prelude::{col, lit};
use apres_store::{IdentifyingTable, StatisticalTable, Table};
use chrono::{Datelike, NaiveDate};
use std::sync::Arc;

use crate::home::{Home, now};
use crate::memory;
use crate::pairs;
use crate::reference;

/// Days from the Common Era origin to 1970-01-01.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;

/// Where the file of a list waits, within the identifying zone.
fn place(id: &str) -> String {
    format!("deposits/{id}")
}

fn file(home: &Home, id: &str) -> PathBuf {
    home.identifying.root().join(place(id))
}

/// Keeps the bytes of a deposited file, sealed, until it is matched or erased.
///
/// # Errors
/// When it cannot be written.
pub fn keep(home: &Home, id: &str, bytes: &[u8]) -> Result<()> {
    let _adding = home.adding()?;
    let path = file(home, id);
    std::fs::create_dir_all(path.parent().context("a deposit has a folder")?).context("making the folder of deposits")?;
    std::fs::write(path, home.identifying.seal(&place(id), bytes)?).context("keeping the deposited file")
}

/// Reads the deposited file again.
///
/// # Errors
/// When it is gone or no longer a list.
pub fn sheet(home: &Home, id: &str, name: &str) -> Result<Sheet> {
    let bytes = std::fs::read(file(home, id)).context("reading the deposited file")?;
    let bytes = home.identifying.unseal(&place(id), bytes).context("opening the deposited file")?;
    list::read(&bytes, name).context("reading the list")
}

/// The columns as guessed, or as the depositor corrected them.
///
/// # Errors
/// When the recorded mapping cannot be read.
pub fn mapping(sheet: &Sheet, recorded: Option<&str>) -> Result<Mapping> {
    recorded.map_or_else(|| Ok(list::guess(sheet)), |json| serde_json::from_str(json).context("reading the recorded columns"))
}

/// Leaves out the rows of which the exit is outside of what the list was registered for; those without an exit stay, to be told.
pub(crate) fn keep_period(checked: &mut Checked, period: Period) {
    let quarter = |date: NaiveDate| Quarter::from_date(date.year(), date.month());
    checked.rows.retain(|row| row.date_sortie.and_then(quarter).is_none_or(|quarter| period.contains(quarter)));
}

/// Searches the people of a list in the DSN and places their exits, then compares the list with every other one; `tell` hears how far it is.
///
/// # Errors
/// When the lake cannot be read or written, or the ledger does not answer; running it again is safe.
pub async fn match_people(home: &Home, id: &str, checked: &Checked, tell: &(dyn Fn(SearchStep) + Sync)) -> Result<()> {
    let _writing = home.writing().await?;
    let rows = without_opposed(home, &checked.rows);
    let settings = &home.config.settings.link;
    let told = |hundredths| tell(SearchStep::Searching(hundredths));
    let found = reference::link(&rows, &home.identifying, &home.statistical, settings, &told).await.context("matching the list")?;
    tell(SearchStep::Placing);
    let mut pairs = home.identifying.writer(IdentifyingTable::Reviews).await?;
    pairs.write(pairs::batch(id, &rows, &found.pairs)?).await?;
    pairs.replace(Some(id)).await?;
    write(home, id, &rows, &found.matches).await?;
    tell(SearchStep::Comparing);
    let lake_version = home.statistical.version(StatisticalTable::Panel).await?;
    // As they are written, whoever objects: what is kept of them names nobody, and a list must stay the same list.
    memory::judge_list(home, id, &memory::print_of(home, &checked.rows, &found.matches), lake_version).await
}

/// Writes who rows are, and places their exits.
async fn write(home: &Home, id: &str, rows: &[Participant], matches: &[Match]) -> Result<()> {
    let mut participants = home.identifying.writer(IdentifyingTable::Participants).await?;
    participants.write(participants_batch(id, rows, matches)).await?;
    participants.replace(Some(id)).await?;
    let people = matches.iter().filter_map(|found| found.person);
    let known = leavers_of(&home.statistical, people).await.context("reading what is known of the people found")?;
    let exits = exits(rows, matches, &known);
    let mut writer = home.statistical.writer(StatisticalTable::Exits).await?;
    writer.write(list_exits_batch(id, &exits)).await?;
    writer.replace(Some(id)).await?;
    place_list(&home.statistical, id).await.context("placing the exits of the list")?;
    Ok(())
}

/// Places the exits of a list again, as reviewers decided by now. A list without decisions stays as it was found.
///
/// # Errors
/// When the list is not ready, or the lake or the ledger does not answer; running it again is safe.
pub async fn place_again(home: &Home, id: &str) -> Result<()> {
    let _writing = home.writing().await?;
    let list = home.ledger.list(id).await.context("reading the list")?;
    ensure!(list.is_some_and(|list| list.state == ListState::Ready), "the list is not ready: it is being searched, or was erased");
    let (rows, before) = participants(home, id).await?;
    let kept = pairs::read(&home.identifying, id).await?;
    let decisions = home.ledger.decisions(id).await.context("reading the decisions")?;
    let matches = pairs::decided(&rows, &before, &kept, &decisions);
    write(home, id, &rows, &matches).await
}

/// The rows of a list as they are kept, and how each was found.
///
/// # Errors
/// When the zone cannot be read.
pub async fn participants(home: &Home, id: &str) -> Result<(Vec<Participant>, Vec<Match>)> {
    let reading = "reading the rows of a list";
    let context = home.identifying.context_of(&[(IdentifyingTable::Participants, None)]).await?;
    let of_list = context.table("participants").await.context(reading)?.filter(col("list").eq(lit(id))).context(reading)?;
    let batches = of_list.sort(vec![col("line").sort(true, true)]).context(reading)?.collect().await.context(reading)?;
    let (mut rows, mut matches) = (Vec::new(), Vec::new());
    for batch in &batches {
        let kept = KeptRows::of(batch);
        for row in 0..batch.num_rows() {
            matches.push(kept.found(row, rows.len()));
            rows.push(kept.participant(row));
        }
    }
    Ok((rows, matches))
}

/// The columns of kept rows.
struct KeptRows<'b> {
    batch: &'b RecordBatch,
}

impl<'b> KeptRows<'b> {
    fn of(batch: &'b RecordBatch) -> Self {
        Self { batch }
    }

    fn column(&self, name: &str) -> &ArrayRef {
        self.batch.column_by_name(name).unwrap_or_else(|| unreachable!("the table has {name}"))
    }

    fn text(&self, name: &str, row: usize) -> Option<String> {
        let texts = cast(self.column(name), &DataType::Utf8).unwrap_or_else(|_| unreachable!("{name} is a text"));
        let texts = texts.as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row).to_owned())
    }

    fn date(&self, name: &str, row: usize) -> Option<NaiveDate> {
        let dates = self.column(name).as_primitive::<Date32Type>();
        dates.is_valid(row).then(|| dates.value(row)).and_then(|days| NaiveDate::from_num_days_from_ce_opt(days + EPOCH_DAYS_FROM_CE))
    }

    fn fact(&self, name: &str, row: usize) -> bool {
        let facts = self.column(name).as_boolean();
        facts.is_valid(row) && facts.value(row)
    }

    fn long(&self, name: &str, row: usize) -> Option<i64> {
        let longs = self.column(name).as_primitive::<Int64Type>();
        longs.is_valid(row).then(|| longs.value(row))
    }

    fn found(&self, row: usize, place: usize) -> Match {
        let status = match self.text("match_status", row).as_deref() {
            Some("nir") => MatchStatus::Nir,
            Some("identite") => MatchStatus::Identite,
            Some("ambigu") => MatchStatus::Ambigu,
            Some("inutilisable") => MatchStatus::Inutilisable,
            _ => MatchStatus::NonTrouve,
        };
        Match { row: place, status, person: self.long("person", row).and_then(|person| u64::try_from(person).ok()) }
    }

    fn participant(&self, row: usize) -> Participant {
        Participant {
            line: self.long("line", row).and_then(|line| u32::try_from(line).ok()).unwrap_or_default(),
            nir: self.text("nir", row).and_then(|nir| Nir::parse_dsn(nir.as_bytes()).ok()),
            nir_verified: self.fact("nir_verified", row),
            nom_naissance: self.text("nom_naissance", row).unwrap_or_default(),
            nom_usage: self.text("nom_usage", row).unwrap_or_default(),
            prenoms: self.text("prenom", row).unwrap_or_default(),
            nom_prenom: None,
            naissance: self.date("date_naissance", row),
            sexe: self.text("sexe", row).map(|sexe| if sexe == "F" { Sexe::Femme } else { Sexe::Homme }),
            commune_naissance: None,
            date_entree: self.date("date_entree", row),
            date_sortie: self.date("date_sortie", row),
            motif: self.text("motif", row),
            siret: self.text("siret", row),
            usable: self.fact("usable", row),
        }
    }
}

/// Erases a list everywhere: its file, its people, its exits.
///
/// # Errors
/// When something could not be deleted; running it again is safe.
pub async fn erase(home: &Home, id: &str) -> Result<()> {
    let _writing = home.writing().await?;
    erase_held(home, id).await
}

/// As [`erase`], for who holds the lake already.
async fn erase_held(home: &Home, id: &str) -> Result<()> {
    discard_file(home, id)?;
    for table in [IdentifyingTable::Participants, IdentifyingTable::Reviews] {
        home.identifying.writer(table).await?.replace(Some(id)).await?;
        home.identifying.purge(table, id)?;
    }
    for table in [StatisticalTable::Exits, StatisticalTable::Panel] {
        home.statistical.writer(table).await?.replace(Some(id)).await?;
        home.statistical.purge(table, id)?;
    }
    Ok(())
}

/// Erases a list and records it with its receipt. A matching that was under way finds it erased and takes its own rows back; what it wrote before that
/// goes in the second pass.
///
/// # Errors
/// When something could not be deleted or the ledger does not answer; running it again is safe.
pub async fn erase_for_good(home: &Home, id: &str, receipt: &str) -> Result<Option<List>> {
    erase(home, id).await?;
    let erased = home.ledger.erase_list(id, receipt, now()).await.context("recording the erasure")?;
    home.ledger.forget_decisions(id).await.context("forgetting the decisions")?;
    erase(home, id).await?;
    Ok(erased)
}

/// Erases what is left of lists that are erased or unknown: an erasure or a build may have been killed, or have crossed each other. The caller holds
/// the lake.
///
/// # Errors
/// When a folder cannot be read or something could not be deleted.
pub async fn sweep(home: &Home) -> Result<u64> {
    let mut found = home.identifying.partitions(IdentifyingTable::Participants)?;
    found.extend(home.identifying.partitions(IdentifyingTable::Reviews)?);
    for table in [StatisticalTable::Exits, StatisticalTable::Panel] {
        found.extend(home.statistical.partitions(table)?);
    }
    let mut swept = 0;
    for id in found.iter().filter(|id| *id != "dsn") {
        let list = home.ledger.list(id).await.context("reading a list")?;
        if list.is_none_or(|list| list.state == ListState::Erased) {
            erase_held(home, id).await?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Deletes the deposited file; its people are kept in the identifying zone until the list is erased.
///
/// # Errors
/// When it cannot be deleted.
pub fn discard_file(home: &Home, id: &str) -> Result<()> {
    match std::fs::remove_file(file(home, id)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("deleting the deposited file"),
        _ => Ok(()),
    }
}

/// The rows, with nothing left of who objects but their line and their dates: they are searched like others and are found by nobody, which nobody can tell
/// from someone whom the DSN does not know.
fn without_opposed(home: &Home, rows: &[Participant]) -> Vec<Participant> {
    let kept = rows.iter().map(|row| {
        let is_opposed = row.nir.is_some_and(|nir| home.opposed.has_nir(nir.expose().as_bytes()));
        if !is_opposed {
            return row.clone();
        }
        Participant {
            nir: None,
            nir_verified: false,
            nom_naissance: String::new(),
            nom_usage: String::new(),
            prenoms: String::new(),
            nom_prenom: None,
            naissance: None,
            sexe: None,
            commune_naissance: None,
            motif: None,
            ..row.clone()
        }
    });
    kept.collect()
}

fn days(date: Option<NaiveDate>) -> Option<i32> {
    date.map(|date| date.num_days_from_ce() - EPOCH_DAYS_FROM_CE)
}

/// The exits of a list: one per person, the latest; rows that were not matched stay, each for itself.
fn exits(rows: &[Participant], matches: &[Match], known: &HashMap<u64, Leaver>) -> Vec<ListExit> {
    let mut latest: BTreeMap<u64, ListExit> = BTreeMap::new();
    let mut unmatched = Vec::new();
    for found in matches {
        let row = &rows[found.row];
        let exit = exit(row, found, found.person.and_then(|person| known.get(&person)));
        match found.person {
            None => unmatched.push(exit),
            Some(person) => {
                let kept = latest.entry(person).or_insert_with(|| exit.clone());
                if kept.date_sortie < exit.date_sortie {
                    *kept = exit;
                }
            }
        }
    }
    latest.into_values().chain(unmatched).collect()
}

fn exit(row: &Participant, found: &Match, known: Option<&Leaver>) -> ListExit {
    let own_sex = match (row.sexe, row.nir) {
        (Some(Sexe::Femme), _) => Some("F"),
        (Some(Sexe::Homme), _) => Some("M"),
        (None, Some(nir)) => Some(if nir.is_male() { "M" } else { "F" }),
        (None, None) => None,
    };
    let known_sex = known.map(|known| known.sex.id());
    let is_usable = found.status != MatchStatus::Inutilisable;
    ListExit {
        person: found.person,
        siret: row.siret.as_ref().and_then(|siret| siret.parse().ok()),
        date_entree: days(row.date_entree),
        date_sortie: days(row.date_sortie).filter(|_| is_usable),
        motif: row.motif.clone().unwrap_or_default(),
        sex: own_sex.or(known_sex).unwrap_or("inconnu").to_owned(),
        birth_year: row.naissance.map(|birth| birth.year()).or_else(|| known.and_then(|known| known.birth_year)),
        match_status: found.status.id().to_owned(),
        nir_is_verified: row.nir_verified,
    }
}

fn participants_batch(id: &str, rows: &[Participant], matches: &[Match]) -> RecordBatch {
    let texts = |of: &dyn Fn(&Participant) -> Option<String>| -> ArrayRef { Arc::new(rows.iter().map(of).collect::<StringArray>()) };
    let dates = |of: &dyn Fn(&Participant) -> Option<NaiveDate>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| days(of(row))).collect::<Date32Array>())
    };
    let facts =
        |of: &dyn Fn(&Participant) -> bool| -> ArrayRef { Arc::new(rows.iter().map(|row| Some(of(row))).collect::<BooleanArray>()) };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let columns: Vec<ArrayRef> = vec![
        texts(&|_| Some(id.to_owned())),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| i64::from(row.line)))),
        texts(&|row| row.nir.map(|nir| nir.expose().to_owned())),
        facts(&|row| row.nir_verified),
        texts(&|row| given(&row.nom_naissance)),
        texts(&|row| given(&row.nom_usage)),
        texts(&|row| given(&row.prenoms)),
        dates(&|row| row.naissance),
        texts(&|row| row.sexe.map(|sexe| if sexe == Sexe::Femme { "F" } else { "M" }.to_owned())),
        dates(&|row| row.date_entree),
        dates(&|row| row.date_sortie),
        texts(&|row| row.motif.clone()),
        texts(&|row| row.siret.clone()),
        facts(&|row| row.usable),
        Arc::new(matches.iter().map(|found| Some(found.status.id())).collect::<StringArray>()),
        Arc::new(matches.iter().map(|found| found.person.and_then(|person| i64::try_from(person).ok())).collect::<Int64Array>()),
    ];
    RecordBatch::try_new(IdentifyingTable::Participants.schema(), columns).expect("the columns are those of the table")
}
