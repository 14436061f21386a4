//! One contract in one month, as the query gives it: plain values, still as the base writes them.
//!
//! The names are those of the query's columns. What the values mean in a declaration is decided in `records`.

use sqlx::postgres::PgRow;
use sqlx::{Error, Row};

/// What a declaration is told apart by: establishment, first day of the month, fraction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeclarationKey {
    pub(crate) siret: String,
    pub(crate) mois: i32,
    pub(crate) fraction: i64,
}

/// A sick leave of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arret {
    pub(crate) motif: String,
    pub(crate) dernier_jour: i32,
    pub(crate) reprise: Option<i32>,
    /// A day of the last month that declared it.
    pub(crate) mois: Option<i32>,
}

/// Another suspension of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suspension {
    pub(crate) motif: String,
    pub(crate) date_debut: i32,
    pub(crate) date_fin: Option<i32>,
}

/// Time worked or not under a contract in a month (block 53).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Temps {
    /// 01 work, 02 unpaid absence.
    pub(crate) type_activite: &'static str,
    /// 10 hours, 12 days; empty when the base does not say.
    pub(crate) unite: &'static str,
    pub(crate) mesure: i64,
}

/// The columns of time, with their type and unit.
const TEMPS: [(&str, &str, &str); 6] = [
    ("travail_heures", "01", "10"),
    ("travail_jours", "01", "12"),
    ("travail_sans_unite", "01", ""),
    ("absence_heures", "02", "10"),
    ("absence_jours", "02", "12"),
    ("absence_sans_unite", "02", ""),
];

/// Whom the row is about. `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Assure {
    pub(crate) immatriculation: String,
    pub(crate) nom_famille: String,
    pub(crate) nom_usage: String,
    pub(crate) prenoms: String,
    pub(crate) sexe: String,
    pub(crate) date_naissance: String,
}

/// A contract in a month. Days are counted from 1970-01-01, amounts and hours in hundredths; a text that is null is empty.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ContractMonth {
    pub(crate) key: DeclarationKey,
    /// Identifier of the person in the base.
    pub(crate) assure_id: i64,
    pub(crate) assure: Assure,
    pub(crate) apet: String,
    pub(crate) code_postal: String,
    pub(crate) numero: String,
    pub(crate) date_debut: i32,
    pub(crate) pcs_ese: String,
    pub(crate) nature: String,
    pub(crate) dispositif_politique: String,
    pub(crate) date_fin_previsionnelle: Option<i32>,
    pub(crate) unite_mesure: String,
    pub(crate) quotite_categorie: Option<i64>,
    pub(crate) quotite: Option<i64>,
    pub(crate) modalite_temps: String,
    pub(crate) ccn: String,
    pub(crate) lieu_travail: String,
    pub(crate) motif_recours: String,
    pub(crate) statut_emploi: String,
    pub(crate) etablissement_utilisateur: String,
    pub(crate) complement_dispositif_public: String,
    pub(crate) date_fin: Option<i32>,
    pub(crate) motif_rupture: String,
    pub(crate) dernier_jour_travaille: Option<i32>,
    /// The latest month in which the contract was declared.
    pub(crate) is_last_month: bool,
    pub(crate) brut: i64,
    /// Time by type and unit, in hundredths.
    pub(crate) temps: Vec<Temps>,
    pub(crate) arrets: Vec<Arret>,
    pub(crate) suspensions: Vec<Suspension>,
}

impl ContractMonth {
    pub(crate) fn read(row: &PgRow) -> Result<Self, Error> {
        let text = |name: &str| -> Result<String, Error> { Ok(row.try_get::<Option<String>, _>(name)?.unwrap_or_default()) };
        let day = |name: &str| row.try_get::<Option<i32>, _>(name);
        let number = |name: &str| row.try_get::<Option<i64>, _>(name);
        Ok(Self {
            key: DeclarationKey { siret: text("siret")?, mois: row.try_get("mois")?, fraction: row.try_get("fraction")? },
            assure_id: row.try_get("assure")?,
            assure: Assure {
                immatriculation: text("immatriculation")?,
                nom_famille: text("nom_famille")?,
                nom_usage: text("nom_usage")?,
                prenoms: text("prenoms")?,
                sexe: text("sexe")?,
                date_naissance: text("date_naissance")?,
            },
            apet: text("apet")?,
            code_postal: text("code_postal")?,
            numero: text("numero")?,
            date_debut: row.try_get("date_debut")?,
            pcs_ese: text("pcs_ese")?,
            nature: text("nature")?,
            dispositif_politique: text("dispositif_politique")?,
            date_fin_previsionnelle: day("date_fin_previsionnelle")?,
            unite_mesure: text("unite_mesure")?,
            quotite_categorie: number("quotite_categorie")?,
            quotite: number("quotite")?,
            modalite_temps: text("modalite_temps")?,
            ccn: text("ccn")?,
            lieu_travail: text("lieu_travail")?,
            motif_recours: text("motif_recours")?,
            statut_emploi: text("statut_emploi")?,
            etablissement_utilisateur: text("etablissement_utilisateur")?,
            complement_dispositif_public: text("complement_dispositif_public")?,
            date_fin: day("date_fin")?,
            motif_rupture: text("motif_rupture")?,
            dernier_jour_travaille: day("dernier_jour_travaille")?,
            is_last_month: row.try_get("est_dernier_mois")?,
            brut: number("brut")?.unwrap_or(0),
            temps: temps(row)?,
            arrets: arrets(row)?,
            suspensions: suspensions(row)?,
        })
    }
}

fn temps(row: &PgRow) -> Result<Vec<Temps>, Error> {
    let mut found = Vec::new();
    for (name, type_activite, unite) in TEMPS {
        if let Some(mesure) = row.try_get::<Option<i64>, _>(name)? {
            found.push(Temps { type_activite, unite, mesure });
        }
    }
    Ok(found)
}

fn arrets(row: &PgRow) -> Result<Vec<Arret>, Error> {
    let (motifs, derniers) = (texts(row, "arret_motifs")?, days(row, "arret_derniers_jours")?);
    let (reprises, mois) = (days(row, "arret_reprises")?, days(row, "arret_mois")?);
    let all = motifs.into_iter().zip(derniers).zip(reprises.into_iter().zip(mois));
    let read = all.filter_map(|((motif, dernier_jour), (reprise, mois))| Some(Arret { motif, dernier_jour: dernier_jour?, reprise, mois }));
    Ok(read.collect())
}

fn suspensions(row: &PgRow) -> Result<Vec<Suspension>, Error> {
    let (motifs, debuts, fins) = (texts(row, "suspension_motifs")?, days(row, "suspension_debuts")?, days(row, "suspension_fins")?);
    let all = motifs.into_iter().zip(debuts.into_iter().zip(fins));
    Ok(all.filter_map(|(motif, (debut, date_fin))| Some(Suspension { motif, date_debut: debut?, date_fin })).collect())
}

fn texts(row: &PgRow, name: &str) -> Result<Vec<String>, Error> {
    let values: Option<Vec<Option<String>>> = row.try_get(name)?;
    Ok(values.unwrap_or_default().into_iter().map(Option::unwrap_or_default).collect())
}

fn days(row: &PgRow, name: &str) -> Result<Vec<Option<i32>>, Error> {
    Ok(row.try_get::<Option<Vec<Option<i32>>>, _>(name)?.unwrap_or_default())
}
