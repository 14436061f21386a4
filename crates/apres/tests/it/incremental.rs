//! Careers that are brought up to date are those that would be built anew, row for row, whatever came in between and in whatever order.
//!
//! The files of a territory come in pieces, shuffled, with lists deposited and erased and someone who objects in the middle. After each piece the lake is compared with a copy of it
//! that is built anew. Which pieces bring only some people up to date is told by the report: enough of them must, or nothing would be tested.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use apres::{ingest, lists, opposition};
use apres_measure::build;
use apres_store::Statistical;
use chrono::NaiveDate;

use crate::contract_life::send;
use crate::end_to_end::{Synthetic, deposit};
use crate::lake::{Lake, rows};
use crate::program::{Program, argument, copy_folder, synth};

/// What a build writes.
const TABLES: [&str; 6] = ["known_as", "completeness", "spells", "months", "exits", "panel"];

type Contents = BTreeMap<&'static str, Vec<Vec<String>>>;

async fn contents(lake: &Statistical) -> Contents {
    let context = lake.context().await.expect("a query context");
    let mut contents = Contents::new();
    for table in TABLES {
        let mut rows = rows(&context, &format!("SELECT * FROM {table}")).await;
        rows.sort();
        contents.insert(table, rows);
    }
    contents
}

/// Compares the lake with a copy of it that is built anew.
async fn assert_as_if_anew(lake: &Lake, when: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_folder(&lake.home.config.data.join("lake").join("statistical"), &folder.path().join("statistical"));
    let copy = Statistical::open(folder.path()).await.expect("the copy of the lake");
    build(&copy, &lake.home.rules, |_| {}).await.expect("careers built anew");
    let (found, expected) = (contents(&lake.home.statistical).await, contents(&copy).await);
    for table in TABLES {
        let (found, expected) = (&found[table], &expected[table]);
        let only = |one: &Vec<Vec<String>>, other: &Vec<Vec<String>>| one.iter().filter(|row| other.binary_search(row).is_err()).count();
        assert_eq!(found.len(), expected.len(), "{when}: rows of {table}");
        assert_eq!((only(found, expected), only(expected, found)), (0, 0), "{when}: rows of {table} found only, and expected only");
    }
}

/// What is drawn needs no quality, only to be drawn again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("a number of 31 bits") % bound
    }

    fn shuffle<V>(&mut self, values: &mut [V]) {
        for place in (1..values.len()).rev() {
            values.swap(place, self.below(place + 1));
        }
    }
}

/// How many seeds, by default and when slow tests are asked for.
fn seeds() -> std::ops::Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "whether slow tests run is told to the tests alone")]
    let is_slow = std::env::var_os("APRES_SLOW_TESTS").is_some();
    if is_slow { 1..13 } else { 1..4 }
}

/// The files in pieces: half of them, then more and more of a few.
fn pieces(mut files: Vec<PathBuf>, chance: &mut Chance) -> Vec<Vec<PathBuf>> {
    chance.shuffle(&mut files);
    let mut rest = files.split_off(files.len() / 2);
    let mut pieces = vec![files];
    while !rest.is_empty() {
        let most = rest.len().div_ceil(3).max(1);
        let taken = 1 + chance.below(most);
        pieces.push(rest.drain(..taken.min(rest.len())).collect());
    }
    pieces
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_in_any_order_are_as_the_whole() {
    let (mut steps, mut updated) = (0, 0);
    for seed in seeds() {
        let synthetic = Synthetic::changing(260, 14, seed, 200);
        let mut chance = Chance(seed);
        let lake = Lake::new().await;
        let pieces = pieces(synthetic.files(), &mut chance);
        let (deposited, erased, opposed) = (1 + chance.below(2), 3 + chance.below(2), 4 + chance.below(3));
        for (place, piece) in pieces.iter().enumerate() {
            let report = lake.ingest(piece).await;
            let built = report.built.expect("declarations came");
            steps += 1;
            updated += usize::from(built.people.is_some());
            assert_as_if_anew(&lake, &format!("seed {seed}, piece {place} of {} files, {:?} people", piece.len(), built.people)).await;
            if place == deposited {
                deposit(&lake, &synthetic, "departement").await;
                deposit(&lake, &synthetic, "petite_liste").await;
                assert_as_if_anew(&lake, &format!("seed {seed}, lists after piece {place}")).await;
            }
            if place == erased {
                lists::erase(&lake.home, "petite_liste").await.expect("a list erased");
            }
            if place == opposed {
                let people = synthetic.truth("people.csv");
                let nir = format!("{}\n", people[chance.below(people.len())]["nir"]);
                let today = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
                opposition::add(&lake.home, &mut nir.as_bytes(), today, &mut Vec::new()).await.expect("an opposition");
            }
        }
    }
    assert!(updated * 2 >= steps, "{updated} of {steps} pieces brought only some people up to date");
}

/// Takes the last send out of a file, into a file of its own.
fn last_send_apart(file: &Path, folder: &Path) -> PathBuf {
    let bytes = std::fs::read(file).expect("a file");
    let begin = b"S10.G00.00.001,";
    let place = bytes.windows(begin.len()).rposition(|window| window == begin).expect("a send");
    assert!(place > 0, "there are several sends");
    let apart = folder.join("late.dsn");
    std::fs::write(&apart, &bytes[place..]).expect("a file");
    std::fs::write(file, &bytes[..place]).expect("a file");
    apart
}

/// One establishment declares a month late: the people of that declaration are gone through again, and nobody else; a month that becomes complete moves everybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_declaration_concerns_its_people_alone() {
    let synthetic = Synthetic::changing(900, 14, 5, 0);
    let lake = Lake::new().await;
    let mut files = synthetic.files();
    let last = files.iter().rposition(|file| file.parent() != files.last().and_then(|last| last.parent())).expect("two months");
    let month = files.split_off(last + 1);
    let late = last_send_apart(&files[files.len() / 2], &synthetic.path("dsn"));
    assert!(lake.ingest(&files).await.built.expect("careers").people.is_none(), "the first build is of everybody");
    let people: u64 = lake.rows("SELECT count(DISTINCT person) FROM spells").await[0][0].parse().expect("a number");
    let again = lake.ingest(&[late]).await.built.expect("careers").people.expect("some people");
    assert!(again > 0 && again * 8 < people, "{again} people of {people}");
    assert_as_if_anew(&lake, "a late declaration").await;
    assert!(lake.ingest(&month).await.built.expect("careers").people.is_none(), "a month became complete");
    assert_as_if_anew(&lake, "a month").await;
    ingest::build(&lake.home, &apres::progress::Progress::hidden()).await.expect("careers built anew");
}

