//! Controls of pay and activity (blocks 50, 51 and 53), which name their contract by its number.

use super::{Cx, is, level};
use crate::dsn::blocs::{Activite, Remuneration, Versement};
use crate::dsn::{Arbre, Jour, Quantite};

/// Limits of an activity, in hundredths of an hour and of a day.
const HOURS_MAX: i64 = 3_250_00;
const DAYS_MAX: i64 = 403_00;
/// From this day on, some amounts are declared in block 58 and no longer in block 51.
pub(super) const NET_SINCE: Jour = Jour(19_723);

/// Which pay goes with which contract, for one individual. Its vectors are used again and again.
#[derive(Debug, Default)]
pub(super) struct Pay {
    /// Place of the contract of each remuneration; past the end when no contract has its number.
    contrats: Vec<usize>,
    /// On the first remuneration of a contract in a payment, the types (001, 002, 003, 010) that go together; all of them elsewhere.
    types: Vec<u8>,
    firsts: Vec<(usize, usize, usize)>,
    is_paid: Vec<bool>,
    has_activity: Vec<bool>,
}

const TYPES_ALL: u8 = 0b1111;

impl Pay {
    pub(super) fn read(&mut self, tree: &Arbre) {
        self.clear(tree.contrats.len());
        let number = |place: usize| tree.contrats.get(place).and_then(|contrat| contrat.numero).map(|numero| numero.of(&tree.bytes));
        let mut last = 0;
        for (place, (versement, pay)) in tree.remunerations.iter().enumerate() {
            let own = pay.numero_contrat.map(|numero| numero.of(&tree.bytes));
            let is_last = own.is_some() && own == number(last);
            let contrat = if is_last { Some(last) } else { (0..tree.contrats.len()).find(|place| own.is_some() && number(*place) == own) };
            self.contrats.push(contrat.unwrap_or(usize::MAX));
            self.types.push(TYPES_ALL);
            let Some(contrat) = contrat else { continue };
            last = contrat;
            self.is_paid[contrat] = true;
            let first = self.first(*versement, contrat, place);
            self.types[first] |= type_bit(pay);
        }
        for (remuneration, _) in &tree.activites {
            if let Some(has_activity) = self.has_activity.get_mut(self.contrats[*remuneration]) {
                *has_activity = true;
            }
        }
    }

    fn clear(&mut self, contrats: usize) {
        self.contrats.clear();
        self.types.clear();
        self.firsts.clear();
        for flags in [&mut self.is_paid, &mut self.has_activity] {
            flags.clear();
            flags.resize(contrats, false);
        }
    }

    /// The first remuneration of this contract in this payment.
    fn first(&mut self, versement: usize, contrat: usize, place: usize) -> usize {
        let same = self.firsts.iter().rev().find(|(own, other, _)| *own == versement && *other == contrat);
        if let Some((_, _, first)) = same {
            return *first;
        }
        self.firsts.push((versement, contrat, place));
        self.types[place] = 0;
        place
    }

    pub(super) fn contrat_of(&self, remuneration: usize) -> usize {
        self.contrats.get(remuneration).copied().unwrap_or(usize::MAX)
    }

    pub(super) fn is_paid(&self, contrat: usize) -> bool {
        self.is_paid.get(contrat) == Some(&true)
    }

    pub(super) fn has_activity(&self, contrat: usize) -> bool {
        self.has_activity.get(contrat) == Some(&true)
    }
}

fn type_bit(pay: &Remuneration) -> u8 {
    match pay.type_remuneration.as_ref().map(super::super::Code::as_str) {
        Some("001") => 0b0001,
        Some("002") => 0b0010,
        Some("010") => 0b0100,
        Some("003") => 0b1000,
        _ => 0,
    }
}

/// Block 50.
pub(super) mod versement {
    use super::*;

    level! { Versement, Cx<'_>, Versement;
        21_00_50_001 "CCH-13" paid_too_late
        21_00_50_003 "CCH-11" number_twice
        21_00_50_003 "CCH-12" number_missing
    }

    fn paid_too_late(cx: &Cx<'_>, versement: &Versement) -> bool {
        versement.date.zip(cx.facts.next_month_end).is_some_and(|(day, last)| day > last)
    }

    fn number_twice(cx: &Cx<'_>, versement: &Versement) -> bool {
        versement.numero.is_some() && cx.tree.versements[..cx.place].iter().any(|other| other.numero == versement.numero)
    }

    fn number_missing(cx: &Cx<'_>, versement: &Versement) -> bool {
        versement.numero.is_none() && cx.tree.versements.len() > 1
    }
}

/// Block 51.
pub(super) mod remuneration {
    use super::*;

    level! { Remuneration, Cx<'_>, Remuneration;
        21_00_51_001 "CCH-11" paid_before_contract
        21_00_51_002 "CCH-11" ends_before_it_begins
        21_00_51_002 "CCH-13" paid_after_contract
        21_00_51_010 "CCH-11" of_no_contract
        21_00_51_010 "CCH-12" of_no_contract_of_fctu
        21_00_51_011 "CCH-11" type_missing
        21_00_51_011 "CCH-15" type_missing_in_fctu
        21_00_51_011 "CCH-16" overtime_since_2024
        21_00_51_011 "CCH-17" net_social_since_2024
        21_00_51_012 "CCH-12" hours_of_zero
    }

    /// Gross pay that is not zero.
    fn is_gross(pay: &Remuneration) -> bool {
        is!(pay.type_remuneration, "001" | "002") && pay.montant.is_some_and(|montant| montant.0 != 0)
    }

