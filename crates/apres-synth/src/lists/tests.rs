use std::collections::HashMap;

use crate::plan::{Plan, generate};

#[test]
fn lists_have_the_wanted_sizes_and_every_status() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { people: 4000, territory_people: 4000, ..Plan::ending_2025(4000, 30, 3) };
    let summary = generate(&plan, folder.path(), &mut |_, _| {}).unwrap();
    assert_eq!(summary.lists, 7);
    let truth = folder.path().join("truth").join("lists");
    let rows = |name: &str| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(truth.join(format!("{name}.csv"))).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    assert_eq!(rows("petite_liste").len(), 19);
    assert_eq!(rows("allocataires").len(), 21);
    assert_eq!(rows("allocataires").iter().filter(|row| row[1] == "non_trouve").count(), 4);
    assert!(rows("chantier_nir").iter().filter(|row| row[1] == "nir").count() >= 34);
    assert!(rows("departement").len() > 300);
    let mut statuses: HashMap<String, usize> = HashMap::new();
    for name in ["chantier_nir", "entreprise_sans_nir", "association_classeur", "liste_sale", "departement"] {
        for row in rows(name) {
            *statuses.entry(row[1].clone()).or_default() += 1;
        }
    }
    for status in ["nir", "identite", "ambigu", "non_trouve", "inutilisable"] {
        assert!(statuses.contains_key(status), "no {status} in {statuses:?}");
    }
}

#[test]
fn row_numbers_are_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    generate(&Plan::ending_2025(3000, 24, 9), folder.path(), &mut |_, _| {}).unwrap();
    let bytes = std::fs::read(folder.path().join("lists/liste_sale.csv")).unwrap();
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let lines: Vec<&str> = text.split("\r\n").collect();
    let truth = std::fs::read_to_string(folder.path().join("truth/lists/liste_sale.csv")).unwrap();
    for line in truth.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let row = lines[cells[0].parse::<usize>().unwrap() - 1];
        assert!(row.matches(';').count() == 6 && !row.starts_with(";;;") && !row.starts_with("TOTAL"), "{row}");
        assert_eq!(cells[5] == "ntt_dans_nir", row.contains("PASS"));
        let nir = row.split(';').next().unwrap_or_default();
        assert_eq!(cells[5] == "corse_minuscule", nir.contains(['a', 'b']), "{row}");
    }
}
