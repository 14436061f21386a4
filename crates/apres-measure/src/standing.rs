//! The declarations that stand: of those of one SIRET, main month, fraction and champ, the latest constituted, then the highest order.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use apres_store::datafusion::arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Statistical, StatisticalTable, StoreFault};
use futures::StreamExt;
use rustc_hash::FxHashMap;

use crate::build::MeasureFault;
use crate::columns::{self, Columns};

/// What a declaration is of: SIRET, first day of the month, fraction, champ.
type Place = (Option<u64>, Option<i32>, Option<i32>, Option<u16>);
/// What makes it stand: constitution, order, fingerprint; of equal ones the first part.
type Rank = (Option<i32>, Option<i64>, i64, Reverse<i64>);

/// S20.G00.05.008 of a declaration that is not split between two regimes.
pub(crate) const CHAMP_TOTAL: u16 = 1;

/// A declaration in the part that holds its rows.
pub(crate) type Named = (i64, i64);

/// The monthly declarations that count, by declaration and part.
#[derive(Debug, Default)]
pub(crate) struct Standing(FxHashMap<Named, Stands>);

/// Of a declaration that counts.
#[derive(Debug, Clone, Copy)]
struct Stands {
    /// First day of its month.
    month: Option<i32>,
    /// Its place among all, by month, constitution, order, then fingerprint: what a later one says of a person counts.
    order: u32,
}

impl Standing {
    pub(crate) async fn read(lake: &Statistical) -> Result<Self, MeasureFault> {
        Self::read_at(lake, None).await
    }

    /// Those that counted at a version of the declarations, or at the latest.
    pub(crate) async fn read_at(lake: &Statistical, version: Option<u64>) -> Result<Self, MeasureFault> {
        let fault = || StoreFault::query("reading the declarations");
        let context = lake.context_of(&[(StatisticalTable::Declarations, version)]).await?;
        let columns = "SELECT declaration, part, siret, month, fraction, champ, constituted, ordre FROM declarations WHERE nature = '01'";
        let mut stream = context.sql(columns).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
        let mut best: FxHashMap<Place, Rank> = FxHashMap::default();
        while let Some(batch) = stream.next().await {
            add(&batch.map_err(fault())?, &mut best);
        }
        let mut all: Vec<(Option<i32>, Rank)> = best.into_iter().map(|((_, month, ..), rank)| (month, rank)).collect();
        all.sort_unstable();
        let named =
            (0..).zip(all).map(|(order, (month, (_, _, declaration, Reverse(part))))| ((declaration, part), Stands { month, order }));
        Ok(Self(named.collect()))
    }

    pub(crate) fn holds(&self, declaration: i64, part: i64) -> bool {
        self.0.contains_key(&(declaration, part))
    }

    /// The place among those that stand, the latest last.
    pub(crate) fn order(&self, declaration: i64, part: i64) -> Option<u32> {
        self.0.get(&(declaration, part)).map(|stands| stands.order)
    }

    /// The declarations that stand in one of the two and not in the other.
    pub(crate) fn differences(&self, other: &Self) -> FxHashMap<Named, Option<i32>> {
        let only = |one: &Self, other: &Self| -> Vec<(Named, Option<i32>)> {
            let gone = one.0.iter().filter(|(named, _)| !other.0.contains_key(named));
            gone.map(|(named, stands)| (*named, stands.month)).collect()
        };
        only(self, other).into_iter().chain(only(other, self)).collect()
    }

    /// Makes them the table `winners` of a query context.
    pub(crate) fn register(&self, context: &SessionContext) -> Result<(), StoreFault> {
        let column = |of: fn(&(i64, i64)) -> i64| -> ArrayRef { Arc::new(self.0.keys().map(of).collect::<Int64Array>()) };
        let columns = [("declaration", column(|pair| pair.0)), ("part", column(|pair| pair.1))];
        let fault = StoreFault::query("naming the declarations that stand");
        let batch =
            RecordBatch::try_from_iter(columns).map_err(|error| StoreFault::query("listing the declarations that stand")(error.into()))?;
        context.register_batch("winners", batch).map_err(fault)?;
        Ok(())
    }
}

fn add(batch: &RecordBatch, best: &mut FxHashMap<Place, Rank>) {
    let read = Columns(batch);
    let (declarations, parts, orders) = (read.longs("declaration"), read.longs("part"), read.longs("ordre"));
    let (sirets, champs) = (read.texts("siret"), read.texts("champ"));
    let (months, constituted, fractions) = (read.days("month"), read.days("constituted"), read.ints("fraction"));
    for row in 0..batch.num_rows() {
        // Without a champ, a declaration is total.
        let champ = columns::code(&champs, row).or(Some(CHAMP_TOTAL));
        let place = (columns::code(&sirets, row), columns::day(&months, row), columns::int(&fractions, row), champ);
        let order = orders.is_valid(row).then(|| orders.value(row));
        let rank = (columns::day(&constituted, row), order, declarations.value(row), Reverse(parts.value(row)));
        match best.entry(place) {
            Entry::Vacant(entry) => {
                entry.insert(rank);
            }
            Entry::Occupied(mut entry) => {
                let kept = rank.max(*entry.get());
                entry.insert(kept);
            }
        }
    }
}
