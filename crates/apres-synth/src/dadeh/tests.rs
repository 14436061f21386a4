use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::Month;
use crate::contract::Window;
use crate::dadeh::table::header;
use crate::dadeh::{TABLES, of};
use crate::people::Shares;
use crate::territory::{Recipe, Territory};

type Rows = Vec<BTreeMap<String, String>>;

fn base() -> (Territory, BTreeMap<&'static str, Rows>) {
    let window = Window { first: Month::new(2024, 1), last: Month::new(2025, 12) };
    let recipe = Recipe { seed: 5, cell: 2, first_person: 0, people: 1500, window, shares: Shares::default() };
    let territory = Territory::new(&recipe);
    let base = of(&territory, &|_, person| if person % 7 == 0 { 12 } else { 11 });
    let mut tables = BTreeMap::new();
    for (name, rows) in TABLES.into_iter().zip(base.tables()) {
        let header = header(name);
        let columns: Vec<&str> = header.trim_end().split(',').collect();
        let read = rows.text().lines().map(|line| {
            let values: Vec<&str> = line.split(',').collect();
            assert_eq!(values.len(), columns.len(), "{name}: {columns:?}");
            columns.iter().zip(values).map(|(column, value)| ((*column).to_owned(), value.to_owned())).collect()
        });
        let read: Rows = read.collect();
        assert_eq!(read.len() as u64, rows.count, "{name}");
        tables.insert(name, read);
    }
    (territory, tables)
}

#[test]
fn identifiers_are_unique_and_references_hold() {
    let (_, tables) = base();
    let ids = |table: &str| tables[table].iter().map(|row| row["id"].clone()).collect::<BTreeSet<_>>();
    for table in TABLES {
        assert_eq!(ids(table).len(), tables[table].len(), "{table}");
        assert!(!tables[table].is_empty(), "{table}");
    }
    let references = [
        ("ddadtemployeur_assure", "id_assure", "ddadtassure"),
        ("ddadtemployeur_assure", "id_employeur", "ddadtemployeur"),
        ("ddadtcontrat", "id_employeur_assure", "ddadtemployeur_assure"),
        ("ddadtversement", "id_employeur_assure", "ddadtemployeur_assure"),
        ("ddadtrem_brute_ss", "id_versement", "ddadtversement"),
        ("ddadtrem_brute_ac", "id_versement", "ddadtversement"),
        ("ddadtactivite", "id_remuneration_brute_ac", "ddadtrem_brute_ac"),
        ("ddadtarret_trav", "id_contrat", "ddadtcontrat"),
        ("ddadtsuspension_contrat", "id_contrat", "ddadtcontrat"),
    ];
    for (table, column, to) in references {
        let known = ids(to);
        assert!(tables[table].iter().all(|row| known.contains(&row[column])), "{table}.{column}");
    }
}

#[test]
fn a_contract_is_one_row_with_its_end_or_none() {
    let (territory, tables) = base();
    let contracts = &tables["ddadtcontrat"];
    assert_eq!(contracts.len(), territory.contracts.len());
    let open = contracts.iter().filter(|row| row["date_fin_contrat"] == "2999-12-31").count();
    let not_declared =
        territory.contracts.iter().filter(|contract| contract.is_silent || contract.date_fin > territory.window.last_day()).count();
    assert_eq!(open, not_declared);
    assert!(contracts.iter().all(|row| (row["date_fin_contrat"] == "2999-12-31") == row["motif_rupture"].is_empty()));
}

#[test]
fn every_declared_month_is_paid_once() {
    let (territory, tables) = base();
    let window = territory.window;
    let months: usize = territory
        .contracts
        .iter()
        .map(|contract| (window.first.0..=window.last.0).filter(|month| contract.is_declared_in(Month(*month))).count())
        .sum();
    assert_eq!(tables["ddadtrem_brute_ss"].len(), months);
    assert_eq!(tables["ddadtrem_brute_ac"].len(), months);
    let fractions: BTreeSet<&str> = tables["ddadtversement"].iter().map(|row| row["numero_fraction"].as_str()).collect();
    assert_eq!(fractions, BTreeSet::from(["11", "12"]));
}
