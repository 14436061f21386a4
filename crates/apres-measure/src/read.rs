//! What the lake holds of one person, row by row: observations, changes and absences, side by side.
//!
//! Three queries are sorted by person and read in step, so that memory holds one person whatever the lake. Texts become small numbers that have the order of the texts,
//! whatever the order of the rows.

use std::collections::{BTreeMap, HashMap};

use apres_store::StoreFault;
use apres_store::datafusion::arrow::array::{Array, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray};
use apres_store::datafusion::execution::SendableRecordBatchStream;
use apres_store::datafusion::prelude::SessionContext;
use futures::StreamExt;

use crate::absences::Absence;
use crate::build::{MeasureFault, NOBODY, WINNERS, sex};
use crate::calendar::{Day, Month};
use crate::changes::{ContractChange, OldTerms};
use crate::columns::{self, Columns};
use crate::contract::{ContractKey, Terms};
use crate::output::NO_MONTH;
use crate::panel::Leaver;
use crate::spells::{Fin, Observation};

/// A query over rows of the winning declarations, by person as finally known.
///
/// `known_as` says who a pseudonym is at one employer, else everywhere. In each join the small side comes first: run [`as_written`], the engine holds that
/// one in memory and lets the rows of the table pass.
fn by_person(table: &str, columns: &str, small_side: &str, rest: &str) -> String {
    format!(
        "WITH winners AS ({WINNERS}),
         here AS (SELECT person, siren, becomes FROM known_as WHERE siren IS NOT NULL),
         everywhere AS (SELECT person, becomes FROM known_as WHERE siren IS NULL),
         found AS (
           SELECT coalesce(here.becomes, everywhere.becomes, {table}.person) AS who, {table}.*
           FROM everywhere
           RIGHT JOIN (here
             RIGHT JOIN (winners JOIN {table} ON {table}.declaration = winners.declaration AND {table}.part = winners.part)
             ON here.person = {table}.person AND here.siren = substr({table}.siret, 1, 9))
           ON everywhere.person = {table}.person)
         SELECT found.*{columns} FROM {small_side}found{rest} ORDER BY who"
    )
}

/// Rows of one table, sorted by person.
pub(crate) struct ByPerson {
    stream: SendableRecordBatchStream,
    batch: Option<(RecordBatch, Int64Array)>,
    row: usize,
}

impl ByPerson {
    /// The observations, with what is known of each person.
    pub(crate) async fn observations(context: &SessionContext) -> Result<SendableRecordBatchStream, MeasureFault> {
        let people =
            "(SELECT person AS known, max(sex) AS sex, min(birth_year) AS birth_year FROM persons GROUP BY person) AS people RIGHT JOIN ";
        stream(context, &by_person("observations", ", people.sex, people.birth_year", people, " ON found.who = people.known")).await
    }

    /// The changes of contracts.
    pub(crate) async fn changes(context: &SessionContext) -> Result<Self, MeasureFault> {
        let stream = stream(context, &by_person("changes", "", "", " WHERE numero IS NOT NULL")).await?;
        Ok(Self { stream, batch: None, row: 0 })
    }

    /// The absences.
    pub(crate) async fn absences(context: &SessionContext) -> Result<Self, MeasureFault> {
        Ok(Self { stream: stream(context, &by_person("absences", "", "", "")).await?, batch: None, row: 0 })
    }

    /// Calls `each` with the rows of this person, as runs of rows of one batch. People are asked for in increasing order.
    pub(crate) async fn take(&mut self, person: u64, mut each: impl FnMut(&RecordBatch)) -> Result<(), MeasureFault> {
        loop {
            if self.batch.as_ref().is_none_or(|(batch, _)| self.row >= batch.num_rows()) {
                let Some(batch) = self.stream.next().await else { return Ok(()) };
                let batch = batch.map_err(StoreFault::query("reading what is declared of people"))?;
                let who = Columns(&batch).longs("who");
                (self.batch, self.row) = (Some((batch, who)), 0);
            }
            let Some((batch, who)) = &self.batch else { return Ok(()) };
            let of = |row: usize| columns::person(who, row).unwrap_or_default();
            let rows = self.row..batch.num_rows();
            let from = rows.clone().find(|row| of(*row) >= person).unwrap_or(rows.end);
            let to = (from..rows.end).find(|row| of(*row) != person).unwrap_or(rows.end);
            if to > from {
                each(&batch.slice(from, to - from));
            }
            self.row = to;
            if to < rows.end {
                return Ok(());
            }
        }
    }
}

async fn stream(context: &SessionContext, sql: &str) -> Result<SendableRecordBatchStream, MeasureFault> {
    let fault = || StoreFault::query("reading what is declared of people");
    Ok(as_written(context).sql(sql).await.map_err(fault())?.execute_stream().await.map_err(fault())?)
}

