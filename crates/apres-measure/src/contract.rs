//! What is known of one contract: its key, its terms, its spell.
//!
//! A spell is a contract as finally known, with an end, the status of that end, and the terms of the latest month in which it was declared.
//! The tests that the figures lean on (*active*, *in the field*, *insertion*, *kind*, *durable*) are those of docs/methods/measure.md §1 and §2.
//! Nothing here looks at more than one contract: renewals and chained missions are in `chains`.

use crate::calendar::{Day, Month};

#[cfg(test)]
mod tests;

/// Length from which a contract or a sequence counts as six months or more (measure.md §2, C5).
pub(crate) const SIX_MONTHS_DAYS: i32 = 182;

/// A contract: who, where, under which number, since when.
///
/// `numero` stands for the contract number as declared. Ids are the caller's; it is only required that, for one person at one SIRET, they
/// are in the order of the numbers themselves. A running number over rows sorted by (person, siret, numero) is such an id.
/// The order of the fields is the order in which every slice of this crate is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractKey {
    /// Pseudonym of the person.
    pub person: u64,
    /// SIRET of the employer.
    pub siret: u64,
    /// Id of the contract number.
    pub numero: u32,
    /// First day of the contract (S21.G00.40.001).
    pub date_debut: Day,
}

impl ContractKey {
    /// SIREN of the employer: its SIRET without the five digits of the establishment.
    #[must_use]
    pub const fn siren(&self) -> u64 {
        siren_of(self.siret)
    }
}

/// The SIREN of a SIRET.
#[must_use]
pub(crate) const fn siren_of(siret: u64) -> u64 {
    siret / 100_000
}

/// What a declaration says of a contract, as far as the figures need it.
///
/// Codes of the norm are written as numbers (`"02"` → 2); `None` is *absent*. Their order has no meaning: it only settles, always in the same
/// way, which terms stand when one month declares a contract twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    /// Expected last day (S21.G00.40.010).
    pub date_fin_previsionnelle: Option<Day>,
    /// Nature of the contract (40.007).
    pub nature: Option<u8>,
    /// Public scheme (40.008).
    pub dispositif: Option<u8>,
    /// Complement of the public scheme (40.073).
    pub complement_dispositif: Option<u8>,
    /// Why the contract is of fixed term (40.021).
    pub motif_recours: Option<u8>,
    /// Full time or part time (40.014).
    pub modalite_temps: Option<u8>,
    /// Working time of the contract over that of the employer (40.013 / 40.012), in thousandths.
    pub quotite_permille: Option<u16>,
    /// Activity of the employer, such as `7820Z`.
    pub ape: Option<Ascii<5>>,
    /// INSEE code of the employer's commune.
    pub commune: Option<Ascii<5>>,
    /// Département of the employer, from its postal code.
    pub departement: Option<Ascii<3>>,
    /// User establishment of a mission (40.046): its SIRET, or an id of the caller's for a free code.
    pub etablissement_utilisateur: Option<u64>,
}

/// How the end of a spell is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndStatus {
    /// A block 62 gives it.
    Declared,
    /// The contract has not been declared for three months.
    Inferred,
    /// There is none.
    Open,
}

impl EndStatus {
    /// The word written in the table `spells`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Inferred => "inferred",
            Self::Open => "open",
        }
    }
}

/// A contract as finally known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// Which contract.
    pub contract: ContractKey,
    /// Last day, included; none when open.
    pub date_fin: Option<Day>,
    /// How the end is known.
    pub end_status: EndStatus,
    /// Reason of a declared end (62.002).
    pub motif_fin: Option<u16>,
    /// The terms of the last month.
    pub terms: Terms,
    /// First month in which the contract is declared.
    pub first_month: Month,
    /// Last month in which the contract is declared.
    pub last_month: Month,
    /// Paid hours over all months, in hundredths.
    pub hours_centi: i64,
    /// Gross pay of the last month, in centimes.
    pub last_gross_cents: i64,
    /// Last day worked and paid as usual (62.006), of a declared end.
    pub dernier_jour_travaille: Option<Day>,
    /// SIRET where the contract goes on the day after, when its end is a transfer.
    pub transfer_siret: Option<u64>,
}

impl Spell {
    /// The last day, or [`Day::MAX`] when the spell is open.
    #[must_use]
    pub fn end_or_max(&self) -> Day {
        self.date_fin.unwrap_or(Day::MAX)
    }

    /// Whether the spell ends before it starts: such a contract was never worked, it is active on no day and part of no chain.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.end_or_max() < self.contract.date_debut
    }

    /// Whether the contract holds on this day, bounds included (C2).
    #[must_use]
    pub fn is_active_on(&self, day: Day) -> bool {
        self.contract.date_debut <= day && day <= self.end_or_max()
    }

    /// Days of this month on which the contract holds.
    #[must_use]
    pub fn days_active_in(&self, month: Month) -> u8 {
        let first = self.contract.date_debut.max(month.first_day());
        let last = self.end_or_max().min(month.last_day());
        let days = if first <= last { last.days_since(first) } else { 0 };
        u8::try_from(days).expect("a month has at most 31 days")
    }

    /// The day until which the contract was meant to last, or did: the latest of its expected end and its end, where the end of an open
    /// spell is the last day of the last month that declares it.
    #[must_use]
    pub fn reach(&self) -> Day {
        let end = self.date_fin.unwrap_or_else(|| self.last_month.last_day());
        self.terms.date_fin_previsionnelle.map_or(end, |expected| expected.max(end))
    }
}

