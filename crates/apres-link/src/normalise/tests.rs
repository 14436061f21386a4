//! Names and places as people write them.

use super::Folded;
use super::name::{Words, read_prenoms, read_surname};
use super::phonetic::sound;
use super::place::{may_be_same, read_commune, read_departement, read_postcode};
use crate::word::Word;

fn folded(text: &[u8]) -> Folded {
    let mut cell = Folded::new();
    cell.read(text);
    cell
}

fn words(text: &[u8]) -> String {
    folded(text).words().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>().join(" ")
}

fn text(words: &[Word]) -> String {
    words.iter().map(|word| String::from_utf8_lossy(word.bytes()).into_owned()).collect::<Vec<_>>().join(" ")
}

fn check_surname(cell: &str, variants: &str, parts: &str) {
    let (mut read, mut of_compound) = (Words::EMPTY, Words::EMPTY);
    read_surname(&folded(cell.as_bytes()), &mut read, &mut of_compound);
    assert_eq!((text(read.all()), text(of_compound.all())), (variants.to_owned(), parts.to_owned()), "{cell}");
}

#[test]
fn letters_are_the_same_however_encoded() {
    assert_eq!(words("Lœtitia d’Hérouville-Ménard".as_bytes()), "LOETITIA D HEROUVILLE MENARD");
    assert_eq!(words(b"H\xe9l\xe8ne"), "HELENE", "Windows-1252");
    assert_eq!(words("He\u{301}le\u{300}ne".as_bytes()), "HELENE", "decomposed");
    assert_eq!(words("HÃ©lÃ¨ne".as_bytes()), "HELENE", "encoded twice");
    assert_eq!(words("Łukasz Weiß".as_bytes()), "LUKASZ WEISS");
    assert_eq!(words(b"  --  '' "), "");
}

#[test]
fn surnames_hold_variants_and_parts() {
    check_surname("LE GOFF", "LEGOFF", "GOFF");
    check_surname("Legoff", "LEGOFF", "");
    check_surname("DUPONT née MARTIN", "DUPONT MARTIN", "");
    check_surname("MARTIN EP DUPONT", "MARTIN DUPONT", "");
    check_surname("MARTIN veuve DUPONT", "MARTIN DUPONT", "");
    check_surname("MARTIN (DUPONT)", "MARTIN DUPONT", "");
    check_surname("Mme DUPONT dite BERNARD", "DUPONT BERNARD", "");
    check_surname("GARCIA-LOPEZ", "GARCIALOPEZ", "GARCIA LOPEZ");
    check_surname("St Martin", "SAINTMARTIN", "MARTIN");
    check_surname("DA SILVA", "DASILVA", "SILVA");
    for nothing in ["", "-", "INCONNU", "X", "xxx", "sans nom", "NC", "non renseigné"] {
        check_surname(nothing, "", "");
    }
}

#[test]
fn first_names_are_kept_in_order() {
    let read = |cell: &str| {
        let mut prenoms = Words::EMPTY;
        read_prenoms(&folded(cell.as_bytes()), &mut prenoms);
        text(prenoms.all())
    };
    assert_eq!(read("Jean-Pierre, Marie"), "JEAN PIERRE MARIE");
    assert_eq!(read("M. Paul"), "M PAUL", "M alone may be an initial");
    assert_eq!(read("SP"), "");
    assert_eq!(read("SANS PRENOM"), "");
}

#[test]
fn names_that_sound_alike_have_one_sound() {
    let of = |name: &str| sound(&Word::new(name.as_bytes()));
    for (one, other) in [
        ("PHILIPPE", "FILIP"),
        ("RENAUD", "RENO"),
        ("DUPONT", "DUPOND"),
        ("MARTINEAU", "MARTINO"),
        ("HENRY", "ENRI"),
        ("CAROLE", "KAROL"),
        ("THIERY", "TIERI"),
    ] {
        assert_eq!(of(one), of(other), "{one} {other}");
    }
    assert_ne!(of("MARTIN"), of("MORTON"));
    assert!(!of("EE").is_empty() && sound(&Word::EMPTY).is_empty(), "a sound is empty only for an empty word");
}

#[test]
fn places_are_compared_across_time() {
    let commune = |cell: &str| String::from_utf8_lossy(read_commune(&folded(cell.as_bytes())).bytes()).into_owned();
    for paris in ["Paris", "PARIS 15", "Paris 15e Arrondissement", "PARIS 1er arrondissement", "PARIS CEDEX 08", "Paris 05"] {
        assert_eq!(commune(paris), "PARIS", "{paris}");
    }
    assert_eq!(commune("St-Ouen sur Seine"), "SAINTOUENSEINE");
    assert_eq!(commune("inconnu"), "");
    let departement = |cell: &str| read_departement(cell.as_bytes());
    assert_eq!((departement("1"), departement("01"), departement("01004"), departement("1004")), (1, 1, 1, 1));
    assert_eq!((departement("2A"), departement("2b"), departement("974"), departement("97411")), (201, 202, 974, 974));
    assert!(may_be_same(75, 92) && may_be_same(78, 95) && !may_be_same(92, 93), "Seine and Seine-et-Oise, not two of the new ones");
    assert!(may_be_same(20, 201) && !may_be_same(201, 202), "Corsica");
    assert!(may_be_same(99, 92), "Algeria");
    assert_eq!(
        (read_postcode(b"31000"), read_postcode(b"31 000"), read_postcode(b""), read_postcode(b"31000 CEDEX")),
        (31_000, 31_000, 0, 31_000)
    );
}
