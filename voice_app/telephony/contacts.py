"""Who takes over a call when the caller asks for a person, and when they answer.

A caller who takes part in an organisation's campaign is handed over to that organisation's person; everybody else, and
whoever belongs to an organisation without one, to the service's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voice_app.telephony.errors import TelephonyError
from voice_app.telephony.hours import Hours

SHORTEST_NUMBER = 3
"""Digits of an extension in a house; less is no number."""


class BadContact(TelephonyError):
    """Somebody who cannot be called; the sentence shows how they are written."""

    code = "telephony.bad_contact"


@dataclass(frozen=True, slots=True)
class PhoneContact:
    """`person`: a telephone number or a SIP address; `hours` as in `hours.py`. Raises BadContact, BadHours."""

    person: str
    hours: str

    def __post_init__(self) -> None:
        if not is_address(self.person) and not is_number(bare_number(self.person)):
            raise BadContact(f"{self.person!r} should be a telephone number or look like sip:name@host")
        Hours.read(self.hours)

    def answers(self, now: datetime) -> bool:
        """Tell whether they answer at this moment (local time)."""
        return Hours.read(self.hours).hold(now)


class ContactStore(Protocol):
    """Raises StoreError when the database does not answer."""

    async def of_campaign(self, campaign: str) -> PhoneContact | None:
        """Give the person of the organisation that a campaign belongs to, None when it has none."""


def is_address(text: str) -> bool:
    """Tell whether this is a SIP address."""
    scheme, _, rest = text.partition(":")
    name, at, host = rest.partition("@")
    return scheme in ("sip", "sips") and bool(name and at and host) and not any(sign.isspace() for sign in text)


def bare_number(text: str) -> str:
    """Give a number without what people write between its digits."""
    return "".join(sign for sign in text if sign not in " .-()")


def is_number(text: str) -> bool:
    """Tell whether this is a telephone number: the network gives a withheld one as a word or not at all."""
    digits = text.lstrip("+")
    return digits.isascii() and digits.isdigit() and len(digits) >= SHORTEST_NUMBER
