//! What is promised of the people in the data: sealed identities, keys that turn, ages at which things go, and oppositions.
//!
//! A promise is looked for where it would be broken: in the bytes of every file of the installation. Each search is first made where it must find.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use apres::config::{Config, Settings};
use apres::desk::deposit;
use apres::home::Home;
use apres::keys::Purpose;
use apres::{commands, doctor, lists, opposition, purge, rotation, vintage};
use apres_ingest::list;
use apres_ledger::password::Cost;
use apres_ledger::{ListConfirmation, ListSlot, ListState, NewJob, NewList, Organisation, OrganisationKind, Registration};
use apres_store::opposition::record;
use apres_store::retention::{Aged, Purge, Retention};
use apres_store::{Identifying, StatisticalTable, Table, rekey::Rekeying};
use apres_synth::{Plan, generate};
use chrono::NaiveDate;

use crate::contract_life::send;
use crate::lake::{Lake, rows};

/// A first name long enough not to come up by chance.
pub(crate) const WHO: &str = "marguerite";

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The number that the cases give to a first name.
pub(crate) fn nir_of(name: &str) -> String {
    let text = send(&format!("2024-01 E | {name} C1 2024-01-01 01"));
    let line = text.lines().find(|line| line.starts_with("S21.G00.30.001")).expect("a NIR");
    line.split('\'').nth(1).expect("its value").to_owned()
}

/// Ingests each text as a send of its own.
pub(crate) async fn ingest(lake: &Lake, texts: &[&str]) {
    for text in texts {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("cases.dsn");
        std::fs::write(&path, send(text)).expect("a file");
        let report = lake.ingest(&[path]).await;
        assert_eq!((report.sends, report.sends_refused), (1, 0), "{:?}", report.remark_counts);
    }
}

/// The files of a folder, keys left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            if entry.file_name().is_some_and(|name| name != "keys") {
                found.extend(files(&entry));
            }
        } else {
            found.push(entry);
        }
    }
    found
}

/// The files that hold this text; a pseudonym is looked for in digits and as tables write it.
fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let number = text.parse::<i64>().map(i64::to_le_bytes).ok();
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("a file");
        let has = |wanted: &[u8]| memchr::memmem::find(&bytes, wanted).is_some();
        has(text.as_bytes()) || number.is_some_and(|number| has(&number))
    };
    files(folder).into_iter().filter(holds).collect()
}

pub(crate) fn assert_nowhere(folder: &Path, texts: &[&str]) {
    for text in texts {
        let found = holding(folder, text);
        assert!(found.is_empty(), "{} files hold what must be gone: {found:?}", found.len());
    }
}

pub(crate) async fn reopened(data: &Path) -> anyhow::Result<Home> {
    Home::open(Config { data: data.to_owned(), settings: Settings::default() }, Cost::ForTests).await
}

async fn with_new_home(lake: &mut Lake) {
    lake.home = reopened(&lake.home.config.data.clone()).await.expect("an installation");
}

async fn organisation(lake: &Lake) {
    let organisation = Organisation {
        id: "structure".to_owned(),
        name: "Structure".to_owned(),
        kind: OrganisationKind::Structure,
        sirets: Vec::new(),
        departements: Vec::new(),
    };
    lake.home.ledger.save_organisation(&organisation).await.expect("an organisation");
}

/// A deposited list that was matched.
pub(crate) async fn matched(lake: &Lake, id: &str, text: &str) {
    organisation(lake).await;
    let list = NewList {
        id: id.to_owned(),
        organisation: "structure".to_owned(),
        deposited_by: String::new(),
        name: "liste.csv".to_owned(),
        retention_until: i64::MAX,
    };
    let said = ListConfirmation { purpose: "suivi".to_owned(), legal_basis: "mission".to_owned() };
    let ledger = &lake.home.ledger;
    assert!(ledger.create_list(&list, 1).await.expect("a list"));
    let search = NewJob { id: format!("match-{id}"), kind: "match_list".to_owned(), subject: id.to_owned() };
    let slot = ListSlot { programme: id.to_owned(), first_quarter: "2024T1".to_owned(), last_quarter: "2024T4".to_owned() };
    let confirmed = ledger.confirm_list(id, &said, &slot, &search, 1).await.expect("a confirmation");
    assert_eq!(confirmed, Registration::Registered);
    lists::keep(&lake.home, id, text.as_bytes()).expect("a deposit");
    let sheet = lists::sheet(&lake.home, id, "liste.csv").expect("a sheet");
    let mapping = lists::mapping(&sheet, None).expect("columns");
    let checked = list::check(&sheet, &mapping, day("2025-06-01"));
    lists::match_people(&lake.home, id, &checked, &|_| {}).await.expect("a matched list");
    lists::discard_file(&lake.home, id).expect("the file gone");
    assert!(ledger.move_list(id, ListState::UnderWay, ListState::Ready).await.expect("a state"));
}

fn key_of(nir: &str) -> u64 {
    let number: u64 = nir.parse().expect("digits");
    97 - number % 97
}

