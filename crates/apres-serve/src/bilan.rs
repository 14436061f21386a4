//! The *bilan*: from releases to the sentence, the numbers, the charts and the tables of a page.
//!
//! It reads releases and writes words; it asks nothing and counts nothing. The same parts serve the page of a programme and the
//! report of a list.

use apres_protect::{Dimension, Figure, Group, Period, Reason, Refusal, RefusalCode, Release, ReleasedCell, rule_of};

use crate::charts::{Bar, Bars, Curve, Line, Mark, Point, both};
use crate::desk::{Answer, KnownErrors, VintageLine};
use crate::french;
use crate::messages::{say, text};
use crate::offers::{self, Offer};
use crate::pages::known_errors;
use crate::said::{Said, Speaker, leavers, mark, mark_of, people, polished, rounding, total, total_of};
use crate::selection::Selection;

/// Indicators of the main question.
pub(crate) const INDICATORS: [&str; 7] = ["A-02", "B-01", "B-04", "B-10", "B-10D", "B-12", "D-01"];
/// Indicators of the breakdown table.
pub(crate) const BREAKDOWN_INDICATORS: [&str; 3] = ["A-02", "B-01", "B-04"];
/// Indicators of the match report of a list.
pub(crate) const MATCH_INDICATORS: [&str; 4] = ["A-02", "A-03", "A-03D", "A-03U"];
/// Indicators of the comparison of those who were found with the others.
pub(crate) const FOUND_BY_INDICATORS: [&str; 2] = ["A-02", "A-03"];

/// The five numbers: indicator and horizon.
const NUMBERS: [(&str, u8); 5] = [("A-02", 0), ("B-01", 6), ("B-04", 6), ("B-10", 12), ("B-12", 12)];
/// Width of an interval, in points, from which it is said to be wide.
const WIDE_INTERVAL_POINTS: u8 = 16;
/// Hidden rows from which they are put together.
const FOLDED_ROWS_MIN: usize = 2;
/// Width from which it is said at all.
const SAID_INTERVAL_POINTS: u8 = 5;

/// The releases of a page.
pub(crate) struct Answers {
    /// The main question.
    pub(crate) own: Release,
    /// Name of those whom the main question is compared with, when it is; their figures are in the release when they may be shown.
    pub(crate) compared: Option<String>,
    /// The breakdown, or why there is none.
    pub(crate) breakdown: Answer,
}

impl Answers {
    /// Name and figures of those whom the main question is compared with.
    pub(crate) fn reference(&self) -> Option<(&str, &[ReleasedCell])> {
        self.compared.as_deref().zip(self.own.rest())
    }
}

/// A sentence with one part to be stressed.
pub(crate) struct Sentence {
    /// Before the stressed part.
    pub(crate) before: String,
    /// The stressed part; empty when nothing can be shown.
    pub(crate) strong: String,
    /// After it.
    pub(crate) after: String,
    /// How sure it is.
    pub(crate) certainty: String,
}

/// One of the five numbers.
pub(crate) struct Number {
    /// Indicator, for the link to its definition.
    pub(crate) indicator: String,
    /// Name.
    pub(crate) label: String,
    /// The figure.
    pub(crate) said: Said,
    /// The comparable group's figure.
    pub(crate) compared: Option<String>,
    /// Stands out.
    pub(crate) is_main: bool,
}

/// A cell of a table.
#[derive(Default)]
pub(crate) struct Cell {
    /// Name of its column, shown beside it on a telephone.
    pub(crate) label: String,
    /// What it says.
    pub(crate) text: String,
    /// The interval or the detail under it.
    pub(crate) note: String,
    /// Words, not a number.
    pub(crate) is_words: bool,
    /// Late declarations may still change it.
    pub(crate) is_provisional: bool,
    /// It is a rate rounded to 5 points.
    pub(crate) is_rounded: bool,
}

/// A row of a table.
pub(crate) struct Row {
    /// Header of the row.
    pub(crate) head: String,
    /// Its cells.
    pub(crate) cells: Vec<Cell>,
}

/// A table.
pub(crate) struct Table {
    /// Identifier in the page and in the exports.
    pub(crate) id: &'static str,
    /// Caption.
    pub(crate) caption: String,
    /// Header of the first column.
    pub(crate) corner: String,
    /// Headers of the others.
    pub(crate) columns: Vec<String>,
    /// Rows.
    pub(crate) rows: Vec<Row>,
    /// Rows of which nothing is shown, by reason: the reason, then the headers of the rows.
    pub(crate) folded: Vec<(String, Vec<String>)>,
    /// What is to be read under it.
    pub(crate) notes: Vec<&'static str>,
}

