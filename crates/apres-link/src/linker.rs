//! The way in: index a list, pass the reference once on as many cores as one likes, and decide.
//!
//! [`Linker::new`] reads the rows; each core has a [`Pass`] and shows it records in any order; [`Linker::finish`] puts passes together. What comes out does not
//! depend on how the reference was cut, nor on the order of its records.

use crate::assign::{Wish, choose, weigh};
use crate::blocking::{Index, Key};
use crate::compare::{Pattern, compare};
use crate::explain::{Explained, Reasons};
use crate::keyed::{Keyed, tagged};
use crate::model::chance::Chance;
use crate::model::em::{Kind, NAME_CLASSES, NAMESAKES_LIMITS, Pair, Parameters, Rows, odds, rows_of};
use crate::model::frequencies::{Counts, RowShares, Terms, as_f64};
use crate::model::sample::Sample;
use crate::nir::Read;
use crate::normalise::Folded;
use crate::normalise::place::ABROAD;
use crate::parallel;
use crate::person::{EXTRAS_MAX, Person, Record};
use crate::report::{Estimates, Report};
use crate::word::Word;

/// How to decide.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether a person is one row at most.
    pub is_exclusive: bool,
    /// Pairs less probable than this are not given.
    pub floor: f64,
    /// The share of right pairs that is wanted among those accepted; it sets the two limits of the zones.
    pub target_precision: f64,
    /// A probability from which pairs are accepted, rather than the one that the target gives.
    pub threshold: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { is_exclusive: true, floor: 0.01, target_precision: 0.99, threshold: None }
    }
}

/// Why a row cannot be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusable {
    /// Nothing is said of the person.
    Empty,
    /// No surname and no first name, and no NIR.
    NoName,
    /// A surname or a first name alone.
    OneNameOnly,
    /// What is in the cell of the NIR is the temporary number of an employer, and the rest is not enough.
    TemporaryNumber,
    /// What is in the cell of the NIR is no NIR, and the rest is not enough.
    UnreadableNir,
}

/// A list, ready to be searched for.
pub struct Linker {
    rows: Vec<Person>,
    unusable: Vec<Option<Unusable>>,
    index: Index,
    terms: Terms,
    extras: usize,
}

/// What one core has seen of the reference.
pub struct Pass<'a> {
    linker: &'a Linker,
    counts: Counts,
    sample: Sample,
    cell: Folded,
    /// Records to be looked up together, and how many of them are there.
    waiting: Vec<Waiting>,
    seen: u8,
    keys: Vec<Key>,
    found: Vec<(u32, u8)>,
    pairs: Vec<Seen>,
    records: Vec<Kept>,
    ids: Vec<u8>,
}

/// Records that are looked up together: the memory is waited for once.
const TOGETHER: usize = 16;

/// A record that has been read.
struct Waiting {
    person: Person,
    id: Vec<u8>,
    id_hash: u64,
    /// The person, as given; its record's own hash when none was.
    of: u64,
}

/// A candidate, as seen.
#[derive(Clone, Copy)]
struct Seen {
    row: u32,
    record: u32,
    pattern: Pattern,
    families: u8,
}

/// A record that is someone's candidate.
#[derive(Clone, Copy)]
struct Kept {
    person: u64,
    id_hash: u64,
    id_start: u32,
    id_len: u16,
}

/// A row and a person who may be it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Place of the row in the list.
    pub row: u32,
    /// The person of the reference, as given; its record's own hash when none was.
    pub person: u64,
    /// Probability that they are one.
    pub probability: f64,
    /// Whether this is the pair kept for the row.
    pub is_chosen: bool,
    /// How they compare.
    pub pattern: Pattern,
    id: (u32, u16),
}

/// What was found.
pub struct Linked {
    /// Candidates at or above the floor, by row, the most probable first.
    pub candidates: Vec<Candidate>,
    /// Figures of the whole.
    pub report: Report,
    ids: Vec<u8>,
    reasons: Reasons,
}

impl Linked {
    /// The identifier of the record of a candidate, as given.
    #[must_use]
    pub fn id(&self, candidate: &Candidate) -> &[u8] {
        let start = candidate.id.0 as usize;
        &self.ids[start..start + usize::from(candidate.id.1)]
    }

