//! Two small made-up people, and how they compare.

use super::text::{is_one_slip, jaro_winkler};
use super::{DATE, LIEU, NOM, PRENOM, Pattern, compare, date, lieu, nom, prenom};
use crate::normalise::Folded;
use crate::person::{Person, Record};
use crate::word::Word;

/// Surname, surname in use, first names, birth date, commune, département.
fn person(cells: [&str; 6]) -> Person {
    let [nom, nom_usage, prenoms, date_naissance, commune_naissance, dept_naissance] = cells.map(str::as_bytes);
    let mut person = Person::new();
    let record = Record { nom, nom_usage, prenoms, date_naissance, commune_naissance, dept_naissance, ..Record::default() };
    person.read(&record, 0, &mut Folded::new());
    person
}

fn levels(row: [&str; 6], reference: [&str; 6]) -> Pattern {
    compare(&person(row), &person(reference), 0)
}

#[test]
fn names_of_one_person_in_two_files() {
    let of_nom = |row: [&str; 2], reference: [&str; 2]| {
        levels([row[0], row[1], "", "", "", ""], [reference[0], reference[1], "", "", "", ""]).grade(NOM)
    };
    assert_eq!(of_nom(["Le Goff", ""], ["LEGOFF", ""]), nom::EXACT);
    assert_eq!(of_nom(["MARTIN", "DURAND"], ["MARTIN", "DURAND"]), nom::BOTH);
    assert_eq!(of_nom(["MARTIN", "DURAND"], ["MARTIN", "PETIT"]), nom::USAGE_DIFFERS);
    assert_eq!(of_nom(["DURAND", ""], ["MARTIN", "DURAND"]), nom::CROSSED);
    assert_eq!(of_nom(["DURAND NEE MARTIN", ""], ["MARTIN", ""]), nom::CROSSED);
    assert_eq!(of_nom(["MARTIM", ""], ["MARTIN", ""]), nom::SLIP);
    assert_eq!(of_nom(["GARCIA", ""], ["GARCIA LOPEZ", ""]), nom::PART);
    assert_eq!(of_nom(["BOULANGER", ""], ["ANGER", ""]), nom::DIFFERENT);
    assert_eq!(of_nom(["PETIT", ""], ["MARTIN", ""]), nom::DIFFERENT);
    assert_eq!(of_nom(["PETIT", ""], ["MARTIN", "DURAND"]), nom::NEITHER);
    assert_eq!(of_nom(["", ""], ["MARTIN", ""]), 0, "nothing is said");
}

#[test]
fn first_names_of_one_person_in_two_files() {
    let of_prenom = |row: &str, reference: &str| levels(["", "", row, "", "", ""], ["", "", reference, "", "", ""]).grade(PRENOM);
    assert_eq!(of_prenom("Anne Marie", "ANNE MARIE LOUISE"), prenom::BOTH);
    assert_eq!(of_prenom("Anne", "ANNE MARIE"), prenom::EXACT);
    assert_eq!(of_prenom("Anne Sophie", "ANNE MARIE"), prenom::SECOND_DIFFERS);
    assert_eq!(of_prenom("Jeanpierre", "JEAN-PIERRE"), prenom::SLIP);
    assert_eq!(of_prenom("Louise", "ANNE LOUISE"), prenom::AMONG);
    assert_eq!(of_prenom("Muhammad", "MOHAMED"), prenom::CLOSE);
    assert_eq!(of_prenom("Fred", "FREDERIC"), prenom::CLOSE);
    assert_eq!(of_prenom("Beth", "ELISABETH"), prenom::START);
    assert_eq!(of_prenom("JP", "JEAN PIERRE"), prenom::START);
    assert_eq!(of_prenom("Paul", "ANNE"), prenom::DIFFERENT);
    assert_eq!(of_prenom("Paul", "ANNE MARIE"), prenom::NONE_OF_THEM);
    assert_eq!(of_prenom("Paul Louis", "ANNE"), prenom::NONE_OF_THEM, "whichever side tells several");
}

