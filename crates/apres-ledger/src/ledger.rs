//! The pool of connections, and the schema brought up to date when it opens.
//!
//! Opening is the one place that tells a file from a server: a file is created, private to its owner, in write-ahead mode. All that follows is
//! the same SQL. Statements that must be atomic are single statements, or transactions that write first: both databases then wait in line.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AnyPool, ConnectOptions as _, Connection as _, Row as _};

use crate::fault::Attempt as _;
use crate::password::{self, Cost};
use crate::{LedgerFault, Result};

/// Each version of the schema, in order; a published one never changes, the next one is appended.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_start.sql"),
    include_str!("../migrations/0002_memory.sql"),
    include_str!("../migrations/0003_review.sql"),
    include_str!("../migrations/0004_cubes.sql"),
];

const CONNECTIONS_MAX: u32 = 8;
/// How often, and how far apart, the write-ahead mode is asked for while another program holds a new file: five seconds in all.
const MODE_CHANGE_TURNS_MAX: u32 = 100;
const MODE_CHANGE_TURN: Duration = Duration::from_millis(50);

/// An open ledger; clones share its connections.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub(crate) pool: AnyPool,
    /// Verified against when no account has the address, at the same cost as a real one.
    pub(crate) dummy_hash: Arc<str>,
}

impl Ledger {
    /// Opens `sqlite://FILE` or `postgres://…`, and brings its schema up to date. `cost` is that of the accounts' password hashes.
    ///
    /// # Errors
    ///
    /// [`LedgerFault::Address`] for any other address, [`LedgerFault::Newer`] when a newer program wrote it, a fault of the database.
    pub async fn open(address: &str, cost: Cost) -> Result<Self> {
        if let Some(file) = address.strip_prefix("sqlite://") {
            return Self::open_file(Path::new(file), cost).await;
        }
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Self::connect(address, cost).await;
        }
        Err(LedgerFault::Address)
    }

    /// Opens the ledger in this file, created with its folder when missing, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// As [`Ledger::open`].
    pub async fn open_file(file: &Path, cost: Cost) -> Result<Self> {
        let file = prepare_file(file.to_path_buf()).await?;
        let path = file.to_str().ok_or(LedgerFault::Address)?;
        let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        Self::connect(&format!("sqlite://{path}"), cost).await
    }

    /// Closes all connections; clones are closed too.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    ///
    /// A fault of the database.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await.attempt("reach the database")?;
        Ok(())
    }

    async fn connect(url: &str, cost: Cost) -> Result<Self> {
        install_default_drivers();
        let pool = AnyPoolOptions::new().max_connections(CONNECTIONS_MAX).connect(url).await.attempt("open the database")?;
        migrate(&pool).await?;
        let attempt = "prepare the comparison for unknown addresses";
        let dummy_hash = tokio::task::spawn_blocking(move || password::hash("nobody has this password", b"nobody's salt 16", cost))
            .await
            .attempt(attempt)??;
        Ok(Self { pool, dummy_hash: dummy_hash.into() })
    }
}

/// Creates the file, readable by its owner alone, and sets the mode in which readers do not wait for a writer.
async fn prepare_file(file: PathBuf) -> Result<PathBuf> {
    let attempt = "create the ledger's file";
    let file =
        tokio::task::spawn_blocking(move || create_private(&file)).await.attempt(attempt)?.map_err(sqlx::Error::from).attempt(attempt)?;
    let options = SqliteConnectOptions::new().filename(&file).journal_mode(SqliteJournalMode::Wal);
    // SQLite does not wait for a lock when the mode changes: two programs that open a new file together must take turns.
    let mut turns_left = MODE_CHANGE_TURNS_MAX;
    let connection = loop {
        match options.connect().await {
            Err(sqlx::Error::Database(fault)) if turns_left > 0 && fault.message().contains("locked") => {
                turns_left -= 1;
                tokio::time::sleep(MODE_CHANGE_TURN).await;
            }
            outcome => break outcome.attempt(attempt)?,
        }
    };
    connection.close().await.attempt(attempt)?;
    Ok(file)
}

fn create_private(file: &Path) -> std::io::Result<PathBuf> {
    let file = std::path::absolute(file)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&file)?;
    Ok(file)
}

/// Applies the versions that are missing, each in a transaction that takes its number first: two programs that open together wait in line.
async fn migrate(pool: &AnyPool) -> Result<()> {
    let attempt = "bring the schema up to date";
    let create = "CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT PRIMARY KEY)";
    if sqlx::raw_sql(create).execute(pool).await.is_err() {
        // PostgreSQL lets two sessions both find the table missing and fails the second; by now it exists.
        sqlx::raw_sql(create).execute(pool).await.attempt(attempt)?;
    }
    let known = i64::try_from(MIGRATIONS.len()).attempt(attempt)?;
    let found = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_versions").fetch_one(pool).await.attempt(attempt)?;
    let found: i64 = found.try_get("version").attempt(attempt)?;
    if found > known {
        return Err(LedgerFault::Newer { found, known });
    }
    for (version, &script) in (1_i64..).zip(MIGRATIONS) {
        let mut transaction = pool.begin().await.attempt(attempt)?;
        let taken = sqlx::query("INSERT INTO schema_versions (version) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(version)
            .execute(&mut *transaction)
            .await
            .attempt(attempt)?;
        if taken.rows_affected() == 1 {
            sqlx::raw_sql(script).execute(&mut *transaction).await.attempt(attempt)?;
        }
        transaction.commit().await.attempt(attempt)?;
    }
    Ok(())
}
