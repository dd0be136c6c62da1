"""Accredited certification centres, from a table that the territory's lead has checked (no national list is open).

Columns: centre_id, nom, siret_ou_uai, type, adresse, code_postal, code_insee, commune, latitude, longitude, telephone,
courriel, contact_accessibilite, amenagements, public_externe (oui, non), tarif, date_verification, source, licence.
A centre whose verification is older than twelve months, or that takes nobody from outside, is read and never offered as
accredited: the person is told to call and ask.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from audio_content.referral.cleaning import iso_date, listed, phone_numbers, point, postal_code, slug
from audio_content.referral.lamednum import Read, Row
from audio_content.referral.place import Place
from audio_content.referral.territory import Territory

VALID_DAYS = 365
REQUIRED_COLUMNS = ("centre_id", "nom", "commune", "date_verification")


def read_centres(body: bytes, territory: Territory | None, today: date) -> Read:
    """Give the centres of a CSV file. `today` decides which verifications hold. Raises ValueError: no such table."""
    text = body.decode("utf-8-sig", errors="replace")
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    lacking = [name for name in REQUIRED_COLUMNS if name not in (reader.fieldnames or ())]
    if lacking:
        raise ValueError(f"not a table of centres: the columns {', '.join(lacking)} are missing")
    places: dict[str, Place] = {}
    rejected: list[Row] = []
    mended: list[Row] = []
    for cells in reader:
        fields = {name: (cell or "").strip() for name, cell in cells.items() if isinstance(name, str)}
        lacks = next((name for name in REQUIRED_COLUMNS if not fields[name]), None)
        verified = iso_date(fields["date_verification"])
        if lacks or verified is None or fields["centre_id"] in places:
            reason = f"{lacks} is empty" if lacks else "date_verification is not a date"
            twice = verified is not None and not lacks
            rejected.append(Row(reader.line_num, fields["centre_id"], "the id stands twice" if twice else reason))
            continue
        place = _centre(fields, territory, verified)
        if date.fromisoformat(verified) < today - timedelta(days=VALID_DAYS):
            mended.append(Row(reader.line_num, place.id, "verified more than twelve months ago: to be confirmed"))
            place = replace(place, accredited=False)
        places[place.id] = place
    return Read(tuple(places.values()), tuple(rejected), tuple(mended))


def _centre(fields: Mapping[str, str], territory: Territory | None, verified: str) -> Place:
    code = postal_code(fields.get("code_postal", "")) or ""
    commune = None
    if territory is not None:
        commune = territory.commune(fields.get("code_insee", "")) if fields.get("code_insee") else None
        commune = commune or territory.named(fields["commune"], code)
    return Place(
        id=fields["centre_id"],
        name=fields["nom"],
        address=fields.get("adresse", ""),
        postal_code=code,
        commune=commune.name if commune else fields["commune"],
        insee=commune.code if commune else None,
        point=point(fields.get("latitude", ""), fields.get("longitude", ""))[0],
        phones=phone_numbers(fields.get("telephone", "")),
        emails=listed(fields.get("courriel", "")),
        services=("certification",),
        labels=tuple(slug(value) for value in listed(fields.get("amenagements", ""))),
        fees=tuple(slug(value) for value in listed(fields.get("tarif", ""))),
        source=fields.get("source", ""),
        verified=verified,
        access_contact=fields.get("contact_accessibilite", ""),
        accredited=slug(fields.get("public_externe", "")) == "oui",
    )
