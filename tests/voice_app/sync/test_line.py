"""A site and its hub over HTTP, the line good and bad, and by bundles on a stick."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

import audio_content
from audio_content.loader import load
from engine.organization.campaigns import Offer
from engine.organization.roles import Role
from scripts.bad_line import BadLine
from tests.voice_app.sync.rig import RULES, Hub, Site, join, serving
from voice_app.audio import Sound, wav_bytes
from voice_app.organizations import CampaignDraft, Member, OrganizationId
from voice_app.ports import NewRecord, SessionId
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_welcomes import SqlWelcomes
from voice_app.store.transactions import wall_clock
from voice_app.sync.bundles import export_site, gifts, import_hub, import_site, write_reply
from voice_app.sync.courier import Versions, bring, push
from voice_app.sync.http_line import HttpLine
from voice_app.sync.operator_view import operator_sentences
from voice_app.sync.ports import HubRefuses, HubUnreachable
from voice_app.sync.pulling import content_root, pull
from voice_app.sync.seals import BadBundle, Keys, label_of, new_keys, read_bundle, write_bundle

QUICK = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
VERSIONS = Versions("1.2", "bank")
WELCOME = wav_bytes(Sound(bytes(range(256)) * 250))
OTHER_WELCOME = wav_bytes(Sound(bytes(32_000)))


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    speech = tmp_path / "hub-speech"
    (speech / "ab").mkdir(parents=True)
    (speech / "ab" / "clip.wav").write_bytes(bytes(range(256)) * 1_200)
    url = f"sqlite+aiosqlite:///{tmp_path / 'hub.sqlite'}"
    async with serving(url, {"speech": speech}) as running:
        yield running


@pytest.fixture
async def site(hub: Hub, tmp_path: Path) -> AsyncIterator[Site]:
    made = await join(hub, tmp_path / "site", "le bus", [await organization(hub, "la Maison Bleue")])
    yield made
    await made.store.close()


async def organization(hub: Hub, name: str) -> str:
    """An organisation with an admin and a campaign."""
    organizations = SqlOrganizations(hub.store.engine, QUICK)
    accounts = SqlAccounts(hub.store.engine, QUICK)
    made = await organizations.create(name)
    token = await organizations.invite(made.id, f"ada@{made.id}.example", Role.ADMIN, None)
    await accounts.accept(token, "Ada", "correct horse battery")
    (admin,) = await organizations.members(made.id)
    await organizations.create_campaign(made.id, CampaignDraft("Printemps", "abc_diag"), admin)
    return made.id


async def written(site: Site, count: int, size: int = 0) -> SessionId:
    session = await site.store.open_session("kiosk", "bank-1")
    for number in range(count):
        record = NewRecord("item_answered", {"v": 1, "item": f"i{number}", "x": f"{number}" * size})
        await site.store.append(session, [record], channel="kiosk")
    return session


async def test_events_go_over_the_line_and_the_report_with_them(hub: Hub, site: Site) -> None:
    session = await written(site, 3)

    await push(site.uplink, await site.line(), VERSIONS)

    assert len(await hub.store.history(session)) == 3
    (told,) = await hub.desk.overview.sites()
    assert (told.name, told.backlog, told.chains[0].app_version, told.chains[0].way) == ("le bus", 0, "1.2", "line")


async def test_rows_of_its_organisations_come_and_no_others(hub: Hub, site: Site) -> None:
    await organization(hub, "une autre")

    told = await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)

    here = SqlOrganizations(site.store.engine, QUICK)
    (mine,) = await here.listed()
    (campaign,) = await here.campaigns(mine.id)
    assert (mine.name, campaign.title, told.rows) == ("la Maison Bleue", "Printemps", 4)
    assert await SqlAccounts(site.store.engine, QUICK).sign_in(f"ada@{mine.id}.example", "correct horse battery")


async def recorded(hub: Hub, organization_id: str, body: bytes) -> str:
    """Record the French welcome of an organisation's campaign at the hub; give the campaign."""
    organizations = SqlOrganizations(hub.store.engine, QUICK)
    (admin,) = await organizations.members(organization_id)
    draft = CampaignDraft("Accueil", "abc_diag", {"fr": "Bonjour."})
    campaign = await organizations.create_campaign(organization_id, draft, admin)
    assert await SqlWelcomes(hub.store.engine).keep(organization_id, campaign.id, "fr", body, 2_000, admin)
    return campaign.id


