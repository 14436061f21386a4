//! The check of a call file: every line, every field, then the cohorts.
//!
//! A line that cannot be cut into fields is not looked into further, and counts in no cohort. Reading never fails on content, and a finding never holds a
//! value.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::call::{PARTNER, PARTNER_VALUES, SERVICE, day, day_of_name};
use super::cohort::{COHORT_MIN, Cohort};
use super::{Code, Level};
use crate::Nir;

/// Something found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Line of the file, from 1; 0 for what is about the whole file.
    pub line: u64,
    /// What.
    pub code: Code,
}

/// A cohort that is too small to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CohortUnder {
    /// Sex, quarter, type of structure, employment zone.
    pub cohort: String,
    /// Line of its first person.
    pub first_line: u64,
}

/// What a check gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// Lines of people.
    pub people: u64,
    /// By line, then by code.
    pub findings: Vec<Finding>,
    /// Cohorts under the threshold; how many people they have is not said.
    pub cohorts_under: Vec<CohortUnder>,
}

impl Lint {
    /// Whether the file must not be sent.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|finding| finding.code.level() == Level::Bloquant)
    }

    fn add(&mut self, line: u64, code: Code) {
        self.findings.push(Finding { line, code });
    }
}

/// Checks a call file; `name` is the name under which it is kept.
#[must_use]
pub fn lint(bytes: &[u8], name: &str) -> Lint {
    let mut checked = Lint::default();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map_or(bytes, |rest| {
        checked.add(0, Code::M03);
        rest
    });
    if bytes.is_empty() {
        checked.add(0, Code::M01);
        return checked;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        checked.add(0, Code::M02);
        return checked;
    };
    let mut checker = Checker { checked, sent: None, nirs: HashSet::new(), cohorts: BTreeMap::new() };
    checker.lines(text, name);
    checker.finish()
}

struct Checker<'a> {
    checked: Lint,
    sent: Option<NaiveDate>,
    nirs: HashSet<&'a str>,
    /// People of each cohort, and the line of the first.
    cohorts: BTreeMap<Cohort, (u64, u64)>,
}

impl<'a> Checker<'a> {
    fn lines(&mut self, text: &'a str, name: &str) {
        let mut announced = None;
        let (mut number, mut rest) = (0, text);
        while !rest.is_empty() {
            number += 1;
            let (line, next) = rest.split_once('\n').unwrap_or_else(|| {
                self.checked.add(number, Code::M05);
                (rest, "")
            });
            rest = next;
            let line = line.strip_suffix('\r').map_or(line, |line| {
                self.checked.add(number, Code::M04);
                line
            });
            if line.is_empty() {
                self.checked.add(number, Code::M06);
            } else if number == 1 {
                announced = self.header(line, name);
            } else {
                self.checked.people += 1;
                self.line(number, line);
            }
        }
        if announced.is_some_and(|count| count != self.checked.people.to_string()) {
            self.checked.add(1, Code::E09);
        }
    }

