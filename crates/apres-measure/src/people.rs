//! Who a pseudonym finally is, over the whole lake (docs/methods/measure.md §1.1), and which months are complete.
//!
//! Links come from declarations that stand alone: blocks 31, NTTs beside a NIR, and identities that an NTT-only person shares with one other. They are few: they are resolved in
//! memory and written to the table `known_as`, which the careers and the linkage read. The order in which declarations came changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apres_store::datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use apres_store::datafusion::arrow::compute::cast;
use apres_store::datafusion::arrow::datatypes::Field;
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{PersonSet, Statistical, StatisticalTable, Table};
use rustc_hash::FxHashSet;

use crate::build::{MeasureFault, collect};
use crate::calendar::{Day, Month};
use crate::changes::{Rename, is_heard, resolve};
use crate::columns::{self, Columns};
use crate::contract::siren_of;
use crate::read::{code, pseudonym};
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
    /// Reads the links of the lake, resolves them and writes the table; gives its version too.
    pub(crate) async fn renew(lake: &Statistical, standing: &Standing) -> Result<(Self, u64), MeasureFault> {
        let tables = [StatisticalTable::Aliases, StatisticalTable::Changes, StatisticalTable::Persons];
        let context = lake.context_of(&tables.map(|table| (table, None))).await?;
        standing.register(&context)?;
        let aliases = pairs(&context, ALIASES).await?;
        let nir_changes = nir_changes(&context).await?;
        let last_seen = last_seen(lake, standing, &nir_changes).await?;
        let mut alike = alike(&context).await?;
        // Whoever is somebody else by a NIR needs no identity for it.
        let by_nir = resolve(&by_nir(&aliases, &nir_changes, &last_seen));
        alike.retain(|pair| !by_nir.contains_key(&pair.old));
        let identities = at_one_place(lake, standing, alike, former_identities(&context).await?).await?;
        let known = Self::of(&aliases, &nir_changes, &last_seen, &identities);
        let mut writer = lake.writer(StatisticalTable::KnownAs).await?;
        writer.write(known.batch()).await?;
        let version = writer.replace(None).await?;
        Ok((known, version))
    }

    /// The table as a build left it.
    pub(crate) async fn read_at(lake: &Statistical, version: u64) -> Result<Self, MeasureFault> {
        let context = lake.context_of(&[(StatisticalTable::KnownAs, Some(version))]).await?;
        let mut known = Self::default();
        for batch in collect(&context, "SELECT person, siren, becomes FROM known_as").await? {
            let read = Columns(&batch);
            let (people, sirens, becomes) = (read.longs("person"), read.texts("siren"), read.longs("becomes"));
            for row in 0..batch.num_rows() {
                let Some((old, new)) = columns::person(&people, row).zip(columns::person(&becomes, row)) else { continue };
                match columns::code(&sirens, row) {
                    Some(siren) => known.at.insert((old, siren), new),
                    None => known.everywhere.insert(old, new),
                };
            }
        }
        Ok(known)
    }

    /// The people of whom the two do not tell the same, under every pseudonym concerned.
    pub(crate) fn differences(&self, other: &Self) -> FxHashSet<u64> {
        let everywhere =
            |known: &Self| -> BTreeSet<(u64, u64, u64)> { known.everywhere.iter().map(|(old, new)| (*old, 0, *new)).collect() };
        let at = |known: &Self| -> BTreeSet<(u64, u64, u64)> { known.at.iter().map(|((old, siren), new)| (*old, *siren, *new)).collect() };
        let mut people = FxHashSet::default();
        for of in [everywhere, at] {
            for (old, siren, new) in of(self).symmetric_difference(&of(other)) {
                // Who the old pseudonym otherwise is, at that employer or at others, changes as well.
                people.extend([*old, *new, self.who(*old, *siren), other.who(*old, *siren), self.who(*old, 0), other.who(*old, 0)]);
            }
        }
        people
    }

    /// Every pseudonym that is finally somebody else, somewhere, with who it is.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (u64, u64)> {
        let everywhere = self.everywhere.iter().map(|(old, new)| (*old, *new));
        everywhere.chain(self.at.iter().map(|((old, _), new)| (*old, *new)))
    }

    fn of(aliases: &[(u64, u64)], nir_changes: &[NirChange], last_seen: &LastSeen, identities: &[(u64, u64)]) -> Self {
        let mut renames = by_nir(aliases, nir_changes, last_seen);
        let by_nir = resolve(&renames);
        renames.extend(by_identity(identities, &by_nir));
        let everywhere = resolve(&renames);
        let finally = |person: u64| everywhere.get(&person).copied().unwrap_or(person);
        let mut at: BTreeMap<(u64, u64), (Day, Month, std::cmp::Reverse<u64>)> = BTreeMap::new();
        for change in heard(nir_changes).filter(|change| is_somebody_else(change, last_seen)) {
            let found = (change.date, change.month, std::cmp::Reverse(finally(change.new)));
            let kept = at.entry((change.old, change.siren)).or_insert(found);
            *kept = found.max(*kept);
        }
        let at = at.into_iter().map(|(place, (_, _, std::cmp::Reverse(person)))| (place, person)).collect();
        Self { everywhere, at }
    }

    /// Who a pseudonym finally is, for what an employer declared.
    pub(crate) fn who(&self, person: u64, siren: u64) -> u64 {
        self.at.get(&(person, siren)).or_else(|| self.everywhere.get(&person)).copied().unwrap_or(person)
    }

    /// Who is finally somebody else, and whom somebody else is.
    pub(crate) fn moved(&self) -> FxHashSet<u64> {
        self.pairs().flat_map(|(old, new)| [old, new]).collect()
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
        Rename { old: self.old, new: self.new, date: Some(self.date), declared: Some(self.month) }
    }
}

