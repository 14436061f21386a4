-- The relational view of DSN, table by table: the columns that a synthetic base fills, under the names that were handed out.
-- A contract is one row for all its months, as last known; an open one ends on 2999-12-31. Dates of birth are texts, JJMMAAAA.
CREATE SCHEMA IF NOT EXISTS dadeh;

CREATE TABLE dadeh.ddadtassure (
  id bigint PRIMARY KEY,
  type_immatriculation text,
  num_immatriculation text,
  nom_famille text,
  nom_usage text,
  prenoms text,
  sexe text,
  date_naissance text,
  code_departement_naissance text,
  code_pays_naissance text,
  niveau_formation_plus_eleve text,
  date_dernieres_infos date
);

CREATE TABLE dadeh.ddadtemployeur (
  id bigint PRIMARY KEY,
  siret text,
  siren text,
  nic_siege text,
  en_raison_sociale text,
  en_code_apen text,
  et_code_apet text,
  et_ad_num_et_libelle_voie text,
  et_ad_code_postal text,
  et_ad_localite text,
  et_nature_juridique text,
  et_code_conv_collec_principale text,
  mois_declaration date
);

CREATE TABLE dadeh.ddadtemployeur_assure (
  id bigint PRIMARY KEY,
  id_assure bigint REFERENCES dadeh.ddadtassure,
  id_employeur bigint REFERENCES dadeh.ddadtemployeur,
  date_creation date,
  date_dernieres_modif date
);

CREATE TABLE dadeh.ddadtcontrat (
  id bigint PRIMARY KEY,
  id_employeur_assure bigint REFERENCES dadeh.ddadtemployeur_assure,
  date_debut_contrat date,
  statut_conventionnel text,
  statut_rc text,
  pcs_ese text,
  libelle_emploi text,
  nature_contrat text,
  dispositif_politique text,
  num_contrat text,
  date_fin_previsionnelle date,
  unite_mesure text,
  quotite_categorie numeric(12, 2),
  quotite numeric(12, 2),
  modalite_temps text,
  complement_base text,
  ccn text,
  regime_maladie text,
  id_lieu_travail text,
  regime_vieillesse text,
  motif_recours text,
  travailleur_etranger text,
  statut_emploi text,
  id_lieu_etab_utilisateur text,
  complement_dispositif_public text,
  date_fin_contrat date,
  motif_rupture text,
  dernier_jour_travaille date,
  mod_decl_fin_cont_usage text,
  mois_declaration date,
  date_dernieres_infos date
);

CREATE TABLE dadeh.ddadtversement (
  id bigint PRIMARY KEY,
  id_employeur_assure bigint REFERENCES dadeh.ddadtemployeur_assure,
  date_versement date,
  remuneration_nette_fiscale numeric(12, 2),
  num_versement text,
  montant_net_verse numeric(12, 2),
  numero_fraction text,
  mois_declaration date,
  date_creation date
);

CREATE TABLE dadeh.ddadtrem_brute_ss (
  id bigint PRIMARY KEY,
  id_versement bigint REFERENCES dadeh.ddadtversement,
  numero_contrat text,
  date_debut_paie date,
  date_fin_paie date,
  montant numeric(12, 2)
);

CREATE TABLE dadeh.ddadtrem_brute_ac (
  id bigint PRIMARY KEY,
  id_versement bigint REFERENCES dadeh.ddadtversement,
  numero_contrat text,
  date_debut_paie date,
  date_fin_paie date,
  montant numeric(12, 2)
);

CREATE TABLE dadeh.ddadtactivite (
  id bigint PRIMARY KEY,
  id_remuneration_brute_ac bigint REFERENCES dadeh.ddadtrem_brute_ac,
  type text,
  mesure numeric(12, 2),
  unite_mesure text
);

CREATE TABLE dadeh.ddadtarret_trav (
  id bigint PRIMARY KEY,
  id_contrat bigint REFERENCES dadeh.ddadtcontrat,
  motif_arret text,
  date_dernier_jour_travaille date,
  date_reprise date,
  mois_declaration date
);

CREATE TABLE dadeh.ddadtsuspension_contrat (
  id bigint PRIMARY KEY,
  id_contrat bigint REFERENCES dadeh.ddadtcontrat,
  motif text,
  date_debut date,
  date_fin date
);
