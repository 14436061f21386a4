//! Controls of the places of work (block 85), and of the contracts that name one.

use super::{Found, Level, Seen, is, keys, level};
use crate::dsn::Rubrique;
use crate::dsn::blocs::LieuTravail;

/// What the controls of a place look at.
pub(super) struct Scope<'a> {
    pub(super) identifiant: &'a [u8],
    /// A contract of the declaration names the place as its user establishment.
    pub(super) is_user: bool,
}

level! { Lieu, Scope<'_>, LieuTravail;
    21_00_85_001 "CCH-11" siren_key
    21_00_85_001 "CCH-12" siret_key
    21_00_85_001 "CCH-13" home_with_a_siret
    21_00_85_002 "CCH-11" establishment_without_activity
    21_00_85_002 "CCH-12" user_without_activity
    21_00_85_004 "CCH-12" address_both_or_none
    21_00_85_005 "CCH-11" postal_without_town
    21_00_85_011 "CCH-11" no_commune
}

fn siren_key(scope: &Scope<'_>, lieu: &LieuTravail) -> bool {
    is!(lieu.nature, "01") && !scope.identifiant.get(..9).is_some_and(keys::is_siren)
}

fn siret_key(scope: &Scope<'_>, lieu: &LieuTravail) -> bool {
    is!(lieu.nature, "01") && !keys::is_siret(scope.identifiant)
}

fn home_with_a_siret(scope: &Scope<'_>, lieu: &LieuTravail) -> bool {
    is!(lieu.nature, "03") && keys::is_siret(scope.identifiant)
}

fn establishment_without_activity(_: &Scope<'_>, lieu: &LieuTravail) -> bool {
    is!(lieu.nature, "01") && lieu.apet.is_none()
}

fn user_without_activity(scope: &Scope<'_>, lieu: &LieuTravail) -> bool {
    scope.is_user && lieu.apet.is_none()
}

fn address_both_or_none(_: &Scope<'_>, lieu: &LieuTravail) -> bool {
    lieu.code_postal.is_some() == lieu.pays.is_some()
}

fn postal_without_town(_: &Scope<'_>, lieu: &LieuTravail) -> bool {
    lieu.code_postal.is_some() && lieu.localite.is_none()
}

fn no_commune(_: &Scope<'_>, lieu: &LieuTravail) -> bool {
    lieu.commune_insee.is_none() && lieu.pays.is_none()
}

/// Controls of the end of a declaration: every place that a contract names is described.
pub(super) const MISSING: &[(u32, &str)] = &[(21_00_40_019, "CCH-11"), (21_00_40_046, "CCH-13")];

/// Says the places that contracts name and no block 85 describes.
pub(super) fn check_named(seen: &Seen, found: &mut Found) {
    let unknown = seen.named.iter().filter(|(hash, _)| !seen.lieux.contains(hash)).map(|(_, named)| named);
    let mut missing: Vec<_> = unknown.flat_map(|named| [(named.as_lieu, 0, named.shown), (named.as_user, 1, named.shown)]).collect();
    missing.sort_unstable_by_key(|(line, place, _)| (*line, *place));
    for (line, place, shown) in missing {
        if let Some(line) = line {
            found.add_at(Level::FinLieu, place, Rubrique(MISSING[usize::from(place)].0), line, Some(shown));
        }
    }
}
