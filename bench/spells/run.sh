#!/usr/bin/env bash
# The table `spells` by DuckDB, from the Parquet files of a lake: bench/spells/run.sh LAKE_FOLDER [--check]
#
# Prints one line, `duckdb-spells rows=… seconds=… rate=… …`: contract-months (rows of `observations`) per second, best of several rounds, the processor
# time of that round, which tells whether the machine was busy, and the peak memory of the process. With `--check`, first whether what DuckDB computes is the table that APRES wrote; that alone decides the exit status.
# What cannot be installed is said, and it is no failure.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/apres/bench-spells"
said="$(mktemp)"
trap 'rm -f "$said"' EXIT

if [ $# -lt 1 ]; then
    echo "usage: bench/spells/run.sh LAKE_FOLDER [--check]" >&2
    exit 2
fi
if ! command -v python3 >/dev/null; then
    echo "spells: DuckDB is left out: it needs Python 3" >&2
    exit 0
fi
if ! { mkdir -p "$cache" && { [ -x "$cache/venv/bin/pip" ] || python3 -m venv "$cache/venv"; }; } >"$said" 2>&1 \
    || ! "$cache/venv/bin/pip" install --quiet --require-hashes --only-binary :all: --requirement "$here/requirements.txt" >"$said" 2>&1; then
    echo "spells: DuckDB is left out: pip cannot install it: $(tail -1 "$said")" >&2
    exit 0
fi
status=0
if [ "${2:-}" = --check ]; then
    "$cache/venv/bin/python" "$here/duckdb_spells.py" "$1" --check || status=$?
fi
"$cache/venv/bin/python" "$here/duckdb_spells.py" "$1" || echo "spells: DuckDB was not timed" >&2
exit "$status"
