"""Imports 5,000 invented places with the known traps of the national schema, and finds the nearest for 200 communes.

Prints time and counts; each trap is sown a known number of times, so that what the import found can be compared.

    .venv/bin/python scripts/bench_places.py [--rows 5000] [--json]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from audio_content.referral.lamednum import COLUMNS, read_lamednum
from audio_content.referral.nearest import Origin, nearest
from audio_content.referral.spoken import spoken_place
from audio_content.referral.territory import Territory, load_territory
from voice_app.settings import load_settings

SEED = 5
Row = dict[str, str]
Trap = Callable[[Row, random.Random], None]


def lost_zero(row: Row, draw: random.Random) -> None:
    row["code_insee"], row["code_postal"] = row["code_insee"].lstrip("0"), row["code_postal"].lstrip("0")


def exchanged(row: Row, draw: random.Random) -> None:
    row["latitude"], row["longitude"] = row["longitude"], row["latitude"]


TRAPS: dict[str, Trap] = {
    "semicolons between values": lambda row, _: row.update(services="Aide aux démarches administratives;Insertion"),
    "label without its space": lambda row, _: row.update(formations_labels="Étapes numériques(La Poste)"),
    "several phones": lambda row, _: row.update(telephone="03 53 01 00 11 / 03.53.01.00.12"),
    "no phone number": lambda row, _: row.update(telephone="voir le site"),
    "lost zeros": lost_zero,
    "CEDEX": lambda row, _: row.update(commune=f"{row['commune'].upper()} CEDEX 2", code_insee=""),
    "no INSEE code": lambda row, _: row.update(code_insee=""),
    "unknown INSEE code": lambda row, _: row.update(code_insee="99999"),
    "decimal commas": lambda row, _: row.update({k: row[k].replace(".", ",") for k in ("latitude", "longitude")}),
    "exchanged coordinates": exchanged,
    "zero coordinates": lambda row, _: row.update(latitude="0", longitude="0"),
    "coordinates abroad": lambda row, _: row.update(latitude="10.5", longitude="100.2"),
    "French date": lambda row, _: row.update(date_maj="02/04/2026"),
    "no date": lambda row, _: row.update(date_maj="en cours"),
    "unknown way of access": lambda row, _: row.update(modalites_acces="En montgolfière"),
    "no public": lambda row, _: row.update(modalites_acces="Ce lieu n'accueille pas de public"),
    "hours by season": lambda row, _: row.update(horaires="Jul-Aug Mo-Fr 09:00-12:00"),
    "no id": lambda row, _: row.update(id=""),
    "no name": lambda row, _: row.update(nom=""),
    "no commune": lambda row, _: row.update(commune=""),
    "neither commune nor code": lambda row, _: row.update(commune="Nulle Part", code_insee="", code_postal="?"),
    "same id again": lambda row, draw: row.update(id=f"p{draw.randrange(100)}"),
}
SHARE_OF_EACH = 0.01


def table(territory: Territory, count: int) -> tuple[bytes, Counter[str]]:
    draw = random.Random(SEED)  # noqa: S311 - a bench, not a secret
    communes = [territory.commune(code) for code in draw.sample(sorted(territory_codes(territory)), 800)]
    sown: Counter[str] = Counter()
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    for number in range(count):
        commune = draw.choice(communes)
        assert commune is not None
        row = {
            "id": f"p{number}", "pivot": f"{number:014d}", "nom": f"Lieu inventé {number}", "commune": commune.name,
            "code_postal": (commune.postal_codes or ("00000",))[0], "code_insee": commune.code,
            "adresse": f"{number % 90 + 1} rue de l'Exemple", "latitude": f"{draw.uniform(43.5, 49.5):.4f}",
            "longitude": f"{draw.uniform(-0.5, 6.5):.4f}", "telephone": "+33353010011",
            "horaires": "Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:30-12:00", "date_maj": "2026-04-02",
            "services": "Aide aux démarches administratives|Accès internet et matériel informatique",
            "prise_en_charge_specifique": draw.choice(("", "", "Illettrisme", "Déficience visuelle|Surdité")),
            "modalites_acces": "Se présenter|Téléphoner",
        }  # fmt: skip
        name = draw.choice(list(TRAPS)) if draw.random() < SHARE_OF_EACH * len(TRAPS) else None
        if name is not None:
            TRAPS[name](row, draw)
            sown[name] += 1
        writer.writerow(row)
    return out.getvalue().encode(), sown


def territory_codes(territory: Territory) -> set[str]:
    return {commune.code for code in range(1000, 96000, 7) for commune in territory.of_postal_code(f"{code:05d}")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    file: Path = load_settings().data_folder / "territory" / "territory.json"
    began = time.perf_counter()
    territory = load_territory(file)
    loaded = time.perf_counter() - began
    body, sown = table(territory, options.rows)

    began = time.perf_counter()
    read = read_lamednum(body, territory)
    imported = time.perf_counter() - began

    origins = [place for place in read.places if place.insee][:: max(1, len(read.places) // 200)]
    began = time.perf_counter()
    found = [
        nearest(read.places, Origin(territory.commune(each.insee or ""), each.point), territory) for each in origins
    ]
    ranked = time.perf_counter() - began
    spoken = sum(bool(spoken_place(near.place, "fr", near)) for nears in found for near in nears)

    figures = {
        "rows": options.rows,
        "places": len(read.places),
        "rejected": len(read.rejected),
        "mended": len(read.mended),
        "communes": len(territory),
        "load_communes_s": round(loaded, 2),
        "import_s": round(imported, 2),
        "nearest_ms": round(1000 * ranked / max(1, len(origins)), 1),
        "spoken": spoken,
        "sown": dict(sorted(sown.items())),
        "reasons": read.counts(),
    }
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name}: {json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict) else value}")


if __name__ == "__main__":
    main()
