//! What several accounts were told, put together: places of one are parts of the places of another.
//!
//! Somebody who left twice in the period is counted once in each place, by the last exit there, so places do not quite add up: whatever does not come from
//! the widest place is taken with as many people of slack as left twice. The attacker is told how many those are, which nobody is.

use crate::crawl::Question;
use crate::released::{Group, Quantity, Reading, Said};

/// Name of the dimension that places become.
pub const PLACE: &str = "lieu";

/// What an account sees, in parts that no account divides further.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The parts of what it sees.
    pub parts: Vec<String>,
    /// Those of whom it is compared with; none when that is not known.
    pub others: Vec<String>,
    /// The parts of each département that it may name.
    pub departements: Vec<(String, Vec<String>)>,
    /// People by whom its counts may differ from the sums of the parts.
    pub slack: u32,
}

/// Readings of one account as sums of parts.
#[must_use]
pub fn placed(readings: &[(Question, bool, Reading)], sight: &Sight) -> Vec<Reading> {
    readings.iter().filter_map(|(question, is_of_others, reading)| place(question, *is_of_others, reading, sight)).collect()
}

fn place(question: &Question, is_of_others: bool, reading: &Reading, sight: &Sight) -> Option<Reading> {
    let mut group = reading.group.clone();
    let of = |code: &str| sight.departements.iter().find(|(known, _)| known == code).map(|(_, parts)| parts.clone());
    let own = match group.remove("departement") {
        Some(code) => of(&code)?,
        None => sight.parts.clone(),
    };
    let (parts, slack) = match (is_of_others, &question.place) {
        (false, _) => (own, sight.slack),
        (true, Some(_)) => (sight.parts.iter().filter(|part| !own.contains(part)).cloned().collect(), sight.slack),
        (true, None) => (sight.others.clone(), 2 * sight.slack),
    };
    if parts.is_empty() {
        return None;
    }
    group.insert(PLACE.to_owned(), parts.join("+"));
    Some(Reading { quantity: reading.quantity.clone(), group, said: widened(reading.said, slack) })
}

fn widened(said: Said, slack: u32) -> Said {
    let slack = f64::from(slack);
    match said {
        Said::About { value, off_max } => Said::About { value, off_max: off_max + slack },
        Said::Between { low, high } => Said::Between { low: low - slack, high: high + slack },
        Said::Hidden => Said::Hidden,
    }
}

/// Nobody of these groups: what is public of a structure, such as its type, rules out the others.
#[must_use]
pub fn nobody(groups: Vec<Group>) -> Vec<Reading> {
    let none = |group| Reading { quantity: Quantity::Leavers, group, said: Said::About { value: 0.0, off_max: 0.0 } };
    groups.into_iter().map(none).collect()
}
