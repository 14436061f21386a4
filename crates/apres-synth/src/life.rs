//! Working lives: from one stream of chance to the contracts of one person.
//!
//! Presence in employment after an exit follows a two-state chain, month by month, whose chances at each horizon are those of the published
//! outcomes; contracts then fill the employed periods. Fates depend on the person and on the market only, never on what others do. Nothing
//! here knows about declarations.

use crate::calendar::{Day, Month};
use crate::contract::{Contract, FULL_TIME, Suspension, Window};
use crate::draw::Draw;
use crate::employers::{EmployerKind, Market};
use crate::names::JOBS;
use crate::people::{Path, Person};

/// A way of being employed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Cdi,
    CdiInterimaire,
    CddLong,
    CddShort,
    CddUsage,
    Interim,
    Professionnalisation,
    Public,
    Pec,
    Adapted,
}

const MODES: [Mode; 10] = [
    Mode::Cdi,
    Mode::CdiInterimaire,
    Mode::CddLong,
    Mode::CddShort,
    Mode::CddUsage,
    Mode::Interim,
    Mode::Professionnalisation,
    Mode::Public,
    Mode::Pec,
    Mode::Adapted,
];

/// How often people of a kind are employed, and how.
struct Profile {
    /// Chance of being employed so many months after the start, interpolated.
    curve: &'static [(i32, f64)],
    /// Chance that an employed month follows another.
    stay: f64,
    /// Weight of each mode, in the order of [`MODES`].
    modes: [f64; 10],
    part_time: f64,
}

const AFTER_ACI: Profile = Profile {
    curve: &[(0, 0.26), (1, 0.294), (3, 0.337), (6, 0.375), (12, 0.404), (24, 0.41)],
    stay: 0.92,
    modes: [0.192, 0.006, 0.042, 0.310, 0.100, 0.265, 0.015, 0.055, 0.020, 0.010],
    part_time: 0.35,
};

const AFTER_EI: Profile = Profile {
    curve: &[(0, 0.35), (1, 0.371), (3, 0.400), (6, 0.424), (12, 0.448), (24, 0.45)],
    stay: 0.92,
    modes: [0.192, 0.006, 0.038, 0.295, 0.090, 0.285, 0.015, 0.045, 0.015, 0.005],
    part_time: 0.30,
};

const AFTER_AI: Profile = Profile {
    curve: &[(0, 0.47), (1, 0.484), (3, 0.496), (6, 0.505), (12, 0.474), (24, 0.47)],
    stay: 0.93,
    modes: [0.184, 0.003, 0.034, 0.330, 0.125, 0.225, 0.015, 0.055, 0.020, 0.005],
    part_time: 0.55,
};

const AFTER_ETTI: Profile = Profile {
    curve: &[(0, 0.48), (1, 0.505), (3, 0.535), (6, 0.558), (12, 0.524), (24, 0.52)],
    stay: 0.93,
    modes: [0.140, 0.020, 0.035, 0.170, 0.050, 0.650, 0.010, 0.020, 0.005, 0.005],
    part_time: 0.25,
};

const AFTER_PEC: Profile = Profile {
    curve: &[(0, 0.34), (1, 0.37), (6, 0.44), (12, 0.48), (24, 0.50)],
    stay: 0.93,
    modes: [0.15, 0.0, 0.12, 0.27, 0.07, 0.14, 0.02, 0.20, 0.02, 0.01],
    part_time: 0.45,
};

const AFTER_APPRENTISSAGE: Profile = Profile {
    curve: &[(0, 0.48), (1, 0.55), (6, 0.63), (12, 0.68), (24, 0.72)],
    stay: 0.95,
    modes: [0.30, 0.02, 0.15, 0.24, 0.06, 0.17, 0.01, 0.04, 0.0, 0.01],
    part_time: 0.18,
};

const ORDINARY: Profile = Profile {
    curve: &[(0, 0.72), (24, 0.74)],
    stay: 0.975,
    modes: [0.46, 0.02, 0.12, 0.16, 0.05, 0.10, 0.01, 0.06, 0.0, 0.02],
    part_time: 0.22,
};

const BEFORE: Profile = Profile {
    curve: &[(0, 0.24), (24, 0.22)],
    stay: 0.85,
    modes: [0.06, 0.0, 0.06, 0.36, 0.12, 0.36, 0.0, 0.03, 0.0, 0.01],
    part_time: 0.40,
};

