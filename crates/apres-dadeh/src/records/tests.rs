use apres_ingest::dsn::{Code, Jour};

use super::{Fingerprint, arbre, head, siret};
use crate::month::{Arret, Assure, ContractMonth, DeclarationKey, Suspension, Temps};

/// Days from 1970-01-01.
fn day(year: i32, month: u32, day: u32) -> i32 {
    Jour::new(year, month, day).unwrap().0
}

fn made_up() -> ContractMonth {
    ContractMonth {
        key: DeclarationKey { siret: "00001234500018".to_owned(), mois: day(2024, 3, 1), fraction: 11 },
        assure_id: 7,
        assure: Assure {
            immatriculation: "2990148856012".to_owned(),
            nom_famille: "D'ARTAGNAN".to_owned(),
            nom_usage: String::new(),
            prenoms: "ÉLODIE".to_owned(),
            sexe: "F".to_owned(),
            date_naissance: "00011999".to_owned(),
        },
        apet: "8899B".to_owned(),
        code_postal: "01000".to_owned(),
        numero: "00012".to_owned(),
        date_debut: day(2024, 1, 15),
        pcs_ese: "684A".to_owned(),
        nature: "02".to_owned(),
        dispositif_politique: "71".to_owned(),
        date_fin_previsionnelle: Some(day(2024, 6, 30)),
        unite_mesure: "10".to_owned(),
        quotite_categorie: Some(15_167),
        quotite: Some(11_267),
        modalite_temps: "20".to_owned(),
        ccn: "3016".to_owned(),
        lieu_travail: "00001234500018".to_owned(),
        motif_recours: "9".to_owned(),
        statut_emploi: "99".to_owned(),
        etablissement_utilisateur: String::new(),
        complement_dispositif_public: "2".to_owned(),
        date_fin: Some(day(2024, 3, 20)),
        motif_rupture: "36".to_owned(),
        dernier_jour_travaille: None,
        is_last_month: true,
        brut: 131_250,
        temps: vec![Temps { type_activite: "01", unite: "10", mesure: 11_267 }],
        arrets: Vec::new(),
        suspensions: Vec::new(),
    }
}

fn digest(month: &ContractMonth) -> u64 {
    let mut fingerprint = Fingerprint::new(&month.key);
    fingerprint.add(month);
    fingerprint.digest()
}

#[test]
fn a_month_becomes_what_a_declaration_would_give() {
    let month = made_up();
    let head = head(&month, siret(&month.key.siret).unwrap(), Some(day(2024, 5, 1)), 3);
    assert!(head.is_monthly());
    assert_eq!((head.siret, head.declaration.fraction, head.declaration.ordre), (Some(1_234_500_018), Some(11), Some(3)));
    assert_eq!(head.entreprise.siren.unwrap().of(&head.bytes), b"000012345");
    assert_eq!(head.etablissement.nic, Some(Code::new("00018")));
    let tree = arbre(&[month]).unwrap();
    assert_eq!(tree.individu.identifiant.unwrap().of(&tree.bytes), b"2990148856012");
    assert_eq!(tree.individu.nom_famille.unwrap().of(&tree.bytes), b"D'ARTAGNAN");
    assert_eq!(tree.individu.date_naissance.unwrap().jour, None);
    let contrat = tree.contrats[0];
    assert_eq!(contrat.motif_recours, Some(Code::new("09")), "a code kept as a number has its zeros again");
    assert_eq!(contrat.complement_dispositif_public, Some(Code::new("02")));
    assert_eq!(tree.fins[0].1.motif, Some(Code::new("036")));
    assert_eq!(tree.fins[0].1.date_fin, Some(Jour(day(2024, 3, 20))));
    assert_eq!(tree.activites[0].1.mesure.unwrap().0, 11_267);
    assert_eq!(tree.remunerations[0].1.montant.unwrap().0, 131_250);
}

#[test]
fn an_open_a_cancelled_or_an_earlier_month_carries_no_end() {
    let open = ContractMonth { date_fin: Some(day(2098, 12, 31) + 901 * 365), ..made_up() };
    let cancelled = ContractMonth { motif_rupture: "099".to_owned(), ..made_up() };
    let earlier = ContractMonth { is_last_month: false, ..made_up() };
    for month in [open, cancelled, earlier] {
        assert!(arbre(&[month]).unwrap().fins.is_empty());
    }
}

#[test]
fn a_number_that_is_no_nir_is_a_temporary_one_and_no_number_is_nobody() {
    let with = |number: &str| ContractMonth { assure: Assure { immatriculation: number.to_owned(), ..made_up().assure }, ..made_up() };
    let temporary = arbre(&[with("2000012345S00000042")]).unwrap();
    assert!(temporary.individu.identifiant.is_none());
    assert_eq!(temporary.individu.ntt.unwrap().of(&temporary.bytes), b"2000012345S00000042");
    assert!(arbre(&[with("  ")]).is_none());
}

#[test]
fn absences_are_told_in_the_months_that_they_touch() {
    let arret =
        Arret { motif: "01".to_owned(), dernier_jour: day(2024, 1, 31), reprise: Some(day(2024, 3, 11)), mois: Some(day(2024, 3, 1)) };
    let suspension = Suspension { motif: "501".to_owned(), date_debut: day(2024, 3, 31), date_fin: None };
    let at = |month: u32| {
        let key = DeclarationKey { mois: day(2024, month, 1), ..made_up().key };
        arbre(&[ContractMonth { key, arrets: vec![arret.clone()], suspensions: vec![suspension.clone()], ..made_up() }]).unwrap()
    };
    let counts: Vec<(usize, usize)> = (1..=4).map(|month| (at(month).arrets.len(), at(month).suspensions.len())).collect();
    assert_eq!(counts, [(0, 0), (1, 0), (1, 1), (0, 1)]);
    assert_eq!(at(2).arrets[0].1.reprise_date, None, "in February no one knew of the return in March");
    assert_eq!(at(3).arrets[0].1.reprise_date, Some(Jour(day(2024, 3, 11))));
}

#[test]
fn the_fingerprint_follows_what_is_said_and_nothing_else() {
    let month = made_up();
    assert_eq!(digest(&month), digest(&ContractMonth { assure_id: 8, ..month.clone() }));
    let earlier = ContractMonth { is_last_month: false, ..month.clone() };
    assert_eq!(digest(&earlier), digest(&ContractMonth { date_fin: None, ..earlier.clone() }), "the end is told in the last month only");
    let changed = [
        ContractMonth { brut: 1, ..month.clone() },
        ContractMonth { temps: Vec::new(), ..month.clone() },
        ContractMonth { dernier_jour_travaille: Some(day(2024, 3, 19)), ..month.clone() },
        ContractMonth { date_fin: Some(day(2024, 3, 21)), ..month.clone() },
        ContractMonth { quotite: None, ..month.clone() },
        ContractMonth { nature: "01".to_owned(), ..month.clone() },
        ContractMonth { date_debut: day(2024, 1, 16), ..month.clone() },
        ContractMonth { key: DeclarationKey { fraction: 12, ..month.key.clone() }, ..month.clone() },
    ];
    assert!(changed.iter().all(|other| digest(other) != digest(&month)));
}

#[test]
fn a_siret_under_pseudonym_is_not_one() {
    assert_eq!(siret("5f4dcc3b5aa765d61d8327deb882cf99"), None);
    assert_eq!(siret("0000123450001"), None);
    assert_eq!(siret("00001234500018"), Some(1_234_500_018));
}
