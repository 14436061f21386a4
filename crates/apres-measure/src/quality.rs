//! The state of the declarations, month by month: what came, what is missing, what was inferred.
//!
//! [`QualityBuilder`] is pure and looks at one establishment at a time; [`quality`] runs it over the lake in one sorted pass, so that memory does not follow the
//! size of the lake. The counts are exact and about the whole lake: whoever shows them protects those of contracts. Definitions: `docs/methods/quality.md`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use apres_store::datafusion::arrow::array::{Array, Int64Array, RecordBatch};
use apres_store::{Statistical, StatisticalTable, StoreFault};
use futures::StreamExt;

use crate::boundary::built_month;
use crate::build::MeasureFault;
use crate::calendar::{Day, Month};
use crate::columns::{self, Columns};
use crate::contract::EndStatus;
use crate::spells::SILENT_MONTHS;

#[cfg(test)]
mod tests;

/// A change of volume beyond this many percent is remarkable.
pub const VOLUME_PERCENT: u64 = 20;
/// Smaller volumes are not compared: one contract would move them too much.
pub const VOLUME_COMPARED_MIN: u64 = 20;
/// Establishments that are silent or incomplete are remarkable beyond this share of those expected, in percent.
pub const ABSENT_PERCENT: u64 = 5;

/// A monthly declaration as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Fingerprint: the same declaration received twice is one.
    pub declaration: u64,
    /// Main declared month.
    pub month: Month,
    /// `nd`: n-th of d fractions.
    pub fraction: i32,
    /// 01 total, as when absent, 02 agricultural, 03 general.
    pub champ: u8,
    /// S20.G00.05.002; 0 when absent.
    pub kind: u8,
    /// Day of constitution.
    pub constituted: Day,
    /// Order.
    pub ordre: i64,
    /// Contracts declared.
    pub contrats: u64,
}

/// Contracts of an establishment that were first and last declared in the same months and ended alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contracts {
    /// First month declared.
    pub first_month: Month,
    /// Last month declared.
    pub last_month: Month,
    /// How they ended.
    pub end: EndStatus,
    /// The month in which they ended.
    pub end_month: Option<Month>,
    /// How many.
    pub contracts: u64,
}

/// What is remarkable about a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alert {
    /// Nothing was received.
    Absent,
    /// Far fewer establishments or contracts than the month before.
    Low,
    /// Far more establishments or contracts than the month before, which was not low itself.
    High,
    /// Many establishments lack a fraction.
    Incomplete,
    /// Many establishments are silent.
    Silent,
}

/// The declarations of a main month, over the whole lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthQuality {
    /// Which month.
    pub month: Month,
    /// Declarations received, replaced ones too, by type (S20.G00.05.002).
    pub received: BTreeMap<u8, u64>,
    /// Declarations that a later one replaced.
    pub replaced: u64,
    /// Establishments with a declaration in force.
    pub establishments: u64,
    /// Those of them that declare no contract.
    pub without_contract: u64,
    /// Establishments that lack at least one fraction.
    pub incomplete: u64,
    /// Fractions that lack.
    pub fractions_missing: u64,
    /// Establishments that are silent.
    pub silent: u64,
    /// Those of them that declared the month before.
    pub newly_silent: u64,
    /// Contracts in the declarations in force.
    pub contracts: u64,
    /// Contracts that ended in the month, as declared.
    pub ends_declared: u64,
    /// Contracts that ended in the month, as inferred.
    pub ends_inferred: u64,
    /// The inferred ends of the month can all be known: no contract waits for its third silent month.
    pub is_settled: bool,
    /// What is remarkable.
    pub alerts: BTreeSet<Alert>,
}

impl MonthQuality {
    fn new(month: Month) -> Self {
        Self {
            month,
            received: BTreeMap::new(),
            replaced: 0,
            establishments: 0,
            without_contract: 0,
            incomplete: 0,
            fractions_missing: 0,
            silent: 0,
            newly_silent: 0,
            contracts: 0,
            ends_declared: 0,
            ends_inferred: 0,
            is_settled: false,
            alerts: BTreeSet::new(),
        }
    }