/// All the contracts of a person that can be seen in the window, sorted by start.
pub(crate) fn live(person: &Person, place: u32, market: &Market, window: Window, draw: &mut Draw) -> Vec<Contract> {
    let mut life = Life { person, place, market, window, draw, contracts: Vec::new() };
    match person.path {
        Path::Iae => life.through_insertion(),
        Path::Pec => life.through_pec(),
        Path::Apprentissage => life.through_apprenticeship(),
        Path::Ordinary => life.ordinary(),
    }
    life.finish()
}

struct Life<'a> {
    person: &'a Person,
    place: u32,
    market: &'a Market,
    window: Window,
    draw: &'a mut Draw,
    contracts: Vec<Contract>,
}

impl Life<'_> {
    fn horizon(&self) -> Day {
        self.window.last_day().plus(150)
    }

    fn through_insertion(&mut self) {
        let entry = self.entry_day(480);
        self.before(entry);
        let mut start = entry;
        loop {
            let kind = self.draw_structure_kind();
            let left = self.parcours(kind, start);
            if left > self.horizon() {
                return;
            }
            let returns = self.draw.chance(0.085);
            let back = left.plus(self.draw.between(66, 400));
            let until = if returns { back.plus(-5) } else { self.horizon() };
            self.work_after(&after(kind), left, until, Some(self.contracts.len() - 1));
            if !returns || back > self.horizon() {
                return;
            }
            start = back;
        }
    }

    /// Uniform over the window and the months before it, so that stock and flow are steady.
    fn entry_day(&mut self, days_before: i32) -> Day {
        let from = self.window.first_day().plus(-days_before);
        Day(self.draw.between(from.0, self.window.last_day().0))
    }

    fn before(&mut self, entry: Day) {
        let until = entry.plus(-20);
        let from = self.window.first_day().plus(-60);
        if until > from.plus(60) && self.draw.chance(0.6) {
            self.work_after(&BEFORE, from, until, None);
        }
    }

    fn draw_structure_kind(&mut self) -> EmployerKind {
        [EmployerKind::Aci, EmployerKind::Ai, EmployerKind::Ei, EmployerKind::Etti][self.draw.weighted(&[0.40, 0.25, 0.15, 0.20])]
    }

    /// A parcours from `start`, sometimes through a second structure of the same type; returns its last day.
    fn parcours(&mut self, kind: EmployerKind, start: Day) -> Day {
        let left = self.stay_in_structure(kind, start);
        if self.draw.chance(0.05) && left < self.window.last_day() {
            let next = left.plus(self.draw.between(1, 45));
            return self.stay_in_structure(kind, next);
        }
        left
    }

    fn stay_in_structure(&mut self, kind: EmployerKind, start: Day) -> Day {
        let structure = self.market.draw(self.draw, kind);
        match kind {
            EmployerKind::Ai => self.in_association(structure, start),
            EmployerKind::Etti => self.in_insertion_agency(structure, start),
            _ => self.in_workshop(structure, kind, start),
        }
    }

    /// ACI and EI: CDDI of four to six months, renewed under the same number or chained.
    fn in_workshop(&mut self, structure: u32, kind: EmployerKind, start: Day) -> Day {
        let total = if self.draw.chance(0.09) {
            self.draw.between(10, 80)
        } else if kind == EmployerKind::Aci {
            self.draw.between(82, 500)
        } else {
            self.draw.between(82, 400)
        };
        let left = start.plus(total - 1);
        let quotite = if kind == EmployerKind::Aci {
            *self.draw.pick(&[11_267, 10_400, 8667, 15_167])
        } else {
            *self.draw.pick(&[15_167, 15_167, 13_000])
        };
        let hourly_pay = self.draw_pay(100, 104);
        let omits = self.market.employers[structure as usize].omits_complement;
        let (dispositif, complement) = match (omits, self.draw.below(20)) {
            (true, _) => ("71", None),
            (false, 0) => ("99", Some(complement_of(kind))),
            _ => ("71", Some(complement_of(kind))),
        };
        let mut cursor = start;
        while cursor <= left {
            let mut contract = self.fixed_term(structure, "02", cursor, left);
            let planned = cursor.plus(self.draw.between(118, 183));
            contract.date_fin = left.min(planned);
            contract.expected = vec![(cursor.month(), if left < planned && self.draw.chance(0.4) { planned } else { contract.date_fin })];
            if contract.date_fin == planned && planned < left && self.draw.chance(0.6) {
                let second = left.min(planned.plus(self.draw.between(60, 183)));
                contract.expected.push((planned.month(), second));
                contract.date_fin = second;
            }
            contract.dispositif = dispositif;
            contract.complement = complement;
            contract.motif_recours = Some("09");
            contract.quotite = quotite;
            contract.hourly_pay = hourly_pay;
            cursor = contract.date_fin.plus(1);
            if self.draw.chance(0.15) && cursor.plus(20) < left {
                cursor = cursor.plus(self.draw.between(1, 18));
            }
            self.contracts.push(contract);
        }
        left
    }

    /// AI: one contract a month, few hours.
    fn in_association(&mut self, structure: u32, start: Day) -> Day {
        let months = if self.draw.chance(0.15) { self.draw.between(1, 2) } else { self.draw.between(4, 20) };
        let quotite = i64::from(self.draw.between(3000, 9500));
        let hourly_pay = self.draw_pay(100, 103);
        let is_cddi = self.draw.chance(0.3);
        let mut cursor = start;
        for step in 0..months {
            let month = cursor.month();
            let mut last = month.last_day();
            if step == months - 1 {
                last = Day(self.draw.between(cursor.0, last.0));
            }
            let mut contract = self.fixed_term(structure, "02", cursor, last);
            contract.dispositif = if is_cddi { "71" } else { "99" };
            contract.complement = Some("03");
            contract.motif_recours = Some(if is_cddi { "09" } else { "05" });
            contract.quotite = quotite;
            contract.hourly_pay = hourly_pay;
            self.contracts.push(contract);
            cursor = last.plus(1 + if self.draw.chance(0.1) { self.draw.between(1, 15) } else { 0 });
        }
        self.contracts.last().map_or(start, |contract| contract.date_fin)
    }

    /// ETTI: missions at user firms.
    fn in_insertion_agency(&mut self, structure: u32, start: Day) -> Day {
        let total = if self.draw.chance(0.12) { self.draw.between(5, 30) } else { self.draw.between(45, 330) };
        let (quotite, hourly_pay) = (FULL_TIME, self.draw_pay(101, 110));
        let left = start.plus(total - 1);
        let mut cursor = start;
        while cursor <= left {
            let last = left.min(cursor.plus(self.draw.between(6, 55)));
            let mut contract = self.mission(structure, cursor, last);
            contract.complement = Some("05");
            contract.dispositif = if self.draw.chance(0.05) { "71" } else { "99" };
            contract.quotite = quotite;
            contract.hourly_pay = hourly_pay;
            self.contracts.push(contract);
            cursor = last.plus(1 + if self.draw.chance(0.3) { self.draw.between(2, 12) } else { 0 });
        }
        self.contracts.last().map_or(start, |contract| contract.date_fin)
    }

    fn through_pec(&mut self) {
        let entry = self.entry_day(330);
        self.before(entry);
        let employer = self.market.draw(self.draw, EmployerKind::Association);
        let left = self.pec(employer, entry, None);
        if left <= self.horizon() {
            self.work_after(&AFTER_PEC, left, self.horizon(), None);
        }
    }

    /// A PEC of nine to twelve months; an early end when `until` comes first.
    fn pec(&mut self, employer: u32, start: Day, until: Option<Day>) -> Day {
        let planned = start.plus(self.draw.between(270, 364));
        let last = until.map_or(planned, |day| day.min(planned));
        let mut contract = self.fixed_term(employer, "02", start, last);
        contract.expected = vec![(start.month(), planned)];
        contract.dispositif = if self.market.employers[employer as usize].departement.starts_with("97") { "42" } else { "41" };
        contract.motif_recours = Some("09");
        contract.quotite = *self.draw.pick(&[8667, 11_267, 15_167]);
        self.contracts.push(contract);
        last
    }

    fn through_apprenticeship(&mut self) {
        let entry = self.entry_day(500);
        let employer = self.market.draw(self.draw, EmployerKind::Ordinary);
        let planned = entry.plus(self.draw.between(360, 760));
        let breaks_off = self.draw.chance(0.2);
        let last = if breaks_off { entry.plus(self.draw.between(20, 300)) } else { planned };
        let mut contract = self.fixed_term(employer, "02", entry, last);
        contract.expected = vec![(entry.month(), planned)];
        contract.dispositif = self.draw.code(&["64", "65"]);
        contract.motif_recours = Some("11");
        contract.motif_fin = if breaks_off { "084" } else { "081" };
        contract.hourly_pay = contract.hourly_pay * i64::from(self.draw.between(43, 78)) / 100;
        self.contracts.push(contract);
        if last <= self.horizon() {
            self.work_after(&AFTER_APPRENTISSAGE, last, self.horizon(), Some(self.contracts.len() - 1));
        }
    }

    fn ordinary(&mut self) {
        let from = self.window.first_day().plus(-self.draw.between(100, 2400));
        self.work_after(&ORDINARY, from, self.horizon(), None);
        self.move_employer();
    }

    /// Presence month by month from `from` on, then contracts over each employed period up to `until`. `left` is the contract just ended.
    fn work_after(&mut self, profile: &Profile, from: Day, until: Day, left: Option<usize>) {
        let shift = self.personal_shift();
        let chance_at = |month: i32| (interpolate(profile.curve, month) + shift).clamp(0.02, 0.98);
        let mut is_employed = self.draw.chance(chance_at(0));
        let mut run_start = from.plus(1);
        let mut may_stay_with = left;
        for step in 0.. {
            let (here, next) = (from.plus_months(step), from.plus_months(step + 1));
            if here >= until {
                break;
            }
            let (now, then) = (chance_at(step), chance_at(step + 1));
            let stay = profile.stay.min(then / now);
            let enter = (then - now * stay) / (1.0 - now);
            let is_employed_next = self.draw.chance(if is_employed { stay } else { enter });
            if is_employed == is_employed_next {
                continue;
            }
            let change = here.plus(1 + self.draw.between(0, next.0 - here.0 - 1));
            if is_employed {
                self.fill(profile, run_start, change.plus(-1).min(until), may_stay_with.take());
            } else {
                run_start = change;
            }
            is_employed = is_employed_next;
        }
        if is_employed && run_start <= until {
            self.fill(profile, run_start, until, may_stay_with);
        }
    }

    /// How far a person is above or below the curve; zero on average.
    fn personal_shift(&mut self) -> f64 {
        let mut shift = 0.0789 + (self.draw.unit() - 0.5) * 0.2;
        shift -= if self.person.has_rsa { 0.12 } else { 0.0 };
        shift -= if self.person.is_low_degree { 0.06 } else { 0.0 };
        let age = self.window.first.year() - self.person.birth.year();
        shift - if age >= 50 { 0.08 } else { 0.0 }
    }

    /// Fills an employed period with contracts, one mode after another.
    fn fill(&mut self, profile: &Profile, from: Day, to: Day, left: Option<usize>) {
        let mut cursor = from;
        let mut is_first = left.is_some();
        while cursor <= to {
            let mode = MODES[self.draw.weighted(&profile.modes)];
            let first_new = self.contracts.len();
            let last = match (mode, left) {
                (Mode::Cdi, Some(place)) if is_first && self.draw.chance(0.3) => {
                    let employer = self.contracts[place].employer;
                    self.cdi(employer, cursor, to)
                }
                _ => self.employ(mode, cursor, to),
            };
            is_first = false;
            for contract in &mut self.contracts[first_new..] {
                let may_be_partial = contract.nature != "03" && contract.nature != "08" && contract.dispositif == "99";
                if may_be_partial && contract.quotite == FULL_TIME && self.draw.chance(profile.part_time * 1.26) {
                    contract.quotite = *self.draw.pick(&[6067, 7800, 10_400, 12_133, 13_000]);
                }
            }
            cursor = last.plus(1);
        }
        self.second_job(from, to);
    }

    /// A few people have another job beside, of fewer hours, within the time when they are employed anyway.
    fn second_job(&mut self, from: Day, to: Day) {
        if to.0 - from.0 < 60 || !self.draw.chance(0.045) {
            return;
        }
        let start = from.plus(self.draw.between(5, (to.0 - from.0) / 2));
        let last = to.min(start.plus(self.draw.between(25, 240)));
        let employer = self.market.draw(self.draw, EmployerKind::Ordinary);
        let mut contract =
            if self.draw.chance(0.15) { self.permanent(employer, "01", start, last) } else { self.fixed_term(employer, "02", start, last) };
        if contract.nature == "02" {
            contract.motif_recours = Some("02");
        }
        contract.quotite = *self.draw.pick(&[2600, 4333, 6067, 7800]);
        self.contracts.push(contract);
    }

    /// Contracts of one mode from `from`, at most up to `to`; returns the last day that they cover.
    fn employ(&mut self, mode: Mode, from: Day, to: Day) -> Day {
        match mode {
            Mode::Cdi => {
                let employer = self.market.draw(self.draw, EmployerKind::Ordinary);
                self.cdi(employer, from, to)
            }
            Mode::CdiInterimaire => {
                let agency = self.market.draw(self.draw, EmployerKind::Agency);
                let last = self.cdi(agency, from, to);
                let user = self.market.draw(self.draw, EmployerKind::Ordinary);
                if let Some(contract) = self.contracts.last_mut() {
                    contract.nature = "08";
                    contract.user = Some(user);
                }
                last
            }
            Mode::CddLong => self.cdd(EmployerKind::Ordinary, "02", from, to, (183, 364)),
            Mode::CddShort => self.cdd_short(from, to),
            Mode::CddUsage => self.cdd_usage(from, to),
            Mode::Interim => self.interim(from, to),
            Mode::Professionnalisation => {
                let last = self.cdd(EmployerKind::Ordinary, "02", from, to, (183, 360));
                if let Some(contract) = self.contracts.last_mut() {
                    contract.dispositif = "61";
                    contract.motif_recours = Some("10");
                }
                last
            }
            Mode::Public => self.public(from, to),
            Mode::Pec => {
                let employer = self.market.draw(self.draw, EmployerKind::Association);
                self.pec(employer, from, Some(to))
            }
            Mode::Adapted => {
                let employer = self.market.draw(self.draw, EmployerKind::Adapted);
                let last = self.cdi(employer, from, to);
                if let Some(contract) = self.contracts.last_mut() {
                    contract.complement = Some("01");
                }
                last
            }
        }
    }

    fn cdi(&mut self, employer: u32, from: Day, to: Day) -> Day {
        let last = if self.draw.chance(0.3) { to.min(from.plus(self.draw.between(30, 900))) } else { to };
        let contract = self.permanent(employer, "01", from, last);
        self.contracts.push(contract);
        last
    }

    fn cdd(&mut self, kind: EmployerKind, nature: &'static str, from: Day, to: Day, days: (i32, i32)) -> Day {
        let employer = self.market.draw(self.draw, kind);
        let planned = from.plus(self.draw.between(days.0, days.1));
        let last = planned.min(to);
        let mut contract = self.fixed_term(employer, nature, from, last);
        contract.expected = vec![(from.month(), planned)];
        contract.motif_recours = Some(self.draw.code(&["01", "02", "02", "03"]));
        self.contracts.push(contract);
        last
    }

    /// Less than 182 days in all at one employer: one contract, a renewal, or two chained contracts.
    fn cdd_short(&mut self, from: Day, to: Day) -> Day {
        let employer = self.market.draw(self.draw, EmployerKind::Ordinary);
        let last = to.min(from.plus(self.draw.between(14, 165)));
        let motif = self.draw.code(&["01", "02", "02", "03"]);
        let span = last.0 - from.0;
        let cut = from.plus(span / 2);
        let shape = if span < 40 { 0 } else { self.draw.below(3) };
        let mut pieces = vec![(from, last)];
        if shape == 2 {
            pieces = vec![(from, cut), (cut.plus(1), last)];
        }
        for (start, end) in pieces {
            let mut contract = self.fixed_term(employer, "02", start, end);
            contract.motif_recours = Some(motif);
            if shape == 1 {
                contract.expected = vec![(start.month(), cut), (cut.month(), end)];
            } else if self.draw.chance(0.12) && end.0 - from.0 < 150 {
                contract.expected = vec![(start.month(), end.plus(self.draw.between(3, 25)))];
            } else if self.draw.chance(0.06) && end.0 - start.0 > 20 {
                contract.expected = vec![(start.month(), end.plus(-self.draw.between(3, 15)))];
            }
            self.contracts.push(contract);
        }
        last
    }

    fn cdd_usage(&mut self, from: Day, to: Day) -> Day {
        let employer = self.market.draw(self.draw, EmployerKind::Ordinary);
        let last = to.min(from.plus(self.draw.between(20, 200)));
        let mut cursor = from;
        while cursor <= last {
            let end = last.min(cursor.plus(self.draw.between(2, 30)));
            let mut contract = self.fixed_term(employer, "02", cursor, end);
            contract.motif_recours = Some("05");
            self.contracts.push(contract);
            cursor = end.plus(1 + if self.draw.chance(0.08) { self.draw.between(1, 4) } else { 0 });
        }
        last
    }

    /// Missions of one agency; few people stay with the same one for more than six months.
    fn interim(&mut self, from: Day, to: Day) -> Day {
        let agency = self.market.draw(self.draw, EmployerKind::Agency);
        let length = if self.draw.chance(0.96) { self.draw.between(15, 170) } else { self.draw.between(190, 420) };
        let last = to.min(from.plus(length));
        let mut cursor = from;
        while cursor <= last {
            let end = last.min(cursor.plus(self.draw.between(4, 60)));
            let contract = self.mission(agency, cursor, end);
            self.contracts.push(contract);
            cursor = end.plus(1 + if self.draw.chance(0.12) { self.draw.between(1, 6) } else { 0 });
        }
        last
    }

    fn public(&mut self, from: Day, to: Day) -> Day {
        if self.draw.chance(0.85) {
            return self.cdd(EmployerKind::Public, "10", from, to, (60, 300));
        }
        let employer = self.market.draw(self.draw, EmployerKind::Public);
        let nature = self.draw.code(&["09", "50"]);
        let contract = self.permanent(employer, nature, from, to);
        self.contracts.push(contract);
        to
    }

    /// A transfer of a CDI to another establishment of the same firm, on the first of a month.
    fn move_employer(&mut self) {
        let is_only_cdi = self.contracts.iter().filter(|contract| contract.nature == "01").count() == 1;
        if !is_only_cdi || self.contracts.iter().any(|contract| contract.nature == "08") || !self.draw.chance(0.05) {
            return;
        }
        let day = self.window.first.plus(self.draw.between(3, 30)).first_day();
        let Some(place) = self.contracts.iter().position(|contract| contract.nature == "01") else { return };
        let old = &mut self.contracts[place];
        let Some(sibling) = self.market.sibling(old.employer) else { return };
        if old.date_debut >= day.plus(-31) || old.date_fin <= day.plus(31) || day.month().plus(2) > self.window.last {
            return;
        }
        let mut new = old.clone();
        new.employer = sibling;
        new.declared_from = day;
        new.moved_from = Some(old.employer);
        old.date_fin = day.plus(-1);
        old.motif_fin = "100";
        self.contracts.push(new);
    }

    fn permanent(&mut self, employer: u32, nature: &'static str, from: Day, last: Day) -> Contract {
        let mut contract = self.blank(employer, nature, from, last);
        contract.motif_fin = match nature {
            "50" | "09" => "059",
            _ if last.0 - from.0 < 60 => self.draw.code(&["034", "035"]),
            _ => self.draw.code(&["059", "059", "043", "020", "087", "014"]),
        };
        contract
    }

    fn fixed_term(&mut self, employer: u32, nature: &'static str, from: Day, last: Day) -> Contract {
        let mut contract = self.blank(employer, nature, from, last);
        contract.expected = vec![(from.month(), last)];
        contract.motif_fin = "031";
        contract
    }

    fn mission(&mut self, agency: u32, from: Day, last: Day) -> Contract {
        let mut contract = self.fixed_term(agency, "03", from, last);
        if self.draw.chance(0.07) {
            contract.expected = vec![(from.month(), last.plus(self.draw.between(1, 6)))];
        }
        contract.motif_recours = Some(self.draw.code(&["01", "02"]));
        contract.motif_fin = "032";
        contract.user = Some(self.market.draw(self.draw, EmployerKind::Ordinary));
        contract
    }

    fn blank(&mut self, employer: u32, nature: &'static str, from: Day, last: Day) -> Contract {
        Contract {
            person: self.place,
            employer,
            sequence: 0,
            date_debut: from,
            declared_from: from,
            date_fin: last,
            expected: Vec::new(),
            nature,
            dispositif: "99",
            complement: None,
            motif_recours: None,
            quotite: FULL_TIME,
            hourly_pay: self.draw_ordinary_pay(),
            motif_fin: "031",
            is_silent: false,
            mistaken_end: None,
            user: None,
            suspension: None,
            moved_from: None,
            job: u8::try_from(self.draw.below(u32::try_from(JOBS.len()).unwrap_or(1))).unwrap_or(0),
        }
    }

    /// Most leavers earn little more than the minimum wage, some a good deal more.
    fn draw_ordinary_pay(&mut self) -> i64 {
        if self.draw.chance(0.75) { self.draw_pay(100, 109) } else { self.draw_pay(109, 170) }
    }

    /// Gross pay of an hour in centimes, between two percentages of the minimum wage.
    fn draw_pay(&mut self, low: i32, high: i32) -> i64 {
        1165 * i64::from(self.draw.between(low, high)) / 100
    }

    /// Keeps what the window shows, numbers it, and decides how each end is declared.
    fn finish(mut self) -> Vec<Contract> {
        let (first, last) = (self.window.first_day(), self.window.last_day());
        let mut contracts = std::mem::take(&mut self.contracts);
        contracts
            .retain(|contract| contract.date_fin >= first && contract.declared_from <= last && contract.date_fin >= contract.declared_from);
        contracts.sort_by_key(|contract| (contract.declared_from, contract.employer, contract.date_fin));
        for (place, contract) in (1_u32..).zip(contracts.iter_mut()) {
            contract.sequence = place;
            self.declare(contract);
        }
        keep_number_over_transfers(&mut contracts);
        contracts
    }

    fn declare(&mut self, contract: &mut Contract) {
        let is_early = contract.expected.last().is_some_and(|(_, day)| *day > contract.date_fin.plus(7));
        if is_early && contract.motif_fin == "031" {
            contract.motif_fin =
                if contract.date_fin.0 - contract.date_debut.0 < 30 { "035" } else { self.draw.code(&["036", "037", "084"]) };
        }
        let may_be_silent = contract.motif_fin != "100" && contract.may_be_silent(self.window);
        contract.is_silent = may_be_silent && self.draw.chance(0.12);
        let days = contract.date_fin.0 - contract.date_debut.0;
        if days > 90 && self.draw.chance(0.10) {
            contract.suspension = Some(self.draw_suspension(contract));
        }
        if days > 200 && contract.moved_from.is_none() && self.draw.chance(0.01) {
            contract.mistaken_end = self.draw_mistake(contract);
        }
    }

    fn draw_suspension(&mut self, contract: &Contract) -> Suspension {
        let from = contract.date_debut.plus(self.draw.between(10, 60));
        let is_leave = self.draw.chance(0.7);
        let length = if is_leave { self.draw.between(3, 60) } else { self.draw.between(5, 120) };
        let to = from.plus(length).min(contract.date_fin.plus(-1));
        let motif = if is_leave { self.draw.code(&["01", "01", "06", "03"]) } else { self.draw.code(&["501", "632", "639"]) };
        Suspension { from, to, is_leave, motif }
    }

    /// A month with at least two more declared months after it.
    fn draw_mistake(&mut self, contract: &Contract) -> Option<Month> {
        let first = contract.declared_from.month().plus(1).max(self.window.first);
        let last = contract.last_month(self.window).plus(-2);
        (first <= last).then(|| Month(self.draw.between(first.0, last.0)))
    }
}

