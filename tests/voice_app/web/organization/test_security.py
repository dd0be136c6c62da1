"""What must hold for every address of the organisations' pages and of the API, from the route table itself."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from quart import Response

from engine.organization.scopes import Scope
from tests.voice_app.web.organization.desk import ORIGIN, PASSWORD, Desk
from voice_app.web.bounded import LARGEST_BODY, LARGEST_OF_THE_API, largest_body


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


def addresses(desk: Desk, method: str, prefix: str) -> Iterator[str]:
    """Give every address of this method, its parts filled with something that is not there, but the organisation."""
    for rule in desk.app.url_map.iter_rules():
        if rule.rule.startswith(prefix) and method in (rule.methods or set()):
            filled = {name: desk.ours if name == "organization" else "nothing" for name in rule.arguments}
            yield desk.app.url_map.bind("localhost").build(rule.endpoint, filled, method=method)


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Origin": "https://elsewhere.example"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        (ORIGIN, False),
        ({}, False),
    ],
)
async def test_no_write_is_taken_from_elsewhere_or_without_its_token(
    desk: Desk, headers: dict[str, str], token: bool
) -> None:
    browser = await desk.browser("admin")
    await browser.get("/org/sign-in")
    known = browser.token if token else "0" * 64

    told = {
        path: (await browser.client.post(path, form={"form_token": known}, headers=headers)).status_code
        for path in addresses(desk, "POST", "/org/")
    }

    assert len(told) > 15
    assert set(told.values()) == {403}, told
    assert (await browser.get("/org/account/")).status_code == 200


async def test_every_answer_allows_nothing_from_elsewhere(desk: Desk) -> None:
    browser = await desk.browser("admin")
    answers: dict[str, Response] = {}
    for prefix in ("/org/", "/api/"):
        for path in addresses(desk, "GET", prefix):
            if not path.endswith("live"):
                answers[path] = await browser.client.get(path)

    assert len(answers) > 20
    for path, answer in answers.items():
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'"), path
        assert "unsafe" not in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert "no-store" in answer.headers["Cache-Control"], path


@pytest.mark.parametrize(
    ("path", "limit"), [("/org/sign-in", LARGEST_BODY), ("/api/v1/oauth/token", LARGEST_OF_THE_API)]
)
async def test_a_body_that_is_too_large_is_refused(desk: Desk, path: str, limit: int) -> None:
    client = desk.app.test_client()
    form = {"email": "a@b.example", "password": "x" * (limit + 1)}

    assert (await client.post(path, form=form, headers=ORIGIN)).status_code == 413


def test_recordings_may_be_larger_than_forms() -> None:
    assert largest_body("/pilot/recording", 16_000_000) == 16_000_000
    assert largest_body("/org/sign-in", 16_000_000) == LARGEST_BODY
    assert largest_body("/org/sign-in", None) == LARGEST_BODY


async def test_no_secret_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)  # as the service runs; the driver of SQLite tells its statements below that
    admin = desk.members["admin"]
    token, _ = await desk.access.make_token(admin.organization.id, "one", tuple(Scope), admin)
    secret, client = await desk.access.make_client("Région", ["x"], (Scope.CAMPAIGNS_READ,))
    invitation = await desk.organizations.invite(admin.organization.id, "new@maison.example", admin.role, admin)
    code = await desk.invitations.give_code(invitation)
    browser = await desk.browser("admin")
    wrong = "not the password at all"

    await browser.post("/org/sign-in", {"email": admin.email, "password": wrong})
    await browser.get(f"/org/invitation/{invitation}")
    await browser.post("/org/join", {"code": code})
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret}
    granted = await (await browser.client.post("/api/v1/oauth/token", form=form)).get_json()
    await browser.client.get("/api/v1/token", headers={"Authorization": f"Bearer {token}"})
    async with desk.store.engine.begin() as connection:
        await connection.exec_driver_sql("alter table sign_in rename to away")
    await browser.get("/org/account/")
    await browser.client.get("/api/v1/organizations", headers={"Authorization": f"Bearer {token}"})
    await browser.post("/org/sign-in", {"email": admin.email, "password": PASSWORD})

    assert "no such table" in caplog.text  # faults are logged, without what was asked
    for hidden in (token, secret, invitation, code, granted["access_token"], wrong, PASSWORD, admin.email):
        assert hidden not in caplog.text
