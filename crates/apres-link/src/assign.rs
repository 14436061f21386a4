//! One person for one row: probabilities that know of the other rows, and a choice that is the best as a whole.
//!
//! Two rows may want one person. Messages between rows and persons (belief propagation, exact where the graph of wishes has no cycle) lower the
//! probability of a person whom another row claims; then each group of rows that still compete is settled exactly, for the largest expected number of right pairs.

use std::collections::BTreeMap;

/// A person that a row may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    /// The row.
    pub(crate) row: u32,
    /// The person.
    pub(crate) person: u64,
    /// How much more likely than nobody, other rows unknown.
    pub(crate) odds: f64,
    /// The probability, once other rows are known.
    pub(crate) probability: f64,
    /// The best record of the person.
    pub(crate) pair: u32,
}

/// Wishes below these odds do not stand in the way of other rows.
const WEAK: f64 = 1e-3;
const ROUNDS: usize = 8;
/// Rows of a group beyond which it is settled greedily.
const GROUP_ROWS_MAX: usize = 60;

/// Sets the probabilities of wishes, sorted by row. With `is_exclusive`, a person is one row at most.
pub(crate) fn weigh(wishes: &mut [Wish], is_exclusive: bool) {
    let mut left = vec![1.0; wishes.len()];
    if is_exclusive {
        let claims = claims(wishes);
        let mut asked = vec![0.0; wishes.len()];
        for _ in 0..ROUNDS {
            each_row(wishes, |row, range| {
                let all: f64 = row.iter().zip(&left[range.clone()]).map(|(wish, left)| wish.odds * left).sum();
                for (wish, (asked, left)) in row.iter().zip(asked[range.clone()].iter_mut().zip(&left[range])) {
                    *asked = wish.odds / (1.0 + (all - wish.odds * left).max(0.0));
                }
            });
            for places in claims.values() {
                let all: f64 = places.iter().map(|place| asked[*place]).sum();
                places.iter().for_each(|place| left[*place] = 1.0 / (1.0 + (all - asked[*place]).max(0.0)));
            }
        }
    }
    let mut probabilities = vec![0.0; wishes.len()];
    each_row(wishes, |row, range| {
        let all: f64 = row.iter().zip(&left[range.clone()]).map(|(wish, left)| wish.odds * left).sum();
        for (wish, (probability, left)) in row.iter().zip(probabilities[range.clone()].iter_mut().zip(&left[range])) {
            *probability = wish.odds * left / (1.0 + all);
        }
    });
    wishes.iter_mut().zip(probabilities).for_each(|(wish, probability)| wish.probability = probability);
}

/// Chooses wishes so that no row, and with `is_exclusive` no person, has two; gives their places, in order.
pub(crate) fn choose(wishes: &[Wish], floor: f64, is_exclusive: bool) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::new();
    for place in (0..wishes.len()).filter(|place| wishes[*place].probability >= floor) {
        match best.last_mut() {
            Some(last) if wishes[*last].row == wishes[place].row => {
                if wishes[place].probability > wishes[*last].probability {
                    *last = place;
                }
            }
            _ => best.push(place),
        }
    }
    if !is_exclusive {
        return best;
    }
    let mut takers: BTreeMap<u64, u32> = BTreeMap::new();
    best.iter().for_each(|place| *takers.entry(wishes[*place].person).or_default() += 1);
    if takers.values().all(|count| *count == 1) {
        return best;
    }
    let mut chosen = Vec::new();
    for group in groups(wishes, floor) {
        chosen.extend(settle(wishes, &group));
    }
    chosen.sort_unstable();
    chosen
}

/// The places of the wishes for each person that several rows want.
fn claims(wishes: &[Wish]) -> BTreeMap<u64, Vec<usize>> {
    let mut claims: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, wish) in wishes.iter().enumerate().filter(|(_, wish)| wish.odds > WEAK) {
        claims.entry(wish.person).or_default().push(place);
    }
    claims.retain(|_, places| places.len() > 1);
    claims
}

fn each_row(wishes: &[Wish], mut see: impl FnMut(&[Wish], std::ops::Range<usize>)) {
    let mut at = 0;
    for row in wishes.chunk_by(|one, next| one.row == next.row) {
        see(row, at..at + row.len());
        at += row.len();
    }
}

