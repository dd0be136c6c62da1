"""A campaign from its code to the shared result: real content, dialogue and database; only ear and voice are fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.organization.roles import Role
from tests.fakes_speech import FakeSynthesizer
from tests.voice_app.fakes import FakeChannel, FakeEndpointer, FakeRecognizer
from voice_app.app import contexts, dialogue_context
from voice_app.conversation import Conversation, Voices
from voice_app.conversation_rules import ConversationRules
from voice_app.organizations import Campaign, CampaignDraft, SharedResult
from voice_app.ports import KeyPressed
from voice_app.settings import Settings
from voice_app.speech.earcons import earcon
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore

PATH = "courriel"
VIEW_LIMIT_S = 20.0


class House:
    """A database with one organisation and one campaign on e-mail."""

    def __init__(self, store: SqlStore, campaign: Campaign, organizations: SqlOrganizations) -> None:
        self.store = store
        self.campaign = campaign
        self.organizations = organizations
        self.usual = dialogue_context(Settings())
        self.context_of = contexts(Settings(), self.usual)

    @asynccontextmanager
    async def visit(self, code: str | None = None) -> AsyncIterator[FakeChannel]:
        channel = FakeChannel(microphone=False)
        outside = Voices(FakeRecognizer(), FakeSynthesizer(), FakeEndpointer(), earcon, self.store)
        conversation = Conversation(
            channel,
            self.usual,
            outside,
            seed=3,
            asker="here",
            rules=ConversationRules(),
            resume_code=code,
            context_of=self.context_of,
        )
        running = asyncio.create_task(conversation.run())
        try:
            await view_after(channel, 0)
            yield channel
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def results(self) -> list[SharedResult]:
        return [each async for each in self.organizations.results(self.campaign.organization.id, self.campaign.id)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'events.sqlite'}")
    rules = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
    organizations, accounts = SqlOrganizations(store.engine, rules), SqlAccounts(store.engine, rules)
    organization = await organizations.create("la Maison Bleue")
    invitation = await organizations.invite(organization.id, "ada@maison.example", Role.ADMIN, None)
    account = await accounts.identify(await accounts.accept(invitation, "Ada", "quatre mots faciles"))
    assert account is not None
    draft = CampaignDraft("Les mails", PATH, {"fr": "Bonjour de la part de Samia."})
    campaign = await organizations.create_campaign(organization.id, draft, account.members[0])
    yield House(store, campaign, organizations)
    await store.close()


async def view_after(channel: FakeChannel, count: int) -> None:
    """Wait until more views than these were shown, and the conversation rests."""
    async with asyncio.timeout(VIEW_LIMIT_S):
        while len(channel.views) <= count:  # noqa: ASYNC110 - the fake is a list, nothing tells of it
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.02)


async def press(channel: FakeChannel, keys: str) -> None:
    for key in keys:
        count = len(channel.views)
        channel.send(KeyPressed(channel.views[-1].turn, key))
        await view_after(channel, count)


async def answer_all(channel: FakeChannel) -> None:
    while channel.views[-1].screen != "result":
        await press(channel, "1")


def words(channel: FakeChannel) -> str:
    return " ".join(channel.views[-1].text)


async def test_a_campaign_is_taken_on_its_own_path_and_shared(house: House) -> None:
    asked = {item.id for item in house.usual.content.path_items(PATH)}
    async with house.visit() as channel:
        await press(channel, "12" + house.campaign.code)
        assert "Bonjour de la part de Samia." in words(channel)
        assert "la Maison Bleue" in words(channel)
        await press(channel, "111")
        await answer_all(channel)
        assert await house.results() == []
        await press(channel, "21")

    (shared,) = await house.results()
    async with house.store.engine.begin() as connection:
        kinds = (await connection.exec_driver_sql("select kind, payload from event order by sequence")).all()
    items = {payload.split('"item": "')[1].split('"')[0] for kind, payload in kinds if kind == "item_asked"}
    assert shared.snapshot.path == PATH
    assert len(shared.snapshot.mastered) + len(shared.snapshot.to_learn) > 0
    assert sum(shared.snapshot.answers.values()) == sum(area.questions for area in shared.snapshot.areas.values())
    assert items <= asked


async def test_a_campaign_that_was_cut_goes_on_with_its_questions(house: House) -> None:
    async with house.visit() as channel:
        await press(channel, "12" + house.campaign.code + "11111")
        code = next(entry[1] for entry in channel.log if entry[0] == "remember")
        before = channel.views[-1]

    async with house.visit(code) as channel:
        assert channel.views[-1].text[-1] == before.text[-1]
        await answer_all(channel)
        await press(channel, "22")

    counts = await house.organizations.campaign(house.campaign.organization.id, house.campaign.id)
    assert counts is not None
    assert (counts.counts.begun, counts.counts.completed, counts.counts.shared) == (1, 1, 0)


async def test_a_page_opened_by_the_campaigns_address_begins_with_its_welcome(house: House) -> None:
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1")

        assert "Bonjour de la part de Samia." in words(channel)


async def test_who_shares_too_late_is_told_and_nothing_is_lost(house: House) -> None:
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1111")
        await answer_all(channel)
        members = await house.organizations.members(house.campaign.organization.id)
        await house.organizations.archive(house.campaign.organization.id, house.campaign.id, members[0])
        await press(channel, "21")
        assert "Je ne peux plus envoyer ce résultat" in words(channel)
        await press(channel, "2")
        assert channel.views[-1].screen == "goodbye"

    assert await house.results() == []
