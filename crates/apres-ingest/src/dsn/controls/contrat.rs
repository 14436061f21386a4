//! Controls of the contract (block 40).

use super::{Cx, is, level, texts};
use crate::dsn::blocs::Contrat;
use crate::dsn::{Jour, Quantite};

/// Monthly limits of the quotité, in hundredths of an hour and of a day.
const HOURS_MAX: i64 = 250_00;
const DAYS_MAX: i64 = 31_00;

level! { Contrat, Cx<'_>, Contrat;
    21_00_40_001 "CCH-13" begins_after_its_end
    21_00_40_001 "CCH-15" begins_before_birth
    21_00_40_003 "CCH-11" cadre_by_half
    21_00_40_005 "CCH-11" complement_navigant
    21_00_40_005 "CCH-12" complement_journaliste
    21_00_40_005 "CCH-13" complement_representant
    21_00_40_005 "CCH-14" complement_coursier
    21_00_40_005 "CCH-19" complement_sportif
    21_00_40_005 "CCH-21" complement_unknown
    21_00_40_006 "CSL-11" libelle
    21_00_40_008 "CCH-11" apprentissage_public
    21_00_40_008 "CCH-12" cdd_senior
    21_00_40_008 "CCH-13" contrat_de_generation
    21_00_40_008 "CCH-14" apprentissage
    21_00_40_008 "CCH-15" contrat_aide
    21_00_40_008 "CCH-16" cddi
    21_00_40_009 "CCH-12" number_twice
    21_00_40_009 "CCH-13" never_paid
    21_00_40_009 "CCH-15" mission_of_zeros
    21_00_40_010 "CCH-11" expected_end_before_start
    21_00_40_010 "CCH-12" no_expected_end
    21_00_40_011 "CCH-11" pige
    21_00_40_011 "CCH-12" too_many_days
    21_00_40_011 "CCH-13" too_many_hours
    21_00_40_011 "CCH-15" no_activity
    21_00_40_012 "CCH-11" reference_of_zero
    21_00_40_019 "CCH-12" mission_at_home
    21_00_40_021 "CCH-12" motif_formation
    21_00_40_021 "CCH-13" motif_voyage
    21_00_40_046 "CCH-11" mission_without_user
    21_00_40_046 "CCH-12" cdi_interimaire_without_user
    21_00_40_054 "CCH-11" temps_non_complet
    21_00_40_066 "CCH-11" detachement
    21_00_40_074 "CCH-11" lent_to_its_employer
    21_00_40_076 "CCH-11" ligne_de_service
    21_00_40_078 "CCH-11" activite_partielle_without_hours
    21_00_40_078 "CCH-12" activite_partielle_without_suspension
}

fn begins_after_its_end(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    let end = cx.end().and_then(|fin| fin.date_fin);
    contrat.date_debut.zip(end).is_some_and(|(debut, fin)| debut > fin)
}

fn begins_before_birth(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    contrat.date_debut.zip(cx.tree.individu.date_naissance).is_some_and(|(debut, birth)| {
        // Most contracts begin years after the birth: no calendar is needed to see it.
        let years = i32::from(birth.annee) + 1 - 1970;
        if debut.0 > years * if years > 0 { 366 } else { 365 } {
            return false;
        }
        let first = Jour::new(i32::from(birth.annee), birth.mois.unwrap_or(1).into(), birth.jour.unwrap_or(1).into());
        first.is_some_and(|birth| debut <= birth)
    })
}

fn cadre_by_half(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.statut_rc, "01") && !is!(contrat.statut_conventionnel, "03" | "04" | "08")
}

fn complement_navigant(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.pcs_ese, "389b") != is!(contrat.complement_pcs_ese, "T389N" | "T389M" | "C389N" | "C389M")
}

fn complement_journaliste(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.pcs_ese, "352a") != is!(contrat.complement_pcs_ese, "NP352" | "P352")
}

fn complement_representant(_: &Cx<'_>, contrat: &Contrat) -> bool {
    let is_representant = is!(contrat.pcs_ese, "463a" | "463b" | "463c" | "463d" | "463e");
    is_representant != is!(contrat.complement_pcs_ese, "06" | "07" | "08" | "09")
}

fn complement_coursier(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.pcs_ese, "643a") != is!(contrat.complement_pcs_ese, "C643" | "L643")
}

fn complement_sportif(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.complement_pcs_ese, "S001") && !is!(contrat.pcs_ese, "424a")
}

fn complement_unknown(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.complement_pcs_ese, "999999")
}

fn libelle(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    contrat.libelle_emploi.is_some() && !texts::is_libelle(cx.text(contrat.libelle_emploi))
}

fn apprentissage_public(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.dispositif_politique, "81") && !is!(contrat.nature, "02" | "92")
}

