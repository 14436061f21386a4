//! A territory with three accounts that put together what they are told: a structure, the département around it, and a funder of two départements.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use apres_attack::combine::{PLACE, Sight, nobody, placed};
use apres_attack::crawl::{Asked, Question, crawl, numbers, questions, read};
use apres_attack::{Account, Group, Knowledge, Menus, Reading, Report, Truth, attack};

use crate::program::Installation;
use crate::truth::{Exits, HORIZON, Place};

/// The attacker is told the largest noise, which nobody is.
const KNOWLEDGE: Knowledge =
    Knowledge { noise_max: 3, count_min: 11, denominator_min: 20, round_5_below: 50, is_small_of_denominator: true };
/// The last civil year of which everything is seen at the horizon.
pub(crate) const PERIOD: &str = "2024T1-2024T4";
pub(crate) const PROGRAMME: &str = "iae";
/// What the accounts are called.
pub(crate) const STRUCTURE: &str = "structure";
pub(crate) const DEPARTEMENT: &str = "departement";
pub(crate) const FINANCEUR: &str = "financeur";

/// A population to be attacked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) people: u32,
    pub(crate) months: u32,
    pub(crate) seed: u32,
    /// Questions asked by each account.
    pub(crate) questions_max: usize,
    /// Small counts attacked for each outcome.
    pub(crate) targets_max: usize,
}

/// A territory, served.
pub(crate) struct Scene {
    pub(crate) size: Size,
    pub(crate) site: Installation,
    pub(crate) exits: Exits,
    /// Month that is not read yet.
    pub(crate) next_month: std::path::PathBuf,
    pub(crate) siret: String,
    /// That of the structure, then another one.
    pub(crate) departements: [String; 2],
}

/// What an account was told.
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) menus: Menus,
    pub(crate) asked: Vec<Asked>,
}

impl Scene {
    /// Makes the territory and its accounts, reads all months but the last, and serves.
    pub(crate) fn new(program: &Path, size: Size) -> Self {
        let site = Installation::new(program, size.name, size.people, size.months, size.seed);
        let exits = Exits::read(&site.truth("exits.csv"), &site.truth("careers.csv"), &site.truth("people.csv"));
        let siret = exits.largest(PERIOD, |exit| &exit.siret)[0].0.clone();
        let of_structure = exits.0.iter().find(|exit| exit.siret == siret).expect("an exit").departement.clone();
        let other = exits.largest(PERIOD, |exit| &exit.departement).into_iter().map(|(code, _)| code).find(|code| *code != of_structure);
        let departements = [of_structure, other.expect("two départements")];
        let mut months = site.months();
        let next_month = months.pop().expect("a month");
        site.ingest(&months);
        let mut scene = Self { size, site, exits, next_month, siret, departements };
        let [own, other] = &scene.departements;
        scene.site.organisation(STRUCTURE, "structure", &[&scene.siret], &[own]);
        scene.site.organisation(DEPARTEMENT, "financeur", &[], &[own]);
        scene.site.organisation(FINANCEUR, "financeur", &[], &[own, other]);
        scene.site.start();
        scene
    }

    pub(crate) fn place(&self, name: &str) -> Place {
        match name {
            STRUCTURE => Place::Structure(self.siret.clone()),
            DEPARTEMENT => Place::Departements(vec![self.departements[0].clone()]),
            _ => Place::Departements(self.departements.to_vec()),
        }
    }

    /// Asks in the name of every account, the widest first.
    pub(crate) fn ask(&self) -> Vec<Told> {
        [FINANCEUR, DEPARTEMENT, STRUCTURE].map(|name| self.ask_as(name, |_| true)).into()
    }

    /// Asks the questions without a filter only, in the name of the widest account.
    pub(crate) fn ask_without_filters(&self) -> Told {
        self.ask_as(FINANCEUR, |question| question.filters.is_empty() && question.place.is_none())
    }

