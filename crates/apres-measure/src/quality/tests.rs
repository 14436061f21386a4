//! Known truth: a few establishments, month by month.

use super::*;

const MARCH: Month = Month::new(2024, 3);

/// A declaration of `contrats` contracts, in one fraction.
fn declared(month: Month, contrats: u64) -> Received {
    let declaration = u64::try_from(month.0).unwrap() * 1000 + contrats;
    Received { declaration, month, fraction: 11, champ: 1, kind: 1, constituted: Day(0), ordre: 1, contrats }
}

/// Contracts that go on at the end of the lake.
fn open(first: Month, last: Month, contracts: u64) -> Contracts {
    Contracts { first_month: first, last_month: last, end: EndStatus::Open, end_month: None, contracts }
}

fn ended(first: Month, last: Month, end: EndStatus) -> Contracts {
    Contracts { first_month: first, last_month: last, end, end_month: Some(last), contracts: 1 }
}

/// The months of a lake up to May 2024.
fn months(establishments: &[(&[Received], &[Contracts])]) -> Vec<MonthQuality> {
    let mut builder = QualityBuilder::new(Month::new(2024, 5));
    for (received, contracts) in establishments {
        builder.establishment(received, contracts);
    }
    builder.finish().months
}

#[test]
fn nothing_received_is_no_month() {
    assert_eq!(months(&[]), []);
    let ends = ended(MARCH, MARCH, EndStatus::Declared);
    assert_eq!(months(&[(&[], &[ends])]), [], "an end without any declaration is no month either");
}

#[test]
fn a_later_declaration_replaces_and_is_counted_once() {
    let first = declared(MARCH, 3);
    let second = Received { declaration: 7, kind: 3, ordre: 2, contrats: 5, ..first };
    let again = second;
    let later_day = Received { declaration: 8, kind: 3, ordre: 1, constituted: Day(9), contrats: 4, ..first };
    for order in [[first, second, again, later_day], [later_day, again, first, second]] {
        let month = months(&[(&order, &[])]).remove(0);
        assert_eq!((month.received_all(), month.replaced), (3, 2));
        assert_eq!(month.received, [(1, 1), (3, 2)].into());
        assert_eq!((month.establishments, month.contracts), (1, 4), "the latest constitution counts, before the order");
    }
}

#[test]
fn a_nil_declaration_is_an_establishment_without_contract() {
    let month = months(&[(&[Received { kind: 2, ..declared(MARCH, 0) }], &[]), (&[declared(MARCH, 2)], &[])]).remove(0);
    assert_eq!((month.establishments, month.without_contract, month.contracts), (2, 1, 2));
}

#[test]
fn fractions_are_missing_until_all_came() {
    let fraction = |nd: i32| Received { declaration: u64::try_from(nd).unwrap(), fraction: nd, ..declared(MARCH, 10) };
    let missing = |received: &[Received]| {
        let month = months(&[(received, &[])]).remove(0);
        (month.incomplete, month.fractions_missing, month.contracts)
    };
    assert_eq!(missing(&[fraction(11)]), (0, 0, 10));
    assert_eq!(missing(&[fraction(23)]), (1, 2, 10));
    assert_eq!(missing(&[fraction(13), fraction(33)]), (1, 1, 20));
    assert_eq!(missing(&[fraction(13), fraction(33), fraction(23)]), (0, 0, 30));
    // Each champ has its own fractions: the general one is whole, of the agricultural one a half came.
    let agricultural = Received { declaration: 99, champ: 2, ..fraction(12) };
    let general = Received { champ: 3, ..fraction(11) };
    assert_eq!(missing(&[agricultural, general]), (1, 1, 20));
    // An unreadable fraction announces nothing.
    assert_eq!(missing(&[fraction(0)]), (0, 0, 10));
}

#[test]
fn an_establishment_is_silent_for_three_months_at_most() {
    let january = Month::new(2024, 1);
    let other: Vec<Received> = (january.0..=january.0 + 4).map(|month| declared(Month(month), 1)).collect();
    let gone = [declared(january, 1)];
    let found = months(&[(&other, &[open(january, Month::new(2024, 5), 1)]), (&gone, &[ended(january, january, EndStatus::Inferred)])]);
    let silent: Vec<(u64, u64)> = found.iter().map(|month| (month.silent, month.newly_silent)).collect();
    assert_eq!(silent, [(0, 0), (1, 1), (1, 0), (1, 0), (0, 0)]);
}

#[test]
fn an_establishment_that_ended_is_not_silent() {
    let april = MARCH.plus(1);
    let silent = |received: &[Received], contracts: &[Contracts]| {
        let all = [declared(MARCH, 1), declared(april, 1), declared(april.plus(1), 1)];
        months(&[(&all, &[]), (received, contracts)]).iter().map(|month| month.silent).sum::<u64>()
    };
    assert_eq!(silent(&[declared(MARCH, 1)], &[open(MARCH, MARCH, 1)]), 2, "its contract goes on");
    assert_eq!(silent(&[declared(MARCH, 1)], &[ended(MARCH, MARCH, EndStatus::Declared)]), 0, "all its contracts ended");
    let one_left = [ended(MARCH, MARCH, EndStatus::Declared), open(MARCH, MARCH, 1)];
    assert_eq!(silent(&[declared(MARCH, 2)], &one_left), 2, "one contract is left");
    assert_eq!(silent(&[declared(MARCH, 0)], &[]), 0, "it declared that nobody was left");
    // It came back: the contract was declared before and after the gap.
    let back = april.plus(1);
    assert_eq!(silent(&[declared(MARCH, 1), declared(back, 1)], &[open(MARCH, back, 1)]), 1, "April only");
    // A season: everybody left in March, others came in May.
    let season = [ended(MARCH, MARCH, EndStatus::Declared), open(back, back, 1)];
    assert_eq!(silent(&[declared(MARCH, 1), declared(back, 1)], &season), 0);
}

