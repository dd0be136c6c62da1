"""Who takes over: a number or a SIP address, inside their hours."""

from __future__ import annotations

from datetime import datetime

import pytest

from voice_app.telephony.contacts import BadContact, PhoneContact
from voice_app.telephony.hours import BadHours

MONDAY = datetime(2026, 11, 23, 10, 30)


@pytest.mark.parametrize("person", ["sip:samia@maison.example", "sips:12@pbx", "01 23 45 67 89", "+33123456789", "204"])
def test_who_can_be_called(person: str) -> None:
    assert PhoneContact(person, "1 09:00-12:00").answers(MONDAY)


@pytest.mark.parametrize("person", ["", "Samia", "sip:samia", "12", "sip:a b@c", "tel:0123456789"])
def test_who_cannot_be_called_is_told(person: str) -> None:
    with pytest.raises(BadContact):
        PhoneContact(person, "1 09:00-12:00")


def test_hours_that_cannot_be_read_are_told() -> None:
    with pytest.raises(BadHours):
        PhoneContact("204", "every morning")


@pytest.mark.parametrize("hours", ["", "2-7 00:00-24:00", "1 14:00-17:00"])
def test_outside_the_hours_nobody_answers(hours: str) -> None:
    assert not PhoneContact("204", hours).answers(MONDAY)
