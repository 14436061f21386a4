//! Populations: which groups of people an organisation was told about, as texts that name nobody.
//!
//! Whether two of them are too close is decided by `apres-protect`. A reading is noted *before* the others are looked at, then kept or taken back with the answer:
//! of two near questions asked at the same moment, at least one sees the other, whoever else asks about the same people meanwhile.

use sqlx::any::AnyRow;

use crate::fault::Attempt as _;
use crate::fields::{Fields, stored_count};
use crate::{Ledger, Result};

/// A population at one version of the lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    /// Its identifier.
    pub id: String,
    /// Who is counted, whatever the version: the same question later is not compared with itself.
    pub question: String,
    /// Version of the lake.
    pub lake_version: u64,
    /// Its sketch.
    pub sketch: String,
}

impl Ledger {
    /// Notes the mark of the key that the memory is kept with; `false` when it was kept with another one.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn mark_memory(&self, mark: &str) -> Result<bool> {
        if self.memory_mark().await?.is_none() {
            sqlx::query("INSERT INTO memory_marks (place, mark) VALUES (1, $1) ON CONFLICT DO NOTHING")
                .bind(mark.to_owned())
                .execute(&self.pool)
                .await
                .attempt("note the key of the memory")?;
        }
        Ok(self.memory_mark().await?.as_deref() == Some(mark))
    }

    /// The mark of the key that the memory is kept with, once there is one.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn memory_mark(&self) -> Result<Option<String>> {
        let attempt = "recognise the key of the memory";
        let row = sqlx::query("SELECT mark FROM memory_marks").fetch_optional(&self.pool).await.attempt(attempt)?;
        row.map(|row| Fields::new(&row, attempt).text("mark")).transpose()
    }

    /// Notes that an organisation asks about a population, before it is answered. Then [`Ledger::keep_population`] or [`Ledger::take_back_population`],
    /// once each time.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn note_population(&self, population: &Population, organisation: &str, account: &str, now: i64) -> Result<()> {
        let attempt = "note a population";
        let mut transaction = self.pool.begin().await.attempt(attempt)?;
        sqlx::query(
            "INSERT INTO populations (id, question, lake_version, sketch, recorded_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(population.id.clone())
        .bind(population.question.clone())
        .bind(stored_count(population.lake_version, attempt)?)
        .bind(population.sketch.clone())
        .bind(now)
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        sqlx::query(
            "INSERT INTO population_readings (population, organisation, account, said, pending, read_at) VALUES ($1, $2, $3, 0, 1, $4)
             ON CONFLICT (population, organisation) DO UPDATE SET pending = population_readings.pending + 1",
        )
        .bind(population.id.clone())
        .bind(organisation.to_owned())
        .bind(account.to_owned())
        .bind(now)
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        transaction.commit().await.attempt(attempt)
    }

    /// The populations that an organisation was told about, or is about to be, but those of this question.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn other_populations(&self, organisation: &str, question: &str) -> Result<Vec<Population>> {
        sqlx::query(
            "SELECT populations.* FROM populations JOIN population_readings ON population_readings.population = populations.id
             WHERE population_readings.organisation = $1 AND populations.question <> $2 ORDER BY populations.id",
        )
        .bind(organisation.to_owned())
        .bind(question.to_owned())
        .fetch_all(&self.pool)
        .await
        .attempt("read the populations of an organisation")?
        .iter()
        .map(from_row)
        .collect()
    }

    /// A population by its identifier.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn population(&self, id: &str) -> Result<Option<Population>> {
        sqlx::query("SELECT * FROM populations WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt("read a population")?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// Whether an organisation was told about a population.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn is_told(&self, id: &str, organisation: &str) -> Result<bool> {
        let attempt = "look for a population told";
        let told = sqlx::query("SELECT said FROM population_readings WHERE population = $1 AND organisation = $2 AND said = 1")
            .bind(id.to_owned())
            .bind(organisation.to_owned())
            .fetch_optional(&self.pool)
            .await
            .attempt(attempt)?;
        Ok(told.is_some())
    }

    /// Keeps a reading that was noted: the organisation was told.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn keep_population(&self, id: &str, organisation: &str) -> Result<()> {
        self.settle(
            &["UPDATE population_readings SET said = 1, pending = pending - 1 WHERE population = $1 AND organisation = $2"],
            id,
            organisation,
        )
        .await
    }

    /// Takes a reading back that was noted: nothing was said. What was told before, or is being decided for somebody else, stays.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn take_back_population(&self, id: &str, organisation: &str) -> Result<()> {
        const STATEMENTS: [&str; 2] = [
            "UPDATE population_readings SET pending = pending - 1 WHERE population = $1 AND organisation = $2",
            "DELETE FROM population_readings WHERE population = $1 AND organisation = $2 AND said = 0 AND pending <= 0",
        ];
        self.settle(&STATEMENTS, id, organisation).await
    }

    async fn settle(&self, statements: &'static [&'static str], id: &str, organisation: &str) -> Result<()> {
        let attempt = "settle a population";
        let mut transaction = self.pool.begin().await.attempt(attempt)?;
        for statement in statements {
            sqlx::query(*statement).bind(id.to_owned()).bind(organisation.to_owned()).execute(&mut *transaction).await.attempt(attempt)?;
        }
        transaction.commit().await.attempt(attempt)
    }
}

fn from_row(row: &AnyRow) -> Result<Population> {
    let fields = Fields::new(row, "read a population");
    Ok(Population {
        id: fields.text("id")?,
        question: fields.text("question")?,
        lake_version: fields.count("lake_version")?,
        sketch: fields.text("sketch")?,
    })
}
