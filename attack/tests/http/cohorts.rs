//! Lists that a few people tell apart, deposited by several organisations: at most one of two may be told about.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use apres_attack::crawl::read_export;
use apres_attack::{Account, Answer, Menus};

use crate::scene::{PERIOD, Scene};

/// People of the list that the others are compared with.
const PEOPLE: usize = 45;
/// Longest wait for a search; not a promise.
const SEARCH_SECONDS_MAX: u64 = 300;

/// A list that was deposited, and what became of it.
pub(crate) struct Cohort {
    pub(crate) what: String,
    pub(crate) account: Account,
    pub(crate) organisation: String,
    pub(crate) id: String,
    /// Who is in it and exists, then the rows that were made up.
    people: BTreeSet<String>,
    made_up: usize,
    pub(crate) is_told: bool,
}

/// A number with its key.
fn keyed(number: u64) -> String {
    format!("{number:013}{:02}", 97 - number % 97)
}

/// Numbers of people who left in the period, then numbers of nobody.
fn numbers(scene: &Scene) -> (Vec<String>, Vec<String>) {
    let known: BTreeMap<&str, u64> = scene.exits.0.iter().filter_map(|exit| Some((exit.person.as_str(), exit.nir.parse().ok()?))).collect();
    let real = known.into_values().map(keyed).collect();
    (real, (0..u64::try_from(PEOPLE).expect("small")).map(|order| keyed(2_990_148_856_500 + order)).collect())
}

/// A day of exit that is always the same for a person, and in no quarter of which there are enough people for a list of that quarter alone.
fn day_of(nir: &str) -> &'static str {
    let days = ["15/02/2024", "15/05/2024", "15/08/2024", "15/11/2024"];
    days[nir.bytes().map(usize::from).sum::<usize>() % days.len()]
}

/// Deposits the list of these people in the name of an organisation made for it, and waits for the end of the search.
fn deposited(scene: &Scene, what: &str, programme: &str, organisation: &str, rows: (&[String], &[String])) -> Cohort {
    if !organisation.ends_with('+') {
        scene.site.organisation(organisation, "financeur", &[], &[&scene.departements[0]]);
    }
    let organisation = organisation.trim_end_matches('+').to_owned();
    let account = scene.site.account(&organisation);
    let lines: String = rows.0.iter().chain(rows.1).map(|nir| format!("{nir};{}\r\n", day_of(nir))).collect();
    let id = account.deposit("liste.csv", &format!("NIR;Date de sortie\r\n{lines}")).expect("a deposit");
    let page = account.get(&format!("/listes/{id}/verifier")).expect("the check").body;
    let first = |name: &str| {
        page.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next()).expect("a choice").to_owned()
    };
    let (purpose, basis) = (first("finalite"), first("base"));
    let fields = [("programme", programme), ("periode", PERIOD), ("finalite", &purpose), ("base", &basis), ("information", "oui")];
    let answer = account.post(&format!("/listes/{id}/confirmer"), &fields).expect("an answer");
    assert_eq!(answer.status, 303, "{what} is confirmed: {:?}", Menus::read(&page).choices.get("periode"));
    let begun = Instant::now();
    while !account.get(&format!("/listes/{id}/suivi.json")).expect("a state").body.contains("\"ready\"") {
        assert!(begun.elapsed() < Duration::from_secs(SEARCH_SECONDS_MAX), "{what} is searched");
        std::thread::sleep(Duration::from_millis(100));
    }
    let address = format!("/listes/{id}/rapport/export.json");
    let is_told = read_export(&address, &account.get(&address).expect("an answer")).expect("an export").is_some();
    let matched = format!("{address}?tableau=match");
    let is_matched = read_export(&matched, &account.get(&matched).expect("an answer")).expect("an export").is_some();
    Cohort {
        what: what.to_owned(),
        account,
        organisation,
        id,
        people: rows.0.iter().cloned().collect(),
        made_up: rows.1.len(),
        is_told: is_told || is_matched,
    }
}

/// Deposits a list, then those that 1 to 19 people tell from it, and some that may be told about.
pub(crate) fn deposit(scene: &Scene, is_everything: bool) -> Vec<Cohort> {
    let (real, made_up) = numbers(scene);
    assert!(real.len() >= 2 * PEOPLE, "enough people left: {}", real.len());
    let base = &real[..PEOPLE];
    let mut cohorts = vec![deposited(scene, "A", "iae", "liste-a", (base, &[]))];
    let sizes: Vec<usize> = if is_everything { vec![1, 2, 3, 5, 10, 15, 19] } else { vec![1, 19] };
    for size in sizes {
        let (more, less) = (&real[..PEOPLE + size], &base[size..]);
        cohorts.push(deposited(scene, &format!("A and {size} more"), "iae", &format!("liste-plus-{size}"), (more, &[])));
        cohorts.push(deposited(scene, &format!("A less {size}"), "iae", &format!("liste-moins-{size}"), (less, &[])));
    }
    cohorts.push(deposited(scene, "A and one more, same organisation", "pec", "liste-a+", (&real[..=PEOPLE], &[])));
    cohorts.push(deposited(scene, "A and one more, behind made-up rows", "iae", "liste-cachee", (&real[..=PEOPLE], &made_up[..30])));
    cohorts.push(deposited(scene, "nobody", "iae", "liste-vide", (&[], &made_up)));
    cohorts.push(deposited(scene, "A again", "iae", "liste-meme", (base, &[])));
    cohorts.push(deposited(scene, "others", "iae", "liste-autre", (&real[PEOPLE + 1..2 * PEOPLE], &[])));
    cohorts
}

/// Pairs of lists of real people that 1 to 19 of them tell apart, both told about.
pub(crate) fn near_pairs(cohorts: &[Cohort]) -> Vec<String> {
    let told: Vec<&Cohort> = cohorts.iter().filter(|cohort| cohort.is_told).collect();
    let mut pairs = Vec::new();
    for (place, one) in told.iter().enumerate() {
        for other in &told[..place] {
            let apart = one.people.symmetric_difference(&other.people).count();
            if (1..20).contains(&apart) {
                pairs.push(format!("{} and {}: {apart} people ({} and {} made up)", one.what, other.what, one.made_up, other.made_up));
            }
        }
    }
    pairs
}

impl Cohort {
    /// The page of the report.
    pub(crate) fn report(&self) -> Answer {
        self.account.get(&format!("/listes/{}/rapport", self.id)).expect("a report")
    }

    /// What the page calls it: its identifier, its organisation, and how many lines it has.
    pub(crate) fn names(&self) -> [String; 3] {
        [self.id.clone(), self.organisation.clone(), format!("{} lignes", self.people.len() + self.made_up)]
    }
}
