"""The JSON API, one request at a time."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from sqlalchemy import text

from engine.organization.scopes import Scope
from tests.voice_app.web.api.program import Program
from tests.voice_app.web.organization.desk import RULES
from voice_app.feeds import Cursor
from voice_app.organizations import OrganizationFacts
from voice_app.outlets.rules import WebhookRules
from voice_app.ports import NewRecord
from voice_app.settings import Settings


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    opened = await Program.open(tmp_path)
    yield opened
    await opened.desk.store.close()


async def test_the_description_is_valid_and_whole(program: Program) -> None:
    described = await program.get("/openapi.json")

    validate(described)
    operations = [each for path in described["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) == 61
    assert all(each["summary"] for each in operations)
    assert all("429" in each["responses"] for each in operations)
    scopes = described["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]["scopes"]
    assert set(scopes) == set(Scope)
    recording = next(path for name, path in described["paths"].items() if name.endswith("/recording/{locale}"))
    (locale,) = (each for each in recording["put"]["parameters"] if each["name"] == "locale")
    assert locale["schema"]["enum"] == ["fr", "en"]


async def test_a_token_tells_what_it_opens(program: Program) -> None:
    told = await program.get("/token")

    assert told["name"] == "Tableau de bord"
    assert told["organization"] == program.desk.ours
    assert told["scopes"] == sorted(Scope)


async def test_an_organisation_tells_what_it_is(program: Program) -> None:
    here = program.desk.members["admin"].organization.id
    await program.desk.facts.describe(here, OrganizationFacts("association", ("north",), "123 456 789", True), None)

    (listed,) = (await program.get("/organizations"))["items"]

    assert listed == await program.get(program.here)
    assert (listed["kind"], listed["tags"], listed["legal_id"], listed["training"]) == (
        "association",
        ["north"],
        "123 456 789",
        True,
    )


async def test_a_campaign_is_created_found_and_archived(program: Program) -> None:
    asked = {
        "title": "Été",
        "path": "courriel",
        "welcome": {"fr": "Bonjour."},
        "opens": "2026-01-01T00:00:00+01:00",
    }
    status, made, _ = await program.ask("POST", f"{program.here}/campaigns", json=asked)
    assert status == 201

    found = await program.get(f"{program.here}/campaigns/{made['id']}")
    _, archived, _ = await program.ask("POST", f"{program.here}/campaigns/{made['id']}/archive")

    assert found == made
    assert (made["title"], made["welcome"], made["opens"]) == ("Été", {"fr": "Bonjour."}, "2025-12-31T23:00:00Z")
    assert len(made["code"]) == 9
    assert (made["entry"], archived["entry"]) == ("open", "archived")
    audit = await program.desk.organizations.audit(program.desk.members["admin"].organization.id, 2)
    assert [(each.who, each.action) for each in audit] == [
        ("Tableau de bord", "campaign_archived"),
        ("Tableau de bord", "campaign_created"),
    ]


async def test_a_campaign_is_changed_in_what_is_named(program: Program) -> None:
    asked = {"title": "Été", "path": "courriel", "welcome": {"fr": "Bonjour."}, "closes": "2030-01-01T00:00:00Z"}
    _, made, _ = await program.ask("POST", f"{program.here}/campaigns", json=asked)
    one = f"{program.here}/campaigns/{made['id']}"

    status, changed, _ = await program.ask("PATCH", one, json={"welcome": {"fr": "Bienvenue."}, "closes": None})
    refused = await program.ask("PATCH", one, json={"path": "abc_diag"})
    late = await program.ask("PATCH", one, json={"opens": "2030-01-02T00:00:00Z", "closes": "2030-01-01T00:00:00Z"})

    assert status == 200
    assert changed == {**made, "welcome": {"fr": "Bienvenue."}, "closes": None}
    assert (refused[0], late[0]) == (400, 400)
    assert await program.get(one) == changed


async def test_a_campaign_has_all_its_options(program: Program) -> None:
    asked = {
        "title": "Inscrits",
        "targets": ["1.1", "safe.net", "web.search.6"],
        "level": 4,
        "locales": ["fr"],
        "number_label": {"fr": "numéro d'allocataire"},
        "repeated": True,
        "tags": ["nord"],
    }
    status, made, _ = await program.ask("POST", f"{program.here}/campaigns", json=asked)
    profile = {"title": "Profils", "kind": "profile_collection"}
    _, profiles, _ = await program.ask("POST", f"{program.here}/campaigns", json=profile)

    assert status == 201
    assert made == await program.get(f"{program.here}/campaigns/{made['id']}")
    assert made["path"] == "set:1.1,safe.net,web.search.6@4"
    assert {name: made[name] for name in ("locales", "number_label", "repeated", "tags")} == {
        name: asked[name] for name in ("locales", "number_label", "repeated", "tags")
    }
    assert (profiles["kind"], profiles["path"]) == ("profile_collection", "positionnement")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"path": "nowhere"}, "path"),
        ({"targets": ["1.1"]}, "path"),
        ({"path": None, "targets": ["nowhere"]}, "competences"),
        ({"path": None, "targets": ["safe.net"], "level": 1}, "competences"),
        ({"kind": "profile_collection"}, "path"),
        ({"kind": "exam"}, "kind"),
        ({"locales": ["de"]}, "locales.0"),
        ({"welcome": {"de": "Hallo"}}, "welcome.de.[key]"),
        ({"opens": "2026-01-01T00:00:00"}, "opens"),
        ({"closes": 0}, "closes"),
        ({"repeated": 1}, "repeated"),
        ({"opens": "2026-05-02T00:00:00Z", "closes": "2026-05-01T00:00:00Z"}, "closes"),
        ({"owner": "somebody"}, "owner"),
    ],
)
async def test_what_is_no_campaign_is_a_problem_that_names_the_field(
    program: Program, changed: dict[str, Any], field: str
) -> None:
    asked = {"title": "Été", "path": "courriel", **changed}

    status, told, headers = await program.ask("POST", f"{program.here}/campaigns", json=asked)

    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert told["type"] == "about:blank"
    assert (told["title"], told["status"]) == ("Bad Request", 400)
    assert [each["field"] for each in told["errors"]] == [field]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/", 404),
        ("DELETE", "/organizations", 405),
        ("GET", "/organizations/%00", 404),
    ],
)
async def test_what_is_not_there_is_a_problem(program: Program, method: str, path: str, status: int) -> None:
    told = await program.ask(method, path)

    assert told[0] == told[1]["status"] == status
    assert told[2]["Content-Type"] == "application/problem+json"
    assert (status != 405) or told[2]["Allow"] == "GET"


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff"])
async def test_a_body_that_is_no_json_object_is_a_problem(program: Program, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    status, told, _ = await program.ask("POST", f"{program.here}/campaigns", data=body, headers=headers)

    assert (status, told["code"]) in ((400, "api.invalid"), (400, "api.http_400"))


async def test_options_tell_the_methods_of_an_address(program: Program) -> None:
    status, _, headers = await program.ask("OPTIONS", f"{program.here}/campaigns")

    assert (status, headers["Allow"]) == (204, "GET, POST")


async def test_results_come_by_pages_and_then_what_is_new(program: Program) -> None:
    campaign = await program.desk.campaign()
    for _ in range(5):
        await program.desk.share(campaign)
    path = f"{program.here}/campaigns/{campaign.id}/results"

    first = await program.get(f"{path}?limit=3")
    second = await program.get(f"{path}?limit=3&since={first['next']}")
    nothing = await program.get(f"{path}?since={second['next']}")
    await program.desk.share(campaign, number="0475", again=first["items"][0]["participation"]["id"])
    new = await program.get(f"{path}?since={nothing['next']}")

    pages = [first, second, nothing, new]
    assert [len(page["items"]) for page in pages] == [3, 2, 0, 1]
    assert [page["more"] for page in pages] == [True, False, False, False]
    ids = [each["participation"]["id"] for page in pages for each in page["items"]]
    assert len(set(ids)) == 6
    assert first["items"][0]["result"]["areas"]["1"]["mastered"] == ["web.search.1"]
    assert (new["items"][0]["person_number"], new["items"][0]["participation"]["again_of"]) == ("0475", ids[0])


async def test_a_webhook_is_looked_after(program: Program) -> None:
    program.desk.settings = Settings(webhooks=WebhookRules(allow_private=True))
    path = f"{program.here}/webhooks"
    status, made, _ = await program.ask("POST", path, json={"url": "https://recu.example/webhook"})
    one = f"{path}/{made['webhook']['id']}"
    await program.desk.webhooks.note(made["webhook"]["id"], "participation.shared", "delivery-1", 503)

    _, changed, _ = await program.ask("POST", f"{one}/rotate")
    _, stopped, _ = await program.ask("POST", f"{one}/stop")
    deliveries, listed = await program.get(f"{one}/deliveries"), await program.get(path)
    _, started, _ = await program.ask("POST", f"{one}/start")
    removed, *_ = await program.ask("DELETE", one)

    assert (status, removed) == (201, 204)
    assert made["secret"].startswith("whsec_")
    assert changed["secret"] not in (made["secret"], "")
    assert (stopped["stopped_because"], started["stopped_because"]) == ("disabled", "")
    assert "secret" not in str(listed)
    assert [(each["type"], each["status"]) for each in deliveries["items"]] == [("participation.shared", 503)]
    assert (await program.get(path))["items"] == []
    audit = await program.desk.organizations.audit(program.desk.members["admin"].organization.id, 5)
    assert [each.action for each in audit] == [
        f"webhook_{done}" for done in ("removed", "started", "stopped", "rotated", "added")
    ]


@pytest.mark.parametrize("url", ["http://recu.example/", "https://127.0.0.1/", "https://ada:pass@recu.example/"])
async def test_an_address_that_must_not_be_called_is_a_problem(program: Program, url: str) -> None:
    status, told, _ = await program.ask("POST", f"{program.here}/webhooks", json={"url": url})

    assert (status, told["code"], told["errors"][0]["field"]) == (400, "webhooks.address", "url")


async def test_a_moment_is_a_cursor_too(program: Program) -> None:
    campaign = await program.desk.campaign()
    await program.desk.share(campaign)
    path = f"{program.here}/campaigns/{campaign.id}/results"
    before = (datetime.now(UTC) - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    after = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")

    assert len((await program.get(f"{path}?since={before}"))["items"]) == 1
    assert (await program.get(f"{path}?since={after}"))["items"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "since=x", "since=2026-01-01T00:00:00", "page=2"])
async def test_a_query_that_cannot_be_is_a_problem(program: Program, query: str) -> None:
    status, told, _ = await program.ask("GET", f"{program.here}/campaigns?{query}")

    assert (status, told["code"]) == (400, "api.invalid")
    assert [each["field"] for each in told["errors"]] == [query.split("=")[0]]


@pytest.mark.parametrize(
    "text", ["", "x", "2026-01-01", base64.urlsafe_b64encode(b"2026-01-01T00:00:00Z|\x00").decode()]
)
def test_a_cursor_that_was_never_given_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Cursor.read(text)


async def test_of_what_was_not_shared_there_is_a_count_and_nothing_else(program: Program) -> None:
    campaign = await program.desk.campaign()
    await program.desk.share(campaign)
    session = await program.desk.store.open_session("kiosk", "bank-1")
    await program.desk.store.append(session, [NewRecord("campaign_joined", {"campaign": campaign.id})], channel="kiosk")

    told = await program.get(f"{program.here}/campaigns/{campaign.id}/participations")

    assert len(told["items"]) == 1
    assert told["counts"] == {"begun": 2, "completed": 1, "shared": 1}


async def test_campaigns_come_by_their_last_change(program: Program) -> None:
    first, second = await program.desk.campaign(title="One"), await program.desk.campaign(title="Two")
    seen = await program.get(f"{program.here}/campaigns")
    await program.desk.organizations.archive(first.organization.id, first.id, program.desk.members["admin"])

    changed = await program.get(f"{program.here}/campaigns?since={seen['next']}")

    assert [each["id"] for each in seen["items"]] == [first.id, second.id]
    assert [(each["id"], each["entry"]) for each in changed["items"]] == [(first.id, "archived")]


async def test_members_are_invited_and_changed_and_an_admin_stays(program: Program) -> None:
    viewer, admin = program.desk.members["viewer"].id, program.desk.members["admin"].id
    invited = await program.ask(
        "POST", f"{program.here}/invitations", json={"email": "new@maison.example", "role": "viewer"}
    )
    changed = await program.ask("PATCH", f"{program.here}/members/{viewer}", json={"role": "mediator", "active": False})
    last = await program.ask("PATCH", f"{program.here}/members/{admin}", json={"role": "viewer", "active": True})
    wrong = await program.ask("POST", f"{program.here}/invitations", json={"email": "x", "role": "viewer"})

    assert (invited[0], invited[1]["path"][:16]) == (201, "/org/invitation/")
    assert (changed[1]["role"], changed[1]["active"]) == ("mediator", False)
    assert (last[0], last[1]["code"]) == (409, "organization.invalid_member")
    assert (wrong[0], wrong[1]["errors"][0]["field"]) == (400, "email")
    members = await program.get(f"{program.here}/members")
    assert [each["id"] for each in members["items"]][-1] == viewer


async def test_an_export_is_a_file_and_leaves_its_entry(program: Program) -> None:
    campaign = await program.desk.campaign()
    await program.desk.share(campaign)

    status, body, headers = await program.ask("GET", f"{program.here}/campaigns/{campaign.id}/results.csv")

    assert status == 200
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert body.count("\r\n") == 2
    (entry,) = await program.desk.organizations.audit(campaign.organization.id, 1)
    assert (entry.who, entry.action) == ("Tableau de bord", "results_exported")


async def test_a_client_exchanges_its_secret(program: Program) -> None:
    secret, client = await program.desk.access.make_client("Région", ["north"], (Scope.CAMPAIGNS_READ,))
    basic = {"Authorization": "Basic " + base64.b64encode(f"{client.id}:{secret}".encode()).decode()}
    form = {"grant_type": "client_credentials"}

    by_basic = await program.ask("POST", "/oauth/token", form=form, headers=basic)
    by_form = await program.ask(
        "POST",
        "/oauth/token",
        form={**form, "client_id": client.id, "client_secret": secret, "scope": "campaigns:read"},
    )

    for status, told, headers in (by_basic, by_form):
        assert status == 200
        assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 3600, "campaigns:read")
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "client_none"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "members:read"}, 400, "invalid_scope"),
        ({"client_secret": ""}, 400, "invalid_request"),
    ],
)
async def test_a_client_is_told_why_it_gets_no_token(
    program: Program, changed: dict[str, str], status: int, error: str
) -> None:
    secret, client = await program.desk.access.make_client("Région", ["north"], (Scope.CAMPAIGNS_READ,))
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret, **changed}

    told = await program.ask("POST", "/oauth/token", form=form)

    assert (told[0], told[1]["error"]) == (status, error)


async def test_secrets_are_not_guessed_without_end(program: Program) -> None:
    form = {"grant_type": "client_credentials", "client_id": "client_x", "client_secret": "guess"}

    told = [(await program.ask("POST", "/oauth/token", form=form))[0] for _ in range(25)]

    assert told == [401] * 20 + [429] * 5


async def test_a_token_that_asks_too_often_is_told_when_to_come_back(program: Program) -> None:
    window = program.desk.rates
    key = f"api:{(await program.get('/token'))['id']}"
    for _ in range(RULES.api_requests_per_minute):
        await window.take(key, RULES.api_requests_per_minute, 60)

    status, told, headers = await program.ask("GET", "/token")

    assert (status, told["code"]) == (429, "api.too_many_requests")
    assert 0 < int(headers["Retry-After"]) <= 60


async def test_a_database_that_does_not_answer_is_a_problem(program: Program) -> None:
    await program.desk.campaign()
    async with program.desk.store.engine.begin() as connection:
        await connection.execute(text("alter table campaign rename to away"))

    status, told, _ = await program.ask("GET", f"{program.here}/campaigns")

    assert (status, told["code"]) == (503, "store.error")