    /// Why a candidate is as probable as it is: what each field adds, in bits.
    #[must_use]
    pub fn explain(&self, candidate: &Candidate) -> Explained {
        self.reasons.of(candidate.row as usize, candidate.pattern)
    }
}

impl Linker {
    /// Reads and indexes the rows of a list; `extras` is how many of the other columns take part.
    pub fn new<'a>(rows: impl IntoIterator<Item = Record<'a>>, extras: usize) -> Self {
        let extras = extras.min(EXTRAS_MAX);
        let mut cell = Folded::new();
        let mut read = |record: Record<'a>| {
            let mut person = Person::new();
            person.read(&record, extras, &mut cell);
            person.read_list_nir(record.nir);
            person
        };
        let rows: Vec<Person> = rows.into_iter().map(&mut read).collect();
        let unusable = rows.iter().map(why_unusable).collect();
        Self { index: Index::new(&rows, extras), terms: Terms::new(&rows, extras), rows, unusable, extras }
    }

    /// Rows of the list.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the list has no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Why a row cannot be searched, if it cannot.
    #[must_use]
    pub fn unusable(&self, row: usize) -> Option<Unusable> {
        self.unusable.get(row).copied().flatten()
    }

    /// A pass over a part of the reference.
    #[must_use]
    pub fn pass(&self) -> Pass<'_> {
        Pass {
            linker: self,
            counts: self.terms.counts(),
            sample: Sample::new(),
            cell: Folded::new(),
            waiting: (0..TOGETHER).map(|_| Waiting { person: Person::new(), id: Vec::new(), id_hash: 0, of: 0 }).collect(),
            seen: 0,
            keys: Vec::new(),
            found: Vec::new(),
            pairs: Vec::new(),
            records: Vec::new(),
            ids: Vec::new(),
        }
    }

    /// Puts passes together and decides.
    #[must_use]
    pub fn finish(&self, passes: Vec<Pass<'_>>, options: &Options) -> Linked {
        let mut counts = self.terms.counts();
        let mut sample = Sample::new();
        let mut seen = AllSeen::default();
        for mut pass in passes {
            pass.settle();
            self.terms.count_waiting(&mut pass.counts);
            counts.merge(&pass.counts);
            sample.merge(pass.sample);
            seen.add(pass.pairs, &pass.records, pass.ids);
        }
        seen.sort(self.rows.len());
        let shares = self.shares(&counts);
        let chance = Chance::learn(&self.rows, &shares, &sample.finish(), self.extras);
        let (pairs, kinds) = self.pairs(&seen, &shares, &chance, counts.records());
        let parameters = Parameters::learn(&pairs, &kinds, &chance, &self.as_a_whole(&shares));
        let weights = parameters.weights(&kinds, &chance);
        let mut wishes = wishes(&pairs, &weights);
        weigh(&mut wishes, options.is_exclusive);
        let chosen = choose(&wishes, options.floor, options.is_exclusive);
        let estimates = Estimates::of(&wishes, &chosen, &pairs, options);
        let report = Report::new(&self.unusable, &counts, pairs.len(), &parameters, estimates);
        let candidates = candidates(&wishes, &chosen, &pairs, &seen, options.floor);
        let kinds = self.rows.iter().zip(&shares).map(|(row, shares)| kind_of(row, shares, Pattern::default())).collect();
        let reasons = Reasons { parameters, chance, shares, kinds, records: counts.records() };
        Linked { candidates, report, ids: seen.ids, reasons }
    }

    fn as_a_whole(&self, shares: &[RowShares]) -> Rows {
        let mut by_names = [0; NAME_CLASSES];
        shares.iter().for_each(|shares| by_names[usize::from(name_class(shares))] += 1);
        let undated = self.rows.iter().filter(|row| !row.birth.is_known()).count();
        Rows { by_names, undated: as_f64(undated as u64) / as_f64(self.rows.len().max(1) as u64) }
    }

    fn shares(&self, counts: &Counts) -> Vec<RowShares> {
        let blocks = parallel::fold(self.rows.len(), Vec::new, |shares, row| shares.push(self.terms.shares(&self.rows[row], counts)));
        blocks.into_iter().flatten().collect()
    }

    /// Pairs with the expected number of strangers of their pattern, and the distinct patterns.
    fn pairs(&self, seen: &AllSeen, shares: &[RowShares], chance: &Chance, records: u64) -> (Vec<Pair>, Vec<Kind>) {
        let mut distinct = Keyed::with_room(4096);
        let mut kinds = Vec::new();
        let mut pairs: Vec<Pair> = Vec::with_capacity(seen.pairs.len());
        for pair in &seen.pairs {
            let row = &self.rows[pair.row as usize];
            let kind = kind_of(row, &shares[pair.row as usize], pair.pattern);
            let place = distinct.add(tagged(
                u64::from(kind.sex),
                kind.pattern.bits(),
                u64::from(kind.names) << 3 | u64::from(kind.birth) << 1 | u64::from(kind.is_abroad),
            ));
            if place == kinds.len() {
                kinds.push(kind);
            }
            let pattern = u32::try_from(place).unwrap_or(u32::MAX);
            let person = seen.records[pair.record as usize].person;
            pairs.push(Pair {
                row: pair.row,
                pattern,
                person,
                record: pair.record,
                families: pair.families,
                strangers: 0.0,
                scattered: 0.0,
            });
        }
        let expected = parallel::fold(seen.pairs.len(), Vec::new, |expected, place| {
            let pair = &seen.pairs[place];
            let shares = &shares[pair.row as usize];
            let strangers = as_f64(records) * chance.of_pattern(pair.pattern, shares);
            expected.push((strangers, strangers / Chance::of_gathering(pair.pattern, shares).max(1.0)));
        });
        for (pair, (strangers, scattered)) in pairs.iter_mut().zip(expected.into_iter().flatten()) {
            (pair.strangers, pair.scattered) = (narrowed(strangers), narrowed(scattered));
        }
        (pairs, kinds)
    }
}

