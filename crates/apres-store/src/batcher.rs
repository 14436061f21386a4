//! The sink of the DSN reader: individuals into rows, pseudonymised on the way.
//!
//! Rows of a declaration or of a send that is refused, ignored or already known are taken back whole. A batch is handed over between two sends, or within a
//! send when it grows too large: what it holds is invisible in the lake until its declarations are written, so a later refusal needs no undoing.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use apres_ingest::Nir;
use apres_ingest::dsn::{Arbre, Code, Contrat, DateNaissance, EnTete, LieuTravail, Sink, Texte, Verdict};

use crate::contrat;
use crate::pseudonym::{Pseudonymiser, whole_identity};
use crate::rows::{AbsenceRow, AliasRow, ChangeRow, DeclarationRow, IdentityRow, Mark, ObservationRow, PersonRow, Rows, Span, decoded};

/// Observations held before they are handed over, within a send.
const OBSERVATIONS_MAX: usize = 50_000;
/// Fingerprints of identities remembered by one worker.
const SEEN_MAX: usize = 2_000_000;

/// What the lake holds already.
#[derive(Debug, Default)]
pub struct Known {
    declarations: Mutex<HashSet<u64>>,
    identities: HashSet<u64>,
}

impl Known {
    /// From the fingerprints read in the lake.
    #[must_use]
    pub fn new(declarations: HashSet<u64>, identities: HashSet<u64>) -> Self {
        Self { declarations: Mutex::new(declarations), identities }
    }

    fn has_declaration(&self, declaration: u64) -> bool {
        self.declarations.lock().unwrap_or_else(PoisonError::into_inner).contains(&declaration)
    }

    /// Adds a declaration; `false` when another worker had it first.
    fn add_declaration(&self, declaration: u64) -> bool {
        self.declarations.lock().unwrap_or_else(PoisonError::into_inner).insert(declaration)
    }
}

/// Turns what the reader reads into rows, for one file.
pub struct Batcher<F: FnMut(Rows)> {
    known: Arc<Known>,
    pseudonymiser: Pseudonymiser,
    part: u64,
    hand_over: F,
    rows: Rows,
    seen: HashSet<u64>,
    seen_since_send: Vec<u64>,
    seen_before_declaration: usize,
    send_mark: Mark,
    declaration_mark: Mark,
    lieux: Vec<(Code, Vec<u8>)>,
    pending: Vec<DeclarationRow>,
    /// Declarations met that the lake held already.
    pub known_declarations: u64,
}

impl<F: FnMut(Rows)> Batcher<F> {
    /// A batcher for one file; `part` must be different for each file of each ingest.
    pub fn new(known: Arc<Known>, pseudonymiser: Pseudonymiser, part: u64, hand_over: F) -> Self {
        Self {
            known,
            pseudonymiser,
            part,
            hand_over,
            rows: Rows::default(),
            seen: HashSet::new(),
            seen_since_send: Vec::new(),
            seen_before_declaration: 0,
            send_mark: Mark::default(),
            declaration_mark: Mark::default(),
            lieux: Vec::new(),
            pending: Vec::new(),
            known_declarations: 0,
        }
    }

    /// Hands over what is left, at the end of the file.
    pub fn finish(mut self) -> u64 {
        self.give();
        self.known_declarations
    }

    fn give(&mut self) {
        if !self.rows.is_empty() {
            (self.hand_over)(std::mem::take(&mut self.rows));
        }
        self.send_mark = Mark::default();
        self.declaration_mark = Mark::default();
    }

    fn person(&mut self, arbre: &Arbre) -> Option<u64> {
        let bytes = &arbre.bytes;
        let nir = arbre.individu.identifiant.map(|nir| nir.of(bytes)).filter(|nir| !is_filler(nir));
        let ntt = arbre.individu.ntt.map(|ntt| ntt.of(bytes));
        // Who objected under an earlier NIR objects.
        let mut former = arbre.changements.iter().filter_map(|changement| changement.identifiant);
        if former.any(|nir| self.pseudonymiser.of_nir(nir.of(bytes)).is_none()) {
            return None;
        }
        match (nir, ntt) {
            (Some(nir), ntt) => {
                let person = self.pseudonymiser.of_nir(nir)?;
                if let Some(temporary) = ntt.and_then(|ntt| self.pseudonymiser.of_ntt(ntt)) {
                    self.rows.aliases.push(AliasRow { declaration: 0, part: self.part, person: temporary, becomes: person });
                }
                Some(person)
            }
            (None, Some(ntt)) => self.pseudonymiser.of_ntt(ntt),
            (None, None) => None,
        }
    }

