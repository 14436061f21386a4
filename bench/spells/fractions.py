"""Splits the months of synthetic DSN files in two fractions that disagree: `fractions.py FILES OUT`.

The synthetic France declares each month whole. Here each monthly declaration comes twice, as the first and the second of two fractions; the second has other
pay, other terms, and ends that are missing, later, or cancelled, so that the merging of a month (docs/methods/measure.md §1) has something to decide.
"""

import random
import sys
from pathlib import Path

FRACTION, NATURE, LINES = "S20.G00.05.003", "S20.G00.05.001", "S90.G00.90.001"
END = "S21.G00.62."


def line(rubrique: str, value: str) -> str:
    return f"{rubrique},'{value}'\n"


def fraction(send: list[str], value: str) -> list[str]:
    return [line(FRACTION, value) if text.startswith(FRACTION) else text for text in send]


def altered(send: list[str], chance: random.Random) -> list[str]:
    """The second fraction: what is declared of each contract may differ."""
    changed: list[str] = []
    is_kept = True
    for text in send:
        rubrique, _, rest = text.partition(",'")
        value = rest.rstrip("\r\n")[:-1]
        if rubrique == END + "001":
            is_kept = chance.random() < 0.7
            if chance.random() < 0.3:
                value = f"{chance.randint(1, 28):02}{value[2:]}"
        elif rubrique == END + "002" and chance.random() < 0.2:
            value = "099"
        elif rubrique == "S21.G00.40.014" and chance.random() < 0.5:
            value = "20" if value == "10" else "10"
        elif rubrique == "S21.G00.40.013" and chance.random() < 0.3:
            value = "70.00"
        elif rubrique == "S21.G00.40.010" and chance.random() < 0.3:
            value = f"{chance.randint(1, 28):02}{value[2:]}"
        elif rubrique == "S21.G00.51.013" and chance.random() < 0.5:
            value = f"{chance.randint(100, 900)}.00"
        if is_kept or not rubrique.startswith(END):
            changed.append(line(rubrique, value))
    total = str(sum(not text.startswith(("S95", "S96")) for text in changed))
    return [line(LINES, total) if text.startswith(LINES) else text for text in changed]


def split(text: str, chance: random.Random) -> str:
    # What comes before the first send, if anything, stays there.
    sends: list[list[str]] = [[]]
    for row in text.splitlines(keepends=True):
        if row.startswith("S10.G00.00.001"):
            sends.append([])
        sends[-1].append(row)
    written: list[str] = []
    for send in sends:
        if any(row.startswith(NATURE) and "'01'" in row for row in send):
            written += fraction(send, "12") + altered(fraction(send, "22"), chance)
        else:
            written += send
    return "".join(written)


def main() -> None:
    files, out = Path(sys.argv[1]), Path(sys.argv[2])
    chance = random.Random(7)
    for path in sorted(files.rglob("*.dsn")):
        target = out / path.relative_to(files)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(split(path.read_bytes().decode("latin-1"), chance).encode("latin-1"))


main()
