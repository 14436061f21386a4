//! The cases: what a caller would notice, on any database.

use super::{account, furnished, open, organisation};
use crate::{
    Asked, AuditEvent, AuditFilter, FAILURES_BEFORE_LONG_WAIT, FAILURES_BEFORE_WAIT, IngestState, JobState, KeptCube, LONG_WAIT_SECONDS,
    Ledger, LedgerFault, ListConfirmation, ListReading, ListSlot, ListState, ListVerdict, NewDecision, NewJob, NewList, NewRelease,
    OrganisationKind, Population, Progress, QuestionAlert, Questions, Registration, ReleaseRecord, SignIn, Verdict, Vintage, WAIT_SECONDS,
};

const PASSWORD: &str = "une phrase assez longue";

pub(super) async fn opening_again_changes_nothing(address: &str) {
    let ledger = furnished(address).await;
    ledger.close().await;
    let ledger = open(address).await;
    assert_eq!(ledger.organisations().await.unwrap().len(), 2);
    ledger.ping().await.unwrap();
}

pub(super) async fn two_programs_may_open_a_new_ledger_at_once(address: &str) {
    let opened = tokio::join!(open(address), open(address), open(address), open(address));
    assert!(opened.3.organisations().await.unwrap().is_empty());
}

pub(super) async fn a_newer_ledger_is_refused(address: &str) {
    let ledger = open(address).await;
    sqlx::query("INSERT INTO schema_versions (version) VALUES (9999)").execute(&ledger.pool).await.unwrap();
    let fault = Ledger::open(address, crate::password::Cost::ForTests).await.unwrap_err();
    assert!(matches!(fault, LedgerFault::Newer { found: 9999, .. }));
}

pub(super) async fn organisations_are_saved_and_replaced(address: &str) {
    let ledger = open(address).await;
    let mut saved = organisation("org", OrganisationKind::Structure);
    ledger.save_organisation(&saved).await.unwrap();
    saved.departements.clear();
    saved.kind = OrganisationKind::Operateur;
    ledger.save_organisation(&saved).await.unwrap();
    assert_eq!(ledger.organisation("org").await.unwrap(), Some(saved));
    assert_eq!(ledger.organisation("nobody").await.unwrap(), None);
}

pub(super) async fn an_account_is_unique_by_address(address: &str) {
    let ledger = furnished(address).await;
    assert!(!ledger.create_account(&account("other", " ALICE@Exemple.FR "), 0).await.unwrap());
    assert!(!ledger.create_account(&account("alice", "other@exemple.fr"), 0).await.unwrap());
    assert_eq!(ledger.accounts().await.unwrap().len(), 1);
    assert_eq!(ledger.account("alice").await.unwrap().unwrap().email, "alice@exemple.fr");
    assert_eq!(ledger.account("other").await.unwrap(), None);
    let mut stray = account("stray", "stray@exemple.fr");
    stray.organisation = "nowhere".into();
    assert!(ledger.create_account(&stray, 0).await.is_err(), "an account belongs to an organisation that exists");
}

pub(super) async fn only_the_right_password_signs_in(address: &str) {
    let ledger = furnished(address).await;
    let SignIn::Accepted(alice) = ledger.authenticate("Alice@exemple.fr ", PASSWORD, 0).await.unwrap() else { panic!("refused") };
    assert_eq!((alice.id.as_str(), alice.organisation.as_str()), ("alice", "org-a"));
    assert_eq!(ledger.authenticate("alice@exemple.fr", "une autre", 0).await.unwrap(), SignIn::Refused);
    assert_eq!(ledger.authenticate("personne@exemple.fr", PASSWORD, 0).await.unwrap(), SignIn::Refused);
    assert_eq!(ledger.authenticate("personne@exemple.fr", "nobody has this password", 0).await.unwrap(), SignIn::Refused);
    let hash = account("alice", "").password_hash.replace("argon2id", "argon2i");
    assert!(ledger.change_password("alice", &hash).await.unwrap());
    assert_eq!(ledger.authenticate("alice@exemple.fr", PASSWORD, 0).await.unwrap(), SignIn::Refused);
    assert!(!ledger.change_password("nobody", &hash).await.unwrap());
}

async fn fail(ledger: &Ledger, email: &str, times: i64, now: i64) {
    for _ in 0..times {
        assert_eq!(ledger.authenticate(email, "une autre", now).await.unwrap(), SignIn::Refused);
    }
}

