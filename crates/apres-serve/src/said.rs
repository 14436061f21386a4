//! How a released figure is said in French: the value, out of how many, how sure, or why it is hidden.
//!
//! It is the only reader of [`Figure`]; it computes nothing but words. A hidden figure is always words, never a dash or a zero.

use apres_protect::{Catalogue, Dimension, Figure, Group, Measure, Population, Reason, Release, ReleasedCell};

use crate::charts::Mark;
use crate::french;
use crate::messages::{say, text};
use crate::territory;

/// The indicator that is the number of people of a group.
const SIZE: &str = "A-02";

/// A figure in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    /// `42 %`, `50`, `7 mois`, or the reason in short when hidden.
    pub(crate) value: String,
    /// Nothing is shown: the value is the reason in short, the detail the reason in full.
    pub(crate) is_hidden: bool,
    /// Out of how many, in words; or the reason in full.
    pub(crate) detail: String,
    /// `entre 30 % et 55 %`.
    pub(crate) range: String,
    /// Late declarations may still change it.
    pub(crate) is_provisional: bool,
    /// The numbers beside it would give another rate: it was rounded to 5 points.
    pub(crate) is_rounded: bool,
}

/// The total of an indicator at a horizon.
#[must_use]
pub(crate) fn total<'a>(release: &'a Release, indicator: &str, horizon: u8) -> Option<&'a ReleasedCell> {
    release.cell(indicator, horizon, &Group::new())
}

/// The total of an indicator at a horizon, among cells.
#[must_use]
pub(crate) fn total_of<'a>(cells: &'a [ReleasedCell], indicator: &str, horizon: u8) -> Option<&'a ReleasedCell> {
    cells.iter().find(|cell| cell.indicator == indicator && cell.horizon == horizon && cell.group.is_empty())
}

/// The cell that holds the size of a group of a breakdown, when it is hidden: nothing else of the group may then be told.
#[must_use]
pub(crate) fn hidden_size<'a>(cells: &'a [ReleasedCell], group: &Group) -> Option<&'a ReleasedCell> {
    let size = cells.iter().find(|cell| cell.indicator == SIZE && cell.horizon == 0 && cell.group == *group && !group.is_empty());
    size.filter(|size| matches!(size.figure, Figure::Hidden { .. }))
}

/// What a chart draws of a figure.
#[must_use]
pub(crate) fn mark(cell: Option<&ReleasedCell>) -> Mark {
    cell.map_or(Mark::Hidden, |cell| mark_of(&cell.figure))
}

/// What a chart draws of a figure.
#[must_use]
pub(crate) fn mark_of(figure: &Figure) -> Mark {
    match figure {
        Figure::Rate { percent, low, high, .. } => Mark::Shown { percent: *percent, low: *low, high: *high },
        Figure::RateBelow { percent, .. } => Mark::Below(*percent),
        Figure::RateAbove { percent, .. } => Mark::Above(*percent),
        Figure::Hidden { reason: Reason::NotObservableYet } => Mark::Pending,
        _ => Mark::Hidden,
    }
}

/// `21 personnes sur 50` when the count may be said, otherwise `sur 50 personnes`.
#[must_use]
pub(crate) fn out_of(numerator: Option<u64>, denominator: u64) -> String {
    match numerator {
        Some(counted) => say("said.rate_counted", &[("people", &people(counted)), ("n", &french::integer(denominator))]),
        None => say("said.rate_out_of", &[("people", &people(denominator))]),
    }
}

/// Says that a rate was rounded to 5 points when the numbers beside it would give another one.
#[must_use]
pub(crate) fn rounding(percent: u8, numerator: Option<u64>, denominator: u64) -> &'static str {
    let told = u64::from(percent) * denominator;
    let is_plain = numerator.is_none_or(|counted| (counted * 100).abs_diff(told) * 2 <= denominator);
    if is_plain { "" } else { text("said.rounded") }
}

