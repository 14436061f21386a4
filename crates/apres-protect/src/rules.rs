//! The rules of the gate, as one table that describes itself.
//!
//! Each [`Rule`] says what it needs to know, what follows when it is broken, and where a question stands under, at and above its limit. Those on the question
//! alone are evaluated before anything is counted ([`admit`]), so that a refusal tells nothing of the data. Their limits and their French words are
//! data: `crates/apres-protect/regles.toml`. Sources: `docs/methods/rules.md`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::policy::Policy;
use crate::refusal::{Refusal, RefusalCode};
use crate::release::{Reason, Release};
use crate::request::{Dimension, Request};

mod offer;
mod question;
#[cfg(test)]
mod tests;

pub(crate) use offer::wider;

/// What a rule must know to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The question itself, before its filters are applied.
    Question,
    /// What the catalogue says of its indicators, programmes and dimensions.
    Catalogued,
    /// How many people the question is about.
    Population,
    /// How many of them were found in the DSN.
    Found,
    /// How many people a cell is about.
    CellPeople,
    /// How many people of a cell have what is measured.
    CellNumerator,
}

/// What follows when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// The question is refused, with others to try.
    Refuse(RefusalCode),
    /// The figure is hidden.
    Hide(Reason),
    /// Only a bound is said.
    Bound,
}

/// A rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Stable code; the French words are under it.
    pub code: &'static str,
    /// What it needs to know.
    pub evidence: &'static [Evidence],
    /// What follows when it is broken.
    pub consequence: Consequence,
    judge: Judge,
}

/// How a rule judges, by what it needs.
#[derive(Clone, Copy)]
enum Judge {
    Question(fn(&Asked<'_>) -> bool),
    Population(fn(&Policy, People) -> bool),
    Cell(fn(&Policy, Cell) -> bool),
}

/// A question to be judged.
pub(crate) struct Asked<'a> {
    request: &'a Request,
    catalogue: &'a Catalogue,
    policy: &'a Policy,
    limits: &'a Limits,
}

/// How many people a question is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct People {
    pub(crate) all: u64,
    pub(crate) found: u64,
}

/// How many people a cell is about, and how many of them have what is measured.
#[derive(Debug, Clone, Copy)]
struct Cell {
    people: u64,
    numerator: u64,
}

use Consequence::{Bound, Hide, Refuse};
use Evidence::{Catalogued, CellNumerator, CellPeople, Found, Population, Question};

/// Every rule, in the order in which they are evaluated.
pub static RULES: [Rule; 10] = [
    on_question("known", &[Question, Catalogued], RefusalCode::UnknownQuestion, question::is_known),
    on_question("banding", &[Question], RefusalCode::OtherBanding, question::has_one_banding),
    on_question("crossing", &[Question], RefusalCode::CrossingNotAllowed, question::is_crossing_allowed),
    on_question("geography", &[Question], RefusalCode::GeographyNotNested, question::is_nested),
    on_question("period", &[Question], RefusalCode::PeriodNotClosed, question::is_period_closed),
    on_question("cells", &[Question, Catalogued], RefusalCode::TooManyCells, question::has_few_cells),
    Rule {
        code: "cohort",
        evidence: &[Population, Found],
        consequence: Refuse(RefusalCode::CohortTooSmall),
        judge: Judge::Population(|policy, people| people.all >= policy.cohort_min && people.found >= policy.cohort_min),
    },
    Rule {
        code: "count",
        evidence: &[CellPeople],
        consequence: Hide(Reason::Small),
        judge: Judge::Cell(|policy, cell| cell.people >= policy.count_min),
    },
    Rule {
        code: "denominator",
        evidence: &[CellPeople],
        consequence: Hide(Reason::Small),
        judge: Judge::Cell(|policy, cell| cell.people >= policy.denominator_min),
    },
    Rule {
        code: "guard",
        evidence: &[CellPeople, CellNumerator],
        consequence: Bound,
        judge: Judge::Cell(|policy, cell| {
            cell.numerator >= policy.guard_min && cell.people.saturating_sub(cell.numerator) >= policy.guard_min
        }),
    },
];

