//! Rows on their way to the lake: plain, copyable, with their texts in one buffer, so that a refused declaration is taken back by truncation.

use std::borrow::Cow;

use apres_ingest::dsn::Code;

/// A text in the buffer of its [`Rows`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// The text.
    #[must_use]
    pub fn of(self, texts: &str) -> &str {
        &texts[self.start as usize..(self.start + self.len) as usize]
    }
}

/// A declaration received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclarationRow {
    /// Fingerprint.
    pub declaration: u64,
    /// Which part of which ingest wrote its observations.
    pub part: u64,
    /// Establishment.
    pub siret: u64,
    /// Main declared month, `year * 12 + month - 1`; 0 for events.
    pub month: i32,
    /// `nd`: n-th of d fractions.
    pub fraction: u64,
    /// 01 total, 02 agricultural, 03 general.
    pub champ: Code,
    /// Nature.
    pub nature: Code,
    /// Type.
    pub kind: Code,
    /// Order.
    pub ordre: u64,
    /// Day of constitution.
    pub constituted: i32,
    /// Norm.
    pub norme: Code,
    /// Individuals.
    pub individus: u32,
    /// Contracts.
    pub contrats: u32,
}

/// A contract in a monthly declaration.
#[derive(Debug, Clone, Copy)]
pub struct ObservationRow {
    /// Fingerprint of the declaration.
    pub declaration: u64,
    /// Which part of which ingest.
    pub part: u64,
    /// Pseudonym.
    pub person: u64,
    /// Establishment.
    pub siret: u64,
    /// Contract number as declared.
    pub numero: Span,
    /// First day of the contract.
    pub date_debut: i32,
    /// Main declared month.
    pub month: i32,
    /// 40.007.
    pub nature: Code,
    /// 40.008.
    pub dispositif: Code,
    /// 40.073.
    pub complement: Code,
    /// 40.021.
    pub motif_recours: Code,
    /// 40.014.
    pub modalite_temps: Code,
    /// 40.010.
    pub date_fin_previsionnelle: Option<i32>,
    /// 62.001.
    pub date_fin: Option<i32>,
    /// 62.002.
    pub motif_fin: Code,
    /// 40.013 over 40.012, in thousandths, at most 1000.
    pub quotite_permille: Option<i32>,
    /// 11.002.
    pub ape: Code,
    /// From the establishment's postal code.
    pub departement: Code,
    /// 85.011 of the place of work.
    pub commune: Code,
    /// 40.004.
    pub pcs: Code,
    /// Paid hours, in hundredths.
    pub hours_centi: i64,
    /// Gross pay (51 type 001), in centimes.
    pub gross_centimes: i64,
    /// 40.046.
    pub utilisateur: Span,
    /// 62.006.
    pub dernier_jour_travaille: Option<i32>,
    /// Hours not paid or partly paid (53 type 02), in hundredths.
    pub hours_unpaid_centi: i64,
    /// Overtime (51 types 017 and 018), in hundredths.
    pub hours_extra_centi: i64,
    /// `F`, `M` or empty.
    pub sex: Code,
    /// Year of birth.
    pub birth_year: Option<i32>,
    /// Keyed hash of the whole identity, when there is one.
    pub identite: Option<u64>,
    /// 40.019, to find the place of work at the end of the declaration.
    pub(crate) lieu: Span,
}

/// What a block 31 or 41 says was otherwise before. A block 31 names no contract.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeRow {
    /// Fingerprint of the declaration.
    pub declaration: u64,
    /// Which part of which ingest.
    pub part: u64,
    /// Pseudonym, the new one.
    pub person: u64,
    /// Establishment that declares, the new one.
    pub siret: u64,
    /// Contract number, the new one; empty for a block 31.
    pub numero: Span,
    /// First day of the contract, the new one; none for a block 31.
    pub date_debut: Option<i32>,
    /// Main declared month.
    pub month: i32,
    /// 31.001 or 41.001.
    pub date_modification: i32,
    /// Pseudonym of the old NIR (31.008).
    pub ancienne_person: Option<u64>,
    /// 41.012.
    pub ancien_siret: Option<u64>,
    /// 41.014.
    pub ancien_numero: Span,
    /// 41.021.
    pub ancienne_date_debut: Option<i32>,
    /// 41.028.
    pub profondeur: Option<i32>,
    /// 41.004.
    pub nature: Code,
    /// 41.005.
    pub dispositif: Code,
    /// 41.049; 99 is none.
    pub complement: Code,
    /// 41.016.
    pub motif_recours: Code,
    /// 41.008.
    pub modalite_temps: Code,
    /// 41.007 over 41.022, the missing one from block 40, in thousandths.
    pub quotite_permille: Option<i32>,
    /// Keyed hash of a whole identity with old values of the block 31 (31.009 to 31.011).
    pub ancienne_identite: Option<u64>,
}

/// A temporary pseudonym and the one that a declaration puts beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliasRow {
    /// Fingerprint of the declaration.
    pub declaration: u64,
    /// Which part of which ingest.
    pub part: u64,
    /// Pseudonym of the NTT.
    pub person: u64,
    /// Pseudonym of the NIR.
    pub becomes: u64,
}

