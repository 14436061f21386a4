//! The streaming reader: lines into blocks, blocks into individuals and declarations.
//!
//! It follows the physical order of the norm's tree (a child hangs on the nearest preceding parent; block 50 under 30; block 85 after the individuals) and
//! tells a new instance of a block by a change of block or a rank that does not grow. Structure anomalies refuse the declaration; anomalies of the send's
//! totals refuse the send. It never fails on content and keeps one individual in memory.

use memchr::memchr_iter;
use xxhash_rust::xxh3::Xxh3;

use super::blocs::{
    Activite, Anciennete, ArretTravail, AutreSuspension, Bloc, ChangementsContrat, ChangementsIndividu, Contrat, Declaration,
    DonneesPrecedemmentDeclarees, ElementRevenuNet, Emetteur, Entreprise, Envoi, Etablissement, FinContrat, Individu, LieuTravail, Preavis,
    Prime, Remuneration, Set, TempsPartielTherapeutique, TotalEnvoi, Versement,
};
use super::{Arbre, EnTete, Line, Remark, RemarkCode, Report, Rubrique, Sink, Verdict};
use crate::Nir;

/// The norm's limit for a record.
const LINE_BYTES_MAX: usize = 256;
/// A partial line longer than this is dropped until its end: no file can make the reader hold more.
const CARRY_BYTES_MAX: usize = 64 * 1024;

/// Where the reader stands in a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Send,
    Declaration,
}

/// Reads a file, a lot or an archive member, chunk by chunk.
pub struct Reader {
    report: Report,
    place: Place,
    carry: Vec<u8>,
    is_carry_dropped: bool,
    /// Block and rank of the last line, to tell a new instance.
    last: Rubrique,
    head: EnTete,
    total: TotalEnvoi,
    arbre: Arbre,
    has_individu: bool,
    lieu: LieuTravail,
    has_lieu: bool,
    lieu_bytes: Vec<u8>,
    is_declaration_begun: bool,
    is_declaration_refused: bool,
    is_send_refused: bool,
    rubriques_in_send: u64,
    declarations_in_send: u64,
    /// Individuals and contracts of the open declaration.
    open_individus: u64,
    open_contrats: u64,
    /// What the open send would add to the report if it stands.
    pending: Report,
    digest: Xxh3,
    lot_objects: Option<u64>,
    lot_sends: u64,
    group_sends: u64,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the beginning of a file.
    #[must_use]
    pub fn new() -> Self {
        Self {
            report: Report::default(),
            place: Place::Outside,
            carry: Vec::new(),
            is_carry_dropped: false,
            last: Rubrique(0),
            head: EnTete::default(),
            total: TotalEnvoi::default(),
            arbre: Arbre::default(),
            has_individu: false,
            lieu: LieuTravail::default(),
            has_lieu: false,
            lieu_bytes: Vec::new(),
            is_declaration_begun: false,
            is_declaration_refused: false,
            is_send_refused: false,
            rubriques_in_send: 0,
            declarations_in_send: 0,
            open_individus: 0,
            open_contrats: 0,
            pending: Report::default(),
            digest: Xxh3::new(),
            lot_objects: None,
            lot_sends: 0,
            group_sends: 0,
        }
    }

    /// Takes the next bytes of the file; chunks may be cut anywhere.
    pub fn push(&mut self, chunk: &[u8], sink: &mut impl Sink) {
        self.report.bytes += chunk.len() as u64;
        let Some(chunk) = self.finish_carry(chunk, sink) else { return };
        let mut line_start = 0;
        // Declarations are hashed by slices of the chunk, not by line.
        let mut hashed = 0;
        for line_end in memchr_iter(b'\n', chunk) {
            let line = without_return(&chunk[line_start..line_end]);
            if ends_declaration(line) {
                self.hash(&chunk[hashed..line_start]);
                hashed = line_start;
            }
            self.line(line, sink);
            line_start = line_end + 1;
        }
        self.hash(&chunk[hashed..line_start]);
        self.carry(&chunk[line_start..]);
    }

