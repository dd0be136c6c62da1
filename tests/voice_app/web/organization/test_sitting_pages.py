"""The pages of sittings, one request at a time: opened, told how people come, one place with what the mediator does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from audio_content.model import ItemKind
from engine.model import Aid, Channel, Evidence, InputMode, Outcome
from tests.voice_app.web.organization.desk import Browser, Desk
from voice_app.dialogue.records import AssistanceEnded, ItemAnswered, ItemAsked, SessionFinished, to_payload
from voice_app.documents.rules import DocumentRules
from voice_app.documents.words import written_moment
from voice_app.ports import NewRecord, SessionId
from voice_app.sittings import Glimpse

PHONE = "01 23 45 67 89"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


async def _at_a_place(desk: Desk) -> tuple[Browser, str, str]:
    """Give a mediator's browser at the page of a place, the page's address, and its session."""
    sitting, session = await desk.sit()
    browser = await desk.browser("mediator")
    path = f"/org/{desk.ours}/sittings/{sitting.id}/seats/{session}/"
    await browser.text(path)
    return browser, path, session


def _plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ")


# --- a sitting ------------------------------------------------------------------------------------------------------


async def test_a_sitting_is_opened_and_found_again_by_its_day_and_code(desk: Desk) -> None:
    browser, path = await desk.browser("mediator"), f"/org/{desk.ours}/sittings/"
    await browser.text(path)

    opened = await browser.post(path, {"title": " Lundi  matin ", "campaign": ""})

    (sitting,) = await desk.sittings.listed(desk.members["mediator"].organization.id)
    listed = _plain(await browser.text(path))
    code = f"{sitting.code[:3]} {sitting.code[3:6]} {sitting.code[6:]}"
    assert opened.headers["Location"] == f"{path}{sitting.id}/"
    opened_at = _plain(written_moment(sitting.opened_at, "fr"))
    assert f"Lundi matin {opened_at} {code} Séance en cours" in listed


async def test_a_sitting_without_a_name_is_told_beside_its_field(desk: Desk) -> None:
    browser, path = await desk.browser("mediator"), f"/org/{desk.ours}/sittings/"
    await browser.text(path)

    answer = await browser.post(path, {"title": " "})

    assert answer.status_code == 400
    assert 'aria-describedby="title-fault"' in await answer.get_data(as_text=True)


@pytest.mark.parametrize("phone", ["", PHONE])
async def test_a_sitting_says_how_people_come_and_that_each_has_a_headset(desk: Desk, phone: str) -> None:
    desk.settings = replace(desk.settings, documents=DocumentRules(phone=phone))
    sitting, _ = await desk.sit()

    page = _plain(await (await desk.browser("mediator")).text(f"/org/{desk.ours}/sittings/{sitting.id}/"))

    assert f"{sitting.code[:3]} {sitting.code[3:6]} {sitting.code[6:]}" in page
    assert "Elle est libre de dire non." in page
    assert "donnez un casque avec micro à chacune" in page
    assert (f"Transférez son appel au {PHONE}" in page) is bool(phone)


@pytest.mark.parametrize("code", ["", "12345678", "un deux"])
async def test_a_code_that_opens_nothing_is_told(desk: Desk, code: str) -> None:
    sitting, _ = await desk.sit()
    browser, path = await desk.browser("mediator"), f"/org/{desk.ours}/sittings/{sitting.id}/"
    await browser.text(path)

    answer = await browser.post(f"{path}invite", {"code": code})

    assert answer.status_code == 400
    assert "Ce code n’ouvre rien." in await answer.get_data(as_text=True)


async def test_a_room_is_seen_at_one_glance_and_who_has_not_agreed_is_not(desk: Desk) -> None:
    sitting, first = await desk.sit()
    second = await desk.sit_down(sitting, "la Maison Bleue")
    await desk.store.open_session("phone", "bank-1")  # somebody who was asked, and has not said yes
    await desk.sittings.show(SessionId(first), Glimpse("question", 4, silences=2))
    await desk.sittings.show(SessionId(second), Glimpse("question", 4, wants_help=True))

    page = _plain(await (await desk.browser("mediator")).text(f"/org/{desk.ours}/sittings/{sitting.id}/"))

    assert re.findall(r"Place (\d) borne (\S+(?: de l’aide)?)", page) == [("1", "Silence"), ("2", "Demande de l’aide")]


# --- one place ------------------------------------------------------------------------------------------------------


async def test_a_place_tells_the_question_its_reason_what_was_heard_and_the_answers(desk: Desk) -> None:
    browser, path, session = await _at_a_place(desk)
    first, *others = desk.context.content.path_items("abc_diag")
    second = next(item for item in others if item.kind is ItemKind.CHOICE)
    wrong = next(option for option in first.option_ids if option != first.key)
    evidence = Evidence.certain(Outcome.INCORRECT)
    records = (
        ItemAnswered(first.id, wrong, evidence, Aid.HINT, Channel.KIOSK, InputMode.VOICE, confirmed=False),
        ItemAsked(second.id, second.option_ids),
    )
    rows = [NewRecord(record.kind, to_payload(record)) for record in records]
    await desk.store.append(SessionId(session), rows, channel="kiosk")
    heard = ((f"option.{second.option_ids[0]}", 0.6), (f"option.{second.option_ids[1]}", 0.3))
    await desk.sittings.show(SessionId(session), Glimpse("question", 7, str(second.id), heard, "doubtful"))

    html = await browser.text(path)
    page = _plain(html)

    labels = [option.text for option in second.texts["fr"].options]
    assert f'<option value="{first.id}" id="earlier-{first.id}-1">1. ' in html
    assert "Question 2 sur 10 au plus." in page
    assert f"Entendu {labels[0]} (pas sûr) ou bien : {labels[1]}" in page
    assert "pas la réponse attendue. À la voix, entendu nettement. Avec un indice." in page
    assert "Ce qui pèse le plus" in page
    assert "Garder son résultat" not in page


async def test_who_has_finished_may_keep_the_result_together_with_the_mediator(desk: Desk) -> None:
    browser, path, session = await _at_a_place(desk)
    before = await browser.text(path)
    finished = SessionFinished("max_items")
    await desk.store.append(SessionId(session), [NewRecord(finished.kind, to_payload(finished))], channel="kiosk")

    after = await browser.text(path)

    assert 'href="/compte/?lang=fr"' not in before
    assert 'href="/compte/?lang=fr"' in after
    assert "elle dit « garder », la voix lui donne un code" in _plain(after)


@pytest.mark.parametrize(
    ("form", "told"),
    [({"act": "applaud"}, "Cette action n’existe pas."), ({"act": "relay"}, "Choisissez la réponse à transmettre.")],
)
async def test_an_act_that_cannot_be_is_told_and_asked_of_nobody(desk: Desk, form: dict[str, str], told: str) -> None:
    browser, path, session = await _at_a_place(desk)

    answer = await browser.post(f"{path}act", form)

    assert answer.status_code == 400
    assert told in await answer.get_data(as_text=True)
    assert await desk.sittings.last_request(session) is None


async def test_who_goes_on_alone_is_not_helped_and_the_mediator_is_told(desk: Desk) -> None:
    browser, path, session = await _at_a_place(desk)
    ended = AssistanceEnded(path.split("/")[4])
    await desk.store.append(SessionId(session), [NewRecord(ended.kind, to_payload(ended))], channel="kiosk")

    answer = await browser.post(f"{path}act", {"act": "repeat"})

    page = await answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "La personne continue sans aide : rien n’a été fait." in page.replace("\u00a0", " ")
    assert 'value="repeat"' not in page
    assert await desk.sittings.last_request(session) is None


async def test_an_act_is_asked_of_the_conversation_and_waits(desk: Desk) -> None:
    browser, path, session = await _at_a_place(desk)
    item = next(iter(desk.context.content.path_items("abc_diag"))).id

    answer = await browser.post(f"{path}act", {"act": "hint", "item": str(item), "words": "Pensez à la banque."})

    asked = await desk.sittings.last_request(session)
    assert answer.headers["Location"] == path
    assert asked is not None
    assert (asked.act, asked.item, asked.words, asked.outcome) == ("hint", str(item), "Pensez à la banque.", "")
    assert "Donner l’indice : en attente." in _plain(await browser.text(path))


async def test_a_note_is_kept_and_its_words_are_in_no_event(desk: Desk) -> None:
    browser, path, session = await _at_a_place(desk)

    empty = await browser.post(f"{path}note", {"words": "  "})
    kept = await browser.post(f"{path}note", {"words": "Hésite."})

    history = await desk.store.history(SessionId(session))
    assert (empty.status_code, kept.status_code) == (400, 303)
    assert "Hésite. mediator" in _plain(await browser.text(path))
    assert (history[-1].kind, history[-1].actor) == ("note_taken", "mediator")
    assert "Hésite" not in str(history)
