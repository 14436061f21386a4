//! From contract-months to the records that the DSN reader makes: a head, and a tree per person.
//!
//! Pure. What the view lost is left out rather than guessed: the terms of a month are those last known, and an end stands in the last month of its contract.

use apres_ingest::Nir;
use apres_ingest::dsn::{
    Activite, Arbre, ArretTravail, AutreSuspension, Code, Contrat, DateNaissance, EnTete, FinContrat, Individu, Jour, Montant, Quantite,
    Remuneration, Texte, Versement,
};
use xxhash_rust::xxh3::Xxh3;

use crate::month::{Assure, ContractMonth, DeclarationKey};

#[cfg(test)]
mod tests;

/// Written where a declaration says which version of the norm it follows.
const SOURCE: Code = Code::new("DADEH");
/// A contract without end is given one that no one will live to see; real ends stay under this day (2900-01-01).
const OPEN_END_MIN: i32 = 339_680;

/// The head of a declaration; `as_of` is the day of the latest information of the base, `rank` tells two readings of a base that says the same day.
pub(crate) fn head(month: &ContractMonth, siret: u64, as_of: Option<i32>, rank: u64) -> EnTete {
    let mut head = EnTete { siret: Some(siret), ..EnTete::default() };
    let digits = format!("{siret:014}");
    head.envoi.version_norme = Some(SOURCE);
    head.declaration.nature = Some(Code::new("01"));
    head.declaration.type_declaration = Some(Code::new("01"));
    head.declaration.fraction = u64::try_from(month.key.fraction).ok();
    head.declaration.ordre = Some(rank);
    head.declaration.mois = Some(Jour(month.key.mois));
    head.declaration.date_constitution = as_of.map(Jour);
    head.declaration.champ = Some(Code::new("01"));
    head.entreprise.siren = Texte::keep(&digits.as_bytes()[..9], &mut head.bytes);
    head.etablissement.nic = Code::parse(&digits[9..]);
    head.etablissement.apet = Code::parse(&month.apet);
    head.etablissement.code_postal = Code::parse(&month.code_postal);
    head
}

