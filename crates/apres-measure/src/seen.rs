//! The observations of a range of people, row by row, in the order of the people.
//!
//! Batches come by columns, in runs that hold a few rows of everybody. Rows are understood while their columns pass, once, and shared out by person among
//! bins so small that what follows, sorting and folding one person after the other, stays in the caches of a core. The order in which rows come changes nothing.

use apres_store::PersonRange;
use apres_store::datafusion::arrow::array::{Array, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray};

use crate::build::{NOBODY, sex};
use crate::calendar::{Day, Month};
use crate::columns::{self, Columns};
use crate::contract::{Ascii, ContractKey, Terms};
use crate::panel::{Leaver, Sex};
use crate::read::{KeyColumns, Person, Understood, code, day, permille};
use crate::spells::{Fin, Observation};

/// Rows of a bin, about.
const BIN_ROWS: u64 = 4_096;
/// Bins of a range, at most, as a power of two.
const BIN_BITS_MAX: u32 = 10;
/// Bytes of a contract number that are held beside the row; the norm allows twenty.
const SHORT_BYTES: usize = 23;
/// The length that stands for a text which is held elsewhere.
const IS_LONG: u8 = u8::MAX;
/// No place among what is rare.
const NONE: u32 = u32::MAX;

/// A text held in place when it is short, as they nearly all are.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Short {
    bytes: [u8; SHORT_BYTES],
    length: u8,
}

impl Short {
    fn new(text: &str, place: (u32, u32)) -> Self {
        let mut bytes = [0; SHORT_BYTES];
        if let Some(within) = bytes.get_mut(..text.len()) {
            within.copy_from_slice(text.as_bytes());
            return Self { bytes, length: u8::try_from(text.len()).unwrap_or(IS_LONG) };
        }
        bytes[..4].copy_from_slice(&place.0.to_le_bytes());
        bytes[4..8].copy_from_slice(&place.1.to_le_bytes());
        Self { bytes, length: IS_LONG }
    }

    /// The text, which is in `long` when it is not here.
    fn text<'t>(&'t self, long: &'t [StringArray]) -> &'t str {
        if self.length != IS_LONG {
            return str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default();
        }
        let [a, b, c, d, e, f, g, h, ..] = self.bytes;
        text_at(long, (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])))
    }
}

fn text_at(texts: &[StringArray], (batch, row): (u32, u32)) -> &str {
    texts[batch as usize].value(row as usize)
}

/// An observation, but for what is rare and for the number of its contract, which is a text.
#[derive(Clone, Copy)]
struct Seen {
    who: u64,
    siret: u64,
    hours_centi: i64,
    gross_cents: i64,
    numero: Short,
    date_debut: Day,
    month: Month,
    rare: u32,
    terms: Terms,
    told: Told,
}

/// What a declaration says of a person, with its place among those that stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) order: u32,
    pub(crate) sex: Option<Sex>,
    pub(crate) birth_year: Option<i32>,
}

/// The sex and the year of birth of the latest declarations that tell them.
pub(crate) fn latest(told: impl Iterator<Item = Told> + Clone) -> Leaver {
    let sex = told.clone().filter_map(|told| Some((told.order, told.sex?))).max();
    let birth_year = told.filter_map(|told| Some((told.order, told.birth_year?))).max();
    Leaver { sex: sex.map_or(Sex::Inconnu, |(_, sex)| sex), birth_year: birth_year.map(|(_, year)| year), ..NOBODY }
}

/// What few observations have.
#[derive(Clone, Copy)]
struct Rare {
    fin: Option<Fin>,
    hours_unpaid_centi: i64,
    hours_extra_centi: i64,
    /// Where the text of the user establishment is.
    utilisateur: Option<(u32, u32)>,
}

/// The observations of a range of people.
pub(crate) struct Crowd {
    first: u64,
    shift: u32,
    bins: Vec<Vec<Seen>>,
    rare: Vec<Rare>,
    numeros: Vec<StringArray>,
    utilisateurs: Vec<StringArray>,
}

/// A row of a bin: who it is of, then where it is.
pub(crate) type Place = (u64, u32);

impl Crowd {
    /// Nobody yet; about so many rows will come of the people of this range.
    pub(crate) fn new(range: PersonRange, rows: u64) -> Self {
        let bits = rows.div_ceil(BIN_ROWS).max(1).next_power_of_two().trailing_zeros().min(BIN_BITS_MAX);
        let (first, width_bits) = range.origin();
        let bits = bits.min(width_bits);
        Self {
            first,
            shift: width_bits - bits,
            bins: vec![Vec::new(); 1 << bits],
            rare: Vec::new(),
            numeros: Vec::new(),
            utilisateurs: Vec::new(),
        }
    }

