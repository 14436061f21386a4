//! The embedded catalogue, and what a bad one is told.

use proptest::prelude::*;

use super::*;

/// A made-up row: the facts that are true, the texts and the numbers that it has.
#[derive(Default)]
struct Made {
    facts: Vec<Column>,
    texts: Vec<(Column, String)>,
    numbers: Vec<(Column, i64)>,
}

impl Row for Made {
    fn fact(&self, column: Column) -> bool {
        self.facts.contains(&column)
    }

    fn text(&self, column: Column) -> Option<&str> {
        self.texts.iter().find(|(known, _)| *known == column).map(|(_, text)| text.as_str())
    }

    fn number(&self, column: Column) -> Option<i64> {
        self.numbers.iter().find(|(known, _)| *known == column).map(|(_, number)| *number)
    }
}

#[test]
fn the_embedded_catalogue_holds_the_indicators_of_the_method_page() {
    let catalogue = Catalogue::embedded();
    let ids: Vec<_> = catalogue.indicators().iter().map(|indicator| indicator.id.as_str()).collect();
    assert_eq!(ids, ["A-02", "A-03", "A-03D", "A-03U", "B-01", "B-02", "B-04", "B-10", "B-10D", "B-12", "D-01"]);
    let written: Vec<_> = catalogue.indicators().iter().map(|indicator| indicator.denominator.to_string()).collect();
    let known = "known and observable";
    let expected =
        ["usable", "usable", "usable", "not usable", known, known, known, known, known, known, "known and observable and employed_day"];
    assert_eq!(written, expected);
    let horizons = [1, 3, 6, 9, 12, 18, 24];
    assert_eq!(catalogue.indicator("B-01").unwrap().horizons, horizons);
    assert_eq!(catalogue.indicator("B-12").unwrap().numerator.as_ref().unwrap().to_string(), "months_worked = 0");
    assert_eq!(catalogue.indicator("A-03").unwrap().populations, [PopulationKind::List]);
    for indicator in catalogue.indicators() {
        let is_alone = indicator.horizons == [0] || indicator.horizons == [12];
        assert!(is_alone || indicator.horizons == horizons, "{}", indicator.id);
    }
}

#[test]
fn what_is_shown_says_emploi_salarie_never_emploi_alone() {
    for indicator in Catalogue::embedded().indicators() {
        let texts = [
            &indicator.name,
            &indicator.question,
            &indicator.denominator_text,
            &indicator.numerator_text,
            &indicator.formula,
            &indicator.source,
            &indicator.example,
        ];
        for text in texts.into_iter().chain(&indicator.caveats) {
            let alone = text.split("emploi").skip(1).find(|after| !after.starts_with(" salarié"));
            assert_eq!(alone, None, "{}: {text}", indicator.id);
        }
    }
}

#[test]
fn programmes_are_those_of_the_method_page() {
    let catalogue = Catalogue::embedded();
    let iae = catalogue.programme("iae").unwrap();
    let kinds = ["02", "06", "03", "04", "07", "05", "99"].map(|code| iae.type_of(Some(code)).code.as_str());
    assert_eq!(kinds, ["ACI", "ACI", "AI", "EI", "EI", "ETTI", "autre"]);
    assert_eq!(iae.type_of(None).code, "autre");
    assert!(iae.has_spell(Some("71"), None) && iae.has_spell(None, Some("04")));
    assert!(!iae.has_spell(Some("99"), Some("01")), "an adapted company is not insertion");
    let least = |code: &str| iae.types.iter().find(|kind| kind.code == code).map(|kind| (kind.days_min, kind.hours_min));
    assert_eq!(least("ACI"), Some((Some(81), None)));
    assert_eq!(least("ETTI"), Some((None, Some(150))));
    assert_eq!(catalogue.programme("pec").unwrap().type_of(None).code, "PEC");
    assert!(catalogue.programme("apprentissage").unwrap().has_spell(Some("81"), None));
    assert!(catalogue.programmes().iter().all(|programme| programme.gap_days == 60));
    let codes: Vec<_> = catalogue.values(Dimension::Type).unwrap().into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["ACI", "AI", "EI", "ETTI", "autre", "PEC", "apprentissage"]);
}

#[test]
fn codes_have_french_words() {
    let catalogue = Catalogue::embedded();
    assert_eq!(catalogue.dimension_label(Dimension::AgeBand), "Âge à la sortie");
    assert_eq!(catalogue.value_label(Dimension::Sex, "F"), "Femmes");
    assert_eq!(catalogue.value_label(Dimension::Quarter, "2024T1"), "2024T1");
    assert_eq!(catalogue.category_label(Column::ContractKind, "cdd_usage"), "CDD d'usage");
    assert_eq!(catalogue.reason_label(crate::Reason::NotObservableYet).label, "en attente");
    assert_eq!(catalogue.refusal_label(crate::RefusalCode::CohortTooSmall).label, "Trop peu de personnes");
    let Measure::Distribution { categories, .. } = &catalogue.indicator("D-01").unwrap().measure else { panic!("D-01 is a distribution") };
    assert_eq!(categories[1].label, "CDI intérimaire");
}

