//! Whose careers may differ from what the last build wrote (decision 0014).
//!
//! A build notes what it read and what it wrote. The next one compares: when nothing but declarations were added since, and they move neither the latest complete month nor
//! the rules, only the people that they tell of have to be gone through again. Whoever is in doubt is named; when the doubt is general, nobody is, and everything is built anew.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use apres_store::datafusion::arrow::array::RecordBatch;
use apres_store::{People, PersonSet, Statistical, StatisticalTable, StoreFault, Writer};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use tokio::task::JoinSet;

use crate::boundary::built_month;
use crate::build::MeasureFault;
use crate::calendar::Month;
use crate::columns::Columns;
use crate::contract::siren_of;
use crate::exits::ProgrammeRule;
use crate::people::KnownAs;
use crate::read::{code, pseudonym};
use crate::standing::{Named, Standing};

/// When more than one person out of so many is concerned, building everything anew is no slower,
const SHARE_MIN: u64 = 5;
/// unless they are so few that it does not matter.
const PEOPLE_FEW: u64 = 1_000;

/// What is read of the tables of what is declared, to know of whom they tell.
const TELLING: [&str; 3] = ["declaration", "part", "siret"];

/// The code of the rules: a program that has other ones builds everything anew.
const RULES: [&str; 16] = [
    include_str!("absences.rs"),
    include_str!("boundary.rs"),
    include_str!("build.rs"),
    include_str!("calendar.rs"),
    include_str!("chains.rs"),
    include_str!("changes.rs"),
    include_str!("contract.rs"),
    include_str!("exits.rs"),
    include_str!("fold.rs"),
    include_str!("output.rs"),
    include_str!("panel.rs"),
    include_str!("people.rs"),
    include_str!("read.rs"),
    include_str!("seen.rs"),
    include_str!("spells.rs"),
    include_str!("standing.rs"),
];

/// The versions of what a build reads, taken before it reads: what comes meanwhile is looked at again rather than forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Began {
    observations: u64,
    changes: u64,
    absences: u64,
    declarations: u64,
}

/// What a build wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrote {
    pub(crate) known_as: u64,
    pub(crate) spells: u64,
    pub(crate) months: u64,
    pub(crate) exits: u64,
}

const OBSERVATIONS: &str = "observations";
const CHANGES: &str = "changes";
const ABSENCES: &str = "absences";
const DECLARATIONS: &str = "declarations";
const KNOWN_AS: &str = "known_as";
const SPELLS: &str = "spells";
const MONTHS: &str = "months";
const EXITS: &str = "exits";
const RULES_READ: &str = "rules";
const PEOPLE: &str = "people";

impl Began {
    pub(crate) async fn now(lake: &Statistical) -> Result<Self, MeasureFault> {
        Ok(Self {
            observations: lake.version(StatisticalTable::Observations).await?,
            changes: lake.version(StatisticalTable::Changes).await?,
            absences: lake.version(StatisticalTable::Absences).await?,
            // Last: rows come before the declarations that name them.
            declarations: lake.version(StatisticalTable::Declarations).await?,
        })
    }

    pub(crate) fn declarations(self) -> u64 {
        self.declarations
    }

    /// Notes with the commit of the panel what was read, what was written, by which rules, and how many people there are.
    pub(crate) fn note(self, panel: Writer<StatisticalTable>, wrote: Wrote, rules: i64, people: u64) -> Writer<StatisticalTable> {
        let long = |version: u64| i64::try_from(version).unwrap_or(i64::MAX);
        let read = [(OBSERVATIONS, self.observations), (CHANGES, self.changes), (ABSENCES, self.absences)];
        let written = [(KNOWN_AS, wrote.known_as), (SPELLS, wrote.spells), (MONTHS, wrote.months), (EXITS, wrote.exits)];
        let noted = read.into_iter().chain(written).chain([(PEOPLE, people)]);
        noted.fold(panel, |panel, (name, version)| panel.note(name, long(version))).note(RULES_READ, rules)
    }
}