    /// Takes the rows of a batch of which `who` names the person; `order` is the place of their declarations among those that stand.
    pub(crate) fn add(&mut self, batch: &RecordBatch, who: impl Fn(usize) -> Option<u64>, order: impl Fn(usize) -> u32) {
        let columns = ObservationColumns::of(batch);
        let place = u32::try_from(self.numeros.len()).unwrap_or(u32::MAX);
        for (number, row) in (0..).zip(0..batch.num_rows()) {
            let Some(person) = who(row) else { continue };
            let Some(mut seen) = columns.seen(person, row, (place, number)) else { continue };
            seen.told.order = order(row);
            if let Some(rare) = columns.rare(row, (place, number)) {
                seen.rare = u32::try_from(self.rare.len()).unwrap_or(NONE);
                self.rare.push(rare);
            }
            let bin = (person.saturating_sub(self.first) >> self.shift).min(self.bins.len() as u64 - 1);
            self.bins[usize::try_from(bin).unwrap_or(0)].push(seen);
        }
        self.numeros.push(columns.key.numero);
        self.utilisateurs.push(columns.utilisateur);
    }

    /// How many bins there are; their people are in increasing order.
    pub(crate) fn bins(&self) -> usize {
        self.bins.len()
    }

    /// The rows of a bin, by person.
    pub(crate) fn sorted(&self, bin: usize) -> Vec<Place> {
        let mut places: Vec<Place> = (0..).zip(&self.bins[bin]).map(|(place, seen)| (seen.who, place)).collect();
        places.sort_unstable();
        places
    }

    /// What is told of the person of these places of a bin.
    pub(crate) fn leaver(&self, bin: usize, places: &[Place]) -> Leaver {
        latest(places.iter().map(|(_, place)| self.bins[bin][*place as usize].told))
    }

    /// Adds the observations at these places of a bin to their person.
    pub(crate) fn add_to(&self, person: &mut Person, bin: usize, places: &[Place]) {
        let mut last: Option<(&Short, u32)> = None;
        for (_, place) in places {
            let seen = &self.bins[bin][*place as usize];
            let numero = match last {
                Some((text, number)) if *text == seen.numero => number,
                _ => person.numeros.place(seen.numero.text(&self.numeros)),
            };
            last = Some((&seen.numero, numero));
            let contract = ContractKey { person: seen.who, siret: seen.siret, numero, date_debut: seen.date_debut };
            let rare = self.rare.get(seen.rare as usize);
            let utilisateur = rare.and_then(|rare| rare.utilisateur);
            let utilisateur = utilisateur.map(|place| person.utilisateurs.place(text_at(&self.utilisateurs, place)).into());
            person.observations.push(Observation {
                contract,
                declared_as: contract,
                month: seen.month,
                terms: Terms { etablissement_utilisateur: utilisateur, ..seen.terms },
                fin: rare.and_then(|rare| rare.fin),
                hours_centi: seen.hours_centi,
                gross_cents: seen.gross_cents,
                hours_unpaid_centi: rare.map_or(0, |rare| rare.hours_unpaid_centi),
                hours_extra_centi: rare.map_or(0, |rare| rare.hours_extra_centi),
            });
        }
    }
}

/// The columns of the observations.
struct ObservationColumns {
    key: KeyColumns,
    nature: Understood<u8>,
    dispositif: Understood<u8>,
    complement: Understood<u8>,
    motif_recours: Understood<u8>,
    modalite_temps: Understood<u8>,
    motif_fin: Understood<u16>,
    ape: Understood<Ascii<5>>,
    commune: Understood<Ascii<5>>,
    departement: Understood<Ascii<3>>,
    utilisateur: StringArray,
    date_fin_previsionnelle: Date32Array,
    date_fin: Date32Array,
    dernier_jour_travaille: Date32Array,
    quotite: Int32Array,
    hours_centi: Int64Array,
    gross_cents: Int64Array,
    hours_unpaid_centi: Int64Array,
    hours_extra_centi: Int64Array,
    told: ToldColumns,
}

/// The columns that say who the person is.
pub(crate) struct ToldColumns {
    sex: Understood<Sex>,
    birth_year: Int32Array,
}

impl ToldColumns {
    pub(crate) fn of(batch: &RecordBatch) -> Self {
        let known = |text: &str| Some(sex(Some(text))).filter(|sex| *sex != Sex::Inconnu);
        Self { sex: Understood::of(batch, "sex", known), birth_year: Columns(batch).ints("birth_year") }
    }

    pub(crate) fn told(&self, row: usize, order: u32) -> Told {
        Told { order, sex: self.sex.value(row), birth_year: columns::int(&self.birth_year, row) }
    }
}

