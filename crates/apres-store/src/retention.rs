//! What is too old to be kept, and how it goes.
//!
//! Two ages. *Raw* is what would let someone read a declaration again as it was first sent: the observations of declarations that were replaced, or that no
//! declaration names. *Spells* are the careers under pseudonym and all they are made of: observations of the declarations that count, exits, people, identities. What is
//! too old is left out of the next version of each table; [`Zone::forget`](crate::Zone::forget) then takes it off the disk. The day is an argument.
//! Nothing here is dated by when it was received: a declaration is as old as the month it tells of.

use std::collections::HashSet;

use chrono::{Datelike, Days, Months, NaiveDate};
use datafusion::prelude::SessionContext;

use crate::opposition::{ids, register, will_take_out};
use crate::table::{IdentifyingTable, StatisticalTable, Table};
use crate::zone::{Identifying, Statistical, StoreFault};

/// How long things are kept, and the day from which it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Today.
    pub today: NaiveDate,
    /// Months that what was replaced is kept.
    pub raw_months: u32,
    /// Months that a spell is kept after its end.
    pub spells_months: u32,
}

/// Rows that are too old, by table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Aged {
    /// Observations of declarations that were replaced or never named.
    pub raw_observations: u64,
    /// Observations of contracts that ended too long ago.
    pub observations: u64,
    /// Declarations without any observation left.
    pub declarations: u64,
    /// Exits, of lists too.
    pub exits: u64,
    /// Sexes and births of people of whom nothing is left.
    pub persons: u64,
    /// Their identities.
    pub identities: u64,
}

impl Aged {
    /// Whether nothing is too old.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether figures counted from what stood before hold something that is too old; what was replaced, and names, are in none.
    #[must_use]
    pub fn reaches_figures(&self) -> bool {
        self.observations + self.exits + self.persons > 0
    }

    /// These rows and others.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            raw_observations: self.raw_observations + other.raw_observations,
            observations: self.observations + other.observations,
            declarations: self.declarations + other.declarations,
            exits: self.exits + other.exits,
            persons: self.persons + other.persons,
            identities: self.identities + other.identities,
        }
    }
}

impl Retention {
    /// What ended before this day is too old.
    #[must_use]
    pub fn spells_limit(&self) -> NaiveDate {
        self.today.checked_sub_months(Months::new(self.spells_months)).unwrap_or(NaiveDate::MIN)
    }

    /// What was replaced before this day is too old.
    #[must_use]
    pub fn raw_limit(&self) -> NaiveDate {
        self.today.checked_sub_months(Months::new(self.raw_months)).unwrap_or(NaiveDate::MIN)
    }

    /// The latest month that lies wholly before the limit of spells, as its first day.
    fn last_old_month(&self) -> NaiveDate {
        let limit = self.spells_limit();
        let first = limit.with_day(1).unwrap_or(limit);
        first.checked_sub_days(Days::new(1)).and_then(|day| day.with_day(1)).unwrap_or(first)
    }

    /// The views that say which rows stay. A contract is known by the key of `spells`; observations under another key (the contract's number was
    /// changed later) stay as long as a spell of the person that is kept covers their month.
    fn views(&self) -> [(&'static str, String); 4] {
        let (limit, raw_limit, last_old_month) = (self.spells_limit(), self.raw_limit(), self.last_old_month());
        let ranked = format!(
            "SELECT declaration, part, \
             max(CASE WHEN constituted < DATE '{raw_limit}' THEN 1 ELSE 0 END) OVER (PARTITION BY siret, month, fraction, coalesce(champ, '01') \
             ORDER BY constituted DESC, ordre DESC, declaration DESC, part ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS replaced \
             FROM declarations WHERE nature = '01'"
        );
        let named = format!("SELECT declaration, part FROM ({ranked}) WHERE coalesce(replaced, 0) = 0");
        let resolved = "SELECT observations.*, coalesce(here.becomes, everywhere.becomes, observations.person) AS who, \
                        arrow_cast(observations.month + INTERVAL '1 month' - INTERVAL '1 day', 'Date32') AS month_end \
                        FROM observations \
                        LEFT JOIN (SELECT person, siren, min(becomes) AS becomes FROM known_as WHERE siren IS NOT NULL GROUP BY person, siren) AS here \
                        ON here.person = observations.person AND here.siren = substr(observations.siret, 1, 9) \
                        LEFT JOIN (SELECT person, min(becomes) AS becomes FROM known_as WHERE siren IS NULL GROUP BY person) AS everywhere \
                        ON everywhere.person = observations.person"
            .to_owned();
        let kept =
            format!("SELECT DISTINCT person, siret, numero, date_debut FROM spells WHERE date_fin IS NULL OR date_fin >= DATE '{limit}'");
        let old = format!(
            "SELECT DISTINCT o.who, o.siret, o.numero, o.date_debut, o.month FROM resolved AS o \
             LEFT JOIN kept ON kept.person = o.who AND kept.siret = o.siret AND kept.numero = o.numero AND kept.date_debut = o.date_debut \
             LEFT JOIN (SELECT DISTINCT person, siret, numero, date_debut FROM spells) AS known \
             ON known.person = o.who AND known.siret = o.siret AND known.numero = o.numero AND known.date_debut = o.date_debut \
             LEFT JOIN (SELECT person, min(date_debut) AS since FROM kept GROUP BY person) AS covering \
             ON covering.person = o.who AND covering.since <= o.month_end \
             WHERE o.month <= DATE '{last_old_month}' AND kept.person IS NULL AND (known.person IS NOT NULL OR covering.person IS NULL)"
        );
        [("named", named), ("resolved", resolved), ("kept", kept), ("old", old)]
    }
}

/// Observations of a declaration that still counts or was replaced lately.
const NAMED: &str = "SELECT resolved.* FROM resolved JOIN named ON resolved.declaration = named.declaration AND resolved.part = named.part";
/// Of these, those whose contract is not too old.
const STAYING: &str = "SELECT o.* FROM named_observations AS o LEFT ANTI JOIN old \
                       ON o.who = old.who AND o.siret = old.siret AND o.numero = old.numero AND o.date_debut = old.date_debut AND o.month = old.month";

/// A purge: what is too old at a day, counted, then left out.
pub struct Purge<'z> {
    statistical: &'z Statistical,
    identifying: &'z Identifying,
    retention: Retention,
    context: SessionContext,
}

