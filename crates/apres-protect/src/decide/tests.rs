//! Each rule just under, at and above its threshold; then an attacker on made-up tables. Here and in `attacker` figures are exact; `noisy` has those of cell keys.

use std::sync::LazyLock;

use super::*;
use crate::admit;
use crate::counted::{CountedValue, Values};
use crate::release::Reason;
use crate::request::{Dimension, Month, Quarter, Request};

mod attacker;
mod noisy;
mod remainder;
mod together;

/// The question of these pairs, about leavers of the IAE in 2024 unless they say otherwise.
fn request(query: &str) -> Request {
    let base = if query.contains("liste=") { "du=2024T1&au=2024T4" } else { "programme=iae&du=2024T1&au=2024T4" };
    let base = if query.contains("du=") { "programme=iae" } else { base };
    let pairs = base.split('&').chain(query.split('&')).filter_map(|pair| pair.split_once('='));
    let pairs: Vec<_> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    Request::from_query(&pairs).unwrap()
}

fn group(values: &[(Dimension, &str)]) -> Group {
    values.iter().map(|(dimension, value)| (*dimension, (*value).to_owned())).collect()
}

fn sex(value: &str) -> Group {
    group(&[(Dimension::Sex, value)])
}

/// Exact figures have no use for keys.
const NO_KEY: SetKey = SetKey::ZERO;

/// The default but for the method: figures are exact, and others hidden for their sake.
fn exact() -> Policy {
    Policy { method: Method::ClosedCube, ..Policy::default() }
}

fn quartiles(values: &[(i64, u64)]) -> CountedValue {
    CountedValue::Quartiles(values.iter().copied().collect::<Values>())
}

fn cell(indicator: &str, horizon: u8, group: Group, value: CountedValue) -> CountedCell {
    CountedCell {
        indicator: indicator.to_owned(),
        horizon,
        group,
        standing: Standing::Consolidated,
        value,
        key: NO_KEY,
        found: None,
        found_key: NO_KEY,
    }
}

fn share(numerator: u64, denominator: u64) -> CountedValue {
    CountedValue::Share { numerator, denominator }
}

fn counted(query: &str, population: u64, cells: Vec<CountedCell>) -> Counted {
    let last_month = Month::new(2026, 9).unwrap();
    let (population_key, found_key) = (NO_KEY, NO_KEY);
    Counted {
        request: request(query),
        lake_version: 7,
        last_month,
        population,
        population_key,
        found: population,
        found_key,
        cells,
        rest: None,
    }
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::embedded);

fn decided(counted: &Counted) -> Result<Release, Refusal> {
    decide(counted, &CATALOGUE, &exact(), &[])
}

/// A figure in short words, to be read in the cases below.
fn words(figure: &Figure) -> String {
    let reason = |reason: &Reason| match reason {
        Reason::Small => "small",
        Reason::WouldRevealAnother => "shield",
        Reason::NotObservableYet => "pending",
        Reason::NoData => "nobody",
    };
    match figure {
        Figure::Count { value } => format!("{value}"),
        Figure::Rate { percent, denominator, numerator, low, high } => {
            let said = numerator.map_or("?".to_owned(), |numerator| numerator.to_string());
            format!("{percent}% {said}/{denominator} [{low}-{high}]")
        }
        Figure::RateBelow { percent, denominator } => format!("<{percent}% of {denominator}"),
        Figure::RateAbove { percent, denominator } => format!(">{percent}% of {denominator}"),
        Figure::Distribution { denominator, categories } => {
            let categories: Vec<_> = categories.iter().map(|(code, figure)| format!("{code}: {}", words(figure))).collect();
            format!("of {denominator}: {}", categories.join(", "))
        }
        Figure::Quartiles { denominator, p25, median, p75, mean_tenths } => {
            let mean = mean_tenths.map(|tenths| format!(", mean {tenths}/10")).unwrap_or_default();
            format!("{p25:?} {median} {p75:?} of {denominator}{mean}")
        }
        Figure::Hidden { reason: why } => reason(why).to_owned(),
    }
}

