"""A place where people are helped, as this service keeps it: whatever its source, in our own words and codes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Special(StrEnum):
    """Whom a place is prepared for."""

    SIGHT = "deficience-visuelle"
    LITERACY = "illettrisme"
    HEARING = "surdite"
    MOTION = "handicaps-moteurs"
    MIND = "handicaps-mentaux"
    ENGLISH = "langues-etrangeres-anglais"
    LANGUAGES = "langues-etrangeres-autres"


class Access(StrEnum):
    """How one comes to a place."""

    COME = "se-presenter"
    CALL = "telephoner"
    MAIL = "contacter-par-mail"
    BOOK = "prendre-un-rdv-en-ligne"
    PRESCRIBED = "envoyer-un-mail-avec-une-fiche-de-prescription"
    CLOSED = "ce-lieu-n-accueille-pas-de-public"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `phones` are national numbers, digits two by two; `opening_hours` is OpenStreetMap's notation; lists
    are slugs of the national labels. `insee` is the commune of today, None when nobody could tell. `point`:
    latitude and longitude in degrees (WGS 84). `verified`: ISO date on which somebody last confirmed it.
    `access_contact`: whom to ask for adjustments, as it is written. `invented`: for demonstration only."""

    id: str
    name: str
    address: str
    postal_code: str
    commune: str
    insee: str | None = None
    point: tuple[float, float] | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    website: str | None = None
    opening_hours: str | None = None
    summary: str = ""
    services: tuple[str, ...] = ()
    specials: tuple[Special, ...] = ()
    access: tuple[Access, ...] = ()
    fees: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    source: str = ""
    verified: str = ""
    accredited: bool = False
    access_contact: str = ""
    invented: bool = False

    @property
    def open_to_public(self) -> bool:
        return Access.CLOSED not in self.access

    @property
    def prepared(self) -> bool:
        """Whether people who do not see, or do not read, are expected there."""
        return bool({Special.SIGHT, Special.LITERACY} & set(self.specials)) or any(
            "duplex" in each for each in self.labels
        )

    def data(self) -> dict[str, Any]:
        """Give the place as JSON data."""
        return asdict(self)


def place_of(data: dict[str, Any]) -> Place:
    """Give the place of JSON data. Raises TypeError, ValueError for what is not one."""
    known = dict(data)
    for name in ("phones", "emails", "services", "fees", "programmes", "labels"):
        known[name] = tuple(known.get(name, ()))
    known["specials"] = tuple(Special(each) for each in known.get("specials", ()))
    known["access"] = tuple(Access(each) for each in known.get("access", ()))
    point = known.get("point")
    known["point"] = None if point is None else (float(point[0]), float(point[1]))
    return Place(**known)
