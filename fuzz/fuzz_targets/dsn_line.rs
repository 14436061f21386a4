//! The lexer: any line.

#![no_main]

use apres_ingest::dsn::Line;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let Some(Line { rubrique, value }) = Line::parse(line) else { return };
    let name = rubrique.to_string();
    // Rank 000 stands for the block itself, and is written without it.
    assert!(line.starts_with(name.as_bytes()), "the rubrique reads back as it was written");
    assert!(line.ends_with(b"'") && line[..line.len() - 1].ends_with(value), "the value stands before the last apostrophe");
});
