//! Organisations: who accounts belong to, and the establishments and territories that they may see.

use sqlx::any::AnyRow;

use crate::code::codes;
use crate::fault::Attempt as _;
use crate::fields::Fields;
use crate::{Ledger, Result};

codes! {
    /// What an organisation does.
    OrganisationKind, "kind of organisation", {
        /// Runs a programme; sees who left its own establishments.
        Structure = "structure",
        /// Funds or prescribes; sees its territories.
        Financeur = "financeur",
        /// Runs this installation.
        Operateur = "operateur",
    }
}

/// An organisation and what it may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Identifier chosen by the caller.
    pub id: String,
    /// Name shown.
    pub name: String,
    /// What it does.
    pub kind: OrganisationKind,
    /// Its establishments.
    pub sirets: Vec<String>,
    /// Its territories, by code.
    pub departements: Vec<String>,
}

impl Ledger {
    /// Adds an organisation, or replaces the one that has its identifier.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn save_organisation(&self, organisation: &Organisation) -> Result<()> {
        let attempt = "save an organisation";
        sqlx::query(
            "INSERT INTO organisations (id, name, kind, sirets, departements) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, sirets = excluded.sirets,
                 departements = excluded.departements",
        )
        .bind(organisation.id.clone())
        .bind(organisation.name.clone())
        .bind(organisation.kind.as_str().to_owned())
        .bind(serde_json::to_string(&organisation.sirets).attempt(attempt)?)
        .bind(serde_json::to_string(&organisation.departements).attempt(attempt)?)
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        Ok(())
    }

    /// An organisation by its identifier.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn organisation(&self, id: &str) -> Result<Option<Organisation>> {
        sqlx::query("SELECT id, name, kind, sirets, departements FROM organisations WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read an organisation")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// All organisations, by name.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn organisations(&self) -> Result<Vec<Organisation>> {
        sqlx::query("SELECT id, name, kind, sirets, departements FROM organisations ORDER BY name, id")
            .fetch_all(&self.pool)
            .await
            .attempt("list organisations")?
            .iter()
            .map(from_row)
            .collect()
    }
}

fn from_row(row: &AnyRow) -> Result<Organisation> {
    let fields = Fields::new(row, "read an organisation");
    Ok(Organisation {
        id: fields.text("id")?,
        name: fields.text("name")?,
        kind: fields.code("kind")?,
        sirets: fields.json("sirets")?,
        departements: fields.json("departements")?,
    })
}