/// What a declaration said of who is who is forgotten when it is replaced: the people concerned are gone through again.
#[tokio::test(flavor = "multi_thread")]
async fn an_identity_taken_back_concerns_its_people() {
    let lake = Lake::new().await;
    let ingest = async |text: &str| -> Option<u64> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("cases.dsn");
        std::fs::write(&path, send(text)).expect("a file");
        let people = lake.ingest(&[path]).await.built.expect("careers").people;
        assert_as_if_anew(&lake, text).await;
        people
    };
    let iae = "02 complement=02 prevue=2024-03-31";
    let world = format!(
        "2024-01..2024-09 F | eve Z1 2020-01-01 01 ; bob X1 2023-01-02 01 ; cleo Y1 2023-01-02 01
         2024-01..2024-02 E | ntt:ana C1 2024-01-02 {iae} sexe=01 naissance=1950-01-01
         2024-03 E | bob+ntt:ana C1 2024-01-02 {iae} fin=2024-03-31/031 sexe=01 naissance=1950-01-01"
    );
    assert_eq!(ingest(&world).await, None, "the first build is of everybody");
    let people = async || lake.rows("SELECT DISTINCT person FROM spells").await.len();
    assert_eq!(people().await, 3);
    let again = ingest(&format!("2024-03 E type=03 ordre=2 | ntt:ana C1 2024-01-02 {iae} fin=2024-03-31/031 naissance=1990-01-01")).await;
    assert!(again.is_some());
    assert_eq!(people().await, 4);
    assert_eq!(lake.rows("SELECT sex, birth_year FROM exits").await, [["F", "1990"]]);
    let again =
        ingest(&format!("2024-03 E type=03 ordre=3 | cleo+ntt:ana C1 2024-01-02 {iae} fin=2024-03-31/031 naissance=1991-01-01")).await;
    assert!(again.is_some());
    assert_eq!(people().await, 3);
    ingest("2024-09 F type=03 ordre=2 | eve Z1 2020-01-01 01 ; bob X1 2023-01-02 01 ; cleo Y1 2023-01-02 01 naissance=1992-01-01").await;
    assert_eq!(lake.rows("SELECT sex, birth_year FROM exits").await, [["F", "1992"]]);
}

/// Under another key nobody is who they were: everything is built anew, and the next declarations are added to that.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_turns_is_followed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    synth(&folder.path().join("synth"), 200, 12).ended(0);
    let program = Program::on(folder.path().join("data"));
    let mut months: Vec<PathBuf> =
        crate::program::files(&folder.path().join("synth/dsn")).into_iter().filter(|file| file.extension().is_some()).collect();
    months.sort();
    let late = months.split_off(months.len() - months.len() / 8);
    for (files, is_rotated) in [(&months[..months.len() / 2], true), (&months[months.len() / 2..], true), (&late[..], false)] {
        let files: Vec<&str> = files.iter().map(|file| argument(file)).collect();
        program.run(&[&["ingest"], files.as_slice()].concat()).ended(0);
        if is_rotated {
            program.run(&["keys", "rotate", "pseudonym"]).ended(0);
        }
    }
    assert_as_if_anew(&Lake::at(&program.data).await, "after the keys turned").await;
}
