//! *Qualité des données* and the detail of an ingest, for the operator: what came, what is missing, what was refused and why.

use std::collections::BTreeMap;

use apres_protect::{Month, Portion, Volume};
use askama::Template;
use axum::extract::{Path, Query, State};

use crate::bilan::{Cell, Figured, Row, Table};
use crate::charts::{Column, Columns, both};
use crate::codes::Coded as _;
use crate::desk::{Alert, IngestDetail, Quality, QualityMonth, RemarkLine, Tally};
use crate::frame::Frame;
use crate::french;
use crate::messages::{say, text, word};
use crate::pages::admin::{Badge, badge};
use crate::pages::{Page, page};
use crate::state::ServeState;
use crate::visitor::Visitor;

/// Months shown before all are asked for: a year and the same month of the year before.
const MONTHS_SHOWN: usize = 13;
/// Months that call for care, shown before all are asked for.
const CARES_SHOWN: usize = 12;

/// A month, in words.
pub(crate) struct Line {
    pub(crate) month: String,
    pub(crate) received: String,
    pub(crate) replaced: String,
    pub(crate) establishments: String,
    pub(crate) contracts: String,
    pub(crate) contracts_change: String,
    pub(crate) silent: String,
    pub(crate) fractions: String,
    pub(crate) inferred: String,
    pub(crate) alerts: Vec<&'static str>,
}

/// A month that calls for care, with what to look at.
pub(crate) struct Care {
    pub(crate) month: String,
    pub(crate) reasons: Vec<String>,
}

/// The page of the months.
#[derive(Template)]
#[template(path = "quality.html")]
pub(crate) struct QualityPage {
    pub(crate) frame: Frame,
    pub(crate) summary: String,
    pub(crate) cares: Vec<Care>,
    pub(crate) figures: Vec<(&'static str, &'static str, String, String)>,
    pub(crate) lines: Vec<Line>,
    pub(crate) cares_left_off: usize,
    /// Types of declarations, and their counts by month.
    pub(crate) kinds: (Vec<String>, Vec<(String, Vec<String>)>),
    pub(crate) months_left_off: usize,
    pub(crate) rules: Vec<(&'static str, String)>,
    pub(crate) lake_version: String,
}

/// `GET /administration/qualite`; `?mois=tous` shows every month.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor, Query(params): Query<BTreeMap<String, String>>) -> Page {
    let quality = state.desk.quality(&visitor.viewer).await?;
    let is_all = params.get("mois").is_some_and(|months| months == "tous");
    let left_off = if is_all { 0 } else { quality.months.len().saturating_sub(MONTHS_SHOWN) };
    let shown = &quality.months[left_off..];
    let frame = Frame::new(&state, &visitor, "administration", text("page.quality"));
    let mut cares = cares(&quality.months);
    let cares_left_off = if is_all { 0 } else { cares.len().saturating_sub(CARES_SHOWN) };
    cares.truncate(cares.len() - cares_left_off);
    page(&QualityPage {
        frame,
        summary: summary(&quality),
        cares,
        cares_left_off,
        figures: figures(shown),
        lines: shown.iter().rev().map(line).collect(),
        kinds: kinds(shown),
        months_left_off: left_off,
        rules: rules(&quality),
        lake_version: french::integer(quality.lake_version),
    })
}

fn summary(quality: &Quality) -> String {
    let Some((first, last)) = quality.months.first().zip(quality.months.last()) else { return String::new() };
    let to_watch = quality.months.iter().filter(|month| !month.alerts.is_empty()).count() as u64;
    let key = match to_watch {
        0 if quality.months.len() == 1 => "quality.summary_well_one",
        0 => "quality.summary_well",
        1 => "quality.summary_one",
        _ => "quality.summary_some",
    };
    let (first, last) = (french::of_month(first.month), french::month(last.month));
    say(
        key,
        &[("n", &french::integer(to_watch)), ("all", &french::integer(quality.months.len() as u64)), ("first", &first), ("last", &last)],
    )
}

fn cares(months: &[QualityMonth]) -> Vec<Care> {
    let marked = months.iter().rev().filter(|month| !month.alerts.is_empty());
    marked
        .map(|month| Care { month: french::month(month.month), reasons: month.alerts.iter().map(|alert| reason(month, *alert)).collect() })
        .collect()
}