impl Table {
    /// A table with the notes that its cells call for.
    pub(crate) fn new(id: &'static str, caption: String, corner: String, columns: Vec<String>, rows: Vec<Row>) -> Self {
        let has = |is_so: fn(&Cell) -> bool| rows.iter().any(|row| row.cells.iter().any(is_so));
        let rounded = has(|cell| cell.is_rounded).then(|| text("said.rounded_why"));
        let provisional = has(|cell| cell.is_provisional).then(|| text("said.provisional_why"));
        let notes = rounded.into_iter().chain(provisional).collect();
        Self { id, caption, corner, columns, rows, folded: Vec::new(), notes }
    }

    /// The same with its rows of which every figure is hidden for one reason put together, when there are several of them.
    fn folded(mut self) -> Self {
        let reason = |row: &Row| {
            let first = row.cells.first()?;
            row.cells.iter().all(|cell| cell.is_words && cell.text == first.text).then(|| first.text.clone())
        };
        if self.rows.iter().filter_map(reason).count() < FOLDED_ROWS_MIN {
            return self;
        }
        let mut kept = Vec::new();
        for row in std::mem::take(&mut self.rows) {
            match reason(&row) {
                None => kept.push(row),
                Some(reason) => match self.folded.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, heads)) => heads.push(row.head),
                    None => self.folded.push((reason, vec![row.head])),
                },
            }
        }
        self.rows = kept;
        for (reason, _) in &mut self.folded {
            *reason = french::capitalised(reason);
        }
        self
    }
}

/// A chart and its twin.
pub(crate) struct Figured {
    /// The drawings, as HTML; empty when there is nothing to draw, and the sentence then says why.
    pub(crate) svg: String,
    /// The sentence that says what the chart shows.
    pub(crate) words: String,
    /// Why some categories are hidden, and which.
    pub(crate) hidden: Vec<(String, Vec<String>)>,
    /// The same numbers.
    pub(crate) table: Table,
}

/// Why nothing is shown, and the way on.
pub(crate) struct RefusalView {
    /// What happened.
    pub(crate) title: String,
    /// The rule.
    pub(crate) rule: String,
    /// Why it exists.
    pub(crate) why: String,
    /// What was tried and would be answered: label and address.
    pub(crate) offers: Vec<(String, String)>,
    /// Said when nothing of what was tried would be.
    pub(crate) nothing_near: &'static str,
    /// Other pages to go on from, when there is no offer.
    pub(crate) ways: Vec<(String, String)>,
}

/// A link of the breakdown chooser.
pub(crate) struct Choice {
    /// Name of the dimension.
    pub(crate) label: String,
    /// Address.
    pub(crate) href: String,
    /// It is the one shown.
    pub(crate) is_current: bool,
}

/// Where the figures come from.
pub(crate) struct Provenance {
    /// `août 2026`.
    pub(crate) last_month: String,
    /// The vintage, or the version of the lake, in words.
    pub(crate) data: String,
    /// Identity of the policy.
    pub(crate) policy_version: String,
    /// Counts were slightly changed.
    pub(crate) is_perturbed: bool,
    /// Digest of the question.
    pub(crate) request_digest: String,
    /// Identifier of the release.
    pub(crate) release: String,
}

/// Everything a *bilan* shows.
pub(crate) struct Bilan {
    /// The answer in one sentence.
    pub(crate) sentence: Sentence,
    /// The five numbers.
    pub(crate) numbers: Vec<Number>,
    /// What is to be read under them.
    pub(crate) numbers_notes: Vec<&'static str>,
    /// What they are compared with, or why they are not.
    pub(crate) comparison: Option<String>,
    /// The curve.
    pub(crate) curve: Figured,
    /// Kinds of contract.
    pub(crate) contracts: Result<Figured, String>,
    /// Months worked.
    pub(crate) months: Result<Figured, String>,
    /// The breakdown.
    pub(crate) breakdown: Result<Table, RefusalView>,
    /// The dimensions that may be chosen.
    pub(crate) choices: Vec<Choice>,
    /// Where it comes from.
    pub(crate) provenance: Provenance,
    /// A month that these figures look at calls for care: a sentence.
    pub(crate) care: Option<String>,
    /// People who left, when that may be said.
    pub(crate) population: String,
    /// Addresses of the exports start with this.
    pub(crate) export_base: String,
    /// The query that the exports repeat.
    pub(crate) export_query: String,
}

