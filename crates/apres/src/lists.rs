//! A participants' list, from its deposit to its erasure.
//!
//! The file waits in the identifying zone until its depositor has checked it; then its people are matched, their rows kept in the identifying zone, their exits
//! (pseudonyms only) placed in the statistical one, and the file deleted. Each step can be run twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use apres_ingest::list::{self, Checked, Mapping, Participant, Sexe, Sheet};
use apres_ledger::{List, ListState};
use apres_link::{Match, MatchStatus};
use apres_measure::{ListExit, list_exits_batch, place_list};
use apres_protect::{Period, Quarter};
use apres_store::datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray};
use apres_store::{IdentifyingTable, StatisticalTable, Table};
use chrono::{Datelike, NaiveDate};
use std::sync::Arc;

use crate::home::{Home, now};
use crate::memory;
use crate::reference::{self, Known};

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

/// Searches the people of a list in the DSN and places their exits, then compares the list with every other one.
///
/// # Errors
/// When the lake cannot be read or written, or the ledger does not answer; running it again is safe.
pub async fn match_people(home: &Home, id: &str, checked: &Checked) -> Result<()> {
    let _writing = home.writing().await?;
    let rows = without_opposed(home, &checked.rows);
    let (matches, known) = reference::link(&rows, &home.identifying, &home.statistical).await.context("matching the list")?;
    let mut participants = home.identifying.writer(IdentifyingTable::Participants).await?;
    participants.write(participants_batch(id, &rows, &matches)).await?;
    participants.replace(Some(id)).await?;
    let exits = exits(&rows, &matches, &known);
    let mut writer = home.statistical.writer(StatisticalTable::Exits).await?;
    writer.write(list_exits_batch(id, &exits)).await?;
    writer.replace(Some(id)).await?;
    place_list(&home.statistical, id).await.context("placing the exits of the list")?;
    let lake_version = home.statistical.version(StatisticalTable::Panel).await?;
    // As they are written, whoever objects: what is kept of them names nobody, and a list must stay the same list.
    memory::judge_list(home, id, &memory::print_of(home, &checked.rows, &matches), lake_version).await
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
    home.identifying.writer(IdentifyingTable::Participants).await?.replace(Some(id)).await?;
    home.identifying.purge(IdentifyingTable::Participants, id)?;
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
fn exits(rows: &[Participant], matches: &[Match], known: &Known) -> Vec<ListExit> {
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

fn exit(row: &Participant, found: &Match, known: Option<&(String, Option<i32>)>) -> ListExit {
    let own_sex = match (row.sexe, row.nir) {
        (Some(Sexe::Femme), _) => Some("F"),
        (Some(Sexe::Homme), _) => Some("M"),
        (None, Some(nir)) => Some(if nir.is_male() { "M" } else { "F" }),
        (None, None) => None,
    };
    let known_sex = known.map(|(sex, _)| sex.as_str()).filter(|sex| !sex.is_empty());
    let is_usable = found.status != MatchStatus::Inutilisable;
    ListExit {
        person: found.person,
        siret: row.siret.as_ref().and_then(|siret| siret.parse().ok()),
        date_entree: days(row.date_entree),
        date_sortie: days(row.date_sortie).filter(|_| is_usable),
        motif: row.motif.clone().unwrap_or_default(),
        sex: own_sex.or(known_sex).unwrap_or("inconnu").to_owned(),
        birth_year: row.naissance.map(|birth| birth.year()).or_else(|| known.and_then(|(_, year)| *year)),
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
