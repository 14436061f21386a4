#!/usr/bin/env bash
# Starts the demo on a free loopback port with a data folder of its own, starts it again, runs the browser's tests against it, and stops it: tests/browser.sh [PROGRAM].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program="${1:-${CARGO_TARGET_DIR:-target}/release/apres}"
# Not a promise: a program without all optimisations, on a machine that does other things, gets there all the same.
seconds_to_start=300
seconds_to_start_again=30

shopt -s nullglob
files=(crates/apres-serve/browser/*.test.{js,mjs})
[ ${#files[@]} -gt 0 ] || { echo "no browser test under crates/apres-serve/browser" >&2; exit 2; }
[ -x "$program" ] || { echo "$program is missing: run make build" >&2; exit 2; }

folder="$(mktemp -d)"
pid=""
stop() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap stop EXIT

port="$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')"
url="http://127.0.0.1:$port"

answers() {
    node -e 'fetch(process.argv[1]).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))' "$url/sante"
}

# start HOW SECONDS: starts the demo and waits until it answers, at most so long.
start() {
    local begun=${EPOCHREALTIME/[.,]/}
    "$program" demo --data "$folder/data" --listen "127.0.0.1:$port" >>"$folder/log" 2>&1 &
    pid=$!
    local end=$((SECONDS + $2))
    until answers; do
        if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$end" ]; then
            echo "the demo did not answer on $url/sante within $2 s; its last words:" >&2
            tail -n 40 "$folder/log" >&2
            exit 2
        fi
        sleep 0.1
    done
    echo "the demo answers $(((${EPOCHREALTIME/[.,]/} - begun) / 1000)) ms after $1"
}

start "its first start" "$seconds_to_start"
kill "$pid"
wait "$pid" || true
start "being started again" "$seconds_to_start_again"

status=0
APRES_URL="$url" APRES_CHROMIUM="$(command -v chromium || echo /usr/bin/chromium)" node --test --test-concurrency=1 "${files[@]}" || status=$?
if [ "$status" -ne 0 ]; then
    echo "the demo's last words:" >&2
    tail -n 40 "$folder/log" >&2
fi
exit "$status"
