//! What a leaver has become at each horizon (`measure.md` §1, §2, §4, §5).
//!
//! A career is the list of a person's spells as the definitions find them. Questions about a day are answered from an exit: what counts as
//! employment depends on the programme and the structure left.

use crate::calendar::{Day, Month};
use crate::contract::{Contract, End, Window};
use crate::employers::Market;
use crate::truth::exits::programme;

/// Months after the exit at which leavers are looked at.
pub(crate) const HORIZONS: [i32; 7] = [1, 3, 6, 9, 12, 18, 24];

/// Kinds of contract, in the order in which they are written.
pub(crate) const KINDS: [&str; 10] = [
    "alternance",
    "autre",
    "cdd_6_mois_ou_plus",
    "cdd_moins_6_mois",
    "cdd_usage",
    "cdi",
    "cdi_interimaire",
    "interim",
    "public_contractuel",
    "public_titulaire",
];

const LONG_SEQUENCE_DAYS: i32 = 182;

/// A contract as finally known.
pub(crate) struct Spell<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) siret: &'a str,
    pub(crate) departement: &'a str,
    pub(crate) numero: String,
    pub(crate) end: End,
    pub(crate) last_month: Month,
    pub(crate) expected: Option<Day>,
    /// Days from the first start to the latest reach of the sequence it belongs to; its own when it belongs to none.
    sequence_days: i32,
}

/// The spells of one person.
pub(crate) struct Career<'a> {
    pub(crate) spells: Vec<Spell<'a>>,
    pub(crate) window: Window,
}

/// What is seen of a leaver on a horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    pub(crate) is_employed_day: bool,
    pub(crate) is_employed_month: bool,
    /// Place of the kind of the main job in [`KINDS`].
    pub(crate) kind: Option<usize>,
    pub(crate) is_durable: bool,
}

/// From what an exit is an exit: tells which spells are not employment for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) programme: &'a str,
    pub(crate) siret: Option<&'a str>,
}

impl Spell<'_> {
    pub(crate) fn is_insertion(&self) -> bool {
        matches!(self.contract.complement, Some("02" | "03" | "04" | "05" | "06" | "07")) || self.contract.dispositif == "71"
    }

    /// Paid hours declared in the window, in hundredths.
    pub(crate) fn hours(&self, window: Window) -> i64 {
        let first = self.contract.declared_from.month().max(window.first);
        (first.0..=self.last_month.0).map(|month| self.contract.hours_in(Month(month))).sum()
    }

    fn is_in_field(&self) -> bool {
        matches!(
            self.contract.nature,
            "01" | "02" | "03" | "07" | "08" | "09" | "10" | "20" | "21" | "50" | "51" | "52" | "82" | "91" | "92" | "93"
        )
    }

    fn is_employment(&self, left: Left<'_>) -> bool {
        let is_own = left.siret == Some(self.siret) && programme(left.programme).is_some_and(|own| (own.owns)(self));
        self.is_in_field() && !self.is_insertion() && !is_own
    }

    pub(crate) fn is_active_on(&self, day: Day) -> bool {
        self.contract.date_debut <= day && self.end.day().is_none_or(|end| day <= end)
    }

    fn is_active_in(&self, month: Month) -> bool {
        self.contract.date_debut <= month.last_day() && self.end.day().is_none_or(|end| month.first_day() <= end)
    }

    fn reach(&self) -> Day {
        let end = self.end.day().unwrap_or(self.last_month.last_day());
        self.expected.map_or(end, |expected| expected.max(end))
    }

    fn kind(&self) -> &'static str {
        let is_usage = self.contract.motif_recours == Some("05");
        match (self.contract.dispositif, self.contract.nature) {
            ("61" | "64" | "65" | "81", _) => "alternance",
            (_, "08") => "cdi_interimaire",
            (_, "03") => "interim",
            (_, "50") => "public_titulaire",
            (_, "10" | "51" | "52") => "public_contractuel",
            (_, "01" | "07" | "09" | "82" | "91") => "cdi",
            (_, "02" | "92") if is_usage => "cdd_usage",
            (_, "02" | "92") if self.sequence_days >= LONG_SEQUENCE_DAYS => "cdd_6_mois_ou_plus",
            (_, "02" | "92") => "cdd_moins_6_mois",
            _ => "autre",
        }
    }

    fn is_durable(&self) -> bool {
        let kind = self.kind();
        if matches!(self.contract.dispositif, "21" | "41" | "42") {
            return kind == "cdi";
        }
        match kind {
            "cdi" | "cdi_interimaire" | "public_titulaire" | "cdd_6_mois_ou_plus" => true,
            "interim" | "public_contractuel" => self.sequence_days >= LONG_SEQUENCE_DAYS,
            _ => false,
        }
    }

    fn is_unlimited(&self) -> bool {
        matches!(self.contract.nature, "01" | "07" | "08" | "09" | "50" | "82" | "91")
    }

    /// Missions chain with missions, ordinary fixed terms with ordinary fixed terms.
    fn sequence_class(&self) -> Option<u8> {
        match self.contract.nature {
            "03" => Some(0),
            "02" | "10" | "92" => {
                let is_apart = self.contract.motif_recours == Some("05")
                    || matches!(self.contract.dispositif, "21" | "41" | "42" | "61" | "64" | "65" | "81");
                (!is_apart).then_some(1)
            }
            _ => None,
        }
    }
}