pub(super) async fn failures_make_the_next_attempt_wait(address: &str) {
    let ledger = furnished(address).await;
    let email = "alice@exemple.fr";
    fail(&ledger, email, FAILURES_BEFORE_WAIT - 1, 100).await;
    assert!(matches!(ledger.authenticate(email, PASSWORD, 100).await.unwrap(), SignIn::Accepted(_)), "a success forgets the failures");
    fail(&ledger, email, FAILURES_BEFORE_WAIT, 100).await;
    let until = 100 + WAIT_SECONDS;
    assert_eq!(ledger.authenticate(email, PASSWORD, until - 1).await.unwrap(), SignIn::Wait { until }, "even the right password waits");
    fail(&ledger, email, 1, until).await;
    let mut now = until;
    for _ in FAILURES_BEFORE_WAIT + 1..FAILURES_BEFORE_LONG_WAIT {
        now += WAIT_SECONDS;
        fail(&ledger, email, 1, now).await;
    }
    let until = now + LONG_WAIT_SECONDS;
    assert_eq!(ledger.authenticate(email, PASSWORD, now + WAIT_SECONDS).await.unwrap(), SignIn::Wait { until });
    assert!(matches!(ledger.authenticate(email, PASSWORD, until).await.unwrap(), SignIn::Accepted(_)));
}

pub(super) async fn an_unknown_address_waits_like_a_known_one(address: &str) {
    let ledger = furnished(address).await;
    fail(&ledger, "personne@exemple.fr", FAILURES_BEFORE_WAIT, 100).await;
    let until = 100 + WAIT_SECONDS;
    assert_eq!(ledger.authenticate("Personne@exemple.fr", PASSWORD, 101).await.unwrap(), SignIn::Wait { until });
    assert_eq!(ledger.purge_attempts(until).await.unwrap(), 0);
    assert_eq!(ledger.purge_attempts(until + 1).await.unwrap(), 1);
}

pub(super) async fn a_disabled_account_is_refused(address: &str) {
    let ledger = furnished(address).await;
    assert!(ledger.disable_account("alice", true).await.unwrap());
    assert_eq!(ledger.authenticate("alice@exemple.fr", PASSWORD, 0).await.unwrap(), SignIn::Refused);
    assert!(ledger.account("alice").await.unwrap().unwrap().is_disabled);
    assert!(ledger.disable_account("alice", false).await.unwrap());
    assert!(matches!(ledger.authenticate("alice@exemple.fr", PASSWORD, 0).await.unwrap(), SignIn::Accepted(_)));
}

pub(super) async fn sessions_live_until_they_expire(address: &str) {
    let ledger = open(address).await;
    assert!(ledger.create_session("token", "{}", 100).await.unwrap());
    assert!(!ledger.create_session("token", "{\"other\":1}", 100).await.unwrap());
    assert!(ledger.save_session("token", "{\"a\":1}", 200).await.unwrap());
    assert_eq!(ledger.session("token", 199).await.unwrap(), Some(("{\"a\":1}".into(), 200)));
    assert_eq!(ledger.session("token", 200).await.unwrap(), None);
    assert_eq!(ledger.purge_sessions(199).await.unwrap(), 0);
    assert_eq!(ledger.purge_sessions(200).await.unwrap(), 1);
    assert!(ledger.create_session("token", "{}", 300).await.unwrap());
    ledger.delete_session("token").await.unwrap();
    assert!(!ledger.save_session("token", "{}", 300).await.unwrap(), "a deleted session stays deleted");
    assert_eq!(ledger.session("token", 0).await.unwrap(), None);
}

pub(super) async fn a_stored_token_is_not_readable(address: &str) {
    let ledger = open(address).await;
    ledger.create_session("token", "{}", 100).await.unwrap();
    let found =
        sqlx::query("SELECT token_digest FROM sessions WHERE token_digest = $1").bind("token").fetch_all(&ledger.pool).await.unwrap();
    assert!(found.is_empty());
}

fn job(id: &str) -> NewJob {
    NewJob { id: id.into(), kind: "match_list".into(), subject: "list-1".into() }
}

pub(super) async fn two_workers_never_take_the_same_job(address: &str) {
    let ledger = open(address).await;
    let other = open(address).await;
    let expected: Vec<String> = (0..40).map(|number| format!("job-{number:02}")).collect();
    for id in &expected {
        ledger.enqueue_job(&job(id), 0).await.unwrap();
    }
    let workers = [ledger.clone(), ledger, other.clone(), other].map(|ledger| {
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some(claim) = ledger.claim_job(1).await.unwrap() {
                assert_eq!(claim.attempt, 1);
                taken.push(claim.id);
            }
            taken
        })
    });
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    taken.sort();
    assert_eq!(taken, expected);
}

