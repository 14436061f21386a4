//! Runs the rules over the lake: observations of the winning declarations, person after person, into spells, months, exits and panel.
//!
//! A declaration wins over those of the same (SIRET, main month, fraction, champ) by its date of constitution, then its order. The engine sorts and may spill
//! to disk; one person at a time is in memory. The result depends on the declarations alone, not on the order in which they came.

use std::collections::{BTreeMap, HashMap};

use apres_protect::Catalogue;
use apres_store::datafusion::arrow::array::RecordBatch;
use apres_store::datafusion::prelude::SessionContext;
use apres_store::{Statistical, StatisticalTable, StoreFault, Writer};
use futures::StreamExt;

use crate::boundary;
use crate::calendar::{Day, Month};
use crate::columns::{self, Columns};
use crate::contract::{Ascii, ContractKey, Spell, Terms};
use crate::exits::{Exit, ExitSource, Minimum, ProgrammeRule, StructureType, find_exits};
use crate::output::{self, NO_MONTH, NamedSpell};
use crate::panel::{Career, HORIZONS, Leaver, MatchStatus, PanelRow, Sex, place};
use crate::people::{KnownAs, renew_completeness};
use crate::read::{ByPerson, ObservationColumns, Person};
use crate::spells::{Careers, MonthRow, careers_of};

/// Rows gathered before they are written.
const ROWS_BEFORE_WRITE: usize = 50_000;

/// The declarations that count, by declaration and part.
pub(crate) const WINNERS: &str = "
  SELECT declaration, part FROM (
    SELECT declaration, part,
           row_number() OVER (PARTITION BY siret, month, fraction, champ ORDER BY constituted DESC, ordre DESC, declaration DESC, part) AS rank
    FROM declarations WHERE nature = '01'
  ) WHERE rank = 1";

