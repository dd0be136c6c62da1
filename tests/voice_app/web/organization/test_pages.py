"""The organisations' pages, one request at a time."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage

from audio_content.model import LOCALES
from engine.organization.campaigns import CampaignKind, Offer
from engine.organization.roles import Role
from tests.voice_app.speech.test_welcome_recordings import voice
from tests.voice_app.web.organization.desk import ORIGIN, PASSWORD, RULES, Desk, content
from voice_app.audio import wav_bytes
from voice_app.documents.rules import DocumentRules
from voice_app.organizations import CampaignDraft
from voice_app.web.organization.exports import BYTE_ORDER_MARK, harmless
from voice_app.web.organization.figures import path_name
from voice_app.web.organization.forms import FEWEST_QUESTIONS, read_campaign, templates
from voice_app.web.page_words import book_of_words


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


def test_both_locales_have_the_same_words() -> None:
    french, english = (book_of_words("organization", locale) for locale in LOCALES)

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }
    assert all(text.strip() for names in french.values() for text in names.values())


def test_every_path_that_is_offered_has_a_name_and_enough_questions() -> None:
    offered = templates(content())

    assert {"abc_diag", "positionnement", "emploi", "mediateur", *content().skill_map.modules} <= set(offered)
    assert set(offered) <= set(book_of_words("organization", "fr")["path"])
    assert all(len(content().engine_items(path)) >= FEWEST_QUESTIONS for path in offered)


def test_a_path_that_the_bank_carries_is_a_template_by_data_alone() -> None:
    paths = {**content().skill_map.paths, "vie-locale": content().skill_map.paths["emploi"]}
    carried = replace(content(), skill_map=replace(content().skill_map, paths=paths))

    form = {"title": "Ici", "path": "vie-locale"}

    assert read_campaign(form, templates(carried), carried).path == "vie-locale"
    assert path_name(carried, "vie-locale", book_of_words("organization", "fr")["path"], "fr", "") == "Vie locale"


async def test_the_cookie_is_for_this_service_alone(desk: Desk) -> None:
    browser = await desk.browser()
    form = {"email": "admin@maison.example", "password": PASSWORD}

    plain = await browser.post("/org/sign-in", form)
    guarded = await browser.client.post(
        "/org/sign-in", form=form, headers={"Origin": "https://localhost"}, scheme="https"
    )

    assert all(part in plain.headers["Set-Cookie"] for part in ("voice_app=", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert guarded.headers["Set-Cookie"].startswith("__Host-voice_app=")
    assert "Secure" in guarded.headers["Set-Cookie"]


async def test_pages_are_kept_by_nobody_and_ask_nothing_of_anybody(desk: Desk) -> None:
    answer = await (await desk.browser()).get("/org/sign-in")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_a_wrong_password_is_told_and_then_the_lock(desk: Desk) -> None:
    browser = await desk.browser()
    form = {"email": "admin@maison.example", "password": "wrong"}
    answers = [await browser.post("/org/sign-in", form) for _ in range(RULES.failures_before_lock + 1)]

    told = [await answer.get_data(as_text=True) for answer in answers]

    assert {answer.status_code for answer in answers} == {400}
    assert "ne vont pas ensemble" in told[0]
    assert "Réessayez dans 2 min" in told[-1]


async def test_signing_out_ends_the_session(desk: Desk) -> None:
    browser = await desk.browser("admin")
    await browser.text(f"/org/{desk.ours}/")

    await browser.post("/org/sign-out")

    assert (await browser.get(f"/org/{desk.ours}/")).status_code == 303


async def test_an_empty_home_says_what_to_do(desk: Desk) -> None:
    admin = await (await desk.browser("admin")).text(f"/org/{desk.ours}/")
    viewer = await (await desk.browser("viewer")).text(f"/org/{desk.ours}/")

    assert "Votre premier parcours" in admin
    assert "Créer un parcours" not in viewer
    assert "Il n’y a pas encore de parcours" in viewer


async def test_a_campaign_is_made_by_its_form(desk: Desk) -> None:
    browser = await desk.browser("mediator")
    await browser.get(f"/org/{desk.ours}/campaigns/new")
    form = {"title": "Été <b>", "path": "courriel", "welcome_fr": "Bonjour.", "opens": "2026-01-01", "closes": ""}

    answer = await browser.post(f"/org/{desk.ours}/campaigns/new", form)

    page = await browser.text(answer.headers["Location"])
    (made,) = await desk.organizations.campaigns(members_id := desk.members["mediator"].organization.id)
    assert made.organization.id == members_id
    assert (made.title, made.path, made.welcome) == ("Été <b>", "courriel", {"fr": "Bonjour."})
    assert "Été &lt;b&gt;" in page
    assert f"{made.code[:3]} {made.code[3:6]} {made.code[6:]}" in page


async def test_a_campaign_is_made_with_all_its_options(desk: Desk) -> None:
    browser = await desk.browser("mediator")
    page = await browser.text(f"/org/{desk.ours}/campaigns/new")
    assert 'name="topic_web.search"' in page
    form = {
        "title": "Inscrits",
        "path": "chosen",
        "competence_1.1": "yes",
        "topic_web.search": "yes",
        "topic_safe.net": "yes",
        "level": "4",
        "locale_en": "yes",
        "number_label_fr": " numéro  d’allocataire ",
        "repeated": "yes",
        "closes": "2026-12-31",
    }
    answer = await browser.post(f"/org/{desk.ours}/campaigns/new", form)
    shown = await browser.text(answer.headers["Location"])
    few = await browser.post(f"/org/{desk.ours}/campaigns/new", {**form, "competence_1.1": "", "level": "1"})
    profile = {"title": "Profils", "kind": "profile_collection", "path": "courriel"}
    await browser.post(f"/org/{desk.ours}/campaigns/new", profile)

    profiles, made = await desk.organizations.campaigns(desk.members["mediator"].organization.id)
    assert (made.path, made.locales, made.repeated) == ("set:1.1,safe.net@4", ("en",), True)
    assert made.number_label == {"fr": "numéro d’allocataire"}
    assert all(words in shown for words in ("English", "31 décembre 2026", "numéro d’allocataire", "peut être refaite"))
    assert few.status_code == 400
    assert (profiles.kind, profiles.path) == (CampaignKind.PROFILE, "positionnement")


async def test_a_campaign_is_changed_by_its_form_and_keeps_its_code(desk: Desk) -> None:
    member = desk.members["mediator"]
    opens = datetime(2026, 1, 1, 13, 30, tzinfo=UTC)
    draft = CampaignDraft("Printemp", "abc_diag", {"fr": "Bonjour."}, opens=opens, tags=("nord",))
    campaign = await desk.organizations.create_campaign(member.organization.id, draft, member)
    browser, path = await desk.browser("mediator"), f"/org/{desk.ours}/campaigns/{campaign.id}/change"
    page = await browser.text(path)
    form = dict(re.findall(r'name="(title|tags|opens|closes)"[^>]* value="([^"]*)"', page))

    wrong = await browser.post(path, {**form, "title": ""})
    made = await browser.post(
        path, {**form, "title": "Printemps", "welcome_fr": "Bonjour à vous.", "closes": "2030-05-31"}
    )

    shown = await browser.text(made.headers["Location"])
    changed = await desk.organizations.campaign(member.organization.id, campaign.id)
    assert form == {"title": "Printemp", "tags": "nord", "opens": opens.astimezone().date().isoformat(), "closes": ""}
    assert "Bonjour.</textarea>" in page
    assert wrong.status_code == 400
    assert 'aria-describedby="title-fault"' in await wrong.get_data(as_text=True)
    assert changed is not None
    assert (changed.code, changed.title, changed.opens) == (campaign.code, "Printemps", opens)
    assert changed.welcome == {"fr": "Bonjour à vous."}
    assert "31 mai 2030" in shown


async def test_an_organisation_s_number_and_a_second_time_are_seen_with_the_result(desk: Desk) -> None:
    member = desk.members["mediator"]
    draft = CampaignDraft("Inscrits", "abc_diag", number_label={"fr": "numéro"}, repeated=True)
    campaign = await desk.organizations.create_campaign(member.organization.id, draft, member)
    await desk.share(campaign, number="0475")
    await desk.share(campaign, again=await desk.participant(campaign))
    browser = await desk.browser("mediator")
    here = f"/org/{desk.ours}/campaigns/{campaign.id}"

    page, csv = await browser.text(f"{here}/participants/"), await browser.text(f"{here}/results.csv")
    told = json.loads(await browser.text(f"{here}/results.json"))

    assert "<td>0475</td>" in page
    assert "suite du numéro 1" in page
    assert [line.split(";")[-3:] for line in csv.splitlines()[1:]] == [["0475", "", "1"], ["", "1", "1"]]
    assert [(each["person_number"], each["again_of"]) for each in told["results"]] == [("0475", None), ("", 1)]


@pytest.mark.parametrize(
    ("changed", "field", "told"),
    [
        ({"title": " "}, "title", "Remplissez ce champ."),
        ({"path": "nowhere"}, "path", "Remplissez ce champ."),
        ({"kind": "exam"}, "kind", "Remplissez ce champ."),
        ({"number_label_en": "x" * 61}, "number_label", "trop long"),
        ({"closes": "tomorrow"}, "closes", "Cette date"),
        ({"opens": "2026-05-02", "closes": "2026-05-01"}, "closes", "avant l’ouverture"),
        ({"welcome_en": "x" * 500}, "welcome", "trop long"),
    ],
)
async def test_a_form_that_is_not_right_says_where_and_keeps_what_was_typed(
    desk: Desk, changed: dict[str, str], field: str, told: str
) -> None:
    browser = await desk.browser("admin")
    await browser.get(f"/org/{desk.ours}/campaigns/new")
    form = {"title": "Printemps", "path": "abc_diag", "welcome_fr": "Bonjour à vous.", **changed}

    answer = await browser.post(f"/org/{desk.ours}/campaigns/new", form)

    page = await answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert told in page
    assert f'aria-describedby="{field}-fault"' in page
    assert "Bonjour à vous." in page
    assert await desk.organizations.campaigns(desk.members["admin"].organization.id) == []


async def test_before_sharing_only_a_count_is_seen(desk: Desk) -> None:
    campaign = await desk.campaign()
    page = await (await desk.browser("admin")).text(f"/org/{desk.ours}/campaigns/{campaign.id}/")

    assert "Commencés\u00a0: 0. Terminés\u00a0: 0. Envoyés par la personne\u00a0: 0." in page
    assert "Aucun résultat envoyé" in page
    assert "results.csv" not in page


@pytest.mark.parametrize("phone", ["", "01 23 45 67 89"])
async def test_a_campaign_says_how_people_come_in_by_square_code_and_telephone(desk: Desk, phone: str) -> None:
    desk.settings = replace(desk.settings, documents=DocumentRules(phone=phone))
    campaign, browser = await desk.campaign(), await desk.browser("viewer")
    here = f"/org/{desk.ours}/campaigns/{campaign.id}"

    page, square = await browser.text(f"{here}/"), await browser.text(f"{here}/qr.svg")

    page = page.replace("\u00a0", " ")
    code = f"{campaign.code[:3]} {campaign.code[3:6]} {campaign.code[6:]}"
    assert f"choisissez « J’ai un code », puis dites ou tapez {code}." in page
    assert ("appelez le 01 23 45 67 89" in page) is bool(phone)
    assert ("si votre structure a un numéro" in page) is not bool(phone)
    assert "<svg" in square


async def test_a_shared_result_is_told_by_area_person_and_skill(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.share(campaign)
    await desk.share(campaign)
    browser, here = await desk.browser("viewer"), f"/org/{desk.ours}/campaigns/{campaign.id}"
    page = await browser.text(f"{here}/?lang=en")

    assert "Begun: 2. Completed: 2. Sent by the person: 2." in page
    assert '<th scope="row">ask a search engine a question</th>' in await browser.text(f"{here}/results/?lang=en")
    assert "almost autonomous" in await browser.text(f"{here}/participants/?lang=en")
    assert "results.csv" not in page  # a viewer does not export


async def test_the_csv_is_for_spreadsheets_and_reckons_nothing(desk: Desk) -> None:
    campaign = await desk.campaign(title="=cmd|'/c calc'!A1")
    for _ in range(3):
        await desk.share(campaign)
    browser = await desk.browser("mediator")
    answer = await browser.client.get(f"/org/{desk.ours}/campaigns/{campaign.id}/results.csv?lang=fr")

    body = await answer.get_data(as_text=False)
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert body.startswith(BYTE_ORDER_MARK.encode())
    assert len(rows) == 4
    assert {len(row) for row in rows} == {len(rows[0])}
    assert rows[1][0] == "'=cmd|'/c calc'!A1"
    assert [row[2] for row in rows[1:]] == ["1", "2", "3"]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{campaign.code}.csv"'


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_formula_is_made_harmless(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


async def test_the_json_is_whole(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.share(campaign)
    await desk.share(campaign)
    browser = await desk.browser("admin")
    answer = await browser.client.get(f"/org/{desk.ours}/campaigns/{campaign.id}/results.json")

    told = json.loads(await answer.get_data(as_text=True))

    assert told["counts"] == {"begun": 2, "completed": 2, "shared": 2}
    assert [each["number"] for each in told["results"]] == [1, 2]
    assert told["results"][0]["areas"]["1"]["mastered"] == ["web.search.1"]
    audit = await desk.organizations.audit(desk.members["admin"].organization.id, 1)
    assert audit[0].action == "results_exported"


async def test_an_invitation_leads_to_the_organisation(desk: Desk) -> None:
    admin = await desk.browser("admin")
    await admin.get(f"/org/{desk.ours}/members/")
    answer = await admin.post(f"/org/{desk.ours}/members/", {"email": "new@maison.example", "role": "viewer"})
    told = await answer.get_data(as_text=True)
    path = "/org/invitation/" + told.split("/org/invitation/")[1].split("<")[0]
    guest = await desk.browser()
    assert "La Maison Bleue invite new@maison.example." in await guest.text(path)

    poor = await guest.post(path, {"name": "Noé", "password": "short"})
    good = await guest.post(path, {"name": "Noé", "password": PASSWORD})

    assert poor.status_code == 400
    assert "au moins 12 caractères" in await poor.get_data(as_text=True)
    assert good.status_code == 303
    assert (await guest.get(path)).status_code == 404
    assert (await guest.get(f"/org/{desk.ours}/")).status_code == 200


async def test_the_last_admin_is_told_to_name_another(desk: Desk) -> None:
    browser = await desk.browser("admin")
    await browser.get(f"/org/{desk.ours}/members/")
    me = desk.members["admin"].id

    answer = await browser.post(f"/org/{desk.ours}/members/{me}", {"role": "admin", "active": "no"})

    assert answer.status_code == 400
    assert "nommez-en un autre" in await answer.get_data(as_text=True)


async def test_a_role_is_changed(desk: Desk) -> None:
    browser = await desk.browser("admin")
    await browser.get(f"/org/{desk.ours}/members/")
    viewer = desk.members["viewer"].id

    answer = await browser.post(f"/org/{desk.ours}/members/{viewer}", {"role": "mediator", "active": "yes"})

    roles = {each.id: each.role for each in await desk.organizations.members(desk.members["admin"].organization.id)}
    assert answer.status_code == 303
    assert roles[viewer] is Role.MEDIATOR


async def test_a_database_that_does_not_answer_is_told(desk: Desk) -> None:
    browser = await desk.browser("admin")
    async with desk.store.engine.begin() as connection:
        await connection.exec_driver_sql("drop table audit")
        await connection.exec_driver_sql("drop table tally")

    answer = await browser.get(f"/org/{desk.ours}/")

    assert answer.status_code == 503
    assert "Il y a un problème chez nous" in await answer.get_data(as_text=True)


async def test_a_member_s_voice_says_the_welcome(desk: Desk) -> None:
    member = desk.members["mediator"]
    draft = CampaignDraft("Été", "abc_diag", {"fr": "Bonjour à vous."})
    campaign = await desk.organizations.create_campaign(member.organization.id, draft, member)
    browser, here = await desk.browser("mediator"), f"/org/{desk.ours}/campaigns/{campaign.id}/recording/"
    assert "Bonjour à vous." in await browser.text(here)

    async def send(locale: str, body: bytes) -> int:
        sound = FileStorage(io.BytesIO(body), filename="accueil.wav", content_type="audio/wav")
        form = {"form_token": browser.token, "locale": locale}
        answer = await browser.client.post(here, form=form, files={"sound": sound}, headers=ORIGIN)
        return answer.status_code

    told = [await send("fr", b"no sound"), await send("en", wav_bytes(voice())), await send("fr", wav_bytes(voice()))]
    page, heard = await browser.text(here), await browser.get(f"{here}fr.wav")
    offer = await desk.store.find_campaign(campaign.code, asker="kiosk")
    assert isinstance(offer, Offer)
    played = await desk.welcomes.of_name(offer.recordings["fr"])
    removed = await browser.post(f"{here}remove", {"locale": "fr"})

    assert told == [400, 400, 303]
    assert "Un enregistrement de 2 s" in page
    assert (await heard.get_data(as_text=False))[:4] == b"RIFF"
    assert played == await heard.get_data(as_text=False)
    assert removed.status_code == 303
    assert await desk.welcomes.listed(desk.ours, campaign.id) == {}