async def ours(hub: Hub) -> str:
    return next(each.id for each in await SqlOrganizations(hub.store.engine, QUICK).listed() if "Bleue" in each.name)


async def test_a_recorded_welcome_comes_with_its_campaign_and_goes_with_it(hub: Hub, site: Site) -> None:
    mine = await ours(hub)
    campaign = await recorded(hub, mine, WELCOME)

    told = await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)
    here = SqlWelcomes(site.store.engine)
    lengths = await here.listed(OrganizationId(mine), campaign)
    found = await site.store.find_campaign(await code_of(hub, mine, campaign), asker="kiosk")

    assert isinstance(found, Offer)
    assert await here.of_name(found.recordings["fr"]) == WELCOME
    assert (lengths, told.files) == ({"fr": 2_000}, 2)
    assert list(site.folders.incoming.iterdir()) == []

    admins = await SqlOrganizations(hub.store.engine, QUICK).members(OrganizationId(mine))
    await SqlWelcomes(hub.store.engine).remove(mine, campaign, "fr", admins[0])
    told = await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)

    assert await here.listed(OrganizationId(mine), campaign) == {}
    assert (told.files, told.gone) == (0, 1)


async def code_of(hub: Hub, organization_id: str, campaign: str) -> str:
    found = await SqlOrganizations(hub.store.engine, QUICK).campaign(OrganizationId(organization_id), campaign)
    assert found is not None
    return found.code


async def test_one_recording_of_two_campaigns_plays_in_both_and_a_new_one_takes_its_place(hub: Hub, site: Site) -> None:
    mine = await ours(hub)
    campaigns = [await recorded(hub, mine, WELCOME), await recorded(hub, mine, WELCOME)]
    await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)
    here = SqlWelcomes(site.store.engine)
    both = [await here.body(mine, campaign, "fr") for campaign in campaigns]

    (admin,) = await SqlOrganizations(hub.store.engine, QUICK).members(OrganizationId(mine))
    await SqlWelcomes(hub.store.engine).keep(mine, campaigns[0], "fr", OTHER_WELCOME, 1_000, admin)
    await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)

    assert both == [WELCOME, WELCOME]
    assert [await here.body(mine, campaign, "fr") for campaign in campaigns] == [OTHER_WELCOME, WELCOME]


async def test_the_recordings_of_others_are_neither_told_nor_given(hub: Hub, site: Site, tmp_path: Path) -> None:
    other = await organization(hub, "une autre")
    await recorded(hub, other, WELCOME)
    line = await site.line()

    told = await pull(site.uplink, site.exchange, line, site.folders, RULES)
    with pytest.raises(HubRefuses):
        await line.file(hashlib.sha256(WELCOME).hexdigest(), len(WELCOME), tmp_path / "stolen")

    assert told.files == 1


async def test_a_recorded_welcome_goes_on_where_the_line_broke(hub: Hub, site: Site) -> None:
    mine = await ours(hub)
    campaign = await recorded(hub, mine, WELCOME)
    line = BadLine("127.0.0.1", hub.port, rate=2_000_000, cut_bytes=20_000)
    server = await line.serve()
    clock = asyncio.create_task(line.run_clock())
    bad = await site.line(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        told = await pull(site.uplink, site.exchange, bad, site.folders, RULES)
    finally:
        server.close()
        clock.cancel()

    assert await SqlWelcomes(site.store.engine).body(mine, campaign, "fr") == WELCOME
    assert told.breaks > 5
    assert line.carried < (307_200 + len(WELCOME)) * 1.5


async def test_a_recorded_welcome_comes_on_a_stick(hub: Hub, site: Site, tmp_path: Path) -> None:
    mine = await ours(hub)
    campaigns = [await recorded(hub, mine, WELCOME), await recorded(hub, mine, WELCOME)]
    enrolment = await hub.desk.enrolments.find("le bus")

    await export_site(site.uplink, site.exchange, VERSIONS, tmp_path / "out.bundle", "le bus")
    _, reply = await import_hub(hub.desk, enrolment, tmp_path / "out.bundle")
    await write_reply(enrolment, tmp_path / "back.bundle", reply)
    await import_site(site.uplink, site.exchange, site.folders, tmp_path / "back.bundle")

    here = SqlWelcomes(site.store.engine)
    assert [await here.body(mine, campaign, "fr") for campaign in campaigns] == [WELCOME, WELCOME]


async def test_only_what_is_new_is_fetched(hub: Hub, site: Site) -> None:
    first = await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)
    nothing = await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)
    organizations = SqlOrganizations(hub.store.engine, QUICK)
    (mine,) = await organizations.listed()
    (campaign,) = await organizations.campaigns(mine.id)
    (admin,) = await organizations.members(mine.id)
    await organizations.archive(mine.id, campaign.id, admin)

    again = await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)

    assert (first.files, nothing.rows, nothing.files) == (1, 0, 0)
    assert (again.rows, again.files) == (1, 0)
    assert (site.folders.speech / "ab" / "clip.wav").stat().st_size == 307_200