#[test]
fn what_is_counted_for_a_question_includes_its_evidence() {
    let catalogue = Catalogue::embedded();
    let query = [("programme", "iae"), ("du", "2024T1"), ("indicateur", "D-01"), ("horizon", "6")];
    let query = query.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let request = Request::from_query(&query).unwrap();
    let counted: Vec<_> = catalogue.to_count(&request).into_iter().map(|indicator| indicator.id.as_str()).collect();
    assert_eq!(counted, ["B-01", "D-01"]);
    assert_eq!(catalogue.indicator("D-01").unwrap().horizons_for(&request), [6]);
    assert_eq!(catalogue.indicator("B-10").unwrap().horizons_for(&request), [12]);
}

/// What an expression is read as; or what is wrong with it.
fn check(text: &str, expected: &str) {
    let seen = match Expr::parse(text) {
        Ok(expr) => expr.to_string(),
        Err(fault) => fault.to_string(),
    };
    assert_eq!(seen, expected, "for {text}");
}

#[test]
fn expressions_are_read_with_the_usual_priorities() {
    check("known and observable or not durable", "(known and observable) or not durable");
    check("not (known or matched) and type = 'ACI'", "not (known or matched) and type = 'ACI'");
    check("((known))", "known");
    check("sex != 'F'", "not sex = 'F'");
    check("contract_kind in ('cdi','interim')", "contract_kind in ('cdi', 'interim')");
    check("months_worked>=-1", "months_worked >= -1");
    check("everyone", "everyone");
}

#[test]
fn a_bad_expression_says_what_and_where() {
    check("", "at byte 0: expected a column, 'not', 'everyone' or '('");
    check("known and", "at byte 9: expected a column, 'not', 'everyone' or '('");
    check("known observable", "at byte 6: expected 'and', 'or' or the end");
    check("(known", "at byte 6: expected ')'");
    check("en_emploi", "at byte 0: 'en_emploi' is not a column of the panel");
    check("known and nir = '1'", "at byte 10: 'nir' is not a column of the panel");
    check("known = 'oui'", "at byte 0: column 'known' is true or false: write it alone, or after 'not'");
    check("months_worked", "at byte 0: column 'months_worked' is a number: compare it with a whole number");
    check("months_worked = 'x'", "at byte 0: column 'months_worked' is a number: compare it with a whole number");
    check("not type", "at byte 4: column 'type' is a text: use = 'text', != 'text' or in ('text', …)");
    check("type < 'ACI'", "at byte 0: column 'type' is a text: use = 'text', != 'text' or in ('text', …)");
    check("type = 3", "at byte 7: expected a text between quotes");
    check("type in ()", "at byte 9: expected a text between quotes");
    check("sex = 'X'", "at byte 6: 'X' is not a value of 'sex' (one of: F, M, inconnu)");
    check("type = 'ACI", "at byte 7: this text has no closing quote");
    check("known; drop", "at byte 5: ';' has no place in an expression");
    check("é", "at byte 0: 'é' has no place in an expression");
    check("months_worked ! 3", "at byte 14: expected a comparison");
    check("months_worked = 99999999999999999999", "at byte 16: this number is too large");
    check(&"not ".repeat(40), "at byte 64: too many parentheses or 'not' inside one another");
    check(&"(".repeat(900), "at byte 16: too many parentheses or 'not' inside one another");
    check(&"known and ".repeat(101), "at byte 1000: the expression is too long");
}

#[test]
fn what_is_absent_equals_nothing() {
    let nobody = Made::default();
    let truth = |text: &str, row: &Made| Expr::parse(text).unwrap().eval(row);
    assert!(!truth("contract_kind = 'cdi'", &nobody) && truth("contract_kind != 'cdi'", &nobody));
    assert!(!truth("months_worked = 0", &nobody) && !truth("months_worked != 0", &nobody));
    let row = Made {
        facts: vec![Column::Known, Column::Observable],
        texts: vec![(Column::ContractKind, "cdi".to_owned())],
        numbers: vec![(Column::MonthsWorked, 3)],
    };
    assert!(truth("known and observable and contract_kind in ('interim', 'cdi')", &row));
    assert!(truth("months_worked >= 3 and months_worked <= 3 and not months_worked > 3 and not months_worked < 3", &row));
    assert!(!truth("known and durable", &row) && truth("durable or everyone", &row));
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let comparison = proptest::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let leaf = prop_oneof![
        Just(Expr::Everyone),
        proptest::sample::select(vec![Column::Known, Column::Durable, Column::Matched]).prop_map(Expr::Fact),
        proptest::sample::subsequence(vec!["F".to_owned(), "M".to_owned()], 1..=2)
            .prop_map(|values| Expr::Text { column: Column::Sex, values }),
        (comparison, -20..20_i64).prop_map(|(comparison, value)| Expr::Number { column: Column::MonthsWorked, comparison, value }),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|expr| Expr::Not(Box::new(expr))),
            proptest::collection::vec(inner.clone(), 2..=3).prop_map(Expr::And),
            proptest::collection::vec(inner, 2..=3).prop_map(Expr::Or),
        ]
    })
}

