//! Matches two CSV files, for measures: `link LIST REFERENCE PAIRS [MAP]`; the report goes to stderr.

use std::fs::File;
use std::io::stderr;

use apres_link::Options;
use apres_link::csv::{ColumnMap, link};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, reference, pairs, map @ ..] = &arguments[..] else { return Err("LIST REFERENCE PAIRS [MAP]".into()) };
    let map = ColumnMap::parse(&map.join(","))?;
    let report = link(File::open(list)?, File::open(reference)?, &mut File::create(pairs)?, &map, &Options::default())?;
    serde_json::to_writer_pretty(stderr(), &report)?;
    Ok(())
}
