"""Who takes over the callers of an organisation's campaigns, said on its page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.voice_app.web.organization.desk import Desk
from voice_app.organizations import OrganizationId
from voice_app.telephony.contacts import PhoneContact
from voice_app.web.organization.phone_pages import told_hours, typed_of

TIMES = {"morning_from": "09:00", "morning_to": "12:00", "afternoon_from": "", "afternoon_to": ""}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


async def contact(desk: Desk) -> PhoneContact | None:
    return await desk.contacts.of(OrganizationId(desk.ours))


async def test_a_person_is_named_shown_and_removed(desk: Desk) -> None:
    admin = await desk.browser("admin")
    page = f"/org/{desk.ours}/phone/"
    before = await admin.text(page)

    named = await admin.post(page, {"person": "01 23 45 67 89", "day": "2", **TIMES})
    after, kept = await admin.text(page), await contact(desk)
    removed = await admin.post(page, {"nobody": "yes"})

    assert "personne de chez vous" in before
    assert (named.status_code, removed.status_code) == (303, 303)
    assert kept == PhoneContact("01 23 45 67 89", "2 09:00-12:00")
    assert "01 23 45 67 89, mardi 09:00-12:00." in after
    assert await contact(desk) is None


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"person": "Samia", "day": "1", **TIMES}, "pas un numéro"),
        ({"person": "204", **TIMES}, "au moins un jour"),
        ({"person": "204", "day": "1"}, "au moins un jour"),
        ({"person": "204", "day": "1", "morning_from": "09:00"}, "au moins un jour"),
        ({"person": "204", "day": "9", **TIMES}, "au moins un jour"),
    ],
)
async def test_what_cannot_be_is_told_and_nothing_kept(desk: Desk, form: dict[str, str], told: str) -> None:
    admin = await desk.browser("admin")
    page = f"/org/{desk.ours}/phone/"
    await admin.text(page)

    response = await admin.post(page, form)

    assert response.status_code == 400
    assert told in await response.get_data(as_text=True)
    assert await contact(desk) is None


def test_hours_are_told_by_the_names_of_the_days() -> None:
    french = [told_hours(hours, "fr") for hours in ("1-5 09:00-12:00 14:00-17:00", "2 09:00-12:00; 4 10:00-11:00", "")]
    english = told_hours("6-7 10:00-12:00", "en")

    assert french == ["lundi à vendredi 09:00-12:00 14:00-17:00", "mardi 09:00-12:00, jeudi 10:00-11:00", ""]
    assert english == "Saturday to Sunday 10:00-12:00"


@pytest.mark.parametrize(
    ("hours", "days", "afternoon"),
    [("1-5 09:00-12:00 14:00-17:00", "12345", "14:00"), ("2 09:00-12:00; 4 10:00-11:00", "24", None), ("", "", None)],
)
def test_the_form_shows_what_is_kept(hours: str, days: str, afternoon: str | None) -> None:
    typed = typed_of(PhoneContact("204", hours))

    assert (typed["days"], typed.get("afternoon_from")) == (days, afternoon)
