use super::{Ascii, Kind, siren_of};
use crate::made_up::{day, month, spell};

#[test]
fn a_spell_is_active_from_its_first_day_to_its_last() {
    for (line, on, active) in [
        ("02 2024-01-10..2024-03-31", "2024-01-09", false),
        ("02 2024-01-10..2024-03-31", "2024-01-10", true),
        ("02 2024-01-10..2024-03-31", "2024-03-31", true),
        ("02 2024-01-10..2024-03-31", "2024-04-01", false),
        ("02 2024-01-10..2024-01-10", "2024-01-10", true),
        // The prototype took the expected end for the end: a permanent contract was no job, an early end was one.
        ("01 2024-01-10..", "2030-01-01", true),
        ("02 2024-01-10..2024-02-15 expected=2024-06-30", "2024-02-16", false),
        ("02 2024-01-10.. expected=2024-06-30", "2024-07-01", true),
        ("02 2024-01-10..2024-01-09", "2024-01-10", false),
        ("02 2024-01-10..2024-01-09", "2024-01-09", false),
    ] {
        assert_eq!(spell(line).is_active_on(day(on)), active, "{line} on {on}");
    }
}

#[test]
fn days_of_a_month_are_counted_once_and_within_it() {
    for (line, days) in [
        ("02 2024-01-10..2024-04-30", 29),
        ("02 2024-02-29..2024-02-29", 1),
        ("02 2024-02-10..", 20),
        ("02 2024-02-10..2024-02-09", 0),
        ("02 2024-03-01..", 0),
        ("02 2024-01-01..2024-01-31", 0),
    ] {
        assert_eq!(spell(line).days_active_in(month("2024-02")), days, "{line}");
    }
}

#[test]
fn the_reach_is_the_latest_of_intention_and_fact() {
    for (line, reach) in [
        ("02 2024-01-10..2024-02-15 expected=2024-06-30", "2024-06-30"),
        ("02 2024-01-10..2024-07-15 expected=2024-06-30", "2024-07-15"),
        ("02 2024-01-10..2024-02-15", "2024-02-15"),
        ("01 2024-01-10.. last=2024-09", "2024-09-30"),
        ("02 2024-01-10.. last=2024-09 expected=2024-12-15", "2024-12-15"),
        ("02 2024-01-10.. last=2024-09 expected=2024-09-15", "2024-09-30"),
    ] {
        assert_eq!(spell(line).reach(), day(reach), "{line}");
    }
}

#[test]
fn an_entreprise_adaptee_is_no_insertion() {
    for (terms, insertion) in [
        ("complement=01", false),
        ("complement=02", true),
        ("complement=03", true),
        ("complement=04", true),
        ("complement=05", true),
        ("complement=06", true),
        ("complement=07", true),
        ("complement=08", false),
        ("complement=99", false),
        ("dispositif=71", true),
        ("dispositif=71 complement=01", true),
        ("dispositif=41", false),
        ("", false),
    ] {
        let line = format!("02 2024-01-01..2024-12-31 {terms}");
        assert_eq!(spell(&line).terms.is_insertion(), insertion, "{terms}");
    }
}

#[test]
fn the_field_and_the_kind_of_every_nature() {
    let in_field: Vec<u8> = (0..=99).filter(|nature| spell(&format!("{nature} 2024-01-01..2024-12-31")).terms.is_in_field()).collect();
    assert_eq!(in_field, [1, 2, 3, 7, 8, 9, 10, 20, 21, 50, 51, 52, 82, 91, 92, 93]);
    assert!(!spell("-- 2024-01-01..2024-12-31").terms.is_in_field());
    let unlimited: Vec<u8> = (0..=99).filter(|nature| spell(&format!("{nature} 2024-01-01..2024-12-31")).terms.is_unlimited()).collect();
    assert_eq!(unlimited, [1, 7, 8, 9, 50, 82, 91]);
}

/// Terms, the length of the sequence, and the kind that comes out, with `durable` when it is.
#[test]
fn kinds_and_durability() {
    let cases = "
        01                      1    cdi durable
        07                      1    cdi durable
        09                      1    cdi durable
        82                      1    cdi durable
        91                      1    cdi durable
        01 dispositif=21        1    cdi durable
        01 dispositif=41        1    cdi durable
        01 dispositif=64        1    alternance
        02 dispositif=61      400    alternance
        02 dispositif=65      400    alternance
        92 dispositif=81      400    alternance
        03 dispositif=64      400    alternance
        08                      1    cdi_interimaire durable
        08 dispositif=21        1    cdi_interimaire
        03                    181    interim
        03                    182    interim durable
        03 motif=05           182    interim durable
        50                      1    public_titulaire durable
        10                    181    public_contractuel
        10                    182    public_contractuel durable
        10 motif=05           182    public_contractuel durable
        10 dispositif=42      400    public_contractuel
        51                    181    public_contractuel
        51                    182    public_contractuel durable
        52                    182    public_contractuel durable
        02                    181    cdd_moins_6_mois
        02                    182    cdd_6_mois_ou_plus durable
        92                    181    cdd_moins_6_mois
        92                    182    cdd_6_mois_ou_plus durable
        02 motif=05           400    cdd_usage
        92 motif=05           400    cdd_usage
        02 motif=03           182    cdd_6_mois_ou_plus durable
        02 dispositif=21      400    cdd_6_mois_ou_plus
        02 dispositif=41      181    cdd_moins_6_mois
        02 dispositif=42      400    cdd_6_mois_ou_plus
        20                    400    autre
        21                    400    autre
        93                    400    autre
    ";
    for case in crate::made_up::lines_of(cases) {
        let words: Vec<&str> = case.split_whitespace().collect();
        let (terms, rest): (Vec<&str>, Vec<&str>) = words[1..].iter().partition(|word| word.contains('='));
        let days = rest[0].parse().unwrap();
        let line = format!("{} 2024-01-01..2024-12-31 {}", words[0], terms.join(" "));
        let spell = spell(&line);
        assert_eq!(spell.terms.kind(days).id(), rest[1], "{case}");
        assert_eq!(spell.terms.is_durable(days), rest.get(2) == Some(&"durable"), "{case}");
    }
}

#[test]
fn a_public_fixed_term_is_no_cdd() {
    // The prototype filed nature 51 under CDD.
    assert_eq!(spell("51 2024-01-01..").terms.kind(400), Kind::PublicContractuel);
}

#[test]
fn part_time_is_a_modality_other_than_full() {
    for (terms, part_time) in [("modalite=10", false), ("modalite=20", true), ("modalite=99", true), ("", false)] {
        let line = format!("01 2024-01-01.. {terms}");
        assert_eq!(spell(&line).terms.is_part_time(), part_time, "{terms}");
    }
}

#[test]
fn short_texts_are_printable_ascii() {
    assert_eq!(Ascii::<3>::parse("2A").unwrap().as_str(), "2A");
    assert_eq!(Ascii::<3>::parse("974").unwrap().as_str(), "974");
    assert_eq!(Ascii::<5>::parse("7820Z").unwrap().as_str(), "7820Z");
    for refused in ["", "9740", "2\0", "é", "2 A"] {
        assert_eq!(Ascii::<3>::parse(refused), None, "{refused:?}");
    }
}

#[test]
fn a_siren_is_a_siret_without_its_establishment() {
    assert_eq!(siren_of(12_345_678_900_012), 123_456_789);
    assert_eq!(siren_of(300_001), 3);
}
