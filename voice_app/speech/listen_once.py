"""One recording and a few answers: what the ear makes of it, as plain data for a command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audio_content.forms import said_form
from voice_app.audio import Sound
from voice_app.errors import ModelMissing
from voice_app.hearing import Grammar, HearingOutcome, Meaning, MeaningId
from voice_app.speech.recognizer import LocalRecognizer

NONE_OF_THESE = "none_of_these"
CHOSEN = (HearingOutcome.MATCH, HearingOutcome.DOUBTFUL)


async def listen_once(
    recognizer: LocalRecognizer, sound: Sound, language: str, options: Sequence[str]
) -> dict[str, Any]:
    """Give choice (one of `options` as given, or None), outcome, evidence, engine and ms for a recording of any rate.

    `evidence` maps every option and "none_of_these" to its likelihood; empty when nobody spoke. `ms` is the time from
    the end of the sound to the decision; preparing for the options comes before. Raises ValueError for unusable
    options, RecognizerDown, ModelMissing.
    """
    grammar = grammar_of(language, options)
    await recognizer.start()
    for problem in recognizer.problems.values():
        if isinstance(problem, ModelMissing) and not recognizer.available:
            raise problem
    await recognizer.prepare(grammar)
    heard = await recognizer.recognize(sound, grammar)
    evidence = {str(scored.meaning): round(scored.likelihood, 4) for scored in heard.ranked}
    if evidence:
        evidence[NONE_OF_THESE] = round(heard.none_of_these, 4)
    return {
        "choice": str(heard.best) if heard.outcome in CHOSEN else None,
        "outcome": str(heard.outcome),
        "evidence": evidence,
        "engine": heard.engine,
        "ms": round(heard.decision_ms, 1),
    }


def grammar_of(language: str, options: Sequence[str]) -> Grammar:
    """Give the grammar of some options; each keeps its text as the meaning's id. Raises ValueError."""
    return Grammar(language, tuple(Meaning(MeaningId(option), (said_form(option),)) for option in options))
