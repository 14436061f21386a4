//! Reading the catalogue's files, and every check that makes a [`Catalogue`] something to rely on.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Catalogue, Category, Change, Column, ColumnKind, Expr, ExprFault, Indicator, Label, LinkedShare, Measure, PopulationKind, Programme,
};
use crate::refusal::RefusalCode;
use crate::release::Reason;
use crate::request::Dimension;

/// The files that the binary carries.
pub(super) const EMBEDDED: &[(&str, &str)] = &[
    ("a_sortants.toml", include_str!("../../../../indicateurs/a_sortants.toml")),
    ("b_presence.toml", include_str!("../../../../indicateurs/b_presence.toml")),
    ("d_contrats.toml", include_str!("../../../../indicateurs/d_contrats.toml")),
    ("programmes.toml", include_str!("../../../../indicateurs/programmes.toml")),
    ("libelles.toml", include_str!("../../../../indicateurs/libelles.toml")),
];

/// A catalogue that cannot be used, and what to correct.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueFault {
    /// Not TOML, or a key that does not exist.
    #[error("reading {file}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the reader says.
        #[source]
        source: toml::de::Error,
    },
    /// An expression that does not follow the vocabulary.
    #[error("{file}: {subject}: expression '{field}'")]
    Expression {
        /// The file.
        file: String,
        /// The indicator.
        subject: String,
        /// `denominator` or `numerator`.
        field: &'static str,
        /// What is wrong, and where.
        #[source]
        source: Box<ExprFault>,
    },
    /// A definition that contradicts itself or the rest of the catalogue.
    #[error("{file}: {subject}: {problem}")]
    Invalid {
        /// The file.
        file: String,
        /// The indicator, programme or list of labels.
        subject: String,
        /// What to correct.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    indicator: Vec<RawIndicator>,
    #[serde(default)]
    programme: Vec<Programme>,
    #[serde(default)]
    labels: BTreeMap<String, Vec<Label>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndicator {
    id: String,
    name: String,
    question: String,
    denominator_text: String,
    #[serde(default)]
    numerator_text: String,
    formula: String,
    caveats: Vec<String>,
    source: String,
    version: String,
    changes: Vec<Change>,
    example: String,
    measure: RawMeasure,
    denominator: String,
    #[serde(default)]
    numerator: Option<String>,
    horizons: Vec<u8>,
    breakdowns: Vec<String>,
    populations: Vec<PopulationKind>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    shares: Vec<LinkedShare>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum RawMeasure {
    Count,
    Share,
    Distribution { column: String, categories: Vec<RawCategory> },
    Quartiles { column: String, unit: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCategory {
    code: String,
    /// For a text column the label comes from the list of labels of the column.
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    from: Option<i64>,
    #[serde(default)]
    to: Option<i64>,
}

type Labels = BTreeMap<String, Vec<Label>>;

pub(super) fn parse(files: &[(&str, &str)]) -> Result<Catalogue, CatalogueFault> {
    let mut raw_indicators = Vec::new();
    let mut programmes = Vec::new();
    let mut labels = Labels::new();
    for (name, text) in files {
        let file: File = toml::from_str(text).map_err(|source| CatalogueFault::Unreadable { file: (*name).to_owned(), source })?;
        raw_indicators.extend(file.indicator.into_iter().map(|raw| (*name, raw)));
        for programme in file.programme {
            check_programme(&Place { file: name, subject: &programme.id }, &programme, &programmes)?;
            programmes.push(programme);
        }
        for (list, values) in file.labels {
            let place = Place { file: name, subject: &list };
            place.check(!labels.contains_key(&list), "this list of labels is given twice")?;
            place.check(all_different(values.iter().map(|label| &label.code)), "a code is given twice")?;
            labels.insert(list, values);
        }
    }
    check_labels(&labels)?;
    let mut indicators: Vec<Indicator> = Vec::new();
    for (file, raw) in raw_indicators {
        let id = raw.id.clone();
        let place = Place { file, subject: &id };
        place.check(indicators.iter().all(|indicator| indicator.id != id), "this identifier is given twice")?;
        indicators.push(build(&place, raw, &labels)?);
    }
    indicators.sort_by(|a, b| a.id.cmp(&b.id));
    check_evidence(&indicators)?;
    check_shares(&indicators)?;
    Ok(Catalogue { indicators, programmes, labels })
}

/// Where a definition stands, for messages.
struct Place<'a> {
    file: &'a str,
    subject: &'a str,
}

impl Place<'_> {
    fn check(&self, holds: bool, problem: &'static str) -> Result<(), CatalogueFault> {
        if holds { Ok(()) } else { Err(self.invalid(problem)) }
    }

    fn invalid(&self, problem: &'static str) -> CatalogueFault {
        CatalogueFault::Invalid { file: self.file.to_owned(), subject: self.subject.to_owned(), problem }
    }

    fn expression(&self, field: &'static str, text: &str) -> Result<Expr, CatalogueFault> {
        Expr::parse(text).map_err(|source| CatalogueFault::Expression {
            file: self.file.to_owned(),
            subject: self.subject.to_owned(),
            field,
            source: Box::new(source),
        })
    }
}

fn build(place: &Place<'_>, raw: RawIndicator, labels: &Labels) -> Result<Indicator, CatalogueFault> {
    let measure = build_measure(place, raw.measure, labels)?;
    let denominator = place.expression("denominator", &raw.denominator)?;
    let numerator = raw.numerator.as_deref().map(|text| place.expression("numerator", text)).transpose()?;
    let breakdowns: Option<Vec<_>> = raw.breakdowns.iter().map(|code| Dimension::from_code(code)).collect();
    let indicator = Indicator {
        id: raw.id,
        name: raw.name,
        question: raw.question,
        denominator_text: raw.denominator_text,
        numerator_text: raw.numerator_text,
        formula: raw.formula,
        caveats: raw.caveats,
        source: raw.source,
        version: raw.version,
        changes: raw.changes,
        example: raw.example,
        measure,
        denominator,
        numerator,
        horizons: raw.horizons,
        breakdowns: breakdowns.ok_or_else(|| place.invalid("a breakdown is not a dimension"))?,
        populations: raw.populations,
        evidence: raw.evidence,
        shares: raw.shares,
    };
    check_indicator(place, &indicator)?;
    Ok(indicator)
}

fn check_indicator(place: &Place<'_>, indicator: &Indicator) -> Result<(), CatalogueFault> {
    let is_share = indicator.measure == Measure::Share;
    let texts =
        [&indicator.name, &indicator.question, &indicator.denominator_text, &indicator.formula, &indicator.source, &indicator.example];
    place.check(texts.iter().all(|text| !text.trim().is_empty()), "a text is empty")?;
    place.check(is_share == indicator.numerator.is_some(), "a share, and only a share, has a numerator")?;
    place.check(
        matches!(indicator.measure, Measure::Count) == indicator.numerator_text.is_empty(),
        "all but a count say what counts in 'numerator_text'",
    )?;
    place.check(is_ascending(&indicator.horizons), "horizons must be there, ascending and different")?;
    place.check(indicator.horizons.last() <= Some(&crate::request::HORIZON_MONTHS_MAX), "a horizon is too far")?;
    place.check(!indicator.populations.is_empty(), "an indicator is asked of at least one kind of population")?;
    place.check(all_different(&indicator.populations) && all_different(&indicator.breakdowns), "a value is given twice")?;
    place.check(!indicator.changes.is_empty(), "the first version must be among the changes")?;
    place.check(indicator.changes.last().map(|change| &change.version) == Some(&indicator.version), "the last change must be the version's")
}

fn build_measure(place: &Place<'_>, raw: RawMeasure, labels: &Labels) -> Result<Measure, CatalogueFault> {
    let column = |name: &str| Column::from_name(name).ok_or_else(|| place.invalid("the measured column is not in the panel"));
    match raw {
        RawMeasure::Count => Ok(Measure::Count),
        RawMeasure::Share => Ok(Measure::Share),
        RawMeasure::Quartiles { column: name, unit } => {
            let column = column(&name)?;
            place.check(column.kind() == ColumnKind::Number, "quartiles need a number column")?;
            Ok(Measure::Quartiles { column, unit })
        }
        RawMeasure::Distribution { column: name, categories } => {
            let column = column(&name)?;
            let categories: Result<Vec<_>, _> =
                categories.into_iter().map(|raw| build_category(place, column, raw, labels.get(&name))).collect();
            let categories = categories?;
            place.check(categories.len() >= 2, "a distribution has two categories or more")?;
            place.check(all_different(categories.iter().map(|category| &category.code)), "a category is given twice")?;
            let bands: Vec<_> = categories.iter().filter_map(|category| category.band).collect();
            place.check(bands.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "bands must follow one another without gap")?;
            Ok(Measure::Distribution { column, categories })
        }
    }
}

fn build_category(place: &Place<'_>, column: Column, raw: RawCategory, labels: Option<&Vec<Label>>) -> Result<Category, CatalogueFault> {
    let listed = labels.and_then(|labels| labels.iter().find(|label| label.code == raw.code)).map(|label| label.label.clone());
    let label = raw.label.or(listed).ok_or_else(|| place.invalid("a category has no label"))?;
    let band = match (column.kind(), raw.from, raw.to) {
        (ColumnKind::Number, Some(from), Some(to)) if from <= to => Some((from, to)),
        (ColumnKind::Number, ..) => {
            return Err(place.invalid("a category of a number column needs 'from' and 'to'"));
        }
        (ColumnKind::Text(values), None, None) => {
            let is_known = values.is_none_or(|values| values.contains(&raw.code.as_str()));
            place.check(is_known, "a category is not a value of its column")?;
            None
        }
        (ColumnKind::Text(_), ..) => {
            return Err(place.invalid("a category of a text column has no 'from' nor 'to'"));
        }
        (ColumnKind::Fact, ..) => {
            return Err(place.invalid("a true-or-false column is measured as a share"));
        }
    };
    Ok(Category { code: raw.code, label, band })
}

fn check_programme(place: &Place<'_>, programme: &Programme, before: &[Programme]) -> Result<(), CatalogueFault> {
    place.check(before.iter().all(|other| other.id != programme.id), "this programme is given twice")?;
    place.check(!programme.name.is_empty() && !programme.short_name.is_empty(), "a programme has a name and a short name")?;
    place.check(!programme.complements.is_empty() || !programme.dispositifs.is_empty(), "nothing tells the programme's spells")?;
    let (last, named) = programme.types.split_last().ok_or_else(|| place.invalid("a programme has one type or more"))?;
    place.check(last.complements.is_empty(), "the last type takes all the other spells, it names no complement")?;
    place.check(named.iter().all(|kind| !kind.complements.is_empty()), "only the last type may name no complement")?;
    place.check(all_different(programme.types.iter().map(|kind| &kind.code)), "a type is given twice")?;
    let complements: Vec<_> = programme.types.iter().flat_map(|kind| &kind.complements).collect();
    place.check(all_different(&complements), "a complement makes two types")?;
    let is_own = complements.iter().all(|code| programme.complements.contains(code));
    place.check(is_own, "a type names a complement that is not the programme's")?;
    place.check(programme.types.iter().all(|kind| Dimension::Type.accepts(&kind.code)), "a type's code is letters, digits, - and _")
}

/// Every closed list that a page may show must have its words.
fn check_labels(labels: &Labels) -> Result<(), CatalogueFault> {
    let closed = |column: Column| match column.kind() {
        ColumnKind::Text(values) => values.unwrap_or_default().to_vec(),
        ColumnKind::Fact | ColumnKind::Number => Vec::new(),
    };
    let expected: [(&str, Vec<&str>); 7] = [
        ("dimension", Dimension::ALL.map(Dimension::code).to_vec()),
        (Dimension::Sex.code(), closed(Column::Sex)),
        (Dimension::AgeBand.code(), closed(Column::AgeBand)),
        (Column::MatchStatus.name(), closed(Column::MatchStatus)),
        (Column::ContractKind.name(), closed(Column::ContractKind)),
        ("reason", Reason::ALL.map(Reason::code).to_vec()),
        ("refusal", RefusalCode::ALL.map(RefusalCode::code).to_vec()),
    ];
    for (list, codes) in &expected {
        let place = Place { file: "labels", subject: list };
        let given = labels.get(*list).map_or(&[][..], Vec::as_slice);
        place.check(codes.iter().all(|code| given.iter().any(|label| label.code == *code)), "a code has no label")?;
        place.check(given.iter().all(|label| codes.contains(&label.code.as_str())), "a label is for a code that does not exist")?;
        place.check(given.iter().all(|label| !label.label.is_empty()), "a label is empty")?;
    }
    match labels.keys().find(|list| expected.iter().all(|(name, _)| name != list)) {
        None => Ok(()),
        Some(list) => Err(Place { file: "labels", subject: list }.invalid("this list of labels is not used")),
    }
}

/// Who is counted must not give away a share that the gate would hide: see `docs/methods/gate.md` §7.
fn check_evidence(indicators: &[Indicator]) -> Result<(), CatalogueFault> {
    for indicator in indicators {
        let place = Place { file: "indicators", subject: &indicator.id };
        place.check(
            !indicator.is_conditional() || !indicator.evidence.is_empty(),
            "the denominator tells an outcome, so 'evidence' must name the share whose numerator it is",
        )?;
        for id in &indicator.evidence {
            let found = indicators.iter().find(|other| other.id == *id);
            let share = found.ok_or_else(|| place.invalid("'evidence' names an indicator that does not exist"))?;
            place.check(share.measure == Measure::Share && share.evidence.is_empty(), "'evidence' must name a plain share")?;
            let covers = |all: &[u8], some: &[u8]| some.iter().all(|value| all.contains(value));
            place.check(covers(&share.horizons, &indicator.horizons), "'evidence' does not cover every horizon")?;
            let breakdowns = indicator.breakdowns.iter().all(|dimension| share.breakdowns.contains(dimension));
            let populations = indicator.populations.iter().all(|kind| share.populations.contains(kind));
            place.check(breakdowns && populations, "'evidence' does not cover every breakdown or population")?;
        }
    }
    Ok(())
}

/// A linked share must be about the very people of its distribution, wherever either can be asked.
fn check_shares(indicators: &[Indicator]) -> Result<(), CatalogueFault> {
    for indicator in indicators {
        let place = Place { file: "indicators", subject: &indicator.id };
        for linked in &indicator.shares {
            let Measure::Distribution { categories, .. } = &indicator.measure else {
                return Err(place.invalid("only a distribution has 'shares'"));
            };
            let found = indicators.iter().find(|other| other.id == linked.id && other.measure == Measure::Share);
            let share = found.ok_or_else(|| place.invalid("'shares' names a share that does not exist"))?;
            let is_known = linked.categories.iter().all(|code| categories.iter().any(|category| category.code == *code));
            place.check(is_known && all_different(&linked.categories), "'shares' names a category that does not exist, or one twice")?;
            let some = 1..categories.len();
            place.check(some.contains(&linked.categories.len()), "'shares' names some categories, not none nor all")?;
            let is_same = share.denominator == indicator.denominator
                && share.horizons == indicator.horizons
                && share.breakdowns == indicator.breakdowns
                && share.populations == indicator.populations
                && share.evidence == indicator.evidence;
            place.check(is_same, "'shares' names a share of other people, horizons, breakdowns or populations")?;
        }
    }
    Ok(())
}

fn is_ascending(values: &[u8]) -> bool {
    !values.is_empty() && values.windows(2).all(|pair| pair[0] < pair[1])
}

fn all_different<T: Ord>(values: impl IntoIterator<Item = T>) -> bool {
    let mut sorted: Vec<_> = values.into_iter().collect();
    sorted.sort();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}
