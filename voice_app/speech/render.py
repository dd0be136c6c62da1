"""Speaks everything ahead, so that nobody waits for a voice: every fixed sentence, in each language, at each pace.

What is already kept costs a file read, so rendering again after a change of a few sentences takes seconds. A sentence
that cannot be spoken is told in the report and does not stop the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from audio_content.manifest import Utterance, utterances
from audio_content.model import Content
from voice_app.errors import SpeechError
from voice_app.speech.synthesizer import Spoken

ListUtterances = Callable[[Content, str], Iterable[Utterance]]


class Producer(Protocol):
    """A voice that tells where its sound comes from."""

    async def produce(self, text: str, locale: str, rate: float = 1.0) -> Spoken: ...


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """One more sentence is done. `done` counts from 1 to `total`, failures included."""

    done: int
    total: int
    locale: str
    rate: float
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class FailedUtterance:
    """A sentence that nobody could speak; `code` is the fault's own, `reason` its words."""

    utterance: Utterance
    locale: str
    rate: float
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a rendering did. `by_engine` counts sentences by who spoke them; `cached` of all were there already."""

    total: int
    cached: int
    audio_ms: int
    by_engine: Mapping[str, int]
    failed: tuple[FailedUtterance, ...]

    @property
    def complete(self) -> bool:
        return not self.failed


async def render_ahead(
    content: Content,
    locales: Sequence[str],
    rates: Sequence[float],
    synthesizer: Producer,
    progress: Callable[[RenderProgress], None],
    *,
    list_utterances: ListUtterances = utterances,
) -> RenderReport:
    """Render every utterance of the content once per locale and rate; equal texts of one locale are one utterance.

    `progress` is called after each. Faults of speech end up in the report; a cancelled rendering keeps what it made.
    """
    wanted = [
        (utterance, locale, rate)
        for locale in locales
        for rate in rates
        for utterance in {each.text: each for each in list_utterances(content, locale)}.values()
    ]
    engines: Counter[str] = Counter()
    failed: list[FailedUtterance] = []
    cached = audio_ms = 0
    for done, (utterance, locale, rate) in enumerate(wanted, start=1):
        try:
            spoken = await synthesizer.produce(utterance.text, locale, rate)
        except SpeechError as error:
            failed.append(FailedUtterance(utterance, locale, rate, error.code, str(error)))
        else:
            engines[spoken.engine] += 1
            cached += spoken.cached
            audio_ms += spoken.sound.duration_ms
        progress(RenderProgress(done, len(wanted), locale, rate, utterance))
    return RenderReport(len(wanted), cached, audio_ms, dict(engines), tuple(failed))
