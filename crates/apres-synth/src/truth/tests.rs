//! A population small enough to be checked by hand.

use crate::calendar::{Day, Month};
use crate::contract::{Contract, FULL_TIME, Window};
use crate::draw::Draw;
use crate::employers::{self, EmployerKind, Market};
use crate::truth::exits::{self, PROGRAMMES};
use crate::truth::panel::{Career, KINDS, Left};

const WINDOW: Window = Window { first: Month(2023 * 12), last: Month(2024 * 12 + 11) };

fn market() -> Market {
    employers::generate(1, 0, 2000, 0.3, 24)
}

fn day(text: &str) -> Day {
    let part = |range: std::ops::Range<usize>| text[range].parse::<i32>().unwrap();
    Day::from_ymd(part(0..4), part(5..7), part(8..10))
}

fn contract(market: &Market, kind: EmployerKind, nature: &'static str, from: &str, to: &str) -> Contract {
    Contract {
        person: 0,
        employer: market.of_kind(kind)[0],
        sequence: 1,
        date_debut: day(from),
        declared_from: day(from),
        date_fin: day(to),
        expected: if nature == "01" { Vec::new() } else { vec![(day(from).month(), day(to))] },
        nature,
        dispositif: "99",
        complement: None,
        motif_recours: None,
        quotite: FULL_TIME,
        hourly_pay: 1200,
        motif_fin: "031",
        is_silent: false,
        mistaken_end: None,
        user: None,
        suspension: None,
        moved_from: None,
        job: 0,
    }
}

fn insertion(market: &Market, from: &str, to: &str) -> Contract {
    Contract { complement: Some("02"), dispositif: "71", motif_recours: Some("09"), ..contract(market, EmployerKind::Aci, "02", from, to) }
}

/// The kind of the main job so many months after the only exit, and whether it is durable.
fn seen(market: &Market, contracts: &[Contract], months: i32) -> Option<(&'static str, bool)> {
    let career = Career::new(contracts, market, WINDOW);
    let exits = exits::find(&career, &PROGRAMMES[0]);
    assert_eq!(exits.len(), 1);
    let seen = career.seen(Left { programme: "iae", siret: Some(&exits[0].siret) }, exits[0].t0, months);
    seen.kind.map(|kind| (KINDS[kind], seen.is_durable))
}

#[test]
fn a_gap_of_sixty_days_is_no_exit_and_sixty_one_is() {
    let market = market();
    let first = insertion(&market, "2023-01-01", "2023-06-30");
    let near = insertion(&market, "2023-08-29", "2023-12-31");
    let far = insertion(&market, "2023-08-30", "2023-12-31");
    let exits = |second: Contract| {
        let contracts = [first.clone(), second];
        let found = exits::find(&Career::new(&contracts, &market, WINDOW), &PROGRAMMES[0]);
        found.iter().map(|exit| exit.t0.iso()).collect::<Vec<_>>()
    };
    assert_eq!(exits(near), ["2023-12-31"]);
    assert_eq!(exits(far), ["2023-06-30", "2023-12-31"]);
}

#[test]
fn short_stays_and_unseen_gaps_are_no_exits() {
    let market = market();
    let count = |from: &str, to: &str| {
        let contracts = [insertion(&market, from, to)];
        exits::find(&Career::new(&contracts, &market, WINDOW), &PROGRAMMES[0]).len()
    };
    assert_eq!(count("2023-01-01", "2023-03-21"), 0);
    assert_eq!(count("2023-01-01", "2023-03-22"), 1);
    assert_eq!(count("2024-01-01", "2024-11-01"), 1);
    assert_eq!(count("2024-01-01", "2024-11-02"), 0);
    assert_eq!(count("2024-01-01", "2025-03-31"), 0);
}

