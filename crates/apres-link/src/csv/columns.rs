//! Which column holds what: by usual names, or as a map says.
//!
//! Names are compared in capitals without accents, so that `Prénom(s)` is `PRENOM S`. A column whose name is not known is never used by itself: it
//! could be an answer, or say nothing of who people are.

use super::lines::Cells;
use super::{CsvFault, Line};
use crate::keyed::tagged;
use crate::normalise::Folded;
use crate::person::{EXTRAS_MAX, Record};
use crate::word::Word;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Identifier of the line.
    Id,
    /// Which lines of the reference are one person.
    Person,
    /// NIR.
    Nir,
    /// Surname at birth, or the only one.
    Nom,
    /// Surname in use.
    NomUsage,
    /// First names.
    Prenoms,
    /// Sex.
    Sexe,
    /// Birth date.
    DateNaissance,
    /// Town or country of birth.
    CommuneNaissance,
    /// Département of birth.
    DeptNaissance,
    /// Postcode of residence.
    CodePostal,
    /// Something else that both files say of people.
    Other(u8),
}

impl Role {
    /// The role of a name in a map: those of the columns of the generator, `person`, and `other` as often as needed.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "person" => Self::Person,
            "nir" => Self::Nir,
            "nom" => Self::Nom,
            "nom_usage" => Self::NomUsage,
            "prenoms" => Self::Prenoms,
            "sexe" => Self::Sexe,
            "date_naissance" => Self::DateNaissance,
            "commune_naissance" => Self::CommuneNaissance,
            "dept_naissance" => Self::DeptNaissance,
            "code_postal" => Self::CodePostal,
            "other" => Self::Other(0),
            _ => return None,
        })
    }
}

/// Columns that are not named as usual.
#[derive(Debug, Clone, Default)]
pub struct ColumnMap {
    columns: Vec<(Role, String)>,
    others: u8,
}

impl ColumnMap {
    /// Reads `nom=surname,prenoms=given_name,other=suburb`; a name without `=` is an `other` of that name.
    ///
    /// # Errors
    /// Gives the part that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut map = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (role, column) = part.split_once('=').unwrap_or(("other", part));
            let role = Role::named(role.trim()).ok_or_else(|| part.to_owned())?;
            map.add(role, column.trim()).ok_or_else(|| part.to_owned())?;
        }
        Ok(map)
    }

    /// How many other columns take part.
    #[must_use]
    pub fn others(&self) -> usize {
        usize::from(self.others)
    }

    fn add(&mut self, role: Role, column: &str) -> Option<()> {
        let role = match role {
            Role::Other(_) if self.others() == EXTRAS_MAX => return None,
            Role::Other(_) => {
                self.others += 1;
                Role::Other(self.others - 1)
            }
            role => role,
        };
        self.columns.push((role, column.to_owned()));
        Some(())
    }
}

/// Usual names of columns, in capitals without accents.
const USUAL: &[(Role, &[&str])] = &[
    (Role::Id, &["ID", "REC ID", "RECORD ID", "IDENTIFIANT", "UNIQUE ID", "LIST ID", "REF ID", "MATRICULE", "NUMERO"]),
    (Role::Person, &["PERSON", "PERSON ID", "PERSONNE", "ID PERSONNE"]),
    (
        Role::Nir,
        &["NIR", "NUMERO SECURITE SOCIALE", "NUMERO DE SECURITE SOCIALE", "NSS", "N SECURITE SOCIALE", "SALARIE NIR", "SALARIENIR"],
    ),
    (
        Role::Nom,
        &[
            "NOM",
            "NOM NAISSANCE",
            "NOM DE NAISSANCE",
            "NOMNAISSANCE",
            "NOM FAMILLE",
            "NOM DE FAMILLE",
            "NOM PATRONYMIQUE",
            "SURNAME",
            "LAST NAME",
            "FAMILY NAME",
        ],
    ),
    (Role::NomUsage, &["NOM USAGE", "NOM D USAGE", "NOMUSAGE", "NOM MARITAL", "NOM EPOUSE", "SALARIE NOM USAGE"]),
    (Role::Prenoms, &["PRENOMS", "PRENOM", "PRENOM S", "PRENOM1", "PRENOM 1", "GIVEN NAME", "FIRST NAME", "FORENAME", "SALARIE PRENOM"]),
    (Role::Sexe, &["SEXE", "CIVILITE", "SEX", "GENDER", "GENRE"]),
    (
        Role::DateNaissance,
        &[
            "DATE NAISSANCE",
            "DATE DE NAISSANCE",
            "DATENAISSANCE",
            "NE E LE",
            "NE LE",
            "DDN",
            "NAISSANCE",
            "DATE OF BIRTH",
            "DOB",
            "BIRTH DATE",
            "SALARIE DATE NAISSANCE",
        ],
    ),
    (
        Role::CommuneNaissance,
        &["COMMUNE NAISSANCE", "COMMUNE DE NAISSANCE", "LIEU NAISSANCE", "LIEU DE NAISSANCE", "VILLE DE NAISSANCE", "VILLE NAISSANCE"],
    ),
    (Role::DeptNaissance, &["DEPT NAISSANCE", "DEPARTEMENT NAISSANCE", "DEPARTEMENT DE NAISSANCE", "DEP NAISSANCE"]),
    (Role::CodePostal, &["CODE POSTAL", "CODEPOSTAL", "CP", "CP VILLE", "POSTCODE", "POSTAL CODE", "ZIP"]),
];

