//! The block trees and the rubriques of each block, as sets of bits.

use super::{Annee, Nature, Rubrique, number, rows, span};

/// Blocks that the tables can number.
pub(in crate::dsn) const BLOCS_MAX: usize = 64;
/// The only rank of the norm beyond the bits of a word (S21.G00.60.600): it has the last bit.
const RANG_FAR: u32 = 600;
const BIT_FAR: u32 = u128::BITS - 1;

/// The bit of a rank in a set of rubriques; 0 for a rank that the norm never uses.
#[inline]
pub(in crate::dsn) fn bit(rang: u32) -> u128 {
    match rang {
        0..BIT_FAR => 1 << rang,
        RANG_FAR => 1 << BIT_FAR,
        _ => 0,
    }
}

/// The ranks of a set of rubriques.
pub(in crate::dsn) fn rangs(set: u128) -> impl Iterator<Item = u32> {
    (0..u128::BITS).filter(move |place| set >> place & 1 == 1).map(|place| if place == BIT_FAR { RANG_FAR } else { place })
}
/// A block that may come any number of times.
const MANY: u8 = u8::MAX;

/// A block's dense number, in physical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::dsn) struct Place(u8);

impl Place {
    pub(in crate::dsn) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(in crate::dsn) fn bit(self) -> u64 {
        1 << self.0
    }
}

/// What one block holds in one release and one nature, as sets of ranks ([`bit`]).
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::dsn) struct Rubriques {
    /// Known to some release.
    pub(in crate::dsn) known: u128,
    /// Of another release than this one.
    pub(in crate::dsn) elsewhere: u128,
    /// Usage O.
    pub(in crate::dsn) mandatory: u128,
    /// Mandatory, and careers or identity need it.
    pub(in crate::dsn) essential: u128,
    /// Usage I.
    pub(in crate::dsn) forbidden: u128,
    /// A rank after which no instance begins: that of the first mandatory rubrique.
    pub(in crate::dsn) starts_until: u8,
}

/// What a nature may hold in a release.
#[derive(Debug, Clone)]
pub(in crate::dsn) struct Regles {
    /// Blocks of the nature.
    pub(in crate::dsn) allowed: u64,
    /// Most instances under one parent.
    max: [u8; BLOCS_MAX],
    /// Children that each block must have.
    mandatory: [u64; BLOCS_MAX],
    /// Those that careers or identity need.
    essential: u64,
    rubriques: [Rubriques; BLOCS_MAX],
}

impl Regles {
    fn new() -> Self {
        Self { allowed: 0, max: [MANY; BLOCS_MAX], mandatory: [0; BLOCS_MAX], essential: 0, rubriques: [Rubriques::default(); BLOCS_MAX] }
    }

    pub(in crate::dsn) fn rubriques(&self, place: Place) -> &Rubriques {
        &self.rubriques[place.index()]
    }

    /// Whether a parent may hold this many instances of the block.
    pub(in crate::dsn) fn allows(&self, place: Place, instances: u8) -> bool {
        let max = self.max[place.index()];
        max == MANY || instances <= max
    }

    /// Mandatory children of the block that are not among those found.
    pub(in crate::dsn) fn missing(&self, place: Place, found: u64) -> u64 {
        self.mandatory[place.index()] & !found
    }

    pub(in crate::dsn) fn is_essential(&self, place: Place) -> bool {
        self.essential & place.bit() != 0
    }
}

/// All the trees.
#[derive(Debug)]
pub(in crate::dsn) struct Grammaire {
    /// Dense numbers by family (10, 20, 21, 89, 90) and number in the family.
    places: [[Option<Place>; 100]; 5],
    blocs: Vec<u32>,
    parents: Vec<Option<Place>>,
    depths: Vec<u8>,
    /// By release, then by nature.
    regles: Vec<Regles>,
    /// Rubriques added after deposit.
    downstream: Vec<Rubrique>,
}

impl Grammaire {
    pub(super) fn compiled_in() -> Self {
        let mut grammaire = Self {
            places: [[None; 100]; 5],
            blocs: Vec::new(),
            parents: Vec::new(),
            depths: Vec::new(),
            regles: vec![Regles::new(); Annee::ALL.len() * Nature::ALL.len()],
            downstream: rows(include_str!("../../../../../norme/aval.csv")).map(|row| Rubrique(number(&row("rubrique")))).collect(),
        };
        grammaire.number_blocs();
        grammaire.read_trees();
        grammaire.read_rubriques();
        grammaire
    }

    /// The dense number of a block; `None` for one that the norm does not know.
    pub(in crate::dsn) fn place(&self, bloc: u32) -> Option<Place> {
        let family = family(bloc)?;
        self.places[family][(bloc % 100) as usize]
    }

    /// The block of a dense number.
    pub(in crate::dsn) fn bloc(&self, place: Place) -> u32 {
        self.blocs[place.index()]
    }

