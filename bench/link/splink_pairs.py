#!/usr/bin/env python3
"""Splink on the same files: splink_pairs.py LIST REFERENCE PAIRS. Settings are those of its documentation, with French fields."""
import sys

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

base = duckdb.connect()
base.execute("SET threads = 2")
for table, path in (("list", sys.argv[1]), ("reference", sys.argv[2])):
    base.execute(f"""CREATE TABLE {table} AS SELECT id, nullif(upper(strip_accents(nom)), '') AS nom, nullif(upper(strip_accents(nom_usage)), '') AS nom_usage,
        nullif(split_part(upper(strip_accents(prenoms)), ' ', 1), '') AS prenom, nullif(sexe, '') AS sexe, nullif(date_naissance, '') AS birth,
        nullif(substr(date_naissance, 1, 4), '') AS year, nullif(upper(strip_accents(commune_naissance)), '') AS commune, nullif(dept_naissance, '') AS dept,
        nullif(code_postal, '') AS cp FROM read_csv('{path}', all_varchar = true, header = true)""")
settings = SettingsCreator(
    unique_id_column_name="id",
    link_type="link_only",
    comparisons=[
        cl.JaroWinklerAtThresholds("nom", [0.92, 0.85]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("prenom", [0.9, 0.8]).configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth", input_is_string=True),
        cl.ExactMatch("sexe"),
        cl.ExactMatch("commune").configure(term_frequency_adjustments=True),
        cl.ExactMatch("cp").configure(term_frequency_adjustments=True),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("nom", "birth"),
        block_on("prenom", "birth"),
        block_on("nom", "prenom"),
        block_on("birth", "dept"),
        block_on("birth", "cp"),
        "l.nom = r.nom_usage and l.prenom = r.prenom",
        "l.nom = r.prenom and l.prenom = r.nom",
        block_on("nom", "commune", "year"),
    ],
)
linker = Linker([DuckDBAPI(connection=base).register(name) for name in ("list", "reference")], settings)
linker.training.estimate_probability_two_random_records_match([block_on("nom", "prenom", "birth")], recall=0.8)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
for rule in (block_on("nom", "prenom"), block_on("birth")):
    linker.training.estimate_parameters_using_expectation_maximisation(rule)
found = linker.inference.predict(threshold_match_weight=-10).as_duckdbpyrelation()
side = "CASE WHEN id_l LIKE 'L%' THEN id_l ELSE id_r END AS list_id, CASE WHEN id_l LIKE 'L%' THEN id_r ELSE id_l END AS ref_id"
found.project(f"{side}, match_probability AS score").write_csv(sys.argv[3])