/// What the words of a page need besides the releases.
pub(crate) struct Words<'a> {
    /// Says figures and codes.
    pub(crate) speaker: Speaker<'a>,
    /// The selection.
    pub(crate) selection: &'a Selection,
    /// The selection of the page opened without parameters.
    pub(crate) usual: &'a Selection,
    /// Path of the page.
    pub(crate) path: &'a str,
    /// Name of the own line in the charts.
    pub(crate) own: &'a str,
    /// `sorties de l'insertion … de janvier à décembre 2025`.
    pub(crate) who: &'a str,
    /// Dimensions offered.
    pub(crate) dimensions: &'a [Dimension],
    /// Quarters that hold data: those of the lake, or of the list. Nothing outside them is offered.
    pub(crate) held: Period,
    /// What is known to be wrong in the declarations.
    pub(crate) known: &'a KnownErrors,
    /// The vintage in force.
    pub(crate) vintage: Option<&'a VintageLine>,
}

/// Builds the page's content; `offers` are what may be asked instead of the breakdown, when it is refused.
#[must_use]
pub(crate) fn build(answers: &Answers, offers: &[Offer], words: &Words<'_>) -> Bilan {
    let breakdown = match &answers.breakdown {
        Answer::Release(release) => Ok(words.breakdown_table(release)),
        Answer::Refusal(refused) => Err(refusal(refused, offers, words)),
    };
    let reference = answers.reference();
    let pair = Pair { own: &answers.own, own_name: words.own, reference };
    let numbers: Vec<Number> = NUMBERS.iter().map(|(id, horizon)| number(words.speaker, &pair, id, *horizon)).collect();
    Bilan {
        sentence: sentence(words.speaker, &answers.own, words.who),
        numbers_notes: notes_of(&numbers),
        numbers,
        comparison: answers
            .compared
            .as_ref()
            .map(|name| say(if reference.is_some() { "compare.explained" } else { "compare.withheld" }, &[("name", name)])),
        curve: curve(words.speaker, &pair),
        contracts: distribution(words.speaker, &pair, ("D-01", 6), "contrats"),
        months: distribution(words.speaker, &pair, ("B-10D", 12), "mois"),
        breakdown,
        choices: words.dimensions.iter().map(|dimension| words.choice(*dimension)).collect(),
        provenance: provenance(&answers.own, words.vintage),
        care: known_errors::beside(words.known, words.selection),
        population: match total(&answers.own, "A-02", 0).map(|cell| &cell.figure) {
            Some(Figure::Count { value }) => leavers(*value),
            _ => String::new(),
        },
        export_base: words.path.to_owned(),
        export_query: words.selection.query(),
    }
}

/// What is to be read under numbers: that rates were rounded, that some may still change.
pub(crate) fn notes_of(numbers: &[Number]) -> Vec<&'static str> {
    let has = |is_so: fn(&Said) -> bool| numbers.iter().any(|number| !number.said.is_hidden && is_so(&number.said));
    let rounded = has(|said| said.is_rounded).then(|| text("said.rounded_why"));
    let provisional = has(|said| said.is_provisional).then(|| text("said.provisional_why"));
    rounded.into_iter().chain(provisional).collect()
}

/// Where a release comes from.
#[must_use]
pub(crate) fn provenance(release: &Release, vintage: Option<&VintageLine>) -> Provenance {
    Provenance {
        last_month: french::month(release.last_month()),
        data: version(release.lake_version(), vintage),
        policy_version: release.policy_version().to_owned(),
        is_perturbed: release.is_perturbed(),
        request_digest: release.request().digest().chars().take(16).collect(),
        release: release.id().to_owned(),
    }
}

/// `Données du 4e trimestre 2026, figées le 3 octobre 2026 (version 12)`. A list that was placed since the vintage in force is read where it was placed.
#[must_use]
pub(crate) fn version(lake_version: u64, vintage: Option<&VintageLine>) -> String {
    let version = french::integer(lake_version);
    match vintage {
        Some(vintage) if vintage.lake_version == lake_version => {
            let quarter = vintage
                .name
                .parse()
                .map_or_else(|_| vintage.name.clone(), |quarter| say("vintage.of_quarter", &[("quarter", &french::quarter(quarter))]));
            say("vintage.named", &[("name", &quarter), ("moment", &french::day(vintage.frozen_at)), ("version", &version)])
        }
        _ => say("vintage.placed", &[("version", &version)]),
    }
}

