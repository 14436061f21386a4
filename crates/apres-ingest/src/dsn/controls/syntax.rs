//! The syntax of each relevant rubrique, `norme/syntaxe.csv`: length, form, and whether its value may be shown.
//!
//! The types of the blocks have refused already what cannot be read at all (a date that does not exist, letters in an amount), and codes are looked up in
//! their lists by `norme`. What is left to check is what can be read and is wrong all the same.

use std::sync::LazyLock;

use super::texts;
use crate::dsn::{RemarkCode, Rubrique, norme};
use crate::{Nir, NirFault};

const TABLE: &str = include_str!("../../../../../norme/syntaxe.csv");
const WELL_FORMED: &str = "norme/syntaxe.csv is part of the program: a test reads it";

/// What a value looks like, beyond its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its list says all.
    Code,
    Texte,
    Chiffres,
    Nir,
    Nom,
    Naissance,
    Date,
    Date20,
    Mois,
    Numero,
    Fraction,
    Departement,
    Decimal,
    DecimalSigne,
    DemiJours,
    Entier,
}

impl Form {
    fn named(name: &str) -> Self {
        match name {
            "code" => Self::Code,
            // A label has its own control, of the contract.
            "texte" | "libelle" => Self::Texte,
            "chiffres" => Self::Chiffres,
            "nir" => Self::Nir,
            "nom" => Self::Nom,
            "naissance" => Self::Naissance,
            "date" => Self::Date,
            "date_20" => Self::Date20,
            "mois" => Self::Mois,
            "numero" => Self::Numero,
            "fraction" => Self::Fraction,
            "departement" => Self::Departement,
            "decimal" => Self::Decimal,
            "decimal_signe" => Self::DecimalSigne,
            "demi_jours" => Self::DemiJours,
            "entier" => Self::Entier,
            other => panic!("unknown form {other}: {WELL_FORMED}"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Spec {
    form: Form,
    len_min: u8,
    len_max: u8,
    is_shown: bool,
}

/// Ranks of the relevant rubriques.
const RANGS: usize = 128;

type Specs = [Option<Spec>; RANGS];

/// What is said of each block's rubriques, by the block's place; nothing of blocks that are not relevant.
static SYNTAX: LazyLock<Vec<Specs>> = LazyLock::new(|| {
    let mut blocs: Vec<Specs> = vec![[None; RANGS]; norme::BLOCS_MAX];
    for record in csv::Reader::from_reader(TABLE.as_bytes()).records() {
        let record = record.expect(WELL_FORMED);
        let cell = |place: usize| record.get(place).expect(WELL_FORMED);
        let length = |place: usize| cell(place).parse().expect(WELL_FORMED);
        let rubrique = Rubrique(norme::number(cell(0)));
        let place = norme::grammaire().place(rubrique.bloc()).expect(WELL_FORMED);
        let spec = Spec { form: Form::named(cell(1)), len_min: length(2), len_max: length(3), is_shown: cell(4) == "oui" };
        blocs[place.index()][rubrique.rang() as usize] = Some(spec);
    }
    blocs
});

/// Whether the value of this rubrique may be shown in a remark.
pub(in crate::dsn) fn is_shown(rubrique: Rubrique) -> bool {
    FormsOfBloc::of(rubrique.bloc()).spec(rubrique.rang()).is_some_and(|spec| spec.is_shown)
}

/// The syntax of the rubriques of one block.
#[derive(Clone, Copy)]
pub(in crate::dsn) struct FormsOfBloc(&'static Specs);

impl FormsOfBloc {
    /// The block is not relevant.
    pub(in crate::dsn) const NONE: Self = Self(&[None; RANGS]);

    pub(in crate::dsn) fn of(bloc: u32) -> Self {
        norme::grammaire().place(bloc).map_or(Self::NONE, |place| Self(&SYNTAX[place.index()]))
    }

    #[inline]
    fn spec(self, rang: u32) -> Option<Spec> {
        *self.0.get(rang as usize)?
    }

    /// What is wrong with a value that its type accepted; `None` when all is well.
    #[inline]
    pub(in crate::dsn) fn check(self, rang: u32, value: &[u8]) -> Option<RemarkCode> {
        let spec = self.spec(rang)?;
        let fits = (usize::from(spec.len_min)..=usize::from(spec.len_max)).contains(&value.len());
        let has_cents = || value.len() > 3 && value[value.len() - 3] == b'.';
        let is_right = match spec.form {
            Form::Code => return None,
            Form::Date | Form::Entier => fits,
            Form::Date20 => fits && value.get(4..6) == Some(b"20"),
            Form::DecimalSigne => fits && has_cents(),
            Form::Decimal => fits && has_cents() && value[0] != b'-',
            _ => return check_text(spec, value),
        };
        if is_right { None } else { Some(RemarkCode::CslSyntax) }
    }
}

fn check_text(spec: Spec, value: &[u8]) -> Option<RemarkCode> {
    let (Some(first), Some(last)) = (value.first(), value.last()) else { return Some(RemarkCode::CstEmptyValue) };
    if *first == b' ' || *last == b' ' {
        return Some(RemarkCode::CslBlank);
    }
    let chars = if value.is_ascii() { value.len() } else { std::str::from_utf8(value).map_or(value.len(), |text| text.chars().count()) };
    if !(usize::from(spec.len_min)..=usize::from(spec.len_max)).contains(&chars) {
        return Some(if spec.form == Form::Nir { RemarkCode::CslNir } else { RemarkCode::CslSyntax });
    }
    let (is_right, otherwise) = match spec.form {
        Form::Nir => (is_nir(value), RemarkCode::CslNir),
        Form::Nom => (texts::is_nom(value), RemarkCode::CslCharacter),
        Form::Numero => (texts::is_numero(value), RemarkCode::CslNumero),
        form => (is_form(form, value), RemarkCode::CslSyntax),
    };
    if is_right { None } else { Some(otherwise) }
}

fn is_form(form: Form, value: &[u8]) -> bool {
    match form {
        Form::Chiffres => value.iter().all(u8::is_ascii_digit) && value.iter().any(|digit| *digit != b'0'),
        Form::Naissance => texts::is_naissance(value),
        Form::Mois => value.starts_with(b"01") && value.get(4..6) == Some(b"20") && texts::is_month(&value[2..4]),
        Form::Fraction => value.iter().all(|digit| matches!(digit, b'1'..=b'9')) && value[0] <= value[1],
        Form::Departement => texts::is_departement(value),
        Form::DemiJours => matches!(value, [.., b'.', b'0' | b'5', b'0']) && value != b"0.00",
        _ => true,
    }
}

/// The two fillers that the norm's syntax lets through have a control of their own (CCH-13).
fn is_nir(value: &[u8]) -> bool {
    let is_filler = matches!(value, [b'1' | b'2', rest @ ..] if rest.len() == 12 && rest.iter().all(|digit| *digit == b'9'));
    is_filler || !matches!(Nir::parse_dsn(value), Err(NirFault::Length | NirFault::Syntax | NirFault::Key))
}
