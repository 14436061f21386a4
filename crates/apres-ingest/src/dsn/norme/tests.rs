use std::collections::BTreeSet;

use super::*;
use crate::dsn::RUBRIQUES;

/// A rubrique as `norme/rubriques.csv` tells it.
struct Known {
    rubrique: u32,
    kind: String,
    is_relevant: bool,
}

fn known() -> Vec<Known> {
    let rows = rows(include_str!("../../../../../norme/rubriques.csv"));
    rows.map(|row| Known { rubrique: number(&row("rubrique")), kind: row("nature"), is_relevant: row("relevant") == "yes" }).collect()
}

#[test]
fn every_rubrique_that_is_read_is_one_of_the_norm_and_relevant() {
    let known = known();
    for (rubrique, name, kind) in RUBRIQUES {
        let found = known.iter().find(|known| known.rubrique == *rubrique).unwrap_or_else(|| panic!("{name} is not in the norm"));
        assert!(found.is_relevant || matches!(rubrique / 1000, 21_00_45 | 21_00_63 | 21_00_66 | 90_00_90), "{name} is not relevant");
        let fits = match found.kind.as_str() {
            "Date" => matches!(*kind, "Jour" | "Code"),
            _ if *kind == "DateNaissance" => found.kind == "Alphanumeric",
            "Numeric" => matches!(*kind, "Montant" | "Quantite" | "u64" | "Code"),
            _ => matches!(*kind, "Texte" | "Code" | "u64" | "Quantite"),
        };
        assert!(fits, "{name} is {} in the norm and {kind} here", found.kind);
    }
}

#[test]
fn rubriques_ascend_and_blocks_come_in_physical_order() {
    let numbers: Vec<u32> = known().iter().map(|known| known.rubrique).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] / 1000 != pair[1] / 1000 || pair[0] < pair[1]));
    let grammaire = grammaire();
    let place = |bloc| grammaire.place(bloc).expect("a block of the norm");
    for (before, after) in [(21_00_13, 21_00_11), (21_00_82, 21_00_20), (21_00_66, 21_00_62), (21_00_53, 21_00_52), (21_00_86, 21_00_85)] {
        assert!(place(before) < place(after), "{before} comes before {after}");
    }
    assert_eq!(grammaire.place(21_00_96), None);
    assert_eq!(grammaire.place(20_51_00), None);
}

#[test]
fn trees_are_those_of_the_norm() {
    let grammaire = grammaire();
    let place = |bloc| grammaire.place(bloc).expect("a block of the norm");
    assert_eq!(grammaire.parent(place(21_00_50)), Some(place(21_00_30)));
    assert_eq!(grammaire.parent(place(21_00_85)), Some(place(20_00_05)));
    assert_eq!(grammaire.depth(place(21_00_53)), 6);
    let of = |nature| grammaire.regles(Annee::P25, nature);
    let has = |nature, bloc| of(nature).allowed & place(bloc).bit() != 0;
    assert!(has(Nature::Mensuelle, 21_00_62) && !has(Nature::Mensuelle, 21_00_63) && has(Nature::FinContrat, 21_00_63));
    assert!(!has(Nature::Arret, 21_00_50) && has(Nature::Substitution, 21_00_50) && !has(Nature::Substitution, 20_00_07));
    assert!(of(Nature::Mensuelle).allows(place(21_00_62), 1) && !of(Nature::Mensuelle).allows(place(21_00_62), 2));
    assert!(of(Nature::Reprise).allows(place(20_00_07), 2) && !of(Nature::Reprise).allows(place(20_00_07), 3));
    assert!(of(Nature::Mensuelle).allows(place(21_00_30), u8::MAX));
    let missing = |nature, parent, found: u64| -> Vec<u32> {
        Grammaire::places(of(nature).missing(place(parent), found)).map(|place| grammaire.bloc(place)).collect()
    };
    assert_eq!(missing(Nature::Mensuelle, 21_00_30, 0), [21_00_40, 21_00_50]);
    assert_eq!(missing(Nature::Mensuelle, 21_00_30, place(21_00_40).bit()), [21_00_50]);
    assert_eq!(missing(Nature::FinContrat, 21_00_40, 0), [21_00_62, 21_00_71]);
    assert_eq!(missing(Nature::Amorcage, 21_00_30, 0), [0_u32; 0]);
    assert!(of(Nature::Mensuelle).is_essential(place(21_00_40)) && !of(Nature::Mensuelle).is_essential(place(21_00_50)));
}

