use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn day() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(1985, 3, 12)
}

/// The key of made-up people, as text.
fn key(nom: &str, prenoms: &str) -> String {
    IdentityKey::new(nom, prenoms, day()).map_or_else(|| "no key".to_owned(), |key| key.expose().to_owned())
}

#[test]
fn writings_of_the_same_person_have_the_same_key() {
    for (nom, prenoms) in [
        ("Le Goff", "Hélène"),
        ("LE GOFF", "HELENE"),
        ("LEGOFF", "Helene Marie"),
        ("  le-goff ", "Hélène, Marie"),
        ("Le Goff née Ménard", "Hélène"),
        ("Mme LE GOFF", "he\u{301}le\u{300}ne"),
        ("LE GOFF EPOUSE MARTIN", "Hélène-Anne"),
        ("LE GOFF (MARTIN)", "Hélène"),
    ] {
        assert_eq!(key(nom, prenoms), "LEGOFF|HELENE|1985-03-12", "{nom} {prenoms}");
    }
}

#[test]
fn letters_that_nfd_does_not_open() {
    assert_eq!(key("D’Œuvre-Strauß", "Lætitia"), "DOEUVRESTRAUSS|LAETITIA|1985-03-12");
    assert_eq!(key("Łukasz Øster", "ﬁona"), "LUKASZOSTER|FIONA|1985-03-12");
    assert_eq!(key("St-Martin", "Ève"), key("SAINT MARTIN", "Eve"));
}

#[test]
fn an_m_is_a_civilite_only_before_a_full_stop() {
    assert_eq!(key("M. Baye", "Awa"), "BAYE|AWA|1985-03-12");
    assert_eq!(key("M'Baye", "Awa"), "MBAYE|AWA|1985-03-12");
    assert_eq!(key("M BAYE", "Awa"), "MBAYE|AWA|1985-03-12");
}

#[test]
fn no_key_without_each_part() {
    for (nom, prenoms) in [
        ("", "Paul"),
        ("MARTIN", ""),
        ("---", "Paul"),
        ("MARTIN", " ' "),
        ("INCONNU", "Paul"),
        ("XXX", "Paul"),
        ("MARTIN", "X"),
        ("MARTIN", "sans prénom"),
        ("MARTIN", "P."),
    ] {
        assert_eq!(key(nom, prenoms), "no key", "{nom} {prenoms}");
    }
    assert_eq!(IdentityKey::new("MARTIN", "Paul", None), None);
}

#[test]
fn keys_try_both_surnames_then_the_swap() {
    let person = Identity { nom_naissance: "MARTIN", nom_usage: "DUPONT NEE MARTIN", prenoms: "Anne", naissance: day() };
    let tried: Vec<String> = keys(&person).iter().map(|key| key.expose().replace("|1985-03-12", "")).collect();
    assert_eq!(tried, ["MARTIN|ANNE", "DUPONT|ANNE", "ANNE|MARTIN", "ANNE|DUPONT"]);
    assert_eq!(keys_as_written(&person).len(), 2);
}

#[test]
fn swapped_cells_meet_the_right_ones() {
    let right = Identity { nom_naissance: "LE GOFF", prenoms: "Jean-Pierre", naissance: day(), ..Identity::default() };
    let swapped = Identity { nom_usage: "Jean-Pierre", prenoms: "Legoff", naissance: day(), ..Identity::default() };
    let indexed = keys_as_written(&right);
    assert!(keys(&swapped).iter().any(|key| indexed.contains(key)));
}

#[test]
fn a_letter_before_an_apostrophe_is_no_initial() {
    assert_eq!(key("Kanté", "N'Golo"), "KANTE|NGOLO|1985-03-12");
    assert_eq!(key("Pierre", "d’Hondt"), "PIERRE|DHONDT|1985-03-12");
    assert_eq!(key("Kanté", "N"), "no key");
    let swapped = Identity { nom_naissance: "Pierre", nom_usage: "", prenoms: "D'Hondt", naissance: day() };
    let right = IdentityKey::new("D'HONDT", "PIERRE", day()).expect("a key");
    assert!(keys(&swapped).contains(&right), "names in each other's place meet");
    assert_eq!(first_names("N'Golo Jean-Paul P."), ["NGOLO", "JEAN", "PAUL"]);
}

#[test]
fn debug_shows_nothing() {
    let key = IdentityKey::new("MARTIN", "Paul", day());
    assert_eq!(format!("{key:?}"), "Some(IdentityKey(***))");
}

proptest! {
    #[test]
    fn never_an_empty_part(nom in any::<String>(), prenoms in any::<String>()) {
        let person = Identity { nom_naissance: &nom, nom_usage: &prenoms, prenoms: &prenoms, naissance: day() };
        for key in keys(&person) {
            let parts: Vec<&str> = key.expose().split('|').collect();
            prop_assert_eq!(parts.len(), 3);
            prop_assert!(parts.iter().all(|part| !part.is_empty()));
        }
    }

    #[test]
    fn normalising_twice_changes_nothing(text in any::<String>()) {
        let once = normalised(&text);
        prop_assert_eq!(normalised(&once), once);
    }
}
