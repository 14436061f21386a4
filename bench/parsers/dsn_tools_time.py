"""Times dsn-tools on one DSN file: `dsn_tools_time.py FILE ROUNDS` prints its lines and the seconds of the best round.

The grammar is compiled before the clock starts and the text is in memory: only the reading of the lines into blocks is counted.
"""

import sys
import time
from pathlib import Path

import dsn_tools
from dsn_tools import DSNParser


def main() -> None:
    path, rounds = Path(sys.argv[1]), int(sys.argv[2])
    text = path.read_text(encoding="latin-1")
    parser = DSNParser(str(Path(dsn_tools.__file__).parent / "dsn.lark"))
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        message = parser.parse(text, validate=False)
        best = min(best, time.perf_counter() - began)
    if not message.declarations:
        sys.exit("dsn-tools found no declaration")
    lines = sum(1 for line in text.split("\n") if line)
    print(f"lines={lines} seconds={best:.6f}")


main()