proptest! {
    #[test]
    fn an_expression_survives_being_written(expr in any_expr()) {
        let text = expr.to_string();
        prop_assert_eq!(Expr::parse(&text).unwrap(), expr);
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,60}", words in "(known|not|and|or|in|sex|'F'|=|<|\\(|\\)|,|3| ){0,40}") {
        let _ = Expr::parse(&text);
        let _ = Expr::parse(&words);
    }
}

/// What the loader says of the embedded catalogue with one text replaced in one file.
fn fault(file: &str, from: &str, to: &str) -> String {
    let changed = load::EMBEDDED.iter().map(|(name, text)| {
        assert!(*name != file || text.contains(from), "{from} is not in {file}");
        (*name, if *name == file { text.replacen(from, to, 1) } else { (*text).to_owned() })
    });
    let changed: Vec<_> = changed.collect();
    let files: Vec<_> = changed.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let fault = Catalogue::parse(&files).expect_err("the change must be refused");
    let source = std::error::Error::source(&fault).map(|source| format!(" / {source}"));
    format!("{fault}{}", source.unwrap_or_default())
}

#[test]
fn a_bad_catalogue_is_told_what_to_correct() {
    let b = "b_presence.toml";
    let cases = [
        (
            b,
            "numerator = \"employed_day\"",
            "numerator = \"en_emploi\"",
            "b_presence.toml: B-01: expression 'numerator' / at byte 0: 'en_emploi' is not a column of the panel",
        ),
        (b, "numerator = \"employed_day\"", "", "b_presence.toml: B-01: a share, and only a share, has a numerator"),
        (b, "id = \"B-02\"", "id = \"B-01\"", "b_presence.toml: B-01: this identifier is given twice"),
        (b, "horizons = [1, 3,", "horizons = [3, 1,", "b_presence.toml: B-01: horizons must be there, ascending and different"),
        (b, "\"sexe\"", "\"taille\"", "b_presence.toml: B-01: a breakdown is not a dimension"),
        (b, "\"sexe\"", "\"type\"", "b_presence.toml: B-01: a value is given twice"),
        (b, "from = 4, to = 6", "from = 5, to = 6", "b_presence.toml: B-10D: bands must follow one another without gap"),
        (b, ", from = 4, to = 6", "", "b_presence.toml: B-10D: a category of a number column needs 'from' and 'to'"),
        (b, "column = \"months_worked\", unit", "column = \"durable\", unit", "b_presence.toml: B-10: quartiles need a number column"),
        (b, "version = \"1\"", "version = \"2\"", "b_presence.toml: B-01: the last change must be the version's"),
        (
            "d_contrats.toml",
            "evidence = [\"B-01\"]",
            "",
            "indicators: D-01: the denominator tells an outcome, so 'evidence' must name the share whose numerator it is",
        ),
        ("d_contrats.toml", "evidence = [\"B-01\"]", "evidence = [\"B-12\"]", "indicators: D-01: 'evidence' does not cover every horizon"),
        ("d_contrats.toml", "evidence = [\"B-01\"]", "evidence = [\"A-02\"]", "indicators: D-01: 'evidence' must name a plain share"),
        (
            "d_contrats.toml",
            "{ code = \"interim\" }",
            "{ code = \"mission\", label = \"Mission\" }",
            "d_contrats.toml: D-01: a category is not a value of its column",
        ),
        ("libelles.toml", "{ code = \"interim\", label = \"Intérim\" },", "", "labels: contract_kind: a code has no label"),
        ("programmes.toml", "complements = [\"03\"]", "complements = [\"02\"]", "programmes.toml: iae: a complement makes two types"),
        ("programmes.toml", "complements = [\"03\"], ", "", "programmes.toml: iae: only the last type may name no complement"),
        ("programmes.toml", "id = \"pec\"", "id = \"iae\"", "programmes.toml: iae: this programme is given twice"),
    ];
    for (file, from, to, expected) in cases {
        assert_eq!(fault(file, from, to), expected);
    }
    assert!(fault(b, "question =", "demande =").starts_with("reading b_presence.toml / "));
}
