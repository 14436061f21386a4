//! Small made-up people, and what must be found.

use apres_ingest::Nir;
use apres_ingest::identity::Identity;
use apres_ingest::list::{check, guess, read};
use chrono::NaiveDate;

use crate::{Candidate, Index, MatchStatus};

fn birth(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn check_list(list: &str, reference: &[(u64, &str, &str, &str, &str)]) -> Vec<(MatchStatus, Option<u64>)> {
    let sheet = read(list.as_bytes(), "liste.csv").expect("a list");
    let checked = check(&sheet, &guess(&sheet), birth("2026-01-01").expect("a day"));
    let mut index = Index::new(&checked.rows);
    for (person, nir, nom, prenoms, born) in reference {
        let identity = Identity { nom_naissance: nom, nom_usage: "", prenoms, naissance: birth(born) };
        index.see(&Candidate { person: *person, nir, identity });
    }
    index.decide().iter().map(|found| (found.status, found.person)).collect()
}

/// A NIR that no one can hold (a commune code that was never attributed), with its key.
fn nir(order: u32) -> (String, String) {
    let text = format!("29003488560{order:02}");
    let nir = Nir::parse_dsn(text.as_bytes()).expect("well formed");
    (text, format!("{:02}", nir.key()))
}

#[test]
fn nir_then_identity_then_nobody() {
    let (first, key) = nir(11);
    let list = format!(
        "NIR;Nom;Prénom;Date de naissance;Date de sortie\n{first}{key};X;Y;01/02/1990;31/03/2024\n;Lefèvre;Anne-Marie;05/06/1985;31/03/2024\n;Durand;Jean;07/08/1970;31/03/2024\n;;;;31/03/2024\n"
    );
    let reference = [(1, first.as_str(), "AUTRE", "NOM", "1990-02-01"), (2, "", "LEFEVRE", "ANNE MARIE LOUISE", "1985-06-05")];
    let found = check_list(&list, &reference);
    assert_eq!(
        found,
        vec![
            (MatchStatus::Nir, Some(1)),
            (MatchStatus::Identite, Some(2)),
            (MatchStatus::NonTrouve, None),
            (MatchStatus::Inutilisable, None),
        ]
    );
}

#[test]
fn an_identity_does_not_stand_against_a_verified_nir() {
    let ((first, key), (second, _)) = (nir(11), nir(12));
    let list = |nir: &str| format!("NIR;Nom;Prénom;Date de naissance;Date de sortie\n{nir};Martin;Paule;01/02/1990;31/03/2024\n");
    let other = [(1, second.as_str(), "MARTIN", "PAULE", "1990-02-01")];
    assert_eq!(check_list(&list(&format!("{first}{key}")), &other), vec![(MatchStatus::Ambigu, None)]);
    let unknown = [(1, "", "MARTIN", "PAULE", "1990-02-01")];
    assert_eq!(check_list(&list(&format!("{first}{key}")), &unknown), vec![(MatchStatus::Identite, Some(1))]);
    assert_eq!(check_list(&list(&first), &other), vec![(MatchStatus::Identite, Some(1))], "a NIR without its key may hold a slip");
}

#[test]
fn namesakes_are_ambiguous_and_one_person_under_two_identities_is_not() {
    let list = "Nom;Prénom;Né(e) le;Date de sortie\nMartin;Paul;01/02/1990;31/03/2024\n";
    let namesakes = [(1, "", "MARTIN", "PAUL", "1990-02-01"), (2, "", "MARTIN", "PAUL", "1990-02-01")];
    assert_eq!(check_list(list, &namesakes), vec![(MatchStatus::Ambigu, None)]);
    let same = [(1, "", "MARTIN", "PAUL", "1990-02-01"), (1, "", "MARTIN", "PAUL JEAN", "1990-02-01")];
    assert_eq!(check_list(list, &same), vec![(MatchStatus::Identite, Some(1))]);
}

#[test]
fn empty_keys_never_match() {
    let list = "NIR;Nom;Prénom;Né(e) le;Date de sortie\n;-;'';01/02/1990;31/03/2024\n;;;01/02/1990;31/03/2024\n";
    let reference = [(1, "", "", "", "1990-02-01"), (2, "", "-", "'", "1990-02-01")];
    assert!(check_list(list, &reference).iter().all(|(status, person)| *status == MatchStatus::Inutilisable && person.is_none()));
}