/// The changes of a NIR that are recent enough.
fn heard(changes: &[NirChange]) -> impl Iterator<Item = &NirChange> {
    changes.iter().filter(|change| is_heard(change.date, change.month))
}

/// Whether another employer goes on declaring the old NIR.
fn is_somebody_else(change: &NirChange, last_seen: &LastSeen) -> bool {
    let mut others = last_seen.range((change.old, 0)..=(change.old, u64::MAX)).filter(|((_, siren), _)| *siren != change.siren);
    others.any(|(_, month)| *month >= change.month)
}

/// Who is somebody else by a number.
fn by_nir(aliases: &[(u64, u64)], changes: &[NirChange], last_seen: &LastSeen) -> Vec<Rename<u64>> {
    let aliases = aliases.iter().map(|(old, new)| Rename { old: *old, new: *new, date: None, declared: None });
    aliases.chain(heard(changes).filter(|change| !is_somebody_else(change, last_seen)).map(NirChange::rename)).collect()
}

/// An NTT-only person is the only one with a NIR who shares an establishment and the whole identity.
fn by_identity(identities: &[(u64, u64)], by_nir: &BTreeMap<u64, u64>) -> Vec<Rename<u64>> {
    let mut found: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (old, new) in identities.iter().filter(|(old, _)| !by_nir.contains_key(old)) {
        found.entry(*old).or_default().insert(by_nir.get(new).copied().unwrap_or(*new));
    }
    let only = found.into_iter().filter(|(_, people)| people.len() == 1);
    only.flat_map(|(old, people)| people.into_iter().map(move |new| Rename { old, new, date: None, declared: None })).collect()
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
async fn last_seen(lake: &Statistical, standing: &Standing, changes: &[NirChange]) -> Result<LastSeen, MeasureFault> {
    let mut seen = LastSeen::new();
    let old = PersonSet::new(changes.iter().map(|change| change.old));
    for at in seen_of(lake, standing, &old).await? {
        let latest = seen.entry((at.person, siren_of(at.siret))).or_insert(at.month);
        *latest = at.month.max(*latest);
    }
    Ok(seen)
}

/// Who was ever declared under an NTT alone, and who with a NIR, under one identity.
struct Alike {
    old: u64,
    new: u64,
    identite: u64,
}

async fn alike(context: &SessionContext) -> Result<Vec<Alike>, MeasureFault> {
    let mut alike = Vec::new();
    for batch in collect(context, SAME_IDENTITY).await? {
        let read = Columns(&batch);
        let (old, new, identites) = (read.longs("person"), read.longs("becomes"), read.longs("identite"));
        let rows = (0..batch.num_rows()).map(|row| [&old, &new, &identites].map(|column| pseudonym(column, row)));
        alike.extend(rows.map(|[old, new, identite]| Alike { old, new, identite }));
    }
    Ok(alike)
}

/// Identities that blocks 31 of declarations that stand say to be former ones, by whose they were.
async fn former_identities(context: &SessionContext) -> Result<BTreeSet<(u64, u64)>, MeasureFault> {
    Ok(pairs(context, FORMER_IDENTITIES).await?.into_iter().collect())
}

/// Those of whom declarations that stand say the same identity, at one establishment that both were declared by.
async fn at_one_place(
    lake: &Statistical,
    standing: &Standing,
    alike: Vec<Alike>,
    mut said: BTreeSet<(u64, u64)>,
) -> Result<Vec<(u64, u64)>, MeasureFault> {
    let mut places: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let people = PersonSet::new(alike.iter().flat_map(|pair| [pair.old, pair.new]));
    for at in seen_of(lake, standing, &people).await? {
        places.entry(at.person).or_default().insert(at.siret);
        said.extend(at.identite.map(|identite| (at.person, identite)));
    }
    let nowhere = BTreeSet::new();
    let of = |person: &u64| places.get(person).unwrap_or(&nowhere);
    let is_one = |pair: &&Alike| {
        [pair.old, pair.new].iter().all(|person| said.contains(&(*person, pair.identite))) && !of(&pair.old).is_disjoint(of(&pair.new))
    };
    Ok(alike.iter().filter(is_one).map(|pair| (pair.old, pair.new)).collect())
}

/// Who was seen, at which establishment, in which month, under which identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct SeenAt {
    person: u64,
    siret: u64,
    month: Month,
    identite: Option<u64>,
}

