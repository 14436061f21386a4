//! The official controls that matter to careers and identities.
//!
//! `norme/controles.csv` has a row for each: rubrique, code, weight, message. The modules beside this one hold a function for each row, level by level
//! (the head, the individual, the contract…), and the reader calls [`Controls`] when something is complete. When all is well nothing is allocated and
//! nothing is looked up; norm and nature are compared with the row only once a function has found something to say. What is left out, and why some
//! controls that refuse a deposit do not refuse here, is in `docs/methods/controls.md`.

mod changes;
mod contrat;
mod ends;
mod entete;
mod individu;
mod keys;
mod lieu;
mod pay;
mod syntax;
mod table;
mod texts;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64;

use super::blocs::{Declaration, LieuTravail, Traced};
use super::norme::Annee;
use super::{Arbre, Code, EnTete, Jour, Remark, RemarkCode, Rubrique, Shown, Texte};
use pay::Pay;

pub(super) use syntax::{FormsOfBloc, is_shown};
pub use table::{Row, rows};
pub(super) use table::{row_of as row, row_of_key};

/// Whether a code is one of these.
macro_rules! is {
    ($code:expr, $($text:literal)|+) => {
        match $code {
            Some(code) => $(code == const { $crate::dsn::Code::new($text) })||+,
            None => false,
        }
    };
}
pub(super) use is;

/// The controls of a level: each row is a rubrique, a code and the function that says whether the control is broken.
macro_rules! level {
    ($level:ident, $context:ty, $bloc:ty; $($rubrique:literal $code:literal $is_broken:ident)*) => {
        /// Rubrique and code of each control of this level.
        pub(in crate::dsn::controls) const CONTROLS: &[(u32, &str)] = &[$(($rubrique, $code)),*];

        /// Runs the controls of this level on a block; `bytes` are those that its texts point into.
        #[inline]
        pub(in crate::dsn::controls) fn run(context: &$context, bloc: &$bloc, bytes: &[u8], found: &mut $crate::dsn::controls::Found) {
            #[expect(non_camel_case_types, reason = "the places are named after the functions")]
            #[derive(Clone, Copy)]
            enum Place { $($is_broken),* }
            $(
                if $is_broken(context, bloc) {
                    let (level, place) = ($crate::dsn::controls::Level::$level, Place::$is_broken as u8);
                    found.add(level, place, $crate::dsn::Rubrique($rubrique), bloc, bytes);
                }
            )*
        }
    };
}
use level;

/// Which control: its level and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlId {
    level: u8,
    place: u8,
}

/// What a control looks at, in the order of [`LEVELS`].
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Level {
    Entete,
    FinDeclaration,
    Envoi,
    Individu,
    ChangementsIndividu,
    Contrat,
    ChangementsContrat,
    Fin,
    Arret,
    Suspension,
    Versement,
    Remuneration,
    Activite,
    Lieu,
    FinLieu,
}

/// The controls of each level.
const LEVELS: [&[(u32, &str)]; 15] = [
    entete::head::CONTROLS,
    entete::end::CONTROLS,
    entete::send::CONTROLS,
    individu::identity::CONTROLS,
    individu::change::CONTROLS,
    contrat::CONTROLS,
    changes::CONTROLS,
    ends::fin::CONTROLS,
    ends::arret::CONTROLS,
    ends::suspension::CONTROLS,
    pay::versement::CONTROLS,
    pay::remuneration::CONTROLS,
    pay::activite::CONTROLS,
    lieu::CONTROLS,
    lieu::MISSING,
];

/// What controls need of the declaration, worked out once.
#[derive(Debug, Clone, Default)]
struct Facts {
    nature: Option<Code>,
    /// First and last day of the main month, and last day of the next one.
    month: Option<(Jour, Jour)>,
    next_month_end: Option<Jour>,
    /// Year of the file's constitution.
    year: Option<i32>,
    /// SIREN and SIRET, as digits.
    siret: Vec<u8>,
}

impl Facts {
    fn read(&mut self, head: &EnTete) {
        let Declaration { nature, mois, date_constitution, .. } = head.declaration;
        self.nature = nature;
        self.month = mois.and_then(month_of);
        self.next_month_end = self.month.and_then(|(_, last)| month_of(Jour(last.0 + 1))).map(|(_, last)| last);
        self.year = date_constitution.map(|day| day.civil().0);
        self.siret.clear();
        let siren = head.entreprise.siren.map_or(&b""[..], |siren| siren.of(&head.bytes));
        let nic = head.etablissement.nic.unwrap_or_default();
        self.siret.extend_from_slice(siren);
        self.siret.extend_from_slice(nic.as_str().as_bytes());
    }

    fn siren(&self) -> &[u8] {
        self.siret.get(..9).unwrap_or_default()
    }

