//! The text of one table, as `COPY … WITH (FORMAT csv, HEADER true)` reads it.
//!
//! A row is its fields in the order of the columns of `schema.sql`; an empty field is a null. The header is made from that schema, so that a column cannot
//! be forgotten in one of the two.

use crate::calendar::Day;

/// What PostgreSQL is told of a synthetic base.
pub(crate) const SCHEMA: &str = include_str!("schema.sql");

/// The header of a table: its columns, as the schema names them.
pub(crate) fn header(table: &str) -> String {
    let start = format!("CREATE TABLE dadeh.{table} (");
    let columns = SCHEMA.lines().skip_while(|line| *line != start).skip(1).take_while(|line| *line != ");");
    let names: Vec<&str> = columns.filter_map(|line| line.split_whitespace().next()).collect();
    names.join(",") + "\n"
}

/// Rows being written.
#[derive(Default)]
pub(crate) struct Rows {
    text: String,
    /// Rows so far.
    pub(crate) count: u64,
}

impl Rows {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Begins a row with its identifier.
    pub(crate) fn begin(&mut self, id: u64) -> Row<'_> {
        self.text.push_str(&id.to_string());
        self.count += 1;
        Row(&mut self.text)
    }
}

/// A row being written; it ends when it is dropped.
pub(crate) struct Row<'a>(&'a mut String);

impl Row<'_> {
    pub(crate) fn put(self, value: &str) -> Self {
        self.0.push(',');
        if value.contains([',', '"', '\n']) {
            self.0.push('"');
            self.0.push_str(&value.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(value);
        }
        self
    }

    pub(crate) fn put_number(self, number: u64) -> Self {
        self.put(&number.to_string())
    }

    pub(crate) fn put_day(self, day: Option<Day>) -> Self {
        let text = day.map(Day::iso).unwrap_or_default();
        self.put(&text)
    }

    pub(crate) fn put_hundredths(self, hundredths: i64) -> Self {
        let sign = if hundredths < 0 { "-" } else { "" };
        let size = hundredths.unsigned_abs();
        self.put(&format!("{sign}{}.{:02}", size / 100, size % 100))
    }
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.0.push('\n');
    }
}
