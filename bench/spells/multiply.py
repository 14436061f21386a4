"""Makes a lake larger, in place: `multiply.py DATA_FOLDER COPIES`.

Each copy holds the same careers under other pseudonyms: the distributions stay those of the lake, only the people become more. Declarations stay as they are: those of the
copies are the same ones. Rows are sorted by person within each copy, as an ingest writes them. Never on a lake that is in use.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

from duckdb_spells import Log, quoted

PEOPLE = {"observations": ["person"], "persons": ["person"], "absences": ["person"], "changes": ["person", "ancienne_person"], "aliases": ["person", "becomes"]}
ROW_GROUP_ROWS = 16_384


def mask(copy: int) -> int:
    """63 bits that spread the people of a copy everywhere, none for the first."""
    return (copy * 0x9E3779B97F4A7C15) & (2**63 - 1)


def multiply(table: Path, people: list[str], copies: int) -> None:
    log = Log(table)
    if not log.files:
        return
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET preserve_insertion_order = true")
    actions = []
    for copy in range(copies):
        path = f"copy-{copy:04d}-{time.time_ns()}.zstd.parquet"
        columns = ", ".join(f"xor({name}, {mask(copy)}) AS {name}" if name in people else name for name, _ in log.columns)
        query = f"SELECT {columns} FROM ({log.view()}) ORDER BY {people[0]}"
        connection.execute(f"COPY ({query}) TO {quoted(str(table / path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})")
        rows = connection.execute(f"SELECT count(*) FROM read_parquet({quoted(str(table / path))})").fetchone()[0]
        stats = json.dumps({"numRecords": rows, "minValues": {}, "maxValues": {}, "nullCount": {}})
        file = {"path": path, "partitionValues": {}, "size": (table / path).stat().st_size, "modificationTime": time.time_ns() // 1_000_000, "dataChange": True, "stats": stats}
        actions.append({"add": file})
    actions += [{"remove": {"path": path, "dataChange": True, "deletionTimestamp": time.time_ns() // 1_000_000}} for path in log.files]
    versions = [int(path.stem) for path in (table / "_delta_log").glob("*.json") if path.stem.isdigit()]
    commit = table / "_delta_log" / f"{max(versions) + 1:020d}.json"
    commit.write_text("".join(json.dumps(action) + "\n" for action in actions), encoding="utf-8")
    for path in log.files:
        (table / path).unlink()


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: multiply.py DATA_FOLDER COPIES")
    zone = Path(sys.argv[1]) / "lake" / "statistical"
    for name, people in PEOPLE.items():
        multiply(zone / name, people, int(sys.argv[2]))


if __name__ == "__main__":
    main()