/// A list of one person, by NIR and key.
fn list_of(nir: &str) -> String {
    format!("NIR;Date de sortie\n{nir}{:02};31/03/2024\n", key_of(nir))
}

async fn spells(lake: &Lake) -> Vec<Vec<String>> {
    let mut rows = lake.rows("SELECT * FROM spells").await;
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_identity_can_be_read_on_disk() {
    let lake = Lake::new().await;
    let nir = nir_of(WHO);
    ingest(&lake, &[&format!("2024-01..2024-03 E | {WHO} C1 2024-01-15 01")]).await;
    matched(&lake, "matched", &list_of(&nir)).await;
    lists::keep(&lake.home, "waiting", list_of(&nir).as_bytes()).expect("a deposit");

    let held = lake.identifying_rows("SELECT nir, nom_famille, prenoms FROM identities").await;
    assert_eq!(held, [[nir.clone(), "PERSONNE".to_owned(), WHO.to_uppercase()]], "the zone must hold what is looked for");
    assert_eq!(lake.identifying_rows("SELECT nir, match_status FROM participants").await, [[nir.clone(), "nir".to_owned()]]);
    let data = lake.home.config.data.clone();
    assert!(files(&data.join("lake/identifying")).len() >= 7, "logs, data files and the deposit");
    assert_nowhere(&data, &[&nir, &WHO.to_uppercase(), "PERSONNE", "Date de sortie"]);
    let person = lake.home.pseudonymiser.of_nir(nir.as_bytes()).expect("nobody objects").to_string();
    assert!(!holding(&data, &person).is_empty(), "the search finds what is there");
    assert_eq!(lake.home.identifying.unsealed().await.expect("a look at the seals"), 0);
}

/// Reads the zone whole; how it fails.
async fn reading(data: &Path) -> Option<String> {
    let home = match reopened(data).await {
        Ok(home) => home,
        Err(fault) => return Some(format!("{fault:#}")),
    };
    let context = match home.identifying.context().await {
        Ok(context) => context,
        Err(fault) => return Some(format!("{:#}", anyhow::Error::from(fault))),
    };
    let read = async { context.sql("SELECT * FROM identities").await?.collect().await };
    read.await.err().map(|fault| format!("{fault:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tampered_with_is_a_clear_fault() {
    let lake = Lake::new().await;
    ingest(&lake, &[&format!("2024-01 E | {WHO} C1 2024-01-15 01")]).await;
    let data = lake.home.config.data.clone();
    assert_eq!(reading(&data).await, None);
    let identities = files(&data.join("lake/identifying/identities"));
    assert_eq!(identities.len(), 3, "two versions and a data file");
    for path in &identities {
        let whole = std::fs::read(path).expect("a file");
        let mut flipped = whole.clone();
        let middle = whole.len() / 2;
        flipped[middle] ^= 1;
        let mut last_flipped = whole.clone();
        *last_flipped.last_mut().expect("bytes") ^= 1;
        for bytes in
            [&flipped, &last_flipped, &whole[..whole.len() - 1].to_vec(), &whole[..whole.len() / 2].to_vec(), &whole[..60].to_vec()]
        {
            std::fs::write(path, bytes).expect("other bytes");
            let told = reading(&data).await.expect("it must not be read");
            assert!(told.contains("was altered, cut short or moved"), "{}: {told}", path.display());
        }
        std::fs::write(path, whole).expect("the file as it was");
    }
    let first = Path::new("_delta_log/00000000000000000000.json");
    let (from, to) = (data.join("lake/identifying/identities").join(first), data.join("lake/identifying/participants").join(first));
    let own = std::fs::read(&to).expect("a file");
    std::fs::copy(&from, &to).expect("a file at another place");
    assert!(reading(&data).await.expect("it must not be read").contains("participants/_delta_log/00000000000000000000.json was altered"));
    std::fs::write(&to, b"{\"commitInfo\":{}}").expect("a file that is not sealed");
    assert!(reading(&data).await.expect("it must not be read").contains("is not sealed: the lake is older than"));
    std::fs::write(&to, own).expect("the file as it was");
    assert_eq!(reading(&data).await, None);
    let other = format!("{:064x}", 7);
    std::fs::write(data.join("keys/zone.1.key"), other).expect("another key");
    assert!(reading(&data).await.expect("it must not be read").contains("was sealed with another key than version 1"));
    std::fs::rename(data.join("keys/zone.1.key"), data.join("keys/zone.2.key")).expect("another version");
    assert!(reading(&data).await.expect("it must not be read").contains("is sealed with version 1 of the zone's key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zone_is_sealed_anew_even_after_an_interruption() {
    let mut lake = Lake::new().await;
    ingest(&lake, &[&format!("2024-01 E | {WHO} C1 2024-01-15 01")]).await;
    lists::keep(&lake.home, "waiting", list_of(&nir_of(WHO)).as_bytes()).expect("a deposit");
    let data = lake.home.config.data.clone();
    // Begun and killed: the new key is there, and some objects are sealed with it already.
    let stale = reopened(&data).await.expect("a program that goes on");
    lake.home.keys.begin_rotation(Purpose::Zone).expect("a new key");
    with_new_home(&mut lake).await;
    ingest(&lake, &["2024-02 E | bernadette C2 2024-01-15 01"]).await;
    let mut told = Vec::new();
    assert!(!doctor::run(&lake.home, &mut told).await.expect("a visit"), "an interrupted rotation is told");
    assert!(String::from_utf8_lossy(&told).contains("run `apres keys rotate zone` again"));
    let before = lake.identifying_rows("SELECT * FROM identities ORDER BY person").await;
    assert_eq!(before.len(), 2);

    let mut out = Vec::new();
    rotation::rotate(&lake.home, Purpose::Zone, &mut out).await.expect("a rotation");
    let refused = stale.writing().await.expect_err("what this program would seal could not be opened");
    assert!(refused.to_string().contains("the zone's key was rotated while this program ran"), "{refused}");
    assert!(lists::keep(&stale, "late", b"bytes").is_err());
    assert!(!data.join("keys/zone.1.key").exists() && data.join("keys/zone.2.key").exists());
    with_new_home(&mut lake).await;
    assert_eq!(lake.identifying_rows("SELECT * FROM identities ORDER BY person").await, before);
    assert_eq!(lists::sheet(&lake.home, "waiting", "liste.csv").expect("a sheet").header.len(), 2);
    let zone_2 = [b"APRSEAL1".as_slice(), &2_u32.to_le_bytes()].concat();
    for path in files(&data.join("lake/identifying")) {
        assert!(std::fs::read(&path).expect("a file").starts_with(&zone_2), "{} is under the new key", path.display());
    }
    // The key that is gone opens nothing any more.
    std::fs::copy(data.join("keys/pseudonym.1.key"), data.join("keys/zone.2.key")).expect("another key");
    assert!(reading(&data).await.is_some());
}

/// The panel without its pseudonyms, and the spells of each person.
async fn careers(lake: &Lake) -> (Vec<Vec<String>>, Vec<Vec<Vec<String>>>) {
    let schema = StatisticalTable::Panel.schema();
    let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).filter(|name| name != "person").collect();
    let mut panel = lake.rows(&format!("SELECT {} FROM panel", columns.join(", "))).await;
    panel.sort();
    let mut people: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for row in spells(lake).await {
        people.entry(row[0].clone()).or_default().push(row[1..].to_vec());
    }
    let mut spells: Vec<_> = people.into_values().collect();
    spells.sort();
    (panel, spells)
}

#[tokio::test(flavor = "multi_thread")]
async fn pseudonyms_change_and_nothing_else_even_after_an_interruption() {
    let synthetic = tempfile::tempdir().expect("a temporary folder");
    generate(&Plan::ending_2025(300, 24, 4), synthetic.path(), &mut |_, _| {}).expect("a synthetic territory");
    let mut lake = Lake::new().await;
    lake.ingest(&[synthetic.path().join("dsn")]).await;
    let nir = lake.identifying_rows("SELECT nir FROM identities WHERE nir IS NOT NULL ORDER BY nir LIMIT 1").await[0][0].clone();
    matched(&lake, "matched", &list_of(&nir)).await;
    let data = lake.home.config.data.clone();
    let expected = careers(&lake).await;
    let aliases = lake.rows("SELECT * FROM aliases").await.len();
    let old = lake.rows("SELECT min(person) FROM persons").await[0][0].clone();
    assert!(!holding(&data, &old).is_empty(), "the search finds what is there");

    // Killed after two tables.
    let keys = lake.home.keys.begin_rotation(Purpose::Pseudonym).expect("a new key");
    let rekeying = Rekeying::open(&lake.home.statistical, &lake.home.identifying, &keys).await.expect("the identities");
    for table in [StatisticalTable::Observations, StatisticalTable::Spells] {
        assert!(rekeying.statistical_table(table).await.expect("a table"));
        assert!(!rekeying.statistical_table(table).await.expect("a table"), "done once");
    }
    let refused = lake.home.writing().await.expect_err("nobody writes to a lake under two keys");
    assert!(refused.to_string().contains("run `apres keys rotate pseudonym` again"), "{refused}");

    rotation::rotate(&lake.home, Purpose::Pseudonym, &mut Vec::new()).await.expect("a rotation");
    assert!(lake.home.writing().await.expect_err("the key of this program is gone").to_string().contains("start it again"));
    with_new_home(&mut lake).await;
    assert!(!data.join("keys/pseudonym.1.key").exists() && data.join("keys/pseudonym.2.key").exists());
    assert_eq!(careers(&lake).await, expected);
    let person = lake.home.pseudonymiser.of_nir(nir.as_bytes()).expect("nobody objects").to_string();
    assert_eq!(lake.identifying_rows(&format!("SELECT DISTINCT person FROM identities WHERE nir = '{nir}'")).await, [[person.clone()]]);
    assert_eq!(lake.identifying_rows("SELECT person FROM participants").await, [[person]]);
    for table in ["observations", "persons", "aliases", "spells", "months", "exits", "panel"] {
        assert_eq!(lake.rows(&format!("SELECT 1 FROM {table} WHERE person = {old}")).await.len(), 0, "{table}");
    }
    assert_eq!(lake.rows("SELECT * FROM aliases").await.len(), aliases);
    assert!(holding(&data, &old).is_empty(), "the old pseudonyms are gone from the disk");
    // It is the lake that the new key would have made.
    let made = Lake::like(&lake).await;
    made.ingest(&[synthetic.path().join("dsn")]).await;
    for table in StatisticalTable::ALL {
        let of_people: Vec<String> =
            table.schema().fields().iter().map(|field| field.name().clone()).filter(|name| name != "part" && name != "source").collect();
        let source = if table.partition().is_some() { "WHERE source = 'dsn'" } else { "" };
        let sql = format!("SELECT {} FROM {} {source}", of_people.join(", "), table.name());
        let (mut found, mut expected) = (lake.rows(&sql).await, made.rows(&sql).await);
        found.sort();
        expected.sort();
        assert!(found == expected, "{}: {} rows and {}", table.name(), found.len(), expected.len());
    }
    // What was built is what a build gives, and a second rotation goes on from the first.
    commands::spells(&lake.home, None, &mut Vec::new()).await.expect("a build");
    assert_eq!(careers(&lake).await, expected);
    rotation::rotate(&lake.home, Purpose::Pseudonym, &mut Vec::new()).await.expect("another rotation");
    with_new_home(&mut lake).await;
    assert_eq!(careers(&lake).await, expected);
    assert!(doctor::run(&lake.home, &mut Vec::new()).await.expect("a visit"));
}

const LONG: &str = "2016-01..2024-12 F | bernadette LONG-CONTRAT 2015-01-01 01";
const OLD: &str = "2016-01..2016-05 E | marguerite ANCIEN-CONTRAT 2016-01-01 02 prevue=2016-06-30
                   2016-06 E | marguerite ANCIEN-CONTRAT 2016-01-01 02 prevue=2016-06-30 fin=2016-06-30/031";
const SHORT: &str = "2017-01..2017-02 E | bernadette COURT-CONTRAT 2017-01-05 02 prevue=2017-03-31
                     2017-03 E | bernadette COURT-CONTRAT 2017-01-05 02 prevue=2017-03-31 fin=2017-03-31/031";
const REPLACED: &str = "2024-01 G | josephine REMPLACE-1 2024-01-10 01";
const REPLACING: &str = "2024-01 G type=03 ordre=2 le=2024-02-10 | josephine DEFINITIF 2024-01-10 01";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_is_gone_from_the_disk() {
    let lake = Lake::new().await;
    ingest(&lake, &[LONG, OLD, SHORT, REPLACED, REPLACING]).await;
    let data = lake.home.config.data.clone();
    let statistical = data.join("lake/statistical");
    let person = lake.home.pseudonymiser.of_nir(nir_of(WHO).as_bytes()).expect("nobody objects").to_string();
    for text in ["ANCIEN-CONTRAT", "COURT-CONTRAT", "REMPLACE-1", "LONG-CONTRAT", &person] {
        assert!(!holding(&statistical, text).is_empty(), "the search finds {text}");
    }
    let before = spells(&lake).await;
    assert_eq!(before.len(), 4);

    let early = purge::run(&lake.home, day("2021-12-31"), false).await.expect("a purge");
    assert_eq!((early.aged, spells(&lake).await), (Aged::default(), before.clone()), "in 2021 nothing is 72 months old");
    let dry = purge::run(&lake.home, day("2025-01-15"), true).await.expect("a dry run");
    let expected = Aged { raw_observations: 1, observations: 9, declarations: 9, exits: 0, persons: 1, identities: 1 };
    assert_eq!((dry.aged, spells(&lake).await), (expected, before.clone()), "a dry run changes nothing");

    let purged = purge::run(&lake.home, day("2025-01-15"), false).await.expect("a purge");
    assert_eq!(purged.aged, expected);
    let kept: Vec<Vec<String>> = before.into_iter().filter(|row| matches!(row[2].as_str(), "LONG-CONTRAT" | "DEFINITIF")).collect();
    assert_eq!(kept.len(), 2);
    assert_eq!(spells(&lake).await, kept);
    assert_eq!(lake.identifying_rows("SELECT prenoms FROM identities ORDER BY prenoms").await, [["BERNADETTE"], ["JOSEPHINE"]]);
    assert_nowhere(&data, &["ANCIEN-CONTRAT", "COURT-CONTRAT", "REMPLACE-1", &person]);
    assert!(!holding(&statistical, "LONG-CONTRAT").is_empty(), "what is kept is still there");

    let again = purge::run(&lake.home, day("2025-01-15"), false).await.expect("a purge");
    assert_eq!((again.aged, again.files.values().sum::<u64>()), (Aged::default(), 0), "a second purge finds nothing");
    commands::spells(&lake.home, None, &mut Vec::new()).await.expect("a build");
    assert_eq!(spells(&lake).await, kept, "a build gives what the purge left");
    ingest(&lake, &["2025-01 F | bernadette LONG-CONTRAT 2015-01-01 01"]).await;
    assert_eq!(lake.rows("SELECT numero, end_status, last_month FROM spells ORDER BY numero LIMIT 1 OFFSET 1").await[0][0], "LONG-CONTRAT");
}

/// Killed before its careers were built: run again, it builds them, and takes the past versions that held what is too old.
#[tokio::test(flavor = "multi_thread")]
async fn a_purge_that_was_interrupted_is_finished() {
    let lake = Lake::new().await;
    ingest(&lake, &[LONG, OLD]).await;
    let frozen = vintage::current(&lake.home).await.expect("a vintage");
    let data = lake.home.config.data.clone();
    let retention = Retention { today: day("2025-01-15"), raw_months: 3, spells_months: 72 };
    let killed = Purge::open(&lake.home.statistical, &lake.home.identifying, retention).await.expect("a purge");
    let left = killed.count().await.expect("a count");
    std::fs::write(data.join("purge.unfinished"), "").expect("the mark that a purge leaves first");
    killed.run(&left).await.expect("what is too old is left out");
    let told = visit(&lake).await;
    assert!(told.contains("the careers are behind") && told.contains("a purge was interrupted: run `apres purge` again"), "{told}");
    assert_eq!(spells(&lake).await.len(), 2, "the careers hold it still");

    let purged = purge::run(&lake.home, retention.today, false).await.expect("the purge again");
    assert_eq!(purged.aged, Aged::default());
    assert_eq!(lake.rows("SELECT numero FROM spells").await, [["LONG-CONTRAT"]]);
    assert_nowhere(&data, &["ANCIEN-CONTRAT"]);
    assert!(vintage::current(&lake.home).await.expect("a vintage").lake_version > frozen.lake_version);
    let told = visit(&lake).await;
    assert!(!told.contains("behind") && !told.contains("interrupted"), "{told}");
}

/// Just before and just at the age, by moving the clock.
#[tokio::test(flavor = "multi_thread")]
async fn ages_are_counted_to_the_day() {
    let lake = Lake::new().await;
    ingest(&lake, &[LONG, OLD, REPLACED, REPLACING]).await;
    let aged = async |today: &str| purge::run(&lake.home, day(today), true).await.expect("a dry run").aged;
    assert_eq!(aged("2022-06-30").await.observations, 0, "the contract ended 72 months ago to the day");
    assert_eq!(aged("2022-07-01").await.observations, 6, "and now one day more");
    assert_eq!(aged("2024-05-10").await.raw_observations, 0, "replaced three months ago to the day");
    assert_eq!(aged("2024-05-11").await.raw_observations, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_that_nobody_confirms_is_raw() {
    let lake = Lake::new().await;
    organisation(&lake).await;
    let text = list_of(&nir_of(WHO)).into_bytes();
    let id = deposit(&lake.home, "structure", "", "liste.csv", text).await.expect("a deposit").expect("a list");
    let file = lake.home.config.data.join("lake/identifying/deposits").join(&id);
    let today = apres::home::today();
    purge::run(&lake.home, today, false).await.expect("a purge");
    assert!(file.exists());
    let purged = purge::run(&lake.home, today + chrono::Months::new(4), false).await.expect("a purge");
    assert_eq!(purged.lists, 1);
    assert!(!file.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_waits_for_nobody() {
    let lake = Lake::new().await;
    let writing = lake.home.writing().await.expect("a writer");
    let refused = purge::run(&lake.home, day("2025-01-15"), false).await.expect_err("someone writes");
    assert!(refused.to_string().contains("another apres program is writing"), "{refused}");
    drop(writing);
    purge::run(&lake.home, day("2025-01-15"), false).await.expect("nobody writes any more");
}

async fn oppose(lake: &Lake, said: &str) -> bool {
    let mut out = Vec::new();
    let code = opposition::add(&lake.home, &mut said.as_bytes(), day("2025-06-01"), &mut out).await.expect("a command");
    assert!(!String::from_utf8_lossy(&out).to_lowercase().contains(WHO));
    code == std::process::ExitCode::SUCCESS
}

#[tokio::test(flavor = "multi_thread")]
async fn who_objects_is_nowhere() {
    let lake = Lake::new().await;
    let nir = nir_of(WHO);
    let both = "2024-01..2024-03 E | marguerite C1 2024-01-15 01 ; bernadette C2 2024-01-15 01";
    ingest(&lake, &[both]).await;
    let names = format!("Nom;Prénom;Date de naissance;Date de sortie\nPERSONNE;{WHO};01/01/1990;31/03/2024\n");
    matched(&lake, "before", &list_of(&nir)).await;
    let person = lake.home.pseudonymiser.of_nir(nir.as_bytes()).expect("nobody objects yet").to_string();
    assert_eq!(lake.rows(&format!("SELECT 1 FROM spells WHERE person = {person}")).await.len(), 1);

    assert!(oppose(&lake, &format!("{nir}\n")).await);
    assert_eq!(lake.identifying_rows("SELECT prenoms FROM identities").await, [["BERNADETTE"]], "at once");
    assert!(visit(&lake).await.contains("ACT   the careers are behind the declarations"), "and it is told that careers have to follow");
    ingest(&lake, &[both]).await;
    assert!(!visit(&lake).await.contains("behind"), "an ingest of what is known brings them up to date");
    for table in ["observations", "persons", "spells", "months", "exits", "panel"] {
        assert_eq!(lake.rows(&format!("SELECT 1 FROM {table} WHERE person = {person}")).await.len(), 0, "{table}");
    }
    assert_eq!(lake.rows("SELECT numero FROM spells").await, [["C2"]]);
    let left =
        lake.rows("SELECT person, match_status, matched, known, sex, horizon FROM panel WHERE source = 'before' AND horizon = 0").await;
    assert_eq!(left, [["", "non_trouve", "false", "false", "inconnu", "0"]]);

    // Neither a list nor a new declaration brings them back.
    for (id, text) in [("by-number", list_of(&nir)), ("by-name", names)] {
        matched(&lake, id, &text).await;
        let found = lake.identifying_rows(&format!("SELECT match_status, person, nir FROM participants WHERE list = '{id}'")).await;
        assert_eq!(found, [["non_trouve", "", ""]], "{id}");
    }
    ingest(&lake, &[&both.replace("2024-01..2024-03 E", "2024-04 E")]).await;
    assert_eq!(lake.rows("SELECT DISTINCT numero FROM observations").await, [["C2"]]);
    assert_eq!(lake.rows("SELECT numero FROM spells").await, [["C2"]]);
    assert_eq!(lake.identifying_rows("SELECT prenoms FROM identities").await, [["BERNADETTE"]]);

    // The purge takes the past versions too; then nothing is left but a keyed hash.
    purge::run(&lake.home, day("2027-06-01"), false).await.expect("a purge");
    assert_nowhere(&lake.home.config.data, &[&nir, &person, &WHO.to_uppercase()]);
    let mut listed = Vec::new();
    opposition::list(&lake.home, &mut listed).await.expect("a listing");
    let listed = String::from_utf8(listed).expect("text");
    assert_eq!(listed.lines().count(), 1);
    assert!(listed.ends_with("\t2025-06-01\n") && !listed.contains(&nir) && !listed.contains(&person), "{listed}");

    let struck = opposition::remove(&lake.home, &mut nir.as_bytes(), &mut Vec::new()).await.expect("a command");
    assert_eq!(struck, std::process::ExitCode::SUCCESS);
    ingest(&lake, &[&both.replace("2024-01..2024-03 E", "2024-05 E")]).await;
    assert_eq!(lake.rows("SELECT numero FROM spells ORDER BY numero").await, [["C1"], ["C2"]], "declared again, counted again");
}

/// Figures stand still for a quarter: the version that answers read keeps rows under a pseudonym that nothing makes any more. The next one holds nothing of the person.
#[tokio::test(flavor = "multi_thread")]
async fn who_objects_leaves_the_figures_with_the_next_vintage() {
    let lake = Lake::new().await;
    let nir = nir_of(WHO);
    ingest(&lake, &["2024-01..2024-03 E | marguerite C1 2024-01-15 01 ; bernadette C2 2024-01-15 01"]).await;
    matched(&lake, "before", &list_of(&nir)).await;
    let frozen = vintage::current(&lake.home).await.expect("a vintage");
    let person = lake.home.pseudonymiser.of_nir(nir.as_bytes()).expect("nobody objects yet").to_string();
    let panel = lake.home.config.data.join("lake/statistical/panel");
    assert!(!holding(&panel, &person).is_empty(), "the search finds the person");
    assert!(oppose(&lake, &format!("{nir}\n")).await);
    let today = apres::home::today();
    purge::run(&lake.home, today, false).await.expect("a purge");
    assert_eq!(lake.rows("SELECT numero FROM spells").await, [["C2"]], "a purge brings the careers up to date");
    assert!(!visit(&lake).await.contains("behind"));
    assert_nowhere(&lake.home.config.data.join("lake/identifying"), &[&nir, &person, &WHO.to_uppercase()]);
    assert_eq!(vintage::current(&lake.home).await.expect("a vintage"), frozen);
    assert_eq!(lake.home.pseudonymiser.of_nir(nir.as_bytes()), None, "nothing leads to the rows any more");

    purge::run(&lake.home, today + chrono::Months::new(3), false).await.expect("a purge of the next quarter");
    assert!(vintage::current(&lake.home).await.expect("a vintage").lake_version > frozen.lake_version);
    assert_nowhere(&lake.home.config.data, &[&nir, &person, &WHO.to_uppercase()]);
}

/// The birth of these people is known to the year only: nobody is found by an identity that is not whole.
#[tokio::test(flavor = "multi_thread")]
async fn an_opposition_by_identity_needs_one_person() {
    let lake = Lake::new().await;
    ingest(&lake, &["2024-01 E | marguerite C1 2024-01-15 01"]).await;
    assert!(!oppose(&lake, "INCONNUE;MARGUERITE;1990-01-01\n").await);
    assert!(!oppose(&lake, "ni un NIR ni une personne\n").await);
    assert!(!oppose(&lake, "").await);
    assert_eq!(lake.identifying_rows("SELECT * FROM oppositions").await.len(), 0);

    let synthetic = tempfile::tempdir().expect("a temporary folder");
    generate(&Plan::ending_2025(100, 3, 4), synthetic.path(), &mut |_, _| {}).expect("a synthetic territory");
    lake.ingest(&[synthetic.path().join("dsn")]).await;
    let whole = "SELECT nir, nom_famille, prenoms, date_naissance, person FROM identities \
                 WHERE nir IS NOT NULL AND date_naissance NOT LIKE '%-00%' ORDER BY nir LIMIT 1";
    let who = lake.identifying_rows(whole).await[0].clone();
    assert!(oppose(&lake, &format!("{};{};{}\n", who[1], who[2], who[3])).await);
    assert_eq!(lake.identifying_rows(&format!("SELECT * FROM identities WHERE nir = '{}'", who[0])).await.len(), 0);
    assert!(lake.home.opposed.has_nir(who[0].as_bytes()));
    assert_eq!(lake.home.pseudonymiser.of_nir(who[0].as_bytes()), None);
}

/// A person who was declared under a temporary number is withdrawn under both.
#[tokio::test(flavor = "multi_thread")]
async fn who_objects_is_gone_under_every_number() {
    let lake = Lake::new().await;
    let texts = [
        "2024-01..2024-02 E | ntt:marguerite C1 2024-01-15 01 ; bernadette C2 2024-01-15 01",
        "2024-03 E | marguerite+ntt C1 2024-01-15 01 ; bernadette C2 2024-01-15 01",
    ];
    ingest(&lake, &texts).await;
    assert_eq!(lake.rows("SELECT DISTINCT numero FROM observations ORDER BY numero").await, [["C1"], ["C2"]]);
    assert!(oppose(&lake, &nir_of(WHO)).await);
    assert_eq!(lake.rows("SELECT DISTINCT numero FROM observations").await, [["C2"]]);
    ingest(&lake, &texts).await;
    assert_eq!(lake.rows("SELECT numero FROM spells").await, [["C2"]]);
    assert_eq!(lake.rows("SELECT * FROM aliases").await.len() + lake.rows("SELECT * FROM known_as").await.len(), 0);
    ingest(&lake, &[&texts[0].replace("2024-01..2024-02 E", "2024-04 E")]).await;
    assert_eq!(lake.rows("SELECT DISTINCT numero FROM observations").await, [["C2"]], "the temporary number is opposed too");
}

/// A wrong NIR that stood once beside their temporary number is somebody else's, who does not object; the temporary number is theirs even when it is said no more.
#[tokio::test(flavor = "multi_thread")]
async fn who_objects_takes_nobody_else_out() {
    let lake = Lake::new().await;
    let texts = [
        "2024-01 E | ntt:marguerite C1 2024-01-15 01
         2024-02 E | bernadette+ntt:marguerite C1 2024-01-15 01",
        "2024-02 E type=03 ordre=2 | marguerite+ntt C1 2024-01-15 01
         2024-02 F | bernadette C2 2024-01-15 01",
        "2024-02 E type=03 ordre=3 | marguerite C1 2024-01-15 01",
    ];
    ingest(&lake, &texts).await;
    assert!(oppose(&lake, &nir_of(WHO)).await);
    // A second build looks again for who objects.
    for _ in 0..2 {
        commands::spells(&lake.home, None, &mut Vec::new()).await.expect("a build");
        assert_eq!(lake.rows("SELECT numero FROM spells").await, [["C2"]]);
    }
    assert_eq!(lake.rows("SELECT DISTINCT numero FROM observations WHERE siret LIKE '%69%' AND month = DATE '2024-01-01'").await.len(), 0);
    ingest(&lake, &["2024-03 E | ntt:marguerite C1 2024-01-15 01 ; bernadette C2B 2024-03-01 01"]).await;
    assert_eq!(lake.rows("SELECT numero FROM spells ORDER BY numero").await, [["C2"], ["C2B"]]);
}

/// Killed after it was recorded, an opposition is told by the doctor, and the next ingest withdraws.
#[tokio::test(flavor = "multi_thread")]
async fn an_opposition_that_was_interrupted_is_finished() {
    let lake = Lake::new().await;
    let both = "2024-01 E | marguerite C1 2024-01-15 01 ; bernadette C2 2024-01-15 01";
    ingest(&lake, &[both]).await;
    let opposed = [lake.home.opposed.of_nir(nir_of(WHO).as_bytes())];
    record(&lake.home.identifying, &lake.home.opposed, &opposed, day("2025-06-01")).await.expect("an opposition");
    assert!(visit(&lake).await.contains("ACT   1 people object and are still in the lake"));
    ingest(&lake, &[both]).await;
    assert_eq!(lake.rows("SELECT numero FROM spells").await, [["C2"]]);
    assert!(!visit(&lake).await.contains("object and are"));
}

/// What the doctor says.
async fn visit(lake: &Lake) -> String {
    let mut told = Vec::new();
    doctor::run(&lake.home, &mut told).await.expect("a visit");
    String::from_utf8(told).expect("text")
}

/// The pseudonym's key turns under the oppositions, which stay.
#[tokio::test(flavor = "multi_thread")]
async fn oppositions_outlive_a_rotation() {
    let mut lake = Lake::new().await;
    ingest(&lake, &["2024-01 E | marguerite C1 2024-01-15 01 ; bernadette C2 2024-01-15 01"]).await;
    assert!(oppose(&lake, &nir_of(WHO)).await);
    rotation::rotate(&lake.home, Purpose::Pseudonym, &mut Vec::new()).await.expect("a rotation");
    with_new_home(&mut lake).await;
    ingest(&lake, &["2024-02 E | marguerite C1 2024-01-15 01 ; bernadette C2 2024-01-15 01"]).await;
    assert_eq!(lake.rows("SELECT numero FROM spells").await, [["C2"]]);
    for purpose in [Purpose::Opposition, Purpose::Disclosure] {
        let refused = rotation::rotate(&lake.home, purpose, &mut Vec::new()).await.expect("a command");
        assert_ne!(refused, std::process::ExitCode::SUCCESS);
    }
}

/// The keys are five, each its own, for their owner only; the key of an earlier installation goes on making pseudonyms.
#[tokio::test(flavor = "multi_thread")]
async fn each_purpose_has_its_key() {
    let lake = Lake::new().await;
    let files = lake.home.keys.files().expect("the folder");
    assert_eq!(
        files.iter().map(|file| (file.purpose.word(), file.version)).collect::<Vec<_>>(),
        [("zone", 1), ("pseudonym", 1), ("opposition", 1), ("disclosure", 1), ("memory", 1)]
    );
    assert!(files.iter().all(|file| file.is_private));
    let mut contents: Vec<String> = files.iter().map(|file| std::fs::read_to_string(&file.path).expect("a key")).collect();
    contents.sort();
    contents.dedup();
    assert_eq!(contents.len(), 5, "no key serves two purposes");
    let mut told = Vec::new();
    rotation::list(&lake.home, &mut told).expect("a listing");
    assert!(contents.iter().all(|key| !String::from_utf8_lossy(&told).contains(key)), "no key is printed");

    // A lake is never given another key than the one it was made with; the noise of figures makes nothing in it.
    for file in files.iter().filter(|file| file.purpose != Purpose::Disclosure) {
        let aside = file.path.with_extension("aside");
        std::fs::rename(&file.path, &aside).expect("a lost key");
        let told = reopened(&lake.home.config.data).await.err().expect("the key is gone").to_string();
        // Lakes that are older than the memory get its key; one whose ledger remembers does not.
        let expected = match file.purpose {
            Purpose::Memory => "the memory key that this ledger was written with".to_owned(),
            purpose => format!("the {} key of this lake is not in", purpose.word()),
        };
        assert!(told.contains(&expected), "{told}");
        assert!(!file.path.exists());
        std::fs::rename(&aside, &file.path).expect("the key again");
    }

    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir_all(folder.path().join("keys")).expect("a folder");
    std::fs::write(folder.path().join("keys/identifying.key"), &contents[0]).expect("an earlier key");
    reopened(folder.path()).await.expect("an installation");
    assert_eq!(std::fs::read_to_string(folder.path().join("keys/pseudonym.1.key")).expect("a key"), contents[0]);
}

/// An installation is moved, or brought back from its copy, with its keys.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_zone_opens_at_another_place() {
    let lake = Lake::new().await;
    ingest(&lake, &[&format!("2024-01 E | {WHO} C1 2024-01-15 01")]).await;
    let data = lake.home.config.data.clone();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let from = data.join("lake/identifying");
    for path in files(&from) {
        let to = elsewhere.path().join("identifying").join(path.strip_prefix(&from).expect("a file of the zone"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::copy(&path, &to).expect("a copy");
    }
    let keys = lake.home.keys.ring(Purpose::Zone).expect("the key");
    let moved = Identifying::open(elsewhere.path(), keys).await.expect("the zone");
    assert_eq!(rows(&moved.context().await.expect("a query context"), "SELECT prenoms FROM identities").await, [[WHO.to_uppercase()]]);
}