    /// Declarations received, all types.
    #[must_use]
    pub fn received_all(&self) -> u64 {
        self.received.values().sum()
    }

    fn alerts_after(&self, before: Option<&Self>) -> BTreeSet<Alert> {
        if self.establishments == 0 {
            return [Alert::Absent].into();
        }
        let mut alerts = BTreeSet::new();
        if let Some(before) = before {
            let volumes = [(before.establishments, self.establishments), (before.contracts, self.contracts)];
            let was_low = before.alerts.contains(&Alert::Low) || before.alerts.contains(&Alert::Absent);
            if volumes.iter().any(|(was, now)| falls(*was, *now)) {
                alerts.insert(Alert::Low);
            } else if !was_low && volumes.iter().any(|(was, now)| rises(*was, *now)) {
                alerts.insert(Alert::High);
            }
        }
        let expected = self.establishments + self.silent;
        let is_remarkable = |count: u64| count * 100 > expected * ABSENT_PERCENT;
        alerts.extend(is_remarkable(self.incomplete).then_some(Alert::Incomplete));
        alerts.extend(is_remarkable(self.silent).then_some(Alert::Silent));
        alerts
    }
}

fn falls(was: u64, now: u64) -> bool {
    was >= VOLUME_COMPARED_MIN && now * 100 < was * (100 - VOLUME_PERCENT)
}

fn rises(was: u64, now: u64) -> bool {
    was >= VOLUME_COMPARED_MIN && now * 100 > was * (100 + VOLUME_PERCENT)
}

/// The state of the declarations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quality {
    /// Every month from the first received to the latest complete one, in order.
    pub months: Vec<MonthQuality>,
    /// Declarations received for months after that one: sent early, or for a month that is wrong.
    pub beyond: BTreeMap<Month, u64>,
}

impl Quality {
    /// Inferred ends and all ends, over the months in which all of them are known.
    #[must_use]
    pub fn ends(&self) -> (u64, u64) {
        let settled = self.months.iter().filter(|month| month.is_settled);
        settled.fold((0, 0), |(inferred, all), month| (inferred + month.ends_inferred, all + month.ends_inferred + month.ends_declared))
    }
}

/// Gathers the state of the declarations, one establishment after the other, in any order.
#[derive(Debug)]
pub struct QualityBuilder {
    last_month: Month,
    months: BTreeMap<Month, MonthQuality>,
}

/// What an establishment declared for a month, once the replaced declarations are left out.
#[derive(Debug, Clone, Copy, Default)]
struct Declared {
    contracts: u64,
    fractions_missing: u64,
}

impl QualityBuilder {
    /// A builder for a lake whose latest complete month is this one.
    #[must_use]
    pub fn new(last_month: Month) -> Self {
        Self { last_month, months: BTreeMap::new() }
    }

    /// Adds an establishment: all its monthly declarations and all its contracts, each in any order.
    pub fn establishment(&mut self, received: &[Received], contracts: &[Contracts]) {
        for some in contracts {
            let Some(month) = some.end_month else { continue };
            let month = self.month(month);
            match some.end {
                EndStatus::Declared => month.ends_declared += some.contracts,
                EndStatus::Inferred => month.ends_inferred += some.contracts,
                EndStatus::Open => {}
            }
        }
        let declared = self.declarations(received);
        for (month, of_month) in &declared {
            let month = self.month(*month);
            month.establishments += 1;
            month.contracts += of_month.contracts;
            month.without_contract += u64::from(of_month.contracts == 0);
            month.incomplete += u64::from(of_month.fractions_missing > 0);
            month.fractions_missing += of_month.fractions_missing;
        }
        self.silences(&declared, contracts);
    }