/// Every observation of some people whose declaration stands, each once.
async fn seen_of(lake: &Statistical, standing: &Standing, people: &PersonSet) -> Result<FxHashSet<SeenAt>, MeasureFault> {
    if people.is_empty() {
        return Ok(FxHashSet::default());
    }
    let observations = lake.people(StatisticalTable::Observations, &["declaration", "part", "siret", "month", "identite"]).await?;
    let turns = std::thread::available_parallelism().map_or(1, usize::from);
    let of_turn = |turn: usize| {
        let mut seen = FxHashSet::default();
        observations.read_people(people, (turn, turns), |batch| {
            add_seen(&batch, standing, &mut seen);
            Ok::<_, MeasureFault>(())
        })?;
        Ok::<_, MeasureFault>(seen)
    };
    std::thread::scope(|scope| {
        let of_turn = &of_turn;
        let workers: Vec<_> = (0..turns).map(|turn| scope.spawn(move || of_turn(turn))).collect();
        let mut seen = FxHashSet::default();
        for worker in workers {
            seen.extend(worker.join().map_err(|_| MeasureFault::Stopped)??);
        }
        Ok(seen)
    })
}

fn add_seen(batch: &RecordBatch, standing: &Standing, seen: &mut FxHashSet<SeenAt>) {
    let read = Columns(batch);
    let (people, declarations, parts, months) = (read.longs("person"), read.longs("declaration"), read.longs("part"), read.days("month"));
    let (sirets, identites) = (code::<u64>(batch, "siret"), read.longs("identite"));
    for row in (0..batch.num_rows()).filter(|row| standing.holds(declarations.value(*row), parts.value(*row))) {
        if let (Some(siret), Some(day)) = (sirets.value(row), columns::day(&months, row)) {
            let identite = columns::person(&identites, row);
            seen.insert(SeenAt { person: pseudonym(&people, row), siret, month: Day(day).month(), identite });
        }
    }
}

/// NTTs declared beside a NIR, by declarations that stand.
const ALIASES: &str = "
    SELECT DISTINCT person, becomes
    FROM aliases JOIN winners ON aliases.declaration = winners.declaration AND aliases.part = winners.part";

/// NTT-only people and those with a NIR of whom any declaration ever said the same whole identity: few, whose observations tell the rest.
const SAME_IDENTITY: &str = "
    SELECT DISTINCT without.person AS person, other.person AS becomes, without.identite AS identite
    FROM persons AS without JOIN persons AS other ON without.identite = other.identite
    WHERE NOT without.has_nir AND other.has_nir";

/// Former identities that declarations that stand tell of.
const FORMER_IDENTITIES: &str = "
    SELECT DISTINCT person, ancienne_identite AS becomes
    FROM changes JOIN winners ON changes.declaration = winners.declaration AND changes.part = winners.part
    WHERE ancienne_identite IS NOT NULL";

/// Writes which fractions of each establishment's month were received.
pub(crate) async fn renew_completeness(lake: &Statistical, standing: &Standing) -> Result<(), MeasureFault> {
    let context = lake.context_of(&[(StatisticalTable::Declarations, None)]).await?;
    standing.register(&context)?;
    let table = StatisticalTable::Completeness;
    let sql = "WITH counted AS (
           SELECT siret, month, coalesce(champ, '01') AS champ, fraction % 10 AS expected, count(DISTINCT fraction / 10) AS received, count(*) AS declarations,
                  sum(contrats) AS contrats
           FROM declarations JOIN winners ON declarations.declaration = winners.declaration AND declarations.part = winners.part
           GROUP BY siret, month, coalesce(champ, '01'), fraction % 10),
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
