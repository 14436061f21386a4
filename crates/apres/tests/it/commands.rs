//! Every command as a user runs it: data on stdout, talk on stderr, 0 when done, 1 when the rules say no, 2 when something broke.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::{AnyConnection, Connection as _, Row as _};
use tempfile::TempDir;

use crate::program::{LIST_GROUNDS, ORGANISATION, Program, Said, argument, files, synth};

/// A synthetic territory, and an installation that has read it.
struct Prepared {
    folder: TempDir,
    program: Program,
}

impl Prepared {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        synth(&folder.path().join("synth"), 600, 24).ended(0);
        let program = Program::on(folder.path().join("data"));
        let said = program.run(&["ingest", argument(&folder.path().join("synth/dsn"))]);
        assert!(said.talk.contains("done reading") && said.talk.contains("done careers"), "{}", said.talk);
        assert!(said.ended(0).starts_with("files "));
        Self { program, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("synth").join(name)
    }

    /// A file of this content beside the territory.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path
    }
}

#[track_caller]
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|fault| panic!("{fault} in: {text}"))
}

/// Ended with this code, with nothing on stdout and these words on stderr.
#[track_caller]
fn says(said: Said, code: i32, words: &[&str]) {
    for word in words {
        assert!(said.talk.contains(word), "'{word}' is not said: {}", said.talk);
    }
    assert_eq!(said.ended(code), "", "what is not data is no matter of stdout");
}

/// The sum of one count over the natures of declarations of a report.
fn declarations(report: &Value, count: &str) -> u64 {
    report["declarations"].as_object().expect("natures").values().map(|nature| nature[count].as_u64().expect("a count")).sum()
}

#[test]
fn files_are_made_and_read_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = synth(&folder.path().join("synth"), 300, 6);
    says(synth(&folder.path().join("synth"), 300, 6), 2, &["holds a territory already", "--out"]);
    assert!(said.talk.contains("done territory"), "{}", said.talk);
    let made = json(&said.ended(0));
    let dsn = folder.path().join("synth/dsn");
    assert_eq!((made["people"].as_u64(), made["files"].as_u64()), (Some(300), Some(files(&dsn).len() as u64)));

    let program = Program::on(folder.path().join("data"));
    let first = json(&program.run(&["ingest", "--json", argument(&dsn)]).ended(0));
    assert_eq!((&first["files"], &first["bytes"]), (&made["files"], &made["bytes"]), "every file, to the last byte");
    let accepted = declarations(&first, "accepted");
    assert_eq!((first["added"]["declarations"].as_u64(), declarations(&first, "refused")), (Some(accepted), 0));
    assert!(accepted > 0 && first["individus"].as_u64() > Some(0) && first["built"]["spells"].as_u64() > Some(0), "{first}");

    let again = json(&program.run(&["ingest", "--json", argument(&dsn)]).ended(0));
    assert_eq!((again["added"]["declarations"].as_u64(), again["added"]["observations"].as_u64()), (Some(0), Some(0)));
    assert_eq!((again["already_known"].as_u64(), &again["built"]), (Some(accepted), &Value::Null));
    let text = program.run(&["ingest", argument(&dsn)]).ended(0);
    assert!(text.contains(&format!("{accepted} already known)")) && text.contains("added                       0 "), "{text}");

    let spells = program.run(&["spells"]).ended(0);
    let built = |name: &str| first["built"][name].as_u64().expect("a count");
    assert!(spells.starts_with(&format!("{} contracts, {} exits ", built("spells"), built("exits"))), "{spells}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let prepared = Prepared::new();
    let program = &prepared.program;
    let missing = prepared.path("nowhere");
    says(program.run(&["ingest", argument(&missing)]), 2, &["nowhere", "check that the path exists"]);

    let note = prepared.file("note.txt", "Bonjour\n");
    let text = program.run(&["ingest", argument(&note)]).ended(1);
    assert!(text.contains("(1 not DSN") && text.contains("note.txt"), "{text}");

    // One declaration too many in the totals: the send is refused whole, which is an answer and not a fault.
    let sends = fs::read(&files(&prepared.path("dsn"))[0]).expect("a file of sends");
    let text: String = sends.iter().map(|byte| char::from(*byte)).collect();
    let start = text.find("S10.G00.00.001").expect("a send");
    let end = start + text[start..].find("S90.G00.90.002,'").expect("the send's totals");
    let wrong = prepared.file("wrong.dsn", format!("{}S90.G00.90.002,'999'\r\n", &text[start..end]));
    let refused = json(&program.run(&["ingest", "--json", argument(&wrong)]).ended(1));
    assert_eq!(
        (refused["sends"].as_u64(), refused["sends_refused"].as_u64(), refused["added"]["declarations"].as_u64()),
        (Some(0), Some(1), Some(0))
    );
    let blocking = refused["remark_counts"].as_array().expect("remarks").iter().any(|remark| remark["blocking"] == true);
    let line = refused["remarks"].as_array().expect("remarks").iter().all(|remark| remark["line"].as_u64() > Some(0));
    assert!(blocking && line, "{refused}");
    let text = program.run(&["ingest", argument(&wrong)]).ended(1);
    assert!(text.contains("(1 refused,") && text.contains("refusing"), "{text}");

    says(program.run(&["ingest"]), 2, &["Usage"]);
    says(program.run(&["nothing"]), 2, &["Usage"]);
}