    /// The months, in order, with those of which nothing came.
    #[must_use]
    pub fn finish(mut self) -> Quality {
        // An end may be declared for a month that no declaration is about.
        let received = self.months.values().filter(|month| !month.received.is_empty());
        let received: BTreeMap<Month, u64> = received.map(|month| (month.month, month.received_all())).collect();
        let beyond = received.range(self.last_month.plus(1)..).map(|(month, count)| (*month, *count)).collect();
        let Some(first) = received.keys().next() else { return Quality::default() };
        let mut months: Vec<MonthQuality> = Vec::new();
        for month in (first.0..=self.last_month.0).map(Month) {
            let mut quality = self.months.remove(&month).unwrap_or_else(|| MonthQuality::new(month));
            quality.is_settled = month.plus(SILENT_MONTHS) <= self.last_month;
            quality.alerts = quality.alerts_after(months.last());
            months.push(quality);
        }
        Quality { months, beyond }
    }

    fn month(&mut self, month: Month) -> &mut MonthQuality {
        self.months.entry(month).or_insert_with(|| MonthQuality::new(month))
    }

    /// Counts what was received, and gives what is in force by month.
    fn declarations(&mut self, received: &[Received]) -> BTreeMap<Month, Declared> {
        let mut known = HashSet::new();
        let mut in_force: BTreeMap<(Month, u8), BTreeMap<i32, Received>> = BTreeMap::new();
        for one in received.iter().filter(|one| known.insert(one.declaration)) {
            let month = self.month(one.month);
            *month.received.entry(one.kind).or_default() += 1;
            let fractions = in_force.entry((one.month, one.champ)).or_default();
            match fractions.get_mut(&one.fraction) {
                None => {
                    fractions.insert(one.fraction, *one);
                }
                Some(other) => {
                    month.replaced += 1;
                    if rank(one) > rank(other) {
                        *other = *one;
                    }
                }
            }
        }
        let mut declared: BTreeMap<Month, Declared> = BTreeMap::new();
        for ((month, _), fractions) in &in_force {
            let of_month = declared.entry(*month).or_default();
            of_month.contracts += fractions.values().map(|one| one.contrats).sum::<u64>();
            of_month.fractions_missing += fractions_missing(fractions);
        }
        declared
    }

    /// Counts the months, of the last three at most, in which contracts go on and no declaration came.
    fn silences(&mut self, declared: &BTreeMap<Month, Declared>, contracts: &[Contracts]) {
        let mut months = declared.iter().peekable();
        while let Some((last, of_month)) = months.next() {
            let over = self.last_month.plus(1);
            let next = months.peek().map_or(over, |(next, _)| over.min(**next));
            if of_month.contracts == 0 || !goes_on(contracts, *last) {
                continue;
            }
            for month in (last.0 + 1..next.0).take(usize::try_from(SILENT_MONTHS).unwrap_or(0)).map(Month) {
                let is_new = month == last.plus(1);
                let month = self.month(month);
                month.silent += 1;
                month.newly_silent += u64::from(is_new);
            }
        }
    }
}

/// The later constitution wins, then the higher order; the fingerprint settles what is left, as in the careers.
fn rank(one: &Received) -> (Day, i64, u64) {
    (one.constituted, one.ordre, one.declaration)
}

/// Fractions announced by the latest declaration of a month and not received.
fn fractions_missing(fractions: &BTreeMap<i32, Received>) -> u64 {
    let Some(latest) = fractions.values().max_by_key(|one| rank(one)) else { return 0 };
    let announced = latest.fraction % 10;
    let lacks = (1..=announced).filter(|n| !fractions.contains_key(&(n * 10 + announced))).count();
    u64::try_from(lacks).unwrap_or_default()
}

/// A contract declared in that month has not ended with it.
fn goes_on(contracts: &[Contracts], month: Month) -> bool {
    let is_declared = |some: &&Contracts| some.first_month <= month && month <= some.last_month;
    contracts.iter().filter(is_declared).any(|some| some.last_month > month || some.end != EndStatus::Declared)
}

