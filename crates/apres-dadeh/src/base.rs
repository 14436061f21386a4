//! The base itself: one read-only transaction, one cursor, a declaration at a time.
//!
//! Everything is read from one snapshot, so a base that is being loaded gives what was committed when reading began. An address may hold a password: it is
//! never part of a message.

use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;

use apres_ingest::dsn::{Jour, Sink, Verdict};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::month::ContractMonth;
use crate::records::{self, Fingerprint};

/// What the base is asked for.
const CONTRACT_MONTHS: &str = concat!("DECLARE contract_months NO SCROLL CURSOR FOR\n", include_str!("contract_months.sql"));
/// Rows fetched at a time.
const NEXT_ROWS: &str = "FETCH FORWARD 4000 FROM contract_months";
/// Some were handed the tables in `dadeh`, some a copy of one of them in `public`.
const SEARCH_PATH: &str = "SET search_path TO dadeh, public";
const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// The cursor will be read to its end: plan for the whole.
const PLAN_FOR_ALL: &str = "SET LOCAL cursor_tuple_fraction = 1";
/// The day of the latest information.
const AS_OF: &str = "
SELECT greatest((SELECT max(date_dernieres_infos)::date FROM ddadtcontrat), (SELECT max(date_creation)::date FROM ddadtversement)) - DATE '1970-01-01'";
/// Pay that no contract of the base can take: no month, no number, or a number that no contract of that person and establishment bears.
const PAY_WITHOUT_CONTRACT: &str = "
SELECT count(*) FROM ddadtrem_brute_ss AS ss JOIN ddadtversement AS versement ON versement.id = ss.id_versement
WHERE versement.mois_declaration IS NULL OR NOT EXISTS (
  SELECT 1 FROM ddadtcontrat AS contrat
  WHERE contrat.id_employeur_assure = versement.id_employeur_assure AND contrat.num_contrat = ss.numero_contrat AND contrat.date_debut_contrat IS NOT NULL)";

