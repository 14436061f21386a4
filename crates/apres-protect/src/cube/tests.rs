//! The cube against other programs' answers, and against an onlooker whose code is another.

use proptest::prelude::*;

use super::*;

mod answer;
mod onlooker;

use onlooker::Onlooker;

/// A table as the reference gives it: cell, people, primary, suppressed.
struct Fixture {
    cube: Cube,
    primary: BTreeSet<CellKey>,
    hidden: usize,
}

fn fixture(text: &str, variables: Vec<Variable>) -> Fixture {
    let mut cells: BTreeMap<CellKey, u64> = BTreeMap::new();
    let mut primary = BTreeSet::new();
    let mut hidden = 0;
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches('"')).collect();
        let [first, second, people, is_primary, is_hidden] = fields[..] else { panic!("five fields") };
        let code = |field: &str| if field == "Total" { TOTAL.to_owned() } else { field.to_owned() };
        let key: CellKey = [first, second].iter().zip(&variables).map(|(field, variable)| variable.node(&code(field)).unwrap()).collect();
        cells.insert(key.clone(), people.parse().unwrap());
        if is_primary == "TRUE" {
            primary.insert(key);
        }
        hidden += usize::from(is_hidden == "TRUE");
    }
    let cube = Cube::new(variables, &[vec![0, 1]], |key| people(cells[key]));
    assert_eq!(cube.cells().count(), cells.len(), "the same cells");
    Fixture { cube, primary, hidden }
}

fn people(people: u64) -> Facts {
    Facts { people, amounts: None }
}

fn counts(count_min: u64) -> PrimaryRules {
    PrimaryRules { protect_from_insiders: false, ..PrimaryRules::people(count_min, 0) }
}

fn check_fixture(text: &str, variables: Vec<Variable>, count_min: u64) {
    let fixture = fixture(text, variables);
    let pattern = fixture.cube.close(&counts(count_min), None).unwrap();
    assert_eq!(pattern.primary, fixture.primary, "the same cells are hidden for what they are");
    let onlooker = Onlooker::new(&fixture.cube, &pattern, Zeros::Protected);
    assert_eq!(onlooker.recomputed(), Vec::<CellKey>::new());
    let ours = pattern.primary.len() + pattern.secondary.len();
    assert!(ours <= fixture.hidden, "{ours} cells hidden, {} by the reference", fixture.hidden);
}

#[test]
fn it_agrees_with_the_reference_on_z1() {
    let variables = || {
        vec![
            Variable::new("region", ["A", "B", "C", "D", "E", "F", "G", "H"]),
            Variable::new("hovedint", ["annet", "arbeid", "soshjelp", "trygd"]),
        ]
    };
    check_fixture(include_str!("fixtures/gauss_z1_default.csv"), variables(), 4);
    check_fixture(include_str!("fixtures/gauss_z1_maxN2.csv"), variables(), 3);
    check_fixture(include_str!("fixtures/gauss_z1_maxN4.csv"), variables(), 5);
    check_fixture(include_str!("fixtures/gauss_z1_maxN9.csv"), variables(), 10);
}

#[test]
fn it_agrees_with_the_reference_on_hierarchies() {
    let age = || Variable::new("age", ["old", "young"]);
    let geo = || Variable::new("geo", ["Iceland", "Portugal", "Spain"]);
    check_fixture(include_str!("fixtures/gauss_example1_age_geo_maxN1.csv"), vec![age(), geo()], 2);
    let union = geo().with_level(&[("EU", &["Portugal", "Spain"]), ("nonEU", &["Iceland"])]);
    check_fixture(include_str!("fixtures/gauss_example1_age_geo_eu_maxN2.csv"), vec![age(), union], 3);
}

/// Tables over made-up people: which variables, and how many people in each combination of leaves.
#[derive(Debug, Clone)]
struct Made {
    variables: Vec<Variable>,
    tables: Vec<Vec<usize>>,
    people: Vec<u64>,
}

impl Made {
    fn cube(&self) -> Cube {
        let leaves: Vec<usize> = self.variables.iter().map(Variable::leaf_count).collect();
        Cube::new(self.variables.clone(), &self.tables, |key| {
            let mut places = vec![0];
            for (variable, node) in key.iter().enumerate() {
                let (held, width) = (self.variables[variable].leaves_of(*node), leaves[variable]);
                places = places.iter().flat_map(|place| held.iter().map(move |leaf| place * width + leaf)).collect();
            }
            people(places.into_iter().map(|place| self.people[place]).sum())
        })
    }
}

