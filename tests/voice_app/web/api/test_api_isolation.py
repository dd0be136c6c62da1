"""Who reaches what of the API, from the route table itself: a route without a rule here fails the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quart import Response

from engine.organization.scopes import PARTNER_SCOPES, Scope
from tests.voice_app.web.organization.desk import Desk
from voice_app.organizations import Campaign, OrganizationFacts
from voice_app.outlets.rules import WebhookRules
from voice_app.settings import Settings

HERE = "/api/v1/organizations/<organization>"
CAMPAIGN = f"{HERE}/campaigns/<campaign>"
SITTING = f"{HERE}/sittings/<sitting>"
SEAT = f"{SITTING}/seats/<session>"
WEBHOOK = f"{HERE}/webhooks/<webhook>"
TO_ALL, TO_TOKENS = "to_all", "to_tokens"

RULES: dict[tuple[str, str], tuple[str, int]] = {
    ("GET", "/api/v1/openapi.json"): (TO_ALL, 200),
    ("POST", "/api/v1/oauth/token"): (TO_ALL, 400),
    ("GET", "/api/v1/token"): (TO_TOKENS, 200),
    ("GET", "/api/v1/organizations"): ("organization:read", 200),
    ("GET", HERE): ("organization:read", 200),
    ("PATCH", HERE): ("organization:write", 200),
    ("GET", f"{HERE}/members"): ("members:read", 200),
    ("PATCH", f"{HERE}/members/<member>"): ("members:write", 200),
    ("GET", f"{HERE}/invitations"): ("members:read", 200),
    ("POST", f"{HERE}/invitations"): ("members:write", 201),
    ("DELETE", f"{HERE}/invitations/<invitation>"): ("members:write", 204),
    ("GET", f"{HERE}/accreditation"): ("accreditation:read", 200),
    ("PUT", f"{HERE}/accreditation"): ("accreditation:write", 200),
    ("GET", f"{HERE}/sittings"): ("sittings:read", 200),
    ("POST", f"{HERE}/sittings"): ("sittings:write", 201),
    ("GET", SITTING): ("sittings:read", 200),
    ("GET", f"{SITTING}/qr.svg"): ("sittings:read", 200),
    ("POST", f"{SITTING}/invite"): ("sittings:write", 400),
    ("POST", f"{SITTING}/close"): ("sittings:write", 200),
    ("GET", SEAT): ("sittings:read", 200),
    ("POST", f"{SEAT}/acts"): ("sittings:write", 202),
    ("POST", f"{SEAT}/notes"): ("sittings:write", 400),
    ("GET", f"{SEAT}/report.pdf"): ("sittings:read", 200),
    ("GET", f"{HERE}/tokens"): ("tokens:read", 200),
    ("POST", f"{HERE}/tokens"): ("tokens:write", 201),
    ("DELETE", f"{HERE}/tokens/<token>"): ("tokens:write", 204),
    ("GET", f"{HERE}/log"): ("log:read", 200),
    ("GET", f"{HERE}/retention"): ("retention:read", 200),
    ("PUT", f"{HERE}/retention"): ("retention:write", 200),
    ("GET", f"{HERE}/phone"): ("phone:read", 200),
    ("PUT", f"{HERE}/phone"): ("phone:write", 200),
    ("DELETE", f"{HERE}/phone"): ("phone:write", 204),
    ("GET", f"{HERE}/campaigns"): ("campaigns:read", 200),
    ("POST", f"{HERE}/campaigns"): ("campaigns:write", 201),
    ("GET", CAMPAIGN): ("campaigns:read", 200),
    ("PATCH", CAMPAIGN): ("campaigns:write", 200),
    ("POST", f"{CAMPAIGN}/archive"): ("campaigns:write", 200),
    ("GET", f"{CAMPAIGN}/participations"): ("participations:read", 200),
    ("GET", f"{CAMPAIGN}/results"): ("results:read", 200),
    ("GET", f"{CAMPAIGN}/participations/<participation>"): ("participations:read", 200),
    ("GET", f"{CAMPAIGN}/results/<participation>"): ("results:read", 200),
    ("PUT", f"{CAMPAIGN}/results/<participation>/group"): ("campaigns:write", 204),
    ("GET", f"{CAMPAIGN}/figures"): ("figures:read", 200),
    ("POST", f"{CAMPAIGN}/publish"): ("campaigns:write", 200),
    ("GET", f"{CAMPAIGN}/published-figures"): ("campaigns:read", 200),
    ("POST", f"{CAMPAIGN}/withdraw"): ("campaigns:write", 200),
    ("GET", f"{CAMPAIGN}/kit/<paper>"): ("campaigns:read", 400),
    ("GET", f"{CAMPAIGN}/qr.svg"): ("campaigns:read", 200),
    ("GET", f"{CAMPAIGN}/recording"): ("campaigns:read", 200),
    ("GET", f"{CAMPAIGN}/recording/<locale>"): ("campaigns:read", 404),
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
    HERE: {"kind": "association", "tags": ["north"]},
    f"{HERE}/retention": {"months": 12},
    f"{HERE}/tokens": {"name": "one", "scopes": ["tokens:write"]},
    f"{SITTING}/invite": {"code": "12345678"},
    f"{SEAT}/acts": {"act": "repeat"},
    f"{SEAT}/notes": {"words": "Hésite.", "member": "nobody"},
    f"{HERE}/accreditation": {"referent": "Ada"},
    f"{CAMPAIGN}/results/<participation>/group": {"group": "mardi"},
    f"{HERE}/phone": {"person": "01 23 45 67 89", "hours": "1-5 09:00-12:00"},
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
    desk: Desk, method: str, rule: str, token: str | None, owner: str = "admin", campaign: Campaign | None = None
) -> Response:
    """Ask an address with true parts of the organisation of `owner`, below the address of ours."""
    made = await parts_of(desk, rule, owner, campaign)
    path = rule.replace("<organization>", desk.ours)
    for name, value in made.items():
        path = path.replace(f"<{name}>", value)
    helper = {"title": "Lundi", "mediator": desk.members["mediator"].id}
    body = (helper if rule == f"{HERE}/sittings" else BODIES.get(rule)) if method in ("POST", "PUT", "PATCH") else None
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = await desk.app.test_client().open(path, method=method, headers=headers, json=body)
    if "webhook" in made:
        await desk.webhooks.remove(desk.members[owner].organization.id, made["webhook"])
    return answer


async def parts_of(desk: Desk, rule: str, owner: str, campaign: Campaign | None) -> dict[str, str]:
    """Give what stands in an address for each of its parts."""
    found = {"locale": "fr", "paper": "key-card"}
    if "<campaign>" in rule:
        made = campaign or await desk.campaign(owner)
        found["campaign"] = made.id
        if "<participation>" in rule:
            found["participation"] = await desk.participant(made)
    if "<member>" in rule:
        found["member"] = desk.members["viewer" if owner == "admin" else owner].id
    if "<sitting>" in rule:
        sitting, found["session"] = await desk.sit("mediator" if owner == "admin" else owner)
        found["sitting"] = sitting.id
    if "<token>" in rule:
        found["token"] = await desk.program(owner)
    if "<invitation>" in rule:
        found["invitation"] = await desk.waiting(owner)
    if "<webhook>" in rule:
        found["webhook"] = await desk.webhook(owner)
    return found


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
    every = {scope.value for scope in Scope}
    alone = {scope.value: await token_of(desk, "admin", scope) for scope in Scope}
    without = {scope.value: await token_of(desk, "admin", *(set(Scope) - {scope})) for scope in Scope}
    tokens: dict[str, tuple[str | None, set[str]]] = {
        "nobody": (None, set()),
        "broken": ("vapp_never", set()),
        "all": (await token_of(desk, "admin", *Scope), every),
        "stranger": (await token_of(desk, "stranger", *Scope), every),
        "partner": (await partner(desk, "north"), {scope.value for scope in PARTNER_SCOPES}),
        "partner elsewhere": (await partner(desk, "south"), {scope.value for scope in PARTNER_SCOPES}),
    }
    campaign = await desk.campaign()
    await desk.share(campaign)

    told, expected = {}, {}
    for (method, rule), (needs, usual) in RULES.items():
        one, others = ("all", "all") if needs in (TO_ALL, TO_TOKENS) else (needs, needs)
        asked = {
            **tokens,
            "alone": (alone.get(one, tokens["all"][0]), {one}),
            "without": (without.get(others, tokens["all"][0]), every - {others}),
        }
        for name, (token, scopes) in asked.items():
            told[name, method, rule] = (await ask(desk, method, rule, token, campaign=campaign)).status_code
            status = usual
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
        if rule.count("<") > 1:
            answer = await ask(desk, method, rule, token, "stranger", theirs)
            told[method, rule] = (answer.status_code, "seuls" in await answer.get_data(as_text=True))

    assert len(told) == 37
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

    assert (await ask(desk, "GET", HERE, token)).status_code == 401