/// Why the base could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BaseFault {
    /// The address is not one of a PostgreSQL base.
    #[error("the address of the base is not of the form postgres://user@host/base")]
    Address,
    /// The base is elsewhere: people's numbers would cross the network in clear.
    #[error(
        "the base is not on this machine and connections are not encrypted: read it through a tunnel (ssh -L), or from its own machine"
    )]
    Elsewhere,
    /// The server does not answer, or refuses.
    #[error("connecting to the DADEH base")]
    Connect(#[source] sqlx::Error),
    /// A query failed.
    #[error("{doing}")]
    Query {
        /// What was attempted.
        doing: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
}

impl BaseFault {
    fn query(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Query { doing, source }
    }
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// Months of establishments (and fractions).
    pub declarations: u64,
    /// The same by month, as `year * 12 + month - 1`.
    pub by_month: BTreeMap<i32, u64>,
    /// People in them.
    pub individus: u64,
    /// Contracts in them.
    pub contrats: u64,
    /// Contract-months set aside because the SIRET is not one (a base under pseudonym).
    pub without_siret: u64,
    /// Contract-months set aside because nothing tells who the person is.
    pub without_identity: u64,
    /// Remunerations that no contract can take.
    pub pay_without_contract: u64,
}

/// An open base, read from its first establishment to its last.
pub struct Base {
    connection: PgConnection,
    rows: VecDeque<ContractMonth>,
    is_exhausted: bool,
    as_of: Option<i32>,
    read: Read,
}

impl Base {
    /// Connects and prepares the reading.
    ///
    /// # Errors
    /// When the address is wrong or elsewhere, the server refuses, or a table or a column is missing.
    pub async fn open(address: &str) -> Result<Self, BaseFault> {
        let is_postgres = address.starts_with("postgres://") || address.starts_with("postgresql://");
        let options = is_postgres.then(|| PgConnectOptions::from_str(address).ok()).flatten().ok_or(BaseFault::Address)?;
        if !is_here(&options) {
            return Err(BaseFault::Elsewhere);
        }
        let mut connection = options.disable_statement_logging().connect().await.map_err(BaseFault::Connect)?;
        for statement in [SEARCH_PATH, BEGIN, PLAN_FOR_ALL] {
            sqlx::query(statement).execute(&mut connection).await.map_err(BaseFault::query("opening a snapshot of the base"))?;
        }
        let as_of = sqlx::query_scalar(AS_OF)
            .fetch_one(&mut connection)
            .await
            .map_err(BaseFault::query("reading the day of the latest information"))?;
        let lost: i64 = sqlx::query_scalar(PAY_WITHOUT_CONTRACT)
            .fetch_one(&mut connection)
            .await
            .map_err(BaseFault::query("counting the pay that no contract can take"))?;
        sqlx::query(CONTRACT_MONTHS)
            .execute(&mut connection)
            .await
            .map_err(BaseFault::query("preparing the contract-months: compare the base with the tables of docs/guide/dadeh.md"))?;
        let read = Read { pay_without_contract: u64::try_from(lost).unwrap_or(0), ..Read::default() };
        Ok(Self { connection, rows: VecDeque::new(), is_exhausted: false, as_of, read })
    }

    /// Gives the next month of an establishment to the sink; `false` when there is none left. Between two readings that bear the same day of latest
    /// information, the one with the greater `rank` stands.
    ///
    /// # Errors
    /// When the base does not answer.
    pub async fn declaration(&mut self, rank: u64, sink: &mut (impl Sink + Send)) -> Result<bool, BaseFault> {
        let Some(first) = self.next().await? else { return Ok(false) };
        let Some(siret) = records::siret(&first.key.siret) else {
            self.read.without_siret += 1;
            return Ok(true);
        };
        let head = records::head(&first, siret, self.as_of, rank);
        let mut fingerprint = Fingerprint::new(&first.key);
        sink.declaration_begin(&head);
        let key = first.key.clone();
        let mut person = vec![first];
        while let Some(month) = self.next_of(&key).await? {
            if month.assure_id != person[0].assure_id {
                self.individu(&person, &head, &mut fingerprint, sink);
                person.clear();
            }
            person.push(month);
        }
        self.individu(&person, &head, &mut fingerprint, sink);
        self.read.declarations += 1;
        *self.read.by_month.entry(Jour(key.mois).mois()).or_default() += 1;
        sink.declaration_end(&head, Verdict::Accepted, fingerprint.digest());
        sink.send_end(Verdict::Accepted);
        Ok(true)
    }

    /// What was read so far.
    #[must_use]
    pub fn read(&self) -> &Read {
        &self.read
    }

    fn individu(
        &mut self,
        months: &[ContractMonth],
        head: &apres_ingest::dsn::EnTete,
        fingerprint: &mut Fingerprint,
        sink: &mut (impl Sink + Send),
    ) {
        let Some(arbre) = records::arbre(months) else {
            self.read.without_identity += months.len() as u64;
            return;
        };
        self.read.individus += 1;
        self.read.contrats += arbre.contrats.len() as u64;
        for month in months {
            fingerprint.add(month);
        }
        sink.individu(head, &arbre);
    }

    async fn next_of(&mut self, key: &crate::month::DeclarationKey) -> Result<Option<ContractMonth>, BaseFault> {
        self.fetch().await?;
        let is_same = self.rows.front().is_some_and(|month| month.key == *key);
        Ok(if is_same { self.rows.pop_front() } else { None })
    }

    async fn next(&mut self) -> Result<Option<ContractMonth>, BaseFault> {
        self.fetch().await?;
        Ok(self.rows.pop_front())
    }

    /// Makes sure that the next row is at hand, if there is one.
    async fn fetch(&mut self) -> Result<(), BaseFault> {
        if self.is_exhausted || !self.rows.is_empty() {
            return Ok(());
        }
        let fault = || BaseFault::query("reading the contract-months");
        for row in sqlx::query(NEXT_ROWS).fetch_all(&mut self.connection).await.map_err(fault())? {
            self.rows.push_back(ContractMonth::read(&row).map_err(fault())?);
        }
        self.is_exhausted = self.rows.is_empty();
        Ok(())
    }
}

/// Whether the base is reached by a socket of this machine or by its loopback.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some() || host.starts_with('/') || matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::{PgConnectOptions, is_here};

    #[test]
    fn only_this_machine_is_read_in_clear() {
        let is_here = |address: &str| is_here(&PgConnectOptions::from_str(address).unwrap());
        let here =
            ["postgres://u@localhost/b", "postgres://u@127.0.0.1:5433/b", "postgres://u@[::1]/b", "postgres://u@localhost/b?host=/tmp/s"];
        assert!(here.into_iter().all(is_here));
        let elsewhere = ["postgres://u@base.example/b", "postgres://u@10.0.0.1/b", "postgres://u@localhost.example/b?sslmode=prefer"];
        assert!(!elsewhere.into_iter().any(is_here));
    }
}
