"""The contract of the `Synthesizer` port, played on the fake and on the real voice."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes_speech import FakeSynthesizer
from voice_app.errors import SynthesisFailed, UnknownVoice
from voice_app.ports import Synthesizer
from voice_app.speech.synthesizer import LocalSynthesizer

SENTENCE = "Vous pouvez demander de répéter la question à tout moment."


pytestmark = pytest.mark.asyncio(loop_scope="module")
KINDS = ["fake", pytest.param("real", marks=pytest.mark.audio)]


def make(kind: str, folder: Path) -> Synthesizer:
    return FakeSynthesizer() if kind == "fake" else LocalSynthesizer(folder)


@pytest_asyncio.fixture(params=KINDS, scope="module", loop_scope="module")
async def voice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synthesizer]:
    made = make(request.param, tmp_path_factory.mktemp("voice"))
    yield made
    await made.close()


@pytest.mark.parametrize("locale", ["fr", "fr-FR", "en", "en-US", "pt"])
async def test_speaks_at_16_khz(voice: Synthesizer, locale: str) -> None:
    sound = await voice.speak("Bonjour, un, deux, trois.", locale)

    assert sound.rate_hz == 16_000
    assert 800 < sound.duration_ms < 8_000
    assert any(sound.pcm)


async def test_same_text_gives_the_same_bytes(voice: Synthesizer) -> None:
    first = await voice.speak(SENTENCE, "fr")

    assert await voice.speak(SENTENCE, "fr") == first


async def test_faster_is_shorter_at_every_step(voice: Synthesizer) -> None:
    lengths = [(await voice.speak(SENTENCE, "fr", rate)).duration_ms for rate in (0.7, 0.85, 1.0, 1.3, 1.6)]

    assert all(slower > faster * 1.08 for slower, faster in pairwise(lengths))


@pytest.mark.parametrize("rate", [0.69, 1.61, 0.0, -1.0, float("nan"), float("inf")])
async def test_rate_outside_the_range_fails(voice: Synthesizer, rate: float) -> None:
    with pytest.raises(SynthesisFailed):
        await voice.speak(SENTENCE, "fr", rate)


@pytest.mark.parametrize("text", ["", "   ", "...", "😀"])
async def test_nothing_to_say_fails(voice: Synthesizer, text: str) -> None:
    with pytest.raises(SynthesisFailed):
        await voice.speak(text, "fr")


@pytest.mark.parametrize("locale", ["xx", "tlh-KL", "", "../fr", "f"])
async def test_unknown_language_is_told(voice: Synthesizer, locale: str) -> None:
    with pytest.raises(UnknownVoice):
        await voice.speak("Bonjour", locale)


@pytest.mark.parametrize(
    "text",
    [
        "-w trap.wav oui",
        "--help oui",
        "un < deux & trois > deux",
        "<break time='9s'/>oui",
        "[[slnc 9000]] oui",
        "oui 👍",
    ],
)
async def test_signs_are_no_commands(voice: Synthesizer, text: str) -> None:
    sound = await voice.speak(text, "fr")

    assert 200 < sound.duration_ms < 8_000


async def test_long_text_is_spoken_whole(voice: Synthesizer) -> None:
    text = ("Prenez tout votre temps, rien ne presse. " * 125)[:5000]

    sound = await voice.speak(text, "fr", 1.6)

    assert sound.duration_ms > 150_000


async def test_twenty_requests_at_once_are_all_served(voice: Synthesizer) -> None:
    texts = [f"Question numéro {number}." for number in range(10)] * 2

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(voice.speak(text, "fr")) for text in texts]

    sounds = [task.result() for task in tasks]
    assert sounds[:10] == sounds[10:]
    assert len(set(sounds)) == 10


async def test_a_caller_who_leaves_harms_nobody(voice: Synthesizer) -> None:
    leaving = asyncio.create_task(voice.speak(SENTENCE, "fr"))
    staying = asyncio.create_task(voice.speak(SENTENCE, "fr"))
    await asyncio.sleep(0)
    leaving.cancel()

    assert (await staying).duration_ms > 1000


@pytest.mark.parametrize("kind", KINDS)
async def test_a_closed_voice_fails_and_does_not_hang(kind: str, tmp_path: Path) -> None:
    voice = make(kind, tmp_path)
    await voice.close()

    with pytest.raises(SynthesisFailed):
        await asyncio.wait_for(voice.speak(SENTENCE, "fr"), 20)
