//! Controls of the head of a declaration, of its end, and of the end of a send.

use super::{Facts, Seen, SentSoFar, Traced, is, keys, level};
use crate::dsn::blocs::{Declaration, Emetteur, Entreprise, Envoi, Etablissement};
use crate::dsn::{EnTete, Rubrique, Texte};

impl Traced for EnTete {
    fn line_at(&self, rubrique: Rubrique) -> u64 {
        match rubrique.bloc() {
            Envoi::CODE => self.envoi.line_at(rubrique),
            Emetteur::CODE => self.emetteur.line_at(rubrique),
            Entreprise::CODE => self.entreprise.line_at(rubrique),
            Etablissement::CODE => self.etablissement.line_at(rubrique),
            _ => self.declaration.line_at(rubrique),
        }
    }

    fn write_value(&self, rubrique: Rubrique, bytes: &[u8], out: &mut Vec<u8>) {
        match rubrique.bloc() {
            Envoi::CODE => self.envoi.write_value(rubrique, bytes, out),
            Emetteur::CODE => self.emetteur.write_value(rubrique, bytes, out),
            Declaration::CODE => self.declaration.write_value(rubrique, bytes, out),
            Entreprise::CODE => self.entreprise.write_value(rubrique, bytes, out),
            Etablissement::CODE => self.etablissement.write_value(rubrique, bytes, out),
            _ => {}
        }
    }
}

/// What the controls of a head look at.
pub(super) struct Scope<'a> {
    pub(super) facts: &'a Facts,
    /// Whether the declaration is the first of its send: the sender is checked once.
    pub(super) is_first: bool,
}

/// The head.
pub(super) mod head {
    use super::*;

    level! { Entete, Scope<'_>, EnTete;
        10_00_01_001 "CSL-11" emetteur_siren
        10_00_01_002 "CCH-11" emetteur_siret
        20_00_05_002 "CCH-13" annule_only_for_events
        20_00_05_002 "CCH-14" neant_only_monthly
        20_00_05_002 "CCH-15" amorcage_not_replaced
        20_00_05_003 "CCH-11" event_in_fractions
        20_00_05_006 "CCH-12" cancels_without_its_type
        20_00_05_008 "CCH-11" agricole_to_net_entreprises
        20_00_05_008 "CCH-12" general_to_msa
        20_00_05_012 "CCH-11" last_siret_missing
        20_00_05_012 "CSL-12" last_siret_key
        21_00_06_001 "CSL-11" siren_key
        21_00_06_002 "CSL-11" siege_key
        21_00_11_001 "CSL-12" siret_key
        21_00_11_004 "CCH-11" address_both_or_none
        21_00_11_005 "CCH-11" postal_without_town
        21_00_11_024 "CCH-11" leaves_with_individuals
    }

    fn text(head: &EnTete, texte: Option<Texte>) -> &[u8] {
        texte.map_or(&b""[..], |texte| texte.of(&head.bytes))
    }

    fn emetteur_siren(scope: &Scope<'_>, head: &EnTete) -> bool {
        scope.is_first && head.emetteur.siren.is_some() && !keys::is_siren(text(head, head.emetteur.siren))
    }

    fn emetteur_siret(scope: &Scope<'_>, head: &EnTete) -> bool {
        scope.is_first && is_siret_wrong(text(head, head.emetteur.siren), head.emetteur.nic)
    }

    fn is_siret_wrong(siren: &[u8], nic: Option<crate::dsn::Code>) -> bool {
        let Some(nic) = nic else { return false };
        let mut siret = [0; 14];
        let nic = nic.as_str().as_bytes();
        if siren.len() != 9 || nic.len() != 5 {
            return false;
        }
        siret[..9].copy_from_slice(siren);
        siret[9..].copy_from_slice(nic);
        !keys::is_siret(&siret)
    }

    fn annule_only_for_events(_: &Scope<'_>, head: &EnTete) -> bool {
        is!(head.declaration.type_declaration, "04") && !is!(head.declaration.nature, "07" | "08" | "09")
    }

    fn neant_only_monthly(_: &Scope<'_>, head: &EnTete) -> bool {
        is!(head.declaration.type_declaration, "02" | "05") && !head.is_monthly()
    }

    fn amorcage_not_replaced(_: &Scope<'_>, head: &EnTete) -> bool {
        is!(head.declaration.type_declaration, "03") && is!(head.declaration.nature, "08")
    }

