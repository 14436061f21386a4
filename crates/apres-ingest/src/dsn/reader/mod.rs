//! The streaming reader: lines into blocks, blocks into individuals and declarations.
//!
//! [`structure`] follows the norm's tree and its rules, [`tree`] types what hangs on an individual, [`encoding`] turns texts into UTF-8; here are the lines,
//! the sends, the declarations and what becomes of them. Structure anomalies refuse the declaration; anomalies of the send's head or of its totals refuse
//! the send. It never fails on content, gives the same result however the file is cut in chunks, and keeps one individual in memory, of bounded length.

mod encoding;
mod structure;
mod tree;

#[cfg(test)]
mod tests;

use xxhash_rust::xxh3::Xxh3;

use self::encoding::{Bytes, Decoded, Encoding, bytes_of};
use self::structure::{Step, Structure};
use super::blocs::{Bloc, Declaration, Emetteur, Entreprise, Envoi, Etablissement, Individu, LieuTravail, Set, TotalEnvoi};
use super::controls::{Controls, FormsOfBloc};
use super::line::Prefix;
use super::norme::{self, Nature, OfBloc};
use super::{Arbre, EnTete, Line, Remark, RemarkCode, Report, Rubrique, Shown, Sink, Verdict};

/// The norm's limit for a record.
const LINE_CHARS_MAX: usize = 256;
/// A line longer than this is dropped unread: no file can make the reader hold more.
const LINE_BYTES_HELD_MAX: usize = 4 * 1024;
/// An individual's lines: some hundred times those of a real one. What comes beyond is dropped, and the declaration refused.
const INDIVIDU_LINES_MAX: u64 = 200_000;
/// S89.G00.91, an individual who is no employee.
const NON_SALARIE: u32 = 89_00_91;
/// Stands for a value with control characters.
const NOT_A_VALUE: &[u8] = b"\0";
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where the reader stands in a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Send,
    Declaration,
}

/// Where the rubriques of the current block go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Envoi,
    Emetteur,
    Declaration,
    Entreprise,
    Etablissement,
    Individu,
    /// Under the individual.
    Child(tree::Kind),
    LieuTravail,
    TotalEnvoi,
    /// Nowhere.
    Untyped,
}

impl Kind {
    fn of(bloc: u32) -> Self {
        match bloc {
            Envoi::CODE => Self::Envoi,
            Emetteur::CODE => Self::Emetteur,
            Declaration::CODE => Self::Declaration,
            Entreprise::CODE => Self::Entreprise,
            Etablissement::CODE => Self::Etablissement,
            Individu::CODE => Self::Individu,
            LieuTravail::CODE => Self::LieuTravail,
            TotalEnvoi::CODE => Self::TotalEnvoi,
            _ => tree::Kind::of(bloc).map_or(Self::Untyped, Self::Child),
        }
    }
}

/// Reads a file, a lot or an archive member, chunk by chunk.
pub struct Reader {
    report: Report,
    place: Place,
    carry: Vec<u8>,
    is_carry_dropped: bool,
    structure: Structure,
    controls: Controls,
    /// What the next line begins with when it goes on with the current block.
    prefix: Prefix,
    bloc: u32,
    kind: Kind,
    lists: Option<OfBloc>,
    forms: FormsOfBloc,
    encoding: Encoding,
    head: EnTete,
    /// Bytes of the head that belong to the send.
    send_bytes: usize,
    total: TotalEnvoi,
    arbre: Arbre,
    has_individu: bool,
    is_individu_cut: bool,
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
            structure: Structure::new(),
            controls: Controls::default(),
            prefix: Prefix::NONE,
            bloc: 0,
            kind: Kind::Untyped,
            lists: None,
            forms: FormsOfBloc::NONE,
            encoding: Encoding::default(),
            head: EnTete::default(),
            send_bytes: 0,
            total: TotalEnvoi::default(),
            arbre: Arbre::default(),
            has_individu: false,
            is_individu_cut: false,
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

