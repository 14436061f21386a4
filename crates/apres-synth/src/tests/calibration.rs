//! Rates are those of the published figures, within two points, on fifty thousand leavers.

#![expect(clippy::cast_precision_loss, reason = "rates, to be compared with targets")]

use crate::calendar::Month;
use crate::contract::Window;
use crate::people::Shares;
use crate::territory::{Recipe, Territory};
use crate::truth;
use crate::truth::exits::{self, Exit};
use crate::truth::panel::{Career, KINDS, Left};
use crate::truth::tally::{Horizon, Tallies};

/// The minimum wage of an hour, in centimes, that pays are drawn from.
const MINIMUM_WAGE: f64 = 1165.0;

/// What the truth files do not count: the leavers of insertion, looked at one by one.
#[derive(Default)]
struct Looked {
    /// Leavers seen at six months, and those employed: everyone, then with and without the RSA, a diploma, fifty years.
    employed: [[(u64, u64); 2]; 3],
    /// Jobs held at six months and those of part time; all, then after an AI.
    part_time: [(u64, u64); 2],
    /// Hourly pay of these jobs, in centimes.
    pay: Vec<i64>,
    /// Exits seen at twelve months and those with a new contract of insertion by then (B-13).
    returned: (u64, u64),
}

impl Looked {
    fn territory(&mut self, territory: &Territory) {
        let rules = exits::programme("iae").unwrap();
        for (place, person) in territory.people.iter().enumerate() {
            let career = Career::new(territory.contracts_of(place), &territory.market, territory.window);
            let found = exits::find(&career, rules);
            let is_seen = |exit: &Exit, months| exit.t0.quarter().last_month().plus(months) <= territory.window.last;
            for exit in found.iter().filter(|exit| is_seen(exit, 12)) {
                let until = exit.t0.plus_months(12);
                let is_new = |start| exit.t0 < start && start <= until;
                count(&mut self.returned, career.spells.iter().any(|spell| spell.is_insertion() && is_new(spell.contract.date_debut)));
            }
            let Some(exit) = found.into_iter().max_by_key(|exit| exit.t0) else { continue };
            let left = Left { programme: "iae", siret: Some(&exit.siret) };
            if is_seen(&exit, 6) {
                let job = career.main_job(left, exit.t0, 6);
                let age = territory.window.first.year() - person.birth.year();
                for (trait_, is_so) in [person.has_rsa, person.is_low_degree, age >= 50].into_iter().enumerate() {
                    count(&mut self.employed[trait_][usize::from(is_so)], job.is_some());
                }
                if let Some(job) = job {
                    count(&mut self.part_time[0], job.contract.is_part_time());
                    if exit.kind == "AI" {
                        count(&mut self.part_time[1], job.contract.is_part_time());
                    }
                    self.pay.push(job.contract.hourly_pay);
                }
            }
        }
    }

    /// People whose last exit is seen at six months.
    fn leavers(&self) -> u64 {
        self.employed[0].iter().map(|(_, all)| all).sum()
    }

    /// Points of employment that a trait takes away.
    fn effect(&self, place: usize) -> f64 {
        let [without, with] = self.employed[place].map(|(yes, all)| yes as f64 / all as f64);
        with - without
    }

    fn median_pay(&mut self) -> f64 {
        let middle = self.pay.len() / 2;
        *self.pay.select_nth_unstable(middle).1 as f64
    }
}

fn count(tally: &mut (u64, u64), is_so: bool) {
    tally.0 += u64::from(is_so);
    tally.1 += 1;
}

/// Rates beside their targets.
#[derive(Default)]
struct Comparison {
    report: String,
    worst: f64,
}

impl Comparison {
    fn rate(&mut self, name: &str, found: f64, target: f64) {
        self.report += &format!("{name}: {found:.3}, target {target:.3}\n");
        self.worst = self.worst.max((found - target).abs());
    }

    fn share(&mut self, name: &str, found: (u64, u64), target: f64) {
        self.rate(&format!("{name} (of {})", found.1), found.0 as f64 / found.1 as f64, target);
    }

    fn people(&mut self, looked: &mut Looked) {
        for (place, (name, target)) in [("RSA", -0.12), ("below CAP", -0.06), ("50 and over", -0.08)].into_iter().enumerate() {
            self.rate(&format!("effect of {name}"), looked.effect(place), target);
        }
        self.rate("median pay over the minimum wage", looked.median_pay() / MINIMUM_WAGE, 1.06);
        self.share("part time", looked.part_time[0], 0.35);
        self.share("part time AI", looked.part_time[1], 0.55);
        self.share("B-13 back in insertion", looked.returned, 0.08);
    }

    fn outcomes(&mut self, tallies: &Tallies) {
        let types = [
            ("ACI", [(1, 0.30), (6, 0.37), (12, 0.40)]),
            ("EI", [(1, 0.36), (6, 0.42), (12, 0.44)]),
            ("AI", [(1, 0.48), (6, 0.50), (12, 0.47)]),
            ("ETTI", [(1, 0.50), (6, 0.55), (12, 0.52)]),
        ];
        for (kind, points) in types {
            for (months, target) in points {
                let found = tallies.share("iae", ("type", kind), months, |own| own.employed_day);
                self.share(&format!("B-01 {kind} {months}"), found, target);
            }
            let durable = tallies.share("iae", ("type", kind), 6, |own| own.durable);
            self.share(&format!("B-04 {kind} 6"), durable, points[1].1 * 0.45);
        }
    }

    fn kinds(&mut self, tallies: &Tallies) {
        assert_eq!((KINDS[5], KINDS[7]), ("cdi", "interim"));
        let of_employed = |group: (&str, &str), kind: fn(&Horizon) -> u64| {
            let (employed, _) = tallies.share("iae", group, 6, |own| own.employed_day);
            (tallies.share("iae", group, 6, kind).0, employed)
        };
        self.share("interim", of_employed(("", ""), |own| own.kinds[7]), 0.25);
        self.share("interim ETTI", of_employed(("type", "ETTI"), |own| own.kinds[7]), 0.45);
        self.share("CDI", of_employed(("", ""), |own| own.kinds[5]), 0.30);
    }
}

#[test]
fn calibration_on_fifty_thousand_leavers() {
    let window = Window { first: Month::new(2022, 1), last: Month::new(2025, 12) };
    let shares = Shares { iae: 1.0, pec: 0.0, apprentissage: 0.0 };
    let mut tallies = Tallies::default();
    let mut looked = Looked::default();
    let mut cell = 0;
    while looked.leavers() < 50_000 {
        let territory = Territory::new(&Recipe { seed: 11, cell, first_person: cell * 4000, people: 4000, window, shares });
        looked.territory(&territory);
        let truth = truth::of(&territory, None);
        tallies.merge(truth.tallies);
        cell += 1;
    }
    let mut comparison = Comparison::default();
    comparison.people(&mut looked);
    comparison.outcomes(&tallies);
    comparison.kinds(&tallies);
    println!("{}", comparison.report);
    assert!(comparison.worst <= 0.02, "{}", comparison.report);
}