    /// What a declaration says of who a person is. The identity is kept once per version, with those that blocks 31 say were declared before.
    fn told(&mut self, head: &EnTete, person: u64, arbre: &Arbre) -> Told {
        let now = Written::of(arbre);
        let identite = self.keep_identity(person, &now, true);
        for former in former_identities(&now, arbre) {
            let ancienne_identite = self.keep_identity(person, &former, false);
            let (Some(siret), Some(mois), Some(_)) = (head.siret, head.declaration.mois, ancienne_identite) else { continue };
            let dates = arbre.changements.iter().filter_map(|changement| changement.date_modification);
            self.rows.changes.push(ChangeRow {
                part: self.part,
                person,
                siret,
                month: mois.mois(),
                date_modification: dates.map(|date| date.0).max().unwrap_or_default(),
                ancienne_identite,
                ..ChangeRow::default()
            });
        }
        Told { person, sex: sex(arbre), birth_year: now.birth.map(|birth| i32::from(birth.annee)), identite }
    }

    /// Keeps an identity that is not there yet; gives the whole of it as one number.
    fn keep_identity(&mut self, person: u64, written: &Written<'_>, is_current: bool) -> Option<u64> {
        let identite = written.whole().map(|whole| self.pseudonymiser.of_identity(whole.as_bytes()));
        let version = written.version(is_current);
        if self.known.identities.contains(&version) || !self.seen.insert(version) {
            return identite;
        }
        self.seen_since_send.push(version);
        let rows = &mut self.rows;
        let row = IdentityRow {
            version,
            person,
            nir: rows.secret(written.nir),
            ntt: rows.secret(written.ntt),
            nom_famille: rows.secret(written.nom_famille),
            nom_usage: rows.secret(written.nom_usage),
            prenoms: rows.secret(written.prenoms),
            date_naissance: rows.secret(written.birth_text().as_bytes()),
            sexe: written.sexe,
        };
        rows.identities.push(row);
        rows.persons.push(PersonRow { person, has_nir: !written.nir.is_empty(), identite });
        identite
    }

    /// Old NIRs of blocks 31: their pseudonyms, and their numbers in the identifying zone, where a list may still name them.
    fn former_nirs(&mut self, head: &EnTete, arbre: &Arbre, person: u64) {
        let (Some(siret), Some(mois)) = (head.siret, head.declaration.mois) else { return };
        for changement in &arbre.changements {
            let (Some(date), Some(nir)) = (changement.date_modification, changement.identifiant) else { continue };
            let nir = nir.of(&arbre.bytes);
            let former = self.pseudonymiser.of_nir(nir).filter(|former| *former != person && !is_filler(nir));
            let Some(former) = former else { continue };
            self.keep_identity(former, &Written { nir, ..Written::default() }, false);
            self.rows.changes.push(ChangeRow {
                part: self.part,
                person,
                siret,
                month: mois.mois(),
                date_modification: date.0,
                ancienne_person: Some(former),
                ..ChangeRow::default()
            });
        }
    }