/// A transferred contract keeps its number under the new SIRET.
fn keep_number_over_transfers(contracts: &mut [Contract]) {
    for place in 0..contracts.len() {
        let Some(old_employer) = contracts[place].moved_from else { continue };
        let (start, day) = (contracts[place].date_debut, contracts[place].declared_from);
        let old = contracts.iter().find(|old| old.employer == old_employer && old.date_debut == start && old.date_fin.plus(1) == day);
        match old.map(|old| old.sequence) {
            Some(sequence) => contracts[place].sequence = sequence,
            None => contracts[place].moved_from = None,
        }
    }
}

fn after(kind: EmployerKind) -> Profile {
    match kind {
        EmployerKind::Ai => AFTER_AI,
        EmployerKind::Ei => AFTER_EI,
        EmployerKind::Etti => AFTER_ETTI,
        _ => AFTER_ACI,
    }
}

fn complement_of(kind: EmployerKind) -> &'static str {
    match kind {
        EmployerKind::Ai => "03",
        EmployerKind::Ei => "04",
        EmployerKind::Etti => "05",
        _ => "02",
    }
}

fn interpolate(curve: &[(i32, f64)], month: i32) -> f64 {
    let mut before = curve[0];
    for &(at, chance) in curve {
        if at >= month {
            let span = f64::from((at - before.0).max(1));
            return before.1 + (chance - before.1) * f64::from(month - before.0) / span;
        }
        before = (at, chance);
    }
    before.1
}
