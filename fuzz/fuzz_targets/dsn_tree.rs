//! The tree: lines that are well formed one by one, in any order, with totals that hold more often than not.

#![no_main]

use std::fmt::Write;

use apres_ingest::dsn::{RUBRIQUES, Rubrique};
use libfuzzer_sys::fuzz_target;

/// Values that make a difference somewhere.
const VALUES: [&str; 24] = [
    "01", "02", "03", "04", "05", "07", "08", "11", "12", "99", "998", "P24V01", "P25V01", "P26V01", "01012025", "31012025", "29022023", "2990148856012",
    "100.00", "-7.50", "123456782", "00018", "D'ARTAGNAN", "DSN",
];

fuzz_target!(|steps: &[u8]| {
    let mut text = String::new();
    let (mut rubriques, mut declarations) = (0_u32, 0_u32);
    let mut place = 0;
    for step in steps.chunks_exact(2) {
        // Small steps forward keep blocks whole; a large one jumps anywhere.
        place = if step[0] < 200 { (place + usize::from(step[0] / 50)) % RUBRIQUES.len() } else { usize::from(step[1]) * 7 % RUBRIQUES.len() };
        let rubrique = Rubrique(RUBRIQUES[place].0);
        let value = VALUES[usize::from(step[1]) % VALUES.len()];
        if rubrique.bloc() == 10_00_00 && rubrique.rang() == 1 {
            (rubriques, declarations) = (0, 0);
        }
        rubriques += 1;
        declarations += u32::from(rubrique.0 == 20_00_05_001);
        let _ = match (rubrique.0, step[0] % 4) {
            (90_00_90_001, 0..3) => write!(text, "{rubrique},'{}'\r\n", rubriques + 1),
            (90_00_90_002, 0..3) => write!(text, "{rubrique},'{declarations}'\r\n"),
            _ => write!(text, "{rubrique},'{value}'\r\n"),
        };
    }
    assert_eq!(apres_fuzz::read(text.as_bytes(), 61), apres_fuzz::read(text.as_bytes(), usize::MAX));
});