/// A refusal in words, with what was tried and would be answered, or else other pages to go on from.
#[must_use]
pub(crate) fn refusal(refused: &Refusal, offers: &[Offer], words: &Words<'_>) -> RefusalView {
    let offers: Vec<(String, String)> = offers.iter().map(|offer| offers::said(offer, words)).collect();
    let ways = ways(refused.code).iter().filter(|_| offers.is_empty());
    let is_tried = offers.is_empty() && refused.code == RefusalCode::CohortTooSmall;
    let label = words.speaker.catalogue().refusal_label(refused.code);
    // A rule on the question says what to change in it.
    let next_step =
        rule_of(refused.code).filter(|_| refused.code != RefusalCode::CohortTooSmall).map(|rule| rule.words().next_step.clone());
    RefusalView {
        title: polished(&label.label),
        rule: polished(&label.text),
        why: next_step.map_or_else(|| text(&format!("refusal.{}", refused.code.code())).to_owned(), |step| polished(&step)),
        nothing_near: if is_tried { text("refusal.nothing_near") } else { "" },
        ways: ways.map(|(key, href)| (text(key).to_owned(), (*href).to_owned())).collect(),
        offers,
    }
}

/// Where to go on from when no other question can be offered.
fn ways(code: RefusalCode) -> &'static [(&'static str, &'static str)] {
    match code {
        RefusalCode::CohortTooSmall => &[("refusal_way.list", "/listes/deposer"), ("refusal_way.secret", "/secret")],
        RefusalCode::OutOfScope => &[("refusal_way.own", "/bilan")],
        RefusalCode::BudgetSpent => &[("refusal_way.lists", "/listes")],
        _ => &[("refusal_way.own", "/bilan"), ("refusal_way.definitions", "/definitions")],
    }
}

/// The match report of a list: how many people, how many found, and by which way.
pub(crate) fn match_report(speaker: Speaker<'_>, release: &Release) -> (Vec<Number>, Result<Figured, String>) {
    let pair = Pair { own: release, own_name: text("chart.own_list"), reference: None };
    let numbers = [("A-02", 0), ("A-03", 0), ("A-03U", 0)].iter().map(|(id, horizon)| number(speaker, &pair, id, *horizon)).collect();
    (numbers, distribution(speaker, &pair, ("A-03D", 0), "match"))
}

/// The answer in one sentence.
#[must_use]
pub(crate) fn sentence(speaker: Speaker<'_>, release: &Release, who: &str) -> Sentence {
    let cell = total(release, "B-01", 6);
    let spoken = speaker.said(cell);
    let (out_of, certainty) = match cell.map(|cell| &cell.figure) {
        Some(Figure::Rate { percent, numerator, denominator, low, high }) => {
            (out_of(*numerator, *denominator) + rounding(*percent, *numerator, *denominator), certainty(*low, *high))
        }
        Some(Figure::RateBelow { denominator, .. } | Figure::RateAbove { denominator, .. }) => (out_of(None, *denominator), String::new()),
        _ => {
            let before = say("sentence.hidden", &[("who", who)]);
            return Sentence { before, strong: String::new(), after: String::new(), certainty: spoken.detail };
        }
    };
    let template = say("sentence.rate", &[("who", who), ("out_of", &out_of)]);
    let (before, after) = template.split_once("{percent}").unwrap_or((&template, ""));
    Sentence { before: before.to_owned(), strong: spoken.value, after: after.to_owned(), certainty }
}

fn out_of(numerator: Option<u64>, denominator: u64) -> String {
    match numerator {
        Some(counted) => say("sentence.with_counted", &[("people", &people(counted)), ("n", &french::integer(denominator))]),
        None => say("sentence.with_out_of", &[("people", &people(denominator))]),
    }
}

fn certainty(low: u8, high: u8) -> String {
    let key = match high.saturating_sub(low) {
        width if width >= WIDE_INTERVAL_POINTS => "sentence.wide",
        width if width >= SAID_INTERVAL_POINTS => "sentence.middling",
        _ => return String::new(),
    };
    say(key, &[("range", &crate::said::range(low, high))])
}

