//! `apres ingest --check`: reads and checks, and writes nothing.
//!
//! The report follows the official checker's: each send, its declarations, and for each anomaly its code, whether it blocks, its message, its line, its
//! rubrique and what may be shown of its value. It reads the files one after another, in a stable order, and needs no installation.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use apres_ingest::dsn::{self, Arbre, EnTete, LieuTravail, Reader, Remark, RemarkCode, Report, Sink, Verdict};
use serde::Serialize;

use crate::ingest::Unreadable;
use crate::source::{self, Opened};

/// What a check found.
#[derive(Debug, Default, Serialize)]
pub struct CheckReport {
    /// Files and archive members read as DSN.
    pub files: Vec<CheckedFile>,
    /// Files that are not DSN, by name.
    pub not_dsn: Vec<String>,
    /// Files and archives that could not be read to their end.
    pub unreadable: Vec<Unreadable>,
    /// Sends refused whole.
    pub sends_refused: u64,
    /// Declarations accepted.
    pub declarations_accepted: u64,
    /// Declarations refused, alone or with their send.
    pub declarations_refused: u64,
    /// Anomalies by code and rubrique, all of them.
    pub counts: Vec<AnomalyCount>,
}

impl CheckReport {
    /// Whether anything was refused.
    #[must_use]
    pub fn is_anything_refused(&self) -> bool {
        self.sends_refused > 0 || self.declarations_refused > 0 || !self.unreadable.is_empty()
    }
}

/// A file or an archive member.
#[derive(Debug, Serialize)]
pub struct CheckedFile {
    /// Its name.
    pub file: String,
    /// Its sends, in order.
    pub sends: Vec<CheckedSend>,
    /// Anomalies outside of any send.
    pub anomalies: Vec<Anomaly>,
    /// Anomalies that are counted and not listed: a file lists the first thousand.
    pub anomalies_not_listed: u64,
}

/// A send.
#[derive(Debug, Serialize)]
pub struct CheckedSend {
    /// Line where it begins; 0 when it holds no declaration.
    pub line: u64,
    /// Version of the norm.
    pub norme: String,
    /// `accepted`, `refused` or `ignored` (a test send).
    pub verdict: &'static str,
    /// Anomalies of the send itself.
    pub anomalies: Vec<Anomaly>,
    /// Its declarations, in order.
    pub declarations: Vec<CheckedDeclaration>,
}

/// A declaration.
#[derive(Debug, Serialize)]
pub struct CheckedDeclaration {
    /// Line where it begins.
    pub line: u64,
    /// Nature.
    pub nature: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: String,
    /// SIRET of the establishment, when it can be read.
    pub siret: Option<String>,
    /// Main month, `2024-03`.
    pub month: Option<String>,
    /// Fraction.
    pub fraction: Option<u64>,
    /// Order.
    pub order: Option<u64>,
    /// `accepted` or `refused`, whatever becomes of its send.
    pub verdict: &'static str,
    /// Its anomalies, by line.
    pub anomalies: Vec<Anomaly>,
}

/// Something that a control says.
#[derive(Debug, Serialize)]
pub struct Anomaly {
    /// Code of the control.
    pub code: String,
    /// Whether it refuses the declaration or the send here.
    pub blocking: bool,
    /// Whether it refuses the deposit, by the norm.
    pub blocking_in_norm: bool,
    /// Line of the file, from 1.
    pub line: u64,
    /// Rubrique, when there is one.
    pub rubrique: Option<String>,
    /// What may be shown of the value, when there is one.
    pub value: Option<String>,
    /// What is wrong and what to do.
    pub message: &'static str,
}

/// How often a control spoke.
#[derive(Debug, Serialize)]
pub struct AnomalyCount {
    /// Code of the control.
    pub code: String,
    /// Whether it refuses the declaration or the send here.
    pub blocking: bool,
    /// Rubrique, when there is one.
    pub rubrique: Option<String>,
    /// How often.
    pub count: u64,
    /// What is wrong and what to do.
    pub message: &'static str,
}