#[test]
fn usages_are_those_of_the_nature_and_the_year() {
    let grammaire = grammaire();
    let rubriques = |annee, nature, bloc| *grammaire.regles(annee, nature).rubriques(grammaire.place(bloc).expect("a block of the norm"));
    let contrat = rubriques(Annee::P25, Nature::Arret, 21_00_40);
    assert!(contrat.forbidden & bit(7) != 0 && contrat.essential & bit(9) != 0 && contrat.mandatory & bit(7) == 0);
    let declaration = rubriques(Annee::P25, Nature::Mensuelle, 20_00_05);
    assert!(declaration.essential & bit(5) != 0 && declaration.forbidden & bit(6) != 0 && declaration.essential & bit(8) == 0);
    let lieu = |annee| rubriques(annee, Nature::Mensuelle, 21_00_85).elsewhere & bit(12) != 0;
    assert_eq!([lieu(Annee::P24), lieu(Annee::P25), lieu(Annee::P26)], [false, true, true]);
    assert_eq!(rangs(rubriques(Annee::P25, Nature::Mensuelle, 21_00_60).known).last(), Some(600));
    assert_eq!((bit(600), bit(127), bit(900)), (1 << 127, 0, 0));
}

#[test]
fn nearest_release_is_taken_for_the_others() {
    let cases = [("P24V01", Annee::P24, true), ("P26V01", Annee::P26, true), ("P25V02", Annee::P25, false), ("P19V01", Annee::P24, false)];
    for (version, annee, is_exact) in
        cases.into_iter().chain([("P31V01", Annee::P26, false), ("", Annee::P26, false), ("P\u{e9}", Annee::P26, false)])
    {
        assert_eq!(Annee::nearest(version), (annee, is_exact), "{version}");
    }
}

#[test]
fn code_lists_change_with_the_years() {
    let grammaire = grammaire();
    let holds = |rubrique: u32, annee, code: &[u8]| {
        let place = grammaire.place(rubrique / 1000).expect("a block of the norm");
        codes().of_bloc(place).list(rubrique % 1000).expect("a list").holds(annee, code)
    };
    assert_eq!(Annee::ALL.map(|annee| holds(21_00_40_008, annee, b"83")), [false, false, true]);
    assert_eq!(Annee::ALL.map(|annee| holds(21_00_40_073, annee, b"06")), [true, false, false]);
    assert_eq!(Annee::ALL.map(|annee| holds(21_00_62_002, annee, b"119")), [false, true, true]);
    assert!(!holds(21_00_40_073, Annee::P25, b"99") && holds(21_00_41_049, Annee::P25, b"99"));
    assert!(
        holds(21_00_62_002, Annee::P25, b"031") && !holds(21_00_62_002, Annee::P25, b"31") && !holds(21_00_62_002, Annee::P25, b"0031")
    );
    assert!(codes().of_bloc(grammaire.place(21_00_40).expect("a block of the norm")).list(9).is_none());
}

#[test]
fn every_list_of_the_folder_is_compiled_in() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../norme/codes");
    let files = std::fs::read_dir(folder).expect("the folder of lists").map(|file| file.expect("a file").path());
    let named: BTreeSet<String> =
        files.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).filter(|name| name != "index").collect();
    let used: BTreeSet<String> = rows(include_str!("../../../../../norme/codes/index.csv")).map(|row| row("list")).collect();
    assert_eq!(named, used);
}