#[test]
fn the_horizon_is_clipped_and_ends_are_included() {
    let market = market();
    let left = insertion(&market, "2023-01-01", "2023-08-31");
    let job = contract(&market, EmployerKind::Ordinary, "02", "2024-02-01", "2024-02-29");
    assert_eq!(seen(&market, &[left.clone(), job], 6), Some(("cdd_moins_6_mois", false)));
    let late = contract(&market, EmployerKind::Ordinary, "02", "2024-03-01", "2024-04-30");
    assert_eq!(seen(&market, &[left, late], 6), None);
}

#[test]
fn sequences_chain_over_a_week_and_intention_counts() {
    let market = market();
    let left = insertion(&market, "2023-01-01", "2023-06-30");
    let one = contract(&market, EmployerKind::Agency, "03", "2023-09-01", "2023-12-20");
    let near = contract(&market, EmployerKind::Agency, "03", "2023-12-28", "2024-03-05");
    let far = contract(&market, EmployerKind::Agency, "03", "2023-12-29", "2024-03-05");
    assert_eq!(seen(&market, &[left.clone(), one.clone(), near], 6), Some(("interim", true)));
    assert_eq!(seen(&market, &[left.clone(), one, far], 6), Some(("interim", false)));
    let mut broken = contract(&market, EmployerKind::Ordinary, "02", "2023-12-01", "2024-01-15");
    broken.expected = vec![(broken.date_debut.month(), day("2024-05-30"))];
    assert_eq!(seen(&market, &[left, broken], 6), Some(("cdd_6_mois_ou_plus", true)));
}

#[test]
fn insertion_and_the_own_programme_are_not_employment() {
    let market = market();
    let left = insertion(&market, "2023-01-01", "2023-06-30");
    let back = insertion(&market, "2023-12-01", "2024-12-31");
    let hired = contract(&market, EmployerKind::Aci, "01", "2023-12-01", "2026-01-31");
    assert_eq!(seen(&market, &[left.clone(), back], 6), None);
    assert_eq!(seen(&market, &[left, hired], 6), Some(("cdi", true)));
}

#[test]
fn unlimited_jobs_come_before_longer_ones() {
    let market = market();
    let left = insertion(&market, "2023-01-01", "2023-06-30");
    let long = contract(&market, EmployerKind::Ordinary, "02", "2023-07-01", "2024-12-31");
    let cdi = Contract { sequence: 2, ..contract(&market, EmployerKind::Adapted, "01", "2023-12-15", "2024-02-01") };
    assert_eq!(seen(&market, &[left, long, cdi], 6), Some(("cdi", true)));
}

#[test]
fn silent_ends_are_found_where_the_definition_puts_them() {
    let market = market();
    let silent = |to: &str, expected: &str| {
        let mut own = contract(&market, EmployerKind::Ordinary, "02", "2023-02-01", to);
        own.expected = vec![(own.date_debut.month(), day(expected))];
        own.is_silent = own.may_be_silent(WINDOW);
        (own.is_silent, own.end(WINDOW).status(), own.end(WINDOW).day().map(Day::iso))
    };
    assert_eq!(silent("2023-05-12", "2023-05-12"), (true, "inferred", Some("2023-05-12".to_owned())));
    assert_eq!(silent("2023-05-31", "2023-08-02"), (true, "inferred", Some("2023-05-31".to_owned())));
    assert_eq!(silent("2023-05-12", "2023-08-02"), (false, "declared", Some("2023-05-12".to_owned())));
    assert!(!silent("2024-09-30", "2024-09-30").0);
}

#[test]
fn days_and_months_agree_with_the_calendar() {
    let mut draw = Draw::new(1, crate::draw::Stream::Lists, 1);
    for _ in 0..2000 {
        let own = Day(draw.between(-20_000, 40_000));
        let (year, month, of_month) = own.ymd();
        assert_eq!(Day::from_ymd(year, month, of_month), own);
    }
    assert_eq!(day("2024-02-29").spreadsheet_serial(), 45_351);
    assert_eq!(day("2023-08-31").plus_months(6).iso(), "2024-02-29");
    assert_eq!(day("2024-05-05").quarter().name(), "2024T2");
}
