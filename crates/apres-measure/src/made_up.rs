//! Made-up contracts for the tests of this crate, written as one line of text each.
//!
//! A line starts with what every contract has and goes on with `key=value` for the rest; a key that is not known fails, so that a typing
//! error cannot make a test say nothing. Nobody here exists. Small SIRETs are used for the reader's sake: 300001 is SIREN 3, NIC 00001.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use crate::calendar::{Day, Month};
use crate::changes::{ContractChange, OldTerms};
use crate::contract::{Ascii, ContractKey, EndStatus, Spell, Terms};
use crate::exits::{Minimum, ProgrammeRule, StructureType};
use crate::spells::{Fin, MonthRow, Observation};

/// The SIRET of a line that gives none.
pub(crate) const SIRET: u64 = 900_001;

pub(crate) fn day(text: &str) -> Day {
    let part = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap();
    assert_eq!(text.len(), 10, "a day is written 2024-08-31: {text}");
    Day::from_ymd(part(0..4).cast_signed(), part(5..7), part(8..10)).unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    assert_eq!(text.len(), 7, "a month is written 2024-08: {text}");
    Month::new(text[..4].parse().unwrap(), text[5..].parse().unwrap())
}

/// Hundredths: `151.67` → 15167.
pub(crate) fn hundredths(text: &str) -> i64 {
    let (units, cents) = text.split_once('.').unwrap_or((text, "00"));
    assert_eq!(cents.len(), 2, "two decimals: {text}");
    format!("{units}{cents}").parse().unwrap()
}

/// `2024-01 02 2024-01-10 hours=151.67 gross=1800.00 end=2024-01-31/031 expected=2024-03-31`: month, nature, start.
pub(crate) fn observation(line: &str) -> Observation {
    let (words, mut fields) = read(line);
    let [declared, nature, start] = words[..] else { panic!("month, nature, start: {line}") };
    let fin = fields.remove("end").map(|text| {
        let (date, motif) = text.split_once('/').unwrap();
        Fin { date: day(date), motif: motif.parse().unwrap(), dernier_jour_travaille: None }
    });
    let amount = |text: Option<&str>| text.map_or(0, hundredths);
    let contract = contract(day(start), &mut fields);
    let observation = Observation {
        month: month(declared),
        fin,
        hours_centi: amount(fields.remove("hours")),
        gross_cents: amount(fields.remove("gross")),
        hours_unpaid_centi: amount(fields.remove("unpaid")),
        hours_extra_centi: amount(fields.remove("extra")),
        contract,
        declared_as: contract,
        terms: terms(nature, &mut fields),
    };
    assert!(fields.is_empty(), "unknown keys {fields:?} in {line}");
    observation
}

/// `2024-03 2024-01-10 at=2024-03-01 siret=300002 old_siret=300001 old_nature=02 depth=2024-01-10`: month, start, then the block 41.
pub(crate) fn change(line: &str) -> ContractChange {
    let (words, mut fields) = read(line);
    let [declared, start] = words[..] else { panic!("month, start: {line}") };
    let date = day(fields.remove("at").expect("the date of the change"));
    let depth = fields.remove("depth").map(day);
    let old_date_debut = fields.remove("old_start").map(day);
    let old_siret = fields.remove("old_siret").map(|text| text.parse().unwrap());
    let old_numero = fields.remove("old_numero").map(|text| text.parse().unwrap());
    let mut code = |key| fields.remove(key).map(|text| text.parse().unwrap());
    let old_terms = OldTerms { nature: code("old_nature"), complement_dispositif: code("old_complement"), ..OldTerms::default() };
    let contract = contract(day(start), &mut fields);
    assert!(fields.is_empty(), "unknown keys {fields:?} in {line}");
    ContractChange { contract, month: month(declared), date, depth, old_siret, old_numero, old_date_debut, old_terms }
}

/// Observations, sorted as the lake gives them.
pub(crate) fn observations(lines: &str) -> Vec<Observation> {
    let mut observations: Vec<Observation> = lines_of(lines).map(observation).collect();
    observations.sort_by_key(|observation| (observation.contract, observation.month));
    observations
}

