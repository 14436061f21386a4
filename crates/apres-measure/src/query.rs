//! A request into a counted table.
//!
//! One query groups the panel by the few columns that the question names, with the number of people in each combination; the catalogue's expressions are then
//! evaluated on these combinations. So a definition is read in one place only, nothing is concatenated into SQL, and the engine moves counts, not people.

use std::collections::{BTreeMap, BTreeSet};

use apres_protect::catalogue::{Column, Measure, Row};
use apres_protect::{
    Catalogue, Counted, CountedCell, CountedRest, CountedValue, Dimension, Filter, Group, Indicator, Population, RecordKeys, Request, Rest,
    Scope, SetKey, Standing,
};
use apres_store::datafusion::arrow::array::{Array, RecordBatch};
use apres_store::datafusion::common::ScalarValue;
use apres_store::datafusion::error::DataFusionError;
use apres_store::datafusion::functions_aggregate::expr_fn::{count as count_rows, sum};
use apres_store::datafusion::functions_window::expr_fn::dense_rank;
use apres_store::datafusion::logical_expr::ExprFunctionExt;
use apres_store::datafusion::prelude::{DataFrame, Expr, SessionContext, col, lit};
use apres_store::{Statistical, StatisticalTable, StoreFault};

use crate::boundary::built_month;
use crate::build::{MeasureFault, collect};
use crate::calendar::Day;
use crate::columns::{self, Columns};
use crate::record_key::record_key;

/// What the lake covers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extent {
    /// Version of the panel.
    pub lake_version: u64,
    /// First and last main month, `year * 12 + month - 1`; 0 when there is nothing.
    pub first_month: i32,
    /// Last main month.
    pub last_month: i32,
    /// First and last quarter with exits, `year * 4 + quarter - 1`.
    pub quarters: Option<(i32, i32)>,
    /// Programmes with exits.
    pub programmes: BTreeSet<String>,
    /// Départements with exits.
    pub departements: BTreeSet<String>,
}

/// Reads what the lake covers.
///
/// # Errors
/// When the lake cannot be read.
pub async fn extent(lake: &Statistical) -> Result<Extent, MeasureFault> {
    let lake_version = lake.version(StatisticalTable::Panel).await?;
    extent_at(lake, lake_version).await
}

