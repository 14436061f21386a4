//! The tables and their columns, in one place.
//!
//! `docs/guide/lake.md` explains each column; a test compares it with this table.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// A table of a zone.
pub trait Table: Copy + Eq + std::fmt::Debug + Send + Sync + 'static {
    /// Every table of the zone.
    const ALL: &'static [Self];
    /// The zone's folder.
    const ZONE: &'static str;
    /// The table's folder and name in queries.
    fn name(self) -> &'static str;
    /// Its columns.
    fn schema(self) -> SchemaRef;
    /// The column that it is partitioned by.
    fn partition(self) -> Option<&'static str>;
    /// Whether it holds what is declared of people, month after month: its files are written in runs by person.
    fn is_of_people(self) -> bool;
}

/// Tables without an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatisticalTable {
    /// Declarations received, replaced ones too.
    Declarations,
    /// A contract in a monthly declaration.
    Observations,
    /// Whole identities under which a pseudonym was ever declared.
    Persons,
    /// A temporary pseudonym and the one that a declaration puts beside it.
    Aliases,
    /// What change blocks (31, 41) say of old keys and old terms.
    Changes,
    /// Sick leaves and other suspensions (60, 65) as declared.
    Absences,
    /// A pseudonym and the one that it finally is.
    KnownAs,
    /// Fractions received of each establishment's month.
    Completeness,
    /// Contracts as finally known.
    Spells,
    /// Person × month × contract.
    Months,
    /// Exits, from the DSN and from lists.
    Exits,
    /// A row per exit and horizon.
    Panel,
}

/// Tables that hold identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifyingTable {
    /// The identities under which a person was declared.
    Identities,
    /// The rows of deposited lists.
    Participants,
    /// Who objects, under a keyed hash.
    Oppositions,
    /// Whom rows of deposited lists may be, with what the linker thinks of it: for the review.
    Reviews,
}

impl Table for StatisticalTable {
    const ALL: &'static [Self] = &[
        Self::Declarations,
        Self::Observations,
        Self::Persons,
        Self::Aliases,
        Self::Changes,
        Self::Absences,
        Self::KnownAs,
        Self::Completeness,
        Self::Spells,
        Self::Months,
        Self::Exits,
        Self::Panel,
    ];
    const ZONE: &'static str = "statistical";

    fn name(self) -> &'static str {
        match self {
            Self::Declarations => "declarations",
            Self::Observations => "observations",
            Self::Persons => "persons",
            Self::Aliases => "aliases",
            Self::Changes => "changes",
            Self::Absences => "absences",
            Self::KnownAs => "known_as",
            Self::Completeness => "completeness",
            Self::Spells => "spells",
            Self::Months => "months",
            Self::Exits => "exits",
            Self::Panel => "panel",
        }
    }

    fn schema(self) -> SchemaRef {
        let text =
            "declaration:i part:i siret:s month:d fraction:n champ:s nature:s type:s ordre:i constituted:d norme:s individus:i contrats:i";
        match self {
            Self::Declarations => columns(text),
            Self::Observations => columns(
                "declaration:i part:i person:i siret:s numero:s date_debut:d month:d nature:s dispositif:s complement_dispositif:s motif_recours:s \
                 modalite_temps:s date_fin_previsionnelle:d date_fin:d motif_fin:s quotite_permille:n ape:s departement:s commune:s pcs:s hours_centi:i \
                 gross_centimes:i utilisateur:s dernier_jour_travaille:d hours_unpaid_centi:i hours_extra_centi:i sex:s birth_year:n identite:i",
            ),
            Self::Persons => columns("person:i has_nir:b identite:i"),
            Self::Aliases => columns("declaration:i part:i person:i becomes:i"),
            Self::Changes => columns(
                "declaration:i part:i person:i siret:s numero:s date_debut:d month:d date_modification:d ancienne_person:i ancien_siret:s \
                 ancien_numero:s ancienne_date_debut:d profondeur:d ancienne_nature:s ancien_dispositif:s ancien_complement_dispositif:s \
                 ancien_motif_recours:s ancienne_modalite_temps:s ancienne_quotite_permille:n ancienne_identite:i",
            ),
            Self::Absences => {
                columns("declaration:i part:i person:i siret:s numero:s date_debut:d month:d bloc:s motif:s premier_jour:d dernier_jour:d")
            }
            Self::KnownAs => columns("person:i siren:s becomes:i"),
            Self::Completeness => {
                columns("siret:s month:d fractions_expected:n fractions_received:n is_complete:b declarations:n contrats:i")
            }
            Self::Spells => columns(
                "person:i siret:s numero:s date_debut:d date_fin:d end_status:s motif_fin:s nature:s dispositif:s complement_dispositif:s \
                 motif_recours:s date_fin_previsionnelle:d quotite:f modalite_temps:s ape:s departement:s commune:s utilisateur:s first_month:d \
                 last_month:d hours_centi:i gross_centimes:i dernier_jour_travaille:d transfer_siret:s",
            ),
            Self::Months => columns(
                "person:i month:d siret:s numero:s date_debut:d hours_centi:i gross_centimes:i days:n siret_declarant:s days_suspended:n \
                 hours_unpaid_centi:i hours_extra_centi:i nature:s dispositif:s complement_dispositif:s motif_recours:s modalite_temps:s \
                 quotite_permille:n",
            ),
            Self::Exits => columns(
                "source:s person:i programme:s siret:s type:s departement:s date_entree:d date_sortie:d motif:s sex:s birth_year:n matched:b usable:b \
                 match_status:s known:b",
            ),
            Self::Panel => columns(
                "source:s person:i programme:s siret:s type:s departement:s exit_date:d quarter:s quarter_index:n sex:s age_band:s matched:b usable:b \
                 match_status:s known:b horizon:n observable:b consolidated:b employed_day:b employed_month:b insertion_day:b contract_kind:s durable:b \
                 part_time:b same_employer:b months_worked:n",
            ),
        }
    }

    fn partition(self) -> Option<&'static str> {
        matches!(self, Self::Exits | Self::Panel).then_some("source")
    }

    fn is_of_people(self) -> bool {
        matches!(self, Self::Observations | Self::Persons | Self::Changes | Self::Absences)
    }
}

