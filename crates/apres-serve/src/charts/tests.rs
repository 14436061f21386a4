use super::*;

fn shown(percent: u8) -> Mark {
    Mark::Shown { percent, low: percent.saturating_sub(10), high: percent + 10 }
}

fn curve(marks: &[(u8, Mark)], reference: Option<&[(u8, Mark)]>) -> Curve {
    let line = |label: &str, marks: &[(u8, Mark)]| Line {
        label: label.to_owned(),
        points: marks.iter().map(|(month, mark)| Point { month: *month, mark: *mark }).collect(),
    };
    Curve {
        id: "c".to_owned(),
        title: "Titre <b>".to_owned(),
        description: "Description".to_owned(),
        own: line("Nous", marks),
        reference: reference.map(|marks| line("Les autres", marks)),
    }
}

#[test]
fn a_chart_is_named_and_escaped() {
    let svg = curve(&[(1, shown(20)), (6, shown(40))], None).draw(Shape::Wide);
    assert!(svg.contains("role=\"img\" aria-labelledby=\"c-wide-t c-wide-d\""));
    assert!(svg.contains("<title id=\"c-wide-t\">Titre &lt;b&gt;</title>"));
    assert!(!svg.contains("style=") && !svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn a_hidden_month_breaks_the_line_and_says_so() {
    let svg = curve(&[(1, shown(20)), (3, Mark::Hidden), (6, shown(40)), (9, shown(45))], None).draw(Shape::Wide);
    assert_eq!(svg.matches("<polyline").count(), 2, "one stretch on each side");
    assert_eq!(svg.matches(">secret<").count(), 1);
}

#[test]
fn months_not_seen_yet_are_hatched_and_named() {
    let svg = curve(&[(6, shown(40)), (12, Mark::Pending), (24, Mark::Pending)], None).draw(Shape::Wide);
    assert!(svg.contains("ap-chart-pending") && svg.contains("ap-chart-hatch"));
    assert!(svg.contains("pas encore"));
    assert!(!curve(&[(6, shown(40)), (24, shown(30))], None).draw(Shape::Wide).contains("ap-chart-pending"));
}

#[test]
fn a_bound_is_said_as_a_bound() {
    let svg = curve(&[(1, Mark::Below(5)), (3, Mark::Above(95))], None).draw(Shape::Wide);
    assert!(svg.contains("&lt;\u{202f}5\u{202f}%") && svg.contains("&gt;\u{202f}95\u{202f}%"));
}

#[test]
fn lines_differ_by_more_than_colour_and_are_named_at_both_widths() {
    for shape in [Shape::Wide, Shape::Narrow] {
        let svg = curve(&[(1, shown(20)), (6, shown(40))], Some(&[(1, shown(22)), (6, shown(38))])).draw(shape);
        assert!(svg.contains("ap-chart-dot-own") && svg.contains("ap-chart-dot-reference"));
        assert!(svg.contains(">Nous<") && svg.contains(">Les autres<"));
    }
}

#[test]
fn names_that_would_overlap_are_set_apart() {
    let svg = curve(&[(6, shown(40))], Some(&[(6, shown(40))])).draw(Shape::Wide);
    let height = |name: &str| -> f64 {
        let before = svg.split(&format!("\">{name}<")).next().unwrap();
        before.rsplit("y=\"").next().unwrap().parse().unwrap()
    };
    assert!((height("Nous") - height("Les autres")).abs() >= 17.0);
}

#[test]
fn nothing_at_all_still_draws() {
    for marks in [&[][..], &[(1, Mark::Pending)][..], &[(1, Mark::Hidden)][..]] {
        let svg = curve(marks, None).draw(Shape::Narrow);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
    }
}

#[test]
fn a_bar_is_as_long_as_its_share_and_writes_it() {
    let bar = |mark, reference| Bar { label: "CDI".to_owned(), mark, value: "42\u{202f}%".to_owned(), reference };
    let bars =
        |bar: Bar| Bars { id: "b".into(), title: "T".into(), description: "D".into(), key: Some("◇ Région".into()), bars: vec![bar] };
    let svg = bars(bar(shown(50), Some(30))).draw(Shape::Wide);
    assert!(svg.contains("width=\"150.0\""), "half of 300");
    assert!(svg.contains("42\u{202f}%") && svg.contains("ap-chart-dot-reference") && svg.contains("◇ Région"));
    let alone = bars(bar(shown(50), None)).draw(Shape::Wide);
    assert!(!alone.contains("◇ Région"), "no key without a diamond");
}

#[test]
fn columns_are_as_tall_as_their_values_and_marked_by_more_than_colour() {
    let column = |value, is_marked| Column { value, label: None, is_marked };
    let columns = |list: Vec<Column>| {
        let chart = Columns {
            id: "m".into(),
            title: "T".into(),
            description: "D".into(),
            top: 200,
            top_label: "200 contrats".into(),
            columns: list,
        };
        chart.draw(Shape::Wide)
    };
    let svg = columns(vec![column(Some(200), false), column(Some(100), false), column(Some(0), false)]);
    assert!(svg.contains("height=\"150.0\"") && svg.contains("height=\"75.0\"") && svg.contains("height=\"0.0\""));
    assert!(svg.contains(">200 contrats<"));
    assert!(!svg.contains("ap-chart-dot-reference") && !svg.contains("ap-chart-hatch"));
    assert!(columns(vec![column(Some(10), true)]).contains("ap-chart-dot-reference"), "a mark");
    assert!(columns(vec![column(None, false)]).contains("ap-chart-hatch"), "a month without value keeps its place");
    assert!(columns(Vec::new()).ends_with("</svg>"));
}