pub(super) async fn a_job_goes_from_queued_to_done(address: &str) {
    let ledger = open(address).await;
    assert!(ledger.enqueue_job(&job("second"), 20).await.unwrap());
    assert!(ledger.enqueue_job(&job("first"), 10).await.unwrap());
    assert!(!ledger.enqueue_job(&job("first"), 30).await.unwrap());
    let claim = ledger.claim_job(40).await.unwrap().unwrap();
    assert_eq!((claim.id.as_str(), claim.subject.as_str()), ("first", "list-1"), "the one that waited longest");
    let progress = Progress { step: "blocking".into(), done: 3, total: 10 };
    assert!(ledger.progress_job(&claim, &progress, 50).await.unwrap());
    let running = ledger.job("first").await.unwrap().unwrap();
    assert_eq!((running.state, running.progress, running.started_at, running.touched_at), (JobState::Running, progress, Some(40), 50));
    assert!(ledger.fail_job(&claim, "lake_unreachable", 60).await.unwrap());
    assert!(!ledger.finish_job(&claim, "", 61).await.unwrap(), "a closed job stays closed");
    assert!(ledger.retry_job("first", 70).await.unwrap());
    assert!(!ledger.retry_job("second", 70).await.unwrap(), "only a failed job is tried again");
    let claim = ledger.claim_job(80).await.unwrap().unwrap();
    assert_eq!((claim.id.as_str(), claim.attempt), ("first", 2));
    assert!(ledger.finish_job(&claim, "matched", 90).await.unwrap());
    let done = ledger.latest_job("match_list", "list-1").await.unwrap().unwrap();
    assert_eq!(done.id, "second", "the latest by its creation");
    assert_eq!(ledger.jobs(1).await.unwrap()[0].finished_at, Some(90));
    assert_eq!(ledger.job("nobody").await.unwrap(), None);
}

pub(super) async fn a_worker_that_is_heard_keeps_its_job(address: &str) {
    let ledger = open(address).await;
    ledger.enqueue_job(&job("job"), 0).await.unwrap();
    let claim = ledger.claim_job(100).await.unwrap().unwrap();
    let progress = Progress { step: "matching".into(), done: 3, total: 10 };
    assert!(ledger.progress_job(&claim, &progress, 110).await.unwrap());
    assert!(ledger.touch_job(&claim, 200).await.unwrap());
    assert_eq!(ledger.requeue_stale_jobs(200, 2, 210).await.unwrap(), 0);
    let running = ledger.job("job").await.unwrap().unwrap();
    assert_eq!((running.state, running.progress, running.touched_at), (JobState::Running, progress, 200), "a sign of life is no progress");
    assert!(ledger.finish_job(&claim, "", 220).await.unwrap());
    assert!(!ledger.touch_job(&claim, 230).await.unwrap());
}

pub(super) async fn a_dead_worker_loses_its_job(address: &str) {
    let ledger = open(address).await;
    ledger.enqueue_job(&job("job"), 0).await.unwrap();
    let dead = ledger.claim_job(100).await.unwrap().unwrap();
    assert_eq!(ledger.requeue_stale_jobs(100, 2, 150).await.unwrap(), 0, "it was heard at 100");
    assert_eq!(ledger.requeue_stale_jobs(101, 2, 150).await.unwrap(), 1);
    let heir = ledger.claim_job(160).await.unwrap().unwrap();
    assert_eq!(heir.attempt, 2);
    assert!(!ledger.progress_job(&dead, &Progress::default(), 170).await.unwrap());
    assert!(!ledger.touch_job(&dead, 170).await.unwrap());
    assert!(!ledger.finish_job(&dead, "too late", 170).await.unwrap());
    assert_eq!(ledger.job("job").await.unwrap().unwrap().state, JobState::Running);
    assert_eq!(ledger.requeue_stale_jobs(200, 2, 210).await.unwrap(), 1);
    let abandoned = ledger.job("job").await.unwrap().unwrap();
    assert_eq!((abandoned.state, abandoned.message.as_str(), abandoned.finished_at), (JobState::Failed, "abandoned", Some(210)));
    assert_eq!(ledger.claim_job(220).await.unwrap(), None);
}

fn list(id: &str, retention_until: i64) -> NewList {
    NewList { id: id.into(), organisation: "org-a".into(), deposited_by: "alice".into(), name: "sortants.csv".into(), retention_until }
}

pub(super) async fn a_list_is_confirmed_once(address: &str) {
    let ledger = furnished(address).await;
    assert!(ledger.create_list(&list("l1", 900), 10).await.unwrap());
    assert!(!ledger.create_list(&list("l1", 999), 11).await.unwrap());
    let reading = ListReading {
        programme: Some("iae".into()),
        rows: Some(34),
        first_quarter: Some("2025-T1".into()),
        last_quarter: None,
        mapping: "{\"0\":\"nir\"}".into(),
    };
    assert!(ledger.save_list_reading("l1", &reading).await.unwrap());
    let confirmation = ListConfirmation { purpose: "evaluation".into(), legal_basis: "6.1.e".into() };
    let search = NewJob { id: "match-l1".into(), kind: "match_list".into(), subject: "l1".into() };
    let confirmed = async |search: &NewJob, now| ledger.confirm_list("l1", &confirmation, &slot("iae", 2025), search, now).await.unwrap();
    assert_eq!(confirmed(&search, 20).await, Registration::Registered);
    let queued =
        ledger.job("match-l1").await.unwrap().expect("confirmed and queued are one step: no list waits for a job that does not exist");
    assert_eq!((queued.state, queued.created_at), (JobState::Queued, 20));
    assert_eq!(confirmed(&job("again"), 21).await, Registration::NotWaiting);
    assert_eq!(ledger.job("again").await.unwrap(), None, "a confirmation that does nothing queues nothing");
    assert!(!ledger.save_list_reading("l1", &ListReading::default()).await.unwrap(), "a confirmed list is no longer corrected");
    assert!(!ledger.move_list("l1", ListState::ToCheck, ListState::Ready).await.unwrap());
    assert!(ledger.move_list("l1", ListState::UnderWay, ListState::Ready).await.unwrap());
    let found = ledger.list("l1").await.unwrap().unwrap();
    let about = ListReading { first_quarter: Some("2025T1".into()), last_quarter: Some("2025T4".into()), ..reading };
    assert_eq!((found.state, found.reading, found.confirmation), (ListState::Ready, about, Some(confirmation.clone())));
}

