//! The code lists: which codes a rubrique may take in each release.

use super::table::BLOCS_MAX;
use super::{Annee, Grammaire, Place, Rubrique, number, rows};

/// Codes of two or three digits, one bit each.
const WORDS: usize = (1_000 + 100_usize).div_ceil(64);

macro_rules! lists {
    ($($name:literal)*) => {
        /// Every list of `norme/codes/`, by name.
        const LISTS: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../../norme/codes/", $name, ".csv"))),)*];
    };
}

lists! {
    "activite_partielle_amenagement" "champ" "code_envoi_essai_reel" "codification_ue" "complement_dispositif" "cumul_emploi_retraite" "devise"
    "dispositif" "emplois_multiples" "employeurs_multiples" "evenement_declencheur_amorcage" "fp_type_detachement" "mise_a_disposition_externe"
    "modalite_fin_contrat_usage" "modalite_temps" "mois_rattachement_fctu" "motif_arret_travail" "motif_exclusion_dsn" "motif_recours"
    "motif_reprise" "motif_rupture" "motif_suspension" "nature_contrat" "nature_declaration" "nature_juridique_employeur"
    "nature_juridique_lieu_travail" "nature_poste" "niveau_diplome_prepare" "niveau_formation" "point_de_depot" "sexe" "statut_boeth"
    "statut_categoriel_rc" "statut_conventionnel" "statut_emploi" "statut_etranger_fiscal" "travailleur_etranger_ss" "type_activite"
    "type_anciennete" "type_declaration" "type_envoi" "type_preavis" "type_prime" "type_remuneration" "type_revenu_net" "unite_anciennete"
    "unite_mesure_activite" "unite_quotite"
}

/// The codes that one rubrique may take, release by release.
#[derive(Debug, Clone)]
pub(in crate::dsn) struct List {
    codes: [[u64; WORDS]; Annee::ALL.len()],
}

impl List {
    /// Whether the list of the release holds the code.
    #[inline]
    pub(in crate::dsn) fn holds(&self, annee: Annee, code: &[u8]) -> bool {
        let words = &self.codes[annee as usize];
        place(code).is_some_and(|place| words[place / 64] >> (place % 64) & 1 == 1)
    }
}

/// The lists of all rubriques.
#[derive(Debug)]
pub(in crate::dsn) struct Codes {
    lists: Vec<List>,
    /// By block and rank: one more than the place of the list, 0 when the rubrique has none.
    places: Vec<[u8; 128]>,
}

impl Codes {
    pub(super) fn compiled_in(grammaire: &Grammaire) -> Self {
        let mut codes = Self { lists: Vec::new(), places: vec![[0; 128]; BLOCS_MAX] };
        for row in rows(include_str!("../../../../../norme/codes/index.csv")) {
            let name = row("list");
            let text = LISTS.iter().find(|(own, _)| *own == name).expect("norme/ is checked by the tests").1;
            let rubrique = Rubrique(number(&row("rubrique")));
            let of_bloc = grammaire.place(rubrique.bloc()).expect("norme/ is checked by the tests");
            codes.lists.push(list(text, &row("extra")));
            codes.places[of_bloc.index()][rubrique.rang() as usize] = u8::try_from(codes.lists.len()).expect("there are few lists");
        }
        codes
    }

    /// The lists of a block's rubriques.
    #[inline]
    pub(in crate::dsn) fn of_bloc(&'static self, bloc: Place) -> OfBloc {
        OfBloc { lists: &self.lists, places: &self.places[bloc.index()] }
    }
}

/// The lists that the rubriques of one block take their codes from.
#[derive(Debug, Clone, Copy)]
pub(in crate::dsn) struct OfBloc {
    lists: &'static [List],
    places: &'static [u8; 128],
}

impl OfBloc {
    /// The list of a rubrique; `None` when it has none.
    #[inline]
    pub(in crate::dsn) fn list(self, rang: u32) -> Option<&'static List> {
        let place = *self.places.get(rang as usize)?;
        self.lists.get(usize::from(place).wrapping_sub(1))
    }
}

fn list(text: &'static str, extra: &str) -> List {
    let mut codes = [[0; WORDS]; Annee::ALL.len()];
    let mut add = |annee: Annee, code: &str| {
        let place = place(code.as_bytes()).expect("norme/ is checked by the tests");
        codes[annee as usize][place / 64] |= 1_u64 << (place % 64);
    };
    for annee in Annee::ALL {
        extra.split_whitespace().for_each(|code| add(annee, code));
    }
    for code in rows(text) {
        for annee in Annee::ALL.into_iter().filter(|annee| code(annee.version()) == "yes") {
            add(annee, &code("code"));
        }
    }
    List { codes }
}

#[inline]
fn place(code: &[u8]) -> Option<usize> {
    let digit = |c: u8| c.is_ascii_digit().then(|| usize::from(c - b'0'));
    match *code {
        [tens, units] => Some(1_000 + digit(tens)? * 10 + digit(units)?),
        [hundreds, tens, units] => Some(digit(hundreds)? * 100 + digit(tens)? * 10 + digit(units)?),
        _ => None,
    }
}
