//! A command that is killed at any moment loses nothing: run again, it leaves what it would have left undisturbed.
//!
//! Three ways of choosing the moment. *Cuts* rebuild on disk every state between two commits of an undisturbed run. *Arrivals* kill the real process when
//! its n-th file appears in the lake. *Delays* kill it after a seeded random time. `APRES_SLOW_TESTS` asks for many more of each.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use apres::config::{Config, Settings};
use apres::desk;
use apres::home::{Home, now};
use apres_ledger::password::Cost;
use apres_ledger::{JobState, ListState, Registration};
use tempfile::TempDir;

use crate::lake::Lake;
use crate::program::{LIST_GROUNDS, ORGANISATION, Program, argument, copy_folder, files, synth};

/// Nothing here takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Tables that must not depend on what was interrupted, each by the query that shows it; `part` numbers are drawn anew by each ingest.
const TABLES: [(&str, &str); 6] = [
    (
        "declarations",
        "SELECT siret, month, fraction, champ, nature, declaration FROM (
           SELECT *, row_number() OVER (PARTITION BY siret, month, fraction, champ ORDER BY constituted DESC, ordre DESC, declaration DESC) AS rank
           FROM declarations WHERE nature = '01'
         ) WHERE rank = 1",
    ),
    ("declarations received", "SELECT declaration FROM declarations"),
    ("spells", "SELECT * FROM spells"),
    ("months", "SELECT * FROM months"),
    ("exits", "SELECT * FROM exits"),
    ("panel", "SELECT * FROM panel"),
];

type Contents = BTreeMap<&'static str, Vec<Vec<String>>>;

/// What the lake holds, each table sorted.
async fn contents(program: &Program) -> Contents {
    let lake = Lake::at(&program.data).await;
    let mut contents = Contents::new();
    for (table, sql) in TABLES {
        let mut rows = lake.rows(sql).await;
        rows.sort();
        contents.insert(table, rows);
    }
    let mut identities = lake.identifying_rows("SELECT * FROM identities").await;
    identities.sort();
    contents.insert("identities", identities);
    // What SQLite keeps beside an open ledger goes away when it is closed, which dropping it does later: the folder may be copied before.
    lake.home.ledger.close().await;
    contents
}

#[track_caller]
fn assert_same(found: &Contents, expected: &Contents, how: &str) {
    for (table, expected) in expected {
        let found = &found[table];
        assert!(!expected.is_empty(), "{how}: nothing is expected in {table}");
        assert_eq!(found.len(), expected.len(), "{how}: rows of {table}");
        let different = found.iter().zip(expected).filter(|(found, expected)| found != expected).count();
        assert_eq!(different, 0, "{how}: rows of {table} that differ");
    }
}

/// An installation that has the first year and a list, and the files of two years.
struct Prepared {
    folder: TempDir,
    program: Program,
}

impl Prepared {
    async fn new() -> Self {
        Self::having(|prepared| {
            let mut months: Vec<PathBuf> =
                fs::read_dir(prepared.dsn()).expect("months").map(|entry| entry.expect("an entry").path()).collect();
            months.sort();
            months.truncate(12);
            months
        })
        .await
    }

    /// An installation that lacks a few files of old months: what they bring concerns some people only.
    async fn lacking_a_few_files() -> Self {
        Self::having(|prepared| {
            let all = files(&prepared.dsn());
            let is_lacking = |place: &usize| (4..8).any(|part| *place == all.len() * part / 10);
            all.iter().enumerate().filter(|(place, _)| !is_lacking(place)).map(|(_, file)| file.clone()).collect()
        })
        .await
    }

    async fn having(first: impl FnOnce(&Self) -> Vec<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        synth(&folder.path().join("synth"), 300, 24).ended(0);
        let prepared = Self { program: Program::on(folder.path().join("data")), folder };
        let first = first(&prepared);
        let first: Vec<&str> = first.iter().map(|path| argument(path)).collect();
        prepared.program.run(&[&["ingest"], first.as_slice()].concat()).ended(0);
        prepared.program.furnish().await;
        prepared
            .program
            .run(&[&["list", "add", argument(&prepared.list()), "--organisation", ORGANISATION], LIST_GROUNDS.as_slice()].concat())
            .ended(0);
        prepared
    }