impl Table for IdentifyingTable {
    const ALL: &'static [Self] = &[Self::Identities, Self::Participants, Self::Oppositions, Self::Reviews];
    const ZONE: &'static str = "identifying";

    fn name(self) -> &'static str {
        match self {
            Self::Identities => "identities",
            Self::Participants => "participants",
            Self::Oppositions => "oppositions",
            Self::Reviews => "reviews",
        }
    }

    fn schema(self) -> SchemaRef {
        match self {
            Self::Identities => columns("version:i person:i nir:s ntt:s nom_famille:s nom_usage:s prenoms:s date_naissance:s sexe:s"),
            Self::Participants => columns(
                "list:s line:i nir:s nir_verified:b nom_naissance:s nom_usage:s prenom:s date_naissance:d sexe:s date_entree:d date_sortie:d motif:s \
                 siret:s usable:b match_status:s person:i",
            ),
            Self::Oppositions => columns("opposed:i since:d"),
            Self::Reviews => columns(
                "list:s pair:i line:i person:i zone:s status:s probability:n prior:n pattern:s weights:s nom_famille:s nom_usage:s prenoms:s \
                 date_naissance:s sexe:s",
            ),
        }
    }

    fn partition(self) -> Option<&'static str> {
        matches!(self, Self::Participants | Self::Reviews).then_some("list")
    }

    /// None: runs are not sealed.
    fn is_of_people(self) -> bool {
        false
    }
}

/// `name:kind` pairs: `i` 64-bit integer, `n` 32-bit integer, `s` text, `d` day, `f` number, `b` boolean.
fn columns(text: &str) -> SchemaRef {
    let fields = text.split_ascii_whitespace().map(|column| {
        let (name, kind) = column.split_once(':').expect("each column has its kind");
        let kind = match kind {
            "i" => DataType::Int64,
            "n" => DataType::Int32,
            "s" => DataType::Utf8,
            "d" => DataType::Date32,
            "f" => DataType::Float64,
            "b" => DataType::Boolean,
            other => unreachable!("column kind {other} is not in the table"),
        };
        Field::new(name, kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
