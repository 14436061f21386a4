//! A closed cube as it is kept from one question to the next, and from one release to the next: what is said and what is hidden, no count that is not said.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::answer::Figures;
use super::{CellKey, ClosedCube, Pattern, Variable};
use crate::digest::sha256_hex;
use crate::release::Figure;
use crate::request::{Dimension, Month, Request};

/// A cube that cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum KeptFault {
    /// Not a cube at all.
    #[error("reading a closed cube")]
    Unreadable(#[source] serde_json::Error),
    /// The content does not match its digest.
    #[error("a closed cube does not match its digest")]
    Altered,
}

/// The figures of an indicator at a horizon, by cell.
type Listed = Vec<(CellKey, Figure)>;

/// A cube with its digest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    content: Content,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    base: Request,
    lake_version: u64,
    last_month: Month,
    policy_version: String,
    cohort_min: u64,
    leavers: (String, u8),
    variables: Vec<Variable>,
    crossings: BTreeSet<Vec<Dimension>>,
    figures: Vec<(String, u8, Listed)>,
    primary: BTreeSet<CellKey>,
    secondary: BTreeSet<CellKey>,
}

impl Content {
    fn digest(&self) -> String {
        sha256_hex(&serde_json::to_vec(self).expect("a cube has text keys only"))
    }
}

impl ClosedCube {
    /// The cube as JSON, the form in which it is kept.
    #[must_use]
    pub fn to_json(&self) -> String {
        let listed = |(key, figure): (&CellKey, &Figure)| (key.clone(), figure.clone());
        let content = Content {
            base: self.base.clone(),
            lake_version: self.lake_version,
            last_month: self.last_month,
            policy_version: self.policy_version.clone(),
            cohort_min: self.cohort_min,
            leavers: self.leavers.clone(),
            variables: self.variables.clone(),
            crossings: self.crossings.clone(),
            figures: self.figures.iter().map(|((id, horizon), cells)| (id.clone(), *horizon, cells.iter().map(listed).collect())).collect(),
            primary: self.pattern.primary.clone(),
            secondary: self.pattern.secondary.clone(),
        };
        let digest = content.digest();
        serde_json::to_string(&Kept { content, digest }).expect("a cube has text keys only")
    }

    /// Reads back a cube that [`Self::to_json`] wrote, and checks its digest, which shows damage and careless edits, not forgery.
    ///
    /// # Errors
    /// [`KeptFault::Unreadable`] when it is not a cube, [`KeptFault::Altered`] when its content changed.
    pub fn read(json: &str) -> Result<Self, KeptFault> {
        let Kept { content, digest } = serde_json::from_str(json).map_err(KeptFault::Unreadable)?;
        if content.digest() != digest {
            return Err(KeptFault::Altered);
        }
        let figures: Figures = content
            .figures
            .into_iter()
            .map(|(id, horizon, cells)| ((id, horizon), cells.into_iter().collect::<BTreeMap<_, _>>()))
            .collect();
        Ok(Self {
            base: content.base,
            lake_version: content.lake_version,
            last_month: content.last_month,
            policy_version: content.policy_version,
            cohort_min: content.cohort_min,
            leavers: content.leavers,
            variables: content.variables,
            crossings: content.crossings,
            figures,
            pattern: Pattern { primary: content.primary, secondary: content.secondary },
        })
    }
}
