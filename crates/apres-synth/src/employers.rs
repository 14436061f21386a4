//! The employers of one territory: structures of insertion, agencies, associations, public bodies, ordinary firms.
//!
//! Sizes follow the published ones: few large intermediary associations, many small insertion firms. SIRENs are below 000 300 000, a range that
//! was never attributed, with correct keys. Nothing here knows who works where.

use crate::draw::{Draw, Stream};
use crate::names::{STREETS, TRADE_NAMES, TRADE_PLACES};
use crate::places::{Commune, TERRITORIES, departement};

/// What an employer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum EmployerKind {
    /// *Atelier et chantier d'insertion*.
    Aci,
    /// *Association intermédiaire*.
    Ai,
    /// *Entreprise d'insertion*.
    Ei,
    /// *Entreprise de travail temporaire d'insertion*.
    Etti,
    /// Association or local body that hires under a PEC.
    Association,
    /// Temporary work agency.
    Agency,
    /// Public employer.
    Public,
    /// *Entreprise adaptée*.
    Adapted,
    /// Any other firm.
    Ordinary,
}

/// An establishment.
#[derive(Debug, Clone)]
pub(crate) struct Employer {
    /// What it is.
    pub(crate) kind: EmployerKind,
    /// Fourteen digits; the first nine are the SIREN.
    pub(crate) siret: String,
    /// NIC of the head office.
    pub(crate) siege: String,
    /// Postal code.
    pub(crate) postal: &'static str,
    /// Name of the commune.
    pub(crate) town: &'static str,
    /// Département, from the postal code.
    pub(crate) departement: String,
    pub(crate) street: String,
    pub(crate) name: String,
    pub(crate) ape: &'static str,
    pub(crate) idcc: &'static str,
    /// Number of its firm within the territory.
    pub(crate) firm: u32,
    /// Writes names in upper case without accents.
    pub(crate) writes_plain: bool,
    /// Declares the contrat d'insertion without the complement that tells the type of structure.
    pub(crate) omits_complement: bool,
}

/// The employers of a territory, and how to find those of a kind.
pub(crate) struct Market {
    /// Every establishment of the territory.
    pub(crate) employers: Vec<Employer>,
    by_kind: [Vec<u32>; 9],
}

impl Market {
    pub(crate) fn of_kind(&self, kind: EmployerKind) -> &[u32] {
        &self.by_kind[kind as usize]
    }

    /// An employer of this kind. Among ordinary firms the first ones are the largest, and the last quarter so small that they are at times empty.
    pub(crate) fn draw(&self, draw: &mut Draw, kind: EmployerKind) -> u32 {
        let places = self.of_kind(kind);
        let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let large = count - count / 4;
        let place = if kind != EmployerKind::Ordinary || large == count {
            draw.below(count)
        } else if draw.chance(0.004) {
            large + draw.below(count - large)
        } else {
            let bound = draw.below(large) + 1;
            draw.below(bound)
        };
        places[place as usize]
    }

    /// Another establishment of the same firm, if there is one.
    pub(crate) fn sibling(&self, employer: u32) -> Option<u32> {
        let own = &self.employers[employer as usize];
        let next = employer as usize + 1;
        let is_sibling = |place: usize| self.employers.get(place).is_some_and(|other| other.firm == own.firm);
        if is_sibling(next) {
            return u32::try_from(next).ok();
        }
        (employer > 0 && is_sibling(employer as usize - 1)).then(|| employer - 1)
    }
}

/// The employers of territory `cell`, sized for `people` people of whom a share goes through insertion.
pub(crate) fn generate(seed: u64, cell: u32, people: u32, iae_share: f64, months: u32) -> Market {
    let mut draw = Draw::new(seed, Stream::Employers, u64::from(cell));
    let mut employers = Vec::new();
    let mut firm = 0;
    for (kind, count) in counts(people, iae_share, months) {
        let mut rest = count;
        while rest > 0 {
            let sites = firm_sites(&mut draw, kind).min(rest);
            let head = nic(firm_siren(cell, firm).as_str(), nic_base(cell, firm) + 1);
            let name = firm_name(&mut draw, kind);
            let plain = draw.chance(0.5);
            for site in 0..sites {
                let mut employer = draw_employer(&mut draw, cell, kind);
                employer.siege.clone_from(&head);
                employer.siret = siret(cell, firm, site);
                employer.name.clone_from(&name);
                employer.firm = firm;
                employer.writes_plain = plain;
                employers.push(employer);
            }
            rest -= sites;
            firm += 1;
        }
    }
    mark_one_omission(&mut employers, cell);
    let mut by_kind: [Vec<u32>; 9] = Default::default();
    for (place, employer) in (0_u32..).zip(&employers) {
        by_kind[employer.kind as usize].push(place);
    }
    Market { employers, by_kind }
}

