//! Synthetic people: who they are, and what in them weighs on their chances.
//!
//! A person depends on the seed and on its own index only. NIRs pass the norm's syntax but name a birthplace whose code was never attributed
//! (see [`crate::places`]), so no one can hold them; two people never share one. No attribute comes from a real person.

use apres_ingest::Nir;

use crate::calendar::Day;
use crate::draw::{Draw, Stream};
use crate::names::{FIRST_NAMES_F, FIRST_NAMES_M, SURNAMES};
use crate::places::{BIRTH_DEPARTEMENTS, BIRTH_DEPARTEMENTS_OLD};

/// What a person's life is mostly about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Path {
    /// Goes through a structure of insertion through economic activity.
    Iae,
    /// Goes through a *parcours emploi compétences*.
    Pec,
    /// Goes through an apprenticeship.
    Apprentissage,
    /// Works, or not, without any of those.
    Ordinary,
}

/// A synthetic person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Number of the person in the whole plan.
    pub(crate) index: u32,
    /// `true` for a man.
    pub(crate) is_male: bool,
    /// Day of birth.
    pub(crate) birth: Day,
    /// A NIR that no one can hold.
    pub(crate) nir: Nir,
    /// Surname at birth.
    pub(crate) surname: String,
    /// Surname in use, when it differs.
    pub(crate) usage: Option<&'static str>,
    /// First names.
    pub(crate) first_name: &'static str,
    /// What the person's life is mostly about.
    pub(crate) path: Path,
    /// Receives the RSA.
    pub(crate) has_rsa: bool,
    /// Has no diploma at the level of a CAP.
    pub(crate) is_low_degree: bool,
    /// Months at the start of the first employer's declarations during which only an NTT is known.
    pub(crate) ntt_months: i32,
}

impl Person {
    /// The département of birth, as the NIR writes it.
    pub(crate) fn birth_departement(&self) -> &str {
        &self.nir.expose()[5..7]
    }

    /// The fifteen characters that people copy: the NIR and its key.
    pub(crate) fn nir_with_key(&self) -> String {
        format!("{}{:02}", self.nir.expose(), self.nir.key())
    }
}

/// How many people out of one follow each path.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    /// Through insertion through economic activity.
    pub iae: f64,
    /// Through a PEC.
    pub pec: f64,
    /// Through an apprenticeship.
    pub apprentissage: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Self { iae: 0.30, pec: 0.06, apprentissage: 0.08 }
    }
}

/// The people of one territory: `count` of them from `first` on.
pub(crate) fn generate(seed: u64, first: u32, count: u32, reference_year: i32, shares: &Shares) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::with_capacity(count as usize);
    for index in first..first + count {
        let mut draw = Draw::new(seed, Stream::Person, u64::from(index));
        let mut person = draw_person(&mut draw, index, reference_year, shares);
        if draw.chance(0.02) && !people.is_empty() {
            become_namesake(&mut person, draw.pick(&people), &mut draw);
        }
        people.push(person);
    }
    people
}

fn draw_person(draw: &mut Draw, index: u32, reference_year: i32, shares: &Shares) -> Person {
    let others = 1.0 - shares.iae - shares.pec - shares.apprentissage;
    let path =
        [Path::Iae, Path::Pec, Path::Apprentissage, Path::Ordinary][draw.weighted(&[shares.iae, shares.pec, shares.apprentissage, others])];
    let is_male = draw.chance(if path == Path::Iae { 0.62 } else { 0.50 });
    let age = draw_age(draw, path);
    let birth = Day::from_ymd(reference_year - age, 1, 1).plus(draw.between(0, 364));
    let nir = draw_nir(is_male, birth, index);
    Person {
        index,
        is_male,
        birth,
        nir,
        surname: draw_surname(draw),
        usage: (!is_male && draw.chance(0.25)).then(|| *draw.pick(&SURNAMES)),
        first_name: draw.code(if is_male { &FIRST_NAMES_M } else { &FIRST_NAMES_F }),
        path,
        has_rsa: draw.chance(0.30),
        is_low_degree: draw.chance(0.448),
        ntt_months: if draw.chance(0.03) { draw.between(1, 3) } else { 0 },
    }
}

fn draw_age(draw: &mut Draw, path: Path) -> i32 {
    if path == Path::Apprentissage {
        return draw.between(16, 25);
    }
    match draw.weighted(&[0.24, 0.56, 0.20]) {
        0 => draw.between(18, 25),
        1 => draw.between(26, 49),
        _ => draw.between(50, 62),
    }
}

/// One surname in twelve is compound: with few names in the pool, this keeps namesakes rare outside those made on purpose.
fn draw_surname(draw: &mut Draw) -> String {
    let first = *draw.pick(&SURNAMES);
    if draw.chance(0.08) && !first.contains('-') {
        return format!("{first}-{}", draw.pick(&SURNAMES));
    }
    first.to_owned()
}

/// Same names; one namesake in two is also born the same day, and can only be told apart by the NIR.
fn become_namesake(person: &mut Person, model: &Person, draw: &mut Draw) {
    if person.is_male != model.is_male || person.path == Path::Apprentissage {
        return;
    }
    person.surname.clone_from(&model.surname);
    person.first_name = model.first_name;
    if draw.chance(0.5) {
        person.birth = model.birth;
        person.nir = draw_nir(person.is_male, person.birth, person.index);
    }
}

/// How many people a plan may hold before two could share a NIR.
pub(crate) const PEOPLE_MAX: u32 = PLACES * ORDERS;
const ORDERS: u32 = 999;
const COMMUNES: u32 = 188;
const PLACES: u32 = 12 * COMMUNES;

/// Builds the NIR on a birthplace that does not exist. Place and order come from the index alone, one to one, so NIRs never clash.
fn draw_nir(is_male: bool, birth: Day, index: u32) -> Nir {
    let (year, month, _) = birth.ymd();
    let code = u64::from(index) * 1_000_003 % u64::from(PEOPLE_MAX);
    let (order, place) = (code % u64::from(ORDERS) + 1, code / u64::from(ORDERS));
    let commune = 802 + place % u64::from(COMMUNES);
    let slot = usize::try_from(place / u64::from(COMMUNES)).unwrap_or(0);
    let departement = if year < 1976 { BIRTH_DEPARTEMENTS_OLD[slot] } else { BIRTH_DEPARTEMENTS[slot] };
    let text = format!("{}{:02}{month:02}{departement}{commune:03}{order:03}", if is_male { 1 } else { 2 }, year.rem_euclid(100));
    Nir::parse_dsn(text.as_bytes()).expect("sex, year, month, département, commune and order all follow the norm")
}
