"""The communes of France: their names, postal codes and what they belong to, from `@etalab/decoupage-administratif`.

`scripts/fetch_territory` brings the package (INSEE's official geographical code, MIT licence) and lays it down as one
compact file. Everything here is a look-up in it.

Traps of the official code, answered here: a commune that was merged keeps its old code in many files (it is led to the
commune it is part of now); Paris, Lyon and Marseille have a code for the city and one for each arrondissement; a
spreadsheet takes the zero off "01004"; a postal code may serve many communes, and a CEDEX code none.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_CEDEX = re.compile(r"\bcedex\b.*", re.IGNORECASE)
_SAINT = re.compile(r"\b(s(?:ain)?te?)\b")


class Closeness(IntEnum):
    """How two communes belong together, nearest first."""

    COMMUNE = 0
    EPCI = 1
    ARRONDISSEMENT = 2
    DEPARTEMENT = 3
    REGION = 4
    ELSEWHERE = 5


@dataclass(frozen=True, slots=True)
class Commune:
    """One commune of today. `epci` is None for the few islands without one."""

    code: str
    name: str
    postal_codes: tuple[str, ...]
    epci: str | None
    arrondissement: str | None
    departement: str
    region: str
    population: int


class Territory:
    """The communes, found by code, postal code or name."""

    def __init__(self, communes: Mapping[str, Commune], merged: Mapping[str, str]) -> None:
        self._communes = communes
        self._merged = merged
        self._by_postal: dict[str, list[Commune]] = {}
        self._by_name: dict[str, list[Commune]] = {}
        for commune in communes.values():
            self._by_name.setdefault(plain(commune.name), []).append(commune)
            for code in commune.postal_codes:
                self._by_postal.setdefault(code, []).append(commune)

    def __len__(self) -> int:
        return len(self._communes)

    def commune(self, code: str) -> Commune | None:
        """Give the commune of an INSEE code: of today, merged since, of a city's arrondissement, or short of a zero."""
        code = code.strip().upper()
        for tried in (code, code.zfill(5)):
            found = self._communes.get(tried) or self._communes.get(self._merged.get(tried, ""))
            if found is not None:
                return found
        return None

    def named(self, name: str, postal_code: str = "") -> Commune | None:
        """Give the commune of a name, told apart by the postal code where several have it; None when it stays open."""
        postal_code = postal_code.strip().zfill(5) if postal_code.strip() else ""
        wanted = plain(_CEDEX.sub("", name))
        same = self._by_name.get(wanted, [])
        if postal_code:
            there = self._by_postal.get(postal_code, [])
            both = [commune for commune in there if plain(commune.name) == wanted]
            part = [commune for commune in there if wanted and wanted.startswith(f"{plain(commune.name)} ")]
            same = both or part or [each for each in same if each.departement == _departement(postal_code)]
        return same[0] if len(same) == 1 else None

    def of_postal_code(self, postal_code: str) -> tuple[Commune, ...]:
        """Give the communes of a postal code, the most populated first."""
        found = self._by_postal.get(postal_code.strip().zfill(5), [])
        return tuple(sorted(found, key=lambda commune: (-commune.population, commune.code)))


def closeness(one: Commune, other: Commune) -> Closeness:
    """Tell how two communes belong together."""
    if one.code == other.code:
        return Closeness.COMMUNE
    if one.epci is not None and one.epci == other.epci:
        return Closeness.EPCI
    if one.arrondissement is not None and (one.departement, one.arrondissement) == (
        other.departement,
        other.arrondissement,
    ):
        return Closeness.ARRONDISSEMENT
    if one.departement == other.departement:
        return Closeness.DEPARTEMENT
    return Closeness.REGION if one.region == other.region else Closeness.ELSEWHERE


def load_territory(file: Path) -> Territory:
    """Give the territory of a compact file. Raises OSError, ValueError."""
    data = json.loads(file.read_text(encoding="utf-8"))
    communes = {
        code: Commune(code, name, tuple(postal), epci, arrondissement, departement, region, population)
        for code, name, postal, epci, arrondissement, departement, region, population in data["communes"]
    }
    return Territory(communes, data["merged"])


def plain(name: str) -> str:
    """Give a name as names are compared: no accents, no marks, small letters, "saint" written out."""
    letters = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "oe")).lower()
    bare = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    spelled = _SAINT.sub(lambda match: "sainte" if match[1].endswith("te") else "saint", bare)
    return " ".join(spelled.split())


def _departement(postal_code: str) -> str:
    return postal_code[:3] if postal_code.startswith(("97", "98")) else postal_code[:2]
