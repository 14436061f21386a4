//! `apres doctor`: what is in force, what answers, and what to do about the rest.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use apres_ledger::JobState;
use apres_measure::{extent, is_behind};

use crate::home::Home;

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
    writeln!(out, "disclosure policy    {}", settings.policy.identity())?;
    let mut checks = Vec::new();
    checks.push(key_check(home)?);
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
        Err(fault) => (false, format!("the lake does not answer ({fault}): restore it from its last copy")),
    });
    if is_behind(&home.statistical).await.unwrap_or(false) {
        checks.push((false, "the careers are behind the declarations: run `apres spells`".to_owned()));
    }
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

fn key_check(home: &Home) -> Result<(bool, String)> {
    let path = home.config.data.join("keys").join("identifying.key");
    let mode = std::fs::metadata(&path).context("reading the key's rights")?.permissions().mode() & 0o777;
    let is_private = mode & 0o077 == 0;
    let advice = if is_private {
        "the identifying key is readable by its owner only".to_owned()
    } else {
        format!("others can read {}: chmod 600 it", path.display())
    };
    Ok((is_private, advice))
}
