"""A result at the kiosk, kept a week later by telephone in an account: real content, dialogue and database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.model import Channel
from tests.databases import new_file
from tests.fakes_speech import FakeSynthesizer
from tests.voice_app.fakes import FakeChannel, FakeEndpointer, FakeRecognizer
from tests.voice_app.test_assisted_conversation import usual_context
from tests.voice_app.test_campaign_conversation import answer_all, press, view_after, words
from voice_app.app import contexts
from voice_app.conversation import Conversation, Voices
from voice_app.conversation_rules import ConversationRules
from voice_app.settings import Settings
from voice_app.speech.earcons import earcon
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_learners import SqlLearners
from voice_app.store.sql_store import SqlStore


@dataclass
class House:
    store: SqlStore
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @asynccontextmanager
    async def visit(self, kind: Channel = Channel.KIOSK) -> AsyncIterator[FakeChannel]:
        usual = usual_context()
        rules = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
        channel = FakeChannel(microphone=False)
        channel.kind = kind
        conversation = Conversation(
            channel,
            usual,
            Voices(FakeRecognizer(), FakeSynthesizer(), FakeEndpointer(), earcon, self.store),
            seed=3,
            asker=kind.value,
            rules=ConversationRules(),
            context_of=contexts(Settings(), usual),
            learners=SqlLearners(self.store.engine, rules, StoreRules(), lambda: self.now),
        )
        running = asyncio.create_task(conversation.run())
        try:
            await view_after(channel, 0)
            yield channel
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await SqlStore.open(await new_file(tmp_path / "events.sqlite"))
    yield House(store)
    await store.close()


async def test_a_result_of_the_kiosk_is_kept_a_week_later_by_telephone(house: House) -> None:
    async with house.visit() as channel:
        await press(channel, "1111")
        await answer_all(channel)
        keep = next(button.key for button in channel.views[-1].choices if button.label == "Garder mon résultat")
        await press(channel, keep)
        told = words(channel)
    code = "".join(character for character in told.split("résultat :")[1].split(".")[0] if character.isdigit())
    assert len(code) == 9

    house.now += timedelta(days=7)
    async with house.visit(Channel.PHONE) as channel:
        await press(channel, "12" + code)
        assert "Vous choisissez quatre chiffres secrets." in words(channel)
        await press(channel, "1" + "4071" + "4071")
        said = words(channel)
        assert "Résultats gardés dans votre compte : un." in said.replace("\u00a0", " ")
    number = "".join(character for character in said.split("numéro est :")[1].split(".")[0] if character.isdigit())
    async with house.visit(Channel.PHONE) as channel:
        await press(channel, "12" + number + "4071")
        assert "Résultats gardés dans votre compte" in words(channel)
        await press(channel, "41")
        assert "Votre compte est supprimé." in words(channel)
    async with house.visit(Channel.PHONE) as channel:
        await press(channel, "12" + code)
        assert "Je ne trouve pas ce code." in words(channel)
