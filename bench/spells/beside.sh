#!/usr/bin/env bash
# Careers beside DuckDB on one lake, and brought up to date: bench/spells/beside.sh [PEOPLE] [COPIES]
#
# Makes a synthetic territory of so many people over 36 months, reads it but for one old declaration and for the last month, repeats its people under other pseudonyms COPIES times, then times
#   - DuckDB: the table `spells` alone, by SQL, from the Parquet files of the lake to a Parquet file;
#   - apres-spells: the same table alone to Parquet files (`apres spells --only-to`), change blocks and transfers heard, which that SQL does not hear;
#   - apres-careers: a build anew of spells, months, exits and panel, who is who, completeness and absences (`apres spells`);
#   - apres-late and apres-month: `apres ingest` of the declaration that was left out, then of the last month, careers brought up to date. These are of the people of the first copy.
# Those of APRES are of whole processes. 100 million contract-months: 100000 37, with 12 GB of disk.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
program="${APRES:-${CARGO_TARGET_DIR:-$here/../../target}/release/apres}"
people="${1:-20000}"
copies="${2:-1}"
[ -x "$program" ] || { echo "$program is missing: run make build" >&2; exit 2; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

"$program" synth --people "$people" --months 36 --out "$folder/synth" >/dev/null 2>&1
mapfile -t months < <(find "$folder/synth/dsn" -mindepth 1 -maxdepth 1 | sort)
mkdir "$folder/late" "$folder/month"
mv "${months[-1]}" "$folder/month/"
mapfile -t files < <(find "${months[17]}" -type f | sort)
# The last send of a file of the eighteenth month: one declaration that comes late.
python3 - "${files[$((${#files[@]} / 2))]}" "$folder/late/late.dsn" <<'PY'
import pathlib, sys

file, late = map(pathlib.Path, sys.argv[1:])
content = file.read_bytes()
place = content.rindex(b"S10.G00.00.001,")
late.write_bytes(content[place:])
file.write_bytes(content[:place])
PY
"$program" ingest --data "$folder/data" "$folder/synth/dsn" >/dev/null 2>&1
rm -rf "$folder/synth"
python="${XDG_CACHE_HOME:-$HOME/.cache}/apres/bench-spells/venv/bin/python"
duckdb="$("$here/run.sh" "$folder/data")"
if [ "$copies" -gt 1 ] && [ -x "$python" ]; then
    "$python" "$here/multiply.py" "$folder/data" "$copies"
    duckdb="$("$here/run.sh" "$folder/data")"
fi
echo "$duckdb"
python3 - "$program" "$folder" "$duckdb" <<'PY'
import json, pathlib, re, resource, shutil, subprocess, sys, time

program, folder, duckdb = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
data = str(folder / "data")
rows = int(m.group(1)) if (m := re.search(r"rows=(\d+)", duckdb)) else 0
rival = float(m.group(1)) if (m := re.search(r"seconds=([\d.]+)", duckdb)) else None
rounds = 3 if rows < 30_000_000 else 2


def timed(*arguments: str) -> tuple[float, str]:
    began = time.monotonic()
    ended = subprocess.run([program, *arguments], check=True, capture_output=True, text=True)
    return time.monotonic() - began, ended.stdout


def beside(seconds: float) -> str:
    return f" times_faster_than_duckdb={rival / seconds:.2f}" if rival else ""


def alone() -> float:
    shutil.rmtree(folder / "only", ignore_errors=True)
    return timed("spells", "--data", data, "--only-to", str(folder / "only"))[0]


spells = min(alone() for _ in range(rounds))
print(f"apres-spells rows={rows} seconds={spells:.2f} rate={rows / spells:.0f}{beside(spells)}")
careers = min(timed("spells", "--data", data)[0] for _ in range(rounds))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"apres-careers rows={rows} seconds={careers:.2f} rate={rows / careers:.0f} peak_mib={used.ru_maxrss // 1024}{beside(careers)}")
for name in ("late", "month"):
    seconds, report = timed("ingest", "--data", data, str(folder / name), "--json")
    report = json.loads(report)
    again = (report["built"] or {}).get("people")
    print(
        f"apres-{name} files={report['files']} contract_months={report['added']['observations']} people_again={'all' if again is None else again} "
        f"seconds={seconds:.2f} of_a_build_anew={seconds / careers:.3f}"
    )
PY
