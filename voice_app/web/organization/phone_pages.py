"""The page where an organisation says who takes over the callers of its campaigns, and when they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from quart import Response, request

from engine.organization.roles import Permission
from voice_app.organizations import Author, OrganizationId
from voice_app.telephony.contacts import BadContact, PhoneContact
from voice_app.telephony.hours import BadHours
from voice_app.web.organization.forms import Fault
from voice_app.web.organization.gate import Route, Visit
from voice_app.web.organization.sheets import BOOK, asked_locale, go, member_of, show, typed_form
from voice_app.web.page_words import book_of_words

DAYS = range(1, 8)
HALVES = ("morning", "afternoon")
_USUAL = {"morning_from": "09:00", "morning_to": "12:00", "afternoon_from": "14:00", "afternoon_to": "17:00"}
_USUAL_DAYS = "12345"


class Contacts(Protocol):
    """Who of an organisation takes over. Raises StoreError when the database does not answer."""

    async def of(self, organization: OrganizationId) -> PhoneContact | None:
        """Give an organisation's person, None when it has none."""

    async def set(self, organization: OrganizationId, contact: PhoneContact | None, by: Author) -> bool:
        """Name an organisation's person, or nobody. False when there is no such organisation."""


class PhoneDesk(Protocol):
    """What this page needs of the opened service."""

    @property
    def contacts(self) -> Contacts: ...


class PhonePages:
    """The page and its routes."""

    def __init__(self, desk: Callable[[], PhoneDesk]) -> None:
        self._desk = desk
        address = "/<organization>/phone/"
        self.routes = (
            Route(address, "GET", Permission.MANAGE_MEMBERS, self._phone),
            Route(address, "POST", Permission.MANAGE_MEMBERS, self._phone),
        )

    async def _phone(self, visit: Visit, organization: str) -> Response:
        del organization
        member, contacts = member_of(visit), self._desk().contacts
        here = member.organization.id
        if request.method == "GET":
            contact = await contacts.of(here)
            return _page(visit, 200, None, typed_of(contact), contact)
        days = (await request.form).getlist("day")
        form = await typed_form()
        try:
            contact = None if form.get("nobody") else PhoneContact(form.get("person", "").strip(), hours_of(form, days))
        except BadContact:
            fault = Fault("person", "person")
        except BadHours:
            fault = Fault("hours", "hours")
        else:
            await contacts.set(here, contact, member)
            return go(f"/{here}/phone/")
        return _page(visit, 400, fault, {**form, "days": "".join(days)}, await contacts.of(here))


def hours_of(form: Mapping[str, str], days: Sequence[str]) -> str:
    """Give the hours of a form as they are written (`telephony.hours`). Raises BadHours for none at all."""
    times = [
        f"{form.get(f'{half}_from', '')}-{form.get(f'{half}_to', '')}"
        for half in HALVES
        if form.get(f"{half}_from") or form.get(f"{half}_to")
    ]
    if not days or not times:
        raise BadHours("no day or no time is chosen")
    return "; ".join(" ".join((day, *times)) for day in sorted(days))


def typed_of(contact: PhoneContact | None) -> dict[str, str]:
    """Give the fields of a form that says this; the usual hours for nobody. Hours that differ from day to day, as the
    command line can set them, are told beside the form: the form shows those of the first day."""
    if contact is None:
        return {"person": "", "days": _USUAL_DAYS, **_USUAL}
    parts = [part.split() for part in contact.hours.split(";") if part.strip()]
    days = "".join(_days(part[0]) for part in parts)
    typed = {"person": contact.person, "days": days}
    for half, times in zip(HALVES, parts[0][1:3] if parts else (), strict=False):
        typed[f"{half}_from"], _, typed[f"{half}_to"] = times.partition("-")
    return typed


def told_hours(hours: str, locale: str) -> str:
    """Give hours with the names of their days, which are small inside a French sentence."""
    words, told = book_of_words(BOOK, locale)["phone"], []
    for part in hours.split(";"):
        days, *times = part.split() or ("",)
        if days:
            first, _, last = days.partition("-")
            name = words[f"day_{first}"]
            name = words["days_span"].format(first=name, last=words[f"day_{last}"]) if last else name
            told.append(" ".join((name.lower() if locale == "fr" else name, *times)))
    return ", ".join(told)


def _days(text: str) -> str:
    first, _, last = text.partition("-")
    return "".join(str(day) for day in range(int(first), int(last or first) + 1))


def _page(
    visit: Visit, status: int, fault: Fault | None, typed: Mapping[str, str], contact: PhoneContact | None
) -> Response:
    hours = "" if contact is None else told_hours(contact.hours, asked_locale())
    shown = {"contact": contact, "hours": hours, "days": DAYS, "halves": HALVES}
    return show("phone", visit, status, fault=fault, typed=typed, **shown)