    fn dsn(&self) -> PathBuf {
        self.folder.path().join("synth").join("dsn")
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("synth").join("lists").join("departement.csv")
    }

    /// A copy that has read both years undisturbed, what it took, and what it holds.
    async fn undisturbed(&self) -> (Program, TempDir, Duration, Contents) {
        let (program, folder) = self.program.copy();
        let start = Instant::now();
        program.run(&["ingest", argument(&self.dsn())]).ended(0);
        let duration = start.elapsed();
        let contents = contents(&program).await;
        (program, folder, duration, contents)
    }
}

/// How often, by default and when slow tests are asked for.
fn turns(usual: usize, slow: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "whether slow tests run is told to the tests alone")]
    let is_slow = std::env::var_os("APRES_SLOW_TESTS").is_some();
    if is_slow { slow } else { usual }
}

/// Seeded delays between nothing and a duration.
struct Delays {
    state: u64,
    longest: Duration,
}

impl Delays {
    fn new(seed: u64, longest: Duration) -> Self {
        eprintln!("delays: seed {seed}, up to {longest:?}");
        Self { state: seed, longest }
    }

    /// The next delay, by a congruential generator: what is drawn needs no quality, only to be drawn again.
    fn next(&mut self) -> Duration {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let thousandths = u32::try_from((self.state >> 33) % 1000).expect("less than a thousand");
        self.longest * thousandths / 1000
    }
}

