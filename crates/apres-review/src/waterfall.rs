//! Why the linker thinks what it thinks: from what is known beforehand to the result, a bar a field.
//!
//! Weights are in bits: one more doubles the odds. Lengths are those of a drawing of a fixed width; the same figures are written in the table.

use crate::desk::{Pair, Weight};
use crate::messages::text;

/// Width of the drawing.
const WIDTH: i64 = 400;

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Name of the field.
    pub field: String,
    /// What is seen, in words.
    pub words: String,
    /// The weight, signed: `+15,2`.
    pub weight: String,
    /// Whether it speaks against.
    pub is_against: bool,
    /// Left end in the drawing.
    pub from: i64,
    /// Length in the drawing.
    pub length: i64,
}

/// The bars and what they come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waterfall {
    /// In the order in which they add up, what is known beforehand first.
    pub bars: Vec<Bar>,
    /// The sum, signed.
    pub total: String,
    /// Where the drawing's zero is: as likely as not.
    pub zero: i64,
    /// The probability, as a percentage in words.
    pub probability: String,
}

/// The drawing of a pair.
#[must_use]
pub fn waterfall(pair: &Pair) -> Waterfall {
    let steps: Vec<i64> = std::iter::once(i64::from(pair.prior)).chain(pair.weights.iter().map(|weight| i64::from(weight.bits))).collect();
    let mut ends = vec![0];
    for step in &steps {
        ends.push(ends.last().copied().unwrap_or_default() + step);
    }
    let (low, high) = (ends.iter().min().copied().unwrap_or_default(), ends.iter().max().copied().unwrap_or_default());
    let at = |value: i64| (value - low) * WIDTH / (high - low).max(1);
    let bar = |place: usize, field: String, words: String| {
        let (from, to) = (at(ends[place]), at(ends[place + 1]));
        Bar {
            field,
            words,
            weight: signed(steps[place]),
            is_against: steps[place] < 0,
            from: from.min(to),
            length: (from - to).abs().max(2),
        }
    };
    let mut bars = vec![bar(0, text("prior.field").to_owned(), text("prior.words").to_owned())];
    for (place, weight) in pair.weights.iter().enumerate() {
        bars.push(bar(place + 1, text(&format!("field.{}", weight.field)).to_owned(), words(&weight.field, &weight.level, weight.one_in)));
    }
    let total = ends.last().copied().unwrap_or_default();
    Waterfall { bars, total: signed(total), zero: at(0), probability: percent(pair.line.probability) }
}

/// What is seen of each field, as one text: the same for all pairs of a pattern, so without how rare values are.
#[must_use]
pub(crate) fn sentence(weights: &[Weight]) -> String {
    let said = weights.iter().filter(|weight| weight.level != "missing" && weight.field != "proches");
    let parts: Vec<String> = said
        .map(|weight| format!("{}\u{a0}: {}", text(&format!("field.{}", weight.field)), words(&weight.field, &weight.level, None)))
        .collect();
    parts.join(" ; ")
}

/// What is seen of a field, and how rare the value is.
fn words(field: &str, level: &str, one_in: Option<u64>) -> String {
    let code = format!("level.{field}.{level}");
    let said = text(&code);
    match one_in {
        Some(one_in) if one_in >= RARE_ONE_IN => format!("{said}, {} {}", text("value.rare"), one_person_in(one_in)),
        Some(one_in) if one_in <= FREQUENT_ONE_IN => format!("{said}, {} {}", text("value.frequent"), one_person_in(one_in)),
        Some(one_in) => format!("{said} {}", one_person_in(one_in)),
        None => said.to_owned(),
    }
}

/// From here a value is called rare.
const RARE_ONE_IN: u64 = 5_000;
/// Down to here it is called frequent.
const FREQUENT_ONE_IN: u64 = 500;

fn one_person_in(count: u64) -> String {
    text("one_in").replace("{}", &grouped(count))
}

/// Two digits that matter, in groups of three.
fn grouped(count: u64) -> String {
    let mut scale = 1;
    while count / scale >= 100 {
        scale *= 10;
    }
    let digits = (count / scale * scale).to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Tenths with a sign and a French comma.
fn signed(tenths: i64) -> String {
    let sign = if tenths < 0 { '−' } else { '+' };
    let size = tenths.unsigned_abs();
    format!("{sign}{},{}", size / 10, size % 10)
}

/// Ten-thousandths as a percentage that is never more certain than it is.
pub(crate) fn percent(ten_thousandths: u32) -> String {
    match ten_thousandths {
        0 => text("percent.none").to_owned(),
        9_995.. => text("percent.all").to_owned(),
        value => format!("{},{}\u{a0}%", value / 100, value / 10 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{Face, PairLine, Weight, Zone};

    fn pair(prior: i32, weights: &[(&'static str, &'static str, i32, Option<u64>)]) -> Pair {
        Pair {
            line: PairLine { id: 1, zone: Zone::Review, pattern: "p".to_owned(), probability: 9_234, row: 1 },
            ours: Face::default(),
            theirs: Face::default(),
            prior,
            weights: weights
                .iter()
                .map(|(field, level, bits, one_in)| Weight {
                    field: (*field).to_owned(),
                    level: (*level).to_owned(),
                    bits: *bits,
                    one_in: *one_in,
                })
                .collect(),
        }
    }

    #[test]
    fn a_waterfall_adds_up_in_plain_french() {
        let drawn =
            waterfall(&pair(-140, &[("nom", "exact", 152, Some(41_234)), ("date", "year", -35, None), ("prenom", "exact", 61, Some(70))]));
        let said: Vec<(&str, &str)> = drawn.bars.iter().map(|bar| (bar.words.as_str(), bar.weight.as_str())).collect();
        assert_eq!(
            said[1..],
            [
                ("identique, rare (1 personne sur 41\u{202f}000)", "+15,2"),
                ("même année seulement", "−3,5"),
                ("identique, fréquent (1 personne sur 70)", "+6,1"),
            ]
        );
        assert_eq!((drawn.total.as_str(), drawn.probability.as_str()), ("+3,8", "92,3\u{a0}%"));
        // Each bar begins where the one before ended: 17.8 bits from end to end are 400 wide.
        let ends: Vec<(i64, i64)> = drawn.bars.iter().map(|bar| (bar.from, bar.from + bar.length)).collect();
        assert_eq!(ends, [(0, 314), (0, 341), (262, 341), (262, 400)]);
        assert_eq!(drawn.zero, 314);
        assert!(drawn.bars.iter().all(|bar| bar.from >= 0 && bar.from + bar.length <= WIDTH + 2));
    }

    #[test]
    fn a_pair_without_weights_is_drawn_too() {
        let drawn = waterfall(&pair(0, &[]));
        assert_eq!((drawn.bars.len(), drawn.total.as_str()), (1, "+0,0"));
    }

    #[test]
    fn a_probability_is_never_rounded_to_certainty() {
        assert_eq!(percent(9_994), "99,9\u{a0}%");
        assert_eq!(percent(9_999), "plus de 99,9\u{a0}%");
        assert_eq!(percent(0), "moins de 0,1\u{a0}%");
    }
}
