//! Dates as lists write them.

use super::Birth;

fn check(cell: &str, expected: (u16, u8, u8)) {
    let birth = Birth::read(cell.as_bytes());
    assert_eq!((birth.year, birth.month, birth.day), expected, "{cell}");
}

#[test]
fn every_form_of_a_day_is_read() {
    for cell in [
        "1985-03-12",
        "12/03/1985",
        "12-03-1985",
        "12.03.1985",
        "12 03 1985",
        "12/03/85",
        "19850312",
        "12031985",
        "120385",
        "12 mars 1985",
        "12-mars-85",
        "31118",
        "1985-03-12T00:00:00",
        "12/03/1985 00:00",
    ] {
        check(cell, (1985, 3, 12));
    }
    check("1 février 1990", (1990, 2, 1));
    check("3 ao\u{fb}t 1990", (1990, 8, 3));
    check("7 juillet 1990", (1990, 7, 7));
    check("5031985", (1985, 3, 5));
    check("12/25/1985", (1985, 12, 25));
    check("01/02/03", (2003, 2, 1));
}

#[test]
fn what_is_not_known_stays_unknown() {
    check("1985", (1985, 0, 0));
    check("03/1985", (1985, 3, 0));
    check("00/00/1985", (1985, 0, 0));
    check("XX/XX/1985", (1985, 0, 0));
    check("99/03/1985", (1985, 3, 0));
    for nothing in ["", "inconnu", "-", "0", "12/03", "demain"] {
        check(nothing, (0, 0, 0));
    }
}
