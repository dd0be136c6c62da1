"""A person's hold on what is kept: told in plain words, shown and taken along by code, erased after a second yes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from audio_content.model import LOCALES
from tests.voice_app.web.organization.desk import ORIGIN, RULES, Desk
from voice_app.ports import SessionId
from voice_app.store.rules import StoreRules
from voice_app.web.page_words import book_of_words
from voice_app.web.privacy import PATH, privacy_blueprint


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    opened.app.register_blueprint(privacy_blueprint(lambda: opened, RULES, StoreRules()))
    yield opened
    await opened.store.close()


async def _shared(desk: Desk) -> tuple[SessionId, str]:
    """Give a session that was shared, and its code."""
    campaign = await desk.campaign()
    await desk.share(campaign)
    async with desk.store.engine.connect() as connection:
        row = (await connection.exec_driver_sql("select session_id from participation")).one()
    session = SessionId(row[0])
    return session, await desk.store.issue_code(session)


async def _post(desk: Desk, code: str, wish: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    client = desk.app.test_client()
    answer = await client.post(
        f"{PATH}?lang=fr", form={"code": code, "do": wish}, headers=ORIGIN if headers is None else headers
    )
    return answer.status_code, await answer.get_data(as_text=True)


def test_both_locales_have_the_same_words_of_privacy() -> None:
    french, english = (book_of_words("privacy", locale) for locale in LOCALES)

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }


async def test_what_is_kept_is_told_without_a_code(desk: Desk) -> None:
    answer = await desk.app.test_client().get(f"{PATH}?lang=fr")
    page = await answer.get_data(as_text=True)

    assert "Votre voix n’est pas gardée." in page
    assert "après 24 mois" in page
    assert answer.headers["Cache-Control"] == "no-store"


async def test_by_its_code_a_session_is_shown_taken_along_and_erased(desk: Desk) -> None:
    session, code = await _shared(desk)
    spaced = " ".join(code)

    shown = await _post(desk, spaced, "show")
    taken = await _post(desk, code, "take")
    asked = await _post(desk, code, "erase")
    still = await desk.privacy.kept(session)
    erased = await _post(desk, code, "erase_surely")

    assert "la Maison Bleue" in shown[1]
    assert len(json.loads(taken[1])["events"]) == 4
    assert "Oui, tout effacer" in asked[1]
    assert still is not None
    assert (erased[0], "C’est effacé" in erased[1]) == (200, True)
    assert await desk.privacy.kept(session) is None
    assert (await _post(desk, code, "show"))[0] == 400


async def test_wrong_codes_are_told_and_counted(desk: Desk) -> None:
    wrong = "12345670"
    told = [await _post(desk, wrong, "show") for _ in range(StoreRules().wrong_codes_per_asker + 1)]

    assert {status for status, _ in told} == {400}
    assert "n’ouvre rien" in told[0][1]


async def test_a_form_of_another_site_erases_nothing(desk: Desk) -> None:
    session, code = await _shared(desk)

    status, _ = await _post(desk, code, "erase_surely", {"Origin": "https://elsewhere.example"})

    assert status == 403
    assert await desk.privacy.kept(session) is not None


async def test_an_organisation_sets_how_long_it_keeps(desk: Desk) -> None:
    browser = await desk.browser("admin")
    path = f"/org/{desk.ours}/retention/"
    await browser.get(path)

    refused = await browser.post(path, {"months": "600"})
    taken = await browser.post(path, {"months": "6"})

    assert (refused.status_code, taken.status_code) == (400, 303)
    assert 'value="6"' in await browser.text(path)