#[test]
fn ends_are_settled_three_months_before_the_last() {
    let january = Month::new(2024, 1);
    let received: Vec<Received> = (january.0..=january.0 + 4).map(|month| declared(Month(month), 9)).collect();
    let february = january.plus(1);
    let contracts = [
        ended(january, february, EndStatus::Declared),
        ended(january, february, EndStatus::Inferred),
        Contracts { contracts: 2, ..ended(january, january, EndStatus::Declared) },
        ended(january, MARCH, EndStatus::Declared),
        // Declared for a day after the lake's last month.
        Contracts { end_month: Some(Month::new(2024, 9)), ..ended(january, MARCH, EndStatus::Declared) },
    ];
    let mut builder = QualityBuilder::new(Month::new(2024, 5));
    builder.establishment(&received, &contracts);
    let quality = builder.finish();
    let ends: Vec<_> = quality.months.iter().map(|month| (month.ends_declared, month.ends_inferred, month.is_settled)).collect();
    assert_eq!(ends, [(2, 0, true), (1, 1, true), (1, 0, false), (0, 0, false), (0, 0, false)]);
    assert_eq!(quality.ends(), (1, 4));
}

/// The alerts of months whose volumes of contracts are these; one establishment.
fn alerts(volumes: &[u64]) -> Vec<Vec<Alert>> {
    let first = Month::new(2024, 1);
    let of_months = (first.0..).map(Month).zip(volumes);
    let received: Vec<Received> = of_months.filter(|(_, volume)| **volume > 0).map(|(month, volume)| declared(month, *volume)).collect();
    let mut builder = QualityBuilder::new(first.plus(i32::try_from(volumes.len()).unwrap() - 1));
    builder.establishment(&received, &[]);
    builder.finish().months.into_iter().map(|month| month.alerts.into_iter().collect()).collect()
}

#[test]
fn a_volume_is_remarkable_beyond_a_fifth() {
    use Alert::{High, Low};
    assert_eq!(alerts(&[100, 80]), [vec![], vec![]], "a fifth less is not beyond");
    assert_eq!(alerts(&[100, 79]), [vec![], vec![Low]]);
    assert_eq!(alerts(&[100, 120]), [vec![], vec![]], "a fifth more is not beyond");
    assert_eq!(alerts(&[100, 121]), [vec![], vec![High]]);
    assert_eq!(alerts(&[100, 50, 100, 100]), [vec![], vec![Low], vec![], vec![]], "coming back is not remarkable");
    assert_eq!(alerts(&[19, 1, 19]), [vec![], vec![], vec![]], "too few to compare");
    assert_eq!(alerts(&[20, 15]), [vec![], vec![Low]]);
}

/// What is declared for months after the latest complete one is told, and is no month of which shares and alerts are made.
#[test]
fn a_month_after_the_complete_ones_is_apart() {
    let far = Month::new(2098, 1);
    let mut builder = QualityBuilder::new(MARCH);
    builder.establishment(&[declared(MARCH, 1), declared(far, 1)], &[open(MARCH, far, 1)]);
    builder.establishment(&[declared(MARCH.plus(1), 1)], &[open(MARCH.plus(1), MARCH.plus(1), 1)]);
    let quality = builder.finish();
    assert_eq!((quality.months.len(), quality.months[0].silent), (1, 0));
    assert_eq!(quality.beyond, [(MARCH.plus(1), 1), (far, 1)].into());
}

#[test]
fn a_month_of_which_nothing_came_is_there() {
    assert_eq!(alerts(&[100, 0, 100]), [vec![], vec![Alert::Absent], vec![]]);
}

#[test]
fn silent_and_incomplete_establishments_are_remarkable_beyond_a_twentieth() {
    // Twenty establishments in March; in April some are silent.
    let april = MARCH.plus(1);
    let alerts = |silent: usize, incomplete: usize| {
        let mut builder = QualityBuilder::new(april);
        for place in 0..100 {
            let fraction = if place >= 100 - incomplete { 12 } else { 11 };
            let of_april = Received { fraction, ..declared(april, 1) };
            let received = if place < silent { vec![declared(MARCH, 1)] } else { vec![declared(MARCH, 1), of_april] };
            let last = received.last().unwrap().month;
            builder.establishment(&received, &[open(MARCH, last, 1)]);
        }
        builder.finish().months.remove(1).alerts
    };
    assert_eq!(alerts(5, 5), [].into());
    assert_eq!(alerts(6, 5), [Alert::Silent].into());
    assert_eq!(alerts(5, 6), [Alert::Incomplete].into());
}