/// Starts a command whose words nobody reads.
fn start(program: &Program, arguments: &[&str]) -> Child {
    program.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

/// Kills the command (SIGKILL) as soon as `is_time`; `false` when it had ended by itself.
fn kill_when(program: &Program, arguments: &[&str], mut is_time: impl FnMut() -> bool) -> bool {
    let mut child = start(program, arguments);
    loop {
        if child.try_wait().expect("the state of the program").is_some() {
            return false;
        }
        if is_time() {
            child.kill().expect("the program is killed");
            return child.wait().expect("the program is gone").code().is_none();
        }
    }
}

fn kill_after(program: &Program, arguments: &[&str], delay: Duration) -> bool {
    let start = Instant::now();
    kill_when(program, arguments, || {
        std::thread::sleep(Duration::from_micros(200));
        start.elapsed() >= delay
    })
}

/// Kills the command when this many files have come to the lake.
fn kill_at_arrival(program: &Program, arguments: &[&str], arrivals: usize) -> bool {
    let lake = program.data.join("lake");
    let target = files(&lake).len() + arrivals;
    kill_when(program, arguments, || files(&lake).len() >= target)
}

/// Spread over `1..=count`, the ends among them.
fn spread(count: usize, turns: usize) -> Vec<usize> {
    let turns = turns.min(count);
    let mut places: Vec<usize> = (0..turns).map(|turn| 1 + turn * (count - 1) / (turns - 1).max(1)).collect();
    places.dedup();
    places
}

/// Commits of tables, as file names under the lake, in the order in which they were made; those of one instant are one step.
fn commits(program: &Program, before: &Program) -> Vec<Vec<PathBuf>> {
    let lake = program.data.join("lake");
    let mut steps: BTreeMap<SystemTime, Vec<PathBuf>> = BTreeMap::new();
    for file in files(&lake) {
        let name = file.strip_prefix(&lake).expect("a file of the lake").to_owned();
        let is_commit = name.extension().is_some_and(|extension| extension == "json");
        if is_commit && !before.data.join("lake").join(&name).exists() {
            let made = fs::metadata(&file).expect("a commit").modified().expect("its time");
            steps.entry(made).or_default().push(name);
        }
    }
    steps.into_values().collect()
}

/// Puts the ledger of `before` in the place of that of `program`, with what SQLite keeps beside it.
fn put_back_ledger(before: &Program, program: &Program) {
    let is_ledger = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ledger.sqlite"));
    for file in files(&program.data).into_iter().filter(is_ledger) {
        fs::remove_file(file).expect("the ledger of after");
    }
    for file in files(&before.data).into_iter().filter(is_ledger) {
        fs::copy(&file, program.data.join(file.file_name().expect("a name"))).expect("the ledger of before");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingest_killed_between_two_commits_is_right_when_run_again() {
    killed_between_two_commits(&Prepared::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_declarations_killed_between_two_commits_are_right_when_read_again() {
    let prepared = Prepared::lacking_a_few_files().await;
    let (program, _folder) = prepared.program.copy();
    let report = program.run(&["ingest", argument(&prepared.dsn()), "--json"]).ended(0);
    assert!(report.contains("\"people\": ") && !report.contains("\"people\": null"), "everybody was built anew: {report}");
    killed_between_two_commits(&prepared).await;
}

async fn killed_between_two_commits(prepared: &Prepared) {
    let (whole, _folder, _, expected) = prepared.undisturbed().await;
    let steps = commits(&whole, &prepared.program);
    assert!(steps.len() >= 6, "only {} moments are told apart", steps.len());
    for done in 0..=steps.len() {
        // Files that no commit names stay, as they do when a process is killed.
        let (program, _folder) = whole.copy();
        for commit in steps[done..].iter().flatten() {
            fs::remove_file(program.data.join("lake").join(commit)).expect("a commit taken back");
        }
        put_back_ledger(&prepared.program, &program);
        let last = done.checked_sub(1).map_or_else(|| "nothing".to_owned(), |last| format!("{:?}", steps[last]));
        program.run(&["ingest", argument(&prepared.dsn())]).ended(0);
        assert_same(&contents(&program).await, &expected, &format!("killed after {done} commits, the last of {last}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingest_killed_when_a_file_comes_is_right_when_run_again() {
    killed_when_a_file_comes(&Prepared::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_declarations_killed_when_a_file_comes_are_right_when_read_again() {
    killed_when_a_file_comes(&Prepared::lacking_a_few_files().await).await;
}

async fn killed_when_a_file_comes(prepared: &Prepared) {
    let (whole, _folder, _, expected) = prepared.undisturbed().await;
    let arrivals = files(&whole.data.join("lake")).len() - files(&prepared.program.data.join("lake")).len();
    let dsn = prepared.dsn();
    let ingest = ["ingest", argument(&dsn)];
    let moments = spread(arrivals, turns(7, arrivals));
    let mut killed = 0;
    for arrival in &moments {
        let (program, _folder) = prepared.program.copy();
        killed += usize::from(kill_at_arrival(&program, &ingest, *arrival));
        program.run(&ingest).ended(0);
        assert_same(&contents(&program).await, &expected, &format!("killed at file {arrival} of {arrivals}"));
    }
    assert!(killed * 2 > moments.len(), "only {killed} of {} were killed in time", moments.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingest_killed_at_any_moment_is_right_when_run_again() {
    let prepared = Prepared::new().await;
    let (_, _folder, duration, expected) = prepared.undisturbed().await;
    let dsn = prepared.dsn();
    let ingest = ["ingest", argument(&dsn)];
    let mut delays = Delays::new(3, duration);
    let mut killed = 0;
    let turns = turns(5, 60);
    for turn in 0..turns {
        let (program, _folder) = prepared.program.copy();
        // Killed twice, then left alone.
        killed += usize::from(kill_after(&program, &ingest, delays.next()));
        killed += usize::from(kill_after(&program, &ingest, delays.next()));
        program.run(&ingest).ended(0);
        assert_same(&contents(&program).await, &expected, &format!("turn {turn}"));
    }
    assert!(killed > turns, "only {killed} of {} were killed in time", turns * 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn careers_killed_while_built_are_right_when_built_again() {
    let prepared = Prepared::new().await;
    let (whole, _folder, duration, expected) = prepared.undisturbed().await;
    let (program, _copy) = whole.copy();
    let before = files(&program.data.join("lake")).len();
    program.run(&["spells"]).ended(0);
    let arrivals = files(&program.data.join("lake")).len() - before;
    assert_same(&contents(&program).await, &expected, "built again");
    let mut delays = Delays::new(4, duration);
    let moments = spread(arrivals, turns(4, arrivals));
    let mut killed = 0;
    for arrival in &moments {
        killed += usize::from(kill_at_arrival(&program, &["spells"], *arrival));
        kill_after(&program, &["spells"], delays.next());
        program.run(&["spells"]).ended(0);
        assert_same(&contents(&program).await, &expected, &format!("killed at file {arrival} of {arrivals}"));
    }
    assert!(killed * 2 > moments.len(), "only {killed} of {} were killed in time", moments.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_killed_at_any_moment_is_taken_up_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let start = Instant::now();
    let whole = Program::on(folder.path().join("whole"));
    // The first command that may make an installation; without declarations, it works, and says what it lacks.
    let begin = ["organisation", "list"];
    whole.run(&begin).ended(0);
    let duration = start.elapsed();
    whole.run(&["doctor"]).ended(1);
    let arrivals = files(&whole.data).len();
    let mut delays = Delays::new(5, duration);
    for arrival in spread(arrivals, turns(6, arrivals)) {
        let program = Program::on(folder.path().join(format!("arrival-{arrival}")));
        kill_when(&program, &begin, || files(&program.data).len() >= arrival);
        program.run(&begin).ended(0);
        program.run(&["doctor"]).ended(1);
    }
    for turn in 0..turns(6, 60) {
        let program = Program::on(folder.path().join(format!("delay-{turn}")));
        kill_after(&program, &begin, delays.next());
        program.run(&begin).ended(0);
        program.run(&["doctor"]).ended(1);
    }
    // Between the folder of a table's log and its first commit.
    for table in ["statistical/panel", "identifying/identities"] {
        let program = Program::on(folder.path().join(table.replace('/', "-")));
        copy_folder(&whole.data, &program.data);
        fs::remove_file(program.data.join("lake").join(table).join("_delta_log/00000000000000000000.json")).expect("a commit taken back");
        program.run(&["doctor"]).ended(1);
    }
}

/// A table that lost its log is no table that was never made: it must not come back empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_lost_its_log_is_not_made_again() {
    let prepared = Prepared::new().await;
    for file in files(&prepared.program.data.join("lake/statistical/declarations/_delta_log")) {
        fs::remove_file(file).expect("a commit lost");
    }
    let said = prepared.program.run(&["doctor"]);
    assert!(said.talk.contains("restore"), "{}", said.talk);
    said.ended(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_killed_at_any_moment_leaves_nothing_that_cannot_be_erased() {
    let prepared = Prepared::new().await;
    let list = prepared.list();
    let add = [&["list", "add", argument(&list), "--organisation", ORGANISATION], LIST_GROUNDS.as_slice()].concat();
    let (whole, _folder) = prepared.program.copy();
    let before = files(&whole.data.join("lake")).len();
    let start = Instant::now();
    let id = whole.run(&add).ended(0);
    let duration = start.elapsed();
    let arrivals = files(&whole.data.join("lake")).len() - before;
    let expected = whole.run(&["list", "report", id.trim()]).ended(0);
    assert!(expected.contains("B-01"), "{expected}");

    let mut delays = Delays::new(6, duration);
    let moments = spread(arrivals, turns(6, arrivals));
    let mut killed = 0;
    for turn in &moments {
        let (program, _folder) = prepared.program.copy();
        killed += usize::from(kill_at_arrival(&program, &add, *turn));
        kill_after(&program, &add, delays.next());
        let id = program.run(&add).ended(0);
        assert_eq!(program.run(&["list", "report", id.trim()]).ended(0), expected, "after a kill at file {turn} of {arrivals}");
        erase_all(&program).await;
    }
    assert!(killed * 2 > moments.len(), "only {killed} of {} were killed in time", moments.len());
}

/// Erases every list that the organisation is shown: nothing of anyone may be left in the zone of identities.
async fn erase_all(program: &Program) {
    let lines = program.run(&["list", "show", "--organisation", ORGANISATION]).ended(0);
    for line in lines.lines() {
        let id = line.split('\t').next().expect("an identifier");
        program.run(&["list", "erase", id]).ended(0);
    }
    let zone = program.data.join("lake").join("identifying");
    let left: Vec<PathBuf> = [zone.join("deposits"), zone.join("participants")]
        .iter()
        .flat_map(|folder| files(folder))
        .filter(|file| !file.components().any(|part| part.as_os_str() == "_delta_log"))
        .collect();
    assert!(left.is_empty(), "left after the erasure of every list: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_killed_with_its_site_is_done_by_the_next_one() {
    let prepared = Prepared::new().await;
    let (_, expected) = deposit_and_serve(&prepared, None).await;
    let mut delays = Delays::new(7, Duration::from_millis(600));
    let mut interrupted = 0;
    for turn in 0..turns(4, 30) {
        let (was_running, report) = deposit_and_serve(&prepared, Some(delays.next())).await;
        interrupted += usize::from(was_running);
        assert_eq!(report, expected, "turn {turn}");
    }
    assert!(interrupted > 0, "no job was interrupted");
}

/// Deposits a list as the pages do, beside a site that is killed this long after it took the job; whether the job was then unfinished, and the report in the end.
async fn deposit_and_serve(prepared: &Prepared, delay: Option<Duration>) -> (bool, String) {
    let (program, _folder) = prepared.program.copy();
    let home = Arc::new(
        Home::open(Config { data: program.data.clone(), settings: Settings::default() }, Cost::ForTests).await.expect("an installation"),
    );
    let bytes = fs::read(prepared.list()).expect("a list");
    let id = desk::deposit(&home, ORGANISATION, "", "departement.csv", bytes).await.expect("a deposit").expect("a list");
    let period = desk::usual_period(&home, &id, "departement.csv").expect("the file").expect("a period that holds enough rows");
    let confirmed = desk::confirm(&home, &id, &desk::default_confirmation(), &desk::slot_of("iae", period)).await.expect("a confirmation");
    assert_eq!(confirmed, Registration::Registered);
    let job = home.ledger.latest_job("match_list", &id).await.expect("the jobs").expect("confirmed and queued are one step").id;
    let state = async || home.ledger.job(&job).await.expect("the jobs").expect("the job").state;

    let mut site = start(&program, &["serve", "--listen", "127.0.0.1:0"]);
    let mut was_running = false;
    if let Some(delay) = delay {
        wait_until("the site takes the job", async || state().await != JobState::Queued).await;
        tokio::time::sleep(delay).await;
        site.kill().expect("the site is killed");
        site.wait().expect("the site is gone");
        was_running = state().await == JobState::Running;
        // The clock moves on: the dead site has said nothing for long.
        home.ledger.requeue_stale_jobs(now() + 1, 3, now()).await.expect("the jobs of dead workers");
        site = start(&program, &["serve", "--listen", "127.0.0.1:0"]);
    }
    wait_until("the job is done", async || state().await == JobState::Done).await;
    site.kill().expect("the site is killed");
    site.wait().expect("the site is gone");
    assert_eq!(home.ledger.list(&id).await.expect("the lists").expect("the list").state, ListState::Ready);
    assert!(files(&program.data.join("lake/identifying/deposits")).is_empty(), "the deposited file is deleted when it was read");
    (was_running, program.run(&["list", "report", &id]).ended(0))
}

async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Runs a command that cannot make a file grow beyond so many kilobytes, as on a disk that is full.
fn run_within(program: &Program, arguments: &[&str], kilobytes: u64) -> std::process::Output {
    let mut command = std::process::Command::new("bash");
    // Ignored, the signal leaves each write to fail, and the program to say so.
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
    let inner = program.command(arguments);
    command.args(["-c", &script]).arg(inner.get_program()).args(inner.get_args());
    command.stdin(Stdio::null()).output().expect("the program starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_loses_nothing() {
    let prepared = Prepared::new().await;
    let (_undisturbed, _folder, _, expected) = prepared.undisturbed().await;
    let mut refused = 0;
    for kilobytes in [1, 8, 30, 60, 90, 150, 300, 1_000_000] {
        let (program, _folder) = prepared.program.copy();
        let ended = run_within(&program, &["ingest", argument(&prepared.dsn())], kilobytes);
        let talk = String::from_utf8_lossy(&ended.stderr);
        if !ended.status.success() {
            refused += 1;
            assert_eq!(ended.status.code(), Some(2), "{kilobytes} kB: {talk}");
            assert!(talk.contains("ERROR apres: ") && !talk.contains("panicked"), "{kilobytes} kB: {talk}");
            let names_it = ["File too large", "disk is full", "disk I/O error", "os error 27"].iter().any(|words| talk.contains(words));
            assert!(names_it, "{kilobytes} kB: {talk}");
        }
        program.run(&["ingest", argument(&prepared.dsn())]).ended(0);
        assert_same(&contents(&program).await, &expected, &format!("a disk that was full at {kilobytes} kB"));
    }
    assert!((3..8).contains(&refused), "{refused} of eight were refused");
}
