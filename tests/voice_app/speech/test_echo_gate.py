"""The gate that our own prompt's echo does not pass."""

from __future__ import annotations

from voice_app.speech.echo_gate import EchoGate, EchoRules

RULES = EchoRules()


def gate_after(difference_db: float, frames: int = 200, prompt_db: float = -20.0) -> EchoGate:
    gate = EchoGate()
    for _ in range(frames):
        gate.learn(prompt_db + difference_db, prompt_db)
    return gate


def test_a_loud_loudspeaker_is_assumed_until_more_is_known() -> None:
    assert EchoGate().least_db(-20.0) == -20.0 + RULES.first_coupling_db + RULES.margin_db
    assert gate_after(-40.0, frames=RULES.least_frames - 1).coupling_db == RULES.first_coupling_db


def test_a_person_must_stand_out_from_the_echo_that_was_learned() -> None:
    assert gate_after(-16.0).least_db(-20.0) == -36.0 + RULES.margin_db


def test_a_working_echo_canceller_opens_the_gate() -> None:
    assert gate_after(-45.0).least_db(-20.0) < -50.0


def test_who_speaks_over_a_tenth_of_the_prompt_does_not_close_the_gate() -> None:
    gate = gate_after(-30.0, frames=800)

    for _ in range(70):
        gate.learn(-15.0, -20.0)

    assert gate.coupling_db == -30.0


def test_the_pauses_of_a_prompt_tell_nothing() -> None:
    assert gate_after(0.0, prompt_db=-60.0).coupling_db == RULES.first_coupling_db