#[test]
fn names_in_each_others_place() {
    let pattern = levels(["Emilie Marie", "", "Bianchi", "", "", ""], ["BIANCHI", "", "EMILIE MARIE", "", "", ""]);
    assert_eq!((pattern.grade(NOM), pattern.grade(PRENOM)), (nom::SWAPPED, prenom::SWAPPED));
}

#[test]
fn dates_of_one_person_in_two_files() {
    let of_date = |row: &str, reference: &str| levels(["", "", "", row, "", ""], ["", "", "", reference, "", ""]).grade(DATE);
    for (row, reference, expected) in [
        ("12/03/1985", "1985-03-12", date::EXACT),
        ("03/12/1985", "1985-03-12", date::SWAPPED),
        ("13/03/1985", "1985-03-12", date::SLIP),
        ("12/03/1958", "1985-03-12", date::SLIP),
        ("12/03/1986", "1985-03-12", date::YEAR_OFF),
        ("12/03/1995", "1985-03-12", date::YEAR_OFF),
        ("28/03/1985", "1985-03-12", date::MONTH),
        ("01/01/1985", "1985-03-12", date::FIRST),
        ("1985", "1985-03-12", date::PARTIAL),
        ("28/11/1985", "1985-03-15", date::YEAR),
        ("28/11/1988", "1985-03-15", date::NEAR),
        ("28/11/1960", "1985-03-15", date::DIFFERENT),
        ("", "1985-03-12", 0),
    ] {
        assert_eq!(of_date(row, reference), expected, "{row} {reference}");
    }
}

#[test]
fn places_of_one_person_in_two_files() {
    let of_lieu = |row: [&str; 2], reference: [&str; 2]| {
        levels(["", "", "", "", row[0], row[1]], ["", "", "", "", reference[0], reference[1]]).grade(LIEU)
    };
    assert_eq!(of_lieu(["Paris 15", "75"], ["PARIS", "75"]), lieu::COMMUNE);
    assert_eq!(of_lieu(["Saint Denis", ""], ["SAINT-DENYS", "93"]), lieu::CLOSE);
    assert_eq!(of_lieu(["", "93"], ["SAINT DENIS", "93"]), lieu::DEPARTEMENT);
    assert_eq!(of_lieu(["", "92"], ["SAINT DENIS", "93"]), lieu::ONLY_DEPARTEMENT_DIFFERS);
    assert_eq!(of_lieu(["Lyon", "69"], ["SAINT DENIS", "93"]), lieu::DIFFERENT);
    assert_eq!(of_lieu(["", ""], ["SAINT DENIS", "93"]), 0);
}

#[test]
fn similarity_is_that_of_the_literature() {
    let of = |one: &str, other: &str| jaro_winkler(&Word::new(one.as_bytes()), &Word::new(other.as_bytes()));
    // Winkler 1990, table of examples.
    for (one, other, expected) in [("MARTHA", "MARHTA", 0.961), ("DWAYNE", "DUANE", 0.84), ("DIXON", "DICKSONX", 0.813)] {
        assert!((of(one, other) - expected).abs() < 0.001, "{one} {other}");
    }
    let slip = |one: &str, other: &str| is_one_slip(&Word::new(one.as_bytes()), &Word::new(other.as_bytes()));
    assert!(slip("MARTIN", "MARTIN") && slip("MARTIN", "MATIN") && slip("MARTIN", "MARTYN") && slip("MARTIN", "MRATIN"));
    assert!(!slip("MARTIN", "MARIN T") && !slip("MARTIN", "MATN"));
}

proptest::proptest! {
    #[test]
    fn letters_compare_the_same_both_ways(one in "[A-E]{0,12}", other in "[A-E]{0,12}") {
        let (one, other) = (Word::new(one.as_bytes()), Word::new(other.as_bytes()));
        proptest::prop_assert_eq!(is_one_slip(&one, &other), is_one_slip(&other, &one));
        let there = jaro_winkler(&one, &other);
        proptest::prop_assert!((0.0..=1.0 + 1e-6).contains(&there));
        proptest::prop_assert!(one.is_empty() || one != other || (there - 1.0).abs() < 1e-6);
    }
}
