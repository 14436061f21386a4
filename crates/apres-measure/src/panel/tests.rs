use std::fmt::Write as _;

use proptest::prelude::*;

use super::{AgeBand, Career, HORIZONS, Leaver, MatchStatus, PanelRow, Sex, is_consolidated, is_observable, place};
use crate::calendar::Day;
use crate::contract::{Ascii, Spell};
use crate::exits::{Exit, ExitSource, ProgrammeRule, find_exits};
use crate::made_up::{any_spells, assert_same_lines, day, hundredths, lines_of, month, month_row, observations, programmes, spells};
use crate::spells::{MonthRow, build_spells};

/// SIRET of the structure that the made-up leavers left.
const STRUCTURE: u64 = 100_001;

const LEAVER: Leaver = Leaver { sex: Sex::F, birth_year: Some(1990), match_status: MatchStatus::Dsn, nir_is_verified: false };

/// The exit of an ACI on a day.
fn exit_on(date: Day, programme: Option<&ProgrammeRule>) -> Exit<'_> {
    Exit {
        person: Some(1),
        programme,
        structure_type: "ACI",
        structure: Some(STRUCTURE),
        departement: Ascii::parse("59"),
        entry: None,
        date,
        hours_centi: 0,
        motif_fin: None,
        source: ExitSource::Dsn,
    }
}

fn rows_of<'r>(exit: &Exit<'r>, spells: &[Spell], months: &[MonthRow], horizons: &[u8]) -> Vec<PanelRow<'r>> {
    let mut rows = vec![];
    let career = Career::new(spells, months);
    place(exit, &LEAVER, &career, month("2024-12"), horizons, &mut rows);
    rows
}

/// What is true of a row, in words: `m3: day month cdi durable part_time same insertion worked=3`.
fn words(row: &PanelRow<'_>) -> String {
    let mut words = format!("m{}:", row.horizon);
    let kind = row.contract_kind.map_or("", super::Kind::id);
    for (is_said, word) in [
        (row.employed_day, "day"),
        (row.employed_month, "month"),
        (!kind.is_empty(), kind),
        (row.durable, "durable"),
        (row.part_time, "part_time"),
        (row.same_employer, "same"),
        (row.insertion_day, "insertion"),
    ] {
        if is_said {
            write!(words, " {word}").unwrap();
        }
    }
    write!(words, " worked={}", row.months_worked).unwrap();
    words
}

/// Places an exit from the structure, under iae, at the horizons that the expected lines name.
#[track_caller]
fn check(exit: &str, career: &str, expected: &str) {
    check_programme(Some("iae"), exit, career, expected);
}

#[track_caller]
fn check_programme(programme: Option<&str>, exit: &str, career: &str, expected: &str) {
    let programmes = programmes();
    let programme = programme.map(|id| programmes.iter().find(|programme| programme.id == id).unwrap());
    let horizons: Vec<u8> = lines_of(expected).map(|line| line[1..].split_once(':').unwrap().0.parse().unwrap()).collect();
    let rows = rows_of(&exit_on(day(exit), programme), &spells(career), &[], &horizons);
    let seen: Vec<String> = rows.iter().map(words).collect();
    assert_same_lines(&seen.join("\n"), expected);
}

#[test]
fn nobody_s_career_is_no_job() {
    check("2024-01-31", "", "m0: worked=0\nm1: worked=0\nm24: worked=0");
}

#[test]
fn a_cdi_without_an_end_is_a_job_ever_after() {
    check(
        "2024-01-31",
        "01 2024-03-15..",
        "m1: worked=0
         m2: day month cdi durable worked=1
         m3: day month cdi durable worked=2
         m12: day month cdi durable worked=11
         m24: day month cdi durable worked=23",
    );
}

#[test]
fn the_day_counts_from_the_first_to_the_last_of_a_contract() {
    for (career, employed) in [
        ("02 2024-04-30..2024-05-10", "day month cdd_moins_6_mois worked=1"),
        ("02 2024-05-01..2024-05-10", "worked=0"),
        ("02 2024-04-01..2024-04-30", "day month cdd_moins_6_mois worked=1"),
        ("02 2024-04-01..2024-04-29", "month worked=1"),
        ("02 2024-04-30..2024-04-30", "day month cdd_moins_6_mois worked=1"),
    ] {
        check("2024-01-30", career, &format!("m3: {employed}"));
    }
}

