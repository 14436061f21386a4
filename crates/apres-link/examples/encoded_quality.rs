//! What encoding costs: links `list.csv` and `reference.csv` of a folder with known truth (`truth.csv`) under several hardenings, and prints
//! precision, recall, F1 and the time of each; then how many surnames an attacker who ranks codes by frequency would guess.
//!
//! `cargo run --release -p apres-link --example encoded_quality -- FOLDER`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints its figures, and stops at what it cannot read")]

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use apres_link::encoded::{Encoded, EncodedIndex, Encoder, EncodingKey, Hardening, Traits};
use chrono::NaiveDate;

/// The columns of a file, row by row.
type Rows = Vec<HashMap<String, String>>;

fn main() {
    let folder = std::env::args().nth(1).expect("a folder with list.csv, reference.csv and truth.csv");
    let read = |name: &str| rows(&format!("{folder}/{name}.csv"));
    let (list, reference, truth) = (read("list"), read("reference"), read("truth"));
    let truth: BTreeMap<&str, &str> = truth.iter().map(|row| (row["list_id"].as_str(), row["ref_id"].as_str())).collect();
    let key = EncodingKey::new(&std::array::from_fn(|place| u8::try_from(place).expect("32 places")));
    let plain = Hardening { is_salted: false, is_folded: false, flips_permille: 0 };
    let salted = Hardening { is_salted: true, ..plain };
    let cases = [
        ("no salt", plain),
        ("salted by year and day (the format)", salted),
        ("salted, folded", Hardening { is_folded: true, ..salted }),
        ("salted, 2 % of bits flipped", Hardening { flips_permille: 20, ..salted }),
        ("salted, 5 % of bits flipped", Hardening { flips_permille: 50, ..salted }),
    ];
    for (name, hardening) in cases {
        let start = Instant::now();
        let mut encoder = Encoder::hardened(&key, hardening);
        let encoded: Vec<Encoded> = list.iter().filter_map(|row| encoder.encode(&row["id"], &traits(row)).ok()).collect();
        let guessed = guessed_by_frequency(&list, &encoded, &key);
        let mut index = EncodedIndex::new(encoded);
        for row in &reference {
            if let Ok(theirs) = encoder.encode(&row["id"], &traits(row)) {
                index.see(&theirs);
            }
        }
        let (pairs, report) = index.decide(0.5);
        let seconds = start.elapsed().as_secs_f64();
        let mut curve: Vec<(f64, bool)> =
            pairs.iter().filter(|pair| pair.is_chosen).map(|pair| (pair.score, truth[pair.list.as_str()] == pair.reference)).collect();
        curve.sort_by(|a, b| b.0.total_cmp(&a.0));
        let links = truth.values().filter(|reference| !reference.is_empty()).count();
        let (mut best, mut right, mut at_half) = ((0.0, 0.0, 0.0), 0, (0.0, 0.0, 0.0));
        for (kept, (score, is_right)) in (1..).zip(&curve) {
            right += usize::from(*is_right);
            let (precision, recall) = (f64::from(u32::try_from(right).unwrap()) / f64::from(kept), ratio(right, links));
            let f1 = 2.0 * precision * recall / (precision + recall + 1e-12);
            if f1 > best.0 {
                best = (f1, precision, recall);
            }
            if *score >= 0.5 {
                at_half = (f1, precision, recall);
            }
        }
        println!(
            "{name}: best F1 {:.4} (P {:.4} R {:.4}), at 0.5 F1 {:.4} (P {:.4} R {:.4}, expected P {:.4}), {} candidates, {seconds:.1} s, \
             surnames guessed by frequency {:.2} %",
            best.0,
            best.1,
            best.2,
            at_half.0,
            at_half.1,
            at_half.2,
            report.expected_precision,
            report.candidates,
            100.0 * guessed
        );
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(whole.max(1)).unwrap())
}

/// The share of rows whose surname is guessed by who knows how frequent surnames are: the most frequent code is taken for the most frequent surname, and so on.
fn guessed_by_frequency(list: &Rows, encoded: &[Encoded], key: &EncodingKey) -> f64 {
    let names: HashMap<&str, String> = list
        .iter()
        .filter_map(|row| Some((row["id"].as_str(), apres_ingest::identity::surname_variants(&row["nom"]).into_iter().next()?)))
        .collect();
    let (mut by_name, mut by_code) = (HashMap::<String, u32>::new(), HashMap::<String, Vec<&str>>::new());
    for row in encoded {
        *by_name.entry(names[row.id()].clone()).or_default() += 1;
        by_code.entry(row.cells(key.id())[3][..128].to_owned()).or_default().push(row.id());
    }
    let mut ranked: Vec<_> = by_name.into_iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut codes: Vec<_> = by_code.into_iter().collect();
    codes.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(&b.0)));
    let right: usize = ranked.iter().zip(&codes).map(|((name, _), (_, ids))| ids.iter().filter(|id| names[*id] == *name).count()).sum();
    ratio(right, encoded.len())
}

fn rows(path: &str) -> Rows {
    csv::Reader::from_path(path).expect("the file is there").deserialize().map(|row| row.expect("a row")).collect()
}

fn traits(row: &HashMap<String, String>) -> Traits<'_> {
    Traits {
        nom_naissance: &row["nom"],
        nom_usage: &row["nom_usage"],
        prenoms: &row["prenoms"],
        naissance: NaiveDate::parse_from_str(&row["date_naissance"], "%Y-%m-%d").ok(),
        commune: &row["commune_naissance"],
        departement: &row["dept_naissance"],
    }
}
