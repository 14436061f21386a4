//! Columns of a record batch by name, whatever the engine chose to hold them in.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Float64Type, Int32Type, Int64Type};

use apres_store::datafusion;

use crate::contract::Ascii;

/// Reads columns of one batch.
pub(crate) struct Columns<'b>(pub(crate) &'b RecordBatch);

impl Columns<'_> {
    fn column(&self, name: &str, kind: &DataType) -> ArrayRef {
        let column = self.0.column_by_name(name).unwrap_or_else(|| unreachable!("the query selects {name}"));
        cast(column, kind).unwrap_or_else(|_| unreachable!("the table holds {name} in a kind that converts"))
    }

    pub(crate) fn longs(&self, name: &str) -> Int64Array {
        self.column(name, &DataType::Int64).as_primitive::<Int64Type>().clone()
    }

    pub(crate) fn ints(&self, name: &str) -> Int32Array {
        self.column(name, &DataType::Int32).as_primitive::<Int32Type>().clone()
    }

    pub(crate) fn days(&self, name: &str) -> Date32Array {
        self.column(name, &DataType::Date32).as_primitive::<Date32Type>().clone()
    }

    pub(crate) fn texts(&self, name: &str) -> StringArray {
        self.column(name, &DataType::Utf8).as_string::<i32>().clone()
    }

    /// Texts that repeat, each once.
    pub(crate) fn repeated_texts(&self, name: &str) -> DictionaryArray<Int32Type> {
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        self.column(name, &kind).as_dictionary::<Int32Type>().clone()
    }

    /// A ratio, in thousandths.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the ratio is between 0 and 1")]
    pub(crate) fn permille(&self, name: &str) -> Vec<Option<u16>> {
        let ratios = self.column(name, &DataType::Float64);
        let ratios = ratios.as_primitive::<Float64Type>();
        ratios.iter().map(|ratio| ratio.map(|ratio| (ratio.clamp(0.0, 1.0) * 1000.0).round() as u16)).collect()
    }

    pub(crate) fn facts(&self, name: &str) -> BooleanArray {
        self.column(name, &DataType::Boolean).as_boolean().clone()
    }
}

/// The value when there is one.
pub(crate) fn day(column: &Date32Array, row: usize) -> Option<i32> {
    column.is_valid(row).then(|| column.value(row))
}

/// The value when there is one.
pub(crate) fn int(column: &Int32Array, row: usize) -> Option<i32> {
    column.is_valid(row).then(|| column.value(row))
}

/// The value when there is one.
pub(crate) fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// A pseudonym, when there is one.
pub(crate) fn person(column: &Int64Array, row: usize) -> Option<u64> {
    column.is_valid(row).then(|| u64::try_from(column.value(row)).unwrap_or_default())
}

/// A numeric code of the norm; `None` when absent or not a number.
pub(crate) fn code<N: std::str::FromStr>(column: &StringArray, row: usize) -> Option<N> {
    text(column, row)?.parse().ok()
}

/// A short text held in place.
pub(crate) fn ascii<const N: usize>(column: &StringArray, row: usize) -> Option<Ascii<N>> {
    text(column, row).and_then(Ascii::parse)
}
