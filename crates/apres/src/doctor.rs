//! `apres doctor`: what is in force, what answers, and what to do about the rest.

use std::io::Write;

use anyhow::{Context, Result};
use apres_ledger::JobState;
use apres_measure::{extent, is_behind};
use apres_protect::Policy;
use apres_store::opposition::{not_withdrawn, oppositions};
use apres_store::rekey::answers_to;

use crate::home::Home;
use crate::keys::Purpose;
use crate::purge;

/// Prints the effective values and the checks; `true` when all is well.
///
/// # Errors
/// When stdout cannot be written.
pub async fn run(home: &Home, out: &mut impl Write) -> Result<bool> {
    let settings = &home.config.settings;
    writeln!(out, "data                 {}", home.config.data.display())?;
    writeln!(out, "operator             {}", settings.operator)?;
    writeln!(
        out,
        "ledger               {}",
        if settings.ledger.is_some() { "from the configuration" } else { "ledger.sqlite in the data folder" }
    )?;
    writeln!(out, "secure cookies       {}", settings.secure_cookies)?;
    writeln!(out, "list retention       {} days", settings.list_retention_days)?;
    let retention = settings.retention;
    writeln!(out, "retention            raw {} months, spells {} months", retention.raw_months, retention.spells_months)?;
    let budget = settings.budget;
    writeln!(
        out,
        "budget               {} tables a day for an account, {} for an organisation",
        budget.account_tables_max, budget.organisation_tables_max
    )?;
    let vintage = home.ledger.vintage().await.context("reading the vintage in force")?;
    let vintage = vintage.map_or_else(|| "none yet".to_owned(), |vintage| format!("{}, version {}", vintage.id, vintage.lake_version));
    writeln!(out, "vintage              {vintage}")?;
    writeln!(out, "disclosure policy    {}", settings.policy.identity())?;
    for threshold in settings.policy.thresholds() {
        let weak = if threshold.is_weaker() { format!("  (weaker than {})", threshold.limit) } else { String::new() };
        writeln!(out, "  {:<25}{}{weak}", threshold.name, threshold.value)?;
    }
    let mut checks = vec![policy_check(&settings.policy)];
    checks.extend(privacy(home).await?);
    checks.push(match home.ledger.ping().await {
        Ok(()) => (true, "the ledger answers".to_owned()),
        Err(fault) => (false, format!("the ledger does not answer ({fault}): check its address in apres.toml")),
    });
    checks.push(match extent(&home.statistical).await {
        Ok(seen) if seen.last_month == 0 => (false, "the lake holds no declaration: run `apres ingest FOLDER`".to_owned()),
        Ok(seen) => {
            let month = seen.last_month;
            (
                true,
                format!(
                    "the lake holds declarations up to {:04}-{:02}, version {}",
                    month.div_euclid(12),
                    month.rem_euclid(12) + 1,
                    seen.lake_version
                ),
            )
        }
        Err(fault) => silent(&fault),
    });
    checks.push(files_check(home).await);
    checks.extend(unfinished(home).await);
    let jobs = home.ledger.jobs(1000).await.context("reading the jobs")?;
    let failed = jobs.iter().filter(|job| job.state == JobState::Failed).count();
    checks.push((
        failed == 0,
        if failed == 0 { "no failed job".to_owned() } else { format!("{failed} failed jobs: see the administration page") },
    ));
    checks.push(match home.ledger.broken_audit().await.context("checking the audit")? {
        None => (true, "the audit is whole".to_owned()),
        Some(entry) => (false, format!("the audit was altered at entry {entry}: someone wrote to the ledger by hand")),
    });
    for (is_well, text) in &checks {
        writeln!(out, "{}  {text}", if *is_well { "ok  " } else { "ACT " })?;
    }
    Ok(checks.iter().all(|(is_well, _)| *is_well))
}

/// What was begun and waits for its end.
async fn unfinished(home: &Home) -> Vec<(bool, String)> {
    let mut checks = Vec::new();
    if is_behind(&home.statistical).await.unwrap_or(false) {
        checks.push((false, "the careers are behind the declarations: run `apres spells`".to_owned()));
    }
    if purge::is_unfinished(home) {
        checks.push((false, "a purge was interrupted: run `apres purge` again".to_owned()));
    }
    checks
}

/// A part of the lake that does not answer.
fn silent(fault: &impl std::fmt::Display) -> (bool, String) {
    (false, format!("the lake does not answer ({fault}): restore it from its last copy"))
}

async fn files_check(home: &Home) -> (bool, String) {
    let lost = match (home.statistical.lost().await, home.identifying.lost().await) {
        (Ok(some), Ok(others)) => some + others,
        (Err(fault), _) | (_, Err(fault)) => return silent(&fault),
    };
    match lost {
        0 => (true, "every file that the lake names is there".to_owned()),
        some => (false, format!("{some} files that the lake names are lost: restore it from its last copy")),
    }
}

fn policy_check(policy: &Policy) -> (bool, String) {
    let weaker = policy.weaker();
    let mut names: Vec<_> = weaker.iter().map(|threshold| threshold.name).collect();
    names.extend(policy.is_noise_weak().then_some("noise"));
    if names.is_empty() {
        return (true, "the disclosure policy protects at least as much as the default".to_owned());
    }
    (
        false,
        format!("the disclosure policy is weakened ({}): figures may give people away; correct [policy] in apres.toml", names.join(", ")),
    )
}

/// Keys, seal and oppositions.
async fn privacy(home: &Home) -> Result<Vec<(bool, String)>> {
    let mut checks = Vec::new();
    let files = home.keys.files()?;
    let open: Vec<String> = files.iter().filter(|file| !file.is_private).map(|file| file.path.display().to_string()).collect();
    checks.push(match open.as_slice() {
        [] => (true, format!("the {} keys are readable by their owner only", files.len())),
        open => (false, format!("others can read {}: chmod 600", open.join(", "))),
    });
    for purpose in Purpose::ALL {
        let ring = home.keys.ring(purpose)?;
        if ring.is_rotating() {
            checks.push((false, format!("the rotation of the {} key was interrupted: run `apres keys rotate {0}` again", purpose.word())));
        }
    }
    checks.push(match home.identifying.unsealed().await {
        Err(fault) => silent(&fault),
        Ok(0) => (true, "the identifying zone is sealed".to_owned()),
        Ok(some) => (false, format!("{some} files of the identifying zone are not sealed: set the folder `lake` aside and ingest again")),
    });
    let pseudonym = home.keys.ring(Purpose::Pseudonym)?;
    checks.push(match answers_to(&home.identifying, &pseudonym).await {
        Err(fault) => silent(&fault),
        Ok(true) => (true, format!("pseudonyms are under version {} of their key", pseudonym.newest().0)),
        Ok(false) => {
            (false, "pseudonyms are not under the key in the folder `keys`: restore the one that this lake was made with".to_owned())
        }
    });
    match not_withdrawn(&home.identifying, &home.opposed).await {
        Err(fault) => checks.push(silent(&fault)),
        Ok(0) => {}
        Ok(some) => checks.push((false, format!("{some} people object and are still in the lake: run `apres spells`"))),
    }
    checks.push(match oppositions(&home.identifying).await {
        Err(fault) => silent(&fault),
        Ok(objecting) => (true, format!("{} oppositions on record", objecting.len())),
    });
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weakened_policy_is_something_to_act_on() {
        assert!(policy_check(&Policy::default()).0);
        let (is_well, advice) = policy_check(&Policy { count_min: 5, ..Policy::default() });
        assert!(!is_well && advice.contains("count_min"), "{advice}");
    }
}