    fn is_nature(&self, nature: &str) -> bool {
        self.nature.is_some_and(|own| own.as_str() == nature)
    }
}

/// First and last day of the month of a day.
fn month_of(day: Jour) -> Option<(Jour, Jour)> {
    let (year, month, _) = day.civil();
    let next = if month == 12 { Jour::new(year + 1, 1, 1) } else { Jour::new(year, month + 1, 1) };
    Some((Jour::new(year, month, 1)?, Jour(next?.0 - 1)))
}

/// What the controls of an individual's blocks look at.
struct Cx<'a> {
    facts: &'a Facts,
    head: &'a EnTete,
    tree: &'a Arbre,
    pay: &'a Pay,
    /// Place of the contract that the block is or hangs on; past the end when there is none.
    contrat: usize,
    /// Place of the block in its own list.
    place: usize,
    /// Whether the NIR, and the NTT, were met already in the declaration.
    is_double: (bool, bool),
}

impl Cx<'_> {
    fn contrat(&self) -> Option<&super::Contrat> {
        self.tree.contrats.get(self.contrat)
    }

    fn text(&self, texte: Option<Texte>) -> &[u8] {
        texte.map_or(&b""[..], |texte| texte.of(&self.tree.bytes))
    }

    /// The end of the contract, unless it cancels one.
    fn end(&self) -> Option<&super::FinContrat> {
        let (_, fin) = self.tree.fins.iter().find(|(place, _)| *place == self.contrat)?;
        (!is!(fin.motif, "099")).then_some(fin)
    }
}

/// What controls have found since the reader last took it.
struct Found {
    remarks: Vec<Remark>,
    scratch: Vec<u8>,
    annee: Annee,
    nature: Option<Code>,
}

impl Default for Found {
    fn default() -> Self {
        Self { remarks: Vec::new(), scratch: Vec::new(), annee: Annee::P26, nature: None }
    }
}

impl Found {
    #[cold]
    fn add(&mut self, level: Level, place: u8, rubrique: Rubrique, bloc: &impl Traced, bytes: &[u8]) {
        self.scratch.clear();
        bloc.write_value(rubrique, bytes, &mut self.scratch);
        let value = (!self.scratch.is_empty()).then(|| Shown::of(rubrique, &self.scratch));
        self.add_at(level, place, rubrique, bloc.line_at(rubrique), value);
    }

    fn add_at(&mut self, level: Level, place: u8, rubrique: Rubrique, line: u64, value: Option<Shown>) {
        let id = ControlId { level: level as u8, place };
        if row(id).applies(self.annee, self.nature) {
            self.remarks.push(Remark { code: RemarkCode::Control(id), rubrique: Some(rubrique), line, value });
        }
    }
}

/// Keys are hashes already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes are hashed");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Hashes = HashSet<u64, BuildHasherDefault<AsIs>>;

/// A place that contracts name: the lines where it is named first, as a place of work and as a user establishment.
struct Named {
    shown: Shown,
    as_lieu: Option<u64>,
    as_user: Option<u64>,
}

/// What a declaration holds, for the controls of its end. It grows by eight bytes for each individual of the open declaration.
#[derive(Default)]
struct Seen {
    individus: u64,
    non_salaries: u64,
    nirs: Hashes,
    ntts: Hashes,
    named: HashMap<u64, Named, BuildHasherDefault<AsIs>>,
    lieux: Hashes,
}

/// What a send holds, for the controls of its end.
#[derive(Debug, Default)]
struct SentSoFar {
    declarations: u64,
    neant: u64,
}

/// Checks what the reader reads.
#[derive(Default)]
pub(super) struct Controls {
    facts: Facts,
    pay: Pay,
    seen: Seen,
    sent: SentSoFar,
    found: Found,
    /// Keeps all to itself, for the tests of structure.
    #[cfg(test)]
    pub(super) is_silent: bool,
}