/// Reads and checks what these paths hold.
///
/// # Errors
/// When a path cannot be read.
pub fn run(paths: &[PathBuf]) -> Result<CheckReport> {
    let mut checked = CheckReport::default();
    let mut total = Report::default();
    for source in source::find(paths)? {
        let faults = source::read(&source, &|_| {}, |name, input| {
            let mut sends = Sends::default();
            let mut reader = Reader::new();
            let opened = source::chunks(input, |chunk| reader.push(chunk, &mut sends)).with_context(|| format!("reading {name}"));
            let report = reader.finish(&mut sends);
            // Of a damaged file, what stands before the damage was checked.
            if report.bytes > 0 {
                checked.files.push(file(name, sends.done, &report));
                total.absorb(&report);
            }
            if opened? == Opened::NotDsn {
                checked.not_dsn.push(name.to_owned());
            }
            Ok(())
        });
        checked.unreadable.extend(faults.iter().map(|fault| Unreadable::of(&source, fault)));
    }
    checked.sends_refused = total.sends_refused;
    checked.declarations_accepted = total.declarations_accepted();
    checked.declarations_refused = total.declarations.values().map(|tally| tally.refused).sum();
    checked.counts = total.remark_counts.iter().map(|((code, rubrique), count)| counted(*code, *rubrique, *count)).collect();
    Ok(checked)
}

fn counted(code: RemarkCode, rubrique: Option<dsn::Rubrique>, count: u64) -> AnomalyCount {
    let row = code.row();
    let rubrique = rubrique.map(|rubrique| rubrique.to_string());
    AnomalyCount { code: row.code.clone(), blocking: row.is_blocking, rubrique, count, message: &row.message }
}

/// Writes down sends and declarations as they are read.
#[derive(Default)]
struct Sends {
    done: Vec<CheckedSend>,
    open: Option<CheckedSend>,
}

impl Sends {
    fn open(&mut self) -> &mut CheckedSend {
        self.open.get_or_insert_with(|| CheckedSend {
            line: 0,
            norme: String::new(),
            verdict: "",
            anomalies: Vec::new(),
            declarations: Vec::new(),
        })
    }
}

impl Sink for Sends {
    fn declaration_begin(&mut self, head: &EnTete) {
        let own = head.declaration;
        let text = |code: Option<dsn::Code>| code.unwrap_or_default().as_str().to_owned();
        let declaration = CheckedDeclaration {
            line: own.line(),
            nature: text(own.nature),
            kind: text(own.type_declaration),
            siret: head.siret.map(|siret| format!("{siret:014}")),
            month: own.mois.map(|day| day.civil()).map(|(year, month, _)| format!("{year:04}-{month:02}")),
            fraction: own.fraction,
            order: own.ordre,
            verdict: "refused",
            anomalies: Vec::new(),
        };
        let send = self.open();
        send.line = head.envoi.line();
        send.norme = text(head.envoi.version_norme);
        send.declarations.push(declaration);
    }

    fn individu(&mut self, _: &EnTete, _: &Arbre) {}

    fn lieu(&mut self, _: &EnTete, _: &LieuTravail, _: &[u8]) {}

    fn declaration_end(&mut self, _: &EnTete, verdict: Verdict, _: u64) {
        if let Some(declaration) = self.open().declarations.last_mut() {
            declaration.verdict = verdict_text(verdict);
        }
    }

    fn send_end(&mut self, verdict: Verdict) {
        self.open().verdict = verdict_text(verdict);
        self.done.extend(self.open.take());
    }
}

fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
        Verdict::Ignored => "ignored",
    }
}

/// Puts each anomaly where it belongs: S10, S90 and a missing total to the send, lots to the file, others to the declaration of their line.
fn file(name: &str, sends: Vec<CheckedSend>, report: &Report) -> CheckedFile {
    let all: u64 = report.remark_counts.values().sum();
    let anomalies_not_listed = all.saturating_sub(report.remarks.len() as u64);
    let mut file = CheckedFile { file: name.to_owned(), sends, anomalies: Vec::new(), anomalies_not_listed };
    let mut remarks = report.remarks.clone();
    remarks.sort_by_key(|remark| remark.line);
    for remark in remarks {
        place(&mut file, &remark).push(anomaly(&remark));
    }
    file
}

fn place<'a>(file: &'a mut CheckedFile, remark: &Remark) -> &'a mut Vec<Anomaly> {
    let family = remark.rubrique.map(|rubrique| rubrique.bloc() / 10_000);
    let is_lot = !matches!(family, None | Some(10..=90));
    let Some(send) = file.sends.iter_mut().rfind(|send| !is_lot && send.line <= remark.line) else { return &mut file.anomalies };
    let is_of_send = matches!(family, Some(10 | 90)) || remark.code == RemarkCode::CstNoTotal;
    match send.declarations.iter_mut().rfind(|declaration| !is_of_send && declaration.line <= remark.line) {
        Some(declaration) => &mut declaration.anomalies,
        None => &mut send.anomalies,
    }
}

