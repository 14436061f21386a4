//! The program run as a user runs it: its own process, its own data folder, and what it says on stdout and stderr.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use apres_ledger::password::Cost;
use apres_ledger::{Ledger, Organisation, OrganisationKind};
use tempfile::TempDir;

/// The organisation that deposits the lists of the tests.
pub(crate) const ORGANISATION: &str = "structure";
/// Why a list is searched, and on which ground.
pub(crate) const LIST_GROUNDS: [&str; 4] = ["--purpose", "evaluation", "--legal-basis", "public_interest"];

/// The program on one data folder.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) data: PathBuf,
}

/// What the program said before it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    /// Data, on stdout.
    pub(crate) out: String,
    /// Talk, on stderr.
    pub(crate) talk: String,
}

impl Said {
    /// What it printed, when it ended with this code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.talk);
        self.out
    }
}

impl Program {
    pub(crate) fn on(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into() }
    }

    /// The command, with nothing of the environment's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apres"));
        for name in ["APRES_DATA", "APRES_CONFIG", "APRES_LISTEN", "APRES_LOG"] {
            command.env_remove(name);
        }
        command.arg("--data").arg(&self.data).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().expect("the program starts"))
    }

    /// Runs a command to its end with a text on its stdin.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the program starts");
        child.stdin.take().expect("a stdin").write_all(input.as_bytes()).expect("the program reads its stdin");
        said(child.wait_with_output().expect("the program ends"))
    }

    /// The ledger, opened beside the program.
    pub(crate) async fn ledger(&self) -> Ledger {
        Ledger::open_file(&self.data.join("ledger.sqlite"), Cost::ForTests).await.expect("the ledger opens")
    }

    /// Makes [`ORGANISATION`] known.
    pub(crate) async fn furnish(&self) {
        let organisation = Organisation {
            id: ORGANISATION.to_owned(),
            name: "Structure de l'essai".to_owned(),
            kind: OrganisationKind::Structure,
            sirets: Vec::new(),
            departements: Vec::new(),
        };
        let ledger = self.ledger().await;
        ledger.save_organisation(&organisation).await.expect("the organisation is saved");
        ledger.close().await;
    }

    /// The same installation in a new folder, gone when the folder is dropped.
    pub(crate) fn copy(&self) -> (Self, TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        copy_folder(&self.data, &data);
        (Self { data }, folder)
    }
}

fn said(output: std::process::Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).expect("the program speaks UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), talk: text(output.stderr) }
}

/// A synthetic territory made by the program in this folder.
pub(crate) fn synth(folder: &Path, people: u32, months: u32) -> Said {
    let (people, months, out) = (people.to_string(), months.to_string(), folder.display().to_string());
    Program::on(folder.join("no-installation")).run(&["synth", "--people", &people, "--months", &months, "--seed", "1", "--out", &out])
}

/// A path as an argument.
pub(crate) fn argument(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder that can be listed") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind of file").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Every file under a folder; what goes away meanwhile is left out.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    found.sort();
    found
}
