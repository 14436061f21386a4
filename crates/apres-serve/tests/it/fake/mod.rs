//! A desk without a lake: made-up people, lists kept in memory, the real gate.
//!
//! It checks the viewer's rights as the real one must, and counts how often it was asked.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use apres_protect::{Catalogue, Method, Period, Policy, Population, Request, decide};
use apres_serve::desk::*;
use apres_serve::rights::{Viewer, permits};
use async_trait::async_trait;

pub(crate) mod accounts;
pub(crate) mod people;
pub(crate) mod quality;

/// The time of the fake installation: 23 November 2026, 10:00 in Paris.
pub(crate) const NOW: UnixTime = UnixTime(1_795_424_400);

/// Name of a file of which no row can be used.
pub(crate) const UNUSABLE: &str = "inutilisable.csv";

struct Held {
    owner: String,
    line: ListLine,
    columns: Vec<Column>,
    polls: u64,
    slot: Option<Slot>,
}

/// The fake.
pub(crate) struct FakeDesk {
    catalogue: Catalogue,
    people: Vec<people::Person>,
    lists: Mutex<BTreeMap<ListId, Held>>,
    /// How figures are protected.
    pub(crate) policy: Mutex<Policy>,
    /// What visitors of a demonstration may try a deposit with.
    pub(crate) example: Mutex<Option<String>>,
    /// What the desk says of the declarations.
    pub(crate) quality: Mutex<Quality>,
    /// Everything that was asked, for the tests.
    pub(crate) asked: Mutex<Vec<(Viewer, Request)>>,
    /// Nothing was read yet.
    pub(crate) is_new: AtomicBool,
    /// What lists were confirmed for.
    slots: Mutex<Vec<(String, String, Period)>>,
}

/// The periods that a file of this many rows offers: all of its people left in 2025.
fn periods(rows: u64) -> Vec<PeriodChoice> {
    if rows < 20 {
        return Vec::new();
    }
    let choice = |from: i32, to: i32, is_usual| PeriodChoice {
        period: Period { from: apres_protect::Quarter(from), to: apres_protect::Quarter(to) },
        rows,
        is_usual,
    };
    vec![choice(2025 * 4, 2025 * 4 + 3, true), choice(2024 * 4, 2025 * 4 + 3, false), choice(2025 * 4, 2025 * 4, false)]
}

impl FakeDesk {
    pub(crate) fn new() -> Self {
        Self {
            catalogue: Catalogue::embedded(),
            people: people::everybody(),
            lists: Mutex::new(BTreeMap::new()),
            policy: Mutex::new(people::policy()),
            example: Mutex::new(None),
            quality: Mutex::new(quality::quality()),
            asked: Mutex::new(Vec::new()),
            is_new: AtomicBool::new(false),
            slots: Mutex::new(Vec::new()),
        }
    }

    fn policy(&self) -> Policy {
        self.policy.lock().expect("no test panics while holding it").clone()
    }

    fn with<T>(&self, viewer: &Viewer, id: &ListId, act: impl FnOnce(&mut Held) -> Result<T, DeskFault>) -> Result<T, DeskFault> {
        let mut lists = self.lists.lock().expect("no test panics while holding it");
        let held = lists.get_mut(id).filter(|held| held.owner == viewer.organisation).ok_or(DeskFault::NotFound)?;
        act(held)
    }
}

/// What a header means, by its words.
fn guess(header: &str) -> (Field, bool) {
    match header.to_lowercase().as_str() {
        "nir" => (Field::Nir, true),
        "nom" => (Field::NomNaissance, false),
        "prenom" | "prénom" => (Field::Prenom, true),
        "né(e) le" | "date de naissance" => (Field::DateNaissance, true),
        "sortie" | "date de sortie" => (Field::DateSortie, true),
        "entrée" => (Field::DateEntree, true),
        _ => (Field::Ignored, true),
    }
}