fn slot(programme: &str, year: i32) -> ListSlot {
    ListSlot { programme: programme.into(), first_quarter: format!("{year}T1"), last_quarter: format!("{year}T4") }
}

/// Deposits a list and confirms it for a programme and a year.
async fn register(ledger: &Ledger, id: &str, organisation: &str, programme: &str, year: i32) -> Registration {
    let new = NewList { organisation: organisation.into(), ..list(id, 900) };
    assert!(ledger.create_list(&new, 10).await.unwrap());
    let said = ListConfirmation { purpose: "evaluation".into(), legal_basis: "6.1.e".into() };
    let search = job(&format!("match-{id}"));
    let registration = ledger.confirm_list(id, &said, &slot(programme, year), &search, 20).await.unwrap();
    let state = ledger.list(id).await.unwrap().unwrap().state;
    let is_queued = ledger.job(&search.id).await.unwrap().is_some();
    let expected = if registration == Registration::Registered { (ListState::UnderWay, true) } else { (ListState::ToCheck, false) };
    assert_eq!((state, is_queued), expected, "confirmed, registered and queued are one step");
    registration
}

pub(super) async fn there_is_one_list_for_a_programme_and_a_period(address: &str) {
    let ledger = furnished(address).await;
    assert_eq!(register(&ledger, "l0", "org-a", "iae", 2025).await, Registration::Registered);
    assert_eq!(register(&ledger, "l1", "org-a", "iae", 2025).await, Registration::Registered);
    assert_eq!(ledger.registered_list("l0").await.unwrap(), None, "nothing was said of it: another one may take its place");
    ledger.note_list_said("l1", 15).await.unwrap();
    assert_eq!(register(&ledger, "l2", "org-a", "iae", 2025).await, Registration::SlotTaken);
    assert_eq!(register(&ledger, "l3", "org-a", "iae", 2024).await, Registration::Registered);
    assert_eq!(register(&ledger, "l4", "org-a", "pec", 2025).await, Registration::Registered);
    assert_eq!(register(&ledger, "l5", "org-b", "iae", 2025).await, Registration::Registered);
    // A list that was judged too close to another leaves its place.
    assert!(ledger.judge_list("l1", ListVerdict::NearFound).await.unwrap());
    assert!(!ledger.judge_list("l1", ListVerdict::Accepted).await.unwrap(), "judged once");
    assert_eq!(register(&ledger, "l6", "org-a", "iae", 2025).await, Registration::Registered);
}

pub(super) async fn a_list_is_compared_with_those_accepted_and_those_searched(address: &str) {
    let ledger = furnished(address).await;
    for (id, programme) in [("l1", "iae"), ("l2", "pec"), ("l3", "ger"), ("l4", "sas"), ("l5", "seve")] {
        register(&ledger, id, if id == "l2" { "org-b" } else { "org-a" }, programme, 2025).await;
    }
    for id in ["l1", "l2", "l3", "l5"] {
        assert!(ledger.save_list_print(id, &format!("print of {id}"), 5).await.unwrap());
    }
    ledger.judge_list("l2", ListVerdict::Accepted).await.unwrap();
    ledger.judge_list("l3", ListVerdict::NearRows).await.unwrap();
    assert!(!ledger.save_list_print("l2", "another", 6).await.unwrap(), "frozen once it is judged");
    let seen = ledger.other_registered_lists("l5").await.unwrap();
    let seen: Vec<(&str, &str)> = seen.iter().map(|list| (list.list.as_str(), list.print.as_str())).collect();
    assert_eq!(seen, [("l1", "print of l1"), ("l2", "print of l2")], "of any organisation; l4 has no print yet");
}

