#!/usr/bin/env bash
# Peak memory of an ingest: one file of more than 4 GB, then 20,000 small ones: bench/memory.sh (needs 12 GB of disk)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
program="${APRES:-${CARGO_TARGET_DIR:-$here/../target}/release/apres}"
[ -x "$program" ] || { echo "$program is missing: run make build" >&2; exit 2; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

"$program" synth --people 52000 --months 36 --out "$folder/synth" >/dev/null 2>&1
python3 - "$program" "$folder" <<'PY'
import pathlib, subprocess, sys, threading, time

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
BEGIN, FILES = b"S10.G00.00.001,", 20_000


def measure(name: str, path: pathlib.Path) -> None:
    """The high-water mark while reading and committing, and that of the whole, careers included."""
    size = sum(file.stat().st_size for file in ([path] if path.is_file() else path.iterdir()))
    command = [program, "ingest", "--data", str(folder / f"data-{name}"), str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    marks, peak = [], 0

    def watch() -> None:
        for line in process.stderr:
            if "done reading" in line or "done careers" in line:
                marks.append((time.monotonic(), peak))

    began = time.monotonic()
    watcher = threading.Thread(target=watch)
    watcher.start()
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")))
        except (OSError, TypeError):
            pass
        time.sleep(0.02)
    watcher.join()
    (read, at_read), (_, whole) = marks
    rate = size / 1e6 / (read - began)
    print(f"{name:<12} {size / 1e9:5.2f} GB   DSN -> lake {rate:5.0f} MB/s   peak {at_read // 1024} MiB, {whole // 1024} MiB with the careers")


files = sorted((folder / "synth" / "dsn").rglob("*.dsn"))
one, small = folder / "one.dsn", folder / "small"
small.mkdir()
made = 0
with one.open("wb") as whole:
    for file in files:
        content = file.read_bytes()
        whole.write(content)
        for send in content.split(BEGIN)[1:]:
            if made < FILES:
                (small / f"{made:05d}.dsn").write_bytes(BEGIN + send)
                made += 1
        file.unlink()
measure("one file", one)
one.unlink()
measure(f"{made} files", small)
PY