/// The reader's own release and what it is compared with, by name.
struct Pair<'a> {
    own: &'a Release,
    own_name: &'a str,
    reference: Option<(&'a str, &'a [ReleasedCell])>,
}

fn number(speaker: Speaker<'_>, pair: &Pair<'_>, indicator: &str, horizon: u8) -> Number {
    let compared = pair.reference.filter(|_| indicator != "A-02").map(|(_, cells)| {
        let theirs = speaker.said(total_of(cells, indicator, horizon));
        say("compare.with", &[("value", &theirs.value)])
    });
    Number {
        indicator: indicator.to_owned(),
        label: text(&format!("number.{indicator}")).to_owned(),
        said: speaker.said(total(pair.own, indicator, horizon)),
        compared,
        is_main: indicator == "B-01",
    }
}

fn curve(speaker: Speaker<'_>, pair: &Pair<'_>) -> Figured {
    let own = line(pair.own.cells(), pair.own_name);
    let reference = pair.reference.map(|(name, cells)| line(cells, name));
    let spoken: Vec<String> = own.points.iter().filter_map(|point| spoken_point(speaker, pair.own, point.month)).collect();
    if is_blank(&own) && reference.as_ref().is_none_or(is_blank) {
        return Figured { svg: String::new(), words: why_blank(speaker, pair.own), hidden: Vec::new(), table: curve_table(speaker, pair) };
    }
    let words = if spoken.is_empty() { text("chart.no_point").to_owned() } else { french::enumeration(&spoken) };
    let description = say("chart.point", &[("label", pair.own_name), ("value", &words)]);
    let chart = Curve { id: "courbe".to_owned(), title: text("chart.curve_title").to_owned(), description, own, reference };
    Figured { svg: both(|shape| chart.draw(shape)), words, hidden: Vec::new(), table: curve_table(speaker, pair) }
}

/// A line without any point to draw.
fn is_blank(line: &Line) -> bool {
    line.points.iter().all(|point| matches!(point.mark, Mark::Hidden | Mark::Pending))
}

/// Why no point of the curve is drawn: every reason, once.
fn why_blank(speaker: Speaker<'_>, release: &Release) -> String {
    let mut sentences = vec![text("chart.blank_curve").to_owned()];
    for month in horizons(release.cells()) {
        let reason = speaker.said(total(release, "B-01", month)).detail;
        if !reason.is_empty() && !sentences.contains(&reason) {
            sentences.push(reason);
        }
    }
    sentences.join(" ")
}

/// `42 % à 6 mois`, for the months that are shown.
fn spoken_point(speaker: Speaker<'_>, release: &Release, month: u8) -> Option<String> {
    let spoken = speaker.said(total(release, "B-01", month));
    let name = month_name(month);
    (!spoken.is_hidden).then(|| say("chart.at_month", &[("value", &spoken.value), ("month", &name)]))
}

fn line(cells: &[ReleasedCell], name: &str) -> Line {
    let points = horizons(cells).into_iter().map(|month| Point { month, mark: mark(total_of(cells, "B-01", month)) });
    Line { label: name.to_owned(), points: points.collect() }
}

fn horizons(cells: &[ReleasedCell]) -> Vec<u8> {
    let totals = cells.iter().filter(|cell| cell.indicator == "B-01" && cell.group.is_empty());
    let mut months: Vec<u8> = totals.map(|cell| cell.horizon).collect();
    months.sort_unstable();
    months
}

fn curve_table(speaker: Speaker<'_>, pair: &Pair<'_>) -> Table {
    let mut columns = vec![pair.own_name.to_owned()];
    columns.extend(pair.reference.map(|(name, _)| name.to_owned()));
    let rows = horizons(pair.own.cells()).into_iter().map(|month| {
        let mut cells = vec![noted(pair.own_name, &speaker.said(total(pair.own, "B-01", month)))];
        cells.extend(pair.reference.map(|(name, other)| noted(name, &speaker.said(total_of(other, "B-01", month)))));
        Row { head: month_name(month), cells }
    });
    let rows = rows.collect();
    let (corner, caption) = (text("table.horizon").to_owned(), text("table.curve_caption").to_owned());
    Table::new("courbe", caption, corner, columns, rows)
}

fn month_name(month: u8) -> String {
    say("table.horizon_value", &[("n", &month.to_string())])
}

