//! Horizontal bars of a distribution, one per category, with the value written at the end of each.
//!
//! The scale goes from 0 to 100 %; a hidden category keeps its place and says so in words.

use super::Shape;
use super::curve::Mark;
use super::svg::{Head, Svg};

/// One category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Name of the category.
    pub label: String,
    /// Its share.
    pub mark: Mark,
    /// The value in words, written beside the bar; with the comparison when there is one.
    pub value: String,
    /// The share of the comparable group, drawn as a diamond.
    pub reference: Option<u8>,
}

/// The chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// Identifier, unique in the page.
    pub id: String,
    /// Title read aloud.
    pub title: String,
    /// The same in a sentence.
    pub description: String,
    /// What the diamonds are, when there are some.
    pub key: Option<String>,
    /// The bars, in the catalogue's order.
    pub bars: Vec<Bar>,
}

/// Measures of a drawing, in its own units.
struct Layout {
    width: f64,
    row: f64,
    label_x: f64,
    label_offset: f64,
    bar_x: f64,
    bar_offset: f64,
    bar_width: f64,
}

impl Layout {
    fn of(shape: Shape) -> Self {
        match shape {
            Shape::Wide => {
                Self { width: 760.0, row: 34.0, label_x: 218.0, label_offset: 21.0, bar_x: 230.0, bar_offset: 8.0, bar_width: 300.0 }
            }
            Shape::Narrow => {
                Self { width: 360.0, row: 56.0, label_x: 0.0, label_offset: 17.0, bar_x: 1.0, bar_offset: 26.0, bar_width: 170.0 }
            }
        }
    }
}

const BAR_HEIGHT: f64 = 18.0;

impl Bars {
    /// Draws it.
    #[must_use]
    pub fn draw(&self, shape: Shape) -> String {
        let layout = Layout::of(shape);
        let rows = f64::from(u16::try_from(self.bars.len()).unwrap_or(u16::MAX));
        let id = format!("{}-{}", self.id, shape.name());
        let head = Head {
            id: &id,
            class: shape.name(),
            width: layout.width,
            height: layout.row * rows + 4.0 + self.key_height(),
            title: &self.title,
            description: &self.description,
        };
        let mut svg = Svg::new(&head);
        let mut top = self.key_height();
        if let Some(key) = self.key.as_ref().filter(|_| self.key_height() > 0.0) {
            svg.text("ap-chart-name-reference", (layout.bar_x, 16.0), key);
        }
        for bar in &self.bars {
            draw_bar(&mut svg, &layout, bar, top, shape);
            top += layout.row;
        }
        svg.line("ap-chart-axis", (layout.bar_x, self.key_height()), (layout.bar_x, top));
        svg.finish()
    }

    fn key_height(&self) -> f64 {
        if self.key.is_some() && self.bars.iter().any(|bar| bar.reference.is_some()) { 28.0 } else { 0.0 }
    }
}

fn draw_bar(svg: &mut Svg, layout: &Layout, bar: &Bar, top: f64, shape: Shape) {
    let label_class = if shape == Shape::Wide { "ap-chart-label ap-chart-end" } else { "ap-chart-label" };
    svg.text(label_class, (layout.label_x, top + layout.label_offset), &bar.label);
    let percent = match bar.mark {
        Mark::Shown { percent, .. } | Mark::Below(percent) | Mark::Above(percent) => percent,
        Mark::Hidden | Mark::Pending => 0,
    };
    let y = top + layout.bar_offset;
    let long = layout.bar_width * f64::from(percent) / 100.0;
    let class = if matches!(bar.mark, Mark::Below(_) | Mark::Above(_)) { "ap-chart-bar ap-chart-bar--bound" } else { "ap-chart-bar" };
    if percent > 0 {
        svg.rect(class, (layout.bar_x, y), (long, BAR_HEIGHT));
    }
    let mut end = long;
    if let Some(reference) = bar.reference {
        let x = layout.bar_width * f64::from(reference) / 100.0;
        svg.diamond("ap-chart-dot-reference", (layout.bar_x + x, y + BAR_HEIGHT / 2.0), 5.5);
        end = end.max(x + 6.0);
    }
    let value_class = if matches!(bar.mark, Mark::Hidden | Mark::Pending) { "ap-chart-note" } else { "ap-chart-value" };
    svg.text(value_class, (layout.bar_x + end + 8.0, y + 14.0), &bar.value);
}