impl<'z> Purge<'z> {
    /// Reads the lake as it is. The spells must be those of the observations: build them first.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn open(statistical: &'z Statistical, identifying: &'z Identifying, retention: Retention) -> Result<Self, StoreFault> {
        let context = statistical.context().await?;
        let views = retention.views();
        let views = views.iter().map(|(name, sql)| (*name, sql.as_str()));
        for (name, sql) in views.chain([("named_observations", NAMED), ("staying", STAYING)]) {
            let fault = || StoreFault::query("saying what is too old");
            context.sql(&format!("CREATE VIEW {name} AS {sql}")).await.map_err(fault())?.collect().await.map_err(fault())?;
        }
        Ok(Self { statistical, identifying, retention, context })
    }

    /// Counts what is too old, and changes nothing.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn count(&self) -> Result<Aged, StoreFault> {
        let staying = self.staying_people().await?;
        let identities = self.identities(&staying).await?;
        register(&self.context, "people_staying", staying.into_iter().collect())?;
        let rows = async |sql: &str| -> Result<u64, StoreFault> {
            let count = ids(&self.context, &format!("SELECT count(*) FROM ({sql})")).await?;
            Ok(count.first().and_then(|count| u64::try_from(*count).ok()).unwrap_or(0))
        };
        let counted = async |table: StatisticalTable, staying: &str| -> Result<u64, StoreFault> {
            let all = rows(&format!("SELECT 1 FROM {}", table.name())).await?;
            Ok(all - rows(staying).await?)
        };
        let raw_observations = counted(StatisticalTable::Observations, "SELECT 1 FROM named_observations").await?;
        let aged = Aged {
            raw_observations,
            observations: counted(StatisticalTable::Observations, "SELECT 1 FROM staying").await? - raw_observations,
            declarations: counted(StatisticalTable::Declarations, &self.declarations()).await?,
            exits: counted(StatisticalTable::Exits, &self.exits()).await?,
            persons: counted(StatisticalTable::Persons, PERSONS).await?,
            identities: {
                let all = ids(&identities, "SELECT count(*) FROM identities").await?;
                let staying =
                    ids(&identities, "SELECT count(*) FROM identities JOIN people_staying ON identities.person = people_staying.person");
                let first = |count: &[i64]| count.first().and_then(|count| u64::try_from(*count).ok()).unwrap_or(0);
                first(&all) - first(&staying.await?)
            },
        };
        self.context.deregister_table("people_staying").map_err(StoreFault::query("counting what is too old"))?;
        Ok(aged)
    }

    /// Leaves out what was counted; the spells, months and panel follow at the build that must come next.
    ///
    /// # Errors
    /// When the lake cannot be read or written; running the purge again finishes the work.
    pub async fn run(&self, aged: &Aged) -> Result<(), StoreFault> {
        will_take_out(self.statistical).await?;
        let staying = self.staying_people().await?;
        // The identities first: if this is interrupted, the observations still say of whom nothing else is left.
        if aged.identities > 0 {
            let identities = self.identities(&staying).await?;
            let sql = "SELECT identities.* FROM identities JOIN people_staying ON identities.person = people_staying.person";
            self.identifying.rewrite(IdentifyingTable::Identities, &identities, sql).await?;
            let reviews = self.identifying.context_of(&[(IdentifyingTable::Reviews, None)]).await?;
            register(&reviews, "people_staying", staying.iter().copied().collect())?;
            let sql = "SELECT reviews.* FROM reviews JOIN people_staying ON reviews.person = people_staying.person";
            self.identifying.rewrite(IdentifyingTable::Reviews, &reviews, sql).await?;
        }
        register(&self.context, "people_staying", staying.into_iter().collect())?;
        let (exits, declarations) = (self.exits(), self.declarations());
        let observations = aged.observations + aged.raw_observations;
        let rewritten = [
            (StatisticalTable::Persons, aged.persons, PERSONS),
            (StatisticalTable::Exits, aged.exits, &exits),
            (StatisticalTable::Declarations, aged.declarations, &declarations),
            (StatisticalTable::Absences, observations, ABSENCES),
            (StatisticalTable::Changes, observations, CHANGES),
            (StatisticalTable::Observations, observations, "SELECT * FROM staying"),
            (StatisticalTable::Aliases, observations, ALIASES),
        ];
        for (table, rows, staying) in rewritten {
            if rows > 0 {
                self.statistical.rewrite(table, &self.context, staying).await?;
            }
        }
        Ok(())
    }

    /// The declarations of months that are not too old, and those of which an observation stays.
    fn declarations(&self) -> String {
        format!(
            "SELECT declarations.* FROM declarations LEFT JOIN (SELECT DISTINCT declaration FROM staying) AS told \
             ON declarations.declaration = told.declaration \
             WHERE told.declaration IS NOT NULL OR coalesce(month, constituted) > DATE '{}'",
            self.retention.last_old_month()
        )
    }

    /// The exits that are not too old; a row of a list without any date goes with its list.
    fn exits(&self) -> String {
        format!("SELECT * FROM exits WHERE date_sortie IS NULL OR date_sortie >= DATE '{}'", self.retention.spells_limit())
    }

    /// The people of whom something stays, under each of their pseudonyms.
    async fn staying_people(&self) -> Result<HashSet<i64>, StoreFault> {
        let sql = format!(
            "WITH seen AS (SELECT who AS person FROM staying UNION SELECT person FROM staying \
             UNION SELECT person FROM ({}) WHERE source <> 'dsn' AND person IS NOT NULL) \
             SELECT person FROM seen UNION SELECT person FROM known_as WHERE becomes IN (SELECT person FROM seen) \
             UNION SELECT person FROM aliases WHERE becomes IN (SELECT person FROM seen)",
            self.exits()
        );
        Ok(ids(&self.context, &sql).await?.into_iter().collect())
    }

    async fn identities(&self, staying: &HashSet<i64>) -> Result<SessionContext, StoreFault> {
        let context = self.identifying.context_of(&[(IdentifyingTable::Identities, None)]).await?;
        register(&context, "people_staying", staying.iter().copied().collect())?;
        Ok(context)
    }
}

