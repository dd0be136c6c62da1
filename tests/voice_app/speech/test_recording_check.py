"""Recordings are measured on real synthetic speech, spoilt in one way at a time."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from voice_app.audio import Sound
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition, Scored
from voice_app.speech.recording_check import faults, measure, right_words
from voice_app.speech.samples import Samples, to_samples, to_sound
from voice_app.speech.synthesizer import LearnerVoice

RATE = 16_000


@pytest.fixture(scope="module")
def voice() -> Samples:
    async def speak() -> Sound:
        learner = LearnerVoice()
        try:
            return await learner.say("Prenez votre temps, il n'y a pas de chronomètre.", "fr")
        finally:
            await learner.close()

    return to_samples(asyncio.run(speak()))


def quiet_room(length_s: float, level: float = 0.0002) -> Samples:
    return np.random.default_rng(1).normal(0.0, level, int(length_s * RATE))


def recorded(voice: Samples, before_s: float = 0.5, after_s: float = 0.5, room: float = 0.0002) -> Sound:
    padded = np.concatenate((np.zeros(int(before_s * RATE)), voice, np.zeros(int(after_s * RATE))))
    return to_sound(padded + quiet_room(len(padded) / RATE, room)[: len(padded)], RATE)


def test_a_good_recording_has_no_fault(voice: Samples) -> None:
    assert faults(recorded(voice)) == []


def test_it_is_measured(voice: Samples) -> None:
    measured = measure(recorded(voice))

    assert measured is not None
    assert -30 < measured.voice_db < -10
    assert measured.noise_db == pytest.approx(20 * np.log10(0.0002), abs=3)
    assert 400 <= measured.before_ms <= 700


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda voice: recorded(voice * 0.004, room=0.000001), "too quiet"),
        (lambda voice: recorded(np.clip(voice * 40, -1, 1)), "clipped"),
        (lambda voice: recorded(voice, room=0.03), "room is too loud"),
        (lambda voice: recorded(voice[4000:], before_s=0.0), "before the first word"),
        (lambda voice: recorded(voice[:-9000], after_s=0.0), "after the last word"),
        (lambda voice: recorded(voice, after_s=5.0), "s of silence after"),
        (lambda voice: to_sound(np.zeros(RATE), RATE), "nobody speaks"),
        (lambda voice: to_sound(np.zeros(10), RATE), "nobody speaks"),
    ],
)
def test_what_spoils_a_recording_is_told(voice: Samples, spoil, fault: str) -> None:
    assert any(fault in told for told in faults(spoil(voice)))


def hears(best: str):
    async def hear(sound: Sound, grammar: Grammar) -> Recognition:
        return Recognition(HearingOutcome.MATCH, (Scored(MeaningId(best), 0.9),), 0.1, engine="fake")

    return hear


def test_right_words_win_over_the_nearest_others(voice: Samples) -> None:
    sound, others = recorded(voice), ["Prenez le bus.", "Je répète.", "Prenez votre temps."]

    assert asyncio.run(right_words("Prenez votre temps.", "fr", sound, others, hears("right"))) is True
    assert asyncio.run(right_words("Prenez votre temps.", "fr", sound, others, hears("other.0"))) is False


def test_what_cannot_be_compared_is_left_open(voice: Samples) -> None:
    long = to_sound(np.tile(voice, 6), RATE)

    assert asyncio.run(right_words("Un.", "fr", recorded(voice), ["Un."], hears("right"))) is None
    assert asyncio.run(right_words("Un.", "fr", long, ["Deux."], hears("right"))) is None
