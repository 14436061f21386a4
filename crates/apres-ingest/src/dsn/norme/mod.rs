//! The norm as compact tables: which blocks and rubriques a declaration may hold, and which codes they may take.
//!
//! The tables are compiled in from `norme/` and parsed once. Blocks have a dense number in the norm's physical order ([`Place`]), so that a set of blocks
//! is one word and the rubriques of a block are another. It says what the norm says; what becomes of a breach is the reader's affair.

mod codes;
mod table;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub(super) use codes::{Codes, OfBloc};
pub(super) use table::{BLOCS_MAX, Grammaire, Place, Regles, bit, rangs};

use super::Rubrique;

/// A release of the norm that the tables know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Annee {
    P24,
    P25,
    P26,
}

impl Annee {
    pub(super) const ALL: [Self; 3] = [Self::P24, Self::P25, Self::P26];

    /// The release named by S10.G00.00.006, and whether it is that one exactly or only the nearest.
    pub(super) fn nearest(version: &str) -> (Self, bool) {
        if let Some(found) = Self::ALL.into_iter().find(|annee| annee.version() == version) {
            return (found, true);
        }
        let year = version.strip_prefix('P').and_then(|rest| rest.get(..2)).and_then(|digits| digits.parse::<u8>().ok());
        let nearest = match year {
            Some(..=24) => Self::P24,
            Some(25) => Self::P25,
            _ => Self::P26,
        };
        (nearest, false)
    }

    pub(super) fn version(self) -> &'static str {
        match self {
            Self::P24 => "P24V01",
            Self::P25 => "P25V01",
            Self::P26 => "P26V01",
        }
    }

    /// Whether the usages of rubriques per nature are those published for this release; for the others they are its neighbour's.
    pub(super) fn has_own_usages(self) -> bool {
        self == Self::P25
    }
}

/// A nature of declaration that has a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Mensuelle,
    Arret,
    Reprise,
    FinContrat,
    Amorcage,
    Substitution,
    Dpae,
    /// A nature that the norm does not know: every block in its place, nothing mandatory.
    Inconnue,
}

impl Nature {
    const ALL: [Self; 8] =
        [Self::Mensuelle, Self::Arret, Self::Reprise, Self::FinContrat, Self::Amorcage, Self::Substitution, Self::Dpae, Self::Inconnue];

    /// The nature of this code in this release.
    pub(super) fn of(code: &[u8], annee: Annee) -> Self {
        match code {
            b"01" => Self::Mensuelle,
            b"04" => Self::Arret,
            b"05" => Self::Reprise,
            b"07" => Self::FinContrat,
            b"08" => Self::Amorcage,
            b"09" => Self::Substitution,
            b"10" if annee >= Annee::P26 => Self::Dpae,
            _ => Self::Inconnue,
        }
    }

    /// Its code, as the columns of `norme/` name it.
    fn code(self) -> &'static str {
        match self {
            Self::Mensuelle => "01",
            Self::Arret => "04",
            Self::Reprise => "05",
            Self::FinContrat => "07",
            Self::Amorcage => "08",
            Self::Substitution => "09",
            Self::Dpae => "10",
            Self::Inconnue => "",
        }
    }
}

/// The grammar, parsed when it is first needed.
pub(super) fn grammaire() -> &'static Grammaire {
    static GRAMMAIRE: LazyLock<Grammaire> = LazyLock::new(Grammaire::compiled_in);
    &GRAMMAIRE
}

/// The code lists, parsed when they are first needed.
pub(super) fn codes() -> &'static Codes {
    static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::compiled_in(grammaire()));
    &CODES
}

/// A row of a table of `norme/`, by column name.
fn rows(text: &'static str) -> impl Iterator<Item = impl Fn(&str) -> String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().expect("norme/ is checked by the tests").clone();
    reader.into_records().map(move |record| {
        let record = record.expect("norme/ is checked by the tests");
        let headers = headers.clone();
        move |column: &str| {
            let place = headers.iter().position(|name| name == column).expect("norme/ is checked by the tests");
            record[place].to_owned()
        }
    })
}

/// S21.G00.30.001 or S21.G00.30 as a number.
pub(super) fn number(written: &str) -> u32 {
    let digits = written.split('.').map(|part| part.trim_start_matches(['S', 'G']));
    digits.fold(0, |number, part| {
        number * if part.len() == 3 { 1000 } else { 100 } + part.parse::<u32>().expect("norme/ is checked by the tests")
    })
}

/// The releases between `since` and `until`, as written in `norme/`.
#[cfg(test)]
pub(super) fn is_of(since: &str, until: &str, annee: Annee) -> bool {
    span(since, until)(annee)
}

fn span(since: &str, until: &str) -> impl Fn(Annee) -> bool + use<> {
    let place = |version: &str| Annee::ALL.into_iter().find(|annee| annee.version() == version.trim_start_matches("<="));
    let (since, until) = (place(since), place(until));
    move |annee| since.is_none_or(|since| since <= annee) && until.is_none_or(|until| annee <= until)
}
