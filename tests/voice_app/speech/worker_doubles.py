"""Engines for the tests of the worker process: each misbehaves in one way."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from voice_app.errors import ModelMissing


def build(greeting: str = "hello", fail: str = "") -> Mapping[str, Callable[[Any], Any]]:
    if fail == "own":
        raise ModelMissing("no model for fr: run voice-app models install fr")
    if fail == "foreign":
        raise RuntimeError("broken library")
    if fail == "die":
        os._exit(3)
    if fail == "sleep":
        time.sleep(30)
    return {
        "greet": lambda name: f"{greeting} {name}",
        "echo": lambda payload: payload,
        "pid": lambda _: os.getpid(),
        "sleep": time.sleep,
        "loop_for_ever": loop_for_ever,
        "work": work,
        "die": lambda code: os._exit(code),
        "segfault": lambda _: ctypes.string_at(0),
        "raise_own": raise_own,
        "raise_foreign": raise_foreign,
        "unpicklable": lambda _: (value for value in ()),
        "large": lambda size: bytes(size),
        "print_in_c": print_in_c,
    }


def loop_for_ever(_: Any) -> None:
    while True:
        pass


def work(seconds: float) -> str:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return "worked"


def raise_own(text: str) -> None:
    raise ModelMissing(text)


def raise_foreign(text: str) -> None:
    raise KeyError(text)


def print_in_c(_: Any) -> str:
    os.write(1, b"a C library says hello on descriptor one\n" * 100)
    return "printed"