/// `02 2024-01-10..2024-03-31 hours=300.00 expected=2024-06-30`: nature, days; `..` alone is open. `last=2024-12` is the last month
/// declared, by default that of the end, or December 2024; `inferred=yes` tells how the end is known.
pub(crate) fn spell(line: &str) -> Spell {
    let (words, mut fields) = read(line);
    let [nature, days] = words[..] else { panic!("nature, days: {line}") };
    let (start, end) = days.split_once("..").unwrap();
    let date_fin = (!end.is_empty()).then(|| day(end));
    let is_inferred = fields.remove("inferred").is_some();
    let last_month = fields.remove("last").map(month);
    let spell = Spell {
        date_fin,
        end_status: match date_fin {
            None => EndStatus::Open,
            Some(_) if is_inferred => EndStatus::Inferred,
            Some(_) => EndStatus::Declared,
        },
        motif_fin: fields.remove("motif_fin").map(|text| text.parse().unwrap()),
        first_month: day(start).month(),
        last_month: last_month.unwrap_or_else(|| date_fin.map_or_else(|| month("2024-12"), Day::month)),
        hours_centi: fields.remove("hours").map_or(0, hundredths),
        last_gross_cents: fields.remove("gross").map_or(0, hundredths),
        dernier_jour_travaille: None,
        transfer_siret: fields.remove("transfer").map(|text| text.parse().unwrap()),
        contract: contract(day(start), &mut fields),
        terms: terms(nature, &mut fields),
    };
    assert!(fields.is_empty(), "unknown keys {fields:?} in {line}");
    spell
}

/// Spells of one person, sorted.
pub(crate) fn spells(lines: &str) -> Vec<Spell> {
    let mut spells: Vec<Spell> = lines_of(lines).map(spell).collect();
    spells.sort_by_key(|spell| spell.contract);
    spells
}

/// A whole month of a contract, with its gross pay.
pub(crate) fn month_row(contract: ContractKey, declared: &str, gross_cents: i64) -> MonthRow {
    MonthRow {
        contract,
        month: month(declared),
        hours_centi: 0,
        gross_cents,
        days_active: 30,
        days_suspended: 0,
        hours_unpaid_centi: 0,
        hours_extra_centi: 0,
        siret_declarant: contract.siret,
        terms: Terms::default(),
    }
}

/// The lines of a text that say something, without their margins.
pub(crate) fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Compares two texts line by line, whatever their margins.
#[track_caller]
pub(crate) fn assert_same_lines(seen: &str, expected: &str) {
    let seen: Vec<&str> = lines_of(seen).collect();
    let expected: Vec<&str> = lines_of(expected).collect();
    assert_eq!(seen, expected, "seen:\n{}\n", seen.join("\n"));
}

fn read(line: &str) -> (Vec<&str>, BTreeMap<&str, &str>) {
    let (fields, words): (Vec<&str>, Vec<&str>) = line.split_whitespace().partition(|word| word.contains('='));
    let count = fields.len();
    let fields: BTreeMap<&str, &str> = fields.into_iter().map(|field| field.split_once('=').unwrap()).collect();
    assert_eq!(fields.len(), count, "a key twice in {line}");
    (words, fields)
}

fn contract(date_debut: Day, fields: &mut BTreeMap<&str, &str>) -> ContractKey {
    let mut number = |key, default| fields.remove(key).map_or(default, |text| text.parse().unwrap());
    ContractKey {
        person: number("person", 1),
        siret: number("siret", SIRET),
        numero: u32::try_from(number("numero", 1)).unwrap(),
        date_debut,
    }
}

fn terms(nature: &str, fields: &mut BTreeMap<&str, &str>) -> Terms {
    let date_fin_previsionnelle = fields.remove("expected").map(day);
    let quotite_permille = fields.remove("quotite").map(|text| text.parse().unwrap());
    let etablissement_utilisateur = fields.remove("utilisateur").map(|text| text.parse().unwrap());
    let ape = fields.remove("ape").map(|text| Ascii::parse(text).unwrap());
    let commune = fields.remove("commune").map(|text| Ascii::parse(text).unwrap());
    let departement = fields.remove("departement").map(|text| Ascii::parse(text).unwrap());
    let mut code = |key| fields.remove(key).map(|text| text.parse().unwrap());
    Terms {
        date_fin_previsionnelle,
        nature: (nature != "--").then(|| nature.parse().unwrap()),
        dispositif: code("dispositif"),
        complement_dispositif: code("complement"),
        motif_recours: code("motif"),
        modalite_temps: code("modalite"),
        quotite_permille,
        ape,
        commune,
        departement,
        etablissement_utilisateur,
    }
}

