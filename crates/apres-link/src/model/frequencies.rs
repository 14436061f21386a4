//! How frequent, in the reference, is what each row of the list says.
//!
//! Only values that the list holds are counted, so that memory follows the list; a first name is counted by sex and five years of birth too, and with
//! the surname, because names that go together are not met by chance.

use crate::birth::{Birth, Kind};
use crate::keyed::{Keyed, tagged};
use crate::normalise::name::{PRENOMS_MAX, VARIANTS_MAX};
use crate::person::{EXTRAS_MAX, Person};

/// Cohorts of five years from 1900, the last one for who has no year.
const COHORTS: usize = 42;

const NOM: u64 = 20;
const USAGE: u64 = 21;
const PRENOM: u64 = 22;
const PRENOM_OF_COHORT: u64 = 23;
const BOTH_NAMES: u64 = 24;
const COMMUNE: u64 = 25;
const POSTCODE: u64 = 26;
const DATE: u64 = 27;
const DEPARTEMENT: u64 = 28;
const NOM_AND_COMMUNE: u64 = 40;
const NOM_AND_DEPARTEMENT: u64 = 41;
const EXTRA: u64 = 30;

/// The values of a list, numbered.
pub(crate) struct Terms {
    keyed: Keyed,
    extras: usize,
}

/// How many records of the reference hold each value.
#[derive(Clone)]
pub(crate) struct Counts {
    terms: Vec<u32>,
    /// Values to be looked up together.
    waiting: Vec<u64>,
    records: u64,
    prenoms: u64,
    communes: u64,
    departements: u64,
    postcodes: u64,
    births: u64,
    cohorts: [[u64; COHORTS]; 3],
    extras: [u64; EXTRAS_MAX],
}

/// For one row, the share of the reference that says the same.
#[derive(Clone, Copy, Default)]
pub(crate) struct RowShares {
    /// Of its surnames, as a surname.
    pub(crate) noms: [f64; VARIANTS_MAX],
    /// Of its surnames, as a surname or as one in use.
    pub(crate) any_noms: [f64; VARIANTS_MAX],
    /// Of its first names, among people of its sex and age.
    pub(crate) prenoms: [f64; PRENOMS_MAX],
    /// How much more often its surname and its first name go together than by chance.
    pub(crate) affinity: f64,
    /// Expected number of other people of its surname and first name.
    pub(crate) namesakes: f64,
    /// How much more often its surname and its commune go together than by chance.
    pub(crate) commune_affinity: f64,
    /// The same of its département.
    pub(crate) departement_affinity: f64,
    /// Of its birth date.
    pub(crate) date: f64,
    /// Whether its birth date may stand for an unknown one.
    pub(crate) birth: Option<Kind>,
    /// Of its commune of birth.
    pub(crate) commune: f64,
    /// Of its département of birth.
    pub(crate) departement: f64,
    /// Of its postcode.
    pub(crate) postcode: f64,
    /// Of its other columns.
    pub(crate) extras: [f64; EXTRAS_MAX],
}

impl Terms {
    /// Numbers the values of a list.
    pub(crate) fn new(rows: &[Person], extras: usize) -> Self {
        let mut terms = Self { keyed: Keyed::with_room(rows.len() * 9), extras };
        for row in rows {
            for nom in row.noms.all() {
                terms.keyed.add(tagged(NOM, nom.hash(), 0));
                terms.keyed.add(tagged(USAGE, nom.hash(), 0));
            }
            for prenom in row.prenoms.all() {
                terms.keyed.add(tagged(PRENOM, prenom.hash(), 0));
                terms.keyed.add(tagged(PRENOM_OF_COHORT, prenom.hash(), cohort_key(row.sex, row.birth)));
            }
            if let (Some(nom), Some(prenom)) = (row.noms.first(), row.prenoms.first()) {
                terms.keyed.add(tagged(BOTH_NAMES, nom.hash(), prenom.hash()));
                terms.keyed.add(tagged(BOTH_NAMES, prenom.hash(), nom.hash()));
            }
            each_other_term(row, extras, |_, hash| {
                terms.keyed.add(hash);
            });
            each_place_of_nom(row, |_, hash| {
                terms.keyed.add(hash);
            });
        }
        terms
    }

