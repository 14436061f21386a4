//! What the blocks under a contract say, ready for a row: hours and pay (51, 53), old values (41), absences (60, 65).
//!
//! Plain functions of one individual's tree; nothing is decided here that needs another month. The rules are docs/methods/measure.md §1.

use apres_ingest::dsn::{Arbre, ArretTravail, AutreSuspension, ChangementsContrat, Code, Contrat, Quantite, Texte};

use crate::rows::{AbsenceRow, ChangeRow};

/// Hours, in hundredths, and pay, in centimes, of a contract in one declaration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pay {
    pub(crate) hours_centi: i64,
    pub(crate) hours_unpaid_centi: i64,
    pub(crate) hours_extra_centi: i64,
    pub(crate) gross_centimes: i64,
}

/// 51.011: the remuneration that carries the paid time.
const PAID_TIME: Code = Code::new("002");
/// 53.001: absence paid in part or not at all.
const UNPAID: Code = Code::new("02");
/// 53.001: paid work.
const WORKED: Code = Code::new("01");
/// Hours of a day declared as such.
const HOURS_OF_A_DAY: i64 = 7;

/// What a contract was paid and worked in this declaration. Corrections are negative, and add up like the rest.
pub(crate) fn pay(arbre: &Arbre, contrat: &Contrat) -> Pay {
    let own = contrat.numero.map_or(&[][..], |numero| numero.of(&arbre.bytes));
    let is_own = |text: Option<Texte>| text.is_some_and(|text| text.of(&arbre.bytes) == own);
    let mut pay = Pay::default();
    for (_, remuneration) in arbre.remunerations.iter().filter(|(_, remuneration)| is_own(remuneration.numero_contrat)) {
        match remuneration.type_remuneration.unwrap_or_default().as_str() {
            "001" => pay.gross_centimes += remuneration.montant.map_or(0, |montant| montant.0),
            "017" | "018" => pay.hours_extra_centi += remuneration.nombre_heures.map_or(0, |hours| hours.0),
            _ => {}
        }
    }
    for (place, activite) in &arbre.activites {
        let remuneration = &arbre.remunerations[*place].1;
        if remuneration.type_remuneration != Some(PAID_TIME) || !is_own(remuneration.numero_contrat) {
            continue;
        }
        let hours = activite.mesure.map_or(0, |mesure| mesure.0) * hours_in(activite.unite_mesure.or(contrat.unite_mesure));
        match activite.type_activite {
            Some(WORKED) => pay.hours_centi += hours,
            Some(UNPAID) => pay.hours_unpaid_centi += hours,
            _ => {}
        }
    }
    pay
}

/// Hours in one of this unit (53.003): an hour, a day, or neither. Unit 40 (calendar days for the ceiling) is never hours.
fn hours_in(unite: Option<Code>) -> i64 {
    match unite.unwrap_or_default().as_str() {
        "10" | "21" => 1,
        "12" | "20" => HOURS_OF_A_DAY,
        _ => 0,
    }
}

/// 40.013 over 40.012, in thousandths, at most 1000.
pub(crate) fn quotite_permille(own: Option<Quantite>, reference: Option<Quantite>) -> Option<i32> {
    let (own, reference) = (own?.0, reference?.0);
    let ratio = (reference > 0 && own >= 0).then(|| own.saturating_mul(1000) / reference)?;
    i32::try_from(ratio.min(1000)).ok()
}

/// What a block 41 says of the contract in this place, but for the texts; none when it says nothing that careers use.
pub(crate) fn change(arbre: &Arbre, place: usize, changement: &ChangementsContrat) -> Option<ChangeRow> {
    let contrat = &arbre.contrats[place];
    let date = changement.date_modification?;
    let is_beside = |other: &&(usize, ChangementsContrat)| other.0 == place && other.1.date_modification == Some(date);
    let beside = || arbre.changements_contrat.iter().filter(is_beside).map(|(_, other)| other);
    let has_quotite = changement.quotite_salarie.is_some() || changement.quotite_categorie.is_some();
    let own = changement.quotite_salarie.or_else(|| beside().find_map(|other| other.quotite_salarie)).or(contrat.quotite);
    let reference =
        changement.quotite_categorie.or_else(|| beside().find_map(|other| other.quotite_categorie)).or(contrat.quotite_categorie);
    let row = ChangeRow {
        date_modification: date.0,
        ancien_siret: changement.ancien_siret.and_then(|siret| digits(siret.of(&arbre.bytes))),
        ancienne_date_debut: changement.date_debut.map(|day| day.0),
        profondeur: changement.profondeur_recalcul_paie.map(|day| day.0),
        nature: changement.nature.unwrap_or_default(),
        dispositif: changement.dispositif_politique.unwrap_or_default(),
        complement: changement.complement_dispositif_public.unwrap_or_default(),
        motif_recours: changement.motif_recours.unwrap_or_default(),
        modalite_temps: changement.modalite_temps.unwrap_or_default(),
        quotite_permille: if has_quotite { quotite_permille(own, reference) } else { None },
        ..ChangeRow::default()
    };
    let codes = [row.nature, row.dispositif, row.complement, row.motif_recours, row.modalite_temps];
    let is_useful = row.ancien_siret.is_some()
        || row.ancienne_date_debut.is_some()
        || changement.numero.is_some()
        || row.quotite_permille.is_some()
        || codes.iter().any(|code| *code != Code::default());
    is_useful.then_some(row)
}

/// A sick leave as an absence, but for its contract.
pub(crate) fn arret(arret: &ArretTravail) -> Option<AbsenceRow> {
    let last = arret.reprise_date.map(|day| day.0 - 1).or(arret.date_fin_previsionnelle.map(|day| day.0));
    Some(absence("60", arret.motif?, arret.dernier_jour?.0 + 1, last))
}

/// Another suspension as an absence, but for its contract.
pub(crate) fn suspension(suspension: &AutreSuspension) -> Option<AbsenceRow> {
    Some(absence("65", suspension.motif?, suspension.date_debut?.0, suspension.date_fin.map(|day| day.0)))
}

fn absence(bloc: &str, motif: Code, premier_jour: i32, dernier_jour: Option<i32>) -> AbsenceRow {
    let numero = crate::rows::Span::default();
    let (declaration, part, person, siret, date_debut, month) = (0, 0, 0, 0, 0, 0);
    AbsenceRow { declaration, part, person, siret, numero, date_debut, month, bloc: Code::new(bloc), motif, premier_jour, dernier_jour }
}

fn digits(text: &[u8]) -> Option<u64> {
    let is_siret = text.len() == 14 && text.iter().all(u8::is_ascii_digit);
    is_siret.then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}