/// What is said of the total alone of one indicator.
fn alone(indicator: &str, horizon: u8, value: CountedValue) -> String {
    let population = 2_000_000;
    let query = if indicator.starts_with("A-03") { format!("liste=l&indicateur={indicator}") } else { format!("indicateur={indicator}") };
    let release = decided(&counted(&query, population, vec![cell(indicator, horizon, Vec::new(), value)])).unwrap();
    words(&release.cell(indicator, horizon, &Vec::new()).unwrap().figure)
}

/// What is said of a total (first) and of its groups by type, all on one line.
fn split(indicator: &str, horizon: u8, values: Vec<CountedValue>) -> String {
    let names = ["", "ACI", "AI", "EI", "ETTI", "autre"];
    let groups = names.iter().map(|name| if name.is_empty() { Vec::new() } else { group(&[(Dimension::Type, name)]) });
    let cells = groups.zip(values).map(|(group, value)| cell(indicator, horizon, group, value)).collect();
    let release = decided(&counted(&format!("par=type&indicateur={indicator}"), 1000, cells)).unwrap();
    release.cells().iter().map(|cell| words(&cell.figure)).collect::<Vec<_>>().join(" | ")
}

fn split_counts(values: &[u64]) -> String {
    let total = values.iter().sum();
    split("A-02", 0, std::iter::once(total).chain(values.iter().copied()).map(CountedValue::Count).collect())
}

fn split_shares(values: &[(u64, u64)]) -> String {
    let total = values.iter().fold((0, 0), |sum, value| (sum.0 + value.0, sum.1 + value.1));
    split("B-01", 6, std::iter::once(&total).chain(values).map(|&(numerator, denominator)| share(numerator, denominator)).collect())
}

#[test]
fn a_cohort_of_less_than_20_is_refused_and_20_is_not_less() {
    // The prototype checked `> 20` in the browser where it said « minimum 20 ».
    let of =
        |population| decided(&counted("indicateur=A-02", population, vec![cell("A-02", 0, Vec::new(), CountedValue::Count(population))]));
    assert_eq!(of(19).unwrap_err().code, RefusalCode::CohortTooSmall);
    assert_eq!(of(0).unwrap_err().code, RefusalCode::CohortTooSmall);
    for population in [20, 21] {
        let release = of(population).unwrap();
        assert_eq!(release.population(), Some(population));
        assert_eq!(words(&release.cells()[0].figure), population.to_string());
    }
}

