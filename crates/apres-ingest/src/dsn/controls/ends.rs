//! Controls of what ends or suspends a contract (blocks 60, 62 and 65).

use std::sync::LazyLock;

use super::{Cx, is, level};
use crate::dsn::Code;
use crate::dsn::blocs::{ArretTravail, AutreSuspension, Contrat, FinContrat};

const MOTIFS: &str = include_str!("../../../../../norme/motif_rupture_par_nature.csv");
const WELL_FORMED: &str = "norme/motif_rupture_par_nature.csv is part of the program: a test reads it";

/// A nature of contract that a reason of end allows, alone or with some schemes only.
struct Allowed {
    nature: String,
    dispositifs: Vec<String>,
}

static ALLOWED: LazyLock<Vec<(String, Vec<Allowed>)>> = LazyLock::new(|| {
    let allowed = |word: &str| {
        let (nature, dispositifs) = word.split_once(':').unwrap_or((word, ""));
        let dispositifs = dispositifs.split('+').filter(|code| !code.is_empty()).map(str::to_owned).collect();
        Allowed { nature: nature.to_owned(), dispositifs }
    };
    let rows = csv::Reader::from_reader(MOTIFS.as_bytes()).into_records();
    rows.map(|record| {
        let record = record.expect(WELL_FORMED);
        let cell = |place: usize| record.get(place).expect(WELL_FORMED);
        (cell(0).to_owned(), cell(1).split_whitespace().map(allowed).collect())
    })
    .collect()
});

/// Whether the norm allows this reason for this contract; reasons that it does not tie to natures are allowed.
fn is_motif_allowed(motif: Code, contrat: &Contrat) -> bool {
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == motif.as_str()) else { return true };
    let Some(nature) = contrat.nature else { return true };
    let dispositif = contrat.dispositif_politique.unwrap_or_default();
    let is_with = |own: &Allowed| own.dispositifs.is_empty() || own.dispositifs.iter().any(|code| code == dispositif.as_str());
    allowed.iter().any(|own| own.nature == nature.as_str() && is_with(own))
}

/// Block 62.
pub(super) mod fin {
    use super::*;

    level! { Fin, Cx<'_>, FinContrat;
        21_00_62_002 "CCH-11" motif_of_another_nature
        21_00_62_002 "CCH-12" no_rupture_in_fctu
        21_00_62_002 "CCH-13" cancelled_outside_monthly
        21_00_62_006 "CCH-12" worked_during_notice
        21_00_62_006 "CCH-14" mission_without_last_day
        21_00_62_006 "CCH-15" last_day_out_of_contract
        21_00_62_006 "CCH-16" usage_without_last_day
        21_00_62_017 "CCH-11" usage_without_circuit
        21_00_62_017 "CCH-12" circuit_of_another
    }

    fn is_cancelled(fin: &FinContrat) -> bool {
        is!(fin.motif, "099")
    }

    fn is_usage(cx: &Cx<'_>) -> bool {
        cx.contrat().is_some_and(|contrat| is!(contrat.motif_recours, "05"))
    }

    fn is_cdd(cx: &Cx<'_>) -> bool {
        cx.contrat().is_some_and(|contrat| is!(contrat.nature, "02" | "10"))
    }

    fn motif_of_another_nature(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        fin.motif.zip(cx.contrat()).is_some_and(|(motif, contrat)| !is_motif_allowed(motif, contrat))
    }

    fn no_rupture_in_fctu(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        cx.facts.is_nature("07") && is!(fin.motif, "100" | "116" | "998" | "999")
    }

    fn cancelled_outside_monthly(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        is_cancelled(fin) && !cx.facts.is_nature("01")
    }

    fn worked_during_notice(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        let Some(last) = fin.dernier_jour_travaille_paye else { return false };
        let own = cx.tree.preavis.iter().filter(|(place, _)| *place == cx.place).map(|(_, preavis)| preavis);
        own.filter(|preavis| is!(preavis.type_preavis, "02" | "03" | "10" | "50" | "51" | "61"))
            .any(|preavis| preavis.date_debut.is_some_and(|debut| last >= debut))
    }

    fn mission_without_last_day(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        fin.dernier_jour_travaille_paye.is_none() && cx.contrat().is_some_and(|contrat| is!(contrat.nature, "03"))
    }

    fn last_day_out_of_contract(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        let Some(last) = fin.dernier_jour_travaille_paye else { return false };
        let is_before = cx.contrat().and_then(|contrat| contrat.date_debut).is_some_and(|debut| last < debut);
        let is_after = !is_cancelled(fin) && fin.date_fin.is_some_and(|fin| last > fin);
        is_before || is_after
    }

    fn usage_without_last_day(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        fin.dernier_jour_travaille_paye.is_none() && !is_cancelled(fin) && is_usage(cx)
    }