pub(super) async fn an_erased_list_is_remembered_once_it_was_told_about(address: &str) {
    let ledger = furnished(address).await;
    for (id, year) in [("said", 2024), ("unsaid", 2025)] {
        register(&ledger, id, "org-a", "iae", year).await;
        ledger.save_list_print(id, "print", 5).await.unwrap();
        ledger.judge_list(id, ListVerdict::Accepted).await.unwrap();
    }
    ledger.note_list_said("said", 30).await.unwrap();
    ledger.note_list_said("said", 31).await.unwrap();
    for id in ["said", "unsaid"] {
        ledger.erase_list(id, "proof", 40).await.unwrap();
    }
    let kept = ledger.registered_list("said").await.unwrap().unwrap();
    assert_eq!(
        (kept.print.as_str(), kept.verdict, kept.said_at, kept.slot.clone()),
        ("print", ListVerdict::Accepted, Some(30), slot("iae", 2024))
    );
    assert_eq!(ledger.registered_list("unsaid").await.unwrap(), None);
    assert!(kept.is_erased);
    assert_eq!(register(&ledger, "again", "org-a", "iae", 2024).await, Registration::Registered, "to be compared with what is kept");
    assert_eq!(ledger.other_registered_lists("again").await.unwrap(), [kept]);
    assert_eq!(register(&ledger, "anew", "org-a", "iae", 2025).await, Registration::Registered);
    assert_eq!(ledger.forget_registered_lists("2024T4").await.unwrap(), 0);
    assert_eq!(ledger.forget_registered_lists("2025T1").await.unwrap(), 2);
    assert_eq!(ledger.registered_list("said").await.unwrap(), None);
}

fn population(id: &str, question: &str, lake_version: u64) -> Population {
    Population { id: id.into(), question: question.into(), lake_version, sketch: format!("sketch of {id}") }
}

pub(super) async fn a_population_is_seen_by_the_next_question_at_once(address: &str) {
    let ledger = furnished(address).await;
    let others = async |organisation: &str, question: &str| {
        let seen = ledger.other_populations(organisation, question).await.unwrap();
        seen.into_iter().map(|population| population.id).collect::<Vec<_>>()
    };
    let note =
        async |id: &str, organisation: &str| ledger.note_population(&population(id, "q1", 7), organisation, "alice", 10).await.unwrap();
    let (told, other) = ("org-a", "org-b");
    note("p1", told).await;
    note("p1", other).await;
    note("p2", told).await;
    assert_eq!(others(told, "q2").await, ["p1", "p2"], "before they are answered");
    assert!(others(told, "q1").await.is_empty(), "the same question at another version is not another question");
    assert!(!ledger.is_told("p1", told).await.unwrap());
    ledger.keep_population("p1", told).await.unwrap();
    assert!(ledger.is_told("p1", told).await.unwrap() && !ledger.is_told("p1", other).await.unwrap());
    for id in ["p1", "p2"] {
        note(id, told).await;
        ledger.take_back_population(id, told).await.unwrap();
    }
    ledger.take_back_population("p1", other).await.unwrap();
    assert_eq!(others(told, "q2").await, ["p1", "p2"], "what was said stays, and what is being decided elsewhere");
    assert!(others(other, "q2").await.is_empty());
    ledger.take_back_population("p2", told).await.unwrap();
    assert_eq!(others(told, "q2").await, ["p1"]);
    assert_eq!(ledger.population("p1").await.unwrap(), Some(population("p1", "q1", 7)), "known to all: it is not counted again");
    assert_eq!(ledger.population("p3").await.unwrap(), None);
    assert!(ledger.mark_memory("one key").await.unwrap() && ledger.mark_memory("one key").await.unwrap());
    assert!(!ledger.mark_memory("another").await.unwrap(), "prints of two keys cannot be compared");
}

pub(super) async fn questions_are_counted_by_day_account_and_organisation(address: &str) {
    let ledger = furnished(address).await;
    let asked = async |day, account: &str, kind| ledger.count_question(day, "org-a", account, kind).await.unwrap();
    asked(1, "alice", Asked::Counted).await;
    asked(1, "alice", Asked::Near).await;
    asked(1, "bob", Asked::Refused).await;
    let seen = asked(1, "alice", Asked::Counted).await;
    assert_eq!(seen.account, Questions { counted: 2, refused: 1, near: 1 });
    assert_eq!(seen.organisation, Questions { counted: 2, refused: 2, near: 1 });
    assert_eq!(ledger.question_day(2, "org-a", "alice").await.unwrap().organisation, Questions::default(), "another day");
    assert_eq!(ledger.question_day(1, "org-b", "alice").await.unwrap().organisation, Questions::default(), "another organisation");
    let alert = |day| QuestionAlert { day, organisation: "org-a".into(), account: "alice".into(), kind: "near".into(), raised_at: 5 * day };
    assert!(ledger.raise_alert(&alert(1)).await.unwrap());
    assert!(!ledger.raise_alert(&QuestionAlert { raised_at: 99, ..alert(1) }).await.unwrap(), "once a day");
    assert!(ledger.raise_alert(&alert(2)).await.unwrap());
    assert_eq!(ledger.alerts(10).await.unwrap(), [alert(2), alert(1)]);
    assert_eq!(ledger.purge_questions(2).await.unwrap(), 3);
    assert_eq!(ledger.alerts(10).await.unwrap(), [alert(2)]);
}