/// `entre 30 % et 55 %`.
#[must_use]
pub(crate) fn range(low: u8, high: u8) -> String {
    say("said.range", &[("low", &french::percent(low)), ("high", &french::percent(high))])
}

/// `50 personnes`.
#[must_use]
pub(crate) fn people(count: u64) -> String {
    counted("people.one", "people.many", count)
}

/// `50 sortants`.
#[must_use]
pub(crate) fn leavers(count: u64) -> String {
    counted("people.exits_one", "people.exits_many", count)
}

fn counted(one: &str, many: &str, count: u64) -> String {
    say(if count > 1 { many } else { one }, &[("n", &french::integer(count))])
}

fn bound(key: &str, percent: u8, denominator: u64) -> Said {
    Said { value: say(key, &[("percent", &french::percent(percent))]), detail: out_of(None, denominator), ..Said::default() }
}

fn quartiles(denominator: u64, p25: Option<i64>, median: i64, p75: Option<i64>, mean_tenths: Option<i64>) -> Said {
    let middle = p25.zip(p75).map(|(low, high)| say("said.middle_half", &[("low", &french::signed(low)), ("high", &french::signed(high))]));
    let mean = mean_tenths.map(|tenths| say("said.mean", &[("n", &french::tenths(tenths))]));
    let range = middle.into_iter().chain(mean).collect::<Vec<String>>().join(text("said.then"));
    let detail = out_of(None, denominator);
    Said { value: months(median), detail, range, ..Said::default() }
}

fn months(value: i64) -> String {
    say("said.months", &[("n", &french::signed(value))])
}

/// Says figures and codes with the words of a catalogue.
#[derive(Clone, Copy)]
pub(crate) struct Speaker<'a> {
    catalogue: &'a Catalogue,
}

impl<'a> Speaker<'a> {
    /// Speaks with these words.
    #[must_use]
    pub(crate) fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue }
    }

    /// Says a cell; a cell that the release does not hold has no data.
    #[must_use]
    pub(crate) fn said(self, cell: Option<&ReleasedCell>) -> Said {
        let Some(cell) = cell else { return self.hidden(Reason::NoData) };
        Said { is_provisional: cell.provisional, ..self.figure(&cell.figure) }
    }

    /// Says the cell of a group: when the size of the group is hidden, every other figure of it is, in the same words. A figure that has no data beside a hidden
    /// size would tell that nobody is in the group.
    #[must_use]
    pub(crate) fn said_of(self, release: &Release, indicator: &str, horizon: u8, group: &Group) -> Said {
        let cell = release.cell(indicator, horizon, group);
        match hidden_size(release.cells(), group) {
            Some(size) => self.said(Some(size)),
            None => self.said(cell),
        }
    }

    /// Says a figure.
    #[must_use]
    pub(crate) fn figure(self, figure: &Figure) -> Said {
        match figure {
            Figure::Count { value } => Said {
                value: french::integer(*value),
                detail: text(if *value > 1 { "said.count_people" } else { "said.count_person" }).to_owned(),
                ..Said::default()
            },
            Figure::Rate { percent, denominator, numerator, low, high } => Said {
                value: french::percent(*percent),
                detail: out_of(*numerator, *denominator),
                is_rounded: !rounding(*percent, *numerator, *denominator).is_empty(),
                range: range(*low, *high),
                ..Said::default()
            },
            Figure::RateBelow { percent, denominator } => bound("said.below", *percent, *denominator),
            Figure::RateAbove { percent, denominator } => bound("said.above", *percent, *denominator),
            Figure::Distribution { denominator, .. } => Said { value: people(*denominator), ..Said::default() },
            Figure::Quartiles { denominator, p25, median, p75, mean_tenths } => quartiles(*denominator, *p25, *median, *p75, *mean_tenths),
            Figure::Hidden { reason } => self.hidden(*reason),
        }
    }

    fn hidden(self, reason: Reason) -> Said {
        let words = self.catalogue.reason_label(reason);
        Said { value: polished(&words.label), is_hidden: true, detail: polished(&words.text), ..Said::default() }
    }

    /// Name of a dimension.
    #[must_use]
    pub(crate) fn dimension(self, dimension: Dimension) -> String {
        polished(self.catalogue.dimension_label(dimension))
    }

    /// Name of a value of a dimension.
    #[must_use]
    pub(crate) fn value(self, dimension: Dimension, value: &str) -> String {
        match dimension {
            Dimension::Departement if !matches!(value, "" | "inconnu") => format!("{} ({value})", territory::departement_name(value)),
            Dimension::Departement => text("departement.inconnu").to_owned(),
            // The exit of a row may have no date that can be read.
            Dimension::Quarter => value.parse().map_or_else(|_| text("quarter.unknown").to_owned(), french::quarter),
            other if value.is_empty() => say("said.unknown", &[("dimension", &self.dimension(other))]),
            other => polished(self.catalogue.value_label(other, value)),
        }
    }

    /// Name of a category of a distribution.
    #[must_use]
    pub(crate) fn category(self, indicator: &str, code: &str) -> String {
        let Some(Measure::Distribution { categories, .. }) = self.catalogue.indicator(indicator).map(|found| &found.measure) else {
            return code.to_owned();
        };
        categories.iter().find(|category| category.code == code).map_or_else(|| code.to_owned(), |category| polished(&category.label))
    }

    /// Short name of a programme (`IAE`).
    #[must_use]
    pub(crate) fn programme_short(self, code: &str) -> String {
        self.catalogue.programme(code).map_or_else(|| code.to_owned(), |programme| polished(&programme.short_name))
    }

    /// Name of a programme.
    #[must_use]
    pub(crate) fn programme(self, code: &str) -> String {
        self.catalogue.programme(code).map_or_else(|| code.to_owned(), |programme| polished(&programme.name))
    }

    /// `IAE`, or nothing for a list.
    #[must_use]
    pub(crate) fn population(self, population: &Population) -> String {
        match population {
            Population::Programme(code) => self.programme_short(code),
            Population::List(_) => String::new(),
        }
    }

    /// The catalogue itself.
    #[must_use]
    pub(crate) fn catalogue(self) -> &'a Catalogue {
        self.catalogue
    }
}

