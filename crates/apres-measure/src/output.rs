//! Spells, months, exits and panel rows into record batches of the lake's tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use apres_store::datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StringBuilder,
};
use apres_store::{StatisticalTable, Table};

use crate::calendar::Month;
use crate::contract::{Ascii, Spell, Terms};
use crate::exits::Exit;
use crate::panel::{Leaver, PanelRow};
use crate::spells::MonthRow;

/// An exit given by a row of a list, with how its person was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListExit {
    /// Pseudonym, when matched.
    pub person: Option<u64>,
    /// Structure that deposited, or the row's own SIRET.
    pub siret: Option<u64>,
    /// First day, in days since 1970-01-01.
    pub date_entree: Option<i32>,
    /// Exit; none for a row that cannot be used.
    pub date_sortie: Option<i32>,
    /// Reason as written in the list.
    pub motif: String,
    /// `F`, `M` or `inconnu`.
    pub sex: String,
    /// Year of birth.
    pub birth_year: Option<i32>,
    /// `nir`, `identite`, `ambigu`, `non_trouve`, `inutilisable`.
    pub match_status: String,
    /// Whether the row carries a NIR with a correct key.
    pub nir_is_verified: bool,
}

impl ListExit {
    fn is_matched(&self) -> bool {
        matches!(self.match_status.as_str(), "nir" | "identite")
    }

    fn is_usable(&self) -> bool {
        self.match_status != "inutilisable"
    }

    fn is_known(&self) -> bool {
        self.is_matched() || (self.is_usable() && self.nir_is_verified)
    }
}

/// The exits of a list as rows of the table `exits`.
#[must_use]
pub fn list_exits_batch(source: &str, exits: &[ListExit]) -> RecordBatch {
    let text = |of: &dyn Fn(&ListExit) -> Option<String>| texts(exits.iter().map(of));
    let fact = |of: &dyn Fn(&ListExit) -> bool| -> ArrayRef { Arc::new(exits.iter().map(|exit| Some(of(exit))).collect::<BooleanArray>()) };
    let columns = vec![
        text(&|_| Some(source.to_owned())),
        longs(exits.iter().map(|exit| exit.person)),
        text(&|_| None),
        text(&|exit| exit.siret.map(siret)),
        text(&|_| None),
        text(&|_| None),
        days(exits.iter().map(|exit| exit.date_entree)),
        days(exits.iter().map(|exit| exit.date_sortie)),
        text(&|exit| (!exit.motif.is_empty()).then(|| exit.motif.clone())),
        text(&|exit| Some(exit.sex.clone())),
        ints(exits.iter().map(|exit| exit.birth_year)),
        fact(&ListExit::is_matched),
        fact(&ListExit::is_usable),
        text(&|exit| Some(exit.match_status.clone())),
        fact(&ListExit::is_known),
    ];
    batch(StatisticalTable::Exits, columns)
}