    /// A reader that looks at the structure of what it reads and not at its content.
    #[cfg(test)]
    pub(in crate::dsn) fn of_structure() -> Self {
        let mut reader = Self::new();
        reader.controls.is_silent = true;
        reader
    }

    /// Takes the next bytes of the file; chunks may be cut anywhere.
    pub fn push(&mut self, chunk: &[u8], sink: &mut impl Sink) {
        self.report.bytes += chunk.len() as u64;
        let Some(chunk) = self.finish_carry(chunk, sink) else { return };
        let mut line_start = 0;
        // Declarations are hashed by slices of the chunk, not by line.
        let mut hashed = 0;
        loop {
            if let Some(line) = self.prefix.plain_line(&chunk[line_start..])
                && let Some(step) = self.structure.goes_on(line.rang)
            {
                line_start += line.bytes;
                self.next_rubrique(line.rang, line.value, step);
                continue;
            }
            let Some(length) = memchr::memchr(b'\n', &chunk[line_start..]) else { break };
            let line_end = line_start + length;
            let line = &chunk[line_start..line_end];
            if may_end_declaration(line) {
                self.hash(&chunk[hashed..line_start]);
                hashed = line_start;
            }
            if line.len() > LINE_BYTES_HELD_MAX {
                self.hash(&chunk[hashed..line_start]);
                hashed = line_end + 1;
                self.drop_line();
            } else {
                self.line(without_return(line), sink);
            }
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
            self.drop_line();
            return;
        }
        self.line(without_return(line), sink);
        self.hash(line);
        self.hash(b"\n");
    }

