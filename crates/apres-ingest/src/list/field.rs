//! The fields of a list: one table that the pages, the documentation and the guesses come from.

use serde::{Deserialize, Serialize};

/// What a column of a list can be. The order is that of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// NIR (numéro de sécurité sociale), with or without its key.
    Nir,
    /// The two digits of the key, when they have a column of their own.
    CleNir,
    /// Surname at birth.
    NomNaissance,
    /// Surname in use; a column simply called "Nom" is read as this one.
    NomUsage,
    /// First names.
    Prenom,
    /// Surname and first name in one cell.
    NomPrenom,
    /// Birth date.
    DateNaissance,
    /// Sex or civilité.
    Sexe,
    /// Place of birth.
    CommuneNaissance,
    /// Day of entry in the programme.
    DateEntree,
    /// Day of exit from the programme.
    DateSortie,
    /// Reason of the exit as the structure declares it.
    MotifSortie,
    /// SIRET of the structure left.
    Siret,
}

/// What a field serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NeededFor {
    /// Finding the person by NIR.
    SearchByNir,
    /// Finding the person by identity: a surname, a first name and a birth date are needed together.
    SearchByIdentity,
    /// Counting the horizons (m1, m3, m6…) from the exit.
    Horizons,
    /// Controls and comparisons; nothing is lost without it.
    Nothing,
}

/// A line of the table.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct FieldInfo {
    /// The field.
    pub field: Field,
    /// Its stable code, the same as in a serialised [`Field`].
    pub code: &'static str,
    /// What cannot be done without it.
    pub needed_for: NeededFor,
    /// Headers that name it, the surest first, in lower case and without accents.
    pub headers: &'static [&'static str],
    /// Words that make a header *not* this field, unless the header is written exactly as one of `headers`.
    pub excluded: &'static [&'static str],
}

/// Words of a header that speak of someone or something else than the participant.
const OTHERS: &[&str] = &[
    "structure",
    "employeur",
    "entreprise",
    "organisme",
    "referent",
    "conseiller",
    "conseillere",
    "prescripteur",
    "responsable",
    "conjoint",
    "enfant",
    "tuteur",
    "formateur",
    "orienteur",
    "accompagnateur",
    "etablissement",
    "rue",
    "voie",
    "fichier",
    "projet",
    "action",
    "dispositif",
    "agence",
    "pere",
    "mere",
    "suivi",
];

/// Words of a header of a date that is neither an entry nor an exit of the programme.
const OTHER_DATES: &[&str] = &[
    "pass",
    "agrement",
    "suspension",
    "sejour",
    "prevue",
    "prevu",
    "prevues",
    "previsionnelle",
    "theorique",
    "conjoint",
    "enfant",
    "naissance",
    "inscription",
    "maj",
    "modification",
    "creation",
    "signature",
    "rdv",
    "referent",
    "essai",
    "validite",
    "effet",
    "annexe",
];

/// The table of the fields.
#[must_use]
pub fn fields() -> &'static [FieldInfo] {
    FIELDS
}

impl Field {
    /// The line of the table about this field.
    #[must_use]
    pub fn info(self) -> &'static FieldInfo {
        FIELDS.iter().find(|info| info.field == self).expect("a test checks that every field has its line")
    }
}