/// Wishes that touch one another through rows and persons.
fn groups(wishes: &[Wish], floor: f64) -> Vec<Vec<usize>> {
    let kept: Vec<usize> = (0..wishes.len()).filter(|place| wishes[*place].probability >= floor).collect();
    let mut parents: Vec<usize> = (0..kept.len()).collect();
    let (mut rows, mut persons) = (BTreeMap::new(), BTreeMap::new());
    for (place, wish) in kept.iter().map(|place| &wishes[*place]).enumerate() {
        for other in [*rows.entry(wish.row).or_insert(place), *persons.entry(wish.person).or_insert(place)] {
            let (one, two) = (root(&mut parents, place), root(&mut parents, other));
            parents[one.max(two)] = one.min(two);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, wish) in kept.iter().enumerate() {
        groups.entry(root(&mut parents, place)).or_default().push(*wish);
    }
    groups.into_values().collect()
}

fn root(parents: &mut [usize], place: usize) -> usize {
    let mut at = place;
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

/// Chooses within a group.
fn settle(wishes: &[Wish], group: &[usize]) -> Vec<usize> {
    let mut rows: Vec<u32> = group.iter().map(|place| wishes[*place].row).collect();
    let mut persons: Vec<u64> = group.iter().map(|place| wishes[*place].person).collect();
    rows.sort_unstable();
    rows.dedup();
    persons.sort_unstable();
    persons.dedup();
    if rows.len() == 1 || rows.len() > GROUP_ROWS_MAX {
        return greedy(wishes, group);
    }
    let mut gains = vec![vec![0.0; persons.len() + rows.len()]; rows.len()];
    let mut places = vec![vec![None; persons.len()]; rows.len()];
    for place in group {
        let wish = &wishes[*place];
        if let (Ok(row), Ok(person)) = (rows.binary_search(&wish.row), persons.binary_search(&wish.person)) {
            gains[row][person] = wish.probability;
            places[row][person] = Some(*place);
        }
    }
    best_columns(&gains).iter().enumerate().filter_map(|(row, column)| places[row].get(*column).copied().flatten()).collect()
}

/// The most probable first.
fn greedy(wishes: &[Wish], group: &[usize]) -> Vec<usize> {
    let mut order = group.to_vec();
    order.sort_by(|one, other| wishes[*other].probability.total_cmp(&wishes[*one].probability).then(one.cmp(other)));
    let (mut rows, mut persons) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    order.retain(|place| {
        let wish = &wishes[*place];
        let is_free = !rows.contains(&wish.row) && !persons.contains(&wish.person);
        if is_free {
            rows.insert(wish.row);
            persons.insert(wish.person);
        }
        is_free
    });
    order
}

/// A column for each row, none twice, of the largest total gain: the Hungarian method, with at least as many columns as rows.
///
/// Source: Kuhn 1955, in the form with potentials that goes row by row in O(rows² × columns).
fn best_columns(gains: &[Vec<f64>]) -> Vec<usize> {
    let columns = gains.first().map_or(0, Vec::len);
    let (mut of_row, mut of_column) = (vec![0.0; gains.len() + 1], vec![0.0; columns + 1]);
    // Column 0 and row 0 stand for nothing; a column's row is who has it.
    let mut has = vec![0_usize; columns + 1];
    for row in 1..=gains.len() {
        has[0] = row;
        let mut column = 0;
        let (mut least, mut came_from) = (vec![f64::INFINITY; columns + 1], vec![0_usize; columns + 1]);
        let mut is_seen = vec![false; columns + 1];
        while has[column] != 0 {
            is_seen[column] = true;
            let (holder, mut step, mut next) = (has[column], f64::INFINITY, 0);
            for other in (1..=columns).filter(|other| !is_seen[*other]).collect::<Vec<_>>() {
                let cost = -gains[holder - 1][other - 1] - of_row[holder] - of_column[other];
                if cost < least[other] {
                    (least[other], came_from[other]) = (cost, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            for other in 0..=columns {
                if is_seen[other] {
                    of_row[has[other]] += step;
                    of_column[other] -= step;
                } else {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            has[column] = has[came_from[column]];
            column = came_from[column];
        }
    }
    let mut chosen = vec![0; gains.len()];
    for column in (1..=columns).filter(|column| has[*column] != 0) {
        chosen[has[column] - 1] = column - 1;
    }
    chosen
}

#[cfg(test)]
mod tests;