fn columns(text: &str) -> Vec<Column> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let headers: Vec<&str> = lines.next().unwrap_or_default().split(';').collect();
    let rows: Vec<Vec<&str>> = lines.take(3).map(|line| line.split(';').collect()).collect();
    let column = |(index, header): (usize, &&str)| {
        let (field, is_certain) = guess(header);
        let samples = rows.iter().filter_map(|row| row.get(index)).map(|cell| (*cell).to_owned()).collect();
        Column { index, header: (*header).to_owned(), samples, field, is_certain }
    };
    headers.iter().enumerate().map(column).collect()
}

fn missing(columns: &[Column]) -> Vec<MissingField> {
    let lacks = |field: Field| columns.iter().all(|column| column.field != field);
    let mut missing = Vec::new();
    if lacks(Field::DateSortie) {
        missing.push(MissingField { field: Field::DateSortie, is_blocking: true });
    }
    for field in [Field::Nir, Field::Sexe] {
        if lacks(field) {
            missing.push(MissingField { field, is_blocking: false });
        }
    }
    missing
}

fn errors(rows: u64) -> Vec<RowError> {
    if rows < 3 {
        return Vec::new();
    }
    vec![
        RowError {
            line: 3,
            column: "Né(e) le".into(),
            cell: "31/02/1987".into(),
            code: "birth_unreadable".into(),
            fix: "write_date".into(),
            is_kept: true,
        },
        RowError {
            line: 4,
            column: "Sortie".into(),
            cell: String::new(),
            code: "manquant".into(),
            fix: "completer".into(),
            is_kept: false,
        },
    ]
}

#[async_trait]
impl Desk for FakeDesk {
    async fn coverage(&self) -> Result<Coverage, DeskFault> {
        if self.is_new.load(Ordering::Relaxed) {
            return Ok(Coverage {
                lake_version: 0,
                vintage: None,
                policy_version: self.policy().identity(),
                is_perturbed: true,
                first_month: apres_protect::Month(0),
                last_month: apres_protect::Month(0),
                first_quarter: apres_protect::Quarter(0),
                last_quarter: apres_protect::Quarter(0),
                programmes: Vec::new(),
                departements: Vec::new(),
                is_synthetic: false,
            });
        }
        Ok(Coverage {
            lake_version: 1_042,
            vintage: Some(VintageLine { name: "2026T4".into(), lake_version: 1_042, frozen_at: UnixTime(NOW.0 - 40 * 86_400) }),
            policy_version: self.policy().identity(),
            is_perturbed: self.policy().method == Method::CellKeys,
            first_month: apres_protect::Month(2022 * 12),
            last_month: people::LAST_MONTH,
            first_quarter: people::QUARTERS.0,
            last_quarter: people::QUARTERS.1,
            programmes: vec!["iae".into(), "pec".into()],
            departements: ["21", "22", "25", "29", "35", "39", "71", "89"].map(String::from).into(),
            is_synthetic: true,
        })
    }

    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    async fn ask(&self, viewer: &Viewer, request: &Request) -> Result<Answer, DeskFault> {
        if !permits(viewer, request) {
            return Err(DeskFault::NotAllowed);
        }
        self.asked.lock().expect("no test panics while holding it").push((viewer.clone(), request.clone()));
        let rows = match &request.population {
            Population::List(id) => self.with(viewer, &ListId(id.clone()), |held| Ok(held.line.rows.unwrap_or(0)))?,
            Population::Programme(_) => 0,
        };
        let rows = usize::try_from(rows).expect("fits");
        let counted = people::count(request, &self.catalogue, &self.people, rows);
        Ok(match decide(&counted, &self.catalogue, &self.policy(), &[]) {
            Ok(release) => Answer::Release(release),
            Err(refusal) => Answer::Refusal(refusal),
        })
    }

    async fn lists(&self, viewer: &Viewer) -> Result<Vec<ListLine>, DeskFault> {
        let lists = self.lists.lock().expect("no test panics while holding it");
        Ok(lists.values().rev().filter(|held| held.owner == viewer.organisation).map(|held| held.line.clone()).collect())
    }

