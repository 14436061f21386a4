//! Two releases in time: people object, a further month is read, and a quarter later the figures are renewed.

use apres_attack::compare::{changes, cleared, outcomes};
use apres_attack::{Group, Quantity};

use crate::scene::{FINANCEUR, PERIOD, Scene, Told};
use crate::truth::{Exit, HORIZON};

/// What two releases told of several people who objected in between.
pub(crate) struct Outcomes {
    /// Answers that changed while the vintage was the same.
    pub(crate) changed_within: usize,
    /// People who objected, of whom what became is guessed right, and by whoever always says the most frequent outcome.
    pub(crate) objected: usize,
    pub(crate) right: usize,
    pub(crate) by_chance: usize,
}

/// What two releases told of one person who objected alone in between.
pub(crate) struct Alone {
    /// Values of which the tables say that nobody who objected has them.
    pub(crate) cleared: usize,
    /// How many people of the territory have none of these values, out of how many.
    pub(crate) left: usize,
    /// The one who objected is among them.
    pub(crate) is_among: bool,
    pub(crate) people: usize,
}

/// Those who may object by their number; whoever has none is known by name only.
fn numbered(scene: &Scene) -> Vec<Exit> {
    let all = scene.exits.of(&scene.place(FINANCEUR), PERIOD);
    all.into_iter().filter(|exit| exit.nir.parse::<u64>().is_ok()).cloned().collect()
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

/// Some people object and a month is read; a quarter later, what became of them is looked for in what changed.
pub(crate) fn several(scene: &mut Scene, how_many: usize) -> Outcomes {
    let before = scene.ask();
    let all = numbered(scene);
    let objectors: Vec<Exit> = all.iter().step_by((all.len() / (how_many + 1)).max(1)).take(how_many).cloned().collect();
    objectors.iter().for_each(|exit| scene.site.opposition(&exit.nir));
    scene.site.ingest(std::slice::from_ref(&scene.next_month));
    let meanwhile = scene.ask();
    let bodies = |told: &[Told]| told.iter().flat_map(|told| &told.asked).map(|asked| asked.answer.body.clone()).collect::<Vec<_>>();
    let changed_within = bodies(&before).iter().zip(&bodies(&meanwhile)).filter(|(one, other)| one != other).count();

    scene.site.stop();
    scene.site.next_quarter();
    scene.site.start();
    let after = scene.ask();
    let moved = changes(&scene.readings(&before), &scene.readings(&after));
    let groups: Vec<Group> = objectors.iter().map(|exit| group_of(scene, exit)).collect();
    let guessed = outcomes(&moved, &Quantity::With("B-01".to_owned(), HORIZON), &groups);
    let right = guessed.iter().zip(&objectors).filter(|(guess, exit)| (**guess > 0.5) == exit.is_employed).count();
    let employed = objectors.iter().filter(|exit| exit.is_employed).count();
    Outcomes { changed_within, objected: objectors.len(), right, by_chance: employed.max(objectors.len() - employed) }
}

/// One person objects, whom no other is like, and nothing else happens; a quarter later, they are looked for in the tables by one variable.
pub(crate) fn alone(scene: &mut Scene) -> Alone {
    let all = scene.exits.of(&scene.place(FINANCEUR), PERIOD);
    let groups: Vec<Group> = all.iter().map(|exit| group_of(scene, exit)).collect();
    let is_single = |exit: &Exit| groups.iter().filter(|group| **group == group_of(scene, exit)).count() == 1;
    let objector = numbered(scene).into_iter().find(is_single).expect("somebody whom no other is like");
    let before = scene.ask_without_filters();
    scene.site.stop();
    scene.site.opposition(&objector.nir);
    scene.site.build();
    scene.site.next_quarter();
    scene.site.start();
    let after = scene.ask_without_filters();
    let cleared = cleared(&before.asked, &after.asked, &after.menus);
    let is_left = |group: &Group| !group.iter().any(|(dimension, value)| cleared.contains(&(dimension.clone(), value.clone())));
    let left = groups.iter().filter(|group| is_left(group)).count();
    Alone { cleared: cleared.len(), left, is_among: is_left(&group_of(scene, &objector)), people: groups.len() }
}
