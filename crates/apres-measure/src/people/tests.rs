use std::collections::BTreeMap;

use super::{KnownAs, LastSeen, NirChange};
use crate::made_up::{day, month};

fn nir_change(old: u64, new: u64, siren: u64, declared: &str, date: &str) -> NirChange {
    NirChange { old, new, siren, month: month(declared), date: day(date) }
}

fn seen(rows: &[(u64, u64, &str)]) -> LastSeen {
    rows.iter().map(|(person, siren, last)| ((*person, *siren), month(last))).collect()
}

#[test]
fn a_temporary_number_leads_to_the_last_nir() {
    let changes = [nir_change(11, 12, 7, "2024-03", "2024-03-01")];
    let known = KnownAs::of(&[(1, 11), (2, 12)], &changes, &LastSeen::new(), &[]);
    assert_eq!(known.everywhere, BTreeMap::from([(1, 12), (2, 12), (11, 12)]));
    assert!(known.at.is_empty());
}

/// Elsewhere the old NIR is still declared: it is somebody's, until that employer corrects it too.
#[test]
fn a_nir_that_another_employer_still_declares_is_renamed_at_home_only() {
    let mine = nir_change(11, 12, 7, "2024-03", "2024-03-01");
    let last = seen(&[(11, 7, "2024-02"), (11, 8, "2024-03")]);
    let known = KnownAs::of(&[(1, 11)], &[mine], &last, &[]);
    assert_eq!((known.everywhere, known.at), (BTreeMap::from([(1, 11)]), BTreeMap::from([((11, 7), 12)])));
    let theirs = nir_change(11, 12, 8, "2024-04", "2024-04-01");
    let known = KnownAs::of(&[(1, 11)], &[mine, theirs], &last, &[]);
    assert_eq!(known.everywhere, BTreeMap::from([(1, 12), (11, 12)]));
    let before = seen(&[(11, 7, "2024-02"), (11, 8, "2024-02")]);
    assert_eq!(KnownAs::of(&[], &[mine], &before, &[]).everywhere, BTreeMap::from([(11, 12)]));
}

#[test]
fn a_change_of_more_than_five_years_ago_is_not_heard() {
    let late = nir_change(11, 12, 7, "2024-06", "2019-05-31");
    assert_eq!(KnownAs::of(&[], &[late], &LastSeen::new(), &[]), KnownAs::default());
}

#[test]
fn an_identity_tells_when_it_is_one_persons() {
    assert_eq!(KnownAs::of(&[], &[], &LastSeen::new(), &[(1, 11), (2, 12)]).everywhere, BTreeMap::from([(1, 11), (2, 12)]));
    assert_eq!(KnownAs::of(&[], &[], &LastSeen::new(), &[(1, 11), (1, 12)]), KnownAs::default());
    let same = [nir_change(11, 12, 7, "2024-03", "2024-03-01")];
    let known = KnownAs::of(&[], &same, &LastSeen::new(), &[(1, 11), (1, 12)]);
    assert_eq!(known.everywhere, BTreeMap::from([(1, 12), (11, 12)]), "two NIRs of one person");
    assert_eq!(KnownAs::of(&[(1, 13)], &[], &LastSeen::new(), &[(1, 11)]).everywhere, BTreeMap::from([(1, 13)]), "the number tells first");
}

#[test]
fn employers_of_other_people_do_not_count() {
    let mine = nir_change(11, 12, 7, "2024-03", "2024-03-01");
    let last = seen(&[(10, 8, "2024-09"), (12, 8, "2024-09")]);
    assert_eq!(KnownAs::of(&[], &[mine], &last, &[]).everywhere, BTreeMap::from([(11, 12)]));
}