#[test]
fn a_small_cohort_is_offered_longer_periods_then_no_filter() {
    let offered = |query: &str| {
        let refusal = decided(&counted(query, 19, Vec::new())).unwrap_err();
        let short = |request: &Request| {
            format!("{}-{}{}", request.period.from, request.period.to, if request.filters.is_empty() { "" } else { " F" })
        };
        refusal.try_instead.iter().map(short).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(offered("du=2024T3&indicateur=A-02"), "2024T1-2024T4, 2023T1-2024T4");
    assert_eq!(offered("du=2024T1&indicateur=A-02"), "2024T1-2024T4, 2023T1-2024T4");
    assert_eq!(offered("du=2024T1&au=2024T4&indicateur=A-02"), "2023T1-2024T4");
    assert_eq!(offered("du=2026T2&indicateur=A-02"), "2026T1-2026T4, 2025T1-2026T4");
    assert_eq!(offered("du=2024T3&sexe=F&indicateur=A-02"), "2024T1-2024T4 F, 2023T1-2024T4 F, 2024T3-2024T3");
}

#[test]
fn a_question_that_the_catalogue_does_not_know_is_refused_before_counting() {
    let policy = Policy::default();
    let told = |query: &str| match admit(&request(query), &Catalogue::embedded(), &policy) {
        Ok(()) => "admitted".to_owned(),
        Err(refusal) => {
            let offered: Vec<_> = refusal.try_instead.iter().map(|other| format!(" {}", other.to_query_string())).collect();
            format!("{}{}", refusal.code.code(), offered.concat())
        }
    };
    assert_eq!(told("indicateur=B-01&horizon=6"), "admitted");
    assert_eq!(told("indicateur=B-01&indicateur=A-02&indicateur=B-10&horizon=6"), "admitted");
    assert_eq!(told("indicateur=Z-99"), "unknown_question");
    assert_eq!(told("indicateur=B-01&horizon=5"), "unknown_question");
    assert_eq!(told("indicateur=A-03"), "unknown_question");
    assert_eq!(told("liste=l&indicateur=A-03"), "admitted");
    assert_eq!(told("liste=l&type=PEC&indicateur=B-01"), "admitted");
    assert_eq!(
        told("liste=l&programme=rsa&indicateur=B-01"),
        "unknown_question liste=l&du=2024T1&au=2024T4&territoire=national&indicateur=B-01"
    );
    let rest = "programme=iae&du=2024T1&au=2024T4&territoire=national&indicateur=B-01";
    assert_eq!(told("type=PEC&indicateur=B-01"), format!("unknown_question {rest}"));
    assert_eq!(told("indicateur=A-03&indicateur=B-01"), format!("unknown_question {rest}"));
    assert_eq!(told("par=type&par=sexe&par=age&indicateur=A-02"), "admitted");
    assert_eq!(told("sexe=F&par=type&par=sexe&par=age&indicateur=A-02"), "admitted");
    let base = "programme=iae&du=2024T1&au=2024T4&territoire=national";
    assert_eq!(
        told("sexe=F&par=type&par=trimestre&par=age&indicateur=A-02"),
        format!(
            "crossing_not_allowed {base}&sexe=F&par=type&par=trimestre&indicateur=A-02 {base}&par=type&par=trimestre&par=age&indicateur=A-02"
        )
    );
    let mut odd = request("indicateur=A-02");
    odd.period.to = Quarter(0);
    assert_eq!(admit(&odd, &Catalogue::embedded(), &policy).unwrap_err().code, RefusalCode::UnknownQuestion);
}

#[test]
fn a_count_below_11_is_hidden_even_when_it_is_zero() {
    for (value, expected) in [(0, "small"), (1, "small"), (10, "small"), (11, "11"), (12, "12")] {
        assert_eq!(alone("A-02", 0, CountedValue::Count(value)), expected);
    }
}

#[test]
fn a_rate_stands_on_20_people_and_is_rounded_to_5_points_below_50() {
    for (value, expected) in [
        (share(8, 19), "small"),
        (share(8, 20), "40% ?/20 [19-64]"),
        (share(9, 21), "45% ?/21 [24-68]"),
        (share(21, 49), "45% 21/49 [29-62]"),
        (share(21, 50), "42% 21/50 [28-57]"),
        (share(22, 51), "43% 22/51 [29-58]"),
        (share(0, 0), "nobody"),
    ] {
        assert_eq!(alone("B-01", 6, value), expected);
    }
}

#[test]
fn nearly_nobody_and_nearly_everybody_are_bounds() {
    for (value, expected) in [
        (share(0, 20), "<15% of 20"),
        (share(2, 20), "<15% of 20"),
        (share(3, 20), "15% ?/20 [3-39]"),
        (share(17, 20), "85% ?/20 [61-97]"),
        (share(18, 20), ">85% of 20"),
        (share(20, 20), ">85% of 20"),
        (share(2, 60), "<5% of 60"),
        (share(2, 61), "<5% of 61"),
        (share(2, 59), "<10% of 59"),
        (share(3, 1000), "<5% of 1000"),
        (share(5, 1000), "1% ?/1000 [0-3]"),
        (share(996, 1000), ">95% of 1000"),
        (share(1_999_990, 2_000_000), ">95% of 2000000"),
    ] {
        assert_eq!(alone("B-01", 6, value), expected);
    }
}

#[test]
fn a_numerator_is_said_when_it_and_its_complement_reach_11() {
    for (value, expected) in [
        (share(10, 100), "10% ?/100 [5-19]"),
        (share(11, 100), "11% 11/100 [5-20]"),
        (share(89, 100), "89% 89/100 [80-95]"),
        (share(90, 100), "90% ?/100 [81-95]"),
    ] {
        assert_eq!(alone("B-01", 6, value), expected);
    }
}

#[test]
fn a_median_stands_on_20_people_the_other_quartiles_on_40_and_an_exact_mean_on_80() {
    let of =
        |denominator: u64| alone("B-10", 12, quartiles(&[(0, denominator.div_ceil(3)), (4, (denominator + 1) / 3), (9, denominator / 3)]));
    assert_eq!([of(0), of(19), of(20)], ["nobody", "small", "None 4 None of 20"]);
    assert_eq!(of(39), "None 4 None of 39");
    assert_eq!([of(40), of(79)], ["Some(0) 4 Some(9) of 40", "Some(0) 4 Some(9) of 79"]);
    assert_eq!([of(80), of(81)], ["Some(0) 4 Some(9) of 80, mean 45/10", "Some(0) 4 Some(9) of 81, mean 45/10"]);
}

#[test]
fn a_mean_is_rounded_to_half_a_unit_and_never_tells_what_nearly_everybody_has() {
    let of = |sum| alone("B-10", 12, quartiles(&[(0, 99), (sum, 1)]));
    assert_eq!([of(0), of(24)], ["Some(0) 0 Some(0) of 100", "Some(0) 0 Some(0) of 100"]);
    assert_eq!([of(25), of(74)], ["Some(0) 0 Some(0) of 100, mean 5/10", "Some(0) 0 Some(0) of 100, mean 5/10"]);
    assert_eq!(of(75), "Some(0) 0 Some(0) of 100, mean 10/10");
    let always = quartiles(&[(8, 5), (12, 95)]);
    assert_eq!(alone("B-10", 12, always), "Some(12) 12 Some(12) of 100");
}

#[test]
fn what_is_not_observable_yet_is_neither_a_failure_nor_a_zero() {
    let standing = |standing| CountedCell { standing, ..cell("B-01", 6, Vec::new(), share(0, 0)) };
    let said = |cell| {
        let release = decided(&counted("indicateur=B-01", 100, vec![cell])).unwrap();
        (words(&release.cells()[0].figure), release.cells()[0].provisional)
    };
    assert_eq!(said(standing(Standing::Pending)), ("pending".to_owned(), false));
    assert_eq!(said(standing(Standing::Consolidated)), ("nobody".to_owned(), false));
    let provisional = CountedCell { standing: Standing::Provisional, ..cell("B-01", 6, Vec::new(), share(40, 100)) };
    assert_eq!(said(provisional), ("40% 40/100 [30-51]".to_owned(), true));
}

#[test]
fn every_horizon_is_answered_under_its_own_name() {
    // The prototype answered its `m6` under an empty `m2`.
    let horizons = [1, 3, 6, 9, 12, 18, 24];
    let numerators = [20, 21, 22, 23, 24, 25, 26];
    let cells = horizons.into_iter().zip(numerators).rev();
    let cells = cells.map(|(months, numerator)| cell("B-01", months, Vec::new(), share(numerator, 100)));
    let release = decided(&counted("indicateur=B-01", 100, cells.collect())).unwrap();
    let seen: Vec<_> = release.cells().iter().map(|cell| cell.horizon).collect();
    assert_eq!(seen, horizons);
    assert_eq!(words(&release.cell("B-01", 6, &Vec::new()).unwrap().figure), "22% 22/100 [14-32]");
    assert_eq!(release.cell("B-01", 2, &Vec::new()), None);
}

#[test]
fn the_only_hidden_group_would_be_the_total_less_the_others() {
    assert_eq!(split_counts(&[30, 40, 50]), "120 | 30 | 40 | 50");
    assert_eq!(split_counts(&[10, 40, 50]), "100 | small | shield | 50");
    assert_eq!(split_counts(&[11, 40, 50]), "101 | 11 | 40 | 50");
    assert_eq!(split_counts(&[0, 40, 50]), "90 | small | shield | 50");
    assert_eq!(split_counts(&[10, 40]), "50 | small | shield");
    // Two small ones whose sum is below 11, at 11, then so high that both must be 10.
    assert_eq!(split_counts(&[5, 5, 40, 50]), "100 | small | small | shield | 50");
    assert_eq!(split_counts(&[6, 5, 40, 50]), "101 | small | small | 40 | 50");
    assert_eq!(split_counts(&[10, 10, 40, 50]), "110 | small | small | shield | 50");
    assert_eq!(split_counts(&[8, 8, 40, 50]), "106 | small | small | 40 | 50");
    assert_eq!(split_counts(&[8, 9, 40, 50]), "107 | small | small | shield | 50");
    // A shield that is itself just 11 leaves the small one too few values.
    assert_eq!(split_counts(&[3, 11, 40, 50]), "104 | small | shield | shield | 50");
    assert_eq!(split_counts(&[4, 11, 40, 50]), "105 | small | shield | 40 | 50");
    // Nothing is left to say: « small » twice would mean 10 and 10, so neither says it, whatever they are.
    assert_eq!(split_counts(&[10, 10]), "20 | shield | shield");
    assert_eq!(split_counts(&[5, 15]), "20 | shield | shield");
    assert_eq!(split_counts(&[10, 12]), "22 | small | shield");
}

#[test]
fn the_same_holds_of_denominators() {
    assert_eq!(split_shares(&[(15, 30), (20, 40)]), "50% 35/70 [38-62] | 50% 15/30 [30-70] | 50% 20/40 [32-68]");
    assert_eq!(split_shares(&[(9, 19), (20, 40), (30, 60)]), "50% 59/119 [40-60] | small | shield | 50% 30/60 [37-63]");
    assert_eq!(split_shares(&[(9, 19), (9, 19), (30, 60)]), "49% 48/98 [38-60] | small | small | shield");
}

#[test]
fn a_guarded_rate_is_not_given_by_the_total_and_the_other_groups() {
    // 2 of 40 is the total's 60 less the other's 58: the other rate goes.
    assert_eq!(split_shares(&[(2, 40), (58, 100)]), "43% 60/140 [34-52] | <10% of 40 | shield");
    assert_eq!(split_shares(&[(2, 40), (58, 100), (30, 50)]), "47% 90/190 [39-55] | <10% of 40 | 58% 58/100 [47-68] | shield");
    // Hidden and guarded groups together have 2 people employed: that remainder too is nearly nobody, so one more goes.
    assert_eq!(split_shares(&[(0, 15), (1, 15), (1, 40), (30, 60)]), "25% 32/130 [17-34] | small | small | <10% of 40 | shield");
    // A total that is itself a bound gives nothing away.
    assert_eq!(split_shares(&[(1, 40), (1, 40)]), "<5% of 80 | <10% of 40 | <10% of 40");
}

#[test]
fn the_only_numerator_unsaid_would_be_the_total_s_less_the_others() {
    assert_eq!(split_shares(&[(5, 40), (30, 60), (40, 80)]), "42% 75/180 [34-50] | 15% ?/40 [5-32] | 50% ?/60 [37-63] | 50% 40/80 [38-62]");
}

fn kinds(people: &[u64]) -> CountedValue {
    let codes = [
        "cdi",
        "cdi_interimaire",
        "cdd_6_mois_ou_plus",
        "cdd_moins_6_mois",
        "cdd_usage",
        "interim",
        "alternance",
        "public_titulaire",
        "public_contractuel",
        "autre",
    ];
    let people = people.iter().copied().chain(std::iter::repeat(0));
    let categories: Vec<_> = codes.into_iter().map(str::to_owned).zip(people).collect();
    CountedValue::Distribution { denominator: categories.iter().map(|(_, people)| people).sum(), categories }
}

fn bands(people: [u64; 5]) -> CountedValue {
    let categories: Vec<_> = ["0", "1_3", "4_6", "7_9", "10_12"].map(str::to_owned).into_iter().zip(people).collect();
    CountedValue::Distribution { denominator: people.iter().sum(), categories }
}

fn ways(people: [u64; 4]) -> CountedValue {
    let categories = ["nir", "identite", "ambigu", "non_trouve"].map(str::to_owned).into_iter().zip(people).collect();
    CountedValue::Distribution { denominator: people.iter().sum(), categories }
}

#[test]
fn a_small_category_is_hidden_with_company() {
    let of = |people| alone("B-10D", 12, bands(people)).replace("of ", "");
    let full =
        "100: 0: 20% 20/100 [12-30], 1_3: 20% 20/100 [12-30], 4_6: 20% 20/100 [12-30], 7_9: 20% 20/100 [12-30], 10_12: 20% 20/100 [12-30]";
    assert_eq!(of([20, 20, 20, 20, 20]), full);
    assert_eq!(
        of([10, 11, 29, 25, 25]),
        "100: 0: small, 1_3: shield, 4_6: 29% 29/100 [20-40], 7_9: 25% 25/100 [17-35], 10_12: 25% 25/100 [17-35]"
    );
    assert_eq!(
        of([11, 14, 25, 25, 25]),
        "100: 0: 11% 11/100 [5-20], 1_3: 14% 14/100 [8-23], 4_6: 25% 25/100 [17-35], 7_9: 25% 25/100 [17-35], 10_12: 25% 25/100 [17-35]"
    );
    // Two whose sum is below 11 take a third; two whose sum reaches it do not.
    assert_eq!(of([5, 5, 30, 30, 30]), "100: 0: small, 1_3: small, 4_6: shield, 7_9: 30% 30/100 [21-41], 10_12: 30% 30/100 [21-41]");
    assert_eq!(
        of([6, 6, 28, 30, 30]),
        "100: 0: small, 1_3: small, 4_6: 28% 28/100 [19-39], 7_9: 30% 30/100 [21-41], 10_12: 30% 30/100 [21-41]"
    );
    assert_eq!(of([4, 4, 4, 4, 3]), "small");
    assert_eq!(of([4, 4, 4, 4, 4]), "20: 0: shield, 1_3: shield, 4_6: shield, 7_9: shield, 10_12: shield");
}

#[test]
fn the_match_report_of_a_list_hides_its_remainder_from_whoever_knows_the_total() {
    let report = |people| alone("A-03D", 0, ways(people));
    // 100 rows, 97 found: the 3 that were not must not be the depositor's 100 less 97.
    assert_eq!(report([60, 37, 0, 3]), "of 100: nir: 60% 60/100 [49-70], identite: shield, ambigu: small, non_trouve: small");
    assert_eq!(report([97, 0, 0, 3]), "of 100: nir: shield, identite: small, ambigu: small, non_trouve: small");
    assert_eq!(report([34, 0, 0, 0]), "of 34: nir: shield, identite: shield, ambigu: shield, non_trouve: shield");
}

#[test]
fn a_category_hidden_in_one_group_is_not_given_by_the_total_and_the_others() {
    let by_type = split(
        "B-10D",
        12,
        vec![bands([62, 60, 60, 60, 60]), bands([5, 6, 20, 20, 20]), bands([28, 27, 20, 20, 20]), bands([29, 27, 20, 20, 20])],
    );
    let cells: Vec<_> = by_type.split(" | ").map(|cell| cell.split(", ").take(2).collect::<Vec<_>>().join(", ")).collect();
    assert_eq!(cells[0], "of 302: 0: 21% 62/302 [16-27], 1_3: 20% 60/302 [15-26]");
    assert_eq!(cells[1], "of 71: 0: small, 1_3: small");
    assert_eq!(cells[2], "of 115: 0: shield, 1_3: shield");
    assert_eq!(cells[3], "of 116: 0: 25% 29/116 [17-35], 1_3: 23% 27/116 [15-32]");
}

#[test]
fn a_denominator_that_is_a_numerator_is_said_only_where_that_numerator_is() {
    let said = |employed: u64, leavers: u64, is_counted: bool| {
        let mut cells = vec![cell("D-01", 6, Vec::new(), kinds(&[employed - 12, 0, 0, 0, 0, 12]))];
        if is_counted {
            cells.push(cell("B-01", 6, Vec::new(), share(employed, leavers)));
        }
        let release = decided(&counted("indicateur=D-01&horizon=6", leavers, cells)).unwrap();
        assert!(release.cells().iter().all(|cell| cell.indicator == "D-01"), "evidence does not leave unless it was asked for");
        words(&release.cells()[0].figure).chars().take(5).collect::<String>()
    };
    assert_eq!(said(50, 100, true), "of 50");
    assert_eq!(said(50, 61, true), "of 50");
    assert_eq!(said(50, 60, true), "shiel", "10 people without salaried employment would be known");
    assert_eq!(said(50, 100, false), "shiel", "without evidence nothing is said");
    assert_eq!(said(19, 100, true), "small");
    let nobody = counted("indicateur=D-01&horizon=6", 100, vec![cell("D-01", 6, Vec::new(), kinds(&[]))]);
    assert_eq!(words(&decided(&nobody).unwrap().cells()[0].figure), "small", "nobody in employment is an outcome");
}

#[test]
fn a_group_that_cannot_be_hidden_behind_a_sibling_takes_its_total_with_it() {
    // By type and sex: ETTI has no women, so ETTI men are ETTI, and cannot shield EI men alone.
    let kind_sex = |kind: &str, sex: &str| group(&[(Dimension::Type, kind), (Dimension::Sex, sex)]);
    let count = |group: Group, people: u64| cell("A-02", 0, group, CountedValue::Count(people));
    let kind = |kind: &str| group(&[(Dimension::Type, kind)]);
    let cells = vec![
        count(Vec::new(), 100),
        count(kind("EI"), 70),
        count(kind("ETTI"), 30),
        count(sex("F"), 62),
        count(sex("M"), 38),
        count(kind_sex("EI", "F"), 62),
        count(kind_sex("EI", "M"), 8),
        count(kind_sex("ETTI", "M"), 30),
    ];
    let release = decided(&counted("par=type&par=sexe&indicateur=A-02", 100, cells)).unwrap();
    let said: Vec<_> = release.cells().iter().map(|cell| words(&cell.figure)).collect();
    assert_eq!(said[6], "small");
    for (position, cell) in release.cells().iter().enumerate() {
        let is_telling = position == 0 || matches!(cell.figure, Figure::Hidden { .. });
        assert!(is_telling, "{position}: {}", said[position]);
    }
}

#[test]
fn the_same_table_gives_the_same_release_and_it_reads_back() {
    let table = counted(
        "par=sexe&indicateur=A-02&indicateur=B-01&horizon=6",
        100,
        vec![
            cell("B-01", 6, Vec::new(), share(40, 100)),
            cell("A-02", 0, Vec::new(), CountedValue::Count(100)),
            cell("A-02", 0, sex("F"), CountedValue::Count(45)),
            cell("A-02", 0, sex("M"), CountedValue::Count(55)),
        ],
    );
    let release = decided(&table).unwrap();
    assert_eq!(release, decided(&table).unwrap());
    assert_eq!((release.lake_version(), release.last_month().to_string().as_str()), (7, "2026-09"));
    assert_eq!(release.policy_version(), exact().identity());
    assert_eq!(release.request(), &table.request);
    assert_eq!((release.id().len(), release.digest().starts_with(release.id())), (16, true));
    let json = release.to_json();
    assert_eq!(Release::read(&json).unwrap(), release);
    assert_eq!(Release::read(&format!(" {json} ")).unwrap(), release);
    for (from, to) in
        [("\"value\":45", "\"value\":46"), ("\"lake_version\":7", "\"lake_version\":8"), ("\"population\":100", "\"population\":null")]
    {
        assert!(json.contains(from), "{json}");
        assert!(matches!(Release::read(&json.replace(from, to)), Err(crate::ReleaseFault::Altered)));
    }
    for text in ["", "{}", &json[1..], &json.replace("\"population\"", "\"population_exacte\"")] {
        assert!(matches!(Release::read(text), Err(crate::ReleaseFault::Unreadable(_))));
    }
}

#[test]
fn a_table_that_contradicts_itself_releases_nothing() {
    let total = |value| cell("B-01", 6, Vec::new(), value);
    let bad: [(&str, Vec<CountedCell>); 6] = [
        ("a numerator is within its denominator", vec![total(share(30, 29))]),
        ("a counted cell is given once", vec![total(share(1, 30)), total(share(2, 30))]),
        ("a counted value is of its indicator's kind", vec![total(CountedValue::Count(30))]),
        ("a counted indicator is in the catalogue", vec![cell("Z-01", 6, Vec::new(), share(1, 30))]),
        ("a group follows the request's dimensions", vec![cell("B-01", 6, sex("F"), share(1, 30))]),
        (
            "the categories of a distribution add up to its denominator",
            vec![cell(
                "B-10D",
                12,
                Vec::new(),
                CountedValue::Distribution {
                    denominator: 90,
                    categories: vec![("0", 30), ("1_3", 30), ("4_6", 30), ("7_9", 30), ("10_12", 0)]
                        .into_iter()
                        .map(|(code, people)| (code.to_owned(), people))
                        .collect(),
                },
            )],
        ),
    ];
    for (expected, cells) in bad {
        let table = counted("indicateur=B-01", 100, cells);
        let panic = std::panic::catch_unwind(|| decided(&table)).expect_err(expected);
        let message = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        assert_eq!(message.as_deref(), Some(expected));
    }
}