pub(super) async fn many_questions_at_once_are_all_counted(address: &str) {
    let ledger = furnished(address).await;
    let ask = || async {
        for _ in 0..5 {
            ledger.count_question(1, "org-a", "alice", Asked::Counted).await.unwrap();
        }
    };
    tokio::join!(ask(), ask(), ask());
    assert_eq!(ledger.question_day(1, "org-a", "alice").await.unwrap().account.counted, 15);
}

pub(super) async fn the_latest_vintage_is_in_force(address: &str) {
    let ledger = open(address).await;
    assert_eq!(ledger.vintage().await.unwrap(), None);
    let vintage = |id: &str, lake_version, frozen_at| Vintage {
        id: id.into(),
        lake_version,
        last_month: 24_311,
        frozen_at,
        reason: "quarter".into(),
    };
    assert!(ledger.freeze_vintage(&vintage("2026T3", 5, 100)).await.unwrap());
    assert!(ledger.freeze_vintage(&vintage("2026T4", 9, 200)).await.unwrap());
    assert!(!ledger.freeze_vintage(&vintage("2026T4", 12, 300)).await.unwrap(), "one of each name");
    assert_eq!(ledger.vintage().await.unwrap(), Some(vintage("2026T4", 9, 200)));
    assert_eq!(ledger.vintages().await.unwrap().len(), 2);
}

pub(super) async fn a_cube_is_kept_once_and_followed_by_the_next(address: &str) {
    let ledger = open(address).await;
    let cube = |lake_version, earlier_version, content: &str| KeptCube {
        population: "iae".into(),
        lake_version,
        policy_version: "p1".into(),
        earlier_version,
        content: content.into(),
    };
    assert_eq!(ledger.cube_before("iae", 9).await.unwrap(), None);
    assert!(ledger.keep_cube(&cube(5, None, "first"), 100).await.unwrap());
    assert!(!ledger.keep_cube(&cube(5, None, "another"), 101).await.unwrap(), "what was decided stays");
    assert_eq!(ledger.cube("iae", 5, "p1").await.unwrap(), Some(cube(5, None, "first")));
    assert_eq!(ledger.cube("iae", 5, "p2").await.unwrap(), None, "under another policy");
    assert_eq!(ledger.cube("pec", 5, "p1").await.unwrap(), None, "of others");
    assert_eq!(ledger.cube_before("iae", 5).await.unwrap(), None);
    assert!(ledger.keep_cube(&cube(9, Some(5), "second"), 200).await.unwrap());
    assert_eq!(ledger.cube_before("iae", 12).await.unwrap(), Some(cube(9, Some(5), "second")));
}

pub(super) async fn a_list_is_read_by_its_own_organisation_only(address: &str) {
    let ledger = furnished(address).await;
    ledger.create_list(&list("l1", 900), 10).await.unwrap();
    ledger.create_list(&list("l2", 900), 20).await.unwrap();
    assert!(ledger.list_of("org-a", "l1").await.unwrap().is_some());
    assert_eq!(ledger.list_of("org-b", "l1").await.unwrap(), None);
    assert!(ledger.lists_of("org-b").await.unwrap().is_empty());
    let ids: Vec<String> = ledger.lists_of("org-a").await.unwrap().into_iter().map(|list| list.id).collect();
    assert_eq!(ids, ["l2", "l1"]);
}

pub(super) async fn an_erased_list_keeps_its_first_receipt(address: &str) {
    let ledger = furnished(address).await;
    ledger.create_list(&list("l1", 900), 10).await.unwrap();
    ledger.save_list_reading("l1", &ListReading { rows: Some(34), mapping: "{\"0\":\"nir\"}".into(), ..Default::default() }).await.unwrap();
    let erased = ledger.erase_list("l1", "proof-1", 50).await.unwrap().unwrap();
    assert_eq!((erased.state, erased.erased_at, erased.receipt.as_deref()), (ListState::Erased, Some(50), Some("proof-1")));
    assert_eq!((erased.reading.rows, erased.reading.mapping.as_str()), (Some(34), "{}"));
    assert_eq!(ledger.erase_list("l1", "proof-2", 60).await.unwrap(), Some(erased));
    assert_eq!(ledger.erase_list("nobody", "proof", 60).await.unwrap(), None);
    assert!(!ledger.move_list("l1", ListState::Erased, ListState::Ready).await.unwrap());
    let confirmation = ListConfirmation { purpose: "evaluation".into(), legal_basis: "6.1.e".into() };
    let confirmed = ledger.confirm_list("l1", &confirmation, &slot("iae", 2025), &job("search"), 70).await.unwrap();
    assert_eq!(confirmed, Registration::NotWaiting);
    assert_eq!(ledger.job("search").await.unwrap(), None);
}

