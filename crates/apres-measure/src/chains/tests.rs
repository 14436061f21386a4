use proptest::prelude::*;

use super::{first_chain_length, sequence_days};
use crate::contract::Spell;
use crate::made_up::{any_spells, spells};

/// The length of the sequence of each spell, in the order of the text.
#[track_caller]
fn check(lines: &str, expected: &[i32]) {
    let spells = spells(lines);
    assert_eq!(sequence_days(&spells), expected, "{lines}");
}

#[test]
fn a_week_without_a_contract_continues_a_sequence_and_eight_days_do_not() {
    // Monday 8 January to Friday 12; seven days lie between the 12th and the 20th.
    check("03 2024-01-08..2024-01-12\n03 2024-01-20..2024-01-25", &[18, 18]);
    check("03 2024-01-08..2024-01-12\n03 2024-01-21..2024-01-25", &[5, 5]);
    check("03 2024-01-08..2024-01-12\n03 2024-01-13..2024-01-25", &[18, 18]);
    check("03 2024-01-08..2024-01-12\n03 2024-01-10..2024-01-25", &[18, 18]);
}

#[test]
fn a_sequence_stays_within_an_establishment_and_a_family() {
    check("03 2024-01-08..2024-01-12 siret=300001\n03 2024-01-13..2024-01-25 siret=300002", &[5, 13]);
    check("02 2024-01-08..2024-01-12\n03 2024-01-13..2024-01-25", &[5, 13]);
    check("02 2024-01-08..2024-01-12\n10 2024-01-13..2024-01-25", &[18, 18]);
    check("02 2024-01-08..2024-01-12\n92 2024-01-13..2024-01-25", &[18, 18]);
    check("51 2024-01-08..2024-01-12\n51 2024-01-13..2024-01-25", &[5, 13]);
    check("02 2024-01-08..2024-01-12\n01 2024-01-13..2024-01-25", &[5, 13]);
}

#[test]
fn customary_use_subsidies_and_alternance_form_no_sequence() {
    for terms in ["motif=05", "dispositif=21", "dispositif=41", "dispositif=42", "dispositif=61", "dispositif=64"] {
        check(&format!("02 2024-01-08..2024-01-12\n02 2024-01-13..2024-01-25 {terms}"), &[5, 13]);
    }
    check("02 2024-01-08..2024-01-12\n02 2024-01-13..2024-01-25 motif=03", &[18, 18]);
    check("03 2024-01-08..2024-01-12\n03 2024-01-13..2024-01-25 motif=05", &[18, 18]);
}

#[test]
fn a_cdi_counts_for_itself() {
    check("01 2024-01-08.. last=2024-03", &[84]);
    check("08 2024-01-08..2024-01-12\n08 2024-01-13..2024-01-25", &[5, 13]);
}

#[test]
fn intention_lengthens_a_sequence_and_never_joins_one() {
    // Ended on the 12th although meant until June: the next starts after a gap from the 12th.
    check("02 2024-01-08..2024-01-12 expected=2024-06-30\n02 2024-02-20..2024-02-25", &[175, 6]);
    check("02 2024-01-08..2024-01-12 expected=2024-06-30\n02 2024-01-15..2024-01-20", &[175, 175]);
    // An end inferred before the expected one changes nothing to what was signed.
    check("02 2024-01-08..2024-01-31 expected=2024-07-07 inferred=yes", &[182]);
}

#[test]
fn six_months_are_182_days() {
    check("02 2024-01-01..2024-06-29", &[181]);
    check("02 2024-01-01..2024-06-30", &[182]);
    check("02 2024-01-01..2024-03-31\n02 2024-04-08..2024-06-30", &[182, 182]);
}

#[test]
fn an_open_spell_holds_its_sequence_open() {
    check("02 2024-01-01.. last=2024-04 numero=1\n02 2024-09-01..2024-09-30 numero=2", &[274, 274]);
    check("02 2024-01-01.. last=2024-04 expected=2024-12-31", &[366]);
}

#[test]
fn the_latest_end_counts_not_the_last_start() {
    check(
        "02 2024-01-01..2024-03-31 numero=1
         02 2024-01-10..2024-01-12 numero=2
         02 2024-04-05..2024-04-30 numero=3",
        &[121, 121, 121],
    );
}

#[test]
fn dozens_of_missions_of_a_day_are_one_sequence() {
    let first = crate::made_up::day("2024-01-01");
    let lines: Vec<String> = (0..40).map(|mission| first.plus_days(mission * 5)).map(|day| format!("03 {day}..{day}")).collect();
    check(&lines.join("\n"), &[196; 40]);
}

#[test]
fn a_contract_never_worked_joins_nothing() {
    check(
        "03 2024-01-01..2024-01-05 numero=1
         03 2024-01-12..2024-01-10 numero=2
         03 2024-01-18..2024-01-20 numero=3",
        &[5, -1, 3],
    );
}

proptest! {
    /// The rule as written, found the slow way: two spells are joined when nothing splits the sorted run between them.
    #[test]
    fn a_chain_ends_at_the_first_gap(mut spells in any_spells(), gap in 0..70_i32) {
        spells.retain(|spell| !spell.is_void());
        spells.sort_by_key(|spell| spell.contract.date_debut);
        let splits_before = |next: usize| {
            let limit = |before: &Spell| before.date_fin.is_some_and(|end| end.0 + gap < spells[next].contract.date_debut.0);
            spells[..next].iter().all(limit)
        };
        let expected = (1..spells.len()).find(|&next| splits_before(next)).unwrap_or(spells.len());
        prop_assert_eq!(first_chain_length(spells.iter(), gap), expected);
    }

    #[test]
    fn a_sequence_is_no_shorter_than_its_spells(spells in any_spells()) {
        for (spell, days) in spells.iter().zip(sequence_days(&spells)) {
            prop_assert!(days >= spell.reach().days_since(spell.contract.date_debut));
        }
    }
}
