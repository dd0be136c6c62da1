"""An organisation's own affairs by the API: facts, invitations, log, retention, telephone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audio_content.model import LOCALES
from engine.organization.scopes import Scope
from tests.voice_app.web.api.program import Program
from voice_app.feeds import LOG_SETTLED_S
from voice_app.web.organization.team_pages import TEAM_BOOK
from voice_app.web.page_words import book_of_words


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    opened = await Program.open(tmp_path)
    yield opened
    await opened.desk.store.close()


async def test_an_organisation_changes_what_is_named_and_keeps_the_rest(program: Program) -> None:
    first = {"kind": "Médiathèque", "tags": ["Nord"], "legal_id": "123 456 789", "training": True}
    await program.ask("PATCH", program.here, json=first)

    status, changed, _ = await program.ask("PATCH", program.here, json={"name": "la Maison Verte"})

    assert status == 200
    assert changed == await program.get(program.here)
    assert {name: changed[name] for name in ("name", "kind", "tags", "legal_id", "training")} == {
        **first,
        "name": "la Maison Verte",
        "kind": "médiathèque",
        "tags": ["nord"],
    }


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"name": " "}, "name"), ({"legal_id": "é"}, "legal_id"), ({"owner": "me"}, "owner"), ({"tags": "x"}, "tags")],
)
async def test_what_an_organisation_cannot_say_of_itself_names_its_field(
    program: Program, asked: dict[str, Any], field: str
) -> None:
    status, told, _ = await program.ask("PATCH", program.here, json=asked)

    assert (status, [each["field"] for each in told["errors"]]) == (400, [field])


async def test_an_invitation_waits_opens_by_its_code_and_is_withdrawn(program: Program) -> None:
    asked = {"email": "new@maison.example", "role": "viewer"}
    _, made, _ = await program.ask("POST", f"{program.here}/invitations", json=asked)
    (waiting,) = (await program.get(f"{program.here}/invitations"))["items"]

    token = await program.desk.invitations.exchange(made["code"])
    (moved,) = (await program.get(f"{program.here}/invitations"))["items"]
    withdrawn, *_ = await program.ask("DELETE", f"{program.here}/invitations/{moved['id']}")

    assert (waiting["email"], waiting["role"]) == ("new@maison.example", "viewer")
    assert withdrawn == 204
    assert token is not None
    assert await program.desk.accounts.invitation(token) is None
    assert (await program.get(f"{program.here}/invitations"))["items"] == []


async def test_the_log_comes_by_pages_then_what_is_new_and_only_when_it_is_settled(program: Program) -> None:
    path = f"{program.here}/log"
    for months in (12, 18, 24):
        await program.ask("PUT", f"{program.here}/retention", json={"months": months})
    early = await program.get(path)
    program.desk.now += timedelta(seconds=LOG_SETTLED_S)

    first = await program.get(f"{path}?limit=2")
    pages = [first]
    while pages[-1]["more"]:
        pages.append(await program.get(f"{path}?limit=2&since={pages[-1]['next']}"))
    await program.ask("PUT", f"{program.here}/retention", json={"months": 30})
    program.desk.now += timedelta(seconds=LOG_SETTLED_S)
    new = await program.get(f"{path}?since={pages[-1]['next']}")

    assert early["items"] == []
    entries = [each for page in pages for each in page["items"]]
    assert len({each["id"] for each in entries}) == len(entries)
    assert [(each["who"], each["action"], each["subject"]) for each in entries[-3:]] == [
        ("Tableau de bord", "retention_set", months) for months in ("12", "18", "24")
    ]
    assert [each["subject"] for each in new["items"]] == ["30"]
    told = await program.desk.organizations.audit(program.desk.members["admin"].organization.id)
    assert [each["id"] for each in (*entries, *new["items"])] == [each.id for each in reversed(told)]


async def test_retention_is_told_and_set_within_what_the_service_allows(program: Program) -> None:
    path = f"{program.here}/retention"
    before = await program.get(path)

    status, changed, _ = await program.ask("PUT", path, json={"months": 6})
    too_long, told, _ = await program.ask("PUT", path, json={"months": before["longest"] + 1})
    none, *_ = await program.ask("PUT", path, json={"months": 0})

    assert before == {"months": 24, "longest": 60}
    assert (status, changed["months"]) == (200, 6)
    assert (too_long, told["errors"][0]["field"], none) == (400, "months", 400)
    assert (await program.get(path))["months"] == 6


async def test_somebody_takes_over_callers_and_then_nobody(program: Program) -> None:
    path, named = f"{program.here}/phone", {"person": "01 23 45 67 89", "hours": "1-5 09:00-12:00"}
    before = await program.get(path)
    status, told, _ = await program.ask("PUT", path, json=named)
    kept = await program.get(path)
    removed, *_ = await program.ask("DELETE", path)

    assert before == await program.get(path) == {"person": "", "hours": ""}
    assert (status, told, kept, removed) == (200, named, named, 204)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"person": "Ada"}, "person"),
        ({"hours": "monday"}, "hours"),
        ({"hours": " ; "}, "hours"),
        ({"hours": ""}, "hours"),
    ],
)
async def test_who_cannot_be_called_names_the_field(program: Program, changed: dict[str, str], field: str) -> None:
    asked = {"person": "01 23 45 67 89", "hours": "1-5 09:00-12:00", **changed}

    status, told, _ = await program.ask("PUT", f"{program.here}/phone", json=asked)

    assert (status, [each["field"] for each in told["errors"]]) == (400, [field])
    assert await program.get(f"{program.here}/phone") == {"person": "", "hours": ""}


async def test_what_a_program_changes_is_in_the_log_under_its_name(program: Program) -> None:
    await program.ask("PATCH", program.here, json={"kind": "mairie"})
    await program.ask("DELETE", f"{program.here}/phone")

    entries = await program.desk.organizations.audit(program.desk.members["admin"].organization.id, 2)

    assert [(each.who, each.action) for each in entries] == [
        ("Tableau de bord", "phone_person_removed"),
        ("Tableau de bord", "organization_described"),
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_scope_has_its_words_on_the_page_of_programs(locale: str) -> None:
    assert set(book_of_words(TEAM_BOOK, locale)["scope"]) == set(Scope)