    fn ask_as(&self, name: &'static str, is_asked: impl Fn(&Question) -> bool) -> Told {
        let account = self.site.account(name);
        let menus = Menus::of(&account, PROGRAMME, PERIOD).expect("menus");
        let mut all = questions(&menus, PROGRAMME, PERIOD);
        all.retain(is_asked);
        let asked = crawl(&account, &all, self.size.questions_max).expect("answers");
        Told { name, menus, asked }
    }

    /// The parts in which an account sees the territory: the structure, the rest of its département, the other one.
    fn sight(&self, name: &str) -> Sight {
        let [own, other] = &self.departements;
        let part = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        let slack = self.exits.twice(PERIOD);
        match name {
            STRUCTURE => Sight { parts: part(&["S"]), others: part(&["D", "E"]), departements: Vec::new(), slack },
            DEPARTEMENT => Sight { parts: part(&["S", "D"]), others: part(&["E"]), departements: Vec::new(), slack },
            _ => Sight {
                parts: part(&["S", "D", "E"]),
                others: Vec::new(),
                departements: vec![(own.clone(), part(&["S", "D"])), (other.clone(), part(&["E"]))],
                slack: 0,
            },
        }
    }

    /// Everything that the accounts were told, as sums of parts.
    pub(crate) fn readings(&self, told: &[Told]) -> Vec<Reading> {
        let of = |told: &Told| placed(&read(&told.asked, &told.menus, HORIZON, KNOWLEDGE), &self.sight(told.name));
        told.iter().flat_map(of).collect()
    }

    /// Attacks what all accounts were told together, then what the widest was told by quarter.
    pub(crate) fn attack(&self, told: &[Told]) -> Vec<(String, Report)> {
        let readings = self.readings(told);
        let mut together: Vec<Reading> = readings.iter().filter(|reading| !reading.group.contains_key("trimestre")).cloned().collect();
        together.extend(self.only_type());
        let everywhere = "S+D+E";
        let by_quarter = readings.into_iter().filter(|reading| reading.group.get(PLACE).is_some_and(|parts| parts == everywhere));
        let by_quarter: Vec<Reading> = by_quarter
            .map(|mut reading| {
                reading.group.remove(PLACE);
                reading
            })
            .collect();
        let name = |what: &str| format!("{what}, {} people", self.size.people);
        let financeur = self.place(FINANCEUR);
        let quarters = self.exits.truth(&financeur, PERIOD, &["type", "sexe", "age", "trimestre"], None);
        vec![
            (name("three accounts"), attack(&together, &self.truth_together(), self.size.targets_max)),
            (name("by quarter"), attack(&by_quarter, &quarters, self.size.targets_max)),
        ]
    }

    fn truth_together(&self) -> Truth {
        let other = Place::Departements(vec![self.departements[1].clone()]);
        let named = [("S+D+E", self.place(FINANCEUR)), ("S+D", self.place(DEPARTEMENT)), ("E", other), ("S", self.place(STRUCTURE))];
        let of = |(name, place): &(&str, Place)| self.exits.truth(place, PERIOD, &["type", "sexe", "age"], Some((PLACE, *name)));
        named.iter().flat_map(of).collect()
    }

    /// A structure has a type, which is public.
    fn only_type(&self) -> Vec<Reading> {
        let (mut own, mut all) = (BTreeSet::new(), BTreeSet::new());
        for exit in &self.exits.0 {
            all.insert(&exit.values["type"]);
            if exit.siret == self.siret {
                own.insert(&exit.values["type"]);
            }
        }
        let group = |kind: &String| Group::from([(PLACE.to_owned(), "S".to_owned()), ("type".to_owned(), kind.clone())]);
        nobody(all.difference(&own).map(|kind| group(kind)).collect())
    }