/// The columns of a file.
pub(crate) struct Columns {
    delimiter: u8,
    id: Option<usize>,
    person: Option<usize>,
    /// In the order of the fields of a record; a place beyond any line when there is none.
    identity: [usize; 9],
    others: [usize; EXTRAS_MAX],
}

const NOWHERE: usize = usize::MAX;

impl Columns {
    /// Reads a header.
    pub(crate) fn of(header: &[u8], map: &ColumnMap, file: &'static str) -> Result<Self, CsvFault> {
        let delimiter = delimiter(header);
        let mut names: Vec<String> = Vec::new();
        super::rows(header, delimiter, &mut Cells::default(), |cells| {
            names = (0..).map(|place| cells.get(place)).take(count_of(header, delimiter)).map(folded).collect();
        });
        let find = |role: Role| -> Result<usize, CsvFault> {
            let told = map.columns.iter().find(|(mapped, _)| *mapped == role);
            let usual = || USUAL.iter().find(|(known, _)| *known == role).into_iter().flat_map(|(_, usual)| usual.iter());
            match told {
                Some((_, column)) => {
                    let place = names.iter().position(|name| *name == folded(column.as_bytes()));
                    place.ok_or_else(|| CsvFault::NoColumn { file, column: column.clone() })
                }
                None => Ok(usual().find_map(|usual| names.iter().position(|name| name == usual)).unwrap_or(NOWHERE)),
            }
        };
        let identity = [
            find(Role::Nir)?,
            find(Role::Nom)?,
            find(Role::NomUsage)?,
            find(Role::Prenoms)?,
            find(Role::Sexe)?,
            find(Role::DateNaissance)?,
            find(Role::CommuneNaissance)?,
            find(Role::DeptNaissance)?,
            find(Role::CodePostal)?,
        ];
        let mut others = [NOWHERE; EXTRAS_MAX];
        for (number, other) in (0..map.others).zip(&mut others) {
            *other = find(Role::Other(number))?;
        }
        if identity[..4].iter().all(|place| *place == NOWHERE) {
            return Err(CsvFault::NoIdentity { file });
        }
        let somewhere = |place: usize| (place != NOWHERE).then_some(place);
        Ok(Self { delimiter, id: somewhere(find(Role::Id)?), person: somewhere(find(Role::Person)?), identity, others })
    }

    /// What stands between cells.
    pub(crate) const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Whether lines have identifiers.
    pub(crate) const fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// Reads a line.
    #[inline]
    pub(crate) fn read<'a>(&self, cells: &Cells<'a>) -> Line<'a> {
        let [nir, nom, nom_usage, prenoms, sexe, date_naissance, commune_naissance, dept_naissance, code_postal] =
            self.identity.map(|place| cells.get(place));
        let extras = self.others.map(|place| cells.get(place));
        let person = self.person.map(|place| cells.get(place)).filter(|person| !person.is_empty());
        Line {
            id: self.id.map_or(&b""[..], |place| cells.get(place)),
            person: person.map(|person| person.chunks(Word::BYTES_MAX).fold(2, |hash, chunk| tagged(2, hash, Word::new(chunk).hash()))),
            record: Record { nir, nom, nom_usage, prenoms, sexe, date_naissance, commune_naissance, dept_naissance, code_postal, extras },
        }
    }
}

/// The separator that a header has most of.
fn delimiter(header: &[u8]) -> u8 {
    let count = |delimiter: &u8| memchr::memchr_iter(*delimiter, header).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

fn count_of(header: &[u8], delimiter: u8) -> usize {
    memchr::memchr_iter(delimiter, header).count() + 1
}

fn folded(name: &[u8]) -> String {
    let mut cell = Folded::new();
    cell.read(name);
    let words: Vec<String> = cell.words().filter(|word| *word != b"|").map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    words.join(" ")
}
