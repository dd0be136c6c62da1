from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest

from audio_content.manifest import Utterance
from audio_content.model import Content
from tests.fakes_speech import FakeSynthesizer
from voice_app.speech.audio_store import SoundKey
from voice_app.speech.render import RenderProgress, render_ahead
from voice_app.speech.synthesizer import LocalSynthesizer, Spoken

NO_CONTENT = cast("Content", None)
TEXTS = {"fr": ["Bonjour.", "Question deux.", "Bonjour."], "en": ["Hello."]}


def listed(_content: Content, locale: str) -> Iterable[Utterance]:
    return [Utterance(f"prompt.{number}", text) for number, text in enumerate(TEXTS[locale])]


class FakeProducer(FakeSynthesizer):
    async def produce(self, text: str, locale: str, rate: float = 1.0) -> Spoken:
        known = (text, locale, rate) in self.spoken
        sound = await self.speak(text, locale, rate)
        return Spoken(sound, "fake", SoundKey("0" * 64), cached=known)


async def test_every_text_is_spoken_once_per_language_and_pace() -> None:
    voice = FakeProducer()

    report = await render_ahead(NO_CONTENT, ["fr", "en"], [0.7, 1.0], voice, lambda _: None, list_utterances=listed)

    assert voice.spoken == [
        ("Bonjour.", "fr", 0.7),
        ("Question deux.", "fr", 0.7),
        ("Bonjour.", "fr", 1.0),
        ("Question deux.", "fr", 1.0),
        ("Hello.", "en", 0.7),
        ("Hello.", "en", 1.0),
    ]
    assert (report.total, report.cached, report.by_engine) == (6, 0, {"fake": 6})
    assert report.audio_ms > 3000
    assert report.complete


async def test_progress_counts_up_to_the_total() -> None:
    seen: list[RenderProgress] = []

    await render_ahead(NO_CONTENT, ["fr"], [1.0], FakeProducer(), seen.append, list_utterances=listed)

    assert [(step.done, step.total, step.utterance.text) for step in seen] == [
        (1, 2, "Bonjour."),
        (2, 2, "Question deux."),
    ]


async def test_failure_is_told_and_does_not_stop_the_others() -> None:
    voice = FakeProducer(failing={"Bonjour."})
    seen: list[RenderProgress] = []

    report = await render_ahead(NO_CONTENT, ["fr"], [1.0], voice, seen.append, list_utterances=listed)

    assert [(lost.utterance.text, lost.locale, lost.code) for lost in report.failed] == [
        ("Bonjour.", "fr", "speech.synthesis_failed")
    ]
    assert report.by_engine == {"fake": 1}
    assert seen[-1].done == 2
    assert not report.complete


async def test_language_without_a_voice_fails_in_the_report() -> None:
    voice = FakeProducer(locales=frozenset({"fr"}))

    report = await render_ahead(NO_CONTENT, ["en"], [1.0], voice, lambda _: None, list_utterances=listed)

    assert [lost.code for lost in report.failed] == ["speech.unknown_voice"]


@pytest.mark.audio
async def test_second_rendering_finds_everything_kept(tmp_path: Path) -> None:
    voice = LocalSynthesizer(tmp_path, find_recording=None, spoken_form=lambda text, _: text)

    first = await render_ahead(NO_CONTENT, ["fr", "en"], [1.0], voice, lambda _: None, list_utterances=listed)
    second = await render_ahead(NO_CONTENT, ["fr", "en"], [1.0], voice, lambda _: None, list_utterances=listed)
    await voice.close()

    assert (first.cached, second.cached, second.total) == (0, 3, 3)
    assert second.audio_ms == first.audio_ms
    assert first.by_engine == {"pico": 3}