    /// Pairs of groups that 1 to 19 people tell apart and that were both described: to one account, and to two.
    pub(crate) fn near_pairs(&self, told: &[Told]) -> [usize; 2] {
        let mut described: BTreeMap<(usize, Question), BTreeSet<&str>> = BTreeMap::new();
        for (account, told) in told.iter().enumerate() {
            let place = self.place(told.name);
            for asked in told.asked.iter().filter(|asked| asked.rows.is_some()) {
                let people = asked.question.people();
                described.entry((account, people.clone())).or_insert_with(|| self.exits.people(&place, &people));
            }
        }
        let described: Vec<((usize, Question), BTreeSet<&str>)> = described.into_iter().collect();
        let mut pairs = [0, 0];
        for (place, ((account, _), people)) in described.iter().enumerate() {
            for ((other_account, _), others) in &described[..place] {
                if (1..20).contains(&people.symmetric_difference(others).count()) {
                    pairs[usize::from(account != other_account)] += 1;
                }
            }
        }
        pairs
    }
}

/// Numbers below the thresholds that an export says: none may be.
pub(crate) fn small_numbers(told: &[Told]) -> usize {
    let rows = told.iter().flat_map(|told| &told.asked).flat_map(|asked| asked.rows.iter().flatten());
    rows.flat_map(numbers).filter(|number| *number < u64::from(KNOWLEDGE.count_min)).count()
}

/// Numbers of people that a page or a table says and that the JSON of the same question does not: `every` question is looked at.
pub(crate) fn other_numbers(account: &Account, told: &Told, every: usize) -> Vec<String> {
    let mut found = Vec::new();
    let answered = told.asked.iter().filter(|asked| asked.rows.is_some());
    for asked in answered.step_by(every) {
        let said: BTreeSet<u64> = asked.rows.iter().flatten().flat_map(numbers).collect();
        for page in ["/bilan", "/bilan/export.csv"] {
            let address = asked.question.address(page);
            let answer = account.get(&address).expect("an answer");
            assert_eq!(answer.status, 200, "{address}");
            let numbers = if page == "/bilan" { in_words(&answer.body) } else { in_table(&answer.body) };
            found.extend(numbers.difference(&said).map(|number| format!("{address}: {number}")));
        }
    }
    found
}

/// The numbers of people of a page: those before « personnes » or « sortants », and « sur 34 » after them.
fn in_words(page: &str) -> BTreeSet<u64> {
    let main = page.split("<main").nth(1).and_then(|main| main.split("</main>").next()).expect("a page");
    let text: String = main.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ");
    let words: Vec<String> =
        text.split([' ', '\n', '\u{a0}', '\t']).filter(|word| !word.is_empty()).map(|word| word.replace('\u{202f}', "")).collect();
    let number = |word: &String| word.trim_end_matches([',', '.', ')']).parse::<u64>().ok();
    let is_people = |word: &str| word.starts_with("personne") || word.starts_with("sortant");
    let mut numbers = BTreeSet::new();
    for (place, word) in words.iter().enumerate() {
        let next = words.get(place + 1).map_or("", String::as_str);
        let is_out_of = place >= 2 && words[place - 1] == "sur" && is_people(&words[place - 2]);
        if is_people(next) || is_out_of {
            numbers.extend(number(word));
        }
    }
    numbers
}

/// The numbers of people of a table of values separated by semicolons.
fn in_table(table: &str) -> BTreeSet<u64> {
    let mut lines = table.trim_start_matches('\u{feff}').lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(';').collect();
    let column = |name: &str| names.iter().position(|known| *known == name).expect("a column");
    let (value, unit, numerator, people) = (column("valeur"), column("unite"), column("numerateur"), column("effectif"));
    let mut numbers = BTreeSet::new();
    for line in lines {
        let cells: Vec<&str> = line.split(';').collect();
        // Words with a semicolon would move the columns; there are none.
        assert_eq!(cells.len(), names.len(), "{line}");
        let count = if cells[unit] == "personnes" { cells[value] } else { "" };
        numbers.extend([count, cells[numerator], cells[people]].iter().filter_map(|cell| cell.parse::<u64>().ok()));
    }
    numbers
}
