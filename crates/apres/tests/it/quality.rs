//! The quality of the declarations, from files to what `apres quality` prints: known cases, and the true ends of a synthetic territory.

use std::collections::BTreeMap;

use apres::quality;
use apres_measure::quality::Alert;
use apres_synth::{Plan, generate};
use serde_json::Value;

use crate::contract_life::send;
use crate::lake::Lake;

/// Ingests one file of declarations.
async fn ingest(lake: &Lake, text: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("case.dsn");
    std::fs::write(&path, send(text)).expect("a file");
    lake.ingest(&[path]).await;
}

/// January is replaced once; in March B is silent, C has ended, half of D came.
const CASE: &str = "
    2024-01..2024-05 A | anne 1 2023-01-01 01
    2024-01          A type=03 ordre=2 | anne 1 2023-01-01 01
    2024-01..2024-02 B | ben 1 2023-01-01 01
    2024-01          C | cat 1 2023-01-01 01
    2024-02          C | cat 1 2023-01-01 01 fin=2024-02-15/031
    2024-03          D fraction=12 | dan 1 2023-01-01 01";

#[tokio::test(flavor = "multi_thread")]
async fn each_month_is_told_from_the_files() {
    let lake = Lake::new().await;
    ingest(&lake, CASE).await;
    let found = apres_measure::quality::quality(&lake.home.statistical).await.expect("facts");
    let told: Vec<String> = found
        .months
        .iter()
        .map(|month| {
            format!(
                "{} received {:?} replaced {} in {} silent {}/{} missing {} contracts {} ends {}+{} {}",
                month.month,
                month.received,
                month.replaced,
                month.establishments,
                month.newly_silent,
                month.silent,
                month.fractions_missing,
                month.contracts,
                month.ends_declared,
                month.ends_inferred,
                if month.is_settled { "settled" } else { "" }
            )
        })
        .collect();
    let expected = [
        "2024-01 received {1: 3, 3: 1} replaced 1 in 3 silent 0/0 missing 0 contracts 3 ends 0+0 settled",
        "2024-02 received {1: 3} replaced 0 in 3 silent 0/0 missing 0 contracts 3 ends 1+1 settled",
        "2024-03 received {1: 2} replaced 0 in 2 silent 1/1 missing 1 contracts 2 ends 0+0 ",
        "2024-04 received {1: 1} replaced 0 in 1 silent 1/2 missing 0 contracts 1 ends 0+0 ",
        "2024-05 received {1: 1} replaced 0 in 1 silent 0/2 missing 0 contracts 1 ends 0+0 ",
    ];
    assert_eq!(told, expected);
    assert_eq!(found.months[2].alerts, [Alert::Incomplete, Alert::Silent].into());
}

