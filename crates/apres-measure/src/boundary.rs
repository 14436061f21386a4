//! Up to which month the lake is known, and whether what was built follows what was received (docs/methods/measure.md §1.6).
//!
//! A month counts when most establishments have declared it: one that declares early, or in a year to come, moves nothing. Each build
//! notes the month it went up to and the version of the declarations that it read, in the commit of the panel itself, so that a build that was killed is done again.

use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Statistical, StatisticalTable, Writer};

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

/// Name of the note that says from which version of the declarations the panel was built.
const DECLARATIONS: &str = "declarations";
/// Name of the note that says up to which month.
const MONTH: &str = "month";

/// Notes both with the commit of the panel.
pub(crate) fn note(panel: Writer<StatisticalTable>, declarations: u64, month: Month) -> Writer<StatisticalTable> {
    panel.note(DECLARATIONS, i64::try_from(declarations).unwrap_or(i64::MAX)).note(MONTH, i64::from(month.0))
}

/// The month that the panel goes up to, at a version or at the latest.
pub(crate) async fn built_month(lake: &Statistical, panel: Option<u64>) -> Result<Month, MeasureFault> {
    let month = lake.noted(StatisticalTable::Panel, panel, MONTH).await?;
    Ok(month.and_then(|month| i32::try_from(month).ok()).map_or(NO_MONTH, Month))
}

/// Whether declarations came, or something of them was taken out, that no build has followed to its end.
///
/// # Errors
/// When the lake cannot be read.
pub async fn is_behind(lake: &Statistical) -> Result<bool, MeasureFault> {
    let declarations = lake.version(StatisticalTable::Declarations).await?;
    let built = lake.noted(StatisticalTable::Panel, None, DECLARATIONS).await?;
    Ok(built.unwrap_or(0) < i64::try_from(declarations).unwrap_or(i64::MAX))
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
