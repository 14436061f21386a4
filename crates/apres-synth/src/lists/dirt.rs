//! A list with everything that goes wrong in real ones, one fault per row.
//!
//! What can be repaired (a NIR in groups, names swapped, a two-digit year) leaves the row usable; what cannot (a shifted row, an exit before the
//! entry or in the future, no way to search) makes it unusable. Each row says which fault it carries.

use crate::calendar::Day;
use crate::lists::files::{Format, Sheet};
use crate::lists::{Builder, Entry, Row, Status, Written};
use crate::names::plain_upper;

/// A fault and how it is named in the truth.
const FAULTS: [&str; 15] = [
    "nir_espace",
    "ntt_dans_nir",
    "nir_scientifique",
    "colonnes_decalees",
    "nom_prenom_inverses",
    "deux_sorties",
    "sortie_avant_entree",
    "sortie_future",
    "annee_deux_chiffres",
    "nir_apostrophe",
    "cle_fausse",
    "nom_usage",
    "nir_13",
    "sans_accent",
    "sans_identite",
];

/// The fault of whoever has a letter in their NIR.
const CORSICAN_FAULT: &str = "corse_minuscule";

impl Builder<'_> {
    pub(crate) fn dirty_sheet(&mut self, entries: &[Entry<'_>], end: Day) -> Sheet {
        let header = ["N° Sécu", "NOM", "Prénom", "Né(e) le", "Entrée dispositif", "Sortie dispositif", "Observations"];
        let mut rows = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            let is_corsican = entry.person.nir.expose().contains(['A', 'B']);
            let fault = if is_corsican { CORSICAN_FAULT } else { FAULTS[place % FAULTS.len()] };
            rows.push(self.dirty_row(entry, fault, end));
            if fault == "deux_sorties" {
                let later = Entry { exit: entry.exit.plus(40).min(end), ..*entry };
                rows.push(self.row(&later, usual_cells(&later), Written::WithKey, fault));
            }
        }
        Sheet::new("liste_sale", Format::Cp1252SemicolonTotal, &header, rows)
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of dirt: a table")]
    fn dirty_row(&mut self, entry: &Entry<'_>, fault: &'static str, end: Day) -> Row {
        let person = entry.person;
        let mut cells = usual_cells(entry);
        let mut written = Written::WithKey;
        let mut is_usable = true;
        match fault {
            "nir_espace" => cells[0] = grouped(&person.nir_with_key()),
            "ntt_dans_nir" => {
                cells[0] = format!("{}000123456PASS{:08}", if person.is_male { 1 } else { 2 }, person.index);
                written = Written::Not;
            }
            "nir_scientifique" => {
                let digits = person.nir_with_key();
                cells[0] = format!("{},{}E+14", &digits[..1], digits[1..6].replace(['A', 'B'], "0"));
                written = Written::Not;
            }
            "colonnes_decalees" => {
                cells.pop();
                cells.insert(0, String::new());
                written = Written::Not;
                is_usable = false;
            }
            "nom_prenom_inverses" => {
                cells.swap(1, 2);
                cells[0].clear();
                written = Written::Not;
            }
            "sortie_avant_entree" => {
                cells.swap(4, 5);
                is_usable = entry.entry == entry.exit;
            }
            "sortie_future" => {
                cells[5] = end.plus(400).slashed();
                is_usable = false;
            }
            "annee_deux_chiffres" => {
                for cell in &mut cells[3..6] {
                    cell.replace_range(6..8, "");
                }
            }
            "nir_apostrophe" => cells[0].insert(0, '\''),
            "cle_fausse" => {
                let key = person.nir.key() % 97 + 1;
                cells[0] = format!("{}{key:02}", person.nir.expose());
                written = Written::Not;
            }
            "nom_usage" => {
                cells[1] = plain_upper(person.usage.unwrap_or(&person.surname));
                cells[0].clear();
                written = Written::Not;
            }
            "nir_13" => {
                person.nir.expose().clone_into(&mut cells[0]);
                written = Written::WithoutKey;
            }
            "sans_accent" => {
                cells[1] = plain_upper(&person.surname).replace(['-', '\''], " ");
                cells[2] = plain_upper(person.first_name);
                cells[0].clear();
                written = Written::Not;
            }
            "sans_identite" => {
                cells[0].clear();
                cells[3].clear();
                written = Written::Not;
                is_usable = false;
            }
            CORSICAN_FAULT => cells[0] = cells[0].to_lowercase(),
            _ => {}
        }
        let mut row = self.row(entry, cells, written, fault);
        if !is_usable {
            row.status = Status::Inutilisable;
        }
        row
    }
}

fn usual_cells(entry: &Entry<'_>) -> Vec<String> {
    vec![
        entry.person.nir_with_key(),
        entry.person.surname.clone(),
        entry.person.first_name.to_owned(),
        entry.person.birth.slashed(),
        entry.entry.slashed(),
        entry.exit.slashed(),
        String::new(),
    ]
}

/// The NIR as people write it: sex, year, month, département, commune, order, key.
fn grouped(nir: &str) -> String {
    let cuts = [0, 1, 3, 5, 7, 10, 13, 15];
    let groups: Vec<&str> = cuts.windows(2).map(|cut| &nir[cut[0]..cut[1]]).collect();
    groups.join(" ")
}