/// The same tables, with joins in the order in which they are written: guessed sizes made the engine hold all the observations in memory, and fail.
fn as_written(context: &SessionContext) -> SessionContext {
    let mut state = context.state();
    state.config_mut().options_mut().optimizer.join_reordering = false;
    SessionContext::new_with_state(state)
}

/// Texts of one person, as numbers.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    places: HashMap<String, u32>,
    /// The texts by their number; sorted once [`Texts::sort`] was called.
    pub(crate) all: Vec<String>,
}

impl Texts {
    fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.places.insert(text.to_owned(), place);
        self.all.push(text.to_owned());
        place
    }

    /// The place of a text, or of the first that differs from it by its case only.
    fn place_of_any_case(&mut self, text: &str) -> u32 {
        let fold = |text: &str| text.trim().to_uppercase();
        let folded = fold(text);
        let alike = || self.all.iter().filter(|known| fold(known) == folded).min().cloned();
        let known = if self.places.contains_key(text) { None } else { alike() };
        self.place(known.as_deref().unwrap_or(text))
    }

    /// Sorts the texts; gives the new number of each old one.
    fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<(String, u32)> = std::mem::take(&mut self.all).into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut ranks = vec![0; order.len()];
        for (rank, (_, place)) in (0..).zip(&order) {
            ranks[*place as usize] = rank;
        }
        self.all = order.into_iter().map(|(text, _)| text).collect();
        self.places.clear();
        ranks
    }
}

/// All that is declared of one person.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) observations: Vec<Observation>,
    pub(crate) changes: Vec<ContractChange>,
    pub(crate) absences: Vec<Absence>,
    pub(crate) numeros: Texts,
    pub(crate) utilisateurs: Texts,
}

impl Person {
    /// Gives the texts their final numbers: from here on, keys have the order of what they stand for.
    pub(crate) fn settle(&mut self) {
        let (numeros, utilisateurs) = (self.numeros.sort(), self.utilisateurs.sort());
        let settle = |contract: &mut ContractKey| contract.numero = numeros[contract.numero as usize];
        for observation in &mut self.observations {
            settle(&mut observation.contract);
            observation.declared_as = observation.contract;
            let user = &mut observation.terms.etablissement_utilisateur;
            *user = user.map(|place| utilisateurs[usize::try_from(place).unwrap_or(0)].into());
        }
        for change in &mut self.changes {
            settle(&mut change.contract);
            change.old_numero = change.old_numero.map(|numero| numeros[numero as usize]);
        }
        for absence in &mut self.absences {
            settle(&mut absence.contract);
        }
    }

    /// Adds the changes of a run of rows.
    pub(crate) fn add_changes(&mut self, batch: &RecordBatch, person: u64) {
        let read = Read::of(batch, &CHANGE_TEXTS, &["date_debut", "month", "date_modification", "ancienne_date_debut", "profondeur"]);
        let quotites = Columns(batch).ints("ancienne_quotite_permille");
        for row in 0..batch.num_rows() {
            let (Some(contract), Some(date)) = (read.contract(row, person, &mut self.numeros), read.day("date_modification", row)) else {
                continue;
            };
            let old_numero = read.text("ancien_numero", row).map(|text| self.numeros.place_of_any_case(text));
            self.changes.push(ContractChange {
                contract,
                month: read.month(row),
                date,
                depth: read.day("profondeur", row),
                old_siret: read.code("ancien_siret", row),
                old_numero,
                old_date_debut: read.day("ancienne_date_debut", row),
                old_terms: OldTerms {
                    nature: read.code("ancienne_nature", row),
                    dispositif: read.code("ancien_dispositif", row),
                    complement_dispositif: read.code("ancien_complement_dispositif", row),
                    motif_recours: read.code("ancien_motif_recours", row),
                    modalite_temps: read.code("ancienne_modalite_temps", row),
                    quotite_permille: columns::int(&quotites, row).and_then(|permille| u16::try_from(permille).ok()),
                },
            });
        }
    }

    /// Adds the absences of a run of rows.
    pub(crate) fn add_absences(&mut self, batch: &RecordBatch, person: u64) {
        let read = Read::of(batch, &["siret", "numero", "bloc", "motif"], &["date_debut", "month", "premier_jour", "dernier_jour"]);
        for row in 0..batch.num_rows() {
            let (Some(contract), Some(first)) = (read.contract(row, person, &mut self.numeros), read.day("premier_jour", row)) else {
                continue;
            };
            self.absences.push(Absence {
                contract,
                is_sick_leave: read.text("bloc", row) == Some("60"),
                first,
                month: read.month(row),
                motif: read.code("motif", row).unwrap_or_default(),
                last: read.day("dernier_jour", row),
            });
        }
    }
}

