"""An organisation's file for becoming a certification centre: which way is open to it, and what its file still lacks.

A training organisation may ask alone. Any other one asks in a network, with partners that are named, one of which is a
training organisation. Either way somebody answers for it, learners with a disability have somebody to ask, and what can
be arranged for them is said. The file is prepared here and decided elsewhere: this service accredits nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ADJUSTMENTS = ("extra_time", "screen_reader", "quiet_room", "human_reader", "large_print", "sign_language")
"""What a centre can arrange, and what a learner can ask for."""
LONGEST = 200
MOST_PARTNERS = 20


class Way(StrEnum):
    """How an organisation may ask to be accredited."""

    ALONE = "alone"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation of the network, by its name; `training`: a training organisation."""

    name: str
    training: bool = False


@dataclass(frozen=True, slots=True)
class AccreditationFile:
    """What is in the file. `referent`: who answers for it; `access_contact`: whom learners ask for adjustments;
    `adjustments` among `ADJUSTMENTS`; `places`: where sessions can be held, in words."""

    referent: str = ""
    access_contact: str = ""
    places: str = ""
    adjustments: tuple[str, ...] = ()
    partners: tuple[Partner, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Give the file as JSON data."""
        return {
            "referent": self.referent,
            "access_contact": self.access_contact,
            "places": self.places,
            "adjustments": list(self.adjustments),
            "partners": [{"name": each.name, "training": each.training} for each in self.partners],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> AccreditationFile:
        """Give the file back."""
        return cls(
            referent=data["referent"],
            access_contact=data["access_contact"],
            places=data["places"],
            adjustments=tuple(data["adjustments"]),
            partners=tuple(Partner(each["name"], each["training"]) for each in data["partners"]),
        )


def way_of(*, training: bool) -> Way:
    """Give the way that is open to an organisation."""
    return Way.ALONE if training else Way.NETWORK


def lacking(file: AccreditationFile, way: Way) -> tuple[str, ...]:
    """Give what the file still lacks, in the order of the form: stable words, empty when it is whole."""
    lacks = [name for name in ("referent", "access_contact", "places", "adjustments") if not getattr(file, name)]
    if way is Way.NETWORK and not file.partners:
        lacks.append("partners")
    elif way is Way.NETWORK and not any(partner.training for partner in file.partners):
        lacks.append("training_partner")
    return tuple(lacks)


def checked(file: AccreditationFile) -> AccreditationFile:
    """Give the file with blanks trimmed, unknown adjustments and empty partners left out, everything within bounds."""
    partners = [Partner(_plain(each.name), each.training) for each in file.partners]
    return AccreditationFile(
        referent=_plain(file.referent),
        access_contact=_plain(file.access_contact),
        places=_plain(file.places),
        adjustments=tuple(name for name in ADJUSTMENTS if name in file.adjustments),
        partners=tuple(each for each in partners if each.name)[:MOST_PARTNERS],
    )


def _plain(text: str) -> str:
    return " ".join(text.split())[:LONGEST]
