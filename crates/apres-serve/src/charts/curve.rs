//! A curve of shares over the months after the exit, with its interval band and the months that cannot be seen yet.
//!
//! The axis always goes from 0 to 100 %; the line is straight between points and broken over a hidden one.

use super::Shape;
use super::svg::{Head, Svg};
use crate::french;
use crate::messages::text;

/// What is known at a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A share with its 95 % interval, in whole percents.
    Shown {
        /// Share.
        percent: u8,
        /// Lower bound.
        low: u8,
        /// Upper bound.
        high: u8,
    },
    /// Fewer than this percent.
    Below(u8),
    /// More than this percent.
    Above(u8),
    /// A rule hides it.
    Hidden,
    /// Not observable yet.
    Pending,
}

impl Mark {
    fn height(self) -> Option<u8> {
        match self {
            Self::Shown { percent, .. } | Self::Below(percent) | Self::Above(percent) => Some(percent),
            Self::Hidden | Self::Pending => None,
        }
    }

    fn label(self) -> String {
        match self {
            Self::Shown { percent, .. } => french::percent(percent),
            Self::Below(percent) => format!("<{}{}", french::THIN, french::percent(percent)),
            Self::Above(percent) => format!(">{}{}", french::THIN, french::percent(percent)),
            Self::Hidden => text("chart.hidden").to_owned(),
            Self::Pending => String::new(),
        }
    }
}

/// One month of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Months after the exit.
    pub month: u8,
    /// What is known.
    pub mark: Mark,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Written beside the line.
    pub label: String,
    /// Its points, by month.
    pub points: Vec<Point>,
}

/// The chart: the reader's own line, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    /// Identifier, unique in the page.
    pub id: String,
    /// Title read aloud.
    pub title: String,
    /// The same in a sentence.
    pub description: String,
    /// The reader's own line.
    pub own: Line,
    /// The comparable group.
    pub reference: Option<Line>,
}

/// Characters in a row of the name written at the end of a line.
const NAME_WIDTH: usize = 19;

/// Where the plot lies in the drawing.
struct Plot {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    last_month: f64,
}

impl Plot {
    fn of(shape: Shape, last_month: u8) -> Self {
        let last_month = f64::from(last_month.max(1)) + 1.0;
        match shape {
            Shape::Wide => Self { left: 52.0, top: 22.0, width: 530.0, height: 250.0, last_month },
            Shape::Narrow => Self { left: 42.0, top: 58.0, width: 306.0, height: 210.0, last_month },
        }
    }

    fn x(&self, month: u8) -> f64 {
        self.left + self.width * f64::from(month) / self.last_month
    }

    fn y(&self, percent: u8) -> f64 {
        self.top + self.height * (1.0 - f64::from(percent) / 100.0)
    }

