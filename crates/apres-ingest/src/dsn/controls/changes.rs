//! Controls of the changes of a contract (block 41).
//!
//! A block changes what identifies the contract, or one modality. Modalities that APRES does not read are counted but not told apart: the controls that
//! compare the blocks of one modality leave them aside.

use super::{Cx, keys, level};
use crate::dsn::Jour;
use crate::dsn::blocs::ChangementsContrat;

level! { ChangementsContrat, Cx<'_>, ChangementsContrat;
    21_00_41_001 "CCH-12" empty
    21_00_41_001 "CCH-13" several_modalities
    21_00_41_001 "CCH-14" depth_of_nothing
    21_00_41_001 "CCH-15" after_the_month
    21_00_41_001 "CCH-16" key_and_modality
    21_00_41_012 "CSL-11" siren_key
    21_00_41_012 "CSL-12" siret_key
    21_00_41_028 "CCH-11" depth_on_the_oldest
    21_00_41_028 "CCH-12" depth_of_a_key
    21_00_41_028 "CCH-13" depth_inside_a_month
    21_00_41_028 "CCH-14" depth_before_the_contract
    21_00_41_028 "CCH-15" depth_after_the_change
}

fn has_key(change: &ChangementsContrat) -> bool {
    change.ancien_siret.is_some()
        || change.numero.is_some()
        || change.date_debut.is_some()
        || change.identifiant_contrat_engagement_maritime.is_some()
}

/// One bit for each modality that is read.
fn modalities(change: &ChangementsContrat) -> u32 {
    let present = [
        change.statut_conventionnel.is_some(),
        change.statut_rc.is_some(),
        change.nature.is_some(),
        change.dispositif_politique.is_some(),
        change.unite_mesure.is_some(),
        change.quotite_salarie.is_some(),
        change.modalite_temps.is_some(),
        change.ccn.is_some(),
        change.ancien_lieu_travail.is_some(),
        change.motif_recours.is_some(),
        change.travailleur_etranger.is_some(),
        change.pcs_ese.is_some(),
        change.complement_pcs_ese.is_some(),
        change.quotite_categorie.is_some(),
        change.fp_nature_poste.is_some(),
        change.fp_quotite_temps_complet.is_some(),
        change.taux_travail_temps_partiel.is_some(),
        change.statut_boeth.is_some(),
        change.complement_dispositif_public.is_some(),
        change.cas_mise_disposition_externe_individu_etablissement.is_some(),
        change.forme_amenagement_temps_travail_activite_partielle.is_some(),
        change.ancien_detachement.is_some(),
        change.statut_emploi.is_some(),
        change.ancien_code_emplois_multiples.is_some(),
        change.ancien_code_employeurs_multiples.is_some(),
    ];
    present.iter().fold(0, |bits, is_present| bits << 1 | u32::from(*is_present))
}

fn count(change: &ChangementsContrat) -> u32 {
    modalities(change).count_ones() + u32::from(change.unread())
}

fn empty(_: &Cx<'_>, change: &ChangementsContrat) -> bool {
    count(change) == 0 && !has_key(change) && change.profondeur_recalcul_paie.is_none()
}

fn several_modalities(_: &Cx<'_>, change: &ChangementsContrat) -> bool {
    count(change) > 1
}

fn depth_of_nothing(_: &Cx<'_>, change: &ChangementsContrat) -> bool {
    count(change) == 0 && !has_key(change) && change.profondeur_recalcul_paie.is_some()
}

fn after_the_month(cx: &Cx<'_>, change: &ChangementsContrat) -> bool {
    change.date_modification.zip(cx.facts.month).is_some_and(|(day, (_, last))| day > last)
}

fn key_and_modality(_: &Cx<'_>, change: &ChangementsContrat) -> bool {
    has_key(change) && count(change) > 0
}

fn siren_key(cx: &Cx<'_>, change: &ChangementsContrat) -> bool {
    change.ancien_siret.is_some() && !cx.text(change.ancien_siret).get(..9).is_some_and(keys::is_siren)
}

fn siret_key(cx: &Cx<'_>, change: &ChangementsContrat) -> bool {
    change.ancien_siret.is_some() && !keys::is_siret(cx.text(change.ancien_siret))
}

/// Of the blocks of one modality, one among the oldest carries the depth, and no other does.
fn depth_on_the_oldest(cx: &Cx<'_>, change: &ChangementsContrat) -> bool {
    let modality = modalities(change);
    let Some(day) = change.date_modification.filter(|_| modality.count_ones() == 1 && change.unread() == 0) else { return false };
    let same = || {
        let all = cx.tree.changements_contrat.iter().enumerate();
        all.filter(|(_, (contrat, other))| *contrat == cx.contrat && modalities(other) == modality && other.unread() == 0)
            .filter_map(|(place, (_, other))| Some((place, other.date_modification?, other.profondeur_recalcul_paie.is_some())))
    };
    let oldest: Jour = same().map(|(_, day, _)| day).min().unwrap_or(day);
    let has_depth = change.profondeur_recalcul_paie.is_some();
    if day > oldest {
        return has_depth;
    }
    if has_depth {
        return same().any(|(place, day, is_deep)| place < cx.place && day == oldest && is_deep);
    }
    let is_first = !same().any(|(place, day, _)| place < cx.place && day == oldest);
    is_first && !same().any(|(_, day, is_deep)| day == oldest && is_deep)
}

fn depth_of_a_key(_: &Cx<'_>, change: &ChangementsContrat) -> bool {
    has_key(change) && change.profondeur_recalcul_paie.is_some()
}

fn depth_inside_a_month(cx: &Cx<'_>, change: &ChangementsContrat) -> bool {
    let debut = cx.contrat().and_then(|contrat| contrat.date_debut);
    change.profondeur_recalcul_paie.is_some_and(|depth| Some(depth) != debut && depth.civil().2 != 1)
}

fn depth_before_the_contract(cx: &Cx<'_>, change: &ChangementsContrat) -> bool {
    let debut = cx.contrat().and_then(|contrat| contrat.date_debut);
    change.profondeur_recalcul_paie.zip(debut).is_some_and(|(depth, debut)| depth < debut)
}

fn depth_after_the_change(_: &Cx<'_>, change: &ChangementsContrat) -> bool {
    change.profondeur_recalcul_paie.zip(change.date_modification).is_some_and(|(depth, day)| depth > day)
}
