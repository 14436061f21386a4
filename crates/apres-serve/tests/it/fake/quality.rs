//! Made-up facts about the declarations of the fake lake: one low month, one that never came, one with fractions missing.

use std::collections::{BTreeMap, BTreeSet};

use apres_protect::{Month, Policy, Portion, Volume};
use apres_serve::desk::*;

use super::NOW;
use super::people::LAST_MONTH;

/// The month whose volume is low.
pub(crate) const LOW_MONTH: Month = Month(2025 * 12 + 7);
/// The month that never came.
pub(crate) const ABSENT_MONTH: Month = Month(2023 * 12 + 1);
/// The month with fractions missing.
pub(crate) const INCOMPLETE_MONTH: Month = Month(2026 * 12 + 2);
const FIRST_MONTH: Month = Month(2022 * 12);

const RULES: QualityRules = QualityRules { volume_percent: 20, absent_percent: 5, silent_months: 3 };

/// The state of the fake declarations.
pub(crate) fn quality() -> Quality {
    let mut months: Vec<QualityMonth> = Vec::new();
    for month in (FIRST_MONTH.0..=LAST_MONTH.0).map(Month) {
        let of_month = of(month, months.last());
        months.push(of_month);
    }
    Quality { lake_version: 1_042, months, inferred: Portion::Percent(18), rules: RULES }
}

/// A lake that holds nothing.
#[cfg(test)]
pub(crate) fn nothing() -> Quality {
    Quality { lake_version: 0, months: Vec::new(), inferred: Portion::Few, rules: RULES }
}

/// A lake where a few contracts were declared in one month.
#[cfg(test)]
pub(crate) fn one_small_month() -> Quality {
    let small = QualityMonth {
        contracts: Volume::of(7, &Policy::default()),
        contracts_change: None,
        establishments: 2,
        establishments_change: None,
        inferred: Some(Portion::of(3, 7, &Policy::default())),
        ..of(LAST_MONTH, None)
    };
    Quality { lake_version: 1, months: vec![small], inferred: Portion::Few, rules: RULES }
}

fn of(month: Month, before: Option<&QualityMonth>) -> QualityMonth {
    let wave = u64::from(month.month()) * 5_210 % 9_000;
    let usual = 1_212_480 + wave;
    let (contracts, establishments, alerts) = match month {
        LOW_MONTH => (usual * 62 / 100, 88_112, vec![Alert::Low, Alert::Silent]),
        ABSENT_MONTH => (0, 0, vec![Alert::Absent]),
        INCOMPLETE_MONTH => (usual, 121_904, vec![Alert::Incomplete]),
        _ => (usual, 122_060, vec![]),
    };
    let contracts = Volume::of(contracts, &Policy::default());
    let is_absent = month == ABSENT_MONTH;
    QualityMonth {
        month,
        received: if is_absent {
            BTreeMap::new()
        } else {
            [("01", establishments), ("02", 3_402), ("03", 1_920 + wave / 10), ("05", 12)].map(|(code, n)| (code.to_owned(), n)).into()
        },
        replaced: if is_absent { 0 } else { 1_932 + wave / 10 },
        establishments,
        establishments_change: before.and_then(|before| apres_protect::change_percent(before.establishments, establishments)),
        without_contract: 3_402,
        incomplete: if month == INCOMPLETE_MONTH { 6_400 } else { 14 },
        fractions_missing: if month == INCOMPLETE_MONTH { 7_212 } else { 15 },
        silent: if month == LOW_MONTH { 33_907 } else { 410 + wave / 20 },
        newly_silent: 120,
        contracts,
        contracts_change: before.and_then(|before| contracts.change_since(before.contracts)),
        inferred: (month.plus(3) <= LAST_MONTH).then(|| Portion::of(15_000 + wave, 90_000, &Policy::default())),
        alerts: alerts.into_iter().collect::<BTreeSet<_>>(),
    }
}

/// The ingests: three that went well, the oldest one failed.
pub(crate) fn ingests() -> Vec<IngestLine> {
    let line = |back: i32| IngestLine {
        id: format!("lecture-{back}"),
        months: (back < 3).then(|| (LAST_MONTH.plus(-back - back % 2), LAST_MONTH.plus(-back))),
        ingested_at: UnixTime(NOW.0 - i64::from(back) * 2_592_000),
        files: 12,
        declarations: 184_210,
        refused: u64::try_from(back).expect("positive"),
        remarks: 1_204,
        state: if back < 3 { WorkState::Done } else { WorkState::Failed },
    };
    (0..4).map(line).collect()
}

/// What an ingest read.
pub(crate) fn ingest(id: &str) -> Option<IngestDetail> {
    let line = ingests().into_iter().find(|line| line.id == id)?;
    let is_clean = line.refused == 0;
    let tally = |accepted: u64, refused: u64| Tally { accepted, refused };
    let remark = |code: &str, is_blocking: bool, rubrique: Option<&str>, count: u64| RemarkLine {
        code: code.into(),
        message: (code == "CCH-11")
            .then(|| "Un envoi ne peut pas contenir une déclaration et son annulation : l'une des deux est de trop".into()),
        is_blocking,
        rubrique: rubrique.map(Into::into),
        count,
    };
    let remarks = vec![
        remark("CCH-11", true, Some("S20.G00.05.002"), 1),
        remark("cst_missing", true, Some("S21.G00.40.009"), 1),
        remark("csl_syntax", false, Some("S21.G00.40.013"), 1_180),
        remark("code_inconnu", false, None, 23),
    ];
    let place = |line: u64, code: &str| RemarkPlace {
        file: "2026-08/lot-0007.zip!DSN_20260905_0000000010001.dsn".into(),
        line,
        code: code.into(),
        rubrique: None,
    };
    let failed = line.state == WorkState::Failed;
    Some(IngestDetail {
        finished_at: Some(NOW),
        problem: failed.then(|| "committing the ingest: writing the observations table: no space left on device".into()),
        not_dsn: if is_clean { Vec::new() } else { vec!["2026-08/lisez-moi.pdf".into()] },
        sends: tally(12, 0),
        sends_test: if is_clean { 0 } else { 2 },
        already_known: if is_clean { 0 } else { 48 },
        natures: [("01", tally(180_100, line.refused)), ("07", tally(4_110, 0))].map(|(code, n)| (code.to_owned(), n)).into(),
        kinds: [("01", tally(176_698, line.refused)), ("02", tally(3_402, 0))].map(|(code, n)| (code.to_owned(), n)).into(),
        months: [(Some(LAST_MONTH), tally(180_090, 0)), (None, tally(0, line.refused))].into(),
        contracts: Volume::Shown(1_214_002),
        remarks: if is_clean { Vec::new() } else { remarks },
        places: if is_clean { Vec::new() } else { vec![place(1_204, "cst_missing"), place(88_112, "csl_syntax")] },
        line,
    })
}
