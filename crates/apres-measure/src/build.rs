//! Runs the rules over the lake: observations of the winning declarations, person after person, into spells, months, exits and panel.
//!
//! A declaration wins over those of the same (SIRET, main month, fraction, champ) by its date of constitution, then its order. People are gone through in
//! ranges of their pseudonyms ([`crate::fold`]); those in hand are in memory. The result depends on the declarations alone, not on the order in which they came.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use apres_protect::Catalogue;
use apres_store::datafusion::arrow::array::RecordBatch;
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Parts, Statistical, StatisticalTable, StoreFault, Writer, Written};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::boundary;
use crate::calendar::{Day, Month};
use crate::columns::{self, Columns};
use crate::contract::{Ascii, ContractKey, Spell, Terms};
use crate::exits::{Exit, ExitSource, Minimum, ProgrammeRule, StructureType};
use crate::fold::{Done, Found, Shared, Turns, Worker};
use crate::output::{self, NO_MONTH};
use crate::panel::{Career, HORIZONS, Leaver, MatchStatus, PanelRow, Sex, place};
use crate::people::{KnownAs, renew_completeness};
use crate::read::{Declared, Wanted};
use crate::since::{self, Began, Now, Touched, Wrote};
use crate::spells::{Careers, MonthRow};
use crate::standing::Standing;

/// A fault while measuring.
#[derive(Debug, thiserror::Error)]
pub enum MeasureFault {
    /// The lake does not answer.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A thread stopped before its end.
    #[error("a thread stopped before its end")]
    Stopped,
    /// The request does not hold together.
    #[error("counting a request that was not admitted")]
    Request(#[source] apres_protect::RequestFault),
}

/// What a build gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Built {
    /// Contracts.
    pub spells: u64,
    /// Exits found in the DSN.
    pub exits: u64,
    /// Rows of the panel, those of lists too.
    pub panel: u64,
    /// Version of the panel.
    pub lake_version: u64,
    /// How many people were gone through again; none when everybody was.
    pub people: Option<u64>,
}

/// The catalogue's programmes as rules.
#[must_use]
pub fn programme_rules(catalogue: &Catalogue) -> Vec<ProgrammeRule> {
    let codes = |texts: &[String]| texts.iter().filter_map(|code| code.parse::<u8>().ok()).collect::<Vec<_>>();
    let rules = catalogue.programmes().iter().map(|programme| {
        let kind = |kind: &apres_protect::catalogue::ProgrammeType| StructureType {
            id: kind.code.clone(),
            minimum: match (kind.days_min, kind.hours_min) {
                (Some(days), _) => Minimum::Days(i32::try_from(days).unwrap_or(i32::MAX)),
                (None, Some(hours)) => Minimum::HoursCenti(i64::from(hours) * 100),
                (None, None) => Minimum::None,
            },
        };
        let (otherwise, named) = programme.types.split_last().expect("a checked programme has types");
        ProgrammeRule {
            id: programme.id.clone(),
            complements: codes(&programme.complements),
            dispositifs: codes(&programme.dispositifs),
            gap_days: i32::try_from(programme.gap_days).unwrap_or(i32::MAX),
            structure_types: named.iter().map(|named| (codes(&named.complements), kind(named))).collect(),
            otherwise: kind(otherwise),
        }
    });
    rules.collect()
}

/// Builds spells, months, exits and panel anew from the whole lake. Lists deposited before keep their exits and get their panel rows again.
///
/// # Errors
/// When the lake cannot be read or written; the tables are replaced one by one, each in one commit, the panel last.
pub async fn build(lake: &Statistical, rules: &[ProgrammeRule], progress: impl FnMut(u64)) -> Result<Built, MeasureFault> {
    run(lake, rules, true, progress).await
}

/// Brings spells, months, exits and panel up to date: what [`build`] would write, row for row. Only the people of whom declarations came or were replaced are gone through
/// again, unless that is nearly everybody, or a month became complete, or anything else than declarations changed.
///
/// # Errors
/// As [`build`].
pub async fn update(lake: &Statistical, rules: &[ProgrammeRule], progress: impl FnMut(u64)) -> Result<Built, MeasureFault> {
    run(lake, rules, false, progress).await
}