const QUESTION: &str = r#"
indicators = ["A-02", "B-01"]
population = { programme = "iae" }
period = { from = "2024T1", to = "2025T4" }
scope = "national"
"#;

#[test]
fn a_question_is_answered_in_each_form() {
    let prepared = Prepared::new();
    let program = &prepared.program;
    let question = prepared.file("question.toml", QUESTION);
    let release = json(&program.run(&["ask", argument(&question)]).ended(0));
    assert!(release["population"].as_u64() >= Some(20), "{release}");
    let last_month = release["last_month"].as_u64();
    assert_eq!(last_month, Some(2025 * 12 + 11));
    let cells = release["cells"].as_array().expect("cells");
    let leavers = cells.iter().find(|cell| cell["indicator"] == "A-02").expect("the leavers");
    assert_eq!(leavers["figure"]["value"], release["population"]);

    assert_eq!(json(&program.run(&["ask", "--json", argument(&question)]).ended(0)), release, "the same question has the same answer");
    let as_json =
        r#"{"indicators":["B-01","A-02"],"population":{"programme":"iae"},"period":{"from":"2024T1","to":"2025T4"},"scope":"national"}"#;
    assert_eq!(json(&program.run_with(&["ask", "-"], as_json).ended(0)), release, "however it is written");

    let csv = program.run(&["ask", "--csv", argument(&question)]).ended(0);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("indicator;horizon;group;category;figure;value;denominator;low;high;provisional"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(';').collect()).collect();
    assert_eq!(rows.len(), cells.len());
    assert!(rows.iter().all(|row| row.len() == 10), "{csv}");
    assert_eq!(rows[0][..6], ["A-02", "0", "", "", "count", &release["population"].to_string()]);
    assert!(
        rows.iter().any(|row| row[4] == "hidden:not_observable_yet" && row[5].is_empty()),
        "a hidden figure is written as hidden: {csv}"
    );
}

