//! The attacker against the gate, on made-up people: what it must find where nothing protects, and what it must not find elsewhere.

#![expect(clippy::unwrap_used, reason = "a test stops where it breaks")]

mod people;

use apres_attack::{Knowledge, Reading, Report, attack, read_release, table};
use apres_protect::cube::ClosedCube;
use apres_protect::{Catalogue, Counted, Dimension, Policy, decide};

use people::{People, TABLES};

/// Sizes of the made-up territories.
const SIZES: [usize; 3] = [300, 1_500, 6_000];

/// Small counts attacked for each outcome: a few here, all of them in `make attack`.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the program")]
fn targets_max() -> usize {
    if std::env::var_os("APRES_SLOW_TESTS").is_some() { usize::MAX } else { 24 }
}

fn counted(people: &People) -> Vec<Counted> {
    TABLES.iter().map(|dimensions| people.count(dimensions)).collect()
}

fn read(jsons: &[String], knowledge: Knowledge) -> Vec<Reading> {
    jsons.iter().flat_map(|json| read_release(json, knowledge).expect("a release is read")).collect()
}

fn closed_cube(people: &People) -> Vec<String> {
    let finest = people.count(&[Dimension::Type, Dimension::Quarter, Dimension::Sex, Dimension::AgeBand]);
    let catalogue = Catalogue::embedded();
    let cube = ClosedCube::close(&finest, &[], &catalogue, &Policy::default(), None).expect("the cube is closed");
    counted(people).iter().filter_map(|table| cube.answer(&table.request, &catalogue).ok()).map(|release| release.to_json()).collect()
}

/// What a threshold alone would release: every count from 11 on, exactly, question after question.
fn threshold_alone(people: &People) -> Vec<Reading> {
    let (truth, mut readings) = (people.truth(), Vec::new());
    for ((quantity, group), value) in truth {
        let value = f64::from(u32::try_from(value).unwrap());
        let said = match value >= 11.0 {
            true => apres_attack::Said::About { value, off_max: 0.0 },
            false => apres_attack::Said::Between { low: 0.0, high: 10.0 },
        };
        readings.push(Reading { quantity, group, said });
    }
    readings
}

#[test]
fn a_threshold_alone_gives_small_counts_away() {
    // Where the attacker finds nothing, this test says whether it can find anything at all.
    let people = People::made_up(1_500, 2);
    let report = attack(&threshold_alone(&people), &people.truth(), 40);
    println!("{}", table(&[("threshold alone".to_owned(), report.clone())]));
    assert!(report.closure.found > 0 && report.bounds_exact.found >= report.closure.found, "{report:?}");
    assert!(report.bounds_exact.percent() > 50.0, "{report:?}");
    assert!(report.gates().iter().any(|gate| !gate.is_kept()));
}

/// Checks every gate, and that there was something to find.
fn check(reports: &[(String, Report)]) {
    println!("{}", table(reports));
    for (name, report) in reports {
        assert!(report.closure.tried > 10, "{name}: there was something to find");
        for gate in report.gates() {
            assert!(gate.is_kept(), "{name}: {} is {:.1}, at most {:.1}", gate.name, gate.found, gate.limit);
        }
    }
}

#[test]
fn a_closed_cube_keeps_what_it_hides() {
    let of = |(seed, size): (usize, usize)| {
        let people = People::made_up(size, seed as u64);
        // A share is hidden with its numerator, so that « small » does not tell which of the two is.
        let readings = read(&closed_cube(&people), Knowledge { is_small_of_denominator: false, ..Knowledge::default() });
        (format!("closed cube, {size} people"), attack(&readings, &people.truth(), targets_max()))
    };
    let reports: Vec<(String, Report)> = SIZES.into_iter().enumerate().map(of).collect();
    check(&reports);
    assert!(reports.iter().all(|(_, report)| report.closure.found == 0 && report.insiders.iter().all(|insiders| insiders.found == 0)));
}

#[test]
fn cell_keys_keep_small_counts() {
    // The attacker is told the largest noise, which nobody is.
    let knowledge = Knowledge { noise_max: 3, ..Knowledge::default() };
    let policy = Policy::default().with_secret(People::secret());
    let of = |(seed, size): (usize, usize)| {
        let people = People::made_up(size, seed as u64);
        let released: Vec<String> = counted(&people)
            .iter()
            .filter_map(|table| decide(table, &Catalogue::embedded(), &policy, &[]).ok())
            .map(|release| release.to_json())
            .collect();
        assert!(!released.is_empty());
        (format!("cell keys, {size} people"), attack(&read(&released, knowledge), &people.truth(), targets_max()))
    };
    let reports: Vec<(String, Report)> = SIZES.into_iter().enumerate().map(of).collect();
    check(&reports);
}
