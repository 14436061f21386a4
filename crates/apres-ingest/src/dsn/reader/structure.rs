//! Where a line stands in the norm's tree, and which rules of structure it breaks.
//!
//! A child hangs on the nearest open parent. Blocks come in the norm's order, rubriques in ascending order; the next instance of a block is told by a rank
//! that does not grow and that can begin one (not beyond the rank that the instance began with, or the block's first mandatory rank). Within one instance a
//! line costs one comparison and two operations on a set of ranks; the rest is paid once per instance.
//!
//! What refuses and what is only remarked (`docs/decisions/0006-what-an-absence-refuses.md`):
//! - an absent rubrique or block refuses when careers or identity need it (`absent` in `norme/`); otherwise it is remarked, once per declaration (once
//!   per lot in a lot, because those who hand files on leave out what their reader may not see);
//! - a block without its parent always refuses;
//! - too many instances, a wrong order, a repeated or forbidden rubrique, a block foreign to the nature refuse when the rule is the release's own. When it is
//!   borrowed from the nearest known release it is a remark, [`RemarkCode::CstNearestNorm`];
//! - what the norm does not know at all is skipped, and what follows is read as if it were not there.

use crate::dsn::norme::{self, Annee, Grammaire, Nature, Place, Regles, bit, rangs};
use crate::dsn::{RemarkCode, Rubrique};

/// Blocks on the longest way down: 05, 06, 11, 30, 50, 51, 53.
const DEPTH_MAX: usize = 8;
/// Unknown rubriques that are named in the report; the others are only counted.
const UNKNOWN_NAMED_MAX: usize = 64;

/// What to do with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on with the current instance.
    Same,
    /// It begins an instance.
    New,
    /// It is kept out of the way.
    Skip,
}

/// A rule of structure that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) code: RemarkCode,
    pub(super) rubrique: Option<Rubrique>,
    pub(super) line: u64,
    /// Whether it concerns the send and not one declaration.
    pub(super) is_of_send: bool,
}

/// An instance that may still take children.
#[derive(Debug, Clone, Copy)]
struct Open {
    place: Place,
    line: u64,
    /// Blocks found under it.
    children: u64,
}

/// The way down from the root to the current line.
pub(super) struct Structure {
    grammaire: &'static Grammaire,
    regles: &'static Regles,
    annee: Annee,
    is_exact: bool,
    path: Vec<Open>,
    /// Instances of each block under its current parent.
    instances: [u8; norme::BLOCS_MAX],
    current: Current,
    is_in_lot: bool,
    /// Absences already remarked in the declaration, or in the lot.
    absences: [u128; norme::BLOCS_MAX],
    absent_blocs: u64,
    foreign_blocs: u64,
    unknown: Vec<Rubrique>,
    breaches: Vec<Breach>,
}

/// The instance that the last line belongs to.
#[derive(Debug, Clone, Copy)]
struct Current {
    /// 0 when there is none.
    bloc: u32,
    rang: u32,
    /// Rank that it began with.
    start: u32,
    line: u64,
    seen: u128,
    /// Ranks that need no second look.
    plain: u128,
    /// What to do with the next lines of the instance.
    step: Step,
}

const NOWHERE: Current = Current { bloc: 0, rang: 0, start: 0, line: 0, seen: 0, plain: 0, step: Step::Skip };

impl Structure {
    pub(super) fn new() -> Self {
        let grammaire = norme::grammaire();
        Self {
            grammaire,
            regles: grammaire.regles(Annee::P26, Nature::Mensuelle),
            annee: Annee::P26,
            is_exact: false,
            path: Vec::with_capacity(DEPTH_MAX),
            instances: [0; norme::BLOCS_MAX],
            current: NOWHERE,
            is_in_lot: false,
            absences: [0; norme::BLOCS_MAX],
            absent_blocs: 0,
            foreign_blocs: 0,
            unknown: Vec::new(),
            breaches: Vec::new(),
        }
    }

    /// Forgets where the reader stood: a send begins.
    pub(super) fn begin_send(&mut self) {
        self.path.clear();
        self.current = NOWHERE;
        self.breaches.clear();
        (self.annee, self.is_exact) = (Annee::P26, false);
    }

    /// Whether the rubrique cannot go on with the current instance.
    pub(super) fn is_other_instance(&self, rubrique: Rubrique) -> bool {
        rubrique.bloc() != self.current.bloc || rubrique.rang() <= self.current.rang
    }

    /// The release in force.
    pub(super) fn annee(&self) -> Annee {
        self.annee
    }

    /// The block of the instance that lines may go on with.
    pub(super) fn bloc(&self) -> u32 {
        self.current.bloc
    }

    /// Where the last line stands.
    #[inline]
    pub(super) fn place(&self) -> Option<Place> {
        self.path.last().map(|open| open.place)
    }

    /// Takes the version of the norm that the send names; false when it is only the nearest known.
    pub(super) fn use_version(&mut self, version: &str) -> bool {
        (self.annee, self.is_exact) = Annee::nearest(version);
        self.regles = self.grammaire.regles(self.annee, Nature::Mensuelle);
        self.is_exact
    }