async fn run(lake: &Statistical, rules: &[ProgrammeRule], is_anew: bool, mut progress: impl FnMut(u64)) -> Result<Built, MeasureFault> {
    // Noted before anything is read: declarations that come meanwhile are built again rather than forgotten.
    let began = Began::now(lake).await?;
    let standing = Standing::read(lake).await?;
    tracing::debug!("the declarations that stand are known");
    let (known, known_as) = KnownAs::renew(lake, &standing).await?;
    renew_completeness(lake, &standing).await?;
    tracing::debug!("who is who and which months are complete is known");
    let context = lake.context().await?;
    let last_month = boundary::last_month(&context).await?;
    let mut lists = ListExits::read(&context).await?;
    lists.rename(&known);
    let rules_read = since::rules_read(rules);
    let now = Now { standing: &standing, known: &known, last_month, rules: rules_read };
    let touched = if is_anew { None } else { since::touched(lake, &now).await? };
    let touched = touched.map(|people| Touched::new(&people, &known));
    tracing::debug!(is_anew = touched.is_none(), "who is to be gone through is known");
    let declared = Declared::open(lake, standing, known, touched, Wanted::Everything).await?;
    let ranges = declared.ranges();
    let on_lists = lists.by_person();
    let wanted = Wanted::Everything;
    let shared = Shared { rules: rules.to_vec(), last_month, lists, on_lists, declared, ranges, turns: Turns::default(), wanted };
    let shared = Arc::new(shared);
    let mut writers = Writers::open(lake).await?;
    let mut done = writers.fold(&shared, &mut progress).await?;
    tracing::debug!(ranges = shared.ranges.len(), "everybody was gone through");
    writers.place_the_others(&shared, &mut done).await?;
    let noted = ToNote { began, known_as, last_month, rules_read };
    writers.commit(lake, done, &shared, noted).await
}

/// Writes the table `spells` alone, computed anew, to files in a folder, and leaves the lake as it is; who is who and which months are complete is as the last build left
/// it. Gives how many rows there are.
///
/// # Errors
/// When the lake cannot be read or the files cannot be written.
pub async fn write_spells(lake: &Statistical, folder: &Path) -> Result<u64, MeasureFault> {
    let standing = Standing::read(lake).await?;
    let known = KnownAs::read_at(lake, lake.version(StatisticalTable::KnownAs).await?).await?;
    let context = lake.context_of(&[(StatisticalTable::Completeness, None)]).await?;
    let last_month = boundary::last_month(&context).await?;
    let declared = Declared::open(lake, standing, known, None, Wanted::Spells).await?;
    let (ranges, lists) = (declared.ranges(), ListExits { all: Vec::new() });
    let (turns, wanted) = (Turns::default(), Wanted::Spells);
    let shared = Arc::new(Shared { rules: Vec::new(), last_month, lists, on_lists: HashMap::new(), declared, ranges, turns, wanted });
    let (spells, months) = (Parts::outside(StatisticalTable::Spells, folder), Parts::outside(StatisticalTable::Months, folder));
    let (sender, mut receiver) = mpsc::channel(FOUND_MAX);
    let folding = tokio::spawn(async move { fold_all(&shared, &spells, &months, sender).await });
    while receiver.recv().await.is_some() {}
    let done = folding.await.map_err(|_| MeasureFault::Stopped)??;
    Ok(done.spells.iter().map(Written::rows).sum())
}

/// Places the exits of one list on the calendar, after it was matched.
///
/// # Errors
/// When the lake cannot be read or written.
pub async fn place_list(lake: &Statistical, source: &str) -> Result<u64, MeasureFault> {
    let context = lake.context().await?;
    let last_month = boundary::built_month(lake, None).await?;
    let exits = ListExits::read(&context).await?;
    let careers = read_careers(&context, source).await?;
    let nobody = Careers::default();
    let mut rows = Vec::new();
    for exit in exits.all.iter().filter(|exit| exit.source == source) {
        let career = exit.person.and_then(|person| careers.get(&person)).unwrap_or(&nobody);
        exit.place(&Career::new(&career.spells, &career.months), last_month, &mut rows);
    }
    let mut writer = lake.writer(StatisticalTable::Panel).await?;
    writer.write(output::panel_batch(source, &rows)).await?;
    Ok(writer.replace(Some(source)).await?)
}

