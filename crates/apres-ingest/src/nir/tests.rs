use proptest::prelude::*;

use super::*;

/// A made-up NIR written with its key.
fn with_key(thirteen: &str) -> String {
    let nir = Nir::parse_dsn(thirteen.as_bytes()).expect("made up to be well formed");
    format!("{thirteen}{:02}", nir.key())
}

#[test]
fn known_keys() {
    // 2 69 05 49 588 157 key 80: the specimen of the public documentation. The Corsican ones are computed by hand: 2A is read 19, 2B is read 18.
    for (thirteen, key) in
        [("2690549588157", 80), ("1850319823456", 97 - 1_850_319_823_456_u64 % 97), ("1850318823456", 97 - 1_850_318_823_456_u64 % 97)]
    {
        assert_eq!(u64::from(Nir::parse_dsn(thirteen.as_bytes()).expect("well formed").key()), key);
    }
    let corsican = Nir::parse_dsn(b"185032A823456").expect("well formed");
    assert_eq!(corsican.key(), Nir::parse_dsn(b"1850319823456").expect("well formed").key());
}

#[test]
fn as_people_write_it() {
    for text in ["2690549588157", "2 69 05 49 588 157", "'2690549588157", "2.69.05.49.588.157", "2\u{a0}69\u{202f}05 49 588 157"] {
        assert!(matches!(Nir::parse(text), Ok((_, false))), "13 characters");
    }
    assert!(matches!(Nir::parse("2 69 05 49 588 157 80"), Ok((_, true))));
    assert!(matches!(Nir::parse(&with_key("185032A823456").to_lowercase()), Ok((_, true))));
    assert_eq!(Nir::parse("2 69 05 49 588 157 81"), Err(NirFault::Key));
    assert_eq!(Nir::parse("26905495881578"), Err(NirFault::Length));
    assert_eq!(Nir::parse("2691549588157"), Err(NirFault::Syntax));
    assert_eq!(Nir::parse("1999999999999"), Err(NirFault::Syntax));
    assert_eq!(Nir::parse("269052C588157"), Err(NirFault::Syntax));
}

#[test]
fn birth_as_the_nir_tells_it() {
    let (nir, _) = Nir::parse("2690549588157").expect("well formed");
    assert_eq!((nir.birth_year_of_century(), nir.birth_month(), nir.is_male()), (69, Some(5), false));
    let (nir, _) = Nir::parse("1693099000157").expect("well formed");
    assert_eq!(nir.birth_month(), None);
}

#[test]
fn debug_is_masked() {
    assert_eq!(format!("{:?}", Nir::parse("2690549588157")), "Ok((Nir(*************), false))");
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>(), digits in "[0-9AB ]{13,15}") {
        let _ = Nir::parse(&text);
        let _ = Nir::parse(&digits);
    }

    /// The key sees any single wrong digit.
    #[test]
    fn a_wrong_digit_does_not_check(place in 7_usize..13, added in 1_u8..10) {
        let right = with_key("2690549588157");
        let mut wrong = right.into_bytes();
        wrong[place] = b'0' + (wrong[place] - b'0' + added) % 10;
        prop_assert_eq!(Nir::parse(std::str::from_utf8(&wrong).expect("ASCII")), Err(NirFault::Key));
    }
}
