"""Logs tell nothing of a person: the second fence, behind the rule that only ids are logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from voice_app.operations.logs import set_up_logs, without_persons


@pytest.fixture(autouse=True)
def _restore_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    ["code 12345670", "call from 06 12 34 56 78", "+33612345678", "sip:0612345678@trunk.example", "to a.b@mairie.fr"],
)
def test_what_names_a_person_is_blotted_out(text: str) -> None:
    blotted = without_persons(text)

    assert "[...]" in blotted
    assert not any(each in blotted for each in ("1234", "12 34", "a.b@"))


@pytest.mark.parametrize(
    "text",
    [
        "session 0199a2b4-1234-7abc-8def-123456789012",
        "2026-11-27 06:50:46,123 INFO voice_app",
        "worker ear (process 12345) lost",
        "turn 8: match by whisper in 312 ms",
        "listening on http://127.0.0.1:8080",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert without_persons(text) == text


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_fault_is_told_by_kind_and_place_not_by_its_text(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(style, "INFO")

    try:
        raise ValueError("je cherche du travail")
    except ValueError:
        logging.getLogger("voice_app").exception("a conversation broke")

    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "test_logs.py" in told
    assert "travail" not in told


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json", "INFO")

    logging.getLogger("voice_app.x").warning("two\nlines of %d", 3)

    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == ("warning", "voice_app.x", "two\nlines of 3")
