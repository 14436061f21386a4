//! The sink of the DSN reader: individuals into rows, pseudonymised on the way.
//!
//! Rows of a declaration or of a send that is refused, ignored or already known are taken back whole. A batch is handed over between two sends, or within a
//! send when it grows too large: what it holds is invisible in the lake until its declarations are written, so a later refusal needs no undoing.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use apres_ingest::Nir;
use apres_ingest::dsn::{Arbre, Code, Contrat, EnTete, LieuTravail, Sink, Texte, Verdict};

use crate::pseudonym::Pseudonymiser;
use crate::rows::{DeclarationRow, IdentityRow, Mark, ObservationRow, PersonRow, Rows, Span};

/// Observations held before they are handed over, within a send.
const OBSERVATIONS_MAX: usize = 200_000;
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
        let nir = arbre.individu.identifiant.map(|nir| nir.of(bytes));
        let ntt = arbre.individu.ntt.map(|ntt| ntt.of(bytes));
        match (nir, ntt) {
            (Some(nir), ntt) => {
                let person = self.pseudonymiser.of_nir(nir);
                if let Some(ntt) = ntt {
                    self.rows.aliases.push((self.pseudonymiser.of_ntt(ntt), person));
                }
                Some(person)
            }
            (None, Some(ntt)) => Some(self.pseudonymiser.of_ntt(ntt)),
            (None, None) => None,
        }
    }

    /// Keeps the identity once per version.
    fn identity(&mut self, person: u64, arbre: &Arbre) {
        let individu = &arbre.individu;
        let bytes = &arbre.bytes;
        let version = identity_version(arbre);
        if self.known.identities.contains(&version) || !self.seen.insert(version) {
            return;
        }
        self.seen_since_send.push(version);
        let birth = individu.date_naissance;
        let birth_text = birth.map(|b| format!("{:04}-{:02}-{:02}", b.annee, b.mois.unwrap_or(0), b.jour.unwrap_or(0))).unwrap_or_default();
        let rows = &mut self.rows;
        let mut secret = |text: Option<Texte>| text.map_or(Span::default(), |text| rows.secret(text.of(bytes)));
        let row = IdentityRow {
            version,
            person,
            nir: secret(individu.identifiant),
            ntt: secret(individu.ntt),
            nom_famille: secret(individu.nom_famille),
            nom_usage: secret(individu.nom_usage),
            prenoms: secret(individu.prenoms),
            date_naissance: rows.secret(birth_text.as_bytes()),
            sexe: individu.sexe.unwrap_or_default(),
        };
        rows.identities.push(row);
        rows.persons.push(PersonRow { person, sex: sex(arbre), birth_year: birth.map(|b| i32::from(b.annee)) });
    }

    fn observation(&mut self, head: &EnTete, arbre: &Arbre, person: u64, place: usize, contrat: &Contrat) {
        let bytes = &arbre.bytes;
        let (Some(siret), Some(date_debut), Some(numero), Some(mois)) =
            (head.siret, contrat.date_debut, contrat.numero, head.declaration.mois)
        else {
            return;
        };
        let fin = arbre.fins.iter().rev().find(|(parent, _)| *parent == place).map(|(_, fin)| *fin).unwrap_or_default();
        let (hours_centi, gross_centimes) = pay(arbre, numero.of(bytes));
        let row = ObservationRow {
            declaration: 0,
            part: self.part,
            person,
            siret,
            numero: self.rows.text(numero.of(bytes)),
            date_debut: date_debut.0,
            month: mois.mois(),
            nature: contrat.nature.unwrap_or_default(),
            dispositif: contrat.dispositif_politique.unwrap_or_default(),
            complement: contrat.complement_dispositif_public.unwrap_or_default(),
            motif_recours: contrat.motif_recours.unwrap_or_default(),
            modalite_temps: contrat.modalite_temps.unwrap_or_default(),
            date_fin_previsionnelle: contrat.date_fin_previsionnelle.map(|day| day.0),
            date_fin: fin.date_fin.map(|day| day.0),
            motif_fin: fin.motif.unwrap_or_default(),
            quotite_permille: quotite_permille(contrat),
            ape: head.etablissement.apet.unwrap_or_default(),
            departement: head.etablissement.code_postal.map(departement).unwrap_or_default(),
            commune: Code::default(),
            pcs: contrat.pcs_ese.unwrap_or_default(),
            hours_centi,
            gross_centimes,
            utilisateur: contrat.etablissement_utilisateur.map_or(Span::default(), |text| self.rows.text(text.of(bytes))),
            lieu: contrat.lieu_travail.map_or(Span::default(), |text| self.rows.text(text.of(bytes))),
        };
        self.rows.observations.push(row);
    }

    /// Forgets the identities seen from this place on: their rows are taken back.
    fn forget(&mut self, from: usize) {
        for version in self.seen_since_send.drain(from..) {
            self.seen.remove(&version);
        }
    }

    /// Hands over the observations of complete declarations within a send; what is told of people waits for the send's verdict.
    fn give_observations(&mut self) {
        let observations = std::mem::take(&mut self.rows.observations);
        let texts = std::mem::take(&mut self.rows.texts);
        (self.hand_over)(Rows { texts, observations, ..Rows::default() });
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
        self.identity(person, arbre);
        for (place, contrat) in arbre.contrats.iter().enumerate() {
            self.observation(head, arbre, person, place, contrat);
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

/// Paid hours (block 53 type 01 in hours, under a remuneration of type 002) and gross pay (type 001) of a contract in this declaration.
fn pay(arbre: &Arbre, numero: &[u8]) -> (i64, i64) {
    let is_mine = |text: Option<Texte>| text.is_some_and(|text| text.of(&arbre.bytes) == numero);
    let is = |code: Option<Code>, expected: Code| code == Some(expected);
    let gross = arbre.remunerations.iter().filter(|(_, r)| is(r.type_remuneration, GROSS) && is_mine(r.numero_contrat));
    let gross_centimes = gross.filter_map(|(_, r)| r.montant).map(|montant| montant.0).sum();
    let hours = arbre.activites.iter().filter(|(place, activite)| {
        let remuneration = &arbre.remunerations[*place].1;
        is(activite.type_activite, WORKED)
            && is(activite.unite_mesure, HOURS)
            && is(remuneration.type_remuneration, PAID_TIME)
            && is_mine(remuneration.numero_contrat)
    });
    let hours_centi = hours.filter_map(|(_, activite)| activite.mesure).map(|mesure| mesure.0).sum();
    (hours_centi, gross_centimes)
}

/// 51.011: gross pay, uncapped.
const GROSS: Code = Code::new("001");
/// 51.011: the remuneration that carries the paid time.
const PAID_TIME: Code = Code::new("002");
/// 53.001: paid work.
const WORKED: Code = Code::new("01");
/// 53.003: hours. Unit 40 (calendar days for the ceiling) stands beside it up to P25 and is never hours.
const HOURS: Code = Code::new("10");

fn quotite_permille(contrat: &Contrat) -> Option<i32> {
    let (own, reference) = (contrat.quotite?.0, contrat.quotite_categorie?.0);
    let ratio = (reference > 0 && own >= 0).then(|| own.saturating_mul(1000) / reference)?;
    i32::try_from(ratio.min(1000)).ok()
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

/// A fingerprint of all that identifies an individual, to keep each version once.
fn identity_version(arbre: &Arbre) -> u64 {
    let individu = &arbre.individu;
    let mut hasher = blake3::Hasher::new();
    let texts = [individu.identifiant, individu.ntt, individu.nom_famille, individu.nom_usage, individu.prenoms];
    for text in texts {
        hasher.update(text.map_or(&[][..], |text| text.of(&arbre.bytes)));
        hasher.update(&[0]);
    }
    if let Some(birth) = individu.date_naissance {
        hasher.update(&birth.annee.to_le_bytes());
        hasher.update(&[birth.mois.unwrap_or(0), birth.jour.unwrap_or(0)]);
    }
    hasher.update(individu.sexe.unwrap_or_default().as_str().as_bytes());
    let first: [u8; 8] = hasher.finalize().as_bytes()[..8].try_into().expect("a hash has 32 bytes");
    u64::from_le_bytes(first) >> 1
}
