//! The record key of a row of the panel, as a function of the engine.
//!
//! A person has one key wherever they are counted; so has a row of a list in which nobody was recognised, by all that is known of it. The keys are added up beside the
//! counts, and leave the engine only so: they are in no table.

use std::sync::Arc;

use apres_protect::RecordKeys;
use apres_store::datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use apres_store::datafusion::arrow::datatypes::{DataType, Int64Type};
use apres_store::datafusion::error::Result;
use apres_store::datafusion::functions::core::expr_fn::coalesce;
use apres_store::datafusion::logical_expr::{ColumnarValue, Volatility, cast, create_udf};
use apres_store::datafusion::prelude::{Expr, col};

/// What is known of a row of a list, whoever it is about, and never changes as the lake grows.
const ROW: [&str; 9] = ["exit_date", "programme", "type", "siret", "departement", "sex", "age_band", "usable", "known"];

/// The record key of each row; `has_rows` when some may have no person.
pub(crate) fn record_key(keys: &RecordKeys, has_rows: bool) -> Expr {
    let of_person = of_person(keys, col("person"));
    if has_rows { coalesce(vec![of_person, of_row(keys)]) } else { of_person }
}

fn of_person(keys: &RecordKeys, person: Expr) -> Expr {
    let keys = keys.clone();
    let hash = move |columns: &[ColumnarValue]| -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(columns)?;
        let people = columns[0].as_primitive::<Int64Type>();
        let hashed: UInt64Array = people.iter().map(|person| person.map(|person| keys.of_person(person.cast_unsigned()))).collect();
        Ok(ColumnarValue::Array(Arc::new(hashed) as ArrayRef))
    };
    create_udf("record_key_of_person", vec![DataType::Int64], DataType::UInt64, Volatility::Immutable, Arc::new(hash)).call(vec![person])
}

fn of_row(keys: &RecordKeys) -> Expr {
    let keys = keys.clone();
    let hash = move |columns: &[ColumnarValue]| -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(columns)?;
        let texts: Vec<_> = columns.iter().map(|column| column.as_string::<i32>()).collect();
        let rows = texts.first().map_or(0, |text| text.len());
        let row = |place: usize| texts.iter().map(move |text| text.is_valid(place).then(|| text.value(place)));
        let hashed: UInt64Array = (0..rows).map(|place| Some(keys.of_row(row(place)))).collect();
        Ok(ColumnarValue::Array(Arc::new(hashed) as ArrayRef))
    };
    let columns = ROW.map(|name| cast(col(name), DataType::Utf8)).to_vec();
    create_udf("record_key_of_row", vec![DataType::Utf8; ROW.len()], DataType::UInt64, Volatility::Immutable, Arc::new(hash)).call(columns)
}
