//! Why a pair is as probable as it is, field by field.
//!
//! The logarithm of the odds is a sum: what is known before anything is compared, what each field adds, and what relatives and namesakes of the row take away. Weights are in
//! tenths of a bit (ten more, twice the odds) and add up to the whole but for rounding. That candidates of one row compete comes after, in the probability.

use crate::compare::{DATE, LIEU, NIR, NOM, POSTCODE, PRENOM, Pattern, SEX, date, lieu, nir, nom, prenom};
use crate::model::chance::Chance;
use crate::model::em::{Kind, Parameters};
use crate::model::frequencies::{RowShares, as_f64};

/// What a field adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldWeight {
    /// The field, as a word.
    pub field: &'static str,
    /// How the two agree, as a word.
    pub level: &'static str,
    /// Tenths of a bit.
    pub bits: i32,
    /// When the value itself is what counts: one person in so many has it.
    pub one_in: Option<u64>,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Before anything is compared, in tenths of a bit.
    pub prior: i32,
    /// Field by field; those that say nothing are left out. Relatives and namesakes come last, when they weigh.
    pub fields: Vec<FieldWeight>,
}

/// What was learned, kept to explain.
pub(crate) struct Reasons {
    pub(crate) parameters: Parameters,
    pub(crate) chance: Chance,
    pub(crate) shares: Vec<RowShares>,
    /// Of each row, whatever its pattern.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) records: u64,
}

/// Words of the fields.
const FIELDS_SAID: [(usize, &str); 7] =
    [(NOM, "nom"), (PRENOM, "prenom"), (DATE, "date"), (SEX, "sexe"), (LIEU, "lieu"), (POSTCODE, "code_postal"), (NIR, "nir")];

impl Reasons {
    pub(crate) fn of(&self, row: usize, pattern: Pattern) -> Explained {
        let (shares, own) = (&self.shares[row], self.kinds[row]);
        let records = as_f64(self.records.max(1));
        let of_chance = |pattern: Pattern| self.chance.of_pattern(pattern, shares);
        let mut left = pattern;
        let mut fields = Vec::new();
        for (field, word) in FIELDS_SAID {
            let level = pattern.level(field);
            if level == 0 {
                continue;
            }
            // What the field changes, those before it being left out already: the parts make the whole.
            let (with, without) = (left, left.without(field));
            let chance = of_chance(with) / of_chance(without);
            let bits = tenths(self.same(with, own) / self.same(without, own) / chance);
            fields.push(FieldWeight { field: word, level: level_word(field, level), bits, one_in: one_in(field, pattern, shares) });
            left = without;
        }
        let [same, relatives, namesakes] = self.parameters.weights(&[Kind { pattern, ..own }], &self.chance)[0];
        let strangers = records * of_chance(pattern);
        let related = tenths(strangers / (strangers + relatives + namesakes));
        if related != 0 {
            fields.push(FieldWeight { field: "proches", level: "possible", bits: related, one_in: None });
        }
        debug_assert!(same >= 0.0, "a probability is not negative");
        Explained { prior: tenths(self.parameters.prior_odds(own) / records), fields }
    }

    /// The probability of a pattern, were both one person.
    fn same(&self, pattern: Pattern, own: Kind) -> f64 {
        self.parameters.weights(&[Kind { pattern, ..own }], &self.chance)[0][0].max(f64::MIN_POSITIVE)
    }
}

/// Tenths of a bit.
fn tenths(ratio: f64) -> i32 {
    let bits = (10.0 * ratio.max(f64::MIN_POSITIVE).log2()).round();
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a float is within a few thousand")]
    let tenths = bits as i32;
    tenths
}

/// How rare the value on which both agree is; for levels that say equality only.
fn one_in(field: usize, pattern: Pattern, shares: &RowShares) -> Option<u64> {
    let level = u8::try_from(pattern.level(field)).unwrap_or_default();
    let share = match field {
        NOM if level == nom::CROSSED => shares.any_noms[pattern.nom()],
        NOM if level <= nom::USAGE_DIFFERS => shares.noms[0],
        PRENOM if level <= prenom::SECOND_DIFFERS => shares.prenoms[0],
        LIEU if level == lieu::COMMUNE => shares.commune,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the inverse of a share, at most the number of people")]
    (share > 1e-12).then(|| (1.0 / share).round() as u64)
}

fn level_word(field: usize, level: usize) -> &'static str {
    let level = u8::try_from(level).unwrap_or_default();
    match field {
        NOM => nom_word(level),
        PRENOM => prenom_word(level),
        DATE => date_word(level),
        SEX if level == 1 => "same",
        LIEU => lieu_word(level),
        POSTCODE => ["missing", "same", "departement"].get(usize::from(level)).copied().unwrap_or("different"),
        NIR => nir_word(level),
        _ => "different",
    }
}

