#!/usr/bin/env python3
"""Judges pairs: judge.py PAIRS TRUTH [REPORT] — one line of figures. Pairs are taken one to one, the most probable first."""
import csv
import json
import sys


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


truth = {row[0]: row[1] for row in read(sys.argv[2])}
pairs = sorted(((float(score), row, person) for row, person, score in (line[:3] for line in read(sys.argv[1]))), key=lambda pair: -pair[0])
all_true = sum(person != "" for person in truth.values())
rows, persons, kept = set(), set(), []
for score, row, person in pairs:
    if row not in rows and person not in persons:
        rows.add(row)
        persons.add(person)
        kept.append((score, truth.get(row, "") == person))


def f1(right, taken):
    return 2 * right / (taken + all_true) if taken + all_true else 0.0


best = right = right_at_half = taken_at_half = 0
for taken, (score, is_right) in enumerate(kept, 1):
    right += is_right
    if taken == len(kept) or kept[taken][0] < score:
        best = max(best, f1(right, taken))
    if score >= 0.5:
        right_at_half, taken_at_half = right_at_half + is_right, taken
bounds = [0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0001]
error = 0.0
for low, high in zip(bounds, bounds[1:]):
    held = [(score, is_right) for score, is_right in kept if low <= score < high]
    error += abs(sum(score - is_right for score, is_right in held))
figures = {
    "f1": best,
    "f1_at_half": f1(right_at_half, taken_at_half),
    "precision_at_half": right_at_half / max(1, taken_at_half),
    "ece": error / max(1, len(kept)),
}
if len(sys.argv) > 3:
    report = json.load(open(sys.argv[3], encoding="utf-8"))
    figures["precision_told"] = report["precision_at_half"]["value"]
print(" ".join(f"{name}={value:.5f}" for name, value in figures.items()))