fn cdd_senior(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.dispositif_politique, "70") && !is!(contrat.nature, "02" | "92")
}

fn contrat_de_generation(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.dispositif_politique, "80") && !is!(contrat.nature, "01" | "82" | "91")
}

fn apprentissage(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.dispositif_politique, "64" | "65") && !is!(contrat.nature, "01" | "02" | "03" | "08" | "91" | "92")
}

fn contrat_aide(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.dispositif_politique, "21" | "41" | "42" | "61") && !is!(contrat.nature, "01" | "02" | "82" | "91" | "92")
}

fn cddi(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.dispositif_politique, "71") && !is!(contrat.nature, "02" | "03" | "92")
}

fn number_twice(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    let number = cx.text(contrat.numero);
    contrat.numero.is_some() && cx.tree.contrats[..cx.place].iter().any(|other| other.numero.is_some() && cx.text(other.numero) == number)
}

fn never_paid(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    contrat.numero.is_some() && !cx.pay.is_paid(cx.place)
}

fn mission_of_zeros(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.nature, "03") && contrat.numero.is_some() && cx.text(contrat.numero).iter().all(|digit| *digit == b'0')
}

fn expected_end_before_start(_: &Cx<'_>, contrat: &Contrat) -> bool {
    contrat.date_debut.zip(contrat.date_fin_previsionnelle).is_some_and(|(debut, fin)| fin < debut)
}

fn no_expected_end(_: &Cx<'_>, contrat: &Contrat) -> bool {
    contrat.date_fin_previsionnelle.is_none() && is!(contrat.nature, "02" | "03" | "10" | "29" | "70" | "92")
}

fn pige(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.unite_mesure, "31") && !is!(contrat.pcs_ese, "352a")
}

fn is_over(quantite: Option<Quantite>, most: i64) -> bool {
    quantite.is_some_and(|quantite| quantite.0 > most)
}

fn too_many_days(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.unite_mesure, "12" | "20") && (is_over(contrat.quotite_categorie, DAYS_MAX) || is_over(contrat.quotite, DAYS_MAX))
}

fn too_many_hours(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.unite_mesure, "10" | "21") && (is_over(contrat.quotite_categorie, HOURS_MAX) || is_over(contrat.quotite, HOURS_MAX))
}

/// An activity is expected of a contract counted in hours or days, unless it ended before the month.
fn no_activity(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    let Some((first, _)) = cx.facts.month else { return false };
    let is_over = || cx.end().and_then(|fin| fin.date_fin).is_some_and(|fin| fin < first);
    is!(contrat.unite_mesure, "10" | "12") && !cx.pay.has_activity(cx.place) && !is_over()
}

fn reference_of_zero(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.unite_mesure, "10" | "12" | "20" | "21") && contrat.quotite_categorie == Some(Quantite(0))
}

fn mission_at_home(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.nature, "03") && (contrat.lieu_travail.is_none() || cx.text(contrat.lieu_travail) == cx.facts.siret.as_slice())
}

fn motif_formation(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.motif_recours, "11") && !is!(contrat.nature, "03") && !is!(contrat.dispositif_politique, "64" | "65" | "81")
}

fn motif_voyage(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.motif_recours, "14") && !is!(contrat.nature, "92")
}

fn mission_without_user(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.nature, "03") && contrat.etablissement_utilisateur.is_none()
}

fn cdi_interimaire_without_user(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.nature, "08") && contrat.etablissement_utilisateur.is_none()
}

fn temps_non_complet(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.nature_poste, "02") != contrat.fp_quotite_temps_complet.is_some()
}

fn detachement(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.nature, "20" | "21") != contrat.fp_type_detachement.is_some()
}

fn lent_to_its_employer(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.cas_mise_disposition_externe_individu_etablissement, "03") && cx.text(contrat.lieu_travail) == cx.facts.siret.as_slice()
}

fn ligne_de_service(_: &Cx<'_>, contrat: &Contrat) -> bool {
    is!(contrat.nature, "93") != contrat.identifiant_contrat_engagement_maritime.is_some()
}

fn activite_partielle_without_hours(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    contrat.forme_amenagement_temps_travail_activite_partielle.is_some()
        && !cx
            .tree
            .remunerations
            .iter()
            .any(|(_, pay)| is!(pay.type_remuneration, "019") && pay.nombre_heures.is_some_and(|hours| hours.0 > 0))
}

fn activite_partielle_without_suspension(cx: &Cx<'_>, contrat: &Contrat) -> bool {
    contrat.forme_amenagement_temps_travail_activite_partielle.is_some()
        && !cx.tree.suspensions.iter().any(|(_, own)| is!(own.motif, "602") && own.date_debut.is_some())
}
