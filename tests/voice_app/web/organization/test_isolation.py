"""Who reaches what, from the route table itself: a route without a rule here fails the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.voice_app.web.organization.desk import Browser, Desk

NOBODY, STRANGER = "nobody", "stranger"
EVERYBODY = (NOBODY, STRANGER, "viewer", "mediator", "admin")
SEE = {NOBODY: 303, STRANGER: 404, "viewer": 200, "mediator": 200, "admin": 200}
RUN = {NOBODY: 303, STRANGER: 404, "viewer": 403, "mediator": 200, "admin": 200}
OWN = {**dict.fromkeys(EVERYBODY, 200), NOBODY: 303}
MANAGE = {NOBODY: 303, STRANGER: 404, "viewer": 403, "mediator": 403, "admin": 200}
SITTING = "/org/<organization>/sittings/<sitting>"
RECORDING = "/org/<organization>/campaigns/<campaign>/recording"
WEBHOOK = "/org/<organization>/webhooks/<webhook>"
SEAT = f"{SITTING}/seats/<session>"

RULES = {
    ("GET", "/org/"): dict.fromkeys(EVERYBODY, 303),
    ("GET", "/org/sign-in"): dict.fromkeys(EVERYBODY, 200),
    ("POST", "/org/sign-in"): dict.fromkeys(EVERYBODY, 400),
    ("POST", "/org/sign-out"): dict.fromkeys(EVERYBODY, 303),
    ("GET", "/org/invitation/<token>"): dict.fromkeys(EVERYBODY, 404),
    ("POST", "/org/invitation/<token>"): dict.fromkeys(EVERYBODY, 404),
    ("GET", "/org/<organization>/"): SEE,
    ("GET", "/org/<organization>/campaigns/new"): RUN,
    ("POST", "/org/<organization>/campaigns/new"): {**RUN, "mediator": 400, "admin": 400},
    ("GET", "/org/<organization>/campaigns/<campaign>/"): SEE,
    ("GET", "/org/<organization>/campaigns/<campaign>/change"): RUN,
    ("POST", "/org/<organization>/campaigns/<campaign>/change"): {**RUN, "mediator": 400, "admin": 400},
    ("GET", "/org/<organization>/campaigns/<campaign>/qr.svg"): SEE,
    ("GET", "/org/<organization>/campaigns/<campaign>/kit/"): SEE,
    ("GET", "/org/<organization>/campaigns/<campaign>/kit/<paper>.pdf"): {
        **SEE,
        **dict.fromkeys(("viewer", "mediator", "admin"), 400),
    },
    ("POST", "/org/<organization>/campaigns/<campaign>/archive"): {**RUN, "mediator": 303, "admin": 303},
    ("GET", "/org/<organization>/campaigns/<campaign>/results.csv"): RUN,
    ("GET", "/org/<organization>/campaigns/<campaign>/results.json"): RUN,
    ("GET", "/org/<organization>/campaigns/<campaign>/results/"): SEE,
    ("GET", "/org/<organization>/campaigns/<campaign>/participants/"): SEE,
    ("GET", "/org/<organization>/campaigns/<campaign>/participants/<participant>"): SEE,
    ("POST", "/org/<organization>/campaigns/<campaign>/participants/<participant>"): {
        **RUN,
        "mediator": 303,
        "admin": 303,
    },
    ("POST", "/org/<organization>/campaigns/<campaign>/publish"): {**RUN, "mediator": 303, "admin": 303},
    ("GET", "/org/figures/<code>"): dict.fromkeys(EVERYBODY, 404),
    ("GET", "/org/<organization>/sittings/"): RUN,
    ("POST", "/org/<organization>/sittings/"): {**RUN, "mediator": 400, "admin": 400},
    ("GET", f"{SITTING}/"): RUN,
    ("GET", f"{SITTING}/live"): RUN,
    ("GET", f"{SITTING}/qr.svg"): RUN,
    ("POST", f"{SITTING}/invite"): {**RUN, "mediator": 400, "admin": 400},
    ("POST", f"{SITTING}/close"): {**RUN, "mediator": 303, "admin": 303},
    ("GET", f"{SEAT}/"): RUN,
    ("GET", f"{SEAT}/live"): RUN,
    ("GET", f"{SEAT}/report.pdf"): RUN,
    ("POST", f"{SEAT}/act"): {**RUN, "mediator": 400, "admin": 400},
    ("POST", f"{SEAT}/note"): {**RUN, "mediator": 400, "admin": 400},
    ("GET", "/org/<organization>/accreditation/"): SEE,
    ("POST", "/org/<organization>/accreditation/"): {**MANAGE, "admin": 303},
    ("GET", "/org/<organization>/retention/"): MANAGE,
    ("POST", "/org/<organization>/retention/"): {**MANAGE, "admin": 400},
    ("GET", "/org/<organization>/phone/"): MANAGE,
    ("POST", "/org/<organization>/phone/"): {**MANAGE, "admin": 400},
    ("GET", "/org/<organization>/members/"): MANAGE,
    ("POST", "/org/<organization>/members/"): {**MANAGE, "admin": 400},
    ("POST", "/org/<organization>/members/<member>"): {**MANAGE, "admin": 303},
    ("POST", "/org/<organization>/invitations/<invitation>"): {**MANAGE, "admin": 303},
    ("GET", "/org/<organization>/programs/"): MANAGE,
    ("POST", "/org/<organization>/programs/"): {**MANAGE, "admin": 400},
    ("POST", "/org/<organization>/programs/<program>"): {**MANAGE, "admin": 303},
    ("GET", f"{RECORDING}/"): RUN,
    ("POST", f"{RECORDING}/"): {**RUN, "mediator": 400, "admin": 400},
    ("GET", f"{RECORDING}/<locale>.wav"): {**RUN, "mediator": 404, "admin": 404},
    ("POST", f"{RECORDING}/remove"): {**RUN, "mediator": 404, "admin": 404},
    ("GET", "/org/<organization>/webhooks/"): MANAGE,
    ("POST", "/org/<organization>/webhooks/"): {**MANAGE, "admin": 400},
    ("GET", f"{WEBHOOK}/"): MANAGE,
    ("POST", f"{WEBHOOK}/rotate"): MANAGE,
    ("POST", f"{WEBHOOK}/stop"): {**MANAGE, "admin": 303},
    ("POST", f"{WEBHOOK}/start"): {**MANAGE, "admin": 303},
    ("POST", f"{WEBHOOK}/remove"): {**MANAGE, "admin": 303},
    ("GET", "/org/<organization>/settings/"): MANAGE,
    ("POST", "/org/<organization>/settings/"): {**MANAGE, "admin": 400},
    ("GET", "/org/<organization>/log/"): MANAGE,
    ("GET", "/org/<organization>/first-steps/"): SEE,
    ("GET", "/org/join"): dict.fromkeys(EVERYBODY, 200),
    ("POST", "/org/join"): dict.fromkeys(EVERYBODY, 400),
    ("POST", "/org/passkeys/offer"): OWN,
    ("POST", "/org/passkeys/"): {**dict.fromkeys(EVERYBODY, 400), NOBODY: 303},
    ("POST", "/org/passkeys/remove"): {**dict.fromkeys(EVERYBODY, 404), NOBODY: 303},
    ("POST", "/org/passkeys/ask"): dict.fromkeys(EVERYBODY, 200),
    ("POST", "/org/passkeys/sign-in"): dict.fromkeys(EVERYBODY, 400),
    ("GET", "/org/sso/start"): dict.fromkeys(EVERYBODY, 404),
    ("GET", "/org/sso/callback"): dict.fromkeys(EVERYBODY, 404),
    ("POST", "/org/sso/link"): {**dict.fromkeys(EVERYBODY, 404), NOBODY: 303},
    ("POST", "/org/sso/unlink"): {**dict.fromkeys(EVERYBODY, 404), NOBODY: 303},
    ("GET", "/org/account/"): OWN,
    ("POST", "/org/account/password"): {**dict.fromkeys(EVERYBODY, 400), NOBODY: 303},
    ("POST", "/org/account/sign-ins/<sign_in>"): {**dict.fromkeys(EVERYBODY, 404), NOBODY: 303},
}
"""What each route answers to each person, for what is the Maison Bleue's; empty forms, so that 400 is "let in"."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


