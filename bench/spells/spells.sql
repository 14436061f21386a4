-- The table `spells` from the tables `declarations`, `observations`, `known_as` and `completeness` of the lake, by the rules of docs/methods/measure.md §1,
-- for contracts that no block 41 and no transfer touch (§1.2, §1.3). One query in the dialect of DuckDB, written to be fast there:
--
-- * No window over the observations: the sorts that it takes cost twice what the whole query does. The fold is one GROUP BY.
-- * The fold carries numbers and days only, and the place of the row that holds the terms of the last month; the eleven terms are fetched by that place at
--   the end, for one row per contract. Carried along by arg_max of a struct they cost a quarter more, by arg_max of each half more; a GROUP BY of the
--   month before that of the contract costs three times as much.
-- * Hours add up over all rows, so that months need no merging. Gross pay and terms of the last month do, when it has several rows: those contracts,
--   few as a rule, are told by the places of the first and of the last row of that month, and merged apart.
-- * Codes stay as the lake has them: it writes them as the norm does, and texts of one width sort as their numbers.
--
-- `known_as` and `completeness` are read as the build left them. The engine of APRES writes `months`, `exits` and `panel` in the same pass, hears the
-- blocks 31, 41, 60 and 65, and derives these two tables: it does more than this query.

WITH
-- Of one SIRET, month, fraction and champ: the latest constitution, then the highest order.
winners AS (
  SELECT unnest(arg_max({declaration: declaration, part: part}, (constituted, ordre, declaration, -part)))
  FROM declarations WHERE nature = '01'
  GROUP BY siret, month, fraction, champ
),