/// A fault while measuring.
#[derive(Debug, thiserror::Error)]
pub enum MeasureFault {
    /// The lake does not answer.
    #[error(transparent)]
    Store(#[from] StoreFault),
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
pub async fn build(lake: &Statistical, rules: &[ProgrammeRule], mut progress: impl FnMut(u64)) -> Result<Built, MeasureFault> {
    // Noted before they are read: declarations that come meanwhile are built again rather than forgotten.
    let declarations = lake.version(StatisticalTable::Declarations).await?;
    let known = KnownAs::renew(lake).await?;
    renew_completeness(lake).await?;
    let context = lake.context().await?;
    let last_month = boundary::last_month(&context).await?;
    let mut lists = ListExits::read(&context).await?;
    lists.rename(&known);
    let mut builder = Builder::open(lake, &context, rules, last_month, &lists).await?;
    let mut stream = ByPerson::observations(&context).await?;
    while let Some(batch) = stream.next().await {
        builder.observations(&batch.map_err(StoreFault::query("reading the observations"))?).await?;
        progress(builder.people);
    }
    builder.finish(declarations).await
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
struct ReadExit {
    source: String,
    person: Option<u64>,
    structure: Option<u64>,
    departement: Option<Ascii<3>>,
    entry: Option<Day>,
    date: Option<Day>,
    leaver: Leaver,
}

impl ReadExit {
    fn place<'r>(&'r self, career: &Career<'_>, last_month: Month, rows: &mut Vec<PanelRow<'r>>) {
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
struct ListExits {
    all: Vec<ReadExit>,
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

/// What is being built: the person at hand and the rows to write.
struct Builder<'r> {
    rules: &'r [ProgrammeRule],
    last_month: Month,
    lists: &'r ListExits,
    on_lists: HashMap<u64, Vec<usize>>,
    changes: ByPerson,
    absences: ByPerson,
    who: Option<u64>,
    leaver: Leaver,
    person: Person,
    people: u64,
    is_placed: Vec<bool>,
    spells: Vec<NamedSpell>,
    months: Vec<(MonthRow, String)>,
    exits: Vec<(Exit<'r>, Leaver)>,
    panel: BTreeMap<String, Vec<PanelRow<'r>>>,
    writers: Writers,
    built: Built,
}

struct Writers {
    spells: Writer<StatisticalTable>,
    months: Writer<StatisticalTable>,
    exits: Writer<StatisticalTable>,
    panel: Writer<StatisticalTable>,
}

pub(crate) const NOBODY: Leaver = Leaver { sex: Sex::Inconnu, birth_year: None, match_status: MatchStatus::Dsn, nir_is_verified: false };

impl<'r> Builder<'r> {
    async fn open(
        lake: &Statistical,
        context: &SessionContext,
        rules: &'r [ProgrammeRule],
        last_month: Month,
        lists: &'r ListExits,
    ) -> Result<Self, MeasureFault> {
        Ok(Self {
            rules,
            last_month,
            lists,
            on_lists: lists.by_person(),
            changes: ByPerson::changes(context).await?,
            absences: ByPerson::absences(context).await?,
            who: None,
            leaver: NOBODY,
            person: Person::default(),
            people: 0,
            is_placed: vec![false; lists.all.len()],
            spells: Vec::new(),
            months: Vec::new(),
            exits: Vec::new(),
            panel: BTreeMap::new(),
            writers: Writers {
                spells: lake.writer(StatisticalTable::Spells).await?,
                months: lake.writer(StatisticalTable::Months).await?,
                exits: lake.writer(StatisticalTable::Exits).await?,
                panel: lake.writer(StatisticalTable::Panel).await?,
            },
            built: Built::default(),
        })
    }

    async fn observations(&mut self, batch: &RecordBatch) -> Result<(), MeasureFault> {
        let read = ObservationColumns::of(batch);
        for row in 0..batch.num_rows() {
            let person = read.person(row);
            if self.who != Some(person) {
                self.end_person().await?;
                self.who = Some(person);
                self.leaver = read.leaver(row);
            }
            read.add_to(&mut self.person, row);
        }
        Ok(())
    }

    async fn end_person(&mut self) -> Result<(), MeasureFault> {
        let Some(who) = self.who.take() else { return Ok(()) };
        self.people += 1;
        let mut person = std::mem::take(&mut self.person);
        self.changes.take(who, |rows| person.add_changes(rows, who)).await?;
        self.absences.take(who, |rows| person.add_absences(rows, who)).await?;
        person.settle();
        let careers = careers_of(person.observations, &person.changes, &person.absences, self.last_month);
        let career = Career::new(&careers.spells, &careers.months);
        let mut exits = Vec::new();
        find_exits(&careers.spells, self.rules, self.last_month, &mut exits);
        for exit in exits {
            place(&exit, &self.leaver, &career, self.last_month, &HORIZONS, self.panel.entry("dsn".to_owned()).or_default());
            self.exits.push((exit, self.leaver));
        }
        for &index in self.on_lists.get(&who).map_or(&[][..], Vec::as_slice) {
            let exit = &self.lists.all[index];
            exit.place(&career, self.last_month, self.panel.entry(exit.source.clone()).or_default());
            self.is_placed[index] = true;
        }
        let numero = |contract: &ContractKey| person.numeros.all[contract.numero as usize].clone();
        for spell in careers.spells {
            let user = spell.terms.etablissement_utilisateur;
            let utilisateur = user.map(|id| person.utilisateurs.all[usize::try_from(id).unwrap_or(0)].clone());
            self.spells.push(NamedSpell { spell, numero: numero(&spell.contract), utilisateur });
        }
        self.months.extend(careers.months.into_iter().map(|row| (row, numero(&row.contract))));
        let rows = self.months.len() + self.panel.values().map(Vec::len).sum::<usize>();
        if rows > ROWS_BEFORE_WRITE {
            self.write().await?;
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), MeasureFault> {
        self.built.spells += self.spells.len() as u64;
        self.built.exits += self.exits.len() as u64;
        self.writers.spells.write(output::spells_batch(&self.spells)).await?;
        self.writers.months.write(output::months_batch(&self.months)).await?;
        self.writers.exits.write(output::exits_batch(&self.exits)).await?;
        for (source, rows) in std::mem::take(&mut self.panel) {
            self.built.panel += rows.len() as u64;
            self.writers.panel.write(output::panel_batch(&source, &rows)).await?;
        }
        self.spells.clear();
        self.months.clear();
        self.exits.clear();
        Ok(())
    }

    async fn finish(mut self, declarations: u64) -> Result<Built, MeasureFault> {
        self.end_person().await?;
        let (lists, nobody) = (self.lists, Careers::default());
        for (exit, is_placed) in lists.all.iter().zip(std::mem::take(&mut self.is_placed)) {
            if !is_placed {
                let career = Career::new(&nobody.spells, &nobody.months);
                exit.place(&career, self.last_month, self.panel.entry(exit.source.clone()).or_default());
            }
        }
        self.write().await?;
        self.writers.spells.replace(None).await?;
        self.writers.months.replace(None).await?;
        self.writers.exits.replace(Some("dsn")).await?;
        self.built.lake_version = boundary::note(self.writers.panel, declarations, self.last_month).replace(None).await?;
        Ok(self.built)
    }
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
