//! Encoded lists: made on the side of a partner who may not send names, and linked with a reference that is encoded with the same key.
//!
//! The encoding and the matching are pure (`apres_link::encoded`); here are files. An encoded file holds no clear text and nothing made of a NIR. The reference is
//! either an encoded file (no key is needed: a third party can link), or a clear file that is encoded row by row as it is read, with the key.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use apres_ingest::list::{self, Participant};
use apres_link::encoded::{COLUMNS, Encoded, EncodedIndex, Encoder, EncodingKey, Missing, Traits};
use chrono::NaiveDate;

use crate::home::{random, today};

const REFUSED: u8 = 1;
/// Pairs from this probability on are counted as found.
pub const THRESHOLD: f64 = 0.5;

/// Draws a key and writes it, readable by its owner alone.
///
/// # Errors
/// When the file is there already or cannot be written.
pub fn new_key(path: &Path, out: &mut impl Write) -> Result<ExitCode> {
    let bytes: [u8; 32] = random()?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("making {}: a key is never written over another", path.display()))?;
    writeln!(file, "{digits}").with_context(|| format!("writing {}", path.display()))?;
    writeln!(out, "{}", EncodingKey::new(&bytes).id())?;
    Ok(ExitCode::SUCCESS)
}

fn key(path: &Path) -> Result<EncodingKey> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the key {}", path.display()))?;
    EncodingKey::parse(&text).with_context(|| format!("reading the key {}", path.display()))
}

/// `apres encode`: a list that APRES would read, as codes. The rows are named by their lines; who made the list keeps it to know whom they are.
///
/// # Errors
/// When a file cannot be read or written.
pub fn encode(file: &Path, key_file: &Path, encoded: &Path, out: &mut impl Write) -> Result<ExitCode> {
    let key = key(key_file)?;
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sheet = match list::read(&bytes, &name) {
        Ok(sheet) => sheet,
        Err(refused) => {
            tracing::warn!("{} is not a list that can be read: {refused}", file.display());
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let checked = list::check(&sheet, &list::guess(&sheet), today());
    let mut writer = csv::Writer::from_path(encoded).with_context(|| format!("making {}", encoded.display()))?;
    writer.write_record(COLUMNS).context("writing the codes")?;
    let mut encoder = Encoder::new(&key);
    let (mut rows, mut missing) = (0_u64, std::collections::BTreeMap::<Missing, u64>::new());
    for row in &checked.rows {
        match encoder.encode(&row.line.to_string(), &traits(row)) {
            Ok(code) => {
                writer.write_record(code.cells(key.id())).context("writing the codes")?;
                rows += 1;
            }
            Err(what) => *missing.entry(what).or_default() += 1,
        }
    }
    writer.flush().with_context(|| format!("writing {}", encoded.display()))?;
    let of = |what| missing.get(&what).copied().unwrap_or_default();
    writeln!(
        out,
        "encoded\t{rows}\nwithout a surname\t{}\nwithout a first name\t{}\nwithout a whole birth date\t{}\nkey\t{}",
        of(Missing::Nom),
        of(Missing::Prenom),
        of(Missing::Naissance),
        key.id()
    )?;
    Ok(if rows == 0 { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS })
}

fn traits(row: &Participant) -> Traits<'_> {
    Traits {
        nom_naissance: &row.nom_naissance,
        nom_usage: &row.nom_usage,
        prenoms: &row.prenoms,
        naissance: row.naissance,
        commune: row.commune_naissance.as_deref().unwrap_or_default(),
        departement: "",
    }
}

/// Whether a file holds encoded rows.
///
/// # Errors
/// When it cannot be read.
pub fn is_encoded(file: &Path) -> Result<bool> {
    let mut first = Vec::new();
    let read = BufReader::new(File::open(file).with_context(|| format!("reading {}", file.display()))?);
    std::io::Read::take(read, 4096).read_until(b'\n', &mut first).with_context(|| format!("reading {}", file.display()))?;
    Ok(String::from_utf8_lossy(&first).trim_end().split(',').eq(COLUMNS))
}

/// What `apres link` works on when the list is encoded.
#[derive(Debug, Clone, Copy)]
pub struct EncodedLink<'a> {
    /// The encoded list.
    pub list: &'a Path,
    /// The reference, encoded or clear.
    pub reference: &'a Path,
    /// The key, for a clear reference.
    pub key: Option<&'a Path>,
    /// Where pairs are written.
    pub out: &'a Path,
    /// Where the report is written.
    pub report: Option<&'a Path>,
    /// Pairs from this probability on are counted as found.
    pub threshold: f64,
}

