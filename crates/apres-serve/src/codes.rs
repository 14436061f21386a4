//! Stable codes of the desk's closed lists: in forms, in addresses and in the message table.

use crate::desk::{Alert, DepositRefusal, Field, LegalBasis, ListState, Purpose, WorkState};

/// A closed list whose values have a code.
pub trait Coded: Sized + Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// Its code.
    #[must_use]
    fn code(self) -> &'static str;

    /// The value of a code.
    #[must_use]
    fn of_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.code() == code)
    }
}

/// Writes the two directions from one list.
macro_rules! coded {
    ($type:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl Coded for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code),+
                }
            }
        }
    };
}

coded!(ListState {
    ToCheck = "to_check",
    Queued = "queued",
    Matching = "matching",
    Ready = "ready",
    Failed = "failed",
    Erased = "erased",
});

coded!(Field {
    Ignored = "ignored",
    Nir = "nir",
    CleNir = "cle_nir",
    NomNaissance = "nom_naissance",
    NomUsage = "nom_usage",
    Prenom = "prenom",
    NomPrenom = "nom_prenom",
    DateNaissance = "date_naissance",
    Sexe = "sexe",
    CommuneNaissance = "commune_naissance",
    DateEntree = "date_entree",
    DateSortie = "date_sortie",
    MotifSortie = "motif_sortie",
    Siret = "siret",
});

coded!(Purpose { Evaluation = "evaluation", DialogueDeGestion = "dialogue_de_gestion", Certification = "certification" });

coded!(LegalBasis { PublicInterest = "public_interest", LegalObligation = "legal_obligation", LegitimateInterest = "legitimate_interest" });

coded!(DepositRefusal {
    Empty = "empty",
    NotATable = "not_a_table",
    Encrypted = "encrypted",
    TooManyRows = "too_many_rows",
    NoHeader = "no_header",
    NoRow = "no_row",
});

coded!(WorkState { Waiting = "waiting", Running = "running", Done = "done", Failed = "failed" });

coded!(Alert { Absent = "absent", Low = "low", High = "high", Incomplete = "incomplete", Silent = "silent" });