    /// The rubrique's value cannot be read: when careers or identity need it, it is as if it were not there.
    pub(super) fn spoil(&mut self, rubrique: Rubrique) {
        let Some(place) = self.grammaire.place(rubrique.bloc()) else { return };
        if rubrique.bloc() == self.current.bloc {
            self.current.seen &= !(self.regles.rubriques(place).essential & bit(rubrique.rang()));
        }
    }

    /// Whether the norm knows the block, so that it may be named in a report.
    pub(super) fn knows(&self, rubrique: Rubrique) -> bool {
        self.grammaire.place(rubrique.bloc()).is_some_and(|place| self.regles.rubriques(place).known & bit(rubrique.rang()) != 0)
    }

    /// Whether there are breaches to take.
    #[inline]
    pub(super) fn has_breaches(&self) -> bool {
        !self.breaches.is_empty()
    }

    /// The breaches found since the last call.
    pub(super) fn take_breaches(&mut self) -> Vec<Breach> {
        std::mem::take(&mut self.breaches)
    }

    /// Places a line of the current block when it is simply the next one of its instance: the common case.
    #[inline]
    pub(super) fn goes_on(&mut self, rang: u32) -> Option<Step> {
        let current = &mut self.current;
        let bit = bit(rang);
        if rang <= current.rang || current.plain & bit == 0 {
            return None;
        }
        current.rang = rang;
        current.seen |= bit;
        Some(current.step)
    }

    /// Places any line.
    pub(super) fn step(&mut self, rubrique: Rubrique, value: &[u8], line: u64) -> Step {
        let bit = bit(rubrique.rang());
        let place = self.grammaire.place(rubrique.bloc());
        let Some(place) = place.filter(|place| self.regles.rubriques(*place).known & bit != 0) else {
            self.unknown(rubrique, line);
            return Step::Skip;
        };
        if rubrique.bloc() != self.current.bloc {
            return self.open(place, rubrique, value, line);
        }
        if let Some(step) = self.goes_on(rubrique.rang()) {
            return step;
        }
        if rubrique.rang() > self.current.rang {
            self.odd(place, rubrique, line);
            self.current.rang = rubrique.rang();
            self.current.seen |= bit;
            return self.current.step;
        }
        let starts_until = u32::from(self.regles.rubriques(place).starts_until).max(self.current.start);
        if rubrique.rang() <= starts_until {
            return self.open(place, rubrique, value, line);
        }
        if self.current.seen & bit != 0 {
            self.breach(RemarkCode::CstRepeated, Some(rubrique), line);
            return Step::Skip;
        }
        self.breach(RemarkCode::CstOrder, Some(rubrique), line);
        self.odd(place, rubrique, line);
        self.current.seen |= bit;
        self.current.step
    }

    /// Begins an instance.
    fn open(&mut self, place: Place, rubrique: Rubrique, value: &[u8], line: u64) -> Step {
        self.leave_instance();
        let depth = self.grammaire.depth(place);
        let parent = self.grammaire.parent(place);
        let is_hung = parent.is_none_or(|parent| self.path.get(depth - 1).is_some_and(|open| open.place == parent));
        if !is_hung {
            self.breach(RemarkCode::CstOrphanBloc, Some(rubrique), line);
            return self.pass_over(rubrique, line);
        }
        let previous = self.path.get(depth).map(|open| open.place);
        self.close_down_to(depth);
        if parent.is_none() {
            self.begin_tree(rubrique, value);
        }
        if previous.is_some_and(|previous| previous > place) {
            self.breach(RemarkCode::CstOrder, Some(rubrique), line);
        }
        if self.regles.allowed & place.bit() == 0 && self.foreign_blocs & place.bit() == 0 {
            self.foreign_blocs |= place.bit();
            self.breach(RemarkCode::CstForeignBloc, Some(rubrique), line);
        }
        if let Some(above) = self.path.last_mut() {
            let is_repeated = above.children & place.bit() != 0;
            above.children |= place.bit();
            let instances = if is_repeated { self.instances[place.index()].saturating_add(1) } else { 1 };
            self.instances[place.index()] = instances;
            if !self.regles.allows(place, instances) {
                self.breach(RemarkCode::CstTooMany, Some(rubrique), line);
                return self.pass_over(rubrique, line);
            }
        }
        self.path.push(Open { place, line, children: 0 });
        self.begin_instance(place, rubrique, line);
        Step::New
    }

    fn begin_instance(&mut self, place: Place, rubrique: Rubrique, line: u64) {
        let known = self.regles.rubriques(place);
        self.current = Current {
            bloc: rubrique.bloc(),
            rang: rubrique.rang(),
            start: rubrique.rang(),
            line,
            seen: bit(rubrique.rang()),
            plain: known.known & !known.elsewhere & !known.forbidden,
            step: Step::Same,
        };
        self.odd(place, rubrique, line);
    }

