"""Frames on the pipe between the service and a worker process: four bytes of length, then a pickled value.

Pickle is safe here: both ends are our own code, and the pipe has no name that a third process could open.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any

LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Seventeen minutes of sound at 16 kHz; more is a fault, not a message."""

PING = "ping"
"""The operation that every worker knows; the child's main loop answers it, no engine is asked."""


class FrameTooLarge(ValueError):
    """The value does not fit into one frame; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The first frame: what the child has to build."""

    factory: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    operation: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Done:
    """A request's result; the answer to `Setup` and to a ping carries None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """A request, or the set-up, raised. `error` is one of our own exceptions, None for a foreign one."""

    error: Exception | None
    description: str
    trace: str


def pack(value: object) -> bytes:
    """Give the frame of a value. Raises FrameTooLarge; whatever pickle raises for a value that cannot travel."""
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    if len(body) > MAX_FRAME_BYTES:
        raise FrameTooLarge(f"{len(body)} bytes do not fit into one frame of at most {MAX_FRAME_BYTES}")
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """Give the value of a frame's body (without its length)."""
    return pickle.loads(body)  # noqa: S301 both ends are this project's own code
