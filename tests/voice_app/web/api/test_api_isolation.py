"""Who reaches what of the API, from the route table itself: a route without a rule here fails the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quart import Response

from engine.organization.scopes import PARTNER_SCOPES, Scope
from tests.voice_app.web.organization.desk import Desk
from voice_app.organizations import OrganizationFacts
from voice_app.outlets.rules import WebhookRules
from voice_app.settings import Settings

HERE = "/api/v1/organizations/<organization>"
CAMPAIGN = f"{HERE}/campaigns/<campaign>"
WEBHOOK = f"{HERE}/webhooks/<webhook>"
TO_ALL, TO_TOKENS = "to_all", "to_tokens"

RULES: dict[tuple[str, str], tuple[str, int]] = {
    ("GET", "/api/v1/openapi.json"): (TO_ALL, 200),
    ("POST", "/api/v1/oauth/token"): (TO_ALL, 400),
    ("GET", "/api/v1/token"): (TO_TOKENS, 200),
    ("GET", "/api/v1/organizations"): ("organization:read", 200),
    ("GET", HERE): ("organization:read", 200),
    ("GET", f"{HERE}/members"): ("members:read", 200),
    ("PATCH", f"{HERE}/members/<member>"): ("members:write", 200),
    ("POST", f"{HERE}/invitations"): ("members:write", 201),
    ("GET", f"{HERE}/campaigns"): ("campaigns:read", 200),
    ("POST", f"{HERE}/campaigns"): ("campaigns:write", 201),
    ("GET", CAMPAIGN): ("campaigns:read", 200),
    ("PATCH", CAMPAIGN): ("campaigns:write", 200),
    ("POST", f"{CAMPAIGN}/archive"): ("campaigns:write", 200),
    ("GET", f"{CAMPAIGN}/participations"): ("participations:read", 200),
    ("GET", f"{CAMPAIGN}/results"): ("results:read", 200),
    ("GET", f"{CAMPAIGN}/results.csv"): ("exports:read", 200),
    ("GET", f"{CAMPAIGN}/results.json"): ("exports:read", 200),
    ("PUT", f"{CAMPAIGN}/recording/<locale>"): ("campaigns:write", 400),
    ("DELETE", f"{CAMPAIGN}/recording/<locale>"): ("campaigns:write", 404),
    ("GET", f"{HERE}/webhooks"): ("webhooks:read", 200),
    ("POST", f"{HERE}/webhooks"): ("webhooks:write", 201),
    ("GET", WEBHOOK): ("webhooks:read", 200),
    ("DELETE", WEBHOOK): ("webhooks:write", 204),
    ("GET", f"{WEBHOOK}/deliveries"): ("webhooks:read", 200),
    ("POST", f"{WEBHOOK}/rotate"): ("webhooks:write", 200),
    ("POST", f"{WEBHOOK}/stop"): ("webhooks:write", 200),
    ("POST", f"{WEBHOOK}/start"): ("webhooks:write", 200),
}
"""What each route needs, and what it answers to who has it."""
BODIES = {
    f"{HERE}/members/<member>": {"role": "viewer", "active": True},
    f"{HERE}/invitations": {"email": "new@maison.example", "role": "viewer"},
    CAMPAIGN: {"title": "Hiver"},
    f"{HERE}/campaigns": {"title": "Été", "path": "courriel"},
    f"{HERE}/webhooks": {"url": "https://recu.example/webhook"},
}
NOWHERE = {"/api/v1/", "/api/v1/<path:rest>"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    opened.settings = Settings(webhooks=WebhookRules(allow_private=True))  # no name is looked up
    yield opened
    await opened.store.close()


async def token_of(desk: Desk, who: str, *scopes: Scope) -> str:
    member = desk.members[who]
    token, _ = await desk.access.make_token(member.organization.id, "program", scopes, member)
    return token


async def partner(desk: Desk, *tags: str) -> str:
    secret, client = await desk.access.make_client("Région", tags, PARTNER_SCOPES)
    granted = await desk.access.grant(client.id, secret, None)
    assert granted is not None
    return granted.token


async def ask(
    desk: Desk, method: str, rule: str, token: str | None, campaign: str, member: str, owner: str = "admin"
) -> Response:
    webhook = await desk.webhook(owner) if "<webhook>" in rule else ""
    answer = await _asked(desk, method, rule.replace("<webhook>", webhook), token, campaign, member)
    if webhook:
        await desk.webhooks.remove(desk.members[owner].organization.id, webhook)
    return answer


async def _asked(desk: Desk, method: str, rule: str, token: str | None, campaign: str, member: str) -> Response:
    body = BODIES.get(rule) if method in ("POST", "PATCH") else None
    path = rule.replace("<organization>", desk.ours).replace("<campaign>", campaign).replace("<member>", member)
    path = path.replace("<locale>", "fr")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return await desk.app.test_client().open(path, method=method, headers=headers, json=body)


def allowed(needs: str, scopes: set[str]) -> bool:
    return needs in (TO_ALL, TO_TOKENS) or needs in scopes


async def test_every_route_has_its_rule(desk: Desk) -> None:
    table = {
        (method, rule.rule)
        for rule in desk.app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule not in NOWHERE
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert table == set(RULES)


async def test_every_route_answers_every_token_by_its_rule(desk: Desk) -> None:
    ours = desk.members["admin"].organization.id
    await desk.facts.describe(ours, OrganizationFacts(tags=("north",)), None)
    tokens: dict[str, tuple[str | None, set[str]]] = {"nobody": (None, set()), "broken": ("vapp_never", set())}
    for scope in Scope:
        tokens[scope.value] = (await token_of(desk, "admin", scope), {scope.value})
    tokens["all"] = (await token_of(desk, "admin", *Scope), {scope.value for scope in Scope})
    tokens["stranger"] = (await token_of(desk, "stranger", *Scope), {scope.value for scope in Scope})
    tokens["partner"] = (await partner(desk, "north"), {scope.value for scope in PARTNER_SCOPES})
    tokens["partner elsewhere"] = (await partner(desk, "south"), {scope.value for scope in PARTNER_SCOPES})
    campaign, member = await desk.campaign(), desk.members["viewer"]

    told, expected = {}, {}
    for name, (token, scopes) in tokens.items():
        for (method, rule), (needs, status) in RULES.items():
            answer = await ask(desk, method, rule, token, campaign.id, member.id)
            told[name, method, rule] = answer.status_code
            if needs != TO_ALL and name in ("nobody", "broken"):
                status = 401
            elif not allowed(needs, scopes):
                status = 403
            elif "<organization>" in rule and name in ("stranger", "partner elsewhere"):
                status = 404
            expected[name, method, rule] = status

    assert told == expected


async def test_below_ones_own_address_nothing_of_another_organisation_is_found(desk: Desk) -> None:
    theirs = await desk.campaign("stranger", "À nous seuls")
    await desk.share(theirs)
    token = await token_of(desk, "admin", *Scope)

    told = {}
    for method, rule in RULES:
        if "<campaign>" in rule or "<member>" in rule or "<webhook>" in rule:
            answer = await ask(desk, method, rule, token, theirs.id, desk.members["stranger"].id, "stranger")
            told[method, rule] = (answer.status_code, "seuls" in await answer.get_data(as_text=True))

    assert len(told) == 16
    assert set(told.values()) == {(404, False)}
    kept = await desk.organizations.campaign(theirs.organization.id, theirs.id)
    assert kept is not None
    assert kept.entry == "open"
    assert (await desk.organizations.members(theirs.organization.id))[0].role == "admin"


async def test_a_sign_in_of_the_pages_opens_nothing_here(desk: Desk) -> None:
    browser = await desk.browser("admin")

    assert (await browser.get("/api/v1/organizations")).status_code == 401


async def test_a_revoked_token_opens_nothing_more(desk: Desk) -> None:
    member = desk.members["admin"]
    token, made = await desk.access.make_token(member.organization.id, "one", tuple(Scope), member)
    await desk.access.revoke_token(member.organization.id, made.id, member)

    assert (await ask(desk, "GET", HERE, token, "", "")).status_code == 401