impl Controls {
    /// What was found since the last call.
    pub(super) fn take(&mut self) -> std::vec::Drain<'_, Remark> {
        self.found.remarks.drain(..)
    }

    /// Whether [`Self::take`] would give anything.
    #[inline]
    pub(super) fn is_quiet(&self) -> bool {
        #[cfg(test)]
        if self.is_silent {
            return true;
        }
        self.found.remarks.is_empty()
    }

    /// The syntax of a block's rubriques.
    pub(super) fn forms(&self, bloc: u32) -> FormsOfBloc {
        #[cfg(test)]
        if self.is_silent {
            return FormsOfBloc::NONE;
        }
        FormsOfBloc::of(bloc)
    }

    /// A send begins.
    pub(super) fn begin_send(&mut self) {
        self.sent = SentSoFar::default();
    }

    /// An individual who is no employee (S89.G00.91) was met.
    pub(super) fn non_salarie(&mut self) {
        self.seen.non_salaries += 1;
    }

    /// The head of a declaration is complete.
    pub(super) fn head(&mut self, head: &EnTete, annee: Annee) {
        self.facts.read(head);
        self.found.annee = annee;
        self.found.nature = self.facts.nature;
        let scope = entete::Scope { facts: &self.facts, is_first: self.sent.declarations == 0 };
        entete::head::run(&scope, head, &head.bytes, &mut self.found);
        self.sent.declarations += 1;
        let kind = head.declaration.type_declaration;
        self.sent.neant += u64::from(head.is_monthly() && is!(kind, "02" | "05"));
    }

    /// An individual is complete.
    pub(super) fn individu(&mut self, head: &EnTete, tree: &Arbre) {
        let Self { facts, pay, seen, found, .. } = self;
        seen.individus += 1;
        pay.read(tree);
        let is_double = individu::note_doubles(tree, seen);
        let cx = |contrat: usize, place: usize| Cx { facts, head, tree, pay, contrat, place, is_double };
        let bytes = &tree.bytes;
        individu::identity::run(&cx(0, 0), &tree.individu, bytes, found);
        for (place, changement) in tree.changements.iter().enumerate() {
            individu::change::run(&cx(0, place), changement, bytes, found);
        }
        for (place, contrat) in tree.contrats.iter().enumerate() {
            contrat::run(&cx(place, place), contrat, bytes, found);
            seen.name_places(contrat, facts, bytes);
        }
        for (place, (contrat, changement)) in tree.changements_contrat.iter().enumerate() {
            changes::run(&cx(*contrat, place), changement, bytes, found);
        }
        for (place, (contrat, fin)) in tree.fins.iter().enumerate() {
            ends::fin::run(&cx(*contrat, place), fin, bytes, found);
        }
        for (place, (contrat, arret)) in tree.arrets.iter().enumerate() {
            ends::arret::run(&cx(*contrat, place), arret, bytes, found);
        }
        for (place, (contrat, suspension)) in tree.suspensions.iter().enumerate() {
            ends::suspension::run(&cx(*contrat, place), suspension, bytes, found);
        }
        for (place, versement) in tree.versements.iter().enumerate() {
            pay::versement::run(&cx(usize::MAX, place), versement, bytes, found);
        }
        for (place, (_, remuneration)) in tree.remunerations.iter().enumerate() {
            pay::remuneration::run(&cx(pay.contrat_of(place), place), remuneration, bytes, found);
        }
        for (place, (remuneration, activite)) in tree.activites.iter().enumerate() {
            pay::activite::run(&cx(pay.contrat_of(*remuneration), place), activite, bytes, found);
        }
    }

    /// A place of work is complete.
    pub(super) fn lieu(&mut self, lieu: &LieuTravail, bytes: &[u8]) {
        let identifiant = lieu.identifiant.map_or(&b""[..], |identifiant| identifiant.of(bytes));
        let hash = xxh3_64(identifiant);
        self.seen.lieux.insert(hash);
        let is_user = self.seen.named.get(&hash).is_some_and(|named| named.as_user.is_some());
        lieu::run(&lieu::Scope { identifiant, is_user }, lieu, bytes, &mut self.found);
    }

    /// A declaration is complete.
    pub(super) fn end_declaration(&mut self, head: &EnTete) {
        let Self { seen, found, .. } = self;
        entete::end::run(seen, head, &head.bytes, found);
        lieu::check_named(seen, found);
        seen.clear();
    }

    /// A send is complete.
    pub(super) fn end_send(&mut self, head: &EnTete) {
        self.found.nature = None;
        entete::send::run(&self.sent, head, &head.bytes, &mut self.found);
    }
}

impl Seen {
    fn clear(&mut self) {
        self.individus = 0;
        self.non_salaries = 0;
        self.nirs.clear();
        self.ntts.clear();
        self.named.clear();
        self.lieux.clear();
    }

    /// Keeps the places that a contract names; the establishment itself needs no description as a place of work.
    fn name_places(&mut self, contrat: &super::Contrat, facts: &Facts, bytes: &[u8]) {
        let lieu = contrat.lieu_travail.map(|lieu| lieu.of(bytes)).filter(|lieu| *lieu != facts.siret.as_slice());
        if let Some(lieu) = lieu {
            self.name(lieu, Rubrique(21_00_40_019)).as_lieu.get_or_insert(contrat.line_of(019));
        }
        if let Some(user) = contrat.etablissement_utilisateur {
            self.name(user.of(bytes), Rubrique(21_00_40_046)).as_user.get_or_insert(contrat.line_of(046));
        }
    }

    fn name(&mut self, identifiant: &[u8], rubrique: Rubrique) -> &mut Named {
        let shown = Shown::of(rubrique, identifiant);
        self.named.entry(xxh3_64(identifiant)).or_insert(Named { shown, as_lieu: None, as_user: None })
    }
}
