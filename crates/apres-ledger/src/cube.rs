//! Closed cubes: what may be said of a programme at one version of the lake under one policy, kept as it was decided.

use sqlx::any::AnyRow;

use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

/// A closed cube.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCube {
    /// Whose leavers, as a text of the caller's.
    pub population: String,
    /// Version of the panel.
    pub lake_version: u64,
    /// Policy that decided.
    pub policy_version: String,
    /// Version of the cube of the same population whose pattern was kept where possible.
    pub earlier_version: Option<u64>,
    /// The cube, which checks itself when it is read.
    pub content: String,
}

impl Ledger {
    /// Keeps a cube; `false` when there is one already, and then nothing changes.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn keep_cube(&self, cube: &KeptCube, now: i64) -> Result<bool> {
        let attempt = "keep a closed cube";
        let done = sqlx::query(
            "INSERT INTO cubes (population, lake_version, policy_version, earlier_version, content, closed_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(cube.population.clone())
        .bind(stored_count(cube.lake_version, attempt)?)
        .bind(cube.policy_version.clone())
        .bind(cube.earlier_version.map(|version| stored_count(version, attempt)).transpose()?)
        .bind(cube.content.clone())
        .bind(now)
        .execute(&self.pool)
        .await
        .attempt(attempt)?;
        Ok(done.rows_affected() == 1)
    }

    /// The cube of a population at a version of the lake under a policy.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn cube(&self, population: &str, lake_version: u64, policy_version: &str) -> Result<Option<KeptCube>> {
        let attempt = "read a closed cube";
        sqlx::query("SELECT * FROM cubes WHERE population = $1 AND lake_version = $2 AND policy_version = $3")
            .bind(population.to_owned())
            .bind(stored_count(lake_version, attempt)?)
            .bind(policy_version.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt(attempt)?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The latest cube of a population before a version of the lake, under any policy.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn cube_before(&self, population: &str, lake_version: u64) -> Result<Option<KeptCube>> {
        let attempt = "read the closed cube before";
        sqlx::query("SELECT * FROM cubes WHERE population = $1 AND lake_version < $2 ORDER BY lake_version DESC, closed_at DESC LIMIT 1")
            .bind(population.to_owned())
            .bind(stored_count(lake_version, attempt)?)
            .fetch_optional(&self.pool)
            .await
            .attempt(attempt)?
            .map(|row| from_row(&row))
            .transpose()
    }
}

fn from_row(row: &AnyRow) -> Result<KeptCube> {
    let fields = Fields::new(row, "read a closed cube");
    Ok(KeptCube {
        population: fields.text("population")?,
        lake_version: fields.count("lake_version")?,
        policy_version: fields.text("policy_version")?,
        earlier_version: fields.optional_count("earlier_version")?,
        content: fields.text("content")?,
    })
}
