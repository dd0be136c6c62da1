"""The words between the page and the service, as they travel: JSON text and binary sound (docs/protocol.md).

This module turns what arrives into our own types and refuses the rest with a code; it knows neither conversation nor
socket. The page is not trusted: every field is looked at, nothing unknown is kept.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audio_content.model import LOCALES
from engine.model import InputMode
from voice_app.audio import BYTES_PER_SAMPLE, HEARING_RATE_HZ
from voice_app.errors import VoiceAppError
from voice_app.ports import KEYS

VERSION = 1
RATES_HZ = range(8_000, 192_001)
LONGEST_CODE = 20
LONGEST_NAME = 40
LONGEST_WORD = 60
"""Of a written answer, in characters: a word with its article, misspelt."""
LONGEST_FRAME_MS = 500
FRAME_HEADER = struct.Struct("<Id")
"""Sequence number (32 bits, unsigned, wraps around), the page's clock in milliseconds (64-bit float); little-endian."""


class BadMessage(VoiceAppError):
    """A message of the page cannot be understood; the sentence says which field and what it should be."""

    code = "kiosk.bad_message"


class UnknownVersion(BadMessage):
    """The page speaks another version of the protocol."""

    code = "kiosk.version"


class Mode(StrEnum):
    """Whose voice speaks: the page's own, or the person's screen reader."""

    SPEAKS = "speaks"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message: who is there and what the machine can do."""

    mode: Mode
    locale: str
    microphone: bool
    sample_rate_hz: int = HEARING_RATE_HZ
    resume: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    turn: int
    key: str
    input_mode: InputMode


@dataclass(frozen=True, slots=True)
class Writing:
    """A word was written as the answer."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Played:
    """The page has come to the end of a prompt, or has stopped it."""

    turn: int


@dataclass(frozen=True, slots=True)
class MicrophoneState:
    available: bool
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class Talk:
    held: bool


@dataclass(frozen=True, slots=True)
class ModeChosen:
    mode: Mode


@dataclass(frozen=True, slots=True)
class Ping:
    """The page asks whether the line still stands."""


@dataclass(frozen=True, slots=True)
class ReportAsked:
    """The person wants the result that is shown as a document."""


Message = Hello | Key | Writing | Played | MicrophoneState | Talk | ModeChosen | ReportAsked | Ping


@dataclass(frozen=True, slots=True)
class Frame:
    """A piece of the microphone's sound. `page_ms` is the page's own clock when the piece was complete."""

    sequence: int
    page_ms: float
    pcm: bytes


def parse_message(text: str) -> Message:
    """Give the message of a JSON text. Raises BadMessage, UnknownVersion."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise BadMessage("a text message is one JSON object") from fault
    if not isinstance(fields, dict):
        raise BadMessage("a text message is one JSON object")
    match fields.get("type"):
        case "hello":
            return _hello(fields)
        case "key":
            return _key(fields)
        case "write":
            return _written(fields)
        case "prompt_ended":
            return Played(_turn(fields))
        case "microphone":
            return MicrophoneState(_truth(fields, "available"), _rate(fields))
        case "talk":
            return Talk(_truth(fields, "held"))
        case "mode":
            return ModeChosen(_mode(fields))
        case "report":
            return ReportAsked()
        case "ping":
            return Ping()
        case _:
            raise BadMessage("type is hello, key, write, prompt_ended, microphone, talk, mode, report or ping")


def parse_frame(body: bytes, rate_hz: int) -> Frame:
    """Give the piece of sound of a binary message. Raises BadMessage."""
    if len(body) < FRAME_HEADER.size:
        raise BadMessage(f"a frame begins with {FRAME_HEADER.size} bytes of sequence and time")
    sequence, page_ms = FRAME_HEADER.unpack_from(body)
    pcm = body[FRAME_HEADER.size :]
    if not math.isfinite(page_ms):
        raise BadMessage("the time of a frame is a finite number of milliseconds")
    if not pcm or len(pcm) % BYTES_PER_SAMPLE or len(pcm) > LONGEST_FRAME_MS * rate_hz * BYTES_PER_SAMPLE // 1000:
        raise BadMessage(f"the sound of a frame is whole 16-bit samples, at most {LONGEST_FRAME_MS} ms")
    return Frame(sequence, page_ms, pcm)


def write_message(kind: str, **fields: Any) -> str:
    """Give the JSON text of a message to the page; fields that are None are left out."""
    body = {"type": kind} | {name: value for name, value in fields.items() if value is not None}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def write_problem(fault: VoiceAppError) -> str:
    """Give the message that tells the page of a fault."""
    return write_message("problem", code=fault.code, detail=str(fault), retryable=fault.retryable)


def _hello(fields: dict[str, Any]) -> Hello:
    if fields.get("version") != VERSION:
        raise UnknownVersion(f"this service speaks version {VERSION}")
    locale = fields.get("locale")
    if locale not in LOCALES:
        raise BadMessage(f"locale is one of {', '.join(LOCALES)}")
    resume = fields.get("resume")
    if resume is not None and not (isinstance(resume, str) and _is_code(resume)):
        raise BadMessage("resume is a code of digits")
    path = fields.get("path")
    if path is not None and not (isinstance(path, str) and _is_name(path)):
        raise BadMessage("path is the name of a path")
    return Hello(_mode(fields), locale, _truth(fields, "microphone"), _rate(fields), resume, path)


def _key(fields: dict[str, Any]) -> Key:
    key, mode = fields.get("key"), fields.get("input_mode", InputMode.KEY.value)
    if not isinstance(key, str) or key not in KEYS:
        raise BadMessage("key is one of 0 to 9, *, #, +, - and the letters of the buttons: b, e, f, h, p, s")
    if mode not in (InputMode.KEY.value, InputMode.BUTTON.value):
        raise BadMessage("input_mode is key or button")
    return Key(_turn(fields), key, InputMode(mode))


def _written(fields: dict[str, Any]) -> Writing:
    text = fields.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_WORD or not text.isprintable():
        raise BadMessage(f"text is a word or a few, at most {LONGEST_WORD} characters")
    return Writing(_turn(fields), text)


def _mode(fields: dict[str, Any]) -> Mode:
    if fields.get("mode") not in (Mode.SPEAKS.value, Mode.READER.value):
        raise BadMessage("mode is speaks or reader")
    return Mode(fields["mode"])


def _turn(fields: dict[str, Any]) -> int:
    turn = fields.get("turn")
    if not isinstance(turn, int) or isinstance(turn, bool) or not 0 <= turn < 2**31:
        raise BadMessage("turn is a whole number from 0 on")
    return turn


def _rate(fields: dict[str, Any]) -> int:
    rate = fields.get("sample_rate", HEARING_RATE_HZ)
    if not isinstance(rate, int) or isinstance(rate, bool) or rate not in RATES_HZ:
        raise BadMessage(f"sample_rate is a whole number from {RATES_HZ.start} to {RATES_HZ.stop - 1}")
    return rate


def _truth(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise BadMessage(f"{name} is true or false")
    return value


def _is_name(text: str) -> bool:
    return text.isascii() and text.isalpha() and len(text) <= LONGEST_NAME


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_CODE
