//! Differences are counted exactly up to the limit, and never below it by mistake; lists are close when they are, and only then.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::field::product;
use super::*;
use crate::request::{Period, Quarter};

/// A number that only the holder of a secret could compute.
fn number(person: u64) -> u64 {
    // The finaliser of SplitMix64: one to one, so that nobody is mixed up with somebody else.
    let mixed = (person ^ (person >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn group(people: impl IntoIterator<Item = u64>) -> Sketch {
    Sketch::of(people.into_iter().map(|person| number(person + 1)))
}

/// The schoolbook product, one bit at a time.
fn slow_product(left: u64, right: u64) -> u64 {
    let mut wide = (0..64).filter(|bit| right >> bit & 1 == 1).fold(0_u128, |sum, bit| sum ^ (u128::from(left) << bit));
    for bit in (64..128).rev() {
        if wide >> bit & 1 == 1 {
            wide ^= (1_u128 << bit) | (0b1_1011_u128 << (bit - 64));
        }
    }
    u64::try_from(wide).expect("reduced")
}

proptest! {
    #[test]
    fn products_are_those_of_the_field(left: u64, right: u64, third: u64) {
        prop_assert_eq!(product(left, right), slow_product(left, right));
        prop_assert_eq!(product(left, right ^ third), product(left, right) ^ product(left, third));
        prop_assert_eq!(product(product(left, right), third), product(left, product(right, third)));
    }

    #[test]
    fn the_difference_is_that_of_the_sets(one in prop::collection::btree_set(0_u64..80, 0..60), other in prop::collection::btree_set(0_u64..80, 0..60)) {
        let true_difference = one.symmetric_difference(&other).count();
        let seen = group(one.iter().copied()).difference(&group(other.iter().copied()));
        let expected = u32::try_from(true_difference).ok().filter(|people| *people < SKETCH_PEOPLE_MAX);
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn a_sketch_is_read_as_it_was_written(people in prop::collection::btree_set(any::<u64>(), 0..40)) {
        let sketch = Sketch::of(people);
        prop_assert_eq!(sketch.to_string().parse::<Sketch>(), Ok(sketch));
    }
}

#[test]
fn a_square_of_x_to_the_63_is_reduced() {
    assert_eq!(product(1 << 63, 2), 0b1_1011);
    assert_eq!(product(u64::MAX, u64::MAX), slow_product(u64::MAX, u64::MAX));
}

#[test]
fn groups_are_near_from_one_to_nineteen_people_of_difference() {
    let all = group(0..500);
    for (without, expected) in [(0, false), (1, true), (19, true), (20, false), (23, false), (24, false), (200, false)] {
        assert_eq!(is_near(&all, &group(0..500 - without)), expected, "{without} people less");
        assert_eq!(is_near(&group(0..500 - without), &all), expected, "{without} people more");
    }
    // As many people, some of them others.
    assert!(is_near(&all, &group(9..509)), "nine left and nine came");
    assert!(!is_near(&all, &group(10..510)), "ten left and ten came");
}

#[test]
fn a_sketch_of_twenty_five_people_fits_many_groups() {
    // What is kept does not tell who is in it: with one person exchanged the two sketches differ by two people, whoever these are.
    let kept = group(0..60);
    let guesses: BTreeSet<_> = (60..90).map(|stranger| kept.difference(&group((1..60).chain([stranger])))).collect();
    assert_eq!(guesses, BTreeSet::from([Some(2)]));
    // Somebody in the group and somebody outside of it cannot be told apart by whoever knows nobody else.
    let alone = |person| kept.difference(&group([person]));
    assert_eq!((alone(3), alone(70)), (None, None));
    assert_eq!(format!("{kept:?}"), "Sketch(***)");
    assert!("zz".parse::<Sketch>().is_err() && "é".repeat(192).parse::<Sketch>().is_err());
}

fn period(from: &str, to: &str) -> Period {
    Period { from: from.parse().expect("a quarter"), to: to.parse().expect("a quarter") }
}

#[test]
fn a_period_is_a_quarter_a_year_or_two() {
    for (from, to, kind) in [
        ("2024T3", "2024T3", Some(PeriodKind::Quarter)),
        ("2024T1", "2024T4", Some(PeriodKind::Year)),
        ("2024T2", "2025T1", None),
        ("2024T1", "2025T4", Some(PeriodKind::TwoYears)),
        ("2023T1", "2024T4", Some(PeriodKind::TwoYears)),
        ("2024T1", "2024T2", None),
        ("2023T1", "2025T4", None),
        ("2024T4", "2024T1", None),
    ] {
        assert_eq!(PeriodKind::of(period(from, to)), kind, "{from} to {to}");
    }
}

#[test]
fn periods_within_and_around_others_are_found() {
    let shown = |periods: Vec<Period>| periods.iter().map(|period| format!("{}-{}", period.from, period.to)).collect::<Vec<_>>();
    let held = period("2023T2", "2025T3");
    assert_eq!(shown(PeriodKind::Year.within(held).collect()), ["2024T1-2024T4"]);
    assert_eq!(PeriodKind::Quarter.within(held).count(), 10);
    assert_eq!(PeriodKind::TwoYears.within(held).count(), 0);
    let some = period("2024T2", "2024T3");
    assert_eq!(PeriodKind::Quarter.around(some).count(), 0);
    assert_eq!(shown(PeriodKind::Year.around(some).collect()), ["2024T1-2024T4"]);
    assert_eq!(shown(PeriodKind::TwoYears.around(some).collect()), ["2023T1-2024T4", "2024T1-2025T4"]);
}

const T1: Quarter = Quarter(2024 * 4);
const T2: Quarter = Quarter(2024 * 4 + 1);

/// A list of people who all left in these quarters, in turn; `found` says who was.
fn list(people: impl IntoIterator<Item = u64>, quarters: &[Quarter], found: impl Fn(u64) -> bool) -> ListPrint {
    let mut print = ListPrint::default();
    for person in people {
        let quarter = quarters[usize::try_from(person).expect("small") % quarters.len()];
        print.add(quarter, number(person + 1), found(person).then(|| number(1_000_000 + person)));
    }
    print
}

fn known(_: u64) -> bool {
    true
}

#[test]
fn the_same_list_again_is_not_near_and_one_with_a_person_more_is() {
    let first = list(0..40, &[T1], known);
    assert_eq!(list(0..40, &[T1], known).near(&first, 4), None);
    for more in [1, 19] {
        assert_eq!(list(0..40 + more, &[T1], known).near(&first, 0), Some(NearList::Rows), "{more} more");
        assert_eq!(list(0..40 - more, &[T1], known).near(&first, 0), Some(NearList::Rows), "{more} less");
    }
    assert_eq!(list(0..60, &[T1], known).near(&first, 0), None);
    assert_eq!(list(0..60, &[T1], known).near(&first, 1), Some(NearList::Found), "the limit is blurred");
    assert_eq!(list(100..140, &[T1], known).near(&first, 4), None, "another list");
}

#[test]
fn padding_does_not_make_a_list_another_one() {
    let first = list(0..40, &[T1], |person| person < 40);
    // One person more, behind thirty invented rows; then nobody more: whether the person was found must not show.
    for added in [0, 1, 19] {
        let padded = list(0..40 + added + 30, &[T1], |person| person < 40 + added);
        assert_eq!(padded.near(&first, 0), Some(NearList::Found), "{added} of the rows added were found");
    }
    assert_eq!(list(0..60 + 30, &[T1], |person| person < 60).near(&first, 0), None);
}

#[test]
fn a_list_of_which_nobody_is_told_forbids_nothing() {
    let nearly_unknown = list(0..40, &[T1], |person| person < 5);
    assert_eq!(
        list(100..140, &[T1], |person| person < 120).near(&nearly_unknown, 0),
        None,
        "20 found, and 5 others who are not told about"
    );
    assert_eq!(list(0..41, &[T1], known).near(&nearly_unknown, 0), Some(NearList::Rows), "but the rows tell, whoever was found");
}

#[test]
fn the_same_people_written_otherwise_are_the_same_people() {
    let first = list(0..40, &[T1], known);
    let mut otherwise = ListPrint::default();
    (0..41).for_each(|person| otherwise.add(T1, number(5_000 + person), Some(number(1_000_000 + person))));
    assert_eq!(otherwise.near(&first, 0), Some(NearList::Found));
}

#[test]
fn a_quarter_of_a_list_is_compared_with_a_list_of_that_quarter() {
    // 30 people of the first quarter (even numbers) and 30 of the second.
    let year = list(0..60, &[T1, T2], known);
    let quarter = |numbers: &mut dyn Iterator<Item = u64>| {
        let mut print = ListPrint::default();
        numbers.for_each(|person| print.add(T1, number(person + 1), Some(number(1_000_000 + person))));
        print
    };
    assert_eq!(quarter(&mut (0..62).step_by(2)).near(&year, 0), Some(NearList::Rows), "one more than the quarter of the year's list");
    assert_eq!(quarter(&mut (0..60).step_by(2)).near(&year, 0), None, "the same quarter");
    assert_eq!(year.near(&quarter(&mut (0..62).step_by(2)), 0), Some(NearList::Rows), "in the other order too");
    // Quarters of a few people are never described, and forbid nothing.
    let thin = list(0..60, &[T1, T2, T2.plus(1), T2.plus(2)], known);
    let other = list((0..60).chain(100..130), &[T1, T2, T2.plus(1), T2.plus(2)], known);
    assert_eq!(other.near(&thin, 0), None);
}