/// Reads what the lake covers, at a given version of the panel.
///
/// # Errors
/// When the lake cannot be read at that version.
pub async fn extent_at(lake: &Statistical, lake_version: u64) -> Result<Extent, MeasureFault> {
    let context = lake.context_of(&[(StatisticalTable::Panel, Some(lake_version)), (StatisticalTable::Declarations, None)]).await?;
    let mut extent = Extent { lake_version, ..Extent::default() };
    let months = collect(&context, "SELECT min(month) AS first FROM declarations WHERE nature = '01'").await?;
    let first = months.first().and_then(|batch| columns::day(&Columns(batch).days("first"), 0));
    extent.first_month = first.map_or(0, |day| Day(day).month().0);
    extent.last_month = built_month(lake, Some(extent.lake_version)).await?.0;
    let sql = "SELECT programme, departement, min(quarter_index) AS first, max(quarter_index) AS last FROM panel \
               WHERE source = 'dsn' AND horizon = 0 GROUP BY programme, departement";
    for batch in collect(&context, sql).await? {
        let read = Columns(&batch);
        let (programmes, departements, firsts, lasts) =
            (read.texts("programme"), read.texts("departement"), read.ints("first"), read.ints("last"));
        for row in 0..batch.num_rows() {
            extent.programmes.extend(columns::text(&programmes, row).map(str::to_owned));
            extent.departements.extend(columns::text(&departements, row).map(str::to_owned));
            let seen = columns::int(&firsts, row).zip(columns::int(&lasts, row));
            extent.quarters = match (extent.quarters, seen) {
                (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
                (known, seen) => known.or(seen),
            };
        }
    }
    Ok(extent)
}

/// Counts what a request asks, exactly, at the latest version of the panel, with the key of each set of people counted.
///
/// # Errors
/// When the request is malformed or the lake cannot be read.
pub async fn count(lake: &Statistical, request: &Request, catalogue: &Catalogue, keys: &RecordKeys) -> Result<Counted, MeasureFault> {
    let request = request.canonical().map_err(MeasureFault::Request)?;
    let lake_version = lake.version(StatisticalTable::Panel).await?;
    count_at(lake, request, catalogue, lake_version, keys).await
}

/// Counts what a request asks, at a given version of the panel.
///
/// # Errors
/// When the lake cannot be read at that version.
pub async fn count_at(
    lake: &Statistical,
    request: Request,
    catalogue: &Catalogue,
    lake_version: u64,
    keys: &RecordKeys,
) -> Result<Counted, MeasureFault> {
    let context = lake.context_of(&[(StatisticalTable::Panel, Some(lake_version))]).await?;
    let last_month = built_month(lake, Some(lake_version)).await?.0;
    let indicators = catalogue.to_count(&request);
    let seen = combinations(&context, &request, &Part::own(&request), &indicators, keys).await?;
    let is_kept = |seen: &&Combination| seen.horizon == 0 && is_in_slice(&request, seen);
    let (population, population_key) = people(seen.iter().filter(is_kept));
    let (found, found_key) = people(seen.iter().filter(is_kept).filter(|seen| seen.fact(Column::Matched)));
    let own = cells(&indicators, &request, &seen);
    let rest = match Part::rest(&request) {
        None => None,
        Some(part) => {
            let seen = combinations(&context, &request, &part, &indicators, keys).await?;
            let plain = Request { filters: Vec::new(), ..request.clone() };
            let (population, population_key) = people(seen.iter().filter(|seen| seen.horizon == 0));
            Some(CountedRest { population, population_key, cells: cells(&indicators, &plain, &seen) })
        }
    };
    let last_month = apres_protect::Month(last_month);
    Ok(Counted { request, lake_version, last_month, population, population_key, found, found_key, cells: own, rest })
}

/// How many people, and their key.
fn people<'a>(combinations: impl Iterator<Item = &'a Combination>) -> (u64, SetKey) {
    combinations.fold((0, SetKey::ZERO), |(people, key), seen| (people + seen.people, key.and(seen.key)))
}

/// The people whom a request is about, after its filters and whatever it asks of them, at a given version of the panel: each once. Rows of a list of whom
/// nobody was found are nobody here.
///
/// # Errors
/// When the request is malformed or the lake cannot be read at that version.
pub async fn people_at(lake: &Statistical, request: &Request, lake_version: u64) -> Result<BTreeSet<u64>, MeasureFault> {
    let request = request.canonical().map_err(MeasureFault::Request)?;
    let context = lake.context_of(&[(StatisticalTable::Panel, Some(lake_version))]).await?;
    let fault = || StoreFault::query("finding whom a question is about");
    let part = Part { filters: request.filters.clone(), ..Part::own(&request) };
    let panel = context.table("panel").await.map_err(fault())?;
    let kept = covered_people(panel, &request, &part).map_err(fault())?;
    let people = kept.filter(col("horizon").eq(lit(0))).and_then(|frame| frame.select(vec![col("person")])).map_err(fault())?;
    let mut found = BTreeSet::new();
    for batch in people.collect().await.map_err(fault())? {
        let read = Columns(&batch);
        let people = read.longs("person");
        found.extend((0..batch.num_rows()).filter(|row| people.is_valid(*row)).filter_map(|row| u64::try_from(people.value(row)).ok()));
    }
    Ok(found)
}

/// Which people of the panel are read: the request's own, not filtered (a filter is a column of the table), or those to compare with.
struct Part {
    scope: Scope,
    /// Left out: the request's own scope, for those to compare with.
    without: Option<Scope>,
    filters: Vec<Filter>,
    /// Filters whose values are left out.
    excluded: Vec<Filter>,
}