fn anomaly(remark: &Remark) -> Anomaly {
    let row = remark.code.row();
    Anomaly {
        code: row.code.clone(),
        blocking: row.is_blocking,
        blocking_in_norm: row.is_blocking_in_norm,
        line: remark.line,
        rubrique: remark.rubrique.map(|rubrique| rubrique.to_string()),
        value: remark.value.map(|value| value.to_string()),
        message: &row.message,
    }
}

/// The report as text, for people: what has an anomaly or is refused, then the counts.
///
/// # Errors
/// When the output cannot be written.
pub fn print(report: &CheckReport, out: &mut impl Write) -> io::Result<()> {
    for file in &report.files {
        writeln!(out, "fichier {}", file.file)?;
        print_anomalies("  ", &file.anomalies, out)?;
        for send in &file.sends {
            print_send(send, out)?;
        }
        if file.anomalies_not_listed > 0 {
            writeln!(out, "  {} autres anomalies comptées plus bas", file.anomalies_not_listed)?;
        }
    }
    for unreadable in &report.unreadable {
        writeln!(out, "fichier illisible jusqu'au bout : {}", unreadable.reason)?;
    }
    for name in &report.not_dsn {
        writeln!(out, "fichier {name} : n'est pas une DSN")?;
    }
    writeln!(
        out,
        "\n{} fichiers, {} envois refusés, {} déclarations acceptées, {} refusées",
        report.files.len(),
        report.sends_refused,
        report.declarations_accepted,
        report.declarations_refused
    )?;
    for count in &report.counts {
        let rubrique = count.rubrique.as_deref().unwrap_or("-");
        writeln!(out, "{:>8}  {:<14} {:<12} {rubrique:<14}  {}", count.count, count.code, weight(count.blocking), count.message)?;
    }
    Ok(())
}

fn print_send(send: &CheckedSend, out: &mut impl Write) -> io::Result<()> {
    let is_worth_saying = |declaration: &CheckedDeclaration| !declaration.anomalies.is_empty() || declaration.verdict != "accepted";
    let verdict = match send.verdict {
        "accepted" => "accepté",
        "ignored" => "ignoré (envoi de test)",
        _ => "refusé",
    };
    writeln!(out, "  envoi ligne {}, norme {}, {} déclarations : {verdict}", send.line, send.norme, send.declarations.len())?;
    print_anomalies("    ", &send.anomalies, out)?;
    for own in send.declarations.iter().filter(|declaration| is_worth_saying(declaration)) {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let verdict = if own.verdict == "accepted" { "acceptée" } else { "refusée" };
        let (siret, month) = (or_dash(&own.siret), or_dash(&own.month));
        writeln!(
            out,
            "    déclaration ligne {}, SIRET {siret}, mois {month}, nature {}, type {} : {verdict}",
            own.line, own.nature, own.kind
        )?;
        print_anomalies("      ", &own.anomalies, out)?;
    }
    Ok(())
}

fn print_anomalies(margin: &str, anomalies: &[Anomaly], out: &mut impl Write) -> io::Result<()> {
    for own in anomalies {
        let weight = if own.blocking_in_norm && !own.blocking { "non bloquant ici" } else { weight(own.blocking) };
        let (rubrique, value) = (own.rubrique.as_deref().unwrap_or("-"), own.value.as_deref().unwrap_or("-"));
        writeln!(out, "{margin}{:<14} {weight:<16} ligne {:<7} {rubrique:<14} {value:<16} {}", own.code, own.line, own.message)?;
    }
    Ok(())
}

fn weight(is_blocking: bool) -> &'static str {
    if is_blocking { "bloquant" } else { "non bloquant" }
}

/// The list of controls, for people.
///
/// # Errors
/// When the output cannot be written.
pub fn print_controls(out: &mut impl Write) -> io::Result<()> {
    for row in dsn::controls() {
        let weight = if row.is_blocking_in_norm && !row.is_blocking { "non bloquant ici" } else { weight(row.is_blocking) };
        let natures = if row.natures.is_empty() { "toutes".to_owned() } else { row.natures.join(" ") };
        writeln!(out, "{:<14} {:<14} {weight:<16} {natures:<17} {}", row.rubrique, row.code, row.message)?;
    }
    Ok(())
}