    async fn list(&self, viewer: &Viewer, id: &ListId) -> Result<ListLine, DeskFault> {
        self.with(viewer, id, |held| Ok(held.line.clone()))
    }

    async fn slot(&self, viewer: &Viewer, id: &ListId) -> Result<Option<Slot>, DeskFault> {
        self.with(viewer, id, |held| Ok(held.slot.clone()))
    }

    async fn submit_list(&self, viewer: &Viewer, file: ListFile) -> Result<Result<ListId, DepositRefusal>, DeskFault> {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        if text.trim().is_empty() {
            return Ok(Err(DepositRefusal::Empty));
        }
        let mut lists = self.lists.lock().expect("no test panics while holding it");
        let id = ListId(format!("liste-{}", lists.len() + 1));
        let rows = u64::try_from(text.lines().filter(|line| !line.trim().is_empty()).count().saturating_sub(1)).expect("fits");
        let line = ListLine {
            id: id.clone(),
            name: file.name,
            deposited_at: NOW,
            rows: Some(rows),
            period: Some((apres_protect::Quarter(2024 * 4), apres_protect::Quarter(2025 * 4 + 1))),
            state: ListState::ToCheck,
            erase_on: Some(UnixTime(NOW.0 + 90 * 86_400)),
        };
        lists.insert(id.clone(), Held { owner: viewer.organisation.clone(), line, columns: columns(&text), polls: 0, slot: None });
        Ok(Ok(id))
    }

    async fn check(&self, viewer: &Viewer, id: &ListId) -> Result<ListCheck, DeskFault> {
        self.with(viewer, id, |held| {
            let rows = held.line.rows.unwrap_or(0);
            let errors = errors(rows);
            let is_useless = held.line.name == UNUSABLE;
            let wrong = if is_useless { rows } else { u64::try_from(errors.len()).expect("fits") };
            Ok(ListCheck {
                line: held.line.clone(),
                recognised: Recognised {
                    format: "csv".into(),
                    encoding: Some("utf-8".into()),
                    separator: Some(';'),
                    date_format: Some("jj/mm/aaaa".into()),
                    title_lines: 0,
                },
                columns: held.columns.clone(),
                missing: missing(&held.columns),
                rows_read: rows,
                rows_ok: rows - wrong,
                rows_dropped: 0,
                rows_with_errors: wrong,
                errors,
                errors_left_off: 0,
                periods: periods(rows),
                period_rows_min: 20,
            })
        })
    }

    async fn correct(&self, viewer: &Viewer, id: &ListId, mapping: &[(usize, Field)]) -> Result<(), DeskFault> {
        self.with(viewer, id, |held| {
            for (index, field) in mapping {
                let column = held.columns.iter_mut().find(|column| column.index == *index).ok_or(DeskFault::NotFound)?;
                (column.field, column.is_certain) = (*field, true);
            }
            Ok(())
        })
    }

    async fn confirm(&self, viewer: &Viewer, id: &ListId, said: Confirmation) -> Result<Result<(), ConfirmRefusal>, DeskFault> {
        let slot = (viewer.organisation.clone(), said.programme, said.period);
        let is_taken = self.slots.lock().expect("no test panics while holding it").contains(&slot);
        self.with(viewer, id, |held| {
            let is_blocked = missing(&held.columns).iter().any(|missing| missing.is_blocking);
            if held.line.state != ListState::ToCheck || is_blocked {
                return Err(DeskFault::WrongState);
            }
            if !periods(held.line.rows.unwrap_or(0)).iter().any(|offered| offered.period == said.period) {
                return Ok(Err(ConfirmRefusal::NoSuchPeriod));
            }
            if is_taken {
                return Ok(Err(ConfirmRefusal::SlotTaken));
            }
            held.line.state = ListState::Queued;
            held.slot = Some(Slot { programme: slot.1.clone(), period: slot.2 });
            self.slots.lock().expect("no test panics while holding it").push(slot);
            Ok(Ok(()))
        })
    }