fn any_made() -> impl Strategy<Value = Made> {
    let region = Variable::new("region", ["a", "b", "c", "d"])
        .with_level(&[("north", &["a", "b"]), ("south", &["c", "d"])])
        .with_level(&[("coast", &["a", "c", "d"]), ("inland", &["b"])]);
    let variables =
        vec![region, Variable::new("sex", ["f", "m"]), Variable::new("age", ["x", "y", "z"]), Variable::new("kind", ["p", "q"])];
    let tables =
        proptest::sample::subsequence(vec![vec![0], vec![0, 1], vec![0, 2], vec![1, 2, 3], vec![0, 1, 2], vec![0, 3], vec![2, 3]], 1..=5);
    let few = prop_oneof![3 => Just(0_u64), 3 => 0..4_u64, 3 => 0..15_u64, 2 => 10..60_u64];
    (tables, proptest::collection::vec(few, 48)).prop_map(move |(tables, people)| Made { variables: variables.clone(), tables, people })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn nobody_computes_a_hidden_cell(made in any_made(), is_said in any::<bool>()) {
        let cube = made.cube();
        let zeros = if is_said { Zeros::Said } else { Zeros::Protected };
        let rules = PrimaryRules { zeros, ..PrimaryRules::people(11, 5) };
        let pattern = cube.close(&rules, None).unwrap();
        for (key, facts) in cube.cells() {
            let is_small = facts.people < 11 && (facts.people > 0 || !is_said);
            prop_assert_eq!(pattern.primary.contains(key), is_small);
        }
        let onlooker = Onlooker::new(&cube, &pattern, zeros);
        prop_assert_eq!(onlooker.recomputed(), Vec::<CellKey>::new());
        for (key, _) in cube.cells().filter(|(key, facts)| facts.people == 1 && pattern.primary.contains(*key)).take(6) {
            let others: Vec<CellKey> = onlooker.recomputed_knowing(key).into_iter().filter(|other| cube.cells[other].people != 1).collect();
            prop_assert_eq!(others, Vec::<CellKey>::new(), "by who is alone in {:?}", key);
        }
    }

    #[test]
    fn a_cube_is_closed_the_same_way_twice_and_keeps_its_pattern(made in any_made()) {
        let rules = PrimaryRules::people(11, 5);
        let cube = made.cube();
        let first = cube.close(&rules, None).unwrap();
        prop_assert_eq!(&cube.close(&rules, None).unwrap(), &first);
        let again = cube.close(&rules, Some(&first)).unwrap();
        let shown = |pattern: &Pattern| cube.cells().filter(|(key, _)| !pattern.hides(key)).map(|(key, _)| key.clone()).collect::<BTreeSet<_>>();
        prop_assert!(shown(&again).is_superset(&shown(&first)), "what was published stays so when nothing changed");
    }
}

#[test]
fn parts_are_not_given_by_their_sum() {
    // The total less the last two parts would say that both are empty, or that both are just below the threshold.
    for (first, second) in [(0, 0), (10, 10), (10, 7)] {
        let total = first + second + 90;
        let cube =
            Cube::new(vec![Variable::new("v", ["a", "b", "c", "d"])], &[vec![0]], |key| people([total, first, second, 40, 50][key[0]]));
        let close = |plausible_min| cube.close(&PrimaryRules::people(11, plausible_min), None).unwrap();
        let sum: Vec<CellKey> = vec![vec![1], vec![2]];
        assert!(Onlooker::new(&cube, &close(0), Zeros::Protected).gives_sum(&sum));
        assert!(!Onlooker::new(&cube, &close(5), Zeros::Protected).gives_sum(&sum), "{first} and {second}");
    }
}

#[test]
fn who_is_alone_in_a_cell_learns_no_other() {
    // One person and ten others are hidden behind each other: the one would subtract himself.
    let cube = Cube::new(vec![Variable::new("v", ["a", "b", "c", "d"])], &[vec![0]], |key| people([101, 1, 10, 40, 50][key[0]]));
    let close = |protect_from_insiders| cube.close(&PrimaryRules { protect_from_insiders, ..PrimaryRules::people(11, 5) }, None).unwrap();
    let learnt = |pattern: &Pattern| Onlooker::new(&cube, pattern, Zeros::Protected).recomputed_knowing(&vec![1]);
    assert_eq!(learnt(&close(false)), [vec![2]]);
    assert_eq!(learnt(&close(true)), Vec::<CellKey>::new());
}

#[test]
fn each_primary_rule_holds_just_at_its_threshold() {
    let amounts = |people: u64, all: &[u64]| Facts {
        people,
        amounts: Some(Amounts { total: all.iter().sum(), largest: all.iter().copied().take(3).collect() }),
    };
    let people_of = PrimaryRules::people(11, 5);
    assert_eq!([0, 1, 10, 11, 12].map(|count| people_of.hide(&people(count))), [true, true, true, false, false]);
    assert!(!PrimaryRules { zeros: Zeros::Said, ..people_of.clone() }.hide(&people(0)));

    let businesses = PrimaryRules::businesses();
    assert!(businesses.hide(&amounts(2, &[50, 50])) && !businesses.hide(&amounts(3, &[40, 30, 30])));
    assert!(businesses.hide(&amounts(3, &[86, 7, 7])) && !businesses.hide(&amounts(3, &[85, 8, 7])), "above 85 %");

    let two = PrimaryRules { dominance: vec![Dominance { contributors: 2, percent: 90 }], ..PrimaryRules::businesses() };
    assert!(two.hide(&amounts(4, &[50, 41, 5, 4])) && !two.hide(&amounts(4, &[50, 40, 6, 4])));

    let guess = PrimaryRules { dominance: Vec::new(), p_percent: Some(10), ..PrimaryRules::businesses() };
    assert!(guess.hide(&amounts(3, &[100, 50, 9])) && !guess.hide(&amounts(3, &[100, 50, 10])), "the others blur the first by 10 %");
}