    fn carry(&mut self, part: &[u8]) {
        if self.carry.len() + part.len() > LINE_BYTES_HELD_MAX {
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
        self.report.remark(Remark { code, rubrique, line: self.report.lines, value: None });
        if code.is_blocking() {
            self.is_declaration_refused = true;
        }
    }

    /// Remarks a value.
    #[cold]
    fn remark_value(&mut self, code: RemarkCode, rubrique: Rubrique, value: &[u8]) {
        let shown = (!value.is_empty() && value != NOT_A_VALUE).then(|| Shown::of(rubrique, value));
        self.report.remark(Remark { code, rubrique: Some(rubrique), line: self.report.lines, value: shown });
        self.is_declaration_refused |= code.is_blocking();
    }

    /// Takes what the controls have found.
    #[inline]
    fn take_found(&mut self) {
        if !self.controls.is_quiet() {
            for remark in self.controls.take() {
                self.report.remark(remark);
                self.is_declaration_refused |= remark.code.is_blocking();
            }
        }
    }

    /// A line too long to be one.
    fn drop_line(&mut self) {
        self.report.lines += 1;
        self.remark(RemarkCode::LineUnreadable, None);
    }

    /// A line that does not simply go on with the block of the one before, or that is not plain.
    fn line(&mut self, line: &[u8], sink: &mut impl Sink) {
        self.report.lines += 1;
        let Some(found) = Line::parse(line) else { return self.odd_line(line, sink) };
        match found.rubrique.bloc() / 100 {
            05_51 | 06_51 | 95_51 | 96_51 => self.bloc_lot(found.rubrique, found.value, sink),
            // A group's head, as one concentrator writes it around sends.
            20_51 => {}
            _ => self.rubrique(found, line, sink),
        }
    }

    /// The next rubrique of the current instance, on a plain line.
    #[inline]
    fn next_rubrique(&mut self, rang: u32, value: &[u8], step: Step) {
        self.report.lines += 1;
        self.rubriques_in_send += 1;
        if step == Step::Same && self.kind != Kind::Untyped {
            self.set(rang, value);
        }
    }

    #[cold]
    fn odd_line(&mut self, line: &[u8], sink: &mut impl Sink) {
        if let (1, Some(marked)) = (self.report.lines, line.strip_prefix(UTF8_MARK)) {
            let code = self.encoding.begin_with_mark();
            self.remark(code, None);
            self.report.lines = 0;
            return self.line(marked, sink);
        }
        if !line.iter().all(u8::is_ascii_whitespace) {
            self.remark(RemarkCode::LineUnreadable, None);
        }
    }

    /// A rubrique of a send.
    fn rubrique(&mut self, Line { rubrique, value }: Line<'_>, line: &[u8], sink: &mut impl Sink) {
        if rubrique.bloc() == Envoi::CODE && self.structure.is_other_instance(rubrique) {
            self.begin_send(sink);
        }
        if self.place == Place::Outside {
            let named = self.structure.knows(rubrique).then_some(rubrique);
            return self.remark(RemarkCode::CstOutsideSend, named);
        }
        self.rubriques_in_send += 1;
        let step = self.structure.step(rubrique, value, self.report.lines);
        if self.structure.has_breaches() {
            self.take_breaches();
        }
        if line.len() > LINE_CHARS_MAX {
            self.long_line(line);
        }
        if step == Step::Skip {
            if self.structure.bloc() != self.bloc {
                self.prefix = Prefix::NONE;
            }
            return;
        }
        if step == Step::New {
            self.begin_bloc(rubrique, line, sink);
        }
        if self.kind != Kind::Untyped {
            self.typed(rubrique.rang(), value, line);
        }
        match rubrique.0 {
            10_00_00_006 => self.use_version(value),
            90_00_90_002 => {
                self.check_totals();
                self.end_send(sink);
            }
            _ => {}
        }
    }

    /// An instance of a block begins: what was open above it is complete.
    fn begin_bloc(&mut self, rubrique: Rubrique, line: &[u8], sink: &mut impl Sink) {
        self.kind = Kind::of(rubrique.bloc());
        self.bloc = rubrique.bloc();
        self.lists = self.structure.place().map(|place| norme::codes().of_bloc(place));
        self.forms = self.controls.forms(self.bloc);
        // The lines of S10 and S90 change the send itself: they never take the short way.
        self.prefix = if matches!(self.bloc / 10_000, 20 | 21 | 89) { Prefix::of(line) } else { Prefix::NONE };
        match self.kind {
            Kind::Declaration => self.begin_declaration_head(sink),
            Kind::Individu => {
                self.flush_individu(sink);
                self.begin_declaration(sink);
                self.has_individu = true;
                self.arbre.line = self.report.lines;
            }
            Kind::LieuTravail => {
                self.flush_individu(sink);
                self.begin_declaration(sink);
                self.flush_lieu(sink);
                self.has_lieu = true;
            }
            Kind::TotalEnvoi => self.end_declaration(sink),
            Kind::Child(_) if self.is_individu_cut => self.kind = Kind::Untyped,
            Kind::Child(kind) if self.report.lines - self.arbre.line <= INDIVIDU_LINES_MAX => tree::begin(&mut self.arbre, kind),
            Kind::Child(_) => {
                self.is_individu_cut = true;
                self.kind = Kind::Untyped;
                self.remark(RemarkCode::CstTooLong, Some(rubrique));
            }
            Kind::Untyped if self.bloc / 10_000 != 21 => {
                self.flush_individu(sink);
                if self.bloc == NON_SALARIE {
                    self.controls.non_salarie();
                }
            }
            Kind::Envoi | Kind::Emetteur | Kind::Entreprise | Kind::Etablissement | Kind::Untyped => {}
        }
    }

    #[cold]
    fn long_line(&mut self, line: &[u8]) {
        let chars = std::str::from_utf8(line).map_or(line.len(), |text| text.chars().count());
        if chars > LINE_CHARS_MAX {
            let rubrique = Line::parse(line).map(|line| line.rubrique).filter(|rubrique| self.structure.knows(*rubrique));
            self.remark(RemarkCode::LineUnreadable, rubrique);
        }
    }

    #[cold]
    fn take_breaches(&mut self) {
        for breach in self.structure.take_breaches() {
            self.report.remark(Remark { code: breach.code, rubrique: breach.rubrique, line: breach.line, value: None });
            if breach.code.is_blocking() {
                *if breach.is_of_send { &mut self.is_send_refused } else { &mut self.is_declaration_refused } = true;
            }
        }
    }

    /// Types a value into the current block.
    #[inline]
    fn typed(&mut self, rang: u32, value: &[u8], line: &[u8]) {
        match bytes_of(&line[..line.len() - 1], value.len()) {
            Bytes::Plain => self.set(rang, value),
            Bytes::Accented => {
                let Decoded { text, news } = self.encoding.decode(value);
                if let Some(code) = news {
                    self.remark(code, None);
                }
                self.set(rang, text.as_bytes());
            }
            // No type takes it: the value is remarked and left out, and its instance begins all the same.
            Bytes::Control => self.set(rang, NOT_A_VALUE),
        }
    }

    #[inline]
    fn set(&mut self, rang: u32, value: &[u8]) {
        let (line, head) = (self.report.lines, &mut self.head);
        let set = match self.kind {
            Kind::Child(kind) => tree::set(&mut self.arbre, kind, rang, value, line),
            Kind::Individu => self.arbre.individu.set(rang, value, line, &mut self.arbre.bytes),
            Kind::Envoi => head.envoi.set(rang, value, line, &mut head.bytes),
            Kind::Emetteur => head.emetteur.set(rang, value, line, &mut head.bytes),
            // Nature and type are counted by their text, which must be one of few.
            Kind::Declaration if rang <= 2 && value.len() != 2 => Set::Invalid,
            Kind::Declaration => head.declaration.set(rang, value, line, &mut head.bytes),
            Kind::Entreprise => head.entreprise.set(rang, value, line, &mut head.bytes),
            Kind::Etablissement => head.etablissement.set(rang, value, line, &mut head.bytes),
            Kind::LieuTravail => self.lieu.set(rang, value, line, &mut self.lieu_bytes),
            Kind::TotalEnvoi => self.total.set(rang, value, line, &mut head.bytes),
            Kind::Untyped => Set::Skipped,
        };
        match set {
            Set::Skipped => {}
            Set::Kept => self.check_value(rang, value),
            Set::Invalid => self.invalid(Rubrique(self.bloc * 1000 + rang), value),
        }
    }

    #[inline]
    fn check_value(&mut self, rang: u32, value: &[u8]) {
        let wrong = match self.lists.and_then(|lists| lists.list(rang)) {
            Some(list) if list.holds(self.structure.annee(), value) => None,
            Some(_) => Some(RemarkCode::CslCode),
            None => self.forms.check(rang, value),
        };
        if let Some(code) = wrong {
            self.remark_value(code, Rubrique(self.bloc * 1000 + rang), value);
        }
    }

    #[cold]
    fn invalid(&mut self, rubrique: Rubrique, value: &[u8]) {
        let code = if value.iter().all(|c| *c == b' ') { RemarkCode::CstEmptyValue } else { RemarkCode::CslSyntax };
        self.remark_value(code, rubrique, value);
        self.structure.spoil(rubrique);
    }

    fn begin_send(&mut self, sink: &mut impl Sink) {
        if self.place != Place::Outside {
            self.remark(RemarkCode::CstNoTotal, None);
            self.is_send_refused = true;
            self.end_send(sink);
        }
        self.structure.begin_send();
        self.controls.begin_send();
        self.prefix = Prefix::NONE;
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

    #[cold]
    fn use_version(&mut self, value: &[u8]) {
        if !std::str::from_utf8(value).is_ok_and(|version| self.structure.use_version(version)) {
            self.remark(RemarkCode::NormeNearest, Some(Rubrique(10_00_00_006)));
        }
    }

    /// S20.G00.05: the declaration before is complete, and this one has nothing yet.
    fn begin_declaration_head(&mut self, sink: &mut impl Sink) {
        if self.place == Place::Send && self.declarations_in_send == 0 {
            self.send_bytes = self.head.bytes.len();
        }
        self.end_declaration(sink);
        self.place = Place::Declaration;
        self.declarations_in_send += 1;
        self.is_declaration_refused = false;
        self.head.declaration = Declaration::default();
        self.head.entreprise = Entreprise::default();
        self.head.etablissement = Etablissement::default();
        self.head.siret = None;
        self.head.bytes.truncate(self.send_bytes);
        self.digest.reset();
    }

    fn check_totals(&mut self) {
        self.controls.end_send(&self.head);
        self.take_found();
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
        if Nature::of(nature.as_bytes(), self.structure.annee()) == Nature::Inconnue {
            self.remark(RemarkCode::CslNature, Some(Rubrique(20_00_05_001)));
        }
        let kind = declaration.type_declaration;
        let kind = kind.as_ref().map_or("", |code| code.as_str());
        if !matches!(kind, "01" | "02" | "03" | "04" | "05") {
            self.remark(RemarkCode::CchType, Some(Rubrique(20_00_05_002)));
        }
        // Present, and not a number: the structure only sees that they are there.
        let (has_siren, has_nic) = (self.head.entreprise.siren.is_some(), self.head.etablissement.nic.is_some());
        for (rubrique, is_odd) in [(21_00_06_001, has_siren && siren.is_none()), (21_00_11_001, has_nic && nic.is_none())] {
            if is_odd {
                self.remark(RemarkCode::CstMissing, Some(Rubrique(rubrique)));
            }
        }
        self.controls.head(&self.head, self.structure.annee());
        self.take_found();
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
        self.is_individu_cut = false;
    }

    fn check_individu(&mut self) {
        let individu = self.arbre.individu;
        if individu.identifiant.is_none() && individu.ntt.is_none() {
            self.remark(RemarkCode::CchNoIdentity, Some(Rubrique(21_00_30_001)));
        }
        self.controls.individu(&self.head, &self.arbre);
        self.take_found();
    }

    fn flush_lieu(&mut self, sink: &mut impl Sink) {
        if std::mem::take(&mut self.has_lieu) {
            self.controls.lieu(&self.lieu, &self.lieu_bytes);
            self.take_found();
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
        self.controls.end_declaration(&self.head);
        self.take_found();
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
        self.prefix = Prefix::NONE;
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
                self.structure.set_in_lot(true);
                self.lot_sends = 0;
                self.lot_objects = None;
            }
            05_51_00_006 => self.lot_objects = count,
            06_51_00_001 => self.group_sends = 0,
            96_51_00_002 if count != Some(self.group_sends) => self.remark(RemarkCode::LotTotal, Some(rubrique)),
            95_51_00_001 => self.structure.set_in_lot(false),
            95_51_00_002 if count != Some(self.lot_sends) || self.lot_objects.is_some_and(|n| Some(n) != count) => {
                self.remark(RemarkCode::LotTotal, Some(rubrique));
            }
            _ => {}
        }
    }
}

#[inline]
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether the line may begin another declaration or leave the declarations: the fingerprint is brought up to date before it.
#[inline]
fn may_end_declaration(line: &[u8]) -> bool {
    match line {
        [b'S', b'2', b'1', ..] | [b'S', b'8', b'9', ..] => false,
        [b'S', b'2', b'0', ..] => line.starts_with(b"S20.G00.05"),
        [b'S', ..] => true,
        _ => false,
    }
}

fn number(digits: &[u8], len: usize) -> Option<u64> {
    let is_number = digits.len() == len && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
}
