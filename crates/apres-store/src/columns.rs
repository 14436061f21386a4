//! Rows into record batches, column by column.

use std::sync::Arc;

use apres_ingest::dsn::Code;
use chrono::Datelike;
use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray};

use crate::rows::{AbsenceRow, AliasRow, ChangeRow, DeclarationRow, IdentityRow, ObservationRow, PersonRow, Rows};
use crate::table::{IdentifyingTable, StatisticalTable, Table};

/// A pseudonym, a fingerprint or a part as Delta knows it.
fn long(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn longs<R>(rows: &[R], of: impl Fn(&R) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(rows.iter().map(of)))
}

fn longs_known<R>(rows: &[R], of: impl Fn(&R) -> Option<u64>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| of(row).map(long)).collect::<Int64Array>())
}

fn ints<R>(rows: &[R], of: impl Fn(&R) -> Option<i32>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<Int32Array>())
}

fn days<R>(rows: &[R], of: impl Fn(&R) -> Option<i32>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<Date32Array>())
}

fn codes<R>(rows: &[R], of: impl Fn(&R) -> Code) -> ArrayRef {
    texts(rows.iter().map(of).collect::<Vec<_>>().iter().map(Code::as_str))
}

/// Empty texts become nulls.
fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(values.map(|text| (!text.is_empty()).then_some(text)).collect::<StringArray>())
}

fn sirets<R>(rows: &[R], of: impl Fn(&R) -> u64) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(|row| format!("{:014}", of(row)))))
}

fn sirets_known<R>(rows: &[R], of: impl Fn(&R) -> Option<u64>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| of(row).map(|siret| format!("{siret:014}"))).collect::<StringArray>())
}

/// The first day of a month counted from year 0.
fn first_day(month: i32) -> Option<i32> {
    let first = chrono::NaiveDate::from_ymd_opt(month.div_euclid(12), u32::try_from(month.rem_euclid(12)).ok()? + 1, 1)?;
    Some(first.num_days_from_ce() - 719_163)
}

fn batch(table: impl Table, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(table.schema(), columns).expect("the columns are those of the table")
}

/// The batch of declarations.
pub(crate) fn declarations(rows: &[DeclarationRow]) -> RecordBatch {
    batch(
        StatisticalTable::Declarations,
        vec![
            longs(rows, |row| long(row.declaration)),
            longs(rows, |row| long(row.part)),
            sirets(rows, |row| row.siret),
            days(rows, |row| first_day(row.month).filter(|_| row.month > 0)),
            ints(rows, |row| i32::try_from(row.fraction).ok()),
            codes(rows, |row| row.champ),
            codes(rows, |row| row.nature),
            codes(rows, |row| row.kind),
            longs(rows, |row| long(row.ordre)),
            days(rows, |row| Some(row.constituted)),
            codes(rows, |row| row.norme),
            longs(rows, |row| i64::from(row.individus)),
            longs(rows, |row| i64::from(row.contrats)),
        ],
    )
}

/// The batch of observations.
pub(crate) fn observations(rows: &Rows) -> RecordBatch {
    let all: &[ObservationRow] = &rows.observations;
    let text = &rows.texts;
    batch(
        StatisticalTable::Observations,
        vec![
            longs(all, |row| long(row.declaration)),
            longs(all, |row| long(row.part)),
            longs(all, |row| long(row.person)),
            sirets(all, |row| row.siret),
            texts(all.iter().map(|row| row.numero.of(text))),
            days(all, |row| Some(row.date_debut)),
            days(all, |row| first_day(row.month)),
            codes(all, |row| row.nature),
            codes(all, |row| row.dispositif),
            codes(all, |row| row.complement),
            codes(all, |row| row.motif_recours),
            codes(all, |row| row.modalite_temps),
            days(all, |row| row.date_fin_previsionnelle),
            days(all, |row| row.date_fin),
            codes(all, |row| row.motif_fin),
            ints(all, |row| row.quotite_permille),
            codes(all, |row| row.ape),
            codes(all, |row| row.departement),
            codes(all, |row| row.commune),
            codes(all, |row| row.pcs),
            longs(all, |row| row.hours_centi),
            longs(all, |row| row.gross_centimes),
            texts(all.iter().map(|row| row.utilisateur.of(text))),
            days(all, |row| row.dernier_jour_travaille),
            longs(all, |row| row.hours_unpaid_centi),
            longs(all, |row| row.hours_extra_centi),
            codes(all, |row| row.sex),
            ints(all, |row| row.birth_year),
            longs_known(all, |row| row.identite),
        ],
    )
}

