#!/usr/bin/env bash
# Runs every suite, whatever became of the one before, and closes with one line: N passed, N failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_COLOR=never NO_COLOR=1
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# sum CLOSING WORDS: adds up the numbers beside these words in the suite's closing lines.
sum() {
    grep -E "$1" "$log" | grep -oE "$2" | grep -oE '[0-9]+' | awk '{ total += $1 } END { print total + 0 }'
}

# run NAME CLOSING COMMAND…: a suite that ends badly without naming a failed test counts as one.
run() {
    local name=$1 closing=$2 status good bad
    shift 2
    echo "== $name"
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    good=$(sum "$closing" '[0-9]+ passed|pass [0-9]+')
    bad=$(sum "$closing" '[0-9]+ (failed|timed out|exec failed)|fail [0-9]+')
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    passed=$((passed + good))
    failed=$((failed + bad))
}

libtest='^test result:'
if cargo nextest --version >/dev/null 2>&1; then
    run "unit and integration tests" '^ *Summary \[' cargo nextest run --locked --workspace --no-fail-fast
else
    run "unit and integration tests" "$libtest" cargo test --locked --workspace --no-fail-fast --lib --bins --tests
fi
run "documentation examples" "$libtest" cargo test --locked --no-fail-fast --doc -p apres-ingest -p apres-protect
run "attacker" '^test result:' cargo test --locked --no-fail-fast --manifest-path attack/Cargo.toml
if cargo fuzz --version >/dev/null 2>&1; then
    run "fuzzing" '^fuzz targets:' tests/fuzz.sh
else
    echo "cargo-fuzz is not installed: the readers are not fuzzed" >&2
fi
# The program that the integration tests ran.
run "browser" '^(#|ℹ) (pass|fail) ' tests/browser.sh "${CARGO_TARGET_DIR:-target}/debug/apres"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