/// Why a month calls for care, with the number behind it.
fn reason(month: &QualityMonth, alert: Alert) -> String {
    let changes = [("quality.contracts", month.contracts_change), ("quality.establishments", month.establishments_change)];
    let said = changes.iter().filter_map(|(name, change)| Some(say(name, &[("change", &french::change((*change)?))])));
    let values = match alert {
        Alert::Absent => String::new(),
        Alert::Low | Alert::High => french::enumeration(&said.collect::<Vec<_>>()),
        Alert::Incomplete => french::integer(month.incomplete),
        Alert::Silent => french::integer(month.silent),
    };
    let key = format!("alert_admin.{}", alert.code());
    say(
        &key,
        &[
            ("value", &values),
            ("fractions", &french::integer(month.fractions_missing)),
            ("all", &french::integer(month.establishments + month.silent)),
        ],
    )
}

fn line(month: &QualityMonth) -> Line {
    let none = |count: u64, words: &str| if count == 0 { words.to_owned() } else { french::integer(count) };
    Line {
        month: french::month(month.month),
        received: none(month.received_all(), text("quality.none_f")),
        replaced: none(month.replaced, text("quality.none_f")),
        establishments: none(month.establishments, text("quality.none_m")),
        contracts: volume(month.contracts),
        contracts_change: month.contracts_change.map_or_else(|| text("quality.not_compared").to_owned(), french::change),
        silent: none(month.silent, text("quality.none_m")),
        fractions: none(month.fractions_missing, text("quality.none_f")),
        inferred: month.inferred.map_or_else(|| text("quality.not_settled").to_owned(), portion),
        alerts: month.alerts.iter().map(|alert| text(&format!("alert.{}", alert.code()))).collect(),
    }
}

/// A volume in words.
pub(crate) fn volume(volume: Volume) -> String {
    match volume {
        Volume::Shown(count) => french::integer(count),
        Volume::Few => text("quality.few").to_owned(),
    }
}

/// A share in words.
pub(crate) fn portion(portion: Portion) -> String {
    match portion {
        Portion::Percent(percent) => french::percent(percent),
        Portion::Below(percent) => say("said.below", &[("percent", &french::percent(percent))]),
        Portion::Above(percent) => say("said.above", &[("percent", &french::percent(percent))]),
        Portion::Few => text("quality.few_ends").to_owned(),
    }
}

fn rules(quality: &Quality) -> Vec<(&'static str, String)> {
    let rules = quality.rules;
    let percent = |value: u64| format!("{value}{}%", french::THIN);
    let said = |key: &str| {
        let (volume, absent) = (percent(rules.volume_percent), percent(rules.absent_percent));
        say(key, &[("volume", &volume), ("absent", &absent), ("months", &rules.silent_months.to_string())])
    };
    let rule = |code: &str| said(&format!("quality_rule.{code}"));
    ["silent", "fraction", "inferred", "volume", "absent"].map(|code| (text(&format!("quality_word.{code}")), rule(code))).into()
}

/// A chart: its identifier, the month's value, and that value in words.
struct Followed<'a> {
    id: &'static str,
    months: &'a [QualityMonth],
    value: fn(&QualityMonth) -> Option<u64>,
    words: fn(&QualityMonth) -> String,
    mark: &'a [Alert],
}

/// Identifier, title, sentence and drawing of each chart.
fn figures(months: &[QualityMonth]) -> Vec<(&'static str, &'static str, String, String)> {
    let contracts = Followed {
        id: "contrats",
        months,
        value: |month| match month.contracts {
            Volume::Shown(count) => Some(count),
            Volume::Few => None,
        },
        words: |month| volume(month.contracts),
        mark: &[Alert::Low, Alert::High, Alert::Absent, Alert::Incomplete],
    };
    let silent = Followed {
        id: "silencieux",
        months,
        value: |month| Some(month.silent),
        words: |month| french::integer(month.silent),
        mark: &[Alert::Silent],
    };
    let inferred = Followed {
        id: "fins",
        months,
        value: |month| match month.inferred {
            Some(Portion::Percent(percent) | Portion::Below(percent) | Portion::Above(percent)) => Some(u64::from(percent)),
            Some(Portion::Few) | None => None,
        },
        words: |month| month.inferred.map_or_else(|| text("quality.not_settled").to_owned(), portion),
        mark: &[],
    };
    [contracts, silent, inferred].into_iter().filter(|_| !months.is_empty()).map(|followed| followed.figure()).collect()
}