impl ObservationColumns {
    fn of(batch: &RecordBatch) -> Self {
        let read = Columns(batch);
        Self {
            key: KeyColumns::of(batch),
            nature: code(batch, "nature"),
            dispositif: code(batch, "dispositif"),
            complement: code(batch, "complement_dispositif"),
            motif_recours: code(batch, "motif_recours"),
            modalite_temps: code(batch, "modalite_temps"),
            motif_fin: code(batch, "motif_fin"),
            ape: Understood::of(batch, "ape", Ascii::parse),
            commune: Understood::of(batch, "commune", Ascii::parse),
            departement: Understood::of(batch, "departement", Ascii::parse),
            utilisateur: read.texts("utilisateur"),
            date_fin_previsionnelle: read.days("date_fin_previsionnelle"),
            date_fin: read.days("date_fin"),
            dernier_jour_travaille: read.days("dernier_jour_travaille"),
            quotite: read.ints("quotite_permille"),
            hours_centi: read.longs("hours_centi"),
            gross_cents: read.longs("gross_centimes"),
            hours_unpaid_centi: read.longs("hours_unpaid_centi"),
            hours_extra_centi: read.longs("hours_extra_centi"),
            told: ToldColumns::of(batch),
        }
    }

    /// A row, of this person; one without a whole key says nothing.
    fn seen(&self, who: u64, row: usize, place: (u32, u32)) -> Option<Seen> {
        Some(Seen {
            who,
            siret: self.key.siret.value(row)?,
            date_debut: day(&self.key.date_debut, row)?,
            numero: Short::new(columns::text(&self.key.numero, row)?, place),
            month: self.key.months[row],
            hours_centi: amount(&self.hours_centi, row),
            gross_cents: amount(&self.gross_cents, row),
            rare: NONE,
            told: self.told.told(row, 0),
            terms: Terms {
                date_fin_previsionnelle: day(&self.date_fin_previsionnelle, row),
                nature: self.nature.value(row),
                dispositif: self.dispositif.value(row),
                complement_dispositif: self.complement.value(row),
                motif_recours: self.motif_recours.value(row),
                modalite_temps: self.modalite_temps.value(row),
                quotite_permille: permille(&self.quotite, row),
                ape: self.ape.value(row),
                commune: self.commune.value(row),
                departement: self.departement.value(row),
                etablissement_utilisateur: None,
            },
        })
    }

    /// What is rare of a row, when it has some.
    fn rare(&self, row: usize, place: (u32, u32)) -> Option<Rare> {
        let fin = day(&self.date_fin, row).map(|date| Fin {
            date,
            motif: self.motif_fin.value(row).unwrap_or_default(),
            dernier_jour_travaille: day(&self.dernier_jour_travaille, row),
        });
        let (hours_unpaid_centi, hours_extra_centi) = (amount(&self.hours_unpaid_centi, row), amount(&self.hours_extra_centi, row));
        let utilisateur = self.utilisateur.is_valid(row).then_some(place);
        let has_some = fin.is_some() || hours_unpaid_centi != 0 || hours_extra_centi != 0 || utilisateur.is_some();
        has_some.then_some(Rare { fin, hours_unpaid_centi, hours_extra_centi, utilisateur })
    }
}

/// An amount; nothing is none.
fn amount(column: &Int64Array, row: usize) -> i64 {
    if column.is_valid(row) { column.value(row) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_come_back() {
        let texts: Vec<String> = (0..40).map(|length| "é1".chars().cycle().take(length).collect()).collect();
        let long = [StringArray::from(vec!["elsewhere"]), StringArray::from(texts.clone())];
        for (text, row) in texts.iter().zip(0..) {
            let held = Short::new(text, (1, row));
            assert_eq!(held.text(&long), text);
            assert!(held == Short::new(text, (1, row)));
            assert!(texts.iter().zip(0..).all(|(other, place)| place == row || held != Short::new(other, (1, place))));
        }
    }

    #[test]
    fn bins_hold_everybody_once_in_order() {
        let range = PersonRange::split(64)[3];
        let (first, last) = range.bounds();
        for rows in [0, 1, 5_000, 10_000_000] {
            let crowd = Crowd::new(range, rows);
            let place = |person: u64| (person.saturating_sub(crowd.first) >> crowd.shift).min(crowd.bins() as u64 - 1);
            assert_eq!((place(first), place(last)), (0, crowd.bins() as u64 - 1));
            let spread: Vec<u64> = (0..1000).map(|part| place(first + (last - first) / 1000 * part)).collect();
            assert!(spread.is_sorted());
        }
        assert_eq!(Crowd::new(PersonRange::ALL, 0).bins(), 1);
        assert_eq!(Crowd::new(PersonRange::ALL, u64::MAX).bins(), 1 << BIN_BITS_MAX);
    }
}