/// The three programmes of docs/methods/measure.md §3: iae, pec, apprentissage.
pub(crate) fn programmes() -> Vec<ProgrammeRule> {
    let structure_type = |id: &str, minimum| StructureType { id: id.to_owned(), minimum };
    let days = Minimum::Days(81);
    let hours = Minimum::HoursCenti(15_000);
    let simple = |id: &str, structure: &str, dispositifs: &[u8]| ProgrammeRule {
        id: id.to_owned(),
        complements: vec![],
        dispositifs: dispositifs.to_vec(),
        gap_days: 60,
        structure_types: vec![],
        otherwise: structure_type(structure, Minimum::None),
    };
    let iae = ProgrammeRule {
        id: "iae".to_owned(),
        complements: (2..=7).collect(),
        dispositifs: vec![71],
        gap_days: 60,
        structure_types: vec![
            (vec![2, 6], structure_type("ACI", days)),
            (vec![3], structure_type("AI", hours)),
            (vec![4, 7], structure_type("EI", days)),
            (vec![5], structure_type("ETTI", hours)),
        ],
        otherwise: structure_type("autre", days),
    };
    let pec = simple("pec", "PEC", &[41, 42]);
    let apprentissage = simple("apprentissage", "apprentissage", &[64, 65, 81]);
    vec![iae, pec, apprentissage]
}

/// Terms of any kind, with the codes that the rules name more often than others.
pub(crate) fn any_terms() -> impl Strategy<Value = Terms> {
    let first_day = day("2022-01-01");
    let code = |codes: &'static [u8]| select(codes).prop_map(|code| (code != 0).then_some(code));
    (
        code(&[0, 1, 2, 2, 2, 3, 3, 8, 10, 29, 50, 51, 92]),
        code(&[0, 99, 99, 99, 71, 41, 64, 21]),
        code(&[0, 0, 0, 0, 1, 2, 3, 4, 5]),
        code(&[0, 0, 1, 5]),
        code(&[0, 10, 20]),
        proptest::option::of(0..1000_i32),
        proptest::option::of(select(&[500_u16, 1000][..])),
    )
        .prop_map(move |(nature, dispositif, complement, motif, modalite, expected, quotite)| Terms {
            date_fin_previsionnelle: expected.map(|days| first_day.plus_days(days)),
            nature,
            dispositif,
            complement_dispositif: complement,
            motif_recours: motif,
            modalite_temps: modalite,
            quotite_permille: quotite,
            ..Terms::default()
        })
}

/// The contracts of one person in 2022–2024, at two establishments of one employer and one of another.
pub(crate) fn any_spells() -> impl Strategy<Value = Vec<Spell>> {
    let first_day = day("2022-01-01");
    let one = (
        (select(&[300_001_u64, 300_002, 400_001][..]), 1..4_u32, 0..900_i32),
        proptest::option::weighted(0.8, prop_oneof![-3..20_i32, -3..400_i32]),
        any_terms(),
        0..60_000_i64,
    );
    let spell = one.prop_map(move |((siret, numero, start), length, terms, hours_centi)| {
        let date_debut = first_day.plus_days(start);
        let date_fin = length.map(|length| date_debut.plus_days(length));
        Spell {
            contract: ContractKey { person: 1, siret, numero, date_debut },
            date_fin,
            end_status: if date_fin.is_some() { EndStatus::Declared } else { EndStatus::Open },
            motif_fin: None,
            terms,
            first_month: date_debut.month(),
            last_month: date_fin.map_or_else(|| month("2024-12"), Day::month),
            hours_centi,
            last_gross_cents: 0,
            dernier_jour_travaille: None,
            transfer_siret: None,
        }
    });
    proptest::collection::vec(spell, 0..12).prop_map(|mut spells| {
        spells.sort_by_key(|spell| spell.contract);
        spells.dedup_by_key(|spell| spell.contract);
        spells
    })
}