    /// Gives the number of lines announced, as written.
    fn header(&mut self, line: &'a str, name: &str) -> Option<&'a str> {
        let mut add = |code: Code| self.checked.add(1, code);
        if !line.starts_with("000|") {
            add(Code::E01);
            return None;
        }
        let fields: Vec<&str> = line.split('|').collect();
        let [_, written_name, partner, service, sent, month, count] = fields[..] else {
            add(Code::E02);
            return None;
        };
        let day_in_name = day_in_name(written_name);
        let sent = day(sent);
        let is_first_of_month = day(month).is_some() && month.starts_with("01");
        let found = [
            (Code::E03, day_in_name.is_none()),
            (Code::E04, written_name != name),
            (Code::E05, partner != PARTNER),
            (Code::E06, service != SERVICE),
            (Code::E07, sent.is_none()),
            (Code::E08, !is_first_of_month),
            (Code::E10, day_in_name.zip(sent).is_some_and(|(told, sent)| told != day_of_name(sent))),
        ];
        found.iter().filter(|(_, is_found)| *is_found).for_each(|(code, _)| add(*code));
        self.sent = sent;
        Some(count)
    }

    fn line(&mut self, number: u64, line: &'a str) {
        let fields: Vec<&str> = line.split('|').collect();
        if fields[0] != "100" {
            self.checked.add(number, Code::L01);
            return;
        }
        let [_, code_structure, nir, nom, prenom, naissance, siren, siret, partner] = fields[..] else {
            self.checked.add(number, Code::L02);
            return;
        };
        let values: Vec<&str> = partner.split(';').collect();
        let has_blank = fields.iter().chain(&values).any(|value| value.trim() != *value);
        let found = [
            (Code::L07, [nom, prenom, naissance].iter().any(|value| !value.is_empty())),
            (Code::L08, !siren.is_empty() && !is_number(siren, 9)),
            (Code::L09, !is_number(siret, 14)),
            (Code::L10, is_number(siret, 14) && !has_luhn_key(siret)),
            (Code::L11, is_number(siren, 9) && is_number(siret, 14) && !siret.starts_with(siren)),
            (Code::L12, values.len() != PARTNER_VALUES),
            (Code::L18, values.iter().skip(3).any(|value| !value.is_empty())),
            (Code::L19, has_blank),
            (Code::L20, !code_structure.chars().all(char::is_alphanumeric)),
        ];
        for (code, _) in found.iter().filter(|(_, is_found)| *is_found) {
            self.checked.add(number, *code);
        }
        let nir = self.nir(number, nir);
        let sortie = self.exit(number, values.first().copied().unwrap_or_default());
        let (structure, zone) = self.place(number, &values);
        if let (Some(nir), Some(sortie)) = (nir, sortie) {
            let cohort = Cohort::new(nir, sortie, structure, zone);
            self.cohorts.entry(cohort).or_insert((0, number)).0 += 1;
        }
    }

    fn nir(&mut self, number: u64, text: &'a str) -> Option<Nir> {
        let mut add = |code: Code| self.checked.add(number, code);
        if text.is_empty() {
            add(Code::L03);
            return None;
        }
        if text.chars().count() != 13 {
            add(Code::L04);
            return None;
        }
        let Ok(nir) = Nir::parse_dsn(text.as_bytes()) else {
            add(Code::L05);
            return None;
        };
        if !self.nirs.insert(text) {
            add(Code::L06);
        }
        Some(nir)
    }

    fn exit(&mut self, number: u64, text: &str) -> Option<NaiveDate> {
        if text.is_empty() {
            self.checked.add(number, Code::L13);
            return None;
        }
        let Some(sortie) = day(text) else {
            self.checked.add(number, Code::L14);
            return None;
        };
        if self.sent.is_some_and(|sent| sortie > sent) {
            self.checked.add(number, Code::L15);
        }
        Some(sortie)
    }

    fn place<'v>(&mut self, number: u64, values: &[&'v str]) -> (&'v str, &'v str) {
        let value = |place: usize| values.get(place).copied().unwrap_or_default();
        let (structure, zone) = (value(1), value(2));
        if structure.is_empty() {
            self.checked.add(number, Code::L16);
        }
        if !is_number(zone, 4) && !zone.starts_with("ZE_NEUTRE_") {
            self.checked.add(number, Code::L17);
        }
        (structure, zone)
    }

    fn finish(mut self) -> Lint {
        for (cohort, (people, first_line)) in self.cohorts {
            if people < COHORT_MIN {
                self.checked.findings.push(Finding { line: first_line, code: Code::C01 });
                self.checked.cohorts_under.push(CohortUnder { cohort: cohort.to_string(), first_line });
            }
        }
        self.checked.findings.sort_unstable();
        self.checked
    }
}

/// The day that a name tells, when it has one of the two forms in use.
fn day_in_name(name: &str) -> Option<String> {
    let short = name.strip_prefix("GIPP3242_PIQDISB3_P").and_then(|rest| rest.strip_suffix(".txt"));
    let long = || name.strip_prefix("GIPP3242.PIQDISB3.P").and_then(|rest| rest.strip_suffix(".MESUREIMPACT.INCLUSION.txt"));
    let told = short.or_else(long)?;
    is_number(told, 7).then(|| told.to_owned())
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|c| c.is_ascii_digit())
}

fn has_luhn_key(siret: &str) -> bool {
    let sum: u32 = siret
        .bytes()
        .rev()
        .zip(0_u32..)
        .map(|(digit, place)| {
            let value = u32::from(digit - b'0') * (1 + place % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}
