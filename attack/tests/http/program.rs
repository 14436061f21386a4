//! The program under attack: an installation of its own on a free port, filled with a synthetic territory and stopped at the end.
//!
//! Its keys are given, so that the same territory is perturbed in the same way in every run: what an attack finds does not depend on luck.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use apres_attack::Account;

/// The program to attack; the tests are not run without it.
pub(crate) const PROGRAM: &str = "APRES_PROGRAM";
const PASSWORD: &str = "une phrase assez longue";
/// Longest wait for the first answer; not a promise.
const START_SECONDS_MAX: u64 = 300;
/// Days after which a civil quarter has surely ended, and that a clock is moved by.
const QUARTER_DAYS: u32 = 95;

/// The program's path; none, with a word, when it is not given.
#[expect(clippy::disallowed_methods, reason = "what is attacked is said by who runs the tests")]
pub(crate) fn program() -> Option<PathBuf> {
    let Some(path) = std::env::var_os(PROGRAM) else {
        say_not_run(&format!("{PROGRAM} does not say which program to attack over HTTP"));
        return None;
    };
    let path = PathBuf::from(path);
    // Tests run in the folder of the workspace `attack`.
    let path = if path.is_relative() { Path::new("..").join(path) } else { path };
    Some(fs::canonicalize(&path).unwrap_or_else(|fault| panic!("{PROGRAM} = {}: {fault}", path.display())))
}

/// Says it to whoever runs the tests, though what passes is captured.
pub(crate) fn say_not_run(why: &str) {
    let _ = writeln!(std::io::stderr(), "NOT RUN: {why}");
}

/// A library that moves the clock of the programs that load it, from Debian's package `faketime`.
pub(crate) fn moved_clock() -> Option<PathBuf> {
    let found = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok).map(|entry| entry.path().join("faketime/libfaketime.so.1"));
    found.into_iter().find(|path| path.exists())
}

/// An installation.
pub(crate) struct Installation {
    program: PathBuf,
    folder: PathBuf,
    url: String,
    child: Option<Child>,
    /// Civil quarters that have passed since it was made.
    quarters: u32,
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            eprintln!("what was attacked is left in {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Installation {
    /// A territory of so many people over so many months, not read yet.
    pub(crate) fn new(program: &Path, name: &str, people: u32, months: u32, seed: u32) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let keys = folder.join("data/keys");
        fs::create_dir_all(&keys).expect("a folder");
        for (place, word) in ["zone", "pseudonym", "opposition", "disclosure", "memory"].into_iter().enumerate() {
            let path = keys.join(format!("{word}.1.key"));
            let key = (0..32).fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{:02x}", (usize::try_from(seed).expect("small") * 41 + place * 59 + byte * 7) % 256);
                text
            });
            fs::write(&path, key).expect("a key");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a key of its owner");
        }
        // An attacker waits for another day: the budget of one is not what protects.
        let settings = "secure_cookies = false\n[budget]\naccount_tables_max = 100000\norganisation_tables_max = 100000\n";
        fs::write(folder.join("data/apres.toml"), settings).expect("a configuration");
        let made = Self { program: program.to_owned(), folder, url: String::new(), child: None, quarters: 0 };
        let (out, people, months, seed) = (made.territory(), people.to_string(), months.to_string(), seed.to_string());
        let out = out.to_str().expect("UTF-8");
        made.run(&["synth", "--people", &people, "--months", &months, "--seed", &seed, "--out", out], "");
        made
    }

    fn territory(&self) -> PathBuf {
        self.folder.join("territory")
    }

    /// A file of the truth.
    pub(crate) fn truth(&self, name: &str) -> String {
        fs::read_to_string(self.territory().join("truth").join(name)).expect("the truth")
    }

    /// Months of the declarations, in order.
    pub(crate) fn months(&self) -> Vec<PathBuf> {
        let mut months: Vec<PathBuf> =
            fs::read_dir(self.territory().join("dsn")).expect("declarations").map(|entry| entry.expect("an entry").path()).collect();
        months.sort();
        months
    }

    /// Reads declarations.
    pub(crate) fn ingest(&self, paths: &[PathBuf]) {
        let mut arguments = vec!["ingest"];
        arguments.extend(paths.iter().map(|path| path.to_str().expect("UTF-8")));
        self.run(&arguments, "");
    }

    /// Makes an organisation and its account, `name@exemple.fr`.
    pub(crate) fn organisation(&self, name: &str, kind: &str, sirets: &[&str], departements: &[&str]) {
        let mut arguments = vec!["organisation", "save", name, "--name", name, "--kind", kind];
        arguments.extend(sirets.iter().flat_map(|siret| ["--siret", siret]));
        arguments.extend(departements.iter().flat_map(|code| ["--departement", code]));
        self.run(&arguments, "");
        self.run(&["account", "add", &format!("{name}@exemple.fr"), "--name", name, "--organisation", name], PASSWORD);
    }

    /// Somebody objects, by number.
    pub(crate) fn opposition(&self, nir: &str) {
        self.run(&["opposition", "add"], nir);
    }

    /// Builds careers anew: what changed without a declaration follows.
    pub(crate) fn build(&self) {
        self.run(&["spells"], "");
    }

    /// Signs in as the account of an organisation.
    pub(crate) fn account(&self, name: &str) -> Account {
        Account::sign_in(&self.url, &format!("{name}@exemple.fr"), PASSWORD).expect("an account")
    }

    /// Three months go by, and the vintage of the next quarter is frozen. The site must be stopped.
    pub(crate) fn next_quarter(&mut self) {
        assert!(self.child.is_none(), "the site is stopped");
        self.quarters += 1;
        self.run(&["vintage", "freeze"], "");
    }

    /// Serves, and waits for the first answer.
    pub(crate) fn start(&mut self) {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let listen = format!("127.0.0.1:{port}");
        self.url = format!("http://{listen}");
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log")).expect("a log");
        let mut command = self.command(&["serve", "--listen", &listen]);
        let child = command.stdout(log.try_clone().expect("a log")).stderr(log).spawn().expect("the program starts");
        self.child = Some(child);
        let begun = Instant::now();
        while ureq::get(format!("{}/sante", self.url)).call().is_err() {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none() && begun.elapsed() < Duration::from_secs(START_SECONDS_MAX), "no site: {}", self.last_words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops serving.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.folder.join("data")).args(arguments).env_remove("APRES_CONFIG").env_remove("APRES_DATA");
        if self.quarters > 0 {
            let days = self.quarters * QUARTER_DAYS;
            let library = moved_clock().expect("a library that moves the clock");
            command.env("LD_PRELOAD", library).env("FAKETIME", format!("+{days}d")).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command
    }

    /// Runs a command of the program, which must succeed.
    fn run(&self, arguments: &[&str], input: &str) {
        let mut command = self.command(arguments);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.expect("the program starts");
        child.stdin.take().expect("an input").write_all(format!("{input}\n").as_bytes()).expect("what it reads");
        let output = child.wait_with_output().expect("the program ends");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