    fn observation(&mut self, head: &EnTete, arbre: &Arbre, told: Told, place: usize, bloc: &Contrat) {
        let bytes = &arbre.bytes;
        let (Some(siret), Some(date_debut), Some(numero), Some(mois)) = (head.siret, bloc.date_debut, bloc.numero, head.declaration.mois)
        else {
            return;
        };
        let fin = arbre.fins.iter().rev().find(|(parent, _)| *parent == place).map(|(_, fin)| *fin).unwrap_or_default();
        let pay = contrat::pay(arbre, bloc);
        let numero = self.rows.text(numero.of(bytes));
        let row = ObservationRow {
            declaration: 0,
            part: self.part,
            person: told.person,
            siret,
            numero,
            date_debut: date_debut.0,
            month: mois.mois(),
            nature: bloc.nature.unwrap_or_default(),
            dispositif: bloc.dispositif_politique.unwrap_or_default(),
            complement: bloc.complement_dispositif_public.unwrap_or_default(),
            motif_recours: bloc.motif_recours.unwrap_or_default(),
            modalite_temps: bloc.modalite_temps.unwrap_or_default(),
            date_fin_previsionnelle: bloc.date_fin_previsionnelle.map(|day| day.0),
            date_fin: fin.date_fin.map(|day| day.0),
            motif_fin: fin.motif.unwrap_or_default(),
            quotite_permille: contrat::quotite_permille(bloc.quotite, bloc.quotite_categorie),
            ape: head.etablissement.apet.unwrap_or_default(),
            departement: head.etablissement.code_postal.map(departement).unwrap_or_default(),
            commune: Code::default(),
            pcs: bloc.pcs_ese.unwrap_or_default(),
            hours_centi: pay.hours_centi,
            gross_centimes: pay.gross_centimes,
            utilisateur: bloc.etablissement_utilisateur.map_or(Span::default(), |text| self.rows.text(text.of(bytes))),
            dernier_jour_travaille: fin.dernier_jour_travaille_paye.map(|day| day.0),
            hours_unpaid_centi: pay.hours_unpaid_centi,
            hours_extra_centi: pay.hours_extra_centi,
            sex: told.sex,
            birth_year: told.birth_year,
            identite: told.identite,
            lieu: bloc.lieu_travail.map_or(Span::default(), |text| self.rows.text(text.of(bytes))),
        };
        self.rows.observations.push(row);
        self.changes(arbre, place, &row);
        self.absences(arbre, place, &row);
    }

    /// What the blocks 41 of this contract say was otherwise.
    fn changes(&mut self, arbre: &Arbre, place: usize, own: &ObservationRow) {
        for (_, changement) in arbre.changements_contrat.iter().filter(|(parent, _)| *parent == place) {
            let Some(change) = contrat::change(arbre, place, changement) else { continue };
            let ancien_numero = changement.numero.map_or(Span::default(), |text| self.rows.text(text.of(&arbre.bytes)));
            self.rows.changes.push(ChangeRow {
                part: own.part,
                person: own.person,
                siret: own.siret,
                numero: own.numero,
                date_debut: Some(own.date_debut),
                month: own.month,
                ancien_numero,
                ..change
            });
        }
    }

    /// The blocks 60 and 65 of this contract.
    fn absences(&mut self, arbre: &Arbre, place: usize, own: &ObservationRow) {
        let arrets = arbre.arrets.iter().filter(|(parent, _)| *parent == place).filter_map(|(_, arret)| contrat::arret(arret));
        let suspensions =
            arbre.suspensions.iter().filter(|(parent, _)| *parent == place).filter_map(|(_, other)| contrat::suspension(other));
        self.rows.absences.extend(arrets.chain(suspensions).map(|absence| AbsenceRow {
            part: own.part,
            person: own.person,
            siret: own.siret,
            numero: own.numero,
            date_debut: own.date_debut,
            month: own.month,
            ..absence
        }));
    }

    /// Forgets the identities seen from this place on: their rows are taken back.
    fn forget(&mut self, from: usize) {
        for version in self.seen_since_send.drain(from..) {
            self.seen.remove(&version);
        }
    }

    /// Hands over the observations of complete declarations within a send; what is told of people waits for the send's verdict.
    fn give_observations(&mut self) {
        let rows = &mut self.rows;
        let (texts, observations) = (std::mem::take(&mut rows.texts), std::mem::take(&mut rows.observations));
        let (changes, absences) = (std::mem::take(&mut rows.changes), std::mem::take(&mut rows.absences));
        (self.hand_over)(Rows { texts, observations, changes, absences, ..Rows::default() });
        self.send_mark.forget_observations();
    }
}

impl<F: FnMut(Rows)> Sink for Batcher<F> {
    fn declaration_begin(&mut self, _: &EnTete) {
        self.declaration_mark = self.rows.mark();
        self.lieux.clear();
        self.seen_before_declaration = self.seen_since_send.len();
    }

    fn individu(&mut self, head: &EnTete, arbre: &Arbre) {
        if !head.is_monthly() {
            return;
        }
        let Some(person) = self.person(arbre) else { return };
        let told = self.told(head, person, arbre);
        self.former_nirs(head, arbre, person);
        for (place, bloc) in arbre.contrats.iter().enumerate() {
            self.observation(head, arbre, told, place, bloc);
        }
    }

    fn lieu(&mut self, _: &EnTete, lieu: &LieuTravail, bytes: &[u8]) {
        if let (Some(id), Some(commune)) = (lieu.identifiant, lieu.commune_insee) {
            self.lieux.push((commune, id.of(bytes).to_vec()));
        }
    }

