//! What hangs on an individual: each block typed into its place under its parent.
//!
//! The structure has already placed the block: a parent exists whenever an instance begins. Blocks that nothing needs are left out here.

use crate::dsn::blocs::{
    Activite, Anciennete, ArretTravail, AutreSuspension, Bloc, ChangementsContrat, ChangementsIndividu, Contrat,
    DonneesPrecedemmentDeclarees, ElementRevenuNet, FinContrat, Preavis, Prime, Remuneration, Set, TempsPartielTherapeutique, Versement,
};
use crate::dsn::{Arbre, Rubrique};

/// A rubrique found: its rank in the block, its value, its line.
type Found<'a> = (u32, &'a [u8], u64);

/// Types a rubrique of a block under the individual.
#[inline]
pub(super) fn set(tree: &mut Arbre, rubrique: Rubrique, value: &[u8], is_new: bool, line: u64) -> Set {
    let found = (rubrique.rang(), value, line);
    let bytes = &mut tree.bytes;
    let placed = match rubrique.bloc() {
        Contrat::CODE => under(&mut tree.contrats, is_new, found, bytes),
        Versement::CODE => under(&mut tree.versements, is_new, found, bytes),
        Anciennete::CODE => under(&mut tree.anciennetes, is_new, found, bytes),
        ChangementsIndividu::CODE => under(&mut tree.changements, is_new, found, bytes),
        Remuneration::CODE => below(&mut tree.remunerations, tree.versements.len(), is_new, found, bytes),
        Activite::CODE => below(&mut tree.activites, tree.remunerations.len(), is_new, found, bytes),
        Prime::CODE => below(&mut tree.primes, tree.versements.len(), is_new, found, bytes),
        ElementRevenuNet::CODE => below(&mut tree.revenus_nets, tree.versements.len(), is_new, found, bytes),
        ChangementsContrat::CODE => below(&mut tree.changements_contrat, tree.contrats.len(), is_new, found, bytes),
        DonneesPrecedemmentDeclarees::CODE => below(&mut tree.precedents, tree.contrats.len(), is_new, found, bytes),
        ArretTravail::CODE => below(&mut tree.arrets, tree.contrats.len(), is_new, found, bytes),
        TempsPartielTherapeutique::CODE => below(&mut tree.temps_partiels, tree.arrets.len(), is_new, found, bytes),
        FinContrat::CODE => below(&mut tree.fins, tree.contrats.len(), is_new, found, bytes),
        Preavis::CODE => below(&mut tree.preavis, tree.fins.len(), is_new, found, bytes),
        AutreSuspension::CODE => below(&mut tree.suspensions, tree.contrats.len(), is_new, found, bytes),
        _ => None,
    };
    placed.unwrap_or(Set::Skipped)
}

/// Sets a rubrique of a block that hangs on the individual.
#[inline]
fn under<B: Bloc>(blocs: &mut Vec<B>, is_new: bool, (rang, value, line): Found<'_>, bytes: &mut Vec<u8>) -> Option<Set> {
    if is_new {
        blocs.push(B::default());
    }
    Some(blocs.last_mut()?.set(rang, value, line, bytes))
}

/// Sets a rubrique of a block that hangs on the last of its parents.
#[inline]
fn below<B: Bloc>(
    blocs: &mut Vec<(usize, B)>,
    parents: usize,
    is_new: bool,
    (rang, value, line): Found<'_>,
    bytes: &mut Vec<u8>,
) -> Option<Set> {
    if is_new {
        blocs.push((parents.checked_sub(1)?, B::default()));
    }
    Some(blocs.last_mut()?.1.set(rang, value, line, bytes))
}
