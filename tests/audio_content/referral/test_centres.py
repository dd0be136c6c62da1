"""Accredited centres: offered as such only when somebody verified them within a year and they take anybody."""

from __future__ import annotations

from datetime import date

import pytest

from audio_content.referral.centres import read_centres
from audio_content.referral.territory import Territory

HEAD = "centre_id,nom,adresse,code_insee,commune,telephone,public_externe,date_verification"
TODAY = date(2026, 11, 26)


def rows(*lines: str) -> bytes:
    return "\n".join((HEAD, *lines)).encode()


def test_a_verified_centre_is_accredited(territory: Territory) -> None:
    read = read_centres(rows("c1,Centre,1 rue A,51454,Reims,+33326000000,oui,2026-05-01"), territory, TODAY)

    (centre,) = read.places
    assert centre.accredited
    assert (centre.commune, centre.phones) == ("Reims", ("03 26 00 00 00",))


@pytest.mark.parametrize("line", ["c1,C,,51454,Reims,,oui,2025-01-01", "c1,C,,51454,Reims,,non,2026-05-01"])
def test_old_or_closed_centres_are_not_offered_as_accredited(territory: Territory, line: str) -> None:
    (centre,) = read_centres(rows(line), territory, TODAY).places

    assert not centre.accredited


def test_rows_that_cannot_be_are_rejected(territory: Territory) -> None:
    good = "c1,C,,51454,Reims,,oui,2026-05-01"

    read = read_centres(
        rows(good, good, "c2,,,51454,Reims,,oui,2026-05-01", "c3,C,,,Reims,,oui,hier"), territory, TODAY
    )

    assert [row.what for row in read.rejected] == [
        *("the id stands twice", "nom is empty", "date_verification is not a date"),
    ]


def test_another_table_is_refused(territory: Territory) -> None:
    with pytest.raises(ValueError, match="not a table of centres"):
        read_centres(b"a,b\n", territory, TODAY)