impl Followed<'_> {
    fn figure(&self) -> (&'static str, &'static str, String, String) {
        let title = text(&format!("quality_chart.{}", self.id));
        if self.months.iter().all(|month| (self.value)(month) == Some(0)) {
            return (self.id, title, text("quality.nothing_to_draw").to_owned(), String::new());
        }
        let figured = Figured {
            svg: both(|shape| self.chart(title).draw(shape)),
            words: String::new(),
            hidden: Vec::new(),
            table: self.table(title),
        };
        (self.id, title, text(&format!("quality_lead.{}", self.id)).to_owned(), figured.html())
    }

    fn chart(&self, title: &str) -> Columns {
        let top = rounded_up(self.months.iter().filter_map(self.value).max().unwrap_or_default());
        let columns = self.months.iter().enumerate().map(|(place, month)| Column {
            value: (self.value)(month),
            label: (place == 0 || month.month.month() == 1).then(|| self.label(place, month.month)),
            is_marked: month.alerts.iter().any(|alert| self.mark.contains(alert)),
        });
        let said =
            self.months.iter().map(|month| say("chart.point", &[("label", &french::month(month.month)), ("value", &(self.words)(month))]));
        Columns {
            id: format!("qualite-{}", self.id),
            title: title.to_owned(),
            description: said.collect::<Vec<_>>().join(", "),
            top,
            top_label: say(&format!("quality_top.{}", self.id), &[("n", &french::integer(top))]),
            columns: columns.collect(),
        }
    }

    /// The year; nothing for the first month when the year that follows would be written over it.
    fn label(&self, place: usize, month: Month) -> String {
        let is_crowded = place == 0 && self.months.iter().take(4).skip(1).any(|later| later.month.month() == 1);
        if is_crowded { String::new() } else { month.year().to_string() }
    }

    fn table(&self, title: &str) -> Table {
        let column = text(&format!("quality_column.{}", self.id)).to_owned();
        let rows = self.months.iter().rev().map(|month| {
            let cell = Cell { label: column.clone(), text: (self.words)(month), ..Cell::default() };
            Row { head: french::month(month.month), cells: vec![cell] }
        });
        let rows = rows.collect();
        Table::new(self.id, title.to_owned(), text("quality.month").to_owned(), vec![column], rows)
    }
}

