//! Numbers on birthplaces that do not exist.

use super::{Number, Read};
use crate::birth::Birth;

fn birth(year: u16, month: u8, day: u8) -> Birth {
    Birth { year, month, day }
}

fn key(number: &str) -> String {
    let Read::Unverified(number) = Read::of(number.as_bytes()) else { panic!("a number") };
    format!("{:02}", number.key())
}

#[test]
fn a_number_is_read_however_written() {
    let thirteen = "2900348856011";
    let fifteen = format!("{thirteen}{}", key(thirteen));
    let spaced = format!(
        "{} {} {} {} {} {} {}",
        &fifteen[..1],
        &fifteen[1..3],
        &fifteen[3..5],
        &fifteen[5..7],
        &fifteen[7..10],
        &fifteen[10..13],
        &fifteen[13..]
    );
    assert!(matches!(Read::of(thirteen.as_bytes()), Read::Unverified(_)));
    assert!(matches!(Read::of(fifteen.as_bytes()), Read::Verified(_)));
    assert!(Read::of(spaced.as_bytes()) == Read::of(fifteen.as_bytes()));
    assert!(Read::of(b"1850348802001") != Read::Absent);
    assert!(matches!(Read::of(b"190032a802001"), Read::Unverified(_)), "Corsica, in small letters");
    assert!(Read::of(b"") == Read::Absent && Read::of(b"0000000000000") == Read::Absent);
}

#[test]
fn the_key_of_corsica_is_that_of_the_rule() {
    // 97 minus the remainder by 97, 2A read as 19.
    let as_digits: u64 = 1_900_319_802_001;
    assert_eq!(key("190032A802001"), format!("{:02}", 97 - as_digits % 97));
}

#[test]
fn what_is_no_nir_is_not_used_as_one() {
    // A temporary number: sex, SIREN of the employer, and characters of its own.
    assert!(Read::of(b"1732829320ABC") == Read::Temporary);
    assert!(Read::of(b"1732829320ABCDEFGH12345") == Read::Temporary);
    for other in ["MSA 1234567", "123", "9900348856011", "2901548856011"] {
        assert!(Read::of(other.as_bytes()) == Read::Other, "{other}");
    }
}

#[test]
fn a_slip_is_repaired_by_the_key() {
    let right = "2900348856011";
    let wrong = format!("2900348856071{}", key(right));
    let Read::WrongKey(number, given) = Read::of(wrong.as_bytes()) else { panic!("a wrong key") };
    let Read::Unverified(whole) = Read::of(right.as_bytes()) else { panic!("a number") };
    assert!(number.repaired(given).any(|repaired| repaired == whole));
    assert_eq!((number.edits(whole), whole.edits(whole)), (1, 0));
    assert!(number.repaired(given).all(|repaired| repaired.key() == given && repaired.edits(number) == 1));
}

#[test]
fn neighbours_swapped_are_one_slip() {
    let read = |text: &str| Read::of(text.as_bytes()).number().unwrap_or(Number::NONE);
    assert_eq!(read("2900348856011").edits(read("2900348856101")), 1);
    assert_eq!(read("2900348856011").edits(read("2900348856022")), 2);
    assert_eq!(read("2900348856011").edits(read("1850348802001")), 3);
}

#[test]
fn the_number_of_a_parent_is_not_the_rows_own() {
    let number = Read::of(b"1600348856011").number().unwrap_or(Number::NONE);
    assert!(number.agrees_with(1, birth(1960, 3, 12), 48));
    assert!(number.agrees_with(1, birth(1960, 12, 3), 48), "day and month swapped");
    assert!(!number.agrees_with(2, birth(1988, 11, 5), 48));
    assert!(!number.agrees_with(2, Birth::default(), 48), "nothing but the sex can be checked, and it differs");
}
