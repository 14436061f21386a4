//! What hangs on an individual: each block typed into its place under its parent.
//!
//! The structure has already placed the block: a parent exists whenever an instance begins. Blocks that nothing needs are left out here.

use crate::dsn::Arbre;
use crate::dsn::blocs::{
    Activite, Anciennete, ArretTravail, AutreSuspension, Bloc, ChangementsContrat, ChangementsIndividu, Contrat,
    DonneesPrecedemmentDeclarees, ElementRevenuNet, FinContrat, Preavis, Prime, Remuneration, Set, TempsPartielTherapeutique, Versement,
};

macro_rules! blocs {
    ($($bloc:ident $list:ident $(under $parents:ident)?,)*) => {
        /// A block that may hang on an individual.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind {
            $($bloc,)*
        }

        impl Kind {
            /// The kind of a block; `None` for those that nothing needs.
            pub(super) fn of(bloc: u32) -> Option<Self> {
                match bloc {
                    $($bloc::CODE => Some(Self::$bloc),)*
                    _ => None,
                }
            }
        }

        /// An instance of the block begins, under the last of its parents.
        pub(super) fn begin(tree: &mut Arbre, kind: Kind) {
            match kind {
                $(Kind::$bloc => begin!(tree, $bloc, $list $(, $parents)?),)*
            }
        }

        /// Types a rubrique of the last instance of the block.
        #[inline]
        pub(super) fn set(tree: &mut Arbre, kind: Kind, rang: u32, value: &[u8], line: u64) -> Set {
            match kind {
                $(Kind::$bloc => set!(tree, (rang, value, line), $list $(, $parents)?),)*
            }
        }
    };
}

macro_rules! begin {
    ($tree:ident, $bloc:ident, $list:ident) => {
        $tree.$list.push($bloc::default())
    };
    ($tree:ident, $bloc:ident, $list:ident, $parents:ident) => {
        $tree.$list.push(($tree.$parents.len().saturating_sub(1), $bloc::default()))
    };
}

macro_rules! set {
    ($tree:ident, ($rang:ident, $value:ident, $line:ident), $list:ident) => {
        $tree.$list.last_mut().map_or(Set::Skipped, |bloc| bloc.set($rang, $value, $line, &mut $tree.bytes))
    };
    ($tree:ident, ($rang:ident, $value:ident, $line:ident), $list:ident, $parents:ident) => {
        $tree.$list.last_mut().map_or(Set::Skipped, |(_, bloc)| bloc.set($rang, $value, $line, &mut $tree.bytes))
    };
}

blocs! {
    ChangementsIndividu changements,
    Contrat contrats,
    ChangementsContrat changements_contrat under contrats,
    DonneesPrecedemmentDeclarees precedents under contrats,
    ArretTravail arrets under contrats,
    TempsPartielTherapeutique temps_partiels under arrets,
    FinContrat fins under contrats,
    Preavis preavis under fins,
    AutreSuspension suspensions under contrats,
    Versement versements,
    Remuneration remunerations under versements,
    Activite activites under remunerations,
    Prime primes under versements,
    ElementRevenuNet revenus_nets under versements,
    Anciennete anciennetes,
}
