//! The second source: a relational base of the same people gives the same careers as their declarations.
//!
//! A real PostgreSQL is started, the synthetic base is loaded by the script that comes with it, and both sources are read into two lakes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use apres::dadeh;
use apres::ingest::IngestReport;
use apres::progress::Progress;
use apres_synth::{Plan, Shares, generate};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::lake::Lake;
use crate::postgres::Server;

/// Tables of the statistical zone that both sources must give alike, with what tells their rows apart.
const SAME: [(&str, &str); 4] = [
    ("spells", "person, siret, numero, date_debut"),
    ("months", "person, siret, numero, date_debut, month"),
    ("exits", "person, programme, date_sortie, siret"),
    ("panel", "person, programme, exit_date, siret, horizon"),
];

/// Differences shown.
const SHOWN_MAX: usize = 10;

fn synthetic(people: u32, months: u32, seed: u64) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shares = Shares { iae: 0.5, pec: 0.1, apprentissage: 0.1 };
    let plan = Plan { shares, has_dadeh: true, ..Plan::ending_2025(people, months, seed) };
    generate(&plan, folder.path(), &mut |_, _| {}).expect("a synthetic territory");
    folder
}

/// A server with the synthetic base loaded, and its address; nothing where the tests are told to do without.
fn loaded(folder: &Path) -> Option<(Server, String)> {
    let server = Server::wanted()?;
    let address = server.create_database("dadeh");
    let script = folder.join("dadeh").join("load.sql");
    let loading = Command::new("psql")
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-f"])
        .arg(script)
        .arg(&address)
        .current_dir(folder.join("dadeh"))
        .output()
        .expect("psql runs");
    assert!(loading.status.success(), "{}", String::from_utf8_lossy(&loading.stderr));
    Some((server, address))
}

async fn ingest(lake: &Lake, address: &str) -> IngestReport {
    dadeh::run(&lake.home, address, &Progress::hidden()).await.expect("an ingest of the base")
}

/// Changes the base as its owner would.
async fn change(address: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(address).await.expect("a connection");
    let done = sqlx::query(sql).execute(&mut connection).await.expect("a change of the base");
    assert!(done.rows_affected() > 0, "nothing was changed by {sql}");
    connection.close().await.expect("an end");
}

async fn rows(lake: &Lake, table: &str, order: &str) -> Vec<Vec<String>> {
    // Block 85, which gives the commune of the place of work, is not in the relational view (docs/guide/dadeh.md).
    let columns = if table == "spells" { "* EXCLUDE (commune)" } else { "*" };
    lake.rows(&format!("SELECT {columns} FROM {table} ORDER BY {order}")).await
}

fn compare(table: &str, found: &[Vec<String>], expected: &[Vec<String>]) {
    assert!(!expected.is_empty(), "{table}: nothing is expected");
    let mut counts: BTreeMap<&Vec<String>, i32> = BTreeMap::new();
    for row in found {
        *counts.entry(row).or_default() += 1;
    }
    for row in expected {
        *counts.entry(row).or_default() -= 1;
    }
    let different: Vec<String> = counts.iter().filter(|(_, count)| **count != 0).map(|(row, count)| format!("{count:+} {row:?}")).collect();
    let shown = different.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join("\n");
    assert!(different.is_empty(), "{table}: {} rows differ (+ found, - expected)\n{shown}", different.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sources_give_the_same_careers() {
    let folder = synthetic(1500, 36, 61);
    let Some((_server, address)) = loaded(folder.path()) else { return };
    let from_files = Lake::new().await;
    let read = from_files.ingest(&[folder.path().join("dsn")]).await;
    assert_eq!(read.sends_refused, 0, "{:?}", read.remark_counts);
    let from_base = Lake::like(&from_files).await;
    let report = ingest(&from_base, &address).await;
    assert!(report.remark_counts.is_empty(), "{:?}", report.remark_counts);
    assert!(report.added.observations > 10_000, "{:?}", report.added);
    for (table, order) in SAME {
        compare(table, &rows(&from_base, table, order).await, &rows(&from_files, table, order).await);
    }
    let versions = from_base.versions().await;
    let again = ingest(&from_base, &address).await;
    assert_eq!((again.added.declarations, again.added.observations, again.added.identities), (0, 0, 0));
    assert_eq!(again.already_known, report.added.declarations);
    assert_eq!(versions, from_base.versions().await, "a second reading of the same base changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_state_of_the_base_stands_even_when_it_goes_back() {
    let folder = synthetic(300, 12, 62);
    let Some((_server, address)) = loaded(folder.path()) else { return };
    let lake = Lake::new().await;
    ingest(&lake, &address).await;
    let spells = || rows(&lake, "spells", "person, siret, numero, date_debut");
    let before = spells().await;
    let ended = "SELECT count(*) FROM spells WHERE motif_fin = '059' AND date_fin = DATE '2025-12-24'";
    assert_eq!(lake.rows(ended).await[0][0], "0");

    // Neither change moves the day of latest information: only the order of the readings tells them apart.
    change(
        &address,
        "UPDATE dadeh.ddadtcontrat SET date_fin_contrat = '2025-12-24', motif_rupture = '059' WHERE id = (SELECT min(id) FROM dadeh.ddadtcontrat \
         WHERE date_fin_contrat = '2999-12-31' AND mois_declaration = '2025-12-01' AND date_debut_contrat < '2025-12-01')",
    )
    .await;
    let report = ingest(&lake, &address).await;
    assert_eq!(report.added.declarations, 1, "one month of one establishment has changed");
    assert_eq!(lake.rows(ended).await[0][0], "1");

    change(
        &address,
        "UPDATE dadeh.ddadtcontrat SET date_fin_contrat = '2999-12-31', motif_rupture = NULL WHERE date_fin_contrat = '2025-12-24' AND motif_rupture = '059'",
    )
    .await;
    ingest(&lake, &address).await;
    compare("spells", &spells().await, &before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_placed_is_counted() {
    let folder = synthetic(300, 12, 63);
    let Some((_server, address)) = loaded(folder.path()) else { return };
    change(
        &address,
        "UPDATE dadeh.ddadtemployeur SET siret = md5(siret) WHERE id = (SELECT min(id_employeur) FROM dadeh.ddadtemployeur_assure)",
    )
    .await;
    change(
        &address,
        "UPDATE dadeh.ddadtassure SET num_immatriculation = '' WHERE id = (SELECT max(id_assure) FROM dadeh.ddadtemployeur_assure)",
    )
    .await;
    change(&address, "UPDATE dadeh.ddadtrem_brute_ss SET numero_contrat = NULL WHERE id = (SELECT min(id) FROM dadeh.ddadtrem_brute_ss)")
        .await;
    let lake = Lake::new().await;
    let report = ingest(&lake, &address).await;
    let counts: BTreeMap<&str, u64> = report.remark_counts.iter().map(|remark| (remark.code.as_str(), remark.count)).collect();
    assert!(counts["dadeh_without_siret"] > 0 && counts["dadeh_without_identity"] > 0, "{counts:?}");
    assert_eq!(counts["dadeh_pay_without_contract"], 1);
    assert!(report.added.observations > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_never_repeated() {
    let lake = Lake::new().await;
    for address in ["postgres://apres:s3cret@localhost:1/dadeh", "sqlite://s3cret"] {
        let fault = dadeh::run(&lake.home, address, &Progress::hidden()).await.expect_err("no such base");
        assert!(!format!("{fault:#} {fault:?}").contains("s3cret"));
    }
}