    fn declaration_end(&mut self, head: &EnTete, verdict: Verdict, digest: u64) {
        let is_known = self.known.has_declaration(digest >> 1) || self.pending.iter().any(|row| row.declaration == digest >> 1);
        let (Verdict::Accepted, false, Some(siret)) = (verdict, is_known, head.siret) else {
            self.known_declarations += u64::from(is_known && verdict == Verdict::Accepted);
            self.rows.truncate(self.declaration_mark);
            self.forget(self.seen_before_declaration);
            return;
        };
        let from = self.declaration_mark.observations;
        let texts = &self.rows.texts;
        for row in &mut self.rows.observations[from..] {
            row.declaration = digest >> 1;
            let lieu = row.lieu.of(texts).as_bytes();
            row.commune = self.lieux.iter().find(|(_, id)| id == lieu).map(|(commune, _)| *commune).unwrap_or_default();
        }
        self.rows.changes[self.declaration_mark.changes..].iter_mut().for_each(|row| row.declaration = digest >> 1);
        self.rows.absences[self.declaration_mark.absences..].iter_mut().for_each(|row| row.declaration = digest >> 1);
        self.rows.aliases[self.declaration_mark.aliases..].iter_mut().for_each(|row| row.declaration = digest >> 1);
        let observed = &self.rows.observations[from..];
        let row = declaration_row(head, siret, digest >> 1, self.part, observed);
        self.pending.push(row);
        if self.rows.observations.len() >= OBSERVATIONS_MAX {
            self.give_observations();
        }
    }

    fn send_end(&mut self, verdict: Verdict) {
        if verdict != Verdict::Accepted {
            self.pending.clear();
            self.rows.truncate(self.send_mark);
            self.forget(0);
            return;
        }
        for row in self.pending.drain(..) {
            // Another worker may have written the same declaration meanwhile: then the rows of this part stay invisible.
            if self.known.add_declaration(row.declaration) {
                self.rows.declarations.push(row);
            } else {
                self.known_declarations += 1;
            }
        }
        self.seen_since_send.clear();
        if self.seen.len() > SEEN_MAX {
            self.seen.clear();
        }
        self.send_mark = self.rows.mark();
        if self.rows.observations.len() >= OBSERVATIONS_MAX {
            self.give();
        }
    }
}

fn declaration_row(head: &EnTete, siret: u64, declaration: u64, part: u64, observed: &[ObservationRow]) -> DeclarationRow {
    let mut people: Vec<u64> = observed.iter().map(|row| row.person).collect();
    people.sort_unstable();
    people.dedup();
    let as_count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let declared = &head.declaration;
    DeclarationRow {
        declaration,
        part,
        siret,
        month: declared.mois.map_or(0, |day| day.mois()),
        fraction: declared.fraction.unwrap_or(11),
        champ: declared.champ.unwrap_or_default(),
        nature: declared.nature.unwrap_or_default(),
        kind: declared.type_declaration.unwrap_or_default(),
        ordre: declared.ordre.unwrap_or_default(),
        constituted: declared.date_constitution.map_or(0, |day| day.0),
        norme: head.envoi.version_norme.unwrap_or_default(),
        individus: as_count(people.len()),
        contrats: as_count(observed.len()),
    }
}

/// The département of a French postal code; empty when it is not one.
fn departement(code_postal: Code) -> Code {
    let text = code_postal.as_str();
    if text.len() != 5 || !text.bytes().all(|c| c.is_ascii_digit()) {
        return Code::default();
    }
    match &text[..2] {
        "20" if text < "20200" => Code::new("2A"),
        "20" => Code::new("2B"),
        "97" | "98" => Code::new(&text[..3]),
        _ => Code::new(&text[..2]),
    }
}

fn sex(arbre: &Arbre) -> Code {
    match arbre.individu.sexe.as_ref().map(|code| code.as_str()) {
        Some("01") => return MALE,
        Some("02") => return FEMALE,
        _ => {}
    }
    let nir = arbre.individu.identifiant.and_then(|nir| Nir::parse_dsn(nir.of(&arbre.bytes)).ok());
    nir.map(|nir| if nir.is_male() { MALE } else { FEMALE }).unwrap_or_default()
}

const MALE: Code = Code::new("M");
const FEMALE: Code = Code::new("F");

