//! Lists: any bytes under any name, read, guessed and checked.

#![no_main]

use apres_ingest::list;
use chrono::NaiveDate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let name = ["liste.csv", "liste.txt", "liste.xlsx", "liste.ods", "liste"][usize::from(*kind) % 5];
    let Ok(sheet) = list::read(bytes, name) else { return };
    let mapping = list::guess(&sheet);
    let _ = list::columns(&sheet, &mapping);
    let today = NaiveDate::from_ymd_opt(2026, 1, 15).expect("a day of the calendar");
    let checked = list::check(&sheet, &mapping, today);
    let dropped = checked.duplicates + checked.superseded;
    assert_eq!(checked.read, checked.rows.len() as u64 + dropped, "a row of the sheet is lost");
    assert!(checked.followed() <= checked.usable());
});
