-- One row per contract and month, in the order of declarations: establishment, month, fraction, person.
-- Only months, amounts and days are cast, so that no message of the server can hold what identifies someone.
WITH
-- The base may hold a contract several times: the row with the latest information stands.
contrat AS MATERIALIZED (
  SELECT DISTINCT ON (id_employeur_assure, num_contrat, date_debut_contrat::date)
         *, date_debut_contrat::date AS debut, date_trunc('month', mois_declaration)::date AS dernier_mois
  FROM ddadtcontrat
  WHERE num_contrat IS NOT NULL AND date_debut_contrat IS NOT NULL
  ORDER BY id_employeur_assure, num_contrat, date_debut_contrat::date,
           date_dernieres_infos DESC NULLS LAST, mois_declaration DESC NULLS LAST, id DESC
),
-- A number that served several contracts of one person, one after another.
suite AS (
  SELECT contrat.id, id_employeur_assure, num_contrat, debut, dernier_mois,
         lag(debut) OVER numero IS NULL AS est_premier, lead(debut) OVER numero AS debut_suivant
  FROM contrat
  WINDOW numero AS (PARTITION BY id_employeur_assure, num_contrat ORDER BY debut)
),
versement AS MATERIALIZED (
  SELECT id, id_employeur_assure, date_trunc('month', mois_declaration)::date AS mois,
         coalesce(nullif(numero_fraction::text, '')::bigint, 11) AS fraction
  FROM ddadtversement
  WHERE mois_declaration IS NOT NULL
),
-- Work (01) and unpaid absence (02) by unit: hours, days, or none said, which is then that of the contract. Other units are not time worked.
paye AS (
  SELECT id_employeur_assure, mois, fraction, numero_contrat, sum(brut) AS brut,
         sum(mesure) FILTER (WHERE type = '01' AND unite IN ('10', '21')) AS travail_heures,
         sum(mesure) FILTER (WHERE type = '01' AND unite IN ('12', '20')) AS travail_jours,
         sum(mesure) FILTER (WHERE type = '01' AND unite IS NULL) AS travail_sans_unite,
         sum(mesure) FILTER (WHERE type = '02' AND unite IN ('10', '21')) AS absence_heures,
         sum(mesure) FILTER (WHERE type = '02' AND unite IN ('12', '20')) AS absence_jours,
         sum(mesure) FILTER (WHERE type = '02' AND unite IS NULL) AS absence_sans_unite
  FROM (
    SELECT versement.*, numero_contrat, montant::numeric AS brut, NULL AS type, NULL AS unite, 0 AS mesure
    FROM ddadtrem_brute_ss JOIN versement ON versement.id = id_versement
    UNION ALL
    SELECT versement.*, numero_contrat, 0, lpad(activite.type::text, 2, '0'), nullif(activite.unite_mesure::text, ''), activite.mesure::numeric
    FROM ddadtrem_brute_ac AS ac JOIN versement ON versement.id = id_versement
    LEFT JOIN ddadtactivite AS activite ON id_remuneration_brute_ac = ac.id
  ) AS remuneration
  GROUP BY id_employeur_assure, mois, fraction, numero_contrat
),
-- A month is paid under a number: it belongs to the contract of that number that was the last to start.
mois_paye AS MATERIALIZED (
  SELECT suite.id AS contrat, paye.*
  FROM suite JOIN paye ON paye.id_employeur_assure = suite.id_employeur_assure AND numero_contrat = num_contrat
  WHERE (debut_suivant IS NULL OR debut_suivant >= paye.mois + interval '1 month')
    AND (est_premier OR debut < paye.mois + interval '1 month')
),
-- A contract was declared in the month of its latest information, paid or not.
mois AS (
  SELECT contrat, mois, fraction, brut, travail_heures, travail_jours, travail_sans_unite, absence_heures, absence_jours, absence_sans_unite
  FROM mois_paye
  UNION ALL
  SELECT suite.id, dernier_mois, coalesce(min(versement.fraction), 11), 0, NULL, NULL, NULL, NULL, NULL, NULL
  FROM suite
  LEFT JOIN versement ON versement.id_employeur_assure = suite.id_employeur_assure AND versement.mois = dernier_mois
  WHERE dernier_mois IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM mois_paye WHERE mois_paye.contrat = suite.id AND mois_paye.mois = dernier_mois)
  GROUP BY suite.id, dernier_mois
),
etablissement AS (
  SELECT DISTINCT ON (siret) siret, et_code_apet, et_ad_code_postal
  FROM ddadtemployeur
  ORDER BY siret, mois_declaration DESC NULLS LAST, id DESC
),
arret AS (
  SELECT id_contrat,
         array_agg(motif_arret::text ORDER BY date_dernier_jour_travaille, id) AS motifs,
         array_agg(date_dernier_jour_travaille::date - DATE '1970-01-01' ORDER BY date_dernier_jour_travaille, id) AS derniers_jours,
         array_agg(date_reprise::date - DATE '1970-01-01' ORDER BY date_dernier_jour_travaille, id) AS reprises,
         array_agg(mois_declaration::date - DATE '1970-01-01' ORDER BY date_dernier_jour_travaille, id) AS mois
  FROM ddadtarret_trav
  WHERE date_dernier_jour_travaille IS NOT NULL
  GROUP BY id_contrat
),
suspension AS (
  SELECT id_contrat,
         array_agg(motif::text ORDER BY date_debut, id) AS motifs,
         array_agg(date_debut::date - DATE '1970-01-01' ORDER BY date_debut, id) AS debuts,
         array_agg(date_fin::date - DATE '1970-01-01' ORDER BY date_debut, id) AS fins
  FROM ddadtsuspension_contrat
  WHERE date_debut IS NOT NULL
  GROUP BY id_contrat
)
SELECT
  employeur.siret::text AS siret,
  mois.mois - DATE '1970-01-01' AS mois,
  mois.fraction AS fraction,
  assure.id::bigint AS assure,
  etablissement.et_code_apet::text AS apet,
  etablissement.et_ad_code_postal::text AS code_postal,
  assure.num_immatriculation::text AS immatriculation,
  assure.nom_famille::text AS nom_famille,
  assure.nom_usage::text AS nom_usage,
  assure.prenoms::text AS prenoms,
  assure.sexe::text AS sexe,
  assure.date_naissance::text AS date_naissance,
  contrat.num_contrat::text AS numero,
  contrat.debut - DATE '1970-01-01' AS date_debut,
  contrat.pcs_ese::text AS pcs_ese,
  contrat.nature_contrat::text AS nature,
  contrat.dispositif_politique::text AS dispositif_politique,
  contrat.date_fin_previsionnelle::date - DATE '1970-01-01' AS date_fin_previsionnelle,
  contrat.unite_mesure::text AS unite_mesure,
  round(contrat.quotite_categorie::numeric * 100)::bigint AS quotite_categorie,
  round(contrat.quotite::numeric * 100)::bigint AS quotite,
  contrat.modalite_temps::text AS modalite_temps,
  contrat.ccn::text AS ccn,
  contrat.id_lieu_travail::text AS lieu_travail,
  contrat.motif_recours::text AS motif_recours,
  contrat.statut_emploi::text AS statut_emploi,
  contrat.id_lieu_etab_utilisateur::text AS etablissement_utilisateur,
  contrat.complement_dispositif_public::text AS complement_dispositif_public,
  contrat.date_fin_contrat::date - DATE '1970-01-01' AS date_fin,
  contrat.motif_rupture::text AS motif_rupture,
  contrat.dernier_jour_travaille::date - DATE '1970-01-01' AS dernier_jour_travaille,
  mois.mois = max(mois.mois) OVER (PARTITION BY mois.contrat) AS est_dernier_mois,
  round(mois.brut * 100)::bigint AS brut,
  round(mois.travail_heures * 100)::bigint AS travail_heures,
  round(mois.travail_jours * 100)::bigint AS travail_jours,
  round(mois.travail_sans_unite * 100)::bigint AS travail_sans_unite,
  round(mois.absence_heures * 100)::bigint AS absence_heures,
  round(mois.absence_jours * 100)::bigint AS absence_jours,
  round(mois.absence_sans_unite * 100)::bigint AS absence_sans_unite,
  arret.motifs AS arret_motifs,
  arret.derniers_jours AS arret_derniers_jours,
  arret.reprises AS arret_reprises,
  arret.mois AS arret_mois,
  suspension.motifs AS suspension_motifs,
  suspension.debuts AS suspension_debuts,
  suspension.fins AS suspension_fins
FROM mois
JOIN contrat ON contrat.id = mois.contrat
JOIN ddadtemployeur_assure AS lien ON lien.id = contrat.id_employeur_assure
JOIN ddadtemployeur AS employeur ON employeur.id = lien.id_employeur
JOIN etablissement ON etablissement.siret IS NOT DISTINCT FROM employeur.siret
JOIN ddadtassure AS assure ON assure.id = lien.id_assure
LEFT JOIN arret ON arret.id_contrat = contrat.id
LEFT JOIN suspension ON suspension.id_contrat = contrat.id
ORDER BY employeur.siret::text COLLATE "C", mois.mois, mois.fraction, assure.id, contrat.id
