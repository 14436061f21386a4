//! *Le secret, essayé*: a toy table that a visitor attacks, for everybody, without script. The state is in the address and nothing is kept.

use std::collections::BTreeMap;

use apres_protect::Reason;
use askama::Template;
use axum::extract::{Query, State};

use crate::frame::Frame;
use crate::messages::{say, text};
use crate::pages::{Page, page};
use crate::said::{people, polished};
use crate::selection::Params;
use crate::state::ServeState;
use crate::toy::{CELLS, COLUMNS, COUNT_MIN, Guess, ROWS, Subtraction, TRUTH, guesses, shown};
use crate::visitor::Visitor;

const PATH: &str = "/secret";
/// The differences that may be tried between two groups, with those of them who work.
const DIFFERENCES: [(u32, u32); 5] = [(1, 1), (5, 5), (19, 18), (20, 11), (40, 22)];
/// People of the first group of the two, and those of them who work.
const FIRST: (u32, u32) = (40, 24);

/// A figure of the table.
pub(crate) struct Cell {
    /// The figure, or the reason in short.
    pub(crate) words: String,
    pub(crate) is_hidden: bool,
    /// It is hidden, and was found again.
    pub(crate) is_found: bool,
    pub(crate) is_small: bool,
    /// The address of the page with this figure hidden, or shown again.
    pub(crate) href: String,
    /// What the link does, for those who hear the page.
    pub(crate) action: String,
}

/// A row of the table.
pub(crate) struct Line {
    pub(crate) head: &'static str,
    pub(crate) cells: Vec<Cell>,
}

/// A link to another state of the page.
pub(crate) struct Step {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) is_current: bool,
}

/// The two groups compared.
pub(crate) struct Pair {
    pub(crate) first: String,
    pub(crate) second: String,
    pub(crate) difference: String,
    pub(crate) verdict: String,
    pub(crate) is_answered: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "secret.html")]
pub(crate) struct SecretPage {
    pub(crate) frame: Frame,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) lines: Vec<Line>,
    /// What an onlooker reads of each hidden figure.
    pub(crate) findings: Vec<String>,
    /// What the visitor has reached, and what to try next.
    pub(crate) verdict: &'static str,
    pub(crate) is_safe: bool,
    pub(crate) blur: [Step; 2],
    pub(crate) reset: String,
    pub(crate) solution: String,
    pub(crate) count_min: i32,
    pub(crate) differences: Vec<Step>,
    pub(crate) pair: Pair,
    /// The four reasons: in short, and in full.
    pub(crate) reasons: Vec<(String, String)>,
}

/// What an address says; anything else is ignored.
#[derive(Clone, PartialEq, Eq)]
struct Play {
    hidden: [bool; CELLS],
    is_blurred: bool,
    difference: usize,
}

impl Play {
    fn read(params: &Params) -> Self {
        let given = |name: &str| params.get(name).map_or("", String::as_str);
        let mut hidden = [false; CELLS];
        for code in given("caches").split('.') {
            if let Some(cell) = (0..CELLS).find(|cell| code_of(*cell) == code) {
                hidden[cell] = true;
            }
        }
        let difference = DIFFERENCES.iter().position(|(people, _)| given("ecart") == people.to_string()).unwrap_or(0);
        Self { hidden, is_blurred: given("flou") == "oui", difference }
    }

    fn toggled(&self, cell: usize) -> Self {
        let mut toggled = self.clone();
        toggled.hidden[cell] = !toggled.hidden[cell];
        toggled
    }

    /// Its address; `anchor` is the part of the page to come back to.
    fn href(&self, anchor: &str) -> String {
        let codes: Vec<String> = (0..CELLS).filter(|cell| self.hidden[*cell]).map(code_of).collect();
        let mut pairs = Vec::new();
        pairs.extend((!codes.is_empty()).then(|| format!("caches={}", codes.join("."))));
        pairs.extend(self.is_blurred.then(|| "flou=oui".to_owned()));
        pairs.extend((self.difference > 0).then(|| format!("ecart={}", DIFFERENCES[self.difference].0)));
        let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        format!("{PATH}{query}#{anchor}")
    }
}

/// `b3`: second row, third column.
fn code_of(cell: usize) -> String {
    format!("{}{}", ["a", "b", "t"][cell / COLUMNS], cell % COLUMNS + 1)
}

