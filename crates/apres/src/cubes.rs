//! The closed cubes of programmes: counted and closed at the first question about a version of the lake, kept in the ledger, read from then on.
//!
//! Only where the policy's method is the closed cube. Deposited lists are no programmes: they are decided one by one, and compared by the memory with all that was said.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use apres_ledger::KeptCube;
use apres_measure::{count_at, extent_at};
use apres_protect::cube::{CloseFault, ClosedCube};
use apres_protect::{Counted, Method, Month, Period, Population, PopulationKind, Quarter, Request, Scope};

use crate::home::{Home, now};

/// Cubes that were read, by population, version of the lake and policy.
#[derive(Default)]
pub struct Cubes(Mutex<HashMap<(String, u64, String), Arc<ClosedCube>>>);

/// Whether a question is answered from a closed cube: the programme that it is about.
#[must_use]
pub fn programme_of<'a>(home: &Home, request: &'a Request) -> Option<&'a str> {
    match &request.population {
        Population::Programme(programme) if home.config.settings.policy.method == Method::ClosedCube => Some(programme),
        _ => None,
    }
}

/// The cube of a programme at a version of the lake: the one that is kept, or else counted and closed now; none when nothing of the programme may be published.
///
/// # Errors
/// When the lake or the ledger does not answer, or a kept cube was altered.
pub async fn of(home: &Home, programme: &str, lake_version: u64) -> Result<Option<Arc<ClosedCube>>> {
    let policy_version = home.config.settings.policy.identity();
    let key = (programme.to_owned(), lake_version, policy_version.clone());
    if let Some(cube) = home.cubes.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(Some(Arc::clone(cube)));
    }
    let kept = home.ledger.cube(programme, lake_version, &policy_version).await.context("reading a closed cube")?;
    let kept = match kept {
        Some(kept) => kept,
        None => {
            let earlier = home.ledger.cube_before(programme, lake_version).await.context("reading the closed cube before")?;
            let Some(table) = count(home, programme, lake_version).await? else { return Ok(None) };
            let Some(cube) = close(home, table, earlier.as_ref()).await? else { return Ok(None) };
            let earlier_version = earlier.map(|earlier| earlier.lake_version);
            let closed = KeptCube {
                population: programme.to_owned(),
                lake_version,
                policy_version: policy_version.clone(),
                earlier_version,
                content: cube.to_json(),
            };
            home.ledger.keep_cube(&closed, now()).await.context("keeping a closed cube")?;
            // Of two that were closed at once, the one that was kept is read.
            let kept = home.ledger.cube(programme, lake_version, &policy_version).await.context("reading a closed cube")?;
            kept.context("a closed cube that was kept is not there")?
        }
    };
    let cube = Arc::new(read(&kept)?);
    home.cubes.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&cube));
    Ok(Some(cube))
}

/// Counts and closes again the cube that is kept of a programme, with the same cube before it; the last month seen is told, later declarations do not change it.
///
/// # Errors
/// When the lake or the ledger does not answer, or no longer holds what the cube was made from.
pub async fn again(home: &Home, programme: &str, lake_version: u64, policy_version: &str, last_month: Month) -> Result<Option<ClosedCube>> {
    let kept = home.ledger.cube(programme, lake_version, policy_version).await.context("reading a closed cube")?;
    let Some(kept) = kept else { return Ok(None) };
    let earlier = match kept.earlier_version {
        None => None,
        Some(_) => home.ledger.cube_before(programme, lake_version).await.context("reading the closed cube before")?,
    };
    let Some(table) = count(home, programme, lake_version).await? else { return Ok(None) };
    close(home, Counted { last_month, ..table }, earlier.as_ref()).await
}

fn read(kept: &KeptCube) -> Result<ClosedCube> {
    ClosedCube::read(&kept.content).context("reading a closed cube: if someone wrote to the ledger by hand, restore it from its last copy")
}

async fn close(home: &Home, table: Counted, earlier: Option<&KeptCube>) -> Result<Option<ClosedCube>> {
    let together = together(home).await?;
    let earlier = earlier.map(read).transpose()?;
    let (catalogue, policy) = (home.catalogue.clone(), home.config.settings.policy.clone());
    let closing = move || ClosedCube::close(&table, &together, &catalogue, &policy, earlier.as_ref());
    match tokio::task::spawn_blocking(closing).await.context("waiting for a cube to be closed")? {
        Ok(cube) => Ok(Some(cube)),
        Err(CloseFault::TooFew) => Ok(None),
        Err(fault) => Err(fault).context("closing the cube of a programme"),
    }
}

/// Every leaver of a programme whom the lake holds, by the dimensions of a cube.
async fn count(home: &Home, programme: &str, lake_version: u64) -> Result<Option<Counted>> {
    let extent = extent_at(&home.statistical, lake_version).await.context("reading what the lake covers")?;
    let Some((first, last)) = extent.quarters else { return Ok(None) };
    let of_programmes = home.catalogue.indicators().iter().filter(|indicator| indicator.populations.contains(&PopulationKind::Programme));
    let request = Request {
        indicators: of_programmes.map(|indicator| indicator.id.clone()).collect(),
        population: Population::Programme(programme.to_owned()),
        period: Period { from: Quarter(first), to: Quarter(last) },
        scope: Scope::National,
        filters: Vec::new(),
        breakdowns: ClosedCube::DIMENSIONS.to_vec(),
        horizons: Vec::new(),
        rest: None,
    };
    let counted =
        count_at(&home.statistical, request, &home.catalogue, lake_version, &home.record_keys).await.context("counting a cube")?;
    Ok(Some(counted))
}

/// The territories that an organisation asks about as one.
async fn together(home: &Home) -> Result<Vec<Scope>> {
    let organisations = home.ledger.organisations().await.context("reading the organisations")?;
    let mut scopes = Vec::new();
    for organisation in organisations {
        let sorted = |mut codes: Vec<String>| {
            codes.sort_unstable();
            codes.dedup();
            codes
        };
        let (sirets, departements) = (sorted(organisation.sirets), sorted(organisation.departements));
        scopes.extend((sirets.len() > 1).then_some(Scope::Structures(sirets)));
        scopes.extend((departements.len() > 1).then_some(Scope::Departements(departements)));
    }
    Ok(scopes)
}
