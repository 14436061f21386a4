//! What a reader may rely on in every file: a header, no loose end, no machine's path, and no one's number.
//!
//! It reads the files of the workspace as text. It judges their form; what they say is for reviewers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace;

/// Folders that hold no file of ours; in a linked work tree `.git` is a file.
const NOT_OURS: [&str; 4] = [".git", "target", "node_modules", "data"];
/// Names that say nothing of what is in a module.
const EMPTY_NAMES: [&str; 6] = ["common", "helper", "helpers", "manager", "util", "utils"];
const ARCHITECTURE_LINES_MAX: usize = 150;
const FILE_BYTES_MAX: u64 = 4_000_000;

/// The specimen of the public documentation: no one's.
const SPECIMEN: &str = "2690549588157";
/// Départements whose commune codes stop well below [`NO_COMMUNE`] and where no extension code was ever needed.
const SMALL_DEPARTEMENTS: [&str; 15] = ["04", "05", "09", "15", "18", "19", "23", "32", "43", "46", "48", "53", "90", "2A", "2B"];
/// Commune codes that were never attributed in [`SMALL_DEPARTEMENTS`].
const NO_COMMUNE: std::ops::RangeInclusive<u32> = 802..=989;

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .filter(|(path, _)| path.components().any(|part| part.as_os_str() == "src") && !is_tests(path))
        .filter(|(_, content)| !content.trim_start_matches("#![no_main]\n").starts_with("//!"))
        .map(|(path, _)| shown(&path))
        .collect();
    assert!(silent.is_empty(), "modules without a //! header: {silent:#?}");
}

#[test]
fn names_say_what_is_inside() {
    let empty: Vec<String> = sources()
        .map(|(path, _)| path)
        .filter(|path| path.file_stem().is_some_and(|stem| EMPTY_NAMES.iter().any(|name| stem == *name)))
        .map(|path| shown(&path))
        .collect();
    assert!(empty.is_empty(), "modules named after nothing: {empty:#?}");
}

#[test]
fn no_loose_end_without_an_issue() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let loose = lines_where(|line| marks.iter().any(|mark| line.contains(mark)) && !line.contains('#'));
    assert!(loose.is_empty(), "loose ends without an issue number: {loose:#?}");
}

#[test]
fn no_path_of_one_machine() {
    let roots = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
    let found = lines_where(|line| roots.iter().any(|root| holds_path(line, root)));
    assert!(found.is_empty(), "paths of one machine: {found:#?}");
}

/// Fixtures use made-up people: numbers built on birthplaces that do not exist.
#[test]
fn no_number_that_someone_may_hold() {
    // The line is not shown: should the number be real, a log is no place for it.
    let found: Vec<String> = texts()
        .flat_map(|(path, content)| {
            let place = shown(&path);
            content
                .lines()
                .enumerate()
                .filter(|(_, line)| numbers(line).iter().any(|number| may_be_held(number)))
                .map(|(index, _)| format!("{place}:{}", index + 1))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "numbers that someone may hold; use a commune code from 802 to 989 in a small département: {found:#?}");
}

#[test]
fn the_map_stays_short() {
    let map = fs::read_to_string(workspace().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is readable");
    let lines = map.lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md has {lines} lines, {ARCHITECTURE_LINES_MAX} at most");
}

#[test]
fn the_map_names_what_exists() {
    let map = fs::read_to_string(workspace().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is readable");
    let missing: Vec<&str> = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.starts_with("crates/") || word.starts_with("docs/") || word.starts_with("norme/"))
        .filter(|path| !workspace().join(path).exists())
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names files that do not exist: {missing:#?}");
}

#[test]
fn numbers_are_found_however_written() {
    let spaced = "2 69 05 49 588 157 80";
    assert!(numbers(spaced).iter().any(|number| number.starts_with(SPECIMEN)));
    assert!(numbers("[2_690_549_588_157]").contains(&SPECIMEN.to_owned()));
    assert!(!may_be_held(SPECIMEN));
    assert!(!may_be_held("1850348802001"), "a commune that does not exist");
    assert!(may_be_held(&format!("18503{}", "48002001")), "a commune that exists");
    assert!(may_be_held(&format!("18503{}", "2A002001")), "the same in Corsica");
    assert!(!may_be_held("1851548002001"), "no such month");
    assert!(!may_be_held("18503480020012"), "fourteen digits are a SIRET");
}

/// Thirteen characters that the norm accepts, on a birthplace that may exist.
fn may_be_held(number: &str) -> bool {
    let Some(thirteen) = number.get(..13).filter(|_| matches!(number.len(), 13 | 15)) else { return false };
    let part = |from: usize, to: usize| thirteen[from..to].parse::<u32>().ok();
    let (Some(sex), Some(month), Some(commune), Some(order)) = (part(0, 1), part(3, 5), part(7, 10), part(10, 13)) else { return false };
    let departement = &thirteen[5..7];
    let is_departement = matches!(departement, "2A" | "2B") || departement.parse::<u32>().is_ok_and(|code| (1..=99).contains(&code));
    let is_accepted = matches!(sex, 1..=4 | 7 | 8) && matches!(month, 1..=12 | 20 | 30..=42 | 50..=99) && is_departement;
    let is_nowhere = commune == 0
        || order == 0
        || thirteen.ends_with("999999")
        || (departement == "99" && commune == 999)
        || (SMALL_DEPARTEMENTS.contains(&departement) && NO_COMMUNE.contains(&commune));
    is_accepted && !is_nowhere && thirteen != SPECIMEN
}

/// Runs of characters of a NIR in a line, as they stand, and with the separators that people put between groups taken out.
fn numbers(line: &str) -> Vec<String> {
    let is_of_nir = |c: char| c.is_ascii_digit() || c == 'A' || c == 'B';
    let is_separator = |c: char| matches!(c, ' ' | '_' | '.' | '\u{a0}' | '\u{202f}');
    let as_written = line.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
    let joined = line.split(|c: char| !is_of_nir(c) && !is_separator(c)).map(|run| run.chars().filter(|c| is_of_nir(*c)).collect());
    as_written.chain(joined).filter(|run: &String| matches!(run.len(), 13 | 15) && run.chars().all(is_of_nir)).collect()
}

/// An absolute path under `root`, not a part of a longer one or of an address.
fn holds_path(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '.' | '-' | '_' | '}' | '~' | '*'))
    })
}

fn lines_where(is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    texts()
        .flat_map(|(path, content)| {
            let place = shown(&path);
            let wrong = content.lines().enumerate().filter(|(_, line)| is_wrong(line));
            wrong.map(|(index, line)| format!("{place}:{}: {}", index + 1, line.trim())).collect::<Vec<_>>()
        })
        .collect()
}

fn is_tests(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    texts().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "rs"))
}

/// Every text file of the workspace, in the order of their paths; lock files, which are made by tools, left out.
fn texts() -> impl Iterator<Item = (PathBuf, String)> {
    let mut paths = Vec::new();
    walk(&workspace(), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter(|path| !path.file_name().is_some_and(|name| name == "Cargo.lock" || name == "package-lock.json"))
        .filter(|path| path.metadata().is_ok_and(|metadata| metadata.len() <= FILE_BYTES_MAX))
        .filter_map(|path| fs::read_to_string(&path).ok().map(|content| (path, content)))
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace is readable").flatten() {
        let path = entry.path();
        let is_ours = !NOT_OURS.iter().any(|name| entry.file_name() == *name);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && is_ours => walk(&path, paths),
            Ok(kind) if kind.is_file() && is_ours => paths.push(path),
            _ => {}
        }
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(workspace()).unwrap_or(path).display().to_string()
}