/// The categories of a distribution that anybody is in, and those of the group compared with.
struct Spread<'a> {
    speaker: Speaker<'a>,
    indicator: &'a str,
    own: Vec<&'a (String, Figure)>,
    reference: Option<(&'a str, &'a [(String, Figure)])>,
}

/// A distribution as bars and a table; in words when it is hidden whole.
fn distribution(speaker: Speaker<'_>, pair: &Pair<'_>, which: (&str, u8), name: &'static str) -> Result<Figured, String> {
    let (indicator, horizon) = which;
    let found = total(pair.own, indicator, horizon);
    let Some(Figure::Distribution { denominator, categories }) = found.map(|cell| &cell.figure) else {
        return Err(speaker.said(found).detail);
    };
    let reference = pair.reference.and_then(|(place, other)| match total_of(other, indicator, horizon).map(|cell| &cell.figure) {
        Some(Figure::Distribution { categories, .. }) => Some((place, categories.as_slice())),
        _ => None,
    });
    let own: Vec<&(String, Figure)> = categories.iter().filter(|(_, figure)| !is_nobody(figure)).collect();
    if let Some(reason) = hidden_whole(&own) {
        return Err(speaker.figure(reason).detail);
    }
    let spread = Spread { speaker, indicator, own, reference };
    let chart = Bars {
        id: name.to_owned(),
        title: text(&format!("chart.{name}_title")).to_owned(),
        description: spread.spoken(),
        key: spread.reference.map(|(name, _)| say("chart.key", &[("name", name)])),
        bars: spread.bars(),
    };
    let words = say("chart.out_of", &[("people", &people(*denominator))]);
    Ok(Figured { svg: both(|shape| chart.draw(shape)), words, hidden: spread.hidden(), table: spread.table(name) })
}

/// The figure that says why, when no category at all can be shown.
fn hidden_whole<'a>(own: &[&'a (String, Figure)]) -> Option<&'a Figure> {
    own.iter().all(|(_, figure)| is_hidden(figure)).then(|| own.first().map(|(_, figure)| figure)).flatten()
}

fn is_hidden(figure: &Figure) -> bool {
    matches!(figure, Figure::Hidden { .. })
}

fn is_nobody(figure: &Figure) -> bool {
    matches!(figure, Figure::Hidden { reason: Reason::NoData })
}

impl Spread<'_> {
    fn other(&self, code: &str) -> Option<&Figure> {
        let (_, categories) = self.reference?;
        categories.iter().find(|(candidate, _)| candidate == code).map(|(_, figure)| figure)
    }

    fn bars(&self) -> Vec<Bar> {
        self.own.iter().filter(|(_, own)| !is_hidden(own)).map(|(code, own)| self.bar(code, own)).collect()
    }

    /// `Secret : trop peu de personnes`, then the categories, for each reason.
    fn hidden(&self) -> Vec<(String, Vec<String>)> {
        let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
        for (code, own) in self.own.iter().filter(|(_, own)| is_hidden(own)) {
            let (reason, category) = (self.speaker.figure(own).value, self.speaker.category(self.indicator, code));
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, categories)) => categories.push(category),
                None => by_reason.push((reason, vec![category])),
            }
        }
        by_reason.into_iter().map(|(reason, categories)| (french::capitalised(&reason), categories)).collect()
    }

    fn bar(&self, code: &str, own: &Figure) -> Bar {
        let (mut value, mut reference) = (self.speaker.figure(own).value, None);
        if let Some(Mark::Shown { percent, .. }) = self.other(code).map(mark_of) {
            value = say("chart.compared", &[("value", &value), ("other", &french::percent(percent))]);
            reference = Some(percent);
        }
        Bar { label: self.speaker.category(self.indicator, code), mark: mark_of(own), value, reference }
    }

    fn spoken(&self) -> String {
        let one = |(code, own): &&(String, Figure)| {
            let (label, value) = (self.speaker.category(self.indicator, code), self.speaker.figure(own).value);
            say("chart.point", &[("label", &label), ("value", &value)])
        };
        french::enumeration(&self.own.iter().map(one).collect::<Vec<_>>())
    }

    fn table(&self, name: &'static str) -> Table {
        let mut columns = vec![text("table.share").to_owned()];
        columns.extend(self.reference.map(|(place, _)| place.to_owned()));
        let rows = self.own.iter().map(|(code, own)| {
            let mut cells = vec![noted(&columns[0], &self.speaker.figure(own))];
            if let Some((place, _)) = self.reference {
                let other = self.other(code).map_or_else(|| self.speaker.said(None), |other| self.speaker.figure(other));
                cells.push(noted(place, &other));
            }
            Row { head: self.speaker.category(self.indicator, code), cells }
        });
        let rows = rows.collect();
        let caption = text(&format!("table.{name}_caption")).to_owned();
        Table::new(name, caption, text("table.category").to_owned(), columns, rows)
    }
}

