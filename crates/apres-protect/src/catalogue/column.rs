//! The columns of the panel, the closed vocabulary of the catalogue's expressions.
//!
//! One row of the panel is one exit at one horizon; `docs/methods/measure.md` §5 says what each column means. A column that an
//! expression can name is one of [`Column::ALL`], and nothing else is.

use serde::{Serialize, Serializer};

use crate::request::Dimension;

/// A column of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is described by the method page, under its own name")]
pub enum Column {
    Programme,
    Type,
    Quarter,
    Departement,
    Sex,
    AgeBand,
    Siret,
    Matched,
    Usable,
    MatchStatus,
    Known,
    Observable,
    Consolidated,
    EmployedDay,
    EmployedMonth,
    InsertionDay,
    ContractKind,
    Durable,
    PartTime,
    SameEmployer,
    MonthsWorked,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// True or false.
    Fact,
    /// A text, from a closed list when there is one.
    Text(Option<&'static [&'static str]>),
    /// A whole number.
    Number,
}

const MATCH_STATUSES: &[&str] = &["nir", "identite", "ambigu", "non_trouve", "inutilisable", "dsn"];
const CONTRACT_KINDS: &[&str] = &[
    "cdi",
    "cdi_interimaire",
    "cdd_6_mois_ou_plus",
    "cdd_moins_6_mois",
    "cdd_usage",
    "interim",
    "alternance",
    "public_titulaire",
    "public_contractuel",
    "autre",
];

impl Column {
    /// Every column that an expression can name.
    pub const ALL: [Self; 20] = [
        Self::Programme,
        Self::Type,
        Self::Quarter,
        Self::Departement,
        Self::Sex,
        Self::AgeBand,
        Self::Matched,
        Self::Usable,
        Self::MatchStatus,
        Self::Known,
        Self::Observable,
        Self::Consolidated,
        Self::EmployedDay,
        Self::EmployedMonth,
        Self::InsertionDay,
        Self::ContractKind,
        Self::Durable,
        Self::PartTime,
        Self::SameEmployer,
        Self::MonthsWorked,
    ];

    /// Name in the panel and in expressions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Type => "type",
            Self::Quarter => "quarter",
            Self::Departement => "departement",
            Self::Sex => "sex",
            Self::AgeBand => "age_band",
            Self::Siret => "siret",
            Self::Matched => "matched",
            Self::Usable => "usable",
            Self::MatchStatus => "match_status",
            Self::Known => "known",
            Self::Observable => "observable",
            Self::Consolidated => "consolidated",
            Self::EmployedDay => "employed_day",
            Self::EmployedMonth => "employed_month",
            Self::InsertionDay => "insertion_day",
            Self::ContractKind => "contract_kind",
            Self::Durable => "durable",
            Self::PartTime => "part_time",
            Self::SameEmployer => "same_employer",
            Self::MonthsWorked => "months_worked",
        }
    }

    /// The column of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// What it holds.
    #[must_use]
    pub fn kind(self) -> ColumnKind {
        match self {
            Self::Programme | Self::Type | Self::Quarter | Self::Departement | Self::Siret => ColumnKind::Text(None),
            Self::Sex => ColumnKind::Text(Dimension::Sex.values()),
            Self::AgeBand => ColumnKind::Text(Dimension::AgeBand.values()),
            Self::MatchStatus => ColumnKind::Text(Some(MATCH_STATUSES)),
            Self::ContractKind => ColumnKind::Text(Some(CONTRACT_KINDS)),
            Self::MonthsWorked => ColumnKind::Number,
            Self::Matched
            | Self::Usable
            | Self::Known
            | Self::Observable
            | Self::Consolidated
            | Self::EmployedDay
            | Self::EmployedMonth
            | Self::InsertionDay
            | Self::Durable
            | Self::PartTime
            | Self::SameEmployer => ColumnKind::Fact,
        }
    }

    /// Whether it tells what became of the person after the exit: being counted out because of it tells something too.
    #[must_use]
    pub fn is_outcome(self) -> bool {
        matches!(
            self,
            Self::EmployedDay
                | Self::EmployedMonth
                | Self::InsertionDay
                | Self::ContractKind
                | Self::Durable
                | Self::PartTime
                | Self::SameEmployer
                | Self::MonthsWorked
        )
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Dimension {
    /// The panel's column that holds it.
    #[must_use]
    pub fn column(self) -> Column {
        match self {
            Self::Programme => Column::Programme,
            Self::Type => Column::Type,
            Self::Quarter => Column::Quarter,
            Self::Departement => Column::Departement,
            Self::Sex => Column::Sex,
            Self::AgeBand => Column::AgeBand,
            Self::Structure => Column::Siret,
        }
    }
}