#[test]
fn the_day_is_clipped_to_the_end_of_the_month() {
    check("2023-08-31", "02 2024-02-29..2024-03-10", "m6: day month cdd_moins_6_mois worked=1");
    check("2023-08-31", "02 2024-03-01..2024-03-10", "m6: worked=0");
    check("2022-08-31", "02 2023-02-28..2023-03-10", "m6: day month cdd_moins_6_mois worked=1");
}

#[test]
fn an_early_end_is_the_end() {
    check(
        "2024-01-31",
        "02 2024-02-05..2024-03-15 expected=2024-12-31",
        "m1: day month cdd_6_mois_ou_plus durable worked=1
         m2: month worked=2
         m3: worked=2",
    );
}

#[test]
fn a_renewed_cdd_becomes_long() {
    check(
        "2024-01-31",
        "02 2024-02-05..2024-04-30 numero=1 expected=2024-04-30
         02 2024-05-02..2024-08-04 numero=2 expected=2024-08-04",
        "m1: day month cdd_6_mois_ou_plus durable worked=1
         m3: day month cdd_6_mois_ou_plus durable worked=3
         m6: day month cdd_6_mois_ou_plus durable worked=6",
    );
}

#[test]
fn insertion_is_a_state_of_its_own() {
    check("2024-01-31", "02 2024-02-05..2024-08-31 complement=04 siret=200001", "m0: worked=0\nm3: insertion worked=0");
    check("2024-01-31", "02 2024-02-05..2024-08-31 dispositif=71", "m3: insertion worked=0");
    check(
        "2024-01-31",
        "02 2024-02-05..2024-08-31 complement=04 siret=200001
         01 2024-03-01.. siret=300001 modalite=20",
        "m3: day month cdi durable part_time insertion worked=2",
    );
    // An entreprise adaptée is ordinary employment.
    check("2024-01-31", "01 2024-02-05.. complement=01", "m3: day month cdi durable worked=3");
}

#[test]
fn a_permanent_job_in_the_structure_left_is_employment() {
    check(
        "2024-01-31",
        "02 2023-01-01..2024-01-31 complement=02 dispositif=71 siret=100001 numero=1
         01 2024-02-01.. siret=100001 numero=2",
        "m0: insertion worked=0\nm1: day month cdi durable same worked=1",
    );
    check("2024-01-31", "01 2024-02-01.. siret=100002", "m1: day month cdi durable same worked=1");
    // A transfer to another SIREN looks like another employer.
    check("2024-01-31", "01 2024-02-01.. siret=200001", "m1: day month cdi durable worked=1");
}

#[test]
fn the_programme_itself_in_the_structure_left_is_no_employment() {
    let apprenticeship = "02 2024-03-01..2025-02-28 dispositif=64";
    let structure = format!("{apprenticeship} siret=100001");
    let elsewhere = format!("{apprenticeship} siret=100002");
    check_programme(Some("apprentissage"), "2023-12-31", &structure, "m3: worked=0");
    check_programme(Some("apprentissage"), "2023-12-31", &elsewhere, "m3: day month alternance same worked=1");
    check_programme(Some("pec"), "2023-12-31", &structure, "m3: day month alternance same worked=1");
    check_programme(None, "2023-12-31", &structure, "m3: day month alternance same worked=1");
}

#[test]
fn what_is_outside_the_field_is_no_employment() {
    for nature in ["29", "32", "53", "54", "60", "70", "80", "81", "89", "90", "--"] {
        check("2024-01-31", &format!("{nature} 2024-02-01.."), "m3: worked=0");
    }
}

#[test]
fn a_job_that_began_before_the_exit_counts() {
    check("2024-01-31", "01 2023-06-01.. siret=200001", "m0: day month cdi durable worked=0\nm1: day month cdi durable worked=1");
}

#[test]
fn months_are_a_union_and_start_after_the_month_of_the_exit() {
    check(
        "2024-01-15",
        "03 2024-01-20..2024-01-20 numero=1
         03 2024-02-03..2024-02-03 numero=2
         03 2024-02-07..2024-02-07 numero=3
         02 2024-02-10..2024-03-02 siret=200001
         01 2024-12-31.. siret=300001",
        "m0: month worked=0
         m1: day month cdd_moins_6_mois worked=1
         m2: month worked=2
         m10: worked=2
         m11: month worked=3
         m12: day month cdi durable worked=4",
    );
}

#[test]
fn dozens_of_missions_make_durable_interim_at_last() {
    let first = day("2024-02-01");
    let missions: Vec<String> = (0..40).map(|mission| first.plus_days(mission * 5)).map(|day| format!("03 {day}..{day}")).collect();
    check("2024-01-26", &missions.join("\n"), "m1: day month interim durable worked=1\nm2: month worked=2\nm9: worked=7");
}

