"""Sittings by the API: opened for a member, followed, helped in, noted, ended, by the rules of the mediator's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.model import Aid, Channel, Evidence, InputMode, Outcome
from engine.organization.codes import with_check_digit
from tests.voice_app.documents import paper
from tests.voice_app.web.api.program import Program
from voice_app.dialogue.records import AidGiven, AssistanceEnded, ItemAnswered, to_payload
from voice_app.ports import NewRecord, SessionId
from voice_app.sittings import Glimpse


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    opened = await Program.open(tmp_path)
    yield opened
    await opened.desk.store.close()


async def _at_a_place(program: Program) -> tuple[str, str]:
    """Give the address of a place in a sitting, and its session."""
    sitting, session = await program.desk.sit()
    return f"{program.here}/sittings/{sitting.id}/seats/{session}", session


async def _keep(program: Program, session: str, *records: Any) -> None:
    rows = [NewRecord(record.kind, to_payload(record)) for record in records]
    await program.desk.store.append(SessionId(session), rows, channel="kiosk")


async def _entries(program: Program, most: int) -> list[tuple[str, str, str]]:
    found = await program.desk.organizations.audit(program.desk.members["admin"].organization.id, most)
    return [(each.who, each.action, each.subject) for each in found]


async def test_a_sitting_is_opened_for_a_member_and_ended(program: Program) -> None:
    campaign, mediator = await program.desk.campaign(), program.desk.members["mediator"]
    asked = {"title": " Lundi  matin ", "mediator": mediator.id, "campaign": campaign.id}

    status, made, _ = await program.ask("POST", f"{program.here}/sittings", json=asked)
    one = f"{program.here}/sittings/{made['id']}"
    room = await program.get(one)
    _, closed, _ = await program.ask("POST", f"{one}/close")

    assert status == 201
    assert room == {"sitting": made, "places": []}
    assert (made["title"], made["mediator"], made["campaign"], made["open"]) == (
        "Lundi matin",
        mediator.name,
        campaign.id,
        True,
    )
    assert len(made["code"]) == 9
    assert (closed["open"], closed["ends_at"] < made["ends_at"]) == (False, True)
    assert (await program.ask("GET", f"{one}/qr.svg"))[2]["Content-Type"] == "image/svg+xml"
    assert await _entries(program, 2) == [
        ("Tableau de bord", "sitting_closed", "Lundi matin"),
        ("Tableau de bord", "sitting_opened", "Lundi matin"),
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"mediator": "viewer"}, "mediator"),
        ({"mediator": "stranger"}, "mediator"),
        ({"mediator": ""}, "mediator"),
        ({"campaign": "none"}, "campaign"),
        ({"code": "123"}, "code"),
    ],
)
async def test_a_sitting_that_cannot_be_names_its_field(program: Program, changed: dict[str, Any], field: str) -> None:
    members = program.desk.members
    asked = {"title": "Lundi", "mediator": members["mediator"].id, **changed}
    asked["mediator"] = members[asked["mediator"]].id if asked["mediator"] in members else asked["mediator"]

    status, told, _ = await program.ask("POST", f"{program.here}/sittings", json=asked)

    assert (status, [each["field"] for each in told["errors"]]) == (400, [field])
    assert (await program.get(f"{program.here}/sittings"))["items"] == []


async def test_sittings_come_by_pages_and_again_when_somebody_sat_down_or_it_ended(program: Program) -> None:
    path, mediator = f"{program.here}/sittings", program.desk.members["mediator"]
    here = mediator.organization.id
    opened = [await program.desk.sittings.open(here, title, None, mediator) for title in ("One", "Two", "Three")]

    first = await program.get(f"{path}?limit=2")
    second = await program.get(f"{path}?limit=2&since={first['next']}")
    await program.desk.sit_down(opened[0], "la Maison Bleue")
    sat = await program.get(f"{path}?since={second['next']}")
    program.desk.now = datetime.now(UTC)  # sitting down took its moment from the clock
    await program.desk.sittings.close_sitting(here, opened[1].id, mediator)
    ended = await program.get(f"{path}?since={sat['next']}")

    assert [[each["title"] for each in page["items"]] for page in (first, second)] == [["One", "Two"], ["Three"]]
    assert [(each["title"], each["seats"]) for each in sat["items"]] == [("One", 1)]
    assert [(each["title"], each["open"]) for each in ended["items"]] == [("Two", False)]


async def test_a_place_tells_what_its_page_shows(program: Program) -> None:
    path, session = await _at_a_place(program)
    item = next(iter(program.desk.context.content.path_items("abc_diag")))
    wrong = next(option for option in item.option_ids if option != item.key)
    before = await program.get(path)
    heard = ((f"option.{item.option_ids[0]}", 0.6),)
    await program.desk.sittings.show(SessionId(session), Glimpse("question", 7, str(item.id), heard, "doubtful"))
    listening = await program.get(f"{path}?locale=en")
    await _keep(
        program,
        session,
        AidGiven(item.id, Aid.HINT, "hint"),
        ItemAnswered(
            item.id,
            wrong,
            Evidence.certain(Outcome.INCORRECT),
            Aid.HINT,
            Channel.KIOSK,
            InputMode.VOICE,
            confirmed=False,
        ),
    )

    after = await program.get(path)
    room = await program.get(path.rsplit("/seats/", 1)[0])

    assert (before["question"]["item"], before["question"]["number"], before["answers"]) == (str(item.id), 1, [])
    assert [each["id"] for each in before["question"]["options"]] == [str(each) for each in item.option_ids]
    assert (len(listening["heard"]), listening["hearing"]) == (1, "doubtful")
    assert before["question"]["stem"] != listening["question"]["stem"]
    (answer,) = after["answers"]
    assert (answer["outcome"], answer["aid"], answer["how"], answer["withdrawn_by"]) == (
        "incorrect",
        "hint",
        "voice",
        "",
    )
    assert after["aids"] == [{"number": 1, "means": "hint", "aid": "hint"}]
    assert room["places"] == [after["seat"]]
    assert (after["seat"]["number"], after["seat"]["answers"]) == (1, 1)


async def test_an_act_is_handed_to_the_conversation_and_changes_nothing_by_itself(program: Program) -> None:
    path, session = await _at_a_place(program)
    item = (await program.get(path))["question"]["item"]
    history = await program.desk.store.history(SessionId(session))

    asked = {"act": "relay", "item": item, "option": "dont_know"}
    status, told, _ = await program.ask("POST", f"{path}/acts", json=asked)

    last = await program.desk.sittings.last_request(session)
    assert (status, told) == (202, {"act": "relay", "item": item, "outcome": "waiting"})
    assert last is not None
    assert (last.act, last.item, last.option, last.done_for_them) == ("relay", item, None, False)
    assert await program.desk.store.history(SessionId(session)) == history
    assert (await program.get(path))["last_request"] == told
    assert await _entries(program, 1) == [("Tableau de bord", "sitting_act", "Lundi – 1 – relay")]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"act": "score"}, "act"),
        ({"act": "relay"}, "option"),
        ({"act": "hint", "words": "x" * 301}, "words"),
        ({}, "act"),
    ],
)
async def test_an_act_that_cannot_be_names_its_field_and_asks_nobody(
    program: Program, asked: dict[str, str], field: str
) -> None:
    path, session = await _at_a_place(program)

    status, told, _ = await program.ask("POST", f"{path}/acts", json=asked)

    assert (status, [each["field"] for each in told["errors"]]) == (400, [field])
    assert await program.desk.sittings.last_request(session) is None


async def test_who_goes_on_alone_is_not_helped_and_nothing_more_is_told(program: Program) -> None:
    path, session = await _at_a_place(program)
    await _keep(program, session, AssistanceEnded(path.split("/")[4]))
    item = next(iter(program.desk.context.content.path_items("abc_diag")))
    await _keep(
        program,
        session,
        ItemAnswered(
            item.id,
            item.key,
            Evidence.certain(Outcome.CORRECT),
            Aid.NONE,
            Channel.KIOSK,
            InputMode.VOICE,
            confirmed=False,
        ),
    )

    status, told, _ = await program.ask("POST", f"{path}/acts", json={"act": "repeat"})

    place = await program.get(path)
    assert (status, told["code"]) == (409, "sittings.alone")
    assert (place["seat"]["state"], place["answers"]) == ("left", [])


async def test_a_note_is_a_members_and_its_words_are_in_no_event(program: Program) -> None:
    path, session = await _at_a_place(program)
    mediator, viewer = program.desk.members["mediator"], program.desk.members["viewer"]

    status, made, _ = await program.ask("POST", f"{path}/notes", json={"words": " Hésite. ", "member": mediator.id})
    nobody, told, _ = await program.ask("POST", f"{path}/notes", json={"words": "x", "member": viewer.id})
    empty, *_ = await program.ask("POST", f"{path}/notes", json={"words": "  ", "member": mediator.id})

    history = await program.desk.store.history(SessionId(session))
    assert (status, made["words"], made["by"]) == (201, "Hésite.", mediator.name)
    assert (nobody, told["errors"][0]["field"], empty) == (400, "member", 400)
    assert (await program.get(path))["notes"] == [made]
    assert (history[-1].kind, history[-1].actor) == ("note_taken", "mediator")
    assert "Hésite" not in str(history)
    assert await _entries(program, 1) == [("Tableau de bord", "sitting_note", f"Lundi – 1 – {mediator.name}")]


async def test_somebody_who_has_begun_is_asked_in_by_their_code(program: Program) -> None:
    sitting, _ = await program.desk.sit()
    path = f"{program.here}/sittings/{sitting.id}"
    session = await program.desk.store.open_session("kiosk", "bank-1")
    code = await program.desk.store.issue_code(session)

    asked, *_ = await program.ask("POST", f"{path}/invite", json={"code": f"{code[:4]} {code[4:]}"})
    wrong, told, _ = await program.ask("POST", f"{path}/invite", json={"code": "12345678"})
    await program.ask("POST", f"{path}/close")
    late, over, _ = await program.ask("POST", f"{path}/invite", json={"code": code})

    last = await program.desk.sittings.last_request(session)
    assert (asked, wrong, told["code"]) == (204, 400, "sittings.unknown_code")
    assert (late, over["code"]) == (409, "sittings.closed")
    assert last is not None
    assert (last.act, last.outcome) == ("join", "")
    assert [each["number"] for each in (await program.get(path))["places"]] == [1]


async def test_codes_of_people_are_not_guessed_without_end(program: Program) -> None:
    sitting, _ = await program.desk.sit()
    path = f"{program.here}/sittings/{sitting.id}/invite"

    told = [await program.ask("POST", path, json={"code": with_check_digit("1234567")}) for _ in range(7)]

    assert [each[0] for each in told][-2:] == [429, 429]
    assert int(told[-1][2]["Retry-After"]) == 900


async def test_the_mediators_report_is_a_file(program: Program, tmp_path: Path) -> None:
    path, _ = await _at_a_place(program)

    status, body, headers = await program.ask("GET", f"{path}/report.pdf?locale=en")

    printed = tmp_path / "report.pdf"
    printed.write_bytes(body)
    assert (status, headers["Content-Type"]) == (200, "application/pdf")
    assert "la Maison Bleue" in paper.text(printed)
