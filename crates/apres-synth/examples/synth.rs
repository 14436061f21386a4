//! Makes a synthetic France: `synth PEOPLE MONTHS SEED FOLDER`.

use std::path::Path;

use apres_synth::{Plan, generate};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |place: usize, default: u64| arguments.get(place).and_then(|text| text.parse().ok()).unwrap_or(default);
    let people = u32::try_from(number(1, 1000)).unwrap_or(1000);
    let months = u32::try_from(number(2, 12)).unwrap_or(12);
    let plan = Plan::ending_2025(people, months, number(3, 1));
    let folder = arguments.get(4).map_or("synth-out", String::as_str);
    match generate(&plan, Path::new(folder), &mut |_, _| {}) {
        Ok(summary) => println!("{summary:?}"),
        Err(fault) => eprintln!("{fault}"),
    }
}
