//! Two releases in time: people object, a further month is read, and a quarter later the figures are renewed.

use std::collections::BTreeSet;

use apres_attack::compare::{Change, changes, outcomes, told_apart};
use apres_attack::{Group, Quantity, Reading};

use crate::scene::{FINANCEUR, PERIOD, Scene, Told};
use crate::truth::{Exit, HORIZON};

/// What two releases told.
pub(crate) struct Seasons {
    /// Answers that changed while the vintage was the same.
    pub(crate) changed_within: usize,
    /// People who objected, of whom what became is guessed right, and by whoever always says the most frequent outcome.
    pub(crate) objected: usize,
    pub(crate) outcomes_right: usize,
    pub(crate) outcomes_by_chance: usize,
    /// Of one who objected alone: what the groups that moved tell, and how many people of the territory it is true of.
    pub(crate) told: BTreeSet<String>,
    pub(crate) alike: usize,
}

/// Those who object: some people of the widest place, evenly taken.
fn objectors(scene: &Scene, how_many: usize) -> Vec<Exit> {
    let all = scene.exits.of(&scene.place(FINANCEUR), PERIOD);
    let step = all.len() / (how_many + 1);
    // Whoever has no number is known by name only.
    let numbered = all.into_iter().filter(|exit| exit.nir.parse::<u64>().is_ok());
    numbered.step_by(step.max(1)).take(how_many + 1).cloned().collect()
}

/// All values of a person, the part of the territory too.
fn group_of(scene: &Scene, exit: &Exit) -> Group {
    let mut group = exit.values.clone();
    let part = if exit.siret == scene.siret {
        "S"
    } else if exit.departement == scene.departements[0] {
        "D"
    } else {
        "E"
    };
    group.insert("lieu".to_owned(), part.to_owned());
    group.insert("departement".to_owned(), exit.departement.clone());
    group
}

/// What is said of everybody and of each value of one variable.
fn one_by_one(scene: &Scene, told: &Told) -> Vec<Reading> {
    scene.read_plainly(told).into_iter().filter(|reading| reading.group.len() <= 1).collect()
}

/// Lets people object and time go by, and compares what is said before and after.
pub(crate) fn pass(scene: &mut Scene, before: &[Told], how_many: usize) -> Seasons {
    let all = objectors(scene, how_many);
    let (alone, several) = all.split_last().expect("people");
    several.iter().for_each(|exit| scene.site.opposition(&exit.nir));
    let month = scene.next_month.clone();
    scene.site.ingest(&[month]);
    let meanwhile = scene.ask();
    let bodies = |told: &[Told]| told.iter().flat_map(|told| &told.asked).map(|asked| asked.answer.body.clone()).collect::<Vec<_>>();
    let changed_within = bodies(before).iter().zip(&bodies(&meanwhile)).filter(|(one, other)| one != other).count();

    scene.site.stop();
    scene.site.next_quarter();
    scene.site.start();
    let after = scene.ask();
    let moved = changes(&scene.readings(before), &scene.readings(&after));
    let groups: Vec<Group> = several.iter().map(|exit| group_of(scene, exit)).collect();
    let outcome = Quantity::With("B-01".to_owned(), HORIZON);
    let guessed = outcomes(&moved, &outcome, &groups);
    let outcomes_right = guessed.iter().zip(several).filter(|(guess, exit)| (**guess > 0.5) == exit.is_employed).count();
    let employed = several.iter().filter(|exit| exit.is_employed).count();

    let before_last = scene.ask_without_filters();
    scene.site.stop();
    scene.site.opposition(&alone.nir);
    scene.site.build();
    scene.site.next_quarter();
    scene.site.start();
    let last = scene.ask_without_filters();
    let moved: Vec<Change> = changes(&one_by_one(scene, &before_last), &one_by_one(scene, &last));
    let own = group_of(scene, alone);
    let told = told_apart(&moved, &own);
    let everybody = scene.exits.of(&scene.place(FINANCEUR), PERIOD);
    let is_alike = |exit: &&&Exit| told.iter().all(|dimension| group_of(scene, exit).get(dimension) == own.get(dimension));
    let alike = everybody.iter().filter(is_alike).count();
    let outcomes_by_chance = employed.max(several.len() - employed);
    Seasons { changed_within, objected: several.len(), outcomes_right, outcomes_by_chance, told, alike }
}
