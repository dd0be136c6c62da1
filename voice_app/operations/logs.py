"""Logs: a line of text for people or one JSON object for a collector; never a word or a number of a person.

The rule is kept where lines are written (ids, never words). Here stands the second fence, for what a library or a fault
may carry along: runs of digits as long as a code or a telephone number, addresses of mail and of SIP are blotted out,
and of a fault only its kind and its place are told, not its text. A UUID is not a number of a person: it stays.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

DEEPEST = 12
"""Frames of a trace that are told: the innermost ones."""
BLOT = "[...]"
_PERSONAL = re.compile(
    r"(?i:sips?:[^\s;>@]+@)"  # the user part of a SIP address
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"  # mail
    r"|(?<![\w.:/-])\+?\d(?:[ ]?\d){5,}(?![\w-])"  # a code, a telephone number; no part of a UUID, a time, an address
)


def without_persons(text: str) -> str:
    """Give a text with what may name a person blotted out."""
    return _PERSONAL.sub(BLOT, text)


class _TextLines(logging.Formatter):
    """For people: time, level, logger, sentence; a fault as its kind and its places."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return without_persons(super().format(record))

    def formatException(self, ei: Fault) -> str:  # noqa: N802 the library's name
        return _trace(ei)


class _JsonLines(logging.Formatter):
    """For a collector: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_persons(record.getMessage()),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[0] is not None:
            told["fault"] = record.exc_info[0].__name__
            told["trace"] = _trace(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class CountingHandler(logging.Handler):
    """Counts the lines of each level."""

    def __init__(self, count: Callable[[str], None]) -> None:
        super().__init__()
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        self._count(record.levelname.lower())


def set_up_logs(style: str, level: str) -> None:
    """Send the logs of this process to standard error: `style` is "text" or "json". Raises ValueError for others."""
    chosen: dict[str, logging.Formatter] = {"text": _TextLines(), "json": _JsonLines()}
    if style not in chosen:
        raise ValueError(f"a log is written as text or as json, not as {style!r}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(chosen[style])
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def _trace(fault: Fault) -> str:
    """Give where a fault happened, innermost last, and its kind; its text may quote what a person said."""
    kind, _, trace = fault
    frames = traceback.extract_tb(trace)[-DEEPEST:]
    places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join((*places, kind.__name__ if kind is not None else ""))
