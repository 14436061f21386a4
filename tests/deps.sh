#!/usr/bin/env bash
# Installs what the tests need on Debian, if missing: a browser, fonts, a clock that can be moved, a PostgreSQL server, and cargo commands. Says what to do
# when it may not.
set -euo pipefail

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

packages=()
command -v cc >/dev/null || packages+=(build-essential)
command -v chromium >/dev/null || packages+=(chromium)
[ -n "$(find /usr/share/fonts -name '*.ttf' -print -quit 2>/dev/null)" ] || packages+=(fonts-dejavu-core fonts-liberation)
[ -n "$(find /usr/lib -path '*/faketime/libfaketime.so.1' -print -quit 2>/dev/null)" ] || packages+=(faketime)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages+=(postgresql)

if [ ${#packages[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
        echo "missing: ${packages[*]} (Debian's names). Install them, then run this again." >&2
        exit 2
    fi
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}"
fi

cargo nextest --version >/dev/null 2>&1 || cargo install --locked cargo-nextest \
    || echo "cargo-nextest cannot be installed here: the tests run with cargo test, more slowly" >&2
cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz \
    || echo "cargo-fuzz cannot be installed here: the readers are not fuzzed" >&2
cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny \
    || echo "cargo-deny cannot be installed here: make check will stop there" >&2

ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
    || echo "no PostgreSQL server under /usr/lib/postgresql: its tests fail, unless APRES_WITHOUT_POSTGRES=1 says to do without" >&2
