//! What is believed of two records of one person, and of relatives, before the data speak.
//!
//! These are orders of magnitude, from published studies of errors in French and English administrative files and from demography; they weigh like a few dozen
//! rows and the data take over. They are written as shares of a hundred, and levels that are not named have the rest in equal parts.

use crate::compare::{FIELDS, LEVELS, NIR, NOM, date, lieu, nir, nom, other, prenom};

/// A table of levels, by field.
pub(crate) type Table = [[f64; LEVELS]; FIELDS];

/// How many matched rows the defaults weigh.
pub(crate) const WEIGHT: f64 = 40.0;

/// Two records of one person.
pub(crate) fn same_person() -> Table {
    let mut table = [[0.0; LEVELS]; FIELDS];
    let fields: [&[(u8, f64)]; NIR + 1] = [
        &[
            (nom::BOTH, 9.0),
            (nom::EXACT, 68.0),
            (nom::USAGE_DIFFERS, 1.0),
            (nom::CROSSED, 7.0),
            (nom::SLIP, 6.0),
            (nom::PART, 3.0),
            (nom::CLOSE, 2.0),
            (nom::FAR, 0.6),
            (nom::DIFFERENT, 1.9),
            (nom::NEITHER, 0.5),
            (nom::SWAPPED, 1.0),
        ],
        &[
            (prenom::BOTH, 10.0),
            (prenom::EXACT, 70.0),
            (prenom::SECOND_DIFFERS, 1.5),
            (prenom::SLIP, 7.0),
            (prenom::AMONG, 4.0),
            (prenom::CLOSE, 3.0),
            (prenom::START, 2.0),
            (prenom::FAR, 0.7),
            (prenom::DIFFERENT, 1.3),
            (prenom::NONE_OF_THEM, 0.5),
        ],
        &[
            (date::EXACT, 93.0),
            (date::SWAPPED, 1.2),
            (date::SLIP, 2.0),
            (date::YEAR_OFF, 1.0),
            (date::MONTH, 0.6),
            (date::DAY, 0.6),
            (date::FIRST, 0.6),
            (date::YEAR, 0.3),
            (date::NEAR, 0.2),
            (date::DIFFERENT, 0.2),
            (date::PARTIAL, 0.3),
        ],
        &[(1, 99.0), (2, 1.0)],
        &[
            (lieu::COMMUNE, 84.0),
            (lieu::CLOSE, 6.0),
            (lieu::COMMUNE_DIFFERS, 3.0),
            (lieu::DEPARTEMENT_DIFFERS, 2.0),
            (lieu::RESIDENCE, 2.5),
            (lieu::DIFFERENT, 2.5),
            (lieu::DEPARTEMENT, 95.0),
            (lieu::ONLY_DEPARTEMENT_DIFFERS, 5.0),
        ],
        &[(1, 70.0), (2, 15.0), (3, 15.0)],
        &[(nir::SAME, 94.0), (nir::REPAIRED, 2.0), (nir::SLIP, 1.5), (nir::TWO_SLIPS, 0.5), (nir::DIFFERENT, 1.0), (nir::NOT_OWN, 1.0)],
    ];
    for (field, levels) in fields.iter().enumerate() {
        set(&mut table[field], levels);
    }
    for extra in &mut table[NIR + 1..] {
        set(extra, &[(other::SAME, 75.0), (other::CLOSE, 10.0), (other::FAR, 5.0), (other::DIFFERENT, 10.0)]);
    }
    table
}

/// Two strangers, where their sample is too small to say.
pub(crate) fn strangers() -> Table {
    let mut table = [[0.0; LEVELS]; FIELDS];
    let fields: [&[(u8, f64)]; NIR + 1] = [
        &[
            (nom::BOTH, 0.0001),
            (nom::EXACT, 0.02),
            (nom::USAGE_DIFFERS, 0.003),
            (nom::CROSSED, 0.01),
            (nom::SLIP, 0.1),
            (nom::PART, 0.2),
            (nom::CLOSE, 0.2),
            (nom::FAR, 0.2),
            (nom::DIFFERENT, 79.0),
            (nom::NEITHER, 20.0),
            (nom::SWAPPED, 0.0002),
        ],
        &[
            (prenom::BOTH, 0.02),
            (prenom::EXACT, 0.5),
            (prenom::SECOND_DIFFERS, 0.4),
            (prenom::SLIP, 0.2),
            (prenom::AMONG, 0.8),
            (prenom::CLOSE, 0.5),
            (prenom::START, 0.5),
            (prenom::FAR, 0.5),
            (prenom::DIFFERENT, 48.0),
            (prenom::NONE_OF_THEM, 48.0),
        ],
        &[
            (date::EXACT, 0.005),
            (date::SWAPPED, 0.002),
            (date::SLIP, 0.07),
            (date::YEAR_OFF, 0.01),
            (date::MONTH, 0.13),
            (date::DAY, 0.2),
            (date::FIRST, 0.02),
            (date::YEAR, 1.6),
            (date::NEAR, 18.0),
            (date::DIFFERENT, 80.0),
            (date::PARTIAL, 0.3),
        ],
        &[(1, 50.0), (2, 50.0)],
        &[
            (lieu::COMMUNE, 0.5),
            (lieu::CLOSE, 0.1),
            (lieu::COMMUNE_DIFFERS, 1.5),
            (lieu::DEPARTEMENT_DIFFERS, 0.05),
            (lieu::RESIDENCE, 2.0),
            (lieu::DIFFERENT, 96.0),
            (lieu::DEPARTEMENT, 2.0),
            (lieu::ONLY_DEPARTEMENT_DIFFERS, 98.0),
        ],
        &[(1, 0.1), (2, 2.0), (3, 98.0)],
        &[
            (nir::SAME, 0.000_01),
            (nir::REPAIRED, 0.000_03),
            (nir::SLIP, 0.0001),
            (nir::TWO_SLIPS, 0.001),
            (nir::DIFFERENT, 96.0),
            (nir::NOT_OWN, 4.0),
        ],
    ];
    for (field, levels) in fields.iter().enumerate() {
        set(&mut table[field], levels);
    }
    for extra in &mut table[NIR + 1..] {
        set(extra, &[(other::SAME, 1.0), (other::CLOSE, 1.0), (other::FAR, 3.0), (other::DIFFERENT, 95.0)]);
    }
    table
}