#[test]
fn customary_use_is_a_job_and_never_a_durable_one() {
    check("2024-01-31", "02 2024-02-01..2024-12-31 motif=05", "m3: day month cdd_usage worked=3");
}

#[test]
fn the_pay_of_an_apprentice_and_a_suspension_change_nothing() {
    let declared = observations(
        "2024-02 02 2024-02-01 dispositif=64 hours=0.00 gross=0.00
         2024-03 02 2024-02-01 dispositif=64 hours=0.00 gross=-12.00",
    );
    let careers = build_spells(&declared, month("2024-03"));
    let exit = exit_on(day("2024-01-31"), None);
    let rows = rows_of(&exit, &careers.spells, &careers.months, &[1]);
    assert_eq!(words(&rows[0]), "m1: day month alternance worked=1");
}

#[test]
fn a_retirement_is_no_job_and_stays_counted() {
    check("2024-01-31", "01 2024-02-01..2024-04-10 motif_fin=39", "m1: day month cdi durable worked=1\nm3: month worked=3\nm4: worked=3");
}

/// Two jobs of one day, the first of which is the main one; each pair differs by one criterion more.
#[test]
fn the_main_job_is_settled_tie_by_tie() {
    let pairs = [
        // without a term before the longest, whatever the rest,
        ("01 2024-03-01..2024-05-31 siret=300002 quotite=100", "02 2023-01-01..2025-12-31 siret=300001 quotite=1000"),
        ("50 2024-03-01..2024-05-31 siret=300002", "51 2023-01-01.. siret=300001"),
        // then the longest as it was meant,
        ("02 2024-03-01..2024-05-31 expected=2024-12-31 siret=300002 quotite=100", "02 2024-01-01..2024-08-31 siret=300001 quotite=1000"),
        ("01 2024-01-01.. siret=300002 last=2024-12", "01 2024-01-02.. siret=300001 last=2024-12"),
        // then the larger quotité, where one is known,
        ("02 2024-03-02..2024-06-01 siret=300002 quotite=800", "02 2024-03-01..2024-05-31 siret=300001 quotite=799"),
        ("02 2024-03-02..2024-06-01 siret=300002 quotite=1", "02 2024-03-01..2024-05-31 siret=300001"),
        // then the larger pay of the month of that day,
        ("02 2024-03-02..2024-06-01 siret=300002 gross=100.01", "02 2024-03-01..2024-05-31 siret=300001 gross=100.00"),
        ("02 2024-03-02..2024-06-01 siret=300002", "02 2024-03-01..2024-05-31 siret=300001 gross=-1.00"),
        // then the earlier start,
        ("02 2024-03-01..2024-05-31 siret=300002", "02 2024-03-02..2024-06-01 siret=300001"),
        // then the smaller SIRET,
        ("02 2024-03-01..2024-05-31 siret=300001 numero=2", "02 2024-03-01..2024-05-31 siret=300002 numero=1"),
        // then the smaller number.
        ("02 2024-03-01..2024-05-31 siret=300001 numero=1", "02 2024-03-01..2024-05-31 siret=300001 numero=2"),
    ];
    for (main, other) in pairs {
        for lines in [format!("{main}\n{other}"), format!("{other}\n{main}")] {
            let spells = spells(&lines);
            let months: Vec<MonthRow> = spells.iter().flat_map(pay_rows).collect();
            let career = Career::new(&spells, &months);
            let exit = exit_on(day("2024-01-15"), None);
            let index = super::main_job(&exit, &career, day("2024-04-15")).unwrap();
            let expected = crate::made_up::spell(main).contract;
            assert_eq!(spells[index].contract, expected, "{lines}");
        }
    }
}

/// The pay that a made-up spell gives, in April; in March, a thousand euros the other way.
fn pay_rows(spell: &Spell) -> Vec<MonthRow> {
    let row = |declared, gross_cents| month_row(spell.contract, declared, gross_cents);
    match spell.last_gross_cents {
        0 => vec![],
        gross => vec![row("2024-03", hundredths("1000.00") - gross), row("2024-04", gross)],
    }
}

#[test]
fn kind_durability_and_employer_are_those_of_the_main_job_alone() {
    check(
        "2024-01-31",
        "02 2024-02-01..2025-01-31 siret=100001 modalite=20
         08 2024-04-01..2024-05-31 siret=200001 modalite=10",
        "m3: day month cdi_interimaire durable worked=3\nm6: day month cdd_6_mois_ou_plus durable part_time same worked=6",
    );
}

