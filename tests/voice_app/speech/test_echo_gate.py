"""The gate that our own prompt's echo does not pass."""

from __future__ import annotations

import numpy as np
import pytest

from voice_app.speech.echo_gate import EchoGate, EchoRules

RULES = EchoRules()
SPEECH_DB = -20.0 + 12.0 * np.sin(np.arange(2_000) * 0.9) * np.sin(np.arange(2_000) * 0.23)
"""Levels that rise and fall like syllables."""


def gate_after(difference_db: float, frames: int = 900, delay: int = 8, *, noise_db: float = -90.0) -> EchoGate:
    gate = EchoGate()
    for frame in range(frames):
        echo_db = SPEECH_DB[max(0, frame - delay)] + difference_db
        gate.hear(max(echo_db, noise_db), SPEECH_DB[frame], learn=True)
    return gate


def test_a_loud_loudspeaker_is_assumed_until_more_is_known() -> None:
    gate = EchoGate()
    gate.hear(-60.0, -20.0, learn=True)

    assert gate.least_db() == -20.0 + RULES.first_coupling_db + RULES.margin_db


@pytest.mark.parametrize("delay", [0, 8, 25])
def test_the_delay_of_the_echo_is_found(delay: int) -> None:
    assert gate_after(-16.0, delay=delay).delay_frames == delay


def test_a_person_must_stand_out_from_the_echo_of_that_moment() -> None:
    gate = gate_after(-16.0)
    newest = 900 - 1 - 8

    around = SPEECH_DB[newest - RULES.after_frames : newest + RULES.before_frames + 1]
    assert gate.least_db() <= max(around) - 16.0 + RULES.margin_db + 1.0
    assert gate.least_db() >= SPEECH_DB[newest] - 16.0


def test_a_working_echo_canceller_opens_the_gate() -> None:
    gate = gate_after(-80.0, noise_db=-62.0)

    assert gate.delay_frames is None
    assert gate.least_db() < -45.0


def test_who_speaks_over_a_little_of_the_prompt_does_not_close_the_gate() -> None:
    gate = gate_after(-30.0)
    before = gate.coupling_db

    for frame in range(900, 950):
        gate.hear(-15.0, SPEECH_DB[frame], learn=True)

    assert gate.coupling_db <= before + 3.0
