//! Names of régions and départements, and which région a département belongs to.
//!
//! The table is the official geographic code, as data in `territories.toml`. It says nothing of what the lake holds.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A région and its départements.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Region {
    /// Official code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Code and name of each département, in the order of the codes.
    pub departements: BTreeMap<String, String>,
}

impl Region {
    /// Codes of the départements, sorted.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        self.departements.keys().cloned().collect()
    }
}

#[derive(Deserialize)]
struct Table {
    region: Vec<Region>,
}

static TABLE: LazyLock<Vec<Region>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../territories.toml")).expect("territories.toml is checked by the tests");
    table.region
});

/// All régions, by name, those overseas last.
#[must_use]
pub fn regions() -> &'static [Region] {
    &TABLE
}

/// The région of a département.
#[must_use]
pub fn region_of(departement: &str) -> Option<&'static Region> {
    TABLE.iter().find(|region| region.departements.contains_key(departement))
}

/// A région by its code.
#[must_use]
pub fn region(code: &str) -> Option<&'static Region> {
    TABLE.iter().find(|region| region.code == code)
}

/// Name of a département, or its code when unknown.
#[must_use]
pub fn departement_name(code: &str) -> &str {
    region_of(code).and_then(|region| region.departements.get(code)).map_or(code, String::as_str)
}

/// These départements are exactly those of one région.
#[must_use]
pub fn is_whole_region(departements: &[String]) -> bool {
    let Some(found) = departements.first().and_then(|code| region_of(code)) else { return false };
    departements.len() == found.departements.len() && found.departements.keys().all(|code| departements.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_101_departements() {
        assert_eq!(regions().iter().map(|region| region.departements.len()).sum::<usize>(), 101);
        assert_eq!(regions().len(), 18);
        assert_eq!(departement_name("2A"), "Corse-du-Sud");
        assert_eq!(region_of("974").map(|region| region.name.as_str()), Some("La Réunion"));
    }

    #[test]
    fn a_region_is_whole_only_with_all_its_departements() {
        let brittany = ["22", "29", "35", "56"].map(String::from);
        assert!(is_whole_region(&brittany));
        assert!(!is_whole_region(&brittany[..3]));
        assert!(!is_whole_region(&[]));
    }
}
