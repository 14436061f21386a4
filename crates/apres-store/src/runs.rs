//! What is declared of people, written in runs: rows sorted by person, cut into row groups by ranges of the pseudonym.
//!
//! Pseudonyms are keyed hashes, so ranges of one width hold about as many people each. Whoever reads the people of a range opens, in each run, the few row
//! groups that it meets ([`crate::ranges`]): a build goes through the lake range by range, in memory that follows the range, and sorts no more than that.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::interleave_record_batch;
use datafusion::arrow::datatypes::Int64Type;

use crate::part::{Part, Parts, Written, fault};
use crate::zone::StoreFault;

/// Rows of a run, at most; they are held in memory until they are sorted.
const RUN_ROWS_MAX: usize = 1 << 20;
/// Bytes of a run in memory, at most.
const RUN_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Ranges are cut at these bits of a pseudonym, which has 63.
const RANGE_SHIFT: u32 = 63 - 6;
/// Rows of a row group: at least, unless the run ends; and at most.
const GROUP_ROWS: std::ops::Range<usize> = 4_096..65_536;

/// A row waiting in a batch, by person.
type Place = (i64, u32, u32);

/// The runs of one table that is being written.
pub(crate) struct Runs {
    parts: Parts,
    person: usize,
    held: Vec<RecordBatch>,
    held_rows: usize,
    held_bytes: usize,
    part: Option<Part>,
    written: Vec<Written>,
}

impl Runs {
    pub(crate) fn new(parts: Parts) -> Self {
        let person = parts.schema.index_of("person").unwrap_or_else(|_| unreachable!("a table of people has their pseudonym"));
        Self { parts, person, held: Vec::new(), held_rows: 0, held_bytes: 0, part: None, written: Vec::new() }
    }

    /// Takes a batch; writes a run when enough is held.
    pub(crate) fn write(&mut self, batch: RecordBatch) -> Result<(), StoreFault> {
        self.held_rows += batch.num_rows();
        self.held_bytes += batch.get_array_memory_size();
        self.held.push(batch);
        if self.held_rows >= RUN_ROWS_MAX || self.held_bytes >= RUN_BYTES_MAX {
            self.run()?;
        }
        Ok(())
    }

    /// Writes what is held; gives all the files.
    pub(crate) fn finish(&mut self) -> Result<Vec<Written>, StoreFault> {
        self.run()?;
        self.close()?;
        Ok(std::mem::take(&mut self.written))
    }

    fn run(&mut self) -> Result<(), StoreFault> {
        let held = std::mem::take(&mut self.held);
        (self.held_rows, self.held_bytes) = (0, 0);
        let mut order: Vec<Place> = Vec::with_capacity(held.iter().map(RecordBatch::num_rows).sum());
        for (place, batch) in (0..).zip(&held) {
            let people = batch.column(self.person).as_primitive::<Int64Type>();
            order.extend((0..).zip(people.values()).map(|(row, person)| (*person, place, row)));
        }
        order.sort_unstable();
        let batches: Vec<&RecordBatch> = held.iter().collect();
        let mut group: Vec<(usize, usize)> = Vec::new();
        let mut places = order.iter().peekable();
        while let Some((person, batch, row)) = places.next() {
            group.push((*batch as usize, *row as usize));
            let is_full = |next: &&Place| {
                let is_border = next.0 >> RANGE_SHIFT != person >> RANGE_SHIFT;
                group.len() >= GROUP_ROWS.end || (is_border && group.len() >= GROUP_ROWS.start)
            };
            if places.peek().is_none_or(is_full) {
                self.group(&batches, &group)?;
                group.clear();
            }
        }
        if self.part.as_mut().is_some_and(|part| part.is_full()) {
            self.close()?;
        }
        Ok(())
    }

    fn group(&mut self, batches: &[&RecordBatch], rows: &[(usize, usize)]) -> Result<(), StoreFault> {
        let sorted = interleave_record_batch(batches, rows).map_err(|error| fault(self.parts.table)(error.into()))?;
        let part = match &mut self.part {
            Some(part) => part,
            none => none.insert(self.parts.next()?),
        };
        part.write(&sorted)?;
        part.cut()
    }

    fn close(&mut self) -> Result<(), StoreFault> {
        if let Some(part) = self.part.take() {
            self.written.extend(part.finish()?);
        }
        Ok(())
    }
}
