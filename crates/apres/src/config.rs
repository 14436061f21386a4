//! The effective configuration: defaults, then `apres.toml`, then `APRES_…` variables and flags.
//!
//! This is the only module that reads the environment (through the command line parser). `apres doctor` prints what it found.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use apres_protect::Policy;
use serde::Deserialize;

/// What `apres.toml` may say. Unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Name shown in the header of every page.
    pub operator: String,
    /// How to reach the operator, in the legal notice.
    pub contact: String,
    /// Address of the ledger: a `postgres://…` URL; SQLite under the data folder when absent.
    pub ledger: Option<String>,
    /// Cookies only over HTTPS. Keep it `true` behind a proxy that ends TLS.
    pub secure_cookies: bool,
    /// Days after which a deposited list is erased.
    pub list_retention_days: i64,
    /// How long the lake keeps what it holds.
    pub retention: RetentionSettings,
    /// How rows of lists are found.
    pub link: LinkSettings,
    /// Disclosure policy.
    pub policy: Policy,
    /// How many questions may be asked in a day, and what raises an alert.
    pub budget: BudgetSettings,
    /// When the data that answers read is renewed.
    pub vintage: VintageSettings,
}

/// Limits of a civil day (UTC). Answers that were given before are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSettings {
    /// Different tables that an account may be answered.
    pub account_tables_max: u64,
    /// Different tables that all accounts of an organisation may be answered.
    pub organisation_tables_max: u64,
    /// Refused questions of an account that raise an alert.
    pub alert_refused: u64,
    /// Questions of an account, refused for being near an earlier one, that raise an alert.
    pub alert_near: u64,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self { account_tables_max: 300, organisation_tables_max: 900, alert_refused: 200, alert_near: 20 }
    }
}

impl BudgetSettings {
    fn check(&self) -> Result<()> {
        let all = [self.account_tables_max, self.organisation_tables_max, self.alert_refused, self.alert_near];
        ensure!(all.iter().all(|limit| *limit > 0), "a limit of [budget] is zero: nobody could ask anything");
        ensure!(self.account_tables_max <= self.organisation_tables_max, "account_tables_max exceeds organisation_tables_max");
        Ok(())
    }
}

/// When a vintage is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VintageSettings {
    /// The site freezes the next one when a civil quarter begins; otherwise `apres vintage freeze` does.
    pub every_quarter: bool,
}

impl Default for VintageSettings {
    fn default() -> Self {
        Self { every_quarter: true }
    }
}

/// When a row of a list is found, uncertain or not found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkSettings {
    /// The share of right pairs that is wanted among those found, in the model's own estimate.
    pub target_precision: f64,
    /// A pair is never accepted below this probability, whatever the target allows.
    pub accept_min: f64,
    /// A pair below this probability is not looked at.
    pub review_min: f64,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self { target_precision: 0.99, accept_min: 0.9, review_min: 0.1 }
    }
}

impl LinkSettings {
    fn check(&self) -> Result<()> {
        let is_ordered = 0.0 < self.review_min && self.review_min < self.accept_min && self.accept_min < 1.0;
        ensure!(is_ordered, "'review_min' and 'accept_min' must be probabilities, the first below the second");
        ensure!((0.5..1.0).contains(&self.target_precision), "'target_precision' must be at least 0.5 and below 1");
        Ok(())
    }
}

/// Ages at which `apres purge` takes things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// Months that replaced declarations, and deposited files that nobody confirms, are kept.
    pub raw_months: u32,
    /// Months that a spell is kept after its end, with all it is made of.
    pub spells_months: u32,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { raw_months: 3, spells_months: 72 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            operator: "APRES".to_owned(),
            contact: String::new(),
            ledger: None,
            secure_cookies: true,
            list_retention_days: 365,
            retention: RetentionSettings::default(),
            link: LinkSettings::default(),
            policy: Policy::default(),
            budget: BudgetSettings::default(),
            vintage: VintageSettings::default(),
        }
    }
}

