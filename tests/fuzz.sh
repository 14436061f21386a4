#!/usr/bin/env bash
# Fuzzes every reader for a bounded number of inputs, from the seeds in fuzz/corpus: tests/fuzz.sh [RUNS]. Closes with: N passed, N failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs="${1:-20000}"
found="$(mktemp -d)"
trap 'rm -rf "$found"' EXIT
passed=0
failed=0
for target in dsn_line dsn_bytes dsn_tree list; do
    mkdir "$found/$target"
    dict=()
    if [ "$target" = dsn_bytes ]; then dict=(-dict=fuzz/dsn.dict); fi
    # The stable compiler has coverage but no sanitizer; the code has no unsafe to sanitize.
    if cargo fuzz run --sanitizer none "$target" "$found/$target" "fuzz/corpus/$target" -- \
        -runs="$runs" -max_total_time=60 -max_len=8192 -timeout=10 -rss_limit_mb=1024 -seed=1 -verbosity=0 -print_final_stats=1 \
        ${dict[@]+"${dict[@]}"}; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "fuzz targets: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