impl Words<'_> {
    fn breakdown_table(&self, release: &Release) -> Table {
        let shown = [("A-02", 0), ("B-01", 6), ("B-04", 6)];
        let (columns, rows) = rows_by(self.speaker, release, self.selection.breakdown, &shown);
        let corner = self.speaker.dimension(self.selection.breakdown);
        let caption = say("table.breakdown_caption", &[("dimension", &corner.to_lowercase())]);
        Table::new("repartition", caption, corner, columns, rows).folded()
    }

    fn choice(&self, dimension: Dimension) -> Choice {
        let chosen = Selection { breakdown: dimension, ..self.selection.clone() };
        Choice {
            label: self.speaker.dimension(dimension),
            href: format!("{}{}#repartition", self.path, chosen.query()),
            is_current: dimension == self.selection.breakdown,
        }
    }
}

/// Whether those who were found are like the others: the share found in each group of a dimension.
pub(crate) fn found_by(speaker: Speaker<'_>, release: &Release, dimension: Dimension) -> Table {
    let (columns, rows) = rows_by(speaker, release, dimension, &[("A-02", 0), ("A-03", 0)]);
    let corner = speaker.dimension(dimension);
    let caption = say("table.found_by_caption", &[("dimension", &corner.to_lowercase())]);
    let id = match dimension {
        Dimension::Sex => "retrouvees-par-sexe",
        Dimension::AgeBand => "retrouvees-par-age",
        Dimension::Structure => "retrouvees-par-structure",
        Dimension::Quarter => "retrouvees-par-trimestre",
        Dimension::Departement => "retrouvees-par-departement",
        Dimension::Programme | Dimension::Type => "retrouvees-par",
    };
    Table::new(id, caption, corner, columns, rows).folded()
}

/// Headers and rows of a table by the groups of a dimension: values of a closed list come in its order, the others in their own.
fn rows_by(speaker: Speaker<'_>, release: &Release, dimension: Dimension, shown: &[(&str, u8)]) -> (Vec<String>, Vec<Row>) {
    let mut groups: Vec<&Group> = Vec::new();
    for cell in release.cells() {
        if !cell.group.is_empty() && !groups.contains(&&cell.group) {
            groups.push(&cell.group);
        }
    }
    let known = speaker.catalogue().values(dimension).unwrap_or_default();
    let rank = |group: &Group| group.first().and_then(|(_, value)| known.iter().position(|(code, _)| code == value));
    groups.sort_by_key(|group| rank(group).unwrap_or(usize::MAX));
    let columns: Vec<String> = shown.iter().map(|(id, _)| text(&format!("number.{id}")).to_owned()).collect();
    let rows = groups.into_iter().map(|group| {
        let named: Vec<String> = group.iter().map(|(dimension, value)| speaker.value(*dimension, value)).collect();
        let cells = shown.iter().zip(&columns);
        let cells = cells.map(|((id, horizon), column)| noted(column, &speaker.said_of(release, id, *horizon, group)));
        Row { head: named.join(", "), cells: cells.collect() }
    });
    let rows = rows.collect();
    (columns, rows)
}

/// A cell with its denominator and interval under it; a count has none.
fn noted(label: &str, spoken: &Said) -> Cell {
    let parts = [&spoken.detail, &spoken.range].into_iter().filter(|part| !part.is_empty());
    let is_count = spoken.range.is_empty() && !spoken.detail.contains(char::is_numeric);
    let note = if spoken.is_hidden || is_count { String::new() } else { parts.cloned().collect::<Vec<_>>().join(", ") };
    let is_provisional = spoken.is_provisional && !spoken.is_hidden;
    let provisional = if is_provisional { format!(" ({})", text("said.provisional")) } else { String::new() };
    Cell {
        label: label.to_owned(),
        text: format!("{}{provisional}", spoken.value),
        note,
        is_words: spoken.is_hidden,
        is_provisional,
        is_rounded: spoken.is_rounded,
    }
}
