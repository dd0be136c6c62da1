"""A campaign from its code to the shared result: real content, dialogue and database; only ear and voice are fake."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.organization.campaigns import CampaignKind
from engine.organization.roles import Role
from tests.databases import new_file
from tests.fakes_speech import FakeSynthesizer
from tests.voice_app.fakes import FakeChannel, FakeEndpointer, FakeRecognizer
from voice_app.app import contexts, dialogue_context, recordings_of
from voice_app.audio import Sound, wav_bytes
from voice_app.conversation import Conversation, Voices
from voice_app.conversation_rules import ConversationRules
from voice_app.organizations import Campaign, CampaignDraft, Counts, SharedResult
from voice_app.ports import KeyPressed
from voice_app.settings import Settings
from voice_app.speech.earcons import earcon
from voice_app.store.checking import check_database
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_welcomes import SqlWelcomes

PATH = "courriel"
VIEW_LIMIT_S = 20.0


class House:
    """A database with one organisation and one campaign on e-mail."""

    def __init__(self, store: SqlStore, campaign: Campaign, organizations: SqlOrganizations) -> None:
        self.store = store
        self.campaign = campaign
        self.organizations = organizations
        self.welcomes = SqlWelcomes(store.engine)
        self.voice = FakeSynthesizer()
        self.usual = dialogue_context(Settings())
        self.context_of = contexts(Settings(), self.usual)

    @asynccontextmanager
    async def visit(self, code: str | None = None, path: str | None = None) -> AsyncIterator[FakeChannel]:
        channel = FakeChannel(microphone=False)
        self.voice = FakeSynthesizer()
        outside = Voices(FakeRecognizer(), self.voice, FakeEndpointer(), earcon, self.store)
        conversation = Conversation(
            channel,
            self.usual,
            outside,
            seed=3,
            asker="here",
            rules=ConversationRules(),
            resume_code=code,
            context_of=self.context_of,
            recordings=recordings_of(self.welcomes),
            path=path,
        )
        running = asyncio.create_task(conversation.run())
        try:
            await view_after(channel, 0)
            yield channel
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def with_options(self, **options: Any) -> None:
        """Let the campaign that people come for be another one, of these options."""
        (member,) = await self.organizations.members(self.campaign.organization.id)
        draft = CampaignDraft("Autre", PATH, **options)
        self.campaign = await self.organizations.create_campaign(self.campaign.organization.id, draft, member)

    async def counts(self) -> Counts:
        found = await self.organizations.campaign(self.campaign.organization.id, self.campaign.id)
        assert found is not None
        return found.counts

    async def results(self) -> list[SharedResult]:
        return [each async for each in self.organizations.results(self.campaign.organization.id, self.campaign.id)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    url = await new_file(tmp_path / "events.sqlite")
    store = await SqlStore.open(url, rules=StoreRules(repeat_after_days=0))
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


async def sound_lasting(channel: FakeChannel, shortest: int, longest: int) -> None:
    """Wait until the open turn plays a sound between these lengths, in milliseconds."""

    def played() -> list[int]:
        return [entry[2] for entry in channel.log if entry[0] == "sound" and entry[1] == channel.views[-1].turn]

    async with asyncio.timeout(VIEW_LIMIT_S):
        while not any(shortest <= length <= longest for length in played()):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)


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


async def _started(house: House) -> dict[str, object]:
    """Give the first record of the only session."""
    query = "select payload from event where kind = 'session_started'"
    async with house.store.engine.begin() as connection:
        return dict(json.loads((await connection.exec_driver_sql(query)).scalar_one()))


@pytest.mark.parametrize(("path", "keys"), [(None, "1331"), ("repetition", "11")])
async def test_a_rehearsal_is_begun_by_keys_or_by_an_address(house: House, path: str | None, keys: str) -> None:
    async with house.visit(path=path) as channel:
        await press(channel, keys)

    begun = await _started(house)
    assert (begun["path"], begun["policy"], begun["max_items"]) == ("repetition", "rehearsal", 32)


async def test_an_address_opens_no_path_but_those_that_anybody_may_choose(house: House) -> None:
    async with house.visit(path="emploi") as channel:
        await press(channel, "11")

    begun = await _started(house)
    assert begun["path"] == "abc_diag"
    assert "policy" not in begun


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


def code_of(channel: FakeChannel) -> str:
    return next(entry[1] for entry in reversed(channel.log) if entry[0] == "remember")


async def test_the_organisation_s_number_goes_with_the_result_and_the_campaign_is_taken_again(
    house: House, tmp_path: Path
) -> None:
    await house.with_options(number_label={"fr": "numéro d'allocataire"}, repeated=True)
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1111")
        await answer_all(channel)
        await press(channel, "2")
        assert channel.views[-1].screen == "number_entry"
        assert "numéro d'allocataire" in words(channel).replace("’", "'")
        await press(channel, "40712*4071b")
        assert "40 7" in words(channel)
        await press(channel, "5#")
        assert "40 75" in words(channel)
        code = code_of(channel)
        await press(channel, "1")
    async with house.visit(code) as channel:
        assert channel.views[-1].choices[0].label == "Refaire ce parcours"
        await press(channel, "1")
        assert "la Maison Bleue" in words(channel)
        await press(channel, "111")
        assert code_of(channel) != code
        await answer_all(channel)
        await press(channel, "2#")
        assert "numéro" not in words(channel).replace("sans ce numéro", "")
        await press(channel, "1")

    first, second = await house.results()
    assert (first.person_number, first.again_of, second.person_number, second.again_of) == ("4075", None, "", first.id)
    assert first.id != second.id
    assert await house.counts() == Counts(2, 2, 2)
    assert (await check_database(f"sqlite+aiosqlite:///{tmp_path / 'events.sqlite'}", StoreRules())).faults == []


async def test_who_comes_back_too_soon_is_told_and_hears_the_result(house: House) -> None:
    await house.with_options(repeated=True)
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1111")
        await answer_all(channel)
        code = code_of(channel)
        await press(channel, "21")
    house.store = SqlStore(house.store.engine, house.store.site_id, StoreRules(repeat_after_days=4))

    for opened_with, keys in ((None, "12" + code), (code, "")):
        async with house.visit(opened_with) as channel:
            await press(channel, keys)
            assert "Vous pourrez refaire ce parcours dans quelques jours." in [text for text, *_ in house.voice.spoken]
            assert channel.views[-1].choices[0].label == "Répéter"


async def test_a_campaign_that_is_taken_once_is_not_offered_again(house: House) -> None:
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1111")
        await answer_all(channel)
        code = code_of(channel)
        await press(channel, "21")

    async with house.visit(code) as channel:
        assert channel.views[-1].choices[0].label == "Répéter"


async def test_a_result_that_was_there_is_sent_as_a_profile(house: House) -> None:
    async with house.visit() as channel:
        await press(channel, "11111")
        await answer_all(channel)
        own = code_of(channel)
    first = house.campaign
    async with house.visit(first.code) as channel:
        await press(channel, "1111")
        await answer_all(channel)
        of_another = code_of(channel)

    await house.with_options(kind=CampaignKind.PROFILE)
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1")
        assert "j'ai un code" in words(channel).replace("’", "'")
        await press(channel, "2" + of_another)
        assert "fait partie d'un autre parcours" in words(channel).replace("’", "'")
        await press(channel, "2" + own)
        assert channel.views[-1].screen == "result"
        await press(channel, "21")

    (shared,) = await house.results()
    assert shared.snapshot.path == "abc_diag"
    assert await house.counts() == Counts(1, 1, 1)


async def test_a_diagnostic_sends_nothing_and_is_counted(house: House) -> None:
    await house.with_options(kind=CampaignKind.DIAGNOSTIC, locales=("en",), number_label={"en": "number"})
    async with house.visit(house.campaign.code) as channel:
        assert channel.views[-1].locale == "en"
        assert "It is not sent to la Maison Bleue." in words(channel)
        await press(channel, "111")
        await answer_all(channel)
        await press(channel, "2")
        assert channel.views[-1].screen == "goodbye"

    assert await house.counts() == Counts(1, 1, 0)


async def test_who_chose_another_language_than_the_campaign_s_is_told(house: House) -> None:
    await house.with_options(locales=("en",))
    async with house.visit() as channel:
        await press(channel, "12" + house.campaign.code)

    assert "These questions are in English." in words(channel)


async def test_a_recorded_welcome_is_played_its_words_shown_and_said_where_it_is_gone(house: House) -> None:
    here, words_said = house.campaign.organization.id, "Bonjour de la part de Samia."
    body = wav_bytes(Sound(bytes(16_000 * 2 * 3)))
    assert await house.welcomes.keep(here, house.campaign.id, "fr", body, 3_000, None)
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1")
        assert words_said in words(channel)
        await sound_lasting(channel, 3_000, 3_000)
        assert words_said not in [text for text, *_ in house.voice.spoken]
        await press(channel, "7")
        await sound_lasting(channel, 3_300, 3_800)

    assert await house.welcomes.remove(here, house.campaign.id, "fr", None)
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "1")
        async with asyncio.timeout(VIEW_LIMIT_S):
            while words_said not in [text for text, *_ in house.voice.spoken]:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)
