//! What is told of some people beside their contracts: the sex and the year of birth of the latest declarations that stand and tell them.

use std::collections::HashMap;

use apres_store::{Statistical, StatisticalTable};
use rustc_hash::FxHashSet;

use crate::build::MeasureFault;
use crate::columns::Columns;
use crate::contract::siren_of;
use crate::panel::Leaver;
use crate::people::KnownAs;
use crate::read::{code, pseudonym};
use crate::seen::{Told, ToldColumns, latest};
use crate::since::Touched;
use crate::standing::Standing;

/// What is read of the observations.
const TELLING: [&str; 5] = ["declaration", "part", "siret", "sex", "birth_year"];

/// What declarations that stand say of these people, as they are finally known; who was never declared is left out.
///
/// # Errors
/// When the lake cannot be read.
pub async fn leavers_of(lake: &Statistical, people: impl IntoIterator<Item = u64>) -> Result<HashMap<u64, Leaver>, MeasureFault> {
    let people: FxHashSet<u64> = people.into_iter().collect();
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let standing = Standing::read(lake).await?;
    let known = KnownAs::read_at(lake, lake.version(StatisticalTable::KnownAs).await?).await?;
    let observations = lake.people(StatisticalTable::Observations, &TELLING).await?;
    let reading = tokio::task::spawn_blocking(move || {
        let touched = Touched::new(&people, &known);
        let mut all: HashMap<u64, Vec<Told>> = HashMap::new();
        observations.read_people(&touched.all_pseudonyms(), (0, 1), |batch| {
            let read = Columns(&batch);
            let (persons, declarations, parts) = (read.longs("person"), read.longs("declaration"), read.longs("part"));
            let (sirets, told) = (code::<u64>(&batch, "siret"), ToldColumns::of(&batch));
            for row in 0..batch.num_rows() {
                let Some(order) = standing.order(declarations.value(row), parts.value(row)) else { continue };
                let who = known.who(pseudonym(&persons, row), sirets.value(row).map_or(0, siren_of));
                if people.contains(&who) {
                    all.entry(who).or_default().push(told.told(row, order));
                }
            }
            Ok::<_, MeasureFault>(())
        })?;
        Ok::<_, MeasureFault>(all.into_iter().map(|(who, told)| (who, latest(told.into_iter()))).collect())
    });
    reading.await.map_err(|_| MeasureFault::Stopped)?
}