impl Pass<'_> {
    /// Shows a record of the reference. `person` tells which records are one person; without it each is one.
    pub fn see(&mut self, id: &[u8], person: Option<u64>, record: &Record<'_>) {
        let (linker, place) = (self.linker, self.seen);
        let waiting = &mut self.waiting[usize::from(place)];
        waiting.person.read(record, linker.extras, &mut self.cell);
        waiting.person.nir = crate::nir::Number::of_reference(record.nir);
        linker.terms.count(&waiting.person, &mut self.counts);
        let id_hash = tagged(0, hash_of(id), person.unwrap_or(0));
        self.sample.see(id_hash, &waiting.person);
        linker.index.add_keys(&waiting.person, place, &mut self.keys);
        waiting.id.clear();
        waiting.id.extend_from_slice(id);
        (waiting.id_hash, waiting.of) = (id_hash, person.unwrap_or(id_hash));
        self.seen += 1;
        if usize::from(self.seen) == TOGETHER {
            self.settle();
        }
    }

    /// Compares the records that wait with the rows that share a key with them.
    fn settle(&mut self) {
        self.seen = 0;
        self.linker.index.keep_likely(&mut self.keys);
        let keys = std::mem::take(&mut self.keys);
        for keys in keys.chunk_by(|one, next| one.record == next.record) {
            self.linker.index.find(keys, &mut self.found);
            if !self.found.is_empty() {
                self.compare(usize::from(keys[0].record));
            }
        }
        self.keys = keys;
        self.keys.clear();
    }

    fn compare(&mut self, place: usize) {
        let Waiting { person, id, id_hash, of } = &self.waiting[place];
        let record = small(self.records.len());
        for (row, families) in &self.found {
            let pattern = compare(&self.linker.rows[*row as usize], person, self.linker.extras);
            self.pairs.push(Seen { row: *row, record, pattern, families: *families });
        }
        let id_start = small(self.ids.len());
        self.ids.extend_from_slice(id);
        let id_len = u16::try_from(id.len()).unwrap_or(u16::MAX);
        self.records.push(Kept { person: *of, id_hash: *id_hash, id_start, id_len });
    }
}

/// What all passes have seen.
#[derive(Default)]
struct AllSeen {
    pairs: Vec<Seen>,
    records: Vec<Kept>,
    ids: Vec<u8>,
}

impl AllSeen {
    fn add(&mut self, pairs: Vec<Seen>, records: &[Kept], ids: Vec<u8>) {
        let (record_base, id_base) = (small(self.records.len()), small(self.ids.len()));
        if self.pairs.is_empty() {
            self.pairs = pairs;
        } else {
            self.pairs.extend(pairs.into_iter().map(|pair| Seen { record: pair.record + record_base, ..pair }));
        }
        self.records.extend(records.iter().map(|record| Kept { id_start: record.id_start + id_base, ..*record }));
        if self.ids.is_empty() {
            self.ids = ids;
        } else {
            self.ids.extend_from_slice(&ids);
        }
    }

