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
}

#[test]
fn the_identity_changes_with_any_threshold() {
    let other = Policy { count_min: 12, ..Policy::default() };
    assert!(Policy::default().identity().starts_with("1+"));
    assert_ne!(Policy::default().identity(), other.identity());
}
