//! What a partner and an operator would notice.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn key(first: u8) -> EncodingKey {
    EncodingKey::new(&std::array::from_fn(|place| first.wrapping_add(u8::try_from(place).unwrap())))
}

fn born(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn traits<'a>(nom: &'a str, prenoms: &'a str, naissance: &str) -> Traits<'a> {
    Traits { nom_naissance: nom, prenoms, naissance: born(naissance), ..Traits::default() }
}

fn encoded(key: &EncodingKey, id: &str, traits: &Traits<'_>) -> Encoded {
    Encoder::new(key).encode(id, traits).expect("whole")
}

/// Links a list with a reference; the identifier and the probability of what is chosen for each row.
fn linked(list: &[(&str, Traits<'_>)], reference: &[(&str, Traits<'_>)]) -> Vec<(String, String, f64)> {
    let key = key(1);
    let mut index = EncodedIndex::new(list.iter().map(|(id, traits)| encoded(&key, id, traits)).collect());
    for (id, traits) in reference {
        index.see(&encoded(&key, id, traits));
    }
    let (pairs, _) = index.decide(0.5);
    pairs.into_iter().filter(|pair| pair.is_chosen).map(|pair| (pair.list, pair.reference, pair.score)).collect()
}

/// The bytes of the format, as a second reading of `docs/methods/encoded-linkage.md` in another language computed them: a change is a new version.
#[test]
fn the_first_version_of_the_format_never_changes() {
    let row = Traits {
        nom_naissance: "Lefèvre",
        nom_usage: "DUPONT",
        prenoms: "Anne-Marie",
        naissance: born("1985-03-12"),
        commune: "Saint-Étienne",
        departement: "42",
    };
    let cells = encoded(&key(1), "17", &row).cells(key(1).id());
    let digest = ring::digest::digest(&ring::digest::SHA256, cells.join(";").as_bytes());
    let shown: String = digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((cells[0].as_str(), cells[1].len(), shown.as_str()), ("17", 8, "63a87e8b8667c7d2"));
    let lengths: Vec<usize> = cells[2..].iter().map(String::len).collect();
    assert_eq!(lengths, [256, 256, 256, 256, 256, 256, 64]);
}

#[test]
fn the_same_row_is_the_same_code_and_another_key_is_another() {
    let row = traits("Martin", "Jean", "1980-05-17");
    assert_eq!(encoded(&key(1), "1", &row), encoded(&key(1), "1", &row));
    let (one, other) = (encoded(&key(1), "1", &row).cells("k"), encoded(&key(2), "1", &row).cells("k"));
    assert!(one[2..8].iter().zip(&other[2..8]).all(|(one, other)| one != other));
    assert_ne!(key(1).id(), key(2).id());
}

#[test]
fn a_row_is_read_back_and_refused_under_another_key() {
    let row = encoded(&key(1), "ligne;2", &Traits { commune: "Brest", ..traits("Le Goff", "Yann", "1990-01-01") });
    let cells = row.cells(key(1).id());
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    assert_eq!(Encoded::read(&cells, key(1).id()), Ok(row));
    assert_eq!(Encoded::read(&cells, key(2).id()), Err(RecordFault::Key));
    assert_eq!(Encoded::read(&cells[..8], key(1).id()), Err(RecordFault::Cells));
    for column in 2..9 {
        let mut broken = cells.clone();
        broken[column] = "zz";
        assert_eq!(Encoded::read(&broken, key(1).id()), Err(RecordFault::Code(COLUMNS[column])));
    }
}

#[test]
fn a_row_that_lacks_what_it_takes_is_not_encoded() {
    let key = key(1);
    let missing = |row: &Traits<'_>| Encoder::new(&key).encode("1", row).unwrap_err();
    assert_eq!(missing(&traits("", "Jean", "1980-05-17")), Missing::Nom);
    assert_eq!(missing(&traits("X", "Jean", "1980-05-17")), Missing::Nom);
    assert_eq!(missing(&traits("Martin", "INCONNU", "1980-05-17")), Missing::Prenom);
    assert_eq!(missing(&traits("Martin", "J.", "1980-05-17")), Missing::Prenom);
    assert_eq!(missing(&traits("Martin", "Jean", "")), Missing::Naissance);
}

#[test]
fn errors_of_one_field_are_forgiven_and_other_people_are_not() {
    let reference = [
        ("r1", traits("LEFEBVRE", "HELENE", "1985-03-12")),
        ("r2", traits("MARTIN", "JEAN", "1980-05-17")),
        ("r3", traits("DIALLO", "MAMADOU", "1992-11-30")),
        ("r4", traits("LE GOFF", "YANN", "1990-04-09")),
        ("r5", Traits { nom_usage: "PETIT", ..traits("DURAND", "ZOE", "1977-07-21") }),
        ("r6", traits("MARTIN", "MARIE", "1980-05-17")),
    ];
    let list = [
        ("typing error", traits("Lefevre", "Hélène", "1985-03-12")),
        ("year", traits("Martin", "Jean", "1981-05-17")),
        ("swapped names", traits("Mamadou", "Diallo", "1992-11-30")),
        ("swapped day and month", traits("LEGOFF", "Yann", "1990-09-04")),
        ("surname in use", traits("Petit", "Zoé", "1977-07-21")),
        ("nobody", traits("Rossi", "Anna", "1966-02-03")),
        ("first name only", traits("Kowalski", "Jean", "1971-05-17")),
    ];
    let found = linked(&list, &reference);
    let of = |row: &str| found.iter().find(|(list, _, score)| list == row && *score > 0.5).map(|(_, reference, _)| reference.as_str());
    assert_eq!(of("typing error"), Some("r1"));
    assert_eq!(of("year"), Some("r2"));
    assert_eq!(of("swapped names"), Some("r3"));
    assert_eq!(of("swapped day and month"), Some("r4"));
    assert_eq!(of("surname in use"), Some("r5"));
    assert_eq!((of("nobody"), of("first name only")), (None, None));
}

#[test]
fn namesakes_share_the_probability() {
    let twice = traits("MARTIN", "JEAN", "1980-05-17");
    let found = linked(&[("l", traits("Martin", "Jean", "1980-05-17"))], &[("a", twice), ("b", twice)]);
    assert!(found.iter().all(|(_, _, score)| *score <= 0.5 + 1e-9), "{found:?}");
}

/// A frequent name is not a frequent code: without the key, nothing is left to rank.
#[test]
fn the_same_name_born_on_other_days_gives_unrelated_codes() {
    let key = key(1);
    let dates: Vec<String> = (1960..2000).map(|year| format!("{year}-{:02}-{:02}", 1 + year % 12, 1 + year % 28)).collect();
    let rows: Vec<Encoded> = dates.iter().map(|date| encoded(&key, date, &traits("MARTIN", "JEAN", date))).collect();
    for (place, one) in rows.iter().enumerate() {
        for other in &rows[place + 1..] {
            let likeness = one.noms_by_year[0].dice(&other.noms_by_year[0]);
            assert!(likeness < 350, "the codes of one name under two years are as alike as chance has it, not {likeness}");
        }
    }
}

/// Neither the number of surnames nor that of the blocking rules shows.
#[test]
fn every_row_has_as_many_codes_as_any_other() {
    let key = key(1);
    let single = encoded(&key, "1", &traits("MARTIN", "JEAN", "1980-05-17")).cells("k");
    let married = encoded(&key, "2", &Traits { nom_usage: "PETIT", ..traits("DURAND", "ZOE MARIE", "1977-07-21") }).cells("k");
    assert!(single.iter().zip(&married).skip(2).all(|(one, other)| one.len() == other.len()));
    let weights =
        |cell: &str| cell.as_bytes().chunks(128).map(|half| half.iter().filter(|digit| **digit != b'0').count()).collect::<Vec<_>>();
    assert!(weights(&single[3])[1] > 20, "the second name is noise, not nothing");
}

/// The truth is known: synthetic people, lists with errors. What encoding keeps of it is stated in `docs/methods/encoded-linkage.md` for larger problems.
#[test]
fn most_of_a_dirty_list_is_found_again() {
    let people: Vec<(String, String, String, NaiveDate)> = made_up_people(3_000);
    let key = key(3);
    let mut encoder = Encoder::new(&key);
    let mut rows = Vec::new();
    for (place, (id, nom, prenom, naissance)) in people.iter().enumerate().filter(|(place, _)| place % 5 == 0) {
        let mut letters: Vec<char> = nom.chars().collect();
        if place % 3 == 0 && letters.len() > 3 {
            letters.swap(1, 2);
        }
        let nom: String = letters.into_iter().collect();
        let row = Traits { nom_naissance: &nom, prenoms: prenom, naissance: Some(*naissance), ..Traits::default() };
        rows.push(encoder.encode(id, &row).expect("whole"));
    }
    let searched = rows.len();
    let mut index = EncodedIndex::new(rows);
    for (id, nom, prenom, naissance) in &people {
        let row = Traits { nom_naissance: nom, prenoms: prenom, naissance: Some(*naissance), ..Traits::default() };
        index.see(&encoder.encode(id, &row).expect("whole"));
    }
    let (pairs, report) = index.decide(0.5);
    let kept: Vec<_> = pairs.iter().filter(|pair| pair.is_chosen && pair.score >= 0.5).collect();
    let right = kept.iter().filter(|pair| pair.list == pair.reference).count();
    assert!(right * 100 >= searched * 97, "{right} of {searched} are found");
    assert!(right * 100 >= kept.len() * 99, "{right} of {} are right", kept.len());
    assert_eq!(report.found, kept.len() as u64);
}

/// People whose names and births are spread as made-up lists spread them.
fn made_up_people(count: usize) -> Vec<(String, String, String, NaiveDate)> {
    let syllables = ["MAR", "LE", "DU", "BER", "TO", "NI", "SA", "RO", "CHE", "VAL", "GAU", "PE", "LIN", "FOR", "DA", "MI"];
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    (0..count)
        .map(|place| {
            let mut word = |parts: usize| (0..parts).map(|_| syllables[next(16)]).collect::<String>();
            let (nom, prenom) = (word(3), word(2));
            let day = NaiveDate::from_ymd_opt(1955, 1, 1).expect("a day") + chrono::Days::new(u64::try_from(next(18_000)).expect("small"));
            (format!("p{place}"), nom, prenom, day)
        })
        .collect()
}

proptest! {
    #[test]
    fn no_text_makes_the_encoder_fail_and_no_clear_text_comes_out(nom in "\\PC{0,20}", prenom in "\\PC{0,20}", day in 1_u32..28) {
        let row = Traits { nom_naissance: &nom, prenoms: &prenom, naissance: NaiveDate::from_ymd_opt(1980, 5, day), ..Traits::default() };
        if let Ok(code) = Encoder::new(&key(1)).encode("1", &row) {
            let cells = code.cells("k");
            prop_assert!(cells[2..].iter().all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))));
            let read = Encoded::read(&cells.each_ref().map(String::as_str), "k");
            prop_assert_eq!(read.as_ref(), Ok(&code));
        }
    }

    #[test]
    fn the_order_of_rows_changes_nothing(turn in 0_usize..6) {
        let reference = [
            ("r1", traits("LEFEBVRE", "HELENE", "1985-03-12")),
            ("r2", traits("MARTIN", "JEAN", "1980-05-17")),
            ("r3", traits("DIALLO", "MAMADOU", "1992-11-30")),
            ("r4", traits("MARTIN", "JEANNE", "1980-05-17")),
        ];
        let list = [("l1", traits("Lefevre", "Hélène", "1985-03-12")), ("l2", traits("Martin", "Jean", "1980-05-17"))];
        let expected = linked(&list, &reference);
        let mut turned = reference;
        turned.rotate_left(turn % 4);
        prop_assert_eq!(linked(&list, &turned), expected);
    }
}
