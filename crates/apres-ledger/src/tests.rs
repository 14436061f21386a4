//! One suite, run on SQLite and on a PostgreSQL server that the test starts and stops itself.
//!
//! Each case gets an empty database by its address, so that it may open it twice. People and organisations are made up.

mod cases;
mod postgres;

use crate::password::Cost;
use crate::{Ledger, NewAccount, Organisation, OrganisationKind, Role, password};

/// An empty ledger at this address, or the one that is there.
async fn open(address: &str) -> Ledger {
    Ledger::open(address, Cost::ForTests).await.expect("the ledger opens")
}

/// A ledger with two organisations, `org-a` and `org-b`, and the account `alice` of `org-a`.
async fn furnished(address: &str) -> Ledger {
    let ledger = open(address).await;
    for (id, kind) in [("org-a", OrganisationKind::Structure), ("org-b", OrganisationKind::Financeur)] {
        ledger.save_organisation(&organisation(id, kind)).await.expect("the organisation is saved");
    }
    assert!(ledger.create_account(&account("alice", "alice@exemple.fr"), 1_000).await.expect("the account is created"));
    ledger
}

fn organisation(id: &str, kind: OrganisationKind) -> Organisation {
    Organisation {
        id: id.into(),
        name: format!("Nom de {id}"),
        kind,
        sirets: vec!["00000000100011".into()],
        departements: vec!["2A".into(), "59".into()],
    }
}

fn account(id: &str, email: &str) -> NewAccount {
    NewAccount {
        id: id.into(),
        email: email.into(),
        display_name: "Alice Exemple".into(),
        role: Role::Structure,
        organisation: "org-a".into(),
        password_hash: password::hash("une phrase assez longue", &[7; password::SALT_BYTES], Cost::ForTests)
            .expect("the password is hashed"),
    }
}

/// Runs each case on SQLite as a test of its own, and all of them on one PostgreSQL server.
macro_rules! suite {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let folder = tempfile::tempdir().expect("a temporary folder");
                    let file = folder.path().join("sub folder %3f").join("ledger.sqlite");
                    super::cases::$case(&format!("sqlite://{}", file.display())).await;
                }
            )+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn the_same_suite_on_postgresql() {
            let Some(server) = postgres::Server::wanted() else { return };
            $(
                eprintln!("on PostgreSQL: {}", stringify!($case));
                cases::$case(&server.create_database(stringify!($case))).await;
            )+
        }
    };
}

suite! {
    opening_again_changes_nothing,
    two_programs_may_open_a_new_ledger_at_once,
    a_newer_ledger_is_refused,
    organisations_are_saved_and_replaced,
    an_account_is_unique_by_address,
    only_the_right_password_signs_in,
    failures_make_the_next_attempt_wait,
    an_unknown_address_waits_like_a_known_one,
    a_disabled_account_is_refused,
    sessions_live_until_they_expire,
    a_stored_token_is_not_readable,
    two_workers_never_take_the_same_job,
    a_job_goes_from_queued_to_done,
    a_worker_that_is_heard_keeps_its_job,
    a_dead_worker_loses_its_job,
    a_list_is_confirmed_once,
    there_is_one_list_for_a_programme_and_a_period,
    a_list_is_compared_with_those_accepted_and_those_searched,
    an_erased_list_is_remembered_once_it_was_told_about,
    a_population_is_seen_by_the_next_question_at_once,
    questions_are_counted_by_day_account_and_organisation,
    many_questions_at_once_are_all_counted,
    the_latest_vintage_is_in_force,
    a_cube_is_kept_once_and_followed_by_the_next,
    a_list_is_read_by_its_own_organisation_only,
    an_erased_list_keeps_its_first_receipt,
    lists_past_their_retention_are_found,
    the_last_decision_on_a_pair_counts_until_it_is_undone,
    a_gesture_on_pairs_is_noted_once_and_goes_with_its_list,
    a_release_is_written_once_and_read_by_many,
    an_ingest_may_begin_again,
    the_audit_trail_is_a_chain,
    writers_of_the_audit_trail_do_not_lose_entries,
    a_change_in_the_audit_trail_shows,
    the_audit_trail_is_purged_from_its_start,
}

#[test]
fn other_addresses_are_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let fault = runtime.block_on(Ledger::open("mysql://somewhere", Cost::ForTests)).expect_err("not an address of ours");
    assert_eq!(fault.to_string(), "the ledger's address must be sqlite://FILE or postgres://…");
}

#[test]
fn a_full_cost_hash_says_its_cost() {
    let hash = password::hash("une phrase assez longue", &[7; password::SALT_BYTES], Cost::Full).expect("the password is hashed");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(password::verify("une phrase assez longue", &hash).expect("the hash is readable"));
    assert!(!password::verify("une autre", &hash).expect("the hash is readable"));
    assert!(password::verify("une autre", "not a hash").is_err());
}
