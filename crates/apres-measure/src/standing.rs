//! The declarations that stand: of those of one SIRET, main month, fraction and champ, the latest constituted, then the highest order.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use apres_store::datafusion::arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Statistical, StatisticalTable, StoreFault};
use futures::StreamExt;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::build::MeasureFault;
use crate::columns::{self, Columns};

/// What a declaration is of: SIRET, first day of the month, fraction, champ.
type Place = (Option<u64>, Option<i32>, Option<i32>, Option<u16>);
/// What makes it stand: constitution, order, fingerprint; of equal ones the first part.
type Rank = (Option<i32>, Option<i64>, i64, Reverse<i64>);

/// The monthly declarations that count, by declaration and part.
#[derive(Debug, Default)]
pub(crate) struct Standing(FxHashSet<(i64, i64)>);

impl Standing {
    pub(crate) async fn read(lake: &Statistical) -> Result<Self, MeasureFault> {
        let fault = || StoreFault::query("reading the declarations");
        let context = lake.context_of(&[(StatisticalTable::Declarations, None)]).await?;
        let columns = "SELECT declaration, part, siret, month, fraction, champ, constituted, ordre FROM declarations WHERE nature = '01'";
        let mut stream = context.sql(columns).await.map_err(fault())?.execute_stream().await.map_err(fault())?;
        let mut best: FxHashMap<Place, Rank> = FxHashMap::default();
        while let Some(batch) = stream.next().await {
            add(&batch.map_err(fault())?, &mut best);
        }
        Ok(Self(best.into_values().map(|(_, _, declaration, Reverse(part))| (declaration, part)).collect()))
    }

    pub(crate) fn holds(&self, declaration: i64, part: i64) -> bool {
        self.0.contains(&(declaration, part))
    }

    /// Makes them the table `winners` of a query context.
    pub(crate) fn register(&self, context: &SessionContext) -> Result<(), StoreFault> {
        let column = |of: fn(&(i64, i64)) -> i64| -> ArrayRef { Arc::new(self.0.iter().map(of).collect::<Int64Array>()) };
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
        let place = (columns::code(&sirets, row), columns::day(&months, row), columns::int(&fractions, row), columns::code(&champs, row));
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
