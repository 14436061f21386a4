//! The typed records: one struct per block, one field per relevant rubrique.
//!
//! The table below is the single place that says which rubriques are read and how; the others are skipped at the cost of one comparison.
//! The tests of `norme` check it against `norme/rubriques.csv`.

use super::value::Value;
use super::{Code, DateNaissance, Jour, Montant, Quantite, Rubrique, Texte};

/// What became of a rubrique handed to its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// Typed and kept.
    Kept,
    /// Not a relevant rubrique of this block.
    Skipped,
    /// The value does not have the syntax.
    Invalid,
}

/// A block that takes rubriques.
pub(super) trait Bloc: Default {
    /// Types and keeps the rubrique of this rank, read on this line of the file.
    fn set(&mut self, rang: u32, value: &[u8], line: u64, bytes: &mut Vec<u8>) -> Set;
}

/// Something that can say where a rubrique was read, and what was read.
pub(super) trait Traced {
    /// Line of the file that holds the rubrique; the block's first line when it is not there.
    fn line_at(&self, rubrique: Rubrique) -> u64;
    /// Appends the rubrique's value as the file writes it; nothing when it is not there.
    fn write_value(&self, rubrique: Rubrique, bytes: &[u8], out: &mut Vec<u8>);
}

/// Where the rubriques of a block stand in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Lines<const N: usize> {
    first: u64,
    /// Rubriques of the block that are not relevant; those added after the deposit (900 and above) are not counted.
    unread: u8,
    /// Distance from the first line, one per relevant rubrique; a block is far shorter than 255 lines.
    distances: [u8; N],
}

impl<const N: usize> Default for Lines<N> {
    fn default() -> Self {
        Self { first: 0, unread: 0, distances: [0; N] }
    }
}

impl<const N: usize> Lines<N> {
    #[inline]
    fn begin(&mut self, line: u64) {
        if self.first == 0 {
            self.first = line;
        }
    }

    #[inline]
    fn note(&mut self, place: usize, line: u64) {
        self.distances[place] = u8::try_from(line - self.first).unwrap_or(u8::MAX);
    }

    #[inline]
    fn note_unread(&mut self, rang: u32) {
        self.unread = self.unread.saturating_add(u8::from(rang < 900));
    }

    fn of(&self, place: Option<usize>) -> u64 {
        self.first + place.map_or(0, |place| u64::from(self.distances[place]))
    }
}