/// French typography for a text that was typed plainly: the apostrophe, and no-break spaces around high punctuation.
#[must_use]
pub(crate) fn polished(plain: &str) -> String {
    let spaced = plain.replace('\'', "\u{2019}").replace("« ", "«\u{a0}").replace(" »", "\u{a0}»").replace(" :", "\u{a0}:");
    [" ;", " ?", " !", " %"].iter().fold(spaced, |text, mark| text.replace(mark, &format!("{}{}", french::THIN, &mark[1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_without_data_does_not_read_as_a_person() {
        let catalogue = Catalogue::embedded();
        assert_eq!(Speaker::new(&catalogue).said(None).value, "aucune donnée");
    }

    #[test]
    fn a_group_without_a_value_has_a_name() {
        let catalogue = Catalogue::embedded();
        let speaker = Speaker::new(&catalogue);
        for value in ["", "inconnu"] {
            assert_eq!(speaker.value(Dimension::Quarter, value), "Trimestre inconnu");
            assert_eq!(speaker.value(Dimension::Departement, value), "Département inconnu");
        }
        for dimension in [Dimension::Sex, Dimension::AgeBand, Dimension::Type] {
            assert!(speaker.value(dimension, "").ends_with("inconnu"), "{dimension:?}");
        }
    }

    #[test]
    fn a_rate_that_its_numbers_contradict_is_said_to_be_rounded() {
        let rounded = " (taux arrondi à 5 points)";
        for (percent, numerator, denominator, expected) in
            [(55, Some(21), 37, rounded), (50, Some(21), 44, rounded), (55, Some(22), 40, ""), (45, Some(34), 75, ""), (96, None, 94, "")]
        {
            assert_eq!(rounding(percent, numerator, denominator), expected, "{percent} {numerator:?} {denominator}");
        }
    }
}
