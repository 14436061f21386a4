//! Components: pieces of pages that are templates of their own.

use askama::Template;

use crate::bilan::{Bilan, Figured, Number, RefusalView, Table};

/// A table with its caption.
#[derive(Template)]
#[template(path = "parts/table.html")]
pub(crate) struct TablePart<'a> {
    pub(crate) table: &'a Table,
}

/// A chart, its sentence and its twin.
#[derive(Template)]
#[template(path = "parts/figure.html")]
pub(crate) struct FigurePart<'a> {
    pub(crate) figured: &'a Figured,
}

/// A number with its out-of-how-many, its comparison and its definition.
#[derive(Template)]
#[template(path = "parts/number.html")]
pub(crate) struct NumberPart<'a> {
    pub(crate) number: &'a Number,
}

/// A refusal and the way on.
#[derive(Template)]
#[template(path = "parts/refusal.html")]
pub(crate) struct RefusalPart<'a> {
    pub(crate) refusal: &'a RefusalView,
}

/// Everything a *bilan* shows under its filters.
#[derive(Template)]
#[template(path = "parts/bilan.html")]
pub(crate) struct BilanPart<'a> {
    pub(crate) bilan: &'a Bilan,
}

impl Table {
    /// The table as HTML.
    #[must_use]
    pub(crate) fn html(&self) -> String {
        rendered(&TablePart { table: self })
    }
}

impl Figured {
    /// The chart and its twin as HTML.
    #[must_use]
    pub(crate) fn html(&self) -> String {
        rendered(&FigurePart { figured: self })
    }
}

impl Number {
    /// The number as HTML.
    #[must_use]
    pub(crate) fn html(&self) -> String {
        rendered(&NumberPart { number: self })
    }
}

impl RefusalView {
    /// The refusal as HTML.
    #[must_use]
    pub(crate) fn html(&self) -> String {
        rendered(&RefusalPart { refusal: self })
    }
}

impl Bilan {
    /// The *bilan* as HTML.
    #[must_use]
    pub(crate) fn html(&self) -> String {
        rendered(&BilanPart { bilan: self })
    }
}

/// These templates write to memory and call nothing that fails.
fn rendered(part: &impl Template) -> String {
    part.render().expect("a component writes to memory only")
}