    /// Ends the file and gives its report.
    pub fn finish(mut self, sink: &mut impl Sink) -> Report {
        if !self.carry.is_empty() || self.is_carry_dropped {
            let line = std::mem::take(&mut self.carry);
            self.whole_carry(&line, sink);
        }
        if self.place != Place::Outside {
            self.remark(RemarkCode::CstNoTotal, None);
            self.is_send_refused = true;
            self.end_send(sink);
        }
        self.report
    }

    /// The report so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn finish_carry<'a>(&mut self, chunk: &'a [u8], sink: &mut impl Sink) -> Option<&'a [u8]> {
        if self.carry.is_empty() && !self.is_carry_dropped {
            return Some(chunk);
        }
        let Some(end) = memchr::memchr(b'\n', chunk) else {
            self.carry(chunk);
            return None;
        };
        self.carry(&chunk[..end]);
        let line = std::mem::take(&mut self.carry);
        self.whole_carry(&line, sink);
        self.carry = line;
        self.carry.clear();
        Some(&chunk[end + 1..])
    }

    fn whole_carry(&mut self, line: &[u8], sink: &mut impl Sink) {
        if std::mem::take(&mut self.is_carry_dropped) {
            self.report.lines += 1;
            self.remark(RemarkCode::LineUnreadable, None);
            return;
        }
        self.line(without_return(line), sink);
        self.hash(line);
        self.hash(b"\n");
    }

    fn carry(&mut self, part: &[u8]) {
        if self.carry.len() + part.len() > CARRY_BYTES_MAX {
            self.carry.clear();
            self.is_carry_dropped = true;
        } else if !self.is_carry_dropped {
            self.carry.extend_from_slice(part);
        }
    }

    fn hash(&mut self, bytes: &[u8]) {
        if self.place == Place::Declaration {
            self.digest.update(bytes);
        }
    }

    fn remark(&mut self, code: RemarkCode, rubrique: Option<Rubrique>) {
        self.report.remark(Remark { code, rubrique, line: self.report.lines });
        if code.is_blocking() {
            self.is_declaration_refused = true;
        }
    }

    #[inline]
    fn line(&mut self, line: &[u8], sink: &mut impl Sink) {
        self.report.lines += 1;
        let Some(Line { rubrique, value }) = Line::parse(line) else {
            if !line.iter().all(u8::is_ascii_whitespace) {
                self.remark(RemarkCode::LineUnreadable, None);
            }
            return;
        };
        if line.len() > LINE_BYTES_MAX {
            self.remark(RemarkCode::LineUnreadable, Some(rubrique));
        }
        let is_new = rubrique.bloc() != self.last.bloc() || rubrique.rang() <= self.last.rang();
        self.last = rubrique;
        match rubrique.bloc() / 10_000 {
            21 => {
                self.rubriques_in_send += 1;
                self.bloc_21(rubrique, value, is_new, sink);
            }
            20 | 89 => {
                self.rubriques_in_send += 1;
                self.bloc_20(rubrique, value, is_new, sink);
            }
            10 => self.bloc_10(rubrique, value, is_new, sink),
            90 => self.bloc_90(rubrique, value, sink),
            _ => self.bloc_lot(rubrique, value, sink),
        }
    }

    fn bloc_10(&mut self, rubrique: Rubrique, value: &[u8], is_new: bool, sink: &mut impl Sink) {
        if rubrique.bloc() == Envoi::CODE && is_new {
            if self.place != Place::Outside {
                self.remark(RemarkCode::CstNoTotal, None);
                self.is_send_refused = true;
                self.end_send(sink);
            }
            self.begin_send();
        }
        self.rubriques_in_send += 1;
        let set = match rubrique.bloc() {
            Envoi::CODE => self.head.envoi.set(rubrique.rang(), value, self.report.lines, &mut self.head.bytes),
            Emetteur::CODE => self.head.emetteur.set(rubrique.rang(), value, self.report.lines, &mut self.head.bytes),
            _ => Set::Skipped,
        };
        self.note(set, rubrique, value);
    }

    fn begin_send(&mut self) {
        self.place = Place::Send;
        self.head = EnTete { bytes: std::mem::take(&mut self.head.bytes), ..EnTete::default() };
        self.head.bytes.clear();
        self.total = TotalEnvoi::default();
        self.is_send_refused = false;
        self.is_declaration_refused = false;
        self.rubriques_in_send = 0;
        self.declarations_in_send = 0;
        self.pending = Report::default();
    }

    fn bloc_20(&mut self, rubrique: Rubrique, value: &[u8], is_new: bool, sink: &mut impl Sink) {
        if self.place == Place::Outside {
            self.remark(RemarkCode::CstOutsideSend, Some(rubrique));
            return;
        }
        if rubrique.bloc() == Declaration::CODE {
            if is_new {
                self.end_declaration(sink);
                self.place = Place::Declaration;
                self.declarations_in_send += 1;
                self.is_declaration_refused = false;
                self.head.declaration = Declaration::default();
                self.head.entreprise = Entreprise::default();
                self.head.etablissement = Etablissement::default();
                self.head.siret = None;
                self.digest.reset();
            }
            let set = self.head.declaration.set(rubrique.rang(), value, self.report.lines, &mut self.head.bytes);
            self.note(set, rubrique, value);
        } else {
            self.flush_individu(sink);
        }
    }

    fn bloc_21(&mut self, rubrique: Rubrique, value: &[u8], is_new: bool, sink: &mut impl Sink) {
        if self.place != Place::Declaration {
            self.remark(RemarkCode::CstOutsideSend, Some(rubrique));
            return;
        }
        let rang = rubrique.rang();
        let set = match rubrique.bloc() {
            Individu::CODE => {
                if is_new {
                    self.flush_individu(sink);
                    self.begin_declaration(sink);
                    self.has_individu = true;
                    self.arbre.line = self.report.lines;
                }
                self.arbre.individu.set(rang, value, self.report.lines, &mut self.arbre.bytes)
            }
            Entreprise::CODE => self.head.entreprise.set(rang, value, self.report.lines, &mut self.head.bytes),
            Etablissement::CODE => self.head.etablissement.set(rang, value, self.report.lines, &mut self.head.bytes),
            LieuTravail::CODE => {
                if is_new {
                    self.flush_individu(sink);
                    self.begin_declaration(sink);
                    self.flush_lieu(sink);
                    self.has_lieu = true;
                }
                self.lieu.set(rang, value, self.report.lines, &mut self.lieu_bytes)
            }
            _ => self.child(rubrique, value, is_new),
        };
        self.note(set, rubrique, value);
    }

    /// A block under an individual.
    #[inline]
    fn child(&mut self, rubrique: Rubrique, value: &[u8], is_new: bool) -> Set {
        let tree = &mut self.arbre;
        let (rang, line, bytes) = (rubrique.rang(), self.report.lines, &mut tree.bytes);
        let has_individu = self.has_individu;
        let placed = match rubrique.bloc() {
            Contrat::CODE => under(&mut tree.contrats, has_individu, is_new, (rang, value, line), bytes),
            Versement::CODE => under(&mut tree.versements, has_individu, is_new, (rang, value, line), bytes),
            Anciennete::CODE => under(&mut tree.anciennetes, has_individu, is_new, (rang, value, line), bytes),
            ChangementsIndividu::CODE => under(&mut tree.changements, has_individu, is_new, (rang, value, line), bytes),
            Remuneration::CODE => below(&mut tree.remunerations, tree.versements.len(), is_new, (rang, value, line), bytes),
            Activite::CODE => below(&mut tree.activites, tree.remunerations.len(), is_new, (rang, value, line), bytes),
            Prime::CODE => below(&mut tree.primes, tree.versements.len(), is_new, (rang, value, line), bytes),
            ElementRevenuNet::CODE => below(&mut tree.revenus_nets, tree.versements.len(), is_new, (rang, value, line), bytes),
            ChangementsContrat::CODE => below(&mut tree.changements_contrat, tree.contrats.len(), is_new, (rang, value, line), bytes),
            DonneesPrecedemmentDeclarees::CODE => below(&mut tree.precedents, tree.contrats.len(), is_new, (rang, value, line), bytes),
            ArretTravail::CODE => below(&mut tree.arrets, tree.contrats.len(), is_new, (rang, value, line), bytes),
            TempsPartielTherapeutique::CODE => below(&mut tree.temps_partiels, tree.arrets.len(), is_new, (rang, value, line), bytes),
            FinContrat::CODE => below(&mut tree.fins, tree.contrats.len(), is_new, (rang, value, line), bytes),
            Preavis::CODE => below(&mut tree.preavis, tree.fins.len(), is_new, (rang, value, line), bytes),
            AutreSuspension::CODE => below(&mut tree.suspensions, tree.contrats.len(), is_new, (rang, value, line), bytes),
            _ => return Set::Skipped,
        };
        placed.unwrap_or_else(|| {
            self.remark(RemarkCode::CstOrphanBloc, Some(rubrique));
            Set::Skipped
        })
    }

    #[inline]
    fn note(&mut self, set: Set, rubrique: Rubrique, value: &[u8]) {
        if set == Set::Invalid {
            let code = if value.iter().all(|c| *c == b' ') { RemarkCode::CstEmptyValue } else { RemarkCode::CslSyntax };
            self.remark(code, Some(rubrique));
        }
    }

    fn bloc_90(&mut self, rubrique: Rubrique, value: &[u8], sink: &mut impl Sink) {
        if self.place == Place::Outside {
            self.remark(RemarkCode::CstOutsideSend, Some(rubrique));
            return;
        }
        self.end_declaration(sink);
        self.rubriques_in_send += 1;
        let set = self.total.set(rubrique.rang(), value, self.report.lines, &mut self.head.bytes);
        self.note(set, rubrique, value);
        if rubrique.rang() == 2 {
            self.check_totals();
            self.end_send(sink);
        }
    }

    fn check_totals(&mut self) {
        if self.total.nombre_rubriques != Some(self.rubriques_in_send) {
            self.remark(RemarkCode::CstTotalRubriques, Some(Rubrique(TotalEnvoi::CODE * 1000 + 1)));
            self.is_send_refused = true;
        }
        if self.total.nombre_declarations != Some(self.declarations_in_send) {
            self.remark(RemarkCode::CstTotalDeclarations, Some(Rubrique(TotalEnvoi::CODE * 1000 + 2)));
            self.is_send_refused = true;
        }
    }

    /// The first individual or place of work, or the end of a declaration without any: the head is complete.
    fn begin_declaration(&mut self, sink: &mut impl Sink) {
        if self.is_declaration_begun {
            return;
        }
        self.is_declaration_begun = true;
        self.check_head();
        sink.declaration_begin(&self.head);
    }

    fn check_head(&mut self) {
        let head = &self.head;
        let bytes = &head.bytes;
        let siren = head.entreprise.siren.and_then(|siren| number(siren.of(bytes), 9));
        let nic = head.etablissement.nic.and_then(|nic| number(nic.as_str().as_bytes(), 5));
        self.head.siret = siren.zip(nic).map(|(siren, nic)| siren * 100_000 + nic);
        let declaration = self.head.declaration;
        let nature = declaration.nature;
        let nature = nature.as_ref().map_or("", |code| code.as_str());
        if !matches!(nature, "01" | "04" | "05" | "07" | "08" | "09" | "10") {
            self.remark(RemarkCode::CslNature, Some(Rubrique(20_00_05_001)));
        }
        let kind = declaration.type_declaration;
        let kind = kind.as_ref().map_or("", |code| code.as_str());
        let is_monthly = nature == "01";
        if (is_monthly && !matches!(kind, "01" | "02" | "03" | "05")) || kind.is_empty() {
            self.remark(RemarkCode::CchType, Some(Rubrique(20_00_05_002)));
        }
        let required = [
            (20_00_05_003, declaration.fraction.is_some() || !is_monthly),
            (20_00_05_004, declaration.ordre.is_some()),
            (20_00_05_005, declaration.mois.is_some() || !is_monthly),
            (20_00_05_007, declaration.date_constitution.is_some()),
            (21_00_06_001, siren.is_some()),
            (21_00_11_001, nic.is_some()),
        ];
        for (rubrique, is_present) in required {
            if !is_present {
                self.remark(RemarkCode::CstMissing, Some(Rubrique(rubrique)));
            }
        }
    }

    fn flush_individu(&mut self, sink: &mut impl Sink) {
        if !std::mem::take(&mut self.has_individu) {
            return;
        }
        self.check_individu();
        self.open_individus += 1;
        self.open_contrats += self.arbre.contrats.len() as u64;
        sink.individu(&self.head, &self.arbre);
        self.arbre.clear();
    }

    fn check_individu(&mut self) {
        let individu = self.arbre.individu;
        let bytes = &self.arbre.bytes;
        let is_nir_odd = individu.identifiant.is_some_and(|nir| Nir::parse_dsn(nir.of(bytes)).is_err());
        if is_nir_odd {
            self.remark(RemarkCode::CslNir, Some(Rubrique(21_00_30_001)));
        }
        if individu.identifiant.is_none() && individu.ntt.is_none() {
            self.remark(RemarkCode::CchNoIdentity, Some(Rubrique(21_00_30_001)));
        }
        let is_monthly = self.head.is_monthly();
        let mut required = vec![
            (21_00_30_002, individu.nom_famille.is_some()),
            (21_00_30_004, individu.prenoms.is_some()),
            (21_00_30_006, individu.date_naissance.is_some()),
            (21_00_40_001, !self.arbre.contrats.is_empty() || !is_monthly),
        ];
        for contrat in &self.arbre.contrats {
            required.push((21_00_40_001, contrat.date_debut.is_some()));
            required.push((21_00_40_007, contrat.nature.is_some()));
            required.push((21_00_40_009, contrat.numero.is_some()));
        }
        for (rubrique, is_present) in required {
            if !is_present {
                self.remark(RemarkCode::CstMissing, Some(Rubrique(rubrique)));
            }
        }
    }

    fn flush_lieu(&mut self, sink: &mut impl Sink) {
        if std::mem::take(&mut self.has_lieu) {
            sink.lieu(&self.head, &self.lieu, &self.lieu_bytes);
        }
        self.lieu = LieuTravail::default();
        self.lieu_bytes.clear();
    }

    fn end_declaration(&mut self, sink: &mut impl Sink) {
        if self.place != Place::Declaration {
            return;
        }
        self.flush_individu(sink);
        self.begin_declaration(sink);
        self.flush_lieu(sink);
        let verdict = if self.is_declaration_refused { Verdict::Refused } else { Verdict::Accepted };
        sink.declaration_end(&self.head, verdict, self.digest.digest());
        self.tally(verdict);
        self.place = Place::Send;
        self.is_declaration_begun = false;
        self.is_declaration_refused = false;
    }

    fn tally(&mut self, verdict: Verdict) {
        let declaration = self.head.declaration;
        let nature = declaration.nature.unwrap_or_default();
        let kind = declaration.type_declaration.unwrap_or_default();
        if self.head.is_monthly() {
            let month = declaration.mois.map_or(0, |day| day.mois());
            let tally = self.pending.monthly.entry((month, kind.as_str().to_owned())).or_default();
            *if verdict == Verdict::Refused { &mut tally.refused } else { &mut tally.accepted } += 1;
        }
        let tally = self.pending.declarations.entry(nature.as_str().to_owned()).or_default();
        let individus = std::mem::take(&mut self.open_individus);
        let contrats = std::mem::take(&mut self.open_contrats);
        if verdict == Verdict::Refused {
            tally.refused += 1;
            return;
        }
        tally.accepted += 1;
        self.pending.individus += individus;
        self.pending.contrats += contrats;
        self.pending.neant += u64::from(self.head.is_monthly() && matches!(kind.as_str(), "02" | "05"));
    }

    fn end_send(&mut self, sink: &mut impl Sink) {
        self.end_declaration(sink);
        let is_test = self.head.envoi.essai_reel.is_some_and(|code| code.as_str() == "01");
        let verdict = match (is_test, self.is_send_refused) {
            (true, _) => Verdict::Ignored,
            (false, true) => Verdict::Refused,
            (false, false) => Verdict::Accepted,
        };
        sink.send_end(verdict);
        let mut pending = std::mem::take(&mut self.pending);
        match verdict {
            Verdict::Accepted => {
                pending.sends = 1;
                self.report.absorb(&pending);
            }
            Verdict::Refused => {
                self.report.sends_refused += 1;
                for (nature, tally) in pending.declarations {
                    self.report.declarations.entry(nature).or_default().refused += tally.accepted + tally.refused;
                }
                for (key, tally) in pending.monthly {
                    self.report.monthly.entry(key).or_default().refused += tally.accepted + tally.refused;
                }
            }
            Verdict::Ignored => self.report.sends_test += 1,
        }
        self.lot_sends += 1;
        self.group_sends += 1;
        self.place = Place::Outside;
    }

    /// S05, S06, S95, S96: the wrapping of a lot.
    fn bloc_lot(&mut self, rubrique: Rubrique, value: &[u8], sink: &mut impl Sink) {
        if self.place != Place::Outside {
            self.remark(RemarkCode::CstNoTotal, None);
            self.is_send_refused = true;
            self.end_send(sink);
        }
        let count = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
        match rubrique.0 {
            05_51_00_001 => {
                self.report.lots += 1;
                self.lot_sends = 0;
                self.lot_objects = None;
            }
            05_51_00_006 => self.lot_objects = count,
            06_51_00_001 => self.group_sends = 0,
            96_51_00_002 if count != Some(self.group_sends) => self.remark(RemarkCode::LotTotal, Some(rubrique)),
            95_51_00_002 if count != Some(self.lot_sends) || self.lot_objects.is_some_and(|n| Some(n) != count) => {
                self.remark(RemarkCode::LotTotal, Some(rubrique));
            }
            _ => {}
        }
    }
}

/// A rubrique found: its rank in the block, its value, its line.
type Found<'a> = (u32, &'a [u8], u64);

/// Sets a rubrique of a block that hangs on the individual; `None` when there is no individual.
#[inline]
fn under<B: Bloc>(blocs: &mut Vec<B>, has_parent: bool, is_new: bool, (rang, value, line): Found<'_>, bytes: &mut Vec<u8>) -> Option<Set> {
    if is_new {
        if !has_parent {
            return None;
        }
        blocs.push(B::default());
    }
    Some(blocs.last_mut()?.set(rang, value, line, bytes))
}

/// Sets a rubrique of a block that hangs on the last of its parents; `None` when there is none.
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

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether the line may begin another declaration or leave the declarations: the fingerprint is brought up to date before it.
fn ends_declaration(line: &[u8]) -> bool {
    match line {
        [b'S', b'2', b'1', ..] | [b'S', b'8', b'9', ..] => false,
        [b'S', b'2', b'0', ..] => line.starts_with(b"S20.G00.05."),
        [b'S', ..] => true,
        _ => false,
    }
}

fn number(digits: &[u8], len: usize) -> Option<u64> {
    let is_number = digits.len() == len && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
}
