//! The reader on any bytes: never fails, and does not depend on how the bytes are cut.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    assert_eq!(apres_fuzz::read(bytes, usize::from(*cut)), apres_fuzz::read(bytes, usize::MAX));
});
