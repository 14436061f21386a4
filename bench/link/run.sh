#!/usr/bin/env bash
# Matching beside Splink on one problem: bench/link/run.sh [FOLDER]
#
# FOLDER holds list.csv, reference.csv and truth.csv; without it, a problem of made-up people is made (RECORDS, ROWS, SEED and NOISE change it). Splink is installed with
# its versions pinned under ${XDG_CACHE_HOME:-$HOME/.cache}/apres; what cannot be installed is said and left out.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
program="${APRES:-${CARGO_TARGET_DIR:-$here/../../target}/release/apres}"
[ -x "$program" ] || { echo "$program is missing: run make build" >&2; exit 2; }
cache="${XDG_CACHE_HOME:-$HOME/.cache}/apres/bench-link"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
folder="${1:-}"
if [ -z "$folder" ]; then
    folder="$work/problem"
    python3 "$here/make.py" "$folder" "${RECORDS:-200000}" "${ROWS:-5000}" "${SEED:-1}" "${NOISE:-1}"
fi

# timed NAME PAIRS COMMAND…: the median wall of three runs (one for what takes over five seconds), processor time and peak memory.
timed() {
    python3 - "$@" <<'PY'
import json, os, statistics, subprocess, sys, time

name, out, *command = sys.argv[1:]
walls, cpus, peak = [], [], 0
while len(walls) < 3 and (not walls or walls[0] < 5):
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=open(out + ".errors", "w"))
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{name} failed: " + open(out + ".errors").read()[-300:])
    walls.append(time.monotonic() - began)
    cpus.append(used.ru_utime + used.ru_stime)
    peak = max(peak, used.ru_maxrss)
figures = {"wall": statistics.median(walls), "cpu": statistics.median(cpus), "peak_mib": peak / 1024}
json.dump(figures, open(out + ".time", "w"))
print(f"{name} " + " ".join(f"{key}={value:.2f}" for key, value in figures.items()))
PY
}

timed apres "$work/apres.csv" "$program" link --list "$folder/list.csv" --reference "$folder/reference.csv" --out "$work/apres.csv" --report "$work/report.json"
echo "apres $(python3 "$here/judge.py" "$work/apres.csv" "$folder/truth.csv" "$work/report.json")"
if ! { [ -x "$cache/venv/bin/pip" ] || python3 -m venv "$cache/venv"; } >"$work/errors" 2>&1 \
    || ! "$cache/venv/bin/pip" install --quiet --requirement "$here/requirements.txt" >"$work/errors" 2>&1; then
    echo "link: Splink is left out: pip cannot install it: $(tail -1 "$work/errors")" >&2
    exit 0
fi
if ! timed splink "$work/splink.csv" "$cache/venv/bin/python" "$here/splink_pairs.py" "$folder/list.csv" "$folder/reference.csv" "$work/splink.csv"; then
    exit 0
fi
echo "splink $(python3 "$here/judge.py" "$work/splink.csv" "$folder/truth.csv")"
python3 - "$work" <<'PY'
import json, sys

ours, theirs = (json.load(open(f"{sys.argv[1]}/{name}.csv.time")) for name in ("apres", "splink"))
print("splink / apres " + " ".join(f"{key}={theirs[key] / ours[key]:.1f}" for key in ours))
PY