/// The top of an axis: a round number, at least 10.
fn rounded_up(value: u64) -> u64 {
    let mut power: u64 = 10;
    loop {
        for top in [10, 15, 20, 30, 50, 80].map(|tenths: u64| (power / 10).saturating_mul(tenths)) {
            if value <= top || top == u64::MAX {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// The types that were received, and how many of each in each month.
fn kinds(months: &[QualityMonth]) -> (Vec<String>, Vec<(String, Vec<String>)>) {
    let mut codes: Vec<&String> = months.iter().flat_map(|month| month.received.keys()).collect();
    codes.sort();
    codes.dedup();
    let rows = months.iter().rev().map(|month| {
        let count = |code: &&String| match month.received.get(*code) {
            None => text("quality.none_f").to_owned(),
            Some(count) => french::integer(*count),
        };
        (french::month(month.month), codes.iter().map(count).collect())
    });
    let rows = rows.collect();
    (codes.into_iter().map(|code| word("declaration_type", code)).collect(), rows)
}

/// A remark, in words.
pub(crate) struct Remark {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) fix: &'static str,
    pub(crate) rubrique: String,
    pub(crate) count: String,
    pub(crate) badge: Badge,
}

/// Declarations of a nature, a type or a month, in words.
pub(crate) struct Share {
    pub(crate) name: String,
    pub(crate) accepted: String,
    pub(crate) refused: String,
}

/// Where a remark was made, in words.
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: String,
    pub(crate) what: String,
}

/// The page of an ingest.
#[derive(Template)]
#[template(path = "ingest.html")]
pub(crate) struct IngestPage {
    pub(crate) frame: Frame,
    pub(crate) badge: Badge,
    pub(crate) problem: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Identifier, caption, header of the first column, rows.
    pub(crate) tables: Vec<(&'static str, &'static str, &'static str, Vec<Share>)>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) places: Vec<Place>,
    pub(crate) not_dsn: Vec<String>,
}

/// `GET /administration/lectures/{id}`.
pub(crate) async fn ingest(State(state): State<ServeState>, visitor: Visitor, Path(id): Path<String>) -> Page {
    let detail = state.desk.ingest(&visitor.viewer, &id).await?;
    let title = say("page.ingest", &[("at", &french::moment(detail.line.ingested_at))]);
    page(&IngestPage {
        frame: Frame::new(&state, &visitor, "administration", &title),
        badge: badge(detail.line.state),
        problem: detail.problem.clone().unwrap_or_default(),
        facts: facts(&detail),
        tables: tables(&detail),
        remarks: detail.remarks.iter().map(remark).collect(),
        places: detail
            .places
            .iter()
            .map(|place| Place { file: place.file.clone(), line: french::integer(place.line), what: message(&place.code, None) })
            .collect(),
        not_dsn: detail.not_dsn,
    })
}

fn facts(detail: &IngestDetail) -> Vec<(&'static str, String)> {
    let line = &detail.line;
    let count = |key: &str, value: u64| (text(&format!("ingest_fact.{key}")), french::integer(value));
    let mut facts = vec![count("files", line.files), count("sends", detail.sends.accepted), count("sends_refused", detail.sends.refused)];
    if detail.sends_test > 0 {
        facts.push(count("sends_test", detail.sends_test));
    }
    facts.push(count("accepted", line.declarations));
    facts.push(count("refused", line.refused));
    if detail.already_known > 0 {
        facts.push(count("already_known", detail.already_known));
    }
    facts.push((text("ingest_fact.contracts"), volume(detail.contracts)));
    facts
}

fn tables(detail: &IngestDetail) -> Vec<(&'static str, &'static str, &'static str, Vec<Share>)> {
    let coded = |group: &'static str, tallies: &BTreeMap<String, Tally>| -> Vec<Share> {
        tallies.iter().map(|(code, tally)| share(word(group, code), *tally)).collect()
    };
    let of_month = |(month, tally): (&Option<Month>, &Tally)| {
        share(month.map_or_else(|| text("quality.unreadable_month").to_owned(), french::month), *tally)
    };
    let table = |id, rows: Vec<Share>| (id, text(&format!("ingest_caption.{id}")), text(&format!("ingest_corner.{id}")), rows);
    let all = [
        table("natures", coded("declaration_nature", &detail.natures)),
        table("types", coded("declaration_type", &detail.kinds)),
        table("mois", detail.months.iter().rev().map(of_month).collect()),
    ];
    all.into_iter().filter(|(_, _, _, rows)| !rows.is_empty()).collect()
}

fn share(name: String, tally: Tally) -> Share {
    Share { name, accepted: french::integer(tally.accepted), refused: french::integer(tally.refused) }
}

fn remark(line: &RemarkLine) -> Remark {
    let (class, words) =
        if line.is_blocking { ("fr-badge--error", "remark_kind.blocking") } else { ("fr-badge--warning", "remark_kind.other") };
    let usual = if line.is_blocking { "remark_fix.blocking" } else { "remark_fix.other" };
    Remark {
        code: line.code.clone(),
        message: message(&line.code, line.message.as_deref()),
        fix: crate::messages::text_or(&format!("remark_fix.{}", line.code), text(usual)),
        rubrique: line.rubrique.clone().unwrap_or_else(|| text("quality.no_rubrique").to_owned()),
        count: french::integer(line.count),
        badge: Badge { words: text(words), class },
    }
}

/// The control's own message, ours, or the code when nobody has a word for it.
fn message(code: &str, given: Option<&str>) -> String {
    given.map_or_else(|| word("remark", code), crate::said::polished)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_an_axis_is_round_and_above() {
        assert_eq!([0, 10, 11, 21, 51, 101, 184_210].map(rounded_up), [10, 10, 15, 30, 80, 150, 200_000]);
        assert_eq!(rounded_up(u64::MAX), u64::MAX);
    }
}
