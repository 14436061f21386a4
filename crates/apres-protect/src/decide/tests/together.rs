//! Figures that stand on one page, in one file or one filter away from each other, and an onlooker who combines them.
//!
//! Each case is one that was found by hand on a running installation; the onlooker is other code than the gate's.

use proptest::prelude::*;

use super::*;
use crate::counted::CountedRest;
use crate::request::{Rest, Scope};

/// The counts that a figure leaves possible, for whoever knows every rule, and the people that it is out of.
fn possible(figure: &Figure) -> Option<(std::ops::RangeInclusive<u64>, u64)> {
    let policy = exact();
    let fits = |denominator: u64, shown: &dyn Fn(&Figure) -> bool| {
        let all: Vec<u64> =
            (0..=denominator).filter(|&people| shown(&rate((people, denominator), (people, denominator), &policy))).collect();
        (*all.first().unwrap()..=*all.last().unwrap(), denominator)
    };
    match figure {
        Figure::Rate { numerator: Some(people), denominator, .. } => Some((*people..=*people, *denominator)),
        Figure::Rate { percent, denominator, .. } => {
            Some(fits(*denominator, &|other| matches!(other, Figure::Rate { percent: of, .. } if of == percent)))
        }
        Figure::RateBelow { denominator, .. } => Some(fits(*denominator, &|other| matches!(other, Figure::RateBelow { .. }))),
        Figure::RateAbove { denominator, .. } => Some(fits(*denominator, &|other| matches!(other, Figure::RateAbove { .. }))),
        _ => None,
    }
}

fn total<'a>(cells: &'a [ReleasedCell], indicator: &str, horizon: u8) -> &'a Figure {
    &cells.iter().find(|cell| (cell.indicator.as_str(), cell.horizon) == (indicator, horizon) && cell.group.is_empty()).unwrap().figure
}

// A question and everybody else of a wider one.

/// Own and others at one month and at six.
fn compared(own: [(u64, u64); 2], others: [(u64, u64); 2]) -> Release {
    let cells = |shares: [(u64, u64); 2]| {
        let both = [1, 6].into_iter().zip(shares);
        both.map(|(months, (employed, people))| cell("B-01", months, Vec::new(), share(employed, people))).collect::<Vec<_>>()
    };
    let mut table = counted("indicateur=B-01&territoire=dep:2A&horizon=1&horizon=6", own[0].1, cells(own));
    table.request.rest = Some(Rest::Scope(Scope::Departements(vec!["2A".into(), "2B".into()])));
    table.rest = Some(CountedRest { population: others[0].1, population_key: NO_KEY, cells: cells(others) });
    decided(&table).unwrap()
}

#[test]
fn a_region_that_has_one_leaver_more_is_not_compared_with() {
    // 21 of 55 beside « Corse » 21 of 56, month after month: the difference is one person's year.
    let release = compared([(21, 55), (23, 55)], [(0, 1), (0, 1)]);
    assert_eq!(release.rest(), None);
    assert_eq!(words(total(release.cells(), "B-01", 6)), "42% 23/55 [29-56]", "the own figures stay");
}

#[test]
fn the_others_are_shown_when_they_pass_every_threshold_at_every_horizon() {
    let said = |others: [(u64, u64); 2]| {
        let release = compared([(21, 55), (23, 55)], others);
        release.rest().map(|cells| [1, 6].map(|months| words(total(cells, "B-01", months))).join(" | "))
    };
    assert_eq!(said([(8, 20), (9, 20)]).as_deref(), Some("40% ?/20 [19-64] | 45% ?/20 [23-68]"));
    assert_eq!(said([(8, 19), (9, 19)]), None);
    assert_eq!(said([(8, 20), (9, 19)]), None, "one horizon is enough to say nothing");
}