macro_rules! blocs {
    ($($(#[$doc:meta])* $bloc:ident = $code:literal { $($(#[$field_doc:meta])* $rang:literal $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, Default, PartialEq)]
            pub struct $bloc {
                $($(#[$field_doc])* pub $field: Option<$kind>,)*
                lines: Lines<{ [$($rang),*].len() }>,
            }

            impl $bloc {
                /// The block's number: S21.G00.30 is `21_00_30`.
                pub const CODE: u32 = $code;

                /// Line of the file where the block begins.
                #[must_use]
                pub fn line(&self) -> u64 {
                    self.lines.first
                }

                /// How many rubriques of the norm the block holds besides the relevant ones.
                #[must_use]
                pub fn unread(&self) -> u8 {
                    self.lines.unread
                }

                /// Line of the file that holds the rubrique of this rank; the block's first line when it is not there.
                #[must_use]
                pub fn line_of(&self, rang: u32) -> u64 {
                    let ranks: &[u32] = &[$($rang),*];
                    self.lines.of(ranks.iter().position(|known| *known == rang))
                }
            }

            impl Bloc for $bloc {
                #[inline]
                fn set(&mut self, rang: u32, value: &[u8], line: u64, bytes: &mut Vec<u8>) -> Set {
                    #[expect(non_camel_case_types, reason = "the places are named after the fields")]
                    enum Place { $($field,)* }
                    self.lines.begin(line);
                    match rang {
                        $($rang => {
                            self.lines.note(Place::$field as usize, line);
                            self.$field = <$kind as Value>::read(value, bytes);
                            if self.$field.is_some() { Set::Kept } else { Set::Invalid }
                        })*
                        _ => {
                            self.lines.note_unread(rang);
                            Set::Skipped
                        }
                    }
                }
            }

            impl Traced for $bloc {
                fn line_at(&self, rubrique: Rubrique) -> u64 {
                    self.line_of(rubrique.rang())
                }

                fn write_value(&self, rubrique: Rubrique, bytes: &[u8], out: &mut Vec<u8>) {
                    match rubrique.rang() {
                        $($rang => if let Some(value) = self.$field { value.write(bytes, out) },)*
                        _ => {}
                    }
                }
            }
        )*

        /// Every relevant rubrique with the name and the type that it is read into, in the table's order.
        pub const RUBRIQUES: &[(u32, &str, &str)] = &[
            $($(($code * 1000 + $rang, concat!(stringify!($bloc), ".", stringify!($field)), stringify!($kind)),)*)*
        ];
    };
}

blocs! {
    /// S10.G00.00 Envoi.
    Envoi = 10_00_00 {
        /// Nom du logiciel utilisé.
        001 nom_logiciel: Texte,
        /// Nom de l'éditeur.
        002 editeur_logiciel: Texte,
        /// Numéro de version du logiciel utilisé.
        003 version_logiciel: Texte,
        /// Code envoi du fichier d'essai ou réel.
        005 essai_reel: Code,
        /// Numéro de version de la norme utilisée.
        006 version_norme: Code,
        /// Point de dépôt.
        007 depot: Code,
        /// Type de l'envoi.
        008 type_envoi: Code,
    }
    /// S10.G00.01 Emetteur.
    Emetteur = 10_00_01 {
        /// Siren de l'émetteur de l'envoi.
        001 siren: Texte,
        /// Nic de l'émetteur de l'envoi.
        002 nic: Code,
    }
    /// S20.G00.05 Déclaration.
    Declaration = 20_00_05 {
        /// Nature de la déclaration.
        001 nature: Code,
        /// Type de la déclaration.
        002 type_declaration: Code,
        /// Numéro de fraction de déclaration.
        003 fraction: u64,
        /// Numéro d'ordre de la déclaration.
        004 ordre: u64,
        /// Date du mois principal déclaré.
        005 mois: Jour,
        /// Identifiant de la déclaration annulée ou remplacée.
        006 identifiant_annulation: Texte,
        /// Date de constitution du fichier.
        007 date_constitution: Jour,
        /// Champ de la déclaration.
        008 champ: Code,
        /// Identifiant métier.
        009 identifiant_metier: Texte,
        /// Devise de la déclaration.
        010 devise_declaration: Code,
        /// Nature de l’événement déclencheur du signalement.
        011 nature_evenement_declencheur_signalement: Code,
        /// Dernier SIRET connu pour ancien numéro de contrat.
        012 dernier_siret_connu: Texte,
    }
    /// S21.G00.06 Entreprise.
    Entreprise = 21_00_06 {
        /// SIREN.
        001 siren: Texte,
        /// NIC du siège.
        002 nic: Code,
        /// Code APEN.
        003 apen: Code,
        /// Effectif moyen de l'entreprise au 31 décembre.
        009 effectif_moyen: u64,
        /// Implantation de l'entreprise.
        012 implantation_entreprise: Code,
        /// Code convention collective applicable.
        015 code_convention_collective_applicable: Code,
    }
    /// S21.G00.11 Etablissement.
    Etablissement = 21_00_11 {
        /// NIC.
        001 nic: Code,
        /// Code APET.
        002 apet: Code,
        /// Code postal.
        004 code_postal: Code,
        /// Localité.
        005 localite: Texte,
        /// Effectif de fin de période déclarée de l'établissement.
        008 effectif_fin_periode: u64,
        /// Code pays.
        015 code_pays: Code,
        /// Nature juridique de l'employeur.
        017 nature_juridique_employeur: Code,
        /// Code convention collective principale.
        022 code_convention_collective: Code,
        /// Demande de sortie de la DSN.
        024 demande_sortie_dsn: Code,
    }
    /// S21.G00.30 Individu.
    Individu = 21_00_30 {
        /// Numéro d'inscription au répertoire.
        001 identifiant: Texte,
        /// Nom de famille.
        002 nom_famille: Texte,
        /// Nom d'usage.
        003 nom_usage: Texte,
        /// Prénoms.
        004 prenoms: Texte,
        /// Sexe.
        005 sexe: Code,
        /// Date de naissance.
        006 date_naissance: DateNaissance,
        /// Lieu de naissance.
        007 lieu_naissance: Texte,
        /// Code postal.
        009 code_postal: Code,
        /// Localité.
        010 localite: Texte,
        /// Code pays.
        011 code_pays: Code,
        /// Codification UE.
        013 codification_ue: Code,
        /// Code département de naissance.
        014 departement_naissance: Texte,
        /// Code pays de naissance.
        015 pays_naissance: Code,
        /// Matricule de l'individu dans l'entreprise.
        019 matricule: Texte,
        /// Numéro technique temporaire.
        020 ntt: Texte,
        /// Statut à l'étranger au sens fiscal.
        022 statut_etranger: Code,
        /// Cumul emploi retraite.
        023 cumul_emploi_retraite: Code,
        /// Niveau de formation le plus élevé obtenu par l'individu.
        024 niveau_formation_plus_eleve_individu: Code,
        /// Niveau de diplôme préparé par l'individu.
        025 niveau_diplome_prepare: Code,
        /// Libellé du pays de naissance.
        029 libelle_pays_naiss: Texte,
    }
    /// S21.G00.31 Changements Individu.
    ChangementsIndividu = 21_00_31 {
        /// Date de la modification.
        001 date_modification: Jour,
        /// Ancien NIR.
        008 identifiant: Texte,
        /// Ancien nom de famille.
        009 nom_famille: Texte,
        /// Anciens prénoms.
        010 prenoms: Texte,
        /// Ancienne date de naissance.
        011 date_naissance: DateNaissance,
    }
    /// S21.G00.40 Contrat.
    Contrat = 21_00_40 {
        /// Date de début du contrat.
        001 date_debut: Jour,
        /// Statut du salarié (conventionnel).
        002 statut_conventionnel: Code,
        /// Code statut catégoriel Retraite Complémentaire obligatoire.
        003 statut_rc: Code,
        /// Code profession et catégorie socioprofessionnelle (PCS-ESE).
        004 pcs_ese: Code,
        /// Code complément PCS-ESE (pour la fonction publique : référentiels NEH, NET et grade de la NNE).
        005 complement_pcs_ese: Code,
        /// Libellé de l'emploi.
        006 libelle_emploi: Texte,
        /// Nature du contrat.
        007 nature: Code,
        /// Dispositif de politique publique et conventionnel.
        008 dispositif_politique: Code,
        /// Numéro du contrat.
        009 numero: Texte,
        /// Date de fin prévisionnelle du contrat.
        010 date_fin_previsionnelle: Jour,
        /// Unité de mesure de la quotité de travail.
        011 unite_mesure: Code,
        /// Quotité de travail de référence de l'entreprise pour la catégorie de salarié.
        012 quotite_categorie: Quantite,
        /// Quotité de travail du contrat.
        013 quotite: Quantite,
        /// Modalité d'exercice du temps de travail.
        014 modalite_temps: Code,
        /// Code convention collective applicable.
        017 ccn: Code,
        /// Identifiant du lieu de travail.
        019 lieu_travail: Texte,
        /// Motif de recours.
        021 motif_recours: Code,
        /// Travailleur à l'étranger au sens du code de la Sécurité Sociale.
        024 travailleur_etranger: Code,
        /// Motif d'exclusion DSN.
        025 motif_exclusion_dsn: Code,
        /// Statut d'emploi du salarié.
        026 statut_emploi: Code,
        /// Code emplois multiples.
        036 code_emplois_multiples: Code,
        /// Code employeurs multiples.
        037 code_employeurs_multiples: Code,
        /// Identifiant de l’établissement utilisateur.
        046 etablissement_utilisateur: Texte,
        /// Nature du poste.
        053 nature_poste: Code,
        /// (Fonction publique) Quotité de travail de référence de l'entreprise pour la catégorie de salarié dans l’hypothèse d’un poste à temps complet.
        054 fp_quotite_temps_complet: Quantite,
        /// Taux de travail à temps partiel.
        055 taux_travail_temps_partiel: Quantite,
        /// (Fonction publique) Type de détachement.
        066 fp_type_detachement: Code,
        /// Statut BOETH.
        072 statut_boeth: Code,
        /// Complément de dispositif de politique publique.
        073 complement_dispositif_public: Code,
        /// Cas de mise à disposition externe d'un individu de l'établissement.
        074 cas_mise_disposition_externe_individu_etablissement: Code,
        /// Identifiant du contrat d'engagement maritime.
        076 identifiant_contrat_engagement_maritime: Texte,
        /// Forme d'aménagement du temps de travail dans le cadre de l'activité partielle.
        078 forme_amenagement_temps_travail_activite_partielle: Code,
        /// Nombre de jours de période d’essai.
        082 nb_jrs_periode_essai: Quantite,
        /// Heure prévisible d'embauche.
        083 heure_prev_embauche: Code,
    }
    /// S21.G00.41 Changements Contrat.
    ChangementsContrat = 21_00_41 {
        /// Date de la modification.
        001 date_modification: Jour,
        /// Ancien statut du salarié (conventionnel).
        002 statut_conventionnel: Code,
        /// Ancien code statut catégoriel Retraite Complémentaire obligatoire.
        003 statut_rc: Code,
        /// Ancienne nature du contrat.
        004 nature: Code,
        /// Ancien dispositif de politique publique et conventionnel.
        005 dispositif_politique: Code,
        /// Ancienne unité de mesure de la quotité de travail.
        006 unite_mesure: Code,
        /// Ancienne quotité de travail du contrat.
        007 quotite_salarie: Quantite,
        /// Ancienne modalité d'exercice du temps de travail.
        008 modalite_temps: Code,
        /// Ancien code convention collective applicable.
        011 ccn: Code,
        /// SIRET ancien établissement d'affectation.
        012 ancien_siret: Texte,
        /// Ancien identifiant du lieu de travail.
        013 ancien_lieu_travail: Texte,
        /// Ancien numéro du contrat.
        014 numero: Texte,
        /// Ancien motif de recours.
        016 motif_recours: Code,
        /// Ancien travailleur à l'étranger au sens du code de la Sécurité Sociale.
        018 travailleur_etranger: Code,
        /// Ancien code profession et catégorie socioprofessionnelle (PCS-ESE).
        019 pcs_ese: Code,
        /// Ancien code complément PCS-ESE (pour la fonction publique : référentiels NEH, NET et grade de la NNE).
        020 complement_pcs_ese: Code,
        /// Ancienne date de début du contrat.
        021 date_debut: Jour,
        /// Ancienne quotité de travail de référence de l'entreprise pour la catégorie de salarié.
        022 quotite_categorie: Quantite,
        /// Profondeur de recalcul de la paie.
        028 profondeur_recalcul_paie: Jour,
        /// Ancienne nature du poste.
        030 fp_nature_poste: Code,
        /// (Fonction publique) Ancienne quotité de travail de référence de l'entreprise pour la catégorie de salarié dans l’hypothèse d’un poste à temps complet.
        031 fp_quotite_temps_complet: Quantite,
        /// Ancien taux de travail à temps partiel.
        032 taux_travail_temps_partiel: Quantite,
        /// Ancien statut BOETH.
        048 statut_boeth: Code,
        /// Ancien complément de dispositif de politique publique.
        049 complement_dispositif_public: Code,
        /// Ancien cas de mise à disposition externe d'un individu de l'établissement.
        050 cas_mise_disposition_externe_individu_etablissement: Code,
        /// Ancien identifiant du contrat d'engagement maritime.
        054 identifiant_contrat_engagement_maritime: Texte,
        /// Ancienne forme d'aménagement du temps de travail dans le cadre de l'activité partielle.
        056 forme_amenagement_temps_travail_activite_partielle: Code,
        /// (Fonction publique) Ancien type de détachement.
        057 ancien_detachement: Code,
        /// Ancien statut d'emploi du salarié.
        060 statut_emploi: Code,
        /// Ancien code emplois multiples.
        061 ancien_code_emplois_multiples: Code,
        /// Ancien code employeurs multiples.
        062 ancien_code_employeurs_multiples: Code,
    }
    /// S21.G00.45 Données précédemment déclarées.
    DonneesPrecedemmentDeclarees = 21_00_45 {
        /// SIRET déclarant le contrat précédemment.
        001 siret_declarant_contrat_prec: Texte,
        /// Numéro du contrat déclaré précédemment.
        002 numero_contrat_declare_prec: Texte,
    }
    /// S21.G00.60 Arrêt de travail.
    ArretTravail = 21_00_60 {
        /// Motif de l'arrêt.
        001 motif: Code,
        /// Date du dernier jour travaillé.
        002 dernier_jour: Jour,
        /// Date de fin prévisionnelle.
        003 date_fin_previsionnelle: Jour,
        /// Date de la reprise.
        010 reprise_date: Jour,
        /// Motif de la reprise.
        011 reprise_motif: Code,
    }
    /// S21.G00.66 Temps partiel Thérapeutique.
    TempsPartielTherapeutique = 21_00_66 {
        /// Date de début.
        001 date_debut: Jour,
        /// Date de fin.
        002 date_fin: Jour,
    }
    /// S21.G00.62 Fin du contrat.
    FinContrat = 21_00_62 {
        /// Date de fin du contrat.
        001 date_fin: Jour,
        /// Motif de la rupture du contrat.
        002 motif: Code,
        /// Dernier jour travaillé et payé au salaire habituel.
        006 dernier_jour_travaille_paye: Jour,
        /// Modalité de déclaration de la fin du contrat d'usage.
        017 mode_fin_cddu: Code,
        /// Mois de la DSN mensuelle portant les derniers éléments déclarés dans le FCTU.
        020 date_mois_solde_tout_compte: Code,
        /// Refus de la proposition d'un CDI suite à CDD ou contrat de mission.
        021 refus_cdi: Code,
    }
    /// S21.G00.63 Préavis de fin de contrat.
    Preavis = 21_00_63 {
        /// Type réalisation et paiement du préavis.
        001 type_preavis: Code,
        /// Date de début de préavis.
        002 date_debut: Jour,
        /// Date de fin de préavis.
        003 date_fin: Jour,
    }
    /// S21.G00.65 Autre suspension de l'exécution du contrat.
    AutreSuspension = 21_00_65 {
        /// Motif de suspension.
        001 motif: Code,
        /// Date de début de la suspension.
        002 date_debut: Jour,
        /// Date de fin de la suspension.
        003 date_fin: Jour,
        /// Nombre de jours ouvrés de suspension.
        005 nombre_jours_ouvres: Quantite,
    }
    /// S21.G00.50 Versement individu.
    Versement = 21_00_50 {
        /// Date de versement.
        001 date: Jour,
        /// Rémunération nette fiscale.
        002 net_fiscal: Montant,
        /// Numéro de versement.
        003 numero: Quantite,
        /// Montant net versé.
        004 net_verse: Montant,
        /// Mois de la DSN mensuelle de rattachement des éléments déclarés dans le FCTU.
        020 mois_rattachement_fctu: Code,
    }
    /// S21.G00.51 Rémunération.
    Remuneration = 21_00_51 {
        /// Date de début de période de paie.
        001 date_debut: Jour,
        /// Date de fin de période de paie.
        002 date_fin: Jour,
        /// Numéro du contrat.
        010 numero_contrat: Texte,
        /// Type.
        011 type_remuneration: Code,
        /// Nombre d'heures.
        012 nombre_heures: Quantite,
        /// Montant.
        013 montant: Montant,
    }
    /// S21.G00.53 Activité.
    Activite = 21_00_53 {
        /// Type.
        001 type_activite: Code,
        /// Mesure.
        002 mesure: Quantite,
        /// Unité de mesure.
        003 unite_mesure: Code,
    }
    /// S21.G00.52 Prime, gratification et indemnité.
    Prime = 21_00_52 {
        /// Type.
        001 type_prime: Code,
        /// Montant.
        002 montant: Montant,
        /// Date de début de la période de rattachement.
        003 rattachement_date_debut: Jour,
        /// Date de fin de la période de rattachement.
        004 rattachement_date_fin: Jour,
        /// Numéro du contrat.
        006 contrat_numero: Texte,
    }
    /// S21.G00.58 Elément de revenu calculé en net.
    ElementRevenuNet = 21_00_58 {
        /// Type.
        003 type_revenu: Code,
        /// Montant.
        004 montant: Montant,
    }
    /// S21.G00.86 Ancienneté.
    Anciennete = 21_00_86 {
        /// Type.
        001 type_anciennete: Code,
        /// Unité de mesure.
        002 unite_mesure: Code,
        /// Valeur.
        003 valeur: Quantite,
        /// Numéro du contrat.
        005 numero_contrat: Texte,
    }
    /// S21.G00.85 Lieu de travail ou établissement utilisateur.
    LieuTravail = 21_00_85 {
        /// Identifiant du lieu de travail ou de l'établissement utilisateur.
        001 identifiant: Texte,
        /// Code APET.
        002 apet: Code,
        /// Code postal.
        004 code_postal: Code,
        /// Localité.
        005 localite: Texte,
        /// Code Pays.
        006 pays: Code,
        /// Nature juridique.
        010 nature: Code,
        /// Code INSEE commune.
        011 commune_insee: Code,
    }
    /// S90.G00.90 Total de l'envoi.
    TotalEnvoi = 90_00_90 {
        /// Nombre total de rubriques.
        001 nombre_rubriques: u64,
        /// Nombre de DSN.
        002 nombre_declarations: u64,
    }
}
