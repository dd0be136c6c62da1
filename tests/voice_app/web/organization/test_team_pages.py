"""Team, programs, settings, log and one's own access, one request at a time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from quart import Quart

from audio_content.model import LOCALES
from engine.organization.scopes import Scope
from tests.voice_app.web.organization.desk import ORIGIN, PASSWORD, RULES, Browser, Desk
from voice_app.organizations import OrganizationFacts
from voice_app.outlets.rules import WebhookRules
from voice_app.settings import Settings
from voice_app.web.organization.devices import device_of
from voice_app.web.organization.own_pages import CODES_PER_ADDRESS
from voice_app.web.organization.pages import organization_blueprint
from voice_app.web.page_words import book_of_words

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


def test_both_locales_have_the_same_words() -> None:
    french, english = (book_of_words("team", locale) for locale in LOCALES)

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }
    assert set(french["scope"]) == set(Scope)


# --- team ---------------------------------------------------------------------------------------------------------


async def _invited(desk: Desk, admin: Browser) -> tuple[str, str]:
    answer = await admin.post(f"/org/{desk.ours}/members/", {"email": "new@maison.example", "role": "viewer"})
    told = await answer.get_data(as_text=True)
    code = re.search(r'class="big-code">([0-9 ]+)<', told)
    assert code is not None
    return "/org/invitation/" + told.split("/org/invitation/")[1].split("<")[0], code[1]


async def test_an_invitation_opens_by_a_code_that_is_said(desk: Desk) -> None:
    admin = await desk.browser("admin")
    await admin.get(f"/org/{desk.ours}/members/")
    address, code = await _invited(desk, admin)
    guest = await desk.browser()

    found = await guest.post("/org/join", {"code": code})
    again = await guest.post("/org/join", {"code": code})
    joined = await guest.post(found.headers["Location"], {"name": "Noé", "password": PASSWORD})

    assert re.fullmatch(r"\d{3} \d{3} \d{3} \d{3}", code)
    assert (found.status_code, again.status_code, joined.status_code) == (303, 400, 303)
    assert (await guest.get(address)).status_code == 404  # whoever holds the code has taken it over


async def test_codes_are_not_guessed_without_end(desk: Desk) -> None:
    guest = await desk.browser()

    told = [(await guest.post("/org/join", {"code": "123456789012"})).status_code for _ in range(12)]

    assert told == [400] * CODES_PER_ADDRESS + [429] * 2


async def test_an_invitation_that_waits_is_listed_and_withdrawn(desk: Desk) -> None:
    admin = await desk.browser("admin")
    await admin.get(f"/org/{desk.ours}/members/")
    address, code = await _invited(desk, admin)
    page = await admin.text(f"/org/{desk.ours}/members/")
    (path,) = re.findall(rf"/org/{desk.ours}/invitations/[0-9a-f]+", page)

    withdrawn = await admin.post(path)

    guest = await desk.browser()
    assert "new@maison.example" in page
    assert withdrawn.status_code == 303
    assert (await guest.get(address)).status_code == 404
    assert (await guest.post("/org/join", {"code": code})).status_code == 400
    assert "a retiré l’invitation de" in await admin.text(f"/org/{desk.ours}/log/")


# --- first steps --------------------------------------------------------------------------------------------------


async def test_first_steps_tick_themselves(desk: Desk) -> None:
    admin, path = await desk.browser("admin"), f"/org/{desk.ours}/first-steps/"
    before = await admin.text(path)
    await desk.facts.describe(desk.members["admin"].organization.id, OrganizationFacts("association"), None)
    campaign = await desk.campaign()
    between = await admin.text(path)
    await desk.share(campaign)
    await desk.share(campaign)
    after = await admin.text(path)

    assert [page.count("C’est fait.") for page in (before, between, after)] == [1, 3, 6]  # the team is there
    assert "Étape suivante\u00a0: Dire qui vous êtes" in before
    assert "Étape suivante\u00a0: L’essayer vous-même" in between
    assert campaign.code in between
    assert "Tout est en place." in after


async def test_a_viewer_is_not_sent_where_they_may_not_go(desk: Desk) -> None:
    page = await (await desk.browser("viewer")).text(f"/org/{desk.ours}/first-steps/")

    assert "/settings/" not in page
    assert "/campaigns/new" not in page


# --- programs -----------------------------------------------------------------------------------------------------


async def test_a_token_is_made_shown_once_and_revoked(desk: Desk) -> None:
    admin = await desk.browser("admin")
    path = f"/org/{desk.ours}/programs/"
    empty = await admin.text(path)
    form = {"name": "Tableau", "scope": "results:read", "days": "90"}

    made = await (await admin.post(path, form)).get_data(as_text=True)
    listed = await admin.text(path)

    (token,) = set(re.findall(r"vapp_[\w-]+", made))
    caller = await desk.access.identify(token)
    (kept,) = await desk.access.tokens(desk.members["admin"].organization.id)
    assert "Aucun programme n’a accès" in empty
    assert caller is not None
    assert caller.scopes == {Scope.RESULTS_READ}
    assert (kept.made_by, kept.expires_at - kept.created_at) == ("admin", timedelta(days=90))
    assert token not in listed
    assert "Tableau" in listed
    assert (await admin.post(f"{path}{kept.id}")).status_code == 303
    assert await desk.access.identify(token) is None


@pytest.mark.parametrize(
    ("form", "told"),
    [({"name": "Tableau"}, "Cochez au moins"), ({"name": " ", "scope": "results:read"}, "Dites à quoi sert")],
)
async def test_a_token_that_cannot_be_is_told(desk: Desk, form: dict[str, str], told: str) -> None:
    admin = await desk.browser("admin")
    await admin.get(f"/org/{desk.ours}/programs/")

    answer = await admin.post(f"/org/{desk.ours}/programs/", form)

    assert answer.status_code == 400
    assert told in await answer.get_data(as_text=True)


# --- settings and log ---------------------------------------------------------------------------------------------


async def test_an_organisation_says_what_it_is(desk: Desk) -> None:
    admin = await desk.browser("admin")
    path = f"/org/{desk.ours}/settings/"
    await admin.get(path)
    form = {"name": "la Maison", "kind": "Association", "tags": "Nord, bus", "legal_id": "123 456", "training": "yes"}

    answer = await admin.post(path, form)

    shown = await desk.facts.shown(desk.members["admin"].organization.id)
    assert answer.status_code == 200
    assert shown is not None
    assert (shown.organization.name, shown.facts.tags, shown.facts.training) == ("la Maison", ("nord", "bus"), True)
    assert 'value="nord, bus"' in await admin.text(path)


async def test_a_legal_id_that_cannot_be_is_told_and_what_was_typed_stays(desk: Desk) -> None:
    admin = await desk.browser("admin")
    path = f"/org/{desk.ours}/settings/"
    await admin.get(path)

    answer = await admin.post(path, {"name": "la Maison", "kind": "mairie", "legal_id": "<b>"})

    page = await answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Un numéro légal" in page
    assert 'value="mairie"' in page


async def test_the_log_goes_back_page_by_page(desk: Desk) -> None:
    admin, member = await desk.browser("admin"), desk.members["admin"]
    for number in range(120):
        await desk.organizations.note(member.organization.id, member, "campaign_created", f"number {number}")

    first = await admin.text(f"/org/{desk.ours}/log/")
    second = await admin.text(f"/org/{desk.ours}/log/?from=100")

    assert "number 119" in first
    assert "number 10<" not in first
    assert "?from=100" in first
    assert "number 10<" in second


# --- one's own access ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML) Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8", ""),
    ],
)
def test_a_device_is_told_as_people_call_it(agent: str, device: str) -> None:
    assert device_of(agent) == device


async def test_sign_ins_are_listed_and_ended(desk: Desk) -> None:
    here, elsewhere = await desk.browser(), await desk.browser("viewer")
    form = {"email": desk.members["viewer"].email, "password": PASSWORD}
    await here.post("/org/sign-in", form, {**ORIGIN, "User-Agent": FIREFOX})
    page = await here.text("/org/account/")
    others = re.findall(r"/org/account/sign-ins/([0-9a-f]{16})", page)

    ended = [(await here.post(f"/org/account/sign-ins/{each}")).status_code for each in others]

    assert "Firefox, Linux" in page
    assert "– ici" in page
    assert len(others) == 2  # the browser elsewhere, and the one that accepted the invitation
    assert ended == [303, 303]
    assert (await elsewhere.get("/org/account/")).status_code == 303
    assert (await here.get("/org/account/")).status_code == 200


async def test_nobody_ends_the_sign_in_of_somebody_else(desk: Desk) -> None:
    admin, viewer = await desk.browser("admin"), await desk.browser("viewer")
    token = (await desk.own_access.sign_ins(desk.members["viewer"].account, ""))[0].id
    await admin.get("/org/account/")

    assert (await admin.post(f"/org/account/sign-ins/{token}")).status_code == 404
    assert (await viewer.get("/org/account/")).status_code == 200


async def test_a_password_is_changed_by_oneself_and_other_devices_are_out(desk: Desk) -> None:
    here, elsewhere = await desk.browser("viewer"), await desk.browser("viewer")
    await here.get("/org/account/")

    wrong = await here.post("/org/account/password", {"old": "wrong", "new": "cinq mots tout aussi faciles"})
    short = await here.post("/org/account/password", {"old": PASSWORD, "new": "short"})
    done = await here.post("/org/account/password", {"old": PASSWORD, "new": "cinq mots tout aussi faciles"})

    assert (wrong.status_code, short.status_code, done.status_code) == (400, 400, 303)
    assert "Le mot de passe actuel n’est pas le bon" in await wrong.get_data(as_text=True)
    assert (await elsewhere.get("/org/account/")).status_code == 303
    assert (await here.get("/org/account/")).status_code == 200
    assert await desk.accounts.sign_in("viewer@maison.example", "cinq mots tout aussi faciles")


async def test_an_address_that_tries_too_often_waits(desk: Desk) -> None:
    app = Quart(__name__, static_folder=None)
    app.register_blueprint(organization_blueprint(lambda: desk, replace(RULES, sign_ins_per_address=3)))
    guest = Browser(app.test_client())

    told = [
        (await guest.post("/org/sign-in", {"email": f"{number}@x.example", "password": "x"})).status_code
        for number in range(5)
    ]

    assert told == [400, 400, 400, 429, 429]


# --- webhooks -----------------------------------------------------------------------------------------------------


async def test_an_admin_looks_after_a_webhook(desk: Desk) -> None:
    desk.settings = Settings(webhooks=WebhookRules(allow_private=True))
    browser, home = await desk.browser("admin"), f"/org/{desk.ours}/webhooks/"
    await browser.get(home)
    made = await (await browser.post(home, {"url": "https://recu.example/webhook"})).get_data(as_text=True)
    (webhook,) = await desk.webhooks.of(desk.ours)
    await desk.webhooks.note(webhook.id, "participation.shared", "delivery-1", None, "no answer within 5 s")
    one = f"{home}{webhook.id}/"
    rotated = await (await browser.post(f"{one}rotate")).get_data(as_text=True)
    await browser.post(f"{one}stop")
    stopped = await browser.text(one)
    await browser.post(f"{one}start")
    (changed,) = await desk.webhooks.of(desk.ours)

    assert webhook.secrets[0] in made
    assert changed.secrets[0] in rotated
    assert changed.secrets[1] == webhook.secrets[0]
    assert changed.stopped_because == ""
    assert "Vous avez arrêté cette adresse." in stopped
    assert "no answer within 5 s" in stopped
    assert "whsec_" not in stopped + await browser.text(home)


@pytest.mark.parametrize("url", ["http://recu.example/", "https://127.0.0.1/", "https://[::1]/", ""])
async def test_an_address_that_must_not_be_called_is_not_added(desk: Desk, url: str) -> None:
    browser, home = await desk.browser("admin"), f"/org/{desk.ours}/webhooks/"
    await browser.get(home)

    answer = await browser.post(home, {"url": url})

    assert answer.status_code == 400
    assert await desk.webhooks.of(desk.ours) == []
