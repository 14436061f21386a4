//! A small writer of SVG: it escapes text and writes coordinates with one decimal.

use std::fmt::Write;

/// An SVG document being written.
pub(super) struct Svg {
    body: String,
}

/// What a drawing is called and how big it is.
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) class: &'a str,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
}

impl Svg {
    pub(super) fn new(head: &Head<'_>) -> Self {
        let Head { id, class, width, height, .. } = head;
        let mut body = String::with_capacity(4_096);
        put(
            &mut body,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ap-chart ap-chart--{class}\" viewBox=\"0 0 {width} {height}\" "
            ),
        );
        put(&mut body, format_args!("role=\"img\" aria-labelledby=\"{id}-t {id}-d\">"));
        put(&mut body, format_args!("<title id=\"{id}-t\">{}</title>", escape(head.title)));
        put(&mut body, format_args!("<desc id=\"{id}-d\">{}</desc>", escape(head.description)));
        Self { body }
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        put(&mut self.body, format_args!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"));
    }

    pub(super) fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64)) {
        let ((x, y), (width, height)) = (at, size);
        put(
            &mut self.body,
            format_args!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"),
        );
    }

    pub(super) fn text(&mut self, class: &str, at: (f64, f64), content: &str) {
        let (x, y) = at;
        put(&mut self.body, format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(content)));
    }

    pub(super) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        put(&mut self.body, format_args!("<polyline class=\"{class}\" points=\"{}\"/>", joined(points)));
    }

    pub(super) fn polygon(&mut self, class: &str, points: &[(f64, f64)]) {
        put(&mut self.body, format_args!("<polygon class=\"{class}\" points=\"{}\"/>", joined(points)));
    }

    pub(super) fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64) {
        let (x, y) = centre;
        put(&mut self.body, format_args!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>"));
    }

    /// A square standing on its corner.
    pub(super) fn diamond(&mut self, class: &str, centre: (f64, f64), radius: f64) {
        let (x, y) = centre;
        self.polygon(class, &[(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]);
    }

    /// A rectangle filled with slanted lines, drawn as lines so that no pattern needs an address in the page.
    pub(super) fn hatched(&mut self, at: (f64, f64), size: (f64, f64)) {
        const STEP: f64 = 9.0;
        let ((left, top), (width, height)) = (at, size);
        self.rect("ap-chart-pending", at, size);
        let mut offset = STEP;
        while offset < width + height {
            let start = if offset <= height { (left, top + offset) } else { (left + offset - height, top + height) };
            let end = if offset <= width { (left + offset, top) } else { (left + width, top + offset - width) };
            self.line("ap-chart-hatch", start, end);
            offset += STEP;
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.body.push_str("</svg>");
        self.body
    }
}

fn joined(points: &[(f64, f64)]) -> String {
    let written: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    written.join(" ")
}

fn put(body: &mut String, arguments: std::fmt::Arguments<'_>) {
    body.write_fmt(arguments).expect("writing to a string cannot fail");
}

/// Text made safe inside an element.
pub(super) fn escape(content: &str) -> String {
    content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
