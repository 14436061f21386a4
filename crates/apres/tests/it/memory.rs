//! What was said is remembered: questions, lists and vintages that are too close to an earlier one, on a real lake, as a curious account would try them.

use std::path::PathBuf;

use apres::ask::{Asker, ask};
use apres::config::{BudgetSettings, Config, Settings};
use apres::desk::{confirm, default_confirmation, deposit, slot_of};
use apres::home::Home;
use apres::{lists, vintage, worker};
use apres_ledger::password::Cost;
use apres_ledger::{AuditFilter, Organisation, OrganisationKind, Registration};
use apres_protect::{Period, Population, Quarter, RefusalCode, Request, Scope};

use crate::end_to_end::Synthetic;
use crate::lake::Lake;

const YEARS: Period = Period { from: Quarter(2024 * 4), to: Quarter(2025 * 4 + 3) };

fn asker(organisation: &str) -> Asker {
    Asker { account: format!("compte-{organisation}"), organisation: organisation.to_owned() }
}

fn question(sirets: &[&String]) -> Request {
    Request {
        indicators: vec!["A-02".to_owned(), "B-01".to_owned()],
        population: Population::Programme("iae".to_owned()),
        period: YEARS,
        scope: Scope::Structures(sirets.iter().map(|siret| (*siret).clone()).collect()),
        filters: Vec::new(),
        breakdowns: Vec::new(),
        horizons: vec![6],
        rest: None,
    }
}

/// Structures with how many people left them over [`YEARS`] and no other structure at all, the largest first.
async fn structures(lake: &Lake) -> Vec<(String, u64)> {
    let sql = format!(
        "WITH leavers AS (SELECT person, siret, count(*) OVER (PARTITION BY person) AS exits FROM panel WHERE source = 'dsn' AND programme = 'iae' \
         AND horizon = 0 AND quarter_index BETWEEN {} AND {}) \
         SELECT establishment, leavers FROM (SELECT CAST(siret AS VARCHAR) AS establishment, count(*) AS leavers FROM leavers GROUP BY siret HAVING max(exits) = 1) \
         ORDER BY leavers DESC, establishment",
        YEARS.from.0, YEARS.to.0
    );
    let rows = lake.rows(&sql).await;
    rows.into_iter().map(|row| (format!("{:0>14}", row[0]), row[1].parse().expect("a number"))).collect()
}

async fn code(home: &Home, organisation: &str, request: &Request) -> Option<RefusalCode> {
    ask(home, &asker(organisation), request).await.expect("an answer").err().map(|refusal| refusal.code)
}

async fn territory(people: u32) -> (Synthetic, Lake) {
    let synthetic = Synthetic::new(people, 36, 11);
    let lake = Lake::new().await;
    lake.ingest(&[synthetic.path("dsn")]).await;
    (synthetic, lake)
}

