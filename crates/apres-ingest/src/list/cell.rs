//! One cell of a list, as the file holds it.

use std::borrow::Cow;
use std::fmt;

use chrono::NaiveDate;

use super::sheet::CELL_CHARS_MAX;

/// A cell. Spreadsheets keep numbers and dates apart from texts, and that says what a cell is worth: a NIR typed as a number is whole up to
/// fifteen digits, a date cell has no order of day and month to guess.
#[derive(Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing, or blanks only.
    #[default]
    Empty,
    /// A text without blanks around; never empty.
    Text(String),
    /// A number of a spreadsheet.
    Number(f64),
    /// A date cell of a spreadsheet.
    Date(NaiveDate),
}

/// The largest whole number below which every whole number has its own `f64`.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl Cell {
    /// A cell from a text: trimmed of blanks, invisible characters and the apostrophe that forces text in a spreadsheet.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let trimmed = trimmed(text);
        let unforced = trimmed.strip_prefix('\'').map_or(trimmed, str::trim_start);
        let formula = unforced.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
        match formula.unwrap_or(unforced) {
            "" => Self::Empty,
            // One character too many is kept, so that the cut is seen and said.
            kept => Self::Text(kept.chars().take(CELL_CHARS_MAX + 1).collect()),
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The cell as its depositor sees it: whole numbers without exponent, dates as dd/mm/yyyy.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < EXACT_MAX => Cow::Owned(format!("{number:.0}")),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Date(date) => Cow::Owned(date.format("%d/%m/%Y").to_string()),
        }
    }

    pub(super) fn cut(&mut self, chars_max: usize) -> bool {
        let Self::Text(text) = self else { return false };
        let Some((end, _)) = text.char_indices().nth(chars_max) else { return false };
        text.truncate(end);
        true
    }

    pub(super) fn text_bytes(&self) -> usize {
        if let Self::Text(text) = self { text.len() } else { 0 }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Text(_) => "Text(***)",
            Self::Number(_) => "Number(***)",
            Self::Date(_) => "Date(***)",
        })
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'))
}
