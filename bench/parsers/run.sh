#!/usr/bin/env bash
# Lines of DSN per second: APRES beside the open parsers that run, on a synthetic file of this machine's own making.
#
# APRES is the whole program, `apres ingest --check --json`: its start, the reading of the file, all its controls and the report. Of the others only the
# parsing of a file is counted, not their start, and they control nothing. They are slow, and slower as the file grows: all are run on a short file, and
# APRES on the whole one too. Each figure is the best of several rounds. What cannot be fetched or run is said and left out; it never fails.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$here/../.."
apres="${APRES:-${CARGO_TARGET_DIR:-$root/target}/release/apres}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/apres/bench-parsers"
SHORT_LINES=25000
ROUNDS=5

if [ ! -x "$apres" ]; then
    echo "parsers: no program at $apres; \`make build\` makes it, APRES names another" >&2
    exit 0
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
if ! mkdir -p "$cache"; then
    echo "parsers: cannot write to $cache" >&2
    exit 0
fi

# The longest file of a month, and its first sends, up to about SHORT_LINES lines: as many whole sends as fit.
"$apres" synth --people 3000 --months 1 --seed 1 --out "$work/synth" >/dev/null 2>&1
long="$(find "$work/synth/dsn" -name '*.dsn' -printf '%s %p\n' 2>/dev/null | sort -n | tail -1 | cut -d' ' -f2-)"
if [ -z "$long" ]; then
    echo "parsers: $apres made no synthetic file" >&2
    exit 0
fi
short="$work/short.dsn"
ends="$(grep -n '^S90.G00.90.002' "$long" | cut -d: -f1)"
last="$(awk -v max="$SHORT_LINES" '$1 <= max || !kept { kept = $1 } END { print kept }' <<<"$ends")"
head -n "${last:-$SHORT_LINES}" "$long" >"$short"

# rate NAME FILE LINES SECONDS: prints a line and keeps the rate.
rate() {
    awk -v name="$1" -v file="$2" -v lines="$3" -v seconds="$4" \
        'BEGIN { printf "%-34s %-6s lines=%d seconds=%.4f rate=%.0f lines/s\n", name, file, lines, seconds, lines / seconds }'
}

# ours FILE: seconds of the best round of the whole program.
ours() {
    local round began ended best=
    for ((round = 0; round < ROUNDS * 2; round++)); do
        began=$EPOCHREALTIME
        "$apres" --data "$work/data" ingest --check --json "$1" >"$work/report.json" 2>"$work/errors" || return 1
        ended=$EPOCHREALTIME
        best="$(awk -v b="${began/,/.}" -v e="${ended/,/.}" -v best="$best" 'BEGIN { s = e - b; print (best == "" || s < best) ? s : best }')"
    done
    echo "$best"
}

short_lines="$(grep -c '' "$short")"
long_lines="$(grep -c '' "$long")"
if ! short_seconds="$(ours "$short")" || ! long_seconds="$(ours "$long")"; then
    echo "parsers: the check of APRES failed: $(tail -1 "$work/errors")" >&2
    exit 0
fi
rate "apres ingest --check" long "$long_lines" "$long_seconds"
rate "apres ingest --check" short "$short_lines" "$short_seconds"

# rival NAME COMMAND…: runs it on the short file, prints its rate and how many times as fast APRES is, on the same file and on the whole one.
rival() {
    local name=$1 said lines seconds
    shift
    if ! said="$("$@" 2>"$work/errors")"; then
        echo "parsers: $name did not run: $(tail -1 "$work/errors")" >&2
        return
    fi
    lines="$(sed -n 's/.*lines=\([0-9]*\).*/\1/p' <<<"$said")"
    seconds="$(sed -n 's/.*seconds=\([0-9.]*\).*/\1/p' <<<"$said")"
    rate "$name" short "$lines" "$seconds"
    awk -v name="$name" -v same="$(awk -v a="$seconds" -v b="$short_seconds" 'BEGIN { print a / b }')" \
        -v whole="$(awk -v r="$lines" -v s="$seconds" -v l="$long_lines" -v t="$long_seconds" 'BEGIN { print (l / t) / (r / s) }')" \
        'BEGIN { printf "apres / %-26s short=%.0f long=%.0f times as fast\n", name, same, whole }'
}

# python: a Python that dsn-tools accepts, 3.12 or later.
python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do
        if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

if ! found="$(python)"; then
    echo "parsers: dsn-tools is left out: it needs Python 3.12 or later" >&2
elif ! { [ -x "$cache/venv/bin/pip" ] || "$found" -m venv "$cache/venv"; } >"$work/errors" 2>&1 \
    || ! "$cache/venv/bin/pip" install --quiet --require-hashes --requirement "$here/requirements.txt" >"$work/errors" 2>&1; then
    echo "parsers: dsn-tools is left out: pip cannot install it: $(tail -1 "$work/errors")" >&2
else
    rival "dsn-tools $("$cache/venv/bin/python" -c 'from importlib.metadata import version; print(version("dsn-tools"))')" "$cache/venv/bin/python" "$here/dsn_tools_time.py" "$short" 3
fi

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "parsers: @fibre44/dsn-parser is left out: it needs Node and npm" >&2
elif ! { cp "$here/package.json" "$here/package-lock.json" "$cache/" && npm ci --prefix "$cache" --no-audit --no-fund; } >"$work/errors" 2>&1; then
    echo "parsers: @fibre44/dsn-parser is left out: npm cannot install it: $(grep -m1 error "$work/errors")" >&2
else
    for package in @fibre44/dsn-parser dsn-parser-0.9.5; do
        version="$(node -p 'require(process.argv[1]).version' "$cache/node_modules/$package/package.json" 2>/dev/null)"
        rival "@fibre44/dsn-parser $version" env NODE_PATH="$cache/node_modules" node "$here/dsn_parser_time.cjs" "$package" "$short" "$ROUNDS"
    done
fi