impl<'a> Career<'a> {
    pub(crate) fn new(contracts: &'a [Contract], market: &'a Market, window: Window) -> Self {
        let spells = contracts
            .iter()
            .map(|contract| {
                let employer = &market.employers[contract.employer as usize];
                let last_month = contract.last_month(window);
                let mut spell = Spell {
                    contract,
                    siret: &employer.siret,
                    departement: &employer.departement,
                    numero: contract.numero(employer),
                    end: contract.end(window),
                    last_month,
                    expected: contract.expected_in(last_month),
                    sequence_days: 0,
                };
                spell.sequence_days = spell.reach().0 - contract.date_debut.0 + 1;
                spell
            })
            .collect();
        let mut career = Self { spells, window };
        career.chain_sequences();
        career
    }

    /// Gives each spell the length of its sequence.
    fn chain_sequences(&mut self) {
        let mut order: Vec<usize> = (0..self.spells.len()).filter(|&place| self.spells[place].sequence_class().is_some()).collect();
        order.sort_by_key(|&place| {
            let spell = &self.spells[place];
            (spell.sequence_class(), spell.siret, spell.contract.date_debut)
        });
        let mut from = 0;
        while from < order.len() {
            let to = self.sequence_end(&order, from);
            let start = self.spells[order[from]].contract.date_debut;
            let reach = order[from..to].iter().map(|&place| self.spells[place].reach()).max().unwrap_or(start);
            for &place in &order[from..to] {
                self.spells[place].sequence_days = reach.0 - start.0 + 1;
            }
            from = to;
        }
    }

    /// The place after the last spell of the sequence that begins at `from`.
    fn sequence_end(&self, order: &[usize], from: usize) -> usize {
        let first = &self.spells[order[from]];
        let mut end = first.end.day();
        let mut to = from + 1;
        while to < order.len() {
            let next = &self.spells[order[to]];
            let is_same = next.sequence_class() == first.sequence_class() && next.siret == first.siret;
            let is_near = end.is_none_or(|end| next.contract.date_debut <= end.plus(8));
            if !is_same || !is_near {
                break;
            }
            end = match (end, next.end.day()) {
                (Some(so_far), Some(next_end)) => Some(so_far.max(next_end)),
                _ => None,
            };
            to += 1;
        }
        to
    }

    /// What is seen `months` after an exit.
    pub(crate) fn seen(&self, left: Left<'_>, t0: Day, months: i32) -> Seen {
        let month = t0.plus_months(months).month();
        let is_employed_month = self.spells.iter().any(|spell| spell.is_employment(left) && spell.is_active_in(month));
        let main = self.main_job(left, t0, months);
        Seen {
            is_employed_day: main.is_some(),
            is_employed_month,
            kind: main.and_then(|main| KINDS.iter().position(|kind| *kind == main.kind())),
            is_durable: main.is_some_and(Spell::is_durable),
        }
    }

    /// The main of the jobs held `months` after an exit.
    pub(crate) fn main_job(&self, left: Left<'_>, t0: Day, months: i32) -> Option<&Spell<'a>> {
        let day = t0.plus_months(months);
        let jobs = self.spells.iter().filter(|spell| spell.is_employment(left) && spell.is_active_on(day));
        jobs.reduce(|best, spell| main_of(best, spell, day.month()))
    }

    /// Months with a day of employment among the twelve after the month of the exit.
    pub(crate) fn months_worked(&self, left: Left<'_>, t0: Day) -> usize {
        (1..=12)
            .filter(|months| {
                let month = t0.month().plus(*months);
                self.spells.iter().any(|spell| spell.is_employment(left) && spell.is_active_in(month))
            })
            .count()
    }
}

/// The main one of two jobs: unlimited, longest, most hours, best paid that month, earliest, then by SIRET and number.
fn main_of<'s, 'a>(one: &'s Spell<'a>, other: &'s Spell<'a>, month: Month) -> &'s Spell<'a> {
    let rank = |spell: &Spell<'a>| {
        let length = spell.reach().0 - spell.contract.date_debut.0;
        let pay = if spell.contract.is_declared_in(month) { spell.contract.gross_in(month) } else { 0 };
        (spell.is_unlimited(), length, spell.contract.quotite, pay, std::cmp::Reverse(spell.contract.date_debut))
    };
    let by_name = || (other.siret, &other.numero).cmp(&(one.siret, &one.numero));
    if rank(one).cmp(&rank(other)).then_with(by_name).is_ge() { one } else { other }
}