/// How many establishments of each kind: stock in insertion over usual size, and so on.
fn counts(people: u32, iae_share: f64, months: u32) -> [(EmployerKind, u32); 9] {
    let stock = f64::from(people) * iae_share * 10.0 / (10.0 + f64::from(months));
    [
        (EmployerKind::Aci, how_many(stock * 0.44, 22)),
        (EmployerKind::Ai, how_many(stock * 0.28, 70)),
        (EmployerKind::Ei, how_many(stock * 0.13, 9)),
        (EmployerKind::Etti, how_many(stock * 0.13, 25)),
        (EmployerKind::Association, (people / 800).max(1)),
        (EmployerKind::Agency, (people / 700).max(2)),
        (EmployerKind::Public, (people / 1500).max(1)),
        (EmployerKind::Adapted, 1),
        (EmployerKind::Ordinary, (people / 35).max(6)),
    ]
}

/// The least number of structures of this size that holds `people`.
fn how_many(people: f64, size: u32) -> u32 {
    (1..10_000).find(|count| f64::from(count * size) >= people).unwrap_or(10_000)
}

fn firm_sites(draw: &mut Draw, kind: EmployerKind) -> u32 {
    match kind {
        EmployerKind::Ordinary | EmployerKind::Agency => [1, 1, 1, 2, 3][draw.below(5) as usize],
        EmployerKind::Aci | EmployerKind::Public => [1, 1, 2][draw.below(3) as usize],
        _ => 1,
    }
}

fn firm_name(draw: &mut Draw, kind: EmployerKind) -> String {
    let trade = match kind {
        EmployerKind::Agency => "INTERIM",
        EmployerKind::Etti => "INTERIM INSERTION",
        EmployerKind::Aci => "CHANTIER",
        EmployerKind::Ai => "ENTRAIDE",
        EmployerKind::Public => "COMMUNE",
        _ => draw.code(&TRADE_NAMES),
    };
    format!("{trade} {}", draw.pick(&TRADE_PLACES))
}

fn draw_employer(draw: &mut Draw, cell: u32, kind: EmployerKind) -> Employer {
    let territory = &TERRITORIES[cell as usize % TERRITORIES.len()];
    let communes = if draw.chance(0.65) { territory.main } else { territory.second };
    let (postal, town): Commune = *draw.pick(communes);
    let (ape, idcc) = match kind {
        EmployerKind::Aci => ("8899B", "3016"),
        EmployerKind::Ai => ("7830Z", "9999"),
        EmployerKind::Ei => (draw.code(&["3832Z", "8130Z", "8121Z"]), "2149"),
        EmployerKind::Etti | EmployerKind::Agency => ("7820Z", "2378"),
        EmployerKind::Association => (draw.code(&["9499Z", "8810A", "8891A"]), "1518"),
        EmployerKind::Public => ("8411Z", "5021"),
        EmployerKind::Adapted => ("8122Z", "3016"),
        EmployerKind::Ordinary => {
            *draw.pick(&[("5610A", "1979"), ("4711D", "2216"), ("4120A", "1597"), ("8121Z", "3043"), ("4941B", "0016"), ("5229A", "0016")])
        }
    };
    Employer {
        kind,
        siret: String::new(),
        siege: String::new(),
        postal,
        town,
        departement: departement(postal),
        street: format!("{} {}", draw.between(1, 180), draw.pick(&STREETS)),
        name: String::new(),
        ape,
        idcc,
        firm: 0,
        writes_plain: false,
        omits_complement: false,
    }
}

/// One insertion firm in every third territory forgets the complement: its exits have the type `autre`.
fn mark_one_omission(employers: &mut [Employer], cell: u32) {
    if cell % 3 != 1 {
        return;
    }
    if let Some(employer) = employers.iter_mut().find(|employer| employer.kind == EmployerKind::Ei) {
        employer.omits_complement = true;
    }
}

const FIRMS_PER_CELL: u32 = 320;
const SIRENS: u32 = 29_900;

fn firm_number(cell: u32, firm: u32) -> u32 {
    cell * FIRMS_PER_CELL + firm
}

fn firm_siren(cell: u32, firm: u32) -> String {
    with_luhn(&format!("{:08}", firm_number(cell, firm) % SIRENS + 1))
}

/// When every SIREN has been used once, the next firms take further establishments of them.
fn nic_base(cell: u32, firm: u32) -> u32 {
    firm_number(cell, firm) / SIRENS * 10
}

fn siret(cell: u32, firm: u32, site: u32) -> String {
    let siren = firm_siren(cell, firm);
    let nic = nic(&siren, nic_base(cell, firm) + site + 1);
    siren + &nic
}

/// The five digits that make `siren` a SIRET with a correct key.
fn nic(siren: &str, number: u32) -> String {
    with_luhn(&format!("{siren}{number:04}"))[9..].to_owned()
}

/// Appends the digit that makes the Luhn sum a multiple of ten.
fn with_luhn(body: &str) -> String {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
