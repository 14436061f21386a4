//! The closed cube in place: counted on a real lake, kept in the ledger, asked by the ways that a question takes.

use std::path::PathBuf;

use apres::ask::{Asker, ask, explain};
use apres::vintage;
use apres_ledger::{KeptCube, Organisation, OrganisationKind};
use apres_measure::count;
use apres_protect::{
    CountedValue, Dimension, Figure, Filter, Group, Method, Period, Population, Quarter, Refusal, RefusalCode, Release, Request, Rest,
    Scope,
};

use crate::end_to_end::Synthetic;
use crate::lake::Lake;

const QUARTER_SECONDS: i64 = 100 * 86_400;

fn year(year: i32) -> Request {
    Request {
        indicators: ["A-02", "B-01", "B-10", "B-10D", "B-12", "D-01"].map(str::to_owned).to_vec(),
        population: Population::Programme("iae".to_owned()),
        period: Period { from: Quarter(year * 4), to: Quarter(year * 4 + 3) },
        scope: Scope::National,
        filters: Vec::new(),
        breakdowns: Vec::new(),
        horizons: Vec::new(),
        rest: None,
    }
}

async fn asked(lake: &Lake, request: &Request) -> Result<Release, Refusal> {
    ask(&lake.home, &Asker::command(), request).await.expect("an answer")
}

async fn answer(lake: &Lake, request: &Request) -> Release {
    asked(lake, request).await.unwrap_or_else(|refusal| panic!("{request:?}: {refusal:?}"))
}

fn figure<'a>(release: &'a Release, indicator: &str, horizon: u8, group: &[(Dimension, &str)]) -> &'a Figure {
    let group: Group = group.iter().map(|(dimension, value)| (*dimension, (*value).to_owned())).collect();
    &release.cell(indicator, horizon, &group).unwrap_or_else(|| panic!("{indicator} at {horizon} of {group:?}")).figure
}

/// Files of declarations by month, the last ones apart.
fn months(synthetic: &Synthetic, last: usize) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(synthetic.path("dsn")).expect("declarations").map(|entry| entry.expect("a folder").path()).collect();
    folders.sort();
    let late = folders.split_off(folders.len() - last);
    (folders, late)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programme_is_answered_from_a_cube_that_is_kept() {
    let synthetic = Synthetic::new(2600, 36, 23);
    let (early, late) = months(&synthetic, 3);
    let mut lake = Lake::new().await;
    lake.home.config.settings.policy.method = Method::ClosedCube;
    lake.ingest(&early).await;
    let largest = "SELECT siret FROM panel WHERE source = 'dsn' AND programme = 'iae' AND horizon = 0 GROUP BY siret ORDER BY count(*) DESC, siret LIMIT 2";
    let sirets: Vec<String> = lake.rows(largest).await.into_iter().map(|row| row[0].clone()).collect();
    let organisation = Organisation {
        id: "deux".to_owned(),
        name: "Deux structures".to_owned(),
        kind: OrganisationKind::Structure,
        sirets: sirets.clone(),
        departements: Vec::new(),
    };
    lake.home.ledger.save_organisation(&organisation).await.expect("an organisation");

    // Exact where something is said; nothing that the cube does not hold.
    let whole = answer(&lake, &year(2023)).await;
    assert!(!whole.is_perturbed());
    let by_sex = answer(&lake, &Request { breakdowns: vec![Dimension::Sex], ..year(2023) }).await;
    let (Figure::Count { value: all }, Figure::Count { value: women }, Figure::Count { value: men }) = (
        figure(&whole, "A-02", 0, &[]),
        figure(&by_sex, "A-02", 0, &[(Dimension::Sex, "F")]),
        figure(&by_sex, "A-02", 0, &[(Dimension::Sex, "M")]),
    ) else {
        panic!("large groups are said: {by_sex:?}")
    };
    assert_eq!(*all, women + men);
    assert!(matches!(figure(&whole, "D-01", 6, &[]), Figure::Distribution { .. }));
    assert!(matches!(figure(&whole, "B-10", 12, &[]), Figure::Hidden { .. }), "quartiles are not in a cube");
    the_same_is_counted(&lake).await;

    // A structure, and two that are one organisation's.
    let one = answer(&lake, &Request { scope: Scope::Structures(vec![sirets[0].clone()]), ..year(2023) }).await;
    assert!(matches!(figure(&one, "A-02", 0, &[]), Figure::Count { .. }));
    let mut both = sirets.clone();
    both.sort();
    answer(&lake, &Request { scope: Scope::Structures(both), ..year(2023) }).await;

    // Questions about nearly the same people are answered: the cube was closed against them all.
    let women = Filter { dimension: Dimension::Sex, values: vec!["F".to_owned()] };
    answer(&lake, &Request { filters: vec![women], ..year(2023) }).await;
    // Whom to compare with is left out, and the rest is answered.
    let compared = Request { scope: Scope::Structures(vec![sirets[0].clone()]), rest: Some(Rest::Scope(Scope::National)), ..year(2023) };
    assert_eq!(answer(&lake, &compared).await.rest(), None);
    let refusal = asked(&lake, &Request { scope: Scope::Structures(vec!["11111111111111".to_owned()]), ..year(2023) }).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotInCube);

    // Recomputed from the lake, and the same whoever opens the installation later.
    assert!(explain(&lake.home, whole.id()).await.expect("an explanation").is_same);
    let before = vintage::current(&lake.home).await.expect("a vintage").lake_version;
    the_next_vintage_follows(&lake, &late, before).await;
    an_altered_cube_is_not_read(&lake, before).await;
}

