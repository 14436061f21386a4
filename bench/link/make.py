#!/usr/bin/env python3
"""A matching problem of made-up people: make.py FOLDER [RECORDS] [ROWS] [SEED] [NOISE]

Writes reference.csv, list.csv (id,nir,nom,nom_usage,prenoms,sexe,date_naissance,commune_naissance,dept_naissance,code_postal) and truth.csv (list_id,ref_id; empty
when the person is not in the reference). Names are syllables with Zipf frequencies, so that nothing is anyone's; families share surname and place, some are twins; no NIR.
"""
import csv
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
records, rows, seed = (int(sys.argv[place]) if len(sys.argv) > place else default for place, default in ((2, 200_000), (3, 5_000), (4, 1)))
noise = float(sys.argv[5]) if len(sys.argv) > 5 else 1.0
chance = random.Random(seed)
folder.mkdir(parents=True, exist_ok=True)

ONSETS = "B C CH D F G GR J L M N P PR QU R S T TR V".split()
NUCLEI = "A E I O U AI AU EAU ON AN IN OU".split()
CODES = ["", "", "", "L", "N", "R", "S", "T", "RD", "X"]


def names(count, syllables):
    made = set()
    while len(made) < count:
        made.add("".join(chance.choice(ONSETS) + chance.choice(NUCLEI) for _ in range(chance.choice(syllables))) + chance.choice(CODES))
    made = sorted(made)
    chance.shuffle(made)
    return made, [1 / (rank + 5) ** 0.85 for rank in range(count)]


def drawer(count, syllables):
    made, weights = names(count, syllables)
    pool = chance.choices(made, weights, k=200_000)
    return lambda: chance.choice(pool)


surname, town = drawer(60_000, [2, 2, 3, 3]), drawer(4_000, [2, 3, 4])
firsts = {sex: [drawer(900, [1, 2, 2, 3]) for _ in range(6)] for sex in (1, 2)}
towns = {}


def place():
    name = town()
    return name, towns.setdefault(name, (f"{chance.randrange(1, 96):02d}", chance.randrange(1000)))


def person(nom, born, birth, sex):
    year, month, day = birth
    prenoms = [firsts[sex][(year - 1950) // 10]() for _ in range(chance.choice([1, 2, 3]))]
    commune, (dept, code) = born if chance.random() < 0.7 else place()
    home = born if chance.random() < 0.5 else place()
    usage = surname() if sex == 2 and chance.random() < 0.4 else ""
    return {"nom": nom, "nom_usage": usage, "prenoms": prenoms, "sexe": sex, "birth": (year, month, day), "commune": commune, "dept": dept, "cp": f"{home[1][0]}{home[1][1]:03d}"}


def family():
    nom, born = surname(), place()
    birth = (chance.randrange(1950, 2009), chance.randrange(1, 13), chance.randrange(1, 29))
    for _ in range(chance.choice([1, 1, 2, 2, 3])):
        yield person(nom, born, birth, chance.choice([1, 2]))
        if chance.random() > 0.02:  # otherwise a twin follows
            birth = (min(2008, birth[0] + chance.randrange(1, 5)), chance.randrange(1, 13), chance.randrange(1, 29))


people = []
while len(people) < records + rows:
    people.extend(family())
chance.shuffle(people)
known, unknown = people[:records], people[records : records + rows]


def slip(text):
    if len(text) < 3:
        return text
    at = chance.randrange(1, len(text) - 1)
    kind = chance.randrange(4)
    letter = chance.choice("AEIOURSTLN")
    return [text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + letter + text[at + 1 :], text[:at] + text[at + 1] + text[at] + text[at + 2 :]][kind]


def written(one, is_list):
    def happens(rate):
        return chance.random() < rate * (noise if is_list else 0.2)

    nom, usage, prenoms, (year, month, day) = one["nom"], one["nom_usage"], list(one["prenoms"]), one["birth"]
    if usage and is_list and chance.random() < 0.2:
        nom, usage = usage, ""
    elif chance.random() < 0.3:
        usage = ""
    if happens(0.05):
        nom = slip(nom)
    if happens(0.04):
        prenoms[0] = slip(prenoms[0])
    if happens(0.03) and len(prenoms) > 1:
        prenoms = prenoms[1:]
    if happens(0.015):
        nom, prenoms = prenoms[0], [nom]
    if happens(0.012) and day <= 12:
        month, day = day, month
    if happens(0.02):
        day = 1 + (day + chance.randrange(27)) % 28
    if happens(0.01):
        year += chance.choice([-1, 1])
    date = "" if happens(0.015) else f"{year:04d}-{month:02d}-{day:02d}"
    sexe = 3 - one["sexe"] if happens(0.006) else one["sexe"]
    missing = 0.3 if is_list else 0.03
    commune, dept, cp = ("" if chance.random() < missing else one[key] for key in ("commune", "dept", "cp"))
    if is_list and chance.random() < 0.2:
        home = place()
        cp = f"{home[1][0]}{home[1][1]:03d}"
    given = prenoms if chance.random() < 0.4 else prenoms[:1]
    text = [nom, usage, " ".join(given)]
    if is_list and chance.random() < 0.4:
        text = [word.title() for word in text]
    return ["", *text, sexe, date, commune, dept, cp]


HEADER = ["id", "nir", "nom", "nom_usage", "prenoms", "sexe", "date_naissance", "commune_naissance", "dept_naissance", "code_postal"]


def write(name, header, lines):
    with open(folder / name, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *lines])


write("reference.csv", HEADER, ([f"R{place}", *written(one, False)] for place, one in enumerate(known)))
listed = [(f"R{place}", known[place]) for place in chance.sample(range(records), rows * 6 // 10)] + [("", one) for one in unknown[: rows - rows * 6 // 10]]
chance.shuffle(listed)
write("list.csv", HEADER, ([f"L{place}", *written(one, True)] for place, (_, one) in enumerate(listed)))
write("truth.csv", ["list_id", "ref_id"], ([f"L{place}", ref] for place, (ref, _) in enumerate(listed)))