    /// The blocks of a set.
    pub(in crate::dsn) fn places(set: u64) -> impl Iterator<Item = Place> {
        (0_u8..).take(BLOCS_MAX).map(Place).filter(move |place| set & place.bit() != 0)
    }

    pub(in crate::dsn) fn parent(&self, place: Place) -> Option<Place> {
        self.parents[place.index()]
    }

    /// Blocks above it.
    pub(in crate::dsn) fn depth(&self, place: Place) -> usize {
        usize::from(self.depths[place.index()])
    }

    pub(in crate::dsn) fn regles(&self, annee: Annee, nature: Nature) -> &Regles {
        &self.regles[annee as usize * Nature::ALL.len() + nature as usize]
    }

    /// Whether the rubrique is known to be added by those who hand files on.
    pub(in crate::dsn) fn is_downstream(&self, rubrique: Rubrique) -> bool {
        rubrique.rang() >= 900 || self.downstream.contains(&rubrique)
    }

    /// Blocks in the order of `rubriques.csv`, which is the physical one.
    fn number_blocs(&mut self) {
        for row in rows(RUBRIQUES) {
            let bloc = number(&row("block"));
            if self.blocs.last() != Some(&bloc) {
                let place = Place(u8::try_from(self.blocs.len()).expect("norme/ is checked by the tests"));
                assert!(
                    place.index() < BLOCS_MAX && self.place(bloc).is_none(),
                    "a block's rubriques follow each other, and blocks fit in a word"
                );
                self.places[family(bloc).expect("norme/ is checked by the tests")][(bloc % 100) as usize] = Some(place);
                self.blocs.push(bloc);
            }
        }
        self.parents = vec![None; self.blocs.len()];
        self.depths = vec![0; self.blocs.len()];
    }

    fn read_trees(&mut self) {
        for row in rows(include_str!("../../../../../norme/arbre.csv")) {
            let place = self.place(number(&row("block"))).expect("norme/ is checked by the tests");
            let parent = row("parent");
            let parent = (!parent.is_empty()).then(|| self.place(number(&parent)).expect("norme/ is checked by the tests"));
            self.parents[place.index()] = parent;
            self.depths[place.index()] = parent.map_or(0, |parent| self.depths[parent.index()] + 1);
            let is_of = span(&row("since"), &row("until"));
            for (annee, nature) in combinations().filter(|(annee, _)| is_of(*annee)) {
                let is_mine = matches!(row("nature").as_str(), "envoi") || row("nature") == nature.code();
                let regles = &mut self.regles[annee as usize * Nature::ALL.len() + nature as usize];
                if nature == Nature::Inconnue {
                    regles.allowed |= place.bit();
                } else if is_mine {
                    regles.allowed |= place.bit();
                    regles.max[place.index()] = row("max").parse().unwrap_or(MANY);
                    if let (Some(parent), "1") = (parent, row("min").as_str()) {
                        regles.mandatory[parent.index()] |= place.bit();
                        regles.essential |= if row("absent") == "refuse" { place.bit() } else { 0 };
                    }
                }
            }
        }
    }

    fn read_rubriques(&mut self) {
        for row in rows(RUBRIQUES) {
            let rubrique = Rubrique(number(&row("rubrique")));
            let bit = bit(rubrique.rang());
            assert!(bit != 0, "the norm's ranks have a bit");
            let place = self.place(rubrique.bloc()).expect("blocks are numbered from the same table");
            let is_of = span(&row("since"), &row("until"));
            for (annee, nature) in combinations() {
                let of_block = &mut self.regles[annee as usize * Nature::ALL.len() + nature as usize].rubriques[place.index()];
                of_block.known |= bit;
                if !is_of(annee) {
                    of_block.elsewhere |= bit;
                    continue;
                }
                let usage = if nature == Nature::Inconnue { String::new() } else { row(&format!("usage_{}", nature.code())) };
                match usage.as_str() {
                    "O" => {
                        of_block.mandatory |= bit;
                        of_block.essential |= if row("absent") == "refuse" { bit } else { 0 };
                    }
                    "I" => of_block.forbidden |= bit,
                    _ => {}
                }
            }
        }
        for regles in &mut self.regles {
            for of_block in &mut regles.rubriques {
                let first = u8::try_from(of_block.mandatory.trailing_zeros()).unwrap_or(u8::MAX);
                of_block.starts_until = first;
            }
        }
    }
}

const RUBRIQUES: &str = include_str!("../../../../../norme/rubriques.csv");

fn combinations() -> impl Iterator<Item = (Annee, Nature)> {
    Annee::ALL.into_iter().flat_map(|annee| Nature::ALL.into_iter().map(move |nature| (annee, nature)))
}

fn family(bloc: u32) -> Option<usize> {
    match bloc / 100 {
        10_00 => Some(0),
        20_00 => Some(1),
        21_00 => Some(2),
        89_00 => Some(3),
        90_00 => Some(4),
        _ => None,
    }
}