    fn right(&self) -> f64 {
        self.left + self.width
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

impl Curve {
    /// Draws it.
    #[must_use]
    pub fn draw(&self, shape: Shape) -> String {
        let last_month = self.own.points.iter().map(|point| point.month).max().unwrap_or(24);
        let plot = Plot::of(shape, last_month);
        let (width, height) = match shape {
            Shape::Wide => (760.0, 330.0),
            Shape::Narrow => (360.0, 320.0),
        };
        let id = format!("{}-{}", self.id, shape.name());
        let head = Head { id: &id, class: shape.name(), width, height, title: &self.title, description: &self.description };
        let mut svg = Svg::new(&head);
        self.draw_axes(&mut svg, &plot, shape);
        self.draw_pending(&mut svg, &plot, shape);
        draw_band(&mut svg, &plot, &self.own);
        if let Some(reference) = &self.reference {
            draw_line(&mut svg, &plot, reference, "reference");
        }
        draw_line(&mut svg, &plot, &self.own, "own");
        self.draw_values(&mut svg, &plot);
        self.draw_names(&mut svg, &plot, shape);
        svg.finish()
    }

    fn draw_axes(&self, svg: &mut Svg, plot: &Plot, shape: Shape) {
        for percent in [0_u8, 25, 50, 75, 100] {
            let y = plot.y(percent);
            let class = if percent == 0 { "ap-chart-axis" } else { "ap-chart-grid" };
            svg.line(class, (plot.left, y), (plot.right(), y));
            svg.text("ap-chart-tick ap-chart-end", (plot.left - 6.0, y + 4.0), &french::percent(percent));
        }
        for point in &self.own.points {
            let x = plot.x(point.month);
            svg.line("ap-chart-axis", (x, plot.bottom()), (x, plot.bottom() + 5.0));
            if shape == Shape::Wide || point.month != 1 {
                svg.text("ap-chart-tick ap-chart-middle", (x, plot.bottom() + 20.0), &point.month.to_string());
            }
        }
        let middle = plot.left + plot.width / 2.0;
        svg.text("ap-chart-tick ap-chart-middle", (middle, plot.bottom() + 42.0), text("chart.months_axis"));
    }

    /// Everything right of the last month seen is hatched and named.
    fn draw_pending(&self, svg: &mut Svg, plot: &Plot, shape: Shape) {
        let Some(first) = self.own.points.iter().find(|point| point.mark == Mark::Pending) else { return };
        let before = self.own.points.iter().rev().find(|point| point.month < first.month && point.mark != Mark::Pending);
        let start = before.map_or(plot.left, |point| f64::midpoint(plot.x(point.month), plot.x(first.month)));
        let width = plot.right() - start;
        svg.hatched((start, plot.top), (width, plot.height));
        if width < 60.0 {
            return;
        }
        let room = if shape == Shape::Wide { 20.0 } else { 18.0 };
        for (index, line) in text("chart.pending").split('|').enumerate() {
            let offset = if index == 0 { 0.0 } else { room };
            svg.text("ap-chart-note ap-chart-middle", (start + width / 2.0, plot.top + 20.0 + offset), line);
        }
    }

    /// Values are written for the reader's own line only; the table has the others. In a crowd, one of two is kept.
    fn draw_values(&self, svg: &mut Svg, plot: &Plot) {
        let mut last_x = f64::NEG_INFINITY;
        for point in &self.own.points {
            let x = plot.x(point.month);
            let is_crowded = x - last_x < 38.0 && point.month != 6;
            match point.mark {
                Mark::Pending => {}
                Mark::Hidden => svg.text("ap-chart-note ap-chart-middle", (x, plot.bottom() - 8.0), &point.mark.label()),
                _ if is_crowded => {}
                mark => {
                    let y = mark.height().map_or(plot.bottom(), |percent| plot.y(percent));
                    let place = if self.is_under_reference(*point) { y + 22.0 } else { y - 11.0 };
                    svg.text("ap-chart-value ap-chart-middle", (x, place), &mark.label());
                    last_x = x;
                }
            }
        }
    }

    fn is_under_reference(&self, own: Point) -> bool {
        let other = self.reference.iter().flat_map(|line| &line.points).find(|point| point.month == own.month);
        match (own.mark.height(), other.and_then(|point| point.mark.height())) {
            (Some(mine), Some(theirs)) => mine < theirs && mine > 14,
            _ => false,
        }
    }

    /// Names stand at the end of their line, or above the plot on a telephone.
    fn draw_names(&self, svg: &mut Svg, plot: &Plot, shape: Shape) {
        match shape {
            Shape::Wide => self.draw_names_at_ends(svg, plot),
            Shape::Narrow => self.draw_names_above(svg),
        }
    }

    fn draw_names_at_ends(&self, svg: &mut Svg, plot: &Plot) {
        const ROW: f64 = 17.0;
        let x = plot.right() + 10.0;
        let own_lines = wrapped(&self.own.label, NAME_WIDTH);
        let own_y = end_of(&self.own).map_or(plot.top + 20.0, |percent| plot.y(percent)) + 4.0;
        let Some(reference) = &self.reference else {
            write_rows(svg, "ap-chart-name-own", (x, own_y), &own_lines);
            return;
        };
        let reference_lines = wrapped(&reference.label, NAME_WIDTH);
        let mut reference_y = end_of(reference).map_or(plot.bottom() - 20.0, |percent| plot.y(percent)) + 4.0;
        let mut top_y = own_y;
        let own_is_above = own_y <= reference_y;
        let needed = ROW * if own_is_above { count(&own_lines) } else { count(&reference_lines) };
        if own_is_above && reference_y - top_y < needed {
            reference_y = top_y + needed;
        } else if !own_is_above && top_y - reference_y < needed {
            top_y = reference_y + needed;
        }
        write_rows(svg, "ap-chart-name-own", (x, top_y), &own_lines);
        write_rows(svg, "ap-chart-name-reference", (x, reference_y), &reference_lines);
    }

    fn draw_names_above(&self, svg: &mut Svg) {
        svg.line("ap-chart-line-own", (4.0, 14.0), (32.0, 14.0));
        svg.circle("ap-chart-dot-own", (18.0, 14.0), 4.5);
        svg.text("ap-chart-name-own", (40.0, 19.0), &self.own.label);
        if let Some(reference) = &self.reference {
            svg.line("ap-chart-line-reference", (4.0, 36.0), (32.0, 36.0));
            svg.diamond("ap-chart-dot-reference", (18.0, 36.0), 5.0);
            svg.text("ap-chart-name-reference", (40.0, 41.0), &reference.label);
        }
    }
}

fn end_of(line: &Line) -> Option<u8> {
    line.points.iter().rev().find_map(|point| point.mark.height())
}

fn count(lines: &[String]) -> f64 {
    f64::from(u8::try_from(lines.len()).unwrap_or(u8::MAX))
}

fn write_rows(svg: &mut Svg, class: &str, at: (f64, f64), lines: &[String]) {
    let (x, mut y) = at;
    for line in lines {
        svg.text(class, (x, y), line);
        y += 17.0;
    }
}

/// Breaks a label at spaces and after hyphens so that no row is longer than `width` characters, when words allow it.
fn wrapped(label: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in label.split_inclusive([' ', '-']) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.trim_end().chars().count() <= width => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

fn draw_band(svg: &mut Svg, plot: &Plot, line: &Line) {
    for run in runs(line) {
        let bounds: Vec<(f64, u8, u8)> = run.iter().map(|point| bounds_of(plot, *point)).collect();
        let upper = bounds.iter().map(|(x, _, high)| (*x, plot.y(*high)));
        let lower = bounds.iter().rev().map(|(x, low, _)| (*x, plot.y(*low)));
        svg.polygon("ap-chart-band", &upper.chain(lower).collect::<Vec<_>>());
    }
}

fn bounds_of(plot: &Plot, point: Point) -> (f64, u8, u8) {
    let (low, high) = match point.mark {
        Mark::Shown { low, high, .. } => (low, high),
        Mark::Below(percent) => (0, percent),
        Mark::Above(percent) => (percent, 100),
        Mark::Hidden | Mark::Pending => (0, 0),
    };
    (plot.x(point.month), low, high)
}

fn draw_line(svg: &mut Svg, plot: &Plot, line: &Line, kind: &str) {
    for run in runs(line) {
        let at: Vec<(f64, f64)> =
            run.iter().filter_map(|point| point.mark.height().map(|percent| (plot.x(point.month), plot.y(percent)))).collect();
        svg.polyline(&format!("ap-chart-line-{kind}"), &at);
        for place in at {
            if kind == "own" {
                svg.circle("ap-chart-dot-own", place, 4.5);
            } else {
                svg.diamond("ap-chart-dot-reference", place, 5.0);
            }
        }
    }
}

/// Stretches of consecutive points that may be drawn.
fn runs(line: &Line) -> Vec<Vec<Point>> {
    line.points.split(|point| point.mark.height().is_none()).filter(|run| !run.is_empty()).map(<[Point]>::to_vec).collect()
}
