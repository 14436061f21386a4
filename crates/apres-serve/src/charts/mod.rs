//! Charts drawn by the server as accessible SVG, one struct per kind.
//!
//! A chart holds words and whole percents that a release allowed to be said; it is drawn at two widths because text in an SVG
//! shrinks with it. Colour is never alone: lines differ by stroke and marker, states by hatching and words, values are written.

mod bars;
mod columns;
mod curve;
mod svg;

pub use bars::{Bar, Bars};
pub use columns::{Column, Columns};
pub use curve::{Curve, Line, Mark, Point};

/// The two widths at which a chart is drawn; the style sheet shows one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// For a page of 576 px or more, and for print.
    Wide,
    /// For a telephone.
    Narrow,
}

impl Shape {
    /// Suffix of classes and identifiers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// Both drawings of a chart, as HTML to be inserted as is.
#[must_use]
pub fn both(draw: impl Fn(Shape) -> String) -> String {
    format!("{}{}", draw(Shape::Wide), draw(Shape::Narrow))
}

#[cfg(test)]
mod tests;