/// The SIRET as a number, when the base holds a real one.
pub(crate) fn siret(text: &str) -> Option<u64> {
    (text.len() == 14 && text.bytes().all(|c| c.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The tree of one person in a declaration, from the months of their contracts; none when nothing tells who it is.
pub(crate) fn arbre(months: &[ContractMonth]) -> Option<Arbre> {
    let mut arbre = Arbre::default();
    let first = months.first()?;
    arbre.individu = individu(&first.assure, &mut arbre.bytes)?;
    arbre.versements.push(Versement::default());
    for month in months {
        let place = arbre.contrats.len();
        let contrat = contrat(month, &mut arbre.bytes);
        arbre.contrats.push(contrat);
        absences(month, place, &mut arbre);
        if let Some(fin) = fin(month) {
            arbre.fins.push((place, fin));
        }
        pay(month, &mut arbre);
    }
    Some(arbre)
}

fn individu(assure: &Assure, bytes: &mut Vec<u8>) -> Option<Individu> {
    let mut individu = Individu::default();
    let number = assure.immatriculation.trim();
    if number.is_empty() {
        return None;
    }
    // The base may keep the key beside the thirteen characters.
    let (is_nir, nir) = Nir::parse(number).map_or((false, String::new()), |(nir, _)| (true, nir.expose().to_owned()));
    if is_nir {
        individu.identifiant = Texte::keep(nir.as_bytes(), bytes);
    } else {
        individu.ntt = Texte::keep(number.as_bytes(), bytes);
    }
    individu.nom_famille = text(&assure.nom_famille, bytes);
    individu.nom_usage = text(&assure.nom_usage, bytes);
    individu.prenoms = text(&assure.prenoms, bytes);
    individu.sexe = match assure.sexe.trim() {
        "H" | "M" | "1" | "01" => Some(Code::new("01")),
        "F" | "2" | "02" => Some(Code::new("02")),
        _ => None,
    };
    individu.date_naissance = DateNaissance::parse(assure.date_naissance.trim());
    Some(individu)
}

fn contrat(month: &ContractMonth, bytes: &mut Vec<u8>) -> Contrat {
    let mut contrat = Contrat::default();
    contrat.date_debut = Some(Jour(month.date_debut));
    contrat.pcs_ese = Code::parse(&month.pcs_ese);
    contrat.nature = code(&month.nature, 2);
    contrat.dispositif_politique = code(&month.dispositif_politique, 2);
    contrat.numero = Texte::keep(month.numero.as_bytes(), bytes);
    contrat.date_fin_previsionnelle = real_day(month.date_fin_previsionnelle);
    contrat.unite_mesure = code(&month.unite_mesure, 2);
    contrat.quotite_categorie = month.quotite_categorie.map(Quantite);
    contrat.quotite = month.quotite.map(Quantite);
    contrat.modalite_temps = code(&month.modalite_temps, 2);
    contrat.ccn = code(&month.ccn, 4);
    contrat.lieu_travail = text(&month.lieu_travail, bytes);
    contrat.motif_recours = code(&month.motif_recours, 2);
    contrat.statut_emploi = code(&month.statut_emploi, 2);
    contrat.etablissement_utilisateur = text(&month.etablissement_utilisateur, bytes);
    contrat.complement_dispositif_public = code(&month.complement_dispositif_public, 2);
    contrat
}

/// The end of a contract, told in the last month that declares it; a cancelled end (099) is none.
fn fin(month: &ContractMonth) -> Option<FinContrat> {
    let date_fin = real_day(month.date_fin).filter(|_| month.is_last_month)?;
    let motif = code(&month.motif_rupture, 3);
    if motif == Some(Code::new("099")) {
        return None;
    }
    let mut fin = FinContrat::default();
    (fin.date_fin, fin.motif) = (Some(date_fin), motif);
    fin.dernier_jour_travaille_paye = real_day(month.dernier_jour_travaille);
    Some(fin)
}

/// Leaves and suspensions of the months in which an employer would have declared them.
fn absences(month: &ContractMonth, place: usize, arbre: &mut Arbre) {
    let here = Jour(month.key.mois).mois();
    let month_of = |day: i32| Jour(day).mois();
    for arret in &month.arrets {
        let until = arret.mois.or(arret.reprise.map(|day| day - 1));
        if month_of(arret.dernier_jour + 1) > here || until.is_some_and(|day| month_of(day) < here) {
            continue;
        }
        let mut bloc = ArretTravail::default();
        bloc.motif = code(&arret.motif, 2);
        bloc.dernier_jour = Some(Jour(arret.dernier_jour));
        bloc.reprise_date = arret.reprise.filter(|day| month_of(*day) <= here).map(Jour);
        arbre.arrets.push((place, bloc));
    }
    for suspension in &month.suspensions {
        if month_of(suspension.date_debut) > here || suspension.date_fin.is_some_and(|day| month_of(day) < here) {
            continue;
        }
        let mut bloc = AutreSuspension::default();
        bloc.motif = code(&suspension.motif, 3);
        bloc.date_debut = Some(Jour(suspension.date_debut));
        bloc.date_fin = real_day(suspension.date_fin);
        arbre.suspensions.push((place, bloc));
    }
}

/// The gross pay and the time of the month, under the two remunerations that carry them.
fn pay(month: &ContractMonth, arbre: &mut Arbre) {
    let numero = arbre.contrats.last().and_then(|contrat| contrat.numero);
    let mut remuneration = |kind: &str| {
        let mut bloc = Remuneration::default();
        bloc.numero_contrat = numero;
        bloc.type_remuneration = Code::parse(kind);
        bloc.montant = Some(Montant(month.brut));
        arbre.remunerations.push((0, bloc));
    };
    remuneration("001");
    remuneration("002");
    let place = arbre.remunerations.len() - 1;
    for temps in &month.temps {
        let mut bloc = Activite::default();
        bloc.type_activite = Code::parse(temps.type_activite);
        bloc.mesure = Some(Quantite(temps.mesure));
        bloc.unite_mesure = Code::parse(temps.unite);
        arbre.activites.push((place, bloc));
    }
}

fn real_day(day: Option<i32>) -> Option<Jour> {
    day.filter(|day| *day < OPEN_END_MIN).map(Jour)
}

fn text(value: &str, bytes: &mut Vec<u8>) -> Option<Texte> {
    let value = value.trim();
    if value.is_empty() { None } else { Texte::keep(value.as_bytes(), bytes) }
}

/// A code of the norm; some bases keep it as a number and lose the zeros in front.
fn code(value: &str, width: usize) -> Option<Code> {
    let value = value.trim();
    if value.is_empty() { None } else { Code::parse(&format!("{value:0>width$}")) }
}

/// A fingerprint of what a declaration says, the same for the same content whatever the identifiers of the base.
pub(crate) struct Fingerprint(Xxh3);

impl Fingerprint {
    pub(crate) fn new(key: &DeclarationKey) -> Self {
        let mut hasher = Xxh3::new();
        hasher.update(b"dadeh 1");
        let mut fingerprint = Self(hasher);
        fingerprint.text(&key.siret);
        fingerprint.number(i64::from(key.mois));
        fingerprint.number(key.fraction);
        fingerprint
    }

    /// Adds a contract-month. Every value that reaches a record is named here: a field added to the struct does not compile until it is.
    pub(crate) fn add(&mut self, month: &ContractMonth) {
        let ContractMonth {
            key: _,
            assure_id: _,
            assure: Assure { immatriculation, nom_famille, nom_usage, prenoms, sexe, date_naissance },
            apet,
            code_postal,
            numero,
            date_debut,
            pcs_ese,
            nature,
            dispositif_politique,
            date_fin_previsionnelle,
            unite_mesure,
            quotite_categorie,
            quotite,
            modalite_temps,
            ccn,
            lieu_travail,
            motif_recours,
            statut_emploi,
            etablissement_utilisateur,
            complement_dispositif_public,
            date_fin: _,
            motif_rupture: _,
            dernier_jour_travaille: _,
            is_last_month: _,
            brut,
            temps,
            arrets: _,
            suspensions: _,
        } = month;
        for value in [immatriculation, nom_famille, nom_usage, prenoms, sexe, date_naissance, apet, code_postal, numero, pcs_ese] {
            self.text(value);
        }
        for value in [nature, dispositif_politique, unite_mesure, modalite_temps, ccn, lieu_travail, motif_recours, statut_emploi] {
            self.text(value);
        }
        self.text(etablissement_utilisateur);
        self.text(complement_dispositif_public);
        self.number(i64::from(*date_debut));
        self.number(date_fin_previsionnelle.map_or(i64::MIN, i64::from));
        for value in [quotite_categorie.unwrap_or(i64::MIN), quotite.unwrap_or(i64::MIN), *brut] {
            self.number(value);
        }
        for temps in temps {
            self.text(temps.type_activite);
            self.text(temps.unite);
            self.number(temps.mesure);
        }
        self.told_this_month(month);
    }

    /// Ends and absences count in the months that tell them, so that a later month of a contract does not change the earlier ones.
    fn told_this_month(&mut self, month: &ContractMonth) {
        let fin = fin(month);
        self.number(fin.and_then(|fin| fin.date_fin).map_or(i64::MIN, |day| i64::from(day.0)));
        self.text(fin.and_then(|fin| fin.motif).unwrap_or_default().as_str());
        self.number(fin.and_then(|fin| fin.dernier_jour_travaille_paye).map_or(i64::MIN, |day| i64::from(day.0)));
        let mut told = Arbre::default();
        absences(month, 0, &mut told);
        for (_, arret) in &told.arrets {
            self.text(arret.motif.unwrap_or_default().as_str());
            self.number(arret.dernier_jour.map_or(i64::MIN, |day| i64::from(day.0)));
            self.number(arret.reprise_date.map_or(i64::MIN, |day| i64::from(day.0)));
        }
        for (_, suspension) in &told.suspensions {
            self.text(suspension.motif.unwrap_or_default().as_str());
            self.number(suspension.date_debut.map_or(i64::MIN, |day| i64::from(day.0)));
            self.number(suspension.date_fin.map_or(i64::MIN, |day| i64::from(day.0)));
        }
    }

    pub(crate) fn digest(&self) -> u64 {
        self.0.digest()
    }

    fn text(&mut self, value: &str) {
        self.number(i64::try_from(value.len()).unwrap_or(i64::MAX));
        self.0.update(value.as_bytes());
    }

    fn number(&mut self, value: i64) {
        self.0.update(&value.to_le_bytes());
    }
}
