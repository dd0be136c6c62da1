"""An organisation's tokens by the API: no token makes one that can do more than itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine.organization.scopes import Scope
from tests.voice_app.web.api.program import Program


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    opened = await Program.open(tmp_path)
    yield opened
    await opened.desk.store.close()


async def _holder(program: Program, *scopes: Scope, days: int = 0) -> Program:
    """Give a program of the same organisation with these scopes only."""
    member = program.desk.members["admin"]
    token, _ = await program.desk.access.make_token(member.organization.id, "Petit", scopes, member, days)
    return Program(program.desk, token)


async def test_a_token_is_made_opens_is_listed_and_revoked(program: Program) -> None:
    path = f"{program.here}/tokens"
    status, made, _ = await program.ask("POST", path, json={"name": "Suivi", "scopes": ["log:read"], "days": 30})
    child = Program(program.desk, made["token"])

    opened, *_ = await child.ask("GET", f"{program.here}/log")
    refused, *_ = await child.ask("GET", path)
    listed = (await program.get(path))["items"]
    revoked, *_ = await program.ask("DELETE", f"{path}/{made['listed']['id']}")
    after, *_ = await child.ask("GET", f"{program.here}/log")

    assert (status, opened, refused, revoked, after) == (201, 200, 403, 204, 401)
    assert [(each["name"], each["scopes"], each["made_by"]) for each in listed] == [
        ("Suivi", ["log:read"], ""),
        ("Tableau de bord", sorted(Scope), "admin"),
    ]
    assert made["token"] not in str(listed)
    assert made["token"].endswith(listed[0]["hint"])
    entries = await program.desk.organizations.audit(program.desk.members["admin"].organization.id, 2)
    assert [(each.who, each.action) for each in entries] == [
        ("Tableau de bord", "token_revoked"),
        ("Tableau de bord", "token_made"),
    ]


async def test_no_token_gives_scopes_that_it_has_not(program: Program) -> None:
    small = await _holder(program, Scope.TOKENS_WRITE, Scope.LOG_READ)

    more, told, _ = await small.ask(
        "POST", f"{program.here}/tokens", json={"name": "Grand", "scopes": ["log:read", "results:read"]}
    )
    same, *_ = await small.ask("POST", f"{program.here}/tokens", json={"name": "Égal", "scopes": ["log:read"]})

    assert (more, told["code"], same) == (400, "organization.invalid_scope", 201)
    names = [each["name"] for each in (await program.get(f"{program.here}/tokens"))["items"]]
    assert "Grand" not in names


async def test_no_token_outlives_the_one_that_made_it(program: Program) -> None:
    short = await _holder(program, Scope.TOKENS_WRITE, days=3)

    _, made, _ = await short.ask(
        "POST", f"{program.here}/tokens", json={"name": "Long", "scopes": ["tokens:write"], "days": 300}
    )

    ends = {each["name"]: each["expires_at"] for each in (await program.get(f"{program.here}/tokens"))["items"]}
    assert ends["Long"] == made["listed"]["expires_at"] == ends["Petit"]
    assert datetime.fromisoformat(ends["Petit"]) < datetime.fromisoformat(ends["Tableau de bord"])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["all"]}, "scopes.0"),
        ({"days": 0}, "days"),
    ],
)
async def test_a_token_that_cannot_be_names_its_field(program: Program, changed: dict[str, Any], field: str) -> None:
    asked = {"name": "Suivi", "scopes": ["log:read"], **changed}

    status, told, _ = await program.ask("POST", f"{program.here}/tokens", json=asked)

    assert (status, [each["field"] for each in told["errors"]]) == (400, [field])


async def test_a_program_may_end_its_own_token(program: Program) -> None:
    own = (await program.get("/token"))["id"]

    assert (await program.ask("DELETE", f"{program.here}/tokens/{own}"))[0] == 204
    assert (await program.ask("GET", "/token"))[0] == 401