/// Spells; numbers and user establishments are places in `numeros` and `utilisateurs`.
pub(crate) fn spells_batch(rows: &[Spell], numeros: &[String], utilisateurs: &[String]) -> RecordBatch {
    let code = |width: usize, of: &dyn Fn(&Spell) -> Option<u16>| codes(width, rows.iter().map(of));
    let day = |of: &dyn Fn(&Spell) -> Option<i32>| days(rows.iter().map(of));
    let long = |of: &dyn Fn(&Spell) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(rows.iter().map(of))) };
    let quotite = rows.iter().map(|row| row.terms.quotite_permille.map(|permille| f64::from(permille) / 1000.0));
    let utilisateur = |id: u64| utilisateurs[usize::try_from(id).unwrap_or(usize::MAX)].as_str();
    let columns = vec![
        longs(rows.iter().map(|row| Some(row.contract.person))),
        sirets(rows.iter().map(|row| Some(row.contract.siret))),
        words(rows.iter().map(|row| Some(numeros[row.contract.numero as usize].as_str()))),
        day(&|spell| Some(spell.contract.date_debut.0)),
        day(&|spell| spell.date_fin.map(|day| day.0)),
        words(rows.iter().map(|row| Some(row.end_status.id()))),
        code(3, &|spell| spell.motif_fin),
        code(2, &|spell| spell.terms.nature.map(u16::from)),
        code(2, &|spell| spell.terms.dispositif.map(u16::from)),
        code(2, &|spell| spell.terms.complement_dispositif.map(u16::from)),
        code(2, &|spell| spell.terms.motif_recours.map(u16::from)),
        day(&|spell| spell.terms.date_fin_previsionnelle.map(|day| day.0)),
        Arc::new(quotite.collect::<Float64Array>()),
        code(2, &|spell| spell.terms.modalite_temps.map(u16::from)),
        words(rows.iter().map(|row| row.terms.ape.as_ref().map(Ascii::as_str))),
        words(rows.iter().map(|row| row.terms.departement.as_ref().map(Ascii::as_str))),
        words(rows.iter().map(|row| row.terms.commune.as_ref().map(Ascii::as_str))),
        words(rows.iter().map(|row| row.terms.etablissement_utilisateur.map(utilisateur))),
        day(&|spell| Some(spell.first_month.first_day().0)),
        day(&|spell| Some(spell.last_month.first_day().0)),
        long(&|spell| spell.hours_centi),
        long(&|spell| spell.last_gross_cents),
        day(&|spell| spell.dernier_jour_travaille.map(|day| day.0)),
        sirets(rows.iter().map(|row| row.transfer_siret)),
    ];
    batch(StatisticalTable::Spells, columns)
}

/// Months; numbers are places in `numeros`.
pub(crate) fn months_batch(rows: &[MonthRow], numeros: &[String]) -> RecordBatch {
    let long = |of: fn(&MonthRow) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(rows.iter().map(of))) };
    let code = |of: fn(&Terms) -> Option<u8>| codes(2, rows.iter().map(|row| of(&row.terms).map(u16::from)));
    let columns = vec![
        longs(rows.iter().map(|row| Some(row.contract.person))),
        days(rows.iter().map(|row| Some(row.month.first_day().0))),
        sirets(rows.iter().map(|row| Some(row.contract.siret))),
        words(rows.iter().map(|row| Some(numeros[row.contract.numero as usize].as_str()))),
        days(rows.iter().map(|row| Some(row.contract.date_debut.0))),
        long(|row| row.hours_centi),
        long(|row| row.gross_cents),
        ints(rows.iter().map(|row| Some(i32::from(row.days_active)))),
        sirets(rows.iter().map(|row| Some(row.siret_declarant))),
        ints(rows.iter().map(|row| Some(i32::from(row.days_suspended)))),
        long(|row| row.hours_unpaid_centi),
        long(|row| row.hours_extra_centi),
        code(|terms| terms.nature),
        code(|terms| terms.dispositif),
        code(|terms| terms.complement_dispositif),
        code(|terms| terms.motif_recours),
        code(|terms| terms.modalite_temps),
        ints(rows.iter().map(|row| row.terms.quotite_permille.map(i32::from))),
    ];
    batch(StatisticalTable::Months, columns)
}