/// `apres link` with an encoded list: writes `list_id,ref_id,score` for the pair kept for each row.
///
/// # Errors
/// When a file cannot be read or written, or the two sides were encoded under two keys.
pub fn link(work: &EncodedLink<'_>) -> Result<ExitCode> {
    let mut list = csv::Reader::from_path(work.list).with_context(|| format!("reading {}", work.list.display()))?;
    let mut rows = Vec::new();
    let mut key_id: Option<String> = None;
    for record in list.records() {
        let record = record.with_context(|| format!("reading {}", work.list.display()))?;
        let cells: Vec<&str> = record.iter().collect();
        let id = key_id.get_or_insert_with(|| cells.get(1).copied().unwrap_or_default().to_owned());
        rows.push(Encoded::read(&cells, id).with_context(|| format!("reading row {} of the list", rows.len() + 1))?);
    }
    let Some(key_id) = key_id else {
        tracing::warn!("{} has no row", work.list.display());
        return Ok(ExitCode::from(REFUSED));
    };
    let mut index = EncodedIndex::new(rows);
    let unusable =
        if is_encoded(work.reference)? { see_encoded(work.reference, &key_id, &mut index)? } else { see_clear(work, &key_id, &mut index)? };
    let (pairs, report) = index.decide(work.threshold);
    let mut writer = csv::Writer::from_path(work.out).with_context(|| format!("making {}", work.out.display()))?;
    writer.write_record(["list_id", "ref_id", "score"]).context("writing the pairs")?;
    for pair in pairs.iter().filter(|pair| pair.is_chosen) {
        writer.write_record([&pair.list, &pair.reference, &format!("{:.6}", pair.score)]).context("writing the pairs")?;
    }
    writer.flush().with_context(|| format!("writing {}", work.out.display()))?;
    if let Some(path) = work.report {
        let told = serde_json::json!({
            "encoded": true,
            "searched": report.searched,
            "reference": report.reference,
            "reference_unusable": unusable,
            "candidates": report.candidates,
            "threshold": work.threshold,
            "found": report.found,
            "expected_precision": report.expected_precision,
            "expected_recall_of_candidates": report.expected_recall,
        });
        let mut file = BufWriter::new(File::create(path).with_context(|| format!("making {}", path.display()))?);
        serde_json::to_writer_pretty(&mut file, &told).context("writing the report")?;
        writeln!(file)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn see_encoded(reference: &Path, key_id: &str, index: &mut EncodedIndex) -> Result<u64> {
    let mut reader = csv::Reader::from_path(reference).with_context(|| format!("reading {}", reference.display()))?;
    for (place, record) in reader.records().enumerate() {
        let record = record.with_context(|| format!("reading {}", reference.display()))?;
        let cells: Vec<&str> = record.iter().collect();
        index.see(&Encoded::read(&cells, key_id).with_context(|| format!("reading row {} of the reference", place + 1))?);
    }
    Ok(0)
}

/// Encodes a clear reference as it goes by; gives how many rows lack what it takes.
fn see_clear(work: &EncodedLink<'_>, key_id: &str, index: &mut EncodedIndex) -> Result<u64> {
    let Some(path) = work.key else {
        bail!("the list is encoded and the reference is not: give the key that the list was encoded with (--key)")
    };
    let key = key(path)?;
    ensure!(key.id() == key_id, "the list was encoded under the key {key_id} and {} is another: ask the partner which", path.display());
    let mut reader = csv::Reader::from_path(work.reference).with_context(|| format!("reading {}", work.reference.display()))?;
    let header = reader.headers().context("reading the header of the reference")?.clone();
    let place = |name: &str| header.iter().position(|column| column.trim() == name);
    let needed = |name: &str| place(name).with_context(|| format!("the reference has no column {name}"));
    let (id, nom, prenoms, naissance) = (needed("id")?, needed("nom")?, needed("prenoms")?, needed("date_naissance")?);
    let (usage, commune, departement) = (place("nom_usage"), place("commune_naissance"), place("dept_naissance"));
    let mut encoder = Encoder::new(&key);
    let mut unusable = 0;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).context("reading the reference")? {
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let optional = |place: Option<usize>| place.map(cell).unwrap_or_default();
        let person = Traits {
            nom_naissance: cell(nom),
            nom_usage: optional(usage),
            prenoms: cell(prenoms),
            naissance: NaiveDate::parse_from_str(cell(naissance), "%Y-%m-%d").ok(),
            commune: optional(commune),
            departement: optional(departement),
        };
        match encoder.encode(cell(id), &person) {
            Ok(code) => index.see(&code),
            Err(_) => unusable += 1,
        }
    }
    Ok(unusable)
}
