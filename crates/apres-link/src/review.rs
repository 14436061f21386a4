//! From probabilities to what is said of each row, before a review and after it.
//!
//! A row that gives a NIR which one person has is found by it, as it always was. The others are found, uncertain or not found by the probability of their best
//! candidate; what reviewers said of a pair comes before what the model says.

use crate::linker::{Candidate, Linked};
use crate::matching::{Match, MatchStatus};

/// From which probabilities a pair is accepted or looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Never accepted below.
    pub accept_min: f64,
    /// Always accepted from here on.
    pub accept_max: f64,
    /// Never looked at below.
    pub review_min: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { accept_min: 0.9, accept_max: 0.99, review_min: 0.1 }
    }
}

/// Where a pair stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// Found, unless a reviewer says otherwise.
    Accept,
    /// To be looked at.
    Review,
    /// Not found, unless a reviewer says otherwise.
    Reject,
}

impl Zone {
    /// The word written in the lake.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Review => "review",
            Self::Reject => "reject",
        }
    }

    /// The zone of a word; what is not one is looked at.
    #[must_use]
    pub fn of(id: &str) -> Self {
        match id {
            "accept" => Self::Accept,
            "reject" => Self::Reject,
            _ => Self::Review,
        }
    }
}

/// A candidate of a row, with its zone.
#[derive(Debug, Clone, Copy)]
pub struct Proposal {
    /// The candidate.
    pub candidate: Candidate,
    /// Where it stands.
    pub zone: Zone,
    /// How the row would be found.
    pub status: MatchStatus,
}

/// What is said of each row, and the candidates that say it. `exact` is what NIRs and exact identities tell, row by row.
#[must_use]
pub fn propose(exact: &[Match], linked: &Linked, limits: &Limits) -> (Vec<Match>, Vec<Proposal>) {
    let estimates = &linked.report.estimates;
    let accept_from = estimates.accept_from.min(limits.accept_max).max(limits.accept_min);
    let review_from = estimates.reject_below.max(limits.review_min);
    let mut matches = Vec::with_capacity(exact.len());
    let mut proposals = Vec::new();
    let mut candidates = linked.candidates.as_slice();
    for found in exact {
        let own = candidates.iter().take_while(|candidate| candidate.row as usize <= found.row).count();
        let (of_row, others) = candidates.split_at(own);
        candidates = others;
        if matches!(found.status, MatchStatus::Inutilisable) {
            matches.push(*found);
            continue;
        }
        let is_by_nir = found.status == MatchStatus::Nir;
        let mut of_row: Vec<Proposal> = of_row
            .iter()
            .filter(|candidate| candidate.row as usize == found.row)
            .map(|candidate| {
                let zone = match candidate.probability {
                    _ if is_by_nir => {
                        if found.person == Some(candidate.person) {
                            Zone::Accept
                        } else {
                            Zone::Reject
                        }
                    }
                    probability if candidate.is_chosen && probability >= accept_from => Zone::Accept,
                    probability if probability >= review_from => Zone::Review,
                    _ => Zone::Reject,
                };
                let status = if is_by_nir { MatchStatus::Nir } else { MatchStatus::Identite };
                Proposal { candidate: *candidate, zone, status }
            })
            .collect();
        matches.push(if is_by_nir { *found } else { of_zones(found.row, &of_row) });
        proposals.append(&mut of_row);
    }
    (matches, proposals)
}

fn of_zones(row: usize, proposals: &[Proposal]) -> Match {
    let choices: Vec<Choice> = proposals
        .iter()
        .map(|proposal| Choice { person: proposal.candidate.person, zone: proposal.zone, status: proposal.status, said: None })
        .collect();
    let (status, person) = settle(&choices);
    Match { row, status, person }
}

/// What a reviewer said of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// One person.
    Same,
    /// Two people.
    Different,
    /// It cannot be told.
    Unsure,
}

/// A candidate of a row, with what was said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Who.
    pub person: u64,
    /// Where the linker put the pair.
    pub zone: Zone,
    /// How the row would be found.
    pub status: MatchStatus,
    /// What a reviewer said, if one did.
    pub said: Option<Said>,
}

/// Who a row is, of its candidates. Two people said to be the row leave it uncertain.
#[must_use]
pub fn settle(choices: &[Choice]) -> (MatchStatus, Option<u64>) {
    let mut same: Vec<&Choice> = choices.iter().filter(|choice| choice.said == Some(Said::Same)).collect();
    same.dedup_by_key(|choice| choice.person);
    match same.as_slice() {
        [one] => return (one.status, Some(one.person)),
        [] => {}
        _ => return (MatchStatus::Ambigu, None),
    }
    if let Some(accepted) = choices.iter().find(|choice| choice.zone == Zone::Accept && choice.said.is_none()) {
        return (accepted.status, Some(accepted.person));
    }
    let is_open = |choice: &Choice| match choice.said {
        Some(Said::Unsure) => true,
        None => choice.zone == Zone::Review,
        Some(Said::Same | Said::Different) => false,
    };
    if choices.iter().any(is_open) { (MatchStatus::Ambigu, None) } else { (MatchStatus::NonTrouve, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(person: u64, zone: Zone, said: Option<Said>) -> Choice {
        Choice { person, zone, status: MatchStatus::Identite, said }
    }

    fn check(choices: &[Choice], expected: (MatchStatus, Option<u64>)) {
        assert_eq!(settle(choices), expected, "{choices:?}");
    }

    #[test]
    fn what_reviewers_say_comes_first() {
        use MatchStatus::{Ambigu, Identite, NonTrouve};
        use Said::{Different, Same, Unsure};
        use Zone::{Accept, Reject, Review};
        check(&[], (NonTrouve, None));
        check(&[choice(1, Reject, None)], (NonTrouve, None));
        check(&[choice(1, Review, None)], (Ambigu, None));
        check(&[choice(1, Accept, None), choice(2, Review, None)], (Identite, Some(1)));
        check(&[choice(1, Review, Some(Same)), choice(2, Review, None)], (Identite, Some(1)));
        check(&[choice(1, Review, Some(Different)), choice(2, Review, None)], (Ambigu, None));
        check(&[choice(1, Review, Some(Different)), choice(2, Review, Some(Different))], (NonTrouve, None));
        check(&[choice(1, Accept, Some(Different))], (NonTrouve, None));
        check(&[choice(1, Accept, Some(Different)), choice(2, Reject, Some(Same))], (Identite, Some(2)));
        check(&[choice(1, Accept, Some(Unsure))], (Ambigu, None));
        check(&[choice(1, Review, Some(Same)), choice(2, Review, Some(Same))], (Ambigu, None));
    }
}
