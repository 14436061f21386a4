"""The table `spells` by DuckDB: as an oracle (`--check`) and as a rival (timed).

    duckdb_spells.py LAKE_FOLDER [--rounds N] [--threads N] [--check]

LAKE_FOLDER holds `statistical/`, or is the data folder whose `lake/` does. The files in force are those that the log of each Delta table names. What is timed
goes from the Parquet files of the lake to a Parquet file of spells: reading, computing, writing, compressed as the lake's are. `--check` compares every column
of every row with the table `spells` that APRES wrote, people of whom a block 41 or a transfer speaks left out.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote

import duckdb

READ = ("declarations", "observations", "known_as", "completeness")
KINDS = {"long": "BIGINT", "integer": "INTEGER", "string": "VARCHAR", "date": "DATE", "double": "DOUBLE", "boolean": "BOOLEAN"}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Log:
    """What the log of a Delta table says at its latest version: its columns and the files in force."""

    def __init__(self, table: Path) -> None:
        self.table = table
        self.files: dict[str, None] = {}
        self.columns: list[tuple[str, str]] = []
        self.partition: list[str] = []
        folder = table / "_delta_log"
        checkpoints = [path for path in folder.glob("*.checkpoint*.parquet") if path.name.split(".")[0].isdigit()]
        last = max((int(path.name.split(".")[0]) for path in checkpoints), default=-1)
        for path in checkpoints:
            if int(path.name.split(".")[0]) == last:
                self.read_checkpoint(path)
        for path in sorted(folder.glob("*.json")):
            if path.stem.isdigit() and int(path.stem) > last:
                actions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
                for action in sorted(actions, key=lambda action: "add" in action):
                    self.apply(action)
        if not self.columns:
            sys.exit(f"no Delta table in {table}")

    def read_checkpoint(self, path: Path) -> None:
        connection = duckdb.connect()
        source = f"read_parquet({quoted(str(path))})"
        for (added,) in connection.execute(f"SELECT add.path FROM {source} WHERE add.path IS NOT NULL").fetchall():
            self.apply({"add": {"path": added}})
        found = f"SELECT metaData.schemaString, metaData.partitionColumns FROM {source} WHERE metaData.schemaString IS NOT NULL"
        for schema, partition in connection.execute(found).fetchall():
            self.apply({"metaData": {"schemaString": schema, "partitionColumns": partition}})

    def apply(self, action: dict) -> None:
        if "add" in action:
            if action["add"].get("deletionVector"):
                sys.exit(f"{self.table} has deletion vectors, which are not read here")
            self.files[unquote(action["add"]["path"])] = None
        elif "remove" in action:
            self.files.pop(unquote(action["remove"]["path"]), None)
        elif "metaData" in action:
            fields = json.loads(action["metaData"]["schemaString"])["fields"]
            self.columns = [(field["name"], KINDS[field["type"]]) for field in fields]
            self.partition = action["metaData"]["partitionColumns"]

    def view(self) -> str:
        """The table as a view: its files, or no row."""
        if not self.files:
            columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in (*self.columns, ("file_index", "BIGINT"), ("file_row_number", "BIGINT")))
            return f"SELECT {columns} LIMIT 0"
        files = ", ".join(quoted(str(self.table / path)) for path in self.files)
        hive = ", hive_partitioning = true" if self.partition else ""
        columns = ", ".join(name for name, _ in self.columns)
        return f"SELECT {columns}, file_index, file_row_number FROM read_parquet([{files}]{hive})"


def open_lake(lake: Path, tables: tuple[str, ...], threads: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    # The table has no order of its own: DuckDB may write its rows as they come.
    connection.execute("SET preserve_insertion_order = false")
    for table in tables:
        connection.execute(f"CREATE VIEW {table} AS {Log(lake / 'statistical' / table).view()}")
    return connection


def measure(lake: Path, rounds: int, threads: int, output: Path, sql: str) -> None:
    taken: list[tuple[float, float]] = []
    for _ in range(rounds):
        connection = open_lake(lake, READ, threads)
        began, worked = time.perf_counter(), time.process_time()
        connection.execute(f"COPY ({sql}) TO {quoted(str(output))} (FORMAT parquet, COMPRESSION zstd)")
        taken.append((time.perf_counter() - began, time.process_time() - worked))
        connection.close()
    best, cpu = min(taken)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    connection = open_lake(lake, READ, threads)
    count = lambda source: connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
    rows, spells = count("observations"), count(quoted(str(output)))
    print(
        f"duckdb-spells rows={rows} seconds={best:.4f} rate={rows / best:.0f} cpu_seconds={cpu:.4f} spells={spells} threads={threads} "
        f"peak_mib={peak:.0f} duckdb={duckdb.__version__}"
    )


def check(lake: Path, threads: int, sql: str) -> bool:
    connection = open_lake(lake, (*READ, "changes", "spells"), threads)
    # Whoever a block 41 or a transfer speaks of, under every pseudonym.
    connection.execute("""
        CREATE TEMP TABLE touched AS
        WITH told AS (
          SELECT person FROM changes WHERE numero IS NOT NULL UNION SELECT person FROM observations WHERE motif_fin IN ('100', '998')
        )
        SELECT person FROM told UNION SELECT becomes FROM known_as WHERE person IN (SELECT person FROM told)""")
    connection.execute(f"CREATE TEMP TABLE computed AS SELECT * FROM ({sql}) ANTI JOIN touched USING (person)")
    connection.execute(
        "CREATE TEMP TABLE written AS SELECT * EXCLUDE (file_index, file_row_number) FROM spells ANTI JOIN touched USING (person)"
    )
    names = [[row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()] for table in ("computed", "written")]
    if names[0] != names[1]:
        sys.exit(f"other columns: {names[0]} and {names[1]}")
    count = lambda source: connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
    only = [count("(FROM computed EXCEPT ALL FROM written)"), count("(FROM written EXCEPT ALL FROM computed)")]
    left_out = count("spells SEMI JOIN touched USING (person)")
    print(
        f"duckdb-check spells={count('written')} columns={len(names[1])} left_out={left_out} people_left_out={count('touched')} "
        f"only_duckdb={only[0]} only_apres={only[1]} equal={'yes' if not any(only) else 'no'}"
    )
    key = ["person", "siret", "numero", "date_debut"]
    if any(only):
        for name in names[1]:
            if name not in key:
                differs = count(f"computed JOIN written USING ({', '.join(key)}) WHERE computed.{name} IS DISTINCT FROM written.{name}")
                if differs:
                    print(f"  {name}: {differs} rows differ")
    return not any(only)


def main() -> None:
    arguments = argparse.ArgumentParser(description="The table spells by DuckDB, timed or compared.")
    arguments.add_argument("lake", type=Path)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--check", action="store_true")
    given = arguments.parse_args()
    lake = given.lake if (given.lake / "statistical").is_dir() else given.lake / "lake"
    if not (lake / "statistical").is_dir():
        sys.exit(f"no lake in {given.lake}")
    sql = (Path(__file__).parent / "spells.sql").read_text(encoding="utf-8")
    if given.check:
        sys.exit(0 if check(lake, given.threads, sql) else 1)
    with tempfile.TemporaryDirectory() as folder:
        measure(lake, given.rounds, given.threads, Path(folder) / "spells.parquet", sql)


if __name__ == "__main__":
    main()