/// `GET /secret`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor, Query(params): Query<Params>) -> Page {
    let play = Play::read(&params);
    let catalogue = state.desk.catalogue();
    let reason = |reason: Reason| {
        let label = catalogue.reason_label(reason);
        (polished(&label.label), polished(&label.text))
    };
    let guesses: BTreeMap<usize, Guess> = guesses(&play.hidden, play.is_blurred).into_iter().collect();
    let hidden_small = play.hidden.iter().zip(TRUTH).all(|(is_hidden, figure)| *is_hidden || figure >= COUNT_MIN);
    let is_found = guesses
        .iter()
        .any(|(cell, guess)| TRUTH[*cell] < COUNT_MIN && matches!(guess, Guess::Found { value, .. } if *value == TRUTH[*cell]));
    let key = match (hidden_small, is_found, play.is_blurred) {
        (_, _, true) => "toy.blurred",
        (false, _, false) => "toy.begin",
        (true, true, false) => "toy.found",
        (true, false, false) => "toy.safe",
    };
    let with_blur = |is_blurred: bool| Step {
        label: text(if is_blurred { "toy.blur" } else { "toy.exact" }).to_owned(),
        href: Play { is_blurred, ..play.clone() }.href("jouer"),
        is_current: play.is_blurred == is_blurred,
    };
    let solution = Play::read(&Params::from([("caches".to_owned(), "a3.b3.a2.b2".to_owned())]));
    page(&SecretPage {
        frame: Frame::new(&state, &visitor, "secret", text("page.secret")),
        columns: ["toy.under_26", "toy.from_26", "toy.from_50", "toy.total"].map(text).into(),
        lines: lines(&play, &guesses, &reason(Reason::Small).0, &reason(Reason::WouldRevealAnother).0),
        findings: guesses.iter().map(|(cell, guess)| finding(*cell, guess, play.is_blurred)).collect(),
        verdict: text(key),
        is_safe: hidden_small && !is_found,
        blur: [with_blur(false), with_blur(true)],
        reset: Play { hidden: [false; CELLS], is_blurred: false, ..play.clone() }.href("jouer"),
        solution: Play { difference: play.difference, ..solution }.href("jouer"),
        count_min: COUNT_MIN,
        differences: differences(&play),
        pair: pair(play.difference),
        reasons: Reason::ALL.map(reason).into(),
    })
}

fn lines(play: &Play, guesses: &BTreeMap<usize, Guess>, small: &str, other: &str) -> Vec<Line> {
    let figures = shown(play.is_blurred);
    let cell = |cell: usize| {
        let is_hidden = play.hidden[cell];
        let is_small = TRUTH[cell] < COUNT_MIN;
        let words = match (is_hidden, is_small) {
            (false, _) => figures[cell].to_string(),
            (true, true) => small.to_owned(),
            (true, false) => other.to_owned(),
        };
        let key = if is_hidden { "toy.show" } else { "toy.hide" };
        Cell {
            words,
            is_hidden,
            is_found: matches!(guesses.get(&cell), Some(Guess::Found { .. })),
            is_small,
            href: play.toggled(cell).href("jouer"),
            action: say(key, &[("cell", &name_of(cell))]),
        }
    };
    let heads = ["toy.women", "toy.men", "toy.total"].map(text);
    (0..ROWS).map(|row| Line { head: heads[row], cells: (0..COLUMNS).map(|column| cell(row * COLUMNS + column)).collect() }).collect()
}

/// `femmes de 50 ans et plus`.
fn name_of(cell: usize) -> String {
    let row = ["toy.of_women", "toy.of_men", "toy.of_all"][cell / COLUMNS];
    let column = ["toy.of_under_26", "toy.of_26", "toy.of_50", "toy.of_any_age"][cell % COLUMNS];
    say("toy.cell", &[("who", text(row)), ("age", text(column))])
}

fn finding(cell: usize, guess: &Guess, is_blurred: bool) -> String {
    let name = name_of(cell);
    match guess {
        Guess::Found { value, by } => {
            let sum = match by {
                Subtraction::Less { total, others } => {
                    others.iter().fold(total.to_string(), |sum, other| format!("{sum} \u{2212} {other}"))
                }
                Subtraction::Sum(parts) => parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "),
            };
            let key = match (is_blurred, *value == TRUTH[cell]) {
                (false, _) => "toy.finding",
                (true, false) => "toy.finding_wrong",
                (true, true) => "toy.finding_lucky",
            };
            say(key, &[("cell", &name), ("sum", &sum), ("value", &value.to_string()), ("truth", &TRUTH[cell].to_string())])
        }
        Guess::Between(..) if is_blurred => say("toy.open_blurred", &[("cell", &name)]),
        Guess::Between(low, high) => say("toy.open", &[("cell", &name), ("low", &low.to_string()), ("high", &high.to_string())]),
    }
}

fn differences(play: &Play) -> Vec<Step> {
    let step = |(place, (count, _)): (usize, &(u32, u32))| Step {
        label: people(u64::from(*count)),
        href: Play { difference: place, ..play.clone() }.href("deux-questions"),
        is_current: place == play.difference,
    };
    DIFFERENCES.iter().enumerate().map(step).collect()
}

fn pair(difference: usize) -> Pair {
    let (people, employed) = DIFFERENCES[difference];
    let group = |people: u32, employed: u32| say("toy.group", &[("people", &people.to_string()), ("employed", &employed.to_string())]);
    let is_answered = people >= apres_protect::memory::DIFFERENCE_MIN;
    let key = match (people, is_answered) {
        (1, _) => "toy.pair_one",
        (_, true) => "toy.pair_answered",
        _ if people == employed => "toy.pair_all",
        _ => "toy.pair_nearly",
    };
    Pair {
        first: group(FIRST.0, FIRST.1),
        second: group(FIRST.0 + people, FIRST.1 + employed),
        difference: say("toy.difference", &[("people", &people.to_string()), ("employed", &employed.to_string())]),
        verdict: text(key).to_owned(),
        is_answered,
    }
}