    fn usage_without_circuit(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        fin.mode_fin_cddu.is_none() && !is_cancelled(fin) && is_usage(cx) && is_cdd(cx)
    }

    fn circuit_of_another(cx: &Cx<'_>, fin: &FinContrat) -> bool {
        let is_allowed = is_cdd(cx) && is_usage(cx) && is!(fin.motif, "031" | "099") && fin.dernier_jour_travaille_paye.is_some();
        is!(fin.mode_fin_cddu, "01") && !is_allowed
    }
}

/// Block 60.
pub(super) mod arret {
    use super::*;

    level! { Arret, Cx<'_>, ArretTravail;
        21_00_60_001 "CCH-12" cancelled_in_an_event
        21_00_60_001 "CCH-14" therapeutic_in_an_event
        21_00_60_002 "CCH-12" last_day_after_expected_end
        21_00_60_002 "CCH-13" last_day_before_contract
        21_00_60_002 "CCH-16" last_day_after_month
        21_00_60_002 "CCH-17" last_day_after_contract
        21_00_60_002 "CCH-18" last_day_before_contract_in_an_event
        21_00_60_010 "CCH-11" back_before_leaving
        21_00_60_011 "CCH-12" therapeutic_return_in_an_event
    }

    fn is_pay(cx: &Cx<'_>) -> bool {
        is!(cx.facts.nature, "01" | "07")
    }

    fn is_therapeutic(arret: &ArretTravail) -> bool {
        is!(arret.motif, "15" | "16" | "17" | "18")
    }

    fn is_before_contract(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        let debut = cx.contrat().and_then(|contrat| contrat.date_debut);
        arret.dernier_jour.zip(debut).is_some_and(|(last, debut)| last < debut)
    }

    fn cancelled_in_an_event(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        is!(arret.motif, "99") && !is_pay(cx)
    }

    fn therapeutic_in_an_event(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        is_therapeutic(arret) && !is_pay(cx)
    }

    fn last_day_after_expected_end(_: &Cx<'_>, arret: &ArretTravail) -> bool {
        arret.dernier_jour.zip(arret.date_fin_previsionnelle).is_some_and(|(last, fin)| last > fin)
    }

    fn last_day_before_contract(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        let is_left_out = is!(arret.motif, "99") || is_therapeutic(arret) || is!(arret.reprise_motif, "02");
        let is_civil_servant = cx.contrat().is_some_and(|contrat| is!(contrat.nature, "50"));
        is_pay(cx) && !is_left_out && !is_civil_servant && is_before_contract(cx, arret)
    }

    fn last_day_after_month(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        arret.dernier_jour.zip(cx.facts.month).is_some_and(|(last, (_, month_last))| last > month_last)
    }

    fn last_day_after_contract(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        let end = cx.end().and_then(|fin| fin.date_fin);
        !is!(arret.motif, "99") && arret.dernier_jour.zip(end).is_some_and(|(last, end)| last > end)
    }

    fn last_day_before_contract_in_an_event(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        !is_pay(cx) && is_before_contract(cx, arret)
    }

    fn back_before_leaving(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        let debut = cx.contrat().and_then(|contrat| contrat.date_debut);
        let earliest = debut.max(arret.dernier_jour);
        arret.reprise_date.zip(earliest).is_some_and(|(back, earliest)| back < earliest)
    }

    fn therapeutic_return_in_an_event(cx: &Cx<'_>, arret: &ArretTravail) -> bool {
        is!(arret.reprise_motif, "02") && !is_pay(cx)
    }
}

/// Block 65.
pub(super) mod suspension {
    use super::*;

    level! { Suspension, Cx<'_>, AutreSuspension;
        21_00_65_002 "CCH-11" begins_before_contract
        21_00_65_002 "CCH-13" begins_after_contract
        21_00_65_003 "CCH-11" ends_before_it_begins
    }

    fn begins_before_contract(cx: &Cx<'_>, suspension: &AutreSuspension) -> bool {
        let debut = cx.contrat().and_then(|contrat| contrat.date_debut);
        suspension.date_debut.zip(debut).is_some_and(|(own, debut)| own < debut)
    }

    fn begins_after_contract(cx: &Cx<'_>, suspension: &AutreSuspension) -> bool {
        let end = cx.end().and_then(|fin| fin.date_fin);
        !is!(suspension.motif, "998") && suspension.date_debut.zip(end).is_some_and(|(own, end)| own > end)
    }

    fn ends_before_it_begins(_: &Cx<'_>, suspension: &AutreSuspension) -> bool {
        suspension.date_debut.zip(suspension.date_fin).is_some_and(|(debut, fin)| fin < debut)
    }
}
