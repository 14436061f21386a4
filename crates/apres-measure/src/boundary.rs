//! Up to which month the lake is known, and whether what was built follows what was received (docs/methods/measure.md §1.6).
//!
//! A month counts when most establishments have declared it: one that declares early, or in a year to come, moves nothing. Each build
//! notes the month it went up to and the version of the declarations that it read, so that a build that was killed is done again.

use std::sync::Arc;

use apres_store::datafusion::arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch};
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Statistical, StatisticalTable, Table};

use crate::build::{MeasureFault, collect};
use crate::calendar::{Day, Month};
use crate::columns::{self, Columns};
use crate::output::NO_MONTH;

/// Months that a month's volume is compared with.
const MONTHS_COMPARED: usize = 12;
/// A month that fewer establishments declared, out of a hundred usual ones, is not complete.
const PERCENT_MIN: usize = 80;
/// As many may be missing whatever the percentage: a lake may hold a handful of establishments.
const MISSING_MAX: usize = 2;

/// The latest month that most establishments declared; `months` are in order, with how many declared each.
fn last_complete(months: &[(Month, usize)]) -> Month {
    let is_complete = |place: &usize| {
        let mut before: Vec<usize> = months[place.saturating_sub(MONTHS_COMPARED)..*place].iter().map(|(_, count)| *count).collect();
        before.sort_unstable();
        let usual = before.get(before.len() / 2).copied().unwrap_or(0);
        let declared = months[*place].1;
        declared + MISSING_MAX >= usual || declared * 100 >= usual * PERCENT_MIN
    };
    (0..months.len()).rev().find(is_complete).map_or(NO_MONTH, |place| months[place].0)
}

/// The latest month that most establishments declared, from the table `completeness`.
pub(crate) async fn last_month(context: &SessionContext) -> Result<Month, MeasureFault> {
    let mut months = Vec::new();
    for batch in collect(context, "SELECT month, count(DISTINCT siret) AS sirets FROM completeness GROUP BY month ORDER BY month").await? {
        let read = Columns(&batch);
        let (days, counts) = (read.days("month"), read.longs("sirets"));
        let rows = (0..batch.num_rows()).filter_map(|row| Some((Day(columns::day(&days, row)?).month(), counts.value(row))));
        months.extend(rows.map(|(month, count)| (month, usize::try_from(count).unwrap_or(0))));
    }
    Ok(last_complete(&months))
}

/// What a build noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Version of the declarations that it read.
    pub(crate) declarations: u64,
    /// Version of the panel that it made.
    pub(crate) panel: u64,
    /// Month that it went up to.
    pub(crate) month: Month,
}

impl Noted {
    /// The latest build whose panel is of this version or older.
    pub(crate) async fn at(lake: &Statistical, panel: u64) -> Result<Option<Self>, MeasureFault> {
        let context = lake.context_of(&[(StatisticalTable::Builds, None)]).await?;
        let sql =
            format!("SELECT declarations, panel, month FROM builds WHERE panel <= {panel} ORDER BY panel DESC, declarations DESC LIMIT 1");
        let batches = collect(&context, &sql).await?;
        Ok(batches.iter().find(|batch| batch.num_rows() > 0).map(|batch| {
            let read = Columns(batch);
            let version = |name| u64::try_from(read.longs(name).value(0)).unwrap_or(0);
            let month = columns::day(&read.days("month"), 0).map_or(NO_MONTH, |day| Day(day).month());
            Self { declarations: version("declarations"), panel: version("panel"), month }
        }))
    }

    /// Adds a line to the table.
    pub(crate) async fn write(self, lake: &Statistical) -> Result<(), MeasureFault> {
        let long = |value: u64| -> ArrayRef { Arc::new(Int64Array::from(vec![i64::try_from(value).unwrap_or(i64::MAX)])) };
        let month = (self.month != NO_MONTH).then(|| self.month.first_day().0);
        let columns: Vec<ArrayRef> = vec![long(self.declarations), long(self.panel), Arc::new(Date32Array::from(vec![month]))];
        let mut writer = lake.writer(StatisticalTable::Builds).await?;
        writer.write(RecordBatch::try_new(StatisticalTable::Builds.schema(), columns).expect("the columns are those of the table")).await?;
        writer.append().await?;
        Ok(())
    }
}

/// Whether declarations came that no build has read to its end.
///
/// # Errors
/// When the lake cannot be read.
pub async fn is_behind(lake: &Statistical) -> Result<bool, MeasureFault> {
    let declarations = lake.version(StatisticalTable::Declarations).await?;
    let noted = Noted::at(lake, lake.version(StatisticalTable::Panel).await?).await?;
    Ok(noted.map_or(declarations > 0, |noted| noted.declarations < declarations))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(counts: &[usize]) -> Vec<(Month, usize)> {
        counts.iter().enumerate().map(|(place, count)| (Month(24_000 + i32::try_from(place).unwrap()), *count)).collect()
    }

    #[test]
    fn one_early_establishment_moves_nothing() {
        assert_eq!(last_complete(&months(&[200, 201, 199, 1])), Month(24_002));
        assert_eq!(last_complete(&months(&[200, 201, 199, 158])), Month(24_002));
        assert_eq!(last_complete(&months(&[200, 201, 199, 170])), Month(24_003));
        assert_eq!(last_complete(&[(Month(24_000), 90), (Month(24_001), 92), (Month(25_187), 1)]), Month(24_001));
        assert_eq!(last_complete(&months(&[200, 201, 199, 3, 1])), Month(24_002), "two early months");
    }

    #[test]
    fn a_handful_of_establishments_may_fall_silent() {
        assert_eq!(last_complete(&months(&[3, 3, 3, 1])), Month(24_003));
        assert_eq!(last_complete(&months(&[1])), Month(24_000));
        assert_eq!(last_complete(&[]), NO_MONTH);
    }

    #[test]
    fn a_lake_that_grows_is_known_to_its_end() {
        assert_eq!(last_complete(&months(&[10, 40, 90, 150])), Month(24_003));
    }
}
