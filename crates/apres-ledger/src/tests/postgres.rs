//! A PostgreSQL server for one test, on a socket in a folder of its own.
//!
//! It needs the server's programs, and when run as root the user `postgres`, because the server refuses to be root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running server, stopped and erased when dropped.
pub(super) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    is_root: bool,
}

impl Server {
    /// A server; none where the tests are told to do without. A test that silently did nothing would pass.
    pub(super) fn wanted() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "whether there is a server is told to the tests alone")]
        let is_done_without = std::env::var_os("APRES_WITHOUT_POSTGRES").is_some();
        if is_done_without {
            eprintln!("skipped: APRES_WITHOUT_POSTGRES is set");
            return None;
        }
        let server = Self::start();
        Some(server.unwrap_or_else(|reason| {
            panic!("no PostgreSQL for this test: {reason}. Run tests/deps.sh, or set APRES_WITHOUT_POSTGRES=1 to do without these tests")
        }))
    }

    /// Starts a server, or says why it cannot be done here.
    fn start() -> Result<Self, String> {
        let programs = latest_programs().ok_or("no PostgreSQL server is installed under /usr/lib/postgresql")?;
        let is_root = run(Command::new("id").arg("-u"))? == "0";
        if is_root {
            run(Command::new("runuser").args(["-u", "postgres", "--", "true"]))
                .map_err(|reason| format!("root cannot become postgres: {reason}"))?;
        }
        let folder = run(&mut as_server_user(is_root, Path::new("mktemp"), &["-d", "/tmp/apres-ledger-XXXXXX"]))?;
        let server = Self { programs, folder: PathBuf::from(folder), is_root };
        let folder = server.folder.display();
        server.program("initdb", &["-D", &format!("{folder}/base"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])?;
        let options = format!("-c listen_addresses='' -c fsync=off -k {folder}");
        server
            .program("pg_ctl", &["start", "-w", "-s", "-D", &format!("{folder}/base"), "-l", &format!("{folder}/log"), "-o", &options])?;
        Ok(server)
    }

    /// Creates an empty database and returns its address.
    pub(super) fn create_database(&self, name: &str) -> String {
        let folder = self.folder.display();
        self.program("createdb", &["-h", &folder.to_string(), "-U", "postgres", name]).expect("the database is created");
        format!("postgres://postgres@localhost/{name}?host={folder}")
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Result<String, String> {
        run(&mut as_server_user(self.is_root, &self.programs.join(name), arguments))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let base = self.folder.join("base").display().to_string();
        if let Err(reason) = self.program("pg_ctl", &["stop", "-w", "-s", "-m", "immediate", "-D", &base]) {
            eprintln!("the server was not stopped: {reason}");
        }
        if let Err(reason) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{} was not erased: {reason}", self.folder.display());
        }
    }
}

fn latest_programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|programs| programs.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn as_server_user(is_root: bool, program: &Path, arguments: &[&str]) -> Command {
    let mut command = if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir("/");
    command
}

/// Runs to the end; what it printed, or why it failed. Its output goes through a file because a server started keeps what it inherits open.
fn run(command: &mut Command) -> Result<String, String> {
    let output = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let copy = |file: &tempfile::NamedTempFile| file.reopen().map(Stdio::from).map_err(|error| error.to_string());
    let status = command.stdin(Stdio::null()).stdout(copy(&output)?).stderr(Stdio::null()).status().map_err(|error| error.to_string())?;
    let printed = std::fs::read_to_string(output.path()).map_err(|error| error.to_string())?;
    if status.success() { Ok(printed.trim().to_owned()) } else { Err(format!("{:?} ended with {status}", command.get_program())) }
}