async def test_who_is_put_out_at_the_hub_is_put_out_at_the_site(hub: Hub, site: Site) -> None:
    await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)
    here = SqlAccounts(site.store.engine, QUICK)
    organizations = SqlOrganizations(hub.store.engine, QUICK)
    (mine,) = await organizations.listed()
    signed_in = await here.sign_in(f"ada@{mine.id}.example", "correct horse battery")
    second = await organizations.invite(mine.id, "bo@maison.example", Role.ADMIN, None)
    await SqlAccounts(hub.store.engine, QUICK).accept(second, "Bo", "correct horse battery")
    ada, bo = sorted(await organizations.members(mine.id), key=lambda member: member.name)

    await organizations.change_member(OrganizationId(mine.id), ada.id, role=Role.ADMIN, active=False, by=bo)
    await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)

    assert await here.identify(signed_in) is None
    members: list[Member] = list(await SqlOrganizations(site.store.engine, QUICK).members(mine.id))
    assert {member.name: member.active for member in members} == {"Ada": False, "Bo": True}


async def test_everything_arrives_over_a_line_that_breaks_all_the_time(hub: Hub, site: Site) -> None:
    session = await written(site, 120, 300)
    line = BadLine("127.0.0.1", hub.port, rate=2_000_000, cut_bytes=20_000)
    server = await line.serve()
    clock = asyncio.create_task(line.run_clock())
    bad = await site.line(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        for _ in range(30):
            try:
                await push(site.uplink, bad, VERSIONS)
                break
            except HubUnreachable:
                continue
        told = await pull(site.uplink, site.exchange, bad, site.folders, RULES)
    finally:
        server.close()
        clock.cancel()

    assert len(await hub.store.history(session)) == 120
    assert told.breaks > 5
    assert (site.folders.speech / "ab" / "clip.wav").read_bytes() == bytes(range(256)) * 1_200
    assert line.carried < 307_200 * 1.5


async def test_the_item_bank_of_the_hub_is_proved_and_then_used(tmp_path: Path) -> None:
    root = tmp_path / "bank"
    shutil.copytree(Path(audio_content.__path__[0]), root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    prompts = root / "prompts" / "fr.yaml"
    prompts.write_text(prompts.read_text(encoding="utf-8").replace("Ce n'est pas votre faute.", "Pas de souci."))
    async with serving(f"sqlite+aiosqlite:///{tmp_path / 'hub.sqlite'}", {"content": root}) as hub:
        site = await join(hub, tmp_path / "site", "le bus")
        told = await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)
        used = content_root(site.folders.content)
        (root / "items" / "broken.yaml").write_text("- nothing: of the kind\n")
        await pull(site.uplink, site.exchange, await site.line(), site.folders, RULES)
        await site.store.close()

    assert used is not None
    assert load(used).version == told.bank
    assert "Pas de souci." in load(used).prompts["fr"]["fault.not_saved"]
    assert told.files == 1
    assert content_root(site.folders.content) == used


async def test_a_session_is_fetched_by_its_code(hub: Hub, site: Site, tmp_path: Path) -> None:
    session = await written(site, 2)
    code = await site.store.issue_code(session)
    await push(site.uplink, await site.line(), VERSIONS)
    other = await join(hub, tmp_path / "other", "la mairie")

    found = await bring(other.uplink, await other.line(), code, "kiosk")
    unknown = await bring(other.uplink, await other.line(), "12345674", "kiosk")

    assert (found, unknown) == (True, False)
    assert len(await other.store.history(session)) == 2
    await other.store.close()


async def test_a_token_that_was_revoked_opens_nothing_and_is_told(hub: Hub, site: Site) -> None:
    await push(site.uplink, await site.line(), VERSIONS)
    (enrolment,) = await hub.desk.enrolments.listed()
    await hub.desk.enrolments.close(enrolment.id)

    with pytest.raises(HubRefuses):
        await push(site.uplink, await site.line(), VERSIONS)

    assert (await site.uplink.uplink()).refused
    sentences = operator_sentences([], [], [], wall_clock(), "fr")
    (incident,) = await hub.desk.overview.incidents()
    assert (incident.kind, len(sentences)) == ("refused", 1)


async def test_a_new_token_by_the_line_itself(hub: Hub, site: Site) -> None:
    old = await site.line()
    token = await old.rotate()
    await push(site.uplink, HttpLine(hub.address, token, RULES), VERSIONS)

    with pytest.raises(HubRefuses):
        await push(site.uplink, old, VERSIONS)


async def test_without_a_token_nothing_is_answered(hub: Hub) -> None:
    for line in (HttpLine(hub.address, "site_guess", RULES), HttpLine(hub.address, "", RULES)):
        with pytest.raises(HubRefuses):
            await line.feed("site", "", 0)


async def test_a_hub_that_is_not_there_is_told_as_such() -> None:
    with pytest.raises(HubUnreachable):
        await HttpLine("http://127.0.0.1:9", "token", replace(RULES, answer_limit_s=1.0)).feed("site", "", 0)


async def test_both_ways_on_a_stick(hub: Hub, site: Site, tmp_path: Path) -> None:
    session = await written(site, 3)
    (enrolment,) = await hub.desk.enrolments.listed()
    there, back = tmp_path / "out.bundle", tmp_path / "back.bundle"

    await export_site(site.uplink, site.exchange, VERSIONS, there, "le bus")
    told, reply = await import_hub(hub.desk, enrolment, there)
    await write_reply(enrolment, back, reply)
    came = await import_site(site.uplink, site.exchange, site.folders, back)

    assert (told.events, label_of(there)) == (3, "le bus")
    assert len(await hub.store.history(session)) == 3
    assert [each.waiting for each in await site.uplink.backlogs()] == [0]
    assert (came.rows, came.files) == (4, 1)
    assert (site.folders.speech / "ab" / "clip.wav").is_file()
    assert b"item_answered" not in there.read_bytes()
    await import_hub(hub.desk, enrolment, there)
    await import_site(site.uplink, site.exchange, site.folders, back)
    assert len(await hub.store.history(session)) == 3


async def test_a_session_goes_on_elsewhere_by_a_stick(hub: Hub, site: Site, tmp_path: Path) -> None:
    session = await written(site, 2)
    code = await site.store.issue_code(session)
    await push(site.uplink, await site.line(), VERSIONS)
    other = await join(hub, tmp_path / "other", "la mairie")
    enrolment = await hub.desk.enrolments.find("la mairie")

    records = [record async for record in gifts(hub.desk, enrolment, {}, [code])]
    await write_reply(enrolment, tmp_path / "gift.bundle", records)
    await import_site(other.uplink, other.exchange, other.folders, tmp_path / "gift.bundle")

    assert await other.store.find_session(code, asker="kiosk") == session
    await other.store.take_up(session)
    await other.store.append(session, [NewRecord("item_answered", {"item": "i2"})], channel="kiosk")
    await other.store.close()


@pytest.mark.parametrize("damage", ["byte", "cut", "swapped", "other keys", "other sender", "no bundle"])
def test_a_bundle_that_is_not_whole_or_not_ours_is_refused_before_anything_is_read(tmp_path: Path, damage: str) -> None:
    site, hub = new_keys()
    file = tmp_path / "bundle"
    write_bundle(file, site, "name", [b"x" * 400_000, b"end"])
    body = bytearray(file.read_bytes())
    keys = hub
    match damage:
        case "byte":
            body[len(body) // 2] ^= 1
        case "cut":
            body = body[:-70_000]
        case "swapped":
            body[100:200], body[300:400] = body[300:400], body[100:200]
        case "other keys":
            keys = new_keys()[1]
        case "other sender":
            keys = Keys(hub.shared, hub.signing, new_keys()[0].verifying)
        case _:
            body = bytearray(b"something else")
    file.write_bytes(body)

    with pytest.raises(BadBundle):
        list(read_bundle(file, keys))


def test_a_bundle_holds_what_was_put_in(tmp_path: Path) -> None:
    site, hub = new_keys()
    records = [b"", b"one", b"x" * 700_000, b"end"]

    write_bundle(tmp_path / "bundle", site, "é" * 300, records)

    assert list(read_bundle(tmp_path / "bundle", hub)) == records
