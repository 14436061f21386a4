//! The pairs of a list: whom its rows may be, kept sealed for the review, and what decisions make of them.
//!
//! A pair has a number within its list; the ledger's decisions name it by that. Erased with the list.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use apres_ingest::list::Participant;
use apres_ledger::{Decision, Verdict};
use apres_link::review::{Choice, Said, Zone, settle};
use apres_link::{Match, MatchStatus};
use apres_store::datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use apres_store::datafusion::arrow::compute::cast;
use apres_store::datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use apres_store::datafusion::prelude::{col, lit};
use apres_store::{Identifying, IdentifyingTable, Table};

use crate::reference::FoundPair;

/// What a field adds, as it is kept: field, level, tenths of a bit, one person in so many.
pub type KeptWeight = (String, String, i32, Option<u64>);

/// A pair as it is kept.
#[derive(Clone)]
pub struct KeptPair {
    /// Number within the list.
    pub pair: u64,
    /// Line of the row.
    pub line: i64,
    /// The person.
    pub person: u64,
    /// Where the linker puts it.
    pub zone: Zone,
    /// How the row would be found.
    pub status: MatchStatus,
    /// Ten-thousandths.
    pub probability: u32,
    /// Before anything is compared, in tenths of a bit.
    pub prior: i32,
    /// Levels of all fields.
    pub pattern: String,
    /// What each field adds.
    pub weights: Vec<KeptWeight>,
    /// Surname at birth, surname in use, first names, birth date, sex, as declared.
    pub declared: [String; 5],
}

/// The pairs of a list as a batch of the table.
///
/// # Errors
/// When weights cannot be written.
pub fn batch(list: &str, rows: &[Participant], pairs: &[FoundPair]) -> Result<RecordBatch> {
    let texts =
        |of: &dyn Fn(&FoundPair) -> String| -> ArrayRef { Arc::new(pairs.iter().map(|pair| Some(of(pair))).collect::<StringArray>()) };
    let weights: Vec<String> = pairs.iter().map(weights).collect::<Result<_>>()?;
    let line = |pair: &FoundPair| i64::from(rows[pair.proposal.candidate.row as usize].line);
    let columns: Vec<ArrayRef> = vec![
        texts(&|_| list.to_owned()),
        Arc::new(Int64Array::from_iter_values((1..).take(pairs.len()))),
        Arc::new(Int64Array::from_iter_values(pairs.iter().map(line))),
        Arc::new(Int64Array::from_iter_values(pairs.iter().map(|pair| i64::try_from(pair.proposal.candidate.person).unwrap_or_default()))),
        texts(&|pair| pair.proposal.zone.id().to_owned()),
        texts(&|pair| pair.proposal.status.id().to_owned()),
        Arc::new(Int32Array::from_iter_values(pairs.iter().map(|pair| ten_thousandths(pair.proposal.candidate.probability)))),
        Arc::new(Int32Array::from_iter_values(pairs.iter().map(|pair| pair.explained.prior))),
        texts(&|pair| pair.proposal.candidate.pattern.key()),
        Arc::new(StringArray::from(weights)),
        texts(&|pair| pair.declared.nom_famille.clone()),
        texts(&|pair| pair.declared.nom_usage.clone()),
        texts(&|pair| pair.declared.prenoms.clone()),
        texts(&|pair| pair.declared.date_naissance.clone()),
        texts(&|pair| pair.declared.sexe.clone()),
    ];
    RecordBatch::try_new(IdentifyingTable::Reviews.schema(), columns).context("making the batch of pairs")
}

fn weights(pair: &FoundPair) -> Result<String> {
    let kept: Vec<(&str, &str, i32, Option<u64>)> =
        pair.explained.fields.iter().map(|field| (field.field, field.level, field.bits, field.one_in)).collect();
    serde_json::to_string(&kept).context("writing the weights of a pair")
}

fn ten_thousandths(probability: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a probability is between 0 and 1")]
    let rounded = (probability * 10_000.0).round() as i32;
    rounded
}

/// The pairs of a list, by number.
///
/// # Errors
/// When the zone cannot be read.
pub async fn read(identifying: &Identifying, list: &str) -> Result<Vec<KeptPair>> {
    let context = identifying.context_of(&[(IdentifyingTable::Reviews, None)]).await?;
    let of_list =
        context.table("reviews").await.context("reading the pairs")?.filter(col("list").eq(lit(list))).context("reading the pairs")?;
    let batches = of_list.collect().await.context("reading the pairs")?;
    let mut pairs = Vec::new();
    for batch in &batches {
        let longs = |name: &str| batch.column_by_name(name).map(|column| column.as_primitive::<Int64Type>().clone());
        let numbers = |name: &str| batch.column_by_name(name).map(|column| column.as_primitive::<Int32Type>().clone());
        let (ids, lines, people) = (longs("pair"), longs("line"), longs("person"));
        let (probabilities, priors) = (numbers("probability"), numbers("prior"));
        let (Some(ids), Some(lines), Some(people), Some(probabilities), Some(priors)) = (ids, lines, people, probabilities, priors) else {
            anyhow::bail!("the table of pairs lacks a column");
        };
        let names = ["zone", "status", "pattern", "weights", "nom_famille", "nom_usage", "prenoms", "date_naissance", "sexe"];
        let texts = names.map(|name| text(batch, name));
        for row in 0..batch.num_rows() {
            let [zone, status, pattern, weights, declared @ ..] =
                texts.each_ref().map(|column| if column.is_valid(row) { column.value(row).to_owned() } else { String::new() });
            pairs.push(KeptPair {
                pair: u64::try_from(ids.value(row)).unwrap_or_default(),
                line: lines.value(row),
                person: u64::try_from(people.value(row)).unwrap_or_default(),
                zone: Zone::of(&zone),
                status: if status == MatchStatus::Nir.id() { MatchStatus::Nir } else { MatchStatus::Identite },
                probability: u32::try_from(probabilities.value(row)).unwrap_or_default(),
                prior: priors.value(row),
                pattern,
                weights: serde_json::from_str(&weights).context("reading the weights of a pair")?,
                declared,
            });
        }
    }
    pairs.sort_by_key(|pair| pair.pair);
    Ok(pairs)
}

fn text(batch: &RecordBatch, name: &str) -> StringArray {
    let column = batch.column_by_name(name).unwrap_or_else(|| unreachable!("the table has {name}"));
    cast(column, &DataType::Utf8).unwrap_or_else(|_| unreachable!("{name} is a text")).as_string::<i32>().clone()
}

/// What is said of each row once decisions are taken into account; rows without a pair stay as they were.
#[must_use]
pub fn decided(rows: &[Participant], before: &[Match], pairs: &[KeptPair], decisions: &BTreeMap<u64, Decision>) -> Vec<Match> {
    let mut of_line: BTreeMap<i64, Vec<Choice>> = BTreeMap::new();
    for pair in pairs {
        let said = decisions.get(&pair.pair).map(|decision| match decision.verdict {
            Verdict::Same => Said::Same,
            Verdict::Different => Said::Different,
            Verdict::Unsure => Said::Unsure,
        });
        of_line.entry(pair.line).or_default().push(Choice { person: pair.person, zone: pair.zone, status: pair.status, said });
    }
    let settled = before.iter().map(|found| match of_line.get(&i64::from(rows[found.row].line)) {
        Some(choices) if found.status != MatchStatus::Inutilisable => {
            let (status, person) = settle(choices);
            Match { row: found.row, status, person }
        }
        _ => *found,
    });
    settled.collect()
}