def table(desk: Desk) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in desk.app.url_map.iter_rules()
        if rule.rule.startswith("/org/")
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }


OF_AN_ORGANISATION = ("campaign", "member", "sitting", "invitation", "program", "webhook")
SIGNS_OUT = frozenset({"/org/sign-out"})


async def signed_in(desk: Desk, who: str) -> Browser:
    """Give a browser with a form token, signed in as this person."""
    browser = await desk.browser(None if who == NOBODY else who)
    if who != NOBODY:
        await browser.get("/org/sign-in")  # any page brings the form token
    return browser


async def test_every_route_has_its_rule(desk: Desk) -> None:
    assert table(desk) == set(RULES)


async def test_every_route_answers_every_person_by_its_rule(desk: Desk) -> None:
    told, expected = {}, {}
    for who in EVERYBODY:
        browser, campaign = await signed_in(desk, who), await desk.campaign()
        for method, rule in RULES:
            if "<campaign>" in rule and (method == "POST" or "<participant>" in rule):
                campaign = await desk.campaign()
            if "<participant>" in rule:
                await desk.share(campaign)
            participant = await desk.participant(campaign) if "<participant>" in rule else ""
            path = _path(rule, desk.ours, campaign.id, desk.members["viewer"].id, participant)
            path = await _seated(desk, path, over=rule.endswith("/live"))
            path = path.replace("<invitation>", await desk.waiting() if "<invitation>" in rule else "")
            path = path.replace("<program>", await desk.program() if "<program>" in rule else "")
            webhook = await desk.webhook() if "<webhook>" in rule else ""
            path = path.replace("<webhook>", webhook)
            form = {"role": "viewer", "active": "yes"} if "<member>" in rule else {}
            if rule in SIGNS_OUT:
                browser = await signed_in(desk, who)
            answer = await (browser.get(path) if method == "GET" else browser.post(path, form))
            told[who, method, rule] = answer.status_code
            expected[who, method, rule] = RULES[method, rule][who]
            if webhook:
                await desk.webhooks.remove(desk.ours, webhook)
            if rule in SIGNS_OUT:
                browser = await signed_in(desk, who)

    assert told == expected