#[test]
fn a_quarter_is_seen_whole_or_not_at_all() {
    for (exit, horizon, lake, observable, consolidated) in [
        ("2024-07-01", 3, "2024-11", false, false),
        ("2024-07-01", 3, "2024-12", true, false),
        ("2024-09-30", 3, "2024-12", true, false),
        ("2024-10-01", 3, "2024-12", false, false),
        ("2024-07-01", 3, "2025-02", true, false),
        ("2024-07-01", 3, "2025-03", true, true),
        ("2024-07-01", 6, "2025-02", false, false),
        ("2024-07-01", 6, "2025-03", true, false),
        ("2024-12-31", 1, "2025-01", true, false),
        ("2024-12-31", 24, "2026-12", true, false),
        ("2024-12-31", 24, "2027-03", true, true),
    ] {
        let (exit_day, lake_month) = (day(exit), month(lake));
        let case = format!("{exit} m{horizon} seen to {lake}");
        assert_eq!(is_observable(exit_day, horizon, lake_month), observable, "{case}");
        assert_eq!(is_consolidated(exit_day, horizon, lake_month), consolidated, "{case}");
    }
}

#[test]
fn one_row_per_horizon_the_exit_always_observable() {
    // A list may give an exit in a quarter that the lake has not reached.
    let exit = exit_on(day("2025-01-15"), None);
    let rows = rows_of(&exit, &[], &[], &HORIZONS);
    let observable: Vec<(u8, bool)> = rows.iter().map(|row| (row.horizon, row.observable)).collect();
    assert_eq!(observable, [(0, true), (1, false), (3, false), (6, false), (9, false), (12, false), (18, false), (24, false)]);
}

#[test]
fn dimensions_are_those_of_the_exit() {
    let programmes = programmes();
    let rows = rows_of(&exit_on(day("2024-08-31"), Some(&programmes[0])), &[], &[], &[0, 6]);
    for row in rows {
        assert_eq!((row.programme, row.structure_type), ("iae", "ACI"));
        assert_eq!(row.quarter.unwrap().to_string(), "2024T3");
        assert_eq!(row.departement.unwrap().as_str(), "59");
        assert_eq!((row.sex.id(), row.age_band.id()), ("F", "26_49"));
        assert_eq!((row.person, row.structure), (Some(1), Some(STRUCTURE)));
        assert_eq!(row.exit_date, Some(day("2024-08-31")));
    }
}

#[test]
fn a_list_need_not_name_a_structure() {
    let exit =
        Exit { structure: None, structure_type: "", departement: None, source: ExitSource::List, ..exit_on(day("2024-01-31"), None) };
    let rows = rows_of(&exit, &spells("01 2024-02-01.. siret=100001"), &[], &[1]);
    assert_eq!(words(&rows[0]), "m1: day month cdi durable worked=1");
    assert_eq!((rows[0].programme, rows[0].structure_type), ("", ""));
    assert_eq!(words(&rows_of(&exit, &[], &[], &[1])[0]), "m1: worked=0");
}

#[test]
fn age_is_a_difference_of_years() {
    for (birth_year, band) in
        [(Some(1999), "moins_26"), (Some(1998), "26_49"), (Some(1975), "26_49"), (Some(1974), "50_plus"), (None, "inconnu")]
    {
        assert_eq!(AgeBand::of(2024, birth_year).id(), band, "{birth_year:?}");
    }
}

/// Status of the match, whether the NIR is verified, and what follows.
#[test]
fn who_is_known_is_in_the_denominators() {
    for (match_status, nir_is_verified, matched, usable, known) in [
        (MatchStatus::Dsn, false, true, true, true),
        (MatchStatus::Nir, true, true, true, true),
        (MatchStatus::Identite, false, true, true, true),
        (MatchStatus::Ambigu, false, false, true, false),
        (MatchStatus::Ambigu, true, false, true, true),
        (MatchStatus::NonTrouve, false, false, true, false),
        (MatchStatus::NonTrouve, true, false, true, true),
        (MatchStatus::Inutilisable, false, false, false, false),
        (MatchStatus::Inutilisable, true, false, false, false),
    ] {
        let leaver = Leaver { match_status, nir_is_verified, ..LEAVER };
        let row = PanelRow::unplaced(&leaver, "iae");
        assert_eq!((row.matched, row.usable, row.known), (matched, usable, known), "{leaver:?}");
        assert_eq!((row.horizon, row.observable, row.quarter), (0, true, None));
    }
}