/// A number that is another one when the rules are other ones, those of the catalogue or those of the code.
pub(crate) fn rules_read(rules: &[ProgrammeRule]) -> i64 {
    let mut hasher = FxHasher::default();
    RULES.hash(&mut hasher);
    format!("{rules:?}").hash(&mut hasher);
    i64::try_from(hasher.finish() >> 1).unwrap_or(i64::MAX)
}

/// What is known by now, to be compared with what the last build noted.
pub(crate) struct Now<'n> {
    pub(crate) standing: &'n Standing,
    pub(crate) known: &'n KnownAs,
    pub(crate) last_month: Month,
    pub(crate) rules: i64,
}

/// What the last build noted, when all of it is there.
struct Noted {
    read: Began,
    wrote: Wrote,
    rules: i64,
    people: u64,
}

impl Noted {
    async fn read(lake: &Statistical) -> Result<Option<Self>, MeasureFault> {
        let names = [OBSERVATIONS, CHANGES, ABSENCES, DECLARATIONS, KNOWN_AS, SPELLS, MONTHS, EXITS, PEOPLE];
        let versions =
            lake.notes(StatisticalTable::Panel, names).await?.map(|version| version.and_then(|version| u64::try_from(version).ok()));
        let [rules] = lake.notes(StatisticalTable::Panel, [RULES_READ]).await?;
        Ok((|| {
            let [observations, changes, absences, declarations, known_as, spells, months, exits, people] = versions;
            Some(Self {
                read: Began { observations: observations?, changes: changes?, absences: absences?, declarations: declarations? },
                wrote: Wrote { known_as: known_as?, spells: spells?, months: months?, exits: exits? },
                rules: rules?,
                people: people?,
            })
        })())
    }

    /// Whether the tables are as that build left them, exits of lists apart.
    async fn is_in_force(&self, lake: &Statistical) -> Result<bool, MeasureFault> {
        let (exits, table) = (self.wrote.exits, StatisticalTable::Exits);
        let now = lake.version(table).await?;
        Ok(lake.version(StatisticalTable::Spells).await? == self.wrote.spells
            && lake.version(StatisticalTable::Months).await? == self.wrote.months
            && lake.files_at(table, exits, Some("dsn")).await? == lake.files_at(table, now, Some("dsn")).await?)
    }
}

/// How many people the last build noted.
pub(crate) async fn people(lake: &Statistical) -> Result<u64, MeasureFault> {
    let [people] = lake.notes(StatisticalTable::Panel, [PEOPLE]).await?;
    Ok(people.and_then(|people| u64::try_from(people).ok()).unwrap_or(0))
}

/// The people whose careers are to be built again, as they are or were finally known; nothing when that is everybody.
pub(crate) async fn touched(lake: &Statistical, now: &Now<'_>) -> Result<Option<FxHashSet<u64>>, MeasureFault> {
    let Some(noted) = Noted::read(lake).await? else { return Ok(None) };
    let is_same = noted.rules == now.rules && built_month(lake, None).await? == now.last_month;
    if !is_same || !noted.is_in_force(lake).await? {
        return Ok(None);
    }
    let read = &noted.read;
    let tables = [
        (StatisticalTable::Observations, read.observations),
        (StatisticalTable::Changes, read.changes),
        (StatisticalTable::Absences, read.absences),
    ];
    for (table, version) in tables {
        if lake.people_since(table, version, &[]).await?.is_none() {
            return Ok(None);
        }
    }
    if lake.files_at(StatisticalTable::Declarations, read.declarations, None).await?.is_none()
        || lake.files_at(StatisticalTable::KnownAs, noted.wrote.known_as, None).await?.is_none()
    {
        return Ok(None);
    }
    let before = KnownAs::read_at(lake, noted.wrote.known_as).await?;
    let changed = now.standing.differences(&Standing::read_at(lake, Some(read.declarations)).await?);
    let Some(months) = changed.values().copied().collect::<Option<BTreeSet<i32>>>() else { return Ok(None) };
    let mut people = now.known.differences(&before);
    let search = Arc::new(Search { changed, months, now: now.known.clone(), before });
    for (table, _) in tables {
        people.extend(search.people_of(Arc::new(lake.people(table, &TELLING).await?)).await?);
    }
    let count = people.len() as u64;
    Ok((count <= PEOPLE_FEW || count * SHARE_MIN <= noted.people).then_some(people))
}