#[test]
fn the_others_do_not_complete_what_is_hidden_of_ones_own() {
    // 3 of 21: the numerator is not said, and must not be the country's less the others'.
    let release = compared([(3, 21), (2, 21)], [(4321, 10_000), (4400, 10_000)]);
    let rest = release.rest().unwrap();
    assert_eq!(words(total(release.cells(), "B-01", 1)), "15% ?/21 [4-39]");
    assert_eq!(words(total(rest, "B-01", 1)), "43% ?/10000 [41-45]");
    assert_eq!(words(total(rest, "B-01", 6)), "shield", "a bound beside it would be exact");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// He also knows the wider total exactly, which may be shown to anybody else.
    #[test]
    fn the_wider_total_less_the_others_never_gives_what_is_hidden_of_ones_own(
        (people, employed) in (20..80_u64).prop_flat_map(|people| (Just(people), 0..=people)),
        (others, others_employed) in (0..200_u64).prop_flat_map(|people| (Just(people), 0..=people)),
    ) {
        let release = compared([(employed, people); 2], [(others_employed, others); 2]);
        let own = total(release.cells(), "B-01", 6);
        let Some(rest) = release.rest() else { return Ok(()) };
        prop_assert!(others >= 20, "the others are a cohort");
        let rest = total(rest, "B-01", 6);
        if let Some((seen, _)) = possible(rest) {
            let (own_seen, _) = possible(own).expect("own is said beside the others");
            let is_exact = seen.start() == seen.end();
            let was_bounded = matches!(own, Figure::RateBelow { .. } | Figure::RateAbove { .. });
            prop_assert!(!was_bounded || !matches!(rest, Figure::Rate { .. }), "{own:?} beside {rest:?}");
            let was_open = own_seen.start() != own_seen.end();
            // On few people a rounded rate already gives the count: then nothing is added.
            let is_said = matches!(rest, Figure::Rate { numerator: Some(_), .. });
            prop_assert!(!(was_open && is_said && is_exact), "{own:?} completed by {rest:?}");
        }
    }
}

#[test]
fn a_horizon_that_nobody_sees_yet_is_pending_on_both_sides() {
    let pending = |indicator: &str, value| CountedCell { standing: Standing::Pending, ..cell(indicator, 24, Vec::new(), value) };
    let cells = || vec![pending("B-01", share(0, 0)), pending("D-01", kinds(&[]))];
    let mut table = counted("indicateur=B-01&indicateur=D-01&horizon=24&territoire=dep:2A", 30, cells());
    table.request.rest = Some(Rest::Scope(Scope::National));
    table.rest = Some(CountedRest { population: 30, population_key: NO_KEY, cells: cells() });
    let release = decided(&table).unwrap();
    for cells in [release.cells(), release.rest().unwrap()] {
        assert_eq!([words(total(cells, "B-01", 24)), words(total(cells, "D-01", 24))], ["pending", "pending"]);
    }
    // A filter that keeps nobody, at such a horizon, is no reason to fail.
    let women = CountedCell { group: sex("F"), standing: Standing::Consolidated, ..pending("D-01", kinds(&[])) };
    let men = CountedCell { group: sex("M"), ..pending("D-01", kinds(&[])) };
    let table = counted("indicateur=D-01&horizon=24&sexe=F", 30, vec![pending("D-01", kinds(&[])), women, men]);
    assert_eq!(words(total(decided(&table).unwrap().cells(), "D-01", 24)), "small");
}

// The match report of a list.

fn match_report(people: [u64; 4], unusable: u64) -> Release {
    let usable: u64 = people.iter().sum();
    let cells = vec![
        cell("A-02", 0, Vec::new(), CountedValue::Count(usable)),
        cell("A-03", 0, Vec::new(), share(people[0] + people[1], usable)),
        cell("A-03D", 0, Vec::new(), ways(people)),
        cell("A-03U", 0, Vec::new(), CountedValue::Count(unusable)),
    ];
    let table = counted("liste=l&indicateur=A-02&indicateur=A-03&indicateur=A-03D&indicateur=A-03U", usable + unusable, cells);
    decided(&Counted { found: people[0] + people[1], ..table }).unwrap()
}