/// A change of a contract goes with the contract-month that it came with, a change of a NIR with its people.
const CHANGES: &str = "SELECT changes.* FROM changes \
                       LEFT JOIN (SELECT DISTINCT declaration, part, person, numero, date_debut FROM staying) AS told \
                       ON told.declaration = changes.declaration AND told.part = changes.part AND told.person = changes.person \
                       AND told.numero = changes.numero AND told.date_debut = changes.date_debut \
                       LEFT JOIN named ON named.declaration = changes.declaration AND named.part = changes.part \
                       LEFT JOIN people_staying ON people_staying.person = changes.person \
                       WHERE told.declaration IS NOT NULL \
                       OR (changes.numero IS NULL AND named.declaration IS NOT NULL AND people_staying.person IS NOT NULL)";
const ABSENCES: &str = "SELECT absences.* FROM absences \
                        JOIN (SELECT DISTINCT declaration, part, person, numero, date_debut FROM staying) AS told \
                        ON told.declaration = absences.declaration AND told.part = absences.part AND told.person = absences.person \
                        AND told.numero = absences.numero AND told.date_debut = absences.date_debut";
const PERSONS: &str = "SELECT persons.* FROM persons JOIN people_staying ON persons.person = people_staying.person";
const ALIASES: &str = "SELECT aliases.* FROM aliases \
                       JOIN named ON named.declaration = aliases.declaration AND named.part = aliases.part \
                       WHERE person IN (SELECT person FROM people_staying) OR becomes IN (SELECT person FROM people_staying)";
