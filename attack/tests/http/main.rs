//! The attacker against the running program: what three accounts are told over HTTP, put together and attacked.
//!
//! `APRES_PROGRAM` says which program. These tests are ignored but in `make attack`, which tries everything on larger territories; without `APRES_SLOW_TESTS`, a sample of
//! the questions and of the small counts is tried.

#![expect(clippy::print_stdout, reason = "what was found is a table to be read")]

mod channels;
mod cohorts;
mod program;
mod scene;
mod seasons;
mod truth;

use apres_attack::{Report, table};

use scene::{FINANCEUR, Scene, Size, Told, other_numbers, small_numbers};

/// Whether everything is attacked.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the program")]
fn is_everything() -> bool {
    std::env::var_os("APRES_SLOW_TESTS").is_some()
}

/// The territories: three sizes, of which the last is larger where everything is attacked.
fn sizes() -> [Size; 3] {
    let few = |name, people, months, seed| Size { name, people, months, seed, questions_max: 60, targets_max: 16 };
    let all = |name, people, seed| Size { name, people, months: 36, seed, questions_max: usize::MAX, targets_max: 400 };
    match is_everything() {
        true => [all("all-small", 2_000, 5), all("all-middle", 4_000, 5), all("all-large", 12_000, 3)],
        false => [few("small", 1_600, 26, 5), few("middle", 2_000, 26, 5), few("large", 3_600, 26, 3)],
    }
}

/// Checks every gate of the reports.
fn check(reports: &[(String, Report)]) {
    for (name, report) in reports {
        assert!(report.closure.tried > 10, "{name}: there was something to find");
        for gate in report.gates() {
            assert!(gate.is_kept(), "{name}: {} is {:.1}, at most {:.1}", gate.name, gate.found, gate.limit);
        }
        // Chance gives the truth to a count in four or so; what left without noise would give it to all.
        assert!(report.exact_said.percent() < 50.0, "{name}: {:?} counts are said as they are", report.exact_said);
    }
}

/// Asks in the name of three accounts, and attacks what they were told.
fn attack_accounts(scene: &Scene) -> Vec<Told> {
    let told = scene.ask();
    let reports = scene.attack(&told);
    let [of_one, of_two] = scene.near_pairs(&told);
    let asked: usize = told.iter().map(|told| told.asked.len()).sum();
    let answered: usize = told.iter().flat_map(|told| &told.asked).filter(|asked| asked.rows.is_some()).count();
    let small = small_numbers(&told);
    let others = other_numbers(&scene.site.account(FINANCEUR), &told[0], if is_everything() { 7 } else { 20 });
    println!("{}", table(&reports));
    for (name, report) in &reports {
        println!("{:<64} {:>12}", format!("{name}: counts said that are the truth"), of(report.exact_said.found, report.exact_said.tried));
    }
    line(scene, "questions answered", &of(answered, asked));
    line(scene, "pairs of groups 1 to 19 apart, told to one account", &of_one.to_string());
    line(scene, "the same, told to two accounts (not gated)", &of_two.to_string());
    line(scene, "numbers below the threshold", &small.to_string());
    line(scene, "numbers of a page or a table that the JSON has not", &others.len().to_string());
    assert_eq!(of_one, 0, "both described to one account");
    assert_eq!(small, 0, "a number below the threshold is said");
    assert!(others.is_empty(), "said by a page or a table and not by the JSON: {others:?}");
    check(&reports);
    told
}

fn of(found: usize, tried: usize) -> String {
    format!("{found}/{tried}")
}

fn line(scene: &Scene, what: &str, found: &str) {
    println!("{:<64} {found:>12}", format!("{} people: {what}", scene.size.people));
}

