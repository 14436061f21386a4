//! Cases of policies.

use super::*;

#[test]
fn the_default_is_coherent_and_an_empty_file_is_the_default() {
    Policy::default().check().unwrap();
    assert_eq!(Policy::parse("").unwrap(), Policy::default());
    let stricter = Policy::parse("version = \"essai\"\ncount_min = 15").unwrap();
    assert_eq!((stricter.count_min, stricter.denominator_min), (15, 20));
}

#[test]
fn no_threshold_may_be_zero() {
    let names = [
        "cohort_min",
        "count_min",
        "denominator_min",
        "guard_min",
        "round_5_below",
        "median_min",
        "quartile_min",
        "mean_min",
        "plausible_min",
        "dimensions_max",
    ];
    for name in names {
        let fault = Policy::parse(&format!("{name} = 0")).unwrap_err();
        assert_eq!(fault.to_string(), format!("threshold '{name}' of the disclosure policy must not be zero"));
    }
}

#[test]
fn thresholds_that_contradict_one_another_are_refused() {
    for text in
        ["count_min = 21", "guard_min = 11", "median_min = 41", "plausible_min = 12", "version = ''", "cohorte_min = 5", "count_min = -1"]
    {
        assert!(Policy::parse(text).is_err(), "{text}");
    }
    Policy::parse("guard_min = 10").unwrap();
    Policy::parse("never_found_max_percent = 0").unwrap();
    assert!(Policy::parse("never_found_max_percent = 101\naccept_lower_thresholds = true").is_err());
}

#[test]
fn a_threshold_below_the_floor_must_be_accepted_in_writing() {
    for (name, weak, floor) in [
        ("cohort_min", 19, 20),
        ("count_min", 10, 11),
        ("denominator_min", 19, 20),
        ("guard_min", 2, 3),
        ("round_5_below", 49, 50),
        ("median_min", 19, 20),
        ("quartile_min", 39, 40),
        ("mean_min", 39, 40),
        ("plausible_min", 4, 5),
        ("dimensions_max", 4, 3),
        ("never_found_max_percent", 51, 50),
    ] {
        let fault = Policy::parse(&format!("{name} = {weak}")).unwrap_err().to_string();
        assert!(fault.starts_with(&format!("threshold '{name}' of the disclosure policy is weaker than {floor}:")), "{fault}");
        let accepted = Policy::parse(&format!("{name} = {weak}\naccept_lower_thresholds = true")).unwrap();
        let weaker: Vec<_> = accepted.weaker().into_iter().map(|threshold| (threshold.name, threshold.value)).collect();
        assert_eq!(weaker, [(name, weak)]);
        Policy::parse(&format!("{name} = {floor}")).unwrap();
    }
    assert!(Policy::parse("cohort_min = 0\naccept_lower_thresholds = true").is_err(), "never zero, even accepted");
}

#[test]
fn the_identity_changes_with_any_threshold() {
    let other = Policy { count_min: 12, ..Policy::default() };
    assert!(Policy::default().identity().starts_with("4+"));
    assert_ne!(Policy::default().identity(), other.identity());
    assert_ne!(Policy::default().identity(), Policy { method: Method::ClosedCube, ..Policy::default() }.identity());
}

#[test]
fn the_identity_tells_the_noise_to_the_holder_of_the_secret_only() {
    let secret = |byte| DisclosureSecret::new([byte; 32]);
    let other = || Policy::parse("[noise]\ndeviation_max = 5\nvariance = 3.0").unwrap();
    assert_eq!(Policy::default().identity(), other().identity(), "without a secret there is nothing to try");
    assert_ne!(
        Policy::default().with_secret(secret(1)).identity(),
        other().with_secret(secret(1)).identity(),
        "past answers are not those of another noise"
    );
    assert_ne!(Policy::default().with_secret(secret(1)).identity(), Policy::default().with_secret(secret(2)).identity());
    let exact = || Policy { method: Method::ClosedCube, ..Policy::default() };
    assert_eq!(exact().identity(), exact().with_secret(secret(1)).identity(), "exact figures have no noise");
    let written = serde_json::to_string(&other().with_secret(secret(1))).unwrap();
    assert!(!written.contains("noise") && !written.contains("variance"), "{written}");
}

#[test]
fn a_noise_below_the_floor_must_be_accepted_in_writing_and_a_degenerate_one_never_is() {
    for weak in ["deviation_max = 2\nvariance = 1.5", "deviation_max = 4\nvariance = 1.9"] {
        let text = |accepted: &str| format!("{accepted}\n[noise]\n{weak}");
        let fault = Policy::parse(&text("")).unwrap_err().to_string();
        assert!(fault.contains("accept_lower_thresholds = true") && !fault.contains(char::is_numeric), "{fault}");
        assert!(Policy::parse(&text("accept_lower_thresholds = true")).unwrap().is_noise_weak());
        assert!(!Policy::parse(&text("method = 'closed_cube'")).unwrap().is_noise_weak(), "exact figures have no noise");
    }
    assert!(Policy::parse("accept_lower_thresholds = true\n[noise]\nvariance = 3.0").is_err());
    assert!(Policy::parse("method = 'both'").is_err());
}