#[test]
fn from_declarations_to_a_row() {
    let declared = observations(
        "2024-01 02 2023-10-02 siret=100001 dispositif=71 complement=02 expected=2024-03-31 hours=104.00
         2024-02 02 2023-10-02 siret=100001 dispositif=71 complement=02 expected=2024-03-31 hours=104.00
         2024-03 02 2023-10-02 siret=100001 dispositif=71 complement=02 expected=2024-03-31 hours=104.00 end=2024-03-15/037
         2024-04 02 2024-04-02 siret=200001 expected=2024-07-31
         2024-05 02 2024-04-02 siret=200001 expected=2024-07-31",
    );
    let careers = build_spells(&declared, month("2024-12"));
    let programmes = programmes();
    let mut exits = vec![];
    find_exits(&careers.spells, &programmes, month("2024-12"), &mut exits);
    assert_eq!(exits.len(), 1);
    assert_eq!(exits[0].date, day("2024-03-15"));
    let rows = rows_of(&exits[0], &careers.spells, &careers.months, &[0, 1, 2, 3]);
    let seen: Vec<String> = rows.iter().map(words).collect();
    assert_same_lines(
        &seen.join("\n"),
        // The second contract disappears after May: it was signed for four months, and ends with May.
        "m0: insertion worked=0
         m1: day month cdd_moins_6_mois worked=1
         m2: day month cdd_moins_6_mois worked=2
         m3: worked=2",
    );
}

#[test]
#[should_panic(expected = "a horizon is at most 63 months")]
fn a_horizon_beyond_reach_is_a_fault() {
    rows_of(&exit_on(day("2024-01-31"), None), &[], &[], &[64]);
}

fn any_exit_day() -> impl Strategy<Value = Day> {
    (0..900_i32).prop_map(|days| day("2022-01-15").plus_days(days))
}

proptest! {
    /// Every column that looks at days, found again by walking through the calendar a day at a time.
    #[test]
    fn rows_agree_with_a_walk_through_the_days(spells in any_spells(), date in any_exit_day(), named in any::<bool>()) {
        let programmes = programmes();
        let exit = Exit { structure: Some(300_001), ..exit_on(date, named.then_some(&programmes[1])) };
        let counts = |spell: &Spell| {
            let is_same = named && spell.contract.siret == 300_001 && matches!(spell.terms.dispositif, Some(41 | 42));
            let natures = [1, 2, 3, 7, 8, 9, 10, 20, 21, 50, 51, 52, 82, 91, 92, 93];
            spell.terms.nature.is_some_and(|nature| natures.contains(&nature)) && !spell.terms.is_insertion() && !is_same
        };
        let works = |on: Day| spells.iter().any(|spell| counts(spell) && spell.is_active_on(on));
        let works_in = |month: crate::calendar::Month| {
            (month.first_day().0..=month.last_day().0).any(|number| works(Day(number)))
        };
        for row in rows_of(&exit, &spells, &[], &HORIZONS) {
            let on = date.plus_months(u32::from(row.horizon));
            prop_assert_eq!(row.employed_day, works(on));
            prop_assert_eq!(row.employed_month, works_in(on.month()));
            let worked = (1..=i32::from(row.horizon)).filter(|&k| works_in(date.month().plus(k))).count();
            prop_assert_eq!(usize::from(row.months_worked), worked);
        }
    }

    #[test]
    fn rows_are_consistent(spells in any_spells(), date in any_exit_day()) {
        let exit = exit_on(date, None);
        let horizons: Vec<u8> = (0..=63).collect();
        let rows = rows_of(&exit, &spells, &[], &horizons);
        for row in &rows {
            prop_assert!(!row.employed_day || row.employed_month);
            prop_assert_eq!(row.employed_day, row.contract_kind.is_some());
            prop_assert!(row.employed_day || !(row.durable || row.part_time || row.same_employer));
            prop_assert!(row.months_worked <= row.horizon);
        }
        for pair in rows.windows(2) {
            let more = pair[1].months_worked - pair[0].months_worked;
            prop_assert_eq!(more, u8::from(pair[1].employed_month));
            prop_assert!(pair[0].observable || !pair[1].observable);
            prop_assert!(pair[0].consolidated || !pair[1].consolidated);
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_other_horizons(spells in any_spells(), date in any_exit_day()) {
        let exit = exit_on(date, None);
        let all = rows_of(&exit, &spells, &[], &HORIZONS);
        for (row, &horizon) in all.iter().zip(&HORIZONS) {
            prop_assert_eq!(&rows_of(&exit, &spells, &[], &[horizon])[0], row);
        }
    }
}