    fn in_month(cx: &Cx<'_>, day: Option<Jour>) -> Option<Jour> {
        let (first, last) = cx.facts.month?;
        day.filter(|day| (first..=last).contains(day))
    }

    fn paid_before_contract(cx: &Cx<'_>, pay: &Remuneration) -> bool {
        let debut = cx.contrat().and_then(|contrat| contrat.date_debut);
        is_gross(pay) && in_month(cx, pay.date_debut).zip(debut).is_some_and(|(own, debut)| own.0 < debut.0 - 2)
    }

    fn ends_before_it_begins(_: &Cx<'_>, pay: &Remuneration) -> bool {
        pay.date_debut.zip(pay.date_fin).is_some_and(|(debut, fin)| fin < debut)
    }

    fn paid_after_contract(cx: &Cx<'_>, pay: &Remuneration) -> bool {
        let Some(end) = cx.end().and_then(|fin| fin.date_fin) else { return false };
        is_gross(pay) && in_month(cx, pay.date_fin).is_some_and(|own| own.0 > end.0 + 2)
    }

    fn of_no_contract(cx: &Cx<'_>, pay: &Remuneration) -> bool {
        pay.numero_contrat.is_some() && cx.contrat().is_none() && !cx.facts.is_nature("07")
    }

    fn of_no_contract_of_fctu(cx: &Cx<'_>, pay: &Remuneration) -> bool {
        let is_earlier =
            || cx.tree.precedents.iter().any(|(_, own)| cx.text(own.numero_contrat_declare_prec) == cx.text(pay.numero_contrat));
        pay.numero_contrat.is_some() && cx.contrat().is_none() && cx.facts.is_nature("07") && !is_earlier()
    }

    fn lacks(cx: &Cx<'_>, types: u8) -> bool {
        cx.pay.types[cx.place] & types != types
    }

    fn type_missing(cx: &Cx<'_>, _: &Remuneration) -> bool {
        let is_ligne = || cx.contrat().is_some_and(|contrat| is!(contrat.nature, "93"));
        lacks(cx, TYPES_ALL) && !cx.facts.is_nature("07") && !is_ligne()
    }

    fn type_missing_in_fctu(cx: &Cx<'_>, _: &Remuneration) -> bool {
        lacks(cx, 0b0111) && cx.facts.is_nature("07")
    }

    fn is_since_2024(pay: &Remuneration) -> bool {
        pay.date_debut.max(pay.date_fin).is_some_and(|day| day >= NET_SINCE)
    }

    fn overtime_since_2024(_: &Cx<'_>, pay: &Remuneration) -> bool {
        is!(pay.type_remuneration, "026") && is_since_2024(pay)
    }

    fn net_social_since_2024(_: &Cx<'_>, pay: &Remuneration) -> bool {
        is!(pay.type_remuneration, "027") && is_since_2024(pay)
    }

    fn hours_of_zero(_: &Cx<'_>, pay: &Remuneration) -> bool {
        pay.nombre_heures == Some(Quantite(0)) && is!(pay.type_remuneration, "001" | "002" | "003" | "010")
    }
}

/// Block 53.
pub(super) mod activite {
    use super::*;

    level! { Activite, Cx<'_>, Activite;
        21_00_53_001 "CCH-11" not_under_002
        21_00_53_002 "CCH-11" too_many_hours_of_contract
        21_00_53_002 "CCH-12" too_many_days_of_contract
        21_00_53_003 "CCH-12" pige
        21_00_53_003 "CCH-13" too_many_hours
        21_00_53_003 "CCH-14" too_many_days
        21_00_53_003 "CCH-15" calendar_days_of_absence
    }

    fn is_over(activite: &Activite, most: i64) -> bool {
        activite.mesure.is_some_and(|mesure| mesure.0 > most)
    }

    fn not_under_002(cx: &Cx<'_>, _: &Activite) -> bool {
        let parent = cx.tree.activites.get(cx.place).and_then(|(parent, _)| cx.tree.remunerations.get(*parent));
        parent.is_some_and(|(_, pay)| !is!(pay.type_remuneration, "002"))
    }

    fn too_many_hours_of_contract(cx: &Cx<'_>, activite: &Activite) -> bool {
        let is_hours = || cx.contrat().is_some_and(|contrat| is!(contrat.unite_mesure, "10" | "21"));
        activite.unite_mesure.is_none() && is_over(activite, HOURS_MAX) && is_hours()
    }

    fn too_many_days_of_contract(cx: &Cx<'_>, activite: &Activite) -> bool {
        let is_days = || cx.contrat().is_some_and(|contrat| is!(contrat.unite_mesure, "12" | "20"));
        activite.unite_mesure.is_none() && is_over(activite, DAYS_MAX) && is_days()
    }

    fn pige(cx: &Cx<'_>, activite: &Activite) -> bool {
        is!(activite.unite_mesure, "31") && cx.contrat().is_some_and(|contrat| !is!(contrat.pcs_ese, "352a"))
    }

    fn too_many_hours(_: &Cx<'_>, activite: &Activite) -> bool {
        is!(activite.unite_mesure, "10" | "21") && is_over(activite, HOURS_MAX)
    }

    fn too_many_days(_: &Cx<'_>, activite: &Activite) -> bool {
        is!(activite.unite_mesure, "12" | "20") && is_over(activite, DAYS_MAX)
    }

    fn calendar_days_of_absence(_: &Cx<'_>, activite: &Activite) -> bool {
        is!(activite.unite_mesure, "40") && !is!(activite.type_activite, "01")
    }
}