    /// Leaves out the instance that begins here: what it misses is not looked at.
    fn pass_over(&mut self, rubrique: Rubrique, line: u64) -> Step {
        let (rang, bloc) = (rubrique.rang(), rubrique.bloc());
        self.current = Current { bloc, rang, start: rang, line, seen: u128::MAX, plain: u128::MAX, step: Step::Skip };
        Step::Skip
    }

    /// S10.G00.00, S20.G00.05 or S90.G00.90: the rules of what follows.
    fn begin_tree(&mut self, rubrique: Rubrique, value: &[u8]) {
        let nature = match rubrique.0 {
            20_00_05_001 => Nature::of(value, self.annee),
            20_00_05_002.. if rubrique.bloc() == 20_00_05 => Nature::Inconnue,
            _ => Nature::Mensuelle,
        };
        self.regles = self.grammaire.regles(self.annee, nature);
        self.foreign_blocs = 0;
        if !self.is_in_lot {
            self.forget_absences();
        }
    }

    /// A lot begins or ends: whoever made it left out the same rubriques everywhere, which is said once.
    pub(super) fn set_in_lot(&mut self, is_in_lot: bool) {
        self.is_in_lot = is_in_lot;
        self.forget_absences();
    }

    fn forget_absences(&mut self) {
        self.absences = [0; norme::BLOCS_MAX];
        self.absent_blocs = 0;
    }

    /// Whether the rules in force are those of a send's head.
    fn is_at_send(&self) -> bool {
        self.path.first().is_none_or(|root| self.grammaire.bloc(root.place) != 20_00_05)
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.path.len() > depth {
            let Some(open) = self.path.last().copied() else { return };
            let missing = self.regles.missing(open.place, open.children);
            if missing != 0 {
                self.missing_blocs(missing, open.line);
            }
            self.path.pop();
        }
    }

    #[cold]
    fn missing_blocs(&mut self, missing: u64, line: u64) {
        for place in Grammaire::places(missing) {
            let rubrique = Some(Rubrique(self.grammaire.bloc(place) * 1000));
            if self.regles.is_essential(place) {
                self.breach(RemarkCode::CstMissing, rubrique, line);
            } else if self.absent_blocs & place.bit() == 0 {
                self.absent_blocs |= place.bit();
                self.breach(RemarkCode::CstAbsent, rubrique, line);
            }
        }
    }

    /// The rubriques of the current instance are complete.
    #[inline]
    fn leave_instance(&mut self) {
        let current = self.current;
        self.current = NOWHERE;
        if current.step == Step::Skip {
            return;
        }
        let Some(place) = self.path.last().map(|open| open.place) else { return };
        let missing = self.regles.rubriques(place).mandatory & !current.seen;
        if missing != 0 {
            self.missing_rubriques(place, missing, current);
        }
    }

    #[cold]
    fn missing_rubriques(&mut self, place: Place, missing: u128, current: Current) {
        let essential = self.regles.rubriques(place).essential;
        let absences = &mut self.absences[place.index()];
        let news = missing & (essential | !*absences);
        *absences |= missing & !essential;
        for rang in rangs(news) {
            let code = if essential & bit(rang) != 0 { RemarkCode::CstMissing } else { RemarkCode::CstAbsent };
            self.breach(code, Some(Rubrique(current.bloc * 1000 + rang)), current.line);
        }
    }

    /// A rubrique of another release, or that the nature forbids.
    fn odd(&mut self, place: Place, rubrique: Rubrique, line: u64) {
        let rubriques = self.regles.rubriques(place);
        let bit = bit(rubrique.rang());
        if rubriques.elsewhere & bit != 0 {
            self.breach(RemarkCode::CstOtherNorm, Some(rubrique), line);
        } else if rubriques.forbidden & bit != 0 {
            self.breach(RemarkCode::CstForbidden, Some(rubrique), line);
        }
    }

    #[cold]
    fn unknown(&mut self, rubrique: Rubrique, line: u64) {
        if self.grammaire.is_downstream(rubrique) {
            return;
        }
        if !self.unknown.contains(&rubrique) && self.unknown.len() < UNKNOWN_NAMED_MAX {
            self.unknown.push(rubrique);
        }
        let named = self.unknown.contains(&rubrique).then_some(rubrique);
        self.breach(RemarkCode::CstUnknown, named, line);
    }

    #[cold]
    fn breach(&mut self, code: RemarkCode, rubrique: Option<Rubrique>, line: u64) {
        let is_own_rule = match code {
            RemarkCode::CstForbidden => self.is_exact && self.annee.has_own_usages(),
            RemarkCode::CstOrder | RemarkCode::CstRepeated | RemarkCode::CstTooMany | RemarkCode::CstForeignBloc => self.is_exact,
            _ => true,
        };
        let code = if is_own_rule { code } else { RemarkCode::CstNearestNorm };
        self.breaches.push(Breach { code, rubrique, line, is_of_send: self.is_at_send() });
    }
}
