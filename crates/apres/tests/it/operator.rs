//! What an operator meets: setting up accounts, damaged archives, erasures that cross a matching, a demonstration that is not an installation.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use apres::{lists, quality};
use apres_ingest::list::{check, guess, read};
use apres_ledger::{ListConfirmation, ListReading, ListSlot, ListState, NewJob, NewList, Registration};
use apres_serve::desk::SearchStep;
use chrono::NaiveDate;
use tempfile::TempDir;

use crate::contract_life::send;
use crate::lake::Lake;

fn apres(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_apres"))
        .arg("--data")
        .arg(data)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("its stdin").write_all(input.as_bytes()).expect("its input");
    child.wait_with_output().expect("the program ends")
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_operator_sets_up_who_may_sign_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str], input: &str| said(&apres(folder.path(), arguments, input));
    let account = ["account", "add", "Ana@Exemple.fr", "--name", "Ana", "--organisation", "cd-59"];
    let (code, _, talk) = run(&account, "une longue phrase\n");
    assert_eq!(code, Some(2));
    assert!(talk.contains("apres organisation save"), "{talk}");
    let (code, out, _) = run(&["organisation", "save", "cd-59", "--name", "Nord", "--kind", "financeur", "--departement", "59"], "");
    assert_eq!((code, out.as_str()), (Some(0), "cd-59\n"));
    let (code, _, talk) = run(&["organisation", "save", "x", "--name", "X", "--kind", "structure", "--siret", "123"], "");
    assert_eq!(code, Some(2));
    assert!(talk.contains("fourteen digits"), "{talk}");
    let (code, _, talk) = run(&account, "court\n");
    assert_eq!(code, Some(2));
    assert!(talk.contains("12 characters") && !talk.contains("court\n"), "{talk}");
    let (code, out, talk) = run(&account, "une longue phrase\n");
    assert_eq!((code, out.as_str()), (Some(0), "ana@exemple.fr\tfinanceur\n"), "{talk}");
    assert!(!talk.contains("une longue phrase"));
    assert_eq!(run(&account, "une longue phrase\n").0, Some(2), "the address has an account already");
    assert_eq!(run(&["account", "password", "ana@exemple.fr"], "une autre longue phrase\n").0, Some(0));
    assert_eq!(run(&["account", "disable", "ana@exemple.fr"], "").0, Some(0));
    assert!(run(&["account", "list"], "").1.ends_with("\tdisabled\n"));
    assert_eq!(run(&["account", "enable", "ana@exemple.fr"], "").0, Some(0));
    assert!(run(&["account", "list"], "").1.ends_with("\tactive\n"));
    assert_eq!(run(&["job", "retry", "nothing"], "").0, Some(2));
}

#[test]
fn a_demonstration_is_not_served_as_an_installation_nor_made_in_one() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("demo-begun"), b"").expect("a mark");
    let (code, _, talk) = said(&apres(folder.path(), &["serve", "--listen", "127.0.0.1:0"], ""));
    assert_eq!(code, Some(2));
    assert!(talk.contains("apres demo"), "{talk}");
    let folder = tempfile::tempdir().expect("a folder");
    let save = ["organisation", "save", "op", "--name", "Op", "--kind", "operateur"];
    assert_eq!(said(&apres(folder.path(), &save, "")).0, Some(0));
    let add = ["account", "add", "op@exemple.fr", "--name", "Op", "--organisation", "op"];
    assert_eq!(said(&apres(folder.path(), &add, "une longue phrase\n")).0, Some(0));
    let (code, _, talk) = said(&apres(folder.path(), &["demo", "--listen", "127.0.0.1:0"], ""));
    assert_eq!(code, Some(2));
    assert!(talk.contains("--data"), "{talk}");
}

/// A folder of synthetic files.
fn territory() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = apres_synth::Plan { territory_people: 300, ..apres_synth::Plan::ending_2025(300, 3, 5) };
    apres_synth::generate(&plan, folder.path(), &mut |_, _| {}).expect("a territory");
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_archive_is_said_and_the_rest_is_read() {
    let folder = territory();
    let good = Lake::new().await;
    let whole = good.ingest(&[folder.path().join("dsn")]).await;
    let damaged = folder.path().join("dsn").join("abime.zip");
    std::fs::write(&damaged, b"PK\x03\x04 this is no archive").expect("a file");
    std::fs::write(folder.path().join("dsn").join("abime.gz"), [0x1f, 0x8b, 8, 0, 1, 2, 3]).expect("a file");
    let lake = Lake::like(&good).await;
    let report = lake.ingest(&[folder.path().join("dsn")]).await;
    assert_eq!(report.unreadable.len(), 2, "{:?}", report.unreadable);
    assert_eq!((report.files, report.added.declarations), (whole.files, whole.added.declarations));
    assert!(whole.unreadable.is_empty() && whole.added.declarations > 0);
}

