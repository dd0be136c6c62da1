"""Places read from the national schema "lieux de médiation numérique", v1.0.2 (CSV, licence etalab-2.0).

Real files stray from the schema, so reading is tolerant and tells what it did: a row without id, name or commune is
rejected with its reason; anything else that is wrong is put right or left empty, with a note. Traps that are known:
several values separated by "|" or ";" (never inside opening hours), "Étapes numériques(La Poste)" with and without a
space, several phone numbers, decimal commas, exchanged coordinates, lost zeros, merged communes, CEDEX, semicolons as
column marks, a byte-order mark, Windows' old encoding, the same id twice.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from audio_content.referral.cleaning import iso_date, listed, phone_numbers, point, postal_code, slug
from audio_content.referral.place import Access, Place, Special
from audio_content.referral.territory import Commune, Territory

COLUMNS = (
    *("id", "pivot", "nom", "commune", "code_postal", "code_insee", "adresse", "complement_adresse", "latitude"),
    *("longitude", "typologie", "telephone", "courriels", "site_web", "horaires", "presentation_resume"),
    *("presentation_detail", "source", "itinerance", "structure_parente", "date_maj", "services"),
    *("publics_specifiquement_adresses", "prise_en_charge_specifique", "frais_a_charge"),
    *("dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels", "modalites_acces"),
    *("modalites_accompagnement", "fiche_acces_libre", "prise_rdv"),
)
REQUIRED_COLUMNS = ("id", "nom", "commune")
OLD_NAMES = {"cout": "frais_a_charge", "labels_nationaux": "dispositif_programmes_nationaux"}
"""Columns of v0 that are still met."""
_Listed = TypeVar("_Listed", Special, Access)


@dataclass(frozen=True, slots=True)
class Row:
    """Something to tell of one row. `line` counts from 1, the head being line 1."""

    line: int
    id: str
    what: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file gave: places, rows that were rejected, rows that were mended, and how often each mending was done."""

    places: tuple[Place, ...]
    rejected: tuple[Row, ...]
    mended: tuple[Row, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """Give how often each reason came."""
        return {
            "rejected": dict(Counter(row.what for row in self.rejected).most_common()),
            "mended": dict(Counter(row.what for row in self.mended).most_common()),
        }


def read_lamednum(body: bytes, territory: Territory | None) -> Read:
    """Give what a CSV file holds. Without a territory communes stay as written. Raises ValueError: no such table."""
    places: dict[str, Place] = {}
    rejected: list[Row] = []
    mended: list[Row] = []
    for line, fields in _rows(body):
        notes: list[str] = []
        made = _place(fields, territory, notes)
        if isinstance(made, str):
            rejected.append(Row(line, fields.get("id", ""), made))
            continue
        if made.id in places:
            if made.verified <= places[made.id].verified:
                rejected.append(Row(line, made.id, "the id stands twice; the newer row was kept"))
                continue
            rejected.append(Row(line, made.id, "the id stood before with an older date; that row was left out"))
        places[made.id] = made
        mended += [Row(line, made.id, note) for note in notes]
    return Read(tuple(places.values()), tuple(rejected), tuple(mended))


def _rows(body: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    text = _decoded(body)
    head = text.split("\n", 1)[0]
    mark = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    names = [OLD_NAMES.get(name.strip().lower(), name.strip().lower()) for name in next(reader, [])]
    lacking = [name for name in REQUIRED_COLUMNS if name not in names]
    if lacking:
        raise ValueError(f"not a table of places: the columns {', '.join(lacking)} are missing")
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, {name: cell.strip() for name, cell in zip(names, cells, strict=False)}


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _place(fields: Mapping[str, str], territory: Territory | None, notes: list[str]) -> Place | str:
    """Give the place of a row, or why there is none."""
    for name in REQUIRED_COLUMNS:
        if not fields.get(name):
            return f"{name} is empty"
    code = postal_code(fields.get("code_postal", ""))
    if code is None:
        notes.append("postal code is not five digits")
    commune = _commune(fields, code or "", territory, notes)
    if territory is not None and commune is None and code is None:
        return "neither commune nor postal code is known"
    where, fault = point(fields.get("latitude", ""), fields.get("longitude", ""))
    if fault:
        notes.append(fault)
    verified = iso_date(fields.get("date_maj", ""))
    if verified is None:
        notes.append("date is not a date")
    phones = phone_numbers(fields.get("telephone", ""))
    if fields.get("telephone") and not phones:
        notes.append("telephone is no number")
    address = ", ".join(part for part in (fields.get("adresse"), fields.get("complement_adresse")) if part)
    return Place(
        id=fields["id"],
        name=fields["nom"],
        address=address,
        postal_code=code or "",
        commune=commune.name if commune else fields["commune"],
        insee=commune.code if commune else None,
        point=where,
        phones=phones,
        emails=listed(fields.get("courriels", "") or fields.get("courriel", "")),
        website=next(iter(listed(fields.get("site_web", ""), semicolons=False)), None),
        opening_hours=fields.get("horaires") or None,
        summary=fields.get("presentation_resume", "")[:280],
        services=_slugs(fields, "services"),
        specials=_known(fields, "prise_en_charge_specifique", Special, notes),
        access=_known(fields, "modalites_acces", Access, notes),
        fees=_slugs(fields, "frais_a_charge"),
        programmes=_slugs(fields, "dispositif_programmes_nationaux"),
        labels=(*_slugs(fields, "formations_labels"), *_slugs(fields, "autres_formations_labels")),
        source=fields.get("source", ""),
        verified=verified or "",
    )


def _commune(fields: Mapping[str, str], code: str, territory: Territory | None, notes: list[str]) -> Commune | None:
    if territory is None:
        return None
    written = fields.get("code_insee", "")
    commune = territory.commune(written) if written else None
    if written and commune is None:
        notes.append("INSEE code is unknown")
    elif written and commune is not None and commune.code != written:
        notes.append("INSEE code is not of today")
    if commune is None:
        commune = territory.named(fields["commune"], code)
        if commune is None:
            only = territory.of_postal_code(code) if code else ()
            commune = only[0] if len(only) == 1 else None
            notes.append("commune is unknown" if commune is None else "commune found by its postal code alone")
    return commune


def _slugs(fields: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(slug(value) for value in listed(fields.get(name, ""))))


def _known(fields: Mapping[str, str], name: str, kind: type[_Listed], notes: list[str]) -> tuple[_Listed, ...]:
    found: list[_Listed] = []
    for value in _slugs(fields, name):
        if value in list(kind):
            found.append(kind(value))
        else:
            notes.append(f"{name} has an unknown value")
    return tuple(found)
