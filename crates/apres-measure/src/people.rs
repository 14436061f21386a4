//! Who a pseudonym finally is, over the whole lake (docs/methods/measure.md §1.1), and which months are complete.
//!
//! Links come from blocks 31 of winning declarations, from NTTs declared beside a NIR, and from identities that an NTT-only person shares with one other. They are few: they are resolved in
//! memory and written to the table `known_as`, which the careers and the linkage read. The order in which declarations came changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apres_store::datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use apres_store::datafusion::arrow::compute::cast;
use apres_store::datafusion::arrow::datatypes::Field;
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Statistical, StatisticalTable, Table};
use rustc_hash::FxHashSet;

use crate::build::{MeasureFault, collect};
use crate::calendar::{Day, Month};
use crate::changes::{Rename, is_heard, resolve};
use crate::columns::{self, Columns};
use crate::standing::Standing;

#[cfg(test)]
mod tests;

/// Who pseudonyms are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct KnownAs {
    /// Wherever they were declared.
    pub(crate) everywhere: BTreeMap<u64, u64>,
    /// By one employer (SIREN) only: the old NIR is also somebody's.
    at: BTreeMap<(u64, u64), u64>,
}

/// A block 31 with an old NIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NirChange {
    old: u64,
    new: u64,
    siren: u64,
    month: Month,
    date: Day,
}

/// The latest month in which an employer declared a pseudonym.
type LastSeen = BTreeMap<(u64, u64), Month>;

impl KnownAs {
    /// Reads the links of the lake, resolves them and writes the table.
    pub(crate) async fn renew(lake: &Statistical, standing: &Standing) -> Result<Self, MeasureFault> {
        let tables = [
            StatisticalTable::Aliases,
            StatisticalTable::Changes,
            StatisticalTable::Declarations,
            StatisticalTable::Observations,
            StatisticalTable::Persons,
        ];
        let context = lake.context_of(&tables.map(|table| (table, None))).await?;
        standing.register(&context)?;
        let aliases = pairs(&context, "SELECT person, becomes FROM aliases").await?;
        let nir_changes = nir_changes(&context).await?;
        let last_seen = if nir_changes.is_empty() { LastSeen::new() } else { last_seen(&context).await? };
        let identities = pairs(&context, SAME_IDENTITY).await?;
        let known = Self::of(&aliases, &nir_changes, &last_seen, &identities);
        let mut writer = lake.writer(StatisticalTable::KnownAs).await?;
        writer.write(known.batch()).await?;
        writer.replace(None).await?;
        Ok(known)
    }

    fn of(aliases: &[(u64, u64)], nir_changes: &[NirChange], last_seen: &LastSeen, identities: &[(u64, u64)]) -> Self {
        let mut renames: Vec<Rename<u64>> = aliases.iter().map(|(old, new)| Rename { old: *old, new: *new, date: None }).collect();
        let heard = || nir_changes.iter().filter(|change| is_heard(change.date, change.month));
        let is_somebody_else = |change: &&NirChange| {
            let others = last_seen.range((change.old, 0)..=(change.old, u64::MAX)).filter(|((_, siren), _)| *siren != change.siren);
            others.into_iter().any(|(_, month)| *month >= change.month)
        };
        renames.extend(heard().filter(|change| !is_somebody_else(change)).map(NirChange::rename));
        let by_nir = resolve(&renames);
        renames.extend(by_identity(identities, &by_nir));
        let everywhere = resolve(&renames);
        let finally = |person: u64| everywhere.get(&person).copied().unwrap_or(person);
        let mut at: BTreeMap<(u64, u64), (Day, std::cmp::Reverse<u64>)> = BTreeMap::new();
        for change in heard().filter(is_somebody_else) {
            let found = (change.date, std::cmp::Reverse(finally(change.new)));
            let kept = at.entry((change.old, change.siren)).or_insert(found);
            *kept = found.max(*kept);
        }
        let at = at.into_iter().map(|(place, (_, std::cmp::Reverse(person)))| (place, person)).collect();
        Self { everywhere, at }
    }

    /// Who a pseudonym finally is, for what an employer declared.
    pub(crate) fn who(&self, person: u64, siren: u64) -> u64 {
        self.at.get(&(person, siren)).or_else(|| self.everywhere.get(&person)).copied().unwrap_or(person)
    }

    /// Who is finally somebody else, and whom somebody else is.
    pub(crate) fn moved(&self) -> FxHashSet<u64> {
        let everywhere = self.everywhere.iter().flat_map(|(old, new)| [*old, *new]);
        everywhere.chain(self.at.iter().flat_map(|((old, _), new)| [*old, *new])).collect()
    }

    fn batch(&self) -> RecordBatch {
        let long = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let rows = self.everywhere.iter().map(|(old, new)| (*old, None, *new));
        let rows: Vec<_> = rows.chain(self.at.iter().map(|((old, siren), new)| (*old, Some(format!("{siren:09}")), *new))).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| long(row.0)))),
            Arc::new(rows.iter().map(|row| row.1.clone()).collect::<StringArray>()),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| long(row.2)))),
        ];
        RecordBatch::try_new(StatisticalTable::KnownAs.schema(), columns).expect("the columns are those of the table")
    }
}

impl NirChange {
    fn rename(&self) -> Rename<u64> {
        Rename { old: self.old, new: self.new, date: Some(self.date) }
    }
}