/// Over all quarters, the cube's people are those that a question counts.
async fn the_same_is_counted(lake: &Lake) {
    let version = vintage::current(&lake.home).await.expect("a vintage").lake_version;
    let extent = apres_measure::extent_at(&lake.home.statistical, version).await.expect("an extent");
    let (first, last) = extent.quarters.expect("exits");
    let period = Period { from: Quarter(first), to: Quarter(last) };
    let request = Request { period, breakdowns: vec![Dimension::Quarter], ..year(2023) };
    let counted = count(&lake.home.statistical, &request, &lake.home.catalogue, &lake.home.record_keys).await.expect("counts");
    let cube = apres::cubes::of(&lake.home, "iae", version).await.expect("a cube").expect("enough people");
    let release = cube.answer(&request, &lake.home.catalogue).expect("an answer");
    let mut said = 0;
    for cell in counted.cells.iter().filter(|cell| cell.indicator == "A-02" || (cell.indicator == "B-01" && cell.horizon == 6)) {
        match (&cell.value, &release.cell(&cell.indicator, cell.horizon, &cell.group).expect("a cell").figure) {
            (CountedValue::Count(exact), Figure::Count { value }) => assert_eq!(exact, value),
            (CountedValue::Share { numerator, denominator }, Figure::Rate { numerator: told, denominator: out_of, .. }) => {
                assert_eq!(denominator, out_of);
                assert!(told.is_none_or(|told| told == *numerator));
            }
            _ => continue,
        }
        said += 1;
    }
    assert!(said > 6, "{said} figures compared");
}

async fn the_next_vintage_follows(lake: &Lake, late: &[PathBuf], before: u64) {
    lake.ingest(late).await;
    let frozen = vintage::current(&lake.home).await.expect("a vintage").frozen_at;
    vintage::renew(&lake.home, frozen + QUARTER_SECONDS).await.expect("a renewal").expect("another quarter");
    let next = answer(lake, &year(2023)).await;
    assert!(next.lake_version() > before);
    let policy = lake.home.config.settings.policy.identity();
    let kept = lake.home.ledger.cube("iae", next.lake_version(), &policy).await.expect("the ledger").expect("a cube");
    assert_eq!(kept.earlier_version, Some(before), "the next cube keeps what it can of the pattern before");
    assert!(explain(&lake.home, next.id()).await.expect("an explanation").is_same);
}

async fn an_altered_cube_is_not_read(lake: &Lake, version: u64) {
    let policy = lake.home.config.settings.policy.identity();
    let kept = lake.home.ledger.cube("iae", version, &policy).await.expect("the ledger").expect("a cube");
    let altered = kept.content.replacen("\"value\":", "\"value\":1", 1);
    assert_ne!(altered, kept.content);
    let altered = KeptCube { population: "pec".to_owned(), content: altered, ..kept };
    assert!(lake.home.ledger.keep_cube(&altered, 1).await.expect("the ledger"), "nobody asked about this programme yet");
    let fault = apres::cubes::of(&lake.home, "pec", version).await.expect_err("an altered cube");
    assert!(format!("{fault:#}").contains("does not match its digest"), "{fault:#}");
}
