//! Refusals of different rules, compared by their words, their lengths and their times.

use std::time::Duration;

use apres_attack::channel::{Times, difference};
use apres_attack::crawl::{Question, ask};
use apres_attack::{Account, Answer, Menus};

use crate::cohorts::Cohort;
use crate::scene::{PROGRAMME, Scene};

/// Two refusals that should look the same.
pub(crate) struct Compared {
    pub(crate) what: String,
    /// What tells them apart, but for what was asked.
    pub(crate) difference: Option<String>,
    pub(crate) times: Times,
}

/// Two establishments of one structure: once both were described together, the one is too near to that and the other too small.
pub(crate) struct Split {
    pub(crate) period: &'static str,
    pub(crate) near: String,
    pub(crate) small: String,
}

/// Looks for a large establishment and a small one, far enough from the limits that the noise of a count does not decide, over the periods that are offered.
pub(crate) fn split(scene: &Scene) -> Option<Split> {
    ["2024T1-2024T4", "2025T1-2025T4", "2024T1-2025T4"].into_iter().find_map(|period| {
        let sites = scene.exits.largest(period, |exit| &exit.siret);
        let near = sites.iter().find(|(_, people)| *people >= 26)?.0.clone();
        let small = sites.iter().find(|(_, people)| (1..14).contains(people))?.0.clone();
        Some(Split { period, near, small })
    })
}

/// Times of two answers, asked for in turns.
fn in_turns(tries: usize, one: impl Fn() -> Answer, other: impl Fn() -> Answer) -> Times {
    let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for turn in 0..tries {
        // Whoever comes second may find something warm: each does as often as the other.
        for kind in if turn % 2 == 0 { [0, 1] } else { [1, 0] } {
            times[kind].push(if kind == 0 { one() } else { other() }.took);
        }
    }
    Times::of(&times[0], &times[1])
}

/// Compares a question refused for being near another with one refused for its size, as a page and as an export.
pub(crate) fn questions(account: &Account, split: &Split, tries: usize) -> Vec<Compared> {
    let menus = Menus::of(account, PROGRAMME, split.period).expect("menus");
    let (programme, period) = (PROGRAMME.to_owned(), split.period.to_owned());
    let everybody = Question { programme, period, place: None, filters: [].into(), by: "trimestre".to_owned() };
    assert!(ask(account, &everybody).expect("an answer").rows.is_some(), "everybody is described");
    let of = |siret: &str| Question { place: Some(format!("s{siret}")), ..everybody.clone() };
    let words = |siret: &str| {
        let value = format!("s{siret}");
        let shown = menus.choices["lieu"].iter().find(|(known, _)| *known == value).map(|(_, words)| words.clone());
        [shown.expect("a choice"), siret.to_owned()]
    };
    let (near, small) = (of(&split.near), of(&split.small));
    let (near_words, small_words) = (words(&split.near), words(&split.small));
    let compare = |page: &str| {
        let get = |question: &Question| account.get(&question.address(page)).expect("an answer");
        let (one, other) = (get(&near), get(&small));
        let (names, other_names) = (near_words.each_ref().map(String::as_str), small_words.each_ref().map(String::as_str));
        // In the menus all the values are there, and what is chosen differs.
        let plain = |answer: Answer| Answer { body: without_menus(&answer.body), ..answer };
        let difference = difference((&plain(one), &names), (&plain(other), &other_names));
        Compared { what: format!("near, small: {page}"), difference, times: in_turns(tries, || get(&near), || get(&small)) }
    };
    ["/bilan", "/bilan/export.json"].map(compare).into()
}

/// Compares the report of a list too near another one with that of a list in which nobody was found.
pub(crate) fn lists(near: &Cohort, nobody: &Cohort, tries: usize) -> Compared {
    let (names, other_names) = (near.names(), nobody.names());
    let (names, other_names) = (names.each_ref().map(String::as_str), other_names.each_ref().map(String::as_str));
    let difference = difference((&near.report(), &names), (&nobody.report(), &other_names));
    let times = in_turns(tries, || near.report(), || nobody.report());
    Compared { what: format!("{}, {}: report", near.what, nobody.what), difference, times }
}

fn without_menus(page: &str) -> String {
    let mut parts = page.split("<select ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("</select>").map_or("", |(_, rest)| rest))
}
