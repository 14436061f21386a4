//! What others rely on: the documented columns, the pseudonym, and rows that a refusal takes back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use apres_ingest::dsn::Reader;

use crate::{Batcher, Key, Keyring, Known, Opposed, Pseudonymiser, Rows, StatisticalTable, Table};

const PEOPLE: &str = "S21.G00.30.001,'2990148856012'\nS21.G00.30.002,'EXEMPLE'\nS21.G00.30.004,'ANNE'\nS21.G00.30.006,'01011999'\n\
    S21.G00.40.001,'01012024'\nS21.G00.40.007,'01'\nS21.G00.40.009,'00001'\nS21.G00.40.019,'12345678900012'\n\
    S21.G00.50.001,'31032024'\nS21.G00.51.010,'00001'\nS21.G00.51.011,'001'\nS21.G00.51.013,'1800.50'\n\
    S21.G00.51.010,'00001'\nS21.G00.51.011,'002'\nS21.G00.51.013,'1800.50'\n\
    S21.G00.53.001,'01'\nS21.G00.53.002,'151.67'\nS21.G00.53.003,'10'\nS21.G00.53.001,'01'\nS21.G00.53.002,'31.00'\nS21.G00.53.003,'40'\n\
    S21.G00.85.001,'12345678900012'\nS21.G00.85.011,'21231'\n";

fn send(ordre: u32, body: &str) -> String {
    let head = format!(
        "S10.G00.00.001,'L'\nS10.G00.00.005,'02'\nS10.G00.00.006,'P24V01'\nS20.G00.05.001,'01'\nS20.G00.05.002,'01'\nS20.G00.05.003,'11'\n\
         S20.G00.05.004,'{ordre}'\nS20.G00.05.005,'01032024'\nS20.G00.05.007,'05042024'\nS20.G00.05.008,'01'\nS21.G00.06.001,'123456789'\n\
         S21.G00.11.001,'00012'\nS21.G00.11.002,'8810C'\nS21.G00.11.004,'20217'\n"
    );
    let lines = head.lines().count() + body.lines().count() + 2;
    format!("{head}{body}S90.G00.90.001,'{lines}'\nS90.G00.90.002,'1'\n")
}

fn pseudonymiser() -> Pseudonymiser {
    under([7; 32])
}

fn under(key: [u8; 32]) -> Pseudonymiser {
    Pseudonymiser::new(&Keyring::new(1, Key::new(key)), Opposed::nobody(Key::new([9; 32])))
}

fn read(known: &Arc<Known>, text: &str) -> Vec<Rows> {
    let given = Mutex::new(Vec::new());
    let mut batcher = Batcher::new(Arc::clone(known), pseudonymiser(), 1, |rows| given.lock().expect("one thread").push(rows));
    let mut reader = Reader::new();
    reader.push(text.as_bytes(), &mut batcher);
    reader.finish(&mut batcher);
    batcher.finish();
    given.into_inner().expect("one thread")
}

#[test]
fn every_public_column_is_documented() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the page exists");
    let lake = page("guide/lake.md");
    let both = format!("{lake}{}", page("methods/measure.md"));
    for table in [StatisticalTable::Spells, StatisticalTable::Months, StatisticalTable::Exits, StatisticalTable::Panel] {
        let text = if table == StatisticalTable::Panel { &both } else { &lake };
        for field in table.schema().fields() {
            assert!(text.contains(&format!("`{}`", field.name())), "{}.{} is not documented", table.name(), field.name());
        }
    }
}

/// Other tools read the spells: their columns, in their types, are a promise.
#[test]
fn columns_of_spells_have_the_documented_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = std::fs::read_to_string(folder.join("guide/lake.md")).expect("the page exists");
    let (_, section) = page.split_once("## `spells`").expect("a section on spells");
    let (section, _) = section.split_once("## `months`").expect("the next section");
    let mut documented = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').collect();
        let types: Vec<&str> = cells[2].trim().split(", ").collect();
        for (place, name) in cells[1].split(',').enumerate() {
            documented.insert(name.trim().trim_matches('`').to_owned(), types[place.min(types.len() - 1)].to_owned());
        }
    }
    let schema = StatisticalTable::Spells.schema();
    let found = schema.fields().iter().map(|field| {
        let name = match field.data_type().to_string().as_str() {
            "Utf8" => "text".to_owned(),
            "Int64" => "long".to_owned(),
            "Float64" => "double".to_owned(),
            "Date32" => "date".to_owned(),
            other => other.to_owned(),
        };
        (field.name().clone(), name)
    });
    assert_eq!(documented, found.collect());
}

#[test]
fn pseudonyms_are_stable_keyed_and_fit_in_a_signed_long() {
    let mine = pseudonymiser();
    let other = under([8; 32]);
    let nir = b"2990148856012";
    assert_eq!(mine.of_nir(nir), mine.of_nir(nir));
    assert_ne!(mine.of_nir(nir), other.of_nir(nir));
    assert_ne!(mine.of_nir(nir), mine.of_ntt(nir));
    assert!(i64::try_from(mine.of_nir(nir).expect("nobody objects")).is_ok());
    assert!(!format!("{mine:?}").contains('7'), "a key is never shown");
    assert_eq!(Key::from_hex(&Key::new([7; 32]).to_hex()).map(|key| key.to_hex()), Some(Key::new([7; 32]).to_hex()));
}

#[test]
fn an_individual_becomes_an_observation_with_hours_pay_and_place() {
    let rows = read(&Arc::new(Known::default()), &send(1, PEOPLE));
    let [rows] = rows.as_slice() else { panic!("one batch") };
    let [row] = rows.observations.as_slice() else { panic!("one observation") };
    assert_eq!((row.hours_centi, row.gross_centimes), (15167, 180_050), "unit 40 is never hours, type 002 is never pay");
    assert_eq!((row.departement.as_str(), row.commune.as_str(), row.ape.as_str()), ("2B", "21231", "8810C"));
    assert_eq!(Some(row.person), pseudonymiser().of_nir(b"2990148856012"));
    assert_eq!((rows.declarations.len(), rows.identities.len(), rows.persons.len()), (1, 1, 1));
    assert_eq!(rows.declarations[0].declaration, row.declaration);
}

#[test]
fn what_is_refused_or_known_leaves_no_row() {
    let known = Arc::new(Known::default());
    let refused = send(1, PEOPLE).replace("S90.G00.90.002,'1'", "S90.G00.90.002,'2'");
    assert!(read(&known, &refused).is_empty(), "a refused send");
    let broken = send(1, &PEOPLE.replace("S21.G00.40.007,'01'\n", ""));
    assert!(read(&known, &broken).iter().all(|rows| rows.observations.is_empty() && rows.identities.is_empty()), "a refused declaration");
    assert_eq!(read(&known, &send(1, PEOPLE)).len(), 1);
    let again = read(&known, &send(1, PEOPLE));
    assert!(again.iter().all(|rows| rows.observations.is_empty() && rows.declarations.is_empty()), "known already");
}

#[test]
fn after_a_refused_send_the_same_identity_is_kept_from_the_next() {
    let refused = send(1, PEOPLE).replace("S90.G00.90.002,'1'", "S90.G00.90.002,'2'");
    let rows = read(&Arc::new(Known::default()), &format!("{refused}{}", send(2, PEOPLE)));
    let identities: usize = rows.iter().map(|rows| rows.identities.len()).sum();
    let observations: usize = rows.iter().map(|rows| rows.observations.len()).sum();
    assert_eq!((identities, observations), (1, 1));
}