    /// Sorts pairs by row, person and record: an order that owes nothing to that of the reference.
    fn sort(&mut self, rows: usize) {
        let mut starts = vec![0_usize; rows + 1];
        self.pairs.iter().for_each(|pair| starts[pair.row as usize + 1] += 1);
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut sorted = self.pairs.clone();
        let mut next = starts.clone();
        for pair in &self.pairs {
            let place = &mut next[pair.row as usize];
            sorted[*place] = *pair;
            *place += 1;
        }
        for row in 0..rows {
            sorted[starts[row]..starts[row + 1]].sort_unstable_by_key(|pair| {
                let record = &self.records[pair.record as usize];
                (record.person, record.id_hash, pair.pattern)
            });
        }
        self.pairs = sorted;
    }
}

/// One wish for each person that a row may be.
fn wishes(pairs: &[Pair], weights: &[[f64; 3]]) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let mut at = 0;
    for records in rows_of(pairs).flat_map(|row| row.chunk_by(|one, next| one.person == next.person)) {
        let best = (0..records.len()).map(|place| (place, odds(&records[place], weights))).max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((place, odds)) = best {
            wishes.push(Wish { row: records[0].row, person: records[0].person, odds, probability: 0.0, pair: small(at + place) });
        }
        at += records.len();
    }
    wishes
}

fn candidates(wishes: &[Wish], chosen: &[usize], pairs: &[Pair], seen: &AllSeen, floor: f64) -> Vec<Candidate> {
    let mut is_chosen = vec![false; wishes.len()];
    chosen.iter().for_each(|place| is_chosen[*place] = true);
    let mut candidates: Vec<Candidate> = Vec::new();
    for (wish, is_chosen) in wishes.iter().zip(is_chosen).filter(|(wish, _)| wish.probability >= floor) {
        let record = &seen.records[pairs[wish.pair as usize].record as usize];
        candidates.push(Candidate {
            row: wish.row,
            person: wish.person,
            probability: wish.probability,
            is_chosen,
            pattern: seen.pairs[wish.pair as usize].pattern,
            id: (record.id_start, record.id_len),
        });
    }
    candidates.sort_by(|one, other| {
        one.row.cmp(&other.row).then(other.probability.total_cmp(&one.probability)).then(one.person.cmp(&other.person))
    });
    candidates
}

/// From names that nobody else is expected to have to those that very many have.
fn name_class(shares: &RowShares) -> u8 {
    NAMESAKES_LIMITS.into_iter().map(|limit| u8::from(shares.namesakes > limit)).sum()
}

fn why_unusable(row: &Person) -> Option<Unusable> {
    let (has_nom, has_prenom) = (row.noms.first().is_some(), row.prenoms.first().is_some());
    let has_more = row.birth.is_whole() || row.extras.iter().any(|extra| !extra.is_empty());
    if row.nir.is_some() || (has_nom && has_prenom) || ((has_nom || has_prenom) && has_more) {
        return None;
    }
    Some(match (row.nir_read, has_nom || has_prenom, row.birth.is_known()) {
        (Read::Temporary, ..) => Unusable::TemporaryNumber,
        (Read::Other, ..) => Unusable::UnreadableNir,
        (_, true, _) => Unusable::OneNameOnly,
        (_, false, true) => Unusable::NoName,
        (_, false, false) => Unusable::Empty,
    })
}

/// The hash of an identifier of any length.
fn hash_of(id: &[u8]) -> u64 {
    id.chunks(Word::BYTES_MAX).fold(0, |hash, chunk| tagged(1, hash, Word::new(chunk).hash()))
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "an expected number needs no more than the precision of half a float")]
const fn narrowed(expected: f64) -> f32 {
    expected as f32
}

/// A pattern, and what of the row changes what is expected of it.
fn kind_of(row: &Person, shares: &RowShares, pattern: Pattern) -> Kind {
    Kind { pattern, sex: row.sex, birth: row.birth.kind() as u8, is_abroad: row.departement == ABROAD, names: name_class(shares) }
}

#[cfg(test)]
mod tests;