/// One member is damaged: the others are read, and the ingest is told to be incomplete wherever it is told of.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_member_stands_in_nobodys_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lot.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).expect("an archive"));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (place, who) in ["ana", "bob", "cleo", "dan"].iter().enumerate() {
        archive.start_file(format!("{place}.dsn"), stored).expect("a member");
        archive.write_all(send(&format!("2024-01 E{place} | {who} C{place} 2024-01-02 01")).as_bytes()).expect("its bytes");
    }
    archive.finish().expect("the archive's end");
    let mut bytes = std::fs::read(&path).expect("the archive");
    let damage = memchr::memmem::find(&bytes, b"'BOB'").expect("a name");
    bytes[damage + 1] = b'X';
    std::fs::write(&path, bytes).expect("a damaged archive");

    let lake = Lake::new().await;
    let report = lake.ingest(&[path]).await;
    assert_eq!((report.files, report.unreadable.len()), (3, 1), "{:?}", report.unreadable);
    assert!(report.unreadable[0].reason.contains("lot.zip/1.dsn"), "{:?}", report.unreadable);
    assert_eq!(lake.rows("SELECT numero FROM spells ORDER BY numero").await, [["C0"], ["C2"], ["C3"]]);
    let mut text = Vec::new();
    quality::print(&quality::gather(&lake.home, None).await.expect("facts"), &mut text).expect("text");
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.contains("incomplete: reading") && text.contains("lot.zip/1.dsn"), "{text}");
    let ingest = &lake.home.ledger.ingests(1).await.expect("the ledger")[0];
    let detail = quality::detail(ingest, &lake.home.config.settings.policy);
    assert!(detail.problem.is_some_and(|problem| problem.contains("lot.zip/1.dsn")), "the page says it too");
}

/// A pipe in a folder is not waited for.
#[test]
fn what_is_no_file_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.dsn"), send("2024-01 E | ana C1 2024-01-02 01")).expect("a file");
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe.dsn")).status().expect("mkfifo").success());
    let data = folder.path().join("data");
    let (_, out, talk) = said(&apres(&data, &["ingest", "--check", "--json", folder.path().to_str().expect("a path")], ""));
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["files"].as_array().map(Vec::len), Some(1), "{talk}");
}

/// A list under way, and its people as checked.
async fn list_under_way(lake: &Lake) -> apres_ingest::list::Checked {
    let text = "Nom;Prénom;Né(e) le;Date de sortie\nMartin;Paul;01/02/1990;31/03/2024\n";
    let sheet = read(text.as_bytes(), "liste.csv").expect("a list");
    let list = NewList {
        id: "liste".into(),
        organisation: "op".into(),
        deposited_by: String::new(),
        name: "liste.csv".into(),
        retention_until: 9_999_999_999,
    };
    let organisation = apres_ledger::Organisation {
        id: "op".into(),
        name: "Op".into(),
        kind: apres_ledger::OrganisationKind::Operateur,
        sirets: vec![],
        departements: vec![],
    };
    lake.home.ledger.save_organisation(&organisation).await.expect("an organisation");
    lake.home.ledger.create_list(&list, 1).await.expect("a list");
    lake.home.ledger.save_list_reading("liste", &ListReading::default()).await.expect("its reading");
    let said = ListConfirmation { purpose: "suivi".into(), legal_basis: "mission".into() };
    let search = NewJob { id: "match-liste".into(), kind: "match_list".into(), subject: "liste".into() };
    let slot = ListSlot { programme: "iae".into(), first_quarter: "2024T1".into(), last_quarter: "2024T4".into() };
    let confirmed = lake.home.ledger.confirm_list("liste", &said, &slot, &search, 2).await.expect("its confirmation");
    assert_eq!(confirmed, Registration::Registered);
    check(&sheet, &guess(&sheet), NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_crosses_a_matching_leaves_nothing() {
    let lake = Lake::new().await;
    let checked = list_under_way(&lake).await;
    // The erasure comes first, the matching writes after it.
    lists::erase_for_good(&lake.home, "liste", "receipt").await.expect("an erasure");
    let told = Mutex::new(Vec::new());
    lists::match_people(&lake.home, "liste", &checked, &|step| told.lock().expect("no panic").push(step)).await.expect("a matching");
    let told = told.into_inner().expect("no panic");
    assert_eq!(told.first(), Some(&SearchStep::Searching(0)), "{told:?}");
    assert_eq!(told[told.len() - 2..], [SearchStep::Placing, SearchStep::Comparing], "how far it is, is told");
    assert_eq!(lake.identifying_rows("SELECT list FROM participants").await.len(), 1);
    assert_eq!(lists::sweep(&lake.home).await.expect("a sweep"), 1);
    assert_eq!(lake.identifying_rows("SELECT list FROM participants").await, Vec::<Vec<String>>::new());
    assert_eq!(lake.rows("SELECT source FROM panel").await, Vec::<Vec<String>>::new());
    let participants = lake.home.config.data.join("lake/identifying/participants/list=liste");
    assert!(!participants.exists(), "the files of an erased list are gone");
    assert_eq!(lists::sweep(&lake.home).await.expect("a sweep"), 0);
    let state = lake.home.ledger.list("liste").await.expect("the ledger").expect("the list").state;
    assert_eq!(state, ListState::Erased);
}