/// Every way of filling the hidden categories that the whole report allows.
fn fillings(release: &Release) -> Vec<[u64; 4]> {
    let Figure::Distribution { denominator, categories } = total(release.cells(), "A-03D", 0) else { return Vec::new() };
    let (found, _) = possible(total(release.cells(), "A-03", 0)).unwrap();
    let range = |figure: &Figure| match (figure, possible(figure)) {
        (_, Some((seen, _))) => seen,
        (Figure::Hidden { reason: Reason::Small }, _) => 0..=10,
        _ => 0..=*denominator,
    };
    let ranges: Vec<_> = categories.iter().map(|(_, figure)| range(figure)).collect();
    let mut all = Vec::new();
    for nir in ranges[0].clone() {
        for identite in ranges[1].clone().filter(|identite| found.contains(&(nir + identite))) {
            for ambigu in ranges[2].clone().filter(|ambigu| nir + identite + ambigu <= *denominator) {
                let rest = denominator - nir - identite - ambigu;
                if ranges[3].contains(&rest) {
                    all.push([nir, identite, ambigu, rest]);
                }
            }
        }
    }
    all
}

#[test]
fn a_match_report_does_not_undo_its_own_hiding() {
    // 85 found of 85 searched, by NIR 43, by identity 42; 28 rows unusable. Said together, they gave « exactly all ».
    let release = match_report([43, 42, 0, 0], 28);
    assert_eq!(release.population(), None, "113 less 85 would be a figure");
    assert_eq!(words(total(release.cells(), "A-02", 0)), "85");
    assert_eq!(words(total(release.cells(), "A-03", 0)), ">95% of 85");
    assert_eq!(words(total(release.cells(), "A-03D", 0)), "of 85: nir: shield, identite: shield, ambigu: small, non_trouve: small");
    assert_eq!(words(total(release.cells(), "A-03U", 0)), "28");
    assert!(fillings(&release).len() >= 5);
    // 21 found of 23, which the bound tells within two: 11 by NIR left exactly 10 by identity.
    assert!(fillings(&match_report([11, 10, 0, 2], 4)).iter().map(|filling| filling[1]).collect::<BTreeSet<_>>().len() >= 5);
    // 80 by NIR and 5 by identity: the rate says 85, so the first would give the second.
    let release = match_report([80, 5, 9, 6], 3);
    assert_eq!(words(total(release.cells(), "A-03", 0)), "85% 85/100 [76-92]");
    assert_eq!(words(total(release.cells(), "A-03D", 0)), "of 100: nir: shield, identite: shield, ambigu: shield, non_trouve: shield");
    assert_eq!(words(total(release.cells(), "A-03U", 0)), "small");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_small_way_of_a_match_report_is_worked_out(nir in 0..60_u64, identite in 0..40_u64, ambigu in 0..20_u64, non_trouve in 0..20_u64) {
        prop_assume!(nir + identite >= 20);
        let people = [nir, identite, ambigu, non_trouve];
        let release = match_report(people, 4);
        prop_assert_eq!(release.population(), None);
        let all = fillings(&release);
        if let Figure::Distribution { categories, .. } = total(release.cells(), "A-03D", 0) {
            prop_assert!(all.contains(&people), "what is said is true");
            for (position, (code, figure)) in categories.iter().enumerate() {
                let is_open = all.iter().any(|filling| filling[position] != people[position]);
                prop_assert!(is_open || !matches!(figure, Figure::Hidden { .. }), "{code} of {people:?} in {:?}", categories);
            }
        }
    }

    #[test]
    fn never_employed_and_no_month_hide_together(none in 0..30_u64, some in proptest::collection::vec(0..30_u64, 4)) {
        let people = [none, some[0], some[1], some[2], some[3]];
        let leavers: u64 = people.iter().sum();
        prop_assume!(leavers >= 20);
        let cells = || vec![cell("B-10D", 12, Vec::new(), bands(people)), cell("B-12", 12, Vec::new(), share(none, leavers))];
        let asked = |query: &str| decided(&counted(query, leavers, cells())).unwrap();
        let both = asked("indicateur=B-12&indicateur=B-10D");
        let Figure::Distribution { categories, .. } = total(both.cells(), "B-10D", 12) else { return Ok(()) };
        let is_said = |figure: &Figure| matches!(figure, Figure::Rate { .. });
        let share = total(both.cells(), "B-12", 12);
        prop_assert_eq!(is_said(share), is_said(&categories[0].1), "{:?} beside {:?}", share, categories);
        for alone in ["B-12", "B-10D"] {
            let asked = asked(&format!("indicateur={alone}"));
            prop_assert_eq!(asked.cells().len(), 1);
            prop_assert_eq!(total(asked.cells(), alone, 12), total(both.cells(), alone, 12), "asked alone, it says as much");
        }
    }
}