fn nom_word(level: u8) -> &'static str {
    match level {
        nom::BOTH => "both",
        nom::EXACT => "exact",
        nom::USAGE_DIFFERS => "usage_differs",
        nom::CROSSED => "crossed",
        nom::SLIP => "slip",
        nom::PART => "part",
        nom::CLOSE => "close",
        nom::FAR => "far",
        nom::SWAPPED => "swapped",
        _ => "different",
    }
}

fn prenom_word(level: u8) -> &'static str {
    match level {
        prenom::BOTH => "both",
        prenom::EXACT => "exact",
        prenom::SECOND_DIFFERS => "second_differs",
        prenom::SLIP => "slip",
        prenom::AMONG => "among",
        prenom::CLOSE => "close",
        prenom::START => "start",
        prenom::FAR => "far",
        prenom::SWAPPED => "swapped",
        _ => "different",
    }
}

fn date_word(level: u8) -> &'static str {
    match level {
        date::EXACT => "exact",
        date::SWAPPED => "swapped",
        date::SLIP => "slip",
        date::YEAR_OFF => "year_off",
        date::MONTH => "month",
        date::DAY => "day",
        date::FIRST => "first",
        date::YEAR => "year",
        date::NEAR => "near",
        date::PARTIAL => "partial",
        _ => "different",
    }
}

fn lieu_word(level: u8) -> &'static str {
    match level {
        lieu::COMMUNE => "commune",
        lieu::CLOSE => "close",
        lieu::DEPARTEMENT => "departement",
        lieu::COMMUNE_DIFFERS => "commune_differs",
        lieu::DEPARTEMENT_DIFFERS => "departement_differs",
        lieu::RESIDENCE => "residence",
        lieu::ONLY_DEPARTEMENT_DIFFERS => "only_departement_differs",
        _ => "different",
    }
}

fn nir_word(level: u8) -> &'static str {
    match level {
        nir::SAME => "same",
        nir::REPAIRED => "repaired",
        nir::SLIP => "slip",
        nir::TWO_SLIPS => "two_slips",
        nir::NOT_OWN => "not_own",
        _ => "different",
    }
}

#[cfg(test)]
mod tests {
    use crate::{Linker, Options, Record};

    fn person<'a>(nom: &'a str, prenoms: &'a str, date: &'a str) -> Record<'a> {
        Record { nom: nom.as_bytes(), prenoms: prenoms.as_bytes(), date_naissance: date.as_bytes(), ..Record::default() }
    }

    /// The sum of the weights is the logarithm of the odds that the probabilities show.
    #[test]
    fn the_weights_of_a_pair_add_up_to_its_odds() {
        let letters = ["MA", "RI", "TO", "LE", "DU", "BO", "SA", "NE", "CHA", "VI"];
        let names: Vec<(String, String, String)> = (0..500_usize)
            .map(|place| {
                let word = |by: usize| format!("{}{}{}", letters[place / by % 10], letters[place / 7 % 10], letters[(place * 3 + by) % 10]);
                (word(1), word(10), format!("19{:02}-{:02}-{:02}", 50 + place % 50, 1 + place % 12, 1 + place % 28))
            })
            .collect();
        let rows = [
            person("MARITON", "LEDUBO", "1961-05-14"),
            person(&names[3].0, &names[3].1, &names[3].2),
            person(&names[77].0, "ZOE", &names[77].2),
        ];
        let linker = Linker::new(rows, 0);
        let mut pass = linker.pass();
        for (place, (nom, prenom, date)) in names.iter().enumerate() {
            pass.see(&place.to_le_bytes(), Some(place as u64), &person(nom, prenom, date));
        }
        let linked = linker.finish(vec![pass], &Options { floor: 0.0, is_exclusive: false, ..Options::default() });
        let mut checked = 0;
        for candidate in &linked.candidates {
            // The candidates of a row and nobody share one: against nobody, a candidate has its own odds.
            let of_row: f64 = linked.candidates.iter().filter(|other| other.row == candidate.row).map(|other| other.probability).sum();
            if candidate.probability > 1e-12 && 1.0 - of_row > 1e-4 {
                let told = linked.explain(candidate);
                let sum = f64::from(told.prior + told.fields.iter().map(|field| field.bits).sum::<i32>()) / 10.0;
                let odds = (candidate.probability / (1.0 - of_row)).log2();
                assert!((sum - odds).abs() < 0.6, "{sum} is told and {odds} is meant: {told:?}");
                checked += 1;
            }
        }
        assert!(checked > 3, "{checked} of {} candidates are checked", linked.candidates.len());
        let best = &linked.candidates.iter().find(|candidate| candidate.row == 1).expect("the row is someone");
        assert_eq!(linked.explain(best).fields.iter().map(|field| field.field).take(3).collect::<Vec<_>>(), ["nom", "prenom", "date"]);
    }
}