/// A NIR that payroll software writes where it has none (CCH-13, CCH-16: all nines after the sex, or more than five at the end): as many people as firms
/// would be one person. Who has no other number cannot be followed.
fn is_filler(nir: &[u8]) -> bool {
    nir.ends_with(b"999999")
}

/// What a declaration says of who a person is, beside their contracts.
#[derive(Clone, Copy)]
struct Told {
    person: u64,
    sex: Code,
    birth_year: Option<i32>,
    identite: Option<u64>,
}

/// All that identifies an individual, as written; empty when absent.
#[derive(Clone, Copy, Default)]
struct Written<'a> {
    nir: &'a [u8],
    ntt: &'a [u8],
    nom_famille: &'a [u8],
    nom_usage: &'a [u8],
    prenoms: &'a [u8],
    birth: Option<DateNaissance>,
    sexe: Code,
}

impl<'a> Written<'a> {
    fn of(arbre: &'a Arbre) -> Self {
        let individu = &arbre.individu;
        let text = |text: Option<Texte>| text.map_or(&[][..], |text| text.of(&arbre.bytes));
        Self {
            nir: Some(text(individu.identifiant)).filter(|nir| !is_filler(nir)).unwrap_or_default(),
            ntt: text(individu.ntt),
            nom_famille: text(individu.nom_famille),
            nom_usage: text(individu.nom_usage),
            prenoms: text(individu.prenoms),
            birth: individu.date_naissance,
            sexe: individu.sexe.unwrap_or_default(),
        }
    }

    /// A fingerprint, to keep each version once; that of a former identity is its own.
    fn version(&self, is_current: bool) -> u64 {
        let mut hasher = blake3::Hasher::new();
        for text in [self.nir, self.ntt, self.nom_famille, self.nom_usage, self.prenoms] {
            hasher.update(text).update(&[0]);
        }
        if let Some(birth) = self.birth {
            hasher.update(&birth.annee.to_le_bytes());
            hasher.update(&[birth.mois.unwrap_or(0), birth.jour.unwrap_or(0)]);
        }
        hasher.update(self.sexe.as_str().as_bytes());
        if !is_current {
            hasher.update(b"former");
        }
        let first: [u8; 8] = hasher.finalize().as_bytes()[..8].try_into().expect("a hash has 32 bytes");
        u64::from_le_bytes(first) >> 1
    }

    /// The whole identity, when there is one.
    fn whole(&self) -> Option<String> {
        whole_identity(&decoded(self.nom_famille), &decoded(self.prenoms), &self.birth_text())
    }

    /// `AAAA-MM-JJ`, with 00 for what is not known.
    fn birth_text(&self) -> String {
        let text = |birth: DateNaissance| format!("{:04}-{:02}-{:02}", birth.annee, birth.mois.unwrap_or(0), birth.jour.unwrap_or(0));
        self.birth.map(text).unwrap_or_default()
    }
}

/// Former identities tried, at most.
const FORMER_IDENTITIES_MAX: usize = 32;

/// The identities that blocks 31 say were declared before. Several blocks may each carry a part of the change: every combination is one.
fn former_identities<'a>(now: &Written<'a>, arbre: &'a Arbre) -> Vec<Written<'a>> {
    let mut identities = vec![*now];
    for changement in &arbre.changements {
        let old = |text: Option<Texte>| text.map(|text| text.of(&arbre.bytes));
        let with: Vec<Written<'a>> = identities
            .iter()
            .flat_map(|identity| {
                let nom = old(changement.nom_famille).map(|nom_famille| Written { nom_famille, ..*identity });
                let prenoms = old(changement.prenoms).map(|prenoms| Written { prenoms, ..*identity });
                let birth = changement.date_naissance.map(|birth| Written { birth: Some(birth), ..*identity });
                let all = Written {
                    nom_famille: old(changement.nom_famille).unwrap_or(identity.nom_famille),
                    prenoms: old(changement.prenoms).unwrap_or(identity.prenoms),
                    birth: changement.date_naissance.or(identity.birth),
                    ..*identity
                };
                [nom, prenoms, birth, Some(all)].into_iter().flatten()
            })
            .collect();
        identities.extend(with);
        identities.truncate(FORMER_IDENTITIES_MAX);
    }
    let current = now.version(true);
    identities.retain(|identity| identity.version(true) != current);
    identities
}