/// Exits found in the DSN.
pub(crate) fn exits_batch(rows: &[(Exit<'_>, Leaver)]) -> RecordBatch {
    let fact = || -> ArrayRef { Arc::new(BooleanArray::from(vec![true; rows.len()])) };
    let columns = vec![
        words(rows.iter().map(|_| Some("dsn"))),
        longs(rows.iter().map(|(exit, _)| exit.person)),
        words(rows.iter().map(|(exit, _)| exit.programme.map(|programme| programme.id.as_str()))),
        sirets(rows.iter().map(|(exit, _)| exit.structure)),
        words(rows.iter().map(|(exit, _)| Some(exit.structure_type))),
        words(rows.iter().map(|(exit, _)| exit.departement.as_ref().map(Ascii::as_str))),
        days(rows.iter().map(|(exit, _)| exit.entry.map(|day| day.0))),
        days(rows.iter().map(|(exit, _)| Some(exit.date.0))),
        codes(3, rows.iter().map(|(exit, _)| exit.motif_fin)),
        words(rows.iter().map(|(_, leaver)| Some(leaver.sex.id()))),
        ints(rows.iter().map(|(_, leaver)| leaver.birth_year)),
        fact(),
        fact(),
        words(rows.iter().map(|_| Some("dsn"))),
        fact(),
    ];
    batch(StatisticalTable::Exits, columns)
}

pub(crate) fn panel_batch(source: &str, rows: &[PanelRow<'_>]) -> RecordBatch {
    let fact =
        |of: &dyn Fn(&PanelRow<'_>) -> bool| -> ArrayRef { Arc::new(rows.iter().map(|row| Some(of(row))).collect::<BooleanArray>()) };
    let quarters: BTreeMap<i32, String> =
        rows.iter().filter_map(|row| row.quarter).map(|quarter| (quarter.0, apres_protect::Quarter(quarter.0).to_string())).collect();
    let columns = vec![
        words(rows.iter().map(|_| Some(source))),
        longs(rows.iter().map(|row| row.person)),
        words(rows.iter().map(|row| Some(row.programme))),
        sirets(rows.iter().map(|row| row.structure)),
        words(rows.iter().map(|row| Some(row.structure_type))),
        words(rows.iter().map(|row| row.departement.as_ref().map(Ascii::as_str))),
        days(rows.iter().map(|row| row.exit_date.map(|day| day.0))),
        words(rows.iter().map(|row| row.quarter.map(|quarter| quarters[&quarter.0].as_str()))),
        ints(rows.iter().map(|row| row.quarter.map(|quarter| quarter.0))),
        words(rows.iter().map(|row| Some(row.sex.id()))),
        words(rows.iter().map(|row| Some(row.age_band.id()))),
        fact(&|row| row.matched),
        fact(&|row| row.usable),
        words(rows.iter().map(|row| Some(row.match_status.id()))),
        fact(&|row| row.known),
        ints(rows.iter().map(|row| Some(i32::from(row.horizon)))),
        fact(&|row| row.observable),
        fact(&|row| row.consolidated),
        fact(&|row| row.employed_day),
        fact(&|row| row.employed_month),
        fact(&|row| row.insertion_day),
        words(rows.iter().map(|row| Some(row.contract_kind.map_or("", |kind| kind.id())))),
        fact(&|row| row.durable),
        fact(&|row| row.part_time),
        fact(&|row| row.same_employer),
        ints(rows.iter().map(|row| Some(i32::from(row.months_worked)))),
    ];
    batch(StatisticalTable::Panel, columns)
}

/// The last month of a lake without any declaration.
pub(crate) const NO_MONTH: Month = Month(0);

fn siret(number: u64) -> String {
    format!("{number:014}")
}

fn batch(table: StatisticalTable, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(table.schema(), columns).expect("the columns are those of the table")
}

/// Digits of a number, zeros first, in a buffer.
fn digits(buffer: &mut [u8], mut number: u64) -> &str {
    for place in buffer.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    str::from_utf8(buffer).unwrap_or_else(|_| unreachable!("digits are text"))
}

fn sirets(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(values.size_hint().0, values.size_hint().0 * 14);
    let mut buffer = [0; 14];
    values.for_each(|value| builder.append_option(value.map(|number| digits(&mut buffer, number))));
    Arc::new(builder.finish())
}

/// Codes of the norm, as wide as it writes them; five digits at most.
fn codes(width: usize, values: impl Iterator<Item = Option<u16>>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(values.size_hint().0, values.size_hint().0 * width);
    let mut buffer = [0; 5];
    values.for_each(|value| {
        let wide = |code: u16| (code.checked_ilog10().unwrap_or(0) as usize + 1).max(width);
        builder.append_option(value.map(|code| digits(&mut buffer[..wide(code)], u64::from(code))));
    });
    Arc::new(builder.finish())
}

fn words<'t>(values: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn longs(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))).collect::<Int64Array>())
}

fn ints(values: impl Iterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(values.collect::<Int32Array>())
}

fn days(values: impl Iterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(values.collect::<Date32Array>())
}
