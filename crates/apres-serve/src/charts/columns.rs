//! One column per month, for a quantity that is followed in time.
//!
//! A month that calls for care is hatched and carries a mark, so that colour is never alone; a month without a value keeps its place. Years are written under
//! the first of their months, the greatest value on the axis.

use super::Shape;
use super::svg::{Head, Svg};

/// One month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The value; none when there is none or when it cannot be shown.
    pub value: Option<u64>,
    /// Written under it: a year, for the first month of a year.
    pub label: Option<String>,
    /// It calls for care.
    pub is_marked: bool,
}

/// The chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Identifier, unique in the page.
    pub id: String,
    /// Title read aloud.
    pub title: String,
    /// The same in a sentence.
    pub description: String,
    /// The value at the top of the axis, never 0.
    pub top: u64,
    /// How that value is written.
    pub top_label: String,
    /// The months, in order.
    pub columns: Vec<Column>,
}

const HEIGHT: f64 = 150.0;
const ABOVE: f64 = 26.0;
const BELOW: f64 = 26.0;
/// A month never takes more: a few of them must not look like blocks.
const STEP_MAX: f64 = 60.0;

impl Columns {
    /// Draws it.
    #[must_use]
    pub fn draw(&self, shape: Shape) -> String {
        let width = if shape == Shape::Wide { 760.0 } else { 360.0 };
        let id = format!("{}-{}", self.id, shape.name());
        let height = ABOVE + HEIGHT + BELOW;
        let head = Head { id: &id, class: shape.name(), width, height, title: &self.title, description: &self.description };
        let mut svg = Svg::new(&head);
        let bottom = ABOVE + HEIGHT;
        svg.line("ap-chart-grid", (0.0, ABOVE), (width, ABOVE));
        svg.line("ap-chart-grid", (0.0, ABOVE + HEIGHT / 2.0), (width, ABOVE + HEIGHT / 2.0));
        let count = f64::from(u16::try_from(self.columns.len().max(1)).unwrap_or(u16::MAX));
        let step = (width / count).min(STEP_MAX);
        for (place, column) in (0_u16..).zip(&self.columns) {
            self.column(&mut svg, column, f64::from(place) * step, step);
        }
        svg.line("ap-chart-axis", (0.0, bottom), (width, bottom));
        svg.text("ap-chart-tick", (0.0, ABOVE - 9.0), &self.top_label);
        svg.finish()
    }

    fn column(&self, svg: &mut Svg, column: &Column, left: f64, step: f64) {
        let bottom = ABOVE + HEIGHT;
        let wide = step * 0.74;
        let x = left + (step - wide) / 2.0;
        let tall = column.value.map_or(0.0, |value| HEIGHT * share(value, self.top));
        match (column.value, column.is_marked) {
            // What is lacking is drawn over the whole height: nothing there is not a zero.
            (None, _) => svg.hatched((x, ABOVE), (wide, HEIGHT)),
            (Some(_), true) => {
                svg.rect("ap-chart-bar ap-chart-bar--bound", (x, bottom - tall), (wide, tall));
                svg.diamond("ap-chart-dot-reference", (x + wide / 2.0, (bottom - tall - 9.0).max(7.0)), (wide / 2.0).min(5.0));
            }
            (Some(_), false) => svg.rect("ap-chart-bar", (x, bottom - tall), (wide, tall)),
        }
        if let Some(label) = &column.label {
            svg.line("ap-chart-axis", (left, bottom), (left, bottom + 5.0));
            svg.text("ap-chart-tick", (left + 2.0, bottom + 19.0), label);
        }
    }
}

/// A share between 0 and 1, in thousandths: more would not be seen.
fn share(value: u64, top: u64) -> f64 {
    let thousandths = u128::from(value.min(top)) * 1000 / u128::from(top.max(1));
    f64::from(u16::try_from(thousandths).unwrap_or(1000)) / 1000.0
}
