//! What the reader hands over, and to whom.
//!
//! A sink is told of each individual as soon as it is read, before anyone knows whether the declaration or its send will stand: it must be able to take
//! back what it was given since the last declaration or send began. The reader promises the calls in this order: `declaration_begin`, then any number of
//! `individu` and `lieu`, then `declaration_end`; and `send_end` after the declarations of a send.

use super::blocs::{
    Activite, Anciennete, ArretTravail, AutreSuspension, ChangementsContrat, ChangementsIndividu, Contrat, Declaration,
    DonneesPrecedemmentDeclarees, ElementRevenuNet, Emetteur, Entreprise, Envoi, Etablissement, FinContrat, Individu, LieuTravail, Preavis,
    Prime, Remuneration, TempsPartielTherapeutique, Versement,
};

/// The head of a declaration: everything above the individuals.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnTete {
    /// S10.G00.00.
    pub envoi: Envoi,
    /// S10.G00.01.
    pub emetteur: Emetteur,
    /// S20.G00.05.
    pub declaration: Declaration,
    /// S21.G00.06.
    pub entreprise: Entreprise,
    /// S21.G00.11.
    pub etablissement: Etablissement,
    /// SIRET of the establishment (SIREN of 06, NIC of 11), as a number.
    pub siret: Option<u64>,
    /// The texts of these blocks.
    pub bytes: Vec<u8>,
}

impl EnTete {
    /// Whether the declaration counts for careers: monthly, real.
    #[must_use]
    pub fn is_monthly(&self) -> bool {
        self.declaration.nature.is_some_and(|nature| nature.as_str() == "01")
    }
}

/// One individual and all that hangs on it. Children name their parent by its place in the parent's vector.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arbre {
    /// S21.G00.30.
    pub individu: Individu,
    /// Line of the file where the individual begins.
    pub line: u64,
    /// S21.G00.31.
    pub changements: Vec<ChangementsIndividu>,
    /// S21.G00.40.
    pub contrats: Vec<Contrat>,
    /// S21.G00.41, with the contract's place.
    pub changements_contrat: Vec<(usize, ChangementsContrat)>,
    /// S21.G00.45, with the contract's place.
    pub precedents: Vec<(usize, DonneesPrecedemmentDeclarees)>,
    /// S21.G00.60, with the contract's place.
    pub arrets: Vec<(usize, ArretTravail)>,
    /// S21.G00.66, with the place of the `arret`.
    pub temps_partiels: Vec<(usize, TempsPartielTherapeutique)>,
    /// S21.G00.62, with the contract's place.
    pub fins: Vec<(usize, FinContrat)>,
    /// S21.G00.63, with the place of the end.
    pub preavis: Vec<(usize, Preavis)>,
    /// S21.G00.65, with the contract's place.
    pub suspensions: Vec<(usize, AutreSuspension)>,
    /// S21.G00.50.
    pub versements: Vec<Versement>,
    /// S21.G00.51, with the place of the `versement`.
    pub remunerations: Vec<(usize, Remuneration)>,
    /// S21.G00.53, with the place of the `remuneration`.
    pub activites: Vec<(usize, Activite)>,
    /// S21.G00.52, with the place of the `versement`.
    pub primes: Vec<(usize, Prime)>,
    /// S21.G00.58, with the place of the `versement`.
    pub revenus_nets: Vec<(usize, ElementRevenuNet)>,
    /// S21.G00.86.
    pub anciennetes: Vec<Anciennete>,
    /// The texts of these blocks.
    pub bytes: Vec<u8>,
}

impl Arbre {
    /// Empties the tree and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.individu = Individu::default();
        self.changements.clear();
        self.contrats.clear();
        self.changements_contrat.clear();
        self.precedents.clear();
        self.arrets.clear();
        self.temps_partiels.clear();
        self.fins.clear();
        self.preavis.clear();
        self.suspensions.clear();
        self.versements.clear();
        self.remunerations.clear();
        self.activites.clear();
        self.primes.clear();
        self.revenus_nets.clear();
        self.anciennetes.clear();
        self.bytes.clear();
    }
}

/// Whether what was handed over stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It stands.
    Accepted,
    /// It is refused whole: everything since the matching `begin` must be taken back.
    Refused,
    /// A test send: ignored whole, without blame.
    Ignored,
}

/// Takes what the reader reads.
pub trait Sink {
    /// A declaration begins; its head is complete.
    fn declaration_begin(&mut self, head: &EnTete);
    /// An individual is complete.
    fn individu(&mut self, head: &EnTete, arbre: &Arbre);
    /// A place of work of the declaration (after the individuals), with the bytes that its texts point into.
    fn lieu(&mut self, head: &EnTete, lieu: &LieuTravail, bytes: &[u8]);
    /// The declaration is complete. `digest` is a fingerprint of its bytes. A later refusal of its send takes it back too.
    fn declaration_end(&mut self, head: &EnTete, verdict: Verdict, digest: u64);
    /// The send is complete.
    fn send_end(&mut self, verdict: Verdict);
}