    async fn alerts(&self, viewer: &Viewer) -> Result<Vec<AlertLine>, DeskFault> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        let line = |organisation: &str, kind: &str| AlertLine {
            at: NOW,
            organisation: organisation.into(),
            account: "compte-chantier".into(),
            kind: kind.into(),
        };
        Ok(vec![line("Chantier des Trois Rivières", "near"), line("", "refused")])
    }

    async fn progress(&self, viewer: &Viewer, id: &ListId) -> Result<Progress, DeskFault> {
        self.with(viewer, id, |held| {
            if matches!(held.line.state, ListState::Queued | ListState::Matching) {
                held.polls += 1;
                held.line.state = if held.polls > 2 { ListState::Ready } else { ListState::Matching };
            }
            Ok(Progress { step: Some(SearchStep::Searching(50)), line: held.line.clone(), usual_seconds: Some(6) })
        })
    }

    async fn erase(&self, viewer: &Viewer, id: &ListId) -> Result<Receipt, DeskFault> {
        self.with(viewer, id, |held| {
            held.line.state = ListState::Erased;
            held.columns.clear();
            Ok(())
        })?;
        self.receipt(viewer, id).await
    }

    async fn receipt(&self, viewer: &Viewer, id: &ListId) -> Result<Receipt, DeskFault> {
        self.with(viewer, id, |held| {
            if held.line.state != ListState::Erased {
                return Err(DeskFault::WrongState);
            }
            Ok(Receipt {
                id: id.clone(),
                name: held.line.name.clone(),
                rows: held.line.rows.unwrap_or(0),
                deposited_at: held.line.deposited_at,
                erased_at: NOW,
                proof: "3f9a0c51d2b7e846".into(),
            })
        })
    }

    async fn list_template(&self) -> Result<ListTemplate, DeskFault> {
        let bytes = "\u{feff}NIR;Nom;Prénom;Date de naissance;Date de sortie\r\n".as_bytes().to_vec();
        Ok(ListTemplate { file_name: "modele-apres.csv".into(), media_type: "text/csv; charset=utf-8".into(), bytes })
    }

    async fn list_example(&self) -> Result<Option<ListTemplate>, DeskFault> {
        let held = self.example.lock().expect("no test panics while holding it");
        let file =
            |text: &String| ListTemplate { file_name: "exemple.csv".into(), media_type: "text/csv".into(), bytes: text.clone().into() };
        Ok(held.as_ref().map(file))
    }

    async fn ingests(&self, viewer: &Viewer) -> Result<Vec<IngestLine>, DeskFault> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        Ok(quality::ingests())
    }

    async fn ingest(&self, viewer: &Viewer, id: &str) -> Result<IngestDetail, DeskFault> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        quality::ingest(id).ok_or(DeskFault::NotFound)
    }

    async fn quality(&self, viewer: &Viewer) -> Result<Quality, DeskFault> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        Ok(self.quality.lock().expect("no test panics while holding it").clone())
    }

    async fn known_errors(&self, viewer: &Viewer) -> Result<KnownErrors, DeskFault> {
        if !viewer.is_signed_in() {
            return Err(DeskFault::NotAllowed);
        }
        Ok(KnownErrors::from(&*self.quality.lock().expect("no test panics while holding it")))
    }

    async fn jobs(&self, viewer: &Viewer) -> Result<Vec<JobLine>, DeskFault> {
        if !viewer.is_admin() {
            return Err(DeskFault::NotAllowed);
        }
        let job = |id: &str, kind: &str, state, problem: Option<&str>| JobLine {
            id: id.into(),
            kind: kind.into(),
            subject: "liste-1".into(),
            state,
            attempts: 1,
            updated_at: NOW,
            problem: problem.map(str::to_owned),
        };
        Ok(vec![job("2", "match_list", WorkState::Failed, Some("le disque est plein")), job("1", "ingest", WorkState::Done, None)])
    }

    async fn health(&self) -> Vec<HealthCheck> {
        ["ledger", "lake", "worker"].map(|name| HealthCheck { name: name.into(), is_ok: true }).into()
    }
}