const fn on_question(code: &'static str, evidence: &'static [Evidence], refusal: RefusalCode, judge: fn(&Asked<'_>) -> bool) -> Rule {
    Rule { code, evidence, consequence: Refuse(refusal), judge: Judge::Question(judge) }
}

impl Rule {
    /// Its French words.
    #[must_use]
    pub fn words(&self) -> &'static Words {
        let words = BOOK.rules.iter().find(|words| words.code == self.code);
        words.expect("the tests check that every rule has its words")
    }

    /// Whether a cell of so many people, of whom `numerator` have what is measured, respects it; none for a rule that is not on cells.
    #[must_use]
    pub fn holds_for_cell(&self, policy: &Policy, people: u64, numerator: u64) -> Option<bool> {
        match self.judge {
            Judge::Cell(respects) => Some(respects(policy, Cell { people, numerator })),
            Judge::Question(_) | Judge::Population(_) => None,
        }
    }

    /// Whether a question respects it; always for a rule that is not on the question alone.
    fn admits(&self, asked: &Asked<'_>) -> bool {
        match self.judge {
            Judge::Question(respects) => respects(asked),
            Judge::Population(_) | Judge::Cell(_) => true,
        }
    }
}

/// The crossings that may be asked, each with all its margins.
pub(crate) fn crossings() -> &'static [Vec<Dimension>] {
    &BOOK.limits.crossings
}

/// The rule behind a refusal; none for the codes that are about rights.
#[must_use]
pub fn rule_of(code: RefusalCode) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.consequence == Refuse(code))
}

/// Checks a request against every rule on the question alone, without counting.
///
/// # Errors
/// A [`Refusal`] with the code of the first rule that it breaks, and the nearest questions that break none.
pub fn admit(request: &Request, catalogue: &Catalogue, policy: &Policy) -> Result<(), Refusal> {
    let Ok(request) = request.canonical() else {
        return Err(Refusal { code: RefusalCode::UnknownQuestion, try_instead: Vec::new() });
    };
    let Some(code) = first_broken(&request, catalogue, policy) else { return Ok(()) };
    let mut try_instead: Vec<Request> = Vec::new();
    for offer in offer::nearest(&request, catalogue, policy) {
        if first_broken(&offer, catalogue, policy).is_none() && !try_instead.contains(&offer) {
            try_instead.push(offer);
        }
    }
    Err(Refusal { code, try_instead })
}

fn first_broken(request: &Request, catalogue: &Catalogue, policy: &Policy) -> Option<RefusalCode> {
    let asked = Asked { request, catalogue, policy, limits: &BOOK.limits };
    RULES.iter().find(|rule| !rule.admits(&asked)).map(|rule| match rule.consequence {
        Refuse(code) => code,
        Hide(_) | Bound => unreachable!("a rule on the question refuses"),
    })
}

/// Whether so many people may be described at all.
pub(crate) fn is_described(policy: &Policy, people: People) -> bool {
    RULES.iter().all(|rule| match rule.judge {
        Judge::Population(respects) => respects(policy, people),
        Judge::Question(_) | Judge::Cell(_) => true,
    })
}

/// About how many people, when that may be said: what stands beside a question that is offered instead of a refused one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeBand {
    /// From the smallest cohort to 49.
    Under50,
    /// 50 to 99.
    Under100,
    /// 100 to 499.
    Under500,
    /// 500 and more.
    Over500,
}

impl SizeBand {
    /// The band of a release's population; none when the release does not say it, or when it is too near a bound for the band to be told.
    #[must_use]
    pub fn of(release: &Release) -> Option<Self> {
        release.population().map(|people| match people {
            0..50 => Self::Under50,
            50..100 => Self::Under100,
            100..500 => Self::Under500,
            _ => Self::Over500,
        })
    }
}

/// The French words of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The rule.
    pub code: String,
    /// In a few words.
    #[serde(rename = "titre")]
    pub title: String,
    /// Why it is so.
    #[serde(rename = "explication")]
    pub explanation: String,
    /// What to do next.
    #[serde(rename = "suite")]
    pub next_step: String,
}

/// What the rules allow.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Limits {
    groups_max: usize,
    crossings: Vec<Vec<Dimension>>,
}

/// The file of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Book {
    limits: Limits,
    rules: Vec<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBook {
    groupes_max: usize,
    croisements: Vec<Vec<String>>,
    regle: Vec<Words>,
}

/// The rules that the program was built with.
static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let raw: RawBook = toml::from_str(include_str!("../regles.toml")).expect("the embedded rules are checked by the tests");
    let dimension = |code: &String| Dimension::from_code(code).expect("a crossing names known dimensions");
    let crossings = raw.croisements.iter().map(|crossing| crossing.iter().map(dimension).collect()).collect();
    let limits = Limits { groups_max: raw.groupes_max, crossings };
    Book { limits, rules: raw.regle }
});
