//! Controls of the individual and of its changes (blocks 30 and 31).
//!
//! What they say of an identity refuses nothing: files may be anonymised, and a person is followed by keys that other rules match.

use xxhash_rust::xxh3::xxh3_64;

use super::{Cx, Seen, is, level};
use crate::dsn::blocs::{ChangementsIndividu, Individu};
use crate::dsn::{Arbre, DateNaissance};

/// Births from this year on may be written 2A or 2B, and no longer 20.
const CORSICA_SPLIT: u16 = 1976;
/// Births from this year on are no longer written 96 (Algeria, Morocco, Tunisia).
const ABROAD_96_END: u16 = 1968;
const AGE_YEARS_MAX: i32 = 120;

fn is_departement_out_of_time(departement: &[u8], birth: Option<DateNaissance>) -> bool {
    birth.is_some_and(|birth| match departement {
        b"2A" | b"2B" => birth.annee < CORSICA_SPLIT,
        b"20" => birth.annee >= CORSICA_SPLIT,
        b"96" => birth.annee >= ABROAD_96_END,
        _ => false,
    })
}

fn is_out_of_life(birth: Option<DateNaissance>, year: Option<i32>) -> bool {
    birth.zip(year).is_some_and(|(birth, year)| i32::from(birth.annee) > year || i32::from(birth.annee) <= year - AGE_YEARS_MAX)
}

/// Block 30.
pub(super) mod identity {
    use super::*;

    level! { Individu, Cx<'_>, Individu;
        20_00_05_009 "CCH-11" nir_as_business_number
        20_00_05_011 "CCH-14" contracts_in_a_change_of_software
        21_00_30_001 "CCH-11" nir_departement
        21_00_30_001 "CCH-13" nir_filler
        21_00_30_001 "CCH-14" nir_twice
        21_00_30_001 "CCH-16" nir_ends_with_nines
        21_00_30_006 "CCH-11" nir_year
        21_00_30_006 "CCH-12" birth_out_of_life
        21_00_30_007 "CCH-11" birthplace_missing
        21_00_30_009 "CCH-12" address_both_or_none
        21_00_30_010 "CCH-11" postal_without_town
        21_00_30_014 "CCH-11" birth_departement
        21_00_30_020 "CCH-13" ntt_of_another_siren
        21_00_30_020 "CCH-14" ntt_twice
        21_00_30_020 "CSL-11" ntt_sex
        21_00_30_020 "CSL-12" ntt_blank
        21_00_30_025 "CCH-11" apprentice_without_diploma
        21_00_30_029 "CCH-11" born_abroad_nowhere
    }

    fn nir_as_business_number(cx: &Cx<'_>, individu: &Individu) -> bool {
        let own = cx.head.declaration.identifiant_metier.map_or(&b""[..], |number| number.of(&cx.head.bytes));
        !own.is_empty() && own == cx.text(individu.identifiant)
    }

    fn contracts_in_a_change_of_software(cx: &Cx<'_>, _: &Individu) -> bool {
        let event = cx.head.declaration.nature_evenement_declencheur_signalement;
        is!(event, "07") && !(cx.tree.contrats.is_empty() && cx.tree.anciennetes.is_empty())
    }

    fn nir_departement(cx: &Cx<'_>, individu: &Individu) -> bool {
        cx.text(individu.identifiant).get(5..7).is_some_and(|departement| is_departement_out_of_time(departement, individu.date_naissance))
    }

    fn nines(cx: &Cx<'_>, individu: &Individu) -> usize {
        cx.text(individu.identifiant).iter().rev().take_while(|digit| **digit == b'9').count()
    }

    fn nir_filler(cx: &Cx<'_>, individu: &Individu) -> bool {
        nines(cx, individu) == 12 && matches!(cx.text(individu.identifiant).first(), Some(b'1' | b'2'))
    }

    fn nir_twice(cx: &Cx<'_>, _: &Individu) -> bool {
        cx.is_double.0
    }

