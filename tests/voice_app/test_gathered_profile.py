"""Two results kept in an account, sent together to a collection of profiles: real content, dialogue and database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model import Channel
from engine.organization.campaigns import CampaignKind
from engine.organization.roles import Role
from tests.databases import new_file
from tests.fakes_speech import FakeSynthesizer
from tests.voice_app.fakes import FakeChannel, FakeEndpointer, FakeRecognizer
from tests.voice_app.test_assisted_conversation import usual_context
from tests.voice_app.test_campaign_conversation import code_of, press, view_after, words
from voice_app.app import contexts
from voice_app.conversation import Conversation, Voices
from voice_app.conversation_rules import ConversationRules
from voice_app.learner_account import account_of
from voice_app.organizations import Campaign, CampaignDraft, Counts, SharedResult
from voice_app.settings import Settings
from voice_app.speech.earcons import earcon
from voice_app.store.checking import check_database
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_learners import SqlLearners
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore

RULES = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
PIN = "4071"


@dataclass
class House:
    store: SqlStore
    url: str
    organizations: SqlOrganizations
    learners: SqlLearners
    campaign: Campaign

    @asynccontextmanager
    async def visit(
        self, code: str | None = None, kind: Channel = Channel.KIOSK, seed: int = 3
    ) -> AsyncIterator[FakeChannel]:
        usual = usual_context()
        channel = FakeChannel(microphone=False)
        channel.kind = kind
        conversation = Conversation(
            channel,
            usual,
            Voices(FakeRecognizer(), FakeSynthesizer(), FakeEndpointer(), earcon, self.store),
            seed=seed,
            asker=kind.value,
            rules=ConversationRules(),
            resume_code=code,
            context_of=contexts(Settings(), usual),
            learners=self.learners,
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

    async def counts(self) -> Counts:
        found = await self.organizations.campaign(self.campaign.organization.id, self.campaign.id)
        assert found is not None
        return found.counts

    async def account(self) -> str:
        """Give the number of an account that keeps two results, taken with other questions each."""
        claims = []
        for seed, answer in ((3, "1"), (4, "2")):
            async with self.visit(seed=seed) as channel:
                await press(channel, "1111")
                while channel.views[-1].screen != "result":
                    await press(channel, answer)
                keep = next(each.key for each in channel.views[-1].choices if each.label == "Garder mon résultat")
                await press(channel, keep)
                told = words(channel).split("résultat :")[1].split(".")[0]
                claims.append("".join(sign for sign in told if sign.isdigit()))
        learner = await self.learners.open_account(claims[0], PIN, channel="kiosk", asker="here")
        await self.learners.link(learner.id, claims[1], channel="kiosk", asker="here")
        return learner.number

    async def told(self, number: str) -> int:
        """Give how many results the account keeps."""
        learner = await self.learners.prove(number, PIN, asker="here")
        usual = usual_context()
        return len((await account_of(self.learners, self.store, usual, contexts(Settings(), usual), learner)).results)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    url = await new_file(tmp_path / "events.sqlite")
    store = await SqlStore.open(url)
    organizations, accounts = SqlOrganizations(store.engine, RULES), SqlAccounts(store.engine, RULES)
    organization = await organizations.create("la Maison Bleue")
    invitation = await organizations.invite(organization.id, "ada@maison.example", Role.ADMIN, None)
    account = await accounts.identify(await accounts.accept(invitation, "Ada", "quatre mots faciles"))
    assert account is not None
    draft = CampaignDraft("Profils", "abc_diag", kind=CampaignKind.PROFILE)
    campaign = await organizations.create_campaign(organization.id, draft, account.members[0])
    yield House(store, url, organizations, SqlLearners(store.engine, RULES, StoreRules()), campaign)
    await store.close()


async def test_two_results_of_an_account_are_sent_together_by_telephone(house: House) -> None:
    number = await house.account()

    async with house.visit(house.campaign.code, Channel.PHONE) as channel:
        await press(channel, "12" + number + PIN)
        assert "la Maison Bleue" in words(channel)
        await press(channel, "2")
        assert "Voici vos résultats réunis." in words(channel)
        assert await house.results() == []
        await press(channel, "21")

    (shared,) = await house.results()
    together = shared.snapshot
    assert (together.results, together.channel, together.locale) == (2, "phone", "fr")
    assert sum(area.questions for area in together.areas.values()) == 20
    assert not set(together.mastered) & set(together.to_learn)
    assert await house.counts() == Counts(1, 1, 1)
    assert await house.told(number) == 2
    assert (await check_database(house.url, StoreRules())).faults == []


async def test_what_was_sent_is_frozen_whatever_the_account_learns_later(house: House) -> None:
    number = await house.account()
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "12" + number + PIN + "221")
    (before,) = await house.results()

    learner = await house.learners.prove(number, PIN, asker="here")
    await house.learners.erase(learner.id)

    (after,) = await house.results()
    assert after.snapshot == before.snapshot


async def test_a_no_sends_nothing_and_the_code_asks_again(house: House) -> None:
    number = await house.account()
    async with house.visit(house.campaign.code) as channel:
        await press(channel, "12" + number + PIN + "22")
        code = code_of(channel)
        await press(channel, "2")
    assert await house.results() == []
    assert await house.counts() == Counts(1, 1, 0)

    async with house.visit(code) as channel:
        assert "Voici vos résultats réunis." in words(channel)
        assert [each.label for each in channel.views[-1].choices] == ["Répéter", "Terminer"]


async def test_an_account_without_a_finished_result_has_nothing_to_send(house: House) -> None:
    session = await house.store.open_session("kiosk", "bank")
    claim, _ = await house.learners.issue_claim(session)
    learner = await house.learners.open_account(claim, PIN, channel="kiosk", asker="here")

    async with house.visit(house.campaign.code) as channel:
        await press(channel, "12" + learner.number + PIN)

        assert "la Maison Bleue" not in words(channel)
        assert channel.views[-1].choices[-1].label == "Supprimer mon compte"