const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        field: Field::Nir,
        code: "nir",
        needed_for: NeededFor::SearchByNir,
        headers: &[
            "nir",
            "n secu",
            "numero de securite sociale",
            "n de securite sociale",
            "securite sociale",
            "n ss",
            "nss",
            "num ss",
            "secu sociale",
            "salarie nir",
            "nir13",
            "nir 13",
            "nir 15",
            "nir complet",
            "individu nir",
            "nir nia",
            "numero insee",
            "insee nir",
            "immatriculation",
            "nir ou ntt",
            "numero msa",
            "n msa",
        ],
        excluded: &["conjoint", "enfant", "certifie", "commune", "date"],
    },
    FieldInfo {
        field: Field::CleNir,
        code: "cle_nir",
        needed_for: NeededFor::Nothing,
        headers: &["cle nir", "cle", "cle secu", "cle ss", "cle de securite sociale", "cle de controle", "nir cle"],
        excluded: &["conjoint", "competences"],
    },
    FieldInfo {
        field: Field::NomNaissance,
        code: "nom_naissance",
        needed_for: NeededFor::SearchByIdentity,
        headers: &[
            "nom de naissance",
            "nom de famille",
            "nom patronymique",
            "nom de jeune fille",
            "patronyme",
            "nom naiss",
            "nomnaissance",
        ],
        excluded: OTHERS,
    },
    FieldInfo {
        field: Field::NomUsage,
        code: "nom_usage",
        needed_for: NeededFor::SearchByIdentity,
        headers: &[
            "nom",
            "nom d usage",
            "nom marital",
            "nom d epouse",
            "nom usuel",
            "salarie nom usage",
            "name",
            "last name",
            "lastname",
            "surname",
        ],
        excluded: &[
            "structure",
            "employeur",
            "entreprise",
            "organisme",
            "referent",
            "conseiller",
            "conseillere",
            "prescripteur",
            "responsable",
            "conjoint",
            "enfant",
            "tuteur",
            "formateur",
            "orienteur",
            "accompagnateur",
            "etablissement",
            "rue",
            "voie",
            "fichier",
            "projet",
            "action",
            "dispositif",
            "agence",
            "pere",
            "mere",
            "suivi",
            "prenom",
            "naissance",
            "commune",
            "ville",
            "formation",
            "certification",
            "parcours",
            "poste",
            "metier",
            "contrat",
        ],
    },
    FieldInfo {
        field: Field::Prenom,
        code: "prenom",
        needed_for: NeededFor::SearchByIdentity,
        headers: &["prenom", "prenoms", "prenom 1", "prenom1", "premier prenom", "prenom usuel", "first name", "firstname"],
        excluded: &[
            "structure",
            "employeur",
            "referent",
            "conseiller",
            "conseillere",
            "prescripteur",
            "responsable",
            "conjoint",
            "enfant",
            "tuteur",
            "formateur",
            "orienteur",
            "accompagnateur",
            "pere",
            "mere",
            "nom",
            "2",
            "3",
            "prenom2",
            "prenom3",
        ],
    },
    FieldInfo {
        field: Field::NomPrenom,
        code: "nom_prenom",
        needed_for: NeededFor::SearchByIdentity,
        headers: &[
            "nom prenom",
            "nom et prenom",
            "prenom nom",
            "prenom et nom",
            "nom complet",
            "identite",
            "beneficiaire",
            "candidat",
            "salarie",
            "participant",
            "stagiaire",
            "personne",
            "jeune",
            "usager",
            "full name",
        ],
        excluded: &[
            "structure",
            "employeur",
            "entreprise",
            "organisme",
            "referent",
            "conseiller",
            "conseillere",
            "prescripteur",
            "responsable",
            "conjoint",
            "enfant",
            "tuteur",
            "formateur",
            "orienteur",
            "accompagnateur",
            "id",
            "type",
            "certification",
            "email",
            "mail",
            "telephone",
            "numero",
            "n",
            "nb",
            "date",
            "statut",
        ],
    },
    FieldInfo {
        field: Field::DateNaissance,
        code: "date_naissance",
        needed_for: NeededFor::SearchByIdentity,
        headers: &[
            "date de naissance",
            "ne e le",
            "ne le",
            "nee le",
            "ddn",
            "date naiss",
            "date nais",
            "dt naissance",
            "dtn",
            "naissance",
            "dnaiss",
            "date of birth",
            "birthdate",
            "birth date",
            "dob",
        ],
        excluded: &[
            "lieu",
            "commune",
            "ville",
            "pays",
            "departement",
            "dept",
            "nom",
            "conjoint",
            "enfant",
            "code",
            "cp",
            "annee",
            "mois",
            "jour",
            "rang",
        ],
    },
    FieldInfo {
        field: Field::Sexe,
        code: "sexe",
        needed_for: NeededFor::Nothing,
        headers: &[
            "sexe",
            "civilite",
            "civ",
            "genre",
            "salarie rci libelle",
            "rci libelle",
            "h f",
            "f h",
            "m mme",
            "sexe h f",
            "gender",
            "sex",
        ],
        excluded: &["conjoint", "enfant", "referent", "responsable", "etat"],
    },
    FieldInfo {
        field: Field::CommuneNaissance,
        code: "commune_naissance",
        needed_for: NeededFor::Nothing,
        headers: &["commune de naissance", "lieu de naissance", "ville de naissance", "code commune naissance", "code com insee", "ne e a"],
        excluded: &["conjoint", "enfant", "pays", "date"],
    },
    FieldInfo {
        field: Field::DateEntree,
        code: "date_entree",
        needed_for: NeededFor::Nothing,
        headers: &[
            "date d entree",
            "entree",
            "entree le",
            "date entree dispositif",
            "date d embauche",
            "embauche",
            "contrat date embauche",
            "date de debut d embauche",
            "date debut contrat",
            "date debut accompagnement",
            "date debut parcours",
            "date debut formation",
            "date debut",
            "debut",
            "date demande rsa",
            "entre e le",
        ],
        excluded: OTHER_DATES,
    },
    FieldInfo {
        field: Field::DateSortie,
        code: "date_sortie",
        needed_for: NeededFor::Horizons,
        headers: &[
            "date sortie definitive",
            "date de sortie",
            "sortie",
            "sortie le",
            "sorti e le",
            "sorti le",
            "date fin reelle",
            "date de fin d embauche",
            "date fin parcours",
            "date fin accompagnement",
            "date fin formation",
            "date fin contrat",
            "date fin",
            "fin",
            "fin contrat",
            "dtclorsa",
            "date fin de droit",
            "date cloture",
            "date d obtention",
            "date obtention diplome",
            "date obtention certification",
        ],
        excluded: OTHER_DATES,
    },
    FieldInfo {
        field: Field::MotifSortie,
        code: "motif_sortie",
        needed_for: NeededFor::Nothing,
        headers: &[
            "motif de sortie",
            "motif",
            "raison de sortie",
            "type de sortie",
            "issue",
            "situation a la sortie",
            "motif fin contrat",
            "motif sortie id",
            "moticlorsa",
            "nature de la sortie",
        ],
        excluded: &["suspension", "refus", "entree", "orientation", "recours"],
    },
    FieldInfo {
        field: Field::Siret,
        code: "siret",
        needed_for: NeededFor::Nothing,
        headers: &["siret", "n siret", "siret structure", "structure siret", "structure siret actualise", "siret employeur", "siret siae"],
        excluded: &["prescripteur", "nouvel", "suivant", "apres"],
    },
];