/// A month that nearly nobody declared moves nothing, however far it is; it is told for what it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_far_month_is_told_apart() {
    let lake = Lake::new().await;
    let facts = async || apres_measure::quality::quality(&lake.home.statistical).await.expect("facts");
    let declared: String = ('A'..='H').map(|place| format!("2024-01..2024-06 {place} | anne{place} 1 2023-01-01 01\n")).collect();
    ingest(&lake, &declared).await;
    let before = facts().await;
    assert_eq!((before.months.len(), before.beyond.len()), (6, 0));
    ingest(&lake, "2098-01 A | anne 1 2023-01-01 01\n2024-07 B | ben 1 2023-01-01 01").await;
    let after = facts().await;
    assert_eq!(after.months, before.months, "no month became settled, none is missing");
    let beyond: Vec<_> = after.beyond.iter().map(|(month, count)| (month.to_string(), *count)).collect();
    assert_eq!(beyond, [("2024-07".to_owned(), 1), ("2098-01".to_owned(), 1)]);
    let gathered = quality::gather(&lake.home, None).await.expect("facts");
    let json = serde_json::to_value(&gathered).expect("JSON");
    assert_eq!((json["months"].as_array().map(Vec::len), &json["months_beyond"]["2098-01"]), (Some(6), &Value::from(1)));
    let mut text = Vec::new();
    quality::print(&gathered, &mut text).expect("text");
    assert!(String::from_utf8(text).expect("UTF-8").contains("2098-01         1  after the latest complete month"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_counts_no_few_contracts() {
    let lake = Lake::new().await;
    assert!(quality::gather(&lake.home, None).await.expect("facts").is_empty(), "an empty lake");
    ingest(&lake, CASE).await;
    ingest(&lake, "2024-02..2024-03 E | eve 1 2023-01-01 01").await;
    let printed = |month: Option<&'static str>| {
        let lake = &lake;
        async move {
            let gathered = quality::gather(&lake.home, month.and_then(quality::month_of)).await.expect("facts");
            serde_json::to_value(gathered).expect("JSON")
        }
    };
    let all = printed(None).await;
    assert_eq!(all["months"].as_array().map(Vec::len), Some(5));
    assert_eq!(all["ingests"].as_array().map(Vec::len), Some(2));
    let month = &all["months"][0];
    assert_eq!((&month["contracts"], &month["inferred_ends"]), (&Value::from("few"), &Value::from("few")));
    assert_eq!(all["months"][4]["inferred_ends"], Value::Null, "not settled");
    let january = printed(Some("2024-01")).await;
    assert_eq!(january["months"].as_array().map(Vec::len), Some(1));
    assert_eq!(january["ingests"].as_array().map(Vec::len), Some(1), "the second ingest says nothing of January");
    assert_eq!(january["ingests"][0]["by_month"]["2024-01"]["accepted"], 4);
    assert_eq!(january["ingests"][0]["by_type"]["03"]["accepted"], 1);
    assert_eq!(january["ingests"][0]["contracts"]["count"], 11, "the contracts of eleven declarations, one each");
    let second = all["ingests"].as_array().into_iter().flatten().find(|ingest| ingest["id"] != january["ingests"][0]["id"]);
    assert_eq!(second.expect("the second ingest")["contracts"], "few", "two contracts");
    assert!(quality::gather(&lake.home, quality::month_of("2031-01")).await.expect("facts").is_empty());
    let mut text = Vec::new();
    quality::print(&quality::gather(&lake.home, None).await.expect("facts"), &mut text).expect("text");
    assert!(String::from_utf8(text).expect("UTF-8").contains("2024-03         3         0        3       1        1"));
}

/// Declared and inferred ends by month, of the true careers and of the lake.
#[tokio::test(flavor = "multi_thread")]
async fn the_ends_of_a_territory_are_the_true_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    generate(&Plan::ending_2025(400, 18, 7), folder.path(), &mut |_, _| {}).expect("a synthetic territory");
    let lake = Lake::new().await;
    lake.ingest(&[folder.path().join("dsn")]).await;
    let found = apres_measure::quality::quality(&lake.home.statistical).await.expect("facts");

    let careers = std::fs::read_to_string(folder.path().join("truth/careers.csv")).expect("the true careers");
    let mut lines = careers.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).expect("a column");
    let (fin, status) = (place("date_fin"), place("end_status"));
    let mut expected: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let Some(month) = cells[fin].get(..7) else { continue };
        let (declared, inferred) = expected.entry(month.to_owned()).or_default();
        *(if cells[status] == "declared" { declared } else { inferred }) += 1;
    }
    assert_eq!(found.months.len(), 18);
    for month in &found.months {
        let (declared, inferred) = expected.get(&month.month.to_string()).copied().unwrap_or_default();
        assert_eq!((month.ends_declared, month.ends_inferred), (declared, inferred), "{}", month.month);
    }
    assert!(found.ends().0 > 0, "some ends are inferred");
    let waiting: u64 = found.months.iter().filter(|month| !month.is_settled).map(|month| month.ends_inferred).sum();
    assert_eq!(waiting, 0, "nothing is inferred in a month that is not settled");
}