const CHANGE_TEXTS: [&str; 9] = [
    "siret",
    "numero",
    "ancien_siret",
    "ancien_numero",
    "ancienne_nature",
    "ancien_dispositif",
    "ancien_complement_dispositif",
    "ancien_motif_recours",
    "ancienne_modalite_temps",
];

/// Texts and days of a batch by name.
struct Read {
    texts: BTreeMap<&'static str, StringArray>,
    days: BTreeMap<&'static str, Date32Array>,
}

impl Read {
    fn of(batch: &RecordBatch, texts: &[&'static str], days: &[&'static str]) -> Self {
        let read = Columns(batch);
        Self {
            texts: texts.iter().map(|name| (*name, read.texts(name))).collect(),
            days: days.iter().map(|name| (*name, read.days(name))).collect(),
        }
    }

    fn text(&self, name: &str, row: usize) -> Option<&str> {
        columns::text(&self.texts[name], row)
    }

    fn code<N: std::str::FromStr>(&self, name: &str, row: usize) -> Option<N> {
        columns::code(&self.texts[name], row)
    }

    fn day(&self, name: &str, row: usize) -> Option<Day> {
        columns::day(&self.days[name], row).map(Day)
    }

    fn month(&self, row: usize) -> Month {
        self.day("month", row).map_or(NO_MONTH, Day::month)
    }

    fn contract(&self, row: usize, person: u64, numeros: &mut Texts) -> Option<ContractKey> {
        let (siret, date_debut) = (self.code("siret", row)?, self.day("date_debut", row)?);
        Some(ContractKey { person, siret, numero: numeros.place(self.text("numero", row)?), date_debut })
    }
}

/// The columns of the observations, read once per batch.
pub(crate) struct ObservationColumns {
    who: Int64Array,
    read: Read,
    quotite: Int32Array,
    birth_year: Int32Array,
    amounts: [Int64Array; 4],
}

const OBSERVATION_TEXTS: [&str; 13] = [
    "siret",
    "numero",
    "nature",
    "dispositif",
    "complement_dispositif",
    "motif_recours",
    "modalite_temps",
    "motif_fin",
    "ape",
    "departement",
    "commune",
    "utilisateur",
    "sex",
];

impl ObservationColumns {
    pub(crate) fn of(batch: &RecordBatch) -> Self {
        let read = Columns(batch);
        let days = ["date_debut", "month", "date_fin_previsionnelle", "date_fin", "dernier_jour_travaille"];
        Self {
            who: read.longs("who"),
            read: Read::of(batch, &OBSERVATION_TEXTS, &days),
            quotite: read.ints("quotite_permille"),
            birth_year: read.ints("birth_year"),
            amounts: ["hours_centi", "gross_centimes", "hours_unpaid_centi", "hours_extra_centi"].map(|name| read.longs(name)),
        }
    }

    pub(crate) fn person(&self, row: usize) -> u64 {
        columns::person(&self.who, row).unwrap_or_default()
    }

    pub(crate) fn leaver(&self, row: usize) -> Leaver {
        Leaver { sex: sex(self.read.text("sex", row)), birth_year: columns::int(&self.birth_year, row), ..NOBODY }
    }

    /// Adds an observation to its person; one without a whole key says nothing.
    pub(crate) fn add_to(&self, person: &mut Person, row: usize) {
        let read = &self.read;
        let Some(contract) = read.contract(row, self.person(row), &mut person.numeros) else { return };
        let utilisateur = read.text("utilisateur", row).map(|text| person.utilisateurs.place(text).into());
        let motif = read.code("motif_fin", row).unwrap_or_default();
        let dernier_jour_travaille = read.day("dernier_jour_travaille", row);
        let [hours_centi, gross_cents, hours_unpaid_centi, hours_extra_centi] =
            self.amounts.each_ref().map(|amounts| if amounts.is_valid(row) { amounts.value(row) } else { 0 });
        let ascii = |name: &str| &read.texts[name];
        person.observations.push(Observation {
            contract,
            declared_as: contract,
            month: read.month(row),
            terms: Terms {
                date_fin_previsionnelle: read.day("date_fin_previsionnelle", row),
                nature: read.code("nature", row),
                dispositif: read.code("dispositif", row),
                complement_dispositif: read.code("complement_dispositif", row),
                motif_recours: read.code("motif_recours", row),
                modalite_temps: read.code("modalite_temps", row),
                quotite_permille: columns::int(&self.quotite, row).and_then(|permille| u16::try_from(permille).ok()),
                ape: columns::ascii(ascii("ape"), row),
                commune: columns::ascii(ascii("commune"), row),
                departement: columns::ascii(ascii("departement"), row),
                etablissement_utilisateur: utilisateur,
            },
            fin: read.day("date_fin", row).map(|date| Fin { date, motif, dernier_jour_travaille }),
            hours_centi,
            gross_cents,
            hours_unpaid_centi,
            hours_extra_centi,
        });
    }
}