impl Part {
    fn own(request: &Request) -> Self {
        Self { scope: request.scope.clone(), without: None, filters: Vec::new(), excluded: Vec::new() }
    }

    fn rest(request: &Request) -> Option<Self> {
        let (scope, filters) = (request.scope.clone(), request.filters.clone());
        match request.rest.as_ref()? {
            Rest::Scope(wider) => Some(Self { scope: wider.clone(), without: Some(scope), filters, excluded: Vec::new() }),
            Rest::Others(dimension) => {
                let (excluded, filters) = filters.into_iter().partition(|filter| filter.dimension == *dimension);
                Some(Self { scope, without: None, filters, excluded })
            }
        }
    }
}

/// Whether the request's filters keep these people.
fn is_in_slice(request: &Request, seen: &Combination) -> bool {
    request
        .filters
        .iter()
        .all(|filter| seen.text(filter.dimension.column()).is_some_and(|value| filter.values.iter().any(|kept| kept == value)))
}

fn cells(indicators: &[&Indicator], request: &Request, combinations: &[Combination]) -> Vec<CountedCell> {
    let mut cells = Vec::new();
    for indicator in indicators {
        for horizon in indicator.horizons_for(request) {
            cells.extend(cells_of(indicator, horizon, request, combinations));
        }
    }
    cells
}

/// People who share all that the question looks at.
struct Combination {
    horizon: u8,
    people: u64,
    key: SetKey,
    values: BTreeMap<Column, Value>,
}

enum Value {
    Fact(bool),
    Text(String),
    Number(i64),
}

impl Row for Combination {
    fn fact(&self, column: Column) -> bool {
        matches!(self.values.get(&column), Some(Value::Fact(true)))
    }