-- §1.6: the latest month that at least 80 % of the usual number of establishments declared, or that lacks two at most.
declared AS (
  SELECT month, count(DISTINCT siret) AS establishments FROM completeness WHERE month IS NOT NULL GROUP BY month
),
compared AS (
  SELECT month, establishments,
         list_sort(list(establishments) OVER (ORDER BY month ROWS BETWEEN 12 PRECEDING AND 1 PRECEDING)) AS earlier
  FROM declared
),
lake AS (
  SELECT max(month) AS last_month
  FROM (SELECT month, establishments, coalesce(earlier[len(earlier) // 2 + 1], 0) AS usual FROM compared)
  WHERE establishments + 2 >= usual OR establishments * 100 >= usual * 80
),

-- The observations that count, under the person as finally known at that employer, else everywhere. `place` is the file and the row in it; a month and a
-- place make one number, so that the latest month comes first and, in it, the highest place, or the lowest.
seen AS NOT MATERIALIZED (
  SELECT coalesce(here.becomes, everywhere.becomes, observations.person) AS who, observations.*,
         (file_index::BIGINT << 28) + file_row_number AS place,
         (year(month) * 12 + month(month)) << 46 AS weight
  FROM observations
  SEMI JOIN winners ON observations.declaration = winners.declaration AND observations.part = winners.part
  LEFT JOIN (SELECT person, siren, becomes FROM known_as WHERE siren IS NOT NULL) AS here
    ON here.person = observations.person AND here.siren = left(observations.siret, 9)
  LEFT JOIN (SELECT person, becomes FROM known_as WHERE siren IS NULL) AS everywhere ON everywhere.person = observations.person
  WHERE siret IS NOT NULL AND numero IS NOT NULL AND date_debut IS NOT NULL
),

-- One row per contract. The end that stands is that of the latest month that has one: there, an end against a cancellation (099), then the later.
folded AS (
  SELECT who, siret, numero, date_debut,
         min(month) AS first_month, max(month) AS last_month, coalesce(sum(hours_centi), 0)::BIGINT AS hours_centi,
         arg_max(
           {date_fin: date_fin, motif_fin: coalesce(motif_fin, '000'), dernier_jour_travaille: dernier_jour_travaille},
           (month, motif_fin IS DISTINCT FROM '099', date_fin, coalesce(motif_fin, '000'), coalesce(dernier_jour_travaille, '-infinity'::DATE))
         ) FILTER (WHERE date_fin IS NOT NULL) AS told,
         max(weight + place) AS highest, max(weight - place) AS lowest
  FROM seen
  GROUP BY who, siret, numero, date_debut
),
contracts AS MATERIALIZED (
  SELECT * EXCLUDE (told, highest, lowest, weight),
         CASE WHEN told.motif_fin <> '099' THEN told END AS fin,
         highest - weight AS place, highest - weight <> weight - lowest AS is_merged
  FROM (SELECT *, (year(last_month) * 12 + month(last_month)) << 46 AS weight FROM folded)
),

-- The terms of the last month: as they stand when one row has them, else the greatest, what is absent being least; pay adds up.
single AS (
  SELECT contracts.*, observations.gross_centimes,
         nature, dispositif, complement_dispositif, motif_recours, date_fin_previsionnelle, quotite_permille, modalite_temps, ape, departement,
         commune, utilisateur
  FROM contracts
  JOIN observations ON (observations.file_index::BIGINT << 28) + observations.file_row_number = contracts.place
  WHERE NOT is_merged
),
merged AS (
  SELECT any_value(contracts) AS contract, sum(gross_centimes)::BIGINT AS gross_centimes,
         arg_max(
           {nature: seen.nature, dispositif: seen.dispositif, complement_dispositif: seen.complement_dispositif, motif_recours: seen.motif_recours,
            date_fin_previsionnelle: seen.date_fin_previsionnelle, quotite_permille: seen.quotite_permille, modalite_temps: seen.modalite_temps,
            ape: seen.ape, departement: seen.departement, commune: seen.commune, utilisateur: seen.utilisateur},
           (coalesce(seen.date_fin_previsionnelle, '-infinity'::DATE), coalesce(seen.nature, ''), coalesce(seen.dispositif, ''),
            coalesce(seen.complement_dispositif, ''), coalesce(seen.motif_recours, ''), coalesce(seen.modalite_temps, ''),
            coalesce(seen.quotite_permille, -1), coalesce(seen.ape, ''), coalesce(seen.commune, ''), coalesce(seen.departement, ''),
            coalesce(seen.utilisateur, ''))
         ) AS terms
  FROM contracts
  JOIN seen
    ON seen.who = contracts.who AND seen.siret = contracts.siret AND seen.numero = contracts.numero AND seen.date_debut = contracts.date_debut
    AND seen.month = contracts.last_month
  WHERE is_merged
  GROUP BY contracts.who, contracts.siret, contracts.numero, contracts.date_debut
),
known AS (
  FROM single
  UNION ALL BY NAME
  SELECT unnest(contract), gross_centimes, unnest(terms) FROM merged
)

-- §1.5: declared, else inferred from three silent months, else open.
SELECT who AS person, siret, numero, date_debut,
       CASE WHEN fin IS NOT NULL THEN fin.date_fin
            WHEN NOT is_silent THEN NULL
            WHEN date_trunc('month', date_fin_previsionnelle) = known.last_month THEN date_fin_previsionnelle
            ELSE last_day(known.last_month)
       END AS date_fin,
       CASE WHEN fin IS NOT NULL THEN 'declared' WHEN is_silent THEN 'inferred' ELSE 'open' END AS end_status,
       fin.motif_fin AS motif_fin,
       nature, dispositif, complement_dispositif, motif_recours, date_fin_previsionnelle, quotite_permille / 1000.0::DOUBLE AS quotite, modalite_temps,
       ape, departement, commune, utilisateur, first_month, known.last_month AS last_month, hours_centi, coalesce(gross_centimes, 0) AS gross_centimes,
       fin.dernier_jour_travaille AS dernier_jour_travaille, NULL::VARCHAR AS transfer_siret
FROM known
CROSS JOIN (SELECT last_month AS until FROM lake) AS lake
CROSS JOIN LATERAL (SELECT known.last_month + INTERVAL 3 MONTH <= until AS is_silent)