    /// Nothing counted yet.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            terms: vec![0; self.keyed.len()],
            waiting: Vec::new(),
            records: 0,
            prenoms: 0,
            communes: 0,
            departements: 0,
            postcodes: 0,
            births: 0,
            cohorts: [[0; COHORTS]; 3],
            extras: [0; EXTRAS_MAX],
        }
    }

    /// Counts what a person of the reference says.
    pub(crate) fn count(&self, person: &Person, counts: &mut Counts) {
        counts.records += 1;
        let mut count = |hash: u64| counts.waiting.push(hash);
        for nom in person.birth_noms() {
            count(tagged(NOM, nom.hash(), 0));
        }
        for nom in person.usage_noms() {
            count(tagged(USAGE, nom.hash(), 0));
        }
        if let Some(prenom) = person.prenoms.first() {
            let prenom = prenom.hash();
            count(tagged(PRENOM, prenom, 0));
            count(tagged(PRENOM_OF_COHORT, prenom, cohort_key(person.sex, person.birth)));
            if let Some(nom) = person.noms.first() {
                count(tagged(BOTH_NAMES, nom.hash(), prenom));
            }
            counts.prenoms += 1;
            counts.cohorts[usize::from(person.sex)][cohort(person.birth)] += 1;
        }
        each_other_term(person, self.extras, |_, hash| count(hash));
        each_place_of_nom(person, |_, hash| count(hash));
        if counts.waiting.len() > WAITING {
            self.count_waiting(counts);
        }
        counts.communes += u64::from(!person.commune.is_empty());
        counts.departements += u64::from(person.departement != 0);
        counts.postcodes += u64::from(person.postcode != 0);
        counts.births += u64::from(person.birth.is_whole());
        for (filled, extra) in counts.extras.iter_mut().zip(&person.extras).take(self.extras) {
            *filled += u64::from(!extra.is_empty());
        }
    }

    /// Counts the values that wait.
    pub(crate) fn count_waiting(&self, counts: &mut Counts) {
        self.keyed.keep_likely(&mut counts.waiting, |hash| *hash);
        for term in counts.waiting.drain(..).filter_map(|hash| self.keyed.find(hash)) {
            counts.terms[term] += 1;
        }
    }

    /// The shares of a row.
    pub(crate) fn shares(&self, row: &Person, counts: &Counts) -> RowShares {
        let counted = |hash: u64| self.keyed.find(hash).map_or(0.0, |term| f64::from(counts.terms[term]));
        let birth = row.birth.is_whole().then(|| row.birth.kind());
        let mut shares = RowShares { affinity: 1.0, commune_affinity: 1.0, departement_affinity: 1.0, birth, ..RowShares::default() };
        for (place, nom) in row.noms.all().iter().enumerate() {
            let as_nom = counted(tagged(NOM, nom.hash(), 0));
            shares.noms[place] = share(as_nom, counts.records);
            shares.any_noms[place] = share(as_nom + counted(tagged(USAGE, nom.hash(), 0)), counts.records);
        }
        let cohort_size = counts.cohorts[usize::from(row.sex)][cohort(row.birth)];
        for (place, prenom) in row.prenoms.all().iter().enumerate() {
            let overall = share(counted(tagged(PRENOM, prenom.hash(), 0)), counts.prenoms);
            let in_cohort = counted(tagged(PRENOM_OF_COHORT, prenom.hash(), cohort_key(row.sex, row.birth)));
            // A cohort that is small says little: it counts as if a hundred people of the whole were in it.
            shares.prenoms[place] = (in_cohort + SHRINKAGE * overall) / (as_f64(cohort_size) + SHRINKAGE);
            if let (0, Some(nom)) = (place, row.noms.first()) {
                let by_chance = as_f64(counts.records) * shares.noms[0] * overall;
                let together = counted(tagged(BOTH_NAMES, nom.hash(), prenom.hash()));
                shares.affinity = affinity(together, by_chance);
                // Who has them in each other's place is a namesake of those who have them in theirs.
                let swapped = counted(tagged(BOTH_NAMES, prenom.hash(), nom.hash()));
                shares.namesakes = (((together - 1.0).max(0.0) + by_chance) / 2.0).max((swapped - 1.0) / 2.0);
            }
        }
        each_other_term(row, self.extras, |kind, hash| {
            let count = counted(hash);
            match kind {
                COMMUNE => shares.commune = share(count, counts.communes),
                DEPARTEMENT => shares.departement = share(count, counts.departements),
                POSTCODE => shares.postcode = share(count, counts.postcodes),
                DATE => shares.date = share(count, counts.births),
                extra => {
                    let place = usize::try_from(extra - EXTRA).unwrap_or(0);
                    shares.extras[place] = share(count, counts.extras[place]);
                }
            }
        });
        each_place_of_nom(row, |kind, hash| {
            let (of_place, affinity_of_place) = match kind {
                NOM_AND_COMMUNE => (shares.commune, &mut shares.commune_affinity),
                _ => (shares.departement, &mut shares.departement_affinity),
            };
            *affinity_of_place = affinity(counted(hash), as_f64(counts.records) * shares.noms[0] * of_place);
        });
        shares
    }
}

