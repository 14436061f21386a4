#!/usr/bin/env bash
# Careers beside DuckDB on one lake: bench/spells/beside.sh [PEOPLE] [COPIES]
#
# Makes a synthetic territory of so many people over 36 months, reads it, repeats its people under other pseudonyms COPIES times, then times `apres spells` (spells, months,
# exits and panel, with change blocks and absences) and DuckDB (the table `spells` alone). 100 million contract-months: 100000 37, with 10 GB of disk.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
program="${APRES:-${CARGO_TARGET_DIR:-$here/../../target}/release/apres}"
people="${1:-20000}"
copies="${2:-1}"
[ -x "$program" ] || { echo "$program is missing: run make build" >&2; exit 2; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

"$program" synth --people "$people" --months 36 --out "$folder/synth" >/dev/null 2>&1
"$program" ingest --data "$folder/data" "$folder/synth/dsn" >/dev/null 2>&1
rm -rf "$folder/synth"
python="${XDG_CACHE_HOME:-$HOME/.cache}/apres/bench-spells/venv/bin/python"
duckdb="$("$here/run.sh" "$folder/data")"
if [ "$copies" -gt 1 ] && [ -x "$python" ]; then
    "$python" "$here/multiply.py" "$folder/data" "$copies"
    duckdb="$("$here/run.sh" "$folder/data")"
fi
echo "$duckdb"
python3 - "$program" "$folder/data" "$duckdb" <<'PY'
import re, resource, subprocess, sys, time

program, data, duckdb = sys.argv[1:]
rows = int(m.group(1)) if (m := re.search(r"rows=(\d+)", duckdb)) else 0
best = None
for _ in range(3 if rows < 10_000_000 else 1):
    began = time.monotonic()
    subprocess.run([program, "spells", "--data", data], check=True, capture_output=True)
    best = min(filter(None, (best, time.monotonic() - began)))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"apres-careers rows={rows} seconds={best:.2f} rate={rows / best:.0f} peak_mib={used.ru_maxrss // 1024}")
if found := re.search(r"seconds=([\d.]+)", duckdb):
    print(f"apres-careers, whole program and four tables, take {best / float(found.group(1)):.2f} times what DuckDB takes for the spells alone")
PY