/// Fewest and most months of the bands of B-10D.
const BANDS: [(u64, u64); 5] = [(0, 0), (1, 3), (4, 6), (7, 9), (10, 12)];

/// How many values the people of each hidden band may take, seen by someone who takes every band that is said for exact, with a mean or without.
fn open_values(people: &[u64; 5], categories: &[(String, Figure)], mean_tenths: Option<i64>) -> Vec<usize> {
    let total: u64 = people.iter().sum();
    let is_hidden = |band: usize| matches!(categories[band].1, Figure::Hidden { .. });
    let most = |band: usize| if matches!(categories[band].1, Figure::Hidden { reason: Reason::Small }) { 10 } else { total };
    let said: u64 = (0..5).filter(|&band| !is_hidden(band)).map(|band| people[band]).sum();
    let left = total - said;
    // Fewest (or most) months of this many people in hidden bands but one.
    let months = |but: usize, count: u64, is_fewest: bool| {
        let mut bands: Vec<usize> = (0..5).filter(|&band| is_hidden(band) && band != but).collect();
        if !is_fewest {
            bands.reverse();
        }
        let (mut left, mut sum) = (count, 0);
        for band in bands {
            let taken = left.min(most(band));
            sum += taken * if is_fewest { BANDS[band].0 } else { BANDS[band].1 };
            left -= taken;
        }
        (left == 0).then_some(sum)
    };
    let fits = |band: usize, value: u64| {
        let Some((low, high)) = months(band, left - value, true).zip(months(band, left - value, false)) else { return false };
        let Some(tenths) = mean_tenths else { return true };
        let known = |of: &dyn Fn((u64, u64)) -> u64| {
            (0..5).filter(|&band| !is_hidden(band)).map(|band| people[band] * of(BANDS[band])).sum::<u64>()
        };
        let low = low + value * BANDS[band].0 + known(&|(low, _)| low);
        let high = high + value * BANDS[band].1 + known(&|(_, high)| high);
        let tenths = u64::try_from(tenths).unwrap();
        // The mean lies within a quarter of a unit of what is said.
        4 * 10 * high >= total * (4 * tenths).saturating_sub(10) && 4 * 10 * low <= total * (4 * tenths + 10)
    };
    (0..5).filter(|&band| is_hidden(band)).map(|band| (0..=left.min(most(band))).filter(|&value| fits(band, value)).count()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_mean_leaves_a_hidden_band_as_open_as_the_policy_wants(worked in proptest::collection::vec((0..5_usize, 0..3_u64), 40..200), weights in [0..5_usize, 0..5, 0..5, 0..5]) {
        // Skewed, so that some bands are small.
        let months: Vec<u64> = worked.iter().enumerate().map(|(position, (band, place))| {
            let band = if position % 4 == 0 { *band } else { weights[position % weights.len()] };
            (BANDS[band].0 + place).min(BANDS[band].1)
        }).collect();
        let in_band = |(low, high): (u64, u64)| months.iter().filter(|months| (low..=high).contains(months)).count() as u64;
        let (people, leavers) = (BANDS.map(in_band), months.len() as u64);
        let quartiles = quartiles(&months.iter().map(|months| (i64::try_from(*months).unwrap(), 1)).collect::<Vec<_>>());
        let cells = vec![cell("B-10", 12, Vec::new(), quartiles), cell("B-10D", 12, Vec::new(), bands(people)), cell("B-12", 12, Vec::new(), share(people[0], leavers))];
        let release = decided(&counted("indicateur=B-10&indicateur=B-10D&indicateur=B-12", leavers, cells)).unwrap();
        let Figure::Quartiles { mean_tenths: Some(tenths), .. } = total(release.cells(), "B-10", 12) else { return Ok(()) };
        let Figure::Distribution { categories, .. } = total(release.cells(), "B-10D", 12) else { return Ok(()) };
        let (with, without) = (open_values(&people, categories, Some(*tenths)), open_values(&people, categories, None));
        for (with, without) in with.iter().zip(&without) {
            prop_assert!(*with >= 5.min(*without), "{with} values left of {without} for {people:?}, mean {tenths}/10: {categories:?}");
        }
    }
}

// A padded list: rows that the depositor invents are searched, never found, and count as without employment.

fn padded(found_employed: u64, found: u64, invented: u64) -> Result<Release, Refusal> {
    let value = |people| share(found_employed, people);
    let none = |people: u64| {
        let quarter = |count: u64| (count / 4, count % 4);
        let (each, more) = quarter(found_employed);
        bands([people - found_employed, each, each, each, each + more])
    };
    let people = found + invented;
    let of = |indicator: &str, horizon, value, found| CountedCell { found: Some(found), ..cell(indicator, horizon, Vec::new(), value) };
    let cells = vec![
        of("A-02", 0, CountedValue::Count(people), CountedValue::Count(found)),
        of("B-01", 6, value(people), value(found)),
        of("B-10D", 12, none(people), none(found)),
        of("B-12", 12, share(people - found_employed, people), share(found - found_employed, found)),
    ];
    let table = counted("liste=l&indicateur=A-02&indicateur=B-01&indicateur=B-10D&indicateur=B-12", people, cells);
    decided(&Counted { found, ..table })
}

#[test]
fn a_padded_list_does_not_tell_the_status_of_one_person() {
    // 17 invented numbers with good keys, 2 people known to work, 1 target: « 15 % sur 20 » told that the target works.
    for employed in [2, 3] {
        assert_eq!(padded(employed, 3, 17).unwrap_err().code, RefusalCode::CohortTooSmall);
    }
}

#[test]
fn invented_rows_never_move_a_figure_across_a_threshold() {
    // 20 known to work and a target: 20 or 21 of 21, a bound in both cases. Two invented rows more made it a rate in one of them.
    for invented in 0..=21 {
        let said = |employed| words(total(padded(employed, 21, invented).unwrap().cells(), "B-01", 6));
        let (out, working) = (said(20), said(21));
        assert!(!out.contains('?') && !working.contains('?') && !out.contains('/'), "{invented}: {out}, {working}");
        assert_eq!(out == "shield", working == "shield", "{invented} invented: {out} or {working}");
    }
    // A category is as small as those who were found in it.
    let release = padded(60, 62, 20).unwrap();
    let months = words(total(release.cells(), "B-10D", 12));
    assert!(months.starts_with("of 82: 0: small,"), "{months}");
    assert_eq!(words(total(release.cells(), "B-12", 12)), "shield", "22 of 82 were never employed, 20 of them invented");
}

#[test]
fn more_rows_never_found_than_found_say_nothing() {
    let said = |invented| words(total(padded(15, 30, invented).unwrap().cells(), "B-01", 6));
    assert_eq!(said(0), "50% 15/30 [30-70]");
    assert_eq!(said(30), "25% 15/60 [13-40]", "rounded as 30 people are");
    assert_eq!(said(31), "shield");
    assert_eq!(words(total(padded(15, 30, 31).unwrap().cells(), "A-02", 0)), "61", "who is searched is no outcome");
}

// A filter: everybody, and each value in turn.

#[derive(Debug, Clone)]
struct Leavers(Vec<(&'static str, &'static str, bool)>);

fn any_leavers() -> impl Strategy<Value = Leavers> {
    let person = |percent: u32| {
        (0..20_usize, 0..30_usize, 0..100_u32).prop_map(move |(sex, age, draw)| {
            let sex = ["F", "M", "M", "M"][sex.min(3)];
            (sex, ["50_plus", "moins_26", "moins_26", "26_49"][age.min(3)], draw < percent)
        })
    };
    (20..150_usize, 5..=95_u32).prop_flat_map(move |(people, percent)| proptest::collection::vec(person(percent), people)).prop_map(Leavers)
}

fn ask(leavers: &Leavers, query: &str) -> Option<Release> {
    let query = format!("indicateur=A-02&indicateur=B-01&horizon=6&{query}");
    let request = request(&query);
    let mut groups: BTreeMap<(usize, Group), (u64, u64)> = BTreeMap::new();
    for (sex, age, is_employed) in &leavers.0 {
        for level in request.levels() {
            let value = |dimension: &Dimension| (*dimension, (if *dimension == Dimension::Sex { *sex } else { *age }).to_owned());
            let group: Group = level.iter().map(value).collect();
            let counts = groups.entry((group.len(), group)).or_default();
            *counts = (counts.0 + u64::from(*is_employed), counts.1 + 1);
        }
    }
    let kept = request.slice().unwrap();
    let population = groups.get(&(kept.len(), kept)).map_or(0, |counts| counts.1);
    let mut cells = Vec::new();
    for ((_, group), (employed, people)) in groups {
        cells.push(cell("A-02", 0, group.clone(), CountedValue::Count(people)));
        cells.push(cell("B-01", 6, group, share(employed, people)));
    }
    decided(&counted(&query, population, cells)).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The page of everybody, then one for each value of a filter: what one of them hides is not the first less the others.
    #[test]
    fn everybody_less_each_value_of_a_filter_never_gives_a_hidden_group(leavers in any_leavers()) {
        for (key, values) in [("sexe", &["F", "M"][..]), ("age", &["26_49", "50_plus", "moins_26"][..])] {
            let everybody = ask(&leavers, "").unwrap();
            let pages: Vec<_> = values.iter().map(|value| (value, ask(&leavers, &format!("{key}={value}")))).collect();
            let table = ask(&leavers, &format!("par={key}")).unwrap();
            for (indicator, horizon) in [("A-02", 0), ("B-01", 6)] {
                let known = |page: &Option<Release>| {
                    page.as_ref().is_some_and(|page| !matches!(total(page.cells(), indicator, horizon), Figure::Hidden { .. }))
                };
                let is_there = |value: &str| leavers.0.iter().any(|(sex, age, _)| *sex == value || *age == value);
                let dimension = Dimension::from_code(key).unwrap();
                // A page refused for its cohort may still stand in the table: it is no secret then.
                let is_in_table = |value: &str| {
                    let beside = table.cell(indicator, horizon, &vec![(dimension, value.to_owned())]);
                    beside.is_some_and(|beside| !matches!(beside.figure, Figure::Hidden { .. }))
                };
                let is_hidden = |value: &str, page: &Option<Release>| is_there(value) && !known(page) && !is_in_table(value);
                let hidden: Vec<_> = pages.iter().filter(|(value, page)| is_hidden(value, page)).map(|(value, _)| **value).collect();
                if !matches!(total(everybody.cells(), indicator, horizon), Figure::Hidden { .. }) {
                    prop_assert!(hidden.len() != 1, "{indicator} {key}: only {hidden:?} is hidden");
                }
                for (value, page) in &pages {
                    let beside = table.cell(indicator, horizon, &vec![(dimension, (**value).to_owned())]);
                    let (Some(page), Some(beside)) = (page, beside) else { continue };
                    prop_assert_eq!(total(page.cells(), indicator, horizon), &beside.figure, "the page of a filter says what the table says");
                }
            }
        }
    }

    /// Two filters at once, and each alone with the other as breakdown.
    #[test]
    fn a_slice_broken_down_is_a_slice_of_the_crossed_table(leavers in any_leavers()) {
        for sex in ["F", "M"] {
            let Some(broken) = ask(&leavers, &format!("sexe={sex}&par=age")) else { continue };
            for age in ["26_49", "50_plus", "moins_26"] {
                let both = ask(&leavers, &format!("sexe={sex}&age={age}"));
                let beside = broken.cell("A-02", 0, &vec![(Dimension::AgeBand, age.to_owned())]);
                let (Some(both), Some(beside)) = (both, beside) else { continue };
                prop_assert_eq!(total(both.cells(), "A-02", 0), &beside.figure);
            }
        }
    }
}