/// How much more often two values go together than by chance. The candidate itself is one of those counted; of the others, half is what chance
/// would give and half what is seen.
fn affinity(counted: f64, by_chance: f64) -> f64 {
    let others = (counted - 1.0).max(0.0);
    ((others + by_chance) / (2.0 * by_chance)).clamp(AFFINITY_MIN, AFFINITY_MAX)
}

/// Values that are looked up together.
const WAITING: usize = 1000;
/// People of the whole that stand beside those of a cohort.
const SHRINKAGE: f64 = 100.0;
const AFFINITY_MIN: f64 = 0.5;
const AFFINITY_MAX: f64 = 300.0;

impl Counts {
    /// Adds what another pass counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (term, more) in self.terms.iter_mut().zip(&other.terms) {
            *term += more;
        }
        self.records += other.records;
        self.prenoms += other.prenoms;
        self.communes += other.communes;
        self.departements += other.departements;
        self.postcodes += other.postcodes;
        self.births += other.births;
        for (sex, more) in self.cohorts.iter_mut().zip(&other.cohorts) {
            sex.iter_mut().zip(more).for_each(|(cohort, more)| *cohort += more);
        }
        self.extras.iter_mut().zip(other.extras).for_each(|(extra, more)| *extra += more);
    }

    /// Records of the reference.
    pub(crate) const fn records(&self) -> u64 {
        self.records
    }
}

/// The surname with the place of birth: in the reference people of one name often come from one place.
fn each_place_of_nom(person: &Person, mut give: impl FnMut(u64, u64)) {
    let Some(nom) = person.noms.first() else { return };
    if !person.commune.is_empty() {
        give(NOM_AND_COMMUNE, tagged(NOM_AND_COMMUNE, nom.hash(), person.commune.hash()));
    }
    if person.departement != 0 {
        give(NOM_AND_DEPARTEMENT, tagged(NOM_AND_DEPARTEMENT, nom.hash(), u64::from(person.departement)));
    }
}

/// The terms that are one by column.
fn each_other_term(person: &Person, extras: usize, mut give: impl FnMut(u64, u64)) {
    if !person.commune.is_empty() {
        give(COMMUNE, tagged(COMMUNE, person.commune.hash(), 0));
    }
    if person.departement != 0 {
        give(DEPARTEMENT, tagged(DEPARTEMENT, u64::from(person.departement), 0));
    }
    if person.postcode != 0 {
        give(POSTCODE, tagged(POSTCODE, u64::from(person.postcode), 0));
    }
    if person.birth.is_whole() {
        let day = u64::from(person.birth.year) << 16 | u64::from(person.birth.month) << 8 | u64::from(person.birth.day);
        give(DATE, tagged(DATE, day, 0));
    }
    for (tag, extra) in (EXTRA..).zip(person.extras.iter().take(extras)) {
        if !extra.is_empty() {
            give(tag, tagged(tag, extra.hash(), 0));
        }
    }
}

fn cohort(birth: Birth) -> usize {
    if birth.is_known() { usize::from(birth.year.saturating_sub(1900) / 5).min(COHORTS - 2) } else { COHORTS - 1 }
}

fn cohort_key(sex: u8, birth: Birth) -> u64 {
    u64::from(sex) << 8 | cohort(birth) as u64
}

/// A share, half a record being the least that is believed.
fn share(count: f64, total: u64) -> f64 {
    count.max(0.5) / as_f64(total.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are far below the integers that a float cannot hold")]
pub(crate) const fn as_f64(count: u64) -> f64 {
    count as f64
}