/// A sick leave (block 60) or another suspension (block 65) of a contract, as a declaration tells it.
#[derive(Debug, Clone, Copy)]
pub struct AbsenceRow {
    /// Fingerprint of the declaration.
    pub declaration: u64,
    /// Which part of which ingest.
    pub part: u64,
    /// Pseudonym.
    pub person: u64,
    /// Establishment.
    pub siret: u64,
    /// Contract number.
    pub numero: Span,
    /// First day of the contract.
    pub date_debut: i32,
    /// Main declared month.
    pub month: i32,
    /// `60` or `65`.
    pub bloc: Code,
    /// 60.001 or 65.001.
    pub motif: Code,
    /// First day not worked: the day after 60.002, or 65.002.
    pub premier_jour: i32,
    /// Last day not worked: the day before 60.010, else 60.003; 65.003.
    pub dernier_jour: Option<i32>,
}

/// An identity under which a person was declared.
#[derive(Debug, Clone, Copy)]
pub struct IdentityRow {
    /// Fingerprint of the identity.
    pub version: u64,
    /// Pseudonym.
    pub person: u64,
    /// NIR or NIA; empty when there is only an NTT.
    pub nir: Span,
    /// NTT.
    pub ntt: Span,
    /// 30.002.
    pub nom_famille: Span,
    /// 30.003.
    pub nom_usage: Span,
    /// 30.004.
    pub prenoms: Span,
    /// `AAAA-MM-JJ`, with 00 for what is not known.
    pub date_naissance: Span,
    /// 30.005.
    pub sexe: Code,
}

/// A version of the identity of a person, without the identity: where to look for an NTT-only person. Which declarations say it is told by their observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonRow {
    /// Pseudonym.
    pub person: u64,
    /// Whether the pseudonym is that of a NIR.
    pub has_nir: bool,
    /// Keyed hash of the whole identity, when there is one: to find an NTT-only person again.
    pub identite: Option<u64>,
}

/// Where to come back to when a declaration or a send is refused.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark {
    texts: usize,
    secrets: usize,
    pub(crate) observations: usize,
    declarations: usize,
    identities: usize,
    persons: usize,
    pub(crate) aliases: usize,
    pub(crate) changes: usize,
    pub(crate) absences: usize,
}

impl Mark {
    /// The observations before the mark were handed over, with what hangs on their contracts.
    pub(crate) fn forget_observations(&mut self) {
        self.texts = 0;
        self.observations = 0;
        self.changes = 0;
        self.absences = 0;
    }
}

/// Rows of all tables, ready to be written together. The statistical and the identifying texts are kept in two buffers.
#[derive(Debug, Default)]
pub struct Rows {
    /// Texts of the statistical rows.
    pub texts: String,
    /// Texts of the identifying rows.
    pub secrets: String,
    /// Contracts observed.
    pub observations: Vec<ObservationRow>,
    /// Declarations.
    pub declarations: Vec<DeclarationRow>,
    /// Identities.
    pub identities: Vec<IdentityRow>,
    /// People.
    pub persons: Vec<PersonRow>,
    /// Temporary pseudonyms and what they became.
    pub aliases: Vec<AliasRow>,
    /// Changes declared.
    pub changes: Vec<ChangeRow>,
    /// Absences declared.
    pub absences: Vec<AbsenceRow>,
}

impl Rows {
    /// Keeps a statistical text (ISO-8859-1, or UTF-8 when it is).
    pub(crate) fn text(&mut self, bytes: &[u8]) -> Span {
        push(&mut self.texts, bytes)
    }

    /// Keeps an identifying text.
    pub(crate) fn secret(&mut self, bytes: &[u8]) -> Span {
        push(&mut self.secrets, bytes)
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            texts: self.texts.len(),
            secrets: self.secrets.len(),
            observations: self.observations.len(),
            declarations: self.declarations.len(),
            identities: self.identities.len(),
            persons: self.persons.len(),
            aliases: self.aliases.len(),
            changes: self.changes.len(),
            absences: self.absences.len(),
        }
    }

    pub(crate) fn truncate(&mut self, mark: Mark) {
        self.texts.truncate(mark.texts);
        self.secrets.truncate(mark.secrets);
        self.observations.truncate(mark.observations);
        self.declarations.truncate(mark.declarations);
        self.identities.truncate(mark.identities);
        self.persons.truncate(mark.persons);
        self.aliases.truncate(mark.aliases);
        self.changes.truncate(mark.changes);
        self.absences.truncate(mark.absences);
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.observations.is_empty() && self.declarations.is_empty() && self.identities.is_empty() && self.persons.is_empty()
    }
}

/// ISO-8859-1, or UTF-8 when it is.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn push(buffer: &mut String, bytes: &[u8]) -> Span {
    let start = buffer.len();
    buffer.push_str(&decoded(bytes));
    let as_place = |place: usize| u32::try_from(place).expect("a batch of rows holds less than 4 GiB of text");
    Span { start: as_place(start), len: as_place(buffer.len() - start) }
}