@pytest.mark.parametrize("who", ["admin", "mediator", "viewer"])
async def test_below_ones_own_address_nothing_of_another_organisation_is_found(desk: Desk, who: str) -> None:
    theirs = await desk.campaign(STRANGER, "À nous seuls")
    await desk.share(theirs)
    browser = await desk.browser(who)
    await browser.get("/org/sign-in")

    told = {}
    for method, rule in RULES:
        if any(f"<{part}>" in rule for part in OF_AN_ORGANISATION):
            path = _path(rule, desk.ours, theirs.id, desk.members[STRANGER].id, await desk.participant(theirs))
            path = await _seated(desk, path, who=STRANGER)
            path = path.replace("<invitation>", await desk.waiting(STRANGER))
            path = path.replace("<program>", await desk.program(STRANGER))
            path = path.replace("<webhook>", await desk.webhook(STRANGER) if "<webhook>" in rule else "")
            form = {"role": "viewer", "active": "no"}
            answer = await (browser.get(path) if method == "GET" else browser.post(path, form))
            told[method, rule] = (answer.status_code, "À nous seuls" in await answer.get_data(as_text=True))

    assert len(told) == 36
    assert all(status in (403, 404) and not leaks for status, leaks in told.values())
    kept = await desk.organizations.campaign(theirs.organization.id, theirs.id)
    assert kept is not None
    assert kept.entry == "open"
    assert (await desk.organizations.members(theirs.organization.id))[0].active
    assert len(await desk.invitations.waiting(theirs.organization.id)) == 1
    webhooks = await desk.webhooks.of(theirs.organization.id)
    assert len(webhooks) == 5
    assert all(not each.stopped_because and len(each.secrets) == 1 for each in webhooks)
    assert not any(each.revoked_at for each in await desk.access.tokens(theirs.organization.id))


HERE, ELSEWHERE = "http://localhost", "https://elsewhere.example"


@pytest.mark.parametrize(
    ("headers", "with_token", "status"),
    [
        ({"Origin": HERE}, True, 303),
        ({"Sec-Fetch-Site": "same-origin"}, True, 303),
        ({"Origin": HERE}, False, 403),
        ({}, False, 403),
        ({"Origin": ELSEWHERE}, True, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, True, 403),
        ({"Sec-Fetch-Site": "cross-site"}, True, 403),
    ],
)
async def test_a_write_needs_its_origin_and_its_token(
    desk: Desk, headers: dict[str, str], with_token: bool, status: int
) -> None:
    campaign = await desk.campaign()
    browser = await desk.browser("admin")
    await browser.get(f"/org/{desk.ours}/")
    path = _path("/org/<organization>/campaigns/<campaign>/archive", desk.ours, campaign.id, "")

    answer = await browser.post(path, {} if with_token else {"form_token": "0" * 64}, headers)

    kept = await desk.organizations.campaign(desk.members["admin"].organization.id, campaign.id)
    assert answer.status_code == status
    assert kept is not None
    assert kept.entry == ("archived" if status == 303 else "open")


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_nobody_is_signed_in_from_elsewhere(desk: Desk, headers: dict[str, str]) -> None:
    browser = await desk.browser()
    form = {"email": desk.members["admin"].email, "password": "quatre mots faciles ici"}

    assert (await browser.post("/org/sign-in", form, headers)).status_code == 403


async def _seated(desk: Desk, path: str, *, who: str = "mediator", over: bool = False) -> str:
    """Put a sitting and a session of this member's organisation into the path. `over`: its streams end at once."""
    if "<sitting>" not in path:
        return path
    sitting, session = await desk.sit(who, "À nous seuls")
    if over:
        await desk.sittings.close_sitting(sitting.organization, sitting.id, desk.members[who])
    return path.replace("<sitting>", sitting.id).replace("<session>", session)


def _path(rule: str, organization: str, campaign: str, member: str, participant: str = "") -> str:
    parts = {
        "organization": organization,
        "campaign": campaign,
        "member": member,
        "participant": participant,
        "token": "never-given",
        "locale": "fr",
        "code": "900000000",
        "paper": "poster-a3",
    }
    for name, value in parts.items():
        rule = rule.replace(f"<{name}>", value)
    return rule