/// Declarations and contracts of every establishment, one establishment after the other.
const ROWS: &str = "
SELECT siret, month, month AS last_month, CAST(NULL AS DATE) AS end_month, type AS code, champ, fraction, constituted, ordre, declaration, contrats
FROM declarations WHERE nature = '01' AND month IS NOT NULL
UNION ALL
SELECT siret, first_month, last_month, CAST(date_trunc('month', date_fin) AS DATE), end_status, NULL, NULL, NULL, NULL, NULL, count(*)
FROM spells GROUP BY siret, first_month, last_month, CAST(date_trunc('month', date_fin) AS DATE), end_status
ORDER BY siret";

/// Reads the state of the declarations in the lake, at the latest versions of its tables.
///
/// # Errors
/// When the lake cannot be read.
pub async fn quality(lake: &Statistical) -> Result<Quality, MeasureFault> {
    let context = lake.context_of(&[(StatisticalTable::Declarations, None), (StatisticalTable::Spells, None)]).await?;
    let last = built_month(lake, None).await?;
    let mut pass = Pass { builder: QualityBuilder::new(last), siret: None, received: Vec::new(), contracts: Vec::new() };
    let fault = || StoreFault::query("reading the state of the declarations");
    let mut stream = context.sql(ROWS).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
    while let Some(batch) = stream.next().await {
        pass.batch(&batch.map_err(fault())?);
    }
    pass.end_establishment();
    Ok(pass.builder.finish())
}

/// The establishment at hand.
struct Pass {
    builder: QualityBuilder,
    siret: Option<u64>,
    received: Vec<Received>,
    contracts: Vec<Contracts>,
}

impl Pass {
    fn batch(&mut self, batch: &RecordBatch) {
        let read = Columns(batch);
        let (sirets, codes, champs) = (read.texts("siret"), read.texts("code"), read.texts("champ"));
        let (months, last_months, end_months) = (read.days("month"), read.days("last_month"), read.days("end_month"));
        let (fractions, constituted) = (read.ints("fraction"), read.days("constituted"));
        let (ordres, declarations, contrats) = (read.longs("ordre"), read.longs("declaration"), read.longs("contrats"));
        let month_at = |column, row| columns::day(column, row).map(|day| Day(day).month());
        for row in 0..batch.num_rows() {
            let siret = columns::code(&sirets, row);
            if self.siret != siret {
                self.end_establishment();
                self.siret = siret;
            }
            let Some((month, last_month)) = month_at(&months, row).zip(month_at(&last_months, row)) else { continue };
            let contracts = count(&contrats, row);
            if declarations.is_valid(row) {
                self.received.push(Received {
                    declaration: count(&declarations, row),
                    month,
                    fraction: columns::int(&fractions, row).unwrap_or_default(),
                    champ: columns::code(&champs, row).unwrap_or(1),
                    kind: columns::code(&codes, row).unwrap_or_default(),
                    constituted: Day(columns::day(&constituted, row).unwrap_or_default()),
                    ordre: if ordres.is_valid(row) { ordres.value(row) } else { 0 },
                    contrats: contracts,
                });
            } else {
                let end = match columns::text(&codes, row) {
                    Some("declared") => EndStatus::Declared,
                    Some("inferred") => EndStatus::Inferred,
                    _ => EndStatus::Open,
                };
                self.contracts.push(Contracts { first_month: month, last_month, end, end_month: month_at(&end_months, row), contracts });
            }
        }
    }

    fn end_establishment(&mut self) {
        self.builder.establishment(&self.received, &self.contracts);
        self.received.clear();
        self.contracts.clear();
    }
}

fn count(column: &Int64Array, row: usize) -> u64 {
    if column.is_valid(row) { u64::try_from(column.value(row)).unwrap_or_default() } else { 0 }
}