async fn outcomes(home: &Home) -> Vec<String> {
    let mut entries = home.ledger.audit(&AuditFilter::default(), 100).await.expect("the audit");
    entries.reverse();
    entries.into_iter().filter(|entry| entry.event.action == "ask").map(|entry| entry.event.outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_questions_that_a_few_people_tell_apart_are_not_both_answered() {
    let (_synthetic, lake) = territory(1300).await;
    let home = &lake.home;
    let held = structures(&lake).await;
    let large = &held.iter().find(|(_, leavers)| *leavers >= 20).expect("a structure that is described").0;
    let small = &held.iter().find(|(_, leavers)| (1..20).contains(leavers)).expect("a small structure").0;
    let other = &held.iter().filter(|(siret, leavers)| siret != large && *leavers >= 20).map(|(siret, _)| siret).next();
    let (alone, together) = (question(&[large]), question(&[large, small]));

    assert_eq!(code(home, "chantier", &alone).await, None);
    assert_eq!(code(home, "chantier", &together).await, Some(RefusalCode::CohortTooSmall));
    assert_eq!(code(home, "chantier", &alone).await, None, "what was said is said again");
    let other_figures = Request { horizons: vec![12], indicators: vec!["B-04".to_owned()], ..alone.clone() };
    assert_eq!(code(home, "chantier", &other_figures).await, None, "other figures of the same people");
    assert_eq!(code(home, "chantier", &together).await, Some(RefusalCode::CohortTooSmall), "however often it is asked");
    // Another organisation was told nothing yet; for it, the first question is the other one.
    assert_eq!(code(home, "departement", &together).await, None);
    assert_eq!(
        code(home, "departement", &alone).await,
        Some(RefusalCode::CohortTooSmall),
        "recorded for another one, and refused all the same"
    );
    if let Some(other) = other {
        assert_eq!(code(home, "chantier", &question(&[large, other])).await, None, "twenty people more are a group");
    }
    let outcomes = outcomes(home).await;
    assert_eq!(outcomes[..3], ["released", "near", "released"], "the operator sees the cause");
}

/// The refusal of a group that is too close is, to the byte, that of a group that is too small.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_looks_the_same_whatever_the_rule() {
    let (_synthetic, lake) = territory(1300).await;
    let home = &lake.home;
    let held = structures(&lake).await;
    let large = &held.iter().find(|(_, leavers)| *leavers >= 20).expect("a structure that is described").0;
    let small = &held.iter().find(|(_, leavers)| (1..20).contains(leavers)).expect("a small structure").0;
    let refused = |answer: Result<_, apres_protect::Refusal>| {
        serde_json::to_value(answer.map(|_: apres_protect::Release| ()).expect_err("a refusal")).expect("JSON")
    };
    ask(home, &asker("a"), &question(&[large])).await.expect("an answer").expect("a release");
    let near = refused(ask(home, &asker("a"), &question(&[large, small])).await.expect("an answer"));
    let too_small = refused(ask(home, &asker("a"), &question(&[small])).await.expect("an answer"));
    // Both name what was asked; but for that they are the same.
    let without = |refusal: &serde_json::Value| {
        let text = refusal.to_string();
        text.replace(&format!("[\"{large}\",\"{small}\"]"), "[]")
            .replace(&format!("[\"{small}\",\"{large}\"]"), "[]")
            .replace(&format!("[\"{small}\"]"), "[]")
    };
    assert_eq!(without(&near), without(&too_small));
    assert_eq!(near["code"], "cohort_too_small");

    // And it takes as long: the same steps in the same order, whatever is found. Medians, in turns; the limit is wide because machines are noisy.
    let mut times = [Vec::new(), Vec::new()];
    for turn in 0..15 {
        for (kind, sirets) in [vec![large, small], vec![small]].iter().enumerate() {
            let begun = std::time::Instant::now();
            let answer = ask(home, &asker("a"), &Request { horizons: vec![[1, 3, 6, 9, 12][turn % 5]], ..question(sirets) }).await;
            assert!(answer.expect("an answer").is_err());
            times[kind].push(begun.elapsed());
        }
    }
    let [near, small] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    });
    println!("refused for being near: {:.1} ms; for being small: {:.1} ms", near * 1e3, small * 1e3);
    assert!((0.5..2.0).contains(&(near / small)), "near {near} s, small {small} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_questions_asked_at_once_at_most_one_is_answered() {
    let (_synthetic, lake) = territory(1300).await;
    let held = structures(&lake).await;
    let large = &held.iter().find(|(_, leavers)| *leavers >= 20).expect("a structure that is described").0;
    let small = &held.iter().find(|(_, leavers)| (1..20).contains(leavers)).expect("a small structure").0;
    vintage::current(&lake.home).await.expect("a vintage");
    let (one, other) = (question(&[large]), question(&[large, small]));
    let asker = asker("chantier");
    let (one, other) = tokio::join!(ask(&lake.home, &asker, &one), ask(&lake.home, &asker, &other));
    let answered = [one, other].into_iter().filter(|answer| answer.as_ref().expect("an answer").is_ok()).count();
    assert!(answered <= 1, "{answered} of the two were answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_a_budget_and_probing_raises_an_alert() {
    let (_synthetic, lake) = territory(1300).await;
    let budget = BudgetSettings { account_tables_max: 2, organisation_tables_max: 3, alert_refused: 3, alert_near: 2 };
    let config = Config { data: lake.home.config.data.clone(), settings: Settings { budget, ..Settings::default() } };
    let home = Home::open(config, Cost::ForTests).await.expect("an installation");
    let held = structures(&lake).await;
    let large = &held.iter().find(|(_, leavers)| *leavers >= 20).expect("a structure that is described").0;
    let small = &held.iter().find(|(_, leavers)| (1..20).contains(leavers)).expect("a small structure").0;
    let at = |horizon: u8, sirets: &[&String]| Request { horizons: vec![horizon], ..question(sirets) };
    let colleague = Asker { account: "collegue".to_owned(), ..asker("chantier") };

    for horizon in [1, 3, 1, 3, 1] {
        assert_eq!(code(&home, "chantier", &at(horizon, &[large])).await, None, "answers given before are free");
    }
    assert_eq!(code(&home, "chantier", &at(6, &[large])).await, Some(RefusalCode::BudgetSpent));
    assert_eq!(code(&home, "chantier", &at(3, &[large])).await, None, "and stay within reach");
    assert!(ask(&home, &colleague, &at(9, &[large])).await.expect("an answer").is_ok(), "a colleague has a budget too");
    let spent = ask(&home, &colleague, &at(12, &[large])).await.expect("an answer").expect_err("a refusal");
    assert_eq!(spent.code, RefusalCode::BudgetSpent, "but the organisation has one");
    assert_eq!(code(&home, "departement", &at(12, &[large])).await, None, "another organisation is not concerned");
    for horizon in [1, 3] {
        assert_eq!(code(&home, "departement", &at(horizon, &[large, small])).await, Some(RefusalCode::CohortTooSmall));
    }
    let alerts = home.ledger.alerts(10).await.expect("the alerts");
    let mut kinds: Vec<(&str, &str)> = alerts.iter().map(|alert| (alert.account.as_str(), alert.kind.as_str())).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [("collegue", "budget"), ("compte-chantier", "budget"), ("compte-departement", "near")]);
    let audit = home.ledger.audit(&AuditFilter::default(), 100).await.expect("the audit");
    assert_eq!(audit.iter().filter(|entry| entry.event.action == "alert").count(), 3);
}

