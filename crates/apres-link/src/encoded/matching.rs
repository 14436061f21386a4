//! The list, encoded and indexed by its blocking codes; the reference goes by once.
//!
//! Order does not matter: candidates are sorted before anything is learned from them, and random pairs are drawn by the identifiers of both rows.

use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash as _, Hasher as _};

use super::compare::compare;
use super::filter::Filter;
use super::model::{Candidate, Counts, Frequencies, fit};
use super::record::Encoded;

/// A pair with its probability.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedPair {
    /// Identifier of the row of the list.
    pub list: String,
    /// Identifier of the row of the reference.
    pub reference: String,
    /// The probability that both are one person.
    pub score: f64,
    /// Whether the pair is kept when each row may have one partner at most.
    pub is_chosen: bool,
}

/// What came of it. Exact figures: they may only be shown to who holds both files.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EncodedReport {
    /// Rows of the list that were searched.
    pub searched: u64,
    /// Rows of the reference.
    pub reference: u64,
    /// Pairs compared.
    pub candidates: u64,
    /// Rows whose best pair is at or above the threshold.
    pub found: u64,
    /// Mean probability of these: the precision that the model expects.
    pub expected_precision: f64,
    /// Their probabilities over those of all pairs: the recall that it expects, of the candidates.
    pub expected_recall: f64,
}

/// The encoded list.
pub struct EncodedIndex {
    rows: Vec<Encoded>,
    by_block: FxHashMap<u64, Vec<u32>>,
    noms: FxHashMap<Filter<8>, Vec<(u32, u8)>>,
    prenoms: FxHashMap<Filter<8>, Vec<(u32, u8)>>,
    frequencies: Frequencies,
    counts: Counts,
    candidates: Vec<Candidate>,
    reference: Vec<String>,
    /// Rows of the list that the row at hand may be, kept to spare allocations.
    hits: Vec<u32>,
}

/// Of so many rows of the reference, one is compared with a row of the list drawn at random.
const DRAWN_ONE_IN: u64 = 2;
/// Pairs below this probability are not given.
const SCORE_MIN: f64 = 0.001;

impl EncodedIndex {
    /// Indexes the rows of a list.
    #[must_use]
    pub fn new(rows: Vec<Encoded>) -> Self {
        let mut index = Self {
            by_block: FxHashMap::default(),
            noms: FxHashMap::default(),
            prenoms: FxHashMap::default(),
            frequencies: Frequencies { nom: vec![[0; 2]; rows.len()], prenom: vec![[0; 2]; rows.len()] },
            counts: Counts::default(),
            candidates: Vec::new(),
            reference: Vec::new(),
            hits: Vec::new(),
            rows: Vec::new(),
        };
        for (row, place) in rows.iter().zip(0_u32..) {
            for block in row.blocks {
                index.by_block.entry(block).or_default().push(place);
            }
            for (slot, (nom, prenom)) in (0_u8..).zip(row.noms_by_year.iter().zip(&row.prenoms_by_year)) {
                index.noms.entry(*nom).or_default().push((place, slot));
                index.prenoms.entry(*prenom).or_default().push((place, slot));
            }
        }
        index.rows = rows;
        index
    }

    /// Shows the index a row of the reference.
    pub fn see(&mut self, theirs: &Encoded) {
        let reference = self.counts.reference;
        self.counts.reference += 1;
        self.draw(theirs);
        for nom in &theirs.noms_by_year {
            for (row, slot) in self.noms.get(nom).into_iter().flatten() {
                self.frequencies.nom[*row as usize][usize::from(*slot)] += 1;
            }
        }
        for prenom in &theirs.prenoms_by_year {
            for (row, slot) in self.prenoms.get(prenom).into_iter().flatten() {
                self.frequencies.prenom[*row as usize][usize::from(*slot)] += 1;
            }
        }
        self.hits.clear();
        for block in &theirs.blocks {
            self.hits.extend(self.by_block.get(block).into_iter().flatten());
        }
        self.hits.sort_unstable();
        self.hits.dedup();
        for row in &self.hits {
            if let Some(levels) = compare(&self.rows[*row as usize], theirs) {
                self.candidates.push(Candidate { row: *row, reference, levels });
            }
        }
        self.reference.push(theirs.id.clone());
    }

    /// Compares the row with one of the list, drawn by its identifier.
    fn draw(&mut self, theirs: &Encoded) {
        let mut hasher = FxHasher::default();
        theirs.id.hash(&mut hasher);
        let chance = hasher.finish().rotate_left(29).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        if !chance.is_multiple_of(DRAWN_ONE_IN) || self.rows.is_empty() {
            return;
        }
        let place = usize::try_from(chance / DRAWN_ONE_IN).unwrap_or_default() % self.rows.len();
        self.counts.draw(compare(&self.rows[place], theirs).as_ref());
    }

    /// Learns and decides: pairs by row of the list, then by falling probability; at most one of each row, and of each row of the reference, is chosen.
    #[must_use]
    pub fn decide(mut self, threshold: f64) -> (Vec<EncodedPair>, EncodedReport) {
        let (rows, reference) = (&self.rows, &self.reference);
        self.candidates.sort_by(|a, b| (a.row, &reference[a.reference as usize]).cmp(&(b.row, &reference[b.reference as usize])));
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let fitted = fit(&self.candidates, count, &self.counts, &self.frequencies);
        let chosen = choose(&self.candidates, &fitted.probabilities);
        let mut pairs: Vec<EncodedPair> = Vec::new();
        let mut report =
            EncodedReport { searched: u64::from(count), reference: u64::from(self.counts.reference), ..EncodedReport::default() };
        report.candidates = self.candidates.len() as u64;
        let (mut kept, mut all) = (0.0, 0.0);
        for (place, candidate) in self.candidates.iter().enumerate() {
            let score = fitted.probabilities[place];
            all += score;
            if chosen[place] && score >= threshold {
                report.found += 1;
                kept += score;
            }
            if score >= SCORE_MIN {
                pairs.push(EncodedPair {
                    list: rows[candidate.row as usize].id.clone(),
                    reference: reference[candidate.reference as usize].clone(),
                    score,
                    is_chosen: chosen[place],
                });
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of rows is far below 2^52")]
        let found = report.found as f64;
        if report.found > 0 {
            report.expected_precision = kept / found;
            report.expected_recall = kept / all;
        }
        (pairs, report)
    }
}

/// The pairs kept when each side has one partner at most: the most probable first.
fn choose(candidates: &[Candidate], probabilities: &[f64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let (mut rows, mut references) = (rustc_hash::FxHashSet::default(), rustc_hash::FxHashSet::default());
    let mut chosen = vec![false; candidates.len()];
    for place in order {
        let candidate = &candidates[place];
        if !rows.contains(&candidate.row) && !references.contains(&candidate.reference) {
            rows.insert(candidate.row);
            references.insert(candidate.reference);
            chosen[place] = true;
        }
    }
    chosen
}
