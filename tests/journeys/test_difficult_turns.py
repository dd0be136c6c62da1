"""People who stay silent, leave for an hour, sit in noise or speak another language: nobody is scored, nobody is lost.

The real dialogue, content, endpointing, recogniser and voice; only the channel is made up (audio time, no clock).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from voice_app.app import Service, open_service
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.captions import CaptionedSynthesizer, SilentSynthesizer
from voice_app.channels.learner import (
    HangsUp,
    KnowingPerson,
    Person,
    Presses,
    Reply,
    Says,
    StaysSilent,
    SyntheticLearner,
)
from voice_app.ports import ShownView
from voice_app.settings import load_settings
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.store.sql_store import SqlStore

pytestmark = [pytest.mark.audio, pytest.mark.slow]

LIMIT_S = 90
Say = Callable[[str, str], Awaitable[Sound]]


@dataclass
class Troubled:
    """Gets to the second question with keys, then does what `trouble` says, then finishes with keys."""

    knowing: KnowingPerson
    trouble: Iterator[Reply]
    troubled_turns: int = 0
    views: list[ShownView] = field(default_factory=list)

    def reply(self, view: ShownView) -> Reply:
        self.views.append(view)
        answered = view.progress[0] if view.progress else 0
        if view.screen == "result":
            return HangsUp()
        if view.screen == "paused":  # waits without limit, so somebody presses a key
            return Presses("1")
        if answered == 1 or self.troubled_turns:
            for reply in self.trouble:
                self.troubled_turns += 1
                return reply
        return self.knowing.reply(view)


@asynccontextmanager
async def room(folder: Path, said: list[str]) -> AsyncIterator[Service]:
    """The service with its real ear; the voice only writes what it says, which is faster."""
    installed = load_settings()
    opened = await open_service(replace(installed, data_folder=installed.data_folder))
    store = await SqlStore.open(f"sqlite+aiosqlite:///{folder / 'events.sqlite'}")
    captions = CaptionedSynthesizer(SilentSynthesizer(), said.append)
    try:
        yield replace(opened, store=store, synthesizer=captions)
    finally:
        await store.close()
        await opened.close()


async def hold(service: Service, person: Person, say: Say) -> list[str]:
    """Hold the conversation to its end; give the kinds of everything that was kept, in order."""
    channel = SyntheticLearner(person, say, lambda _line: None, seed=5)
    async with asyncio.timeout(LIMIT_S):
        await service.conversation(channel, asker="test", seed=5).run()
    session = await service.store.find_session(channel.codes[-1], asker="test")
    assert session is not None
    return [record.kind for record in await service.store.history(session)]


async def spoken_by_learner(words: str, locale: str) -> Sound:
    voice = LearnerVoice()
    try:
        return await voice.say(words, locale, pitch=0.85, rate=1.0, formant=0.95)
    finally:
        await voice.close()


def troubled(service: Service, trouble: Iterator[Reply]) -> Troubled:
    return Troubled(KnowingPerson(service.context.content, ability=2.0, seed=5, keys_only=True), trouble)


def assert_unharmed(kinds: list[str], person: Troubled) -> None:
    """Ten answers, all by key, one result; and the trouble did last."""
    assert kinds.count("item_answered") == 10
    assert kinds[-1] == "session_finished"
    assert person.troubled_turns >= 3


async def test_twelve_silent_turns_in_a_row(tmp_path: Path) -> None:
    said: list[str] = []
    async with room(tmp_path, said) as service:
        person = troubled(service, iter([StaysSilent()] * 12))
        kinds = await hold(service, person, spoken_by_learner)
        prompts = service.context.content.prompts["fr"]

    assert_unharmed(kinds, person)
    assert f"S: {prompts['silence.first']}" in said
    assert any(prompts["silence.offer"] in line for line in said)
    assert person.troubled_turns == 12


async def test_an_hour_of_silence(tmp_path: Path) -> None:
    """An hour of a quiet room, then a key: the conversation is where it was."""
    said: list[str] = []

    async def hour(_words: str, _locale: str) -> Sound:
        quiet = np.random.default_rng(1).normal(0, 10, 3_600 * HEARING_RATE_HZ)
        return Sound(quiet.astype("<i2").tobytes())

    async with room(tmp_path, said) as service:
        person = troubled(service, iter([Says("an hour")]))
        kinds = await hold(service, person, hour)

    assert person.troubled_turns == 1
    assert "session_paused" in kinds
    assert kinds.count("item_answered") == 10
    assert kinds[-1] == "session_finished"


async def test_a_stream_of_noise(tmp_path: Path) -> None:
    """Bursts of loud noise of many lengths instead of words."""
    said: list[str] = []
    noise = np.random.default_rng(2)

    async def burst(_words: str, _locale: str) -> Sound:
        length = int(noise.uniform(0.2, 4.0) * HEARING_RATE_HZ)
        steps = noise.normal(0, 1, length).cumsum()
        steps -= np.convolve(steps, np.ones(200) / 200, mode="same")
        return Sound((steps / np.abs(steps).max() * 12_000).astype("<i2").tobytes())

    async with room(tmp_path, said) as service:
        person = troubled(service, iter([Says("noise")] * 6))
        kinds = await hold(service, person, burst)

    assert_unharmed(kinds, person)


async def test_a_person_who_speaks_another_language(tmp_path: Path) -> None:
    """Sentences in German and Italian at every turn: help is offered, no answer is made up without being asked back."""
    said: list[str] = []
    sentences = [
        ("Ich verstehe leider nicht, was Sie von mir möchten.", "de"),
        ("Können Sie das bitte noch einmal auf Deutsch sagen?", "de"),
        ("Non capisco la domanda, mi dispiace molto.", "it"),
        ("Vorrei parlare con una persona, per favore.", "it"),
    ]
    queue = iter(sentences)

    async def foreign(_words: str, _locale: str) -> Sound:
        words, tongue = next(queue)
        return await spoken_by_learner(words, tongue)

    async with room(tmp_path, said) as service:
        person = troubled(service, iter([Says("foreign")] * len(sentences)))
        kinds = await hold(service, person, foreign)
        prompts = service.context.content.prompts["fr"]

    assert_unharmed(kinds, person)
    assert any(line in (f"S: {prompts['unheard.first']}", f"S: {prompts['unheard.second']}") for line in said)


async def test_keys_are_enough_while_the_ear_is_dead(tmp_path: Path) -> None:
    said: list[str] = []
    async with room(tmp_path, said) as service:
        deaf = replace(service, recognizer=_Dead())
        person = KnowingPerson(service.context.content, ability=2.0, seed=6, keys_only=True)

        class Presser:
            def reply(self, view: ShownView) -> Reply:
                return HangsUp() if view.screen == "result" else person.reply(view)

        channel = SyntheticLearner(Presser(), spoken_by_learner, lambda _line: None, microphone=False)
        await deaf.conversation(channel, asker="test", seed=6).run()
        prompts = service.context.content.prompts["fr"]

    assert any(prompts["result.honest"] in line for line in said)


class _Dead:
    """A fake ear that never answers."""

    available = False

    async def prepare(self, grammar: object) -> None:
        return None

    async def recognize(self, utterance: object, grammar: object) -> None:
        raise AssertionError("nobody should listen with a dead ear")

    async def close(self) -> None:
        return None