/// An NTT-only person is the only one with a NIR who shares an establishment and the whole identity.
fn by_identity(identities: &[(u64, u64)], by_nir: &BTreeMap<u64, u64>) -> Vec<Rename<u64>> {
    let mut found: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (old, new) in identities.iter().filter(|(old, _)| !by_nir.contains_key(old)) {
        found.entry(*old).or_default().insert(by_nir.get(new).copied().unwrap_or(*new));
    }
    let only = found.into_iter().filter(|(_, people)| people.len() == 1);
    only.flat_map(|(old, people)| people.into_iter().map(move |new| Rename { old, new, date: None })).collect()
}

async fn pairs(context: &SessionContext, sql: &str) -> Result<Vec<(u64, u64)>, MeasureFault> {
    let mut pairs = Vec::new();
    for batch in collect(context, sql).await? {
        let read = Columns(&batch);
        let (old, new) = (read.longs("person"), read.longs("becomes"));
        pairs.extend((0..batch.num_rows()).filter_map(|row| columns::person(&old, row).zip(columns::person(&new, row))));
    }
    Ok(pairs)
}

async fn nir_changes(context: &SessionContext) -> Result<Vec<NirChange>, MeasureFault> {
    let sql = "SELECT DISTINCT changes.person, ancienne_person, substr(siret, 1, 9) AS siren, month, date_modification \
         FROM changes JOIN winners ON changes.declaration = winners.declaration AND changes.part = winners.part WHERE ancienne_person IS NOT NULL";
    let mut changes = Vec::new();
    for batch in collect(context, sql).await? {
        let read = Columns(&batch);
        let (new, old, sirens) = (read.longs("person"), read.longs("ancienne_person"), read.texts("siren"));
        let (months, dates) = (read.days("month"), read.days("date_modification"));
        changes.extend((0..batch.num_rows()).filter_map(|row| {
            Some(NirChange {
                old: columns::person(&old, row)?,
                new: columns::person(&new, row)?,
                siren: columns::code(&sirens, row)?,
                month: columns::day(&months, row).map(Day)?.month(),
                date: columns::day(&dates, row).map(Day)?,
            })
        }));
    }
    Ok(changes)
}

/// When each employer last declared the old NIRs.
async fn last_seen(context: &SessionContext) -> Result<LastSeen, MeasureFault> {
    let sql = "SELECT person, substr(siret, 1, 9) AS siren, max(month) AS month \
         FROM observations JOIN winners ON observations.declaration = winners.declaration AND observations.part = winners.part \
         WHERE person IN (SELECT ancienne_person FROM changes WHERE ancienne_person IS NOT NULL) GROUP BY person, substr(siret, 1, 9)";
    let mut seen = LastSeen::new();
    for batch in collect(context, sql).await? {
        let read = Columns(&batch);
        let (people, sirens, months) = (read.longs("person"), read.texts("siren"), read.days("month"));
        seen.extend((0..batch.num_rows()).filter_map(|row| {
            let place = (columns::person(&people, row)?, columns::code(&sirens, row)?);
            Some((place, columns::day(&months, row).map(Day)?.month()))
        }));
    }
    Ok(seen)
}

/// NTT-only people and those with a NIR who share a whole identity and an establishment.
const SAME_IDENTITY: &str = "
    WITH shared AS (
           SELECT DISTINCT without.person AS person, other.person AS becomes
           FROM persons AS without JOIN persons AS other ON without.identite = other.identite
           WHERE NOT without.has_nir AND other.has_nir),
         places AS (
           SELECT DISTINCT person, siret FROM observations
           JOIN winners ON observations.declaration = winners.declaration AND observations.part = winners.part
           WHERE person IN (SELECT person FROM shared UNION ALL SELECT becomes FROM shared))
         SELECT DISTINCT shared.person, shared.becomes FROM shared
         JOIN places AS one ON one.person = shared.person
         JOIN places AS two ON two.person = shared.becomes AND two.siret = one.siret";

/// Writes which fractions of each establishment's month were received.
pub(crate) async fn renew_completeness(lake: &Statistical, standing: &Standing) -> Result<(), MeasureFault> {
    let context = lake.context_of(&[(StatisticalTable::Declarations, None)]).await?;
    standing.register(&context)?;
    let table = StatisticalTable::Completeness;
    let sql = "WITH counted AS (
           SELECT siret, month, champ, fraction % 10 AS expected, count(DISTINCT fraction / 10) AS received, count(*) AS declarations,
                  sum(contrats) AS contrats
           FROM declarations JOIN winners ON declarations.declaration = winners.declaration AND declarations.part = winners.part
           GROUP BY siret, month, champ, fraction % 10),
         best AS (
           SELECT *, row_number() OVER (PARTITION BY siret, month, champ ORDER BY received >= expected DESC, received DESC, expected) AS rank
           FROM counted)
         SELECT siret, month, sum(expected) AS fractions_expected, sum(received) AS fractions_received,
                bool_and(received >= expected) AS is_complete, sum(declarations) AS declarations, sum(contrats) AS contrats
         FROM best WHERE rank = 1 GROUP BY siret, month ORDER BY siret, month";
    let mut writer = lake.writer(table).await?;
    for batch in collect(&context, sql).await? {
        let column = |field: &Arc<_>| as_declared(&batch, field);
        let columns: Vec<ArrayRef> = table.schema().fields().iter().map(column).collect();
        writer.write(RecordBatch::try_new(table.schema(), columns).expect("the columns are those of the table")).await?;
    }
    writer.replace(None).await?;
    Ok(())
}

/// The column of this name, in the kind that the table holds.
fn as_declared(batch: &RecordBatch, field: &Field) -> ArrayRef {
    let column = batch.column_by_name(field.name()).unwrap_or_else(|| unreachable!("the query selects {}", field.name()));
    cast(column, field.data_type()).unwrap_or_else(|_| unreachable!("the query gives {} in a kind that converts", field.name()))
}