    fn nir_ends_with_nines(cx: &Cx<'_>, individu: &Individu) -> bool {
        nines(cx, individu) > 5
    }

    fn nir_year(cx: &Cx<'_>, individu: &Individu) -> bool {
        let year = match cx.text(individu.identifiant) {
            [_, tens @ b'0'..=b'9', units @ b'0'..=b'9', ..] => u16::from(tens - b'0') * 10 + u16::from(units - b'0'),
            _ => return false,
        };
        individu.date_naissance.is_some_and(|birth| birth.annee % 100 != year)
    }

    fn birth_out_of_life(cx: &Cx<'_>, individu: &Individu) -> bool {
        is_out_of_life(individu.date_naissance, cx.facts.year)
    }

    fn birthplace_missing(cx: &Cx<'_>, individu: &Individu) -> bool {
        individu.lieu_naissance.is_none() && individu.departement_naissance.is_some() && cx.text(individu.departement_naissance) != b"99"
    }

    fn address_both_or_none(_: &Cx<'_>, individu: &Individu) -> bool {
        individu.code_postal.is_some() == individu.code_pays.is_some()
    }

    fn postal_without_town(_: &Cx<'_>, individu: &Individu) -> bool {
        individu.code_postal.is_some() && individu.localite.is_none()
    }

    fn birth_departement(cx: &Cx<'_>, individu: &Individu) -> bool {
        is_departement_out_of_time(cx.text(individu.departement_naissance), individu.date_naissance)
    }

    fn ntt_of_another_siren(cx: &Cx<'_>, individu: &Individu) -> bool {
        individu.ntt.is_some() && cx.text(individu.ntt).get(1..10) != Some(cx.facts.siren())
    }

    fn ntt_twice(cx: &Cx<'_>, _: &Individu) -> bool {
        cx.is_double.1
    }

    fn ntt_sex(cx: &Cx<'_>, individu: &Individu) -> bool {
        individu.ntt.is_some() && !matches!(cx.text(individu.ntt).first(), Some(b'1' | b'2'))
    }

    fn ntt_blank(cx: &Cx<'_>, individu: &Individu) -> bool {
        cx.text(individu.ntt).contains(&b' ')
    }

    fn apprentice_without_diploma(cx: &Cx<'_>, individu: &Individu) -> bool {
        individu.niveau_diplome_prepare.is_none()
            && cx.tree.contrats.iter().any(|contrat| is!(contrat.dispositif_politique, "64" | "65" | "81"))
    }

    fn born_abroad_nowhere(cx: &Cx<'_>, individu: &Individu) -> bool {
        cx.text(individu.departement_naissance) == b"99" && individu.lieu_naissance.is_none() && individu.libelle_pays_naiss.is_none()
    }
}

/// Block 31.
pub(super) mod change {
    use super::*;

    level! { ChangementsIndividu, Cx<'_>, ChangementsIndividu;
        21_00_31_001 "CCH-12" empty
        21_00_31_011 "CCH-12" birth_out_of_life
    }

    fn empty(_: &Cx<'_>, change: &ChangementsIndividu) -> bool {
        let has_old = change.identifiant.is_some() || change.nom_famille.is_some() || change.prenoms.is_some();
        !has_old && change.date_naissance.is_none() && change.unread() == 0
    }

    fn birth_out_of_life(cx: &Cx<'_>, change: &ChangementsIndividu) -> bool {
        is_out_of_life(change.date_naissance, cx.facts.year)
    }
}

/// Whether the NIR, and the NTT, were met already in the declaration.
pub(super) fn note_doubles(tree: &Arbre, seen: &mut Seen) -> (bool, bool) {
    let Individu { identifiant, ntt, .. } = tree.individu;
    let nir = identifiant.is_some_and(|nir| !seen.nirs.insert(xxh3_64(nir.of(&tree.bytes))));
    let ntt = ntt.is_some_and(|ntt| !seen.ntts.insert(xxh3_64(ntt.of(&tree.bytes))));
    (nir, ntt)
}