    fn text(&self, column: Column) -> Option<&str> {
        match self.values.get(&column) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn number(&self, column: Column) -> Option<i64> {
        match self.values.get(&column) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// The columns that a question looks at.
fn columns_of(request: &Request, indicators: &[&Indicator]) -> BTreeSet<Column> {
    let mut columns: BTreeSet<Column> = [Column::Observable, Column::Consolidated, Column::Matched].into();
    for indicator in indicators {
        columns.extend(indicator.denominator.columns());
        columns.extend(indicator.numerator.iter().flat_map(apres_protect::Expr::columns));
        match &indicator.measure {
            Measure::Distribution { column, .. } | Measure::Quartiles { column, .. } => {
                columns.insert(*column);
            }
            Measure::Count | Measure::Share => {}
        }
    }
    columns.extend(request.dimensions().into_iter().map(Dimension::column));
    columns
}

async fn combinations(
    context: &SessionContext,
    request: &Request,
    part: &Part,
    indicators: &[&Indicator],
    keys: &RecordKeys,
) -> Result<Vec<Combination>, MeasureFault> {
    let columns = columns_of(request, indicators);
    let mut horizons: BTreeSet<u8> = indicators.iter().flat_map(|indicator| indicator.horizons_for(request)).collect();
    horizons.insert(0);
    let fault = || StoreFault::query("counting");
    let panel = context.table("panel").await.map_err(fault())?;
    let grouped = grouped(panel, request, part, &horizons, &columns, keys).map_err(fault())?;
    let batches = grouped.collect().await.map_err(fault())?;
    Ok(batches.iter().flat_map(|batch| read_combinations(batch, &columns)).collect())
}

/// The rows of the people of a part: their latest exit, after the part's filters.
fn covered_people(panel: DataFrame, request: &Request, part: &Part) -> Result<DataFrame, DataFusionError> {
    let covered = panel.filter(covered(request, part))?;
    let latest = match &request.population {
        // One exit per person: the latest of what the request covers, before filters and breakdowns.
        Population::Programme(_) => {
            let rank = dense_rank()
                .partition_by(vec![col("person")])
                .order_by(vec![col("exit_date").sort(false, false), col("siret").sort(true, false), col("type").sort(true, false)])
                .build()?
                .alias("recency");
            covered.window(vec![rank])?.filter(col("recency").eq(lit(1_u64)))?
        }
        Population::List(_) => covered,
    };
    let has = |filter: &Filter| {
        let values = filter.values.iter().map(|value| lit(value.clone())).collect();
        col(filter.dimension.column().name()).in_list(values, false)
    };
    let kept = part.filters.iter().try_fold(latest, |frame, filter| frame.filter(has(filter)))?;
    part.excluded.iter().try_fold(kept, |frame, filter| frame.filter(has(filter).is_not_true()))
}

fn grouped(
    panel: DataFrame,
    request: &Request,
    part: &Part,
    horizons: &BTreeSet<u8>,
    columns: &BTreeSet<Column>,
    keys: &RecordKeys,
) -> Result<DataFrame, DataFusionError> {
    let kept = covered_people(panel, request, part)?;
    let horizons = horizons.iter().map(|horizon| lit(i32::from(*horizon))).collect();
    let names: Vec<Expr> = std::iter::once(col("horizon")).chain(columns.iter().map(|column| col(column.name()))).collect();
    let key = record_key(keys, matches!(request.population, Population::List(_)));
    // The sum wraps, as that of a set of keys must: a test of the counts adds up keys of all sizes.
    let counts = vec![count_rows(lit(1_i64)).alias("people"), sum(key).alias("set_key")];
    kept.filter(col("horizon").in_list(horizons, false))?.aggregate(names, counts)
}

/// Programme, period and scope.
fn covered(request: &Request, part: &Part) -> Expr {
    let (from, to) = (lit(request.period.from.0), lit(request.period.to.0));
    let in_period = col("quarter_index").gt_eq(from).and(col("quarter_index").lt_eq(to));
    let population = match &request.population {
        Population::Programme(programme) => col("source").eq(lit("dsn")).and(col("programme").eq(lit(programme.clone()))).and(in_period),
        // A row that gives no exit has no quarter, and still has to be reported.
        Population::List(list) => col("source").eq(lit(list.clone())).and(in_period.or(col("quarter_index").is_null())),
    };
    let one_of = |column: &str, values: &[String]| col(column).in_list(values.iter().map(|value| lit(value.clone())).collect(), false);
    let within = |scope: &Scope| match scope {
        Scope::National => lit(true),
        Scope::Departements(codes) => one_of("departement", codes),
        Scope::Structures(sirets) => one_of("siret", sirets),
    };
    if matches!(request.population, Population::List(_)) {
        return population;
    }
    let covered = population.and(within(&part.scope));
    match &part.without {
        None => covered,
        // An unknown place is not the request's own.
        Some(own) => covered.and(within(own).is_not_true()),
    }
}

fn read_combinations(batch: &RecordBatch, columns: &BTreeSet<Column>) -> Vec<Combination> {
    let read = |name: &str, row: usize| {
        let column = batch.column_by_name(name).unwrap_or_else(|| unreachable!("the query selects {name}"));
        ScalarValue::try_from_array(column, row).unwrap_or(ScalarValue::Null)
    };
    let value = |column: &Column, row: usize| {
        let value = match read(column.name(), row) {
            ScalarValue::Boolean(Some(fact)) => Value::Fact(fact),
            ScalarValue::Int32(Some(number)) => Value::Number(i64::from(number)),
            ScalarValue::Int64(Some(number)) => Value::Number(number),
            ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)) | ScalarValue::LargeUtf8(Some(text)) => Value::Text(text),
            _ => Value::Text(String::new()),
        };
        (*column, value)
    };
    let rows = (0..batch.num_rows()).map(|row| Combination {
        horizon: match read("horizon", row) {
            ScalarValue::Int32(Some(horizon)) => u8::try_from(horizon).unwrap_or_default(),
            _ => 0,
        },
        people: match read("people", row) {
            ScalarValue::Int64(Some(people)) => u64::try_from(people).unwrap_or_default(),
            _ => 0,
        },
        key: match read("set_key", row) {
            ScalarValue::UInt64(Some(sum)) => SetKey::from_sum(sum),
            _ => unreachable!("the query sums the keys of the people in each combination"),
        },
        values: columns.iter().map(|column| value(column, row)).collect(),
    });
    rows.collect()
}

/// The total, then each group in order, at every level of the request's table.
fn cells_of(indicator: &Indicator, horizon: u8, request: &Request, combinations: &[Combination]) -> Vec<CountedCell> {
    let at: Vec<&Combination> = combinations.iter().filter(|combination| combination.horizon == horizon).collect();
    let is_list = matches!(request.population, Population::List(_));
    let mut cells = Vec::new();
    for level in request.levels() {
        let mut groups: BTreeMap<Group, Vec<&Combination>> = BTreeMap::new();
        // The total that is asked is there even when it holds nobody.
        let asked = request.slice().filter(|asked| asked.iter().map(|(dimension, _)| dimension).eq(&level));
        groups.extend(asked.map(|asked| (asked, Vec::new())));
        for combination in &at {
            let value = |dimension: &Dimension| {
                let value = combination.text(dimension.column()).unwrap_or_default();
                (*dimension, request.table_value(*dimension, value))
            };
            groups.entry(level.iter().map(value).collect()).or_default().push(combination);
        }
        cells.extend(groups.into_iter().map(|(group, members)| {
            let (value, key) = value_of(indicator, &members);
            let found = is_list.then(|| {
                let found: Vec<&Combination> = members.iter().filter(|seen| seen.fact(Column::Matched)).copied().collect();
                value_of(indicator, &found)
            });
            let (found, found_key) = found.map_or((None, SetKey::ZERO), |(found, key)| (Some(found), key));
            let standing = standing(&members);
            CountedCell { indicator: indicator.id.clone(), horizon, group, standing, value, key, found, found_key }
        }));
    }
    cells
}

fn standing(members: &[&Combination]) -> Standing {
    let mut seen = members.iter().filter(|combination| combination.fact(Column::Observable)).peekable();
    if seen.peek().is_none() && !members.is_empty() {
        return Standing::Pending;
    }
    let is_consolidated = seen.all(|combination| combination.horizon == 0 || combination.fact(Column::Consolidated));
    if is_consolidated { Standing::Consolidated } else { Standing::Provisional }
}

/// What an indicator counts of these people, and the key of those whom it is out of.
fn value_of(indicator: &Indicator, members: &[&Combination]) -> (CountedValue, SetKey) {
    let counted: Vec<&Combination> = members.iter().filter(|combination| indicator.denominator.eval(**combination)).copied().collect();
    let (denominator, key) = people(counted.iter().copied());
    let of = |rows: &mut dyn Iterator<Item = &&Combination>| rows.map(|combination| combination.people).sum::<u64>();
    let value = match &indicator.measure {
        Measure::Count => CountedValue::Count(denominator),
        Measure::Share => {
            let has = |combination: &&&Combination| indicator.numerator.as_ref().is_some_and(|numerator| numerator.eval(**combination));
            CountedValue::Share { numerator: of(&mut counted.iter().filter(has)), denominator }
        }
        Measure::Distribution { column, categories } => {
            let is_in = |combination: &Combination, category: &apres_protect::catalogue::Category| match category.band {
                Some((low, high)) => combination.number(*column).is_some_and(|number| (low..=high).contains(&number)),
                None => combination.text(*column) == Some(category.code.as_str()),
            };
            let categories = categories.iter().map(|category| {
                let members = of(&mut counted.iter().filter(|combination| is_in(combination, category)));
                (category.code.clone(), members)
            });
            CountedValue::Distribution { denominator, categories: categories.collect() }
        }
        Measure::Quartiles { column, .. } => {
            let value = |combination: &&Combination| (combination.number(*column).unwrap_or_default(), combination.people);
            CountedValue::Quartiles(counted.iter().map(value).collect())
        }
    };
    (value, key)
}
