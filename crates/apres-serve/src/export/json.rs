//! A JSON document: whom it is about, notes, figures by the names of the columns, definitions, reasons.

use serde_json::{Map, Value as Json, json};

use super::{Book, Value};

pub(super) fn document(book: &Book) -> Vec<u8> {
    let figure = |row: &Vec<Value>| Json::Object(book.header.iter().cloned().zip(row.iter().map(value)).collect::<Map<_, _>>());
    let document = json!({
        "population": book.people,
        "notes": book.notes,
        "chiffres": book.rows.iter().map(figure).collect::<Vec<_>>(),
        "definitions": objects(&book.definitions),
        "raisons": objects(&book.reasons),
    });
    serde_json::to_vec_pretty(&document).expect("texts and numbers only")
}

/// The rows below a header, each an object by its names.
fn objects<const N: usize>(rows: &[[String; N]]) -> Vec<Json> {
    let Some((header, rows)) = rows.split_first() else { return Vec::new() };
    let object = |row: &[String; N]| header.iter().cloned().zip(row.iter().cloned().map(Json::String)).collect::<Map<_, _>>();
    rows.iter().map(|row| Json::Object(object(row))).collect()
}

fn value(value: &Value) -> Json {
    match value {
        Value::Text(words) => Json::String(words.clone()),
        Value::Number(number) => json!(number),
        // Written with its point, it is exact.
        Value::Tenths(tenths) => super::decimal(*tenths).parse::<serde_json::Number>().map_or(Json::Null, Json::Number),
        Value::Empty => Json::Null,
    }
}
