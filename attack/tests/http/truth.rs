//! The truth of a synthetic territory, read from what `apres synth` keeps beside the declarations. Nothing but the score is made of it.
//!
//! It reads exits and careers by the words of `docs/methods/measure.md`: the last exit of a person in the places and the period that are asked about, and
//! whether a contract that counts is running on the day, six months after.

use std::collections::{BTreeMap, BTreeSet};

use apres_attack::crawl::Question;
use apres_attack::{Group, Quantity, Truth};

/// Months after the exit at which people are looked at.
pub(crate) const HORIZON: u64 = 6;

/// An exit.
#[derive(Debug, Clone)]
pub(crate) struct Exit {
    pub(crate) person: String,
    pub(crate) nir: String,
    pub(crate) siret: String,
    pub(crate) departement: String,
    /// Day, as in `2024-05-20`.
    pub(crate) day: String,
    /// `type`, `sexe`, `age` and `trimestre`.
    pub(crate) values: Group,
    pub(crate) is_employed: bool,
}

/// The exits from a programme.
pub(crate) struct Exits(pub(crate) Vec<Exit>);

/// A place: an establishment, or départements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Structure(String),
    Departements(Vec<String>),
}

impl Place {
    fn holds(&self, exit: &Exit) -> bool {
        match self {
            Self::Structure(siret) => exit.siret == *siret,
            Self::Departements(codes) => codes.contains(&exit.departement),
        }
    }
}

fn rows(csv: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    lines.map(|line| names.iter().copied().zip(line.split(',')).collect()).collect()
}

/// The same day so many months later, or the last of that month.
fn later(day: &str, months: u32) -> String {
    let number = |part: &str| part.parse::<u32>().expect("a day");
    let (year, month, day) = (number(&day[..4]), number(&day[5..7]), number(&day[8..]));
    let (year, month) = (year + (month - 1 + months) / 12, (month - 1 + months) % 12 + 1);
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][usize::try_from(month - 1).expect("small")];
    format!("{year:04}-{month:02}-{:02}", day.min(last))
}

/// In salaried employment, neither insertion nor, for the insertion that is all that is attacked, anything of one's own structure that is.
fn is_employment(career: &BTreeMap<&str, &str>, day: &str) -> bool {
    let is_in_field = matches!(
        career["nature"],
        "01" | "02" | "03" | "07" | "08" | "09" | "10" | "20" | "21" | "50" | "51" | "52" | "82" | "91" | "92" | "93"
    );
    let is_insertion = matches!(career["complement"], "02" | "03" | "04" | "05" | "06" | "07") || career["dispositif"] == "71";
    let is_running = career["date_debut"] <= day && (career["date_fin"].is_empty() || day <= career["date_fin"]);
    is_in_field && !is_insertion && is_running
}

impl Exits {
    /// Those from `iae`.
    pub(crate) fn read(exits: &str, careers: &str, people: &str) -> Self {
        let mut of_person: BTreeMap<&str, Vec<BTreeMap<&str, &str>>> = BTreeMap::new();
        for career in rows(careers) {
            of_person.entry(career["person"]).or_default().push(career);
        }
        let numbers: BTreeMap<&str, &str> = rows(people).into_iter().map(|person| (person["person"], person["nir"])).collect();
        let read = |row: &BTreeMap<&str, &str>| {
            let day = later(row["t0"], u32::try_from(HORIZON).expect("small"));
            let careers = of_person.get(row["person"]);
            Exit {
                person: row["person"].to_owned(),
                nir: numbers[row["person"]].to_owned(),
                siret: row["siret"].to_owned(),
                departement: row["departement"].to_owned(),
                day: row["t0"].to_owned(),
                values: [("type", "type"), ("sexe", "sex"), ("age", "age_band"), ("trimestre", "quarter")]
                    .map(|(name, column)| (name.to_owned(), row[column].to_owned()))
                    .into(),
                is_employed: careers.into_iter().flatten().any(|career| is_employment(career, &day)),
            }
        };
        Self(rows(exits).iter().filter(|row| row["programme"] == "iae").map(read).collect())
    }

    /// The last exit of each person in a place and a period.
    pub(crate) fn of(&self, place: &Place, period: &str) -> Vec<&Exit> {
        let (from, to) = period.split_once('-').expect("a period");
        let mut last: BTreeMap<&str, &Exit> = BTreeMap::new();
        for exit in self.0.iter().filter(|exit| place.holds(exit) && (from..=to).contains(&exit.values["trimestre"].as_str())) {
            let known = last.entry(&exit.person).or_insert(exit);
            if exit.day > known.day {
                *known = exit;
            }
        }
        last.into_values().collect()
    }

    /// People who left more than once in the period.
    pub(crate) fn twice(&self, period: &str) -> u32 {
        let (from, to) = period.split_once('-').expect("a period");
        let mut exits: BTreeMap<&str, u32> = BTreeMap::new();
        for exit in self.0.iter().filter(|exit| (from..=to).contains(&exit.values["trimestre"].as_str())) {
            *exits.entry(&exit.person).or_default() += 1;
        }
        u32::try_from(exits.values().filter(|exits| **exits > 1).count()).expect("few")
    }

    /// Who a question of an account is about.
    pub(crate) fn people(&self, place: &Place, question: &Question) -> BTreeSet<&str> {
        let is_kept = |exit: &&Exit| {
            question.filters.iter().all(|(name, value)| exit.values.get(name) == Some(value))
                && question.place.as_ref().is_none_or(|place| place.trim_start_matches('d') == exit.departement)
        };
        self.of(place, &question.period).into_iter().filter(is_kept).map(|exit| exit.person.as_str()).collect()
    }

    /// Places with how many people left them, the most first.
    pub(crate) fn largest(&self, period: &str, of: impl Fn(&Exit) -> &str) -> Vec<(String, usize)> {
        let (from, to) = period.split_once('-').expect("a period");
        let mut people: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for exit in self.0.iter().filter(|exit| (from..=to).contains(&exit.values["trimestre"].as_str())) {
            people.entry(of(exit)).or_default().insert(&exit.person);
        }
        let mut places: Vec<(String, usize)> = people.into_iter().map(|(place, people)| (place.to_owned(), people.len())).collect();
        places.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        places
    }

    /// Everybody and those in employment of every crossing of up to three of these dimensions, in a place that is called `name` under `under`.
    pub(crate) fn truth(&self, place: &Place, period: &str, dimensions: &[&str], name: Option<(&str, &str)>) -> Truth {
        let mut truth = Truth::new();
        for exit in self.of(place, period) {
            for crossing in 0..1_u32 << dimensions.len() {
                if crossing.count_ones() > 3 {
                    continue;
                }
                let kept = dimensions.iter().enumerate().filter(|(place, _)| crossing >> place & 1 == 1).map(|(_, dimension)| *dimension);
                let mut group: Group = kept.map(|dimension| (dimension.to_owned(), exit.values[dimension].clone())).collect();
                group.extend(name.map(|(under, name)| (under.to_owned(), name.to_owned())));
                *truth.entry((Quantity::Leavers, group.clone())).or_default() += 1;
                *truth.entry((Quantity::With("B-01".to_owned(), HORIZON), group)).or_default() += u64::from(exit.is_employed);
            }
        }
        truth
    }
}