/// Declarations that came to stand or ceased to, and who pseudonyms are and were.
struct Search {
    changed: FxHashMap<Named, Option<i32>>,
    months: BTreeSet<i32>,
    now: KnownAs,
    before: KnownAs,
}

impl Search {
    fn finally(&self, person: u64, siren: u64) -> [u64; 3] {
        [person, self.now.who(person, siren), self.before.who(person, siren)]
    }

    /// The people of whom the declarations that changed tell, in the rows of a table.
    async fn people_of(self: &Arc<Self>, table: Arc<People>) -> Result<FxHashSet<u64>, MeasureFault> {
        let turns = std::thread::available_parallelism().map_or(1, usize::from);
        let mut workers = JoinSet::new();
        for turn in 0..turns {
            let (search, table) = (Arc::clone(self), Arc::clone(&table));
            workers.spawn_blocking(move || {
                let mut people = FxHashSet::default();
                table.read_months(&search.months, (turn, turns), |batch| {
                    search.add(&batch, &mut people);
                    Ok::<_, StoreFault>(())
                })?;
                Ok::<_, StoreFault>(people)
            });
        }
        let mut people = FxHashSet::default();
        while let Some(ended) = workers.join_next().await {
            people.extend(ended.map_err(|_| MeasureFault::Stopped)??);
        }
        Ok(people)
    }

    fn add(&self, batch: &RecordBatch, people: &mut FxHashSet<u64>) {
        let read = Columns(batch);
        let (persons, declarations, parts) = (read.longs("person"), read.longs("declaration"), read.longs("part"));
        let sirets = code::<u64>(batch, "siret");
        for row in 0..batch.num_rows() {
            if self.changed.contains_key(&(declarations.value(row), parts.value(row))) {
                people.extend(self.finally(pseudonym(&persons, row), sirets.value(row).map_or(0, siren_of)));
            }
        }
    }
}

/// People to be gone through again, and every pseudonym under which rows of theirs may lie.
#[derive(Debug)]
pub(crate) struct Touched {
    people: Vec<u64>,
    /// Pseudonyms that are finally somebody else, by who they are.
    others: Vec<(u64, u64)>,
}

impl Touched {
    pub(crate) fn new(people: &FxHashSet<u64>, known: &KnownAs) -> Self {
        let mut people: Vec<u64> = people.iter().copied().collect();
        people.sort_unstable();
        let mut others: Vec<(u64, u64)> = known.pairs().map(|(old, new)| (new, old)).collect();
        others.sort_unstable();
        Self { people, others }
    }

    /// Everybody of them.
    pub(crate) fn all(&self) -> PersonSet {
        PersonSet::new(self.people.iter().copied())
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.people.len()
    }

    pub(crate) fn holds(&self, person: u64) -> bool {
        self.people.binary_search(&person).is_ok()
    }

    /// Those of a range of pseudonyms, bounds included.
    pub(crate) fn within(&self, (first, last): (u64, u64)) -> &[u64] {
        &self.people[self.people.partition_point(|person| *person < first)..self.people.partition_point(|person| *person <= last)]
    }

    /// Every pseudonym of everybody of them.
    pub(crate) fn all_pseudonyms(&self) -> PersonSet {
        self.pseudonyms(&self.people)
    }

    /// Every pseudonym of these people.
    pub(crate) fn pseudonyms(&self, people: &[u64]) -> PersonSet {
        let others = people.iter().flat_map(|person| {
            let from = self.others.partition_point(|(new, _)| new < person);
            self.others[from..].iter().take_while(move |(new, _)| new == person).map(|(_, old)| *old)
        });
        PersonSet::new(people.iter().copied().chain(others))
    }
}