/// Where an installation lives and how it behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder that holds everything the installation owns.
    pub data: PathBuf,
    /// Settings in force.
    pub settings: Settings,
}

impl Config {
    /// Reads `apres.toml` in the data folder (or the given file) when there is one.
    ///
    /// # Errors
    /// When the file cannot be read or says something unknown.
    pub fn load(data: Option<PathBuf>, file: Option<&Path>) -> Result<Self> {
        let data = data.unwrap_or_else(default_data);
        let path = file.map_or_else(|| data.join("apres.toml"), Path::to_path_buf);
        let settings: Settings = match std::fs::read_to_string(&path) {
            Ok(text) => {
                toml::from_str(&text).with_context(|| format!("reading {}: correct or remove the key that is named", path.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => Settings::default(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        settings.policy.check().with_context(|| format!("checking [policy] in {}", path.display()))?;
        settings.budget.check().with_context(|| format!("checking [budget] in {}", path.display()))?;
        settings.link.check().with_context(|| format!("checking [link] in {}", path.display()))?;
        warn_of_weak_thresholds(&settings.policy);
        Ok(Self { data, settings })
    }
}

/// What was accepted in writing is still said at every start.
fn warn_of_weak_thresholds(policy: &Policy) {
    for weak in policy.weaker() {
        tracing::warn!(
            "DISCLOSURE POLICY WEAKENED: [policy] {} = {} where {} is the limit; figures may give people away",
            weak.name,
            weak.value,
            weak.limit
        );
    }
    if policy.is_noise_weak() {
        tracing::warn!(
            "DISCLOSURE POLICY WEAKENED: the noise of [policy.noise] is below that of the default; figures may give people away"
        );
    }
}

/// The platform's data folder.
pub(crate) fn default_data() -> PathBuf {
    std::env::home_dir().map_or_else(|| PathBuf::from("apres-data"), |home| home.join(".local").join("share").join("apres"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("apres.toml"), text)?;
        Config::load(Some(folder.path().to_path_buf()), None)
    }

    #[test]
    fn a_policy_that_lets_everything_through_does_not_start() {
        let all_zero = "[policy]\ncohort_min = 0\ncount_min = 0\ndenominator_min = 0\nguard_min = 0\naccept_lower_thresholds = true";
        let fault = format!("{:#}", loaded(all_zero).unwrap_err());
        assert!(fault.contains("[policy]") && fault.contains("'cohort_min' of the disclosure policy must not be zero"), "{fault}");
        let low = format!("{:#}", loaded("[policy]\ncount_min = 5").unwrap_err());
        assert!(low.contains("accept_lower_thresholds = true"), "{low}");
    }

    #[test]
    fn a_budget_of_nothing_does_not_start() {
        let fault = format!("{:#}", loaded("[budget]\nalert_near = 0").unwrap_err());
        assert!(fault.contains("[budget]"), "{fault}");
        assert!(loaded("[budget]\naccount_tables_max = 901").is_err());
        assert_eq!(loaded("[budget]\naccount_tables_max = 10").unwrap().settings.budget.account_tables_max, 10);
    }

    #[test]
    fn limits_of_the_linkage_that_accept_anything_do_not_start() {
        for text in ["[link]\naccept_min = 0.0", "[link]\nreview_min = 0.95", "[link]\ntarget_precision = 0.2"] {
            assert!(format!("{:#}", loaded(text).unwrap_err()).contains("checking [link]"), "{text}");
        }
        assert!((loaded("[link]\ntarget_precision = 0.995").unwrap().settings.link.target_precision - 0.995).abs() < 1e-12);
    }

    #[test]
    fn a_lower_policy_starts_when_it_is_accepted_in_writing() {
        let config = loaded("[policy]\nversion = \"essai\"\ncount_min = 5\naccept_lower_thresholds = true").unwrap();
        assert_eq!(config.settings.policy.count_min, 5);
        assert_eq!(loaded("operator = \"GIP\"").unwrap().settings.policy, Policy::default());
    }
}