/// Deposits lists that a few people tell apart, then compares refusals.
fn attack_refusals(scene: &Scene) {
    let tries = if is_everything() { 100 } else { 20 };
    let cohorts = cohorts::deposit(scene, is_everything());
    for cohort in &cohorts {
        line(scene, &format!("list « {} »", cohort.what), if cohort.is_told { "told about" } else { "refused" });
    }
    let pairs = cohorts::near_pairs(&cohorts);
    let named = |what: &str| cohorts.iter().find(|cohort| cohort.what == what).expect("a list");
    let mut compared = vec![channels::lists(named("A and 1 more"), named("nobody"), tries)];
    match channels::split(scene) {
        None => panic!("no large establishment beside a small one: another seed is needed"),
        Some(split) => {
            scene.site.organisation("partagee", "structure", &[&split.near, &split.small], &[&scene.departements[0]]);
            compared.extend(channels::questions(&scene.site.account("partagee"), &split, tries));
        }
    }
    for one in &compared {
        let [first, second] = one.times.medians;
        let times = format!("AUC {:.2}, {first:.1} and {second:.1} ms", one.times.auc);
        line(scene, &one.what, &times);
    }
    for what in ["A", "A again", "others"] {
        assert!(named(what).is_told, "there is something to compare with: {what}");
    }
    assert!(pairs.is_empty(), "both told about: {pairs:?}");
    for one in &compared {
        assert_eq!(one.difference, None, "{}", one.what);
        assert!((0.5..2.0).contains(&one.times.ratio()), "{}: {:?}", one.what, one.times);
    }
}

/// Whether time can go by between two releases.
fn has_moved_clock() -> bool {
    let has = program::moved_clock().is_some();
    if !has {
        program::say_not_run("libfaketime.so.1 is missing (package faketime): time cannot go by between two releases");
    }
    has
}

#[test]
#[ignore = "attacks a running program: make attack"]
fn three_accounts_of_a_small_territory_find_nothing() {
    let Some(program) = program::program() else { return };
    attack_accounts(&Scene::new(&program, sizes()[0]));
}

#[test]
#[ignore = "attacks a running program: make attack"]
fn neither_accounts_nor_lists_nor_refusals_of_a_middling_territory_tell() {
    let Some(program) = program::program() else { return };
    let scene = Scene::new(&program, sizes()[1]);
    attack_accounts(&scene);
    attack_refusals(&scene);
}

#[test]
#[ignore = "attacks a running program: make attack"]
fn three_accounts_of_a_large_territory_find_nothing() {
    let Some(program) = program::program() else { return };
    attack_accounts(&Scene::new(&program, sizes()[2]));
}

#[test]
#[ignore = "attacks a running program: make attack"]
fn what_became_of_those_who_object_is_not_told_by_two_releases() {
    let Some(program) = program::program() else { return };
    if !has_moved_clock() {
        return;
    }
    let mut scene = Scene::new(&program, Size { name: "in-time", seed: 7, ..sizes()[1] });
    let found = seasons::several(&mut scene, if is_everything() { 24 } else { 8 });
    line(&scene, "answers that changed within a vintage", &found.changed_within.to_string());
    line(&scene, "outcomes of those who objected, from two releases", &of(found.right, found.objected));
    line(&scene, "the same, always saying the most frequent", &of(found.by_chance, found.objected));
    assert_eq!(found.changed_within, 0, "answers changed while the vintage was the same");
    let right = apres_attack::Scored { found: found.right, tried: found.objected };
    let by_chance = apres_attack::Scored { found: found.by_chance, tried: found.objected };
    assert!(right.percent() - by_chance.percent() <= 20.0, "what became of those who objected: {right:?}, by chance {by_chance:?}");
}

/// A finding: the gate is not kept. Two releases differ in the groups of whoever objected and nowhere else, so that they tell all variables of somebody who
/// objects alone (decision 0013, what is not settled; `docs/methods/attacker.md` §6). This test turns red when they no longer do.
#[test]
#[ignore = "attacks a running program: make attack"]
#[should_panic(expected = "FINDING: who objected is found")]
fn who_objects_alone_is_not_found_by_comparing_two_releases() {
    let not_run = "FINDING: who objected is found: not looked for";
    let Some(program) = program::program() else { panic!("{not_run}") };
    assert!(has_moved_clock(), "{not_run}");
    let mut scene = Scene::new(&program, Size { name: "alone", people: 1_200, months: 26, seed: 8, ..sizes()[0] });
    let found = seasons::alone(&mut scene);
    line(&scene, "people who may have objected, by what did not move", &of(found.left, found.people));
    assert!(found.is_among, "who objected is not among those who may have");
    // What panics leaves its installation behind.
    drop(scene);
    let seasons::Alone { left, people, cleared, .. } = found;
    assert!(left > 1, "FINDING: who objected is found among {people}: {cleared} values did not move");
}
