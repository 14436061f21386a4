//! Made-up people, in any order and on any number of cores.

use proptest::prelude::*;

use super::{Linked, Linker, Options, Unusable};
use crate::person::Record;

#[derive(Debug, Clone)]
struct Someone {
    nir: &'static str,
    nom: String,
    prenoms: String,
    naissance: String,
}

impl Someone {
    fn record(&self) -> Record<'_> {
        let cells = [self.nir, &self.nom, &self.prenoms, &self.naissance].map(str::as_bytes);
        Record { nir: cells[0], nom: cells[1], prenoms: cells[2], date_naissance: cells[3], ..Record::default() }
    }
}

fn someone(nir: &'static str, nom: &str, prenoms: &str, naissance: &str) -> Someone {
    Someone { nir, nom: nom.to_owned(), prenoms: prenoms.to_owned(), naissance: naissance.to_owned() }
}

/// Links through as many passes as asked, records taken in the order of `order`.
fn linked(list: &[Someone], reference: &[Someone], order: &[usize], passes: usize, person_of: impl Fn(usize) -> Option<u64>) -> Linked {
    let linker = Linker::new(list.iter().map(Someone::record), 0);
    let mut open: Vec<_> = (0..passes).map(|_| linker.pass()).collect();
    for (turn, place) in order.iter().enumerate() {
        open[turn % passes].see(format!("R{place}").as_bytes(), person_of(*place), &reference[*place].record());
    }
    linker.finish(open, &Options::default())
}

fn told(linked: &Linked) -> Vec<(u32, String, String, bool)> {
    let tell = |found: &super::Candidate| {
        (found.row, String::from_utf8_lossy(linked.id(found)).into_owned(), format!("{:.9}", found.probability), found.is_chosen)
    };
    linked.candidates.iter().map(tell).collect()
}

fn anyone() -> impl Strategy<Value = Someone> {
    let nom = prop::sample::select(vec!["MARTIN", "DURAND", "LE GOFF", "", "X", "DA SILVA", "MARTIN NEE DURAND"]);
    let prenoms = prop::sample::select(vec!["PAUL", "ANNE MARIE", "", "SP", "MOHAMED"]);
    let naissance = prop::sample::select(vec!["1990-02-01", "1985-06-05", "", "1990", "01/02/1990"]);
    let nir = prop::sample::select(vec!["", "2900348856011", "1850348802001"]);
    (nir, nom, prenoms, naissance).prop_map(|(nir, nom, prenoms, naissance)| someone(nir, nom, prenoms, naissance))
}

proptest! {
    #[test]
    fn neither_order_nor_cores_matter(
        list in prop::collection::vec(anyone(), 1..12),
        reference in prop::collection::vec(anyone(), 1..20),
        seed in any::<prop::sample::Index>(),
        passes in 1_usize..4,
    ) {
        let order: Vec<usize> = (0..reference.len()).collect();
        let mut turned = order.clone();
        turned.rotate_left(seed.index(reference.len()));
        turned.reverse();
        let one = linked(&list, &reference, &order, 1, |_| None);
        let other = linked(&list, &reference, &turned, passes, |_| None);
        prop_assert_eq!(told(&one), told(&other));
    }

    #[test]
    fn probabilities_of_a_row_sum_to_one_at_most(list in prop::collection::vec(anyone(), 1..12), reference in prop::collection::vec(anyone(), 1..20)) {
        let order: Vec<usize> = (0..reference.len()).collect();
        let found = linked(&list, &reference, &order, 1, |_| None);
        for row in 0..list.len() {
            let sum: f64 = found.candidates.iter().filter(|pair| pair.row as usize == row).map(|pair| pair.probability).sum();
            prop_assert!(sum <= 1.0 + 1e-9);
            let chosen = found.candidates.iter().filter(|pair| pair.row as usize == row && pair.is_chosen).count();
            prop_assert!(chosen <= 1);
        }
    }

    #[test]
    fn who_says_nothing_is_nobody(reference in prop::collection::vec(anyone(), 1..20)) {
        let list = [someone("", "", "", "1990-02-01"), someone("", "X", "SP", "1990-02-01"), someone("0000000000000", "-", "''", "")];
        let order: Vec<usize> = (0..reference.len()).collect();
        let linker = Linker::new(list.iter().map(Someone::record), 0);
        prop_assert_eq!((0..3).map(|row| linker.unusable(row)).collect::<Vec<_>>(), vec![Some(Unusable::NoName), Some(Unusable::NoName), Some(Unusable::Empty)]);
        prop_assert!(linked(&list, &reference, &order, 1, |_| None).candidates.is_empty());
    }
}

/// A reference in which names are not all the same.
fn crowd() -> Vec<Someone> {
    let noms = ["MARTIN", "BERNARD", "THOMAS", "PETIT", "ROBERT", "RICHARD", "DURAND", "DUBOIS", "MOREAU", "LAURENT", "SIMON", "MICHEL"];
    let prenoms = ["PAUL", "ANNE", "LUC", "JEANNE", "HUGO", "LEA", "MARC", "EVA", "YVES"];
    let each = |place: usize| {
        let (year, month, day) = (1950 + place * 7 % 50, 1 + place * 5 % 12, 1 + place * 11 % 28);
        someone("", noms[place % 12], prenoms[place % 9], &format!("{year}-{month:02}-{day:02}"))
    };
    (0..600).map(each).collect()
}

#[test]
fn several_spellings_of_a_person_share_what_they_are_worth() {
    let mut reference = crowd();
    reference.push(someone("", "LEFEVRE", "ODILE", "1981-03-22"));
    reference.push(someone("", "LEFEVRE", "ODILE MARIE", "1981-03-22"));
    let list = [someone("", "Lefèvre", "Odile", "22/03/1981")];
    let order: Vec<usize> = (0..reference.len()).collect();
    let apart = linked(&list, &reference, &order, 1, |_| None);
    assert!(apart.candidates[0].probability < 0.7, "two people of one identity: neither is sure");
    let together = linked(&list, &reference, &order, 1, |place| Some(place.min(600) as u64));
    assert!(together.candidates[0].probability > 0.9 && together.candidates.len() == 1, "one person");
}

#[test]
fn a_slip_is_found_and_a_stranger_is_not() {
    let reference = crowd();
    let list = [
        someone("", "MARTIM", "PAUL", "1950-01-01"),
        someone("", "PAUL", "MARTIN", "01/01/1950"),
        someone("", "ZIMMERMANN", "WALTER", "1944-12-30"),
    ];
    let order: Vec<usize> = (0..reference.len()).collect();
    let found = linked(&list, &reference, &order, 2, |_| None);
    let best =
        |row: u32| found.candidates.iter().find(|pair| pair.row == row).map(|pair| String::from_utf8_lossy(found.id(pair)).into_owned());
    assert_eq!((best(0).as_deref(), best(2)), (Some("R0"), None));
    assert_eq!(best(1).as_deref(), Some("R0"), "surname and first name in each other's place");
}