pub(super) async fn lists_past_their_retention_are_found(address: &str) {
    let ledger = furnished(address).await;
    for (id, until) in [("l1", 300), ("l2", 200), ("l3", 100)] {
        ledger.create_list(&list(id, until), 10).await.unwrap();
    }
    ledger.erase_list("l3", "proof", 50).await.unwrap();
    let due = |lists: Vec<crate::List>| lists.into_iter().map(|list| list.id).collect::<Vec<_>>();
    assert!(ledger.lists_to_erase(199).await.unwrap().is_empty());
    assert_eq!(due(ledger.lists_to_erase(300).await.unwrap()), ["l2", "l1"]);
}

fn release(id: &str, organisation: &str) -> NewRelease {
    NewRelease {
        record: ReleaseRecord {
            id: id.into(),
            request_digest: "request-1".into(),
            lake_version: 7,
            policy_version: "2026-1".into(),
            request: "{}".into(),
            release: "{\"digest\":1}".into(),
            list: None,
            recorded_at: 10,
        },
        organisation: organisation.into(),
        account: "alice".into(),
    }
}

pub(super) async fn a_release_is_written_once_and_read_by_many(address: &str) {
    let ledger = furnished(address).await;
    let first = release("release-1", "org-a");
    assert!(ledger.record_release(&first, 10).await.unwrap());
    let mut again = release("release-1", "org-b");
    again.record.release = "changed".into();
    assert!(!ledger.record_release(&again, 20).await.unwrap());
    assert_eq!(ledger.release("release-1").await.unwrap(), Some(first.record.clone()));
    assert_eq!(ledger.find_release("request-1", 7, "2026-1").await.unwrap(), Some(first.record));
    assert_eq!(ledger.find_release("request-1", 8, "2026-1").await.unwrap(), None);
    assert_eq!(ledger.find_release("request-1", 7, "2026-2").await.unwrap(), None);
    ledger.record_release(&release("release-2", "org-a"), 30).await.unwrap();
    ledger.record_release(&release("release-1", "org-a"), 40).await.unwrap();
    let ids = |releases: Vec<ReleaseRecord>| releases.into_iter().map(|release| release.id).collect::<Vec<_>>();
    assert_eq!(ids(ledger.recent_releases("org-a", 10).await.unwrap()), ["release-1", "release-2"]);
    assert_eq!(ids(ledger.recent_releases("org-b", 10).await.unwrap()), ["release-1"]);
}

pub(super) async fn an_ingest_may_begin_again(address: &str) {
    let ledger = open(address).await;
    ledger.start_ingest("i1", 10).await.unwrap();
    ledger.start_ingest("i1", 20).await.unwrap();
    assert!(ledger.finish_ingest("i1", 3, "{\"files\":2}", 30).await.unwrap());
    assert!(!ledger.fail_ingest("i1", "{}", 40).await.unwrap());
    ledger.start_ingest("i2", 50).await.unwrap();
    assert!(ledger.fail_ingest("i2", "{\"fault\":\"disk\"}", 60).await.unwrap());
    let found = ledger.ingests(5).await.unwrap();
    assert_eq!(ledger.ingest("i1").await.unwrap().as_ref(), found.iter().find(|ingest| ingest.id == "i1"));
    assert_eq!(ledger.ingest("i3").await.unwrap(), None);
    assert_eq!((found[0].id.as_str(), found[0].state, found[0].lake_version), ("i2", IngestState::Failed, None));
    assert_eq!((found[1].state, found[1].lake_version, found[1].started_at), (IngestState::Done, Some(3), 20));
    assert_eq!(found[1].report, "{\"files\":2}");
}

fn event(action: &str, organisation: &str) -> AuditEvent {
    AuditEvent { organisation: organisation.into(), action: action.into(), outcome: "done".into(), ..Default::default() }
}

pub(super) async fn the_audit_trail_is_a_chain(address: &str) {
    let ledger = open(address).await;
    assert_eq!(ledger.broken_audit().await.unwrap(), None);
    let first = ledger.append_audit(&event("sign_in", "org-a"), 10).await.unwrap();
    let question = AuditEvent { request_digest: Some("request-1".into()), ..event("ask", "org-b") };
    let second = ledger.append_audit(&question, 20).await.unwrap();
    assert_eq!((first.sequence, second.sequence, &second.previous), (1, 2, &first.digest));
    assert_eq!(ledger.broken_audit().await.unwrap(), None);
    assert_eq!(ledger.audit(&AuditFilter::default(), 10).await.unwrap(), [second.clone(), first.clone()]);
    let of_a = AuditFilter { organisation: Some("org-a".into()), before: None };
    assert_eq!(ledger.audit(&of_a, 10).await.unwrap(), std::slice::from_ref(&first));
    let before = AuditFilter { organisation: None, before: Some(2) };
    assert_eq!(ledger.audit(&before, 10).await.unwrap(), [first]);
}