    fn event_in_fractions(_: &Scope<'_>, head: &EnTete) -> bool {
        is!(head.declaration.nature, "04" | "05" | "07" | "08") && head.declaration.fraction.is_some_and(|fraction| fraction != 11)
    }

    fn cancels_without_its_type(_: &Scope<'_>, head: &EnTete) -> bool {
        head.declaration.identifiant_annulation.is_some() && !is!(head.declaration.type_declaration, "03" | "04")
    }

    fn agricole_to_net_entreprises(_: &Scope<'_>, head: &EnTete) -> bool {
        is!(head.declaration.champ, "02") && is!(head.envoi.depot, "01")
    }

    fn general_to_msa(_: &Scope<'_>, head: &EnTete) -> bool {
        is!(head.declaration.champ, "03") && is!(head.envoi.depot, "02")
    }

    fn last_siret_missing(_: &Scope<'_>, head: &EnTete) -> bool {
        is!(head.declaration.nature_evenement_declencheur_signalement, "02" | "07") && head.declaration.dernier_siret_connu.is_none()
    }

    fn last_siret_key(_: &Scope<'_>, head: &EnTete) -> bool {
        head.declaration.dernier_siret_connu.is_some_and(|siret| !keys::is_siret(siret.of(&head.bytes)))
    }

    fn siren_key(scope: &Scope<'_>, head: &EnTete) -> bool {
        head.entreprise.siren.is_some() && !keys::is_siren(scope.facts.siren())
    }

    fn siege_key(_: &Scope<'_>, head: &EnTete) -> bool {
        is_siret_wrong(text(head, head.entreprise.siren), head.entreprise.nic)
    }

    fn siret_key(_: &Scope<'_>, head: &EnTete) -> bool {
        is_siret_wrong(text(head, head.entreprise.siren), head.etablissement.nic)
    }

    fn address_both_or_none(_: &Scope<'_>, head: &EnTete) -> bool {
        head.etablissement.code_postal.is_some() == head.etablissement.code_pays.is_some()
    }

    fn postal_without_town(_: &Scope<'_>, head: &EnTete) -> bool {
        head.etablissement.code_postal.is_some() && head.etablissement.localite.is_none()
    }

    fn leaves_with_individuals(_: &Scope<'_>, head: &EnTete) -> bool {
        head.etablissement.demande_sortie_dsn.is_some() && !is!(head.declaration.type_declaration, "02" | "05")
    }
}

/// The end of a declaration.
pub(super) mod end {
    use super::*;

    level! { FinDeclaration, Seen, EnTete;
        20_00_05_001 "CCH-11" amorcage_of_one
        20_00_05_002 "CCH-16" nobody
        20_00_05_011 "CCH-11" non_salarie_not_announced
        21_00_30_001 "CCH-15" nir_with_non_salarie
        21_00_30_020 "CCH-15" ntt_with_non_salarie
    }

    fn amorcage_of_one(seen: &Seen, head: &EnTete) -> bool {
        is!(head.declaration.nature, "08") && seen.individus + seen.non_salaries != 1
    }

    fn nobody(seen: &Seen, head: &EnTete) -> bool {
        is!(head.declaration.type_declaration, "01" | "03") && seen.individus + seen.non_salaries == 0
    }

    fn non_salarie_not_announced(seen: &Seen, head: &EnTete) -> bool {
        let event = head.declaration.nature_evenement_declencheur_signalement;
        event.is_some() && is!(event, "06") != (seen.non_salaries > 0)
    }

    fn nir_with_non_salarie(seen: &Seen, head: &EnTete) -> bool {
        is!(head.declaration.nature, "08") && seen.non_salaries > 0 && !seen.nirs.is_empty()
    }

    fn ntt_with_non_salarie(seen: &Seen, head: &EnTete) -> bool {
        is!(head.declaration.nature, "08") && seen.non_salaries > 0 && !seen.ntts.is_empty()
    }
}

/// The end of a send.
pub(super) mod send {
    use super::*;

    level! { Envoi, SentSoFar, EnTete;
        10_00_00_008 "CCH-11" neant_or_not
    }

    fn neant_or_not(sent: &SentSoFar, head: &EnTete) -> bool {
        head.envoi.type_envoi.is_some() && is!(head.envoi.type_envoi, "02") != (sent.neant == sent.declarations)
    }
}