/// Kinds of contract as they are published (D-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Apprenticeship or professionalisation.
    Alternance,
    /// Permanent contract of a temporary-work agency.
    CdiInterimaire,
    /// Mission of a temporary-work agency.
    Interim,
    /// Appointed public agent.
    PublicTitulaire,
    /// Public agent under contract.
    PublicContractuel,
    /// Permanent contract.
    Cdi,
    /// Fixed-term contract of customary use.
    CddUsage,
    /// Fixed term, in a sequence of six months or more.
    CddSixMoisOuPlus,
    /// Fixed term, shorter.
    CddMoinsSixMois,
    /// Any other nature.
    Autre,
}

impl Kind {
    /// The word written in the panel.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Alternance => "alternance",
            Self::CdiInterimaire => "cdi_interimaire",
            Self::Interim => "interim",
            Self::PublicTitulaire => "public_titulaire",
            Self::PublicContractuel => "public_contractuel",
            Self::Cdi => "cdi",
            Self::CddUsage => "cdd_usage",
            Self::CddSixMoisOuPlus => "cdd_6_mois_ou_plus",
            Self::CddMoinsSixMois => "cdd_moins_6_mois",
            Self::Autre => "autre",
        }
    }
}

impl Terms {
    /// Whether the nature is one that counts as salaried employment (C3).
    #[must_use]
    pub fn is_in_field(&self) -> bool {
        matches!(self.nature, Some(1..=3 | 7..=10 | 20 | 21 | 50..=52 | 82 | 91..=93))
    }

    /// Whether the contract is one of insertion; an *entreprise adaptée* (complement 01) is not.
    #[must_use]
    pub fn is_insertion(&self) -> bool {
        matches!(self.complement_dispositif, Some(2..=7)) || self.dispositif == Some(71)
    }

    /// Whether the contract combines work and school.
    #[must_use]
    pub fn is_alternance(&self) -> bool {
        matches!(self.dispositif, Some(61 | 64 | 65 | 81))
    }

    /// Whether the contract is subsidised (CUI, PEC): employment of transition.
    #[must_use]
    pub fn is_subsidised(&self) -> bool {
        matches!(self.dispositif, Some(21 | 41 | 42))
    }

    /// Whether the nature has no term, which makes a job the main one (C4).
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        matches!(self.nature, Some(1 | 7..=9 | 50 | 82 | 91))
    }

    /// Whether the contract is a customary-use one (motif de recours 05).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        self.motif_recours == Some(5)
    }

    /// Whether the working time is declared to be other than full.
    #[must_use]
    pub fn is_part_time(&self) -> bool {
        self.modalite_temps.is_some_and(|modalite| modalite != 10)
    }

    /// The kind of contract, given the length of the sequence that the contract belongs to.
    #[must_use]
    pub fn kind(&self, sequence_days: i32) -> Kind {
        if self.is_alternance() {
            return Kind::Alternance;
        }
        match self.nature {
            Some(8) => Kind::CdiInterimaire,
            Some(3) => Kind::Interim,
            Some(50) => Kind::PublicTitulaire,
            Some(10 | 51 | 52) => Kind::PublicContractuel,
            Some(1 | 7 | 9 | 82 | 91) => Kind::Cdi,
            Some(2 | 92) if self.is_usage() => Kind::CddUsage,
            Some(2 | 92) if sequence_days >= SIX_MONTHS_DAYS => Kind::CddSixMoisOuPlus,
            Some(2 | 92) => Kind::CddMoinsSixMois,
            _ => Kind::Autre,
        }
    }

    /// Whether the job is durable (B-04), given the length of the sequence that the contract belongs to.
    #[must_use]
    pub fn is_durable(&self, sequence_days: i32) -> bool {
        match self.kind(sequence_days) {
            Kind::Cdi => true,
            _ if self.is_subsidised() => false,
            Kind::CdiInterimaire | Kind::PublicTitulaire | Kind::CddSixMoisOuPlus => true,
            Kind::Interim | Kind::PublicContractuel => sequence_days >= SIX_MONTHS_DAYS,
            Kind::Alternance | Kind::CddUsage | Kind::CddMoinsSixMois | Kind::Autre => false,
        }
    }
}

/// A short text of printable ASCII, such as an activity, a commune or a département, held in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    /// The text, or nothing when it is empty, longer than `N`, or not printable ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_short = !text.is_empty() && text.len() <= N;
        if !is_short || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self(bytes))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|&byte| byte == 0).unwrap_or(N);
        str::from_utf8(&self.0[..length]).expect("only ASCII is stored")
    }
}