pub(super) async fn writers_of_the_audit_trail_do_not_lose_entries(address: &str) {
    let ledger = open(address).await;
    let writers = [0, 1, 2, 3].map(|writer| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                ledger.append_audit(&event("ask", &format!("org-{writer}")), 10).await.unwrap();
            }
        })
    });
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(ledger.audit(&AuditFilter::default(), 100).await.unwrap().len(), 40);
    assert_eq!(ledger.broken_audit().await.unwrap(), None);
}

pub(super) async fn a_change_in_the_audit_trail_shows(address: &str) {
    let ledger = open(address).await;
    for _ in 0..4 {
        ledger.append_audit(&event("ask", "org-a"), 10).await.unwrap();
    }
    sqlx::query("UPDATE audit SET outcome = 'refused' WHERE sequence = 3").execute(&ledger.pool).await.unwrap();
    assert_eq!(ledger.broken_audit().await.unwrap(), Some(3));
    sqlx::query("DELETE FROM audit WHERE sequence = 3").execute(&ledger.pool).await.unwrap();
    assert_eq!(ledger.broken_audit().await.unwrap(), Some(4));
}

pub(super) async fn the_audit_trail_is_purged_from_its_start(address: &str) {
    let ledger = open(address).await;
    for at in [10, 20, 15, 30] {
        ledger.append_audit(&event("ask", "org-a"), at).await.unwrap();
    }
    assert_eq!(ledger.purge_audit(18).await.unwrap(), 1, "the third stays, although older, because the second does");
    assert_eq!(ledger.broken_audit().await.unwrap(), None);
    assert_eq!(ledger.purge_audit(1000).await.unwrap(), 2, "the last stays");
    let next = ledger.append_audit(&event("ask", "org-a"), 40).await.unwrap();
    assert_eq!((next.sequence, ledger.broken_audit().await.unwrap()), (5, None));
}

/// A ledger with the list `list` of `org-a`.
async fn with_a_list(address: &str) -> Ledger {
    let ledger = furnished(address).await;
    let list = NewList {
        id: "list".into(),
        organisation: "org-a".into(),
        deposited_by: "alice".into(),
        name: "sorties.csv".into(),
        retention_until: 9_000,
    };
    assert!(ledger.create_list(&list, 1_000).await.unwrap());
    ledger
}

fn decision(pairs: &[u64], verdict: Verdict, account: &str, batch: &str) -> NewDecision {
    NewDecision { list: "list".into(), pairs: pairs.to_vec(), verdict, account: account.into(), batch: batch.into(), is_blind: false }
}

pub(super) async fn the_last_decision_on_a_pair_counts_until_it_is_undone(address: &str) {
    let ledger = with_a_list(address).await;
    assert!(ledger.decide_pairs(&decision(&[1, 2, 3], Verdict::Same, "alice", "a"), 10).await.unwrap());
    assert!(ledger.decide_pairs(&decision(&[2], Verdict::Different, "bob", "b"), 20).await.unwrap());
    assert!(ledger.decide_pairs(&decision(&[3], Verdict::Unsure, "alice", "c"), 30).await.unwrap());
    let verdicts =
        async || ledger.decisions("list").await.unwrap().into_iter().map(|(pair, said)| (pair, said.verdict)).collect::<Vec<_>>();
    assert_eq!(verdicts().await, [(1, Verdict::Same), (2, Verdict::Different), (3, Verdict::Unsure)]);
    assert_eq!(ledger.undo_decision("list", "alice", 40).await.unwrap(), [3], "their own last gesture, not another's");
    assert_eq!(verdicts().await, [(1, Verdict::Same), (2, Verdict::Different), (3, Verdict::Same)]);
    let mut undone = ledger.undo_decision("list", "alice", 50).await.unwrap();
    undone.sort_unstable();
    assert_eq!(undone, [1, 2, 3], "the whole gesture");
    assert_eq!(verdicts().await, [(2, Verdict::Different)]);
    assert!(ledger.undo_decision("list", "alice", 60).await.unwrap().is_empty());
}

pub(super) async fn a_gesture_on_pairs_is_noted_once_and_goes_with_its_list(address: &str) {
    let ledger = with_a_list(address).await;
    assert!(ledger.decide_pairs(&decision(&[1], Verdict::Same, "alice", "a"), 10).await.unwrap());
    assert!(!ledger.decide_pairs(&decision(&[1], Verdict::Different, "alice", "a"), 20).await.unwrap(), "a form sent twice");
    assert_eq!(ledger.decisions("list").await.unwrap()[&1].verdict, Verdict::Same);
    assert!(ledger.decisions("other").await.unwrap().is_empty());
    ledger.erase_list("list", "receipt", 30).await.unwrap();
    assert_eq!(ledger.forget_decisions("list").await.unwrap(), 1);
    assert!(!ledger.decide_pairs(&decision(&[1], Verdict::Same, "alice", "b"), 40).await.unwrap(), "an erased list has no pair");
    assert!(ledger.decisions("list").await.unwrap().is_empty());
}