#[test]
fn a_question_that_cannot_be_answered_says_why() {
    let prepared = Prepared::new();
    let program = &prepared.program;
    let ask = |text: &str| program.run_with(&["ask", "-"], text);
    says(ask("indicators = ["), 2, &["TOML", "line 1"]);
    says(ask("{\"indicators\": 3}"), 2, &["JSON", "line 1"]);
    says(ask(&QUESTION.replace("2024T1", "2024-Q1")), 2, &["a quarter is written like 2024T3"]);
    says(ask(&format!("{QUESTION}sexe = \"F\"")), 2, &["unknown field `sexe`", "filters"]);
    says(ask(&QUESTION.replace("scope = \"national\"", "")), 2, &["missing field `scope`"]);
    says(program.run(&["ask", argument(&prepared.path("nowhere.toml"))]), 2, &["nowhere.toml"]);
    says(program.run(&["ask", "--csv", "--json", "-"]), 2, &["cannot be used with"]);

    // Refusals are data: a code, and what may be asked instead.
    let few = format!(
        "{}\nfilters = [{{ dimension = \"sex\", values = [\"F\"] }}, {{ dimension = \"age_band\", values = [\"50_plus\"] }}]",
        QUESTION.replace("2025T4", "2024T1")
    );
    let refusal = json(&ask(&few).ended(1));
    assert_eq!(refusal["code"], "cohort_too_small");
    let wider = refusal["try_instead"].as_array().expect("questions").first().expect("a question to try instead").to_string();
    assert_ne!(ask(&wider).code, Some(2), "what is offered is a question");
    assert_eq!(json(&ask(&QUESTION.replace("B-01", "B-99")).ended(1))["code"], "unknown_question");
    assert_eq!(
        json(&ask(&QUESTION.replace("2024T1", "2026T1")).ended(1))["code"],
        "unknown_question",
        "a period that ends before it starts"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_explained_and_an_altered_one_is_seen() {
    let prepared = Prepared::new();
    let program = &prepared.program;
    let ask = |text: &str| json(&program.run_with(&["ask", "-"], text).ended(0));
    let id_of = |release: &Value| release["digest"].as_str().expect("a digest")[..16].to_owned();
    let (first, second) = (ask(QUESTION), ask(&QUESTION.replace("2025T4", "2024T4")));
    let (id, other) = (id_of(&first), id_of(&second));
    let explained = json(&program.run(&["explain", &id]).ended(0));
    assert_eq!((&explained["is_same"], &explained["release"]), (&Value::Bool(true), &Value::String(id.clone())));
    assert_eq!((&explained["lake_version"], &explained["request"]), (&first["lake_version"], &first["request"]));
    let whole = first["digest"].as_str().expect("a digest");
    assert_eq!(json(&program.run(&["explain", whole]).ended(0)), explained, "as exports write it");
    assert!(explained["counted"].as_array().is_some_and(|counted| counted.len() == 2), "who is counted is told: {explained}");

    // The lake grows by a version: the past answer stays what it was, and the next one waits for the next vintage.
    program.run(&["spells"]).ended(0);
    assert_eq!(json(&program.run(&["explain", &id]).ended(0))["is_same"], true);
    assert_eq!(ask(QUESTION)["lake_version"], first["lake_version"], "answers read the vintage of the quarter");

    says(program.run(&["explain", "0123456789abcdef"]), 2, &["no release 0123456789abcdef", "apres ask"]);

    let (edited, _folder) = program.copy();
    let mut ledger = sql(&edited).await;
    let written = written(&mut ledger, &id).await;
    let figure = format!("\"value\":{}", first["population"]);
    assert!(written.contains(&figure), "{written}");
    write(&mut ledger, &id, &written.replace(&figure, "\"value\":999")).await;
    says(edited.run(&["explain", &id]), 2, &["does not match its digest", "restore"]);

    // A genuine release in the place of another: its digest is right, and it is not the answer.
    let (swapped, _folder) = program.copy();
    let mut ledger = sql(&swapped).await;
    let genuine = self::written(&mut ledger, &other).await;
    write(&mut ledger, &id, &genuine).await;
    let said = swapped.run(&["explain", &id]);
    assert!(said.talk.contains("not the same"), "{}", said.talk);
    assert_eq!(json(&said.ended(1))["is_same"], false);
    assert_eq!(json(&swapped.run(&["explain", &other]).ended(0))["is_same"], true);
}

/// The ledger's file, written to by hand.
async fn sql(program: &Program) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", program.data.join("ledger.sqlite").display());
    AnyConnection::connect(&address).await.expect("the ledger's file")
}

async fn written(ledger: &mut AnyConnection, id: &str) -> String {
    let row = sqlx::query("SELECT release FROM releases WHERE id = $1").bind(id.to_owned()).fetch_one(ledger).await.expect("the release");
    row.try_get("release").expect("its text")
}

async fn write(ledger: &mut AnyConnection, id: &str, release: &str) {
    let query = sqlx::query("UPDATE releases SET release = $2 WHERE id = $1").bind(id.to_owned()).bind(release.to_owned());
    assert_eq!(query.execute(ledger).await.expect("the ledger is written").rows_affected(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_from_its_check_to_its_erasure() {
    let prepared = Prepared::new();
    let program = &prepared.program;
    let list = prepared.path("lists/departement.csv");
    let content = fs::read_to_string(&list).expect("a list");
    let rows = content.lines().count() - 1;
    let deposits = program.data.join("lake/identifying/deposits");

    let said = program.run(&["link", "--list", argument(&list)]).ended(0);
    assert!(said.starts_with(&format!("rows\t{rows}\nsearched\t")), "{said}");
    assert!(files(&deposits).is_empty(), "a check keeps nothing");
    let no_table = prepared.file("image.png", [0x89, b'P', b'N', b'G', 0, 0, 0, 1]);
    says(program.run(&["link", "--list", argument(&no_table)]), 1, &["image.png"]);

    let organisation = ["--organisation", ORGANISATION];
    let add = |file: &Path| program.run(&[&["list", "add", argument(file)], LIST_GROUNDS.as_slice(), organisation.as_slice()].concat());
    let show = || program.run(&[&["list", "show"], organisation.as_slice()].concat());
    says(add(&list), 2, &["no organisation is called structure", "apres organisation list"]);
    says(show(), 2, &["no organisation is called structure"]);
    program.furnish().await;
    assert_eq!(show().ended(0), "");
    says(add(&no_table), 1, &["not a list"]);
    says(program.run(&["list", "report", "nowhere"]), 2, &["no list nowhere", "apres list show"]);

    let id = add(&list).ended(0).trim().to_owned();
    let shown = show().ended(0);
    assert!(shown.starts_with(&format!("{id}\tprete\tdepartement.csv\t{rows} rows\tautre\t20")), "{shown}");
    assert!(files(&deposits).is_empty(), "the file is deleted once it was read");
    let report = program.run(&["list", "report", &id]).ended(0);
    assert!(report.starts_with("indicator;horizon;") && report.contains("\nB-01;6;"), "{report}");
    let people: Vec<&str> = content.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    assert!(people.iter().all(|name| !report.contains(name)), "a report is about nobody");

    let head: Vec<&str> = content.lines().take(9).collect();
    says(add(&prepared.file("few.csv", head.join("\r\n"))), 1, &["those of several quarters together"]);
    says(add(&list), 1, &["structure has a list for autre and", "--period", "apres list show"]);
    let elsewhere =
        program.run(&[&["list", "add", argument(&list), "--programme", "zzz"], LIST_GROUNDS.as_slice(), organisation.as_slice()].concat());
    says(elsewhere, 1, &["zzz is no programme of the catalogue", "iae", "autre"]);
    says(program.run(&[&["list", "add", argument(&list)], organisation.as_slice()].concat()), 2, &["--purpose", "--legal-basis"]);
    let nobody = prepared.file("nobody.csv", "nom;date de sortie\r\nMARTIN;03/04/2024\r\nDURAND;05/06/2024\r\n");
    says(add(&nobody), 1, &["nobody of this list can be searched", "birth date", "apres link"]);
    assert!(files(&deposits).is_empty(), "what is refused is not kept");

    let receipt = program.run(&["list", "erase", &id]).ended(0);
    assert!(receipt.starts_with(&format!("{id}\terased\t")), "{receipt}");
    assert_eq!(program.run(&["list", "erase", &id]).ended(0), receipt, "erased once, with one receipt");
    assert!(show().ended(0).contains(&format!("{id}\teffacee\t")));
    says(program.run(&["list", "report", &id]), 1, &["it was erased"]);
    says(program.run(&["list", "erase", "nowhere"]), 2, &["no list nowhere"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_to_fix() {
    let prepared = Prepared::new();
    let well = prepared.program.run(&["doctor"]).ended(0);
    assert!(well.contains("ok    the lake holds declarations up to 2025-12") && !well.contains("ACT"), "{well}");
    let empty = Program::on(prepared.folder.path().join("empty"));
    for command in [&["doctor"][..], &["spells"], &["quality"], &["purge", "--dry-run"], &["keys", "list"]] {
        says(empty.run(command), 2, &["no installation in", "--data", "`apres ingest FOLDER`"]);
    }
    says(empty.run(&["ingest", "/nowhere"]), 2, &["/nowhere", "check that the path exists"]);
    assert!(!empty.data.exists(), "looking makes nothing");
    empty.run(&["organisation", "list"]).ended(0);
    advises(&empty, "ACT   the lake holds no declaration: run `apres ingest FOLDER`");

    let (program, _folder) = prepared.program.copy();
    let key = program.data.join("keys/pseudonym.1.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("other rights");
    advises(&program, "chmod 600");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("its rights");

    program.run_with(&["ask", "-"], QUESTION).ended(0);
    let mut ledger = sql(&program).await;
    sqlx::query("UPDATE audit SET outcome = 'refused'").execute(&mut ledger).await.expect("an altered audit");
    ledger.close().await.expect("the ledger is closed");
    advises(&program, "ACT   the audit was altered at entry 1");

    let (program, _folder) = prepared.program.copy();
    fs::remove_file(program.data.join("lake/statistical/panel/_delta_log/00000000000000000001.json")).expect("a commit taken back");
    advises(&program, "ACT   the careers are behind the declarations: run `apres spells`");
    program.run(&["spells"]).ended(0);
    program.run(&["doctor"]).ended(0);
    // Partitions too, whose folders are named by their value.
    for table in ["statistical/declarations", "statistical/panel", "identifying/identities"] {
        let (program, _folder) = prepared.program.copy();
        let file =
            files(&program.data.join("lake").join(table)).into_iter().find(|file| file.extension().is_some_and(|name| name == "parquet"));
        fs::remove_file(file.expect("a file of the table")).expect("a lost file");
        advises(&program, "lost: restore it from its last copy");
    }

    // What keeps the installation from opening is a fault; it says what to do all the same.
    let (program, _folder) = prepared.program.copy();
    fs::write(program.data.join("apres.toml"), "operateur = \"Nous\"\n").expect("a configuration");
    says(program.run(&["doctor"]), 2, &["apres.toml", "unknown field `operateur`", "correct or remove"]);
    fs::remove_file(program.data.join("apres.toml")).expect("the configuration is gone");
    fs::write(program.data.join("keys/pseudonym.1.key"), "no key").expect("a broken key");
    says(program.run(&["doctor"]), 2, &["pseudonym.1.key", "64 hexadecimal digits", "restore"]);
    let (program, _folder) = prepared.program.copy();
    fs::write(program.data.join("ledger.sqlite"), "no database, but long enough to be taken for one".repeat(100)).expect("a broken ledger");
    says(program.run(&["doctor"]), 2, &["ledger", "restore"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_noise_is_told_nowhere_and_must_have_a_table() {
    let prepared = Prepared::new();
    let (program, _folder) = prepared.program.copy();
    let asked = || program.run_with(&["ask", "-"], QUESTION).ended(0);
    let before = json(&asked());
    assert_eq!(before["is_perturbed"], true);
    let configure = |text: &str| fs::write(program.data.join("apres.toml"), text).expect("a configuration");
    configure("[policy.noise]\ndeviation_max = 17\nvariance = 6.25\n");
    let said = asked();
    assert_ne!(json(&said)["policy_version"], before["policy_version"], "another noise is another policy");
    let told = [said, program.run(&["doctor"]).ended(0), program.run(&["keys", "list"]).ended(0)].concat();
    assert!(["6.25", "6,25", "variance", "deviation"].iter().all(|word| !told.contains(word)), "{told}");

    configure("[policy.noise]\nvariance = 3.0\n");
    says(program.run(&["doctor"]), 2, &["apres.toml", "no noise table"]);
    configure("[policy.noise]\ndeviation_max = 2\nvariance = 1.0\n");
    says(program.run(&["doctor"]), 2, &["apres.toml", "weaker than the default", "accept_lower_thresholds"]);
    configure("[policy]\naccept_lower_thresholds = true\n[policy.noise]\ndeviation_max = 2\nvariance = 1.0\n");
    advises(&program, "the disclosure policy is weakened (noise)");
    configure("[policy]\nmethod = \"closed_cube\"\n");
    assert_eq!(json(&asked())["is_perturbed"], Value::Null, "figures are exact");
}

/// The doctor ends with 1 and gives this advice.
#[track_caller]
fn advises(program: &Program, advice: &str) {
    let said = program.run(&["doctor"]).ended(1);
    assert!(said.contains(advice), "{said}");
}