/// The first of the month after the quarter in which the vintage in force was frozen.
async fn next_quarter(home: &Home) -> i64 {
    home.ledger.vintage().await.expect("the ledger").expect("a vintage").frozen_at + 95 * 86_400
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_read_one_version_until_the_next_quarter() {
    let synthetic = Synthetic::new(1300, 36, 11);
    let lake = Lake::new().await;
    let home = &lake.home;
    let mut months: Vec<PathBuf> =
        std::fs::read_dir(synthetic.path("dsn")).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    months.sort();
    let (early, late) = months.split_at(months.len() - 2);
    lake.ingest(early).await;
    let national = Request { scope: Scope::National, ..question(&[]) };
    let first = ask(home, &asker("a"), &national).await.expect("an answer").expect("a release");
    lake.ingest(late).await;
    let other = Request { horizons: vec![12], ..national.clone() };
    let again = ask(home, &asker("a"), &other).await.expect("an answer").expect("a release");
    assert_eq!(again.lake_version(), first.lake_version(), "what came meanwhile waits");
    let latest = home.statistical.version(apres_store::StatisticalTable::Panel).await.expect("a version");
    assert!(latest > first.lake_version());

    let frozen = home.ledger.vintage().await.expect("the ledger").expect("a vintage").frozen_at;
    assert_eq!(vintage::renew(home, frozen + 1).await.expect("the ledger"), None, "one vintage in a quarter");
    let renewed = vintage::renew(home, next_quarter(home).await).await.expect("the ledger").expect("a vintage");
    assert_eq!(renewed.lake_version, latest);
    let now = ask(home, &asker("a"), &national).await.expect("an answer").expect("the same question again is answered on the new version");
    assert_eq!((now.lake_version(), now.last_month() > first.last_month()), (latest, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_keeps_the_version_that_answers_read() {
    let (_synthetic, lake) = territory(600).await;
    let home = &lake.home;
    let national = Request { scope: Scope::National, ..question(&[]) };
    let first = ask(home, &asker("a"), &national).await.expect("an answer").expect("a release");
    apres::ingest::build(home, &apres::progress::Progress::hidden()).await.expect("a build");
    let day = apres::home::today();
    apres::purge::run(home, day, false).await.expect("a purge");
    let other = Request { horizons: vec![12], ..national };
    let again = ask(home, &asker("a"), &other).await.expect("an answer").expect("a release");
    assert_eq!(again.lake_version(), first.lake_version());
}

/// A list of these numbers, deposited, registered for a programme and searched.
async fn registered(home: &Home, organisation: &str, programme: &str, numbers: &[String]) -> (String, Registration) {
    let rows: String = numbers.iter().map(|nir| format!("{nir};30/06/2024\r\n")).collect();
    let text = format!("NIR;Date de sortie\r\n{rows}");
    let id = deposit(home, organisation, "compte", "liste.csv", text.into_bytes()).await.expect("a deposit").expect("a list");
    let year = Period { from: Quarter(2024 * 4), to: Quarter(2024 * 4 + 3) };
    let registration = confirm(home, &id, &default_confirmation(), &slot_of(programme, year)).await.expect("a confirmation");
    while worker::once(home).await.expect("the work") {}
    (id, registration)
}

fn report(list: &str) -> Request {
    let period = Period { from: Quarter(2024 * 4), to: Quarter(2024 * 4 + 3) };
    Request { population: Population::List(list.to_owned()), period, scope: Scope::National, ..question(&[]) }
}

async fn organisations(home: &Home, ids: &[&str]) {
    for id in ids {
        let organisation = Organisation {
            id: (*id).to_owned(),
            name: format!("Organisation {id}"),
            kind: OrganisationKind::Structure,
            sirets: Vec::new(),
            departements: Vec::new(),
        };
        home.ledger.save_organisation(&organisation).await.expect("an organisation");
    }
}

/// Numbers of the declarations with their keys, then invented ones.
fn numbers(lake: &Lake, synthetic: &Synthetic, declared: &std::collections::BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    let keyed = |nir: &str| format!("{nir}{:02}", 97 - nir.parse::<u64>().expect("digits") % 97);
    let truth = synthetic.truth("people.csv");
    let all = truth.iter().map(|person| person["nir"].as_str()).filter(|nir| nir.parse::<u64>().is_ok());
    let is_declared = |nir: &&str| declared.contains(&lake.home.pseudonymiser.of_nir(nir.as_bytes()).expect("nobody objects").to_string());
    let real = all.filter(is_declared).take(120).map(keyed).collect();
    (real, (0..60).map(|order| keyed(&format!("2990148856{:03}", 500 + order))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_nearly_another_one_is_never_told_about() {
    let (synthetic, lake) = territory(1300).await;
    let home = &lake.home;
    organisations(home, &["a", "b", "c", "d", "e", "f"]).await;
    let declared = lake.rows("SELECT DISTINCT person FROM spells").await.into_iter().flatten().collect();
    let (real, invented) = numbers(&lake, &synthetic, &declared);
    assert_eq!(real.len(), 120);
    let (first, _) = registered(home, "a", "iae", &real[..40]).await;
    assert_eq!(code(home, "a", &report(&first)).await, None);

    // One person more; one less; one more behind invented rows; nobody more behind invented rows.
    let padded = |people: usize| [&real[..people], &invented[..30]].concat();
    let mut refusals = Vec::new();
    for (organisation, list, verdict) in [
        ("b", real[..41].to_vec(), "near_rows"),
        ("c", real[1..40].to_vec(), "near_rows"),
        ("d", padded(41), "near_found"),
        ("e", padded(40), "near_found"),
    ] {
        let (id, registration) = registered(home, organisation, "iae", &list).await;
        assert_eq!(registration, Registration::Registered);
        assert_eq!(
            home.ledger.registered_list(&id).await.expect("the ledger").expect("a list").verdict.as_str(),
            verdict,
            "{organisation}"
        );
        let refusal = ask(home, &asker(organisation), &report(&id)).await.expect("an answer").expect_err("a refusal");
        refusals.push(serde_json::to_string(&refusal).expect("JSON").replace(&id, "ID"));
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "in the same words: {refusals:?}");

    // Other people; and the very same people, whom nothing tells apart.
    let (others, _) = registered(home, "f", "iae", &real[60..110]).await;
    assert_eq!(code(home, "f", &report(&others)).await, None);
    let (same, _) = registered(home, "b", "pec", &real[..40]).await;
    assert_eq!(code(home, "b", &report(&same)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_list_is_remembered_and_leaves_its_place_to_itself_only() {
    let (synthetic, lake) = territory(1300).await;
    let home = &lake.home;
    organisations(home, &["a", "b"]).await;
    let declared = lake.rows("SELECT DISTINCT person FROM spells").await.into_iter().flatten().collect();
    let (real, _) = numbers(&lake, &synthetic, &declared);
    let (first, _) = registered(home, "a", "iae", &real[..40]).await;
    assert_eq!(code(home, "a", &report(&first)).await, None);
    assert_eq!(registered(home, "a", "iae", &real[60..110]).await.1, Registration::SlotTaken);
    lists::erase_for_good(home, &first, "proof").await.expect("an erasure");

    let verdict = async |id: &str| home.ledger.registered_list(id).await.expect("the ledger").expect("a list").verdict.as_str();
    let (near, _) = registered(home, "b", "iae", &real[..39]).await;
    assert_eq!(verdict(&near).await, "near_rows", "erased, and compared with all the same");
    let (others, _) = registered(home, "a", "iae", &real[60..110]).await;
    assert_eq!(verdict(&others).await, "replaces");
    assert_eq!(code(home, "a", &report(&others)).await, Some(RefusalCode::CohortTooSmall));
    let (again, _) = registered(home, "a", "iae", &real[..40]).await;
    assert_eq!((verdict(&again).await, code(home, "a", &report(&again)).await), ("accepted", None), "the same people again");

    // What is kept of the erased list names nobody: neither a number nor a pseudonym is in it.
    let kept = home.ledger.registered_list(&first).await.expect("the ledger").expect("a list").print;
    for nir in &real[..40] {
        let person = home.pseudonymiser.of_nir(&nir.as_bytes()[..13]).expect("nobody objects");
        for text in [nir[..13].to_owned(), person.to_string(), format!("{person:016x}")] {
            assert!(!kept.contains(&text));
        }
    }
}