pub(crate) async fn collect(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, MeasureFault> {
    let fault = || StoreFault::query("reading the lake");
    Ok(context.sql(sql).await.map_err(fault())?.collect().await.map_err(fault())?)
}

/// An exit of a list, read back from the table `exits`.
pub(crate) struct ReadExit {
    pub(crate) source: String,
    person: Option<u64>,
    structure: Option<u64>,
    departement: Option<Ascii<3>>,
    entry: Option<Day>,
    date: Option<Day>,
    leaver: Leaver,
}

impl ReadExit {
    /// Who the rows of the panel are of.
    fn row_of(&self) -> Option<u64> {
        self.date.and(self.person)
    }

    pub(crate) fn place<'r>(&'r self, career: &Career<'_>, last_month: Month, rows: &mut Vec<PanelRow<'r>>) {
        let Some(date) = self.date else {
            rows.push(PanelRow::unplaced(&self.leaver, ""));
            return;
        };
        let exit = Exit {
            person: self.person,
            programme: None,
            structure_type: "",
            structure: self.structure,
            departement: self.departement,
            entry: self.entry,
            date,
            hours_centi: 0,
            motif_fin: None,
            source: ExitSource::List,
        };
        place(&exit, &self.leaver, career, last_month, &HORIZONS, rows);
    }
}

/// The exits of all lists.
pub(crate) struct ListExits {
    pub(crate) all: Vec<ReadExit>,
}

impl ListExits {
    async fn read(context: &SessionContext) -> Result<Self, MeasureFault> {
        let mut all = Vec::new();
        for batch in collect(context, "SELECT * FROM exits WHERE source <> 'dsn' ORDER BY source, person, date_sortie").await? {
            let read = Columns(&batch);
            let (sources, people, sirets) = (read.texts("source"), read.longs("person"), read.texts("siret"));
            let (entries, dates, departements) = (read.days("date_entree"), read.days("date_sortie"), read.texts("departement"));
            let (sexes, births, statuses, knowns) =
                (read.texts("sex"), read.ints("birth_year"), read.texts("match_status"), read.facts("known"));
            all.extend((0..batch.num_rows()).map(|row| ReadExit {
                source: sources.value(row).to_owned(),
                person: columns::person(&people, row),
                structure: columns::code(&sirets, row),
                departement: columns::ascii(&departements, row),
                entry: columns::day(&entries, row).map(Day),
                date: columns::day(&dates, row).map(Day),
                leaver: Leaver {
                    sex: sex(columns::text(&sexes, row)),
                    birth_year: columns::int(&births, row),
                    match_status: match_status(columns::text(&statuses, row)),
                    nir_is_verified: knowns.value(row),
                },
            }));
        }
        Ok(Self { all })
    }

    /// People matched before are who they finally are.
    fn rename(&mut self, known: &KnownAs) {
        for person in self.all.iter_mut().filter_map(|exit| exit.person.as_mut()) {
            *person = known.everywhere.get(person).copied().unwrap_or(*person);
        }
    }

    fn by_person(&self) -> HashMap<u64, Vec<usize>> {
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        for (place, exit) in self.all.iter().enumerate() {
            if let Some(person) = exit.person {
                places.entry(person).or_default().push(place);
            }
        }
        places
    }
}

struct Writers {
    spells: Writer<StatisticalTable>,
    months: Writer<StatisticalTable>,
    exits: Writer<StatisticalTable>,
    panel: Writer<StatisticalTable>,
}

pub(crate) const NOBODY: Leaver = Leaver { sex: Sex::Inconnu, birth_year: None, match_status: MatchStatus::Dsn, nir_is_verified: false };

/// Batches on their way to the one who commits.
const FOUND_MAX: usize = 16;

/// Goes through everybody, on every core; those who have to wait last.
async fn fold_all(shared: &Arc<Shared>, spells: &Parts, months: &Parts, sender: mpsc::Sender<Found>) -> Result<Done, MeasureFault> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let worker = || (Arc::clone(shared), sender.clone(), spells.clone(), months.clone());
    let mut workers = JoinSet::new();
    for _ in 0..cores.min(shared.ranges.len()) {
        let (shared, sender, spells, months) = worker();
        workers.spawn_blocking(move || Worker::new(&shared, sender, spells, months).run());
    }
    let mut done = Done::default();
    while let Some(ended) = workers.join_next().await {
        done.append(ended.map_err(|_| MeasureFault::Stopped)??);
    }
    let later = std::mem::take(&mut done.later);
    let (shared, sender, spells, months) = worker();
    let last = tokio::task::spawn_blocking(move || Worker::new(&shared, sender, spells, months).run_later(&later));
    done.append(last.await.map_err(|_| MeasureFault::Stopped)??);
    Ok(done)
}

impl Writers {
    async fn open(lake: &Statistical) -> Result<Self, MeasureFault> {
        Ok(Self {
            spells: lake.writer(StatisticalTable::Spells).await?,
            months: lake.writer(StatisticalTable::Months).await?,
            exits: lake.writer(StatisticalTable::Exits).await?,
            panel: lake.writer(StatisticalTable::Panel).await?,
        })
    }