/// Brothers, sisters, parents and children: the surname, the place and the residence look alike; date and first name are counted apart.
pub(crate) fn relatives() -> Table {
    let mut table = strangers();
    set(
        &mut table[NOM],
        &[
            (nom::BOTH, 1.0),
            (nom::EXACT, 76.0),
            (nom::USAGE_DIFFERS, 3.0),
            (nom::CROSSED, 8.0),
            (nom::SLIP, 4.0),
            (nom::PART, 3.0),
            (nom::CLOSE, 2.0),
            (nom::FAR, 1.0),
            (nom::DIFFERENT, 1.6),
            (nom::NEITHER, 0.4),
            (nom::SWAPPED, 0.001),
        ],
    );
    set(&mut table[crate::compare::SEX], &[(1, 52.0), (2, 48.0)]);
    set(
        &mut table[crate::compare::LIEU],
        &[
            (lieu::COMMUNE, 60.0),
            (lieu::CLOSE, 4.0),
            (lieu::COMMUNE_DIFFERS, 14.0),
            (lieu::DEPARTEMENT_DIFFERS, 2.0),
            (lieu::RESIDENCE, 5.0),
            (lieu::DIFFERENT, 15.0),
            (lieu::DEPARTEMENT, 80.0),
            (lieu::ONLY_DEPARTEMENT_DIFFERS, 20.0),
        ],
    );
    set(&mut table[crate::compare::POSTCODE], &[(1, 20.0), (2, 30.0), (3, 50.0)]);
    // Where a row bears the number of a parent, that parent is a candidate.
    set(
        &mut table[NIR],
        &[(nir::SAME, 0.3), (nir::REPAIRED, 0.05), (nir::SLIP, 0.05), (nir::TWO_SLIPS, 0.2), (nir::DIFFERENT, 95.0), (nir::NOT_OWN, 4.0)],
    );
    table
}

/// How many relatives of a row there are in the reference, by how their birth dates compare: twins, then siblings and parents.
///
/// Twins are 1.7 % of births (INSEE); a person has about one brother, sister or parent at work, most within six years or beyond twenty.
pub(crate) const RELATIVES_BY_DATE: [(u8, f64); 11] = [
    (date::EXACT, 0.017),
    (date::SWAPPED, 0.0003),
    (date::SLIP, 0.01),
    (date::YEAR_OFF, 0.001),
    (date::MONTH, 0.001),
    (date::DAY, 0.03),
    (date::FIRST, 0.001),
    (date::YEAR, 0.01),
    (date::NEAR, 0.5),
    (date::DIFFERENT, 0.4),
    (date::PARTIAL, 0.01),
];

/// How the first names of two relatives compare: a little more alike than those of strangers (a father and his son).
pub(crate) const RELATIVES_BY_PRENOM: [(u8, f64); 10] = [
    (prenom::BOTH, 0.0005),
    (prenom::EXACT, 0.005),
    (prenom::SECOND_DIFFERS, 0.003),
    (prenom::SLIP, 0.004),
    (prenom::AMONG, 0.02),
    (prenom::CLOSE, 0.015),
    (prenom::START, 0.012),
    (prenom::FAR, 0.02),
    (prenom::DIFFERENT, 0.46),
    (prenom::NONE_OF_THEM, 0.46),
];

/// How the NIR of twins compare: they differ by their order in the register, often by one.
pub(crate) const TWINS_BY_NIR: [f64; LEVELS] = [0.0, 0.001, 0.01, 0.35, 0.2, 0.4, 0.04, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// Sexes of twins: two of three pairs are of one sex: an order of magnitude from demography, still to be given a source; the data take over.
pub(crate) const TWINS_BY_SEX: [f64; LEVELS] = {
    let mut sexes = [0.0; LEVELS];
    sexes[1] = 0.66;
    sexes[2] = 0.34;
    sexes
};

fn set(field: &mut [f64; LEVELS], levels: &[(u8, f64)]) {
    for (level, percent) in levels {
        field[usize::from(*level)] = percent / 100.0;
    }
}