/// The batch of people.
pub(crate) fn persons(rows: &[PersonRow]) -> RecordBatch {
    batch(
        StatisticalTable::Persons,
        vec![
            longs(rows, |row| long(row.person)),
            Arc::new(rows.iter().map(|row| Some(row.has_nir)).collect::<BooleanArray>()),
            longs_known(rows, |row| row.identite),
        ],
    )
}

/// The batch of changes.
pub(crate) fn changes(rows: &Rows) -> RecordBatch {
    let all: &[ChangeRow] = &rows.changes;
    let text = &rows.texts;
    batch(
        StatisticalTable::Changes,
        vec![
            longs(all, |row| long(row.declaration)),
            longs(all, |row| long(row.part)),
            longs(all, |row| long(row.person)),
            sirets(all, |row| row.siret),
            texts(all.iter().map(|row| row.numero.of(text))),
            days(all, |row| row.date_debut),
            days(all, |row| first_day(row.month)),
            days(all, |row| Some(row.date_modification)),
            longs_known(all, |row| row.ancienne_person),
            sirets_known(all, |row| row.ancien_siret),
            texts(all.iter().map(|row| row.ancien_numero.of(text))),
            days(all, |row| row.ancienne_date_debut),
            days(all, |row| row.profondeur),
            codes(all, |row| row.nature),
            codes(all, |row| row.dispositif),
            codes(all, |row| row.complement),
            codes(all, |row| row.motif_recours),
            codes(all, |row| row.modalite_temps),
            ints(all, |row| row.quotite_permille),
            longs_known(all, |row| row.ancienne_identite),
        ],
    )
}

/// The batch of absences.
pub(crate) fn absences(rows: &Rows) -> RecordBatch {
    let all: &[AbsenceRow] = &rows.absences;
    batch(
        StatisticalTable::Absences,
        vec![
            longs(all, |row| long(row.declaration)),
            longs(all, |row| long(row.part)),
            longs(all, |row| long(row.person)),
            sirets(all, |row| row.siret),
            texts(all.iter().map(|row| row.numero.of(&rows.texts))),
            days(all, |row| Some(row.date_debut)),
            days(all, |row| first_day(row.month)),
            codes(all, |row| row.bloc),
            codes(all, |row| row.motif),
            days(all, |row| Some(row.premier_jour)),
            days(all, |row| row.dernier_jour),
        ],
    )
}

/// The batch of aliases.
pub(crate) fn aliases(rows: &[AliasRow]) -> RecordBatch {
    batch(
        StatisticalTable::Aliases,
        vec![
            longs(rows, |row| long(row.declaration)),
            longs(rows, |row| long(row.part)),
            longs(rows, |row| long(row.person)),
            longs(rows, |row| long(row.becomes)),
        ],
    )
}

/// The batch of identities.
pub(crate) fn identities(rows: &Rows) -> RecordBatch {
    let all: &[IdentityRow] = &rows.identities;
    let secret = &rows.secrets;
    batch(
        IdentifyingTable::Identities,
        vec![
            longs(all, |row| long(row.version)),
            longs(all, |row| long(row.person)),
            texts(all.iter().map(|row| row.nir.of(secret))),
            texts(all.iter().map(|row| row.ntt.of(secret))),
            texts(all.iter().map(|row| row.nom_famille.of(secret))),
            texts(all.iter().map(|row| row.nom_usage.of(secret))),
            texts(all.iter().map(|row| row.prenoms.of(secret))),
            texts(all.iter().map(|row| row.date_naissance.of(secret))),
            codes(all, |row| row.sexe),
        ],
    )
}