    /// Goes through everybody; exits and panel are written as they come.
    async fn fold(&mut self, shared: &Arc<Shared>, progress: &mut impl FnMut(u64)) -> Result<Done, MeasureFault> {
        let (sender, mut receiver) = mpsc::channel(FOUND_MAX);
        let (folded, spells, months) = (Arc::clone(shared), self.spells.parts(), self.months.parts());
        let all = tokio::spawn(async move { fold_all(&folded, &spells, &months, sender).await });
        let mut people = 0;
        self.receive(&mut receiver, &mut people, progress).await?;
        all.await.map_err(|_| MeasureFault::Stopped)?
    }

    async fn receive(
        &mut self,
        receiver: &mut mpsc::Receiver<Found>,
        people: &mut u64,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), MeasureFault> {
        while let Some(found) = receiver.recv().await {
            match found {
                Found::People(more) => {
                    *people += more;
                    progress(*people);
                }
                Found::Exits(batch) => self.exits.write(batch).await?,
                Found::Panel(batch) => self.panel.write(batch).await?,
            }
        }
        Ok(())
    }

    /// Exits of lists whose people were never declared.
    async fn place_the_others(&mut self, shared: &Shared, done: &mut Done) -> Result<(), MeasureFault> {
        let placed: HashSet<usize> = done.placed.iter().copied().collect();
        let (nobody, mut panel) = (Careers::default(), BTreeMap::<&str, Vec<PanelRow<'_>>>::new());
        let is_to_be_placed = |(index, exit): &(usize, &ReadExit)| !placed.contains(index) && shared.declared.is_asked(exit.row_of());
        for (_, exit) in shared.lists.all.iter().enumerate().filter(is_to_be_placed) {
            let career = Career::new(&nobody.spells, &nobody.months);
            exit.place(&career, shared.last_month, panel.entry(&exit.source).or_default());
        }
        for (source, rows) in panel {
            self.panel.write(output::panel_batch(source, &rows)).await?;
        }
        Ok(())
    }

    async fn commit(mut self, lake: &Statistical, done: Done, shared: &Shared, noted: ToNote) -> Result<Built, MeasureFault> {
        done.spells.into_iter().for_each(|file| self.spells.add(file));
        done.months.into_iter().for_each(|file| self.months.add(file));
        let people = match shared.declared.touched() {
            None => done.people,
            Some(touched) => {
                let all = touched.all();
                self.spells.leave_out(&all, None).await?;
                self.months.leave_out(&all, None).await?;
                self.exits.leave_out(&all, Some("dsn")).await?;
                self.panel.leave_out(&all, None).await?;
                since::people(lake).await?
            }
        };
        let again = shared.declared.touched().map(|touched| touched.len() as u64);
        let is_anew = again.is_none();
        let wrote = Wrote {
            known_as: noted.known_as,
            spells: if is_anew { self.spells.replace(None).await? } else { self.spells.exchange().await? },
            months: if is_anew { self.months.replace(None).await? } else { self.months.exchange().await? },
            exits: if is_anew { self.exits.replace(Some("dsn")).await? } else { self.exits.exchange().await? },
        };
        let panel = boundary::note(self.panel, noted.began.declarations(), noted.last_month);
        let panel = noted.began.note(panel, wrote, noted.rules_read, people);
        let lake_version = if is_anew { panel.replace(None).await? } else { panel.exchange().await? };
        Ok(Built {
            spells: lake.rows(StatisticalTable::Spells, None).await?,
            exits: lake.rows(StatisticalTable::Exits, Some("dsn")).await?,
            panel: lake.rows(StatisticalTable::Panel, None).await?,
            lake_version,
            people: again,
        })
    }
}

/// What a build notes of itself.
struct ToNote {
    began: Began,
    known_as: u64,
    last_month: Month,
    rules_read: i64,
}

/// The careers of the people of one list, from the tables `spells` and `months`.
async fn read_careers(context: &SessionContext, source: &str) -> Result<HashMap<u64, Careers>, MeasureFault> {
    let of_list = |table: &str, order: &str| {
        format!(
            "SELECT * FROM {table} WHERE person IN (SELECT person FROM exits WHERE source = '{}') ORDER BY {order}",
            source.replace('\'', "''")
        )
    };
    let mut numeros = Vec::new();
    let mut careers: HashMap<u64, Careers> = HashMap::new();
    let mut ids: HashMap<(u64, u64, String), u32> = HashMap::new();
    for batch in collect(context, &of_list("spells", "person, siret, numero, date_debut")).await? {
        for (spell, numero) in read_spells(&batch, &mut numeros) {
            ids.insert((spell.contract.person, spell.contract.siret, numero), spell.contract.numero);
            careers.entry(spell.contract.person).or_default().spells.push(spell);
        }
    }
    for batch in collect(context, &of_list("months", "person, siret, numero, date_debut, month")).await? {
        let read = Columns(&batch);
        let (people, sirets, numbers) = (read.longs("person"), read.texts("siret"), read.texts("numero"));
        let (starts, months, gross) = (read.days("date_debut"), read.days("month"), read.longs("gross_centimes"));
        for row in 0..batch.num_rows() {
            let (person, siret) = (columns::person(&people, row).unwrap_or_default(), columns::code(&sirets, row).unwrap_or_default());
            let Some(numero) = ids.get(&(person, siret, numbers.value(row).to_owned())) else { continue };
            let contract = ContractKey { person, siret, numero: *numero, date_debut: Day(starts.value(row)) };
            let month = Day(months.value(row)).month();
            let month_row = MonthRow {
                contract,
                month,
                hours_centi: 0,
                gross_cents: gross.value(row),
                days_active: 0,
                days_suspended: 0,
                hours_unpaid_centi: 0,
                hours_extra_centi: 0,
                siret_declarant: siret,
                terms: Terms::default(),
            };
            careers.entry(person).or_default().months.push(month_row);
        }
    }
    Ok(careers)
}

fn read_spells(batch: &RecordBatch, numeros: &mut Vec<String>) -> Vec<(Spell, String)> {
    let read = Columns(batch);
    let names =
        ["siret", "numero", "end_status", "motif_fin", "nature", "dispositif", "complement_dispositif", "motif_recours", "modalite_temps"];
    let texts: HashMap<&str, _> = names.map(|name| (name, read.texts(name))).into();
    let names = ["date_debut", "date_fin", "date_fin_previsionnelle", "first_month", "last_month"];
    let days: HashMap<&str, _> = names.map(|name| (name, read.days(name))).into();
    let (people, hours, gross) = (read.longs("person"), read.longs("hours_centi"), read.longs("gross_centimes"));
    let quotites = read.permille("quotite");
    let rows = (0..batch.num_rows()).map(|row| {
        let code = |name: &str| columns::code::<u8>(&texts[name], row);
        let date = |name: &str| columns::day(&days[name], row).map(Day);
        let numero = columns::text(&texts["numero"], row).unwrap_or_default();
        if numeros.last().is_none_or(|last| last != numero) {
            numeros.push(numero.to_owned());
        }
        let spell = Spell {
            contract: ContractKey {
                person: columns::person(&people, row).unwrap_or_default(),
                siret: columns::code(&texts["siret"], row).unwrap_or_default(),
                numero: u32::try_from(numeros.len() - 1).unwrap_or(u32::MAX),
                date_debut: date("date_debut").unwrap_or(Day(0)),
            },
            date_fin: date("date_fin"),
            end_status: match columns::text(&texts["end_status"], row) {
                Some("declared") => crate::EndStatus::Declared,
                Some("inferred") => crate::EndStatus::Inferred,
                _ => crate::EndStatus::Open,
            },
            motif_fin: columns::code(&texts["motif_fin"], row),
            terms: Terms {
                date_fin_previsionnelle: date("date_fin_previsionnelle"),
                nature: code("nature"),
                dispositif: code("dispositif"),
                complement_dispositif: code("complement_dispositif"),
                motif_recours: code("motif_recours"),
                modalite_temps: code("modalite_temps"),
                quotite_permille: quotites[row],
                ..Terms::default()
            },
            first_month: date("first_month").map_or(NO_MONTH, Day::month),
            last_month: date("last_month").map_or(NO_MONTH, Day::month),
            hours_centi: hours.value(row),
            last_gross_cents: gross.value(row),
            dernier_jour_travaille: None,
            transfer_siret: None,
        };
        (spell, numero.to_owned())
    });
    rows.collect()
}

pub(crate) fn sex(text: Option<&str>) -> Sex {
    match text {
        Some("F") => Sex::F,
        Some("M") => Sex::M,
        _ => Sex::Inconnu,
    }
}

fn match_status(text: Option<&str>) -> MatchStatus {
    match text {
        Some("nir") => MatchStatus::Nir,
        Some("identite") => MatchStatus::Identite,
        Some("ambigu") => MatchStatus::Ambigu,
        Some("non_trouve") => MatchStatus::NonTrouve,
        Some("dsn") => MatchStatus::Dsn,
        _ => MatchStatus::Inutilisable,
    }
}
